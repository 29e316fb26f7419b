//! Ctrl-C and SIGTERM: what is under way comes to a clean end; whoever asks again does not want to wait.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Exit;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on somebody may ask.
pub fn listen() {
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// Whether somebody has asked.
pub fn asked() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
