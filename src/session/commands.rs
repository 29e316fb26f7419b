//! What a person does while stepping: any action of the scenario format, now.
//!
//! The words become an `[[action]]`, read and checked as a file's are, and its command is played in the present as a step of
//! its own. The session keeps it with its step: so going back and on plays it again, taking it back is leaving it out, and
//! what is saved replays to the same bytes, because the file's action comes just where it was played.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::spoken::{Spoken, parse, quoted};
use super::{Script, Walk};
use crate::rules::kubectl::apply::LAST_APPLIED;
use crate::scenario::command::{Command, Write, Written};
use crate::scenario::{self, Action, Diagnostics, tree};
use crate::time::{Span, Time};
use crate::world::Commanded;

/// What a person has done.
#[derive(Clone, Debug)]
pub struct Done {
    /// The step that plays it.
    pub step: u64,
    /// What was done, and when.
    pub action: Arc<Action>,
    /// Its `[[action]]` in the scenario.
    toml: Arc<str>,
    /// Where the person stood: after how many steps, and when.
    pub(crate) stood: (u64, Time),
    /// What had been done later, on the line that this one has left.
    dropped: Arc<[Done]>,
}

impl Done {
    /// What later actions doing this has dropped, in words; None: there were none.
    pub fn drops(&self, start: Time) -> Option<String> {
        let words = self.later(start, "is dropped", "are dropped")?;
        Some(format!("{words}; `undo` brings {} back", if self.dropped.len() == 1 { "it" } else { "them" }))
    }
    /// What taking this back has brought back, in words.
    pub fn brings_back(&self, start: Time) -> Option<String> {
        self.later(start, "is back", "are back")
    }
    fn later(&self, start: Time, one: &str, many: &str) -> Option<String> {
        let told = |done: &Done| format!("{} (at {})", done.action.words, done.stood.1.since(start));
        let list: Vec<String> = self.dropped.iter().map(told).collect();
        match list.len() {
            0 => None,
            1 => Some(format!("1 later action {one}: {}", list[0])),
            count => Some(format!("{count} later actions {many}: {}", list.join(", "))),
        }
    }
}

impl Walk {
    /// Does something now (`delete pod/web gracePeriodSeconds=5`), one microsecond after everything that has happened at
    /// this instant. What was known of the future is forgotten: it has become another one. Stands after the action, and
    /// tells what was answered.
    ///
    /// # Errors
    /// What is wrong with the words, or why it cannot be done; nothing has changed then.
    pub fn act(&mut self, words: &str) -> Result<Arc<Commanded>, String> {
        let (action, toml) = self.action_of(words)?;
        self.do_now(action, toml)
    }

    /// Whether something could be done now; nothing has changed.
    ///
    /// # Errors
    /// As [`Walk::act`].
    pub fn could_act(&mut self, words: &str) -> Result<(), String> {
        self.action_of(words).map(drop)
    }

    /// What is to be done now, and how it is saved.
    fn action_of(&mut self, words: &str) -> Result<(Action, String), String> {
        let spoken = self.said(parse(words)?)?;
        let at = self.next_instant()?;
        let toml = action_toml(at.since(self.plan().start), &spoken);
        let w = &self.session.world;
        self.earlier.follow(&w.plan, &w.live);
        let read = RefCell::new(BTreeMap::new());
        let loader = |path: &str| {
            let text = self.script.manifest(path)?;
            read.borrow_mut().insert(path.to_owned(), text.clone());
            Ok(text)
        };
        let action = scenario::action(&toml, &w.plan, &w.templates, &self.earlier, &loader)
            .map_err(|problems| problems.render(false))?;
        self.script.manifests.extend(read.into_inner());
        Ok((Action { words: words.trim().to_owned(), ..Arc::unwrap_or_clone(action) }, toml))
    }

    /// What was done later than here, in the order of the steps.
    pub fn done_later(&self) -> Vec<Arc<Action>> {
        let here = self.position();
        self.done().iter().filter(|done| done.step > here).map(|done| Arc::clone(&done.action)).collect()
    }

    /// Does something now, and does again at its own instant what had been done later. Stands after what was done now; also tells
    /// what could not be done again.
    ///
    /// # Errors
    /// As [`Walk::act`]; nothing has changed then.
    pub fn act_and_keep(&mut self, words: &str) -> Result<(Arc<Commanded>, Vec<String>), String> {
        let later = self.done_later();
        let done = self.act(words)?;
        let (position, clock) = (self.position(), self.clock);
        let mut not_again = Vec::new();
        for action in later {
            // It is played a microsecond after everything that has happened by then.
            self.seek_time((action.at - Span::from_micros(1)).max(clock));
            if let Err(problem) = self.act(&action.words) {
                not_again.push(format!("not done again: {}: {}", action.words, problem.trim_end()));
            }
        }
        self.seek(position);
        self.clock = clock;
        Ok((done, not_again))
    }

    /// What a client of the API writes, as a command like any other. The values of a Secret do not stand in what is saved.
    ///
    /// # Errors
    /// Why it cannot be done; nothing has changed then.
    pub fn write(&mut self, write: &Write) -> Result<Arc<Commanded>, String> {
        let at = self.next_instant()?;
        let target = format!("{}/{}", write.kind, write.name);
        let is_secret = write.kind == "Secret" && write.group.is_empty();
        let shown = write.object.as_ref().filter(|_| is_secret).map(masked);
        let spoken = spoken_write(write, &target, shown.as_ref().or(write.object.as_ref()));
        let toml = action_toml(at.since(self.plan().start), &spoken);
        let command = Command::Write { write: Arc::new(Written::of(write)) };
        self.do_now(Action { at, command, id: None, words: format!("write {target}") }, toml)
    }

    /// The instant of what is done now.
    fn next_instant(&self) -> Result<Time, String> {
        let at = self.clock.max(self.session.world.now) + Span::from_micros(1);
        if at > self.plan().until {
            return Err(format!(
                "the run ends at {}: nothing can be done at its end (raise `until` with --until)",
                self.plan().until.since(self.plan().start)
            ));
        }
        Ok(at)
    }

    /// Takes back what was just done and refused: it is as if nobody had asked for it.
    pub fn drop_refused(&mut self) {
        let is_last = self.session.done.last().is_some_and(|last| last.step == self.position());
        if is_last {
            let _ = self.undo();
        }
    }

    /// An action becomes a step of its own; `toml` is how it is saved.
    fn do_now(&mut self, action: Action, toml: String) -> Result<Arc<Commanded>, String> {
        let (at, action, toml) = (action.at, Arc::new(action), Arc::from(toml));
        let stood = (self.position(), self.clock);
        let dropped = self.done().iter().filter(|done| done.step > stood.0).cloned().collect();
        self.forget_after(self.position());
        // As the file's last action it would have the number after all that the run begins with.
        while self.session.world.queue.peek().is_some_and(|next| next < (at, self.first_number))
            && self.play_on()
        {}
        let done = Done { step: self.position() + 1, action, toml, stood, dropped };
        self.session.done = self.session.done.iter().cloned().chain([done]).collect();
        if !self.quiz.is_held() {
            // What is open was about another future.
            self.quiz.skip();
        }
        self.play_on();
        self.world().log.last().cloned().ok_or_else(|| "nothing was done".to_owned())
    }

    /// Takes the last thing back that was done, wherever that was, and stands there; what it had dropped is to come again.
    /// Tells what it was.
    ///
    /// # Errors
    /// When nothing has been done, or it lies further back than what is known.
    pub fn undo(&mut self) -> Result<Done, String> {
        let Some(last) = self.session.done.last().cloned() else {
            return Err("nothing has been done that could be taken back".to_owned());
        };
        let (position, clock) = last.stood;
        if position < self.horizon.step {
            return Err(format!("`{}` was done before {}", last.action.words, self.horizon_words()));
        }
        self.seek(position);
        self.forget_after(last.step - 1);
        self.clock = clock;
        // The run up to here is the one on which they were done: their steps are the same.
        self.session.done = self.session.done.iter().chain(last.dropped.iter()).cloned().collect();
        Ok(last)
    }

    /// What the cluster has answered so far where something was not done.
    pub fn answers(&self) -> &[String] {
        &self.session.world.answers
    }

    /// What commands have printed so far after the step in which they were given.
    pub fn printed(&self) -> &[String] {
        &self.session.world.printed
    }

    /// The same of a run that goes on for as long as anybody looks: saved, it ends where it stands, or then at the earliest.
    pub fn saved_until(&self, earliest: Time) -> String {
        let end = self.clock.max(earliest).since(self.plan().start);
        let mut script = self.script.clone();
        script.overrides.retain(|own| !own.starts_with("until="));
        script.overrides.push(format!("until={}.{:06}s", end.micros() / 1_000_000, end.micros() % 1_000_000));
        self.saved_as(&script)
    }

    /// The scenario with everything that was done up to here, as a file that replays to the same bytes. Overrides and
    /// another seed are written into it; then it is spelled anew, without the comments of the original.
    pub fn saved(&self) -> String {
        self.saved_as(&self.script)
    }

    fn saved_as(&self, script: &Script) -> String {
        let here = self.position();
        let done = self.done().iter().filter(|done| done.step <= here);
        let actions = done.fold(String::new(), |text, done| format!("{text}\n{}", done.toml));
        let mut overrides = script.overrides.clone();
        if self.seed != self.plan().seed {
            overrides.push(format!("seed={}", self.seed));
        }
        if overrides.is_empty() {
            let mut text = script.text.clone();
            if !text.ends_with('\n') && !actions.is_empty() {
                text.push('\n');
            }
            text.push_str(&actions);
            if is_toml(&text) {
                return text;
            }
        }
        // Either there is more to be written into it, or its list of actions stands on one line and has to be opened.
        Script { overrides, ..script.clone() }.merged(&actions)
    }
}

fn is_toml(text: &str) -> bool {
    let mut problems = Diagnostics::default();
    tree::parse(0, text, &mut problems);
    problems.errors() == 0
}

fn spoken_write(write: &Write, target: &str, object: Option<&Value>) -> Spoken {
    let version = match write.group.as_str() {
        "" => write.version.clone(),
        group => format!("{group}/{}", write.version),
    };
    let mut keys = vec![("apiVersion", quoted(&version))];
    if !write.namespace.is_empty() {
        keys.push(("namespace", quoted(&write.namespace)));
    }
    if !write.below.is_empty() {
        keys.push(("subresource", quoted(&write.below)));
    }
    if let Some(object) = object {
        keys.push(("object", quoted(&object.to_string())));
    }
    Spoken { verb: "write", target: target.to_owned(), keys, change: None }
}

/// A Secret without what is secret: its keys stay, because pods look for them; annotations may hold the whole manifest.
fn masked(object: &Value) -> Value {
    let mut object = object.clone();
    for name in ["data", "stringData"] {
        for (_, value) in object.get_mut(name).and_then(Value::as_object_mut).into_iter().flatten() {
            *value = "".into();
        }
    }
    if let Some(annotations) = object["metadata"].get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.shift_remove(LAST_APPLIED);
    }
    object
}

fn action_toml(at: Span, action: &Spoken) -> String {
    let mut text = String::new();
    let micros = at.micros();
    let _ = writeln!(text, "[[action]]\nat = \"{}.{:06}s\"", micros / 1_000_000, micros % 1_000_000);
    let _ = writeln!(text, "{} = {}", action.verb, quoted(&action.target));
    for (key, value) in &action.keys {
        let _ = writeln!(text, "{key} = {value}");
    }
    text
}
