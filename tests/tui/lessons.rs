//! How a lesson is held on the full screen, and the table of contents of the course.

use kubelapse::course::{Course, Done, Progress};
use kubelapse::scenario::builtin;
use kubelapse::session::Score;
use kubelapse::tui::{App, Choice, Contents};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::answers;
use super::hands::{drawn, lesson, open, press, screen, walk_of};

const LESSON: &str = r#"
name = "lesson"
until = "5m"
[[pod]]
name = "orders"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/orders:2.3.1"
  [pod.behavior.containers.app]
  attempts = [{ runs = "2s", exit = 1, log = ["panic: no database"] }]
[lesson]
title = "Why does it keep restarting?"
story = "Orders was rolled out this morning. Since then the team sees restarts, and asks you."
  [[lesson.question]]
  at      = "40s"
  ask     = "The third start has failed. How long is the back-off before the next one?"
  choices = ["10 s", "20 s", "40 s", "5 min"]
  answer  = 1
  hint    = "It doubles."
  explain = "The back-off starts at 10 s and doubles with every failed start: 10 s before the second restart, 20 s before the third."
"#;

#[test]
fn the_start_of_a_lesson() {
    moment!("lesson", &App::new(walk_of("lesson.toml", LESSON)));
}

#[test]
fn a_question_its_verdict_and_the_debrief() {
    let mut app = App::new(walk_of("lesson.toml", LESSON));
    press(&mut app, "<esc>g1m<enter>");
    moment!("question", &app);
    press(&mut app, "<down><down><enter>");
    moment!("verdict", &app);
    press(&mut app, "<enter><end>");
    moment!("debrief", &app);
}

#[test]
fn a_generated_question() {
    let mut app = open("crash-loop");
    press(&mut app, "g30s<enter>a");
    moment!("generated_question", &app);
}

#[test]
fn a_lesson_as_it_is_held() {
    let [(first, _), (_, wrong), (third, _)] = [0, 1, 2].map(|ix| answers::keys("deadline-clock", ix));
    let mut app = lesson("deadline-clock");
    moment!("held_story", &app);
    press(&mut app, "<esc>");
    moment!("held_start", &app);
    press(&mut app, "<end>");
    moment!("held_question", &app);
    press(&mut app, "h");
    moment!("held_hint", &app);
    // One looks around, and cannot pass the question by; what would give the answer away is closed.
    press(&mut app, "<esc>5");
    moment!("held_looking_around", &app);
    press(&mut app, "x");
    assert!(screen(&app, 80, 24).contains("! this comes after the lesson's last question"));
    press(&mut app, "<right>");
    assert!(screen(&app, 80, 24).contains("! a question waits: a answers it, S passes it by"));
    press(&mut app, &format!("<esc>a{first}"));
    moment!("held_verdict", &app);
    press(&mut app, &format!("<enter><end>{wrong}<enter><end>{third}"));
    assert!(screen(&app, 80, 24).contains("1.5 of 3 points so far, 0 to come"));
    press(&mut app, "<esc>");
    assert!(screen(&app, 80, 24).contains("that was the last question"));
    // Leaving tells what was behind it, once.
    press(&mut app, "q");
    moment!("held_behind_it", &app);
    press(&mut app, "<pgdn><pgdn>");
    moment!("held_behind_it_scrolled", &app);
    assert!(!app.leaves);
    press(&mut app, "<esc>");
    assert!(app.leaves && !app.quits);
}

#[test]
fn a_lesson_can_be_left_before_its_end() {
    let mut app = lesson("gone-at-once");
    press(&mut app, "<esc>q");
    assert!(app.leaves && !app.quits && app.walk.keeps_silent());
}

/// Every text of every lesson can be read to its end on the small screen.
#[test]
fn long_texts_scroll_to_their_end() {
    for found in Course::new(Progress::default()).lessons {
        let name = found.name.as_str();
        let mut app = lesson(name);
        press(&mut app, "<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
        assert!(screen(&app, 80, 24).contains("? tells of all keys"), "{name}\n{}", screen(&app, 80, 24));
        press(&mut app, "<esc>");
        for _ in 0..found.questions {
            press(&mut app, "<end>");
            let asked = app.walk.quiz.pending().unwrap_or_else(|| panic!("{name} asks")).clone();
            press(&mut app, "h");
            let shown = screen(&app, 80, 24);
            let last = asked.hint.split_whitespace().last().expect("a hint");
            assert!(shown.contains(last) && !shown.contains("↓ more"), "{name}\n{shown}");
            press(&mut app, "1");
            let shown = screen(&app, 80, 24);
            assert!(shown.contains("to come") && !shown.contains("↓ more"), "{name}\n{shown}");
            press(&mut app, "<esc>");
        }
        press(&mut app, "q<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
        let table: toml::Table = found.shipped.expect("it is shipped").text.parse().expect("it is TOML");
        let last = table["lesson"]["tempting"].as_str().and_then(|text| text.split_whitespace().last());
        let shown = screen(&app, 80, 24);
        assert!(shown.contains(last.expect("a text")) && !shown.contains("↓ more"), "{name}\n{shown}");
    }
}

/// The course with a few lessons, whatever else is shipped; some of them done.
fn course() -> Course {
    let mut course = Course::new(Progress::default());
    let few = ["gone-at-once", "requests-dropped", "sigterm-ignored", "finalizer-held", "deadline-clock"];
    course.lessons.retain(|lesson| few.contains(&lesson.name.as_str()));
    course.chapters.retain(|chapter| chapter.title == "Termination");
    course.chapters[0].lessons = (0..few.len()).collect();
    for (name, hinted) in [("gone-at-once", 0), ("finalizer-held", 1)] {
        let found = builtin::find(name).expect("it is shipped");
        let score = Score { right: 1, hinted, questions: 3 };
        let digest = if hinted == 0 { found.digest() } else { "of another text".to_owned() };
        course.progress.lessons.insert(name.to_owned(), Done::new(score, &digest, 0, Vec::new()));
    }
    course
}

#[test]
fn the_contents_of_the_course() {
    let mut contents = Contents::new(course());
    let mut key = |code| contents.key(KeyEvent::new(code, KeyModifiers::NONE));
    assert_eq!(key(KeyCode::Enter), Some(Choice::Lesson(1)), "the next open one");
    assert_eq!(key(KeyCode::Up), None);
    assert_eq!(key(KeyCode::Enter), Some(Choice::Lesson(0)));
    assert_eq!(key(KeyCode::Char('n')), None);
    assert_eq!(key(KeyCode::Char('n')), None);
    assert_eq!(key(KeyCode::Enter), Some(Choice::Lesson(2)));
    assert_eq!(key(KeyCode::Char('q')), Some(Choice::Leave));
    insta::assert_snapshot!("contents_80x24", drawn(80, 24, |frame| contents.draw(frame)));
    insta::assert_snapshot!("contents_140x45", drawn(140, 45, |frame| contents.draw(frame)));
    contents.back_from(1, course(), "requests-dropped: 2 of 3 points. Next: sigterm-ignored".to_owned());
    insta::assert_snapshot!("contents_after_a_lesson_80x24", drawn(80, 24, |frame| contents.draw(frame)));
    // All that are shipped: the marked one is in view wherever it stands.
    let all = Course::new(Progress::default());
    let names: Vec<String> = all.lessons.iter().map(|lesson| lesson.name.clone()).collect();
    let mut contents = Contents::new(all);
    for name in names {
        let shown = drawn(80, 16, |frame| contents.draw(frame));
        assert!(shown.contains(&format!("> {name} ")), "{name}\n{shown}");
        contents.key(KeyEvent::new(KeyCode::Down, KeyModifiers::NONE));
    }
    for (width, height) in [(60, 16), (20, 5), (1, 1), (300, 80)] {
        drawn(width, height, |frame| contents.draw(frame));
    }
    // Nothing is cut where there is little room, and where there is much the story stands beside the list.
    for _ in 0..contents_count() {
        let narrow = drawn(60, 16, |frame| contents.draw(frame));
        assert!(!narrow.contains('…') && narrow.contains("? keys  q leaves"), "{narrow}");
        contents.key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
    }
    for letter in "/crash-loop".chars() {
        contents.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
    }
    let wide = drawn(200, 60, |frame| contents.draw(frame));
    assert!(wide.contains("The orders service cannot reach its database and gives up two"), "{wide}");
    assert!(wide.contains("crash-loop, 3 questions"), "{wide}");
}

/// How many lessons there are.
fn contents_count() -> usize {
    Course::new(Progress::default()).lessons.len()
}

/// A scenario with two pods of one beginning, and texts whose lines are broken in the file.
pub const TWO: &str = r#"
name = "two"
until = "5m"
[[pod]]
name = "a-rather-long-name-of-a-pod-that-others-share-first"
spec.containers = [{ name = "app", image = "x" }]
[[pod]]
name = "a-rather-long-name-of-a-pod-that-others-share-second"
spec.containers = [{ name = "app", image = "x" }]
[pod.behavior.containers.app]
attempts = [{ runs = "20s", exit = 1 }]
[lesson]
title = "Two"
  [[lesson.question]]
  at      = "1s"
  ask     = """What is it that comes
next?"""
  choices = ["This", "That"]
  answer  = 1
  explain = """
A paragraph that is broken
in the file.

And another."""
"#;

#[test]
fn words_stay_apart_and_lines_are_laid_out_anew() {
    let mut app = App::new(walk_of("two.toml", TWO));
    press(&mut app, "<esc>g10s<enter>");
    assert!(screen(&app, 80, 24).contains("What is it that comes next?"), "{}", screen(&app, 80, 24));
    press(&mut app, "1");
    let verdict = screen(&app, 80, 24);
    for words in
        ["A paragraph that is broken in the file.", "And another.", "You said: This", "It is:    That"]
    {
        assert!(verdict.contains(words), "no `{words}`:\n{verdict}");
    }
    assert!(verdict.find("You said") < verdict.find("It is:"), "{verdict}");
}

/// Whoever wants no questions has none.
#[test]
fn questions_can_be_switched_off() {
    let mut app = App::new(walk_of("two.toml", TWO));
    press(&mut app, "<esc>zz");
    assert!(screen(&app, 80, 24).contains("no questions at all"), "{}", screen(&app, 80, 24));
    press(&mut app, "g10s<enter>");
    assert!(!screen(&app, 80, 24).contains("What do you expect?"), "{}", screen(&app, 80, 24));
}
