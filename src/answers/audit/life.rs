//! A run that was played, and what is read off its rows.

use super::case::Subject;
use crate::api::workload::WorkloadState;
use crate::api::{EventText, EventType, Sym, Tri};
use crate::record::{Change, ObjectChange, ObjectRow, PodRecord, PodRow, Transition};
use crate::scenario::values::parse_duration;
use crate::time::{Span, Time};
use crate::world::World;

/// A run that was played.
pub(super) struct Life {
    pub w: World,
    /// When it ended.
    pub at: Time,
    /// The workload's row.
    pub object: Option<ObjectRow>,
    /// Its pods, in the order of their creation.
    pub own: Vec<PodRow>,
    /// By pod: its life in figures.
    pub records: Vec<PodRecord>,
}

/// Pods that wait for a volume which is attached to another node.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Barred {
    /// How many.
    pub pods: usize,
    /// Of those, how many do not get it.
    pub never: usize,
    /// The longest of these waits.
    pub longest: Span,
}

impl Barred {
    /// What is to be told of so many pods; None: it is the time that letting go takes.
    pub fn words(&self, of: usize) -> Option<String> {
        const LETS_GO: Span = Span::from_secs(60);
        let never = if self.never > 0 { format!(", {} of them in vain", self.never) } else { String::new() };
        let words = || {
            format!(
                "{} of its {of} pods wait for a volume that is attached to another node, at most {}{never}",
                self.pods,
                Span::from_secs(self.longest.secs())
            )
        };
        (self.longest > LETS_GO).then(words)
    }
}

impl Life {
    /// An instant so long after the start.
    pub fn instant(&self, after: Span) -> Time {
        self.w.plan.start + after
    }
    /// All rows of one pod.
    pub fn of(&self, pod: PodRow) -> impl Iterator<Item = &Transition> {
        self.w.outbox.iter().filter(move |row| row.pod == Some(pod))
    }
    /// When a pod's Ready turns so, from an instant on.
    pub fn turns(&self, pod: PodRow, ready: bool, from: Time) -> Option<Time> {
        let wanted = if ready { Tri::True } else { Tri::False };
        let turned = |row: &&Transition| {
            row.time >= from
                && matches!(row.change, Change::Condition { kind: Sym::READY, to, .. } if to == Some(wanted))
        };
        self.of(pod).find(turned).map(|row| row.time)
    }
    /// When a container of a pod is shown as ended, with its exit code, from an instant on.
    pub fn ends(&self, pod: PodRow, from: Time) -> Option<(Time, i32)> {
        self.of(pod).filter(|row| row.time >= from).find_map(|row| match row.change {
            Change::Container { to: Sym::TERMINATED_STATE, exit_code, .. } => {
                Some((row.time, exit_code.unwrap_or(0)))
            }
            // One that begins anew at once was never seen as ended.
            Change::Container { restarts, from: Sym::RUNNING_STATE, .. } if restarts > 0 => {
                Some((row.time, 0))
            }
            _ => None,
        })
    }
    /// What a probe has killed a container of the workload with: the words of the event.
    pub fn killed_by_probe(&self) -> Option<String> {
        self.w.outbox.iter().filter(|row| row.pod.is_some_and(|pod| self.own.contains(&pod))).find_map(
            |row| {
                let Change::Event(event) = row.change else { return None };
                let words = match event.message {
                    EventText::Plain(text) if event.reason == Sym::KILLING => text.fixed()?,
                    _ => return None,
                };
                words.contains("probe").then(|| words.to_string())
            },
        )
    }
    /// Its pods that wait for a volume which is attached to another node, from the first word of that until it is attached here.
    pub fn barred(&self) -> Option<Barred> {
        let mut barred: Option<Barred> = None;
        for pod in &self.own {
            let events = |from: Option<Time>, reason: Sym| {
                let is_it = move |row: &&Transition| {
                    from.is_none_or(|from| row.time >= from)
                        && matches!(row.change, Change::Event(event) if event.reason == reason)
                };
                self.of(*pod).find(is_it).map(|row| row.time)
            };
            let Some(since) = events(None, Sym::FAILED_ATTACH_VOLUME) else { continue };
            let until = events(Some(since), Sym::SUCCESSFUL_ATTACH_VOLUME);
            let waits = until.or(self.records[*pod as usize].removed).unwrap_or(self.at).since(since);
            let told = barred.get_or_insert_with(Barred::default);
            told.pods += 1;
            told.never += usize::from(until.is_none());
            told.longest = told.longest.max(waits);
        }
        barred
    }
    /// When the workload's numbers come to something, from an instant on.
    pub fn level(&self, from: Time, holds: impl Fn(i32, i32) -> bool) -> Option<Time> {
        let mut later = self.levels().filter(|(at, ..)| *at >= from);
        later.find(|(_, available, desired)| holds(*available, *desired)).map(|(at, ..)| at)
    }
    /// The workload's numbers after each write: how many are available, and how many there shall be.
    pub fn levels(&self) -> impl Iterator<Item = (Time, i32, i32)> {
        let rows = self.w.figures.iter().flatten().filter(|row| Some(row.object) == self.object);
        rows.filter_map(|row| {
            let (available, desired) = row.figures?.level();
            Some((row.time, available, desired))
        })
    }
    /// The same as they stand just before an instant.
    pub fn level_at(&self, at: Time) -> Option<(i32, i32)> {
        let before = self.levels().take_while(|(time, ..)| *time < at);
        before.last().map(|(_, available, desired)| (available, desired))
    }
    /// What the workload is doing, each time that it is told.
    pub fn workload_states(&self) -> impl Iterator<Item = (Time, Option<WorkloadState>)> {
        self.w.outbox.iter().filter_map(|row| match row.change {
            Change::Object { object, what: ObjectChange::Workload { to, .. } }
                if Some(object) == self.object =>
            {
                Some((row.time, to))
            }
            _ => None,
        })
    }
    /// How many ready endpoints a Service has, each time that it changes; None: its slices are gone.
    pub fn endpoints(&self, service: ObjectRow) -> impl Iterator<Item = (Time, Option<u32>)> {
        self.w.outbox.iter().filter_map(move |row| match row.change {
            Change::Object { object, what: ObjectChange::Endpoints { to, .. } } if object == service => {
                Some((row.time, to))
            }
            _ => None,
        })
    }
    /// Whether a pod is Ready at an instant.
    pub fn is_ready(&self, pod: PodRow, at: Time) -> bool {
        let before = self.of(pod).take_while(|row| row.time <= at);
        before.fold(false, |ready, row| match row.change {
            Change::Condition { kind: Sym::READY, to, .. } => to == Some(Tri::True),
            Change::Status { to: Sym::EMPTY, .. } => false,
            _ => ready,
        })
    }
    /// How many of the workload's pods are Ready at an instant.
    pub fn ready_at(&self, at: Time) -> usize {
        self.own.iter().filter(|pod| self.is_ready(**pod, at)).count()
    }
    /// When a pod begins to run (1), and when its last container has ended (-1).
    pub fn runs(&self, pod: PodRow) -> impl Iterator<Item = (Time, i64)> {
        let record = &self.records[pod as usize];
        let ended = self
            .of(pod)
            .filter(|row| matches!(row.change, Change::Container { to: Sym::TERMINATED_STATE, .. }));
        let ended = ended.last().map(|row| row.time);
        // A container that begins anew after its end runs on.
        let is_over = record.removed.or(record.finished).is_some();
        let end = ended.filter(|_| is_over).or(record.removed);
        let begin = record.started.map(|at| (at, 1));
        begin.into_iter().chain(end.filter(|_| begin.is_some()).map(|at| (at, -1)))
    }
    /// What was said last with a reason, about whatever it is.
    pub fn complaint_of(&self, reason: &str) -> Option<String> {
        self.w.outbox.iter().rev().find_map(|row| {
            let event = match row.change {
                Change::Event(event) | Change::Object { what: ObjectChange::Event(event), .. } => event,
                _ => return None,
            };
            (event.reason == *reason).then(|| event.message.fixed().map(|words| words.to_string()))?
        })
    }
    /// What the API server says where it does not take an object, from an instant on.
    pub fn refusal(&self, subject: &Subject, from: Span) -> Option<String> {
        let (name, file) = (format!("\"{}\"", subject.name), format!("\"{}\"", subject.file));
        let lines = self.w.answers.iter().filter_map(|line| line.split_once(": "));
        let later = lines.filter(|(at, _)| parse_duration(at).is_ok_and(|at| at >= from));
        let is_its = |words: &str| {
            let lower = words.to_lowercase();
            lower.contains(subject.kind.singular().as_str())
                && (words.contains(&name) || words.contains(&file))
        };
        later.map(|(_, words)| words).find(|words| is_its(words)).map(without_value)
    }
    /// How many failures a Job counts at the end.
    pub fn failures(&self) -> i32 {
        let rows = self.w.figures.iter().flatten().filter(|row| Some(row.object) == self.object);
        rows.filter_map(|row| row.figures?.failed).next_back().unwrap_or(0)
    }
    /// The last warning about the workload, what it has made or its pods.
    pub fn complaint(&self) -> Option<String> {
        let rows = self.w.outbox.iter().rev();
        rows.filter_map(|row| {
            let event = match (row.pod, row.change) {
                (Some(pod), Change::Event(event)) if self.own.contains(&pod) => event,
                (None, Change::Object { what: ObjectChange::Event(event), .. }) => event,
                _ => return None,
            };
            let is_it = event.kind == EventType::Warning
                && ["FailedScheduling", "FailedCreate", "FailedAttachVolume", "FailedMount"]
                    .iter()
                    .any(|reason| event.reason == *reason);
            let ident = row.pod.map(|pod| &self.w.directory.pods[pod as usize]);
            let words = match ident {
                Some(ident) => event.message.show(ident).to_string(),
                None => event.message.fixed()?.to_string(),
            };
            is_it.then_some(words)
        })
        .next()
    }
}

/// A value that is a whole object is left out of the words.
fn without_value(words: &str) -> String {
    const VALUE: &str = "Invalid value: {";
    match (words.find(VALUE), words.rfind("}: ")) {
        (Some(from), Some(to)) if to > from => {
            format!("{}…{}", &words[..from + VALUE.len()], &words[to..])
        }
        _ => words.to_owned(),
    }
}
