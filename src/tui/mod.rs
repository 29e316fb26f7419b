//! The full screen of `step`: a door to one [`Walk`], like the line mode; of `learn`, which adds the table of [`Contents`]; and
//! of `drill` ([`DrillScreen`]).
//!
//! A key becomes a change of the [`App`], the app is drawn; nothing else changes it but passing time while it plays. The
//! drawing is a pure function of the app, so that every screen can be drawn to a test's backend.

mod actions;
mod app;
mod causes;
mod columns;
mod contents;
mod done;
mod draw;
mod drill;
mod foot;
mod input;
mod k9s;
mod keys;
mod leads;
mod menu;
mod mouse;
mod moves;
mod page;
mod panes;
mod popups;
mod prompt;
mod questions;
mod roll;
mod room;
mod sift;
mod typed;
mod views;
mod workloads;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, DisableMouseCapture, EnableMouseCapture, Event, KeyEventKind};
use ratatui::crossterm::execute;

pub use app::{App, Mode, Tab, Zoom};
pub use contents::{Choice, Contents};
pub use drill::DrillScreen;
pub use k9s::{Habit, PRESSED, WORDS};
pub use keys::{Context, KEYS, Key};

use crate::session::Walk;

/// Writes what was done as a scenario to a path; what to tell about it, or why it could not be done.
pub type Save<'a> = &'a dyn Fn(&Walk, &str) -> Result<String, String>;

/// How long a frame stands while the simulation plays.
const FRAME: Duration = Duration::from_millis(33);
/// How long nothing happens before a look whether the program was asked to stop from outside.
const IDLE: Duration = Duration::from_millis(250);

/// How long a part of what goes on may take, so that a frame comes soon enough after the one before.
const PART: Duration = Duration::from_millis(40);

/// How many events the next part has, where one of so many took so long.
fn next_slice(slice: usize, took: Duration) -> usize {
    const FEWEST: usize = 500;
    const MOST: usize = 50_000;
    let next = if took > PART {
        slice / 2
    } else if took < PART / 3 {
        slice * 2
    } else {
        slice
    };
    next.clamp(FEWEST, MOST)
}

/// The terminal, taken over.
pub struct Screen<'a> {
    terminal: ratatui::DefaultTerminal,
    stop: &'a Arc<AtomicBool>,
}

/// A walk that a person has left.
pub struct Left {
    /// As it was left.
    pub walk: Walk,
    /// Whether the person wants to leave altogether, not only this walk.
    pub quits: bool,
}

/// The terminal tells of the mouse; given back whatever happens.
struct Mouse;

impl Mouse {
    /// A terminal without a mouse ignores it.
    fn held() -> Mouse {
        let _ = execute!(io::stdout(), EnableMouseCapture);
        Mouse
    }
}

impl Drop for Mouse {
    fn drop(&mut self) {
        let _ = execute!(io::stdout(), DisableMouseCapture);
    }
}

/// Takes the terminal over while something is shown. It is put back as it was, whatever happens.
///
/// # Errors
/// What the terminal refuses.
pub fn hold<T>(stop: &Arc<AtomicBool>, show: impl FnOnce(&mut Screen<'_>) -> io::Result<T>) -> io::Result<T> {
    let terminal = ratatui::try_init()?;
    let mouse = Mouse::held();
    let shown = show(&mut Screen { terminal, stop });
    drop(mouse);
    let restored = ratatui::try_restore();
    shown.and_then(|done| restored.map(|()| done))
}

/// Walks until the person leaves; gives the walk back.
///
/// # Errors
/// What the terminal refuses.
pub fn run(walk: Walk, save: Save<'_>, stop: &Arc<AtomicBool>) -> io::Result<Walk> {
    hold(stop, |screen| screen.walk(walk, save)).map(|left| left.walk)
}

impl Screen<'_> {
    /// Drills until the person leaves.
    ///
    /// # Errors
    /// What the terminal refuses.
    pub fn drill(&mut self, drill: &mut DrillScreen) -> io::Result<()> {
        let mut is_news = true;
        while !drill.leaves && !self.stop.load(Ordering::Relaxed) {
            if std::mem::take(&mut drill.redraws) {
                self.terminal.clear()?;
            }
            if is_news {
                self.terminal.draw(|frame| drill.draw(frame))?;
            }
            is_news = event::poll(IDLE)?;
            if is_news {
                match event::read()? {
                    Event::Key(key) if key.kind != KeyEventKind::Release => drill.key(key),
                    Event::Mouse(event) => drill.mouse(event),
                    // The next frame asks the terminal for its size.
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Shows the course's contents until something is chosen.
    ///
    /// # Errors
    /// What the terminal refuses.
    pub fn contents(&mut self, contents: &mut Contents) -> io::Result<Choice> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(Choice::Leave);
            }
            self.terminal.draw(|frame| contents.draw(frame))?;
            if event::poll(IDLE)?
                && let Event::Key(key) = event::read()?
                && key.kind != KeyEventKind::Release
                && let Some(choice) = contents.key(key)
            {
                return Ok(choice);
            }
        }
    }

    /// Walks until the person leaves.
    ///
    /// # Errors
    /// What the terminal refuses.
    #[expect(
        clippy::disallowed_methods,
        reason = "a person watches: simulated time passes with the wall clock while it plays"
    )]
    pub fn walk(&mut self, walk: Walk, save: Save<'_>) -> io::Result<Left> {
        let mut app = App::new(walk);
        let mut last = Instant::now();
        let mut is_news = true;
        while !app.leaves && !self.stop.load(Ordering::Relaxed) {
            if std::mem::take(&mut app.redraws) {
                self.terminal.clear()?;
            }
            if is_news {
                self.terminal.draw(|frame| app.draw(frame))?;
            }
            let wait = match (app.works(), app.playing) {
                (true, _) => Duration::ZERO,
                (false, true) => FRAME,
                (false, false) => IDLE,
            };
            is_news = app.works() || app.playing;
            if event::poll(wait)? {
                is_news = true;
                match event::read()? {
                    Event::Key(key) if key.kind != KeyEventKind::Release => app.key(key, save),
                    Event::Mouse(event) => app.mouse(event),
                    // The next frame asks the terminal for its size.
                    _ => {}
                }
            }
            let now = Instant::now();
            let plays = app.playing && !app.works();
            if app.works() {
                app.work();
            } else if plays {
                app.pass(now.duration_since(last));
            }
            if app.works() || plays {
                app.slice = next_slice(app.slice, now.elapsed());
            }
            last = now;
        }
        Ok(Left { quits: app.quits || self.stop.load(Ordering::Relaxed), walk: app.walk })
    }
}
