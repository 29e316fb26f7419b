//! What bounds a new object in its namespace: LimitRanges fill in and refuse pods, ResourceQuotas are charged with all that
//! they count.
//!
//! Source: plugin/pkg/admission/limitranger/admission.go, staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota
//! (1.36.2). A quota's status is written by the API server itself when something is let in; what it gets back is found out by
//! its controller. Templates come here as the other plugins left them: what LimitRanges make of one is remembered.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::workloads::update_status_of;
use crate::api::Sym;
use crate::api::quota::{ResourceQuota, Spelled};
use crate::rules::api_server::admission::{self, Rejection, Request};
use crate::rules::api_server::limit_ranger;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::quota::{Counted, CountedPod, Quota, charge, from_spelled, to_spelled};
use crate::rules::machinery::qos::qos_class;
use crate::scenario::plan::{PodTemplate, TemplateIx};
use crate::world::World;
use crate::world::workloads::{LimitRangeId, ResourceQuotaId};

/// What a new pod is made of, once the LimitRanges of its namespace have filled in what it leaves open.
///
/// # Errors
/// They refuse it, or what they filled in makes no valid pod.
pub fn within_limits(w: &mut World, template: TemplateIx, name: &str) -> Result<TemplateIx, Rejection> {
    if w.workloads.limit_ranges.is_empty() {
        return Ok(template);
    }
    let t = Arc::clone(&w.templates[template.ix()]);
    let all = LimitRangeId::all(w.workloads.limit_ranges.len());
    let held = all.map(|id| &w.workloads.limit_ranges[id.ix()]);
    let own = held.filter(|held| held.exists && held.object.meta.namespace == t.namespace);
    let ranges: Vec<Arc<Value>> = own.map(|held| Arc::clone(&held.object.spec)).collect();
    if let Some((of, limited)) = w.controllers.limited.get(&template)
        && *of == ranges
    {
        return Ok(*limited);
    }
    let limited = match limited(w, &t, &ranges, name)? {
        Some(limited) => w.add_template(limited, false),
        None => template,
    };
    w.controllers.limited.insert(template, (ranges, limited));
    Ok(limited)
}

/// What LimitRanges make of a template; None: nothing else.
fn limited(
    w: &World,
    t: &PodTemplate,
    ranges: &[Arc<Value>],
    name: &str,
) -> Result<Option<PodTemplate>, Rejection> {
    let finalizers: Vec<&str> = t.finalizers.iter().map(|name| name.as_str()).collect();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": t.namespace.as_str(), "labels": &*t.labels, "annotations": &t.annotations,
            "finalizers": finalizers,
        },
        "spec": &*t.spec,
    });
    let namespace = t.namespace.as_str();
    let request = Request { gates: w.gates, now: w.now, namespace, suffix: "00000", uid: "" };
    let specs: Vec<&Value> = ranges.iter().map(|range| &**range).collect();
    let admitted = admission::admit_with(&pod, &request, |pod| {
        limit_ranger::fill(pod, &specs);
        Ok(())
    })?;
    for range in specs {
        limit_ranger::check(&admitted.object, range).map_err(|faults| Rejection::Forbidden {
            kind: ObjectType::Pod,
            name: name.to_owned(),
            why: limit_ranger::together(&faults),
        })?;
    }
    if admitted.spec == *t.spec {
        return Ok(None);
    }
    Ok(Some(PodTemplate {
        qos_class: qos_class(&admitted.spec, &w.gates),
        spec: Arc::new(admitted.spec),
        annotations: admitted.metadata.annotations,
        ..t.clone()
    }))
}

/// The quotas of a namespace, by name.
fn quotas_of(w: &World, namespace: Sym) -> Vec<ResourceQuotaId> {
    let all = ResourceQuotaId::all(w.workloads.resource_quotas.len());
    let is_its = |id: &ResourceQuotaId| {
        let held = &w.workloads.resource_quotas[id.ix()];
        held.exists && held.object.meta.namespace == namespace
    };
    let mut own: Vec<ResourceQuotaId> = all.filter(is_its).collect();
    own.sort_by_key(|id| w.workloads.resource_quotas[id.ix()].object.meta.name.as_str());
    own
}

/// A new pod is charged to the quotas of its namespace.
///
/// # Errors
/// One of them refuses it.
pub fn charge_pod(w: &mut World, template: TemplateIx, name: &str) -> Result<(), Rejection> {
    if w.workloads.resource_quotas.is_empty() {
        return Ok(());
    }
    let t = Arc::clone(&w.templates[template.ix()]);
    let Ok(Value::Object(spec)) = serde_json::to_value(&*t.spec) else { return Ok(()) };
    let pod = counted(w, &spec, t.qos_class, false);
    charge_all(w, t.namespace, &Counted::Pod(pod), ObjectType::Pod, name)
}

/// A pod as quotas see it.
pub fn counted<'a>(w: &World, spec: &'a Map<String, Value>, qos_class: Sym, is_over: bool) -> CountedPod<'a> {
    CountedPod { spec, qos_class, is_over, pod_level_resources: w.gates.pod_level_resources }
}

/// A new object that is no pod is charged to the quotas of its namespace. Of its spec Services alone are asked.
///
/// # Errors
/// One of them refuses it.
pub fn charge_object(
    w: &mut World,
    kind: ObjectType,
    namespace: Sym,
    name: &str,
    spec: &Value,
) -> Result<(), Rejection> {
    if w.workloads.resource_quotas.is_empty() {
        return Ok(());
    }
    let resource = kind.qualified_resource();
    charge_all(w, namespace, &Counted::Other { resource: &resource, spec }, kind, name)
}

fn charge_all(
    w: &mut World,
    namespace: Sym,
    object: &Counted<'_>,
    kind: ObjectType,
    name: &str,
) -> Result<(), Rejection> {
    let ids = quotas_of(w, namespace);
    let quotas: Vec<Quota<'_>> = ids
        .iter()
        .map(|id| {
            let own = &w.workloads.resource_quotas[id.ix()].object;
            let amounts = |list: &Option<Spelled>| list.as_ref().map(from_spelled).unwrap_or_default();
            let (hard, used) = (amounts(&own.status.hard), amounts(&own.status.used));
            Quota { name: own.meta.name.as_str(), spec: &own.spec, hard, used }
        })
        .collect();
    let charged =
        charge(&quotas, object).map_err(|why| Rejection::Forbidden { kind, name: name.to_owned(), why })?;
    for (ix, used) in charged {
        let used = to_spelled(&used);
        update_status_of(w, ids[ix], |own: &mut ResourceQuota| own.status.used = Some(used));
    }
    Ok(())
}
