//! What the scheduler reads: affinity, tolerations, spreading, gates.
//!
//! Source: `validateAffinity`, `ValidateTolerations`, `validateTopologySpreadConstraints`, `validateSchedulingGates` in
//! pkg/apis/core/validation/validation.go and `ValidateLabelSelector` in apimachinery (1.36.2). The surprise: a bad value
//! of a toleration is reported at its operator.

use rustc_hash::{FxHashMap, FxHashSet};

use super::field::{At, Errors};
use super::{meta, names};
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

/// `ValidateTolerations`
pub fn tolerations(tolerations: &At, gates: &Gates, errors: &mut Errors) {
    for toleration in tolerations.items() {
        let (key, operator) = (toleration.text_of("key"), toleration.text_of("operator"));
        let (value, effect) = (toleration.text_of("value"), toleration.text_of("effect"));
        let at = toleration.path_of("operator");
        if !key.is_empty() {
            meta::label_name(key, &toleration.path_of("key"), &gates.habits, errors);
        } else if operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(at.clone(), operator, detail);
        }
        if toleration.some("tolerationSeconds").is_some() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(toleration.path_of("effect"), effect, detail);
        }
        match operator {
            "" | "Equal" => {
                let bad = names::label_value(value, &gates.habits);
                if !bad.is_empty() {
                    errors.invalid(at, value, bad.join(";"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    errors.invalid(at, value, "value must be empty when `operator` is 'Exists'");
                }
            }
            "Lt" | "Gt" if gates.toleration_comparison => {
                if !is_decimal(value) {
                    let detail = "must be a valid integer in canonical form (e.g., \"123\", \"-456\", \"0\")";
                    errors.invalid(toleration.path_of("value"), value, detail);
                }
            }
            // Known, but not in force without their gate.
            "Lt" | "Gt" if gates.habits.knows_toleration_comparison => {
                errors.not_supported(at, operator, &["Equal", "Exists", "Lt", "Gt"]);
            }
            _ => {
                let known: &[&str] = if gates.toleration_comparison {
                    &["Equal", "Exists", "Lt", "Gt"]
                } else {
                    &["Equal", "Exists"]
                };
                errors.not_supported(at, operator, known);
            }
        }
        if !effect.is_empty() {
            taint_effect(effect, &toleration.path_of("effect"), errors);
        }
    }
}

/// `validateTaintEffect`
pub fn taint_effect(effect: &str, path: &str, errors: &mut Errors) {
    const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if !EFFECTS.contains(&effect) {
        errors.not_supported(path, effect, EFFECTS);
    }
}

fn is_decimal(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|n| n.to_string() == text)
}

/// `validateReadinessGates`
pub fn readiness_gates(gates: &At, habits: &Habits, errors: &mut Errors) {
    for gate in gates.items() {
        let name = gate.text_of("conditionType");
        meta::label_name(name, &gate.path_of("conditionType"), habits, errors);
    }
}

/// `validateSchedulingGates`: reported at the element, not at its name.
pub fn scheduling_gates(gates: &At, habits: &Habits, errors: &mut Errors) {
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for gate in gates.items() {
        let name = gate.text_of("name");
        meta::label_name(name, &gate.path, habits, errors);
        if seen.contains(&name) {
            errors.duplicate(gate.path.clone(), name);
        }
        seen.insert(name);
    }
}

/// `validateAffinity`
pub fn affinity(affinity: &At, habits: &Habits, errors: &mut Errors) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    if let Some(node) = affinity.some("nodeAffinity") {
        if let Some(selector) = node.some(REQUIRED) {
            node_selector(&selector, habits, errors);
        }
        for term in node.child(PREFERRED).items() {
            weight(&term, errors);
            node_term(&term.child("preference"), false, habits, errors);
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = affinity.some(kind) else { continue };
        for term in pods.child(REQUIRED).items() {
            pod_term(&term, habits, errors);
        }
        for term in pods.child(PREFERRED).items() {
            weight(&term, errors);
            pod_term(&term.child("podAffinityTerm"), habits, errors);
        }
    }
}

fn weight(term: &At, errors: &mut Errors) {
    if !(1..=100).contains(&term.int_of("weight")) {
        errors.invalid(term.path_of("weight"), term.int_of("weight"), "must be in the range 1-100");
    }
}

/// `ValidateNodeSelector`
pub fn node_selector(selector: &At, habits: &Habits, errors: &mut Errors) {
    let terms = selector.child("nodeSelectorTerms");
    if terms.is_empty() {
        errors.required(terms.path, "must have at least one node selector term");
        return;
    }
    for term in terms.items() {
        node_term(&term, true, habits, errors);
    }
}

/// `ValidateNodeSelectorTerm`; values are only checked in required terms.
fn node_term(term: &At, check_values: bool, habits: &Habits, errors: &mut Errors) {
    for requirement in term.child("matchExpressions").items() {
        let values = requirement.child("values");
        let operator = requirement.text_of("operator");
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                errors.required(values.path.clone(), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.forbidden(values.path.clone(), detail);
            }
            "Gt" | "Lt" if values.len() != 1 => {
                let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                errors.required(values.path.clone(), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => errors.invalid(requirement.path_of("operator"), operator, "not a valid selector operator"),
        }
        meta::label_name(requirement.text_of("key"), &requirement.path_of("key"), habits, errors);
        if check_values {
            label_values(&values, habits, errors);
        }
    }
    for requirement in term.child("matchFields").items() {
        let values = requirement.child("values");
        let operator = requirement.text_of("operator");
        if !["In", "NotIn"].contains(&operator) {
            errors.invalid(requirement.path_of("operator"), operator, "not a valid selector operator");
        } else if values.len() != 1 {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(values.path.clone(), detail);
        }
        let key = requirement.text_of("key");
        if key == "metadata.name" {
            for value in values.items() {
                errors.invalid_each(&value.path, value.str(), names::dns1123_subdomain(value.str()));
            }
        } else {
            errors.invalid(requirement.path_of("key"), key, "not a valid field selector key");
        }
    }
}

fn label_values(values: &At, habits: &Habits, errors: &mut Errors) {
    for value in values.items() {
        errors.invalid_each(&value.path, value.str(), names::label_value(value.str(), habits));
    }
}

/// `validatePodAffinityTerm`
fn pod_term(term: &At, habits: &Habits, errors: &mut Errors) {
    for selector in ["labelSelector", "namespaceSelector"] {
        label_selector(&term.child(selector), habits, errors);
    }
    for namespace in term.child("namespaces").texts() {
        errors.invalid_each(&term.path_of("namespace"), namespace, names::dns1123_label(namespace));
    }
    match_label_keys_of_term(term, habits, errors);
    let key = term.text_of("topologyKey");
    if key.is_empty() {
        errors.required(term.path_of("topologyKey"), "can not be empty");
    }
    meta::label_name(key, &term.path_of("topologyKey"), habits, errors);
}

/// `validateMatchLabelKeysAndMismatchLabelKeys`; a key that stands twice is reported at an index of the term itself.
fn match_label_keys_of_term(term: &At, habits: &Habits, errors: &mut Errors) {
    let (matching, mismatching) = (term.child("matchLabelKeys"), term.child("mismatchLabelKeys"));
    let selector = term.some("labelSelector");
    for keys in [&matching, &mismatching] {
        if keys.is_empty() {
            continue;
        }
        if selector.is_none() {
            errors.forbidden(keys.path.clone(), "must not be specified when labelSelector is not set");
            continue;
        }
        for key in keys.items() {
            meta::label_name(key.str(), &key.path, habits, errors);
        }
    }
    if let Some(selector) = selector {
        let labels = selector.child("matchLabels");
        let mut seen: FxHashSet<&str> = labels.entries().iter().map(|(key, _)| *key).collect();
        for expression in selector.child("matchExpressions").items() {
            let key = expression.text_of("key");
            // The admitted pod's selector holds an expression for each key already; a second one is the user's.
            if let Some(index) = matching.texts().iter().rposition(|k| *k == key)
                && seen.contains(&key)
            {
                let detail = "exists in both matchLabelKeys and labelSelector";
                errors.invalid(format!("{}[{index}]", term.path), key, detail);
            }
            seen.insert(key);
        }
    }
    for key in matching.items() {
        if mismatching.texts().contains(&key.str()) {
            let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
            errors.invalid(key.path.clone(), key.str(), detail);
        }
    }
}

/// `ValidateLabelSelector`
pub fn label_selector(selector: &At, habits: &Habits, errors: &mut Errors) {
    meta::labels(&selector.child("matchLabels"), habits, errors);
    for requirement in selector.child("matchExpressions").items() {
        let values = requirement.child("values");
        let operator = requirement.text_of("operator");
        match operator {
            "In" | "NotIn" => {
                if values.is_empty() {
                    let detail = "must be specified when `operator` is 'In' or 'NotIn'";
                    errors.required(values.path.clone(), detail);
                }
            }
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                    errors.forbidden(values.path.clone(), detail);
                }
            }
            _ => errors.invalid(requirement.path_of("operator"), operator, "not a valid selector operator"),
        }
        meta::label_name(requirement.text_of("key"), &requirement.path_of("key"), habits, errors);
        label_values(&values, habits, errors);
    }
}

/// `validateTopologySpreadConstraints`
pub fn topology_spread<'a>(constraints: &At<'a>, gates: &Gates, errors: &mut Errors) {
    let all: Vec<At> = constraints.items().collect();
    let mut left: FxHashMap<(&str, &str), usize> = FxHashMap::default();
    let pair = |own: &At<'a>| (own.text_of("topologyKey"), own.text_of("whenUnsatisfiable"));
    for constraint in &all {
        *left.entry(pair(constraint)).or_default() += 1;
    }
    for constraint in &all {
        let others = left.entry(pair(constraint)).or_default();
        *others -= 1;
        spread_constraint(constraint, *others > 0, gates, errors);
    }
}

/// Of several that are about the same all but the last are told.
fn spread_constraint(constraint: &At, comes_again: bool, gates: &Gates, errors: &mut Errors) {
    let skew = constraint.int_of("maxSkew");
    let (key, when) = (constraint.text_of("topologyKey"), constraint.text_of("whenUnsatisfiable"));
    if skew <= 0 {
        errors.invalid(constraint.path_of("maxSkew"), skew, "must be greater than zero");
    }
    if key.is_empty() {
        errors.required(constraint.path_of("topologyKey"), "can not be empty");
    }
    const ACTIONS: &[&str] = &["DoNotSchedule", "ScheduleAnyway"];
    if !ACTIONS.contains(&when) {
        errors.not_supported(constraint.path_of("whenUnsatisfiable"), when, ACTIONS);
    }
    if comes_again {
        let path = constraint.path_of("{topologyKey, whenUnsatisfiable}");
        errors.duplicate(path, format!("{{{key}, {when}}}"));
    }
    if let Some(domains) = constraint.some("minDomains") {
        if domains.int() <= 0 {
            errors.invalid(domains.path.clone(), domains.int(), "must be greater than zero");
        }
        if when != "DoNotSchedule" {
            let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}");
            errors.invalid(domains.path.clone(), domains.int(), detail);
        }
    }
    for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
        if let Some(policy) = constraint.some(policy)
            && !["Honor", "Ignore"].contains(&policy.str())
        {
            errors.not_supported(policy.path.clone(), policy.str(), &["Honor", "Ignore"]);
        }
    }
    match_label_keys(constraint, gates, errors);
    label_selector(&constraint.child("labelSelector"), &gates.habits, errors);
}

/// The rule of pod affinity since keys are merged into the selector at creation (1.34); before that,
/// `validateMatchLabelKeysInTopologySpread`.
fn match_label_keys(constraint: &At, gates: &Gates, errors: &mut Errors) {
    if gates.habits.merges_spread_keys {
        return match_label_keys_of_term(constraint, &gates.habits, errors);
    }
    let keys = constraint.child("matchLabelKeys");
    if keys.is_empty() {
        return;
    }
    let mut named: Vec<&str> = Vec::new();
    match constraint.some("labelSelector") {
        None => errors.forbidden(keys.path.clone(), "must not be specified when labelSelector is not set"),
        Some(selector) => {
            named.extend(selector.child("matchLabels").entries().iter().map(|(key, _)| *key));
            named.extend(selector.child("matchExpressions").items().map(|e| e.text_of("key")));
        }
    }
    for key in keys.items() {
        meta::label_name(key.str(), &key.path, &gates.habits, errors);
        if named.contains(&key.str()) {
            let detail = "exists in both matchLabelKeys and labelSelector";
            errors.invalid(key.path.clone(), key.str(), detail);
        }
    }
}
