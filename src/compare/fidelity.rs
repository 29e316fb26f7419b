//! How alike a recorded life and simulated ones are, in three parts: sequence, times, events. Whether the simulated ones spread
//! as reality does, and no wider, is told by [`super::ranks`].

use std::collections::BTreeSet;

use super::life::{Life, SeenEvent, State, Visible};
use super::ranks::Gap;
use crate::api::EventType;

/// A state shorter than this on its own side may be left out.
pub const SHORT: i64 = 50_000;

/// What a judgement needs to know of the scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowances {
    /// Requeues poll each 10 to 15 s (up to Kubernetes 1.34).
    pub polls: bool,
    /// FailedScheduling counts for its existence only.
    pub shared_scheduling: bool,
    /// Somebody made it in the course of the run: its first state has a gap too, since the run's start, and as what made
    /// it waits for others, a gap may spread.
    pub made: bool,
    /// So much more than the measure's 0.25 s and 2 % may a gap differ, in microseconds: for comparing two recordings.
    pub slack: i64,
}

/// Which parts hold, and what was the first difference.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// The states come in the same order.
    pub sequence: bool,
    /// Each gap is as long as recorded, as far as the dice make it.
    pub times: bool,
    /// The same events were told, counts aside.
    pub kinds: bool,
    /// The same events were told, as often.
    pub events: bool,
    /// How many seeds have the sequence.
    pub seeds: usize,
    /// The first difference in words; empty if there is none.
    pub difference: String,
}

/// Positions (recorded, simulated) of equal states.
pub type Pairs = Vec<(usize, usize)>;

/// The pairs of two sequences that are alike, or how far they are.
pub type Aligned = Result<Pairs, (usize, usize)>;

/// The pairs of equal states, if the two sequences are equal but for states that last less than `short` on their own side.
///
/// # Errors
/// How far the two agree, in positions of both.
pub fn align<S: PartialEq>(recorded: &Life<S>, simulated: &Life<S>, short: i64) -> Aligned {
    let (a, b) = (&recorded.states, &simulated.states);
    let is_short = |life: &Life<S>, ix: usize| {
        life.states.get(ix + 1).map_or(life.end, |(at, _)| *at) - life.states[ix].0 < short
    };
    let mut furthest = (0, 0);
    // Depth first over positions of both and the last pair of equal states, each once; a step knows the one before it.
    let mut seen = BTreeSet::new();
    let mut steps: Vec<Step> = Vec::new();
    let mut stack = vec![Step { at: (0, 0), last: None, before: None, pairs: false }];
    let most = (a.len() + b.len()).saturating_mul(TRIES).saturating_add(TRIED);
    while let Some(step) = stack.pop() {
        // Lives that branch everywhere are not alike in any sense that helps.
        if steps.len() > most {
            break;
        }
        let ((i, j), last) = (step.at, step.last);
        if !seen.insert((step.at, last)) {
            continue;
        }
        if i + j > furthest.0 + furthest.1 {
            furthest = (i, j);
        }
        steps.push(step);
        if i == a.len() && j == b.len() {
            return Ok(way(&steps));
        }
        let before = Some(steps.len() - 1);
        // After a state was left out, the same state may go on.
        let goes_on = |state: &S| last.is_some_and(|ix: usize| a[ix].1 == *state);
        if j < b.len() && (is_short(simulated, j) || goes_on(&b[j].1)) {
            stack.push(Step { at: (i, j + 1), last, before, pairs: false });
        }
        if i < a.len() && (is_short(recorded, i) || goes_on(&a[i].1)) {
            stack.push(Step { at: (i + 1, j), last, before, pairs: false });
        }
        if i < a.len() && j < b.len() && a[i].1 == b[j].1 {
            stack.push(Step { at: (i + 1, j + 1), last: Some(i), before, pairs: true });
        }
    }
    Err(furthest)
}

/// So many ways are tried for each state, and so many at least: what real lives need is a few.
const TRIES: usize = 64;
const TRIED: usize = 1 << 20;

/// On the way through two lives: so many states of both are behind, and `last` is the recorded one of the last pair.
struct Step {
    at: (usize, usize),
    last: Option<usize>,
    /// The step before, by its number.
    before: Option<usize>,
    /// It went over a pair of equal states.
    pairs: bool,
}

/// The pairs on the way to the last step.
fn way(steps: &[Step]) -> Pairs {
    let mut pairs = Pairs::new();
    let mut at = steps.last();
    while let Some(step) = at {
        if step.pairs {
            pairs.push((step.at.0 - 1, step.at.1 - 1));
        }
        at = step.before.map(|ix| &steps[ix]);
    }
    pairs.reverse();
    pairs
}

/// Judges one recorded life by simulated ones as they come; none of them is kept.
#[derive(Clone, Debug)]
pub struct Referee<'a, S = State> {
    recorded: &'a Life<S>,
    short: i64,
    allowances: Allowances,
    wanted: Told,
    matching: Vec<Match>,
    /// How far the best of the others went, and how it went on.
    nearest: Option<(usize, String)>,
}

/// What is kept of a simulated life that has the recorded sequence.
#[derive(Clone, Debug)]
struct Match {
    /// The number of its seed.
    seed: usize,
    /// By recorded state: its instant here; None where it was left out.
    at: Vec<Option<i64>>,
    events: Told,
}

impl Match {
    /// Of a recorded state here; the run's start for none.
    fn instant(&self, state: Option<usize>) -> i64 {
        state.and_then(|state| self.at[state]).unwrap_or(0)
    }
}

/// Component, kind, reason, message; how often. In order.
type Told = Vec<((String, EventType, String, String), u32)>;

impl<'a, S: Visible> Referee<'a, S> {
    /// A state that lasts less than `short` on its own side may be left out.
    pub fn new(recorded: &'a Life<S>, short: i64, allowances: Allowances) -> Referee<'a, S> {
        let wanted = told(&recorded.events, &allowances);
        Referee { recorded, short, allowances, wanted, matching: Vec::new(), nearest: None }
    }

    /// How the recorded states stand to those of a simulated life.
    ///
    /// # Errors
    /// How far the two agree.
    pub fn pairs(&self, life: &Life<S>) -> Aligned {
        align(self.recorded, life, self.short)
    }

    /// One more simulated life, by the number of its seed; whether it has the recorded sequence.
    pub fn see(&mut self, seed: usize, life: &Life<S>) -> bool {
        let pairs = self.pairs(life);
        self.note(seed, life, &pairs)
    }

    /// As [`Referee::see`], where the pairs are known.
    pub fn note(&mut self, seed: usize, life: &Life<S>, pairs: &Aligned) -> bool {
        match pairs {
            Ok(pairs) => {
                let mut at = vec![None; self.recorded.states.len()];
                for (i, j) in pairs {
                    at[*i] = Some(life.states[*j].0);
                }
                self.matching.push(Match { seed, at, events: told(&life.events, &self.allowances) });
            }
            Err((i, j))
                if self.matching.is_empty() && self.nearest.as_ref().is_none_or(|(n, _)| i + j > *n) =>
            {
                self.nearest = Some((i + j, first_difference(self.recorded, life, *i, *j)));
            }
            Err(_) => {}
        }
        pairs.is_ok()
    }

    /// The verdict, after the last simulated life.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        let mut verdict = Judgement { seeds: self.matching.len(), ..Judgement::default() };
        if self.matching.is_empty() {
            let nearest = self.nearest.as_ref().map(|(_, words)| words.clone());
            verdict.difference = nearest.unwrap_or_else(|| "nothing of the kind was simulated".into());
            return verdict;
        }
        verdict.sequence = true;
        self.times(&mut verdict);
        self.events(&mut verdict);
        verdict
    }

    /// Positions of the recorded life that every matching seed has too; what somebody else made begins with the run.
    fn common(&self) -> Vec<Option<usize>> {
        let states = 0..self.recorded.states.len();
        let common = states.filter(|i| self.matching.iter().all(|m| m.at[*i].is_some())).map(Some);
        self.allowances.made.then_some(None).into_iter().chain(common).collect()
    }

    /// The gaps between states that all matching lives have, for ranking; the life is that of `name`.
    pub fn gaps(&self, name: &str) -> Vec<Gap> {
        let states = &self.recorded.states;
        let common = self.common();
        let gaps = common.windows(2).filter_map(|window| {
            let (from, to) = (window[0], window[1]?);
            let simulated = self.matching.iter().map(|m| (m.seed, m.instant(Some(to)) - m.instant(from)));
            Some(Gap {
                kind: states[to].1.ends(from.map(|from| &states[from].1)),
                name: format!("{name} at {:.2} s: {}", states[to].0 as f64 / 1e6, states[to].1.brief()),
                recorded: states[to].0 - from.map_or(0, |from| states[from].0),
                simulated: simulated.collect(),
            })
        });
        gaps.chain(self.counts(name)).collect()
    }

    /// How often each event was told, among the seeds that told the same events: once more counts as a second more, so that
    /// the counts of the seeds differ, or are alike, as gaps are.
    fn counts<'b>(&'b self, name: &'b str) -> impl Iterator<Item = Gap> + 'b {
        let same = move |m: &&Match| {
            let wanted = self.wanted.iter().map(|(key, _)| key);
            m.events.iter().map(|(key, _)| key).eq(wanted)
        };
        let is_shared = |reason: &str| self.allowances.shared_scheduling && reason == "FailedScheduling";
        let events = self.wanted.iter().enumerate();
        let events = events.filter(move |(_, (key, _))| !is_shared(&key.2));
        events.map(move |(ix, (key, count))| {
            let seeds = self.matching.iter().filter(same);
            Gap {
                kind: "count",
                name: format!("{name}: {} {:?}", key.2, key.3),
                recorded: i64::from(*count) * 1_000_000,
                simulated: seeds.map(|m| (m.seed, i64::from(m.events[ix].1) * 1_000_000)).collect(),
            }
        })
    }

    fn times(&self, verdict: &mut Judgement) {
        verdict.times = true;
        let recorded = self.recorded;
        let common = self.common();
        let spread = |from: Option<usize>, to: usize| {
            let gaps = self.matching.iter().map(|m| m.instant(Some(to)) - m.instant(from));
            (gaps.clone().min().unwrap_or(0), gaps.max().unwrap_or(0))
        };
        for window in common.windows(2) {
            let (from, Some(to)) = (window[0], window[1]) else { continue };
            let gap = recorded.states[to].0 - from.map_or(0, |i| recorded.states[i].0);
            let (low, high) = spread(from, to);
            let slack = self.allowances.slack + 250_000 + gap / 50;
            if gap < low - slack || gap > high + slack {
                if verdict.times {
                    verdict.tell(format!(
                        "at position {to} ({}) the gap is {:.2} s, simulated {:.2} to {:.2} s by {} seeds",
                        recorded.states[to].1.brief(),
                        gap as f64 / 1e6,
                        low as f64 / 1e6,
                        high as f64 / 1e6,
                        self.matching.len()
                    ));
                }
                verdict.times = false;
            }
        }
    }

    fn events(&self, verdict: &mut Judgement) {
        let wanted = &self.wanted;
        let lists = || self.matching.iter().map(|m| &m.events);
        let same: Vec<&Told> = lists()
            .filter(|list| list.len() == wanted.len() && list.iter().zip(wanted).all(|(a, b)| a.0 == b.0))
            .collect();
        if same.is_empty() {
            if let Some(ours) = lists().next() {
                let missing = wanted.iter().find(|e| !ours.iter().any(|o| o.0 == e.0));
                let extra = ours.iter().find(|e| !wanted.iter().any(|o| o.0 == e.0));
                verdict.tell(format!(
                    "events: recorded only {missing:?}, simulated only {extra:?}, {} | {} objects",
                    wanted.len(),
                    ours.len()
                ));
            }
            return;
        }
        verdict.kinds = true;
        verdict.events = wanted.iter().enumerate().all(|(ix, (key, count))| {
            let counts = same.iter().map(|list| list[ix].1);
            let (low, high) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
            let fits = (self.allowances.shared_scheduling && key.2 == "FailedScheduling")
                || (*count + 1 >= low && *count <= high + 1);
            if !fits {
                verdict
                    .tell(format!("event {} {:?} counted {count}, simulated {low} to {high}", key.2, key.3));
            }
            fits
        });
    }
}

impl Judgement {
    /// Only the first difference is told.
    fn tell(&mut self, words: String) {
        if self.difference.is_empty() {
            self.difference = words;
        }
    }
}

fn first_difference<S: Visible>(recorded: &Life<S>, simulated: &Life<S>, i: usize, j: usize) -> String {
    let show = |life: &Life<S>, ix: usize| match life.states.get(ix) {
        Some((at, state)) => format!("{} at {:.1} s", state.brief(), *at as f64 / 1e6),
        None => "nothing more".to_owned(),
    };
    let detail = match (recorded.states.get(i), simulated.states.get(j)) {
        (Some((_, a)), Some((_, b))) => a.difference(b),
        _ => String::new(),
    };
    format!("at position {i} recorded {}, simulated {} ({detail})", show(recorded, i), show(simulated, j))
}

fn told(events: &[SeenEvent], allowances: &Allowances) -> Told {
    let key = |e: &SeenEvent| {
        let message =
            if allowances.shared_scheduling && e.reason == "FailedScheduling" { "" } else { &e.message };
        (e.component.clone(), e.kind, e.reason.clone(), message.to_owned())
    };
    let mut list: Told = events.iter().map(|e| (key(e), e.count)).collect();
    list.sort();
    if allowances.shared_scheduling {
        list.dedup_by(|a, b| a.0 == b.0 && a.0.2 == "FailedScheduling");
    }
    list
}

/// How far apart two gaps may lie by chance alone. A requeue is in play while some container has failed or waits for more
/// than its turn.
pub fn limit<S: Visible>(recorded: &Life<S>, from: usize, shortest: i64, allowances: &Allowances) -> i64 {
    let mut limit = 1_200_000;
    if recorded.states[from].1.is_retried() {
        limit = limit.max(shortest / 2 + 2_600_000);
        if allowances.polls {
            limit = limit.max(16_200_000);
        }
    }
    limit
}
