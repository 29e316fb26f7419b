//! Which pods of a node `kubectl drain` evicts, leaves alone, or is stopped by.
//!
//! Where nothing but the scenario itself makes pods, they stand for those of workloads, and are evicted without flags.
//!
//! Source: the filters in staging/src/k8s.io/kubectl/pkg/drain/filters.go (v1.36.3).

use crate::actors::api_server;
use crate::scenario::command::DrainFlags;
use crate::world::{ObjectKey, PodId, World};

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

/// What the filters leave.
pub struct Chosen {
    /// They are evicted.
    pub pods: Vec<PodId>,
    /// What is warned of, kind by kind.
    pub warnings: Vec<String>,
}

/// The pods that go.
///
/// # Errors
/// One of them forbids it: why.
pub fn chosen(w: &World, pods: &[PodId], flags: DrainFlags) -> Result<Chosen, Vec<String>> {
    let makes_pods = |key: ObjectKey| api_server::type_of(w, key).law().has_pods;
    if !w.workloads.all().any(makes_pods) {
        return Ok(Chosen { pods: pods.to_vec(), warnings: Vec::new() });
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
    match errors.is_empty() {
        true => Ok(Chosen { pods: going, warnings }),
        false => Err(errors.into_iter().map(|words: String| format!("cannot delete {words}")).collect()),
    }
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
