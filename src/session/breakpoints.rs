//! Breakpoints: `status=CrashLoopBackOff pod=web`, `condition=Ready:False`, `event=BackOff`, `restarts>=3`.
//!
//! All words of one breakpoint must hold for one pod; it stops where they begin to, and at every event of that reason.
//! What holds is folded from the rows of the timeline, so that the past can be searched without a world.

use std::fmt;

use crate::api::{Sym, Tri};
use crate::record::{Change, Directory, Transition};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    AtLeast,
    Above,
    Below,
    AtMost,
    Equal,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Term {
    Status(Sym),
    Phase(Sym),
    Condition(Sym, Tri),
    /// kubectl's READY: `1/2`.
    Ready(u32, u32),
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
    /// As it was written.
    words: String,
}

impl fmt::Display for Breakpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

const WORDS: [&str; 11] = [
    "status",
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
        if key != "restarts" && !matches!(sign, "=" | "==" | "") {
            return Err(format!("`{word}`: only restarts can be compared with {sign}"));
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
            "ready" => match value.split_once('/').map(|(a, b)| (a.parse(), b.parse())) {
                Some((Ok(ready), Ok(total))) => Term::Ready(ready, total),
                _ => return Err(format!("`{word}`: READY reads like 1/2")),
            },
            "restarts" => Term::Restarts(
                match sign {
                    ">=" => Comparison::AtLeast,
                    ">" => Comparison::Above,
                    "<" => Comparison::Below,
                    "<=" => Comparison::AtMost,
                    _ => Comparison::Equal,
                },
                number("the restart count")?,
            ),
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
            other => {
                let near = crate::scenario::diagnostic::nearest(other, &WORDS);
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                return Err(format!("`{other}` is nothing that a breakpoint knows{hint} ({EXAMPLES})"));
            }
        };
        self.terms.push(term);
        Ok(())
    }

    fn concerns(&self, row: u32, directory: &Directory) -> bool {
        let Some(wanted) = &self.pod else { return true };
        let Some(ident) = directory.pods.get(row as usize) else { return false };
        let (namespace, name) = match wanted.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, wanted.as_str()),
        };
        let own = ident.name.to_string();
        namespace.is_none_or(|n| ident.namespace == n)
            && match name.strip_suffix('*') {
                Some(begin) => own.starts_with(begin),
                None => own == name,
            }
    }
}

/// What to write, for help and for messages.
pub const EXAMPLES: &str = "status=CrashLoopBackOff pod=web, phase=Failed, condition=Ready:False, event=BackOff, restarts>=3, exit=137, ready=0/1, container=app:terminated, gone";

/// What holds of one pod, as its rows have told so far.
#[derive(Clone, Debug, Default)]
struct Level {
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
            Change::Event(_) | Change::Node { .. } | Change::Owner { .. } | Change::Object { .. } => {}
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
            Term::Restarts(comparison, count) => match comparison {
                Comparison::AtLeast => self.restarts >= *count,
                Comparison::Above => self.restarts > *count,
                Comparison::Below => self.restarts < *count,
                Comparison::AtMost => self.restarts <= *count,
                Comparison::Equal => self.restarts == *count,
            },
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

/// What holds of every pod.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    by_pod: Vec<Level>,
}

impl Levels {
    pub fn fold(&mut self, row: &Transition) {
        if let Some(pod) = row.pod {
            self.level(pod).fold(&row.change);
        }
    }
    fn level(&mut self, pod: u32) -> &mut Level {
        let pod = pod as usize;
        if self.by_pod.len() <= pod {
            self.by_pod.resize_with(pod + 1, Level::default);
        }
        &mut self.by_pod[pod]
    }

    /// Takes a step's rows in; whether some breakpoint begins to hold with them.
    pub fn step(&mut self, rows: &[Transition], breakpoints: &[Breakpoint], directory: &Directory) -> bool {
        let mut pods: Vec<u32> = rows.iter().filter_map(|row| row.pod).collect();
        pods.sort_unstable();
        pods.dedup();
        let mut hit = false;
        for pod in pods {
            let before = self.level(pod).clone();
            let own = || rows.iter().filter(|row| row.pod == Some(pod));
            for row in own() {
                self.fold(row);
            }
            let told =
                |reason: Sym| own().any(|row| matches!(row.change, Change::Event(e) if e.reason == reason));
            let after = self.level(pod);
            hit |= breakpoints.iter().filter(|b| b.concerns(pod, directory)).any(|breakpoint| {
                let mut begins = false;
                let all = breakpoint.terms.iter().all(|term| match term {
                    Term::Event(reason) => {
                        begins = true;
                        told(*reason)
                    }
                    term => {
                        begins |= !before.holds(term);
                        after.holds(term)
                    }
                });
                all && begins
            });
        }
        hit
    }
}
