//! Drills: a broken cluster without a story, to be mended with kubectl's commands against the clock.
//!
//! A seed and a level make a cluster ([`cluster`]) in which one fault is planted, or two ([`faults`]), by something that somebody
//! did a few minutes before the person comes. The person looks (`get`, `describe`, `events`, `logs`), names the cause, and
//! mends it by commands. Time goes on by a few seconds with each line, as it would, and as long as one sleeps; it never goes
//! back, and nobody is told why. A drill is solved once everything that is wanted ([`health`]) has been so for two minutes;
//! what it comes to ([`score`]) is points for how soon that was, for what was kept whole on the way, and for the cause.
//!
//! A scenario that somebody has can be mended in the same way ([`Exercise`]): the person comes when the trouble in it begins,
//! and the last third of the points is for its expectations, as there is no cause to be named.
//!
//! There is no terminal and no clock in here: lines go in and texts come out, so that a program can be the person. The same seed,
//! level and lines give the same texts and the same score.
//!
//! ```
//! use kubelapse::drill::Drill;
//!
//! let mut drill = Drill::new(7, 1)?;
//! println!("{}", drill.brief());
//! assert!(drill.say("kubectl get pods").contains("NAME"));
//! for line in drill.mends() {
//!     drill.say(&line);
//! }
//! while !drill.is_solved() {
//!     drill.say("sleep 1m");
//! }
//! assert_eq!(drill.score().points.time, 40);
//! # Ok::<(), String>(())
//! ```

mod cluster;
mod exercise;
mod expectations;
mod faults;
mod health;
mod luck;
mod naming;
pub mod numbers;
mod said;
mod score;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use exercise::Exercise;
pub use expectations::Kept;
pub use said::HELP;
pub use score::{Found, Points, Score};
pub use told::list;

use cluster::{ARRIVED, Cluster, STRUCK};
use expectations::Expectations;
use faults::{MAKERS, Maker, Planted};
use health::{Goal, Watch};
use luck::Luck;
use said::LOOKS;

use crate::session::line::Line;
use crate::session::{Direction, Move, Script, Walk, get, tree};
use crate::time::{Span, Time};

/// Levels, from the lowest to the highest.
pub const LEVELS: std::ops::RangeInclusive<u8> = 1..=5;
/// A line takes a person so long.
const LINE: Span = Span::from_secs(5);
/// Well for so long is mended.
const HOLDS: Span = Span::from_secs(120);

/// Where a drill comes from.
#[derive(Clone)]
enum Task {
    /// It was thought out, of this level.
    Made(u8),
    /// Somebody has written it.
    Exercise(Exercise),
}

/// A drill under way. A copy goes on by itself.
#[derive(Clone)]
pub struct Drill {
    seed: u64,
    task: Task,
    faults: Vec<Fault>,
    line: Line,
    watch: Watch,
    arrived: Time,
    /// What goes on of the person's own commands: its place in the log, and how many of its lines were told.
    own: Vec<(usize, usize)>,
    wrong: u32,
    lines: Vec<(i64, String)>,
    /// When all had become well that stayed so.
    mended: Option<Time>,
    surrendered: bool,
    /// Where its scenario has some.
    expectations: Option<Expectations>,
    /// How wide prose is told; None: whoever shows it breaks its lines.
    width: Option<usize>,
}

/// How a drill stands, for whoever counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How much of what is wanted is so.
    pub met: usize,
    /// Of how much.
    pub wanted: usize,
    /// For how long all of it has been so.
    pub well_for: Option<Span>,
    /// For how long pods were missing that had been there, all pods together.
    pub lost: Span,
    /// How many causes have been named.
    pub named: usize,
    /// Of how many.
    pub faults: usize,
    /// Causes that were named and are none.
    pub wrong: u32,
}

#[derive(Clone)]
struct Fault {
    planted: Planted,
    named: bool,
}

/// The makers of a level: the hardest ones that it has come first, one more of any from the third level on.
fn chosen(level: u8, luck: &mut Luck) -> Vec<&'static Maker> {
    let hardest: Vec<&Maker> =
        MAKERS.iter().filter(|maker| (level.max(2) - 1..=level).contains(&maker.level)).collect();
    let mut others: Vec<&Maker> = MAKERS.iter().filter(|maker| maker.level <= level).collect();
    let first = *luck.of(if level > 4 { &others } else { &hardest });
    luck.shuffle(&mut others);
    others.retain(|maker| maker.kind != first.kind && !(maker.is_wide && first.is_wide));
    // On the highest level nothing is easy.
    others.sort_by_key(
        |maker| if level == 5 { std::cmp::Reverse(maker.level.min(2)) } else { std::cmp::Reverse(0) },
    );
    [first].into_iter().chain(others).collect()
}

/// The cluster of a seed and a level, and what is wrong with it.
fn made(seed: u64, level: u8) -> Result<(Cluster, Vec<Fault>), String> {
    if !LEVELS.contains(&level) {
        return Err(format!("there is no level {level}: there are {} to {}", LEVELS.start(), LEVELS.end()));
    }
    let mut luck = Luck::new(seed, level);
    let mut cluster = Cluster::new(level, &mut luck);
    let (count, mut taken) = (if level >= 3 { 2 } else { 1 }, Vec::new());
    let mut faults: Vec<Fault> = Vec::new();
    for maker in chosen(level, &mut luck) {
        if faults.len() < count
            && let Some(planted) = maker.make(&mut cluster, &mut taken, &mut luck)
        {
            faults.push(Fault { planted, named: false });
        }
    }
    Ok((cluster, faults))
}

/// What kinds of faults a drill has, without playing it: for whoever sorts drills.
///
/// # Errors
/// There is no such level.
pub fn kinds_of(seed: u64, level: u8) -> Result<Vec<&'static str>, String> {
    Ok(made(seed, level)?.1.iter().map(|fault| fault.planted.kind).collect())
}

/// All kinds of faults that there are, by level.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    faults::kinds().map(|(kind, _)| kind)
}

impl Drill {
    /// That of a seed and a level, as the person comes.
    ///
    /// # Errors
    /// There is no such level; or a fault of ours: the scenario that was made cannot be read.
    pub fn new(seed: u64, level: u8) -> Result<Drill, String> {
        let (cluster, faults) = made(seed, level)?;
        let (text, files) = cluster.written(seed);
        let files: BTreeMap<String, String> = files.into_iter().collect();
        let loader = |path: &str| files.get(path).cloned().ok_or_else(|| format!("{path} is not there"));
        let (script, loaded) =
            Script::load("drill.toml", &text, &loader, &[]).map_err(|problems| problems.render(false))?;
        let plan = Arc::new(loaded.plan);
        let mut walk = Walk::new(script, &plan, plan.seed);
        let arrived = plan.start + ARRIVED;
        let goals = cluster.goals().into_iter();
        let goals = goals.chain(faults.iter().flat_map(|fault| fault.planted.wanted.clone())).collect();
        walk.go(Direction::Forward, &Move::To(plan.start + STRUCK));
        let mut watch = Watch::new(goals, walk.world(), walk.now());
        while walk.next_time().is_some_and(|next| next <= arrived) && walk.play() {
            if !walk.rows_of(walk.position()).is_empty() {
                watch.look_before(walk.world(), walk.now());
            }
        }
        walk.seek_time(arrived);
        watch.look_before(walk.world(), arrived);
        Ok(Drill { faults, ..Drill::of(seed, Task::Made(level), Line::new(walk), watch, arrived) })
    }

    /// Somebody has just come.
    fn of(seed: u64, task: Task, line: Line, watch: Watch, arrived: Time) -> Drill {
        Drill {
            seed,
            task,
            faults: Vec::new(),
            line,
            watch,
            arrived,
            own: Vec::new(),
            wrong: 0,
            lines: Vec::new(),
            mended: None,
            surrendered: false,
            expectations: None,
            width: None,
        }
    }

    /// Tells prose in lines that are so wide at most.
    pub fn tell_within(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// The workloads with what they have made: the cluster at one look, which costs no time.
    pub fn observe(&mut self) -> String {
        self.look("tree")
    }

    /// The same with curves of another width, and with what is not well first, for who has less room for it.
    pub fn observe_within(&self, curve: usize) -> Vec<String> {
        self.line.walk.tree_lines_worst_first(curve)
    }

    /// How long the person has been here.
    pub fn clock(&self) -> Span {
        self.line.walk.now().since(self.arrived)
    }

    /// Everything has been as it is wanted for long enough.
    pub fn is_solved(&self) -> bool {
        self.mended.is_some()
    }

    /// Nothing is left to be done: it is solved and its causes are named, or the time is over, or the person has given up.
    pub fn is_over(&self) -> bool {
        let named = self.faults.iter().all(|fault| fault.named);
        self.surrendered || (self.is_solved() && named) || self.is_late()
    }
    fn is_late(&self) -> bool {
        self.line.walk.now() >= self.line.walk.plan().until
    }

    /// Commands that mend it, one way of several; for tests and for whoever has given up.
    pub fn mends(&self) -> Vec<String> {
        self.faults.iter().flat_map(|fault| fault.planted.mends.clone()).collect()
    }
    /// What is wrong: kinds, and an object each.
    pub fn causes(&self) -> Vec<(&'static str, String)> {
        let cause = |fault: &Fault| (fault.planted.kind, fault.planted.objects[0].clone());
        self.faults.iter().map(cause).collect()
    }
    /// Kinds of causes, each with what it means.
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        faults::kinds()
    }
    /// What a cause may be in: what the cluster has of workloads, Services, bounds and nodes, by kind and name.
    pub fn objects(&self) -> Vec<String> {
        let w = self.line.walk.world();
        let own = get::objects(w).filter(|key| w.workloads.controller(*key).is_none());
        let mut all: Vec<String> = own.map(|key| tree::name(w, key)).collect();
        all.sort();
        let mut nodes: Vec<String> = w
            .nodes
            .iter()
            .filter(|node| node.exists)
            .map(|node| format!("node/{}", node.spec.name))
            .collect();
        nodes.sort();
        all.extend(nodes);
        all
    }
    /// The words that a line may have: commands, kinds of causes, and what there is by kind and name.
    pub fn words(&self) -> Vec<String> {
        let others = [
            "sleep",
            "next",
            "cause",
            "causes",
            "wanted",
            "score",
            "surrender",
            "help",
            "quit",
            "brief",
            "kubectl",
        ];
        let verbs = [
            "delete", "scale", "rollout", "patch", "label", "taint", "cordon", "uncordon", "drain", "set",
            "create",
        ];
        let own = LOOKS.into_iter().chain(others).chain(verbs).map(str::to_owned);
        own.chain(Drill::kinds().map(|(kind, _)| kind.to_owned())).chain(self.nameable()).collect()
    }
    /// What shall be, in words.
    pub fn goals(&self) -> Vec<String> {
        self.watch.goals().iter().map(health::Goal::words).collect()
    }
    /// The scenario that the drill plays, standing where the person does.
    pub fn walk(&self) -> &Walk {
        &self.line.walk
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let now = self.line.walk.now();
        Standing {
            met: self.watch.met(),
            wanted: self.watch.goals().len(),
            well_for: self.watch.well_since().map(|since| now.since(since)),
            lost: self.watch.lost(),
            named: self.faults.iter().filter(|fault| fault.named).count(),
            faults: self.faults.len(),
            wrong: self.wrong,
        }
    }
    /// How many pods a workload of the namespace `default` is wanted to have, where that is said.
    pub fn wanted_replicas(&self, kind: &str, name: &str) -> Option<i32> {
        self.watch.goals().iter().find_map(|goal| match goal {
            Goal::Workload { kind: own, name: called, replicas, .. } if *own == *kind && *called == *name => {
                Some(*replicas).filter(|replicas| *replicas > 0)
            }
            _ => None,
        })
    }
    /// What came of a scenario's expectations so far.
    fn kept(&self, exercise: &Exercise) -> Kept {
        let over = self.is_over().then(|| self.line.walk.world());
        let own = self.expectations.as_ref();
        own.map_or(Kept::default(), |own| own.kept(self.arrived, &exercise.ready().of_trouble, over))
    }

    /// Points so far; what is ahead has brought none yet.
    pub fn points(&self) -> Points {
        let took = self.mended.map(|at| at.since(self.arrived));
        let standing = self.standing();
        match &self.task {
            Task::Made(_) => Points::of(took, standing.lost, (standing.named, standing.faults), self.wrong),
            Task::Exercise(exercise) => {
                let all = exercise.plan().until.since(self.arrived);
                Points::of_exercise(took, all, standing.lost, self.kept(exercise))
            }
        }
    }

    /// What came of it, for who has left it: what was wrong as well, however it stands.
    pub fn left(&self) -> Score {
        let found = |fault: &Fault| Found {
            kind: fault.planted.kind.to_owned(),
            object: fault.planted.objects[0].clone(),
            named: fault.named,
            mended: self.is_solved() || self.watch.holds(&fault.planted.struck, HOLDS),
        };
        Score { faults: self.faults.iter().map(found).collect(), ..self.without_faults() }
    }

    /// What it comes to so far.
    pub fn score(&self) -> Score {
        if self.is_over() { self.left() } else { self.without_faults() }
    }

    /// The same without what was wrong.
    fn without_faults(&self) -> Score {
        let took = self.mended.map(|at| at.since(self.arrived));
        Score {
            version: 1,
            seed: self.seed,
            level: if let Task::Made(level) = self.task { level } else { 0 },
            scenario: match &self.task {
                Task::Made(_) => None,
                Task::Exercise(exercise) => Some(exercise.plan().name.clone()),
            },
            solved: self.is_solved(),
            seconds: took.map(Span::secs),
            lost: self.watch.lost().secs(),
            wrong: self.wrong,
            faults: Vec::new(),
            points: self.points(),
            lines: self.lines.clone(),
        }
    }
}
