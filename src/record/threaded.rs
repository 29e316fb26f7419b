//! A sink on a thread of its own: rows are spelled out while the run goes on. What comes out is the same, byte by byte.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use super::{
    Aside, Directory, Ending, FiguresRow, Gained, ObjectIdent, ObjectRow, PodRecord, Scrape, Sink,
    Transition, Written,
};
use crate::api::{PodIdent, Sym};
use crate::time::{Span, Time};

/// So many batches may wait; then the run waits for the sink, which is four times as fast. A batch is some 70 kB.
const WAITING: usize = 12;

enum Told {
    /// What the directory has gained since the last message goes ahead of everything that names it.
    Known {
        pods: Gained<PodIdent>,
        owners: Gained<Option<ObjectRow>>,
        nodes: Vec<Sym>,
        objects: Vec<ObjectIdent>,
        start: Time,
        scenario: Arc<str>,
        description: Arc<str>,
    },
    Begin,
    Batch(Vec<Transition>),
    Written(Written),
    Figures(Vec<FiguresRow>),
    Asides(Vec<Aside>),
    Scraped(Scrape),
    End {
        pods: Arc<Vec<PodRecord>>,
        at: Time,
        stands: Time,
        partial: bool,
    },
}

/// Hands everything on to a sink that runs beside.
pub struct Threaded {
    to: Option<SyncSender<Told>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    /// Batches come back empty, to be filled again.
    spare: Receiver<Vec<Transition>>,
    wants_objects: bool,
    wants_asides: bool,
    scrape_interval: Option<Span>,
    /// How much of the directory has been told: pods, nodes, objects.
    known: [usize; 3],
}

impl Threaded {
    /// # Errors
    /// When the machine gives no thread.
    pub fn new(sink: impl Sink + Send + 'static) -> io::Result<Threaded> {
        let (wants_objects, scrape_interval) = (sink.wants_objects(), sink.scrape_interval());
        let wants_asides = sink.wants_asides();
        let (to, told) = sync_channel(WAITING);
        let (back, spare) = channel();
        let thread = thread::Builder::new().name("sink".to_owned()).spawn(move || {
            let mut sink = sink;
            listen(&mut sink, &told, &|rows| drop(back.send(rows)))
        })?;
        Ok(Threaded {
            to: Some(to),
            thread: Some(thread),
            spare,
            wants_objects,
            wants_asides,
            scrape_interval,
            known: [0; 3],
        })
    }

    fn tell(&mut self, told: Told) -> io::Result<()> {
        let gone = match &self.to {
            Some(to) => to.send(told).is_err(),
            None => true,
        };
        if gone { self.join() } else { Ok(()) }
    }

    fn make_known(&mut self, directory: &Directory) -> io::Result<()> {
        let lengths = [directory.pods.len(), directory.nodes.len(), directory.objects.len()];
        if lengths == self.known {
            return Ok(());
        }
        let [pods, nodes, objects] = std::mem::replace(&mut self.known, lengths);
        let known = Told::Known {
            pods: directory.pods.since(pods),
            owners: directory.owners.since(pods),
            nodes: directory.nodes[nodes..].to_vec(),
            objects: directory.objects[objects..].to_vec(),
            start: directory.start,
            scenario: Arc::clone(&directory.scenario),
            description: Arc::clone(&directory.description),
        };
        self.tell(known)
    }

    /// Waits for the thread's end; what it could not do is our error, its panic is our panic.
    fn join(&mut self) -> io::Result<()> {
        self.to = None;
        match self.thread.take().map(JoinHandle::join) {
            None => Err(io::Error::other("the sink has ended before")),
            Some(Ok(done)) => done,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }
}

fn listen(sink: &mut impl Sink, told: &Receiver<Told>, back: &dyn Fn(Vec<Transition>)) -> io::Result<()> {
    let mut directory = Directory::default();
    for message in told {
        match message {
            Told::Known { pods, owners, nodes, objects, start, scenario, description } => {
                directory.pods.gain(pods);
                directory.owners.gain(owners);
                directory.nodes.extend(nodes);
                directory.objects.extend(objects);
                directory.start = start;
                (directory.scenario, directory.description) = (scenario, description);
            }
            Told::Begin => sink.begin(&directory)?,
            Told::Batch(mut rows) => {
                sink.batch(&directory, &rows)?;
                rows.clear();
                back(rows);
            }
            Told::Written(written) => sink.written(&directory, &written)?,
            Told::Scraped(scrape) => sink.scraped(&scrape)?,
            Told::Figures(rows) => sink.figures(&directory, &rows)?,
            Told::Asides(asides) => sink.asides(&directory, &asides)?,
            Told::End { pods, at, stands, partial } => {
                sink.end(&directory, &Ending { pods: &pods, at, stands, partial })?;
            }
        }
    }
    Ok(())
}

impl Sink for Threaded {
    fn wants_objects(&self) -> bool {
        self.wants_objects
    }
    fn begin(&mut self, directory: &Directory) -> io::Result<()> {
        self.make_known(directory)?;
        self.tell(Told::Begin)
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        self.make_known(directory)?;
        let mut batch = self.spare.try_recv().unwrap_or_default();
        batch.extend_from_slice(rows);
        self.tell(Told::Batch(batch))
    }
    fn take(&mut self, directory: &Directory, rows: &mut Vec<Transition>) -> io::Result<()> {
        self.make_known(directory)?;
        let spare = self.spare.try_recv().unwrap_or_default();
        self.tell(Told::Batch(std::mem::replace(rows, spare)))
    }
    fn written(&mut self, directory: &Directory, written: &Written) -> io::Result<()> {
        self.make_known(directory)?;
        self.tell(Told::Written(written.clone()))
    }
    fn scrape_interval(&self) -> Option<Span> {
        self.scrape_interval
    }
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        self.tell(Told::Scraped(scrape.clone()))
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        self.make_known(directory)?;
        self.tell(Told::Figures(rows.to_vec()))
    }
    fn wants_asides(&self) -> bool {
        self.wants_asides
    }
    fn asides(&mut self, directory: &Directory, asides: &[Aside]) -> io::Result<()> {
        self.make_known(directory)?;
        self.tell(Told::Asides(asides.to_vec()))
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        self.make_known(directory)?;
        let Ending { pods, at, stands, partial } = *ending;
        self.tell(Told::End { pods: Arc::clone(pods), at, stands, partial })?;
        self.join()
    }
}

impl Drop for Threaded {
    /// A run that ended early leaves no thread behind.
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
