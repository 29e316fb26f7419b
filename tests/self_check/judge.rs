//! What one run told is held against itself: the timeline against the objects, the tables against the timeline, and all of it against
//! what never happens.

use std::collections::{BTreeMap, BTreeSet};

use kubelapse::compare::laws::breaches;
use kubelapse::compare::life::Row;
use serde_json::Value;

use super::printed;
use super::tables::{Cells, Told, items, micros};

type Name = (String, String);
/// State, ready, restarts, reason, exit code.
type Container = (String, String, String, String, String);

/// A pod as the rows of a timeline have told of it so far.
#[derive(Clone, Default)]
struct Pod {
    phase: String,
    node: String,
    /// By type: status, reason, message.
    conditions: BTreeMap<String, (String, String, String)>,
    containers: BTreeMap<String, Container>,
    /// READY, STATUS, RESTARTS.
    shown: (String, String, String),
    owner: String,
    /// Of `pods.csv`: when what came for the first time.
    first: BTreeMap<&'static str, i64>,
    ready_since: Option<i64>,
    ready_micros: i64,
}

/// So many instants of a run are looked at, evenly.
const INSTANTS: usize = 60;
/// How long the endpoints of a Service may speak of a pod that is not ready any more: its controller's queue, its batches, a write.
const BEHIND: i64 = 30_000_000;
/// Where nothing has happened for so long, everybody has heard everything.
const CALM: i64 = 45_000_000;

/// All that is wrong with it.
pub fn judged(told: &Told) -> Vec<String> {
    let mut wrong: Vec<String> = breaches(&told.rows).iter().map(|breach| format!("{breach:?}")).collect();
    let mut life = Life::default();
    let mut lists = told.lists.iter().enumerate().peekable();
    let every = told.lists.len().div_ceil(INSTANTS).max(1);
    let mut last = None;
    for (ix, row) in told.rows.iter().enumerate() {
        life.take(row, &mut wrong);
        if told.rows.get(ix + 1).is_some_and(|next| next.micros == row.micros) {
            continue;
        }
        // All rows of this instant are known: the list that it left says the same.
        while let Some((number, (at, list))) = lists.next_if(|(_, (at, _))| *at <= row.micros) {
            let is_last = number + 1 == told.lists.len();
            if *at == row.micros && (number % every == 0 || is_last) {
                let all = items(list);
                life.against(&all, *at, &mut wrong);
                last = Some(all);
            }
        }
    }
    life.against_records(&told.pods, told.stands, &mut wrong);
    numbers(told, &mut wrong);
    endpoints(told, &life, &mut wrong);
    let quiet = told.rows.last().is_none_or(|row| told.stands - row.micros > CALM);
    if let (true, Some(all)) = (quiet, last) {
        at_rest(told, &life, &all, &mut wrong);
    }
    wrong
}

/// All pods of a run, living and gone.
#[derive(Default)]
struct Life {
    living: BTreeMap<Name, Pod>,
    gone: Vec<(Name, Pod)>,
    /// When which pod was Ready: from, to.
    ready: Vec<(Name, i64, i64)>,
}

impl Life {
    fn take(&mut self, row: &Row, wrong: &mut Vec<String>) {
        if row.pod.is_empty() || row.kind == "event" || row.kind == "owner" {
            return;
        }
        let name = (row.namespace.clone(), row.pod.clone());
        let at = row.micros;
        if row.kind == "phase" && row.from.is_empty() && self.living.contains_key(&name) {
            wrong.push(format!("{at}: {name:?} is made while it lives"));
        }
        let pod = self.living.entry(name.clone()).or_default();
        row.node.clone_into(&mut pod.node);
        row.owner.clone_into(&mut pod.owner);
        pod.first.entry("created").or_insert(at);
        match row.kind.as_str() {
            "phase" => {
                // Init containers that begin anew after a reboot of the node take it back (`getPhase`, pkg/kubelet/kubelet_pods.go).
                let begins_anew = ["init", "side"].iter().any(|name| pod.containers.contains_key(*name));
                if pod.phase == "Running" && row.to == "Pending" && !begins_anew {
                    wrong.push(format!("{at}: {name:?} falls back from Running to Pending"));
                }
                if pod.phase != row.from {
                    wrong
                        .push(format!("{at}: {name:?} was {:?}, and the row says {:?}", pod.phase, row.from));
                }
                row.to.clone_into(&mut pod.phase);
                if row.to == "Running" {
                    pod.first.entry("started").or_insert(at);
                }
                if matches!(row.to.as_str(), "Succeeded" | "Failed") {
                    pod.first.entry("finished").or_insert(at);
                }
            }
            "condition" => {
                let told = (row.to.clone(), row.reason.clone(), row.message.clone());
                let old = if row.to.is_empty() {
                    pod.conditions.remove(&row.object)
                } else {
                    pod.conditions.insert(row.object.clone(), told)
                };
                if old.map_or(String::new(), |(status, ..)| status) != row.from {
                    wrong.push(format!("{at}: {name:?} {} was not {:?}", row.object, row.from));
                }
                let column = match (row.object.as_str(), row.to.as_str()) {
                    ("PodScheduled", "True") => Some("scheduled"),
                    ("Initialized", "True") => Some("initialized"),
                    ("Ready", "True") => Some("ready"),
                    _ => None,
                };
                if let Some(column) = column {
                    pod.first.entry(column).or_insert(at);
                }
                if row.object == "Ready" {
                    match (pod.ready_since, row.to == "True") {
                        (None, true) => pod.ready_since = Some(at),
                        (Some(since), false) => {
                            pod.ready_micros += at - since;
                            pod.ready_since = None;
                            self.ready.push((name, since, at));
                        }
                        _ => {}
                    }
                }
            }
            "container" if row.to.is_empty() => drop(pod.containers.remove(&row.object)),
            "container" => {
                let own =
                    [&row.to, &row.ready, &row.restarts, &row.reason, &row.exit_code].map(String::clone);
                let [state, ready, restarts, reason, code] = own;
                pod.containers.insert(row.object.clone(), (state, ready, restarts, reason, code));
            }
            "status" if row.to.is_empty() => {
                let mut pod = self.living.remove(&name).unwrap_or_default();
                pod.first.insert("removed", at);
                if let Some(since) = pod.ready_since.take() {
                    pod.ready_micros += at - since;
                    self.ready.push((name.clone(), since, at));
                }
                self.gone.push((name, pod));
            }
            "status" => pod.shown = (row.ready.clone(), row.to.clone(), row.restarts.clone()),
            _ => {}
        }
    }

    /// The timeline up to an instant says what the objects say that it left.
    fn against(&self, all: &[Value], at: i64, wrong: &mut Vec<String>) {
        let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
        let name = |own: &Value| (text(&own["metadata"], "namespace"), text(&own["metadata"], "name"));
        let there: BTreeSet<Name> = all.iter().map(name).collect();
        let told: BTreeSet<Name> = self.living.keys().cloned().collect();
        if there != told || there.len() != all.len() {
            wrong.push(format!("{at}: objects {there:?}, timeline {told:?}"));
        }
        let uids: BTreeSet<String> = all.iter().map(|own| text(&own["metadata"], "uid")).collect();
        if uids.len() != all.len() {
            wrong.push(format!("{at}: two pods have one uid"));
        }
        let mut addresses = BTreeSet::new();
        for own in all {
            let Some(pod) = self.living.get(&name(own)) else { continue };
            let mut is = |what: &str, seen: String, told: String| {
                if seen != told {
                    wrong.push(format!(
                        "{at}: {:?} {what}: the object {seen}, the timeline {told}",
                        name(own)
                    ));
                }
            };
            let status = &own["status"];
            is("phase", text(status, "phase"), pod.phase.clone());
            is("node", text(&own["spec"], "nodeName"), pod.node.clone());
            let conditions: BTreeMap<String, (String, String, String)> = status["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|own| {
                    (text(own, "type"), (text(own, "status"), text(own, "reason"), text(own, "message")))
                })
                .collect();
            is("conditions", format!("{conditions:?}"), format!("{:?}", pod.conditions));
            let lists = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
            let containers: BTreeMap<String, Container> = lists
                .iter()
                .flat_map(|list| status[*list].as_array().into_iter().flatten())
                .map(|own| (text(own, "name"), container(own)))
                .collect();
            is("containers", format!("{containers:?}"), format!("{:?}", pod.containers));
            let (ready, shown, restarts) = printed::columns(own);
            is("columns", format!("{:?}", (ready, shown, restarts.to_string())), format!("{:?}", pod.shown));
            let is_ready = pod.ready_since.is_some();
            if is_ready && !addresses.insert(text(status, "podIP")) {
                wrong.push(format!("{at}: two ready pods have the address {}", text(status, "podIP")));
            }
        }
    }

    /// `pods.csv` says what the timeline says.
    fn against_records(&mut self, table: &[Cells], stands: i64, wrong: &mut Vec<String>) {
        let mut all: Vec<(Name, Pod)> = self.gone.clone();
        for (name, pod) in &self.living {
            let mut pod = pod.clone();
            if let Some(since) = pod.ready_since {
                pod.ready_micros += stands - since;
                self.ready.push((name.clone(), since, stands));
            }
            all.push((name.clone(), pod));
        }
        // A name may come again: its lives are told in their order.
        all.sort_by_key(|(name, pod)| (name.clone(), pod.first["created"]));
        let mut table: Vec<&Cells> = table.iter().collect();
        table.sort_by_key(|row| (row["namespace"].clone(), row["pod"].clone(), micros(&row["created"])));
        if table.len() != all.len() {
            wrong.push(format!("pods.csv has {} pods, the timeline {}", table.len(), all.len()));
            return;
        }
        for (row, (name, pod)) in table.into_iter().zip(&all) {
            let mut is = |what: &str, told: &str, seen: String| {
                if told != seen {
                    wrong.push(format!("pods.csv, {name:?} {what}: {told}, the timeline {seen}"));
                }
            };
            is("name", &format!("{}/{}", row["namespace"], row["pod"]), format!("{}/{}", name.0, name.1));
            for column in ["created", "scheduled", "initialized", "started", "ready", "finished", "removed"] {
                is(
                    column,
                    &format!("{:?}", micros(&row[column])),
                    format!("{:?}", pod.first.get(column).copied()),
                );
            }
            is("node", &row["node"], pod.node.clone());
            is("phase", &row["phase"], pod.phase.clone());
            is(
                "time_ready",
                &format!("{:?}", micros(&row["time_ready"])),
                format!("{:?}", Some(pod.ready_micros)),
            );
            if !pod.first.contains_key("removed") {
                is("status", &row["status"], pod.shown.1.clone());
                is("restarts", &row["restarts"], pod.shown.2.clone());
            }
        }
    }
}

fn container(own: &Value) -> Container {
    let (state, of) = own["state"]
        .as_object()
        .and_then(|state| state.iter().next())
        .map_or(("", &Value::Null), |(k, v)| (k, v));
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let number = |of: &Value| of.as_i64().map_or(String::new(), |number| number.to_string());
    (
        state.to_owned(),
        (own["ready"] == true).to_string(),
        number(&own["restartCount"]),
        text(&of["reason"]),
        number(&of["exitCode"]),
    )
}

/// Kinds whose status counts pods of their own; Jobs count what has ended, budgets what others have.
const COUNTED: [&str; 4] = ["deployment", "replicaset", "statefulset", "daemonset"];

fn number(row: &Cells, column: &str) -> i64 {
    row[column].parse().unwrap_or(0)
}

/// Numbers of a status that one write of its controller has made belong together.
fn numbers(told: &Told, wrong: &mut Vec<String>) {
    let mut ended: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for row in &told.workloads {
        if row["condition"] == "(removed)" {
            continue;
        }
        let mut never = |law: &str| wrong.push(format!("workloads.csv: {law}: {row:?}"));
        let [current, updated, ready, available] =
            ["current", "updated", "ready", "available"].map(|column| number(row, column));
        if row["kind"] == "job" {
            let now = (number(row, "succeeded"), number(row, "failed"));
            let before =
                ended.insert((row["namespace"].clone(), row["name"].clone()), now).unwrap_or_default();
            if now.0 < before.0 || now.1 < before.1 {
                never("what has ended stays so");
            }
            if now.0 > number(row, "desired") {
                never("no more succeed than are wanted");
            }
        } else if COUNTED.contains(&row["kind"].as_str()) {
            if available > ready {
                never("available pods are ready");
            }
            // Of a DaemonSet, `current` counts nodes that shall have one.
            if row["kind"] != "daemonset" && (ready > current || updated > current) {
                never("ready and updated pods are there");
            }
        }
        if row.values().any(|cell| cell.starts_with('-') && micros(cell).is_none()) {
            never("nothing is less than none");
        }
    }
    for row in &told.endpoints {
        if number(row, "ready") > number(row, "serving") {
            wrong.push(format!("endpoints.csv: ready endpoints serve: {row:?}"));
        }
    }
}

/// No more endpoints are ready than pods were shortly before.
fn endpoints(told: &Told, life: &Life, wrong: &mut Vec<String>) {
    for row in &told.endpoints {
        let at = micros(&row["time"]).expect("a time");
        // A Service is called as the workload before which it stands, and so are its pods, whoever owns them by now.
        let own = format!("{}-", row["service"]);
        let ready: BTreeSet<(&Name, i64)> = life
            .ready
            .iter()
            .filter(|(name, from, to)| name.1.starts_with(&own) && *from <= at && at <= to + BEHIND)
            .map(|(name, from, _)| (name, *from))
            .collect();
        if number(row, "ready") > ready.len() as i64 {
            wrong.push(format!("endpoints.csv: {row:?}, and ready were {ready:?}"));
        }
    }
}

/// When all is quiet, every table says how many pods are ready.
fn at_rest(told: &Told, life: &Life, all: &[Value], wrong: &mut Vec<String>) {
    let deleting: BTreeSet<&str> = all
        .iter()
        .filter(|own| !own["metadata"]["deletionTimestamp"].is_null())
        .filter_map(|own| own["metadata"]["name"].as_str())
        .collect();
    if !deleting.is_empty() {
        return;
    }
    let ready = |own: &Value| {
        let name =
            ["namespace", "name"].map(|key| own["metadata"][key].as_str().unwrap_or_default().to_owned());
        life.living.get(&name.into()).is_some_and(|pod| pod.ready_since.is_some())
    };
    // A Deployment's pods by whom they were made for; all others' by who controls them now: a controller may have been orphaned.
    let controlled = |own: &&Value, owner: &str| {
        let by = &own["metadata"]["ownerReferences"][0];
        let name = format!(
            "{}/{}",
            by["kind"].as_str().unwrap_or_default().to_lowercase(),
            by["name"].as_str().unwrap_or_default()
        );
        name == owner
    };
    let ready_of = |owner: &str| {
        if owner.starts_with("deployment/") {
            let is_ready = |pod: &&Pod| pod.ready_since.is_some() && pod.owner == owner;
            return life.living.values().filter(is_ready).count() as i64;
        }
        all.iter().filter(|own| controlled(own, owner)).filter(|own| ready(own)).count() as i64
    };
    let mut last: BTreeMap<String, &Cells> = BTreeMap::new();
    for row in &told.workloads {
        last.insert(format!("{}/{}", row["kind"], row["name"]), row);
    }
    for (name, row) in &last {
        let has_pods = match name.starts_with("deployment/") {
            true => life.living.values().any(|pod| pod.owner == *name),
            false => all.iter().any(|own| controlled(&own, name)),
        };
        let counts = COUNTED.contains(&row["kind"].as_str()) && row["condition"] != "(removed)";
        if counts && has_pods && number(row, "ready") != ready_of(name) {
            wrong.push(format!("at rest: {row:?}, and {} pods are ready", ready_of(name)));
        }
    }
    let mut services: BTreeMap<&str, &Cells> = BTreeMap::new();
    for row in &told.endpoints {
        services.insert(&row["service"], row);
    }
    for (service, row) in services {
        let is_its = |own: &&Value| own["metadata"]["labels"]["app"] == service;
        let ready = all.iter().filter(is_its).filter(|own| ready(own)).count() as i64;
        if number(row, "ready") != ready {
            wrong.push(format!("at rest: {row:?}, and {ready} pods are ready"));
        }
    }
}
