//! The full screen of `drill`: the same conversation as line by line, with causes to choose from.

use kubelapse::drill::Drill;
use kubelapse::tui::DrillScreen;

use super::hands::{drawn, events};

fn drill(seed: u64) -> DrillScreen {
    DrillScreen::new(Drill::new(seed, 1).expect("there is such a drill"))
}

fn press(drill: &mut DrillScreen, keys: &str) {
    for event in events(keys) {
        drill.key(event);
    }
}

fn screen(drill: &DrillScreen, width: u16, height: u16) -> String {
    drawn(width, height, |frame| drill.draw(frame))
}

fn sees(drill: &DrillScreen, text: &str) -> bool {
    screen(drill, 140, 45).contains(text)
}

#[test]
fn a_drill_as_it_goes() {
    let mut own = drill(7);
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        insta::assert_snapshot!(format!("start_{width}x{height}"), screen(&own, width, height));
    }
    press(&mut own, "kubectl get pods<enter>");
    insta::assert_snapshot!("said_80x24", screen(&own, 80, 24));
    insta::assert_snapshot!("said_120x40", screen(&own, 120, 40));
    press(&mut own, "<tab><down>");
    insta::assert_snapshot!("kinds_80x24", screen(&own, 80, 24));
    press(&mut own, "<enter>");
    insta::assert_snapshot!("objects_80x24", screen(&own, 80, 24));
    // What the menu does not have is typed.
    press(&mut own, "<esc>");
    assert!(sees(&own, "> cause "));
    press(&mut own, "<esc>?");
    assert!(sees(&own, "What can be said"));
    press(&mut own, "<esc>");
    // The points and the way out stand on the narrowest screen, too.
    let narrow = screen(&own, 60, 16);
    assert!(
        narrow.contains("0 points so far, 0 wrong") && narrow.contains("? help  Ctrl-C leaves"),
        "{narrow}"
    );
    for (width, height) in [(40, 12), (20, 5), (1, 1), (60, 16), (300, 80)] {
        for keys in ["?", "<esc><tab>", "<enter>", "<esc><esc>"] {
            press(&mut own, keys);
            screen(&own, width, height);
        }
    }
}

/// What is not well stands first, in the order in which it stands elsewhere, also on the smallest screen.
#[test]
fn what_is_broken_stands_first() {
    let is_amiss = |group: &Vec<String>| {
        let told = |line: &String, words: &[&str]| words.iter().any(|word| line.contains(word));
        let is_job = group[0].starts_with("cronjob/") || group[0].starts_with("job/");
        group.iter().any(|line| match is_job {
            true => told(line, &["  Suspended  ", "  Failed  "]),
            false => told(line, &["  Progressing  ", "  Paused  ", "  Failed  ", "  0 ready"]),
        })
    };
    for (seed, level) in (0..6).flat_map(|seed| [1, 2, 3, 4, 5].map(|level| (seed, level))) {
        let mut own = DrillScreen::new(Drill::new(seed, level).expect("there is such a drill"));
        let mut groups: Vec<Vec<String>> = Vec::new();
        for line in own.drill.observe().lines().map(str::to_owned) {
            match groups.last_mut().filter(|_| line.starts_with(' ')) {
                Some(group) => group.push(line),
                None => groups.push(vec![line]),
            }
        }
        let (broken, well): (Vec<Vec<String>>, _) = groups.into_iter().partition(is_amiss);
        let first = broken.first().expect("something is").clone();
        let expected: Vec<String> = broken.into_iter().chain(well).flatten().collect();
        assert_eq!(own.drill.observe_within(24), expected, "seed {seed}, level {level}");
        let seen = screen(&own, 80, 24);
        let (_, rows) = seen.split_once("what is not well first").expect("its heading");
        let name = first[0].split(' ').next().expect("a name");
        assert!(rows.lines().nth(1).is_some_and(|row| row.starts_with(name)), "{name}: {seen}");
    }
}

/// A cause that is chosen is named as if it had been typed; all is mended, and the screen tells what it came to.
#[test]
fn it_is_the_same_conversation_as_line_by_line() {
    let (mut own, mut plain) = (drill(3), Drill::new(3, 1).expect("there is such a drill"));
    let (kind, object) = plain.causes().remove(0);
    let at = Drill::kinds().position(|(own, _)| own == kind).expect("a kind of the menu");
    let of = own.drill.objects().iter().position(|own| *own == object);
    let of = of.unwrap_or_else(|| panic!("{object} is none of {:?}", own.drill.objects()));
    press(&mut own, &format!("<tab>{}<enter><enter>", "<down>".repeat(at)));
    assert!(
        sees(&own, &format!("> cause {kind} ")) && own.drill.score().wrong == 0,
        "nothing is named by chance"
    );
    press(&mut own, &format!("<esc><tab>{}<enter>{}<enter>", "<down>".repeat(at), "<down>".repeat(of + 1)));
    assert!(sees(&own, "Right."), "{}", screen(&own, 140, 45));
    plain.say(&format!("cause {kind} {object}"));
    for line in plain.mends() {
        press(&mut own, &format!("{line}<enter>"));
        plain.say(&line);
    }
    while !plain.is_solved() {
        press(&mut own, "sleep 1m<enter>");
        plain.say("sleep 1m");
    }
    assert!(own.drill.is_over() && sees(&own, "  mended"), "{}", screen(&own, 140, 45));
    assert_eq!(own.drill.score(), plain.score());
    assert!(!own.leaves);
    press(&mut own, "<enter>");
    assert!(own.leaves);
}

#[test]
fn what_is_typed_can_be_changed_and_fetched_back() {
    let mut own = drill(7);
    press(&mut own, "get podz<back>s<enter>get nodes<enter><up><up>");
    assert!(sees(&own, "> get pods"), "{}", screen(&own, 140, 45));
    press(&mut own, "<down>");
    assert!(sees(&own, "> get nodes"));
    press(&mut own, "<esc><pgup>");
    assert!(!sees(&own, "> get nodes"));
    press(&mut own, "causes<enter>");
    assert!(sees(&own, "What is the cause?"));
    press(&mut own, "<ctrlc>");
    assert!(own.leaves);
    let mut own = drill(7);
    press(&mut own, "quit<enter>");
    assert!(own.leaves);
}
