//! `[[object]]`: ConfigMaps, Secrets, claims, classes and whatever else pods refer to, as a scenario says them itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Context, claims, flag, number, scalar, string_map, strings, tables, text};
use crate::api::Sym;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::limits;
use crate::scenario::plan::{ObjectKind, ObjectPlan};
use crate::scenario::tree::{Node, Table};
use crate::scenario::values::OBJECT_KINDS;

pub fn objects(table: &Table, cx: &mut Context<'_>) -> Vec<ObjectPlan> {
    let mut plans: Vec<ObjectPlan> = Vec::new();
    let written = tables(table, "object");
    if let Some((node, _)) = written.get(limits::OBJECTS) {
        cx.report(
            Diagnostic::new(Code::BadValue, node.loc, format!("there are {} objects", written.len()))
                .label(format!("expected no more than {}", limits::OBJECTS)),
        );
        return plans;
    }
    for (node, entry) in written {
        let kind = text(entry, "kind").and_then(|k| OBJECT_KINDS.iter().find(|(name, _)| *name == k));
        let (Some((kind_name, kind)), Some(name)) = (kind, text(entry, "name")) else { continue };
        fits(*kind, kind_name, node, entry, cx);
        let missing = flag(entry, "missing").unwrap_or(false);
        if missing && let Some(at) = entry.entry("at") {
            cx.report(
                Diagnostic::new(
                    Code::Conflict,
                    at.key_loc,
                    "`missing = true` and `at` contradict each other",
                )
                .hint("with `at` alone it is missing until then"),
            );
        }
        let at = cx.instant(entry, "at", "the object's creation");
        let namespace = match kind {
            ObjectKind::PriorityClass | ObjectKind::RuntimeClass | ObjectKind::HostPath => "",
            _ => text(entry, "namespace").unwrap_or("default"),
        };
        if plans.iter().any(|p| p.kind == *kind && p.name == name && p.namespace == namespace) {
            let at = entry.get("name").map_or(node.loc, |n| n.loc);
            cx.report(Diagnostic::new(
                Code::Duplicate,
                at,
                format!("there is a {kind_name} `{name}` already"),
            ));
        }
        plans.push(ObjectPlan {
            kind: *kind,
            namespace: Sym::new(namespace),
            name: Sym::new(name),
            at: (!missing).then_some(at),
            keys: entry.get("keys").is_some().then(|| strings(entry, "keys")),
            value: number(entry, "value").unwrap_or(0),
            preemption_policy: text(entry, "preemptionPolicy").map(Sym::new),
            global_default: flag(entry, "globalDefault").unwrap_or(false),
            min_available: entry.get("minAvailable").and_then(scalar),
            max_unavailable: entry.get("maxUnavailable").and_then(scalar),
            match_labels: string_map(entry, "matchLabels"),
            claim: (*kind == ObjectKind::PersistentVolumeClaim)
                .then(|| claims::claim(entry, &[namespace, name], at, cx)),
            runtime: (*kind == ObjectKind::RuntimeClass).then(|| Arc::new(runtime(entry, name))),
        });
    }
    plans
}

/// A RuntimeClass as the API has it.
fn runtime(entry: &Table, name: &str) -> Json {
    let mut class = json!({ "handler": text(entry, "handler").unwrap_or(name) });
    if let Some(overhead) = entry.get("overhead").and_then(Node::table) {
        let amounts = overhead.entries.iter();
        let fixed: BTreeMap<&str, String> =
            amounts.filter_map(|own| Some((own.key.as_str(), scalar(&own.node)?))).collect();
        class["overhead"] = json!({ "podFixed": fixed });
    }
    let selector = string_map(entry, "nodeSelector");
    if !selector.is_empty() {
        class["scheduling"] = json!({ "nodeSelector": selector });
    }
    class
}

/// Tells of keys that objects of this kind do not have, and of budgets that say nothing.
fn fits(kind: ObjectKind, kind_name: &str, node: &Node, entry: &Table, cx: &mut Context<'_>) {
    let allowed: &[&str] = match kind {
        ObjectKind::ConfigMap | ObjectKind::Secret => &["keys"],
        ObjectKind::PriorityClass => &["value", "preemptionPolicy", "globalDefault"],
        ObjectKind::RuntimeClass => &["handler", "overhead", "nodeSelector"],
        ObjectKind::PodDisruptionBudget => &["minAvailable", "maxUnavailable", "matchLabels"],
        ObjectKind::PersistentVolumeClaim => claims::KEYS,
        _ => &[],
    };
    for e in &entry.entries {
        let special = [
            "keys",
            "value",
            "preemptionPolicy",
            "globalDefault",
            "minAvailable",
            "maxUnavailable",
            "matchLabels",
            "handler",
            "overhead",
            "nodeSelector",
        ];
        let name = e.key.as_str();
        if (special.contains(&name) || claims::KEYS.contains(&name)) && !allowed.contains(&name) {
            cx.report(Diagnostic::new(
                Code::Conflict,
                e.key_loc,
                format!("a {kind_name} has no `{}`", e.key),
            ));
        }
    }
    if kind == ObjectKind::PodDisruptionBudget {
        let both = (entry.entry("minAvailable"), entry.entry("maxUnavailable"));
        match both {
            (Some(_), Some(max)) => cx.report(Diagnostic::new(
                Code::Conflict,
                max.key_loc,
                "minAvailable and maxUnavailable exclude each other",
            )),
            (None, None) => cx.report(
                Diagnostic::new(Code::MissingKey, node.loc, "this budget protects nothing")
                    .label("expected minAvailable or maxUnavailable"),
            ),
            _ => {}
        }
    }
}
