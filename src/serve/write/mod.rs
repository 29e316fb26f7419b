//! Requests that write an object: read, merged, let in, and handed on as what the simulation is to do.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`apply`], [`below`] | server-side apply; what is asked for below an object |
//! | [`body`] | the body of a request as JSON, in whatever form it comes |
//! | [`law`] | what the API server does to an object on its way in |
//! | [`shape`], [`managed`] | which fields belong together, and who manages which of them |
//!
//! Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch,delete}.go,
//! …/pkg/registry/generic/registry/store.go (1.36.3). The surprises: what changes nothing is no write; an object that is being
//! deleted goes with its last finalizer, and the update that took it is answered with the object; who patches never hears of a
//! conflict unless he named a version.

pub mod apply;
pub mod below;
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
use super::store::{Object, Store, typed, weight};
use super::verbs::{Deed, Step, Then, conflict};
use crate::engine::random;
use crate::rules::api_server::admission::generated_name;
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
    pub(super) fn now(&self) -> Time {
        let (now, shift) = self.store.clock;
        if self.is_played() { now } else { now + shift }
    }
    /// How much later its instants are told than they are stored.
    fn shift(&self) -> Span {
        if self.is_played() { self.store.clock.1 } else { Span::ZERO }
    }
    /// What is to be done, and how it is answered.
    pub(super) fn deed(
        &self,
        name: &str,
        step: Step,
        sample: Value,
        code: u16,
        warnings: Vec<String>,
    ) -> Deed {
        let mut own = self.own.clone();
        own.name = Some(name.to_owned());
        let then = if self.own.below == "scale" { Then::Scale } else { Then::Object };
        Deed { steps: vec![step], own, then, code, warnings, sample }
    }
    pub(super) fn write(&self, name: &str, object: Option<Value>) -> Step {
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
    pub(super) fn dry(&self, object: &Value, code: u16, warnings: &[String]) -> Response {
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

/// So large may an object be, spelled: etcd takes no request of more than 1.5 MiB, in which what is stored takes about half as much.
const LARGEST: usize = 3 << 20;

/// Whether an object can be stored (`--max-request-bytes` of etcd).
fn fits(object: &Value) -> Result<(), Response> {
    match weight(object) > LARGEST {
        true => Err(failure(500, "", "etcdserver: request is too large", &Value::Null)),
        false => Ok(()),
    }
}

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
    fits(&admitted)?;
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
        return apply::apply(asked);
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
                    json_patch::Problem::Test | json_patch::Problem::Path(_) => {
                        failure(422, "Invalid", message, &json!({}))
                    }
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
        // Of a namespace, and nothing else of it (`namespaceFinalizeStrategy`, pkg/registry/core/namespace/strategy.go).
        "finalize" => {
            let mut object = before.clone();
            object["spec"]["finalizers"] = new["spec"]["finalizers"].clone();
            Let { object, warnings: Vec::new() }
        }
        "ephemeralcontainers" | "resize" => law::part_of_pod(before, &new, &around)?,
        _ => law::update(resource, before, &new, &around, is_patch)?,
    };
    fits(&object)?;
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
    let changed = !same(resource, before, &object);
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
        let words = super::node::of_node(&old.value, &object, &old.name).ok_or_else(|| {
            let what =
                "of a node its labels, annotations and taints and whether it is cordoned can be changed here";
            super::status::not_allowed(what)
        })?;
        let own = &object["metadata"];
        let mut steps: Vec<Step> = words.into_iter().map(Step::Words).collect();
        if own["annotations"] != old.value["metadata"]["annotations"] {
            let beside = json!({ "metadata": { "uid": own["uid"], "annotations": own["annotations"] } });
            steps.push(asked.write(&old.name, Some(beside)));
        }
        let deed = asked.deed(&old.name, Step::Words(String::new()), object, code, warnings);
        return Ok(Deed { steps, ..deed });
    }
    // What holds a namespace stands in its spec.
    let held_by = if asked.resource.kind == "Namespace" { "spec" } else { "metadata" };
    let is_over = old.value["metadata"]["deletionTimestamp"].is_string()
        && object[held_by]["finalizers"].as_array().is_none_or(Vec::is_empty);
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
    if is_over && matches!(asked.own.below.as_str(), "" | "finalize") {
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

/// Whether two objects say the same: what the server has types for need not write null or an empty map.
fn same(resource: &Resource, a: &Value, b: &Value) -> bool {
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
        match resource.custom {
            Some(_) => own["metadata"] = bare(&own["metadata"]),
            None => own = bare(&own),
        }
        own
    };
    without(a) == without(b)
}
