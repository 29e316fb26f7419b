//! The documents of the manifests that `[[apply]]` names: each with its place, and by itself, so that one that cannot be
//! read is told and leaves the others alone where the scenario says so.

use serde_json::{Value as Json, json};

use super::applies::Sent;
use super::{Context, pods};
use crate::api::Sym;
use crate::engine::random;
use crate::rules::kubectl::manifest::{self, ManifestError};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::manifest::{files, is_template, templates_in};
use crate::scenario::tree::{Loc, Node};
use crate::scenario::values;

/// An object of a manifest, and where it stands.
pub struct Document {
    /// The object as it is written, with the places of its fields.
    pub written: manifest::Document,
    /// The manifest's name.
    pub file: Sym,
    /// Of the manifest's path in the scenario.
    pub loc: Loc,
    /// The manifest's text.
    pub source: u16,
}

impl Document {
    /// What stands at a path, where it is a text.
    pub fn field(&self, path: &str) -> &str {
        self.written.value.pointer(path).and_then(Json::as_str).unwrap_or_default()
    }
    /// Where it stands in its manifest: at its name, or its kind.
    pub fn place(&self) -> Loc {
        let found = ["metadata.name", "metadata.generateName", "kind", "apiVersion"]
            .iter()
            .filter(|path| self.written.value.pointer(&format!("/{}", path.replace('.', "/"))).is_some())
            .find_map(|path| self.written.locate(path));
        found.map_or(self.loc, |span| Loc::new(self.source, span))
    }
}

/// The documents of some paths, in the order of the files.
pub fn read(paths: &Node, sent: &mut Sent, cx: &mut Context<'_>) -> Vec<Document> {
    let mut all = Vec::new();
    for node in values::texts(paths).unwrap_or_default() {
        let Some(path) = node.text() else { continue };
        let text = match (cx.loader)(path) {
            Ok(text) => text,
            Err(why) => {
                cx.unsettled = true;
                cx.report(
                    Diagnostic::new(Code::Manifest, node.loc, format!("`{path}` cannot be read")).label(why),
                );
                continue;
            }
        };
        for (file, text) in files(path, &text) {
            of_file(&file, text, node.loc, &mut all, sent, cx);
        }
    }
    all
}

fn of_file(
    file: &str,
    text: String,
    loc: Loc,
    all: &mut Vec<Document>,
    sent: &mut Sent,
    cx: &mut Context<'_>,
) {
    let (objects, wrong) = manifest::objects(&text);
    let end = text.len();
    let source = cx.problems.add_source(file, text.clone());
    cx.texts.push(text);
    cx.unsettled |= !wrong.is_empty();
    if sent.goes_on {
        let hint = match cx.texts.last().is_some_and(|text| is_template(text)) {
            true => {
                "it looks like a template: `helm template CHART | kubelapse run -` fills it in; the rest is played"
            }
            false => "it is left out, and the rest is played",
        };
        for why in &wrong {
            let at = why.offset.unwrap_or(0).min(end);
            let item =
                Diagnostic::new(Code::Refused, Loc::new(source, at..at), "a document that is no manifest");
            cx.report(item.label(why.message.clone()).hint(hint));
            sent.plan.refused.push(parse_error(file, why));
        }
    } else if let Some(why) = wrong.first() {
        let title = format!("`{file}` is no manifest");
        cx.report(Diagnostic::new(Code::Manifest, loc, title).label(why.to_string()));
        return;
    }
    for written in objects {
        pods::twice(&written, source, cx);
        let mut document = Document { written, file: Sym::new(file), loc, source };
        name(&mut document, all.len());
        all.push(document);
    }
}

/// kubectl's words (staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go, `StreamVisitor.Visit`).
fn parse_error(file: &str, why: &ManifestError) -> String {
    let line = why.position.map_or(String::new(), |(line, _)| format!("line {line}: "));
    format!("error: error parsing {file}: error converting YAML to JSON: yaml: {line}{}", why.message)
}

/// A document that does not say what it is.
pub fn no_kind(document: &Document, key: &str, sent: &mut Sent, cx: &mut Context<'_>) {
    let title = format!("a document of `{}` has no {key}", document.file);
    if sent.goes_on {
        let item = Diagnostic::new(Code::Refused, document.place(), title);
        let line = document.written.line;
        cx.report(
            item.label(format!("the one that begins in line {line}"))
                .hint("it is left out, and the rest is played"),
        );
        let what = if key == "kind" { "Object 'Kind' is missing" } else { "Object 'apiVersion' is missing" };
        let (file, value) = (document.file, &document.written.value);
        sent.plan.refused.push(format!("error: unable to decode \"{file}\": {what} in '{value}'"));
        return;
    }
    let label = format!("the one that begins in line {}", document.written.line);
    cx.report(Diagnostic::new(Code::Manifest, document.loc, title).label(label));
}

/// A name for an object that is to get a generated one: five letters as the API server draws them
/// (staging/src/k8s.io/apiserver/pkg/storage/names/generate.go), but those of its place in its manifest, so that it keeps
/// its name whatever the seed.
fn name(document: &mut Document, number: usize) {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let (name, base) = (document.field("/metadata/name"), document.field("/metadata/generateName"));
    if !name.is_empty() || base.is_empty() {
        return;
    }
    // `maxGeneratedNameLength`
    let mut name: String = base.chars().take(58).collect();
    let mut hash = random::made_by(random::entity(&[&document.file, base]), number as u64);
    for _ in 0..5 {
        name.push(char::from(LETTERS[(hash % LETTERS.len() as u64) as usize]));
        hash /= LETTERS.len() as u64;
    }
    document.written.value["metadata"]["name"] = json!(name);
}

/// Whoever plays such kinds gives names to containers that have none.
fn named(spec: &mut Json) {
    let containers = spec.get_mut("containers").and_then(Json::as_array_mut);
    for (number, container) in containers.into_iter().flatten().enumerate() {
        if container.is_object() && container.get("name").is_none() {
            container["name"] = json!(format!("container-{number}"));
        }
    }
}

/// Each pod template of an object of whatever kind, as its pods: as many as `replicas` beside it says, else one.
pub fn pods_of(document: &Document) -> Vec<Document> {
    let templates = templates_in(&document.written.value);
    let (owner, several) = (document.field("/metadata/name").to_owned(), templates.len() > 1);
    let mut pods = Vec::new();
    for (number, (template, replicas)) in templates.into_iter().enumerate() {
        for replica in 0..replicas {
            let part = if several { format!("-{number}") } else { String::new() };
            let mut metadata =
                template.get("metadata").and_then(Json::as_object).cloned().unwrap_or_default();
            metadata.shift_remove("generateName");
            metadata.insert("name".to_owned(), json!(format!("{owner}{part}-{replica}")));
            if let Some(namespace) = document.written.value.pointer("/metadata/namespace") {
                metadata.insert("namespace".to_owned(), namespace.clone());
            }
            let mut spec = template.get("spec").cloned().unwrap_or_default();
            named(&mut spec);
            let mut written = document.written.clone();
            written.value = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec });
            pods.push(Document { written, file: document.file, loc: document.loc, source: document.source });
        }
    }
    pods
}
