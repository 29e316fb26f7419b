//! What Jobs run ends: which containers those are, and the programs that say so.
//!
//! The surprise: a sidecar of a Job runs on, and ends with its pod; so the programs name containers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::rules::api_server::objects::ObjectType;

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
    /// None of what is neither, or in a version that nobody takes.
    pub fn of(object: &'a Json) -> Option<Ending<'a>> {
        let (kind, template) = match ObjectType::of(object).ok()? {
            ObjectType::Job => ("job", "/spec/template/spec"),
            ObjectType::CronJob => ("cronJob", "/spec/jobTemplate/spec/template/spec"),
            _ => return None,
        };
        let spec = object.pointer(template)?.as_object()?;
        let of = |at: &str| object.pointer(at).and_then(Json::as_str).unwrap_or_default();
        let names = |list: &str| -> BTreeSet<String> {
            let items = spec.get(list).and_then(Json::as_array).into_iter().flatten();
            items.filter_map(|one| one.get("name").and_then(Json::as_str)).map(str::to_owned).collect()
        };
        let (name, base) = (of("/metadata/name"), of("/metadata/generateName"));
        Some(Ending {
            kind,
            name: if name.is_empty() { base } else { name },
            is_generated: name.is_empty(),
            ending: names("containers"),
            others: names("initContainers"),
        })
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
