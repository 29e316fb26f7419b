//! Two timelines side by side: lives of pods as a client sees them, and how alike they are.
//!
//! A *life* is the sequence of a pod's visible states with the time of each ([`life`]); [`fidelity`] judges a recorded
//! life by simulated ones, [`workloads`] a recorded run with its Deployments and Services, and [`ranks`] tell whether both roll
//! the same dice. A [`side`] is read from a timeline or from what kubectl printed ([`watch`]); the [`difference`] of two
//! sides is what `kubelapse compare` tells.

pub(crate) mod difference;
pub mod fidelity;
pub mod laws;
pub mod life;
pub mod ranks;
pub(crate) mod side;
pub mod text;
pub(crate) mod watch;
pub mod workloads;

pub use difference::{How, Report, Tolerance, compare};
pub use life::{Life, Row, State};
pub use side::{Side, read};
