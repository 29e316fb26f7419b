//! What the API server itself makes of a pod's status.
//!
//! Sources: pkg/registry/core/pod/storage/storage.go (`setPodNodeAndMetadata`), pkg/api/v1/pod/util.go (`UpdatePodCondition`),
//! v1.36.2.

use crate::api::marks::Instant;
use crate::api::{Condition, Marks, PodStatus, Sym, Tri};
use crate::rules::versions::gates::Gates;

/// A node is assigned: PodScheduled turns True in the same write.
pub fn bind<M: Marks>(status: &mut PodStatus<M>, now: M::Instant, gates: &Gates) {
    put_condition(status, Condition::new(Sym::POD_SCHEDULED, Tri::True), now);
    if gates.clear_nominated_node {
        status.nominated_node = Sym::EMPTY;
    }
}

/// Sets or replaces a condition; the transition time moves only with the status.
pub fn put_condition<M: Marks>(status: &mut PodStatus<M>, mut condition: Condition<M>, now: M::Instant) {
    let stamp = now.truncate_secs();
    match status.conditions.iter_mut().find(|c| c.kind == condition.kind) {
        Some(old) => {
            condition.last_transition =
                if old.status == condition.status { old.last_transition } else { Some(stamp) };
            *old = condition;
        }
        None => {
            condition.last_transition = Some(stamp);
            status.conditions.push(condition);
        }
    }
}
