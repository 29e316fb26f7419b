//! Jobs.
//!
//! Source: pkg/registry/batch/job/strategy.go (`generateSelector`), `SetDefaults_Job` in pkg/apis/batch/v1/defaults.go,
//! `ValidateJob`, `ValidateJobUpdate` in pkg/apis/batch/validation/validation.go (1.36.2). The surprises: a Job's selector
//! is made of its uid, its own labels of its template's; of the template nothing may change while the Job is not suspended.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use super::workload::{self, spec_of};
use super::{Kind, Object, default, half, immutable, nonnegative, one_of, within};
use crate::rules::api_server::admission::Request;
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{names, scheduling};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "Job",
    key: "job",
    group: "batch",
    resource: "jobs",
    is_kept: true,
    schema: &workloads::Job,
    defaults,
    prepare,
    validate,
    warnings,
    ..workload::OF_PODS
};

/// `batch.kubernetes.io/controller-uid`
const CONTROLLER_UID: &str = "batch.kubernetes.io/controller-uid";

/// `SetDefaults_Job`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        spec.insert("completions".to_owned(), json!(1));
    }
    default(spec, "parallelism", json!(1));
    let limit = if spec.contains_key("backoffLimitPerIndex") { i64::from(i32::MAX) } else { 6 };
    default(spec, "backoffLimit", json!(limit));
    default(spec, "completionMode", json!("NonIndexed"));
    default(spec, "suspend", json!(false));
    default(spec, "manualSelector", json!(false));
    let has_policy = spec.contains_key("podFailurePolicy");
    default(spec, "podReplacementPolicy", json!(if has_policy { "Failed" } else { "TerminatingOrFailed" }));
    let rules = spec.get_mut("podFailurePolicy").and_then(|policy| policy.get_mut("rules"));
    for rule in rules.and_then(Value::as_array_mut).into_iter().flatten() {
        for pattern in rule.get_mut("onPodConditions").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(pattern) = pattern
                && pattern.get("status").and_then(Value::as_str).unwrap_or_default().is_empty()
            {
                pattern.insert("status".to_owned(), json!("True"));
            }
        }
    }
    workload::default_template(spec);
    let labels = spec.get("template").and_then(|template| template.pointer("/metadata/labels")).cloned();
    if let (Some(labels), Value::Object(metadata)) =
        (labels, object.entry("metadata").or_insert_with(|| json!({})))
    {
        default(metadata, "labels", labels);
    }
}

/// `PrepareForCreate`: the labels by which a Job knows its pods.
fn prepare(object: &mut Object, old: Option<&Object>, request: &Request) {
    workload::drop_disabled(object, &request.gates);
    if old.is_some() {
        return;
    }
    let name = half(object, "metadata").text_of("name").to_owned();
    // What its labels are held against.
    within(object, "metadata", |metadata| drop(metadata.insert("uid".to_owned(), json!(request.uid))));
    let spec = spec_of(object);
    if spec.get("manualSelector") == Some(&json!(true)) {
        return;
    }
    within(spec, "template", |template| {
        let Value::Object(metadata) = template.entry("metadata").or_insert_with(|| json!({})) else { return };
        let Value::Object(labels) = metadata.entry("labels").or_insert_with(|| json!({})) else { return };
        // Who set them, as a dump of another Job has them, is refused for what they say.
        for label in ["job-name", "batch.kubernetes.io/job-name"] {
            default(labels, label, json!(name));
        }
        for label in ["controller-uid", CONTROLLER_UID] {
            default(labels, label, json!(request.uid));
        }
        labels.sort_keys();
    });
    default(spec, "selector", json!({}));
    within(spec, "selector", |selector| {
        default(selector, "matchLabels", json!({}));
        within(selector, "matchLabels", |labels| {
            default(labels, CONTROLLER_UID, json!(request.uid));
            labels.sort_keys();
        });
    });
}

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    match old {
        None => created(new, gates, errors),
        Some(old) => updated(old, new, gates, errors),
    }
}

fn created(object: &Object, gates: &Gates, errors: &mut Errors) {
    generated_selector(object, gates, errors);
    let at = half(object, "spec");
    spec(&at, gates, errors);
    let name = half(object, "metadata").text_of("name");
    let completions = at.int_of("completions");
    if at.text_of("completionMode") == "Indexed" && completions > 0 {
        let last = format!("{name}-{}", completions - 1);
        if !names::dns1123_label(&last).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {last}");
            errors.invalid("metadata.name", name, detail);
        }
    }
}

/// `validateGeneratedSelector`
fn generated_selector(object: &Object, gates: &Gates, errors: &mut Errors) {
    let (metadata, spec) = (half(object, "metadata"), half(object, "spec"));
    let selector = spec.child("selector");
    if spec.bool_of("manualSelector") || !selector.is_set() {
        return;
    }
    let template = spec.child("template").child("metadata");
    let labels = template.child("labels");
    let (uid, name) = (metadata.text_of("uid"), metadata.text_of("name"));
    let expected = [
        ("controller-uid", uid),
        ("job-name", name),
        (CONTROLLER_UID, uid),
        ("batch.kubernetes.io/job-name", name),
    ];
    for (key, value) in expected {
        match labels.some(key) {
            None => errors.required(labels.path_of_key(key), "must be '".to_owned() + value + "'"),
            Some(own) if own.str() != value => {
                let detail = format!("must be '{value}'");
                errors.invalid(labels.path_of_key(key), labels.value.clone(), detail);
            }
            Some(_) => {}
        }
    }
    let all: Map<String, Value> =
        expected.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let generated = json!({"metadata": {"labels": all}});
    if workload::matches(&selector, &At::new(&generated, ""), gates) == Some(false) {
        errors.invalid(selector.path.clone(), selector.value.clone(), "`selector` not auto-generated");
    }
}

fn updated(old: &Object, new: &Object, gates: &Gates, errors: &mut Errors) {
    let (was, is) = (half(old, "spec"), half(new, "spec"));
    spec(&is, gates, errors);
    completions_stay(&was, &is, errors);
    immutable(&was.child("selector"), &is.child("selector"), errors);
    template_stays(&was, &is, old, errors);
    for name in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        immutable(&was.child(name), &is.child(name), errors);
    }
}

/// `validateCompletions`: an indexed Job may change them together with its parallelism.
fn completions_stay(was: &At, is: &At, errors: &mut Errors) {
    let (before, after) = (was.child("completions"), is.child("completions"));
    if before.value == after.value {
        return;
    }
    let elastic = is.text_of("completionMode") == "Indexed" && before.is_set() && after.is_set();
    if !elastic {
        immutable(&before, &after, errors);
    } else if after.value != is.child("parallelism").value {
        let detail = format!("can only be modified in tandem with {}", is.path_of("parallelism"));
        errors.invalid(after.path.clone(), after.int(), detail);
    }
}

/// `validatePodTemplateUpdate`: what says where pods may run changes as long as the Job is suspended and has not started.
fn template_stays(was: &At, is: &At, old: &Object, errors: &mut Errors) {
    let (before, after) = (was.child("template"), is.child("template"));
    let started = half(old, "status").some("startTime").is_some();
    if was.bool_of("suspend") && !started {
        let scheduled = |template: &At| {
            let mut rest = template.value.clone();
            if let Some(metadata) = rest.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.shift_remove("labels");
                metadata.shift_remove("annotations");
            }
            if let Some(spec) = rest.get_mut("spec").and_then(Value::as_object_mut) {
                for name in ["nodeSelector", "tolerations", "schedulingGates"] {
                    spec.shift_remove(name);
                }
                let affinity = spec.get_mut("affinity").and_then(Value::as_object_mut);
                let is_empty = affinity.is_some_and(|affinity| {
                    affinity.shift_remove("nodeAffinity");
                    affinity.is_empty()
                });
                if is_empty {
                    spec.shift_remove("affinity");
                }
                for list in ["containers", "initContainers"] {
                    let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
                    for container in containers.filter_map(Value::as_object_mut) {
                        container.shift_remove("resources");
                    }
                }
            }
            rest
        };
        if scheduled(&before) == scheduled(&after) {
            return;
        }
    }
    immutable(&before, &after, errors);
}

/// `ValidateJobSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    own_spec(spec, gates, errors);
    let (selector, template) = (spec.child("selector"), spec.child("template"));
    if selector.is_set() {
        scheduling::label_selector(&selector, &gates.habits, errors);
    } else {
        errors.required(selector.path.clone(), "");
    }
    if let Some(matches) = workload::matches(&selector, &template, gates) {
        workload::selects(matches, &template, errors);
    }
}

/// `validateJobSpec`: what is asked of a Job that has no selector yet, too.
pub fn own_spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    for name in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        nonnegative(spec, name, errors);
    }
    if spec.some("maxFailedIndexes").is_some() && spec.some("backoffLimitPerIndex").is_none() {
        errors.required(spec.path_of("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = spec.some("managedBy") {
        let name = manager.str();
        if !name.contains('/') {
            let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            errors.invalid(manager.path.clone(), name, detail);
        }
    }
    completion_mode(spec, errors);
    let template = spec.child("template");
    let policy = spec.child("podFailurePolicy");
    if policy.is_set() {
        failure_policy(spec, gates, errors);
    }
    if spec.some("successPolicy").is_some() {
        success_policy(spec, errors);
    }
    let supported: &[&str] = if policy.is_set() { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    one_of(spec, "podReplacementPolicy", supported, errors);
    workload::template(&template, gates, errors);
    restart_policy(&template.child("spec"), policy.is_set(), errors);
}

fn restart_policy(pod: &At, has_failure_policy: bool, errors: &mut Errors) {
    let (policy, path) = (pod.text_of("restartPolicy"), pod.path_of("restartPolicy"));
    match policy {
        "" | "Always" => errors.required(path, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if has_failure_policy => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.invalid(path, policy, detail);
        }
        "OnFailure" | "Never" => {}
        other => errors.not_supported(path, other, &["OnFailure", "Never"]),
    }
}

/// More indexes than these are not remembered one by one (`completionsSoftLimit`).
const MANY_INDEXES: i64 = 100_000;
/// So many may run, or fail, where there are more than [`MANY_INDEXES`] (`parallelismLimitForHighCompletions`).
const FEW_OF_MANY: i64 = 10_000;

fn many_indexes(spec: &At, errors: &mut Errors) {
    if spec.some("maxFailedIndexes").is_none() {
        let detail = format!("must be specified when completions is above {MANY_INDEXES}");
        errors.required(spec.path_of("maxFailedIndexes"), detail);
    }
    for name in ["parallelism", "maxFailedIndexes"] {
        if spec.int_of(name) > FEW_OF_MANY {
            let detail = format!(
                "must be less than or equal to {FEW_OF_MANY} when completions are above {MANY_INDEXES} and used with \
                 backoff limit per index"
            );
            errors.invalid(spec.path_of(name), spec.int_of(name), detail);
        }
    }
}

fn completion_mode(spec: &At, errors: &mut Errors) {
    match spec.text_of("completionMode") {
        "" | "NonIndexed" => {
            for name in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if let Some(field) = spec.some(name) {
                    errors.invalid(field.path.clone(), field.int(), "requires indexed completion mode");
                }
            }
        }
        "Indexed" => {
            let completions = spec.child("completions");
            if !completions.is_set() {
                errors.required(completions.path.clone(), "when completion mode is Indexed");
            }
            if spec.int_of("parallelism") > MANY_INDEXES {
                let detail =
                    format!("must be less than or equal to {MANY_INDEXES} when completion mode is Indexed");
                errors.invalid(spec.path_of("parallelism"), spec.int_of("parallelism"), detail);
            }
            let failed = spec.child("maxFailedIndexes");
            if failed.is_set() && completions.is_set() && failed.int() > completions.int() {
                errors.invalid(
                    failed.path.clone(),
                    failed.int(),
                    "must be less than or equal to completions",
                );
            }
            if failed.int() > MANY_INDEXES {
                let detail = format!("must be less than or equal to {MANY_INDEXES}");
                errors.invalid(failed.path.clone(), failed.int(), detail);
            }
            if completions.int() > MANY_INDEXES && spec.some("backoffLimitPerIndex").is_some() {
                many_indexes(spec, errors);
            }
        }
        other => {
            errors.not_supported(spec.path_of("completionMode"), other, &["Indexed", "NonIndexed"]);
        }
    }
}

/// `validatePodFailurePolicy`
fn failure_policy(spec: &At, gates: &Gates, errors: &mut Errors) {
    let (policy, pod) = (spec.child("podFailurePolicy"), spec.child("template").child("spec"));
    let rules = policy.child("rules");
    if rules.len() > 20 {
        errors.too_many(rules.path.clone(), rules.len(), 20);
    }
    let containers: Vec<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| pod.child(list).items().map(|c| c.text_of("name")).collect::<Vec<_>>())
        .collect();
    for rule in rules.items() {
        let action = rule.text_of("action");
        let supported = ["Count", "FailIndex", "FailJob", "Ignore"];
        if action.is_empty() {
            let shown: Vec<String> = supported.iter().map(|name| format!("\"{name}\"")).collect();
            errors.required(rule.path_of("action"), format!("valid values: [{}]", shown.join(" ")));
        } else if action == "FailIndex" && spec.some("backoffLimitPerIndex").is_none() {
            let detail = "requires the backoffLimitPerIndex to be set";
            errors.invalid(rule.path_of("action"), action, detail);
        } else if !supported.contains(&action) {
            errors.not_supported(rule.path_of("action"), action, &supported);
        }
        let (codes, conditions) = (rule.child("onExitCodes"), rule.child("onPodConditions"));
        if codes.is_set() {
            exit_codes(&codes, &containers, errors);
        }
        if conditions.len() > 20 {
            errors.too_many(conditions.path.clone(), conditions.len(), 20);
        }
        for pattern in conditions.items() {
            let ty = pattern.text_of("type");
            errors.invalid_each(&pattern.path_of("type"), ty, names::label_key(ty, &gates.habits));
            let status = pattern.text_of("status");
            if !["False", "True", "Unknown"].contains(&status) {
                errors.not_supported(pattern.path_of("status"), status, &["False", "True", "Unknown"]);
            }
        }
        // Upstream shows its sentence in place of the value.
        let said = match (codes.is_set(), conditions.is_empty()) {
            (true, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
            (false, true) => "specifying one of OnExitCodes and OnPodConditions is required",
            _ => continue,
        };
        errors.invalid_bare(rule.path.clone(), said);
    }
}

fn exit_codes(codes: &At, containers: &[&str], errors: &mut Errors) {
    let operator = codes.text_of("operator");
    if operator.is_empty() {
        errors.required(codes.path_of("operator"), "valid values: [\"In\" \"NotIn\"]");
    } else if !["In", "NotIn"].contains(&operator) {
        errors.not_supported(codes.path_of("operator"), operator, &["In", "NotIn"]);
    }
    if let Some(name) = codes.some("containerName")
        && !containers.contains(&name.str())
    {
        let detail = "must be one of the container or initContainer names in the pod template";
        errors.invalid(name.path.clone(), name.str(), detail);
    }
    let values = codes.child("values");
    if values.is_empty() {
        errors.invalid(values.path.clone(), json!([]), "at least one value is required");
    } else if values.len() > 255 {
        errors.too_many(values.path.clone(), values.len(), 255);
    }
    let mut last: Option<i64> = None;
    let mut seen: FxHashSet<i64> = FxHashSet::default();
    let mut is_ordered = true;
    for value in values.items() {
        let code = value.int();
        if operator == "In" && code == 0 {
            errors.invalid(value.path.clone(), code, "must not be 0 for the In operator");
        }
        if seen.contains(&code) {
            errors.duplicate(value.path.clone(), code);
        }
        seen.insert(code);
        is_ordered &= last.is_none_or(|last| last <= code);
        last = Some(code);
    }
    if !is_ordered {
        errors.invalid(values.path.clone(), values.value.clone(), "must be ordered");
    }
}

/// `validateSuccessPolicy`
fn success_policy(spec: &At, errors: &mut Errors) {
    let policy = spec.child("successPolicy");
    let rules = policy.child("rules");
    if spec.text_of("completionMode") != "Indexed" {
        let shown: Vec<Value> = rules
            .items()
            .map(|rule| {
                json!({"SucceededIndexes": rule.child("succeededIndexes").value,
                    "SucceededCount": rule.child("succeededCount").value})
            })
            .collect();
        errors.invalid(policy.path, json!({"Rules": shown}), "requires indexed completion mode");
        return;
    }
    if rules.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        errors.required(rules.path.clone(), detail);
    }
    let completions = spec.int_of("completions");
    for rule in rules.items() {
        let (indexes, count) = (rule.child("succeededIndexes"), rule.child("succeededCount"));
        if !indexes.is_set() && !count.is_set() {
            let detail = "at least one of succeededCount or succeededIndexes must be specified";
            errors.required(rule.path.clone(), detail);
        }
        let named = indexes.is_set().then(|| count_of_indexes(indexes.str(), completions));
        if let Some(Err(why)) = &named {
            let detail = format!("error parsing succeededIndexes: {why}");
            errors.invalid(indexes.path.clone(), indexes.str(), detail);
        }
        if !count.is_set() {
            continue;
        }
        nonnegative(&rule, "succeededCount", errors);
        if count.int() > completions {
            let detail =
                format!("must be less than or equal to {completions} (the number of specified completions)");
            errors.invalid(count.path.clone(), count.int(), detail);
        }
        if let Some(Ok(named)) = named
            && count.int() > named
        {
            let detail = format!(
                "must be less than or equal to {named} (the number of indexes in the specified succeededIndexes field)"
            );
            errors.invalid(count.path.clone(), count.int(), detail);
        }
    }
}

/// `validateIndexesFormat`: how many indexes `1,3-5` names.
fn count_of_indexes(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let index = |text: &str| -> Result<i64, String> {
        let number = text
            .parse::<i64>()
            .map_err(|_| format!("cannot convert string to integer for index: \"{text}\""))?;
        if number >= completions { Err(format!("too large index: \"{text}\"")) } else { Ok(number) }
    };
    let mut total = 0;
    let mut last: Option<i64> = None;
    for interval in text.split(',') {
        let ends: Vec<&str> = interval.split('-').collect();
        let (first, end) = match ends[..] {
            [one] => (index(one)?, None),
            [first, end] => (index(first)?, Some(index(end)?)),
            _ => {
                return Err(format!(
                    "the fragment \"{interval}\" violates the requirement that an index interval can have at most two parts separated by '-'"
                ));
            }
        };
        if let Some(last) = last
            && last >= first
        {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        if let Some(end) = end
            && first >= end
        {
            return Err(format!("non-increasing order, previous: {first}, current: {end}"));
        }
        total += end.map_or(1, |end| end - first + 1);
        last = Some(end.unwrap_or(first));
    }
    Ok(total)
}

fn warnings(object: &Object, old: Option<&Object>, gates: &Gates) -> Vec<String> {
    let mut told = workload::name_warnings(object, old);
    if workload::is_touched(object, old) {
        told.extend(spec_warnings(&half(object, "spec"), gates));
    }
    told
}

/// `WarningsForJobSpec` (pkg/api/job/warnings.go)
pub fn spec_warnings(spec: &At, gates: &Gates) -> Vec<String> {
    let mut told = Vec::new();
    let is_indexed = spec.text_of("completionMode") == "Indexed";
    if is_indexed && spec.int_of("completions") > MANY_INDEXES && spec.int_of("parallelism") > FEW_OF_MANY {
        told.push(format!(
            "{}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail",
            spec.path
        ));
    }
    told.extend(workload::template_warnings(&spec.child("template"), gates));
    told
}
