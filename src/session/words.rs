//! What waits in the queue, in words: which component, and what it is about to do (or did).

use crate::time::{Span, Time};
use crate::world::{ContainerIx, NodeId, ObjectKey, PodId, SimEvent, World};

/// A queued event in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    /// The Kubernetes component that acts.
    pub component: &'static str,
    /// What it does.
    pub text: String,
    /// The pod that it is about, if it is about one.
    pub pod: Option<PodId>,
}

/// Who acts while a run goes on.
pub const YOU: &str = "you";

/// `12.345s` since the start of the run; the last digits of a microsecond clock only where they say something.
pub fn offset(at: Time, start: Time) -> String {
    let micros = at.since(start).micros();
    let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (secs, millis) = (micros / 1_000_000, micros % 1_000_000 / 1000);
    match secs {
        0..60 => format!("{sign}{secs}.{millis:03}s"),
        60..3600 => format!("{sign}{}m{:02}.{millis:03}s", secs / 60, secs % 60),
        _ => format!("{sign}{}h{:02}m{:02}.{millis:03}s", secs / 3600, secs / 60 % 60, secs % 60),
    }
}

/// The lines of each paragraph as one line; blank lines and indented ones stay as they are.
pub fn unfolded(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut flows = false;
    for line in text.trim().lines() {
        let own = !line.trim().is_empty() && !line.starts_with(' ');
        match lines.last_mut().filter(|_| flows && own) {
            Some(before) => {
                before.push(' ');
                before.push_str(line.trim_end());
            }
            None => lines.push(line.trim_end().to_owned()),
        }
        flows = own;
    }
    lines.join("\n")
}

/// A line broken between words, none longer than `width` where words allow it. Later lines stand below the first one's
/// text: below `1) ` and `because:   ` they are indented.
pub fn broken(line: &str, width: usize) -> Vec<String> {
    if line.chars().count() <= width {
        return vec![line.to_owned()];
    }
    let text = line.trim_start();
    let blanks = line.len() - text.len();
    let mut lines = vec![" ".repeat(blanks)];
    let mut begins = true;
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else { break };
        if !begins && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(format!("{}{word}", " ".repeat(blanks + label(text))));
        } else {
            last.push_str(if begins { "" } else { " " });
            last.push_str(word);
        }
        begins = false;
    }
    lines
}

/// How wide the label is that a line begins with: a choice's number, or what stands before several blanks.
fn label(text: &str) -> usize {
    const WIDEST: usize = 20;
    let head: String = text.chars().take(WIDEST).collect();
    match (head.find("  "), head.find(") ")) {
        (Some(at), _) => at + head[at..].chars().take_while(|c| *c == ' ').count(),
        (None, Some(at)) if at < 5 => at + 2,
        _ => 0,
    }
}

/// A span as a person says it: `10.4s`, `1m3s`; shorter than a second in milliseconds.
pub fn about(span: Span) -> String {
    let micros = span.micros().max(0);
    match micros {
        0..1000 => format!("{micros}µs"),
        1000..1_000_000 => format!("{}ms", micros / 1000),
        1_000_000..60_000_000 => {
            let tenths = micros / 100_000;
            if tenths % 10 == 0 {
                format!("{}s", tenths / 10)
            } else {
                format!("{}.{}s", tenths / 10, tenths % 10)
            }
        }
        _ => Span::from_secs(micros / 1_000_000).to_string(),
    }
}

/// The event in words, about the world as it is.
pub fn describe(w: &World, event: SimEvent) -> Words {
    let pod =
        |pod: PodId| w.pods.get(pod.ix()).map_or_else(|| "a pod".to_owned(), |p| p.ident.name.to_string());
    let container = |id: PodId, ix: ContainerIx| match w.pods.get(id.ix()) {
        Some(p) if usize::from(ix) < p.container_count() => {
            format!("{} of {}", p.container(ix).name, p.ident.name)
        }
        _ => "a container".to_owned(),
    };
    let node = |id: NodeId| w.nodes.get(id.ix()).map_or("a node", |n| n.spec.name.as_str());
    let object = |key: ObjectKey| match key {
        ObjectKey::Pod(id) => format!("pod/{}", pod(id)),
        key => w.workloads.row(key).map_or_else(String::new, |row| {
            let ident = &w.directory.objects[row as usize];
            format!("{}/{}", ident.kind, ident.name)
        }),
    };
    let about = event.about();
    let mut component = about.component;
    let text = match event {
        SimEvent::CreatePod { template, ordinal } => {
            let name = w.plan.templates.get(template.ix()).map_or("a pod", |t| t.name.as_str());
            let numbered = w.plan.templates.get(template.ix()).is_some_and(|t| t.numbered);
            let name = if numbered { format!("{name}-{ordinal}") } else { name.to_owned() };
            format!("pod/{name} is created")
        }
        SimEvent::Action { index } => {
            if (index as usize) >= w.plan.actions.len() {
                component = YOU;
            }
            w.action(index).map_or_else(String::new, |action| action.words.clone())
        }
        SimEvent::Apply { .. } => "what an [[apply]] brings is sent".to_owned(),
        SimEvent::CreateObject { index } => {
            let object = w.plan.objects.get(index as usize);
            let words = object.map_or_else(String::new, |o| format!("{:?}/{}", o.kind, o.name));
            format!("{words} comes into being")
        }
        SimEvent::BindClaim { index } => {
            let name = w.plan.objects.get(index as usize).map_or("a claim", |object| object.name.as_str());
            format!("binds the claim {name}")
        }
        SimEvent::Schedule { .. } => "takes the next pods from its queue".to_owned(),
        SimEvent::QueueTimer { pod: p, .. } => format!("looks whether {} may be tried again", pod(p)),
        SimEvent::Preempt { pod: p, victim, node: n } => {
            format!("preempts {} on {} to make room for {}", pod(victim), node(n), pod(p))
        }
        SimEvent::SeriesWrite { pod: p } => format!("writes how often {} was refused", pod(p)),
        SimEvent::DrainRetry { pod: p } => format!("asks again whether {} may be evicted", pod(p)),
        SimEvent::WaitOver { command } => format!("`{}` waits no longer", words_of(w, command)),
        SimEvent::CordonTaint { node: n } => {
            format!("brings the taint of {} in line with its cordon", node(n))
        }
        SimEvent::Bind { pod: p, node: n } => format!("binds {} to {}", pod(p), node(n)),
        SimEvent::PodSeen { pod: p } => format!("hears from the API server how {} is now", pod(p)),
        SimEvent::Sync { pod: p, .. } => format!("goes on with its run for {}", pod(p)),
        SimEvent::WorkDue { pod: p, .. } => {
            format!("the one-second tick finds {} due for another sync", pod(p))
        }
        SimEvent::Deadline { pod: p, .. } => format!("activeDeadlineSeconds of {} is over", pod(p)),
        SimEvent::Relist { node: n, .. } => {
            format!("the once-a-second relist on {} compares the runtime with what was known", node(n))
        }
        SimEvent::RelistPod { pod: p } => format!("a relist of {} alone, asked for by the sync", pod(p)),
        SimEvent::Mount { pod: p, .. } => format!("looks at the volumes of {}", pod(p)),
        SimEvent::ClaimMount { pod: p, .. } => format!("goes on with a claim of {}", pod(p)),
        SimEvent::NodeStatus { node: n, .. } => {
            format!("writes the status of {}, with the volumes in use", node(n))
        }
        SimEvent::AttachDetach => "compares where volumes are with where pods need them".to_owned(),
        SimEvent::VolumeOperation { volume, node: n, attach } => {
            let name = w.claim_plan(volume).map_or("a volume", |claim| claim.volume_name.as_str());
            let words = if attach { "is attached to" } else { "is detached from" };
            format!("{name} {words} {}", node(n))
        }
        SimEvent::Pulled { node: n, pull } => {
            let own = w
                .machines
                .get(n.ix())
                .and_then(|n| n.kubelet.as_deref()?.pulls.iter().find(|p| p.id == pull));
            match own {
                Some(own) => format!("the pull of {} for {} ends", own.image, pod(own.pod)),
                None => format!("a pull on {} ends", node(n)),
            }
        }
        SimEvent::Kill { pod: p, container: c, .. } => format!("the stop of {} goes on", container(p, c)),
        SimEvent::HookFails { pod: p, container: c, .. } => {
            format!("the preStop hook of {} fails", container(p, c))
        }
        SimEvent::Exit { pod: p, container: c, .. } => format!("{} ends by itself", container(p, c)),
        SimEvent::TermExit { pod: p, container: c, .. } => {
            format!("{} ends because of SIGTERM", container(p, c))
        }
        SimEvent::DiskWritten { pod: p, container: c, .. } => {
            format!("{} takes up more disk space, or less", container(p, c))
        }
        SimEvent::MemoryUsed { pod: p, container: c, .. } => {
            format!("{} uses more memory, or less", container(p, c))
        }
        SimEvent::Probe { pod: p, container: c, kind, .. } => {
            format!("{} probe of {}", kind.word(), container(p, c))
        }
        SimEvent::ProbeDone { pod: p, container: c, kind, .. } => {
            format!("the {} probe of {} has its answer", kind.word(), container(p, c))
        }
        SimEvent::StatusWrite { node: n, .. } => {
            match w.machines.get(n.ix()).and_then(|n| n.kubelet.as_deref()?.status_batch.front()) {
                Some(front) => format!("writes the status of {} to the API server", pod(*front)),
                None => format!("{} writes a status to the API server", node(n)),
            }
        }
        SimEvent::StatusRetry { node: n, .. } => format!("its ten-second pass on {}", node(n)),
        SimEvent::ResizeRetry { node: n, .. } => format!("tries again what waits for room on {}", node(n)),
        SimEvent::KubeletStart { node: n, .. } => format!("starts on {}", node(n)),
        SimEvent::Shutdown { node: n, .. } => format!("{} shuts down its next group", node(n)),
        SimEvent::Evict { node: n, .. } => format!("looks for what runs short on {}", node(n)),
        SimEvent::StorageRound { pod: p, .. } => {
            format!("holds what {} has written against its limits", pod(p))
        }
        SimEvent::DevicesReported { node: n, .. } => {
            format!("{} tells of devices whose plugins have registered", node(n))
        }
        SimEvent::NodeMonitor => {
            "looks at the nodes' leases: one that was not renewed for nodeMonitorGracePeriod counts as lost"
                .to_owned()
        }
        SimEvent::NodeTaint { node: n, .. } => format!("writes the taints of {}", node(n)),
        SimEvent::TaintEvict { pod: p, .. } => {
            format!("deletes {}, which does not tolerate a taint of its node any longer", pod(p))
        }
        SimEvent::PodGcDelete => "deletes the next pods".to_owned(),
        SimEvent::Informed { of, .. } => format!("hears of {}", object(of)),
        SimEvent::Work { .. } => "takes from its queue".to_owned(),
        SimEvent::Answered { .. } => "has an answer from the API server".to_owned(),
        SimEvent::Requeued { key, .. } => format!("looks at {} again", object(key)),
        SimEvent::Told { .. } => "tells an event".to_owned(),
        SimEvent::PodGc => "looks for pods that nobody will finish".to_owned(),
    };
    Words { component, text, pod: about.pod() }
}

/// As a command was given, by its place among all.
fn words_of(w: &World, command: u32) -> &str {
    w.log.get(command as usize).map_or("", |own| &own.action.words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_laid_out_anew() {
        let text = "One sentence\nthat goes on.\n\n  kept\nNew.\n";
        assert_eq!(unfolded(text), "One sentence that goes on.\n\n  kept\nNew.");
        assert_eq!(broken("a short line", 20), ["a short line"]);
        assert_eq!(broken("a line that is longer", 10), ["a line", "that is", "longer"]);
        assert_eq!(broken("> 1) a choice of words", 12), ["> 1) a", "     choice", "     of", "     words"]);
        assert_eq!(broken("  why:   it is so", 13), ["  why:   it", "         is", "         so"]);
        assert_eq!(broken("unbreakable words", 5), ["unbreakable", "words"]);
    }
}
