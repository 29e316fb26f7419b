//! What workloads share: a selector, a template of pods, amounts that are a number or a share.
//!
//! Source: pkg/apis/apps/validation/validation.go, `ValidatePodTemplateSpec` in pkg/apis/core/validation/validation.go,
//! `LabelSelectorAsSelector` in apimachinery's pkg/apis/meta/v1/helpers.go (1.36.2). The surprises: the labels of a template
//! are refused at `template.labels`, not at `template.metadata.labels`; a template is not given requests for its limits,
//! nor host ports on the node's network: its pods are, when they are made.

use serde_json::{Map, Value, json};

use super::{Kind, Object, half, immutable, within};
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::{self, meta, names, scheduling, warnings};
use crate::rules::api_server::{admission, defaults};
use crate::rules::versions::gates::Gates;

/// What the rows of those have in common that keep pods running by a template.
pub const OF_PODS: Kind = Kind {
    group: "apps",
    has_pods: true,
    counts_generations: true,
    prepare: |object, _, request| drop_disabled(object, &request.gates),
    warnings: warned,
    ..Kind::PLAIN
};

/// Fills in `template` of a spec.
pub fn default_template(spec: &mut Object) {
    within(spec, "template", |template| {
        if let Value::Object(pod) = template.entry("spec").or_insert_with(|| json!({})) {
            defaults::template_spec(pod);
        }
    });
}

/// `DropDisabledTemplateFields`
pub fn drop_disabled(object: &mut Object, gates: &Gates) {
    within(object, "spec", |spec| {
        within(spec, "template", |template| admission::drop_disabled(template, gates));
    });
}

/// `ValidatePodTemplateSpec`
pub fn template(template: &At, gates: &Gates, errors: &mut Errors) {
    let spec = template.child("spec");
    labels_and_annotations(template, gates, errors);
    validation::pod_spec(&spec, None, gates, errors);
    let ephemeral = spec.child("ephemeralContainers");
    if !ephemeral.is_empty() {
        errors.forbidden(ephemeral.path, "ephemeral containers not allowed in pod template");
    }
}

/// The first part of it, which stands for itself in StatefulSets.
pub fn labels_and_annotations(template: &At, gates: &Gates, errors: &mut Errors) {
    let metadata = template.child("metadata");
    // Upstream leaves out `metadata` on the way there.
    let at = |name: &str| At { value: metadata.child(name).value, path: template.path_of(name) };
    meta::labels(&at("labels"), &gates.habits, errors);
    meta::annotations(&at("annotations"), &gates.habits, errors);
    meta::pod_annotations(&at("annotations"), &template.child("spec"), errors);
}

/// What a template must be in whatever keeps its pods running (`ValidatePodTemplateSpecForReplicaSet`); `of` stands in the
/// refusal of a deadline.
pub fn kept_template(of: &str, at: &At, gates: &Gates, errors: &mut Errors) {
    template(at, gates, errors);
    runs_for_ever(of, at, errors);
}

/// Pods that are kept running restart always and have no deadline.
pub fn runs_for_ever(of: &str, at: &At, errors: &mut Errors) {
    always_restarts(at, errors);
    let spec = at.child("spec");
    if spec.some("activeDeadlineSeconds").is_some() {
        let detail = format!("activeDeadlineSeconds in {of} is not Supported");
        errors.forbidden(spec.path_of("activeDeadlineSeconds"), detail);
    }
}

/// The one policy for pods that are kept running.
fn always_restarts(template: &At, errors: &mut Errors) {
    let spec = template.child("spec");
    let policy = spec.text_of("restartPolicy");
    if policy != "Always" {
        errors.not_supported(spec.path_of("restartPolicy"), policy, &["Always"]);
    }
}

/// Refuses labels of a template that its owner would not know again.
pub fn selects(matches: bool, template: &At, errors: &mut Errors) {
    if !matches {
        let labels = template.child("metadata").child("labels");
        let detail = "`selector` does not match template `labels`";
        errors.invalid(labels.path, labels.value.clone(), detail);
    }
}

/// A selector as it is needed: there, valid, not empty (`empty`: what is said of an empty one).
pub fn selector(selector: &At, empty: &str, gates: &Gates, errors: &mut Errors) {
    if !selector.is_set() {
        errors.required(selector.path.clone(), "");
        return;
    }
    scheduling::label_selector(selector, &gates.habits, errors);
    not_empty(selector, empty, errors);
}

/// A selector that selects everything is none for those who own what they select.
pub fn not_empty(selector: &At, detail: &str, errors: &mut Errors) {
    if selector.child("matchLabels").is_empty() && selector.child("matchExpressions").is_empty() {
        errors.invalid(selector.path.clone(), selector.value.clone(), detail);
    }
}

/// What a Deployment and a ReplicaSet ask of their selector and of the template that it must select.
pub fn selected_template(spec: &At, gates: &Gates, errors: &mut Errors) {
    let (at, template) = (spec.child("selector"), spec.child("template"));
    selector(&at, "empty selector is invalid for deployment", gates, errors);
    match matches(&at, &template, gates) {
        None => errors.invalid(at.path.clone(), at.value.clone(), "invalid label selector"),
        Some(matches) => {
            selects(matches, &template, errors);
            kept_template("ReplicaSet", &template, gates, errors);
        }
    }
}

/// Whose pods they are is decided once.
pub fn selector_stays(old: Option<&Object>, new: &Object, errors: &mut Errors) {
    if let Some(old) = old {
        immutable(&half(old, "spec").child("selector"), &half(new, "spec").child("selector"), errors);
    }
}

/// Whether a template's labels are those that the selector asks for; none: the selector cannot be read. An empty
/// selector asks for nothing, an absent one for what nobody has.
pub fn matches(selector: &At, template: &At, gates: &Gates) -> Option<bool> {
    let mut errors = Errors::default();
    scheduling::label_selector(selector, &gates.habits, &mut errors);
    if !errors.is_empty() {
        return None;
    }
    if !selector.is_set() {
        return Some(false);
    }
    let labels = template.child("metadata").child("labels");
    let label = |key: &str| labels.value.get(key).and_then(Value::as_str);
    let all_labels =
        selector.child("matchLabels").entries().iter().all(|(key, value)| label(key) == value.as_str());
    let all_expressions = selector.child("matchExpressions").items().all(|requirement| {
        let own = label(requirement.text_of("key"));
        let named = own.is_some_and(|own| requirement.child("values").texts().contains(&own));
        match requirement.text_of("operator") {
            "In" => named,
            "NotIn" => !named,
            "Exists" => own.is_some(),
            _ => own.is_none(),
        }
    });
    Some(all_labels && all_expressions)
}

/// `ValidatePositiveIntOrPercent`
pub fn int_or_percent(value: &At, errors: &mut Errors) {
    match value.value {
        Value::String(text) => {
            let digits = text.strip_suffix('%').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                              '93%', regex used for validation is '[0-9]+%')";
                errors.invalid(value.path.clone(), text.as_str(), detail);
            }
        }
        _ if value.int() < 0 => {
            errors.invalid(value.path.clone(), value.int(), "must be greater than or equal to 0");
        }
        _ => {}
    }
}

/// `IsNotMoreThan100Percent`
pub fn at_most_all(value: &At, errors: &mut Errors) {
    if let Some(text) = value.value.as_str()
        && percent(text).is_some_and(|percent| percent > 100)
    {
        errors.invalid(value.path.clone(), text, "must not be greater than 100%");
    }
}

/// `getIntOrPercentValue`: the bare number.
pub fn int_or_percent_value(value: &At) -> i64 {
    match value.value.as_str() {
        Some(text) => percent(text).or_else(|| text.parse().ok()).unwrap_or(0),
        None => value.int(),
    }
}

fn percent(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('%')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// What is warned of where pods are named after their owner (`WarningsOnCreate`, `WarningsOnUpdate` of Deployments,
/// ReplicaSets and ReplicationControllers).
pub fn warned(object: &Object, old: Option<&Object>, gates: &Gates) -> Vec<String> {
    let mut told = name_warnings(object, old);
    if is_touched(object, old) {
        told.extend(template_warnings(&half(object, "spec").child("template"), gates));
    }
    told
}

/// What is new, or changed so much that its generation rose.
pub fn is_touched(object: &Object, old: Option<&Object>) -> bool {
    let generation = |object: &Object| half(object, "metadata").int_of("generation");
    old.is_none_or(|old| generation(old) != generation(object))
}

/// What is warned of a name that becomes the beginning of names of pods, once.
pub fn name_warnings(object: &Object, old: Option<&Object>) -> Vec<String> {
    let wrong = names::dns1123_label(half(object, "metadata").text_of("name"));
    if old.is_some() || wrong.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label \
         is recommended: [{}]",
        wrong.join(" ")
    )]
}

/// Those of a template alone (`GetWarningsForPodTemplate`, pkg/api/pod/warnings.go).
pub fn template_warnings(template: &At, gates: &Gates) -> Vec<String> {
    let mut told = Vec::new();
    warnings::of_pod(&template.child("metadata"), &template.child("spec"), &gates.habits, &mut told);
    told
}

/// The members of a spec, made if it is not there.
pub fn spec_of(object: &mut Object) -> &mut Map<String, Value> {
    let spec = object.entry("spec").or_insert_with(|| json!({}));
    if !spec.is_object() {
        *spec = json!({});
    }
    match spec {
        Value::Object(members) => members,
        _ => unreachable!("it was made an object"),
    }
}
