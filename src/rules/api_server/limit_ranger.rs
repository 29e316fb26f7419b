//! What LimitRanges do to a new pod: what its containers leave open is filled in, and then all of it is held against them.
//!
//! Source: `PodMutateLimitFunc` and `PodValidateLimitFunc` in plugin/pkg/admission/limitranger/admission.go (1.36.2). The
//! surprises: the pod's own defaults come first, so that a limit without a request has its request already; a default limit
//! below a request that stands there is filled in all the same, and the pod is then invalid; sums of a pod are without its
//! overhead. Of several faults the real order is that of a map; here they come by name.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::defaults::{Amounts, aggregate, amounts};
use crate::rules::machinery::quantity::Quantity;

type Object = Map<String, Value>;

/// What tells which amounts were filled in.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";
/// The lists of containers that are held against limits, and how the annotation calls one of them.
const CONTAINERS: [(&str, &str); 2] = [("containers", "container"), ("initContainers", "init container")];

/// Fills in what the containers of a pod leave open. `ranges` are the `spec`s of the LimitRanges of its namespace.
pub fn fill(pod: &mut Object, ranges: &[&Value]) {
    for range in ranges {
        let mut filled = Vec::new();
        let (requests, limits) = (defaults(range, "defaultRequest"), defaults(range, "default"));
        if let Some(Value::Object(spec)) = pod.get_mut("spec") {
            for (list, word) in CONTAINERS {
                for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    filled.extend(fill_one(container, word, &requests, &limits));
                }
            }
        }
        if !filled.is_empty() {
            let metadata = pod.entry("metadata").or_insert_with(|| json!({}));
            metadata["annotations"][ANNOTATION] =
                json!(format!("LimitRanger plugin set: {}", filled.join("; ")));
        }
    }
}

/// `defaultContainerResourceRequirements`: the last item for containers decides.
fn defaults(range: &Value, list: &str) -> Object {
    let mut all = Object::new();
    for item in items(range).filter(|item| item["type"] == "Container") {
        all.extend(item[list].as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
    }
    all
}

/// `mergeContainerResources`
fn fill_one(container: &mut Value, word: &str, requests: &Object, limits: &Object) -> Vec<String> {
    let name = container["name"].as_str().unwrap_or_default().to_owned();
    let mut filled = Vec::new();
    for (list, defaults) in [("requests", requests), ("limits", limits)] {
        let own = container.get("resources").and_then(|own| own.get(list));
        let has = |name: &String| own.is_some_and(|own| own.get(name).is_some());
        let mut missing: Vec<(String, Value)> =
            defaults.iter().filter(|(k, _)| !has(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if missing.is_empty() {
            continue;
        }
        missing.sort_by(|one, other| one.0.cmp(&other.0));
        let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
        filled.push(format!("{} {} for {word} {name}", names.join(", "), &list[..list.len() - 1]));
        for (name, amount) in missing {
            container["resources"][list][&name] = amount;
        }
    }
    filled
}

/// Holds a pod against one LimitRange: everything that is too much, too little or missing, each fault once.
///
/// # Errors
/// The faults.
pub fn check(pod: &Object, range: &Value) -> Result<(), Vec<String>> {
    let none = Object::new();
    let spec = pod.get("spec").and_then(Value::as_object).unwrap_or(&none);
    let mut faults = Vec::new();
    for item in items(range) {
        let ty = item["type"].as_str().unwrap_or_default();
        match ty {
            "Container" => {
                for (list, _) in CONTAINERS {
                    for container in spec.get(list).and_then(Value::as_array).into_iter().flatten() {
                        let of = |list| amounts(container.get("resources").and_then(|own| own.get(list)));
                        hold(item, ty, &of("requests"), &of("limits"), &mut faults);
                    }
                }
            }
            "Pod" => hold(item, ty, &aggregate(spec, "requests"), &aggregate(spec, "limits"), &mut faults),
            _ => {}
        }
    }
    let mut told: Vec<String> = Vec::new();
    faults.into_iter().for_each(|fault| {
        if !told.contains(&fault) {
            told.push(fault)
        }
    });
    if told.is_empty() { Ok(()) } else { Err(told) }
}

/// Faults as one text (`utilerrors.NewAggregate`).
pub fn together(faults: &[String]) -> String {
    match faults {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}

fn items(range: &Value) -> impl Iterator<Item = &Value> {
    range["limits"].as_array().into_iter().flatten()
}

fn hold(item: &Value, ty: &str, requests: &Amounts, limits: &Amounts, faults: &mut Vec<String>) {
    let of = |list: &str| amounts(item.get(list));
    for (name, bound) in of("min") {
        faults.extend(too_little(&name, ty, bound, requests.get(&name), limits.get(&name)));
    }
    for (name, bound) in of("max") {
        faults.extend(too_much(&name, ty, bound, requests.get(&name), limits.get(&name)));
    }
    for (name, bound) in of("maxLimitRequestRatio") {
        faults.extend(too_far_apart(&name, ty, bound, requests.get(&name), limits.get(&name)));
    }
}

/// `minConstraint`
fn too_little(
    name: &str,
    ty: &str,
    bound: Quantity,
    request: Option<&Quantity>,
    limit: Option<&Quantity>,
) -> Option<String> {
    let start = format!("minimum {name} usage per {ty} is {bound}");
    let Some(request) = request else { return Some(format!("{start}.  No request is specified")) };
    let is_less = |amount: &&Quantity| compare(**amount, bound) == Ordering::Less;
    match (Some(request).filter(is_less), limit.filter(is_less)) {
        (Some(request), _) => Some(format!("{start}, but request is {request}")),
        (None, Some(limit)) => Some(format!("{start}, but limit is {limit}")),
        (None, None) => None,
    }
}

/// `maxConstraint`
fn too_much(
    name: &str,
    ty: &str,
    bound: Quantity,
    request: Option<&Quantity>,
    limit: Option<&Quantity>,
) -> Option<String> {
    let start = format!("maximum {name} usage per {ty} is {bound}");
    let Some(limit) = limit else { return Some(format!("{start}.  No limit is specified")) };
    let is_more = |amount: &&Quantity| compare(**amount, bound) == Ordering::Greater;
    match (Some(limit).filter(is_more), request.filter(is_more)) {
        (Some(limit), _) => Some(format!("{start}, but limit is {limit}")),
        (None, Some(request)) => Some(format!("{start}, but request is {request}")),
        (None, None) => None,
    }
}

/// `limitRequestRatioConstraint`
fn too_far_apart(
    name: &str,
    ty: &str,
    bound: Quantity,
    request: Option<&Quantity>,
    limit: Option<&Quantity>,
) -> Option<String> {
    let start = format!("{name} max limit to request ratio per {ty} is {bound}, but");
    let Some(request) = request.filter(|amount| !amount.is_zero()) else {
        return Some(format!("{start} no request is specified or request is 0"));
    };
    let Some(limit) = limit.filter(|amount| !amount.is_zero()) else {
        return Some(format!("{start} no limit is specified or limit is 0"));
    };
    let most = [*request, *limit, bound].iter().all(|amount| amount.value() <= EXACT);
    let ratio = match most {
        true => limit.milli_value() as f64 / request.milli_value() as f64,
        false => limit.value() as f64 / request.value() as f64,
    };
    let (observed, bound) = match bound.value() <= EXACT {
        true => (ratio * 1000.0, bound.milli_value() as f64),
        false => (ratio, bound.value() as f64),
    };
    (observed > bound).then(|| format!("{start} provided ratio is {ratio:.6}"))
}

/// Up to here amounts are compared in thousandths (`resource.MaxMilliValue`).
const EXACT: i64 = i64::MAX / 1000;

fn compare(amount: Quantity, bound: Quantity) -> Ordering {
    match amount.value() <= EXACT && bound.value() <= EXACT {
        true => amount.milli_value().cmp(&bound.milli_value()),
        false => amount.value().cmp(&bound.value()),
    }
}
