//! The simulation on a thread of its own: it keeps the pace that was asked for, does what it is told, and puts what has changed
//! into the store.
//!
//! The walk belongs to this thread alone; everybody else asks and waits for the answer. Going back makes another past: the
//! store begins anew, and resourceVersions go on rising.

mod desk;
mod stored;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::answer::{Answer, answer, method_not_allowed};
use super::deletion;
use super::leases::Leases;
use super::path::Request;
use super::status::Response;
use super::steady::Steady;
use super::store::Store;
use super::verbs::{self, Step};
use crate::session::heartbeats::Heartbeats;
use crate::session::served::{News, Served};
use crate::session::usage::Usage;
use crate::session::{Breakpoint, Move, Walk};
use crate::time::{Span, Time};
use desk::Ask;
pub use desk::{Desk, Done, Jump, Logged, Pace};
use stored::{begin_with, measured, store_all};

/// So many steps are played before somebody else may ask.
const BATCH: usize = 200;
/// So many steps at least one can go back; what lies before them is forgotten, so that a server may run for days. With their rows
/// they are some 50 MB.
const BACK: usize = 500_000;
/// How often the clock looks up.
const LOOKS: Duration = Duration::from_millis(20);
/// The same, while it waits for clients.
const LOOKS_IN_STEP: Duration = Duration::from_millis(1);

struct Clock {
    walk: Walk,
    served: Served,
    leases: Leases,
    heartbeats: Heartbeats,
    /// When those were told last.
    heard: Option<Instant>,
    pace: Pace,
    /// From where the pace counts: on the wall, and in the simulation.
    anchor: (Instant, Time),
    /// When it was last asked what is used.
    measured: Option<Time>,
    /// Where `max` ends.
    end: Time,
    store: Arc<RwLock<Store>>,
    tell: watch::Sender<u64>,
    asks: Receiver<Ask>,
    over: Arc<AtomicBool>,
    steady: Arc<Steady>,
}

/// Begins: the thread runs until [`Desk::stop`].
///
/// # Errors
/// There is no thread to be had.
pub fn begin(
    mut walk: Walk,
    pace: Pace,
    end: Time,
    steady: Arc<Steady>,
) -> std::io::Result<(Desk, std::thread::JoinHandle<()>)> {
    let (send, asks) = channel();
    let mut store = Store::default();
    let now = walk.now();
    walk.seek_time(now);
    walk.keep_steps(BACK);
    store.clock = (now, shift(now));
    store.is_measured = !walk.plan().metrics.is_empty();
    let mut all = Vec::new();
    let served = Served::begin(&mut walk, &mut all);
    let mut heartbeats = Heartbeats::default();
    heartbeats.follow(&walk, &mut all);
    let store = Arc::new(RwLock::new(store));
    let version = begin_with(&store, now, all);
    let (tell, news) = watch::channel(version);
    let over = Arc::new(AtomicBool::new(false));
    let desk = Desk {
        asks: send,
        over: Arc::clone(&over),
        store: Arc::clone(&store),
        news,
        steady: Arc::clone(&steady),
    };
    let anchor = (wall(), now);
    let leases = Leases::default();
    let clock = Clock {
        walk,
        served,
        leases,
        heartbeats,
        heard: None,
        pace,
        anchor,
        measured: None,
        end,
        store,
        tell,
        asks,
        over,
        steady,
    };
    let thread = std::thread::Builder::new()
        .name("simulation".to_owned())
        .stack_size(16 << 20)
        .spawn(|| clock.run())?;
    Ok((desk, thread))
}

#[expect(clippy::disallowed_methods, reason = "a door: the pace is kept by the clock on the wall")]
fn wall() -> Instant {
    Instant::now()
}

/// How much later the clock on the wall is.
#[expect(clippy::disallowed_methods, reason = "a door: clients reckon ages by the clock on the wall")]
fn shift(now: Time) -> Span {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    Time::from_micros(micros).since(now)
}

impl Clock {
    fn run(mut self) {
        loop {
            let wait = if self.waits_for_somebody() {
                // Time that somebody needs does not pass.
                self.anchor = (wall(), self.walk.now());
                LOOKS_IN_STEP
            } else if self.play() {
                Duration::ZERO
            } else {
                LOOKS
            };
            match self.asks.recv_timeout(wait) {
                Ok(Ask::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                // What was asked for before that nobody waits for any more.
                Ok(_) if self.over.load(Ordering::Relaxed) => return,
                Ok(ask) => self.answer(ask),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn waits_for_somebody(&self) -> bool {
        if !self.steady.is_on() {
            return false;
        }
        let version = self.store.read().unwrap_or_else(std::sync::PoisonError::into_inner).version();
        self.steady.is_busy(version)
    }

    /// Which instant it should be by now.
    fn due(&self) -> Time {
        match self.pace {
            Pace::Paused => self.walk.now(),
            Pace::Max => self.end.max(self.walk.now()),
            Pace::Times(times) => {
                let passed = wall().saturating_duration_since(self.anchor.0).as_secs_f64() * times;
                let due = self.anchor.1 + Span::from_micros((passed * 1e6) as i64);
                due.min(self.walk.plan().until).max(self.walk.now())
            }
        }
    }

    /// Plays what is due, but not too much at once; whether more is.
    fn play(&mut self) -> bool {
        let due = self.due();
        let mut told: Vec<(Time, Vec<News>)> = Vec::new();
        let mut is_behind = false;
        for step in 0.. {
            if self.walk.next_time().is_none_or(|next| next > due) {
                // The fastest clock stands where nothing is left to happen.
                if !matches!(self.pace, Pace::Max | Pace::Paused) {
                    self.walk.seek_time(due);
                }
                break;
            }
            if step == BATCH {
                is_behind = true;
                break;
            }
            if !self.walk.play() {
                break;
            }
            self.follow(&mut told);
            // In step with clients: they see one change after the other.
            if self.steady.is_on() && !told.is_empty() && self.steady.is_watched() {
                is_behind = true;
                break;
            }
        }
        self.publish(told);
        is_behind
    }

    fn follow(&mut self, told: &mut Vec<(Time, Vec<News>)>) {
        let mut all = Vec::new();
        self.served.follow(&mut self.walk, &mut all);
        let gone = |own: &&News| own.kind == "Namespace" && own.object.is_none();
        let gone: Vec<String> = all.iter().filter(gone).map(|own| own.name.clone()).collect();
        for namespace in gone {
            self.leases.forget(&namespace, &mut all);
        }
        if !all.is_empty() {
            told.push((self.walk.now(), all));
        }
    }

    fn publish(&mut self, mut told: Vec<(Time, Vec<News>)>) {
        let now = self.walk.now();
        let mut rest = Vec::new();
        if !told.is_empty() {
            self.served.settle(&self.walk, &mut rest);
            told.push((now, rest));
        }
        let heard = self.heard();
        if !heard.is_empty() {
            told.push((now, heard));
        }
        let usage = self.measure();
        let is_news = !told.is_empty();
        if is_news {
            store_all(&self.store, told.into_iter().map(|(at, all)| ((at, shift(at)), all)).collect());
        }
        let version = {
            let mut store = self.store.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            store.clock = (now, shift(now));
            if let Some(usage) = usage {
                measured(&mut store, usage);
            }
            store.version()
        };
        if is_news {
            let _ = self.tell.send(version);
        }
    }

    /// What kubelets say of themselves: however fast simulated time goes, once in a second of whoever looks on; and where it
    /// stands, as it is.
    fn heard(&mut self) -> Vec<News> {
        const EVERY: Duration = Duration::from_secs(1);
        let mut all = Vec::new();
        let now = wall();
        if self.pace == Pace::Paused
            || self.heard.is_none_or(|last| now.saturating_duration_since(last) >= EVERY)
        {
            self.heard = Some(now);
            self.heartbeats.follow(&self.walk, &mut all);
        }
        all
    }

    /// What pods and nodes use, as often as a metrics server looks.
    fn measure(&mut self) -> Option<Usage> {
        const EVERY: Span = Span::from_secs(15);
        let now = self.walk.now();
        if self.measured.is_some_and(|last| last <= now && now.since(last) < EVERY) {
            return None;
        }
        self.measured = Some(now);
        self.walk.usage()
    }

    /// What was served is no more: everything is told anew.
    fn begin_anew(&mut self) {
        let mut all = Vec::new();
        self.served = Served::begin(&mut self.walk, &mut all);
        self.leases.tell(&mut all);
        self.heartbeats = Heartbeats::default();
        self.heartbeats.follow(&self.walk, &mut all);
        let now = self.walk.now();
        {
            let mut store = self.store.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            store.clock = (now, shift(now));
            store.begin_anew();
        }
        let version = begin_with(&self.store, now, all);
        let _ = self.tell.send(version);
    }

    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Stop => {}
            Ask::State(answer) => drop(answer.send(self.state())),
            Ask::Pace(pace, answer) => {
                self.pace = pace;
                self.anchor = (wall(), self.walk.now());
                let _ = answer.send(self.state());
            }
            Ask::Jump(jump, answer) => {
                // A long way is given up with whoever asked for it.
                let over = Arc::clone(&self.over);
                let there = self.jump(jump, &|| answer.is_closed() || over.load(Ordering::Relaxed));
                self.anchor = (wall(), self.walk.now());
                let _ = answer.send(there.map(|is_there| {
                    let mut state = self.state();
                    if !is_there {
                        let by = self.walk.offset();
                        state["lines"] = json!([format!("it does not come to that by {by}")]);
                    }
                    state
                }));
            }
            Ask::Do(words, answer) => {
                let steps: Vec<Step> = words.into_iter().map(Step::Words).collect();
                drop(answer.send(self.act(&steps)));
            }
            Ask::Write(request, answer) => drop(answer.send(self.write(&request))),
            Ask::Logs(of, answer) => {
                let pod = (of.namespace.as_str(), of.pod.as_str());
                let _ = answer.send(self.walk.timed_logs(pod, &of.container, of.previous));
            }
            Ask::Save(answer) => drop(answer.send(self.walk.saved_until(self.end))),
            Ask::Look(at, words, answer) => {
                let at = at.map_or(self.walk.now(), |offset| self.walk.plan().start + offset);
                let is_known = at >= self.walk.earliest();
                let told = match is_known {
                    true => self.walk.looked_at(at, &words),
                    false => Err(format!("one can look back to {}", self.walk.horizon_words())),
                };
                let _ = answer.send(told);
            }
            Ask::View(answer) => drop(answer.send(self.walk.view())),
        }
    }

    /// Goes there; whether there is such a place.
    ///
    /// # Errors
    /// It lies too far back.
    fn jump(&mut self, jump: Jump, given_up: &dyn Fn() -> bool) -> Result<bool, String> {
        let start = self.walk.plan().start;
        let earliest = self.walk.earliest();
        let is_before = match jump {
            Jump::Step | Jump::Until(..) => false,
            Jump::Back => self.walk.now() <= earliest,
            Jump::To(offset) => start + offset < earliest,
        };
        if is_before && earliest > start {
            return Err(format!("the clock goes back to {}", self.walk.horizon_words()));
        }
        match jump {
            Jump::Step => {
                let mut told = Vec::new();
                while self.walk.play() {
                    self.follow(&mut told);
                    if !self.walk.rows_of(self.walk.position()).is_empty() {
                        break;
                    }
                }
                self.publish(told);
            }
            Jump::Back => {
                let here = self.walk.position();
                let mut step = here.saturating_sub(1);
                while step > 0 && self.walk.rows_of(step).is_empty() {
                    step -= 1;
                }
                self.walk.seek(step);
                self.begin_anew();
            }
            Jump::To(offset) => {
                let to = start + offset;
                if to < self.walk.now() {
                    self.walk.seek_time(to);
                    self.begin_anew();
                    return Ok(true);
                }
                while self.walk.next_time().is_some_and(|next| next <= to) {
                    if given_up() {
                        return Ok(false);
                    }
                    let mut told = Vec::new();
                    for _ in 0..BATCH {
                        if self.walk.next_time().is_none_or(|next| next > to) || !self.walk.play() {
                            break;
                        }
                        self.follow(&mut told);
                    }
                    if told.is_empty() && self.walk.next_time().is_none_or(|next| next > to) {
                        break;
                    }
                    self.publish(told);
                }
                self.walk.seek_time(to);
                self.publish(Vec::new());
            }
            Jump::Until(breakpoint, within) => return Ok(self.until(breakpoint, within, given_up)),
        }
        Ok(true)
    }

    /// Goes on to where something is so; whether it came to be.
    fn until(&mut self, breakpoint: Breakpoint, within: Span, given_up: &dyn Fn() -> bool) -> bool {
        let end = (self.walk.now() + within).min(self.walk.plan().until);
        let to = Move::Until(breakpoint);
        let mut watch = self.walk.looks_out(&to);
        let mut is_there = false;
        let is_over = |walk: &Walk| walk.next_time().is_none_or(|next| next > end);
        while !is_there && !is_over(&self.walk) && !given_up() {
            let mut told = Vec::new();
            for _ in 0..BATCH {
                if is_over(&self.walk) || !self.walk.play() {
                    break;
                }
                self.follow(&mut told);
                is_there =
                    watch.stops(&self.walk.rows_of(self.walk.position()), &self.walk.world().directory);
                if is_there {
                    break;
                }
            }
            self.publish(told);
        }
        if !is_there && is_over(&self.walk) {
            self.walk.seek_time(end);
            self.publish(Vec::new());
        }
        is_there
    }

    fn act(&mut self, steps: &[Step]) -> Done {
        let mut done = Done::default();
        for step in steps {
            let told = match step {
                Step::Write(write) if self.leases.take(write, self.walk.world()) => {
                    let own = vec![self.leases.write(write)];
                    self.publish(vec![(self.walk.now(), own)]);
                    continue;
                }
                Step::Words(words) => self.walk.act(words),
                Step::Write(write) => self.walk.write(write),
            };
            match told {
                Ok(told) => {
                    // Whoever goes back and does something loses what he had done later.
                    let start = self.walk.plan().start;
                    let dropped = self.walk.done().last().and_then(|own| own.drops(start));
                    done.lines.extend(dropped.clone());
                    done.dropped = done.dropped.or(dropped);
                    done.lines.extend(told.answer.iter().cloned());
                    if told.refusals > 0 {
                        done.refused = Some(told.answer.join("\n"));
                    }
                }
                Err(problem) => done.refused = Some(problem),
            }
            let mut told = Vec::new();
            self.follow(&mut told);
            // What changes seldom is looked for now: whoever asked wants to see it.
            let mut rest = Vec::new();
            self.served.settle(&self.walk, &mut rest);
            if let Step::Write(write) = step {
                self.served.deleted(self.walk.world(), write, &mut rest);
            }
            told.push((self.walk.now(), rest));
            self.publish(told);
            if done.refused.is_some() {
                // What was refused is no part of what is saved.
                self.walk.drop_refused();
                self.served.step_back(&mut self.walk);
                break;
            }
        }
        done
    }

    /// A request that changes something: looked at where nothing can come between, done, and answered. What a client has
    /// stored goes with its owners.
    fn write(&mut self, request: &Request) -> Response {
        let gates = self.walk.world().gates;
        let found = {
            let store = self.store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            answer(&store, &gates, request)
        };
        let mut deed = match found {
            Answer::Do(deed) => deed,
            Answer::Whole(response) => return response,
            Answer::Watch(..) | Answer::Logs(_) => return method_not_allowed(),
        };
        let done = self.act(&deed.steps);
        deed.warnings.extend(done.dropped.clone());
        let deletes = |step: &Step| match step {
            Step::Words(words) => words.starts_with("delete"),
            Step::Write(write) => write.object.is_none(),
        };
        if done.refused.is_none() && deed.steps.iter().any(deletes) {
            self.collect();
        }
        let store = self.store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        verbs::answered(&store, &deed, done.refused.as_deref())
    }

    /// Objects whose owners are all gone go too, where one of the two is stored as it came: of those that it plays the simulation
    /// takes care itself (pkg/controller/garbagecollector, `attemptToDeleteItem`).
    fn collect(&mut self) {
        // Each round finds what the one before has orphaned.
        for _ in 0..16 {
            let steps = {
                let store = self.store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                deletion::orphans(&store, &self.walk.world().gates)
            };
            if steps.is_empty() {
                return;
            }
            for step in steps {
                self.act(&[step]);
            }
        }
    }

    fn state(&self) -> Value {
        let start = self.walk.plan().start;
        let until = |at: Option<Time>| at.map(|at| at.since(start).secs_f64());
        json!({
            "kind": "Clock", "apiVersion": "kubelapse/v1",
            "speed": self.pace.word(),
            "seconds": self.walk.now().since(start).secs_f64(),
            "offset": self.walk.now().since(start).to_string(),
            "now": self.walk.now().rfc3339_micros(),
            "step": self.walk.position(),
            "nextSeconds": until(self.walk.next_time()),
            "isIdle": self.walk.next_time().is_none(),
            "earliestSeconds": self.walk.earliest().since(start).secs_f64(),
            "scenario": self.walk.plan().name.to_string(),
            "kubernetes": self.walk.world().gates.version.as_str(),
            "seed": self.walk.seed(),
        })
    }
}
