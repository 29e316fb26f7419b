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
pub mod numbers;
mod score;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

pub use exercise::Exercise;
pub use expectations::Kept;
pub use score::{Found, Points, Score};

use cluster::{ARRIVED, Cluster, STRUCK};
use expectations::Expectations;
use faults::{MAKERS, Maker, Planted};
use health::{Goal, Watch};
use luck::Luck;

use crate::scenario::diagnostic::nearest;
use crate::scenario::values::parse_duration;
use crate::session::line::{Line, Reply, looks_only};
use crate::session::words::{broken, offset};
use crate::session::{Direction, Move, Script, Walk, get, kubectl, spoken, tree};
use crate::time::{Span, Time};

/// Levels, from the lowest to the highest.
pub const LEVELS: std::ops::RangeInclusive<u8> = 1..=5;
/// A line takes a person so long.
const LINE: Span = Span::from_secs(5);
/// Well for so long is mended.
const HOLDS: Span = Span::from_secs(120);

/// What only looks.
const LOOKS: [&str; 6] = ["get", "describe", "events", "logs", "top", "tree"];
/// What kubectl does, and nobody else: no machine is started by it, and no process killed.
const ACTS: [&str; 21] = [
    "delete",
    "evict",
    "cordon",
    "uncordon",
    "drain",
    "taint",
    "untaint",
    "label",
    "create",
    "remove",
    "setImage",
    "resize",
    "patch",
    "scale",
    "rolloutRestart",
    "rolloutPause",
    "rolloutResume",
    "rolloutUndo",
    "rolloutStatus",
    "trigger",
    "wait",
];

/// What can be said.
pub const HELP: &str = "\
Look       get [KIND] [NAME] [-o wide|yaml|json|name|jsonpath=...] [-l LABELS] [--field-selector ...], describe KIND/NAME,
           events [POD], logs POD|KIND/NAME [-c NAME] [--previous], rollout history KIND/NAME,
           tree: workloads with what they have made
Mend       kubectl's commands, with or without `kubectl`: set image|resources|env|selector, scale, rollout
           undo|restart|pause|resume|status, patch -p JSON, label, taint, cordon, uncordon, drain, delete, evict, create
Wait       sleep 30s          time passes; `next` until something changes. Each other line takes 5 seconds.
The cause  causes             the kinds that there are
           cause KIND OBJECT  names one: cause image deployment/web
The end    wanted             what has to be so, for two minutes; score; surrender: what it was; quit
";

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

    /// What the person is told when coming.
    pub fn brief(&self) -> String {
        let faults = if self.faults.len() == 1 { "Something is" } else { "Two things are" };
        let mut text = match &self.task {
            Task::Made(level) => format!(
                "Drill {} of level {level}. {faults} wrong in this cluster, and nobody knows what. It has run for {ARRIVED}; the \
                 trouble began in the last minutes.\nWanted, for two minutes:\n",
                self.seed
            ),
            Task::Exercise(exercise) => exercise.brief(),
        };
        for goal in self.watch.goals() {
            let _ = writeln!(text, "  {}", goal.words());
        }
        let cause = match self.task {
            Task::Made(_) => "Find the cause, name it (`causes` lists the kinds), and mend it",
            Task::Exercise(_) => "Find the cause, and mend it",
        };
        text += cause;
        text += " with kubectl's commands. Each line takes 5 s of the cluster's time, `sleep 30s` waits; `help` tells the rest.\n";
        self.laid_out(&text)
    }

    /// The workloads with what they have made: the cluster at one look, which costs no time.
    pub fn observe(&mut self) -> String {
        self.look("tree")
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

    /// What it comes to so far.
    pub fn score(&self) -> Score {
        let took = self.mended.map(|at| at.since(self.arrived));
        let found = |fault: &Fault| Found {
            kind: fault.planted.kind.to_owned(),
            object: fault.planted.objects[0].clone(),
            named: fault.named,
        };
        let faults = if self.is_over() { self.faults.iter().map(found).collect() } else { Vec::new() };
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
            faults,
            points: self.points(),
            lines: self.lines.clone(),
        }
    }

    /// Does what a line says, and tells what came of it.
    pub fn say(&mut self, text: &str) -> String {
        let text = text.trim();
        if !text.is_empty() {
            self.lines.push((self.clock().secs(), text.to_owned()));
        }
        let plain = text.strip_prefix("kubectl ").unwrap_or(text).trim();
        let (word, rest) = plain.split_once(char::is_whitespace).unwrap_or((plain, ""));
        let rest = rest.trim();
        let was_solved = self.is_solved();
        let (mut told, takes) = match word {
            "" => (String::new(), Span::ZERO),
            "help" | "h" | "?" => (HELP.to_owned(), Span::ZERO),
            "brief" => (self.brief(), Span::ZERO),
            "wanted" => (self.wanted(), LINE),
            "causes" | "cause" if matches!(self.task, Task::Exercise(_)) => {
                ("no cause is to be named here: mend it\n".to_owned(), Span::ZERO)
            }
            "causes" => (causes(), Span::ZERO),
            "cause" => (self.named(rest), Span::ZERO),
            "score" => (self.so_far(), Span::ZERO),
            "surrender" => {
                self.surrendered = true;
                (String::new(), Span::ZERO)
            }
            "sleep" => match parse_duration(rest) {
                Ok(span) => (String::new(), span),
                Err(why) => (format!("`{rest}`: {why}; as in `sleep 30s`\n"), Span::ZERO),
            },
            "next" => (self.next(), Span::ZERO),
            "events" if rest.is_empty() => (self.look("get events"), LINE),
            _ if LOOKS.contains(&word) || looks_only(plain) => (self.look(plain), LINE),
            _ => match self.act(plain) {
                Ok(told) => (told, LINE),
                Err(problem) => (format!("{}\n", problem.trim_end()), Span::ZERO),
            },
        };
        self.pass(takes);
        told.push_str(&self.printed());
        if self.is_solved() && !was_solved {
            let took = offset(self.mended.unwrap_or(self.arrived), self.arrived);
            let _ = writeln!(
                told,
                "All is as it is wanted since {took}, and has stayed so for two minutes: it is mended."
            );
            if self.faults.iter().any(|fault| !fault.named) {
                told.push_str("What was it? `cause KIND OBJECT` names it, `surrender` tells.\n");
            }
        }
        if self.is_over() && word != "score" {
            told.push_str(&self.debrief());
        }
        told
    }

    fn look(&mut self, text: &str) -> String {
        let save = |_: &Walk, _: &str| Err(String::new());
        match self.line.say(text, &save) {
            Reply::Text(told) | Reply::Quit(told) => told,
        }
    }

    fn act(&mut self, text: &str) -> Result<String, String> {
        let said = match spoken::parse(text) {
            Ok(said) if ACTS.contains(&said.verb) => said,
            Ok(said) => {
                return Err(format!("kubectl does no `{}`, and you have nothing else here", said.verb));
            }
            Err(problem) => {
                let word = text.split_whitespace().next().unwrap_or_default();
                let words =
                    ["sleep", "next", "cause", "causes", "wanted", "score", "surrender", "help", "quit"];
                let known: Vec<&str> = LOOKS.into_iter().chain(words).collect();
                let is_verb = ACTS.iter().any(|verb| verb.eq_ignore_ascii_case(word))
                    || word == "rollout"
                    || word == "set";
                return Err(match nearest(word, &known).filter(|_| !is_verb) {
                    Some(near) => format!("`{word}` is no command here; did you mean `{near}`?"),
                    None if is_verb => problem,
                    None => format!("`{word}` is no command here; `help` lists what there is"),
                });
            }
        };
        let now = self.line.walk.now();
        if let Some(own) = &mut self.expectations {
            // It is played one microsecond later.
            own.before(Some(now + Span::from_micros(1)), self.line.walk.world());
        }
        let done = self.line.walk.act(text)?;
        if let Some(own) = &mut self.expectations {
            own.after(&self.line.walk);
        }
        // An action is a step: what it wrote may already have mended something.
        self.watch.look(self.line.walk.world(), self.line.walk.now());
        if done.waits || matches!(said.verb, "rolloutStatus" | "wait" | "drain") {
            self.own.push((self.line.walk.world().log.len() - 1, done.answer.len()));
        }
        Ok(done.answer.iter().map(|line| format!("{line}\n")).collect())
    }

    /// What the person's own commands have printed since, that go on.
    fn printed(&mut self) -> String {
        let log = &self.line.walk.world().log;
        let mut text = String::new();
        for (at, told) in &mut self.own {
            let answer = log.get(*at).map_or(&[][..], |done| &done.answer);
            text.extend(answer.iter().skip(*told).map(|line| format!("{line}\n")));
            *told = answer.len();
        }
        text
    }

    /// Time passes; whatever happens meanwhile is looked at.
    fn pass(&mut self, span: Span) {
        let walk = &mut self.line.walk;
        let to = (walk.now() + span).min(walk.plan().until);
        while let Some(next) = walk.next_time().filter(|next| *next <= to) {
            if let Some(own) = &mut self.expectations {
                own.before(Some(next), walk.world());
            }
            if !walk.play() {
                break;
            }
            if let Some(own) = &mut self.expectations {
                own.after(walk);
            }
            if !walk.rows_of(walk.position()).is_empty() {
                // Until this step all was as it was before.
                Self::hold(&mut self.mended, &self.watch, walk.now());
                self.watch.look(walk.world(), walk.now());
            }
        }
        walk.seek_time(to);
        if let Some(own) = &mut self.expectations {
            // Up to here nothing comes any more, and nothing at all at the end.
            let next = (to < walk.plan().until).then(|| to + Span::from_micros(1));
            own.before(next, walk.world());
        }
        Self::hold(&mut self.mended, &self.watch, to);
        self.watch.look(walk.world(), to);
    }

    fn hold(mended: &mut Option<Time>, watch: &Watch, now: Time) {
        if mended.is_none() {
            *mended = watch.well_since().filter(|since| now.since(*since) >= HOLDS);
        }
    }

    /// On to the next thing that kubectl would show.
    fn next(&mut self) -> String {
        let before = self.line.walk.written();
        let from = self.line.walk.now();
        while self.line.walk.written() == before && !self.is_late() {
            let Some(next) = self.line.walk.next_time().filter(|next| *next <= self.line.walk.plan().until)
            else {
                self.pass(HOLDS);
                break;
            };
            self.pass(next.since(self.line.walk.now()));
            if self.is_solved() {
                break;
            }
        }
        format!("{} later\n", self.line.walk.now().since(from))
    }

    fn wanted(&self) -> String {
        let unmet = self.watch.unmet(self.line.walk.world());
        match (unmet.is_empty(), self.watch.well_since()) {
            (false, _) => format!("Not as it is wanted:\n  {}\n", unmet.join("\n  ")),
            (true, Some(since)) => {
                format!("All is as it is wanted, for {}.\n", self.line.walk.now().since(since))
            }
            (true, None) => String::new(),
        }
    }

    fn named(&mut self, rest: &str) -> String {
        let (kind, object) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let object = object.trim();
        if kind.is_empty() {
            return "a kind and an object are to be named, as in `cause image deployment/web`; `causes` lists the kinds\n".to_owned();
        }
        let known: Vec<&str> = faults::kinds().map(|(kind, _)| kind).collect();
        if !known.contains(&kind) {
            let near = nearest(kind, &known)
                .map_or("`causes` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
            return format!("`{kind}` is no kind of cause; {near}\n");
        }
        let object = match self.object_meant(object) {
            Ok(object) => object,
            Err(problem) => {
                let joint = if problem.ends_with('?') { " As" } else { "; as" };
                return format!("{problem}{joint} in `cause {kind} deployment/web`\n");
            }
        };
        let is_it = |fault: &&mut Fault| {
            fault.planted.kind == kind
                && fault.planted.objects.iter().any(|own| faults::same_object(own, &object))
        };
        match self.faults.iter_mut().find(is_it) {
            Some(fault) if fault.named => "You have named that.\n".to_owned(),
            Some(fault) => {
                fault.named = true;
                "Right.\n".to_owned()
            }
            None => {
                self.wrong += 1;
                "That is not it.\n".to_owned()
            }
        }
    }

    /// The object that is meant by `deployment/web`, `deployment web`, or by a name that only one thing has.
    fn object_meant(&self, words: &str) -> Result<String, String> {
        // What somebody has removed may be the cause.
        let causes = self.faults.iter().flat_map(|fault| fault.planted.objects.iter().cloned());
        let known: BTreeSet<String> = self.nameable().into_iter().chain(causes).collect();
        let of = |object: &String| {
            faults::same_object(object, &words.split_whitespace().collect::<Vec<_>>().join("/"))
        };
        let called = |object: &&String| object.split_once('/').is_some_and(|(_, name)| name == words);
        if words.is_empty() {
            return Err("of what?".to_owned());
        }
        if let Some(found) = known.iter().find(|object| of(object)) {
            return Ok(found.clone());
        }
        let found: Vec<&String> = known.iter().filter(called).collect();
        match found[..] {
            [only] => Ok(only.clone()),
            [] => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let near =
                    nearest(words, &known).map_or_else(String::new, |near| format!(", did you mean {near}?"));
                Err(format!("there is no {words} here{near}"))
            }
            _ => {
                let all: Vec<&str> = found.iter().map(|own| own.as_str()).collect();
                Err(format!("which {words}: {}?", all.join(" or ")))
            }
        }
    }

    /// All that there is and that may be named.
    fn nameable(&self) -> BTreeSet<String> {
        let w = self.line.walk.world();
        let pods = kubectl::pods(w).into_iter().map(|pod| format!("pod/{}", w.pods[pod.ix()].ident.name));
        let referred = ["configmaps", "secrets", "pvc"].into_iter().flat_map(|kind| {
            let names = self.line.walk.get(&format!("{kind} -o name")).unwrap_or_default();
            names.lines().map(str::to_owned).collect::<Vec<_>>()
        });
        self.objects().into_iter().chain(pods).chain(referred).collect()
    }

    /// What it comes to as it is now.
    pub fn in_words(&self) -> String {
        let score = self.score();
        let points = score.points;
        if let Some(expected) = points.expected {
            return format!(
                "{} of 100 points: {} of 40 for the time, {} of 30 for what was kept whole, {expected} of 30 for what was \
                 expected\n",
                points.total, points.time, points.whole
            );
        }
        format!(
            "{} of 100 points: {} of 40 for the time, {} of 30 for what was kept whole, {} of 30 for the cause\n",
            points.total, points.time, points.whole, points.cause
        )
    }

    /// The same while it goes on: what it would come to if all were well now.
    fn so_far(&self) -> String {
        if self.is_solved() || self.is_over() {
            return self.in_words();
        }
        let after = offset(self.line.walk.now(), self.arrived);
        if let Task::Exercise(_) = self.task {
            return format!("Not mended yet, after {after}\n");
        }
        let named = self.faults.iter().filter(|fault| fault.named).count();
        let (clock, faults) = (self.clock(), (named, self.faults.len()));
        let now = Points::of(Some(clock), self.watch.lost(), faults, self.wrong);
        format!(
            "Not mended yet, after {after}. If it were, it would be {} of 100 points: {} of 40 for the time, {} of 30 for what was kept \
             whole, {} of 30 for the cause so far\n",
            now.total, now.time, now.whole, now.cause
        )
    }

    /// Prose broken between words, where somebody has said how wide it may be.
    fn laid_out(&self, text: &str) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        let lines = text.lines().flat_map(|line| broken(line, width));
        lines.fold(String::new(), |text, line| text + &line + "\n")
    }

    /// What it was, and what it comes to.
    fn debrief(&self) -> String {
        let mut text = String::new();
        for fault in &self.faults {
            let planted = &fault.planted;
            let _ = writeln!(text, "{} in {}: {}.", planted.kind, planted.objects[0], planted.told);
            let _ = writeln!(text, "  mended by: {}", planted.mends.join("; "));
        }
        if let Task::Exercise(exercise) = &self.task {
            text += &exercise.behind();
        }
        self.laid_out(&text) + &self.in_words()
    }
}

fn causes() -> String {
    let width = faults::kinds().map(|(kind, _)| kind.len()).max().unwrap_or(0);
    let lines = faults::kinds().map(|(kind, title)| format!("{kind:<width$}  {title}\n"));
    lines.collect::<String>()
        + "`cause KIND OBJECT` names one: cause image deployment/web. A wrong one costs points.\n"
}

/// Every level with the kinds of faults that it adds.
pub fn list() -> String {
    let mut text = String::new();
    for level in LEVELS {
        let _ = writeln!(text, "Level {level}{}", if level >= 3 { ", two at once" } else { "" });
        for maker in MAKERS.iter().filter(|maker| maker.level == level) {
            let _ = writeln!(text, "  {:<16}{}", maker.kind, maker.title);
        }
        if level == 5 {
            text.push_str("  any of those above, in a larger cluster\n");
        }
    }
    text
}
