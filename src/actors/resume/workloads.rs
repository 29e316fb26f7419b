//! Workloads, Services and the like of a given cluster: they are stored as they are, and their controllers list them.

use crate::scenario::given::SetUp;
use crate::world::{PodId, World};

/// The controllers list what is there.
pub fn list(_w: &mut World, _up: &SetUp, _pods: &[PodId]) {}
