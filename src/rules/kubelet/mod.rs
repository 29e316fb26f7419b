//! The kubelet's law (pkg/kubelet): what a sync does, what becomes of containers and images, which status is told.

pub mod api_status;
pub mod conditions;
pub mod container_status;
pub(crate) mod devices;
pub(crate) mod eviction;
pub mod images;
pub(crate) mod local_storage;
pub(crate) mod memory;
pub(crate) mod operating_system;
pub mod phase;
pub mod pod;
pub(crate) mod probe_text;
pub mod reasons;
pub mod resize;
pub mod restart;
pub(crate) mod sandbox;
pub(crate) mod status_change;
pub mod status_manager;
pub(crate) mod sync_actions;
pub(crate) mod sysctl;
pub(crate) mod volume_ownership;
pub(crate) mod volume_plugins;
