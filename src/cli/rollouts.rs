//! How each workload of a run did: what it became, when its rollouts were complete, how few of its pods were available on the
//! way, and how often their containers were restarted.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};

use crate::api::workload::WorkloadState;
use crate::record::{Change, Directory, FiguresRow, ObjectChange, ObjectRow, Sink, Transition};
use crate::session;
use crate::time::Time;
use crate::world::{ObjectKey, World};

/// So many workloads are shown; of more, those that are not complete.
const SHOWN: usize = 50;
/// So many instants at which a rollout was complete are shown: the last ones.
const TIMES: usize = 3;

/// What is seen of workloads while a run goes on.
#[derive(Default)]
pub struct Rollouts {
    by_object: BTreeMap<ObjectRow, Rollout>,
}

#[derive(Default)]
struct Rollout {
    /// What it is doing.
    state: Option<WorkloadState>,
    /// When it came to be complete.
    complete: Vec<Time>,
    /// How far it is, in words.
    stand: String,
    /// The fewest, and of how many, since it was complete for the first time.
    fewest: Option<(i32, i32)>,
}

impl Sink for Rollouts {
    fn batch(&mut self, _: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            let Change::Object { object, what: ObjectChange::Workload { from, to, .. } } = row.change else {
                continue;
            };
            let own = self.by_object.entry(object).or_default();
            own.state = to;
            if to == Some(WorkloadState::Complete) && from != to {
                own.complete.push(row.time);
            }
        }
        Ok(())
    }
    /// Comes after the rows of the same instants.
    fn figures(&mut self, _: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        for row in rows {
            let (Some(own), Some(figures)) = (self.by_object.get_mut(&row.object), row.figures) else {
                continue;
            };
            let (available, desired) = figures.level();
            own.stand = match figures.active {
                Some(_) => figures.words(),
                None => format!("{available}/{desired}"),
            };
            let was_complete = own.complete.first().is_some_and(|first| *first <= row.time);
            if was_complete && desired > 0 && figures.active.is_none() {
                let fewest = own.fewest.into_iter().chain([(available, desired)]);
                own.fewest = fewest.min_by_key(|(least, _)| *least);
            }
        }
        Ok(())
    }
}

impl Rollouts {
    /// A line for each workload that has no controller itself; nothing where there are none.
    pub fn lines(&self, w: &World, end: Time) -> String {
        let objects = &w.directory.objects;
        let topmost = topmost(w);
        let seen = self.by_object.iter().map(|(row, own)| (*row, own));
        let mut list: Vec<(ObjectRow, &Rollout)> = seen.filter(|(row, _)| topmost.contains(row)).collect();
        if list.is_empty() {
            return String::new();
        }
        let restarts = restarts(w, end);
        let all = list.len();
        let is_complete = |own: &Rollout| own.state == Some(WorkloadState::Complete);
        let complete = list.iter().filter(|(_, own)| is_complete(own)).count();
        if all > SHOWN {
            list.sort_by_key(|(_, own)| is_complete(own));
            list.truncate(SHOWN);
        }
        let named = |row: ObjectRow| {
            let ident = objects[row as usize];
            (ident.namespace.as_str(), ident.kind.as_str(), ident.name.as_str())
        };
        list.sort_by_key(|(row, _)| named(*row));
        let several = list.iter().any(|(row, _)| named(*row).0 != named(list[0].0).0);
        let mut table = tabwriter::TabWriter::new(Vec::new()).minwidth(3).padding(3);
        let head = if several { "NAMESPACE\t" } else { "" };
        // A table in memory takes everything.
        let _ = writeln!(table, "{head}WORKLOAD\tROLLOUT\tCOMPLETE AT\tAVAILABLE\tFEWEST\tRESTARTS");
        let mut runs = self.runs(w);
        for (row, own) in list {
            let complete = runs.remove(&row).unwrap_or_else(|| own.complete.clone());
            let (namespace, kind, name) = named(row);
            let namespace = if several { format!("{namespace}\t") } else { String::new() };
            let of = |(count, of): (i32, i32)| format!("{count}/{of}");
            let (state, available) = match own.state {
                Some(state) => (state.as_str(), own.stand.clone()),
                None => ("removed", "-".to_owned()),
            };
            let _ = writeln!(
                table,
                "{namespace}{kind}/{name}\t{state}\t{}\t{available}\t{}\t{}",
                times(&complete, w.plan.start),
                own.fewest.map_or_else(|| "-".to_owned(), of),
                restarts.get(&row).copied().unwrap_or(0),
            );
        }
        let text = String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default();
        let mut text = text.lines().fold("\n".to_owned(), |all, line| all + line.trim_end() + "\n");
        if all > SHOWN {
            let left_out = all - SHOWN;
            let which = if left_out <= complete { ", which are complete" } else { "" };
            text.push_str(&format!("… and {left_out} more{which}\n"));
        }
        text
    }

    /// Of CronJobs, when their Jobs were complete.
    fn runs(&self, w: &World) -> BTreeMap<ObjectRow, Vec<Time>> {
        let stored = &w.workloads;
        let mut runs: BTreeMap<ObjectRow, Vec<Time>> = BTreeMap::new();
        for key in stored.all() {
            if let (ObjectKey::Job(_), Some(row)) = (key, stored.row(key))
                && let Some(owner @ ObjectKey::CronJob(_)) = stored.controller(key)
                && let (Some(owner), Some(own)) = (stored.row(owner), self.by_object.get(&row))
            {
                runs.entry(owner).or_default().extend(&own.complete);
            }
        }
        runs.values_mut().for_each(|times| times.sort_unstable());
        runs
    }
}

fn times(complete: &[Time], start: Time) -> String {
    let last = &complete[complete.len().saturating_sub(TIMES)..];
    let times: Vec<String> = last.iter().map(|at| format!("{:.1}s", at.since(start).secs_f64())).collect();
    match (times.len(), complete.len()) {
        (0, _) => "never".to_owned(),
        (shown, all) if shown < all => format!("…, {}", times.join(", ")),
        _ => times.join(", "),
    }
}

/// The workloads that nobody controls.
fn topmost(w: &World) -> BTreeSet<ObjectRow> {
    let stored = &w.workloads;
    let alone = stored.all().filter(|key| stored.controller(*key).is_none());
    alone
        .filter(|key| stored.held(*key).is_some_and(|held| held.told().is_some()))
        .filter_map(|key| stored.row(key))
        .collect()
}

/// How often containers of each workload's pods were restarted, those of pods that are gone included.
fn restarts(w: &World, end: Time) -> BTreeMap<ObjectRow, i32> {
    let mut all = BTreeMap::new();
    for (record, owner) in session::closed_records(w, end).iter().zip(&w.directory.owners) {
        if let Some(owner) = owner {
            *all.entry(*owner).or_default() += record.restarts;
        }
    }
    all
}
