//! What each request is answered with: pure, from the store and the request.
//!
//! Reading is answered here. What changes the cluster, what only the simulation knows (logs) and what stays open (watches)
//! is handed back as what is to be done, so that all of this is tested without sockets (`tests/clients.rs`).

pub mod discovery;
pub mod logs;
pub mod objects;
pub mod openapi;
pub mod other;
pub mod served;
pub mod table;
pub mod watch;

use serde_json::Value;

use super::kinds::{Resource, ResourceIx};
use super::path::{Objects, Place, Request};
use super::status::{self, Response};
use super::store::{Object, Store};
use super::verbs::{self, Deed};
use crate::rules::api_server::selector::Selector;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};
use logs::LogsOf;
use table::Include;
use watch::Watch;

/// What a request is answered with.
pub enum Answer {
    /// This, and that is all.
    Whole(Response),
    /// These events, and then whatever comes.
    Watch(Box<Watch>, Vec<u8>),
    /// What a container has written, which the simulation knows.
    Logs(LogsOf),
    /// Something is to be done first.
    Do(Box<Deed>),
}

/// In which form objects are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// As they are.
    Whole,
    /// `PartialObjectMetadata`
    Metadata,
    /// As rows.
    Table(Include),
}

/// How objects are written for somebody.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// As what they are asked for.
    pub resource: ResourceIx,
    /// The same, described.
    pub of: &'a Resource,
    /// In which form.
    pub shape: Shape,
    /// The version's habits.
    pub gates: &'a Gates,
    /// The instant of the simulation, and how much later the clock on the wall is.
    pub clock: (Time, Span),
}

impl Form<'_> {
    /// An object; items of lists carry no kind.
    pub fn object(&self, out: &mut Vec<u8>, object: &Object, with_kind: bool) {
        out.push(b'{');
        if with_kind {
            let own = self.of;
            let kind = format!("\"kind\":\"{}\",\"apiVersion\":\"{}\",", own.kind, own.api_version());
            out.extend_from_slice(kind.as_bytes());
        }
        match served::converted(&object.value, self.resource) {
            Some(other) => super::stamps::Stamped::of(&other).write(out, self.clock.1),
            None => object.write(out, self.clock.1),
        }
    }
    /// Its metadata alone.
    pub fn partial(&self, out: &mut Vec<u8>, object: &Object) {
        out.extend_from_slice(b"{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",");
        object.write_metadata(out, self.clock.1);
        out.push(b'}');
    }
}

/// The form that an `Accept` asks for.
fn shape(request: &Request) -> Shape {
    let accept = request.accept.split(',').next().unwrap_or_default();
    if accept.contains("as=PartialObjectMetadata") {
        return Shape::Metadata;
    }
    if !accept.contains("as=Table") {
        return Shape::Whole;
    }
    Shape::Table(match request.query("includeObject") {
        "None" => Include::None,
        "Object" => Include::Object,
        _ => Include::Metadata,
    })
}

/// Answers a request.
pub fn answer(store: &Store, gates: &Gates, request: &Request) -> Answer {
    match request.place(store) {
        Place::Other(parts) => Answer::Whole(other::answer(store, gates, request, &parts)),
        Place::NoResource => Answer::Whole(status::no_resource()),
        Place::Objects(own) => of_objects(store, gates, request, &own),
    }
}

fn of_objects(store: &Store, gates: &Gates, request: &Request, own: &Objects) -> Answer {
    let resource = store.resource(own.resource);
    if matches!(resource.group, "authentication.k8s.io" | "authorization.k8s.io") {
        return Answer::Whole(other::review(store, request, resource));
    }
    if let Some(refused) = other::refused(store, request, own) {
        return Answer::Whole(refused);
    }
    if request.method != "GET" && request.method != "HEAD" {
        return verbs::read(store, gates, request, own);
    }
    let form =
        Form { resource: own.resource, of: resource, shape: shape(request), gates, clock: store.clock };
    match (&own.name, own.below.as_str()) {
        (Some(name), "log") if resource.qualified() == "pods" => logs::read(store, request, own, name),
        (Some(_), "exec" | "attach" | "portforward" | "proxy") => {
            Answer::Whole(status::not_allowed(&format!(
                "{} is not there: the containers of a simulated cluster have no processes to talk to",
                own.below
            )))
        }
        (Some(name), _) if !request.is("watch") => {
            if !resource.takes("get") {
                return Answer::Whole(method_not_allowed());
            }
            Answer::Whole(objects::get(store, request, own, name, &form))
        }
        (name, _) => {
            if !resource.takes("list") {
                return Answer::Whole(method_not_allowed());
            }
            let only = name.as_ref().map(|name| format!("metadata.name={name}"));
            let fields = only.as_deref().unwrap_or_else(|| request.query("fieldSelector"));
            let selector = match Selector::parse(
                request.query("labelSelector"),
                fields,
                (resource.group, resource.plural),
            ) {
                Ok(selector) => selector,
                Err(problem) => return Answer::Whole(status::bad(&unreadable(&problem, request))),
            };
            if !request.is("watch") {
                return Answer::Whole(objects::list(store, request, own, &selector, &form));
            }
            if !resource.takes("watch") {
                return Answer::Whole(method_not_allowed());
            }
            let mut first = Vec::new();
            match watch::begin(store, request, own, selector, &form, &mut first) {
                Ok(watch) => Answer::Watch(Box::new(watch), first),
                Err(refused) => Answer::Whole(refused),
            }
        }
    }
}

/// A selector that cannot be read is told as it is: the words name the place already.
fn unreadable(problem: &str, _: &Request) -> String {
    problem.to_owned()
}

/// The resource knows no such verb.
pub fn method_not_allowed() -> Response {
    let message = "the server does not allow this method on the requested resource";
    status::failure(405, "MethodNotAllowed", message, &serde_json::json!({}))
}

/// The body of a request, where it is JSON.
pub(super) fn body(request: &Request) -> Option<Value> {
    serde_json::from_slice(&request.body).ok()
}

/// Where the objects that a path names are stored.
pub(super) fn stored<'a>(store: &'a Store, own: &Objects) -> Option<&'a std::sync::Arc<Object>> {
    let namespace = own.namespace.as_deref().unwrap_or_default();
    store.get(store.stored_as(own.resource), namespace, own.name.as_deref()?)
}
