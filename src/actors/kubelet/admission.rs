//! Whether this kubelet takes a pod that was bound to its node (`HandlePodAdditions`, pkg/kubelet/kubelet.go).

use std::sync::Arc;

use super::{devices, taken};
use crate::actors::{api_server, events, node_lifecycle, runtime};
use crate::api::{Effect, Note, Phase, PodStatus, Sym, Text};
use crate::rules::kubelet::eviction::CRITICAL;
use crate::rules::kubelet::{operating_system, sysctl};
use crate::rules::scheduler::placement::amounts::Amounts;
use crate::rules::scheduler::placement::{NodeInfo, PodRequest, node_affinity, node_ports, taint_toleration};
use crate::world::{Local, NodeId, PodId, World};

/// Reason and message of the first handler that says no: the eviction manager, the list of kernel parameters, the device
/// manager, the predicates (`Admit`, pkg/kubelet/lifecycle/predicate.go), and the shutdown manager last.
pub fn admit(w: &World, pod: PodId, node: NodeId, request: &PodRequest) -> Result<(), (Sym, Text)> {
    // What it was given before a restart of the kubelet counts, not what it waits for.
    let own = taken::set_aside(w.local(pod), &w.gates);
    check(w, pod, node, request, own.as_ref())
}

/// The same for a pod that is here already and asks for another size (`ResizeOperation`).
pub fn admit_size(w: &World, pod: PodId, node: NodeId, asked: &Amounts) -> Result<(), (Sym, Text)> {
    check(w, pod, node, &taken::request_of(w, pod), Some(asked))
}

/// `asked` replaces what the pod's spec asks for.
fn check(
    w: &World,
    pod: PodId,
    node: NodeId,
    request: &PodRequest,
    asked: Option<&Amounts>,
) -> Result<(), (Sym, Text)> {
    no_pressure(w, pod, node)?;
    let spec = &w.pods[pod.ix()].spec;
    if let Some(why) = sysctl::forbidden(spec, &w.machines[node.ix()].config.allowed_unsafe_sysctls) {
        return Err((Sym::new("SysctlForbidden"), why.into()));
    }
    devices::admits(w, pod, node)?;
    predicates(w, pod, node, request, asked)?;
    if w.kubelet(node).is_some_and(|kubelet| kubelet.shutting_down.is_some()) {
        return Err((Sym::NODE_SHUTDOWN, "Pod was rejected as the node is shutting down.".into()));
    }
    Ok(())
}

/// Whether a node under pressure takes a pod (`Admit`, eviction_manager.go).
fn no_pressure(w: &World, pod: PodId, node: NodeId) -> Result<(), (Sym, Text)> {
    let known = w.kubelet(node).into_iter().flat_map(|kubelet| &kubelet.pressure);
    let seen = known.filter(|pressure| pressure.seen.is_some());
    let short: Vec<Sym> = seen.map(|pressure| pressure.resource).collect();
    let p = w.local(pod);
    if short.is_empty() || p.spec.priority.unwrap_or(0) >= CRITICAL {
        return Ok(());
    }
    if let [only] = short[..]
        && only == "memory"
    {
        let taint = node_lifecycle::pressure_taint(only);
        let tolerated =
            p.spec.tolerations.iter().any(|toleration| taint_toleration::tolerates(toleration, &taint));
        if p.status.qos_class() != Sym::BEST_EFFORT || tolerated {
            return Ok(());
        }
    }
    let conditions: Vec<&str> = short.into_iter().map(node_lifecycle::pressure_condition).collect();
    Err((Sym::EVICTED, format!("The node had condition: [{}]. ", conditions.join(" ")).into()))
}

/// Against the node as its kubelet's lister has it, which after its deletion is as it was last.
fn predicates(
    w: &World,
    pod: PodId,
    node: NodeId,
    request: &PodRequest,
    asked: Option<&Amounts>,
) -> Result<(), (Sym, Text)> {
    let spec = &w.nodes[node.ix()].spec;
    let p = &w.pods[pod.ix()];
    if let Some((reason, why)) =
        operating_system::refused(&p.spec, &p.labels, operating_system::of_node(&spec.labels))
    {
        return Err((reason, why.into()));
    }
    if is_crowded(w, node, request, asked) {
        room(w, pod, node, asked.unwrap_or(&request.requests.asked))?;
    }
    let failed = |reason: &str, words: &str| {
        Err((Sym::new(reason), Text::from(format!("Predicate {reason} failed: {words}"))))
    };
    let choosy = !request.node_selector.is_empty() || request.required_nodes.is_some();
    if choosy && !node_affinity::matches(request, &NodeInfo::of(spec)) {
        return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    }
    let takes_ports = |other: Local<'_>| {
        let other = taken::request_of(w, other.id);
        node_ports::conflict(&request.ports, &other.ports)
    };
    if !request.ports.is_empty() && taken::others(w, pod, node).any(takes_ports) {
        return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
    }
    let evicting: Vec<_> =
        spec.taints.iter().filter(|taint| taint.effect == Effect::NoExecute).copied().collect();
    if taint_toleration::untolerated(&request.tolerations, &evicting).is_some() {
        return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
    }
    Ok(())
}

/// Whether somebody has to look closer: mostly all fits, by what the specs of those here ask for in all.
fn is_crowded(w: &World, node: NodeId, request: &PodRequest, asked: Option<&Amounts>) -> bool {
    let Some(taken) = w.kubelet(node).map(|kubelet| &kubelet.taken).filter(|taken| !taken.resized) else {
        return true;
    };
    let ((_, has), all, own) = (&taken.has, &taken.asked, &request.requests.asked);
    asked.is_some()
        || taken.pods.len() as i64 + 1 > allowed_pods(w, node)
        || all.milli_cpu.saturating_add(own.milli_cpu) > has.milli_cpu
        || all.memory.saturating_add(own.memory) > has.memory
        || all.ephemeral.saturating_add(own.ephemeral) > has.ephemeral
        || own
            .scalars
            .iter()
            .any(|(name, amount)| all.scalar(*name).saturating_add(*amount) > has.scalar(*name))
}

/// How many pods the node has room for.
pub fn allowed_pods(w: &World, node: NodeId) -> i64 {
    let pods = w.nodes[node.ix()].spec.allocatable.get("pods").copied().unwrap_or_default();
    i64::try_from(pods / 1_000_000_000).unwrap_or(i64::MAX)
}

/// `fitsRequest` against the pods that were taken before. Devices of plugins fit: whoever comes here has them
/// (`UpdatePluginResources`, pkg/kubelet/cm/devicemanager/manager.go).
fn room(w: &World, pod: PodId, node: NodeId, asked: &Amounts) -> Result<(), (Sym, Text)> {
    let (mut used, mut count) = (Amounts::default(), 0);
    for other in taken::others(w, pod, node) {
        match taken::set_aside(other, &w.gates) {
            None => used.add(&taken::request_of(w, other.id).requests.asked),
            Some(own) => used.add(&own),
        }
        count += 1;
    }
    let has = Amounts::of_list(&w.nodes[node.ix()].spec.allocatable);
    let allowed = allowed_pods(w, node);
    let mut lacking = (count + 1 > allowed).then_some((Sym::new("pods"), 1, count, allowed));
    let mut check = |name: Sym, asked: i64, used: i64, has: i64| {
        if lacking.is_none() && asked > 0 && asked > has.wrapping_sub(used) {
            lacking = Some((name, asked, used, has));
        }
    };
    check(Sym::CPU, asked.milli_cpu, used.milli_cpu, has.milli_cpu);
    check(Sym::MEMORY, asked.memory, used.memory, has.memory);
    check(Sym::EPHEMERAL_STORAGE, asked.ephemeral, used.ephemeral, has.ephemeral);
    let plugins = &w.plan.nodes[node.ix()].device_plugins;
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
    events::kubelet(w, pod, Note::warning(reason, message));
    let now = w.now;
    let words = format!("Pod was rejected: {}", message.show(&w.pods[pod.ix()].ident));
    let generation = if w.gates.observed_generation { w.pods[pod.ix()].generation } else { 0 };
    let p = w.local(pod);
    let kept = p
        .status
        .read()
        .conditions
        .iter()
        .filter(|c| !crate::rules::kubelet::api_status::is_kubelet_owned(c.kind, &w.gates))
        .copied()
        .collect();
    let status = PodStatus {
        phase: Phase::Failed,
        reason,
        message: words.into(),
        conditions: kept,
        start_time: p.status.start_time().or(Some(now.truncate_secs())),
        qos_class: p.status.qos_class(),
        observed_generation: generation,
        ..PodStatus::default()
    };
    api_server::replace_status(w, pod, status.into());
    // What it has here from before the kubelet's start goes without a word: housekeeping ends what runs
    // (`HandlePodCleanups`), the collection of dead containers takes the rest (`ShouldPodContentBeRemoved`).
    runtime::address_free(w, pod);
    let runtime = &mut w.places[pod.ix()].runtime;
    runtime.live = Arc::default();
    for container in &mut runtime.containers {
        container.generation += 1;
    }
}
