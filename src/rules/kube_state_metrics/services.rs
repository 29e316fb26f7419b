//! internal/store/{service,endpointslice,resourcequota,persistentvolumeclaim}.go of kube-state-metrics.

use serde_json::Value;

use super::said::{Said, amount_of, items, pairs, text};
use super::workloads::about;

pub fn service(said: &mut Said, object: &Value) {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    said.about(&[
        ("namespace", text(&metadata["namespace"])),
        ("service", text(&metadata["name"])),
        ("uid", text(&metadata["uid"])),
    ]);
    let labels = [
        ("cluster_ip", text(&spec["clusterIP"])),
        ("external_name", text(&spec["externalName"])),
        ("load_balancer_ip", text(&spec["loadBalancerIP"])),
        ("external_traffic_policy", text(&spec["externalTrafficPolicy"])),
    ];
    said.labelled("kube_service_info", &labels, 1.0);
    said.at("kube_service_created", &metadata["creationTimestamp"]);
    said.labelled("kube_service_spec_type", &[("type", text(&spec["type"]))], 1.0);
    for ip in items(&spec["externalIPs"]) {
        said.labelled("kube_service_spec_external_ip", &[("external_ip", text(ip))], 1.0);
    }
    for own in items(&object["status"]["loadBalancer"]["ingress"]) {
        let labels = [("ip", text(&own["ip"])), ("hostname", text(&own["hostname"]))];
        said.labelled("kube_service_status_load_balancer_ingress", &labels, 1.0);
    }
    said.at("kube_service_deletion_timestamp", &metadata["deletionTimestamp"]);
}

/// A condition of an endpoint, where it is told.
fn word(value: &Value) -> &'static str {
    match value.as_bool() {
        Some(true) => "true",
        Some(false) => "false",
        None => "",
    }
}

pub fn endpoint_slice(said: &mut Said, object: &Value) {
    let metadata = &object["metadata"];
    said.about(&[("endpointslice", text(&metadata["name"])), ("namespace", text(&metadata["namespace"]))]);
    said.labelled("kube_endpointslice_info", &[("addresstype", text(&object["addressType"]))], 1.0);
    said.at("kube_endpointslice_created", &metadata["creationTimestamp"]);
    for own in items(&object["endpoints"]) {
        let (conditions, target) = (&own["conditions"], &own["targetRef"]);
        for address in items(&own["addresses"]) {
            let labels = [
                ("ready", word(&conditions["ready"])),
                ("serving", word(&conditions["serving"])),
                ("hostname", text(&own["hostname"])),
                ("terminating", word(&conditions["terminating"])),
                ("targetref_kind", text(&target["kind"])),
                ("targetref_name", text(&target["name"])),
                ("targetref_namespace", text(&target["namespace"])),
                ("endpoint_nodename", text(&own["nodeName"])),
                ("endpoint_zone", text(&own["zone"])),
                ("address", text(address)),
            ];
            said.labelled("kube_endpointslice_endpoints", &labels, 1.0);
        }
    }
    for port in items(&object["ports"]) {
        let number = port["port"].as_i64().map(|number| number.to_string()).unwrap_or_default();
        let labels = [
            ("port_name", text(&port["name"])),
            ("port_protocol", text(&port["protocol"])),
            ("port_number", number.as_str()),
        ];
        said.labelled("kube_endpointslice_ports", &labels, 1.0);
    }
}

pub fn quota(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "resourcequota");
    said.at("kube_resourcequota_created", &metadata["creationTimestamp"]);
    for kind in ["hard", "used"] {
        for (resource, amount) in pairs(&object["status"][kind]) {
            if let Some(amount) = amount_of(amount) {
                said.labelled("kube_resourcequota", &[("resource", resource), ("type", kind)], amount);
            }
        }
    }
}

pub fn claim(said: &mut Said, object: &Value) {
    let metadata = about(said, object, "persistentvolumeclaim");
    let (spec, status) = (&object["spec"], &object["status"]);
    let labels = [
        ("storageclass", spec["storageClassName"].as_str().unwrap_or("<none>")),
        ("volumename", text(&spec["volumeName"])),
        ("volumemode", text(&spec["volumeMode"])),
    ];
    said.labelled("kube_persistentvolumeclaim_info", &labels, 1.0);
    let phase = text(&status["phase"]);
    if !phase.is_empty() {
        for own in ["Lost", "Bound", "Pending"] {
            said.truth("kube_persistentvolumeclaim_status_phase", &[("phase", own)], phase == own);
        }
    }
    if let Some(amount) = amount_of(text(&spec["resources"]["requests"]["storage"])) {
        said.value("kube_persistentvolumeclaim_resource_requests_storage_bytes", amount);
    }
    for mode in items(&spec["accessModes"]) {
        said.labelled("kube_persistentvolumeclaim_access_mode", &[("access_mode", text(mode))], 1.0);
    }
    said.at("kube_persistentvolumeclaim_created", &metadata["creationTimestamp"]);
    said.at("kube_persistentvolumeclaim_deletion_timestamp", &metadata["deletionTimestamp"]);
}
