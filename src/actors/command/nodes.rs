//! What is asked of the API server about nodes, as kubectl's verbs do it.

use std::collections::BTreeMap;

use super::meant::{nodes, relabel, tell_node};
use crate::actors::{api_server, kubectl};
use crate::api::{Effect, Sym, Taint};
use crate::scenario::command::Target;
use crate::world::World;

pub fn set_unschedulable(w: &mut World, target: &Target, value: bool) {
    for node in nodes(w, target) {
        let already = if w.nodes[node.ix()].spec.unschedulable == value { "already " } else { "" };
        tell_node(w, node, &format!("{already}{}", if value { "cordoned" } else { "uncordoned" }));
        api_server::nodes::update(w, node, |n, _| n.spec_mut().unschedulable = value);
    }
}

pub fn taint(w: &mut World, target: &Target, taints: &[Taint]) {
    for node in nodes(w, target) {
        // As with --overwrite.
        let same = |old: &Taint| taints.iter().any(|t| t.key == old.key && t.effect == old.effect);
        let is_new = !w.nodes[node.ix()].spec.taints.iter().any(same);
        tell_node(w, node, if is_new { "tainted" } else { "modified" });
        api_server::nodes::update(w, node, |n, _| {
            let list = &mut n.spec_mut().taints;
            list.retain(|old| !taints.iter().any(|t| t.key == old.key && t.effect == old.effect));
            list.extend(taints.iter().copied());
        });
    }
}

pub fn untaint(w: &mut World, target: &Target, taints: &[(Sym, Option<Effect>)]) {
    let goes = |old: &Taint| {
        taints.iter().any(|(key, effect)| *key == old.key && effect.is_none_or(|e| e == old.effect))
    };
    for node in nodes(w, target) {
        if !w.nodes[node.ix()].spec.taints.iter().any(goes) {
            for (key, effect) in taints {
                let effect = effect.map_or_else(String::new, |effect| format!(":{}", effect.as_str()));
                w.answer(&format!("error: taint \"{key}{effect}\" not found"));
            }
            continue;
        }
        tell_node(w, node, "untainted");
        api_server::nodes::update(w, node, |n, _| n.spec_mut().taints.retain(|old| !goes(old)));
    }
}

pub fn label(w: &mut World, target: &Target, labels: &BTreeMap<String, Option<String>>) {
    for node in nodes(w, target) {
        for line in kubectl::labelled(&w.nodes[node.ix()].spec.labels, labels) {
            tell_node(w, node, &line);
        }
        api_server::nodes::update(w, node, |n, _| relabel(&mut n.spec_mut().labels, labels));
    }
}

pub fn delete(w: &mut World, target: &Target) {
    for node in nodes(w, target) {
        let name = w.nodes[node.ix()].spec.name;
        w.tell(kubectl::deleted(&w.gates, "node", name.as_str(), Sym::EMPTY, false));
        api_server::nodes::delete(w, node);
    }
}
