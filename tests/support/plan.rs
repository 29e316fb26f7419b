//! The plan of a scenario that a test has written itself, or that is shipped: it stands alone.

use std::sync::Arc;

use kubelapse::scenario::{self, Plan};

pub fn plan(text: &str) -> Arc<Plan> {
    let loaded = scenario::load("scenario.toml", text, &scenario::no_files, &[]);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false))))
}
