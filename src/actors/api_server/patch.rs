//! PATCH of a pod: what comes out is let in or refused as a whole (`ValidatePodUpdate`, pkg/apis/core/validation/validation.go).

use serde_json::Value;

use super::pods::{self, Edit};
use crate::api::{Sym, wire};
use crate::rules::api_server::admission::Rejection;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::validation::update;
use crate::world::{PodId, World};

/// Writes what `change` makes of a pod's object; says whether that is something new.
///
/// # Errors
/// kubectl's words where it is not let in.
pub fn patch(w: &mut World, pod: PodId, change: impl FnOnce(&mut Value)) -> Result<bool, String> {
    let old = pods::object(&w.pods[pod.ix()]);
    let mut new = old.clone();
    change(&mut new);
    if let (Some(before), Some(after)) = (old.as_object(), new.as_object()) {
        let errors = update::validate(before, after, &w.gates);
        if !errors.0.is_empty() {
            let name = w.pods[pod.ix()].ident.name.to_string();
            return Err(format!("The {}", Rejection::Invalid { kind: ObjectType::Pod, name, errors }));
        }
    }
    let (before, after) = (&old["metadata"], &new["metadata"]);
    let labels = (before["labels"] != after["labels"])
        .then(|| serde_json::from_value(after["labels"].clone()).unwrap_or_default());
    let finalizers = (before["finalizers"] != after["finalizers"]).then(|| {
        let list = after["finalizers"].as_array().into_iter().flatten();
        list.filter_map(|f| f.as_str().map(Sym::new)).collect()
    });
    let spec = (old["spec"] != new["spec"]).then(|| wire::pod_spec(&new["spec"]));
    let annotations = before["annotations"] != after["annotations"];
    pods::update(w, pod, Edit { labels, annotations, finalizers, spec });
    Ok(old != new)
}
