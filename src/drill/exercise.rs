//! A scenario as a drill: somebody comes when the trouble begins, and mends what the story tells of.
//!
//! The scenario is played once as it is, with its own seed. That says when something goes wrong for the first time (a warning, an
//! exit code, a phase, a node: [`Move::Failure`]), which is when the person comes; what stands in the cluster by then, and does
//! so in the end as the story wants it, and is wanted well ([`Goal::of_all`]); what goes missing by itself later, which is
//! nobody's loss; whether all heals by itself; and what the expectations mean ([`Expectations`]). From then on as many drills
//! as one likes start from it, each with its own luck.
//!
//! ```
//! use std::sync::Arc;
//! use kubelapse::{drill::Exercise, scenario::{builtin, no_files}, session::{Script, Silent}};
//!
//! let shipped = builtin::find("unschedulable").ok_or("it is shipped")?;
//! let (script, loaded) =
//!     Script::load("unschedulable.toml", shipped.text, &no_files, &[]).map_err(|e| e.render(false))?;
//! let exercise = Exercise::new(script, &Arc::new(loaded.plan), &Silent).ok_or("nobody stops it")?;
//! let mut drill = exercise.start(7);
//! assert!(!drill.is_over() && drill.say("kubectl get pods").contains("Pending"));
//! # Ok::<(), String>(())
//! ```

use std::sync::Arc;

use super::expectations::Expectations;
use super::health::{Goal, Watch};
use super::{Drill, HOLDS, Task};
use crate::scenario::Plan;
use crate::session::line::Line;
use crate::session::words::unfolded;
use crate::session::{Direction, Move, Progress, Script, Silent, Stop, Walk, Way};
use crate::time::Time;

/// A scenario that is ready to be mended.
#[derive(Clone)]
pub struct Exercise(Arc<Ready>);

/// What the untouched run has told.
#[derive(Clone)]
pub(super) struct Ready {
    script: Script,
    pub(super) plan: Arc<Plan>,
    pub(super) arrived: Time,
    goals: Arc<[Goal]>,
    /// What goes missing by itself, by its place among the goals.
    falls: Vec<usize>,
    pub(super) of_trouble: Vec<bool>,
    is_calm: bool,
    heals: bool,
    /// The drill of the scenario's own seed, as the person comes.
    own: Option<Box<Drill>>,
}

fn walk_of(script: &Script, plan: &Arc<Plan>, seed: u64) -> Walk {
    let mut walk = Walk::new(script.clone(), plan, seed);
    walk.quiz.mute = true;
    walk
}

/// So many events are played before it is asked whether somebody wants it to stop.
const SLICE: usize = 10_000;

/// Moves; None: somebody wants it to stop.
fn moved(walk: &mut Walk, to: Move, progress: &dyn Progress) -> Option<Stop> {
    let mut way = Way::new(Direction::Forward, to);
    loop {
        if let Some(stop) = walk.go_on(&mut way, SLICE) {
            return Some(stop);
        }
        if progress.stop() {
            return None;
        }
    }
}

impl Exercise {
    /// Plays it once as it is; None: somebody wanted it to stop.
    pub fn new(script: Script, plan: &Arc<Plan>, progress: &dyn Progress) -> Option<Exercise> {
        // Whoever acts may wake what has settled.
        let plan = &match plan.until_settled {
            true => Arc::new(Plan { until_settled: false, ..Plan::clone(plan) }),
            false => Arc::clone(plan),
        };
        let mut first = walk_of(&script, plan, plan.seed);
        let is_calm = moved(&mut first, Move::Failure, progress)? != Stop::There;
        let arrived = if is_calm { plan.start } else { first.now().min(plan.until) };
        moved(&mut first, Move::End, progress)?;
        let mut walk = walk_of(&script, plan, plan.seed);
        let mut expectations = Expectations::new(plan);
        play(&mut walk, arrived, &mut expectations, progress, |_| ())?;
        let there = Goal::of_all(walk.world());
        let is_there = |goal: &Goal| there.iter().any(|own| own.is_of_the_same(goal));
        let goals: Arc<[Goal]> = Goal::of_all(first.world()).into_iter().filter(is_there).collect();
        let mut watch = Watch::new(Arc::clone(&goals), walk.world(), arrived);
        let mut ready = Ready {
            script,
            plan: Arc::clone(plan),
            arrived,
            goals,
            falls: Vec::new(),
            of_trouble: Vec::new(),
            is_calm,
            heals: false,
            own: None,
        };
        let (here, known) = (walk.clone(), expectations.clone());
        let mut heals = false;
        play(&mut walk, plan.until, &mut expectations, progress, |walk| {
            if !walk.rows_of(walk.position()).is_empty() {
                heals |= watch.well_since().is_some_and(|since| walk.now().since(since) >= HOLDS);
                watch.look(walk.world(), walk.now());
                let fallen: Vec<usize> =
                    watch.fallen(walk.world()).filter(|goal| !ready.falls.contains(goal)).collect();
                ready.falls.extend(fallen);
            }
        })?;
        expectations.before(None, walk.world());
        ready.of_trouble = expectations.of_trouble();
        ready.heals = heals || watch.well_since().is_some();
        let ready = Arc::new(ready);
        let own = Exercise(Arc::clone(&ready)).stands(here, known, plan.seed);
        // The drill that is kept does not hold what holds it.
        Some(Exercise(Arc::new(Ready { own: Some(Box::new(own)), ..Arc::unwrap_or_clone(ready) })))
    }

    /// A drill of it: the person has just come.
    pub fn start(&self, seed: u64) -> Drill {
        let ready = &self.0;
        if let Some(own) = ready.own.as_ref().filter(|own| own.seed == seed) {
            return Drill { task: Task::Exercise(self.clone()), ..Drill::clone(own) };
        }
        let mut walk = walk_of(&ready.script, &ready.plan, seed);
        let mut expectations = Expectations::new(&ready.plan);
        // Nobody stops it.
        play(&mut walk, ready.arrived, &mut expectations, &Silent, |_| ());
        self.stands(walk, expectations, seed)
    }

    fn stands(&self, walk: Walk, expectations: Expectations, seed: u64) -> Drill {
        let ready = &self.0;
        let mut watch = Watch::new(Arc::clone(&ready.goals), walk.world(), ready.arrived);
        watch.excuse(&ready.falls);
        Drill {
            expectations: Some(expectations),
            ..Drill::of(seed, Task::Exercise(self.clone()), Line::new(walk), watch, ready.arrived)
        }
    }

    /// What it is about, as far as that may be told.
    pub(super) fn brief(&self) -> String {
        let plan = &self.0.plan;
        let story = match &plan.lesson {
            Some(lesson) => format!("{}\n\n{}", lesson.title, unfolded(&lesson.story)),
            None => plan.description.clone(),
        };
        let begun = self.0.arrived.since(plan.start);
        let begun = if self.0.is_calm {
            "Nothing is wrong yet".to_owned()
        } else {
            format!("The trouble began at {begun}")
        };
        let left = plan.until.since(self.0.arrived);
        format!(
            "{}: {}\n\n{begun}; {left} are left.\nWanted, for two minutes:\n",
            plan.name,
            story.trim_end()
        )
    }
    /// What was behind it.
    pub(super) fn behind(&self) -> String {
        let lesson = self.0.plan.lesson.as_ref();
        lesson.map_or_else(String::new, |lesson| format!("{}\n", unfolded(&lesson.explanation).trim_end()))
    }

    pub(super) fn ready(&self) -> &Ready {
        &self.0
    }
    /// The scenario.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.0.plan
    }
    /// Nothing goes wrong in it.
    pub fn is_calm(&self) -> bool {
        self.0.is_calm
    }
    /// All that is wanted comes to be well by itself.
    pub fn heals(&self) -> bool {
        self.0.heals
    }
}

/// Plays up to an instant; `then` looks on after each step. None: somebody wants it to stop.
fn play(
    walk: &mut Walk,
    to: Time,
    expectations: &mut Expectations,
    progress: &dyn Progress,
    mut then: impl FnMut(&Walk),
) -> Option<()> {
    loop {
        if walk.position().is_multiple_of(SLICE as u64) && progress.stop() {
            return None;
        }
        let next = walk.next_time();
        if next.is_none_or(|next| next > to) {
            break;
        }
        expectations.before(next, walk.world());
        if !walk.play() {
            break;
        }
        expectations.after(walk);
        then(walk);
    }
    walk.seek_time(to);
    Some(())
}
