//! `[[apply]]`, and actions of that name: what their manifests hold becomes what it is here.
//!
//! Workloads and Services go to the API server as they are written, while the run goes on. Pods are pods of the scenario,
//! ConfigMaps and the like its objects. What has no effect on pods is named once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::{Context, applied_volumes, claims, pods, scalar_json, tables, text};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::command::{Action, Command};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::plan::{ObjectKind, ObjectPlan, PodTemplate};
use crate::scenario::tree::{Loc, Node, Table};
use crate::scenario::values::{self, OBJECT_KINDS};
use crate::scenario::volumes::Storage;
use crate::scenario::{limits, manifest};
use crate::time::Time;

/// Kinds of which pods know, and that cannot be applied.
const NOT_YET: [&str; 3] = ["HorizontalPodAutoscaler", "RuntimeClass", "Node"];

/// Whether objects of a kind can be applied; what has no effect on pods can be.
pub fn can_be_applied(kind: &str) -> bool {
    !kind.is_empty() && !NOT_YET.contains(&kind)
}

/// What is sent at an instant.
pub struct Sent {
    pub plan: ApplyPlan,
    /// Its place among the actions, if it is one.
    pub action: Option<usize>,
    /// What is neither a workload nor a Service.
    others: Vec<Document>,
}

/// An object of a manifest, and where it stands.
pub struct Document {
    pub value: Json,
    pub file: Sym,
    pub line: usize,
    /// Of the manifest's path.
    pub loc: Loc,
    /// The manifest's text.
    pub source: u16,
}

impl Document {
    fn field(&self, path: &str) -> &str {
        self.value.pointer(path).and_then(Json::as_str).unwrap_or_default()
    }
    /// A place in words: `shop.yaml:12`.
    fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Reads the manifests of all of them.
pub fn read(table: &Table, cx: &mut Context<'_>) -> Vec<Sent> {
    let mut all = Vec::new();
    let mut idle: Vec<(String, Loc)> = Vec::new();
    let written = tables(table, "apply").into_iter().map(|(node, entry)| (None, node, entry, "manifest"));
    let actions = (0..).zip(tables(table, "action"));
    let verbs = actions.filter(|(_, (_, entry))| entry.get("apply").is_some());
    let verbs = verbs.map(|(index, (node, entry))| (Some(index), node, entry, "apply"));
    for (action, _, entry, key) in written.chain(verbs).collect::<Vec<_>>() {
        let Some(paths) = entry.get(key) else { continue };
        let at = match action {
            None => cx.instant(entry, "at", "the apply"),
            // What lies beyond the end is told of the action.
            Some(_) => cx.start + super::span(entry, "at").unwrap_or_default(),
        };
        let mut sent = Sent {
            plan: ApplyPlan {
                at,
                id: text(entry, "id").map(Sym::new),
                namespace: Sym::new(text(entry, "namespace").unwrap_or("default")),
                objects: Vec::new(),
                refused: Vec::new(),
            },
            action,
            others: Vec::new(),
        };
        for document in documents(paths, cx) {
            sort(document, &mut sent, &mut idle, cx);
        }
        all.push(sent);
    }
    if let Some((_, loc)) = idle.first().cloned() {
        let kinds: BTreeSet<String> = idle.into_iter().map(|(kind, _)| kind).collect();
        let kinds: Vec<String> = kinds.into_iter().collect();
        let title = format!("no effect on when pods run: {}", kinds.join(", "));
        cx.report(Diagnostic::new(Code::NoEffect, loc, title).label("left out"));
    }
    all.iter_mut().for_each(|sent| override_fields(table, sent));
    unknown_overrides(table, &all, cx);
    all
}

/// The documents of some paths.
fn documents(paths: &Node, cx: &mut Context<'_>) -> Vec<Document> {
    let mut all = Vec::new();
    for node in values::texts(paths).unwrap_or_default() {
        let Some(path) = node.text() else { continue };
        let text = match (cx.loader)(path) {
            Ok(text) => text,
            Err(why) => {
                cx.unsettled = true;
                cx.report(
                    Diagnostic::new(Code::Manifest, node.loc, format!("`{path}` cannot be read")).label(why),
                );
                continue;
            }
        };
        for (file, text) in manifest::files(path, &text) {
            let documents = manifest::documents(&text);
            let source = cx.problems.add_source(&file, text.clone());
            cx.texts.push(text);
            match documents {
                Ok(documents) => all.extend(documents.into_iter().map(|(line, value)| Document {
                    value,
                    file: Sym::new(&file),
                    line,
                    loc: node.loc,
                    source,
                })),
                Err(why) => {
                    cx.unsettled = true;
                    let title = format!("`{file}` is no manifest");
                    cx.report(Diagnostic::new(Code::Manifest, node.loc, title).label(why));
                }
            }
        }
    }
    all
}

/// Puts a document where it belongs.
fn sort(document: Document, sent: &mut Sent, idle: &mut Vec<(String, Loc)>, cx: &mut Context<'_>) {
    let (kind, version) = (document.field("/kind").to_owned(), document.field("/apiVersion").to_owned());
    for (key, word) in [("kind", &kind), ("apiVersion", &version)] {
        if word.is_empty() {
            let title = format!("a document of `{}` has no {key}", document.file);
            let label = format!("the one that begins in line {}", document.line);
            cx.report(Diagnostic::new(Code::Manifest, document.loc, title).label(label));
            return;
        }
    }
    let own = version.split_once('/').map_or("", |(group, _)| group).to_owned();
    let applied = ObjectType::kept().find(|of| of.name() == kind && of.law().group == own);
    if let Some(kind) = applied {
        let Document { value, file, line, .. } = document;
        sent.plan.objects.push(AppliedObject { kind, value, file, line });
        return;
    }
    let is_ours = own.is_empty() || own.ends_with(".k8s.io") || !own.contains('.');
    match kind.as_str() {
        "Pod" if own.is_empty() => sent.others.push(document),
        // Namespaces are there as soon as somebody names one.
        "Namespace" if own.is_empty() => {}
        _ if is_ours && object_kind(&kind).is_some() => sent.others.push(document),
        "PersistentVolume" | "StorageClass" if is_ours => sent.others.push(document),
        _ if is_ours && NOT_YET.contains(&kind.as_str()) => {
            // Nobody knows what it would have made.
            cx.unsettled = true;
            let title = format!("a {kind} cannot be applied yet ({})", document.place());
            let known: Vec<&str> = ObjectType::kept().map(ObjectType::name).collect();
            cx.report(
                Diagnostic::new(Code::Manifest, document.loc, title)
                    .label("this kind is not played")
                    .hint(format!("workloads that are played: {}", known.join(", "))),
            );
        }
        _ => idle.push((if is_ours { kind } else { format!("{kind} ({version})") }, document.loc)),
    }
}

/// Kinds of the API that an `[[object]]` makes too.
fn object_kind(kind: &str) -> Option<ObjectKind> {
    let found = OBJECT_KINDS.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
    found.filter(|kind| *kind != ObjectKind::HostPath)
}

/// What the file says of an object's fields, over those of its manifest.
fn override_fields(table: &Table, sent: &mut Sent) {
    for object in &mut sent.plan.objects {
        let own = table.get(object.kind.key()).and_then(Node::table).and_then(|of| of.get(object.name()));
        if let Some(over) = own {
            pods::merge(&mut object.value, over.to_json());
        }
    }
}

fn unknown_overrides(table: &Table, all: &[Sent], cx: &mut Context<'_>) {
    if cx.unsettled {
        return;
    }
    let objects = || all.iter().flat_map(|sent| &sent.plan.objects);
    for kind in ObjectType::kept() {
        let own = table.get(kind.key()).and_then(Node::table);
        for entry in own.map_or(&[][..], |own| &own.entries) {
            if objects().any(|object| object.kind == kind && object.name() == entry.key) {
                continue;
            }
            let known = objects().filter(|object| object.kind == kind).map(AppliedObject::name);
            let title = format!("no [[apply]] has a {} `{}`", kind.name(), entry.key);
            cx.report(Diagnostic::new(Code::UnknownTarget, entry.key_loc, title).nearest(&entry.key, known));
        }
    }
}

/// Which object: its kind, namespace and name.
type Place = (ObjectKind, Sym, Sym);

/// ConfigMaps and the like become objects of the scenario; those that are applied again are changed then. Volumes and
/// classes are what claims can be bound to.
pub fn objects(all: &mut [Sent], cx: &mut Context<'_>) -> (Vec<ObjectPlan>, Vec<Arc<Action>>, Storage) {
    let mut storage = Storage::default();
    for sent in all.iter() {
        sent.others
            .iter()
            .for_each(|document| applied_volumes::add(&mut storage, &document.value, sent.plan.at));
    }
    let mut plans: Vec<ObjectPlan> = cx.objects.to_vec();
    // In the order in which they come first.
    let mut applied: Vec<(Place, Vec<(Time, Document)>)> = Vec::new();
    let mut places: FxHashMap<Place, usize> = FxHashMap::default();
    for sent in all {
        let (pods, others) =
            std::mem::take(&mut sent.others).into_iter().partition(|d| d.field("/kind") == "Pod");
        sent.others = pods;
        for document in others {
            let Some(kind) = object_kind(document.field("/kind")) else { continue };
            let name = document.field("/metadata/name").to_owned();
            if name.is_empty() {
                sent.plan.refused.push("error: resource name may not be empty".to_owned());
                continue;
            }
            let namespace = match (kind, document.field("/metadata/namespace")) {
                (ObjectKind::PriorityClass, _) => Sym::EMPTY,
                (_, "") => sent.plan.namespace,
                (_, own) => Sym::new(own),
            };
            let at = sent.plan.at;
            let place = (kind, namespace, Sym::new(&name));
            let ix = *places.entry(place).or_insert_with(|| {
                applied.push((place, Vec::new()));
                applied.len() - 1
            });
            applied[ix].1.push((at, document));
        }
    }
    let mut again = Vec::new();
    for (place, mut documents) in applied {
        documents.sort_by_key(|(at, _)| *at);
        let (kind, namespace, name) = place;
        let is_it =
            |plan: &&mut ObjectPlan| plan.kind == kind && plan.name == name && plan.namespace == namespace;
        let mut before = None;
        for (at, document) in &documents {
            match (plans.iter_mut().find(is_it), before) {
                (None, _) => {
                    let mut plan = object(place, document, *at, cx);
                    applied_volumes::bind(&mut storage, &mut plan, &document.value["spec"]);
                    plans.push(plan);
                }
                (Some(plan), None) if plan.at.is_none_or(|known| known > *at) => plan.at = Some(*at),
                (Some(_), before) => again.push(applied_again(place, document, before, *at)),
            }
            before = Some(document);
        }
    }
    if plans.len() > limits::OBJECTS {
        let title = format!("there are {} objects", plans.len());
        let item = Diagnostic::new(Code::BadValue, Loc::default(), title);
        cx.report(item.label(format!("expected no more than {}", limits::OBJECTS)));
    }
    (plans, again, storage)
}

fn object((kind, namespace, name): Place, document: &Document, at: Time, cx: &mut Context<'_>) -> ObjectPlan {
    let value = &document.value;
    let field = |path: &str| value.pointer(path);
    let word = |path: &str| field(path).and_then(Json::as_str);
    let claim = (kind == ObjectKind::PersistentVolumeClaim).then(|| {
        let mut claim = claims::claim(&Table::default(), &[namespace.as_str(), name.as_str()], at, cx);
        let modes = field("/spec/accessModes").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        claim.access_modes = modes.iter().filter_map(Json::as_str).map(Sym::new).collect();
        if let Some(volume) = word("/spec/volumeName").filter(|volume| !volume.is_empty()) {
            claim.volume_name = Sym::new(volume);
        }
        claim
    });
    if field("/spec/selector/matchExpressions").and_then(Json::as_array).is_some_and(|list| !list.is_empty())
    {
        let title = format!("matchExpressions of this {kind:?} are left out ({})", document.place());
        cx.report(Diagnostic::new(Code::NoEffect, document.loc, title).label("only matchLabels are read"));
    }
    ObjectPlan {
        kind,
        namespace,
        name,
        at: Some(at),
        keys: keys(kind, value),
        value: field("/value")
            .and_then(Json::as_i64)
            .and_then(|value| i32::try_from(value).ok())
            .unwrap_or(0),
        preemption_policy: word("/preemptionPolicy").map(Sym::new),
        global_default: field("/globalDefault").and_then(Json::as_bool).unwrap_or(false),
        min_available: field("/spec/minAvailable").and_then(scalar_json),
        max_unavailable: field("/spec/maxUnavailable").and_then(scalar_json),
        match_labels: labels(field("/spec/selector/matchLabels")),
        claim,
    }
}

/// The keys of a ConfigMap or Secret.
fn keys(kind: ObjectKind, value: &Json) -> Option<Vec<String>> {
    let lists: &[&str] = match kind {
        ObjectKind::ConfigMap => &["data", "binaryData"],
        ObjectKind::Secret => &["data", "stringData"],
        _ => return None,
    };
    let maps = lists.iter().filter_map(|list| value.get(list).and_then(Json::as_object));
    let keys: BTreeSet<String> = maps.flat_map(|map| map.keys().cloned()).collect();
    Some(keys.into_iter().collect())
}

fn labels(value: Option<&Json>) -> BTreeMap<String, String> {
    let map = value.and_then(Json::as_object);
    let entries = map.into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// An object that may be there is applied again, after a manifest that it was made of.
fn applied_again(
    (kind, namespace, name): Place,
    document: &Document,
    before: Option<&Document>,
    at: Time,
) -> Arc<Action> {
    let own = |document: &Document| keys(kind, &document.value).unwrap_or_default();
    let keys = own(document);
    let without = before.map(own).unwrap_or_default().into_iter().filter(|key| !keys.contains(key)).collect();
    let differs = before.is_none_or(|before| before.value != document.value);
    let words = format!("apply {}", document.file);
    let command = Command::Reapply { kind, namespace, name, keys, without, differs };
    Arc::new(Action { at, command, id: None, words })
}

/// Tells of what cannot be applied while a run goes on.
pub fn only_workloads(all: &[Sent], cx: &mut Context<'_>) {
    for document in all.iter().flat_map(|sent| &sent.others) {
        let title = format!("a {} cannot be applied while a run goes on", document.field("/kind"));
        let known: Vec<&str> = ObjectType::kept().map(ObjectType::name).collect();
        let item = Diagnostic::new(Code::Manifest, document.loc, title);
        cx.report(item.hint(format!("what can be: {}", known.join(", "))));
    }
}

/// Pods become templates of one pod each; what the API server would refuse is told when it is sent.
pub fn pods(all: &mut [Sent], cx: &mut Context<'_>) -> Vec<PodTemplate> {
    let mut templates = Vec::new();
    for sent in all {
        for document in std::mem::take(&mut sent.others) {
            let file = document.file;
            match pods::applied(document, &sent.plan, cx) {
                Ok(template) => templates.push(template),
                Err(words) => sent.plan.refused.push(kubectls(&words, file)),
            }
        }
    }
    templates
}

/// The API server's words as kubectl hands them on.
fn kubectls(words: &str, file: Sym) -> String {
    match words {
        words if words.contains(" is invalid: ") => format!("The {words}"),
        words if words.contains(" is forbidden: ") => {
            format!("Error from server (Forbidden): error when creating \"{file}\": {words}")
        }
        words => format!("Error from server (BadRequest): error when creating \"{file}\": {words}"),
    }
}
