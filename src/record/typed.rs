//! The cells of rows, typed: what readers of columns take, a file of Parquet or a table of Arrow.
//!
//! Columns, their names and what they mean are those of timeline.csv and pods.csv; what is empty there is None here. Seconds are doubles,
//! instants microseconds since 1970 in UTC, counts integers, all else is text.

use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::cells::{pod_name, words};
use super::csv::{object_name, object_of};
use super::{Change, Directory, Event, NodeRow, ObjectChange, ObjectRow, PodRecord, PodRow, Transition};
use crate::api::workload::WorkloadState;
use crate::api::{EventText, PodIdent, Sym, Tri};
use crate::time::{Span, Time};

/// A row of a timeline.
#[derive(Debug, Default)]
pub struct Row {
    /// Seconds since the start.
    pub time: f64,
    /// Microseconds since 1970.
    pub timestamp: i64,
    /// `namespace`
    pub namespace: Option<Bytes>,
    /// `pod`
    pub pod: Option<Bytes>,
    /// `node`
    pub node: Option<Bytes>,
    /// What has changed.
    pub kind: &'static str,
    /// `object`
    pub object: Option<Bytes>,
    /// `from`
    pub from: Option<Bytes>,
    /// `to`
    pub to: Option<Bytes>,
    /// `ready`
    pub ready: Option<Bytes>,
    /// `restarts`
    pub restarts: Option<i32>,
    /// `reason`
    pub reason: Option<Bytes>,
    /// `message`
    pub message: Option<Bytes>,
    /// `exit_code`
    pub exit_code: Option<i32>,
    /// `count`
    pub count: Option<i32>,
    /// `owner`
    pub owner: Option<Bytes>,
}

/// A text that lives as long as the program: a copy of it costs nothing.
fn lasting(text: &'static str) -> Option<Bytes> {
    (!text.is_empty()).then(|| Bytes::from_static(text.as_bytes()))
}

fn sym(sym: Sym) -> Option<Bytes> {
    lasting(sym.as_str())
}

/// Texts as they stand in columns: each is made once.
#[derive(Default)]
struct Known {
    objects: FxHashMap<ObjectRow, Bytes>,
    /// kubectl's READY.
    ready: FxHashMap<(u32, u32), Bytes>,
    scratch: String,
    bytes: Vec<u8>,
}

impl Known {
    fn said(&mut self, text: EventText, pod: Option<&PodIdent>) -> Option<Bytes> {
        match text.fixed() {
            Some(fixed) => sym(fixed),
            None => {
                let words = words(text, pod, &mut self.scratch);
                (!words.is_empty()).then(|| Bytes::copy_from_slice(words.as_bytes()))
            }
        }
    }
    fn pod(&mut self, ident: &PodIdent) -> Bytes {
        self.bytes.clear();
        pod_name(&mut self.bytes, ident.name);
        Bytes::copy_from_slice(&self.bytes)
    }
    fn ready(&mut self, ready: (u32, u32)) -> Bytes {
        let make = || Bytes::from(format!("{}/{}", ready.0, ready.1));
        self.ready.entry(ready).or_insert_with(make).clone()
    }
    fn object(&mut self, directory: &Directory, object: ObjectRow) -> Bytes {
        let bytes = &mut self.bytes;
        let make = || {
            bytes.clear();
            object_name(bytes, directory, object);
            Bytes::copy_from_slice(bytes)
        };
        self.objects.entry(object).or_insert_with(make).clone()
    }
}

/// Makes rows of transitions, one after the other: what rows have in common is made once.
#[derive(Default)]
pub struct Rows {
    known: Known,
    /// The name of the pod of the row before.
    last: Option<(PodRow, Bytes)>,
    owners: FxHashMap<PodRow, Option<ObjectRow>>,
}

impl Rows {
    /// The next row.
    pub fn row(&mut self, directory: &Directory, row: &Transition) -> Row {
        let ident = row.pod.map(|pod| &directory.pods[pod as usize]);
        let namespace = match (ident, object_of(row)) {
            (Some(pod), _) => pod.namespace,
            (None, Some(object)) => directory.objects[object as usize].namespace,
            (None, None) => Sym::EMPTY,
        };
        let name = row.pod.zip(ident).map(|(pod, ident)| match &self.last {
            Some((last, name)) if *last == pod => name.clone(),
            _ => {
                let name = self.known.pod(ident);
                self.last = Some((pod, name.clone()));
                name
            }
        });
        if let (Some(pod), Change::Owner { to, .. }) = (row.pod, row.change) {
            self.owners.insert(pod, to);
        }
        let owner = match row.pod {
            None => object_of(row),
            Some(pod) => self.owners.get(&pod).copied().unwrap_or(directory.owners[pod as usize]),
        };
        let node = row.node.map_or(Sym::EMPTY, |node: NodeRow| directory.nodes[node as usize]);
        Row {
            time: row.time.since(directory.start).secs_f64(),
            timestamp: row.time.micros(),
            namespace: sym(namespace),
            pod: name,
            node: sym(node),
            owner: owner.map(|owner| self.known.object(directory, owner)),
            ..cells(&mut self.known, directory, &row.change, ident)
        }
    }
}

/// A row of the pods.
#[derive(Debug)]
pub struct Pod {
    /// `namespace`, `pod`, `node`, `qos_class`
    pub names: [Option<Bytes>; 4],
    /// `created`, `scheduled`, `initialized`, `started`, `ready`, `finished`, `removed`: seconds since the start.
    pub times: [Option<f64>; 7],
    /// `phase`, `status`, `reason`
    pub words: [Option<Bytes>; 3],
    /// `restarts`
    pub restarts: i32,
    /// `exit_code`
    pub exit_code: Option<i32>,
    /// `time_ready`, in seconds.
    pub time_ready: f64,
}

/// The row of a pod.
pub fn pod(directory: &Directory, ident: &PodIdent, record: &PodRecord) -> Pod {
    let node = record.node.map_or(Sym::EMPTY, |node| directory.nodes[node as usize]);
    let r = record;
    let times = [r.created, r.scheduled, r.initialized, r.started, r.ready, r.finished, r.removed];
    let since = |at: Time| at.since(directory.start).secs_f64();
    Pod {
        names: [sym(ident.namespace), Some(Known::default().pod(ident)), sym(node), sym(r.qos_class)],
        times: times.map(|at| at.map(since)),
        words: [sym(r.phase), sym(r.status), sym(r.reason)],
        restarts: r.restarts,
        exit_code: r.exit_code,
        time_ready: Span::from_micros(r.ready_micros).secs_f64(),
    }
}

fn tri(status: Option<Tri>) -> &'static str {
    status.map_or("", Tri::as_str)
}

fn whole(count: u32) -> Option<i32> {
    Some(i32::try_from(count).unwrap_or(i32::MAX))
}

fn text(words: String) -> Option<Bytes> {
    (!words.is_empty()).then(|| Bytes::from(words))
}

fn condition(
    known: &mut Known,
    (kind, object): (&'static str, Sym),
    (from, to): (Option<Tri>, Option<Tri>),
    (reason, message): (Sym, EventText),
    pod: Option<&PodIdent>,
) -> Row {
    Row {
        kind,
        object: sym(object),
        from: lasting(tri(from)),
        to: lasting(tri(to)),
        reason: sym(reason),
        message: known.said(message, pod),
        ..Row::default()
    }
}

fn event(known: &mut Known, own: &Event, pod: Option<&PodIdent>) -> Row {
    Row {
        kind: "event",
        object: sym(own.component),
        to: lasting(own.kind.as_str()),
        reason: sym(own.reason),
        message: known.said(own.message, pod),
        count: whole(own.count),
        ..Row::default()
    }
}

fn cells(known: &mut Known, directory: &Directory, change: &Change, pod: Option<&PodIdent>) -> Row {
    match change {
        Change::Phase { from, to } => Row { kind: "phase", from: sym(*from), to: sym(*to), ..Row::default() },
        Change::Condition { kind, from, to, reason, message } => {
            condition(known, ("condition", *kind), (*from, *to), (*reason, (*message).into()), pod)
        }
        Change::Node { kind, from, to, reason, message } => {
            condition(known, ("node", *kind), (*from, *to), (*reason, (*message).into()), None)
        }
        Change::Container { name, from, to, ready, restarts, reason, message, exit_code } => Row {
            kind: "container",
            object: sym(*name),
            from: sym(*from),
            to: sym(*to),
            ready: lasting(if *ready { "true" } else { "false" }),
            restarts: Some(*restarts),
            reason: sym(*reason),
            message: known.said((*message).into(), pod),
            exit_code: *exit_code,
            ..Row::default()
        },
        Change::Status { from, to, ready, restarts } => Row {
            kind: "status",
            from: sym(*from),
            to: sym(*to),
            ready: Some(known.ready(*ready)),
            restarts: Some(*restarts),
            ..Row::default()
        },
        Change::Event(own) => event(known, own, pod),
        Change::Owner { from, to } => Row {
            kind: "owner",
            from: from.map(|owner| known.object(directory, owner)),
            to: to.map(|owner| known.object(directory, owner)),
            ..Row::default()
        },
        Change::Object { object, what } => of_object(known, directory, *object, what),
    }
}

/// The same of an object that is neither a pod nor a node.
fn of_object(known: &mut Known, directory: &Directory, object: ObjectRow, what: &ObjectChange) -> Row {
    match what {
        ObjectChange::Workload { from, to, ready } => {
            let word = |state: &Option<WorkloadState>| state.map_or("", WorkloadState::as_str);
            Row {
                kind: "workload",
                from: lasting(word(from)),
                to: lasting(word(to)),
                ready: text(ready.to_string()),
                ..Row::default()
            }
        }
        ObjectChange::Condition { kind, from, to, reason, message } => {
            condition(known, ("condition", *kind), (*from, *to), (*reason, (*message).into()), None)
        }
        ObjectChange::Event(own) => event(known, own, None),
        ObjectChange::Endpoints { from, to, serving, terminating } => {
            let count = |count: &Option<u32>| text(count.map_or_else(String::new, |count| count.to_string()));
            Row {
                kind: "endpoints",
                object: sym(directory.objects[object as usize].name),
                from: count(from),
                to: count(to),
                message: text(format!("serving {serving}, terminating {terminating}")),
                ..Row::default()
            }
        }
    }
}
