//! `[[expect]]` and `[lesson]`.

use super::actions::known_pod;
use super::{Context, flag, number, strings, tables, text};
use crate::scenario::command::Target;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::expected::{
    Amount, Expect, Expected, ExpectedCondition, ExpectedConditions, ExpectedEvent, PodExpect, When,
};
use crate::scenario::plan::{Lesson, Question};
use crate::scenario::tree::{Node, Table};
use crate::scenario::values;

pub fn expects(table: &Table, cx: &mut Context<'_>) -> Vec<Expect> {
    let mut expects = Vec::new();
    for (node, entry) in tables(table, "expect") {
        let when = When::At(cx.instant(entry, "at", "the expectation"));
        let Some(pod_node) = entry.get("pod") else { continue };
        let Some(pod) = pod_node.text() else { continue };
        let namespace = text(entry, "namespace").map(str::to_owned);
        let target = Target { name: pod.to_owned(), namespace: namespace.clone(), ..Target::default() };
        known_pod(&target, pod_node.loc, cx);
        let asks = ["phase", "status", "ready", "restarts", "node", "conditions", "event", "noEvent", "gone"];
        if asks.iter().all(|key| entry.get(key).is_none()) {
            cx.report(
                Diagnostic::new(Code::MissingKey, node.loc, "this expectation asks for nothing")
                    .hint(format!("say one of {}", asks.join(", "))),
            );
        }
        let gone = flag(entry, "gone");
        if gone == Some(true) {
            for key in ["phase", "status", "ready", "restarts", "node", "conditions"] {
                if let Some(e) = entry.entry(key) {
                    cx.report(Diagnostic::new(
                        Code::Conflict,
                        e.key_loc,
                        format!("a pod that is gone has no {key}"),
                    ));
                }
            }
        }
        for key in ["message", "count"] {
            if let (Some(e), None) = (entry.entry(key), entry.get("event")) {
                let item =
                    Diagnostic::new(Code::MissingKey, e.key_loc, format!("`{key}` is that of an event"));
                cx.report(item.hint("say which: event = \"BackOff\""));
            }
        }
        ready(entry, cx);
        node_name(entry, cx);
        let what = Expected::Pods(PodExpect {
            pod: pod.to_owned(),
            namespace,
            among: None,
            count: None,
            phase: text(entry, "phase").map(str::to_owned),
            status: text(entry, "status").map(str::to_owned),
            ready: text(entry, "ready").map(str::to_owned),
            restarts: number(entry, "restarts").map(exactly),
            node: text(entry, "node").map(str::to_owned),
            conditions: conditions(entry),
            event: event(entry),
            no_event: text(entry, "noEvent").map(str::to_owned),
            gone,
        });
        expects.push(Expect { when, what, line: cx.problems.position(node.loc).0 });
    }
    expects
}

fn exactly(number: i64) -> Amount {
    Amount { min: number, max: number }
}

fn conditions(entry: &Table) -> ExpectedConditions {
    let entries = entry.get("conditions").and_then(Node::table).map_or(&[][..], |t| &t.entries);
    entries
        .iter()
        .filter_map(|e| {
            let status = values::truth_or_none(&e.node).ok()?;
            Some((e.key.clone(), ExpectedCondition { status, reason: None }))
        })
        .collect()
}

fn event(entry: &Table) -> Option<ExpectedEvent> {
    Some(ExpectedEvent {
        reason: text(entry, "event")?.to_owned(),
        message: text(entry, "message").map(str::to_owned),
        count: number(entry, "count").map(exactly),
    })
}

fn ready(entry: &Table, cx: &mut Context<'_>) {
    let Some(node) = entry.get("ready") else { return };
    let Some(word) = node.text() else { return };
    let fits =
        word.split_once('/').is_some_and(|(up, all)| [up, all].iter().all(|n| n.parse::<u16>().is_ok()));
    if !fits {
        cx.report(
            Diagnostic::new(Code::BadValue, node.loc, format!("`{word}` cannot stand in the READY column"))
                .label("expected something like \"0/1\""),
        );
    }
}

fn node_name(entry: &Table, cx: &mut Context<'_>) {
    let Some(node) = entry.get("node") else { return };
    let Some(name) = node.text() else { return };
    let names: Vec<&str> = cx.nodes.iter().map(|n| n.spec.name.as_str()).collect();
    if name != "<none>" && !names.contains(&name) {
        let item = Diagnostic::new(Code::UnknownTarget, node.loc, format!("there is never a node `{name}`"))
            .nearest(name, names);
        cx.report(item);
    }
}

pub fn lesson(table: &Table, cx: &mut Context<'_>) -> Option<Lesson> {
    let lesson = table.get("lesson").and_then(Node::table)?;
    let mut questions = Vec::new();
    for (node, entry) in tables(lesson, "question") {
        let at = cx.instant(entry, "at", "the question");
        let choices = strings(entry, "choices");
        let answer: usize = number(entry, "answer").unwrap_or(0);
        if let Some(list) = entry.get("choices").filter(|n| n.array().is_some_and(|a| a.len() < 2)) {
            cx.report(
                Diagnostic::new(Code::BadValue, list.loc, "there is nothing to choose")
                    .label("expected two or more"),
            );
        } else if !choices.is_empty() && answer >= choices.len() {
            let loc = entry.get("answer").map_or(node.loc, |n| n.loc);
            cx.report(
                Diagnostic::new(Code::BadValue, loc, format!("there is no choice {answer}"))
                    .label(format!("expected 0 to {}", choices.len() - 1)),
            );
        }
        let word = |key: &str| text(entry, key).unwrap_or_default().to_owned();
        questions.push(Question {
            at,
            ask: word("ask"),
            choices,
            answer,
            explain: word("explain"),
            hint: word("hint"),
        });
    }
    let word = |key: &str| text(lesson, key).unwrap_or_default().to_owned();
    Some(Lesson {
        title: word("title"),
        story: word("story"),
        clue: word("clue"),
        tempting: word("tempting"),
        explanation: word("explanation"),
        questions,
    })
}
