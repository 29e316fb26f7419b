//! ResourceQuotas.
//!
//! Source: `ValidateResourceQuota` and `ValidateResourceQuotaUpdate` in pkg/apis/core/validation/validation.go,
//! `IsStandardQuotaResourceName` and `IsResourceQuotaScopeValidForResource` in pkg/apis/core/helper/helpers.go (1.36.2).
//! The surprises: whatever has a slash in its name may be counted; of scopes that exclude each other in the selector, those
//! of the list are shown.

use serde_json::{Value, json};

use super::{Kind, half};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::defaults::amounts;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::resources;
use crate::rules::versions::habits::Habits;

pub static LAW: Kind = Kind {
    name: "ResourceQuota",
    key: "resourceQuota",
    resource: "resourcequotas",
    short: &["quota"],
    is_kept: true,
    schema: &cluster::ResourceQuota,
    validate: |new, old, gates, errors| {
        let is = half(new, "spec");
        spec(&is, &gates.habits, errors);
        if let Some(old) = old {
            let sorted = |spec: &At| {
                let mut scopes: Vec<String> =
                    spec.child("scopes").texts().into_iter().map(str::to_owned).collect();
                scopes.sort_unstable();
                scopes.dedup();
                scopes
            };
            if sorted(&half(old, "spec")) != sorted(&is) {
                let scopes = is.child("scopes");
                errors.invalid(scopes.path.clone(), scopes.value.clone(), "field is immutable");
            }
        }
    },
    ..Kind::PLAIN
};

const SCOPES: &[&str] = &[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];
/// Scopes that are there or not, without a value.
const VALUELESS: &[&str] =
    &["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];
const CONFLICTING: &[[&str; 2]] = &[["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]];

fn spec(spec: &At, habits: &Habits, errors: &mut Errors) {
    let hard = spec.child("hard");
    for (name, amount) in amounts(Some(hard.value)) {
        let path = hard.path_of_key(&name);
        resources::resource_name(&name, &path, resources::Of::Anything, habits, errors);
        if !name.contains('/') && !resources::is_standard_of_quota(&name) {
            errors.invalid(path.clone(), name.as_str(), "must be a standard resource for quota");
        }
        resources::amount_of(&name, amount, &path, errors);
    }
    let named: Vec<&str> = hard.entries().into_iter().map(|(name, _)| name).collect();
    let scopes = spec.child("scopes");
    for scope in scopes.texts() {
        is_scope(scope, &scopes.path, &scopes, &named, errors);
    }
    conflicts(&scopes.texts(), &scopes, errors);
    let selector = spec.child("scopeSelector");
    if selector.is_set() {
        by_selector(&selector, &named, scopes.value, errors);
    }
}

fn is_scope(scope: &str, path: &str, shown: &At, named: &[&str], errors: &mut Errors) {
    if !SCOPES.contains(&scope) {
        errors.invalid(path, shown.value.clone(), "unsupported scope");
    }
    applied(scope, path, shown, named, errors);
}

fn applied(scope: &str, path: &str, shown: &At, named: &[&str], errors: &mut Errors) {
    for name in named {
        if resources::is_standard_of_quota(name) && !is_valid_for(scope, name) {
            errors.invalid(path, shown.value.clone(), "unsupported scope applied to resource");
        }
    }
}

/// `IsResourceQuotaScopeValidForResource`
fn is_valid_for(scope: &str, resource: &str) -> bool {
    let counts_pods = resource == "pods";
    let computes = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"]
        .contains(&resource);
    match scope {
        "BestEffort" => counts_pods,
        "VolumeAttributesClass" => ["persistentvolumeclaims", "requests.storage"].contains(&resource),
        scope if SCOPES.contains(&scope) => counts_pods || computes,
        _ => true,
    }
}

fn conflicts(scopes: &[&str], shown: &At, errors: &mut Errors) {
    for pair in CONFLICTING {
        if pair.iter().all(|scope| scopes.contains(scope)) {
            errors.invalid(shown.path.clone(), shown.value.clone(), "conflicting scopes");
        }
    }
}

/// As Go writes a struct that has no names for JSON.
fn in_go(list: &At) -> Value {
    let one = |requirement: At| {
        json!({"ScopeName": requirement.text_of("scopeName"), "Operator": requirement.text_of("operator"),
            "Values": requirement.child("values").value})
    };
    json!({"MatchExpressions": list.items().map(one).collect::<Vec<Value>>()})
}

/// `validateScopedResourceSelectorRequirement`
fn by_selector(selector: &At, named: &[&str], listed: &Value, errors: &mut Errors) {
    let list = selector.child("matchExpressions");
    // The list is named, never one of its elements.
    let path = |name: &str| list.path_of(name);
    let shown = in_go(&list);
    let mut scopes: Vec<&str> = Vec::new();
    for requirement in list.items() {
        let (scope, operator) = (requirement.text_of("scopeName"), requirement.text_of("operator"));
        let values = requirement.child("values");
        if !SCOPES.contains(&scope) {
            errors.invalid(path("scopeName"), scope, "unsupported scope");
        }
        applied(scope, &list.path, &At::new(&shown, ""), named, errors);
        if VALUELESS.contains(&scope) && operator != "Exists" {
            let detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                          ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, \
                          ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            errors.invalid(path("operator"), operator, detail);
        }
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                let detail =
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                errors.required(path("values"), detail);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail =
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                errors.invalid(path("values"), values.value.clone(), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => errors.invalid(path("operator"), operator, "not a valid selector operator"),
        }
        scopes.push(scope);
    }
    conflicts(&scopes, &At { value: listed, path: list.path }, errors);
}
