//! Our own faults: a panic never reaches people as such; they are told what to report.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

/// What the first panic said, and where.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// From now on panics are kept in mind instead of printed, on whichever thread they happen.
pub fn listen() {
    let printer = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let words = info.payload_as_str().unwrap_or("no words");
        let place = info.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
        SAID.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(format!("{words}{place}"));
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            printer(info);
        }
    }));
}

/// What a piece of work came to, or what the panic said that ended it.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let said = SAID.lock().unwrap_or_else(PoisonError::into_inner).take();
        let words = payload.downcast_ref::<&str>().map(|words| (*words).to_owned());
        said.or(words).or(payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
    })
}

/// How a fault is told.
pub fn words(said: &str) -> String {
    format!("error: a fault of kubelapse itself, not of what was asked: {said}\n")
}
