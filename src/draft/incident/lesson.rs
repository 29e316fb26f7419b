//! The `[lesson]` of an incident, in TOML: told from what was printed, so that it can be held as it stands.

use std::fmt::Write as _;

use super::cause::{self, Cause, Kind};
use super::printed::Printed;
use crate::explain::{self, Explanation, Input};
use crate::rules::versions::Version;
use crate::rules::versions::gates::Gates;
use crate::scenario::tree::spelled;
use crate::time::Time;

/// When all of it was printed: at its newest instant, or later.
pub fn now(input: &Input) -> Time {
    let own = input.subjects.iter().filter_map(|subject| explain::newest(&subject.pod));
    own.max().unwrap_or(Time::EPOCH)
}

/// So many pods are told of one by one.
const TOLD: usize = 6;

/// The lesson; None where nothing is wrong with any pod.
pub fn of(name: &str, input: &Input, printed: &Printed) -> Option<String> {
    let (now, gates) = (now(input), Gates::of(Version::DEFAULT));
    let pods: Vec<(Explanation, Option<Cause>)> = input
        .subjects
        .iter()
        .filter(|subject| !subject.removed)
        .map(|subject| explain::explain(subject, now, &gates))
        .map(|told| {
            let cause = cause::of_story(&told);
            (told, cause)
        })
        .collect();
    let (sick, cause) = pods.iter().find_map(|(told, cause)| Some((told, cause.as_ref()?)))?;
    let mut text = format!(
        "\n[lesson]\ntitle = {}\nstory = {}\nclue = {}\ntempting = {}\nexplanation = {}\n",
        spelled(&format!("What is wrong with {}?", sick.name)),
        long(&story(&pods, printed)),
        long(&table(&pods)),
        long(cause.kind.tempting()),
        long(&explanation(sick, cause)),
    );
    let mut place = name.len();
    let mut ask = |at: &str, ask: &str, right: &str, wrong: Vec<&str>, hint: &str, explain: &str| {
        let mut choices: Vec<&str> = wrong.into_iter().filter(|wrong| *wrong != right).collect();
        let mut seen = Vec::new();
        choices.retain(|choice| {
            !seen.contains(choice) && {
                seen.push(*choice);
                true
            }
        });
        choices.truncate(3);
        place += 1;
        let answer = place % (choices.len() + 1);
        choices.insert(answer, right);
        let choices: String =
            choices.iter().fold(String::new(), |text, choice| text + "    " + &spelled(choice) + ",\n");
        let _ = write!(
            text,
            "\n  [[lesson.question]]\n  at      = \"{at}\"\n  ask     = {}\n  choices = [\n{choices}  ]\n  answer  = {answer}\n  \
             hint    = {}\n  explain = {}\n",
            spelled(ask),
            spelled(hint),
            spelled(explain)
        );
    };
    let others = |word: fn(Kind) -> &'static str| -> Vec<&'static str> {
        cause::ALL.into_iter().filter(|kind| *kind != cause.kind).map(word).collect()
    };
    ask(
        "2m",
        &format!("What is the cause that {} does not do its work?", sick.name),
        cause.kind.cause(),
        others(Kind::cause),
        &format!("kubectl describe pod {}: what do its containers and its conditions say?", sick.name),
        &one_line(reason(sick, cause)),
    );
    if sick.kubectl.status != sick.status.phase {
        let phases = vec![sick.kubectl.status.as_str(), "Running", "Pending", "Failed", "Unknown"];
        ask(
            "2m30s",
            &format!(
                "kubectl get pods shows {} for {}. What is its phase (status.phase)?",
                sick.kubectl.status, sick.name
            ),
            &sick.status.phase,
            phases,
            &format!("kubectl get pod {} -o jsonpath='{{.status.phase}}'", sick.name),
            &one_line(&sick.status.why.join(" ")),
        );
    }
    let next = if cause.is_over { Kind::Evicted.next() } else { cause.kind.next() };
    ask(
        "3m",
        "Nobody does anything. What comes next?",
        next,
        others(Kind::next),
        "Who would have to act, and what does he wait for?",
        "kubelapse predict says when, for what kubectl printed.",
    );
    Some(text)
}

/// A text over several lines.
fn long(text: &str) -> String {
    let text = text.trim();
    if text.contains("\"\"\"") || text.contains('\\') || text.chars().any(|c| c.is_control() && c != '\n') {
        return spelled(text);
    }
    format!("\"\"\"\n{text}\n\"\"\"")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Who is there, how each stands, and what happened, without saying why.
fn story(pods: &[(Explanation, Option<Cause>)], printed: &Printed) -> String {
    let mut text = match pods.len() {
        1 => "One pod was printed.".to_owned(),
        count => format!("{count} pods were printed."),
    };
    for (told, cause) in pods.iter().filter(|(_, cause)| cause.is_some()).take(TOLD) {
        let restarts: i32 = told.containers.iter().map(|own| own.restarts).sum();
        let restarted = match restarts {
            0 => String::new(),
            1 => ", and was restarted once".to_owned(),
            count => format!(", and was restarted {count} times"),
        };
        let node = match told.kubectl.node.as_str() {
            "<none>" => "has no node".to_owned(),
            node => format!("is on the node {node}"),
        };
        let about = cause.as_ref().map_or("", |cause| cause.container.as_str());
        let about = if about.is_empty() { String::new() } else { format!(" (its container {about})") };
        let _ = write!(
            text,
            " {}{about} does not do its work: it is {} old, {node}, shows READY {}{restarted}.",
            told.name, told.kubectl.age, told.kubectl.ready
        );
    }
    let well = pods.iter().filter(|(_, cause)| cause.is_none()).count();
    let sick = pods.len() - well;
    if sick > TOLD {
        let _ = write!(text, " So do {} more.", sick - TOLD);
    }
    match well {
        0 => {}
        1 => text.push_str(" Nothing can be seen that would be wrong with the other one."),
        count => {
            let _ = write!(text, " Nothing can be seen that would be wrong with the other {count}.");
        }
    }
    let mut reasons: Vec<(&str, i64)> = Vec::new();
    for event in printed.events.iter().filter(|event| event.is_warning && !event.reason.is_empty()) {
        match reasons.iter_mut().find(|(reason, _)| *reason == event.reason) {
            Some((_, count)) => *count += event.count,
            None => reasons.push((&event.reason, event.count)),
        }
    }
    if !reasons.is_empty() {
        let words: Vec<String> =
            reasons.iter().map(|(reason, count)| format!("{reason} (x{count})")).collect();
        let _ = write!(text, " Warnings among the events: {}.", words.join(", "));
    }
    broken(&text)
}

/// What kubectl get pods printed.
fn table(pods: &[(Explanation, Option<Cause>)]) -> String {
    let head = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"].map(str::to_owned);
    let cells = pods.iter().map(|(told, _)| {
        let own = &told.kubectl;
        [&own.name, &own.ready, &own.status, &own.restarts, &own.age].map(Clone::clone)
    });
    let rows: Vec<[String; 5]> = [head].into_iter().chain(cells).collect();
    let wide = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let wide: Vec<usize> = (0..5).map(wide).collect();
    let line = |row: &[String; 5]| {
        let cells: Vec<String> = row.iter().zip(&wide).map(|(cell, wide)| format!("{cell:<wide$}")).collect();
        // What is set in by a blank is kept as it is when a text is laid out.
        format!(" {}", cells.join("   ").trim_end())
    };
    format!("kubectl get pods printed:\n{}", rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// What its own object says of the container or the condition that is meant.
fn reason<'a>(sick: &'a Explanation, cause: &Cause) -> &'a str {
    let container = sick.containers.iter().find(|own| own.name == cause.container);
    let happened = container.and_then(|own| own.happened.last());
    let waits = sick.conditions.iter().find_map(|condition| condition.waits_for.first());
    let told = if cause.container.is_empty() { waits.or(happened) } else { happened.or(waits) };
    told.or(sick.status.why.first()).map_or("", String::as_str)
}

fn explanation(sick: &Explanation, cause: &Cause) -> String {
    let container = sick.containers.iter().find(|own| own.name == cause.container);
    let happened = container.map_or("".to_owned(), |own| own.happened.join(" "));
    let messages = sick
        .conditions
        .iter()
        .filter(|condition| condition.status == "False" && !condition.message.is_empty());
    let messages: Vec<String> = messages
        .take(1)
        .map(|condition| format!("{} is False: {}.", condition.kind, condition.message))
        .collect();
    broken(&one_line(&format!("{} {happened} {}", sick.status.why.join(" "), messages.join(" "))))
}

/// Broken into lines as files of this kind are.
fn broken(text: &str) -> String {
    crate::session::words::broken(text, 118).join("\n")
}
