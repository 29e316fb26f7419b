//! Whether there is a full screen to be used, and how it is left whatever happens.

use std::io::{self, IsTerminal as _};

use super::talk;

#[cfg(feature = "tui")]
pub use taken::{shown, walk};

/// A full screen is for a person at a terminal who did not ask for lines. Who would get one from a program that was
/// built without is told.
pub fn is_wanted(plain: bool) -> bool {
    let wanted = !plain && io::stdin().is_terminal() && io::stdout().is_terminal();
    if wanted && !cfg!(feature = "tui") {
        talk(
            "note: this kubelapse was built without its full screen (the feature `tui`): here is the line mode\n",
        );
    }
    wanted && cfg!(feature = "tui")
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
