//! What hands do that know k9s: each word and key of the table does something, and the documentation has the table.

use kubelapse::tui::{App, Habit, PRESSED, WORDS};

use super::hands::{open, press, screen};

/// One small world, played once, in which each word and key is tried.
fn at_work() -> impl Fn() -> App {
    let mut first = open("rollout-stalls");
    press(&mut first, "<esc>g30s<enter>");
    move || {
        let mut app = App::new(first.walk.clone());
        press(&mut app, "<esc>");
        app
    }
}

fn sees(app: &App, text: &str) -> bool {
    screen(app, 80, 24).contains(text)
}

/// Every word is understood, and what cannot be had is answered by one line of the smallest screen.
#[test]
fn each_word_is_answered() {
    let at_work = at_work();
    for (habit, word) in WORDS.iter().flat_map(|own| own.typed.iter().map(move |word| (own, *word))) {
        let mut app = at_work();
        press(&mut app, &format!(":{word}<enter>"));
        let seen = screen(&app, 80, 24);
        match habit.typed[0] {
            "q" => assert!(app.leaves, "{word}"),
            "help" => assert!(seen.contains("─ Keys ─") || seen.contains(" Keys "), "{word}: {seen}"),
            "alias" => assert!(seen.contains(" Views ") && seen.contains(":deploy"), "{word}: {seen}"),
            "dp" => assert!(seen.contains(":deployments"), "{word}: {seen}"),
            "jo" => assert!(seen.contains(":jobs"), "{word}: {seen}"),
            "wk" => assert!(!app.is_refused() && seen.contains("deployment/billing"), "{word}: {seen}"),
            "xray" => assert!(seen.lines().any(|line| line == habit.told), "{word}: {seen}"),
            _ => assert!(seen.lines().any(|line| line == format!("! {}", habit.told)), "{word}: {seen}"),
        }
    }
}

#[test]
fn each_key_is_answered() {
    let at_work = at_work();
    for (key, told) in [
        ("0", "! `0`: all namespaces are listed already"),
        ("e", "! `e`: edit: Enter has forms"),
        ("i", "! `i`: set image: Enter has a form"),
        ("<ctrlk>", "! `Ctrl-K`: kill: Enter, delete, grace 0"),
        ("<ctrlw>", "! `Ctrl-W`: columns come with the width"),
        ("<ctrle>", "! `Ctrl-E`: columns come with the width"),
        ("[", "! `[`: back: Esc goes back"),
        ("<ctrla>", ":deploy  Deployments (also deployment, deployments, dp)"),
        ("<ctrld><ctrld><ctrld><ctrld>", "! nothing stands below; to delete: Enter, delete"),
        ("s", "Save as: "),
        ("p", "▶"),
    ] {
        let mut app = at_work();
        // What there is to be scrolled is known once it is drawn.
        screen(&app, 80, 24);
        press(&mut app, key);
        assert!(sees(&app, told), "{key}: {}", screen(&app, 80, 24));
    }
    let keys = ["0", "e", "i", "Ctrl-K", "Ctrl-W", "Ctrl-E", "[", "Ctrl-A", "Ctrl-D", "s", "p", "F"];
    for habit in &PRESSED {
        assert!(habit.typed.iter().all(|key| keys.contains(key)), "{:?} has no test", habit.typed);
    }
}

/// Behind the name of a view stands what is kept of it.
#[test]
fn a_view_is_asked_for_with_what_is_kept_of_it() {
    let at_work = at_work();
    for (typed, told) in [
        (":po default", ":pods  /-n default"),
        (":po -n default", ":pods  /-n default"),
        (":ns default", ":pods  /-n default"),
        (":po /nobody", ":pods  /nobody"),
        (":dp app=billing", ":deployments  /-l app=billing"),
        (":po all", ":pods "),
        (":ev /Pulled", ":events  /Pulled"),
        (":xray dp", "the tree is the first view already"),
        (":po shop", "! there is no namespace `shop`; `:po /shop` keeps rows with that word"),
        (":po @prod", "! one cluster stands here, the run's"),
        (":ev default", "! `:ev` has no namespaces and labels to keep; `:ev /words` keeps rows"),
        (":ctxt", "! `ctxt` is no view; did you mean `ctx`?"),
    ] {
        let mut app = at_work();
        press(&mut app, &format!("{typed}<enter>"));
        assert!(sees(&app, told), "{typed}: {}", screen(&app, 80, 24));
    }
    // Namespaces are there before anything is in them.
    let mut app = open("rollout-stalls");
    press(&mut app, "<esc>:po kube-system<enter>");
    assert!(sees(&app, ":pods  /-n kube-system"), "{}", screen(&app, 80, 24));
    let mut app = at_work();
    press(&mut app, ":no<enter>:<enter>");
    assert!(!app.is_refused() && sees(&app, ":nodes"), "nothing typed changes nothing");
}

/// The help and the documentation tell all of it.
#[test]
fn help_and_documentation_have_the_table() {
    const FEW: usize = 4;
    let cell = |habit: &Habit, mark: &str| {
        let all: Vec<String> = habit.typed.iter().map(|word| format!("`{mark}{word}`")).collect();
        if all.len() <= FEW { all.join(", ") } else { format!("{}, …", all[..FEW - 1].join(", ")) }
    };
    let rows = WORDS.iter().map(|own| (cell(own, ":"), own.told));
    let rows: Vec<String> = rows
        .chain(PRESSED.iter().map(|own| (cell(own, ""), own.told)))
        .map(|(typed, told)| format!("| {typed} | {told} |"))
        .collect();
    let docs = std::fs::read_to_string("docs/step.md").expect("the page");
    for row in &rows {
        assert!(docs.contains(row), "docs/step.md has no line\n{row}\nof\n{}", rows.join("\n"));
    }
    let mut app = at_work()();
    press(&mut app, "?");
    let seen = screen(&app, 200, 160);
    for habit in WORDS.iter().chain(&PRESSED) {
        assert!(seen.contains(habit.told), "{}: {seen}", habit.told);
    }
}
