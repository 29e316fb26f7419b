//! `timeline.csv` and `pods.csv`, as the README's tables describe them.

use std::io::{self, Write};
use std::ops::Range;

use super::cells::{Lines, Stamp, cell, integer, pod_name, seconds, words};
use super::spelled::{Spelled, common};
use super::{Change, Directory, Ending, Format, NodeRow, PodRow, Sink, Transition};
use crate::api::{EventText, PodIdent, Sym, Tri};
use crate::time::Time;

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "csv",
    file: "timeline.csv",
    holds: "one row per transition",
    sink: |out| Box::new(Timeline::new(out)),
};

/// The columns of `timeline.csv`, with what each holds.
pub const TIMELINE_COLUMNS: [(&str, &str); 15] = [
    ("time", "seconds since the start of the run, six decimals"),
    ("timestamp", "the same instant as RFC 3339 UTC with microseconds"),
    ("namespace", "of the pod; empty on node rows"),
    ("pod", "the pod's name; empty on node rows"),
    ("node", "the node that the pod is bound to, or the node itself; empty before binding"),
    ("kind", "`phase`, `condition`, `container`, `status`, `event` or `node`"),
    ("object", "the condition's type, the container's name, or the component that reported the event"),
    ("from", "the value before; empty at first"),
    ("to", "the value after; for events Normal or Warning"),
    ("ready", "kubectl's READY on status rows, the ready flag on container rows"),
    ("restarts", "the restart count"),
    ("reason", "as the API shows it"),
    ("message", "as the API shows it"),
    ("exit_code", "of a container that terminated"),
    ("count", "how often the event has been seen"),
];

/// The columns of `pods.csv`.
pub const POD_COLUMNS: [&str; 17] = [
    "namespace",
    "pod",
    "node",
    "qos_class",
    "created",
    "scheduled",
    "initialized",
    "started",
    "ready",
    "finished",
    "removed",
    "phase",
    "status",
    "reason",
    "restarts",
    "exit_code",
    "time_ready",
];

/// What rows of one write to the API have in common.
type About = (Time, Option<PodRow>, Option<NodeRow>);

/// Writes `timeline.csv`.
pub struct Timeline<W: Write> {
    lines: Lines<W>,
    stamp: Stamp,
    scratch: String,
    /// The first five cells of the row before, where they stand: rows of one write to the API share them.
    head: Option<(About, Range<usize>)>,
    /// The other cells of changes that many pods go through.
    spelled: Spelled,
}

impl<W: Write> Timeline<W> {
    /// A timeline into `out`; the head is written with the beginning of the run.
    pub fn new(out: W) -> Timeline<W> {
        let (scratch, spelled) = (String::new(), Spelled::default());
        Timeline { lines: Lines::new(out), stamp: Stamp::new(), scratch, head: None, spelled }
    }

    /// `time,timestamp,namespace,pod,node,`
    fn head(&mut self, directory: &Directory, t: &Transition) {
        let out = &mut self.lines.bytes;
        let from = out.len();
        if from > 0
            && let Some((about, range)) = &self.head
            && *about == (t.time, t.pod, t.node)
        {
            out.extend_from_within(range.clone());
            return;
        }
        seconds(out, t.time.since(directory.start).micros());
        out.push(b',');
        self.stamp.write(out, t.time);
        out.push(b',');
        if let Some(pod) = t.pod {
            let ident = &directory.pods[pod as usize];
            out.extend_from_slice(ident.namespace.as_bytes());
            out.push(b',');
            pod_name(out, ident.name);
        } else {
            out.push(b',');
        }
        out.push(b',');
        if let Some(node) = t.node {
            out.extend_from_slice(directory.nodes[node as usize].as_bytes());
        }
        out.push(b',');
        self.head = Some(((t.time, t.pod, t.node), from..out.len()));
    }

    fn row(&mut self, directory: &Directory, t: &Transition) -> io::Result<()> {
        self.head(directory, t);
        match common(&t.change) {
            None => self.change(directory, t),
            Some(key) => match self.spelled.get(&key) {
                Some(cells) => self.lines.bytes.extend_from_slice(cells),
                None => {
                    let from = self.lines.bytes.len();
                    self.change(directory, t);
                    self.spelled.keep(key, &self.lines.bytes[from..]);
                }
            },
        }
        self.lines.end()
    }

    /// All cells from `kind` on.
    fn change(&mut self, directory: &Directory, t: &Transition) {
        let ident = t.pod.map(|p| &directory.pods[p as usize]);
        let out = &mut self.lines.bytes;
        match &t.change {
            Change::Phase { from, to } => {
                start_plain(out, "phase", Sym::EMPTY, from, to);
                out.extend_from_slice(b",,,,,");
            }
            Change::Condition { kind, from, to, reason, message } => {
                start(out, "condition", *kind, tri(*from), tri(*to));
                out.extend_from_slice(b",,");
                told(out, *reason, *message, ident, &mut self.scratch);
                out.extend_from_slice(b",,");
            }
            Change::Container { name, from, to, ready, restarts, reason, message, exit_code } => {
                start_plain(out, "container", *name, from, to);
                out.extend_from_slice(if *ready { b"true," } else { b"false," });
                integer(out, *restarts);
                out.push(b',');
                told(out, *reason, *message, ident, &mut self.scratch);
                out.push(b',');
                if let Some(code) = exit_code {
                    integer(out, *code);
                }
                out.push(b',');
            }
            Change::Status { from, to, ready, restarts } => {
                start(out, "status", Sym::EMPTY, from, to);
                integer(out, ready.0);
                out.push(b'/');
                integer(out, ready.1);
                out.push(b',');
                integer(out, *restarts);
                out.extend_from_slice(b",,,,");
            }
            Change::Event(e) => {
                start_plain(out, "event", e.component, "", e.kind.as_str());
                out.extend_from_slice(b",,");
                told(out, e.reason, e.message, ident, &mut self.scratch);
                out.extend_from_slice(b",,");
                integer(out, e.count);
            }
            Change::Node { kind, from, to, reason, message } => {
                start(out, "node", *kind, tri(*from), tri(*to));
                out.extend_from_slice(b",,");
                told(out, *reason, *message, None, &mut self.scratch);
                out.extend_from_slice(b",,");
            }
        }
    }
}

fn tri(status: Option<Tri>) -> &'static str {
    status.map_or("", Tri::as_str)
}

/// `kind,object,from,to,` where no cell needs quotes: names and Kubernetes' own words.
fn start_plain(out: &mut Vec<u8>, kind: &str, object: Sym, from: &str, to: &str) {
    for text in [kind, object.as_str(), from, to] {
        out.extend_from_slice(text.as_bytes());
        out.push(b',');
    }
}

/// `kind,object,from,to,`
fn start(out: &mut Vec<u8>, kind: &str, object: Sym, from: &str, to: &str) {
    out.extend_from_slice(kind.as_bytes());
    for text in [object.as_str(), from, to] {
        out.push(b',');
        cell(out, text);
    }
    out.push(b',');
}

/// `reason,message`
fn told(
    out: &mut Vec<u8>,
    reason: Sym,
    message: impl Into<EventText>,
    ident: Option<&PodIdent>,
    scratch: &mut String,
) {
    cell(out, reason.as_str());
    out.push(b',');
    cell(out, words(message.into(), ident, scratch));
}

impl<W: Write> Sink for Timeline<W> {
    fn begin(&mut self, _: &Directory) -> io::Result<()> {
        let names: Vec<&str> = TIMELINE_COLUMNS.iter().map(|(name, _)| *name).collect();
        self.lines.bytes.extend_from_slice(names.join(",").as_bytes());
        self.lines.end()
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(directory, row))
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        self.lines.finish()
    }
}

/// Writes `pods.csv` at the end of a run.
pub struct Pods<W: Write> {
    lines: Lines<W>,
}

impl<W: Write> Pods<W> {
    /// A table of pods into `out`, written at the end of the run.
    pub fn new(out: W) -> Pods<W> {
        Pods { lines: Lines::new(out) }
    }
}

impl<W: Write> Sink for Pods<W> {
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        self.lines.bytes.extend_from_slice(POD_COLUMNS.join(",").as_bytes());
        self.lines.end()?;
        for (ident, r) in directory.pods.iter().zip(ending.pods.iter()) {
            let out = &mut self.lines.bytes;
            out.extend_from_slice(ident.namespace.as_bytes());
            out.push(b',');
            pod_name(out, ident.name);
            out.push(b',');
            if let Some(node) = r.node {
                out.extend_from_slice(directory.nodes[node as usize].as_bytes());
            }
            out.push(b',');
            cell(out, r.qos_class.as_str());
            for at in [r.created, r.scheduled, r.initialized, r.started, r.ready, r.finished, r.removed] {
                out.push(b',');
                if let Some(at) = at {
                    seconds(out, at.since(directory.start).micros());
                }
            }
            for text in [r.phase, r.status, r.reason] {
                out.push(b',');
                cell(out, text.as_str());
            }
            out.push(b',');
            integer(out, r.restarts);
            out.push(b',');
            if let Some(code) = r.exit_code {
                integer(out, code);
            }
            out.push(b',');
            seconds(out, r.ready_micros);
            self.lines.end()?;
        }
        self.lines.finish()
    }
}
