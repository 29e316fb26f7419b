//! What a client that watches a pod sees change between two of its statuses.
//!
//! Instants, identifiers and addresses are not looked at: two statuses that differ in nothing else read alike.

use super::Change;
use crate::api::{Condition, ContainerState, ContainerStatus, Marks, Phase, PodStatus, Sym, Text, Tri};

/// The rows that a timeline tells of it, and what a pod's line in `pods.csv` takes from it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    pub rows: Vec<Change>,
    /// The phase is Running, and was not before.
    pub runs: bool,
    /// The phase is terminal, and was not the same before.
    pub ends: bool,
    /// The Ready condition has become True, or is True no more.
    pub ready: Option<bool>,
    /// The Initialized condition is told as True.
    pub initialized: bool,
}

/// The order in which a timeline tells of conditions that change together; others follow.
const CONDITION_ORDER: [Sym; 5] = [
    Sym::POD_SCHEDULED,
    Sym::POD_READY_TO_START_CONTAINERS,
    Sym::INITIALIZED,
    Sym::READY,
    Sym::CONTAINERS_READY,
];

/// The phase first, then conditions, then containers: init containers, main ones, ephemeral ones.
pub fn between<M: Marks, N: Marks>(before: &PodStatus<M>, after: &PodStatus<N>) -> Difference {
    let mut found = Difference::default();
    if before.phase != after.phase {
        found.rows.push(Change::Phase { from: before.phase.as_sym(), to: after.phase.as_sym() });
        found.runs = after.phase == Phase::Running;
        found.ends = after.phase.is_terminal();
    }
    if !alike(&before.conditions, &after.conditions) {
        conditions(before, after, &mut found);
    }
    let lists = [
        (&before.init[..], &after.init[..]),
        (&before.containers[..], &after.containers[..]),
        (&before.ephemeral[..], &after.ephemeral[..]),
    ];
    for (old, new) in lists {
        containers(old, new, &mut found.rows);
    }
    found
}

/// Whether two lists of conditions would be told alike: the same types at the same places, and nothing new to read.
fn alike<M: Marks, N: Marks>(a: &[Condition<M>], b: &[Condition<N>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.kind == b.kind && reads_alike(a, b))
}

/// A message alone makes a row too: it says which containers are still missing, or why the scheduler refuses now.
fn reads_alike<M: Marks, N: Marks>(a: &Condition<M>, b: &Condition<N>) -> bool {
    a.status == b.status && a.reason == b.reason && a.message == b.message
}

fn conditions<M: Marks, N: Marks>(before: &PodStatus<M>, after: &PodStatus<N>, found: &mut Difference) {
    let is_foreign = |kind: &Sym| !CONDITION_ORDER.contains(kind);
    let known = before.conditions.iter().map(|c| c.kind).filter(is_foreign);
    let added = after.conditions.iter().map(|c| c.kind).filter(is_foreign);
    let others = known.chain(added.filter(|kind| before.condition(*kind).is_none()));
    for kind in CONDITION_ORDER.into_iter().chain(others) {
        let (old, new) = (before.condition(kind), after.condition(kind));
        let same = match (old, new) {
            (None, None) => true,
            (Some(a), Some(b)) => reads_alike(a, b),
            _ => false,
        };
        if same {
            continue;
        }
        found.rows.push(Change::Condition {
            kind,
            from: old.map(|c| c.status),
            to: new.map(|c| c.status),
            reason: new.map_or(Sym::EMPTY, |c| c.reason),
            message: new.map_or(Text::NONE, |c| c.message),
        });
        let is_true = |status: Option<Tri>| status == Some(Tri::True);
        let (was, is) = (is_true(old.map(|c| c.status)), is_true(new.map(|c| c.status)));
        match kind {
            Sym::READY if was != is => found.ready = Some(is),
            Sym::INITIALIZED if is => found.initialized = true,
            _ => {}
        }
    }
}

fn containers<M: Marks, N: Marks>(
    before: &[ContainerStatus<M>],
    after: &[ContainerStatus<N>],
    rows: &mut Vec<Change>,
) {
    let mut is_same_list = before.len() == after.len();
    for (place, new) in after.iter().enumerate() {
        // Mostly it stands at its old place.
        let in_place = before.get(place).filter(|c| c.name == new.name);
        is_same_list &= in_place.is_some();
        container(in_place.or_else(|| before.iter().find(|c| c.name == new.name)), new, rows);
    }
    if is_same_list {
        return;
    }
    for old in before.iter().filter(|old| !after.iter().any(|c| c.name == old.name)) {
        rows.push(Change::Container {
            name: old.name,
            from: word(&old.state),
            to: Sym::EMPTY,
            ready: false,
            restarts: old.restart_count,
            reason: Sym::EMPTY,
            message: Text::NONE,
            exit_code: None,
        });
    }
}

/// A message alone makes no row.
fn container<M: Marks, N: Marks>(
    old: Option<&ContainerStatus<M>>,
    new: &ContainerStatus<N>,
    rows: &mut Vec<Change>,
) {
    let (to, ready, restarts, reason, message, exit_code) = facts(new);
    if let Some(old) = old {
        let was = facts(old);
        if (was.0, was.1, was.2, was.3, was.5) == (to, ready, restarts, reason, exit_code) {
            return;
        }
    }
    let from = old.map_or(Sym::EMPTY, |c| word(&c.state));
    rows.push(Change::Container { name: new.name, from, to, ready, restarts, reason, message, exit_code });
}

/// What a row tells of a container: its state in a word, READY, RESTARTS, and the state's reason, message and exit code.
fn facts<M: Marks>(c: &ContainerStatus<M>) -> (Sym, bool, i32, Sym, Text, Option<i32>) {
    let (reason, message, exit) = match c.state {
        ContainerState::Waiting { reason, message } => (reason, message, None),
        ContainerState::Terminated(t) => (t.reason, t.message, Some(t.exit_code)),
        _ => (Sym::EMPTY, Text::NONE, None),
    };
    (word(&c.state), c.ready, c.restart_count, reason, message, exit)
}

fn word<M: Marks>(state: &ContainerState<M>) -> Sym {
    match state {
        ContainerState::Unset => Sym::EMPTY,
        ContainerState::Waiting { .. } => Sym::WAITING,
        ContainerState::Running { .. } => Sym::RUNNING_STATE,
        ContainerState::Terminated(_) => Sym::TERMINATED_STATE,
    }
}
