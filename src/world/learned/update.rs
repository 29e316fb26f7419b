//! What the API server itself makes of a pod's status.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::recipe::{NOW, OF_API, Recipe, with_gaps};
use super::{Learned, MOST};
use crate::api::form::Gap;
use crate::api::{HeldStatus, PodStatus};
use crate::time::Time;

/// An update that comes to every replica; the others are played.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Update {
    /// A node is assigned. In one run it always does the same to the same status.
    Bind,
}

pub(super) type Updates = FxHashMap<(Update, u32), Option<Arc<Recipe>>>;

impl Learned {
    /// Plays an update by its `rule`, which may copy the instant and must not ask what it is.
    pub fn update(
        &mut self,
        update: Update,
        status: &HeldStatus,
        now: Time,
        rule: impl Fn(&mut PodStatus, Time),
    ) -> HeldStatus {
        let plain = || {
            let mut status = status.read().into_owned();
            rule(&mut status, now);
            status
        };
        let HeldStatus::Filled(filled) = status else { return HeldStatus::from(plain()) };
        let key = (update, filled.form.number);
        if !self.updates.contains_key(&key) && self.updates.len() < MOST {
            let mut outcome = with_gaps(&filled.form, OF_API);
            rule(&mut outcome, Gap::new(NOW).instant());
            let recipe = Recipe::of(outcome, &mut self.forms).map(Arc::new);
            self.updates.insert(key, recipe);
        }
        let Some(Some(recipe)) = self.updates.get(&key) else { return self.forms.hold(plain()) };
        let updated = recipe.follow(&[&[now.micros().cast_unsigned()], &[], &filled.values], Some(filled));
        debug_assert_eq!(updated, HeldStatus::from(plain()), "learned, and updated by the rule");
        updated
    }
}
