//! A pod: the API's object, what its node's kubelet holds of it, and its containers in the runtime.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::learned::Seen;
use super::{ContainerIx, NodeId};
use crate::api::handle::handle;
use crate::api::{
    Condition, Container, ContainerStatus, HeldStatus, PodIdent, PodSpec, ProbeKind, RuntimeStatus, Sym, Text,
};
use crate::record::PodRecord;
use crate::rules::backoff::Entry;
use crate::rules::container_status::ContainerList;
use crate::rules::events::Correlator;
use crate::rules::images::PullMemory;
use crate::rules::printing::Columns;
use crate::rules::probe_text::Failure;
use crate::rules::resize::Sizes;
use crate::rules::status_change::EndedBy;
use crate::rules::status_manager::Cached;
use crate::scenario::plan::{Attempt, Behavior, TemplateIx};
use crate::time::{Span, Time};

handle! {
    /// Place of a pod among all that a run has had.
    PodId(u32)
}

/// `metadata.deletionTimestamp` and `deletionGracePeriodSeconds`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    pub at: Time,
    pub grace_secs: i64,
}

#[derive(Clone, Debug)]
pub struct Pod {
    pub ident: PodIdent,
    /// Key of the pod's random streams: made of its namespace and name.
    pub entity: u64,
    pub draws: u32,
    pub template: TemplateIx,

    // The API's object.
    pub exists: bool,
    pub spec: Arc<PodSpec>,
    pub behavior: Arc<Behavior>,
    pub labels: Arc<BTreeMap<String, String>>,
    pub finalizers: Vec<Sym>,
    /// How often labels or annotations were changed: the kubelet syncs a pod for that too.
    pub metadata_changes: u32,
    pub generation: i64,
    pub created: Time,
    pub node: Option<NodeId>,
    pub deletion: Option<Deletion>,
    /// When the taint eviction controller deletes it.
    pub evict_at: Option<Time>,
    pub evict_generation: u32,
    /// Shared with the kubelet's cache while both hold the same.
    pub status: HeldStatus,
    /// The STATUS column and what stands beside it, as last recorded.
    pub shown: Shown,
    /// What components remember of the events that they sent about it.
    pub events: Correlator,

    /// Of a pod whose size was changed while it was on its node; the many others have none.
    pub resize: Option<Box<Resize>>,

    /// The kubelet's side; None where no kubelet knows the pod.
    pub worker: Option<Box<Worker>>,
    /// The runtime's side.
    pub runtime: Runtime,
}

/// What a kubelet holds of a pod that was resized in place: what it has set aside, and what it tells of it
/// (pkg/kubelet/allocation; `podResizeConditions` of its status manager). It outlives the kubelet's process: sizes are
/// checkpointed, conditions are taken back from the API.
#[derive(Clone, Debug)]
pub struct Resize {
    /// The API's spec as the kubelet saw it last; what it works with has the allocated sizes ([`Worker::spec`]).
    pub seen: Arc<PodSpec>,
    /// Set aside for the pod.
    pub allocated: Sizes,
    /// Of the newest instance of each container.
    pub actual: Sizes,
    pub pending: Option<Condition>,
    pub in_progress: Option<Condition>,
    /// The runtime has taken other sizes: the next relist tells of it (`SetPodWatchCondition`).
    pub watched: bool,
}

/// What kubectl prints of the pod, as last recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    pub status: Sym,
    pub ready: (u32, u32),
    pub restarts: i32,
}

impl Shown {
    pub fn of(columns: &Columns) -> Shown {
        Shown {
            status: columns.status.sym(),
            ready: (columns.ready, columns.total),
            restarts: columns.restarts as i32,
        }
    }
}

/// The containers as the runtime has them.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// As it is now; the kubelet sees the copy of its last relist ([`Worker::cache`]).
    pub live: Arc<RuntimeStatus>,
    pub containers: Vec<ContainerRun>,
    /// What the kubelet remembers of failed pulls, by image: containers share it, and another image starts afresh.
    pub pulls: Vec<(Sym, PullMemory)>,
    pub sandbox_starts: u32,
    pub sandbox_failures: u32,
    /// What the containers wrote, oldest first; None for the many that say nothing of it.
    pub disk: Option<Box<Vec<Written>>>,
}

/// From an instant on, so much disk space is taken up by a container in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    pub at: Time,
    pub container: ContainerIx,
    /// Of the container's instance.
    pub generation: u32,
    /// None: in the instance's own filesystem and logs, which go with it.
    pub volume: Option<Sym>,
    pub bytes: i64,
}

impl Runtime {
    /// That of a pod with so many containers, of which the runtime has `nothing` yet.
    pub fn of(containers: usize, nothing: &Arc<RuntimeStatus>) -> Runtime {
        Runtime {
            live: Arc::clone(nothing),
            containers: vec![ContainerRun::default(); containers],
            pulls: Vec::new(),
            disk: None,
            sandbox_starts: 0,
            sandbox_failures: 0,
        }
    }
}

/// The newest instance of a container, and the node's memory of the container.
#[derive(Clone, Debug, Default)]
pub struct ContainerRun {
    /// How many starts were tried: the behaviour's attempt.
    pub tries: u32,
    /// Which attempt is under way, or was the last; the newest instance may be of one before, if nothing came of this one.
    pub attempt: u32,
    /// Which attempts the two newest instances play, the newest first.
    pub played: [u32; 2],
    /// How many instances were made.
    pub generation: u32,
    /// The kubelet's crash-loop back-off of this container.
    pub backoff: Option<Entry>,
    /// Last start failure (`reasonCache`).
    pub reason: Option<(Sym, Text)>,
    pub kill: Option<Kill>,
    pub term_sent: bool,
    /// What the process will have exited with, once its end is queued.
    pub exit_code: i32,
    pub probers: Probers,
}

/// A container that is being stopped.
#[derive(Clone, Copy, Debug)]
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
#[derive(Clone, Debug, Default)]
pub struct Probers(Option<Box<[Option<Prober>; ProbeKind::ALL.len()]>>);

impl Probers {
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
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
#[derive(Clone, Copy, Debug)]
pub struct Prober {
    /// Ticks stand at this instant plus whole periods.
    pub anchor: Time,
    pub generation: u32,
    /// Of the container instance that the results are about: its restart count, -1 for none.
    pub instance: i32,
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
    /// A manual trigger arrived while the worker was busy.
    pub triggered: bool,
}

impl Prober {
    pub fn new(anchor: Time) -> Prober {
        Prober {
            anchor,
            generation: 0,
            instance: -1,
            result: None,
            run: 0,
            run_ok: false,
            hold: false,
            busy: false,
            attempt_ok: false,
            attempt_failure: Failure::Answered,
            attempt_output: Sym::EMPTY,
            queued: None,
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

/// A start failure or back-off of this sync, as it decides the requeue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SyncErrors {
    pub failed: bool,
    pub network: bool,
    /// Earliest end of a crash-loop back-off.
    pub backoff_until: Option<Time>,
}

#[derive(Clone, Debug)]
pub enum Stage {
    /// Waits until everything is mounted.
    Volumes,
    /// Containers (all of them, or those on the kill list) are being stopped.
    Killing,
    /// `StopPodSandbox`
    StoppingSandbox,
    Sandbox,
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
#[derive(Clone, Debug)]
pub struct Run {
    pub stage: Stage,
    /// What the kubelet knew when it began.
    pub snapshot: Seen,
    /// Once everything is stopped, a sandbox is made, and the history of init containers is forgotten.
    pub creates_sandbox: bool,
    pub purges_init: bool,
    /// New sizes are still to be given ([`crate::rules::sync_actions::PodActions::resize`]).
    pub resizes: bool,
    /// Instances still to be removed, when all have ended.
    pub to_remove: crate::rules::sync_actions::Places,
    /// Containers still to start, front first; the first is under way.
    pub to_start: crate::rules::sync_actions::Places,
    pub to_kill: Vec<(ContainerIx, crate::rules::sync_actions::KillReason)>,
    pub errors: SyncErrors,
    /// How much later than alone its first container comes to its turn.
    pub jostle: Span,
    pub acted: bool,
    /// Regular init containers abort the pass when they fail to start.
    pub init_pass: usize,
}

/// The kubelet's pod worker with everything that the kubelet holds of the pod.
#[derive(Clone, Debug)]
pub struct Worker {
    pub node: NodeId,
    pub generation: u32,
    pub work: Work,
    pub pending: bool,
    pub running: bool,
    pub waiting_cache: bool,
    /// When its last run ended; None: it has not run yet.
    pub last_end: Option<Time>,
    /// Apart, since most of the time there is none.
    pub run: Option<Box<Run>>,
    /// What the runtime had at `cache_time`.
    pub cache: Seen,
    pub cache_time: Time,
    pub due_generation: u32,
    /// Deletion as the kubelet has seen it.
    pub deletion: Option<Deletion>,
    /// The API object is gone (or the pod was taken from this node).
    pub removed: bool,
    pub spec: Arc<PodSpec>,
    pub metadata_changes: u32,
    pub grace_secs: Option<i64>,
    /// Whether the API's status showed the pod initialised: when the run's update came, and when the newest one came.
    pub initialized: bool,
    pub seen_initialized: bool,
    /// Reason and message that end the pod (eviction, deadline, shutdown).
    pub ended_by: Option<EndedBy>,
    pub containers_gone: bool,
    pub mounted: bool,
    pub mount_began: Option<Time>,
    pub mount_failures: u32,
    pub probing: bool,
    /// A probe worker has ended because its container will not be restarted: the next sync makes it anew.
    pub lost_probers: bool,
    /// Stands in the list of its node: `dirty`, `status_dirty` or `status_stale`.
    pub dirty: bool,
    pub status_dirty: bool,
    pub status_stale: bool,

    // Status manager.
    pub cached: Option<Cached<HeldStatus>>,
    /// What the write under way takes along.
    pub outgoing: Option<Cached<HeldStatus>>,
    pub finished: bool,
}

impl Pod {
    pub fn container_count(&self) -> usize {
        self.spec.init_containers.len() + self.spec.containers.len() + self.spec.ephemeral_containers.len()
    }
    pub fn container_ixs(&self) -> impl DoubleEndedIterator<Item = ContainerIx> + Clone + use<> {
        ContainerIx::all(self.container_count())
    }
    pub fn container(&self, ix: ContainerIx) -> &Container {
        self.spec.container_at(usize::from(ix))
    }
    pub fn is_init(&self, ix: ContainerIx) -> bool {
        usize::from(ix) < self.spec.init_containers.len()
    }
    pub fn is_sidecar(&self, ix: ContainerIx) -> bool {
        self.is_init(ix) && self.container(ix).is_sidecar()
    }
    pub fn find(&self, name: Sym) -> Option<ContainerIx> {
        self.container_ixs().find(|ix| self.container(*ix).name == name)
    }
    /// Writes down how the pod stands.
    pub fn sum_up(&self, record: &mut PodRecord) {
        let status = self.status.form();
        record.phase = status.phase.as_sym();
        record.status = self.shown.status;
        record.reason = status.reason;
        record.restarts = self.shown.restarts;
        let last = |c: &ContainerStatus| {
            c.state.terminated().or(c.last_state.terminated()).map(|ended| ended.exit_code)
        };
        record.exit_code = status.containers.iter().filter_map(last).max_by_key(|code| *code != 0);
    }
    /// How the newest instance of a container behaves.
    pub fn attempt(&self, ix: ContainerIx) -> &Attempt {
        self.behavior.containers[usize::from(ix)].attempt(self.runtime.containers[usize::from(ix)].attempt)
    }
    /// How events name a container: `spec.containers{app}`. Events themselves take it from
    /// [`super::World::field_paths`].
    pub fn field_path(&self, ix: ContainerIx) -> Sym {
        Sym::new(&format!("spec.{}{{{}}}", self.list_of(ix).field(), self.container(ix).name))
    }
    /// The list of the spec that a container stands in.
    pub fn list_of(&self, ix: ContainerIx) -> ContainerList {
        let (inits, mains) = (self.spec.init_containers.len(), self.spec.containers.len());
        match usize::from(ix) {
            i if i < inits => ContainerList::Init,
            i if i < inits + mains => ContainerList::Main,
            _ => ContainerList::Ephemeral,
        }
    }
}

impl Worker {
    /// The status that the kubelet computed last, if it has computed one.
    pub fn status(&self) -> Option<&HeldStatus> {
        self.cached.as_ref().map(|cached| &cached.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::RuntimeContainer;

    /// What a run touches for every pod that is alive stays well under a KiB, however many there are.
    #[test]
    fn the_hot_state_of_a_pod_is_small() {
        let per_container = size_of::<ContainerRun>() + size_of::<RuntimeContainer>();
        assert!(size_of::<Pod>() + size_of::<Worker>() + per_container <= 768);
        assert!(size_of::<Run>() <= 256);
        // With its instant and its number, half a cache line in the queue.
        assert!(size_of::<crate::world::SimEvent>() <= 16);
    }
}
