//! How long a person at the full screen waits for each key where there are 100,000 pods: `fleet-100k` in its middle and at its
//! end, and a Deployment of 100,000 replicas that all stand, beside what they hold in memory.
//!
//! A key that looks has answered once its frame is drawn; one that plays draws a frame after each part of its way, and its
//! longest frame counts. What is told is the processor's time of this thread where the system tells it (Linux), else the wall's,
//! so that a neighbour disturbs little. `cargo bench --bench keys -- standing` takes the worlds whose names contain a word.

#[allow(dead_code, reason = "the tests of the screen take more")]
#[path = "../tests/tui/hands.rs"]
mod hands;

use std::time::Duration;

use hands::{events, walk_of};
use kubelapse::scenario::builtin;
use kubelapse::session::Walk;
use kubelapse::tui::App;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// All pods of one Deployment stand: none of them ever ends.
const STANDING: &str = r#"
name = "standing"
until = "2h"
[[node]]
name = "node"
count = 1000
capacity = { cpu = "64", memory = "256Gi", pods = 200 }
[[pod]]
name = "web"
replicas = 100000
every = "10ms"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever" }]
"#;

/// What is pressed, in its order: those that look, then those that play.
const LOOKING: [(&str, &str); 43] = [
    ("down", "<down>"),
    ("down again", "<down>"),
    ("up", "<up>"),
    ("Events", "2"),
    ("Logs", "3"),
    ("Describe", "4"),
    ("Coming", "5"),
    ("History", "6"),
    ("Lives", "7"),
    ("Nodes", "8"),
    ("State", "1"),
    (":po", ":po<enter>"),
    ("down", "<down>"),
    ("/ words", "/again-1<enter>"),
    ("down", "<down>"),
    ("Esc", "<esc>"),
    ("/ !words", "/!running<enter>"),
    ("Esc", "<esc>"),
    ("/ labels", "/-l app=web<enter>"),
    ("Esc", "<esc>"),
    (":no", ":no<enter>"),
    ("down", "<down>"),
    ("Enter", "<enter>"),
    ("Esc", "<esc>"),
    ("Esc", "<esc>"),
    (":ev", ":ev<enter>"),
    ("down", "<down>"),
    ("/ words", "/warning<enter>"),
    ("Esc", "<esc>"),
    ("Esc", "<esc>"),
    (":coming", ":coming<enter>"),
    ("Esc", "<esc>"),
    (":deploy", ":deploy<enter>"),
    ("Esc", "<esc>"),
    ("YAML", "y"),
    ("Esc", "<esc>"),
    ("menu", "<enter>"),
    ("Esc", "<esc>"),
    ("bookmark", "ma"),
    ("second cursor", "M"),
    ("pin", "PP"),
    ("what was done", "L"),
    ("help", "?<esc>"),
];

const PLAYING: [(&str, &str); 26] = [
    ("why", "w"),
    ("Esc", "<esc>"),
    ("what may come", "T"),
    ("Esc", "<esc>"),
    ("ask me", "a"),
    ("Esc", "<esc>"),
    ("change", "n"),
    ("back", "b"),
    ("event", "."),
    ("event back", ","),
    ("its change", "N"),
    ("its change back", "B"),
    ("failure back", "F"),
    ("failure", "f"),
    ("10 s back", "g-10s<enter>"),
    ("5 min back", "g-5m<enter>"),
    ("between the cursors", "D"),
    ("Esc", "<esc>"),
    ("10 s on", "g+10s<enter>"),
    ("do", "xcordon node/NODE<enter>"),
    ("undo", "X"),
    ("redo", "R"),
    ("undo", "X"),
    ("back until", "Ustatus=Error<enter>"),
    ("to the bookmark", "'a"),
    ("Home", "<home>"),
];

/// What a process has of this, in MiB (Linux).
fn mebibytes(of: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(of)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The processor's time of this thread; the wall's where nobody tells that.
fn clock() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match text.split_whitespace().next().and_then(|nanos| nanos.parse().ok()) {
        Some(nanos) => Duration::from_nanos(nanos),
        None => std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default(),
    }
}

/// What keys came to: the time until the first frame after them, the longest of all frames, and all of it.
struct Pressed {
    first: Duration,
    longest: Duration,
    whole: Duration,
    frames: u32,
}

fn press(app: &mut App, terminal: &mut Terminal<TestBackend>, keys: &str) -> Pressed {
    let save = |_: &Walk, _: &str| Ok(String::new());
    let begun = clock();
    for event in events(keys) {
        app.key(event, &save);
    }
    let mut draw = |app: &App| {
        terminal.draw(|frame| app.draw(frame)).expect("it is drawn");
    };
    draw(app);
    let first = clock().saturating_sub(begun);
    let (mut longest, mut frames) = (first, 1);
    while app.works() {
        let before = clock();
        app.work();
        draw(app);
        longest = longest.max(clock().saturating_sub(before));
        frames += 1;
    }
    Pressed { first, longest, whole: clock().saturating_sub(begun), frames }
}

fn told(what: &str, keys: &str, pressed: &Pressed) {
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{what:<22} {keys:<28} first {:>8.1} ms   longest {:>8.1} ms   whole {:>9.1} ms in {} frames",
        millis(pressed.first),
        millis(pressed.longest),
        millis(pressed.whole),
        pressed.frames
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know whether it runs at all.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let fleet = builtin::find("fleet-100k").expect("it is shipped").text;
    for (name, text, places) in
        [("fleet-100k", fleet, ["g40m<enter>", "<end>"]), ("standing", STANDING, ["g10m<enter>", "<end>"])]
    {
        if !words.is_empty() && !words.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let mut app = App::new(walk_of(&format!("{name}.toml"), text));
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal");
        for place in places {
            let pressed = press(&mut app, &mut terminal, place);
            let w = app.walk.world();
            let there = w.pods.iter().filter(|pod| pod.exists).count();
            println!(
                "\n{name} at {}: {there} of {} pods are there; {} MiB, {} at most",
                app.walk.offset(),
                w.pods.len(),
                mebibytes("VmRSS:"),
                mebibytes("VmHWM:")
            );
            told("go there", place, &pressed);
            let node = w.nodes[0].spec.name;
            for (what, keys) in LOOKING.iter().chain(&PLAYING) {
                let keys = keys.replace("NODE", &node);
                let pressed = press(&mut app, &mut terminal, &keys);
                told(what, &keys, &pressed);
            }
            println!("{} MiB, {} at most", mebibytes("VmRSS:"), mebibytes("VmHWM:"));
        }
    }
}
