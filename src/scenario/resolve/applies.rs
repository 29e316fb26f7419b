//! `[[apply]]`, and actions of that name: what their manifests hold becomes what it is here.
//!
//! Workloads and Services go to the API server as they are written, while the run goes on. Pods are pods of the scenario,
//! ConfigMaps and the like its objects. What has no effect on pods is named once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::documents::{self, Document};
use super::namespaces::Namespaces;
use super::noted::{Noted, Verdict, refused};
use super::standing::{Standing, is_left_out, object_kind};
use super::{Context, applied_volumes, claims, flag, named, pods, scalar_json, strings, tables, text};
use crate::api::Sym;
use crate::rules::api_server::objects::{ObjectType, no_matches};
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::command::{Action, Command};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::limits;
use crate::scenario::plan::{ObjectKind, ObjectPlan, PodTemplate};
use crate::scenario::tree::{Loc, Node, Table};
use crate::scenario::volumes::Storage;
use crate::time::Time;

/// What is sent at an instant.
pub struct Sent {
    pub plan: ApplyPlan,
    /// Its place among the actions, if it is one.
    pub action: Option<usize>,
    /// What is neither a workload nor a Service.
    others: Vec<Document>,
    /// What cannot be read is refused like what the API server refuses.
    pub goes_on: bool,
    /// Kinds whose pod templates are played as pods.
    templates_of: Vec<String>,
}

/// Reads the manifests of all of them.
pub fn read(table: &Table, cx: &mut Context<'_>) -> Vec<Sent> {
    let mut all: Vec<(Sent, Vec<Document>)> = Vec::new();
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
                namespaces: Vec::new(),
                refused: Vec::new(),
                warned: Vec::new(),
            },
            action,
            others: Vec::new(),
            goes_on: flag(entry, "continueOnError").unwrap_or(false),
            templates_of: strings(entry, "templatesOf"),
        };
        let documents = documents::read(paths, &mut sent, cx);
        all.push((sent, documents));
    }
    let mut noted = Noted::default();
    let namespaces = Namespaces::of(&all);
    let mut number = 0;
    let all = all.into_iter().map(|(mut sent, documents)| {
        for document in documents {
            let is_lost = namespaces.comes_too_early(&document, &mut sent, number, cx);
            number += 1;
            if !is_lost {
                sort(document, table, &mut sent, &mut noted, cx);
            }
        }
        sent
    });
    let all: Vec<Sent> = all.collect();
    noted.tell(cx);
    unknown_overrides(table, &all, cx);
    all
}

/// Puts a document where it belongs; the API server's law is asked first of what it knows.
fn sort(mut document: Document, table: &Table, sent: &mut Sent, noted: &mut Noted, cx: &mut Context<'_>) {
    let (kind, version) = (document.field("/kind").to_owned(), document.field("/apiVersion").to_owned());
    for (key, word) in [("kind", &kind), ("apiVersion", &version)] {
        if word.is_empty() {
            return documents::no_kind(&document, key, sent, cx);
        }
    }
    let known = ObjectType::of(&document.written.value).ok();
    let standing = Standing::of(&kind, &version);
    if standing == Standing::OtherVersion {
        let words = no_matches(&document.written.value, &document.file);
        cx.report(refused(document.place(), &words));
        sent.plan.refused.push(words);
        return;
    }
    if let Some(kind) = known.filter(|kind| kind.law().is_kept) {
        let over = override_fields(table, kind, &mut document, cx);
        noted.judge(kind, &document, &mut sent.plan, sent.action.is_some(), cx);
        too_many(&document, over, cx);
        let Document { written, file, .. } = document;
        let (value, line) = (written.value, written.line);
        sent.plan.objects.push(AppliedObject { kind, value, file, line });
        return;
    }
    if known == Some(ObjectType::Pod) {
        sent.others.push(document);
        return;
    }
    if sent.templates_of.contains(&kind) {
        let pods = documents::pods_of(&document);
        if pods.is_empty() {
            let title = format!("there is no pod template in this {kind}");
            cx.report(Diagnostic::new(Code::NoEffect, document.place(), title).label("left out"));
        }
        sent.others.extend(pods);
        return;
    }
    let Some(known) = known else { return noted.note(&document, cx, &kind, &version) };
    if noted.judge(known, &document, &mut sent.plan, sent.action.is_some(), cx) == Verdict::Refused {
        return;
    }
    match known {
        // Who needs one has been asked whether it is there.
        ObjectType::Namespace => {
            sent.plan.namespaces.push(Sym::new(document.field("/metadata/name")));
        }
        ObjectType::Node if is_node(&document, cx) => {}
        ObjectType::Node => {
            let title =
                format!("the node `{}` is not among the scenario's", document.field("/metadata/name"));
            cx.unsettled = true;
            let item = Diagnostic::new(Code::NoEffect, document.place(), title).label("left out");
            cx.report(item.hint("[[node]] makes nodes: an object without a machine would never be ready"));
        }
        _ if is_left_out(&kind, &version) => noted.note(&document, cx, &kind, &version),
        _ => sent.others.push(document),
    }
}

/// Tells of a workload that would have more pods than a scenario may have, as its manifest says or what is put over it.
fn too_many(document: &Document, over: Option<&Node>, cx: &mut Context<'_>) {
    for field in ["replicas", "parallelism"] {
        let asked = document.written.value.pointer(&format!("/spec/{field}")).and_then(Json::as_u64);
        let Some(asked) = asked.filter(|asked| *asked > u64::from(limits::PODS)) else { continue };
        let written = document.written.locate(&format!("spec.{field}"));
        let written = written.map_or(document.place(), |span| Loc::new(document.source, span));
        let spec = over.and_then(Node::table).and_then(|over| over.get("spec")).and_then(Node::table);
        let at = spec.and_then(|spec| spec.get(field)).map_or(written, |node| node.loc);
        cx.report(
            Diagnostic::new(Code::BadValue, at, format!("{asked} pods of one {}", document.field("/kind")))
                .label(format!("expected no more than {}", limits::PODS)),
        );
    }
}

/// Whether the scenario has the node that a manifest describes.
fn is_node(document: &Document, cx: &Context<'_>) -> bool {
    cx.nodes.iter().any(|node| node.spec.name == document.field("/metadata/name"))
}

/// Puts what the file says of an object's fields over those of its manifest, and gives it: what is judged is what will be sent.
fn override_fields<'t>(
    table: &'t Table,
    kind: ObjectType,
    document: &mut Document,
    cx: &mut Context<'_>,
) -> Option<&'t Node> {
    let of_kind = table.get(kind.key()).and_then(Node::table)?;
    let over = of_kind.get(document.field("/metadata/name"))?;
    named::put(&mut document.written.value, over, cx);
    Some(over)
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
            .for_each(|document| applied_volumes::add(&mut storage, &document.written.value, sent.plan.at));
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
                (ObjectKind::PriorityClass | ObjectKind::RuntimeClass, _) => Sym::EMPTY,
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
    let named = |(ix, plan): (usize, &ObjectPlan)| ((plan.kind, plan.namespace, plan.name), ix);
    let mut known: FxHashMap<Place, usize> = plans.iter().enumerate().map(named).collect();
    let mut again = Vec::new();
    for (place, mut documents) in applied {
        documents.sort_by_key(|(at, _)| *at);
        let mut before = None;
        for (at, document) in &documents {
            let is_read =
                matches!(place.0, ObjectKind::ConfigMap | ObjectKind::Secret | ObjectKind::ServiceAccount);
            match (known.get(&place).and_then(|ix| plans.get_mut(*ix)), before) {
                (None, _) => {
                    known.insert(place, plans.len());
                    let mut plan = object(place, document, *at, cx);
                    applied_volumes::bind(&mut storage, &mut plan, &document.written.value);
                    plans.push(plan);
                }
                (Some(plan), None) if plan.at.is_none_or(|known| known > *at) => plan.at = Some(*at),
                (Some(_), before) => again.push(applied_again(place, document, before, *at)),
            }
            if is_read && let Some(plan) = known.get(&place).and_then(|ix| plans.get_mut(*ix)) {
                plan.manifests.push((*at, Arc::new(document.written.value.clone())));
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
    let value = &document.written.value;
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
        let title = format!("matchExpressions of this {kind:?} are left out");
        cx.report(
            Diagnostic::new(Code::NoEffect, document.place(), title).label("only matchLabels are read"),
        );
    }
    ObjectPlan {
        kind,
        namespace,
        name,
        at: Some(at),
        keys: keys(kind, value),
        manifests: Vec::new(),
        value: field("/value")
            .and_then(Json::as_i64)
            .and_then(|value| i32::try_from(value).ok())
            .unwrap_or(0),
        preemption_policy: word("/preemptionPolicy").map(Sym::new),
        global_default: field("/globalDefault").and_then(Json::as_bool).unwrap_or(false),
        min_available: field("/spec/minAvailable").and_then(scalar_json),
        max_unavailable: field("/spec/maxUnavailable").and_then(scalar_json),
        unhealthy_policy: word("/spec/unhealthyPodEvictionPolicy").map(Sym::new),
        match_labels: labels(field("/spec/selector/matchLabels")),
        claim,
        runtime: (kind == ObjectKind::RuntimeClass).then(|| Arc::new(value.clone())),
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
    let own = |document: &Document| keys(kind, &document.written.value).unwrap_or_default();
    let keys = own(document);
    let without = before.map(own).unwrap_or_default().into_iter().filter(|key| !keys.contains(key)).collect();
    let differs = before.is_none_or(|before| before.written.value != document.written.value);
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
    let mut templates: Vec<PodTemplate> = Vec::new();
    let mut made = BTreeSet::new();
    for sent in all {
        for document in std::mem::take(&mut sent.others) {
            let place = document.place();
            let name = ["/metadata/namespace", "/metadata/name"].map(|at| document.field(at).to_owned());
            if sent.goes_on && !made.insert(name) {
                let title = format!("the Pod {} stands twice", document.field("/metadata/name"));
                cx.report(Diagnostic::new(Code::NoEffect, place, title).label("the first one counts"));
                continue;
            }
            match pods::applied(document, &sent.plan, cx) {
                Ok((template, warnings)) => {
                    sent.plan.warned.extend(warnings);
                    templates.push(template);
                }
                Err(words) => sent.plan.refused.push(words),
            }
        }
    }
    templates
}
