//! A run with a place in it: where we stand, what has happened, and the way back.
//!
//! A place is a number of steps played, and an instant that is not before the last of them (between two events time
//! passes, and ages with it). Everything that was ever played on this line is kept as rows and steps ([`super::past`]), so that
//! looking back needs no world; a world of an earlier place is made by copying the nearest checkpoint and playing on.

use std::borrow::Cow;
use std::sync::Arc;

use super::checkpoints::Checkpoints;
use super::horizon::Horizon;
use super::kept::Scout;
use super::past::{About, History, Past, Reader, StepRecord};
use super::{Breakpoint, Done, Played, Script, Session};
use crate::record::{Aside, FiguresRow, ObjectRow, Transition};
use crate::scenario::{self, Plan};
use crate::time::{Span, Time};
use crate::world::snug;
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, SimEvent, World};

/// What a step has told.
struct Told {
    step: u64,
    played: Played,
    /// The number that the queue gives next.
    queued_to: u64,
    rows: Vec<Transition>,
    figures: Vec<FiguresRow>,
    asides: Vec<Aside>,
}

impl Told {
    fn of(session: &mut Session, played: Played) -> Told {
        let (rows, asides) = (session.take_transitions(), session.take_asides());
        let w = &mut session.world;
        let figures = w.figures.as_mut().map(std::mem::take).unwrap_or_default();
        Told { step: w.step, played, queued_to: w.queue.next_number(), rows, figures, asides }
    }
}

/// A run with a place in it.
#[derive(Clone)]
pub struct Walk {
    pub(super) script: Script,
    pub(super) seed: u64,
    pub(super) session: Session,
    /// What the clock on the wall of the simulation says; not before the last step.
    pub(super) clock: Time,
    /// What lies further back is not known.
    pub(super) horizon: Horizon,
    /// All steps that are known with their rows, also those ahead of the cursor: the one after the horizon is the first.
    pub(super) past: Past,
    /// How workloads stood after their writes, each with its step.
    pub(super) figures: Vec<(u64, FiguresRow)>,
    /// Places among these, by object.
    pub(super) by_figures: Vec<Vec<u32>>,
    /// What was told beside the rows, each with its step; nothing where nobody asks for the picture of the run ([`Walk::view`]).
    pub(super) asides: Vec<(u64, Aside)>,
    pub(super) is_pictured: bool,
    /// The number that the queue would have given next when the run began.
    pub(super) first_number: u64,
    pub(super) checkpoints: Checkpoints,
    /// For which row the last move has stopped.
    pub(super) telling: Option<Transition>,
    /// What was known of the pod that was asked about last.
    pub(super) lineage: Option<super::lineage::Lineage>,
    /// What was done so far, for what is done next.
    pub(super) earlier: scenario::Earlier,
    /// What the person was asked and answered.
    pub quiz: super::predict::Quiz,
    /// What stops a walk that goes to breakpoints.
    pub breakpoints: Vec<Breakpoint>,
    /// The pod that is looked at.
    pub selected: Option<PodId>,
    /// The workload or Service that is looked at, where it is no pod.
    pub workload: Option<ObjectKey>,
}

impl Walk {
    /// Stands at the start of the run.
    pub fn new(script: Script, plan: &Arc<Plan>, seed: u64) -> Walk {
        let mut session = Session::new(plan, seed);
        session.world.figures = Some(Vec::new());
        session.world.begin_asides();
        let asides = session.take_asides();
        let rows = session.take_transitions();
        let first_number = session.world.queue.next_number();
        Walk {
            script,
            seed,
            clock: plan.start,
            checkpoints: Checkpoints::new(&mut session),
            session,
            horizon: Horizon::start(first_number),
            past: Past::begin(rows, 0, plan.start, first_number),
            figures: Vec::new(),
            by_figures: Vec::new(),
            asides: asides.into_iter().map(|aside| (0, aside)).collect(),
            is_pictured: true,
            first_number,
            telling: None,
            lineage: None,
            earlier: scenario::Earlier::default(),
            quiz: super::predict::Quiz::default(),
            breakpoints: Vec::new(),
            selected: None,
            workload: None,
        }
    }

    /// Nobody is going to ask for the picture of the run: what that shows beside the rows, of a fleet something for each pod, is not
    /// held.
    pub fn hold_no_picture(&mut self) {
        (self.asides, self.is_pictured) = (Vec::new(), false);
    }

    /// Files the figures from here on by their objects.
    pub(super) fn index_figures(&mut self, from: usize) {
        for (at, (_, row)) in self.figures.iter().enumerate().skip(from) {
            let number = row.object as usize;
            if self.by_figures.len() <= number {
                self.by_figures.resize_with(number + 1, Vec::new);
            }
            self.by_figures[number].push(at as u32);
        }
    }

    /// How an object stood after its writes, up to a step, each with its step.
    pub(super) fn figures_of(
        &self,
        object: ObjectRow,
        step: u64,
    ) -> impl DoubleEndedIterator<Item = &(u64, FiguresRow)> {
        let places = self.by_figures.get(object as usize).map_or(&[][..], |places| places);
        let until = places.partition_point(|at| self.figures[*at as usize].0 <= step);
        places[..until].iter().map(|at| &self.figures[*at as usize])
    }

    /// The world at the cursor.
    pub fn world(&self) -> &World {
        &self.session.world
    }
    /// What the run is made from.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.session.world.plan
    }
    /// The seed of all chance.
    pub fn seed(&self) -> u64 {
        self.seed
    }
    /// The texts that the plan was made from.
    pub fn script(&self) -> &Script {
        &self.script
    }
    /// The simulated instant.
    pub fn now(&self) -> Time {
        self.clock
    }
    /// The simulated instant as an offset from the start of the run.
    pub fn offset(&self) -> Span {
        self.clock.since(self.plan().start)
    }
    /// How many steps have been played.
    pub fn position(&self) -> u64 {
        self.session.world.step
    }
    /// How many steps have been played, the cursor's future included.
    pub fn known(&self) -> u64 {
        self.past.known()
    }
    /// The last step that was played by this instant, of those that are known.
    pub(super) fn step_by(&self, at: Time) -> u64 {
        self.past.step_by(at)
    }
    /// Nothing more happens before the end of the run.
    pub fn at_end(&self) -> bool {
        self.session.next_time().is_none_or(|at| at > self.plan().until)
    }
    /// When the next event comes; None: nothing is left to happen.
    pub fn next_time(&self) -> Option<Time> {
        self.session.next_time()
    }
    /// What was done on this line, also ahead of the cursor.
    pub fn done(&self) -> &[Done] {
        &self.session.done
    }
    /// Worlds that were kept on the way.
    pub fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// The step with this number; the start of the run has number 0 and no record, and what is forgotten has none.
    pub fn step_record(&self, step: u64) -> Option<StepRecord> {
        self.past.step(step)
    }
    /// What a step wrote.
    pub fn rows_of(&self, step: u64) -> Cow<'_, [Transition]> {
        self.past.rows_of(step)
    }
    /// What has been written up to the cursor.
    pub fn history(&self) -> History<'_> {
        self.past.history(0..self.written())
    }
    /// How many rows have been written up to the cursor.
    pub fn written(&self) -> usize {
        self.past.rows_to(self.position())
    }
    /// What is known to have been written after an instant, up to another one, also ahead of the cursor.
    pub fn rows_between(&self, after: Time, to: Time) -> History<'_> {
        let from = self.past.rows_by(after);
        self.past.history(from..self.past.rows_by(to).max(from))
    }
    /// What has been written about a pod up to the cursor.
    pub fn rows_about(&self, pod: PodId) -> About<'_> {
        self.past.about_pod(pod, self.written())
    }
    /// The first row about a pod: who has lived for a day has thousands, and that one stands where it was created.
    pub(super) fn first_row_about(&self, pod: PodId) -> Option<Transition> {
        /// So many rows of others may be written at that instant; what is known of the run may begin later.
        const NEAR: usize = 2_000;
        let created = self.world().pods.get(pod.ix())?.created;
        let before = self.past.rows_by(created - Span::from_micros(1));
        let near = self.history().skip(before).into_iter().take(NEAR);
        let found = near.take_while(|row| row.time <= created).find(|row| row.pod == Some(pod.0));
        found.or_else(|| self.rows_about(pod).next())
    }
    /// What has been written up to the cursor about an object that is no pod.
    pub fn rows_of_object(&self, object: ObjectRow) -> About<'_> {
        self.past.about_object(object, self.written())
    }
    /// The step that queued what a step played; 0: the scenario itself, or whoever acts.
    pub fn cause(&self, step: u64) -> u64 {
        self.cause_by(&mut self.past.reader(), step)
    }
    /// The same for whoever asks for one cause after the other.
    pub(super) fn cause_by(&self, past: &mut Reader<'_>, step: u64) -> u64 {
        match past.step(step) {
            Some(StepRecord { event: SimEvent::Action { .. }, .. }) | None => 0,
            Some(record) if record.sequence < self.horizon.number => 0,
            Some(record) => past.queued_by(record.sequence),
        }
    }
    /// The step that queued the event with this number; 0: the scenario itself.
    pub fn queued_by(&self, sequence: u64) -> u64 {
        if sequence < self.horizon.number {
            return 0;
        }
        self.past.queued_by(sequence)
    }

    /// Plays the next step; its rows are then those of [`Walk::position`]. False at the end of the run.
    pub fn play(&mut self) -> bool {
        if self.checkpoints.wants(&self.session) {
            self.checkpoints.keep(&mut self.session);
        }
        self.play_on()
    }

    /// The same, but no world is kept on the way: that is left to the next step.
    pub(super) fn play_on(&mut self) -> bool {
        let Some(played) = self.session.play() else { return false };
        self.checkpoints.arrive(&mut self.session);
        self.clock = self.clock.max(played.at);
        let told = Told::of(&mut self.session, played);
        self.take_in(told);
        true
    }

    /// A scout plays its next steps, until something is found in what one of them writes, or in the world after it; whether the run
    /// has ended before. What they tell is known then.
    pub(super) fn play_ahead<T>(
        &mut self,
        scout: &mut Scout,
        steps: usize,
        look: impl Fn(&[Transition], &Session) -> Option<T>,
    ) -> (usize, bool, Option<T>) {
        let (mut told, mut is_over, mut found) = (Vec::new(), false, None);
        scout.enter(&mut self.session);
        while found.is_none() && told.len() < steps {
            let Some(played) = self.session.play() else {
                is_over = true;
                break;
            };
            let step = Told::of(&mut self.session, played);
            found = look(&step.rows, &self.session);
            told.push(step);
        }
        scout.leave(&mut self.session);
        let played = told.len();
        told.into_iter().for_each(|step| self.take_in(step));
        (played, is_over, found)
    }

    /// What a step told is known from now on.
    fn take_in(&mut self, told: Told) {
        let Told { step, played, queued_to, rows, figures, asides } = told;
        if step <= self.known() {
            debug_assert_eq!(rows[..], self.rows_of(step)[..], "step {step} is played as it was");
        } else {
            let before = self.figures.len();
            self.figures.extend(figures.into_iter().map(|row| (step, row)));
            self.index_figures(before);
            if self.is_pictured {
                snug::make_room(&mut self.asides, asides.len());
                self.asides.extend(asides.into_iter().map(|aside| (step, aside)));
            }
            self.past.push(played, queued_to, &rows);
            self.forget_early();
        }
    }

    /// The view model tells whole milliseconds, rounded down: the instant by which all has been played that it tells of the
    /// one that begins at `at`. Any other instant is itself.
    pub fn told_by(&self, at: Time) -> Time {
        const UNIT: Span = Span::from_millis(1);
        if at.since(self.plan().start).micros() % UNIT.micros() != 0 {
            return at;
        }
        let within = self.step_by(at + UNIT - Span::from_micros(1));
        let later = (self.horizon.step + 1..=within)
            .rev()
            .map_while(|step| self.step_record(step).filter(|record| record.at > at).map(|own| (step, own)));
        let wrote = later.into_iter().find(|(step, _)| !self.rows_of(*step).is_empty());
        wrote.map_or(at, |(_, record)| record.at)
    }

    /// The same run, standing at an instant that lies not behind what is known; worlds on the way there are not copied.
    pub(super) fn copied_at(&self, at: Time) -> Walk {
        let at = at.max(self.earliest());
        let known = self.step_by(at);
        let mut session = self.checkpoints.copy(&self.session, known);
        let mut walk = Walk {
            script: self.script.clone(),
            seed: self.seed,
            clock: session.world.now,
            checkpoints: Checkpoints::new(&mut session),
            session,
            horizon: self.horizon,
            past: self.past.clone(),
            figures: self.figures.clone(),
            by_figures: self.by_figures.clone(),
            asides: self.asides.clone(),
            is_pictured: self.is_pictured,
            first_number: self.first_number,
            telling: None,
            lineage: None,
            earlier: scenario::Earlier::default(),
            quiz: self.quiz.clone(),
            breakpoints: Vec::new(),
            selected: self.selected,
            workload: self.workload,
        };
        while walk.session.next_time().is_some_and(|next| next <= at) && walk.play() {}
        walk.clock = at;
        walk.forget_selection();
        walk
    }

    /// What was selected may not have been created yet at an earlier place.
    pub(super) fn forget_selection(&mut self) {
        if self.workload.is_some_and(|key| !self.session.world.workloads.has_been(key)) {
            self.workload = None;
        }
        if self.selected.is_some_and(|pod| pod.ix() >= self.session.world.pods.len()) {
            self.selected = None;
        }
    }

    /// Gives up what is known of the time after the cursor, the latest first, by no more than so many steps; whether all of it has
    /// been given up. It would come again as it was: who does something here has it given up beforehand, a part at a time, as of
    /// a fleet that takes long.
    pub fn give_up_ahead(&mut self, steps: usize) -> bool {
        let here = self.position();
        let to = here.max(self.known().saturating_sub(steps as u64));
        self.unlearn_after(to);
        to == here
    }

    /// What is known ends with this step.
    fn unlearn_after(&mut self, step: u64) {
        self.past.forget_after(step);
        self.figures.truncate(self.figures.partition_point(|(at, _)| *at <= step));
        let told = self.figures.len();
        for places in &mut self.by_figures {
            places.truncate(places.partition_point(|at| (*at as usize) < told));
        }
        self.asides.truncate(self.asides.partition_point(|(at, _)| *at <= step));
    }

    /// Forgets what is known of the time after this step, not before the cursor: it has another future now.
    pub(super) fn forget_after(&mut self, step: u64) {
        self.unlearn_after(step);
        self.checkpoints.forget_after(step);
        self.session.done = self.session.done.iter().filter(|done| done.step <= step).cloned().collect();
        self.lineage = None;
    }
}
