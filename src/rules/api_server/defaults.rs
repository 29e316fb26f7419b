//! What the API server fills in before it validates.
//!
//! Source: pkg/apis/core/v1/defaults.go, zz_generated.defaults.go and conversion.go (1.36.2). The surprises: limits stand
//! in for requests that are missing (for init containers too), resources are rounded up to thousandths, a negative
//! grace period becomes 1 second, and a zero probe setting counts as unset.
//!
//! All of it works on a decoded object ([`super::decode`]), where what is zero is absent.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::rules::machinery::image_name;
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::gates::Gates;

type Object = Map<String, Value>;

/// Fills in a pod: its `spec` in place.
pub fn pod(object: &mut Object, gates: &Gates) {
    let spec = object.entry("spec").or_insert_with(|| json!({}));
    if let Value::Object(spec) = spec {
        pod_spec(spec, gates);
    }
}

/// Fills in the spec of a pod: `SetObjectDefaults_Pod` and what the conversion to the internal type changes.
pub fn pod_spec(spec: &mut Object, gates: &Gates) {
    for list in ["containers", "initContainers"] {
        each(spec, list, requests_from_limits);
    }
    if gates.pod_level_resources && !gates.pod_level_limits {
        hugepage_limits_of_the_pod(spec);
        requests_of_the_pod(spec);
    }
    default(spec, "enableServiceLinks", json!(true));
    if flag(spec, "hostNetwork") {
        for list in ["containers", "initContainers"] {
            each(spec, list, |container| each(container, "ports", host_port));
        }
    }
    template_spec(spec);
    // `Convert_v1_Pod_To_core_Pod`: a template keeps what is below zero, and is warned of it.
    if spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|seconds| seconds < 0) {
        spec.insert("terminationGracePeriodSeconds".to_owned(), json!(1));
    }
}

/// Fills in the resources of a pod as a whole, after admission (`ApplyPodLevelResourcesDefaults`, 1.37; before, they are
/// filled in with the others, and limits are not).
pub fn pod_level(spec: &mut Object, gates: &Gates) {
    if gates.pod_level_resources && gates.pod_level_limits {
        hugepage_limits_of_the_pod(spec);
        requests_of_the_pod(spec);
        limits_of_the_pod(spec);
    }
}

/// Fills in what is filled in of a template too: `SetDefaults_PodSpec` and what stands below, and the conversion.
pub fn template_spec(spec: &mut Object) {
    default(spec, "dnsPolicy", json!("ClusterFirst"));
    default(spec, "restartPolicy", json!("Always"));
    default(spec, "securityContext", json!({}));
    default(spec, "terminationGracePeriodSeconds", json!(30));
    default(spec, "schedulerName", json!("default-scheduler"));
    each(spec, "volumes", volume);
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        each(spec, list, container);
    }
    round_resources(spec.get_mut("overhead"));
    if let Some(Value::Object(own)) = spec.get_mut("resources") {
        round_resources(own.get_mut("limits"));
        round_resources(own.get_mut("requests"));
    }
    convert(spec);
}

/// `Convert_v1_PodSpec_To_core_PodSpec` and back.
fn convert(spec: &mut Object) {
    // The old name of the field still works and is always written along.
    let account = match text(spec, "serviceAccountName") {
        "" => text(spec, "serviceAccount"),
        name => name,
    };
    if !account.is_empty() {
        let account = Value::from(account);
        spec.insert("serviceAccountName".to_owned(), account.clone());
        spec.insert("serviceAccount".to_owned(), account);
    }
}

fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or("")
}
fn flag(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(false)
}
/// Sets what is absent. (What is zero is absent.)
fn default(object: &mut Object, name: &str, value: Value) {
    if object.get(name).is_none_or(Value::is_null) {
        object.insert(name.to_owned(), value);
    }
}
fn each(object: &mut Object, list: &str, mut change: impl FnMut(&mut Object)) {
    if let Some(Value::Array(items)) = object.get_mut(list) {
        for item in items {
            if let Value::Object(item) = item {
                change(item);
            }
        }
    }
}
fn within(object: &mut Object, name: &str, change: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(inner)) = object.get_mut(name) {
        change(inner);
    }
}

/// The first half of `SetDefaults_Pod`.
fn requests_from_limits(container: &mut Object) {
    within(container, "resources", |resources| {
        let Some(Value::Object(limits)) = resources.get("limits").cloned() else { return };
        if limits.is_empty() {
            return;
        }
        if let Value::Object(requests) = resources.entry("requests").or_insert_with(|| json!({})) {
            for (name, amount) in limits {
                requests.entry(name).or_insert(amount);
            }
        }
    });
}

/// `defaultHostNetworkPorts`
fn host_port(port: &mut Object) {
    if let Some(number) = port.get("containerPort").cloned()
        && number.as_i64() != Some(0)
    {
        default(port, "hostPort", number);
    }
}

/// `SetDefaults_ResourceList`
fn round_resources(list: Option<&mut Value>) {
    if let Some(Value::Object(list)) = list {
        for amount in list.values_mut() {
            if let Some(quantity) = amount.as_str().and_then(|text| Quantity::parse(text).ok()) {
                *amount = Value::String(quantity.round_up_milli().to_string());
            }
        }
    }
}

/// `SetDefaults_Container` and what hangs below a container.
fn container(container: &mut Object) {
    // A name that cannot be read has no tag.
    let tag = image_name::parse(text(container, "image")).map(|name| name.tag).unwrap_or_default();
    let policy = if tag == "latest" { "Always" } else { "IfNotPresent" };
    default(container, "imagePullPolicy", json!(policy));
    default(container, "terminationMessagePath", json!("/dev/termination-log"));
    default(container, "terminationMessagePolicy", json!("File"));
    each(container, "ports", |port| default(port, "protocol", json!("TCP")));
    each(container, "env", |env| within(env, "valueFrom", |from| within(from, "fieldRef", field_ref)));
    within(container, "resources", |resources| {
        round_resources(resources.get_mut("limits"));
        round_resources(resources.get_mut("requests"));
    });
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
        within(container, kind, probe);
    }
    within(container, "lifecycle", |lifecycle| {
        for hook in ["postStart", "preStop"] {
            within(lifecycle, hook, |handler| within(handler, "httpGet", http_get));
        }
    });
}

/// `SetDefaults_Probe`
fn probe(probe: &mut Object) {
    within(probe, "httpGet", http_get);
    within(probe, "grpc", |grpc| default(grpc, "service", json!("")));
    default(probe, "timeoutSeconds", json!(1));
    default(probe, "periodSeconds", json!(10));
    default(probe, "successThreshold", json!(1));
    default(probe, "failureThreshold", json!(3));
}

/// `SetDefaults_HTTPGetAction`
fn http_get(get: &mut Object) {
    default(get, "path", json!("/"));
    default(get, "scheme", json!("HTTP"));
}

/// `SetDefaults_ObjectFieldSelector`
fn field_ref(selector: &mut Object) {
    default(selector, "apiVersion", json!("v1"));
}

/// `SetDefaults_Volume` and the defaults of each source.
fn volume(volume: &mut Object) {
    if volume.iter().all(|(name, source)| name == "name" || source.is_null()) {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
    within(volume, "hostPath", |source| default(source, "type", json!("")));
    for kind in ["secret", "configMap", "downwardAPI", "projected"] {
        within(volume, kind, |source| default(source, "defaultMode", json!(0o644)));
    }
    let files = |source: &mut Object| each(source, "items", |file| within(file, "fieldRef", field_ref));
    within(volume, "downwardAPI", files);
    within(volume, "projected", |projected| {
        each(projected, "sources", |source| {
            within(source, "downwardAPI", files);
            within(source, "serviceAccountToken", |token| default(token, "expirationSeconds", json!(3600)));
            within(source, "podCertificate", |certificate| {
                default(certificate, "maxExpirationSeconds", json!(86400));
            });
        });
    });
    sources_beyond_the_cluster(volume);
    within(volume, "ephemeral", |source| {
        within(source, "volumeClaimTemplate", |template| {
            within(template, "spec", |spec| {
                default(spec, "volumeMode", json!("Filesystem"));
                within(spec, "resources", |resources| {
                    round_resources(resources.get_mut("limits"));
                    round_resources(resources.get_mut("requests"));
                });
            });
        });
    });
    within(volume, "image", |source| {
        let tag = image_name::parse(text(source, "reference")).map(|name| name.tag).unwrap_or_default();
        let policy = if tag == "latest" { "Always" } else { "IfNotPresent" };
        default(source, "pullPolicy", json!(policy));
    });
}

/// What volumes of pods and PersistentVolumes are given where they say nothing.
pub fn sources_beyond_the_cluster(volume: &mut Object) {
    within(volume, "iscsi", |source| default(source, "iscsiInterface", json!("default")));
    within(volume, "rbd", |source| {
        default(source, "pool", json!("rbd"));
        default(source, "user", json!("admin"));
        default(source, "keyring", json!("/etc/ceph/keyring"));
    });
    within(volume, "azureDisk", |source| {
        default(source, "cachingMode", json!("ReadWrite"));
        default(source, "fsType", json!("ext4"));
        default(source, "readOnly", json!(false));
        default(source, "kind", json!("Shared"));
    });
    within(volume, "scaleIO", |source| {
        default(source, "storageMode", json!("ThinProvisioned"));
        default(source, "fsType", json!("xfs"));
    });
}

/// What pod-level resources support: cpu, memory and huge pages.
pub fn is_pod_level_resource(name: &str) -> bool {
    name == "cpu" || name == "memory" || is_huge_page(name)
}
pub fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}
/// `IsOvercommitAllowed`
pub fn is_overcommit_allowed(name: &str) -> bool {
    is_native_resource(name) && !is_huge_page(name)
}
/// `IsNativeResource`: without a prefix, or with that of Kubernetes.
pub fn is_native_resource(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// A list of resources with exact amounts.
pub type Amounts = BTreeMap<String, Quantity>;

/// The amounts of `requests` or `limits`.
pub fn amounts(list: Option<&Value>) -> Amounts {
    let entries = list.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(name, amount)| Some((name.clone(), Quantity::parse(amount.as_str()?).ok()?)))
        .collect()
}

/// `AggregateContainerRequests` and `AggregateContainerLimits`
/// (staging/src/k8s.io/component-helpers/resource/helpers.go): the sum of main containers and sidecars, or what an init
/// container needs beside the sidecars before it, whichever is larger.
pub fn aggregate(spec: &Object, list: &str) -> Amounts {
    let of = |container: &Value| amounts(container.get("resources").and_then(|r| r.get(list)));
    let containers = |name: &str| spec.get(name).and_then(Value::as_array).into_iter().flatten();
    let add = |to: &mut Amounts, from: &Amounts| {
        for (name, amount) in from {
            let sum = to.get(name).map_or(*amount, |had| had.plus(*amount));
            to.insert(name.clone(), sum);
        }
    };
    let raise = |to: &mut Amounts, from: &Amounts| {
        for (name, amount) in from {
            if to.get(name).is_none_or(|had| amount.cmp_value(*had).is_gt()) {
                to.insert(name.clone(), *amount);
            }
        }
    };
    let (mut total, mut sidecars, mut init) = (Amounts::new(), Amounts::new(), Amounts::new());
    for container in containers("containers") {
        add(&mut total, &of(container));
    }
    for container in containers("initContainers") {
        let own = of(container);
        if container.get("restartPolicy").and_then(Value::as_str) == Some("Always") {
            add(&mut total, &own);
            add(&mut sidecars, &own);
            raise(&mut init, &sidecars);
        } else {
            let mut needed = own;
            add(&mut needed, &sidecars);
            raise(&mut init, &needed);
        }
    }
    raise(&mut total, &init);
    total
}

/// `defaultHugePagePodLimits`
fn hugepage_limits_of_the_pod(spec: &mut Object) {
    let aggregated = aggregate(spec, "limits");
    within(spec, "resources", |own| {
        let (mut limits, requests) = (amounts(own.get("limits")), amounts(own.get("requests")));
        if limits.is_empty() && requests.is_empty() {
            return;
        }
        for (name, amount) in aggregated {
            if is_huge_page(&name) && !requests.contains_key(&name) {
                limits.entry(name).or_insert(amount);
            }
        }
        put(own, "limits", &limits);
    });
}

/// `defaultPodRequests`
fn requests_of_the_pod(spec: &mut Object) {
    let aggregated = aggregate(spec, "requests");
    within(spec, "resources", |own| {
        let (limits, mut requests) = (amounts(own.get("limits")), amounts(own.get("requests")));
        if limits.is_empty() {
            return;
        }
        for (name, amount) in aggregated {
            if is_pod_level_resource(&name) && is_overcommit_allowed(&name) {
                requests.entry(name).or_insert(amount);
            }
        }
        for (name, amount) in limits {
            if is_pod_level_resource(&name) {
                requests.entry(name).or_insert(amount);
            }
        }
        put(own, "requests", &requests);
    });
}

/// A resource of which the pod has a request and no limit is limited where each container limits it: to their total, or to
/// the request if that is more.
fn limits_of_the_pod(spec: &mut Object) {
    let aggregated = aggregate(spec, "limits");
    let containers =
        ["containers", "initContainers"].into_iter().filter_map(|list| spec.get(list)?.as_array());
    let all: Vec<Amounts> = containers
        .flatten()
        .map(|container| amounts(container.get("resources").and_then(|own| own.get("limits"))))
        .collect();
    within(spec, "resources", |own| {
        let (mut limits, requests) = (amounts(own.get("limits")), amounts(own.get("requests")));
        for (name, request) in requests {
            if !is_pod_level_resource(&name) || !all.iter().all(|own| own.contains_key(&name)) {
                continue;
            }
            if let Some(total) = aggregated.get(&name) {
                let most = if request.cmp_value(*total).is_gt() { request } else { *total };
                limits.entry(name).or_insert(most);
            }
        }
        put(own, "limits", &limits);
    });
}

fn put(resources: &mut Object, list: &str, amounts: &Amounts) {
    if !amounts.is_empty() {
        let entries = amounts.iter().map(|(name, amount)| (name.clone(), json!(amount.to_string())));
        resources.insert(list.to_owned(), Value::Object(entries.collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::versions::Version;

    fn filled(spec: Value) -> Value {
        filled_by(spec, Version::DEFAULT)
    }

    fn filled_by(spec: Value, version: Version) -> Value {
        let Value::Object(mut spec) = spec else { return Value::Null };
        pod_spec(&mut spec, &Gates::of(version));
        Value::Object(spec)
    }

    #[test]
    fn limits_stand_in_for_requests() {
        let spec = filled(
            json!({"containers": [{"name": "a", "resources": {"limits": {"cpu": "100u", "memory": "1Gi"},
            "requests": {"memory": "1Mi"}}}]}),
        );
        assert_eq!(spec["containers"][0]["resources"]["requests"], json!({"memory": "1Mi", "cpu": "1m"}));
    }

    #[test]
    fn the_pod_asks_for_what_its_containers_ask_for() {
        let spec = json!({
            "resources": {"limits": {"cpu": "2", "memory": "1Gi"}},
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}],
            "initContainers": [
                {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}},
                {"name": "i", "resources": {"requests": {"cpu": "1500m"}}},
            ],
        });
        let [.., before, newest] = Version::ALL;
        let filled = filled_by(spec.clone(), before);
        assert_eq!(filled["resources"]["requests"], json!({"cpu": "1600m", "memory": "1Gi"}));
        // From 1.37 on this waits for admission.
        assert_eq!(filled_by(spec, newest)["resources"]["requests"], Value::Null);
    }

    #[test]
    fn both_names_of_the_service_account_are_written() {
        let spec = filled(json!({"serviceAccount": "robot", "terminationGracePeriodSeconds": -5}));
        assert_eq!(spec["serviceAccountName"], "robot");
        assert_eq!(spec["terminationGracePeriodSeconds"], 1);
    }
}
