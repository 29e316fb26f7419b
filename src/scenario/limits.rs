//! How much a scenario may hold, checked before anything is made of it.
//!
//! Kubernetes counts none of this; what does not fit into a request or into etcd it refuses, and the rest it takes. These
//! limits lie beyond what a cluster has. They keep a slip of the finger from taking all memory, and handles
//! ([`crate::api::handle`]) from ever being used up.

/// Nodes in all (Kubernetes is tested with 5,000).
pub const NODES: u32 = 100_000;
/// Pods of all templates with their replicas, at any time of the run.
pub const PODS: u32 = 10_000_000;
/// Containers of a pod, init containers among them.
pub const CONTAINERS: usize = 1_000;
/// Volumes of a pod.
pub const VOLUMES: usize = 1_000;
/// Objects that pods refer to, claims among them.
pub const OBJECTS: usize = 100_000;

/// Of nodes that are too many, only so many are made: those that the file may speak of.
pub const SHOWN: u32 = 100;
