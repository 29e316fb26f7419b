//! What hands expect that know k9s, lazygit and a shell: a key that does nothing says so, nothing that is typed is lost, nothing is done
//! to what is not shown, and what is pointed at is what all speak of.

use std::sync::Arc;

use kubelapse::course::{Course, Progress};
use kubelapse::session::{Script, Walk};
use kubelapse::tui::{App, Choice, Contents, Mode, Tab};

use super::hands::{drawn, events, lesson, open, press, screen, sees, walk_of};
use super::lessons::TWO;

#[test]
fn a_key_that_is_none_says_so_and_a_letter_with_ctrl_is_never_the_letter() {
    let mut app = open("crash-loop");
    press(&mut app, "g30s<enter>");
    let here = app.walk.position();
    for (key, name) in
        [("h", "h"), ("H", "H"), ("<del>", "Delete"), ("<ctrln>", "Ctrl-N"), ("<ctrlo>", "Ctrl-O")]
    {
        press(&mut app, key);
        assert!(
            sees(&app, &format!("! `{name}` is no key; ? lists them")),
            "{key}: {}",
            screen(&app, 140, 45)
        );
    }
    for key in ["<ctrlu>", "<ctrld>", "<ctrll>", "<ctrlz>", "<ctrlk>", "<ctrlx>", "<ctrlq>", "<ctrlg>"] {
        press(&mut app, key);
        assert!(matches!(app.mode, Mode::Walk) && !app.leaves && app.walk.position() == here, "{key}");
    }
    // Nor in a menu, in a question, at a bookmark.
    press(&mut app, "<enter><ctrla><ctrlq>");
    assert!(matches!(app.mode, Mode::Menu { marked: 0 }));
    press(&mut app, "<esc>a<ctrlh><ctrls>");
    assert!(matches!(app.mode, Mode::Question { .. }) && !sees(&app, "Hint: "));
    press(&mut app, "<esc>m<ctrla>");
    assert!(app.bookmarks.is_empty());
}

#[test]
fn a_problem_is_told_until_the_next_key_and_holds_nobody_up() {
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc>g30s<enter>:nonsense<enter>");
    assert!(sees(&app, "! `nonsense` is no view"));
    press(&mut app, ":no<enter>");
    assert!(!sees(&app, "is no view"), "{}", screen(&app, 140, 45));
    // Problems of several lines stand at the foot as well: who types on is not held up.
    press(&mut app, "xapply -f nosuch.yaml<enter>");
    assert!(app.is_refused() && matches!(app.mode, Mode::Walk), "{}", screen(&app, 140, 45));
    press(&mut app, "xscale deploy");
    assert!(sees(&app, "Do now: scale deploy"), "{}", screen(&app, 140, 45));
    press(&mut app, "<esc>:nonsense<enter><esc>");
    assert!(sees(&app, ":nodes"), "Esc takes the problem away, and no more");
}

/// Whom a move leads to is selected where it is listed; else what has made it is. Nothing is done to what is not shown.
#[test]
fn nothing_is_done_to_what_is_not_shown() {
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc>:deploy<enter>ff");
    let seen = screen(&app, 120, 40);
    assert!(seen.lines().any(|line| line.starts_with(">billing ")), "{seen}");
    press(&mut app, "<enter>");
    assert!(sees(&app, "What is done to deployment/billing?"), "{}", screen(&app, 140, 45));
    // A filter hides as well.
    press(&mut app, "<esc><esc>:po<enter>/no-such-row<enter><enter>");
    assert!(sees(&app, "! nothing is selected"), "{}", screen(&app, 140, 45));
    // What is gone can be looked at, and no more.
    let mut app = open("crash-loop");
    press(&mut app, "g20s<enter>xdelete pod/orders --grace-period=0 --force<enter><esc><end><enter>");
    assert!(
        sees(&app, "! orders is gone from the API server: nothing can be done to it"),
        "{}",
        screen(&app, 140, 45)
    );
}

#[test]
fn why_is_asked_of_nodes_and_events_and_an_event_leads_to_its_object() {
    let mut app = open("node-lost");
    press(&mut app, "g7m<enter>:no<enter>");
    let lost = (0..app.line_count()).find(|at| app.shown_lines(*at, 1).1[0].contains("NotReady"));
    press(&mut app, &"<down>".repeat(lost.expect("one is lost")));
    let seen = screen(&app, 120, 40);
    assert!(seen.contains(": NotReady | ") && !seen.contains("| STATUS"), "the marked one alone: {seen}");
    press(&mut app, "w");
    assert!(sees(&app, "Why?") && sees(&app, "Ready True -> Unknown"), "{}", screen(&app, 140, 45));
    press(&mut app, "<esc>:ev<enter>");
    let about = app.shown_lines(0, app.line_count()).1.iter().position(|line| line.contains("pod/"));
    press(&mut app, &"<down>".repeat(about.expect("a pod's")));
    let line = app.shown_lines(app.row, 1).1.remove(0);
    press(&mut app, "w");
    assert!(sees(&app, "Why?") && !app.is_refused(), "{}", screen(&app, 140, 45));
    press(&mut app, "<esc><enter>");
    let name =
        line.split_whitespace().find_map(|word| word.strip_prefix("pod/")).expect("its name").to_owned();
    let selected = app.pod().expect("a pod is selected");
    assert_eq!(app.walk.world().pods[selected.ix()].ident.name.to_string(), name);
    press(&mut app, ":ns<enter><enter>");
    assert!(sees(&app, ":pods") && sees(&app, "/-n default"), "{}", screen(&app, 140, 45));
}

/// A list of one kind has the columns that kubectl has for it, and on a narrow screen the age stays.
#[test]
fn a_kind_has_its_own_columns() {
    let mut app = open("drain-budget");
    press(&mut app, "<esc>g1m<enter>:pdb<enter>");
    let seen = screen(&app, 120, 40);
    for header in ["MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"] {
        assert!(seen.contains(header), "no {header}: {seen}");
    }
    assert!(!seen.contains("RESTARTS") && !seen.contains("(: )"), "{seen}");
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc>g2m<enter>:deploy<enter>");
    let seen = screen(&app, 80, 24);
    assert!(seen.contains("UP-TO-DATE") && seen.contains("AVAILABLE") && !seen.contains("NODE"), "{seen}");
    press(&mut app, ":rs<enter>");
    assert!(screen(&app, 80, 24).contains("DESIRED"), "{}", screen(&app, 80, 24));
    press(&mut app, ":po<enter>");
    let seen = screen(&app, 80, 24);
    let header = seen.lines().nth(1).expect("a header");
    assert!(header.contains("AGE") && header.contains("STATUS"), "{seen}");
    // A ReplicaSet has no STATUS, and nothing stands below RESTARTS that is none.
    press(&mut app, ":all<enter>");
    let wide = screen(&app, 200, 60);
    let set = wide.lines().find(|line| line.contains("replicaset/")).expect("a ReplicaSet");
    assert!(!set.contains("Progressing") && !set.contains("Complete") && !set.contains("rev "), "{wide}");
    assert!(wide.contains("OVER TIME"), "{wide}");
}

/// Each pane can be scrolled where several stand side by side, the latest at its end.
#[test]
fn panes_side_by_side_take_the_keys() {
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc><end><esc>2");
    let seen = |app: &App| screen(app, 120, 40);
    let before = seen(&app);
    press(&mut app, "<pgup>");
    assert_ne!(seen(&app), before, "events are scrolled up: {before}");
    press(&mut app, "<pgdn><pgdn><pgdn>");
    assert_eq!(seen(&app), before, "and down again, no further than the end");
    assert_eq!(app.scroll, 0);
    press(&mut app, "Z");
    let zoomed = seen(&app);
    assert!(zoomed.matches("ScalingReplicaSet").count() >= before.matches("ScalingReplicaSet").count());
    assert!(zoomed.contains(" 1 State ") && zoomed.contains(" 8 Nodes "), "one pane with all tabs: {zoomed}");
}

#[test]
fn where_we_are_stands_beside_its_mark() {
    let mut app = open("crash-loop");
    for (keys, own) in [("g2941ms<enter>", "▲2.941s"), ("g59s<enter>", "59.000s▲"), ("g0s<enter>", "▲0.000s")]
    {
        press(&mut app, keys);
        for (width, height) in [(60, 16), (80, 24), (200, 60)] {
            let seen = screen(&app, width, height);
            let axis = seen.lines().find(|line| line.contains('▲')).expect("a line of time");
            assert!(axis.contains(own), "{axis}");
        }
    }
}

/// Who steps through a run is asked nothing that he has not asked for.
#[test]
fn step_asks_nothing_unless_it_is_asked_to() {
    let muted = || {
        let mut walk = walk_of("two.toml", TWO);
        walk.quiz.mute = true;
        App::new(walk)
    };
    let mut app = muted();
    press(&mut app, "<esc>g10s<enter>");
    assert!(matches!(app.mode, Mode::Walk) && app.walk.offset().secs() == 10, "{}", screen(&app, 80, 24));
    let mut app = muted();
    press(&mut app, "<esc>z");
    assert!(sees(&app, "questions: the lesson's own"), "{}", screen(&app, 80, 24));
    press(&mut app, "g10s<enter>");
    assert!(matches!(app.mode, Mode::Question { .. }));
    // A move that is not gone on with is not forgotten without a word.
    press(&mut app, "<esc>");
    assert!(sees(&app, "not answered; the way to 10.000s ends here"), "{}", screen(&app, 80, 24));
}

#[test]
fn lessons_are_found_by_their_words() {
    let mut contents = Contents::new(Course::new(Progress::default()));
    let typed = |contents: &mut Contents, keys: &str| {
        let mut chosen = None;
        for event in events(keys) {
            chosen = contents.key(event);
        }
        chosen
    };
    let shown = |contents: &Contents| drawn(80, 24, |frame| contents.draw(frame));
    assert_eq!(typed(&mut contents, "/drain budget"), None);
    let seen = shown(&contents);
    assert!(seen.contains("drain-budget") && !seen.contains("happy-path"), "{seen}");
    let Some(Choice::Lesson(at)) = typed(&mut contents, "<enter><enter>") else { panic!("{seen}") };
    let course = Course::new(Progress::default());
    assert!(course.lessons[at].name.contains("drain") || course.lessons[at].title.contains("drain"));
    // Esc takes the words away first, then asks once.
    assert_eq!(typed(&mut contents, "<esc>"), None);
    assert_eq!(typed(&mut contents, "<esc>"), None);
    assert!(shown(&contents).contains("Esc again, or q, leaves"));
    assert_eq!(typed(&mut contents, "j<esc>"), None, "another key is another question");
    assert_eq!(typed(&mut contents, "<esc>"), Some(Choice::Leave));
    let last = course.lessons.last().expect("lessons").name.clone();
    assert_eq!(typed(&mut contents, "G"), None);
    assert!(shown(&contents).contains(&format!("> {last} ")), "{}", shown(&contents));
    typed(&mut contents, "e");
    assert!(shown(&contents).contains("`e` is no key here; ? lists them"));
    typed(&mut contents, "?");
    assert!(shown(&contents).contains("the next one that is open"));
    assert_eq!(typed(&mut contents, "q"), None, "it closes the keys");
    typed(&mut contents, "/nothing-like-it");
    assert!(shown(&contents).contains("No lesson has these words"));
    assert_eq!(typed(&mut contents, "<enter><enter>"), None);
}

/// History tells what has changed, to the end of its sentences.
#[test]
fn history_has_no_change_from_one_thing_to_the_same() {
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc><end><esc>6Z");
    let seen = screen(&app, 80, 60);
    let (_, history) = seen.split_once("6 History").expect("the pane");
    assert!(app.tab == Tab::History && !history.contains("…"), "{seen}");
    for line in history.lines() {
        let (_, way) = line.split_once(": ").unwrap_or_default();
        if let Some((from, to)) = way.split_once(" -> ") {
            let last = |text: &str| text.split_whitespace().next_back().map(str::to_owned);
            assert_ne!(last(from), to.split_whitespace().next().map(str::to_owned), "{line}");
        }
    }
}

/// A digit before its question moves nothing in a lesson; a question in a lesson goes on with the way it came in.
#[test]
fn a_lesson_goes_on_where_its_question_came() {
    let mut app = lesson("deadline-clock");
    press(&mut app, "<esc><end>1");
    assert!(sees(&app, "Enter goes on to the end, Esc stays here"), "{}", screen(&app, 80, 24));
    press(&mut app, "<enter>");
    assert!(matches!(app.mode, Mode::Question { .. }), "the next one: {}", screen(&app, 80, 24));
}

/// A boot of a minute under a liveness probe that kills it after half of that, and a readiness probe that asks every 5 s.
fn slow_boot() -> App {
    const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  \
                            template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: app\n        image: web:1\n        \
                            livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 20, periodSeconds: 5}\n        readinessProbe: \
                            {tcpSocket: {port: 80}, periodSeconds: 5}\n";
    let text = "until = \"5m\"\n[[apply]]\nmanifest = \"web.yaml\"\n[[program]]\nworkload = \"deployment/web\"\nboots = \"60s\"\n";
    let loaded = Script::load("slow.toml", text, &|_| Ok(MANIFEST.to_owned()), &[]);
    let (script, loaded) = loaded.unwrap_or_else(|told| panic!("{}", told.render(false)));
    App::new(Walk::new(script, &Arc::new(loaded.plan), 0))
}

/// Who has gone to an event is told why of that event, though another one came with it, down to what the scenario says.
#[test]
fn why_explains_what_a_move_has_looked_for() {
    let mut app = slow_boot();
    press(&mut app, "uevent=Killing<enter>");
    assert!(
        sees(&app, "Normal event Killing: Container app failed liveness probe"),
        "{}",
        screen(&app, 120, 40)
    );
    press(&mut app, "w");
    let seen = screen(&app, 200, 60);
    assert!(seen.contains("Normal event Killing"), "{seen}");
    assert!(seen.contains("the liveness probe of app had failed 3 time(s) in a row"), "{seen}");
    let says = "[[program]] of app boots: it answers liveness probes from 1m0s after its start on; by then it had run for ";
    assert!(seen.contains(says), "{seen}");
    // Another move looks for something else; the same place reached backwards is told as it was.
    press(&mut app, "<esc>n");
    press(&mut app, "Uevent=Unhealthy<enter>w");
    let seen = screen(&app, 200, 60);
    assert!(seen.contains("event Unhealthy") && seen.contains("probe of app failed"), "{seen}");
}

/// A probe that goes on failing is one failure.
#[test]
fn the_next_failure_is_another_one() {
    let mut app = slow_boot();
    let (mut places, mut before) = (Vec::new(), app.walk.now());
    for _ in 0..30 {
        press(&mut app, "f");
        if app.walk.now() == before || app.walk.offset().secs() > 40 {
            break;
        }
        before = app.walk.now();
        places.push(app.walk.offset().secs());
    }
    assert!((1..=6).contains(&places.len()), "two pods, two probes each: {places:?}");
    assert!(places.last().is_some_and(|at| *at >= 20), "{places:?}");
}

/// A command of kubectl that is typed as if this were a shell is no instant and no file's name.
#[test]
fn who_types_commands_is_told_how() {
    let mut app = open("crash-loop");
    for (typed, told) in [
        ("get pods<enter>", "`get pods`: `:` lists (:po, :deploy, :no)"),
        ("scale deployment/web<enter>", "`scale deployment/web`: press x first"),
        ("uncordon node-0<enter>", "`uncordon node-0`: press x first"),
    ] {
        press(&mut app, typed);
        assert!(sees(&app, told), "{}", screen(&app, 80, 24));
        assert!(!sees(&app, "saved"), "{}", screen(&app, 80, 24));
    }
}

/// What came after a question is told of whom it names, and how it stood at last.
#[test]
fn what_then_came_shows_the_answer() {
    let mut app = lesson("crash-loop");
    for _ in 0..3 {
        press(&mut app, "<esc><end>");
        let wrong = (app.walk.quiz.pending().expect("a question").answer + 1) % 3 + 1;
        press(&mut app, &wrong.to_string());
    }
    press(&mut app, "<esc><end>");
    let told = app.walk.debrief();
    let last = told.rsplit("then came: ").next().expect("the last question").to_owned();
    let (came, _) = last.split_once("because:").expect("a reason");
    assert!(came.contains("more changes, and then") && came.contains("RESTARTS 8"), "{came}");
    assert_eq!(told.matches("then came: ").count(), 3, "{told}");
}

/// A restart that is shorter than a cell has a mark in the strip.
#[test]
fn a_restart_leaves_its_mark_however_short() {
    let mut app = slow_boot();
    press(&mut app, "urestarts>=2<enter>");
    let seen = screen(&app, 120, 40);
    let lane =
        seen.lines().find(|line| line.trim_start().starts_with("app ·")).expect("the container's lane");
    assert_eq!(lane.matches('r').count(), 2, "{seen}");
}
