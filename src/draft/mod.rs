//! A scenario to start from: a blank one, one around a manifest, or a lesson out of what kubectl printed of an incident.
//!
//! Texts go in and a text comes out; nothing here opens a file. What a draft expects was seen in runs of it, so that its
//! test passes as it is written. Prose stands behind `# `; what one may switch on by taking the `#` away stands right
//! behind it.

mod blank;
mod found;
pub mod incident;
mod observed;
mod outline;
mod text;

pub use blank::blank;
pub use found::WORKLOADS;

use std::sync::Arc;

use crate::rules::api_server::admission::{Rejection, Request};
use crate::rules::api_server::objects::{self, AdmittedObject};
use crate::rules::kubectl::manifest::{self, ManifestError};
use crate::scenario::assumed;
use crate::scenario::tree::Loc;
use crate::scenario::{self, Code, Diagnostic, Diagnostics, Loaded, Plan};

/// A manifest that a draft is made from.
#[derive(Clone, Copy, Debug)]
pub struct Manifest<'a> {
    /// As the scenario will write it: relative to the scenario's file.
    pub path: &'a str,
    /// YAML or JSON, one document or several.
    pub text: &'a str,
}

/// A draft, and what there is to tell about it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The scenario's text.
    pub text: String,
    /// What is odd about the manifest without keeping it from being run.
    pub warnings: Diagnostics,
    /// What one should know before the first run.
    pub notes: Vec<String>,
    /// It has a lesson.
    pub is_lesson: bool,
}

/// Why there is no draft.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The text holds no pod that could be drafted; in words, with a hint.
    Words(String),
    /// The API server would refuse a pod: each problem with its place.
    Problems(Diagnostics),
}

/// A scenario around a manifest: what holds more than Pods is applied, Pods alone become pods of the scenario. `name` is the
/// scenario's.
///
/// # Errors
/// When the text is no manifest, holds no pod, or holds one that the API server would refuse.
pub fn from_manifest(name: &str, manifest: Manifest<'_>) -> Result<Draft, Refusal> {
    let objects = manifest::documents(manifest.text).map_err(|why| no_manifest(manifest, &why))?;
    let ground = assumed::ground(&objects);
    let found = found::found(manifest, objects).map_err(Refusal::Words)?;
    let body = text::body(name, manifest.path, &found, &ground);
    let Loaded { plan, warnings } = load(name, &body, manifest).map_err(Refusal::Problems)?;
    let refused = refused(&plan);
    if !refused.is_empty() {
        let words = format!("the API server refuses what `{}` holds:\n{}", manifest.path, refused.join("\n"));
        return Err(Refusal::Words(words));
    }
    let seen = observed::observe(&Arc::new(plan));
    Ok(Draft { text: body + &seen.expectations, warnings, notes: seen.notes, is_lesson: false })
}

fn no_manifest(of: Manifest<'_>, why: &ManifestError) -> Refusal {
    let mut problems = Diagnostics::default();
    let source = problems.add_source(of.path, of.text);
    let at = why.offset.unwrap_or(0).min(of.text.len());
    let title = format!("`{}` is no manifest", of.path);
    problems
        .push(Diagnostic::new(Code::Manifest, Loc::new(source, at..at), title).label(why.message.clone()));
    Refusal::Problems(problems)
}

/// What the API server would say of objects that are applied, and that it refuses.
fn refused(plan: &Plan) -> Vec<String> {
    let mut refused = Vec::new();
    for apply in &plan.applies {
        refused.extend(apply.refused.iter().cloned());
        for object in &apply.objects {
            let namespace = object.namespace(apply);
            let request = Request { gates: plan.gates, now: apply.at, namespace, suffix: "00000", uid: "" };
            match objects::create(&object.value, &request) {
                Ok(AdmittedObject { strict, .. }) if strict.is_empty() => {}
                Ok(AdmittedObject { kind, strict, .. }) => {
                    refused.push(
                        Rejection::Strict(kind.written_in(&object.value), strict).kubectl(&object.file),
                    );
                }
                Err(refusal) => refused.push(refusal.kubectl(&object.file)),
            }
        }
    }
    refused
}

fn load(name: &str, body: &str, manifest: Manifest<'_>) -> Result<Loaded, Diagnostics> {
    let loader = |path: &str| match path == manifest.path {
        true => Ok(manifest.text.to_owned()),
        false => Err("only one manifest was given".to_owned()),
    };
    scenario::load_noting(&format!("{name}.toml"), body, &loader, &[])
        .map_err(|problems| relocated(problems, manifest))
}

/// Problems of a spec that was written out of a workload's template stand in a text that nobody has seen: they are
/// shown in the manifest, where the field's name stands there only once.
fn relocated(mut problems: Diagnostics, manifest: Manifest<'_>) -> Diagnostics {
    let known = problems.sources.iter().position(|source| source.name == manifest.path);
    let own = match known.and_then(|at| u16::try_from(at).ok()) {
        Some(own) => own,
        None => problems.add_source(manifest.path, manifest.text),
    };
    let Some(body) = problems.sources.first_mut() else { return problems };
    body.name.push_str(" (not written)");
    let body = body.text.clone();
    for item in problems.items.iter_mut().filter(|item| item.loc.source == 0) {
        if let Some(key) = key_at(&body, item.loc)
            && let Some(span) = only_key(manifest.text, key)
        {
            item.loc = Loc::new(own, span);
        }
    }
    problems
}

/// The key that stands at a place of a TOML text, or the one whose value stands there.
fn key_at(text: &str, loc: Loc) -> Option<&str> {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let (before, here) = (text.get(..loc.start as usize)?, text.get(loc.start as usize..loc.end as usize)?);
    let after = text.get(loc.end as usize..)?.trim_start();
    if here.chars().all(bare) && (after.starts_with('=') || after.starts_with(']')) {
        return Some(here);
    }
    let before = before.trim_end().strip_suffix('=')?.trim_end();
    let from = before.rfind(|c| !bare(c)).map_or(0, |at| at + 1);
    before.get(from..).filter(|key| !key.is_empty())
}

/// Where a key stands in a manifest, if it stands there only once.
fn only_key(text: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let mut found = None;
    for (at, _) in text.match_indices(name).filter(|_| !name.is_empty()) {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].trim_start_matches(['"', '\'']).trim_start();
        let whole = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-');
        if whole && after.starts_with(':') {
            if found.is_some() {
                return None;
            }
            found = Some(at..at + name.len());
        }
    }
    found
}
