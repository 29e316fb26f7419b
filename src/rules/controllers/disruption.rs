//! What a PodDisruptionBudget comes to: how many pods it expects, how many of them are healthy, how many may go.
//!
//! | `spec` | expected | desired |
//! | --- | --- | --- |
//! | `minAvailable: 2` | pods that it selects, in whichever phase | 2 |
//! | `minAvailable: 50%` | `spec.replicas` of all their controllers | that share of it, rounded up |
//! | `maxUnavailable` | the same | what is left of it, a share rounded up before |
//!
//! Source: `trySync`, `getExpectedPodCount`, `buildDisruptedPodMap`, `updatePdbStatus`, `failSafe` in
//! pkg/controller/disruption/disruption.go; `UpdateDisruptionAllowedCondition`, `ConditionsAreUpToDate` in
//! staging/src/k8s.io/component-helpers/apps/poddisruptionbudget/helpers.go (v1.36.3).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::told::Told;
use crate::api::disruption::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use crate::api::meta::IntOrPercent;
use crate::api::spec::LabelSelector;
use crate::api::workload::WorkloadCondition;
use crate::api::{Sym, Tri};
use crate::time::{Span, Time};

/// Its one condition.
const ALLOWED: &str = "DisruptionAllowed";
/// The reason of a condition that says why nobody knows.
pub const SYNC_FAILED: &str = "SyncFailed";
/// After so long a pod that was let go and is still there counts again (`DeletionTimeout`).
pub const DELETION_TIMEOUT: Span = Span::from_secs(120);

/// The pods that a budget selects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Selected {
    /// All of them.
    pub pods: i32,
    /// Those that are Ready and not being deleted.
    pub healthy: i32,
    /// One of them has no controller.
    pub any_is_unmanaged: bool,
}

/// A pod that was let go, as it is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LetGo {
    /// It is Ready.
    pub ready: bool,
    /// It is being deleted.
    pub is_going: bool,
}

/// What one look at a budget comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Look {
    /// What is to be written; None: that stands there already.
    pub status: Option<PodDisruptionBudgetStatus>,
    /// Events about the budget, in order.
    pub events: Vec<Told>,
    /// Pods that were let go and are still there.
    pub not_deleted: Vec<String>,
    /// When to look again though there is no news.
    pub again: Option<Time>,
}

/// What a controller's scale is to a budget over its pods (`finders`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// It wants so many.
    Of(i32),
    /// Its kind, which the API names so, has none.
    NoneOf(&'static str),
    /// It is not there.
    Gone,
}

/// The sum of the scales of pods' controllers, each counted once; pods come with the controllers that they have.
///
/// # Errors
/// A controller has no scale, or is not there: the words of the condition.
pub fn expected_scale<K: Ord>(pods: impl Iterator<Item = (String, K, Scale)>) -> Result<i32, String> {
    let mut known = BTreeMap::new();
    for (pod, controller, scale) in pods {
        match scale {
            Scale::Of(replicas) => drop(known.insert(controller, replicas)),
            Scale::NoneOf(resource) => {
                return Err(format!("{resource} does not implement the scale subresource"));
            }
            Scale::Gone => return Err(format!("found no controllers for pod {pod:?}")),
        }
    }
    Ok(known.values().sum())
}

/// A look at a budget and its pods. `expected_scale` is asked where the budget goes by its pods' controllers; `let_go` says how a
/// pod of a name is, if the budget selects it.
pub fn look(
    budget: &PodDisruptionBudget,
    selected: Selected,
    expected_scale: impl FnOnce() -> Result<i32, String>,
    let_go: impl Fn(&str) -> Option<LetGo>,
    now: Time,
) -> Look {
    let mut look = Look { status: None, events: Vec::new(), not_deleted: Vec::new(), again: None };
    if selected.pods == 0 {
        look.events.push(Told::normal("NoPods", "No matching pods found".to_owned()));
    }
    let goes_by_scale = budget.spec.max_unavailable.is_some()
        || matches!(budget.spec.min_available, Some(IntOrPercent::Percent(_)));
    let scale = match goes_by_scale.then(expected_scale).transpose() {
        Ok(scale) => scale,
        Err(why) => {
            look.events.push(Told::warning(
                "CalculateExpectedPodCountFailed",
                format!("Failed to calculate the number of expected pods: {why}"),
            ));
            look.status = Some(failed(budget, &why, now));
            return look;
        }
    };
    if goes_by_scale && selected.any_is_unmanaged {
        look.events.push(unmanaged(budget.spec.selector.as_deref()));
    }
    let (expected, desired) = expected(budget, selected.pods, scale.unwrap_or_default());
    let mut healthy = selected.healthy;
    let mut disrupted = BTreeMap::new();
    for (pod, since) in &budget.status.disrupted_pods {
        let Some(LetGo { ready, is_going: false }) = let_go(pod) else { continue };
        let until = *since + DELETION_TIMEOUT;
        if until < now {
            look.not_deleted.push(pod.clone());
            continue;
        }
        look.again = Some(look.again.map_or(until, |again| again.min(until)));
        disrupted.insert(pod.clone(), *since);
        healthy -= i32::from(ready && until > now);
    }
    let status = PodDisruptionBudgetStatus {
        observed_generation: budget.meta.generation,
        disrupted_pods: disrupted,
        disruptions_allowed: if expected <= 0 { 0 } else { (healthy - desired).max(0) },
        current_healthy: healthy,
        desired_healthy: desired,
        expected_pods: expected,
        conditions: budget.status.conditions.clone(),
        condition_generation: budget.status.condition_generation,
    };
    if status != budget.status || !is_up_to_date(budget) {
        look.status = Some(with_condition(status, now));
    }
    look
}

/// How many pods there shall be, and how many of them healthy.
fn expected(budget: &PodDisruptionBudget, pods: i32, scale: i32) -> (i32, i32) {
    match (budget.spec.max_unavailable, budget.spec.min_available) {
        (Some(most), _) => (scale, (scale - most.of(scale, true)).max(0)),
        (None, Some(IntOrPercent::Int(least))) => (pods, least),
        (None, Some(least)) => (scale, least.of(scale, true)),
        (None, None) => (0, 0),
    }
}

fn is_up_to_date(budget: &PodDisruptionBudget) -> bool {
    let status = &budget.status;
    let Some(condition) = status.conditions.iter().find(|one| one.kind == ALLOWED) else { return false };
    let (is, reason) = says(status.disruptions_allowed);
    status.condition_generation == status.observed_generation
        && (condition.status, condition.reason.as_str()) == (Tri::from(is), reason)
}

/// What the condition says of so many.
fn says(allowed: i32) -> (bool, &'static str) {
    match allowed > 0 {
        true => (true, "SufficientPods"),
        false => (false, "InsufficientPods"),
    }
}

/// Its condition says what its number does.
pub fn with_condition(status: PodDisruptionBudgetStatus, now: Time) -> PodDisruptionBudgetStatus {
    let (is, reason) = says(status.disruptions_allowed);
    say(status, is, reason, "", now)
}

/// Nothing may go while nobody knows (`failSafe`).
fn failed(budget: &PodDisruptionBudget, why: &str, now: Time) -> PodDisruptionBudgetStatus {
    let status = PodDisruptionBudgetStatus { disruptions_allowed: 0, ..budget.status.clone() };
    say(status, false, SYNC_FAILED, why, now)
}

/// `SetStatusCondition`
fn say(
    mut status: PodDisruptionBudgetStatus,
    is: bool,
    reason: &str,
    message: &str,
    now: Time,
) -> PodDisruptionBudgetStatus {
    let is = Tri::from(is);
    let before = status.conditions.iter().find(|one| one.kind == ALLOWED);
    let since = before.filter(|one| one.status == is).and_then(|one| one.last_transition);
    let condition = WorkloadCondition {
        kind: Sym::new(ALLOWED),
        status: is,
        reason: Sym::new(reason),
        message: Sym::new(message),
        last_update: None,
        last_transition: Some(since.unwrap_or(now.truncate_secs())),
    };
    status.conditions.retain(|one| one.kind != ALLOWED);
    status.conditions.push(condition);
    status.condition_generation = status.observed_generation;
    status
}

/// Of a pod that was let go and is still there; upstream names the namespace twice, and not the budget.
pub fn not_deleted(namespace: Sym) -> Told {
    Told::warning(
        "NotDeleted",
        format!("Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't"),
    )
}

fn unmanaged(selector: Option<&LabelSelector>) -> Told {
    Told::warning(
        "UnmanagedPods",
        format!(
            "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a result, the status of \
             the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please \
             set \".spec.minAvailable\" field of the PDB to an integer value.",
            spelled(selector)
        ),
    )
}

/// A selector as Go prints it (`String` in staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/generated.pb.go).
fn spelled(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else { return "nil".to_owned() };
    let mut text = "&LabelSelector{MatchLabels:map[string]string{".to_owned();
    for (key, value) in &selector.match_labels {
        let _ = write!(text, "{key}: {value},");
    }
    text.push_str("},MatchExpressions:[]LabelSelectorRequirement{");
    for one in &selector.match_expressions {
        let _ = write!(
            text,
            "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
            one.key,
            one.operator,
            one.values.join(" ")
        );
    }
    text.push_str("},}");
    text
}
