//! The plan of a scenario that a test has written itself, or that is shipped: it stands alone.

use std::sync::Arc;

use kubelapse::scenario::{self, Plan};

pub fn plan(text: &str) -> Arc<Plan> {
    plan_beside(text, scenario::no_files)
}

/// Of a scenario that has manifests beside it.
pub fn plan_beside(text: &str, manifests: fn(&str) -> Result<String, String>) -> Arc<Plan> {
    let loaded = scenario::load("scenario.toml", text, &manifests, &[]);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false))))
}
