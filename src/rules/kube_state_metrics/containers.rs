//! internal/store/pod.go of kube-state-metrics: what is said of a pod's containers and init containers, the same under two names.

use super::said::Said;
use crate::api::spec::{Container, RestartPolicy};
use crate::api::status::ImageId;
use crate::api::wire::Pod;
use crate::api::{ContainerState, ContainerStatus};

/// The names of the families, of one of the two lists.
struct Names {
    info: &'static str,
    limits: &'static str,
    requests: &'static str,
    ready: &'static str,
    restarts: &'static str,
    running: &'static str,
    terminated: &'static str,
    terminated_reason: &'static str,
    waiting: &'static str,
    waiting_reason: &'static str,
    last_reason: &'static str,
    last_code: &'static str,
    last_at: &'static str,
    started: &'static str,
}

const MAIN: Names = Names {
    info: "kube_pod_container_info",
    limits: "kube_pod_container_resource_limits",
    requests: "kube_pod_container_resource_requests",
    ready: "kube_pod_container_status_ready",
    restarts: "kube_pod_container_status_restarts_total",
    running: "kube_pod_container_status_running",
    terminated: "kube_pod_container_status_terminated",
    terminated_reason: "kube_pod_container_status_terminated_reason",
    waiting: "kube_pod_container_status_waiting",
    waiting_reason: "kube_pod_container_status_waiting_reason",
    last_reason: "kube_pod_container_status_last_terminated_reason",
    last_code: "kube_pod_container_status_last_terminated_exitcode",
    last_at: "kube_pod_container_status_last_terminated_timestamp",
    started: "kube_pod_container_state_started",
};

const INIT: Names = Names {
    info: "kube_pod_init_container_info",
    limits: "kube_pod_init_container_resource_limits",
    requests: "kube_pod_init_container_resource_requests",
    ready: "kube_pod_init_container_status_ready",
    restarts: "kube_pod_init_container_status_restarts_total",
    running: "kube_pod_init_container_status_running",
    terminated: "kube_pod_init_container_status_terminated",
    terminated_reason: "kube_pod_init_container_status_terminated_reason",
    waiting: "kube_pod_init_container_status_waiting",
    waiting_reason: "kube_pod_init_container_status_waiting_reason",
    last_reason: "kube_pod_init_container_status_last_terminated_reason",
    last_code: "kube_pod_init_container_status_last_terminated_exitcode",
    last_at: "kube_pod_init_container_status_last_terminated_timestamp",
    started: "kube_pod_init_container_state_started",
};

/// What is said of all containers of a pod.
pub fn containers(said: &mut Said, pod: &Pod) {
    for (names, containers, statuses) in [
        (&MAIN, &pod.spec.containers, &pod.status.containers),
        (&INIT, &pod.spec.init_containers, &pod.status.init),
    ] {
        for own in containers {
            asked(said, names, own, pod.spec.node_name.as_str());
            for status in statuses.iter().filter(|status| status.name == own.name) {
                info(said, names, own, status);
            }
        }
        for status in statuses.iter() {
            state(said, names, status);
        }
    }
}

fn asked(said: &mut Said, names: &Names, own: &Container, node: &str) {
    let labels = [("container", own.name.as_str()), ("node", node)];
    for (resource, amount) in &own.resources.requests {
        said.resource(names.requests, &labels, resource, amount);
    }
    for (resource, amount) in &own.resources.limits {
        said.resource(names.limits, &labels, resource, amount);
    }
}

fn info(said: &mut Said, names: &Names, own: &Container, status: &ContainerStatus) {
    let (image_id, container_id) = (ImageId(status.image_id).to_string(), status.container_id.to_string());
    let policy = match own.restart_policy {
        Some(RestartPolicy::Always) => "Always",
        Some(RestartPolicy::OnFailure) => "OnFailure",
        Some(RestartPolicy::Never) => "Never",
        None => "",
    };
    let labels = [
        ("container", status.name.as_str()),
        ("image_spec", own.image.as_str()),
        ("image", status.image.as_str()),
        ("image_id", image_id.as_str()),
        ("container_id", container_id.as_str()),
        ("restart_policy", policy),
    ];
    let is_init = names.info == INIT.info;
    said.labelled(names.info, if is_init { &labels } else { &labels[..5] }, 1.0);
}

fn state(said: &mut Said, names: &Names, status: &ContainerStatus) {
    let name = ("container", status.name.as_str());
    said.truth(names.ready, &[name], status.ready);
    said.labelled(names.restarts, &[name], f64::from(status.restart_count));
    said.truth(names.running, &[name], status.state.is_running());
    said.truth(names.terminated, &[name], status.state.terminated().is_some());
    said.truth(names.waiting, &[name], status.state.is_waiting());
    if let ContainerState::Waiting { reason, .. } = status.state {
        said.labelled(names.waiting_reason, &[name, ("reason", reason.as_str())], 1.0);
    }
    let mut started = status.state.running_since();
    if let Some(ended) = status.state.terminated() {
        said.labelled(names.terminated_reason, &[name, ("reason", ended.reason.as_str())], 1.0);
        started = ended.started_at;
    }
    if let Some(at) = started {
        said.labelled(names.started, &[name], at.secs() as f64);
    }
    if let Some(last) = status.last_state.terminated() {
        said.labelled(names.last_reason, &[name, ("reason", last.reason.as_str())], 1.0);
        said.labelled(names.last_code, &[name], f64::from(last.exit_code));
        if let Some(at) = last.finished_at {
            said.labelled(names.last_at, &[name], at.secs() as f64);
        }
    }
}
