//! `kubelapse learn --plain`: whole lessons with the real binary, and what is kept of them.

#![cfg(feature = "cli")]

#[path = "support/answers.rs"]
mod answers;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/say.rs"]
mod say;

use std::path::PathBuf;

use desk::Desk;
use kubelapse::course::{Course, Progress};
use kubelapse::scenario::builtin;
use say::{Said, say};

impl Desk {
    fn new(name: &str) -> Desk {
        Desk::with(&format!("learn-{name}"), None)
    }

    fn file(&self) -> PathBuf {
        self.0.join("kept").join("progress.toml")
    }

    fn keep(&self, text: &str) {
        std::fs::create_dir_all(self.0.join("kept")).expect("a folder");
        std::fs::write(self.file(), text).expect("a file");
    }

    fn kept(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap_or_default()
    }

    /// Says these lines to the program.
    fn says(&self, arguments: &str, lines: &str) -> Said {
        let file = self.file().display().to_string();
        let arguments: Vec<&str> =
            ["learn"].into_iter().chain(arguments.split_whitespace()).chain(["--progress", &file]).collect();
        let said = say(&arguments, lines);
        Said { err: said.err.replace(&self.0.display().to_string(), "FOLDER"), ..said }
    }

    /// What the table of contents says of a lesson: its mark, and its score if it has one.
    fn standing(&self, name: &str) -> String {
        let list = self.hears("--list", "");
        let words = list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let own =
            words.into_iter().find(|words| words.get(1) == Some(&name)).expect("a line for each lesson");
        own[2..own.len().min(4)].join(" ")
    }

    /// As [`Desk::says`], where all is well.
    fn hears(&self, arguments: &str, lines: &str) -> String {
        let Said { out, err, code } = self.says(arguments, lines);
        assert_eq!((err.as_str(), code), ("", 0), "{out}");
        out
    }
}

/// Right answers to a lesson's questions, one after the other, and a way to its end.
fn answered(name: &str) -> String {
    let found = builtin::find(name).expect("it is shipped");
    let table: toml::Table = found.text.parse().expect("it is TOML");
    let questions = table["lesson"]["question"].as_array().expect("questions").len();
    let answers = (0..questions).map(|ix| table["lesson"]["question"][ix]["answer"].as_integer());
    let lines = answers.map(|answer| format!("end\n{}\n", answer.expect("a number") + 1));
    lines.collect::<String>() + "end\nquit\n"
}

#[test]
fn a_lesson_is_held_from_its_story_to_what_was_behind_it() {
    let desk = Desk::new("whole");
    // Right, right with the hint, wrong; and all that would give answers away is refused until then.
    let [(first, _), (second, _), (_, wrong)] =
        [0, 1, 2].map(|question| answers::keys("deadline-clock", question));
    let lines = format!(
        "help\ncoming\nask\nend\n{first}\nnext\nend\ncoming\nskip\nhint\nget\nask\nend\n{second}\nend\nanswer nine\n{wrong}\nscore\n\
         coming\nend\nback\nquit\n"
    );
    let told = desk.hears("deadline-clock --plain", &lines);
    insta::assert_snapshot!("lesson", told);
    let kept: toml::Table = desk.kept().parse().expect("it is TOML");
    let own = &kept["lessons"]["deadline-clock"];
    assert_eq!(own["right"].as_integer(), Some(1));
    assert_eq!(own["hinted"].as_integer(), Some(1));
    assert_eq!(own["questions"].as_integer(), Some(3));
}

#[test]
fn nothing_gives_the_answers_away() {
    for lesson in Course::new(Progress::default()).lessons {
        let desk = Desk::new(&lesson.name);
        let told = desk.hears(&format!("{} --plain", lesson.name), "describe\ncoming\nend\nquit\n");
        let shipped = lesson.shipped.expect("it is built in");
        let table: toml::Table = shipped.text.parse().expect("it is TOML");
        assert!(!told.contains(&shipped.description()), "{told}");
        for part in ["clue", "tempting", "explanation"] {
            let part = table["lesson"][part].as_str().expect("a text");
            let begins: String = part.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
            assert!(!told.contains(&begins), "{part}\n{told}");
        }
        assert!(told.contains("Question: ") && told.contains("stays open"), "{told}");
    }
}

#[test]
fn the_course_goes_on_where_it_was_left() {
    let desk = Desk::new("resume");
    let course = Course::new(Progress::default());
    let names: Vec<&str> = course.lessons.iter().map(|lesson| lesson.name.as_str()).collect();
    // Enter begins with the first; then one by its number is left open; then the list, and the end of the input.
    let told = desk.hears("", &format!("\n{}3\nquit\nlist\n", answered(names[0])));
    assert!(
        told.contains(&format!("{}: ", names[0])) && told.contains(&format!("Next: {}", names[1])),
        "{told}"
    );
    assert!(told.contains(&format!("{} stays open", names[2])), "{told}");
    assert!(!told.contains(&format!("Next: {}", names[3])), "{told}");
    let list = desk.hears("--list", "");
    assert!(desk.standing(names[0]).starts_with("done "), "{list}");
    assert!(desk.standing(names[1]).starts_with("open "), "{list}");
    assert!(list.contains(&format!("1 of {} lessons done", names.len())), "{list}");
    let told = desk.hears("--plain", "\nquit\n");
    assert!(
        told.contains(&format!("Lesson: {}", course.lessons[1].title)),
        "it goes on with the second:\n{told}"
    );
    // Every lesson can be done with full marks.
    let all: String = names[1..].iter().map(|name| format!("{name}\n{}", answered(name))).collect();
    let told = desk.hears("--plain", &all);
    assert!(told.contains("All lessons are done"), "{told}");
    let list = desk.hears("--list", "");
    let questions: u32 = course.lessons.iter().map(|lesson| lesson.questions).sum();
    let all = format!("{0} of {0} lessons done, {questions} of {questions} points", names.len());
    assert!(list.contains(&all), "{list}");
}

#[test]
fn the_better_score_stays_and_a_changed_scenario_is_marked() {
    let desk = Desk::new("better");
    desk.hears("gone-at-once --plain", &answered("gone-at-once"));
    let before = desk.kept();
    let [(_, first), (_, second)] = [0, 1].map(|question| answers::keys("gone-at-once", question));
    let wrong = format!("end\n{first}\nend\n{second}\nend\nquit\n");
    let told = desk.hears("gone-at-once --plain", &wrong);
    assert!(told.contains("from before stay"), "{told}");
    assert_eq!(desk.kept(), before);
    let done = "[lessons.gone-at-once]\nright = 2\nhinted = 0\nquestions = 2\ndigest = \"of another text\"\n";
    desk.keep(&format!("version = 1\n{done}"));
    assert_eq!(desk.standing("gone-at-once"), "changed 2/2");
    // Done anew it counts anew.
    desk.hears("gone-at-once --plain", &wrong);
    assert_eq!(desk.standing("gone-at-once"), "done 0/2");
}

#[test]
fn progress_is_forgotten_when_that_is_asked_for() {
    let desk = Desk::new("reset");
    let of = |name: &str| format!("[lessons.{name}]\nright = 1\nhinted = 1\nquestions = 2\ndigest = \"\"\n");
    desk.keep(&format!("version = 1\n{}{}", of("gone-at-once"), of("of-another-version")));
    // What this program does not know is kept all the same.
    desk.hears("sidecars-last --plain", &answered("sidecars-last"));
    assert!(desk.kept().contains("[lessons.of-another-version]"));
    let Said { out, err, code } = desk.says("--reset gone-at-once", "");
    assert_eq!((out.as_str(), err.as_str(), code), ("", "forgotten: gone-at-once, 1.5/2\n", 0));
    let Said { err, .. } = desk.says("--reset gone-at-once", "");
    assert_eq!(err, "gone-at-once is open: there is nothing to forget\n");
    let Said { err, .. } = desk.says("--reset", "");
    assert_eq!(err, "forgotten: of-another-version, 1.5/2\nforgotten: sidecars-last, 3/3\n");
    assert!(desk.hears("--list", "").contains("0 of "));
}

#[test]
fn a_broken_file_is_told_and_not_touched() {
    let desk = Desk::new("broken");
    for (name, text) in
        [("syntax", "version = 1\nlessons = ["), ("version", "version = 2\n"), ("other", "[a]\nb = 1\n")]
    {
        desk.keep(text);
        for arguments in ["--list", "--plain", "gone-at-once --plain", "--reset gone-at-once"] {
            let Said { out, err, code } = desk.says(arguments, "");
            assert_eq!((out.as_str(), code), ("", 2), "{err}");
            assert!(err.contains("FOLDER/kept/progress.toml") && err.contains("hint: "), "{err}");
        }
        insta::assert_snapshot!(format!("broken_{name}"), desk.says("--list", "").err);
        assert_eq!(desk.kept(), text);
    }
    let Said { err, code, .. } = desk.says("--reset", "");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("set aside as FOLDER/kept/progress.broken-1.toml"), "{err}");
    assert!(desk.hears("--list", "").contains("0 of "));
}

#[test]
fn a_lesson_that_is_not_there_is_refused() {
    let desk = Desk::new("refused");
    for (arguments, told) in [
        ("gone-at-onec --plain", "did you mean `gone-at-once`?"),
        ("--reset nothing-like-it", "`kubelapse learn --list` lists them"),
    ] {
        let Said { out, err, code } = desk.says(arguments, "");
        assert_eq!((out.as_str(), code), ("", 2), "{err}");
        assert!(err.contains(told), "{err}");
    }
    let without = builtin::ALL.iter().find(|shipped| shipped.lesson().is_none());
    if let Some(without) = without {
        let Said { err, code, .. } = desk.says(without.name, "");
        assert_eq!(code, 2);
        assert!(err.contains(&format!("kubelapse step {}", without.name)), "{err}");
    }
    let told = desk.hears("--plain", "0\n999\nnowhere\nquit\n");
    assert_eq!(told.matches("there are the lessons 1 to ").count(), 2, "{told}");
    assert!(told.contains("there is no lesson `nowhere`"), "{told}");
}

#[test]
fn what_cannot_be_kept_is_told() {
    let desk = Desk::new("full");
    // Where the folder should be stands a file.
    std::fs::write(desk.0.join("kept"), "").expect("a file");
    let Said { err, code, .. } = desk.says("gone-at-once --plain", &answered("gone-at-once"));
    assert_eq!(code, 2);
    assert!(err.contains("FOLDER/kept/progress.toml"), "{err}");
}
