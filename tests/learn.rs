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
        "help\ncoming\nask\nend\n{first}\nnext\nend\ncoming\nhint\nget\nask\nend\n{second}\nend\nanswer nine\n{wrong}\nscore\n\
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

#[test]
fn a_question_can_be_passed_by_and_asked_again() {
    let desk = Desk::new("again");
    let [(first, _), (second, wrong)] = [0, 1].map(|question| answers::keys("gone-at-once", question));
    let told = desk.hears(
        "gone-at-once --plain",
        &format!("again\nend\nskip\nend\n{wrong}\nagain 1\n{first}\nagain\n{second}\nend\nquit\n"),
    );
    for words in [
        "nothing was asked yet",
        "Passed by; `again` asks it once more.",
        "Not so.\n  you said:",
        "  right is:",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    // What was passed by counts when it is answered; the wrong one stays wrong, however often it is asked.
    assert_eq!(desk.standing("gone-at-once"), "done 1/2");
    assert!(desk.kept().contains("missed = [1]"), "{}", desk.kept());
    assert!(told.contains("then came: "), "{told}");
}

#[test]
fn a_lesson_without_questions_is_read_and_not_kept() {
    let desk = Desk::new("read");
    let told = desk.hears("deadline-clock --plain --no-questions", "end\ncoming\nquit\n");
    assert!(told.contains("No questions will come") && !told.contains("Question:"), "{told}");
    assert_eq!(told.matches("What is behind it").count(), 1, "{told}");
    assert!(told.contains("deadline-clock was read"), "{told}");
    assert_eq!(desk.kept(), "");
}

#[test]
fn what_was_wrong_is_repeated_the_oldest_first() {
    let desk = Desk::new("repeat");
    assert_eq!(
        desk.hears("--again --plain", ""),
        "Nothing was answered wrongly that could be asked again.\n"
    );
    let wrong = |name: &str, questions: usize| -> String {
        let keys = (0..questions).map(|question| answers::keys(name, question).1);
        keys.fold(String::new(), |lines, key| format!("{lines}end\n{key}\n")) + "end\nquit\n"
    };
    desk.hears("sidecars-last --plain", &wrong("sidecars-last", 3));
    desk.hears("gone-at-once --plain", &wrong("gone-at-once", 2));
    desk.hears("deadline-clock --plain", &answered("deadline-clock"));
    let list = desk.hears("--again --list", "");
    let first = list.find("sidecars-last").expect("the older one");
    assert!(first < list.find("gone-at-once").expect("the younger one"), "{list}");
    assert!(!list.contains("deadline-clock"), "{list}");
    // Right now: the first is gone from the list; wrong again: the second stays, and does not come twice in one go.
    let lines = format!("\n{}\n{}", answered("sidecars-last"), wrong("gone-at-once", 2));
    let told = desk.hears("--again --plain", &lines);
    assert!(told.contains("All lessons are done"), "{told}");
    let list = desk.hears("--again --list", "");
    assert!(list.contains("gone-at-once") && !list.contains("sidecars-last"), "{list}");
}

#[test]
fn a_path_is_an_order_of_some_lessons() {
    let desk = Desk::new("path");
    let list = desk.hears("--path on-call --list", "");
    assert!(list.starts_with("The rollout hangs: 0 of 11 done\n   1  rollout-stalls"), "{list}");
    assert!(!list.contains("Paths (--path NAME)"), "{list}");
    let told = desk.hears("--path on-call --plain", &format!("\n{}quit\n", answered("rollout-stalls")));
    assert!(told.contains("Next: slow-version"), "{told}");
    let list = desk.hears("--list", "");
    assert!(list.contains("on-call   1 of "), "{list}");
    for (arguments, told) in [
        ("--path on-cal --list", "did you mean `on-call`?"),
        ("fleet-1k --path new --plain", "has no lesson yet"),
        ("cron-clock --path new --plain", "but none of these"),
    ] {
        let Said { out, err, code } = desk.says(arguments, "");
        assert_eq!((out.as_str(), code), ("", 2), "{err}");
        assert!(err.contains(told), "{err}");
    }
}

#[test]
fn the_placement_test_marks_what_is_known() {
    use kubelapse::course::placement;
    let desk = Desk::new("place");
    let questions = placement::questions(&Progress::default());
    // The first right, the second wrong, the third not known, then nothing more.
    let wrong = (questions[1].answer + 1) % questions[1].choices.len() + 1;
    let told = desk.hears("--place", &format!("{}\n99\n{wrong}\n\nquit\n", questions[0].answer + 1));
    insta::assert_snapshot!("place", told);
    assert_eq!(desk.standing("happy-path"), "known Nothing");
    assert!(desk.standing("tag-typo").starts_with("open"));
    // What is known is not gone on with; done it counts as done.
    let next = &Course::new(Progress::parse(&desk.kept()).expect("it is read"));
    let next = &next.lessons[next.next_open(None).expect("most are open")];
    assert!(!questions[0].vouches.contains(&next.name), "{}", next.name);
    desk.hears("crash-loop --plain", &answered("crash-loop"));
    assert_eq!(desk.standing("crash-loop"), "done 3/3");
    // Whoever was told the answers is not asked for them.
    let told = desk.hears("--place", "quit\n");
    assert!(told.contains("12 altogether; of chapters whose lesson was done nothing is asked (1)"), "{told}");
    assert!(!told.contains("Five restarts in five minutes"), "{told}");
    assert!(told.contains("0 of 0 right, 12 were not asked, nothing is marked as known."), "{told}");
    let Said { err, .. } = desk.says("--reset", "");
    assert!(
        err.contains("forgotten: happy-path, known") && err.contains("forgotten: crash-loop, 3/3"),
        "{err}"
    );
    // All right: everything up to its questions is known.
    let all: String = questions.iter().map(|question| format!("{}\n", question.answer + 1)).collect();
    let told = desk.hears("--place", &all);
    assert!(told.contains(&format!("{0} of {0} right", questions.len())), "{told}");
}

#[test]
fn lessons_of_ones_own_are_held_from_a_folder() {
    let desk = Desk::new("own");
    let lesson = |name: &str, title: &str| {
        format!(
            "name = \"{name}\"\nuntil = \"1m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x:1\"\n\
             [lesson]\ntitle = \"{title}\"\nexplanation = \"So it is.\"\n[[lesson.question]]\nat = \"10s\"\nask = \"Which?\"\n\
             choices = [\"this\", \"that\"]\nanswer = 1\n"
        )
    };
    let folder = desk.0.join("team");
    std::fs::create_dir_all(folder.join("deep")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
    write("a.toml", &lesson("ours-first", "Our first"));
    write("deep/b.toml", &lesson("ours-second", "Our second"));
    write(
        "c.toml",
        "until = \"1m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x:1\"\n",
    );
    let from = format!("--from {}", folder.display());
    let Said { out, err, code } = desk.says(&format!("{from} --list"), "");
    assert_eq!((err.as_str(), code), ("note: 1 scenario has no [lesson] that asks something\n", 0));
    assert!(out.contains("   1  ours-first   open") && out.contains("   2  ours-second  open"), "{out}");
    let Said { out, code, .. } = desk.says(&format!("{from} --plain"), "\nend\n2\nend\nquit\nquit\n");
    assert_eq!(code, 0);
    assert!(
        out.contains("So it is.") && out.contains("ours-first: 1 of 1 point. Next: ours-second"),
        "{out}"
    );
    assert!(desk.kept().contains("[lessons.ours-first]"), "{}", desk.kept());
    // Another text under the same name is another lesson.
    write("a.toml", &lesson("ours-first", "Our first, mended"));
    let Said { out, .. } = desk.says(&format!("{from} --list"), "");
    assert!(out.contains("ours-first   changed"), "{out}");
    // All that is wrong is told at once: a name that is taken twice, one of a built-in scenario, a key that there is not.
    write("d.toml", &lesson("ours-first", "Again"));
    write("e.toml", &lesson("rollout", "Ours"));
    write("f.toml", "untill = \"1m\"\n");
    let Said { out, err, code } = desk.says(&format!("{from} --list"), "");
    assert_eq!((out.as_str(), code), ("", 2));
    for told in ["`ours-first` is the name of", "`rollout` is the name of a built-in scenario", "untill"] {
        assert!(err.contains(told), "{told}\n{err}");
    }
    for (from, told) in [("--from nowhere", "no such folder"), ("--from src/main.rs", "this is not TOML")] {
        let Said { err, code, .. } = desk.says(&format!("{from} --list"), "");
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(told), "{err}");
    }
}

/// Whoever answers before the question has come does not lose his place.
#[test]
fn a_digit_before_its_question_moves_nothing() {
    let desk = Desk::new("digit");
    let told = desk.hears("deadline-clock --plain", "2\nnext 2\nquit\n");
    assert!(
        told.contains("[0.000s] 2\nno question is open yet: `next 2` goes on by 2 changes\n[0.000s] next 2"),
        "{told}"
    );
}

/// Where a lesson's file breaks its lines nobody sees: what a question asks and an answer explains is laid out anew.
#[test]
fn what_an_answer_explains_is_laid_out_anew() {
    let desk = Desk::new("flows");
    let out = desk.hears("happy-path --plain", "end\n3\nquit\n");
    let (_, told) = out.split_once("Right. ").expect("a right answer");
    let (told, _) = told.split_once("\n(1 of 1 point").expect("the points");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.len() > 1, "{told}");
    // The first line has stood behind `Right. `.
    for (ix, two) in lines.windows(2).enumerate() {
        let before = two[0].len() + if ix == 0 { "Right. ".len() } else { 0 };
        let word = two[1].split(' ').next().expect("a word");
        assert!(before + 1 + word.len() > 80, "`{word}` has room in the line before it: {told}");
    }
}
