//! What the informers of the controllers of workloads hear: news that concerns one of them comes to it after the delay of its
//! watch.
//!
//! Source: the event handlers in pkg/controller/{deployment,replicaset,endpointslice,job,cronjob,ttlafterfinished,garbagecollector} (v1.36.3). They add a key
//! at every update; here an update in which nothing has changed that its controller looks at is not told, because the sync that
//! it starts finds nothing to do. It is told where a sync without a reason does something: a set whose syncs fail counts each
//! of them, and waits longer.

use crate::api::workload::DeploymentStrategy;
use crate::engine::{Distribution, random};
use crate::time::Span;
use crate::world::manager::Controller;
use crate::world::workloads::{ObjectKey, ResourceQuotaId};
use crate::world::{NodeId, PodId, Purpose, ReplicaSetId, SimEvent, World};

/// What the handlers of an informer take on a busy machine. It counts where a controller looks a whole second after it has
/// heard, and kubelets that look once a second have news in the same moment.
const HANDLING: Distribution =
    Distribution::LogNormal { median: Span::from_millis(2), p95: Span::from_millis(12) };

/// The controller that keeps a set.
pub fn controller_of(w: &World, set: ReplicaSetId) -> Controller {
    match w.workloads.replica_sets[set.ix()].object.is_replication_controller {
        true => Controller::Replication,
        false => Controller::ReplicaSet,
    }
}

/// A pod was created, changed or deleted.
pub fn pod_changed(w: &mut World, pod: PodId) {
    if w.workloads.is_empty() {
        return;
    }
    if let Some(controller) = keeper_that_cares(w, pod) {
        inform(w, controller, ObjectKey::Pod(pod));
    }
    if !w.workloads.jobs.is_empty() && super::job_pods::cares(w, pod) {
        inform(w, Controller::Job, ObjectKey::Pod(pod));
    }
    if super::stateful_pods::cares(w, pod) {
        inform(w, Controller::StatefulSet, ObjectKey::Pod(pod));
    }
    if !w.workloads.daemon_sets.is_empty() && super::daemons::cares(w, pod) {
        inform(w, Controller::DaemonSet, ObjectKey::Pod(pod));
    }
    if !w.workloads.services.is_empty() && super::endpoints::has_changed(w, pod) {
        inform(w, Controller::EndpointSlice, ObjectKey::Pod(pod));
    }
    if !w.workloads.budgets.is_empty() && super::budgets::concern(w, pod) {
        inform(w, Controller::Disruption, ObjectKey::Pod(pod));
    }
}

/// The controller of sets that has to hear of a pod, if there is one.
fn keeper_that_cares(w: &mut World, pod: PodId) -> Option<Controller> {
    let known = w.controllers.member_of.get(pod.ix()).copied().flatten();
    let now = super::members::set_of(w, pod);
    match (now, known) {
        (Some(set), Some(other)) if set == other => {
            let counted = w.controllers.members[set.ix()].pods.get(&pod).copied();
            let is_other = counted.map(|one| one.share) != Some(super::members::counts_as(w, set, pod));
            // Which pods go first is asked of them as they are.
            if is_other || counted.is_some_and(|one| one.is_elsewhere(w.pods[pod.ix()].node)) {
                super::members::seat(w, set, pod);
            }
            let controller = controller_of(w, set);
            let has_failed = w.controllers.manager.failures(controller, ObjectKey::ReplicaSet(set)) > 0;
            (is_other || has_failed).then_some(controller)
        }
        (Some(set), _) | (None, Some(set)) => Some(controller_of(w, set)),
        // An orphan concerns the sets that it may come to.
        (None, None) if w.pods[pod.ix()].exists && w.pods[pod.ix()].controller.is_none() => {
            super::members::suitors(w, pod).first().map(|set| controller_of(w, *set))
        }
        (None, None) => None,
    }
}

/// An object of a workload or a Service was created or changed, or is gone.
pub fn object_changed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::Pod(_) => {}
        ObjectKey::Deployment(_) => inform(w, Controller::Deployment, key),
        ObjectKey::ReplicaSet(set) => {
            let controller = controller_of(w, set);
            inform(w, controller, key);
            if controller == Controller::ReplicaSet {
                inform(w, Controller::Deployment, key);
            }
        }
        ObjectKey::Service(_) => inform(w, Controller::EndpointSlice, key),
        ObjectKey::Job(id) => {
            inform(w, Controller::Job, key);
            if super::job_pods::expiry(w, id).is_some() {
                inform(w, Controller::TtlAfterFinished, key);
            }
            if matches!(w.workloads.controller(key), Some(ObjectKey::CronJob(_))) {
                inform(w, Controller::CronJob, key);
            }
        }
        ObjectKey::CronJob(_) => inform(w, Controller::CronJob, key),
        ObjectKey::StatefulSet(_) => inform(w, Controller::StatefulSet, key),
        ObjectKey::PersistentVolumeClaim(_) => {
            inform(w, Controller::VolumeBinder, key);
            inform(w, Controller::ClaimProtection, key);
        }
        ObjectKey::HorizontalPodAutoscaler(_) => inform(w, Controller::Autoscaler, key),
        ObjectKey::PodDisruptionBudget(_) => inform(w, Controller::Disruption, key),
        ObjectKey::ResourceQuota(id) if is_out_of_date(w, id) => {
            inform(w, Controller::ResourceQuota, key);
        }
        ObjectKey::ResourceQuota(_) | ObjectKey::LimitRange(_) => {}
        ObjectKey::DaemonSet(_) => inform(w, Controller::DaemonSet, key),
        // One that comes or changes is nothing new to who has written it.
        ObjectKey::ControllerRevision(_) if w.workloads.exists(key) => {}
        ObjectKey::ControllerRevision(_) => inform(w, Controller::DaemonSet, key),
    }
    if !w.workloads.exists(key) {
        no_longer_counted(w, key);
        w.controllers.manager.forget(key);
    }
    let is_going = w.workloads.meta(key).is_some_and(|meta| meta.deletion.is_some());
    if is_going || !w.workloads.exists(key) {
        inform(w, Controller::GarbageCollector, key);
    }
}

/// Whether what a quota allows is not what its status was calculated for.
fn is_out_of_date(w: &World, id: ResourceQuotaId) -> bool {
    let held = &w.workloads.resource_quotas[id.ix()];
    held.exists && held.object.status.hard.as_ref() != Some(&held.object.hard())
}

/// Something that quotas may have counted is over or gone.
pub fn no_longer_counted(w: &mut World, key: ObjectKey) {
    if !w.workloads.resource_quotas.is_empty() {
        inform(w, Controller::ResourceQuota, key);
    }
}

/// A node has come or gone, or its labels or taints have changed.
pub fn node_changed(w: &mut World, node: NodeId) {
    if w.workloads.daemon_sets.is_empty() {
        return;
    }
    let entity = random::entity(&[&w.nodes[node.ix()].spec.name]);
    let number = w.instant();
    let delay = w.plan.latency.watch.sample_by(|| w.draw(Purpose::Informer, entity, number));
    w.after(delay, SimEvent::NodeInformed { node });
}

/// A pod has left the API: an owner that waits for its dependents may go, and a Deployment that recreates go on; claims that
/// it used or owned may go too.
pub fn pod_gone(w: &mut World, pod: PodId) {
    if !w.workloads.claims.is_empty() {
        of_claims(w, pod);
    }
    no_longer_counted(w, ObjectKey::Pod(pod));
    let Some(controller) = w.pods[pod.ix()].controller else { return };
    let key = ObjectKey::Pod(pod);
    if w.workloads.meta(controller).is_some_and(|meta| meta.deletion.is_some()) {
        inform(w, Controller::GarbageCollector, key);
    }
    if let Some(ObjectKey::Deployment(id)) = w.workloads.controller(controller)
        && w.workloads.deployments[id.ix()].object.spec.strategy == DeploymentStrategy::Recreate
    {
        inform(w, Controller::Deployment, key);
    }
}

/// Who is told of claims that a pod used or owned.
fn of_claims(w: &mut World, pod: PodId) {
    let key = ObjectKey::Pod(pod);
    if w.workloads.dependents.contains_key(&key) {
        inform(w, Controller::GarbageCollector, key);
    }
    if !super::stateful_pods::claims_going_of(w, pod).is_empty() {
        inform(w, Controller::ClaimProtection, key);
    }
}

fn inform(w: &mut World, controller: Controller, of: ObjectKey) {
    let entity = match of {
        ObjectKey::Pod(pod) => w.pods[pod.ix()].entity,
        key => w.workloads.entity(key),
    };
    let entity = random::part(entity, controller as u64);
    let number = w.instant();
    let mut delay = w.plan.latency.watch.sample_by(|| w.draw(Purpose::Informer, entity, number));
    if controller == Controller::Job {
        delay += HANDLING.sample(&mut w.draw(Purpose::Informer, random::part(entity, 1), number));
    }
    w.after(delay, SimEvent::Informed { of, controller });
}
