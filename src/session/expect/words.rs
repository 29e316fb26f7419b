//! What an expectation says, in one line.

use std::fmt::Write as _;

use crate::scenario::expected::{
    Amount, AnswerExpect, Expect, Expected, ExpectedConditions, ExpectedEvent, PodExpect, ServiceExpect,
    When, WorkloadExpect,
};
use crate::time::Time;

/// `web at 5m: STATUS Running, READY 1/1`.
pub fn describe(expect: &Expect, start: Time) -> String {
    let when = match expect.when {
        When::At(at) => format!("at {}", at.since(start)),
        When::By { after, by } if after > start => {
            format!("after {} and by {}", after.since(start), by.since(start))
        }
        When::By { by, .. } => format!("by {}", by.since(start)),
        When::Throughout { from, to } => format!("from {} to {}", from.since(start), to.since(start)),
    };
    let (subject, said) = match &expect.what {
        Expected::Pods(pods) => (pods.pod.clone(), of_pods(pods)),
        Expected::Workload(own) => {
            (format!("{}/{}", own.object.kind.singular(), own.object.name), of_workload(own))
        }
        Expected::Service(own) => (format!("service/{}", own.object.name), of_service(own)),
        Expected::Answer(own) => (format!("action {}", own.action), of_answer(own)),
    };
    format!("{subject} {when}: {}", said.join(", "))
}

/// A column and its value, where one is expected.
fn column(what: &str, value: Option<impl std::fmt::Display>) -> Option<String> {
    value.map(|value| format!("{what} {value}"))
}

fn of_pods(expect: &PodExpect) -> Vec<String> {
    let among = expect.among.as_ref().map(|among| {
        let own = [
            column("STATUS", among.status.as_ref()),
            column("READY", among.ready.as_ref()),
            column("image", among.image.as_ref()),
            column("revision", among.revision),
            column("node", among.node.as_ref()),
        ];
        format!("of those with {}", own.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    });
    let columns = [
        among,
        column("count", expect.count),
        column("phase", expect.phase.as_ref()),
        column("STATUS", expect.status.as_ref()),
        column("READY", expect.ready.as_ref()),
        column("RESTARTS", expect.restarts),
        column("node", expect.node.as_ref()),
    ];
    let mut all: Vec<String> = columns.into_iter().flatten().collect();
    rest(&mut all, &expect.conditions, expect.event.as_ref(), expect.no_event.as_ref(), expect.gone);
    all
}

fn of_workload(expect: &WorkloadExpect) -> Vec<String> {
    let amount = |what: &str, value: Option<Amount>| column(what, value);
    let columns = [
        column("rollout", expect.rollout.map(|rollout| rollout.as_str())),
        amount("desired", expect.desired),
        amount("replicas", expect.replicas),
        amount("updated", expect.updated),
        amount("ready", expect.ready),
        amount("available", expect.available),
        amount("unavailable", expect.unavailable),
        amount("active", expect.active),
        amount("succeeded", expect.succeeded),
        amount("failed", expect.failed),
    ];
    let mut all: Vec<String> = columns.into_iter().flatten().collect();
    rest(&mut all, &expect.conditions, expect.event.as_ref(), expect.no_event.as_ref(), expect.gone);
    all
}

fn of_service(expect: &ServiceExpect) -> Vec<String> {
    let columns = [
        column("ready endpoints", expect.ready),
        column("serving endpoints", expect.serving),
        column("terminating endpoints", expect.terminating),
    ];
    let mut all: Vec<String> = columns.into_iter().flatten().collect();
    rest(&mut all, &ExpectedConditions::new(), expect.event.as_ref(), expect.no_event.as_ref(), expect.gone);
    all
}

fn of_answer(expect: &AnswerExpect) -> Vec<String> {
    let message = expect.message.as_ref().map(|part| format!("\"{part}\""));
    [column("answer", expect.answer.map(|answer| answer.as_str())), column("message", message)]
        .into_iter()
        .flatten()
        .collect()
}

/// What can be expected of everything.
fn rest(
    all: &mut Vec<String>,
    conditions: &ExpectedConditions,
    of: Option<&ExpectedEvent>,
    no_event: Option<&String>,
    gone: Option<bool>,
) {
    all.extend(column("event", of.map(event)));
    all.extend(column("no event", no_event));
    all.extend(conditions.iter().map(|(kind, value)| format!("{kind} {value}")));
    if gone == Some(true) {
        all.push("gone".to_owned());
    }
}

/// `BackOff (x3) with "restarting"`
pub fn event(expected: &ExpectedEvent) -> String {
    let mut text = expected.reason.clone();
    if let Some(count) = expected.count {
        let _ = match count.min == count.max {
            true => write!(text, " (x{})", count.min),
            false => write!(text, " ({count} times)"),
        };
    }
    if let Some(part) = &expected.message {
        let _ = write!(text, " with \"{part}\"");
    }
    text
}
