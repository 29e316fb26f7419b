//! Commands that wait: `kubectl rollout status` and `kubectl wait`.
//!
//! Such a command looks at its object when it is given and whenever the object is written, until it has seen what it waits
//! for, has found that it will not, or has waited for long enough. What it prints meanwhile belongs to it, in whichever step.
//!
//! Source: staging/src/k8s.io/kubectl/pkg/cmd/{rollout/rollout_status,wait/{wait,condition,delete}}.go (v1.36.3).

use std::sync::Arc;

use serde_json::Value;

use crate::actors::api_server;
use crate::rules::kubectl::rollout_status;
use crate::scenario::command::Command;
use crate::time::Span;
use crate::world::log::Waiting;
use crate::world::{ObjectKey, SimEvent, World};

/// How a command stands after a look.
enum Look {
    /// It waits on, and has said this.
    Waits(String),
    /// It has seen what it waited for.
    Done(String),
    /// It will not see it.
    Fails(String),
}

/// The command of this step waits for something of an object from now on; without a timeout for ever.
pub fn begin(w: &mut World, key: ObjectKey, timeout: Option<Span>) {
    let Some(command) = w.under_way() else { return };
    if let Some(own) = w.command_mut(command) {
        own.waits = true;
    }
    w.waiting.push(Waiting { command, key, said: String::new() });
    object_seen(w, key);
    let waits = w.waiting.iter().any(|own| own.command == command);
    match timeout {
        Some(Span::ZERO) if waits => over(w, command),
        Some(timeout) if waits => w.after(timeout, SimEvent::WaitOver { command }),
        _ => {}
    }
}

/// An object was written, or is gone: whoever waits for something of it looks.
pub fn object_seen(w: &mut World, key: ObjectKey) {
    let looking: Vec<u32> = w.waiting.iter().filter(|own| own.key == key).map(|own| own.command).collect();
    for command in looking {
        match look(w, command, key) {
            Look::Waits(said) => {
                let Some(own) = w.waiting.iter_mut().find(|own| own.command == command) else { continue };
                if own.said != said {
                    own.said.clone_from(&said);
                    w.tell_to(command, said);
                }
            }
            Look::Done(said) => {
                w.tell_to(command, said);
                end(w, command);
            }
            Look::Fails(said) => {
                w.answer_to(Some(command), &said);
                end(w, command);
            }
        }
    }
}

/// A command has waited for long enough.
pub fn over(w: &mut World, command: u32) {
    if super::drain::over(w, command) {
        return;
    }
    let Some(waiting) = w.waiting.iter().find(|own| own.command == command) else { return };
    let kind = api_server::type_of(w, waiting.key);
    let on = match w.log.get(command as usize).map(|own| &own.action.command) {
        Some(Command::Wait { object, .. }) => format!(" on {}/{}", kind.law().resource, object.name),
        _ => String::new(),
    };
    w.answer_to(Some(command), &format!("error: timed out waiting for the condition{on}"));
    end(w, command);
}

fn end(w: &mut World, command: u32) {
    w.waiting.retain(|own| own.command != command);
    if let Some(own) = w.command_mut(command) {
        own.waits = false;
    }
}

fn look(w: &World, command: u32, key: ObjectKey) -> Look {
    let there = w.workloads.exists(key);
    let action = w.log.get(command as usize).map(|own| Arc::clone(&own.action));
    match action.as_ref().map(|action| &action.command) {
        Some(Command::Wait { object, condition, .. }) => {
            let met = match condition.as_str() {
                "delete" => !there,
                condition => there && holds(&api_server::object(w, key), condition),
            };
            match met {
                true => Look::Done(format!(
                    "{} condition met",
                    api_server::type_of(w, key).named(object.name.as_str())
                )),
                false => Look::Waits(String::new()),
            }
        }
        _ if !there => Look::Fails("error: object has been deleted".to_owned()),
        _ => match rollout_status::look(&api_server::object(w, key), 0) {
            Some(rollout_status::Look { error: Some(error), .. }) => Look::Fails(format!("error: {error}")),
            Some(look) if look.done => Look::Done(look.text.trim_end().to_owned()),
            Some(look) => Look::Waits(look.text.trim_end().to_owned()),
            None => Look::Fails("error: no status viewer has been implemented for this kind".to_owned()),
        },
    }
}

/// Whether an object has a condition (`condition=Available`, `condition=Available=false`). One that speaks of an older
/// generation does not count; case does not matter.
fn holds(object: &Value, condition: &str) -> bool {
    let wanted = condition.strip_prefix("condition=").unwrap_or(condition);
    let (wanted, value) = wanted.split_once('=').unwrap_or((wanted, "true"));
    let observed = object["status"]["observedGeneration"].as_i64();
    let is_new = |own: &Value| {
        let seen = own["observedGeneration"].as_i64().or(observed);
        seen.is_none_or(|seen| object["metadata"]["generation"].as_i64().is_none_or(|now| seen >= now))
    };
    object["status"]["conditions"].as_array().into_iter().flatten().any(|own| {
        let is =
            |name: &str, text: &str| own[name].as_str().is_some_and(|own| own.eq_ignore_ascii_case(text));
        is("type", wanted) && is("status", value) && is_new(own)
    })
}
