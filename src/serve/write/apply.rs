//! Server-side apply, between the request and the fields that somebody manages ([`super::managed`]).
//!
//! Source: `applyPatcher` in staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go,
//! …/apimachinery/pkg/util/managedfields/internal/lastappliedupdater.go (1.36.3).

use serde_json::{Value, json};

use super::law::{self, Law, Let};
use super::managed;
use super::{Asked, Outcome, created, fits, keep, same, served_form, written};
use crate::rules::kubectl::apply::{LAST_APPLIED, encoded};
use crate::serve::answer::stored;
use crate::serve::status::{Response, bad, failure};
use crate::serve::verbs::conflict;

/// Others manage what would change.
fn conflicted(conflicts: &[managed::Conflict]) -> Response {
    let causes: Vec<Value> = conflicts
        .iter()
        .map(|own| {
            let message = format!("conflict with {}", own.with);
            json!({ "reason": "FieldManagerConflict", "message": message, "field": own.field })
        })
        .collect();
    failure(409, "Conflict", &managed::told(conflicts), &json!({ "causes": causes }))
}

/// Server-side apply.
pub fn apply(asked: &Asked<'_>) -> Outcome {
    let Asked { resource, request, .. } = *asked;
    if request.query("fieldManager").is_empty() {
        let message = "Required value: is required for apply patch".to_owned();
        let causes = [("FieldValueRequired", message, "fieldManager".to_owned())];
        return Err(law::invalid("PatchOptions.meta.k8s.io", "meta.k8s.io", "PatchOptions", "", &causes));
    }
    let name = asked.own.name.clone().unwrap_or_default();
    let (mut config, _) = asked.object()?;
    if config["metadata"]
        .get("managedFields")
        .is_some_and(|own| own.as_array().is_none_or(|own| !own.is_empty()))
    {
        return Err(bad("metadata.managedFields must be nil"));
    }
    match config["metadata"]["name"].as_str().unwrap_or_default() {
        "" => config["metadata"]["name"] = name.as_str().into(),
        own if own == name => {}
        own => {
            let what = format!("the name of the object ({own}) does not match the name on the URL ({name})");
            return Err(bad(&what));
        }
    }
    let law = Law::of(resource);
    // Who applies sends no more than he means: what is no field is refused, and not left out.
    if let Law::Known(kind) = law {
        let kept = crate::rules::api_server::objects::kept(kind, &config, asked.gates);
        let (_, unknown) = kept.map_err(|refused| law::rejected(&refused))?;
        if let Some(first) = unknown.first() {
            let path = first.split('"').nth(1).unwrap_or_default();
            let what = format!(
                "failed to create typed patch object ({}/{name}; {}, Kind={}): .{path}: field not declared in schema",
                asked.namespace(),
                resource.api_version(),
                resource.kind
            );
            return Err(failure(500, "", &what, &Value::Null));
        }
    }
    let manager = asked.manager();
    let is_forced = request.is("force");
    let live = stored(asked.store, asked.own);
    let before = live.map(|live| served_form(asked, live));
    let applied = managed::apply(before.as_ref(), &config, law.shape(), &manager, is_forced);
    let mut new = applied.map_err(|conflicts| conflicted(&conflicts))?;
    let managed = new["metadata"]["managedFields"].clone();
    let Some(live) = live else {
        return created(asked, new, true);
    };
    let wanted = config["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !wanted.is_empty() && wanted != live.meta("resourceVersion") {
        let what =
            "the object has been modified; please apply your changes to the latest version and try again";
        return Err(conflict(resource, &live.name, what));
    }
    keep(&live.value, &mut new);
    if manager.name == "kubectl" && new["metadata"]["annotations"][LAST_APPLIED].is_string() {
        // Whoever applies on the client's side later shall find what was applied last (`lastappliedupdater.go`).
        let mut said = config.clone();
        if let Some(own) = said["metadata"].get_mut("annotations").and_then(Value::as_object_mut) {
            own.shift_remove(LAST_APPLIED);
        }
        new["metadata"]["annotations"][LAST_APPLIED] = encoded(&said).into();
    }
    let around = asked.around();
    let Let { mut object, warnings } = match asked.own.below.as_str() {
        "status" if !asked.is_played() => law::status(resource, &live.value, &new, &around)?,
        _ => law::update(resource, &live.value, &new, &around, true)?,
    };
    fits(&object)?;
    object["metadata"]["managedFields"] = managed.clone();
    if same(resource, &live.value, &object) {
        return Err(asked.dry(&served_form(asked, live), 200, &warnings));
    }
    written(asked, live, object, new, 200, warnings)
}
