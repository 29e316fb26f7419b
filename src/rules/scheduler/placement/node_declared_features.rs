//! NodeDeclaredFeatures: the node's kubelet knows what the pod asks for.
//!
//! Source: pkg/scheduler/framework/plugins/nodedeclaredfeatures/nodedeclaredfeatures.go,
//! staging/src/k8s.io/component-helpers/nodedeclaredfeatures/features/{restartallcontainers,usernamespaceshostnetwork},
//! 1.36.2. Two features of the registry follow from a pod's spec when it is scheduled; the others only from an update.

use serde_json::Value;

use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::api::{PodSpec, Sym};
use crate::rules::versions::gates::Gates;

pub const RESTART_ALL_CONTAINERS: &str = "RestartAllContainersOnContainerExits";
pub const USER_NAMESPACES_HOST_NETWORK: &str = "UserNamespacesHostNetworkSupport";

/// `InferForPodScheduling`
pub fn required(spec: &PodSpec) -> Vec<Sym> {
    let mut features = Vec::new();
    let rules = spec.containers.iter().chain(&spec.init_containers).flat_map(|c| &c.restart_policy_rules);
    if rules.into_iter().any(|rule| rule.action == "RestartAllContainers") {
        features.push(Sym::new(RESTART_ALL_CONTAINERS));
    }
    if spec.host_network && spec.rest.get("hostUsers") == Some(&Value::Bool(false)) {
        features.push(Sym::new(USER_NAMESPACES_HOST_NETWORK));
    }
    features
}

/// What a kubelet with these gates declares of the features that scheduling asks for.
pub fn declared(gates: &Gates) -> Vec<Sym> {
    let restart_all = gates.node_declared_features && gates.restart_all_containers;
    restart_all.then(|| Sym::new(RESTART_ALL_CONTAINERS)).into_iter().collect()
}

pub fn filter(pod: &PodRequest, node: &NodeInfo, reasons: &mut Vec<Reason>) -> Result<(), Rejection> {
    if pod.features.iter().all(|feature| node.declared_features.contains(feature)) {
        return Ok(());
    }
    reasons.push(Reason::DeclaredFeatures);
    Err(Rejection { plugin: Plugin::NodeDeclaredFeatures, unresolvable: true })
}
