//! The law of kube-controller-manager (pkg/controller): who evicts, attaches and detaches, and when.

pub mod attach_detach;
pub mod taint_eviction;
pub mod zone_disruption;
