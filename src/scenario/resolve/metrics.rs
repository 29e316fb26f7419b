//! `[[metric]]`: what the pods of a workload use.

use super::actions::known_object;
use super::{Context, tables, text};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::command::ObjectTarget;
use crate::scenario::diagnostic::{Code, Diagnostic, nearest};
use crate::scenario::metrics::MetricPlan;
use crate::scenario::tree::{Node, Table};
use crate::scenario::values;

/// What an autoscaler can scale.
const SCALED: [ObjectType; 4] = [
    ObjectType::Deployment,
    ObjectType::StatefulSet,
    ObjectType::ReplicaSet,
    ObjectType::ReplicationController,
];

pub fn metrics(table: &Table, cx: &mut Context<'_>) -> Vec<MetricPlan> {
    let mut plans: Vec<MetricPlan> = Vec::new();
    for (node, entry) in tables(table, "metric") {
        let uses: Vec<_> = ["cpu", "memory"]
            .into_iter()
            .filter_map(|resource| Some((Sym::new(resource), points(entry.get(resource)?, cx))))
            .collect();
        if uses.is_empty() {
            let item = Diagnostic::new(Code::MissingKey, node.loc, "this `metric` does not say what is used");
            cx.report(item.hint("say cpu = [{ at = \"0s\", use = \"200m\" }], or memory"));
        }
        let Some(named) = entry.get("of") else { continue };
        let Some(of) = of(named, text(entry, "namespace"), cx) else { continue };
        if plans.iter().any(|known| known.of == of) {
            let title = format!("there is a `metric` of {}/{} already", of.kind.key(), of.name);
            cx.report(Diagnostic::new(Code::Duplicate, named.loc, title));
        }
        plans.push(MetricPlan { of, uses });
    }
    read_by_nobody(table, &plans, cx);
    plans
}

/// `deployment/web`
fn of(node: &Node, namespace: Option<&str>, cx: &mut Context<'_>) -> Option<ObjectTarget> {
    let written = node.text()?;
    let (kind, name) = written.split_once('/').unwrap_or((written, ""));
    let Some(kind) = ObjectType::parse(kind).filter(|kind| SCALED.contains(kind) && !name.is_empty()) else {
        let kinds = SCALED.map(ObjectType::key);
        let title = format!("`{written}` is nothing that an autoscaler scales");
        let item = Diagnostic::new(Code::BadValue, node.loc, title)
            .label("expected KIND/NAME, such as \"deployment/web\"");
        cx.report(match nearest(kind, &kinds) {
            Some(near) if near != kind && !name.is_empty() => {
                item.hint(format!("did you mean `{near}/{name}`?"))
            }
            _ => item.hint(format!("what can be scaled: {}", kinds.join(", "))),
        });
        return None;
    };
    known_object(kind, name, namespace, node.loc, cx);
    Some(ObjectTarget { kind, name: Sym::new(name), namespace: namespace.map(Sym::new) })
}

/// What is used, from which instant on.
fn points(list: &Node, cx: &mut Context<'_>) -> Vec<(crate::time::Time, i64)> {
    let mut points: Vec<(crate::time::Time, i64)> = Vec::new();
    for node in list.array().unwrap_or_default() {
        let Some(entry) = node.table() else { continue };
        let Some(nanos) = entry.get("use").and_then(|node| values::quantity(node).ok()) else { continue };
        let at = cx.instant(entry, "at", "this use");
        if points.last().is_some_and(|(before, _)| at <= *before) {
            let loc = entry.get("at").map_or(node.loc, |node| node.loc);
            let item = Diagnostic::new(Code::Conflict, loc, "this use does not begin after the one before");
            cx.report(item.hint("what is used stands in the order of time"));
        }
        points.push((at, i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX)));
    }
    points
}

/// Tells of what nobody looks at.
fn read_by_nobody(table: &Table, plans: &[MetricPlan], cx: &mut Context<'_>) {
    if cx.unsettled || !cx.refused.is_empty() {
        return;
    }
    let of_plan = |of: &ObjectTarget| {
        let objects = cx.applies.iter().flat_map(|apply| &apply.objects);
        objects.filter(|object| object.kind == ObjectType::HorizontalPodAutoscaler).any(|object| {
            let target = &object.value["spec"]["scaleTargetRef"];
            target["kind"] == of.kind.name() && target["name"] == of.name.as_str()
        })
    };
    let unread: Vec<String> = plans
        .iter()
        .filter(|plan| !of_plan(&plan.of))
        .map(|plan| format!("{}/{}", plan.of.kind.key(), plan.of.name))
        .collect();
    for name in unread {
        let entries = tables(table, "metric").into_iter().filter_map(|(_, entry)| entry.get("of"));
        let is_it = |node: &&Node| node.text().is_some_and(|text| same(text, &name));
        let Some(node) = entries.into_iter().find(is_it) else { continue };
        let title = format!("no HorizontalPodAutoscaler scales {name}");
        cx.report(Diagnostic::new(Code::NoEffect, node.loc, title).label("nobody looks at this"));
    }
}

/// Whether two spellings of kind and name are of the same.
fn same(a: &str, b: &str) -> bool {
    let read =
        |text: &str| text.split_once('/').map(|(kind, name)| (ObjectType::parse(kind), name.to_owned()));
    read(a) == read(b)
}
