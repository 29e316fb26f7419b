//! How a status comes of others: which form it has, and what fills its gaps.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::api::form::{Filled, Form, Forms, Gap, MOST_GAPS, Values, renumbered};
use crate::api::{HeldStatus, PodStatus};
use crate::time::Time;

/// A status made of a form and of what is found in other places.
#[derive(Debug)]
pub(super) struct Recipe {
    pub form: Arc<Form>,
    sources: SmallVec<[Gap; 16]>,
}

/// Gaps are numbered by where they come from: what the change itself brings, the held status, the API's status.
pub(super) const OF_HELD: usize = MOST_GAPS;
pub(super) const OF_API: usize = 2 * MOST_GAPS;
/// The first two of those that the change brings; the runtime's follow.
pub(super) const NOW: usize = 0;
pub(super) const HOST: usize = 1;

/// What fills the gaps of what a change looks at.
pub(super) struct Sources<'a> {
    pub brought: &'a [u64],
    pub held: &'a [u64],
    pub api: &'a [u64],
}

impl Recipe {
    /// That of a status with gaps, if it is made of nothing but what was there.
    pub fn of(mut status: PodStatus, forms: &mut Forms) -> Option<Recipe> {
        let taken = renumbered(&mut status, |place, number| {
            let gap = place.gap();
            place.take(number);
            gap
        });
        let sources: Option<SmallVec<[Gap; 16]>> = taken.into_iter().collect();
        let sources = sources.filter(|sources| sources.len() <= MOST_GAPS)?;
        Some(Recipe { form: forms.of(&status)?, sources })
    }

    pub fn follow(&self, from: &Sources<'_>) -> HeldStatus {
        let value = |gap: &Gap| {
            let number = usize::from(gap.number);
            match number / MOST_GAPS {
                0 if gap.cut => {
                    let at = Time::from_micros(from.brought[number].cast_signed());
                    at.truncate_secs().micros().cast_unsigned()
                }
                0 => from.brought[number],
                // What is held is cut already.
                1 => from.held[number - OF_HELD],
                _ => from.api[number - OF_API],
            }
        };
        let values = match self.sources.len() {
            // Mostly they stand in the status itself; then they are not counted one by one.
            few @ ..=16 => {
                let mut values = [0; 16];
                for (place, gap) in values.iter_mut().zip(&self.sources) {
                    *place = value(gap);
                }
                Values::from_buf_and_len(values, few)
            }
            _ => self.sources.iter().map(value).collect(),
        };
        HeldStatus::Filled(Arc::new(Filled { form: Arc::clone(&self.form), values }))
    }
}

/// A form, its gaps counted from `first` on.
pub(super) fn with_gaps(form: &Form, first: usize) -> PodStatus {
    let mut status = form.status.clone();
    status.places(&mut |mut place| {
        if let Some(gap) = place.gap() {
            place.take(Gap { cut: true, ..Gap::new(first + usize::from(gap.number)) });
        }
    });
    status
}
