//! `timeline.perfetto.json`: a trace that ui.perfetto.dev opens (Chrome's trace event format, as an array, one event a line).
//!
//! A process for each node, one for pods that have none, one for workloads. A pod has a thread in its node's process, on which its
//! life is a slice and its first container's states are slices inside; its other containers, and what it pulls, have threads
//! right below. Slices begin and end in the order of rows, so that those of a thread always nest; what happens at an instant
//! is one on its pod's thread; how workloads and Services stand are counters.

use std::io::{self, Write};

use rustc_hash::FxHashMap;

use super::cells::{Lines, integer, pod_name, words};
use super::{
    Change, Directory, Ending, Event, FiguresRow, Format, NodeRow, ObjectChange, ObjectRow, PodRow, Sink,
    Transition,
};
use crate::api::{EventText, PodIdent, PodName, Sym, Tri};
use crate::time::Time;

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "perfetto",
    file: "timeline.perfetto.json",
    holds: "a trace for ui.perfetto.dev: nodes, pods, container runs, back-offs and pulls",
    is_whole: false,
    beside: None,
    sink: |out, _| Box::new(Trace::new(out)),
};

/// The process of workloads, and the one of pods without a node; nodes follow.
const WORKLOADS: u32 = 1;
const NO_NODE: u32 = 2;
const NODES: u32 = 3;

/// Threads are numbered from here on: no process has such a number.
const THREADS: u32 = 1 << 20;

/// A thread of a process.
#[derive(Clone, Copy)]
struct Thread {
    process: u32,
    number: u32,
}

/// A container's thread, and the state whose slice is open there.
struct Lane {
    name: Sym,
    thread: Thread,
    open: Option<(Sym, Sym, i32)>,
}

/// What is open of a pod.
#[derive(Default)]
struct Track {
    node: Option<NodeRow>,
    thread: Option<Thread>,
    lanes: Vec<Lane>,
    pulls: Option<Thread>,
    pulling: bool,
    /// It is gone.
    ended: bool,
}

/// Writes `timeline.perfetto.json`.
pub struct Trace<W: Write> {
    lines: Lines<W>,
    scratch: String,
    pods: Vec<Track>,
    /// The thread of each node, and whether a slice that says it is not Ready is open.
    nodes: FxHashMap<NodeRow, (Thread, bool)>,
    threads: u32,
    begun: [bool; 2],
}

/// What a slice or an instant says beside its name.
enum Said<'a> {
    Nothing,
    Event(&'a Event, Option<&'a PodIdent>),
    State { reason: Sym, restarts: i32, exit_code: Option<i32> },
    Told(Sym, EventText, Option<&'a PodIdent>),
}

impl<W: Write> Trace<W> {
    /// A trace into `out`.
    pub fn new(out: W) -> Trace<W> {
        Trace {
            lines: Lines::new(out),
            scratch: String::new(),
            pods: Vec::new(),
            nodes: FxHashMap::default(),
            threads: THREADS,
            begun: [false; 2],
        }
    }

    /// What names a process or a thread, and where it stands.
    fn named(&mut self, what: &str, thread: Thread, name: &str) -> io::Result<()> {
        for (kind, member) in [("name", "name"), ("sort_index", "sort_index")] {
            let out = &mut self.lines.bytes;
            let _ = write!(
                out,
                ",{{\"name\":\"{what}_{kind}\",\"ph\":\"M\",\"pid\":{},\"tid\":{}",
                thread.process, thread.number
            );
            let _ = write!(out, ",\"args\":{{\"{member}\":");
            match kind {
                "name" => serde_json::to_writer(&mut *out, name)?,
                _ if what == "process" => integer(out, thread.process),
                _ => integer(out, thread.number),
            }
            out.extend_from_slice(b"}}");
            self.lines.end()?;
        }
        Ok(())
    }

    fn process(&mut self, process: u32, name: &str) -> io::Result<()> {
        self.named("process", Thread { process, number: 0 }, name)
    }

    fn thread(&mut self, process: u32, name: &str) -> io::Result<Thread> {
        let thread = Thread { process, number: self.threads };
        self.threads += 1;
        self.named("thread", thread, name)?;
        Ok(thread)
    }

    /// `,{"ph":"B","pid":3,"tid":1048576,"ts":1000`
    fn start(&mut self, phase: u8, thread: Thread, at: i64) {
        let out = &mut self.lines.bytes;
        out.extend_from_slice(b",{\"ph\":\"");
        out.push(phase);
        out.extend_from_slice(b"\",\"pid\":");
        integer(out, thread.process);
        out.extend_from_slice(b",\"tid\":");
        integer(out, thread.number);
        out.extend_from_slice(b",\"ts\":");
        integer(out, at);
    }

    /// The event's name, its category, what it says beside, and its end.
    fn finish(&mut self, category: &str, name: &str, said: &Said<'_>) -> io::Result<()> {
        let out = &mut self.lines.bytes;
        if !category.is_empty() {
            out.extend_from_slice(b",\"cat\":\"");
            out.extend_from_slice(category.as_bytes());
            out.extend_from_slice(b"\",\"name\":");
            serde_json::to_writer(&mut *out, name)?;
        }
        match said {
            Said::Nothing => {}
            Said::Event(event, pod) => {
                out.extend_from_slice(b",\"args\":{\"type\":\"");
                out.extend_from_slice(event.kind.as_str().as_bytes());
                out.extend_from_slice(b"\",\"from\":");
                serde_json::to_writer(&mut *out, event.component.as_str())?;
                out.extend_from_slice(b",\"count\":");
                integer(out, event.count);
                out.extend_from_slice(b",\"message\":");
                serde_json::to_writer(&mut *out, words(event.message, *pod, &mut self.scratch))?;
                out.push(b'}');
            }
            Said::State { reason, restarts, exit_code } => {
                out.extend_from_slice(b",\"args\":{\"restarts\":");
                integer(out, *restarts);
                if let Some(code) = exit_code {
                    out.extend_from_slice(b",\"exit_code\":");
                    integer(out, *code);
                }
                if !reason.is_empty() {
                    out.extend_from_slice(b",\"reason\":");
                    serde_json::to_writer(&mut *out, reason.as_str())?;
                }
                out.push(b'}');
            }
            Said::Told(reason, message, pod) => {
                out.extend_from_slice(b",\"args\":{\"reason\":");
                serde_json::to_writer(&mut *out, reason.as_str())?;
                out.extend_from_slice(b",\"message\":");
                serde_json::to_writer(&mut *out, words(*message, *pod, &mut self.scratch))?;
                out.push(b'}');
            }
        }
        self.lines.bytes.push(b'}');
        self.lines.end()
    }

    fn begin_slice(
        &mut self,
        thread: Thread,
        at: i64,
        category: &str,
        name: &str,
        said: &Said<'_>,
    ) -> io::Result<()> {
        self.start(b'B', thread, at);
        self.finish(category, name, said)
    }

    fn end_slice(&mut self, thread: Thread, at: i64, said: &Said<'_>) -> io::Result<()> {
        self.start(b'E', thread, at);
        self.finish("", "", said)
    }

    fn instant(
        &mut self,
        thread: Thread,
        at: i64,
        category: &str,
        name: &str,
        said: &Said<'_>,
    ) -> io::Result<()> {
        self.start(b'i', thread, at);
        self.lines.bytes.extend_from_slice(b",\"s\":\"t\"");
        self.finish(category, name, said)
    }

    fn row(&mut self, directory: &Directory, row: &Transition) -> io::Result<()> {
        let at = row.time.since(directory.start).micros();
        match (row.pod, &row.change) {
            (Some(pod), change) => self.of_pod(directory, pod, row.node, at, change),
            (None, Change::Object { object, what }) => self.of_object(directory, *object, at, what),
            (None, Change::Node { kind, to, reason, message, .. }) => match row.node {
                Some(node) => self.of_node(directory, node, at, (*kind, *to), (*reason, *message)),
                None => Ok(()),
            },
            (None, _) => Ok(()),
        }
    }

    fn of_node(
        &mut self,
        directory: &Directory,
        node: NodeRow,
        at: i64,
        (kind, to): (Sym, Option<Tri>),
        (reason, message): (Sym, Sym),
    ) -> io::Result<()> {
        let (thread, open) = self.node(directory, node)?;
        let name = format!("{kind}={}", to.map_or("", Tri::as_str));
        let said = Said::Told(reason, message.into(), None);
        self.instant(thread, at, "condition", &name, &said)?;
        if kind != Sym::READY {
            return Ok(());
        }
        match (open, to == Some(Tri::True)) {
            (false, false) => self.begin_slice(thread, at, "node", "not Ready", &said)?,
            (true, true) => self.end_slice(thread, at, &Said::Nothing)?,
            _ => {}
        }
        self.nodes.insert(node, (thread, to != Some(Tri::True)));
        Ok(())
    }

    /// A node's process is named when it is first heard of.
    fn node(&mut self, directory: &Directory, node: NodeRow) -> io::Result<(Thread, bool)> {
        if let Some(known) = self.nodes.get(&node) {
            return Ok(*known);
        }
        let name = directory.nodes[node as usize];
        self.process(NODES + node, &format!("node {name}"))?;
        let thread = self.thread(NODES + node, &name)?;
        self.nodes.insert(node, (thread, false));
        Ok((thread, false))
    }

    /// One of the two processes that are no node.
    fn other(&mut self, process: u32, name: &str) -> io::Result<()> {
        let begun = std::mem::replace(&mut self.begun[process as usize - 1], true);
        if begun { Ok(()) } else { self.process(process, name) }
    }

    fn of_object(
        &mut self,
        directory: &Directory,
        object: ObjectRow,
        at: i64,
        what: &ObjectChange,
    ) -> io::Result<()> {
        let thread = Thread { process: WORKLOADS, number: 0 };
        let ident = directory.objects[object as usize];
        match what {
            ObjectChange::Event(event) => {
                self.other(WORKLOADS, "workloads")?;
                let name = format!("{} {}/{}", event.reason, ident.kind, ident.name);
                self.instant(thread, at, "event", &name, &Said::Event(event, None))
            }
            ObjectChange::Endpoints { to, serving, terminating, .. } => {
                let counts =
                    [("ready", to.unwrap_or(0)), ("serving", *serving), ("terminating", *terminating)];
                self.counter(directory, object, at, &counts)
            }
            ObjectChange::Workload { .. } | ObjectChange::Condition { .. } => Ok(()),
        }
    }

    fn counter(
        &mut self,
        directory: &Directory,
        object: ObjectRow,
        at: i64,
        counts: &[(&str, impl itoa::Integer + Copy)],
    ) -> io::Result<()> {
        self.other(WORKLOADS, "workloads")?;
        let ident = directory.objects[object as usize];
        self.start(b'C', Thread { process: WORKLOADS, number: 0 }, at);
        let out = &mut self.lines.bytes;
        out.extend_from_slice(b",\"name\":");
        serde_json::to_writer(&mut *out, &format!("{}/{} in {}", ident.kind, ident.name, ident.namespace))?;
        out.extend_from_slice(b",\"args\":{");
        for (ix, (name, count)) in counts.iter().enumerate() {
            let _ = write!(out, "{}\"{name}\":", if ix > 0 { "," } else { "" });
            integer(out, *count);
        }
        out.extend_from_slice(b"}}");
        self.lines.end()
    }

    /// The thread of a pod where it is now. A pod that gets its node goes on there.
    fn track(
        &mut self,
        directory: &Directory,
        pod: PodRow,
        node: Option<NodeRow>,
        at: i64,
    ) -> io::Result<Thread> {
        let ix = pod as usize;
        while self.pods.len() <= ix {
            self.pods.push(Track::default());
        }
        let node = node.or(self.pods[ix].node);
        if let Some(thread) = self.pods[ix].thread {
            if self.pods[ix].node == node {
                return Ok(thread);
            }
            self.close(pod, at)?;
        }
        let process = match node {
            Some(node) => self.node(directory, node)?.0.process,
            None => {
                self.other(NO_NODE, "pods without a node")?;
                NO_NODE
            }
        };
        let name = name(directory.pods[ix].name);
        let thread = self.thread(process, &name)?;
        let track = &mut self.pods[ix];
        (track.thread, track.node) = (Some(thread), node);
        if !track.ended {
            self.begin_slice(thread, at, "pod", &name, &Said::Nothing)?;
        }
        Ok(thread)
    }

    /// Ends what is open of a pod, what lies innermost first.
    fn close(&mut self, pod: PodRow, at: i64) -> io::Result<()> {
        let track = std::mem::take(&mut self.pods[pod as usize]);
        for lane in track.lanes.iter().filter(|lane| lane.open.is_some()) {
            self.end_slice(lane.thread, at, &Said::Nothing)?;
        }
        if let (Some(thread), true) = (track.pulls, track.pulling) {
            self.end_slice(thread, at, &Said::Nothing)?;
        }
        if let (Some(thread), false) = (track.thread, track.ended) {
            self.end_slice(thread, at, &Said::Nothing)?;
        }
        self.pods[pod as usize] = Track { node: track.node, ..Track::default() };
        Ok(())
    }

    fn of_pod(
        &mut self,
        directory: &Directory,
        pod: PodRow,
        node: Option<NodeRow>,
        at: i64,
        change: &Change,
    ) -> io::Result<()> {
        let thread = self.track(directory, pod, node, at)?;
        let ident = &directory.pods[pod as usize];
        match change {
            Change::Phase { to, .. } if !to.is_empty() => {
                self.instant(thread, at, "phase", to, &Said::Nothing)
            }
            Change::Condition { kind: Sym::READY, to, reason, message, .. } => {
                let name = if *to == Some(Tri::True) { "ready" } else { "not ready" };
                let message = EventText::from(*message);
                self.instant(thread, at, "condition", name, &Said::Told(*reason, message, Some(ident)))
            }
            Change::Status { to, restarts, .. } if to.is_empty() => {
                let said = Said::State { reason: Sym::EMPTY, restarts: *restarts, exit_code: None };
                self.instant(thread, at, "phase", "removed", &said)?;
                self.close(pod, at)?;
                let track = &mut self.pods[pod as usize];
                (track.ended, track.thread) = (true, Some(thread));
                Ok(())
            }
            Change::Container { name, to, restarts, reason, exit_code, .. } => {
                self.container(pod, ident, at, (*name, *to, *reason), (*restarts, *exit_code))
            }
            Change::Event(event) => {
                self.pull(pod, ident, at, event)?;
                self.instant(thread, at, "event", &event.reason, &Said::Event(event, Some(ident)))
            }
            _ => Ok(()),
        }
    }

    /// A container's state, as a slice on its thread.
    fn container(
        &mut self,
        pod: PodRow,
        ident: &PodIdent,
        at: i64,
        (container, to, reason): (Sym, Sym, Sym),
        (restarts, exit_code): (i32, Option<i32>),
    ) -> io::Result<()> {
        let track = &self.pods[pod as usize];
        let Some(own) = track.thread.filter(|_| !track.ended) else { return Ok(()) };
        let place = match track.lanes.iter().position(|lane| lane.name == container) {
            Some(place) => place,
            None => {
                let thread = match track.lanes.is_empty() {
                    true => own,
                    false => self.thread(own.process, &format!("{} › {container}", name(ident.name)))?,
                };
                let lanes = &mut self.pods[pod as usize].lanes;
                lanes.push(Lane { name: container, thread, open: None });
                lanes.len() - 1
            }
        };
        let lane = &mut self.pods[pod as usize].lanes[place];
        let (thread, open) = (lane.thread, lane.open);
        let now = (to, if to == Sym::RUNNING_STATE { Sym::EMPTY } else { reason }, restarts);
        if open == Some(now) {
            return Ok(());
        }
        lane.open = (!to.is_empty()).then_some(now);
        let said = Said::State { reason, restarts, exit_code };
        if open.is_some() {
            self.end_slice(thread, at, &said)?;
        }
        let (category, words) = match to {
            Sym::RUNNING_STATE => ("run", format!("{container} runs")),
            Sym::WAITING if reason.ends_with("BackOff") => ("back-off", reason.to_string()),
            Sym::WAITING if reason.is_empty() => ("wait", "waits".to_owned()),
            Sym::WAITING => ("wait", reason.to_string()),
            Sym::TERMINATED_STATE => ("ended", format!("{container} has ended: {reason}")),
            _ => return Ok(()),
        };
        self.begin_slice(thread, at, category, &words, &said)
    }

    /// Pulls of a pod come one after the other, and overlap with its containers' states: they have a thread of their own.
    fn pull(&mut self, pod: PodRow, ident: &PodIdent, at: i64, event: &Event) -> io::Result<()> {
        let track = &self.pods[pod as usize];
        let Some(own) = track.thread.filter(|_| !track.ended) else { return Ok(()) };
        let ends = track.pulling && matches!(event.reason, Sym::PULLING | Sym::PULLED | Sym::FAILED);
        if let (Some(thread), true) = (track.pulls, ends) {
            self.end_slice(thread, at, &Said::Event(event, Some(ident)))?;
            self.pods[pod as usize].pulling = false;
        }
        if event.reason != Sym::PULLING {
            return Ok(());
        }
        let thread = match self.pods[pod as usize].pulls {
            Some(thread) => thread,
            None => self.thread(own.process, &format!("{} › pulls", name(ident.name)))?,
        };
        let track = &mut self.pods[pod as usize];
        (track.pulls, track.pulling) = (Some(thread), true);
        self.begin_slice(thread, at, "pull", "pull", &Said::Event(event, Some(ident)))
    }
}

fn name(name: PodName) -> String {
    let mut bytes = Vec::new();
    pod_name(&mut bytes, name);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn since(directory: &Directory, at: Time) -> i64 {
    at.since(directory.start).micros()
}

impl<W: Write> Sink for Trace<W> {
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        // Commas stand before events, so that a file that is cut lacks its last bracket only, which nobody insists on.
        let out = &mut self.lines.bytes;
        out.extend_from_slice(
            b"[{\"name\":\"start of the run\",\"ph\":\"M\",\"pid\":1,\"tid\":0,\"args\":{\"name\":\"",
        );
        out.extend_from_slice(directory.start.rfc3339_micros().as_bytes());
        out.extend_from_slice(b"\"}}");
        self.lines.end()
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(directory, row))
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        for row in rows {
            let at = since(directory, row.time);
            let figures = row.figures.unwrap_or_default();
            let counts = [
                ("desired", figures.desired),
                ("ready", figures.ready),
                ("available", figures.available),
                ("active", figures.active),
                ("succeeded", figures.succeeded),
                ("failed", figures.failed),
            ];
            let counts: Vec<(&str, i32)> = match row.figures {
                None => vec![("desired", 0), ("ready", 0), ("available", 0)],
                Some(_) => counts.into_iter().filter_map(|(name, count)| Some((name, count?))).collect(),
            };
            if !counts.is_empty() {
                self.counter(directory, row.object, at, &counts)?;
            }
        }
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        let at = since(directory, ending.at);
        for pod in 0..self.pods.len() {
            self.close(pod as PodRow, at)?;
        }
        let mut open: Vec<Thread> =
            self.nodes.values().filter(|(_, open)| *open).map(|(thread, _)| *thread).collect();
        open.sort_unstable_by_key(|thread| thread.number);
        open.into_iter().try_for_each(|thread| self.end_slice(thread, at, &Said::Nothing))?;
        self.lines.bytes.push(b']');
        self.lines.end()?;
        self.lines.finish()
    }
}
