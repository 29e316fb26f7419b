//! The full screen of `step`: a door to one [`Walk`], like the line mode.
//!
//! A key becomes a change of the [`App`], the app is drawn; nothing else changes it but passing time while it plays. The
//! drawing is a pure function of the app, so that every screen can be drawn to a test's backend.

mod app;
mod draw;
mod keys;
mod panes;
mod popups;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyEventKind};

pub use app::{App, Mode, Tab};

use crate::session::Walk;

/// Writes what was done as a scenario to a path; what to tell about it, or why it could not be done.
pub type Save<'a> = &'a dyn Fn(&Walk, &str) -> Result<String, String>;

/// How long a frame stands while the simulation plays.
const FRAME: Duration = Duration::from_millis(33);
/// How long nothing happens before a look whether the program was asked to stop from outside.
const IDLE: Duration = Duration::from_millis(250);

/// Holds the terminal until the person leaves; gives the walk back. The terminal is put back as it was, whatever happens.
///
/// # Errors
/// What the terminal refuses.
pub fn run(walk: Walk, save: Save<'_>, stop: &Arc<AtomicBool>) -> io::Result<Walk> {
    let mut terminal = ratatui::try_init()?;
    let mut app = App::new(walk);
    let played = play(&mut terminal, &mut app, save, stop);
    let restored = ratatui::try_restore();
    played.and(restored).map(|()| app.walk)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person watches: simulated time passes with the wall clock while it plays"
)]
fn play(
    terminal: &mut ratatui::DefaultTerminal,
    app: &mut App,
    save: Save<'_>,
    stop: &Arc<AtomicBool>,
) -> io::Result<()> {
    let mut last = Instant::now();
    while !app.leaves && !stop.load(Ordering::Relaxed) {
        terminal.draw(|frame| app.draw(frame))?;
        let wait = if app.playing { FRAME } else { IDLE };
        if event::poll(wait)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => app.key(key, save),
                // The next frame asks the terminal for its size.
                _ => {}
            }
        }
        let now = Instant::now();
        if app.playing {
            app.pass(now.duration_since(last));
        }
        last = now;
    }
    Ok(())
}
