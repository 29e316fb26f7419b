//! What happens to the processes of pods, which nobody asks the API server about.

use std::sync::Arc;

use super::meant::{pods, tell_pod};
use crate::actors::{kubelet, runtime};
use crate::api::{InstanceState, ProbeKind, Sym};
use crate::scenario::command::Target;
use crate::scenario::plan::ProbePoint;
use crate::time::Span;
use crate::world::{PodId, World};

pub fn kill(w: &mut World, target: &Target, container: Sym, signal: u8) {
    for pod in pods(w, target) {
        if !runs(w, pod, container) {
            let name = w.pods[pod.ix()].ident.name;
            w.answer(&format!("container {container} of pod {name} does not run"));
            continue;
        }
        tell_pod(w, pod, &format!("loses the process of {container} by signal {signal}"));
        if let Some(ix) = w.pods[pod.ix()].find(container) {
            runtime::end(w, pod, ix, 128 + i32::from(signal), Sym::ERROR);
        }
    }
}

pub fn kill_sandbox(w: &mut World, target: &Target) {
    for pod in pods(w, target) {
        let p = w.local(pod);
        if !is_on(w, pod) || !p.runtime.live.sandboxes.iter().any(|sandbox| sandbox.ready) {
            w.answer(&format!("no sandbox of pod {} runs", p.ident.name));
            continue;
        }
        tell_pod(w, pod, "loses its sandbox");
        runtime::sandbox_dies(w, pod);
    }
}

pub fn set_probe(w: &mut World, target: &Target, container: Sym, probe: ProbeKind, answer: &ProbePoint) {
    for pod in pods(w, target) {
        if !has_probe(w, pod, container, probe) {
            let name = w.pods[pod.ix()].ident.name;
            w.answer(&format!("container {container} of pod {name} has no {}Probe", probe.word()));
            continue;
        }
        tell_probe(w, pod, container, probe, answer.failure_rate == 0.0);
        answer_probe(w, pod, container, probe, answer.clone());
    }
}

/// Whether a pod's machine is there and on.
fn is_on(w: &World, pod: PodId) -> bool {
    w.pods[pod.ix()].node.is_some_and(|node| w.machines[node.ix()].up)
}

/// Whether a container's process runs.
fn runs(w: &World, pod: PodId, container: Sym) -> bool {
    let newest = w.local(pod).runtime.live.newest(container);
    is_on(w, pod) && newest.is_some_and(|c| c.state == InstanceState::Running)
}

/// Whether a container's spec has a probe that could be answered.
fn has_probe(w: &World, pod: PodId, container: Sym, probe: ProbeKind) -> bool {
    let p = &w.pods[pod.ix()];
    p.find(container).is_some_and(|ix| p.container(ix).probe(probe).is_some())
}

/// Says which process answers a probe otherwise from now on.
fn tell_probe(w: &mut World, pod: PodId, container: Sym, probe: ProbeKind, ok: bool) {
    let p = w.local(pod);
    let run = p.find(container).and_then(|ix| p.runtime.containers.get(usize::from(ix)));
    let ended = p.live().newest(container).is_some_and(|c| c.state == InstanceState::Exited);
    let (probe, how) = (probe.word(), if ok { "succeeds" } else { "fails" });
    if runs(w, pod, container) {
        tell_pod(w, pod, &format!("has a {probe} probe of {container} that {how} from now on"));
    } else if run.is_some_and(|run| run.begins() || !ended) {
        tell_pod(w, pod, &format!("will have a {probe} probe of {container} that {how} when it starts"));
    } else {
        w.answer(&format!("container {container} of pod {} does not run", p.ident.name));
    }
}

/// The process that runs (or the next one) answers a probe otherwise from now on; later ones as the scenario says.
fn answer_probe(w: &mut World, pod: PodId, container: Sym, probe: ProbeKind, answer: ProbePoint) {
    let now = w.now;
    let p = w.local_mut(pod);
    let Some(ix) = p.find(container).map(usize::from) else { return };
    let Some(attempt) = p.runtime.containers.get(ix).map(|run| run.attempt as usize) else { return };
    let running = p.runtime.live.newest(container).filter(|c| c.state == InstanceState::Running);
    let since = running.and_then(|c| c.started_at).map_or(Span::ZERO, |started| now.since(started));
    let Some(own) = Arc::make_mut(&mut p.runtime.behavior).containers.get_mut(ix) else { return };
    // The attempts from here on become explicit, so that only this one changes.
    let later = own.attempt(attempt as u32 + 1).clone();
    while own.attempts.len() <= attempt {
        own.attempts.push(later.clone());
    }
    if own.attempts.len() == attempt + 1 {
        own.attempts.push(later);
    }
    let attempt = &mut own.attempts[attempt];
    let points = match probe {
        ProbeKind::Startup => &mut attempt.startup,
        ProbeKind::Readiness => &mut attempt.readiness,
        ProbeKind::Liveness => &mut attempt.liveness,
    };
    points.retain(|point| point.at < since);
    points.push(ProbePoint { at: since, ..answer });
    kubelet::prober::container_changed(w, pod);
}
