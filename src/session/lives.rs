//! Many lives of one plan, one after the other: what is learned in one is known in those after it.
//!
//! The lives are what each would be alone. Between seeds only luck differs, so nearly all changes that a life meets were met
//! before; and as many lives are played, even what single pods teach pays.

use std::sync::Arc;

use super::{Lived, Session};
use crate::scenario::plan::Plan;
use crate::world::learned::Learned;

/// Plays lives of one plan; whoever plays on several threads has one of these on each.
///
/// ```
/// # use std::sync::Arc;
/// # use kubelapse::{scenario::{self, builtin}, session::{self, Lives}};
/// # let failed = builtin::find("failed").ok_or("it is shipped")?;
/// # let plan = scenario::load("failed.toml", failed.text, &scenario::no_files, &[]).map_err(|e| e.render(false))?;
/// # let plan = Arc::new(plan);
/// let mut lives = Lives::of(&plan);
/// for seed in 0..3 {
///     assert_eq!(lives.live(seed).digest, session::live(&plan, seed).digest);
/// }
/// # Ok::<(), String>(())
/// ```
pub struct Lives {
    plan: Arc<Plan>,
    learned: Learned,
}

impl Lives {
    /// Of a plan; where it learns nothing, its lives do not, either.
    pub fn of(plan: &Plan) -> Lives {
        let plan = Arc::new(Plan { learns_from: plan.learns_from.map(|_| 1), ..plan.clone() });
        Lives { learned: Learned::new(&plan), plan }
    }

    /// What they have learned.
    pub fn learned(&self) -> &Learned {
        &self.learned
    }

    /// A life before its first step. It takes along what is known: until it is given back, others begin without.
    pub fn begin(&mut self, seed: u64) -> Session {
        let mut session = Session::new(&self.plan, seed);
        let fresh = Learned::new(&self.plan);
        session.world.begin_with(std::mem::replace(&mut self.learned, fresh));
        session
    }

    /// A life is over, or as far as somebody wanted it: what was learned in it is kept.
    pub fn learn_from(&mut self, session: &mut Session) {
        let fresh = Learned::new(&self.plan);
        self.learned = std::mem::replace(&mut session.world.learned, fresh);
        self.learned.forget_templates_from(self.plan.templates.len());
    }

    /// A whole life, as [`super::live`].
    pub fn live(&mut self, seed: u64) -> Lived {
        let mut session = self.begin(seed);
        while session.step().is_some() {}
        self.learn_from(&mut session);
        Lived::from(session)
    }
}
