//! What the controller of endpoint slices knows of a pod.

use crate::api::Sym;

/// What endpoints of a pod are made of.
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
