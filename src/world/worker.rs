//! What a kubelet's process holds of one pod: its worker, the run that is under way, kills, probes, and the status that is to
//! be written. All of it goes with the process.

use std::sync::Arc;

use smallvec::SmallVec;

use super::learned::{Repeat, Seen};
use super::volumes::ClaimMounts;
use super::{ContainerIx, Deletion, NodeId};
use crate::api::{HeldStatus, PodSpec, ProbeKind, RuntimeStatus, Sym, Text};
use crate::rules::kubelet::images::PullMemory;
use crate::rules::kubelet::probe_text::Failure;
use crate::rules::kubelet::status_change::EndedBy;
use crate::rules::kubelet::status_manager::Cached;
use crate::rules::kubelet::sync_actions::{KillReason, Places};
use crate::rules::machinery::backoff::Entry;
use crate::rules::machinery::events::Correlator;
use crate::time::{Span, Time};

/// What a kubelet remembers of a container beside what the runtime has of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ContainerMemory {
    /// The kubelet's crash-loop back-off of this container.
    pub backoff: Option<Entry>,
    /// Last start failure (`reasonCache`).
    pub reason: Option<(Sym, Text)>,
    /// Apart, since most containers end by themselves.
    pub kill: Option<Box<Kill>>,
    pub probers: Probers,
}

/// A container that is being stopped.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Kill {
    pub stage: KillStage,
    pub began: Time,
    pub grace_secs: i64,
    pub generation: u32,
    /// A preStop hook runs in the container until then, or until the process ends.
    pub hook_until: Option<Time>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KillStage {
    PreStop,
    /// A sidecar waits for those that must stop before it.
    Ordering,
    /// SIGTERM is sent; SIGKILL follows after the grace.
    Stopping,
    Done,
}

/// The probe workers of a container, one for each kind; most containers have none, and then there is nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Probers(Option<Box<[Option<Prober>; ProbeKind::ALL.len()]>>);

impl Probers {
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
    /// Whether one of them can have the container killed.
    pub fn can_kill(&self) -> bool {
        self.get(ProbeKind::Liveness).is_some() || self.get(ProbeKind::Startup).is_some()
    }
    pub fn get(&self, kind: ProbeKind) -> Option<&Prober> {
        self.0.as_ref()?[kind.ix()].as_ref()
    }
    pub fn get_mut(&mut self, kind: ProbeKind) -> Option<&mut Prober> {
        self.0.as_mut()?[kind.ix()].as_mut()
    }
    pub fn put(&mut self, kind: ProbeKind, prober: Prober) {
        self.0.get_or_insert_default()[kind.ix()] = Some(prober);
    }
    pub fn remove(&mut self, kind: ProbeKind) {
        let Some(own) = &mut self.0 else { return };
        own[kind.ix()] = None;
        if own.iter().all(Option::is_none) {
            self.0 = None;
        }
    }
}

/// A probe worker (pkg/kubelet/prober/worker.go).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Prober {
    /// Ticks stand at this instant plus whole periods.
    pub anchor: Time,
    pub generation: u32,
    /// Of the container instance that the results are about: its restart count, -1 for none.
    pub instance: i32,
    /// How many probes of the instance were begun.
    pub asked: u32,
    /// Stored result: None (unknown), success, failure.
    pub result: Option<bool>,
    pub run: u32,
    pub run_ok: bool,
    pub hold: bool,
    pub busy: bool,
    pub attempt_ok: bool,
    /// How the handler that is under way fails, if it does, and what the process says.
    pub attempt_failure: Failure,
    pub attempt_output: Sym,
    pub queued: Option<Time>,
    /// It has not looked for the first time yet: after a restart of the kubelet that may take a part of a period.
    pub sleeps: bool,
    /// A manual trigger arrived while the worker was busy or slept.
    pub triggered: bool,
}

impl Prober {
    /// The number of the next probe among all of its worker's.
    pub fn probe_number(&self) -> u64 {
        u64::from(self.instance.cast_unsigned()) << 32 | u64::from(self.asked)
    }
    pub fn new(anchor: Time, first: u32) -> Prober {
        Prober {
            anchor,
            generation: first,
            instance: -1,
            asked: 0,
            result: None,
            run: 0,
            run_ok: false,
            hold: false,
            busy: false,
            attempt_ok: false,
            attempt_failure: Failure::Answered,
            attempt_output: Sym::EMPTY,
            queued: None,
            sleeps: true,
            triggered: false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Work {
    Sync,
    Terminating,
    Terminated,
    Finished,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Stage {
    /// Waits until everything is mounted.
    Volumes,
    /// Containers (all of them, or those on the kill list) are being stopped.
    Killing,
    /// `StopPodSandbox`
    StoppingSandbox,
    Sandbox,
    /// The image of a volume is looked for.
    ImageVolume,
    /// The container at the front of the start list: its image is inspected, pulled, …
    Inspect,
    Pulling,
    Creating,
    Starting,
    PostStart,
    /// A failed postStart hook kills its container.
    PostStartKill,
    /// Running containers get their new sizes.
    Resizing,
    /// Nothing was to be done: the run's own computing, during which updates are merged.
    Idle,
    /// Terminated: volumes are unmounted.
    Unmounting,
}

/// A run of the pod worker in progress.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// What the worker was at when it began; by now a run of [`Work::Sync`] may be one too many.
    pub work: Work,
    pub stage: Stage,
    /// What the kubelet knew when it began.
    pub snapshot: Seen,
    /// Once everything is stopped, a sandbox is made, and the history of init containers is forgotten.
    pub creates_sandbox: bool,
    pub purges_init: bool,
    /// New sizes are still to be given ([`crate::rules::kubelet::sync_actions::PodActions::resize`]).
    pub resizes: bool,
    /// Instances still to be removed, when all have ended.
    pub to_remove: Places,
    /// Containers still to start, front first; the first is under way.
    pub to_start: Places,
    pub to_kill: Vec<(ContainerIx, KillReason)>,
    /// A container did not start.
    pub failed: bool,
    /// A pull has failed with `ErrImagePull`.
    pub could_not_pull: bool,
    /// Earliest end of a crash-loop back-off.
    pub backoff_until: Option<Time>,
    /// How much later its next step comes than it would for a pod alone, once it knows.
    pub contention_delay: Option<Span>,
    pub acted: bool,
    /// So many of those to start, from the front, are no main containers: one that fails to start ends the pass.
    pub init_pass: usize,
    /// So many of the pod's volumes were looked at for images.
    pub volumes_seen: u16,
    /// Volumes whose images are not there, with reason and message.
    pub imageless: Vec<(u16, Sym, Text)>,
}

impl Run {
    fn new(snapshot: Seen, work: Work, stage: Stage) -> Run {
        Run {
            work,
            stage,
            snapshot,
            creates_sandbox: false,
            purges_init: false,
            resizes: false,
            to_remove: Places::new(),
            to_start: Places::new(),
            to_kill: Vec::new(),
            failed: false,
            could_not_pull: false,
            backoff_until: None,
            contention_delay: None,
            acted: false,
            init_pass: 0,
            volumes_seen: 0,
            imageless: Vec::new(),
        }
    }
    /// The same in the place of one that is over. All are named: a new field has to find its place here.
    fn renew(&mut self, new_snapshot: Seen, new_work: Work, new_stage: Stage) {
        let Run {
            work,
            stage,
            snapshot,
            creates_sandbox,
            purges_init,
            resizes,
            to_remove,
            to_start,
            to_kill,
            failed,
            could_not_pull,
            backoff_until,
            contention_delay,
            acted,
            init_pass,
            volumes_seen,
            imageless,
        } = self;
        (*work, *stage, *snapshot) = (new_work, new_stage, new_snapshot);
        (*creates_sandbox, *purges_init, *resizes) = (false, false, false);
        to_remove.clear();
        to_start.clear();
        to_kill.clear();
        (*failed, *could_not_pull, *acted) = (false, false, false);
        (*backoff_until, *contention_delay) = (None, None);
        (*init_pass, *volumes_seen) = (0, 0);
        imageless.clear();
    }
}

/// Boxes of runs that are over: each sync needs one for a moment. They hold nothing of what was in them; a copy of the world
/// begins with none.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "the boxes themselves are what is kept")]
pub struct SpareRuns(Vec<Box<Run>>);

impl Clone for SpareRuns {
    fn clone(&self) -> SpareRuns {
        SpareRuns::default()
    }
}

impl SpareRuns {
    /// So many runs are mostly under way at a time.
    const MOST: usize = 32;

    /// A run that begins, in a box. One that was used is made new where it stands: a run is a quarter of a KiB, and moved
    /// twice it would cost more than what is set here.
    pub fn begun(&mut self, snapshot: Seen, work: Work, stage: Stage) -> Box<Run> {
        match self.0.pop() {
            Some(mut spare) => {
                spare.renew(snapshot, work, stage);
                spare
            }
            None => Box::new(Run::new(snapshot, work, stage)),
        }
    }
    /// A run is over; what it knew of the runtime is let go of.
    pub fn keep(&mut self, mut run: Box<Run>, nothing: &Arc<RuntimeStatus>) {
        if self.0.len() < SpareRuns::MOST {
            run.snapshot = Seen { status: Arc::clone(nothing), shape: None };
            self.0.push(run);
        }
    }
}

/// A sync that has found nothing new. The next one does not, either, while the pod's object and the status that the kubelet
/// holds have these versions, and the worker's cache is the same.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settled {
    /// The last digits of both, which tell them from those just before.
    pub api_version: u32,
    pub held_number: u32,
    pub answer: Repeat,
}

/// The kubelet's pod worker with everything that the kubelet holds of the pod.
///
/// Its fields stand in memory as they stand here, what each run looks at first, and after that what a run looks at in which nothing
/// has changed: a large crash loop waits for memory half of its time, and so these are four cache lines of seven. As the compiler
/// likes to order them, a run touches all.
#[derive(Clone, PartialEq, Debug)]
#[repr(C)]
pub struct Worker {
    pub generation: u32,
    pub due_generation: u32,
    pub node: NodeId,
    /// All that the last run did beside its status was to find this container in its back-off, and the cache is the same since.
    pub held_back: Option<ContainerIx>,
    pub work: Work,
    pub pending: bool,
    pub running: bool,
    pub waiting_cache: bool,
    /// Whether the API's status showed the pod initialised: when the run's update came, and when the newest one came.
    pub initialized: bool,
    pub seen_initialized: bool,
    /// The API object is gone (or the pod was taken from this node).
    pub removed: bool,
    pub containers_gone: bool,
    pub mounted: bool,
    pub probing: bool,
    /// A probe worker has ended because its container will not be restarted: the next sync makes it anew.
    pub lost_probers: bool,
    /// Stands in the list of its node: `dirty`, `status_dirty` or `status_stale`.
    pub dirty: bool,
    pub status_dirty: bool,
    pub status_stale: bool,
    pub finished: bool,
    /// Shared with the workers of others that are over, and rid of what stands elsewhere ([`rest`](super::rest)).
    pub rests: bool,
    /// When its last run ended; None: it has not run yet.
    pub last_end: Option<Time>,
    pub cache_time: Time,
    /// Until when it goes on that a container is held back.
    pub held_until: Time,
    /// Apart, since most of the time there is none.
    pub run: Option<Box<Run>>,

    pub settled: Option<Settled>,
    /// What generations of what it queues begin with ([`super::Kubelet::first_generation`]).
    pub first: u32,
    pub spec: Arc<PodSpec>,
    /// What the kubelet's recorder remembers of the events that it sent about the pod, until that is over.
    pub events: Option<Box<Correlator>>,
    /// Deletion as the kubelet has seen it.
    pub deletion: Option<Deletion>,
    /// Reason and message that end the pod (eviction, deadline, shutdown).
    pub ended_by: Option<EndedBy>,
    pub mount_failures: u32,
    /// Of the status manager.
    pub cached: Option<Cached<HeldStatus>>,
    /// By container.
    pub memory: SmallVec<[ContainerMemory; 2]>,
    /// What the runtime had at `cache_time`.
    pub cache: Seen,
    /// What the status manager's write that is under way takes along.
    pub outgoing: Option<Cached<HeldStatus>>,

    pub mount_began: Option<Time>,
    pub grace_secs: Option<i64>,
    /// How far the pod's claims are, if it has some that take time.
    pub claims: Option<Box<ClaimMounts>>,
    /// Failed pulls, by image: containers share them, and another image starts afresh.
    pub pulls: Vec<(Sym, PullMemory)>,
    pub metadata_changes: u32,
}

impl Worker {
    /// A container is to be stopped; answers the generation of its first stage.
    pub fn begin_kill(&mut self, ix: ContainerIx, began: Time, grace_secs: i64) -> u32 {
        let own = &mut self.memory[ix.ix()].kill;
        let generation = own.as_ref().map_or(self.first, |kill| kill.generation) + 1;
        let kill = Kill { stage: KillStage::PreStop, began, grace_secs, generation, hook_until: None };
        *own = Some(Box::new(kill));
        generation
    }
    /// What its run goes by: the runtime as it was when that began, or as the next one would find it.
    pub fn sees(&self) -> &Seen {
        self.run.as_ref().map_or(&self.cache, |run| &run.snapshot)
    }
    /// The status that the kubelet computed last, if it has computed one.
    pub fn status(&self) -> Option<&HeldStatus> {
        self.cached.as_ref().map(|cached| &cached.status)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;
    use crate::api::RuntimeContainer;
    use crate::world::runtime::ContainerRun;
    use crate::world::{Pod, Runtime};

    /// What a run touches for every pod that is alive stays well under a KiB, however many there are.
    #[test]
    fn the_hot_state_of_a_pod_is_small() {
        let per_container = size_of::<ContainerRun>() + size_of::<RuntimeContainer>();
        let all = [size_of::<Pod>(), size_of::<Runtime>(), size_of::<Worker>(), per_container];
        assert!(all.iter().sum::<usize>() <= 768, "{all:?}");
        assert!(size_of::<Run>() <= 256);
        // What a run looks at in which nothing has changed stands in its first 256 bytes.
        let memory = offset_of!(Worker, memory) + size_of::<ContainerMemory>();
        let first =
            [offset_of!(Worker, due_generation), offset_of!(Worker, running), offset_of!(Worker, run)];
        let then =
            [offset_of!(Worker, settled), offset_of!(Worker, events), offset_of!(Worker, cached), memory];
        assert!(first.iter().all(|at| *at < 64) && then.iter().all(|at| *at <= 256), "{first:?} {then:?}");
        // With its instant and its number, half a cache line in the queue.
        assert!(size_of::<crate::world::SimEvent>() <= 16);
    }
}
