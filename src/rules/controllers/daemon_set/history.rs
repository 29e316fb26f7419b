//! The revisions of a DaemonSet: one for each template that it has had.
//!
//! Source: `constructHistory`, `snapshot`, `dedupCurHistories`, `cleanupHistory` in pkg/controller/daemon/update.go
//! (v1.36.3). Unlike a StatefulSet's, a revision is named by the hash of its template, as a Deployment's ReplicaSet is.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::template::REVISION_HASH;
use crate::api::controller_revision::ControllerRevision;
use crate::api::daemon_set::DaemonSet;
use crate::api::workload::PodTemplateSpec;
use crate::api::{Meta, OwnerReference, Sym, text::Uid};
use crate::rules::controllers::ownership::controller_ref;
use crate::time::Time;

/// The revisions of a set, told apart by its template.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    /// Of the present template.
    pub current: Current,
    /// Others of the same, by their place: they are deleted, and all pods get the label of the one that stays.
    pub duplicates: Vec<usize>,
    /// All others, by their place.
    pub old: Vec<usize>,
}

/// The revision of the present template.
#[derive(Clone, PartialEq, Debug)]
pub enum Current {
    /// It is made.
    New(Box<ControllerRevision>),
    /// It is there, by its place, and is given a new number: the set has gone back to it.
    Known(usize, Option<i64>),
}

/// Sorts a set's revisions. `hash` is [`template_hash`](crate::rules::controllers::template_hash::template_hash).
pub fn history(
    set: &DaemonSet,
    revisions: &[&ControllerRevision],
    hash: &dyn Fn(&PodTemplateSpec, Option<i32>) -> String,
) -> History {
    let is_current = |at: &usize| revisions[*at].template.value == set.spec.template.value;
    let (mut same, old): (Vec<usize>, Vec<usize>) = (0..revisions.len()).partition(is_current);
    let newest = old.iter().map(|at| revisions[*at].revision).max().unwrap_or(0).max(0) + 1;
    // The last one of the highest number stays.
    let kept = same.iter().copied().max_by_key(|at| revisions[*at].revision);
    same.retain(|at| Some(*at) != kept);
    let current = match kept {
        Some(at) => Current::Known(at, (revisions[at].revision < newest).then_some(newest)),
        None => Current::New(Box::new(snapshot(
            set,
            newest,
            &hash(&set.spec.template, set.status.collision_count),
        ))),
    };
    History { current, duplicates: same, old }
}

/// A new revision of the present template.
fn snapshot(set: &DaemonSet, revision: i64, hash: &str) -> ControllerRevision {
    let mut labels = (*set.spec.template.labels).clone();
    labels.insert(REVISION_HASH.to_owned(), hash.to_owned());
    let owner: OwnerReference = controller_ref(&set.meta, "apps/v1", "DaemonSet");
    ControllerRevision {
        meta: Meta {
            name: Sym::new(&format!("{}-{hash}", set.meta.name)),
            namespace: set.meta.namespace,
            uid: Uid::Given(Sym::EMPTY),
            labels: Arc::new(labels),
            annotations: Arc::clone(&set.meta.annotations),
            finalizers: Arc::default(),
            owners: Arc::new(vec![owner]),
            generation: 0,
            resource_version: 0,
            created: Time::default(),
            deletion: None,
        },
        template: Arc::clone(&set.spec.template),
        revision,
    }
}

/// The hash by which pods name a revision.
pub fn hash_of(revision: &ControllerRevision) -> &str {
    revision.meta.labels.get(REVISION_HASH).map_or(revision.meta.name.as_str(), String::as_str)
}

/// Which of the old revisions are deleted: of those that no pod is of the lowest, as many as are beyond the limit.
pub fn superfluous(set: &DaemonSet, old: &[&ControllerRevision], live: &BTreeSet<String>) -> Vec<usize> {
    let limit = usize::try_from(set.spec.revision_history_limit.unwrap_or(10)).unwrap_or(0);
    let mut order: Vec<usize> = (0..old.len()).collect();
    order.sort_by_key(|at| old[*at].revision);
    let dead = order.into_iter().filter(|at| !live.contains(hash_of(old[*at])));
    dead.take(old.len().saturating_sub(limit)).collect()
}
