//! `timeline.csv` and `pods.csv`, as the tables of `docs/formats.md` describe them.

use std::io::{self, Write};
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::cells::{Lines, Stamp, cell, integer, pod_name, seconds, words};
use super::spelled::{Spelled, common};
use super::{
    Change, Directory, Ending, Event, Format, NodeRow, ObjectChange, ObjectRow, PodRow, Sink, Transition,
};
use crate::api::workload::WorkloadState;
use crate::api::{EventText, PodIdent, Sym, Tri};
use crate::time::Time;

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "csv",
    file: "timeline.csv",
    holds: "one row per transition",
    is_whole: false,
    beside: None,
    sink: |out, _| Box::new(Timeline::new(out)),
};

/// The columns of `timeline.csv`, with what each holds.
pub const TIMELINE_COLUMNS: [(&str, &str); 16] = [
    ("time", "seconds since the start of the run, six decimals"),
    ("timestamp", "the same instant as RFC 3339 UTC with microseconds"),
    ("namespace", "of the pod or the object; empty on node rows"),
    ("pod", "the pod's name; empty on rows of nodes and of other objects"),
    ("node", "the node that the pod is bound to, or the node itself; empty before binding"),
    (
        "kind",
        "`phase`, `condition`, `container`, `status`, `event` or `node`; of other objects `workload`, `condition`, \
         `event` or `endpoints`; `owner` where a pod changes hands",
    ),
    (
        "object",
        "the condition's type, the container's name, the component that reported the event, or the Service",
    ),
    ("from", "the value before; empty at first"),
    ("to", "the value after; for events Normal or Warning"),
    ("ready", "kubectl's READY on status rows, the ready flag on container rows"),
    ("restarts", "the restart count"),
    ("reason", "as the API shows it"),
    ("message", "as the API shows it"),
    ("exit_code", "of a container that terminated"),
    ("count", "how often the event has been seen"),
    ("owner", "the topmost controller of the pod, or the object that the row is about: `deployment/web`"),
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
type About = (Time, Option<PodRow>, Option<NodeRow>, Option<ObjectRow>);

/// Writes `timeline.csv`.
pub struct Timeline<W: Write> {
    lines: Lines<W>,
    stamp: Stamp,
    scratch: String,
    /// The first five cells of the row before, where they stand: rows of one write to the API share them.
    head: Option<(About, Range<usize>)>,
    /// The other cells of changes that many pods go through.
    spelled: Spelled,
    /// Pods whose topmost controller is another than at their creation.
    owners: FxHashMap<PodRow, Option<ObjectRow>>,
}

impl<W: Write> Timeline<W> {
    /// A timeline into `out`; the head is written with the beginning of the run.
    pub fn new(out: W) -> Timeline<W> {
        let (scratch, spelled, owners) = (String::new(), Spelled::default(), FxHashMap::default());
        Timeline { lines: Lines::new(out), stamp: Stamp::new(), scratch, head: None, spelled, owners }
    }

    /// `time,timestamp,namespace,pod,node,`
    fn head(&mut self, directory: &Directory, t: &Transition) {
        let object = object_of(t);
        let out = &mut self.lines.bytes;
        let from = out.len();
        if from > 0
            && let Some((about, range)) = &self.head
            && *about == (t.time, t.pod, t.node, object)
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
            if let Some(object) = object {
                out.extend_from_slice(directory.objects[object as usize].namespace.as_bytes());
            }
            out.push(b',');
        }
        out.push(b',');
        if let Some(node) = t.node {
            out.extend_from_slice(directory.nodes[node as usize].as_bytes());
        }
        out.push(b',');
        self.head = Some(((t.time, t.pod, t.node, object), from..out.len()));
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
        self.owner(directory, t);
        self.lines.end()
    }

    /// `,owner`
    fn owner(&mut self, directory: &Directory, t: &Transition) {
        if let (Some(pod), Change::Owner { to, .. }) = (t.pod, t.change) {
            self.owners.insert(pod, to);
        }
        let out = &mut self.lines.bytes;
        out.push(b',');
        let owner = match t.pod {
            None => object_of(t),
            Some(pod) => match self.owners.get(&pod) {
                Some(owner) => *owner,
                None => directory.owners[pod as usize],
            },
        };
        if let Some(owner) = owner {
            object_name(out, directory, owner);
        }
    }

    /// All cells from `kind` on, but for the owner.
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
            Change::Event(event) => told_event(out, event, ident, &mut self.scratch),
            Change::Owner { from, to } => {
                out.extend_from_slice(b"owner,,");
                for owner in [from, to] {
                    if let Some(owner) = *owner {
                        object_name(out, directory, owner);
                    }
                    out.push(b',');
                }
                out.extend_from_slice(b",,,,,");
            }
            Change::Object { object, what } => self.object(directory, *object, what),
            Change::Node { kind, from, to, reason, message } => {
                start(out, "node", *kind, tri(*from), tri(*to));
                out.extend_from_slice(b",,");
                told(out, *reason, *message, None, &mut self.scratch);
                out.extend_from_slice(b",,");
            }
        }
    }

    /// The same of an object that is neither a pod nor a node.
    fn object(&mut self, directory: &Directory, object: ObjectRow, what: &ObjectChange) {
        let out = &mut self.lines.bytes;
        match what {
            ObjectChange::Workload { from, to, ready } => {
                let word = |state: &Option<WorkloadState>| state.map_or("", WorkloadState::as_str);
                start_plain(out, "workload", Sym::EMPTY, word(from), word(to));
                let _ = write!(out, "{ready},,,,,");
            }
            ObjectChange::Condition { kind, from, to, reason, message } => {
                start(out, "condition", *kind, tri(*from), tri(*to));
                out.extend_from_slice(b",,");
                told(out, *reason, *message, None, &mut self.scratch);
                out.extend_from_slice(b",,");
            }
            ObjectChange::Event(event) => told_event(out, event, None, &mut self.scratch),
            ObjectChange::Endpoints { from, to, serving, terminating } => {
                start_plain(out, "endpoints", directory.objects[object as usize].name, "", "");
                out.truncate(out.len() - 2);
                for count in [from, to] {
                    if let Some(count) = count {
                        integer(out, *count);
                    }
                    out.push(b',');
                }
                let _ = write!(out, ",,,\"serving {serving}, terminating {terminating}\",,");
            }
        }
    }
}

/// The object that a row is about, if it is no pod and no node.
pub(super) fn object_of(t: &Transition) -> Option<ObjectRow> {
    if let Change::Object { object, .. } = t.change { Some(object) } else { None }
}

/// `deployment/web`
pub(super) fn object_name(out: &mut Vec<u8>, directory: &Directory, object: ObjectRow) {
    let ident = &directory.objects[object as usize];
    out.extend_from_slice(ident.kind.as_bytes());
    out.push(b'/');
    out.extend_from_slice(ident.name.as_bytes());
}

/// All cells of an event from `kind` on.
fn told_event(out: &mut Vec<u8>, e: &Event, ident: Option<&PodIdent>, scratch: &mut String) {
    start_plain(out, "event", e.component, "", e.kind.as_str());
    out.extend_from_slice(b",,");
    told(out, e.reason, e.message, ident, scratch);
    out.extend_from_slice(b",,");
    integer(out, e.count);
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
