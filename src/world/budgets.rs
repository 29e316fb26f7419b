//! PodDisruptionBudgets as a run keeps them, and what their controller has heard of the pods under each.

use std::collections::BTreeMap;

use super::held::{Held, Stored};
use super::workloads::{BudgetId, ObjectKey, Workloads};
use super::{Pod, PodId};
use crate::api::Meta;
use crate::api::disruption::PodDisruptionBudget;
use crate::api::wire_disruption as wire;
use crate::api::workload::WorkloadCondition;
use crate::record::Figures;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::scheduler::placement::selector::{Selector, labels};
use serde_json::Value;

/// What stands beside a budget.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The pods that it selects.
    pub selector: Selector,
    /// Who the pods are that it has let go, by name.
    pub let_go: BTreeMap<String, PodId>,
}

impl Stored for PodDisruptionBudget {
    type Id = BudgetId;
    type Beside = Guard;

    fn object_type(&self) -> ObjectType {
        ObjectType::PodDisruptionBudget
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn read(value: &Value) -> PodDisruptionBudget {
        wire::pod_disruption_budget(value)
    }
    fn print(&self) -> Value {
        wire::pod_disruption_budget_value(self)
    }
    fn respecify(&mut self, new: PodDisruptionBudget) {
        self.spec = new.spec;
    }
    fn is_new(&self, before: &PodDisruptionBudget) -> bool {
        self.spec != before.spec
    }
    fn beside(&self) -> Guard {
        Guard { selector: Selector::compile(self.spec.selector.as_deref()), let_go: BTreeMap::new() }
    }
    fn follow(held: &mut Held<PodDisruptionBudget>, before: Option<&PodDisruptionBudget>) {
        let own = &held.object;
        if before.is_some_and(|before| before.spec.selector != own.spec.selector) {
            held.beside.selector = Selector::compile(own.spec.selector.as_deref());
        }
        held.beside.let_go.retain(|name, _| own.status.disrupted_pods.contains_key(name));
    }
    fn index(all: &mut Workloads, id: BudgetId, before: Option<&PodDisruptionBudget>) {
        let own = &all.budgets[id.ix()].object;
        if before.is_none_or(|before| before.spec.selector != own.spec.selector)
            && let Some(selector) = &own.spec.selector
        {
            all.budgets_by_label.put(id, own.meta.namespace, &selector.match_labels);
        }
    }
    fn figures(&self, _: &Guard) -> Option<Figures> {
        Some(Figures::of_budget(self))
    }
    fn conditions(&self) -> &[WorkloadCondition] {
        &self.status.conditions
    }
}

impl Workloads {
    /// The budgets over a pod.
    pub fn budgets_over(&self, p: &Pod) -> Vec<BudgetId> {
        let mut over = self.budgets_by_label.of(p.ident.namespace, &p.labels);
        if over.is_empty() {
            return over;
        }
        let own = labels(&p.labels);
        over.retain(|id| {
            let held = &self.budgets[id.ix()];
            held.exists
                && held.object.meta.namespace == p.ident.namespace
                && held.beside.selector.matches(&own)
        });
        over
    }
}

/// Whose a pod is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Boss {
    /// Nobody controls it.
    Nobody,
    /// Somebody of whom a run knows nothing.
    Stranger,
    /// An object of the run.
    Known(ObjectKey),
}

/// What the disruption controller asks of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// It is Ready.
    pub ready: bool,
    /// It is being deleted.
    pub is_going: bool,
    /// Who controls it.
    pub boss: Boss,
    /// How often its labels were changed.
    pub changes: u32,
}

impl Seen {
    fn is_healthy(self) -> bool {
        self.ready && !self.is_going
    }
}

/// What the disruption controller has heard.
#[derive(Clone, Debug, Default)]
pub struct Disruption {
    /// By pod: as it last heard of it; None: it is not there.
    pub heard: Vec<Option<Seen>>,
    /// By pod: each news of it makes the controller say something.
    pub nags: Vec<bool>,
    /// By budget.
    pub under: Vec<Under>,
}

impl Disruption {
    /// As it last heard of a pod.
    pub fn of(&self, pod: PodId) -> Option<Seen> {
        self.heard.get(pod.ix()).copied().flatten()
    }
    /// It has heard of a pod.
    pub fn hear(&mut self, pod: PodId, seen: Option<Seen>) {
        if self.heard.len() <= pod.ix() {
            self.heard.resize(pod.ix() + 1, None);
            self.nags.resize(pod.ix() + 1, false);
        }
        self.heard[pod.ix()] = seen;
    }
    /// The pods under a budget.
    pub fn under(&mut self, id: BudgetId) -> &mut Under {
        if self.under.len() <= id.ix() {
            self.under.resize_with(id.ix() + 1, Under::default);
        }
        &mut self.under[id.ix()]
    }
}

/// The pods under one budget, as last heard, and what they come to.
#[derive(Clone, Debug, Default)]
pub struct Under {
    /// Each of them.
    pub pods: BTreeMap<PodId, Seen>,
    /// Those that are Ready and stay.
    pub healthy: i32,
    /// How many each has.
    pub bosses: BTreeMap<Boss, u32>,
    /// The generation of the budget that was last heard of; its selector may differ from the one before.
    pub generation: i64,
    /// All pods are to be looked at, because the budget is new or selects others.
    pub looks_around: bool,
}

impl Under {
    /// A pod is under the budget as this from now on, or no more.
    pub fn seat(&mut self, pod: PodId, seen: Option<Seen>) {
        let before = match seen {
            Some(seen) => self.pods.insert(pod, seen),
            None => self.pods.remove(&pod),
        };
        if let Some(before) = before {
            self.healthy -= i32::from(before.is_healthy());
            if let Some(count) = self.bosses.get_mut(&before.boss) {
                *count -= 1;
                if *count == 0 {
                    self.bosses.remove(&before.boss);
                }
            }
        }
        if let Some(now) = seen {
            self.healthy += i32::from(now.is_healthy());
            *self.bosses.entry(now.boss).or_default() += 1;
        }
    }
}
