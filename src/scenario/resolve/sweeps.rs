//! `[[sweep]]` and `[[measure]]`.

use super::{Context, flag, tables, text};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::sweep::{Knob, OwnMeasure, SweepPlan, Take, range};
use crate::scenario::tree::{Node, Table, Value, parse_value, spelled};

/// All that a file says of its sweep.
pub fn sweep(table: &Table, cx: &mut Context<'_>) -> SweepPlan {
    let pairs = flag(table, "pairs").unwrap_or(false);
    SweepPlan { knobs: knobs(table, cx), pairs, measures: measures(table, cx) }
}

/// The keys that a sweep gives several values.
fn knobs(table: &Table, cx: &mut Context<'_>) -> Vec<Knob> {
    let mut knobs: Vec<Knob> = Vec::new();
    for (node, entry) in tables(table, "sweep") {
        let Some(key) = text(entry, "key") else { continue };
        let values = match (entry.get("values"), entry.get("from"), entry.get("to")) {
            (Some(list), None, None) => Ok(list.array().unwrap_or_default().iter().map(written).collect()),
            (None, Some(from), Some(to)) => {
                range(&plain(from), &plain(to), entry.get("step").map(plain).as_deref())
            }
            _ => Err("say either `values`, or `from` and `to`".to_owned()),
        };
        let values: Vec<String> = match values {
            Ok(values) if values.is_empty() => refused(node, "there are no values", cx),
            Ok(values) => values,
            Err(why) => refused(node, &why, cx),
        };
        knobs.push(Knob { key: key.to_owned(), values });
    }
    knobs
}

fn refused(node: &Node, why: &str, cx: &mut Context<'_>) -> Vec<String> {
    cx.report(Diagnostic::new(Code::BadValue, node.loc, format!("this `sweep` cannot be read: {why}")));
    Vec::new()
}

/// As `--set` takes it: a text that would be read as something else stands in quotes.
fn written(node: &Node) -> String {
    match &node.value {
        Value::Text(text) if parse_value(0, text).is_some() => spelled(text),
        _ => plain(node),
    }
}

fn plain(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.clone(),
        _ => node.inline(),
    }
}

/// What is measured of runs beside what every run has.
fn measures(table: &Table, cx: &mut Context<'_>) -> Vec<OwnMeasure> {
    let mut measures: Vec<OwnMeasure> = Vec::new();
    for (node, entry) in tables(table, "measure") {
        let own = |key: &str| text(entry, key).map(str::to_owned);
        let Some(name) = own("name") else { continue };
        let loc = entry.get("name").map_or(node.loc, |node| node.loc);
        if name.is_empty() || name.contains([',', ':', '=']) {
            let title = format!("`{name}` is no name of a measure");
            cx.report(Diagnostic::new(Code::BadValue, loc, title).label("without `,`, `:` and `=`"));
        }
        if measures.iter().any(|known| known.name == name) {
            let title = format!("there is a `measure` called `{name}` already");
            cx.report(Diagnostic::new(Code::Duplicate, loc, title));
        }
        measures.push(OwnMeasure {
            name,
            pod: own("pod"),
            workload: own("workload"),
            kind: own("kind"),
            object: own("object"),
            to: own("to"),
            reason: own("reason"),
            take: text(entry, "take").and_then(Take::parse).unwrap_or_default(),
        });
    }
    measures
}
