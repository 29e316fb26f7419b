//! Two versions of Kubernetes side by side, with the same luck: a draw has its address in the scenario, so that what differs comes
//! of the versions' habits and gates, and not of other dice.

use std::sync::Arc;

use super::simulate_while;
use crate::compare::{self, How, Report, Side};
use crate::scenario::Plan;
use crate::session::Progress;

/// With the same luck two gaps differ by what the versions do, and by no more than this where they do the same: writes that
/// one version makes and the other does not stand in each other's way. In microseconds.
pub const ALIKE: i64 = 50_000;

/// Lives of one scenario in two versions, one against the other; None where somebody wants it to stop.
///
/// # Errors
/// In words, where there is nothing to compare.
pub fn held(
    plans: &[Arc<Plan>; 2],
    seed: u64,
    how: &How,
    progress: &dyn Progress,
) -> Result<Option<Report>, String> {
    let side = |plan: &Arc<Plan>| -> Result<Option<Side>, String> {
        match simulate_while(plan, seed, progress)? {
            (_, true) => Ok(None),
            (tables, false) => compare::read(&tables.timeline, &plan.gates).map(Some),
        }
    };
    let (Some(old), Some(new)) = (side(&plans[0])?, side(&plans[1])?) else { return Ok(None) };
    Ok(Some(how.report(&mut [old, new], &plans[0].gates)))
}
