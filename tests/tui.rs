//! The full screens of `step` and `learn`, drawn to a test's backend: what a person sees at the moments that matter.

#![cfg(feature = "tui")]

#[path = "support/answers.rs"]
mod answers;

use std::sync::Arc;

use kubelapse::course::{Course, Done, Progress};
use kubelapse::scenario::builtin;
use kubelapse::session::{Score, Script, Walk};
use kubelapse::tui::{App, Choice, Contents};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn walk_of(file: &str, text: &str) -> Walk {
    let (script, loaded) = Script::load(file, text, &builtin::manifest, &[])
        .unwrap_or_else(|problems| panic!("{file}: {}", problems.render(false)));
    let plan = Arc::new(loaded.plan);
    let seed = plan.seed;
    Walk::new(script, &plan, seed)
}

/// A shipped scenario without its lesson, whose questions would stop the walk.
fn open(name: &str) -> App {
    let found = builtin::find(name).expect("it is shipped");
    let text = found.text.split("\n[lesson]").next().unwrap_or_default();
    App::new(walk_of(&format!("{name}.toml"), text))
}

/// Presses keys: plain characters are themselves, names stand in `<>`.
fn press(app: &mut App, keys: &str) {
    let save = |_: &Walk, path: &str| match path {
        "" => Err("save where?".to_owned()),
        path => Ok(format!("saved: {path}")),
    };
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (code, length) = match rest.strip_prefix('<').and_then(|after| after.split_once('>')) {
            Some((name, _)) => {
                let code = match name {
                    "right" => KeyCode::Right,
                    "left" => KeyCode::Left,
                    "up" => KeyCode::Up,
                    "down" => KeyCode::Down,
                    "enter" => KeyCode::Enter,
                    "esc" => KeyCode::Esc,
                    "tab" => KeyCode::Tab,
                    "end" => KeyCode::End,
                    "home" => KeyCode::Home,
                    "pgdn" => KeyCode::PageDown,
                    "back" => KeyCode::Backspace,
                    other => panic!("no key {other}"),
                };
                (code, name.len() + 2)
            }
            None => (KeyCode::Char(first), first.len_utf8()),
        };
        app.key(KeyEvent::new(code, KeyModifiers::NONE), &save);
        rest = &rest[length..];
    }
}

fn screen(app: &App, width: u16, height: u16) -> String {
    drawn(width, height, |frame| app.draw(frame))
}

fn drawn(width: u16, height: u16, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test's terminal");
    terminal.draw(draw).expect("it can be drawn");
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let line: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A moment on the small screen and on the large one.
fn moment(name: &str, app: &App) {
    insta::assert_snapshot!(format!("{name}_80x24"), screen(app, 80, 24));
    insta::assert_snapshot!(format!("{name}_140x45"), screen(app, 140, 45));
}

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
fn the_start() {
    moment("start", &open("crash-loop"));
}

#[test]
fn the_start_of_a_lesson() {
    moment("lesson", &App::new(walk_of("lesson.toml", LESSON)));
}

#[test]
fn a_crash_loop() {
    let mut app = open("crash-loop");
    press(&mut app, "g4m<enter>ustatus=CrashLoopBackOff<enter>");
    moment("crash_loop", &app);
    press(&mut app, "w");
    moment("crash_loop_why", &app);
}

/// Pods stand below their ReplicaSets and these below their Deployment; each of them can be looked at and asked about.
#[test]
fn a_rollout_that_stalls() {
    let mut app = open("rollout-stalls");
    press(&mut app, "g2m<enter>");
    moment("rollout_stalls", &app);
    press(&mut app, "2");
    moment("rollout_stalls_events", &app);
    press(&mut app, "w");
    moment("rollout_stalls_why", &app);
    press(&mut app, "<esc>4<down>");
    moment("rollout_stalls_replica_set", &app);
    press(&mut app, "1<down><down>");
    moment("rollout_stalls_pod", &app);
    // Back up to the Deployment, to the next change of it, and back again.
    press(&mut app, "<up><up><up>");
    let before = screen(&app, 80, 24);
    press(&mut app, "N");
    moment("rollout_failed", &app);
    press(&mut app, "Bg2m<enter>");
    assert_eq!(screen(&app, 80, 24), before, "back and forth is the same screen");
}

#[test]
fn going_back() {
    let mut app = open("crash-loop");
    press(&mut app, "ustatus=CrashLoopBackOff<enter><left><left>6");
    moment("going_back", &app);
    let before = screen(&app, 80, 24);
    press(&mut app, "<right><right><right><left><left><left>");
    assert_eq!(screen(&app, 80, 24), before, "back and forth is the same screen");
}

#[test]
fn a_question_its_verdict_and_the_debrief() {
    let mut app = App::new(walk_of("lesson.toml", LESSON));
    press(&mut app, "<esc>g1m<enter>");
    moment("question", &app);
    press(&mut app, "<down><down><enter>");
    moment("verdict", &app);
    press(&mut app, "<enter><end>");
    moment("debrief", &app);
}

#[test]
fn a_generated_question() {
    let mut app = open("crash-loop");
    press(&mut app, "g30s<enter>a");
    moment("generated_question", &app);
}

#[test]
fn help() {
    let mut app = open("crash-loop");
    press(&mut app, "?");
    moment("help", &app);
}

#[test]
fn an_action() {
    let mut app = open("probes");
    press(&mut app, "g20s<enter>xdelete po");
    moment("action_typing", &app);
    press(&mut app, "<esc>");
    let name = app.walk.world().pods[0].ident.name.to_string();
    press(&mut app, &format!("xdelete pod/{name}<enter>2"));
    moment("action_done", &app);
    // What is refused is told as such, several lines at length; all of it can be taken back.
    press(&mut app, "xcreate cm/settings<enter>");
    assert!(screen(&app, 80, 24).contains("! Error from server (AlreadyExists): configmaps"));
    press(&mut app, "xdrain node/node<enter>");
    assert!(screen(&app, 80, 24).contains("node/node cordoned"));
    press(&mut app, "<esc>X");
    assert!(screen(&app, 80, 24).contains("taken back: drain node/node"));
    press(&mut app, "XX");
    assert!(screen(&app, 80, 24).contains(&format!("taken back: delete pod/{name}")));
    assert_eq!(app.walk.offset(), kubelapse::time::Span::from_secs(20));
    // In the past it drops what was done later, which taking it back brings back.
    press(&mut app, "g30s<enter>xcordon node/node<enter>g25s<enter>xcordon node/node<enter>");
    assert!(screen(&app, 80, 24).contains("1 later action is dropped: cordon node/node (at 30s)"));
    press(&mut app, "<esc>X");
    assert!(screen(&app, 80, 24).contains("1 later action is back: cordon node/node (at 30s)"));
    press(&mut app, "<esc>Xg20s<enter>");
    press(&mut app, "X");
    assert!(screen(&app, 80, 24).contains("! nothing has been done that could be taken back"));
}

#[test]
fn errors() {
    let mut app = open("crash-loop");
    press(&mut app, "ustaus=Running<enter>");
    moment("error_line", &app);
    press(&mut app, "xdelete pod/order<enter>");
    moment("error_popup", &app);
}

#[test]
fn a_lost_node() {
    let mut app = open("node-lost");
    press(&mut app, "g7m<enter><down>");
    moment("node_lost", &app);
}

#[test]
fn panes_of_an_image_that_never_comes() {
    let mut app = open("image-pull-back-off");
    press(&mut app, "g45s<enter>");
    for (key, name) in [("2", "events"), ("3", "logs"), ("4", "describe"), ("5", "coming"), ("6", "history")]
    {
        press(&mut app, key);
        insta::assert_snapshot!(format!("pane_{name}_80x24"), screen(&app, 80, 24));
    }
}

#[test]
fn the_lives_of_several_pods() {
    let mut app = open("failed");
    press(&mut app, "g1m<enter>7<down>");
    moment("lives", &app);
}

/// A thousand pods of one template; `attempts` is how their processes behave.
fn thousand(attempts: &str) -> App {
    let text = r#"
name = "thousand"
until = "1h"
[[node]]
name = "node"
capacity = { cpu = "64", memory = "256Gi", pods = 1100 }
[[pod]]
name = "web"
replicas = 1000
every = "50ms"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  [pod.behavior.containers.app]
  attempts = ATTEMPTS
"#;
    App::new(walk_of("thousand.toml", &text.replace("ATTEMPTS", attempts)))
}

#[test]
fn a_thousand_pods() {
    let mut app = thousand(r#"[{ runs = "forever" }]"#);
    press(&mut app, "g30m<enter>7<down><down><down>");
    for _ in 0..400 {
        press(&mut app, "<down>");
    }
    let small = screen(&app, 80, 24);
    assert!(small.contains("404/1000"), "{small}");
    assert!(small.lines().any(|line| line.starts_with(">web-")), "{small}");
    moment("thousand", &app);
    let mut app = thousand(r#"[{ runs = { uniform = ["20s", "90s"] }, exit = 1 }]"#);
    press(&mut app, "g5m<enter>7");
    #[expect(clippy::disallowed_methods, reason = "what is measured is a person's time")]
    let begun = std::time::Instant::now();
    for _ in 0..50 {
        screen(&app, 140, 45);
    }
    let frame = begun.elapsed() / 50;
    // A frame should take less than 16 ms; an unoptimised build on a busy machine is given more.
    assert!(frame.as_millis() < 100, "a frame takes {frame:?}");
}

#[test]
fn a_resize_is_clean() {
    let mut app = open("crash-loop");
    press(&mut app, "g40s<enter>");
    let mut terminal = Terminal::new(TestBackend::new(140, 45)).expect("a test's terminal");
    for (width, height) in [(140, 45), (80, 24), (61, 17), (200, 60), (40, 10), (1, 1), (80, 24)] {
        terminal.backend_mut().resize(width, height);
        terminal.draw(|frame| app.draw(frame)).expect("it can be drawn");
    }
    let buffer = terminal.backend().buffer();
    let drawn: String = (0..24)
        .map(|y| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned() + "\n")
        .collect();
    assert_eq!(drawn, screen(&app, 80, 24), "nothing of the other sizes is left");
    insta::assert_snapshot!("resize_40x10", screen(&app, 40, 10));
    // Every popup at every size.
    for keys in ["?", "<esc>w", "<esc>a", "1", "<enter>d", "<esc>xfoo"] {
        press(&mut app, keys);
        for (width, height) in [(60, 16), (80, 24), (140, 45), (300, 80), (20, 5), (1, 1)] {
            screen(&app, width, height);
        }
    }
}

#[test]
fn every_key_at_every_moment_leaves_a_screen() {
    let mut app = open("sidecar");
    let keys = "nbn.,NBfFcCptg<esc>u<esc>U<esc>x<esc>s<esc>+-jk123456ovwa1<enter>zn1<enter>zdG<home>?<down><esc><tab>";
    for round in 0..3 {
        for key in keys.split_inclusive(|c: char| c != '<' && !c.is_alphabetic()) {
            press(&mut app, key);
            screen(&app, 80, 24 + round);
        }
    }
}

#[test]
fn playing_passes_simulated_time() {
    let mut app = open("crash-loop");
    press(&mut app, "p++");
    assert!(app.playing);
    assert_eq!(app.speed, 60);
    app.pass(std::time::Duration::from_millis(500));
    assert_eq!(app.walk.offset(), kubelapse::time::Span::from_secs(30));
    moment("playing", &app);
    app.pass(std::time::Duration::from_secs(3600));
    assert!(!app.playing, "the end of the run");
    assert!(app.walk.at_end());
}

/// A lesson as `learn` holds it.
fn lesson(name: &str) -> App {
    let found = builtin::find(name).expect("it is shipped");
    let mut walk = walk_of(&format!("{name}.toml"), found.text);
    walk.hold_lesson();
    App::new(walk)
}

#[test]
fn a_lesson_as_it_is_held() {
    let [(first, _), (_, wrong), (third, _)] = [0, 1, 2].map(|ix| answers::keys("deadline-clock", ix));
    let mut app = lesson("deadline-clock");
    moment("held_story", &app);
    press(&mut app, "<esc>");
    moment("held_start", &app);
    press(&mut app, "<end>");
    moment("held_question", &app);
    press(&mut app, "h");
    moment("held_hint", &app);
    // One looks around, and cannot pass the question by; what would give the answer away is closed.
    press(&mut app, "<esc>5");
    moment("held_looking_around", &app);
    press(&mut app, "x");
    assert!(screen(&app, 80, 24).contains("! this comes after the lesson's last question"));
    press(&mut app, "<right>");
    assert!(screen(&app, 80, 24).contains("What do you expect?"));
    press(&mut app, &format!("<esc>a{first}"));
    moment("held_verdict", &app);
    press(&mut app, &format!("<enter><end>{wrong}<enter><end>{third}"));
    assert!(screen(&app, 80, 24).contains("1.5 of 3 points so far, 0 to come"));
    press(&mut app, "<enter>");
    assert!(screen(&app, 80, 24).contains("that was the last question"));
    // Leaving tells what was behind it, once.
    press(&mut app, "q");
    moment("held_behind_it", &app);
    press(&mut app, "<pgdn><pgdn>");
    moment("held_behind_it_scrolled", &app);
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
            press(&mut app, "<enter>");
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
}

/// A scenario with two pods of one beginning, and texts whose lines are broken in the file.
const TWO: &str = r#"
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

/// Whom a move has led to is what is looked at; names are told apart by their ends too.
#[test]
fn what_has_changed_is_selected() {
    let (text, _) = TWO.split_once("[lesson]").expect("it has one");
    let mut app = App::new(walk_of("two.toml", text));
    press(&mut app, "f");
    let seen = screen(&app, 80, 24);
    let chosen = seen.lines().find(|line| line.starts_with('>')).expect("a pod is chosen");
    assert!(chosen.contains("second"), "{seen}");
    assert!(seen.contains("…-first") && seen.contains("…second"), "{seen}");
    press(&mut app, "7");
    let lives = screen(&app, 80, 24);
    assert!(lives.lines().filter(|line| line.contains("second")).count() > 1, "{lives}");
    press(&mut app, "8");
    assert!(screen(&app, 100, 40).contains("Name:"), "{}", screen(&app, 100, 40));
}

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

/// Where something is typed, what it takes stands beside it, on any screen; where we are covers no label.
#[test]
fn what_is_typed_is_shown_with_what_it_takes() {
    for (width, height) in [(80, 24), (120, 30)] {
        let mut app = open("crash-loop");
        for (keys, words) in [
            ("x", ["delete pod/web gracePeriodSeconds=5", "cordon node/node-0"]),
            ("<esc>u", ["status=CrashLoopBackOff pod=web", "restarts>=3"]),
            ("<esc>t", ["event=BackOff", "exit=137"]),
            ("<esc>s", ["lesson.toml", "--force"]),
        ] {
            press(&mut app, keys);
            let seen = screen(&app, width, height);
            for word in words {
                assert!(seen.contains(word), "no `{word}` after {keys}:\n{seen}");
            }
        }
        press(&mut app, "<esc>n");
        let axis = |app: &App| {
            let seen = screen(app, width, height);
            seen.lines().find(|line| line.contains('▲')).map(str::to_owned).expect("a line of time")
        };
        assert!(axis(&app).contains("0.000s"), "{}", axis(&app));
        press(&mut app, "<end>");
        assert_eq!(axis(&app).matches("00.000s").count(), 2, "{}", axis(&app));
    }
}

/// A name may be as long as it likes: what is said of its pod, and why, is read to its end.
#[test]
fn long_names_make_room() {
    let text = r#"
name = "long"
until = "10m"
[[pod]]
name = "orders-service-backend-with-a-long-prefix-two"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  [pod.behavior.containers.app]
  attempts = [{ runs = "5s", exit = 1 }]
"#;
    let mut app = App::new(walk_of("long.toml", text));
    press(&mut app, "f");
    let shown = screen(&app, 80, 24);
    let said = shown.lines().find(|line| line.contains("| STATUS")).expect("a line that says it");
    assert!(said.starts_with("orders-se") && said.contains('…'), "{said}");
    assert!(said.trim_end().ends_with("STATUS Error (of container app, not a phase)"), "{said}");
}
