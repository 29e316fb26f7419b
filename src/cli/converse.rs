//! Conversations line by line: on a terminal with prompts, in a pipe as a transcript.

use std::io::{self, BufRead as _, IsTerminal as _};

use super::{print, say};
use crate::session::Walk;
use crate::session::line::{Line, Reply, Save};

/// Who ended a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    Person,
    /// There was nothing more to read, or nobody who reads.
    Input,
}

/// Asks for one line; None at the end of the input, or when nobody reads any more.
///
/// # Errors
/// When the input cannot be read.
pub fn ask(prompt: &str) -> Result<Option<String>, String> {
    let prompts = io::stdin().is_terminal();
    if prompts && !say(prompt) {
        return Ok(None);
    }
    let mut text = String::new();
    match io::stdin().lock().read_line(&mut text) {
        Ok(0) => Ok(None),
        Ok(_) => {
            let text = text.trim().to_owned();
            // A pipe shows what was asked, so that a transcript reads as a conversation.
            let heard = prompts || say(&format!("{prompt}{text}\n"));
            Ok(heard.then_some(text))
        }
        Err(e) => Err(format!("the input cannot be read: {e}")),
    }
}

/// Walks through a scenario, one command a line, until the person or the input ends it. `heard` is told of each answer.
///
/// # Errors
/// When the input cannot be read.
pub fn lines(walk: Walk, save: Save<'_>, heard: &mut dyn FnMut(&Walk)) -> Result<Ended, String> {
    let mut line = Line::new(walk);
    print(&line.welcome());
    while let Some(text) = ask(&line.prompt())? {
        let reply = line.say(&text, save);
        heard(&line.walk);
        match reply {
            Reply::Text(text) => {
                if !say(&text) {
                    return Ok(Ended::Input);
                }
            }
            Reply::Quit(text) => {
                print(&text);
                return Ok(Ended::Person);
            }
        }
    }
    print(&line.farewell());
    Ok(Ended::Input)
}
