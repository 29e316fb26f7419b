//! How many old ReplicaSets are kept (`cleanupDeployment`, pkg/controller/deployment/sync.go, 1.36.3).

use super::replica_sets::{by_age, revision};
use super::{Call, Run, Set};

impl<'a> Run<'a> {
    /// Deletes the ReplicaSets of the lowest revisions beyond the limit, as far as they have no pods.
    pub(super) fn clean_up(&mut self, old: &[Set<'a>]) {
        let Some(limit) = self.deployment.spec.revision_history_limit.filter(|limit| *limit != i32::MAX)
        else {
            return;
        };
        let mut kept: Vec<&Set> = old.iter().filter(|set| set.meta.deletion.is_none()).collect();
        let surplus = kept.len().saturating_sub(usize::try_from(limit).unwrap_or_default());
        if surplus == 0 {
            return;
        }
        // What cannot be read counts as none: a strict order that Kubernetes' own is not.
        kept.sort_by(|a, b| {
            let number = |set: &Set| revision(set).unwrap_or_default();
            number(a).cmp(&number(b)).then_with(|| by_age(a, b))
        });
        let names: Vec<_> = (kept[..surplus].iter())
            .filter(|set| {
                set.status.replicas == 0
                    && set.spec.replicas == 0
                    && set.meta.generation <= set.status.observed_generation
            })
            .map(|set| set.meta.name)
            .collect();
        for name in names {
            self.call(Call::Delete(name), None);
        }
    }
}
