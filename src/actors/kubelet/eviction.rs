//! Not wired yet.

use crate::world::{NodeId, World};

pub fn round(_w: &mut World, _node: NodeId, _generation: u32) {}
