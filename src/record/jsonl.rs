//! `timeline.jsonl`: the rows of the timeline as JSON objects, one a line. Members are named as the columns of
//! `timeline.csv`; what is empty there is left out; `time`, `restarts`, `exit_code` and `count` are numbers.

use std::io::{self, Write};

use rustc_hash::FxHashMap;

use super::cells::{Lines, Stamp, integer, pod_name, seconds, words};
use super::csv::object_name;
use super::{Change, Directory, Ending, Event, Format, ObjectChange, ObjectRow, PodRow, Sink, Transition};
use crate::api::workload::WorkloadState;
use crate::api::{EventText, PodIdent, Sym, Tri};

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "jsonl",
    file: "timeline.jsonl",
    holds: "the same rows as JSON objects, one a line",
    is_whole: false,
    beside: None,
    sink: |out, _| Box::new(Timeline::new(out)),
};

/// Writes `timeline.jsonl`.
pub struct Timeline<W: Write> {
    lines: Lines<W>,
    stamp: Stamp,
    scratch: String,
    /// Pods whose topmost controller is another than at their creation.
    owners: FxHashMap<PodRow, Option<ObjectRow>>,
}

impl<W: Write> Timeline<W> {
    /// A timeline into `out`, one JSON object a line.
    pub fn new(out: W) -> Timeline<W> {
        let (stamp, scratch, owners) = (Stamp::new(), String::new(), FxHashMap::default());
        Timeline { lines: Lines::new(out), stamp, scratch, owners }
    }

    fn row(&mut self, directory: &Directory, t: &Transition) -> io::Result<()> {
        let ident = t.pod.map(|p| &directory.pods[p as usize]);
        let out = &mut self.lines.bytes;
        out.extend_from_slice(b"{\"time\":");
        seconds(out, t.time.since(directory.start).micros());
        out.extend_from_slice(b",\"timestamp\":\"");
        self.stamp.write(out, t.time);
        out.push(b'"');
        if let Some(ident) = ident {
            text(out, "namespace", ident.namespace.as_str())?;
            out.extend_from_slice(b",\"pod\":\"");
            pod_name(out, ident.name);
            out.push(b'"');
        }
        text(out, "node", t.node.map_or("", |n| directory.nodes[n as usize].as_str()))?;
        let scratch = &mut self.scratch;
        match &t.change {
            Change::Phase { from, to } => start(out, "phase", Sym::EMPTY, from, to)?,
            Change::Condition { kind, from, to, reason, message } => {
                start(out, "condition", *kind, tri(*from), tri(*to))?;
                told(out, *reason, *message, ident, scratch)?;
            }
            Change::Container { name, from, to, ready, restarts, reason, message, exit_code } => {
                start(out, "container", *name, from, to)?;
                text(out, "ready", if *ready { "true" } else { "false" })?;
                number(out, "restarts", *restarts);
                told(out, *reason, *message, ident, scratch)?;
                if let Some(code) = exit_code {
                    number(out, "exit_code", *code);
                }
            }
            Change::Status { from, to, ready, restarts } => {
                start(out, "status", Sym::EMPTY, from, to)?;
                out.extend_from_slice(b",\"ready\":\"");
                integer(out, ready.0);
                out.push(b'/');
                integer(out, ready.1);
                out.push(b'"');
                number(out, "restarts", *restarts);
            }
            Change::Event(event) => told_event(out, event, ident, scratch)?,
            Change::Owner { from, to } => {
                text(out, "kind", "owner")?;
                for (member, owner) in [("from", from), ("to", to)] {
                    if let Some(owner) = *owner {
                        object_member(out, member, directory, owner);
                    }
                }
                if let Some(pod) = t.pod {
                    self.owners.insert(pod, *to);
                }
            }
            Change::Object { object, what } => {
                let ident = &directory.objects[*object as usize];
                text(out, "namespace", ident.namespace.as_str())?;
                object_row(out, ident.name, what, scratch)?;
                object_member(out, "owner", directory, *object);
            }
            Change::Node { kind, from, to, reason, message } => {
                start(out, "node", *kind, tri(*from), tri(*to))?;
                told(out, *reason, *message, None, scratch)?;
            }
        }
        if let Some(pod) = t.pod
            && let Some(owner) = self.owners.get(&pod).copied().unwrap_or(directory.owners[pod as usize])
        {
            object_member(out, "owner", directory, owner);
        }
        self.lines.bytes.push(b'}');
        self.lines.end()
    }
}

/// A member that names an object: `deployment/web`.
fn object_member(out: &mut Vec<u8>, name: &str, directory: &Directory, object: ObjectRow) {
    member(out, name);
    out.push(b'"');
    object_name(out, directory, object);
    out.push(b'"');
}

fn told_event(
    out: &mut Vec<u8>,
    e: &Event,
    ident: Option<&PodIdent>,
    scratch: &mut String,
) -> io::Result<()> {
    start(out, "event", e.component, "", e.kind.as_str())?;
    told(out, e.reason, e.message, ident, scratch)?;
    number(out, "count", e.count);
    Ok(())
}

/// The members of a change of an object that is neither a pod nor a node.
fn object_row(out: &mut Vec<u8>, name: Sym, what: &ObjectChange, scratch: &mut String) -> io::Result<()> {
    match what {
        ObjectChange::Workload { from, to, ready } => {
            let word = |state: &Option<WorkloadState>| state.map_or("", WorkloadState::as_str);
            start(out, "workload", Sym::EMPTY, word(from), word(to))?;
            text(out, "ready", &ready.to_string())
        }
        ObjectChange::Condition { kind, from, to, reason, message } => {
            start(out, "condition", *kind, tri(*from), tri(*to))?;
            told(out, *reason, *message, None, scratch)
        }
        ObjectChange::Event(event) => told_event(out, event, None, scratch),
        ObjectChange::Endpoints { from, to, serving, terminating } => {
            let count = |count: &Option<u32>| count.map_or_else(String::new, |count| count.to_string());
            start(out, "endpoints", name, &count(from), &count(to))?;
            text(out, "message", &format!("serving {serving}, terminating {terminating}"))
        }
    }
}

fn tri(status: Option<Tri>) -> &'static str {
    status.map_or("", Tri::as_str)
}

/// A member with a text; none where the text is empty.
fn text(out: &mut Vec<u8>, name: &str, words: &str) -> io::Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    member(out, name);
    serde_json::to_writer(out, words).map_err(io::Error::from)
}

fn number(out: &mut Vec<u8>, name: &str, value: impl itoa::Integer) {
    member(out, name);
    integer(out, value);
}

fn member(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn start(out: &mut Vec<u8>, kind: &str, object: Sym, from: &str, to: &str) -> io::Result<()> {
    text(out, "kind", kind)?;
    text(out, "object", object.as_str())?;
    text(out, "from", from)?;
    text(out, "to", to)
}

fn told(
    out: &mut Vec<u8>,
    reason: Sym,
    message: impl Into<EventText>,
    ident: Option<&PodIdent>,
    scratch: &mut String,
) -> io::Result<()> {
    text(out, "reason", reason.as_str())?;
    text(out, "message", words(message.into(), ident, scratch))
}

impl<W: Write> Sink for Timeline<W> {
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(directory, row))
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        self.lines.finish()
    }
}
