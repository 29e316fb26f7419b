//! The library behind a few functions that a browser or Node can call, without any glue but `kubelapse.mjs`:
//! [`request`] makes room for a request (JSON text), [`play`] plays it to its end, or [`ask`] asks it of the session that is held
//! ([`held`]), and [`answer`] says where the answer (JSON text) is. After a fault, which ends an instance, [`fault`] tells of it.
//!
//! `unsafe` stands here for the exported names alone: a name that is not mangled could be that of another function in
//! the module. Memory is handed over by its address, but read and written by its owner only: here as a `Vec`, there as
//! a view of the module's memory, one after the other, as there is one thread.

mod held;
mod played;

use std::sync::{Mutex, MutexGuard, PoisonError};

use held::{Held, Said};
use played::{Answer, played};

static REQUEST: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static HELD: Mutex<Option<Held>> = Mutex::new(None);

fn locked<T>(own: &Mutex<T>) -> MutexGuard<'_, T> {
    own.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Room for a request of this many bytes, in place of the one before.
// SAFETY: no other function of this module has that name.
#[unsafe(no_mangle)]
pub extern "C" fn request(length: usize) -> *mut u8 {
    let mut request = locked(&REQUEST);
    *request = vec![0; length];
    request.as_mut_ptr()
}

/// Plays what was asked for; how many bytes the answer has.
// SAFETY: no other function of this module has that name.
#[unsafe(no_mangle)]
pub extern "C" fn play() -> usize {
    let asked = serde_json::from_slice(&std::mem::take(&mut *locked(&REQUEST)));
    let answer = match asked {
        Ok(asked) => played(&asked),
        Err(problem) => Answer::Problems { problems: format!("error: this is no request: {problem}\n") },
    };
    let mut bytes = locked(&ANSWER);
    // Texts and numbers can be written.
    *bytes = serde_json::to_vec(&answer).unwrap_or_default();
    bytes.len()
}

/// Asks what was asked of the session that is held; how many bytes the answer has.
// SAFETY: no other function of this module has that name.
#[unsafe(no_mangle)]
pub extern "C" fn ask() -> usize {
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut bytes) = ANSWER.try_lock() {
            *bytes = info.to_string().into_bytes();
        }
    }));
    let asked = serde_json::from_slice(&std::mem::take(&mut *locked(&REQUEST)));
    let said = match asked {
        Ok(asked) => held::answer(&mut locked(&HELD), asked),
        Err(problem) => {
            serde_json::json!({ "problems": format!("error: this is no request: {problem}\n") }).into()
        }
    };
    let mut bytes = locked(&ANSWER);
    *bytes = match said {
        Said::Bytes(own) => own,
        Said::Value(value) => value.to_string().into_bytes(),
    };
    bytes.len()
}

/// How many bytes stand where the answer is: after a fault, its words.
// SAFETY: no other function of this module has that name.
#[unsafe(no_mangle)]
pub extern "C" fn fault() -> usize {
    ANSWER.try_lock().map_or(0, |bytes| bytes.len())
}

/// Where the answer is, until something is asked again.
// SAFETY: no other function of this module has that name.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    locked(&ANSWER).as_ptr()
}
