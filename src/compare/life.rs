//! Lives: what the rows of one pod add up to.
//!
//! A visible state is phase · STATUS · READY · restarts · each condition's status and reason · each container's state,
//! reason and exit code. Rows with one instant add up to one state; consecutive equal states count once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::api::EventType;
use crate::record::{Change, Directory, Transition};
use crate::time::Time;

/// One row of a timeline, as far as lives need it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// Microseconds since the start of the run.
    pub micros: i64,
    /// The pod's; empty on node rows.
    pub namespace: String,
    /// The pod's name; empty on node rows.
    pub pod: String,
    /// `phase`, `condition`, `container`, `status`, `event` or `node`.
    pub kind: String,
    /// The condition's type, the container's name, or the component that reported the event.
    pub object: String,
    /// The value before; empty at first.
    pub from: String,
    /// The value after; of events `Normal` or `Warning`.
    pub to: String,
    /// kubectl's READY on status rows, the ready flag on container rows.
    pub ready: String,
    /// The restart count.
    pub restarts: String,
    /// As the API shows it.
    pub reason: String,
    /// As the API shows it.
    pub message: String,
    /// Of a container that terminated.
    pub exit_code: String,
    /// How often the event has been seen.
    pub count: u32,
    /// The topmost controller (`deployment/web`), or the object itself where the row is about no pod.
    pub owner: String,
    /// The node that the pod is bound to, or the node itself.
    pub node: String,
    /// Number of the event object, where the source knows it.
    pub event_object: Option<u32>,
}

/// A state that can be told: what lives are made of.
pub trait Visible: PartialEq {
    /// In a few words.
    fn brief(&self) -> String;
    /// What differs, in words.
    fn difference(&self, other: &Self) -> String;
    /// Of which kind the gap is that this state ends; None before the first state.
    fn ends(&self, before: Option<&Self>) -> &'static str;
    /// A requeue may end it, so that its length is nobody's choice.
    fn is_retried(&self) -> bool {
        false
    }
}

/// What a client sees of a pod at one instant.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct State {
    /// The pod's phase.
    pub phase: String,
    /// kubectl's STATUS.
    pub status: String,
    /// kubectl's READY: `1/2`.
    pub ready: String,
    /// The restart count.
    pub restarts: String,
    /// Type to (status, reason).
    pub conditions: BTreeMap<String, (String, String)>,
    /// Name to (state, reason, exit code).
    pub containers: BTreeMap<String, (String, String, String)>,
}

impl Visible for State {
    fn brief(&self) -> String {
        if self.status.is_empty() {
            return "gone".to_owned();
        }
        format!("{}/{} {} ×{}", self.phase, self.status, self.ready, self.restarts)
    }
    fn difference(&self, other: &State) -> String {
        let mut words = String::new();
        for (name, a, b) in [
            ("phase", &self.phase, &other.phase),
            ("STATUS", &self.status, &other.status),
            ("READY", &self.ready, &other.ready),
            ("restarts", &self.restarts, &other.restarts),
        ] {
            if a != b {
                let _ = write!(words, "{name} {a} | {b}; ");
            }
        }
        for key in self
            .conditions
            .keys()
            .chain(other.conditions.keys().filter(|k| !self.conditions.contains_key(*k)))
        {
            let (a, b) = (self.conditions.get(key), other.conditions.get(key));
            if a != b {
                let show = |c: Option<&(String, String)>| c.map_or("-".into(), |(s, r)| format!("{s} {r}"));
                let _ = write!(words, "{key} {} | {}; ", show(a), show(b));
            }
        }
        for key in self
            .containers
            .keys()
            .chain(other.containers.keys().filter(|k| !self.containers.contains_key(*k)))
        {
            let (a, b) = (self.containers.get(key), other.containers.get(key));
            if a != b {
                let show = |c: Option<&(String, String, String)>| {
                    c.map_or("-".into(), |(s, r, e)| format!("{s} {r} {e}"))
                };
                let _ = write!(words, "container {key} {} | {}; ", show(a), show(b));
            }
        }
        words
    }
    fn ends(&self, before: Option<&State>) -> &'static str {
        let Some(before) = before else { return "creation" };
        let backs_off = self::backs_off(before) || self::backs_off(self);
        let unknown = |state: &State| state.conditions.get("Ready").is_some_and(|(is, _)| is == "Unknown");
        let ended = |state: &State| state.containers.values().filter(|(is, ..)| is == "terminated").count();
        match () {
            () if self.status.is_empty() => "removal",
            () if unknown(self) || unknown(before) => "node monitor",
            () if before.status == "Terminating" => "termination",
            () if self.status == "Terminating" => "deletion",
            () if ended(self) > ended(before) => "exit",
            () if backs_off => "requeue",
            () if self.status != before.status => "start",
            () if self.ready != before.ready => "probe",
            () => "other",
        }
    }
    fn is_retried(&self) -> bool {
        // Some container has failed, or waits for more than its turn.
        self.containers
            .values()
            .any(|(kind, reason, _)| kind == "terminated" || (kind == "waiting" && !reason.is_empty()))
    }
}

/// A container of it waits until it is tried again.
fn backs_off(state: &State) -> bool {
    let is_start = |reason: &str| ["", "ContainerCreating", "PodInitializing"].contains(&reason);
    state.containers.values().any(|(is, reason, _)| is == "waiting" && !is_start(reason))
}

impl State {
    /// What changed since the state before, in words; the STATUS columns speak for themselves.
    pub fn changes_since(&self, before: Option<&State>) -> Vec<String> {
        let none = State::default();
        // What a pod that is gone had, one that is made in its name has not lost.
        let is_new = |before: &State| before.status.is_empty() && !self.status.is_empty();
        let before = before.filter(|before| !is_new(before)).unwrap_or(&none);
        let mut words = Vec::new();
        if self.phase != before.phase {
            words.push(format!("phase {}", self.phase));
        }
        let beside = |reason: &str| if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        for (kind, (status, reason)) in &self.conditions {
            if before.conditions.get(kind) != Some(&(status.clone(), reason.clone())) {
                words.push(format!("{kind} {status}{}", beside(reason)));
            }
        }
        for kind in before.conditions.keys().filter(|kind| !self.conditions.contains_key(*kind)) {
            words.push(format!("{kind} gone"));
        }
        for (name, value) in &self.containers {
            if before.containers.get(name) != Some(value) {
                let (state, reason, code) = value;
                let code = if code.is_empty() { String::new() } else { format!(", exit {code}") };
                words.push(format!("{name} {state}{}", beside(&format!("{reason}{code}"))));
            }
        }
        for name in before.containers.keys().filter(|name| !self.containers.contains_key(*name)) {
            words.push(format!("{name} gone"));
        }
        words
    }
}

/// An event object as it stood last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenEvent {
    /// The component that reported it.
    pub component: String,
    /// Normal or Warning.
    pub kind: EventType,
    /// Its reason.
    pub reason: String,
    /// Durations, addresses and identifiers masked.
    pub message: String,
    /// How often it has been seen.
    pub count: u32,
}

/// What a client sees of one pod (or of another object), from its creation to its removal or to the end of watching.
#[derive(Clone, Debug, Default)]
pub struct Life<S = State> {
    /// Instant (microseconds since the run's start) and state, in order.
    pub states: Vec<(i64, S)>,
    /// In the order in which they were first told.
    pub events: Vec<SeenEvent>,
    /// Where watching ended.
    pub end: i64,
}

/// Reads the rows of a `timeline.csv`.
///
/// # Errors
/// The reader's own words for a file that is no such table.
pub fn read_csv(text: &str) -> Result<Vec<Row>, csv::Error> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers()?.clone();
    let place = |name: &str| headers.iter().position(|h| h == name);
    let columns = [
        "time",
        "namespace",
        "pod",
        "kind",
        "object",
        "from",
        "to",
        "ready",
        "restarts",
        "reason",
        "message",
        "exit_code",
        "count",
        "owner",
        "node",
    ]
    .map(place);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let cell = |ix: usize| columns[ix].and_then(|at| record.get(at)).unwrap_or("").to_owned();
        rows.push(Row {
            micros: time_of(&cell(0), &record)?,
            namespace: cell(1),
            pod: cell(2),
            kind: cell(3),
            object: cell(4),
            from: cell(5),
            to: cell(6),
            ready: cell(7),
            restarts: cell(8),
            reason: cell(9),
            message: cell(10),
            exit_code: cell(11),
            count: cell(12).parse().unwrap_or(0),
            owner: cell(13),
            node: cell(14),
            event_object: None,
        });
    }
    Ok(rows)
}

/// The time of a row.
///
/// # Errors
/// What stands there is none: whoever took it for 0 would compare something else.
pub(crate) fn time_of(text: &str, record: &csv::StringRecord) -> Result<i64, csv::Error> {
    parse_micros(text).ok_or_else(|| {
        let line = record.position().map_or(0, csv::Position::line);
        let problem = format!("line {line}: `{text}` in the column `time` is no number of seconds");
        std::io::Error::new(std::io::ErrorKind::InvalidData, problem).into()
    })
}

/// `12.034567`, in microseconds.
fn parse_micros(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let part: String = part.chars().chain("000000".chars()).take(6).collect();
    whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(part.parse().ok()?)
}

/// The rows of a simulated run, without a detour through a file.
pub fn rows_of(directory: &Directory, transitions: &[Transition]) -> Vec<Row> {
    transitions.iter().filter_map(|t| row_of(directory, t)).collect()
}

fn row_of(directory: &Directory, t: &Transition) -> Option<Row> {
    let ident = &directory.pods[t.pod? as usize];
    let mut row = Row {
        micros: t.time.since(directory.start).micros(),
        namespace: ident.namespace.to_string(),
        pod: ident.name.to_string(),
        ..Row::default()
    };
    let tri = |t: Option<crate::api::Tri>| t.map_or(String::new(), |t| t.as_str().to_owned());
    match t.change {
        Change::Phase { from, to } => {
            row.kind = "phase".into();
            (row.from, row.to) = (from.to_string(), to.to_string());
        }
        Change::Condition { kind, from, to, reason, .. } => {
            row.kind = "condition".into();
            row.object = kind.to_string();
            (row.from, row.to, row.reason) = (tri(from), tri(to), reason.to_string());
        }
        Change::Container { name, from, to, ready, restarts, reason, exit_code, .. } => {
            row.kind = "container".into();
            row.object = name.to_string();
            (row.from, row.to, row.reason) = (from.to_string(), to.to_string(), reason.to_string());
            (row.ready, row.restarts) = (ready.to_string(), restarts.to_string());
            row.exit_code = exit_code.map_or(String::new(), |code| code.to_string());
        }
        Change::Status { from, to, ready, restarts } => {
            row.kind = "status".into();
            (row.from, row.to) = (from.to_string(), to.to_string());
            (row.ready, row.restarts) = (format!("{}/{}", ready.0, ready.1), restarts.to_string());
        }
        Change::Event(event) => {
            row.kind = "event".into();
            row.object = event.component.to_string();
            row.to = event.kind.as_str().into();
            row.reason = event.reason.to_string();
            row.message = event.message.show(ident).to_string();
            row.count = event.count;
            row.event_object = Some(event.object);
        }
        Change::Node { .. } | Change::Owner { .. } | Change::Object { .. } => return None,
    }
    Some(row)
}

/// The lives in a timeline, by namespace and name.
pub fn lives(rows: &[Row], end: i64) -> BTreeMap<(String, String), Life> {
    let mut found: BTreeMap<(String, String), (Life, State, Option<i64>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.pod.is_empty()) {
        let key = (row.namespace.clone(), row.pod.clone());
        let (life, state, at) = found.entry(key).or_default();
        if row.kind == "event" {
            note_event(&mut life.events, row);
            continue;
        }
        if at.is_some_and(|at| at != row.micros) {
            close(life, state, at.unwrap_or(0));
        }
        *at = Some(row.micros);
        apply(state, row);
    }
    found
        .into_iter()
        .map(|(key, (mut life, state, at))| {
            if let Some(at) = at {
                close(&mut life, &state, at);
            }
            life.end = end;
            (key, life)
        })
        .collect()
}

fn close(life: &mut Life, state: &State, at: i64) {
    if life.states.last().is_none_or(|(_, last)| last != state) {
        life.states.push((at, state.clone()));
    }
}

fn apply(state: &mut State, row: &Row) {
    match row.kind.as_str() {
        // A pod is made, perhaps under the name of one that is gone: nothing of that one is left.
        "phase" if row.from.is_empty() && !row.to.is_empty() => {
            *state = State { phase: row.to.clone(), ..State::default() };
        }
        "phase" => state.phase.clone_from(&row.to),
        "condition" if row.to.is_empty() => {
            state.conditions.remove(&row.object);
        }
        "condition" => {
            state.conditions.insert(row.object.clone(), (row.to.clone(), row.reason.clone()));
        }
        "container" if row.to.is_empty() => {
            state.containers.remove(&row.object);
        }
        "container" => {
            let value = (row.to.clone(), row.reason.clone(), row.exit_code.clone());
            state.containers.insert(row.object.clone(), value);
        }
        "status" => {
            state.status.clone_from(&row.to);
            state.ready.clone_from(&row.ready);
            state.restarts.clone_from(&row.restarts);
        }
        _ => {}
    }
}

/// An event row is a new object or a later count of one that has the same words.
pub(crate) fn note_event(events: &mut Vec<SeenEvent>, row: &Row) {
    let message = mask(&row.message);
    let same = |e: &SeenEvent| {
        e.component == row.object && e.reason == row.reason && e.message == message && e.count < row.count
    };
    // The newest object whose count this row continues.
    let best = events
        .iter()
        .enumerate()
        .filter(|(_, e)| row.count > 1 && same(e))
        .max_by_key(|(_, e)| e.count)
        .map(|(ix, _)| ix);
    match best {
        Some(ix) => events[ix].count = row.count,
        None => events.push(SeenEvent {
            component: row.object.clone(),
            kind: if row.to == "Warning" { EventType::Warning } else { EventType::Normal },
            reason: row.reason.clone(),
            message,
            count: row.count,
        }),
    }
}

/// Masks what no two runs share: uids, addresses, durations.
pub fn mask(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for word in message.split_inclusive([' ', '(', ')', '"', ',']) {
        let (body, tail) = match word.char_indices().last() {
            Some((at, c)) if " ()\",".contains(c) => word.split_at(at),
            _ => (word, ""),
        };
        out.push_str(if is_uid(body) {
            "<uid>"
        } else if is_address(body) {
            "<address>"
        } else if is_duration(body) {
            "<duration>"
        } else {
            body
        });
        out.push_str(tail);
    }
    out
}

fn is_uid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        && word.matches('-').count() == 4
}
fn is_address(word: &str) -> bool {
    let host = word.trim_end_matches(':').rsplit("//").next().unwrap_or(word);
    let host = host.split(['/', ':']).next().unwrap_or("");
    host.split('.').count() == 4
        && host.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
}
fn is_duration(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let units = ["ms", "µs", "s", "m", "h"];
    word.starts_with(|c: char| c.is_ascii_digit())
        && units.iter().any(|unit| word.ends_with(unit))
        && word.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b"hms".contains(&b) || b >= 0x80)
}

/// The instant of a wall-clock time, as an offset.
pub fn offset(start: Time, at: Time) -> i64 {
    at.since(start).micros()
}
