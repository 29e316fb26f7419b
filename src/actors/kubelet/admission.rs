//! Whether this kubelet takes a pod that was bound to its node (`HandlePodAdditions`, pkg/kubelet/kubelet.go).

use std::sync::Arc;

use crate::actors::{api_server, events};
use crate::api::{Effect, Phase, PodStatus, Sym, Text};
use crate::rules::placement::amounts::Amounts;
use crate::rules::placement::{NodeInfo, PodRequest, node_affinity, node_ports, taint_toleration};
use crate::world::{Local, NodeId, PodId, World};

/// Reason and message of the first handler that says no: the eviction manager, the device manager, the predicates
/// (`generalFilter`, pkg/kubelet/lifecycle/predicate.go), and the shutdown manager last.
pub fn admit(w: &World, pod: PodId, node: NodeId) -> Result<(), (Sym, Text)> {
    // What it was given before a restart of the kubelet counts, not what it waits for.
    let own = super::allocation::set_aside(w.local(pod), &w.gates);
    check(w, pod, node, own.as_ref())
}

/// The same for a pod that is here already and asks for another size (`ResizeOperation`).
pub fn admit_size(w: &World, pod: PodId, node: NodeId, asked: &Amounts) -> Result<(), (Sym, Text)> {
    check(w, pod, node, Some(asked))
}

/// `asked` replaces what the pod's spec asks for.
fn check(w: &World, pod: PodId, node: NodeId, asked: Option<&Amounts>) -> Result<(), (Sym, Text)> {
    super::eviction::admits(w, pod, node)?;
    super::devices::admits(w, pod, node)?;
    let ix = node.0;
    if let Some(info) = w.scheduler.cluster.node(ix)
        && let Some(request) = info.request_of(pod.0)
    {
        let request = w.scheduler.cluster.request(request);
        predicates(w, pod, info, request, asked)?;
    }
    if w.kubelet(node).is_some_and(|kubelet| kubelet.shutting_down.is_some()) {
        return Err((Sym::NODE_SHUTDOWN, "Pod was rejected as the node is shutting down.".into()));
    }
    Ok(())
}

fn predicates(
    w: &World,
    pod: PodId,
    info: &NodeInfo,
    request: &Arc<PodRequest>,
    asked: Option<&Amounts>,
) -> Result<(), (Sym, Text)> {
    // What every pod that is bound here asks for, this one included: mostly it fits, and nobody needs to look closer. A
    // resize has to: the API knows newer sizes than the kubelet has heard of.
    let (all, has) = (&info.requested, &info.allocatable);
    let crowded = asked.is_some()
        || i64::from(info.pod_count) > info.allowed_pods
        || all.milli_cpu > has.milli_cpu
        || all.memory > has.memory
        || all.ephemeral > has.ephemeral
        || all.scalars.iter().any(|(name, amount)| *amount > has.scalar(*name));
    if crowded {
        room(w, pod, info, asked.unwrap_or(&request.requests.asked))?;
    }
    let failed = |reason: &str, words: &str| {
        Err((Sym::new(reason), Text::from(format!("Predicate {reason} failed: {words}"))))
    };
    if !node_affinity::matches(request, info) {
        return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    }
    if !request.ports.is_empty()
        && admitted(w, pod, info).any(|(_, other)| node_ports::conflict(&request.ports, &other.ports))
    {
        return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
    }
    let evicting: Vec<_> =
        info.taints.iter().filter(|taint| taint.effect == Effect::NoExecute).copied().collect();
    if taint_toleration::untolerated(&request.tolerations, &evicting).is_some() {
        return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
    }
    Ok(())
}

/// The pods that this kubelet has taken and that have not ended.
fn admitted<'a>(
    w: &'a World,
    pod: PodId,
    info: &'a NodeInfo,
) -> impl Iterator<Item = (Local<'a>, &'a Arc<PodRequest>)> {
    let active = |other: Local<'_>| other.worker.is_some_and(|worker| !worker.containers_gone);
    others(w, pod, info).filter(move |(other, _)| active(*other))
}

/// The other pods of the node that have not ended, and what they ask for.
pub fn others<'a>(
    w: &'a World,
    pod: PodId,
    info: &'a NodeInfo,
) -> impl Iterator<Item = (Local<'a>, &'a Arc<PodRequest>)> {
    info.pods
        .iter()
        .zip(&info.pod_requests)
        .filter(move |(other, _)| **other != pod.0)
        .map(|(other, request)| (w.local(PodId(*other)), w.scheduler.cluster.request(*request)))
}

/// `fitsRequest` against the pods that were taken before. Devices of plugins fit: whoever comes here has them
/// (`UpdatePluginResources`, pkg/kubelet/cm/devicemanager/manager.go).
fn room(w: &World, pod: PodId, info: &NodeInfo, asked: &Amounts) -> Result<(), (Sym, Text)> {
    let (mut used, mut count) = (Amounts::default(), 0);
    for (other, request) in admitted(w, pod, info) {
        match super::allocation::set_aside(other, &w.gates) {
            None => used.add(&request.requests.asked),
            Some(own) => used.add(&own),
        }
        count += 1;
    }
    let has = &info.allocatable;
    let mut lacking =
        (count + 1 > info.allowed_pods).then_some((Sym::new("pods"), 1, count, info.allowed_pods));
    let mut check = |name: Sym, asked: i64, used: i64, has: i64| {
        if lacking.is_none() && asked > 0 && asked > has - used {
            lacking = Some((name, asked, used, has));
        }
    };
    check(Sym::CPU, asked.milli_cpu, used.milli_cpu, has.milli_cpu);
    check(Sym::MEMORY, asked.memory, used.memory, has.memory);
    check(Sym::EPHEMERAL_STORAGE, asked.ephemeral, used.ephemeral, has.ephemeral);
    let plugins = w.pods[pod.ix()].node.map_or(&[][..], |node| &w.plan.nodes[node.ix()].device_plugins);
    for (name, amount) in asked.scalars.iter().filter(|(name, _)| !plugins.iter().any(|(own, _)| own == name))
    {
        check(*name, *amount, used.scalar(*name), has.scalar(*name));
    }
    match lacking {
        None => Ok(()),
        Some((name, asked, used, has)) => {
            let words = format!(
                "Node didn't have enough resource: {name}, requested: {asked}, used: {used}, capacity: {has}"
            );
            Err((Sym::new(&format!("OutOf{name}")), words.into()))
        }
    }
}

/// `rejectPod`: the whole status is replaced; conditions of the kubelet and container statuses go. A pod that was taken before
/// keeps its start time (`updateStatusInternal`, pkg/kubelet/status/status_manager.go).
pub fn reject(w: &mut World, pod: PodId, reason: Sym, message: Text) {
    events::kubelet(w, pod, true, reason, message, None);
    let now = w.now;
    let words = format!("Pod was rejected: {}", message.show(&w.pods[pod.ix()].ident));
    let generation = if w.gates.observed_generation { w.pods[pod.ix()].generation } else { 0 };
    let p = w.local(pod);
    let kept = p
        .status
        .read()
        .conditions
        .iter()
        .filter(|c| !crate::rules::api_status::is_kubelet_owned(c.kind, &w.gates))
        .copied()
        .collect();
    let status = PodStatus {
        phase: Phase::Failed,
        reason,
        message: words.into(),
        conditions: kept,
        start_time: p.status.start_time().or(Some(now.truncate_secs())),
        qos_class: p.status.form().qos_class,
        observed_generation: generation,
        ..PodStatus::default()
    };
    api_server::replace_status(w, pod, status.into());
    // What it has here from before the kubelet's start goes without a word: housekeeping ends what runs
    // (`HandlePodCleanups`), the collection of dead containers takes the rest (`ShouldPodContentBeRemoved`).
    let runtime = &mut w.runtimes[pod.ix()];
    runtime.live = Arc::default();
    for container in &mut runtime.containers {
        container.generation += 1;
    }
}
