//! The taint eviction controller (pkg/controller/tainteviction/taint_eviction.go): pods that do not tolerate a NoExecute
//! taint are deleted, at once or when their tolerance runs out. [`queue`] is what it hears, here stands what it does.
//!
//! Three requests for each pod: it is looked up, told why it goes, and deleted with its own grace (`addConditionAndDeletePod`).
//! Many pods are evicted side by side, so that their requests wait for each other: of a single pod condition and deletion
//! lie some milliseconds apart, of seven that one taint drives away some fifty, as recorded. What has ended goes too.

pub mod queue;

use super::{api_server, events};
use crate::api::{Condition, Note, Sym, Text, Tri};
use crate::engine::Distribution;
use crate::rules::machinery::throttle::CONTROLLER_REQUESTS;
use crate::time::Span;
use crate::world::controllers::TaintRequest;
use crate::world::{PodId, Purpose, SimEvent, World};

/// What a request takes, as of the other controllers.
const REQUEST: Distribution =
    Distribution::LogNormal { median: Span::from_millis(5), p95: Span::from_millis(25) };

/// Of so many completed pods, which are gone with the request, one's DELETED reaches the controller before the answer does: the
/// work that has deleted it is not over yet, and is cancelled (one of five recorded).
const OF_SO_MANY: u64 = 5;

/// The tolerance is over: that is told, and the pod is looked up.
pub fn evict(w: &mut World, pod: PodId) {
    w.controllers.taint_eviction.waiting.remove(&pod);
    let component = Sym::TAINT_EVICTION_CONTROLLER;
    events::send(w, pod, component, Note::normal(Sym::TAINT_MANAGER_EVICTION, Text::MarkingForDeletion));
    send(w, pod, TaintRequest::Get);
}

/// A request was answered; the next one follows.
pub fn answered(w: &mut World, pod: PodId, request: TaintRequest) {
    if !w.pods[pod.ix()].exists {
        return;
    }
    match request {
        TaintRequest::Get => send(w, pod, TaintRequest::Mark),
        TaintRequest::Mark => {
            let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
                .because(Sym::DELETION_BY_TAINT_MANAGER, "Taint manager: deleting due to NoExecute taint");
            api_server::update_status(w, pod, |s, now| api_server::put_condition(s, condition, now));
            send(w, pod, TaintRequest::Delete);
        }
        TaintRequest::Delete => {
            if w.pod_draw(Purpose::Overtake, pod, w.instant()).below(OF_SO_MANY) == 0 {
                queue::is_still_at_work(w, pod);
            }
            api_server::delete_pod(w, pod, None);
            w.controllers.taint_eviction.waiting.remove(&pod);
        }
    }
}

/// A request is answered behind those that were sent before, and is not sent before the client may.
fn send(w: &mut World, pod: PodId, request: TaintRequest) {
    let takes = REQUEST.sample(&mut w.pod_draw(Purpose::Request, pod, w.instant()));
    let now = w.now;
    let own = &mut w.controllers.taint_eviction;
    let free = own.client.free_at(CONTROLLER_REQUESTS, now);
    own.client.take(CONTROLLER_REQUESTS, free);
    own.answered = own.answered.max(free) + takes;
    let answered = own.answered;
    w.at(answered, SimEvent::TaintAnswered { pod, request });
}
