//! A lesson out of what kubectl printed of an incident: its objects without what a cluster adds to them, played with a guess of
//! what their programs do; a story, a clue and questions from their states and events.
//!
//! Nothing is claimed that was not printed. What the cause is says the state that a pod was found in ([`cause`]), as
//! `kubelapse explain` reads it; where the run does not show what was printed, that is told and left to whoever writes the
//! lesson.

mod cause;
mod lesson;
mod printed;

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Draft, Manifest, Refusal, load, observed, refused};
use crate::explain;
use crate::rules::kubectl::manifest;
use crate::rules::kubectl::yaml;
use crate::scenario::Plan;
use crate::scenario::assumed;
use crate::scenario::tree::spelled;
use crate::session::Session;
use printed::Printed;

/// A lesson, and the manifest that its scenario refers to.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The scenario.
    pub draft: Draft,
    /// What stands in its manifest.
    pub manifest: String,
}

/// Whether a text is what kubectl printed of pods that something is wrong with, and not what somebody wrote to be applied.
pub fn is_one(text: &str) -> bool {
    let input = explain::read(text);
    input.subjects.iter().any(|subject| cause::of(&subject.pod).is_some())
}

/// A lesson from what kubectl printed. `name` is the scenario's, `from` what the text is called, `path` what the manifest will
/// be called beside the scenario.
///
/// # Errors
/// The text holds no pod that something is wrong with, or nothing that could be played.
pub fn lesson(name: &str, from: &str, path: &str, text: &str) -> Result<Lesson, Refusal> {
    let input = explain::read(text);
    let printed = Printed::of(text);
    let Some(lesson) = lesson::of(name, &input, &printed) else {
        return Err(Refusal::Words(format!(
            "nothing is wrong with the pods in `{from}`: a lesson needs one that waits, fails or is not ready"
        )));
    };
    let texts: Vec<String> = printed.objects.iter().map(yaml::print).collect();
    let manifest = texts.join("---\n");
    let own = Manifest { path, text: &manifest };
    let documents = manifest::documents(&manifest).map_err(|why| super::no_manifest(own, &why))?;
    let body =
        body(name, from, path, &printed, &assumed::ground_seen(&documents, printed.nodes.iter().cloned()));
    let loaded = load(name, &format!("{body}{lesson}"), own).map_err(Refusal::Problems)?;
    let against = refused(&loaded.plan);
    if !against.is_empty() {
        let words = format!("the API server refuses what `{from}` holds:\n{}", against.join("\n"));
        return Err(Refusal::Words(words));
    }
    let plan = Arc::new(loaded.plan);
    let seen = observed::observe(&plan);
    let mut notes = printed.notes.clone();
    notes.extend(differs(&plan, &input, &printed));
    let text = format!("{body}{}{lesson}", seen.expectations);
    Ok(Lesson { draft: Draft { text, notes, is_lesson: true, ..Draft::default() }, manifest })
}

/// All of the scenario but its expectations and its lesson.
fn body(name: &str, from: &str, path: &str, printed: &Printed, ground: &str) -> String {
    let mut text = format!(
        "# An incident as a lesson: the objects of {from}, and a guess of what their programs do.\n\
         # Read the story and the questions below as somebody who was not there, and write them anew where they say too\n\
         # little. Then: kubelapse test {name}.toml, and kubelapse learn --from {name}.toml\n\n\
         name        = {}\n\
         description = {}\n\
         kubernetes  = \"{}\"\n\
         until       = \"10m\"\n",
        spelled(name),
        spelled(&format!("what {from} shows")),
        super::blank::version(),
    );
    let _ = write!(text, "\n# Nodes with what the pods ask for.{ground}");
    for (reference, error) in &printed.images {
        let _ = write!(text, "\n[[image]]\nref   = {}\nerror = {}\n", spelled(reference), spelled(error));
    }
    for (kind, name) in &printed.missing {
        let _ =
            write!(text, "\n[[object]]\nkind    = \"{kind}\"\nname    = {}\nmissing = true\n", spelled(name));
    }
    let key = if printed.is_applied { "apply" } else { "pod" };
    let _ = write!(text, "\n[[{key}]]\nmanifest = {}\n", spelled(path));
    for program in &printed.programs {
        let _ = write!(
            text,
            "\n# As {}.\n[[program]]\ncontainer = {}\nimage     = {}\nattempts  = [{}]\n",
            program.why,
            spelled(&program.container),
            spelled(&program.image),
            program.attempts
        );
    }
    text.push_str(
        "\n# What `kubelapse test` holds the run against: seen in runs of it, and not in the incident.\n",
    );
    text
}

/// Pods that show something else in the run than in the incident, as far as both have them.
fn differs(plan: &Arc<Plan>, input: &explain::Input, printed: &Printed) -> Vec<String> {
    let mut session = Session::new(plan, plan.seed);
    while session.step().is_some() {
        session.world.outbox.clear();
    }
    let gates = &plan.gates;
    let mut notes = Vec::new();
    for subject in &input.subjects {
        let own = explain::explain(subject, lesson::now(input, printed), gates);
        let played = session.world.pods.iter().find(|p| p.exists && p.ident.name.to_string() == own.name);
        let Some(played) = played else { continue };
        let shown = played.shown.status.to_string();
        if cause::kind_of(&shown) != cause::kind_of(&own.kubectl.status) {
            notes.push(format!(
                "{} shows {} in the incident and {shown} at the end of the run: [[program]], [[image]], [[node]] say what is otherwise",
                own.name, own.kubectl.status
            ));
        }
    }
    notes
}
