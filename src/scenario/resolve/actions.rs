//! `[[action]]`: one verb at an instant, its target looked up among what can ever exist.

use std::sync::Arc;

use super::commands::command;
use super::pods::{pod_names, templates_of};
use super::{Context, tables, text};
use crate::scenario::command::{Action, Target};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::format::{ACTION, Kind, VERBS, VerbKeys};
use crate::scenario::tree::{Loc, Node, Table};
use crate::scenario::values::{self, Noun};

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
        if let Some(command) = command(keys.verb, noun, target_node.loc, entry, cx) {
            let words = format!("{} {}", keys.verb, target_node.text().unwrap_or_default());
            plans.push(Arc::new(Action { at, command, id: None, words }));
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
