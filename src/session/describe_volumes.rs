//! `kubectl describe` of claims, volumes and their classes (staging/src/k8s.io/kubectl/pkg/describe/describe.go:
//! `describePersistentVolumeClaim`, `describePersistentVolume`, `describeStorageClass`, v1.36.2), from what tables are made of.

use std::collections::BTreeMap;

use serde_json::Value;

use super::describe::Lines;
use super::{Walk, volumes};
use crate::api::Sym;
use crate::rules::kubectl::apply::LAST_APPLIED;
use crate::rules::kubectl::printing::age;
use crate::rules::kubectl::tables::access_modes;
use crate::time::Time;
use crate::world::workloads::ObjectKey;

impl Walk {
    /// `kubectl describe` of what `pvc/data`, `pv disk` or `sc/fast` names; None where the words speak of none of these kinds.
    pub fn describe_volume(&self, words: &str) -> Option<Result<String, String>> {
        let w = self.world();
        let (kind, name) = words.split_once(['/', ' '])?;
        let name = name.trim();
        let mut lines = Lines::new(w.gates.habits);
        let of =
            |all: Vec<(Sym, Value)>| all.into_iter().find(|(own, _)| *own == name).map(|(_, value)| value);
        let (plural, events) = match kind.to_lowercase().as_str() {
            "persistentvolumeclaims" | "persistentvolumeclaim" | "pvc" => {
                let found = volumes::claims(w).into_iter().find(|(_, own, _)| *own == name);
                let events = found.map(|(namespace, own, value)| {
                    self.claim(namespace, &value, &mut lines);
                    w.workloads.claim_named(namespace, &own).map(ObjectKey::PersistentVolumeClaim)
                });
                ("persistentvolumeclaims", events)
            }
            "persistentvolumes" | "persistentvolume" | "pv" => (
                "persistentvolumes",
                of(volumes::volumes(w)).map(|value| {
                    volume(&value, &mut lines);
                    None
                }),
            ),
            "storageclasses" | "storageclass" | "sc" => (
                "storageclasses.storage.k8s.io",
                of(volumes::classes(w)).map(|value| {
                    class(&value, &mut lines);
                    None
                }),
            ),
            _ => return None,
        };
        let Some(events) = events else {
            return Some(Err(format!("Error from server (NotFound): {plural} \"{name}\" not found")));
        };
        match events {
            Some(key) => self.object_events_table(key, &mut lines),
            None => lines.field(0, "Events", "<none>"),
        }
        Some(Ok(lines.aligned()))
    }

    fn claim(&self, namespace: Sym, claim: &Value, lines: &mut Lines) {
        let w = self.world();
        let text = |path: &str| claim.pointer(path).and_then(Value::as_str).unwrap_or_default();
        lines.field(0, "Name", text("/metadata/name"));
        lines.field(0, "Namespace", &namespace);
        lines.field(0, "StorageClass", text("/spec/storageClassName"));
        let status = going(claim, self.now()).unwrap_or_else(|| text("/status/phase").to_owned());
        lines.field(0, "Status", &status);
        lines.field(0, "Volume", text("/spec/volumeName"));
        metadata(claim, "kubernetes.io/pvc-protection", lines);
        lines.field(0, "Capacity", text("/status/capacity/storage"));
        lines.field(0, "Access Modes", &modes(&claim["status"]["accessModes"]));
        lines.field(
            0,
            "VolumeMode",
            Some(text("/spec/volumeMode")).filter(|own| !own.is_empty()).unwrap_or("Filesystem"),
        );
        let name = text("/metadata/name");
        let uses = |own: &crate::api::spec::Volume| {
            own.persistent_volume_claim.as_ref().is_some_and(|own| own.claim_name == name)
        };
        let users = w
            .pods
            .iter()
            .filter(|p| p.exists && p.ident.namespace == namespace && p.spec.volumes.iter().any(uses));
        let mut users: Vec<String> = users.map(|p| p.ident.name.to_string()).collect();
        users.sort_unstable();
        lines.several("Used By", &users);
    }
}

fn volume(volume: &Value, lines: &mut Lines) {
    let text = |path: &str| volume.pointer(path).and_then(Value::as_str).unwrap_or_default();
    lines.field(0, "Name", text("/metadata/name"));
    metadata(volume, "kubernetes.io/pv-protection", lines);
    lines.field(0, "StorageClass", text("/spec/storageClassName"));
    lines.field(0, "Status", text("/status/phase"));
    let claim = match &volume["spec"]["claimRef"] {
        Value::Null => String::new(),
        _ => format!("{}/{}", text("/spec/claimRef/namespace"), text("/spec/claimRef/name")),
    };
    lines.field(0, "Claim", &claim);
    lines.field(0, "Reclaim Policy", text("/spec/persistentVolumeReclaimPolicy"));
    lines.field(0, "Access Modes", &modes(&volume["spec"]["accessModes"]));
    lines.field(0, "VolumeMode", text("/spec/volumeMode"));
    lines.field(0, "Capacity", text("/spec/capacity/storage"));
    affinity(&volume["spec"]["nodeAffinity"]["required"], lines);
    lines.field(0, "Message", text("/status/message"));
    lines.put(0, "Source:");
    source(&volume["spec"], lines);
}

fn class(class: &Value, lines: &mut Lines) {
    let text = |name: &str| class[name].as_str().unwrap_or_default();
    lines.field(0, "Name", class["metadata"]["name"].as_str().unwrap_or_default());
    let annotations = &class["metadata"]["annotations"];
    let is_default = annotations["storageclass.kubernetes.io/is-default-class"] == "true";
    lines.field(0, "IsDefaultClass", if is_default { "Yes" } else { "No" });
    lines.field(0, "Annotations", &joined(annotations));
    lines.field(0, "Provisioner", text("provisioner"));
    lines.field(0, "Parameters", &joined(&class["parameters"]));
    let expands = match class["allowVolumeExpansion"].as_bool() {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    lines.field(0, "AllowVolumeExpansion", expands);
    match class["mountOptions"].as_array().filter(|all| !all.is_empty()) {
        None => lines.field(0, "MountOptions", "<none>"),
        Some(all) => {
            lines.put(0, "MountOptions:");
            all.iter().filter_map(Value::as_str).for_each(|option| lines.put(1, option));
        }
    }
    let or = |name: &str, usual: &'static str| match text(name) {
        "" => usual.to_owned(),
        text => text.to_owned(),
    };
    lines.field(0, "ReclaimPolicy", &or("reclaimPolicy", "Delete"));
    lines.field(0, "VolumeBindingMode", &or("volumeBindingMode", "Immediate"));
}

/// `Terminating (lasts 5s)`
fn going(object: &Value, now: Time) -> Option<String> {
    let since = object["metadata"]["deletionTimestamp"].as_str().and_then(Time::parse_rfc3339)?;
    Some(format!("Terminating (lasts {})", age(Some(since), now)))
}

/// Labels, annotations and finalizers; what kubectl keeps for itself is not shown.
fn metadata(object: &Value, protection: &str, lines: &mut Lines) {
    let pairs = |name: &str, between: &str| -> Vec<String> {
        let all: BTreeMap<&String, &Value> =
            object["metadata"][name].as_object().into_iter().flatten().collect();
        let shown = all.into_iter().filter(|(key, _)| *key != LAST_APPLIED);
        shown.map(|(key, value)| format!("{key}{between}{}", value.as_str().unwrap_or_default())).collect()
    };
    lines.several("Labels", &pairs("labels", "="));
    lines.several("Annotations", &pairs("annotations", ": "));
    lines.field(0, "Finalizers", &format!("[{protection}]"));
}

fn modes(list: &Value) -> String {
    access_modes(list.as_array().map_or(&[][..], |all| all))
}

/// `labels.FormatLabels`
fn joined(map: &Value) -> String {
    let all: BTreeMap<&String, &Value> = map.as_object().into_iter().flatten().collect();
    let pairs = all.into_iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
}

/// `printVolumeNodeAffinity`
fn affinity(required: &Value, lines: &mut Lines) {
    let Some(terms) = required["nodeSelectorTerms"].as_array() else {
        return lines.field(0, "Node Affinity", "<none>");
    };
    lines.field(0, "Node Affinity", "");
    lines.field(1, "Required Terms", if terms.is_empty() { "<none>" } else { "" });
    for (number, term) in terms.iter().enumerate() {
        let all = term["matchExpressions"].as_array().map_or(&[][..], |all| all);
        if all.is_empty() {
            lines.field(2, &format!("Term {number}"), "<none>");
        }
        for (place, one) in all.iter().enumerate() {
            let values = one["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let values: Vec<&str> = values.collect();
            let of = |name: &str| one[name].as_str().unwrap_or_default();
            let mut words = format!("{} {}", of("key"), of("operator").to_lowercase());
            if !values.is_empty() {
                words += &format!(" [{}]", values.join(", "));
            }
            match place {
                0 => lines.field(2, &format!("Term {number}"), &words),
                _ => lines.put(2, &format!("\t{words}")),
            }
        }
    }
}

/// A source: its key, its type in words, and lines: a title, a key, and what stands there where it is absent.
pub(super) type Told = (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

/// What a volume lies on, of the kinds that are met most; of others only that it is not known.
const SOURCES: [Told; 4] = [
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[("Path", "path", ""), ("HostPathType", "type", "<none>")],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server", ""), ("Path", "path", ""), ("ReadOnly", "readOnly", "false")],
    ),
    ("local", "LocalVolume (a persistent volume backed by local storage on a node)", &[("Path", "path", "")]),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[
            ("Driver", "driver", ""),
            ("FSType", "fsType", ""),
            ("VolumeHandle", "volumeHandle", ""),
            ("ReadOnly", "readOnly", "false"),
        ],
    ),
];

fn source(spec: &Value, lines: &mut Lines) {
    if !sources(lines, &SOURCES, spec) {
        lines.put(1, "<unknown>");
    }
}

/// Tells of the first of these sources that is there; whether there was one.
pub(super) fn sources(lines: &mut Lines, known: &[Told], spec: &Value) -> bool {
    let Some((kind, what, fields)) = known.iter().find(|(kind, ..)| spec[*kind].is_object()) else {
        return false;
    };
    lines.field(2, "Type", what);
    for (title, name, absent) in *fields {
        let value = &spec[*kind][*name];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        lines.field(2, title, if value.is_null() { absent } else { &text });
    }
    if *kind == "csi" {
        let attributes = spec["csi"]["volumeAttributes"].as_object().into_iter().flatten();
        let all: BTreeMap<&String, &Value> = attributes.collect();
        let pairs =
            all.into_iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
        let pairs: Vec<String> = pairs.collect();
        lines.field(2, "VolumeAttributes", pairs.first().map_or("<none>", String::as_str));
        pairs.iter().skip(1).for_each(|pair| lines.put(2, &format!("{:26}{pair}", "")));
    }
    true
}
