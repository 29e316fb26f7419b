//! What the API server warns of and accepts all the same.
//!
//! Source: `WarningsOnCreate` in pkg/registry/core/pod/strategy.go and `warningsForPodSpecAndMeta` in
//! pkg/api/pod/warnings.go (1.36.2). The surprise: init containers are visited before main containers.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::field::At;
use super::{addresses, halves, names, overlaps, resources, security};
use crate::rules::machinery::quote::quote;
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

const DEPRECATED_VOLUMES: &[(&str, &str)] = &[
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];
const DEPRECATED_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];
/// Labels of nodes that go away, and what replaces them.
const DEPRECATED_LABELS: &[(&str, &str)] = &[
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

/// What is said of a label of nodes that goes away (`GetNodeLabelDeprecatedMessage`, pkg/api/node/util.go).
pub fn deprecated_label(key: &str) -> Option<&'static str> {
    DEPRECATED_LABELS.iter().find(|(label, _)| *label == key).map(|(_, message)| *message)
}

/// The warnings of a pod that is created.
pub fn create(object: &Map<String, Value>, gates: &Gates) -> Vec<String> {
    let (metadata, spec) = halves(object);
    let mut warnings = Vec::new();
    let name = names::dns1123_label(metadata.text_of("name"));
    if !name.is_empty() {
        warnings.push(format!(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label \
             is recommended: [{}]",
            name.join(" ")
        ));
    }
    of_pod(&metadata, &spec, &gates.habits, &mut warnings);
    warnings
}

/// `warningsForPodSpecAndMeta`, of a pod or of a template.
pub fn of_pod(metadata: &At, spec: &At, habits: &Habits, warnings: &mut Vec<String>) {
    node_labels(spec, habits, warnings);
    let annotations = metadata.child("annotations");
    for (key, message) in DEPRECATED_ANNOTATIONS {
        if annotations.some(key).is_some() {
            warnings.push(format!("{}: {message}", annotations.path_of_key(key)));
        }
    }
    for volume in spec.child("volumes").items() {
        old_volume(&volume, habits, warnings);
        let claim = volume.child("ephemeral").child("volumeClaimTemplate").child("spec");
        warnings.extend(claimed_bytes(&claim));
    }
    overlaps::told(&spec.child("volumes"), warnings);
    doubles(&spec.child("hostAliases"), "ip", warnings);
    doubles(&spec.child("imagePullSecrets"), "name", warnings);
    for secret in spec.child("imagePullSecrets").items() {
        if secret.text_of("name").is_empty() {
            warnings.push(format!("{}: invalid empty name \"\"", secret.path_of("name")));
        }
    }
    for name in ["memory", "ephemeral-storage"] {
        warnings.extend(resources::fractional_bytes(&spec.child("overhead"), name));
    }
    if let Some(own) = spec.some("resources") {
        for list in ["limits", "requests"] {
            warnings.extend(resources::fractional_bytes(&own.child(list), "memory"));
        }
    }
    annotation_instead_of_field(&annotations, spec, "seccomp.security.alpha.kubernetes.io/pod", warnings);
    for container in security::containers(spec) {
        let key = format!("container.seccomp.security.alpha.kubernetes.io/{}", container.text_of("name"));
        annotation_instead_of_field(&annotations, &container, &key, warnings);
        apparmor_annotation(&annotations, spec, &container, warnings);
        container_warnings(&container, warnings);
    }
    ports(spec, warnings);
    if habits.warns_of_port_names {
        port_names(spec, warnings);
    }
    if spec.int_of("terminationGracePeriodSeconds") < 0 {
        warnings.push(format!(
            "{}: must be >= 0; negative values are invalid and will be treated as 1",
            spec.path_of("terminationGracePeriodSeconds")
        ));
    }
    null_selectors(spec, warnings);
    if habits.warns_of_addresses {
        for server in spec.child("dnsConfig").child("nameservers").items() {
            addresses::ip(&server, warnings);
        }
        for alias in spec.child("hostAliases").items() {
            addresses::ip(&alias.child("ip"), warnings);
        }
    }
}

fn node_labels(spec: &At, habits: &Habits, warnings: &mut Vec<String>) {
    let selector = spec.child("nodeSelector");
    for (key, _) in selector.entries() {
        if let Some(message) = deprecated_label(key) {
            warnings.push(format!("{}: {message}", selector.path_of_key(key)));
        }
    }
    let affinity = spec.child("affinity").child("nodeAffinity");
    let required =
        affinity.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
    let preferred = affinity.child("preferredDuringSchedulingIgnoredDuringExecution");
    node_terms(&required, warnings);
    for term in preferred.items() {
        node_term(&term.child("preference"), habits.warns_of_preferred_values.then_some(habits), warnings);
    }
    for constraint in spec.child("topologySpreadConstraints").items() {
        let key = constraint.text_of("topologyKey");
        if let Some(message) = deprecated_label(key) {
            warnings.push(format!("{}: {key} is {message}", constraint.path_of("topologyKey")));
        }
        null_selector(&constraint, warnings);
    }
}

/// Labels that go away, in terms that choose nodes.
pub fn node_terms(terms: &At, warnings: &mut Vec<String>) {
    for term in terms.items() {
        node_term(&term, None, warnings);
    }
}

/// With `reads_values`, values that no label can have are told too.
fn node_term(term: &At, reads_values: Option<&Habits>, warnings: &mut Vec<String>) {
    for expression in term.child("matchExpressions").items() {
        let key = expression.text_of("key");
        if let Some(message) = deprecated_label(key) {
            warnings.push(format!("{}: {key} is {message}", expression.path_of("key")));
        }
        let Some(habits) = reads_values else { continue };
        for value in expression.child("values").items() {
            for why in names::label_value(value.str(), habits) {
                warnings.push(format!("{}: {} is invalid, {why}", value.path, value.str()));
            }
        }
    }
}

fn null_selector(of: &At, warnings: &mut Vec<String>) {
    if of.some("labelSelector").is_none() {
        let path = of.path_of("labelSelector");
        warnings.push(format!("{path}: a null labelSelector results in matching no pod"));
    }
}

fn null_selectors(spec: &At, warnings: &mut Vec<String>) {
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = spec.child("affinity").child(kind);
        for term in affinity.child("requiredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(&term, warnings);
        }
        for term in affinity.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(&term.child("podAffinityTerm"), warnings);
        }
    }
}

/// What a volume is made of and should not be any more.
fn old_volume(volume: &At, habits: &Habits, warnings: &mut Vec<String>) {
    for (kind, message) in DEPRECATED_VOLUMES {
        if volume.some(kind).is_some() {
            let name = if *kind == "storageos" { "storageOS" } else { kind };
            let message =
                if *kind == "gitRepo" && !habits.git_repos_are_off { "deprecated in v1.11" } else { message };
            warnings.push(format!("{}: {message}", volume.path_of(name)));
        }
    }
}

/// The same of a PersistentVolume, in the order and as far as its own function looks
/// (`warningsForPersistentVolumeSpecAndMeta`, pkg/api/persistentvolume/util.go).
pub fn old_persistent_volume(spec: &At, warnings: &mut Vec<String>) {
    for kind in ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"] {
        if let Some((_, message)) = DEPRECATED_VOLUMES.iter().find(|(name, _)| *name == kind)
            && spec.some(kind).is_some()
        {
            let name = if kind == "storageos" { "storageOS" } else { kind };
            warnings.push(format!("{}: {message}", spec.path_of(name)));
        }
    }
}

/// `GetWarningsForPersistentVolumeClaimSpec` (pkg/api/persistentvolumeclaim/util.go)
pub fn claimed_bytes(claim: &At) -> Vec<String> {
    let of = |list: &str| resources::fractional_bytes(&claim.child("resources").child(list), "storage");
    of("requests").into_iter().chain(of("limits")).collect()
}

fn doubles(list: &At, member: &str, warnings: &mut Vec<String>) {
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for item in list.items() {
        let value = item.text_of(member);
        if seen.contains(&value) {
            warnings.push(format!("{}: duplicate {member} {}", item.path_of(member), quote(value)));
        } else {
            seen.insert(value);
        }
    }
}

fn annotation_instead_of_field(annotations: &At, of: &At, key: &str, warnings: &mut Vec<String>) {
    if of.child("securityContext").some("seccompProfile").is_none() && annotations.some(key).is_some() {
        warnings.push(format!(
            "{}: non-functional in v1.27+; use the \"seccompProfile\" field instead",
            annotations.path_of_key(key)
        ));
    }
}

/// Of templates alone; of a pod the field is filled in from it. What the pod's own field says too is fine.
fn apparmor_annotation(annotations: &At, spec: &At, container: &At, warnings: &mut Vec<String>) {
    let key = format!("container.apparmor.security.beta.kubernetes.io/{}", container.text_of("name"));
    let Some(annotation) = annotations.some(&key) else { return };
    let of = |at: &At| at.child("securityContext").child("appArmorProfile").value.clone();
    if annotations.path == "metadata.annotations" || !of(container).is_null() {
        return;
    }
    let profile = of(spec);
    let says_the_same = match (profile["type"].as_str(), annotation.str()) {
        (Some("Unconfined"), "unconfined") | (Some("RuntimeDefault"), "runtime/default") => true,
        (Some("Localhost"), text) => {
            text.strip_prefix("localhost/").is_some_and(|name| profile["localhostProfile"] == name)
        }
        _ => false,
    };
    if !says_the_same {
        warnings.push(format!(
            "{}: deprecated since v1.30; use the \"appArmorProfile\" field instead",
            annotations.path_of_key(&key)
        ));
    }
}

fn container_warnings(container: &At, warnings: &mut Vec<String>) {
    let own = container.child("resources");
    for name in ["memory", "ephemeral-storage"] {
        for list in ["limits", "requests"] {
            warnings.extend(resources::fractional_bytes(&own.child(list), name));
        }
    }
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for variable in container.child("env").items() {
        let name = variable.text_of("name");
        if !seen.contains(&name) {
            seen.insert(name);
            continue;
        }
        let (reference, value) = (format!("$({name})"), variable.text_of("value"));
        // X="$(X)123" builds on the earlier value, and is fine.
        let builds_on = value.contains(&reference) && value != reference;
        if variable.some("valueFrom").is_some() || !builds_on {
            warnings.push(format!(
                "{}: hides previous definition of {}, which may be dropped when using apply",
                variable.path,
                quote(name)
            ));
        }
    }
}

/// Of each port that stands several times every pair is told. That are as many as nobody reads, and an API server stops after 4,096
/// characters of warnings (`truncateAtTotalRunes`, staging/src/k8s.io/apiserver/pkg/endpoints/filters/warning.go, 1.36.3).
fn ports(spec: &At, warnings: &mut Vec<String>) {
    const PAIRS: usize = 1_000;
    let mut seen: FxHashMap<(i64, &str), Vec<At>> = FxHashMap::default();
    let mut told = 0;
    for container in security::containers(spec) {
        for port in container.child("ports").items() {
            let of = |p: &At| (p.int_of("hostPort"), p.text_of("hostIP").to_owned());
            let (host_port, host_ip) = of(&port);
            if !host_ip.is_empty() && host_port == 0 {
                warnings.push(format!("{}: hostIP set without hostPort: {}", port.path, port.value));
            }
            let others = seen.entry((port.int_of("containerPort"), port.text_of("protocol"))).or_default();
            for other in others.iter() {
                if told == PAIRS {
                    return;
                }
                let (other_port, other_ip) = of(other);
                let what = if host_ip == other_ip && host_port == other_port {
                    "duplicate"
                } else if host_port == 0 || other_port == 0 {
                    "overlapping"
                } else if host_port == other_port && host_ip.is_empty() != other_ip.is_empty() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                warnings.push(format!("{}: {what} port definition with {}", port.path, other.path));
                told += 1;
            }
            others.push(port);
        }
    }
}

/// Names that stand twice, in whichever containers.
fn port_names(spec: &At, warnings: &mut Vec<String>) {
    let mut seen: FxHashMap<&str, String> = FxHashMap::default();
    for container in security::containers(spec) {
        for port in container.child("ports").items() {
            let name = port.text_of("name");
            match seen.get(name) {
                _ if name.is_empty() => {}
                None => drop(seen.insert(name, port.path)),
                Some(first) => warnings.push(format!(
                    "{}: duplicate port name {} with {first}, services and probes that select ports by name will use {first}",
                    port.path,
                    quote(name)
                )),
            }
        }
    }
}
