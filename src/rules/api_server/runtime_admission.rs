//! What the RuntimeClass of a pod does to it on its way into the API.
//!
//! Source: `RuntimeClass.Admit` and `Validate` in plugin/pkg/admission/runtimeclass/admission.go, `MergeTolerations` in
//! pkg/util/tolerations/tolerations.go (1.36.2). The surprises: a class that is not there keeps its pods out; a pod that
//! brings an overhead of its own is refused unless it is the class's; of two tolerations that say the same the wider
//! one stays, where it stands.

use serde_json::{Map, Value, json};

use crate::rules::machinery::quantity::Quantity;
use crate::rules::machinery::quote::quote;

type Object = Map<String, Value>;

/// Gives a pod's spec what its class asks for; `class` is the RuntimeClass as the API has it, None: it is not there.
///
/// # Errors
/// The pod is refused, in the plugin's words.
pub fn admit(spec: &mut Object, class: Option<&Value>) -> Result<(), String> {
    let Some(name) = spec.get("runtimeClassName").and_then(Value::as_str).map(str::to_owned) else {
        return without_class(spec);
    };
    let class = class.ok_or_else(|| format!("pod rejected: RuntimeClass {} not found", quote(&name)))?;
    match class.get("overhead").filter(|overhead| overhead.is_object()) {
        None => without_class(spec)?,
        Some(overhead) => set_overhead(spec, overhead.get("podFixed").and_then(Value::as_object))?,
    }
    let scheduling = class.get("scheduling");
    let of = |name: &str| scheduling.and_then(|scheduling| scheduling.get(name));
    if let Some(selector) = of("nodeSelector").and_then(Value::as_object) {
        select(spec, selector)?;
    }
    if let Some(second) = of("tolerations").and_then(Value::as_array).filter(|list| !list.is_empty()) {
        let first = spec.get("tolerations").and_then(Value::as_array).cloned().unwrap_or_default();
        spec.insert("tolerations".to_owned(), json!(merged(&first, second)));
    }
    Ok(())
}

/// `validateOverhead`, where no class has one.
fn without_class(spec: &Object) -> Result<(), String> {
    match spec.get("overhead").and_then(Value::as_object).is_some_and(|own| !own.is_empty()) {
        true => {
            Err("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
                .to_owned())
        }
        false => Ok(()),
    }
}

/// `setOverhead`
fn set_overhead(spec: &mut Object, fixed: Option<&Object>) -> Result<(), String> {
    let own = spec.get("overhead").and_then(Value::as_object).filter(|own| !own.is_empty());
    if own.is_some_and(|own| fixed.is_none_or(|fixed| !same(own, fixed))) {
        return Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead".to_owned());
    }
    if let Some(fixed) = fixed {
        spec.insert("overhead".to_owned(), Value::Object(fixed.clone()));
    }
    Ok(())
}

/// Whether two lists of resources are of the same amounts, however they are spelled.
fn same(a: &Object, b: &Object) -> bool {
    let amount = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Quantity::parse(&text).ok()
    };
    let equal = |a: &Value, b: &Value| match (amount(a), amount(b)) {
        (Some(a), Some(b)) => a.cmp_value(b).is_eq(),
        _ => a == b,
    };
    a.len() == b.len() && a.iter().all(|(name, own)| b.get(name).is_some_and(|other| equal(own, other)))
}

/// `setScheduling`: labels that the pod asks for differently are a conflict.
fn select(spec: &mut Object, selector: &Object) -> Result<(), String> {
    let own = spec.entry("nodeSelector").or_insert_with(|| json!({}));
    let Some(own) = own.as_object_mut() else { return Ok(()) };
    for (key, wanted) in selector {
        if let Some(asked) = own.get(key).filter(|asked| *asked != wanted) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            return Err(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {}; pod.spec.nodeSelector[{key}] = {}",
                text(wanted),
                text(asked)
            ));
        }
        own.insert(key.clone(), wanted.clone());
    }
    Ok(())
}

/// `MergeTolerations`
fn merged(first: &[Value], second: &[Value]) -> Vec<Value> {
    let all: Vec<&Value> = first.iter().chain(second).collect();
    let mut merged: Vec<Value> = Vec::new();
    for (at, own) in all.iter().enumerate() {
        let is_covered = merged.iter().any(|other| covers(other, own))
            || all[at + 1..].iter().any(|other| !alike(own, other) && covers(other, own));
        if !is_covered {
            merged.push((*own).clone());
        }
    }
    merged
}

fn text<'a>(toleration: &'a Value, name: &str) -> &'a str {
    toleration.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn seconds(toleration: &Value) -> Option<i64> {
    toleration.get("tolerationSeconds").and_then(Value::as_i64)
}

fn alike(a: &Value, b: &Value) -> bool {
    ["key", "operator", "value", "effect"].iter().all(|name| text(a, name) == text(b, name))
        && seconds(a) == seconds(b)
}

/// `isSuperset`: whether everything that `narrow` tolerates `wide` tolerates, too.
fn covers(wide: &Value, narrow: &Value) -> bool {
    if alike(wide, narrow) {
        return true;
    }
    let is_any_key = text(wide, "key").is_empty() && text(wide, "operator") == "Exists";
    let is_any_effect = text(wide, "effect").is_empty();
    if (text(narrow, "key") != text(wide, "key") && !is_any_key)
        || (text(narrow, "effect") != text(wide, "effect") && !is_any_effect)
    {
        return false;
    }
    if text(wide, "effect") == "NoExecute"
        && let Some(most) = seconds(wide)
        && seconds(narrow).is_none_or(|own| own > most)
    {
        return false;
    }
    match text(wide, "operator") {
        "Exists" => true,
        "Equal" | "" => text(narrow, "operator") == "Equal" && text(narrow, "value") == text(wide, "value"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(value: Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    fn class() -> Value {
        json!({"handler": "gvisor", "overhead": {"podFixed": {"cpu": "250m", "memory": "64Mi"}},
            "scheduling": {"nodeSelector": {"sandboxed": "yes"}, "tolerations": [
                {"key": "sandboxed", "operator": "Exists", "effect": "NoSchedule"}]}})
    }

    #[test]
    fn a_class_adds_what_its_pods_cost_and_where_they_may_run() {
        let mut pod =
            spec(json!({"runtimeClassName": "gvisor", "nodeSelector": {"disk": "ssd"}, "tolerations": [
            {"key": "sandboxed", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
            {"key": "old", "operator": "Exists"}]}));
        admit(&mut pod, Some(&class())).expect("let in");
        assert_eq!(pod["overhead"], json!({"cpu": "250m", "memory": "64Mi"}));
        assert_eq!(pod["nodeSelector"], json!({"disk": "ssd", "sandboxed": "yes"}));
        let tolerated = json!([{"key": "old", "operator": "Exists"},
            {"key": "sandboxed", "operator": "Exists", "effect": "NoSchedule"}]);
        assert_eq!(pod["tolerations"], tolerated, "the wider one stays");
        admit(&mut pod, Some(&class())).expect("its own overhead is the class's");
    }

    #[test]
    fn what_contradicts_the_class_is_refused() {
        let refused = |pod: Value, class: Option<&Value>| admit(&mut spec(pod), class).expect_err("refused");
        assert_eq!(
            refused(json!({"runtimeClassName": "gvisor"}), None),
            "pod rejected: RuntimeClass \"gvisor\" not found"
        );
        let own = json!({"runtimeClassName": "gvisor", "overhead": {"cpu": "0.25", "memory": "65Mi"}});
        assert_eq!(
            refused(own, Some(&class())),
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
        );
        let none = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
        assert_eq!(refused(json!({"overhead": {"cpu": "1"}}), None), none);
        let plain = json!({"handler": "runc"});
        assert_eq!(refused(json!({"runtimeClassName": "x", "overhead": {"cpu": "1"}}), Some(&plain)), none);
        assert_eq!(
            refused(
                json!({"runtimeClassName": "gvisor", "nodeSelector": {"sandboxed": "no"}}),
                Some(&class())
            ),
            "conflict: runtimeClass.scheduling.nodeSelector[sandboxed] = yes; pod.spec.nodeSelector[sandboxed] = no"
        );
    }
}
