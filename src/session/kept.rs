//! A world that is kept, to be taken up again.
//!
//! Most of a large world are its pods, their places and their lines of figures, and most of these are the same at two places of
//! a run that lie near each other. So a world is kept as what it has beside these lists, and as what it has in them that a nearer
//! world has not ([`pieced`]): the one at the cursor, which is whole, or one that is kept between. The lists
//! tell by themselves what has been written; nothing is compared, and nothing is copied that stays as it was.

use std::sync::Arc;

use super::Session;
use crate::record::PodRecord;
use crate::time::Time;
use crate::world::{Place, Pod, Records, World, pieced};

/// The lists that a world goes by, as far as they differ from those of another one of the same run.
#[derive(Clone, Default)]
struct Lists {
    pods: pieced::Apart<Pod>,
    places: pieced::Apart<Place>,
}

/// All lists of a world, as far as they differ from those of another one of the same run.
#[derive(Clone, Default)]
pub struct Apart {
    lists: Lists,
    records: pieced::Apart<PodRecord>,
}

impl Apart {
    /// Those of `nearer` differ from a third world's: from that one on. What is left of
    /// `nearer` is over.
    pub fn beyond(&mut self, nearer: Apart) -> Apart {
        Apart {
            lists: Lists {
                pods: self.lists.pods.beyond(nearer.lists.pods),
                places: self.lists.places.beyond(nearer.lists.places),
            },
            records: self.records.beyond(nearer.records),
        }
    }
    /// Frees some of it; whether nothing is left.
    pub fn free_some(&mut self) -> bool {
        /// So many pieces take no time that somebody would see.
        const PIECES: usize = 64;
        let Lists { pods, places } = &mut self.lists;
        [pods.free_some(PIECES), places.free_some(PIECES), self.records.free_some(PIECES)] == [true; 3]
    }
    /// How many pods it holds, of all that there are.
    pub fn pods(&self) -> usize {
        self.lists.pods.entries()
    }
}

impl World {
    fn hold_lists(&mut self) -> Lists {
        Lists { pods: self.pods.pieced().hold(), places: self.places.hold() }
    }
    fn hold_those(&mut self, lists: Lists) {
        self.pods.pieced().hold_that(lists.pods);
        self.places.hold_that(lists.places);
    }
    fn exchange_lists(&mut self, other: Lists) -> Lists {
        Lists { pods: self.pods.pieced().exchange(other.pods), places: self.places.exchange(other.places) }
    }
    fn swap_lists(&mut self, other: &mut World) {
        std::mem::swap(&mut self.pods, &mut other.pods);
        std::mem::swap(&mut self.places, &mut other.places);
    }
    /// Its lists are held from now on as they are now; as they were when that was said before.
    pub(super) fn hold(&mut self) -> Apart {
        Apart { lists: self.hold_lists(), records: self.records.pieced().hold() }
    }
    /// The same lists are held from now on that somebody has held.
    pub(super) fn hold_that(&mut self, apart: Apart) {
        self.hold_those(apart.lists);
        self.records.pieced().hold_that(apart.records);
    }
    /// As they were when they were told to be held.
    pub(super) fn held(&self) -> Apart {
        Apart {
            lists: Lists {
                pods: self.pods.held().cloned().unwrap_or_default(),
                places: self.places.held().cloned().unwrap_or_default(),
            },
            records: self.records.held().cloned().unwrap_or_default(),
        }
    }
    /// Its lists become those that have been apart from them; what they were is over.
    pub(super) fn become_that(&mut self, other: Apart) {
        self.pods.pieced().become_that(other.lists.pods);
        self.places.become_that(other.lists.places);
        self.records.pieced().become_that(other.records);
    }
    /// Its lists become those that have been apart from them; what they were, apart from that.
    fn exchange(&mut self, other: Apart) -> Apart {
        Apart {
            lists: self.exchange_lists(other.lists),
            records: self.records.pieced().exchange(other.records),
        }
    }
}

/// See the module's page.
#[derive(Clone)]
pub struct Kept {
    /// Without the lists, and without what somebody has done, which is the walk's to know.
    rest: Box<Session>,
    /// From the nearer world.
    pub apart: Apart,
}

/// A session without its lists.
fn rest(session: &mut Session) -> Box<Session> {
    let w = &mut session.world;
    let (pods, places, records) =
        (std::mem::take(&mut w.pods), std::mem::take(&mut w.places), std::mem::take(&mut w.records));
    let rest = Box::new(session.clone());
    let w = &mut session.world;
    (w.pods, w.places, w.records) = (pods, places, records);
    rest
}

impl Kept {
    /// A world where it stands, from which its lists differ in nothing. It is lent out for that, and is the same then.
    pub fn of(session: &mut Session) -> Kept {
        let mut rest = rest(session);
        rest.done = Default::default();
        Kept { rest, apart: Apart::default() }
    }
    /// After which step it stands.
    pub fn step(&self) -> u64 {
        self.rest.world.step
    }
    /// The instant of that step.
    pub fn now(&self) -> Time {
        self.rest.world.now
    }
    /// The lists of a session are at this world's place: it is this world now, as it goes on.
    pub fn take_up(&self, session: &mut Session) {
        let mut here = Session { done: Arc::clone(&session.done), ..(*self.rest).clone() };
        here.world.swap_lists(&mut session.world);
        std::mem::swap(&mut here.world.records, &mut session.world.records);
        *session = here;
        debug_assert_eq!(session.world.step, self.step());
    }
}

/// The lists of a session go where a kept world's are; where they were, apart from that.
pub fn go(session: &mut Session, to: Apart) -> Apart {
    session.world.exchange(to)
}

/// A world that goes about a walk's run by itself. It lives in the walk's lists while it is on its way, and what differs is
/// exchanged before and after. Near the walk that is little; from the start of a fleet's run, nearly all, and there are two fleets.
/// It looks and nothing else, so it has no figures of pods' lives.
#[derive(Clone)]
pub struct Scout {
    rest: Box<Session>,
    /// From the walk's lists. While it is on its way: what these held before.
    apart: Lists,
    /// Where the walk stands.
    at: u64,
}

impl Scout {
    /// One that sets out where a session stands.
    pub fn here(session: &mut Session) -> Scout {
        let at = session.world.step;
        let rest = rest(session);
        // It differs in nothing, and says so by being told to hold what is.
        let before = session.world.hold_lists();
        let apart = session.world.hold_lists();
        session.world.hold_those(before);
        Scout::of(rest, apart, at)
    }
    /// One that sets out where a world was kept whose lists differ so from a session's.
    pub fn there(session: &Session, kept: &Kept, apart: Apart) -> Scout {
        let mut rest = kept.rest.clone();
        rest.done = Arc::clone(&session.done);
        Scout::of(rest, apart.lists, session.world.step)
    }
    fn of(mut rest: Box<Session>, apart: Lists, at: u64) -> Scout {
        rest.world.records = Records::unasked();
        Scout { rest, apart, at }
    }
    /// Nobody wants to know what it writes.
    pub fn looks_alone(&mut self) {
        self.rest.world.touched = None;
    }
    /// Whether it has set out from a walk that stands at this step.
    pub fn is_from(&self, step: u64) -> bool {
        self.at == step
    }
    /// After which step it stands, while it is not on its way.
    pub fn step(&self) -> u64 {
        self.rest.world.step
    }
    /// The session becomes the scout's.
    pub fn enter(&mut self, session: &mut Session) {
        debug_assert!(self.is_from(session.world.step), "the walk has gone on");
        std::mem::swap(session, &mut *self.rest);
        session.world.swap_lists(&mut self.rest.world);
        let before = session.world.hold_lists();
        let here = session.world.exchange_lists(std::mem::replace(&mut self.apart, before));
        session.world.hold_those(here);
    }
    /// The session is the walk's again, as it was.
    pub fn leave(&mut self, session: &mut Session) {
        let here = session.world.hold_lists();
        let there = session.world.exchange_lists(here);
        session.world.hold_those(std::mem::replace(&mut self.apart, there));
        std::mem::swap(session, &mut *self.rest);
        session.world.swap_lists(&mut self.rest.world);
        debug_assert!(self.is_from(session.world.step), "the walk has stayed");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::InstanceState;
    use crate::world::PodId;

    /// Hundreds of pods that end one after the other, and stay.
    const TEXT: &str = r#"
until = "10m"
[[node]]
name = "node"
count = 4
capacity = { cpu = "64", memory = "256Gi", pods = 600 }
[[pod]]
name = "batch"
replicas = 1500
every = "200ms"
  [pod.spec]
  restartPolicy = "Never"
  containers = [{ name = "app", image = "batch:1.0" }]
  [pod.behavior.containers.app]
  attempts = [{ runs = "5s" }]
"#;

    fn played(until: u64) -> Session {
        let plan = crate::scenario::load("many.toml", TEXT, &crate::scenario::no_files, &[]);
        let mut session = Session::new(&Arc::new(plan.expect("it is read")), 0);
        while session.world.step < until && session.step().is_some() {
            session.world.outbox.clear();
        }
        session
    }

    /// Who is over shares what its node has of it with those that ended alike, and nothing of it is lost.
    #[test]
    fn who_is_over_rests_and_wakes_as_it_was() {
        let mut session = played(u64::MAX);
        let w = &mut session.world;
        let rests =
            |w: &World, pod: PodId| w.places[pod.ix()].rest.as_ref().map(|rest| Arc::as_ptr(&rest.worker));
        let workers: BTreeSet<_> = PodId::all(w.pods.len()).map(|pod| rests(w, pod)).collect();
        assert!(!workers.contains(&None), "one does not rest");
        assert!(workers.len() <= 8, "{} workers of pods that ended alike on four nodes", workers.len());
        for pod in [0, 700, 1_499].map(PodId::new) {
            let p = w.local(pod);
            let (live, status) = (p.live().into_owned(), p.computed().cloned());
            assert_eq!(live.containers[0].state, InstanceState::Exited);
            assert_eq!(live.containers[0].finished_at.map(|at| at > p.created), Some(true));
            w.wake(pod);
            let p = w.local(pod);
            let worker = p.worker.expect("its own");
            assert_eq!((&*p.runtime.live, &*worker.cache.status), (&live, &live));
            assert_eq!((worker.status(), rests(w, pod)), (status.as_ref(), None));
            w.rest(pod);
            assert!(rests(w, pod).is_some());
            assert_eq!(*w.local(pod).live(), live);
        }
    }
}
