//! What was seen, into one `[[program]]` of a scenario: `boots`, and its list of attempts.
//!
//! A list of one attempt, or none, is that of all starts; it becomes as many as were told apart. A longer list is the scenario's own: it knows
//! that attempts differ and whose starts count (`attemptsOf`), so each is fitted by those starts alone, and what was not seen stays.
//!
//! `boots` is a program's. Where attempts differ in it, or where it never ended, the probe's answers say so, attempt by attempt.

use std::collections::BTreeMap;

use toml_edit::{Array, InlineTable, Item, Table, TableLike, Value};

use super::into::Known;
use super::lived::{Each, Lived, Program, alike};
use super::starts::{Start, together};
use super::{About, Family, Fit, Row, on_term, runs};
use crate::api::{ProbeKind, Sym};
use crate::scenario::plan::AttemptsOf;

/// Sets a key; what stands around an old value stays around the new one.
pub fn set(table: &mut dyn TableLike, key: &str, value: &str) -> Result<(), String> {
    let mut value: Value = value.parse().map_err(|problem: toml_edit::TomlError| problem.to_string())?;
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
    Ok(())
}

/// Whose starts a table counts.
pub fn attempts_of(table: &Table) -> AttemptsOf {
    match table.get("attemptsOf").and_then(Item::as_str) {
        Some("workload") => AttemptsOf::Workload,
        Some("index") => AttemptsOf::Index,
        Some("node") => AttemptsOf::Node,
        _ => AttemptsOf::Container,
    }
}

/// With whom a start is counted: those of a workload and a container, of an index or a node of it.
type Beside<'a> = (&'a Option<(String, String)>, &'a str, Option<u32>, Option<&'a str>);

/// The starts of programs by attempt, as `attemptsOf` counts them; the last of so many is that of all later ones, too.
fn counted(all: &[(&Program, &Lived)], of: AttemptsOf, many: usize) -> Vec<Start> {
    let mut each: Vec<(&Program, &Each)> =
        all.iter().flat_map(|(program, own)| own.each.iter().map(|each| (*program, each))).collect();
    each.sort_by_key(|(_, own)| (own.began, &own.pod, own.number));
    let mut next: BTreeMap<Beside<'_>, usize> = BTreeMap::new();
    let mut found = vec![Start::default(); many];
    for (program, own) in each {
        // A pod that belongs to nobody counts alone.
        let place = if of == AttemptsOf::Container || program.workload.is_none() {
            usize::try_from(own.number).unwrap_or(0)
        } else {
            let index = own.index.filter(|_| of == AttemptsOf::Index);
            let node = own.node.map(Sym::as_str).filter(|_| of == AttemptsOf::Node);
            let next = next.entry((&program.workload, &program.container, index, node)).or_default();
            *next += 1;
            *next - 1
        };
        if let Some(start) = found.get_mut(place.min(many.saturating_sub(1))) {
            start.add(&own.seen);
        }
    }
    found
}

/// What an attempt says from now on.
#[derive(Default)]
struct Said {
    keys: Vec<(&'static str, String)>,
    /// Answers of the probe that tells of the boot; None: `boots` says it, or nothing does.
    answers: Option<String>,
}

/// What becomes of a table.
struct Filling {
    boots: Option<String>,
    attempts: Vec<Said>,
    probe: &'static str,
    /// Of whom, for notes.
    name: String,
}

/// Fills a table with what is known of the programs that it speaks of.
pub fn fill(table: &mut Table, all: &[Known<'_>], notes: &mut Vec<String>) -> Result<(), String> {
    let Some(first) = all.first() else { return Ok(()) };
    let many = length(table);
    let filling = match many {
        0 | 1 if attempts_of(table) == AttemptsOf::Container => of_all(first),
        0 | 1 => of_list(all, attempts_of(table), 1),
        many => of_list(all, attempts_of(table), many),
    };
    if let Some(boots) = &filling.boots {
        set(table, "boots", boots)?;
    }
    write(table, &filling, notes)
}

fn length(table: &Table) -> usize {
    let Some(list) = table.get("attempts") else { return 0 };
    list.as_array_of_tables().map_or_else(|| list.as_array().map_or(0, Array::len), |list| list.len())
}

/// The keys that rows become.
fn keys<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<(&'static str, String)> {
    let mut keys = Vec::new();
    for row in rows {
        let killed = row.exits.iter().all(|(_, reason, _)| reason == "OOMKilled");
        match row.key {
            "exit" if killed => keys.push(("reason", "\"OOMKilled\"".to_owned())),
            "runs" | "exit" | "onTerm" => keys.push((row.key, row.value.clone())),
            _ => {}
        }
    }
    keys
}

/// Answers of a probe that fails so long; for ever, where nothing is said.
fn answers(until: Option<&Family>) -> Option<String> {
    match until {
        None => Some("[{ at = \"0s\", ok = false }]".to_owned()),
        Some(Family::Constant(value)) if *value <= 0.0 => Some("[]".to_owned()),
        Some(Family::Constant(_)) => {
            let at = until.map(Family::toml).unwrap_or_default();
            Some(format!("[{{ at = \"0s\", ok = false }}, {{ at = {at}, ok = true }}]"))
        }
        Some(_) => None,
    }
}

impl Filling {
    fn of(own: &Known<'_>) -> Filling {
        Filling {
            boots: None,
            attempts: Vec::new(),
            probe: if own.lived.asked == Some(ProbeKind::Startup) { "startup" } else { "readiness" },
            name: format!("{} of {}", own.program.container, own.program.image),
        }
    }
}

/// By the rows of all starts, or of as many attempts as were told apart.
fn of_all(own: &Known<'_>) -> Filling {
    let many = own.rows().filter_map(|row| row.attempt).map(|(_, many)| many).max().unwrap_or(1);
    let said = |attempt: usize| Said {
        keys: keys(own.rows().filter(|row| row.attempt.is_none_or(|(own, _)| own == attempt))),
        answers: if own.never_boots() { answers(None) } else { None },
    };
    let boots = own.rows().find(|row| row.key == "boots").map(|row| row.value.clone());
    Filling { boots, attempts: (0..many).map(said).collect(), ..Filling::of(own) }
}

/// By the starts of each attempt of a list.
fn of_list(all: &[Known<'_>], of: AttemptsOf, many: usize) -> Filling {
    let lived: Vec<_> = all.iter().map(|own| (own.program, own.lived)).collect();
    let starts = counted(&lived, of, many);
    let about = || About::Program(all[0].program.clone());
    let each = starts.iter().enumerate().map(|(ix, own)| {
        let others = starts.iter().enumerate().filter(|(other, _)| *other != ix).map(|(_, own)| own);
        alike(own, &together(others))
    });
    let each: Vec<(Start, [bool; 2])> = each.collect();
    // One boot for all of them, or one for each.
    let asked = starts.iter().filter(|own| !own.boots.is_empty()).count();
    let is_one =
        each.iter().all(|(own, [boots, _])| own.boots.is_empty() || *boots) || asked == 1 && many == 1;
    let fit = |own: &Start| Fit::of(&own.boots).map(|fit| fit.family);
    let boots = each.iter().find_map(|(own, _)| fit(own)).filter(|_| is_one);
    let boots = boots.filter(|family| *family != Family::Forever).map(|family| family.toml());
    let said = each.iter().map(|(own, _)| {
        let rows: Vec<Row> = runs(about, own).into_iter().chain(on_term(about, own)).collect();
        let family = fit(own).filter(|_| boots.is_none());
        let answers = family.and_then(|own| answers(Some(&own).filter(|own| **own != Family::Forever)));
        Said { keys: keys(rows.iter()), answers }
    });
    let attempts = said.collect();
    Filling { boots, attempts, ..Filling::of(&all[0]) }
}

fn write(table: &mut Table, filling: &Filling, notes: &mut Vec<String>) -> Result<(), String> {
    let many = filling.attempts.len();
    if let Some(list) = table.get_mut("attempts").and_then(Item::as_array_of_tables_mut) {
        // The one that there is says of all starts what is not known of each.
        if let Some(first) = list.get(0).cloned() {
            (list.len()..many).for_each(|_| list.push(first.clone()));
        }
        for (attempt, said) in list.iter_mut().zip(&filling.attempts) {
            attempt_of(attempt, said, filling, notes)?;
        }
        return Ok(());
    }
    let attempts = table.entry("attempts").or_insert_with(|| Item::Value(Value::Array(Array::new())));
    let Some(list) = attempts.as_array_mut() else { return Err("`attempts` is no list".to_owned()) };
    let is_nothing = |said: &Said| said.keys.is_empty() && said.answers.is_none();
    if list.is_empty() && !filling.attempts.iter().all(is_nothing) {
        list.push(InlineTable::new());
    }
    if list.is_empty() {
        table.remove("attempts");
        return Ok(());
    }
    if let Some(first) = list.get(0).cloned() {
        (list.len()..many).for_each(|_| list.push(first.clone()));
    }
    for (attempt, said) in list.iter_mut().zip(&filling.attempts) {
        if let Some(attempt) = attempt.as_inline_table_mut() {
            attempt_of(attempt, said, filling, notes)?;
        }
    }
    Ok(())
}

fn attempt_of(
    attempt: &mut dyn TableLike,
    said: &Said,
    filling: &Filling,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    for (key, value) in &said.keys {
        set(attempt, key, value)?;
    }
    let name = &filling.name;
    for probe in ["startup", "readiness"] {
        // A scripted answer would count in place of `boots`.
        if filling.boots.is_some() && attempt.remove(probe).is_some() {
            notes.push(format!(
                "{name}: `boots` takes the place of what its attempt said of the {probe} probe"
            ));
        }
    }
    if let Some(answers) = &said.answers {
        set(attempt, filling.probe, answers)?;
    }
    Ok(())
}
