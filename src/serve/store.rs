//! What the API serves: objects by resource, and a bounded log of what has changed.
//!
//! Each change has a resourceVersion of its own, which only rises, whatever the clock of the simulation does: where it goes back,
//! all that was served is replaced, the log begins anew, and whoever watches is told that what he saw is gone (410).
//! A change is encoded once for all who watch, and an object is spelled only when somebody reads it; what is stored is made ready
//! before the store is locked, so that nobody waits for that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::kinds::{self, RESOURCES, Resource, ResourceIx};
use super::stamps::Stamped;
use crate::rules::kubectl::printing::Columns;
use crate::time::{Span, Time};

/// So many changes are kept for those who watch, and so many bytes of them.
const KEPT: usize = 50_000;
const KEPT_BYTES: usize = 128 << 20;
/// A change takes so many times the bytes of its object's text (the text, the texts in the object, and what was sent of it), and so many
/// more for each value in the object, however short that is spelled.
const TIMES: usize = 3;
const EACH: usize = 130;

/// An object as it is stored.
#[derive(Debug)]
pub struct Object {
    /// `metadata.namespace`
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
    /// As the API prints it.
    pub value: Value,
    /// A client wrote it, on the clock of the wall: its instants are told as they were written.
    pub is_clients: bool,
    /// Its metadata, and the rest of it, as text, once somebody has asked for it.
    text: [OnceLock<Stamped>; 2],
    /// About how many bytes a change to it takes.
    weight: usize,
    /// Its `metadata.resourceVersion`.
    pub version: u64,
    /// Of a pod: what its row shows, apart from ages.
    pub row: OnceLock<PodRow>,
}

impl Object {
    /// Writes it without `kind` and `apiVersion`, from `"metadata":…` to the closing brace, all instants so much later.
    pub fn write(&self, out: &mut Vec<u8>, shift: Span) {
        self.write_metadata(out, shift);
        let rest = self.text[1].get_or_init(|| Stamped::of_rest(&self.value));
        rest.write(out, if self.is_clients { Span::ZERO } else { shift });
    }
    /// Writes `"metadata":{…}` alone.
    pub fn write_metadata(&self, out: &mut Vec<u8>, shift: Span) {
        let own = self.text[0].get_or_init(|| Stamped::of_metadata(&self.value));
        own.write(out, if self.is_clients { Span::ZERO } else { shift });
    }
    /// As a client gets it, its instants so much later.
    pub fn told(&self, resource: &Resource, shift: Span) -> Value {
        let mut out = b"{".to_vec();
        self.write(&mut out, shift);
        let told: Value = serde_json::from_slice(&out).unwrap_or_default();
        typed(resource, told)
    }
    /// A member of its metadata that is a text.
    pub fn meta(&self, name: &str) -> &str {
        self.value["metadata"][name].as_str().unwrap_or_default()
    }
}

/// With its kind and version in front.
pub fn typed(resource: &Resource, value: Value) -> Value {
    let mut typed = serde_json::json!({ "kind": resource.kind, "apiVersion": resource.api_version() });
    if let (Some(own), Value::Object(members)) = (typed.as_object_mut(), value) {
        own.extend(members.into_iter().filter(|(name, _)| !matches!(name.as_str(), "kind" | "apiVersion")));
    }
    typed
}

/// What is to be stored: an object as it is, or that it is gone.
pub struct Put {
    /// Of which resource.
    pub resource: ResourceIx,
    /// Empty: it lives in none.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
    /// None: it is gone.
    pub value: Option<Value>,
    /// A client wrote it, on the clock of its own wall.
    pub is_clients: bool,
}

/// What the row of a pod is made of.
#[derive(Clone, Debug)]
pub struct PodRow {
    /// READY, STATUS, RESTARTS.
    pub columns: Columns,
    /// Since when it is there.
    pub created: Option<Time>,
    /// IP, NODE, NOMINATED NODE, READINESS GATES.
    pub wide: [String; 4],
}

/// What became of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// It is new.
    Added,
    /// It is another.
    Modified,
    /// It is gone.
    Deleted,
}

impl What {
    /// As a watch spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            What::Added => "ADDED",
            What::Modified => "MODIFIED",
            What::Deleted => "DELETED",
        }
    }
}

/// A change, for those who watch.
#[derive(Debug)]
pub struct Change {
    /// Its resourceVersion.
    pub version: u64,
    /// Of which resource.
    pub resource: ResourceIx,
    /// What became of it.
    pub what: What,
    /// As it is now; of one that is gone, as it was last.
    pub object: Arc<Object>,
    /// As it was before.
    pub before: Option<Arc<Object>>,
    /// The instant of the simulation, and how much later the clock on the wall was.
    pub at: (Time, Span),
    /// As text for those who asked for objects, and for those who asked for rows of a table.
    pub texts: [OnceLock<Bytes>; 2],
}

/// What is served.
pub struct Store {
    /// By resource: the objects by `namespace/name`, in the order in which etcd has them.
    objects: Vec<BTreeMap<String, Arc<Object>>>,
    /// The resources that clients have defined, behind those that there always are; None: it is not defined any more.
    custom: Vec<(Arc<Resource>, bool)>,
    version: u64,
    log: VecDeque<Arc<Change>>,
    log_bytes: usize,
    /// Changes up to here are not known any more.
    forgotten: u64,
    /// The instant of the simulation, and how much later the clock on the wall is.
    pub clock: (Time, Span),
    /// Somebody measures what is used: without a metrics server there is no metrics.k8s.io.
    pub is_measured: bool,
}

impl Default for Store {
    fn default() -> Store {
        Store {
            objects: RESOURCES.iter().map(|_| BTreeMap::new()).collect(),
            custom: Vec::new(),
            version: 1,
            log: VecDeque::new(),
            log_bytes: 0,
            forgotten: 0,
            clock: (Time::EPOCH, Span::ZERO),
            is_measured: true,
        }
    }
}

fn key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

impl Store {
    /// The resourceVersion of the newest change.
    pub fn version(&self) -> u64 {
        self.version
    }
    /// Changes up to here are not known any more.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The resource of a place.
    pub fn resource(&self, ix: ResourceIx) -> &Arc<Resource> {
        match RESOURCES.get(ix) {
            Some(own) => own,
            None => &self.custom[ix - RESOURCES.len()].0,
        }
    }
    /// All that are served, with their places.
    pub fn resources(&self) -> impl Iterator<Item = (ResourceIx, &Arc<Resource>)> {
        let custom = self.custom.iter().enumerate().filter(|(_, (_, is_defined))| *is_defined);
        let is_there = |own: &Resource| self.is_measured || own.group != "metrics.k8s.io";
        RESOURCES
            .iter()
            .enumerate()
            .filter(move |(_, own)| is_there(own))
            .chain(custom.map(|(ix, (own, _))| (RESOURCES.len() + ix, own)))
    }
    /// The resources that clients have defined.
    pub fn custom(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.custom.iter().filter(|(_, is_defined)| *is_defined).map(|(own, _)| own)
    }
    /// A resource by its group, version and plural.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<ResourceIx> {
        let is_it = |own: &Resource| own.group == group && own.version == version && own.plural == plural;
        self.resources().find(|(_, own)| is_it(own)).map(|(ix, _)| ix)
    }
    /// The one of a kind, in the version in which its objects are stored.
    pub fn of_kind(&self, group: &str, kind: &str) -> Option<ResourceIx> {
        self.resources().find(|(_, own)| own.group == group && own.kind == kind).map(|(ix, _)| ix)
    }
    /// The one of a kind in a version.
    pub fn of_version(&self, api_version: &str, kind: &str) -> Option<ResourceIx> {
        self.resources()
            .find(|(_, own)| own.kind == kind && own.api_version() == api_version)
            .map(|(ix, _)| ix)
    }
    /// Where the objects of a resource are stored: some are served in several versions, events in two groups.
    pub fn stored_as(&self, resource: ResourceIx) -> ResourceIx {
        if resource < RESOURCES.len() {
            return kinds::stored_as(resource);
        }
        let own = self.resource(resource);
        self.of_kind(own.group, own.kind).unwrap_or(resource)
    }
    /// Whether a group is served in a version.
    pub fn has_version(&self, group: &str, version: &str) -> bool {
        self.resources().any(|(_, own)| own.group == group && own.version == version)
    }
    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.objects.iter().map(BTreeMap::len).sum()
    }
    /// Groups but the core, each with its versions, in the order of discovery.
    pub fn groups(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut groups: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
        for (_, own) in self.resources().filter(|(_, own)| !own.group.is_empty()) {
            match groups.iter_mut().find(|(group, _)| *group == own.group) {
                Some((_, versions)) if versions.contains(&own.version) => {}
                Some((_, versions)) => versions.push(own.version),
                None => groups.push((own.group, vec![own.version])),
            }
        }
        groups
    }
    /// These are the resources that clients have defined from now on; what was stored of others is gone.
    pub fn define(&mut self, all: Vec<Resource>) {
        let is_same = |own: &Resource, new: &Resource| {
            (own.group, own.version, own.plural, own.kind) == (new.group, new.version, new.plural, new.kind)
        };
        for (ix, (own, is_defined)) in self.custom.iter_mut().enumerate() {
            *is_defined = all.iter().any(|new| is_same(own, new));
            if !*is_defined {
                self.objects[RESOURCES.len() + ix].clear();
            }
        }
        for new in all {
            match self.custom.iter_mut().find(|(own, _)| is_same(own, &new)) {
                Some((own, _)) => *own = Arc::new(new),
                None => {
                    self.custom.push((Arc::new(new), true));
                    self.objects.push(BTreeMap::new());
                }
            }
        }
    }

    /// Stores an object as it is, or takes it away.
    pub fn put(&mut self, resource: ResourceIx, namespace: &str, name: &str, value: Option<Value>) {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        let put = Put { resource, namespace, name, value, is_clients: false };
        let mut changes = Vec::new();
        self.prepared(vec![(self.clock, vec![put])], &mut changes);
        self.take(changes);
    }

    /// What is to be stored, each with its instant, made ready with the versions that it will have.
    pub fn prepared(&self, puts: Vec<((Time, Span), Vec<Put>)>, changes: &mut Vec<Change>) {
        let mut version = self.version;
        let mut latest = FxHashMap::default();
        let all = puts.into_iter().flat_map(|(at, puts)| puts.into_iter().map(move |put| (at, put)));
        for (at, Put { resource, namespace, name, value, is_clients }) in all {
            let place = (resource, key(&namespace, &name));
            let before = match latest.get(&place).and_then(|at: &usize| changes.get(*at)) {
                Some(own) => (own.what != What::Deleted).then(|| Arc::clone(&own.object)),
                None => self.objects[resource].get(&place.1).cloned(),
            };
            let (what, value) = match (value, &before) {
                (Some(value), None) => (What::Added, value),
                (Some(value), Some(_)) => (What::Modified, value),
                (None, Some(before)) => (What::Deleted, before.value.clone()),
                (None, None) => continue,
            };
            version += 1;
            latest.insert(place, changes.len());
            let is_clients =
                is_clients || (what == What::Deleted && before.as_ref().is_some_and(|own| own.is_clients));
            let object = Arc::new(object(&namespace, &name, value, Some(version), is_clients));
            let texts = [OnceLock::new(), OnceLock::new()];
            changes.push(Change { version, resource, what, object, before, at, texts });
        }
    }

    /// Stores what was made ready; what is kept no longer is handed back, to be let go of elsewhere.
    pub fn take(&mut self, changes: Vec<Change>) -> Vec<Arc<Change>> {
        let mut old = Vec::new();
        for change in changes {
            let key = key(&change.object.namespace, &change.object.name);
            match change.what {
                What::Deleted => drop(self.objects[change.resource].remove(&key)),
                _ => drop(self.objects[change.resource].insert(key, Arc::clone(&change.object))),
            }
            self.version = change.version;
            self.keep(change, &mut old);
        }
        old
    }

    /// Stores an object that was written elsewhere, with the version that it has; nobody is told.
    pub fn load(&mut self, resource: ResourceIx, value: Value) {
        let text = |name: &str| value["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        let object = object(&namespace, &name, value, None, false);
        self.version = self.version.max(object.version);
        self.objects[resource].insert(key(&namespace, &name), Arc::new(object));
    }

    /// All objects of a resource anew; nobody is told.
    pub fn replace(&mut self, resource: ResourceIx, all: Vec<Value>) {
        self.objects[resource].clear();
        for value in all {
            self.load(resource, value);
        }
    }

    fn keep(&mut self, change: Change, old: &mut Vec<Arc<Change>>) {
        self.log_bytes += change.object.weight;
        self.log.push_back(Arc::new(change));
        while self.log.len() > KEPT || self.log_bytes > KEPT_BYTES {
            let Some(oldest) = self.log.pop_front() else { break };
            self.log_bytes -= oldest.object.weight;
            self.forgotten = oldest.version;
            old.push(oldest);
        }
    }

    /// Forgets everything: what comes now is another past.
    pub fn begin_anew(&mut self) {
        for objects in &mut self.objects {
            objects.clear();
        }
        self.log.clear();
        self.log_bytes = 0;
        self.version += 1;
        self.forgotten = self.version;
    }

    /// The log is not needed: all that was put stands since the beginning.
    pub fn forget_log(&mut self) {
        self.log.clear();
        self.log_bytes = 0;
        self.forgotten = self.version;
    }

    /// One object.
    pub fn get(&self, resource: ResourceIx, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.objects[resource].get(&key(namespace, name))
    }

    /// The objects of a resource, of one namespace or of all.
    pub fn all<'a>(
        &'a self,
        resource: ResourceIx,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&'a String, &'a Arc<Object>)> + use<'a> {
        let own = namespace.map(|namespace| format!("{namespace}/"));
        let from = own.clone().unwrap_or_default();
        self.objects[resource]
            .range(from..)
            .take_while(move |(key, _)| own.as_ref().is_none_or(|own| key.starts_with(own.as_str())))
    }

    /// What has changed since a version, the oldest first; None: that is not known any more.
    pub fn since(&self, version: u64) -> Option<impl Iterator<Item = &Arc<Change>>> {
        if version < self.forgotten {
            return None;
        }
        let from = self.log.partition_point(|change| change.version <= version);
        Some(self.log.range(from..))
    }
}

fn object(namespace: &str, name: &str, mut value: Value, version: Option<u64>, is_clients: bool) -> Object {
    let version = match version {
        Some(version) => {
            value["metadata"]["resourceVersion"] = version.to_string().into();
            version
        }
        None => value["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0),
    };
    Object {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        is_clients,
        text: [OnceLock::new(), OnceLock::new()],
        weight: TIMES * weight(&value) + EACH * values(&value),
        value,
        version,
        row: OnceLock::new(),
    }
}

/// About how many bytes a value is, spelled.
pub fn weight(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + 4 + weight(value)).sum(),
        Value::Array(list) => list.iter().map(|own| 1 + weight(own)).sum(),
        Value::String(text) => text.len() + 2,
        _ => 5,
    }
}

/// How many values there are in one, itself included.
fn values(value: &Value) -> usize {
    1 + match value {
        Value::Object(members) => members.values().map(values).sum(),
        Value::Array(list) => list.iter().map(values).sum::<usize>(),
        _ => 0,
    }
}
