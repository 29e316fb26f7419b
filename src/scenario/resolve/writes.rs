//! What a client of the API has written, as `save` notes it: `write = "Secret/token"`, with the object in JSON.

use std::sync::Arc;

use serde_json::Value;

use super::{Context, text};
use crate::api::Sym;
use crate::scenario::command::{Command, Write};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::tree::{Node, Table};

/// None: it cannot be read, which is told.
pub fn read(target: &Node, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    let Some((kind, name)) = target.text().and_then(|text| text.split_once('/')) else {
        let item = Diagnostic::new(Code::BadValue, target.loc, "this names no object");
        cx.report(item.label("expected KIND/NAME, such as \"Secret/token\""));
        return None;
    };
    let (group, version) = text(entry, "apiVersion")?.rsplit_once('/').unwrap_or(("", text(entry, "apiVersion")?));
    let object = match entry.get("object") {
        None => None,
        Some(node) => match serde_json::from_str::<Value>(node.text()?) {
            Ok(object) if object.is_object() => Some(object),
            Ok(_) => {
                let item = Diagnostic::new(Code::BadValue, node.loc, "this is no JSON object");
                cx.report(item.label("expected \"{ … }\""));
                return None;
            }
            Err(problem) => {
                let item = Diagnostic::new(Code::BadValue, node.loc, format!("this is no JSON: {problem}"));
                cx.report(item.label("expected \"{ … }\""));
                return None;
            }
        },
    };
    let write = Write {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        namespace: Sym::new(text(entry, "namespace").unwrap_or_default()),
        name: Sym::new(name),
        below: text(entry, "subresource").unwrap_or_default().to_owned(),
        object,
    };
    Some(Command::Write { write: Arc::new(write) })
}
