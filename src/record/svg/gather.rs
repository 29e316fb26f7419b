//! What a picture keeps of a run while that goes on.
//!
//! Of every pod it knows the state that it is in; of the first [`Gathered::KEPT`] pods of a group it keeps all that would be
//! drawn of them, and of the group how many pods were in which state when.

use rustc_hash::FxHashMap;

use super::crowd::Crowd;
use crate::api::{EventType, Suffix, Sym, Tri};
use crate::record::{
    Change, Directory, Event, FiguresRow, NodeRow, ObjectChange, ObjectRow, PodRow, Transition,
};
use crate::time::Time;

/// What a pod's bar says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    Pending,
    NotReady,
    Ready,
    Succeeded,
    Failed,
    Leaving,
    Unknown,
}

impl Shown {
    pub const ALL: [Shown; 7] = [
        Shown::Pending,
        Shown::NotReady,
        Shown::Ready,
        Shown::Succeeded,
        Shown::Failed,
        Shown::Leaving,
        Shown::Unknown,
    ];
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Shown::Pending => "Pending",
            Shown::NotReady => "Running, not ready",
            Shown::Ready => "Running, ready",
            Shown::Succeeded => "Succeeded",
            Shown::Failed => "Failed",
            Shown::Leaving => "Terminating",
            Shown::Unknown => "Unknown",
        }
    }
}

/// What a container's lane says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// It waits for what must come first.
    Waits(Sym),
    /// It waits for its turn after a failure.
    BackOff(Sym),
    /// It cannot be started.
    Stuck(Sym),
    /// It runs, and is ready or not.
    Runs(bool),
    /// It has ended, with this code.
    Ended(Sym, i32),
}

/// What happened at an instant.
#[derive(Clone, Copy, Debug)]
pub struct Instant {
    pub at: Time,
    pub is_warning: bool,
    pub reason: Sym,
}

/// What there is from each instant on.
pub type Steps<T> = Vec<(Time, T)>;

/// All that is drawn of a pod.
#[derive(Debug)]
pub struct Life {
    pub pod: PodRow,
    /// From each instant on; None: it is gone.
    pub shown: Steps<Option<Shown>>,
    pub containers: Vec<(Sym, Steps<Stage>)>,
    pub instants: Vec<Instant>,
}

/// Pods that stand together.
#[derive(Debug)]
pub struct Group {
    /// What has made them.
    pub owner: Option<ObjectRow>,
    /// What their names begin with, where nothing has.
    pub base: Sym,
    pub namespace: Sym,
    /// How many there have been.
    pub pods: Vec<PodRow>,
    pub lives: Vec<Life>,
    pub crowd: Crowd,
}

/// What is known of each pod.
#[derive(Clone, Copy, Debug)]
struct Known {
    group: u32,
    /// Among the lives of its group; [`NOT_KEPT`]: nowhere.
    life: u32,
    phase: Sym,
    is_ready: bool,
    is_leaving: bool,
    shown: Option<Shown>,
}

const NOT_KEPT: u32 = u32::MAX;

#[derive(Debug, Default)]
pub struct Gathered {
    pub groups: Vec<Group>,
    places: FxHashMap<(Option<ObjectRow>, Sym, Sym), u32>,
    pods: Vec<Option<Known>>,
    /// How many were available of how many, from each instant on; None: it is gone.
    pub figures: FxHashMap<ObjectRow, Steps<Option<(i32, i32)>>>,
    /// Events about what is no pod.
    pub instants: FxHashMap<ObjectRow, Vec<Instant>>,
    /// Whether a node is Ready, from each instant on.
    pub nodes: Vec<Steps<Tri>>,
}

impl Gathered {
    /// So many pods of a group are kept whole.
    pub const KEPT: usize = 200;

    pub fn row(&mut self, directory: &Directory, row: &Transition) {
        match (row.pod, &row.change) {
            (Some(pod), change) => self.of_pod(directory, pod, row.time, change),
            (None, Change::Object { object, what: ObjectChange::Event(event) }) => {
                self.instants.entry(*object).or_default().push(instant(row.time, event));
            }
            (None, Change::Node { kind: Sym::READY, to: Some(to), .. }) => {
                if let Some(node) = row.node {
                    self.of_node(node, row.time, *to);
                }
            }
            _ => {}
        }
    }

    pub fn figures(&mut self, row: &FiguresRow) {
        let steps = self.figures.entry(row.object).or_default();
        let level = row.figures.map(|figures| figures.level());
        put(steps, row.time, level);
    }

    fn of_node(&mut self, node: NodeRow, at: Time, ready: Tri) {
        let node = node as usize;
        if self.nodes.len() <= node {
            self.nodes.resize_with(node + 1, Vec::new);
        }
        put(&mut self.nodes[node], at, ready);
    }

    fn known(&mut self, directory: &Directory, pod: PodRow) -> Known {
        let ix = pod as usize;
        if self.pods.len() <= ix {
            self.pods.resize(ix + 1, None);
        }
        if let Some(known) = self.pods[ix] {
            return known;
        }
        let (ident, owner) = (&directory.pods[ix], directory.owners[ix]);
        let base = match (owner, ident.name.suffix) {
            (None, Suffix::Ordinal(_)) => ident.name.base,
            _ => Sym::EMPTY,
        };
        let groups = &mut self.groups;
        let group = *self.places.entry((owner, ident.namespace, base)).or_insert_with(|| {
            let namespace = ident.namespace;
            let (pods, lives, crowd) = (Vec::new(), Vec::new(), Crowd::default());
            groups.push(Group { owner, base, namespace, pods, lives, crowd });
            groups.len() as u32 - 1
        });
        let own = &mut groups[group as usize];
        own.pods.push(pod);
        let mut life = NOT_KEPT;
        if own.lives.len() < Gathered::KEPT {
            life = own.lives.len() as u32;
            let (shown, containers, instants) = (Vec::new(), Vec::new(), Vec::new());
            own.lives.push(Life { pod, shown, containers, instants });
        }
        let (phase, shown) = (Sym::EMPTY, None);
        let known = Known { group, life, phase, is_ready: false, is_leaving: false, shown };
        self.pods[ix] = Some(known);
        known
    }

    fn of_pod(&mut self, directory: &Directory, pod: PodRow, at: Time, change: &Change) {
        let mut known = self.known(directory, pod);
        let group = &mut self.groups[known.group as usize];
        let mut life = group.lives.get_mut(known.life as usize);
        match change {
            Change::Phase { to, .. } => known.phase = *to,
            Change::Condition { kind: Sym::READY, to, .. } => known.is_ready = *to == Some(Tri::True),
            Change::Status { to, .. } => {
                known.is_leaving = *to == Sym::TERMINATING;
                if to.is_empty() {
                    known.phase = Sym::EMPTY;
                }
            }
            Change::Container { name, to, ready, reason, exit_code, .. } => {
                if let Some(life) = &mut life {
                    life.container(at, *name, stage(*to, *ready, *reason, *exit_code));
                }
                return;
            }
            Change::Event(event) => {
                if let Some(life) = &mut life {
                    life.instants.push(instant(at, event));
                }
                return;
            }
            _ => return,
        }
        let shown = shown(known.phase, known.is_ready, known.is_leaving);
        if shown != known.shown {
            group.crowd.moves(at, known.shown, shown);
            if let Some(life) = life {
                put(&mut life.shown, at, shown);
            }
            known.shown = shown;
        }
        self.pods[pod as usize] = Some(known);
    }
}

/// What counts at an instant is what was said last.
fn put<T: PartialEq>(steps: &mut Vec<(Time, T)>, at: Time, value: T) {
    while steps.last().is_some_and(|(last, _)| *last == at) {
        steps.pop();
    }
    if steps.last().is_none_or(|(_, last)| *last != value) {
        steps.push((at, value));
    }
}

impl Life {
    fn container(&mut self, at: Time, name: Sym, stage: Option<Stage>) {
        let at_name = self.containers.iter().position(|(own, _)| *own == name);
        let place = at_name.unwrap_or_else(|| {
            self.containers.push((name, Vec::new()));
            self.containers.len() - 1
        });
        if let Some(stage) = stage {
            put(&mut self.containers[place].1, at, stage);
        }
    }
}

fn instant(at: Time, event: &Event) -> Instant {
    Instant { at, is_warning: event.kind == EventType::Warning, reason: event.reason }
}

fn shown(phase: Sym, is_ready: bool, is_leaving: bool) -> Option<Shown> {
    Some(match phase {
        Sym::EMPTY => return None,
        Sym::SUCCEEDED => Shown::Succeeded,
        Sym::FAILED => Shown::Failed,
        _ if is_leaving => Shown::Leaving,
        Sym::PENDING => Shown::Pending,
        Sym::RUNNING if is_ready => Shown::Ready,
        Sym::RUNNING => Shown::NotReady,
        _ => Shown::Unknown,
    })
}

fn stage(to: Sym, ready: bool, reason: Sym, exit_code: Option<i32>) -> Option<Stage> {
    Some(match to {
        Sym::RUNNING_STATE => Stage::Runs(ready),
        Sym::TERMINATED_STATE => Stage::Ended(reason, exit_code.unwrap_or(0)),
        Sym::WAITING if reason.ends_with("BackOff") => Stage::BackOff(reason),
        Sym::WAITING if matches!(reason, Sym::CONTAINER_CREATING | Sym::POD_INITIALIZING) => {
            Stage::Waits(reason)
        }
        Sym::WAITING if reason.is_empty() => Stage::Waits(reason),
        Sym::WAITING => Stage::Stuck(reason),
        _ => return None,
    })
}
