//! Cuts: a cluster at an instant, what was predicted of it, and what came.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use kubelapse::answers::predict::{Asked, Fit, Played, play};
use kubelapse::compare::ranks::{self, Gap};
use kubelapse::record::Change;
use kubelapse::record::objects::Lists;
use kubelapse::scenario::given::{self, Beside, SetUp};
use kubelapse::scenario::{self, Plan};
use kubelapse::session::futures::ways::{self, Changes, Standing};
use kubelapse::session::{self, Script, Silent, Walk, kubectl};
use kubelapse::time::{Span, Time};
use kubelapse::world::{ObjectKey, PodId};
use rayon::prelude::*;

/// A pod at a cut: what came next there, and what the futures say.
pub struct Next {
    pub name: String,
    /// `Running→Error`
    pub kind: String,
    /// The status that came next and when, in microseconds since the cut; None: nothing did for as long as somebody looked.
    pub came: Option<(String, i64)>,
    /// The same of each future, with how well its present fits.
    pub futures: Vec<(Fit, Option<(String, i64)>)>,
    /// What is told of it stands on a program of which nothing is known, and says so.
    pub is_supposed: bool,
}

/// A cluster that was cut.
pub struct Cut {
    /// Whose life was cut: cuts of one life hang together, as what luck had decided before both of them is the same.
    pub life: String,
    /// Its family of recordings was not looked at while the rules were made.
    pub is_held_out: bool,
    /// When: windows are rounded outward to whole seconds of the clock.
    pub now: Time,
    pub pods: Vec<Next>,
}

/// Even numbers, the same each time (SplitMix64).
pub struct Luck(pub u64);

impl Luck {
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub fn plan(text: &str) -> Plan {
    scenario::load("cut.toml", text, &scenario::no_files, &[])
        .unwrap_or_else(|p| panic!("{}", p.render(false)))
}

/// Plays a scenario under some seeds, cuts each run at some instants, and predicts what the pods do next.
pub fn cuts(text: &str, seeds: u64, each: u64, futures: u64) -> Vec<Cut> {
    let plan = Arc::new(plan(text));
    let runs: Vec<(u64, u64)> = (0..seeds).flat_map(|seed| (0..each).map(move |cut| (seed, cut))).collect();
    runs.par_iter().map(|(seed, cut)| one(&plan, *seed, *cut, futures)).collect()
}

fn one(plan: &Arc<Plan>, seed: u64, cut: u64, futures: u64) -> Cut {
    let mut luck = Luck(seed << 8 | cut);
    let length = plan.until.since(plan.start).micros() as f64;
    // The scenario's own pods are of seeds that no prediction has.
    let mut lists = Vec::new();
    session::run(plan, 1_000_000 + seed, &mut Lists::new(&mut lists), &Silent)
        .expect("memory takes everything");
    let lived = session::live(plan, 1_000_000 + seed);
    let at = plan.start + Span::from_micros((length * (0.05 + 0.75 * luck.unit())) as i64);
    let text = String::from_utf8(lists).expect("JSON");
    let stamp = at.rfc3339_micros();
    let line = text.lines().take_while(|line| time_of(line) <= stamp.as_str()).last().expect("there is one");
    let beside = Beside { now: Some(at), ..Beside::default() };
    let given = given::read(line, &beside).unwrap_or_else(|problems| panic!("{problems:?}"));
    let ahead = plan.until.since(at);
    let asked = Asked { seeds: futures, ahead, ..Asked::default() };
    let up = SetUp::new(given, plan, &[]);
    let played: Vec<Played> = (0..futures).map(|seed| play(&up, seed, &asked)).collect();
    let next = |name: &str| {
        let rows = lived.transitions.iter().filter(|row| row.time > at);
        rows.filter_map(|row| {
            let Change::Status { to, ready, .. } = row.change else { return None };
            let of = lived.directory.pods[row.pod? as usize].name.to_string();
            (of == name).then(|| (format!("{to} {}/{}", ready.0, ready.1), row.time.since(at).micros()))
        })
        .next()
    };
    Cut { life: seed.to_string(), is_held_out: false, now: at, pods: pods(&up, &played, at, next) }
}

/// Plays a scenario under some seeds, stands in each run at some instants, and asks what may come from there on.
pub fn at_cursors(text: &str, seeds: u64, each: u64) -> Vec<Cut> {
    let (script, loaded) = Script::load("cut.toml", text, &scenario::no_files, &[])
        .unwrap_or_else(|p| panic!("{}", p.render(false)));
    let plan = Arc::new(loaded.plan);
    let runs: Vec<(u64, u64)> = (0..seeds).flat_map(|seed| (0..each).map(move |cut| (seed, cut))).collect();
    runs.par_iter()
        .map(|(seed, cut)| {
            let (now, pods) = at_cursor(Walk::new(script.clone(), &plan, *seed), *seed << 8 | cut);
            Cut { life: seed.to_string(), is_held_out: false, now, pods }
        })
        .collect()
}

fn at_cursor(mut walk: Walk, luck: u64) -> (Time, Vec<Next>) {
    let length = walk.plan().until.since(walk.plan().start).micros() as f64;
    let at = walk.plan().start + Span::from_micros((length * (0.05 + 0.75 * Luck(luck).unit())) as i64);
    walk.seek_time(at);
    let pods: Vec<ObjectKey> = kubectl::pods(walk.world()).into_iter().map(ObjectKey::Pod).collect();
    let futures = walk.futures(&pods);
    let shown: Vec<String> =
        futures.pods.iter().map(|(pod, _)| walk.world().pods[pod.ix()].shown.status.to_string()).collect();
    let told = |(at, to): (Time, &Standing)| (format!("{} {}/{}", to.status, to.ready.0, to.ready.1), at);
    walk.seek_time(futures.until);
    let next = |((pod, courses), shown): (&(PodId, Vec<Changes>), &String)| {
        let came = walk.rows_about(*pod).filter(|row| row.time > at).find_map(|row| match row.change {
            Change::Status { to, ready, restarts, .. } => {
                Some(told((row.time, &Standing { status: to, ready, restarts })))
            }
            _ => None,
        });
        let since = |(to, time): (String, Time)| (to, time.since(at).micros());
        let first =
            |changes: &Changes| (Fit::Exact, changes.first().map(|(time, to)| since(told((*time, to)))));
        let came = came.map(since);
        let to = came.as_ref().map_or("-", |(to, _)| to.as_str());
        Next {
            name: pod.0.to_string(),
            kind: format!("{shown}→{to}"),
            futures: courses.iter().map(first).collect(),
            came,
            is_supposed: false,
        }
    };
    (at, futures.pods.iter().zip(&shown).map(next).collect())
}

fn time_of(line: &str) -> &str {
    line.split("\"timestamp\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// Of each pod of a cluster that was cut.
pub fn pods(
    up: &SetUp,
    played: &[Played],
    at: Time,
    next: impl Fn(&str) -> Option<(String, i64)>,
) -> Vec<Next> {
    let first = |one: &Played, ix: usize| {
        let course = &one.pods[ix];
        let first = course.changes.first().map(|(time, to)| {
            (format!("{} {}/{}", to.status, to.ready.0, to.ready.1), time.since(at).micros())
        });
        (course.fit, first)
    };
    let all = up.given.pods.iter().enumerate();
    all.map(|(ix, pod)| {
        let name = pod.pod.meta.name.clone();
        let came = next(&name);
        let columns = kubelapse::rules::kubectl::printing::columns(
            &pod.pod.spec,
            &pod.pod.status,
            pod.pod.meta.deletion_timestamp.is_some(),
            &up.plan.gates,
        );
        let to = came.as_ref().map_or("-", |(to, _)| to.as_str());
        let kind = format!("{}→{to}", columns.status);
        let futures = played.iter().map(|one| first(one, ix)).collect();
        Next { name, kind, came, futures, is_supposed: up.players[ix].supposed.is_some() }
    })
    .collect()
}

/// What a judge found.
pub struct Report {
    pub words: String,
    pub ranked: usize,
    /// The least of the chances after Holm's correction.
    pub least: f64,
    /// How often windows of 50, 80, 95 % held what came, and how many there were.
    pub held: [(usize, usize); 3],
    /// The same of one change of each life.
    pub lives: [(usize, usize); 3],
}

/// Ranks of what came among what was predicted, by kind, and how often windows held it. A chance is that of whole lives: futures of
/// one seed stand in for what came, after all cuts of a life.
pub fn told(set: &str, cuts: &[Cut]) -> Report {
    let mut gaps: BTreeMap<&str, Vec<Gap>> = BTreeMap::new();
    let mut held = [(0, 0); 3];
    let (mut fits, mut all, mut none) = ([0usize; 3], 0usize, 0usize);
    let mut wrong: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut outside: BTreeMap<String, Outside> = BTreeMap::new();
    let mut of_lives: BTreeMap<&str, Vec<[Ordering; 3]>> = BTreeMap::new();
    for cut in cuts {
        let own = gaps.entry(cut.life.as_str()).or_default();
        for pod in &cut.pods {
            pod.futures.iter().for_each(|(fit, _)| fits[*fit as usize] += 1);
            all += 1;
            let enough = (pod.futures.len() / 5).clamp(1, 20);
            let exact = pod.futures.iter().filter(|(fit, _)| *fit == Fit::Exact).count();
            let least = if exact >= enough { Fit::Exact } else { Fit::Alike };
            let counted: Vec<(usize, &Option<(String, i64)>)> = pod
                .futures
                .iter()
                .enumerate()
                .filter(|(_, (fit, _))| *fit >= least)
                .map(|(seed, (_, next))| (seed, next))
                .collect();
            none += usize::from(counted.is_empty());
            let Some((to, came)) = &pod.came else { continue };
            let same: Vec<(usize, i64)> = counted
                .iter()
                .filter_map(|(seed, next)| {
                    next.as_ref().filter(|(own, _)| own == to).map(|(_, at)| (*seed, *at))
                })
                .collect();
            let tally = wrong.entry(pod.kind.clone()).or_default();
            tally.1 += 1;
            if same.len() * 50 < counted.len().max(1) || same.is_empty() {
                tally.0 += 1;
                continue;
            }
            let own_windows = windows(&same, *came, cut.now);
            for (held, own) in held.iter_mut().zip(own_windows) {
                (held.0, held.1) = (held.0 + usize::from(own.is_eq()), held.1 + 1);
            }
            outside.entry(pod.kind.clone()).or_default().add(&own_windows);
            of_lives.entry(cut.life.as_str()).or_default().push(own_windows);
            own.push(Gap { kind: kind(&pod.kind), name: pod.name.clone(), recorded: *came, simulated: same });
        }
    }
    let ranked = ranks::told(&[(set.to_owned(), gaps.into_values().collect())]);
    let mut words = format!(
        "{set}: {all} pods at {} cuts; presents {fits:?} (not, alike, exact), {none} without one\n",
        cuts.len()
    );
    for (level, (held, of)) in [50, 80, 95].iter().zip(&held) {
        let _ = writeln!(
            words,
            "  windows of {level} %: {held} of {of} ({:.1} %)",
            *held as f64 * 100.0 / (*of).max(1) as f64
        );
    }
    let lives = one_of_each(of_lives.into_values());
    let _ = writeln!(
        words,
        "  one change of each of {} lives: held in {:?}, chances of so few {:.3?}",
        lives[0].1,
        lives.map(|(held, _)| held),
        chances(&lives)
    );
    for (kind, (wrong, of)) in wrong.iter().filter(|(_, (wrong, _))| *wrong > 0) {
        let _ = writeln!(words, "  {kind}: {wrong} of {of} are not foreseen");
    }
    for (kind, own) in outside.iter().filter(|(_, own)| own.early[1] + own.late[1] > 0) {
        let _ = writeln!(
            words,
            "  {kind}: of {} came before windows of 50, 80, 95 % {:?}, after them {:?}",
            own.all, own.early, own.late
        );
    }
    let (mut count, mut least) = (0, 1.0f64);
    for (_, one, corrected) in &ranked {
        count += one.count;
        least = least.min(*corrected);
        let _ = writeln!(
            words,
            "  {:<44} n {:>4}  mean {:.3}  KS {:.3}  p {:.3}  Holm {corrected:.3}",
            one.kind, one.count, one.mean, one.distance, one.chance
        );
    }
    Report { words, ranked: count, least, held, lives }
}

/// Which shares windows promise.
pub const LEVELS: [f64; 3] = [0.5, 0.8, 0.95];

/// Changes of one life hang together, those of different lives do not: of each life one, that luck chooses.
fn one_of_each(lives: impl Iterator<Item = Vec<[Ordering; 3]>>) -> [(usize, usize); 3] {
    let mut held = [(0, 0); 3];
    for (number, all) in lives.enumerate() {
        let chosen = all[(Luck(number as u64).unit() * all.len() as f64) as usize];
        for (held, came) in held.iter_mut().zip(chosen) {
            (held.0, held.1) = (held.0 + usize::from(came.is_eq()), held.1 + 1);
        }
    }
    held
}

/// How likely it is that no more windows hold than did, if each does with the chance that it promises: of what does not hang together
/// the lower tail of the binomial distribution, exactly. Windows that are rounded outward hold more, which makes so few less likely still.
pub fn chances(lives: &[(usize, usize); 3]) -> [f64; 3] {
    let mut found = [1.0; 3];
    for ((own, (held, of)), level) in found.iter_mut().zip(lives).zip(LEVELS) {
        let missed = of - held;
        let mut exactly = level.powi(i32::try_from(*of).expect("a number of lives"));
        let mut fewer = 0.0;
        for ix in 0..missed {
            fewer += exactly;
            exactly *= (of - ix) as f64 / (ix + 1) as f64 * (1.0 - level) / level;
        }
        *own = 1.0 - fewer;
    }
    found
}

/// Of one kind: how many were held against windows, and of each level how many came before and after it.
#[derive(Default)]
struct Outside {
    all: usize,
    early: [usize; 3],
    late: [usize; 3],
}

impl Outside {
    fn add(&mut self, came: &[Ordering; 3]) {
        self.all += 1;
        for (ix, came) in came.iter().enumerate() {
            self.early[ix] += usize::from(came.is_lt());
            self.late[ix] += usize::from(came.is_gt());
        }
    }
}

/// Where windows of 50, 80, 95 % have what came: before them, within, or after.
fn windows(same: &[(usize, i64)], came: i64, now: Time) -> [Ordering; 3] {
    let times: Vec<Time> = same.iter().map(|(_, at)| now + Span::from_micros(*at)).collect();
    let came = now + Span::from_micros(came);
    LEVELS.map(|level| {
        let (low, high) = ways::window(times.clone(), level, Span::from_secs(1)).expect("there are some");
        if came < low {
            Ordering::Less
        } else if came > high {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    })
}

/// Names of kinds live as long as the test.
fn kind(name: &str) -> &'static str {
    static NAMES: std::sync::Mutex<BTreeMap<String, &'static str>> = std::sync::Mutex::new(BTreeMap::new());
    let mut names = NAMES.lock().expect("nobody panics here");
    names.entry(name.to_owned()).or_insert_with(|| Box::leak(name.to_owned().into_boxed_str()))
}

/// A pod at a cut in one line.
pub fn line(pod: &Next) -> String {
    let mut ways: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut fits = [0; 3];
    for (fit, next) in &pod.futures {
        fits[*fit as usize] += 1;
        let (to, at) = next.clone().unwrap_or_else(|| ("-".to_owned(), 0));
        ways.entry(to).or_default().push(at);
    }
    let ways: Vec<String> = ways
        .into_iter()
        .map(|(to, mut times)| {
            times.sort_unstable();
            let (low, high) = (times[0] as f64 / 1e6, times[times.len() - 1] as f64 / 1e6);
            format!("{}x {to} {low:.2}..{high:.2}", times.len())
        })
        .collect();
    let came =
        pod.came.as_ref().map_or_else(|| "-".to_owned(), |(to, at)| format!("{to} {:.2}", *at as f64 / 1e6));
    let supposed = if pod.is_supposed { "; supposed" } else { "" };
    format!("{} {} came {came}; fits {fits:?}; {}{supposed}", pod.name, pod.kind, ways.join(", "))
}
