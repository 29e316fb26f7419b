//! Which revisions a set has: the newest is that of its template, the current one that of its last complete update.
//!
//! Source: `getStatefulSetRevisions`, `truncateHistory` in pkg/controller/statefulset/stateful_set_control.go;
//! `CreateControllerRevision`, pkg/controller/history/controller_history.go, 1.36.3.

use super::{Input, RevisionCall};
use crate::api::Sym;
use crate::api::controller_revision::ControllerRevision;
use crate::rules::controllers::revisions;

/// What is found of a set's revisions.
pub(super) struct History {
    /// What has to be written for the newest to be there.
    pub call: Option<RevisionCall>,
    pub current: Sym,
    pub newest: Sym,
    pub collisions: i32,
}

pub(super) fn find(input: &Input<'_>) -> History {
    let set = input.set;
    let mut own: Vec<&ControllerRevision> = input.revisions.to_vec();
    revisions::sort(&mut own);
    let mut collisions = set.status.collision_count.unwrap_or_default();
    let equal = own.iter().rposition(|one| revisions::same(&one.template, &set.spec.template));
    let (call, newest) = match equal {
        Some(at)
            if at + 1 == own.len() || revisions::same(&own[at].template, &own[own.len() - 1].template) =>
        {
            (None, own[own.len() - 1].meta.name)
        }
        Some(at) => {
            let name = own[at].meta.name;
            (Some(RevisionCall::Renumber(name, revisions::next_number(&own))), name)
        }
        None => create(input, revisions::next_number(&own), &mut collisions),
    };
    let current = own.iter().map(|one| one.meta.name).find(|name| *name == set.status.current_revision);
    History { call, current: current.unwrap_or(newest), newest, collisions }
}

/// A name that is taken by another template leads to the next one.
fn create(input: &Input<'_>, number: i64, collisions: &mut i32) -> (Option<RevisionCall>, Sym) {
    let set = input.set;
    loop {
        let hash = revisions::hash(&set.spec.template, *collisions);
        let new = revisions::new(&set.meta, "StatefulSet", &set.spec.template, &hash, number);
        match (input.taken)(new.meta.name.as_str()) {
            None => {
                let name = new.meta.name;
                return (Some(RevisionCall::Create(Box::new(new))), name);
            }
            Some(known) if revisions::same(&known.template, &new.template) => return (None, known.meta.name),
            Some(_) => *collisions = collisions.wrapping_add(1),
        }
    }
}

/// Revisions beyond the limit, the oldest first: not the current one, nor the newest, nor any that a pod names.
pub(super) fn forgotten(input: &Input<'_>, history: &History) -> Vec<Sym> {
    let Ok(limit) = usize::try_from(input.set.spec.revision_history_limit.unwrap_or(-1)) else {
        return Vec::new();
    };
    let mut own: Vec<&ControllerRevision> = input.revisions.to_vec();
    revisions::sort(&mut own);
    let is_live = |name: Sym| {
        name == history.current || name == history.newest || input.pods.iter().any(|pod| pod.revision == name)
    };
    let old: Vec<Sym> = own.iter().map(|one| one.meta.name).filter(|name| !is_live(*name)).collect();
    let surplus = old.len().saturating_sub(limit);
    old[..surplus].to_vec()
}
