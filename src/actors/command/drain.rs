//! `kubectl drain`: nodes are cordoned; then, node after node, their pods are evicted, and waited for.
//!
//! A pod that its budget keeps is asked for again 5 s later; one that was let go is looked for each second until it is gone.
//! Neither ticks: the looks that would find it there still are not played. The surprise: its time limit begins anew with each node.
//!
//! Source: `RunDrain` in staging/src/k8s.io/kubectl/pkg/cmd/drain/drain.go; `evictPods`, `waitForDelete` in pkg/drain/drain.go
//! (v1.36.3).

use std::collections::{BTreeMap, VecDeque};

use super::drain_filters::{Chosen, chosen};
use super::meant::nodes;
use super::nodes::set_unschedulable;
use crate::actors::api_server;
use crate::engine::Distribution;
use crate::scenario::command::{DrainFlags, Target};
use crate::time::{Span, Time};
use crate::world::log::Draining;
use crate::world::{NodeId, PodId, Purpose, SimEvent, World};

/// From the command to the first eviction: nodes are got and cordoned and pods listed before it. Of 26 recorded 22 to 66 ms, half
/// of them 30 or less.
const BEFORE: Distribution =
    Distribution::LogNormal { median: Span::from_millis(30), p95: Span::from_millis(55) };
/// How often it asks again for a pod that its budget keeps (`EvictErrorRetryDelay`).
const RETRY: Span = Span::from_secs(5);
/// How often it looks whether a pod is gone (`drain.go`: `waitForDelete`).
const POLL: Span = Span::from_secs(1);

pub fn drain(w: &mut World, target: &Target, flags: DrainFlags, timeout: Option<Span>) {
    set_unschedulable(w, target, true);
    let Some(command) = w.under_way() else { return };
    let nodes: VecDeque<NodeId> = nodes(w, target).into();
    let timeout = timeout.filter(|timeout| *timeout > Span::ZERO);
    if let Some(own) = w.command_mut(command) {
        own.waits = true;
    }
    let drain = Draining {
        command,
        flags,
        timeout,
        ends: None,
        nodes,
        node: None,
        pods: BTreeMap::new(),
        errors: Vec::new(),
    };
    w.draining.push(drain);
    let takes = BEFORE.sample(&mut w.draw(Purpose::Drain, u64::from(command), 0));
    w.after(takes, SimEvent::DrainBegin { command });
}

fn of(w: &mut World, command: u32) -> Option<&mut Draining> {
    w.draining.iter_mut().find(|own| own.command == command)
}

/// The next node is begun with, once nothing of the one before is waited for.
pub fn go_on(w: &mut World, command: u32) {
    loop {
        let Some(own) = of(w, command) else { return };
        if !own.pods.is_empty() {
            return;
        }
        if let Some(node) = own.node.take() {
            let errors = std::mem::take(&mut own.errors);
            over_with(w, command, node, &errors);
        }
        let Some(own) = of(w, command) else { return };
        match own.nodes.pop_front() {
            Some(node) => begin(w, command, node),
            None => return end(w, command),
        }
    }
}

/// The pods of a node are chosen and evicted; or none is, where one of them forbids it.
fn begin(w: &mut World, command: u32, node: NodeId) {
    let Some(flags) = of(w, command).map(|own| own.flags) else { return };
    let is_here = |pod: &PodId| w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node);
    let pods: Vec<PodId> = w.machines[node.ix()].pods.iter().copied().filter(is_here).collect();
    let (pods, errors) = match chosen(w, &pods, flags) {
        Ok(Chosen { pods, warnings }) => {
            if !warnings.is_empty() {
                w.tell_to(command, format!("Warning: {}", warnings.join("; ")));
            }
            (pods, Vec::new())
        }
        Err(errors) => (Vec::new(), errors),
    };
    let now = w.now;
    let Some(own) = of(w, command) else { return };
    own.ends = own.timeout.map(|timeout| now + timeout);
    if let Some(ends) = own.ends {
        w.at(ends, SimEvent::WaitOver { command });
    }
    if let Some(own) = of(w, command) {
        own.node = Some(node);
        own.pods = pods.iter().map(|pod| (*pod, None)).collect();
        own.errors = errors;
    }
    for pod in pods {
        evict(w, command, pod);
    }
}

/// A pod is asked for. One that is being deleted already is waited for alone.
fn evict(w: &mut World, command: u32, pod: PodId) {
    let ident = w.pods[pod.ix()].ident;
    w.tell_to(command, format!("evicting pod {}/{}", ident.namespace, ident.name));
    let is_going = !w.pods[pod.ix()].exists || w.pods[pod.ix()].deletion.is_some();
    let refused = if is_going { None } else { api_server::evict(w, pod, None).err() };
    let what = format!("error when evicting pods/\"{}\" -n \"{}\"", ident.name, ident.namespace);
    match refused {
        Some(refused) if refused.code == 429 => {
            w.tell_to(command, format!("{what} (will retry after 5s): {}", refused.message));
            w.after(RETRY, SimEvent::DrainTurn { command, pod });
        }
        Some(refused) => {
            if let Some(own) = of(w, command) {
                own.pods.remove(&pod);
                own.errors.push(format!("{what}: {}", refused.message));
            }
        }
        None => {
            let now = w.now;
            if let Some(own) = of(w, command) {
                own.pods.insert(pod, Some(now));
            }
            if !w.pods[pod.ix()].exists {
                gone(w, command, pod);
            }
        }
    }
}

/// A pod has left the API: whoever waits for it sees that at its next look.
pub fn pod_gone(w: &mut World, pod: PodId) {
    let waiting: Vec<(u32, Time)> =
        w.draining.iter().filter_map(|own| Some((own.command, (*own.pods.get(&pod)?)?))).collect();
    for (command, since) in waiting {
        let looks = w.now.since(since).micros().div_euclid(POLL.micros()) + 1;
        w.at(since + POLL * looks, SimEvent::DrainTurn { command, pod });
    }
}

/// It is a pod's turn: it is asked for again, or is gone.
pub fn turn(w: &mut World, command: u32, pod: PodId) {
    match of(w, command).and_then(|own| own.pods.get(&pod).copied()) {
        Some(None) => evict(w, command, pod),
        Some(Some(_)) => gone(w, command, pod),
        None => return,
    }
    go_on(w, command);
}

fn gone(w: &mut World, command: u32, pod: PodId) {
    w.tell_to(command, format!("pod/{} evicted", w.pods[pod.ix()].ident.name));
    if let Some(own) = of(w, command) {
        own.pods.remove(&pod);
    }
}

/// A node is drained, or not.
fn over_with(w: &mut World, command: u32, node: NodeId, errors: &[String]) {
    let name = w.nodes[node.ix()].spec.name;
    if errors.is_empty() {
        return w.tell_to(command, format!("node/{name} drained"));
    }
    let all = if let [one] = errors { one.clone() } else { format!("[{}]", errors.join(", ")) };
    let words = format!("error: unable to drain node \"{name}\" due to error: {all}, continuing command...");
    w.answer_to(Some(command), &words);
    w.tell_to(command, "There are pending nodes to be drained:".to_owned());
    w.tell_to(command, format!(" {name}"));
    w.tell_to(command, format!("error: {all}"));
}

fn end(w: &mut World, command: u32) {
    w.draining.retain(|own| own.command != command);
    if let Some(own) = w.command_mut(command) {
        own.waits = false;
    }
}

/// It has waited for long enough, where that is not said of a node before: whether it was such a command.
pub fn over(w: &mut World, command: u32) -> bool {
    let now = w.now;
    let Some(own) = of(w, command) else { return false };
    if own.ends.is_none_or(|ends| ends > now) {
        return true;
    }
    let (pods, timeout) = (std::mem::take(&mut own.pods), own.timeout.unwrap_or_default());
    let reached = format!("global timeout reached: {timeout}");
    for (pod, waits) in pods {
        let ident = w.pods[pod.ix()].ident;
        let words = match waits {
            None => {
                format!("error when evicting pods/\"{}\" -n \"{}\": {reached}", ident.name, ident.namespace)
            }
            Some(_) => format!(
                "error when waiting for pod \"{}\" in namespace \"{}\" to terminate: {reached}",
                ident.name, ident.namespace
            ),
        };
        if let Some(own) = of(w, command) {
            own.errors.push(words);
        }
    }
    go_on(w, command);
    true
}
