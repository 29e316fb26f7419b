//! The controller of HorizontalPodAutoscalers: every 15 seconds a look at each, and then perhaps another number of pods.
//!
//! Source: `enqueueHPA`, `processNextWorkItem`, `reconcileKey`, `reconcileAutoscaler`, `updateStatusIfNeeded` in
//! pkg/controller/podautoscaler/horizontal.go; rate_limiters.go (v1.36.3). What a look comes to is law
//! ([`crate::rules::controllers::horizontal`]). Whatever happens to an autoscaler, it is looked at 15 seconds later, if not
//! before: news of it comes to nothing else. A change of scale that somebody came before is tried again at once by the real
//! one; here it goes through.

use std::sync::Arc;

use super::usage::Usage;
use super::work::{Again, add_at, conflict, tell};
use crate::actors::api_server;
use crate::api::Sym;
use crate::api::autoscaling::{HorizontalPodAutoscaler, Reference};
use crate::api::spec::LabelSelector;
use crate::api::stateful_set::StatefulSet;
use crate::api::wire_workloads::selector_value;
use crate::api::workload::{Deployment, ReplicaSet};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::horizontal::calculator::SeenPod;
use crate::rules::controllers::horizontal::{self as rule, Look, PERIOD, Scale, Seen};
use crate::rules::controllers::told::Told;
use crate::rules::kubectl::tables::selector_text;
use crate::rules::scheduler::placement::selector::{Selector, labels};
use crate::world::autoscalers::{
    AutoscalerMemory, AutoscalerRequest, AutoscalerScript, AutoscalerStage as Stage,
};
use crate::world::manager::{Controller, Request, Script};
use crate::world::workloads::{AutoscalerId, ObjectKey};
use crate::world::{PodId, World};

/// News has come of an autoscaler.
pub fn informed(w: &mut World, key: ObjectKey) {
    let ObjectKey::HorizontalPodAutoscaler(id) = key else { return };
    if w.workloads.autoscalers[id.ix()].exists {
        let at = w.now + PERIOD;
        add_at(w, Controller::Autoscaler, key, at);
    }
}

/// A worker takes an autoscaler.
pub fn look(w: &mut World, id: AutoscalerId) -> Option<(Script, Vec<Request>)> {
    let held = &w.workloads.autoscalers[id.ix()];
    if !held.exists {
        *memory(w, id) = AutoscalerMemory::default();
        return None;
    }
    let version = held.object.meta.resource_version;
    let script = AutoscalerScript { id, version, stage: Stage::Scale, look: None, told: 0 };
    let first = match target(w, id) {
        Ok(_) => vec![Request::Get],
        // What is no kind with a scale is not asked for.
        Err(_) => Vec::new(),
    };
    Some((Script::Autoscaler(Box::new(script)), first))
}

/// After its look it comes again, whatever came of it.
pub fn again(w: &World, script: &AutoscalerScript) -> Option<Again> {
    w.workloads.autoscalers[script.id.ix()].exists.then_some(Again::At(w.now + PERIOD))
}

fn memory(w: &mut World, id: AutoscalerId) -> &mut AutoscalerMemory {
    let all = &mut w.controllers.autoscalers;
    if all.len() <= id.ix() {
        all.resize_with(id.ix() + 1, AutoscalerMemory::default);
    }
    &mut all[id.ix()]
}

/// What comes after the requests of a stage; nothing: it is done. Nobody tries again because of an error.
pub fn next(w: &mut World, script: &mut AutoscalerScript, error: &mut Option<String>) -> Vec<Request> {
    let error = error.take();
    match std::mem::replace(&mut script.stage, Stage::Status) {
        Stage::Scale => {
            let scale = target(w, script.id).and_then(|key| scale(w, script.id, key));
            let spec = &w.workloads.autoscalers[script.id.ix()].object.spec;
            // Where the bounds decide, nobody asks for a metric.
            let within = |scale: &Scale| scale.wanted >= spec.min && scale.wanted <= spec.max;
            let metrics = spec.metrics.len();
            match scale {
                Ok(scale) if within(&scale) && metrics > 0 => {
                    script.stage = Stage::Metrics(scale, metrics - 1);
                    vec![Request::Get]
                }
                scale => decide(w, script, scale),
            }
        }
        Stage::Metrics(scale, 0) => decide(w, script, Ok(scale)),
        Stage::Metrics(scale, left) => {
            script.stage = Stage::Metrics(scale, left - 1);
            vec![Request::Get]
        }
        Stage::Rescale => {
            let (now, own) = (w.now, w.workloads.autoscalers[script.id.ix()].object.clone());
            let outcome = error.map_or(Ok(()), Err);
            if let Some(look) = &mut script.look {
                look.settle(&own, &mut memory(w, script.id).paced, outcome, now);
            }
            write_status(w, script)
        }
        Stage::Status => {
            if let Some(why) = error {
                told(w, script.id, Told::warning("FailedUpdateStatus", why));
            }
            finish(w, script)
        }
    }
}

/// What is to be done: by what the scale said, and by what is measured now.
fn decide(w: &mut World, script: &mut AutoscalerScript, scale: Result<Scale, String>) -> Vec<Request> {
    let look = judge(w, script.id, scale);
    let to = look.rescale.as_ref().map(|rescale| rescale.to);
    script.look = Some(look);
    match to {
        Some(to) => {
            tell_more(w, script);
            script.stage = Stage::Rescale;
            vec![Request::Autoscaler(script.id, AutoscalerRequest::Rescale(to))]
        }
        None => write_status(w, script),
    }
}

fn judge(w: &mut World, id: AutoscalerId, scale: Result<Scale, String>) -> Look {
    let own = w.workloads.autoscalers[id.ix()].object.clone();
    let (gates, now) = (w.gates, w.now);
    if let (Ok(_), Ok(key)) = (&scale, target(w, id)) {
        memory(w, id).selector = selector_of(w, key).map(|selector| Selector::compile(Some(&selector)));
    }
    let mut paced = std::mem::take(&mut memory(w, id).paced);
    let pods = pods_of(w, id);
    let (rivals, names) = (rivals(w, &own, &pods), names(w, &pods));
    let seen: Vec<SeenPod> = pods.iter().zip(&names).map(|(pod, name)| seen(w, *pod, name)).collect();
    let usage = Usage::new(w, &own, &pods);
    let seen = Seen { scale, pods: &seen, rivals: &rivals, metrics: &usage, now };
    let look = rule::look(&own, &mut paced, seen, &gates);
    memory(w, id).paced = paced;
    look
}

/// The pods of its target.
fn pods_of(w: &World, id: AutoscalerId) -> Vec<PodId> {
    let own = &w.workloads.autoscalers[id.ix()].object;
    let known = w.controllers.autoscalers.get(id.ix()).and_then(|memory| memory.selector.as_ref());
    let Some(selector) = known else { return Vec::new() };
    let all = PodId::all(w.pods.len()).filter(|pod| {
        let p = &w.pods[pod.ix()];
        p.exists && p.ident.namespace == own.meta.namespace && selector.matches(&labels(&p.labels))
    });
    all.collect()
}

/// All autoscalers that select one of its pods, as far as the controller knows their targets.
fn rivals(w: &World, own: &HorizontalPodAutoscaler, pods: &[PodId]) -> Vec<String> {
    let all = w.workloads.autoscalers.iter().zip(&w.controllers.autoscalers);
    let selecting = all.filter(|(held, memory)| {
        let Some(selector) = &memory.selector else { return false };
        held.exists
            && held.object.meta.namespace == own.meta.namespace
            && pods.iter().any(|pod| selector.matches(&labels(&w.pods[pod.ix()].labels)))
    });
    let mut names: Vec<String> = selecting
        .map(|(held, _)| format!("{}/{}", held.object.meta.namespace, held.object.meta.name))
        .collect();
    // The real one names them in any order.
    names.sort_unstable();
    names
}

fn names(w: &World, pods: &[PodId]) -> Vec<String> {
    pods.iter().map(|pod| w.pods[pod.ix()].ident.name.to_string()).collect()
}

fn seen<'a>(w: &'a World, pod: PodId, name: &'a str) -> SeenPod<'a> {
    let p = &w.pods[pod.ix()];
    let ready = p.status.condition(Sym::READY);
    SeenPod {
        name,
        phase: p.status.phase(),
        is_going: p.deletion.is_some(),
        started: p.status.start_time(),
        ready: ready.map(|one| (one.status, one.last_transition.unwrap_or(p.created))),
        spec: &p.spec,
    }
}

/// What it scales.
///
/// # Errors
/// There is no such kind, or it has no scale.
fn kind_of(target: Reference) -> Result<ObjectType, String> {
    let group = target.version.as_str().split_once('/').map_or("", |(group, _)| group);
    let found =
        ObjectType::ALL.iter().find(|of| of.name() == target.kind.as_str() && of.law().group == group);
    match found.copied() {
        None => Err(format!("no matches for kind \"{}\" in group \"{group}\"", target.kind)),
        Some(
            kind @ (ObjectType::Deployment
            | ObjectType::ReplicaSet
            | ObjectType::ReplicationController
            | ObjectType::StatefulSet),
        ) => Ok(kind),
        Some(_) => Err("the server could not find the requested resource".to_owned()),
    }
}

/// What it scales, if that is there.
fn target(w: &World, id: AutoscalerId) -> Result<Option<ObjectKey>, String> {
    let own = &w.workloads.autoscalers[id.ix()].object;
    let kind = kind_of(own.spec.target)?;
    Ok(w.workloads.find(kind.singular(), own.meta.namespace, own.spec.target.name))
}

/// GET of a scale.
fn scale(w: &World, id: AutoscalerId, key: Option<ObjectKey>) -> Result<Scale, String> {
    let (wanted, counted) = match key {
        Some(ObjectKey::Deployment(id)) => {
            let own = &w.workloads.deployments[id.ix()].object;
            (own.spec.replicas, own.status.replicas)
        }
        Some(ObjectKey::ReplicaSet(id)) => {
            let own = &w.workloads.replica_sets[id.ix()].object;
            (own.spec.replicas, own.status.replicas)
        }
        Some(ObjectKey::StatefulSet(id)) => {
            let own = &w.workloads.stateful_sets[id.ix()].object;
            (own.spec.replicas, own.status.replicas)
        }
        _ => return Err(not_found(w, id)),
    };
    let selector = selector_of(w, key).map_or_else(String::new, |own| selector_text(&selector_value(&own)));
    Ok(Scale { wanted, counted, selector })
}

fn not_found(w: &World, id: AutoscalerId) -> String {
    let target = w.workloads.autoscalers[id.ix()].object.spec.target;
    let resource = kind_of(target).map_or_else(|_| String::new(), ObjectType::qualified_resource);
    format!("{resource} \"{}\" not found", target.name)
}

fn selector_of(w: &World, key: Option<ObjectKey>) -> Option<Arc<LabelSelector>> {
    let all = &w.workloads;
    Some(Arc::clone(match key? {
        ObjectKey::Deployment(id) => &all.deployments[id.ix()].object.spec.selector,
        ObjectKey::ReplicaSet(id) => &all.replica_sets[id.ix()].object.spec.selector,
        ObjectKey::StatefulSet(id) => &all.stateful_sets[id.ix()].object.spec.selector,
        _ => return None,
    }))
}

/// The events of the look that are not told yet.
fn tell_more(w: &mut World, script: &mut AutoscalerScript) {
    let Some(look) = &script.look else { return };
    let events: Vec<Told> = look.events[script.told..].to_vec();
    script.told = look.events.len();
    for event in events {
        told(w, script.id, event);
    }
}

fn told(w: &mut World, id: AutoscalerId, event: Told) {
    let about = ObjectKey::HorizontalPodAutoscaler(id);
    tell(w, Controller::Autoscaler, about, event.kind, event.reason, event.message.into());
}

/// The status is written where it is another.
fn write_status(w: &mut World, script: &mut AutoscalerScript) -> Vec<Request> {
    tell_more(w, script);
    let Some(look) = &script.look else { return Vec::new() };
    if look.status == w.workloads.autoscalers[script.id.ix()].object.status {
        return finish(w, script);
    }
    script.stage = Stage::Status;
    let status = Box::new(look.status.clone());
    vec![Request::Autoscaler(script.id, AutoscalerRequest::Status(status, script.version))]
}

fn finish(w: &mut World, script: &mut AutoscalerScript) -> Vec<Request> {
    let last = script.look.as_mut().and_then(|look| look.last.take());
    if let Some(event) = last {
        told(w, script.id, event);
    }
    Vec::new()
}

/// A request is carried out; what it fails with.
pub fn carry_out(w: &mut World, id: AutoscalerId, asked: AutoscalerRequest) -> Option<String> {
    match asked {
        AutoscalerRequest::Rescale(to) => rescale(w, id, to),
        AutoscalerRequest::Status(status, written) => {
            let held = &w.workloads.autoscalers[id.ix()];
            let (resource, name) = ("horizontalpodautoscalers.autoscaling", held.object.meta.name);
            if !held.exists {
                return Some(format!("{resource} \"{name}\" not found"));
            }
            if held.object.meta.resource_version != written {
                return Some(conflict(resource, &name));
            }
            api_server::update_status_of(w, id, |own: &mut HorizontalPodAutoscaler| own.status = *status);
            None
        }
    }
}

/// PUT of the target's scale.
fn rescale(w: &mut World, id: AutoscalerId, to: i32) -> Option<String> {
    match target(w, id) {
        Err(why) => return Some(why),
        Ok(Some(ObjectKey::Deployment(id))) => {
            api_server::update_object(w, id, |own: &mut Deployment| own.spec.replicas = to);
        }
        Ok(Some(ObjectKey::ReplicaSet(id))) => {
            api_server::update_object(w, id, |own: &mut ReplicaSet| own.spec.replicas = to);
        }
        Ok(Some(ObjectKey::StatefulSet(id))) => {
            api_server::update_object(w, id, |own: &mut StatefulSet| own.spec.replicas = to);
        }
        Ok(_) => return Some(not_found(w, id)),
    }
    None
}
