//! What replicas have in common is computed once.
//!
//! A status is a form and what fills its gaps ([`crate::api::form`]), and the rules that change one ask of what fills them
//! only whether it is the same ([`crate::rules::kubelet::status_change`]). So the first replica that comes to a place plays the rule
//! on gaps in the place of instants, identifiers and addresses; the outcome says which of them went where, and every other
//! replica that comes there takes that way with its own. What the runtime has of a pod is told apart in the same manner
//! ([`seen`]), and what a sync sets out to do follows from that alone ([`deeds`]).
//!
//! It is learned for templates with many replicas; all others play the rules, and so does everybody in whose status the
//! rules would measure times. What comes out is the same: debug builds play the rule beside each thing learned, and
//! `tests/learned.rs` plays lessons and recordings with and without.

pub mod change;
pub mod deeds;
pub mod merge;
mod recipe;
pub mod seen;
pub mod told;
pub mod update;

use crate::api::form::Forms;
use crate::api::{HeldStatus, PodStatus};
use crate::scenario::plan::{Plan, TemplateIx};

pub use change::{Asked, Played};
pub use deeds::Deeds;
pub use merge::Outgoing;
pub use seen::{Seen, Shape};
pub use told::{Told, Written};
pub use update::Update;

/// From so many replicas on a template is learned.
const MANY: u32 = 32;
/// No more than this is learned of each kind: whoever needs more has no replicas that are alike.
const MOST: usize = 1 << 16;

/// What has been learned in a run.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// By template.
    templates: Vec<bool>,
    forms: Forms,
    shapes: seen::Shapes,
    changes: change::Changes,
    merges: merge::Merges,
    differences: told::Differences,
    deeds: deeds::AllDeeds,
    updates: update::Updates,
}

impl Learned {
    pub fn new(plan: &Plan) -> Learned {
        Learned::from(plan, MANY)
    }
    /// Learns of templates with at least so many replicas.
    pub fn from(plan: &Plan, replicas: u32) -> Learned {
        Learned {
            templates: plan.templates.iter().map(|template| template.replicas >= replicas).collect(),
            ..Learned::default()
        }
    }

    /// A template that came while the run goes on.
    pub fn add_template(&mut self, many: bool) {
        self.templates.push(many);
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.merges.is_empty()
            && self.differences.is_empty()
            && self.deeds.is_empty()
            && self.shapes.is_empty()
            && self.updates.is_empty()
    }

    /// How many changes of a status are known.
    pub fn changes(&self) -> usize {
        self.changes.count()
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
