//! A stretch of a run, as it was played and as it is kept: some steps with the rows that they wrote.
//!
//! One stretch is written as one row of numbers, step by step, each followed by its rows. What follows from what stands before it
//! is not written, or as the difference from it: instants, numbers of the queue, pods, event objects. What an event and a change
//! say apart from their numbers is the place of a shape ([`Shapes`]). A row also tells which row about the same pod or object
//! came before it, so that the history of one of many needs no list of its own. Numbers are spelled as short as they are frequent
//! ([`super::codes`]): some eight bytes are left of a step with its rows' share, where the structs have hundred and fifty.

use super::codes::{Codes, Field, Reader, Writer};
use super::event_numbers::{self, Number as EventNumber};
use super::shapes::Shapes;
use crate::record::numbers::{Number, numbers};
use crate::record::{Change, Transition};
use crate::time::{Span, Time};
use crate::world::SimEvent;

/// One step as it was played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepRecord {
    /// Its instant.
    pub at: Time,
    /// What was played.
    pub event: SimEvent,
    /// The event's number in the queue.
    pub sequence: u64,
    /// The number that the queue would give next, after the step: what the step queued lies before it.
    pub queued_to: u64,
    /// How many rows the run had after the step.
    pub rows_to: usize,
}

/// Where a stretch begins: what was so before its first step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// So many steps had been played.
    pub(super) step: u64,
    /// So many rows had been written.
    pub(super) row: usize,
    /// The instant of the step before.
    pub(super) at: Time,
    /// The number that the queue would have given next.
    pub(super) queued: u64,
}

/// No row came before it that is about the same.
pub(super) const NO_ROW: u32 = u32::MAX;

/// Steps with their rows, to be read and added to.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) start: Start,
    pub(super) steps: Vec<StepRecord>,
    pub(super) rows: Vec<Transition>,
    /// By row: the one before it that is about the same.
    pub(super) before: Vec<u32>,
}

impl Stretch {
    /// Without a step.
    pub(super) fn begin(start: Start) -> Stretch {
        Stretch { start, steps: Vec::new(), rows: Vec::new(), before: Vec::new() }
    }
    /// What is so after its last step.
    pub(super) fn end(&self) -> Start {
        match self.steps.last() {
            None => self.start,
            Some(last) => Start {
                step: self.start.step + self.steps.len() as u64,
                row: last.rows_to,
                at: last.at,
                queued: last.queued_to,
            },
        }
    }
}

/// What shapes a run has.
#[derive(Clone, Default)]
pub(super) struct AllShapes {
    pub(super) changes: Shapes<Change>,
    pub(super) events: Shapes<SimEvent>,
}

/// What numbers are told as the difference from.
#[derive(Default)]
struct Last {
    pod: i64,
    /// Of an event, or of a row: a step is mostly about one.
    node: i64,
    event_object: i64,
    object: i64,
}

impl Last {
    fn of(&mut self, number: Number) -> Option<&mut i64> {
        match number {
            Number::Small | Number::Drawn => None,
            Number::EventObject => Some(&mut self.event_object),
            Number::Object => Some(&mut self.object),
        }
    }
}

/// So many rows of a step are told in the number that tells how much it has queued.
const FEW: usize = 7;

/// Writes a stretch.
pub(super) fn pack(stretch: &Stretch, shapes: &mut AllShapes, mut to: Writer<'_>) {
    let mut last = Last::default();
    let mut before = stretch.start;
    for step in &stretch.steps {
        let written = step.rows_to - before.row;
        to.put(Field::Queued, (step.queued_to - before.queued) << 3 | written.min(FEW) as u64);
        if written >= FEW {
            to.put(Field::Rows, (written - FEW) as u64);
        }
        to.put(Field::After, step.at.since(before.at).micros().cast_unsigned());
        to.put(Field::Sequence, before.queued.wrapping_sub(step.sequence));
        put_event(&mut to, step.event, shapes, &mut last);
        let first = before.row - stretch.start.row;
        for ix in first..first + written {
            let (row, own) = (&stretch.rows[ix], stretch.start.row + ix);
            put_row(&mut to, row, shapes, &mut last);
            let back = if stretch.before[ix] == NO_ROW { 0 } else { own - stretch.before[ix] as usize };
            to.put(Field::Before, back as u64);
        }
        before = Start { step: before.step + 1, row: step.rows_to, at: step.at, queued: step.queued_to };
    }
    to.end();
}

/// Reads so many steps of a stretch that begins there, and the rows that they wrote.
pub(super) fn unpack(
    start: Start,
    codes: &Codes,
    bytes: &[u8],
    steps: usize,
    shapes: &AllShapes,
    to: &mut Stretch,
) {
    to.start = start;
    to.steps.clear();
    to.rows.clear();
    to.before.clear();
    let mut from = Reader::new(codes, bytes);
    let mut last = Last::default();
    let mut before = start;
    for _ in 0..steps {
        let head = from.number(Field::Queued);
        let mut written = (head & 7) as usize;
        if written >= FEW {
            written += from.number(Field::Rows) as usize;
        }
        let step = before.step + 1;
        let at = before.at + Span::from_micros(from.number(Field::After).cast_signed());
        let sequence = before.queued.wrapping_sub(from.number(Field::Sequence));
        let queued_to = before.queued + (head >> 3);
        let event = event(&mut from, shapes, &mut last);
        for ix in before.row..before.row + written {
            let mut row = row(&mut from, shapes, &mut last);
            (row.time, row.step) = (at, step);
            to.rows.push(row);
            to.before.push(match from.number(Field::Before) {
                0 => NO_ROW,
                back => (ix - back as usize) as u32,
            });
        }
        let rows_to = before.row + written;
        to.steps.push(StepRecord { at, event, sequence, queued_to, rows_to });
        before = Start { step, row: rows_to, at, queued: queued_to };
    }
}

fn put_event(to: &mut Writer<'_>, event: SimEvent, shapes: &mut AllShapes, last: &mut Last) {
    let mut shape = event;
    event_numbers::numbers(&mut shape, &mut |_, number| *number = 0);
    to.put(Field::Event, shapes.events.place(&shape));
    let mut event = event;
    event_numbers::numbers(&mut event, &mut |kind, number| {
        let wide = i64::from(*number);
        match kind {
            EventNumber::Pod => {
                to.put(Field::EventPod, folded(wide - std::mem::replace(&mut last.pod, wide)));
            }
            EventNumber::Node => {
                last.node = wide;
                to.put(Field::EventNode, wide.cast_unsigned());
            }
            EventNumber::Small => to.put(Field::EventNumber, wide.cast_unsigned()),
        }
    });
}

fn event(from: &mut Reader<'_>, shapes: &AllShapes, last: &mut Last) -> SimEvent {
    let mut event = shapes.events.at(from.number(Field::Event));
    event_numbers::numbers(&mut event, &mut |kind, number| {
        let wide = match kind {
            EventNumber::Pod => {
                last.pod += unfolded(from.number(Field::EventPod));
                last.pod
            }
            EventNumber::Node => {
                last.node = from.number(Field::EventNode).cast_signed();
                last.node
            }
            EventNumber::Small => from.number(Field::EventNumber).cast_signed(),
        };
        *number = wide as u32;
    });
    event
}

fn put_row(to: &mut Writer<'_>, row: &Transition, shapes: &mut AllShapes, last: &mut Last) {
    match row.pod {
        None => to.put(Field::RowPod, 0),
        Some(pod) => {
            let wide = i64::from(pod);
            to.put(Field::RowPod, folded(wide - std::mem::replace(&mut last.pod, wide)) + 1);
        }
    }
    match row.node {
        None => to.put(Field::RowNode, 0),
        Some(node) => {
            let wide = i64::from(node);
            to.put(Field::RowNode, folded(wide - std::mem::replace(&mut last.node, wide)) + 1);
        }
    }
    let mut shape = row.change;
    numbers(&mut shape, &mut |_, number| *number = 0);
    to.put(Field::Change, shapes.changes.place(&shape));
    let mut change = row.change;
    numbers(&mut change, &mut |kind, number| {
        let before = last.of(kind).map_or(0, |last| std::mem::replace(last, *number));
        to.put(Field::ChangeNumber, folded(*number - before));
    });
}

/// A row, but for its step and its instant.
fn row(from: &mut Reader<'_>, shapes: &AllShapes, last: &mut Last) -> Transition {
    let pod = match from.number(Field::RowPod) {
        0 => None,
        told => {
            last.pod += unfolded(told - 1);
            Some(last.pod as u32)
        }
    };
    let node = match from.number(Field::RowNode) {
        0 => None,
        told => {
            last.node += unfolded(told - 1);
            Some(last.node as u32)
        }
    };
    let mut change = shapes.changes.at(from.number(Field::Change));
    numbers(&mut change, &mut |kind, number| {
        let told = unfolded(from.number(Field::ChangeNumber));
        *number = match last.of(kind) {
            None => told,
            Some(last) => {
                *last += told;
                *last
            }
        };
    });
    Transition { time: Time::FAR, pod, node, change, step: 0 }
}

/// Small numbers of either sign as small ones without a sign.
fn folded(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}
fn unfolded(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
