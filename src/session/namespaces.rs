//! Namespaces as `kubectl get` lists them: those of the beginning, those that somebody has made, and those in which there is something, or
//! was a pod. One that is deleted is Terminating, and no more there once it is gone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::served::{as_it_goes, uid};
use crate::actors::node_lifecycle::KUBELET_AGE;
use crate::api::Sym;
use crate::world::World;
use crate::world::namespaces::NAMESPACES;

/// All of them by name, as the API prints them.
pub(super) fn all(w: &World) -> Vec<(Sym, Value)> {
    let mut made: BTreeMap<&str, &Value> = BTreeMap::new();
    for (key, own) in w.stored.iter().filter(|(key, _)| key.group.is_empty() && key.kind == "Namespace") {
        made.insert(&key.name, &own.value);
    }
    let pods = w.names.namespaces().iter().copied();
    let objects = w.objects.iter().map(|own| own.namespace);
    let workloads = w.workloads.all().filter_map(|key| w.workloads.meta(key)).map(|meta| meta.namespace);
    let known = pods.chain(objects).chain(workloads).map(Sym::as_str).filter(|name| !name.is_empty());
    let mut names: Vec<&str> = made.keys().copied().collect();
    for name in NAMESPACES.into_iter().chain(known) {
        names.push(name);
    }
    names.sort_unstable();
    names.dedup();
    names.retain(|name| w.namespaces.get(Sym::new(name)).is_none_or(|own| !own.is_gone));
    let value = |(at, name): (usize, &str)| {
        let mut value = made.get(name).map_or_else(|| found(w, name, at), |own| (*own).clone());
        as_it_goes(w, name, &mut value);
        (Sym::new(name), value)
    };
    names.into_iter().enumerate().map(value).collect()
}

/// One that nobody has made.
fn found(w: &World, name: &str, at: usize) -> Value {
    let own = Sym::new(name);
    let (since, number) = match w.namespaces.again_since(own) {
        Some(since) => (since, own.content() ^ since.micros().cast_unsigned()),
        None => (w.plan.start - KUBELET_AGE, at as u64 + 1),
    };
    json!({
        "metadata": {
            "name": name, "uid": uid(1, number),
            "creationTimestamp": since.rfc3339_secs(),
            "labels": { "kubernetes.io/metadata.name": name },
        },
        "spec": { "finalizers": ["kubernetes"] },
        "status": { "phase": "Active" },
    })
}
