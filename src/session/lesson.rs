//! A lesson that is held: its questions wait for their answers, what would give them away waits with them, and the
//! answers make a score.

use std::fmt;

use super::Walk;
use super::predict::Asked;

/// What came of a lesson's questions: a right answer is a point, with the hint half of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Score {
    /// Right answers without a hint.
    pub right: u32,
    /// Right answers with the hint.
    pub hinted: u32,
    /// How many were asked.
    pub questions: u32,
}

impl Score {
    /// In half points, so that scores can be compared and added.
    pub fn halves(self) -> u32 {
        self.right.saturating_mul(2).saturating_add(self.hinted)
    }
    /// Points with halves: `2.5`.
    pub fn points(self) -> String {
        let half = if self.halves() % 2 == 1 { ".5" } else { "" };
        format!("{}{half}", self.halves() / 2)
    }
    /// `2.5 of 3 points`.
    pub fn in_words(self) -> String {
        let points = if self.questions == 1 { "point" } else { "points" };
        format!("{} of {} {points}", self.points(), self.questions)
    }
}

/// What a lesson came to: its score, and which of its questions were not answered right.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Graded {
    /// The points.
    pub score: Score,
    /// Questions by their number, from 0.
    pub missed: Vec<u32>,
}

impl std::ops::Add for Score {
    type Output = Score;
    fn add(self, other: Score) -> Score {
        Score {
            right: self.right.saturating_add(other.right),
            hinted: self.hinted.saturating_add(other.hinted),
            questions: self.questions.saturating_add(other.questions),
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.points(), self.questions)
    }
}

impl Walk {
    /// From now on the scenario's lesson is held.
    pub fn hold_lesson(&mut self) {
        self.quiz.held = self.plan().lesson.is_some();
    }

    /// From now on the scenario's lesson is held without its questions: a story, a walk, and what is behind it.
    pub fn read_lesson(&mut self) {
        self.hold_lesson();
        self.quiz.reads = true;
    }

    /// The lesson's questions that are done with, one way or the other.
    fn answered(&self) -> impl Iterator<Item = &Asked> {
        let own = self.quiz.asked.iter().filter(|asked| asked.from_lesson && !asked.is_again);
        own.filter(|asked| !asked.is_open())
    }

    /// How many of the lesson's questions have no answer yet.
    pub fn lesson_left(&self) -> usize {
        if self.quiz.reads {
            return 0;
        }
        let questions = self.plan().lesson.as_ref().map_or(0, |lesson| lesson.questions.len());
        questions.saturating_sub(self.answered().count())
    }

    /// Whether a lesson that is held still has questions: then what comes must not be told.
    pub fn keeps_silent(&self) -> bool {
        self.quiz.held && self.lesson_left() > 0
    }

    /// What the answers have come to so far.
    pub fn lesson_score(&self) -> Score {
        let mut score = Score::default();
        for asked in self.answered() {
            score.questions += 1;
            score.right += u32::from(asked.is_right() && !asked.hinted);
            score.hinted += u32::from(asked.is_right() && asked.hinted);
        }
        score
    }

    /// What the answers have come to, and which were wrong.
    pub fn lesson_graded(&self) -> Graded {
        let missed = self.answered().filter(|asked| asked.is_missed()).filter_map(|asked| asked.number);
        let mut missed: Vec<u32> = missed.filter_map(|number| u32::try_from(number).ok()).collect();
        missed.sort_unstable();
        Graded { score: self.lesson_score(), missed }
    }

    /// Asks a question of the lesson that is held again, at its instant: the last one, or the so-manieth from 1. One that was
    /// passed by counts now; one that was answered does not count a second time.
    ///
    /// # Errors
    /// Says in words why nothing is asked.
    pub fn ask_again(&mut self, which: Option<usize>) -> Result<(), String> {
        if !self.quiz.held {
            return Err("there is no lesson whose questions could be asked again".to_owned());
        }
        if self.quiz.insists() {
            return Err("a question is open: `answer`, or `skip`".to_owned());
        }
        let own = |asked: &Asked| asked.from_lesson && !asked.is_again;
        let mut places: Vec<usize> =
            (0..self.quiz.asked.len()).filter(|ix| own(&self.quiz.asked[*ix])).collect();
        let last = places.last().copied();
        places.sort_by_key(|ix| self.quiz.asked[*ix].number);
        let place = match which {
            None => last,
            Some(which) => which.checked_sub(1).and_then(|ix| places.get(ix)).copied(),
        };
        let Some(place) = place else {
            return Err(match places.len() {
                0 => "nothing was asked yet".to_owned(),
                asked => format!("there are the questions 1 to {asked}"),
            });
        };
        let mut asked = self.quiz.asked[place].clone();
        if asked.is_skipped {
            self.quiz.asked.remove(place);
        } else {
            (asked.is_again, asked.hinted) = (true, false);
        }
        (asked.given, asked.is_skipped) = (None, false);
        self.seek_time(asked.at);
        self.quiz.asked.push(asked);
        Ok(())
    }

    /// What was behind it: told when there is nothing more to be found out.
    pub(super) fn lesson_behind(&self) -> String {
        let Some(lesson) = self.plan().lesson.as_ref().filter(|_| self.lesson_left() == 0) else {
            return String::new();
        };
        let parts = [
            ("What is behind it", &lesson.explanation),
            ("What tells it apart", &lesson.clue),
            ("The diagnosis that suggests itself", &lesson.tempting),
        ];
        let mut text = String::new();
        for (heading, part) in parts.iter().filter(|(_, part)| !part.trim().is_empty()) {
            text.push_str(&format!("\n{heading}\n\n{}\n", super::words::unfolded(part)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Score;
    use crate::session::{Direction, Move, Script, Stop, Walk};

    /// One question at the start, two at the very end: each must be answered, whatever one tries.
    #[test]
    fn no_question_is_passed_by() {
        let question = |at: &str| {
            format!("[[lesson.question]]\nat = \"{at}\"\nask = \"?\"\nchoices = [\"a\", \"b\"]\nanswer = 0\n")
        };
        let text = format!(
            "until = \"1m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
             [lesson]\ntitle = \"t\"\n{}{}{}",
            question("0s"),
            question("1m"),
            question("1m")
        );
        let (script, loaded) =
            Script::load("web.toml", &text, &crate::scenario::no_files, &[]).expect("it is read");
        for to in [Move::Change, Move::Event, Move::End] {
            let mut walk = Walk::new(script.clone(), &Arc::new(loaded.plan.clone()), 0);
            walk.hold_lesson();
            for left in (1..=3).rev() {
                let mut moves = 0;
                while walk.go(Direction::Forward, &to) != Stop::Question {
                    moves += 1;
                    assert!(moves < 1000, "{to:?}: {left} are left");
                }
                assert_eq!(walk.go(Direction::Forward, &to), Stop::Question, "it waits");
                assert!(walk.keeps_silent() && walk.lesson_left() == left);
                assert!(walk.quiz.answer(usize::from(left == 2)).is_some());
            }
            assert!(!walk.keeps_silent());
            assert_eq!(walk.lesson_score().to_string(), "2/3");
        }
    }

    #[test]
    fn what_was_passed_by_can_be_asked_again_and_what_was_answered_does_not_count_twice() {
        let text = "until = \"1m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
                    [lesson]\ntitle = \"t\"\nexplanation = \"Because.\"\n\
                    [[lesson.question]]\nat = \"5s\"\nask = \"First?\"\nchoices = [\"a\", \"b\"]\nanswer = 0\n\
                    [[lesson.question]]\nat = \"9s\"\nask = \"Second?\"\nchoices = [\"a\", \"b\"]\nanswer = 1\n";
        let (script, loaded) =
            Script::load("web.toml", text, &crate::scenario::no_files, &[]).expect("it is read");
        let mut walk = Walk::new(script.clone(), &Arc::new(loaded.plan.clone()), 0);
        assert!(walk.ask_again(None).is_err(), "no lesson is held");
        walk.hold_lesson();
        assert_eq!(walk.ask_again(None), Err("nothing was asked yet".to_owned()));
        assert!(!walk.quiz.pass_by(), "nothing waits");
        assert_eq!(walk.go(Direction::Forward, &Move::End), Stop::Question);
        assert!(walk.ask_again(None).is_err(), "one is open");
        assert!(walk.quiz.pass_by());
        assert_eq!(walk.go(Direction::Forward, &Move::End), Stop::Question);
        assert!(walk.quiz.answer(0).is_some());
        assert_eq!((walk.lesson_left(), walk.lesson_score().to_string()), (0, "0/2".to_owned()));
        assert_eq!(walk.lesson_graded().missed, [0, 1]);
        let told = walk.debrief();
        assert!(told.contains("you said:  nothing: passed by\n  right is:  a"), "{told}");
        assert!(told.contains("you said:  a\n  right is:  b") && told.contains("Because."), "{told}");
        // What was passed by counts now; and one stands where it was asked.
        assert_eq!(walk.ask_again(Some(1)), Ok(()));
        assert_eq!(walk.now(), walk.plan().start + crate::time::Span::from_secs(5));
        assert_eq!(walk.lesson_left(), 1);
        assert!(walk.quiz.answer(0).is_some());
        assert_eq!(walk.lesson_score().to_string(), "1/2");
        // What was answered is for practice.
        assert_eq!(walk.ask_again(Some(2)), Ok(()));
        assert!(walk.quiz.pending().is_some_and(|asked| asked.ask == "Second?"));
        assert!(walk.quiz.answer(1).is_some());
        assert_eq!((walk.lesson_left(), walk.lesson_score().to_string()), (0, "1/2".to_owned()));
        assert_eq!(walk.ask_again(Some(7)), Err("there are the questions 1 to 2".to_owned()));
        // A lesson that is read asks nothing and tells all.
        let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
        walk.read_lesson();
        assert_ne!(walk.go(Direction::Forward, &Move::End), Stop::Question);
        assert!(!walk.keeps_silent() && walk.debrief().contains("Because."));
    }

    #[test]
    fn a_hint_costs_half_a_point() {
        let score = |right, hinted, questions| Score { right, hinted, questions };
        assert_eq!(score(2, 1, 3).to_string(), "2.5/3");
        assert_eq!(score(3, 0, 3).to_string(), "3/3");
        assert_eq!((score(0, 2, 3) + score(1, 1, 2)).to_string(), "2.5/5");
    }
}
