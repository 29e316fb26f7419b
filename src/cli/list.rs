//! `kubelapse list` and `kubelapse schema`.

use super::{Exit, print};
use crate::scenario::{self, builtin};

pub fn list() -> Exit {
    let width = builtin::ALL.iter().map(|b| b.name.len()).max().unwrap_or(0) + 3;
    for scenario in builtin::ALL {
        print(&format!("{:width$}{}\n", scenario.name, scenario.about()));
    }
    Exit::Ran
}

pub fn schema() -> Exit {
    let text = serde_json::to_string_pretty(&scenario::schema()).unwrap_or_default();
    print(&format!("{text}\n"));
    Exit::Ran
}
