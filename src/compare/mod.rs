//! Two timelines side by side: lives of pods as a client sees them, and how alike they are.
//!
//! A *life* is the sequence of a pod's visible states with the time of each ([`life`]); [`fidelity`] judges a recorded
//! life by simulated ones.

pub mod fidelity;
pub mod life;

pub use life::{Life, Row, State};
