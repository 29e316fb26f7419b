//! How far back a walk knows its run.
//!
//! A walk remembers every step and row, for whoever goes back; a server that runs for days cannot. It is told how many steps it shall
//! know: what lies further back is forgotten in one go now and then. The run then begins, for whoever looks back, at a world that was
//! kept ([`super::checkpoints`]), and what was written up to there shrinks to how everything stood: of each pod, node and object that
//! is still there the last row of each kind, of an event its first and its last, and none of an event that nobody has seen for an
//! hour. What somebody did is kept in full: a scenario that is saved plays from the run's own start.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Walk;
use super::served::EVENTS_STAY;
use crate::api::Sym;
use crate::record::{Aside, Change, Fact, FiguresRow, NodeRow, ObjectChange, ObjectRow, PodRow, Transition};
use crate::time::Time;

/// Where a walk's knowledge of its run begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon {
    /// After so many steps.
    pub(super) step: u64,
    /// The number that the queue would have given next.
    pub(super) number: u64,
    /// How many steps are to be known; None: all.
    most: Option<usize>,
}

impl Horizon {
    /// The start of a run, whose first event will have this number.
    pub(super) fn start(number: u64) -> Horizon {
        Horizon { step: 0, number, most: None }
    }
}

/// The last states of a container tell the run before the present one, too.
const RUNS: usize = 6;

/// A row that makes the one before it of the same kind needless.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Phase(PodRow),
    Condition(PodRow, Sym),
    Container(PodRow, Sym),
    Status(PodRow),
    Owner(PodRow),
    Event(u32),
    Workload(ObjectRow),
    OfObject(ObjectRow, Sym),
    Endpoints(ObjectRow),
    OfNode(Option<NodeRow>, Sym),
}

impl Kind {
    fn of(row: &Transition) -> Kind {
        let pod = row.pod.unwrap_or(PodRow::MAX);
        match row.change {
            Change::Phase { .. } => Kind::Phase(pod),
            Change::Condition { kind, .. } => Kind::Condition(pod, kind),
            Change::Container { name, .. } => Kind::Container(pod, name),
            Change::Status { .. } => Kind::Status(pod),
            Change::Owner { .. } => Kind::Owner(pod),
            Change::Event(event) | Change::Object { what: ObjectChange::Event(event), .. } => {
                Kind::Event(event.object)
            }
            Change::Object { object, what } => match what {
                ObjectChange::Workload { .. } => Kind::Workload(object),
                ObjectChange::Condition { kind, .. } => Kind::OfObject(object, kind),
                _ => Kind::Endpoints(object),
            },
            Change::Node { kind, .. } => Kind::OfNode(row.node, kind),
        }
    }
}

/// Pods and objects that are gone, and of which nothing was told for as long as events are kept.
struct Gone {
    pods: FxHashSet<PodRow>,
    objects: FxHashSet<ObjectRow>,
}

impl Gone {
    fn of(rows: &[Transition], at: Time) -> Gone {
        // Whether it is gone, and when something was told of it last.
        let mut pods: FxHashMap<PodRow, (bool, Time)> = FxHashMap::default();
        let mut objects: FxHashMap<ObjectRow, (bool, Time)> = FxHashMap::default();
        for row in rows {
            let (own, is_gone) = match (row.pod, row.change) {
                (Some(pod), change) => {
                    let is_gone = match change {
                        Change::Status { to, .. } => Some(to.is_empty()),
                        _ => None,
                    };
                    (pods.entry(pod).or_insert((false, row.time)), is_gone)
                }
                (None, Change::Object { object, what }) => {
                    let is_gone = match what {
                        ObjectChange::Workload { to, .. } => Some(to.is_none()),
                        ObjectChange::Endpoints { to, .. } => Some(to.is_none()),
                        _ => None,
                    };
                    (objects.entry(object).or_insert((false, row.time)), is_gone)
                }
                _ => continue,
            };
            *own = (is_gone.unwrap_or(own.0), row.time);
        }
        let is_over = |(is_gone, last): (bool, Time)| is_gone && at.since(last) >= EVENTS_STAY;
        Gone {
            pods: pods.into_iter().filter(|(_, own)| is_over(*own)).map(|(pod, _)| pod).collect(),
            objects: objects.into_iter().filter(|(_, own)| is_over(*own)).map(|(object, _)| object).collect(),
        }
    }
    fn has(&self, row: &Transition) -> bool {
        match (row.pod, row.change) {
            (Some(pod), _) => self.pods.contains(&pod),
            (None, Change::Object { object, .. }) => self.objects.contains(&object),
            _ => false,
        }
    }
}

/// How everything stood after these rows, at this instant: those of them that still say something.
fn standing(rows: &[Transition], gone: &Gone, at: Time) -> Vec<Transition> {
    let mut first: FxHashMap<Kind, usize> = FxHashMap::default();
    for (ix, row) in rows.iter().enumerate() {
        first.entry(Kind::of(row)).or_insert(ix);
    }
    // How many later rows of a kind there are, and when the last one was told.
    let mut later: FxHashMap<Kind, (usize, Time)> = FxHashMap::default();
    let mut stay = Vec::new();
    for (ix, row) in rows.iter().enumerate().rev() {
        let kind = Kind::of(row);
        let (count, last) = later.entry(kind).or_insert((0, row.time));
        let stays = match kind {
            Kind::Event(_) => at.since(*last) < EVENTS_STAY && (*count == 0 || first.get(&kind) == Some(&ix)),
            Kind::Container(..) => *count < RUNS,
            _ => *count == 0,
        };
        *count += 1;
        if stays && !gone.has(row) {
            stay.push(*row);
        }
    }
    stay.reverse();
    stay
}

/// Of each workload how it stands, and since when its template is the one that it is.
fn figures_standing(all: &[(u64, FiguresRow)]) -> Vec<(u64, FiguresRow)> {
    let mut last: FxHashMap<ObjectRow, usize> = FxHashMap::default();
    let mut first: FxHashMap<(ObjectRow, Option<i64>), usize> = FxHashMap::default();
    let revision = |row: &FiguresRow| row.figures.and_then(|own| own.revision);
    for (ix, (_, row)) in all.iter().enumerate() {
        last.insert(row.object, ix);
        first.entry((row.object, revision(row))).or_insert(ix);
    }
    let stays = |(ix, (_, row)): (usize, &(u64, FiguresRow))| {
        let last = last[&row.object];
        let newest = &all[last].1;
        newest.figures.is_some() && (ix == last || first.get(&(row.object, revision(newest))) == Some(&ix))
    };
    all.iter().enumerate().filter(|own| stays(*own)).map(|(_, own)| *own).collect()
}

/// Which containers of pods that are there begin, and how nodes stand; what was done, and answered, is over.
fn asides_standing(all: &[(u64, Aside)], gone: &Gone) -> Vec<(u64, Aside)> {
    let node = |aside: &Aside| match aside.what {
        Fact::Node { node, .. } => Some(node),
        _ => None,
    };
    let mut last: FxHashMap<NodeRow, usize> = FxHashMap::default();
    for (ix, (_, aside)) in all.iter().enumerate() {
        if let Some(node) = node(aside) {
            last.insert(node, ix);
        }
    }
    let stays = |(ix, (_, aside)): (usize, &(u64, Aside))| match &aside.what {
        Fact::Init { pod, .. } => !gone.pods.contains(pod),
        Fact::Node { node, .. } => last.get(node) == Some(&ix),
        Fact::Given { .. } | Fact::Answered { .. } => false,
    };
    all.iter().enumerate().filter(|own| stays(*own)).map(|(_, own)| own.clone()).collect()
}

impl Walk {
    /// So many steps are to be known at least, and not many more: it cannot go back to what lies before them.
    pub fn keep_steps(&mut self, most: usize) {
        self.horizon.most = Some(most);
        self.forget_early();
    }

    /// The earliest instant to which it can go back.
    pub fn earliest(&self) -> Time {
        match (self.horizon.step, self.checkpoints.first()) {
            (0, _) | (_, None) => self.plan().start,
            (_, Some(kept)) => kept.now(),
        }
    }

    /// Where what is known begins, for whoever asked for what lies before it.
    pub fn horizon_words(&self) -> String {
        let from = self.earliest().since(self.plan().start);
        let steps = self.known() - self.past.base();
        format!("{from}, and what lies before that is not kept: the last {steps} steps are")
    }

    /// Forgets what lies too far back, once that is a good part of all that is known.
    pub(super) fn forget_early(&mut self) {
        let Some(most) = self.horizon.most else { return };
        if (self.known() - self.past.base()) as usize <= most + most / 4 {
            return;
        }
        // Whoever stands further back stays where he is.
        let last = self.position().min(self.known() - most as u64);
        let Some(kept) = self.checkpoints.before(last) else { return };
        let (step, at) = (kept.step(), kept.now());
        let Some(record) = self.step_record(step) else { return };
        let early = self.past.history(0..record.rows_to).to_vec();
        let gone = Gone::of(&early, at);
        self.past = self.past.from(step, standing(&early, &gone, at));
        let early = self.figures.partition_point(|(own, _)| *own <= step);
        let stay = figures_standing(&self.figures[..early]);
        self.figures.splice(..early, stay);
        self.by_figures.clear();
        self.index_figures(0);
        let early = self.asides.partition_point(|(own, _)| *own <= step);
        let stay = asides_standing(&self.asides[..early], &gone);
        self.asides.splice(..early, stay);
        self.checkpoints.forget_before(step);
        self.horizon = Horizon { step, number: record.queued_to, ..self.horizon };
        self.lineage = None;
    }
}
