//! A strip of time for one pod: phases, STATUS, container runs, readiness and back-off windows, where we are. Every state
//! has a sign of its own; colour may repeat it.

use super::Walk;
use crate::api::{EventType, Sym, Tri};
use crate::record::Change;
use crate::rules::kubelet::reasons;
use crate::time::{Span, Time};
use crate::world::PodId;

/// How telling a mark is where several containers of a pod differ: trouble first.
fn trouble(mark: Mark) -> u8 {
    match mark {
        Mark::BackOff => 5,
        Mark::EndedBadly => 4,
        Mark::Waiting | Mark::Restarted => 3,
        Mark::Running => 2,
        Mark::Ended => 1,
        _ => 0,
    }
}

/// What a cell of a lane stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mark {
    /// Not there yet, or no more.
    #[default]
    Nothing,
    /// Phase Pending.
    Pending,
    /// Phase Running; of a container: it runs.
    Running,
    /// Phase Succeeded.
    Succeeded,
    /// Phase Failed.
    Failed,
    /// Phase Unknown.
    Unknown,
    /// A container waits.
    Waiting,
    /// A container waits in a back-off.
    BackOff,
    /// A container has ended with 0.
    Ended,
    /// A container has ended with something else.
    EndedBadly,
    /// A container runs, and has ended since it was last told of.
    Restarted,
    /// The condition is True.
    Ready,
    /// The condition is not True.
    NotReady,
    /// A Warning event was told.
    Warning,
    /// A Normal event was told.
    Told,
}

impl Mark {
    /// Its sign.
    pub fn sign(self) -> char {
        match self {
            Mark::Nothing => ' ',
            Mark::Pending => 'p',
            Mark::Running => '█',
            Mark::Succeeded => 's',
            Mark::Failed => 'F',
            Mark::Unknown => '?',
            Mark::Waiting => '·',
            Mark::BackOff => '░',
            Mark::Ended => '○',
            Mark::EndedBadly => 'x',
            Mark::Restarted => 'r',
            Mark::Ready => '▀',
            Mark::NotReady => '_',
            Mark::Warning => '!',
            Mark::Told => '\'',
        }
    }
}

/// The signs in words, for a legend.
pub const LEGEND: &str = "p Pending  █ Running  · waiting  ░ back-off  x failed  r restarted  ○ ended well  ▀ ready  _ not ready  ! warning  s Succeeded  F Failed";

/// One row of the strip.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lane {
    /// What it is about: the phase, a container, a condition, events.
    pub name: String,
    /// From left to right.
    pub cells: Vec<Mark>,
}

/// The lanes of a pod over `[from, to]`, and the cell in which the clock stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Strip {
    /// Where it begins.
    pub from: Time,
    /// Where it ends.
    pub to: Time,
    /// From above.
    pub lanes: Vec<Lane>,
    /// Of the clock, from 0.
    pub cursor: usize,
}

/// The window that a strip shows: all of a short life, the latest part of a long one.
pub fn window(walk: &Walk) -> (Time, Time) {
    let (start, now) = (walk.plan().start, walk.now());
    let lived = now.since(start).micros();
    // Powers of two of a minute, so that the picture does not jump at every step.
    let mut length = 60_000_000i64;
    while length <= lived && length < 15 * 60_000_000 {
        length *= 2;
    }
    let from = if lived < length { start } else { now - Span::from_micros(length / 16 * 15) };
    (from, from + Span::from_micros(length))
}

/// The cell of an instant, where `[from, to]` has so many; what was before stands in the first one.
pub fn cell(at: Time, from: Time, to: Time, width: usize) -> usize {
    let length = to.since(from).micros().max(1);
    let part = i128::from(at.since(from).micros()) * width as i128 / i128::from(length);
    usize::try_from(part).unwrap_or(0)
}

impl Walk {
    /// A pod's life in one lane: the container in the deepest trouble, the phase once it is final.
    pub fn life(&self, pod: PodId, from: Time, to: Time, width: usize) -> Vec<Mark> {
        let strip = self.strip(pod, from, to, width);
        let mut cells = vec![Mark::Nothing; width];
        for lane in strip.lanes.iter().filter(|lane| lane.name != "events" && lane.name != "Ready") {
            for (own, mark) in cells.iter_mut().zip(&lane.cells) {
                *own = match (lane.name.as_str(), *mark) {
                    ("phase", Mark::Running) => *own,
                    ("phase", mark) => mark,
                    (_, mark) if *own == Mark::Pending => mark,
                    (_, mark)
                        if trouble(mark) > trouble(*own)
                            && !matches!(own, Mark::Succeeded | Mark::Failed | Mark::Unknown) =>
                    {
                        mark
                    }
                    _ => *own,
                };
            }
        }
        cells
    }

    /// The cell in which the clock stands.
    pub fn cell_of_now(&self, from: Time, to: Time, width: usize) -> usize {
        cell(self.now(), from, to, width).min(width.saturating_sub(1))
    }

    /// The strip of a pod, `width` cells wide.
    pub fn strip(&self, pod: PodId, from: Time, to: Time, width: usize) -> Strip {
        let cell = |at: Time| cell(at, from, to, width);
        let cursor = self.cell_of_now(from, to, width);
        let mut lanes: Vec<(Lane, Mark, usize)> = Vec::new();
        // What began and ended in one cell must not vanish under what follows.
        let paint = |lane: &mut (Lane, Mark, usize), at: Time, mark: Mark| {
            let to = cell(at).min(cursor + 1).min(width);
            let (own, last, since) = lane;
            for place in &mut own.cells[(*since).min(to)..to] {
                *place = *last;
            }
            if at >= from
                && to < width
                && *since == to
                && *last != Mark::Nothing
                && own.cells[to] == Mark::Nothing
            {
                own.cells[to] = *last;
                *since = to + 1;
            } else {
                *since = to.max(*since);
            }
            *last = mark;
        };
        let lane_of = |lanes: &mut Vec<(Lane, Mark, usize)>, name: &str| {
            lanes.iter().position(|(lane, ..)| lane.name == name).unwrap_or_else(|| {
                let cells = vec![Mark::Nothing; width];
                lanes.push((Lane { name: name.to_owned(), cells }, Mark::Nothing, 0));
                lanes.len() - 1
            })
        };
        lane_of(&mut lanes, "phase");
        let mut runs: Vec<(Sym, i32)> = Vec::new();
        for row in self.rows_about(pod) {
            let (name, mark) = match row.change {
                Change::Phase { to, .. } => ("phase".to_owned(), phase_mark(to)),
                Change::Condition { kind, to, .. } if kind == Sym::READY => {
                    ("Ready".to_owned(), if to == Some(Tri::True) { Mark::Ready } else { Mark::NotReady })
                }
                Change::Container { name, to, reason, exit_code, .. } => {
                    (name.to_string(), container_mark(to, reason, exit_code))
                }
                Change::Event(event) => {
                    let at = lane_of(&mut lanes, "events");
                    let place = cell(row.time);
                    if row.time >= from && place < width {
                        let own = &mut lanes[at].0.cells[place];
                        if *own != Mark::Warning {
                            *own = if event.kind == EventType::Warning { Mark::Warning } else { Mark::Told };
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            let at = lane_of(&mut lanes, &name);
            if is_restart(&row.change, &mut runs) && (mark, lanes[at].1) == (Mark::Running, Mark::Running) {
                paint(&mut lanes[at], row.time, Mark::Restarted);
            }
            paint(&mut lanes[at], row.time, mark);
        }
        for lane in lanes.iter_mut().filter(|(lane, ..)| lane.name != "events") {
            let end = (cursor + 1).min(width);
            for place in &mut lane.0.cells[lane.2.min(end)..end] {
                *place = lane.1;
            }
        }
        // The phase first, then containers, then readiness, then events.
        let order = |name: &str| match name {
            "phase" => 0,
            "Ready" => 2,
            "events" => 3,
            _ => 1,
        };
        let mut lanes: Vec<Lane> = lanes.into_iter().map(|(lane, ..)| lane).collect();
        lanes.sort_by_key(|lane| order(&lane.name));
        Strip { from, to, lanes, cursor }
    }
}

/// Whether a container has ended since it was last told of: a kubelet that starts it again in the sync that has stopped it tells of
/// no end. `runs` are the restarts that each was told with.
fn is_restart(change: &Change, runs: &mut Vec<(Sym, i32)>) -> bool {
    let Change::Container { name, restarts, .. } = *change else { return false };
    match runs.iter_mut().find(|(own, _)| *own == name) {
        Some((_, before)) => std::mem::replace(before, restarts) < restarts,
        None => {
            runs.push((name, restarts));
            false
        }
    }
}

fn phase_mark(phase: Sym) -> Mark {
    match phase {
        Sym::PENDING => Mark::Pending,
        Sym::RUNNING => Mark::Running,
        Sym::SUCCEEDED => Mark::Succeeded,
        Sym::FAILED => Mark::Failed,
        Sym::UNKNOWN => Mark::Unknown,
        _ => Mark::Nothing,
    }
}

fn container_mark(state: Sym, reason: Sym, exit_code: Option<i32>) -> Mark {
    match state {
        Sym::RUNNING_STATE => Mark::Running,
        Sym::TERMINATED_STATE if exit_code == Some(0) => Mark::Ended,
        Sym::TERMINATED_STATE => Mark::EndedBadly,
        Sym::WAITING if reason.ends_with("BackOff") => Mark::BackOff,
        Sym::WAITING if reason.is_empty() || reasons::is_beginning(reason) => Mark::Waiting,
        Sym::WAITING => Mark::EndedBadly,
        _ => Mark::Nothing,
    }
}
