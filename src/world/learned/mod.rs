//! What replicas have in common is computed once.
//!
//! A status is a form and what fills its gaps ([`crate::api::form`]), and the rules that change one ask of what fills them
//! only whether it is the same, which their types see to ([`crate::api::marks`]). So the first replica that comes to a change
//! plays the rule on gaps in the place of instants, identifiers and addresses. The outcome says which of them went where, and
//! every other replica that comes to that change follows it with its own.
//!
//! | word | means |
//! | --- | --- |
//! | mark | what is each pod's own in a status: an instant, the number of a container's identifier, an address |
//! | gap | the numbered place of a mark; it can be copied and compared, and read as nothing else |
//! | form | a status with gaps, shared by all pods that stand alike |
//! | held | a status as a run holds it: by its form and what fills that, or whole |
//! | shape | for what the runtime has of a pod what a form is for a status ([`seen`]) |
//! | recipe | how a new status comes of what a change looks at: its form, and for each gap the place of what fills it |
//! | key | all that the outcome of a change depends on, and nothing that is one pod's own |
//! | outcome | what comes of a change for every pod that asks with one key |
//! | to follow | to make a status by a recipe, where others play the rule |
//! | plain | by the rule itself |
//!
//! | learned | from | in |
//! | --- | --- | --- |
//! | changes of the status that a kubelet holds | forms, shape, what the kubelet remembers of containers | [`change`] |
//! | what of it is written to the API server | two forms | [`merge`] |
//! | what the API server makes of a status itself | a form | [`update`] |
//! | what a run reports of a change | two forms | [`report`] |
//! | what a sync sets out to do | a shape, results of probes | [`actions`] |
//!
//! It is learned for templates with many replicas ([`Plan::learns_from`]); all others play the rules. What comes out is the
//! same: debug builds play the rule beside each thing that is learned, and `tests/learned.rs` holds all that is shipped or
//! recorded, learned from its first replica on, against runs that learn nothing (`--no-learning`).

pub(crate) mod actions;
pub(crate) mod change;
pub(crate) mod merge;
mod recipe;
pub(crate) mod report;
pub(crate) mod seen;
pub(crate) mod update;

use crate::api::form::Forms;
use crate::api::{HeldStatus, PodStatus};
use crate::scenario::plan::{Plan, TemplateIx};

pub(crate) use change::{Asked, Played, Repeat};
pub(crate) use merge::Outgoing;
pub(crate) use report::Written;
pub(crate) use seen::{Seen, Shape};
pub(crate) use update::Update;

/// The most that is learned of each kind: a run that needs more has no replicas that are alike.
const MOST: usize = 1 << 16;

/// What has been learned in a run.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// Which templates are learned.
    templates: Vec<bool>,
    forms: Forms,
    shapes: seen::Shapes,
    changes: change::Changes,
    merges: merge::Merges,
    reports: report::Reports,
    actions: actions::AllActions,
    updates: update::Updates,
}

impl Learned {
    /// Nothing yet, of the templates that the plan says.
    pub fn new(plan: &Plan) -> Learned {
        let has_many = |replicas: u32| plan.learns_from.is_some_and(|many| replicas >= many);
        Learned {
            templates: plan.templates.iter().map(|template| has_many(template.replicas)).collect(),
            ..Learned::default()
        }
    }

    /// A template that came while the run goes on; `learns`: replicas of it are learned.
    pub fn add_template(&mut self, learns: bool) {
        self.templates.push(learns);
    }

    /// Whether nothing has been learned.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.merges.is_empty()
            && self.reports.is_empty()
            && self.actions.is_empty()
            && self.shapes.is_empty()
            && self.updates.is_empty()
    }

    /// How many changes of a status have been learned.
    pub fn changes(&self) -> usize {
        self.changes.count()
    }

    /// Templates from this number on are no more, and in another run others will have their numbers.
    pub fn forget_templates_from(&mut self, count: usize) {
        if self.templates.len() > count {
            self.templates.truncate(count);
            self.changes.retain(|template| template.ix() < count);
            self.actions.retain(|key, _| key.template().ix() < count);
            self.reports.retain(|key, _| key.template().ix() < count);
        }
    }

    fn is_learned(&self, template: TemplateIx) -> bool {
        self.templates.get(template.ix()).copied().unwrap_or(false)
    }

    /// Holds a status that pods of all templates share.
    pub fn hold_shared(&mut self, status: PodStatus) -> HeldStatus {
        self.forms.hold(status)
    }

    /// Holds a status that no rule here has made.
    pub fn hold(&mut self, template: TemplateIx, status: PodStatus) -> HeldStatus {
        if self.is_learned(template) { self.forms.hold(status) } else { HeldStatus::from(status) }
    }
}
