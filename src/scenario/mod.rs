//! TOML (and manifests) in, a checked and immutable [`plan::Plan`] out.
//!
//! A text becomes a [`tree`] in which everything knows where it stands; overrides are put into it; the tree is checked
//! against the one table of the [`format`](mod@format); then it is resolved: manifests are read, defaulted and admitted,
//! names are looked up, instants become absolute. Problems are collected on the whole way and shown together, in file
//! order.
//!
//! Nothing here opens a file: manifests come through a loader.

pub(crate) mod admission;
pub mod applied;
pub mod assumed;
pub mod builtin;
mod check;
pub mod command;
pub mod diagnostic;
pub mod expected;
pub mod format;
pub mod given;
pub mod limits;
pub(crate) mod manifest;
pub mod memory;
pub mod metrics;
mod overrides;
pub mod plan;
pub mod programs;
mod refusals;
mod resolve;
mod schema;
pub mod start_error;
pub mod sweep;
pub(crate) mod tree;
pub(crate) mod values;
pub(crate) mod volumes;

use std::sync::Arc;

pub use command::{Action, Command};
pub use diagnostic::{Code, Diagnostic, Diagnostics};
pub use manifest::folder;
pub use plan::Plan;
pub use resolve::Earlier;
pub(crate) use resolve::volume_written;
pub use schema::schema;
pub use values::parse_duration;

/// Gives the text of a manifest by its path as the scenario writes it, or says why not.
pub type Loader<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// The loader of what stands alone: a scenario that names no manifests, an action.
///
/// # Errors
/// Always: there are no files.
pub fn no_files(path: &str) -> Result<String, String> {
    Err(format!("{path}: there are no files here"))
}

/// A plan, and what is odd about its file without keeping it from being run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What can be run.
    pub plan: Plan,
    /// What is odd, in file order; none of it is an error.
    pub warnings: Diagnostics,
}

/// Loads a scenario. `file` is how the file is called (its stem is the default name), `overrides` are `key=value` pairs
/// such as `pod.web.spec.restartPolicy=Never`.
///
/// # Errors
/// Every problem of the file, its manifests and the overrides, in file order.
pub fn load(file: &str, text: &str, loader: Loader<'_>, overrides: &[String]) -> Result<Plan, Diagnostics> {
    load_noting(file, text, loader, overrides).map(|loaded| loaded.plan)
}

/// As [`load`], keeping the warnings.
///
/// # Errors
/// As [`load`].
pub fn load_noting(
    file: &str,
    text: &str,
    loader: Loader<'_>,
    overrides: &[String],
) -> Result<Loaded, Diagnostics> {
    let mut problems = Diagnostics::default();
    let source = problems.add_source(file, text);
    let mut root = tree::parse(source, text, &mut problems);
    if problems.errors() > 0 {
        // What the parser guessed after a syntax error would only mislead.
        problems.sort();
        return Err(problems);
    }
    overrides::apply(&mut root, overrides, loader, &mut problems);
    check::file(&root, &mut problems);
    let plan = resolve::resolve(file, &root, loader, overrides, &mut problems);
    if problems.errors() == 0 {
        let refusals_with = |overrides: &[String]| refusals::with(file, text, loader, overrides);
        refusals::by_overrides(overrides, &refusals_with, &mut problems);
    }
    problems.sort();
    if problems.errors() > 0 { Err(problems) } else { Ok(Loaded { plan, warnings: problems }) }
}

/// Reads one more `[[action]]` for a plan that stands, by the rules by which a file's are read. `templates` are all that
/// pods are made of by now, `earlier` is what was done before; `loader` gives what it applies.
///
/// # Errors
/// Every problem of the text.
pub fn action<'a>(
    text: &str,
    plan: &'a Plan,
    templates: &'a [Arc<plan::PodTemplate>],
    earlier: &Earlier,
    loader: Loader<'a>,
) -> Result<Arc<Action>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let source = problems.add_source("the action", text);
    let root = tree::parse(source, text, &mut problems);
    let mut action = None;
    if problems.errors() == 0 {
        check::file(&root, &mut problems);
        action = resolve::action(&root, plan, templates, earlier, loader, &mut problems);
    }
    problems.sort();
    match action {
        Some(action) if problems.errors() == 0 => Ok(action),
        _ => Err(problems),
    }
}

/// The scenario with its overrides put in and `[[action]]`s added, spelled anew: a text that loads as the same plan without
/// the overrides.
pub fn merged(file: &str, text: &str, loader: Loader<'_>, overrides: &[String], actions: &str) -> String {
    let mut problems = Diagnostics::default();
    let source = problems.add_source(file, text);
    let mut root = tree::parse(source, text, &mut problems);
    overrides::apply(&mut root, overrides, loader, &mut problems);
    let source = problems.add_source("actions", actions);
    let added = tree::parse(source, actions, &mut problems);
    root.extend_list("action", added);
    root.to_toml()
}
