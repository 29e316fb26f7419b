//! internal/store/{node,namespace}.go of kube-state-metrics.

use serde_json::Value;

use super::said::{Said, items, pairs, text};

pub fn node(said: &mut Said, object: &Value) {
    let (metadata, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
    said.about(&[("node", text(&metadata["name"]))]);
    said.at("kube_node_created", &metadata["creationTimestamp"]);
    said.at("kube_node_deletion_timestamp", &metadata["deletionTimestamp"]);
    let info = &status["nodeInfo"];
    if info.is_object() {
        let address = items(&status["addresses"]).find(|own| own["type"] == "InternalIP");
        let labels = [
            ("kernel_version", text(&info["kernelVersion"])),
            ("os_image", text(&info["osImage"])),
            ("container_runtime_version", text(&info["containerRuntimeVersion"])),
            ("kubelet_version", text(&info["kubeletVersion"])),
            ("kubeproxy_version", "deprecated"),
            ("provider_id", text(&spec["providerID"])),
            ("pod_cidr", text(&spec["podCIDR"])),
            ("system_uuid", text(&info["systemUUID"])),
            ("internal_ip", address.map_or("", |own| text(&own["address"]))),
        ];
        said.labelled("kube_node_info", &labels, 1.0);
    }
    for (label, _) in pairs(&metadata["labels"]) {
        if let Some(role) = label.strip_prefix("node-role.kubernetes.io/") {
            said.labelled("kube_node_role", &[("role", role)], 1.0);
        }
    }
    for cidr in items(&spec["podCIDRs"]) {
        said.labelled("kube_node_spec_pod_cidrs", &[("pod_cidr", text(cidr))], 1.0);
    }
    for taint in items(&spec["taints"]) {
        let labels = [
            ("key", text(&taint["key"])),
            ("value", text(&taint["value"])),
            ("effect", text(&taint["effect"])),
        ];
        said.labelled("kube_node_spec_taint", &labels, 1.0);
    }
    said.truth("kube_node_spec_unschedulable", &[], spec["unschedulable"] == true);
    for (resource, amount) in pairs(&status["allocatable"]) {
        said.resource("kube_node_status_allocatable", &[], resource, amount);
    }
    for (resource, amount) in pairs(&status["capacity"]) {
        said.resource("kube_node_status_capacity", &[], resource, amount);
    }
    for own in items(&status["conditions"]) {
        let labels = [("condition", text(&own["type"]))];
        said.condition("kube_node_status_condition", &labels, "status", text(&own["status"]));
    }
    for own in items(&status["addresses"]) {
        let labels = [("type", text(&own["type"])), ("address", text(&own["address"]))];
        said.labelled("kube_node_status_addresses", &labels, 1.0);
    }
}

pub fn namespace(said: &mut Said, object: &Value) {
    let metadata = &object["metadata"];
    said.about(&[("namespace", text(&metadata["name"]))]);
    said.at("kube_namespace_created", &metadata["creationTimestamp"]);
    for phase in ["Active", "Terminating"] {
        said.truth("kube_namespace_status_phase", &[("phase", phase)], object["status"]["phase"] == phase);
    }
    for own in items(&object["status"]["conditions"]) {
        let labels = [("condition", text(&own["type"]))];
        said.condition("kube_namespace_status_condition", &labels, "status", text(&own["status"]));
    }
}
