//! Lock-step: simulated time stands while a client has something to do.
//!
//! A client has something to do while a request of his is under way, while a watch has not been told what has changed, and for a
//! moment after either: what he reads makes him write. Only when all have been quiet for [`QUIET`] does the simulation go on, to
//! its next change; so a controller under test sees a cluster that waits for it, however fast the clock goes. What the
//! client does in between is his own: the order of his requests is not made the same by it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Whoever is quiet for so long has nothing to do.
pub const QUIET: Duration = Duration::from_millis(50);

/// Who is busy.
#[derive(Debug, Default)]
pub struct Steady {
    is_on: AtomicBool,
    under_way: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When somebody was busy last.
    last: Option<Instant>,
    /// Of each watch: up to which version it has been told.
    told: BTreeMap<u64, u64>,
    next: u64,
}

#[expect(clippy::disallowed_methods, reason = "a door: clients live by the clock on the wall")]
fn wall() -> Instant {
    Instant::now()
}

impl Steady {
    /// Whether the simulation waits for clients at all.
    pub fn new(is_on: bool) -> Arc<Steady> {
        let steady = Steady::default();
        steady.is_on.store(is_on, Ordering::Relaxed);
        Arc::new(steady)
    }
    /// Whether it does.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn touch(&self) {
        self.state().last = Some(wall());
    }
    /// A request is under way until the guard goes.
    pub fn request(self: &Arc<Steady>) -> Busy {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }
    /// A watch begins, told up to this version.
    pub fn watch(self: &Arc<Steady>, version: u64) -> Watching {
        let mut state = self.state();
        state.next += 1;
        let id = state.next;
        state.told.insert(id, version);
        drop(state);
        Watching { id, steady: Arc::clone(self) }
    }
    /// Whether somebody has something to do; `version` is the newest that there is.
    pub fn is_busy(&self, version: u64) -> bool {
        if self.under_way.load(Ordering::Relaxed) > 0 {
            return true;
        }
        let state = self.state();
        let is_behind = state.told.values().any(|told| *told < version);
        let is_fresh = state.last.is_some_and(|last| last.elapsed() < QUIET);
        is_behind || is_fresh
    }
    /// Whether anybody watches.
    pub fn is_watched(&self) -> bool {
        !self.state().told.is_empty()
    }
}

/// A request that is under way.
pub struct Busy(Arc<Steady>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A watch that is open.
pub struct Watching {
    id: u64,
    steady: Arc<Steady>,
}

impl Watching {
    /// It has been told up to this version; `told` says whether there was something to tell.
    pub fn told(&self, version: u64, told: bool) {
        let mut state = self.steady.state();
        state.told.insert(self.id, version);
        if told {
            state.last = Some(wall());
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.steady.state().told.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_busy_until_his_request_is_over_and_his_watch_is_told() {
        let steady = Steady::new(true);
        assert!(!steady.is_busy(5));
        let watch = steady.watch(4);
        assert!(steady.is_busy(5) && steady.is_watched());
        watch.told(5, false);
        assert!(!steady.is_busy(5));
        let request = steady.request();
        assert!(steady.is_busy(5));
        drop(request);
        assert!(steady.is_busy(5), "what was read makes somebody write");
        drop(watch);
        assert!(!steady.is_watched());
    }
}
