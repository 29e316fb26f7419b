//! The external provisioner: it makes the volume of a claim once a node stands in it, and tells of that.
//!
//! Source: `ProvisionController.provisionClaimOperation` in sigs.k8s.io/sig-storage-lib-external-provisioner (v13), which CSI
//! drivers run. It belongs to no controller of Kubernetes' own; what it tells is about the claim.

use super::work::add;
use crate::api::{EventType, Sym};
use crate::engine::random;
use crate::record::{Event, ObjectChange};
use crate::scenario::plan::Provisioned;
use crate::world::Purpose;
use crate::world::manager::Controller;
use crate::world::workloads::{ClaimId, ObjectKey};
use crate::world::{SimEvent, World};

/// How a claim comes to its volume once its first pod has got a node.
fn provisioning(w: &World, object: usize) -> Option<Provisioned> {
    w.objects[object].claim.as_ref()?.provisioned.clone()
}

/// The node of its first pod stands in a claim: the PersistentVolume controller and the provisioner hear of it. Who has got
/// a volume that was there needs none.
pub fn selected(w: &mut World, object: usize) {
    let Some(provisioned) = provisioning(w, object) else { return };
    let own = &w.objects[object];
    if w.volumes.selected.get(&object).is_some_and(|(_, is_there)| *is_there) {
        if let Some(id) = w.workloads.claim_named(own.namespace, &own.name) {
            add(w, Controller::VolumeBinder, ObjectKey::PersistentVolumeClaim(id));
        }
        return;
    }
    let entity = random::entity(&["persistentvolumeclaim", &own.namespace, &own.name]);
    if let Some(id) = w.workloads.claim_named(own.namespace, &own.name) {
        let message = format!(
            "External provisioner is provisioning volume for claim \"{}/{}\"",
            own.namespace, own.name
        );
        add(w, Controller::VolumeBinder, ObjectKey::PersistentVolumeClaim(id));
        provisioner_says(w, id, provisioned.by, "Provisioning", &message);
    }
    let takes = provisioned.takes.sample(&mut w.draw(Purpose::Provision, entity, w.instant()));
    w.after(takes, SimEvent::Provisioned { index: object as u32 });
}

/// A provisioner has made the volume of a claim, and the PersistentVolume controller may bind it.
pub fn provisioned(w: &mut World, object: usize) {
    let Some(provisioned) = provisioning(w, object) else { return };
    // The claim may be gone by now, and another one of its name be there.
    let Some((_, is_there)) = w.volumes.selected.get_mut(&object) else { return };
    *is_there = true;
    let own = &w.objects[object];
    let volume = own.claim.as_ref().map_or(Sym::EMPTY, |claim| claim.volume_name);
    if let Some(id) = w.workloads.claim_named(own.namespace, &own.name) {
        let message = format!("Successfully provisioned volume {volume}");
        provisioner_says(w, id, provisioned.by, "ProvisioningSucceeded", &message);
        add(w, Controller::VolumeBinder, ObjectKey::PersistentVolumeClaim(id));
    }
}

fn provisioner_says(w: &mut World, id: ClaimId, component: Sym, reason: &str, message: &str) {
    w.event_objects += 1;
    let event = Event {
        component,
        kind: EventType::Normal,
        reason: Sym::new(reason),
        message: Sym::new(message).into(),
        field_path: Sym::EMPTY,
        count: 1,
        object: w.event_objects,
    };
    let row = w.workloads.claims[id.ix()].row;
    w.record_object(row, ObjectChange::Event(event));
}
