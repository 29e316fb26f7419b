//! What a person sees at the moments that matter, on a small screen and on a large one.

use kubelapse::tui::App;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::hands::{open, press, screen, walk_of};
use super::lessons::TWO;

#[test]
fn the_start() {
    moment!("start", &open("crash-loop"));
}

#[test]
fn a_crash_loop() {
    let mut app = open("crash-loop");
    press(&mut app, "g4m<enter>ustatus=CrashLoopBackOff<enter>");
    moment!("crash_loop", &app);
    press(&mut app, "w");
    moment!("crash_loop_why", &app);
}

/// Pods stand below their ReplicaSets and these below their Deployment; each of them can be looked at and asked about.
#[test]
fn a_rollout_that_stalls() {
    let mut app = open("rollout-stalls");
    press(&mut app, "g2m<enter>");
    moment!("rollout_stalls", &app);
    press(&mut app, "2");
    moment!("rollout_stalls_events", &app);
    press(&mut app, "w");
    moment!("rollout_stalls_why", &app);
    press(&mut app, "<esc>4<down>");
    moment!("rollout_stalls_replica_set", &app);
    press(&mut app, "1<down><down>");
    moment!("rollout_stalls_pod", &app);
    // Back up to the Deployment, to the next change of it, and back again.
    press(&mut app, "<up><up><up>");
    let before = screen(&app, 80, 24);
    press(&mut app, "N");
    moment!("rollout_failed", &app);
    press(&mut app, "Bg2m<enter>");
    assert_eq!(screen(&app, 80, 24), before, "back and forth is the same screen");
}

#[test]
fn going_back() {
    let mut app = open("crash-loop");
    press(&mut app, "ustatus=CrashLoopBackOff<enter><left><left>6");
    moment!("going_back", &app);
    let before = screen(&app, 80, 24);
    press(&mut app, "<right><right><right><left><left><left>");
    assert_eq!(screen(&app, 80, 24), before, "back and forth is the same screen");
}

#[test]
fn help() {
    let mut app = open("crash-loop");
    press(&mut app, "?");
    moment!("help", &app);
}

#[test]
fn a_lost_node() {
    let mut app = open("node-lost");
    press(&mut app, "g7m<enter><down>");
    moment!("node_lost", &app);
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
    moment!("lives", &app);
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
    moment!("thousand", &app);
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
