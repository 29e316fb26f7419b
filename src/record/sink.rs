//! Who is told: a sink takes a run's transitions in batches and makes something of them.
//!
//! A sink never opens a file: a door hands it a writer. It sees rows in the order in which they were caused, every row
//! once, and it may not ask the world anything: what it needs stands in the row, in the [`Directory`] or in the [`Ending`].

use std::io;
use std::sync::Arc;

use super::{Aside, Directory, FiguresRow, PodRecord, PodRow, Transition};
use crate::api::sample::Sample;
use crate::api::wire::Pod;
use crate::time::{Span, Time};

/// What a run tells when it is over.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// By pod, as [`Directory::pods`].
    pub pods: &'a Arc<Vec<PodRecord>>,
    /// The instant at which the run ended.
    pub at: Time,
    /// Until when all stays as it was then.
    pub stands: Time,
    /// The run was cut short; what was written is true but not all.
    pub partial: bool,
}

/// What one step wrote of pods: each as the API has it afterwards, None when it is gone from there.
#[derive(Clone, Debug)]
pub struct Written {
    /// The step's instant.
    pub time: Time,
    /// The step's number.
    pub step: u64,
    /// Each pod once, in the order of their numbers.
    pub pods: Vec<(PodRow, Option<Arc<Pod>>)>,
}

/// What an exporter says of an object; made when somebody asks, wherever that is.
pub type Says = Arc<dyn Fn() -> Vec<Sample> + Send + Sync>;

/// What has changed from one scrape to the next.
#[derive(Clone)]
pub struct Scrape {
    /// The instant of the scrape.
    pub time: Time,
    /// Each object once, by a number of its own; None when it is gone from the API.
    pub objects: Vec<(u64, Option<Says>)>,
}

/// `begin` once, `batch` any number of times, `end` once. The directory grows as pods are created; a batch's rows name
/// only pods and nodes that are in the directory beside it.
pub trait Sink {
    /// Whether whole objects are wanted ([`Sink::written`]); making them costs more than all the rest of a run.
    fn wants_objects(&self) -> bool {
        false
    }
    /// Objects that were written, in order; never called unless wanted.
    fn written(&mut self, directory: &Directory, written: &Written) -> io::Result<()> {
        let _ = (directory, written);
        Ok(())
    }
    /// How often a scrape is wanted ([`Sink::scraped`]).
    fn scrape_interval(&self) -> Option<Span> {
        None
    }
    /// What has changed since the last scrape; never called unless wanted.
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        let _ = scrape;
        Ok(())
    }
    /// How workloads stood after their writes since the last call, in order. Errors are those of what is written to.
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        let _ = (directory, rows);
        Ok(())
    }
    /// Whether what is told beside the rows is wanted ([`Sink::asides`]).
    fn wants_asides(&self) -> bool {
        false
    }
    /// What was told beside the rows since the last call, in order; never called unless wanted. Errors are those of what is
    /// written to.
    fn asides(&mut self, directory: &Directory, asides: &[Aside]) -> io::Result<()> {
        let _ = (directory, asides);
        Ok(())
    }
    /// Before the first row. Errors are those of what is written to.
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        let _ = directory;
        Ok(())
    }
    /// Rows that were written since the last batch, in order. Errors are those of what is written to.
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()>;
    /// As [`Sink::batch`]; the list is empty afterwards, and a sink that wants to keep the rows need not copy them.
    fn take(&mut self, directory: &Directory, rows: &mut Vec<Transition>) -> io::Result<()> {
        let taken = self.batch(directory, rows);
        rows.clear();
        taken
    }
    /// After the last row. Errors are those of what is written to.
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        let _ = (directory, ending);
        Ok(())
    }
}

/// Tells every sink in turn.
pub struct Fan<S: Sink> {
    /// In the order in which they are told.
    pub sinks: Vec<S>,
}

impl<S: Sink> Sink for Fan<S> {
    fn wants_objects(&self) -> bool {
        self.sinks.iter().any(Sink::wants_objects)
    }
    fn written(&mut self, directory: &Directory, written: &Written) -> io::Result<()> {
        let mut wanting = self.sinks.iter_mut().filter(|sink| sink.wants_objects());
        wanting.try_for_each(|sink| sink.written(directory, written))
    }
    fn scrape_interval(&self) -> Option<Span> {
        self.sinks.iter().find_map(Sink::scrape_interval)
    }
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        let mut wanting = self.sinks.iter_mut().filter(|sink| sink.scrape_interval().is_some());
        wanting.try_for_each(|sink| sink.scraped(scrape))
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        self.sinks.iter_mut().try_for_each(|sink| sink.figures(directory, rows))
    }
    fn wants_asides(&self) -> bool {
        self.sinks.iter().any(Sink::wants_asides)
    }
    fn asides(&mut self, directory: &Directory, asides: &[Aside]) -> io::Result<()> {
        let mut wanting = self.sinks.iter_mut().filter(|sink| sink.wants_asides());
        wanting.try_for_each(|sink| sink.asides(directory, asides))
    }
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        self.sinks.iter_mut().try_for_each(|sink| sink.begin(directory))
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        self.sinks.iter_mut().try_for_each(|sink| sink.batch(directory, rows))
    }
    fn take(&mut self, directory: &Directory, rows: &mut Vec<Transition>) -> io::Result<()> {
        let Some((last, others)) = self.sinks.split_last_mut() else {
            rows.clear();
            return Ok(());
        };
        others.iter_mut().try_for_each(|sink| sink.batch(directory, rows))?;
        last.take(directory, rows)
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        self.sinks.iter_mut().try_for_each(|sink| sink.end(directory, ending))
    }
}

/// Keeps everything, for whoever wants to look at it afterwards.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// All rows, in order.
    pub rows: Vec<Transition>,
    /// The names by which they are read, as at the end.
    pub directory: Directory,
    /// By pod, as they stood at the end.
    pub pods: Vec<PodRecord>,
    /// The run was cut short.
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
    fn wants_objects(&self) -> bool {
        (**self).wants_objects()
    }
    fn written(&mut self, directory: &Directory, written: &Written) -> io::Result<()> {
        (**self).written(directory, written)
    }
    fn scrape_interval(&self) -> Option<Span> {
        (**self).scrape_interval()
    }
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        (**self).scraped(scrape)
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        (**self).figures(directory, rows)
    }
    fn wants_asides(&self) -> bool {
        (**self).wants_asides()
    }
    fn asides(&mut self, directory: &Directory, asides: &[Aside]) -> io::Result<()> {
        (**self).asides(directory, asides)
    }
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        (**self).begin(directory)
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        (**self).batch(directory, rows)
    }
    fn take(&mut self, directory: &Directory, rows: &mut Vec<Transition>) -> io::Result<()> {
        (**self).take(directory, rows)
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        (**self).end(directory, ending)
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn wants_objects(&self) -> bool {
        (**self).wants_objects()
    }
    fn written(&mut self, directory: &Directory, written: &Written) -> io::Result<()> {
        (**self).written(directory, written)
    }
    fn scrape_interval(&self) -> Option<Span> {
        (**self).scrape_interval()
    }
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        (**self).scraped(scrape)
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        (**self).figures(directory, rows)
    }
    fn wants_asides(&self) -> bool {
        (**self).wants_asides()
    }
    fn asides(&mut self, directory: &Directory, asides: &[Aside]) -> io::Result<()> {
        (**self).asides(directory, asides)
    }
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        (**self).begin(directory)
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        (**self).batch(directory, rows)
    }
    fn take(&mut self, directory: &Directory, rows: &mut Vec<Transition>) -> io::Result<()> {
        (**self).take(directory, rows)
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        (**self).end(directory, ending)
    }
}
