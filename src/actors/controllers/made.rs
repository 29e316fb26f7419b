//! What a controller's pods are made of: a template as the API server admits its pods, with what their programs do.
//!
//! A template is admitted when its first pod is made, because that is when the cluster is asked: for the priority class, the
//! service account, the default tolerations. All pods of one template then share what came of it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::actors::api_server;
use crate::api::Sym;
use crate::api::cron_job::CronJob;
use crate::api::workload::ReplicaSet;
use crate::engine::Distribution;
use crate::rules::api_server::admission::{self, Admitted, Request};
use crate::rules::machinery::qos::qos_class;
use crate::scenario::admission::{self as plugins, Surroundings};
use crate::scenario::plan::{PodTemplate, TemplateIx};
use crate::scenario::programs;
use crate::time::Span;
use crate::world::World;
use crate::world::held::AnyHeld;
use crate::world::workloads::{ObjectKey, ReplicaSetId};

/// What a controller asks pods of.
pub struct Asked<'a> {
    /// Who makes them.
    pub maker: ObjectKey,
    /// `metadata` and `spec` of the pods.
    pub template: &'a Value,
    /// What their names begin with.
    pub base: Sym,
    /// Which of its templates it is, from 1.
    pub revision: Option<u32>,
    /// Of pods that are told apart by a number: which one.
    pub index: Option<u32>,
}

/// What the pods of a set are made of.
///
/// # Errors
/// The API server refuses such pods; its words.
pub fn template(w: &mut World, set: ReplicaSetId, base: Sym) -> Result<TemplateIx, String> {
    let own = &w.workloads.replica_sets[set.ix()];
    if let Some(template) = own.beside.template {
        return Ok(template);
    }
    let made_of = Arc::clone(&own.object.spec.template);
    let revision = own.object.meta.annotation("deployment.kubernetes.io/revision");
    let revision = revision.and_then(|n| n.parse().ok());
    let maker = ObjectKey::ReplicaSet(set);
    let template = admitted(w, &Asked { maker, template: &made_of.value, base, revision, index: None })?;
    api_server::beside::<ReplicaSet>(w, set).template = Some(template);
    Ok(template)
}

/// What a controller's pods are made of, once the API server has let in such a one.
///
/// # Errors
/// The API server refuses such pods; its words.
pub fn admitted(w: &mut World, asked: &Asked<'_>) -> Result<TemplateIx, String> {
    let namespace = w.workloads.meta(asked.maker).map_or(Sym::EMPTY, |meta| meta.namespace);
    let mut pod: Map<String, Value> = match asked.template {
        Value::Object(template) => template.clone(),
        _ => Map::new(),
    };
    let base = asked.base;
    let meta = pod.entry("metadata").or_insert_with(|| json!({}));
    meta["name"] = json!(format!("{base}00000"));
    meta["namespace"] = json!(namespace.as_str());
    pod.insert("apiVersion".to_owned(), json!("v1"));
    pod.insert("kind".to_owned(), json!("Pod"));
    let request =
        Request { gates: w.gates, now: w.now, namespace: namespace.as_str(), suffix: "00000", uid: "" };
    let around = Surroundings { objects: &w.plan.objects, at: w.now, namespace: namespace.as_str() };
    let admitted = admission::admit_with(&Value::Object(pod), &request, |pod| plugins::mutate(pod, &around));
    let Admitted { metadata, spec, .. } = admitted.map_err(|refused| refused.to_string())?;

    let top = w.workloads.topmost(asked.maker);
    // Jobs of one CronJob run the same, one after the other, for as long as a run lasts.
    let before = match top {
        ObjectKey::CronJob(id) => w.workloads.cron_jobs[id.ix()].beside.template,
        _ => None,
    };
    let shared = before.map(|before| &w.templates[before.ix()].spec).filter(|before| ***before == spec);
    let spec = shared.map_or_else(|| Arc::new(spec), Arc::clone);
    let owner = w.workloads.row(top).map(|row| w.directory.objects[row as usize]);
    let owner = owner.as_ref().map(|owner| (owner.kind.as_str(), owner.name.as_str()));
    let belongs = programs::Belongs { owner, revision: asked.revision, index: asked.index };
    let behavior = programs::behavior(&w.plan.programs, &spec, &belongs);
    let wants = |key| w.workloads.held(key).map_or(0, AnyHeld::wants);
    // Of those that are told apart by a number each has a template of its own.
    let many = asked.index.is_none() && wants(asked.maker).max(wants(top)) >= many(w);
    let template = PodTemplate {
        name: base,
        numbered: false,
        namespace,
        labels: Arc::new(metadata.labels),
        annotations: metadata.annotations,
        finalizers: Arc::new(metadata.finalizers.iter().map(|name| Sym::new(name)).collect()),
        qos_class: qos_class(&spec, &w.gates),
        spec,
        at: w.now,
        replicas: 0,
        every: Distribution::Constant(Span::ZERO),
        behavior: Arc::new(behavior),
    };
    let template = w.add_template(template, many);
    if let ObjectKey::CronJob(id) = top {
        api_server::beside::<CronJob>(w, id).template = Some(template);
    }
    Ok(template)
}

/// From so many on it pays to learn what pods have in common.
fn many(w: &World) -> i32 {
    w.plan.learns_from.and_then(|from| i32::try_from(from).ok()).unwrap_or(i32::MAX)
}
