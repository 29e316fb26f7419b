//! `kubelapse list` and `kubelapse schema`.

use super::{Exit, print};
use crate::scenario::{self, builtin};

pub fn list() -> Exit {
    let width = builtin::ALL.iter().map(|b| b.name.len()).max().unwrap_or(0) + 3;
    let mut topic = None;
    for scenario in builtin::ALL {
        if topic != Some(scenario.topic) {
            let gap = if topic.is_some() { "\n" } else { "" };
            print(&format!("{gap}{}\n", scenario.topic.title()));
            topic = Some(scenario.topic);
        }
        print(&format!("  {:width$}{}\n", scenario.name, scenario.description()));
    }
    Exit::Ran
}

pub fn schema() -> Exit {
    let text = serde_json::to_string_pretty(&scenario::schema()).unwrap_or_default();
    print(&format!("{text}\n"));
    Exit::Ran
}
