//! What an audit tells, asked of the program on a desk.

use serde_json::Value;

use super::desk::Desk;

/// The exit code, stdout and stderr of a command.
pub fn run(desk: &Desk, line: &str) -> (Option<i32>, String, String) {
    let output = desk.run(line);
    let text = |bytes| String::from_utf8(bytes).expect("it speaks text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The exit code, and what is told of all workloads.
pub fn json(desk: &Desk, line: &str) -> (Option<i32>, Value) {
    let (code, out, err) = run(desk, &format!("{line} -o json"));
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    (code, told["workloads"].clone())
}

/// The ends of a figure.
pub fn figure(told: &Value, what: &str) -> (f64, f64) {
    let answers = told["answers"].as_array().expect("answers");
    let answer =
        answers.iter().find(|own| own["what"] == what).unwrap_or_else(|| panic!("no `{what}` in {told:#}"));
    let end = |end: &str| answer["figure"][end].as_f64().unwrap_or_else(|| panic!("no figure: {answer:#}"));
    (end("low"), end("high"))
}

/// A figure lies within two numbers.
pub fn within(told: &Value, what: &str, from: f64, to: f64) {
    let (low, high) = figure(told, what);
    assert!(low >= from && high <= to, "{what}: {low} to {high} is not within {from} and {to}");
}

/// A finding of a rank whose words hold a part.
pub fn finding<'a>(told: &'a Value, rank: &str, part: &str) -> &'a Value {
    let findings = told["findings"].as_array().expect("findings");
    let is_it =
        |own: &&Value| own["rank"] == rank && own["words"].as_str().is_some_and(|words| words.contains(part));
    findings.iter().find(is_it).unwrap_or_else(|| panic!("no {rank} `{part}` in {findings:#?}"))
}
