//! What the eviction subresource answers: whether a pod may go, and what that costs its budget.
//!
//! | pod | answer |
//! | --- | --- |
//! | not begun, ended, or being deleted | it goes, nobody is asked |
//! | under no budget | it goes |
//! | under two | 500 |
//! | not Ready, and its budget lets those go: always, or while it has what it wants | it goes, at no cost |
//! | else | it goes and costs one, or 429 |
//!
//! Source: `Create`, `checkAndDecrement`, `canIgnorePDB`, `shouldEnforceResourceVersion` in
//! pkg/registry/core/pod/storage/eviction.go (v1.36.3).

use crate::api::Phase;
use crate::api::disruption::{PodDisruptionBudget, UnhealthyPodEviction};
use crate::rules::controllers::disruption::{SYNC_FAILED, with_condition};
use crate::rules::versions::gates::Gates;
use crate::time::Time;

/// So many pods at a time may be let go and not yet deleted (`MaxDisruptedPodSize`).
const MOST_DISRUPTED: usize = 2000;

/// What is asked of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evicted {
    /// Its name, by which its budget remembers it.
    pub name: String,
    /// Its phase.
    pub phase: Phase,
    /// It is being deleted already.
    pub is_going: bool,
    /// It is Ready.
    pub ready: bool,
}

/// Why a pod stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Its HTTP status.
    pub code: u16,
    /// Its reason, where it has one.
    pub reason: &'static str,
    /// What kubectl prints.
    pub message: String,
    /// Why, in `details.causes`, which kubectl does not print.
    pub cause: Option<String>,
    /// `details.retryAfterSeconds`
    pub retry_after_seconds: u32,
}

impl Refused {
    fn too_many(cause: String, retry_after_seconds: u32) -> Refused {
        Refused {
            code: 429,
            reason: "TooManyRequests",
            message: "Cannot evict pod as it would violate the pod's disruption budget.".to_owned(),
            cause: Some(cause),
            retry_after_seconds,
        }
    }
    fn forbidden(budget: &PodDisruptionBudget, why: &str) -> Refused {
        let name = budget.meta.name;
        Refused {
            code: 403,
            reason: "Forbidden",
            message: format!("poddisruptionbudget.policy \"{name}\" is forbidden: {why}"),
            cause: None,
            retry_after_seconds: 0,
        }
    }
    /// As kubectl prints it.
    pub fn kubectl(&self) -> String {
        match self.reason {
            "" => format!("Error from server: {}", self.message),
            reason => format!("Error from server ({reason}): {}", self.message),
        }
    }
}

/// Whether nobody has to be asked (`canIgnorePDB`).
pub fn is_free(pod: &Evicted) -> bool {
    pod.is_going || matches!(pod.phase, Phase::Pending | Phase::Succeeded | Phase::Failed)
}

/// Whether a pod under these budgets may go; then its budget as it is to be written first, if it costs something.
///
/// # Errors
/// It stays.
pub fn may_go(
    pod: &Evicted,
    budgets: &[&PodDisruptionBudget],
    now: Time,
    gates: &Gates,
) -> Result<Option<PodDisruptionBudget>, Refused> {
    if is_free(pod) {
        return Ok(None);
    }
    let budget = match budgets {
        [] => return Ok(None),
        [budget] => *budget,
        _ => {
            return Err(Refused {
                code: 500,
                reason: "",
                message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
                    .to_owned(),
                cause: None,
                retry_after_seconds: 0,
            });
        }
    };
    let status = &budget.status;
    if !pod.ready {
        let has_enough = status.current_healthy >= status.desired_healthy && status.desired_healthy > 0;
        if budget.spec.unhealthy == UnhealthyPodEviction::AlwaysAllow || has_enough {
            return Ok(None);
        }
    }
    decremented(pod, budget, now, gates).map(Some)
}

/// `checkAndDecrement`
fn decremented(
    pod: &Evicted,
    budget: &PodDisruptionBudget,
    now: Time,
    gates: &Gates,
) -> Result<PodDisruptionBudget, Refused> {
    let (name, status) = (budget.meta.name, &budget.status);
    if status.observed_generation < budget.meta.generation {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(Refused::too_many(cause, 10));
    }
    if status.disruptions_allowed < 0 {
        return Err(Refused::forbidden(budget, "pdb disruptions allowed is negative"));
    }
    if status.disrupted_pods.len() > MOST_DISRUPTED {
        return Err(Refused::forbidden(
            budget,
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
        ));
    }
    if status.disruptions_allowed == 0 {
        return Err(Refused::too_many(why_none(budget, gates), 0));
    }
    let mut budget = budget.clone();
    budget.status.disruptions_allowed -= 1;
    budget.status.disrupted_pods.insert(pod.name.clone(), now.truncate_secs());
    if budget.status.disruptions_allowed == 0 {
        budget.status = with_condition(budget.status, now);
    }
    Ok(budget)
}

fn why_none(budget: &PodDisruptionBudget, gates: &Gates) -> String {
    let (name, status) = (budget.meta.name, &budget.status);
    let (desired, current) = (status.desired_healthy, status.current_healthy);
    let needs =
        format!("The disruption budget {name} needs {desired} healthy pods and has {current} currently");
    let said = status.conditions.first().filter(|one| !one.message.is_empty());
    let has_failed = said.is_some_and(|one| one.reason == SYNC_FAILED);
    if !gates.habits.says_why_budget_is_empty || (current <= desired && !has_failed) {
        return needs;
    }
    match said {
        Some(one) if one.reason == SYNC_FAILED => format!(
            "The disruption budget {name} does not allow evicting pods currently because it failed sync: {}",
            one.message
        ),
        Some(one) => format!(
            "The disruption budget {name} does not allow evicting pods currently ({}): {}",
            one.reason, one.message
        ),
        None => format!("The disruption budget {name} does not allow evicting pods currently"),
    }
}
