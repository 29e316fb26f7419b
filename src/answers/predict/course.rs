//! What becomes of a present: for each pod the changes of what kubectl shows.

use super::Asked;
use super::find::find;
use super::fit::Fit;
use crate::api::Sym;
use crate::record::Change;
use crate::scenario::given::SetUp;
use crate::time::Time;
use crate::world::World;

/// What kubectl shows of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// STATUS; empty: it is gone.
    pub status: Sym,
    /// READY: how many of how many.
    pub ready: (u32, u32),
    /// RESTARTS
    pub restarts: i32,
}

/// The changes of one pod in one of the futures, the first ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Course {
    /// How well the present was that it comes of.
    pub fit: Fit,
    /// When what was shown.
    pub changes: Vec<(Time, Standing)>,
}

/// One of the futures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Played {
    /// By pod of the input.
    pub pods: Vec<Course>,
}

/// So many changes of a pod are kept.
const KEPT: usize = 12;

/// Finds a present under a seed and plays it on.
pub fn play(up: &SetUp, seed: u64, asked: &Asked) -> Played {
    let found = find(up, seed);
    let fits = found.fits;
    let (mut session, pods) = found.session.set_going(up, found.pods);
    let mut courses: Vec<Course> = fits.iter().map(|fit| Course { fit: *fit, changes: Vec::new() }).collect();
    let mut of_pod: Vec<usize> = vec![usize::MAX; session.world.pods.len()];
    for (ix, pod) in pods.iter().enumerate() {
        of_pod[pod.ix()] = ix;
    }
    let until = up.given.now + asked.ahead;
    // Of many pods that stand still nothing comes, and one that goes on for ever is seen often enough.
    let mut open = courses.len();
    while open > 0 && session.next_time().is_some_and(|at| at <= until) && session.step().is_some() {
        open -= hear(&mut session.world, &of_pod, &mut courses);
    }
    Played { pods: courses }
}

/// Takes what was written; says of how many pods that is enough.
fn hear(w: &mut World, of_pod: &[usize], courses: &mut [Course]) -> usize {
    let mut enough = 0;
    for row in w.outbox.drain(..) {
        let Change::Status { to, ready, restarts, .. } = row.change else { continue };
        let Some(course) =
            row.pod.and_then(|pod| of_pod.get(pod as usize)).and_then(|ix| courses.get_mut(*ix))
        else {
            continue;
        };
        let standing = Standing { status: to, ready, restarts };
        if course.changes.len() < KEPT {
            course.changes.push((row.time, standing));
            enough += usize::from(course.changes.len() == KEPT);
        }
    }
    enough
}
