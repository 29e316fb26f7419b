//! What the API serves: objects by resource, and a bounded log of what has changed.
//!
//! Each change has a resourceVersion of its own, which only rises, whatever the clock of the simulation does: where it goes back,
//! all that was served is replaced, the log begins anew, and whoever watches is told that what he saw is gone (410).
//! A change is encoded once for all who watch.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use serde_json::Value;

use super::kinds::{RESOURCES, ResourceIx};
use super::stamps::Stamped;
use crate::rules::kubectl::printing::Columns;
use crate::time::{Span, Time};

/// So many changes are kept for those who watch, and so many bytes of them.
const KEPT: usize = 50_000;
const KEPT_BYTES: usize = 128 << 20;

/// An object as it is stored.
#[derive(Debug)]
pub struct Object {
    /// `metadata.namespace`
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
    /// As the API prints it.
    pub value: Value,
    /// The same as text.
    pub text: Stamped,
    /// Its `metadata.resourceVersion`.
    pub version: u64,
    /// Of a pod: what its row shows, apart from ages.
    pub row: OnceLock<PodRow>,
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
    version: u64,
    log: VecDeque<Arc<Change>>,
    log_bytes: usize,
    /// Changes up to here are not known any more.
    forgotten: u64,
    /// The instant of the simulation, and how much later the clock on the wall is.
    pub clock: (Time, Span),
}

impl Default for Store {
    fn default() -> Store {
        Store {
            objects: RESOURCES.iter().map(|_| BTreeMap::new()).collect(),
            version: 1,
            log: VecDeque::new(),
            log_bytes: 0,
            forgotten: 0,
            clock: (Time::EPOCH, Span::ZERO),
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

    /// Stores an object as it is, or takes it away.
    pub fn put(&mut self, resource: ResourceIx, namespace: &str, name: &str, value: Option<Value>) {
        let key = key(namespace, name);
        let before = self.objects[resource].get(&key).cloned();
        let (what, value) = match (value, &before) {
            (Some(value), None) => (What::Added, value),
            (Some(value), Some(_)) => (What::Modified, value),
            (None, Some(before)) => (What::Deleted, before.value.clone()),
            (None, None) => return,
        };
        self.version += 1;
        let object = Arc::new(object(namespace, name, value, Some(self.version)));
        match what {
            What::Deleted => drop(self.objects[resource].remove(&key)),
            _ => drop(self.objects[resource].insert(key, Arc::clone(&object))),
        }
        self.keep(Change {
            version: self.version,
            resource,
            what,
            object,
            before,
            at: self.clock,
            texts: [OnceLock::new(), OnceLock::new()],
        });
    }

    /// Stores an object that was written elsewhere, with the version that it has; nobody is told.
    pub fn load(&mut self, resource: ResourceIx, value: Value) {
        let text = |name: &str| value["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        let object = object(&namespace, &name, value, None);
        self.version = self.version.max(object.version);
        self.objects[resource].insert(key(&namespace, &name), Arc::new(object));
    }

    fn keep(&mut self, change: Change) {
        self.log_bytes += change.object.text.size();
        self.log.push_back(Arc::new(change));
        while self.log.len() > KEPT || self.log_bytes > KEPT_BYTES {
            let Some(oldest) = self.log.pop_front() else { break };
            self.log_bytes -= oldest.object.text.size();
            self.forgotten = oldest.version;
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

fn object(namespace: &str, name: &str, mut value: Value, version: Option<u64>) -> Object {
    let version = match version {
        Some(version) => {
            value["metadata"]["resourceVersion"] = version.to_string().into();
            version
        }
        None => value["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0),
    };
    let text = Stamped::of(&value);
    Object {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        value,
        text,
        version,
        row: OnceLock::new(),
    }
}
