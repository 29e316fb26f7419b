//! The columns of `kubectl get pods`.
//!
//! Source: `printPod` in pkg/printers/internalversion/printers.go (v1.36.2). The API server fills these cells, not kubectl, so
//! they are the same for every client.

use std::fmt;

use super::humanize::HumanDuration;
use crate::api::{
    Condition, ContainerState, ContainerStatus, Marks, PodSpec, PodStatus, Sym, Terminated, Tri,
};
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// The STATUS column: compact, and equal exactly when the texts are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// A phase or a reason.
    Is(Sym),
    /// `Init:CrashLoopBackOff`
    Init(Sym),
    /// `Init:1/3`
    InitProgress {
        /// So many are through.
        done: u32,
        /// Of so many.
        of: u32,
    },
    /// Of a container that ended without a reason.
    ExitCode(i32),
    /// Of a container that a signal ended, without a reason.
    Signal(i32),
    /// The same of an init container.
    InitExitCode(i32),
    /// The same of an init container.
    InitSignal(i32),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Is(text) => f.write_str(text),
            Status::Init(text) => write!(f, "Init:{text}"),
            Status::InitProgress { done, of } => write!(f, "Init:{done}/{of}"),
            Status::ExitCode(code) => write!(f, "ExitCode:{code}"),
            Status::Signal(number) => write!(f, "Signal:{number}"),
            Status::InitExitCode(code) => write!(f, "Init:ExitCode:{code}"),
            Status::InitSignal(number) => write!(f, "Init:Signal:{number}"),
        }
    }
}

impl Status {
    /// The text as a symbol.
    pub fn sym(self) -> Sym {
        match self {
            Status::Is(text) => text,
            // What every pod with one init container goes through is known.
            Status::InitProgress { done: 0, of: 1 } => Sym::INIT_0_OF_1,
            other => Sym::new(&other.to_string()),
        }
    }
    fn ended<M: Marks>(ended: &Terminated<M>) -> Status {
        if !ended.reason.is_empty() {
            Status::Is(ended.reason)
        } else if ended.signal != 0 {
            Status::Signal(ended.signal)
        } else {
            Status::ExitCode(ended.exit_code)
        }
    }
    fn of_init(self) -> Status {
        match self {
            Status::Is(text) => Status::Init(text),
            Status::ExitCode(code) => Status::InitExitCode(code),
            Status::Signal(number) => Status::InitSignal(number),
            other => other,
        }
    }
}

/// What the columns READY, STATUS and RESTARTS say. `L` is `()` where instants are not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Columns<L = Option<Time>> {
    /// STATUS
    pub status: Status,
    /// READY: so many of so many.
    pub ready: u32,
    /// How many containers count.
    pub total: u32,
    /// Of all containers that count.
    pub restarts: i64,
    /// When the newest instance that was restarted had ended.
    pub last_restart: L,
}

impl Columns {
    /// `1/2`
    pub fn ready_cell(&self) -> String {
        format!("{}/{}", self.ready, self.total)
    }
    /// `3 (4m12s ago)`; without a known time only the number.
    pub fn restarts_cell(&self, now: Time) -> String {
        match self.last_restart {
            Some(at) if self.restarts != 0 => format!("{} ({} ago)", self.restarts, age(Some(at), now)),
            _ => self.restarts.to_string(),
        }
    }
}

/// What the STATUS column was taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusSource {
    /// Nothing else spoke up.
    Phase,
    /// `status.reason`
    Reason,
    /// A gate that is left.
    SchedulingGates,
    /// The init container at this place of the statuses.
    Init(usize),
    /// The main container at this place of the statuses.
    Main(usize),
    /// One container is Completed, others run: the Ready condition decides.
    CompletedBesideRunning,
    /// Its deletion timestamp.
    Deletion,
    /// Deleted, and the node is lost.
    NodeLost,
}

/// The AGE column (`translateTimestampSince`).
pub fn age(since: Option<Time>, now: Time) -> String {
    match since {
        Some(since) => HumanDuration(now.since(since).nanos()).to_string(),
        None => "<unknown>".to_owned(),
    }
}

/// The columns of a pod; `deleted`: its deletion timestamp is set.
///
/// What surprises: the walk over main containers goes from the last to the first and each overwrites what the one before
/// said, so the alphabetically first container in trouble names the STATUS. The first init container in trouble hides all
/// main containers, unless the pod counts as initialised. A terminating pod shows Terminating only while its phase is not
/// terminal. Since 1.35 a failed container shows beside completed ones; before, the completed one did.
pub fn columns(spec: &PodSpec, status: &PodStatus, deleted: bool, gates: &Gates) -> Columns {
    columns_and_source(spec, status, deleted, gates).0
}

/// The columns of a pod, and what its STATUS was taken from.
pub fn columns_and_source(
    spec: &PodSpec,
    status: &PodStatus,
    deleted: bool,
    gates: &Gates,
) -> (Columns, StatusSource) {
    walk(spec, status, deleted, gates, |last| last.terminated().and_then(|ended| ended.finished_at))
}

/// [`columns_and_source`] without instants, which many pods share.
pub fn shared_columns<M: Marks>(
    spec: &PodSpec,
    status: &PodStatus<M>,
    deleted: bool,
    gates: &Gates,
) -> (Columns<()>, StatusSource) {
    walk(spec, status, deleted, gates, |_| ())
}

/// What the STATUS column says, and what that was taken from.
type Said = (Status, StatusSource);

#[inline]
fn walk<M: Marks, L: Copy + Default + Ord>(
    spec: &PodSpec,
    status: &PodStatus<M>,
    deleted: bool,
    gates: &Gates,
    ended: impl Fn(&ContainerState<M>) -> L,
) -> (Columns<L>, StatusSource) {
    let restarts_of = |container: &ContainerStatus<M>| Restarts {
        count: i64::from(container.restart_count),
        last: ended(&container.last_state),
    };
    let mut said = of_pod(status);
    let inits = walk_inits(spec, status, restarts_of);
    let (mut ready, mut restarts) = (inits.ready, inits.restarts);
    if let Some(init) = inits.said {
        said = init;
    }
    if inits.said.is_none() || status.condition_is_true(Sym::INITIALIZED) {
        let mains = walk_mains(status, said, gates, restarts_of);
        said = mains.said;
        ready += mains.ready;
        restarts = inits.of_sidecars.and(mains.restarts);
    }
    if deleted && status.reason == Sym::NODE_LOST {
        said = (Status::Is(Sym::UNKNOWN), StatusSource::NodeLost);
    } else if deleted && !status.phase.is_terminal() {
        said = (Status::Is(Sym::TERMINATING), StatusSource::Deletion);
    }
    let (shown, source) = said;
    let sidecars = spec.init_containers.iter().filter(|container| container.is_sidecar()).count();
    let columns = Columns {
        status: shown,
        ready,
        total: (spec.containers.len() + sidecars) as u32,
        restarts: restarts.count,
        last_restart: restarts.last,
    };
    (columns, source)
}

/// What the pod says of itself, before its containers are asked.
#[inline]
fn of_pod<M: Marks>(status: &PodStatus<M>) -> Said {
    let is_gated = |c: &Condition<M>| c.kind == Sym::POD_SCHEDULED && c.reason == Sym::SCHEDULING_GATED;
    if status.conditions.iter().any(is_gated) {
        (Status::Is(Sym::SCHEDULING_GATED), StatusSource::SchedulingGates)
    } else if status.reason.is_empty() {
        (Status::Is(status.phase.as_sym()), StatusSource::Phase)
    } else {
        (Status::Is(status.reason), StatusSource::Reason)
    }
}

/// Init containers, up to the first that is in trouble or not yet through.
struct Inits<L> {
    said: Option<Said>,
    ready: u32,
    restarts: Restarts<L>,
    /// Those of sidecars, which alone count once the pod is initialised.
    of_sidecars: Restarts<L>,
}

#[inline]
fn walk_inits<M: Marks, L: Copy + Default + Ord>(
    spec: &PodSpec,
    status: &PodStatus<M>,
    restarts_of: impl Fn(&ContainerStatus<M>) -> Restarts<L>,
) -> Inits<L> {
    let none = Restarts::default();
    let mut inits = Inits { said: None, ready: 0, restarts: none, of_sidecars: none };
    for (index, container) in status.init.iter().enumerate() {
        let restarts = restarts_of(container);
        inits.restarts = inits.restarts.and(restarts);
        let is_sidecar = spec
            .init_containers
            .iter()
            .rfind(|other| other.name == container.name)
            .is_some_and(crate::api::Container::is_sidecar);
        if is_sidecar {
            inits.of_sidecars = inits.of_sidecars.and(restarts);
        }
        let shown = match &container.state {
            ContainerState::Terminated(ended) if ended.exit_code == 0 => continue,
            _ if is_sidecar && container.started == Some(true) => {
                inits.ready += u32::from(container.ready);
                continue;
            }
            ContainerState::Terminated(ended) => Status::ended(ended).of_init(),
            ContainerState::Waiting { reason, .. }
                if !reason.is_empty() && *reason != Sym::POD_INITIALIZING =>
            {
                Status::Init(*reason)
            }
            _ => Status::InitProgress { done: index as u32, of: spec.init_containers.len() as u32 },
        };
        inits.said = Some((shown, StatusSource::Init(index)));
        break;
    }
    inits
}

struct Mains<L> {
    said: Said,
    ready: u32,
    restarts: Restarts<L>,
}

/// Main containers, from the last to the first: each overwrites what was `said` before it.
#[inline]
fn walk_mains<M: Marks, L: Copy + Default + Ord>(
    status: &PodStatus<M>,
    mut said: Said,
    gates: &Gates,
    restarts_of: impl Fn(&ContainerStatus<M>) -> Restarts<L>,
) -> Mains<L> {
    let mut restarts = Restarts::default();
    let (mut ready, mut failed) = (0, None);
    for (index, container) in status.containers.iter().enumerate().rev() {
        restarts = restarts.and(restarts_of(container));
        match &container.state {
            ContainerState::Waiting { reason, .. } if !reason.is_empty() => {
                said = (Status::Is(*reason), StatusSource::Main(index));
            }
            ContainerState::Terminated(ended) => {
                said = (Status::ended(ended), StatusSource::Main(index));
                if ended.exit_code != 0 {
                    failed = Some(said);
                }
            }
            ContainerState::Running { .. } if container.ready => ready += 1,
            _ => {}
        }
    }
    let has_running = ready > 0;
    if said.0 == Status::Is(Sym::COMPLETED) {
        if has_running && status.condition_is_true(Sym::READY) {
            said = (Status::Is(Sym::RUNNING), StatusSource::CompletedBesideRunning);
        } else if let Some(failed) = failed
            && gates.habits.shows_failure_before_completion
        {
            said = failed;
        } else if has_running {
            said = (Status::Is(Sym::NOT_READY), StatusSource::CompletedBesideRunning);
        }
    }
    Mains { said, ready, restarts }
}

#[derive(Clone, Copy, Default)]
struct Restarts<L> {
    count: i64,
    last: L,
}

impl<L: Ord> Restarts<L> {
    fn and(self, other: Restarts<L>) -> Restarts<L> {
        Restarts { count: self.count + other.count, last: self.last.max(other.last) }
    }
}

/// READINESS GATES of the wide output: how many of the gates' conditions are True.
pub fn readiness_gates(spec: &PodSpec, conditions: &[Condition]) -> Option<(usize, usize)> {
    if spec.readiness_gates.is_empty() {
        return None;
    }
    let is_true = |kind: Sym| {
        conditions.iter().find(|c| c.kind == kind).is_some_and(|condition| condition.status == Tri::True)
    };
    let met = spec.readiness_gates.iter().filter(|gate| is_true(gate.condition_type)).count();
    Some((met, spec.readiness_gates.len()))
}
