//! What a frame and a key cost where there are many pods, counted in rows that are spelled: those that are seen, and no others.

use kubelapse::session::kubectl;
use kubelapse::tui::{App, Mode};

use super::hands::{press, press_once, screen, walk_of};

const PODS: usize = 1_000;

/// A thousand pods, of which some end now and then, in two namespaces.
fn fleet() -> App {
    let text = r#"
name = "fleet"
until = "3m"
[[node]]
name = "node"
count = 2
capacity = { cpu = "64", memory = "256Gi", pods = 600 }
[[pod]]
name = "web"
replicas = 900
every = "20ms"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  [pod.behavior.containers.app]
  attempts = [{ runs = "forever" }]
[[pod]]
name = "batch"
namespace = "night"
replicas = 100
every = "1s"
  [pod.spec]
  restartPolicy = "Never"
  containers = [{ name = "app", image = "registry.example/shop/batch:1.0" }]
  [pod.behavior.containers.app]
  attempts = [{ runs = "5s", exit = 1 }]
"#;
    App::new(walk_of("fleet.toml", text))
}

/// So many rows a frame may spell: those that a large screen shows, in its table and in its panes.
const SEEN: u64 = 120;

fn spelled_by(app: &mut App, keys: &str) -> u64 {
    let before = app.spelled();
    press(app, keys);
    screen(app, 140, 45);
    app.spelled() - before
}

#[test]
fn a_frame_spells_the_rows_that_are_seen() {
    let mut app = fleet();
    press(&mut app, "g2m30s<enter>");
    screen(&app, 140, 45);
    let there = app.pods().len();
    assert_eq!(there, PODS);
    // Each name was spelled when its pod came, and a few of the others beside it.
    assert!(app.spelled() >= PODS as u64, "{}", app.spelled());
    for keys in [
        "<down>",
        "<down>",
        "<up>",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "1",
        ":po<enter>",
        "<down>",
        "<esc>",
        ":no<enter>",
        "<down>",
        "<esc>",
        ":ev<enter>",
        "<down>",
        "<esc>",
        ":coming<enter>",
        "<esc>",
        "y",
        "<esc>",
        "<enter>",
        "<esc>",
        "ma",
        "M",
        "P",
        "P",
    ] {
        let spelled = spelled_by(&mut app, keys);
        assert!(spelled <= SEEN, "{keys}: {spelled} rows");
    }
    // Those that play, too: whoever has not come since is spelled no more.
    for keys in ["n", "b", ".", ",", "N", "B", "f", "F", "g+5s<enter>", "g-10s<enter>", "'a"] {
        let spelled = spelled_by(&mut app, keys);
        assert!(spelled <= SEEN, "{keys}: {spelled} rows");
    }
}

#[test]
fn a_filter_looks_at_a_row_once_and_again_when_it_was_written() {
    let mut app = fleet();
    press(&mut app, "g1m30s<enter>:po<enter>");
    screen(&app, 140, 45);
    let (there, all) = (app.pods().len(), app.spelled());
    press(&mut app, "/error<enter>");
    screen(&app, 140, 45);
    let first = app.spelled() - all;
    assert!((there as u64..there as u64 + SEEN).contains(&first), "{first} of {there}");
    let kept = app.listed().len();
    assert!(kept > 50 && kept < 100, "{kept} have failed");
    let words: Vec<String> = app.listed().iter().map(|leaf| format!("{:?}", leaf.of)).collect();
    // One pod more has failed, some have come meanwhile.
    let spelled = spelled_by(&mut app, "g+2s<enter>");
    assert!(spelled <= SEEN, "{spelled} rows");
    assert!(app.listed().len() > kept);
    press(&mut app, "g-2s<enter>");
    screen(&app, 140, 45);
    assert_eq!(app.listed().iter().map(|leaf| format!("{:?}", leaf.of)).collect::<Vec<_>>(), words);
}

/// The kept order is that of kubectl wherever one stands, also on another line of the run.
#[test]
fn pods_stand_in_the_order_of_kubectl() {
    let mut app = fleet();
    for keys in [
        "g10s<enter>",
        "g40s<enter>",
        "g20s<enter>",
        "xdelete pod/web-3<enter>",
        "<esc>g1m<enter>",
        "X",
        "<esc>g2m<enter>",
        "g5s<enter>",
    ] {
        press(&mut app, keys);
        screen(&app, 80, 24);
        assert_eq!(*app.pods(), kubectl::pods(app.walk.world()), "after {keys}");
    }
}

/// Before something is done in the past what is known of the time after it is given up a part at a time; until all of it is, nothing
/// has been done, and what is left comes again as it was.
#[test]
fn room_for_another_future_is_made_a_part_at_a_time() {
    let mut app = fleet();
    press(&mut app, "<end>");
    let end = app.walk.known();
    press(&mut app, "g20s<enter>");
    let here = app.walk.position();
    app.slice = 3;
    press_once(&mut app, "xcordon node/node-0<enter>");
    assert!(app.works() && app.walk.done().is_empty());
    let seen = screen(&app, 80, 24);
    assert!(seen.contains("making room for another future; Esc leaves it"), "{seen}");
    press_once(&mut app, "<esc>");
    let left = app.walk.known();
    assert!(!app.works() && app.walk.done().is_empty() && app.walk.position() == here);
    assert!((here..end).contains(&left), "{left} of {end}");
    // What cannot be done costs nothing.
    press_once(&mut app, "xcordon nothing/node-0<enter>");
    assert!(!app.works() && app.walk.known() == left);
    press(&mut app, "<esc>xcordon node/node-0<enter>");
    assert_eq!((app.walk.done().len(), app.walk.position()), (1, here + 1));
    // Taken back from further on, and done again: the run of somebody who had never been there.
    app.slice = 300;
    press(&mut app, "g1m<enter>XR");
    let mut other = fleet();
    press(&mut other, "g20s<enter>xcordon node/node-0<enter>");
    for app in [&mut app, &mut other] {
        press(app, "<end>");
    }
    assert_eq!(app.walk.history().to_vec(), other.walk.history().to_vec());
    assert_ne!(app.walk.known(), end, "a cordon changes what comes");
    press(&mut app, "X<end>");
    assert_eq!(app.walk.known(), end);
}

/// What takes long goes a part at a time, is seen to, and Esc leaves it where it stands.
#[test]
fn what_takes_long_can_be_stopped() {
    let mut app = fleet();
    app.slice = 300;
    press_once(&mut app, "<end>");
    app.work();
    assert!(app.works());
    let seen = screen(&app, 80, 24);
    assert!(seen.contains("on the way: ") && seen.contains("of 3m0s; Esc stays here"), "{seen}");
    press_once(&mut app, "<esc>");
    let here = app.walk.position();
    assert!(!app.works() && (300..2_000).contains(&here), "{here}");
    // So can a question that is made of what comes: nobody has moved meanwhile.
    press(&mut app, "g10s<enter>");
    let here = (app.walk.position(), app.walk.now());
    app.slice = 3;
    press_once(&mut app, "a");
    assert!(app.works() && app.mode == Mode::Walk);
    let seen = screen(&app, 80, 24);
    assert!(seen.contains("looking ahead for what to ask; Esc leaves it"), "{seen}");
    press_once(&mut app, "<esc>");
    assert!(!app.works() && app.walk.quiz.pending().is_none());
    assert_eq!((app.walk.position(), app.walk.now()), here);
    press(&mut app, "a");
    assert!(app.mode == Mode::Question { marked: 0 } && app.walk.quiz.pending().is_some());
    assert_eq!((app.walk.position(), app.walk.now()), here);
    press(&mut app, "<esc>");
    // The look for what has been, and the causes, as well.
    press(&mut app, "<end>");
    let end = app.walk.position();
    for (keys, words) in
        [("Ustatus=Nonsense<enter>", "looking through what has been"), ("w", "looking up what was known")]
    {
        let mut app = App::new(app.walk.clone());
        app.slice = 3;
        press_once(&mut app, keys);
        assert!(app.works(), "{keys}");
        assert!(screen(&app, 80, 24).contains(words), "{keys}: {}", screen(&app, 80, 24));
        press_once(&mut app, "<esc>");
        assert!(!app.works() && app.walk.position() == end, "{keys}");
    }
}
