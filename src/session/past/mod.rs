//! What a walk knows of its run: every step and every row, packed.
//!
//! A fleet's hour is some million steps and rows, and who goes back and forth asks for few of them: the rows of a step, the last
//! twenty, all about one pod, those in which something is so. As structs they would be several times the run; so they are
//! packed as they come ([`packed`]), [`STEPS`] steps at a time, and unpacked a stretch at a time when somebody reads. The newest
//! stretch is open, and read as it is. What is kept is linear in what has happened, some eight bytes a step with its rows, and
//! nothing is kept by the pod but where its last row stands: each row tells which one came before it.
//!
//! | asked for | found by |
//! | --- | --- |
//! | a step, its rows | the number of its stretch |
//! | a row, by its number; an instant; who queued an event | the beginnings of stretches, halved |
//! | all rows about a pod or an object | its last row, and from each to the one before it |
//! | rows one after the other | each stretch unpacked once ([`Reader`]) |
//!
//! A run whose beginning is forgotten ([`super::horizon`]) begins with the rows by which all stands then; what is left is
//! packed anew, and its shapes with it.

mod codes;
mod event_numbers;
mod history;
mod packed;
mod shapes;
mod shelf;

use std::borrow::Cow;
use std::ops::Range;

pub use history::{About, History, Rows};
pub use packed::StepRecord;
use packed::{AllShapes, NO_ROW, Start, Stretch};
use shelf::Shelf;

use crate::record::{Change, ObjectRow, Transition};
use crate::session::Played;
use crate::time::Time;
use crate::world::PodId;

/// So many steps are packed together: the fewer, the sooner one of them is read; the more, the less their beginnings take.
const STEPS: usize = 128;

/// See the module's page.
#[derive(Clone)]
pub(super) struct Past {
    /// How all stood before the first step that is known.
    standing: Vec<Transition>,
    /// By row of these: the one before it that is about the same.
    standing_before: Vec<u32>,
    base: Start,
    /// Full ones, each with [`STEPS`] steps.
    packed: Shelf,
    /// What comes behind them.
    open: Stretch,
    shapes: AllShapes,
    /// The last row about each pod.
    of_pods: Vec<u32>,
    /// The last row about each object that is neither a pod nor a node.
    of_objects: Vec<u32>,
}

impl Past {
    /// Begins with these rows after so many steps, at this instant; the number that the queue would give next.
    pub(super) fn begin(rows: Vec<Transition>, step: u64, at: Time, queued: u64) -> Past {
        let base = Start { step, row: rows.len(), at, queued };
        let mut past = Past {
            standing: Vec::new(),
            standing_before: Vec::new(),
            base,
            packed: Shelf::default(),
            open: Stretch::begin(base),
            shapes: AllShapes::default(),
            of_pods: Vec::new(),
            of_objects: Vec::new(),
        };
        for (ix, row) in rows.iter().enumerate() {
            let before = past.link(row, ix);
            past.standing_before.push(before);
        }
        past.standing = rows;
        past
    }

    /// How many steps the run had before the first one that is known.
    pub(super) fn base(&self) -> u64 {
        self.base.step
    }
    /// How many rows it begins with.
    pub(super) fn standing(&self) -> &[Transition] {
        &self.standing
    }
    /// How many steps the run has had.
    pub(super) fn known(&self) -> u64 {
        self.open.end().step
    }

    /// A step is played for the first time; the number that the queue would give next.
    pub(super) fn push(&mut self, played: Played, queued_to: u64, rows: &[Transition]) {
        for row in rows {
            let number = self.open.start.row + self.open.rows.len();
            let before = self.link(row, number);
            self.open.rows.push(*row);
            self.open.before.push(before);
        }
        let rows_to = self.open.start.row + self.open.rows.len();
        let Played { at, event, sequence } = played;
        self.open.steps.push(StepRecord { at, event, sequence, queued_to, rows_to });
        if self.open.steps.len() == STEPS {
            let next = Stretch::begin(self.open.end());
            let full = std::mem::replace(&mut self.open, next);
            self.packed.push(&full, &mut self.shapes);
        }
    }

    /// A row is the last one about what it is about; the one that was it.
    fn link(&mut self, row: &Transition, number: usize) -> u32 {
        let Some(last) = self.last_about(row) else { return NO_ROW };
        std::mem::replace(last, number as u32)
    }
    fn last_about(&mut self, row: &Transition) -> Option<&mut u32> {
        let (list, at) = match (row.pod, row.change) {
            (Some(pod), _) => (&mut self.of_pods, pod as usize),
            (None, Change::Object { object, .. }) => (&mut self.of_objects, object as usize),
            _ => return None,
        };
        if list.len() <= at {
            list.resize(at + 1, NO_ROW);
        }
        list.get_mut(at)
    }

    /// Forgets all after a step.
    pub(super) fn forget_after(&mut self, step: u64) {
        let step = step.max(self.base.step);
        while self.known() > step {
            if step < self.open.start.step {
                self.unlink(0);
                if !self.packed.pop(STEPS, &self.shapes, &mut self.open) {
                    return;
                }
                continue;
            }
            let left = (step - self.open.start.step) as usize;
            let rows = left.checked_sub(1).map_or(self.open.start.row, |last| self.open.steps[last].rows_to);
            self.unlink(rows - self.open.start.row);
            self.open.steps.truncate(left);
            self.open.rows.truncate(rows - self.open.start.row);
            self.open.before.truncate(rows - self.open.start.row);
        }
    }
    /// Rows of the open stretch from here on are about to go: those before them are the last ones again.
    fn unlink(&mut self, from: usize) {
        for ix in (from..self.open.rows.len()).rev() {
            let (row, before) = (self.open.rows[ix], self.open.before[ix]);
            if let Some(last) = self.last_about(&row) {
                *last = before;
            }
        }
    }

    /// The same run from a step on, which begins with these rows.
    pub(super) fn from(&self, step: u64, rows: Vec<Transition>) -> Past {
        let mut reader = self.reader();
        let at = reader.step(step).map_or(self.base, |own| Start {
            step,
            row: own.rows_to,
            at: own.at,
            queued: own.queued_to,
        });
        let mut past = Past::begin(rows, at.step, at.at, at.queued);
        for step in at.step + 1..=self.known() {
            let Some(own) = reader.step(step) else { break };
            let StepRecord { at, event, sequence, queued_to, .. } = own;
            past.push(Played { at, sequence, event }, queued_to, reader.rows_of(step));
        }
        past
    }

    /// Reads one after the other.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { past: self, is_held: false, stretch: Stretch::begin(self.base) }
    }
    /// A step that is known.
    pub(super) fn step(&self, step: u64) -> Option<StepRecord> {
        self.reader().step(step)
    }
    /// How many rows the run had after a step.
    pub(super) fn rows_to(&self, step: u64) -> usize {
        if step >= self.known() {
            return self.open.end().row;
        }
        self.step(step).map_or(self.base.row, |own| own.rows_to)
    }
    /// What a step wrote; of the start, what the run begins with.
    pub(super) fn rows_of(&self, step: u64) -> Cow<'_, [Transition]> {
        if step <= self.base.step {
            return Cow::Borrowed(&self.standing);
        }
        if step > self.open.start.step {
            return Cow::Borrowed(self.open.rows_of(step));
        }
        let mut reader = self.reader();
        Cow::Owned(reader.rows_of(step).to_vec())
    }
    /// The rows with these numbers.
    pub(super) fn history(&self, rows: Range<usize>) -> History<'_> {
        History::of(self, rows)
    }
    /// The last row about a pod.
    pub(super) fn about_pod(&self, pod: PodId, until: usize) -> About<'_> {
        About::new(self, self.of_pods.get(pod.ix()), until)
    }
    /// The last row about an object that is no pod.
    pub(super) fn about_object(&self, object: ObjectRow, until: usize) -> About<'_> {
        About::new(self, self.of_objects.get(object as usize), until)
    }

    /// How many steps had been played by an instant.
    pub(super) fn step_by(&self, at: Time) -> u64 {
        self.reader().first_step(|start| start.at <= at, |step| step.at <= at) - 1
    }
    /// The step that queued the event with this number.
    pub(super) fn queued_by(&self, sequence: u64) -> u64 {
        self.reader().queued_by(sequence)
    }
    /// How many rows had been written by an instant.
    pub(super) fn rows_by(&self, at: Time) -> usize {
        match at < self.base.at {
            true => self.standing.partition_point(|row| row.time <= at),
            false => self.rows_to(self.step_by(at)),
        }
    }
}

impl Stretch {
    /// What one of its steps wrote; nothing where it is none of them.
    fn rows_of(&self, step: u64) -> &[Transition] {
        let at = step.wrapping_sub(self.start.step + 1) as usize;
        let to = |at: usize| self.steps.get(at).map_or(self.start.row, |own| own.rows_to) - self.start.row;
        match at {
            _ if at >= self.steps.len() => &[],
            0 => &self.rows[..to(0)],
            _ => &self.rows[to(at - 1)..to(at)],
        }
    }
    fn has_row(&self, row: usize) -> bool {
        row >= self.start.row && row - self.start.row < self.rows.len()
    }
}

/// Reads steps and rows: who asks for neighbours has their stretch unpacked once.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    past: &'a Past,
    is_held: bool,
    stretch: Stretch,
}

impl Reader<'_> {
    /// A stretch that is full.
    fn full(&mut self, at: usize) -> &Stretch {
        let packed = &self.past.packed;
        if !self.is_held || self.stretch.start.step != packed.start(at).step {
            packed.read(at, STEPS, &self.past.shapes, &mut self.stretch);
            self.is_held = true;
        }
        &self.stretch
    }
    /// The first step that is not so any more, or the one after the last; what is so is so of all steps before it.
    fn first_step(
        &mut self,
        of_start: impl Fn(&Start) -> bool,
        of_step: impl Fn(&StepRecord) -> bool,
    ) -> u64 {
        let past = self.past;
        // In the last stretch at whose beginning it is still so: that of the one behind it is this one's last step.
        let full = past.packed.partition_point(&of_start);
        let stretch = match full {
            at if at == past.packed.len() && of_start(&past.open.start) => &past.open,
            0 => return past.base.step + 1,
            at => self.full(at - 1),
        };
        stretch.start.step + stretch.steps.partition_point(of_step) as u64 + 1
    }
    /// The step that queued the event with this number.
    pub(super) fn queued_by(&mut self, sequence: u64) -> u64 {
        self.first_step(|start| start.queued <= sequence, |step| step.queued_to <= sequence)
    }
    /// The stretch of a step that is known.
    fn with_step(&mut self, step: u64) -> Option<&Stretch> {
        let past = self.past;
        if step <= past.base.step || step > past.known() {
            return None;
        }
        if step > past.open.start.step {
            return Some(&past.open);
        }
        Some(self.full((step - past.base.step - 1) as usize / STEPS))
    }
    /// A step that is known.
    pub(super) fn step(&mut self, step: u64) -> Option<StepRecord> {
        let stretch = self.with_step(step)?;
        stretch.steps.get((step - stretch.start.step - 1) as usize).copied()
    }
    /// What a step wrote; of the start, what the run begins with.
    pub(super) fn rows_of(&mut self, step: u64) -> &[Transition] {
        if step <= self.past.base.step {
            return &self.past.standing;
        }
        self.with_step(step).map_or(&[], |stretch| stretch.rows_of(step))
    }
    /// A row by its number, and the one before it that is about the same.
    pub(super) fn row(&mut self, row: usize) -> Option<(Transition, u32)> {
        let past = self.past;
        if let Some(own) = past.standing.get(row) {
            return Some((*own, past.standing_before[row]));
        }
        let stretch = if row >= past.open.start.row {
            &past.open
        } else if self.is_held && self.stretch.has_row(row) {
            &self.stretch
        } else {
            // Of those that begin with this row the last: the others wrote nothing.
            self.full(past.packed.partition_point(|start| start.row <= row).checked_sub(1)?)
        };
        let at = row - stretch.start.row;
        Some((*stretch.rows.get(at)?, *stretch.before.get(at)?))
    }
}

#[cfg(test)]
mod tests;
