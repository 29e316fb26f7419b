//! The full screens of `step` and `learn`, drawn to a test's backend: what a person sees at the moments that matter.

#![cfg(feature = "tui")]

#[path = "support/answers.rs"]
mod answers;

use std::sync::Arc;

use kubelapse::course::{Course, Done, Progress};
use kubelapse::scenario::builtin;
use kubelapse::session::{Score, Script, Walk};
use kubelapse::tui::{App, Choice, Contents, KEYS, Mode, Tab};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

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
                    "pgup" => KeyCode::PageUp,
                    "stab" => KeyCode::BackTab,
                    "f1" => KeyCode::F(1),
                    "ctrlc" => KeyCode::Char('c'),
                    other => panic!("no key {other}"),
                };
                (code, name.len() + 2)
            }
            None => (KeyCode::Char(first), first.len_utf8()),
        };
        let held = if rest.starts_with("<ctrl") { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        app.key(KeyEvent::new(code, held), &save);
        // As the screen does between two frames.
        while app.works() {
            screen(app, 80, 24);
            app.work();
        }
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
    press(&mut app, "g30s<enter>xcordon node/node<enter>g25s<enter>xcordon node/node<enter>d");
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

/// Where a walk stands, in events and in time.
fn place(app: &App) -> (u64, kubelapse::time::Span) {
    (app.walk.position(), app.walk.offset())
}

fn sees(app: &App, text: &str) -> bool {
    screen(app, 140, 45).contains(text)
}

/// What the mouse does at a place of the small screen.
fn point(app: &mut App, kind: MouseEventKind, column: u16, row: u16) {
    screen(app, 80, 24);
    app.mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
}

/// Each key of the table does what its help says; one that is added has no test, and this fails.
#[test]
fn every_key_has_its_test() {
    for key in &KEYS {
        check(key.shown);
    }
}

#[expect(clippy::too_many_lines, reason = "a table: one arm a key")]
fn check(shown: &str) {
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc>g1m30s<enter>");
    let here = place(&app);
    let before = screen(&app, 140, 45);
    let selected = app.selection();
    match shown {
        "→ n Space" => {
            for keys in ["<right>", "n", " "] {
                press(&mut app, keys);
                assert!(place(&app) > here, "{keys}");
                press(&mut app, "g1m30s<enter>");
            }
        }
        "← b" => {
            press(&mut app, "<left>");
            let once = place(&app);
            assert!(once < here);
            press(&mut app, "b");
            assert!(place(&app) < once);
        }
        "." | "," => {
            press(&mut app, ".");
            assert_eq!(app.walk.position(), here.0 + 1);
            press(&mut app, ",");
            assert_eq!(app.walk.position(), here.0);
        }
        "N" | "B" => {
            press(&mut app, "N");
            let first = place(&app);
            press(&mut app, "N");
            assert!(first > here && place(&app) > first && app.selection() == selected);
            press(&mut app, "B");
            assert_eq!(place(&app), first);
        }
        "f" | "F" => {
            press(&mut app, "<home>f");
            let first = place(&app);
            press(&mut app, "f");
            assert!(place(&app) > first);
            press(&mut app, "F");
            assert_eq!(place(&app), first);
        }
        "g" => {
            press(&mut app, "g+30s<enter>");
            assert_eq!(app.walk.offset().secs(), 120);
        }
        "u" | "U" => {
            press(&mut app, "urollout=failed deployment=shop<enter>");
            let there = place(&app);
            assert!(there > here || sees(&app, "there is no such place"), "{}", screen(&app, 140, 45));
            press(&mut app, "Ugone pod=nobody<enter>");
            assert!(place(&app) < there);
        }
        "t" => {
            press(&mut app, "trestarts>=3<enter>");
            assert_eq!(app.walk.breakpoints.len(), 1);
            press(&mut app, "t<enter>");
            assert!(app.walk.breakpoints.is_empty());
        }
        "c" | "C" => {
            press(&mut app, "C");
            assert!(sees(&app, "! no breakpoint is set: t sets one"));
            press(&mut app, "<home>tevent=Pulled<enter>c");
            let first = place(&app);
            press(&mut app, "c");
            assert!(place(&app) > first);
            press(&mut app, "C");
            assert_eq!(place(&app), first);
        }
        "Home" => {
            press(&mut app, "<home>");
            assert_eq!(app.walk.position(), 0);
        }
        "End G" => {
            for keys in ["<end>", "<esc><home>G"] {
                press(&mut app, keys);
                assert!(app.walk.at_end(), "{keys}");
            }
        }
        "m" | "'" => {
            press(&mut app, "ma<right><right>");
            assert!(place(&app) > here);
            press(&mut app, "'a");
            assert_eq!(app.walk.offset(), here.1);
            press(&mut app, "'b");
            assert!(sees(&app, "! there is no bookmark b; there are a"));
            press(&mut app, "m<enter>");
            assert!(sees(&app, "! a bookmark is a letter or a digit"));
        }
        "M" => {
            press(&mut app, "Mg+30s<enter>");
            assert!(sees(&app, "△+30s"), "{}", screen(&app, 140, 45));
            press(&mut app, "MM");
            assert!(!sees(&app, "△"));
        }
        "D" => {
            press(&mut app, "D");
            assert!(sees(&app, "! there is no second cursor: M sets it"));
            press(&mut app, "Mg2m30s<enter>D");
            assert!(
                sees(&app, "Between the cursors") && sees(&app, "1m30.000s to 2m30.000s: 1m0s"),
                "{}",
                screen(&app, 140, 45)
            );
        }
        "p" => {
            press(&mut app, "p");
            assert!(app.playing);
            press(&mut app, "p");
            assert!(!app.playing);
        }
        "+" | "-" => {
            let speed = app.speed;
            press(&mut app, "+");
            assert!(app.speed > speed);
            press(&mut app, "-");
            assert_eq!(app.speed, speed);
        }
        "↑ k" | "↓ j" => {
            for (down, up) in [("<down>", "<up>"), ("j", "k")] {
                press(&mut app, down);
                assert_ne!(app.selection(), selected);
                press(&mut app, up);
                assert_eq!(app.selection(), selected);
            }
        }
        "P" => {
            press(&mut app, "P");
            let own = app.selection();
            press(&mut app, "fff");
            assert_eq!(app.selection(), own, "pinned");
            assert!(sees(&app, "pinned"));
            press(&mut app, "Pf");
            assert!(!app.pinned);
        }
        ":" => {
            for (view, words) in [
                ("po", ":pods"),
                ("deploy", ":deployments"),
                ("no", "ROLES"),
                ("svc", ":services"),
                ("ev", "LAST SEEN"),
                ("coming", ":coming"),
            ] {
                press(&mut app, &format!(":{view}<enter>"));
                assert!(sees(&app, words), "{view}: {}", screen(&app, 140, 45));
                press(&mut app, "<down><up>");
            }
            press(&mut app, ":deplo<enter>");
            assert!(sees(&app, "! `deplo` is no view; did you mean `deploy`?"));
        }
        "/" => {
            press(&mut app, ":po<enter>/no-such-row<enter>");
            assert!(sees(&app, "No row is kept by the filter"));
            press(&mut app, "<esc>/!no-such-row<enter>");
            assert!(!sees(&app, "No row is kept by the filter"));
        }
        "PgUp" | "PgDn" => {
            press(&mut app, "<pgdn><pgdn>");
            assert_eq!(app.scroll, 10);
            press(&mut app, "<pgup>");
            assert_eq!(app.scroll, 5);
        }
        "Tab" | "Shift-Tab" => {
            press(&mut app, "<tab>");
            assert_eq!(app.tab, Tab::Events);
            press(&mut app, "<stab><stab>");
            assert_eq!(app.tab, Tab::Nodes);
        }
        "1-8" => {
            for (ix, tab) in Tab::ALL.iter().enumerate() {
                press(&mut app, &(ix + 1).to_string());
                assert_eq!(app.tab, *tab);
            }
        }
        "o" | "v" => {
            press(&mut app, "o");
            assert_eq!((app.container, app.previous), (1, false));
            press(&mut app, "v");
            assert!(app.previous);
        }
        "w" => {
            press(&mut app, "w");
            assert!(sees(&app, "Why?"));
        }
        "T" => {
            press(&mut app, "T");
            assert!(sees(&app, "What may come, under other luck"), "{}", screen(&app, 140, 45));
        }
        "y" => {
            press(&mut app, "y");
            assert!(sees(&app, "apiVersion: apps/v1"), "{}", screen(&app, 140, 45));
        }
        "a" | "1-9 ↑↓ Enter" => {
            let mut app = open("crash-loop");
            press(&mut app, "g30s<enter>a");
            assert!(sees(&app, "What do you expect?"));
            press(&mut app, "<down><up>h1");
            assert!(matches!(app.mode, Mode::Verdict));
            press(&mut app, "<enter>a<enter>");
            assert!(matches!(app.mode, Mode::Verdict));
        }
        "z" => {
            let on = app.walk.quiz.on;
            press(&mut app, "z");
            assert_ne!(app.walk.quiz.on, on);
        }
        "d" => {
            press(&mut app, "d");
            assert!(sees(&app, "How the predictions went"));
        }
        "Enter A" => {
            for keys in ["<enter>", "<esc>A"] {
                press(&mut app, keys);
                assert!(sees(&app, "What is done to deployment/"), "{keys}: {}", screen(&app, 140, 45));
            }
        }
        "x" | "X" | "R" | "L" => {
            let node = app.walk.world().nodes[0].spec.name;
            press(&mut app, &format!("xcordon node/{node}<enter>"));
            assert!(sees(&app, &format!("node/{node} cordoned")));
            press(&mut app, "X");
            assert!(sees(&app, &format!("taken back: cordon node/{node}")));
            assert_eq!(place(&app), here);
            press(&mut app, "R");
            assert!(sees(&app, &format!("node/{node} cordoned")));
            press(&mut app, "L");
            assert!(sees(&app, "What was done") && sees(&app, "cordon node/"));
            press(&mut app, "<esc>R");
            assert!(sees(&app, "! nothing has been taken back that could be done again"));
        }
        "s" => {
            press(&mut app, "slesson.toml<enter>");
            assert!(sees(&app, "saved: lesson.toml"));
        }
        "Esc" => {
            press(&mut app, ":po<enter>/no-such-row<enter><esc>");
            assert!(!sees(&app, "No row is kept by the filter") && sees(&app, ":pods"));
            press(&mut app, "<esc>");
            assert!(!sees(&app, ":pods"));
            press(&mut app, "?<esc>");
            assert!(matches!(app.mode, Mode::Walk));
        }
        "? F1" => {
            for keys in ["?", "<esc><f1>"] {
                press(&mut app, keys);
                assert!(sees(&app, "next change that kubectl would show"), "{keys}");
            }
        }
        "q" => {
            press(&mut app, "q");
            assert!(app.leaves && !app.quits);
        }
        "Mouse" => {
            let click = MouseEventKind::Down(MouseButton::Left);
            point(&mut app, click, 5, 3);
            assert_ne!(app.selection(), selected, "the third row");
            let own = app.selection();
            point(&mut app, MouseEventKind::ScrollUp, 5, 3);
            assert_ne!(app.selection(), own);
            point(&mut app, MouseEventKind::ScrollDown, 5, 20);
            assert_eq!(app.scroll, 3);
            let axis =
                screen(&app, 80, 24).lines().position(|line| line.contains('▲')).expect("a line of time");
            point(&mut app, click, 12, axis as u16);
            assert!(app.walk.offset() < here.1, "near the beginning: {}", app.walk.offset());
            press(&mut app, "?");
            point(&mut app, click, 40, 12);
            assert!(matches!(app.mode, Mode::Walk));
        }
        "Ctrl-C" => {
            press(&mut app, "<ctrlc>");
            assert!(app.leaves && app.quits);
        }
        other => panic!("`{other}` has no test (before it: {before})"),
    }
}

/// The menu is about what is selected, the form has what stands there now, and the command is what one would have typed.
#[test]
fn what_can_be_done_is_chosen_and_filled_in() {
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc>g30s<enter><enter>");
    moment("menu", &app);
    press(&mut app, "1<enter>");
    moment("form", &app);
    // What cannot be read stays in the form.
    press(&mut app, "<back>many<enter>");
    assert!(matches!(&app.mode, Mode::Form(form) if form.problem.is_some()), "{}", screen(&app, 80, 24));
    moment("form_refused", &app);
    press(&mut app, "<back><back><back><back>7<enter>");
    assert!(sees(&app, "scaled"), "{}", screen(&app, 140, 45));
    press(&mut app, "<esc>L");
    assert!(sees(&app, "--replicas=7"), "{}", screen(&app, 140, 45));
    // A node has other verbs.
    press(&mut app, "<esc>:no<enter><enter>");
    assert!(sees(&app, "drain"), "{}", screen(&app, 140, 45));
    press(&mut app, "<enter><enter>");
    assert!(sees(&app, "cordoned"), "{}", screen(&app, 140, 45));
}

/// Before something that was done later one is asked whether that stays.
#[test]
fn what_was_done_later_is_kept_or_dropped_as_asked() {
    let mut app = open("probes");
    let node = app.walk.world().nodes[0].spec.name;
    let later = format!("<esc>g30s<enter>xcordon node/{node}<enter>g20s<enter>xlabel node/{node} a=b<enter>");
    press(&mut app, &later);
    assert!(sees(&app, "And what was done later?"), "{}", screen(&app, 140, 45));
    press(&mut app, "<esc>");
    assert_eq!(app.walk.done().len(), 1, "nothing was done");
    press(&mut app, &format!("xlabel node/{node} a=b<enter>k"));
    assert_eq!(app.walk.offset().secs(), 20);
    let words = |app: &App| app.walk.done().iter().map(|done| done.action.words.clone()).collect::<Vec<_>>();
    assert_eq!(words(&app), [format!("label node/{node} a=b"), format!("cordon node/{node}")]);
    press(&mut app, "g40s<enter>");
    assert!(app.walk.world().nodes[0].spec.unschedulable, "it was done again at its instant");
    press(&mut app, &format!("g25s<enter>xlabel node/{node} c=d<enter>d"));
    assert_eq!(words(&app), [format!("label node/{node} a=b"), format!("label node/{node} c=d")]);
}
