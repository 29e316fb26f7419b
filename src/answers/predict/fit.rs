//! Whether a pod of a world stands as the given one does.

use crate::api::{ContainerState, ContainerStatus, PodStatus, Sym};
use crate::scenario::given::GivenPod;
use crate::time::Time;
use crate::world::Pod;

/// How well a pod stands as it was printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fit {
    /// It shows something else.
    Not,
    /// It shows the same.
    Alike,
    /// It shows the same, since the same seconds.
    Exact,
}

/// Holds a pod against the given one.
pub fn of(p: &Pod, given: &GivenPod) -> Fit {
    let pod = &given.pod;
    if !p.exists || p.deletion.is_some() != pod.meta.deletion_timestamp.is_some() {
        return Fit::Not;
    }
    let status = p.status.read();
    if !is_alike(&status, &pod.status) {
        Fit::Not
    } else if is_same(&status, &pod.status) {
        Fit::Exact
    } else {
        Fit::Alike
    }
}

fn pairs<'a>(
    one: &'a PodStatus,
    other: &'a PodStatus,
) -> impl Iterator<Item = (Option<&'a ContainerStatus>, &'a ContainerStatus)> {
    let all = other.init.iter().chain(&other.containers);
    all.map(move |own| (one.init.iter().chain(&one.containers).find(|is| is.name == own.name), own))
}

/// A state without its instants.
fn shape(state: &ContainerState) -> (u8, Sym, i32) {
    match state {
        ContainerState::Unset => (0, Sym::EMPTY, 0),
        ContainerState::Waiting { reason, .. } => (1, *reason, 0),
        ContainerState::Running { .. } => (2, Sym::EMPTY, 0),
        ContainerState::Terminated(ended) => (3, ended.reason, ended.exit_code),
    }
}

fn is_alike(one: &PodStatus, other: &PodStatus) -> bool {
    one.phase == other.phase
        && pairs(one, other).all(|(is, own)| {
            // A status that nobody has written yet tells as little as one that says nothing.
            is.is_some_and(|is| {
                shape(&is.state) == shape(&own.state)
                    && shape(&is.last_state).0 == shape(&own.last_state).0
                    && (is.ready, is.restart_count) == (own.ready, own.restart_count)
            })
        })
        && (!other.containers.is_empty() || one.containers.is_empty())
}

fn instants(state: &ContainerState) -> [Option<i64>; 2] {
    let secs = |at: Option<Time>| at.map(Time::secs);
    match state {
        ContainerState::Running { started_at } => [secs(*started_at), None],
        ContainerState::Terminated(ended) => [secs(ended.started_at), secs(ended.finished_at)],
        ContainerState::Waiting { .. } | ContainerState::Unset => [None, None],
    }
}

fn is_same(one: &PodStatus, other: &PodStatus) -> bool {
    let ready = |status: &PodStatus| {
        status.condition(Sym::READY).map(|own| (own.status, own.last_transition.map(Time::secs)))
    };
    let started = |status: &PodStatus| status.start_time.map(Time::secs);
    ready(one) == ready(other)
        && started(one) == started(other)
        && pairs(one, other).all(|(is, own)| {
            is.is_some_and(|is| {
                instants(&is.state) == instants(&own.state)
                    && instants(&is.last_state) == instants(&own.last_state)
            })
        })
}
