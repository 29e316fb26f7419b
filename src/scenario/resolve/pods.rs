//! `[[pod]]`: manifests and inline specs, put together, defaulted, admitted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::documents::Document;
use super::{Context, behavior, distribution, named, noted, number, string_map, strings, tables, text};
use crate::api::{ObjectMeta, PodSpec, Sym};
use crate::engine::Distribution;
use crate::rules::api_server::admission::{self, Admitted, Rejection, Request};
use crate::rules::api_server::decode::schema::{self, Struct, Type};
use crate::rules::api_server::decode::{self, StrictError};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::apply::with_last_applied;
use crate::rules::kubectl::manifest;
use crate::rules::machinery::qos::qos_class;
use crate::rules::versions::Version;
use crate::scenario::admission::{self as plugins, Surroundings};
use crate::scenario::command::Target;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::limits;
use crate::scenario::plan::{ApplyPlan, Behavior, PodTemplate};
use crate::scenario::programs::{self, Belongs};
use crate::scenario::tree::{Loc, Node, Table};
use crate::time::{Span, Time};

/// A pod as it is sent to the API server, and where it was written.
struct Draft {
    object: Json,
    /// Of its name, or of the manifest's path.
    loc: Loc,
    /// The manifest's text and the document in it, when its problems can be shown there.
    manifest: Option<(u16, manifest::Document)>,
}

impl Draft {
    /// Its name, or what a name would be generated from.
    fn name(&self) -> &str {
        let of =
            |path: &str| self.object.pointer(path).and_then(Json::as_str).filter(|name| !name.is_empty());
        of("/metadata/name").or_else(|| of("/metadata/generateName")).unwrap_or_default()
    }
}

pub fn templates(table: &Table, cx: &mut Context<'_>) -> Vec<PodTemplate> {
    let mut templates = Vec::new();
    for (node, entry) in tables(table, "pod") {
        let drafts = drafts(node, entry, cx);
        if let Some(behavior) = entry.get("behavior") {
            behavior::names(
                behavior,
                &drafts.iter().filter_map(|d| d.object.get("spec")).collect::<Vec<_>>(),
                cx,
            );
        }
        cx.unsettled |= drafts.is_empty() && text(entry, "name").is_none();
        if drafts.is_empty() {
            cx.refused.extend(text(entry, "name").map(str::to_owned));
        }
        for draft in drafts {
            let name = draft.name().to_owned();
            match admit(draft, entry, cx) {
                Some(template) => {
                    templates.push(template);
                    count(entry, node.loc, &templates, cx);
                }
                None => cx.refused.push(name),
            }
        }
    }
    templates
}

fn drafts(node: &Node, entry: &Table, cx: &mut Context<'_>) -> Vec<Draft> {
    let inline = entry.get("spec").filter(|n| n.table().is_some());
    let Some(path_node) = entry.get("manifest") else {
        let Some(name_node) = entry.get("name") else {
            cx.report(
                Diagnostic::new(Code::MissingKey, node.loc, "this pod has neither a name nor a manifest")
                    .label("expected `name` with [pod.spec], or `manifest`"),
            );
            return Vec::new();
        };
        let Some(name) = name_node.text() else { return Vec::new() };
        let Some(spec) = inline.filter(|spec| named::all_there(spec, None, cx)) else {
            if entry.get("spec").is_none() {
                cx.report(
                    Diagnostic::new(Code::MissingKey, name_node.loc, format!("the pod `{name}` has no spec"))
                        .label("expected [pod.spec] with containers, or `manifest`"),
                );
            }
            return Vec::new();
        };
        let object = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": name },
            "spec": spec.to_json(),
        });
        return vec![Draft { object, loc: name_node.loc, manifest: None }];
    };
    let Some(path) = path_node.text() else { return Vec::new() };
    let loc = path_node.loc;
    let text = match (cx.loader)(path) {
        Ok(text) => text,
        Err(why) => {
            cx.report(Diagnostic::new(Code::Manifest, loc, format!("`{path}` cannot be read")).label(why));
            return Vec::new();
        }
    };
    let (objects, wrong) = manifest::objects(&text);
    let source = cx.problems.add_source(path, text.clone());
    cx.texts.push(text);
    if let Some(why) = wrong.first() {
        let title = format!("`{path}` is no manifest");
        cx.report(Diagnostic::new(Code::Manifest, loc, title).label(why.to_string()));
        return Vec::new();
    }
    let mut drafts = Vec::new();
    for written in objects {
        let mut object = written.value.clone();
        let kind = object.get("kind").and_then(Json::as_str).unwrap_or("").to_owned();
        if kind != "Pod" {
            let item = if kind.is_empty() {
                Diagnostic::new(Code::Manifest, loc, format!("a document of `{path}` has no kind"))
                    .label("expected kind: Pod")
            } else {
                Diagnostic::new(Code::NoEffect, loc, format!("a {kind} of `{path}` is left out"))
                    .label("only Pods come from manifests")
            };
            cx.report(item);
            continue;
        }
        if let (Some(over), Json::Object(object)) = (inline, &mut object) {
            named::put(object.entry("spec").or_insert_with(|| Json::Object(Map::new())), over, cx);
        }
        twice(&written, source, cx);
        drafts.push(Draft { object, loc, manifest: Some((source, written)) });
    }
    if drafts.is_empty() && cx.problems.errors() == 0 {
        cx.report(Diagnostic::new(Code::Manifest, loc, format!("there is no Pod in `{path}`")));
    }
    if let Some(name) = entry.get("name") {
        match (drafts.as_mut_slice(), name.text()) {
            ([only], Some(text)) => {
                set(&mut only.object, "name", json!(text));
                only.loc = name.loc;
            }
            ([_, _, ..], _) => cx.report(
                Diagnostic::new(Code::Conflict, name.loc, format!("`{path}` holds several Pods"))
                    .label("one name cannot be theirs"),
            ),
            _ => {}
        }
    }
    drafts
}

/// Warns of keys that stand twice: kubectl sends the last one.
pub fn twice(document: &manifest::Document, source: u16, cx: &mut Context<'_>) {
    for error in &document.duplicates {
        let loc = document.locate(error.field()).map(|span| Loc::new(source, span)).unwrap_or_default();
        let title = format!("the key `{}` stands twice", error.field());
        cx.report(Diagnostic::new(Code::NoEffect, loc, title).label("this one counts"));
    }
}

/// Tables are merged key by key, lists of named things by name; anything else is replaced.
pub fn merge(base: &mut Json, over: Json) {
    match (base, over) {
        (Json::Object(base), Json::Object(over)) => {
            for (key, value) in over {
                match base.get_mut(&key) {
                    Some(old) => merge(old, value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (Json::Array(base), Json::Array(over))
            if !over.is_empty() && over.iter().all(|item| item.get("name").is_some()) =>
        {
            for item in over {
                match base.iter_mut().find(|old| old.get("name") == item.get("name")) {
                    Some(old) => merge(old, item),
                    None => base.push(item),
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// Sets a field of the metadata.
fn set(object: &mut Json, key: &str, value: Json) {
    if let Json::Object(object) = object
        && let Json::Object(meta) = object.entry("metadata").or_insert_with(|| Json::Object(Map::new()))
    {
        match meta.get_mut(key) {
            Some(old) => merge(old, value),
            None => {
                meta.insert(key.to_owned(), value);
            }
        }
    }
}

fn admit(draft: Draft, entry: &Table, cx: &mut Context<'_>) -> Option<PodTemplate> {
    let name = draft.name().trim_end_matches('-').to_owned();
    let Draft { mut object, loc, manifest } = draft;
    let manifest = manifest.as_ref().map(|(source, document)| (*source, document));
    let at = cx.instant(entry, "at", &format!("the creation of the pod `{name}`"));
    for key in ["labels", "annotations"] {
        let written = string_map(entry, key);
        if !written.is_empty() {
            set(&mut object, key, json!(written));
        }
    }
    let finalizers = strings(entry, "finalizers");
    if !finalizers.is_empty() {
        set(&mut object, "finalizers", json!(finalizers));
    }
    if let Some(namespace) = text(entry, "namespace") {
        set(&mut object, "namespace", json!(namespace));
    }
    // The API server would draw five letters for a generated name; a scenario needs names that stay.
    if !name.is_empty() {
        set(&mut object, "name", json!(name));
    }
    let place = Place { entry, loc, manifest };
    let (verdict, strict) = ask(&object, at, cx);
    unknown_fields(&strict, &place, cx);
    let admitted = match verdict {
        Ok(admitted) => admitted,
        Err(rejection) => {
            refuse(&rejection, &name, &place, cx);
            return None;
        }
    };
    if !strict.is_empty() {
        return None;
    }
    let Admitted { metadata: meta, spec, .. } = admitted;
    if !fits(&spec, &name, &place, cx) {
        return None;
    }
    let replicas: u32 = number(entry, "replicas").unwrap_or(1);
    let every = distribution(entry, "every").unwrap_or(Distribution::Constant(Span::ZERO));
    if let (Distribution::Constant(gap), Some(node)) = (&every, entry.get("every")) {
        let last = at + *gap * i64::from(replicas.saturating_sub(1));
        if last > cx.until {
            cx.report(
                Diagnostic::new(Code::NoEffect, node.loc, "not all replicas are created before the run ends")
                    .label(format!("the last one would come at {}", last.since(cx.start))),
            );
        }
    }
    let behavior = behavior::behavior(entry.get("behavior"), &spec, &meta.name, cx);
    Some(template(meta, spec, cx, (at, replicas, every), behavior))
}

/// What the API server says of a pod, and which of its fields it does not know.
fn ask(object: &Json, at: Time, cx: &Context<'_>) -> (Result<Admitted, Rejection>, Vec<StrictError>) {
    let namespace = object.pointer("/metadata/namespace").and_then(Json::as_str).unwrap_or("default");
    let request = Request { gates: cx.gates, now: at, namespace: "default", suffix: "00000", uid: "" };
    let around = Surroundings { objects: &cx.objects, at, namespace };
    let verdict = admission::admit_with(object, &request, |object| plugins::mutate(object, &around));
    let strict = match (&verdict, decode::pod(object, cx.gates.version)) {
        (Ok(admitted), _) => admitted.strict.clone(),
        (Err(_), Ok(decoded)) => decoded.strict,
        (Err(_), Err(_)) => Vec::new(),
    };
    (verdict, strict)
}

/// The pod of an `[[apply]]`, and what the API server warns of.
///
/// # Errors
/// What kubectl would print: the pod is refused when it is sent, and the rest goes on.
pub fn applied(
    document: Document,
    apply: &ApplyPlan,
    cx: &mut Context<'_>,
) -> Result<(PodTemplate, Vec<String>), String> {
    let place = document.place();
    let Document { written, source, file, .. } = document;
    let mut object = written.value.clone();
    if object.pointer("/metadata/namespace").and_then(Json::as_str).is_none_or(str::is_empty) {
        set(&mut object, "namespace", json!(apply.namespace));
    }
    // What kubectl keeps there of the manifest, for the next apply.
    object = with_last_applied(ObjectType::Pod, &object, &apply.namespace);
    let (verdict, strict) = ask(&object, apply.at, cx);
    let said = match verdict {
        Err(rejection @ Rejection::Decode(..)) => Err(rejection),
        // Before anything else is looked at.
        _ if !strict.is_empty() => Err(Rejection::Strict(ObjectType::Pod.into(), strict)),
        verdict => verdict,
    };
    let Admitted { metadata: meta, spec, warnings, .. } = said.map_err(|rejection| {
        let words = rejection.kubectl(&file);
        cx.report(noted::refused(place, &words));
        words
    })?;
    let entry = Table::default();
    let manifest = Some((source, &written));
    fits(&spec, &meta.name, &Place { entry: &entry, loc: place, manifest }, cx);
    let behavior = programs::behavior(&cx.programs, &spec, &Belongs::default());
    let (at, every) = (apply.at, Distribution::Constant(Span::ZERO));
    Ok((template(meta, spec, cx, (at, 1, every), behavior), warnings))
}

fn template(
    meta: ObjectMeta,
    spec: PodSpec,
    cx: &Context<'_>,
    (at, replicas, every): (Time, u32, Distribution),
    behavior: Behavior,
) -> PodTemplate {
    PodTemplate {
        name: Sym::new(&meta.name),
        numbered: replicas > 1,
        namespace: Sym::new(&meta.namespace),
        labels: Arc::new(meta.labels),
        annotations: meta.annotations,
        finalizers: Arc::new(meta.finalizers.iter().map(|f| Sym::new(f)).collect()),
        qos_class: qos_class(&spec, &cx.gates),
        spec: Arc::new(spec),
        at,
        replicas,
        every,
        behavior: Arc::new(behavior),
    }
}

/// Whether a pod has no more containers and volumes than [`limits`] say.
fn fits(spec: &PodSpec, name: &str, place: &Place<'_>, cx: &mut Context<'_>) -> bool {
    let (inits, mains) = (spec.init_containers.len(), spec.containers.len());
    let longer = if inits > mains { "spec.initContainers" } else { "spec.containers" };
    let lists = [
        (inits + mains, limits::CONTAINERS, "containers", longer),
        (spec.volumes.len(), limits::VOLUMES, "volumes", "spec.volumes"),
    ];
    let too_long = lists.into_iter().filter(|(count, most, ..)| count > most);
    let told: Vec<Diagnostic> = too_long
        .map(|(count, most, what, field)| {
            let title = format!("the pod `{name}` has {count} {what}");
            Diagnostic::new(Code::BadValue, place.of(field), title)
                .label(format!("expected no more than {most} in one pod"))
                .hint("an API server takes such a pod only as long as it fits into etcd's 1.5 MiB")
        })
        .collect();
    let fits = told.is_empty();
    told.into_iter().for_each(|item| cx.report(item));
    fits
}

/// Tells where pods become too many; as many as one template may have the checker knows.
fn count(entry: &Table, loc: Loc, templates: &[PodTemplate], cx: &mut Context<'_>) {
    let sum = |templates: &[PodTemplate]| templates.iter().map(|t| u64::from(t.replicas)).sum::<u64>();
    let (all, most) = (sum(templates), u64::from(limits::PODS));
    let before = sum(templates.split_last().map_or(&[], |(_, before)| before));
    if all > most && before <= most && all - before <= most {
        let loc = entry.get("replicas").map_or(loc, |node| node.loc);
        cx.report(
            Diagnostic::new(Code::BadValue, loc, format!("with these, there are {all} pods"))
                .label(format!("expected no more than {most} in all")),
        );
    }
}

/// Where the fields of a pod's spec stand.
struct Place<'a> {
    entry: &'a Table,
    loc: Loc,
    manifest: Option<(u16, &'a manifest::Document)>,
}

impl Place<'_> {
    /// Of `spec.containers[0].image`: in the scenario, else in the manifest.
    fn of(&self, field: &str) -> Loc {
        let below = field.strip_prefix("spec").unwrap_or(field);
        // What the metadata hold stands right in the table.
        let key = field.strip_prefix("metadata.").and_then(|rest| rest.split(['.', '[']).next());
        if let Some(found) = key.and_then(|key| self.entry.get(key)) {
            return found.loc;
        }
        if let Some(found) = self.entry.get("spec").and_then(|n| n.locate(below)) {
            return found;
        }
        let found = self
            .manifest
            .and_then(|(source, document)| document.locate(field).map(|span| Loc::new(source, span)));
        found.unwrap_or_else(|| match self.manifest {
            None => self.entry.entry("spec").map_or(self.loc, |e| e.key_loc),
            Some(_) => self.loc,
        })
    }
}

fn unknown_fields(strict: &[StrictError], place: &Place<'_>, cx: &mut Context<'_>) {
    let version = cx.gates.version;
    for error in strict {
        let field = error.field();
        let (parent, name) = field.rsplit_once('.').unwrap_or(("", field));
        let at = place.of(field);
        let item = Diagnostic::new(Code::UnknownKey, at, error.to_string())
            .label(format!("not a field of Kubernetes {}", version.as_str()));
        let known = fields_at(parent, version);
        cx.report(if known.is_empty() { item } else { item.nearest(name, known) });
    }
}

/// What the API server answers, each field where it stands.
fn refuse(rejection: &Rejection, pod: &str, place: &Place<'_>, cx: &mut Context<'_>) {
    match rejection {
        Rejection::Invalid { errors, .. } => {
            for error in &errors.0 {
                let at = place.of(&error.field);
                cx.report(Diagnostic::new(Code::Rejected, at, format!("Pod \"{pod}\" is invalid: {error}")));
            }
        }
        Rejection::Decode(_, error) => {
            let at = error.field.as_deref().map_or(place.loc, |field| place.of(field));
            let item = Diagnostic::new(Code::Rejected, at, rejection.to_string());
            cx.report(match &error.field {
                Some(field) => item.label(field.clone()),
                None => item,
            });
        }
        Rejection::Strict(..)
        | Rejection::Forbidden { .. }
        | Rejection::Terminating { .. }
        | Rejection::NoNamespace { .. }
        | Rejection::Exists { .. }
        | Rejection::OtherNamespace => {
            cx.report(Diagnostic::new(Code::Rejected, place.loc, rejection.to_string()));
        }
    }
}

/// The fields that the API knows at a path such as `spec.containers[0]`.
fn fields_at(path: &str, version: Version) -> Vec<&'static str> {
    let mut at: &'static Struct = &schema::PodSpec;
    for step in path.split('.').skip(1) {
        let name = step.split('[').next().unwrap_or(step);
        let Some(field) = at.field(name, version) else { return Vec::new() };
        let mut ty = &field.ty;
        loop {
            match ty {
                Type::Pointer(of) | Type::List(of) | Type::Map(_, of) => ty = of,
                Type::Struct(of) => {
                    at = of;
                    break;
                }
                _ => return Vec::new(),
            }
        }
    }
    at.fields_of(version).map(|f| f.name).collect()
}

/// Two pods of one name may follow each other, but not come at the same instant.
pub fn unique(table: &Table, cx: &mut Context<'_>) {
    let mut seen: BTreeMap<(&str, &str), BTreeSet<Time>> = BTreeMap::new();
    let mut clashes = Vec::new();
    for template in cx.templates.iter() {
        let key = (template.namespace.as_str(), template.name.as_str());
        if !seen.entry(key).or_default().insert(template.at) {
            clashes.push(key.1.to_owned());
        }
    }
    for name in clashes {
        let entry = tables(table, "pod").into_iter().rfind(|(_, t)| text(t, "name") == Some(&name));
        let loc = entry
            .map(|(node, t)| t.get("name").map_or(node.loc, |n| n.loc))
            .or_else(|| tables(table, "pod").last().map(|(n, _)| n.loc))
            .unwrap_or_default();
        cx.report(
            Diagnostic::new(Code::Duplicate, loc, format!("pods \"{name}\" already exists"))
                .hint("pods of one name and namespace can only follow each other"),
        );
    }
}

/// The names of a template's pods, as far as they fit into a message.
pub fn pod_names(template: &PodTemplate) -> Vec<String> {
    if template.numbered {
        (0..template.replicas.min(50)).map(|i| format!("{}-{i}", template.name)).collect()
    } else {
        vec![template.name.as_str().to_owned()]
    }
}

/// The templates that make pods which a target names.
pub fn templates_of<'a>(target: &'a Target, cx: &'a Context<'_>) -> impl Iterator<Item = &'a PodTemplate> {
    cx.templates.iter().map(Arc::as_ref).filter(|t| {
        target.namespace.as_ref().is_none_or(|n| t.namespace == n.as_str())
            && (makes(t, &target.name) || target.prefix && begins(t, &target.name))
    })
}

/// Whether the names of a template's pods begin so, before their numbers.
fn begins(template: &PodTemplate, begin: &str) -> bool {
    let rest = begin.strip_prefix(template.name.as_str());
    template.name.as_str().starts_with(begin) || template.numbered && rest == Some("-")
}

/// Whether a template makes a pod of this name.
fn makes(template: &PodTemplate, name: &str) -> bool {
    if !template.numbered {
        return template.name == name;
    }
    name.strip_prefix(template.name.as_str())
        .and_then(|rest| rest.strip_prefix('-'))
        .filter(|digits| digits.len() == 1 || !digits.starts_with('0'))
        .is_some_and(|digits| {
            digits.bytes().all(|b| b.is_ascii_digit())
                && digits.parse::<u32>().is_ok_and(|number| number < template.replicas)
        })
}
