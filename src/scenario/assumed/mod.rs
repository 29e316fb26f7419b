//! The scenario around manifests that come without one: what is assumed, as a text that a person could have written.
//!
//! All manifests are one `[[apply]]` at the start (those that others are a change of are a second one later), on nodes that have what the manifests ask for, with programs that behave
//! well. What is assumed is also told, each with the key that says otherwise. The surprise: it is a scenario like any other
//! from then on, so that overrides, digests and what is saved of it need nothing of their own.

mod cluster;
mod ending;
mod needs;
mod references;

use std::fmt::Write as _;

use super::manifest::is_template;
use super::tree::spelled;
use crate::rules::kubectl::manifest::{self, Document};
use cluster::{Cluster, list};
pub use references::of as referred;

/// Manifests, and what is said beside them.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What the scenario is called; None: as the first workload.
    pub name: Option<&'a str>,
    /// Paths and texts.
    pub files: &'a [(String, String)],
    /// What they are a change of, applied [`CHANGES_AT`] before them; empty: they come at the start.
    pub against: &'a [(String, String)],
    /// How many nodes; None: three, or as many as are needed.
    pub nodes: Option<u32>,
    /// Kinds that nobody plays, and whose pod templates are played all the same.
    pub templates_of: &'a [String],
}

/// The scenario around some manifests.
#[derive(Clone, Debug)]
pub struct Assumed {
    /// What it is called.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What was assumed, each with what says otherwise.
    pub told: Vec<String>,
}

/// Whether a text that comes without a name looks like a manifest, and not like a scenario.
pub fn is_manifest(text: &str) -> bool {
    text.trim_start().starts_with('{')
        || text.lines().any(|line| line.starts_with("apiVersion:") || line.starts_with("kind:"))
}

/// The scenario around some manifests.
///
/// # Errors
/// There is nothing in them, with the first reason why.
pub fn around(given: Given<'_>) -> Result<Assumed, String> {
    let (mut documents, mut wrong) = read(given.files);
    let (earlier, own_wrong) = read(given.against);
    wrong = wrong.or(own_wrong);
    // What can be there once is there as it is later on; of pods, room is made for those of before and those of after.
    let stays = |own: &Document| {
        let key = |of: &Document, at: &str| of.value.pointer(at).cloned();
        let is_same = |later: &Document| {
            ["/kind", "/metadata/namespace", "/metadata/name"].iter().all(|at| key(own, at) == key(later, at))
        };
        let is_one = ["Node", "PersistentVolume", "RuntimeClass", "Job", "CronJob"];
        !is_one.iter().any(|kind| own.value["kind"] == *kind) || !documents.iter().any(is_same)
    };
    let earlier: Vec<Document> = earlier.into_iter().filter(stays).collect();
    documents.extend(earlier);
    if documents.is_empty() {
        let files: Vec<&str> = given.files.iter().map(|(path, _)| path.as_str()).take(3).collect();
        return Err(match wrong {
            Some(why) if given.files.iter().any(|(_, text)| is_template(text)) => format!(
                "{why}; it looks like a template: `helm template CHART | kubelapse run -` fills it in"
            ),
            Some(why) => format!("{why}; no other document is there to be played"),
            None => format!(
                "{}: no Kubernetes object in it; what is wanted is YAML or JSON with apiVersion and kind",
                files.join(", ")
            ),
        });
    }
    let cluster = Cluster::of(&documents, given.templates_of);
    for kind in given.templates_of {
        cluster.has_kind(kind)?;
    }
    let name = given.name.map_or_else(|| cluster.name.clone(), str::to_owned);
    let name = file_name(&name);
    let mut told = Vec::new();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# What is assumed of manifests that come without a scenario.\nname = {}",
        spelled(&name)
    );
    let description = format!("What becomes of {}", cluster.words());
    let _ = writeln!(
        text,
        "description = {}\nuntil = \"{}\"\nuntilSettled = true",
        spelled(&description),
        if given.against.is_empty() { "1h" } else { "8h" }
    );
    cluster.nodes(given.nodes, &mut text, &mut told);
    cluster.objects(&mut text, &mut told);
    if !cluster.references.is_empty() {
        told.push(format!(
            "{} are there, with any key ([[object]] missing, keys)",
            list(&cluster.references)
        ));
    }
    cluster.programs(&mut text, &mut told);
    if cluster.has_kind(AUTOSCALER).is_ok() {
        told.push(format!("there is no metrics server: a {AUTOSCALER} keeps to its bounds ([[metric]])"));
    }
    match given.against {
        [] => apply(given.files, given, None, &mut text),
        against => {
            apply(against, given, None, &mut text);
            apply(given.files, given, Some(CHANGES_AT), &mut text);
        }
    }
    if !cluster.namespaces.is_empty() {
        told.push(format!("namespaces {} are there already", list(&cluster.namespaces)));
    }
    told.push("the run ends once nothing new happens, after 1h at most (--until)".to_owned());
    Ok(Assumed { name, text, told })
}

/// Reads manifests, with the first thing that is wrong in them.
fn read(files: &[(String, String)]) -> (Vec<Document>, Option<String>) {
    let (mut documents, mut wrong) = (Vec::new(), None);
    for (path, text) in files {
        let (own, problems) = manifest::objects(text);
        let first = problems.first().map(|why| match why.position {
            Some((line, column)) => format!("{path}:{line}:{column}: {}", why.message),
            None => format!("{path}: {}", why.message),
        });
        wrong = wrong.or(first);
        documents.extend(own);
    }
    (documents, wrong)
}

/// The first thing that is wrong in manifests as texts, with its place; None: all of them can be read, and there is something
/// in them.
pub fn wrong(files: &[(String, String)]) -> Option<String> {
    let (documents, wrong) = read(files);
    let first = files.first().filter(|_| documents.is_empty());
    wrong.or_else(|| first.map(|(path, _)| format!("{path}: no Kubernetes object in it")))
}

fn apply(files: &[(String, String)], given: Given<'_>, at: Option<&str>, text: &mut String) {
    let paths: Vec<String> = files.iter().map(|(path, _)| spelled(path)).collect();
    let _ = writeln!(text, "\n[[apply]]\nmanifest = [{}]\ncontinueOnError = true", paths.join(", "));
    if let Some(at) = at {
        let _ = writeln!(text, "at = \"{at}\"");
    }
    // A kind that one of them has alone is none of the other's.
    let has = |kind: &&String| at.is_none() || files.iter().any(|(_, text)| text.contains(kind.as_str()));
    let kinds: Vec<String> = given.templates_of.iter().filter(has).map(|kind| spelled(kind)).collect();
    if !kinds.is_empty() {
        let _ = writeln!(text, "templatesOf = [{}]", kinds.join(", "));
    }
}

/// When what was there before is changed: all of it stands by then, however long it boots.
pub const CHANGES_AT: &str = "4h";

/// Whatever it scales may have more pods than its manifest asks for.
const AUTOSCALER: &str = "HorizontalPodAutoscaler";

/// What a Job runs is assumed to run for so long.
pub const RUNS: &str = "10s";

/// Nodes that have what some manifests ask for, and classes that they name, as a text: what [`around`] assumes of them.
pub fn ground(documents: &[Document]) -> String {
    ground_seen(documents, [])
}

/// The same where pods were seen to run on these nodes.
pub fn ground_seen(documents: &[Document], nodes: impl IntoIterator<Item = String>) -> String {
    let mut cluster = Cluster::of(documents, &[]);
    cluster.have_seen(nodes);
    let (mut text, mut told) = (String::new(), Vec::new());
    cluster.nodes(None, &mut text, &mut told);
    cluster.runtimes(&mut text, &mut told);
    text
}

/// A name that a folder can have.
fn file_name(name: &str) -> String {
    let fits = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = name.chars().map(fits).take(100).collect();
    let name = name.trim_start_matches(['.', '-']).to_owned();
    if name.is_empty() { "manifests".to_owned() } else { name }
}
