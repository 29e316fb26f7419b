//! A world that is kept on the way, to be taken up again.
//!
//! Most of a large world are its pods, their places and their lines of figures, and most of these stay as they are from one kept
//! world to the next: who has ended does not change any more, and keeps its place. So they are held in pieces, and a piece in
//! which nothing has changed is the one that the world before has. What a kept world takes is then what has happened since that
//! one, and what all of it takes at once: machines, the queue, what components remember. What is taken for changed and has not
//! is held once too often, and no more.
//!
//! Of a large fleet most pods are gone, and a pod that is gone stays as it is for good. Of pieces in which all are, nothing is held:
//! the world that stands later in the same run has them, and whoever goes back comes from there.

use std::sync::Arc;

use super::Session;
use crate::api::HeldStatus;
use crate::record::PodRecord;
use crate::time::Time;
use crate::world::{Place, Pod, Runtime, Store, World};

/// So many make a piece.
const PIECE: usize = 256;

/// None: nothing of it changes any more, and the worlds that come later have it.
type Pieces<T> = Vec<Option<Arc<[T]>>>;

/// See the module's page.
pub struct Kept {
    /// Without what stands in the pieces, and without what somebody has done, which is the walk's to know.
    rest: Session,
    pods: Pieces<Pod>,
    places: Pieces<Place>,
    records: Pieces<PodRecord>,
}

impl Kept {
    /// A copy of a world, which shares what it can with one that was kept before. It is lent out for that, and is the same then.
    /// Where it `leans`, it holds nothing of what is over for good, and can be taken up by worlds alone that stand later.
    pub fn of(session: &mut Session, before: Option<&Kept>, leans: bool) -> Kept {
        let w = &mut session.world;
        let over: Vec<bool> = if leans { all_gone(w) } else { Vec::new() };
        let (pods, places, records) =
            (std::mem::take(&mut w.pods), std::mem::take(&mut w.places), std::mem::take(&mut w.records));
        let kept = Kept {
            rest: Session { done: Arc::default(), ..session.clone() },
            pods: pieces(&pods, before.map(|own| &own.pods), is_same_pod, &over),
            places: pieces(&places, before.map(|own| &own.places), is_same_place, &over),
            records: pieces(&records, before.map(|own| &own.records), PodRecord::eq, &over),
        };
        let w = &mut session.world;
        (w.pods, w.places, w.records) = (pods, places, records);
        kept
    }
    /// After which step it stands.
    pub fn step(&self) -> u64 {
        self.rest.world.step
    }
    /// The instant of that step.
    pub fn now(&self) -> Time {
        self.rest.world.now
    }
    /// Whether it holds all of its own, or this world stands late enough to have the rest.
    pub fn is_had_by(&self, later: &World) -> bool {
        !self.leans() || later.step >= self.step()
    }
    /// Whether some of it only later worlds have.
    pub fn leans(&self) -> bool {
        self.pods.iter().any(Option::is_none)
    }
    /// The session that was kept. What it does not hold itself is had from a world that stands later in the same run.
    pub fn session(&self, later: &World) -> Session {
        debug_assert!(self.is_had_by(later), "it leans on a world that stands earlier");
        let mut session = self.rest.clone();
        let mut pods = Vec::new();
        fill(&mut pods, &self.pods, &later.pods);
        fill(&mut session.world.places, &self.places, &later.places);
        fill(&mut session.world.records, &self.records, &later.records);
        session.world.pods = Store::of(pods);
        session
    }
    /// The same in the place of another one, and in its room: that goes first, so that there never are two of them.
    pub fn take_up(&self, session: &mut Session) {
        debug_assert!(self.is_had_by(&session.world), "it leans on a world that stands earlier");
        let w = &mut session.world;
        let mut places = std::mem::take(&mut w.places);
        let mut pods = std::mem::take(&mut w.pods).into_list();
        let mut records = std::mem::take(&mut w.records);
        *session = self.rest.clone();
        fill(&mut pods, &self.pods, &[]);
        fill(&mut places, &self.places, &[]);
        fill(&mut records, &self.records, &[]);
        let w = &mut session.world;
        (w.pods, w.places, w.records) = (Store::of(pods), places, records);
    }
    /// How many of its pieces are those of another one, and of how many.
    #[cfg(test)]
    pub fn shared_with(&self, other: &Kept) -> (usize, usize) {
        (shared(&self.pods, &other.pods), self.pods.len())
    }
}

/// Of which pieces all pods are gone, from the API and from their machines: only whole ones, as others get more pods.
fn all_gone(w: &World) -> Vec<bool> {
    let is_gone = |(pod, place): (&Pod, &Place)| !pod.exists && place.is_empty();
    let piece =
        |(pods, places): (&[Pod], &[Place])| pods.len() == PIECE && pods.iter().zip(places).all(is_gone);
    w.pods.chunks(PIECE).zip(w.places.chunks(PIECE)).map(piece).collect()
}

fn pieces<T: Clone>(
    all: &[T],
    before: Option<&Pieces<T>>,
    is_same: impl Fn(&T, &T) -> bool,
    over: &[bool],
) -> Pieces<T> {
    let piece = |(ix, piece): (usize, &[T])| {
        if over.get(ix).is_some_and(|over| *over) {
            return None;
        }
        let own = before.and_then(|before| before.get(ix)?.as_ref()).filter(|own| own.len() == piece.len());
        Some(match own.filter(|own| own.iter().zip(piece).all(|(a, b)| is_same(a, b))) {
            Some(own) => Arc::clone(own),
            None => piece.into(),
        })
    };
    all.chunks(PIECE).enumerate().map(piece).collect()
}

/// What stands in the list already is written over: what it has set aside is used again. Pieces that are not held stand there
/// already, or in the list of a `later` world.
fn fill<T: Clone>(list: &mut Vec<T>, pieces: &Pieces<T>, later: &[T]) {
    let all: usize = pieces.iter().map(|piece| piece.as_ref().map_or(PIECE, |piece| piece.len())).sum();
    list.truncate(all);
    list.reserve_exact(all - list.len());
    for (at, piece) in pieces.iter().enumerate() {
        let from = at * PIECE;
        let Some(piece) = piece else {
            if list.len() <= from {
                list.extend_from_slice(&later[from..from + PIECE]);
            }
            continue;
        };
        let over = list.len().saturating_sub(from).min(piece.len());
        let (own, rest) = piece.split_at(over);
        for (place, own) in list.iter_mut().skip(from).zip(own) {
            place.clone_from(own);
        }
        list.extend_from_slice(rest);
    }
}

/// How many pieces are the same.
#[cfg(test)]
fn shared<T>(a: &Pieces<T>, b: &Pieces<T>) -> usize {
    a.iter().zip(b).filter(|both| matches!(both, (Some(a), Some(b)) if Arc::ptr_eq(a, b))).count()
}

fn is_same_pod(a: &Pod, b: &Pod) -> bool {
    let Pod {
        ident,
        entity,
        template,
        exists,
        spec,
        labels,
        finalizers,
        owners,
        controller,
        metadata_changes,
        generation,
        resource_version,
        created,
        node,
        deletion,
        status,
        shown,
    } = a;
    *resource_version == b.resource_version
        && *exists == b.exists
        && *shown == b.shown
        && is_same_status(status, &b.status)
        && (*metadata_changes, *generation, *created, *node, *deletion)
            == (b.metadata_changes, b.generation, b.created, b.node, b.deletion)
        && (*ident, *entity, *template, *controller) == (b.ident, b.entity, b.template, b.controller)
        && Arc::ptr_eq(spec, &b.spec)
        && Arc::ptr_eq(labels, &b.labels)
        && Arc::ptr_eq(finalizers, &b.finalizers)
        && match (owners, &b.owners) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
}

fn is_same_status(a: &HeldStatus, b: &HeldStatus) -> bool {
    match (a, b) {
        (HeldStatus::Whole(a), HeldStatus::Whole(b)) => Arc::ptr_eq(a, b),
        (HeldStatus::Filled(a), HeldStatus::Filled(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}

/// A kubelet holds a pod that has ended until the pod is gone, and nothing of that changes any more; what is under way is taken
/// for changed.
fn is_same_place(a: &Place, b: &Place) -> bool {
    let is_same_worker = match (&a.worker, &b.worker) {
        (None, None) => true,
        (Some(a), Some(b)) => a.run.is_none() && a == b,
        _ => false,
    };
    let rest_alike = match (&a.rest, &b.rest) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a.is(b),
        _ => false,
    };
    if !is_same_worker || !rest_alike {
        return false;
    }
    let Runtime { behavior, live, containers, sandbox_starts, sandbox_failures, address, resize, disk } =
        &a.runtime;
    let b = &b.runtime;
    Arc::ptr_eq(behavior, &b.behavior)
        && Arc::ptr_eq(live, &b.live)
        && *containers == b.containers
        && (*sandbox_starts, *sandbox_failures, *address) == (b.sandbox_starts, b.sandbox_failures, b.address)
        && resize.is_none()
        && b.resize.is_none()
        && *disk == b.disk
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

    fn end(mut session: Session) -> (u64, String) {
        while session.step().is_some() {
            session.world.outbox.clear();
        }
        (session.world.step, session.world.digest.to_string())
    }

    #[test]
    fn a_kept_world_goes_on_as_the_one_that_it_was_kept_of() {
        let straight = end(played(0));
        let mut session = played(0);
        let mut all = vec![Kept::of(&mut session, None, false)];
        for step in (1..straight.0).step_by(straight.0 as usize / 5) {
            while session.world.step < step && session.step().is_some() {
                session.world.outbox.clear();
            }
            let pods = session.world.pods.len();
            let kept = Kept::of(&mut session, all.last(), false);
            assert_eq!((session.world.pods.len(), kept.step()), (pods, session.world.step));
            all.push(kept);
        }
        assert_eq!(end(session), straight);
        let mut there = played(straight.0 / 2);
        for kept in all.iter().rev().chain(&all) {
            let again = kept.session(&there.world);
            assert_eq!((again.world.step, again.world.now), (kept.step(), kept.now()));
            assert_eq!(end(again), straight, "from step {}", kept.step());
            // In the place of one that stands elsewhere.
            kept.take_up(&mut there);
            assert_eq!(
                (there.world.step, there.world.pods.len()),
                (kept.step(), kept.session(&there.world).world.pods.len())
            );
            assert_eq!(end(there.clone()), straight, "from step {}", kept.step());
        }
    }

    /// All that a world has of pods, as it would be printed.
    fn all_of(w: &World) -> Vec<String> {
        let pods = w.pods.iter().zip(&w.places).zip(&w.records);
        pods.map(|own| format!("{own:?}")).collect()
    }

    /// What is gone for good is not held, and whoever takes the world up from a later one, or copies it, misses nothing.
    #[test]
    fn what_is_gone_is_had_from_later_worlds() {
        let text = format!("{TEXT}[[action]]\nat = \"4m\"\ndelete = \"pod/batch-*\"\n");
        let plan = crate::scenario::load("gone.toml", &text, &crate::scenario::no_files, &[]);
        let mut session = Session::new(&Arc::new(plan.expect("it is read")), 0);
        let mut all: Vec<(Kept, Session)> = Vec::new();
        while session.step().is_some() {
            session.world.outbox.clear();
            // Densely where pods have left the API, and their machines still have something of them.
            let since = session.world.now.since(session.world.plan.start);
            let every = if (240..250).contains(&since.secs()) { 150 } else { 2_000 };
            if session.world.step.is_multiple_of(every) {
                let kept = Kept::of(&mut session, all.last().map(|(kept, _)| kept), true);
                all.push((kept, session.clone()));
            }
        }
        let straight = (session.world.step, session.world.digest.to_string());
        let holes: Vec<usize> =
            all.iter().map(|(kept, _)| kept.pods.iter().filter(|piece| piece.is_none()).count()).collect();
        assert_eq!(holes[0], 0, "at first nobody is gone");
        assert!(holes.is_sorted() && *holes.last().expect("some") >= 2, "{holes:?}");
        // As a walk goes back, from the end on.
        for (kept, was) in all.iter().rev() {
            assert!(kept.is_had_by(&session.world));
            let copy = kept.session(&session.world);
            kept.take_up(&mut session);
            for again in [&copy, &session] {
                assert_eq!(again.world.step, was.world.step);
                assert_eq!(all_of(&again.world), all_of(&was.world), "at step {}", kept.step());
            }
            assert_eq!(end(copy), straight, "from step {}", kept.step());
        }
        assert!(!all.last().expect("some").0.is_had_by(&session.world), "it stands earlier now");
    }

    #[test]
    fn what_has_not_changed_is_shared() {
        let (mut session, straight) = (played(0), end(played(0)));
        while session.world.step < straight.0 * 3 / 4 && session.step().is_some() {
            session.world.outbox.clear();
        }
        let before = Kept::of(&mut session, None, false);
        for _ in 0..200 {
            session.step();
        }
        let after = Kept::of(&mut session, Some(&before), false);
        let (shared, of) = after.shared_with(&before);
        assert!(of >= 4 && shared >= of - 2, "{shared} of {of} pieces of pods");
        let places = super::shared(&after.places, &before.places);
        assert!(places + 2 >= of, "{places} of {of} pieces of places");
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
