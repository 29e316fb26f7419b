//! How changes are spelled that many pods go through: replicas live alike, so most rows of a fleet differ in their first
//! cells alone, and what was spelled once is copied.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Change, Event};
use crate::api::{EventText, Sym};

/// So many are remembered; then all are forgotten, and those that are common are soon there again. Some say an address or
/// another thing that comes once.
const MOST: usize = 1 << 11;

/// The cells of changes, each change's as it was first spelled.
#[derive(Default)]
pub(super) struct Spelled {
    places: FxHashMap<Change, Range<u32>>,
    cells: Vec<u8>,
}

impl Spelled {
    pub fn get(&self, key: &Change) -> Option<&[u8]> {
        let place = self.places.get(key)?;
        Some(&self.cells[place.start as usize..place.end as usize])
    }
    /// `key` is as [`common`] gives it.
    pub fn keep(&mut self, key: Change, cells: &[u8]) {
        if self.places.len() == MOST {
            self.places.clear();
            self.cells.clear();
        }
        let from = self.cells.len();
        if let (Ok(start), Ok(end)) = (u32::try_from(from), u32::try_from(from + cells.len())) {
            self.places.insert(key, start..end);
            self.cells.extend_from_slice(cells);
        }
    }
}

/// A change as far as its row shows it, so that equal ones have equal cells; None where the row names its pod or says how
/// long something took, which hardly any two have in common.
pub(super) fn common(change: &Change) -> Option<Change> {
    match *change {
        Change::Event(event) => match event.message {
            EventText::Plain(text) if !text.names_its_pod() => {
                Some(Change::Event(Event { object: 0, field_path: Sym::EMPTY, ..event }))
            }
            _ => None,
        },
        // Few, and not alike.
        Change::Owner { .. } | Change::Object { .. } => None,
        Change::Condition { message, .. } | Change::Container { message, .. } if message.names_its_pod() => {
            None
        }
        shown => Some(shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{EventType, Text};

    fn event(message: Text, object: u32) -> Change {
        let message = EventText::Plain(message);
        Change::Event(Event {
            component: Sym::KUBELET,
            kind: EventType::Normal,
            reason: Sym::PULLED,
            message,
            field_path: Sym::EMPTY,
            count: 1,
            object,
        })
    }

    #[test]
    fn what_a_row_does_not_show_makes_no_other_key() {
        let (one, other) = (event("pulled".into(), 1), event("pulled".into(), 2));
        assert_eq!(common(&one), common(&other));
        assert_ne!(common(&one), common(&event("other".into(), 1)));
        assert_eq!(common(&event(Text::MarkingForDeletion, 1)), None);
    }

    #[test]
    fn cells_come_back_as_they_were_kept() {
        let mut spelled = Spelled::default();
        let status =
            |restarts| Change::Status { from: Sym::EMPTY, to: Sym::RUNNING, ready: (1, 1), restarts };
        for restarts in 0..MOST as i32 + 2 {
            assert_eq!(spelled.get(&status(restarts)), None);
            spelled.keep(status(restarts), restarts.to_string().as_bytes());
            assert_eq!(spelled.get(&status(restarts)), Some(restarts.to_string().as_bytes()));
        }
        assert!(spelled.places.len() <= MOST);
        assert_eq!(spelled.get(&status(7)), None);
    }
}
