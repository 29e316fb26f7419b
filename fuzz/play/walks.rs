//! A conversation: a built-in scenario, and lines that somebody types.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use kubelapse::record::Transition;
use kubelapse::scenario::{builtin, load};
use kubelapse::session::line::Reply;
use kubelapse::session::{Line, Script, Walk};
use kubelapse::time::Time;

use super::bounded;

/// So many lines are heard, and of those that play many futures so many.
const LINES: usize = 7;
const PREDICTIONS: usize = 1;

/// A built-in scenario before anybody has typed.
#[derive(Clone)]
struct Begun {
    walk: Walk,
    /// What is saved of it then.
    saved: Arc<str>,
    /// All that happens if nobody does anything.
    rows: Arc<[Transition]>,
}

/// Those that were asked for: each is loaded once.
static BEGUN: LazyLock<Mutex<BTreeMap<&'static str, Begun>>> = LazyLock::new(Mutex::default);

fn begun(text: &'static str) -> Begun {
    let mut all = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = all.entry(text).or_insert_with(|| {
        let until = ["until=90s".to_owned()];
        // A lesson may expect something later; it is walked through as it is.
        let set = if load("a.toml", text, &builtin::manifest, &until).is_ok() { &until[..] } else { &[] };
        let walk = loaded(text, set);
        let mut whole = walk.clone();
        whole.seek_time(walk.plan().until);
        Begun { saved: walk.saved().into(), rows: whole.history().to_vec().into(), walk }
    });
    begun.clone()
}

fn loaded(text: &str, set: &[String]) -> Walk {
    let (script, loaded) = Script::load("a.toml", text, &builtin::manifest, set)
        .unwrap_or_else(|told| panic!("what was saved does not load: {}\n{text}", told.render(false)));
    let plan = Arc::new(loaded.plan);
    Walk::new(script, &plan, plan.seed)
}

fn before(rows: impl IntoIterator<Item = Transition>, now: Time) -> impl Iterator<Item = Transition> {
    rows.into_iter().filter(move |row| row.time < now)
}

pub fn step(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let begun = begun(bounded::small(*first));
    let mut line = Line::new(begun.walk);
    line.walk.quiz.mute = *first & 64 != 0;
    let saved = RefCell::new(None);
    let save = |walk: &Walk, _: &str| {
        *saved.borrow_mut() = Some((walk.saved(), walk.now()));
        Ok("saved".to_owned())
    };
    let _ = line.welcome();
    let mut predictions = 0;
    for words in text.lines().take(LINES) {
        predictions += usize::from(words.contains("pred"));
        if predictions > PREDICTIONS {
            continue;
        }
        if matches!(line.say(words.trim(), &save), Reply::Quit(_)) {
            break;
        }
        let _ = line.prompt();
    }
    let _ = line.say("save here", &save);
    let _ = line.farewell();
    // What was saved is a scenario, and going to that instant in it is being there.
    let Some((text, now)) = saved.take() else { return };
    if line.walk.now() != now || line.walk.position() != line.walk.known() {
        return drop(loaded(&text, &[]));
    }
    let is_so = if *text == *begun.saved {
        before(line.walk.history(), now).eq(before(begun.rows.iter().copied(), now))
    } else {
        let mut again = loaded(&text, &[]);
        again.seek_time(now);
        before(line.walk.history(), now).eq(before(again.history(), now))
    };
    assert!(is_so, "what was saved is another run:\n{text}");
}
