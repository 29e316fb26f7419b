//! What a client of the API has written, as `save` notes it: `write = "Secret/token"`, with the object in JSON.

use std::sync::Arc;

use serde_json::Value;

use super::{Context, tables, text};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::command::{Command, Write, Written};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::tree::{Node, Table};
use crate::time::Time;

/// What is written, as if it were applied: so that what comes of it can be named.
pub fn as_applied(write: Write, at: Time) -> Option<Arc<ApplyPlan>> {
    let is_it = |ty: &&ObjectType| ty.law().name == write.kind && ty.law().group == write.group;
    let kind = *ObjectType::ALL.iter().find(is_it)?;
    let mut value = write.object?;
    value["metadata"]["name"] = write.name.as_str().into();
    let object = AppliedObject { kind, value, file: Sym::EMPTY, line: 0 };
    Some(Arc::new(ApplyPlan {
        at,
        id: None,
        namespace: write.namespace,
        objects: vec![object],
        namespaces: Vec::new(),
        refused: Vec::new(),
        warned: Vec::new(),
    }))
}

/// The same of all that a file writes; what cannot be read is told when its action is.
pub fn known(table: &Table, at: Time) -> Vec<Arc<ApplyPlan>> {
    let all = tables(table, "action").into_iter().filter_map(|(_, entry)| {
        let (kind, name) = text(entry, "write")?.split_once('/')?;
        let object = serde_json::from_str(text(entry, "object")?).ok();
        let write = Write { below: String::new(), ..written(entry, (kind, name), object)? };
        as_applied(write, at)
    });
    all.collect()
}

/// None: it cannot be read, which is told.
pub fn read(target: &Node, entry: &Table, cx: &mut Context<'_>) -> Option<Command> {
    let Some((kind, name)) = target.text().and_then(|text| text.split_once('/')) else {
        let item = Diagnostic::new(Code::BadValue, target.loc, "this names no object");
        cx.report(item.label("expected KIND/NAME, such as \"Secret/token\""));
        return None;
    };
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
    let write = written(entry, (kind, name), object)?;
    Some(Command::Write { write: Arc::new(Written::of(&write)) })
}

/// The write that an entry says, of the object that it names.
fn written(entry: &Table, (kind, name): (&str, &str), object: Option<Value>) -> Option<Write> {
    let version = text(entry, "apiVersion")?;
    let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
    Some(Write {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        namespace: Sym::new(text(entry, "namespace").unwrap_or_default()),
        name: Sym::new(name),
        below: text(entry, "subresource").unwrap_or_default().to_owned(),
        object,
    })
}
