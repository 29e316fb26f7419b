//! What happened to each container, and when the next attempt comes.

use rustc_hash::FxHashSet;

use super::backoff::next_attempt;
use super::{ContainerStory, ago, ended_well, has_node, is_bare, is_over};
use crate::api::wire::Pod;
use crate::api::{Container, ContainerState, ContainerStatus, RestartPolicy, Sym, Terminated, Text};
use crate::rules::kubectl::printing::age;
use crate::rules::kubelet::reasons::{self, Reason};
use crate::rules::kubelet::restart::should_restart;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

pub fn tell(pod: &Pod, now: Time, gates: &Gates) -> Vec<ContainerStory> {
    let (spec, status) = (&pod.spec, &pod.status);
    let init = (&spec.init_containers, &status.init[..], "init");
    let main = (&spec.containers, &status.containers[..], "main");
    let ephemeral = (&spec.ephemeral_containers, &status.ephemeral[..], "ephemeral");
    let mut stories = Vec::new();
    for (containers, statuses, kind) in [init, main, ephemeral] {
        for container in containers {
            let kind = if kind == "init" && container.is_sidecar() { "sidecar" } else { kind };
            let found = statuses.iter().find(|status| status.name == container.name);
            stories.push(story(pod, container, found, kind, now, gates));
        }
        // Of some the spec knows nothing.
        let known: FxHashSet<Sym> = containers.iter().map(|container| container.name).collect();
        for status in statuses.iter().filter(|status| !known.contains(&status.name)) {
            let stranger = Container { name: status.name, ..Container::default() };
            let mut story = story(pod, &stranger, Some(status), kind, now, gates);
            if !is_bare(pod) {
                story.happened.insert(0, "The spec does not have it.".to_owned());
            }
            stories.push(story);
        }
    }
    stories
}

fn story(
    pod: &Pod,
    container: &Container,
    status: Option<&ContainerStatus>,
    kind: &'static str,
    now: Time,
    gates: &Gates,
) -> ContainerStory {
    let Some(status) = status else {
        return ContainerStory {
            name: container.name.to_string(),
            kind,
            state: "unknown",
            reason: String::new(),
            exit_code: None,
            ready: false,
            restarts: 0,
            happened: vec![nothing_reported(pod)],
            next_attempt: None,
        };
    };
    let mut happened = Vec::new();
    let (state, reason, exit_code) = match &status.state {
        ContainerState::Unset => ("unknown", Sym::EMPTY, None),
        ContainerState::Waiting { reason, message } => {
            waiting(pod, container, status, *reason, *message, &mut happened);
            ("waiting", *reason, None)
        }
        ContainerState::Running { started_at } => {
            running(container, status, *started_at, now, &mut happened);
            ("running", Sym::EMPTY, None)
        }
        ContainerState::Terminated(ended) => {
            happened.push(end(pod, container, ended, now));
            happened.push(afterwards(pod, container, ended, kind, gates));
            ("terminated", ended.reason, Some(ended.exit_code))
        }
    };
    if let ContainerState::Terminated(last) = &status.last_state {
        happened.push(format!("The run before: {}", lower_first(&end(pod, container, last, now))));
    }
    let starts_again =
        status.state.terminated().is_some_and(|ended| starts_again(pod, container, ended, kind, gates));
    let waits_since = pod.status.start_time.or_else(|| pod.created());
    ContainerStory {
        name: container.name.to_string(),
        kind,
        state,
        reason: reason.to_string(),
        exit_code,
        ready: status.ready,
        restarts: status.restart_count,
        happened,
        next_attempt: if is_over(pod) {
            None
        } else {
            next_attempt(status, starts_again, waits_since, now, gates)
        },
    }
}

fn nothing_reported(pod: &Pod) -> String {
    if !has_node(pod) {
        "Nothing yet: the pod has no node.".to_owned()
    } else if pod.status.phase.is_terminal() {
        "Never reported: the kubelet refused the pod, or its status was lost.".to_owned()
    } else {
        "Nothing yet: the kubelet has not reported it.".to_owned()
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// `Ended with exit code 1 (Error) after 2s, 4m2s ago.`
fn end(pod: &Pod, container: &Container, ended: &Terminated, now: Time) -> String {
    let mut text = format!("Ended with exit code {}", ended.exit_code);
    if !ended.reason.is_empty() {
        text.push_str(&format!(" ({})", ended.reason));
    }
    match (ended.started_at, ended.finished_at) {
        (Some(started), Some(finished)) if started != Time::EPOCH => {
            let ran = age(Some(started), finished);
            text.push_str(&format!(" after {ran}, {}", ago(finished, now)));
        }
        (_, Some(finished)) => text.push_str(&format!(" {}", ago(finished, now))),
        _ => {}
    }
    text.push('.');
    if let Some(meaning) = code_means(ended) {
        text.push_str(&format!(" {meaning}"));
    }
    if let Some(probe) = probe_that_may_have_asked(pod, container, ended) {
        text.push_str(&format!(
            " The pod lives on, so a failed {probe} probe may have been why: then there are events Unhealthy and Killing."
        ));
    }
    if let Some(words) = ended.message.fixed().filter(|words| !words.is_empty()) {
        text.push_str(&format!(" Message: {}", words.trim_end()));
    }
    text
}

/// Of a container that was stopped while its pod lives on: a probe of it that has such a stop for an answer.
fn probe_that_may_have_asked(pod: &Pod, container: &Container, ended: &Terminated) -> Option<&'static str> {
    let was_stopped = ended.reason == Sym::ERROR && matches!(ended.exit_code, 137 | 143);
    if !was_stopped || pod.meta.deletion_timestamp.is_some() || pod.status.phase.is_terminal() {
        return None;
    }
    match (&container.startup_probe, &container.liveness_probe) {
        (Some(_), Some(_)) => Some("startup or liveness"),
        (Some(_), None) => Some("startup"),
        (None, Some(_)) => Some("liveness"),
        (None, None) => None,
    }
}

/// What an exit code is known for.
fn code_means(ended: &Terminated) -> Option<&'static str> {
    // So cri-dockerd called what is StartError today, with the code that a shell would have had.
    if ended.reason == "ContainerCannotRun" {
        return Some("It never ran: the runtime could not start its command.");
    }
    Some(match (ended.reason, ended.exit_code) {
        (Sym::OOM_KILLED, 0) => {
            "The kernel killed a process of it that used more memory than the limit allows; its first process went on, and ended \
             well."
        }
        (Sym::OOM_KILLED, 1..=127) => {
            "The kernel killed a process of it that used more memory than the limit allows; its first process ended by itself, with \
             that code."
        }
        (Sym::OOM_KILLED, _) => "The kernel killed it: it used more memory than its limit allows.",
        (Sym::CONTAINER_STATUS_UNKNOWN, _) => {
            "Nobody saw it end: the runtime did not know it any more, so the kubelet calls it a failure."
        }
        (Sym::START_ERROR, _) => "It never ran: the runtime could not start its command.",
        (Sym::RESTARTING_ALL_CONTAINERS, _) => {
            "It was removed because another container's exit restarts all."
        }
        (_, 126) => "126: a shell found the command but could not run it.",
        (_, 127) => "127: a shell did not find the command.",
        (_, 134) => "134 is 128+6, SIGABRT: it aborted itself.",
        (_, 137) => "137 is 128+9, SIGKILL: it did not stop in its grace period, or something killed it.",
        (_, 139) => "139 is 128+11, SIGSEGV: it crashed.",
        (_, 143) => "143 is 128+15, SIGTERM: it was asked to stop and did.",
        _ => return None,
    })
}

pub fn starts_again(pod: &Pod, container: &Container, ended: &Terminated, kind: &str, gates: &Gates) -> bool {
    if is_over(pod) || is_bare(pod) || kind == "ephemeral" {
        return false;
    }
    match kind {
        "sidecar" => true,
        "init" if ended_well(ended) => false,
        // It counts as failed, whatever its code.
        "init" if ended.exit_code == 0 => pod.spec.policy() != RestartPolicy::Never && !main_has_begun(pod),
        _ => should_restart(container, &pod.spec, ended.exit_code, gates),
    }
}

fn afterwards(pod: &Pod, container: &Container, ended: &Terminated, kind: &str, gates: &Gates) -> String {
    if pod.meta.deletion_timestamp.is_some() {
        return "It stays ended: the pod is being deleted.".to_owned();
    }
    if pod.status.phase.is_terminal() {
        return format!("It stays ended: the pod is {}.", pod.status.phase);
    }
    if is_bare(pod) {
        return "Whether it is started again its restartPolicy says, which is not in the object.".to_owned();
    }
    if kind == "init" && ended.exit_code == 0 && !ended_well(ended) {
        return oom_of_init(pod);
    }
    let policy = match container.restart_policy {
        Some(own) => format!("its own restartPolicy {}", policy_name(own)),
        None => format!("restartPolicy {}", policy_name(pod.spec.policy())),
    };
    if !starts_again(pod, container, ended, kind, gates) {
        return match kind {
            "init" if ended.exit_code == 0 => "It is done; the next one may begin.".to_owned(),
            "ephemeral" => "It stays ended: ephemeral containers are never restarted.".to_owned(),
            _ => format!("It stays ended: {policy}."),
        };
    }
    if kind == "sidecar" {
        return "It will be started again: a sidecar always is.".to_owned();
    }
    let rules = if container.restart_policy_rules.is_empty() { "" } else { " and its rules for exit codes" };
    format!("It will be started again: {policy}{rules}.")
}

/// Nobody looks at init containers any more.
fn main_has_begun(pod: &Pod) -> bool {
    pod.status.containers.iter().any(|status| !status.state.is_waiting())
}

/// An init container of which something was killed for its memory, and whose code is 0.
fn oom_of_init(pod: &Pod) -> String {
    let counts = "Of an init container OOMKilled counts as a failure, whatever the code";
    if main_has_begun(pod) {
        return format!("{counts}; main containers have begun, so nobody looks at it any more.");
    }
    match pod.spec.policy() {
        RestartPolicy::Never => format!(
            "{counts}: nothing that comes after it is started, and restartPolicy Never starts it no more. The phase goes by the \
             code, which is 0, so the pod may stay as it is for ever."
        ),
        policy => format!("{counts}: it is started again, by restartPolicy {}.", policy_name(policy)),
    }
}

fn policy_name(policy: RestartPolicy) -> &'static str {
    match policy {
        RestartPolicy::Always => "Always",
        RestartPolicy::OnFailure => "OnFailure",
        RestartPolicy::Never => "Never",
    }
}

fn running(
    container: &Container,
    status: &ContainerStatus,
    started_at: Option<Time>,
    now: Time,
    happened: &mut Vec<String>,
) {
    happened.push(match started_at {
        Some(at) => format!("Runs for {} (since {}).", age(Some(at), now), at.rfc3339_secs()),
        None => "Runs.".to_owned(),
    });
    if status.started == Some(false) && container.startup_probe.is_some() {
        happened.push("Its startup probe has not succeeded yet; the other probes wait for it.".to_owned());
    } else if !status.ready && container.readiness_probe.is_some() {
        happened.push("Not ready: its readiness probe has not succeeded.".to_owned());
    }
}

/// The first init container before `container` that is not done (a sidecar: not started).
fn unfinished_init(pod: &Pod, container: &Container) -> Option<String> {
    let before = pod.spec.init_containers.iter().take_while(|init| init.name != container.name);
    before.map(|init| (init, pod.status.init.iter().find(|status| status.name == init.name))).find_map(
        |(init, status)| {
            let is_done = status.is_some_and(|status| match init.is_sidecar() {
                true => status.started == Some(true),
                false => status.state.terminated().is_some_and(ended_well),
            });
            let kind = if init.is_sidecar() { "sidecar" } else { "init container" };
            (!is_done).then(|| format!("{kind} {}", init.name))
        },
    )
}

/// What the usual errors of pulls mean, with a blank before it; nothing where the text is no usual one.
fn pull_problem(message: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["pull QPS exceeded"]) {
        " Nothing is wrong with the image: the kubelet asks for so many at once and no more (registryPullQPS, registryBurst)."
    } else if says(&["nauthorized", "authentication required", "403 Forbidden", "denied", "no basic auth"]) {
        " The registry refuses: the image does not exist for whoever asks, or imagePullSecrets are missing or wrong."
    } else if says(&["toomanyrequests", "429 Too Many"]) {
        " The registry limits how much is pulled: it has had enough for now."
    } else if says(&["not found", "manifest unknown"]) {
        " The registry answers that it has no such image or tag."
    } else if says(&["no such host"]) {
        " The registry's name is unknown to the node's DNS."
    } else if says(&["x509", "certificate", "HTTP response to HTTPS client"]) {
        " The node and the registry do not agree on TLS."
    } else if says(&[
        "i/o timeout",
        "connection refused",
        "no route to host",
        "deadline exceeded",
        "unavailable",
    ]) {
        " The registry was not reached from the node."
    } else if says(&["no space left"]) {
        " The node's disk is full."
    } else if says(&["no match for platform"]) {
        " The image was not built for the node's architecture."
    } else {
        ""
    }
}

/// A postStart hook that may keep a container from being reported: its own, or that of one that is started before it in the
/// same round, as the kubelet waits for each (`startContainer`, pkg/kubelet/kuberuntime/kuberuntime_container.go).
fn hook_before(pod: &Pod, container: &Container) -> Option<String> {
    let has_hook = |own: &&Container| own.lifecycle.as_ref().is_some_and(|cycle| cycle.post_start.is_some());
    if has_hook(&container) {
        return Some("its postStart hook".to_owned());
    }
    let all = pod.spec.containers.iter();
    let earlier = all.take_while(|own| own.name != container.name).find(has_hook);
    earlier.map(|own| format!("the postStart hook of {}", own.name))
}

/// Of a container that is being created: what that waits for.
fn creating(pod: &Pod, container: &Container) -> String {
    let has_sandbox = pod.status.condition_is_true(Sym::POD_READY_TO_START_CONTAINERS);
    match hook_before(pod, container) {
        _ if !has_sandbox => "Waits for the pod's volumes or its sandbox; the events say which.".to_owned(),
        None => "Waits for its image, or for a container before it in the same round; the events say which."
            .to_owned(),
        Some(hook) => format!(
            "Waits for its image, for a container before it in the same round, or for {hook}: the kubelet reports nothing of it \
             before that has returned, for ever if it hangs. The events say which: after Started only the hook is left."
        ),
    }
}

/// Of a container of a pod that is being initialized.
fn initializing(pod: &Pod, container: &Container, status: &ContainerStatus) -> String {
    if status.last_state.terminated().is_some() {
        return "Waits for its turn; it has run before.".to_owned();
    }
    match (unfinished_init(pod, container), hook_before(pod, container)) {
        (Some(before), _) if pod.status.phase.is_terminal() => {
            format!("Never ran: {before}, which comes before it, was not done.")
        }
        (Some(before), _) => format!("Waits for {before}, which comes before it."),
        _ if is_bare(pod) => {
            "Waits for the init containers before it, for its image, or to be created.".to_owned()
        }
        (None, None) => {
            "The init containers before it are done: it waits for its image, or to be created.".to_owned()
        }
        (None, Some(hook)) => format!(
            "The init containers before it are done: it waits for its image, to be created, or for {hook}, before which the kubelet \
             reports nothing of it: for ever if it hangs."
        ),
    }
}

fn waiting(
    pod: &Pod,
    container: &Container,
    status: &ContainerStatus,
    reason: Sym,
    message: Text,
    happened: &mut Vec<String>,
) {
    let image = if status.image.is_empty() { container.image } else { status.image };
    let words = message.fixed().unwrap_or_default();
    let mut text = match reason {
        reason if is_over(pod) && reasons::waiting(reason).is_some_and(Reason::is_tried_again) => {
            let why = match pod.meta.deletion_timestamp.is_some() {
                true => "the pod is being deleted".to_owned(),
                false => format!("the pod is {}", pod.status.phase),
            };
            format!(
                "Nothing is pulled or started any more: {why}. What it waited for is of no consequence now."
            )
        }
        Sym::CONTAINER_CREATING => creating(pod, container),
        Sym::POD_INITIALIZING => initializing(pod, container, status),
        Sym::EMPTY => "Is created and about to be started.".to_owned(),
        other => match reasons::waiting(other) {
            Some(own) => own.says.replace("{image}", &image).replace("{problem}", pull_problem(&words)),
            None => format!("Waits: {other}."),
        },
    };
    if !words.is_empty() {
        text.push_str(&format!(" Message: {}", words.trim_end()));
    }
    happened.push(text);
}
