//! Why a Job is not over yet: how many failures it still bears, when it makes its next pod, and the pod that it waits for.

use super::chain::Chain;
use super::workloads::numbers;
use crate::api::RestartPolicy;
use crate::api::job::Job;
use crate::record::Transition;
use crate::session::tree;
use crate::session::words::offset;
use crate::time::{Span, Time};
use crate::world::workloads::{JobId, ObjectKey};
use crate::world::{PodId, World};

impl Chain<'_> {
    /// What a Job waits for; nothing of one that is over or suspended.
    pub(super) fn job_held_up(&mut self, step: u64, id: JobId) -> Option<Transition> {
        let (w, key) = (self.walk.world(), ObjectKey::Job(id));
        let (own, start) = (&w.workloads.jobs[id.ix()].object, self.walk.plan().start);
        if !is_open(w, id) {
            return self.set_off(step);
        }
        let (name, figures) = (tree::name(w, key), self.walk.figures_at(key, step)?);
        let last = self.walk.rows_of_object(w.workloads.row(key)?).rev().find(|row| row.step <= step);
        let since = last.map_or(step, |row| row.step);
        if !own.is_kept_here() {
            let words = format!(
                "{name} is for {} to keep (managedBy): nobody plays that, and no pod is made",
                own.spec.managed_by
            );
            self.add(since, "Job controller", words);
            return self.set_off(since);
        }
        let pods = open_pods(w, key);
        let mut words = format!("{name}: {}; {}", numbers(&figures), patience(w, own, &pods, start));
        let record = w.controllers.jobs.get(id.ix()).map(|own| own.record).unwrap_or_default();
        let rest = record.rest(self.walk.now());
        if pods.is_empty() && rest > Span::ZERO {
            let at = offset(self.walk.now() + rest, start);
            words += &format!("; it makes the next pod at {at}: failures in a row: {}", record.failures);
        }
        self.add(since, "Job controller", words);
        let is_ready = |pod: &&PodId| w.pods[pod.ix()].status.condition_is_true(crate::api::Sym::READY);
        let first = pods.iter().find(|pod| !is_ready(pod)).or(pods.first()).copied();
        match first {
            Some(pod) => self.telling_row(pod, step),
            None => self.set_off(since),
        }
    }
}

/// Whether a Job is neither over nor suspended.
pub(super) fn is_open(w: &World, id: JobId) -> bool {
    let held = &w.workloads.jobs[id.ix()];
    held.exists && held.object.finished().is_none() && !held.object.spec.suspend
}

/// Its pods that are not over.
fn open_pods(w: &World, key: ObjectKey) -> Vec<PodId> {
    let all = w.workloads.dependents.get(&key).into_iter().flatten();
    let pods = all.filter_map(|one| match one {
        ObjectKey::Pod(pod) => Some(*pod),
        _ => None,
    });
    let is_open = |pod: &PodId| {
        let p = &w.pods[pod.ix()];
        p.exists && p.controller == Some(key) && !p.status.phase().is_terminal()
    };
    pods.filter(is_open).collect()
}

/// What it bears before it fails.
pub(in crate::session) fn patience(w: &World, own: &Job, pods: &[PodId], start: Time) -> String {
    let (spec, limit) = (&own.spec, own.spec.backoff_limit);
    let mut words = if let Some(limit) = spec.backoff_limit_per_index {
        format!(
            "an index fails with failure {} of its own (backoffLimitPerIndex {limit})",
            limit.saturating_add(1)
        )
    } else if spec.template.spec.restart_policy == Some(RestartPolicy::OnFailure) {
        let restarts: i32 = pods.iter().map(|pod| w.pods[pod.ix()].shown.restarts).sum();
        format!(
            "it fails with restart {} of its pods (backoffLimit {limit}), so far {restarts}",
            limit.max(1)
        )
    } else {
        format!("it fails with failure {} (backoffLimit {limit})", limit.saturating_add(1))
    };
    if let Some((deadline, since)) = spec.active_deadline_seconds.zip(own.status.start_time) {
        let at = offset(since + Span::from_secs(deadline), start);
        words += &format!(", and at {at} in any case (activeDeadlineSeconds {deadline})");
    }
    words
}
