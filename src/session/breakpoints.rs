//! Breakpoints: `status=CrashLoopBackOff pod=web`, `condition=Ready:False`, `event=BackOff`, `restarts>=3`,
//! `rollout=complete deployment=web`.
//!
//! All words of one breakpoint must hold for one pod, or for one workload or Service; it stops where they begin to, and at
//! every event of that reason.
//! What holds is folded from the rows of the timeline, so that the past can be searched without a world.

use std::fmt;

use super::why::weight;
use crate::api::workload::WorkloadState;
use crate::api::{Sym, Tri};
use crate::record::{Change, Directory, ObjectChange, Ready, Transition};
use crate::rules::api_server::objects::ObjectType;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    AtLeast,
    Above,
    Below,
    AtMost,
    Equal,
}

impl Comparison {
    fn parse(sign: &str) -> Comparison {
        match sign {
            ">=" => Comparison::AtLeast,
            ">" => Comparison::Above,
            "<" => Comparison::Below,
            "<=" => Comparison::AtMost,
            _ => Comparison::Equal,
        }
    }
    fn holds(self, count: i32, bound: i32) -> bool {
        match self {
            Comparison::AtLeast => count >= bound,
            Comparison::Above => count > bound,
            Comparison::Below => count < bound,
            Comparison::AtMost => count <= bound,
            Comparison::Equal => count == bound,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Term {
    Status(Sym),
    Phase(Sym),
    Condition(Sym, Tri),
    /// kubectl's READY: `1/2`.
    Ready(u32, u32),
    /// So many are ready: containers of a pod, pods of a workload or behind a Service.
    ReadyCount(Comparison, i32),
    /// What a workload does.
    Rollout(WorkloadState),
    Restarts(Comparison, i32),
    /// A container's state, with its name if one is given.
    Container(Option<Sym>, Sym),
    /// A reason of a container's state, or of a condition.
    Reason(Sym),
    Exit(i32),
    /// An event of this reason is told.
    Event(Sym),
    Gone,
}

/// What has to be so, all of it, for a walk to stop.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Breakpoint {
    /// All have to hold; none: any change of the pod.
    pub terms: Vec<Term>,
    /// Name of the pod; a `*` at its end takes all that begin so.
    pub pod: Option<String>,
    /// Kind and name of the workload or Service; likewise.
    pub object: Option<(Sym, String)>,
    /// As it was written.
    words: String,
}

impl fmt::Display for Breakpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

const WORDS: [&str; 14] = [
    "status",
    "rollout",
    "deployment",
    "service",
    "phase",
    "condition",
    "ready",
    "restarts",
    "container",
    "reason",
    "exit",
    "event",
    "gone",
    "pod",
];

impl Breakpoint {
    /// Reads words such as `status=CrashLoopBackOff pod=web`.
    ///
    /// # Errors
    /// Says what is wrong, and what would be accepted.
    pub fn parse(text: &str) -> Result<Breakpoint, String> {
        let mut found = Breakpoint { words: text.trim().to_owned(), ..Breakpoint::default() };
        for word in text.split_whitespace() {
            let split = word.find(['=', '<', '>']).unwrap_or(word.len());
            let (key, rest) = word.split_at(split);
            let (sign, value) = match rest.as_bytes() {
                [b'>' | b'<' | b'=', b'=', ..] => rest.split_at(2),
                [_, ..] => rest.split_at(1),
                [] => ("", ""),
            };
            found.add(word, key, sign, value)?;
        }
        if found.terms.is_empty() {
            return Err(format!("a breakpoint says what is to be so: {EXAMPLES}"));
        }
        Ok(found)
    }

    fn add(&mut self, word: &str, key: &str, sign: &str, value: &str) -> Result<(), String> {
        let number = |what: &str| {
            value.parse::<i32>().map_err(|_| format!("`{word}`: {what} is a number, as in {key}{sign}3"))
        };
        if key != "gone" && (sign.is_empty() || value.is_empty()) {
            let near = crate::scenario::diagnostic::nearest(key, &WORDS);
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}=…`?"));
            return Err(format!("`{word}` is no breakpoint{hint} ({EXAMPLES})"));
        }
        if !matches!(key, "restarts" | "ready") && !matches!(sign, "=" | "==" | "") {
            return Err(format!("`{word}`: only restarts and ready can be compared with {sign}"));
        }
        let term = match key {
            "status" => Term::Status(Sym::new(value)),
            "phase" => {
                let known = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
                if !known.contains(&value) {
                    return Err(format!("`{value}` is no phase: they are {}", known.join(", ")));
                }
                Term::Phase(Sym::new(value))
            }
            "condition" => {
                let (kind, truth) = value.split_once(':').unwrap_or((value, "True"));
                let Some(truth) = Tri::parse(truth) else {
                    return Err(format!(
                        "`{word}`: a condition is True, False or Unknown, as in condition=Ready:False"
                    ));
                };
                Term::Condition(Sym::new(kind), truth)
            }
            "rollout" => Term::Rollout(rollout(word, value)?),
            "ready" => match value.split_once('/').map(|(a, b)| (a.parse(), b.parse())) {
                Some((Ok(ready), Ok(total))) => Term::Ready(ready, total),
                Some(_) => return Err(format!("`{word}`: READY reads like 1/2")),
                None => Term::ReadyCount(Comparison::parse(sign), number("how many are ready")?),
            },
            "restarts" => Term::Restarts(Comparison::parse(sign), number("the restart count")?),
            "container" => {
                let (name, state) = match value.split_once(':') {
                    Some((name, state)) => (Some(Sym::new(name)), state),
                    None => (None, value),
                };
                if !["waiting", "running", "terminated"].contains(&state) {
                    return Err(format!(
                        "`{word}`: a container is waiting, running or terminated, as in container=app:terminated"
                    ));
                }
                Term::Container(name, Sym::new(state))
            }
            "reason" => Term::Reason(Sym::new(value)),
            "exit" => Term::Exit(number("an exit code")?),
            "event" => Term::Event(Sym::new(value)),
            "gone" => Term::Gone,
            "pod" => {
                self.pod = Some(value.trim_start_matches("pod/").to_owned());
                return Ok(());
            }
            other if ObjectType::parse(other).is_some() => {
                let kind = ObjectType::parse(other).map(ObjectType::singular).unwrap_or_default();
                self.object = Some((kind, value.to_owned()));
                return Ok(());
            }
            other => {
                let near = crate::scenario::diagnostic::nearest(other, &WORDS);
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                return Err(format!("`{other}` is nothing that a breakpoint knows{hint} ({EXAMPLES})"));
            }
        };
        self.terms.push(term);
        Ok(())
    }

    /// Whether it is about a pod of the directory.
    fn concerns_pod(&self, row: u32, directory: &Directory) -> bool {
        let Some(wanted) = &self.pod else { return self.object.is_none() };
        let ident = directory.pods.get(row as usize);
        ident.is_some_and(|ident| is_called(wanted, ident.namespace, &ident.name.to_string()))
    }
    /// Whether it is about a workload or Service of the directory.
    fn concerns_object(&self, row: u32, directory: &Directory) -> bool {
        let Some((kind, wanted)) = &self.object else { return self.pod.is_none() };
        let ident = directory.objects.get(row as usize);
        ident.is_some_and(|ident| ident.kind == *kind && is_called(wanted, ident.namespace, &ident.name))
    }
}

/// The state of a workload that `rollout=…` names.
fn rollout(word: &str, value: &str) -> Result<WorkloadState, String> {
    const STATES: [WorkloadState; 4] =
        [WorkloadState::Progressing, WorkloadState::Complete, WorkloadState::Failed, WorkloadState::Paused];
    let named = |state: &WorkloadState| state.as_str().eq_ignore_ascii_case(value);
    STATES.into_iter().find(named).ok_or_else(|| {
        let known = STATES.map(|state| state.as_str().to_lowercase());
        format!("`{word}`: a rollout is {}", known.join(", "))
    })
}

/// Whether `web`, `shop/web` or `web*` is somebody's name.
fn is_called(wanted: &str, namespace: Sym, own: &str) -> bool {
    let (within, name) = match wanted.split_once('/') {
        Some((within, name)) => (Some(within), name),
        None => (None, wanted),
    };
    within.is_none_or(|within| namespace == within)
        && match name.strip_suffix('*') {
            Some(begin) => own.starts_with(begin),
            None => own == name,
        }
}

/// What to write, for help and for messages.
pub const EXAMPLES: &str = "status=CrashLoopBackOff pod=web, phase=Failed, condition=Ready:False, event=BackOff, restarts>=3, exit=137, ready=0/1, container=app:terminated, gone, rollout=complete deployment=web, ready>=3 service=web";

/// What holds of one pod, workload or Service, as its rows have told so far.
#[derive(Clone, Debug, Default)]
struct Level {
    state: Option<WorkloadState>,
    phase: Sym,
    status: Sym,
    ready: (u32, u32),
    restarts: i32,
    conditions: Vec<(Sym, Tri, Sym)>,
    containers: Vec<(Sym, Sym, Sym, Option<i32>)>,
    known: bool,
    gone: bool,
}

impl Level {
    fn fold(&mut self, change: &Change) {
        self.known = true;
        match *change {
            Change::Phase { from, to } => {
                self.phase = to;
                self.gone = to.is_empty() && !from.is_empty();
            }
            Change::Status { to, ready, restarts, .. } => {
                (self.status, self.ready, self.restarts) = (to, ready, restarts);
            }
            Change::Condition { kind, to, reason, .. } => {
                self.conditions.retain(|(known, ..)| *known != kind);
                self.conditions.extend(to.map(|to| (kind, to, reason)));
            }
            Change::Container { name, to, reason, exit_code, .. } => {
                self.containers.retain(|(known, ..)| *known != name);
                self.containers.push((name, to, reason, exit_code));
            }
            Change::Object { what, .. } => self.fold_object(&what),
            Change::Event(_) | Change::Node { .. } | Change::Owner { .. } => {}
        }
    }

    fn fold_object(&mut self, change: &ObjectChange) {
        let count = |count: i32| u32::try_from(count).unwrap_or(0);
        match *change {
            ObjectChange::Workload { from, to, ready } => {
                self.state = to;
                self.ready = match ready {
                    Ready::Nothing => (0, 0),
                    Ready::Number(ready) => (count(ready), count(ready)),
                    Ready::Of(ready, of) => (count(ready), count(of)),
                    Ready::OneOf(ready, _) => (count(ready), 1),
                };
                self.gone = to.is_none() && from.is_some();
            }
            ObjectChange::Condition { kind, to, reason, .. } => {
                self.conditions.retain(|(known, ..)| *known != kind);
                self.conditions.extend(to.map(|to| (kind, to, reason)));
            }
            ObjectChange::Endpoints { from, to, serving, .. } => {
                self.ready = (to.unwrap_or(0), serving);
                self.gone = to.is_none() && from.is_some();
            }
            ObjectChange::Event(_) => {}
        }
    }

    fn holds(&self, term: &Term) -> bool {
        if !self.known {
            return false;
        }
        match term {
            Term::Status(status) => self.status == *status,
            Term::Phase(phase) => self.phase == *phase,
            Term::Condition(kind, truth) => self.conditions.iter().any(|(k, t, _)| k == kind && t == truth),
            Term::Ready(ready, total) => self.ready == (*ready, *total),
            Term::ReadyCount(comparison, count) => comparison.holds(self.ready.0.cast_signed(), *count),
            Term::Rollout(state) => self.state == Some(*state),
            Term::Restarts(comparison, count) => comparison.holds(self.restarts, *count),
            Term::Container(name, state) => {
                self.containers.iter().any(|(n, s, ..)| name.is_none_or(|name| name == *n) && s == state)
            }
            Term::Reason(reason) => {
                self.containers.iter().any(|(_, _, r, _)| r == reason)
                    || self.conditions.iter().any(|(_, _, r)| r == reason)
            }
            Term::Exit(code) => self.containers.iter().any(|(.., exit)| *exit == Some(*code)),
            Term::Gone => self.gone,
            Term::Event(_) => true,
        }
    }
}

/// A pod's or an object's place in the directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Pod(u32),
    Object(u32),
}

impl Whose {
    fn of(row: &Transition) -> Option<Whose> {
        match (row.change, row.pod) {
            (Change::Object { object, .. }, _) => Some(Whose::Object(object)),
            (_, pod) => pod.map(Whose::Pod),
        }
    }
}

/// What holds of every pod, and of every workload and Service.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    by_pod: Vec<Level>,
    by_object: Vec<Level>,
}

impl Levels {
    pub fn fold(&mut self, row: &Transition) {
        if let Some(whose) = Whose::of(row) {
            self.level(whose).fold(&row.change);
        }
    }
    fn level(&mut self, whose: Whose) -> &mut Level {
        let (levels, at) = match whose {
            Whose::Pod(pod) => (&mut self.by_pod, pod as usize),
            Whose::Object(object) => (&mut self.by_object, object as usize),
        };
        if levels.len() <= at {
            levels.resize_with(at + 1, Level::default);
        }
        &mut levels[at]
    }

    /// Takes a step's rows in; where some breakpoint begins to hold with them, the row that tells it best.
    pub fn step(
        &mut self,
        rows: &[Transition],
        breakpoints: &[Breakpoint],
        directory: &Directory,
    ) -> Option<Transition> {
        let mut all: Vec<Whose> = rows.iter().filter_map(Whose::of).collect();
        all.sort_unstable();
        all.dedup();
        let mut hit = None;
        for whose in all {
            let before = self.level(whose).clone();
            let own = || rows.iter().filter(|row| Whose::of(row) == Some(whose));
            for row in own() {
                self.fold(row);
            }
            let told = |reason: Sym| {
                own().find(|row| match row.change {
                    Change::Event(e) | Change::Object { what: ObjectChange::Event(e), .. } => {
                        e.reason == reason
                    }
                    _ => false,
                })
            };
            let after = self.level(whose);
            let concerns = |breakpoint: &&Breakpoint| match whose {
                Whose::Pod(pod) => breakpoint.concerns_pod(pod, directory),
                Whose::Object(object) => breakpoint.concerns_object(object, directory),
            };
            let stops = breakpoints.iter().filter(concerns).find_map(|breakpoint| {
                let (mut begins, mut event) = (false, None);
                let all = breakpoint.terms.iter().all(|term| match term {
                    Term::Event(reason) => {
                        begins = true;
                        event = told(*reason);
                        event.is_some()
                    }
                    term => {
                        begins |= !before.holds(term);
                        after.holds(term)
                    }
                });
                let telling = event.or_else(|| own().min_by_key(|row| weight(row)));
                telling.filter(|_| all && begins)
            });
            hit = hit.or(stops.copied());
        }
        hit
    }
}
