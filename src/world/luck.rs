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
use crate::time::{Span, Time};

/// What a random draw is for. The numbers are part of every address: a new purpose goes to the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Purpose {
    /// How long an instance of a container runs.
    Runs = 1,
    /// What its process exits with.
    Exit,
    /// How long the process takes to end after SIGTERM.
    TermExit,
    /// What a postStart hook takes.
    PostStart,
    /// What a preStop hook takes.
    PreStop,
    /// What the runtime takes to look for an image.
    Inspect,
    /// What a pull takes, or takes to fail.
    Pull,
    /// What the runtime takes to create a container.
    Create,
    /// What the runtime takes to start it.
    Start,
    /// What the runtime takes to stop an instance.
    Stop,
    /// What the runtime takes to make a pod's sandbox.
    Sandbox,
    /// What the mounts of a pod take.
    Mount,
    /// How late the first try of a mount comes that cannot be done.
    MountFirst,
    /// How late a retry of a mount comes.
    MountRetry,
    /// What the mount of a claim takes.
    ClaimMount,
    /// How late another look at a claim comes.
    ClaimRetry,
    /// What the storage system takes to attach or detach a volume.
    VolumeOperation,
    /// What a probe takes, by container, kind, instance and number.
    ProbeTakes,
    /// Whether a probe fails that sometimes does.
    ProbeFails,
    /// When a probe worker of a kubelet that has started begins within its first period.
    ProbeStart,
    /// Whether a readiness worker loses a trigger.
    ProbeTrigger,
    /// When a pod worker comes back.
    Requeue,
    /// How long a worker's run takes that has nothing to do.
    IdleRun,
    /// Whether the second event of a relist makes a sync of its own.
    SecondEvent,
    /// How much pods that start together delay each other.
    Contention,
    /// When the write of a status arrives.
    StatusWrite,
    /// In which order a batch of statuses is written.
    StatusOrder,
    /// When a kubelet's watch hears.
    Watch,
    /// When the attach/detach controller's informer hears.
    AttachWatch,
    /// What an attempt of the scheduler takes.
    Schedule,
    /// Ties between nodes.
    Placement,
    /// What a binding takes.
    Bind,
    /// What the preemption of a victim takes.
    Preempt,
    /// Gaps between the replicas of a scenario.
    Arrival,
    /// Identifiers of pods.
    Uid,
    /// Names that are generated.
    Name,
    /// Where a kubelet's relists lie in their second.
    RelistPhase,
    /// How much longer than a second from one relist to the next is.
    RelistPeriod,
    /// Where its one-second tick lies.
    TickPhase,
    /// Where the ten-second pass of a status manager lies.
    ReconcilePhase,
    /// When a controller's pass comes.
    Controller,
    /// When what pods have written is measured.
    StorageStats,
    /// Which of many similar messages a recorder forgets first.
    SimilarEvents,
    /// When a controller's informer hears.
    Informer,
    /// What a controller's request takes.
    Request,
    /// Which of equal pods comes first.
    Tie,
    /// How long a node's kubelet had been there when a scenario begins.
    KubeletUptime,
    /// How long a process boots.
    Boots,
    /// In which order a controller walks through nodes.
    NodeOrder,
    /// Which address a Service gets.
    ClusterAddress,
    /// Which port of all nodes it gets.
    NodePort,
    /// How long kubectl takes from one object of a file to the next.
    Apply,
    /// Where the rounds of the scheduler's queue lie.
    SchedulerStart,
    /// How long a drain takes to begin with its first node.
    Drain,
    /// What the runtime takes to stop a pod's sandbox.
    StopSandbox,
    /// When metrics are gathered within their period.
    MetricsScrape,
    /// What the making of a volume takes.
    Provision,
    /// How long the volume manager takes to unmount what a pod had.
    Unmount,
    /// Whether news of a deletion overtake its answer.
    Overtake,
    /// How long a container that its probe has condemned goes on.
    Verdict,
    /// What nobody can know of the present of a given cluster.
    Present,
    /// What a process exits with that SIGTERM ends.
    TermCode,
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
    /// A draw for a pod.
    pub fn pod_draw(&self, purpose: Purpose, pod: PodId, number: u64) -> Draw {
        self.draw(purpose, self.pods[pod.ix()].entity, number)
    }
    /// A draw for one of its containers.
    pub fn container_draw(&self, purpose: Purpose, pod: PodId, ix: ContainerIx, number: u64) -> Draw {
        self.draw(purpose, self.container_entity(pod, ix), number)
    }
    /// About one of the pod's claims.
    pub fn claim_draw(&self, purpose: Purpose, pod: PodId, claim: Sym, number: u64) -> Draw {
        self.draw(purpose, random::part(self.pods[pod.ix()].entity, claim.content()), number)
    }
    /// A draw for one of a container's probes.
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
    /// A duration for a pod; a constant one takes no draw.
    pub fn pod_span(&self, purpose: Purpose, pod: PodId, number: u64, takes: &Distribution) -> Span {
        takes.sample_by(|| self.pod_draw(purpose, pod, number))
    }
    /// A duration for one of its containers. What is of an unknown scale is drawn once for all that share it, for each of their starts.
    pub fn container_span(
        &self,
        purpose: Purpose,
        pod: PodId,
        ix: ContainerIx,
        number: u64,
        takes: &Distribution,
    ) -> Span {
        /// Throws of one instance differ above its number.
        const THROWS: u64 = !0 << 32;
        match takes {
            Distribution::Unknown(own) => takes.sample(&mut self.draw(purpose, own.whose, number & THROWS)),
            _ => takes.sample_by(|| self.container_draw(purpose, pod, ix, number)),
        }
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

/// A throw of the dice that is looked back at: under which seed, and what is now.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    /// The seed that it was thrown under.
    pub seed: u64,
    /// What lies behind this instant can still come.
    pub now: Time,
}

/// So often something is thrown until it lies behind the present; beyond that it stays as it is.
const LONGER: u64 = 256;

impl Before {
    /// When something comes that began at `began`, lasts as a throw by its number says, and would have come `at`.
    pub fn anew(self, w: &mut World, (began, at): (Time, Time), lasts: impl Fn(&World, u64) -> Span) -> Time {
        let explained = self.under(w, |w| began + lasts(w, 0)) == at;
        let mut throws = (0..if explained { LONGER } else { 0 }).map(|throw| began + lasts(w, throw << 48));
        throws.find(|other| *other > self.now).unwrap_or(at)
    }

    /// What was thrown under the seed before.
    pub fn under<T>(self, w: &mut World, of: impl FnOnce(&World) -> T) -> T {
        let seed = std::mem::replace(&mut w.seed, self.seed);
        let found = of(w);
        w.seed = seed;
        found
    }
}
