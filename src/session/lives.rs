//! Many lives of one plan, one after the other: what is learned in one is known in those after it, and what follows from the
//! plan alone is worked out once.
//!
//! The lives are what each would be alone. Between seeds only luck differs, so nearly all changes that a life meets were met
//! before; and as many lives are played, even what single pods teach pays.

use std::sync::Arc;

use super::{Lived, Session};
use crate::actors::start::{self, Beginning};
use crate::scenario::plan::Plan;
use crate::world::learned::Learned;
use crate::world::world_parts::Common;

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
    /// Each takes a copy.
    beginning: Beginning,
    /// None while a life has it.
    common: Option<Common>,
}

impl Lives {
    /// Of a plan; where it learns nothing, its lives do not, either.
    pub fn of(plan: &Plan) -> Lives {
        let plan = Arc::new(Plan { learns_from: plan.learns_from.map(|_| 1), ..plan.clone() });
        Lives { beginning: Beginning::of(&plan), common: Some(Common::new(&plan)), plan }
    }

    /// What they have learned; None while a life has it.
    pub fn learned(&self) -> Option<&Learned> {
        self.common.as_ref().map(Common::learned)
    }

    /// A life before its first step. It takes along what is known: until it is given back, others begin without.
    pub fn begin(&mut self, seed: u64) -> Session {
        let common = self.common.take().unwrap_or_else(|| Common::new(&self.plan));
        Session::of(&self.plan, start::world_with(&self.plan, seed, common, self.beginning.clone()))
    }

    /// A life is over, or as far as somebody wanted it: what was found in it is kept for the next one.
    pub fn learn_from(&mut self, session: &mut Session) {
        self.common = Some(Common::of(&mut session.world));
    }

    /// A whole life, as [`super::live`].
    pub fn live(&mut self, seed: u64) -> Lived {
        let mut session = self.begin(seed);
        while session.step().is_some() {}
        self.learn_from(&mut session);
        Lived::from(session)
    }
}
