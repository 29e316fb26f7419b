//! Pods of old revisions are deleted, so that they are made anew.
//!
//! Source: the end of `updateStatefulSet`, and `updateStatefulSetAfterInvariantEstablished`, in
//! pkg/controller/statefulset/stateful_set_control.go, 1.36.3.

use super::identity::pod_name;
use super::replicas::Slot;
use super::{Call, Plan};
use crate::api::Sym;
use crate::api::meta::IntOrPercent;
use crate::api::stateful_set::{Rolling, UpdateStrategy};

impl Plan<'_> {
    /// How many are deleted.
    pub(super) fn update(&mut self, slots: &[Slot<'_>]) -> i32 {
        let UpdateStrategy::RollingUpdate(rolling) = self.input.set.spec.update_strategy else { return 0 };
        let rolling = rolling.unwrap_or_default();
        let lowest = usize::try_from(rolling.partition).unwrap_or_default();
        let targets = slots.iter().copied().enumerate().skip(lowest).rev();
        if self.input.gates.max_unavailable_stateful_set {
            let room = self.room(rolling, slots);
            let old = targets.filter(|(_, slot)| self.is_old(*slot)).take(room);
            let old: Vec<(usize, Slot<'_>)> = old.collect();
            for (at, slot) in &old {
                self.delete(*at, *slot);
            }
            return i32::try_from(old.len()).unwrap_or(i32::MAX);
        }
        for (at, slot) in targets {
            if self.is_old(slot) {
                self.delete(at, slot);
                return 1;
            }
            if self.is_unavailable(slot) {
                return 0;
            }
        }
        0
    }

    fn is_old(&self, slot: Slot<'_>) -> bool {
        slot.revision() != self.newest && !slot.is_deleted()
    }

    /// How many more may be unavailable; at least one may always be.
    fn room(&self, rolling: Rolling, slots: &[Slot<'_>]) -> usize {
        let most =
            rolling.max_unavailable.unwrap_or(IntOrPercent::Int(1)).of(self.input.set.spec.replicas, false);
        let unavailable = slots.iter().filter(|slot| self.is_unavailable(**slot)).count();
        usize::try_from(most.max(1)).unwrap_or_default().saturating_sub(unavailable)
    }

    fn delete(&mut self, at: usize, slot: Slot<'_>) {
        let name = match slot {
            Slot::Pod(pod) => pod.name,
            Slot::Hole(_) => {
                let set = self.input.set;
                let at = i32::try_from(at).unwrap_or(i32::MAX);
                Sym::new(&pod_name(set.meta.name.as_str(), set.spec.first_ordinal().saturating_add(at)))
            }
        };
        self.go(vec![vec![Call::DeletePod(name)]]);
    }
}
