//! What happens to machines and their kubelets: that needs no object of their nodes.

use super::meant::{machines, tell_node};
use crate::actors::{kubelet, machine};
use crate::api::Sym;
use crate::scenario::command::Target;
use crate::time::Span;
use crate::world::World;

pub fn stop(w: &mut World, target: &Target) {
    for node in machines(w, target) {
        let what = if w.machines[node.ix()].up { "goes dark" } else { "is dark already" };
        tell_node(w, node, what);
        machine::off(w, node);
    }
}

pub fn start(w: &mut World, target: &Target) {
    for node in machines(w, target) {
        tell_node(w, node, "boots");
        machine::on(w, node);
    }
}

pub fn restart_kubelet(w: &mut World, target: &Target, takes: Span) {
    for node in machines(w, target) {
        kubelet::process::restart(w, node, takes);
        tell_node(w, node, &format!("runs without its kubelet for {takes}"));
    }
}

pub fn shut_down(w: &mut World, target: &Target) {
    for node in machines(w, target) {
        tell_node(w, node, "shuts down");
        kubelet::shutdown::begin(w, node);
    }
}

pub fn press(w: &mut World, target: &Target, resource: Sym, lasts: Option<Span>, soft: bool) {
    for node in machines(w, target) {
        tell_node(w, node, &format!("runs short of {resource}"));
        kubelet::eviction::begin(w, node, resource, lasts, soft);
    }
}
