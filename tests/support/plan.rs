//! The plan of a scenario that a test has written itself, or that is shipped.

use std::sync::Arc;

use kubelapse::scenario::{self, Plan, builtin};

pub fn plan(text: &str) -> Arc<Plan> {
    plan_beside(text, builtin::manifest)
}

/// Of a scenario that has manifests beside it.
pub fn plan_beside(text: &str, manifests: fn(&str) -> Result<String, String>) -> Arc<Plan> {
    let loaded = scenario::load("scenario.toml", text, &manifests, &[]);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false))))
}
