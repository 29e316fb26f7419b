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
//! | [`endpoint_slice`], with [`endpoints`] | slices of a Service |
//! | [`garbage`] | what becomes of objects whose owners go |
//! | [`hear`] | what all of them hear, below the API server |
//!
//! Source: staging/src/k8s.io/client-go/util/workqueue, tools/record/event.go; cmd/kube-controller-manager/app (v1.36.3).

pub mod deployment;
pub mod endpoint_slice;
pub mod endpoints;
pub mod garbage;
pub mod hear;
pub mod made;
pub mod members;
pub mod replica_set;

use crate::api::{EventText, EventType, PodIdent, Sym};
use crate::engine::{Distribution, random};
use crate::record::{Event, ObjectChange};
use crate::rules::machinery::events::{Sent, Written};
use crate::time::{Span, Time};
use crate::world::manager::{Controller, Request, Script, Telling, Work};
use crate::world::workloads::ObjectKey;
use crate::world::{Purpose, SimEvent, World};

/// What a request to the API server takes: half of those on recorded clusters took 5 ms or less, few 25 and more.
const REQUEST: Distribution =
    Distribution::LogNormal { median: Span::from_millis(5), p95: Span::from_millis(25) };

/// News of an object has come to a controller.
pub fn informed(w: &mut World, controller: Controller, of: ObjectKey) {
    match (controller, of) {
        (Controller::Deployment, key) => deployment::informed(w, key),
        (Controller::ReplicaSet | Controller::ReplicationController, key) => {
            replica_set::informed(w, controller, key);
        }
        (Controller::EndpointSlice, key) => endpoint_slice::informed(w, key),
        (Controller::GarbageCollector, key) => garbage::informed(w, key),
    }
}

/// A key is to be worked on.
pub fn add(w: &mut World, controller: Controller, key: ObjectKey) {
    w.controllers.manager.of_mut(controller).queue.add(key);
    call(w, controller);
}

/// A key is to be worked on at an instant, if not before.
pub fn add_at(w: &mut World, controller: Controller, key: ObjectKey, at: Time) {
    if at <= w.now {
        return add(w, controller, key);
    }
    if w.controllers.manager.of_mut(controller).queue.add_at(key, at) {
        w.at(at, SimEvent::Requeued { key, controller });
    }
}

/// A key that was to come later comes.
pub fn requeued(w: &mut World, controller: Controller, key: ObjectKey) {
    let now = w.now;
    if w.controllers.manager.of_mut(controller).queue.due(key, now) {
        call(w, controller);
    }
}

/// Idle workers are called to the queue.
fn call(w: &mut World, controller: Controller) {
    let runner = w.controllers.manager.of_mut(controller);
    let is_wanted = !runner.called && !runner.queue.is_empty() && runner.workers.iter().any(Option::is_none);
    if is_wanted {
        runner.called = true;
        w.at(w.now, SimEvent::Work { controller });
    }
}

/// Idle workers take from the queue, each a key.
pub fn work(w: &mut World, controller: Controller) {
    w.controllers.manager.of_mut(controller).called = false;
    loop {
        let runner = w.controllers.manager.of_mut(controller);
        let Some(worker) = runner.workers.iter().position(Option::is_none) else { return };
        let Some(key) = runner.queue.take() else { return };
        let script = match (controller, key) {
            (Controller::Deployment, ObjectKey::Deployment(id)) => deployment::look(w, id),
            (Controller::ReplicaSet | Controller::ReplicationController, ObjectKey::ReplicaSet(set)) => {
                replica_set::look(w, set)
            }
            (Controller::EndpointSlice, ObjectKey::Service(id)) => endpoint_slice::look(w, id),
            (Controller::GarbageCollector, key) => garbage::look(w, key),
            _ => None,
        };
        let Some((script, first)) = script else {
            done(w, controller, key, None);
            continue;
        };
        let work = Work { key, requests: Vec::new(), open: 0, script, error: None };
        w.controllers.manager.of_mut(controller).workers[worker] = Some(Box::new(work));
        send(w, controller, worker, first);
    }
}

/// Requests go out together: each waits for a token of the client's.
fn send(w: &mut World, controller: Controller, worker: usize, requests: Vec<Request>) {
    if requests.is_empty() {
        return go_on(w, controller, worker);
    }
    let now = w.now;
    let Some(key) = w.controllers.manager.of(controller).workers[worker].as_ref().map(|work| work.key) else {
        return;
    };
    let entity = random::part(entity_of(w, key), controller as u64);
    let instant = w.instant();
    let mut answers = Vec::with_capacity(requests.len());
    for request in 0..requests.len() {
        let mut draw = w.draw(Purpose::Request, random::part(entity, request as u64), instant);
        let takes = request_takes(&mut draw);
        let runner = w.controllers.manager.of_mut(controller);
        let free = runner.client.free_at(controller.rate(), now);
        runner.client.take(controller.rate(), free);
        answers.push(free + takes);
    }
    if let Some(work) = &mut w.controllers.manager.of_mut(controller).workers[worker] {
        work.open = requests.len() as u32;
        work.requests = requests.into_iter().map(Some).collect();
    }
    for (request, at) in (0..).zip(answers) {
        w.at(at, SimEvent::Answered { controller, worker: worker as u8, request });
    }
}

/// What a request takes.
fn request_takes(draw: &mut random::Draw) -> Span {
    REQUEST.sample(draw)
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
        Request::Collect(key) => garbage::collect(w, key),
        Request::Disown(key, owner) => garbage::disown(w, key, owner),
        Request::Finalize(key) => garbage::finalize(w, key),
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
        Script::Slices(_) => Vec::new(),
        Script::Collect(stage) => garbage::next(w, work.key, stage),
    };
    if next.is_empty() {
        let (key, error) = (work.key, work.error.take());
        let again = match &work.script {
            Script::Deployment(script) if error.is_none() => deployment::again(w, script),
            Script::Deployment(_) => None,
            Script::Replicas(script) if error.is_none() => replica_set::again(w, script.set),
            Script::Replicas(_) => None,
            Script::Slices(_) | Script::Collect(_) => None,
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

/// When a sync wants to look again though nothing has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// `AddAfter`
    At(Time),
    /// `AddRateLimited`
    Limited,
}

/// A worker is done with a key; what failed comes again.
fn done(w: &mut World, controller: Controller, key: ObjectKey, error: Option<String>) {
    let now = w.now;
    let queue = &mut w.controllers.manager.of_mut(controller).queue;
    let retries = error.is_some()
        && controller.gives_up_after().is_none_or(|most| queue.failures(key) < most);
    let at = retries.then(|| queue.failed(key, now));
    if at.is_none() {
        queue.forget(key);
    }
    queue.done(key);
    if let Some(at) = at {
        add_at(w, controller, key, at);
    }
    call(w, controller);
}

fn entity_of(w: &World, key: ObjectKey) -> u64 {
    match key {
        ObjectKey::Pod(pod) => w.pods[pod.ix()].entity,
        key => w.workloads.entity(key),
    }
}

/// A controller's event about an object: its recorder sends one after the other.
pub fn tell(
    w: &mut World,
    controller: Controller,
    about: ObjectKey,
    kind: EventType,
    reason: Sym,
    message: EventText,
) {
    let runner = w.controllers.manager.of_mut(controller);
    runner.to_tell.push_back(Telling { about, kind, reason, message });
    if runner.telling.is_none() {
        tell_next(w, controller);
    }
}

/// The recorder looks at what is to be told: what its correlator holds back costs nothing; what it lets pass is sent.
fn tell_next(w: &mut World, controller: Controller) {
    let (now, component, seed, number) = (w.now, controller.component(), w.seed, w.instant());
    while let Some(telling) = w.controllers.manager.of_mut(controller).to_tell.pop_front() {
        let Telling { about, kind, reason, message } = telling;
        let entity = entity_of(w, about);
        let sent = Sent { component, kind, reason, message, field_path: Sym::EMPTY };
        let pick = |of: usize| {
            random::Draw::new(seed, Purpose::SimilarEvents as u64, entity, number).below(of as u64) as usize
        };
        let World { controllers, event_objects, .. } = w;
        let runner = controllers.manager.of_mut(controller);
        let recorder = runner.told.entry(about).or_default();
        let Some(written) = recorder.send(&sent, &PodIdent::NOBODY, now, event_objects, pick) else { continue };
        let Written { message, field_path, count, object } = written;
        let event = Event { component, kind, reason, message, field_path, count, object };
        runner.telling = Some((about, event));
        let free = runner.client.free_at(controller.rate(), now);
        runner.client.take(controller.rate(), free);
        let mut draw = w.draw(Purpose::Request, random::part(entity, reason.content()), number);
        w.at(free + request_takes(&mut draw), SimEvent::Told { controller });
        return;
    }
}

/// The API server has an event.
pub fn told(w: &mut World, controller: Controller) {
    if let Some((about, event)) = w.controllers.manager.of_mut(controller).telling.take()
        && let Some(row) = w.workloads.row(about)
    {
        w.record_object(row, ObjectChange::Event(event));
    }
    tell_next(w, controller);
}

/// What the worker is going through that works on a key.
pub fn script_of(w: &mut World, controller: Controller, key: ObjectKey) -> Option<&mut Script> {
    let workers = &mut w.controllers.manager.of_mut(controller).workers;
    workers.iter_mut().flatten().find(|work| work.key == key).map(|work| &mut work.script)
}
