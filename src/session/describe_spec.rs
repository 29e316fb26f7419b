//! What a pod's spec says, as `kubectl describe` tells it of a pod and of a template: containers with their environment and
//! mounts, volumes, tolerations (staging/src/k8s.io/kubectl/pkg/describe/describe.go: `describeContainers`,
//! `describeContainerEnvFrom`, `describeContainerEnvVars`, `describeContainerVolumes`, `describeVolumes`, `DescribeProbe`,
//! v1.36.2).
//!
//! What surprises: of a field reference only a pod's metadata is resolved (`ExtractFieldPathAsString`), so that an address or
//! the node's name stands there as nothing; `Environment Variables from` is there only where something is taken from.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::describe::Lines;
use super::describe_volumes::{Told, sources};
use crate::api::spec::{
    Container, EnvVar, EnvVarSource, Probe, Toleration, TopologySpreadConstraint, Volume, VolumeMount,
};
use crate::api::{ContainerState, ContainerStatus, ImageId, ObjectMeta, PodIdent, Sym};
use crate::rules::kubectl::tables::selector_text;
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::habits::Habits;
use crate::time::Time;

/// Whose spec it is.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// A pod's, which has names and labels to refer to.
    Pod { meta: &'a ObjectMeta, ident: &'a PodIdent },
    /// A template's: one blank further in, and nothing is resolved.
    Template,
}

/// `describeContainerBasicInfo` and what comes below it.
pub(super) fn container(
    lines: &mut Lines,
    whose: Whose<'_>,
    container: &Container,
    status: Option<&ContainerStatus>,
) {
    let indent = if matches!(whose, Whose::Template) { " " } else { "" };
    lines.put(1, &format!("{indent}{}:", container.name));
    if let Some(status) = status {
        lines.field(2, "Container ID", &status.container_id.to_string());
    }
    lines.field(2, "Image", &container.image);
    if let Some(status) = status {
        lines.field(2, "Image ID", &ImageId(status.image_id).to_string());
    }
    ports(lines, container);
    for (title, words) in [("Command", &container.command), ("Args", &container.args)] {
        if !words.is_empty() {
            lines.put(2, &format!("{title}:"));
            for line in words.iter().flat_map(|word| word.lines()) {
                lines.put(3, line);
            }
        }
    }
    if let Some(status) = status {
        let ident = match whose {
            Whose::Pod { ident, .. } => ident,
            Whose::Template => &PodIdent::NOBODY,
        };
        state(lines, ident, "State", &status.state);
        if status.last_state.terminated().is_some() {
            state(lines, ident, "Last State", &status.last_state);
        }
        lines.field(2, "Ready", if status.ready { "True" } else { "False" });
        lines.field(2, "Restart Count", &status.restart_count.to_string());
    }
    lines.amounts(2, "Limits", &container.resources.limits);
    lines.amounts(2, "Requests", &container.resources.requests);
    for (title, probe) in [
        ("Liveness", &container.liveness_probe),
        ("Readiness", &container.readiness_probe),
        ("Startup", &container.startup_probe),
    ] {
        if let Some(probe) = probe {
            lines.field(2, title, &describe_probe(probe, lines.habits()));
        }
    }
    env_from(lines, container);
    env(lines, whose, container);
    mounts(lines, container);
}

fn ports(lines: &mut Lines, container: &Container) {
    let named = lines.habits().says_names_of_ports;
    let all = |of: fn(&crate::api::spec::ContainerPort) -> i32| {
        let one = |port: &crate::api::spec::ContainerPort| match port.name.as_str() {
            name if named && !name.is_empty() => format!("{}/{} ({name})", of(port), port.protocol),
            _ => format!("{}/{}", of(port), port.protocol),
        };
        let all: Vec<String> = container.ports.iter().map(one).collect();
        if all.is_empty() { "<none>".to_owned() } else { all.join(", ") }
    };
    let plural = if container.ports.len() > 1 { "s" } else { "" };
    lines.field(2, &format!("Port{plural}"), &all(|port| port.container_port));
    lines.field(2, &format!("Host Port{plural}"), &all(|port| port.host_port));
}

/// A title with what comes below it, or with `<none>` beside it.
fn list<T>(lines: &mut Lines, title: &str, all: &[T]) {
    match all {
        [] => lines.field(2, title, "<none>"),
        _ => lines.put(2, &format!("{title}:")),
    }
}

fn env_from(lines: &mut Lines, container: &Container) {
    if container.env_from.is_empty() {
        return;
    }
    list(lines, "Environment Variables from", &container.env_from);
    for source in &container.env_from {
        let (kind, of) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(of), _) => ("ConfigMap", Some(of)),
            (None, of) => ("Secret", of.as_ref()),
        };
        let (name, optional) = of.map_or(("", false), |of| (of.name.as_str(), of.optional.unwrap_or(false)));
        let prefix = match source.prefix.as_str() {
            "" => String::new(),
            prefix => format!(" with prefix '{prefix}'"),
        };
        lines.put(3, &format!("{name}\t{kind}{prefix}\tOptional: {optional}"));
    }
}

fn env(lines: &mut Lines, whose: Whose<'_>, container: &Container) {
    list(lines, "Environment", &container.env);
    for variable in &container.env {
        let EnvVar { name, value, value_from } = variable;
        let Some(source) = value_from else {
            let mut values = value.as_deref().unwrap_or_default().split('\n');
            lines.field(3, name, values.next().unwrap_or_default());
            values.for_each(|more| lines.put(3, &format!("\t{more}")));
            continue;
        };
        if let Some(told) = referred(source, whose, container) {
            lines.field(3, name, &told);
        }
    }
}

/// What a variable is taken from.
fn referred(source: &EnvVarSource, whose: Whose<'_>, container: &Container) -> Option<String> {
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    if let Some(field) = source.rest.get("fieldRef") {
        let path = text(field, "fieldPath");
        let version = field["apiVersion"].as_str().unwrap_or("v1");
        let value = match whose {
            Whose::Pod { meta, .. } => field_value(meta, &path),
            Whose::Template => String::new(),
        };
        return Some(format!("{value} ({version}:{path})"));
    }
    if let Some(field) = source.rest.get("resourceFieldRef") {
        let resource = text(field, "resource");
        let value = match (resource_value(field, container), resource.as_str()) {
            (Some(0), "limits.cpu" | "limits.memory") => "node allocatable".to_owned(),
            (value, _) => value.map_or_else(String::new, |value| value.to_string()),
        };
        return Some(format!("{value} ({resource})"));
    }
    let key = source.secret_key_ref.as_ref().map(|key| ("in secret", key));
    let (of, key) = key.or(source.config_map_key_ref.as_ref().map(|key| ("of config map", key)))?;
    let optional = key.optional.unwrap_or(false);
    Some(format!("<set to the key '{}' {of} '{}'>\tOptional: {optional}", key.key, key.name))
}

/// `ExtractFieldPathAsString` (pkg/fieldpath/fieldpath.go): of a pod's metadata alone.
fn field_value(meta: &ObjectMeta, path: &str) -> String {
    let key = |map: &BTreeMap<String, String>, key: &str| map.get(key).cloned().unwrap_or_default();
    let all = |map: &BTreeMap<String, String>| {
        let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        pairs.join("\n")
    };
    let subscript = |name: &str| path.strip_prefix(name)?.strip_prefix("['")?.strip_suffix("']");
    match path {
        "metadata.name" => meta.name.clone(),
        "metadata.namespace" => meta.namespace.clone(),
        "metadata.uid" => meta.uid.clone(),
        "metadata.labels" => all(&meta.labels),
        "metadata.annotations" => all(&meta.annotations),
        _ => match (subscript("metadata.labels"), subscript("metadata.annotations")) {
            (Some(label), _) => key(&meta.labels, label),
            (_, Some(annotation)) => key(&meta.annotations, annotation),
            _ => String::new(),
        },
    }
}

/// `ExtractContainerResourceValue` (staging/src/k8s.io/kubectl/pkg/util/resource/resource.go): in units of the divisor, rounded
/// up; 0 where nothing is said.
fn resource_value(field: &Value, container: &Container) -> Option<i64> {
    let (side, name) = field["resource"].as_str()?.split_once('.')?;
    let list = match side {
        "limits" => &container.resources.limits,
        "requests" => &container.resources.requests,
        _ => return None,
    };
    let one = Quantity::parse("1").unwrap_or_default();
    let divisor = field["divisor"].as_str().and_then(|text| Quantity::parse(text).ok());
    let divisor = divisor.filter(|divisor| !divisor.is_zero()).unwrap_or(one);
    let amount = list.get(name).and_then(|text| Quantity::parse(text).ok()).unwrap_or_default();
    let (amount, unit) = match name {
        "cpu" => (amount.milli_value(), divisor.milli_value()),
        _ => (amount.value(), divisor.value()),
    };
    Some(amount.div_euclid(unit.max(1)) + i64::from(amount.rem_euclid(unit.max(1)) != 0))
}

fn mounts(lines: &mut Lines, container: &Container) {
    list(lines, "Mounts", &container.volume_mounts);
    let mut mounts: Vec<&VolumeMount> = container.volume_mounts.iter().collect();
    mounts.sort_by_key(|mount| mount.mount_path.as_str());
    for mount in mounts {
        let is_read_only = mount.rest.get("readOnly") == Some(&Value::Bool(true));
        let path = match mount.rest.get("subPath").and_then(Value::as_str) {
            None | Some("") => String::new(),
            Some(path) => format!(",path={path:?}"),
        };
        let flags = if is_read_only { "ro" } else { "rw" };
        lines.put(3, &format!("{} from {} ({flags}{path})", mount.mount_path, mount.name));
    }
    let devices = container.rest.get("volumeDevices").and_then(Value::as_array);
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let devices = devices.into_iter().flatten();
    let mut devices: Vec<(String, String)> =
        devices.map(|device| (text(device, "devicePath"), text(device, "name"))).collect();
    devices.sort();
    if !devices.is_empty() {
        lines.put(2, "Devices:");
    }
    for (path, name) in devices {
        lines.put(3, &format!("{path} from {name}"));
    }
}

/// What a pod's volumes are, of the kinds that are met most: the key, its type in words, and lines with a key each.
const SOURCES: [Told; 8] = [
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[("Path", "path", ""), ("HostPathType", "type", "")],
    ),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium", "medium", ""), ("SizeLimit", "sizeLimit", "<unset>")],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName", "secretName", ""), ("Optional", "optional", "false")],
    ),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name", "name", ""), ("Optional", "optional", "false")],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server", ""), ("Path", "path", ""), ("ReadOnly", "readOnly", "false")],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName", "claimName", ""), ("ReadOnly", "readOnly", "false")],
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[("Driver", "driver", ""), ("FSType", "fsType", ""), ("ReadOnly", "readOnly", "false")],
    ),
    (
        "image",
        "Image (a container image or OCI artifact)",
        &[("Reference", "reference", ""), ("PullPolicy", "pullPolicy", "")],
    ),
];

/// `describeVolumes`; `level` 1 is a template's.
pub(super) fn volumes(lines: &mut Lines, level: usize, all: &[Volume]) {
    if all.is_empty() {
        return lines.field(level, "Volumes", "<none>");
    }
    lines.put(level, "Volumes:");
    let indent = if level > 0 { " " } else { "" };
    for volume in all {
        lines.put(1, &format!("{indent}{}:", volume.name));
        let value = serde_json::to_value(volume).unwrap_or_default();
        if let Some(sources) = value["projected"]["sources"].as_array() {
            projected(lines, sources);
        } else if value["downwardAPI"].is_object() {
            lines.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
            lines.put(2, "Items:");
            items(lines, &value["downwardAPI"]["items"]);
        } else if value["ephemeral"].is_object() {
            ephemeral(lines, &value["ephemeral"]["volumeClaimTemplate"]["spec"]);
        } else if !sources(lines, &SOURCES, &value) {
            lines.put(1, "<unknown>");
        }
    }
}

fn projected(lines: &mut Lines, sources: &[Value]) {
    lines.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
    for source in sources {
        let named = [("secret", "SecretName"), ("configMap", "ConfigMapName")];
        if let Some((key, title)) = named.into_iter().find(|(key, _)| source[*key].is_object()) {
            lines.field(2, title, source[key]["name"].as_str().unwrap_or_default());
            lines.field(2, "Optional", &(source[key]["optional"] == true).to_string());
        } else if source["downwardAPI"].is_object() {
            lines.field(2, "DownwardAPI", "true");
        } else if source["serviceAccountToken"].is_object() {
            let seconds = source["serviceAccountToken"]["expirationSeconds"].as_i64().unwrap_or(3600);
            lines.field(2, "TokenExpirationSeconds", &seconds.to_string());
        }
    }
}

fn items(lines: &mut Lines, all: &Value) {
    for item in all.as_array().into_iter().flatten() {
        let from = [&item["fieldRef"]["fieldPath"], &item["resourceFieldRef"]["resource"]];
        let path = item["path"].as_str().unwrap_or_default();
        for from in from.into_iter().filter_map(Value::as_str) {
            lines.put(3, &format!("{from} -> {path}"));
        }
    }
}

/// A claim that comes and goes with the pod (`printEphemeralVolumeSource`).
fn ephemeral(lines: &mut Lines, claim: &Value) {
    let text = |key: &str| claim[key].as_str().unwrap_or_default();
    lines.field(
        2,
        "Type",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
    );
    lines.field(2, "StorageClass", text("storageClassName"));
    lines.field(2, "Volume", text("volumeName"));
    lines.field(2, "Capacity", "");
    lines.field(2, "Access Modes", "");
    if !text("volumeMode").is_empty() {
        lines.field(2, "VolumeMode", text("volumeMode"));
    }
}

/// `printPodTolerationsMultiline`: by key.
pub(super) fn tolerations(lines: &mut Lines, level: usize, all: &[Toleration]) {
    let mut all: Vec<&Toleration> = all.iter().collect();
    all.sort_by_key(|toleration| toleration.key.as_str());
    let all: Vec<String> = all.into_iter().map(toleration).collect();
    lines.several_at(level, "Tolerations", &all);
}

/// `describeTopologySpreadConstraints`: nothing where there are none.
pub(super) fn spread(lines: &mut Lines, level: usize, all: &[TopologySpreadConstraint]) {
    let mut all: Vec<&TopologySpreadConstraint> = all.iter().collect();
    all.sort_by_key(|own| own.topology_key.as_str());
    let one = |own: &TopologySpreadConstraint| {
        let (key, then, skew) = (&own.topology_key, own.when_unsatisfiable, own.max_skew);
        let selector = own.label_selector.as_ref().map_or_else(String::new, |selector| {
            let value = serde_json::to_value(selector).unwrap_or(Value::Object(Map::new()));
            format!(" for selector {}", selector_text(&value))
        });
        format!("{key}:{then} when max skew {skew} is exceeded{selector}")
    };
    let all: Vec<String> = all.into_iter().map(one).collect();
    if !all.is_empty() {
        lines.several_at(level, "Topology Spread Constraints", &all);
    }
}

/// `printTolerationsMultilineWithIndent`
fn toleration(toleration: &Toleration) -> String {
    let mut text = toleration.key.to_string();
    if !toleration.value.is_empty() {
        text += &format!("={}", toleration.value);
    }
    if let Some(effect) = toleration.effect {
        text += &format!(":{}", effect.as_str());
    }
    if toleration.operator == "Exists" && toleration.value.is_empty() {
        text += if text.is_empty() { "op=Exists" } else { " op=Exists" };
    }
    if let Some(secs) = toleration.toleration_seconds {
        text += &format!(" for {secs}s");
    }
    text
}

/// `describeStatus`: what a waiting container waits for has a reason here and no message.
fn state(lines: &mut Lines, pod: &PodIdent, title: &str, state: &ContainerState) {
    let reason = |lines: &mut Lines, reason: Sym| {
        if !reason.is_empty() {
            lines.field(3, "Reason", &reason);
        }
    };
    // Of one that nobody knows kubectl prints the first of all.
    let instant = |at: Option<Time>| at.map_or("Mon, 01 Jan 0001 00:00:00 +0000".to_owned(), Time::rfc1123z);
    match state {
        ContainerState::Unset => lines.field(2, title, "Waiting"),
        ContainerState::Waiting { reason: why, .. } => {
            lines.field(2, title, "Waiting");
            reason(lines, *why);
        }
        ContainerState::Running { started_at } => {
            lines.field(2, title, "Running");
            lines.field(3, "Started", &instant(*started_at));
        }
        ContainerState::Terminated(ended) => {
            lines.field(2, title, "Terminated");
            reason(lines, ended.reason);
            if !ended.message.is_empty() {
                lines.field(3, "Message", &ended.message.show(pod).to_string());
            }
            lines.field(3, "Exit Code", &ended.exit_code.to_string());
            if ended.signal > 0 {
                lines.field(3, "Signal", &ended.signal.to_string());
            }
            lines.field(3, "Started", &instant(ended.started_at));
            lines.field(3, "Finished", &instant(ended.finished_at));
        }
    }
}

/// `DescribeProbe`: `http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`
fn describe_probe(probe: &Probe, habits: &Habits) -> String {
    let handler = &probe.handler;
    let port = |port: &Value| port.as_str().map_or_else(|| port.to_string(), str::to_owned);
    let who = if let Some(exec) = &handler.exec {
        format!("exec [{}]", exec.command.join(" "))
    } else if let Some(http) = &handler.http_get {
        let scheme = http.scheme.to_lowercase();
        format!("http-get {scheme}://{}:{}{}", http.host, port(&http.port), http.path)
    } else if let Some(tcp) = &handler.tcp_socket {
        format!("tcp-socket {}:{}", tcp.host, port(&tcp.port))
    } else if let Some(grpc) = &handler.grpc {
        format!("grpc <pod>:{} {}", grpc.port, grpc.service.as_deref().unwrap_or_default())
    } else {
        "unknown".to_owned()
    };
    let (success, failure) = if habits.says_thresholds_in_full {
        ("successThreshold", "failureThreshold")
    } else {
        ("#success", "#failure")
    };
    format!(
        "{who} delay={}s timeout={}s period={}s {success}={} {failure}={}",
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold
    )
}
