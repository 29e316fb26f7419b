//! The eviction subresource of a pod (pkg/registry/core/pod/storage/eviction.go).

use super::{delete_pod, put_condition, update_status};
use crate::actors::disruption;
use crate::api::{Condition, Sym, Tri};
use crate::world::{PodId, World};

/// Evicts a pod, if its budgets let it go.
///
/// # Errors
/// kubectl's words when a budget keeps the pod.
pub fn evict(w: &mut World, pod: PodId, grace_secs: Option<i64>) -> Result<(), String> {
    disruption::may_evict(w, pod)?;
    if w.pods[pod.ix()].deletion.is_none() && !w.pods[pod.ix()].status.phase().is_terminal() {
        let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
            .because(Sym::EVICTION_BY_EVICTION_API, "Eviction API: evicting");
        update_status(w, pod, |s, now| put_condition(s, condition, now));
    }
    delete_pod(w, pod, grace_secs);
    Ok(())
}
