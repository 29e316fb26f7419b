//! Numbers into a scenario's text, in which comments, order and spaces stay as they are.

use std::collections::BTreeMap;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

use super::filling::{self, fill, set};
use super::{About, Fitted, Lived, Program, Row};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::plan::AttemptsOf;
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
    of_programs(&mut document, &programs(fitted), &mut notes)?;
    Ok((document.to_string(), notes))
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

/// A program with all that is known of it.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Which.
    pub program: &'a Program,
    /// What it did.
    pub lived: &'a Lived,
    fitted: &'a Fitted,
}

impl Known<'_> {
    /// Its numbers.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        let is_it = |row: &&Row| matches!(&row.about, About::Program(own) if own == self.program);
        self.fitted.rows.iter().filter(is_it)
    }

    /// Not one of its starts reached the end of its boot.
    pub fn never_boots(&self) -> bool {
        let boots = self.lived.all().boots;
        !boots.is_empty() && !self.rows().any(|row| row.key == "boots")
    }

    /// The scenario says the same of both.
    fn is_like(&self, other: &Known<'_>) -> bool {
        let said = |own: &Known<'_>| -> Vec<(String, String)> {
            own.rows().map(|row| (row.place(), row.value.clone())).collect()
        };
        said(self) == said(other) && self.never_boots() == other.never_boots()
    }
}

/// Each program of which something is known, those of a workload first: the first that fits counts.
fn programs(fitted: &Fitted) -> Vec<Known<'_>> {
    let all = fitted.lived.iter().map(|(program, lived)| Known { program, lived, fitted });
    let mut all: Vec<Known<'_>> =
        all.filter(|own| own.rows().next().is_some() || own.never_boots()).collect();
    all.sort_by_key(|own| own.program.workload.is_none());
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

/// Fills the table that speaks of a program, or makes one. Where it speaks of several that differ, each gets one of its own before it, which begins
/// as it is.
fn of_programs(document: &mut DocumentMut, all: &[Known<'_>], notes: &mut Vec<String>) -> Result<(), String> {
    let mut by_table: BTreeMap<Option<usize>, Vec<Known<'_>>> = BTreeMap::new();
    let tables = list(document, "program")?;
    for own in all {
        let place = tables.iter().position(|table| fits(table, own.program));
        by_table.entry(place).or_default().push(*own);
    }
    // From the last one on, so that places stay what they are.
    for (place, all) in by_table.iter().rev() {
        match place.and_then(|at| tables.get_mut(at)) {
            Some(table) if is_one(table, all) => fill(table, all, notes)?,
            found => {
                let begin = found.map(|table| table.clone());
                let mut made = all.iter().map(|own| {
                    let mut table = begin.clone().unwrap_or_default();
                    name(&mut table, own.program);
                    fill(&mut table, &[*own], notes).map(|()| table)
                });
                let made: Vec<Table> = made.by_ref().collect::<Result<_, String>>()?;
                match place {
                    Some(at) => made.into_iter().rev().for_each(|table| tables.insert(*at, table)),
                    None => made.into_iter().for_each(|table| tables.push(table)),
                }
            }
        }
    }
    if tables.is_empty() {
        document.remove("program");
    }
    Ok(())
}

/// Whether one table can speak of all of them: they are alike, or their starts are counted together there.
fn is_one(table: &Table, all: &[Known<'_>]) -> bool {
    all.windows(2).all(|two| two[0].is_like(&two[1])) || filling::attempts_of(table) != AttemptsOf::Container
}

/// Says of whom a table speaks.
fn name(table: &mut Table, program: &Program) {
    if let Some(workload) = workload(program) {
        table.insert("workload", toml_edit::value(workload));
    }
    table.insert("container", toml_edit::value(&program.container));
    table.insert("image", toml_edit::value(&program.image));
}
