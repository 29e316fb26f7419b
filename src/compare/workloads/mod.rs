//! Recorded lives of workloads, judged by simulated ones.
//!
//! A [`Run`] is what a client sees of one run: each workload's sequence of states (its rows of `workloads.csv`) with its
//! conditions and events, each Service's numbers of endpoints, each pod's life. What carries a generated name is known by
//! its [`names`]: pods of one workload and revision are interchangeable. A [`Bench`] holds one recorded run and is shown
//! simulated ones, seed by seed; it keeps their times and not them.

pub mod bench;
pub mod names;
pub mod run;

pub use bench::{Bench, Judged, Room, Verdict};
pub use names::Names;
pub use run::{Numbers, Outputs, Run};
