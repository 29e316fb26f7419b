//! What comes next for a given cluster: its present is found under many seeds, and each is played on.
//!
//! A present that is found is one of those that are possible: the same objects, and of what they do not tell whatever luck has
//! made of it ([`find`]). What comes of it ([`course`]) is counted: how many of the presents lead to a change, and when
//! ([`Prediction`]). Windows leave out as much at one side as at the other, and are rounded outward to whole seconds.
//!
//! Absent on purpose: files and threads, as everywhere in [`super`]. Who asks lends hands, on which the presents are played side by side.

mod asked;
pub mod course;
mod drains;
mod find;
mod fit;
mod told;
mod workloads;

pub use asked::{ask, blank, said, unknown, version};
pub use course::{Course, Played, play};
pub use drains::DrainCourse;
pub use fit::Fit;
pub use told::{DrainFuture, Event, PodFuture, Prediction, Step, WorkloadFuture, counted};
pub use workloads::{Workload, of as workloads_of};

use crate::time::Span;

/// How a prediction is made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Asked {
    /// How many presents are looked for.
    pub seeds: u64,
    /// How far it looks ahead.
    pub ahead: Span,
    /// Which share of what may come a window holds.
    pub level: f64,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked { seeds: 200, ahead: Span::from_secs(3600), level: 0.9 }
    }
}
