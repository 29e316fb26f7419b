//! `--set pod.web.spec.restartPolicy=Never`: values put into the tree before it is checked.
//!
//! A path follows the [`format`](super::format): tables by their keys, entries of a list by name (pods, nodes, images,
//! objects), by number, or `*` for all; a key with dots stands in quotes. Inside a pod's spec, containers and other named
//! things are found by name too. A value is read as TOML where it can be, and as plain text where text belongs.

use serde_json::Value as Json;

use super::Loader;
use super::diagnostic::{Code, Diagnostic, Diagnostics, OVERRIDE};
use super::format::{FILE, IMAGE, Kind, POD, Shape};
use super::tree::{self, Entry, Loc, Node, Table, Value};
use crate::rules::kubectl::manifest;

/// A step of a path, and where it stands.
struct Step {
    name: String,
    loc: Loc,
}

struct Setting<'a> {
    raw: &'a str,
    loc: Loc,
    loader: Loader<'a>,
}

/// Deeper than this nothing lies that an API server takes.
const DEEPEST: usize = 64;

/// Applies all of them, in order; what leads nowhere goes to `problems`.
pub fn apply(root: &mut Node, overrides: &[String], loader: Loader<'_>, problems: &mut Diagnostics) {
    for text in overrides {
        let source = problems.add_source(OVERRIDE, text.clone());
        if let Err(item) = one(root, source, text, loader) {
            problems.push(item);
        }
    }
}

fn one(root: &mut Node, source: u16, text: &str, loader: Loader<'_>) -> Result<(), Diagnostic> {
    let whole = Loc::new(source, 0..text.len());
    let refuse = |title: &str| {
        Diagnostic::new(Code::Override, whole, title)
            .label("expected KEY=VALUE, such as pod.web.spec.restartPolicy=Never")
    };
    let (mut steps, rest) = steps(source, text).ok_or_else(|| refuse("this path cannot be read"))?;
    whole_reference(&mut steps, source, text);
    let raw = text[rest..].strip_prefix('=').ok_or_else(|| refuse("there is no value here"))?;
    if steps.is_empty() {
        return Err(refuse("there is no key here"));
    }
    if let Some(step) = steps.get(DEEPEST) {
        return Err(no_way(step, &format!("a path has no more than {DEEPEST} steps")));
    }
    let setting = Setting { raw: raw.trim(), loc: Loc::new(source, rest + 1..text.len()), loader };
    put(root, Kind::Table(&FILE), &steps, &setting)
}

/// An image's reference has dots of its own, and is one step all the same: `image.registry.example/shop/web:2.1.pull`. It ends
/// before the first step that is a key of an image; in quotes whatever stands in it is part of it.
fn whole_reference(steps: &mut Vec<Step>, source: u16, text: &str) {
    let is_key = |step: &Step| IMAGE.key(&step.name).is_some();
    if steps.first().is_none_or(|first| first.name != IMAGE.name) {
        return;
    }
    let Some(end) = (2..steps.len()).find(|at| is_key(&steps[*at])) else { return };
    let (from, to) = (steps[1].loc.start as usize, steps[end - 1].loc.end as usize);
    let written = &text[from..to];
    if end > 2 && !written.starts_with(['"', '\'']) {
        let whole = Step { name: written.trim().to_owned(), loc: Loc::new(source, from..to) };
        steps.splice(1..end, [whole]);
    }
}

/// The steps before the `=`, and where that stands.
fn steps(source: u16, text: &str) -> Option<(Vec<Step>, usize)> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let (name, length) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let end = rest[1..].find(quote)?;
                (rest[1..=end].to_owned(), end + 2)
            }
            _ => {
                let end = rest.find(['.', '=', '[']).unwrap_or(rest.len());
                (rest[..end].trim().to_owned(), end)
            }
        };
        if name.is_empty() {
            return None;
        }
        steps.push(Step { name, loc: Loc::new(source, at..at + length) });
        at += length;
        while text[at..].starts_with('[') {
            let end = text[at..].find(']')?;
            let name = text[at + 1..at + end].trim().to_owned();
            steps.push(Step { name, loc: Loc::new(source, at + 1..at + end) });
            at += end + 1;
        }
        match text[at..].chars().next() {
            Some('.') => at += 1,
            _ => return Some((steps, at)),
        }
    }
}

fn put(node: &mut Node, kind: Kind, steps: &[Step], setting: &Setting<'_>) -> Result<(), Diagnostic> {
    let Some((step, below)) = steps.split_first() else {
        *node = leaf(kind, setting);
        return Ok(());
    };
    match kind {
        Kind::Table(shape) => {
            let Some(key) = shape.key(&step.name) else {
                return Err(Diagnostic::new(
                    Code::Override,
                    step.loc,
                    format!("there is no key `{}` in `{}`", step.name, shape.name),
                )
                .nearest(&step.name, shape.names()));
            };
            put(child(node, &step.name, key.kind, step.loc)?, key.kind, below, setting)
        }
        Kind::Map(of) => put(child(node, &step.name, *of, step.loc)?, *of, below, setting),
        Kind::List(of) => match of {
            Kind::Table(shape) => put_in_list(node, shape, step, below, setting),
            _ => {
                let items = match &mut node.value {
                    Value::Array(items) => items,
                    _ => return Err(no_way(step, "this is no list")),
                };
                let count = items.len();
                let item = step.name.parse::<usize>().ok().and_then(|i| items.get_mut(i));
                let item =
                    item.ok_or_else(|| no_way(step, &format!("the list has {count} entries, from 0")))?;
                put(item, *of, below, setting)
            }
        },
        Kind::PodSpec | Kind::Any | Kind::Patch => put_free(node, steps, setting),
        _ => Err(no_way(step, "what stands before it is a value and has no keys")),
    }
}

fn no_way(step: &Step, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Override, step.loc, format!("`{}` leads nowhere", step.name)).label(why)
}

fn empty(kind: Kind, loc: Loc) -> Node {
    let value = match kind {
        Kind::List(_) => Value::Array(Vec::new()),
        _ => Value::Table(Table::default()),
    };
    Node { loc, value }
}

/// The value of a key, made when it is not there.
fn child<'n>(node: &'n mut Node, name: &str, kind: Kind, loc: Loc) -> Result<&'n mut Node, Diagnostic> {
    let Value::Table(table) = &mut node.value else {
        return Err(Diagnostic::new(Code::Override, loc, format!("`{name}` leads nowhere"))
            .label("what stands before it is a value and has no keys"));
    };
    let at = match table.entries.iter().position(|e| e.key == name) {
        Some(at) => at,
        None => {
            table.entries.push(Entry { key: name.to_owned(), key_loc: loc, node: empty(kind, loc) });
            table.entries.len() - 1
        }
    };
    Ok(&mut table.entries[at].node)
}

fn put_in_list(
    node: &mut Node,
    shape: &'static Shape,
    step: &Step,
    below: &[Step],
    setting: &Setting<'_>,
) -> Result<(), Diagnostic> {
    let Value::Array(items) = &mut node.value else { return Err(no_way(step, "this is no list")) };
    let names: Vec<Vec<String>> = items.iter().map(|item| names_of(item, shape, setting.loader)).collect();
    let mut chosen: Vec<usize> = if step.name == "*" {
        (0..items.len()).collect()
    } else {
        (0..items.len()).filter(|i| names[*i].contains(&step.name)).collect()
    };
    if chosen.is_empty()
        && let Some(index) = step.name.parse::<usize>().ok().filter(|i| *i < items.len())
    {
        chosen.push(index);
    }
    // A node or an image that the file leaves to its default can be spoken of.
    let implied = (shape.name == "node" && items.is_empty() && step.name == "node") || shape.name == "image";
    if chosen.is_empty() && implied && step.name != "*" {
        let mut table = Table::default();
        table.set(shape.id, Node { loc: step.loc, value: Value::Text(step.name.clone()) });
        items.push(Node { loc: step.loc, value: Value::Table(table) });
        chosen.push(items.len() - 1);
    }
    if chosen.is_empty() {
        let item = Diagnostic::new(
            Code::Override,
            step.loc,
            format!("there is no [[{}]] `{}`", shape.name, step.name),
        );
        let mut all: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
        if shape.name == "node" && items.is_empty() {
            all.push("node");
        }
        return Err(if all.is_empty() && !items.is_empty() {
            item.hint(format!("by number: 0 to {}, or * for all", items.len() - 1))
        } else {
            item.nearest(&step.name, all)
        });
    }
    for index in chosen {
        put(&mut items[index], Kind::Table(shape), below, setting)?;
    }
    Ok(())
}

/// What an entry of a list may be called: its name, its manifest's stem, the pods in that manifest.
fn names_of(item: &Node, shape: &Shape, loader: Loader<'_>) -> Vec<String> {
    let Some(table) = item.table() else { return Vec::new() };
    let mut names: Vec<String> =
        table.get(shape.id).and_then(Node::text).map(str::to_owned).into_iter().collect();
    if shape.name == POD.name
        && let Some(path) = table.get("manifest").and_then(Node::text)
    {
        let file = path.rsplit('/').next().unwrap_or(path);
        names.push(file.split('.').next().unwrap_or(file).to_owned());
        let text = loader(path).unwrap_or_default();
        let (objects, _) = manifest::objects(&text);
        let pods = objects.iter().filter_map(|o| o.value.pointer("/metadata/name").and_then(Json::as_str));
        names.extend(pods.map(str::to_owned));
    }
    names
}

/// Lists of named things in a pod's spec.
const NAMED: [&str; 4] = ["containers", "initContainers", "ephemeralContainers", "volumes"];

fn put_free(node: &mut Node, steps: &[Step], setting: &Setting<'_>) -> Result<(), Diagnostic> {
    let Some((step, below)) = steps.split_first() else {
        *node = leaf(Kind::Any, setting);
        return Ok(());
    };
    match &mut node.value {
        Value::Table(_) => {
            let list = NAMED.contains(&step.name.as_str()) && !below.is_empty();
            let kind = if list { Kind::List(&Kind::Any) } else { Kind::Any };
            put_free(child(node, &step.name, kind, step.loc)?, below, setting)
        }
        Value::Array(items) => {
            let count = items.len();
            let by_name = items
                .iter()
                .position(|i| i.table().and_then(|t| t.get("name")).and_then(Node::text) == Some(&step.name));
            let index = by_name.or_else(|| step.name.parse::<usize>().ok().filter(|i| *i < count));
            let index = match index {
                Some(index) => index,
                None if step.name.parse::<usize>().is_ok() => {
                    return Err(no_way(step, &format!("the list has {count} entries, from 0")));
                }
                None => {
                    let mut table = Table::default();
                    table.set("name", Node { loc: step.loc, value: Value::Text(step.name.clone()) });
                    items.push(Node { loc: step.loc, value: Value::Table(table) });
                    count
                }
            };
            put_free(&mut items[index], below, setting)
        }
        _ => Err(no_way(step, "what stands before it is a value and has no keys")),
    }
}

/// The value, read as the key wants it.
fn leaf(kind: Kind, setting: &Setting<'_>) -> Node {
    let raw = setting.raw;
    let quoted = raw.starts_with(['"', '\'', '{', '[']);
    let plain = matches!(
        kind,
        Kind::Text
            | Kind::Word(_)
            | Kind::Duration
            | Kind::Period(_)
            | Kind::Instant
            | Kind::Distribution
            | Kind::Runs
            | Kind::OnTerm
            | Kind::Quantity
            | Kind::Threshold
            | Kind::Target(_)
    );
    let value =
        if plain && !quoted { None } else { tree::parse_value(setting.loc.source, raw).map(|n| n.value) };
    let mut node = Node { loc: setting.loc, value: value.unwrap_or_else(|| Value::Text(raw.to_owned())) };
    place(&mut node, setting.loc);
    node
}

/// Everything inside points at the whole value.
fn place(node: &mut Node, loc: Loc) {
    node.loc = loc;
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| place(item, loc)),
        Value::Table(table) => {
            for entry in &mut table.entries {
                entry.key_loc = loc;
                place(&mut entry.node, loc);
            }
        }
        _ => {}
    }
}
