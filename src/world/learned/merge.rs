//! What is written of a status to the API server.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::recipe::{OF_API, OF_HELD, Recipe, Sources, with_gaps};
use super::seen::{Brought, NOW};
use super::{Learned, MOST};
use crate::api::form::Form;
use crate::api::marks::Gap;
use crate::api::{HeldStatus, PodStatus};
use crate::rules::kubelet::status_manager;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// What is written of a status to the API server.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// What the API server has.
    pub api: &'a HeldStatus,
    pub held: &'a HeldStatus,
    pub generation: i64,
    pub could_have_running_containers: bool,
    pub now: Time,
    pub gates: &'a Gates,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    api: u32,
    held: u32,
    generation: i64,
    could_have_running_containers: bool,
}

/// None: the held status as it is.
#[derive(Debug)]
pub(super) struct Merged(Option<Recipe>);

pub(super) type Merges = FxHashMap<Key, Option<Arc<Merged>>>;

impl Learned {
    /// [`status_manager::merge`]
    pub fn merge(&mut self, out: &Outgoing<'_>) -> HeldStatus {
        let learned = self.follow_merge(out);
        if let Some(merged) = learned {
            #[cfg(debug_assertions)]
            assert_eq!(merged, plain_merge(out, HeldStatus::from), "learned, and merged by the rule");
            return merged;
        }
        let is_replica = matches!(out.held, HeldStatus::Filled(..));
        plain_merge(out, |status| if is_replica { self.forms.hold(status) } else { status.into() })
    }

    fn follow_merge(&mut self, out: &Outgoing<'_>) -> Option<HeldStatus> {
        let (HeldStatus::Filled(api, _), HeldStatus::Filled(held, _)) = (out.api, out.held) else {
            return None;
        };
        let Outgoing { generation, could_have_running_containers, .. } = *out;
        let (numbers, generation) = ((api.form.number, held.form.number), generation);
        let key = Key { api: numbers.0, held: numbers.1, generation, could_have_running_containers };
        let merged = match self.merges.get(&key) {
            Some(merged) => merged.as_deref()?,
            None if self.merges.len() >= MOST => return None,
            None => {
                let merged = self.learn_merge(out, &api.form, &held.form).map(Arc::new);
                self.merges.entry(key).or_insert(merged).as_deref()?
            }
        };
        let Merged(Some(recipe)) = merged else { return Some(out.held.clone()) };
        let sources = Sources { brought: Brought::at(out.now), held: &held.values, api: &api.values };
        Some(recipe.follow(&sources, Some(held)))
    }

    fn learn_merge(&mut self, out: &Outgoing<'_>, api: &Form, held: &Form) -> Option<Merged> {
        let held = Arc::new(with_gaps(held, OF_HELD));
        let (running, now) = (out.could_have_running_containers, Gap::new(NOW));
        let api = with_gaps(api, OF_API);
        let merged = status_manager::merge(&api, &held, out.generation, running, now, out.gates);
        if Arc::ptr_eq(&merged, &held) {
            return Some(Merged(None));
        }
        Some(Merged(Some(Recipe::of(&merged, &mut self.forms)?)))
    }
}

fn plain_merge(out: &Outgoing<'_>, hold: impl FnOnce(PodStatus) -> HeldStatus) -> HeldStatus {
    let held = match out.held {
        HeldStatus::Whole(status) => Arc::clone(status),
        HeldStatus::Filled(..) => Arc::new(out.held.read().into_owned()),
    };
    let running = out.could_have_running_containers;
    let merged = status_manager::merge(&out.api.read(), &held, out.generation, running, out.now, out.gates);
    if Arc::ptr_eq(&merged, &held) { out.held.clone() } else { hold(Arc::unwrap_or_clone(merged)) }
}
