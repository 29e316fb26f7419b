//! `[[action]]`: one verb at an instant, its target looked up among what can ever exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, json};

use super::pods::{makes, pod_names};
use super::settings::{effect, taint};
use super::{Context, flag, number, scalar, span, string_map, strings, tables, text};
use crate::api::spec::Resources;
use crate::api::{PodSpec, ProbeKind, Sym, Tri};
use crate::rules::api_server::validation;
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::Version;
use crate::scenario::command::{Action, Command, Target};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::format::{ACTION, Kind, VERBS, VerbKeys};
use crate::scenario::plan::{ObjectKind, PodTemplate};
use crate::scenario::tree::{Loc, Node, Table};
use crate::scenario::values::{self, Noun};
use crate::time::Span;

pub fn actions(table: &Table, cx: &mut Context<'_>) -> Vec<Arc<Action>> {
    let mut plans = Vec::new();
    for (node, entry) in tables(table, "action") {
        let at = cx.instant(entry, "at", "the action");
        let Some(keys) = the_verb(node, entry, cx) else { continue };
        surplus(entry, keys, cx);
        let Some(target_node) = entry.get(keys.verb) else { continue };
        let Some(Kind::Target(nouns)) = ACTION.key(keys.verb).map(|k| k.kind) else { continue };
        let Ok(noun) = values::target(target_node, nouns) else { continue };
        let noun = look_up(noun, target_node.loc, entry, cx);
        if let Some(command) = build(keys.verb, noun, target_node.loc, entry, cx) {
            let words = format!("{} {}", keys.verb, target_node.text().unwrap_or_default());
            plans.push(Arc::new(Action { at, command, words }));
        }
    }
    plans
}

fn the_verb(node: &Node, entry: &Table, cx: &mut Context<'_>) -> Option<&'static VerbKeys> {
    let mut found = VERBS.iter().filter(|v| entry.get(v.verb).is_some());
    let Some(first) = found.next() else {
        let names: Vec<&str> = VERBS.iter().map(|v| v.verb).collect();
        cx.report(
            Diagnostic::new(Code::MissingKey, node.loc, "this action has no verb")
                .label("expected one verb")
                .hint(format!("verbs are {}", names.join(", "))),
        );
        return None;
    };
    for other in found {
        if let Some(entry) = entry.entry(other.verb) {
            cx.report(
                Diagnostic::new(
                    Code::Conflict,
                    entry.key_loc,
                    format!("`{}` and `{}` are two verbs", first.verb, other.verb),
                )
                .hint("write an [[action]] for each"),
            );
        }
    }
    Some(first)
}

fn surplus(entry: &Table, keys: &VerbKeys, cx: &mut Context<'_>) {
    for e in &entry.entries {
        let name = e.key.as_str();
        let fits =
            name == "at" || name == keys.verb || keys.needs.contains(&name) || keys.takes.contains(&name);
        let verb = VERBS.iter().any(|v| v.verb == name);
        if !fits && !verb && ACTION.key(name).is_some() {
            let takes: Vec<String> = keys.needs.iter().chain(keys.takes).map(|k| format!("`{k}`")).collect();
            let item =
                Diagnostic::new(Code::Conflict, e.key_loc, format!("`{}` takes no `{name}`", keys.verb));
            cx.report(if takes.is_empty() {
                item
            } else {
                item.hint(format!("it takes {}", takes.join(", ")))
            });
        }
    }
    for need in keys.needs.iter().filter(|n| entry.get(n).is_none()) {
        let loc = entry.entry(keys.verb).map_or(Loc::default(), |e| e.key_loc);
        cx.report(Diagnostic::new(Code::MissingKey, loc, format!("`{}` needs `{need}`", keys.verb)));
    }
}

/// Tells of targets that can never exist; gives pods their namespace.
fn look_up(noun: Noun, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Noun {
    match noun {
        Noun::Pod(mut target) => {
            target.namespace = text(entry, "namespace").map(str::to_owned);
            known_pod(&target, loc, cx);
            Noun::Pod(target)
        }
        Noun::Node(target) => {
            let names: Vec<&str> = cx.nodes.iter().map(|n| n.spec.name.as_str()).collect();
            let fits = names
                .iter()
                .any(|n| if target.prefix { n.starts_with(&target.name) } else { *n == target.name });
            if !fits {
                let item = Diagnostic::new(
                    Code::UnknownTarget,
                    loc,
                    format!("there is never a node `{}`", target.name),
                )
                .nearest(&target.name, names);
                cx.report(item);
            }
            Noun::Node(target)
        }
        object @ Noun::Object(..) => object,
    }
}

fn templates_of<'a>(target: &'a Target, cx: &'a Context<'_>) -> impl Iterator<Item = &'a PodTemplate> {
    cx.templates.iter().map(Arc::as_ref).filter(|t| {
        target.namespace.as_ref().is_none_or(|n| t.namespace == n.as_str())
            && if target.prefix {
                pod_names(t).iter().any(|n| n.starts_with(&target.name))
                    || t.name.as_str().starts_with(&target.name)
            } else {
                makes(t, &target.name)
            }
    })
}

/// Tells when no `[[pod]]` makes this pod.
pub fn known_pod(target: &Target, loc: Loc, cx: &mut Context<'_>) {
    let refused =
        cx.refused.iter().any(|name| name.starts_with(&target.name) || target.name.starts_with(name));
    if refused || cx.unsettled || templates_of(target, cx).next().is_some() {
        return;
    }
    let anywhere = Target { namespace: None, ..target.clone() };
    let elsewhere = templates_of(&anywhere, cx).next().map(|t| t.namespace);
    let mut item =
        Diagnostic::new(Code::UnknownTarget, loc, format!("there is never a pod `{}`", target.name));
    if let (Some(namespace), Some(asked)) = (elsewhere, &target.namespace) {
        item = item.label(format!("not in the namespace `{asked}`, but in `{namespace}`"));
    } else if let Some(template) = cx.templates.iter().find(|t| t.numbered && t.name == target.name.as_str())
    {
        item = item.hint(format!(
            "its replicas are `{0}-0` to `{0}-{1}`; `pod/{0}-*` means all of them",
            template.name,
            template.replicas - 1
        ));
    } else {
        let made = cx.templates.iter().flat_map(|template| pod_names(template));
        let names: Vec<String> = made.chain(cx.refused.iter().cloned()).take(4096).collect();
        item = item.nearest(&target.name, names.iter().map(String::as_str));
    }
    cx.report(item);
}

fn taints(entry: &Table) -> Vec<&Table> {
    tables(entry, "taints").into_iter().map(|(_, t)| t).collect()
}

/// The container that is meant, or the only one there is.
fn container(target: &Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Option<Sym> {
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

fn build(verb: &str, noun: Noun, loc: Loc, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    let grace_secs = number(entry, "gracePeriodSeconds");
    Some(match (verb, noun) {
        ("delete", Noun::Pod(pod)) => {
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
            Command::DeletePod { pod, grace_secs, force }
        }
        ("delete", Noun::Node(node)) => {
            for key in ["gracePeriodSeconds", "force", "namespace"] {
                if let Some(e) = entry.entry(key) {
                    cx.report(Diagnostic::new(
                        Code::NoEffect,
                        e.key_loc,
                        format!("`{key}` means nothing for a node"),
                    ));
                }
            }
            Command::DeleteNode { node }
        }
        ("evict", Noun::Pod(pod)) => Command::Evict { pod, grace_secs },
        ("cordon", Noun::Node(node)) => Command::Cordon { node },
        ("uncordon", Noun::Node(node)) => Command::Uncordon { node },
        ("drain", Noun::Node(node)) => Command::Drain { node },
        ("taint", Noun::Node(node)) => {
            for t in taints(entry).into_iter().filter(|t| t.get("effect").is_none()) {
                let at = t.get("key").map_or(loc, |n| n.loc);
                cx.report(
                    Diagnostic::new(Code::MissingKey, at, "a new taint needs an `effect`")
                        .label("expected effect = \"NoSchedule\", \"PreferNoSchedule\" or \"NoExecute\""),
                );
            }
            Command::Taint { node, taints: taints(entry).into_iter().filter_map(taint).collect() }
        }
        ("untaint", Noun::Node(node)) => Command::Untaint {
            node,
            taints: taints(entry)
                .into_iter()
                .filter_map(|t| Some((Sym::new(text(t, "key")?), text(t, "effect").and_then(effect))))
                .collect(),
        },
        ("stop", Noun::Node(node)) => Command::StopNode { node },
        ("start", Noun::Node(node)) => Command::StartNode { node },
        ("restartKubelet", Noun::Node(node)) => {
            Command::RestartKubelet { node, takes: span(entry, "takes").unwrap_or(Span::from_secs(5)) }
        }
        ("shutdown", Noun::Node(node)) => {
            no_grace(&node, loc, cx);
            Command::Shutdown { node }
        }
        ("pressure", Noun::Node(node)) => Command::Pressure {
            node,
            resource: match text(entry, "resource") {
                Some("disk") => Sym::new("ephemeral-storage"),
                Some("pid") => Sym::new("pids"),
                _ => Sym::new("memory"),
            },
            lasts: span(entry, "lasts"),
        },
        ("setCondition", Noun::Pod(pod)) => Command::SetCondition {
            pod,
            kind: sym(entry, "type"),
            status: entry.get("status").and_then(|n| values::truth(n).ok()).unwrap_or(Tri::True),
            reason: sym(entry, "reason"),
            message: sym(entry, "message"),
        },
        ("ungate", Noun::Pod(pod)) => {
            let gate = text(entry, "gate").map(Sym::new);
            gates(&pod, gate, loc, entry, cx);
            Command::Ungate { pod, gate }
        }
        ("label", Noun::Node(node)) => Command::LabelNode { node, labels: labels(entry) },
        ("label", Noun::Pod(pod)) => Command::LabelPod { pod, labels: labels(entry) },
        ("create", Noun::Object(kind, name)) => {
            let namespace = namespace(kind, entry);
            added_keys(kind, namespace, &name, entry, cx);
            Command::Create { kind, namespace, name: Sym::new(&name), keys: strings(entry, "keys") }
        }
        ("remove", Noun::Object(kind, name)) => {
            Command::Remove { kind, namespace: namespace(kind, entry), name: Sym::new(&name) }
        }
        ("bind", Noun::Object(ObjectKind::PersistentVolumeClaim, name)) => {
            Command::BindClaim { namespace: text(entry, "namespace").map(Sym::new), name: Sym::new(&name) }
        }
        ("bind", Noun::Object(..)) => {
            cx.report(
                Diagnostic::new(Code::BadValue, loc, "only a claim can be bound")
                    .label("expected PersistentVolumeClaim/NAME"),
            );
            return None;
        }
        ("setImage", Noun::Pod(pod)) => {
            let container = container(&pod, loc, entry, cx)?;
            Command::SetImage { pod, container, image: sym(entry, "image") }
        }
        ("resize", Noun::Pod(pod)) => {
            let container = container(&pod, loc, entry, cx)?;
            let resources = sizes(&pod, container, loc, entry, cx)?;
            Command::Resize { pod, container, resources }
        }
        ("patch", Noun::Pod(pod)) => {
            let merge = entry.get("merge")?.to_json();
            Command::Patch { pod, merge }
        }
        ("debug", Noun::Pod(pod)) => {
            let name = text(entry, "container").unwrap_or("debugger");
            let taken = templates_of(&pod, cx).any(|t| t.spec.container(Sym::new(name)).is_some());
            if taken {
                let at = entry.get("container").map_or(loc, |n| n.loc);
                cx.report(Diagnostic::new(
                    Code::Duplicate,
                    at,
                    format!("this pod has a container `{name}` already"),
                ));
            }
            Command::Debug { pod, container: Sym::new(name), image: sym(entry, "image") }
        }
        ("kill", Noun::Pod(pod)) if flag(entry, "sandbox") == Some(true) => {
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
        ("kill", Noun::Pod(pod)) => {
            let container = container(&pod, loc, entry, cx)?;
            let signal = entry.get("signal").and_then(|n| values::signal(n).ok()).unwrap_or(9);
            Command::Kill { pod, container, signal }
        }
        ("setProbe", Noun::Pod(pod)) => {
            let container = container(&pod, loc, entry, cx)?;
            let probe = match text(entry, "probe") {
                Some("startup") => ProbeKind::Startup,
                Some("liveness") => ProbeKind::Liveness,
                _ => ProbeKind::Readiness,
            };
            let ok = flag(entry, "ok").unwrap_or(false);
            Command::SetProbe {
                pod,
                container,
                probe,
                ok,
                takes: span(entry, "takes"),
                output: sym(entry, "output"),
            }
        }
        _ => return None,
    })
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
        ObjectKind::PriorityClass | ObjectKind::HostPath => None,
        _ => text(entry, "namespace").map(Sym::new),
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
