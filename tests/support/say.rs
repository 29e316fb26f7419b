//! Conversations with the real binary.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a program said, and its exit code.
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
}

/// Says these lines to the program.
pub fn say(arguments: &[&str], lines: &str) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kubelapse"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that has refused its arguments reads nothing.
    let _ = program.stdin.take().expect("it has an input").write_all(lines.as_bytes());
    let output = program.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("it speaks text");
    Said { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
}
