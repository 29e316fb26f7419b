//! Watches: what is told first, what is told of each change, and when it ends.
//!
//! Sources: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go, …/pkg/storage/cacher/cacher.go,
//! …/pkg/apis/meta/internalversion/validation (1.36.3). The surprises: version `0` or none tells all that is there as ADDED first
//! (`get pod X -w` throws the first event away); an object that stops being selected is told as DELETED; of a table only the
//! first event has columns; `sendInitialEvents` ends with a bookmark, without which informers never begin.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::super::kinds::{Resource, ResourceIx};
use super::super::path::{Objects, Request};
use super::super::status::{self, Response, failure};
use super::super::store::{Change, Object, Store, What};
use super::table;
use super::{Form, Shape};
use crate::rules::api_server::selector::Selector;
use crate::rules::versions::gates::Gates;

/// A watch that has begun.
pub struct Watch {
    own: Objects,
    resource: Arc<Resource>,
    selector: Selector,
    shape: Shape,
    gates: Gates,
    /// No event with columns was sent yet.
    is_first: bool,
    /// Told up to here.
    pub version: u64,
    /// Wants to know from time to time how far things are.
    pub bookmarks: bool,
    /// When the client wants to ask anew.
    pub timeout: Option<Duration>,
}

/// How a watch stands after some changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It goes on.
    Open,
    /// What it would go on with is not known any more: its last event says so.
    Over,
}

/// Begins a watch; its first events stand in `out`.
///
/// # Errors
/// What the request is answered with instead.
pub fn begin(
    store: &Store,
    request: &Request,
    own: &Objects,
    selector: Selector,
    form: &Form<'_>,
    out: &mut Vec<u8>,
) -> Result<Watch, Response> {
    let wants_first = request.query("sendInitialEvents");
    let matches = request.query("resourceVersionMatch");
    if request.is("sendInitialEvents") && matches != "NotOlderThan" {
        return Err(forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
    if wants_first.is_empty() && !matches.is_empty() {
        return Err(forbidden(
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ));
    }
    let asked = request.query("resourceVersion");
    let Ok(asked) = (if asked.is_empty() { Ok(0) } else { asked.parse::<u64>() }) else {
        return Err(status::bad(&format!("invalid resource version \"{asked}\"")));
    };
    let seconds = request.number("timeoutSeconds").or_else(|| seconds(request.query("timeout")));
    let mut watch = Watch {
        own: own.clone(),
        resource: Arc::clone(store.resource(own.resource)),
        selector,
        shape: form.shape,
        gates: *form.gates,
        is_first: true,
        version: asked,
        bookmarks: request.is("allowWatchBookmarks"),
        timeout: seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs),
    };
    if asked == 0 || request.is("sendInitialEvents") {
        watch.version = store.version();
        for (_, object) in store.all(store.stored_as(own.resource), own.namespace.as_deref()) {
            if watch.selector.takes(&object.value) {
                watch.event(out, What::Added, object, form);
            }
        }
    }
    if request.is("sendInitialEvents") {
        bookmark(out, &watch.resource, watch.version, true);
    }
    Ok(watch)
}

fn forbidden(what: &str) -> Response {
    let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {what}");
    failure(422, "Invalid", &message, &json!({ "group": "meta.k8s.io", "kind": "ListOptions" }))
}

/// `7m43s`
fn seconds(text: &str) -> Option<u64> {
    let nanos = crate::time::GoDuration::parse(text).ok()?.0;
    u64::try_from(nanos / 1_000_000_000).ok()
}

fn bookmark(out: &mut Vec<u8>, resource: &Resource, version: u64, is_end: bool) {
    let mut metadata = json!({ "resourceVersion": version.to_string(), "creationTimestamp": null });
    if is_end {
        metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
    }
    let object = json!({ "kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata });
    out.extend_from_slice(json!({ "type": "BOOKMARK", "object": object }).to_string().as_bytes());
    out.push(b'\n');
}

impl Watch {
    /// Writes what has changed since it was told last.
    pub fn go_on(&mut self, store: &Store, out: &mut Vec<Bytes>, most: usize) -> Standing {
        let Some(changes) = store.since(self.version) else {
            let gone = json!({ "type": "ERROR", "object": status::expired(self.version, store.forgotten()) });
            out.push(Bytes::from(format!("{gone}\n")));
            return Standing::Over;
        };
        if self.version > store.version() {
            let gone = json!({ "type": "ERROR", "object": status::expired(self.version, store.version()) });
            out.push(Bytes::from(format!("{gone}\n")));
            return Standing::Over;
        }
        let resource = store.stored_as(self.own.resource);
        for change in changes {
            self.version = change.version;
            if change.resource == resource && self.is_there(&change.object) {
                out.extend(self.told(change, resource));
            }
            if out.len() >= most {
                break;
            }
        }
        Standing::Open
    }

    /// How far things are.
    pub fn bookmark(&self, out: &mut Vec<u8>) {
        if self.bookmarks && self.shape == Shape::Whole {
            bookmark(out, &self.resource, self.version, false);
        }
    }

    fn is_there(&self, object: &Object) -> bool {
        self.own.namespace.as_ref().is_none_or(|own| *own == object.namespace)
    }

    fn told(&mut self, change: &Arc<Change>, stored_as: ResourceIx) -> Option<Bytes> {
        let is = self.selector.takes(&change.object.value);
        let what = if self.selector.is_empty() {
            change.what
        } else {
            let was = change.before.as_ref().is_some_and(|before| self.selector.takes(&before.value));
            match (change.what, was, is) {
                (What::Deleted, true, _) | (_, true, false) => What::Deleted,
                (What::Added | What::Modified, true, true) => What::Modified,
                (What::Added | What::Modified, false, true) => What::Added,
                _ => return None,
            }
        };
        let of = Arc::clone(&self.resource);
        let gates = self.gates;
        let form =
            Form { resource: self.own.resource, of: &of, shape: self.shape, gates: &gates, clock: change.at };
        // Most ask alike: they share the text.
        let shared = match self.shape {
            Shape::Whole => Some(0),
            Shape::Table(table::Include::Metadata) if !self.is_first => Some(1),
            _ => None,
        };
        let stored = stored_as == self.own.resource;
        match shared.filter(|_| stored && what == change.what) {
            Some(at) => {
                let text = change.texts[at].get_or_init(|| {
                    let mut out = Vec::new();
                    event(&mut out, what, &change.object, &form, false);
                    Bytes::from(out)
                });
                Some(text.clone())
            }
            None => {
                let mut out = Vec::new();
                event(&mut out, what, &change.object, &form, self.is_first);
                self.is_first = false;
                Some(Bytes::from(out))
            }
        }
    }

    fn event(&mut self, out: &mut Vec<u8>, what: What, object: &Object, form: &Form<'_>) {
        event(out, what, object, form, self.is_first);
        self.is_first = false;
    }
}

fn event(out: &mut Vec<u8>, what: What, object: &Object, form: &Form<'_>, with_columns: bool) {
    out.extend_from_slice(format!("{{\"type\":\"{}\",\"object\":", what.as_str()).as_bytes());
    match form.shape {
        Shape::Whole => form.object(out, object, true),
        Shape::Metadata => form.partial(out, object),
        Shape::Table(include) => {
            let metadata: Value = json!({ "resourceVersion": object.version.to_string() });
            let columns = if with_columns { table::columns_of(form.of) } else { Value::Null };
            table::head(out, &columns, &metadata, with_columns);
            table::row(out, object, form, include);
            out.extend_from_slice(b"]}");
        }
    }
    out.extend_from_slice(b"}\n");
}
