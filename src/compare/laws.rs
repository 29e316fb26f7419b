//! What never happens in a pod's life, as code that judges recordings and simulations alike.
//!
//! Each law names its source. They speak of rows and states as a watching client sees them, so that whoever breaks one is
//! wrong, whatever the scenario.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::life::{Row, State, Visible as _, lives};

/// A law that a timeline breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The law, as a sentence.
    pub law: &'static str,
    /// The pod that breaks it: `namespace/name`.
    pub pod: String,
    /// Microseconds since the start of the run.
    pub micros: i64,
    /// What was seen.
    pub words: String,
}

/// The phases of a pod (v1.PodPhase).
const PHASES: [&str; 5] = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];

/// Every breach, in order of pods and time.
pub fn breaches(rows: &[Row]) -> Vec<Breach> {
    let mut found = Vec::new();
    let rows = &*by_life(rows);
    in_rows(rows, &mut found);
    let end = rows.last().map_or(0, |row| row.micros);
    for ((namespace, name), life) in lives(rows, end) {
        let pod = format!("{namespace}/{name}");
        let mut told = |law, micros, words| found.push(Breach { law, pod: pod.clone(), micros, words });
        for pair in life.states.windows(2) {
            between(&pair[0].1, &pair[1].1, &mut |law, words| told(law, pair[1].0, words));
        }
        for (micros, state) in &life.states {
            within(state, &mut |law, words| told(law, *micros, words));
        }
    }
    found
}

/// The rows with a name for each life: a pod that is made anew under the name of one that is gone (those of a StatefulSet are) is
/// another pod, and is told as `web-0, life 2`.
fn by_life(rows: &[Row]) -> Cow<'_, [Row]> {
    let is_gone = |row: &Row| row.kind == "status" && row.to.is_empty();
    let is_made = |row: &Row| row.kind == "phase" && row.from.is_empty();
    let mut life: BTreeMap<(&str, &str), (u32, bool)> = BTreeMap::new();
    let mut numbers = Vec::with_capacity(rows.len());
    for row in rows {
        let (number, gone) = life.entry((&row.namespace, &row.pod)).or_insert((1, false));
        if is_made(row) && std::mem::take(gone) {
            *number += 1;
        }
        *gone |= is_gone(row);
        numbers.push(*number);
    }
    if numbers.iter().all(|number| *number == 1) {
        return Cow::Borrowed(rows);
    }
    let named = |(row, number): (&Row, u32)| match number {
        1 => row.clone(),
        number => Row { pod: format!("{}, life {number}", row.pod), ..row.clone() },
    };
    Cow::Owned(rows.iter().zip(numbers).map(named).collect())
}

/// Laws about one state.
fn within(state: &State, told: &mut impl FnMut(&'static str, String)) {
    if state.status.is_empty() {
        return;
    }
    if !PHASES.contains(&state.phase.as_str()) {
        told("a pod is in one of five phases", format!("phase {:?}", state.phase));
    }
    let is_true = |kind: &str| state.conditions.get(kind).is_some_and(|(status, _)| status == "True");
    // `GeneratePodReadyCondition` (pkg/kubelet/status/generate.go): Ready is ContainersReady and the gates.
    if is_true("Ready") && !is_true("ContainersReady") {
        told("Ready implies ContainersReady", state.brief());
    }
    // `GenerateContainersReadyCondition`: every main container is ready, or none of them has to be any more.
    let (ready, all) = state.ready.split_once('/').unwrap_or(("", ""));
    let (ready, all) = (ready.parse::<u32>().unwrap_or(0), all.parse::<u32>().unwrap_or(0));
    if ready > all {
        told("no more containers are ready than there are", state.ready.clone());
    }
    for (name, (kind, _, code)) in &state.containers {
        if (kind == "terminated") == code.is_empty() {
            told("an exit code belongs to a terminated container", format!("{name}: {kind} {code:?}"));
        }
    }
}

/// Laws about two states that follow each other.
fn between(before: &State, after: &State, told: &mut impl FnMut(&'static str, String)) {
    if after.status.is_empty() {
        return;
    }
    if before.status.is_empty() && !before.phase.is_empty() {
        told("a removed pod does not come back", after.brief());
    }
    // `generateAPIPodStatus` (pkg/kubelet/kubelet_pods.go): the API's terminal phase overrides whatever is computed.
    if matches!(before.phase.as_str(), "Succeeded" | "Failed") && before.phase != after.phase {
        told("a phase never leaves Succeeded or Failed", format!("{} -> {}", before.phase, after.phase));
    }
    // Binding is final (pkg/registry/core/pod/storage/storage.go, `setPodNodeAndMetadata`). A pod that its kubelet
    // rejects after a restart loses the condition with all others of the kubelet's (`rejectPod`, pkg/kubelet/kubelet.go).
    let scheduled =
        |state: &State| state.conditions.get("PodScheduled").is_some_and(|(status, _)| status == "True");
    let rejected = after.phase == "Failed" && after.conditions.is_empty();
    if scheduled(before) && !scheduled(after) && !rejected {
        told("a scheduled pod stays scheduled", after.brief());
    }
    let containers = |state: &State| state.ready.split_once('/').map(|(_, all)| all.to_owned());
    if containers(before) != containers(after) {
        told("a pod keeps its containers", format!("{} -> {}", before.ready, after.ready));
    }
}

/// Laws about rows one by one.
fn in_rows(rows: &[Row], found: &mut Vec<Breach>) {
    let mut last = i64::MIN;
    let mut restarts: BTreeMap<(&str, &str, &str), (u32, Option<u32>)> = BTreeMap::new();
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    for row in rows {
        let pod = format!("{}/{}", row.namespace, row.pod);
        let mut told = |law, words| found.push(Breach { law, pod: pod.clone(), micros: row.micros, words });
        if row.micros < last {
            told("time never goes back", format!("{} after {last}", row.micros));
        }
        last = row.micros;
        if row.kind == "container" && !row.to.is_empty() {
            let count = row.restarts.parse().unwrap_or(0);
            let key = (row.namespace.as_str(), row.pod.as_str(), row.object.as_str());
            let (highest, ran) = restarts.entry(key).or_default();
            // `startContainer` (kuberuntime_container.go): the last instance's number and one.
            if count < *highest {
                told("restart counts never fall", format!("{}: {highest} -> {count}", row.object));
            }
            if row.to == "running" && row.from != "running" {
                if ran.is_some_and(|before| before >= count) {
                    told("a container that runs again counts a restart", format!("{}: {count}", row.object));
                }
                *ran = Some(count);
            }
            *highest = count.max(*highest);
        }
        if let Some(object) = row.event_object {
            // `eventLogger.eventObserve` (client-go tools/record/events_cache.go)
            let count = counts.entry(object).or_default();
            if row.count <= *count {
                told("an event's count only rises", format!("{}: {count} -> {}", row.reason, row.count));
            }
            *count = row.count;
        }
    }
}
