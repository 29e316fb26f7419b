//! Who is meant by a command, and how what is done to it is told.

use std::collections::BTreeMap;

use crate::actors::api_server::find_pod;
use crate::actors::kubectl;
use crate::api::Sym;
use crate::scenario::command::{Among, Target};
use crate::world::{NodeId, PodId, World};

/// Tells what was done to a pod.
pub fn tell_pod(w: &mut World, pod: PodId, what: &str) {
    let name = w.pods[pod.ix()].ident.name;
    w.tell(format!("pod/{name} {what}"));
}

/// Tells what was done to a node.
pub fn tell_node(w: &mut World, node: NodeId, what: &str) {
    let name = w.nodes[node.ix()].spec.name;
    w.tell(format!("node/{name} {what}"));
}

/// `kubectl label`: a value is set, or without one taken away.
pub fn relabel(own: &mut BTreeMap<String, String>, labels: &BTreeMap<String, Option<String>>) {
    for (key, value) in labels {
        match value {
            Some(value) => own.insert(key.clone(), value.clone()),
            None => own.remove(key),
        };
    }
}

/// The pods that a target names, oldest first; kubectl's answer if there are none.
pub fn pods(w: &mut World, target: &Target) -> Vec<PodId> {
    let mut found = if target.prefix { beginning(w, target) } else { called(w, target) };
    if let Some(among) = &target.among {
        choose(w, among, &mut found);
    }
    match (found.is_empty(), target.prefix) {
        (true, true) => w.tell(kubectl::NOTHING.to_owned()),
        (true, false) => {
            w.answer(&format!("Error from server (NotFound): pods \"{}\" not found", target.name))
        }
        (false, _) => {}
    }
    found
}

/// Of this name, one a namespace: nobody looks at the whole fleet for it.
fn called(w: &World, target: &Target) -> Vec<PodId> {
    let name = Sym::new(&target.name);
    let all = w.names.namespaces().iter().copied();
    let meant = all.filter(|namespace| target.namespace.as_deref().is_none_or(|own| *namespace == own));
    let mut found: Vec<PodId> = meant.filter_map(|namespace| find_pod(w, namespace, name)).collect();
    found.sort_unstable();
    found
}

/// Whose names begin so, oldest first.
fn beginning(w: &World, target: &Target) -> Vec<PodId> {
    PodId::all(w.pods.len())
        .filter(|pod| {
            let p = &w.pods[pod.ix()];
            // Of a whole fleet hardly any name is spelled out.
            let begins = || {
                let base = p.ident.name.base.as_str();
                base.starts_with(&target.name)
                    || (target.name.starts_with(base) && p.ident.name.to_string().starts_with(&target.name))
            };
            p.exists && target.namespace.as_deref().is_none_or(|n| p.ident.namespace == n) && begins()
        })
        .collect()
}

/// Leaves those of the pods that are meant.
fn choose(w: &World, among: &Among, pods: &mut Vec<PodId>) {
    pods.retain(|pod| {
        let p = &w.pods[pod.ix()];
        let on = || p.node.map(|node| w.nodes[node.ix()].spec.name);
        among.labels.iter().all(|(key, value)| p.labels.get(key) == Some(value))
            && among.node.as_deref().is_none_or(|node| on().is_some_and(|own| own == *node))
            && (among.limit.is_none() || (p.deletion.is_none() && !p.status.phase().is_terminal()))
    });
    // By creationTimestamp, which has seconds, and by name.
    if let Some(limit) = among.limit {
        pods.sort_by_cached_key(|pod| {
            let p = &w.pods[pod.ix()];
            (p.created.truncate_secs(), p.ident.name.to_string())
        });
        pods.truncate(limit as usize);
    }
}

/// The nodes that a target names, by their objects in the API.
pub fn nodes(w: &mut World, target: &Target) -> Vec<NodeId> {
    let found = named(w, target).filter(|node| w.nodes[node.ix()].exists).collect();
    told_if_none(w, target, found)
}

/// The machines that a target names: what is done to one needs no object of its node.
pub fn machines(w: &mut World, target: &Target) -> Vec<NodeId> {
    let found = named(w, target).collect();
    told_if_none(w, target, found)
}

fn named<'a>(w: &'a World, target: &'a Target) -> impl Iterator<Item = NodeId> + 'a {
    let (all, one) = match target.prefix {
        true => (w.machines.len(), None),
        false => (0, w.find_node(&target.name)),
    };
    let begins = |node: &NodeId| w.machines[node.ix()].name.starts_with(&target.name);
    NodeId::all(all).filter(begins).chain(one)
}

fn told_if_none(w: &mut World, target: &Target, found: Vec<NodeId>) -> Vec<NodeId> {
    match (found.is_empty(), target.prefix) {
        (true, true) => w.tell(kubectl::NOTHING.to_owned()),
        (true, false) => {
            w.answer(&format!("Error from server (NotFound): nodes \"{}\" not found", target.name))
        }
        (false, _) => {}
    }
    found
}
