//! DefaultPreemption: whose room a pod may take when there is none left.
//!
//! Source: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go,
//! pkg/scheduler/framework/preemption/preemption.go, pkg/scheduler/util/utils.go (`MoreImportantPod`),
//! pkg/scheduler/framework/runtime/framework.go (`RunPostFilterPlugins`), 1.36.2. The surprises: before preemption is
//! tried, DynamicResources (1.34 to 1.36) says that it has `no new claims to deallocate`, and where a pre-filter before
//! it said no it fails with `not found`; a pod whose victims are still going away waits.

use super::cluster::{NodeInfo, NodeIx, PodIx};
use super::cycle::{Code, Cycle, States};
use super::fit_error::{count, fit_error};
use super::request::RequestId;
use super::selector::Selector;
use super::{Reason, Rejection};
use crate::api::Sym;
use crate::time::Time;

/// What preemption asks about pods.
pub trait PodFacts {
    /// `status.startTime`; now, if the kubelet has not set it.
    fn start_time(&self, pod: PodIx) -> Time;
    /// Whether its deletion has begun.
    fn is_deleted(&self, pod: PodIx) -> bool;
    /// Has condition DisruptionTarget for reason PreemptionByScheduler.
    fn is_preempted(&self, pod: PodIx) -> bool;
    /// PodDisruptionBudgets.
    fn budgets(&self) -> &[Budget];
}

/// A PodDisruptionBudget as it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Budget {
    /// Of the budget, and so of its pods.
    pub namespace: Sym,
    /// Its pods.
    pub selector: Selector,
    /// `status.disruptionsAllowed`
    pub allowed: i32,
    /// `status.disruptedPods`
    pub disrupted: Vec<PodIx>,
}

/// What becomes of `status.nominatedNodeName`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nomination {
    /// It stays as it is.
    Keep,
    /// It is emptied.
    Clear,
    /// It names this node.
    To(NodeIx),
}

/// What the attempt to make room came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum PostFilter {
    /// There was nothing to try on.
    #[default]
    NoNodes,
    /// DynamicResources found no state, since a pre-filter before its own said no.
    NotFound,
    NotEligible {
        why: &'static str,
        claims: bool,
    },
    NoCandidates {
        counts: Vec<(Reason, u32)>,
        claims: bool,
    },
    /// The victims, most important first.
    Found {
        node: NodeIx,
        victims: Vec<PodIx>,
        /// What 1.37 says of it; empty before.
        words: String,
    },
}

impl PostFilter {
    pub fn message(&self, all_nodes: usize) -> String {
        let before = |claims: &bool| if *claims { "no new claims to deallocate, " } else { "" };
        match self {
            PostFilter::NoNodes => String::new(),
            PostFilter::Found { words, .. } => words.clone(),
            PostFilter::NotFound => "not found".to_owned(),
            PostFilter::NotEligible { why, claims } => format!("{}preemption: {why}", before(claims)),
            PostFilter::NoCandidates { counts, claims } => {
                format!("{}preemption: {}", before(claims), fit_error(all_nodes, None, counts, ""))
            }
        }
    }
    pub fn nomination(&self) -> Nomination {
        match self {
            PostFilter::NoNodes | PostFilter::NoCandidates { .. } => Nomination::Clear,
            PostFilter::NotFound | PostFilter::NotEligible { .. } => Nomination::Keep,
            PostFilter::Found { node, .. } => Nomination::To(*node),
        }
    }
}

/// A node that would do, and at what price.
struct Choice {
    node: NodeIx,
    victims: Vec<(PodIx, i32)>,
    violations: usize,
}

/// `RunPostFilterPlugins`. `codes` are the filters' answers; None where no node was looked at.
pub(super) fn post_filter(
    cycle: &Cycle<'_>,
    codes: Option<&[Code]>,
    facts: &impl PodFacts,
    draw: &mut dyn FnMut(u64) -> u64,
) -> PostFilter {
    let gates = &cycle.cluster.gates;
    let claims = gates.dynamic_resource_allocation && !gates.habits.says_nothing_of_claims;
    if codes.is_none() && gates.dynamic_resource_allocation {
        return PostFilter::NotFound;
    }
    let code = |node: NodeIx| {
        let code = codes.and_then(|codes| codes.get(node as usize)).copied().unwrap_or_default();
        if code == Code::NotLookedAt { Code::Unresolvable } else { code }
    };
    if let Some(why) = not_eligible(cycle, code, facts) {
        return PostFilter::NotEligible { why, claims };
    }
    let potential: Vec<NodeIx> =
        cycle.cluster.order.iter().copied().filter(|node| code(*node) == Code::Unschedulable).collect();
    let mut counts = Vec::new();
    let mut choices = dry_run(cycle, &potential, facts, &mut counts, draw);
    if choices.is_empty() {
        let others = cycle.cluster.len() - potential.len();
        if others > 0 {
            count(&mut counts, Reason::NotHelpful, others as u32);
        }
        return PostFilter::NoCandidates { counts, claims };
    }
    let best = pick_one(&mut choices, facts, draw);
    let victims: Vec<PodIx> = best.victims.into_iter().map(|(pod, _)| pod).collect();
    let mut words = String::new();
    if gates.habits.says_where_preemption_succeeds
        && let Some(node) = cycle.cluster.node(best.node)
    {
        let (node, victims) = (node.name, victims.len());
        words = format!(
            "preemption: found a potential placement for pod on node {node}, preempting {victims} victims"
        );
    }
    PostFilter::Found { node: best.node, victims, words }
}

/// `PodEligibleToPreemptOthers`
fn not_eligible(
    cycle: &Cycle<'_>,
    code: impl Fn(NodeIx) -> Code,
    facts: &impl PodFacts,
) -> Option<&'static str> {
    if cycle.pod.never_preempts {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let node = cycle.candidate.nominated?;
    if code(node) == Code::Unresolvable {
        return None;
    }
    let info = cycle.cluster.node(node)?;
    let waits = info.pods.iter().zip(&info.pod_requests).any(|(pod, request)| {
        is_less_important(cycle, *request) && facts.is_deleted(*pod) && facts.is_preempted(*pod)
    });
    waits.then_some("not eligible due to a terminating pod on the nominated node.")
}

fn is_less_important(cycle: &Cycle<'_>, request: RequestId) -> bool {
    cycle.cluster.request(request).priority < cycle.pod.priority
}

/// `calculateNumCandidates`: a tenth of the nodes, at least a hundred.
fn candidates_to_find(nodes: usize) -> usize {
    (nodes / 10).max(100).min(nodes)
}

/// `DryRunPreemption`
fn dry_run(
    cycle: &Cycle<'_>,
    potential: &[NodeIx],
    facts: &impl PodFacts,
    counts: &mut Vec<(Reason, u32)>,
    draw: &mut dyn FnMut(u64) -> u64,
) -> Vec<Choice> {
    let enough = candidates_to_find(potential.len());
    let offset = if potential.len() > 1 { draw(potential.len() as u64) as usize } else { 0 };
    let (mut clean, mut violating) = (Vec::new(), Vec::new());
    let mut reasons = Vec::new();
    for at in 0..potential.len() {
        let node = potential[(offset + at) % potential.len()];
        reasons.clear();
        match select_victims(cycle, node, facts, &mut reasons) {
            Some(choice) => {
                (if choice.violations == 0 { &mut clean } else { &mut violating }).push(choice);
                if !clean.is_empty() && clean.len() + violating.len() >= enough {
                    break;
                }
            }
            None => {
                for reason in &reasons {
                    count(counts, *reason, 1);
                }
            }
        }
    }
    clean.append(&mut violating);
    clean
}

/// `SelectVictimsOnNode`: without all that are less important the pod must fit; then as many as possible are spared,
/// first those whose budget would be broken, the most important first.
fn select_victims(
    cycle: &Cycle<'_>,
    ix: NodeIx,
    facts: &impl PodFacts,
    reasons: &mut Vec<Reason>,
) -> Option<Choice> {
    let cluster = cycle.cluster;
    let original = &cluster.nodes[ix as usize];
    let mut potential: Vec<(PodIx, RequestId)> = original
        .pods
        .iter()
        .copied()
        .zip(original.pod_requests.iter().copied())
        .filter(|(_, request)| is_less_important(cycle, *request))
        .collect();
    if potential.is_empty() {
        reasons.push(Reason::NoVictims);
        return None;
    }
    let mut trial = Trial { cycle, ix, node: original.clone(), states: cycle.states.clone(), facts };
    for (pod, request) in &potential {
        trial.remove(*pod, *request);
    }
    if trial.fits(reasons).is_err() {
        return None;
    }
    let priority = |request: RequestId| cluster.request(request).priority;
    potential.sort_by_key(|(pod, request)| (std::cmp::Reverse(priority(*request)), facts.start_time(*pod)));
    let (violating, clean) = by_budget(cycle, &potential, facts);
    let mut victims = Vec::new();
    let mut violations = 0;
    let mut scratch = Vec::new();
    for (list, breaks_budget) in [(&violating, true), (&clean, false)] {
        for (pod, request) in list {
            trial.add(*pod, *request);
            scratch.clear();
            if trial.fits(&mut scratch).is_err() {
                trial.remove(*pod, *request);
                victims.push((*pod, priority(*request)));
                violations += usize::from(breaks_budget);
            }
        }
    }
    if victims.is_empty() {
        // Upstream calls this an error; the pod fits now, so the filters must have contradicted themselves.
        reasons.push(Reason::Other(Sym::new(&format!(
            "expected at least one victim pod on node \"{}\"",
            original.name
        ))));
        return None;
    }
    victims.sort_by_key(|(pod, priority)| (std::cmp::Reverse(*priority), facts.start_time(*pod)));
    Some(Choice { node: ix, victims, violations })
}

/// A node as it would be.
struct Trial<'a, F> {
    cycle: &'a Cycle<'a>,
    ix: NodeIx,
    node: NodeInfo,
    states: States,
    facts: &'a F,
}

impl<F: PodFacts> Trial<'_, F> {
    fn remove(&mut self, pod: PodIx, id: RequestId) {
        let cluster = self.cycle.cluster;
        let request = &cluster.requests[id.0 as usize];
        self.node.remove(pod, request, self.facts.is_deleted(pod));
        self.states.update(self.cycle.pod, request, &self.node, -1);
    }
    fn add(&mut self, pod: PodIx, id: RequestId) {
        let cluster = self.cycle.cluster;
        let request = &cluster.requests[id.0 as usize];
        self.node.add(pod, id, request, self.facts.is_deleted(pod));
        self.states.update(self.cycle.pod, request, &self.node, 1);
    }
    fn fits(&self, reasons: &mut Vec<Reason>) -> Result<(), Rejection> {
        self.cycle.fits_with(self.ix, &self.node, &self.states, reasons)
    }
}

type Pods = Vec<(PodIx, RequestId)>;

/// `filterPodsWithPDBViolation`: those whose budget would be broken, and the others.
fn by_budget(cycle: &Cycle<'_>, pods: &[(PodIx, RequestId)], facts: &impl PodFacts) -> (Pods, Pods) {
    let budgets = facts.budgets();
    let mut allowed: Vec<i32> = budgets.iter().map(|budget| budget.allowed).collect();
    pods.iter().partition(|(pod, request)| {
        let request = cycle.cluster.request(*request);
        let mut broken = false;
        for (budget, allowed) in budgets.iter().zip(&mut allowed) {
            let counts = !request.labels.is_empty()
                && budget.namespace == request.namespace
                && !budget.selector.is_empty()
                && budget.selector.matches(&request.labels)
                && !budget.disrupted.contains(pod);
            if counts {
                *allowed -= 1;
                broken |= *allowed < 0;
            }
        }
        broken
    })
}

/// `pickOneNodeForPreemption`: fewest broken budgets; then the least important victim at the top; then the smallest sum of
/// priorities; then fewest victims; then those that started last; then any.
fn pick_one(choices: &mut Vec<Choice>, facts: &impl PodFacts, draw: &mut dyn FnMut(u64) -> u64) -> Choice {
    let key = |choice: &Choice| {
        let top = choice.victims.iter().map(|(_, priority)| *priority).max().unwrap_or(i32::MIN);
        // Every priority counts as at least zero, so that more victims are never cheaper.
        let sum: i64 = choice.victims.iter().map(|(_, p)| i64::from(*p) + i64::from(i32::MAX) + 1).sum();
        let earliest = choice
            .victims
            .iter()
            .filter(|(_, priority)| *priority == top)
            .map(|(pod, _)| facts.start_time(*pod))
            .min()
            .unwrap_or(Time::FAR);
        (choice.violations, top, sum, choice.victims.len(), std::cmp::Reverse(earliest))
    };
    let best = choices.iter().map(key).min();
    let ties: Vec<usize> = (0..choices.len()).filter(|at| Some(key(&choices[*at])) == best).collect();
    let chosen = if ties.len() > 1 { ties[draw(ties.len() as u64) as usize] } else { ties[0] };
    choices.swap_remove(chosen)
}
