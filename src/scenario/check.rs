//! A tree against the [`format`](super::format): every unknown key, wrong type, bad value and missing key is collected.

use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::format::{FILE, Key, Kind, Shape};
use super::tree::{Node, Value};
use super::values;

/// Checks a whole file.
pub fn file(root: &Node, problems: &mut Diagnostics) {
    shape(root, &FILE, problems);
}

fn shape(node: &Node, shape: &'static Shape, problems: &mut Diagnostics) {
    let Value::Table(table) = &node.value else {
        problems.push(wrong(node, &format!("a table of {}", shape.name)));
        return;
    };
    for entry in &table.entries {
        match shape.key(&entry.key) {
            Some(key) => value(&entry.node, key.kind, problems),
            None => {
                let place = if shape.id.is_empty() && shape.name == FILE.name {
                    "at the top level".to_owned()
                } else {
                    format!("in `{}`", shape.name)
                };
                problems.push(
                    Diagnostic::new(
                        Code::UnknownKey,
                        entry.key_loc,
                        format!("unknown key `{}` {place}", entry.key),
                    )
                    .label("not a key of this table")
                    .nearest(&entry.key, shape.names()),
                );
            }
        }
    }
    for key in shape.keys.iter().filter(|k| k.required && table.get(k.name).is_none()) {
        problems.push(missing(node, key, shape));
    }
}

fn missing(node: &Node, key: &Key, shape: &Shape) -> Diagnostic {
    Diagnostic::new(Code::MissingKey, node.loc, format!("`{}` is missing in this `{}`", key.name, shape.name))
        .label(key.doc)
}

pub(super) fn wrong(node: &Node, accepts: &str) -> Diagnostic {
    Diagnostic::new(Code::WrongType, node.loc, format!("{} does not belong here", node.value.type_name()))
        .label(format!("expected {accepts}"))
}

/// One value against its kind.
pub fn value(node: &Node, kind: Kind, problems: &mut Diagnostics) {
    let verdict = match kind {
        Kind::Text => text(node).map(drop),
        Kind::Bool => match &node.value {
            Value::Bool(_) => Ok(()),
            Value::Text(word) if word == "true" || word == "false" => {
                Err(wrong(node, "true or false").hint("without the quotes"))
            }
            _ => Err(wrong(node, "true or false")),
        },
        Kind::Integer(low, high) => integer(node, low, high),
        Kind::Seed => values::seed(node).map(drop),
        Kind::Chance => values::chance(node).map(drop),
        Kind::Duration | Kind::Instant => values::duration(node).map(drop),
        Kind::Period(zero_is_default) => values::period(node, zero_is_default).map(drop),
        Kind::Start => values::start(node).map(drop),
        Kind::Distribution => values::distribution(node).map(drop),
        Kind::Runs => values::runs(node).map(drop),
        Kind::Exit => values::exit(node).map(drop),
        Kind::OnTerm => values::on_term(node).map(drop),
        Kind::Signal => values::signal(node).map(drop),
        Kind::Quantity => values::quantity(node).map(drop),
        Kind::Threshold => threshold(node),
        Kind::Count => count(node),
        Kind::User if node.text().is_some_and(|user| !user.is_empty()) => Ok(()),
        Kind::User if node.integer().is_some_and(|user| user >= 0) => Ok(()),
        Kind::User => Err(wrong(node, "a name or a number")),
        Kind::Truth => truth(node).map(drop),
        Kind::Condition => values::condition(node).map(drop),
        Kind::Texts => values::texts(node).map(drop),
        Kind::Amount => values::amount(node).map(drop),
        Kind::Ready if node.text().is_some() => Ok(()),
        Kind::Ready => values::amount(node).map(drop),
        Kind::Word(words) => word(node, words),
        Kind::Target(nouns) => values::target(node, nouns).map(drop),
        Kind::List(of) => {
            match &node.value {
                Value::Array(items) => items.iter().for_each(|item| value(item, *of, problems)),
                Value::Table(_) if matches!(of, Kind::Table(_)) => {
                    let Kind::Table(shape) = of else { return };
                    problems.push(
                        wrong(node, "a list of tables")
                            .hint(format!("write [[{0}]] in place of [{0}]", shape.name)),
                    );
                }
                _ => problems.push(wrong(node, "a list")),
            }
            return;
        }
        Kind::Map(of) => {
            match &node.value {
                Value::Table(table) => table.entries.iter().for_each(|e| value(&e.node, *of, problems)),
                _ => problems.push(wrong(node, "a table")),
            }
            return;
        }
        Kind::Table(of) => {
            shape(node, of, problems);
            return;
        }
        Kind::Value => Ok(()),
        Kind::Patch => match &node.value {
            Value::Table(_) => Ok(()),
            Value::Text(text) => match serde_json::from_str::<serde_json::Value>(text) {
                Ok(patch) if patch.is_object() => Ok(()),
                Ok(_) => Err(wrong(node, "a JSON object")),
                Err(why) => Err(wrong(node, "a table, or a JSON object in a text").label(why.to_string())),
            },
            _ => Err(wrong(node, "a table, or a JSON object in a text")),
        },
        Kind::PodSpec | Kind::Any => match &node.value {
            Value::Table(_) => Ok(()),
            _ => Err(wrong(node, "a table")),
        },
    };
    if let Err(item) = verdict {
        problems.push(item);
    }
}

fn text(node: &Node) -> Result<&str, Diagnostic> {
    match &node.value {
        Value::Text(text) => Ok(text),
        Value::Integer(number) => Err(wrong(node, "a string").hint(format!("in quotes: \"{number}\""))),
        Value::Float(number) => Err(wrong(node, "a string").hint(format!("in quotes: \"{number}\""))),
        Value::Bool(value) => Err(wrong(node, "a string").hint(format!("in quotes: \"{value}\""))),
        _ => Err(wrong(node, "a string")),
    }
}

fn integer(node: &Node, low: i64, high: i64) -> Result<(), Diagnostic> {
    let accepts = match (low, high) {
        (i64::MIN, i64::MAX) => "a whole number".to_owned(),
        (low, i64::MAX) => format!("a whole number from {low} up"),
        _ => format!("a whole number from {low} to {high}"),
    };
    match &node.value {
        Value::Integer(number) if (low..=high).contains(number) => Ok(()),
        Value::Integer(number) => {
            Err(Diagnostic::new(Code::BadValue, node.loc, format!("{number} is out of range"))
                .label(format!("expected {accepts}")))
        }
        Value::Text(word) if word.parse::<i64>().is_ok() => {
            Err(wrong(node, &accepts).hint("without the quotes"))
        }
        _ => Err(wrong(node, &accepts)),
    }
}

fn word(node: &Node, words: &'static [&'static str]) -> Result<(), Diagnostic> {
    let accepts =
        || format!("expected {}", words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", "));
    let found = text(node)?;
    if words.contains(&found) {
        return Ok(());
    }
    let item =
        Diagnostic::new(Code::BadValue, node.loc, format!("`{found}` is not known here")).label(accepts());
    Err(match super::diagnostic::nearest(found, words) {
        Some(name) => item.hint(format!("did you mean `{name}`?")),
        None => item,
    })
}

fn truth(node: &Node) -> Result<crate::api::Tri, Diagnostic> {
    values::truth(node)
}

fn threshold(node: &Node) -> Result<(), Diagnostic> {
    match node.text().and_then(|t| t.strip_suffix('%')) {
        Some(percent) => match percent.parse::<f64>() {
            Ok(number) if (0.0..=100.0).contains(&number) => Ok(()),
            _ => Err(Diagnostic::new(Code::BadValue, node.loc, "this is no percentage")
                .label("expected 0% to 100%")),
        },
        None => values::quantity(node).map(drop),
    }
}

fn count(node: &Node) -> Result<(), Diagnostic> {
    let accepts = "a number of pods, or a percentage such as \"50%\"";
    match &node.value {
        Value::Integer(0..=2_147_483_647) => Ok(()),
        Value::Text(word) if word.strip_suffix('%').unwrap_or(word).parse::<u32>().is_ok() => Ok(()),
        Value::Integer(_) | Value::Text(_) => {
            Err(Diagnostic::new(Code::BadValue, node.loc, "this is no number of pods")
                .label(format!("expected {accepts}")))
        }
        _ => Err(wrong(node, accepts)),
    }
}
