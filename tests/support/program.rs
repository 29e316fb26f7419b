//! The program is run on a test's desk, in a terminal of 100 columns.

use std::process::{Command, Output, Stdio};

use super::desk::Desk;

impl Desk {
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubelapse"));
        command.args(line.split_whitespace()).current_dir(&self.0).stdin(Stdio::null()).env("COLUMNS", "100");
        command
    }

    #[allow(dead_code, reason = "each test takes what it needs")]
    pub fn run(&self, line: &str) -> Output {
        self.command(line).output().expect("the program starts")
    }
}
