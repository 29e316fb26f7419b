//! What may come: from the cursor of a walk the run is played on under other luck.
//!
//! A scenario says what programs do and what is done to a cluster. What it leaves to luck nobody knows who stands at the cursor:
//! how long this start lasts, when a kubelet comes back from a back-off. So the world is copied where it stands, what is under
//! way there and has shown nothing is thrown once more ([`crate::actors::anew`]), and each copy is played on under a seed of its
//! own. What these futures have in common is told in windows ([`ways`]), in words ([`words`]). What the scenario will do, and what
//! somebody has done further on, happens in all of them.
//!
//! How many there are, and how far they reach, is decided by counts of steps, not by a clock: the same walk tells the same. About
//! as many steps are played as take a tenth of a second; where much happens, fewer futures are, and at last they reach less far.
//!
//! Absent on purpose: presents that are looked for ([`crate::answers::predict`] does so, to whom objects alone were given).

pub mod follower;
pub mod ways;
pub mod words;

use std::cell::RefCell;
use std::collections::BTreeMap;

use follower::{Follower, WorkloadCourse};
use ways::{Changes, Standing};

use super::horizon::Horizon;
use super::kept::Scout;
use super::past::Past;
use super::{Session, Walk};
use crate::actors::anew;
use crate::engine::random;
use crate::record::{Change, Transition};
use crate::time::{Span, Time};
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, SimEvent};

/// What becomes of some pods and workloads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Futures {
    /// Nothing behind this instant is told.
    pub until: Time,
    /// How many futures were played.
    pub count: usize,
    /// By pod: the changes in each of the futures.
    pub pods: Vec<(PodId, Vec<Changes>)>,
    /// By workload: its course in each of the futures.
    pub workloads: Vec<(ObjectKey, Vec<WorkloadCourse>)>,
}

/// Futures that are still being played, one after the other.
pub struct Ahead {
    /// Those that were.
    pub futures: Futures,
    /// So many steps, copies counted as steps.
    played: u64,
}

/// So far they reach at most.
const AHEAD: Span = Span::from_secs(3600);
/// So many are played at most, and at least.
const MOST: u64 = 64;
const LEAST: u64 = 12;
/// So many steps are played in all, a bit more or less.
const STEPS: u64 = 120_000;
/// A copy of so many pods takes as long as a step.
const PODS_A_STEP: u64 = 4;
/// So many changes of a pod are followed.
const KEPT: usize = 6;

/// What the numbers of futures are mixed with, so that none has the luck of another seed's run.
const FUTURE: u64 = 0x6675_7475_7265;

/// What a future is made from beside the world at the cursor.
struct Origin<'a> {
    past: &'a Past,
    horizon: Horizon,
    seed: u64,
    start: Time,
    now: Time,
}

impl Walk {
    /// What becomes of some pods and workloads from here on.
    pub fn futures(&self, of: &[ObjectKey]) -> Futures {
        let mut ahead = self.begin_ahead(of);
        while !ahead.play(self.world().pods.len(), |number, futures| {
            self.origin().play(&mut self.session.clone(), number, futures)
        }) {}
        ahead.futures
    }

    /// Of a fleet, worlds that are kept far from here give way to those that will be played ahead.
    pub fn make_room(&mut self) {
        let here = self.position();
        self.checkpoints.make_room(&mut self.session, here);
    }

    /// The same before its first future is played.
    pub fn begin_ahead(&self, of: &[ObjectKey]) -> Ahead {
        let pods: Vec<PodId> = of
            .iter()
            .filter_map(|key| match key {
                ObjectKey::Pod(pod) => Some(*pod),
                _ => None,
            })
            .collect();
        let others: Vec<ObjectKey> =
            of.iter().copied().filter(|key| !matches!(key, ObjectKey::Pod(_))).collect();
        let futures = Futures {
            until: (self.now() + AHEAD).min(self.plan().until),
            count: 0,
            pods: pods.into_iter().map(|pod| (pod, Vec::new())).collect(),
            workloads: others.into_iter().map(|key| (key, Vec::new())).collect(),
        };
        Ahead { futures, played: 0 }
    }

    /// Plays one more of them; whether that was the last. The walk stands where it stood when the first one was.
    pub fn look_ahead(&mut self, ahead: &mut Ahead) -> bool {
        ahead.play(self.session.world.pods.len(), |number, futures| {
            let mut scout = Scout::here(&mut self.session);
            scout.enter(&mut self.session);
            let Walk { session, past, horizon, seed, clock, .. } = self;
            let start = session.world.plan.start;
            let origin = Origin { past, horizon: *horizon, seed: *seed, start, now: *clock };
            let played = origin.play(session, number, futures);
            scout.leave(session);
            played
        })
    }

    fn origin(&self) -> Origin<'_> {
        let (start, now) = (self.plan().start, self.now());
        Origin { past: &self.past, horizon: self.horizon, seed: self.seed, start, now }
    }
}

impl Ahead {
    /// Has one more played, of a world with so many pods; whether that was the last.
    fn play(&mut self, pods: usize, play: impl FnOnce(u64, &mut Futures) -> u64) -> bool {
        let number = self.futures.count as u64;
        let is_over = number >= MOST || (number >= LEAST && self.played > STEPS);
        match is_over {
            true => self.futures.cut(),
            false => {
                self.played += pods as u64 / PODS_A_STEP + play(number, &mut self.futures);
                self.futures.count += 1;
            }
        }
        is_over
    }
}

impl Origin<'_> {
    /// Plays one of them, and tells how many steps it took. One that takes too many ends the stretch that is told.
    fn play(&self, session: &mut Session, number: u64, futures: &mut Futures) -> u64 {
        let workloads = &session.world.workloads;
        let rows: Vec<_> = futures.workloads.iter().map(|(key, _)| workloads.row(*key)).collect();
        self.turn(session, number);
        let mut places: BTreeMap<u32, usize> = BTreeMap::new();
        for (ix, (pod, courses)) in futures.pods.iter_mut().enumerate() {
            places.insert(pod.0, ix);
            courses.push(Changes::new());
        }
        let mut follower = Follower::new(&session.world, &rows);
        let mut open = futures.pods.len();
        let mut played = 0;
        while (open > 0 || !follower.is_empty()) && session.next_time().is_some_and(|at| at <= futures.until)
        {
            if played == STEPS / LEAST {
                futures.until = futures.until.min(session.world.now);
                break;
            }
            if session.step().is_none() {
                break;
            }
            played += 1;
            for row in std::mem::take(&mut session.world.outbox) {
                follower.hear(&session.world, &row);
                let ix = row.pod.and_then(|pod| places.get(&pod));
                if let Some(changes) = ix.and_then(|ix| futures.pods[*ix].1.last_mut()) {
                    open -= usize::from(hear(&row, changes));
                }
            }
        }
        for ((_, courses), course) in futures.workloads.iter_mut().zip(follower.end(&session.world)) {
            courses.push(course);
        }
        played
    }

    /// The run has other luck from here on. What was done further on comes at its instant.
    fn turn(&self, session: &mut Session, number: u64) {
        let w = &mut session.world;
        w.outbox.clear();
        (w.asides, w.figures, w.touched) = (None, None, None);
        let seed = random::rank(self.seed, FUTURE, w.step, number);
        let reader = RefCell::new(self.past.reader());
        let queued = |sequence| {
            let step =
                if sequence < self.horizon.number { 0 } else { reader.borrow_mut().queued_by(sequence) };
            reader.borrow_mut().step(step).map_or(self.start, |record| record.at)
        };
        anew::throw(w, seed, self.now, &queued);
        let step = w.step;
        for done in session.done.iter().filter(|done| done.step > step) {
            let index = w.take_in(std::sync::Arc::clone(&done.action));
            w.at(done.action.at.max(w.now), SimEvent::Action { index });
        }
        session.done = std::sync::Arc::default();
    }
}

impl Futures {
    /// What lies behind the instant up to which all of them were played is not told.
    fn cut(&mut self) {
        let until = self.until;
        for changes in self.pods.iter_mut().flat_map(|(_, courses)| courses) {
            changes.retain(|(at, _)| *at <= until);
        }
        let within = |at: &mut Option<Time>| *at = at.filter(|at| *at <= until);
        for course in self.workloads.iter_mut().flat_map(|(_, courses)| courses) {
            course.states.retain(|(at, _)| *at <= until);
            within(&mut course.made);
            within(&mut course.job);
        }
    }
}

/// Takes a row that was written about a pod; says whether that is enough of it.
fn hear(row: &Transition, changes: &mut Changes) -> bool {
    let Change::Status { to, ready, restarts, .. } = row.change else { return false };
    if changes.len() == KEPT {
        return false;
    }
    changes.push((row.time, Standing { status: to, ready, restarts }));
    changes.len() == KEPT
}
