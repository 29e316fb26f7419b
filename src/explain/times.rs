//! What the instants in an object say together: when it cannot be older than, and what was due before that.

use super::backoff::next_attempt;
use super::containers::starts_again;
use super::{Now, is_over};
use crate::api::wire::Pod;
use crate::api::{Container, ContainerState, ContainerStatus};
use crate::rules::kubectl::printing::age;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// The newest instant in an object: it was printed then or later. A deletion's instant lies ahead by its grace period
/// (`BeforeDelete`, staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go).
pub fn newest(pod: &Pod) -> Option<Time> {
    let asked = pod.deletion().map(|at| at - Span::from_secs(grace(pod)));
    let of_conditions = pod.status.conditions.iter().filter_map(|condition| condition.last_transition);
    let statuses = pod.status.init.iter().chain(&pod.status.containers).chain(&pod.status.ephemeral);
    let of_states =
        statuses.flat_map(|status| [status.state, status.last_state]).flat_map(|state| match state {
            ContainerState::Running { started_at } => [started_at, None],
            ContainerState::Terminated(ended) => [ended.started_at, ended.finished_at],
            _ => [None, None],
        });
    let own = [pod.created(), pod.status.start_time, asked];
    own.into_iter().chain(of_states).flatten().chain(of_conditions).max()
}

fn grace(pod: &Pod) -> i64 {
    pod.meta.deletion_grace_period_seconds.unwrap_or(0).clamp(0, 1 << 40)
}

/// The instant that an object was printed at, as far as anybody knows: what was said, or its own newest instant.
pub fn printed(pod: &Pod, now: Now) -> Time {
    match newest(pod) {
        Some(newest) if !now.is_said => newest,
        _ => now.at,
    }
}

/// Something may be late by so much for reasons that no object tells: a busy kubelet, a restart of it.
const PATIENCE: Span = Span::from_secs(300);

/// Tells of containers that should have been started again long before the newest instant in the object.
pub fn overdue_starts(pod: &Pod, gates: &Gates, found: &mut Vec<String>) {
    if is_over(pod) {
        return;
    }
    let Some(newest) = newest(pod) else { return };
    let (spec, status) = (&pod.spec, &pod.status);
    let lists: [(&[Container], &[ContainerStatus], &str); 2] =
        [(&spec.init_containers, &status.init, "init"), (&spec.containers, &status.containers, "main")];
    for (containers, statuses, kind) in lists {
        for container in containers {
            let kind = if kind == "init" && container.is_sidecar() { "sidecar" } else { kind };
            let Some(status) = statuses.iter().find(|status| status.name == container.name) else { continue };
            let Some(ended) = status.state.terminated() else { continue };
            if !starts_again(pod, container, ended, kind, gates) {
                continue;
            }
            let since = pod.status.start_time.or_else(|| pod.created());
            let next = next_attempt(status, true, since, newest, gates);
            let latest = next.and_then(|next| Time::parse_rfc3339(&next.latest));
            if let Some(latest) = latest.filter(|latest| *latest + PATIENCE < newest) {
                found.push(format!(
                    "container {} was to be started again by {}, and {} later, at {}, it was not: its kubelet does not do what it \
                     should",
                    status.name,
                    latest.rfc3339_secs(),
                    age(Some(latest), newest),
                    newest.rfc3339_secs()
                ));
            }
        }
    }
}
