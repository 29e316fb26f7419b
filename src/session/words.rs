//! What waits in the queue, in words: which component, and what it is about to do (or did).

use crate::scenario::plan::TemplateIx;
use crate::time::{Span, Time};
use crate::world::controllers::TaintRequest;
use crate::world::kubelet::Kubelet;
use crate::world::volumes::VolumeIx;
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
    const WIDEST: usize = 26;
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
    use SimEvent as E;
    let name = Names(w);
    let about = event.about();
    let component = if name.is_commanded(event) { YOU } else { about.component };
    let text = match event {
        E::CreatePod { template, ordinal } => format!("pod/{} is created", name.replica(template, ordinal)),
        E::Action { index } => w.action(index).map_or_else(String::new, |action| action.words.clone()),
        E::CreateObject { index } => format!("{} comes into being", name.object(index)),
        E::BindClaim { index } | E::Provisioned { index } => of_claim(name, event, index),
        E::Schedule { .. } => "takes the next pods from its queue".to_owned(),
        E::QueueTimer { pod, .. } => format!("looks whether {} may be tried again", name.pod(pod)),
        E::Preempt { pod, victim, node } => {
            format!("preempts {} on {} to make room for {}", name.pod(victim), name.node(node), name.pod(pod))
        }
        E::SeriesWrite { pod } => format!("writes how often {} was refused", name.pod(pod)),
        E::DrainBegin { .. } => "begins to evict the pods of its first node".to_owned(),
        E::DrainTurn { pod, .. } => format!("looks whether {} is gone, or may be evicted", name.pod(pod)),
        E::WaitOver { command } => format!("`{}` waits no longer", name.command(command)),
        E::Evicted { pod } => format!("deletes {}, which is evicted", name.pod(pod)),
        E::CordonTaint { node } => format!("brings the taint of {} in line with its cordon", name.node(node)),
        E::NodeInformed { node } => format!("hears from the API server how {} is now", name.node(node)),
        E::Bind { pod, node } => format!("binds {} to {}", name.pod(pod), name.node(node)),
        E::PodSeen { pod } => format!("hears from the API server how {} is now", name.pod(pod)),
        E::Sync { pod, .. } => format!("goes on with its run for {}", name.pod(pod)),
        E::WorkDue { pod, .. } => format!("the one-second tick finds {} due for another sync", name.pod(pod)),
        E::Deadline { pod, .. } => format!("activeDeadlineSeconds of {} is over", name.pod(pod)),
        E::Relist { node, .. } => {
            format!(
                "the once-a-second relist on {} compares the runtime with what was known",
                name.node(node)
            )
        }
        E::RelistPod { pod } => format!("a relist of {} alone, asked for by the sync", name.pod(pod)),
        E::Mount { pod, .. } => format!("looks at the volumes of {}", name.pod(pod)),
        E::ClaimMount { pod, .. } => format!("goes on with a claim of {}", name.pod(pod)),
        E::NodeStatus { node, .. } => {
            format!("writes the status of {}, with the volumes in use", name.node(node))
        }
        E::AttachDetach => "compares where volumes are with where pods need them".to_owned(),
        E::VolumeOperation { volume, node, attach } => {
            let words = if attach { "is attached to" } else { "is detached from" };
            format!("{} {words} {}", name.volume(volume), name.node(node))
        }
        E::Pulled { node, pull } => pull_ends(name, node, pull),
        E::Kill { pod, container, .. } => format!("the stop of {} goes on", name.container(pod, container)),
        E::HookFails { pod, container, .. } => {
            format!("the preStop hook of {} fails", name.container(pod, container))
        }
        E::Exit { pod, container, .. } => format!("{} ends by itself", name.container(pod, container)),
        E::TermExit { pod, container, .. } => {
            format!("{} ends because of SIGTERM", name.container(pod, container))
        }
        E::DiskWritten { pod, container, .. } => {
            format!("{} takes up more disk space, or less", name.container(pod, container))
        }
        E::MemoryUsed { pod, container, .. } => {
            format!("{} uses more memory, or less", name.container(pod, container))
        }
        E::Probe { pod, container, kind, .. } => {
            format!("{} probe of {}", kind.word(), name.container(pod, container))
        }
        E::ProbeDone { pod, container, kind, .. } => {
            format!("the {} probe of {} has its answer", kind.word(), name.container(pod, container))
        }
        E::StatusWrite { node, .. } => status_write(name, node),
        E::StatusRetry { node, .. } => format!("its ten-second pass on {}", name.node(node)),
        E::ResizeRetry { node, .. } => format!("tries again what waits for room on {}", name.node(node)),
        E::KubeletStart { node, .. } => format!("starts on {}", name.node(node)),
        E::Shutdown { node, .. } => format!("{} shuts down its next group", name.node(node)),
        E::Evict { node, .. } => format!("looks for what runs short on {}", name.node(node)),
        E::EndOverdue { pod, .. } => format!("stops waiting for the end of {}", name.pod(pod)),
        E::StorageRound { pod, .. } => format!("holds what {} has written against its limits", name.pod(pod)),
        E::DevicesReported { node, .. } => {
            format!("{} tells of devices whose plugins have registered", name.node(node))
        }
        E::NodeMonitor => {
            "looks at the nodes' leases: one that was not renewed for nodeMonitorGracePeriod counts as lost"
                .to_owned()
        }
        E::NodeTaint { node, .. } => format!("writes the taints of {}", name.node(node)),
        E::TaintEvict { pod, .. } | E::TaintAnswered { pod, .. } => of_taint_eviction(&name.pod(pod), event),
        E::PodGcDelete => "deletes the next pods".to_owned(),
        E::Apply { .. } => "what an [[apply]] brings is sent".to_owned(),
        E::ApplyNext { .. } => "sends the next object of its files".to_owned(),
        E::Informed { of, .. } => format!("hears of {}", name.key(of)),
        E::Work { .. } => "takes from its queue".to_owned(),
        E::Answered { .. } => "has an answer from the API server".to_owned(),
        E::Requeued { key, .. } => format!("looks at {} again", name.key(key)),
        E::Told { .. } => "tells an event".to_owned(),
        E::NamespaceSync { namespace } => format!("deletes what lives in namespace/{namespace}"),
        E::PodGc => "looks for pods that nobody will finish".to_owned(),
    };
    Words { component, text, pod: about.pod() }
}

fn of_taint_eviction(pod: &str, event: SimEvent) -> String {
    let SimEvent::TaintAnswered { request, .. } = event else {
        return format!("begins to evict {pod}, which does not tolerate a taint of its node any longer");
    };
    match request {
        TaintRequest::Get => format!("knows {pod} as it is"),
        TaintRequest::Mark => format!("has written why {pod} has to go"),
        TaintRequest::Delete => format!("has {pod} deleted"),
    }
}

fn of_claim(name: Names<'_>, event: SimEvent, index: u32) -> String {
    let verb = if matches!(event, SimEvent::BindClaim { .. }) { "binds" } else { "has made the volume of" };
    format!("{verb} the claim {}", name.claim(index))
}

fn pull_ends(name: Names<'_>, node: NodeId, pull: u32) -> String {
    let pulls = name.kubelet(node).map(|kubelet| &kubelet.pulls);
    match pulls.and_then(|pulls| pulls.iter().find(|own| own.id == pull)) {
        Some(own) => format!("the pull of {} for {} ends", own.image, name.pod(own.pod)),
        None => format!("a pull on {} ends", name.node(node)),
    }
}

fn status_write(name: Names<'_>, node: NodeId) -> String {
    match name.kubelet(node).and_then(|kubelet| kubelet.status_batch.front()) {
        Some(front) => format!("writes the status of {} to the API server", name.pod(*front)),
        None => format!("{} writes a status to the API server", name.node(node)),
    }
}

/// What the things of a world are called; an event may be about one that is not there.
#[derive(Clone, Copy)]
struct Names<'a>(&'a World);

impl<'a> Names<'a> {
    fn command(self, command: u32) -> &'a str {
        self.0.log.get(command as usize).map_or("", |own| &own.action.words)
    }
    fn pod(self, pod: PodId) -> String {
        self.0.pods.get(pod.ix()).map_or_else(|| "a pod".to_owned(), |p| p.ident.name.to_string())
    }
    fn container(self, pod: PodId, ix: ContainerIx) -> String {
        match self.0.pods.get(pod.ix()) {
            Some(p) if usize::from(ix) < p.container_count() => {
                format!("{} of {}", p.container(ix).name, p.ident.name)
            }
            _ => "a container".to_owned(),
        }
    }
    fn kubelet(self, node: NodeId) -> Option<&'a Kubelet> {
        self.0.machines.get(node.ix()).and_then(|machine| machine.kubelet.as_deref())
    }
    fn node(self, node: NodeId) -> &'a str {
        self.0.nodes.get(node.ix()).map_or("a node", |n| n.spec.name.as_str())
    }
    fn replica(self, template: TemplateIx, ordinal: u32) -> String {
        match self.0.plan.templates.get(template.ix()) {
            Some(t) if t.numbered => format!("{}-{ordinal}", t.name),
            Some(t) => t.name.to_string(),
            None => "a pod".to_owned(),
        }
    }
    fn object(self, index: u32) -> String {
        let object = self.0.plan.objects.get(index as usize);
        object.map_or_else(String::new, |o| format!("{:?}/{}", o.kind, o.name))
    }
    /// An object of the API, as kubectl names it.
    fn key(self, key: ObjectKey) -> String {
        match key {
            ObjectKey::Pod(id) => format!("pod/{}", self.pod(id)),
            key => self.0.workloads.row(key).map_or_else(String::new, |row| {
                let ident = &self.0.directory.objects[row as usize];
                format!("{}/{}", ident.kind, ident.name)
            }),
        }
    }
    fn claim(self, index: u32) -> &'a str {
        self.0.plan.objects.get(index as usize).map_or("a claim", |object| object.name.as_str())
    }
    fn volume(self, volume: VolumeIx) -> &'a str {
        self.0.claim_plan(volume).map_or("a volume", |claim| claim.volume_name.as_str())
    }
    /// Whether it is a command that came while the run went on, and no action of the scenario.
    fn is_commanded(self, event: SimEvent) -> bool {
        matches!(event, SimEvent::Action { index } if index as usize >= self.0.plan.actions.len())
    }
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
