//! What changes of one kind do not have in common: their numbers.
//!
//! A run of a large fleet writes millions of rows that say some hundred different things. What differs are counts, numbers of
//! event objects, lengths of pulls, the names that a controller has made. [`numbers`] hands these out, one after the other, and
//! takes back what then stands in their place: with zeros there a change is its shape, which whoever keeps many rows holds
//! once; with the numbers in the shape it is the change again.

use super::{Change, Event, ObjectChange, Ready};
use crate::api::EventText;
use crate::api::text::{Generated, Millis, PulledImage, Suffix};
use crate::time::Span;

/// What a number counts: the next one of its kind is near it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Number {
    /// Restarts, repetitions, lengths, replicas: small ones are frequent.
    Small,
    /// Event objects, in the order in which they were made.
    EventObject,
    /// Which object that is neither a pod nor a node.
    Object,
    /// Drawn, and near no other.
    Drawn,
}

/// Hands out each number of a change, in one order for all changes of a shape.
pub fn numbers(change: &mut Change, each: &mut impl FnMut(Number, &mut i64)) {
    match change {
        Change::Phase { .. } | Change::Condition { .. } | Change::Owner { .. } | Change::Node { .. } => {}
        Change::Container { restarts, .. } => of(Number::Small, restarts, each),
        Change::Status { ready, restarts, .. } => {
            of(Number::Small, &mut ready.0, each);
            of(Number::Small, &mut ready.1, each);
            of(Number::Small, restarts, each);
        }
        Change::Event(event) => of_event(event, each),
        Change::Object { object, what } => {
            of(Number::Object, object, each);
            match what {
                ObjectChange::Workload { ready, .. } => of_ready(ready, each),
                ObjectChange::Condition { .. } => {}
                ObjectChange::Event(event) => of_event(event, each),
                ObjectChange::Endpoints { from, to, serving, terminating } => {
                    let all = from.iter_mut().chain(to).chain([serving, terminating]);
                    all.for_each(|number| of(Number::Small, number, each));
                }
            }
        }
    }
}

fn of_event(event: &mut Event, each: &mut impl FnMut(Number, &mut i64)) {
    of(Number::Small, &mut event.count, each);
    of(Number::EventObject, &mut event.object, each);
    match &mut event.message {
        EventText::Pulled(pulled) | EventText::CombinedPulled(pulled) => of_pull(pulled, each),
        EventText::AboutPod { pod, .. } => match &mut pod.suffix {
            Suffix::None => {}
            Suffix::Ordinal(ordinal) => of(Number::Small, ordinal, each),
            Suffix::Generated(letters) => {
                let mut number = letters.number();
                of(Number::Drawn, &mut number, each);
                *letters = Generated::new(u64::from(number));
            }
        },
        EventText::Plain(_) | EventText::PreemptedBy { .. } => {}
    }
}

fn of_pull(pulled: &mut PulledImage, each: &mut impl FnMut(Number, &mut i64)) {
    for length in [&mut pulled.took, &mut pulled.waited] {
        let mut millis = Span::from(*length).micros() / 1000;
        each(Number::Drawn, &mut millis);
        *length = Millis::from(Span::from_millis(millis));
    }
}

fn of_ready(ready: &mut Ready, each: &mut impl FnMut(Number, &mut i64)) {
    match ready {
        Ready::Nothing => {}
        Ready::Number(count) => of(Number::Small, count, each),
        Ready::Of(count, all) | Ready::OneOf(count, all) => {
            of(Number::Small, count, each);
            of(Number::Small, all, each);
        }
    }
}

fn of<N: Copy + Into<i64> + TryFrom<i64>>(
    kind: Number,
    number: &mut N,
    each: &mut impl FnMut(Number, &mut i64),
) {
    let mut wide: i64 = (*number).into();
    each(kind, &mut wide);
    // What was handed out fits.
    if let Ok(back) = N::try_from(wide) {
        *number = back;
    }
}
