//! `timeline.svg`: one picture of a run, for a document.
//!
//! It is 800 units wide and as high as it must be; it asks for no script and no network, and follows the reader's light or dark
//! screen. Rows are gathered while the run goes on ([`gather`]), and drawn when it is over ([`draw`]): what has too many
//! pods to be shown one by one becomes a crowd ([`crowd`]), with the pods that fare worst above it.

mod crowd;
mod draw;
mod gather;
mod paper;
mod style;

use std::io::{self, Write};

use super::{Directory, Ending, FiguresRow, Format, Sink, Transition};
use gather::Gathered;

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "svg",
    file: "timeline.svg",
    holds: "one picture for a document: pods by workload, their containers and events",
    is_whole: true,
    beside: None,
    sink: |out, _| Box::new(Picture::new(out)),
};

/// Draws `timeline.svg`.
pub struct Picture<W: Write> {
    out: W,
    gathered: Gathered,
}

impl<W: Write> Picture<W> {
    /// A picture into `out`, drawn at the end of the run.
    pub fn new(out: W) -> Picture<W> {
        Picture { out, gathered: Gathered::default() }
    }
}

impl<W: Write> Sink for Picture<W> {
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        rows.iter().for_each(|row| self.gathered.row(directory, row));
        Ok(())
    }
    fn figures(&mut self, _: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        rows.iter().for_each(|row| self.gathered.figures(row));
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        let picture = draw::picture(&self.gathered, directory, ending);
        self.out.write_all(picture.as_bytes())?;
        self.out.flush()
    }
}
