//! Copies of the world along a walk: dense near the cursor, sparse behind. Going back is the nearest one and a replay.
//!
//! The gap between neighbours grows with their distance from the cursor, so that a run of any length is covered by a
//! handful of copies, and the next step back is always near one. Each is held as what its neighbour nearer to the cursor has not
//! ([`Kept`]); so the nearest one before the cursor costs nothing but what the walk writes from there on, which its lists put aside
//! by themselves, and whoever goes from one to another exchanges no more than what differs.

use super::Session;
use super::kept::{self, Apart, Kept, Scout};

/// How many steps are played between two checkpoints near the cursor, for a world with so many pods: what a copy has beside its
/// pods costs about as much as some steps, and what is put aside of them a step or two for each that changes; both should cost
/// little beside the steps that are saved. Of a fleet, of which there are two near the cursor, it is what they hold that counts.
pub fn interval(pods: usize) -> u64 {
    let times = if pods > FLEET { 2 } else { 4 };
    (times * pods as u64).max(256)
}

/// The gap may be this part of the distance from the cursor (and five times as wide as near it at most) …
const SPARSENESS: u64 = 6;
/// … but there are never many more copies than this, however long the run; of a large fleet fewer, and they lie farther apart.
const MOST: u64 = 32;
/// So many pods do all copies hold together, more or less: some hundred bytes each and what their kubelets remember.
const PODS: u64 = 1 << 17;
/// Of a fleet of more pods there are copies up to [`NEAR`] intervals from the cursor, the nearest one before it, and the start: in
/// an hour of a fleet nearly every pod has become another one, so that copies far from each other share little, and each would be
/// a world more. What lies farther back is played again from the start, a slice at a time: half a second for as many pods.
const FLEET: usize = 1 << 14;
/// See [`FLEET`].
const NEAR: u64 = 1;
/// Where much changes in few steps, such as the pods that a garbage collector deletes, a fleet's next copy is made when this part of
/// its pods has been put aside …
const CHANGED: usize = 12;
/// … and one from which more than this part differs is not near.
const DIFFERENT: usize = 9;

/// So many times something of what was given up is freed where a copy is made.
const GIVEN_UP: usize = 8;

/// How many copies there are of a world with so many pods.
fn most(pods: usize) -> u64 {
    (PODS / (pods as u64).max(1)).clamp(2, MOST)
}

/// Which part of its distance from the cursor a gap may be.
fn sparseness(pods: usize) -> u64 {
    (PODS / (pods as u64).max(1)).clamp(1, SPARSENESS)
}

/// Which of these stay where a cursor has come to the one at `base`: the nearest ones, and the start. By copy: its step, and how
/// many pods differ in it from the next one on the way to the cursor.
fn stay_of_a_fleet(copies: &[(u64, usize)], base: usize, pods: usize) -> Vec<bool> {
    let mut stays = vec![false; copies.len()];
    (stays[0], stays[base]) = (true, true);
    let mut go = |way: &mut dyn Iterator<Item = usize>| {
        let mut differ = 0;
        for ix in way {
            let (step, from_next) = copies[ix];
            differ += from_next;
            let is_near = step.abs_diff(copies[base].0) <= NEAR * interval(pods);
            stays[ix] |= is_near && differ <= pods / DIFFERENT;
        }
    };
    go(&mut (0..base).rev());
    go(&mut (base + 1..copies.len()));
    stays
}

/// Which of these stay where the cursor is here: walks away from it on both sides.
fn stay(steps: &[u64], here: u64, pods: usize) -> Vec<bool> {
    let (interval, most, sparseness) = (interval(pods), most(pods), sparseness(pods));
    let whole = steps.last().map_or(here, |last| here.max(*last)) - steps.first().unwrap_or(&0);
    let gap = |at: u64| (at.abs_diff(here) / sparseness).clamp(interval, (interval * 5).max(whole / most));
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
    keep
}

/// Worlds along a run, and the session of the walk that goes there, which is lent to whatever changes them.
#[derive(Clone)]
pub struct Checkpoints {
    /// By step; the first is the start of what is known of the run. What somebody has done is the walk's to know.
    kept: Vec<Kept>,
    /// The nearest one that is not after the cursor. What it differs in the session's lists hold. Those before it are apart from
    /// the next one, those after it from the one before.
    base: usize,
    /// Given up, and not freed yet: of a fleet that takes long. What they were apart from others is gone, or stands beside.
    over: Vec<Kept>,
    over_apart: Vec<Apart>,
    /// Of a world with more pods copies are few.
    large: usize,
}

impl Checkpoints {
    pub fn new(start: &mut Session) -> Checkpoints {
        start.world.hold();
        Checkpoints {
            kept: vec![Kept::of(start)],
            base: 0,
            over: Vec::new(),
            over_apart: Vec::new(),
            large: FLEET,
        }
    }

    /// The nearest one that is not after `target`.
    pub fn before(&self, target: u64) -> Option<&Kept> {
        self.kept[..self.after(target)].last()
    }

    fn is_large(&self, session: &Session) -> bool {
        session.world.pods.len() > self.large
    }

    /// How many are not after this step.
    fn after(&self, step: u64) -> usize {
        self.kept.partition_point(|kept| kept.step() <= step)
    }

    /// Whether a session that stands here should be kept.
    pub fn wants(&self, session: &Session) -> bool {
        let (gone, pods) = (session.world.step - self.kept[self.base].step(), session.world.pods.len());
        gone >= interval(pods)
            || gone > 0 && self.is_large(session) && session.world.pods.aside() > pods / CHANGED
    }

    /// The session has gone a step on: where a world was kept there, that is the nearest one now.
    pub fn arrive(&mut self, session: &mut Session) {
        if self.kept.get(self.base + 1).is_some_and(|next| next.step() == session.world.step) {
            self.kept[self.base].apart = session.world.hold();
            self.base += 1;
            self.kept[self.base].apart = Apart::default();
        }
    }

    /// Keeps a copy; what lies too dense for its distance from here is given up.
    pub fn keep(&mut self, session: &mut Session) {
        let here = session.world.step;
        if self.kept[self.base].step() == here {
            return;
        }
        let apart = session.world.hold();
        if let Some(ahead) = self.kept.get_mut(self.base + 1) {
            ahead.apart.beyond(apart.clone());
        }
        self.kept[self.base].apart = apart;
        self.base += 1;
        self.kept.insert(self.base, Kept::of(session));
        self.thin(session);
    }

    /// The session goes to a kept world, the nearest one that is not after `target`.
    pub fn go(&mut self, session: &mut Session, target: u64) {
        let to = self.after(target).max(1) - 1;
        if self.is_large(session) {
            // Nobody holds two fleets: what lies between, and ahead, is played again.
            (to + 1..self.kept.len()).rev().for_each(|ix| self.give_up(ix, session));
        }
        let here = session.world.hold();
        session.world.become_that(here);
        while self.base != to {
            let next = if to < self.base { self.base - 1 } else { self.base + 1 };
            let there = std::mem::take(&mut self.kept[next].apart);
            self.kept[self.base].apart = kept::go(session, there);
            self.base = next;
        }
        self.kept[to].take_up(session);
        session.world.hold();
    }

    /// The nearest one that is not after `target`, and how its lists differ from a session's.
    fn nearest(&self, session: &Session, target: u64) -> (&Kept, Apart) {
        let to = self.after(target).max(1) - 1;
        if to == self.base {
            return (&self.kept[to], session.world.held());
        }
        let mut apart = self.kept[to].apart.clone();
        let between = if to < self.base { to + 1..self.base } else { self.base + 1..to };
        let mut on = |nearer: Apart| drop(apart.beyond(nearer));
        match to < self.base {
            true => between.for_each(|ix| on(self.kept[ix].apart.clone())),
            false => between.rev().for_each(|ix| on(self.kept[ix].apart.clone())),
        }
        on(session.world.held());
        (&self.kept[to], apart)
    }

    /// A world of its own that sets out from the nearest one that is not after `target`; the session stays where it is.
    pub fn scout(&self, session: &Session, target: u64) -> Scout {
        let (kept, apart) = self.nearest(session, target);
        Scout::there(session, kept, apart)
    }

    /// Another session of the same run, which goes to the nearest one that is not after `target`.
    pub fn copy(&self, session: &Session, target: u64) -> Session {
        let mut there = session.clone();
        let (kept, apart) = self.nearest(session, target);
        there.world.become_that(apart);
        kept.take_up(&mut there);
        there
    }

    /// One is not kept any more: its neighbour on the far side goes by the one on the near side. Of the nearest one before the cursor
    /// those ahead go by as well, so it is given up after them.
    fn give_up(&mut self, ix: usize, session: &mut Session) {
        debug_assert!(ix != self.base || ix + 1 == self.kept.len(), "those ahead go by it");
        let mut over = self.kept.remove(ix);
        let apart = std::mem::take(&mut over.apart);
        self.over.push(over);
        if ix == self.base && ix > 0 {
            let mut farther = std::mem::take(&mut self.kept[ix - 1].apart);
            self.over_apart.push(farther.beyond(session.world.hold()));
            session.world.hold_that(farther);
        } else if let Some(farther) = (if ix < self.base { ix.checked_sub(1) } else { Some(ix) })
            .and_then(|farther| self.kept.get_mut(farther))
        {
            self.over_apart.push(farther.apart.beyond(apart));
        }
        if ix <= self.base {
            self.base -= 1;
        }
    }

    /// Gives up what its neighbours make up for.
    fn thin(&mut self, session: &mut Session) {
        let (steps, pods) = (self.steps(), session.world.pods.len());
        let stays = match self.is_large(session) {
            true => {
                let copies: Vec<_> = self.kept.iter().map(|kept| (kept.step(), kept.apart.pods())).collect();
                stay_of_a_fleet(&copies, self.base, pods)
            }
            false => stay(&steps, session.world.step, pods),
        };
        for ix in (0..stays.len()).rev().filter(|ix| !stays[*ix]) {
            self.give_up(ix, session);
        }
        // Whoever plays on gives up as much as comes.
        for _ in 0..GIVEN_UP {
            self.free_some();
        }
    }

    /// The first one.
    pub fn first(&self) -> Option<&Kept> {
        self.kept.first()
    }

    /// Gives up those that stand before this step, which is not after the cursor: nobody goes back so far.
    pub fn forget_before(&mut self, first: u64) {
        let early = self.kept.partition_point(|kept| kept.step() < first).min(self.base);
        self.kept.drain(..early);
        self.base -= early;
    }

    /// Gives up those that stand after this step, which is not before the cursor: it has another future now.
    pub fn forget_after(&mut self, last: u64) {
        let first = self.after(last).max(self.base + 1);
        for mut kept in self.kept.drain(first..) {
            self.over_apart.push(std::mem::take(&mut kept.apart));
            self.over.push(kept);
        }
    }

    /// Another world is about to set out from the nearest one that is not after `target`: of a fleet that one stays, and the nearest
    /// one to the cursor, and the start.
    pub fn make_room(&mut self, session: &mut Session, target: u64) {
        if self.is_large(session) {
            let from = self.after(target).max(1) - 1;
            let goes = |ix: &usize| ![0, from, self.base].contains(ix);
            let all: Vec<usize> = (0..self.kept.len()).rev().filter(goes).collect();
            all.into_iter().for_each(|ix| self.give_up(ix, session));
            // Before the other one grows.
            self.over.clear();
            self.over_apart.clear();
        }
    }

    /// Frees some of what was given up.
    pub fn free_some(&mut self) {
        self.over.pop();
        while self.over_apart.last_mut().is_some_and(Apart::free_some) {
            self.over_apart.pop();
        }
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
    /// The steps at which there is one.
    pub fn steps(&self) -> Vec<u64> {
        self.kept.iter().map(Kept::step).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::session::{Script, Walk};

    /// A world twice as large is copied half as often: what copies cost grows as the fleet does, not with its square.
    #[test]
    fn copies_of_a_large_fleet_are_few() {
        for pods in [1_000, 8_000, 100_000, 1_000_000] {
            assert_eq!(interval(2 * pods), 2 * interval(pods));
            assert!(most(pods) * pods as u64 <= PODS.max(4 * pods as u64), "{pods}");
        }
    }

    /// However far a large fleet's run has come, there are copies near the cursor, which share nearly all, and the start.
    #[test]
    fn copies_of_a_large_fleet_stand_near_and_at_the_start() {
        const PODS: usize = 100_000;
        // Little changes, a copy's worth in each interval, and that much in a tenth of one.
        for (changed, tenths) in [(100, 10), (PODS / CHANGED, 10), (PODS / CHANGED, 1)] {
            let mut copies = Vec::new();
            for here in (0..5_000_000u64).step_by(interval(PODS) as usize * tenths / 10) {
                if let Some((_, from_next)) = copies.last_mut() {
                    *from_next = changed;
                }
                copies.push((here, 0));
                let stays = stay_of_a_fleet(&copies, copies.len() - 1, PODS);
                let mut stays = stays.into_iter();
                copies.retain(|_| stays.next() == Some(true));
                assert!(
                    copies.len() <= 3 && copies[0].0 == 0 && copies.ends_with(&[(here, 0)]),
                    "{copies:?}"
                );
                assert!(copies[1..].iter().all(|(at, _)| here - at <= NEAR * interval(PODS)), "{copies:?}");
                let differ: usize = copies[1..].iter().map(|(_, from_next)| from_next).sum();
                assert!(differ <= PODS / DIFFERENT, "{copies:?}");
            }
        }
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
            checkpoints.arrive(&mut session);
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
        checkpoints.go(&mut session, 100_000);
        let from = session.world.step;
        assert!(from <= 100_000 && steps.contains(&from));
        for at in from + 1..=from + 3 * near {
            session.world.step = at;
            checkpoints.arrive(&mut session);
            if checkpoints.wants(&session) {
                checkpoints.keep(&mut session);
            }
        }
        let before = checkpoints.before(from + 2 * near + 1).map(Kept::step);
        assert_eq!(before, Some(from + 2 * near));
    }

    /// Hundreds of pods that end one after the other, of which some are deleted.
    const TEXT: &str = r#"
until = "10m"
[[node]]
name = "node"
count = 4
capacity = { cpu = "64", memory = "256Gi", pods = 600 }
[[pod]]
name = "batch"
replicas = 500
every = "600ms"
  [pod.spec]
  restartPolicy = "Never"
  containers = [{ name = "app", image = "batch:1.0" }]
  [pod.behavior.containers.app]
  attempts = [{ runs = "5s" }]
[[pod]]
name = "loop"
replicas = 30
  [pod.spec]
  containers = [{ name = "app", image = "loop:1.0" }]
  [pod.behavior.containers.app]
  attempts = [{ runs = "5s", exit = 1 }]
[[action]]
at = "4m"
delete = "pod/batch-1*"
"#;

    /// What a world has of pods, as it would be printed, with all that has been.
    fn pods_of(session: &Session) -> String {
        let w = &session.world;
        let mut text: String = w.pods.iter().zip(&*w.places).map(|own| format!("{own:?}")).collect();
        text.push_str(&w.digest.to_string());
        text
    }
    /// The same with what nobody goes by, which a scout has not.
    fn all_of(session: &Session) -> (String, String) {
        (pods_of(session), format!("{:?}", &*session.world.records))
    }

    /// To and fro as the dice have it, with scouts before and behind: each time the world is the one that a run has there that only
    /// goes on, of a fleet as of few.
    #[test]
    fn whoever_goes_to_and_fro_stands_where_a_straight_run_does() {
        let (script, loaded) =
            Script::load("many.toml", TEXT, &crate::scenario::no_files, &[]).expect("it is read");
        let plan = Arc::new(loaded.plan);
        let mut straight = Session::new(&plan, 0);
        let mut known = BTreeMap::new();
        let end = loop {
            let step = straight.world.step;
            if step.is_multiple_of(500) {
                known.insert(step, all_of(&straight));
            }
            if straight.step().is_none() {
                break step;
            }
            straight.world.outbox.clear();
        };
        assert!(known.len() > 10, "{end} steps");
        for large in [0, usize::MAX] {
            let mut walk = Walk::new(script.clone(), &plan, 0);
            walk.checkpoints.large = large;
            let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(7);
            let (mut most, mut back) = (0, 0);
            for turn in 0..30 {
                let there = known.keys().nth(dice.random_range(0..known.len())).copied().unwrap_or(0);
                // The first time to the end at once, as a run is mostly played.
                let there = if turn == 0 { end } else { there };
                back += usize::from(there < walk.position());
                // Who plays on comes by worlds that are kept ahead; who seeks takes them up.
                if turn % 2 == 1 {
                    while walk.position() < there && walk.play() {}
                }
                walk.seek(there);
                assert_eq!(walk.position(), there);
                if let Some(all) = known.get(&there) {
                    assert!(all_of(&walk.session) == *all, "large {large}, turn {turn}, step {there}");
                }
                let kept = walk.checkpoints.len();
                most = most.max(kept);
                assert!(walk.checkpoints.kept[walk.checkpoints.base].step() <= there);
                // Somebody looks ahead, and at what has been, a part at a time; nothing of the walk changes.
                let mut ahead = Scout::here(&mut walk.session);
                let behind = known.keys().rev().find(|step| **step <= there).copied().unwrap_or(0);
                let mut behind = walk.checkpoints.scout(&walk.session, behind);
                for part in 0..3 {
                    for scout in [&mut ahead, &mut behind] {
                        scout.enter(&mut walk.session);
                        for _ in 0..300 * (part + 1) {
                            walk.session.step();
                            if let Some(all) = known.get(&walk.session.world.step) {
                                assert!(
                                    pods_of(&walk.session) == all.0,
                                    "a scout, turn {turn}, from step {there}"
                                );
                            }
                        }
                        scout.leave(&mut walk.session);
                    }
                }
                if let Some(all) = known.get(&there) {
                    assert!(all_of(&walk.session) == *all, "scouts from step {there}");
                }
                assert_eq!((walk.position(), walk.checkpoints.len()), (there, kept));
            }
            assert!(back > 5, "{back} ways back");
            // Of so few pods two pieces are enough to differ.
            assert!(if large == 0 { most <= 5 } else { most > 5 }, "{most} copies");
        }
    }

    /// Where pods are deleted one after the other, in few steps each, a fleet's next copy comes before many of them are put aside.
    #[test]
    fn a_fleet_is_copied_when_much_has_changed() {
        let (script, loaded) =
            Script::load("many.toml", TEXT, &crate::scenario::no_files, &[]).expect("it is read");
        let plan = Arc::new(loaded.plan);
        for large in [0, usize::MAX] {
            let mut walk = Walk::new(script.clone(), &plan, 0);
            walk.checkpoints.large = large;
            let mut most = 0;
            while walk.play() {
                most = most.max(walk.session.world.held().pods());
            }
            // One step may put several pieces aside.
            let little = most <= walk.world().pods.len() / 2;
            assert_eq!(little, large == 0, "{most} of {} pods", walk.world().pods.len());
        }
    }

    /// What a copy holds is what has changed since, of a fleet of which most are over and wait to be deleted.
    #[test]
    fn a_copy_holds_what_has_changed_since() {
        let (script, loaded) =
            Script::load("many.toml", TEXT, &crate::scenario::no_files, &[]).expect("it is read");
        let plan = Arc::new(loaded.plan);
        let mut walk = Walk::new(script, &plan, 0);
        while walk.play() {}
        let all = walk.world().pods.len();
        let changed = walk.session.world.held().pods();
        assert!(changed > 0 && changed < all / 2, "{changed} of {all} pods");
    }
}
