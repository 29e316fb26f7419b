//! A scenario of a test is walked through.

use std::sync::Arc;

use kubelapse::record::Transition;
use kubelapse::scenario::builtin;
use kubelapse::session::{Direction, Files, Move, Script, Stop, Walk};

pub fn walk_of(file: &str, text: &str, overrides: &[String]) -> Walk {
    walk_beside(file, text, overrides, builtin::manifest)
}

/// A scenario that has manifests beside it.
pub fn walk_beside(
    file: &str,
    text: &str,
    overrides: &[String],
    manifests: fn(&str) -> Result<String, String>,
) -> Walk {
    let (mut script, loaded) = Script::load(file, text, &manifests, overrides)
        .unwrap_or_else(|problems| panic!("{file}: {}", problems.render(false)));
    script.files = Files::new(manifests);
    let plan = Arc::new(loaded.plan);
    let seed = plan.seed;
    Walk::new(script, &plan, seed)
}

/// A shipped scenario without its lesson, whose questions would stop the walk.
pub fn shipped(name: &str) -> Walk {
    let found = builtin::find(name).expect("it is shipped");
    let text = found.text.split("\n[lesson]").next().unwrap_or_default();
    walk_of(&format!("{name}.toml"), text, &[])
}

/// To the end, past every question of a lesson.
pub fn run_out(walk: &mut Walk) {
    while walk.go(Direction::Forward, &Move::End) == Stop::Question {}
}

/// The bytes that a run writes.
pub fn bytes(rows: &[Transition], directory: &kubelapse::record::Directory) -> String {
    use kubelapse::record::{Ending, Sink as _};
    let mut out = Vec::new();
    let mut timeline = kubelapse::record::csv::Timeline::new(&mut out);
    timeline.begin(directory).expect("memory can be written to");
    timeline.batch(directory, rows).expect("memory can be written to");
    let ending =
        Ending { pods: &Arc::default(), at: directory.start, stands: directory.start, partial: false };
    timeline.end(directory, &ending).expect("memory can be written to");
    drop(timeline);
    assert!(out.len() > 100, "something was written");
    String::from_utf8(out).expect("a timeline is text")
}
