//! What the controller of Jobs asks the API server for: pods, which are made of the Job's template, the finalizer by which
//! they wait to be counted, and the status.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::job_pods::is_tracked;
use super::made::{self, Asked};
use super::work::{conflict, script_of, tell};
use crate::actors::api_server::{self, Edit, Name, NewPod};
use crate::api::job::{COMPLETION_INDEX, Job, TRACKING_FINALIZER};
use crate::api::text::Uid;
use crate::api::{EventText, EventType, PodName, Sym};
use crate::rules::controllers::job::MadePod;
use crate::rules::controllers::job::made::INDEX_VARIABLE;
use crate::rules::controllers::told::Told;
use crate::rules::controllers::{ownership, pod_control};
use crate::scenario::plan::TemplateIx;
use crate::world::jobs::{JobRequest, JobScript, JobStage};
use crate::world::manager::{Controller, Script};
use crate::world::{JobId, ObjectKey, PodId, World};

/// A request of a sync is carried out.
pub fn carry_out(w: &mut World, id: JobId, asked: &JobRequest) -> Option<String> {
    let mut error = None;
    match asked {
        // Whatever a controller makes there would be refused, and it says nothing of that.
        JobRequest::Make(_)
            if w.namespaces.is_terminating(w.workloads.jobs[id.ix()].object.meta.namespace) => {}
        JobRequest::Make(made) => match make(w, id, *made) {
            Ok(pod) => {
                tell_of_pod(w, id, "SuccessfulCreate", "Created pod: ", w.pods[pod.ix()].ident.name);
                with_script(w, id, |script| script.done.made += 1);
            }
            Err(refused) => {
                w.controllers.jobs[id.ix()].expected.seen_made();
                with_script(w, id, |script| script.is_refused = true);
                tell_all(w, id, vec![pod_control::create_failed(&refused)]);
                error = Some(refused);
            }
        },
        JobRequest::Adopt(pod) => adopt(w, id, *pod),
        JobRequest::Release(pod) => release(w, id, *pod),
        JobRequest::Untrack(pod) => {
            let uid: Uid = w.pods[pod.ix()].ident.uid;
            untrack(w, *pod);
            with_script(w, id, |script| script.gone.push(uid));
        }
        JobRequest::Delete(pod) => {
            let p = &w.pods[pod.ix()];
            let (name, exists) = (p.ident.name, p.exists);
            if exists {
                api_server::delete_pod(w, *pod, None);
                tell_of_pod(w, id, "SuccessfulDelete", "Deleted pod: ", name);
            } else {
                w.controllers.jobs[id.ix()].expected.seen_going(*pod);
            }
            with_script(w, id, |script| script.done.deleted += 1);
        }
        JobRequest::SetStatus => error = set_status(w, id),
    }
    error
}

fn with_script(w: &mut World, id: JobId, change: impl FnOnce(&mut JobScript)) {
    if let Some(Script::Job(script)) = script_of(w, Controller::Job, ObjectKey::Job(id)) {
        change(script);
    }
}

fn tell_of_pod(w: &mut World, id: JobId, reason: &str, before: &str, pod: PodName) {
    let (before, after) = (Sym::new(before), Sym::EMPTY);
    let message = EventText::AboutPod { before, pod, after, combined: false };
    tell(w, Controller::Job, ObjectKey::Job(id), EventType::Normal, Sym::new(reason), message);
}

/// PUT of a Job's status (`ValidateJobUpdateStatus`, pkg/apis/batch/validation/validation.go).
fn set_status(w: &mut World, id: JobId) -> Option<String> {
    let Some(Script::Job(script)) = script_of(w, Controller::Job, ObjectKey::Job(id)) else { return None };
    let (JobStage::First(settled, _) | JobStage::Last(settled, _)) = &script.stage else { return None };
    let (status, upon) = (settled.status.clone(), script.version);
    let meta = &w.workloads.jobs[id.ix()].object.meta;
    let name = meta.name;
    let refused = if meta.resource_version != upon {
        Some(conflict("jobs.batch", name.as_str()))
    } else if status.ready.is_some_and(|ready| ready > status.active) {
        let ready = status.ready.unwrap_or(0);
        Some(format!(
            "Job.batch \"{name}\" is invalid: status.ready: Invalid value: {ready}: cannot set more ready pods than active"
        ))
    } else {
        api_server::update_status_of(w, id, |own: &mut Job| own.status = status);
        None
    };
    let version = w.workloads.jobs[id.ix()].object.meta.resource_version;
    with_script(w, id, |script| {
        script.version = version;
        script.has_failed = refused.is_some();
    });
    refused
}

/// What a sync tells of its Job.
pub fn tell_all(w: &mut World, id: JobId, told: Vec<Told>) {
    for one in told {
        tell(w, Controller::Job, ObjectKey::Job(id), one.kind, one.reason, one.message.into());
    }
}

/// POST of a pod of a Job.
///
/// # Errors
/// The API server refuses it; its words.
fn make(w: &mut World, id: JobId, made: MadePod) -> Result<PodId, String> {
    let key = ObjectKey::Job(id);
    let base = Sym::new(&made.generate_name(w.workloads.jobs[id.ix()].object.meta.name.as_str()));
    let entity = api_server::makes(w, key);
    let owners = Some(Arc::clone(&w.workloads.jobs[id.ix()].beside.as_owner));
    let template = template(w, id, made, base)?;
    let (name, controller) = (Name::Generate(base), Some(key));
    let new = NewPod { template, name, entity, owners, controller, spec: None };
    api_server::create_pod(w, new).map_err(|refused| refused.to_string())
}

/// What such pods are made of; they are admitted when the first one is made.
fn template(w: &mut World, id: JobId, made: MadePod, base: Sym) -> Result<TemplateIx, String> {
    let held = &w.workloads.jobs[id.ix()];
    if let Some(template) = held.beside.templates.get(&made) {
        return Ok(*template);
    }
    let template = marked(&held.object, made);
    let index = made.index.and_then(|index| u32::try_from(index).ok());
    let maker = ObjectKey::Job(id);
    let template = made::admitted(w, &Asked { maker, template: &template, base, revision: None, index })?;
    api_server::beside::<Job>(w, id).templates.insert(made, template);
    Ok(template)
}

/// The Job's template with what `manageJob` adds: the finalizer, and of an indexed one the index.
fn marked(job: &Job, made: MadePod) -> Value {
    let mut template = job.spec.template.value.clone();
    let mut finalizers = job.spec.template.finalizers.to_vec();
    let tracking = Sym::new(TRACKING_FINALIZER);
    if !finalizers.contains(&tracking) {
        finalizers.push(tracking);
    }
    let (mut labels, mut annotations) =
        ((*job.spec.template.labels).clone(), (*job.spec.template.annotations).clone());
    made.mark(&mut labels, &mut annotations);
    if !template["metadata"].is_object() {
        template["metadata"] = Value::Object(Map::new());
    }
    template["metadata"]["labels"] = json!(labels);
    template["metadata"]["annotations"] = json!(annotations);
    template["metadata"]["finalizers"] =
        json!(finalizers.iter().map(|name| name.as_str()).collect::<Vec<_>>());
    if let Some(hostname) = made.hostname(job.meta.name.as_str()) {
        template["spec"]["hostname"] = hostname.into();
        for list in ["initContainers", "containers"] {
            let containers = template["spec"].get_mut(list).and_then(Value::as_array_mut);
            containers.into_iter().flatten().for_each(tell_index);
        }
    }
    template
}

/// A container learns its index, unless it has a variable of that name (`addCompletionIndexEnvVariable`).
fn tell_index(container: &mut Value) {
    if !container["env"].is_array() {
        container["env"] = json!([]);
    }
    let path = format!("metadata.labels['{COMPLETION_INDEX}']");
    let own = json!({
        "name": INDEX_VARIABLE,
        "valueFrom": { "fieldRef": { "apiVersion": "v1", "fieldPath": path } },
    });
    if let Some(env) = container["env"].as_array_mut()
        && env.iter().all(|one| one["name"] != INDEX_VARIABLE)
    {
        env.push(own);
    }
}

/// PATCH that makes the Job a pod's controller, and adds the finalizer; from then on it is among its pods, and none that it
/// waits for.
fn adopt(w: &mut World, id: JobId, pod: PodId) {
    let Some(owner) = w.workloads.jobs[id.ix()].beside.as_owner.first().cloned() else { return };
    let tracking = Sym::new(TRACKING_FINALIZER);
    api_server::own_and_hold_pod(w, pod, |owners, finalizers| {
        *owners = Arc::unwrap_or_clone(ownership::adopted(owners, owner));
        if !finalizers.contains(&tracking) {
            finalizers.push(tracking);
        }
    });
    if w.pods[pod.ix()].controller == Some(ObjectKey::Job(id)) {
        w.controllers.job_of.insert(pod, id);
        w.controllers.jobs[id.ix()].pods.insert(pod);
    }
}

/// PATCH that takes the Job from a pod's owners, and the finalizer with it.
fn release(w: &mut World, id: JobId, pod: PodId) {
    let uid = w.workloads.jobs[id.ix()].object.meta.uid;
    api_server::own_and_hold_pod(w, pod, |owners, finalizers| {
        *owners = Arc::unwrap_or_clone(ownership::released(owners, uid));
        finalizers.retain(|name| *name != TRACKING_FINALIZER);
    });
}

/// PATCH that takes the finalizer from a pod; one that is gone has none.
pub fn untrack(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    if is_tracked(p) {
        let left = p.finalizers.iter().copied().filter(|name| *name != TRACKING_FINALIZER).collect();
        api_server::update(w, pod, Edit { finalizers: Some(left), ..Edit::default() });
    }
}
