//! The catalogue: every shipped scenario is a lesson and a test, and its visible lives are kept and read like prose.
//!
//! `INSTA_UPDATE=always cargo test --test catalogue` writes the lives anew.

#[path = "support/plan.rs"]
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use kubelapse::compare::life::{self, Life};
use kubelapse::rules::kubelet::reasons::{self, REASONS};
use kubelapse::scenario::builtin::{self, Builtin};
use kubelapse::scenario::{self, Plan};
use kubelapse::session::{self, expect};
use rayon::prelude::*;

fn plan(shipped: &Builtin) -> Arc<Plan> {
    plan::plan(shipped.text)
}

/// All but the fleets, which are there for their size.
fn lessons() -> Vec<&'static Builtin> {
    builtin::small().collect()
}

#[test]
fn expectations_hold_whatever_the_seed() {
    let wrong: Vec<String> = lessons()
        .par_iter()
        .flat_map_iter(|shipped| {
            let plan = plan(shipped);
            (0..5).flat_map(move |seed| {
                let plan = Arc::clone(&plan);
                let failures = session::expect::check(&plan, seed);
                failures.into_iter().map(move |failure| {
                    let line = plan.expects[failure.index].line;
                    format!(
                        "{}.toml:{line}, seed {seed}: {}: expected {}, seen {}",
                        plan.name, failure.what, failure.expected, failure.seen
                    )
                })
            })
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_scenario_is_a_lesson() {
    let mut wrong = Vec::new();
    let mut titles = BTreeMap::new();
    for shipped in lessons() {
        let mut say = |what: &str| wrong.push(format!("{}: {what}", shipped.name));
        let plan = plan(shipped);
        if plan.expects.len() < 4 {
            say("fewer than four expectations");
        }
        let Some(lesson) = &plan.lesson else {
            say("no lesson");
            continue;
        };
        let parts = [
            ("title", &lesson.title, 8),
            ("story", &lesson.story, 80),
            ("clue", &lesson.clue, 30),
            ("tempting", &lesson.tempting, 30),
            ("explanation", &lesson.explanation, 120),
        ];
        for (part, text, least) in parts {
            if text.trim().len() < least {
                say(&format!("its {part} says too little"));
            }
        }
        for text in [&lesson.title, &lesson.story, &lesson.explanation] {
            if let Some(other) = titles.insert(text.clone(), shipped.name) {
                say(&format!("says the same as {other}"));
            }
        }
        if lesson.questions.len() < 2 {
            say("fewer than two questions");
        }
        if !lesson.questions.is_sorted_by_key(|question| question.at) {
            say("its questions are not in the order of their instants");
        }
        for question in &lesson.questions {
            let about = |what: &str| format!("question `{}`: {what}", question.ask);
            if question.choices.len() < 3 {
                say(&about("fewer than three choices"));
            }
            if question.choices.iter().collect::<BTreeSet<_>>().len() != question.choices.len() {
                say(&about("two choices are the same"));
            }
            if question.hint.is_empty() || question.explain.is_empty() {
                say(&about("no hint or no explanation"));
            }
            if question.at > plan.until {
                say(&about("comes after the end"));
            }
        }
        // Whoever always takes the same number learns nothing.
        let answers: BTreeSet<usize> = lesson.questions.iter().map(|question| question.answer).collect();
        if lesson.questions.len() > 2 && answers.len() == 1 {
            say("all answers stand at one place");
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// So many states, pods and events of a scenario are kept.
const STATES: usize = 36;
const PODS: usize = 8;

fn clock(micros: i64) -> String {
    let (secs, millis) = (micros / 1_000_000, micros % 1_000_000 / 1000);
    match secs {
        0..60 => format!("{secs}.{millis:03}s"),
        60..3600 => format!("{}m{:02}.{:01}s", secs / 60, secs % 60, millis / 100),
        _ => format!("{}h{:02}m{:02}s", secs / 3600, secs / 60 % 60, secs % 60),
    }
}

fn tell(text: &mut String, name: &str, life: &Life) {
    let _ = writeln!(text, "\n{name}");
    let mut before = None;
    for (ix, (at, state)) in life.states.iter().enumerate() {
        let left_out = life.states.len().saturating_sub(STATES);
        let last = ix + 1 == life.states.len();
        if ix >= STATES && !last {
            if ix == STATES {
                let _ = writeln!(text, "{:>12}  … {left_out} states", "");
            }
            before = Some(state);
            continue;
        }
        let status = if state.status.is_empty() { "gone" } else { &state.status };
        let changes = if state.status.is_empty() { Vec::new() } else { state.changes_since(before) };
        let line = format!(
            "{:>12}  {status:<22} {:>5} {:>3}  {}",
            clock(*at),
            state.ready,
            state.restarts,
            changes.join(", ")
        );
        let _ = writeln!(text, "{}", line.trim_end());
        before = Some(state);
    }
    for event in &life.events {
        let kind = event.kind.as_str();
        let count = if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
        let _ = writeln!(text, "      {kind:<8} {}{count}: {}", event.reason, event.message);
    }
}

/// A scenario as one sees it: each pod's states and events, and what becomes of the nodes.
fn story(shipped: &Builtin) -> String {
    let plan = plan(shipped);
    let lived = session::live(&plan, plan.seed);
    let mut text = format!("{}\n{}\n", shipped.name, shipped.description());
    let rows = life::rows_of(&lived.directory, &lived.transitions);
    let lives = life::lives(&rows, plan.until.since(plan.start).micros());
    for ((namespace, pod), life) in lives.iter().take(PODS) {
        let name = if namespace == "default" { pod.clone() } else { format!("{namespace}/{pod}") };
        tell(&mut text, &name, life);
    }
    if lives.len() > PODS {
        let _ = writeln!(text, "\n… {} more pods", lives.len() - PODS);
    }
    text
}

#[test]
fn lives_are_what_they_were() {
    let stories: Vec<(&str, String)> =
        lessons().par_iter().map(|shipped| (shipped.name, story(shipped))).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/catalogue");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, story) in stories {
            insta::assert_snapshot!(name, story);
        }
    });
}

/// What the catalogue as a whole has to show.
#[test]
fn every_phase_condition_and_reason_is_seen() {
    const PHASES: &[&str] = &["Pending", "Running", "Succeeded", "Failed", "Unknown"];
    const CONDITIONS: &[&str] = &[
        "PodScheduled",
        "PodReadyToStartContainers",
        "Initialized",
        "ContainersReady",
        "Ready",
        "DisruptionTarget",
        "AllContainersRestarting",
        "PodResizePending",
        "PodResizeInProgress",
    ];
    // The reasons of containers are those of the table. Without ContainerCannotRun, which only dockershim gave (gone since 1.24),
    // and without ImageVolumeMountFailed, which containerd puts into the message of a CreateContainerError.
    let table: Vec<&str> = REASONS.iter().map(|own| own.reason.as_str()).collect();
    let seen: BTreeSet<String> = lessons()
        .par_iter()
        .flat_map_iter(|shipped| {
            let plan = plan(shipped);
            let mut session = session::Session::new(&plan, plan.seed);
            let mut seen = BTreeSet::new();
            while session.step().is_some() {}
            let rows = session.take_transitions();
            for row in life::rows_of(&session.world.directory, &rows) {
                match row.kind.as_str() {
                    "phase" => drop(seen.insert(row.to)),
                    "condition" => drop(seen.insert(row.object)),
                    "container" if !row.reason.is_empty() => {
                        let word = row.reason.as_str();
                        assert!(
                            reasons::find(word).is_some(),
                            "{}: a container shows {word}, which has no row in src/rules/kubelet/reasons.rs",
                            shipped.name
                        );
                        seen.insert(row.reason);
                    }
                    _ => {}
                }
            }
            // What only `lastState` shows: why a start before the one that waits has failed.
            let statuses = session.world.pods.iter().flat_map(|pod| pod.status.read().containers.to_vec());
            seen.extend(
                statuses.filter_map(|c| c.last_state.terminated().map(|ended| ended.reason.to_string())),
            );
            seen
        })
        .collect();
    let missing: Vec<&str> =
        [PHASES, CONDITIONS, &table].concat().into_iter().filter(|wanted| !seen.contains(*wanted)).collect();
    assert!(missing.is_empty(), "no scenario shows {missing:?}");
}

/// What an expectation may say of events and conditions, and what is told where it does not hold.
#[test]
fn expectations_of_events_say_message_count_and_absence() {
    let check = |asked: &str| {
        let text = format!(
            "name = \"loop\"\nuntil = \"5m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\n\
             image = \"web:1\"\n[pod.behavior.containers.app]\nattempts = [{{ runs = \"1s\", exit = 1 }}]\n\
             [[expect]]\nat = \"2m\"\npod = \"web\"\n{asked}\n"
        );
        scenario::load("loop.toml", &text, &scenario::no_files, &[])
            .map(|plan| {
                expect::check(&Arc::new(plan), 0)
                    .into_iter()
                    .map(|f| (f.expected, f.seen))
                    .collect::<Vec<_>>()
            })
            .map_err(|problems| problems.render(false))
    };
    let holds = |asked: &str| assert_eq!(check(asked), Ok(Vec::new()), "{asked}");
    holds("event = \"BackOff\"\nmessage = \"restarting failed container app\"");
    holds("event = \"Started\"\ncount = 5");
    holds("noEvent = \"Killing\"\nconditions = { Ready = \"False\", DisruptionTarget = \"none\" }");
    let differs = |asked: &str| check(asked).expect("it is read").remove(0);
    let (expected, seen) = differs("event = \"Started\"\ncount = 2\nmessage = \"started\"");
    assert_eq!(
        (expected.as_str(), seen.as_str()),
        ("Started (x2) with \"started\"", "Started (x5) \"Container started\"")
    );
    let (expected, seen) = differs("event = \"Killing\"");
    assert_eq!(
        (expected.as_str(), seen.as_str()),
        ("Killing", "BackOff, Created, Pulled, Pulling, Scheduled, Started")
    );
    let (expected, _) = differs("noEvent = \"BackOff\"");
    assert_eq!(expected, "no BackOff");
    assert_eq!(differs("conditions = { Ready = \"none\" }"), ("none".to_owned(), "False".to_owned()));
    let problem = check("phase = \"Running\"\ncount = 2").expect_err("of what?");
    assert!(problem.contains("`count` is that of an event"), "{problem}");
}
