//! Names are names: of the scenario, whose results lie in a folder of that name, and of everything that the API server would
//! refuse under another one (staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go). Pods, and what manifests hold,
//! are asked about by the API server's own rules elsewhere.

use super::{Context, tables, text};
use crate::rules::api_server::validation::names;
use crate::rules::versions::habits::Habits;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::tree::{Loc, Node, Table};

/// So long may a scenario's name be: with what stands beside a file while it is written, it fits into a file's name.
const LONGEST: usize = 100;

/// Why a text is no name of a scenario.
///
/// # Errors
/// In words.
pub fn scenario(name: &str) -> Result<(), &'static str> {
    const WHAT: &str = "expected letters, digits, `-`, `_`, `.` and blanks, a letter or a digit first";
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '+');
    match name {
        name if name.contains(['/', '\\']) => Err("a name, not a path: `--out DIR` says where results go"),
        name if name.chars().count() > LONGEST => Err("expected no more than 100 characters"),
        name if !name.starts_with(char::is_alphanumeric) || name.ends_with([' ', '.']) => Err(WHAT),
        name if !name.chars().all(fits) => Err(WHAT),
        _ => Ok(()),
    }
}

/// The name of a scenario that says none: its file's, with a dash for what no name may hold.
pub fn of_file(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    if scenario(stem).is_ok() {
        return stem.to_owned();
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '+');
    let dashed: String = stem.chars().take(LONGEST).map(|c| if fits(c) { c } else { '-' }).collect();
    let name = dashed.trim_matches(|c: char| !c.is_alphanumeric());
    if name.is_empty() { "scenario".to_owned() } else { name.to_owned() }
}

/// A rule of the API server: what is wrong with a text.
type Rule = fn(&str, &Habits) -> Vec<String>;

fn label(text: &str, _: &Habits) -> Vec<String> {
    names::dns1123_label(text)
}
fn subdomain(text: &str, _: &Habits) -> Vec<String> {
    names::dns1123_subdomain(text)
}
/// `IsConfigMapKey`
fn data_key(text: &str, _: &Habits) -> Vec<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_dots = text == "." || text == ".." || text.starts_with("..");
    match text.len() {
        0 => vec!["a key is not empty".to_owned()],
        254.. => vec!["must be no more than 253 characters".to_owned()],
        _ if is_dots || !text.chars().all(fits) => {
            vec![
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.', and not begin with '..'"
                    .to_owned(),
            ]
        }
        _ => Vec::new(),
    }
}

/// Tells of every name in a file that is none.
pub fn check(table: &Table, cx: &mut Context<'_>) {
    if let Some(node) = table.get("name")
        && let Some(name) = node.text()
        && let Err(why) = scenario(name)
    {
        let title = format!("`{name}` is no name for a scenario");
        cx.report(Diagnostic::new(Code::BadValue, node.loc, title).label(why));
    }
    for (_, node) in tables(table, "node") {
        pairs(node.get("labels"), cx);
        for list in ["capacity", "allocatable", "devicePlugins"] {
            keys(node.get(list), "resource", names::label_key, cx);
        }
        taints(node, cx);
    }
    for (_, object) in tables(table, "object") {
        match text(object, "kind") {
            Some("HostPath") | None => {}
            Some(kind) => one(object.get("name"), &format!("name of a {kind}"), subdomain, cx),
        }
        one(object.get("namespace"), "namespace", label, cx);
        listed(object.get("keys"), "key of an object", data_key, cx);
        pairs(object.get("matchLabels"), cx);
    }
    for (_, apply) in tables(table, "apply") {
        one(apply.get("namespace"), "namespace", label, cx);
    }
    for (_, action) in tables(table, "action") {
        of_action(action, cx);
    }
}

fn of_action(action: &Table, cx: &mut Context<'_>) {
    one(action.get("namespace"), "namespace", label, cx);
    if action.get("debug").is_some() {
        one(action.get("container"), "name of a container", label, cx);
    }
    if action.get("setCondition").is_some() {
        one(action.get("type"), "type of a condition", names::label_key, cx);
    }
    if action.get("trigger").is_some() {
        one(action.get("name"), "name of a Job", subdomain, cx);
    }
    if let Some(node) = action.get("create")
        && let Some((kind, name)) = node.text().and_then(|target| target.split_once('/'))
        && kind != "HostPath"
    {
        told(name, node.loc, &format!("name of a {kind}"), subdomain, cx);
    }
    listed(action.get("keys"), "key of an object", data_key, cx);
    taints(action, cx);
    pairs(action.get("matchLabels"), cx);
    let Some(labels) = action.get("labels").and_then(Node::table) else { return };
    for entry in &labels.entries {
        let (key, is_set) = match entry.key.strip_suffix('-') {
            Some(key) => (key, false),
            None => (entry.key.as_str(), true),
        };
        told(key, entry.key_loc, "key of a label", names::label_key, cx);
        if let (true, Some(value)) = (is_set, entry.node.text()) {
            told(value, entry.node.loc, "value of a label", names::label_value, cx);
        }
    }
}

fn taints(table: &Table, cx: &mut Context<'_>) {
    for (_, taint) in tables(table, "taints") {
        one(taint.get("key"), "key of a taint", names::label_key, cx);
        one(taint.get("value"), "value of a taint", names::label_value, cx);
    }
}

/// Labels: keys and values.
fn pairs(node: Option<&Node>, cx: &mut Context<'_>) {
    keys(node, "key of a label", names::label_key, cx);
    for entry in node.and_then(Node::table).map_or(&[][..], |table| &table.entries) {
        one(Some(&entry.node), "value of a label", names::label_value, cx);
    }
}

fn keys(node: Option<&Node>, what: &str, rule: Rule, cx: &mut Context<'_>) {
    for entry in node.and_then(Node::table).map_or(&[][..], |table| &table.entries) {
        told(&entry.key, entry.key_loc, what, rule, cx);
    }
}

fn listed(node: Option<&Node>, what: &str, rule: Rule, cx: &mut Context<'_>) {
    for item in node.and_then(Node::array).unwrap_or_default() {
        one(Some(item), what, rule, cx);
    }
}

fn one(node: Option<&Node>, what: &str, rule: Rule, cx: &mut Context<'_>) {
    if let Some(node) = node
        && let Some(text) = node.text()
    {
        told(text, node.loc, what, rule, cx);
    }
}

fn told(text: &str, loc: Loc, what: &str, rule: Rule, cx: &mut Context<'_>) {
    let why = rule(text, &cx.gates.habits);
    if !why.is_empty() {
        let title = format!("`{text}` is no {what}");
        cx.report(Diagnostic::new(Code::BadValue, loc, title).label(why.join("; ")));
    }
}
