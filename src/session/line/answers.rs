//! What is answered: where one stands, what was asked for, questions and how they went, in lines of text.

use std::fmt::Write as _;

use super::{Line, SHOWN};
use crate::api::PodIdent;
use crate::record::Transition;
use crate::scenario::values::parse_duration;
use crate::session::words::{broken, offset, unfolded};
use crate::session::{Stop, strip, tree, why};
use crate::world::PodId;
use crate::world::workloads::ObjectKey;

impl Line {
    /// In a lesson long texts are broken to fit a screen; else they are told as they are.
    pub(super) fn laid_out(&self, text: &str) -> String {
        const WIDTH: usize = 80;
        if !self.walk.quiz.is_held() {
            return text.to_owned();
        }
        text.lines().flat_map(|line| broken(line, WIDTH)).fold(String::new(), |mut text, line| {
            text.push_str(&line);
            text.push('\n');
            text
        })
    }

    pub(super) fn clock(&self) -> String {
        offset(self.walk.now(), self.walk.plan().start)
    }

    /// What is said at the beginning.
    pub fn welcome(&self) -> String {
        let plan = self.walk.plan();
        if let Some(lesson) = plan.lesson.as_ref().filter(|_| self.walk.quiz.is_held()) {
            let comes = match self.walk.quiz.is_read() {
                true => {
                    "No questions will come; `debrief` tells what is behind it, and `quit` too.".to_owned()
                }
                false => format!("{} questions will come.", lesson.questions.len()),
            };
            let text = format!(
                "Lesson: {}\n\n{}\n\n{comes} `next` goes on, `why` asks why; `get`, `describe`, `events` and \
                 `logs` show what kubectl would; `help` tells the rest, `quit` leaves.\n",
                lesson.title,
                unfolded(&lesson.story),
            );
            return self.laid_out(&text);
        }
        // The description of a lesson's scenario would tell what is to be found out.
        let asks = plan.lesson.as_ref().is_some_and(|lesson| !lesson.questions.is_empty());
        let mut text = match asks {
            true => format!("{}\n", plan.name),
            false => format!("{}: {}\n", plan.name, plan.description),
        };
        if let Some(lesson) = &plan.lesson {
            let _ = writeln!(text, "Lesson: {}", lesson.title);
            if !lesson.story.is_empty() {
                let _ = writeln!(text, "{}", lesson.story.trim_end());
            }
            if asks && self.walk.quiz.mute {
                let count = lesson.questions.len();
                let _ =
                    writeln!(text, "Its {count} questions are not asked here: `quiz on` switches them on.");
            }
        }
        let _ = writeln!(
            text,
            "Kubernetes {}, seed {}, ends at {}. `next` goes on, `back` goes back, `why` asks why, `help` tells the rest.",
            plan.gates.version.as_str(),
            self.walk.seed(),
            plan.until.since(plan.start)
        );
        text
    }

    /// What stands before each line.
    pub fn prompt(&self) -> String {
        format!("[{}] ", self.clock())
    }

    /// What is said at the end: the predictions, if there were any.
    pub fn farewell(&mut self) -> String {
        let done = self.walk.quiz.asked.iter().filter(|asked| !asked.is_open()).count();
        // What is behind a lesson without questions is told once.
        let done = if self.walk.quiz.is_read() { 1 } else { done };
        let news = done > self.debriefed;
        self.debriefed = done;
        if news { self.laid_out(&self.walk.debrief()) } else { String::new() }
    }

    /// The events that were just played, in words.
    pub(super) fn played(&self, before: u64) -> String {
        let mut text = String::new();
        for step in before + 1..=self.walk.position() {
            if let Some(record) = self.walk.step_record(step) {
                let words = crate::session::words::describe(self.walk.world(), record.event);
                let at = offset(record.at, self.walk.plan().start);
                let _ = writeln!(text, "{at}  event {step}: {}: {}", words.component, words.text);
            }
        }
        text
    }

    /// Where we stand: the rows that were written, or what is there.
    pub(super) fn place(&mut self, rows: &[Transition], stop: Stop) -> String {
        let start = self.walk.plan().start;
        let mut text = String::new();
        for row in rows.iter().take(SHOWN) {
            let _ = writeln!(
                text,
                "{}  {}",
                offset(row.time, start),
                why::headline(row, &self.walk.world().directory)
            );
        }
        if rows.len() > SHOWN {
            let _ = writeln!(text, "... and {} more changes (`history {}`)", rows.len() - SHOWN, rows.len());
        }
        text.push_str(&self.refusals(0));
        if stop == Stop::Question {
            text.push_str(&self.question());
            return text;
        }
        if rows.is_empty() {
            let position = self.walk.position();
            let _ = writeln!(text, "{} after {position} events", self.clock());
        }
        if stop == Stop::NotFound {
            let end = if self.walk.position() == 0 { "the start" } else { "the end" };
            let _ = writeln!(text, "There is no such place: this is {end} of the run.");
            if self.walk.quiz.is_held() && self.walk.position() > 0 {
                text.push_str(&self.farewell());
            }
        } else if self.walk.at_end() && rows.is_empty() && self.walk.now() == self.walk.plan().until {
            text.push_str("The end of the run.\n");
            let farewell = self.farewell();
            text.push_str(&farewell);
        }
        text
    }

    /// Workloads with what they have made.
    pub(super) fn tree(&self) -> String {
        const CURVE: usize = 24;
        let lines = self.walk.tree_lines(CURVE);
        if lines.is_empty() {
            return "There are no workloads and no pods.\n".to_owned();
        }
        lines.join("\n") + "\n"
    }

    /// How many of a workload's pods were available over time.
    pub(super) fn curve(&self, key: ObjectKey) -> String {
        const WIDTH: usize = 64;
        let (w, start) = (self.walk.world(), self.walk.plan().start);
        let (from, to) = strip::window(&self.walk);
        let drawn: String = self.walk.curve(key, from, to, WIDTH).into_iter().map(tree::sign).collect();
        let mut text = format!("{}  {}\navailable |{drawn}|\n", tree::name(w, key), tree::state(w, key));
        let _ = writeln!(text, "{} to {}: {}", offset(from, start), offset(to, start), tree::LEGEND);
        if let Some(last) = self.walk.last_of_workload(key) {
            let _ = writeln!(text, "last: {last}");
        }
        text
    }

    pub(super) fn events(&self, key: ObjectKey) -> String {
        let w = self.walk.world();
        let (seen, ident) = match key {
            ObjectKey::Pod(pod) => (self.walk.events(pod), w.pods[pod.ix()].ident),
            key => (self.walk.object_events(key), PodIdent::NOBODY),
        };
        let mut text = String::new();
        for seen in seen {
            let kind = seen.event.kind.as_str();
            let message = seen.event.message.show(&ident).to_string();
            let age = self.walk.event_age(&seen);
            let _ = writeln!(text, "{age:<22} {kind:<8} {:<20} {message}", seen.event.reason.as_str());
        }
        if text.is_empty() { "No events yet.\n".to_owned() } else { text }
    }

    pub(super) fn strip(&self, pod: PodId) -> String {
        const WIDTH: usize = 64;
        let (from, to) = strip::window(&self.walk);
        let drawn = self.walk.strip(pod, from, to, WIDTH);
        let start = self.walk.plan().start;
        let wide = drawn.lanes.iter().map(|lane| lane.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for lane in &drawn.lanes {
            let cells: String = lane.cells.iter().map(|mark| mark.sign()).collect();
            let _ = writeln!(text, "{:wide$} |{cells}|", lane.name);
        }
        let _ = writeln!(text, "{:wide$}  {:>at$}", "", "^", at = drawn.cursor + 1);
        let _ = writeln!(text, "{} to {}: {}", offset(from, start), offset(to, start), strip::LEGEND);
        text
    }

    pub(super) fn history(&self, rest: &str) -> String {
        let count = rest.parse().unwrap_or(10usize);
        let rows = self.walk.history();
        let start = self.walk.plan().start;
        rows.last(count).iter().fold(String::new(), |mut text, row| {
            let _ = writeln!(
                text,
                "{}  {}",
                offset(row.time, start),
                why::headline(&row, &self.walk.world().directory)
            );
            text
        })
    }

    pub(super) fn coming(&self) -> String {
        const SHOWN: usize = 12;
        let now = self.walk.now();
        let coming = self.walk.coming(self.walk.selected);
        let mut text = String::new();
        for next in coming.iter().take(SHOWN) {
            let wait = crate::session::words::about(next.at.since(now));
            let at = offset(next.at, self.walk.plan().start);
            let _ = writeln!(text, "{at}  in {wait}: {}: {}", next.words.component, next.words.text);
        }
        match coming.len() {
            0 => self.walk.nothing_waits(self.walk.selected) + "\n",
            n if n > SHOWN => {
                let _ = writeln!(text, "... and {} more", n - SHOWN);
                text
            }
            _ => text,
        }
    }

    pub(super) fn question(&self) -> String {
        let Some(asked) = self.walk.quiz.pending() else { return String::new() };
        let mut text = format!("Question: {}\n", asked.ask);
        for (ix, choice) in asked.choices.iter().enumerate() {
            let _ = writeln!(text, "  {}) {choice}", ix + 1);
        }
        self.laid_out(&text)
    }

    pub(super) fn hint(&mut self) -> String {
        let hint = self.walk.quiz.hint().map(str::to_owned);
        let text = match (hint, self.walk.quiz.pending()) {
            (Some(hint), _) => format!("{hint}\n"),
            (None, Some(_)) => "There is no hint for this one; `why` may help.\n".to_owned(),
            (None, None) => "No question is open.\n".to_owned(),
        };
        self.laid_out(&text)
    }

    /// How the lesson stands after an answer.
    pub(super) fn points(&self) -> String {
        if self.walk.quiz.is_read() {
            return "(no questions)".to_owned();
        }
        let so_far = self.walk.lesson_score().in_words();
        match self.walk.lesson_left() {
            0 => format!("({so_far}. That was the last question: `end` tells what is behind it all.)"),
            left => format!("({so_far}, {left} to come)"),
        }
    }

    pub(super) fn breakpoints(&self) -> String {
        let list = self.walk.breakpoints.iter().enumerate();
        let text = list.fold(String::new(), |text, (ix, b)| format!("{text}{}  {b}\n", ix + 1));
        if text.is_empty() { "no breakpoints\n".to_owned() } else { text }
    }

    /// What commands that go on have printed, and what the API server answered to actions, since it was told last, without
    /// the newest so many; going back takes it back.
    pub(super) fn refusals(&mut self, without: usize) -> String {
        let printed = self.walk.printed();
        let mut text: String = printed.iter().skip(self.printed).map(|line| self.timed(line)).collect();
        self.printed = printed.len();
        let all = self.walk.answers();
        let told = self.answered.min(all.len() - without);
        self.answered = all.len();
        text.extend(all[told..all.len() - without].iter().map(|answer| self.timed(answer)));
        text
    }

    /// What has its instant in front, with that as all others are told: to the millisecond.
    fn timed(&self, line: &str) -> String {
        let start = self.walk.plan().start;
        let told = line.split_once(": ").and_then(|(at, words)| Some((parse_duration(at).ok()?, words)));
        match told {
            Some((at, words)) => format!("{}: {words}\n", offset(start + at, start)),
            None => format!("{line}\n"),
        }
    }
}
