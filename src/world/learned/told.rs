//! What is told of a pod when its status in the API changes, or its deletion.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Learned, MOST};
use crate::api::{HeldStatus, PodSpec};
use crate::engine::digest::Mix;
use crate::record::difference::{self, Difference};
use crate::rules::kubectl::printing;
use crate::rules::versions::gates::Gates;
use crate::scenario::plan::TemplateIx;
use crate::world::pod::Shown;

/// What is told of one change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub difference: Difference,
    /// What the values of its rows make of a digest.
    pub mixed: u64,
    /// What kubectl prints then.
    pub shown: Shown,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    template: TemplateIx,
    before: u32,
    after: u32,
    deleted: bool,
}

/// A pod whose status has changed.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    pub spec: &'a PodSpec,
    pub before: &'a HeldStatus,
    pub after: &'a HeldStatus,
    pub deleted: bool,
    pub gates: &'a Gates,
}

pub(super) type Differences = FxHashMap<Key, Arc<Told>>;

impl Learned {
    /// What is told of a change. `template` is the pod's, while it still has the spec of its template.
    pub fn difference(&mut self, template: Option<TemplateIx>, written: &Written<'_>) -> Arc<Told> {
        let (Some(template), HeldStatus::Filled(before), HeldStatus::Filled(after)) =
            (template, written.before, written.after)
        else {
            return Arc::new(plain_difference(written));
        };
        let (before, after) = (before.form.number, after.form.number);
        let key = Key { template, before, after, deleted: written.deleted };
        if let Some(told) = self.differences.get(&key) {
            debug_assert_eq!(**told, plain_difference(written), "learned, and compared");
            return Arc::clone(told);
        }
        let told = Arc::new(plain_difference(written));
        if self.differences.len() < MOST {
            self.differences.insert(key, Arc::clone(&told));
        }
        told
    }
}

/// Neither rows nor columns have anything of what fills the gaps.
fn plain_difference(written: &Written<'_>) -> Told {
    let (before, after) = (written.before.form(), written.after.form());
    let columns = printing::columns(written.spec, after, written.deleted, written.gates);
    let difference = difference::between(before, after);
    let mut mix = Mix::new();
    difference.rows.iter().for_each(|change| change.values(&mut |word| mix.add(word)));
    Told { difference, mixed: mix.word(), shown: Shown::of(&columns) }
}
