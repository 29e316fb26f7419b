//! The machine, which has never heard of a pod.

pub mod distribution;

pub use distribution::Distribution;
