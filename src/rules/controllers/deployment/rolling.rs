//! A rolling update: the new ReplicaSet grows into what room there is, the old ones shrink by what is available.
//!
//! Source: pkg/controller/deployment/rolling.go, 1.36.3. Terminating pods are waited for by nobody.

use super::replica_sets::{available, is_active, max_unavailable, wanted};
use super::{Error, Refused, Run, Set, Sets};

impl<'a> Run<'a> {
    /// One step of a rollout (`rolloutRolling`): the new one, or else the old ones, or else the history.
    pub(super) fn roll(&mut self) -> Result<(), Error> {
        let sets = self.sets(true)?;
        let grows = self.size_new(&sets);
        if !grows && !self.shrink_old(&sets) && self.is_complete() {
            self.clean_up(&sets.old);
        }
        self.settle_rollout(&sets);
        Ok(())
    }

    /// `reconcileNewReplicaSet`: whether it was scaled.
    fn size_new(&mut self, sets: &Sets<'a>) -> bool {
        let Some(new) = &sets.new else { return false };
        let replicas = self.deployment.spec.replicas;
        let size = match new.spec.replicas > replicas {
            true => replicas,
            false => self.new_size(wanted(sets.all()), new),
        };
        new.spec.replicas != replicas && self.scale_to(new, size).is_some()
    }

    /// `reconcileOldReplicaSets`: whether one was scaled. A write that is refused ends it without an error.
    fn shrink_old(&mut self, sets: &Sets<'a>) -> bool {
        let Some(new) = &sets.new else { return false };
        let mut old: Vec<Set> = sets.old.iter().filter(|set| is_active(set)).cloned().collect();
        if wanted(&old) == 0 {
            return false;
        }
        let least = self.deployment.spec.replicas - max_unavailable(&self.deployment);
        let missing = new.spec.replicas - new.status.available_replicas;
        let surplus = wanted(sets.all()) - least - missing;
        if surplus <= 0 {
            return false;
        }
        let first = self.steps.len();
        let done = self.clean_unhealthy(&mut old, surplus).map(|cleaned| {
            let spare = available(&old) + new.status.available_replicas - least;
            cleaned + self.shrink(&old, spare)
        });
        let last = self.steps.len();
        for step in &mut self.steps[first..] {
            step.refused = Refused::GoesOn(last);
        }
        done.is_some_and(|scaled| scaled > 0)
    }

    /// Takes away pods that are not available, from the oldest on (`cleanupUnhealthyReplicas`); how many. None: the
    /// status says that more are available than there shall be, and nothing is done until that is over.
    fn clean_unhealthy(&mut self, old: &mut [Set<'a>], most: i32) -> Option<i32> {
        let mut taken = 0;
        for set in old {
            if taken >= most {
                break;
            }
            let (size, available) = (set.spec.replicas, set.status.available_replicas);
            if size == 0 || size == available {
                continue;
            }
            let by = (most - taken).min(size - available);
            if by < 0 {
                return None;
            }
            if let Some(scaled) = self.scale_to(set, size - by) {
                *set = scaled;
            }
            taken += by;
        }
        Some(taken)
    }

    /// Takes away pods that can be spared, from the oldest on (`scaleDownOldReplicaSetsForRollingUpdate`).
    fn shrink(&mut self, old: &[Set<'a>], spare: i32) -> i32 {
        let mut taken = 0;
        for set in old {
            if taken >= spare {
                break;
            }
            let by = set.spec.replicas.min(spare - taken);
            self.scale_to(set, set.spec.replicas - by);
            taken += by;
        }
        taken
    }
}
