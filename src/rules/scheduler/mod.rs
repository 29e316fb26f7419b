//! kube-scheduler's law (pkg/scheduler): where a pod goes, and how long one that fits nowhere stays away.

pub mod placement;
pub(crate) mod queueing;
