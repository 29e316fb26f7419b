//! What happened and who is told: transitions are plain data and the only thing that leaves the core.
//!
//! The record stands on `api` and `time` alone and never changes the world.

mod cells;
pub mod csv;
pub mod difference;
pub mod jsonl;
pub mod objects;
pub mod sink;
mod spelled;
/// Where there are threads; elsewhere every sink runs with the run.
#[cfg(not(target_family = "wasm"))]
pub mod threaded;
pub mod transition;
pub mod values;

pub use sink::{Ending, Fan, Kept, Sink, Written};
#[cfg(not(target_family = "wasm"))]
pub use threaded::Threaded;
pub use transition::{Change, Directory, Event, NodeRow, PodRecord, PodRow, Transition};
