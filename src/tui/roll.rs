//! All pods by namespace and name, as kubectl lists them, kept in order while they come and go: a name never changes, so only
//! who is new has to find a place. Of a fleet, spelling and sorting all names at every step would cost more than the step.

use std::cmp::Ordering;

use super::views::Spelled;
use crate::world::{PodId, World};

/// Every pod that the world has had, also those that are gone, by namespace and name.
#[derive(Default)]
pub struct Roll {
    order: Vec<PodId>,
}

impl Roll {
    /// In their order, those that are there.
    pub fn pods(&mut self, w: &World, spelled: &Spelled) -> Vec<PodId> {
        self.follow(w, spelled);
        self.order.iter().copied().filter(|pod| w.pods[pod.ix()].exists).collect()
    }

    /// The run is another one after a place at which there were so many pods.
    pub fn forget_from(&mut self, count: usize) {
        self.order.retain(|pod| pod.ix() < count);
    }

    fn follow(&mut self, w: &World, spelled: &Spelled) {
        match w.pods.len().cmp(&self.order.len()) {
            Ordering::Less => self.forget_from(w.pods.len()),
            Ordering::Equal => {}
            Ordering::Greater => self.take_in(w, spelled),
        }
    }

    /// Those that are new are sorted among themselves, and each finds its place behind the one before it.
    fn take_in(&mut self, w: &World, spelled: &Spelled) {
        let name = |pod: &PodId| {
            spelled.one();
            let ident = &w.pods[pod.ix()].ident;
            (ident.namespace.as_str(), ident.name.to_string())
        };
        let mut new: Vec<_> =
            PodId::all(w.pods.len()).skip(self.order.len()).map(|pod| (name(&pod), pod)).collect();
        new.sort_unstable();
        let old = std::mem::take(&mut self.order);
        self.order.reserve(old.len() + new.len());
        let mut rest = &old[..];
        for (own, pod) in new {
            let before = rest.partition_point(|other| (name(other), *other) < (own.clone(), pod));
            self.order.extend_from_slice(&rest[..before]);
            self.order.push(pod);
            rest = &rest[before..];
        }
        self.order.extend_from_slice(rest);
    }
}
