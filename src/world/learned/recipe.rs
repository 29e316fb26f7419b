//! How a status comes of others: which form it has, and what fills its gaps.

use std::sync::Arc;

use smallvec::SmallVec;

use super::seen::{Brought, NOW};
use crate::api::form::{Filled, Form, Forms, MOST_GAPS, Values};
use crate::api::marks::{Exchange, Gap, Gaps};
use crate::api::{HeldStatus, PodStatus};
use crate::time::Time;

/// A status made of a form and of what is found in other places.
#[derive(Debug)]
pub(super) struct Recipe {
    pub form: Arc<Form>,
    /// What fills each gap, by the number of a gap.
    sources: SmallVec<[Source; 16]>,
    /// Those of them with their gaps that do not come from the same gap of the held status.
    moved: SmallVec<[(u8, Source); 16]>,
    /// The gaps that are filled from the held status, each with the gap that it has there: mostly these are nearly all, and they
    /// are copied without a question.
    kept: SmallVec<[(u8, u8); 16]>,
    /// The other gaps.
    others: SmallVec<[(u8, Source); 16]>,
}

/// Where what fills a gap comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Source {
    place: u8,
    /// It brings an instant that is cut to its second.
    cut: bool,
}

/// Gaps are numbered by where they come from: what the change itself brings, the held status, the API's status.
pub(super) const OF_HELD: usize = MOST_GAPS;
pub(super) const OF_API: usize = 2 * MOST_GAPS;

/// What fills the gaps of what a change looks at.
pub(super) struct Sources<'a> {
    pub brought: Brought<'a>,
    /// Of the held status.
    pub held: &'a [u64],
    /// Of the API's status.
    pub api: &'a [u64],
}

impl Source {
    /// The gap of the held status that it comes from as it is.
    fn of_held(self) -> Option<u8> {
        let place = usize::from(self.place);
        ((OF_HELD..OF_API).contains(&place) && !self.cut).then(|| self.place - OF_HELD as u8)
    }
    #[inline]
    fn value(self, from: &Sources<'_>) -> u64 {
        let place = usize::from(self.place);
        let value = match place / MOST_GAPS {
            0 => from.brought.value(place),
            1 => from.held[place - OF_HELD],
            _ => from.api[place - OF_API],
        };
        if self.cut {
            return Time::from_micros(value.cast_signed()).truncate_secs().micros().cast_unsigned();
        }
        value
    }
}

impl Recipe {
    /// That of what a rule has made on gaps.
    pub fn of(status: &PodStatus<Gaps>, forms: &mut Forms) -> Option<Recipe> {
        let (form, gaps) = forms.of::<Gaps, Gap>(status)?;
        // What is held is cut already.
        let source =
            |gap: &Gap| Source { place: gap.number, cut: gap.cut && usize::from(gap.number) < OF_HELD };
        let sources: SmallVec<[Source; 16]> = gaps.iter().map(source).collect();
        let stays = |gap: u8| Source { place: OF_HELD as u8 + gap, cut: false };
        let moved =
            (0..).zip(sources.iter().copied()).filter(|(gap, source)| *source != stays(*gap)).collect();
        let gaps = || (0..).zip(sources.iter().copied());
        let kept = gaps().filter_map(|(gap, source)| Some((gap, source.of_held()?))).collect();
        let others = gaps().filter(|(_, source)| source.of_held().is_none()).collect();
        Some(Recipe { form, sources, moved, kept, others })
    }

    /// Whether the instant of the change comes into the status.
    pub fn asks_now(&self) -> bool {
        self.sources.iter().any(|source| usize::from(source.place) == NOW)
    }

    /// The status made from what is there. Mostly nothing has changed: then it is the `held` one, and only what comes from
    /// elsewhere is compared with what that has.
    pub fn follow(&self, from: &Sources<'_>, held: Option<&Arc<Filled>>) -> HeldStatus {
        if let Some(held) = held
            && Arc::ptr_eq(&held.form, &self.form)
            && self.moved.iter().all(|(gap, source)| source.value(from) == held.values[usize::from(*gap)])
        {
            return HeldStatus::from(Arc::clone(held));
        }
        let values = match self.sources.len() {
            // Mostly they stand in the status itself; then they are not counted one by one.
            few @ ..=16 => {
                let mut values = [0; 16];
                for (gap, place) in &self.kept {
                    values[usize::from(*gap) % 16] = from.held[usize::from(*place)];
                }
                for (gap, source) in &self.others {
                    values[usize::from(*gap) % 16] = source.value(from);
                }
                Values::from_buf_and_len(values, few)
            }
            many => {
                // As much room as they take: pods that are over keep it.
                let mut values = Values::with_capacity(many);
                values.extend(self.sources.iter().map(|source| source.value(from)));
                values
            }
        };
        HeldStatus::from(Arc::new(Filled { form: Arc::clone(&self.form), values }))
    }
}

/// A form's status, its gaps counted from `first` on: what a rule is played on.
pub(super) fn with_gaps(form: &Form, first: usize) -> PodStatus<Gaps> {
    form.status.exchanged(&mut CountedFrom(first))
}

struct CountedFrom(usize);

impl CountedFrom {
    fn counted(&self, gap: Gap) -> Gap {
        Gap::new(self.0 + usize::from(gap.number))
    }
}

impl Exchange<Gaps, Gaps> for CountedFrom {
    fn instant(&mut self, instant: Gap) -> Gap {
        // What is held is cut already.
        Gap { cut: true, ..self.counted(instant) }
    }
    fn id(&mut self, id: Gap) -> Gap {
        self.counted(id)
    }
    fn address(&mut self, address: Gap) -> Gap {
        self.counted(address)
    }
}
