//! A drill as a conversation: what a line asks for is done, time passes with it, and what came of it is told.

use std::fmt::Write as _;

use super::health::Watch;
use super::{Drill, HOLDS, LINE, Task, naming};
use crate::scenario::diagnostic::nearest;
use crate::scenario::values::parse_duration;
use crate::session::line::{Reply, looks_only};
use crate::session::words::{about, offset};
use crate::session::{Walk, spoken};
use crate::time::{Span, Time};

/// What only looks.
pub(super) const LOOKS: [&str; 6] = ["get", "describe", "events", "logs", "top", "tree"];
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

impl Drill {
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
            "causes" => (naming::causes(), Span::ZERO),
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

    pub(super) fn look(&mut self, text: &str) -> String {
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
        format!("{} later\n", about(self.line.walk.now().since(from)))
    }
}
