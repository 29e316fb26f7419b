//! The device manager: plugins register anew after each start of the kubelet, and until then it has none of their devices
//! to give (pkg/kubelet/cm/devicemanager/manager.go). What is decided stands in `rules::kubelet::devices`.
//!
//! The node's status tells of a change at its next round only (`nodeStatusUpdateFrequency`), so the scheduler hears of
//! the devices later than the kubelet itself.

use super::taken;
use crate::actors::api_server::nodes;
use crate::api::{InstanceState, NodeSpec, Sym, Text};
use crate::rules::kubelet::devices::{Claim, Devices, allocate};
use crate::rules::machinery::quantity::Quantity;
use crate::time::{Span, next_on_grid};
use crate::world::{Local, NodeId, PodId, SimEvent, World};

/// How many devices of a plugin's resource the kubelet has: none before the plugin has registered.
fn healthy(w: &World, node: NodeId, resource: Sym, delay: Span) -> i64 {
    let start = w.kubelet_start(node);
    // Of a kubelet that runs since before the run everything has registered.
    if start >= w.plan.start && w.now.since(start) < delay {
        return 0;
    }
    let all = w.plan.nodes[node.ix()].spec.allocatable.get(resource.as_str());
    all.map_or(0, |nanos| i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX))
}

/// Whether the kubelet has given a pod its devices before; its checkpoint outlives it. A pod that was admitted has a
/// start time, and so has one that was rejected, but that is over.
fn was_admitted(p: Local<'_>) -> bool {
    p.worker.is_some() || p.status.start_time().is_some()
}

/// Whether a pod that was given devices has not ended: before the kubelet has heard of a pod again, as the API has it.
fn holds_devices(p: Local<'_>) -> bool {
    let ended = match p.worker {
        Some(worker) => worker.containers_gone,
        None => !p.exists || p.status.phase().is_terminal(),
    };
    was_admitted(p) && !ended
}

/// Whether a pod gets the devices that it asks for.
pub fn admits(w: &World, pod: PodId, node: NodeId) -> Result<(), (Sym, Text)> {
    let p = w.local(pod);
    let held = was_admitted(p);
    for (resource, delay) in &w.plan.nodes[node.ix()].device_plugins {
        let claims = p.container_ixs().map(|ix| {
            let container = p.container(ix);
            let limit = container.resources.limits.get(resource.as_str());
            let newest = p.runtime.live.newest(container.name);
            Claim {
                needed: limit.and_then(|text| Quantity::parse(text).ok()).map_or(0, Quantity::value),
                held,
                running: newest.is_some_and(|c| c.state == InstanceState::Running),
                passed_on: p.is_init(ix) && !p.is_sidecar(ix),
            }
        });
        let all = w.machines[node.ix()].pods.iter().filter(|other| **other != pod);
        let in_use = all.map(|other| w.local(*other)).filter(|other| holds_devices(*other));
        let devices = Devices {
            resource: *resource,
            healthy: healthy(w, node, *resource, *delay),
            in_use: in_use.map(|other| taken::request_of(w, other.id).requests.asked.scalar(*resource)).sum(),
            initializing: w.now == w.kubelet_start(node),
        };
        allocate(claims, devices)
            .map_err(|refusal| (Sym::new("UnexpectedAdmissionError"), Text::from(refusal.to_string())))?;
    }
    Ok(())
}

/// The kubelet has started: its first node status tells of no devices whose plugins are not back yet (`GetCapacity`).
pub fn kubelet_started(w: &mut World, node: NodeId) {
    let n = &w.machines[node.ix()];
    let (start, period, generation) = (w.now, n.config.node_status_update_frequency, n.incarnation);
    let plan = std::sync::Arc::clone(&w.plan);
    let delays = plan.nodes[node.ix()].device_plugins.iter().map(|(_, delay)| delay);
    for delay in delays.filter(|delay| **delay > Span::ZERO) {
        w.at(next_on_grid(start, period, start + *delay), SimEvent::DevicesReported { node, generation });
    }
    report(w, node);
}

/// Capacity and allocatable of the plugins' resources as the kubelet has them now: in its first node status, and at the round
/// after a plugin has registered.
pub fn report(w: &mut World, node: NodeId) {
    let plan = std::sync::Arc::clone(&w.plan);
    let planned = &plan.nodes[node.ix()];
    let plugins = planned.device_plugins.iter();
    let there: Vec<(Sym, bool)> =
        plugins.map(|(name, delay)| (*name, healthy(w, node, *name, *delay) > 0)).collect();
    nodes::update(w, node, |n, _| {
        let NodeSpec { capacity, allocatable, .. } = n.spec_mut();
        for (own, all) in [(capacity, &planned.spec.capacity), (allocatable, &planned.spec.allocatable)] {
            for (resource, there) in &there {
                let amount = if *there { all.get(resource.as_str()).copied().unwrap_or_default() } else { 0 };
                own.insert(resource.to_string(), amount);
            }
        }
    });
}
