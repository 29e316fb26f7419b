//! Who stands behind a Service: as its controller has heard, and as its slices say.
//!
//! A slice is spelled out when somebody reads it; what a run needs of it is who stands in it, and as what.

use std::collections::{BTreeMap, BTreeSet};

use super::PodId;
use crate::api::Sym;

/// What the controller of endpoint slices has heard of a pod that endpoints are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// Its first address.
    pub ip: Sym,
    /// Its Ready condition is True.
    pub ready: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// How often its labels were changed.
    pub changes: u32,
}

/// As what a pod stands in a slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// `conditions.ready`
    pub ready: bool,
    /// `conditions.serving`
    pub serving: bool,
    /// `conditions.terminating`
    pub terminating: bool,
}

/// What a write changes in one slice: a pod stands there as this from then on, or no more.
pub type Changes = Vec<(PodId, Option<Standing>)>;

/// The slices of a Service.
#[derive(Clone, Debug, Default)]
pub struct Slices {
    /// By pod: in which slice it stands, and as what.
    pub pods: BTreeMap<PodId, (u32, Standing)>,
    /// How many stand in each slice.
    pub filled: Vec<u32>,
    /// Ready, serving, terminating: counted over all slices.
    pub counts: [u32; 3],
    /// How often they were written.
    pub writes: u32,
}

impl Slices {
    /// Changes one slice.
    pub fn change(&mut self, slice: u32, changes: &Changes) {
        self.writes = self.writes.wrapping_add(1);
        if self.filled.len() <= slice as usize {
            self.filled.resize(slice as usize + 1, 0);
        }
        for (pod, standing) in changes {
            let before = match standing {
                Some(standing) => self.pods.insert(*pod, (slice, *standing)),
                None => self.pods.remove(pod),
            };
            if let Some((at, before)) = before {
                self.filled[at as usize] -= 1;
                self.count(before, u32::wrapping_sub);
            }
            if let Some(standing) = standing {
                self.filled[slice as usize] += 1;
                self.count(*standing, u32::wrapping_add);
            }
        }
    }
    fn count(&mut self, standing: Standing, by: fn(u32, u32) -> u32) {
        let Standing { ready, serving, terminating } = standing;
        for (count, is) in self.counts.iter_mut().zip([ready, serving, terminating]) {
            *count = by(*count, u32::from(is));
        }
    }
}

/// What a Service's controller still has to look at.
#[derive(Clone, Debug, Default)]
pub struct ToLookAt {
    /// Pods of which there is news.
    pub pods: BTreeSet<PodId>,
    /// The Service itself is new or another: every pod.
    pub all: bool,
}
