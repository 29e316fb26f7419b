//! A walk in plain words: one command a line, one answer. It is the line mode of `step` and `learn`, and what the page asks
//! for in a browser.
//!
//! Here stands what can be said; how it is answered, in [`answers`]; and what is told of all commands, in [`help`].

mod answers;
mod help;
mod logs;

use std::fmt::Write as _;

use crate::actors::api_server;
use crate::record::Transition;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::format::VERBS;
use crate::scenario::values::parse_duration;
use crate::session::predict::said_and_right;
use crate::session::words::offset;
use crate::session::{Breakpoint, Direction, Move, Stop, Walk, get, kubectl, tree, why};
use crate::time::{Span, Time};
use crate::world::PodId;
use crate::world::workloads::ObjectKey;

/// A walk that is spoken to.
#[derive(Clone)]
pub struct Line {
    /// Where it stands. Whoever moves it from outside tells of it himself.
    pub walk: Walk,
    /// How many of the API server's answers to actions have been told.
    answered: usize,
    /// So many lines of commands that go on have been told.
    printed: usize,
    /// How many answers the last debrief spoke of.
    debriefed: usize,
}

/// What is answered to a line.
pub enum Reply {
    /// This, and the next line is awaited.
    Text(String),
    /// Somebody leaves; this is the last word.
    Quit(String),
}

pub use help::HELP;
use help::IN_A_LESSON;

/// What a line may begin with.
const WORDS: [&str; 38] = [
    "next", "event", "pod", "failure", "goto", "until", "end", "start", "back", "break", "breaks", "clear",
    "continue", "get", "tree", "select", "describe", "events", "logs", "strip", "history", "why", "coming",
    "predict", "ask", "answer", "skip", "again", "quiz", "hint", "score", "debrief", "do", "undo", "save",
    "help", "quit", "top",
];

/// So many changes or answers are shown at once.
const SHOWN: usize = 40;

/// Writes what was done as a scenario to a path; what to tell about it, or why it could not be done.
pub type Save<'a> = &'a dyn Fn(&Walk, &str) -> Result<String, String>;

/// What becomes of a lesson's questions once somebody has done something.
const PASSED_BY: &str = "the questions of the lesson are passed by: they are about what comes by itself (`undo` brings them back)\n";

/// kubectl's words where nobody measures (staging/src/k8s.io/kubectl/pkg/cmd/top/top.go, v1.36.2), and what there is instead.
const NO_METRICS: &str = "error: Metrics API not available (no metrics server runs here; what is asked for of a node stands in \
                          `describe node NAME`)";

/// Whether a line's verb of two words changes nothing: `rollout history deployment/web`.
pub fn looks_only(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next() == Some("rollout") && words.next() == Some("history")
}

/// The name in `node NAME` and `node/NAME`.
fn node_of(rest: &str) -> Option<&str> {
    let (kind, name) = rest.split_once(['/', ' '])?;
    matches!(kind, "node" | "nodes" | "no").then_some(name.trim())
}

/// What only looks: what may be asked of a walk that stands elsewhere.
const LOOKS: [&str; 10] =
    ["get", "describe", "events", "logs", "top", "why", "strip", "tree", "coming", "predict"];

impl Walk {
    /// What a line that only looks comes to at another instant; this walk stays where it is.
    ///
    /// # Errors
    /// It does more than look.
    pub fn looked_at(&self, at: Time, text: &str) -> Result<String, String> {
        let word = text.split_whitespace().next().unwrap_or_default();
        if !LOOKS.contains(&word) && !looks_only(text) {
            return Err(format!("`{word}` does not only look; there are {}", LOOKS.join(", ")));
        }
        match Line::new(self.copied_at(self.told_by(at.max(self.plan().start)).min(self.now())))
            .say(text, &|_, _| Err(String::new()))
        {
            Reply::Text(told) | Reply::Quit(told) => Ok(told),
        }
    }
}

impl Line {
    /// A conversation that begins where a walk stands.
    pub fn new(walk: Walk) -> Line {
        Line { walk, debriefed: 0, answered: 0, printed: 0 }
    }

    /// The words that a line may have here: commands, and what there is by kind and name.
    pub fn words(&self) -> Vec<String> {
        let w = self.walk.world();
        let objects = get::objects(w).map(|key| tree::name(w, key));
        let pods = kubectl::pods(w).into_iter().map(|pod| w.pods[pod.ix()].ident.name.to_string());
        WORDS.into_iter().map(str::to_owned).chain(objects).chain(pods).collect()
    }

    /// Does what a line says.
    pub fn say(&mut self, text: &str, save: Save<'_>) -> Reply {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let answer = match word {
            "coming" | "predict" | "quiz" | "do" | "act" | "undo" if self.walk.keeps_silent() => {
                Err(format!("`{word}` comes after the lesson's last question"))
            }
            "skip" if self.walk.quiz.pass_by() => {
                Ok(self.laid_out(&format!("Passed by; `again` asks it once more.\n{}\n", self.points())))
            }
            "again" => self.again(rest),
            "help" | "h" | "?" if self.walk.quiz.is_held() => Ok(format!("{IN_A_LESSON}{HELP}")),
            "quit" | "q" | "exit" => return Reply::Quit(self.farewell()),
            "help" | "h" | "?" => Ok(HELP.to_owned()),
            "back" | "b" | "prev" | "p" => self.go(Direction::Back, rest),
            "kubectl" if !rest.is_empty() => return self.say(rest, save),
            "get" => self.walk.get(rest),
            "tree" => Ok(self.tree()),
            "select" | "s" => self.select(rest),
            "describe" | "d" if node_of(rest).is_some() => {
                self.walk.describe_node(node_of(rest).unwrap_or_default())
            }
            "describe" | "d" => match self.walk.describe_volume(rest).or_else(|| self.describe_all(rest)) {
                Some(told) => told,
                None => self.object(rest).map(|key| self.walk.describe_object(key)),
            },
            "events" => self.object(rest).map(|key| self.events(key)),
            "logs" | "log" => self.logs(rest),
            "rollout" if looks_only(text) => self.walk.rollout_history(rest),
            "top" => Err(NO_METRICS.to_owned()),
            "strip" => self.object(rest).map(|key| match key {
                ObjectKey::Pod(pod) => self.strip(pod),
                key => self.curve(key),
            }),
            "history" => Ok(self.history(rest)),
            "why" | "w" => self.why(rest),
            "coming" => Ok(self.coming()),
            "predict" => self.predict(rest),
            "ask" => Ok(self.ask()),
            "answer" | "a" => self.answer(rest),
            "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" if self.walk.quiz.pending().is_some() => {
                self.answer(word)
            }
            "skip" => {
                self.walk.quiz.skip();
                Ok(String::new())
            }
            "hint" => Ok(self.hint()),
            "quiz" => self.quiz(rest),
            "score" if self.walk.quiz.is_held() => Ok(format!("{}\n", self.points())),
            "score" => {
                let (right, answered) = self.walk.quiz.score();
                Ok(format!("{right} of {answered}\n"))
            }
            "debrief" => Ok(self.laid_out(&self.walk.debrief())),
            "break" => self.set_breakpoint(rest),
            "breaks" => Ok(self.breakpoints()),
            "clear" => {
                self.walk.breakpoints.clear();
                Ok("no breakpoints\n".to_owned())
            }
            "do" | "act" => self.act(rest),
            "undo" => self.undo(),
            "save" if rest.is_empty() => Err("save where? As in `save lesson.toml`".to_owned()),
            "save" => save(&self.walk, rest).map(|told| format!("{told}\n")),
            _ => self.ahead(word, text),
        };
        Reply::Text(answer.unwrap_or_else(|problem| format!("{}\n", problem.trim_end())))
    }

    /// `quiz on`, `quiz off`
    fn quiz(&mut self, rest: &str) -> Result<String, String> {
        if !matches!(rest, "on" | "off") {
            return Err("`quiz on` or `quiz off`".to_owned());
        }
        self.walk.quiz.on = rest == "on";
        self.walk.quiz.mute = rest == "off";
        let lesson = match (rest, &self.walk.plan().lesson) {
            ("off", Some(_)) => ", and the lesson's own too",
            _ => "",
        };
        Ok(format!("questions before changes of STATUS: {rest}{lesson}\n"))
    }

    /// Goes on in time. Whoever answers before a lesson's question has come does not lose his place.
    fn ahead(&mut self, word: &str, text: &str) -> Result<String, String> {
        if self.walk.keeps_silent() && word.parse::<usize>().is_ok() {
            return Err(format!("no question is open yet: `next {word}` goes on by {word} changes"));
        }
        self.go(Direction::Forward, text)
    }

    fn go(&mut self, direction: Direction, text: &str) -> Result<String, String> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        // `back 3` is `back next 3`.
        let (word, rest) = if word.parse::<usize>().is_ok() { ("next", text) } else { (word, rest) };
        let pod = || self.about("");
        let (to, counted) = match word {
            "" | "next" | "n" => (Move::Change, true),
            "event" | "e" => (Move::Event, true),
            "pod" => match self.walk.workload.and_then(|key| self.walk.world().workloads.row(key)) {
                Some(object) => (Move::ObjectChange(object), true),
                None => (Move::PodChange(pod()?), true),
            },
            "failure" | "f" => (Move::Failure, true),
            "continue" | "c" if self.walk.breakpoints.is_empty() => {
                return Err("no breakpoint is set: `break status=CrashLoopBackOff` sets one".to_owned());
            }
            "continue" | "c" => (Move::Breakpoints, true),
            "until" | "u" => (Move::Until(Breakpoint::parse(rest)?), false),
            "goto" | "g" => (Move::To(self.instant(rest)?), false),
            "end" => (Move::End, false),
            "start" => {
                self.walk.seek(0);
                return Ok(self.place(&[], Stop::There));
            }
            _ => {
                if matches!(word, "set" | "rollout")
                    || VERBS.iter().any(|verb| verb.verb.eq_ignore_ascii_case(word))
                {
                    return Err(format!("`{word}` is an action: `do {text}`"));
                }
                let near = crate::scenario::diagnostic::nearest(word, &WORDS);
                let hint = near.map_or_else(
                    || "`help` lists what there is".to_owned(),
                    |n| format!("did you mean `{n}`?"),
                );
                return Err(format!("`{word}` is no command; {hint}"));
            }
        };
        let count = match rest {
            "" => 1,
            _ if !counted => 1,
            rest => rest.parse::<usize>().map_err(|_| format!("`{rest}`: how often? As in `{word} 3`"))?,
        };
        if self.walk.wants_question(direction, &to) && self.walk.ask_before(&to) {
            return Ok(self.question());
        }
        let direction = match to {
            // An instant lies where it lies.
            Move::To(at) if at < self.walk.now() => Direction::Back,
            Move::To(_) => Direction::Forward,
            _ => direction,
        };
        let before = self.walk.position();
        let mut stop = Stop::There;
        for _ in 0..count {
            stop = self.walk.go(direction, &to);
            if stop != Stop::There {
                break;
            }
        }
        let rows: Vec<Transition> = match direction {
            Direction::Forward
                if matches!(to, Move::Event | Move::Change | Move::PodChange(_) | Move::ObjectChange(_)) =>
            {
                self.rows_since(before)
            }
            _ if matches!(to, Move::To(_) | Move::End) => Vec::new(),
            _ if stop == Stop::NotFound => Vec::new(),
            _ => self.walk.rows_of(self.walk.position()).to_vec(),
        };
        let event = matches!(to, Move::Event);
        let mut text = if event { self.played(before) } else { String::new() };
        text.push_str(&self.place(&rows, stop));
        Ok(text)
    }

    /// What has been written after a step.
    fn rows_since(&self, step: u64) -> Vec<Transition> {
        let mut rows: Vec<Transition> =
            self.walk.history().iter().rev().take_while(|row| row.step > step).collect();
        rows.reverse();
        rows
    }

    fn instant(&self, text: &str) -> Result<Time, String> {
        let now = self.walk.now();
        let start = self.walk.plan().start;
        let duration = |text: &str| -> Result<Span, String> {
            parse_duration(text)
                .map_err(|why| format!("`{text}`: {why}; as in `goto 1m30s`, `goto +10s`, `goto -10s`"))
        };
        match text.chars().next() {
            Some('+') => Ok(now + duration(&text[1..])?),
            Some('-') => Ok(now - duration(&text[1..])?),
            Some(_) => Ok(start + duration(text)?),
            None => Err("where to? As in `goto 1m30s`, `goto +10s`, `goto -10s`".to_owned()),
        }
    }

    /// All of a kind, where only the kind is named and no pod is called so.
    fn describe_all(&self, word: &str) -> Option<Result<String, String>> {
        let w = self.walk.world();
        if word.is_empty() || kubectl::find(w, word).is_ok() {
            return None;
        }
        let keys: Vec<ObjectKey> = match word {
            "pod" | "pods" | "po" => kubectl::pods(w).into_iter().map(ObjectKey::Pod).collect(),
            _ => {
                let kind = ObjectType::parse(word)?;
                get::objects(w).filter(|key| api_server::type_of(w, *key) == kind).collect()
            }
        };
        let told: Vec<String> = keys.into_iter().map(|key| self.walk.describe_object(key)).collect();
        Some(Ok(match told.is_empty() {
            true => "No resources found in default namespace.\n".to_owned(),
            false => told.join("\n\n"),
        }))
    }

    /// The object that is named, the one that is selected, or a pod as in [`Line::about`].
    fn object(&self, word: &str) -> Result<ObjectKey, String> {
        match (get::find_object(self.walk.world(), word), self.walk.workload) {
            (Some(found), _) => found,
            (None, Some(key)) if word.is_empty() => Ok(key),
            _ => self.about(word).map(ObjectKey::Pod),
        }
    }

    /// The named pod, the selected one, or the only or first one there is.
    fn about(&self, word: &str) -> Result<PodId, String> {
        if !word.is_empty() {
            return kubectl::find(self.walk.world(), word);
        }
        let first = || kubectl::pods(self.walk.world()).first().copied();
        // A pod that is gone can still be asked about when it is the one that was meant.
        self.walk
            .selected
            .or_else(first)
            .or_else(|| (!self.walk.world().pods.is_empty()).then_some(PodId(0)))
            .ok_or_else(|| "there is no pod yet".to_owned())
    }

    fn select(&mut self, word: &str) -> Result<String, String> {
        self.walk.workload = None;
        if word.is_empty() {
            self.walk.selected = None;
            return Ok("no pod is selected\n".to_owned());
        }
        if let Some(found) = get::find_object(self.walk.world(), word) {
            let key = found?;
            (self.walk.selected, self.walk.workload) = (None, Some(key));
            return Ok(format!("selected: {}\n", tree::name(self.walk.world(), key)));
        }
        let pod = kubectl::find(self.walk.world(), word)?;
        self.walk.selected = Some(pod);
        Ok(format!("selected: {}\n", self.walk.world().pods[pod.ix()].ident.name))
    }

    fn why(&mut self, word: &str) -> Result<String, String> {
        if let Some(("pod", named)) = word.split_once('/') {
            return self.why_of_pod(named);
        }
        let named = get::find_object(self.walk.world(), word).transpose()?;
        if let Some(key) = named.or(self.walk.workload.filter(|_| word.is_empty())) {
            return Ok(self.walk.why_workload(key)?.render(self.walk.plan().start));
        }
        let row = self.walk.change_called(word)?;
        let why = self.walk.why(&row);
        Ok(why.render(self.walk.plan().start))
    }

    /// `why pod/web`, `why pod/web Ready`: whatever is selected stays so.
    fn why_of_pod(&mut self, text: &str) -> Result<String, String> {
        let (name, word) = text.split_once(' ').unwrap_or((text, ""));
        let pod = kubectl::find(self.walk.world(), name)?;
        let before = (self.walk.selected.replace(pod), self.walk.workload.take());
        let found = self.walk.change_called(word.trim());
        let told = found.map(|row| self.walk.why(&row).render(self.walk.plan().start));
        (self.walk.selected, self.walk.workload) = before;
        told
    }

    /// What may come of what is named, or selected, or of all.
    fn predict(&mut self, word: &str) -> Result<String, String> {
        let w = self.walk.world();
        let named = match (get::find_object(w, word), word) {
            (Some(found), _) => Some(found?),
            (None, "") => self.walk.workload.or(self.walk.selected.map(ObjectKey::Pod)),
            (None, word) => Some(ObjectKey::Pod(kubectl::find(w, word)?)),
        };
        let is_followed =
            |key: ObjectKey| matches!(key, ObjectKey::Pod(_)) || tree::figures(w, key).is_some();
        match named.filter(|key| !is_followed(*key)) {
            Some(key) => Err(format!("{}: predict is about pods and workloads", tree::name(w, key))),
            None => Ok(self.walk.foretell(named)),
        }
    }

    fn ask(&mut self) -> String {
        if self.walk.quiz.insists() {
            self.question()
        } else if self.walk.keeps_silent() {
            "The lesson asks by itself; go on with `next`.\n".to_owned()
        } else if self.walk.ask() {
            self.question()
        } else {
            "There is nothing to ask here; go on with `next`.\n".to_owned()
        }
    }

    fn answer(&mut self, rest: &str) -> Result<String, String> {
        let Some(open) = self.walk.quiz.pending() else { return Err("no question is open".to_owned()) };
        let choices = open.choices.len();
        let choice = rest.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < choices);
        let Some(asked) = choice.and_then(|choice| self.walk.quiz.answer(choice)) else {
            return Err(format!("`{rest}`: answer with a number from 1 to {choices}"));
        };
        let verdict = match asked.is_right() {
            true => "Right. ".to_owned(),
            false => format!("Not so.\n{}", said_and_right(asked)),
        };
        // A text between three quotation marks ends with a line break.
        let explain = asked.explain.trim_end().to_owned();
        // One that came before a move lets the move follow; a lesson's came at its own instant.
        let from_lesson = asked.from_lesson;
        let (right, answered) = self.walk.quiz.score();
        let score = match self.walk.quiz.is_held() {
            true => self.points(),
            false => format!("({right} of {answered})"),
        };
        let verdict = format!("{verdict}{explain}");
        let mut text = self.laid_out(&format!("{}\n{score}\n", verdict.trim_end()));
        if self.walk.quiz.on && !from_lesson {
            let before = self.walk.position();
            let stop = self.walk.go(Direction::Forward, &Move::Change);
            let rows = self.rows_since(before);
            text.push_str(&self.place(&rows, stop));
        }
        Ok(text)
    }

    /// A question of the lesson once more.
    fn again(&mut self, rest: &str) -> Result<String, String> {
        let which = match rest {
            "" => None,
            number => Some(number.parse().map_err(|_| format!("`{number}`: which one? As in `again 2`"))?),
        };
        self.walk.ask_again(which)?;
        self.refusals(0);
        Ok(self.question())
    }

    fn set_breakpoint(&mut self, rest: &str) -> Result<String, String> {
        let breakpoint = Breakpoint::parse(rest)?;
        self.walk.breakpoints.push(breakpoint);
        Ok(self.breakpoints())
    }

    fn act(&mut self, rest: &str) -> Result<String, String> {
        let before = self.walk.written();
        let (quiz, is_first) = (&self.walk.quiz, !self.walk.is_changed());
        let passes = is_first && !quiz.is_held() && !quiz.mute && self.walk.lesson_left() > 0;
        let done = self.walk.act(rest)?;
        // What was refused to the scenario in the rest of this instant comes first.
        let refusals = self.refusals(done.refusals);
        let mut text = format!("{refusals}{}  you: {rest}\n", self.clock());
        for line in done.answer.iter().take(SHOWN) {
            let _ = writeln!(text, "{line}");
        }
        if done.answer.len() > SHOWN {
            let _ = writeln!(text, "... and {} more", done.answer.len() - SHOWN);
        }
        if done.waits {
            text.push_str("it goes on; what it prints comes as you do\n");
        }
        if passes {
            text.push_str(PASSED_BY);
        }
        if let Some(words) = self.walk.done().last().and_then(|done| done.drops(self.walk.plan().start)) {
            let _ = writeln!(text, "{words}");
        }
        for row in self.walk.history().skip(before) {
            let at = offset(row.time, self.walk.plan().start);
            let _ = writeln!(text, "{at}  {}", why::headline(&row, &self.walk.world().directory));
        }
        Ok(text)
    }

    fn undo(&mut self) -> Result<String, String> {
        let done = self.walk.undo()?;
        self.refusals(0);
        let back = done.brings_back(self.walk.plan().start).map_or_else(String::new, |words| words + "\n");
        Ok(format!("{}  taken back: {}\n{back}", self.clock(), done.action.words))
    }
}
