//! Why kubectl's STATUS says what it says, beside the phase.

use super::times::newest;
use super::{Now, ago, ended_well, has_node, is_bare, listed};
use crate::api::wire::Pod;
use crate::api::{ContainerState, ContainerStatus, Phase, Sym};
use crate::rules::kubectl::printing::{Columns, StatusSource};
use crate::rules::kubelet::pod::Statuses;
use crate::rules::scheduler::queueing;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

pub fn why(pod: &Pod, columns: &Columns, source: StatusSource, now: Now, gates: &Gates) -> Vec<String> {
    let mut lines = vec![phase_says(pod)];
    let shown = columns.status;
    let named = |list: &[ContainerStatus], index: usize| {
        list.get(index).map_or_else(String::new, |status| status.name.to_string())
    };
    lines.push(match source {
        StatusSource::Phase => "STATUS is the phase: no container has anything else to say.".to_owned(),
        StatusSource::Reason => {
            format!("STATUS is the pod's own reason, {shown}: it has no container that says more.")
        }
        StatusSource::SchedulingGates => {
            "STATUS says SchedulingGated because the condition PodScheduled does: no scheduler looks at the pod yet."
                .to_owned()
        }
        StatusSource::Init(index) => {
            let name = named(&pod.status.init, index);
            format!("STATUS is about the first init container that is not done, {name}: {shown}.")
        }
        StatusSource::Main(index) => {
            let name = named(&pod.status.containers, index);
            let which = match pod.status.containers.iter().position(|status| !status.state.is_running()) {
                Some(first) if first < index => ", the first by name that failed",
                _ if troubled(&pod.status.containers) > 1 => ", the first by name of those that do not run",
                _ => "",
            };
            format!("STATUS is what container {name} says{which}: {shown}.")
        }
        StatusSource::CompletedBesideRunning => {
            let ready = pod.status.condition_is_true(Sym::READY);
            let ready = if ready { "the pod is Ready" } else { "the pod is not Ready" };
            format!("STATUS is {shown}: one container has completed, another runs, and {ready}.")
        }
        StatusSource::Deletion => {
            let since = pod.deletion().map_or_else(String::new, |at| time_is_up(pod, at, now));
            let grace = pod.meta.deletion_grace_period_seconds;
            let grace = grace.map_or_else(String::new, |secs| format!(", grace period {secs}s"));
            format!(
                "STATUS is Terminating because the pod is being deleted{grace}{since}; the phase changes only when \
                 its containers have stopped."
            )
        }
        StatusSource::NodeLost => {
            "STATUS is Unknown because the pod is being deleted and its node is lost.".to_owned()
        }
    });
    if let Some(line) = difference(pod, source, gates) {
        lines.push(line);
    }
    lines
}

/// When a pod's time is up; of an object that may have been kept, with what it would mean.
fn time_is_up(pod: &Pod, at: Time, now: Now) -> String {
    match newest(pod) {
        Some(newest) if !now.is_said && newest <= at && at < now.at => format!(
            " (its time is up at {}; nothing in the object is newer than {}, so nobody knows whether that had come: if it was \
             printed just now, that was {})",
            at.rfc3339_secs(),
            newest.rfc3339_secs(),
            ago(at, now.at)
        ),
        _ => format!(" (its time is up {})", ago(at, now.at)),
    }
}

/// Containers of which the STATUS walk takes note.
fn troubled(list: &[ContainerStatus]) -> usize {
    list.iter().filter(|status| !status.state.is_running()).count()
}

/// What the phase rests on.
fn phase_says(pod: &Pod) -> String {
    let status = &pod.status;
    let all = Statuses::new(&status.containers, &status.init);
    let names = |test: &dyn Fn(&ContainerStatus) -> bool| -> Vec<&'static str> {
        all.iter().filter(|s| test(s)).map(|s| s.name.as_str()).collect()
    };
    let never_ran = names(&|s: &ContainerStatus| s.state.is_waiting() && s.last_state.terminated().is_none());
    let running = names(&|s: &ContainerStatus| s.state.is_running());
    match status.phase {
        Phase::Pending if is_bare(pod) && !all.is_empty() && never_ran.is_empty() => {
            "Phase Pending: not all of its containers have run.".to_owned()
        }
        Phase::Pending if is_bare(pod) && !all.is_empty() => {
            let verb = if never_ran.len() == 1 { "has" } else { "have" };
            format!("Phase Pending: {} {verb} never run.", listed(&never_ran))
        }
        Phase::Pending if !has_node(pod) && !queueing::is_responsible_for(&pod.spec) => format!(
            "Phase Pending: the pod has no node yet; only a scheduler named {} looks at it, not the default one.",
            pod.spec.scheduler_name
        ),
        Phase::Pending if !has_node(pod) => {
            "Phase Pending: the pod has no node yet.".to_owned()
        }
        Phase::Pending if all.is_empty() => {
            "Phase Pending: it has a node, but its kubelet has not reported anything yet.".to_owned()
        }
        Phase::Pending if never_ran.is_empty() || init_is_open(pod) => {
            "Phase Pending: its init containers are not done.".to_owned()
        }
        Phase::Pending => {
            let verb = if never_ran.len() == 1 { "has" } else { "have" };
            let runs = if running.is_empty() {
                String::new()
            } else {
                format!(", though {} already run{}", listed(&running), if running.len() == 1 { "s" } else { "" })
            };
            format!("Phase Pending: {} {verb} never run{runs}.", listed(&never_ran))
        }
        Phase::Running if running.is_empty() && pod.meta.deletion_timestamp.is_some() => {
            "Phase Running: nothing runs right now, and nothing is started any more, as the pod is being deleted; what has \
             run before counts as running until the kubelet has seen to it that all is over."
                .to_owned()
        }
        Phase::Running if running.is_empty() => {
            "Phase Running: nothing runs right now, but what has run before counts as running while it will be started \
             again or has only just ended."
                .to_owned()
        }
        Phase::Running => format!("Phase Running: {} run{}.", listed(&running), if running.len() == 1 { "s" } else { "" }),
        Phase::Succeeded => "Phase Succeeded: every main container ended with exit code 0, for good.".to_owned(),
        Phase::Failed => match (status.reason.is_empty(), failed_names(status.containers.as_slice(), &status.init)) {
            (false, _) => {
                let message = status.message.fixed().unwrap_or_default();
                let colon = if message.is_empty() { "" } else { ": " };
                format!("Phase Failed, reason {}{colon}{message}", status.reason)
            }
            (true, names) if !names.is_empty() => {
                format!("Phase Failed: {} ended in failure, for good.", listed(&names))
            }
            _ => "Phase Failed: some container ended in failure, for good.".to_owned(),
        },
        Phase::Unknown => "Phase Unknown: no component has written that for years.".to_owned(),
        Phase::Other(text) if text.is_empty() => "The object has no phase: it is a manifest that no cluster has taken in, or its status was cut away.".to_owned(),
        Phase::Other(text) => format!("Phase {text} is none that Kubernetes knows."),
    }
}

fn init_is_open(pod: &Pod) -> bool {
    let done = |status: &ContainerStatus| status.state.terminated().is_some_and(ended_well);
    let regular = pod.spec.init_containers.iter().filter(|container| !container.is_sidecar());
    regular
        .into_iter()
        .any(|container| !pod.status.init.iter().any(|status| status.name == container.name && done(status)))
}

fn failed_names(main: &[ContainerStatus], init: &[ContainerStatus]) -> Vec<&'static str> {
    let failed = |s: &&ContainerStatus| s.state.terminated().is_some_and(|ended| ended.exit_code != 0);
    main.iter().chain(init).filter(failed).map(|s| s.name.as_str()).collect()
}

/// Why the two can be so far apart.
fn difference(pod: &Pod, source: StatusSource, _gates: &Gates) -> Option<String> {
    let status = &pod.status;
    let StatusSource::Main(index) = source else { return None };
    let state = &status.containers.get(index)?.state;
    match (status.phase, state) {
        (Phase::Running, ContainerState::Waiting { .. }) => Some(
            "They differ because the phase counts a container that has run before as stopped and on its way back, \
             not as waiting."
                .to_owned(),
        ),
        (Phase::Running, ContainerState::Terminated(_)) if !status.containers.iter().any(|s| s.state.is_running()) => {
            let ends = !pod.spec.containers.is_empty()
                && pod.spec.policy() == crate::api::RestartPolicy::Never;
            Some(if ends {
                "They differ because the phase ends only when the kubelet is sure that nothing runs any more, about \
                 a second after the last exit."
                    .to_owned()
            } else {
                "They differ because the phase speaks of the pod's life, STATUS of what a container did last.".to_owned()
            })
        }
        (Phase::Failed, ContainerState::Terminated(ended)) if ended.exit_code == 0 => Some(
            "They differ because STATUS names the first container by name, and that one did not fail.".to_owned(),
        ),
        (Phase::Failed | Phase::Succeeded, ContainerState::Terminated(_)) if !status.reason.is_empty() => Some(
            "They differ because what a container says hides the pod's own reason.".to_owned(),
        ),
        _ => None,
    }
}
