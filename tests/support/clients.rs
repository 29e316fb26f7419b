//! Programs of other people that some tests run: where one is not installed its test says so, and passes, unless the
//! environment has KUBELAPSE_DEMAND.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::process::Command;

/// Something is not installed.
pub fn missing(what: &str) {
    println!("{what} is not installed");
    assert!(std::env::var_os("KUBELAPSE_DEMAND").is_none(), "{what} is not installed");
}

pub fn has_promtool() -> bool {
    let found = Command::new("promtool").arg("--version").output().is_ok();
    if !found {
        missing("promtool");
    }
    found
}

/// A Python that has a module: the one of the path, or that which `KUBELAPSE_PYTHON` names.
pub fn python(module: &str) -> Option<String> {
    let named = std::env::var("KUBELAPSE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&named).args(["-c", &format!("import {module}")]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(named);
    }
    missing(&format!("Python with {module}"));
    None
}
