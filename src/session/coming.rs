//! What comes: what waits in the queue, as far as it is certain. Whoever acts in between changes it.

use super::Walk;
use super::words::{Words, YOU, describe, offset};
use crate::api::Sym;
use crate::time::Time;
use crate::world::event::Bond;
use crate::world::volumes::MountStage;
use crate::world::worker::{KillStage, Stage, Work};
use crate::world::{ContainerIx, Kubelet, PodId, SimEvent, Subject, World};

/// Something that will happen unless somebody does something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coming {
    pub at: Time,
    pub words: Words,
}

impl Walk {
    /// What waits, soonest first; of one pod and its node if a pod is given. Events whose subject has moved on meanwhile are
    /// left out: they will find nothing to do.
    pub fn coming(&self, pod: Option<PodId>) -> Vec<Coming> {
        self.coming_first(pod, usize::MAX)
    }

    /// What is told where nothing waits: that all stays as it is, or that the run ends before more would come.
    pub fn nothing_waits(&self, pod: Option<PodId>) -> String {
        let (w, until) = (self.world(), self.plan().until);
        let is_later = |at: Time, event: SimEvent| {
            at > until && pod.is_none_or(|pod| concerns(w, event, pod)) && is_live(w, event)
        };
        if self.now() >= until {
            "Nothing more comes: the run ends here.".to_owned()
        } else if !w.queue.waiting_where(is_later).is_empty() {
            format!("Nothing more comes before the run ends, at {}.", offset(until, self.plan().start))
        } else {
            "Nothing waits: unless somebody does something, all stays as it is.".to_owned()
        }
    }

    /// The first so many of these: of a fleet nobody reads all, and their words cost more than finding them.
    pub fn coming_first(&self, pod: Option<PodId>, most: usize) -> Vec<Coming> {
        let w = self.world();
        let until = self.plan().until;
        let victims = pod.map_or_else(Vec::new, |pod| awaited(w, pod));
        let mut coming: Vec<Coming> = w
            .queue
            .waiting_where(|at, event| {
                let concerns_it = pod.is_none_or(|pod| concerns(w, event, pod))
                    || victims.iter().any(|victim| concerns(w, event, *victim));
                at <= until && concerns_it && is_live(w, event)
            })
            .into_iter()
            .take(most)
            .map(|(at, _, event)| Coming { at, words: foretell(w, event) })
            .collect();
        // What was done further on is done again when its time comes.
        for done in self.done().iter().filter(|done| done.step > w.step) {
            let words = Words { component: YOU, text: done.action.words.clone(), pod: None };
            let place = coming.partition_point(|other| other.at < done.action.at);
            coming.insert(place, Coming { at: done.action.at, words });
        }
        coming
    }
}

/// The event in words, with what is known now of how it will go on.
fn foretell(w: &World, event: SimEvent) -> Words {
    let mut words = describe(w, event);
    let name = |pod: PodId, ix: ContainerIx| match w.find_local(pod) {
        Some(p) if usize::from(ix) < p.container_count() => {
            format!("{} of {}", p.container(ix).name, p.ident.name)
        }
        _ => "a container".to_owned(),
    };
    match event {
        SimEvent::Sync { pod, .. } => {
            let Some(p) = w.find_local(pod) else { return words };
            let Some(run) = p.worker.and_then(|worker| worker.run.as_ref()) else { return words };
            let own = p.ident.name;
            let front = run.to_start.first().map_or_else(|| own.to_string(), |ix| name(pod, *ix));
            let Some((component, text)) = of_stage(&run.stage, own, &front) else { return words };
            words.component = component;
            words.text = text;
        }
        SimEvent::Kill { pod, container, .. } => {
            let memory = w.find_local(pod).and_then(|p| p.memory(container));
            let kill = memory.and_then(|memory| memory.kill.as_deref());
            words.text = match kill.map(|kill| kill.stage) {
                Some(KillStage::PreStop) => {
                    format!("the preStop hook of {} ends or runs out of time", name(pod, container))
                }
                Some(KillStage::Ordering) => {
                    format!("{} has waited long enough for those that stop before it", name(pod, container))
                }
                Some(KillStage::Stopping) => format!(
                    "the grace period of {} is over: SIGKILL, if it has not ended",
                    name(pod, container)
                ),
                _ => return words,
            };
        }
        SimEvent::Exit { pod, container, .. } => {
            let run = w.find_local(pod).and_then(|p| p.runtime.containers.get(usize::from(container)));
            if let Some(run) = run {
                words.text =
                    format!("{} ends by itself with exit code {}", name(pod, container), run.exit_code);
            }
        }
        SimEvent::ClaimMount { pod, claim, .. } => {
            let mounts = w.worker(pod).and_then(|worker| worker.claims.as_deref());
            let Some(claim) = mounts.and_then(|mounts| mounts.claims.get(usize::from(claim))) else {
                return words;
            };
            let volume = w.claim_plan(claim.volume).map_or("a volume", |plan| plan.volume_name.as_str());
            words.text = match claim.stage {
                MountStage::NotAttached { .. } => format!("looks whether {volume} is attached"),
                MountStage::Mounting => format!("{volume} is mounted"),
                MountStage::Ownership { .. } => format!("files of {volume} get the pod's group"),
                MountStage::NotInUse | MountStage::Mounted => return words,
            };
        }
        _ => {}
    }
    words
}

/// The victims on the node that was chosen for a pod: it waits for their end.
fn awaited(w: &World, pod: PodId) -> Vec<PodId> {
    let Some(p) = w.find_local(pod).filter(|p| p.node.is_none()) else { return Vec::new() };
    let chosen = p.status.nominated_node();
    let on = w.nodes.iter().position(|node| !chosen.is_empty() && node.spec.name == chosen);
    let is_victim = |pod: &PodId| {
        let reason = w.pods[pod.ix()].status.condition(Sym::DISRUPTION_TARGET).map(|c| c.reason);
        w.pods[pod.ix()].exists && reason == Some(Sym::PREEMPTION_BY_SCHEDULER)
    };
    on.map_or_else(Vec::new, |node| w.machines[node].pods.iter().copied().filter(is_victim).collect())
}

/// What ends when the run of a pod's worker goes on from this stage: who says it, and what.
fn of_stage(stage: &Stage, own: impl std::fmt::Display, front: &str) -> Option<(&'static str, String)> {
    Some(match stage {
        Stage::Volumes => ("kubelet: volume manager", format!("the wait for the volumes of {own} ends")),
        Stage::StoppingSandbox => ("runtime", format!("the sandbox of {own} is stopped")),
        Stage::Sandbox => ("runtime", format!("RunPodSandbox answers for {own}")),
        Stage::ImageVolume => {
            ("kubelet: image manager", format!("knows whether the image of a volume of {own} is there"))
        }
        Stage::Inspect => ("kubelet: image manager", format!("knows whether the image of {front} is there")),
        Stage::Creating => ("runtime", format!("CreateContainer answers for {front}")),
        Stage::Starting => ("runtime", format!("StartContainer answers for {front}")),
        Stage::PostStart => ("kubelet: runtime manager", format!("the postStart hook of {front} ends")),
        Stage::Resizing => ("runtime", format!("the running containers of {own} get their new sizes")),
        Stage::Unmounting => ("kubelet: volume manager", format!("the volumes of {own} are unmounted")),
        Stage::Pulling | Stage::Killing | Stage::PostStartKill | Stage::Idle => return None,
    })
}

/// Whether an event is about a pod, or about its whole node.
fn concerns(w: &World, event: SimEvent, pod: PodId) -> bool {
    let node = w.find_local(pod).and_then(|p| p.node);
    match (event.about().subject, event) {
        (Subject::Pod(own) | Subject::Container(own, _), _) => own == pod,
        (Subject::Node(n), SimEvent::Relist { .. }) => {
            Some(n) == node
                && w.kubelet(n).is_some_and(|kubelet| {
                    kubelet.dirty.iter().chain(&kubelet.cache_waiters).any(|p| *p == pod)
                })
        }
        (Subject::Node(n), SimEvent::StatusWrite { .. }) => {
            w.kubelet(n).is_some_and(|kubelet| kubelet.status_batch.contains(&pod))
        }
        (Subject::Node(n), SimEvent::StatusRetry { .. }) => {
            w.kubelet(n).is_some_and(|kubelet| kubelet.status_stale.contains(&pod))
        }
        (Subject::Node(n), SimEvent::Pulled { pull, .. }) => {
            let pulls = w.kubelet(n).into_iter().flat_map(|kubelet| &kubelet.pulls);
            pulls.into_iter().any(|own| own.id == pull && own.pod == pod)
        }
        (Subject::Node(n), SimEvent::ResizeRetry { .. }) => {
            w.kubelet(n).is_some_and(|kubelet| kubelet.pending_resizes.contains(&pod))
        }
        (Subject::Node(n), _) => Some(n) == node,
        (Subject::Cluster, SimEvent::BindClaim { index }) => {
            let claims = w.volumes_of(pod);
            let objects = claims.iter().filter_map(|claim| w.volumes.list.get(usize::from(*claim)));
            objects.map(|volume| volume.object).any(|object| object == index as usize)
        }
        (Subject::Cluster, SimEvent::VolumeOperation { volume, .. }) => {
            w.volumes.list.get(usize::from(volume)).is_some_and(|own| own.users.contains(&pod))
        }
        (Subject::Cluster, SimEvent::Schedule { .. }) => node.is_none(),
        (Subject::Cluster, SimEvent::Action { .. }) => true,
        (Subject::Cluster, _) => false,
    }
}

/// Whether the event will still find what it was queued for, as far as that can be said from outside.
fn is_live(w: &World, event: SimEvent) -> bool {
    let worker = |pod: PodId| w.find_local(pod).and_then(|p| p.worker);
    if w.is_stale(event) {
        return false;
    }
    match event.about().bond {
        Bond::Run(pod, _) => worker(pod).is_some_and(|worker| worker.run.is_some()),
        Bond::Due(pod, _) => worker(pod).is_some_and(|worker| worker.work != Work::Finished),
        // What goes on beside a worker does so until the pod is to end.
        Bond::ProcessOf(pod, _) => worker(pod).is_some_and(|worker| worker.work == Work::Sync),
        Bond::Instance(pod, container, _) => {
            let p = w.find_local(pod).filter(|p| usize::from(container) < p.container_count());
            let newest = p.and_then(|p| p.live().newest(p.container(container).name).copied());
            newest.is_some_and(|c| c.state == crate::api::InstanceState::Running)
        }
        Bond::Process(node, _) => {
            let waits = |kubelet: &Kubelet| kubelet.resize_retry.is_some();
            !matches!(event, SimEvent::ResizeRetry { .. }) || w.kubelet(node).is_some_and(waits)
        }
        Bond::Free => match event {
            SimEvent::Bind { pod, .. } | SimEvent::PodSeen { pod } => {
                w.find_local(pod).is_some_and(|p| p.exists || p.worker.is_some())
            }
            _ => true,
        },
        Bond::Cycle(_)
        | Bond::Entry(..)
        | Bond::Timer(..)
        | Bond::Stop(..)
        | Bond::Tick(..)
        | Bond::Pull(..)
        | Bond::Command(_) => true,
    }
}
