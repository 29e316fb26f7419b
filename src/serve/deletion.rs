//! DELETE: of what is played as kubectl's verb, of what is stored as it comes right away, where no finalizer holds it; of all that
//! are selected; of a namespace, which goes once what lives in it is gone. Owners take their own with them.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go, …/generic/registry/store.go (`Delete`,
//! `DeleteCollection`), pkg/controller/{garbagecollector,namespace/deletion} (1.36.3). The surprise: of most kinds DELETE is
//! answered with a Status, of some with what was deleted.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::served;
use super::kinds::Resource;
use super::path::{Objects, Request};
use super::status::{self, Response, bad, failure};
use super::store::{Object, Store, typed};
use super::verbs::{Step, Then, conflict, deed, says_dry, unsupported, words_of};
use super::write::law::Law;
use super::write::{Asked, Outcome, body};
use super::{custom, stamps};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::selector::Selector;
use crate::rules::controllers::namespace::IMMORTAL;
use crate::rules::versions::gates::Gates;

/// DELETE with its options (`DeleteOptions`).
pub fn delete(asked: &Asked<'_>, object: &Arc<Object>) -> Outcome {
    let Asked { request, own, resource, .. } = *asked;
    let options = body::read(request)?.value;
    preconditions(&options["preconditions"], resource, object)?;
    if let Some(policy) = options["propagationPolicy"].as_str()
        && !["Background", "Foreground", "Orphan"].contains(&policy)
    {
        return Err(unsupported(
            "DeleteOptions",
            "propagationPolicy",
            policy,
            &["Foreground", "Background", "Orphan"],
        ));
    }
    let is_dry = request.query("dryRun") == "All" || says_dry(&options);
    if resource.kind == "Namespace" {
        return delete_namespace(asked, object, is_dry);
    }
    if !Law::of(resource).is_played() {
        return stored(asked, object, &options, is_dry);
    }
    let comes_back = RETURNED.contains(&resource.kind);
    if is_dry {
        return Err(match comes_back {
            true => {
                let told = stamps::shift(&object.value, asked.store.clock.1);
                Response::json(200, &typed(resource, told))
            }
            false => Response::json(200, &status::success(&details(resource, object))),
        });
    }
    let mut words = format!("delete {}", words_of(resource, own, &object.name));
    let grace =
        options["gracePeriodSeconds"].as_i64().or_else(|| request.query("gracePeriodSeconds").parse().ok());
    match (resource.kind, grace) {
        ("Pod", Some(0)) => words.push_str(" gracePeriodSeconds=0 force=true"),
        ("Pod", Some(seconds)) => words.push_str(&format!(" gracePeriodSeconds={seconds}")),
        _ => {}
    }
    let mut sample = details(resource, object);
    if comes_back {
        sample = object.value.clone();
        let held = !object.value["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
        if resource.kind == "Pod" || held {
            let own = match resource.kind {
                "Pod" => grace.or_else(|| object.value["spec"]["terminationGracePeriodSeconds"].as_i64()),
                _ => Some(0),
            };
            going(&mut sample, asked, own.unwrap_or(0));
        }
    }
    if !matches!(resource.kind, "Pod" | "Node" | "PersistentVolumeClaim") {
        let asked_for = options["propagationPolicy"].as_str().or(Some(request.query("propagationPolicy")));
        let cascade = match asked_for.unwrap_or_default() {
            "Foreground" => "foreground",
            "Orphan" => "orphan",
            _ => "background",
        };
        words.push_str(&format!(" cascade={cascade}"));
        if cascade != "background" {
            sample = object.value.clone();
            going(&mut sample, asked, 0);
            let own = if cascade == "orphan" { "orphan" } else { "foregroundDeletion" };
            sample["metadata"]["finalizers"] = json!([own]);
        }
    }
    Ok(deed(vec![Step::Words(words)], own, Then::Deleted, 200, sample))
}

/// An object that is being deleted.
fn going(object: &mut Value, asked: &Asked<'_>, grace: i64) {
    if object["metadata"]["deletionTimestamp"].is_null() {
        object["metadata"]["deletionTimestamp"] = asked.store.clock.0.rfc3339_secs().into();
        object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
    }
}

/// A namespace is told as it stands while all that live in it go (the simulation's namespace controller deletes them).
fn delete_namespace(asked: &Asked<'_>, object: &Object, is_dry: bool) -> Outcome {
    let Asked { store, own, .. } = *asked;
    let name = object.name.as_str();
    if IMMORTAL.contains(&name) {
        let message = format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
        return Err(failure(403, "Forbidden", &message, &json!({ "name": name, "kind": "namespaces" })));
    }
    let mut sample = object.value.clone();
    sample["metadata"]["deletionTimestamp"] = store.clock.0.rfc3339_secs().into();
    sample["status"]["phase"] = "Terminating".into();
    if is_dry {
        let told = stamps::shift(&sample, store.clock.1);
        return Err(Response::json(200, &typed(asked.resource, told)));
    }
    let steps = vec![Step::Words(format!("delete namespace/{name}"))];
    Ok(deed(steps, own, Then::Object, 200, sample))
}

/// DELETE of all objects that are selected.
pub fn delete_all(asked: &Asked<'_>) -> Outcome {
    let Asked { store, gates, request, own, resource } = *asked;
    let selector = Selector::parse(
        request.query("labelSelector"),
        request.query("fieldSelector"),
        (resource.group, resource.plural),
    );
    let selector = selector.map_err(|problem| bad(&problem))?;
    let mut steps = Vec::new();
    let mut items = Vec::new();
    for (_, object) in store.all(store.stored_as(own.resource), own.namespace.as_deref()) {
        if !selector.takes(&object.value) {
            continue;
        }
        let place = Objects {
            resource: own.resource,
            namespace: Some(object.namespace.clone()).filter(|own| !own.is_empty()),
            name: Some(object.name.clone()),
            below: String::new(),
        };
        let of = Asked { store, gates, request, own: &place, resource };
        match delete(&of, object) {
            Ok(deed) => steps.extend(deed.steps),
            // Tried only, or on its way already.
            Err(response) if response.code < 300 => {}
            Err(response) => return Err(response),
        }
        let mut item = served::converted(&object.value, own.resource).unwrap_or_else(|| object.value.clone());
        if let Some(members) = item.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "kind" | "apiVersion"));
        }
        items.push(item);
    }
    let list = json!({
        "kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(),
        "metadata": { "resourceVersion": store.version().to_string() }, "items": items,
    });
    if steps.is_empty() {
        return Err(Response::json(200, &stamps::shift(&list, store.clock.1)));
    }
    Ok(deed(steps, own, Then::Sample, 200, list))
}

fn preconditions(wanted: &Value, resource: &Resource, object: &Object) -> Result<(), Response> {
    let metadata = &object.value["metadata"];
    for (name, words) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let Some(asked) = wanted[name].as_str() else { continue };
        let own = metadata[name].as_str().unwrap_or_default();
        if own != asked {
            let what = format!(
                "Precondition failed: {words} in precondition: {asked}, {words} in object meta: {own}"
            );
            return Err(conflict(resource, &object.name, &what));
        }
    }
    Ok(())
}

fn details(resource: &Resource, object: &Object) -> Value {
    let mut details = json!({ "name": object.name });
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    details["kind"] = resource.plural.into();
    details["uid"] = object.value["metadata"]["uid"].clone();
    details
}

/// What is to be done about objects whose owners are all gone, where owner or object is stored as it came.
pub fn orphans(store: &Store, gates: &Gates) -> Vec<Step> {
    let is_played = |resource: &Resource| match Law::of(resource) {
        Law::Known(kind) => kind.law().is_kept || kind == ObjectType::Pod,
        _ => matches!(resource.kind, "EndpointSlice" | "Endpoints"),
    };
    let plain = Request { method: "DELETE".to_owned(), ..Request::default() };
    let mut steps = Vec::new();
    for (ix, resource) in store.resources().filter(|(ix, _)| store.stored_as(*ix) == *ix) {
        for (_, object) in store.all(ix, None) {
            let Some(owners) = object.value["metadata"]["ownerReferences"].as_array() else { continue };
            if owners.is_empty() || object.value["metadata"]["deletionTimestamp"].is_string() {
                continue;
            }
            let text = |owner: &Value, name: &str| owner[name].as_str().unwrap_or_default().to_owned();
            let is_gone = |owner: &Value| {
                let Some(of) = store.of_version(&text(owner, "apiVersion"), &text(owner, "kind")) else {
                    return true;
                };
                let namespace = if store.resource(of).is_namespaced { object.namespace.as_str() } else { "" };
                let found = store.get(store.stored_as(of), namespace, &text(owner, "name"));
                found.is_none_or(|found| found.meta("uid") != text(owner, "uid"))
            };
            let is_own = |owner: &Value| {
                let of = store.of_version(&text(owner, "apiVersion"), &text(owner, "kind"));
                is_played(resource) && of.is_some_and(|of| is_played(store.resource(of)))
            };
            if owners.iter().any(is_own) || !owners.iter().all(is_gone) {
                continue;
            }
            let own = Objects {
                resource: ix,
                namespace: Some(object.namespace.clone()).filter(|own| !own.is_empty()),
                name: Some(object.name.clone()),
                below: String::new(),
            };
            if let Ok(deed) = delete(&Asked { store, gates, request: &plain, own: &own, resource }, object) {
                steps.extend(deed.steps);
            }
        }
    }
    steps
}

/// DELETE of an object that is stored as it came.
///
/// # Errors
/// The answer, where nothing is to be done.
fn stored(asked: &Asked<'_>, object: &Arc<Object>, options: &Value, is_dry: bool) -> Outcome {
    let name = &object.name;
    let known = details(asked.resource, object);
    let asked_for = options["propagationPolicy"].as_str().or(Some(asked.request.query("propagationPolicy")));
    let finalizers = object.value["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    let stays = !finalizers.is_empty();
    let is_going = object.value["metadata"]["deletionTimestamp"].is_string();
    if stays {
        let mut object = object.value.clone();
        if !is_going {
            object["metadata"]["deletionTimestamp"] = asked.now().rfc3339_secs().into();
            object["metadata"]["deletionGracePeriodSeconds"] = 0.into();
            if let Some(generation) = object["metadata"]["generation"].as_i64() {
                object["metadata"]["generation"] = (generation + 1).into();
            }
        }
        if is_dry || is_going {
            return Err(asked.dry(&object, 200, &[]));
        }
        let step = asked.write(name, Some(object.clone()));
        return Ok(asked.deed(name, step, object, 200, Vec::new()));
    }
    let comes_back = RETURNED.contains(&asked.resource.kind);
    if is_dry {
        return Err(match comes_back {
            true => asked.dry(&object.value, 200, &[]),
            false => Response::json(200, &status::success(&known)),
        });
    }
    let sample = if comes_back { object.value.clone() } else { known };
    let mut deed = asked.deed(name, asked.write(name, None), sample, 200, Vec::new());
    if asked.resource.kind == "CustomResourceDefinition" {
        deed.steps = instances(asked, object).into_iter().chain(deed.steps).collect();
        // It is told as it stands while they go.
        let mut sample = object.value.clone();
        sample["metadata"]["deletionTimestamp"] = asked.now().rfc3339_secs().into();
        sample["metadata"]["finalizers"] = json!(["customresourcecleanup.apiextensions.k8s.io"]);
        deed.sample = sample;
        deed.then = Then::Sample;
        return Ok(deed);
    }
    if asked_for == Some("Orphan") {
        deed.steps = orphaned(asked, object).into_iter().chain(deed.steps).collect();
    }
    deed.then = if comes_back { Then::Sample } else { Then::Gone };
    Ok(deed)
}

/// Kinds of which DELETE answers with what was deleted (`ReturnDeletedObject` in pkg/registry).
const RETURNED: [&str; 9] = [
    "Pod",
    "Service",
    "ServiceAccount",
    "ResourceQuota",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "PodTemplate",
    "StorageClass",
    "Namespace",
];

/// With a definition goes what it defines.
fn instances(asked: &Asked<'_>, definition: &Object) -> Vec<Step> {
    let mut steps = Vec::new();
    for new in custom::resources(&definition.value) {
        let Some(ix) = asked.store.find(new.group, new.version, new.plural) else { continue };
        for (_, own) in asked.store.all(ix, None) {
            let place = Objects {
                resource: ix,
                namespace: Some(own.namespace.clone()).filter(|own| !own.is_empty()),
                name: Some(own.name.clone()),
                below: String::new(),
            };
            let of = Asked { own: &place, resource: asked.store.resource(ix), ..*asked };
            steps.push(of.write(&own.name, None));
        }
    }
    steps
}

/// What an object owns does not name it as an owner any more.
fn orphaned(asked: &Asked<'_>, owner: &Object) -> Vec<Step> {
    let uid = owner.meta("uid");
    let mut steps = Vec::new();
    for (ix, resource) in asked.store.resources() {
        if asked.store.stored_as(ix) != ix {
            continue;
        }
        for (_, own) in asked.store.all(ix, None) {
            let owners = own.value["metadata"]["ownerReferences"].as_array();
            if !owners.into_iter().flatten().any(|owner| owner["uid"] == uid) {
                continue;
            }
            let mut object = typed(resource, own.value.clone());
            if let Some(owners) = object["metadata"]["ownerReferences"].as_array_mut() {
                owners.retain(|owner| owner["uid"] != uid);
            }
            let place = Objects {
                resource: ix,
                namespace: Some(own.namespace.clone()).filter(|own| !own.is_empty()),
                name: Some(own.name.clone()),
                below: String::new(),
            };
            let of = Asked { own: &place, resource, ..*asked };
            steps.push(of.write(&own.name, Some(object)));
        }
    }
    steps
}
