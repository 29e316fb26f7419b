//! Who is told: a sink takes a run's transitions in batches and makes something of them.
//!
//! A sink never opens a file: a door hands it a writer. It sees rows in the order in which they were caused, every row
//! once, and it may not ask the world anything: what it needs stands in the row, in the [`Directory`] or in the [`Ending`].

use std::io;

use super::{Directory, PodRecord, Transition};
use crate::time::Time;

/// What a run tells when it is over.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// By pod, as [`Directory::pods`].
    pub pods: &'a [PodRecord],
    /// The instant at which the run ended.
    pub at: Time,
    /// The run was cut short; what was written is true but not all.
    pub partial: bool,
}

/// `begin` once, `batch` any number of times, `end` once. The directory grows as pods are created; a batch's rows name
/// only pods and nodes that are in the directory beside it.
pub trait Sink {
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        let _ = directory;
        Ok(())
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()>;
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        let _ = (directory, ending);
        Ok(())
    }
}

/// Tells every sink in turn.
#[derive(Default)]
pub struct Fan<'a> {
    pub sinks: Vec<Box<dyn Sink + 'a>>,
}

impl Sink for Fan<'_> {
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        self.sinks.iter_mut().try_for_each(|sink| sink.begin(directory))
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        self.sinks.iter_mut().try_for_each(|sink| sink.batch(directory, rows))
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        self.sinks.iter_mut().try_for_each(|sink| sink.end(directory, ending))
    }
}

/// Keeps everything, for whoever wants to look at it afterwards.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub rows: Vec<Transition>,
    pub directory: Directory,
    pub pods: Vec<PodRecord>,
    pub partial: bool,
}

impl Sink for Kept {
    fn batch(&mut self, _: &Directory, rows: &[Transition]) -> io::Result<()> {
        self.rows.extend_from_slice(rows);
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        self.directory = directory.clone();
        self.pods = ending.pods.to_vec();
        self.partial = ending.partial;
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        (**self).begin(directory)
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        (**self).batch(directory, rows)
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        (**self).end(directory, ending)
    }
}
