//! What a format of a timeline is: each stands beside its sink, as its `FORMAT`, and in the list [`super::FORMATS`].

use std::io::Write;

use super::Sink;
use crate::time::Span;

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
    /// A piece of it is of no use: of a file that could not be written to its end nothing is kept.
    pub is_whole: bool,
    /// What is written beside it.
    pub beside: Option<&'static Format>,
    /// What writes it.
    pub sink: fn(Out, &Settings) -> Box<dyn Sink + Send>,
}

/// What may be said of formats.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often series are scraped.
    pub scrape_interval: Span,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { scrape_interval: Span::from_secs(30) }
    }
}

impl Format {
    /// The format's files.
    pub fn files(&'static self) -> impl Iterator<Item = &'static Format> {
        std::iter::once(self).chain(self.beside)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name == other.name
    }
}
