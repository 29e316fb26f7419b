//! How a status comes of others: which form it has, and what fills its gaps.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::api::form::{Filled, Form, Forms, MOST_GAPS, Values};
use crate::api::marks::{Exchange, Gap, Gaps};
use crate::api::{HeldStatus, PodStatus};
use crate::time::Time;

/// A status made of a form and of what is found in other places.
#[derive(Debug)]
pub(super) struct Recipe {
    pub form: Arc<Form>,
    /// Where what fills each gap comes from, by the number of a gap.
    sources: SmallVec<[u8; 16]>,
    /// Those of them that bring an instant which is cut to its second.
    cut: u64,
}

/// Gaps are numbered by where they come from: what the change itself brings, the held status, the API's status.
pub(super) const OF_HELD: usize = MOST_GAPS;
pub(super) const OF_API: usize = 2 * MOST_GAPS;
/// The first two of those that the change brings; the runtime's follow.
pub(super) const NOW: usize = 0;
pub(super) const HOST: usize = 1;

/// What fills the gaps of what a change looks at: what it brings itself, the held status, the API's status.
pub(super) type Sources<'a> = [&'a [u64]; 3];

impl Recipe {
    /// That of what a rule has made on gaps.
    pub fn of(status: &PodStatus<Gaps>, forms: &mut Forms) -> Option<Recipe> {
        let (form, gaps) = forms.of::<Gaps, Gap>(status)?;
        // What is held is cut already.
        let is_cut = |gap: &Gap| gap.cut && usize::from(gap.number) < OF_HELD;
        let cut = (0..).zip(&gaps).filter(|(_, gap)| is_cut(gap)).fold(0, |all, (place, _)| all | 1 << place);
        let sources = gaps.iter().map(|gap| gap.number).collect();
        Some(Recipe { form, sources, cut })
    }

    /// The status made from what is there. Mostly nothing has changed: then it is the `held` one.
    pub fn follow(&self, from: &Sources<'_>, held: Option<&Arc<Filled>>) -> HeldStatus {
        let value = |source: u8| from[usize::from(source) / MOST_GAPS][usize::from(source) % MOST_GAPS];
        let mut values = match self.sources.len() {
            // Mostly they stand in the status itself; then they are not counted one by one.
            few @ ..=16 => {
                let mut values = [0; 16];
                for (place, source) in values.iter_mut().zip(&self.sources) {
                    *place = value(*source);
                }
                Values::from_buf_and_len(values, few)
            }
            _ => self.sources.iter().map(|source| value(*source)).collect(),
        };
        let mut cut = self.cut;
        while cut != 0 {
            let place = &mut values[cut.trailing_zeros() as usize];
            *place = Time::from_micros(place.cast_signed()).truncate_secs().micros().cast_unsigned();
            cut &= cut - 1;
        }
        if let Some(held) = held
            && Arc::ptr_eq(&held.form, &self.form)
            && held.values == values
        {
            return HeldStatus::Filled(Arc::clone(held));
        }
        HeldStatus::Filled(Arc::new(Filled { form: Arc::clone(&self.form), values }))
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
