//! How many pods a Job has, and how many it should have.
//!
//! Source: `manageJob`, `activePodsForRemoval`, pkg/controller/job/job_controller.go; `firstPendingIndexes`,
//! `appendDuplicatedIndexPodsForRemoval`, pkg/controller/job/indexed_job_utils.go, 1.36.3.

use super::failure_policy::counts;
use super::look::{Look, Sight, Todo, int};
use super::made::MadePod;
use super::{BATCH, MOST_PER_SYNC, back_off};
use crate::rules::controllers::deletion_order::goes_before_of_job;
use crate::time::Span;

/// What is done about the number of a Job's pods. A sync makes pods or deletes some, never both.
pub(super) fn pods(look: &mut Look, sight: &Sight) {
    let job = sight.job;
    let active = look.active;
    if job.spec.suspend {
        look.todo = Todo::Delete(to_remove(look, sight, active));
        return;
    }
    let wanted = match job.spec.completions {
        // Of a work queue nobody is followed once one has succeeded.
        None if look.succeeded > 0 => active,
        None => job.spec.parallelism,
        Some(completions) => (completions - look.succeeded).min(job.spec.parallelism).max(0),
    };
    let mut surplus = to_remove(look, sight, (active - wanted).max(0));
    surplus.truncate(MOST_PER_SYNC);
    if !surplus.is_empty() {
        look.todo = Todo::Delete(surplus);
        return;
    }
    let going = if job.spec.replaces_only_failed { look.terminating } else { 0 };
    let missing = wanted - going - active;
    if missing > 0 {
        make(look, sight, usize::try_from(missing).unwrap_or_default().min(MOST_PER_SYNC));
    }
}

/// Pods are missing: they are made, unless a failure is too recent.
fn make(look: &mut Look, sight: &Sight, missing: usize) {
    let job = sight.job;
    let limits_each = job.spec.backoff_limit_per_index.is_some();
    if !limits_each {
        let rest = look.record.rest(sight.now);
        if rest > Span::default() {
            return wait(look, sight, rest);
        }
    }
    if !job.spec.is_indexed {
        look.todo = Todo::Create(vec![MadePod::default(); missing]);
        return;
    }
    let free = free_indexes(look, sight, missing);
    let rest = |index: i32| {
        let before = look.predecessors.get(&index).map(|at| &sight.pods[*at])?;
        let rest = back_off::rest(before.all_failures().saturating_add(1), Some(before.finished), sight.now);
        (limits_each && rest > Span::default()).then_some(rest)
    };
    if let Some(soonest) = free.iter().map(|index| rest(*index)).min().flatten() {
        return wait(look, sight, soonest);
    }
    let made = free.into_iter().filter(|index| rest(*index).is_none()).map(|index| {
        let before = look.predecessors.get(&index).map(|at| &sight.pods[*at]);
        let inherited = before.map_or((0, 0), |pod| match counts(pod.verdict) {
            true => (pod.failures.saturating_add(1), pod.ignored),
            false => (pod.failures, pod.ignored.saturating_add(1)),
        });
        MadePod { index: Some(index), failures: limits_each.then_some(inherited) }
    });
    look.todo = Todo::Create(made.collect());
}

/// It looks again once the back-off is over: not sooner than a batch, unless an earlier look has asked for that. (Before 1.36 such a sync says that no pod is active.)
fn wait(look: &mut Look, sight: &Sight, rest: Span) {
    look.again.push(if sight.goes_on { rest } else { rest.max(BATCH) });
    look.todo = Todo::Wait;
}

/// The smallest indexes on which nobody works.
fn free_indexes(look: &Look, sight: &Sight, count: usize) -> Vec<i32> {
    let Sight { job, pods, .. } = *sight;
    let sorted = |mut all: Vec<i32>| {
        all.sort_unstable();
        all
    };
    let busy = sorted(look.active_pods.iter().filter_map(|at| pods[*at].index).collect());
    let mut taken = look.done.with(busy);
    if job.spec.replaces_only_failed {
        let going = pods.iter().filter(|pod| pod.is_terminating());
        taken = taken.with(sorted(going.filter_map(|pod| pod.index).collect()));
    }
    if let Some(lost) = &look.lost {
        taken = taken.union(lost);
    }
    taken.first_missing(count, job.spec.completions.unwrap_or_default())
}

/// The active pods that go: `least` at least, and all that work on an index that is taken or that there is not.
fn to_remove(look: &Look, sight: &Sight, least: i32) -> Vec<usize> {
    let Sight { job, pods, .. } = *sight;
    let least = usize::try_from(least).unwrap_or_default();
    let first = |a: &usize, b: &usize| {
        let (one, other) = (&pods[*a].candidate, &pods[*b].candidate);
        match (goes_before_of_job(one, other), goes_before_of_job(other, one)) {
            (true, _) => std::cmp::Ordering::Less,
            (_, true) => std::cmp::Ordering::Greater,
            _ => std::cmp::Ordering::Equal,
        }
    };
    let (mut removed, mut left) = (Vec::new(), look.active_pods.clone());
    if job.spec.is_indexed {
        let completions = job.spec.completions.unwrap_or_default();
        left.sort_by(|a, b| pods[*a].index.cmp(&pods[*b].index).then_with(|| first(a, b)));
        let mut kept: Vec<usize> = Vec::with_capacity(left.len());
        for at in left {
            match (pods[at].index, kept.last()) {
                (Some(index), _) if index >= completions => removed.push(at),
                (None, _) => removed.push(at),
                // Of several on one index the last one in their order stays.
                (index, Some(last)) if pods[*last].index == index => {
                    removed.extend(kept.pop());
                    kept.push(at);
                }
                _ => kept.push(at),
            }
        }
        left = kept;
    }
    if removed.len() < least {
        left.sort_by(first);
        removed.extend(left.into_iter().take(least - removed.len()));
    }
    removed
}

/// How many of these were ready.
pub(super) fn ready_among(sight: &Sight, pods: &[usize]) -> i32 {
    int(pods.iter().filter(|at| sight.pods[**at].candidate.ready.is_some()).count())
}
