//! The law of kube-controller-manager (pkg/controller): who evicts, attaches and detaches, and when.

pub(crate) mod attach_detach;
pub(crate) mod taint_eviction;
pub(crate) mod workload_state;
pub(crate) mod zone_disruption;
