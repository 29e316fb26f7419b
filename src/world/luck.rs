//! Luck by address. What is drawn in a run has an address: the seed, what the draw is for ([`Purpose`]), whose it is, which
//! of its containers it is about, and the how-manieth it is of those. Nothing else decides what comes out. So a pod, a
//! container or a probe more, and another version of Kubernetes too, change nobody else's luck, and two runs that differ in
//! one thing can be compared (common random numbers).
//!
//! - A pod is known by its entity: made of its namespace and name, or of who made it and the how-manieth it is
//!   ([`random::made_by`]). A container is known by its name, not by its place in the spec.
//! - The number is one that the thing itself counts wherever there is one: instances of a container, tries to start it,
//!   its pulls, probes of an instance, sandboxes of a pod.
//! - What a component does over and over without counting (a requeue, a write of a status, a watch) takes the instant as
//!   its number ([`World::instant`]): a count would shift whenever it does so once more for another reason.

use super::{ContainerIx, PodId, World};
use crate::api::{ProbeKind, Sym};
use crate::engine::distribution::Distribution;
use crate::engine::random::{self, Draw};
use crate::time::Span;

/// What a random draw is for. The numbers are part of every address: a new purpose goes to the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Purpose {
    /// How long an instance of a container runs, and how its process ends.
    Runs = 1,
    Exit,
    TermExit,
    /// What its hooks take.
    PostStart,
    PreStop,
    /// What the runtime takes, by container and try, and to stop an instance.
    Inspect,
    Pull,
    Create,
    Start,
    Stop,
    /// To make a pod's sandbox.
    Sandbox,
    /// Mounts of a pod: what they take, and how late a first look, a first try and a retry are.
    Mount,
    MountFirst,
    MountRetry,
    ClaimMount,
    ClaimRetry,
    /// What the storage system takes to attach or detach a volume.
    VolumeOperation,
    /// A probe by container, kind, instance and number: what it takes and whether it fails.
    ProbeTakes,
    ProbeFails,
    /// When the workers of a kubelet that started begin, and whether one has lost its trigger.
    ProbeStart,
    ProbeTrigger,
    /// The pod worker's.
    Requeue,
    IdleRun,
    SecondEvent,
    Jostle,
    /// The status manager's: when a write arrives, and in which order those of one batch go.
    StatusWrite,
    StatusOrder,
    /// When watchers hear.
    Watch,
    AttachWatch,
    /// The scheduler's: what a cycle takes, ties, the binding, victims.
    Schedule,
    Placement,
    Bind,
    Preempt,
    /// Gaps between the replicas of a scenario; names and uids that are made.
    Arrival,
    Uid,
    Name,
    /// Where in their periods things stand that come round on a node.
    RelistPhase,
    RelistPeriod,
    TickPhase,
    ReconcilePhase,
    Controller,
    StorageStats,
    /// Which of similar events is the one that goes on.
    SimilarEvents,
}

impl World {
    /// The draw at an address.
    pub fn draw(&self, purpose: Purpose, entity: u64, number: u64) -> Draw {
        Draw::new(self.seed, purpose as u64, entity, number)
    }
    /// The present instant as a number.
    pub fn instant(&self) -> u64 {
        self.now.since(self.plan.start).micros().cast_unsigned()
    }
    pub fn pod_draw(&self, purpose: Purpose, pod: PodId, number: u64) -> Draw {
        self.draw(purpose, self.pods[pod.ix()].entity, number)
    }
    pub fn container_draw(&self, purpose: Purpose, pod: PodId, ix: ContainerIx, number: u64) -> Draw {
        self.draw(purpose, self.container_entity(pod, ix), number)
    }
    /// About one of the pod's claims.
    pub fn claim_draw(&self, purpose: Purpose, pod: PodId, claim: Sym, number: u64) -> Draw {
        self.draw(purpose, random::part(self.pods[pod.ix()].entity, claim.content()), number)
    }
    pub fn probe_draw(
        &self,
        purpose: Purpose,
        pod: PodId,
        ix: ContainerIx,
        kind: ProbeKind,
        number: u64,
    ) -> Draw {
        self.draw(purpose, random::part(self.container_entity(pod, ix), kind as u64), number)
    }
    pub fn pod_span(&self, purpose: Purpose, pod: PodId, number: u64, takes: &Distribution) -> Span {
        takes.sample_by(|| self.pod_draw(purpose, pod, number))
    }
    pub fn container_span(
        &self,
        purpose: Purpose,
        pod: PodId,
        ix: ContainerIx,
        number: u64,
        takes: &Distribution,
    ) -> Span {
        takes.sample_by(|| self.container_draw(purpose, pod, ix, number))
    }
    /// The number of a container's newest instance.
    pub fn instance_number(&self, pod: PodId, ix: ContainerIx) -> u64 {
        u64::from(self.places[pod.ix()].runtime.containers[ix.ix()].generation)
    }

    fn container_entity(&self, pod: PodId, ix: ContainerIx) -> u64 {
        let p = &self.pods[pod.ix()];
        random::part(p.entity, p.container(ix).name.content())
    }
}
