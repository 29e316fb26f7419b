//! The view model: a run as the page draws it, in JSON. docs/view-model.md says what stands in it.
//!
//! It holds rows and no answers: what a pod's phase, conditions and containers are at an instant follows from its rows up to
//! then, and the page works it out as anybody would. Texts stand once in a table and are named by their place, so that a
//! thousand pods that live alike do not spell their lives a thousand times.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use super::cells::{integer, pod_name, words};
use super::{
    Aside, Change, Directory, Event, Fact, FiguresRow, NodeRow, ObjectChange, ObjectRow, PodRow, Transition,
};
use crate::api::workload::WorkloadState;
use crate::api::{EventText, EventType, PodIdent, Sym, Tri};
use crate::time::Time;

/// Raised when a member changes its meaning; what is added does not raise it.
pub const MODEL: u32 = 1;

/// Rows of one pod, object or node: JSON arrays with commas between them.
#[derive(Clone, Debug, Default)]
struct Rows {
    bytes: Vec<u8>,
    node: Option<NodeRow>,
}

/// Texts, each with its place in the table.
#[derive(Debug, Default)]
struct Texts {
    syms: FxHashMap<Sym, u32>,
    others: FxHashMap<String, u32>,
    /// JSON strings with commas between them.
    bytes: Vec<u8>,
    count: u32,
}

impl Texts {
    fn sym(&mut self, sym: Sym) -> u32 {
        if let Some(place) = self.syms.get(&sym) {
            return *place;
        }
        let place = self.push(sym.as_str());
        self.syms.insert(sym, place);
        place
    }
    fn other(&mut self, text: &str) -> u32 {
        if let Some(place) = self.others.get(text) {
            return *place;
        }
        let place = self.push(text);
        self.others.insert(text.to_owned(), place);
        place
    }
    fn push(&mut self, text: &str) -> u32 {
        if self.count > 0 {
            self.bytes.push(b',');
        }
        string(&mut self.bytes, text);
        self.count += 1;
        self.count - 1
    }
}

/// A JSON string that may stand in a page: no markup can begin or end in it.
fn string(out: &mut Vec<u8>, text: &str) {
    let mut spelled = String::new();
    for letter in serde_json::Value::from(text).to_string().chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(spelled, "\\u{:04x}", u32::from(letter));
            }
            other => spelled.push(other),
        }
    }
    out.extend_from_slice(spelled.as_bytes());
}

/// A command from outside, with what it was answered.
#[derive(Debug)]
struct Deed {
    at: i64,
    words: u32,
    /// JSON arrays with commas between them.
    answers: Vec<u8>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// The instant of its end so far.
    pub at: Time,
    /// Until when all stays as it is then.
    pub stands: Time,
    /// It was cut short.
    pub partial: bool,
}

/// A run as it is gathered.
#[derive(Debug, Default)]
pub struct View {
    texts: Texts,
    pods: Vec<Rows>,
    objects: Vec<Rows>,
    figures: Vec<Rows>,
    nodes: Vec<Rows>,
    /// By pod: its init containers.
    inits: Vec<Rows>,
    deeds: Vec<(u32, Deed)>,
    rows: u64,
    scratch: String,
}

fn slot(all: &mut Vec<Rows>, ix: u32) -> &mut Rows {
    let ix = ix as usize;
    if all.len() <= ix {
        all.resize(ix + 1, Rows::default());
    }
    &mut all[ix]
}

/// `[…]`, after others.
fn list(out: &mut Vec<u8>, cells: &[i64]) {
    if !out.is_empty() {
        out.push(b',');
    }
    for (at, cell) in cells.iter().enumerate() {
        out.push(if at > 0 { b',' } else { b'[' });
        integer(out, *cell);
    }
    out.push(b']');
}

/// `[t,code,…]`; None stands as null.
fn put(rows: &mut Rows, at: i64, code: u8, cells: &[Option<i64>]) {
    let out = &mut rows.bytes;
    out.extend_from_slice(if out.is_empty() { b"[" } else { b",[" });
    integer(out, at);
    out.push(b',');
    integer(out, code);
    for cell in cells {
        out.push(b',');
        match cell {
            Some(cell) => integer(out, *cell),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b']');
}

fn tri(status: Option<Tri>) -> Option<i64> {
    match status {
        None => Some(0),
        Some(Tri::True) => Some(1),
        Some(Tri::False) => Some(2),
        Some(Tri::Unknown) => Some(3),
    }
}

fn text(place: u32) -> Option<i64> {
    Some(i64::from(place))
}

impl View {
    /// How many rows it holds.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes a row.
    pub fn row(&mut self, directory: &Directory, row: &Transition) {
        self.rows += 1;
        let at = since(directory, row.time);
        match (row.pod, &row.change) {
            (Some(pod), change) => self.of_pod(directory, pod, row.node, at, change),
            (None, Change::Object { object, what }) => self.of_object(*object, at, what),
            (None, Change::Node { kind, to, reason, message, .. }) => {
                if let Some(node) = row.node {
                    let cells = [
                        text(self.texts.sym(*kind)),
                        tri(*to),
                        text(self.texts.sym(*reason)),
                        text(self.texts.sym(*message)),
                    ];
                    put(slot(&mut self.nodes, node), at, 1, &cells);
                }
            }
            (None, _) => {}
        }
    }

    /// Takes how a workload stands after a write.
    pub fn figures(&mut self, directory: &Directory, row: &FiguresRow) {
        let figures = row.figures.unwrap_or_default();
        let level = row.figures.map(|figures| figures.level());
        let cells = [
            level.map(|(available, _)| i64::from(available)),
            level.map(|(_, desired)| i64::from(desired)),
            figures.ready.map(i64::from),
            figures.updated.map(i64::from),
        ];
        put(slot(&mut self.figures, row.object), since(directory, row.time), 0, &cells);
    }

    /// Takes what was told beside the rows.
    pub fn aside(&mut self, directory: &Directory, aside: &Aside) {
        let at = since(directory, aside.time);
        match &aside.what {
            Fact::Init { pod, name, is_sidecar } => {
                let cells = [i64::from(self.texts.sym(*name)), i64::from(*is_sidecar)];
                list(&mut slot(&mut self.inits, *pod).bytes, &cells);
            }
            Fact::Node { node, exists, unschedulable } => {
                let cells = [Some(i64::from(*exists)), Some(i64::from(*unschedulable))];
                put(slot(&mut self.nodes, *node), at, 8, &cells);
            }
            Fact::Given { command, words } => {
                let words = self.texts.other(words);
                self.deeds.push((*command, Deed { at, words, answers: Vec::new() }));
            }
            Fact::Answered { command, line, refused } => {
                let line = self.texts.other(line);
                if let Some((_, deed)) = self.deeds.iter_mut().rfind(|(own, _)| own == command) {
                    list(&mut deed.answers, &[at, i64::from(*refused), i64::from(line)]);
                }
            }
        }
    }

    fn said(&mut self, message: EventText, pod: Option<&PodIdent>) -> Option<i64> {
        text(match message.fixed() {
            Some(fixed) => self.texts.sym(fixed),
            None => self.texts.other(words(message, pod, &mut self.scratch)),
        })
    }

    fn event(&mut self, event: &Event, pod: Option<&PodIdent>) -> [Option<i64>; 5] {
        [
            text(self.texts.sym(event.component)),
            Some(i64::from(event.kind == EventType::Warning)),
            text(self.texts.sym(event.reason)),
            self.said(event.message, pod),
            Some(i64::from(event.count)),
        ]
    }

    fn of_pod(
        &mut self,
        directory: &Directory,
        pod: PodRow,
        node: Option<NodeRow>,
        at: i64,
        change: &Change,
    ) {
        let ident = &directory.pods[pod as usize];
        let rows = slot(&mut self.pods, pod);
        if rows.node != node {
            rows.node = node;
            put(rows, at, 6, &[node.map(i64::from)]);
        }
        match change {
            Change::Phase { to, .. } => {
                let cells = [text(self.texts.sym(*to))];
                put(slot(&mut self.pods, pod), at, 0, &cells);
            }
            Change::Condition { kind, to, reason, message, .. } => {
                let cells = [
                    text(self.texts.sym(*kind)),
                    tri(*to),
                    text(self.texts.sym(*reason)),
                    self.said((*message).into(), Some(ident)),
                ];
                put(slot(&mut self.pods, pod), at, 1, &cells);
            }
            Change::Container { name, to, ready, restarts, reason, message, exit_code, .. } => {
                let cells = [
                    text(self.texts.sym(*name)),
                    text(self.texts.sym(*to)),
                    Some(i64::from(*ready)),
                    Some(i64::from(*restarts)),
                    text(self.texts.sym(*reason)),
                    self.said((*message).into(), Some(ident)),
                    exit_code.map(i64::from),
                ];
                put(slot(&mut self.pods, pod), at, 2, &cells);
            }
            Change::Status { to, ready, restarts, .. } => {
                let cells = [
                    text(self.texts.sym(*to)),
                    Some(i64::from(ready.0)),
                    Some(i64::from(ready.1)),
                    Some(i64::from(*restarts)),
                ];
                put(slot(&mut self.pods, pod), at, 3, &cells);
            }
            Change::Event(event) => {
                let cells = self.event(event, Some(ident));
                put(slot(&mut self.pods, pod), at, 4, &cells);
            }
            Change::Owner { to, .. } => put(slot(&mut self.pods, pod), at, 5, &[to.map(i64::from)]),
            Change::Object { .. } | Change::Node { .. } => {}
        }
    }

    fn of_object(&mut self, object: ObjectRow, at: i64, what: &ObjectChange) {
        match what {
            ObjectChange::Workload { to, ready, .. } => {
                let cells = [
                    text(self.texts.other(to.map_or("", WorkloadState::as_str))),
                    text(self.texts.other(&ready.to_string())),
                ];
                put(slot(&mut self.objects, object), at, 0, &cells);
            }
            ObjectChange::Condition { kind, to, reason, message, .. } => {
                let cells = [
                    text(self.texts.sym(*kind)),
                    tri(*to),
                    text(self.texts.sym(*reason)),
                    text(self.texts.sym(*message)),
                ];
                put(slot(&mut self.objects, object), at, 1, &cells);
            }
            ObjectChange::Event(event) => {
                let cells = self.event(event, None);
                put(slot(&mut self.objects, object), at, 4, &cells);
            }
            ObjectChange::Endpoints { to, serving, terminating, .. } => {
                let cells = [to.map(i64::from), Some(i64::from(*serving)), Some(i64::from(*terminating))];
                put(slot(&mut self.objects, object), at, 7, &cells);
            }
        }
    }

    fn deeds_json(&self) -> Vec<u8> {
        let mut deeds = Vec::new();
        for (_, deed) in &self.deeds {
            deeds.extend_from_slice(if deeds.is_empty() { b"" } else { b"," });
            deeds.extend_from_slice(format!("[{},{},[", deed.at, deed.words).as_bytes());
            deeds.extend_from_slice(&deed.answers);
            deeds.extend_from_slice(b"]]");
        }
        deeds
    }

    /// The model as JSON, of a run that has come so far; `class_of` tells a pod's QoS class.
    pub fn json(&mut self, directory: &Directory, reach: Reach, class_of: impl Fn(PodRow) -> Sym) -> Vec<u8> {
        let mut name = Vec::new();
        let mut pods = Vec::new();
        for (ix, ident) in directory.pods.iter().enumerate() {
            name.clear();
            pod_name(&mut name, ident.name);
            let namespace = self.texts.sym(ident.namespace);
            let owner = directory.owners[ix].map_or_else(|| "null".to_owned(), |owner| owner.to_string());
            let class = self.texts.sym(class_of(ix as PodRow));
            pods.extend_from_slice(if ix > 0 { b",[" } else { b"[" });
            pods.extend_from_slice(format!("{namespace},").as_bytes());
            string(&mut pods, &String::from_utf8_lossy(&name));
            pods.extend_from_slice(format!(",{owner},{class},[").as_bytes());
            if let Some(rows) = self.pods.get(ix) {
                pods.extend_from_slice(&rows.bytes);
            }
            pods.extend_from_slice(b"]");
            if let Some(inits) = self.inits.get(ix).filter(|inits| !inits.bytes.is_empty()) {
                pods.extend_from_slice(b",[");
                pods.extend_from_slice(&inits.bytes);
                pods.push(b']');
            }
            pods.push(b']');
        }
        let mut objects = Vec::new();
        for (ix, ident) in directory.objects.iter().enumerate() {
            let [kind, namespace, name] =
                [ident.kind, ident.namespace, ident.name].map(|sym| self.texts.sym(sym));
            objects.extend_from_slice(if ix > 0 { b",[" } else { b"[" });
            objects.extend_from_slice(format!("{kind},{namespace},{name},[").as_bytes());
            for (place, all) in [&self.objects, &self.figures].into_iter().enumerate() {
                objects.extend_from_slice(if place > 0 { b"],[" } else { b"" });
                if let Some(rows) = all.get(ix) {
                    objects.extend_from_slice(&rows.bytes);
                }
            }
            objects.extend_from_slice(b"]]");
        }
        let mut nodes = Vec::new();
        for (ix, node) in directory.nodes.iter().enumerate() {
            let node = self.texts.sym(*node);
            nodes.extend_from_slice(if ix > 0 { b",[" } else { b"[" });
            nodes.extend_from_slice(format!("{node},[").as_bytes());
            if let Some(rows) = self.nodes.get(ix) {
                nodes.extend_from_slice(&rows.bytes);
            }
            nodes.extend_from_slice(b"]]");
        }
        let head = format!(
            "{{\"model\":{MODEL},\"program\":\"kubelapse {}\",\"start\":\"{}\",\"end\":{},\"until\":{},\"partial\":{}",
            env!("CARGO_PKG_VERSION"),
            directory.start.rfc3339_micros(),
            since(directory, reach.at),
            since(directory, reach.stands.max(reach.at)),
            reach.partial
        );
        let mut out = head.into_bytes();
        for (member, text) in [("scenario", &directory.scenario), ("description", &directory.description)] {
            out.extend_from_slice(format!(",\"{member}\":").as_bytes());
            string(&mut out, text);
        }
        for (member, bytes) in [
            ("texts", &self.texts.bytes),
            ("nodes", &nodes),
            ("objects", &objects),
            ("pods", &pods),
            ("deeds", &self.deeds_json()),
        ] {
            out.extend_from_slice(format!(",\"{member}\":[").as_bytes());
            out.extend_from_slice(bytes);
            out.push(b']');
        }
        out.push(b'}');
        out
    }
}

/// Milliseconds since the start.
fn since(directory: &Directory, at: Time) -> i64 {
    at.since(directory.start).micros().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_markup_survives_in_a_text() {
        let mut out = Vec::new();
        string(&mut out, "</script><!--&\u{2028}\"\n");
        let spelled = String::from_utf8(out).expect("text");
        assert!(!spelled.contains(['<', '>', '&', '\u{2028}']), "{spelled}");
        let read: String = serde_json::from_str(&spelled).expect("a JSON string");
        assert_eq!(read, "</script><!--&\u{2028}\"\n");
    }
}
