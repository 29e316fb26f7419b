//! Slips of the finger in what is expected. A STATUS that there never is fails at once, but an event that never comes, or a
//! condition that there is not to be, holds for ever: so words that are nearly one that Kubernetes has are told.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Context, tables};
use crate::api::Sym;
use crate::scenario::diagnostic::{Code, Diagnostic, nearest};
use crate::scenario::tree::{Node, Table, Value};

/// Conditions and reasons of events that only workloads have, which no symbol of pods stands for: pkg/controller/{deployment,
/// replicaset, statefulset, daemon, job, cronjob, podautoscaler, disruption}, batch/v1, autoscaling/v2, policy/v1.
const OF_WORKLOADS: [&str; 37] = [
    "AbleToScale",
    "Available",
    "BackoffLimitExceeded",
    "Complete",
    "Completed",
    "DeadlineExceeded",
    "DisruptionAllowed",
    "FailedCreate",
    "FailedDaemonPod",
    "FailedDelete",
    "FailedGetResourceMetric",
    "FailedPlacement",
    "FailedRescale",
    "FailureTarget",
    "ForbidConcurrent",
    "JobAlreadyActive",
    "MissSchedule",
    "MissingJob",
    "NoPods",
    "PodFailurePolicy",
    "Progressing",
    "RecreatingTerminatedPod",
    "ReplicaFailure",
    "ReplicaSetCreateError",
    "Resumed",
    "SawCompletedJob",
    "ScalingActive",
    "ScalingLimited",
    "ScalingReplicaSet",
    "SelectorOverlap",
    "SuccessCriteriaMet",
    "SuccessfulCreate",
    "SuccessfulDelete",
    "SuccessfulRescale",
    "SuccessfulUpdate",
    "Suspended",
    "UnexpectedJob",
];

/// Tells of words of expectations that are nearly known ones, unless something in the file brings them about.
pub fn tell(table: &Table, cx: &mut Context<'_>) {
    let expects = tables(table, "expect");
    if expects.is_empty() {
        return;
    }
    let known = Sym::known();
    let is_known = |word: &str| known.contains(&word) || OF_WORKLOADS.contains(&word);
    let own = own_words(table, cx);
    let mut told = BTreeSet::new();
    let mut check =
        |word: &str, at: &Node, key_loc: Option<crate::scenario::tree::Loc>, cx: &mut Context<'_>| {
            let plain = word.strip_prefix("Init:").unwrap_or(word);
            // Numbers and names of others are nobody's to know.
            let is_word = plain.len() > 3 && plain.bytes().all(|b| b.is_ascii_alphabetic());
            if !is_word || is_known(plain) || own.contains(plain) || !told.insert(plain.to_owned()) {
                return;
            }
            let names: Vec<&str> = known.iter().copied().filter(|name| is_near(plain, name)).collect();
            if let Some(name) = nearest(plain, &names) {
                let title = format!("Kubernetes has no `{plain}`");
                let item = Diagnostic::new(Code::NoEffect, key_loc.unwrap_or(at.loc), title);
                cx.report(item.hint(format!("did you mean `{name}`?")));
            }
        };
    for (_, entry) in expects {
        for key in ["status", "event", "noEvent"] {
            if let Some(node) = entry.get(key)
                && let Some(word) = node.text()
            {
                check(word, node, None, cx);
            }
        }
        for condition in entry.get("conditions").and_then(Node::table).map_or(&[][..], |own| &own.entries) {
            check(&condition.key, &condition.node, Some(condition.key_loc), cx);
        }
    }
}

/// As long but for two letters: what differs by more is another word.
fn is_near(word: &str, name: &str) -> bool {
    word.len().abs_diff(name.len()) <= 2
}

/// Words that actions, scripts and manifests bring: conditions that somebody sets, reasons of their own.
fn own_words(table: &Table, cx: &Context<'_>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for list in ["action", "pod", "program", "object"] {
        for (node, _) in tables(table, list) {
            of_node(node, &mut words);
        }
    }
    for object in cx.applies.iter().flat_map(|apply| &apply.objects) {
        of_json(&object.value, &mut words);
    }
    for template in cx.templates.iter() {
        words.extend(template.spec.readiness_gates.iter().map(|gate| gate.condition_type.to_string()));
    }
    words
}

fn of_node(node: &Node, words: &mut BTreeSet<String>) {
    match &node.value {
        Value::Text(text) => drop(words.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| of_node(item, words)),
        Value::Table(table) => table.entries.iter().for_each(|entry| of_node(&entry.node, words)),
        _ => {}
    }
}

fn of_json(value: &Json, words: &mut BTreeSet<String>) {
    match value {
        Json::String(text) => drop(words.insert(text.clone())),
        Json::Array(items) => items.iter().for_each(|item| of_json(item, words)),
        Json::Object(members) => members.values().for_each(|item| of_json(item, words)),
        _ => {}
    }
}
