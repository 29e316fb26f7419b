//! `timeline.csv` and `pods.csv`, as the README's tables describe them.

use std::io::{self, Write};

use super::{Change, Directory, Ending, Sink, Transition};
use crate::api::Tri;
use crate::time::Time;

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

/// `12.345000`
pub fn seconds(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Writes `timeline.csv`.
pub struct Timeline<W: Write> {
    out: csv::Writer<W>,
    /// The second that was spelled out last, and its words.
    second: (i64, String),
}

impl<W: Write> Timeline<W> {
    pub fn new(out: W) -> Timeline<W> {
        Timeline { out: csv::Writer::from_writer(out), second: (i64::MIN, String::new()) }
    }
    fn stamp(&mut self, at: Time) -> String {
        if self.second.0 != at.secs() {
            let text = at.rfc3339_secs();
            self.second = (at.secs(), text.trim_end_matches('Z').to_owned());
        }
        format!("{}.{:06}Z", self.second.1, at.micros().rem_euclid(1_000_000))
    }
    fn row(&mut self, directory: &Directory, t: &Transition) -> io::Result<()> {
        let ident = t.pod.map(|p| &directory.pods[p as usize]);
        let namespace = ident.map_or("", |i| i.namespace.as_str());
        let pod = ident.map_or(String::new(), |i| i.name.to_string());
        let node = t.node.map_or("", |n| directory.nodes[n as usize].as_str());
        let time = seconds(t.time.since(directory.start).micros());
        let stamp = self.stamp(t.time);
        let tri = |t: Option<Tri>| t.map_or("", Tri::as_str);
        let message = |text: &crate::api::Text| ident.map_or(String::new(), |i| text.show(i).to_string());
        let head = [time.as_str(), &stamp, namespace, &pod, node];
        let mut write =
            |tail: [&str; 10]| self.out.write_record(head.iter().chain(&tail)).map_err(io::Error::other);
        match &t.change {
            Change::Phase { from, to } => write(["phase", "", from, to, "", "", "", "", "", ""]),
            Change::Condition { kind, from, to, reason, message: text } => {
                write(["condition", kind, tri(*from), tri(*to), "", "", reason, &message(text), "", ""])
            }
            Change::Container { name, from, to, ready, restarts, reason, message: text, exit_code } => {
                write([
                    "container",
                    name,
                    from,
                    to,
                    if *ready { "true" } else { "false" },
                    &restarts.to_string(),
                    reason,
                    &message(text),
                    &exit_code.map_or(String::new(), |code| code.to_string()),
                    "",
                ])
            }
            Change::Status { from, to, ready, restarts } => {
                let ready = format!("{}/{}", ready.0, ready.1);
                write(["status", "", from, to, &ready, &restarts.to_string(), "", "", "", ""])
            }
            Change::Event(e) => {
                let kind = if e.warning { "Warning" } else { "Normal" };
                let count = e.count.to_string();
                write(["event", &e.component, "", kind, "", "", &e.reason, &message(&e.message), "", &count])
            }
            Change::Node { kind, from, to, reason, message } => {
                write(["node", kind, tri(*from), tri(*to), "", "", reason, message, "", ""])
            }
        }
    }
}

impl<W: Write> Sink for Timeline<W> {
    fn begin(&mut self, _: &Directory) -> io::Result<()> {
        let names = TIMELINE_COLUMNS.iter().map(|(name, _)| *name);
        self.out.write_record(names).map_err(io::Error::other)
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(directory, row))
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes `pods.csv` at the end of a run.
pub struct Pods<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Pods<W> {
    pub fn new(out: W) -> Pods<W> {
        Pods { out: csv::Writer::from_writer(out) }
    }
}

impl<W: Write> Sink for Pods<W> {
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        self.out.write_record(POD_COLUMNS).map_err(io::Error::other)?;
        for (ident, r) in directory.pods.iter().zip(ending.pods) {
            let at =
                |t: Option<Time>| t.map_or(String::new(), |t| seconds(t.since(directory.start).micros()));
            let row = [
                ident.namespace.to_string(),
                ident.name.to_string(),
                r.node.map_or(String::new(), |n| directory.nodes[n as usize].to_string()),
                r.qos_class.to_string(),
                at(r.created),
                at(r.scheduled),
                at(r.initialized),
                at(r.started),
                at(r.ready),
                at(r.finished),
                at(r.removed),
                r.phase.to_string(),
                r.status.to_string(),
                r.reason.to_string(),
                r.restarts.to_string(),
                r.exit_code.map_or(String::new(), |code| code.to_string()),
                seconds(r.ready_micros),
            ];
            self.out.write_record(row).map_err(io::Error::other)?;
        }
        self.out.flush()
    }
}
