//! The structured observation: what the API says of pods, objects and nodes, as numbers from 0 to 1.
//!
//! Nothing in it is known to the simulator alone: each number can be read from what kubectl prints. A row without an object is
//! all zeros. Counts are divided by what is named beside them and cut at 1; shares are of what is wanted.

use crate::api::workload::WorkloadState;
use crate::api::{Phase, Sym, Tri};
use crate::drill::Drill;
use crate::rules::kubelet::reasons::{self, Trouble};
use crate::session::tree;
use crate::time::Time;
use crate::world::held::AnyHeld;
use crate::world::node::NodeConditionKind;
use crate::world::workloads::ObjectKey;
use crate::world::{Pod, World};

use super::places::{NODES, OBJECTS, Places};

/// Of a pod.
pub const POD: [&str; 32] = [
    "present",
    "pending",
    "running",
    "succeeded",
    "failed",
    "unknown",
    "ready",
    "containers_ready_share",
    "scheduled",
    "terminating",
    "restarts_of_10",
    "age_of_1h",
    "waits_for_image",
    "waits_for_config",
    "waits_for_start",
    "waits_in_backoff",
    "waits_in_init",
    "creating",
    "last_exit_not_0",
    "last_exit_oom_killed",
    "last_exit_by_signal",
    "last_exit_start_error",
    "unschedulable_cpu",
    "unschedulable_memory",
    "unschedulable_labels",
    "unschedulable_taint",
    "unschedulable_volume",
    "unschedulable_otherwise",
    "has_owner",
    "owner_place",
    "has_node",
    "node_place",
];

/// Of an object that is no pod.
pub const OBJECT: [&str; 27] = [
    "present",
    "deployment",
    "stateful_set",
    "daemon_set",
    "replica_set",
    "job",
    "cron_job",
    "service",
    "resource_quota",
    "disruption_budget",
    "autoscaler",
    "desired_of_10",
    "current_of_10",
    "updated_share",
    "ready_share",
    "available_share",
    "wanted_of_10",
    "progressing",
    "complete",
    "failed",
    "paused",
    "suspended",
    "creation_refused",
    "endpoints_of_10",
    "has_selector",
    "used_up",
    "age_of_1h",
];

/// Of a node.
pub const NODE: [&str; 9] = [
    "present",
    "ready",
    "ready_unknown",
    "cordoned",
    "tainted",
    "memory_pressure",
    "disk_pressure",
    "pid_pressure",
    "pods_of_110",
];

/// Of the episode.
pub const CLOCK: [&str; 8] = [
    "time_share",
    "met_share",
    "well_for_of_2m",
    "named_share",
    "wrong_of_5",
    "lost_pod_seconds_of_600",
    "mended",
    "points_of_100",
];

/// Nothing is told of a pod that somebody keeps back.
fn share(part: impl Into<i64>, of: impl Into<i64>) -> f32 {
    let (part, of) = (part.into(), of.into());
    if of <= 0 { 0.0 } else { (part as f32 / of as f32).clamp(0.0, 1.0) }
}

fn is(what: bool) -> f32 {
    if what { 1.0 } else { 0.0 }
}

/// All of it, row by row.
pub(super) fn write(drill: &Drill, places: &Places, out: &mut Vec<f32>) {
    let (w, now) = (drill.walk().world(), drill.walk().now());
    for place in &places.pods {
        match place {
            Some(pod) => pod_row(w, &w.pods[pod.ix()], places, now, out),
            None => out.extend([0.0; POD.len()]),
        }
    }
    for place in &places.objects {
        match place {
            Some(key) => object_row(drill, w, *key, now, out),
            None => out.extend([0.0; OBJECT.len()]),
        }
    }
    for place in &places.nodes {
        match place {
            Some(node) => node_row(w, *node, out),
            None => out.extend([0.0; NODE.len()]),
        }
    }
    clock(drill, out);
}

fn hour(since: Time, now: Time) -> f32 {
    share(now.since(since).secs(), 3600)
}

fn pod_row(w: &World, pod: &Pod, places: &Places, now: Time, out: &mut Vec<f32>) {
    let status = pod.status.read();
    let shown = pod.shown.status.as_str();
    let plain = shown.strip_prefix("Init:").unwrap_or(shown);
    let trouble = reasons::find(plain).map(|own| own.trouble);
    let phase = |own: Phase| is(status.phase == own);
    let all = || status.init.iter().chain(&status.containers);
    let ended = || all().filter_map(|own| own.state.terminated().or(own.last_state.terminated()));
    let init = all().take(status.init.len());
    let in_init =
        pod.spec.init_containers.len() > init.filter(|own| own.state.terminated().is_some()).count();
    let place = status.condition(Sym::new("PodScheduled")).filter(|own| own.status == Tri::False);
    let why = place.map_or_else(String::new, |own| own.message.show(&pod.ident).to_string());
    let because =
        ["Insufficient cpu", "Insufficient memory", "affinity/selector", "untolerated taint", "volume"]
            .map(|words| why.contains(words));
    let top = pod.controller.map(|owner| w.workloads.topmost(owner));
    let owner = top.and_then(|top| places.objects.iter().position(|own| *own == Some(top)));
    let node = pod.node.and_then(|node| places.nodes.iter().position(|own| *own == Some(node.ix())));
    let row: [f32; POD.len()] = [
        1.0,
        phase(Phase::Pending),
        phase(Phase::Running),
        phase(Phase::Succeeded),
        phase(Phase::Failed),
        phase(Phase::Unknown),
        is(status.condition_is_true(Sym::READY)),
        share(pod.shown.ready.0, pod.shown.ready.1),
        is(pod.node.is_some()),
        is(pod.deletion.is_some()),
        share(pod.shown.restarts, 10),
        hour(pod.created, now),
        is(trouble == Some(Trouble::Image)),
        is(trouble == Some(Trouble::Config)),
        is(matches!(trouble, Some(Trouble::Start | Trouble::Hook))),
        is(plain == "CrashLoopBackOff"),
        is(in_init && status.phase == Phase::Pending && pod.node.is_some()),
        is(reasons::is_beginning(Sym::new(plain))),
        is(ended().any(|own| own.exit_code != 0)),
        is(ended().any(|own| own.reason == Sym::OOM_KILLED)),
        is(ended().any(|own| {
            own.exit_code > 128 && own.reason != Sym::OOM_KILLED && own.reason != Sym::START_ERROR
        })),
        is(ended().any(|own| own.reason == Sym::START_ERROR)),
        is(because[0]),
        is(because[1]),
        is(because[2]),
        is(because[3]),
        is(because[4]),
        is(place.is_some() && !because.contains(&true)),
        is(owner.is_some()),
        owner.map_or(0.0, |at| share(at as i64 + 1, OBJECTS as i64)),
        is(node.is_some()),
        node.map_or(0.0, |at| share(at as i64 + 1, NODES as i64)),
    ];
    out.extend(row);
}

fn object_row(drill: &Drill, w: &World, key: ObjectKey, now: Time, out: &mut Vec<f32>) {
    let held = w.workloads.held(key);
    let state = held.and_then(AnyHeld::told).map(|(state, ..)| state);
    let figures = tree::figures(w, key).unwrap_or_default();
    let (mut endpoints, mut has_selector, mut used_up) = (0, false, false);
    match key {
        ObjectKey::Service(id) => {
            let own = &w.workloads.services[id.ix()];
            endpoints = own.beside.as_ref().map_or(0, |own| i64::from(own.counts[0]));
            has_selector = own.object.selector.is_some();
        }
        ObjectKey::PodDisruptionBudget(id) => {
            used_up = w.workloads.budgets[id.ix()].object.status.disruptions_allowed <= 0;
        }
        ObjectKey::ResourceQuota(id) => {
            let status = &w.workloads.resource_quotas[id.ix()].object.status;
            used_up = match (&status.hard, &status.used) {
                (Some(hard), Some(used)) => hard.iter().any(|(what, much)| used.get(what) == Some(much)),
                _ => false,
            };
        }
        _ => {}
    }
    let desired = i64::from(figures.desired.unwrap_or(0));
    let of_desired = |own: Option<i32>| share(own.unwrap_or(0), desired);
    let name = tree::name(w, key);
    let wanted = name.split_once('/').and_then(|(kind, name)| drill.wanted_replicas(kind, name));
    let created = held.map_or(now, |own| own.meta().created);
    let row: [f32; OBJECT.len()] = [
        1.0,
        is(matches!(key, ObjectKey::Deployment(_))),
        is(matches!(key, ObjectKey::StatefulSet(_))),
        is(matches!(key, ObjectKey::DaemonSet(_))),
        is(matches!(key, ObjectKey::ReplicaSet(_))),
        is(matches!(key, ObjectKey::Job(_))),
        is(matches!(key, ObjectKey::CronJob(_))),
        is(matches!(key, ObjectKey::Service(_))),
        is(matches!(key, ObjectKey::ResourceQuota(_))),
        is(matches!(key, ObjectKey::PodDisruptionBudget(_))),
        is(matches!(key, ObjectKey::HorizontalPodAutoscaler(_))),
        share(desired, 10),
        share(figures.current.unwrap_or(0), 10),
        of_desired(figures.updated),
        of_desired(figures.ready),
        of_desired(figures.available.or(figures.succeeded)),
        share(wanted.unwrap_or(0), 10),
        is(state == Some(WorkloadState::Progressing)),
        is(state == Some(WorkloadState::Complete)),
        is(state == Some(WorkloadState::Failed)),
        is(state == Some(WorkloadState::Paused)),
        is(state == Some(WorkloadState::Suspended)),
        is(figures.conditions.contains("ReplicaFailure=True")),
        share(endpoints, 10),
        is(has_selector),
        is(used_up),
        hour(created, now),
    ];
    out.extend(row);
}

fn node_row(w: &World, node: usize, out: &mut Vec<f32>) {
    let own = &w.nodes[node];
    let pressed = |kind| is(own.condition(kind).status == Tri::True);
    let own_taints = own.spec.taints.iter().any(|taint| !taint.key.starts_with("node.kubernetes.io/"));
    let there = w.pods.iter().filter(|pod| pod.exists && pod.node.is_some_and(|at| at.ix() == node)).count();
    let row: [f32; NODE.len()] = [
        1.0,
        is(own.ready() == Tri::True),
        is(own.ready() == Tri::Unknown),
        is(own.spec.unschedulable),
        is(own_taints),
        pressed(NodeConditionKind::MemoryPressure),
        pressed(NodeConditionKind::DiskPressure),
        pressed(NodeConditionKind::PidPressure),
        share(there as i64, 110),
    ];
    out.extend(row);
}

fn clock(drill: &Drill, out: &mut Vec<f32>) {
    let (own, walk) = (drill.standing(), drill.walk());
    let came = walk.now() - drill.clock();
    let row: [f32; CLOCK.len()] = [
        share(drill.clock().secs(), walk.plan().until.since(came).secs()),
        share(own.met as i64, own.wanted as i64),
        own.well_for.map_or(0.0, |span| share(span.secs(), 120)),
        share(own.named as i64, own.faults as i64),
        share(own.wrong, 5),
        share(own.lost.secs(), 600),
        is(drill.is_solved()),
        share(drill.points().total, 100),
    ];
    out.extend(row);
}
