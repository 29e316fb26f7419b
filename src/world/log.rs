//! What was commanded in a run, and what was answered: by the scenario's `[[action]]`s and by whoever acted meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{NodeId, ObjectKey, PodId, World};
use crate::record::Fact;
use crate::scenario::Action;
use crate::scenario::command::DrainFlags;
use crate::time::{Span, Time};

/// A command that was played, with the answer to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Commanded {
    pub action: Arc<Action>,
    /// The step that played it.
    pub step: u64,
    /// What kubectl prints, line by line.
    pub answer: Vec<String>,
    /// How many of the lines say that something was not done.
    pub refusals: usize,
    /// It goes on: more will be printed.
    pub waits: bool,
}

/// A command that waits for something of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Its place among all that was commanded.
    pub command: u32,
    /// What it looks at.
    pub key: ObjectKey,
    /// What it has printed last.
    pub said: String,
}

/// A `kubectl drain` that goes on.
#[derive(Clone, PartialEq, Debug)]
pub struct Draining {
    /// Its place among all that was commanded.
    pub command: u32,
    /// What it was told to overlook.
    pub flags: DrainFlags,
    /// How long it waits for the pods of one node at most; None: for ever.
    pub timeout: Option<Span>,
    /// Until when it waits for those of now.
    pub ends: Option<Time>,
    /// The nodes that come later.
    pub nodes: VecDeque<NodeId>,
    /// The node of now.
    pub node: Option<NodeId>,
    /// Its pods that are not gone yet, each with the instant since when it is waited for; None: it still has to be let go.
    pub pods: BTreeMap<PodId, Option<Time>>,
    /// What went wrong with others.
    pub errors: Vec<String>,
}

impl World {
    /// An action by its number: the scenario's come first, then those that were commanded while the run went on.
    pub fn action(&self, index: u32) -> Option<&Arc<Action>> {
        let index = index as usize;
        self.plan.actions.get(index).or_else(|| self.live.get(index - self.plan.actions.len()))
    }

    /// Takes in an action that is commanded now, and gives it the number that it would have as the scenario's last one.
    pub fn take_in(&mut self, action: Arc<Action>) -> u32 {
        self.live.push(action);
        u32::try_from(self.plan.actions.len() + self.live.len() - 1).unwrap_or(u32::MAX)
    }

    /// The command of this step, by its place among all.
    pub fn under_way(&self) -> Option<u32> {
        self.log.last().filter(|own| own.step == self.step)?;
        u32::try_from(self.log.len() - 1).ok()
    }
    /// A command, to be answered or ended, by its place among all.
    pub fn command_mut(&mut self, command: u32) -> Option<&mut Commanded> {
        self.log.get_mut(command as usize).map(Arc::make_mut)
    }

    /// A command begins: what is answered in this step is answered to it.
    pub fn commanded(&mut self, action: Arc<Action>) {
        let number = u32::try_from(self.log.len()).unwrap_or(u32::MAX);
        self.tell_beside(|| Fact::Given { command: number, words: action.words.clone() });
        let begun = Commanded { action, step: self.step, answer: Vec::new(), refusals: 0, waits: false };
        self.log.push(Arc::new(begun));
    }

    /// kubectl's words when what was commanded is done.
    pub fn tell(&mut self, words: String) {
        if let Some(command) = self.under_way() {
            self.tell_to(command, words);
        }
    }
    /// The same, of a command that may have been given earlier.
    pub fn tell_to(&mut self, command: u32, words: String) {
        if self.under_way() != Some(command) {
            self.printed.push(format!("{}: {words}", self.read_clock()));
        }
        self.tell_beside(|| Fact::Answered { command, line: words.clone(), refused: false });
        if let Some(own) = self.command_mut(command) {
            own.answer.push(words);
        }
    }

    /// The time since the start as people read it, to the millisecond; a timeline has it exactly.
    fn read_clock(&self) -> Span {
        Span::from_millis(self.now.since(self.plan.start).micros() / 1000)
    }

    /// What the API server warns of, of what it takes: told at the end of a run. Gives the line for whoever commanded it;
    /// kubectl says each once.
    pub fn warning(&mut self, command: u32, words: &str) -> Option<String> {
        let line = format!("Warning: {words}");
        if self.log.get(command as usize).is_some_and(|own| own.answer.contains(&line)) {
            return None;
        }
        self.warnings.push(format!("{}: {line}", self.read_clock()));
        Some(line)
    }

    /// kubectl's words when what was commanded is not done. They are part of what a run tells.
    pub fn answer(&mut self, words: &str) {
        self.answer_to(self.under_way(), words);
    }
    /// The same, of a command that may have been given earlier.
    pub fn answer_to(&mut self, command: Option<u32>, words: &str) {
        let after = self.read_clock();
        self.digest.fold_text(words);
        self.answers.push(format!("{after}: {words}"));
        if let Some(command) = command {
            self.tell_beside(|| Fact::Answered { command, line: words.to_owned(), refused: true });
        }
        if let Some(own) = command.and_then(|command| self.command_mut(command)) {
            own.answer.push(words.to_owned());
            own.refusals += 1;
        }
    }
}
