//! The later parts of a Job's sync: what its status says once its requests about pods are answered, which pods lose the
//! finalizer and count, and its last condition.
//!
//! Source: the end of `syncJob`, `trackJobStatusAndRemoveFinalizers`, `flushUncountedAndRemoveFinalizers`,
//! `enactJobFinished`, `recordJobFinished`, pkg/controller/job/job_controller.go, 1.36.3.

use super::failure_policy::counts;
use super::look::{Look, Sight, Todo};
use super::manage::ready_among;
use super::{MOST_PER_SYNC, SeenPod, condition, valid_index};
use crate::api::job::{Job, JobStatus};
use crate::api::text::Uid;
use crate::api::workload::WorkloadCondition;
use crate::api::{Phase, Sym, Tri};
use crate::rules::controllers::told::Told;
use crate::time::Time;

/// How the requests about pods went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// So many were made.
    pub made: i32,
    /// So many were deleted, or were gone already.
    pub deleted: i32,
}

/// What a sync does once its requests about pods are answered.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The status: with the pods that are to be counted, and with what will end the Job.
    pub status: JobStatus,
    /// It is written; the back-off's record is remembered with it.
    pub is_written: bool,
    /// What is told at once.
    pub told: Vec<Told>,
    /// From these pods the finalizer is taken, after that.
    pub counted: Vec<usize>,
    /// The condition that ends the Job, once all is counted.
    last: Option<WorkloadCondition>,
    terminating: i32,
    /// There were more pods than one sync counts.
    leaves_some: bool,
    /// Uids of pods with the finalizer.
    tracked: Vec<Uid>,
    completions: Option<i32>,
}

impl Look {
    /// The requests about pods are answered.
    pub fn settle(mut self, sight: &Sight, done: Done) -> Settled {
        let Sight { job, now, .. } = *sight;
        let mut told = Vec::new();
        let is_asked_to_end = self.end.is_some();
        self.count_done(sight, done);
        let mut is_written = false;
        if !is_asked_to_end {
            let is_complete = self.active == 0
                && match job.spec.completions {
                    None => self.succeeded > 0,
                    Some(completions) => self.succeeded >= completions,
                };
            if is_complete {
                let reached = "Reached expected number of succeeded pods";
                let reason = Sym::new("CompletionsReached");
                let met = condition("SuccessCriteriaMet", Tri::True, reason, Sym::new(reached), now);
                self.end = Some(met);
            } else if self.manages {
                is_written = self.tell_suspension(sight, &mut told);
            }
        }
        let status = &mut self.status;
        let (ready, terminating) = (Some(self.ready), Some(self.terminating));
        is_written |= (status.active, status.ready, status.terminating) != (self.active, ready, terminating);
        (status.active, status.ready, status.terminating) = (self.active, ready, terminating);
        status.start_time = status.start_time.map(Time::truncate_secs);
        self.track(sight, is_written, told)
    }

    /// What the answers make of the numbers.
    fn count_done(&mut self, sight: &Sight, done: Done) {
        match &self.todo {
            Todo::Nothing => {}
            Todo::End(pods) => {
                // What is not deleted, or not seen yet, could still count.
                if done.deleted != self.active || !self.is_up_to_date {
                    self.end = None;
                }
                self.active -= done.deleted;
                self.terminating += done.deleted;
                self.ready -= ready_among(sight, pods);
            }
            Todo::Delete(pods) => {
                self.active -= done.deleted;
                self.terminating += done.deleted;
                self.ready -= ready_among(sight, pods);
            }
            Todo::Create(_) => self.active += done.made,
            Todo::Wait if sight.gates.habits.jobs_count_on_in_back_off => {}
            Todo::Wait => self.active = 0,
        }
    }

    /// The condition Suspended; whether it has changed.
    fn tell_suspension(&mut self, sight: &Sight, told: &mut Vec<Told>) -> bool {
        let Sight { job, now, .. } = *sight;
        let (status, reason, text, word) = match job.spec.suspend {
            true => (Tri::True, "JobSuspended", "Job suspended", "Suspended"),
            false => (Tri::False, "JobResumed", "Job resumed", "Resumed"),
        };
        let new = condition("Suspended", status, Sym::new(reason), Sym::new(text), now);
        if !ensure(&mut self.status.conditions, new) {
            return false;
        }
        told.push(Told::normal(word, text.to_owned()));
        if !job.spec.suspend {
            // Its time begins anew.
            self.status.start_time = Some(now);
        } else if sight.gates.habits.suspended_jobs_lose_their_start {
            self.status.start_time = None;
        }
        true
    }

    /// Pods that are over are noted, to be counted once their finalizer is gone.
    fn track(mut self, sight: &Sight, mut is_written: bool, told: Vec<Told>) -> Settled {
        let Sight { job, pods, now, .. } = *sight;
        let tracked: Vec<Uid> =
            pods.iter().filter(|pod| pod.is_tracked).map(|pod| pod.candidate.uid).collect();
        is_written |= count_untracked(&mut self.status, &tracked);
        let (counted, noted, leaves_some) = self.note(job, pods);
        is_written |= noted.is_new;
        let status = &mut self.status;
        if job.spec.is_indexed {
            let done = self.done.with(noted.indexes);
            status.succeeded = done.total();
            let (done, lost) = (done.to_string(), self.lost.as_ref().map(ToString::to_string));
            if *done != *status.completed_indexes || lost.as_deref() != status.failed_indexes.as_deref() {
                is_written = true;
                status.completed_indexes = done.into();
                status.failed_indexes = lost.map(Into::into);
            }
        }
        let mut last = self.end;
        if let Some(end) = self.end {
            let is_success = end.kind == "SuccessCriteriaMet";
            if end.kind == "FailureTarget" || (is_success && job.condition("SuccessCriteriaMet").is_none()) {
                status.conditions.push(end);
                is_written = true;
            }
            let kind = if is_success { "Complete" } else { "Failed" };
            last = Some(condition(kind, Tri::True, end.reason, end.message, now));
        }
        Settled {
            is_written,
            told,
            counted,
            last,
            terminating: self.terminating,
            leaves_some,
            tracked,
            completions: job.spec.completions,
            status: self.status,
        }
    }

    /// The pods that lose their finalizer, what was noted of them, and whether there are more than one sync takes.
    fn note(&mut self, job: &Job, pods: &[SeenPod]) -> (Vec<usize>, Noted, bool) {
        let mut order: Vec<usize> = (0..pods.len()).filter(|at| pods[*at].is_tracked).collect();
        if job.spec.is_indexed {
            order.sort_by_key(|at| pods[*at].index);
        }
        let is_failure = self.end.is_some_and(|end| end.kind != "SuccessCriteriaMet");
        let (mut counted, mut noted) = (Vec::new(), Noted::default());
        let open = self.status.uncounted.get_or_insert_default();
        let before = open.clone();
        for at in order {
            let pod = &pods[at];
            let has_failed = pod.has_failed(job);
            let is_awaited = job.spec.backoff_limit_per_index.is_some()
                && pod.index.is_some_and(|index| self.predecessors.get(&index) == Some(&at));
            let may_go = job.meta.deletion.is_some()
                || self.end.is_some()
                || pod.phase() == Phase::Succeeded
                || (has_failed && !is_awaited);
            if !may_go {
                continue;
            }
            counted.push(at);
            let (uid, index) = (pod.candidate.uid, valid_index(job, pod));
            if pod.phase() == Phase::Succeeded && !before.failed.contains(&uid) {
                if job.spec.is_indexed {
                    if let Some(index) = index.filter(|index| !self.before.has(*index)) {
                        noted.indexes.push(index);
                        noted.is_new = true;
                    }
                } else if !before.succeeded.contains(&uid) {
                    open.succeeded.push(uid);
                    noted.is_new = true;
                }
            } else if has_failed || is_failure {
                // Once a Job is over, whoever has not succeeded has failed.
                let is_asked = !job.spec.is_indexed || index.is_some();
                if is_asked && !before.failed.contains(&uid) && counts(pod.verdict) {
                    open.failed.push(uid);
                    noted.is_new = true;
                }
            }
            if noted.indexes.len() + open.succeeded.len() + open.failed.len() >= MOST_PER_SYNC {
                return (counted, noted, true);
            }
        }
        (counted, noted, false)
    }
}

/// What a sync notes of pods that are over.
#[derive(Debug, Default)]
struct Noted {
    /// Indexes that have newly succeeded, ascending.
    indexes: Vec<i32>,
    /// There is something that the status did not say.
    is_new: bool,
}

impl Settled {
    /// The finalizer is gone from these of [`Settled::counted`]: whether a status is written now, and what is told once
    /// it is.
    pub fn count(&mut self, gone: &[Uid], now: Time) -> (bool, Vec<Told>) {
        self.tracked.retain(|uid| !gone.contains(uid));
        let is_written = count_untracked(&mut self.status, &self.tracked);
        if self.leaves_some || self.terminating > 0 {
            return (is_written, Vec::new());
        }
        let is_counted = self.status.uncounted.as_ref().is_none_or(|open| open.is_empty());
        let Some(last) = self.last.filter(|_| is_counted) else { return (is_written, Vec::new()) };
        let last = WorkloadCondition { last_transition: Some(now.truncate_secs()), ..last };
        ensure(&mut self.status.conditions, last);
        if last.kind == "Complete" {
            self.status.completion_time = last.last_transition;
        }
        (true, self.told_at_the_end(&last))
    }

    fn told_at_the_end(&self, last: &WorkloadCondition) -> Vec<Told> {
        if last.kind != "Complete" {
            return vec![Told::warning(last.reason.as_str(), last.message.as_str().to_owned())];
        }
        let mut told = Vec::new();
        if self.completions.is_some_and(|wanted| self.status.succeeded > wanted) {
            let text = "Too many succeeded pods running after completion count reached";
            told.push(Told::warning("TooManySucceededPods", text.to_owned()));
        }
        told.push(Told::normal("Completed", "Job completed".to_owned()));
        told
    }
}

/// Pods that were noted and carry the finalizer no more count (`cleanUncountedPodsWithoutFinalizers`); whether there are
/// any.
fn count_untracked(status: &mut JobStatus, tracked: &[Uid]) -> bool {
    let open = status.uncounted.get_or_insert_default();
    let count = |list: &mut Vec<Uid>| {
        let before = list.len();
        list.retain(|uid| tracked.contains(uid));
        super::look::int(before - list.len())
    };
    let (succeeded, failed) = (count(&mut open.succeeded), count(&mut open.failed));
    status.succeeded = status.succeeded.saturating_add(succeeded);
    status.failed = status.failed.saturating_add(failed);
    succeeded + failed > 0
}

/// A condition comes, or changes; one that was never there does not come as False (`ensureJobConditionStatus`). Whether
/// anything is new.
fn ensure(conditions: &mut Vec<WorkloadCondition>, new: WorkloadCondition) -> bool {
    let said = |one: &WorkloadCondition| (one.status, one.reason, one.message);
    match conditions.iter_mut().find(|one| one.kind == new.kind) {
        Some(old) if said(old) == said(&new) => false,
        Some(old) => {
            *old = new;
            true
        }
        None if new.status == Tri::False => false,
        None => {
            conditions.push(new);
            true
        }
    }
}
