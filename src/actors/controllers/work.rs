//! What all controllers of workloads have in common: a queue with workers, a client with a rate, a recorder of events.
//!
//! Source: staging/src/k8s.io/client-go/util/workqueue, tools/record/event.go; cmd/kube-controller-manager/app (v1.36.3).

use crate::api::{EventText, EventType, PodIdent, Sym};
use crate::engine::{Distribution, random};
use crate::record::{Event, ObjectChange};
use crate::rules::machinery::events::{Sent, Written};
use crate::time::{Span, Time};
use crate::world::manager::{Controller, Request, Script, Telling};
use crate::world::workloads::ObjectKey;
use crate::world::{Purpose, SimEvent, World};

/// What a request to the API server takes: half of those on recorded clusters took 5 ms or less, few 25 and more.
const REQUEST: Distribution =
    Distribution::LogNormal { median: Span::from_millis(5), p95: Span::from_millis(25) };

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
pub fn call(w: &mut World, controller: Controller) {
    let runner = w.controllers.manager.of_mut(controller);
    let is_wanted = !runner.called && !runner.queue.is_empty() && runner.workers.iter().any(Option::is_none);
    if is_wanted {
        runner.called = true;
        w.at(w.now, SimEvent::Work { controller });
    }
}

/// Requests go out together: each waits for a token of the client's.
pub fn send(w: &mut World, controller: Controller, worker: usize, requests: Vec<Request>) {
    let now = w.now;
    let Some(work) = &w.controllers.manager.of_mut(controller).workers[worker] else { return };
    let key = work.key;
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

/// When a sync wants to look again though nothing has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// `AddAfter`
    At(Time),
    /// `AddRateLimited`
    Limited,
}

/// A worker is done with a key; what failed comes again.
pub fn done(w: &mut World, controller: Controller, key: ObjectKey, error: Option<String>) {
    let now = w.now;
    let queue = &mut w.controllers.manager.of_mut(controller).queue;
    let retries =
        error.is_some() && controller.gives_up_after().is_none_or(|most| queue.failures(key) < most);
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
        let Some(written) = recorder.send(&sent, &PodIdent::NOBODY, now, event_objects, pick) else {
            continue;
        };
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
    if let Some((about, event)) = w.controllers.manager.of_mut(controller).telling.take() {
        match about {
            ObjectKey::Pod(pod) => w.record_event(pod, event),
            about => {
                let namespace = w.workloads.meta(about).map_or(Sym::EMPTY, |meta| meta.namespace);
                if let Some(row) = w.workloads.row(about)
                    && w.namespaces.takes_event(namespace, event.object)
                {
                    w.record_object(row, ObjectChange::Event(event));
                }
            }
        }
    }
    tell_next(w, controller);
}

/// What the worker is going through that works on a key.
pub fn script_of(w: &mut World, controller: Controller, key: ObjectKey) -> Option<&mut Script> {
    let workers = &mut w.controllers.manager.of_mut(controller).workers;
    workers.iter_mut().flatten().find(|work| work.key == key).map(|work| &mut work.script)
}

/// A PUT of what has been written meanwhile (`NewConflict`, staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go).
pub fn conflict(resource: &str, name: &str) -> String {
    format!(
        "Operation cannot be fulfilled on {resource} \"{name}\": the object has been modified; please apply your changes to \
         the latest version and try again"
    )
}
