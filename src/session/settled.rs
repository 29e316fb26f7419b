//! When a run has settled: nothing happens any more but what has happened before.
//!
//! What is written is news if nothing like it was written of the same thing before, whatever the times and counts in it. A
//! run without news has settled: soon where everything has arrived (workloads complete, pods ready or ended), and where
//! something is in trouble only after longer than the longest back-off or deadline, for until then it may still become
//! something else. A CronJob repeats itself from its first run on: it is waited for until two of its runs are over, and what
//! its Jobs do is the same whichever of them does it.

use std::collections::BTreeSet;
use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;
use serde_json::Value;

use crate::api::Sym;
use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::workload::WorkloadState;
use crate::record::{Change, ObjectChange, ObjectRow, Transition};
use crate::scenario::plan::{MetricPlan, Plan};
use crate::time::{Span, Time};
use crate::world::workloads::ObjectKey;
use crate::world::{Pod, World};

/// Without news for so long, a run in which everything has arrived has settled.
const SOON: Span = Span::from_secs(30);
/// Where it has not: longer than the longest back-off, 5 minutes, and a Deployment's deadline, 10 minutes.
const PATIENCE: Span = Span::from_secs(11 * 60);
/// Fields of manifests that say after how many seconds something will happen to what has arrived.
const ENDS: [&str; 2] = ["activeDeadlineSeconds", "ttlSecondsAfterFinished"];
/// The same of what has not.
const DEADLINE: &str = "progressDeadlineSeconds";
/// Until an autoscaler knows what pods use: it is measured, over a window, and looked at, each every 15 seconds.
const MEASURED: Span = Span::from_secs(60);
/// So many runs of a CronJob are waited for.
const RUNS: usize = 2;

/// What has been heard of a run.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Of everything that was written: who and what, without times and counts.
    known: BTreeSet<u64>,
    /// When there was news last.
    last: Time,
    /// Somebody will do something until then.
    busy: Time,
    soon: Span,
    patience: Span,
    /// It is not looked at again before.
    next_look: Time,
    /// Nothing more will come that matters.
    pub is_over: bool,
}

impl Settled {
    /// Nothing yet of a run of this plan.
    pub fn new(plan: &Plan) -> Settled {
        let objects = plan.applies.iter().flat_map(|apply| &apply.objects);
        let mut deadlines = Deadlines::default();
        objects.for_each(|object| deadlines.find(&object.value));
        let pods = plan.templates.iter().filter_map(|template| template.spec.active_deadline_seconds);
        deadlines.ends = pods.chain(deadlines.ends).max();
        let after =
            |secs: Option<i64>| secs.map_or(Span::ZERO, |secs| Span::from_secs(secs.clamp(0, 86_400) + 60));
        let actions = plan.actions.iter().map(|action| action.at);
        let uses = plan.metrics.iter().filter_map(MetricPlan::last_change).map(|at| at + MEASURED);
        let nodes = plan.nodes.iter().filter_map(|node| node.joins);
        let pods = plan.templates.iter().map(|template| template.at);
        let busy = actions
            .chain(uses)
            .chain(nodes)
            .chain(pods)
            .chain(plan.applies.iter().map(|apply| apply.at))
            .max();
        Settled {
            known: BTreeSet::new(),
            last: plan.start,
            busy: busy.unwrap_or(plan.start),
            soon: SOON.max(after(deadlines.ends)),
            patience: PATIENCE.max(after(deadlines.ends)).max(after(deadlines.progress)),
            next_look: plan.start,
            is_over: false,
        }
    }

    /// Takes in what a step wrote, and says whether the run goes on.
    pub fn hear(&mut self, w: &World, rows: std::ops::Range<usize>) {
        for row in &w.outbox[rows] {
            if self.known.insert(told(w, row)) {
                self.last = row.time.max(w.now);
            }
        }
        let Some(next) = w.queue.peek_time() else { return };
        self.is_over = false;
        let quiet = next.since(self.last);
        if quiet < self.soon || next <= self.busy || next < self.next_look {
            return;
        }
        self.is_over = !waits_for_runs(w) && (quiet >= self.patience || has_arrived(w));
        if !self.is_over {
            self.next_look = next + SOON;
        }
    }
}

#[derive(Default)]
struct Deadlines {
    ends: Option<i64>,
    progress: Option<i64>,
}

impl Deadlines {
    fn find(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value.as_i64() {
                        Some(secs) if ENDS.contains(&key.as_str()) => self.ends = self.ends.max(Some(secs)),
                        Some(secs) if key == DEADLINE => self.progress = self.progress.max(Some(secs)),
                        _ => self.find(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.find(item)),
            _ => {}
        }
    }
}

/// Who and what, without times, counts and messages.
fn told(w: &World, row: &Transition) -> u64 {
    let mut hash = FxHasher::default();
    match (row.pod, row.change) {
        (Some(pod), _) => match w.directory.owners.get(pod as usize).copied().flatten() {
            Some(owner) if kind(w, owner) == "cronjob" => (1, owner).hash(&mut hash),
            _ => (2, pod).hash(&mut hash),
        },
        (None, Change::Object { object, .. }) => (3, repeated(w, object)).hash(&mut hash),
        _ => (4, row.node).hash(&mut hash),
    }
    std::mem::discriminant(&row.change).hash(&mut hash);
    match row.change {
        Change::Phase { from, to } => (from, to).hash(&mut hash),
        Change::Condition { kind, to, reason, .. } | Change::Node { kind, to, reason, .. } => {
            (kind, to, reason).hash(&mut hash);
        }
        Change::Container { name, from, to, ready, reason, exit_code, .. } => {
            (name, from, to, ready, reason, exit_code).hash(&mut hash);
        }
        Change::Status { from, to, ready, .. } => (from, to, ready).hash(&mut hash),
        Change::Event(event) => event.reason.hash(&mut hash),
        Change::Object { what, .. } => {
            std::mem::discriminant(&what).hash(&mut hash);
            match what {
                ObjectChange::Workload { to, ready, .. } => (to, ready).hash(&mut hash),
                ObjectChange::Condition { kind, to, reason, .. } => (kind, to, reason).hash(&mut hash),
                ObjectChange::Event(event) => event.reason.hash(&mut hash),
                ObjectChange::Endpoints { to, serving, terminating, .. } => {
                    (to, serving, terminating).hash(&mut hash);
                }
            }
        }
        other => other.hash(&mut hash),
    }
    hash.finish()
}

fn kind(w: &World, object: ObjectRow) -> &'static str {
    w.directory.objects.get(object as usize).map_or("", |ident| ident.kind.as_str())
}

/// The CronJob of a Job; else the object itself.
fn repeated(w: &World, object: ObjectRow) -> ObjectRow {
    let Some(ident) = w.directory.objects.get(object as usize).filter(|ident| ident.kind == "job") else {
        return object;
    };
    let key = w.workloads.find(ident.kind, ident.namespace, ident.name);
    let owner = key.and_then(|key| w.workloads.controller(key));
    owner.and_then(|owner| w.workloads.row(owner)).unwrap_or(object)
}

/// Every pod is ready or has ended, and every workload is what it is wanted to be.
fn has_arrived(w: &World) -> bool {
    let is_ended = |pod: &Pod| pod.status.phase().is_terminal();
    let runs_on = |pod: &Pod| {
        let owner = pod.controller.and_then(|key| w.workloads.row(key)).map_or("", |row| kind(w, row));
        owner != "job" && pod.status.condition_is_true(Sym::READY)
    };
    let pods = w.pods.iter().filter(|pod| pod.exists);
    let mut states = objects(w).filter(|(key, _)| !is_of(w, *key, "cronjob")).map(|(_, state)| state);
    pods.into_iter().all(|pod| pod.deletion.is_none() && (is_ended(pod) || runs_on(pod)))
        && states.all(|state| state != WorkloadState::Progressing)
        && !w.workloads.autoscalers.iter().any(|held| held.exists && holds_back(&held.object))
}

/// An autoscaler wants another number of pods, and waits: for its window to end, or because it may not be faster.
fn holds_back(own: &HorizontalPodAutoscaler) -> bool {
    own.status.conditions.iter().any(|one| match one.kind.as_str() {
        "AbleToScale" => matches!(one.reason.as_str(), "ScaleDownStabilized" | "ScaleUpStabilized"),
        "ScalingLimited" => matches!(one.reason.as_str(), "ScaleUpLimit" | "ScaleDownLimit"),
        _ => false,
    })
}

/// Workloads that are there, and what they are doing.
fn objects(w: &World) -> impl Iterator<Item = (ObjectKey, WorkloadState)> {
    let all = w.workloads.all().filter(|key| w.workloads.exists(*key));
    all.filter_map(|key| Some((key, w.workloads.held(key)?.told()?.0)))
}

fn is_of(w: &World, key: ObjectKey, wanted: &str) -> bool {
    w.workloads.row(key).is_some_and(|row| kind(w, row) == wanted)
}

/// A CronJob that is not suspended has not had its first runs.
fn waits_for_runs(w: &World) -> bool {
    let mut crons =
        objects(w).filter(|(key, state)| *state != WorkloadState::Suspended && is_of(w, *key, "cronjob"));
    crons.any(|(cron, _)| {
        let gone = match cron {
            ObjectKey::CronJob(id) => w.workloads.cron_jobs[id.ix()].beside.gone,
            _ => 0,
        };
        let over = w.workloads.controlled_by(cron).filter(|job| {
            let state = w.workloads.held(*job).and_then(|held| held.told()).map(|(state, ..)| state);
            matches!(state, Some(WorkloadState::Complete | WorkloadState::Failed))
        });
        gone + over.count() < RUNS
    })
}
