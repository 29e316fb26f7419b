//! What the API server itself makes of a pod's status.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::recipe::{OF_API, Recipe, Sources, with_gaps};
use super::seen::{Brought, NOW};
use super::{Learned, MOST};
use crate::api::marks::Gap;
use crate::api::{HeldStatus, Marks, PodStatus};
use crate::rules::api_server::pod_status;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// An update that comes to every replica; the others are played.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Update {
    /// A node is assigned.
    Bind,
}

impl Update {
    fn play<M: Marks>(self, status: &mut PodStatus<M>, now: M::Instant, gates: &Gates) {
        match self {
            Update::Bind => pod_status::bind(status, now, gates),
        }
    }
}

pub(super) type Updates = FxHashMap<(Update, u32), Option<Arc<Recipe>>>;

impl Learned {
    /// The status that an update leaves.
    pub fn update(&mut self, update: Update, status: &HeldStatus, now: Time, gates: &Gates) -> HeldStatus {
        let plain = || {
            let mut status = status.read().into_owned();
            update.play(&mut status, now, gates);
            status
        };
        let HeldStatus::Filled(filled, _) = status else { return HeldStatus::from(plain()) };
        let key = (update, filled.form.number);
        if !self.updates.contains_key(&key) && self.updates.len() < MOST {
            let mut outcome = with_gaps(&filled.form, OF_API);
            update.play(&mut outcome, Gap::new(NOW), gates);
            let recipe = Recipe::of(&outcome, &mut self.forms).map(Arc::new);
            self.updates.insert(key, recipe);
        }
        let Some(Some(recipe)) = self.updates.get(&key) else { return self.forms.hold(plain()) };
        let sources = Sources { brought: Brought::at(now), held: &[], api: &filled.values };
        let updated = recipe.follow(&sources, Some(filled));
        debug_assert_eq!(updated, HeldStatus::from(plain()), "learned, and updated by the rule");
        updated
    }
}
