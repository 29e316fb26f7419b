//! To a place of the run: the nearest world that was kept before it, and from there the steps played again.
//!
//! What was played once is played again to the same bytes, so a place that is known needs no rows and no looking: its world is
//! made. Of a large fleet that takes as long as some hundred thousand steps do, and so it is done a part at a time: between two
//! parts the walk stands at a place of the run like any other.

use super::Walk;
use super::checkpoints::interval;
use super::kept::Kept;
use crate::time::Time;

/// A place that is gone to.
pub(super) struct Seek {
    place: Place,
    /// The nearest world has been taken up.
    begun: bool,
    /// It was kept earlier than where the walk stood: what follows was known.
    again: bool,
}

#[derive(Clone, Copy)]
enum Place {
    /// Right after a step.
    Step(u64),
    /// At an instant: everything up to it has been played.
    Instant(Time),
}

impl Seek {
    pub(super) fn step(step: u64) -> Seek {
        Seek { place: Place::Step(step), begun: false, again: false }
    }
    pub(super) fn instant(at: Time) -> Seek {
        Seek { place: Place::Instant(at), begun: false, again: false }
    }
}

impl Walk {
    /// Stands right after this step, at its instant. Beyond the end of the run it stands at the last step, before what is known
    /// at the first.
    pub fn seek(&mut self, step: u64) {
        self.seek_on(&mut Seek::step(step), &mut { usize::MAX });
    }

    /// Stands at an instant: everything up to it has been played.
    pub fn seek_time(&mut self, at: Time) {
        self.seek_on(&mut Seek::instant(at), &mut { usize::MAX });
    }

    /// Goes on to a place, by no more than what is left of so many steps; whether it stands there.
    pub(super) fn seek_on(&mut self, seek: &mut Seek, left: &mut usize) -> bool {
        let (step, at) = match seek.place {
            Place::Step(step) => (step.max(self.horizon.step), None),
            Place::Instant(at) => {
                let at = at.clamp(self.earliest(), self.plan().until);
                (self.step_by(at), Some(at))
            }
        };
        if !seek.begun {
            seek.begun = true;
            // That is a part of the way by itself.
            if self.leap(seek, step) && *left < usize::MAX {
                self.clock = self.session.world.now;
                self.forget_selection();
                return false;
            }
        }
        let dense = interval(self.session.world.pods.len()) * 2;
        while self.position() < step {
            if *left == 0 {
                self.clock = self.session.world.now;
                self.forget_selection();
                return false;
            }
            *left -= 1;
            if !(if seek.again { self.play_again(step, dense) } else { self.play() }) {
                break;
            }
        }
        while at.is_some_and(|at| self.session.next_time().is_some_and(|next| next <= at)) {
            if *left == 0 {
                self.clock = self.session.world.now;
                return false;
            }
            *left -= 1;
            if !self.play() {
                break;
            }
        }
        self.clock = at.unwrap_or(self.session.world.now);
        self.forget_selection();
        true
    }

    /// Takes up the nearest world before a step, where that is nearer than the present one; whether it was. That costs about as
    /// much as some steps for each pod that differs.
    fn leap(&mut self, seek: &mut Seek, step: u64) -> bool {
        let here = self.position();
        let kept = self.checkpoints.before(step).map_or(0, Kept::step);
        let is_nearer = kept > here + interval(self.session.world.pods.len()) / 4;
        seek.again = step < here || is_nearer;
        if seek.again {
            self.checkpoints.go(&mut self.session, step);
        }
        seek.again
    }

    /// Plays a step that is known, on the way to another one. New worlds are kept on the way, the denser the nearer to where it
    /// ends: the next step back finds one.
    fn play_again(&mut self, step: u64, dense: u64) -> bool {
        if self.position() >= self.known() {
            return self.play();
        }
        let near = step - self.position() <= dense;
        if (near || self.position().is_multiple_of(dense)) && self.checkpoints.wants(&self.session) {
            self.checkpoints.keep(&mut self.session);
        }
        let is_played = self.session.play().is_some();
        self.checkpoints.arrive(&mut self.session);
        self.session.world.outbox.clear();
        self.session.world.figures = Some(Vec::new());
        self.session.world.asides = Some(Vec::new());
        is_played
    }
}
