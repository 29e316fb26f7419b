//! All that a run tells, read back from its own files, by readers that know of them what the README says and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use kubelapse::compare::life::{Row, read_csv};
use kubelapse::record::{Fan, Sink, csv, objects, tables};
use kubelapse::scenario::Plan;
use kubelapse::session::{self, Silent};
use serde_json::Value;

/// A row of a table, by its columns.
pub type Cells = BTreeMap<String, String>;

/// What one run told.
pub struct Told {
    pub digest: String,
    /// Microseconds from the start at which it ended, and until when all stands.
    pub ended: i64,
    pub stands: i64,
    /// `timeline.csv`
    pub rows: Vec<Row>,
    /// `pods.csv`, `workloads.csv` and `endpoints.csv`.
    pub pods: Vec<Cells>,
    pub workloads: Vec<Cells>,
    pub endpoints: Vec<Cells>,
    /// `pods.jsonl`: the last list of each instant, by microseconds from the start, as text.
    pub lists: Vec<(i64, String)>,
}

fn cells(bytes: &[u8]) -> Vec<Cells> {
    let mut reader = ::csv::Reader::from_reader(bytes);
    let head = reader.headers().expect("a head").clone();
    let rows = reader.records().map(|row| {
        let row = row.expect("a row with as many cells as the head");
        head.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

/// `12.345678`, in microseconds.
pub fn micros(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.')?;
    Some(whole.parse::<i64>().ok()? * 1_000_000 + part.parse::<i64>().ok()?)
}

/// Plays it, and reads what it wrote.
pub fn told(plan: &Arc<Plan>, seed: u64) -> Told {
    let mut out: [Vec<u8>; 5] = Default::default();
    let [rows, pods, workloads, endpoints, lists] = &mut out;
    let sinks: Vec<Box<dyn Sink + '_>> = vec![
        Box::new(csv::Timeline::new(rows)),
        Box::new(csv::Pods::new(pods)),
        Box::new(tables::Workloads::new(workloads)),
        Box::new(tables::Endpoints::new(endpoints)),
        Box::new(objects::Lists::new(lists)),
    ];
    let outcome = session::run(plan, seed, &mut Fan { sinks }, &Silent).expect("memory takes all");
    let [rows, pods, workloads, endpoints, lists] =
        out.map(|own| String::from_utf8(own).expect("it is text"));
    let mut by_instant: Vec<(i64, String)> = Vec::new();
    for line in lists.lines() {
        // The instant stands before the items, which are long.
        let stamp = line.split_once("\"timestamp\":\"").and_then(|(_, rest)| rest.split_once('"'));
        let (stamp, _) = stamp.expect("a list says when");
        let at = kubelapse::time::Time::parse_rfc3339(stamp).expect("an instant").since(plan.start).micros();
        match by_instant.last_mut().filter(|(last, _)| *last == at) {
            Some(last) => line.clone_into(&mut last.1),
            None => by_instant.push((at, line.to_owned())),
        }
    }
    Told {
        digest: outcome.world.digest.to_string(),
        ended: outcome.ended.since(plan.start).micros(),
        stands: outcome.stands_until.since(plan.start).micros(),
        rows: read_csv(&rows).expect("a timeline can be read"),
        pods: cells(pods.as_bytes()),
        workloads: cells(workloads.as_bytes()),
        endpoints: cells(endpoints.as_bytes()),
        lists: by_instant,
    }
}

/// The items of a list.
pub fn items(list: &str) -> Vec<Value> {
    let mut list: Value = serde_json::from_str(list).expect("a list is JSON");
    match list["items"].take() {
        Value::Array(items) => items,
        other => panic!("items are a list, not {other}"),
    }
}
