//! The keys of a PersistentVolumeClaim: when it is bound, and what its volume is like.

use std::sync::Arc;

use super::{Context, distribution, flag, number, strings, tables, text};
use crate::api::Sym;
use crate::api::spec::{NodeSelectorTerm, Requirement};
use crate::api::text::Uid;
use crate::engine::{Distribution, random};
use crate::rules::kubelet::volume_ownership;
use crate::rules::scheduler::placement::selector::NodeTerm;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::plan::ClaimPlan;
use crate::scenario::tree::{Node, Table};
use crate::scenario::volumes::ATTACH;
use crate::time::Time;

/// What only a claim has.
pub const KEYS: &[&str] = &[
    "bound",
    "boundAt",
    "volumeName",
    "accessModes",
    "nodeAffinity",
    "attach",
    "detach",
    "mount",
    "files",
    "fsGroupChange",
];

/// The claim of an `[[object]]` that is created at `created`; `path` is its namespace and name.
pub fn claim(entry: &Table, path: &[&str], created: Time, cx: &mut Context<'_>) -> ClaimPlan {
    let files: Option<u64> = number(entry, "files");
    let all_of_them = || Distribution::Constant(volume_ownership::takes(files.unwrap_or(0)));
    ClaimPlan {
        bound_at: bound_at(entry, created, cx),
        spec: Arc::default(),
        metadata: Arc::default(),
        provisioned: None,
        volume_name: text(entry, "volumeName").map_or_else(|| made_name(path), Sym::new),
        access_modes: strings(entry, "accessModes").iter().map(|mode| Sym::new(mode)).collect(),
        node_affinity: node_affinity(entry, cx),
        has_no_plugin: false,
        attach: distribution(entry, "attach").unwrap_or(ATTACH),
        detach: distribution(entry, "detach").unwrap_or(ATTACH),
        mount: distribution(entry, "mount"),
        files,
        fs_group_change: distribution(entry, "fsGroupChange").unwrap_or_else(all_of_them),
    }
}

fn bound_at(entry: &Table, created: Time, cx: &mut Context<'_>) -> Option<Time> {
    let bound = flag(entry, "bound").unwrap_or(true);
    let Some(key) = entry.entry("boundAt") else { return bound.then_some(created) };
    if !bound {
        cx.report(
            Diagnostic::new(
                Code::Conflict,
                key.key_loc,
                "`bound = false` and `boundAt` contradict each other",
            )
            .hint("with `boundAt` alone it is unbound until then"),
        );
    }
    let at = cx.instant(entry, "boundAt", "the claim's binding");
    if at < created {
        cx.report(
            Diagnostic::new(Code::Conflict, key.key_loc, "the claim would be bound before it exists")
                .label(format!("it comes into being at {}", created.since(cx.start))),
        );
    }
    Some(at)
}

/// What a provisioner calls a volume: `pvc-` and the claim's uid, here made of the claim's name.
fn made_name(path: &[&str]) -> Sym {
    let (high, low) = (random::entity(path), random::entity(&[path, &["volume"]].concat()));
    Sym::new(&format!("pvc-{}", Uid::Made([high, low])))
}

fn node_affinity(entry: &Table, cx: &mut Context<'_>) -> Option<Vec<NodeTerm>> {
    let required = entry.get("nodeAffinity")?.table()?.get("required")?.table()?;
    let terms = tables(required, "nodeSelectorTerms");
    Some(terms.into_iter().map(|(_, term)| NodeTerm::compile(&node_term(term, cx))).collect())
}

fn node_term(term: &Table, cx: &mut Context<'_>) -> NodeSelectorTerm {
    let mut compiled = NodeSelectorTerm::default();
    for (node, table) in tables(term, "matchExpressions") {
        let requirement = Requirement {
            key: text(table, "key").unwrap_or_default().to_owned(),
            operator: text(table, "operator").unwrap_or_default().into(),
            values: strings(table, "values"),
        };
        values_fit(node, table, &requirement, cx);
        compiled.match_expressions.push(requirement);
    }
    compiled
}

/// `ValidateNodeSelectorRequirement`, pkg/apis/core/validation/validation.go: how many values an operator takes.
fn values_fit(node: &Node, table: &Table, requirement: &Requirement, cx: &mut Context<'_>) {
    let loc = table.get("values").map_or(node.loc, |values| values.loc);
    let (operator, count) = (requirement.operator.as_ref(), requirement.values.len());
    let wrong = match operator {
        "In" | "NotIn" if count == 0 => "at least one value",
        "Exists" | "DoesNotExist" if count > 0 => "no values",
        "Gt" | "Lt" if count != 1 => "exactly one value",
        _ => return,
    };
    cx.report(
        Diagnostic::new(Code::BadValue, loc, format!("`{operator}` takes {wrong}"))
            .label(format!("expected {wrong}")),
    );
}
