//! Two versions of Kubernetes side by side, with the same luck: a draw has its address in the scenario, so that what differs comes
//! of the versions' habits and gates, and not of other dice.

use std::sync::Arc;

use super::simulate;
use crate::compare::{self, How, Report, Side};
use crate::scenario::Plan;

/// With the same luck two gaps differ by what the versions do, and by no more than this where they do the same: writes that
/// one version makes and the other does not stand in each other's way. In microseconds.
pub const ALIKE: i64 = 50_000;

/// Lives of one scenario in two versions, one against the other.
///
/// # Errors
/// In words, where there is nothing to compare.
pub fn held(plans: &[Arc<Plan>; 2], seed: u64, how: &How) -> Result<Report, String> {
    let side = |plan: &Arc<Plan>| -> Result<Side, String> {
        compare::read(&simulate(plan, seed)?.timeline, &plan.gates)
    };
    Ok(how.report(&mut [side(&plans[0])?, side(&plans[1])?], &plans[0].gates))
}
