//! What the subresource `resize` may change.
//!
//! Source: `ValidatePodResize` in pkg/apis/core/validation/validation.go (1.36). Requests and limits of cpu and memory of
//! main containers and sidecars, since 1.36 of all init containers. The surprises: what is set can be changed but not taken away, and the pod has to stay in
//! its quality-of-service class.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::field::{At, Errors};
use super::halves;
use crate::api::{Sym, wire};
use crate::rules::api_server::defaults::amounts;
use crate::rules::machinery::qos::qos_class;
use crate::rules::versions::gates::Gates;

/// `ValidatePodResize` of two whole objects (`metadata` and `spec`, defaulted).
pub fn validate(old: &Map<String, Value>, new: &Map<String, Value>, gates: &Gates) -> Errors {
    let ((_, old_spec), (new_meta, new_spec)) = (halves(old), halves(new));
    let mut errors = Errors::default();
    super::meta::validate(&new_meta, &gates.habits, &mut errors);
    super::pod(new, gates, &mut errors);
    let class = |spec: &At| qos_class(&wire::pod_spec(spec.value), gates);
    let (before, after) = (class(&old_spec), class(&new_spec));
    if before != after {
        let detail = "Pod QOS Class may not change as a result of resizing";
        errors.invalid("spec", before.as_str(), detail);
    }
    let mut others = Vec::new();
    for list in ["containers", "initContainers"] {
        let (was, is) = (old_spec.child(list), new_spec.child(list));
        for (was, is) in was.items().zip(is.items()) {
            let at = is.child("resources");
            let ends = list == "initContainers" && was.text_of("restartPolicy") != "Always";
            if ends && !gates.habits.init_containers_resize {
                if was.child("resources").value != at.value {
                    let detail = "resources for non-sidecar init containers are immutable";
                    errors.forbidden(at.path, detail);
                }
                continue;
            }
            container(&was, &is, gates, &mut errors);
            others.extend(beyond_cpu_and_memory(&was.child("resources"), &at));
        }
    }
    if !others.is_empty() {
        let detail = format!("only cpu and memory resources are mutable\n{}", others.join("\n"));
        errors.forbidden("spec", detail);
    }
    errors
}

/// `validateContainerResize`
fn container(old: &At, new: &At, gates: &Gates, errors: &mut Errors) {
    let (was, is) = (old.child("resources"), new.child("resources"));
    for list in ["limits", "requests"] {
        let (had, has) = (was.child(list), is.child(list));
        let removed = |name: &str| had.some(name).is_some() && has.some(name).is_none();
        if ["cpu", "memory"].into_iter().any(removed) {
            errors.forbidden(has.path, format!("resource {list} cannot be removed"));
        }
    }
    if !gates.habits.memory_limits_shrink {
        let limit = |of: &At| amounts(Some(of.child("limits").value)).get("memory").copied();
        let shrinks = match (limit(&was), limit(&is)) {
            (Some(was), Some(is)) => is.cmp_value(was).is_lt(),
            _ => false,
        };
        let restarts = new.child("resizePolicy").items().any(|policy| {
            policy.text_of("resourceName") == "memory"
                && policy.text_of("restartPolicy") == "RestartContainer"
        });
        if shrinks && !restarts {
            let detail = "memory limits cannot be decreased unless resizePolicy is RestartContainer";
            errors.forbidden(is.path_of("limits"), detail);
        }
    }
}

/// What differs besides cpu and memory, a line each.
fn beyond_cpu_and_memory(old: &At, new: &At) -> Vec<String> {
    let mut lines = Vec::new();
    for list in ["limits", "requests"] {
        let (had, has) = (old.child(list), new.child(list));
        let names: BTreeSet<&str> =
            had.entries().into_iter().chain(has.entries()).map(|(name, _)| name).collect();
        for name in names.into_iter().filter(|name| !matches!(Sym::new(name), Sym::CPU | Sym::MEMORY)) {
            let (was, is) = (had.child(name).value, has.child(name).value);
            if was != is {
                lines.push(format!("  {}: {was} -> {is}", has.path_of_key(name)));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::versions::Version;

    /// The errors' texts, of a container whose resources go from one to the other.
    fn told(version: Version, old: &str, new: &str) -> Vec<String> {
        let object = |resources: &str| -> Map<String, Value> {
            let text = format!(
                r#"{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "web", "namespace": "default"}},
                    "spec": {{"containers": [{{"name": "app", "image": "app:1", "resources": {resources}}}]}}}}"#
            );
            let gates = Gates::of(version);
            let request = crate::rules::api_server::admission::Request {
                gates,
                now: crate::time::Time::EPOCH,
                namespace: "default",
                suffix: "",
                uid: "",
            };
            let manifest = serde_json::from_str(&text).expect("JSON");
            crate::rules::api_server::admission::admit(&manifest, &request).expect("a pod").object
        };
        let errors = validate(&object(old), &object(new), &Gates::of(version));
        errors.0.iter().map(ToString::to_string).collect()
    }

    const SIZE: &str =
        r#"{"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}"#;

    #[test]
    fn more_and_less_of_cpu_and_memory_is_fine() {
        let more =
            r#"{"requests": {"cpu": "1", "memory": "256Mi"}, "limits": {"cpu": "2", "memory": "512Mi"}}"#;
        assert!(told(Version::DEFAULT, SIZE, more).is_empty());
        assert!(told(Version::DEFAULT, more, SIZE).is_empty());
        assert_eq!(
            told(Version::of_minor(33), more, SIZE),
            [
                "spec.containers[0].resources.limits: Forbidden: memory limits cannot be decreased unless resizePolicy \
              is RestartContainer"
            ]
        );
    }

    #[test]
    fn what_is_set_stays_set_and_the_class_stays() {
        let without = r#"{"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}"#;
        assert_eq!(
            told(Version::DEFAULT, SIZE, without),
            ["spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"]
        );
        let guaranteed = r#"{"limits": {"cpu": "1", "memory": "256Mi"}}"#;
        assert_eq!(
            told(Version::DEFAULT, SIZE, guaranteed),
            ["spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing"]
        );
    }

    #[test]
    fn other_resources_are_immutable() {
        let with_storage = r#"{"requests": {"cpu": "500m", "memory": "128Mi", "ephemeral-storage": "1Gi"},
                               "limits": {"cpu": "1", "memory": "256Mi"}}"#;
        let told = told(Version::DEFAULT, SIZE, with_storage);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("spec: Forbidden: only cpu and memory resources are mutable"));
    }
}
