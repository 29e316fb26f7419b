//! What the scenario's `[[action]]`s do, with kubectl's words where a target is not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::api_server::Edit;
use super::{api_server, disruption};
use crate::api::{Condition, ProbeKind, Sym, Taint, Text, Tri, wire};
use crate::engine::Distribution;
use crate::rules::validation::update;
use crate::scenario::plan::{ObjectKind, ProbePoint, Target, Verb};
use crate::time::Span;
use crate::world::{NodeId, PodId, SimEvent, World};

/// Plays an action.
pub fn play(w: &mut World, index: u32) {
    let plan = Arc::clone(&w.plan);
    let action = &plan.actions[index as usize];
    match &action.verb {
        Verb::DeletePod { pod, grace_secs, force } => {
            let grace = if *force { Some(grace_secs.unwrap_or(0)) } else { *grace_secs };
            for pod in pods(w, pod) {
                api_server::delete_pod(w, pod, grace);
            }
        }
        Verb::Evict { pod, grace_secs } => {
            for pod in pods(w, pod) {
                evict(w, pod, *grace_secs);
            }
        }
        Verb::Cordon { node } => set_unschedulable(w, node, true),
        Verb::Uncordon { node } => set_unschedulable(w, node, false),
        Verb::SetCondition { pod, kind, status, reason, message } => {
            for pod in pods(w, pod) {
                let condition = Condition::new(*kind, *status).because(*reason, Text::Is(*message));
                api_server::update_status(w, pod, |s, now| api_server::put_condition(s, condition, now));
            }
        }
        Verb::Ungate { pod, gate } => {
            for pod in pods(w, pod) {
                let mut spec = (*w.pods[pod.ix()].spec).clone();
                spec.scheduling_gates.retain(|g| gate.is_some_and(|gate| g.name != gate));
                api_server::update(w, pod, Edit { spec: Some(spec), ..Edit::default() });
            }
        }
        Verb::SetImage { pod, container, image } => {
            for pod in pods(w, pod) {
                set_image(w, pod, *container, *image);
            }
        }
        Verb::Patch { pod, merge } => {
            for pod in pods(w, pod) {
                patch(w, pod, merge);
            }
        }
        Verb::Resize { pod, container, resources } => {
            for pod in pods(w, pod) {
                super::pod_resize::resize(w, pod, *container, resources);
            }
        }
        Verb::Create { kind, namespace, name, keys } => {
            for object in objects(w, *kind, *namespace, *name) {
                api_server::objects::create(w, object, keys);
            }
        }
        Verb::Remove { kind, namespace, name } => {
            for object in objects(w, *kind, *namespace, *name) {
                api_server::objects::delete(w, object);
            }
        }
        Verb::BindClaim { namespace, name } => {
            for object in objects(w, ObjectKind::PersistentVolumeClaim, *namespace, *name) {
                api_server::objects::bind_claim(w, object);
            }
        }
        Verb::RestartKubelet { node, takes } => {
            for node in nodes(w, node) {
                super::kubelet::restart(w, node, *takes);
            }
        }
        Verb::SetProbe { pod, container, probe, ok, takes, output } => {
            let takes = takes.map(Distribution::Constant);
            let failure_rate = if *ok { 0.0 } else { 1.0 };
            let point = ProbePoint { at: Span::ZERO, failure_rate, takes, output: *output };
            for pod in pods(w, pod) {
                set_probe(w, pod, *container, *probe, point.clone());
            }
        }
        Verb::Kill { pod, container, signal } => {
            for pod in pods(w, pod) {
                if let Some(ix) = w.pods[pod.ix()].find(*container) {
                    super::runtime::end(w, pod, ix, 128 + i32::from(*signal), Sym::ERROR);
                }
            }
        }
        Verb::KillSandbox { pod } => {
            for pod in pods(w, pod) {
                super::runtime::sandbox_dies(w, pod);
            }
        }
        Verb::StopNode { node } => {
            for node in nodes(w, node) {
                super::runtime::machine_off(w, node);
            }
        }
        Verb::StartNode { node } => {
            for node in nodes(w, node) {
                super::runtime::machine_on(w, node);
            }
        }
        Verb::DeleteNode { node } => {
            for node in nodes(w, node) {
                api_server::nodes::delete(w, node);
            }
        }
        Verb::Taint { node, taints } => {
            for node in nodes(w, node) {
                api_server::nodes::update(w, node, |n, _| {
                    let list = &mut n.spec.taints;
                    list.retain(|old| !taints.iter().any(|t| t.key == old.key && t.effect == old.effect));
                    list.extend(taints.iter().copied());
                });
            }
        }
        Verb::Untaint { node, taints } => {
            let goes = |old: &Taint| {
                taints.iter().any(|(key, effect)| *key == old.key && effect.is_none_or(|e| e == old.effect))
            };
            for node in nodes(w, node) {
                api_server::nodes::update(w, node, |n, _| n.spec.taints.retain(|old| !goes(old)));
            }
        }
        Verb::Drain { node } => {
            set_unschedulable(w, node, true);
            for node in nodes(w, node) {
                for pod in w.machines[node.ix()].pods.clone() {
                    if w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node) {
                        drain(w, pod);
                    }
                }
            }
        }
        Verb::LabelNode { node, labels } => {
            for node in nodes(w, node) {
                api_server::nodes::update(w, node, |n, _| relabel(&mut n.spec.labels, labels));
            }
        }
        Verb::LabelPod { pod, labels } => {
            for pod in pods(w, pod) {
                let mut own = (*w.pods[pod.ix()].labels).clone();
                relabel(&mut own, labels);
                api_server::update(w, pod, Edit { labels: Some(own), ..Edit::default() });
            }
        }
        Verb::Debug { pod, container, image } => {
            for pod in pods(w, pod) {
                if w.pods[pod.ix()].container_count() >= crate::api::ContainerIx::MOST {
                    w.answer("Error from server: etcdserver: request is too large");
                    continue;
                }
                let added = crate::api::Container { name: *container, image: *image, ..Default::default() };
                let mut spec = (*w.pods[pod.ix()].spec).clone();
                spec.ephemeral_containers.push(added);
                api_server::update(w, pod, Edit { spec: Some(spec), ..Edit::default() });
            }
        }
        Verb::Shutdown { node } => {
            for node in nodes(w, node) {
                super::kubelet::shutdown::begin(w, node);
            }
        }
        Verb::Pressure { node, resource, lasts } => {
            for node in nodes(w, node) {
                super::kubelet::eviction::begin(w, node, *resource, *lasts);
            }
        }
    }
}

/// The process that runs (or the next one) answers a probe otherwise from now on; later ones as the scenario says.
fn set_probe(w: &mut World, pod: PodId, container: Sym, probe: ProbeKind, answer: ProbePoint) {
    let now = w.now;
    let p = w.local_mut(pod);
    let Some(ix) = p.find(container).map(usize::from) else { return };
    let Some(attempt) = p.runtime.containers.get(ix).map(|run| run.attempt as usize) else { return };
    let running = p.runtime.live.newest(container).filter(|c| c.state == crate::api::InstanceState::Running);
    let since = running.and_then(|c| c.started_at).map_or(Span::ZERO, |started| now.since(started));
    let Some(own) = Arc::make_mut(&mut p.runtime.behavior).containers.get_mut(ix) else { return };
    // The attempts from here on become explicit, so that only this one changes.
    let later = own.attempt(attempt as u32 + 1).clone();
    while own.attempts.len() <= attempt {
        own.attempts.push(later.clone());
    }
    if own.attempts.len() == attempt + 1 {
        own.attempts.push(later);
    }
    let attempt = &mut own.attempts[attempt];
    let points = match probe {
        ProbeKind::Startup => &mut attempt.startup,
        ProbeKind::Readiness => &mut attempt.readiness,
        ProbeKind::Liveness => &mut attempt.liveness,
    };
    points.retain(|point| point.at < since);
    points.push(ProbePoint { at: since, ..answer });
    super::kubelet::prober::container_changed(w, pod);
}

/// The places of the objects of a name.
fn objects(w: &World, kind: ObjectKind, namespace: Option<Sym>, name: Sym) -> Vec<usize> {
    let fits = |object: &usize| {
        let plan = &w.plan.objects[w.objects[*object].plan];
        plan.kind == kind && plan.name == name && namespace.is_none_or(|n| n == plan.namespace)
    };
    (0..w.objects.len()).filter(fits).collect()
}

/// How often `kubectl drain` asks again for a pod that its budget keeps.
const DRAIN_RETRY: Span = Span::from_secs(5);

/// `kubectl drain` evicts a pod; it asks again until the budget lets the pod go (staging/src/k8s.io/kubectl/pkg/drain).
pub fn drain(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    if !p.exists || p.deletion.is_some() {
        return;
    }
    if disruption::may_evict(w, pod).is_err() {
        w.after(DRAIN_RETRY, SimEvent::DrainRetry { pod });
    } else {
        evict(w, pod, None);
    }
}

/// The eviction subresource (pkg/registry/core/pod/storage/eviction.go).
fn evict(w: &mut World, pod: PodId, grace_secs: Option<i64>) {
    if let Err(words) = disruption::may_evict(w, pod) {
        w.answer(&words);
        return;
    }
    if w.pods[pod.ix()].deletion.is_none() && !w.pods[pod.ix()].status.form().phase.is_terminal() {
        let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True)
            .because(Sym::EVICTION_BY_EVICTION_API, "Eviction API: evicting");
        api_server::update_status(w, pod, |s, now| api_server::put_condition(s, condition, now));
    }
    api_server::delete_pod(w, pod, grace_secs);
}

fn set_unschedulable(w: &mut World, target: &Target, value: bool) {
    for node in nodes(w, target) {
        api_server::nodes::update(w, node, |n, _| n.spec.unschedulable = value);
    }
}

/// `kubectl label`: a value is set, or without one taken away.
fn relabel(own: &mut BTreeMap<String, String>, labels: &BTreeMap<String, Option<String>>) {
    for (key, value) in labels {
        match value {
            Some(value) => own.insert(key.clone(), value.clone()),
            None => own.remove(key),
        };
    }
}

/// `kubectl set image`
fn set_image(w: &mut World, pod: PodId, container: Sym, image: Sym) {
    write(w, pod, |object| {
        for list in ["/spec/containers", "/spec/initContainers"] {
            let list = object.pointer_mut(list).and_then(Value::as_array_mut);
            let named = list.into_iter().flatten().find(|c| c["name"] == container.as_str());
            if let Some(own) = named {
                own["image"] = json!(image.as_str());
            }
        }
    });
}

/// `kubectl patch`
fn patch(w: &mut World, pod: PodId, merge: &Value) {
    write(w, pod, |object| merge_into(object, merge));
}

/// A pod's object is written as it should be from now on: let in or refused as the API server does it
/// (`ValidatePodUpdate`).
fn write(w: &mut World, pod: PodId, change: impl FnOnce(&mut Value)) {
    let old = api_server::object(&w.pods[pod.ix()]);
    let mut new = old.clone();
    change(&mut new);
    if let (Some(before), Some(after)) = (old.as_object(), new.as_object()) {
        let errors = update::validate(before, after, &w.gates);
        if !errors.0.is_empty() {
            let name = w.pods[pod.ix()].ident.name.to_string();
            let refused = crate::rules::admission::Rejection::Invalid { name, errors };
            w.answer(&format!("The {refused}"));
            return;
        }
    }
    let (before, after) = (&old["metadata"], &new["metadata"]);
    let labels = (before["labels"] != after["labels"])
        .then(|| serde_json::from_value(after["labels"].clone()).unwrap_or_default());
    let finalizers = (before["finalizers"] != after["finalizers"]).then(|| {
        let list = after["finalizers"].as_array().into_iter().flatten();
        list.filter_map(|f| f.as_str().map(Sym::new)).collect()
    });
    let spec = (old["spec"] != new["spec"]).then(|| wire::pod_spec(&new["spec"]));
    let annotations = before["annotations"] != after["annotations"];
    api_server::update(w, pod, Edit { labels, annotations, finalizers, spec });
}

/// A JSON merge patch (RFC 7386): null takes away, objects are merged, all else replaces.
fn merge_into(target: &mut Value, patch: &Value) {
    let Some(members) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    if let Some(own) = target.as_object_mut() {
        for (key, value) in members {
            if value.is_null() {
                own.remove(key);
            } else {
                merge_into(own.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

/// The pods that a target names, oldest first; kubectl's answer if there are none.
fn pods(w: &mut World, target: &Target) -> Vec<PodId> {
    let found: Vec<PodId> = PodId::all(w.pods.len())
        .filter(|pod| {
            let p = &w.pods[pod.ix()];
            let name = p.ident.name.to_string();
            p.exists
                && target.namespace.as_deref().is_none_or(|n| p.ident.namespace == n)
                && if target.prefix { name.starts_with(&target.name) } else { name == target.name }
        })
        .collect();
    if found.is_empty() && !target.prefix {
        w.answer(&format!("Error from server (NotFound): pods \"{}\" not found", target.name));
    }
    found
}

fn nodes(w: &mut World, target: &Target) -> Vec<NodeId> {
    let found: Vec<NodeId> = NodeId::all(w.nodes.len())
        .filter(|node| {
            let n = &w.nodes[node.ix()];
            n.exists
                && if target.prefix {
                    n.spec.name.starts_with(&target.name)
                } else {
                    n.spec.name == *target.name
                }
        })
        .collect();
    if found.is_empty() && !target.prefix {
        w.answer(&format!("Error from server (NotFound): nodes \"{}\" not found", target.name));
    }
    found
}
