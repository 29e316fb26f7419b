//! Calibration: does the simulator roll a cluster's dice?
//!
//! A [`Recording`] is what a client saw of a real cluster, in the tables that a run writes, beside a scenario that says what was
//! done there. [`judge()`] plays the scenario with many seeds and holds them against it: in three parts (sequence, times,
//! events, [`crate::compare::fidelity`]), and gap by gap, for the ranks ([`crate::compare::ranks`]). A [`Report`] tells the
//! shares of many recordings, set by set, and how their ranks lie, kind by kind.
//!
//! A recording may be a [`stream`] of watches as well, of which pods are judged.
//!
//! Texts come in and texts go out: who calls finds the folders, and plays as many recordings at once as it likes.

mod judge;
mod recording;
mod report;
mod stream;
pub mod versions;

pub use judge::{Seen, judge, simulate, simulate_while};
pub use recording::{Recording, STREAM};
pub use report::{Report, Set, SetKind, chance_of_so_many};
