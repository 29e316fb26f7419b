//! Copies of the world along a walk: dense near the cursor, sparse behind. Going back is the nearest one and a replay.
//!
//! The gap between neighbours grows with their distance from the cursor, so that a run of any length is covered by a
//! handful of copies, and the next step back is always near one. Neighbours share what has not changed between them ([`Kept`]).

use std::sync::Arc;

use super::Session;
use super::kept::Kept;

/// How many steps are played between two checkpoints near the cursor, for a world with so many pods: a copy costs about
/// as much as a few steps for each pod, and should cost little beside the steps that it saves.
pub fn interval(pods: usize) -> u64 {
    (4 * pods as u64).max(256)
}

/// The gap may be this part of the distance from the cursor (and five times as wide as near it at most) …
const SPARSENESS: u64 = 6;
/// … but there are never many more copies than this, however long the run; of a large fleet fewer, and they lie farther apart.
const MOST: u64 = 32;
/// So many pods do all copies hold together, more or less: some hundred bytes each and what their kubelets remember.
const PODS: u64 = 1 << 17;
/// Of more than half as many pods there are copies up to so many intervals from the cursor, the nearest one before it, and the
/// start: in an hour of a fleet nearly every pod has become another one, so that copies far from each other share little, and
/// each would be a world more. What lies farther back is played again from the start, a slice at a time.
const NEAR: u64 = 1;

/// How many copies there are of a world with so many pods.
fn most(pods: usize) -> u64 {
    (PODS / (pods as u64).max(1)).clamp(2, MOST)
}

/// Whether copies are few, and hold nothing of what later worlds have as well.
fn is_large(pods: usize) -> bool {
    pods as u64 > PODS / 2
}

/// Which part of its distance from the cursor a gap may be.
fn sparseness(pods: usize) -> u64 {
    (PODS / (pods as u64).max(1)).clamp(1, SPARSENESS)
}

#[derive(Clone, Default)]
pub struct Checkpoints {
    /// By step; the first is the start of what is known of the run. What somebody has done is the walk's to know.
    kept: Vec<Arc<Kept>>,
    /// Given up, and not freed yet: that takes as long as copying them did.
    over: Vec<Arc<Kept>>,
}

fn step(kept: &Arc<Kept>) -> u64 {
    kept.step()
}

impl Checkpoints {
    pub fn new(start: &mut Session) -> Checkpoints {
        Checkpoints { kept: vec![Arc::new(Kept::of(start, None, false))], over: Vec::new() }
    }

    /// The nearest one that is not after `target`. One that leans on later worlds stands never after the cursor.
    pub fn before(&self, target: u64) -> Option<&Kept> {
        let after = self.kept.partition_point(|kept| step(kept) <= target);
        after.checked_sub(1).map(|at| &*self.kept[at])
    }

    /// Whether a session that stands here should be kept.
    pub fn wants(&self, session: &Session) -> bool {
        let here = session.world.step;
        let gap = interval(session.world.pods.len());
        self.before(here).is_none_or(|before| here - before.step() >= gap)
    }

    /// Keeps a copy; what lies too dense for its distance from here is given up.
    pub fn keep(&mut self, session: &mut Session) {
        let here = session.world.step;
        let at = self.kept.partition_point(|other| step(other) < here);
        if self.kept.get(at).is_some_and(|other| step(other) == here) {
            return;
        }
        self.free_one();
        let kept = Kept::of(session, self.before(here), is_large(session.world.pods.len()));
        self.kept.insert(at, Arc::new(kept));
        self.thin(here, session.world.pods.len());
    }

    /// Walks away from the cursor on both sides and gives up what its neighbours make up for.
    fn thin(&mut self, here: u64, pods: usize) {
        if is_large(pods) {
            let near = NEAR * interval(pods);
            return self.give_up(here, |step| step.abs_diff(here) > near);
        }
        let (interval, most, sparseness) = (interval(pods), most(pods), sparseness(pods));
        let whole = self.kept.last().map_or(here, step).max(here) - self.kept.first().map_or(0, step);
        let gap =
            |at: u64| (at.abs_diff(here) / sparseness).clamp(interval, (interval * 5).max(whole / most));
        let steps: Vec<u64> = self.kept.iter().map(step).collect();
        let mut keep = vec![true; steps.len()];
        let middle = steps.partition_point(|at| *at <= here);
        let mut last = here;
        for ix in (1..middle).rev() {
            // The start always stays; so does whatever would leave too wide a gap.
            keep[ix] = last == steps[ix] || last - steps[ix - 1] > gap(steps[ix]);
            if keep[ix] {
                last = steps[ix];
            }
        }
        let mut last = here;
        for ix in middle..steps.len().saturating_sub(1) {
            keep[ix] = steps[ix + 1] - last > gap(steps[ix]);
            if keep[ix] {
                last = steps[ix];
            }
        }
        let mut flags = keep.iter();
        self.kept.retain(|_| flags.next().copied().unwrap_or(true));
    }

    /// The first one.
    pub fn first(&self) -> Option<&Kept> {
        self.kept.first().map(|kept| &**kept)
    }

    /// Gives up those that stand before this step: nobody goes back so far.
    pub fn forget_before(&mut self, first: u64) {
        self.kept.retain(|kept| step(kept) >= first);
    }

    /// Gives up those that stand after this step: it has another future now. The start always stays.
    pub fn forget_after(&mut self, last: u64) {
        let first = self.kept.partition_point(|kept| step(kept) <= last);
        self.over.extend(self.kept.drain(first..));
    }

    /// The cursor goes back to this step: what leans on the world that it comes from is given up.
    pub fn go_back(&mut self, to: u64) {
        let (over, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.kept).into_iter().partition(|kept| step(kept) > to && kept.leans());
        self.kept = kept;
        self.over.extend(over);
    }

    /// Another copy of the present is about to be made: of a fleet only the nearest one stays beside it, and the start.
    pub fn make_room(&mut self, here: u64, pods: usize) {
        if !is_large(pods) {
            return;
        }
        self.give_up(here, |_| true);
    }

    /// Gives up those that may go; never the start, nor the nearest one before the cursor. They are freed one after the other.
    fn give_up(&mut self, here: u64, may_go: impl Fn(u64) -> bool) {
        let stay = [self.before(here).map(Kept::step), self.kept.first().map(step)];
        let goes = |kept: &Arc<Kept>| !stay.contains(&Some(step(kept))) && may_go(step(kept));
        let (over, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.kept).into_iter().partition(goes);
        self.kept = kept;
        self.over.extend(over);
    }

    /// Frees one of those that were given up.
    pub fn free_one(&mut self) {
        self.over.pop();
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
    /// The steps at which there is one.
    pub fn steps(&self) -> Vec<u64> {
        self.kept.iter().map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A world twice as large is copied half as often: what copies cost grows as the fleet does, not with its square.
    #[test]
    fn copies_of_a_large_fleet_are_few() {
        for pods in [1_000, 10_000, 100_000, 1_000_000] {
            assert_eq!(interval(2 * pods), 2 * interval(pods));
            assert!(most(pods) * pods as u64 <= PODS.max(4 * pods as u64), "{pods}");
        }
    }

    /// However far a large fleet's run has come, there are copies near the cursor, which share nearly all, and the start.
    #[test]
    fn copies_of_a_large_fleet_stand_near_and_at_the_start() {
        let plan = crate::scenario::load("none.toml", "until = \"1h\"", &crate::scenario::no_files, &[]);
        let session = Session::new(&Arc::new(plan.expect("it is read")), 0);
        const PODS: usize = 100_000;
        let at = |step: u64| {
            let mut session = session.clone();
            session.world.step = step;
            Arc::new(Kept::of(&mut session, None, true))
        };
        let mut checkpoints = Checkpoints::new(&mut session.clone());
        for here in (0..5_000_000u64).step_by(interval(PODS) as usize) {
            checkpoints.kept.push(at(here + 1));
            checkpoints.thin(here + 1, PODS);
        }
        let steps = checkpoints.steps();
        let here = checkpoints.kept.last().map_or(0, step);
        assert!((2..=3).contains(&steps.len()) && steps[0] == 0, "{steps:?}");
        assert!(steps[1..].iter().all(|at| here - at <= NEAR * interval(PODS)), "{steps:?}");
        // Back in the middle those at the end are given up, and a step back from there finds one.
        let middle = here / 2;
        checkpoints.kept.insert(1, at(middle));
        checkpoints.thin(middle + 1, PODS);
        assert_eq!(checkpoints.steps(), [0, middle]);
        // None is freed but one at a time.
        assert_eq!(checkpoints.over.len(), 5_000_000_usize.div_ceil(interval(PODS) as usize));
    }

    #[test]
    fn gaps_stay_small_and_copies_few_however_long_the_run() {
        let text = "[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"web:1\"\n";
        let plan =
            crate::scenario::load("web.toml", text, &crate::scenario::no_files, &[]).expect("it is read");
        let mut session = Session::new(&Arc::new(plan), 0);
        let mut checkpoints = Checkpoints::new(&mut session);
        let near = interval(1);
        for at in 1..200_000u64 {
            session.world.step = at;
            if checkpoints.wants(&session) {
                checkpoints.keep(&mut session);
            }
        }
        let steps = checkpoints.steps();
        assert!(steps.len() <= 3 * MOST as usize, "{} copies", steps.len());
        assert_eq!(steps[0], 0);
        for pair in steps.windows(2) {
            let allowed = (2 * near * 5).max(2 * 200_000 / MOST);
            assert!(pair[1] - pair[0] <= allowed, "{} to {}", pair[0], pair[1]);
        }
        let last = steps.last().copied().unwrap_or(0);
        assert!(200_000 - last <= 2 * near, "the cursor is near one");
        // Back in the middle, new ones are laid around there.
        for at in [100_000u64, 100_000 + near, 100_000 + 2 * near] {
            session.world.step = at;
            checkpoints.keep(&mut session);
        }
        let before = checkpoints.before(100_000 + near + 1).map(Kept::step);
        assert_eq!(before, Some(100_000 + near));
    }
}
