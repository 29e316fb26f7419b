//! Whose fault a refusal is: where the API server refuses what the same scenario without an override has it take, the override is
//! wrong, and nothing is played. What a file writes itself it may want to be refused; that is played, and warned of.
//!
//! What is said otherwise of the world around the manifests (`kubernetes`, `featureGates`, an `object` that is missing) is no such
//! fault: a refusal is its answer.

use std::collections::BTreeSet;

use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::resolve::REFUSAL;
use super::{Loader, check, overrides, resolve, tree};
use crate::rules::api_server::objects::ObjectType;

/// What the API server refuses of a scenario with some overrides, in its words.
pub fn with(file: &str, text: &str, loader: Loader<'_>, overrides: &[String]) -> BTreeSet<String> {
    let mut problems = Diagnostics::default();
    let source = problems.add_source(file, text);
    let mut root = tree::parse(source, text, &mut problems);
    overrides::apply(&mut root, overrides, loader, &mut problems);
    check::file(&root, &mut problems);
    resolve::resolve(file, &root, loader, overrides, &mut problems);
    of(&problems)
}

/// Makes errors of the refusals that come of an override, each where the first override stands with which it comes.
pub fn by_overrides(
    overrides: &[String],
    refusals_with: &dyn Fn(&[String]) -> BTreeSet<String>,
    problems: &mut Diagnostics,
) {
    let own = of(problems);
    let is_around = |text: &&String| !is_of_a_manifest(text);
    if own.is_empty() || overrides.iter().all(|text| !is_of_a_manifest(text)) {
        return;
    }
    let mut given: Vec<String> = overrides.iter().filter(is_around).cloned().collect();
    let mut told = refusals_with(&given);
    for (number, text) in overrides.iter().enumerate().filter(|(_, text)| is_of_a_manifest(text)) {
        given.push(text.clone());
        let now = refusals_with(&given);
        let at = problems.override_at(number);
        // What was refused already may be so in other words by now.
        let is_worse = now.len() > told.len();
        for words in now.difference(&told).filter(|words| is_worse && own.contains(*words)) {
            problems
                .items
                .retain(|item| item.code != Code::Refused || item.title != format!("{REFUSAL}{words}"));
            let title = format!("with this value the API server refuses the manifest: {words}");
            problems.push(Diagnostic::new(Code::Rejected, at, title));
        }
        told = now;
    }
}

/// Whether an override is of what a manifest says, and not of the world around it.
fn is_of_a_manifest(text: &str) -> bool {
    ObjectType::kept().any(|kind| {
        text.trim_start()
            .strip_prefix(kind.key())
            .is_some_and(|rest| rest.trim_start().starts_with(['.', '[']))
    })
}

fn of(problems: &Diagnostics) -> BTreeSet<String> {
    let refused = problems.items.iter().filter(|item| item.code == Code::Refused);
    refused.filter_map(|item| item.title.strip_prefix(REFUSAL)).map(str::to_owned).collect()
}
