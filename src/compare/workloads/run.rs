//! What a client sees of one run: lives of workloads, of Services' endpoints and of pods.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::names::{Names, Told};
use crate::api::EventType;
use crate::compare::life::{self, Life, Row, SeenEvent, Visible, time_of};
use crate::record::tables::{ENDPOINT_COLUMNS, WORKLOAD_COLUMNS};

/// The tables that a run writes.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    /// `timeline.csv`, with its column `owner`.
    pub timeline: String,
    /// `workloads.csv`
    pub workloads: String,
    /// `endpoints.csv`
    pub endpoints: String,
}

/// One row of `workloads.csv` or `endpoints.csv` without its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Numbers {
    columns: &'static [&'static str],
    /// The cells, each with a tab behind it.
    cells: String,
}

/// The columns of `workloads.csv` that make a state, behind those that say when and whose it is.
const WORKLOAD: &[&str] = WORKLOAD_COLUMNS.split_at(5).1;
/// Those of `endpoints.csv`.
const ENDPOINTS: &[&str] = ENDPOINT_COLUMNS.split_at(4).1;

impl Numbers {
    fn told(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.columns.iter().copied().zip(self.cells.split('\t'))
    }
}

impl Visible for Numbers {
    fn brief(&self) -> String {
        let mut words = String::new();
        for (column, cell) in self.told().filter(|(_, cell)| !cell.is_empty()) {
            let gap = if words.is_empty() { "" } else { " " };
            let _ = match column {
                "condition" => write!(words, "{gap}{cell}"),
                _ => write!(words, "{gap}{column} {cell}"),
            };
        }
        words
    }
    fn ends(&self, _: Option<&Numbers>) -> &'static str {
        if self.columns == ENDPOINTS { "endpoints" } else { "workload" }
    }
    fn difference(&self, other: &Numbers) -> String {
        let mut words = String::new();
        for ((column, a), (_, b)) in self.told().zip(other.told()).filter(|(a, b)| a.1 != b.1) {
            let gap = if words.is_empty() { "" } else { "; " };
            let _ = write!(words, "{gap}{column} {a} | {b}");
        }
        words
    }
}

/// What a client sees of one run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// `namespace/kind/name` to the states of a workload; its events are its conditions too. Names stand for what is meant.
    pub workloads: BTreeMap<String, Life<Numbers>>,
    /// `namespace/name` to the numbers of a Service's endpoints.
    pub services: BTreeMap<String, Life<Numbers>>,
    /// `namespace/maker` to its pods in the order of their creation; a pod with a name of its own is alone.
    pub pods: BTreeMap<String, Vec<Life>>,
    /// What generated names stand for.
    pub names: Names,
}

impl Run {
    /// Reads the tables of a run that ended at `end` (microseconds since its start).
    ///
    /// # Errors
    /// The reader's own words for a text that is no such table.
    pub fn read(outputs: &Outputs, end: i64) -> Result<Run, csv::Error> {
        let mut rows = life::read_csv(&outputs.timeline)?;
        let table = read(&outputs.workloads, "name", WORKLOAD)?;
        let told: Vec<Told> = table
            .iter()
            .map(|line| Told {
                micros: line.micros,
                kind: line.kind.clone(),
                name: line.name.clone(),
                revision: line.numbers.cells.split('\t').next().unwrap_or_default().to_owned(),
            })
            .collect();
        let names = Names::of(&told, &rows);
        for row in rows.iter_mut().filter(|row| !row.message.is_empty()) {
            row.message = names.mask(&row.message);
        }
        let mut workloads = BTreeMap::new();
        for line in table {
            let key = format!("{}/{}/{}", line.namespace, line.kind, names.object(&line.kind, &line.name));
            live_on(&mut workloads, key, line, end);
        }
        let mut services = BTreeMap::new();
        for line in read(&outputs.endpoints, "service", ENDPOINTS)? {
            live_on(&mut services, format!("{}/{}", line.namespace, line.name), line, end);
        }
        told_of(&rows, &names, &mut workloads, &mut services);
        Ok(Run { workloads, services, pods: pods(&rows, &names, end), names })
    }
}

/// A row of one of the two tables.
struct Line {
    micros: i64,
    namespace: String,
    kind: String,
    name: String,
    numbers: Numbers,
}

fn read(text: &str, name: &str, columns: &'static [&'static str]) -> Result<Vec<Line>, csv::Error> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers()?.clone();
    let place = |name: &str| headers.iter().position(|h| h == name);
    let about = ["time", "namespace", "kind", name].map(place);
    let places: Vec<Option<usize>> = columns.iter().map(|name| place(name)).collect();
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record?;
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or("");
        let mut cells = String::with_capacity(64);
        for place in &places {
            cells.push_str(cell(*place));
            cells.push('\t');
        }
        lines.push(Line {
            micros: time_of(cell(about[0]), &record)?,
            namespace: cell(about[1]).to_owned(),
            kind: cell(about[2]).to_owned(),
            name: cell(about[3]).to_owned(),
            numbers: Numbers { columns, cells },
        });
    }
    Ok(lines)
}

/// Equal states in a row count once.
fn live_on(lives: &mut BTreeMap<String, Life<Numbers>>, key: String, line: Line, end: i64) {
    let life = lives.entry(key).or_insert_with(|| Life { states: Vec::new(), events: Vec::new(), end });
    if life.states.last().is_none_or(|(_, last)| *last != line.numbers) {
        life.states.push((line.micros, line.numbers));
    }
}

/// Conditions and events of objects that have a life here. An event is told by its kind: of several objects that say the
/// same of different pods the counts are added up. A condition is told or not; that one is taken away no recorder tells.
fn told_of(
    rows: &[Row],
    names: &Names,
    workloads: &mut BTreeMap<String, Life<Numbers>>,
    services: &mut BTreeMap<String, Life<Numbers>>,
) {
    // Counts of one event object rise, so that its last one is what counts.
    let mut objects: BTreeMap<String, Vec<SeenEvent>> = BTreeMap::new();
    let is_told = |row: &&Row| match row.kind.as_str() {
        "event" => true,
        "condition" => !row.to.is_empty(),
        _ => false,
    };
    for row in rows.iter().filter(|row| row.pod.is_empty()).filter(is_told) {
        let Some((kind, name)) = row.owner.split_once('/') else { continue };
        let key = match kind {
            "service" => format!("{}/{name}", row.namespace),
            _ => format!("{}/{kind}/{}", row.namespace, names.object(kind, name)),
        };
        let seen = objects.entry(key).or_default();
        match row.kind.as_str() {
            "event" => life::note_event(seen, row),
            _ => {
                let condition = SeenEvent {
                    component: row.object.clone(),
                    kind: EventType::Normal,
                    reason: format!("{} {}", row.to, row.reason),
                    message: life::mask(&row.message),
                    count: 1,
                };
                if !seen.contains(&condition) {
                    seen.push(condition);
                }
            }
        }
    }
    for (key, seen) in objects {
        let Some(life) = workloads.get_mut(&key).or_else(|| services.get_mut(&key)) else { continue };
        for event in seen {
            let same = |e: &&mut SeenEvent| {
                (&e.component, e.kind, &e.reason, &e.message)
                    == (&event.component, event.kind, &event.reason, &event.message)
            };
            match life.events.iter_mut().find(same) {
                Some(e) => e.count += event.count,
                None => life.events.push(event),
            }
        }
    }
}

fn pods(rows: &[Row], names: &Names, end: i64) -> BTreeMap<String, Vec<Life>> {
    let mut order: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (ix, row) in rows.iter().enumerate().filter(|(_, row)| !row.pod.is_empty()) {
        order.entry((&row.namespace, &row.pod)).or_insert(ix);
    }
    let mut found: BTreeMap<String, Vec<(usize, Life)>> = BTreeMap::new();
    for ((namespace, pod), life) in life::lives(rows, end) {
        let made_by = names.made_by(&pod).unwrap_or(&pod);
        let first = order.get(&(namespace.as_str(), pod.as_str())).copied().unwrap_or(0);
        found.entry(format!("{namespace}/{made_by}")).or_default().push((first, life));
    }
    found
        .into_iter()
        .map(|(key, mut pods)| {
            pods.sort_by_key(|(first, _)| *first);
            (key, pods.into_iter().map(|(_, life)| life).collect())
        })
        .collect()
}
