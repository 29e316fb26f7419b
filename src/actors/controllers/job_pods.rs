//! Pods of Jobs: of which the controller hears, and how a sync sees them.

use super::members::candidate;
use crate::api::job::{COMPLETION_INDEX, INDEX_FAILURES, INDEX_IGNORED_FAILURES, Job, TRACKING_FINALIZER};
use crate::api::{Phase, PodStatus, Sym, Tri};
use crate::rules::controllers::job::back_off::{finished, latest_end};
use crate::rules::controllers::job::failure_policy::verdict;
use crate::rules::controllers::job::made::{failures, index};
use crate::rules::controllers::job::{SeenPod, expires};
use crate::rules::controllers::ownership::{self, Claim, Holder};
use crate::time::{Span, Time};
use crate::world::{JobId, ObjectKey, Pod, PodId, World};

/// Whether a pod carries the finalizer of Jobs.
pub fn is_tracked(p: &Pod) -> bool {
    p.exists && p.finalizers.iter().any(|name| *name == TRACKING_FINALIZER)
}

/// How a sync sees a pod; `is_untracked`: its finalizer has been taken, as far as the controller knows.
pub fn seen(w: &World, job: &Job, pod: PodId, is_untracked: bool) -> SeenPod {
    let p = &w.pods[pod.ix()];
    let annotations = &w.templates[p.template.ix()].annotations;
    let annotation = |key: &str| annotations.get(key).map(String::as_str);
    let phase = p.status.phase();
    let is_over = phase.is_terminal() || p.deletion.is_some();
    let candidate = candidate(w, pod, 0);
    let seen = SeenPod {
        candidate,
        is_deleted: p.deletion.is_some(),
        is_tracked: is_tracked(p) && !is_untracked,
        index: index(annotation(COMPLETION_INDEX)),
        failures: failures(annotation(INDEX_FAILURES)),
        ignored: failures(annotation(INDEX_IGNORED_FAILURES)),
        finished: candidate.created,
        restarts: 0,
        verdict: None,
    };
    if !is_over && job.spec.template.spec.restart_policy != Some(crate::api::RestartPolicy::OnFailure) {
        return seen;
    }
    let status = p.status.read();
    let restarts = status.containers.iter().chain(&status.init).map(|one| one.restart_count).sum();
    let verdict = job.spec.failure_policy.as_ref().filter(|_| phase == Phase::Failed).and_then(|rules| {
        let ended = status.containers.iter().chain(&status.init);
        let ended = ended.filter_map(|one| Some((one.name, one.state.terminated()?.exit_code)));
        let conditions = status.conditions.iter().map(|one| (one.kind, one.status));
        verdict(rules, &ended.collect::<Vec<_>>(), &conditions.collect::<Vec<_>>())
    });
    SeenPod { restarts, verdict, finished: end(p, &status), ..seen }
}

/// When a pod that is over, or goes, has finished.
fn end(p: &Pod, status: &PodStatus) -> Time {
    let is_sidecar =
        |name: Sym| p.spec.init_containers.iter().any(|own| own.is_sidecar() && own.name == name);
    let of = |one: &crate::api::ContainerStatus| one.state.terminated().and_then(|ended| ended.finished_at);
    let ends = latest_end(None, status.containers.iter().map(of));
    let ends = latest_end(ends, status.init.iter().filter(|one| is_sidecar(one.name)).map(of));
    let not_ready = status.conditions.iter().find(|one| one.kind == Sym::READY && one.status == Tri::False);
    let not_ready = not_ready.and_then(|ready| ready.last_transition);
    finished(ends, not_ready, asked_to_go(p), p.created.truncate_secs())
}

/// When somebody asked a pod to go, as its object tells it: in whole seconds.
pub fn asked_to_go(p: &Pod) -> Option<Time> {
    let asked = p.deletion.map(|deletion| deletion.at - Span::from_secs(deletion.grace_secs));
    asked.map(Time::truncate_secs)
}

/// Whether the controller hears of a pod: one of a Job that is not over, or that somebody still has to let go, or may adopt.
pub fn cares(w: &World, pod: PodId) -> bool {
    let p = &w.pods[pod.ix()];
    w.controllers.job_of.contains_key(&pod)
        || match p.controller {
            Some(key) => p.exists && matches!(key, ObjectKey::Job(_)),
            None => is_tracked(p) || (p.exists && suitors(w, pod).next().is_some()),
        }
}

/// Whether a Job's selector takes a pod.
fn selects(w: &World, id: JobId, p: &Pod) -> bool {
    let own = &w.workloads.jobs[id.ix()].object;
    own.meta.namespace == p.ident.namespace && ownership::selects(&own.spec.selector, &p.labels)
}

/// The Jobs that a pod without a controller may come to (`getPodJobs`).
pub fn suitors(w: &World, pod: PodId) -> impl Iterator<Item = JobId> {
    let p = &w.pods[pod.ix()];
    let may = w.workloads.jobs_by_label.of(p.ident.namespace, &p.labels).into_iter();
    may.filter(move |id| selects(w, *id, p))
}

/// Pods that a Job adopts, and pods that it lets go (`ClaimPods`).
pub fn claims(w: &World, id: JobId) -> (Vec<PodId>, Vec<PodId>) {
    let is_going = w.workloads.jobs[id.ix()].object.meta.deletion.is_some();
    let (mut adopted, mut released) = (Vec::new(), Vec::new());
    for pod in PodId::all(w.pods.len()) {
        let p = &w.pods[pod.ix()];
        // Of many pods most are those of others, which is seen first.
        let holder = match p.controller {
            Some(ObjectKey::Job(own)) if own == id => Holder::Me,
            None if p.owners.as_deref().is_none_or(|owners| !owners.iter().any(|own| own.controller)) => {
                Holder::Nobody
            }
            _ => continue,
        };
        if !p.exists {
            continue;
        }
        match ownership::claim(holder, selects(w, id, p), is_going, p.deletion.is_some()) {
            Claim::Adopt => adopted.push(pod),
            Claim::Release => released.push(pod),
            Claim::Mine | Claim::Ignore => {}
        }
    }
    (adopted, released)
}

/// When a Job that is over will be deleted for that (`needsCleanup`).
pub fn expiry(w: &World, id: JobId) -> Option<Time> {
    let held = &w.workloads.jobs[id.ix()];
    expires(&held.object).filter(|_| held.exists && held.object.meta.deletion.is_none())
}
