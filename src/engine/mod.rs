//! The machine, which has never heard of a pod: the queue, the dice, distributions and the digest of a run.

pub mod digest;
pub(crate) mod distribution;
pub(crate) mod queue;
pub mod random;

pub use digest::Digest;
pub use distribution::{Distribution, Unknown};
pub use queue::Queue;
