//! Lessons of somebody's own: scenarios with a `[lesson]`, in a folder and below it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::source::{self, Beside, Source};
use crate::cli::talk;
use crate::course::{Course, Lesson, Progress};
use crate::scenario::{self, builtin};

/// The lessons of a folder in the order of their files, and their scenarios in the same order.
///
/// # Errors
/// All that is wrong with its scenarios, as it is to be told.
pub fn lessons(folder: &Path, progress: Progress) -> Result<(Course, Vec<Source>), String> {
    let word = folder.display().to_string();
    let refuse = |problem: &str| format!("error: {problem}\n");
    if !folder.exists() {
        return Err(refuse(&format!(
            "{word}: there is no such folder (--from names one that holds scenarios)"
        )));
    }
    let (found, problems) = source::sources(std::slice::from_ref(&word), &Beside::default());
    if !problems.is_empty() {
        return Err(problems.iter().map(|problem| refuse(problem)).collect());
    }
    if found.iter().any(|source| source.around.is_some()) {
        return Err(refuse(&format!(
            "{word} holds manifests and no scenario: a lesson is a scenario with a [lesson]"
        )));
    }
    let (mut lessons, mut sources, mut problems) = (Vec::new(), Vec::new(), String::new());
    let mut silent = 0;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for source in found {
        let plan = match scenario::load(&source.label, &source.text, &|path| source.manifest(path), &[]) {
            Ok(plan) => plan,
            Err(told) => {
                problems.push_str(&told.render(false));
                continue;
            }
        };
        let Some(lesson) = Lesson::own(&plan) else {
            silent += 1;
            continue;
        };
        let name = &lesson.name;
        if builtin::find(name).is_some() {
            problems.push_str(&refuse(&format!(
                "{}: `{name}` is the name of a built-in scenario, and progress is kept by names: name = \"…\" gives it another",
                source.label
            )));
        }
        if let Some(other) = names.insert(name.clone(), source.label.clone()) {
            problems.push_str(&refuse(&format!(
                "{}: `{name}` is the name of {other} as well, and progress is kept by names: name = \"…\" gives it another",
                source.label
            )));
        }
        lessons.push(lesson);
        sources.push(source);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if lessons.is_empty() {
        return Err(refuse(&format!(
            "{word}: none of its scenarios has a [lesson] with a [[lesson.question]] (kubelapse new --from drafts one)"
        )));
    }
    if silent > 0 {
        let scenarios = if silent == 1 { "scenario has" } else { "scenarios have" };
        talk(&format!("note: {silent} {scenarios} no [lesson] that asks something\n"));
    }
    Ok((Course::own(format!("Lessons of {word}"), lessons, progress), sources))
}
