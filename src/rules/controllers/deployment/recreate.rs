//! Recreate: no new pod before the last old one is over.
//!
//! Source: pkg/controller/deployment/recreate.go, 1.36.3. A pod that is being deleted still counts, one that is over
//! does not.

use super::replica_sets::is_active;
use super::{Error, Run, Set, Sets};

impl<'a> Run<'a> {
    /// One step (`rolloutRecreate`).
    pub(super) fn recreate(&mut self) -> Result<(), Error> {
        let mut sets = self.sets(false)?;
        let active: Vec<Set> = sets.old.iter().filter(|set| is_active(set)).cloned().collect();
        for set in &active {
            self.scale_to(set, 0);
        }
        if !active.is_empty() || self.has_old_pods(&sets) {
            self.settle_rollout(&sets);
            return Ok(());
        }
        if sets.new.is_none() {
            sets = self.sets(true)?;
        }
        if let Some(new) = &sets.new {
            self.scale_to(new, self.deployment.spec.replicas);
        }
        if self.is_complete() {
            self.clean_up(&sets.old);
        }
        self.settle_rollout(&sets);
        Ok(())
    }

    /// `oldPodsRunning`
    fn has_old_pods(&self, sets: &Sets<'a>) -> bool {
        sets.old.iter().any(|set| set.status.replicas > 0 || (self.input.has_live_pods)(set))
    }
}
