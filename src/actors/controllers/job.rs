//! The controller of Jobs: when it looks, and how what a look leads to is written.
//!
//! Source: the event handlers, `syncJob`, `deleteJobPods`, `trackJobStatusAndRemoveFinalizers` and `syncOrphanPod` in
//! pkg/controller/job/job_controller.go (v1.36.3). What it decides stands in [`crate::rules::controllers::job`]. Whatever its
//! pods do it acts upon a second later, so that many ends are one sync; only a change of what is wanted is taken up at once.

use std::collections::VecDeque;

use super::job_pods::{asked_to_go, claims, is_tracked, seen, suitors};
use super::job_requests::tell_all;
use super::work::{add, add_at};
use crate::api::Phase;
use crate::rules::controllers::job::back_off::{self, Record};
use crate::rules::controllers::job::{BATCH, Done, Look, SeenPod, Settled, Sight, Todo};
use crate::rules::machinery::slow_start::SlowStart;
use crate::time::Span;
use crate::world::jobs::{JobMemory, JobRequest, JobScript, JobStage};
use crate::world::manager::{Controller, Request, Script};
use crate::world::{JobId, ObjectKey, PodId, Purpose, World};

/// What the controller remembers of a Job that it has been keeping: pods that it has counted have failed, or succeeded, since.
pub fn resume(w: &mut World, id: JobId) {
    let key = ObjectKey::Job(id);
    let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
    for key in w.workloads.dependents.get(&key).cloned().unwrap_or_default() {
        let ObjectKey::Pod(pod) = key else { continue };
        let p = &w.pods[pod.ix()];
        if !p.exists || is_tracked(p) {
            continue;
        }
        let job = &w.workloads.jobs[id.ix()].object;
        let finished = seen(w, job, pod, true).finished;
        match p.status.phase() {
            Phase::Succeeded => succeeded.push(finished),
            // One that goes counts as failed a batch after somebody asked it to go, whatever its containers do still (`isPodFailed`).
            Phase::Failed if !job.spec.replaces_only_failed => {
                let asked = asked_to_go(p).filter(|asked| finished.since(*asked) >= BATCH);
                failed.push(asked.unwrap_or(finished));
            }
            Phase::Failed => failed.push(finished),
            _ => {}
        }
    }
    let record = Record::default().with(&succeeded, &failed);
    let record = failed_and_gone(w, id, record).unwrap_or(record);
    let own = memory(w, id);
    own.record = record;
    own.goes_on = true;
}

/// Pods that failed may be gone, and with them when they did. Where a Job wants pods and has none it waits: for how long is known, and
/// since when is drawn.
fn failed_and_gone(w: &World, id: JobId, told: Record) -> Option<Record> {
    let (held, key) = (&w.workloads.jobs[id.ix()], ObjectKey::Job(id));
    let (spec, status) = (&held.object.spec, &held.object.status);
    let pods = w.workloads.dependents.get(&key).into_iter().flatten();
    let mut pods =
        pods.filter_map(|key| if let ObjectKey::Pod(pod) = key { Some(&w.pods[pod.ix()]) } else { None });
    let is_idle = pods.all(|p| !p.exists || p.status.phase().is_terminal());
    let waits = is_idle && spec.parallelism > 0 && !spec.suspend && spec.backoff_limit_per_index.is_none();
    // What failed before a success counts no more, and nobody knows which did.
    let failures = if status.succeeded > 0 { 1 } else { status.failed };
    if !waits || held.object.finished().is_some() || status.failed == 0 || told.failures > 0 {
        return None;
    }
    let whole = back_off::rest(failures, Some(w.now), w.now);
    let mut draw = w.draw(Purpose::Present, w.workloads.entity(key), 0);
    let gone = Span::from_micros(draw.below(whole.micros().cast_unsigned()).cast_signed());
    Some(Record { failures, last: Some(w.now - gone) })
}

/// What pods of a Job have told that was kept already was heard before: it is looked at when its controller goes on, and what is found
/// then says when it is looked at next. A batch that their listing has begun would come between.
pub fn heard(w: &mut World, id: JobId) {
    w.controllers.manager.of_mut(Controller::Job).queue.withdraw(ObjectKey::Job(id));
}

/// News has come of a Job, or of a pod.
pub fn informed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::Job(id) => job_changed(w, id),
        ObjectKey::Pod(pod) => pod_changed(w, pod),
        _ => {}
    }
}

fn memory(w: &mut World, id: JobId) -> &mut JobMemory {
    let all = &mut w.controllers.jobs;
    if all.len() <= id.ix() {
        all.resize_with(id.ix() + 1, JobMemory::default);
    }
    &mut all[id.ix()]
}

fn job_changed(w: &mut World, id: JobId) {
    let held = &w.workloads.jobs[id.ix()];
    let (generation, now, key) = (held.object.meta.generation, w.now, ObjectKey::Job(id));
    if !held.exists || held.object.finished().is_some() {
        // Nobody counts its pods any more.
        let pods = w.workloads.dependents.get(&key).cloned().unwrap_or_default();
        for pod in pods {
            if matches!(pod, ObjectKey::Pod(own) if is_tracked(&w.pods[own.ix()])) {
                add(w, Controller::Job, pod);
            }
        }
        *memory(w, id) = JobMemory::default();
        return;
    }
    // Pods that are there already may be its own, where it says itself which those are.
    let seeks = held.object.spec.has_own_selector;
    let own = memory(w, id);
    own.looks_around |= seeks && own.generation.is_none();
    let is_new = own.generation.replace(generation) != Some(generation);
    add_at(w, Controller::Job, key, if is_new { now } else { now + BATCH });
}

fn pod_changed(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    let (tracked, now) = (is_tracked(p), w.now);
    let (is_over, is_going) = (p.status.phase().is_terminal(), p.deletion.is_some());
    let owner = match p.controller {
        Some(ObjectKey::Job(id)) if p.exists => Some(id),
        _ => None,
    };
    let before = match owner {
        Some(id) => w.controllers.job_of.insert(pod, id),
        None => w.controllers.job_of.remove(&pod),
    };
    if let Some(id) = before.filter(|id| Some(*id) != owner) {
        let own = memory(w, id);
        own.pods.remove(&pod);
        own.untracked.remove(&pod);
        own.expected.seen_going(pod);
        add_at(w, Controller::Job, ObjectKey::Job(id), now + BATCH);
    }
    let is_kept = owner.is_some_and(|id| {
        let held = &w.workloads.jobs[id.ix()];
        held.exists && held.object.finished().is_none()
    });
    let Some(id) = owner.filter(|_| is_kept) else {
        if tracked {
            add(w, Controller::Job, ObjectKey::Pod(pod));
        }
        if w.pods[pod.ix()].exists && w.pods[pod.ix()].controller.is_none() {
            let suitors: Vec<JobId> = suitors(w, pod).collect();
            for id in suitors {
                memory(w, id).looks_around = true;
                add_at(w, Controller::Job, ObjectKey::Job(id), now + BATCH);
            }
        }
        return;
    };
    // Labels may have changed so that it is no longer its own.
    let relabelled = w.pods[pod.ix()].metadata_changes > 0;
    let own = memory(w, id);
    own.looks_around |= relabelled;
    if before.is_none() {
        own.expected.seen_made();
    }
    if is_going {
        own.expected.seen_going(pod);
    }
    if !tracked {
        own.untracked.remove(&pod);
    }
    if tracked || !is_over {
        own.pods.insert(pod);
    } else {
        own.pods.remove(&pod);
    }
    add_at(w, Controller::Job, ObjectKey::Job(id), now + BATCH);
}

/// A worker takes a pod that no Job counts any more (`syncOrphanPod`).
pub fn look_at_orphan(w: &World, pod: PodId) -> Option<(Script, Vec<Request>)> {
    let p = &w.pods[pod.ix()];
    let is_counted = match p.controller {
        // Of a Job that another one keeps, its finalizers are that one's.
        Some(ObjectKey::Job(id)) => {
            let held = &w.workloads.jobs[id.ix()];
            held.exists && (held.object.finished().is_none() || !held.object.is_kept_here())
        }
        _ => false,
    };
    (is_tracked(p) && !is_counted).then(|| (Script::Row(VecDeque::new()), vec![Request::Untrack(pod)]))
}

/// A worker takes a Job.
pub fn look(w: &mut World, id: JobId) -> Option<(Script, Vec<Request>)> {
    let held = &w.workloads.jobs[id.ix()];
    if !held.exists || held.object.finished().is_some() || !held.object.is_kept_here() {
        return None;
    }
    let (job, now) = (held.object.clone(), w.now);
    let looks_around = std::mem::take(&mut w.controllers.jobs[id.ix()].looks_around);
    let goes_on = std::mem::take(&mut w.controllers.jobs[id.ix()].goes_on);
    let (adopted, released) = if looks_around { claims(w, id) } else { (Vec::new(), Vec::new()) };
    let own = &w.controllers.jobs[id.ix()];
    let mut pods: Vec<_> = own.pods.iter().filter(|pod| !released.contains(pod)).copied().collect();
    pods.extend(&adopted);
    pods.sort_unstable();
    pods.dedup();
    let pods = pods.into_iter().map(|pod| {
        let seen = seen(w, &job, pod, own.untracked.contains(&pod));
        // One that is adopted gets the finalizer with that.
        (pod, SeenPod { is_tracked: seen.is_tracked || adopted.contains(&pod), ..seen })
    });
    let pods = pods.collect();
    let mut script = Box::new(JobScript {
        id,
        version: job.meta.resource_version,
        job,
        pods,
        goes_on,
        looked: now,
        is_up_to_date: own.expected.are_met(now),
        ahead: VecDeque::new(),
        done: Done::default(),
        gone: Vec::new(),
        is_refused: false,
        has_failed: false,
        stage: JobStage::Over,
    });
    let namespace = script.job.meta.namespace;
    let look = with_sight(w, &script, |sight| {
        Look::at(sight, |at| format!("{namespace}/{}", w.pods[script.pods[at].0.ix()].ident.name))
    });
    for wait in &look.again {
        add_at(w, Controller::Job, ObjectKey::Job(id), now + *wait);
    }
    let claimed =
        adopted.into_iter().map(JobRequest::Adopt).chain(released.into_iter().map(JobRequest::Release));
    script.ahead.extend(Some(claimed.collect::<Vec<_>>()).filter(|claimed| !claimed.is_empty()));
    plan(w, &mut script, &look.todo);
    script.stage = JobStage::Pods(Box::new(look));
    let first = next(w, &mut script);
    Some((Script::Job(script), first))
}

fn with_sight<T>(w: &World, script: &JobScript, ask: impl FnOnce(&Sight) -> T) -> T {
    let pods: Vec<_> = script.pods.iter().map(|(_, pod)| *pod).collect();
    ask(&Sight {
        job: &script.job,
        pods: &pods,
        record: w.controllers.jobs[script.id.ix()].record,
        is_up_to_date: script.is_up_to_date,
        goes_on: script.goes_on,
        now: script.looked,
        gates: &w.gates,
    })
}

/// Which requests about pods follow, group by group.
fn plan(w: &mut World, script: &mut JobScript, todo: &Todo) {
    let ids = |list: &[usize]| list.iter().map(|at| script.pods[*at].0).collect::<Vec<PodId>>();
    let expected = &mut w.controllers.jobs[script.id.ix()].expected;
    match todo {
        Todo::Nothing | Todo::Wait => {}
        Todo::End(list) => {
            script.ahead.push_back(ids(list).into_iter().map(JobRequest::Delete).collect());
        }
        Todo::Delete(list) => {
            expected.expect_gone(ids(list), script.looked);
            let tracked = list.iter().filter(|at| script.pods[**at].1.is_tracked);
            let patches = tracked.map(|at| JobRequest::Untrack(script.pods[*at].0)).collect();
            let deletes = ids(list).into_iter().map(JobRequest::Delete).collect();
            script.ahead.extend([patches, deletes]);
        }
        Todo::Create(list) => {
            expected.expect_made(list.len() as u32, script.looked);
            let mut left = list.iter();
            for batch in SlowStart::new(list.len()) {
                script.ahead.push_back(left.by_ref().take(batch).copied().map(JobRequest::Make).collect());
            }
        }
    }
}

/// What follows once all requests of a stage are answered.
pub fn next(w: &mut World, script: &mut JobScript) -> Vec<Request> {
    let id = script.id;
    while !script.has_failed && w.workloads.jobs[id.ix()].exists && !matches!(script.stage, JobStage::Over) {
        let requests = advance(w, script);
        if !requests.is_empty() {
            return requests.into_iter().map(|request| Request::Job(id, request)).collect();
        }
    }
    Vec::new()
}

/// The next stage begins; one without requests is over at once.
fn advance(w: &mut World, script: &mut JobScript) -> Vec<JobRequest> {
    match std::mem::replace(&mut script.stage, JobStage::Over) {
        JobStage::Pods(look) => {
            if script.is_refused {
                let left: usize = script.ahead.drain(..).map(|batch| batch.len()).sum();
                w.controllers.jobs[script.id.ix()].expected.give_up(left as u32);
            }
            match script.ahead.pop_front() {
                Some(group) => {
                    script.stage = JobStage::Pods(look);
                    group
                }
                None => settle(w, script, *look),
            }
        }
        JobStage::First(settled, record) => {
            w.controllers.jobs[script.id.ix()].record = record;
            take_finalizers(w, script, settled)
        }
        JobStage::Finalizers(mut settled) => {
            let (is_written, told) = settled.count(&script.gone, w.now);
            script.stage = JobStage::Last(settled, told);
            if is_written { vec![JobRequest::SetStatus] } else { Vec::new() }
        }
        JobStage::Last(_, told) => {
            tell_all(w, script.id, told);
            Vec::new()
        }
        JobStage::Over => Vec::new(),
    }
}

/// All requests about pods are answered: a status follows, if it says something new.
fn settle(w: &mut World, script: &mut JobScript, look: Look) -> Vec<JobRequest> {
    let (record, done) = (look.record, script.done);
    let mut settled = with_sight(w, script, |sight| look.settle(sight, done));
    tell_all(w, script.id, std::mem::take(&mut settled.told));
    let is_written = settled.is_written;
    let settled = Box::new(settled);
    if is_written {
        script.stage = JobStage::First(settled, record);
        return vec![JobRequest::SetStatus];
    }
    take_finalizers(w, script, settled)
}

/// The finalizers of pods that are to be counted go.
fn take_finalizers(w: &mut World, script: &mut JobScript, settled: Box<Settled>) -> Vec<JobRequest> {
    let pods: Vec<PodId> = settled.counted.iter().map(|at| script.pods[*at].0).collect();
    w.controllers.jobs[script.id.ix()].untracked.extend(&pods);
    script.stage = JobStage::Finalizers(settled);
    pods.into_iter().map(JobRequest::Untrack).collect()
}
