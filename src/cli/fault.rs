//! Our own faults: a panic never reaches people as such; they are told what to report.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

/// What the first panic said, and where.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// From now on panics are kept in mind instead of printed, on whichever thread they happen.
pub fn listen() {
    let printer = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let words = words_of(info.payload()).unwrap_or("no words");
        let place = info.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
        SAID.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(format!("{words}{place}"));
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            printer(info);
        }
    }));
}

fn words_of(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str))
}

/// What a piece of work came to, or what the panic said that ended it.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let said = SAID.lock().unwrap_or_else(PoisonError::into_inner).take();
        said.unwrap_or_else(|| words_of(&*payload).unwrap_or("no words").to_owned())
    })
}

/// How a fault is told.
pub fn words(said: &str) -> String {
    format!("error: a fault of kubelapse itself, not of what was asked: {said}\n")
}
