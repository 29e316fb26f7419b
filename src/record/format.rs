//! What a format of a timeline is: each stands beside its sink, as its `FORMAT`, and in the list [`super::FORMATS`].

use std::io::Write;

use super::Sink;

/// Where a format is written to.
pub type Out = Box<dyn Write + Send>;

/// A format of a timeline, of which a run writes one file. Two are the same if they have one name.
#[derive(Debug)]
pub struct Format {
    /// As `--format` and a result's manifest say it.
    pub name: &'static str,
    /// The file.
    pub file: &'static str,
    /// What stands in it, in a few words.
    pub holds: &'static str,
    /// What writes it.
    pub sink: fn(Out) -> Box<dyn Sink + Send>,
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name == other.name
    }
}
