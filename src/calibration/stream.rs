//! A stream of watches as the tables that a run writes, as far as they are about pods.
//!
//! Rows are what changed from one version of a pod to the next ([`crate::record::difference`]), at the instant at which that came. A stream that
//! nobody stamped has whole seconds alone: the newest instant that a version brings. Its sequences can be judged, its gaps cannot.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::api::{EventType, PodIdent, PodName, PodSpec, PodStatus, Sym, Text, wire};
use crate::compare::workloads::Outputs;
use crate::observed::{self, History, How, Seen};
use crate::record::difference::between;
use crate::record::tables::{ENDPOINT_COLUMNS, WORKLOAD_COLUMNS};
use crate::record::{Change, Directory, Ending, Event, ObjectIdent, Sink as _, Transition, csv};
use crate::rules::kubectl::printing;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// What was read of a stream.
pub struct Streamed {
    /// A timeline of pods, the names of workloads, and no endpoints.
    pub tables: Outputs,
    /// Nobody stamped it.
    pub in_whole_seconds: bool,
}

/// A pod, as far as the stream has been read.
struct Held {
    row: u32,
    spec: PodSpec,
    status: PodStatus,
    /// STATUS, READY, restarts.
    shown: (Sym, (u32, u32), i32),
    node: Option<u32>,
}

struct Reader<'a> {
    gates: &'a Gates,
    history: &'a History,
    directory: Directory,
    rows: Vec<Transition>,
    pods: BTreeMap<String, Held>,
    events: BTreeMap<String, u32>,
    workloads: String,
    revisions: BTreeMap<String, String>,
    now: Time,
}

/// Reads a stream of a cluster in which `start` is the scenario's t = 0.
///
/// # Errors
/// In words: what is wrong with it, line by line, or that no pod is in it.
pub fn read(text: &str, start: Time, gates: &Gates) -> Result<Streamed, String> {
    let mut history = History::default();
    let wrong = history.take(text, Time::FAR, &|_| {});
    let wrong: Vec<String> = wrong
        .into_iter()
        .filter(|problem| !problem.is_warning)
        .map(|problem| format!("line {}: {}", problem.line, problem.words))
        .collect();
    if !wrong.is_empty() || history.pods.is_empty() {
        return Err(if wrong.is_empty() { "no pod in it".to_owned() } else { wrong.join("\n") });
    }
    let mut reader = Reader {
        gates,
        history: &history,
        directory: Directory { start, ..Directory::default() },
        rows: Vec::new(),
        pods: BTreeMap::new(),
        events: BTreeMap::new(),
        workloads: format!("{}\n", WORKLOAD_COLUMNS.join(",")),
        revisions: BTreeMap::new(),
        now: start,
    };
    observed::values(text, &mut |seen| reader.take(&seen), &|_| {});
    reader.rows.sort_by_key(|row| row.time);
    Ok(Streamed { tables: reader.tables()?, in_whole_seconds: !history.is_stamped })
}

impl Reader<'_> {
    fn take(&mut self, seen: &Seen) {
        let start = self.directory.start;
        self.now = match (seen.stamp, observed::newest(&seen.object)) {
            (Some(stamp), _) if seen.is_relative => Time::from_micros(start.micros() + stamp),
            (Some(stamp), _) => Time::from_micros(stamp),
            (None, Some(newest)) => self.now.max(Time::from_micros(newest)),
            (None, None) => self.now,
        };
        let object = &seen.object;
        match object["kind"].as_str().unwrap_or_default() {
            "Pod" => self.pod(object, seen.how == How::Deleted),
            "Event" if seen.how != How::Deleted => self.event(object),
            "Event" | "Node" => {}
            kind => self.workload(kind, object),
        }
    }

    fn say(&mut self, pod: u32, node: Option<u32>, change: Change) {
        let step = self.rows.len() as u64;
        self.rows.push(Transition { time: self.now, pod: Some(pod), node, change, step });
    }

    fn pod(&mut self, object: &Value, is_gone: bool) {
        let uid = word(&object["metadata"]["uid"]);
        if !self.pods.contains_key(&uid) {
            let held = self.admit(&uid, object);
            let to = held.status.phase.as_sym();
            self.say(held.row, None, Change::Phase { from: Sym::EMPTY, to });
            self.pods.insert(uid.clone(), held);
        }
        let Some(mut held) = self.pods.remove(&uid) else { return };
        let pod = wire::pod(object);
        held.node = held.node.or_else(|| self.node(pod.spec.node_name));
        for change in between(&held.status, &pod.status).rows {
            self.say(held.row, held.node, change);
        }
        let columns = printing::columns(&pod.spec, &pod.status, pod.deletion().is_some(), self.gates);
        let restarts = i32::try_from(columns.restarts).unwrap_or(i32::MAX);
        let mut shown = (Sym::new(&columns.status.to_string()), (columns.ready, columns.total), restarts);
        if is_gone {
            shown.0 = Sym::EMPTY;
        }
        if shown != held.shown {
            let change = Change::Status { from: held.shown.0, to: shown.0, ready: shown.1, restarts };
            self.say(held.row, held.node, change);
        }
        if !is_gone {
            (held.status, held.spec, held.shown) = (pod.status, pod.spec, shown);
            self.pods.insert(uid, held);
        }
    }

    fn admit(&mut self, uid: &str, object: &Value) -> Held {
        let pod = wire::pod(object);
        let row = self.directory.pods.len() as u32;
        let PodIdent { namespace, uid: own, .. } = pod.ident();
        self.directory.pods.push(PodIdent {
            name: PodName::plain(Sym::new(&pod.meta.name)),
            namespace,
            uid: own,
        });
        let workload = self.history.pods.get(uid).and_then(|watched| self.history.workload(&watched.pod));
        let owner = workload.map(|(kind, name)| {
            let (kind, name) = (Sym::new(&kind.to_lowercase()), Sym::new(&name));
            let ident = ObjectIdent { kind, namespace, name };
            let known = self.directory.objects.iter().position(|own| *own == ident);
            known.unwrap_or_else(|| {
                self.directory.objects.push(ident);
                self.directory.objects.len() - 1
            }) as u32
        });
        self.directory.owners.push(owner);
        let status = PodStatus::default();
        Held { row, spec: pod.spec, status, shown: (Sym::EMPTY, (0, 0), 0), node: None }
    }

    fn node(&mut self, name: Sym) -> Option<u32> {
        if name.is_empty() {
            return None;
        }
        let known = self.directory.nodes.iter().position(|own| *own == name);
        let row = known.unwrap_or_else(|| {
            self.directory.nodes.push(name);
            self.directory.nodes.len() - 1
        });
        Some(row as u32)
    }

    fn event(&mut self, object: &Value) {
        let about = &object["involvedObject"];
        let uid = word(&about["uid"]);
        let row = self.pods.get(&uid).map(|held| (held.row, held.node));
        // Its pod may have gone already.
        let named = || {
            let is_it = |ident: &PodIdent| ident.name.to_string() == word(&about["name"]);
            self.directory.pods.iter().rposition(is_it).map(|row| (row as u32, None))
        };
        let Some((row, node)) = row.or_else(named).filter(|_| about["kind"] == "Pod") else { return };
        let next = self.events.len() as u32;
        let number = *self.events.entry(word(&object["metadata"]["uid"])).or_insert(next);
        let component = match word(&object["reportingComponent"]) {
            none if none.is_empty() => word(&object["source"]["component"]),
            component => component,
        };
        let count = object["series"]["count"].as_u64().or(object["count"].as_u64()).unwrap_or(1);
        let event = Event {
            component: Sym::new(&component),
            kind: if object["type"] == "Warning" { EventType::Warning } else { EventType::Normal },
            reason: Sym::new(&word(&object["reason"])),
            message: Text::Is(Sym::new(&word(&object["message"]))).into(),
            field_path: Sym::new(&word(&about["fieldPath"])),
            count: u32::try_from(count).unwrap_or(u32::MAX),
            object: number,
        };
        self.say(row, node, Change::Event(event));
    }

    /// Names of workloads and their revisions: by these pods with generated names are known.
    fn workload(&mut self, kind: &str, object: &Value) {
        let meta = &object["metadata"];
        let notes = &meta["annotations"];
        let revision = ["deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation"];
        let revision = revision.iter().find_map(|key| notes[*key].as_str()).unwrap_or_default();
        let (namespace, name) = (word(&meta["namespace"]), word(&meta["name"]));
        let key = format!("{namespace},{},{name}", kind.to_lowercase());
        if self.revisions.insert(key.clone(), revision.to_owned()).as_deref() == Some(revision) {
            return;
        }
        let at = self.now.since(self.directory.start).secs_f64();
        let rest = ",".repeat(WORKLOAD_COLUMNS.len() - 6);
        self.workloads.push_str(&format!("{at:.6},,{key},{revision}{rest}\n"));
    }

    fn tables(self) -> Result<Outputs, String> {
        let mut timeline = Vec::new();
        let written = |problem: std::io::Error| problem.to_string();
        {
            let mut sink = csv::Timeline::new(&mut timeline);
            sink.begin(&self.directory).map_err(written)?;
            sink.batch(&self.directory, &self.rows).map_err(written)?;
            let ending = Ending { pods: &Arc::default(), at: self.now, stands: self.now, partial: false };
            sink.end(&self.directory, &ending).map_err(written)?;
        }
        Ok(Outputs {
            timeline: String::from_utf8(timeline).map_err(|problem| problem.to_string())?,
            workloads: self.workloads,
            endpoints: format!("{}\n", ENDPOINT_COLUMNS.join(",")),
        })
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
