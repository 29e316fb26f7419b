//! The scenario around manifests that come without one: what is assumed, as a text that a person could have written.
//!
//! All manifests are one `[[apply]]` at the start, on nodes that have what the manifests ask for, with programs that behave
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

/// Manifests, and what is said beside them.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What the scenario is called; None: as the first workload.
    pub name: Option<&'a str>,
    /// Paths and texts.
    pub files: &'a [(String, String)],
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

/// The scenario around some manifests.
///
/// # Errors
/// There is nothing in them, with the first reason why.
pub fn around(given: Given<'_>) -> Result<Assumed, String> {
    let mut documents = Vec::new();
    let mut wrong = None;
    for (path, text) in given.files {
        let (own, problems) = manifest::objects(text);
        let first = problems.first().map(|why| match why.position {
            Some((line, column)) => format!("{path}:{line}:{column}: {}", why.message),
            None => format!("{path}: {}", why.message),
        });
        wrong = wrong.or(first);
        documents.extend(own);
    }
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
    let _ = writeln!(text, "description = {}\nuntil = \"1h\"\nuntilSettled = true", spelled(&description));
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
    let paths: Vec<String> = given.files.iter().map(|(path, _)| spelled(path)).collect();
    let _ = writeln!(text, "\n[[apply]]\nmanifest = [{}]\ncontinueOnError = true", paths.join(", "));
    if !given.templates_of.is_empty() {
        let kinds: Vec<String> = given.templates_of.iter().map(|kind| spelled(kind)).collect();
        let _ = writeln!(text, "templatesOf = [{}]", kinds.join(", "));
    }
    if !cluster.namespaces.is_empty() {
        told.push(format!("namespaces {} are there already", list(&cluster.namespaces)));
    }
    told.push("the run ends once nothing new happens, after 1h at most (--until)".to_owned());
    Ok(Assumed { name, text, told })
}

/// Whatever it scales may have more pods than its manifest asks for.
const AUTOSCALER: &str = "HorizontalPodAutoscaler";

/// What a Job runs is assumed to run for so long.
pub const RUNS: &str = "10s";

/// Nodes that have what some manifests ask for, and classes that they name, as a text: what [`around`] assumes of them.
pub fn ground(documents: &[Document]) -> String {
    let cluster = Cluster::of(documents, &[]);
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
