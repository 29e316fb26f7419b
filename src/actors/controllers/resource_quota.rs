//! The controller of ResourceQuotas: what is used of each, after something of it has become free.
//!
//! Source: `syncResourceQuota`, `addQuota`, `replenishQuota` in pkg/controller/resourcequota/resource_quota_controller.go and
//! resource_quota_monitor.go (v1.36.3). What new objects use the API server itself writes down; here a quota is looked at when
//! it is new, when it allows something else, and when a pod that it counts is over or an object gone. Its resync, every five
//! minutes, would find in addition pods whose time to stop is long over.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::work::{add, conflict};
use crate::actors::api_server;
use crate::api::Sym;
use crate::api::quota::{QuotaStatus, ResourceQuota};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::quota::{Counted, from_spelled, recalculated, to_spelled};
use crate::time::Span;
use crate::world::manager::{Controller, Request, Script};
use crate::world::workloads::{ObjectKey, ResourceQuotaId};
use crate::world::{Pod, World};

/// News has come of a quota, or of an object that is over or gone.
pub fn informed(w: &mut World, key: ObjectKey) {
    if let ObjectKey::ResourceQuota(id) = key
        && w.workloads.resource_quotas[id.ix()].exists
    {
        return add(w, Controller::ResourceQuota, key);
    }
    let (kind, namespace) = match key {
        ObjectKey::Pod(pod) => (ObjectType::Pod, w.pods[pod.ix()].ident.namespace),
        key => match w.workloads.meta(key) {
            Some(meta) => (api_server::type_of(w, key), meta.namespace),
            None => return,
        },
    };
    let none = Map::new();
    let resource = kind.qualified_resource();
    let counted = match kind {
        ObjectType::Pod => Counted::Pod(api_server::counted(w, &none, Sym::EMPTY, true)),
        _ => Counted::Other { resource: &resource, spec: &Value::Null },
    };
    let counts = |id: &ResourceQuotaId| {
        let held = &w.workloads.resource_quotas[id.ix()];
        let mut hard = held.object.status.hard.iter().flat_map(|hard| hard.keys());
        held.exists && held.object.meta.namespace == namespace && hard.any(|name| counted.matches(name))
    };
    let all: Vec<_> = ResourceQuotaId::all(w.workloads.resource_quotas.len()).filter(counts).collect();
    for id in all {
        add(w, Controller::ResourceQuota, ObjectKey::ResourceQuota(id));
    }
}

/// A worker takes a quota.
pub fn look(w: &mut World, id: ResourceQuotaId) -> Option<(Script, Vec<Request>)> {
    let held = &w.workloads.resource_quotas[id.ix()];
    if !held.exists {
        return None;
    }
    let quota = &held.object;
    let used = used(w, quota);
    let status = QuotaStatus { hard: Some(quota.hard()), used: Some(used) };
    let amounts = |status: &QuotaStatus| status.used.as_ref().map(from_spelled);
    let is_same = quota.status.hard == status.hard && amounts(&quota.status) == amounts(&status);
    let version = quota.meta.resource_version;
    (!is_same).then(|| (Script::Quota, vec![Request::SetQuota(id, version, Arc::new(status))]))
}

/// What the objects of its namespace use of a quota now.
fn used(w: &World, quota: &ResourceQuota) -> crate::api::quota::Spelled {
    let namespace = quota.meta.namespace;
    // Pods of one spec use the same.
    let mut specs: FxHashMap<(usize, Sym, bool), usize> = FxHashMap::default();
    let mut pods: Vec<(Map<String, Value>, Sym, bool, usize)> = Vec::new();
    for pod in w.pods.iter().filter(|pod| pod.exists && pod.ident.namespace == namespace) {
        let is_over = is_over(w, pod);
        let qos_class = w.templates[pod.template.ix()].qos_class;
        let place = specs.entry((Arc::as_ptr(&pod.spec) as usize, qos_class, is_over)).or_insert(pods.len());
        match pods.get_mut(*place) {
            Some((.., count)) => *count += 1,
            None => {
                let spec = serde_json::to_value(&*pod.spec).unwrap_or_default();
                let Value::Object(spec) = spec else { continue };
                pods.push((spec, qos_class, is_over, 1));
            }
        }
    }
    let others: Vec<(String, Value)> = w
        .workloads
        .all()
        .filter_map(|key| w.workloads.held(key))
        .filter(|held| held.exists() && held.meta().namespace == namespace)
        .map(|held| (held.object_type().qualified_resource(), held.print()["spec"].take()))
        .collect();
    let pods = pods.iter().map(|(spec, qos_class, is_over, count)| {
        (Counted::Pod(api_server::counted(w, spec, *qos_class, *is_over)), *count)
    });
    let others = others.iter().map(|(resource, spec)| (Counted::Other { resource, spec }, 1));
    to_spelled(&recalculated(&quota.spec, &pods.chain(others).collect::<Vec<_>>()))
}

/// `QuotaV1Pod`: it has ended, or its grace is over, twice.
fn is_over(w: &World, pod: &Pod) -> bool {
    let stopped =
        pod.deletion.is_some_and(|deletion| w.now > deletion.at + Span::from_secs(deletion.grace_secs));
    pod.status.phase().is_terminal() || stopped
}

/// PUT of a quota's status, which is refused where something was charged to it meanwhile.
pub fn set_status(w: &mut World, id: ResourceQuotaId, seen: u64, status: &QuotaStatus) -> Option<String> {
    let held = &w.workloads.resource_quotas[id.ix()];
    if !held.exists {
        return None;
    }
    let meta = &held.object.meta;
    if meta.resource_version != seen {
        return Some(conflict("resourcequotas", &meta.name));
    }
    api_server::update_status_of(w, id, |own: &mut ResourceQuota| own.status.clone_from(status));
    None
}
