//! What happened and who is told: transitions are plain data and the only thing that leaves the core.
//!
//! The record stands on `api` and `time` alone and never changes the world.

pub mod csv;
pub mod sink;
pub mod transition;

pub use sink::{Ending, Fan, Kept, Sink};
pub use transition::{Change, Directory, Event, PodRecord, Transition};
