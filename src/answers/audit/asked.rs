//! All questions of all workloads of a plan, asked side by side; what is known of their programs; what they have come to, for
//! programs.

use serde_json::{Value, json};

use super::{
    Answer, Assumed, Case, Finding, Lent, Load, QUESTIONS, Question, Rank, Subject, Told, changes, subjects,
};
use crate::answers::hands::{self, Hands, Stopped};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::Plan;
use crate::scenario::diagnostic::offered;
use crate::scenario::values::parse_duration;

/// A workload with what its questions have come to, in their order.
#[derive(Clone, Debug)]
pub struct Audited {
    /// Which.
    pub subject: Subject,
    /// By question.
    pub told: Vec<Told>,
}

impl Audited {
    /// All figures.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.told.iter().flat_map(|told| &told.answers)
    }
    /// The worst first.
    pub fn findings(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.told.iter().flat_map(|told| &told.findings).collect();
        all.sort_by_key(|finding| finding.rank);
        all
    }
    /// Whether something does not do what it is there for.
    pub fn is_broken(&self) -> bool {
        self.findings().iter().any(|finding| finding.rank == Rank::Broken)
    }
    /// All of it, for programs.
    pub fn json(&self) -> Value {
        let answers: Vec<Value> = self.answers().map(answer).collect();
        let findings: Vec<Value> = self.findings().into_iter().map(finding).collect();
        json!({
            "workload": self.subject.words(), "namespace": self.subject.namespace.as_str(),
            "file": self.subject.file.as_str(), "line": self.subject.line,
            "findings": findings, "answers": answers,
        })
    }
}

fn answer(own: &Answer) -> Value {
    let figure = own.figure.map_or(Value::Null, |figure| {
        let unit = if figure.is_count { "count" } else { "seconds" };
        json!({ "low": figure.low, "high": figure.high, "unit": unit })
    });
    json!({
        "question": own.question, "what": own.what, "figure": figure,
        "words": own.words, "rule": own.rule, "field": own.field,
    })
}

fn finding(own: &Finding) -> Value {
    let advice = own.advice.as_ref().map_or(Value::Null, |own| {
        let yaml: String = own.pasted().into_iter().map(|own| own.lines).collect::<Vec<_>>().join("---\n");
        json!({ "set": own.set, "does": own.does, "better": own.better, "yaml": yaml })
    });
    json!({ "rank": own.rank.as_str(), "question": own.question, "words": own.words, "field": own.field, "advice": advice })
}

/// What was said of programs: of all, and of single workloads.
#[derive(Clone, Default, Debug)]
pub struct Assumptions(Vec<(Option<String>, Assumed)>);

impl Assumptions {
    /// From words such as `boots=20s`, or of one workload `web.boots=40s`.
    ///
    /// # Errors
    /// Which of the words is none, and why.
    pub fn read(words: &[String]) -> Result<Assumptions, String> {
        let mut all: Vec<(Option<String>, Assumed)> = Vec::new();
        for word in words {
            let refuse = |why: &str| format!("{word}: {why}");
            let (key, value) = word.split_once('=').ok_or_else(|| refuse("expected boots=20s"))?;
            let (of, what) = match key.trim().rsplit_once('.') {
                Some((of, what)) => (Some(of.to_owned()), what),
                None => (None, key.trim()),
            };
            if !["boots", "stops", "runs"].contains(&what) {
                return Err(refuse("there are boots, stops and runs"));
            }
            let span = Some(parse_duration(value.trim()).map_err(|why| refuse(&why))?);
            let place = all.iter().position(|(own, _)| *own == of).unwrap_or_else(|| {
                all.push((of, Assumed::default()));
                all.len() - 1
            });
            let own = &mut all[place].1;
            match what {
                "boots" => own.boots = span,
                "stops" => own.stops = span,
                _ => own.runs = span,
            }
        }
        Ok(Assumptions(all))
    }

    fn of(&self, subject: &Subject) -> Assumed {
        let mut assumed = Assumed::default();
        let of_all = self.0.iter().filter(|(of, _)| of.is_none());
        let own = self
            .0
            .iter()
            .filter(|(of, _)| of.as_deref().is_some_and(|of| subject.name == *of || subject.words() == of));
        for (_, said) in of_all.chain(own) {
            assumed.boots = said.boots.or(assumed.boots);
            assumed.stops = said.stops.or(assumed.stops);
            assumed.runs = said.runs.or(assumed.runs);
        }
        assumed
    }

    /// What is wrong with a workload that something was said of and that is not there, with those that are.
    pub fn unknown(&self, there: &[Subject]) -> Option<String> {
        let mut named = self.0.iter().filter_map(|(of, _)| of.as_deref());
        let is_there = |of: &&str| there.iter().any(|own| own.name == **of || own.words() == **of);
        let word = named.find(|of| !is_there(of))?;
        let hint = offered(word, there.iter().map(|own| own.name.as_str()));
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        Some(format!("{word}: there is no such workload{hint}"))
    }
}

/// Why nothing can be asked about a plan: it has no workload, or, of a change, none that was there before.
pub fn nothing_in(plans: &[&Plan], is_change: bool) -> Option<String> {
    if plans.iter().all(|plan| subjects(plan).is_empty()) {
        let kinds =
            [ObjectType::Deployment, ObjectType::StatefulSet, ObjectType::DaemonSet].map(ObjectType::name);
        return Some(format!(
            "there is no workload in it ({}, …) that could be asked about",
            kinds.join(", ")
        ));
    }
    let is_shared = |plan: &&Plan| {
        changes(plan)
            .iter()
            .any(|own| own.subject.is_workload() && own.before.is_some() && own.after.is_some())
    };
    (is_change && !plans.iter().any(is_shared)).then(|| {
        "no workload stands both in these manifests and in those of --against (a workload is one by kind, namespace and name)"
            .to_owned()
    })
}

/// What is asked of a plan.
#[derive(Clone, Default, Debug)]
pub struct Asked {
    /// The names of the questions; empty: all.
    pub questions: Vec<String>,
    /// Of what becomes of it when a second `[[apply]]` comes.
    pub is_change: bool,
    /// What is known of programs.
    pub assumptions: Assumptions,
}

impl Asked {
    /// The names of the questions that are asked where nothing is changed.
    pub fn names() -> Vec<&'static str> {
        QUESTIONS.iter().filter(|question| !question.is_of_changes()).map(|question| question.name).collect()
    }
    fn asks(&self, question: &Question) -> bool {
        question.is_of_changes() == self.is_change
            && (self.questions.is_empty() || self.questions.iter().any(|own| own == question.name))
    }
    /// How many pieces of work that is: the workloads are looked at, then each is asked each question.
    pub fn pieces(&self, plan: &Plan) -> u64 {
        let there = if self.is_change { changes(plan).len() } else { subjects(plan).len() };
        (there * (1 + QUESTIONS.len())) as u64
    }
}

/// Asks all questions of all workloads of a plan.
///
/// # Errors
/// A fault of ours, with the workload that it came of, or somebody wanted it to stop.
pub fn ask<H: Hands>(
    plan: &Plan,
    load: Load<'_>,
    asked: &Asked,
    hands: &H,
) -> Result<Vec<Audited>, (Stopped, String)> {
    let of_no_one = |stopped| (stopped, String::new());
    let known = &asked.assumptions;
    let stop = || hands.stop();
    let lent = Lent { load, stop: &stop };
    let cases: Vec<Case<'_>> = if asked.is_change {
        let make = |(): &mut (), own: &super::Change| {
            Some(Case::of_change(plan, own.clone(), known.of(&own.subject), lent))
        };
        hands::all(hands, &changes(plan), || (), make)
    } else {
        let make = |(): &mut (), own: &Subject| Some(Case::new(plan, own.clone(), known.of(own), lent));
        hands::all(hands, &subjects(plan), || (), make)
    }
    .map_err(of_no_one)?;
    let pieces: Vec<(usize, usize)> = (0..cases.len())
        .flat_map(|case| (0..QUESTIONS.len()).map(move |question| (case, question)))
        .collect();
    let ask = |(): &mut (), (case, question): &(usize, usize)| {
        let question = &QUESTIONS[*question];
        let told = if asked.asks(question) { question.ask(&cases[*case]) } else { Told::default() };
        // What was found while somebody wanted it to stop is worth nothing.
        (!hands.stop()).then_some(told)
    };
    let told = hands::all(hands, &pieces, || (), ask).map_err(|stopped| {
        let of = match stopped {
            Stopped::Fault(ix, _) => cases[pieces[ix].0].subject.words(),
            Stopped::Interrupted => String::new(),
        };
        (stopped, of)
    })?;
    let mut told = told.into_iter();
    let mut audited = Vec::new();
    for subject in cases.iter().map(|case| case.subject.clone()) {
        let own: Vec<Told> = told.by_ref().take(QUESTIONS.len()).collect();
        // Of what is no workload only a refusal is told.
        if subject.is_workload() || own.iter().any(|told| !told.findings.is_empty()) {
            audited.push(Audited { subject, told: own });
        }
    }
    Ok(audited)
}
