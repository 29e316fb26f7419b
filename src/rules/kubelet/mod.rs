//! The kubelet's law (pkg/kubelet): what a sync does, what becomes of containers and images, which status is told.

pub mod api_status;
pub mod conditions;
pub mod container_status;
pub mod devices;
pub mod eviction;
pub mod images;
pub mod local_storage;
pub mod phase;
pub mod pod;
pub mod probe_text;
pub mod resize;
pub mod restart;
pub mod sandbox;
pub mod status_change;
pub mod status_manager;
pub mod sync_actions;
pub mod volume_ownership;
