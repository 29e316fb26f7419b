//! What each key does, what is typed and filled in, and what the mouse points at.

use std::sync::Arc;

use kubelapse::scenario::builtin;
use kubelapse::session::{Script, Walk};
use kubelapse::time::Span;
use kubelapse::tui::{App, KEYS, Mode, Tab, Zoom};
use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::hands::{lesson, open, press, screen, sees, walk_of};
use super::lessons::TWO;

/// Where a walk stands, in events and in time.
fn place(app: &App) -> (u64, kubelapse::time::Span) {
    (app.walk.position(), app.walk.offset())
}

/// What the mouse does at a place of the small screen.
fn point(app: &mut App, kind: MouseEventKind, column: u16, row: u16) {
    screen(app, 80, 24);
    app.mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
}

/// Each key of the table does what its help says; one that is added has no test, and this fails.
#[test]
fn every_key_has_its_test() {
    // One small world for all of them, played once.
    let found = builtin::find("rollout-stalls").expect("it is shipped");
    let text = found.text.split("\n[lesson]").next().unwrap_or_default();
    let (script, loaded) = Script::load("keys.toml", text, &builtin::manifest, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    walk.seek_time(walk.plan().start + Span::from_secs(90));
    for key in &KEYS {
        check(key.shown, &walk);
    }
}

#[expect(clippy::too_many_lines, reason = "a table: one arm a key")]
fn check(shown: &str, walk: &Walk) {
    let mut app = App::new(walk.clone());
    press(&mut app, "<esc>");
    let here = place(&app);
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
                ("dp", ":deployments"),
                ("no", "ROLES"),
                ("svc", ":services"),
                ("ev", "LAST SEEN"),
                ("coming", ":coming"),
                ("ns", "kube-system"),
                ("cm", ":configmaps"),
                ("secret", ":secrets"),
                ("pvc", ":pvc"),
                ("quota", ":resourcequotas"),
            ] {
                press(&mut app, &format!(":{view}<enter>"));
                assert!(sees(&app, words), "{view}: {}", screen(&app, 140, 45));
                press(&mut app, "<down><up>");
            }
            press(&mut app, ":deplo<enter>");
            assert!(sees(&app, "! `deplo` is no view; did you mean `deploy`?"));
            press(&mut app, ":help<enter>");
            assert!(sees(&app, "next change that kubectl would show"));
            press(&mut app, "<esc>:q<enter>");
            assert!(app.leaves);
        }
        "/" => {
            press(&mut app, ":po<enter>/no-such-row<enter>");
            assert!(sees(&app, "No row is kept by the filter"));
            press(&mut app, "<esc>/!no-such-row<enter>");
            assert!(!sees(&app, "No row is kept by the filter"));
            // It begins empty, is applied as it is typed, and Esc brings the one before back.
            let all = app.listed().len();
            press(&mut app, "/zzz");
            assert!(app.listed().is_empty() && sees(&app, "Keep rows with: zzz"));
            press(&mut app, "<esc>");
            assert!(app.listed().len() == all && sees(&app, "/!no-such-row"));
            press(&mut app, "/-n default<enter>");
            assert_eq!(app.listed().len(), all);
        }
        "PgUp" | "PgDn" => {
            press(&mut app, "<pgdn><pgdn>");
            assert_eq!(app.scroll, 10);
            press(&mut app, "<pgup>");
            assert_eq!(app.scroll, 5);
        }
        "Ctrl-U" | "Ctrl-D" => {
            press(&mut app, "d");
            screen(&app, 80, 24);
            press(&mut app, "<ctrld><ctrlf>");
            let down = app.scroll;
            assert!(down > 2 && matches!(app.mode, Mode::Walk) && !app.leaves, "{down}");
            press(&mut app, "<ctrlu>");
            assert!(app.scroll < down && matches!(app.mode, Mode::Walk));
            press(&mut app, "<ctrlb><ctrlb>");
            assert_eq!(app.scroll, 0);
        }
        "Z" => {
            press(&mut app, "4");
            let pane = |app: &App| screen(app, 80, 24).lines().position(|line| line.contains("[4 Describe]"));
            let high = pane(&app);
            press(&mut app, "Z");
            assert!(pane(&app) < high && app.zoom == Zoom::Pane, "{}", screen(&app, 80, 24));
            press(&mut app, "Z");
            assert!(pane(&app).is_none() && app.zoom == Zoom::Table, "{}", screen(&app, 80, 24));
            press(&mut app, "Z");
            assert!(pane(&app) == high && app.zoom == Zoom::Nothing);
            press(&mut app, "Z<esc>");
            assert_eq!(app.zoom, Zoom::Nothing);
        }
        "Ctrl-A" => {
            press(&mut app, "<ctrla>");
            assert!(sees(&app, " Views ") && place(&app) == here, "{}", screen(&app, 140, 45));
        }
        "Ctrl-L" => {
            press(&mut app, "<ctrll>");
            assert!(app.redraws && place(&app) == here);
        }
        "Ctrl-Z" => {
            let on = app.walk.quiz.on;
            press(&mut app, "<ctrlz>");
            assert!(sees(&app, "! Ctrl-Z does not suspend this: q leaves") && app.walk.quiz.on == on);
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
            press(&mut app, shown);
            assert!(sees(&app, "! logs are of pods: select one") && !app.previous);
            press(&mut app, "<down><down>o");
            assert_eq!((app.container, app.previous), (1, false));
            press(&mut app, "v");
            assert!(app.previous);
        }
        "l" => {
            press(&mut app, "<down><down>l");
            assert!(app.tab == Tab::Logs && place(&app) == here, "no time has passed");
            assert!(screen(&app, 80, 24).contains("kubectl logs billing-"), "{}", screen(&app, 80, 24));
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
        "a" => {
            let mut app = open("crash-loop");
            press(&mut app, "g30s<enter>a");
            assert!(sees(&app, "What do you expect?"));
            press(&mut app, "<down><up>h1");
            assert!(matches!(app.mode, Mode::Verdict));
            press(&mut app, "<enter>a<enter>");
            assert!(matches!(app.mode, Mode::Verdict));
        }
        "1-9 ↑↓ Enter" => {
            press(&mut app, "<enter>2");
            assert!(
                matches!(&app.mode, Mode::Form(form) if form.title == "set image"),
                "{}",
                screen(&app, 80, 24)
            );
            press(&mut app, "<esc><down><down><enter>");
            assert!(matches!(&app.mode, Mode::Form(form) if form.title == "set resources"));
            // The tenth and those behind it have keys as well.
            press(&mut app, "<esc>a");
            assert!(
                matches!(&app.mode, Mode::Form(form) if form.title == "delete"),
                "{}",
                screen(&app, 80, 24)
            );
            let mut app = open("crash-loop");
            press(&mut app, "g30s<enter>a2");
            assert!(matches!(app.mode, Mode::Verdict));
        }
        "h s z" => {
            let mut app = App::new(walk_of("two.toml", TWO));
            press(&mut app, "<esc>g10s<enter>");
            assert!(sees(&app, "z: no questions any more"), "{}", screen(&app, 80, 24));
            press(&mut app, "hz");
            assert!(app.walk.quiz.mute && matches!(app.mode, Mode::Walk));
            assert_eq!(app.walk.offset().secs(), 10, "and the way goes on");
            let mut app = lesson("deadline-clock");
            press(&mut app, "<esc><end>s");
            assert!(sees(&app, "passed by, without a point"));
        }
        "Enter Esc" => {
            for (keys, secs) in [("<enter>", 10), ("<esc>", 1)] {
                let mut app = App::new(walk_of("two.toml", TWO));
                press(&mut app, "<esc>g10s<enter>1");
                assert!(sees(&app, "Enter goes on to 10.000s, Esc stays here"), "{}", screen(&app, 80, 24));
                // Nothing else closes it.
                press(&mut app, "u");
                assert!(matches!(app.mode, Mode::Verdict));
                press(&mut app, keys);
                assert_eq!(app.walk.offset().secs(), secs, "{keys}");
                assert!(matches!(app.mode, Mode::Walk));
            }
        }
        "Tab " => {
            press(&mut app, ":dep<tab><enter>");
            assert!(sees(&app, ":deployments"), "{}", screen(&app, 140, 45));
            press(&mut app, "xscal<tab>deployment/b<tab>--replicas=7<enter>");
            assert!(sees(&app, "scaled"), "{}", screen(&app, 140, 45));
            press(&mut app, "L");
            assert!(sees(&app, "scale deployment/billing --replicas=7"), "{}", screen(&app, 140, 45));
        }
        "↑ ↓" => {
            let node = app.walk.world().nodes[0].spec.name;
            press(&mut app, &format!("xcordon node/{node}<enter>xuncordon node/{node}<enter>x<up><up>"));
            assert!(sees(&app, &format!("Do now: cordon node/{node}")), "{}", screen(&app, 140, 45));
            press(&mut app, "<down><enter>");
            assert!(sees(&app, &format!("node/{node} already uncordoned")), "{}", screen(&app, 140, 45));
            press(&mut app, "/Running<enter>/<up>");
            assert!(sees(&app, "Keep rows with: Running"), "of one prompt alone");
        }
        "← → Home End" => {
            press(&mut app, "g0s<left><left>4<enter>");
            assert_eq!(app.walk.offset().secs(), 40);
            press(&mut app, "g9s<home><del>3<enter>");
            assert_eq!(app.walk.offset().secs(), 3);
            press(&mut app, "gnonsense<ctrlu>5<end>s<enter>");
            assert_eq!(app.walk.offset().secs(), 5);
        }
        "↑↓ PgUp PgDn" => {
            press(&mut app, "?");
            let first = screen(&app, 80, 24);
            for keys in ["<down>", "<pgdn>", "<ctrld>", "<end>"] {
                let before = screen(&app, 80, 24);
                press(&mut app, keys);
                assert_ne!(screen(&app, 80, 24), before, "{keys}");
            }
            assert!(screen(&app, 80, 24).contains(" the end "));
            // It is not scrolled beyond its end.
            press(&mut app, "<down><down><up>");
            assert!(!screen(&app, 80, 24).contains(" the end "));
            press(&mut app, "<home>");
            assert_eq!(screen(&app, 80, 24), first);
        }
        "/ n N" => {
            screen(&app, 80, 24);
            press(&mut app, "?/breakpoint");
            let seen = screen(&app, 80, 24);
            assert!(seen.contains("Keys: 3 lines found") && seen.contains("set a breakpoint"), "{seen}");
            press(&mut app, "<enter>n");
            let second = screen(&app, 80, 24);
            press(&mut app, "N");
            assert!(second != screen(&app, 80, 24) && second.contains("to the next breakpoint"), "{second}");
            press(&mut app, "<esc>");
            assert!(!matches!(app.mode, Mode::Walk) && !sees(&app, "lines found"), "the search ends first");
            press(&mut app, "<esc>");
            assert!(matches!(app.mode, Mode::Walk));
        }
        "Esc q Enter" => {
            for keys in ["<esc>", "q", "<enter>"] {
                press(&mut app, "w");
                assert!(sees(&app, "Why?"));
                press(&mut app, keys);
                assert!(matches!(app.mode, Mode::Walk) && !app.leaves, "{keys}");
            }
            press(&mut app, "wx");
            assert!(sees(&app, "Do now:") && !sees(&app, "Why?"), "what is typed on is not lost");
            press(&mut app, "<esc>we");
            assert!(sees(&app, "Why?"), "what is no key closes nothing");
        }
        "z" => {
            let on = app.walk.quiz.on;
            press(&mut app, "z");
            assert_ne!(app.walk.quiz.on, on);
        }
        "S" | "r" => {
            press(&mut app, "S");
            assert!(sees(&app, "! no question of a lesson waits"));
            press(&mut app, "r");
            assert!(sees(&app, "! there is no lesson whose questions could be asked again"));
            let mut app = lesson("deadline-clock");
            press(&mut app, "<esc>r<enter>");
            assert!(sees(&app, "! nothing was asked yet"), "{}", screen(&app, 140, 45));
            press(&mut app, "<end><esc>S");
            assert!(sees(&app, "passed by, without a point") && !app.walk.quiz.insists());
            press(&mut app, "rx<enter>");
            assert!(sees(&app, "! `x`: which one?"), "{}", screen(&app, 140, 45));
            press(&mut app, "r1<enter>");
            assert!(sees(&app, "What do you expect?") && app.walk.quiz.insists());
            // From the question and from its verdict as well.
            press(&mut app, "s");
            assert!(sees(&app, "passed by, without a point") && !app.walk.quiz.insists());
            press(&mut app, "r<enter>1");
            assert!(matches!(app.mode, Mode::Verdict));
            press(&mut app, "r");
            assert!(matches!(app.mode, Mode::Question { .. }) && app.walk.quiz.insists());
        }
        "Q" => {
            press(&mut app, "Q");
            assert!(sees(&app, "How the predictions went"));
        }
        "d" => {
            press(&mut app, "d");
            assert!(app.tab == Tab::Describe && sees(&app, "StrategyType:"), "{}", screen(&app, 140, 45));
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
            // What is saved is left without a word.
            let node = app.walk.world().nodes[0].spec.name;
            press(&mut app, &format!("xcordon node/{node}<enter>slesson.toml<enter>q"));
            assert!(app.leaves);
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
            let node = app.walk.world().nodes[0].spec.name;
            let mut other = App::new(walk.clone());
            press(&mut other, &format!("xcordon node/{node}<enter>q"));
            assert!(!other.leaves && sees(&other, "! what was done is not saved: s saves it"), "asked once");
            press(&mut other, "q");
            assert!(other.leaves);
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
            press(&mut app, "4");
            point(&mut app, MouseEventKind::ScrollDown, 5, 20);
            assert_eq!(app.scroll, 3);
            // What is pointed at is what the keys go to.
            screen(&app, 140, 45);
            app.mouse(MouseEvent { kind: click, column: 100, row: 24, modifiers: KeyModifiers::NONE });
            assert_eq!(app.tab, Tab::Events);
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
        other => panic!("`{other}` has no test"),
    }
}

/// The menu is about what is selected, the form has what stands there now, and the command is what one would have typed.
#[test]
fn what_can_be_done_is_chosen_and_filled_in() {
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc>g30s<enter><enter>");
    moment!("menu", &app);
    press(&mut app, "1");
    moment!("form", &app);
    // What cannot be read stays in the form.
    press(&mut app, "<back>many<enter>");
    assert!(matches!(&app.mode, Mode::Form(form) if form.problem.is_some()), "{}", screen(&app, 80, 24));
    moment!("form_refused", &app);
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
    moment!("playing", &app);
    app.pass(std::time::Duration::from_secs(3600));
    assert!(!app.playing, "the end of the run");
    assert!(app.walk.at_end());
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

#[test]
fn an_action() {
    let mut app = open("probes");
    press(&mut app, "g20s<enter>xdelete po");
    moment!("action_typing", &app);
    press(&mut app, "<esc>");
    let name = app.walk.world().pods[0].ident.name.to_string();
    press(&mut app, &format!("xdelete pod/{name}<enter>2"));
    moment!("action_done", &app);
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
    moment!("error_line", &app);
    press(&mut app, "xdelete pod/order<enter>");
    moment!("error_popup", &app);
}
