//! The plan of a scenario that a test has written itself, or that is shipped.

use std::sync::Arc;

use kubelapse::scenario::{self, Plan, builtin};

pub fn plan(text: &str) -> Arc<Plan> {
    let loaded = scenario::load("scenario.toml", text, &builtin::manifest, &[]);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false))))
}
