//! How alike a recorded life and simulated ones are, in four parts: sequence, times, no hedge, events.

use super::life::{Life, SeenEvent};

/// A state shorter than this on its own side may be left out.
pub const SHORT: i64 = 50_000;

/// What a judgement needs to know of the scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowances {
    /// Requeues poll each 10 to 15 s (up to Kubernetes 1.34).
    pub polls: bool,
    /// Longest probe period of the pod, in microseconds; 0 without probes.
    pub probe_period: i64,
    /// The node monitor or the pod collector takes part.
    pub node_controllers: bool,
    /// FailedScheduling counts for its existence only.
    pub shared_scheduling: bool,
}

/// Which parts hold, and what was the first difference.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// The states come in the same order.
    pub sequence: bool,
    /// Each gap is as long as recorded, as far as the dice make it.
    pub times: bool,
    /// Simulated gaps spread no wider than a requeue or a probe explains.
    pub no_hedge: bool,
    /// The same events were told, as often.
    pub events: bool,
    /// The first difference in words; empty if there is none.
    pub difference: String,
}

/// Positions (recorded, simulated) of equal states.
pub type Pairs = Vec<(usize, usize)>;

/// The pairs of equal states, if the two sequences are equal but for short states.
pub fn align(recorded: &Life, simulated: &Life) -> Result<Pairs, (usize, usize)> {
    let (a, b) = (&recorded.states, &simulated.states);
    let lasts =
        |life: &Life, ix: usize| life.states.get(ix + 1).map_or(life.end, |(at, _)| *at) - life.states[ix].0;
    let mut furthest = (0, 0);
    // Depth first over (recorded, simulated) positions; each is visited once.
    let mut seen = std::collections::BTreeSet::new();
    let mut stack: Vec<(usize, usize, Pairs)> = vec![(0, 0, Vec::new())];
    while let Some((i, j, pairs)) = stack.pop() {
        if !seen.insert((i, j)) {
            continue;
        }
        if i + j > furthest.0 + furthest.1 {
            furthest = (i, j);
        }
        if i == a.len() && j == b.len() {
            return Ok(pairs);
        }
        // After a state was left out, the same state may go on.
        let last = pairs.last().copied();
        if j < b.len() && (lasts(simulated, j) < SHORT || last.is_some_and(|(pi, _)| a[pi].1 == b[j].1)) {
            stack.push((i, j + 1, pairs.clone()));
        }
        if i < a.len() && (lasts(recorded, i) < SHORT || last.is_some_and(|(_, pj)| b[pj].1 == a[i].1)) {
            stack.push((i + 1, j, pairs.clone()));
        }
        if i < a.len() && j < b.len() && a[i].1 == b[j].1 {
            let mut pairs = pairs;
            pairs.push((i, j));
            stack.push((i + 1, j + 1, pairs));
        }
    }
    Err(furthest)
}

/// Judges one recorded life by simulated ones (one for each seed).
pub fn judge(recorded: &Life, simulated: &[Life], allowances: &Allowances) -> Judgement {
    let mut verdict = Judgement::default();
    let mut matching: Vec<(&Life, Pairs)> = Vec::new();
    let mut best = (0, 0, 0);
    for (ix, life) in simulated.iter().enumerate() {
        match align(recorded, life) {
            Ok(pairs) => matching.push((life, pairs)),
            Err((i, j)) if i + j >= best.0 + best.1 => best = (i, j, ix),
            Err(_) => {}
        }
    }
    if matching.is_empty() {
        verdict.difference = first_difference(recorded, simulated.get(best.2), best.0, best.1);
        return verdict;
    }
    verdict.sequence = true;
    times(recorded, &matching, allowances, &mut verdict);
    events(recorded, &matching, allowances, &mut verdict);
    verdict
}

fn first_difference(recorded: &Life, simulated: Option<&Life>, i: usize, j: usize) -> String {
    let Some(simulated) = simulated else { return "no such pod was simulated".into() };
    let show = |life: &Life, ix: usize| match life.states.get(ix) {
        Some((at, state)) => format!("{} at {:.1} s", state.brief(), *at as f64 / 1e6),
        None => "nothing more".to_owned(),
    };
    let detail = match (recorded.states.get(i), simulated.states.get(j)) {
        (Some((_, a)), Some((_, b))) => a.difference(b),
        _ => String::new(),
    };
    format!("at position {i} recorded {}, simulated {} ({detail})", show(recorded, i), show(simulated, j))
}

fn times(recorded: &Life, matching: &[(&Life, Pairs)], allowances: &Allowances, verdict: &mut Judgement) {
    verdict.times = true;
    verdict.no_hedge = true;
    // Positions of the recorded life that every matching seed has too.
    let common: Vec<usize> = (0..recorded.states.len())
        .filter(|i| matching.iter().all(|(_, pairs)| pairs.iter().any(|(pi, _)| pi == i)))
        .collect();
    let at = |life: &Life, pairs: &[(usize, usize)], i: usize| {
        pairs.iter().find(|(pi, _)| *pi == i).map_or(0, |(_, j)| life.states[*j].0)
    };
    for (n, window) in common.windows(2).enumerate() {
        let (from, to) = (window[0], window[1]);
        let gap = recorded.states[to].0 - recorded.states[from].0;
        let gaps: Vec<i64> =
            matching.iter().map(|(life, pairs)| at(life, pairs, to) - at(life, pairs, from)).collect();
        let (Some(&low), Some(&high)) = (gaps.iter().min(), gaps.iter().max()) else { continue };
        let slack = 250_000 + gap / 50;
        if gap < low - slack || gap > high + slack {
            if verdict.times && verdict.difference.is_empty() {
                verdict.difference = format!(
                    "at position {to} ({}) the gap is {:.2} s, simulated {:.2} to {:.2} s by {} seeds",
                    recorded.states[to].1.brief(),
                    gap as f64 / 1e6,
                    low as f64 / 1e6,
                    high as f64 / 1e6,
                    matching.len()
                );
            }
            verdict.times = false;
        }
        let limit = limit(recorded, from, low, allowances);
        // What an earlier state (or the start) holds to within the width allowed for the gap since then is no hedge.
        let anchored = || {
            let holds = |anchor: Option<usize>| {
                let since: Vec<i64> = matching
                    .iter()
                    .map(|(life, pairs)| at(life, pairs, to) - anchor.map_or(0, |i| at(life, pairs, i)))
                    .collect();
                let (low, high) = (since.iter().min().unwrap_or(&0), since.iter().max().unwrap_or(&0));
                let width = anchor.map_or(limit, |i| self::limit(recorded, i, *low, allowances).max(limit));
                high - low <= width
            };
            holds(None) || common[..n].iter().any(|i| holds(Some(*i)))
        };
        if high - low > limit && !anchored() {
            if verdict.no_hedge && verdict.difference.is_empty() {
                verdict.difference = format!(
                    "at position {to} ({}) the simulated gaps spread over {:.2} s, {:.2} s are allowed",
                    recorded.states[to].1.brief(),
                    (high - low) as f64 / 1e6,
                    limit as f64 / 1e6
                );
            }
            verdict.no_hedge = false;
        }
    }
}

/// How wide a gap may spread. A requeue is in play while some container has failed or waits for more than its turn;
/// a probe while the pod has one.
pub fn limit(recorded: &Life, from: usize, shortest: i64, allowances: &Allowances) -> i64 {
    let state = &recorded.states[from].1;
    let retried = state
        .containers
        .values()
        .any(|(kind, reason, _)| kind == "terminated" || (kind == "waiting" && !reason.is_empty()));
    let mut limit = 1_200_000;
    if retried {
        limit = limit.max(shortest / 2 + 2_600_000);
        if allowances.polls {
            limit = limit.max(16_200_000);
        }
    }
    if allowances.probe_period > 0 {
        limit = limit.max(allowances.probe_period + 1_200_000);
    }
    if allowances.node_controllers {
        limit = limit.max(21_200_000);
    }
    limit
}

fn events(recorded: &Life, matching: &[(&Life, Pairs)], allowances: &Allowances, verdict: &mut Judgement) {
    let key = |e: &SeenEvent| {
        let message =
            if allowances.shared_scheduling && e.reason == "FailedScheduling" { "" } else { &e.message };
        (e.component.clone(), e.kind, e.reason.clone(), message.to_owned())
    };
    let sorted = |life: &Life| {
        let mut list: Vec<_> = life.events.iter().map(|e| (key(e), e.count)).collect();
        list.sort();
        if allowances.shared_scheduling {
            list.dedup_by(|a, b| a.0 == b.0 && a.0.2 == "FailedScheduling");
        }
        list
    };
    let wanted = sorted(recorded);
    let same: Vec<Vec<_>> = matching
        .iter()
        .map(|(life, _)| sorted(life))
        .filter(|list| list.len() == wanted.len() && list.iter().zip(&wanted).all(|(a, b)| a.0 == b.0))
        .collect();
    if same.is_empty() {
        if verdict.difference.is_empty()
            && let Some((life, _)) = matching.first()
        {
            let ours = sorted(life);
            let missing = wanted.iter().find(|e| !ours.iter().any(|o| o.0 == e.0));
            let extra = ours.iter().find(|e| !wanted.iter().any(|o| o.0 == e.0));
            verdict.difference = format!(
                "events: recorded only {missing:?}, simulated only {extra:?}, {} | {} objects",
                wanted.len(),
                ours.len()
            );
        }
        return;
    }
    verdict.events = wanted.iter().enumerate().all(|(ix, (key, count))| {
        let counts = same.iter().map(|list| list[ix].1);
        let (low, high) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
        let fits = (allowances.shared_scheduling && key.2 == "FailedScheduling")
            || (*count + 1 >= low && *count <= high + 1);
        if !fits && verdict.difference.is_empty() {
            verdict.difference =
                format!("event {} {:?} counted {count}, simulated {low} to {high}", key.2, key.3);
        }
        fits
    });
}
