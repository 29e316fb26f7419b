//! Claims that StatefulSets make: they are bound to volumes, and one that is deleted stays as long as a pod uses it.
//!
//! Source: `syncUnboundClaim`, `bind` in pkg/controller/volume/persistentvolume/pv_controller.go; `processPVC`, `askInformer`
//! in pkg/controller/volume/pvcprotection/pvc_protection_controller.go (v1.36.3). A claim is bound to one of the volumes that
//! manifests bring for its class; where they bring none, a provisioner is taken to be there, which makes one at once. Where
//! the class says `WaitForFirstConsumer` either happens once the scheduler has chosen a node for a pod that uses it. Where
//! an `[[object]]` describes the claim, it says when it is bound and what its volume is like.

use serde_json::{Value, json};

use super::stateful_pods::claims_going_of;
use super::work::{add, add_at, tell};
use crate::actors::api_server;
use crate::api::claim;
use crate::api::text::Uid;
use crate::api::{EventType, Phase, Sym};
use crate::engine::random;
use crate::rules::controllers::claim_binding::find;
use crate::scenario::plan::ClaimPlan;
use crate::time::{Span, Time, next_on_grid};
use crate::world::manager::{Controller, Request, Script};
use crate::world::workloads::{ClaimId, ObjectKey};
use crate::world::{ApiObject, Purpose, World};

/// The finalizer of every claim.
const PROTECTION: &str = "kubernetes.io/pvc-protection";
/// The volume is told whose it is, and that it is bound, and the claim which one it has; with the next request it is bound.
const REQUESTS_BEFORE: u32 = 2;
/// So often all claims and volumes are looked at (`PVClaimBinderSyncPeriod`).
const RESYNC: Span = Span::from_secs(15);

/// POST of a claim; where the scenario describes one of its name, it is that one.
pub fn create(w: &mut World, entity: u64, value: &Value) -> ClaimId {
    let claim = with_protection(value);
    let (namespace, name) = (claim.meta.namespace, claim.meta.name);
    let storage = &w.storage;
    let wanted = storage.wanted(namespace, name, &claim.spec);
    let has_volumes = storage.volumes.iter().any(|volume| volume.offered.class == wanted.class);
    let bound = !has_volumes && storage.class(wanted.class).is_none();
    let provisioned = storage.provisioned(wanted.class);
    let spec = std::sync::Arc::new(claim.spec.clone());
    let of = ClaimPlan::of(made_name(w, entity), wanted.modes, None);
    let made = ClaimPlan { provisioned, spec, ..of };
    api_server::objects::claimed(w, namespace, name, bound, made);
    api_server::create(w, entity, claim)
}

/// A claim of the scenario has come that waits for its first pod: events tell of it, so that it has to be known as any other.
pub fn came(w: &mut World, object: usize) {
    let own = &w.objects[object];
    let waits = own.claim.as_ref().is_some_and(|claim| claim.provisioned.is_some());
    if !waits || object >= w.plan.objects.len() || w.workloads.claim_named(own.namespace, &own.name).is_some()
    {
        return;
    }
    let entity = random::entity(&["persistentvolumeclaim", &own.namespace, &own.name]);
    let value = json!({ "metadata": { "name": own.name.as_str(), "namespace": own.namespace.as_str() } });
    take_care(w, entity, &value);
}

/// What the PersistentVolume controller tells of a claim that has no volume yet, and for whose first pod one will be made
/// (`syncUnboundClaim`, `provisionClaimOperationExternal`). It repeats that every 15 s, which is not played.
fn wait(w: &mut World, id: ClaimId, at: usize, by: Sym) {
    let (reason, message) = match w.volumes.selected.get(&at) {
        None => {
            ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_owned())
        }
        Some(_) => (
            "ExternalProvisioning",
            format!(
                "Waiting for a volume to be created either by the external provisioner '{by}' or manually by the system \
                 administrator. If volume creation is delayed, please verify that the provisioner is running and correctly \
                 registered."
            ),
        ),
    };
    let key = ObjectKey::PersistentVolumeClaim(id);
    tell(w, Controller::VolumeBinder, key, EventType::Normal, Sym::new(reason), Sym::new(&message).into());
}

/// What a provisioner calls a volume: `pvc-` and the claim's uid.
fn made_name(w: &World, entity: u64) -> Sym {
    Sym::new(&format!("pvc-{}", Uid::Made(w.draw(Purpose::Uid, entity, 0).two())))
}

/// A claim of the scenario comes into somebody's care: whose it is stands in it from now on.
pub fn take_care(w: &mut World, entity: u64, value: &Value) -> ClaimId {
    api_server::create(w, entity, with_protection(value))
}

fn with_protection(value: &Value) -> claim::PersistentVolumeClaim {
    let mut claim = claim::claim(value);
    claim.meta.finalizers = std::sync::Arc::new(vec![Sym::new(PROTECTION)]);
    claim
}

/// News has come of a claim, or of a pod that is gone.
pub fn informed(w: &mut World, controller: Controller, key: ObjectKey) {
    match key {
        ObjectKey::PersistentVolumeClaim(_) => add(w, controller, key),
        ObjectKey::Pod(pod) => {
            for id in claims_going_of(w, pod) {
                add(w, controller, ObjectKey::PersistentVolumeClaim(id));
            }
        }
        _ => {}
    }
}

fn object_of(w: &World, id: ClaimId) -> Option<(usize, &ApiObject)> {
    let meta = &w.workloads.claims[id.ix()].object.meta;
    let kind = crate::scenario::plan::ObjectKind::PersistentVolumeClaim;
    let at = w.find_object(kind, meta.namespace, &meta.name)?;
    Some((at, &w.objects[at]))
}

/// A worker takes a claim.
pub fn look(w: &mut World, controller: Controller, id: ClaimId) -> Option<(Script, Vec<Request>)> {
    let held = &w.workloads.claims[id.ix()];
    if !held.exists {
        return None;
    }
    let is_going = held.object.meta.deletion.is_some();
    match controller {
        Controller::VolumeBinder => {
            let (at, object) = object_of(w, id)?;
            if is_going || object.bound {
                return None;
            }
            let planned =
                object.claim.as_ref().and_then(|claim| claim.provisioned.as_ref()).map(|own| own.by);
            if let Some(by) =
                planned.filter(|_| !w.volumes.selected.get(&at).is_some_and(|(_, there)| *there))
            {
                wait(w, id, at, by);
                return None;
            }
            if planned.is_some() {
                return Some((Script::Bind(REQUESTS_BEFORE), vec![Request::Get]));
            }
            let can_be = match w.plan.objects.get(at).and_then(|plan| plan.claim.as_ref()) {
                // The scenario says when it is bound, or that it stays unbound.
                Some(planned) => planned.bound_at.is_some_and(|at| at <= w.now),
                None => volume_for(w, id).is_some() || is_provisioned(w, id),
            };
            if !can_be {
                look_again(w, id);
                return None;
            }
            Some((Script::Bind(REQUESTS_BEFORE), vec![Request::Get]))
        }
        _ if is_going && !is_used(w, id) => Some((Script::LetGo, vec![Request::LetGo(id)])),
        _ => None,
    }
}

/// The volume that a claim gets, by its place in the plan.
fn volume_for(w: &World, id: ClaimId) -> Option<usize> {
    let own = &w.workloads.claims[id.ix()].object;
    let (storage, taken) = (&w.storage, &w.volumes.taken);
    let wanted = storage.wanted(own.meta.namespace, own.meta.name, &own.spec);
    let all = storage.volumes.iter().enumerate();
    let free = all.filter(|(at, volume)| volume.at <= w.now && !taken.contains(at));
    find(&wanted, free.map(|(at, volume)| (at, &volume.offered)))
}

/// Whether somebody makes a volume for it.
fn is_provisioned(w: &World, id: ClaimId) -> bool {
    let own = &w.workloads.claims[id.ix()].object;
    let storage = &w.storage;
    let class = storage.wanted(own.meta.namespace, own.meta.name, &own.spec).class;
    match storage.class(class) {
        Some(class) => class.provisions,
        None => storage.volumes.iter().all(|volume| volume.offered.class != class),
    }
}

/// Claims that wait are looked at in turn, each time all of them (`resync`); that is of use only where volumes are to come.
fn look_again(w: &mut World, id: ClaimId) {
    if w.storage.volumes.iter().any(|volume| volume.at > w.now && volume.at != Time::FAR) {
        look_in_turn(w, id);
    }
}

fn look_in_turn(w: &mut World, id: ClaimId) {
    let phase = w.draw(Purpose::ClaimRetry, 0, 0).below(RESYNC.micros().cast_unsigned());
    let began = w.plan.start - Span::from_micros(phase.cast_signed());
    let at = next_on_grid(began, RESYNC, w.now + Span::from_micros(1));
    add_at(w, Controller::VolumeBinder, ObjectKey::PersistentVolumeClaim(id), at);
}

/// A client has written a volume or a class: claims that wait find it with the next turn.
pub fn storage_written(w: &mut World) {
    for ix in 0..w.workloads.claims.len() {
        let id = ClaimId::new(ix);
        let waits = w.workloads.claims[ix].exists && object_of(w, id).is_some_and(|(_, own)| !own.bound);
        if waits {
            look_in_turn(w, id);
        }
    }
}

/// Whether a pod uses a claim: one that has come to its end does not.
fn is_used(w: &World, id: ClaimId) -> bool {
    let meta = &w.workloads.claims[id.ix()].object.meta;
    w.pods.iter().any(|p| {
        let uses = || p.spec.volumes.iter().filter_map(|own| own.persistent_volume_claim.as_ref());
        p.exists
            && p.ident.namespace == meta.namespace
            && !matches!(p.status.phase(), Phase::Succeeded | Phase::Failed)
            && uses().any(|own| meta.name == own.claim_name.as_str())
    })
}

/// The next request on the way to a bound claim.
pub fn next(key: ObjectKey, left: &mut u32) -> Vec<Request> {
    let ObjectKey::PersistentVolumeClaim(id) = key else { return Vec::new() };
    match left {
        0 => Vec::new(),
        1 => {
            *left = 0;
            vec![Request::Bind(id)]
        }
        _ => {
            *left -= 1;
            vec![Request::Get]
        }
    }
}

/// PUT of a claim that is bound now.
pub fn bind(w: &mut World, id: ClaimId) -> Option<String> {
    let (at, object) = object_of(w, id)?;
    let known = object.claim.as_deref().map(|claim| (claim.volume_name, claim.access_modes.clone()));
    let has_one = w.volumes.selected.contains_key(&at);
    match (volume_for(w, id), known) {
        (Some(volume), Some((name, modes))) if at >= w.plan.objects.len() && !has_one => {
            let claim = ClaimPlan::of(name, modes, w.storage.volumes.get(volume));
            w.volumes.taken.insert(volume);
            api_server::objects::bind_to(w, at, claim);
        }
        _ => api_server::objects::bind_claim(w, at),
    }
    None
}

/// PUT that takes from a claim what protects it.
pub fn let_go(w: &mut World, id: ClaimId) -> Option<String> {
    api_server::update_meta(w, ObjectKey::PersistentVolumeClaim(id), |meta| {
        std::sync::Arc::make_mut(&mut meta.finalizers).retain(|own| *own != PROTECTION);
    });
    None
}
