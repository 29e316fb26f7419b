//! What is measured of workloads, Services and drains.

use std::collections::{BTreeMap, BTreeSet};

use super::pods::{Clock, Pods};
use super::{End, Figure, MILLION, What};
use crate::api::workload::WorkloadState;
use crate::record::{Change, FiguresRow, ObjectChange, ObjectRow, Transition};
use crate::rules::controllers::cron_schedule::Schedule;
use crate::scenario::Command;
use crate::time::Time;
use crate::world::{ObjectKey, World};

/// So many scheduled times of a CronJob are walked through.
const MOST_TIMES: usize = 1_000_000;

/// By object, as far as rows have told of it.
pub(super) struct Workloads {
    /// The numbers that are asked of `timeUnder`.
    levels: Vec<i32>,
    seen: BTreeMap<ObjectRow, Seen>,
    services: BTreeMap<ObjectRow, Service>,
    /// By place in the log: from its command to its end; None: it goes on, or ended badly.
    drains: BTreeMap<usize, Figure>,
    /// So many commands of the log were looked at.
    commands: usize,
}

#[derive(Default)]
struct Seen {
    created: Option<Time>,
    /// When its spec was written last.
    generation: (i64, Option<Time>),
    revision: Option<i64>,
    /// When its last rollout began, and when it was complete.
    began: Option<Time>,
    complete: Option<Time>,
    /// It was complete at least once.
    was_complete: bool,
    fewest: Option<i32>,
    /// By level.
    under: Vec<Clock>,
    state: Option<WorkloadState>,
    /// Of a Job: when it was over.
    over: Option<Time>,
    cron: Cron,
}

/// What is seen of a CronJob.
#[derive(Default)]
struct Cron {
    jobs: Vec<ObjectRow>,
    /// The scheduled times that have a Job, in minutes since 1970.
    ran: BTreeSet<i64>,
    overlapping: i64,
    /// From when to when it was suspended.
    suspended: Vec<(Time, Option<Time>)>,
}

#[derive(Default)]
struct Service {
    had_one: bool,
    without: Clock,
}

/// The key of an object that is there.
fn key_of(w: &World, object: ObjectRow) -> Option<ObjectKey> {
    let ident = w.directory.objects.get(object as usize)?;
    w.workloads.find(ident.kind, ident.namespace, ident.name)
}

impl Workloads {
    pub fn new(levels: Vec<i32>) -> Workloads {
        Workloads {
            levels,
            seen: BTreeMap::new(),
            services: BTreeMap::new(),
            drains: BTreeMap::new(),
            commands: 0,
        }
    }

    fn seen(&mut self, object: ObjectRow, now: Time, w: &World) -> &mut Seen {
        let levels = self.levels.len();
        let seen = self.seen.entry(object).or_insert_with(|| Seen {
            under: vec![Clock::default(); levels],
            created: Some(now),
            ..Seen::default()
        });
        if let Some(meta) = key_of(w, object).and_then(|key| w.workloads.meta(key))
            && (meta.generation != seen.generation.0 || seen.generation.1.is_none())
        {
            seen.generation = (meta.generation, Some(now));
        }
        seen
    }

    pub fn row(&mut self, row: &Transition, w: &World, pods: &mut Pods) {
        let Change::Object { object, what } = row.change else { return };
        match what {
            ObjectChange::Workload { from, to, .. } => self.state(object, from, to, row.time, w),
            ObjectChange::Endpoints { to, .. } => self.endpoints(object, to, row.time, w, pods),
            _ => {}
        }
    }

    fn state(
        &mut self,
        object: ObjectRow,
        from: Option<WorkloadState>,
        to: Option<WorkloadState>,
        now: Time,
        w: &World,
    ) {
        let is_job = w.directory.objects[object as usize].kind == "job";
        let seen = self.seen(object, now, w);
        seen.state = to;
        let (is_over, was_over) =
            (to == Some(WorkloadState::Complete), from == Some(WorkloadState::Complete));
        if is_over && !was_over {
            seen.was_complete = true;
            seen.complete = seen.complete.or(Some(now));
            seen.began = seen.began.or(seen.generation.1);
        }
        if is_job && (is_over || to == Some(WorkloadState::Failed)) {
            seen.over = seen.over.or(Some(now));
        }
        match (from == Some(WorkloadState::Suspended), to == Some(WorkloadState::Suspended)) {
            (false, true) => seen.cron.suspended.push((now, None)),
            (true, false) => seen.cron.suspended.iter_mut().for_each(|(_, end)| *end = end.or(Some(now))),
            _ => {}
        }
        if is_job && from.is_none() {
            self.job_begins(object, now, w);
        }
    }

    /// A Job of a CronJob is made.
    fn job_begins(&mut self, job: ObjectRow, now: Time, w: &World) {
        let owner = key_of(w, job).and_then(|key| w.workloads.controller(key));
        let Some(owner @ ObjectKey::CronJob(_)) = owner else { return };
        let Some(row) = w.workloads.row(owner) else { return };
        let jobs = self.seen(row, now, w).cron.jobs.clone();
        let is_active = |job: &&ObjectRow| {
            self.seen.get(job).is_some_and(|seen| seen.over.is_none() && seen.state.is_some())
        };
        let overlaps = jobs.iter().any(|job| is_active(&job));
        let minutes: Option<i64> =
            w.directory.objects[job as usize].name.rsplit('-').next().and_then(|end| end.parse().ok());
        let cron = &mut self.seen(row, now, w).cron;
        cron.jobs.push(job);
        cron.overlapping += i64::from(overlaps);
        cron.ran.extend(minutes);
    }

    fn endpoints(&mut self, object: ObjectRow, to: Option<u32>, now: Time, w: &World, pods: &mut Pods) {
        let service = self.services.entry(object).or_default();
        service.had_one |= to.is_some_and(|ready| ready > 0);
        service.without.set(service.had_one && to.is_none_or(|ready| ready == 0), now);
        let Some(ObjectKey::Service(id)) = key_of(w, object) else { return };
        let Some(slices) = &w.workloads.services[id.ix()].beside else { return };
        for (pod, (_, standing)) in &slices.pods {
            if standing.terminating && !standing.ready {
                pods.leaves(*pod, now);
            }
        }
    }

    /// How workloads stand in numbers after the last step.
    pub fn figures(&mut self, w: &World) {
        let rows: &[FiguresRow] = w.figures.as_deref().unwrap_or_default();
        for row in rows {
            let levels = self.levels.clone();
            let seen = self.seen(row.object, row.time, w);
            let Some(figures) = row.figures else {
                seen.under.iter_mut().for_each(|clock| clock.set(false, row.time));
                continue;
            };
            if figures.revision.is_some() && figures.revision != seen.revision {
                seen.revision = figures.revision;
                (seen.began, seen.complete) = (seen.generation.1, None);
            }
            let (available, desired) = figures.level();
            let counts = seen.was_complete && figures.active.is_none();
            if counts && desired > 0 {
                seen.fewest = Some(seen.fewest.map_or(available, |fewest| fewest.min(available)));
            }
            for (clock, level) in seen.under.iter_mut().zip(levels) {
                clock.set(counts && available < level, row.time);
            }
        }
    }

    /// Which drains have ended with the last step.
    pub fn commands(&mut self, w: &World) {
        // After most steps there is none.
        if self.commands == w.log.len() && self.drains.is_empty() {
            return;
        }
        for (place, own) in w.log.iter().enumerate().skip(self.commands) {
            if matches!(own.action.command, Command::Drain { .. }) {
                self.drains.insert(place, None);
            }
        }
        self.commands = w.log.len();
        for (place, figure) in self.drains.iter_mut().filter(|(_, figure)| figure.is_none()) {
            let own = &w.log[*place];
            if !own.waits && own.refusals == 0 {
                *figure = Some(w.now.since(own.action.at).micros());
            }
        }
    }

    pub fn figures_of(&self, what: &What, end: &End<'_>) -> Vec<Figure> {
        match what {
            What::DrainTime => self.drains.values().copied().collect(),
            What::TimeWithoutEndpoint => {
                let served = self.services.values().filter(|service| service.had_one);
                served.map(|service| Some(service.without.at(end.at))).collect()
            }
            _ => {
                let named = self
                    .seen
                    .iter()
                    .map(|(row, seen)| (*row, end.w.directory.objects[*row as usize].kind.as_str(), seen));
                named.filter_map(|(row, kind, seen)| self.of_object(what, row, kind, seen, end)).collect()
            }
        }
    }

    /// None: the measure is not about such an object.
    fn of_object(
        &self,
        what: &What,
        row: ObjectRow,
        kind: &str,
        seen: &Seen,
        end: &End<'_>,
    ) -> Option<Figure> {
        let serves = ["deployment", "statefulset", "daemonset", "replicaset", "replicationcontroller"];
        let is_set = serves.contains(&kind) && self.is_topmost(row, end.w);
        Some(match what {
            What::RolloutTime if is_set => {
                seen.complete.and_then(|complete| Some(complete.since(seen.began?).micros()))
            }
            What::FewestAvailable if is_set => seen.fewest.map(|fewest| i64::from(fewest) * MILLION),
            What::TimeUnder(level) if is_set => {
                let place = self.levels.iter().position(|own| own == level)?;
                seen.was_complete.then(|| seen.under[place].at(end.at))
            }
            What::Tries if kind == "job" || kind == "cronjob" => {
                if !self.is_topmost(row, end.w) {
                    return None;
                }
                let owners = end.records.iter().zip(&end.w.directory.owners);
                let own = owners.filter(|(_, owner)| **owner == Some(row));
                Some(own.map(|(record, _)| (1 + i64::from(record.restarts)) * MILLION).sum())
            }
            What::JobTime if kind == "job" => {
                seen.over.and_then(|over| Some(over.since(seen.created?).micros()))
            }
            What::OverlappingRuns if kind == "cronjob" => Some(seen.cron.overlapping * MILLION),
            What::MissedRuns if kind == "cronjob" => Some(missed(row, seen, end)? * MILLION),
            _ => return None,
        })
    }

    /// Whether nobody controls it: what a workload makes for itself is not asked for.
    fn is_topmost(&self, row: ObjectRow, w: &World) -> bool {
        let stored = &w.workloads;
        let key = stored.all().find(|key| stored.row(*key) == Some(row));
        key.is_some_and(|key| stored.controller(key).is_none())
    }
}

/// How many scheduled times of a CronJob have no Job.
fn missed(row: ObjectRow, seen: &Seen, end: &End<'_>) -> Option<i64> {
    let held = end.w.workloads.cron_jobs.iter().find(|held| held.row == row)?;
    let spec = &held.object.spec;
    let schedule = Schedule::of(spec.schedule.as_str(), spec.time_zone.as_deref()).ok()?;
    let times = std::iter::successors(schedule.next(held.object.meta.created), |at| schedule.next(*at));
    let within = times.take_while(|at| *at < end.at).take(MOST_TIMES);
    let is_suspended =
        |at: &Time| seen.cron.suspended.iter().any(|(from, to)| from <= at && to.is_none_or(|to| *at < to));
    let missed = within.filter(|at| !is_suspended(at) && !seen.cron.ran.contains(&(at.secs() / 60)));
    Some(missed.count() as i64)
}
