//! Entries of lists that an override speaks of by name (`containers.web.image`): they have to be there.
//!
//! When a path is read, the entries that a manifest has are not known yet: its last steps make an entry of that name, and here, where
//! it is put over the manifest's, is seen whether there is one. Who wants one more writes the list in the file, or as a value.

use serde_json::Value as Json;

use super::{Context, pods};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::tree::{Node, Value};

/// Puts fields over those of a manifest; where they speak of an entry that is not there, that is told, and nothing is put.
pub fn put(base: &mut Json, over: &Node, cx: &mut Context<'_>) {
    if all_there(over, Some(base), cx) {
        pods::merge(base, over.to_json());
    }
}

/// Whether all entries that paths name are in the manifest, or written beside them; those that are not are told.
pub fn all_there(over: &Node, base: Option<&Json>, cx: &mut Context<'_>) -> bool {
    let Value::Table(table) = &over.value else { return true };
    let mut all = true;
    for entry in &table.entries {
        let below = base.and_then(|base| base.get(&entry.key));
        all &= match &entry.node.value {
            Value::Array(items) => in_list(&entry.key, items, below, cx),
            _ => all_there(&entry.node, below, cx),
        };
    }
    all
}

fn in_list(list: &str, items: &[Node], base: Option<&Json>, cx: &mut Context<'_>) -> bool {
    let based = base.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let name_of = |item: &Json| item.get("name").and_then(Json::as_str).map(str::to_owned);
    let mut known: Vec<String> = based.iter().filter_map(name_of).collect();
    let mut spoken_of = Vec::new();
    for item in items {
        let Some(name) = item.table().and_then(|item| item.get("name")) else { continue };
        match name.text() {
            Some(text) if cx.problems.is_step(name.loc) => spoken_of.push((text, name.loc)),
            Some(text) => known.push(text.to_owned()),
            None => {}
        }
    }
    let mut all = true;
    for (name, loc) in spoken_of {
        if !known.iter().any(|own| own == name) {
            let title = format!("there is no `{name}` in `{list}`");
            let item = Diagnostic::new(Code::Override, loc, title);
            cx.report(item.nearest(name, known.iter().map(String::as_str)));
            all = false;
        }
    }
    for item in items {
        let name = item.table().and_then(|item| item.get("name")).and_then(Node::text);
        let below = name.and_then(|name| based.iter().find(|own| own["name"] == name));
        all &= all_there(item, below, cx);
    }
    all
}
