//! The door to the simulation: what somebody may ask of its thread, and how the answer comes back.
//!
//! A question is a value with the sender of its answer; the thread takes one after the other, so nobody sees it half done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, RwLock};

use serde_json::Value;
use tokio::sync::{oneshot, watch};

use crate::serve::answer::logs::{Line, LogsOf};
use crate::serve::path::Request;
use crate::serve::status::Response;
use crate::serve::steady::Steady;
use crate::serve::store::Store;
use crate::session::Breakpoint;
use crate::time::Span;

/// How fast simulated time goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// It stands.
    Paused,
    /// So many seconds in one.
    Times(f64),
    /// As fast as it can be played.
    Max,
}

impl Pace {
    /// `paused`, `max`, `10`, `0.5`
    ///
    /// # Errors
    /// What would be accepted.
    pub fn parse(word: &str) -> Result<Pace, String> {
        match word {
            "paused" | "0" => Ok(Pace::Paused),
            "max" => Ok(Pace::Max),
            word => match word.trim_end_matches('x').parse::<f64>() {
                Ok(times) if times.is_finite() && (0.001..=100_000.0).contains(&times) => {
                    Ok(Pace::Times(times))
                }
                _ => Err(format!(
                    "`{word}` is no speed: it is paused, max, or a number (1: as on the wall, 10, 0.5)"
                )),
            },
        }
    }
    pub(super) fn word(self) -> String {
        match self {
            Pace::Paused => "paused".to_owned(),
            Pace::Max => "max".to_owned(),
            Pace::Times(times) => times.to_string(),
        }
    }
}

/// Where the clock is to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Jump {
    /// To the next change that a client would see.
    Step,
    /// To before the last one.
    Back,
    /// To this offset from the start.
    To(Span),
    /// On to where this begins to be so, but no farther than so far: a served run has no end.
    Until(Breakpoint, Span),
}

/// What was done, as kubectl would have printed it.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// All lines.
    pub lines: Vec<String>,
    /// The first that says that something was not done.
    pub refused: Option<String>,
    /// What had been done later on the line that this has left, in words.
    pub dropped: Option<String>,
}

/// Lines of a log, and whether more may come; else why there is none.
pub type Logged = Result<(Vec<Line>, bool), String>;

pub(super) enum Ask {
    State(oneshot::Sender<Value>),
    Pace(Pace, oneshot::Sender<Value>),
    Jump(Jump, oneshot::Sender<Result<Value, String>>),
    Do(Vec<String>, oneshot::Sender<Done>),
    Write(Box<Request>, oneshot::Sender<Response>),
    Logs(LogsOf, oneshot::Sender<Logged>),
    Save(oneshot::Sender<String>),
    View(oneshot::Sender<Vec<u8>>),
    Look(Option<Span>, String, oneshot::Sender<Result<String, String>>),
    Stop,
}

/// A door to the simulation, for whoever asks.
#[derive(Clone)]
pub struct Desk {
    pub(super) asks: Sender<Ask>,
    /// Nobody waits for what is still being played.
    pub(super) over: Arc<AtomicBool>,
    /// What is served.
    pub store: Arc<RwLock<Store>>,
    /// The newest version that is served.
    pub news: watch::Receiver<u64>,
    /// Who is busy.
    pub steady: Arc<Steady>,
}

impl Desk {
    async fn ask<T>(&self, what: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let (answer, comes) = oneshot::channel();
        self.asks.send(what(answer)).ok()?;
        comes.await.ok()
    }
    /// How the clock stands.
    pub async fn state(&self) -> Option<Value> {
        self.ask(Ask::State).await
    }
    /// Another speed.
    pub async fn pace(&self, pace: Pace) -> Option<Value> {
        self.ask(|answer| Ask::Pace(pace, answer)).await
    }
    /// Another place; else why it cannot go there.
    pub async fn jump(&self, jump: Jump) -> Option<Result<Value, String>> {
        self.ask(|answer| Ask::Jump(jump, answer)).await
    }
    /// Does something.
    pub async fn act(&self, words: Vec<String>) -> Option<Done> {
        self.ask(|answer| Ask::Do(words, answer)).await
    }
    /// Carries out a request that changes something.
    pub async fn write(&self, request: Request) -> Option<Response> {
        self.ask(|answer| Ask::Write(Box::new(request), answer)).await
    }
    /// What a container has written.
    pub async fn logs(&self, of: LogsOf) -> Option<Logged> {
        self.ask(|answer| Ask::Logs(of, answer)).await
    }
    /// The scenario with everything that was done.
    pub async fn saved(&self) -> Option<String> {
        self.ask(Ask::Save).await
    }
    /// What words that only look come to, at an offset from the start that lies behind, or now.
    pub async fn look(&self, at: Option<Span>, words: String) -> Option<Result<String, String>> {
        self.ask(|answer| Ask::Look(at, words, answer)).await
    }
    /// What the page draws.
    pub async fn view(&self) -> Option<Vec<u8>> {
        self.ask(Ask::View).await
    }
    /// It is over.
    pub fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.asks.send(Ask::Stop);
    }
}
