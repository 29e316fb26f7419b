//! Whoever waits: Ctrl-C ends what is under way, and a callable is told how much of it is over.
//!
//! A run, and a move of a session, look themselves now and then ([`Waiting`]). Questions that take many runs are played on threads that
//! nobody of Python's knows ([`during`]), while the one that called looks.

use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kubelapse::answers::hands::{Hands, Stopped};
use kubelapse::scenario::Plan;
use kubelapse::session::Progress;
use kubelapse::time::{Span, Time};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::errors;

/// How often somebody who waits is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Whether Python wants it to stop; and a callable is told how much is over, 0 to 1.
fn look(py: Python<'_>, told: Option<&Py<PyAny>>, part: f64) -> PyResult<()> {
    py.check_signals()?;
    told.map_or(Ok(()), |told| told.call1(py, (part.clamp(0.0, 1.0),)).map(drop))
}

/// Whoever waits for a run.
pub struct Waiting {
    start: Time,
    whole: Span,
    told: Option<Py<PyAny>>,
    last: Mutex<Instant>,
    is_over: AtomicBool,
    problem: Mutex<Option<PyErr>>,
}

impl Waiting {
    /// For a run of this plan.
    pub fn new(plan: &Plan, told: Option<Py<PyAny>>) -> Waiting {
        Waiting {
            start: plan.start,
            whole: plan.until.since(plan.start),
            told,
            last: Mutex::new(Instant::now()),
            is_over: AtomicBool::new(false),
            problem: Mutex::new(None),
        }
    }

    /// What Python has to say, if it has.
    ///
    /// # Errors
    /// `KeyboardInterrupt`, or what the callable raised.
    pub fn said(self) -> PyResult<()> {
        self.problem.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

impl Progress for Waiting {
    fn at(&self, now: Time, _: u64) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.elapsed() < LOOK {
                return;
            }
            *last = Instant::now();
        }
        let part = now.since(self.start).secs_f64() / self.whole.secs_f64().max(1e-6);
        if let Err(problem) = Python::attach(|py| look(py, self.told.as_ref(), part)) {
            *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
            self.is_over.store(true, Ordering::Relaxed);
        }
    }
    fn stop(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// What Python lends to a question that takes many runs. The threads are of this call alone: a process that is copied (`fork`) has
/// none of them.
pub struct Crew {
    pool: rayon::ThreadPool,
    is_over: AtomicBool,
    done: AtomicU64,
}

impl Crew {
    /// Whether somebody wants it to stop.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
    /// So many of the pieces are done, as what only tells of itself says. Where somebody wants it to stop it ends here: whoever waits
    /// is told why, and not that it did.
    pub fn reaches(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        if self.is_over() {
            panic::resume_unwind(Box::new("somebody wants it to stop"));
        }
    }
}

impl Progress for Crew {
    fn stop(&self) -> bool {
        self.is_over()
    }
}

impl Hands for Crew {
    fn side_by_side<S, P: Sync, R: Send>(
        &self,
        pieces: &[P],
        begin: impl Fn() -> S + Send + Sync,
        work: impl Fn(&mut S, &P) -> R + Send + Sync,
    ) -> Vec<R> {
        self.pool.install(|| pieces.par_iter().map_init(&begin, &work).collect())
    }
    fn stop(&self) -> bool {
        self.is_over()
    }
    fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
    fn caught<R>(&self, work: impl FnOnce() -> R) -> Result<R, String> {
        errors::caught(work)
    }
}

/// Does something while the interpreter is let go of.
///
/// # Errors
/// A fault of ours.
pub fn apart<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    errors::guarded(|| Ok(py.detach(work)))
}

/// Does something that takes its time, on so many threads (None: one for each core), in so many pieces.
///
/// # Errors
/// `KeyboardInterrupt`, what the callable raised, no threads, or a fault of ours.
pub fn during<T: Send>(
    py: Python<'_>,
    threads: Option<u16>,
    told: Option<&Py<PyAny>>,
    pieces: u64,
    work: impl FnOnce(&Crew) -> T + Send,
) -> PyResult<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.map_or(0, usize::from)).build();
    let pool = pool.map_err(|problem| PyRuntimeError::new_err(format!("no threads: {problem}")))?;
    let crew = Crew { pool, is_over: AtomicBool::new(false), done: AtomicU64::new(0) };
    let (mut problem, came) = py.detach(|| {
        thread::scope(|scope| {
            let (sender, over) = channel::<()>();
            let worker = scope.spawn(|| {
                let came = errors::caught(|| work(&crew));
                drop(sender);
                came
            });
            let mut problem = None;
            while over.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let part = crew.done.load(Ordering::Relaxed) as f64 / pieces.max(1) as f64;
                if problem.is_none()
                    && let Err(said) = Python::attach(|py| look(py, told, part))
                {
                    problem = Some(said);
                    crew.is_over.store(true, Ordering::Relaxed);
                }
            }
            (problem, worker.join())
        })
    });
    // What was raised while it ended counts as well.
    if problem.is_none() {
        problem = look(py, told, 1.0).err();
    }
    match (problem, came) {
        (Some(problem), _) => Err(problem),
        (None, Ok(Ok(came))) => Ok(came),
        (None, Ok(Err(said))) => Err(errors::fault(&said, "")),
        (None, Err(_)) => Err(errors::fault("no words", "")),
    }
}

/// Why it came to no end.
pub fn stopped(stopped: Stopped, with: &str) -> PyErr {
    match stopped {
        Stopped::Fault(_, said) => errors::fault(&said, with),
        // Whoever wanted it said so already.
        Stopped::Interrupted => PyKeyboardInterrupt::new_err(()),
    }
}
