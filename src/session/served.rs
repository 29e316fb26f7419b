//! What the API server has, object by object, for a client that looks on: everything at once, and then what each step has
//! changed.
//!
//! Nothing of it costs a run that nobody looks at: what has changed is found from outside, by the versions of what is
//! stored, by the pods that were written and by the rows of the record. Events are told as objects and forgotten an hour after
//! they were seen last, as the API server does it (`--event-ttl`).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

use super::{Walk, objects, referred, slices, volumes};
use crate::actors::heartbeats;
use crate::actors::node_lifecycle::KUBELET_AGE;
use crate::api::{PodIdent, Sym, wire};
use crate::engine::random::entity;
use crate::record::{Change, Event, ObjectChange, ObjectRow, Transition};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::namespace::NamespaceCondition;
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::scenario::command::Write;
use crate::time::{Span, Time};
use crate::world::namespaces::NAMESPACES;
use crate::world::stored::StoredKey;
use crate::world::workloads::ObjectKey;
use crate::world::{NodeConditionKind, NodeId, PodId, World};

/// What became of an object.
pub struct News {
    /// Empty: the core group.
    pub group: String,
    /// `Pod`
    pub kind: String,
    /// Empty: it lives in none.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
    /// None: it is gone.
    pub object: Option<Value>,
    /// A client wrote it, on the clock of its own wall.
    pub is_clients: bool,
}

/// Events are forgotten so long after they were seen last.
pub(super) const EVENTS_STAY: Span = Span::from_secs(3600);

/// What was told of a run so far.
#[derive(Default)]
pub struct Served {
    /// By namespace and name: which pod was told last.
    pods: BTreeMap<(String, String), PodId>,
    nodes: Vec<Option<u64>>,
    objects: FxHashMap<ObjectRow, (ObjectKey, u64)>,
    /// How often the slices of a Service had been written.
    slices: FxHashMap<ObjectRow, (u32, Vec<String>)>,
    /// Those that are there, with the instant of their first sight; and by their last sight.
    events: BTreeMap<u32, Seen>,
    /// Those that are told of, as they were told last; and up to which write of those that are deleted.
    namespaces: BTreeMap<String, Value>,
    newest_namespace: u64,
    /// How many there have been that nobody made.
    namespaces_found: u64,
    /// How often what controllers put into namespaces was put there again.
    again: u64,
    /// Claims, volumes, classes, and what pods refer to: few change seldom, and are held against what was told.
    others: BTreeMap<(&'static str, String, String), Value>,
    resource_version: u64,
    /// What clients have stored: of each the version that was told.
    stored: BTreeMap<StoredKey, u64>,
    newest_stored: u64,
    /// Steps up to here were told.
    step: u64,
    /// When old events were last looked for.
    swept: Option<Time>,
}

struct Seen {
    namespace: String,
    name: String,
    first: Time,
    last: Time,
}

impl Served {
    /// Everything that is there now; from here on each step is followed.
    pub fn begin(walk: &mut Walk, to: &mut Vec<News>) -> Served {
        let mut served = Served::default();
        walk.session.world.touched = Some(Vec::new());
        let w = walk.world();
        for name in NAMESPACES {
            served.namespace(w, name, to);
        }
        for ix in 0..w.pods.len() {
            served.pod(w, PodId::new(ix), to);
        }
        served.stored(w, to);
        served.rest(w, to);
        served.written(w, to);
        served.events_of(w, walk.history(), to);
        served.deleted_namespaces(w, to);
        served.step = walk.position();
        served.forget(w, to);
        served
    }

    /// What the last step has changed.
    pub fn follow(&mut self, walk: &mut Walk, to: &mut Vec<News>) {
        let w = &mut walk.session.world;
        let mut pods = w.touched.as_mut().map(std::mem::take).unwrap_or_default();
        w.left.clear();
        pods.sort_unstable();
        pods.dedup();
        let w = walk.world();
        for pod in pods {
            self.pod(w, pod, to);
        }
        if w.resource_version != self.resource_version {
            self.stored(w, to);
        }
        if w.stored.newest != self.newest_stored {
            // What is kept beside an object that is played is told with it.
            self.rest(w, to);
            self.written(w, to);
        }
        for step in self.step + 1..=walk.position() {
            self.events_of(w, walk.rows_of(step).iter().copied(), to);
        }
        self.deleted_namespaces(w, to);
        self.step = walk.position();
    }

    /// The last step was taken back, and nothing of it was seen.
    pub fn step_back(&mut self, walk: &mut Walk) {
        self.step = self.step.min(walk.position());
        walk.session.world.touched = Some(Vec::new());
    }

    /// What clients have stored that nobody plays.
    fn written(&mut self, w: &World, to: &mut Vec<News>) {
        self.newest_stored = w.stored.newest;
        for (key, own) in w.stored.iter() {
            if is_played(key) || self.stored.get(key) == Some(&own.written) {
                continue;
            }
            self.stored.insert(key.clone(), own.written);
            if key.kind == "Namespace" && key.group.is_empty() {
                let is_new = self.namespaces.insert(key.name.clone(), (*own.value).clone()).is_none();
                let created = own.value["metadata"]["creationTimestamp"].as_str().unwrap_or_default();
                if is_new {
                    to.extend(INHABITANTS.map(|of| inhabitant(of, &key.name, (created, true), 0)));
                }
            }
            self.namespace(w, &key.namespace, to);
            let mut own = (*own.value).clone();
            if key.kind == "Namespace" && key.group.is_empty() {
                as_it_goes(w, &key.name, &mut own);
            }
            let own = Some(own);
            to.push(News { is_clients: true, ..news(&key.group, &key.kind, &key.namespace, &key.name, own) });
        }
        let gone: Vec<StoredKey> =
            self.stored.keys().filter(|key| w.stored.get(key).is_none()).cloned().collect();
        for key in gone {
            self.stored.remove(&key);
            if key.kind == "Namespace" && key.group.is_empty() {
                self.namespace_gone(&key.name, to);
                continue;
            }
            to.push(news(&key.group, &key.kind, &key.namespace, &key.name, None));
        }
    }

    /// A client has deleted something: what controllers put into every namespace they put there again.
    pub fn deleted(&mut self, w: &World, write: &Write, to: &mut Vec<News>) {
        let Some(of) = INHABITANTS.into_iter().find(|of| *of == (write.kind.as_str(), write.name.as_str()))
        else {
            return;
        };
        if write.object.is_none()
            && write.group.is_empty()
            && self.namespaces.contains_key(write.namespace.as_str())
            && !w.namespaces.is_terminating(write.namespace)
        {
            self.again += 1;
            to.push(news("", of.0, write.namespace.as_str(), of.1, None));
            to.push(inhabitant(of, write.namespace.as_str(), (&w.now.rfc3339_secs(), false), self.again));
        }
    }

    /// What is not looked at step by step, because it changes seldom: claims, volumes, what pods refer to, events that are over.
    pub fn settle(&mut self, walk: &Walk, to: &mut Vec<News>) {
        self.rest(walk.world(), to);
        self.forget(walk.world(), to);
    }

    fn namespace(&mut self, w: &World, name: &str, to: &mut Vec<News>) {
        if name.is_empty() || self.namespaces.contains_key(name) {
            return;
        }
        // What is left behind in one that is gone does not bring it back.
        if w.namespaces.iter().any(|own| own.is_gone && own.name == *name) {
            return;
        }
        self.namespaces_found += 1;
        let since = w.namespaces.again_since(Sym::new(name)).unwrap_or(w.plan.start - KUBELET_AGE);
        let created = since.rfc3339_secs();
        to.extend(INHABITANTS.map(|of| inhabitant(of, name, (&created, false), 0)));
        let object = json!({
            "kind": "Namespace", "apiVersion": "v1",
            "metadata": {
                "name": name, "uid": uid(1, self.namespaces_found),
                "creationTimestamp": created,
                "labels": { "kubernetes.io/metadata.name": name },
            },
            "spec": { "finalizers": ["kubernetes"] },
            "status": { "phase": "Active" },
        });
        self.namespaces.insert(name.to_owned(), object.clone());
        to.push(news("", "Namespace", "", name, Some(object)));
    }

    /// Those that somebody has deleted: how they stand, or that they are gone.
    fn deleted_namespaces(&mut self, w: &World, to: &mut Vec<News>) {
        let told = std::mem::replace(&mut self.newest_namespace, w.namespaces.newest);
        for own in w.namespaces.iter().filter(|own| own.written > told) {
            let name = own.name.as_str();
            if own.is_gone {
                self.namespace_gone(name, to);
            } else if let Some(before) = self.namespaces.get(name) {
                let mut object = before.clone();
                as_it_goes(w, name, &mut object);
                to.push(news("", "Namespace", "", name, Some(object)));
            }
        }
    }

    /// With a namespace goes what controllers put into it, and what was told in it.
    fn namespace_gone(&mut self, name: &str, to: &mut Vec<News>) {
        if self.namespaces.remove(name).is_none() {
            return;
        }
        let events = self.events.values().filter(|seen| seen.namespace == name);
        to.extend(events.map(|seen| news("", "Event", name, &seen.name, None)));
        self.events.retain(|_, seen| seen.namespace != name);
        to.extend(INHABITANTS.map(|(kind, own)| news("", kind, name, own, None)));
        to.push(news("", "Namespace", "", name, None));
    }

    fn pod(&mut self, w: &World, pod: PodId, to: &mut Vec<News>) {
        let p = &w.pods[pod.ix()];
        let (namespace, name) = (p.ident.namespace.as_str(), p.ident.name.to_string());
        let key = (namespace.to_owned(), name.clone());
        if p.exists {
            self.namespace(w, namespace, to);
            self.pods.insert(key, pod);
            let mut object = wire::pod_value(&objects::object(w, pod));
            with_what_is_beside(w, "", "Pod", &mut object);
            to.push(news("", "Pod", namespace, &name, Some(object)));
        } else if self.pods.get(&key) == Some(&pod) {
            // The next pod of that name may be there already.
            self.pods.remove(&key);
            to.push(news("", "Pod", namespace, &name, None));
        }
    }

    /// Nodes, and the kinds that are stored as they are sent, with the slices of Services.
    fn stored(&mut self, w: &World, to: &mut Vec<News>) {
        self.resource_version = w.resource_version;
        self.nodes.resize(w.nodes.len(), None);
        for (ix, node) in w.nodes.iter().enumerate() {
            let beside = w.stored.get(&stored_key("", "Node", "", node.spec.name.as_str()));
            let newest = node.resource_version.max(beside.map_or(0, |own| own.written));
            let now = node.exists.then_some(newest);
            if self.nodes[ix] != now {
                self.nodes[ix] = now;
                to.push(self::node(w, ix, w.now));
            }
        }
        for key in w.workloads.all() {
            let Some(held) =
                w.workloads.held(key).filter(|_| !matches!(key, ObjectKey::PersistentVolumeClaim(_)))
            else {
                continue;
            };
            let (row, meta) = (held.row(), held.meta());
            let before = self.objects.get(&row).map(|(_, told)| *told);
            let law = held.object_type().law();
            if held.exists() {
                let beside = match w.stored.newest {
                    0 => None,
                    _ => w.stored.get(&stored_key(law.group, law.name, &meta.namespace, &meta.name)),
                };
                let newest = meta.resource_version.max(beside.map_or(0, |own| own.written));
                if before != Some(newest) {
                    self.objects.insert(row, (key, newest));
                    self.namespace(w, meta.namespace.as_str(), to);
                    let mut object = held.print();
                    with_what_is_beside(w, law.group, law.name, &mut object);
                    to.push(news(law.group, law.name, &meta.namespace, &meta.name, Some(object)));
                }
            } else if before.is_some() {
                self.objects.remove(&row);
                to.push(news(law.group, law.name, &meta.namespace, &meta.name, None));
            }
        }
        self.slices(w, to);
    }

    /// The slices of a Service that was written to, and its Endpoints.
    fn slices(&mut self, w: &World, to: &mut Vec<News>) {
        for served in w.workloads.services.iter() {
            let now = served.beside.as_ref().filter(|_| served.exists).map(|slices| slices.writes);
            let before = self.slices.get(&served.row).map(|(writes, _)| *writes);
            if now == before {
                continue;
            }
            let (namespace, service) =
                (served.object.meta.namespace.as_str(), served.object.meta.name.as_str());
            let spelled = slices::of_service(w, served);
            let names: Vec<String> = spelled.iter().map(|(name, _)| name.clone()).collect();
            let gone = self.slices.remove(&served.row).map(|(_, names)| names).unwrap_or_default();
            for name in gone.iter().filter(|name| !names.contains(name)) {
                to.push(news("discovery.k8s.io", "EndpointSlice", namespace, name, None));
            }
            if now.is_none() {
                to.push(news("", "Endpoints", namespace, service, None));
                continue;
            }
            let endpoints = slices::as_endpoints(served, spelled.iter().map(|(_, slice)| slice));
            for (name, slice) in spelled {
                to.push(news("discovery.k8s.io", "EndpointSlice", namespace, &name, Some(slice)));
            }
            to.push(news("", "Endpoints", namespace, service, Some(endpoints)));
            self.slices.insert(served.row, (now.unwrap_or(0), names));
        }
    }

    /// Claims, volumes, classes, and what pods refer to.
    fn rest(&mut self, w: &World, to: &mut Vec<News>) {
        let has_storage = !w.storage.classes.is_empty() || !w.storage.volumes.is_empty();
        if w.objects.is_empty() && !has_storage && self.others.is_empty() {
            return;
        }
        let mut now: Vec<(&'static str, &'static str, String, String, Value)> = Vec::new();
        for (namespace, name, value) in volumes::claims(w) {
            now.push(("", "PersistentVolumeClaim", namespace.to_string(), name.to_string(), value));
        }
        for (name, value) in volumes::volumes(w) {
            now.push(("", "PersistentVolume", String::new(), name.to_string(), value));
        }
        for (name, value) in volumes::classes(w) {
            now.push(("storage.k8s.io", "StorageClass", String::new(), name.to_string(), value));
        }
        for (at, own) in w.objects.iter().enumerate().filter(|(_, own)| own.exists) {
            let Some(kind) = referred::kind(own.kind) else { continue };
            let value = referred::value(w, at);
            now.push(("", kind, own.namespace.to_string(), own.name.to_string(), value));
        }
        let mut left = std::mem::take(&mut self.others);
        for (group, kind, namespace, name, mut value) in now {
            let written = w.stored.get(&stored_key(group, kind, &namespace, &name));
            let is_claim = kind == "PersistentVolumeClaim";
            match written {
                Some(beside) if is_claim => with(&mut value, &beside.value["metadata"]),
                // What has become of a volume is the simulation's to say.
                Some(written) if kind == "PersistentVolume" => {
                    let told = std::mem::replace(&mut value, (*written.value).clone());
                    for (name, own) in told["metadata"]["annotations"].as_object().into_iter().flatten() {
                        value["metadata"]["annotations"][name] = own.clone();
                    }
                    value["spec"] = told["spec"].clone();
                    value["status"] = told["status"].clone();
                }
                Some(written) => value = (*written.value).clone(),
                None => {}
            }
            let is_clients = written.is_some() && !is_claim;
            value["kind"] = kind.into();
            value["apiVersion"] = if group.is_empty() { "v1".into() } else { format!("{group}/v1").into() };
            value["metadata"]["name"] = name.as_str().into();
            if !namespace.is_empty() {
                value["metadata"]["namespace"] = namespace.as_str().into();
            }
            if value["metadata"]["uid"].is_null() {
                let number = entity(&[kind, &namespace, &name]);
                value["metadata"]["uid"] = uid(2, number).into();
            }
            let key = (kind, namespace, name);
            if left.remove(&key).as_ref() != Some(&value) {
                self.namespace(w, &key.1, to);
                to.push(News { is_clients, ..news(group, kind, &key.1, &key.2, Some(value.clone())) });
            }
            self.others.insert(key, value);
        }
        for (kind, namespace, name) in left.into_keys() {
            let group = if kind == "StorageClass" { "storage.k8s.io" } else { "" };
            to.push(news(group, kind, &namespace, &name, None));
        }
    }

    fn events_of(&mut self, w: &World, rows: impl IntoIterator<Item = Transition>, to: &mut Vec<News>) {
        for row in rows {
            let (event, about) = match (row.change, row.pod) {
                (Change::Event(event), Some(pod)) => (event, About::pod(w, pod as usize, row.node)),
                (Change::Object { object, what: ObjectChange::Event(event) }, _) => {
                    (event, self.about_object(w, object))
                }
                _ => continue,
            };
            let name = format!("{}.{:016x}", about.name, u64::from(event.object) + (0x18 << 56));
            let seen = self.events.entry(event.object).or_insert_with(|| Seen {
                namespace: about.namespace.clone(),
                name: name.clone(),
                first: row.time,
                last: row.time,
            });
            seen.last = row.time;
            let object = event_value(&event, &about, seen);
            to.push(news("", "Event", &about.namespace, &name, Some(object)));
        }
    }

    fn about_object(&self, w: &World, row: ObjectRow) -> About {
        let ident = w.directory.objects[row as usize];
        let held = self.objects.get(&row).and_then(|(key, _)| w.workloads.held(*key));
        let (kind, version, uid) = match held {
            Some(held) => {
                let ty = held.object_type();
                (ty.name().to_owned(), ty.api_version(), held.meta().uid.to_string())
            }
            None => (ident.kind.to_string(), String::new(), String::new()),
        };
        About {
            kind,
            version,
            namespace: ident.namespace.to_string(),
            name: ident.name.to_string(),
            uid,
            host: String::new(),
            ident: PodIdent::NOBODY,
        }
    }

    /// Events that were not seen for an hour are gone; they are looked for once a minute.
    fn forget(&mut self, w: &World, to: &mut Vec<News>) {
        const EVERY: Span = Span::from_secs(60);
        if self.swept.is_some_and(|last| w.now.since(last) < EVERY) {
            return;
        }
        self.swept = Some(w.now);
        let is_over = |seen: &Seen| w.now.since(seen.last) >= EVENTS_STAY;
        let gone = self.events.values().filter(|seen| is_over(seen));
        to.extend(gone.map(|seen| news("", "Event", &seen.namespace, &seen.name, None)));
        self.events.retain(|_, seen| !is_over(seen));
    }
}

fn news(group: &str, kind: &str, namespace: &str, name: &str, object: Option<Value>) -> News {
    let [group, kind, namespace, name] = [group, kind, namespace, name].map(str::to_owned);
    News { group, kind, namespace, name, object, is_clients: false }
}

/// What controllers put into every namespace: an account for its pods, and the certificate by which they know the API server
/// (`syncNamespace` of pkg/controller/serviceaccount/serviceaccounts_controller.go and of pkg/controller/certificates/
/// rootcacertpublisher/publisher.go, v1.36.2).
const INHABITANTS: [(&str, &str); 2] = [("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")];

/// One of them, made at an instant that the simulation or (true) a client tells, for the so manieth time.
fn inhabitant(of: (&str, &str), namespace: &str, created: (&str, bool), time: u64) -> News {
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nsimulated\n-----END CERTIFICATE-----\n";
    let ((kind, name), (created, is_clients)) = (of, created);
    let mut object = json!({ "kind": kind, "apiVersion": "v1", "metadata": {
        "name": name, "namespace": namespace, "uid": uid(6, entity(&[kind, namespace]).wrapping_add(time)),
        "creationTimestamp": created,
    } });
    if kind == "ConfigMap" {
        object["data"] = json!({ "ca.crt": CERTIFICATE });
    }
    News { is_clients, ..news("", kind, namespace, name, Some(object)) }
}

/// What of a namespace is otherwise while it is being deleted (`Delete`, pkg/registry/core/namespace/storage/storage.go).
pub(super) fn as_it_goes(w: &World, name: &str, object: &mut Value) {
    let Some(own) = w.namespaces.iter().find(|own| own.name.as_str() == name && !own.is_gone) else { return };
    let condition = |own: &NamespaceCondition| {
        json!({
            "type": own.kind, "status": if own.status { "True" } else { "False" },
            "lastTransitionTime": own.since.rfc3339_secs(), "reason": own.reason, "message": own.message,
        })
    };
    let conditions: Vec<Value> = own.conditions.iter().map(condition).collect();
    object["metadata"]["deletionTimestamp"] = own.deleted.rfc3339_secs().into();
    object["status"]["phase"] = "Terminating".into();
    if !conditions.is_empty() {
        object["status"]["conditions"] = conditions.into();
    }
}

/// With members of another object in its metadata.
fn with(object: &mut Value, metadata: &Value) {
    for (name, value) in metadata.as_object().into_iter().flatten() {
        object["metadata"][name] = value.clone();
    }
}

fn stored_key(group: &str, kind: &str, namespace: &str, name: &str) -> StoredKey {
    let [group, kind, namespace, name] = [group, kind, namespace, name].map(str::to_owned);
    StoredKey { group, kind, namespace, name }
}

/// Whether what is stored under a key is told with an object of the simulation.
fn is_played(key: &StoredKey) -> bool {
    let told =
        ["Pod", "Node", "ConfigMap", "Secret", "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim"];
    (key.group.is_empty() && told.contains(&key.kind.as_str()))
        || (key.group == "storage.k8s.io" && key.kind == "StorageClass")
        || ObjectType::kept().any(|ty| ty.law().name == key.kind && ty.law().group == key.group)
}

/// An object that is played, with what a client has said of it that the simulation does not keep.
fn with_what_is_beside(w: &World, group: &str, kind: &str, object: &mut Value) {
    if w.stored.newest == 0 {
        return;
    }
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
    let Some(beside) = w.stored.get(&stored_key(group, kind, text("namespace"), text("name"))) else {
        return;
    };
    let beside = &beside.value["metadata"];
    if beside["uid"] != text("uid") {
        return;
    }
    if kind == "Pod" && beside.get("annotations").is_none() {
        metadata.shift_remove("annotations");
    }
    for (name, value) in beside.as_object().into_iter().flatten() {
        metadata.insert(name.clone(), value.clone());
    }
}

/// A uid of what a run gives none.
pub(super) fn uid(what: u32, number: u64) -> String {
    format!("{what:08x}-0000-4000-8000-{:012x}", number & 0xffff_ffff_ffff)
}

/// What an event is about.
struct About {
    kind: String,
    version: String,
    namespace: String,
    name: String,
    uid: String,
    host: String,
    ident: PodIdent,
}

impl About {
    fn pod(w: &World, pod: usize, node: Option<u32>) -> About {
        let ident = w.directory.pods[pod];
        About {
            kind: "Pod".to_owned(),
            version: "v1".to_owned(),
            namespace: ident.namespace.to_string(),
            name: ident.name.to_string(),
            uid: ident.uid.to_string(),
            host: node.map_or_else(String::new, |node| w.directory.nodes[node as usize].to_string()),
            ident,
        }
    }
}

fn event_value(event: &Event, about: &About, seen: &Seen) -> Value {
    let mut involved = json!({
        "kind": about.kind, "namespace": about.namespace, "name": about.name, "uid": about.uid,
        "apiVersion": about.version,
    });
    if !event.field_path.is_empty() {
        involved["fieldPath"] = event.field_path.as_str().into();
    }
    let component = event.component.as_str();
    let mut source = json!({ "component": component });
    if component == "kubelet" && !about.host.is_empty() {
        source["host"] = about.host.as_str().into();
    }
    json!({
        "kind": "Event", "apiVersion": "v1",
        "metadata": {
            "name": seen.name, "namespace": seen.namespace, "uid": uid(3, u64::from(event.object)),
            "creationTimestamp": seen.first.rfc3339_secs(),
        },
        "involvedObject": involved,
        "reason": event.reason.as_str(),
        "message": event.message.show(&about.ident).to_string(),
        "source": source,
        "firstTimestamp": seen.first.rfc3339_secs(),
        "lastTimestamp": seen.last.rfc3339_secs(),
        "count": event.count,
        "type": event.kind.as_str(),
        "eventTime": null,
        "reportingComponent": component,
        "reportingInstance": if component == "kubelet" { about.host.as_str() } else { "" },
    })
}

/// What is to be told of a node at an instant.
pub(super) fn node(w: &World, ix: usize, now: Time) -> News {
    let node = &w.nodes[ix];
    let object = node.exists.then(|| {
        let mut object = node_value(w, ix, now);
        with_what_is_beside(w, "", "Node", &mut object);
        object
    });
    news("", "Node", "", node.spec.name.as_str(), object)
}

/// A node as the API prints it at an instant.
pub(super) fn node_value(w: &World, ix: usize, now: Time) -> Value {
    let node = &w.nodes[ix];
    let amounts = |amounts: &BTreeMap<String, i128>| -> Map<String, Value> {
        let words = |(resource, nanos): (&String, &i128)| {
            let is_bytes = !matches!(resource.as_str(), "cpu" | "pods") && !resource.contains('/');
            let format = if is_bytes { Format::BinarySI } else { Format::DecimalSI };
            (resource.clone(), Quantity::from_nanos(*nanos, format).to_string().into())
        };
        amounts.iter().map(words).collect()
    };
    let created = (w.plan.start - KUBELET_AGE).rfc3339_secs();
    let [_, posted] = heartbeats::seen(w, NodeId::new(ix), now);
    let conditions: Vec<Value> = NodeConditionKind::ALL
        .iter()
        .map(|kind| {
            let own = node.condition(*kind);
            json!({
                "type": kind.as_str(), "status": own.status.as_str(),
                "lastHeartbeatTime": posted.rfc3339_secs(),
                "lastTransitionTime": own.since.rfc3339_secs(),
                "reason": own.reason.as_str(), "message": own.message.as_str(),
            })
        })
        .collect();
    let mut spec = json!({});
    if !node.spec.taints.is_empty() {
        spec["taints"] = json!(node.spec.taints);
    }
    if node.spec.unschedulable {
        spec["unschedulable"] = true.into();
    }
    let version = format!("v{}.0", w.gates.version.as_str());
    json!({
        "kind": "Node", "apiVersion": "v1",
        "metadata": {
            "name": node.spec.name, "uid": uid(4, ix as u64), "creationTimestamp": created,
            "labels": node.spec.labels,
        },
        "spec": spec,
        "status": {
            "capacity": amounts(&node.spec.capacity),
            "allocatable": amounts(&node.spec.allocatable),
            "conditions": conditions,
            "addresses": [
                { "type": "InternalIP", "address": node.ip },
                { "type": "Hostname", "address": node.spec.name },
            ],
            "daemonEndpoints": { "kubeletEndpoint": { "Port": 10250 } },
            "nodeInfo": {
                "machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "simulated", "osImage": "kubelapse",
                "containerRuntimeVersion": "containerd://simulated", "kubeletVersion": version,
                "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64",
            },
        },
    })
}
