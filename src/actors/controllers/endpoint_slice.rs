//! The controller of endpoint slices: who stands behind each Service.
//!
//! Source: `addPod`, `updatePod`, `onServiceUpdate`, `syncService` in pkg/controller/endpointslice/endpointslice_controller.go;
//! `reconcileByPortMapping` in staging/src/k8s.io/endpointslice/reconciler.go (v1.36.3). What a pod is for a Service is law
//! ([`crate::rules::controllers::endpoint_slice`]). Where the real controller makes all endpoints of a Service anew and compares,
//! this one looks at the pods of which it has news: the others are what they were.

use std::collections::BTreeMap;

use super::endpoints::known;
use super::work::{self, add};
use crate::actors::api_server;
use crate::rules::controllers::endpoint_slice as rule;
use crate::world::endpoints::{Changes, Standing};
use crate::world::manager::{Controller, Request, Script};
use crate::world::workloads::{ObjectKey, ServiceId};
use crate::world::{PodId, World};

/// News has come of a Service, or of a pod.
pub fn informed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::Service(id) => {
            look_at(w, id).all = true;
            add(w, Controller::EndpointSlice, key);
        }
        ObjectKey::Pod(pod) => {
            heard(w, pod);
            for id in may_concern(w, pod) {
                if concerns(w, id, pod) {
                    look_at(w, id).pods.insert(pod);
                    add(w, Controller::EndpointSlice, ObjectKey::Service(id));
                }
            }
        }
        _ => {}
    }
}

/// The controller's cache has a pod as it is now.
fn heard(w: &mut World, pod: PodId) {
    let now = known(w, pod);
    if w.controllers.endpoints.len() <= pod.ix() {
        w.controllers.endpoints.resize(pod.ix() + 1, None);
    }
    w.controllers.endpoints[pod.ix()] = now;
}

fn look_at(w: &mut World, id: ServiceId) -> &mut crate::world::endpoints::ToLookAt {
    let all = &mut w.controllers.services;
    if all.len() <= id.ix() {
        all.resize_with(id.ix() + 1, Default::default);
    }
    &mut all[id.ix()]
}

/// Services behind which a pod may stand: by its labels, and where it has had others, all of them.
fn may_concern(w: &World, pod: PodId) -> Vec<ServiceId> {
    let p = &w.pods[pod.ix()];
    match p.metadata_changes {
        0 => w.workloads.services_by_label.of(p.ident.namespace, &p.labels),
        _ => ServiceId::all(w.workloads.services.len()).collect(),
    }
}

/// Whether a pod stands behind a Service, or may.
fn concerns(w: &World, id: ServiceId, pod: PodId) -> bool {
    let served = &w.workloads.services[id.ix()];
    served.exists
        && (selects(w, id, pod)
            || served.beside.as_ref().is_some_and(|slices| slices.pods.contains_key(&pod)))
}

fn selects(w: &World, id: ServiceId, pod: PodId) -> bool {
    let (service, p) = (&w.workloads.services[id.ix()].object, &w.pods[pod.ix()]);
    let wanted = service.selector.as_ref();
    service.meta.namespace == p.ident.namespace
        && wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| p.labels.get(key) == Some(value)))
}

/// A worker takes a Service.
pub fn look(w: &mut World, id: ServiceId) -> Option<(Script, Vec<Request>)> {
    let news = std::mem::take(look_at(w, id));
    let served = &w.workloads.services[id.ix()];
    if !served.exists {
        // Its slices go with it.
        let has = served.beside.is_some();
        return has.then(|| (Script::Slices(BTreeMap::new()), vec![Request::RemoveSlices(id)]));
    }
    if !rule::keeps(&served.object) {
        return None;
    }
    let pods: Vec<PodId> = if news.all {
        PodId::all(w.pods.len()).filter(|pod| concerns(w, id, *pod)).collect()
    } else {
        news.pods.into_iter().collect()
    };
    // A Service that is new looks at pods of which nobody had to hear before.
    if news.all {
        pods.iter().for_each(|pod| heard(w, *pod));
    }
    let slices = w.workloads.services[id.ix()].beside.as_ref();
    let mut filled = slices.map(|slices| slices.filled.clone()).unwrap_or_default();
    let mut changes: BTreeMap<u32, Changes> = BTreeMap::new();
    let mut arriving = Vec::new();
    for pod in pods {
        let standing = standing(w, id, pod);
        match (slices.and_then(|slices| slices.pods.get(&pod)), standing) {
            (Some((slice, before)), now) if now != Some(*before) => {
                filled[*slice as usize] -= u32::from(now.is_none());
                changes.entry(*slice).or_default().push((pod, now));
            }
            (None, Some(now)) => arriving.push((pod, now)),
            _ => {}
        }
    }
    for (pod, now) in arriving {
        let slice = room(&filled, &changes);
        if filled.len() <= slice as usize {
            filled.resize(slice as usize + 1, 0);
        }
        filled[slice as usize] += 1;
        changes.entry(slice).or_default().push((pod, Some(now)));
    }
    // A Service without anybody has a slice that says so.
    if changes.is_empty() && slices.is_none() {
        changes.insert(0, Changes::new());
    }
    let requests = changes.keys().map(|slice| Request::Slice(id, *slice)).collect();
    (!changes.is_empty()).then_some((Script::Slices(changes), requests))
}

/// Where a new endpoint goes: into a slice that changes anyway, the fullest first; into the fullest that has room; into a new one.
fn room(filled: &[u32], changes: &BTreeMap<u32, Changes>) -> u32 {
    let has_room = |slice: &u32| {
        filled.get(*slice as usize).is_none_or(|count| (*count as usize) < rule::MOST_PER_SLICE)
    };
    let fullest = |slices: &mut dyn Iterator<Item = u32>| {
        slices
            .filter(|slice| has_room(slice))
            .max_by_key(|slice| filled.get(*slice as usize).copied().unwrap_or(0))
    };
    let changing = fullest(&mut changes.keys().copied());
    let new = filled.len() as u32;
    changing.or_else(|| fullest(&mut (0..new))).unwrap_or(new)
}

/// As what a pod stands behind a Service; None: not at all.
fn standing(w: &World, id: ServiceId, pod: PodId) -> Option<Standing> {
    let known = w.controllers.endpoints.get(pod.ix()).copied().flatten()?;
    if !selects(w, id, pod) {
        return None;
    }
    let service = &w.workloads.services[id.ix()].object;
    let (ready, serving, terminating) = rule::conditions(service, known.ready, known.terminating);
    Some(Standing { ready, serving, terminating })
}

/// POST or PUT of a slice.
pub fn write(w: &mut World, id: ServiceId, slice: u32) -> Option<String> {
    let key = ObjectKey::Service(id);
    let Some(Script::Slices(changes)) = work::script_of(w, Controller::EndpointSlice, key) else {
        return None;
    };
    let changes = changes.remove(&slice).unwrap_or_default();
    if w.workloads.services[id.ix()].exists {
        api_server::put_slice(w, id, slice, &changes);
    }
    None
}

/// The slices of a Service that is gone are deleted.
pub fn remove(w: &mut World, id: ServiceId) -> Option<String> {
    api_server::remove_slices(w, id);
    None
}
