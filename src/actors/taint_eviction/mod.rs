//! The taint eviction controller (pkg/controller/tainteviction/taint_eviction.go): pods that do not tolerate a NoExecute
//! taint are deleted, at once or when their tolerance runs out. [`queue`] is what it hears, here stands what it does.

pub mod queue;

use super::{api_server, events};
use crate::api::{Condition, Note, Sym, Text, Tri};
use crate::world::{PodId, World};

/// The tolerance is over: the pod is told why, then deleted with its own grace.
pub fn evict(w: &mut World, pod: PodId) {
    w.controllers.taint_eviction.waiting.remove(&pod);
    let component = Sym::TAINT_EVICTION_CONTROLLER;
    events::send(w, pod, component, Note::normal(Sym::TAINT_MANAGER_EVICTION, Text::MarkingForDeletion));
    let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
        .because(Sym::DELETION_BY_TAINT_MANAGER, "Taint manager: deleting due to NoExecute taint");
    api_server::update_status(w, pod, |s, now| api_server::put_condition(s, condition, now));
    api_server::delete_pod(w, pod, None);
}
