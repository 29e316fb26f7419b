//! Whether there is a full screen to be used, and how it is left whatever happens.

use std::io::{self, IsTerminal as _};

use super::talk;

#[cfg(feature = "tui")]
pub use taken::{shown, walk};

/// A full screen is for a person at a terminal who did not ask for lines. Who would get one from a program that was
/// built without is told.
pub fn is_wanted(plain: bool) -> bool {
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let (is_wanted, note) = decide(plain, terminal, cfg!(feature = "tui"));
    talk(note);
    is_wanted
}

fn decide(plain: bool, terminal: bool, is_built: bool) -> (bool, &'static str) {
    match (!plain && terminal, is_built) {
        (true, false) => (
            false,
            "note: this kubelapse was built without its full screen (the feature `tui`): line by line\n",
        ),
        (wanted, _) => (wanted, ""),
    }
}

#[cfg(feature = "tui")]
mod taken {
    use std::io;
    use std::panic::AssertUnwindSafe;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::super::{Exit, print, talk};
    use crate::session::Walk;
    use crate::tui::{self, Save};

    /// Walks through a scenario until the person leaves.
    pub fn walk(walk: Walk, save: Save<'_>) -> Exit {
        match shown(|stop| tui::run(walk, save, stop)) {
            Ok(walk) => {
                if walk.quiz.score().1 > 0 {
                    print(&walk.debrief());
                }
                Exit::Ran
            }
            Err(exit) => exit,
        }
    }

    /// Shows something on the full screen. A panic is never an answer, but if there is one, it is ours: the screen is put
    /// back before its message.
    pub fn shown<T>(show: impl FnOnce(&Arc<AtomicBool>) -> io::Result<T>) -> Result<T, Exit> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        // Ctrl-C arrives as a key; this is for who asks from outside.
        let _ = ctrlc::set_handler(move || {
            asked.store(true, Ordering::Relaxed);
            give_up();
        });
        match std::panic::catch_unwind(AssertUnwindSafe(|| show(&stop))) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(problem)) => {
                talk(&format!("error: this terminal cannot be used ({problem}); try --plain\n"));
                Err(Exit::WrongRequest)
            }
            Err(_) => {
                talk(
                    "error: this is a bug in kubelapse; please report it with the scenario and the keys that led here\n",
                );
                Err(Exit::OurFault)
            }
        }
    }

    /// How long the screen has to leave by itself.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// A terminal that has been closed is waited for in vain, with all the power of a core: whoever does not leave when
    /// asked from outside is taken out.
    #[expect(clippy::disallowed_methods, reason = "it waits for the screen, not for a simulated instant")]
    fn give_up() {
        std::thread::sleep(PATIENCE);
        std::process::exit(Exit::Interrupted as i32);
    }
}

#[cfg(test)]
mod tests {
    use super::decide;

    #[test]
    fn lines_take_the_place_of_a_screen_that_is_not_built() {
        assert_eq!(decide(false, true, true), (true, ""));
        for (plain, terminal, is_built) in [(true, true, true), (false, false, true), (true, true, false)] {
            assert_eq!(decide(plain, terminal, is_built), (false, ""));
        }
        let (is_wanted, note) = decide(false, true, false);
        assert!(!is_wanted && note.contains("built without its full screen"));
    }
}
