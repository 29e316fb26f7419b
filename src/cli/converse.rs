//! Conversations line by line: on a terminal with prompts, in a pipe as a transcript.

use super::typing::Person;
pub use super::typing::ask;
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

/// Walks through a scenario, one command a line, until the person or the input ends it. `heard` is told of each answer.
///
/// # Errors
/// When the input cannot be read.
pub fn lines(mut walk: Walk, save: Save<'_>, heard: &mut dyn FnMut(&Walk)) -> Result<Ended, String> {
    walk.hold_no_picture();
    let mut line = Line::new(walk);
    let mut person = Person::listened_to();
    print(&line.welcome());
    while let Some(text) = person.ask(&line.prompt(), || line.words())? {
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
