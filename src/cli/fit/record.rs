//! Stamps a live stream: each object gets the instant at which it came, and a line of its own.

use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::wall_clock;
use crate::cli::disk::{self, File};
use crate::cli::{interrupt, talk};

/// Somebody who wants it to stop waits so long at most.
const PATIENCE: Duration = Duration::from_millis(50);

/// Keeps standard input in a new file until it ends or somebody wants it to stop; how many objects came.
///
/// # Errors
/// In words: what cannot be written, what is no JSON, or that nothing came. What came before is in the file, in whole lines; where that
/// is nothing, there is none.
pub fn record(place: &Path) -> Result<u64, String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", place.display());
    let mut file = File::create_new(place).map_err(|problem| match problem.kind() {
        std::io::ErrorKind::AlreadyExists => {
            named(&"it is there already; each recording has a file of its own")
        }
        _ => named(&problem),
    })?;
    let mut kept = Kept::default();
    let ended = keep(&mut file, &mut kept, named);
    if kept.lines > 0 {
        return ended.map(|()| kept.lines);
    }
    let _ = disk::remove(place);
    ended.and_then(|()| Err("standard input had no object in it: nothing is kept".to_owned()))
}

/// What is in the file.
#[derive(Default)]
struct Kept {
    lines: u64,
    bytes: u64,
}

impl Kept {
    /// One more line; of one that does not fit nothing stays.
    fn add(&mut self, file: &mut File, line: &str) -> std::io::Result<()> {
        if let Err(problem) = file.write_all(line.as_bytes()).and_then(|()| file.flush()) {
            let _ = file.set_len(self.bytes);
            return Err(problem);
        }
        self.lines += 1;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

fn keep(
    file: &mut File,
    kept: &mut Kept,
    named: impl Fn(&dyn std::fmt::Display) -> String,
) -> Result<(), String> {
    interrupt::listen();
    let (sender, came) = channel();
    // A read waits for as long as nothing comes, and an interrupt must not.
    std::thread::spawn(move || {
        for value in serde_json::Deserializer::from_reader(std::io::stdin().lock()).into_iter::<Value>() {
            let is_over = value.is_err();
            if sender.send((wall_clock(), value)).is_err() || is_over {
                return;
            }
        }
    });
    while !interrupt::asked() {
        let (at, value) = match came.recv_timeout(PATIENCE) {
            Ok(came) => came,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let value = match value {
            Ok(value) => value,
            // kubectl was interrupted, too.
            Err(problem) if problem.is_eof() => {
                talk("warning: the stream ended in the middle of an object, which is left out\n");
                break;
            }
            Err(problem) => {
                return Err(format!(
                    "standard input is no JSON: {problem}\n  hint: kubectl get … -w -o json --output-watch-events"
                ));
            }
        };
        let line = format!("{}\n", line(&at.rfc3339_micros(), value));
        kept.add(file, &line).map_err(|problem| named(&problem))?;
    }
    file.sync_all().map_err(|problem| named(&problem))
}

/// What a watch printed, with its instant.
fn line(at: &str, value: Value) -> Value {
    match value {
        Value::Object(mut event) if event.get("object").is_some_and(Value::is_object) => {
            event.insert("t".to_owned(), json!(at));
            Value::Object(event)
        }
        object => json!({ "t": at, "object": object }),
    }
}
