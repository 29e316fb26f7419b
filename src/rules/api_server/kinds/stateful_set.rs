//! StatefulSets.
//!
//! Source: pkg/registry/apps/statefulset/strategy.go, `SetDefaults_StatefulSet` in pkg/apis/apps/v1/defaults.go,
//! `ValidateStatefulSet` in pkg/apis/apps/validation/validation.go (1.36.2). The surprises: a strategy whose type is given
//! gets no partition; the claims' templates count as volumes; `maxUnavailable` is dropped where its gate is off.

use serde_json::{Value, json};

use super::workload::{self, spec_of};
use super::{Kind, Object, default, half, nonnegative, persistent_volume_claim, within};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, warnings};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "StatefulSet",
    key: "statefulSet",
    resource: "statefulsets",
    short: &["sts"],
    has_rollouts: true,
    is_kept: true,
    schema: &workloads::StatefulSet,
    defaults,
    prepare: |object, _, request| {
        workload::drop_disabled(object, &request.gates);
        if request.gates.max_unavailable_stateful_set {
            return;
        }
        within(object, "spec", |spec| {
            within(spec, "updateStrategy", |strategy| {
                within(strategy, "rollingUpdate", |rolling| drop(rolling.shift_remove("maxUnavailable")));
            });
        });
    },
    names: |name, _| names::dns1123_label(name),
    validate,
    warnings,
    ..workload::OF_PODS
};

/// `SetDefaults_StatefulSet`
fn defaults(object: &mut Object, gates: &Gates) {
    let spec = spec_of(object);
    default(spec, "podManagementPolicy", json!("OrderedReady"));
    default(spec, "updateStrategy", json!({}));
    within(spec, "updateStrategy", |strategy| {
        if !strategy.contains_key("type") {
            default(strategy, "rollingUpdate", json!({}));
        }
        default(strategy, "type", json!("RollingUpdate"));
        if strategy.get("type") == Some(&json!("RollingUpdate")) {
            within(strategy, "rollingUpdate", |rolling| {
                default(rolling, "partition", json!(0));
                if gates.max_unavailable_stateful_set {
                    default(rolling, "maxUnavailable", json!(1));
                }
            });
        }
    });
    default(spec, "persistentVolumeClaimRetentionPolicy", json!({}));
    within(spec, "persistentVolumeClaimRetentionPolicy", |policy| {
        default(policy, "whenDeleted", json!("Retain"));
        default(policy, "whenScaled", json!("Retain"));
    });
    default(spec, "replicas", json!(1));
    default(spec, "revisionHistoryLimit", json!(10));
    for claim in spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten() {
        let Value::Object(claim) = claim else { continue };
        claim.insert("apiVersion".to_owned(), json!("v1"));
        claim.insert("kind".to_owned(), json!("PersistentVolumeClaim"));
        persistent_volume_claim::fill_in(claim);
    }
    workload::default_template(spec);
}

/// What may change; all else may not.
const MUTABLE: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// What is looked at besides (`StatefulSetValidationOptions`): of what is stored already, nobody asks again what was wrong
/// before.
#[derive(Clone, Copy)]
struct Looks {
    at_service_name: bool,
    at_claims: bool,
    at_pods: bool,
}

/// `ValidateStatefulSet` and `ValidateStatefulSetUpdate`
fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    let habits = &gates.habits;
    let is_new = old.is_none();
    let mut looks = Looks {
        at_service_name: is_new && habits.reads_service_names_of_sets,
        at_claims: is_new && habits.reads_templates_of_sets,
        at_pods: habits.reads_templates_of_sets,
    };
    if let Some(old) = old {
        let mut before = Errors::default();
        spec(&half(old, "spec"), looks, gates, &mut before);
        looks.at_pods &= before.is_empty();
    }
    spec(&half(new, "spec"), looks, gates, errors);
    let Some(old) = old else { return };
    let may_change = |key: &str| {
        MUTABLE.contains(&key) && (key != "revisionHistoryLimit" || habits.history_of_sets_changes)
    };
    let fixed = |object: &Object| -> Object {
        let members = object.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
        members.into_iter().filter(|(key, _)| !may_change(key)).collect()
    };
    if fixed(old) != fixed(new) {
        let names: Vec<String> =
            MUTABLE.iter().filter(|key| may_change(key)).map(|key| format!("'{key}'")).collect();
        let (last, others) =
            names.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
        let detail = format!(
            "updates to statefulset spec for fields other than {} and {last} are forbidden",
            others.join(", ")
        );
        errors.forbidden("spec", detail);
    }
}

/// `ValidateStatefulSetSpec`
fn spec(spec: &At, looks: Looks, gates: &Gates, errors: &mut Errors) {
    match spec.text_of("podManagementPolicy") {
        "OrderedReady" | "Parallel" => {}
        other => {
            errors.invalid(
                spec.path_of("podManagementPolicy"),
                other,
                "must be 'OrderedReady' or 'Parallel'",
            );
        }
    }
    strategy(&spec.child("updateStrategy"), errors);
    let retention = spec.child("persistentVolumeClaimRetentionPolicy");
    for when in ["whenDeleted", "whenScaled"] {
        let policy = retention.text_of(when);
        if !["Retain", "Delete"].contains(&policy) {
            errors.not_supported(retention.path_of(when), policy, &["Retain", "Delete"]);
        }
    }
    nonnegative(spec, "replicas", errors);
    nonnegative(spec, "minReadySeconds", errors);
    nonnegative(&spec.child("ordinals"), "start", errors);
    let service = spec.text_of("serviceName");
    if looks.at_service_name && !service.is_empty() {
        errors.invalid_each(&spec.path_of("serviceName"), service, names::dns1123_label(service));
    }
    for claim in spec.child("volumeClaimTemplates").items().filter(|_| looks.at_claims) {
        persistent_volume_claim::spec(&claim.child("spec"), &gates.habits, errors);
    }
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    workload::selector(&selector, "empty selector is invalid for statefulset", gates, errors);
    match workload::matches(&selector, &template, gates) {
        None => errors.invalid(selector.path.clone(), selector.value.clone(), ""),
        Some(matches) => {
            workload::selects(matches, &template, errors);
            // The labels are looked at by themselves and again with the template.
            workload::labels_and_annotations(&template, gates, errors);
            if looks.at_pods {
                let whole = as_its_pods(&template, &spec.child("volumeClaimTemplates"));
                workload::template(&At::new(&whole, &template.path), gates, errors);
            }
        }
    }
    workload::runs_for_ever("StatefulSet", &template, errors);
}

fn strategy(strategy: &At, errors: &mut Errors) {
    let rolling = strategy.child("rollingUpdate");
    match strategy.text_of("type") {
        "OnDelete" => {
            if rolling.is_set() {
                let shown = json!({"Partition": rolling.int_of("partition"),
                    "MaxUnavailable": rolling.child("maxUnavailable").value});
                errors.invalid(rolling.path, shown, "only allowed for updateStrategy 'RollingUpdate'");
            }
        }
        "RollingUpdate" => {
            nonnegative(&rolling, "partition", errors);
            let most = rolling.child("maxUnavailable");
            if most.is_set() {
                workload::int_or_percent(&most, errors);
                if workload::int_or_percent_value(&most) == 0 {
                    errors.invalid(most.path.clone(), most.value.clone(), "cannot be 0");
                }
                workload::at_most_all(&most, errors);
            }
        }
        other => {
            let shown = json!({"Type": other, "RollingUpdate": rolling.value});
            errors.invalid(strategy.path.clone(), shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// The template as its pods have it: with a volume for each claim, and without names, which the controller gives them.
fn as_its_pods(template: &At, claims: &At) -> Value {
    let mut whole = template.value.clone();
    if let Some(spec) = whole.get_mut("spec").and_then(Value::as_object_mut) {
        spec.shift_remove("hostname");
        spec.shift_remove("subdomain");
    }
    let names: Vec<&str> =
        claims.items().filter_map(|claim| claim.value.pointer("/metadata/name")?.as_str()).collect();
    if names.is_empty() || !whole["spec"].is_object() {
        return whole;
    }
    let volumes = &mut whole["spec"]["volumes"];
    if !volumes.is_array() {
        *volumes = json!([]);
    }
    if let Some(volumes) = volumes.as_array_mut() {
        for name in names {
            if volumes.iter().all(|volume| volume["name"] != name) {
                volumes.push(json!({"name": name, "emptyDir": {}}));
            }
        }
    }
    whole
}

fn warnings(object: &Object, old: Option<&Object>, gates: &Gates) -> Vec<String> {
    let spec = half(object, "spec");
    let mut told = Vec::new();
    if workload::is_touched(object, old) {
        told.extend(workload::template_warnings(&spec.child("template"), gates));
    }
    for claim in spec.child("volumeClaimTemplates").items() {
        // Upstream spells the way to it otherwise in an update.
        let (spec, name) = (claim.child("spec"), if old.is_some() { "Spec" } else { "spec" });
        told.extend(warnings::claimed_bytes(&At { value: spec.value, path: claim.path_of(name) }));
    }
    if spec.int_of("revisionHistoryLimit") < 0 {
        told.push(format!(
            "{}: a negative value retains all historical revisions; a value >= 0 is recommended",
            spec.path_of("revisionHistoryLimit")
        ));
    }
    told
}
