//! Numbers into a scenario's text, in which comments, order and spaces stay as they are.

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::{About, Fitted, Program, Row};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::programs::matches;

/// A text with the numbers in it, and what is to be known of it.
pub type Written = (String, Vec<String>);

/// Writes numbers into a scenario.
///
/// # Errors
/// In words: it is no TOML, or a table is something else.
pub fn into(text: &str, fitted: &Fitted) -> Result<Written, String> {
    let mut document: DocumentMut =
        text.parse().map_err(|problem: toml_edit::TomlError| problem.to_string())?;
    let mut notes = Vec::new();
    for row in &fitted.rows {
        match &row.about {
            About::Latency => {
                let table = document.entry("latency").or_insert_with(|| Item::Table(Table::new()));
                let table = table.as_table_like_mut().ok_or("`latency` is no table")?;
                set(table, row.key, &row.value)?;
            }
            About::Image(image) => of_image(&mut document, image, row)?,
            About::Program(_) => {}
        }
    }
    for (program, rows) in by_program(fitted) {
        of_program(&mut document, program, &rows, fitted, &mut notes)?;
    }
    Ok((document.to_string(), notes))
}

/// Sets a key; what stands around an old value stays around the new one.
fn set(table: &mut dyn toml_edit::TableLike, key: &str, value: &str) -> Result<(), String> {
    let mut value: Value = value.parse().map_err(|problem: toml_edit::TomlError| problem.to_string())?;
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
    Ok(())
}

/// The tables of a list, such as `[[image]]`.
fn list<'a>(document: &'a mut DocumentMut, key: &str) -> Result<&'a mut ArrayOfTables, String> {
    let item = document.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| format!("`{key}` is not written as [[{key}]]"))
}

fn of_image(document: &mut DocumentMut, image: &str, row: &Row) -> Result<(), String> {
    let images = list(document, "image")?;
    let is_it = |table: &Table| table.get("ref").and_then(Item::as_str) == Some(image);
    if let Some(own) = images.iter_mut().find(|table| is_it(table)) {
        // A size that somebody wrote is as good as the one that was told.
        return if row.key == "size" && own.contains_key("size") {
            Ok(())
        } else {
            set(own, row.key, &row.value)
        };
    }
    let mut table = Table::new();
    table.insert("ref", toml_edit::value(image));
    set(&mut table, row.key, &row.value)?;
    images.push(table);
    Ok(())
}

/// Each program with its rows.
fn by_program(fitted: &Fitted) -> Vec<(&Program, Vec<&Row>)> {
    let mut all: Vec<(&Program, Vec<&Row>)> = Vec::new();
    for row in &fitted.rows {
        let About::Program(program) = &row.about else { continue };
        match all.iter_mut().find(|(own, _)| *own == program) {
            Some((_, rows)) => rows.push(row),
            None => all.push((program, vec![row])),
        }
    }
    // Those of a workload first: the first that fits counts.
    all.sort_by_key(|(program, _)| program.workload.is_none());
    all
}

/// The workload as a scenario names it, if it can.
fn workload(program: &Program) -> Option<String> {
    let (kind, name) = program.workload.as_ref()?;
    let known = ObjectType::parse(&kind.to_lowercase()).filter(|kind| kind.law().has_pods)?;
    Some(format!("{}/{name}", known.key()))
}

/// Whether a `[[program]]` speaks of a program; what it says nothing of fits all.
fn fits(table: &Table, program: &Program) -> bool {
    let word = |key: &str| table.get(key).and_then(Item::as_str);
    word("image").is_none_or(|pattern| matches(pattern, &program.image))
        && word("container").is_none_or(|name| name == program.container)
        && word("workload").is_none_or(|own| workload(program).is_some_and(|name| matches(own, &name)))
        && !table.contains_key("revision")
        && !table.contains_key("index")
}

fn of_program(
    document: &mut DocumentMut,
    program: &Program,
    rows: &[&Row],
    fitted: &Fitted,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let programs = list(document, "program")?;
    let place = programs.iter().position(|table| fits(table, program));
    let others = by_program(fitted);
    let shared = |table: &Table| others.iter().filter(|(other, _)| fits(table, other)).count() > 1;
    if let Some(table) = place.and_then(|at| programs.get_mut(at))
        && !shared(table)
    {
        return fill(table, program, rows, notes);
    }
    let mut table = Table::new();
    if let Some(workload) = workload(program) {
        table.insert("workload", toml_edit::value(workload));
    }
    table.insert("container", toml_edit::value(&program.container));
    table.insert("image", toml_edit::value(&program.image));
    fill(&mut table, program, rows, notes)?;
    match place {
        Some(at) => programs.insert(at, table),
        None => programs.push(table),
    }
    Ok(())
}

/// What an attempt says of its end, as rows have it: those of all starts, and its own.
fn of_attempt(rows: &[&Row], attempt: usize) -> Vec<(&'static str, String)> {
    let mut keys = Vec::new();
    for row in rows.iter().filter(|row| row.attempt.is_none_or(|(own, _)| own == attempt)) {
        let killed = row.exits.iter().all(|(_, reason, _)| reason == "OOMKilled");
        match row.key {
            "exit" if killed => keys.push(("reason", "\"OOMKilled\"".to_owned())),
            "runs" | "exit" | "onTerm" => keys.push((row.key, row.value.clone())),
            _ => {}
        }
    }
    keys
}

fn fill(table: &mut Table, program: &Program, rows: &[&Row], notes: &mut Vec<String>) -> Result<(), String> {
    let boots = rows.iter().find(|row| row.key == "boots");
    if let Some(row) = boots {
        set(table, "boots", &row.value)?;
    }
    let many = rows.iter().filter_map(|row| row.attempt).map(|(_, many)| many).max().unwrap_or(1);
    let keys: Vec<_> = (0..many).map(|attempt| of_attempt(rows, attempt)).collect();
    let name = format!("{} of {}", program.container, program.image);
    let differ = format!("{name}: its attempts differ from start to start and stay as they are");
    if let Some(list) = table.get_mut("attempts").and_then(Item::as_array_of_tables_mut) {
        // The one that there is says of all starts what is not known of each.
        if list.len() == 1
            && let Some(first) = list.get(0).cloned()
        {
            (1..many).for_each(|_| list.push(first.clone()));
        }
        if list.len() != many {
            notes.push(differ);
            return Ok(());
        }
        for (attempt, keys) in list.iter_mut().zip(&keys) {
            attempt_of(attempt, keys, boots.is_some(), &name, notes)?;
        }
        return Ok(());
    }
    let attempts =
        table.entry("attempts").or_insert_with(|| Item::Value(Value::Array(toml_edit::Array::new())));
    let Some(list) = attempts.as_array_mut() else { return Err("`attempts` is no list".to_owned()) };
    if list.is_empty() && !keys.iter().all(Vec::is_empty) {
        list.push(InlineTable::new());
    }
    if list.is_empty() {
        table.remove("attempts");
        return Ok(());
    }
    if list.len() == 1 {
        let first = list.get(0).cloned();
        (1..many).for_each(|_| list.extend(first.clone()));
    }
    if list.len() != many {
        notes.push(differ);
        return Ok(());
    }
    for (attempt, keys) in list.iter_mut().zip(&keys) {
        if let Some(attempt) = attempt.as_inline_table_mut() {
            attempt_of(attempt, keys, boots.is_some(), &name, notes)?;
        }
    }
    Ok(())
}

fn attempt_of(
    attempt: &mut dyn toml_edit::TableLike,
    keys: &[(&'static str, String)],
    boots: bool,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    for (key, value) in keys {
        set(attempt, key, value)?;
    }
    for probe in ["startup", "readiness"] {
        // A scripted answer would count in place of `boots`.
        if boots && attempt.remove(probe).is_some() {
            notes.push(format!(
                "{name}: `boots` takes the place of what its attempt said of the {probe} probe"
            ));
        }
    }
    Ok(())
}
