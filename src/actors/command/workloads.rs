//! What is asked of the API server about workloads and Services: what kubectl sends, and what it prints.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{apply, waiting};
use crate::actors::api_server::{self, Propagation};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::cron_job;
use crate::rules::kubectl::apply::{PatchType, patch};
use crate::rules::kubectl::rollout::{self, Changed};
use crate::scenario::command::{Cascade, Command, ObjectTarget};
use crate::time::Span;
use crate::world::World;
use crate::world::workloads::ObjectKey;

/// Obeys a command that is about an object which is neither pod nor node.
pub fn obey(w: &mut World, command: &Command) {
    match command {
        Command::Apply { apply } => apply::send(w, apply),
        Command::Scale { object, replicas } => {
            change(w, object, |kind, old, _| rollout::scale(kind, old, *replicas));
        }
        Command::Trigger { object, name } => trigger(w, object, *name),
        Command::SetTemplateImage { object, container, image } => change(w, object, |kind, old, _| {
            rollout::set_image(kind, old, &[(container.as_str(), image.as_str())])
        }),
        Command::RolloutRestart { object } => {
            let now = w.now;
            change(w, object, |kind, old, _| rollout::restart(kind, old, now));
        }
        Command::RolloutPause { object } => change(w, object, |kind, old, _| rollout::pause(kind, old)),
        Command::RolloutResume { object } => change(w, object, |kind, old, _| rollout::resume(kind, old)),
        Command::RolloutUndo { object, to_revision } => {
            let to = to_revision.unwrap_or(0);
            change(w, object, |_, old, sets| rollout::undo(old, &sets.iter().collect::<Vec<_>>(), to));
        }
        Command::RolloutStatus { object, timeout } => {
            if let Some(key) = meant(w, object) {
                waiting::begin(w, key, timeout.filter(|span| *span > Span::ZERO));
            }
        }
        Command::Wait { object, condition, timeout } => match find(w, object) {
            // What never was is gone: nothing is printed.
            None if condition == "delete" => {}
            None => not_found(w, object),
            Some(key) => waiting::begin(w, key, Some(*timeout)),
        },
        Command::PatchObject { object, merge } => {
            let set = said_of_set(w);
            change(w, object, |kind, old, _| {
                let (object, said) = patch(kind, old, merge, PatchType::Merge);
                let said = set.filter(|_| said == "patched").unwrap_or(said);
                Ok(Changed { object, answer: said.to_owned() })
            });
        }
        Command::LabelObject { object, labels } => label(w, object, labels),
        Command::DeleteObject { object, cascade } => delete(w, object, *cascade),
        _ => {}
    }
}

/// What is said of a patch that was asked for by one of the verbs below `set`
/// (staging/src/k8s.io/kubectl/pkg/cmd/set/set_{resources,env,selector}.go, `Run`, v1.36.2).
fn said_of_set(w: &World) -> Option<&'static str> {
    let command = w.log.get(w.under_way()? as usize)?;
    let words = command.action.words.as_str();
    let mut words = words.strip_prefix("kubectl ").unwrap_or(words).split_whitespace();
    match (words.next()?, words.next()?) {
        ("set", "resources") => Some("resource requirements updated"),
        ("set", "env") => Some("env updated"),
        ("set", "selector") => Some("selector updated"),
        _ => None,
    }
}

/// One of kubectl's commands that change an object: what it makes of it is sent, and answered. `make` sees the kind, the
/// object, and the ReplicaSets or ControllerRevisions that the object controls.
fn change(
    w: &mut World,
    target: &ObjectTarget,
    make: impl FnOnce(ObjectType, &Value, &[Value]) -> Result<Changed, String>,
) {
    let Some(key) = meant(w, target) else { return };
    let (kind, old) = (api_server::type_of(w, key), api_server::object(w, key));
    // Who has no rollouts may have made very many.
    let made = w.workloads.controlled_by(key).filter(|_| kind.law().has_rollouts);
    let sets: Vec<Value> = made.map(|set| api_server::object(w, set)).collect();
    let Changed { object, answer } = match make(kind, &old, &sets) {
        Ok(changed) => changed,
        Err(why) => return w.answer(&why),
    };
    match apply::replace(w, key, object, false) {
        Ok(warnings) => {
            if let Some(command) = w.under_way() {
                apply::warn(w, command, &warnings);
            }
            w.tell(format!("{} {answer}", kind.named(target.name.as_str())));
        }
        Err(refused) => w.answer(&refused.told(None)),
    }
}

/// `kubectl label`: what it does not find is told first.
fn label(w: &mut World, target: &ObjectTarget, labels: &BTreeMap<String, Option<String>>) {
    let own = find(w, target).and_then(|key| w.workloads.meta(key)).map(|meta| meta.labels.clone());
    let mut told = crate::actors::kubectl::labelled(&own.unwrap_or_default(), labels);
    let answer = told.pop().unwrap_or_default();
    told.into_iter().for_each(|line| w.tell(line));
    change(w, target, |_, old, _| Ok(Changed { object: relabelled(old, labels), answer }));
}

fn relabelled(old: &Value, labels: &BTreeMap<String, Option<String>>) -> Value {
    let mut object = old.clone();
    if !object["metadata"]["labels"].is_object() {
        object["metadata"]["labels"] = Value::Object(Map::new());
    }
    if let Some(own) = object["metadata"]["labels"].as_object_mut() {
        for (key, value) in labels {
            match value {
                Some(value) => drop(own.insert(key.clone(), json!(value))),
                None => drop(own.shift_remove(key)),
            }
        }
    }
    object
}

/// `kubectl create job --from`
fn trigger(w: &mut World, target: &ObjectTarget, name: Sym) {
    let Some(key @ ObjectKey::CronJob(id)) = meant(w, target) else { return };
    let own = &w.workloads.cron_jobs[id.ix()];
    let namespace = own.object.meta.namespace;
    let manifest = cron_job::job_by_hand(&own.object, name.as_str(), &own.beside.as_owner);
    if w.workloads.find(Sym::new("job"), namespace, name).is_some() {
        return w.answer(&format!("error: failed to create job: jobs.batch \"{name}\" already exists"));
    }
    let entity = api_server::makes(w, key);
    match api_server::create_object_as(w, &manifest, namespace, entity) {
        Ok(_) => w.tell(format!("job.batch/{name} created")),
        Err(refused) => w.answer(&format!("error: failed to create job: {refused}")),
    }
}

fn delete(w: &mut World, target: &ObjectTarget, cascade: Cascade) {
    let Some(key) = meant(w, target) else { return };
    let propagation = match cascade {
        Cascade::Background => Propagation::Background,
        Cascade::Foreground => Propagation::Foreground,
        Cascade::Orphan => Propagation::Orphan,
    };
    let namespace = w.workloads.meta(key).map_or(Sym::EMPTY, |meta| meta.namespace);
    api_server::delete(w, key, propagation);
    let words = crate::actors::kubectl::deleted(
        &w.gates,
        &target.kind.resource(),
        target.name.as_str(),
        namespace,
        false,
    );
    w.tell(words);
}

/// The object that a command names; kubectl's words if there is none.
fn meant(w: &mut World, target: &ObjectTarget) -> Option<ObjectKey> {
    let found = find(w, target);
    if found.is_none() {
        not_found(w, target);
    }
    found
}

/// The object that a command names; without a namespace the first one of that name.
fn find(w: &World, target: &ObjectTarget) -> Option<ObjectKey> {
    let kind = Sym::new(&target.kind.singular());
    if let Some(namespace) = target.namespace {
        return w.workloads.find(kind, namespace, target.name);
    }
    let all = w.workloads.by_name.iter();
    let named = all.filter(|((of, _, name), _)| *of == kind && *name == target.name);
    named.min_by_key(|((_, namespace, _), _)| namespace.as_str()).map(|(_, key)| *key)
}

fn not_found(w: &mut World, target: &ObjectTarget) {
    let group =
        target.kind.api_version().split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
    let resource = format!("{}{group}", target.kind.plural());
    w.answer(&format!("Error from server (NotFound): {resource} \"{}\" not found", target.name));
}
