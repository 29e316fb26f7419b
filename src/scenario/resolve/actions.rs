//! `[[action]]`: one verb at an instant, its target looked up among what can ever exist.

use std::sync::Arc;

use super::commands::command;
use super::pods::{pod_names, templates_of};
use super::{Context, number, string_map, tables, text};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::AppliedObject;
use crate::scenario::command::{Action, Among, Command, Target};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::format::{ACTION, AMONG, Kind, VERBS, VerbKeys};
use crate::scenario::tree::{Loc, Node, Table};
use crate::scenario::values::{self, Noun};

pub fn actions(table: &Table, cx: &mut Context<'_>) -> Vec<Arc<Action>> {
    let mut plans = Vec::new();
    for (index, (node, entry)) in tables(table, "action").into_iter().enumerate() {
        let at = cx.instant(entry, "at", "the action");
        let Some(keys) = the_verb(node, entry, cx) else { continue };
        surplus(entry, keys, cx);
        let Some(target_node) = entry.get(keys.verb) else { continue };
        let command = match ACTION.key(keys.verb).map(|k| k.kind) {
            Some(Kind::Target(nouns)) => {
                let Ok(noun) = values::target(target_node, nouns) else { continue };
                let noun = look_up(noun, target_node.loc, entry, cx);
                command(keys.verb, noun, target_node.loc, entry, cx)
            }
            _ if keys.verb == "write" => super::writes::read(target_node, entry, cx),
            _ => cx.sent.get(&index).map(|apply| Command::Apply { apply: Arc::clone(apply) }),
        };
        let Some(command) = command else { continue };
        let targets = values::texts(target_node).unwrap_or_default();
        let targets: Vec<&str> = targets.into_iter().filter_map(Node::text).collect();
        let words = format!("{} {}", keys.verb, targets.join(" "));
        let id = text(entry, "id").map(Sym::new);
        plans.push(Arc::new(Action { at, command, id, words }));
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
        let fits = matches!(name, "at" | "id")
            || name == keys.verb
            || keys.needs.contains(&name)
            || keys.takes.contains(&name);
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
            among(&mut target, loc, entry, cx);
            if !target.name.is_empty() {
                known_pod(&target, loc, cx);
            }
            Noun::Pod(target)
        }
        Noun::Node(target) => {
            if !cx.has_node(&target.name, target.prefix) {
                let names: Vec<&str> = cx.nodes.iter().map(|n| n.spec.name.as_str()).collect();
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
        Noun::Applied(kind, name) => {
            known_object(kind, &name, text(entry, "namespace"), loc, cx);
            Noun::Applied(kind, name)
        }
        object @ (Noun::Object(..) | Noun::Namespace(_)) => object,
    }
}

/// Which of the pods are meant.
fn among(target: &mut Target, loc: Loc, entry: &Table, cx: &mut Context<'_>) {
    let labels = string_map(entry, "matchLabels");
    let node = text(entry, "node").map(str::to_owned);
    if labels.is_empty() && node.is_none() && target.name.is_empty() && target.among.is_some() {
        cx.report(
            Diagnostic::new(Code::MissingKey, loc, "this does not say which pods")
                .label("expected `matchLabels` or `node`")
                .hint("\"pod/*\" means all of them"),
        );
    }
    if let Some(node) = entry.get("node") {
        known_node(node, cx);
    }
    if AMONG.iter().any(|key| entry.get(key).is_some()) {
        target.among = Some(Box::new(Among { labels, node, limit: number(entry, "limit") }));
    }
}

/// Tells of a name that no node ever has.
pub fn known_node(node: &Node, cx: &mut Context<'_>) {
    let Some(name) = node.text() else { return };
    if name != "<none>" && !cx.has_node(name, false) {
        let names: Vec<&str> = cx.nodes.iter().map(|n| n.spec.name.as_str()).collect();
        let item = Diagnostic::new(Code::UnknownTarget, node.loc, format!("there is never a node `{name}`"))
            .nearest(name, names);
        cx.report(item);
    }
}

/// Tells when no `[[apply]]` makes this object. ReplicaSets come from Deployments too, and Jobs from CronJobs, by names that
/// nobody knows beforehand.
pub fn known_object(kind: ObjectType, name: &str, namespace: Option<&str>, loc: Loc, cx: &mut Context<'_>) {
    let objects =
        || cx.applies.iter().flat_map(|apply| apply.objects.iter().map(move |object| (apply, object)));
    let maker = match kind {
        ObjectType::ReplicaSet => Some(ObjectType::Deployment),
        ObjectType::Job => Some(ObjectType::CronJob),
        _ => None,
    };
    let is_made = maker.is_some_and(|maker| objects().any(|(_, object)| object.kind == maker));
    let is_it = |object: &AppliedObject| object.kind == kind && object.name() == name;
    if cx.unsettled
        || is_made
        || objects().any(|(apply, o)| is_it(o) && namespace.is_none_or(|asked| o.namespace(apply) == asked))
    {
        return;
    }
    let title = format!("there is never a {} `{name}`", kind.name());
    let item = Diagnostic::new(Code::UnknownTarget, loc, title);
    let elsewhere =
        objects().find(|(_, object)| is_it(object)).map(|(apply, object)| object.namespace(apply));
    let item = match (elsewhere, namespace) {
        (Some(own), Some(asked)) => item.label(format!("not in the namespace `{asked}`, but in `{own}`")),
        _ => {
            let known = objects().filter(|(_, object)| object.kind == kind).map(|(_, object)| object.name());
            item.nearest(name, known).hint("an [[apply]] of its manifest makes it")
        }
    };
    cx.report(item);
}

/// Tells when no `[[pod]]` makes this pod.
pub fn known_pod(target: &Target, loc: Loc, cx: &mut Context<'_>) {
    let refused =
        cx.refused.iter().any(|name| name.starts_with(&target.name) || target.name.starts_with(name));
    let mut applied = cx.applies.iter().flat_map(|apply| &apply.objects);
    let is_written = applied.any(|own| own.kind == ObjectType::Pod && own.name() == target.name);
    if refused
        || is_written
        || cx.unsettled
        || cx.has_workloads()
        || templates_of(target, cx).next().is_some()
    {
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
