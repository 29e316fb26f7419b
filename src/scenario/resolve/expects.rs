//! `[[expect]]` and `[lesson]`.

use super::actions::{known_node, known_object, known_pod};
use super::{Context, flag, number, strings, tables, text};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::command::{ObjectTarget, Target};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::expected::{
    AlertExpect, Among, Amount, Answer, AnswerExpect, Expect, Expected, ExpectedCondition,
    ExpectedConditions, ExpectedEvent, PodExpect, Rollout, ServiceExpect, When, WorkloadExpect,
};
use crate::scenario::plan::{Lesson, Question};
use crate::scenario::tree::{Node, Table};
use crate::scenario::values;

/// Keys of the time and of what every subject has.
const COMMON: &[&str] = &["at", "by", "after", "from", "to", "namespace"];
/// What can be asked of pods.
const OF_PODS: &[&str] =
    &["phase", "status", "ready", "restarts", "node", "conditions", "event", "noEvent", "gone", "count"];
/// What can be asked of workloads.
const OF_WORKLOADS: &[&str] = &[
    "rollout",
    "desired",
    "replicas",
    "updated",
    "ready",
    "available",
    "unavailable",
    "active",
    "succeeded",
    "failed",
    "conditions",
    "event",
    "noEvent",
    "gone",
];
/// What can be asked of autoscalers.
const OF_AUTOSCALERS: &[&str] = &["desired", "replicas", "conditions", "event", "noEvent", "gone"];
/// What can be asked of budgets.
const OF_BUDGETS: &[&str] =
    &["desired", "updated", "ready", "available", "conditions", "event", "noEvent", "gone"];
/// What can be asked of whatever has no status that counts pods.
const OF_OTHERS: &[&str] = &["event", "noEvent", "gone"];
/// What can be asked of Services.
const OF_SERVICES: &[&str] =
    &["readyEndpoints", "servingEndpoints", "terminatingEndpoints", "event", "noEvent", "gone"];
/// What can be asked of an action.
const OF_ANSWERS: &[&str] = &["answer", "message"];

/// Of whom something is expected.
enum Subject {
    Pods,
    Object(ObjectType),
    Action,
}

impl Subject {
    const ALL: [&'static str; 14] = [
        "pod",
        "deployment",
        "replicaSet",
        "replicationController",
        "daemonSet",
        "statefulSet",
        "job",
        "cronJob",
        "service",
        "horizontalPodAutoscaler",
        "podDisruptionBudget",
        "resourceQuota",
        "limitRange",
        "action",
    ];

    fn of(key: &str) -> Subject {
        match key {
            "pod" => Subject::Pods,
            "action" => Subject::Action,
            _ => Subject::Object(ObjectType::parse(key).unwrap_or(ObjectType::Deployment)),
        }
    }
    fn asks(&self) -> &'static [&'static str] {
        match self {
            Subject::Pods => OF_PODS,
            Subject::Object(ObjectType::Service) => OF_SERVICES,
            Subject::Object(ObjectType::HorizontalPodAutoscaler) => OF_AUTOSCALERS,
            Subject::Object(ObjectType::PodDisruptionBudget) => OF_BUDGETS,
            Subject::Object(ObjectType::ResourceQuota | ObjectType::LimitRange) => OF_OTHERS,
            Subject::Object(_) => OF_WORKLOADS,
            Subject::Action => OF_ANSWERS,
        }
    }
    /// Keys that say something more of what is asked.
    fn details(&self) -> &'static [&'static str] {
        match self {
            Subject::Pods => &["message", "where"],
            Subject::Object(_) => &["message", "count"],
            Subject::Action => &[],
        }
    }
}

pub fn expects(table: &Table, cx: &mut Context<'_>) -> Vec<Expect> {
    let mut expects = Vec::new();
    for (node, entry) in tables(table, "expect").into_iter().filter(|(_, entry)| !is_of_alert(entry)) {
        let when = when(node, entry, cx);
        let Some((key, name_node)) = subject(node, entry, cx) else { continue };
        let Some(name) = name_node.text() else { continue };
        let subject = Subject::of(key);
        fitting(node, entry, key, &subject, cx);
        let what = match subject {
            Subject::Pods => Expected::Pods(pods(name, name_node, entry, cx)),
            Subject::Action => Expected::Answer(answer(name, name_node, table, entry, cx)),
            Subject::Object(kind) => {
                let namespace = text(entry, "namespace");
                // What never was is gone.
                if flag(entry, "gone") != Some(true) {
                    known_object(kind, name, namespace, name_node.loc, cx);
                }
                let object = ObjectTarget { kind, name: Sym::new(name), namespace: namespace.map(Sym::new) };
                object_expect(object, entry, cx)
            }
        };
        expects.push(Expect { when, what, line: cx.problems.position(node.loc).0 });
    }
    expects
}

/// Alerts are Prometheus': no run tells of them.
fn is_of_alert(entry: &Table) -> bool {
    ["alert", "rules", "fires"].iter().any(|key| entry.get(key).is_some())
}

/// What is expected of alerts.
pub fn alerts(table: &Table, cx: &mut Context<'_>) -> Vec<AlertExpect> {
    const KEYS: [&str; 4] = ["alert", "rules", "fires", "by"];
    let mut alerts = Vec::new();
    for (node, entry) in tables(table, "expect").into_iter().filter(|(_, entry)| is_of_alert(entry)) {
        for e in entry.entries.iter().filter(|e| !KEYS.contains(&e.key.as_str())) {
            let title = format!("`{}` cannot be expected of an `alert`", e.key);
            cx.report(Diagnostic::new(Code::Conflict, e.key_loc, title).hint("what can be: by, fires"));
        }
        for (key, what) in [("alert", "which"), ("rules", "the file of its rule")] {
            if entry.get(key).is_none() {
                let title = format!("this expectation of an alert lacks `{key}`: {what}");
                cx.report(Diagnostic::new(Code::MissingKey, node.loc, title));
            }
        }
        let (Some(alert), Some(rules)) = (text(entry, "alert"), text(entry, "rules")) else { continue };
        let by = entry.get("by").is_some().then(|| cx.instant(entry, "by", "the expectation"));
        let (alert, rules) = (alert.to_owned(), rules.to_owned());
        let (fires, line) = (flag(entry, "fires").unwrap_or(true), cx.problems.position(node.loc).0);
        alerts.push(AlertExpect { alert, rules, fires, by, line });
    }
    alerts
}

/// At an instant, until one, or from one to another.
fn when(node: &Node, entry: &Table, cx: &mut Context<'_>) -> When {
    let has = |key: &str| entry.get(key).is_some();
    let throughout = has("from") || has("to");
    let mut ways = ["at", "by", if has("from") { "from" } else { "to" }].into_iter().filter(|key| has(key));
    let first = ways.next();
    if let (Some(first), Some(other)) = (first, ways.next().and_then(|key| entry.entry(key))) {
        let title = format!("`{first}` and `{}` are two times", other.key);
        cx.report(Diagnostic::new(Code::Conflict, other.key_loc, title).hint("write an [[expect]] for each"));
    }
    if first.is_none() {
        cx.report(
            Diagnostic::new(Code::MissingKey, node.loc, "this `expect` does not say when")
                .label("expected `at`, `by`, or `from` and `to`"),
        );
    }
    if let (Some(after), false) = (entry.entry("after"), has("by")) {
        let title = "`after` goes with `by`: not before that";
        cx.report(Diagnostic::new(Code::MissingKey, after.key_loc, title));
    }
    let mut instant = |key: &str| cx.instant(entry, key, "the expectation");
    let when = match first {
        Some("by") => When::By { after: instant("after"), by: instant("by") },
        _ if throughout => {
            let (from, to) = (instant("from"), instant("to"));
            When::Throughout { from, to: if has("to") { to } else { cx.until } }
        }
        _ => When::At(instant("at")),
    };
    if when.begin() > when.end() {
        let key = if has("by") { "after" } else { "from" };
        let loc = entry.get(key).map_or(node.loc, |node| node.loc);
        cx.report(Diagnostic::new(Code::Conflict, loc, "this time ends before it begins"));
    }
    when
}

/// Of whom something is expected: the key that says so, and the name.
fn subject<'a>(node: &Node, entry: &'a Table, cx: &mut Context<'_>) -> Option<(&'static str, &'a Node)> {
    let mut found = Subject::ALL.into_iter().filter(|key| entry.get(key).is_some());
    let Some(first) = found.next() else {
        let all: Vec<String> = Subject::ALL.iter().map(|key| format!("`{key}`")).collect();
        cx.report(
            Diagnostic::new(Code::MissingKey, node.loc, "this `expect` does not say of whom")
                .label("`pod` is missing, or what else it is about")
                .hint(format!("one of {}", all.join(", "))),
        );
        return None;
    };
    for other in found.filter_map(|key| entry.entry(key)) {
        let title = format!("`{first}` and `{}` are two things", other.key);
        cx.report(Diagnostic::new(Code::Conflict, other.key_loc, title).hint("write an [[expect]] for each"));
    }
    Some((first, entry.get(first)?))
}

/// Tells of keys that are not asked of such a thing, and of an expectation that asks for nothing.
fn fitting(node: &Node, entry: &Table, key: &str, subject: &Subject, cx: &mut Context<'_>) {
    let (asks, details) = (subject.asks(), subject.details());
    if asks.iter().all(|ask| entry.get(ask).is_none()) {
        cx.report(
            Diagnostic::new(Code::MissingKey, node.loc, "this expectation asks for nothing")
                .hint(format!("say one of {}", asks.join(", "))),
        );
    }
    for e in &entry.entries {
        let name = e.key.as_str();
        let all = [&OF_PODS, &OF_WORKLOADS, &OF_SERVICES, &OF_ANSWERS];
        let asked =
            all.iter().any(|list| list.contains(&name)) || matches!(name, "message" | "where" | "count");
        if asked && !COMMON.contains(&name) && !asks.contains(&name) && !details.contains(&name) {
            let title = format!("`{name}` cannot be expected of a `{key}`");
            cx.report(
                Diagnostic::new(Code::Conflict, e.key_loc, title)
                    .hint(format!("what can be: {}", asks.join(", "))),
            );
        }
    }
    if flag(entry, "gone") == Some(true) {
        let about = asks.iter().filter(|ask| !matches!(**ask, "event" | "noEvent" | "gone"));
        for e in about.filter_map(|ask| entry.entry(ask)) {
            if e.key == "count" && entry.get("event").is_some() {
                continue;
            }
            let title = format!("a {key} that is gone has no {}", e.key);
            cx.report(Diagnostic::new(Code::Conflict, e.key_loc, title));
        }
    }
    let counts_events = !matches!(subject, Subject::Pods);
    for name in ["message", "count"] {
        let of_event = !matches!(subject, Subject::Action) && (name == "message" || counts_events);
        if let (Some(e), None, true) = (entry.entry(name), entry.get("event"), of_event) {
            let item = Diagnostic::new(Code::MissingKey, e.key_loc, format!("`{name}` is that of an event"));
            cx.report(item.hint("say which: event = \"BackOff\""));
        }
    }
}

fn pods(name: &str, node: &Node, entry: &Table, cx: &mut Context<'_>) -> PodExpect {
    let namespace = text(entry, "namespace").map(str::to_owned);
    let is_glob = name.contains('*');
    if is_glob {
        let begin = name.split('*').next().unwrap_or_default();
        let target =
            Target { name: begin.to_owned(), prefix: true, namespace: namespace.clone(), among: None };
        known_pod(&target, node.loc, cx);
    } else {
        let target = Target { name: name.to_owned(), namespace: namespace.clone(), ..Target::default() };
        known_pod(&target, node.loc, cx);
    }
    if let (Some(e), false) = (entry.entry("where"), is_glob) {
        let title = "`where` chooses among the pods of a glob";
        cx.report(Diagnostic::new(Code::Conflict, e.key_loc, title).hint(format!("pod = \"{name}-*\"?")));
    }
    if let (Some(e), None, false) = (entry.entry("count"), entry.get("event"), is_glob) {
        let title = "`count` is that of an event, or of the pods of a glob";
        cx.report(
            Diagnostic::new(Code::MissingKey, e.key_loc, title)
                .hint("say which: event = \"BackOff\"")
                .hint(format!("pod = \"{name}-*\"?")),
        );
    }
    ready_column(entry, cx);
    if let Some(node) = entry.get("node") {
        known_node(node, cx);
    }
    let word = |key: &str| text(entry, key).map(str::to_owned);
    let event = event(entry);
    PodExpect {
        pod: name.to_owned(),
        namespace,
        among: entry.get("where").and_then(Node::table).map(|table| among(table, cx)),
        count: if event.is_some() { None } else { amount(entry, "count") },
        phase: word("phase"),
        status: word("status"),
        ready: word("ready"),
        restarts: amount(entry, "restarts"),
        node: word("node"),
        conditions: conditions(entry),
        event,
        no_event: word("noEvent"),
        gone: flag(entry, "gone"),
    }
}

/// `where`
fn among(table: &Table, cx: &mut Context<'_>) -> Among {
    ready_column(table, cx);
    if let Some(node) = table.get("node") {
        known_node(node, cx);
    }
    let word = |key: &str| text(table, key).map(str::to_owned);
    Among {
        status: word("status"),
        ready: word("ready"),
        image: word("image"),
        revision: number(table, "revision"),
        node: word("node"),
    }
}

/// Of a workload or a Service.
fn object_expect(object: ObjectTarget, entry: &Table, cx: &mut Context<'_>) -> Expected {
    let event = event(entry);
    let no_event = text(entry, "noEvent").map(str::to_owned);
    let gone = flag(entry, "gone");
    if object.kind == ObjectType::Service {
        return Expected::Service(ServiceExpect {
            object,
            ready: amount(entry, "readyEndpoints"),
            serving: amount(entry, "servingEndpoints"),
            terminating: amount(entry, "terminatingEndpoints"),
            event,
            no_event,
            gone,
        });
    }
    if let (Some(_), Some(node)) = (text(entry, "ready"), entry.get("ready")) {
        let title = "of a workload `ready` is the number of its ready pods";
        cx.report(
            Diagnostic::new(Code::WrongType, node.loc, title).label("expected 3, or { min = 2, max = 3 }"),
        );
    }
    Expected::Workload(WorkloadExpect {
        rollout: match text(entry, "rollout") {
            Some("complete") => Some(Rollout::Complete),
            Some("progressing") => Some(Rollout::Progressing),
            Some("failed") => Some(Rollout::Failed),
            _ => None,
        },
        desired: amount(entry, "desired"),
        replicas: amount(entry, "replicas"),
        updated: amount(entry, "updated"),
        ready: amount(entry, "ready"),
        available: amount(entry, "available"),
        unavailable: amount(entry, "unavailable"),
        active: amount(entry, "active"),
        succeeded: amount(entry, "succeeded"),
        failed: amount(entry, "failed"),
        conditions: conditions(entry),
        object,
        event,
        no_event,
        gone,
    })
}

fn answer(name: &str, node: &Node, file: &Table, entry: &Table, cx: &mut Context<'_>) -> AnswerExpect {
    let ids = ["action", "apply"].into_iter().flat_map(|list| tables(file, list));
    let ids: Vec<&str> = ids.filter_map(|(_, entry)| text(entry, "id")).collect();
    if !ids.contains(&name) {
        let title = format!("no [[action]] and no [[apply]] has the id `{name}`");
        cx.report(Diagnostic::new(Code::UnknownTarget, node.loc, title).nearest(name, ids));
    }
    AnswerExpect {
        action: Sym::new(name),
        answer: match text(entry, "answer") {
            Some("done") => Some(Answer::Done),
            Some("refused") => Some(Answer::Refused),
            Some("waiting") => Some(Answer::Waiting),
            _ => None,
        },
        message: text(entry, "message").map(str::to_owned),
    }
}

fn amount(entry: &Table, key: &str) -> Option<Amount> {
    entry.get(key).and_then(|node| values::amount(node).ok())
}

fn conditions(entry: &Table) -> ExpectedConditions {
    let entries = entry.get("conditions").and_then(Node::table).map_or(&[][..], |t| &t.entries);
    let read = |e: &crate::scenario::tree::Entry| -> Option<(String, ExpectedCondition)> {
        Some((e.key.clone(), values::condition(&e.node).ok()?))
    };
    entries.iter().filter_map(read).collect()
}

fn event(entry: &Table) -> Option<ExpectedEvent> {
    Some(ExpectedEvent {
        reason: text(entry, "event")?.to_owned(),
        message: text(entry, "message").map(str::to_owned),
        count: amount(entry, "count"),
    })
}

/// Tells of what cannot stand in the READY column.
fn ready_column(entry: &Table, cx: &mut Context<'_>) {
    let Some(node) = entry.get("ready") else { return };
    let fits = node.text().is_some_and(|word| {
        word.split_once('/').is_some_and(|(up, all)| [up, all].iter().all(|n| n.parse::<u16>().is_ok()))
    });
    if !fits {
        let word = node.text().map_or_else(|| node.value.type_name().to_owned(), |word| format!("`{word}`"));
        cx.report(
            Diagnostic::new(Code::BadValue, node.loc, format!("{word} cannot stand in the READY column"))
                .label("expected something like \"0/1\""),
        );
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
