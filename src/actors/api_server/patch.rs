//! PATCH of a pod: what comes out is let in or refused as a whole (`ValidatePodUpdate`, pkg/apis/core/validation/validation.go).

use std::collections::BTreeMap;

use serde_json::Value;

use super::pods::{self, Edit};
use crate::api::{Sym, wire};
use crate::rules::api_server::admission::{Rejection, Request};
use crate::rules::api_server::objects::{self, ObjectType};
use crate::rules::api_server::validation::update;
use crate::world::{PodId, World};

/// Writes what `change` makes of a pod's object; says whether that is something new, and what is warned of.
///
/// # Errors
/// kubectl's words where it is not let in.
pub fn patch(
    w: &mut World,
    pod: PodId,
    change: impl FnOnce(&mut Value),
) -> Result<(bool, Vec<String>), String> {
    let old = pods::object(&w.pods[pod.ix()]);
    let mut new = old.clone();
    change(&mut new);
    let kept = |object: &Value| objects::kept(ObjectType::Pod, object, &w.gates);
    let (was, known) = kept(&old).unwrap_or_default();
    let (is, mut warnings) = kept(&new).map_err(|refused| refused.told(None))?;
    warnings.retain(|field| !known.contains(field));
    if let (Some(before), Some(after)) = (old.as_object(), new.as_object()) {
        let errors = update::validate(before, after, &w.gates);
        if !errors.0.is_empty() {
            let name = w.pods[pod.ix()].ident.name.to_string();
            return Err(format!("The {}", Rejection::Invalid { kind: ObjectType::Pod, name, errors }));
        }
    }
    write(w, pod, &old, &new);
    Ok((was != is, warnings))
}

/// PUT of a pod's object, as it comes out of a merge: decoded, defaulted and validated. `old` is the object with as much of
/// its metadata as the new one has.
///
/// # Errors
/// It is not let in.
pub fn replace(w: &mut World, pod: PodId, old: &Value, new: Value) -> Result<(), Rejection> {
    let (Value::Object(before), Value::Object(after)) = (old, new) else { return Ok(()) };
    let namespace = w.pods[pod.ix()].ident.namespace;
    let request =
        Request { gates: w.gates, now: w.now, namespace: namespace.as_str(), suffix: "00000", uid: "" };
    let admitted = objects::update(ObjectType::Pod, before, after, &request)?;
    write(w, pod, old, &Value::Object(admitted.object));
    Ok(())
}

/// Writes what has changed of a pod's object.
fn write(w: &mut World, pod: PodId, old: &Value, new: &Value) {
    let p = &w.pods[pod.ix()];
    let (before, after) = (&old["metadata"], &new["metadata"]);
    let labels: BTreeMap<String, String> =
        serde_json::from_value(after["labels"].clone()).unwrap_or_default();
    let finalizers: Vec<Sym> = after["finalizers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|own| own.as_str().map(Sym::new))
        .collect();
    let spec = wire::pod_spec(&new["spec"]);
    let edit = Edit {
        labels: (labels != *p.labels).then_some(labels),
        finalizers: (finalizers != *p.finalizers).then_some(finalizers),
        spec: (spec != *p.spec).then_some(spec),
        annotations: before["annotations"] != after["annotations"],
    };
    pods::update(w, pod, edit);
}
