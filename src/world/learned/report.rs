//! What a run reports when a pod's status in the API changes, or its deletion.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Learned, MOST};
use crate::api::form::ask;
use crate::api::{HeldStatus, PodSpec};
use crate::engine::digest::Mix;
use crate::record::difference::{self, Difference};
use crate::rules::kubectl::printing;
use crate::rules::versions::gates::Gates;
use crate::scenario::plan::TemplateIx;
use crate::world::pod::Shown;

/// What a run reports of one change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    pub difference: Difference,
    /// What the values of its rows make of a digest.
    pub digest: u64,
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

impl Key {
    pub fn template(&self) -> TemplateIx {
        self.template
    }
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

pub(super) type Reports = FxHashMap<Key, Arc<Report>>;

impl Learned {
    /// What is reported of a change. `template` is the pod's, while it still has the spec of its template.
    pub fn report(&mut self, template: Option<TemplateIx>, written: &Written<'_>) -> Arc<Report> {
        let (Some(template), HeldStatus::Filled(before, _), HeldStatus::Filled(after, _)) =
            (template, written.before, written.after)
        else {
            return Arc::new(plain(written));
        };
        let (before, after) = (before.form.number, after.form.number);
        let key = Key { template, before, after, deleted: written.deleted };
        if let Some(report) = self.reports.get(&key) {
            debug_assert_eq!(**report, plain(written), "learned, and compared by the rule");
            return Arc::clone(report);
        }
        let report = Arc::new(plain(written));
        if self.reports.len() < MOST {
            self.reports.insert(key, Arc::clone(&report));
        }
        report
    }
}

/// Neither rows nor columns have anything of what fills the gaps.
fn plain(written: &Written<'_>) -> Report {
    let (spec, deleted, gates) = (written.spec, written.deleted, written.gates);
    let columns = ask!(written.after, |after| printing::shared_columns(spec, after, deleted, gates).0);
    let difference =
        ask!(written.after, |after| ask!(written.before, |before| difference::between(before, after)));
    let mut mix = Mix::new();
    difference.rows.iter().for_each(|change| change.values(&mut |word| mix.add(word)));
    Report { difference, digest: mix.word(), shown: Shown::of(&columns) }
}
