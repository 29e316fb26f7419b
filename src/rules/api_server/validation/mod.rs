//! What the API server refuses, field by field, in its words and in its order.
//!
//! Source: `ValidatePodCreate` in pkg/apis/core/validation/validation.go (1.36.2); each file below names its part. The
//! rules read a decoded and defaulted object ([`super::decode`], [`super::defaults`]): `metadata` and `spec`. Maps are
//! visited in the order of their keys, where upstream's order is random.

pub(super) mod addresses;
pub(crate) mod containers;
pub(crate) mod env;
pub(crate) mod field;
pub(crate) mod meta;
pub(crate) mod names;
mod overlaps;
pub(crate) mod probes;
pub(crate) mod resize;
pub(crate) mod resources;
pub(crate) mod scheduling;
pub(crate) mod security;
pub(crate) mod update;
pub(crate) mod volumes;
pub(crate) mod warnings;

use serde_json::{Map, Value};

use self::containers::Containers;
use self::field::{At, Errors};
use self::probes::Handlers;
use crate::rules::versions::gates::Gates;

/// The two halves of a pod object.
fn halves(object: &Map<String, Value>) -> (At<'_>, At<'_>) {
    static ABSENT: Value = Value::Null;
    let half = |name: &str| At::new(object.get(name).unwrap_or(&ABSENT), name);
    (half("metadata"), half("spec"))
}

/// `ValidatePodCreate`
pub fn create(object: &Map<String, Value>, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    meta::validate(&halves(object).0, &gates.habits, &mut errors);
    created(object, gates, &mut errors);
    errors
}

/// The same after the metadata.
pub fn created(object: &Map<String, Value>, gates: &Gates, errors: &mut Errors) {
    pod(object, gates, errors);
    let (_, spec) = halves(object);
    if !spec.child("ephemeralContainers").is_empty() {
        errors.forbidden(spec.path_of("ephemeralContainers"), "cannot be set on create");
    }
    if !spec.text_of("nodeName").is_empty() && !spec.child("schedulingGates").is_empty() {
        let detail = "cannot be set until all schedulingGates have been cleared";
        errors.forbidden(spec.path_of("nodeName"), detail);
    }
}

/// `validatePodMetadataAndSpec`, after the metadata that all kinds have.
fn pod(object: &Map<String, Value>, gates: &Gates, errors: &mut Errors) {
    let (metadata, spec) = halves(object);
    meta::pod_annotations(&metadata.child("annotations"), &spec, errors);
    pod_spec(&spec, Some(metadata.text_of("name")), gates, errors);
    if spec.text_of("serviceAccountName").is_empty() {
        for volume in spec.child("volumes").items() {
            for source in volume.child("projected").child("sources").items() {
                if let Some(token) = source.some("serviceAccountToken") {
                    errors.forbidden(token.path, "must not be specified when serviceAccountName is not set");
                }
            }
        }
    }
    for list in ["containers", "initContainers"] {
        for container in spec.child(list).items() {
            containers::no_blanks(&container, errors);
        }
    }
}

/// `ValidatePodSpec`; `pod` is the name that claims of ephemeral volumes are made from, none in a template.
pub fn pod_spec(spec: &At, pod: Option<&str>, gates: &Gates, errors: &mut Errors) {
    let habits = &gates.habits;
    let grace = spec.some("terminationGracePeriodSeconds").map(|seconds| seconds.int());
    if grace.is_none() {
        errors.required(spec.path_of("terminationGracePeriodSeconds"), "");
    }
    let volumes = volumes::validate(&spec.child("volumes"), pod.unwrap_or_default(), habits, errors);
    let claims_at = spec.child("resourceClaims");
    let claims: Vec<&str> =
        claims_at.items().map(|claim| claim.text_of("name")).filter(|name| !name.is_empty()).collect();
    resources::pod_claims(&claims_at, errors);
    let main = spec.child("containers");
    let containers = Containers {
        gates,
        volumes: &volumes,
        claims: &claims,
        handlers: Handlers { gates, grace },
        pod_restart_policy: spec.text_of("restartPolicy"),
        host_users: spec.some("hostUsers").is_none_or(|users| users.bool()),
        os: spec.some("os").map(|os| os.text_of("name")),
    };
    containers.main(&main, errors);
    containers.init(&spec.child("initContainers"), &main, errors);
    containers.ephemeral(&spec.child("ephemeralContainers"), spec, errors);
    if gates.pod_level_resources {
        resources::pod_level(spec, &claims, habits, errors);
    }
    host_network_ports(spec, pod.is_some(), errors);
    one_of(spec, "restartPolicy", &["Always", "OnFailure", "Never"], errors);
    one_of(spec, "dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], errors);
    meta::labels(&spec.child("nodeSelector"), habits, errors);
    security::pod(spec, habits, errors);
    scheduling::affinity(&spec.child("affinity"), habits, errors);
    dns_config(spec, errors);
    scheduling::readiness_gates(&spec.child("readinessGates"), habits, errors);
    scheduling::scheduling_gates(&spec.child("schedulingGates"), habits, errors);
    scheduling::topology_spread(&spec.child("topologySpreadConstraints"), gates, errors);
    security::host_process(spec, errors);
    security::host_users(spec, errors);
    for name in ["serviceAccountName", "nodeName"] {
        let value = spec.text_of(name);
        if !value.is_empty() {
            errors.invalid_each(&spec.path_of(name), value, names::dns1123_subdomain(value));
        }
    }
    if let Some(deadline) = spec.some("activeDeadlineSeconds")
        && !(1..=i64::from(i32::MAX)).contains(&deadline.int())
    {
        let detail = names::range_error(1, i64::from(i32::MAX));
        errors.invalid(deadline.path.clone(), deadline.int(), detail);
    }
    for name in ["hostname", "subdomain"] {
        let value = spec.text_of(name);
        if !value.is_empty() {
            errors.invalid_each(&spec.path_of(name), value, names::dns1123_label(value));
        }
    }
    scheduling::tolerations(&spec.child("tolerations"), gates, errors);
    for alias in spec.child("hostAliases").items() {
        errors.invalid_each(&alias.path_of("ip"), alias.text_of("ip"), names::ip(alias.text_of("ip")));
        for host in alias.child("hostnames").items() {
            errors.invalid_each(&host.path, host.str(), names::dns1123_subdomain(host.str()));
        }
    }
    let class = spec.text_of("priorityClassName");
    if !class.is_empty() {
        errors.invalid_each(&spec.path_of("priorityClassName"), class, names::dns1123_subdomain(class));
    }
    if let Some(class) = spec.some("runtimeClassName") {
        errors.invalid_each(&class.path, class.str(), names::dns1123_subdomain(class.str()));
    }
    if spec.some("preemptionPolicy").is_some() {
        one_of(spec, "preemptionPolicy", &["PreemptLowerPriority", "Never"], errors);
    }
    resources::overhead(spec, habits, errors);
    security::os(spec, errors);
    hostname_override(spec, errors);
}

/// A text that must be one of a few.
fn one_of(spec: &At, name: &str, supported: &[&str], errors: &mut Errors) {
    match spec.text_of(name) {
        "" => errors.required(spec.path_of(name), ""),
        value if supported.contains(&value) => {}
        other => errors.not_supported(spec.path_of(name), other, supported),
    }
}

/// `validateHostNetwork`: on the node's network, a port is the node's port. In a template it may be left open.
fn host_network_ports(spec: &At, is_pod: bool, errors: &mut Errors) {
    if !spec.bool_of("hostNetwork") {
        return;
    }
    for container in spec.child("containers").items() {
        for port in container.child("ports").items() {
            let host = port.int_of("hostPort");
            if (is_pod || host != 0) && host != port.int_of("containerPort") {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                errors.invalid(port.path_of("hostPort"), host, detail);
            }
        }
    }
}

/// `validatePodDNSConfig`
fn dns_config(spec: &At, errors: &mut Errors) {
    let config = spec.child("dnsConfig");
    let servers = config.child("nameservers");
    if spec.text_of("dnsPolicy") == "None" {
        if !config.is_set() {
            errors.required(config.path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            errors.required(servers.path, detail);
            return;
        }
    }
    if servers.len() > 3 {
        let detail = "must not have more than 3 nameservers";
        errors.invalid(servers.path.clone(), servers.value.clone(), detail);
    }
    for server in servers.items() {
        errors.invalid_each(&server.path, server.str(), names::ip(server.str()));
    }
    let searches = config.child("searches");
    if searches.len() > 32 {
        let detail = "must not have more than 32 search paths";
        errors.invalid(searches.path.clone(), searches.value.clone(), detail);
    }
    if searches.texts().join(" ").len() > 2048 {
        let detail = "must not have more than 2048 characters (including spaces) in the search list";
        errors.invalid(searches.path.clone(), searches.value.clone(), detail);
    }
    for search in searches.items() {
        // The gate RelaxedDNSSearchValidation: alpha in 1.32, on since 1.33; an underscore or a lone dot is then fine.
        if search.str() != "." {
            let name = search.str().strip_suffix('.').unwrap_or(search.str());
            errors.invalid_each(&search.path, name, names::dns1123_subdomain_with_underscore(name));
        }
    }
    for option in config.child("options").items() {
        if option.text_of("name").is_empty() {
            errors.required(option.path, "must not be empty");
        }
    }
}

/// `hostnameOverride`, on since 1.35: a name of its own that fits the kernel's 64 bytes.
fn hostname_override(spec: &At, errors: &mut Errors) {
    let Some(name) = spec.some("hostnameOverride") else { return };
    if spec.bool_of("hostNetwork") {
        let detail = "may not be specified when hostNetwork is true";
        errors.forbidden(name.path.clone(), detail);
    }
    if spec.bool_of("setHostnameAsFQDN") {
        let detail = "may not be specified when setHostnameAsFQDN is true";
        errors.forbidden(name.path.clone(), detail);
    }
    errors.invalid_each(&name.path, name.str(), names::dns1123_subdomain(name.str()));
    if name.str().len() > 64 {
        errors.invalid(name.path.clone(), name.str(), "must be no more than 64 characters");
    }
}
