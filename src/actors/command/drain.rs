//! `kubectl drain`: a node is cordoned, and its pods are evicted; or nothing is, where one of them wants a flag.
//!
//! Where nothing but the scenario itself makes pods, they stand for those of workloads, and are evicted without flags.
//!
//! Source: `RunDrain` in staging/src/k8s.io/kubectl/pkg/cmd/drain/drain.go, the filters in pkg/drain/filters.go (v1.36.3).

use super::meant::{nodes, tell_node};
use super::nodes::set_unschedulable;
use crate::actors::api_server;
use crate::scenario::command::{DrainFlags, Target};
use crate::time::Span;
use crate::world::{NodeId, ObjectKey, PodId, SimEvent, World};

/// How often it asks again for a pod that its budget keeps.
const RETRY: Span = Span::from_secs(5);

/// What a filter says of a pod.
enum Verdict {
    /// It is evicted.
    Goes,
    /// The same, with a warning.
    GoesTold(&'static str),
    /// It is left alone, with a warning.
    Stays(&'static str),
    /// Nothing is evicted at all.
    Forbids(&'static str),
}

pub fn drain(w: &mut World, target: &Target, flags: DrainFlags) {
    set_unschedulable(w, target, true);
    for node in nodes(w, target) {
        let pods = w.machines[node.ix()].pods.clone();
        let is_here = |pod: &PodId| w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node);
        let pods: Vec<PodId> = pods.into_iter().filter(is_here).collect();
        let Some(going) = chosen(w, node, &pods, flags) else { continue };
        for pod in &going {
            evict(w, *pod);
        }
        if going.is_empty() {
            tell_node(w, node, "drained");
        }
    }
}

/// The pods that go; None, and the reasons are told, where one of them forbids it.
fn chosen(w: &mut World, node: NodeId, pods: &[PodId], flags: DrainFlags) -> Option<Vec<PodId>> {
    let makes_pods = |key: ObjectKey| api_server::type_of(w, key).law().has_pods;
    if !w.workloads.all().any(makes_pods) {
        return Some(pods.to_vec());
    }
    let (mut going, mut warnings, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for pod in pods {
        let verdict = verdict(w, *pod, flags);
        let (goes, list, words) = match verdict {
            Verdict::Goes => (true, None, ""),
            Verdict::GoesTold(words) => (true, Some(&mut warnings), words),
            Verdict::Stays(words) => (false, Some(&mut warnings), words),
            Verdict::Forbids(words) => (false, Some(&mut errors), words),
        };
        if goes {
            going.push(*pod);
        }
        if let Some(list) = list {
            told(w, list, words, *pod);
        }
    }
    if !errors.is_empty() {
        let errors: Vec<String> = errors.into_iter().map(|words| format!("cannot delete {words}")).collect();
        let all = if let [one] = &errors[..] { one.clone() } else { format!("[{}]", errors.join(", ")) };
        let name = w.nodes[node.ix()].spec.name;
        w.answer(&format!(
            "error: unable to drain node \"{name}\" due to error: {all}, continuing command..."
        ));
        return None;
    }
    if !warnings.is_empty() {
        w.tell(format!("Warning: {}", warnings.join("; ")));
    }
    Some(going)
}

/// A pod stands behind the words that are told of others like it.
fn told(w: &World, list: &mut Vec<String>, words: &str, pod: PodId) {
    let ident = w.pods[pod.ix()].ident;
    let name = format!("{}/{}", ident.namespace, ident.name);
    match list.iter_mut().find(|own| own.starts_with(words)) {
        Some(own) => *own += &format!(", {name}"),
        None => list.push(format!("{words}: {name}")),
    }
}

/// The filters, in their order; the first that keeps a pod has the last word.
fn verdict(w: &World, pod: PodId, flags: DrainFlags) -> Verdict {
    let p = &w.pods[pod.ix()];
    if p.status.phase().is_terminal() {
        return Verdict::Goes;
    }
    if matches!(p.controller, Some(key @ ObjectKey::DaemonSet(_)) if w.workloads.exists(key)) {
        return match flags.ignore_daemonsets {
            true => Verdict::Stays("ignoring DaemonSet-managed Pods"),
            false => Verdict::Forbids("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"),
        };
    }
    let is_alone = p.owners.as_deref().is_none_or(|owners| !owners.iter().any(|own| own.controller));
    match (p.spec.volumes.iter().any(|own| own.empty_dir.is_some()), is_alone) {
        (true, _) if !flags.delete_empty_dir_data => {
            Verdict::Forbids("Pods with local storage (use --delete-emptydir-data to override)")
        }
        (_, true) if !flags.force && w.gates.habits.says_cannot_delete_once => {
            Verdict::Forbids("Pods that declare no controller (use --force to override)")
        }
        (_, true) if !flags.force => {
            Verdict::Forbids("cannot delete Pods that declare no controller (use --force to override)")
        }
        (_, true) => Verdict::GoesTold("deleting Pods that declare no controller"),
        (true, false) => Verdict::GoesTold("deleting Pods with local storage"),
        (false, false) => Verdict::Goes,
    }
}

/// A pod is evicted; it asks again until the budget lets the pod go.
pub fn evict(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    if !p.exists || p.deletion.is_some() {
        return;
    }
    let (name, namespace) = (p.ident.name, p.ident.namespace);
    w.tell(format!("evicting pod {namespace}/{name}"));
    if let Err(refused) = api_server::evict(w, pod, None) {
        let message = refused.message;
        w.tell(format!(
            "error when evicting pods/\"{name}\" -n \"{namespace}\" (will retry after 5s): {message}"
        ));
        w.after(RETRY, SimEvent::DrainRetry { pod });
    }
}
