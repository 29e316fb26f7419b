//! How a fit is printed: for people, for programs, for tables.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::json;

use crate::answers::fit::{About, Fit, Fitted, Interval, METHODS, Parameter, Row, digits, span};

fn about(row: &Row) -> String {
    match &row.about {
        About::Image(image) => image.clone(),
        About::Latency => "[latency]".to_owned(),
        About::Program(own) => match &own.workload {
            Some((kind, name)) => format!("{}/{name} {} ({})", kind.to_lowercase(), own.container, own.image),
            None => format!("{} ({})", own.container, own.image),
        },
    }
}

/// A number with its unit.
fn number(name: &str, value: f64) -> String {
    if name == "shape" { digits(value).to_string() } else { span(value).to_string() }
}

fn interval(name: &str, own: &Interval) -> String {
    let end = |end: Option<f64>| end.map_or_else(|| "?".to_owned(), |end| number(name, end));
    format!(" [{} to {}]", end(own.0), end(own.1))
}

fn numbers(fit: &Fit) -> String {
    let each = |own: &Parameter| {
        let interval =
            own.interval.as_ref().map_or(String::new(), |own_interval| interval(own.name, own_interval));
        format!("{} {}{interval}", own.name, number(own.name, own.value))
    };
    fit.parameters.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// A list of values is too long for a line.
fn short(value: &str) -> String {
    const WIDE: usize = 80;
    match value.char_indices().nth(WIDE) {
        Some((at, _)) => format!("{} …", &value[..at]),
        None => value.to_owned(),
    }
}

/// For people.
pub fn table(fitted: &Fitted) -> String {
    let mut table = tabwriter::TabWriter::new(Vec::new()).minwidth(2).padding(2);
    // A table in memory takes everything.
    let _ = writeln!(table, "WHAT\tKEY\tN\tCENSORED\tFAMILY\tNUMBERS (95 %)\tSCENARIO");
    for row in &fitted.rows {
        let (open, family, numbers) = match &row.fit {
            Some(fit) => (fit.open.to_string(), fit.family.name(), numbers(fit)),
            None => (String::new(), "", shares(row)),
        };
        let n = if row.n() > 0 { row.n().to_string() } else { String::new() };
        let _ = writeln!(
            table,
            "{}\t{}\t{n}\t{open}\t{family}\t{numbers}\t{} = {}",
            about(row),
            row.place(),
            row.key,
            short(&row.value)
        );
    }
    let bytes = table.into_inner().unwrap_or_default();
    let mut text =
        String::from_utf8_lossy(&bytes).lines().fold(String::new(), |all, line| all + line.trim_end() + "\n");
    let notes = fitted
        .rows
        .iter()
        .filter_map(|row| Some(format!("{} {}: {}", about(row), row.place(), row.note.as_ref()?)));
    let notes: Vec<String> =
        notes.chain(fitted.told.iter().map(|told| format!("not fitted: {told}"))).collect();
    let _ = writeln!(text, "\n{METHODS}");
    for note in notes {
        let _ = writeln!(text, "{note}");
    }
    text
}

fn shares(row: &Row) -> String {
    let n = row.n().max(1) as f64;
    let each = row
        .exits
        .iter()
        .map(|(code, reason, count)| format!("{code} {reason} {}", percent(*count as f64 / n)));
    each.collect::<Vec<_>>().join(", ")
}

fn percent(share: f64) -> String {
    format!("{} %", digits(share * 100.0))
}

/// For programs.
pub fn json(fitted: &Fitted) -> String {
    let rows: Vec<_> = fitted.rows.iter().map(Row::json).collect();
    format!("{:#}\n", json!({ "rows": rows, "notFitted": fitted.told, "methods": METHODS }))
}

/// A row for each number.
///
/// # Errors
/// In words, where it cannot be spelled.
pub fn csv(fitted: &Fitted) -> Result<String, String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let head = ["what", "key", "n", "censored", "family", "parameter", "value", "low", "high", "scenario"];
    let said = |problem: csv::Error| problem.to_string();
    table.write_record(head).map_err(said)?;
    for row in &fitted.rows {
        let number = |own: Option<f64>| own.map_or(String::new(), |own| digits(own).to_string());
        let n = row.n().to_string();
        let mut write = |open: &str, family: &str, cells: [String; 4]| {
            let [parameter, value, low, high] = &cells;
            table.write_record([
                &about(row),
                &row.place(),
                &n,
                open,
                family,
                parameter,
                value,
                low,
                high,
                &row.value,
            ])
        };
        let n = row.n().max(1) as f64;
        for (code, reason, count) in &row.exits {
            let share = number(Some(*count as f64 / n));
            write("", "", [format!("{code} {reason}"), share, String::new(), String::new()]).map_err(said)?;
        }
        let Some(fit) = &row.fit else { continue };
        let (open, family) = (fit.open.to_string(), fit.family.name());
        if fit.parameters.is_empty() {
            write(&open, family, Default::default()).map_err(said)?;
        }
        for own in &fit.parameters {
            let (low, high) = own.interval.unwrap_or_default();
            let cells = [own.name.to_owned(), number(Some(own.value)), number(low), number(high)];
            write(&open, family, cells).map_err(said)?;
        }
    }
    let bytes = table.into_inner().map_err(|problem| problem.to_string())?;
    String::from_utf8(bytes).map_err(|problem| problem.to_string())
}
