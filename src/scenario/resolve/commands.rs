//! What an `[[action]]` commands, from its verb, its target and its other keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::pods::templates_of;
use super::programs::containers_of;
use super::settings::{effect, taint};
use super::{Context, flag, number, scalar, span, string_map, strings, tables, text};
use crate::api::spec::Resources;
use crate::api::{PodSpec, ProbeKind, Sym, Tri};
use crate::rules::api_server::decode::schema::{Struct, Type};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::validation;
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::Version;
use crate::scenario::applied::AppliedObject;
use crate::scenario::command::{Cascade, Command, DrainFlags, ObjectTarget, Target};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::format::AMONG;
use crate::scenario::plan::ObjectKind;
use crate::scenario::tree::{Loc, Node, Table};
use crate::scenario::values::{self, Noun};
use crate::time::Span;

/// None: no verb for such a target, or a mistake that is told already.
pub fn command(verb: &str, noun: Noun, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    let surplus = if matches!(noun, Noun::Pod(_)) { &[][..] } else { &AMONG };
    for e in surplus.iter().filter_map(|key| entry.entry(key)) {
        let title = format!("`{}` chooses among pods", e.key);
        cx.report(Diagnostic::new(Code::Conflict, e.key_loc, title).hint("its verb has another target here"));
    }
    match noun {
        Noun::Pod(pod) => of_pod(verb, pod, loc, entry, cx),
        Noun::Node(node) => of_node(verb, node, loc, entry, cx),
        Noun::Object(kind, name) => of_object(verb, kind, &name, loc, entry, cx),
        Noun::Namespace(name) => of_namespace(verb, &name, entry, cx),
        Noun::Applied(kind, name) => {
            let namespace = text(entry, "namespace").map(Sym::new);
            let object = ObjectTarget { kind, name: Sym::new(&name), namespace };
            of_applied(verb, object, loc, entry, cx)
        }
    }
}

fn of_pod(verb: &str, pod: Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    Some(match verb {
        "delete" => delete_pod(pod, loc, entry, cx),
        "evict" => Command::Evict { pod, grace_secs: number(entry, "gracePeriodSeconds") },
        "setCondition" => Command::SetCondition {
            pod,
            kind: sym(entry, "type"),
            status: entry.get("status").and_then(|n| values::truth(n).ok()).unwrap_or(Tri::True),
            reason: sym(entry, "reason"),
            message: sym(entry, "message"),
        },
        "ungate" => {
            let gate = text(entry, "gate").map(Sym::new);
            gates(&pod, gate, loc, entry, cx);
            Command::Ungate { pod, gate }
        }
        "label" => Command::LabelPod { pod, labels: labels(entry) },
        "setImage" => {
            let container = container(&pod, loc, entry, cx)?;
            Command::SetImage { pod, container, image: sym(entry, "image") }
        }
        "resize" => {
            let container = container(&pod, loc, entry, cx)?;
            let resources = sizes(&pod, container, loc, entry, cx)?;
            Command::Resize { pod, container, resources }
        }
        "patch" => {
            let merge = merge(ObjectType::Pod, entry, cx)?;
            Command::Patch { pod, merge }
        }
        "debug" => debug(pod, loc, entry, cx),
        "kill" if flag(entry, "sandbox") == Some(true) => kill_sandbox(pod, entry, cx),
        "kill" => {
            let container = container(&pod, loc, entry, cx)?;
            let signal = entry.get("signal").and_then(|n| values::signal(n).ok()).unwrap_or(9);
            Command::Kill { pod, container, signal }
        }
        "setProbe" => {
            let container = container(&pod, loc, entry, cx)?;
            set_probe(pod, container, entry)
        }
        _ => return None,
    })
}

fn of_node(verb: &str, node: Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    Some(match verb {
        "delete" => delete_node(node, entry, cx),
        "cordon" => Command::Cordon { node },
        "uncordon" => Command::Uncordon { node },
        "drain" => {
            let given = |key| flag(entry, key) == Some(true);
            let flags = DrainFlags {
                ignore_daemonsets: given("ignoreDaemonsets"),
                force: given("force"),
                delete_empty_dir_data: given("deleteEmptydirData"),
            };
            Command::Drain { node, flags, timeout: span(entry, "timeout") }
        }
        "taint" => taint_node(node, loc, entry, cx),
        "untaint" => Command::Untaint {
            node,
            taints: taints(entry)
                .into_iter()
                .filter_map(|t| Some((Sym::new(text(t, "key")?), text(t, "effect").and_then(effect))))
                .collect(),
        },
        "stop" => Command::StopNode { node },
        "start" => Command::StartNode { node },
        "restartKubelet" => {
            Command::RestartKubelet { node, takes: span(entry, "takes").unwrap_or(Span::from_secs(5)) }
        }
        "shutdown" => {
            no_grace(&node, loc, cx);
            Command::Shutdown { node }
        }
        "pressure" => {
            let (resource, signal) = match text(entry, "resource") {
                Some("disk") => (Sym::EPHEMERAL_STORAGE, "nodefs.available"),
                Some("pid") => (Sym::PIDS, "pid.available"),
                _ => (Sym::MEMORY, "memory.available"),
            };
            let soft = flag(entry, "soft").unwrap_or(false);
            if soft {
                no_soft_threshold(&node, signal, loc, cx);
            }
            Command::Pressure { node, resource, lasts: span(entry, "lasts"), soft }
        }
        "label" => Command::LabelNode { node, labels: labels(entry) },
        _ => return None,
    })
}

fn of_namespace(verb: &str, name: &str, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    if verb != "delete" {
        return None;
    }
    nothing_beside(&["gracePeriodSeconds", "force", "namespace", "cascade"], "namespace", entry, cx);
    Some(Command::DeleteNamespace { name: Sym::new(name) })
}

fn of_object(
    verb: &str,
    kind: ObjectKind,
    name: &str,
    loc: Loc,
    entry: &Table,
    cx: &mut Context<'_>,
) -> Option<Command> {
    Some(match verb {
        "create" => {
            let namespace = namespace(kind, entry);
            added_keys(kind, namespace, name, entry, cx);
            Command::Create { kind, namespace, name: Sym::new(name), keys: strings(entry, "keys") }
        }
        "remove" | "delete" => {
            Command::Remove { kind, namespace: namespace(kind, entry), name: Sym::new(name) }
        }
        "bind" if kind == ObjectKind::PersistentVolumeClaim => {
            Command::BindClaim { namespace: text(entry, "namespace").map(Sym::new), name: Sym::new(name) }
        }
        "bind" => {
            cx.report(
                Diagnostic::new(Code::BadValue, loc, "only a claim can be bound")
                    .label("expected PersistentVolumeClaim/NAME"),
            );
            return None;
        }
        _ => return None,
    })
}

fn of_applied(
    verb: &str,
    object: ObjectTarget,
    loc: Loc,
    entry: &Table,
    cx: &mut Context<'_>,
) -> Option<Command> {
    Some(match verb {
        "scale" => Command::Scale { object, replicas: number(entry, "replicas")? },
        "setImage" => {
            let container = template_container(&object, loc, entry, cx)?;
            Command::SetTemplateImage { object, container, image: sym(entry, "image") }
        }
        "rolloutRestart" => Command::RolloutRestart { object },
        "rolloutPause" => Command::RolloutPause { object },
        "rolloutResume" => Command::RolloutResume { object },
        "rolloutUndo" => Command::RolloutUndo { object, to_revision: number(entry, "toRevision") },
        "rolloutStatus" => Command::RolloutStatus { object, timeout: span(entry, "timeout") },
        "trigger" => Command::Trigger { object, name: sym(entry, "name") },
        "wait" => wait(object, entry, cx)?,
        "patch" => {
            let merge = merge(object.kind, entry, cx)?;
            Command::PatchObject { object, merge }
        }
        "label" => Command::LabelObject { object, labels: labels(entry) },
        "delete" => delete_object(object, entry, cx),
        _ => return None,
    })
}

/// A merge patch. What is no field of the kind changes nothing, as on a cluster, which warns of it; most of it was meant to
/// stand in `spec`.
fn merge(kind: ObjectType, entry: &Table, cx: &mut Context<'_>) -> Option<Json> {
    let node = entry.get("merge")?;
    if let Some(text) = node.text() {
        // Whoever writes JSON has had it checked as one.
        return serde_json::from_str(text).ok();
    }
    let version = cx.gates.version;
    let has = |of: &Struct, name: &str| of.field(name, version).is_some();
    let of_spec = kind.fields().field("spec", version).and_then(|field| match field.ty {
        Type::Struct(spec) => Some(spec),
        _ => None,
    });
    for item in node.table().map_or(&[][..], |table| &table.entries) {
        if has(kind.fields(), &item.key) {
            continue;
        }
        let title = format!("`{}` is no field of a {}", item.key, kind.name());
        let told = Diagnostic::new(Code::NoEffect, item.key_loc, title).label("changes nothing");
        cx.report(match of_spec.is_some_and(|spec| has(spec, &item.key)) {
            true => told.hint(format!("merge = {{ spec = {{ {} = … }} }}", item.key)),
            false => told,
        });
    }
    Some(node.to_json())
}

fn delete_object(object: ObjectTarget, entry: &Table, cx: &mut Context<'_>) -> Command {
    nothing_beside(&["gracePeriodSeconds", "force"], object.kind.name(), entry, cx);
    let cascade = text(entry, "cascade").and_then(Cascade::parse).unwrap_or_default();
    Command::DeleteObject { object, cascade }
}

/// `kubectl wait`: until a condition is met, or the object is gone.
fn wait(object: ObjectTarget, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    let node = entry.get("for")?;
    let condition = node.text()?;
    let known =
        condition == "delete" || condition.strip_prefix("condition=").is_some_and(|kind| !kind.is_empty());
    if !known {
        cx.report(
            Diagnostic::new(Code::BadValue, node.loc, format!("`{condition}` cannot be waited for"))
                .label("expected \"condition=Available\", \"condition=Available=false\" or \"delete\""),
        );
    }
    let timeout = span(entry, "timeout").unwrap_or(Span::from_secs(30));
    Some(Command::Wait { object, condition: condition.to_owned(), timeout })
}

/// The container of a workload's template that is meant, or the only one there is.
fn template_container(object: &ObjectTarget, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Option<Sym> {
    let applied = cx.applies.iter().flat_map(|apply| &apply.objects);
    let own = applied.filter(|own| own.kind == object.kind && object.name == *own.name());
    let known: Vec<String> = own.flat_map(|own| containers_of(&own.value)).map(|(name, _)| name).collect();
    the_container(known, "workload", loc, entry, cx)
}

/// The one that is named, or the only one of all.
fn the_container(
    mut known: Vec<String>,
    of: &str,
    loc: Loc,
    entry: &Table,
    cx: &mut Context<'_>,
) -> Option<Sym> {
    known.sort();
    known.dedup();
    if let Some(node) = entry.get("container") {
        let name = node.text()?;
        let added = tables_of_debug(name, cx);
        if !known.is_empty() && !added && !known.iter().any(|own| own == name) {
            let title = format!("there is no container `{name}` in this {of}");
            let item = Diagnostic::new(Code::UnknownContainer, node.loc, title);
            cx.report(item.nearest(name, known.iter().map(String::as_str)));
        }
        return Some(Sym::new(name));
    }
    match known.as_slice() {
        [only] => Some(Sym::new(only)),
        [] => {
            cx.report(Diagnostic::new(Code::MissingKey, loc, "`container` is missing"));
            None
        }
        _ => {
            let title = format!("`container` is missing: this {of} has several");
            let item = Diagnostic::new(Code::MissingKey, loc, title);
            cx.report(item.hint(format!("one of {}", known.join(", "))));
            None
        }
    }
}

/// Names of the containers of all templates that could make the pods of a target.
fn containers_of_workloads(target: &Target, cx: &Context<'_>) -> Vec<String> {
    let labels = target.among.as_deref().map(|among| &among.labels);
    let objects =
        cx.applies.iter().flat_map(|apply| &apply.objects).filter(|object| object.kind.law().has_pods);
    let fits = |object: &&AppliedObject| {
        let own =
            |key: &str| object.value.pointer("/spec/template/metadata/labels").and_then(|all| all.get(key));
        let named = format!("{}-", object.name());
        let alike = if target.prefix {
            named.starts_with(&target.name) || target.name.starts_with(&named)
        } else {
            target.name.starts_with(&named)
        };
        alike && labels.is_none_or(|all| all.iter().all(|(key, value)| own(key).is_some_and(|v| v == value)))
    };
    let fitting = objects.filter(fits);
    fitting.flat_map(|object| containers_of(&object.value)).map(|(name, _)| name).collect()
}

fn delete_pod(pod: Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Command {
    let grace_secs = number(entry, "gracePeriodSeconds");
    let force = flag(entry, "force").unwrap_or(false);
    if force && grace_secs.is_some_and(|g: i64| g > 0) {
        let at = entry.entry("gracePeriodSeconds").map_or(loc, |e| e.key_loc);
        cx.report(
            Diagnostic::new(
                Code::Conflict,
                at,
                "--force and --grace-period greater than 0 cannot be specified together",
            )
            .hint("leave one of them out"),
        );
    }
    if let Some(e) = entry.entry("cascade") {
        cx.report(Diagnostic::new(Code::NoEffect, e.key_loc, "`cascade` means nothing for a pod"));
    }
    Command::DeletePod { pod, grace_secs, force }
}

fn delete_node(node: Target, entry: &Table, cx: &mut Context<'_>) -> Command {
    nothing_beside(&["gracePeriodSeconds", "force", "namespace", "cascade"], "node", entry, cx);
    Command::DeleteNode { node }
}

/// Keys that the verb takes of other targets.
fn nothing_beside(keys: &[&str], of: &str, entry: &Table, cx: &mut Context<'_>) {
    for e in keys.iter().filter_map(|key| entry.entry(key)) {
        let title = format!("`{}` means nothing for a {of}", e.key);
        cx.report(Diagnostic::new(Code::NoEffect, e.key_loc, title));
    }
}

fn taint_node(node: Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Command {
    for t in taints(entry).into_iter().filter(|t| t.get("effect").is_none()) {
        let at = t.get("key").map_or(loc, |n| n.loc);
        cx.report(
            Diagnostic::new(Code::MissingKey, at, "a new taint needs an `effect`")
                .label("expected effect = \"NoSchedule\", \"PreferNoSchedule\" or \"NoExecute\""),
        );
    }
    Command::Taint { node, taints: taints(entry).into_iter().filter_map(taint).collect() }
}

fn debug(pod: Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Command {
    let name = text(entry, "container").unwrap_or("debugger");
    let taken = templates_of(&pod, cx).any(|t| t.spec.container(Sym::new(name)).is_some());
    if taken {
        let at = entry.get("container").map_or(loc, |n| n.loc);
        cx.report(Diagnostic::new(Code::Duplicate, at, format!("this pod has a container `{name}` already")));
    }
    Command::Debug { pod, container: Sym::new(name), image: sym(entry, "image") }
}

fn kill_sandbox(pod: Target, entry: &Table, cx: &mut Context<'_>) -> Command {
    for other in ["container", "signal"].into_iter().filter_map(|key| entry.entry(key)) {
        cx.report(
            Diagnostic::new(
                Code::Conflict,
                other.key_loc,
                format!("`sandbox` and `{}` exclude each other", other.key),
            )
            .hint("write an [[action]] for each"),
        );
    }
    Command::KillSandbox { pod }
}

fn set_probe(pod: Target, container: Sym, entry: &Table) -> Command {
    let probe = match text(entry, "probe") {
        Some("startup") => ProbeKind::Startup,
        Some("liveness") => ProbeKind::Liveness,
        _ => ProbeKind::Readiness,
    };
    let ok = flag(entry, "ok").unwrap_or(false);
    Command::SetProbe { pod, container, probe, ok, takes: span(entry, "takes"), output: sym(entry, "output") }
}

fn taints(entry: &Table) -> Vec<&Table> {
    tables(entry, "taints").into_iter().map(|(_, t)| t).collect()
}

/// The container that is meant, or the only one there is.
fn container(target: &Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Option<Sym> {
    if cx.has_workloads() {
        let mut known = containers_of_workloads(target, cx);
        let own =
            templates_of(target, cx).flat_map(|t| t.spec.init_containers.iter().chain(&t.spec.containers));
        known.extend(own.map(|c| c.name.as_str().to_owned()));
        return the_container(known, "pod", loc, entry, cx);
    }
    let all: Vec<Vec<Sym>> = templates_of(target, cx)
        .map(|t| t.spec.init_containers.iter().chain(&t.spec.containers).map(|c| c.name).collect())
        .collect();
    if let Some(node) = entry.get("container") {
        let name = node.text()?;
        let added = tables_of_debug(name, cx);
        if !all.is_empty() && !added && !all.iter().flatten().any(|c| *c == name) {
            let known: Vec<&str> = all.iter().flatten().map(|c| c.as_str()).collect();
            cx.report(
                Diagnostic::new(
                    Code::UnknownContainer,
                    node.loc,
                    format!("there is no container `{name}` in this pod"),
                )
                .nearest(name, known),
            );
        }
        return Some(Sym::new(name));
    }
    let mains: Vec<Sym> =
        templates_of(target, cx).flat_map(|t| t.spec.containers.iter().map(|c| c.name)).collect();
    match mains.as_slice() {
        [] => None,
        [first, rest @ ..] if rest.iter().all(|c| c == first) => Some(*first),
        _ => {
            let names: Vec<&str> = mains.iter().map(|c| c.as_str()).collect();
            cx.report(
                Diagnostic::new(Code::MissingKey, loc, "`container` is missing: this pod has several")
                    .hint(format!("one of {}", names.join(", "))),
            );
            None
        }
    }
}

/// Ephemeral containers that another action brings are not looked for; their names end up in the run.
fn tables_of_debug(name: &str, cx: &Context<'_>) -> bool {
    cx.debugs.iter().any(|d| d == name)
}

fn labels(entry: &Table) -> BTreeMap<String, Option<String>> {
    string_map(entry, "labels")
        .into_iter()
        .map(|(key, value)| match key.strip_suffix('-') {
            Some(key) => (key.to_owned(), None),
            None => (key, Some(value)),
        })
        .collect()
}

fn sym(entry: &Table, key: &str) -> Sym {
    Sym::new(text(entry, key).unwrap_or_default())
}

/// The requests and limits that a resize writes, as the API server spells them.
fn sizes(
    target: &Target,
    container: Sym,
    loc: Loc,
    entry: &Table,
    cx: &mut Context<'_>,
) -> Option<Resources> {
    let mut resources = Resources::default();
    for (list, amounts) in [("requests", &mut resources.requests), ("limits", &mut resources.limits)] {
        let table = entry.get(list).and_then(Node::table);
        for e in table.map_or(&[][..], |table| &table.entries) {
            let quantity = scalar(&e.node).and_then(|text| Quantity::parse(&text).ok())?;
            amounts.insert(e.key.clone(), quantity.to_string());
        }
    }
    if resources == Resources::default() {
        cx.report(
            Diagnostic::new(Code::MissingKey, loc, "`resize` needs `requests` or `limits`")
                .hint("for instance: requests = { cpu = \"1\" }"),
        );
        return None;
    }
    if !cx.gates.in_place_resize {
        cx.report(
            Diagnostic::new(
                Code::NoEffect,
                loc,
                "the API server has no subresource `resize`: InPlacePodVerticalScaling is off",
            )
            .label("it will answer NotFound")
            .hint(match Version::first(|gates| gates.in_place_resize) {
                Some(first) => {
                    format!("the gate is on by default from kubernetes = \"{}\" on", first.as_str())
                }
                None => "the gate is off by default".to_owned(),
            }),
        );
    } else if let Some(why) = refused(target, container, &resources, entry, cx) {
        cx.report(
            Diagnostic::new(Code::NoEffect, loc, format!("the API server will refuse this resize: {why}"))
                .hint("it is played, and the run's summary has the answer"),
        );
    }
    Some(resources)
}

/// What the API server will say against a resize of the first pod that is meant, as far as a manifest and the resizes
/// before this one tell. Resizes have to stand in the order of their instants for that.
fn refused(
    target: &Target,
    container: Sym,
    change: &Resources,
    entry: &Table,
    cx: &mut Context<'_>,
) -> Option<String> {
    let at = entry.get("at").and_then(|node| values::duration(node).ok())?;
    let template = templates_of(target, cx).next()?;
    let key = cx.templates.iter().position(|other| std::ptr::eq(other.as_ref(), template))?;
    let (last, before) = cx.resized.get(&key).cloned().unwrap_or((at, Arc::clone(&template.spec)));
    if at < last {
        return None;
    }
    let mut after = (*before).clone();
    let own = after.containers.iter_mut().chain(&mut after.init_containers).find(|c| c.name == container)?;
    own.resources.requests.extend(change.requests.clone());
    own.resources.limits.extend(change.limits.clone());
    let object = |spec: &PodSpec| {
        let metadata = json!({ "name": template.name, "namespace": template.namespace });
        Map::from_iter([("metadata".to_owned(), metadata), ("spec".to_owned(), json!(spec))])
    };
    let errors = validation::resize::validate(&object(&before), &object(&after), &cx.gates);
    if let Some(error) = errors.0.first() {
        return Some(error.to_string());
    }
    cx.resized.insert(key, (at, Arc::new(after)));
    None
}

/// Tells of keys for an object that has none, or that has any key already.
fn added_keys(kind: ObjectKind, namespace: Option<Sym>, name: &str, entry: &Table, cx: &mut Context<'_>) {
    let Some(keys) = entry.entry("keys") else { return };
    if !matches!(kind, ObjectKind::ConfigMap | ObjectKind::Secret) {
        cx.report(
            Diagnostic::new(Code::Conflict, keys.key_loc, format!("a {kind:?} has no `keys`"))
                .hint("only a ConfigMap or a Secret has keys"),
        );
        return;
    }
    let meant = cx.objects.iter().find(|object| {
        object.kind == kind && *object.name == *name && namespace.is_none_or(|n| n == object.namespace)
    });
    if meant.is_none_or(|object| object.keys.is_none()) {
        cx.report(
            Diagnostic::new(Code::NoEffect, keys.key_loc, format!("`{name}` has any key already"))
                .label("nothing can be missing that could be added")
                .hint("say in its [[object]] which keys it has: keys = []"),
        );
    }
}

fn namespace(kind: ObjectKind, entry: &Table) -> Option<Sym> {
    match kind {
        ObjectKind::PriorityClass | ObjectKind::RuntimeClass | ObjectKind::HostPath => None,
        _ => text(entry, "namespace").map(Sym::new),
    }
}

/// What crosses a threshold that is not there is nothing to the kubelet.
fn no_soft_threshold(target: &Target, signal: &str, loc: Loc, cx: &mut Context<'_>) {
    let lacks = cx.nodes.iter().any(|n| {
        let name = n.spec.name.as_str();
        let fits = if target.prefix { name.starts_with(&target.name) } else { name == target.name };
        fits && !n.kubelet.eviction_soft.contains_key(signal)
    });
    if lacks {
        let title = format!("this node's kubelet has no soft threshold `{signal}`");
        let hint = format!(
            "set [kubelet] evictionSoft = {{ \"{signal}\" = \"10%\" }} and evictionSoftGracePeriod = {{ \"{signal}\" = \"1m\" }}"
        );
        cx.report(Diagnostic::new(Code::NoEffect, loc, title).hint(hint));
    }
}

/// Without its grace period configured the kubelet notices no shutdown.
fn no_grace(target: &Target, loc: Loc, cx: &mut Context<'_>) {
    let bare = cx.nodes.iter().any(|n| {
        let name = n.spec.name.as_str();
        let fits = if target.prefix { name.starts_with(&target.name) } else { name == target.name };
        fits && n.kubelet.shutdown_grace_period == Span::ZERO
    });
    if bare {
        cx.report(
            Diagnostic::new(
                Code::NoEffect,
                loc,
                "this node's kubelet does not wait for its pods: it just goes dark",
            )
            .hint("set [kubelet] shutdownGracePeriod = \"30s\" for a graceful one"),
        );
    }
}

fn gates(pod: &Target, gate: Option<Sym>, loc: Loc, entry: &Table, cx: &mut Context<'_>) {
    let known: Vec<&str> =
        templates_of(pod, cx).flat_map(|t| t.spec.scheduling_gates.iter().map(|g| g.name.as_str())).collect();
    if templates_of(pod, cx).next().is_none() {
        return;
    }
    match gate {
        None if known.is_empty() => {
            cx.report(Diagnostic::new(Code::NoEffect, loc, "this pod has no scheduling gates"))
        }
        Some(gate) if !known.contains(&gate.as_str()) => {
            let at = entry.get("gate").map_or(loc, |n| n.loc);
            cx.report(
                Diagnostic::new(Code::UnknownTarget, at, format!("this pod has no scheduling gate `{gate}`"))
                    .nearest(gate.as_str(), known),
            );
        }
        _ => {}
    }
}
