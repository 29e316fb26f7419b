//! Pods of Jobs: how a sync sees them, what they are made of, and the finalizer by which they wait to be counted.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::made::{self, Asked};
use super::replica_set::candidate;
use crate::actors::api_server::{self, Edit, Name, NewPod};
use crate::api::job::{COMPLETION_INDEX, INDEX_FAILURES, INDEX_IGNORED_FAILURES, Job, TRACKING_FINALIZER};
use crate::api::{Phase, PodStatus, Sym, Tri};
use crate::rules::controllers::job::back_off::{finished, latest_end};
use crate::rules::controllers::job::failure_policy::verdict;
use crate::rules::controllers::job::made::{INDEX_VARIABLE, failures, index};
use crate::rules::controllers::job::{MadePod, SeenPod};
use crate::scenario::plan::TemplateIx;
use crate::time::Span;
use crate::world::{JobId, ObjectKey, Pod, PodId, World};

/// Whether a pod carries the finalizer of Jobs.
pub fn is_tracked(p: &Pod) -> bool {
    p.exists && p.finalizers.iter().any(|name| *name == TRACKING_FINALIZER)
}

/// How a sync sees a pod; `is_untracked`: its finalizer has been taken, as far as the controller knows.
pub fn seen(w: &World, job: &Job, pod: PodId, is_untracked: bool) -> SeenPod {
    let p = &w.pods[pod.ix()];
    let annotations = &w.templates[p.template.ix()].annotations;
    let annotation = |key: &str| annotations.get(key).map(String::as_str);
    let phase = p.status.phase();
    let is_over = phase.is_terminal() || p.deletion.is_some();
    let candidate = candidate(w, pod, 0);
    let seen = SeenPod {
        candidate,
        is_deleted: p.deletion.is_some(),
        is_tracked: is_tracked(p) && !is_untracked,
        index: index(annotation(COMPLETION_INDEX)),
        failures: failures(annotation(INDEX_FAILURES)),
        ignored: failures(annotation(INDEX_IGNORED_FAILURES)),
        finished: candidate.created,
        restarts: 0,
        verdict: None,
    };
    if !is_over && job.spec.template.spec.restart_policy != Some(crate::api::RestartPolicy::OnFailure) {
        return seen;
    }
    let status = p.status.read();
    let restarts = status.containers.iter().chain(&status.init).map(|one| one.restart_count).sum();
    let verdict = job.spec.failure_policy.as_ref().filter(|_| phase == Phase::Failed).and_then(|rules| {
        let ended = status.containers.iter().chain(&status.init);
        let ended = ended.filter_map(|one| Some((one.name, one.state.terminated()?.exit_code)));
        let conditions = status.conditions.iter().map(|one| (one.kind, one.status));
        verdict(rules, &ended.collect::<Vec<_>>(), &conditions.collect::<Vec<_>>())
    });
    SeenPod { restarts, verdict, finished: end(p, &status), ..seen }
}

/// When a pod that is over, or goes, has finished.
fn end(p: &Pod, status: &PodStatus) -> crate::time::Time {
    let is_sidecar =
        |name: Sym| p.spec.init_containers.iter().any(|own| own.is_sidecar() && own.name == name);
    let of = |one: &crate::api::ContainerStatus| one.state.terminated().and_then(|ended| ended.finished_at);
    let ends = latest_end(None, status.containers.iter().map(of));
    let ends = latest_end(ends, status.init.iter().filter(|one| is_sidecar(one.name)).map(of));
    let not_ready = status.conditions.iter().find(|one| one.kind == Sym::READY && one.status == Tri::False);
    let asked_to_go = p.deletion.map(|deletion| deletion.at - Span::from_secs(deletion.grace_secs));
    finished(
        ends,
        not_ready.and_then(|ready| ready.last_transition),
        asked_to_go.map(crate::time::Time::truncate_secs),
        p.created.truncate_secs(),
    )
}

/// POST of a pod of a Job.
///
/// # Errors
/// The API server refuses it; its words.
pub fn make(w: &mut World, id: JobId, made: MadePod) -> Result<PodId, String> {
    let key = ObjectKey::Job(id);
    let base = Sym::new(&made.generate_name(w.workloads.jobs[id.ix()].object.meta.name.as_str()));
    let entity = api_server::makes(w, key);
    let owners = Some(Arc::clone(&w.workloads.jobs[id.ix()].beside.as_owner));
    let template = template(w, id, made, base)?;
    api_server::create_pod(
        w,
        NewPod { template, name: Name::Generate(base), entity, owners, controller: Some(key) },
    )
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
    template["metadata"]["finalizers"] = json!(finalizers.iter().map(|name| name.as_str()).collect::<Vec<_>>());
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

/// PATCH that takes the finalizer from a pod; one that is gone has none.
pub fn untrack(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    if is_tracked(p) {
        let left = p.finalizers.iter().copied().filter(|name| *name != TRACKING_FINALIZER).collect();
        api_server::update(w, pod, Edit { finalizers: Some(left), ..Edit::default() });
    }
}
