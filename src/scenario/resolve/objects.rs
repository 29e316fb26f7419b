//! `[[object]]`: what pods refer to, and the budgets over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde_json::{Value as Json, json};

use super::{Context, claims, flag, number, scalar, string_map, strings, tables, text};
use crate::api::Sym;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::limits;
use crate::scenario::plan::{ObjectKind, ObjectPlan};
use crate::scenario::tree::{Node, Table};
use crate::scenario::values::OBJECT_KINDS;

const OF_DATA: &[&str] = &["keys"];
const OF_PRIORITY_CLASSES: &[&str] = &["value", "preemptionPolicy", "globalDefault"];
const OF_RUNTIME_CLASSES: &[&str] = &["handler", "overhead", "nodeSelector"];
const OF_BUDGETS: &[&str] = &["minAvailable", "maxUnavailable", "matchLabels", "unhealthyPodEvictionPolicy"];

/// The keys that only this kind has.
fn own_keys(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::ConfigMap | ObjectKind::Secret => OF_DATA,
        ObjectKind::PriorityClass => OF_PRIORITY_CLASSES,
        ObjectKind::RuntimeClass => OF_RUNTIME_CLASSES,
        ObjectKind::PodDisruptionBudget => OF_BUDGETS,
        ObjectKind::PersistentVolumeClaim => claims::KEYS,
        ObjectKind::ServiceAccount | ObjectKind::HostPath => &[],
    }
}

pub fn objects(table: &Table, cx: &mut Context<'_>) -> Vec<ObjectPlan> {
    let (mut plans, mut known) = (Vec::<ObjectPlan>::new(), FxHashSet::default());
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
        foreign_keys(entry, *kind, kind_name, cx);
        if *kind == ObjectKind::PodDisruptionBudget {
            amounts_of_budget(node, entry, cx);
        }
        let plan = object(entry, *kind, name, cx);
        if !known.insert((*kind_name, plan.namespace, plan.name)) {
            let at = entry.get("name").map_or(node.loc, |n| n.loc);
            let title = format!("there is a {kind_name} `{name}` already");
            cx.report(Diagnostic::new(Code::Duplicate, at, title));
        }
        plans.push(plan);
    }
    plans
}

/// Tells of keys that another kind has.
fn foreign_keys(entry: &Table, kind: ObjectKind, kind_name: &str, cx: &mut Context<'_>) {
    let special = [OF_DATA, OF_PRIORITY_CLASSES, OF_RUNTIME_CLASSES, OF_BUDGETS, claims::KEYS].concat();
    for e in &entry.entries {
        if special.contains(&e.key.as_str()) && !own_keys(kind).contains(&e.key.as_str()) {
            let title = format!("a {kind_name} has no `{}`", e.key);
            cx.report(Diagnostic::new(Code::Conflict, e.key_loc, title));
        }
    }
}

/// A budget says one of two amounts.
fn amounts_of_budget(node: &Node, entry: &Table, cx: &mut Context<'_>) {
    match (entry.entry("minAvailable"), entry.entry("maxUnavailable")) {
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

fn object(entry: &Table, kind: ObjectKind, name: &str, cx: &mut Context<'_>) -> ObjectPlan {
    let missing = flag(entry, "missing").unwrap_or(false);
    if missing && let Some(at) = entry.entry("at") {
        cx.report(
            Diagnostic::new(Code::Conflict, at.key_loc, "`missing = true` and `at` contradict each other")
                .hint("with `at` alone it is missing until then"),
        );
    }
    let at = cx.instant(entry, "at", "the object's creation");
    let namespace = match kind {
        ObjectKind::PriorityClass | ObjectKind::RuntimeClass | ObjectKind::HostPath => "",
        _ => text(entry, "namespace").unwrap_or("default"),
    };
    ObjectPlan {
        kind,
        namespace: Sym::new(namespace),
        name: Sym::new(name),
        at: (!missing).then_some(at),
        keys: entry.get("keys").is_some().then(|| strings(entry, "keys")),
        manifests: Vec::new(),
        value: number(entry, "value").unwrap_or(0),
        preemption_policy: text(entry, "preemptionPolicy").map(Sym::new),
        global_default: flag(entry, "globalDefault").unwrap_or(false),
        min_available: entry.get("minAvailable").and_then(scalar),
        max_unavailable: entry.get("maxUnavailable").and_then(scalar),
        unhealthy_policy: text(entry, "unhealthyPodEvictionPolicy").map(Sym::new),
        match_labels: string_map(entry, "matchLabels"),
        claim: (kind == ObjectKind::PersistentVolumeClaim)
            .then(|| claims::claim(entry, &[namespace, name], at, cx)),
        runtime: (kind == ObjectKind::RuntimeClass).then(|| Arc::new(runtime(entry, name))),
    }
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
