//! What Jobs run ends: which containers those are, and the programs that say so.
//!
//! The surprise: a sidecar of a Job runs on, and ends with its pod; so the programs name containers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

type Object = Map<String, Json>;

/// A Job or CronJob with the names of its containers.
pub struct Ending<'a> {
    kind: &'static str,
    name: &'a str,
    /// Its name is only the beginning of one.
    is_generated: bool,
    ending: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl<'a> Ending<'a> {
    pub fn of(kind: &str, object: &'a Json, spec: &Object) -> Ending<'a> {
        let of = |at: &str| object.pointer(at).and_then(Json::as_str).unwrap_or_default();
        let names = |list: &str| -> BTreeSet<String> {
            let items = spec.get(list).and_then(Json::as_array).into_iter().flatten();
            items.filter_map(|one| one.get("name").and_then(Json::as_str)).map(str::to_owned).collect()
        };
        let (name, base) = (of("/metadata/name"), of("/metadata/generateName"));
        Ending {
            kind: if kind == "Job" { "job" } else { "cronJob" },
            name: if name.is_empty() { base } else { name },
            is_generated: name.is_empty(),
            ending: names("containers"),
            others: names("initContainers"),
        }
    }

    fn reference(&self) -> String {
        format!("{}/{}{}", self.kind, self.name, if self.is_generated { "*" } else { "" })
    }
}

/// Workload and container of each program: of all workloads of a kind, where no other container has the name.
pub fn programs(all: &[Ending<'_>]) -> BTreeSet<(String, String)> {
    let mut others: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for own in all {
        others.entry(own.kind).or_default().extend(own.others.iter().map(String::as_str));
    }
    let mut programs = BTreeSet::new();
    for own in all {
        for container in &own.ending {
            let is_shared = others.get(own.kind).is_some_and(|others| others.contains(container.as_str()));
            let workload = if is_shared { own.reference() } else { format!("{}/*", own.kind) };
            programs.insert((workload, container.clone()));
        }
    }
    programs
}
