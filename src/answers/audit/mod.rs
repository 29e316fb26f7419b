//! What a manifest promises: for each workload the limits that its numbers imply, found by playing it otherwise and not by
//! arithmetic. Each question has a file of its own and a line in [`QUESTIONS`].
//!
//! A figure is played under several seeds and told as a range, 5 to 95 %, with the rule that sets it and the field to change. A
//! finding always has the number that shows it. What to write instead is told only after it was played and came out better.

mod asked;
mod calendar;
mod case;
mod change;
mod crash;
mod drain;
mod endpoints;
mod hang;
mod job;
mod life;
mod node;
mod outage;
mod overlap;
mod pasted;
mod recovery;
mod rollout;
mod room;
mod scaler;
mod scaling;
mod start;
mod stop;

pub use asked::{Asked, Assumptions, Audited, ask, nothing_in};
pub use case::{Assumed, Case, Lent, Load, Spread, Subject, subjects};
pub use change::{Change, changes};
pub use pasted::Pasted;

/// A figure that answers a question.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// Of which question.
    pub question: &'static str,
    /// What the figure is.
    pub what: String,
    /// The figure; None: there is none, and the words say why.
    pub figure: Option<Spread>,
    /// What is to be said of it beside.
    pub words: String,
    /// What sets it.
    pub rule: String,
    /// The field to change; empty: there is none.
    pub field: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// It does not do what it is there for.
    Broken,
    /// It does not in a case that comes.
    Risky,
    /// Good to know.
    Note,
}

impl Rank {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Rank::Broken => "broken",
            Rank::Risky => "risky",
            Rank::Note => "note",
        }
    }
}

/// What to write or do instead, as it was played.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// As `--set` takes it; empty: it is something else.
    pub set: Vec<String>,
    /// What is to be done, in words.
    pub does: String,
    /// What it was before, and what it is with it.
    pub better: String,
}

impl Advice {
    fn write(set: Vec<String>, better: String) -> Advice {
        Advice { does: format!("write {}", set.join(" and ")), set, better }
    }
    fn run(commands: &[String], better: String) -> Advice {
        Advice { does: format!("run {}", commands.join(", then ")), set: Vec::new(), better }
    }
    fn other(does: &str, better: String) -> Advice {
        Advice { does: does.to_owned(), set: Vec::new(), better }
    }
    /// What is to be set, as lines of a manifest, object by object.
    pub fn pasted(&self) -> Vec<Pasted> {
        pasted::lines(&self.set)
    }
}

/// Something that somebody should know of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How bad it is.
    pub rank: Rank,
    /// Of which question.
    pub question: &'static str,
    /// What is so, with the number that shows it.
    pub words: String,
    /// The field that it is about; empty: none.
    pub field: String,
    /// What to write instead, where something was found that plays better.
    pub advice: Option<Advice>,
}

/// What a question has come to.
#[derive(Clone, Default, Debug)]
pub struct Told {
    /// Figures.
    pub answers: Vec<Answer>,
    /// What follows from them.
    pub findings: Vec<Finding>,
}

/// A question that is asked of each workload.
pub struct Question {
    /// Its name.
    pub name: &'static str,
    /// In a sentence.
    pub asks: &'static str,
    ask: fn(&Case<'_>, &mut Told),
}

/// All of them, in the order in which they are told.
pub const QUESTIONS: [Question; 15] = [
    start::QUESTION,
    hang::QUESTION,
    stop::QUESTION,
    endpoints::QUESTION,
    crash::QUESTION,
    outage::QUESTION,
    node::QUESTION,
    drain::QUESTION,
    rollout::QUESTION,
    recovery::QUESTION,
    scaling::QUESTION,
    overlap::QUESTION,
    job::QUESTION,
    calendar::QUESTION,
    change::QUESTION,
];

impl Question {
    /// Whether it is asked of changes, and of nothing else.
    pub fn is_of_changes(&self) -> bool {
        self.name == change::QUESTION.name
    }
    /// Asks it of a workload; what it is not about comes out empty.
    pub fn ask(&self, case: &Case<'_>) -> Told {
        let mut told = Told::default();
        if case.hindered.is_none() || self.name == start::QUESTION.name {
            (self.ask)(case, &mut told);
        }
        told
    }
}

impl Told {
    fn answer(
        &mut self,
        question: &Question,
        what: &str,
        figure: Option<Spread>,
        words: &str,
    ) -> &mut Answer {
        self.answers.push(Answer {
            question: question.name,
            what: what.to_owned(),
            figure,
            words: words.to_owned(),
            rule: String::new(),
            field: String::new(),
        });
        let last = self.answers.len() - 1;
        &mut self.answers[last]
    }
    fn find(&mut self, question: &Question, rank: Rank, words: String) -> &mut Finding {
        // The API server lists what is wrong on lines of their own.
        let words = words.replace("\n* ", "; ").replace('\n', " ").replace(": ; ", ": ");
        let found = Finding { rank, question: question.name, words, field: String::new(), advice: None };
        self.findings.push(found);
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }
}

impl Answer {
    fn by(&mut self, rule: impl Into<String>, field: impl Into<String>) {
        self.rule = rule.into();
        self.field = field.into();
    }
}
