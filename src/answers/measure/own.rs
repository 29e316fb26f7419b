//! A scenario's own measures: rows of the timeline by what stands in their columns.

use std::collections::BTreeMap;

use super::{End, Figure, MILLION};
use crate::api::workload::WorkloadState;
use crate::api::{Sym, Tri};
use crate::record::{Change, Directory, Event, ObjectChange, ObjectRow, PodRow, Transition};
use crate::scenario::programs::matches;
use crate::scenario::sweep::{OwnMeasure, Take};
use crate::time::Time;
use crate::world::World;

/// One of them, and what was seen of its rows.
pub(super) struct Own {
    measure: OwnMeasure,
    count: i64,
    first: Option<Time>,
    last: Option<Time>,
    /// Since when it is so, of whom.
    open: BTreeMap<Subject, Time>,
    micros: i64,
}

/// Whose rows follow on each other: a pod's or an object's, of one kind and `object`.
type Subject = (Option<PodRow>, Option<ObjectRow>, &'static str, String);

/// The columns that a measure asks for.
struct Cells {
    kind: &'static str,
    object: String,
    to: String,
    reason: String,
}

impl Cells {
    fn new(kind: &'static str, object: &str, to: &str, reason: &str) -> Cells {
        Cells { kind, object: object.to_owned(), to: to.to_owned(), reason: reason.to_owned() }
    }
    fn event(event: &Event) -> Cells {
        Cells::new("event", &event.component, event.kind.as_str(), &event.reason)
    }
    fn of(change: &Change, directory: &Directory) -> Cells {
        let tri = |status: Option<Tri>| status.map_or("", Tri::as_str);
        match change {
            Change::Phase { to, .. } => Cells::new("phase", "", to, ""),
            Change::Condition { kind, to, reason, .. } => Cells::new("condition", kind, tri(*to), reason),
            Change::Container { name, to, reason, .. } => Cells::new("container", name, to, reason),
            Change::Status { to, .. } => Cells::new("status", "", to, ""),
            Change::Event(event) => Cells::event(event),
            Change::Owner { to, .. } => {
                Cells::new("owner", "", &to.map_or(String::new(), |to| named(directory, to)), "")
            }
            Change::Node { kind, to, reason, .. } => Cells::new("node", kind, tri(*to), reason),
            Change::Object { object, what } => match what {
                ObjectChange::Workload { to, .. } => {
                    Cells::new("workload", "", to.map_or("", WorkloadState::as_str), "")
                }
                ObjectChange::Condition { kind, to, reason, .. } => {
                    Cells::new("condition", kind, tri(*to), reason)
                }
                ObjectChange::Event(event) => Cells::event(event),
                ObjectChange::Endpoints { to, .. } => {
                    let ready = to.map_or(String::new(), |ready| ready.to_string());
                    Cells::new("endpoints", &directory.objects[*object as usize].name, &ready, "")
                }
            },
        }
    }
}

/// `deployment/web`
fn named(directory: &Directory, object: ObjectRow) -> String {
    let ident = &directory.objects[object as usize];
    format!("{}/{}", ident.kind, ident.name)
}

impl Own {
    pub fn new(measure: &OwnMeasure) -> Own {
        let measure = measure.clone();
        Own { measure, count: 0, first: None, last: None, open: BTreeMap::new(), micros: 0 }
    }
    pub fn is(&self, measure: &OwnMeasure) -> bool {
        self.measure == *measure
    }

    pub fn row(&mut self, row: &Transition, w: &World) {
        let directory = &w.directory;
        let object = if let Change::Object { object, .. } = row.change { Some(object) } else { None };
        let is_meant = self.is_pod(row.pod, directory) && self.is_workload(row.pod, object, directory);
        if let (Some(pod), Change::Status { to: Sym::EMPTY, .. }) = (row.pod, row.change) {
            // Nothing is so any longer of a pod that is gone.
            self.close(row.time, |subject| subject.0 == Some(pod));
        }
        if !is_meant {
            return;
        }
        let cells = Cells::of(&row.change, directory);
        let subject = (row.pod, object, cells.kind, cells.object.clone());
        self.close(row.time, |open| *open == subject);
        let own = &self.measure;
        let fits = |asked: &Option<String>, cell: &str| asked.as_deref().is_none_or(|asked| asked == cell);
        if fits(&own.kind, cells.kind)
            && fits(&own.object, &cells.object)
            && fits(&own.to, &cells.to)
            && fits(&own.reason, &cells.reason)
        {
            self.count += 1;
            self.first = self.first.or(Some(row.time));
            self.last = Some(row.time);
            self.open.insert(subject, row.time);
        }
    }

    fn close(&mut self, now: Time, is_it: impl Fn(&Subject) -> bool) {
        if self.measure.take != Take::Total {
            return;
        }
        let micros = &mut self.micros;
        self.open.retain(|subject, since| {
            let closes = is_it(subject);
            *micros += if closes { now.since(*since).micros() } else { 0 };
            !closes
        });
    }

    fn is_pod(&self, pod: Option<PodRow>, directory: &Directory) -> bool {
        let Some(pattern) = &self.measure.pod else { return true };
        pod.is_some_and(|pod| matches(pattern, &directory.pods[pod as usize].name.to_string()))
    }

    fn is_workload(&self, pod: Option<PodRow>, object: Option<ObjectRow>, directory: &Directory) -> bool {
        let Some(pattern) = &self.measure.workload else { return true };
        let own = object.or_else(|| pod.and_then(|pod| directory.owners[pod as usize]));
        own.is_some_and(|own| {
            let name = named(directory, own);
            let name = if pattern.contains('/') { &name[..] } else { &directory.objects[own as usize].name };
            matches(pattern, name)
        })
    }

    pub fn figure(&self, end: &End<'_>) -> Figure {
        let since_start = |at: Time| at.since(end.w.plan.start).micros();
        match self.measure.take {
            Take::Count => Some(self.count * MILLION),
            Take::First => self.first.map(since_start),
            Take::Last => self.last.map(since_start),
            Take::Total => {
                let open: i64 = self.open.values().map(|since| end.at.since(*since).micros()).sum();
                Some(self.micros + open)
            }
        }
    }
}
