//! `kubectl apply -f`: the objects of the files are sent one after the other, in their order; one that is refused leaves the
//! others alone.
//!
//! For each kubectl asks whether it is there and then creates or patches it, so that the next one comes some milliseconds
//! later. That is seen: a budget that stands behind its Deployment finds pods at its first look more often than not, and a
//! Service has its slice when the first pod has an address. The instant of a command is that of its first object, as it is
//! that of the first write of every other verb; only a run begins together with kubectl, which has to ask first. Pods of
//! the same files, and objects that pods merely refer to, are sent at the instant of the command.
//!
//! Source: `Run`, `applyOneObject` in staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go (v1.36.3). kubectl's own limit of requests
//! is off where the API server has priority and fairness.

use std::sync::Arc;

use serde_json::Value;

use crate::actors::api_server;
use crate::api::Sym;
use crate::engine::Distribution;
use crate::engine::random::{self, Draw};
use crate::rules::api_server::admission::Rejection;
use crate::rules::api_server::objects::{ObjectType, no_matches};
use crate::rules::kubectl::apply;
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::command::Command;
use crate::time::{Span, Time};
use crate::world::{ObjectKey, Purpose, SimEvent, World};

/// From a run's begin to the first object, which takes two requests to an API server that has nothing else to do: this at
/// least, and what comes on top. In 413 recorded ones (1.36 and 1.32 alike) 5.2 ms at least, 6.6 (10 %), 9.5 (50 %), 26 (90 %),
/// 36 (95 %), 326 at most.
const FIRST: Span = Span::from_millis(5);
const FIRST_ON_TOP: Distribution =
    Distribution::LogNormal { median: Span::from_micros(4_500), p95: Span::from_millis(31) };

/// From one object to the next. In 174 recorded pairs (1.36 and 1.32 alike) 4 ms at least, 6 (10 %), 14 (50 %), 43 (90 %), 54
/// (95 %), 123 at most: the busier the controllers are with what was sent before, the longer.
const GAP: Distribution =
    Distribution::LogNormal { median: Span::from_millis(14), p95: Span::from_millis(54) };

/// The command of this step begins to send.
pub fn send(w: &mut World, plan: &ApplyPlan) {
    let Some(command) = w.under_way() else { return };
    for refused in &plan.refused {
        w.answer(refused);
    }
    warn(w, command, &plan.warned);
    for name in &plan.namespaces {
        api_server::namespaces::create(w, *name);
    }
    let comes = |at: Time| at == plan.at && at > w.plan.start;
    if w.plan.storage.volumes.iter().any(|volume| comes(volume.at)) {
        api_server::objects::volumes_created(w);
    }
    // A run begins as kubectl does; later instants are those at which the API server has the first request, of every verb.
    if w.now > w.plan.start {
        return go_on(w, command, plan, 0);
    }
    put_off(w, command, plan, 0, |dice| FIRST + FIRST_ON_TOP.sample(dice));
}

/// One more object is sent.
pub fn next(w: &mut World, command: u32, object: u32) {
    let action = w.log.get(command as usize).map(|own| Arc::clone(&own.action));
    if let Some(Command::Apply { apply }) = action.as_ref().map(|action| &action.command) {
        go_on(w, command, apply, object as usize);
    }
}

/// An object is sent, and the one after it is put off.
fn go_on(w: &mut World, command: u32, plan: &ApplyPlan, ix: usize) {
    let Some(object) = plan.objects.get(ix) else { return };
    apply_one(w, command, plan, object);
    put_off(w, command, plan, ix + 1, |dice| GAP.sample(dice));
}

/// The object with this index, if there is one, is sent when its requests have taken their time.
fn put_off(w: &mut World, command: u32, plan: &ApplyPlan, ix: usize, takes: impl FnOnce(&mut Draw) -> Span) {
    let object = plan.objects.get(ix);
    if let Some(own) = w.command_mut(command) {
        own.waits = object.is_some();
    }
    if let Some(object) = object {
        let entity = random::entity(&[object.kind.key(), object.namespace(plan), object.name()]);
        let takes = takes(&mut w.draw(Purpose::Apply, entity, w.instant()));
        w.after(takes, SimEvent::ApplyNext { command, object: ix as u32 });
    }
}

fn apply_one(w: &mut World, command: u32, plan: &ApplyPlan, object: &AppliedObject) {
    let kind = match ObjectType::of(&object.value) {
        Ok(kind) => kind,
        Err(_) => return w.answer_to(Some(command), &no_matches(&object.value, &object.file)),
    };
    let namespace = Sym::new(object.namespace(plan));
    let name = object.name();
    let known = api_server::find_object(w, kind, namespace, Sym::new(name));
    let live = known.map(|key| api_server::object(w, key));
    let applied = apply::apply(kind, live.as_ref(), &object.value, namespace.as_str());
    if let Some(warning) = applied.warning {
        tell(w, command, warning);
    }
    let warnings = match known {
        None => api_server::create_object(w, &applied.object, namespace).map(|(_, warnings)| warnings),
        Some(key) => replace(w, key, applied.object, true),
    };
    match warnings {
        Ok(warnings) => {
            warn(w, command, &warnings);
            tell(w, command, apply::answer(kind, name, applied.answer));
        }
        Err(refused) if known.is_some() => w.answer_to(Some(command), &refused.patched()),
        Err(refused) => w.answer_to(Some(command), &refused.kubectl(&object.file)),
    }
}

/// What the API server warns of is printed once.
pub fn warn(w: &mut World, command: u32, warnings: &[String]) {
    for words in warnings {
        if let Some(line) = w.warning(command, words) {
            tell(w, command, line);
        }
    }
}

/// What is answered later than the command is printed to whoever gave it; to the scenario's own nobody listens.
fn tell(w: &mut World, command: u32, words: String) {
    let action = w.log.get(command as usize).map(|own| Arc::clone(&own.action));
    let is_own = action.is_some_and(|action| match &action.command {
        Command::Apply { apply } => w.plan.applies.iter().any(|own| Arc::ptr_eq(own, apply)),
        _ => false,
    });
    match w.command_mut(command) {
        Some(own) if is_own => own.answer.push(words),
        _ => w.tell_to(command, words),
    }
}

/// An object is written as kubectl has it now. Gives what is warned of.
pub fn replace(w: &mut World, key: ObjectKey, new: Value, strictly: bool) -> Result<Vec<String>, Rejection> {
    match new {
        Value::Object(new) => api_server::replace_object(w, key, new, strictly),
        _ => Ok(Vec::new()),
    }
}
