//! What kube-state-metrics says of an object: pure functions from an object to samples, by the families' own names, with their own
//! labels in their own order.
//!
//! Mirrors internal/store/*.go of kube-state-metrics v2.17, held against what the real one said of recorded objects. Pods, of which
//! there are many, are told from the nouns; other kinds from what the API prints. Families that are off unless somebody asks for
//! them (labels and annotations) are not here, and of those about what no run has (ingresses, leases) none is.

mod containers;
mod jobs;
mod nodes;
mod pods;
mod said;
mod services;
mod workloads;

use serde_json::Value;

use crate::api::sample::Sample;
pub use pods::of_pod;
use said::Said;

/// What is said of an object that is no pod, as the API prints it; nothing of kinds of which nothing is said.
pub fn of_object(object: &Value) -> Vec<Sample> {
    let mut said = Said::default();
    match object["kind"].as_str().unwrap_or_default() {
        "Deployment" => workloads::deployment(&mut said, object),
        "ReplicaSet" => workloads::replica_set(&mut said, object),
        "ReplicationController" => workloads::replication_controller(&mut said, object),
        "StatefulSet" => workloads::stateful_set(&mut said, object),
        "DaemonSet" => workloads::daemon_set(&mut said, object),
        "HorizontalPodAutoscaler" => workloads::autoscaler(&mut said, object),
        "PodDisruptionBudget" => workloads::budget(&mut said, object),
        "Job" => jobs::job(&mut said, object),
        "CronJob" => jobs::cron_job(&mut said, object),
        "Node" => nodes::node(&mut said, object),
        "Namespace" => nodes::namespace(&mut said, object),
        "Service" => services::service(&mut said, object),
        "EndpointSlice" => services::endpoint_slice(&mut said, object),
        "ResourceQuota" => services::quota(&mut said, object),
        "PersistentVolumeClaim" => services::claim(&mut said, object),
        _ => {}
    }
    said.samples
}
