//! An app of the full screen, keys that are pressed on it, and what it then shows.

use std::sync::Arc;

use kubelapse::scenario::builtin;
use kubelapse::session::{Script, Walk};
use kubelapse::tui::App;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub fn walk_of(file: &str, text: &str) -> Walk {
    let (script, loaded) = Script::load(file, text, &builtin::manifest, &[])
        .unwrap_or_else(|problems| panic!("{file}: {}", problems.render(false)));
    let plan = Arc::new(loaded.plan);
    let seed = plan.seed;
    Walk::new(script, &plan, seed)
}

/// A shipped scenario without its lesson, whose questions would stop the walk.
pub fn open(name: &str) -> App {
    let found = builtin::find(name).expect("it is shipped");
    let text = found.text.split("\n[lesson]").next().unwrap_or_default();
    App::new(walk_of(&format!("{name}.toml"), text))
}

/// Presses keys, and waits after each until what it began is done: plain characters are themselves, names stand in `<>`.
pub fn press(app: &mut App, keys: &str) {
    pressed(app, keys, true);
}

/// Presses keys, and waits for nothing.
pub fn press_once(app: &mut App, keys: &str) {
    pressed(app, keys, false);
}

fn pressed(app: &mut App, keys: &str, waits: bool) {
    let save = |_: &Walk, path: &str| match path {
        "" => Err("save where?".to_owned()),
        path => Ok(format!("saved: {path}")),
    };
    for event in events(keys) {
        app.key(event, &save);
        // As the screen does between two frames.
        while waits && app.works() {
            screen(app, 80, 24);
            app.work();
        }
    }
}

/// Keys as a terminal tells of them.
pub fn events(keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
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
                    "del" => KeyCode::Delete,
                    held if held.starts_with("ctrl") && held.len() == 5 => {
                        KeyCode::Char(held.chars().next_back().unwrap_or_default())
                    }
                    other => panic!("no key {other}"),
                };
                (code, name.len() + 2)
            }
            None => (KeyCode::Char(first), first.len_utf8()),
        };
        let held = if rest.starts_with("<ctrl") { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        events.push(KeyEvent::new(code, held));
        rest = &rest[length..];
    }
    events
}

pub fn screen(app: &App, width: u16, height: u16) -> String {
    drawn(width, height, |frame| app.draw(frame))
}

pub fn drawn(width: u16, height: u16, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> String {
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

/// Whether a text stands on a roomy screen.
pub fn sees(app: &App, text: &str) -> bool {
    screen(app, 140, 45).contains(text)
}

/// A lesson as `learn` holds it.
pub fn lesson(name: &str) -> App {
    let found = builtin::find(name).expect("it is shipped");
    let mut walk = walk_of(&format!("{name}.toml"), found.text);
    walk.hold_lesson();
    App::new(walk)
}
