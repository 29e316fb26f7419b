//! A manifest on its way into the API server: decoded, defaulted, prepared, validated; admitted or refused.
//!
//! Source: pkg/registry/core/pod/strategy.go (`PrepareForCreate`, `PrepareForUpdate`), `DropDisabledPodFields` in
//! pkg/api/pod/util.go, staging/src/k8s.io/apiserver/pkg/registry/rest/create.go (1.36.2). The surprises: a status in the
//! manifest is dropped, fields behind a gate that is off vanish without a word, and a pod that is gated is born with its
//! PodScheduled condition.

use serde_json::{Map, Value, json};

use super::decode::{self, DecodeError, StrictError};
use super::objects::ObjectType;
pub use super::rejection::Rejection;
use super::validation::{self, warnings};
use super::{decode::Decoded, defaults};
use crate::api::{Condition, ObjectMeta, Phase, PodSpec, PodStatus, Sym, Tri};
use crate::rules::machinery::qos::qos_class;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

type Object = Map<String, Value>;

/// What a creation depends on besides the manifest.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The version's gates and habits.
    pub gates: Gates,
    /// The instant of the request: `creationTimestamp`.
    pub now: Time,
    /// The namespace of the request, for manifests that name none.
    pub namespace: &'a str,
    /// Five letters that complete a `generateName`.
    pub suffix: &'a str,
    /// The uid of the new object: a Job's pods carry it as a label.
    pub uid: &'a str,
}

/// A pod that the API server accepted.
#[derive(Clone, PartialEq, Debug)]
pub struct Admitted {
    /// `metadata` and `spec` as the API prints them.
    pub object: Object,
    /// As the manifest says it, with name and namespace filled in.
    pub metadata: ObjectMeta,
    /// Defaulted, and as admission plugins left it.
    pub spec: PodSpec,
    /// Pending, with its class of service.
    pub status: PodStatus,
    /// As the API server sends them beside its answer.
    pub warnings: Vec<String>,
    /// Unknown fields. kubectl asks for strict decoding and is then refused ([`Rejection::Strict`]); others are warned.
    pub strict: Vec<StrictError>,
}

/// Creates a pod without any admission plugin.
///
/// # Errors
/// The API server refuses it.
pub fn admit(manifest: &Value, request: &Request) -> Result<Admitted, Rejection> {
    admit_with(manifest, request, |_| Ok(()))
}

/// Creates a pod after `mutate` has changed the decoded and defaulted object, as admission plugins do.
///
/// # Errors
/// The API server or `mutate` refuses it.
pub fn admit_with(
    manifest: &Value,
    request: &Request,
    mutate: impl FnOnce(&mut Object) -> Result<(), Rejection>,
) -> Result<Admitted, Rejection> {
    let gates = &request.gates;
    let kind = ObjectType::Pod;
    let Decoded { mut object, strict } = decode::object(kind, manifest, gates.version)
        .map_err(|error| Rejection::Decode(kind.into(), error))?;
    object.shift_remove("status");
    defaults::pod(&mut object, gates);
    mutate(&mut object)?;
    name_and_place(&mut object, kind, request);
    prepare(&mut object, gates);
    let errors = validation::create(&object, gates);
    if !errors.is_empty() {
        return Err(Rejection::Invalid { kind, name: name_of(&object), errors });
    }
    let warnings = warnings::create(&object, gates);
    let (metadata, spec) = typed(&object)?;
    let status = first_status(&spec, request);
    Ok(Admitted { object, metadata, spec, status, warnings, strict })
}

/// Replaces `old` by `new`, both whole objects with `metadata` and `spec`: what a patch comes to. The answer is `new` with
/// its generation counted up if the spec changed.
///
/// # Errors
/// The change is not allowed.
pub fn update(old: &Object, new: Object, gates: &Gates) -> Result<Object, Rejection> {
    let mut new = new;
    new.shift_remove("status");
    drop_disabled(&mut new, gates);
    let errors = validation::update::validate(old, &new, gates);
    if !errors.is_empty() {
        return Err(Rejection::Invalid { kind: ObjectType::Pod, name: name_of(&new), errors });
    }
    if gates.habits.counts_generations && old.get("spec") != new.get("spec") {
        let generation = old.get("metadata").and_then(|m| m.get("generation")).and_then(Value::as_i64);
        if let Some(Value::Object(metadata)) = new.get_mut("metadata") {
            metadata.insert("generation".to_owned(), json!(generation.unwrap_or(0) + 1));
        }
    }
    Ok(new)
}

/// Its `metadata.name`.
pub(super) fn name_of(object: &Object) -> String {
    let name = object.get("metadata").and_then(|m| m.get("name")).and_then(Value::as_str);
    name.unwrap_or("").to_owned()
}

/// Both halves in the simulator's own types.
///
/// # Errors
/// Never for a validated object; a mismatch is reported as an error of decoding.
pub fn typed(object: &Object) -> Result<(ObjectMeta, PodSpec), Rejection> {
    let refuse = |error: serde_json::Error| {
        Rejection::Decode(ObjectType::Pod.into(), DecodeError { message: error.to_string(), field: None })
    };
    let half = |name: &str| object.get(name).cloned().unwrap_or_else(|| json!({}));
    let metadata = serde_json::from_value(half("metadata")).map_err(refuse)?;
    let spec = serde_json::from_value(half("spec")).map_err(refuse)?;
    Ok((metadata, spec))
}

/// `rest.BeforeCreate`: a name, a namespace, the first generation, no trace of an earlier life.
pub(super) fn name_and_place(object: &mut Object, kind: ObjectType, request: &Request) {
    let Value::Object(metadata) = object.entry("metadata").or_insert_with(|| json!({})) else { return };
    let text =
        |metadata: &Object, name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let generate = text(metadata, "generateName");
    if !generate.is_empty() && text(metadata, "name").is_empty() {
        metadata.insert("name".to_owned(), json!(generated_name(&generate, request.suffix)));
    }
    if !kind.law().is_namespaced {
        metadata.shift_remove("namespace");
    } else if text(metadata, "namespace").is_empty() {
        metadata.insert("namespace".to_owned(), json!(request.namespace));
    }
    for name in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "creationTimestamp",
        "uid",
        "selfLink",
        "generation",
    ] {
        metadata.shift_remove(name);
    }
    if kind.counts_generations(&request.gates) {
        metadata.insert("generation".to_owned(), json!(1));
    }
}

/// `SimpleNameGenerator.GenerateName`: the base is cut so that base and suffix have 63 bytes at most.
pub fn generated_name(base: &str, suffix: &str) -> String {
    let mut cut = base.len().min(58);
    while !base.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{suffix}", &base[..cut])
}

/// `PrepareForCreate`: Pending, a class of service, and for a gated pod why it is not scheduled.
fn first_status(spec: &PodSpec, request: &Request) -> PodStatus {
    let mut status = PodStatus {
        phase: Phase::Pending,
        qos_class: qos_class(spec, &request.gates),
        ..PodStatus::default()
    };
    if !spec.scheduling_gates.is_empty() {
        let mut gated = Condition::new(Sym::POD_SCHEDULED, Tri::False)
            .because(Sym::SCHEDULING_GATED, "Scheduling is blocked due to non-empty scheduling gates");
        gated.last_transition = Some(request.now.truncate_secs());
        status.conditions.push(gated);
    }
    status
}

fn each(spec: &mut Object, lists: &[&str], mut change: impl FnMut(&mut Object)) {
    for list in lists {
        if let Some(Value::Array(items)) = spec.get_mut(*list) {
            for item in items {
                if let Value::Object(item) = item {
                    change(item);
                }
            }
        }
    }
}

const CONTAINERS: &[&str] = &["initContainers", "containers", "ephemeralContainers"];

/// `podStrategy.PrepareForCreate`, but for the status.
pub(super) fn prepare(object: &mut Object, gates: &Gates) {
    drop_disabled(object, gates);
    merge_label_keys(object, gates);
    if let Some(Value::Object(spec)) = object.get_mut("spec") {
        defaults::pod_level(spec, gates);
    }
}

/// `DropDisabledPodFields` for the gates that differ between versions: of a pod, or of a template.
pub(super) fn drop_disabled(object: &mut Object, gates: &Gates) {
    let Some(Value::Object(spec)) = object.get_mut("spec") else { return };
    let habits = &gates.habits;
    if !gates.pod_level_resources {
        spec.shift_remove("resources");
    }
    if !gates.dynamic_resource_allocation {
        spec.shift_remove("resourceClaims");
    }
    if !habits.user_namespaces {
        spec.shift_remove("hostUsers");
    }
    if let Some(Value::Object(context)) = spec.get_mut("securityContext") {
        if !habits.supplemental_groups_policy {
            context.shift_remove("supplementalGroupsPolicy");
        }
        if !habits.selinux_change_policy {
            context.shift_remove("seLinuxChangePolicy");
        }
    }
    if !habits.hostname_override {
        spec.shift_remove("hostnameOverride");
    }
    // The gate GenericWorkload is off everywhere.
    spec.shift_remove("workloadRef");
    spec.shift_remove("schedulingGroup");
    if !gates.image_volume {
        drop_image_volumes(spec);
    }
    if !habits.keeps_certificates {
        drop_projections(spec);
    }
    drop_alpha(spec);
    for list in CONTAINERS {
        let is_init = *list == "initContainers";
        each(spec, &[list], |container| drop_from_container(container, is_init, gates));
    }
}

fn drop_from_container(container: &mut Object, is_init: bool, gates: &Gates) {
    if !gates.container_restart_rules && gates.habits.drops_restart_rules {
        container.shift_remove("restartPolicyRules");
        let is_sidecar = container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
        if !(is_init && is_sidecar) {
            container.shift_remove("restartPolicy");
        }
    }
    if !gates.in_place_resize {
        container.shift_remove("resizePolicy");
    }
    if !gates.dynamic_resource_allocation
        && let Some(Value::Object(resources)) = container.get_mut("resources")
    {
        resources.shift_remove("claims");
    }
    if !gates.habits.proc_mount
        && let Some(Value::Object(context)) = container.get_mut("securityContext")
    {
        context.shift_remove("procMount");
    }
    if !gates.habits.env_files {
        each(container, &["env"], |variable| {
            if let Some(Value::Object(from)) = variable.get_mut("valueFrom") {
                from.shift_remove("fileKeyRef");
            }
        });
    }
    drop_hooks(container, gates);
}

fn drop_hooks(container: &mut Object, gates: &Gates) {
    let Some(Value::Object(lifecycle)) = container.get_mut("lifecycle") else { return };
    let had = lifecycle.len();
    if !gates.container_stop_signals {
        lifecycle.shift_remove("stopSignal");
    }
    if !gates.sleep_action {
        for hook in ["postStart", "preStop"] {
            if let Some(Value::Object(handler)) = lifecycle.get_mut(hook)
                && handler.shift_remove("sleep").is_some()
                && handler.is_empty()
            {
                lifecycle.shift_remove(hook);
            }
        }
    }
    if had > 0 && lifecycle.is_empty() {
        container.shift_remove("lifecycle");
    }
}

/// Without the gate ImageVolume.
fn drop_image_volumes(spec: &mut Object) {
    let Some(Value::Array(volumes)) = spec.get_mut("volumes") else { return };
    let mut dropped: Vec<Value> = Vec::new();
    volumes.retain(|volume| {
        let is_image = volume.get("image").is_some();
        if is_image {
            dropped.extend(volume.get("name").cloned());
        }
        !is_image
    });
    if volumes.is_empty() {
        spec.shift_remove("volumes");
    }
    each(spec, CONTAINERS, |container| {
        if let Some(Value::Array(mounts)) = container.get_mut("volumeMounts") {
            mounts.retain(|mount| !mount.get("name").is_some_and(|name| dropped.contains(name)));
            if mounts.is_empty() {
                container.shift_remove("volumeMounts");
            }
        }
    });
}

/// The gates ClusterTrustBundleProjection and PodCertificateRequest are off by default before 1.37.
fn drop_projections(spec: &mut Object) {
    each(spec, &["volumes"], |volume| {
        if let Some(Value::Object(projected)) = volume.get_mut("projected") {
            each(projected, &["sources"], |source| {
                source.shift_remove("clusterTrustBundle");
                source.shift_remove("podCertificate");
            });
        }
    });
}

/// Fields that are known, and whose gates are off wherever they are known (`v37` in the schema).
fn drop_alpha(spec: &mut Object) {
    spec.shift_remove("evictionResponders");
    each(spec, &["volumes"], |volume| {
        for source in ["emptyDir", "secret", "configMap", "downwardAPI", "projected"] {
            if let Some(Value::Object(source)) = volume.get_mut(source) {
                source.shift_remove("mode");
                source.shift_remove("defaultUser");
                each(source, &["items"], |item| _ = item.shift_remove("user"));
                each(source, &["sources"], |part| {
                    for of in ["secret", "configMap", "downwardAPI"] {
                        if let Some(Value::Object(of)) = part.get_mut(of) {
                            each(of, &["items"], |item| _ = item.shift_remove("user"));
                        }
                    }
                });
            }
        }
    });
    each(spec, CONTAINERS, |container| {
        each(container, &["volumeMounts"], |mount| _ = mount.shift_remove("bindMountOptions"));
        let handlers = ["livenessProbe", "readinessProbe", "startupProbe"].map(|probe| (probe, None));
        let hooks = ["postStart", "preStop"].map(|hook| ("lifecycle", Some(hook)));
        for (field, inner) in handlers.into_iter().chain(hooks) {
            let Some(handler) = container.get_mut(field) else { continue };
            let Some(handler) = (match inner {
                Some(hook) => handler.get_mut(hook),
                None => Some(handler),
            }) else {
                continue;
            };
            for (how, alpha) in [("httpGet", "protocol"), ("grpc", "mode")] {
                if let Some(Value::Object(how)) = handler.get_mut(how) {
                    how.shift_remove(alpha);
                }
            }
        }
    });
}

/// `mutatePodAffinity` and `mutateTopologySpreadConstraints`: `matchLabelKeys` become expressions of the selector.
fn merge_label_keys(object: &mut Object, gates: &Gates) {
    let labels = object.get("metadata").and_then(|m| m.get("labels")).cloned().unwrap_or(Value::Null);
    let Some(Value::Object(spec)) = object.get_mut("spec") else { return };
    if let Some(Value::Object(affinity)) = spec.get_mut("affinity") {
        for kind in ["podAffinity", "podAntiAffinity"] {
            let Some(Value::Object(of_pods)) = affinity.get_mut(kind) else { continue };
            each(of_pods, &["requiredDuringSchedulingIgnoredDuringExecution"], |term| {
                merge_keys(term, &labels, &[("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")]);
            });
            each(of_pods, &["preferredDuringSchedulingIgnoredDuringExecution"], |weighted| {
                if let Some(Value::Object(term)) = weighted.get_mut("podAffinityTerm") {
                    merge_keys(term, &labels, &[("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")]);
                }
            });
        }
    }
    if gates.habits.merges_spread_keys {
        each(spec, &["topologySpreadConstraints"], |constraint| {
            merge_keys(constraint, &labels, &[("matchLabelKeys", "In")]);
        });
    }
}

fn merge_keys(of: &mut Object, labels: &Value, lists: &[(&str, &str)]) {
    let mut added = Vec::new();
    for (list, operator) in lists {
        let keys = of.get(*list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for key in keys {
            if let Some(value) = labels.get(key) {
                added.push(json!({"key": key, "operator": operator, "values": [value]}));
            }
        }
    }
    if added.is_empty() {
        return;
    }
    if let Some(Value::Object(selector)) = of.get_mut("labelSelector")
        && let Value::Array(expressions) = selector.entry("matchExpressions").or_insert_with(|| json!([]))
    {
        expressions.extend(added);
    }
}
