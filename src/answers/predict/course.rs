//! What becomes of a present: for each pod the changes of what kubectl shows.

use super::Asked;
use super::drains::{DrainCourse, Drains};
use super::find::find;
use super::fit::Fit;
use super::workloads;
use crate::record::{Change, Transition};
use crate::scenario::given::SetUp;
use crate::session::futures::follower::{Follower, WorkloadCourse};
use crate::session::futures::ways::{Changes, Standing};

/// The changes of one pod in one of the futures, the first ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Course {
    /// How well the present was that it comes of.
    pub fit: Fit,
    /// When what was shown.
    pub changes: Changes,
}

/// One of the futures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Played {
    /// By pod of the input.
    pub pods: Vec<Course>,
    /// By workload of the input.
    pub workloads: Vec<WorkloadCourse>,
    /// By drain that is under way.
    pub drains: Vec<DrainCourse>,
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
    let mut follower = Follower::new(&session.world, &workloads::rows(&session.world, &workloads::of(up)));
    // One that goes on for ever is seen often enough.
    let mut open = courses.len();
    let mut drains = Drains::new(&up.drains);
    while open > 0 || !follower.is_empty() || drains.are_open() {
        if session.next_time().is_none_or(|at| at > until) || session.step().is_none() {
            break;
        }
        let rows = std::mem::take(&mut session.world.outbox);
        for row in &rows {
            open -= usize::from(hear(row, &of_pod, &mut courses));
            follower.hear(&session.world, row);
        }
        if drains.are_open() {
            drains.look(&session.world);
        }
    }
    let workloads = follower.end(&session.world);
    let drains = drains.end(&session.world);
    Played { pods: courses, workloads, drains }
}

/// Takes a row that was written; says whether that is enough of its pod.
fn hear(row: &Transition, of_pod: &[usize], courses: &mut [Course]) -> bool {
    let Change::Status { to, ready, restarts, .. } = row.change else { return false };
    let Some(course) = row.pod.and_then(|pod| of_pod.get(pod as usize)).and_then(|ix| courses.get_mut(*ix))
    else {
        return false;
    };
    if course.changes.len() == KEPT {
        return false;
    }
    course.changes.push((row.time, Standing { status: to, ready, restarts }));
    course.changes.len() == KEPT
}
