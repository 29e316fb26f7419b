//! Requests that write an object: read, merged, let in, and handed on as what the simulation is to do.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`body`] | the body of a request as JSON, in whatever form it comes |
//! | [`law`] | what the API server does to an object on its way in |
//! | [`shape`], [`managed`] | which fields belong together, and who manages which of them |
//!
//! Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch,delete}.go,
//! …/pkg/registry/generic/registry/store.go (1.36.3). The surprises: what changes nothing is no write; an object that is being
//! deleted goes with its last finalizer, and the update that took it is answered with the object; who patches never hears of a
//! conflict unless he named a version.

pub mod body;
pub mod law;
pub mod managed;
pub mod shape;

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::served::converted;
use super::answer::stored;
use super::json_patch;
use super::kinds::Resource;
use super::path::{Objects, Request};
use super::status::{Response, bad, failure, not_found};
use super::store::{Object, Store, typed};
use super::verbs::{Deed, Step, Then, conflict};
use crate::engine::random;
use crate::rules::api_server::admission::generated_name;
use crate::rules::kubectl::apply::{LAST_APPLIED, encoded};
use crate::rules::kubectl::merge::{json_merge, strategic_merge};
use crate::rules::versions::gates::Gates;
use crate::scenario::command::Write;
use crate::time::{Span, Time};
use law::{Around, Law, Let, Strictness};
use managed::Manager;

/// What a request is answered from.
pub struct Asked<'a> {
    /// What is served.
    pub store: &'a Store,
    /// The version's habits.
    pub gates: &'a Gates,
    /// The request.
    pub request: &'a Request,
    /// What its path names.
    pub own: &'a Objects,
    /// Of which resource.
    pub resource: &'a Resource,
}

impl<'a> Asked<'a> {
    fn namespace(&self) -> &'a str {
        self.own.namespace.as_deref().unwrap_or_default()
    }
    fn around(&self) -> Around<'a> {
        let strictness = match self.request.query("fieldValidation") {
            "Strict" => Strictness::Strict,
            "Ignore" => Strictness::Ignore,
            _ => Strictness::Warn,
        };
        let uid = uid(self.resource.plural, self.namespace(), self.store.version());
        Around { gates: self.gates, now: self.store.clock.0, namespace: self.namespace(), strictness, uid }
    }
    /// Whether it is only to be tried.
    pub fn is_dry(&self) -> bool {
        self.request.query("dryRun") == "All"
    }
    fn manager(&self) -> Manager<'a> {
        let named = self.request.query("fieldManager");
        let agent = self.request.user_agent.split('/').next().unwrap_or_default();
        Manager {
            name: if named.is_empty() { agent } else { named },
            api_version: self.resource.api_version(),
            below: &self.own.below,
            time: self.now().rfc3339_secs(),
        }
    }
    /// The body as an object of this resource.
    fn object(&self) -> Result<(Value, Vec<String>), Response> {
        let body::Body { value, duplicates } = body::read(self.request)?;
        if !value.is_object() {
            return Err(bad("the body of the request is no object"));
        }
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (kind, version) = (text("kind"), text("apiVersion"));
        let wanted = self.resource.api_version();
        if !kind.is_empty() && kind != self.resource.kind {
            let what = format!(
                "{kind} in version \"{}\" cannot be handled as a {}: no kind \"{kind}\" is registered here",
                self.resource.version, self.resource.kind
            );
            return Err(bad(&what));
        }
        if !version.is_empty() && version != wanted {
            let what = format!(
                "the API version in the data ({version}) does not match the expected API version ({wanted})"
            );
            return Err(bad(&what));
        }
        let mut object = typed(self.resource, value);
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        if self.resource.is_namespaced {
            match object["metadata"]["namespace"].as_str().unwrap_or_default() {
                "" => object["metadata"]["namespace"] = self.namespace().into(),
                own if own == self.namespace() => {}
                _ => {
                    let words = "the namespace of the provided object does not match the namespace sent on the request";
                    return Err(bad(words));
                }
            }
        }
        if !duplicates.is_empty() && self.around().strictness == Strictness::Strict {
            let kind = self.resource.kind;
            let what = format!(
                "{kind} in version \"{}\" cannot be handled as a {kind}: strict decoding error: {}",
                self.resource.version,
                duplicates.join(", ")
            );
            return Err(bad(&what));
        }
        Ok((object, duplicates))
    }
    /// Whether the simulation plays its objects.
    fn is_played(&self) -> bool {
        Law::of(self.resource).is_played()
    }
    /// Now, on the clock on which its objects live: of what the simulation plays its own, else that of the wall.
    fn now(&self) -> Time {
        let (now, shift) = self.store.clock;
        if self.is_played() { now } else { now + shift }
    }
    /// How much later its instants are told than they are stored.
    fn shift(&self) -> Span {
        if self.is_played() { self.store.clock.1 } else { Span::ZERO }
    }
    /// What is to be done, and how it is answered.
    fn deed(&self, name: &str, step: Step, sample: Value, code: u16, warnings: Vec<String>) -> Deed {
        let mut own = self.own.clone();
        own.name = Some(name.to_owned());
        let then = if self.own.below == "scale" { Then::Scale } else { Then::Object };
        Deed { steps: vec![step], own, then, code, warnings, sample }
    }
    fn write(&self, name: &str, object: Option<Value>) -> Step {
        Step::Write(Write {
            group: self.resource.group.to_owned(),
            version: self.resource.version.to_owned(),
            kind: self.resource.kind.to_owned(),
            namespace: crate::api::Sym::new(self.namespace()),
            name: crate::api::Sym::new(name),
            below: self.own.below.clone(),
            object: object.map(|object| typed(self.resource, object)),
        })
    }
    fn dry(&self, object: &Value, code: u16, warnings: &[String]) -> Response {
        let told = super::stamps::shift(object, self.shift());
        warned(Response::json(code, &typed(self.resource, told)), warnings)
    }
}

/// With a header for each warning.
pub fn warned(mut response: Response, warnings: &[String]) -> Response {
    for words in warnings {
        let quoted = words.replace('\\', "\\\\").replace('"', "\\\"");
        response = response.with("Warning", format!("299 - \"{quoted}\""));
    }
    response
}

/// What came of it: something is to be done, or the answer stands already.
pub type Outcome = Result<Deed, Response>;

/// Letters of generated names (`k8s.io/apimachinery/pkg/util/rand`), which spell no words.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

fn suffix(base: &str, namespace: &str, number: u64) -> String {
    let mut left = random::entity(&[base, namespace, &number.to_string()]);
    let mut letters = String::new();
    for _ in 0..5 {
        letters.push(LETTERS[(left % LETTERS.len() as u64) as usize] as char);
        left /= LETTERS.len() as u64;
    }
    letters
}

/// So many objects may there be: what is stored is kept for as long as the server runs.
const MOST_OBJECTS: usize = 200_000;

/// POST of an object.
///
/// # Errors
/// The answer, where nothing is to be done.
pub fn create(asked: &Asked<'_>) -> Outcome {
    let (object, _) = asked.object()?;
    created(asked, object, false)
}

/// Whether something new can be where it is to be.
fn has_room(asked: &Asked<'_>, object: &Value) -> Result<(), Response> {
    let Asked { store, resource, .. } = *asked;
    let namespace = asked.namespace();
    if resource.is_namespaced {
        let namespaces = super::kinds::of_kind("", "Namespace").unwrap_or_default();
        let Some(own) = store.get(namespaces, "", namespace) else {
            return Err(not_found(store.resource(namespaces), namespace));
        };
        if own.value["metadata"]["deletionTimestamp"].is_string() {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let message = format!(
                "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
                resource.qualified()
            );
            let cause = json!([{ "reason": "NamespaceTerminating",
                "message": format!("namespace {namespace} is being terminated"), "field": "metadata.namespace" }]);
            let details = json!({ "name": name, "kind": resource.plural, "causes": cause });
            return Err(failure(403, "Forbidden", &message, &details));
        }
    }
    if !asked.is_played() && store.count() >= MOST_OBJECTS {
        return Err(failure(500, "", "etcdserver: mvcc: database space exceeded", &Value::Null));
    }
    Ok(())
}

fn created(asked: &Asked<'_>, mut object: Value, is_applied: bool) -> Outcome {
    let Asked { store, resource, .. } = *asked;
    let namespace = asked.namespace();
    has_room(asked, &object)?;
    let metadata = &mut object["metadata"];
    if metadata["name"].as_str().unwrap_or_default().is_empty() {
        let base = metadata["generateName"].as_str().unwrap_or_default().to_owned();
        if !base.is_empty() {
            let letters = suffix(&base, namespace, store.version());
            metadata["name"] = generated_name(&base, &letters).into();
        }
    }
    if let Some(metadata) = metadata.as_object_mut() {
        for name in
            ["uid", "resourceVersion", "creationTimestamp", "selfLink", "generation", "deletionTimestamp"]
        {
            metadata.shift_remove(name);
        }
    }
    if !resource.is_namespaced {
        metadata.as_object_mut().map(|metadata| metadata.shift_remove("namespace"));
    }
    if resource.kind == "Pod" && resource.group.is_empty() {
        topology(store, &mut object);
    }
    let around = asked.around();
    let Let { object: mut admitted, warnings } = law::create(resource, &object, &around)?;
    if resource.group == "events.k8s.io" {
        admitted = super::answer::served::core_event(&admitted);
        object = admitted.clone();
    }
    let name = admitted["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let mut own = asked.own.clone();
    own.name = Some(name.clone());
    if stored(store, &own).is_some() {
        let message = format!("{} \"{name}\" already exists", resource.qualified());
        return Err(failure(409, "AlreadyExists", &message, &details(resource, &name)));
    }
    if !is_applied {
        let mut managed = object.clone();
        managed::updated(None, &mut managed, Law::of(resource).shape(), &asked.manager());
        object["metadata"]["managedFields"] = managed["metadata"]["managedFields"].clone();
    }
    if !object["metadata"]["managedFields"].is_null() {
        admitted["metadata"]["managedFields"] = object["metadata"]["managedFields"].clone();
    }
    let now = asked.now().rfc3339_secs();
    if !asked.is_played() {
        admitted["metadata"]["creationTimestamp"] = now.as_str().into();
    }
    let is_definition = resource.kind == "CustomResourceDefinition";
    if is_definition {
        super::custom::accepted(&mut admitted);
    }
    let mut sample = admitted.clone();
    if is_definition {
        super::custom::established(&mut admitted, &now);
    }
    sample["metadata"]["uid"] = around.uid.as_str().into();
    sample["metadata"]["creationTimestamp"] = now.into();
    if asked.is_dry() {
        return Err(asked.dry(&sample, 201, &warnings));
    }
    // What is played is let in once more where it is played.
    let sent = if asked.is_played() { object } else { admitted };
    let stored_as = store.stored_as(asked.own.resource);
    let place = Objects { resource: stored_as, ..asked.own.clone() };
    let of = if resource.group == "events.k8s.io" {
        Asked { own: &place, resource: store.resource(stored_as), ..*asked }
    } else {
        Asked { ..*asked }
    };
    let step = of.write(&name, Some(sent));
    Ok(asked.deed(&name, step, sample, 201, warnings))
}

/// A pod that names its node gets the node's place as labels (`PodTopologyLabels`, plugin/pkg/admission/podtopologylabels).
fn topology(store: &Store, pod: &mut Value) {
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let nodes = super::kinds::of_kind("", "Node").unwrap_or_default();
    let Some(node) = store.get(nodes, "", node) else { return };
    for name in ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] {
        let value = &node.value["metadata"]["labels"][name];
        if value.is_string() {
            if !pod["metadata"]["labels"].is_object() {
                pod["metadata"]["labels"] = json!({});
            }
            pod["metadata"]["labels"][name] = value.clone();
        }
    }
}

/// A uid for what the simulation gives none.
pub fn uid(name: &str, namespace: &str, number: u64) -> String {
    let [a, b] =
        [1, 2].map(|which: u64| random::entity(&[name, namespace, &number.to_string(), &which.to_string()]));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

/// `details` of a refusal.
pub fn details(resource: &Resource, name: &str) -> Value {
    let mut details = json!({ "name": name });
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    details["kind"] = resource.plural.into();
    details
}

/// PUT of an object, or of its status.
///
/// # Errors
/// The answer, where nothing is to be done.
pub fn update(asked: &Asked<'_>) -> Outcome {
    let (object, _) = asked.object()?;
    let name = asked.own.name.clone().unwrap_or_default();
    let said = object["metadata"]["name"].as_str().unwrap_or_default();
    if said != name && !said.is_empty() {
        let what = format!("the name of the object ({said}) does not match the name on the URL ({name})");
        return Err(bad(&what));
    }
    let Some(old) = stored(asked.store, asked.own) else {
        // Few kinds may be created so; leases are written by nobody who does not look first.
        return Err(not_found(asked.resource, &name));
    };
    let wanted = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    replaced(asked, old, object.clone(), wanted, false)
}

/// PATCH of an object, or of its status.
///
/// # Errors
/// The answer, where nothing is to be done.
pub fn patch(asked: &Asked<'_>) -> Outcome {
    let kind = asked.request.content_type.split(';').next().unwrap_or_default();
    if kind == "application/apply-patch+yaml" {
        return apply(asked);
    }
    let name = asked.own.name.clone().unwrap_or_default();
    let Some(old) = stored(asked.store, asked.own) else { return Err(not_found(asked.resource, &name)) };
    let before = served_form(asked, old);
    let after = patched(asked, before)?;
    let wanted = after["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
    replaced(asked, old, after, &wanted, true)
}

/// As this resource serves it: some kinds are stored in another version.
fn served_form(asked: &Asked<'_>, old: &Object) -> Value {
    let own = converted(&old.value, asked.own.resource).unwrap_or_else(|| old.value.clone());
    typed(asked.resource, own)
}

/// What a patch makes of an object.
pub fn patched(asked: &Asked<'_>, mut object: Value) -> Result<Value, Response> {
    let law = Law::of(asked.resource);
    let request = asked.request;
    let patch = body::read(request)?.value;
    match request.content_type.split(';').next().unwrap_or_default() {
        "application/merge-patch+json" => {
            if !patch.is_object() {
                return Err(bad("the body of the request is no JSON object"));
            }
            json_merge(&mut object, &patch);
        }
        "application/strategic-merge-patch+json" if !patch.is_object() => {
            return Err(bad("the body of the request is no JSON object"));
        }
        "application/strategic-merge-patch+json" => match law {
            Law::Known(kind) => {
                let said = object["apiVersion"].as_str().unwrap_or_default();
                let fields = kind.older(said).map_or(kind.fields(), |older| older.fields());
                strategic_merge(&mut object, &patch, fields);
            }
            Law::Plain => json_merge(&mut object, &patch),
            Law::Custom(_) => {
                return Err(body::unknown(&[
                    "application/json-patch+json",
                    "application/merge-patch+json",
                    "application/apply-patch+yaml",
                ]));
            }
        },
        "application/json-patch+json" => {
            json_patch::apply(&mut object, &patch).map_err(|problem| {
                let message = "the server rejected our request due to an error in our request";
                match problem {
                    json_patch::Problem::Test => failure(422, "Invalid", message, &json!({})),
                    json_patch::Problem::Path(path) => bad(&format!("jsonpatch: path not found: {path}")),
                    json_patch::Problem::TooMuch(words) => {
                        failure(413, "RequestEntityTooLarge", &words, &Value::Null)
                    }
                }
            })?;
        }
        _ => {
            return Err(body::unknown(&[
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ]));
        }
    }
    if !object.is_object() {
        return Err(bad("what the patch makes of the object is no JSON object"));
    }
    Ok(object)
}

/// An object is to take the place of another.
fn replaced(asked: &Asked<'_>, old: &Arc<Object>, mut new: Value, wanted: &str, is_patch: bool) -> Outcome {
    let Asked { resource, .. } = *asked;
    let before = &old.value;
    if !wanted.is_empty() && wanted != old.meta("resourceVersion") {
        let what =
            "the object has been modified; please apply your changes to the latest version and try again";
        return Err(conflict(resource, &old.name, what));
    }
    let said = new["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    if !said.is_empty() && said != old.meta("uid") {
        let own = old.meta("uid");
        let what = format!("Precondition failed: UID in precondition: {said}, UID in object meta: {own}");
        return Err(conflict(resource, &old.name, &what));
    }
    keep(before, &mut new);
    let below = asked.own.below.as_str();
    let around = asked.around();
    let Let { mut object, warnings } = match below {
        "status" if asked.is_played() => {
            let same = served_form(asked, old)["status"] == new["status"];
            if !same {
                let what = format!(
                    "the status of {} is the simulation's: what it tells follows from what happens",
                    resource.qualified()
                );
                return Err(super::status::not_allowed(&what));
            }
            Let { object: before.clone(), warnings: Vec::new() }
        }
        "status" => law::status(resource, before, &new, &around)?,
        "ephemeralcontainers" | "resize" => law::part_of_pod(before, &new, &around)?,
        _ => law::update(resource, before, &new, &around, is_patch)?,
    };
    if resource.kind == "CustomResourceDefinition" && before["spec"] != object["spec"] {
        super::custom::established(&mut object, &asked.now().rfc3339_secs());
    }
    // Who sends managers of his own does not count, unless he begins anew.
    if new["metadata"]["managedFields"] == json!([{}]) {
        object["metadata"]["managedFields"] = json!([{}]);
    } else {
        match before["metadata"].get("managedFields") {
            Some(own) => object["metadata"]["managedFields"] = own.clone(),
            None => drop(object["metadata"].as_object_mut().map(|own| own.shift_remove("managedFields"))),
        }
    }
    let changed = !same(before, &object);
    let is_anew = object["metadata"]["managedFields"] == json!([{}]);
    if !changed && !is_anew {
        let told = asked.dry(&served_form(asked, old), 200, &warnings);
        return Err(told);
    }
    managed::updated(Some(before), &mut object, Law::of(resource).shape(), &asked.manager());
    written(asked, old, object, new, 200, warnings)
}

/// Whoever scales an object manages how many replicas it has: written where somebody applies it on the server's side and would
/// hear of it. `after` is the object as it is scaled.
pub fn managed_scale(asked: &Asked<'_>, old: &Object, after: &mut Value) -> Option<Step> {
    let managers = old.value["metadata"]["managedFields"].as_array()?;
    if managers.iter().all(|own| own["operation"] != "Apply") {
        return None;
    }
    managed::updated(Some(&old.value), after, Law::of(asked.resource).shape(), &asked.manager());
    let place = Objects { below: String::new(), ..asked.own.clone() };
    Some(Asked { own: &place, ..*asked }.write(&old.name, Some(after.clone())))
}

/// An object of a client's own kind is to be another, by way of one of its subresources.
///
/// # Errors
/// It is refused.
pub fn put(asked: &Asked<'_>, old: &Arc<Object>, new: Value) -> Outcome {
    replaced(asked, old, new, "", true)
}

/// An object as it is to be, on its way to the simulation.
fn written(
    asked: &Asked<'_>,
    old: &Arc<Object>,
    object: Value,
    mut sent: Value,
    code: u16,
    warnings: Vec<String>,
) -> Outcome {
    if asked.is_dry() {
        let told = converted(&object, asked.own.resource).unwrap_or(object);
        return Err(asked.dry(&told, code, &warnings));
    }
    if asked.resource.kind == "Node" {
        let words = super::verbs::of_node(&old.value, &object, &old.name).ok_or_else(|| {
            let what = "of a node its labels, its taints and whether it is cordoned can be changed here";
            super::status::not_allowed(what)
        })?;
        let mut deed = asked.deed(&old.name, Step::Words(String::new()), object, code, warnings);
        deed.steps = words.into_iter().map(Step::Words).collect();
        return Ok(deed);
    }
    let is_over = old.value["metadata"]["deletionTimestamp"].is_string()
        && object["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
    if asked.is_played() {
        // Parts of a pod are let in here alone.
        if !asked.own.below.is_empty() {
            sent = object.clone();
        }
        sent["metadata"]["managedFields"] = object["metadata"]["managedFields"].clone();
        let step = asked.write(&old.name, Some(sent));
        return Ok(asked.deed(&old.name, step, object, code, warnings));
    }
    let mut object = object;
    if !old.is_clients {
        // It was the simulation's so far, which tells its instants later than they are.
        let created = object["metadata"]["creationTimestamp"].as_str().and_then(Time::parse_rfc3339);
        if let Some(at) = created {
            object["metadata"]["creationTimestamp"] = (at + asked.store.clock.1).rfc3339_secs().into();
        }
    }
    let step = asked.write(&old.name, if is_over { None } else { Some(object.clone()) });
    let mut deed = asked.deed(&old.name, step, object, code, warnings);
    if is_over && asked.own.below.is_empty() {
        deed.then = Then::Sample;
    }
    Ok(deed)
}

/// What only the server says stays as it is.
fn keep(before: &Value, new: &mut Value) {
    if !new["metadata"].is_object() {
        new["metadata"] = json!({});
    }
    for name in [
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "uid",
        "resourceVersion",
        "generation",
        "selfLink",
        "generateName",
    ] {
        match before["metadata"].get(name) {
            Some(value) => new["metadata"][name] = value.clone(),
            None => drop(new["metadata"].as_object_mut().map(|own| own.shift_remove(name))),
        }
    }
    for name in ["name", "namespace"] {
        if new["metadata"][name].is_null() && before["metadata"][name].is_string() {
            new["metadata"][name] = before["metadata"][name].clone();
        }
    }
}

/// Whether two objects say the same: an empty map that nobody has need not be written.
fn same(a: &Value, b: &Value) -> bool {
    fn bare(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let own = members.iter().map(|(name, value)| (name.clone(), bare(value)));
                Value::Object(own.filter(|(_, value)| !value.is_null() && *value != json!({})).collect())
            }
            Value::Array(items) => items.iter().map(bare).collect(),
            other => other.clone(),
        }
    }
    let without = |object: &Value| {
        let mut own = object.clone();
        if let Some(members) = own.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "kind" | "apiVersion"));
        }
        own
    };
    bare(&without(a)) == bare(&without(b))
}

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
fn apply(asked: &Asked<'_>) -> Outcome {
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
    object["metadata"]["managedFields"] = managed.clone();
    if same(&live.value, &object) {
        return Err(asked.dry(&served_form(asked, live), 200, &warnings));
    }
    written(asked, live, object, new, 200, warnings)
}

/// DELETE of an object that is stored as it came.
///
/// # Errors
/// The answer, where nothing is to be done.
pub fn delete(asked: &Asked<'_>, object: &Arc<Object>, options: &Value, is_dry: bool) -> Outcome {
    let name = &object.name;
    let mut known = details(asked.resource, name);
    known["uid"] = object.value["metadata"]["uid"].clone();
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
            false => Response::json(200, &super::status::success(&known)),
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
pub const RETURNED: [&str; 9] = [
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
    for new in super::custom::resources(&definition.value) {
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

/// `POST …/binding`: a pod gets its node from whoever asks.
///
/// # Errors
/// The answer, where nothing is to be done.
pub fn bind(asked: &Asked<'_>) -> Outcome {
    let body = body::read(asked.request)?.value;
    let name = match asked.own.name.as_deref() {
        Some(name) => name.to_owned(),
        None => body["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
    };
    let pods = super::kinds::of_kind("", "Pod").unwrap_or_default();
    let resource = asked.store.resource(pods);
    let Some(pod) = asked.store.get(pods, asked.namespace(), &name) else {
        return Err(not_found(resource, &name));
    };
    let node = body["target"]["name"].as_str().unwrap_or_default();
    if node.is_empty() {
        let causes = [("FieldValueRequired", "Required value".to_owned(), "target.name".to_owned())];
        return Err(law::invalid("Binding", "", "Binding", &name, &causes));
    }
    if let Some(had) = pod.value["spec"]["nodeName"].as_str().filter(|had| !had.is_empty()) {
        let what = format!("pod {name} is already assigned to node \"{had}\"");
        return Err(conflict_of("pods/binding", &name, &what));
    }
    let mut object = pod.value.clone();
    object["spec"]["nodeName"] = node.into();
    if asked.is_dry() {
        return Err(Response::json(201, &super::status::success(&Value::Null)));
    }
    let own = Objects {
        resource: pods,
        namespace: asked.own.namespace.clone(),
        name: Some(name.clone()),
        below: "binding".to_owned(),
    };
    let of = Asked { own: &own, resource, ..*asked };
    let mut deed = of.deed(&name, of.write(&name, Some(object)), Value::Null, 201, Vec::new());
    deed.then = Then::Created;
    Ok(deed)
}

fn conflict_of(what: &str, name: &str, words: &str) -> Response {
    let message = format!("Operation cannot be fulfilled on {what} \"{name}\": {words}");
    failure(409, "Conflict", &message, &json!({ "name": name, "kind": what }))
}

/// `POST …/token`: a token that means nothing here.
///
/// # Errors
/// Always: the answer.
pub fn token(asked: &Asked<'_>) -> Outcome {
    let name = asked.own.name.clone().unwrap_or_default();
    let Some(account) = stored(asked.store, asked.own) else { return Err(not_found(asked.resource, &name)) };
    let body = body::read(asked.request)?.value;
    let (now, shift) = asked.store.clock;
    let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600).clamp(600, 1 << 32);
    let audiences = match body["spec"]["audiences"].as_array() {
        Some(own) if !own.is_empty() => Value::from(own.clone()),
        _ => json!(["https://kubernetes.default.svc"]),
    };
    let wall = now + shift;
    Err(Response::json(
        201,
        &json!({
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": name, "namespace": asked.namespace(), "uid": account.value["metadata"]["uid"],
                "creationTimestamp": wall.rfc3339_secs(),
            },
            "spec": {
                "audiences": audiences, "expirationSeconds": seconds,
                "boundObjectRef": body["spec"]["boundObjectRef"],
            },
            "status": {
                "token": format!("simulated.{}.token", uid(&name, asked.namespace(), asked.store.version())),
                "expirationTimestamp": (wall + Span::from_secs(seconds)).rfc3339_secs(),
            },
        }),
    ))
}
