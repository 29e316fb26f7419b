//! The placement test: a question from each chapter. Who answers it right knows what its lesson is about, and what comes
//! before that in the chapter; who guesses is found out by what he answers wrong.

use super::{Course, Progress};
use crate::scenario::builtin;

/// A question of a lesson, and what a right answer vouches for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The lesson's name.
    pub lesson: &'static str,
    /// What has happened so far.
    pub story: String,
    /// At which instant it is asked: `58s`.
    pub at: String,
    /// What is asked.
    pub ask: String,
    /// Answers to choose from.
    pub choices: Vec<String>,
    /// The index of the right one.
    pub answer: usize,
    /// The heading of its chapter.
    pub chapter: String,
    /// Lessons whose matter is known then.
    pub vouches: Vec<String>,
}

/// The lessons, and which of their questions: none needs a look at the cluster, and none tells another one's answer.
const QUESTIONS: [(&str, usize); 13] = [
    ("crash-loop", 2),
    ("pull-rate-limit", 1),
    ("shell-127", 0),
    ("init-never", 0),
    ("back-off-reset", 1),
    ("startup-budget", 0),
    ("sigterm-ignored", 1),
    ("anti-affinity-last-one", 0),
    ("memory-pressure", 0),
    ("three-apart", 0),
    ("set-undo", 1),
    ("drain-one", 0),
    ("job-image", 0),
];

/// The questions, in the order of their chapters; none of a lesson that was done, whose answers one has been told.
pub fn questions(progress: &Progress) -> Vec<Question> {
    let course = Course::new(Progress::default());
    let open = QUESTIONS.iter().filter(|(lesson, _)| !progress.lessons.contains_key(*lesson));
    open.filter_map(|(lesson, ix)| question(&course, lesson, *ix)).collect()
}

/// Lessons whose matter is known by these answers (None: not known); nothing where guessing gives as many right ones. Of answers
/// that are guessed one in as many as there are choices is right, so each wrong one stands for that much luck; what is right has to
/// be more than twice of it.
pub fn known<'a>(questions: &'a [Question], given: &[Option<usize>]) -> Vec<&'a str> {
    let answered = || questions.iter().zip(given).filter_map(|(own, given)| Some((own, (*given)?)));
    let luck: f64 = answered()
        .filter(|(own, given)| *given != own.answer)
        .map(|(own, _)| 1.0 / (own.choices.len().max(2) - 1) as f64)
        .sum();
    let right: Vec<&Question> =
        answered().filter(|(own, given)| *given == own.answer).map(|(own, _)| own).collect();
    if right.len() as f64 <= 2.0 * luck {
        return Vec::new();
    }
    right.into_iter().flat_map(|own| own.vouches.iter().map(String::as_str)).collect()
}

fn question(course: &Course, name: &'static str, ix: usize) -> Option<Question> {
    let place = course.find(name)?;
    let chapter = course.chapters.iter().find(|chapter| chapter.lessons.contains(&place))?;
    let table: toml::Table = builtin::find(name)?.text.parse().ok()?;
    let lesson = table.get("lesson")?.as_table()?;
    let own = lesson.get("question")?.as_array()?.get(ix)?.as_table()?;
    let text = |key: &str| own.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let choices = own.get("choices")?.as_array()?.iter().filter_map(toml::Value::as_str).map(str::to_owned);
    Some(Question {
        lesson: name,
        story: lesson.get("story")?.as_str()?.to_owned(),
        at: text("at")?,
        ask: text("ask")?,
        choices: choices.collect(),
        answer: usize::try_from(own.get("answer")?.as_integer()?).ok()?,
        chapter: chapter.title.clone(),
        vouches: chapter
            .lessons
            .iter()
            .filter(|ix| **ix <= place)
            .map(|ix| course.lessons[*ix].name.clone())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_knows_nothing() {
        let questions = questions(&Progress::default());
        let first: Vec<Option<usize>> = vec![Some(0); questions.len()];
        let lucky = questions.iter().filter(|own| own.answer == 0).count();
        assert!(lucky > 0 && known(&questions, &first).is_empty(), "{lucky}");
        // Who says what he does not know is believed.
        let honest: Vec<Option<usize>> = questions.iter().map(|own| (own.answer == 0).then_some(0)).collect();
        assert!(known(&questions, &honest).len() >= lucky);
    }

    #[test]
    fn what_was_learned_is_not_asked() {
        use crate::course::Done;
        use crate::session::Score;
        let mut progress = Progress::default();
        let score = Score { right: 0, hinted: 0, questions: 3 };
        progress.lessons.insert("crash-loop".to_owned(), Done::new(score, "", 1, vec![0, 1, 2]));
        let asked: Vec<&str> = questions(&progress).iter().map(|own| own.lesson).collect();
        assert_eq!(asked.len(), QUESTIONS.len() - 1);
        assert!(!asked.contains(&"crash-loop"), "{asked:?}");
    }

    #[test]
    fn each_chapter_has_its_question() {
        let (questions, course) = (questions(&Progress::default()), Course::new(Progress::default()));
        assert_eq!(questions.len(), QUESTIONS.len(), "every one is found");
        let asked: Vec<&str> = questions.iter().map(|question| question.chapter.as_str()).collect();
        let chapters: Vec<&str> = course.chapters.iter().map(|chapter| chapter.title.as_str()).collect();
        assert_eq!(asked, chapters);
        for question in questions {
            assert!(question.answer < question.choices.len(), "{question:?}");
            assert_eq!(question.vouches.last().map(String::as_str), Some(question.lesson));
        }
    }
}
