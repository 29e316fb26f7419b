//! Workloads, Services and the like of a given cluster: they are stored as they are, and their controllers list them before any
//! of them does anything (`WaitForCacheSync`, staging/src/k8s.io/client-go/tools/cache/shared_informer.go).

use crate::actors::{api_server, controllers, runtime};
use crate::engine::random;
use crate::scenario::given::SetUp;
use crate::world::manager::Controller;
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, World};

/// The controllers list what is there.
pub fn list(w: &mut World, up: &SetUp, pods: &[PodId]) {
    let mut found = Vec::new();
    for (kind, value) in &up.objects {
        let of = |key: &str| value["metadata"][key].as_str().unwrap_or_default();
        let namespace = if of("namespace").is_empty() { "default" } else { of("namespace") };
        let entity = random::entity(&[&kind.singular(), namespace, of("name")]);
        found.extend(api_server::found_object(w, *kind, value, entity));
    }
    if found.is_empty() {
        return;
    }
    for pod in pods {
        api_server::found_owner(w, *pod);
    }
    for pod in pods {
        runtime::count_starts(w, *pod);
    }
    for key in &found {
        listed(w, *key);
        if let ObjectKey::Job(id) = key {
            controllers::job::resume(w, *id);
        }
    }
    for pod in PodId::all(w.pods.len()) {
        if w.pods[pod.ix()].exists {
            of_pod(w, pod);
        }
    }
    for key in &found {
        if let ObjectKey::Job(id) = key {
            controllers::job::heard(w, *id);
        }
    }
}

/// Who keeps an object has it in its cache; who hears of it beside does, too.
fn listed(w: &mut World, key: ObjectKey) {
    let own = match key {
        ObjectKey::Deployment(_) => Controller::Deployment,
        ObjectKey::ReplicaSet(set) => controllers::hear::controller_of(w, set),
        ObjectKey::Service(_) => Controller::EndpointSlice,
        ObjectKey::PodDisruptionBudget(_) => Controller::Disruption,
        ObjectKey::DaemonSet(_) => Controller::DaemonSet,
        ObjectKey::StatefulSet(_) => Controller::StatefulSet,
        ObjectKey::Job(_) => Controller::Job,
        ObjectKey::CronJob(_) => Controller::CronJob,
        _ => return controllers::hear::object_changed(w, key),
    };
    controllers::informed(w, own, key);
    if let (ObjectKey::Job(_), Some(ObjectKey::CronJob(_))) = (key, w.workloads.controller(key)) {
        controllers::informed(w, Controller::CronJob, key);
    }
}

/// Who keeps a pod, or counts it, has it in its cache.
fn of_pod(w: &mut World, pod: PodId) {
    let key = ObjectKey::Pod(pod);
    let own = match w.pods[pod.ix()].controller {
        Some(ObjectKey::ReplicaSet(set)) => Some(controllers::hear::controller_of(w, set)),
        Some(ObjectKey::Job(_)) => Some(Controller::Job),
        Some(ObjectKey::StatefulSet(_)) => Some(Controller::StatefulSet),
        Some(ObjectKey::DaemonSet(_)) => Some(Controller::DaemonSet),
        _ => None,
    };
    let beside = [
        (!w.workloads.services.is_empty()).then_some(Controller::EndpointSlice),
        (!w.workloads.budgets.is_empty()).then_some(Controller::Disruption),
    ];
    for controller in own.into_iter().chain(beside.into_iter().flatten()) {
        controllers::informed(w, controller, key);
    }
}
