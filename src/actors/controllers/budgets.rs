//! What a pod is for the budgets over it, as the disruption controller last heard.

use crate::api::{Sym, Tri};
use crate::world::budgets::{Boss, Seen};
use crate::world::{PodId, World};

/// What the controller asks of a pod; None: it is not there.
pub fn seen(w: &World, pod: PodId) -> Option<Seen> {
    let p = &w.pods[pod.ix()];
    let boss = match p.controller {
        Some(key) => Boss::Known(key),
        None if p.owners.as_deref().is_some_and(|owners| owners.iter().any(|own| own.controller)) => {
            Boss::Stranger
        }
        None => Boss::Nobody,
    };
    p.exists.then(|| Seen {
        ready: p.status.condition(Sym::READY).is_some_and(|ready| ready.status == Tri::True),
        is_going: p.deletion.is_some(),
        boss,
        changes: p.metadata_changes,
    })
}

/// Whether a pod has changed in what the controller asks of it, or makes it say something each time.
pub fn concern(w: &World, pod: PodId) -> bool {
    let known = &w.controllers.disruption;
    known.of(pod) != seen(w, pod) || known.nags.get(pod.ix()).is_some_and(|nags| *nags)
}
