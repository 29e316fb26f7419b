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
pub fn now(input: &Input, printed: &Printed) -> Time {
    let own = input.subjects.iter().filter_map(|subject| explain::newest(&subject.pod));
    own.chain(printed.newest).max().unwrap_or(Time::EPOCH)
}

/// So many pods are told of one by one.
const TOLD: usize = 6;

/// The lesson; None where nothing is wrong with any pod.
pub fn of(name: &str, input: &Input, printed: &Printed) -> Option<String> {
    let (now, gates) = (now(input, printed), Gates::of(Version::DEFAULT));
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
    let title = printed.maker(&sick.name).unwrap_or_else(|| sick.name.clone());
    let head = format!(
        "\n[lesson]\ntitle = {}\nstory = {}\nclue = {}\ntempting = {}\nexplanation = {}\n",
        spelled(&format!("What is wrong with {title}?")),
        long(&story(&pods, printed)),
        long(&table(&pods)),
        long(cause.kind.tempting()),
        long(&explanation(sick, cause)),
    );
    Some(head + &questions(sick, cause, name.len()))
}

/// A question before its choices are mixed.
struct Question<'a> {
    at: &'static str,
    ask: String,
    right: &'a str,
    wrong: Vec<&'a str>,
    hint: String,
    explain: String,
}

impl Question<'_> {
    /// In TOML, with the right answer at some place among three wrong ones.
    fn text(&self, place: usize) -> String {
        let mut choices: Vec<&str> = Vec::new();
        for wrong in self.wrong.iter().copied().filter(|wrong| *wrong != self.right) {
            if !choices.contains(&wrong) && choices.len() < 3 {
                choices.push(wrong);
            }
        }
        let answer = place % (choices.len() + 1);
        choices.insert(answer, self.right);
        let choices: String = choices.iter().map(|choice| format!("    {},\n", spelled(choice))).collect();
        format!(
            "\n  [[lesson.question]]\n  at      = \"{}\"\n  ask     = {}\n  choices = [\n{choices}  ]\n  answer  = {answer}\n  \
             hint    = {}\n  explain = {}\n",
            self.at,
            spelled(&self.ask),
            spelled(&self.hint),
            spelled(&self.explain)
        )
    }
}

/// What is the cause, what is the phase where STATUS is another word, and what comes next.
fn questions(sick: &Explanation, cause: &Cause, place: usize) -> String {
    let (name, shown) = (&sick.name, sick.kubectl.status.as_str());
    let others = |word: fn(Kind) -> &'static str| -> Vec<&'static str> {
        cause::ALL.into_iter().filter(|kind| *kind != cause.kind).map(word).collect()
    };
    let mut asked = vec![Question {
        at: "2m",
        ask: format!("What is the cause that {name} does not do its work?"),
        right: cause.kind.cause(),
        wrong: others(Kind::cause),
        hint: format!("kubectl describe pod {name}: what do its containers and its conditions say?"),
        explain: one_line(reason(sick, cause)),
    }];
    if shown != sick.status.phase {
        asked.push(Question {
            at: "2m30s",
            ask: format!("kubectl get pods shows {shown} for {name}. What is its phase (status.phase)?"),
            right: &sick.status.phase,
            wrong: vec![shown, "Running", "Pending", "Failed", "Unknown"],
            hint: format!("kubectl get pod {name} -o jsonpath='{{.status.phase}}'"),
            explain: one_line(&sick.status.why.join(" ")),
        });
    }
    asked.push(Question {
        at: "3m",
        ask: "Nobody does anything. What comes next?".to_owned(),
        right: if cause.is_over { Kind::Evicted.next() } else { cause.kind.next() },
        wrong: others(Kind::next),
        hint: "Who would have to act, and what does he wait for?".to_owned(),
        explain: "kubelapse predict says when, for what kubectl printed.".to_owned(),
    });
    asked.iter().enumerate().map(|(ix, question)| question.text(place + 1 + ix)).collect()
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
        let _ = write!(text, " {} more do not do theirs, either.", sick - TOLD);
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
        // A name may be wider than a format's width can say.
        let padded = |(cell, wide): (&String, &usize)| cell.clone() + &" ".repeat(wide - cell.len());
        let cells: Vec<String> = row.iter().zip(&wide).map(padded).collect();
        // What is set in by a blank is kept as it is when a text is laid out.
        format!(" {}", cells.join("   ").trim_end())
    };
    format!("kubectl get pods printed:\n{}", rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// What its own object says of the container or the condition that is meant.
fn reason<'a>(sick: &'a Explanation, cause: &Cause) -> &'a str {
    let container = sick.containers.iter().find(|own| own.name == cause.container);
    // Of a container that has ended its end, else what is told last: how the run before ended.
    let happened = container.and_then(|own| match own.state {
        "terminated" => own.happened.first(),
        _ => own.happened.last(),
    });
    let waits = sick.conditions.iter().find_map(|condition| condition.waits_for.first());
    let told = if cause.container.is_empty() { waits.or(happened) } else { happened.or(waits) };
    told.or(sick.status.why.first()).map_or("", String::as_str)
}

fn explanation(sick: &Explanation, cause: &Cause) -> String {
    let container = sick.containers.iter().find(|own| own.name == cause.container);
    let happened = container.map_or(&[][..], |own| &own.happened);
    let messages = sick
        .conditions
        .iter()
        .filter(|condition| condition.status == "False" && !condition.message.is_empty());
    let messages: Vec<String> = messages
        .take(1)
        .map(|condition| format!("{} is False: {}", condition.kind, condition.message))
        .collect();
    let all: Vec<String> =
        sick.status.why.iter().chain(happened).chain(&messages).map(|text| ended(text)).collect();
    broken(&one_line(&all.join(" ")))
}

/// A text that ends as sentences do, so that another one may follow: what a program or a component says mostly does not.
fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Broken into lines as files of this kind are.
fn broken(text: &str) -> String {
    crate::session::words::broken(text, 118).join("\n")
}
