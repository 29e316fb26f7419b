//! internal/store/pod.go of kube-state-metrics: what is said of a pod.

use serde_json::Value;

use super::containers::containers;
use super::said::{Said, text};
use crate::api::sample::Sample;
use crate::api::spec::{RestartPolicy, Toleration};
use crate::api::wire::Pod;
use crate::api::{Condition, Sym, Tri};
use crate::time::Time;

/// `podStatusReasons`
const REASONS: [&str; 8] = [
    "Evicted",
    "NodeAffinity",
    "NodeLost",
    "PreemptionByScheduler",
    "SchedulingGated",
    "Shutdown",
    "TerminationByKubelet",
    "UnexpectedAdmissionError",
];

/// What is said of a pod.
pub fn of_pod(pod: &Pod) -> Vec<Sample> {
    let mut said = Said::default();
    said.about(&[("namespace", &pod.meta.namespace), ("pod", &pod.meta.name), ("uid", &pod.meta.uid)]);
    made(&mut said, pod);
    containers(&mut said, pod);
    status(&mut said, pod);
    conditions(&mut said, pod);
    asked(&mut said, pod);
    said.samples
}

fn at(said: &mut Said, family: &'static str, at: Option<Time>) {
    if let Some(at) = at {
        said.value(family, at.secs() as f64);
    }
}

/// When it came, when it goes, and who has made it.
fn made(said: &mut Said, pod: &Pod) {
    at(said, "kube_pod_created", pod.created());
    at(said, "kube_pod_deletion_timestamp", pod.deletion());
    at(said, "kube_pod_start_time", pod.status.start_time);
    let finished = pod.status.containers.iter().filter_map(|own| own.state.terminated());
    // One that never was counts from the epoch, which is none.
    let finished = finished.filter_map(|ended| ended.finished_at).filter(|at| at.secs() > 0).max();
    at(said, "kube_pod_completion_time", finished);
    let owners = pod.meta.rest.get("ownerReferences").unwrap_or(&Value::Null);
    let controller =
        owners.as_array().into_iter().flatten().find(|owner| owner["controller"].as_bool() == Some(true));
    let (kind, name) = controller.map_or(("", ""), |owner| (text(&owner["kind"]), text(&owner["name"])));
    let address = |list: &[Sym]| list.first().map_or("", |ip| ip.as_str());
    let labels = [
        ("host_ip", address(&pod.status.host_ips)),
        ("pod_ip", address(&pod.status.pod_ips)),
        ("node", pod.spec.node_name.as_str()),
        ("created_by_kind", kind),
        ("created_by_name", name),
        ("priority_class", pod.spec.priority_class_name.as_str()),
        ("host_network", if pod.spec.host_network { "true" } else { "false" }),
    ];
    said.labelled("kube_pod_info", &labels, 1.0);
    for ip in pod.status.pod_ips.iter() {
        let family = if ip.contains(':') { "6" } else { "4" };
        said.labelled("kube_pod_ips", &[("ip", ip.as_str()), ("ip_family", family)], 1.0);
    }
    let metadata = serde_json::json!({ "ownerReferences": owners });
    said.owners("kube_pod_owner", &metadata, true);
}

fn status(said: &mut Said, pod: &Pod) {
    let phase = pod.status.phase.as_sym();
    if !phase.is_empty() {
        for own in [Sym::PENDING, Sym::SUCCEEDED, Sym::FAILED, Sym::UNKNOWN, Sym::RUNNING] {
            said.truth("kube_pod_status_phase", &[("phase", own.as_str())], phase == own);
        }
    }
    let class = pod.status.qos_class;
    if !class.is_empty() {
        for own in [Sym::BEST_EFFORT, Sym::BURSTABLE, Sym::GUARANTEED] {
            said.truth("kube_pod_status_qos_class", &[("qos_class", own.as_str())], class == own);
        }
    }
    let has = |reason: &str| {
        let ended = pod.status.containers.iter().filter_map(|own| own.state.terminated());
        pod.status.reason == reason
            || pod.status.conditions.iter().any(|own| own.reason == reason)
            || ended.into_iter().any(|ended| ended.reason == reason)
    };
    for reason in REASONS.into_iter().filter(|reason| has(reason)) {
        said.labelled("kube_pod_status_reason", &[("reason", reason)], 1.0);
    }
    if !pod.status.reason.is_empty() && !REASONS.contains(&pod.status.reason.as_str()) {
        said.labelled("kube_pod_status_reason", &[("reason", "Other")], 1.0);
    }
}

fn conditions(said: &mut Said, pod: &Pod) {
    let truth = |own: &Condition| own.status == Tri::True;
    for own in pod.status.conditions.iter() {
        match own.kind {
            Sym::READY => {
                said.condition("kube_pod_status_ready", &[], "condition", own.status.as_str());
                at(said, "kube_pod_status_ready_time", own.last_transition.filter(|_| truth(own)));
            }
            Sym::INITIALIZED => {
                at(said, "kube_pod_status_initialized_time", own.last_transition.filter(|_| truth(own)));
            }
            Sym::CONTAINERS_READY => {
                at(said, "kube_pod_status_container_ready_time", own.last_transition.filter(|_| truth(own)));
            }
            Sym::POD_SCHEDULED => {
                said.condition("kube_pod_status_scheduled", &[], "condition", own.status.as_str());
                at(said, "kube_pod_status_scheduled_time", own.last_transition.filter(|_| truth(own)));
                if own.status == Tri::False {
                    said.value("kube_pod_status_unschedulable", 1.0);
                    at(said, "kube_pod_status_unscheduled_time", own.last_transition);
                }
            }
            Sym::DISRUPTION_TARGET if truth(own) => {
                said.labelled("kube_pod_status_disruption_reason", &[("reason", own.reason.as_str())], 1.0);
            }
            _ => {}
        }
    }
}

/// What is asked for.
fn asked(said: &mut Said, pod: &Pod) {
    let policy = match pod.spec.policy() {
        RestartPolicy::Always => "Always",
        RestartPolicy::OnFailure => "OnFailure",
        RestartPolicy::Never => "Never",
    };
    said.labelled("kube_pod_restart_policy", &[("type", policy)], 1.0);
    let mut told: Vec<&Toleration> = Vec::new();
    for own in &pod.spec.tolerations {
        if told.contains(&own) {
            continue;
        }
        told.push(own);
        let seconds = own.toleration_seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
        let labels = [
            ("key", own.key.as_str()),
            ("operator", own.operator.as_str()),
            ("value", own.value.as_str()),
            ("effect", own.effect.map_or("", |effect| effect.as_str())),
            ("toleration_seconds", seconds.as_str()),
        ];
        said.labelled("kube_pod_tolerations", &labels, 1.0);
    }
    said.labelled(
        "kube_pod_service_account",
        &[("service_account", pod.spec.service_account_name.as_str())],
        1.0,
    );
    said.labelled("kube_pod_scheduler", &[("name", pod.spec.scheduler_name.as_str())], 1.0);
    let class = pod.spec.rest.get("runtimeClassName").and_then(Value::as_str);
    if let Some(class) = class.filter(|class| !class.is_empty()) {
        said.labelled("kube_pod_runtimeclass_name_info", &[("runtimeclass_name", class)], 1.0);
    }
    for (resource, family) in
        [("cpu", "kube_pod_overhead_cpu_cores"), ("memory", "kube_pod_overhead_memory_bytes")]
    {
        if let Some(amount) =
            pod.spec.overhead.get(resource).and_then(|amount| super::said::amount_of(amount))
        {
            said.value(family, amount);
        }
    }
}
