//! The first part of a Job's sync: how its pods stand, whether it is over, and what is done about them.
//!
//! Source: `syncJob`, pkg/controller/job/job_controller.go, 1.36.3.

use std::collections::BTreeMap;

use super::back_off::Record;
use super::failure_policy::{counts, message};
use super::indexes::Indexes;
use super::made::MadePod;
use super::{SeenPod, condition, manage, success_policy, valid_index};
use crate::api::job::{FailureAction, Job, JobStatus, Uncounted};
use crate::api::workload::WorkloadCondition;
use crate::api::{Phase, RestartPolicy, Sym, Tri};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// What a sync sees.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The Job; it is not over.
    pub job: &'a Job,
    /// Its pods. Those that are over and counted may be left out.
    pub pods: &'a [SeenPod],
    /// What the controller remembers of failures.
    pub record: Record,
    /// It has seen all pods that it made and deleted before.
    pub is_up_to_date: bool,
    /// It has looked before this run began, and what was left of a back-off then was queued.
    pub goes_on: bool,
    /// When it looks.
    pub now: Time,
    /// Of which version the controller is.
    pub gates: &'a Gates,
}

/// What is done about pods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Todo {
    /// Nothing.
    Nothing,
    /// The Job is over: these are deleted, and keep their finalizer until they are counted (`deleteActivePods`).
    End(Vec<usize>),
    /// These are too many: the finalizer goes first, so that they never count (`deleteJobPods`).
    Delete(Vec<usize>),
    /// These are made, by slow start.
    Create(Vec<MadePod>),
    /// There are too few, but it waits.
    Wait,
}

/// What a sync has seen, and what it does about pods.
#[derive(Clone, Debug)]
pub struct Look {
    /// What is done about pods.
    pub todo: Todo,
    /// When it looks again, whatever happens: when pods may be made again, and when its time is over.
    pub again: Vec<Span>,
    /// What the controller remembers of failures, once a status is written.
    pub record: Record,
    /// The status so far.
    pub(super) status: JobStatus,
    /// Why it is over.
    pub(super) end: Option<WorkloadCondition>,
    /// The number of its pods is cared for by this sync.
    pub(super) manages: bool,
    pub(super) is_up_to_date: bool,
    pub(super) active: i32,
    pub(super) ready: i32,
    pub(super) terminating: i32,
    pub(super) succeeded: i32,
    pub(super) failed: i32,
    /// Indexes that had succeeded before, and with those of this sync.
    pub(super) before: Indexes,
    pub(super) done: Indexes,
    /// Indexes that have failed, where each has its limit.
    pub(super) lost: Option<Indexes>,
    /// By index: the failed pod whose finalizer stays until its successor is there, which inherits its count.
    pub(super) predecessors: BTreeMap<i32, usize>,
    pub(super) active_pods: Vec<usize>,
}

impl Look {
    /// A sync looks; `named` is `namespace/name` of a pod.
    pub fn at(sight: &Sight, named: impl Fn(usize) -> String) -> Look {
        let mut look = Look::counted(sight);
        let job = sight.job;
        if look.status.start_time.is_none() && !job.spec.suspend {
            look.status.start_time = Some(sight.now);
        }
        look.find_end(sight, &named);
        if job.spec.is_indexed {
            look.count_indexes(sight);
        }
        let all_active = || look.active_pods.clone();
        if look.end.is_some() {
            look.todo = Todo::End(all_active());
        } else if sight.is_up_to_date && job.meta.deletion.is_none() {
            look.manages = true;
            manage::pods(&mut look, sight);
        }
        look
    }

    /// The pods as they stand.
    fn counted(sight: &Sight) -> Look {
        let Sight { job, pods, .. } = sight;
        let mut status = job.status.clone();
        let uncounted = status.uncounted.get_or_insert_default();
        let active_pods: Vec<usize> = (0..pods.len()).filter(|at| pods[*at].is_active()).collect();
        let ready = active_pods.iter().filter(|at| pods[**at].candidate.ready.is_some()).count();
        let (mut succeeded, mut failed, mut not_ignored) = (Vec::new(), Vec::new(), 0);
        for pod in *pods {
            if !pod.is_tracked || (job.spec.is_indexed && valid_index(job, pod).is_none()) {
                continue;
            }
            let uid = pod.candidate.uid;
            if pod.phase() == Phase::Succeeded && !uncounted.succeeded.contains(&uid) {
                succeeded.push(pod.finished);
            }
            if pod.has_failed(job) && !uncounted.failed.contains(&uid) {
                failed.push(pod.finished);
                not_ignored += usize::from(counts(pod.verdict));
            }
        }
        let Uncounted { succeeded: open, failed: open_failed } = &*uncounted;
        Look {
            todo: Todo::Nothing,
            again: Vec::new(),
            record: sight.record.with(&succeeded, &failed),
            end: None,
            manages: false,
            is_up_to_date: sight.is_up_to_date,
            active: int(active_pods.len()),
            ready: int(ready),
            terminating: int(pods.iter().filter(|pod| pod.is_terminating()).count()),
            succeeded: job.status.succeeded.saturating_add(int(succeeded.len() + open.len())),
            failed: job.status.failed.saturating_add(int(not_ignored + open_failed.len())),
            before: Indexes::default(),
            done: Indexes::default(),
            lost: None,
            predecessors: BTreeMap::new(),
            active_pods,
            status,
        }
    }

    /// Whether it is over, and why: the first that holds. What an earlier sync has found stands.
    fn find_end(&mut self, sight: &Sight, named: &impl Fn(usize) -> String) {
        let Sight { job, pods, now, .. } = *sight;
        let target = |reason: &str, message: &str| {
            Some(condition("FailureTarget", Tri::True, Sym::new(reason), Sym::new(message), now))
        };
        if let Some(met) = job.condition("SuccessCriteriaMet") {
            self.end = Some(*met);
        } else if let Some(found) = job.condition("FailureTarget") {
            self.end = Some(condition("Failed", Tri::True, found.reason, found.message, now));
        } else if let Some(text) = fatal(sight, named) {
            self.end = target("PodFailurePolicy", &text);
        } else if self.failed > job.spec.backoff_limit || restarts_are_too_many(job, pods) {
            self.end = target("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        } else if let Some((deadline, start)) =
            job.spec.active_deadline_seconds.zip(self.status.start_time).filter(|_| !job.spec.suspend)
        {
            let rest = (start + Span::from_secs(deadline)).since(now);
            if rest <= Span::default() {
                self.end = target("DeadlineExceeded", "Job was active longer than specified deadline");
            } else {
                self.again.push(rest);
            }
        }
    }

    /// The indexes as they stand, and whether they end the Job.
    fn count_indexes(&mut self, sight: &Sight) {
        let Sight { job, pods, now, .. } = *sight;
        let completions = job.spec.completions.unwrap_or_default();
        let of = |is_asked: &dyn Fn(&SeenPod) -> bool| {
            let tracked = pods.iter().filter(|pod| pod.is_tracked && is_asked(pod));
            let mut all: Vec<i32> = tracked.filter_map(|pod| valid_index(job, pod)).collect();
            all.sort_unstable();
            all
        };
        self.before = Indexes::parse(&job.status.completed_indexes, completions);
        self.done = self.before.with(of(&|pod| pod.phase() == Phase::Succeeded));
        self.succeeded = self.done.total();
        let target = |reason: &str, message: &str| {
            Some(condition("FailureTarget", Tri::True, Sym::new(reason), Sym::new(message), now))
        };
        if let Some(limit) = job.spec.backoff_limit_per_index {
            let before = job.status.failed_indexes.as_deref().unwrap_or_default();
            let lost = Indexes::parse(before, completions).with(of(&|pod| index_fails(job, pod, limit)));
            if self.end.is_none() {
                let (failed, ended) = (lost.total(), lost.total().saturating_add(self.done.total()));
                if job.spec.max_failed_indexes.is_some_and(|most| failed > most) {
                    let text = "Job has exceeded the specified maximal number of failed indexes";
                    self.end = target("MaxFailedIndexesExceeded", text);
                } else if failed > 0 && ended >= completions {
                    self.end = target("FailedIndexes", "Job has failed indexes");
                }
            }
            self.lost = Some(lost);
            self.find_predecessors(sight);
        }
        if self.end.is_none()
            && let Some(rule) = success_policy::met(
                job.spec.success_policy.as_deref().map_or(&[], Vec::as_slice),
                &self.done,
                completions,
            )
        {
            let text = Sym::new(&format!("Matched rules at index {rule}"));
            self.end = Some(condition("SuccessCriteriaMet", Tri::True, Sym::new("SuccessPolicy"), text, now));
        }
    }

    /// By index, the failed pod that no other has followed yet (`getPodsWithDelayedDeletionPerIndex`).
    fn find_predecessors(&mut self, sight: &Sight) {
        let Sight { job, pods, .. } = *sight;
        let busy: Vec<i32> = {
            let mut busy: Vec<i32> = self.active_pods.iter().filter_map(|at| pods[*at].index).collect();
            busy.sort_unstable();
            busy
        };
        for (at, pod) in pods.iter().enumerate() {
            let Some(index) = valid_index(job, pod).filter(|_| pod.is_tracked && pod.has_failed(job)) else {
                continue;
            };
            let is_over = self.done.has(index) || self.lost.as_ref().is_some_and(|lost| lost.has(index));
            if is_over || busy.binary_search(&index).is_ok() {
                continue;
            }
            self.predecessors
                .entry(index)
                .and_modify(|last| {
                    let before = &pods[*last];
                    if before.all_failures() <= pod.all_failures() && before.finished <= pod.finished {
                        *last = at;
                    }
                })
                .or_insert(at);
        }
    }
}

/// Whether the failure of this pod is one too many for its index (`isIndexFailed`).
fn index_fails(job: &Job, pod: &SeenPod, limit: i32) -> bool {
    let asks_for_it = pod.verdict.is_some_and(|verdict| verdict.action == FailureAction::FailIndex);
    pod.has_failed(job) && (asks_for_it || (counts(pod.verdict) && pod.failures >= limit))
}

/// Why a pod's failure ends the Job (`getFailJobMessage`).
fn fatal(sight: &Sight, named: &impl Fn(usize) -> String) -> Option<String> {
    let is_fatal = |pod: &SeenPod| {
        let verdict = pod.verdict.filter(|verdict| verdict.action == FailureAction::FailJob)?;
        pod.has_failed(sight.job).then_some(verdict)
    };
    sight.pods.iter().enumerate().find_map(|(at, pod)| is_fatal(pod).map(|found| message(found, named(at))))
}

/// With OnFailure, restarts count as failures of pods do; and the limit itself is too many (`pastBackoffLimitOnFailure`).
fn restarts_are_too_many(job: &Job, pods: &[SeenPod]) -> bool {
    if job.spec.template.spec.restart_policy != Some(RestartPolicy::OnFailure) {
        return false;
    }
    let is_asked = |pod: &&SeenPod| matches!(pod.phase(), Phase::Running | Phase::Pending);
    let restarts: i32 = pods.iter().filter(is_asked).map(|pod| pod.restarts).sum();
    match job.spec.backoff_limit {
        0 => restarts > 0,
        limit => restarts >= limit,
    }
}

pub(super) fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
