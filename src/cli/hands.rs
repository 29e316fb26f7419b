//! What the program lends to a question that takes many runs: all cores, Ctrl-C, a bar for who waits, a net under each run.

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::{fault, interrupt};
use crate::answers::hands::Hands;

/// Threads, and the bar that tells of the pieces that they have done.
pub struct Threads {
    /// None: those of all cores.
    pool: Option<rayon::ThreadPool>,
    bar: ProgressBar,
}

impl Threads {
    /// All cores.
    pub fn new(bar: ProgressBar) -> Threads {
        Threads { pool: None, bar }
    }
    /// So many.
    pub fn many(pool: rayon::ThreadPool, bar: ProgressBar) -> Threads {
        Threads { pool: Some(pool), bar }
    }
    /// All is done.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Hands for Threads {
    fn side_by_side<S, P: Sync, R: Send>(
        &self,
        pieces: &[P],
        begin: impl Fn() -> S + Send + Sync,
        work: impl Fn(&mut S, &P) -> R + Send + Sync,
    ) -> Vec<R> {
        let all = || pieces.par_iter().map_init(&begin, &work).collect();
        self.pool.as_ref().map_or_else(all, |pool| pool.install(all))
    }
    fn stop(&self) -> bool {
        interrupt::asked()
    }
    fn done(&self) {
        self.bar.inc(1);
        // More may be asked for than was known at the beginning.
        let at = self.bar.position();
        if self.bar.length().is_some_and(|length| at > length) {
            self.bar.set_length(at.saturating_mul(2));
        }
    }
    fn caught<R>(&self, work: impl FnOnce() -> R) -> Result<R, String> {
        fault::catch(work)
    }
}
