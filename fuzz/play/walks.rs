//! A conversation: a built-in scenario, and lines that somebody types.

use std::cell::RefCell;
use std::sync::Arc;

use kubelapse::scenario::{builtin, load};
use kubelapse::session::line::Reply;
use kubelapse::session::{Line, Script, Walk};

use super::bounded;

/// So many lines are heard.
const LINES: usize = 7;

pub fn step(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let until = ["until=90s".to_owned()];
    // A lesson may expect something later; it is walked through as it is.
    let shipped = bounded::small(*first);
    let set = if load("a.toml", shipped, &builtin::manifest, &until).is_ok() { &until[..] } else { &[] };
    let (script, loaded) = Script::load("a.toml", shipped, &builtin::manifest, set)
        .unwrap_or_else(|told| panic!("{}", told.render(false)));
    let plan = Arc::new(loaded.plan);
    let mut line = Line::new(Walk::new(script, &plan, plan.seed));
    line.walk.quiz.mute = *first & 64 != 0;
    let saved = RefCell::new(None);
    let save = |walk: &Walk, _: &str| {
        *saved.borrow_mut() = Some((walk.saved(), walk.now()));
        Ok("saved".to_owned())
    };
    let _ = line.welcome();
    for words in text.lines().take(LINES) {
        if matches!(line.say(words.trim(), &save), Reply::Quit(_)) {
            break;
        }
        let _ = line.prompt();
    }
    let _ = line.say("save here", &save);
    let _ = line.farewell();
    // What was saved is a scenario, and going to that instant in it is being there.
    let Some((text, now)) = saved.take() else { return };
    let (script, loaded) = Script::load("a.toml", &text, &builtin::manifest, &[])
        .unwrap_or_else(|told| panic!("what was saved does not load: {}\n{text}", told.render(false)));
    let mut again = Walk::new(script, &Arc::new(loaded.plan), plan.seed);
    again.seek_time(now);
    let before =
        |walk: &Walk| walk.history().iter().filter(|row| row.time < now).copied().collect::<Vec<_>>();
    if line.walk.now() == now && line.walk.position() == line.walk.known() {
        assert!(before(&line.walk) == before(&again), "what was saved is another run:\n{text}");
    }
}
