//! Copies of the world along a walk: dense near the cursor, sparse behind. Going back is the nearest one and a replay.
//!
//! The gap between neighbours grows with their distance from the cursor, so that a run of any length is covered by a
//! handful of copies, and the next step back is always near one.

use super::Session;

/// How many steps are played between two checkpoints near the cursor, for a world with so many pods: a copy costs about
/// as much as a few steps for each pod, and should cost little beside the steps that it saves.
pub fn interval(pods: usize) -> u64 {
    (4 * pods as u64).clamp(256, 16_384)
}

/// The gap may be this part of the distance from the cursor.
const SPARSENESS: u64 = 8;

#[derive(Clone, Default)]
pub struct Checkpoints {
    /// By step; the first is the start of the run.
    kept: Vec<Session>,
}

fn step(session: &Session) -> u64 {
    session.world.step
}

impl Checkpoints {
    pub fn new(start: Session) -> Checkpoints {
        Checkpoints { kept: vec![start] }
    }

    /// The nearest one that is not after `target`.
    pub fn before(&self, target: u64) -> Option<&Session> {
        let after = self.kept.partition_point(|session| step(session) <= target);
        after.checked_sub(1).map(|at| &self.kept[at])
    }

    /// Whether a session that stands here should be kept.
    pub fn wants(&self, session: &Session) -> bool {
        let here = step(session);
        let gap = interval(session.world.pods.len());
        self.before(here).is_none_or(|before| here - step(before) >= gap)
    }

    /// Keeps a copy; what lies too dense for its distance from here is given up.
    pub fn keep(&mut self, session: &Session) {
        let here = step(session);
        let at = self.kept.partition_point(|other| step(other) < here);
        if self.kept.get(at).is_some_and(|other| step(other) == here) {
            return;
        }
        self.kept.insert(at, session.clone());
        self.thin(here, interval(session.world.pods.len()));
    }

    /// Walks away from the cursor on both sides and keeps one for each gap.
    fn thin(&mut self, here: u64, interval: u64) {
        let gap = |at: u64| interval.max(at.abs_diff(here) / SPARSENESS);
        let mut keep = vec![false; self.kept.len()];
        let middle = self.kept.partition_point(|other| step(other) <= here);
        let mut last = None;
        for (ix, session) in self.kept[..middle].iter().enumerate().rev() {
            let at = step(session);
            keep[ix] = at == 0 || last.is_none_or(|last: u64| last - at >= gap(at));
            if keep[ix] {
                last = Some(at);
            }
        }
        let mut last = here;
        for (ix, session) in self.kept.iter().enumerate().skip(middle) {
            let at = step(session);
            keep[ix] = at - last >= gap(at);
            if keep[ix] {
                last = at;
            }
        }
        let mut flags = keep.iter();
        self.kept.retain(|_| flags.next().copied().unwrap_or(true));
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
