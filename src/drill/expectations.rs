//! What a scenario's expectations mean to somebody who may change what they tell of.
//!
//! An expectation of a lesson says what one will see if nobody does anything: often it tells of the trouble. The scenario played
//! untouched says which kind it is: where its subject is not well at the end of its time and it holds, it tells of trouble, and
//! who has come to mend keeps it by having the subject well by then. Any other one is meant as it is written. Subjects are the
//! pods, the workload or the Service that it names; what is expected of an answer has none.

use std::sync::Arc;

use super::health::{Goal, is_well};
use crate::api::Sym;
use crate::scenario::Plan;
use crate::scenario::command::ObjectTarget;
use crate::scenario::expected::{Expect, Expected};
use crate::scenario::programs::matches;
use crate::session::{Judge, Walk};
use crate::time::Time;
use crate::world::World;

/// Who looks on for the sake of expectations.
#[derive(Clone)]
pub struct Expectations {
    plan: Arc<Plan>,
    judge: Judge,
    /// Expectations in the order in which their times end.
    order: Arc<[usize]>,
    /// So many of them are over.
    over: usize,
    /// Whether its subject was well at the end of its time, by expectation; None: not over, or it has no subject.
    was_well: Vec<Option<bool>>,
}

/// What came of those that have a subject and whose time is not over when somebody comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    /// How many were kept.
    pub kept: usize,
    /// Of how many.
    pub of: usize,
}

impl Expectations {
    /// Looks out for those of a plan, from its start on.
    pub fn new(plan: &Arc<Plan>) -> Expectations {
        let mut order: Vec<usize> = (0..plan.expects.len()).collect();
        order.sort_by_key(|ix| (plan.expects[*ix].when.end(), *ix));
        Expectations {
            plan: Arc::clone(plan),
            judge: Judge::new(plan),
            order: order.into(),
            over: 0,
            was_well: vec![None; plan.expects.len()],
        }
    }

    /// Before a walk plays its next step; `next` is the step's instant, None: nothing changes any more.
    pub fn before(&mut self, next: Option<Time>, w: &World) {
        self.judge.before(next, w);
        while let Some(ix) = self.order.get(self.over).copied()
            && next.is_none_or(|next| next > self.plan.expects[ix].when.end())
        {
            self.was_well[ix] = is_subject_well(&self.plan.expects[ix], w);
            self.over += 1;
        }
    }

    /// After a walk has played a step.
    pub fn after(&mut self, walk: &Walk) {
        self.judge.outbox_goes(&walk.world().directory, &walk.rows_of(walk.position()));
    }

    /// Which of them tell of trouble, once the untouched run is over.
    pub fn of_trouble(&self) -> Vec<bool> {
        let failed = self.judge.failed();
        let each = self.was_well.iter().enumerate();
        each.map(|(ix, was_well)| *was_well == Some(false) && !failed.contains(&ix)).collect()
    }

    /// What came of those that end after this instant. Of one that is not over by now it counts how its subject is, if nothing
    /// is to come any more.
    pub fn kept(&self, after: Time, of_trouble: &[bool], now: Option<&World>) -> Kept {
        let failed = self.judge.failed();
        let mut all = Kept::default();
        for (place, ix) in self.order.iter().copied().enumerate() {
            let own = &self.plan.expects[ix];
            if own.when.end() <= after || matches!(own.what, Expected::Answer(_)) {
                continue;
            }
            all.of += 1;
            let is_kept = match (place < self.over, of_trouble.get(ix).copied().unwrap_or(false)) {
                (true, true) => self.was_well[ix] == Some(true),
                (true, false) => !failed.contains(&ix),
                (false, _) => now.and_then(|w| is_subject_well(own, w)) == Some(true),
            };
            all.kept += usize::from(is_kept);
        }
        all
    }
}

/// Whether what an expectation is about is there and well; None: it is about nothing that could be.
fn is_subject_well(expect: &Expect, w: &World) -> Option<bool> {
    match &expect.what {
        Expected::Pods(pods) => {
            let is_meant = |namespace: Sym, name: &str| {
                pods.namespace.as_deref().is_none_or(|own| namespace == *own) && matches(&pods.pod, name)
            };
            let mut own = w
                .pods
                .iter()
                .filter(|pod| pod.exists && is_meant(pod.ident.namespace, &pod.ident.name.to_string()));
            let first = own.next();
            Some(first.is_some_and(is_well) && own.all(is_well))
        }
        Expected::Workload(own) => Some(goal(&own.object, w).is_some_and(|goal| goal.is_met(w))),
        Expected::Service(own) => Some(goal(&own.object, w).is_some_and(|goal| goal.is_met(w))),
        Expected::Answer(_) => None,
    }
}

/// That an object is well, as it stands now.
fn goal(object: &ObjectTarget, w: &World) -> Option<Goal> {
    let (kind, name) = (object.kind.singular(), object.name);
    let namespace = object.namespace.unwrap_or(Sym::new("default"));
    match kind.to_string().as_str() {
        "service" => Some(Goal::Service { namespace, name: name.to_string(), ready: 1 }),
        "job" => Some(Goal::Job { namespace, name }),
        "cronjob" => Some(Goal::CronJob { namespace, name: name.to_string() }),
        kind => Goal::of_all(w).into_iter().find(|goal| match goal {
            Goal::Workload { namespace: own, kind: its, name: called, .. } => {
                (*own, *called) == (namespace, name) && *its == *kind
            }
            _ => false,
        }),
    }
}
