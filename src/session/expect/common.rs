//! What can be expected of pods and of other objects alike: numbers, conditions, events, that they are there or gone.

use super::{AndAlso as _, Difference, words};
use crate::api::{Sym, Tri};
use crate::record::Event;
use crate::scenario::expected::{Amount, ExpectedConditions, ExpectedEvent};

/// Whether something is there.
pub fn there(what: &str, expected: bool, seen: bool) -> Option<Difference> {
    let word = |is_there: bool| if is_there { "there" } else { "gone" };
    Difference::between(what, word(expected), word(seen))
}

/// A number, where one is expected.
pub fn number(what: &str, expected: Option<Amount>, seen: impl Into<i64>) -> Option<Difference> {
    let (expected, seen) = (expected?, seen.into());
    (!expected.holds(seen)).then(|| Difference::new(what, expected.to_string(), seen.to_string()))
}

/// Conditions; `find` gives status and reason of one by its type.
pub fn conditions(
    expected: &ExpectedConditions,
    find: impl Fn(Sym) -> Option<(Tri, Sym)>,
) -> Option<Difference> {
    let each = expected.iter().filter_map(|(kind, expected)| {
        let seen = find(Sym::new(kind));
        let is_so = match (expected.status, seen) {
            (None, None) => true,
            (Some(expected_status), Some((status, reason))) => {
                status == expected_status && expected.reason.is_none_or(|expected| expected == reason)
            }
            _ => false,
        };
        let words = seen.map_or("none".to_owned(), |(status, reason)| match expected.reason {
            Some(_) if !reason.is_empty() => format!("{}/{reason}", status.as_str()),
            _ => status.as_str().to_owned(),
        });
        (!is_so).then(|| Difference::new(format!("condition {kind}"), expected.to_string(), words))
    });
    each.fold(None, |all, one| all.and_also(|| Some(one)))
}

/// An event that there is to be, and one that there is not to be; `message` spells out what one says.
pub fn events(
    expected: Option<&ExpectedEvent>,
    none_of: Option<&str>,
    events: &[Event],
    message: &dyn Fn(&Event) -> String,
) -> Option<Difference> {
    let missing = expected.and_then(|expected| event(expected, events, message));
    missing.and_also(|| {
        let reason = none_of?;
        let found = events.iter().find(|event| event.reason == *reason)?;
        Some(Difference::new("an event", format!("no {reason}"), in_words(found, message)))
    })
}

/// The expected event and what there is in its place: events of its reason, or else the reasons of all.
fn event(
    expected: &ExpectedEvent,
    events: &[Event],
    message: &dyn Fn(&Event) -> String,
) -> Option<Difference> {
    let alike: Vec<&Event> =
        events.iter().filter(|event| event.reason == *expected.reason.as_str()).collect();
    let fits = |event: &&Event| {
        expected.message.as_ref().is_none_or(|part| message(event).contains(part.as_str()))
            && expected.count.is_none_or(|count| count.holds(i64::from(event.count)))
    };
    if alike.iter().any(fits) {
        return None;
    }
    let mut seen: Vec<String> = match alike.is_empty() {
        true => events.iter().map(|event| event.reason.to_string()).collect(),
        false => alike.iter().map(|event| in_words(event, message)).collect(),
    };
    seen.sort();
    seen.dedup();
    let seen = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    Some(Difference::new("an event", words::event(expected), seen))
}

fn in_words(event: &Event, message: &dyn Fn(&Event) -> String) -> String {
    format!("{} (x{}) \"{}\"", event.reason, event.count, message(event))
}
