//! Two sides held against each other: which states both have, where they part, how far their times are apart.
//!
//! The measure is that of [`fidelity`](super::fidelity): a state that lasts less than 50 ms may be missing on one side,
//! a gap may differ by as much as reality's dice make it (see [`limit`]), an event's count by one.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::api::EventType;

use super::fidelity::{Allowances, Pairs, SHORT, align, limit};
use super::life::{Life, SeenEvent, State};
use super::side::{Known, Lived, Side};
use crate::rules::versions::gates::Gates;

/// What may differ without counting.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tolerance {
    /// How far two gaps may be apart, in microseconds; None: as far as the dice make them.
    pub within: Option<i64>,
    /// What recordings of a cluster cannot tell.
    pub allowances: Allowances,
}

/// How somebody wants two sides held against each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct How {
    /// How far two gaps may be apart, in microseconds; None: as far as chance explains.
    pub within: Option<i64>,
    /// What came later in a pod's life is left out, and events then, too; in microseconds.
    pub until: Option<i64>,
}

impl How {
    /// Holds them against each other, by the habits of a version.
    pub fn report(&self, [a, b]: &mut [Side; 2], gates: &Gates) -> Report {
        if let Some(until) = self.until {
            a.cut(until);
            b.cut(until);
        }
        let allowances = Allowances { polls: !gates.habits.requeues_after_back_off, ..Allowances::default() };
        let report = compare(a, b, &Tolerance { within: self.within, allowances });
        Report { is_cut: self.until.is_some(), ..report }
    }
}

/// What is different between two sides.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Nothing differs that counts.
    pub same: bool,
    /// Pods that both sides have, in the order of their names.
    pub pods: Vec<PodReport>,
    /// Pods that the other side does not have.
    pub only_in_a: Vec<String>,
    /// Pods that A does not have.
    pub only_in_b: Vec<String>,
    /// Both sides tell of events, so that they were compared.
    pub events_compared: bool,
    /// What came later was left out, and with it the events.
    #[serde(skip)]
    pub is_cut: bool,
}

/// How one pod's two lives differ.
#[derive(Clone, Debug, Serialize)]
pub struct PodReport {
    /// `namespace/name` in A.
    pub pod: String,
    /// Its name in B, where it has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_in_b: Option<String>,
    /// Nothing of this pod differs that counts.
    pub same: bool,
    /// States that both lives have, in the same order.
    pub states_in_both: usize,
    /// States that only A has.
    pub states_only_in_a: usize,
    /// States that only B has.
    pub states_only_in_b: usize,
    /// The largest difference of two times since creation, and of two gaps, in seconds; where both are known.
    pub largest_time_difference: f64,
    /// The same of two gaps between states.
    pub largest_gap_difference: f64,
    /// Gaps that differ by more than the tolerance.
    pub gaps_apart: usize,
    /// Both lives merged, in order.
    pub states: Vec<Line>,
    /// Events that differ; none where they were not compared.
    pub events: Vec<EventLine>,
}

/// A state of one side or of both.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Seconds since the pod's creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<f64>,
    /// The same in B.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<f64>,
    /// The time says no more than that it was not earlier.
    #[serde(skip_serializing_if = "is_false")]
    pub a_or_later: bool,
    /// The same of B's time.
    #[serde(skip_serializing_if = "is_false")]
    pub b_or_later: bool,
    /// The pod's phase.
    pub phase: String,
    /// kubectl's STATUS.
    pub status: String,
    /// kubectl's READY: `1/2`.
    pub ready: String,
    /// The restart count.
    pub restarts: String,
    /// What changed since the state before on this side.
    pub changes: Vec<String>,
    /// Too short to count as a difference.
    #[serde(skip_serializing_if = "is_false")]
    pub passing: bool,
    /// Seconds by which the gap since the last state in both is longer in B, where that is more than the tolerance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_apart: Option<f64>,
}

/// An event that differs, with its counts.
#[derive(Clone, Debug, Serialize)]
pub struct EventLine {
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its reason.
    pub reason: String,
    /// The component that reported it.
    pub component: String,
    /// Its message, with what differs from run to run masked.
    pub message: String,
    /// Counts of the event objects with these words.
    pub a: Vec<u32>,
    /// The same in B.
    pub b: Vec<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn secs(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// Holds B against A.
pub fn compare(a: &Side, b: &Side, tolerance: &Tolerance) -> Report {
    let matched = matched(a, b);
    let events_compared = a.has_events && b.has_events;
    let name = |name: &(String, String)| format!("{}/{}", name.0, name.1);
    let left = |side: &Side, used: &BTreeSet<&(String, String)>| -> Vec<String> {
        side.pods.keys().filter(|key| !used.contains(key)).map(name).collect()
    };
    let only_in_a = left(a, &matched.iter().map(|(key, _)| *key).collect());
    let only_in_b = left(b, &matched.iter().map(|(_, key)| *key).collect());
    let pods: Vec<PodReport> = matched
        .into_iter()
        .map(|(in_a, in_b)| {
            let mut report = pod(&a.pods[in_a], &b.pods[in_b], events_compared, tolerance);
            report.pod = name(in_a);
            report.pod_in_b = (in_a != in_b).then(|| name(in_b));
            report
        })
        .collect();
    let same = only_in_a.is_empty() && only_in_b.is_empty() && pods.iter().all(|pod| pod.same);
    Report { same, pods, only_in_a, only_in_b, events_compared, is_cut: false }
}

type Key = (String, String);

/// Pods of one name; where the namespaces differ, those whose name is unique; where each side has one pod, these two.
fn matched<'a>(a: &'a Side, b: &'a Side) -> Vec<(&'a Key, &'a Key)> {
    if let (1, 1) = (a.pods.len(), b.pods.len()) {
        return a.pods.keys().zip(b.pods.keys()).collect();
    }
    let by_name = |side: &'a Side| {
        let mut all: BTreeMap<&str, Option<&'a Key>> = BTreeMap::new();
        for key in side.pods.keys() {
            all.entry(&key.1).and_modify(|one| *one = None).or_insert(Some(key));
        }
        all
    };
    let (of_a, of_b) = (by_name(a), by_name(b));
    let unique = |all: &BTreeMap<&str, Option<&'a Key>>, name: &str| all.get(name).copied().flatten();
    a.pods
        .keys()
        .filter_map(|key| match b.pods.get_key_value(key) {
            Some((same, _)) => Some((key, same)),
            None => unique(&of_a, &key.1).and_then(|_| unique(&of_b, &key.1)).map(|other| (key, other)),
        })
        .collect()
}

fn pod(a: &Lived, b: &Lived, events_compared: bool, tolerance: &Tolerance) -> PodReport {
    let aligned = align(&a.life, &b.life, SHORT).ok();
    let in_order = aligned.is_some();
    let pairs = aligned.unwrap_or_else(|| longest(&a.life, &b.life));
    let gaps = gaps(a, b, &pairs, tolerance);
    let states = lines(a, b, &pairs, in_order, &gaps);
    let events = if events_compared { events(&a.life, &b.life) } else { Vec::new() };
    let of_pairs = |value: &dyn Fn(usize, usize) -> i64| {
        let both = pairs.iter().filter(|(i, j)| a.known[*i] > Known::Not && b.known[*j] > Known::Not);
        both.map(|(i, j)| value(*i, *j)).max().unwrap_or(0)
    };
    let apart: Vec<&Gap> = gaps.values().filter(|gap| gap.counts).collect();
    let count = |in_a: bool| {
        states.iter().filter(|l| !l.passing && l.a.is_some() == in_a && l.b.is_some() != in_a).count()
    };
    PodReport {
        pod: String::new(),
        pod_in_b: None,
        same: in_order && apart.is_empty() && events.is_empty(),
        states_in_both: pairs.len(),
        states_only_in_a: count(true),
        states_only_in_b: count(false),
        largest_time_difference: secs(of_pairs(&|i, j| (a.life.states[i].0 - b.life.states[j].0).abs())),
        largest_gap_difference: secs(gaps.values().map(|gap| gap.longer_in_b.abs()).max().unwrap_or(0)),
        gaps_apart: apart.len(),
        states,
        events,
    }
}

/// Pairs of equal states in the order of both, as many as there are.
fn longest(a: &Life, b: &Life) -> Pairs {
    // States become numbers: comparing them again and again would cost.
    let mut numbers: FxHashMap<&State, u32> = FxHashMap::default();
    let mut number = |state| {
        let next = numbers.len() as u32;
        *numbers.entry(state).or_insert(next)
    };
    let (left, right): (Vec<u32>, Vec<u32>) = (
        a.states.iter().map(|(_, state)| number(state)).collect(),
        b.states.iter().map(|(_, state)| number(state)).collect(),
    );
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        let (end_i, end_j) = ((i + WINDOW).min(left.len()), (j + WINDOW).min(right.len()));
        let is_last = end_i == left.len() && end_j == right.len();
        let mut found = Vec::new();
        for op in capture_diff_slices(Algorithm::Myers, &left[i..end_i], &right[j..end_j]) {
            if let DiffOp::Equal { old_index, new_index, len } = op {
                found.extend((0..len).map(|n| (i + old_index + n, j + new_index + n)));
            }
        }
        if is_last {
            pairs.extend(found);
            break;
        }
        // What stands near the end of a window may have a better partner behind it.
        found.retain(|(a, b)| *a < i + WINDOW / 2 && *b < j + WINDOW / 2);
        let half = ((i + WINDOW / 2).min(left.len()), (j + WINDOW / 2).min(right.len()));
        (i, j) = match found.last() {
            Some((a, b)) if a - i > WINDOW / 4 || b - j > WINDOW / 4 => (a + 1, b + 1),
            _ => half,
        };
        pairs.extend(found);
    }
    pairs
}

/// So many states of either side are looked at together: lives of any length cost as much as they are long.
const WINDOW: usize = 2048;
/// So many earlier pairs are asked whether one holds a later state in its place: the first ones, and the last ones.
const ANCHORS: usize = 256;

/// How the gap that a pair of states ends differs between the sides.
struct Gap {
    longer_in_b: i64,
    counts: bool,
}

/// By position in A. Only gaps between times that are known on both sides.
fn gaps(a: &Lived, b: &Lived, pairs: &[(usize, usize)], tolerance: &Tolerance) -> BTreeMap<usize, Gap> {
    let known: Vec<(usize, usize)> =
        pairs.iter().copied().filter(|(i, j)| a.known[*i] > Known::Not && b.known[*j] > Known::Not).collect();
    let at = |(i, j): (usize, usize)| (a.life.states[i].0, b.life.states[j].0);
    // Times cut to seconds are wrong by up to one.
    let cut = |lived: &Lived, ix: usize| if lived.known[ix] == Known::Second { 1_000_000 } else { 0 };
    let slack = |i: usize, j: usize| cut(a, i).max(cut(b, j));
    let mut found = BTreeMap::new();
    for (n, window) in known.windows(2).enumerate() {
        let (from, to) = (window[0], window[1]);
        let gap = |from: (usize, usize)| (at(to).0 - at(from).0, at(to).1 - at(from).1);
        let fits = |from: (usize, usize)| {
            let (in_a, in_b) = gap(from);
            let shortest = in_a.min(in_b);
            let dice = || limit(&a.life, from.0, shortest, &tolerance.allowances) + 250_000 + shortest / 50;
            (in_b - in_a).abs()
                <= tolerance.within.unwrap_or_else(dice) + slack(from.0, from.1) + slack(to.0, to.1)
        };
        let (in_a, in_b) = gap(from);
        // What an earlier state holds in its place is no difference, however the gap since the last one came out.
        let (first, last) = (n.min(ANCHORS), n.saturating_sub(ANCHORS));
        let mut anchors = known[..first].iter().chain(&known[last.max(first)..n]);
        let counts = !fits(from) && !anchors.any(|earlier| fits(*earlier));
        found.insert(to.0, Gap { longer_in_b: in_b - in_a, counts });
    }
    found
}

/// The states of both sides in one order: a state that only one side has stands before the next that both have.
fn lines(
    a: &Lived,
    b: &Lived,
    pairs: &[(usize, usize)],
    in_order: bool,
    gaps: &BTreeMap<usize, Gap>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut i, mut j) = (0, 0);
    let end = (a.life.states.len(), b.life.states.len());
    for (to_i, to_j) in pairs.iter().copied().chain([end]) {
        lines.extend((i..to_i).map(|ix| line(Some((a, ix)), None, in_order, None)));
        lines.extend((j..to_j).map(|ix| line(None, Some((b, ix)), in_order, None)));
        if to_i < end.0 && to_j < end.1 {
            lines.push(line(Some((a, to_i)), Some((b, to_j)), in_order, gaps.get(&to_i)));
        }
        (i, j) = (to_i + 1, to_j + 1);
    }
    lines
}

fn line(a: Option<(&Lived, usize)>, b: Option<(&Lived, usize)>, in_order: bool, gap: Option<&Gap>) -> Line {
    let at = |side: Option<(&Lived, usize)>| side.map(|(lived, ix)| secs(lived.life.states[ix].0));
    let later = |side: Option<(&Lived, usize)>| side.is_some_and(|(lived, ix)| lived.known[ix] == Known::Not);
    let mut line = Line {
        a: at(a),
        b: at(b),
        a_or_later: later(a),
        b_or_later: later(b),
        phase: String::new(),
        status: String::new(),
        ready: String::new(),
        restarts: String::new(),
        changes: Vec::new(),
        passing: false,
        gap_apart: gap.filter(|gap| gap.counts).map(|gap| secs(gap.longer_in_b)),
    };
    if let Some((lived, ix)) = a.or(b) {
        let states = &lived.life.states;
        let state = &states[ix].1;
        line.phase.clone_from(&state.phase);
        line.status.clone_from(&state.status);
        line.ready.clone_from(&state.ready);
        line.restarts.clone_from(&state.restarts);
        line.changes = state.changes_since(ix.checked_sub(1).map(|before| &states[before].1));
        let lasts = states.get(ix + 1).map_or(lived.life.end, |(next, _)| *next) - states[ix].0;
        let alone = a.is_none() || b.is_none();
        line.passing = alone && (in_order || lasts < SHORT && lived.known[ix] == Known::Exact);
    }
    line
}

type Words = (String, EventType, String, String);

/// Events whose objects differ in number, or in a count by more than one.
fn events(a: &Life, b: &Life) -> Vec<EventLine> {
    let mut by_words: BTreeMap<Words, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
    let words = |e: &SeenEvent| (e.component.clone(), e.kind, e.reason.clone(), e.message.clone());
    for event in &a.events {
        by_words.entry(words(event)).or_default().0.push(event.count);
    }
    for event in &b.events {
        by_words.entry(words(event)).or_default().1.push(event.count);
    }
    by_words
        .into_iter()
        .filter_map(|((component, kind, reason, message), (mut a, mut b))| {
            a.sort_unstable();
            b.sort_unstable();
            let alike = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= 1);
            (!alike).then_some(EventLine { kind: kind.as_str(), reason, component, message, a, b })
        })
        .collect()
}
