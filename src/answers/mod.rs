//! Many runs, one answer: what people ask of a simulator rather than of a timeline.
//!
//! A run is a function of a plan and a seed, and so is what is [measured](measure) of it. A [`sweep`] plays a grid of plans,
//! each under the same seeds, and tells how a measure depends on what was varied. As chance is drawn by address, the cells of a
//! grid share their luck, and differences between them are those of pairs.
//!
//! Absent on purpose: files, threads and screens. Who asks lends [`hands`], on which the runs are played side by side; the same
//! bytes come out whatever the threads did.

pub mod alerts;
pub mod audit;
pub mod fit;
pub mod hands;
pub mod measure;
pub mod predict;
pub mod statistics;
pub mod sweep;
