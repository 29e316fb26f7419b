//! Workloads as a tree: what each of them has made, down to its pods, how many of them are available over time, and what
//! happened last.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::strip::cell;
use super::why::headline;
use super::words::offset;
use super::{Walk, kubectl};
use crate::api::workload::WorkloadState;
use crate::api::{Phase, Sym};
use crate::record::{Figures, ObjectRow, Transition};
use crate::time::Time;
use crate::world::held::AnyHeld;
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, World};

/// One line of the tree: an object, and how deep it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// 0: nobody has made it.
    pub depth: usize,
    /// Which.
    pub of: ObjectKey,
}

/// All workloads and Services by namespace, kind and name, each with what it has made, the newest revision first; then pods
/// that no workload has made.
pub fn tree(w: &World) -> Vec<Leaf> {
    tree_of(w, &kubectl::pods(w))
}

/// The same for who has the pods that are there, by namespace and name.
pub fn tree_of(w: &World, in_order: &[PodId]) -> Vec<Leaf> {
    let stored = &w.workloads;
    let mut pods = Made::new();
    for pod in in_order {
        pods.entry(w.pods[pod.ix()].controller).or_default().push(ObjectKey::Pod(*pod));
    }
    let mut tops: Vec<ObjectKey> = super::get::objects(w)
        .filter(|key| figures(w, *key).is_some() || matches!(key, ObjectKey::Service(_)))
        .filter(|key| stored.controller(*key).is_none())
        .collect();
    tops.sort_by_key(|key| {
        stored.row(*key).map(|row| {
            let ident = w.directory.objects[row as usize];
            (ident.namespace.as_str(), ident.kind.as_str(), ident.name.as_str())
        })
    });
    let mut leaves = Vec::new();
    for top in tops {
        leaves.push(Leaf { depth: 0, of: top });
        for set in shown(w, top, &pods) {
            leaves.push(Leaf { depth: 1, of: set });
            leaves.extend(pods.remove(&Some(set)).into_iter().flatten().map(|of| Leaf { depth: 2, of }));
        }
        leaves.extend(pods.remove(&Some(top)).into_iter().flatten().map(|of| Leaf { depth: 1, of }));
    }
    let others = in_order.iter().filter(|pod| pods.contains_key(&w.pods[pod.ix()].controller));
    leaves.extend(others.map(|pod| Leaf { depth: 0, of: ObjectKey::Pod(*pod) }));
    leaves
}

/// A tree in which what nobody has made stands, with all that it has made, before the others where something of it is not well:
/// not all are available, a rollout is not complete, is paused or has failed, nobody stands behind a Service. Each part keeps its
/// order.
pub fn worst_first(w: &World, leaves: Vec<Leaf>) -> Vec<Leaf> {
    let mut groups: Vec<Vec<Leaf>> = Vec::new();
    for leaf in leaves {
        match groups.last_mut().filter(|_| leaf.depth > 0) {
            Some(group) => group.push(leaf),
            None => groups.push(vec![leaf]),
        }
    }
    groups.sort_by_key(|group| !group.iter().any(|leaf| is_amiss(w, leaf.of)));
    groups.concat()
}

/// Whether it is not as it should be. A Job tries until it has given up, and a bound bounds: what they hold up is amiss itself.
fn is_amiss(w: &World, key: ObjectKey) -> bool {
    let state = w.workloads.held(key).and_then(AnyHeld::told).map(|(state, ..)| state);
    match key {
        // Of a pod that somebody has made its maker tells.
        ObjectKey::Pod(pod) => {
            let own = &w.pods[pod.ix()];
            let is_well = own.status.condition_is_true(Sym::READY) || own.status.phase() == Phase::Succeeded;
            own.controller.is_none() && !is_well
        }
        ObjectKey::Service(id) => {
            w.workloads.services[id.ix()].beside.as_ref().is_none_or(|own| own.counts[0] == 0)
        }
        ObjectKey::Job(_) | ObjectKey::CronJob(_) => {
            matches!(state, Some(WorkloadState::Failed | WorkloadState::Suspended))
        }
        ObjectKey::PodDisruptionBudget(_) | ObjectKey::HorizontalPodAutoscaler(_) => false,
        key => {
            let level = figures(w, key).map(|own| own.level());
            state.is_some_and(|state| state != WorkloadState::Complete)
                || level.is_some_and(|(available, desired)| available < desired)
        }
    }
}

/// Pods by their controllers, each's by name.
type Made = BTreeMap<Option<ObjectKey>, Vec<ObjectKey>>;

/// What a workload has made beside pods: the Jobs of a CronJob; of a Deployment the newest set, and those of the others
/// that have pods or shall have some.
fn shown(w: &World, owner: ObjectKey, pods: &Made) -> Vec<ObjectKey> {
    let all = w.workloads.controlled_by(owner).filter(|key| figures(w, *key).is_some());
    if matches!(owner, ObjectKey::CronJob(_)) {
        return all.collect();
    }
    let mut sets: Vec<ObjectKey> = all.collect();
    sets.sort_by_key(|set| Reverse((revision(w, *set), *set)));
    let newest = sets.first().copied();
    sets.retain(|set| {
        let wanted = figures(w, *set).and_then(|figures| figures.desired).unwrap_or(0);
        Some(*set) == newest || wanted > 0 || pods.contains_key(&Some(*set))
    });
    sets
}

/// How a workload stands in numbers.
pub fn figures(w: &World, key: ObjectKey) -> Option<Figures> {
    w.workloads.held(key).and_then(AnyHeld::figures)
}

/// Which of its templates is the newest; of a ReplicaSet, which one it has.
fn revision(w: &World, key: ObjectKey) -> Option<i64> {
    figures(w, key).and_then(|figures| figures.revision)
}

/// `deployment/web`, and of a pod its name.
pub fn name(w: &World, key: ObjectKey) -> String {
    match (key, w.workloads.row(key)) {
        (ObjectKey::Pod(pod), _) => w.pods[pod.ix()].ident.name.to_string(),
        (_, Some(row)) => {
            let ident = w.directory.objects[row as usize];
            format!("{}/{}", ident.kind, ident.name)
        }
        (_, None) => String::new(),
    }
}

/// What a workload is doing, and how many are available: `Progressing  3/4 available, revision 2`; of a Service, who stands
/// behind it.
pub fn state(w: &World, key: ObjectKey) -> String {
    let told = w.workloads.held(key).and_then(AnyHeld::told);
    if !w.workloads.exists(key) {
        return "gone from the API server".to_owned();
    }
    if let ObjectKey::Service(id) = key {
        let [ready, serving, terminating] =
            w.workloads.services[id.ix()].beside.as_ref().map_or([0; 3], |slices| slices.counts);
        return format!("{ready} ready  {serving} serving, {terminating} terminating");
    }
    if let ObjectKey::HorizontalPodAutoscaler(id) = key {
        let own = &w.workloads.autoscalers[id.ix()].object;
        let (target, status) = (own.spec.target, &own.status);
        let kind = target.kind.as_str().to_lowercase();
        return format!("{kind}/{}  {} there, wants {}", target.name, status.current, status.desired);
    }
    if let ObjectKey::PodDisruptionBudget(id) = key {
        let own = &w.workloads.budgets[id.ix()].object.status;
        let allowed = own.disruptions_allowed;
        let more = if allowed == 1 { "disruption" } else { "disruptions" };
        let (healthy, of, needed) = (own.current_healthy, own.expected_pods, own.desired_healthy);
        return format!("{allowed} {more} allowed  {healthy}/{of} healthy, {needed} needed");
    }
    let (Some((doing, ..)), Some(figures)) = (told, figures(w, key)) else { return String::new() };
    let revision = figures.revision.map_or_else(String::new, |revision| format!(", revision {revision}"));
    format!("{}  {}{revision}", doing.as_str(), figures.words())
}

/// How many it has of how many it wants; of a budget, how many of its pods are healthy.
pub fn ready(w: &World, key: ObjectKey) -> Option<String> {
    let own = figures(w, key)?;
    Some(match key {
        ObjectKey::PodDisruptionBudget(_) => {
            format!("{}/{}", own.ready.unwrap_or(0), own.desired.unwrap_or(0))
        }
        _ => format!("{}/{}", own.level().0, own.level().1),
    })
}

/// What is told of a workload beside its state: how many are of the newest template, and how many there are.
pub fn beside(w: &World, key: ObjectKey) -> String {
    let Some(own) = figures(w, key).filter(|_| !matches!(key, ObjectKey::PodDisruptionBudget(_))) else {
        return String::new();
    };
    let told = |number: Option<i32>, what: &str| {
        number.map_or_else(String::new, |number| format!(", {number} {what}"))
    };
    told(own.updated, "updated") + &told(own.current, "total")
}

/// One cell of a curve: the fewest that were available in its time, and how many there should have been.
pub type Level = Option<(i32, i32)>;

/// A level as a sign: a blank where there was nothing yet, `_` for none, and up to a full block for all.
pub fn sign(level: Level) -> char {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    match level {
        None => ' ',
        Some((0, 0)) => '·',
        Some((available, _)) if available <= 0 => '_',
        Some((available, desired)) => {
            let part = (available * 8).div_euclid(desired.max(available)).clamp(1, 8);
            STEPS[part as usize - 1]
        }
    }
}

/// What the signs of a curve mean.
pub const LEGEND: &str = "█ all available  ▁▂▃▄▅▆▇ a part of them  _ none  · none wanted";

impl Walk {
    /// How many of a workload's pods were available over `[from, to]`, `width` cells wide, up to the clock.
    pub fn curve(&self, key: ObjectKey, from: Time, to: Time, width: usize) -> Vec<Level> {
        let mut levels: Vec<Level> = vec![None; width];
        let Some(own) = self.world().workloads.row(key) else { return levels };
        let cell = |at: Time| cell(at, from, to, width);
        let rows = self.figures_of(own, self.position()).map(|(_, row)| row);
        let mut last: Level = None;
        let mut since = 0;
        let fewer = |a: Level, b: Level| match (a, b) {
            (Some(a), Some(b)) => Some(if a.0 - a.1 <= b.0 - b.1 { a } else { b }),
            (a, b) => a.or(b),
        };
        for row in rows {
            let now = row.figures.map(|figures| figures.level());
            let at = cell(row.time).min(width);
            for level in &mut levels[since.min(at)..at] {
                *level = fewer(*level, last);
            }
            if row.time >= from && at < width {
                // What was so in a part of this cell counts in it; where it begins, its start does not.
                levels[at] = fewer(fewer(levels[at], last.filter(|_| now.is_some())), now);
            }
            (since, last) = (at, now);
        }
        let end = (cell(self.now()) + 1).min(width);
        for level in &mut levels[since.min(end)..end] {
            *level = fewer(*level, last);
        }
        levels
    }

    /// A workload and what it controls, as rows name them.
    fn with_controlled(&self, key: ObjectKey) -> Vec<ObjectRow> {
        let w = self.world();
        let all = [key].into_iter().chain(w.workloads.controlled_by(key));
        all.filter_map(|key| w.workloads.row(key)).collect()
    }

    /// What has been written about a workload and what it controls, up to the cursor, in order.
    pub fn rows_of_workload(&self, key: ObjectKey) -> Vec<Transition> {
        let all = self.with_controlled(key).into_iter();
        let mut rows: Vec<Transition> = all.flat_map(|row| self.rows_of_object(row)).collect();
        rows.sort_by_key(|row| row.step);
        rows
    }

    /// The last of it in words, with its instant.
    pub fn last_of_workload(&self, key: ObjectKey) -> Option<String> {
        let last =
            self.with_controlled(key).into_iter().filter_map(|row| self.rows_of_object(row).next_back());
        let row = last.max_by_key(|row| row.step)?;
        let words = headline(&row, &self.world().directory);
        Some(format!("{}  {words}", offset(row.time, self.plan().start)))
    }

    /// The tree in lines of text, with curves of this width; 0: without.
    pub fn tree_lines(&self, curve: usize) -> Vec<String> {
        self.lines_of(&tree(self.world()), curve)
    }

    /// The same with what is not well before all others.
    pub fn tree_lines_worst_first(&self, curve: usize) -> Vec<String> {
        let w = self.world();
        self.lines_of(&worst_first(w, tree(w)), curve)
    }

    fn lines_of(&self, leaves: &[Leaf], curve: usize) -> Vec<String> {
        let (w, now) = (self.world(), self.now());
        let (from, to) = super::strip::window(self);
        let namespaces: Vec<Sym> = leaves.iter().map(|leaf| namespace(w, leaf.of)).collect();
        let several = namespaces.iter().any(|other| *other != namespaces[0]);
        let names: Vec<String> = leaves
            .iter()
            .map(|leaf| {
                let own = name(w, leaf.of);
                let space = match leaf.depth {
                    0 if several => format!("{}/", namespace(w, leaf.of)),
                    _ => String::new(),
                };
                format!("{}{space}{own}", "  ".repeat(leaf.depth))
            })
            .collect();
        let wide = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for (leaf, name) in leaves.iter().zip(names) {
            let rest = match leaf.of {
                ObjectKey::Pod(pod) => {
                    let [_, ready, status, restarts, age, _, node, ..] = kubectl::cells(w, pod, now);
                    format!("{ready}  {status}, restarts {restarts}, {age}, {node}")
                }
                key => {
                    let drawn: String = self.curve(key, from, to, curve).into_iter().map(sign).collect();
                    let apart = if curve == 0 { "" } else { "  " };
                    format!("{drawn}{apart}{}", state(w, key))
                }
            };
            lines.push(format!("{name:<wide$}  {rest}").trim_end().to_owned());
            if leaf.depth == 0
                && let Some(last) = self.last_of_workload(leaf.of)
            {
                lines.push(format!("{:wide$}  last: {last}", ""));
            }
        }
        lines
    }
}

fn namespace(w: &World, key: ObjectKey) -> Sym {
    match (key, w.workloads.meta(key)) {
        (ObjectKey::Pod(pod), _) => w.pods[pod.ix()].ident.namespace,
        (_, Some(meta)) => meta.namespace,
        (_, None) => Sym::EMPTY,
    }
}
