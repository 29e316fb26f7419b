//! Why the API server shows what it shows: from a row of the timeline to the sync that computed it.

use std::sync::Arc;

use super::chain::Chain;
use crate::api::{
    Condition, ContainerState, ContainerStatus, InstanceState, PodSpec, PodStatus, ProbeKind,
    RuntimeContainer, Sym, Tri,
};
use crate::record::{Change, Event, Transition};
use crate::rules::kubectl::printing::{self, StatusSource};
use crate::world::{ContainerIx, SimEvent};

/// Who decides about sizes.
const RESIZER: &str = "kubelet: allocation manager";

#[derive(Clone, Copy)]
pub(super) enum Aspect {
    Status,
    Phase,
    Condition(Sym),
    Container(Sym),
}

fn all(status: &PodStatus) -> impl Iterator<Item = &ContainerStatus> {
    status.init.iter().chain(&status.containers).chain(&status.ephemeral)
}

impl Chain<'_> {
    pub(super) fn row(&mut self, row: &Transition) {
        let step = row.step;
        if let Some((reason, words)) = self.rejection(step) {
            return self.rejected(step, reason, &words);
        }
        let aspect = match row.change {
            Change::Event(event) => return self.event_row(step, &event),
            Change::Node { .. } | Change::Owner { .. } | Change::Object { .. } => return self.queue(step),
            Change::Phase { to, .. } if to.is_empty() => return self.gone(step),
            Change::Status { to, .. } if to.is_empty() => return self.gone(step),
            Change::Phase { .. } => Aspect::Phase,
            Change::Status { .. } => Aspect::Status,
            Change::Condition { kind, .. } => Aspect::Condition(kind),
            Change::Container { name, .. } => Aspect::Container(name),
        };
        match self.event(step) {
            Some(SimEvent::StatusWrite { .. } | SimEvent::StatusRetry { .. }) => {
                self.add(
                    step,
                    "kubelet: status manager",
                    "wrote the pod's status to the API server; until then kubectl showed what was before",
                );
                if let Change::Status { from, to, .. } = row.change
                    && from == "Terminating"
                    && to != from
                {
                    self.add(
                        step,
                        "kubectl get",
                        "the phase is final now, so STATUS tells how the containers ended and no longer Terminating",
                    );
                }
                self.written(step, aspect);
            }
            Some(SimEvent::Bind { .. }) => self.bound(step),
            Some(SimEvent::CreatePod { .. }) | None => self.created(),
            Some(SimEvent::Schedule { .. }) => self.unschedulable(step),
            Some(SimEvent::Action { .. }) if self.lineage.deletion.last(step, Option::is_some).is_some() => {
                self.deleted(step);
            }
            Some(_) => self.queue(step),
        }
    }

    /// The status manager wrote an aspect: when was it computed, and from what?
    pub(super) fn written(&mut self, step: u64, aspect: Aspect) {
        let Some((_, published)) = self.lineage.published.at(step) else { return self.queue(step) };
        let Some(p) = self.pod() else { return };
        match aspect {
            Aspect::Status => self.status_written(step, &p.spec, published),
            Aspect::Phase => self.phase_written(step, published),
            Aspect::Condition(kind) => self.condition_written(step, published, kind),
            Aspect::Container(name) => self.container_written(step, published, name),
        }
    }

    /// STATUS is kubectl's own: what it was taken from is what was written.
    fn status_written(&mut self, step: u64, spec: &PodSpec, published: &PodStatus) {
        let deleted = self.lineage.deletion.at(step).is_some_and(|(_, at)| at.is_some());
        let gates = &self.walk.world().gates;
        let (_, source) = printing::columns_and_source(spec, published, deleted, gates);
        let aspect = match source {
            StatusSource::Init(at) if at < published.init.len() => Aspect::Container(published.init[at].name),
            StatusSource::Main(at) if at < published.containers.len() => {
                Aspect::Container(published.containers[at].name)
            }
            StatusSource::Deletion | StatusSource::NodeLost => {
                self.add(
                    step,
                    "kubectl get",
                    "a deletion timestamp and a phase that is not final: STATUS says Terminating, which is no phase",
                );
                return self.deleted(step);
            }
            StatusSource::CompletedBesideRunning => {
                Aspect::Container(published.containers.first().map_or(Sym::EMPTY, |c| c.name))
            }
            _ => self.phase_or_container(step),
        };
        self.written(step, aspect);
    }

    /// The phase alone speaks where no container is in trouble; it need not be what has changed.
    fn phase_or_container(&self, step: u64) -> Aspect {
        let rows = self.walk.rows_of(step);
        let own = || rows.iter().filter(|row| row.pod == Some(self.lineage.pod.0));
        let phase = own().any(|row| matches!(row.change, Change::Phase { .. }));
        let container = own().find_map(|row| match row.change {
            Change::Container { name, .. } => Some(name),
            _ => None,
        });
        match container {
            Some(name) if !phase => Aspect::Container(name),
            _ => Aspect::Phase,
        }
    }

    fn phase_written(&mut self, step: u64, published: &PodStatus) {
        let phase = published.phase;
        let same = |s: &Option<Arc<PodStatus>>| s.as_ref().is_some_and(|s| s.phase == phase);
        let Some((since, Some(status))) = self.lineage.computed.last(step, same) else {
            return self.queue(step);
        };
        self.sync(since, &format!("the containers' states make phase {phase}"));
        self.phase(since, status);
    }

    fn condition_written(&mut self, step: u64, published: &PodStatus, kind: Sym) {
        let Some(wanted) = published.condition(kind).copied() else {
            return self.condition_gone(step, kind);
        };
        let same = |s: &Option<Arc<PodStatus>>| {
            let own = s.as_ref().and_then(|s| s.condition(kind));
            own.is_some_and(|c| c.status == wanted.status && c.reason == wanted.reason)
        };
        let Some((since, Some(status))) = self.lineage.computed.last(step, same) else {
            return self.queue(step);
        };
        let why = if wanted.reason.is_empty() { String::new() } else { format!(" ({})", wanted.reason) };
        self.sync(since, &format!("{kind} is {}{why}", wanted.status));
        self.condition(since, &wanted, status);
    }

    fn container_written(&mut self, step: u64, published: &PodStatus, name: Sym) {
        let own = |s: &PodStatus| all(s).find(|c| c.name == name).copied();
        let Some(wanted) = own(published) else { return self.queue(step) };
        let same =
            |s: &Option<Arc<PodStatus>>| s.as_ref().and_then(|s| own(s)).filter(|c| same_state(c, &wanted));
        if self.readiness_turned(step, name)
            && let Some(ix) = self.find(name)
        {
            let good = wanted.ready;
            let ready = |s: &Option<Arc<PodStatus>>| same(s).is_some_and(|c| c.ready == good);
            if let Some((since, _)) = self.lineage.computed.last(step, ready) {
                self.sync(since, &format!("{name} is {}", if good { "ready" } else { "not ready" }));
                return self.readiness(since, ix, good);
            }
        }
        let Some((since, _)) = self.lineage.computed.last(step, |s| same(s).is_some()) else {
            return self.queue(step);
        };
        let words = match wanted.state {
            ContainerState::Waiting { reason, .. } => format!("{name} is waiting, {reason}"),
            ContainerState::Running { .. } => format!("{name} is running"),
            ContainerState::Terminated(t) => {
                format!("{name} is terminated, {} (exit {})", t.reason, t.exit_code)
            }
            ContainerState::Unset => format!("{name} has no state"),
        };
        self.sync(since, &words);
        if let Some(ix) = self.find(name) {
            self.container(since, ix, &wanted.state);
        }
    }

    /// A container's state stayed: what changed is whether it is ready.
    fn readiness_turned(&self, step: u64, name: Sym) -> bool {
        self.walk.rows_of(step).iter().any(|row| {
            row.pod == Some(self.lineage.pod.0)
                && matches!(row.change, Change::Container { name: n, from, to, .. }
                    if n == name && from == to && to == Sym::RUNNING_STATE)
        })
    }

    pub(super) fn phase(&mut self, step: u64, status: &PodStatus) {
        if !status.reason.is_empty() {
            let words = format!("{}: {}", status.reason, self.text(status.message));
            self.add(step, "kubelet", words);
            return self.queue(step);
        }
        if status.phase.is_terminal() {
            // The last one to end decided it.
            let ended = |ix: &ContainerIx| {
                let live = self.lineage.containers[usize::from(*ix)].live.at(step);
                live.and_then(|(_, c)| c.and_then(|c| c.finished_at))
            };
            let last = ContainerIx::all(self.lineage.containers.len()).max_by_key(|ix| ended(ix));
            match last.filter(|ix| ended(ix).is_some()) {
                Some(ix) => {
                    let name = self.name(ix);
                    self.relist(step, &format!("{name} ended"));
                    let exited =
                        |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == InstanceState::Exited);
                    match self.lineage.containers[usize::from(ix)].live.last(step, exited) {
                        Some((since, _)) => self.exited(since, ix),
                        None => self.queue(step),
                    }
                }
                None => self.queue(step),
            }
            return;
        }
        // Running begins with the container that ran last to start; Pending waits for the first.
        let main = status.containers.iter().filter(|c| !c.state.is_waiting()).max_by_key(|c| match c.state {
            ContainerState::Running { started_at } => started_at,
            ContainerState::Terminated(t) => t.started_at,
            _ => None,
        });
        match main.or(status.containers.first()).and_then(|c| Some((self.find(c.name)?, c.state))) {
            Some((ix, state)) => self.container(step, ix, &state),
            None => self.queue(step),
        }
    }

    pub(super) fn condition(&mut self, step: u64, condition: &Condition, status: &PodStatus) {
        match condition.kind {
            Sym::POD_SCHEDULED if condition.status == Tri::True => self.bound(step),
            Sym::POD_READY_TO_START_CONTAINERS => {
                let good = condition.status == Tri::True;
                match self.lineage.sandbox_ready.last(step, |ready| *ready == good) {
                    Some((since, _)) if good => {
                        self.add(
                            since,
                            "runtime",
                            "RunPodSandbox has answered: the sandbox and its network stand",
                        );
                        self.bound(since);
                    }
                    Some((since, _)) if self.lineage.sandbox_ready.last(step, |ready| *ready).is_some() => {
                        self.add(since, "runtime", "the sandbox was stopped");
                        self.queue(since);
                    }
                    _ => {
                        self.add(step, "kubelet: pod worker", "there is no sandbox yet");
                        self.bound(step);
                    }
                }
            }
            Sym::INITIALIZED => {
                let last = status.init.iter().rev().find(|c| match condition.status {
                    Tri::True => c.state.terminated().is_some() || c.started == Some(true),
                    _ => c.state.terminated().is_none_or(|t| t.exit_code != 0),
                });
                match last.and_then(|c| Some((self.find(c.name)?, c.state))) {
                    Some((ix, state)) => self.container(step, ix, &state),
                    None => {
                        self.add(step, "kubelet: pod worker", "the pod has no init containers to wait for");
                        self.bound(step);
                    }
                }
            }
            Sym::READY | Sym::CONTAINERS_READY => {
                let good = condition.status == Tri::True;
                if status.phase.is_terminal() {
                    return self.phase(step, status);
                }
                let culprit = all(status)
                    .filter(|c| if good { c.ready } else { !c.ready })
                    .filter_map(|c| Some((self.find(c.name)?, *c)))
                    .filter(|(ix, _)| self.pod().is_some_and(|p| !p.is_init(*ix) || p.is_sidecar(*ix)))
                    .max_by_key(|(ix, _)| {
                        let track = &self.lineage.containers[usize::from(*ix)];
                        let probe = track.probes[ProbeKind::Readiness.ix()].at(step).map_or(0, |(at, _)| at);
                        probe.max(track.live.at(step).map_or(0, |(at, _)| at))
                    });
                let Some((ix, own)) = culprit else { return self.queue(step) };
                let text = if good { "is ready" } else { "is not ready" };
                self.add(step, "kubelet", format!("container {} {text}, and all of them must be", own.name));
                if own.state.is_running() {
                    self.readiness(step, ix, good);
                } else {
                    self.container(step, ix, &own.state);
                }
            }
            Sym::POD_RESIZE_PENDING => {
                let words = format!("the new size is not given: {}", self.text(condition.message));
                self.add(step, RESIZER, words);
                self.queue(step);
            }
            Sym::POD_RESIZE_IN_PROGRESS => {
                self.add(step, RESIZER, "the new size is set aside; what runs still has the old one");
                self.queue(step);
            }
            _ => self.queue(step),
        }
    }

    /// Only conditions about a resize go while the pod lives.
    fn condition_gone(&mut self, step: u64, kind: Sym) {
        let words = match kind {
            Sym::POD_RESIZE_PENDING => {
                "nothing waits any more: the size is set aside, or no longer asked for"
            }
            Sym::POD_RESIZE_IN_PROGRESS => "everything that runs has the size that is set aside",
            _ => return self.queue(step),
        };
        self.add(step, RESIZER, words);
        let gone = |s: &Option<Arc<PodStatus>>| s.as_ref().is_some_and(|s| s.condition(kind).is_none());
        match self.lineage.computed.last(step, gone) {
            Some((since, _)) => self.queue(since),
            None => self.queue(step),
        }
    }

    pub(super) fn event_row(&mut self, step: u64, event: &Event) {
        let ix = self.pod().and_then(|p| p.container_ixs().find(|ix| p.field_path(*ix) == event.field_path));
        let ix = ix.filter(|ix| usize::from(*ix) < self.lineage.containers.len());
        let failure = ix.and_then(|ix| self.lineage.containers[usize::from(ix)].start_failure.at(step));
        match (event.reason, ix, failure) {
            (Sym::BACK_OFF | Sym::FAILED, Some(ix), Some((_, Some((reason, text))))) => {
                self.refused(step, ix, *reason, *text);
            }
            (Sym::STARTED, Some(ix), _) => self.started(step, ix),
            (Sym::KILLING, Some(ix), _) => self.killing(step, ix),
            (Sym::SCHEDULED, ..) => self.bound(step),
            (Sym::FAILED_SCHEDULING, ..) => self.unschedulable(step),
            (reason, Some(ix), _) if reason == "Unhealthy" => {
                let words = self.text(event.message).to_lowercase();
                let told = ProbeKind::ALL.into_iter().find(|kind| words.starts_with(kind.word()));
                let word = told.unwrap_or(ProbeKind::Readiness).word();
                let name = self.name(ix);
                self.add(step, "kubelet: prober", format!("the {word} probe of {name} failed"));
                let says = self.answers(step, ix, told.unwrap_or(ProbeKind::Readiness));
                self.scenario(format!("{} {says}", self.said_by(name)));
            }
            (reason, ..) if reason.starts_with("Resize") => {
                let words = match reason.as_str() {
                    "ResizeStarted" => "the new size fits beside what the node's other pods were given",
                    "ResizeCompleted" => "everything that runs has the size that is set aside",
                    _ => "the new size does not fit beside what the node's other pods were given",
                };
                self.add(step, RESIZER, words);
                self.queue(step);
            }
            _ => self.queue(step),
        }
    }

    pub(super) fn gone(&mut self, step: u64) {
        match self.event(step) {
            Some(SimEvent::StatusWrite { .. } | SimEvent::StatusRetry { .. }) => {
                self.add(
                    step,
                    "kubelet: status manager",
                    "everything of the pod was stopped and unmounted, so it deleted the object for good (grace period 0)",
                );
                self.deleted(step);
            }
            _ => self.deleted(step),
        }
    }
}

/// What a reader takes for the same state of a container.
fn same_state(a: &ContainerStatus, b: &ContainerStatus) -> bool {
    let state = match (a.state, b.state) {
        (ContainerState::Waiting { reason: x, .. }, ContainerState::Waiting { reason: y, .. }) => x == y,
        (ContainerState::Running { .. }, ContainerState::Running { .. }) => true,
        (ContainerState::Terminated(x), ContainerState::Terminated(y)) => {
            (x.exit_code, x.reason, x.finished_at) == (y.exit_code, y.reason, y.finished_at)
        }
        (ContainerState::Unset, ContainerState::Unset) => true,
        _ => false,
    };
    state && a.restart_count == b.restart_count
}
