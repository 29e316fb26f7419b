//! The placement test, line by line: a question from each chapter, and what is known is kept.

use std::fmt::Write as _;

use crate::cli::kept::Kept;
use crate::cli::{Exit, converse, print};
use crate::course::placement::{self, Question};
use crate::course::{Course, Progress};
use crate::session::words::{broken, unfolded};

/// How wide it is told.
const WIDTH: usize = 80;

/// Asks, keeps what a right answer vouches for, and tells where to begin.
///
/// # Errors
/// Progress cannot be read or kept.
pub fn test(kept: &Kept) -> Result<Exit, String> {
    // What cannot be kept is told before thirteen questions, not after.
    let before = kept.load()?;
    let questions = placement::questions(&before);
    if questions.is_empty() {
        print("A lesson of each question was done: there is nothing left to be found out.\n");
        return Ok(Exit::Ran);
    }
    let left_out = placement::questions(&Progress::default()).len() - questions.len();
    let left_out = match left_out {
        0 => String::new(),
        _ => format!("; of chapters whose lesson was done nothing is asked ({left_out})"),
    };
    print(&format!(
        "A question from each chapter, {} altogether{left_out}. A number answers, Enter alone says that you do not know,\n\
         `quit` ends it here. A right answer marks its lesson, and those before it in the chapter, as known.\n",
        questions.len()
    ));
    let mut given: Vec<Option<usize>> = Vec::new();
    'asking: for (ix, question) in questions.iter().enumerate() {
        print(&asked(ix, questions.len(), question));
        loop {
            let Some(line) = converse::ask("> ")? else { break 'asking };
            match line.as_str() {
                "quit" | "q" | "exit" => break 'asking,
                "" | "skip" => {
                    given.push(None);
                    break;
                }
                number => match number.parse::<usize>() {
                    Ok(number) if (1..=question.choices.len()).contains(&number) => {
                        given.push(Some(number - 1));
                        break;
                    }
                    _ => print(&format!(
                        "`{number}`: a number from 1 to {}, or Enter alone\n",
                        question.choices.len()
                    )),
                },
            }
        }
    }
    let answered = || questions.iter().zip(&given);
    let right = answered().filter(|(question, given)| **given == Some(question.answer)).count();
    let known = placement::known(&questions, &given);
    let progress = kept.change(|progress| {
        progress.known.extend(known.iter().map(|name| (*name).to_owned()));
        progress.clone()
    })?;
    let mut text = "\n".to_owned();
    for (question, given) in answered() {
        text.push_str(&told(question, *given));
    }
    let course = Course::new(progress);
    let next = course.next_open(None).map_or("All lessons are done or known".to_owned(), |next| {
        format!("Next: {}", course.lessons[next].name)
    });
    let _ = writeln!(
        text,
        "\n{right} of {} right{}, {}. {next}\n`kubelapse learn` goes on from there; `kubelapse learn --reset` takes all marks back.",
        given.len(),
        // Who has ended it early has answered nothing wrongly of what was not asked.
        match questions.len() - given.len() {
            0 => String::new(),
            1 => ", 1 was not asked".to_owned(),
            left => format!(", {left} were not asked"),
        },
        match known.len() {
            0 if right > 0 => "no more than guessing gives: nothing is marked as known".to_owned(),
            0 => "nothing is marked as known".to_owned(),
            1 => "1 lesson is known".to_owned(),
            known => format!("{known} lessons are known"),
        },
    );
    print(&text);
    Ok(Exit::Ran)
}

fn asked(ix: usize, of: usize, question: &Question) -> String {
    let mut text = format!("\n{} of {of}  {}\n\n", ix + 1, question.chapter);
    let mut add = |told: &str| {
        for line in told.lines().flat_map(|line| broken(line, WIDTH)) {
            let _ = writeln!(text, "{line}");
        }
    };
    add(&format!("At the start: {}", unfolded(&question.story)));
    add(&format!("\nAt {}: {}", question.at, question.ask));
    for (ix, choice) in question.choices.iter().enumerate() {
        add(&format!("  {}) {choice}", ix + 1));
    }
    text
}

/// What came of a question: what was said, then what is right, and which lesson is about it.
fn told(question: &Question, given: Option<usize>) -> String {
    if given == Some(question.answer) {
        return format!("right    {}\n", question.chapter);
    }
    let choice =
        |ix: Option<usize>| ix.and_then(|ix| question.choices.get(ix)).map_or("nothing", String::as_str);
    format!(
        "not yet  {} (kubelapse learn {})\n           you said:  {}\n           right is:  {}\n",
        question.chapter,
        question.lesson,
        choice(given),
        choice(Some(question.answer))
    )
}
