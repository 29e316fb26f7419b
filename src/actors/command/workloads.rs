//! What is asked of the API server about workloads and Services: what kubectl sends, and what it prints.

use serde_json::{Value, json};

use crate::actors::api_server::{self, Propagation};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::command::{Cascade, Command, ObjectTarget};
use crate::world::World;
use crate::world::workloads::ObjectKey;

/// Obeys a command that is about an object which is neither pod nor node.
pub fn obey(w: &mut World, command: &Command) {
    match command {
        Command::Apply { apply: plan } => apply(w, plan),
        Command::DeleteObject { object, cascade } => delete(w, object, *cascade),
        Command::Scale { object, replicas } => edit(w, object, "scaled", |new| {
            new["spec"]["replicas"] = json!(replicas);
        }),
        Command::SetTemplateImage { object, container, image } => edit(w, object, "image updated", |new| {
            let list = new.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
            for own in list.into_iter().flatten().filter(|own| own["name"] == container.as_str()) {
                own["image"] = json!(image.as_str());
            }
        }),
        Command::RolloutRestart { object } => {
            let now = w.now.rfc3339_secs();
            edit(w, object, "restarted", |new| {
                new["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = json!(now);
            });
        }
        Command::RolloutPause { object } => edit(w, object, "paused", |new| {
            new["spec"]["paused"] = json!(true);
        }),
        Command::RolloutResume { object } => edit(w, object, "resumed", |new| {
            new["spec"]["paused"] = json!(false);
        }),
        Command::PatchObject { object, merge } => edit(w, object, "patched", |new| {
            api_server::merge_into(new, merge);
        }),
        _ => w.answer("not played yet"),
    }
}

fn edit(w: &mut World, target: &ObjectTarget, done: &str, change: impl FnOnce(&mut Value)) {
    let Some(key) = meant(w, target) else { return };
    let mut new = api_server::object(w, key);
    change(&mut new);
    let Value::Object(new) = new else { return };
    let named = format!("{}/{}", target.kind.resource(), target.name);
    match api_server::replace_object(w, key, new) {
        Ok(_) => w.tell(format!("{named} {done}")),
        Err(refused) => w.answer(&refused.kubectl("")),
    }
}

/// `kubectl apply -f`: object by object; one that is refused leaves the others alone.
pub fn apply(w: &mut World, plan: &ApplyPlan) {
    for object in &plan.objects {
        apply_one(w, plan, object);
    }
}

fn apply_one(w: &mut World, plan: &ApplyPlan, object: &AppliedObject) {
    let kind = match ObjectType::of(&object.value) {
        Ok(kind) => kind,
        Err(why) => return w.answer(&why.to_string()),
    };
    let namespace = Sym::new(object.namespace(plan));
    let known = api_server::find_object(w, kind, namespace, Sym::new(object.name()));
    let named = kind.named(object.name());
    match known {
        None => match api_server::create_object(w, &object.value, namespace) {
            Ok((_, warnings)) => {
                for warning in warnings {
                    w.tell(format!("Warning: {warning}"));
                }
                w.tell(format!("{named} created"));
            }
            Err(refused) => w.answer(&refused.kubectl(&object.file)),
        },
        Some(key) => {
            let Value::Object(old) = api_server::object(w, key) else { return };
            let mut new = old.clone();
            for (name, value) in object.value.as_object().into_iter().flatten() {
                if name == "spec" {
                    new.insert(name.clone(), value.clone());
                }
            }
            match api_server::replace_object(w, key, new) {
                Ok(true) => w.tell(format!("{named} configured")),
                Ok(false) => w.tell(format!("{named} unchanged")),
                Err(refused) => w.answer(&refused.kubectl(&object.file)),
            }
        }
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
    let resource = target.kind.resource();
    w.tell(format!("{resource} \"{}\" deleted from {namespace} namespace", target.name));
}

/// The object that a command names; kubectl's words if there is none.
fn meant(w: &mut World, target: &ObjectTarget) -> Option<ObjectKey> {
    let kind = Sym::new(&target.kind.singular());
    let found = match target.namespace {
        Some(namespace) => w.workloads.find(kind, namespace, target.name),
        None => {
            let all = w.workloads.by_name.iter();
            let mut named: Vec<(&str, ObjectKey)> = all
                .filter(|((of, _, name), _)| *of == kind && *name == target.name)
                .map(|((_, namespace, _), key)| (namespace.as_str(), *key))
                .collect();
            named.sort_unstable();
            named.first().map(|(_, key)| *key)
        }
    };
    if found.is_none() {
        let group = target.kind.api_version().split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
        let resource = format!("{}{group}", target.kind.plural());
        w.answer(&format!("Error from server (NotFound): {resource} \"{}\" not found", target.name));
    }
    found
}
