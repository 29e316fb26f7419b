//! Events as components send them and the API server keeps them: counted by the correlator of each component.

use crate::api::{Sym, Text};
use crate::record::Event;
use crate::time::Span;
use crate::world::pod::{CountedEvent, SpamBucket};
use crate::world::{ContainerIx, PodId, World};

/// The spam filter's bucket (client-go tools/record/events_cache.go): 25 at once, then one per five minutes, for each
/// (source, object, type).
const BURST: i64 = 25;
const REFILL: Span = Span::from_secs(300);

/// An event of a component that uses the core/v1 recorder (kubelet, controllers).
pub fn send(
    w: &mut World,
    pod: PodId,
    component: Sym,
    warning: bool,
    reason: Sym,
    message: impl Into<Text>,
    container: Option<ContainerIx>,
) {
    let now = w.now;
    let message = message.into();
    let p = &mut w.pods[pod.ix()];
    let field_path = container.map_or(Sym::EMPTY, |ix| p.field_path(ix));
    let key = |e: &CountedEvent| {
        e.component == component
            && e.reason == reason
            && e.field_path == field_path
            && e.message == message
            && e.warning == warning
    };
    let count = match p.events.iter_mut().find(|e| key(e)) {
        Some(event) => {
            event.count += 1;
            event.last = now;
            event.count
        }
        None => {
            w.event_objects += 1;
            p.events.push(CountedEvent {
                component,
                reason,
                field_path,
                message,
                warning,
                count: 1,
                object: w.event_objects,
                last: now,
            });
            1
        }
    };
    let object = p.events.iter().find(|e| key(e)).map_or(0, |e| e.object);
    if !passes(&mut p.spam, component, warning, now) {
        return;
    }
    w.record_event(pod, Event { component, warning, reason, message, field_path, count, object });
}

fn passes(buckets: &mut [SpamBucket; 4], component: Sym, warning: bool, now: crate::time::Time) -> bool {
    const ONE: i64 = 1_000_000;
    let Some(bucket) =
        buckets.iter_mut().find(|b| !b.used || (b.component == component && b.warning == warning))
    else {
        return true;
    };
    if !bucket.used {
        *bucket = SpamBucket { component, warning, tokens: BURST * ONE, at: now, used: true };
    }
    let gained = now.since(bucket.at).micros() * ONE / REFILL.micros();
    bucket.tokens = (bucket.tokens + gained).min(BURST * ONE);
    bucket.at = now;
    if bucket.tokens < ONE {
        return false;
    }
    bucket.tokens -= ONE;
    true
}

/// The kubelet's event about a pod or one of its containers.
pub fn kubelet(
    w: &mut World,
    pod: PodId,
    warning: bool,
    reason: Sym,
    message: impl Into<Text>,
    container: Option<ContainerIx>,
) {
    send(w, pod, Sym::KUBELET, warning, reason, message, container);
}
