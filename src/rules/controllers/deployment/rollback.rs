//! The rollback that old clients ask for by an annotation; kubectl writes the old template itself.
//!
//! Source: pkg/controller/deployment/rollback.go, 1.36.3.

use std::sync::Arc;

use super::new_replica_set::without_hash;
use super::replica_sets::{annotation, revision, same_template};
use super::{Call, Error, Run, Told};
use crate::api::workload::ReplicaSet;

const NOT_FOUND: &str = "DeploymentRollbackRevisionNotFound";

impl Run<'_> {
    /// The revision that the annotation names; 0: the one before (`getRollbackTo`).
    pub(super) fn rollback_to(&self) -> Option<i64> {
        self.deployment.meta.annotation(annotation::ROLLBACK_TO)?.parse().ok()
    }

    /// `rollback`: the annotation goes in any case.
    pub(super) fn roll_back(&mut self, wanted: i64) -> Result<(), Error> {
        let sets = self.sets(true)?;
        let last = |sets: &super::Sets| {
            // The second highest; the first of two equal ones counts as it.
            let (mut highest, mut second) = (0, 0);
            for number in sets.all().filter_map(|set| revision(set)) {
                if number >= highest {
                    (highest, second) = (number, highest);
                } else if number > second {
                    second = number;
                }
            }
            second
        };
        let wanted = if wanted == 0 { last(&sets) } else { wanted };
        if wanted == 0 {
            self.tell(Told::warning(NOT_FOUND, "Unable to find last revision.".to_owned()));
            self.clear_rollback();
            return Ok(());
        }
        let found = sets.all().find(|set| revision(set) == Some(wanted));
        match found {
            Some(set) => self.take_template(set, wanted),
            None => {
                let message = "Unable to find the revision to rollback to.";
                self.tell(Told::warning(NOT_FOUND, message.to_owned()));
                self.clear_rollback();
            }
        }
        Ok(())
    }

    /// `rollbackToTemplate`
    fn take_template(&mut self, set: &ReplicaSet, wanted: i64) {
        let name = self.deployment.meta.name;
        if same_template(&set.spec.template, &self.deployment.spec.template) {
            let message =
                format!("The rollback revision contains the same template as current deployment \"{name}\"");
            self.tell(Told::warning("DeploymentRollbackTemplateUnchanged", message));
            self.clear_rollback();
            return;
        }
        self.deployment.spec.template = Arc::new(without_hash(&set.spec.template));
        let own = self.deployment.meta.annotations.iter().filter(|(key, _)| annotation::stays(key));
        let old = set.meta.annotations.iter().filter(|(key, _)| !annotation::stays(key));
        let annotations = own.chain(old).map(|(key, value)| (key.clone(), value.clone())).collect();
        self.deployment.meta.annotations = Arc::new(annotations);
        self.clear_rollback();
        let message = format!("Rolled back deployment \"{name}\" to revision {wanted}");
        self.tell(Told::normal("DeploymentRollback", message));
    }

    /// `updateDeploymentAndClearRollbackTo`
    fn clear_rollback(&mut self) {
        Arc::make_mut(&mut self.deployment.meta.annotations).remove(annotation::ROLLBACK_TO);
        self.call(Call::UpdateDeployment(self.deployment.clone()), None);
    }
}
