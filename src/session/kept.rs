//! A world that is kept on the way, to be taken up again.
//!
//! Most of a large world are its pods, their places and their lines of figures, and most of these stay as they are from one kept
//! world to the next: who has ended does not change any more, and keeps its place. So they are held in pieces, and a piece in
//! which nothing has changed is the one that the world before has. What a kept world takes is then what has happened since that
//! one, and what all of it takes at once: machines, the queue, what components remember. What is taken for changed and has not
//! is held once too often, and no more.

use std::sync::Arc;

use super::Session;
use crate::api::HeldStatus;
use crate::record::PodRecord;
use crate::time::Time;
use crate::world::{Place, Pod, Runtime, Store, World};

/// So many make a piece.
const PIECE: usize = 256;

type Pieces<T> = Vec<Arc<[T]>>;

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
    pub fn of(session: &mut Session, before: Option<&Kept>) -> Kept {
        let w = &mut session.world;
        let (pods, places, records) =
            (std::mem::take(&mut w.pods), std::mem::take(&mut w.places), std::mem::take(&mut w.records));
        let kept = Kept {
            rest: Session { done: Arc::default(), ..session.clone() },
            pods: pieces(&pods, before.map(|own| &own.pods), is_same_pod),
            places: pieces(&places, before.map(|own| &own.places), is_same_place),
            records: pieces(&records, before.map(|own| &own.records), PodRecord::eq),
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
    /// The session that was kept.
    pub fn session(&self) -> Session {
        let mut session = self.rest.clone();
        self.fill(&mut session.world, Vec::new(), Vec::new(), Vec::new());
        session
    }
    /// The same in the place of another one, and in its room: that goes first, so that there never are two of them.
    pub fn take_up(&self, session: &mut Session) {
        let w = &mut session.world;
        let places = std::mem::take(&mut w.places);
        let pods = std::mem::take(&mut w.pods).into_list();
        let records = std::mem::take(&mut w.records);
        *session = self.rest.clone();
        self.fill(&mut session.world, pods, places, records);
    }
    /// Puts back what stands in the pieces, in the place of what stands in the lists.
    fn fill(&self, w: &mut World, mut pods: Vec<Pod>, mut places: Vec<Place>, mut records: Vec<PodRecord>) {
        fill(&mut pods, &self.pods);
        fill(&mut places, &self.places);
        fill(&mut records, &self.records);
        (w.pods, w.places, w.records) = (Store::of(pods), places, records);
    }
    /// How many of its pieces are those of another one, and of how many.
    #[cfg(test)]
    pub fn shared_with(&self, other: &Kept) -> (usize, usize) {
        let shared = self.pods.iter().zip(&other.pods).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        (shared, self.pods.len())
    }
}

fn pieces<T: Clone>(all: &[T], before: Option<&Pieces<T>>, is_same: impl Fn(&T, &T) -> bool) -> Pieces<T> {
    let piece = |(ix, piece): (usize, &[T])| {
        let own = before.and_then(|before| before.get(ix)).filter(|own| own.len() == piece.len());
        match own.filter(|own| own.iter().zip(piece).all(|(a, b)| is_same(a, b))) {
            Some(own) => Arc::clone(own),
            None => piece.into(),
        }
    };
    all.chunks(PIECE).enumerate().map(piece).collect()
}

/// What stands in the list already is written over: what it has set aside is used again.
fn fill<T: Clone>(list: &mut Vec<T>, pieces: &Pieces<T>) {
    let all: usize = pieces.iter().map(|piece| piece.len()).sum();
    list.truncate(all);
    list.reserve_exact(all - list.len());
    for (at, piece) in pieces.iter().enumerate() {
        let over = list.len().saturating_sub(at * PIECE).min(piece.len());
        let (own, rest) = piece.split_at(over);
        for (place, own) in list[at * PIECE..].iter_mut().zip(own) {
            place.clone_from(own);
        }
        list.extend_from_slice(rest);
    }
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
        let mut all = vec![Kept::of(&mut session, None)];
        for step in (1..straight.0).step_by(straight.0 as usize / 5) {
            while session.world.step < step && session.step().is_some() {
                session.world.outbox.clear();
            }
            let pods = session.world.pods.len();
            let kept = Kept::of(&mut session, all.last());
            assert_eq!((session.world.pods.len(), kept.step()), (pods, session.world.step));
            all.push(kept);
        }
        assert_eq!(end(session), straight);
        let mut there = played(straight.0 / 2);
        for kept in all.iter().rev().chain(&all) {
            let again = kept.session();
            assert_eq!((again.world.step, again.world.now), (kept.step(), kept.now()));
            assert_eq!(end(again), straight, "from step {}", kept.step());
            // In the place of one that stands elsewhere.
            kept.take_up(&mut there);
            assert_eq!(
                (there.world.step, there.world.pods.len()),
                (kept.step(), kept.session().world.pods.len())
            );
            assert_eq!(end(there.clone()), straight, "from step {}", kept.step());
        }
    }

    #[test]
    fn what_has_not_changed_is_shared() {
        let (mut session, straight) = (played(0), end(played(0)));
        while session.world.step < straight.0 * 3 / 4 && session.step().is_some() {
            session.world.outbox.clear();
        }
        let before = Kept::of(&mut session, None);
        for _ in 0..200 {
            session.step();
        }
        let after = Kept::of(&mut session, Some(&before));
        let (shared, of) = after.shared_with(&before);
        assert!(of >= 4 && shared >= of - 2, "{shared} of {of} pieces of pods");
        let places = after.places.iter().zip(&before.places).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
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
