//! Predictions: before something changes a person may be asked what will come.
//!
//! Questions stand in the scenario's `[lesson]`, or are made from the run: the right answer is found by playing on and
//! coming back, the wrong ones are what a person would plausibly expect there.

use super::words::{about, unfolded};
use super::{Direction, Move, Walk};
use crate::api::{ContainerState, InstanceState, Phase, Sym};
use crate::record::{Change, ObjectChange, Transition};
use crate::time::{Span, Time};
use crate::world::PodId;

/// A question that was asked, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub at: Time,
    pub ask: String,
    pub choices: Vec<String>,
    /// Index of the right choice.
    pub answer: usize,
    pub explain: String,
    pub hint: String,
    pub from_lesson: bool,
    /// Which one of the lesson's, from 0.
    pub number: Option<usize>,
    /// Whether the hint was shown before the answer.
    pub hinted: bool,
    /// What the person chose.
    pub given: Option<usize>,
    /// A question of a lesson that was passed by: it brings no point.
    pub is_skipped: bool,
    /// A question that had its answer before: this one is for practice and does not count.
    pub is_again: bool,
}

impl Asked {
    pub fn is_right(&self) -> bool {
        self.given == Some(self.answer)
    }
    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        self.given.is_none() && !self.is_skipped
    }
    /// Whether it has come to nothing: answered wrongly, or passed by.
    pub fn is_missed(&self) -> bool {
        !self.is_open() && !self.is_right()
    }
    /// A choice in words.
    fn choice(&self, ix: Option<usize>) -> &str {
        ix.and_then(|ix| self.choices.get(ix)).map_or("", String::as_str)
    }
    /// What was said.
    pub fn said(&self) -> &str {
        if self.is_skipped { "nothing: passed by" } else { self.choice(self.given) }
    }
    /// What is right.
    pub fn right(&self) -> &str {
        self.choice(Some(self.answer))
    }
}

/// All questions of a walk.
#[derive(Clone, Debug, Default)]
pub struct Quiz {
    pub asked: Vec<Asked>,
    /// Questions of the lesson that were asked or passed by.
    lesson_done: Vec<bool>,
    /// Whether a generated question is asked before STATUS changes.
    pub on: bool,
    /// Whether a lesson's own questions stay away; those of one that is held never do.
    pub mute: bool,
    /// Whether the scenario's lesson is held: its questions wait until they are answered, or passed by in so many words.
    pub(super) held: bool,
    /// Whether the lesson is only read: none of its questions is asked.
    pub(super) reads: bool,
}

impl Quiz {
    /// The question that waits for its answer.
    pub fn pending(&self) -> Option<&Asked> {
        self.asked.last().filter(|asked| asked.is_open())
    }
    /// Whether the scenario's lesson is held.
    pub fn is_held(&self) -> bool {
        self.held
    }
    /// Whether the lesson that is held asks nothing.
    pub fn is_read(&self) -> bool {
        self.held && self.reads
    }
    /// Whether a question is open that cannot be passed by.
    pub fn insists(&self) -> bool {
        self.held && self.pending().is_some_and(|asked| asked.from_lesson)
    }
    /// Shows the hint to the question that waits; None when there is none.
    pub fn hint(&mut self) -> Option<&str> {
        let asked = self.asked.last_mut().filter(|asked| asked.is_open() && !asked.hint.is_empty())?;
        asked.hinted = true;
        Some(&asked.hint)
    }
    /// Right answers, and questions that were answered.
    pub fn score(&self) -> (usize, usize) {
        let answered = self.asked.iter().filter(|asked| asked.given.is_some());
        (self.asked.iter().filter(|asked| asked.is_right()).count(), answered.count())
    }
    /// What was asked and missed.
    pub fn missed(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(|asked| asked.is_missed())
    }
    /// Gives the answer to the question that waits; None when there is none, or no such choice.
    pub fn answer(&mut self, choice: usize) -> Option<&Asked> {
        let asked = self.asked.last_mut()?;
        if !asked.is_open() || choice >= asked.choices.len() {
            return None;
        }
        asked.given = Some(choice);
        self.asked.last()
    }
    /// Takes the question that waits back, unanswered.
    pub fn skip(&mut self) {
        if self.pending().is_some() {
            self.asked.pop();
        }
    }
    /// Passes by the question of a lesson that is held: it brings no point, and can be asked again. False where none waits.
    pub fn pass_by(&mut self) -> bool {
        let waits = self.insists();
        if let Some(asked) = self.asked.last_mut().filter(|_| waits) {
            asked.is_skipped = true;
        }
        waits
    }
}

impl Walk {
    /// The instant of the lesson's next question that lies before a move would stop there: not before now, not asked yet. Where
    /// somebody has done something the questions are about another world: none of them is asked.
    pub(super) fn lesson_due(&self, until: Time) -> Option<(usize, Time)> {
        let lesson = self.plan().lesson.as_ref().filter(|_| match self.quiz.held {
            true => !self.quiz.reads,
            false => !self.quiz.mute && !self.is_changed(),
        })?;
        let due = lesson.questions.iter().enumerate().filter(|(ix, question)| {
            question.at >= self.clock
                && question.at <= until
                && !self.quiz.lesson_done.get(*ix).copied().unwrap_or(false)
        });
        due.min_by_key(|(ix, question)| (question.at, *ix)).map(|(ix, question)| (ix, question.at))
    }

    /// Whether what stands here is what somebody has made of the scenario.
    pub fn is_changed(&self) -> bool {
        self.done().first().is_some_and(|done| done.step <= self.position())
    }

    /// Turns on questions before changes of STATUS, then all questions off, also a lesson's own, then as at first; what is so
    /// now, in words.
    pub fn turn_questions(&mut self) -> &'static str {
        let has_lesson = self.plan().lesson.is_some() && !self.quiz.held;
        (self.quiz.on, self.quiz.mute) = match (self.quiz.on, self.quiz.mute) {
            (false, false) => (true, false),
            (true, _) => (false, has_lesson),
            (false, true) => (false, false),
        };
        match (self.quiz.on, self.quiz.mute) {
            (true, _) => "questions before changes of STATUS: on",
            (false, true) => "no questions at all, also not the lesson's",
            (false, false) if has_lesson => "questions: the lesson's own",
            (false, false) => "questions before changes of STATUS: off",
        }
    }

    /// Stands at the instant of a lesson's question and asks it.
    pub(super) fn ask_lesson(&mut self, ix: usize) {
        let Some(question) = self.plan().lesson.as_ref().and_then(|lesson| lesson.questions.get(ix)).cloned()
        else {
            return;
        };
        if self.quiz.lesson_done.len() <= ix {
            self.quiz.lesson_done.resize(ix + 1, false);
        }
        self.quiz.lesson_done[ix] = true;
        self.clock = self.clock.max(question.at);
        // Where a file breaks its lines is its own affair.
        self.quiz.asked.push(Asked {
            at: self.clock,
            ask: unfolded(&question.ask),
            choices: question.choices,
            answer: question.answer,
            explain: unfolded(&question.explain),
            hint: unfolded(&question.hint),
            from_lesson: true,
            number: Some(ix),
            hinted: false,
            given: None,
            is_skipped: false,
            is_again: false,
        });
    }

    /// Whether a lesson's question is open here.
    pub fn is_asked_here(&self) -> bool {
        self.quiz.pending().is_some_and(|open| open.from_lesson && open.at == self.clock)
    }

    /// Asks about what comes next for the selected pod, or for the one that changes first. False when nothing that could be
    /// asked comes any more. A lesson's question that is open here stays the one that is asked.
    pub fn ask(&mut self) -> bool {
        if self.is_asked_here() {
            return true;
        }
        self.quiz.skip();
        self.ask_whole(None)
    }

    /// Asks before a move where STATUS is what changes next; false where it does not, or nothing can be asked.
    pub fn ask_before(&mut self, to: &Move) -> bool {
        self.ask_whole(Some(to))
    }

    fn ask_whole(&mut self, before: Option<&Move>) -> bool {
        let mut asking = self.begin_asking(before);
        loop {
            if let Some(is_asked) = self.ask_on(&mut asking, usize::MAX) {
                return is_asked;
            }
        }
    }

    pub(super) fn status_question(&mut self, next: &NextStatus, pick: u64) -> Option<Asked> {
        const POOL: [&str; 12] = [
            "Running",
            "CrashLoopBackOff",
            "Error",
            "Completed",
            "ContainerCreating",
            "Terminating",
            "ErrImagePull",
            "ImagePullBackOff",
            "Pending",
            "Succeeded",
            "Failed",
            "Unknown",
        ];
        let gone = "nothing: the pod is gone";
        let right = if next.to.is_empty() { gone } else { next.to.as_str() };
        // What this pod has shown before is what a person expects again; what it showed long ago he has forgotten.
        const REMEMBERED: usize = 100;
        let seen: Vec<&str> = self
            .rows_about(next.pod)
            .rev()
            .take(REMEMBERED)
            .filter_map(|row| match row.change {
                Change::Status { to, .. } => Some(to.as_str()),
                _ => None,
            })
            .collect();
        let near: &[&str] = match next.from.as_str() {
            "Running" => &["Error", "CrashLoopBackOff", "Completed", "Terminating"],
            "Error" | "Completed" | "OOMKilled" => {
                &["CrashLoopBackOff", "Running", "Failed", "ContainerCreating"]
            }
            "CrashLoopBackOff" => &["Running", "Error", "ContainerCreating", "Failed"],
            "ErrImagePull" | "ImagePullBackOff" => {
                &["ImagePullBackOff", "ErrImagePull", "Running", "ContainerCreating"]
            }
            "Terminating" => &[gone, "Completed", "Error", "Failed"],
            _ => &["ContainerCreating", "Running", "ErrImagePull", "CrashLoopBackOff"],
        };
        let name = self.world().pods.get(next.pod.ix())?.ident.name;
        let wrong = near.iter().copied().chain(seen).chain(POOL);
        let wrong: Vec<String> = wrong
            .filter(|word| *word != right && *word != next.from.as_str() && !word.is_empty())
            .map(str::to_owned)
            .collect();
        let (choices, answer) = mix(right.to_owned(), wrong, pick)?;
        let after = about(next.at.since(self.clock));
        let explain = if next.to.is_empty() {
            format!("After {after} the object is deleted. {}", next.why)
        } else {
            format!("After {after} STATUS becomes {right}. {}", next.why)
        };
        Some(self.asked(
            format!("STATUS of {name} is {}. What will the column show next?", next.from),
            choices,
            answer,
            explain,
        ))
    }

    pub(super) fn phase_question(&mut self, next: &NextStatus, pick: u64) -> Option<Asked> {
        let p = self.world().pods.get(next.pod.ix())?;
        let (phase, status) = (p.status.phase(), p.shown.status);
        if phase.as_sym() == status || !p.exists {
            return None;
        }
        let right = phase.to_string();
        let all = ["Pending", "Running", "Failed", "Succeeded", "Unknown"];
        let mut wrong: Vec<String> = vec![status.to_string()];
        wrong.extend(all.iter().filter(|other| **other != right).map(|other| (*other).to_owned()));
        let (choices, answer) = mix(right.clone(), wrong, pick)?;
        let explain = match phase {
            Phase::Running => format!(
                "{status} is what kubectl makes of the containers' states; it is no phase. The pod is bound, its containers have been created, and at least one runs or is to be started again: that is phase Running, even while nothing runs."
            ),
            Phase::Pending => format!(
                "{status} is what kubectl makes of the containers' states. As long as some container has never been started, the phase is Pending."
            ),
            _ => format!("{status} is what kubectl prints; status.phase is {right}."),
        };
        let name = p.ident.name;
        Some(self.asked(
            format!("kubectl get shows {status} for {name}. What is its phase (status.phase)?"),
            choices,
            answer,
            explain,
        ))
    }

    /// The container of a pod that has ended, and is to start again.
    pub(super) fn waits_for_start(&self, pod: PodId) -> Option<Sym> {
        let p = self.world().find_local(pod)?;
        let stopped = |c: &crate::api::ContainerStatus| !matches!(c.state, ContainerState::Running { .. });
        let status = p.status.read();
        let own = status.containers.iter().find(|c| stopped(c) && c.last_state != ContainerState::Unset)?;
        let newest = p.live().newest(own.name).copied().filter(|c| c.state == InstanceState::Exited)?;
        newest.finished_at.map(|_| own.name)
    }

    /// In how long it starts, once that is known.
    pub(super) fn restart_question(
        &mut self,
        next: &NextStatus,
        name: Sym,
        started: Time,
        pick: u64,
    ) -> Option<Asked> {
        let p = self.world().find_local(next.pod)?;
        let pod_name = p.ident.name;
        let finished = p.live().newest(name)?.finished_at?;
        let delay = p.find(name).and_then(|ix| p.memory(ix)).and_then(|memory| memory.backoff);
        let wait = started.since(self.clock);
        if wait < Span::from_secs(2) {
            return None;
        }
        let right = rounded(wait);
        let candidates = [
            wait * 2,
            Span::from_micros(wait.micros() / 2),
            Span::from_secs(300),
            wait * 4,
            Span::from_secs(10),
            Span::from_secs(1),
        ];
        let wrong: Vec<String> =
            candidates.iter().map(|span| rounded(*span)).filter(|text| *text != right).collect();
        let (choices, answer) = mix(right, wrong, pick)?;
        let back_off = delay.map_or_else(String::new, |entry| format!(" Its back-off is {}.", entry.value));
        let explain = format!(
            "It ended at {}.{back_off} The kubelet looks again when the back-off is over or its requeue time comes, at the next one-second tick, so a little later than the back-off alone says.",
            super::words::offset(finished, self.plan().start)
        );
        Some(self.asked(
            format!("Container {name} of {pod_name} does not run. In how long does it start again?"),
            choices,
            answer,
            explain,
        ))
    }

    fn asked(&self, ask: String, choices: Vec<String>, answer: usize, explain: String) -> Asked {
        Asked {
            at: self.clock,
            ask,
            choices,
            answer,
            explain,
            hint: String::new(),
            from_lesson: false,
            number: None,
            hinted: false,
            given: None,
            is_skipped: false,
            is_again: false,
        }
    }

    /// Whether a generated question may come before a forward move: [`Walk::ask_before`] finds out.
    pub fn wants_question(&self, direction: Direction, to: &Move) -> bool {
        self.quiz.on
            && direction == Direction::Forward
            && matches!(to, Move::Change | Move::PodChange(_))
            && self.quiz.pending().is_none()
            && self.world().pods.iter().any(|pod| pod.exists)
    }

    /// How the predictions went, with the reasons for what was missed: what was said beside what is right, and what then came.
    pub fn debrief(&self) -> String {
        let (right, answered) = self.quiz.score();
        let missed = self.quiz.missed().count();
        if answered == 0 && missed == 0 {
            return match self.quiz.is_read() {
                true => self.lesson_behind(),
                false => "No predictions were made.\n".to_owned(),
            };
        }
        let start = self.plan().start;
        let mut text = format!("{right} of {answered} predictions were right.\n");
        if self.quiz.held {
            text = format!("{}.\n", self.lesson_score().in_words());
        }
        for asked in self.quiz.missed() {
            text.push_str(&format!(
                "\nAt {}: {}\n{}",
                super::words::offset(asked.at, start),
                asked.ask,
                said_and_right(asked)
            ));
            for (ix, row) in self.followed(asked).iter().enumerate() {
                let head = if ix == 0 { "  then came: " } else { "             " };
                text.push_str(&format!("{head}{row}\n"));
            }
            for (ix, line) in unfolded(&asked.explain).lines().enumerate() {
                let head = if ix == 0 { "  because:   " } else { "             " };
                text.push_str(&format!("{head}{line}\n"));
            }
        }
        if missed == 0 {
            text.push_str("Nothing was missed.\n");
        }
        text + &self.lesson_behind()
    }

    /// What kubectl would have shown next after a question was asked, of whom the question names, else of all: as far as it was
    /// played and before the next question, or beyond it where nothing came by then. What came first, and how it stood at last:
    /// a question may ask for either.
    fn followed(&self, asked: &Asked) -> Vec<String> {
        const FIRST: usize = 3;
        /// Of a fleet nobody looks through all that came.
        const MOST: usize = 100_000;
        let later = self.quiz.asked.iter().map(|other| other.at).filter(|at| *at > asked.at).min();
        let until = later.unwrap_or(Time::FAR);
        let before = self.past.rows_by(asked.at - Span::from_micros(1));
        let directory = &self.world().directory;
        let words = names_in(&asked.ask);
        let is_named = |row: &Transition| {
            let name =
                row.pod.and_then(|pod| directory.pods.get(pod as usize)).map(|own| own.name.to_string());
            name.is_some_and(|name| words.contains(&name.as_str()))
        };
        let rows = self.history().skip(before).into_iter().take(MOST).filter(is_telling);
        let (mut all, mut named) = (Vec::new(), Vec::new());
        for row in rows {
            // Whoever is named is told of beyond the next question where nothing came before it, and so are all.
            let is_late = row.time >= until;
            if (named.is_empty() || !is_late) && is_named(&row) {
                named.push(row);
            }
            if all.is_empty() || !is_late {
                all.push(row);
            }
        }
        let told = if named.is_empty() { all } else { named };
        let start = self.plan().start;
        let spelled = |row: &Transition| {
            // What a headline sets apart by blanks is a list here: lines are broken at blanks.
            let told = super::why::headline(row, directory).replace("  ", ", ");
            format!("{}  {told}", super::words::offset(row.time, start))
        };
        let mut lines: Vec<String> = told.iter().take(FIRST).map(spelled).collect();
        if let [_, _, _, between @ .., last] = &told[..] {
            match between.len() {
                0 => {}
                1 => lines.push(spelled(&between[0])),
                more => lines.push(format!("… {more} more changes, and then")),
            }
            lines.push(spelled(last));
        }
        lines
    }
}

/// The words of a question that may be names.
pub(crate) fn names_in(ask: &str) -> Vec<&str> {
    let words = ask.split(|c: char| !c.is_alphanumeric() && c != '-');
    words.map(|word| word.trim_matches('-')).filter(|word| !word.is_empty()).collect()
}

/// Whether a row is a change of what kubectl lists.
fn is_telling(row: &Transition) -> bool {
    match row.change {
        Change::Status { .. } | Change::Node { .. } | Change::Owner { .. } => true,
        Change::Object { what, .. } => {
            matches!(what, ObjectChange::Workload { .. } | ObjectChange::Endpoints { .. })
        }
        _ => false,
    }
}

/// A wrong answer and the right one, one below the other: first what was said, then what is so.
pub fn said_and_right(asked: &Asked) -> String {
    format!("  you said:  {}\n  right is:  {}\n", asked.said(), asked.right())
}

/// A change of STATUS that is asked about, and why it comes.
pub(super) struct NextStatus {
    pub(super) pod: PodId,
    pub(super) from: Sym,
    pub(super) to: Sym,
    pub(super) at: Time,
    pub(super) why: String,
}

/// How a person says a waiting time: in whole seconds, above a minute in tens.
fn rounded(span: Span) -> String {
    let secs = (span.micros() + 500_000) / 1_000_000;
    let secs = if secs > 60 { (secs + 5) / 10 * 10 } else { secs.max(1) };
    format!("about {}", Span::from_secs(secs))
}

/// The right answer among three wrong ones, at a place that the pick decides.
fn mix(right: String, wrong: Vec<String>, pick: u64) -> Option<(Vec<String>, usize)> {
    let mut choices: Vec<String> = Vec::new();
    for word in wrong {
        if word != right && !choices.contains(&word) && choices.len() < 3 {
            choices.push(word);
        }
    }
    if choices.is_empty() {
        return None;
    }
    let turn = (pick >> 40) as usize % choices.len();
    choices.rotate_left(turn);
    let answer = (pick >> 33) as usize % (choices.len() + 1);
    choices.insert(answer, right);
    Some((choices, answer))
}
