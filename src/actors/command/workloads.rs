//! What is asked of the API server about workloads and Services: what kubectl sends, and what it prints.

use serde_json::Value;

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
        _ => w.answer("not played yet"),
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
