//! Services, without the allocation of addresses and node ports.
//!
//! Source: pkg/registry/core/service/{strategy,storage/storage}.go, `SetDefaults_Service` in pkg/apis/core/v1/defaults.go,
//! `ValidateService` and `ValidateServiceUpdate` in pkg/apis/core/validation/validation.go (1.36.2). The surprises: a
//! Service has no generation; `None` is an address that only some types may have; the address of a Service that is
//! updated without one is kept.

use rustc_hash::FxHashSet;
use serde_json::{Value, json};

use super::workload::spec_of;
use super::{Kind, Object, default, half, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{addresses, meta, names};
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

pub static LAW: Kind = Kind {
    name: "Service",
    key: "service",
    resource: "services",
    short: &["svc"],
    is_kept: true,
    schema: &workloads::Service,
    defaults,
    prepare: |object, old, _| prepare(object, old),
    names: |name, habits| match habits.services_begin_with_digits {
        true => names::dns1123_label(name),
        false => names::dns1035_label(name),
    },
    validate,
    warnings: |object, _, gates| warnings(object, &gates.habits),
    ..Kind::PLAIN
};

/// `SetDefaults_Service`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "sessionAffinity", json!("None"));
    match spec.get("sessionAffinity").and_then(Value::as_str) {
        Some("None") => drop(spec.shift_remove("sessionAffinityConfig")),
        Some("ClientIP") => {
            default(spec, "sessionAffinityConfig", json!({}));
            within(spec, "sessionAffinityConfig", |config| {
                default(config, "clientIP", json!({}));
                within(config, "clientIP", |client| default(client, "timeoutSeconds", json!(10800)));
            });
        }
        _ => {}
    }
    default(spec, "type", json!("ClusterIP"));
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Value::Object(port) = port else { continue };
        default(port, "protocol", json!("TCP"));
        let target = port.get("targetPort");
        if target.is_none_or(|target| *target == json!(0) || *target == json!("")) {
            let same = port.get("port").cloned().unwrap_or_else(|| json!(0));
            port.insert("targetPort".to_owned(), same);
        }
    }
    let external_ips = spec.get("externalIPs").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let ty = spec.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if matches!(&*ty, "NodePort" | "LoadBalancer") || ty == "ClusterIP" && external_ips {
        default(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    if matches!(&*ty, "NodePort" | "LoadBalancer" | "ClusterIP") {
        default(spec, "internalTrafficPolicy", json!("Cluster"));
    }
    if ty == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", json!(true));
    }
}

/// `NormalizeClusterIPs`, `patchAllocatedValues` and `dropTypeDependentFields`, as far as they are about addresses.
fn prepare(object: &mut Object, old: Option<&Object>) {
    let spec = spec_of(object);
    let is_external_name = spec.get("type") == Some(&json!("ExternalName"));
    if let Some(was) = old.and_then(|old| old.get("spec")) {
        let was_external_name = was.get("type") == Some(&json!("ExternalName"));
        if is_external_name && !was_external_name {
            for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if spec.get(name) == was.get(name) {
                    spec.shift_remove(name);
                }
            }
        }
        if !is_external_name && !was_external_name {
            for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if let Some(value) = was.get(name) {
                    let follows = name == "clusterIPs" && spec.get("clusterIP") != was.get("clusterIP");
                    if !follows {
                        default(spec, name, value.clone());
                    }
                }
            }
            keep_node_ports(spec, was);
        }
    }
    if let Some(address) = spec.get("clusterIP").cloned() {
        default(spec, "clusterIPs", json!([address]));
    }
    *spec = in_order(std::mem::take(spec));
}

/// `patchAllocatedValues`: a port that names no node port keeps the one it was given.
fn keep_node_ports(spec: &mut Object, was: &Value) {
    let on_nodes =
        |ty: Option<&Value>| matches!(ty.and_then(Value::as_str), Some("NodePort" | "LoadBalancer"));
    if !on_nodes(spec.get("type")) || !on_nodes(was.get("type")) {
        return;
    }
    let before = was.get("ports").and_then(Value::as_array).cloned().unwrap_or_default();
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let same = |old: &&Value| ["port", "protocol"].iter().all(|key| old.get(key) == port.get(key));
        let node_port = before.iter().find(same).and_then(|old| old.get("nodePort")).cloned();
        if let (Some(node_port), Value::Object(port)) = (node_port, port) {
            default(port, "nodePort", node_port);
        }
    }
}

/// The members in the order of the API's type, after some were filled in.
fn in_order(mut spec: Object) -> Object {
    let names = workloads::ServiceSpec.fields.iter().map(|field| field.name);
    names.filter_map(|name| spec.shift_remove(name).map(|value| (name.to_owned(), value))).collect()
}

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    if let Some(old) = old {
        addresses_stay(&half(old, "spec"), &half(new, "spec"), errors);
    }
    spec(&half(new, "spec"), gates, errors);
}

fn is_headless(spec: &At) -> bool {
    spec.child("clusterIPs").texts() == ["None"]
}

/// `validateUpgradeDowngradeClusterIPs`
fn addresses_stay(old: &At, new: &At, errors: &mut Errors) {
    let external = |spec: &At| spec.text_of("type") == "ExternalName";
    if external(old) || external(new) || is_headless(old) && is_headless(new) {
        return;
    }
    let (was, is) = (old.child("clusterIPs").texts(), new.child("clusterIPs"));
    for (ix, address) in is.texts().iter().enumerate() {
        if was.get(ix).is_some_and(|was| was != address) {
            errors.invalid(format!("{}[{ix}]", is.path), is.value.clone(), "may not change once set");
        }
    }
    if is.is_empty() && !was.is_empty() {
        let detail = "primary clusterIP can not be unset";
        errors.invalid(format!("{}[0]", is.path), is.value.clone(), detail);
    }
}

/// `ValidateService` below the metadata.
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    let ports = spec.child("ports");
    if ports.is_empty() && !is_headless(spec) && spec.text_of("type") != "ExternalName" {
        errors.required(ports.path.clone(), "");
    }
    of_type(spec, errors);
    let mut named: Vec<&str> = Vec::new();
    for at in ports.items().collect::<Vec<_>>() {
        port(&at, ports.len() > 1, &mut named, gates, errors);
    }
    meta::labels(&spec.child("selector"), &gates.habits, errors);
    affinity(spec, errors);
    addresses(spec, errors);
    for address in spec.child("externalIPs").items() {
        errors.invalid_each(&address.path, address.str(), names::ip(address.str()));
    }
    match spec.text_of("type") {
        "" => errors.required(spec.path_of("type"), ""),
        "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName" => {}
        other => {
            let supported = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
            errors.not_supported(spec.path_of("type"), other, &supported);
        }
    }
    doubles(spec, errors);
    balancer(spec, errors);
    traffic(spec, errors);
}

/// What a type asks for and what it does not have.
fn of_type(spec: &At, errors: &mut Errors) {
    let ty = spec.text_of("type");
    match ty {
        "LoadBalancer" | "NodePort" => {
            if ty == "LoadBalancer" {
                for port in spec.child("ports").items().filter(|port| port.int_of("port") == 10250) {
                    let detail = "may not expose port 10250 externally since it is used by kubelet";
                    errors.invalid(port.path.clone(), 10250i64, detail);
                }
            }
            if is_headless(spec) {
                let detail = format!("may not be set to 'None' for {ty} services");
                errors.invalid(spec.path_of("clusterIPs") + "[0]", "None", detail);
            }
        }
        "ExternalName" => {
            for name in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if spec.some(name).is_some() {
                    errors.forbidden(spec.path_of(name), "may not be set for ExternalName services");
                }
            }
            let name = spec.text_of("externalName");
            let name = name.strip_suffix('.').unwrap_or(name);
            if name.is_empty() {
                errors.required(spec.path_of("externalName"), "");
            } else {
                errors.invalid_each(&spec.path_of("externalName"), name, names::dns1123_subdomain(name));
            }
        }
        _ => {}
    }
}

/// `validateServicePort`
fn port<'a>(at: &At<'a>, is_named: bool, named: &mut Vec<&'a str>, gates: &Gates, errors: &mut Errors) {
    let name = at.text_of("name");
    if name.is_empty() {
        if is_named {
            errors.required(at.path_of("name"), "");
        }
    } else {
        errors.invalid_each(&at.path_of("name"), name, names::dns1123_label(name));
        if named.contains(&name) {
            errors.duplicate(at.path_of("name"), name);
        } else {
            named.push(name);
        }
    }
    errors.invalid_each(&at.path_of("port"), at.int_of("port"), names::port_number(at.int_of("port")));
    match at.text_of("protocol") {
        "" => errors.required(at.path_of("protocol"), ""),
        "TCP" | "UDP" | "SCTP" => {}
        other => errors.not_supported(at.path_of("protocol"), other, &["SCTP", "TCP", "UDP"]),
    }
    let target = at.child("targetPort");
    match target.value.as_str() {
        Some(name) => errors.invalid_each(&target.path, name, names::port_name(name)),
        None => errors.invalid_each(&target.path, target.int(), names::port_number(target.int())),
    }
    if let Some(protocol) = at.some("appProtocol") {
        errors.invalid_each(&protocol.path, protocol.str(), names::label_key(protocol.str(), &gates.habits));
    }
}

/// How long a client stays with its pod (`validateClientIPAffinityConfig`).
fn affinity(spec: &At, errors: &mut Errors) {
    let config = spec.child("sessionAffinityConfig");
    match spec.text_of("sessionAffinity") {
        "" => errors.required(spec.path_of("sessionAffinity"), ""),
        "ClientIP" => {
            let timeout = config.child("clientIP").child("timeoutSeconds");
            if !(1..=86400).contains(&timeout.int()) {
                let detail = "must be greater than 0 and less than 86400";
                errors.invalid(timeout.path, timeout.value.clone(), detail);
            }
        }
        "None" => {
            if config.is_set() {
                errors.forbidden(config.path, "must not be set when session affinity is None");
            }
        }
        other => errors.not_supported(spec.path_of("sessionAffinity"), other, &["ClientIP", "None"]),
    }
}

/// `ValidateServiceClusterIPsRelatedFields`
fn addresses(spec: &At, errors: &mut Errors) {
    if spec.text_of("type") == "ExternalName" {
        return;
    }
    let (first, all) = (spec.text_of("clusterIP"), spec.child("clusterIPs"));
    if first.is_empty() && !all.is_empty() {
        errors.invalid(
            all.path.clone(),
            all.value.clone(),
            "must be empty when `clusterIP` is not specified",
        );
    } else if all.texts().first().is_some_and(|other| *other != first) {
        errors.invalid(all.path.clone(), all.value.clone(), "first value must match `clusterIP`");
    }
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for family in spec.child("ipFamilies").items() {
        let name = family.value.as_str().unwrap_or_default();
        if !["IPv4", "IPv6"].contains(&name) {
            errors.not_supported(family.path.clone(), name, &["IPv4", "IPv6"]);
        }
        if seen.contains(&name) {
            errors.duplicate(family.path.clone(), name);
        }
        seen.insert(name);
    }
    if let Some(policy) = spec.some("ipFamilyPolicy") {
        let supported = ["PreferDualStack", "RequireDualStack", "SingleStack"];
        if !supported.contains(&policy.str()) {
            errors.not_supported(policy.path.clone(), policy.str(), &supported);
        }
    }
    for (ix, address) in all.items().enumerate() {
        if ix == 0 && address.str() == "None" {
            if all.len() > 1 {
                let detail = "'None' must be the first and only value";
                errors.invalid(all.path.clone(), all.value.clone(), detail);
            }
        } else {
            errors.invalid_each(&address.path, address.str(), names::ip(address.str()));
        }
    }
    if all.len() > 2 {
        errors.invalid(all.path.clone(), all.value.clone(), "may only hold up to 2 values");
    }
}

/// No port stands there twice; a port of the nodes needs a type that has some.
fn doubles(spec: &At, errors: &mut Errors) {
    let (mut on_nodes, mut own) = (Vec::new(), Vec::new());
    let ports: Vec<At> = spec.child("ports").items().collect();
    if spec.text_of("type") == "ClusterIP" {
        for port in ports.iter().filter(|port| port.int_of("nodePort") != 0) {
            errors.forbidden(port.path_of("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    for port in ports.iter().filter(|port| port.int_of("nodePort") != 0) {
        let key = (port.text_of("protocol"), port.int_of("nodePort"));
        if on_nodes.contains(&key) {
            errors.duplicate(port.path_of("nodePort"), key.1);
        }
        on_nodes.push(key);
    }
    for port in &ports {
        let key = (port.text_of("protocol"), port.int_of("port"));
        if own.contains(&key) {
            // The internal type, as Go prints it.
            let shown = json!({"Name": "", "Protocol": key.0, "AppProtocol": null, "Port": key.1, "TargetPort": 0,
                "NodePort": 0});
            errors.duplicate(port.path.clone(), shown);
        }
        own.push(key);
    }
}

/// What only a load balancer has.
fn balancer(spec: &At, errors: &mut Errors) {
    let is_balancer = spec.text_of("type") == "LoadBalancer";
    let only = "may only be used when `type` is 'LoadBalancer'";
    let ranges = spec.child("loadBalancerSourceRanges");
    // Upstream spells this path as Go does.
    let path = spec.path_of("LoadBalancerSourceRanges");
    if !ranges.is_empty() && !is_balancer {
        errors.forbidden(path.clone(), only);
    }
    for (ix, range) in ranges.texts().iter().enumerate() {
        if !names::is_cidr(range.trim()) {
            let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
            errors.invalid(format!("{path}[{ix}]"), range.trim(), detail);
        }
    }
    let allocate = spec.some("allocateLoadBalancerNodePorts");
    if allocate.is_some() && !is_balancer {
        errors.forbidden(spec.path_of("allocateLoadBalancerNodePorts"), only);
    }
    if spec.some("loadBalancerClass").is_some() && !is_balancer {
        errors.forbidden(spec.path_of("loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'");
    }
}

/// `validateServiceExternalTrafficPolicy`, `validateServiceInternalTrafficFieldsValue`,
/// `validateServiceTrafficDistribution`
fn traffic(spec: &At, errors: &mut Errors) {
    let ty = spec.text_of("type");
    let policy = spec.text_of("externalTrafficPolicy");
    let path = spec.path_of("externalTrafficPolicy");
    let is_external = matches!(ty, "NodePort" | "LoadBalancer")
        || ty == "ClusterIP" && !spec.child("externalIPs").is_empty();
    if !is_external {
        if !policy.is_empty() {
            errors.invalid(path, policy, "may only be set for externally-accessible services");
        }
    } else if policy.is_empty() {
        errors.required(path, "");
    } else if !["Cluster", "Local"].contains(&policy) {
        errors.not_supported(path, policy, &["Cluster", "Local"]);
    }
    let check = spec.int_of("healthCheckNodePort");
    if check != 0 && !(ty == "LoadBalancer" && policy == "Local") {
        let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        errors.invalid(spec.path_of("healthCheckNodePort"), check, detail);
    }
    if let Some(internal) = spec.some("internalTrafficPolicy")
        && !["Cluster", "Local"].contains(&internal.str())
    {
        errors.not_supported(internal.path.clone(), internal.str(), &["Cluster", "Local"]);
    }
    if let Some(distribution) = spec.some("trafficDistribution") {
        let supported = ["PreferClose", "PreferSameNode", "PreferSameZone"];
        if !supported.contains(&distribution.str()) {
            errors.not_supported(distribution.path.clone(), distribution.str(), &supported);
        }
    }
}

/// `GetWarningsForService` (pkg/api/service/warnings.go)
fn warnings(object: &Object, habits: &Habits) -> Vec<String> {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    let spec = half(object, "spec");
    let outside = spec.child("externalIPs");
    let (is_headless, is_external) = (is_headless(&spec), spec.text_of("type") == "ExternalName");
    let mut told = Vec::new();
    if half(object, "metadata").child("annotations").some(HINTS).is_some() {
        told.push(format!(
            "annotation {HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead"
        ));
    }
    for address in spec.child("clusterIPs").items().filter(|_| habits.warns_of_addresses) {
        addresses::ip(&address, &mut told);
    }
    if is_headless {
        if !spec.text_of("loadBalancerIP").is_empty() {
            told.push("spec.loadBalancerIP is ignored for headless services".to_owned());
        }
        if habits.warns_of_headless_services && !outside.is_empty() {
            told.push("spec.externalIPs is ignored for headless services".to_owned());
        }
        if habits.warns_of_headless_services && spec.text_of("sessionAffinity") != "None" {
            told.push("spec.SessionAffinity is ignored for headless services".to_owned());
        }
    }
    for address in outside.items().filter(|_| habits.warns_of_addresses) {
        addresses::ip(&address, &mut told);
    }
    if habits.warns_of_external_addresses && !outside.is_empty() && !is_headless && !is_external {
        told.push(
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters".to_owned(),
        );
    }
    if habits.warns_of_addresses {
        addresses::ip(&spec.child("loadBalancerIP"), &mut told);
        for range in spec.child("loadBalancerSourceRanges").items() {
            addresses::cidr(&range, &mut told);
        }
    }
    if is_external && !outside.is_empty() {
        told.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !is_external && !spec.text_of("externalName").is_empty() {
        told.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if habits.prefers_the_same_zone && spec.text_of("trafficDistribution") == "PreferClose" {
        told.push(
            "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".to_owned(),
        );
    }
    told
}
