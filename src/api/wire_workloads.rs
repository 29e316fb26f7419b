//! The doorway between Kubernetes' JSON and the nouns of workloads and Services, both ways; the rules of reading and
//! writing are those of [`super::wire`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::meta::{IntOrPercent, Labels, Meta};
use super::owner::OwnerReference;
use super::service::{Endpoint, EndpointPort, EndpointSlice, Service, ServicePort, TargetPort};
use super::spec::LabelSelector;
use super::text::Uid;
use super::wire::{int32, items, lenient, pod_spec, put_int, put_sym, put_time, sym, time};
use super::workload::{
    Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy, PodTemplateSpec, ReplicaSet,
    ReplicaSetSpec, ReplicaSetStatus, WorkloadCondition,
};
use super::{Sym, Tri};
use crate::time::Time;

/// Reads `metadata`.
pub fn meta(value: &Value) -> Meta {
    let version = &value["resourceVersion"];
    Meta {
        name: sym(&value["name"]),
        namespace: sym(&value["namespace"]),
        uid: Uid::Given(sym(&value["uid"])),
        labels: labels(&value["labels"]),
        annotations: labels(&value["annotations"]),
        finalizers: Arc::new(syms(&value["finalizers"])),
        owners: Arc::new(items(&value["ownerReferences"]).map(lenient).collect()),
        generation: int64(&value["generation"]),
        resource_version: version.as_str().and_then(|text| text.parse().ok()).unwrap_or_default(),
        created: time(&value["creationTimestamp"]).unwrap_or_default(),
        deletion: time(&value["deletionTimestamp"]),
    }
}

/// Writes `metadata`.
pub fn meta_value(meta: &Meta) -> Value {
    let mut members = Map::new();
    put_sym(&mut members, "name", meta.name);
    put_sym(&mut members, "namespace", meta.namespace);
    put_text(&mut members, "uid", meta.uid.to_string());
    if meta.resource_version != 0 {
        put_text(&mut members, "resourceVersion", meta.resource_version.to_string());
    }
    put_int(&mut members, "generation", meta.generation);
    put_time(&mut members, "creationTimestamp", Some(meta.created).filter(|time| *time != Time::default()));
    put_time(&mut members, "deletionTimestamp", meta.deletion);
    put_labels(&mut members, "labels", &meta.labels);
    put_labels(&mut members, "annotations", &meta.annotations);
    put_list(&mut members, "ownerReferences", meta.owners.iter().map(owner_value));
    put_list(&mut members, "finalizers", meta.finalizers.iter().map(|name| Value::from(name.as_str())));
    Value::Object(members)
}

/// Writes a `metav1.OwnerReference`.
pub fn owner_value(owner: &OwnerReference) -> Value {
    let mut members = Map::new();
    members.insert("apiVersion".into(), owner.api_version.as_str().into());
    members.insert("kind".into(), owner.kind.as_str().into());
    members.insert("name".into(), owner.name.as_str().into());
    members.insert("uid".into(), owner.uid.as_str().into());
    put_true(&mut members, "controller", owner.controller);
    put_true(&mut members, "blockOwnerDeletion", owner.block_owner_deletion);
    Value::Object(members)
}

/// Reads a `v1.PodTemplateSpec`.
pub fn template(value: &Value) -> PodTemplateSpec {
    let meta = &value["metadata"];
    PodTemplateSpec {
        labels: labels(&meta["labels"]),
        annotations: labels(&meta["annotations"]),
        finalizers: Arc::new(syms(&meta["finalizers"])),
        spec: Arc::new(pod_spec(&value["spec"])),
        value: if value.is_object() { value.clone() } else { json!({}) },
    }
}

/// Reads a `metav1.LabelSelector`.
pub fn selector(value: &Value) -> LabelSelector {
    lenient(value)
}

/// Reads an `apps/v1` Deployment.
pub fn deployment(value: &Value) -> Deployment {
    let (spec, status) = (&value["spec"], &value["status"]);
    let strategy = &spec["strategy"];
    let rolling = |name: &str| int_or_percent(&strategy["rollingUpdate"][name]);
    let quarter = IntOrPercent::Percent(25);
    Deployment {
        meta: meta(&value["metadata"]),
        spec: DeploymentSpec {
            replicas: optional_int32(&spec["replicas"]).unwrap_or(1),
            selector: Arc::new(selector(&spec["selector"])),
            template: Arc::new(template(&spec["template"])),
            strategy: if strategy["type"] == "Recreate" {
                DeploymentStrategy::Recreate
            } else {
                DeploymentStrategy::RollingUpdate {
                    max_surge: rolling("maxSurge").unwrap_or(quarter),
                    max_unavailable: rolling("maxUnavailable").unwrap_or(quarter),
                }
            },
            min_ready_seconds: int32(&spec["minReadySeconds"]),
            revision_history_limit: optional_int32(&spec["revisionHistoryLimit"]),
            progress_deadline_seconds: optional_int32(&spec["progressDeadlineSeconds"]),
            paused: spec["paused"].as_bool().unwrap_or_default(),
        },
        status: DeploymentStatus {
            observed_generation: int64(&status["observedGeneration"]),
            replicas: int32(&status["replicas"]),
            updated_replicas: int32(&status["updatedReplicas"]),
            ready_replicas: int32(&status["readyReplicas"]),
            available_replicas: int32(&status["availableReplicas"]),
            unavailable_replicas: int32(&status["unavailableReplicas"]),
            terminating_replicas: optional_int32(&status["terminatingReplicas"]),
            collision_count: optional_int32(&status["collisionCount"]),
            conditions: items(&status["conditions"]).map(workload_condition).collect(),
        },
    }
}

/// Writes an `apps/v1` Deployment.
pub fn deployment_value(deployment: &Deployment) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta_value(&deployment.meta),
        "spec": deployment_spec_value(&deployment.spec),
        "status": deployment_status_value(&deployment.status),
    })
}

fn deployment_spec_value(spec: &DeploymentSpec) -> Value {
    let mut members = Map::new();
    members.insert("replicas".into(), spec.replicas.into());
    members.insert("selector".into(), selector_value(&spec.selector));
    members.insert("template".into(), spec.template.value.clone());
    members.insert(
        "strategy".into(),
        match spec.strategy {
            DeploymentStrategy::Recreate => json!({ "type": "Recreate" }),
            DeploymentStrategy::RollingUpdate { max_surge, max_unavailable } => json!({
                "type": "RollingUpdate",
                "rollingUpdate": {
                    "maxUnavailable": int_or_percent_value(max_unavailable),
                    "maxSurge": int_or_percent_value(max_surge),
                },
            }),
        },
    );
    put_int(&mut members, "minReadySeconds", spec.min_ready_seconds.into());
    put_optional(&mut members, "revisionHistoryLimit", spec.revision_history_limit);
    put_true(&mut members, "paused", spec.paused);
    put_optional(&mut members, "progressDeadlineSeconds", spec.progress_deadline_seconds);
    Value::Object(members)
}

/// Writes a `status` of a Deployment.
pub fn deployment_status_value(status: &DeploymentStatus) -> Value {
    let mut members = Map::new();
    put_int(&mut members, "observedGeneration", status.observed_generation);
    put_int(&mut members, "replicas", status.replicas.into());
    put_int(&mut members, "updatedReplicas", status.updated_replicas.into());
    put_int(&mut members, "readyReplicas", status.ready_replicas.into());
    put_int(&mut members, "availableReplicas", status.available_replicas.into());
    put_int(&mut members, "unavailableReplicas", status.unavailable_replicas.into());
    put_optional(&mut members, "terminatingReplicas", status.terminating_replicas);
    put_list(&mut members, "conditions", status.conditions.iter().map(workload_condition_value));
    put_optional(&mut members, "collisionCount", status.collision_count);
    Value::Object(members)
}

/// Reads an `apps/v1` ReplicaSet, or a `v1` ReplicationController, which says so in its `kind`.
pub fn replica_set(value: &Value) -> ReplicaSet {
    let (spec, status) = (&value["spec"], &value["status"]);
    let is_replication_controller = value["kind"] == REPLICATION_CONTROLLER;
    ReplicaSet {
        meta: meta(&value["metadata"]),
        is_replication_controller,
        spec: ReplicaSetSpec {
            replicas: optional_int32(&spec["replicas"]).unwrap_or(1),
            min_ready_seconds: int32(&spec["minReadySeconds"]),
            selector: Arc::new(if is_replication_controller {
                let match_labels = (*labels(&spec["selector"])).clone();
                LabelSelector { match_labels, ..LabelSelector::default() }
            } else {
                selector(&spec["selector"])
            }),
            template: Arc::new(template(&spec["template"])),
        },
        status: ReplicaSetStatus {
            replicas: int32(&status["replicas"]),
            fully_labeled_replicas: int32(&status["fullyLabeledReplicas"]),
            ready_replicas: int32(&status["readyReplicas"]),
            available_replicas: int32(&status["availableReplicas"]),
            terminating_replicas: optional_int32(&status["terminatingReplicas"]),
            observed_generation: int64(&status["observedGeneration"]),
            conditions: items(&status["conditions"]).map(workload_condition).collect(),
        },
    }
}

const REPLICATION_CONTROLLER: &str = "ReplicationController";

/// Writes a ReplicaSet, or a ReplicationController.
pub fn replica_set_value(set: &ReplicaSet) -> Value {
    let (version, kind) = match set.is_replication_controller {
        true => ("v1", REPLICATION_CONTROLLER),
        false => ("apps/v1", "ReplicaSet"),
    };
    let mut spec = Map::new();
    spec.insert("replicas".into(), set.spec.replicas.into());
    put_int(&mut spec, "minReadySeconds", set.spec.min_ready_seconds.into());
    spec.insert(
        "selector".into(),
        match set.is_replication_controller {
            true => json!(set.spec.selector.match_labels),
            false => selector_value(&set.spec.selector),
        },
    );
    spec.insert("template".into(), set.spec.template.value.clone());
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": meta_value(&set.meta),
        "spec": spec,
        "status": replica_set_status_value(&set.status),
    })
}

/// Writes a `status` of a ReplicaSet.
pub fn replica_set_status_value(status: &ReplicaSetStatus) -> Value {
    let mut members = Map::new();
    members.insert("replicas".into(), status.replicas.into());
    put_int(&mut members, "fullyLabeledReplicas", status.fully_labeled_replicas.into());
    put_int(&mut members, "readyReplicas", status.ready_replicas.into());
    put_int(&mut members, "availableReplicas", status.available_replicas.into());
    put_optional(&mut members, "terminatingReplicas", status.terminating_replicas);
    put_int(&mut members, "observedGeneration", status.observed_generation);
    put_list(&mut members, "conditions", status.conditions.iter().map(workload_condition_value));
    Value::Object(members)
}

/// Reads a condition of a workload.
pub fn workload_condition(value: &Value) -> WorkloadCondition {
    WorkloadCondition {
        kind: sym(&value["type"]),
        status: value["status"].as_str().and_then(Tri::parse).unwrap_or_default(),
        reason: sym(&value["reason"]),
        message: sym(&value["message"]),
        last_update: time(&value["lastUpdateTime"]),
        last_transition: time(&value["lastTransitionTime"]),
    }
}

/// Writes a condition of a workload.
pub fn workload_condition_value(condition: &WorkloadCondition) -> Value {
    let mut members = Map::new();
    members.insert("type".into(), condition.kind.as_str().into());
    members.insert("status".into(), condition.status.as_str().into());
    put_time(&mut members, "lastUpdateTime", condition.last_update);
    put_time(&mut members, "lastTransitionTime", condition.last_transition);
    put_sym(&mut members, "reason", condition.reason);
    put_sym(&mut members, "message", condition.message);
    Value::Object(members)
}

/// Reads a `v1` Service.
pub fn service(value: &Value) -> Service {
    let spec = &value["spec"];
    Service {
        meta: meta(&value["metadata"]),
        selector: spec["selector"].as_object().map(|_| labels(&spec["selector"])),
        ports: Arc::new(items(&spec["ports"]).map(service_port).collect()),
        publish_not_ready_addresses: spec["publishNotReadyAddresses"].as_bool().unwrap_or_default(),
        is_headless: spec["clusterIP"] == "None",
        is_external_name: spec["type"] == "ExternalName",
        ip_families: syms(&spec["ipFamilies"]),
        value: if spec.is_object() { spec.clone() } else { json!({}) },
    }
}

fn service_port(value: &Value) -> ServicePort {
    let port = int32(&value["port"]);
    ServicePort {
        name: sym(&value["name"]),
        protocol: Some(sym(&value["protocol"])).filter(|p| !p.is_empty()).unwrap_or(Sym::new("TCP")),
        app_protocol: value["appProtocol"].as_str().map(Sym::new),
        port,
        target: match &value["targetPort"] {
            Value::String(name) => TargetPort::Name(Sym::new(name)),
            Value::Number(_) => TargetPort::Number(int32(&value["targetPort"])),
            _ => TargetPort::Number(port),
        },
    }
}

/// Writes a `v1` Service; no load balancer ever answers.
pub fn service_value(service: &Service) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta_value(&service.meta),
        "spec": service.value,
        "status": { "loadBalancer": {} },
    })
}

/// Reads a `discovery.k8s.io/v1` EndpointSlice.
pub fn endpoint_slice(value: &Value) -> EndpointSlice {
    EndpointSlice {
        meta: meta(&value["metadata"]),
        address_type: sym(&value["addressType"]),
        ports: value["ports"].as_array().map(|_| {
            let ports = items(&value["ports"]).map(|port| EndpointPort {
                name: sym(&port["name"]),
                protocol: sym(&port["protocol"]),
                port: int32(&port["port"]),
                app_protocol: port["appProtocol"].as_str().map(Sym::new),
            });
            Arc::new(ports.collect())
        }),
        endpoints: items(&value["endpoints"]).map(endpoint).collect(),
    }
}

fn endpoint(value: &Value) -> Endpoint {
    let conditions = &value["conditions"];
    let target = &value["targetRef"];
    Endpoint {
        addresses: syms(&value["addresses"]),
        ready: conditions["ready"].as_bool().unwrap_or(true),
        serving: conditions["serving"].as_bool().unwrap_or(true),
        terminating: conditions["terminating"].as_bool().unwrap_or_default(),
        hostname: sym(&value["hostname"]),
        node_name: sym(&value["nodeName"]),
        zone: sym(&value["zone"]),
        hint_zones: items(&value["hints"]["forZones"]).map(|zone| sym(&zone["name"])).collect(),
        hint_nodes: items(&value["hints"]["forNodes"]).map(|node| sym(&node["name"])).collect(),
        pod: sym(&target["name"]),
        pod_uid: target["uid"].as_str().map(|uid| Uid::Given(Sym::new(uid))),
    }
}

/// Writes a `discovery.k8s.io/v1` EndpointSlice.
pub fn endpoint_slice_value(slice: &EndpointSlice) -> Value {
    let or_null = |list: Vec<Value>| if list.is_empty() { Value::Null } else { list.into() };
    let endpoints = slice.endpoints.iter().map(|one| endpoint_value(one, slice.meta.namespace)).collect();
    let ports = slice.ports.iter().flat_map(|ports| ports.iter()).map(endpoint_port_value).collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta_value(&slice.meta),
        "addressType": slice.address_type,
        "endpoints": or_null(endpoints),
        "ports": or_null(ports),
    })
}

fn endpoint_port_value(port: &EndpointPort) -> Value {
    let mut members = Map::new();
    members.insert("name".into(), port.name.as_str().into());
    members.insert("protocol".into(), port.protocol.as_str().into());
    members.insert("port".into(), port.port.into());
    put_sym(&mut members, "appProtocol", port.app_protocol.unwrap_or_default());
    Value::Object(members)
}

/// Writes a `discovery.k8s.io/v1` Endpoint: a pod of this namespace.
pub fn endpoint_value(endpoint: &Endpoint, namespace: Sym) -> Value {
    let mut members = Map::new();
    members.insert("addresses".into(), json!(endpoint.addresses));
    members.insert(
        "conditions".into(),
        json!({
            "ready": endpoint.ready,
            "serving": endpoint.serving,
            "terminating": endpoint.terminating,
        }),
    );
    put_sym(&mut members, "hostname", endpoint.hostname);
    if !endpoint.pod.is_empty() {
        let mut target = Map::new();
        target.insert("kind".into(), "Pod".into());
        put_sym(&mut target, "namespace", namespace);
        put_sym(&mut target, "name", endpoint.pod);
        put_text(&mut target, "uid", endpoint.pod_uid.map(|uid| uid.to_string()).unwrap_or_default());
        members.insert("targetRef".into(), target.into());
    }
    put_sym(&mut members, "nodeName", endpoint.node_name);
    put_sym(&mut members, "zone", endpoint.zone);
    let mut hints = Map::new();
    put_list(&mut hints, "forZones", endpoint.hint_zones.iter().map(|zone| json!({ "name": zone })));
    put_list(&mut hints, "forNodes", endpoint.hint_nodes.iter().map(|node| json!({ "name": node })));
    if !hints.is_empty() {
        members.insert("hints".into(), hints.into());
    }
    Value::Object(members)
}

/// Reads labels or annotations; what is no text is left out.
pub fn labels(value: &Value) -> Labels {
    let members = value.as_object().into_iter().flatten();
    let texts = members.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    Arc::new(texts.collect())
}

pub(super) fn syms(value: &Value) -> Vec<Sym> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(Sym::new).collect()
}

pub(super) fn int64(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

pub(super) fn optional_int32(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

/// Reads an `intstr.IntOrString`.
pub fn int_or_percent(value: &Value) -> Option<IntOrPercent> {
    match value.as_str() {
        Some(text) => Some(match text.strip_suffix('%') {
            Some(percent) => IntOrPercent::Percent(percent.parse().ok()?),
            None => IntOrPercent::Int(text.parse().ok()?),
        }),
        None => optional_int32(value).map(IntOrPercent::Int),
    }
}

/// Writes an `intstr.IntOrString`.
pub fn int_or_percent_value(value: IntOrPercent) -> Value {
    match value {
        IntOrPercent::Int(count) => count.into(),
        IntOrPercent::Percent(percent) => format!("{percent}%").into(),
    }
}

/// Writes a `metav1.LabelSelector`.
pub fn selector_value(selector: &LabelSelector) -> Value {
    serde_json::to_value(selector).unwrap_or_default()
}

pub(super) fn put_text(members: &mut Map<String, Value>, name: &str, text: String) {
    if !text.is_empty() {
        members.insert(name.into(), text.into());
    }
}

pub(super) fn put_true(members: &mut Map<String, Value>, name: &str, flag: bool) {
    if flag {
        members.insert(name.into(), true.into());
    }
}

pub(super) fn put_optional(members: &mut Map<String, Value>, name: &str, number: Option<i32>) {
    if let Some(number) = number {
        members.insert(name.into(), number.into());
    }
}

pub(super) fn put_list(members: &mut Map<String, Value>, name: &str, list: impl Iterator<Item = Value>) {
    let list: Vec<Value> = list.collect();
    if !list.is_empty() {
        members.insert(name.into(), list.into());
    }
}

pub(super) fn put_labels(members: &mut Map<String, Value>, name: &str, labels: &BTreeMap<String, String>) {
    if !labels.is_empty() {
        members.insert(name.into(), json!(labels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"{"metadata": {"creationTimestamp": null, "labels": {"app": "web"}, "annotations": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "image": "app:1", "strange": 5}], "restartPolicy": "Always"}}"#;

    fn read(text: &str) -> Value {
        serde_json::from_str(&text.replace("TEMPLATE", TEMPLATE)).expect("JSON")
    }

    #[test]
    fn a_deployment_comes_back_as_it_was() {
        for (strategy, status) in [
            (r#"{"type": "Recreate"}"#, "{}"),
            (
                r#"{"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": "25%"}}"#,
                r#"{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 1,
                "unavailableReplicas": 2, "terminatingReplicas": 0, "collisionCount": 1, "conditions": [{"type": "Available",
                "status": "False", "lastUpdateTime": "2026-07-01T12:00:01Z", "lastTransitionTime": "2026-07-01T12:00:00Z",
                "reason": "MinimumReplicasUnavailable", "message": "Deployment does not have minimum availability."}]}"#,
            ),
        ] {
            let text = r#"{"apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "web", "namespace": "shop", "uid": "u-1", "resourceVersion": "17", "generation": 2,
                    "creationTimestamp": "2026-07-01T11:00:00Z", "deletionTimestamp": "2026-07-01T12:00:00Z",
                    "labels": {"app": "web"}, "annotations": {"deployment.kubernetes.io/revision": "1"},
                    "ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "u", "controller": true,
                    "blockOwnerDeletion": true}], "finalizers": ["foregroundDeletion"]},
                "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}, "matchExpressions":
                    [{"key": "a", "operator": "Exists"}]}, "template": TEMPLATE, "strategy": STRATEGY, "minReadySeconds": 3,
                    "revisionHistoryLimit": 0, "paused": true, "progressDeadlineSeconds": 600}, "status": STATUS}"#;
            let value = read(&text.replace("STRATEGY", strategy).replace("STATUS", status));
            assert_eq!(deployment_value(&deployment(&value)), value);
        }
    }

    #[test]
    fn a_replica_set_and_a_replication_controller_come_back() {
        let text = r#"{"apiVersion": "V", "kind": "K", "metadata": {"name": "web"}, "spec": {"replicas": 2,
            "minReadySeconds": 1, "selector": S, "template": TEMPLATE}, "status": {"replicas": 0, "fullyLabeledReplicas": 1,
            "readyReplicas": 1, "availableReplicas": 1, "terminatingReplicas": 2, "observedGeneration": 4}}"#;
        for (version, kind, selector) in [
            ("apps/v1", "ReplicaSet", r#"{"matchLabels": {"app": "web"}}"#),
            ("v1", "ReplicationController", r#"{"app": "web"}"#),
        ] {
            let value = read(
                &text
                    .replace("\"V\"", &format!("\"{version}\""))
                    .replace("\"K\"", &format!("\"{kind}\""))
                    .replace(": S,", &format!(": {selector},")),
            );
            let set = replica_set(&value);
            assert_eq!(set.is_replication_controller, kind == REPLICATION_CONTROLLER);
            assert_eq!(set.spec.selector.match_labels["app"], "web");
            assert_eq!(replica_set_value(&set), value);
        }
    }

    #[test]
    fn a_service_and_its_slice_come_back() {
        let value = read(
            r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"clusterIP": "None",
            "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "web"}],
            "publishNotReadyAddresses": true, "ipFamilies": ["IPv6"]}, "status": {"loadBalancer": {}}}"#,
        );
        let typed = service(&value);
        assert!(typed.is_headless && typed.publish_not_ready_addresses && !typed.is_external_name);
        assert_eq!(typed.ports[0].target, TargetPort::Name(Sym::new("web")));
        assert_eq!(service_value(&typed), value);
        let value = read(
            r#"{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "web-x", "namespace": "shop"},
            "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": false, "serving": true,
            "terminating": true}, "hostname": "h", "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-0", "uid": "u"},
            "nodeName": "n", "zone": "a", "hints": {"forZones": [{"name": "a"}]}}],
            "ports": [{"name": "", "protocol": "TCP", "port": 8080, "appProtocol": "h2c"}]}"#,
        );
        assert_eq!(endpoint_slice_value(&endpoint_slice(&value)), value);
        let placeholder = endpoint_slice(&json!({ "addressType": "IPv4", "ports": null }));
        assert_eq!(endpoint_slice_value(&placeholder)["endpoints"], Value::Null);
    }

    #[test]
    fn strange_objects_are_read_without_what_is_strange() {
        for value in
            [json!(null), json!([1]), json!({"spec": 5, "metadata": {"labels": {"a": 1}}, "status": "x"})]
        {
            assert!(deployment(&value).meta.labels.is_empty());
            assert_eq!(replica_set(&value).spec.replicas, 1);
            assert!(service(&value).ports.is_empty());
            assert!(endpoint_slice(&value).endpoints.is_empty());
        }
    }
}
