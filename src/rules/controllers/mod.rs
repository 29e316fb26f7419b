//! The law of kube-controller-manager (pkg/controller): who evicts, attaches and detaches, and when; who makes and
//! keeps pods, and who says where they are reached.

pub(crate) mod attach_detach;
pub mod claim_binding;
pub mod cron_job;
pub mod cron_schedule;
pub mod daemon_set;
pub mod deletion_order;
pub mod deployment;
pub mod disruption;
pub mod endpoint_slice;
pub mod horizontal;
pub mod job;
pub mod namespace;
pub mod ownership;
pub mod pod_control;
pub mod replica_set;
pub mod revisions;
pub mod stateful_set;
pub(crate) mod taint_eviction;
pub mod template_hash;
pub mod told;
pub(crate) mod workload_state;
pub(crate) mod zone_disruption;
