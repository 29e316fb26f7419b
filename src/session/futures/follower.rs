//! What becomes of workloads while a session goes on: what they are doing, what they make, and what keeps them.

use std::collections::BTreeMap;

use crate::api::workload::{WorkloadCondition, WorkloadState};
use crate::api::{Sym, Tri};
use crate::record::{Change, ObjectChange, ObjectRow, Transition};
use crate::time::Time;
use crate::world::World;
use crate::world::workloads::ObjectKey;

/// What becomes of one of them in one of the futures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WorkloadCourse {
    /// What it is doing at first.
    pub now: Option<WorkloadState>,
    /// What it is doing from when on, each time that this changes; None: it is gone.
    pub states: Vec<(Time, Option<WorkloadState>)>,
    /// When the next pod of it was made.
    pub made: Option<Time>,
    /// When a CronJob made its next Job.
    pub job: Option<Time>,
    /// What keeps it from being complete at the end, if anything is seen.
    pub why: Option<String>,
}

impl WorkloadCourse {
    /// When it first does that; None: when it is gone.
    pub fn comes_to(&self, state: Option<WorkloadState>) -> Option<Time> {
        self.states.iter().find(|(_, to)| *to == state).map(|(at, _)| *at)
    }
}

/// Follows the workloads of a world.
pub struct Follower {
    rows: BTreeMap<ObjectRow, usize>,
    /// So many pods were there.
    pods: usize,
    courses: Vec<WorkloadCourse>,
}

impl Follower {
    /// Of those with these rows.
    pub fn new(w: &World, rows: &[Option<ObjectRow>]) -> Follower {
        let of = rows.iter().enumerate().filter_map(|(ix, row)| Some(((*row)?, ix))).collect();
        let course = |row: &Option<ObjectRow>| WorkloadCourse {
            now: row.and_then(|row| state(w, row)),
            ..WorkloadCourse::default()
        };
        Follower { rows: of, pods: w.pods.len(), courses: rows.iter().map(course).collect() }
    }

    /// Whether nobody is followed.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes a row.
    pub fn hear(&mut self, w: &World, row: &Transition) {
        match row.change {
            Change::Object { object, what: ObjectChange::Workload { from, to, .. } } => {
                if let Some(ix) = self.rows.get(&object) {
                    let states = &mut self.courses[*ix].states;
                    if from != to {
                        states.push((row.time, to));
                    }
                } else if from.is_none()
                    && let Some(ix) = self.maker(w, object)
                {
                    self.courses[ix].job.get_or_insert(row.time);
                }
            }
            Change::Status { from: Sym::EMPTY, .. } => {
                let pod = row.pod.filter(|pod| *pod as usize >= self.pods);
                let owner = pod.and_then(|pod| w.directory.owners[pod as usize]);
                if let Some(ix) = owner.and_then(|owner| self.rows.get(&owner)) {
                    self.courses[*ix].made.get_or_insert(row.time);
                }
            }
            _ => {}
        }
    }

    /// The CronJob that has made a Job.
    fn maker(&self, w: &World, object: ObjectRow) -> Option<usize> {
        let ident = &w.directory.objects[object as usize];
        let key = w.workloads.find(ident.kind, ident.namespace, ident.name)?;
        let above = w.workloads.controller(key).filter(|key| matches!(key, ObjectKey::CronJob(_)))?;
        self.rows.get(&w.workloads.row(above)?).copied()
    }

    /// The courses, once nothing more is heard.
    pub fn end(mut self, w: &World) -> Vec<WorkloadCourse> {
        for (row, ix) in &self.rows {
            let ident = &w.directory.objects[*row as usize];
            let key = w.workloads.find(ident.kind, ident.namespace, ident.name);
            self.courses[*ix].why = key.and_then(|key| why(w, key, *row));
        }
        self.courses
    }
}

/// What a workload is doing.
fn state(w: &World, row: ObjectRow) -> Option<WorkloadState> {
    let ident = &w.directory.objects[row as usize];
    let key = w.workloads.find(ident.kind, ident.namespace, ident.name)?;
    w.workloads.held(key)?.told().map(|(state, _)| state)
}

/// What keeps a workload: what its controllers say, or else how its pods stand.
fn why(w: &World, key: ObjectKey, row: ObjectRow) -> Option<String> {
    let held = w.workloads.held(key)?;
    if held.told().is_none_or(|(state, _)| state == WorkloadState::Complete) {
        return None;
    }
    let says = |own: &WorkloadCondition| {
        let bad = match own.kind.as_str() {
            "ReplicaFailure" | "Failed" | "FailureTarget" => own.status == Tri::True,
            "Progressing" => own.status == Tri::False,
            _ => false,
        };
        bad.then(|| format!("{}: {}", own.reason, own.message))
    };
    let below = w.workloads.controlled_by(key).filter_map(|key| w.workloads.held(key));
    let refused = below.flat_map(|held| held.conditions().iter().find_map(says)).next();
    let pods = || {
        let own = w.pods.iter().zip(&w.directory.owners);
        own.filter(|(p, owner)| p.exists && **owner == Some(row)).map(|(p, _)| p)
    };
    let mut standing: BTreeMap<(&str, (u32, u32)), usize> = BTreeMap::new();
    for p in pods().filter(|p| !p.status.condition_is_true(Sym::READY)) {
        *standing.entry((p.shown.status.as_str(), p.shown.ready)).or_default() += 1;
    }
    let worst = standing.into_iter().max_by_key(|(_, count)| *count);
    let worst = worst.map(|((status, (ready, of)), count)| {
        let its = if count == 1 { "a pod of it is".to_owned() } else { format!("{count} of its pods are") };
        format!("{its} {status} {ready}/{of}")
    });
    let own = || held.conditions().iter().find_map(says);
    match key {
        // Pods of a Job that has failed are its past.
        ObjectKey::Job(_) => refused.or_else(own).or(worst),
        _ => refused.or(worst).or_else(own),
    }
}
