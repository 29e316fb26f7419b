//! kube-controller-manager's controllers of workloads: one mechanism, and a file for each controller.
//!
//! News comes by way of informers ([`hear`]); a controller adds keys to its queue; an idle worker takes one, looks at the world
//! once, and sends what has to be written, request by request, each of which takes its time and a token of the client's. Events
//! go the same way, one at a time behind each other. What failed comes again, later and later.
//!
//! | | |
//! | --- | --- |
//! | [`deployment`] | ReplicaSets of a Deployment |
//! | [`replica_set`], with [`members`] | pods of a ReplicaSet or ReplicationController |
//! | [`job`], with [`job_pods`] and [`job_requests`] | pods of a Job |
//! | [`cron_job`] | Jobs of a CronJob |
//! | [`ttl`] | the end of Jobs that are over |
//! | [`daemon_set`], with [`daemons`] and [`daemon_requests`] | pods of a DaemonSet |
//! | [`endpoint_slice`], with [`endpoints`] | slices of a Service |
//! | [`disruption`], with [`budgets`] | what a PodDisruptionBudget lets go |
//! | [`horizontal`], with [`usage`] | how many pods a HorizontalPodAutoscaler wants |
//! | [`resource_quota`] | what is used of a ResourceQuota |
//! | [`garbage`] | what becomes of objects whose owners go |
//! | [`stateful_set`], with [`stateful_pods`] | pods, claims and revisions of a StatefulSet |
//! | [`claims`] | claims are bound, and stay while they are used |
//! | [`provisioner`] | volumes for claims whose pod has got a node |
//! | [`made`] | what pods are made of |
//! | [`work`] | what all have in common: queue, workers, client, recorder |
//! | [`hear`] | what all of them hear, below the API server |

pub mod budgets;
pub mod claims;
pub mod cron_job;
pub mod daemon_requests;
pub mod daemon_set;
pub mod daemons;
pub mod deployment;
pub mod disruption;
pub mod endpoint_slice;
pub mod endpoints;
pub mod garbage;
pub mod hear;
pub mod horizontal;
pub mod job;
pub mod job_pods;
pub mod job_requests;
pub mod made;
pub mod members;
pub mod provisioner;
pub mod replica_set;
pub mod resource_quota;
pub mod stateful_pods;
pub mod stateful_set;
pub mod ttl;
pub mod usage;
pub mod work;

use self::work::{Again, add_at, done, send};
use crate::world::World;
use crate::world::manager::{Controller, Request, Script, Work};
use crate::world::workloads::ObjectKey;

pub use self::daemon_set::node_seen as node_informed;
pub use self::work::{requeued, told};

/// News of an object has come to a controller.
pub fn informed(w: &mut World, controller: Controller, of: ObjectKey) {
    match (controller, of) {
        (Controller::Deployment, key) => deployment::informed(w, key),
        (Controller::ReplicaSet | Controller::Replication, key) => {
            replica_set::informed(w, controller, key);
        }
        (Controller::EndpointSlice, key) => endpoint_slice::informed(w, key),
        (Controller::GarbageCollector, key) => garbage::informed(w, key),
        (Controller::Job, key) => job::informed(w, key),
        (Controller::TtlAfterFinished, key) => work::add(w, controller, key),
        (Controller::CronJob, key) => cron_job::informed(w, key),
        (Controller::Disruption, key) => disruption::informed(w, key),
        (Controller::ResourceQuota, key) => resource_quota::informed(w, key),
        (Controller::Autoscaler, key) => horizontal::informed(w, key),
        (Controller::DaemonSet, key) => daemon_set::informed(w, key),
        (Controller::StatefulSet, key) => stateful_set::informed(w, key),
        (Controller::VolumeBinder | Controller::ClaimProtection, key) => claims::informed(w, controller, key),
    }
}

/// Idle workers take from the queue, each a key.
pub fn take(w: &mut World, controller: Controller) {
    w.controllers.manager.of_mut(controller).called = false;
    loop {
        let runner = w.controllers.manager.of_mut(controller);
        let Some(worker) = runner.workers.iter().position(Option::is_none) else { return };
        let Some(key) = runner.queue.take() else { return };
        let script = match (controller, key) {
            (Controller::Deployment, ObjectKey::Deployment(id)) => deployment::look(w, id),
            (Controller::ReplicaSet | Controller::Replication, ObjectKey::ReplicaSet(set)) => {
                replica_set::look(w, set)
            }
            (Controller::EndpointSlice, ObjectKey::Service(id)) => endpoint_slice::look(w, id),
            (Controller::DaemonSet, ObjectKey::DaemonSet(set)) => daemon_set::look(w, set),
            (Controller::GarbageCollector, key) => garbage::look(w, key),
            (Controller::Job, ObjectKey::Job(id)) => job::look(w, id),
            (Controller::Job, ObjectKey::Pod(pod)) => job::look_at_orphan(w, pod),
            (Controller::TtlAfterFinished, ObjectKey::Job(id)) => ttl::look(w, id),
            (Controller::CronJob, ObjectKey::CronJob(id)) => cron_job::look(w, id),
            (Controller::Disruption, ObjectKey::PodDisruptionBudget(id)) => disruption::look(w, id),
            (Controller::ResourceQuota, ObjectKey::ResourceQuota(id)) => resource_quota::look(w, id),
            (Controller::Autoscaler, ObjectKey::HorizontalPodAutoscaler(id)) => horizontal::look(w, id),
            (Controller::StatefulSet, ObjectKey::StatefulSet(set)) => stateful_set::look(w, set),
            (_, ObjectKey::PersistentVolumeClaim(id)) => claims::look(w, controller, id),
            _ => None,
        };
        let Some((script, first)) = script else {
            done(w, controller, key, None);
            continue;
        };
        let work = Work { key, requests: Vec::new(), open: 0, script, error: None };
        w.controllers.manager.of_mut(controller).workers[worker] = Some(Box::new(work));
        match first.is_empty() {
            true => go_on(w, controller, worker),
            false => send(w, controller, worker, first),
        }
    }
}

/// A request is carried out by the API server, and its answer comes.
pub fn answered(w: &mut World, controller: Controller, worker: u8, request: u32) {
    let worker = usize::from(worker);
    let Some(work) = &mut w.controllers.manager.of_mut(controller).workers[worker] else { return };
    let Some(asked) = work.requests.get_mut(request as usize).and_then(Option::take) else { return };
    work.open -= 1;
    let error = match asked {
        Request::Get => None,
        Request::Step(id) => deployment::carry_out(w, id),
        Request::MakePod(set) => replica_set::make_pod(w, set),
        Request::DeletePod(set, pod) => replica_set::delete_pod(w, set, pod),
        Request::Adopt(set, pod) => replica_set::adopt(w, set, pod),
        Request::Release(set, pod) => replica_set::release(w, set, pod),
        Request::SetStatus(set, status) => replica_set::set_status(w, set, &status),
        Request::Slice(id, slice) => endpoint_slice::write(w, id, slice),
        Request::RemoveSlices(id) => endpoint_slice::remove(w, id),
        Request::SetQuota(id, version, status) => resource_quota::set_status(w, id, version, &status),
        Request::Daemon(set, request) => daemon_requests::carry_out(w, set, request),
        Request::Collect(key) => garbage::collect(w, key),
        Request::Disown(key, owner) => garbage::disown(w, key, owner),
        Request::Finalize(key) => garbage::finalize(w, key),
        Request::Job(id, asked) => job_requests::carry_out(w, id, &asked),
        Request::Cron(id, asked) => cron_job::carry_out(w, id, asked),
        Request::Untrack(pod) => {
            job_requests::untrack(w, pod);
            None
        }
        Request::Expire(id) => ttl::expire(w, id),
        Request::SetBudget(id, status, version) => disruption::set_status(w, id, *status, version),
        Request::Autoscaler(id, asked) => horizontal::carry_out(w, id, asked),
        Request::Set(set, asked) => stateful_set::carry_out(w, set, asked),
        Request::Bind(id) => claims::bind(w, id),
        Request::LetGo(id) => claims::let_go(w, id),
    };
    let Some(work) = &mut w.controllers.manager.of_mut(controller).workers[worker] else { return };
    // The first one is what the sync fails with.
    if work.error.is_none() {
        work.error = error;
    }
    if work.open == 0 {
        go_on(w, controller, worker);
    }
}

/// All requests of a stage are answered.
fn go_on(w: &mut World, controller: Controller, worker: usize) {
    let Some(mut work) = w.controllers.manager.of_mut(controller).workers[worker].take() else { return };
    let next = match &mut work.script {
        Script::Deployment(script) => deployment::next(w, script, &mut work.error),
        Script::Replicas(script) => replica_set::next(w, script, work.error.as_deref()),
        Script::Daemons(script) => daemon_set::next(w, script, &mut work.error),
        Script::Slices(_) | Script::Budget(_) | Script::Quota => Vec::new(),
        Script::Collect(stage) => garbage::next(w, work.key, stage),
        Script::Job(script) => job::next(w, script),
        Script::Cron(script) => cron_job::next(w, script),
        Script::Row(_) if work.error.is_some() => Vec::new(),
        Script::Row(row) => row.pop_front().into_iter().collect(),
        Script::Set(script) => stateful_set::next(w, script, &mut work.error),
        Script::Autoscaler(script) => horizontal::next(w, script, &mut work.error),
        Script::Bind(left) => claims::next(work.key, left),
        Script::LetGo => Vec::new(),
    };
    if next.is_empty() {
        let (key, error) = (work.key, work.error.take());
        let again = match &work.script {
            Script::Deployment(script) if error.is_none() => deployment::again(w, script),
            Script::Deployment(_) => None,
            Script::Replicas(script) if error.is_none() => replica_set::again(w, script.set),
            Script::Replicas(_) => None,
            Script::Cron(script) if error.is_none() => cron_job::again(w, script),
            Script::Budget(again) if error.is_none() => again.map(Again::At),
            Script::Autoscaler(script) => horizontal::again(w, script),
            Script::Set(script) if error.is_none() => stateful_set::again(w, script),
            Script::Slices(_) | Script::Daemons(_) | Script::Quota | Script::Set(_) => None,
            Script::Collect(_) | Script::Budget(_) | Script::Bind(_) | Script::LetGo => None,
            Script::Job(_) | Script::Cron(_) | Script::Row(_) => None,
        };
        done(w, controller, key, error);
        match again {
            Some(Again::At(at)) => add_at(w, controller, key, at),
            Some(Again::Limited) => {
                let now = w.now;
                let at = w.controllers.manager.of_mut(controller).queue.failed(key, now);
                add_at(w, controller, key, at);
            }
            None => {}
        }
        return;
    }
    w.controllers.manager.of_mut(controller).workers[worker] = Some(work);
    send(w, controller, worker, next);
}
