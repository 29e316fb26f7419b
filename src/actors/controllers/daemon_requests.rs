//! What the controller of DaemonSets asks the API server for: pods, revisions and a status, one request after the other.
//!
//! Source: `syncNodes`, `storeDaemonSetStatus` in pkg/controller/daemon/daemon_controller.go; `snapshot`, `constructHistory`,
//! `dedupCurHistories` in update.go; `RealPodControl` in pkg/controller/controller_utils.go (v1.36.3).

use std::sync::Arc;

use super::daemons;
use super::made::{self, Asked};
use super::work::{self, tell};
use crate::actors::api_server::{self, Edit, Name, NewPod, Propagation};
use crate::api::controller_revision::ControllerRevision;
use crate::api::daemon_set::{DaemonSet, DaemonSetStatus};
use crate::api::{EventText, EventType, Sym};
use crate::rules::controllers::daemon_set::history::{self, Current};
use crate::rules::controllers::daemon_set::placement;
use crate::rules::controllers::daemon_set::template::{REVISION_HASH, of_pods};
use crate::rules::controllers::template_hash::template_hash;
use crate::rules::controllers::{ownership, pod_control};
use crate::scenario::plan::TemplateIx;
use crate::world::daemons::DaemonRequest;
use crate::world::manager::{Controller, Script};
use crate::world::workloads::{DaemonSetId, ObjectKey};
use crate::world::{NodeId, PodId, World};

/// A request is carried out.
pub fn carry_out(w: &mut World, set: DaemonSetId, request: DaemonRequest) -> Option<String> {
    match request {
        DaemonRequest::Make(node) => make_pod(w, set, node),
        DaemonRequest::Delete(pod) => delete_pod(w, set, pod),
        DaemonRequest::Adopt(pod) => {
            let reference = w.workloads.daemon_sets[set.ix()].beside.as_owner.first().cloned()?;
            api_server::own_pod(w, pod, |owners| {
                *owners = Arc::unwrap_or_clone(ownership::adopted(owners, reference));
            });
            daemons::claimed(w, set, pod);
            None
        }
        DaemonRequest::Release(pod) => {
            let uid = w.workloads.daemon_sets[set.ix()].object.meta.uid;
            api_server::own_pod(w, pod, |owners| {
                *owners = Arc::unwrap_or_clone(ownership::released(owners, uid));
            });
            daemons::claimed(w, set, pod);
            None
        }
        DaemonRequest::AdoptRevision(id) => {
            let reference = w.workloads.daemon_sets[set.ix()].beside.as_owner.first().cloned()?;
            api_server::update_status_of(w, id, |own: &mut ControllerRevision| {
                own.meta.owners = ownership::adopted(&own.meta.owners, reference);
            });
            None
        }
        DaemonRequest::Revise => revise(w, set),
        DaemonRequest::Renumber(id, number) => {
            api_server::update_object(w, id, |own: &mut ControllerRevision| own.revision = number);
            newest(w, set, number);
            None
        }
        DaemonRequest::Relabel(pod) => relabel(w, set, pod),
        DaemonRequest::Forget(id) => {
            api_server::delete(w, ObjectKey::ControllerRevision(id), Propagation::Background);
            None
        }
        DaemonRequest::SetStatus(status) => set_status(w, set, &status),
    }
}

/// A revision is the newest from now on.
fn newest(w: &mut World, set: DaemonSetId, number: i64) {
    api_server::beside::<DaemonSet>(w, set).revision = Some(number);
}

/// POST of the present template's revision. A name that another one has is counted, so that the next hash is another.
fn revise(w: &mut World, set: DaemonSetId) -> Option<String> {
    let held = &w.workloads.daemon_sets[set.ix()];
    if !held.exists {
        return None;
    }
    let ids = w.workloads.revisions_of(ObjectKey::DaemonSet(set));
    let known: Vec<&ControllerRevision> =
        ids.iter().map(|id| &w.workloads.controller_revisions[id.ix()].object).collect();
    let Current::New(new) = history::history(&held.object, &known, &template_hash).current else {
        return None;
    };
    let (name, number) = (new.meta.name, new.revision);
    if w.workloads.find(Sym::new("controllerrevision"), new.meta.namespace, name).is_some() {
        api_server::update_status_of(w, set, |own: &mut DaemonSet| {
            own.status.collision_count = Some(own.status.collision_count.unwrap_or(0) + 1);
        });
        return Some(format!("controllerrevisions.apps \"{name}\" already exists"));
    }
    let entity = api_server::makes(w, ObjectKey::DaemonSet(set));
    api_server::create(w, entity, *new);
    newest(w, set, number);
    None
}

/// PATCH that puts the label of the present revision on a pod.
fn relabel(w: &mut World, set: DaemonSetId, pod: PodId) -> Option<String> {
    let ids = w.workloads.revisions_of(ObjectKey::DaemonSet(set));
    let known: Vec<&ControllerRevision> =
        ids.iter().map(|id| &w.workloads.controller_revisions[id.ix()].object).collect();
    let found = history::history(&w.workloads.daemon_sets[set.ix()].object, &known, &template_hash);
    let Current::Known(at, _) = found.current else { return None };
    let mut labels = (*w.pods[pod.ix()].labels).clone();
    labels.insert(REVISION_HASH.to_owned(), history::hash_of(known[at]).to_owned());
    api_server::update(w, pod, Edit { labels: Some(labels), ..Edit::default() });
    None
}

/// POST of a pod for a node.
fn make_pod(w: &mut World, set: DaemonSetId, node: NodeId) -> Option<String> {
    let key = ObjectKey::DaemonSet(set);
    let held = &w.workloads.daemon_sets[set.ix()];
    // Whatever a controller makes there would be refused, and it says nothing of that.
    if w.namespaces.is_terminating(held.object.meta.namespace) {
        return None;
    }
    let base = Sym::new(&pod_control::generate_name(held.object.meta.name.as_str()));
    let owners = Some(Arc::clone(&held.beside.as_owner));
    let entity = api_server::makes(w, key);
    let target = w.nodes[node.ix()].spec.name;
    let made = template(w, set, base).and_then(|template| {
        let mut spec = (*w.templates[template.ix()].spec).clone();
        spec.affinity = Some(placement::pinned(spec.affinity.as_ref(), target));
        let name = Name::Generate(base);
        let spec = Some(Arc::new(spec));
        api_server::create_pod(w, NewPod { template, name, entity, owners, controller: Some(key), spec })
            .map_err(|refused| refused.to_string())
    });
    let (told, error) = match made {
        Ok(pod) => {
            about_pod(w, set, pod, "SuccessfulCreate", "Created pod: ");
            return None;
        }
        Err(refused) => (pod_control::create_failed(&refused), refused),
    };
    refused(w, set);
    tell(w, Controller::DaemonSet, key, told.kind, told.reason, told.message.into());
    Some(error)
}

/// What the set's pods are made of.
fn template(w: &mut World, set: DaemonSetId, base: Sym) -> Result<TemplateIx, String> {
    let held = &w.workloads.daemon_sets[set.ix()];
    if let Some(template) = held.beside.template {
        return Ok(template);
    }
    let hash = w.controllers.daemons[set.ix()].reckoned.map_or(Sym::EMPTY, |(hash, ..)| hash);
    let made_of = of_pods(&held.object, hash.as_str());
    let revision = held.beside.revision.and_then(|number| u32::try_from(number).ok());
    let maker = ObjectKey::DaemonSet(set);
    let template = made::admitted(w, &Asked { maker, template: &made_of, base, revision, index: None })?;
    api_server::beside::<DaemonSet>(w, set).template = Some(template);
    Ok(template)
}

/// DELETE of a pod.
fn delete_pod(w: &mut World, set: DaemonSetId, pod: PodId) -> Option<String> {
    if !w.pods[pod.ix()].exists {
        w.controllers.daemons[set.ix()].seen_going();
        return None;
    }
    about_pod(w, set, pod, "SuccessfulDelete", "Deleted pod: ");
    api_server::delete_pod(w, pod, None);
    None
}

/// PUT of a set's status.
fn set_status(w: &mut World, set: DaemonSetId, status: &DaemonSetStatus) -> Option<String> {
    api_server::update_status_of(w, set, |own: &mut DaemonSet| {
        let collisions = own.status.collision_count;
        own.status = DaemonSetStatus { collision_count: collisions, ..status.clone() };
    });
    None
}

/// One of the present batch was refused.
fn refused(w: &mut World, set: DaemonSetId) {
    w.controllers.daemons[set.ix()].seen_made(1);
    if let Some(Script::Daemons(script)) =
        work::script_of(w, Controller::DaemonSet, ObjectKey::DaemonSet(set))
    {
        script.refused = true;
    }
}

fn about_pod(w: &mut World, set: DaemonSetId, pod: PodId, reason: &str, words: &str) {
    let message = EventText::AboutPod {
        before: Sym::new(words),
        pod: w.pods[pod.ix()].ident.name,
        after: Sym::EMPTY,
        combined: false,
    };
    let key = ObjectKey::DaemonSet(set);
    tell(w, Controller::DaemonSet, key, EventType::Normal, Sym::new(reason), message);
}
