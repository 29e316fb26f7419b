//! Which rows a filter keeps, found out a part at a time: each row is spelled once, and again only when it has been written since.
//! A fleet's rows are spelled over several frames; until then those stay that are known to be kept.

use super::views::{Filter, Spelled};
use crate::world::snug;

/// So many rows are looked at in one frame.
const ROWS: usize = 8_192;

/// What is known of rows under one filter.
#[derive(Default)]
pub struct Sift {
    filter: Filter,
    /// By the row's number: the last digits of twice the write after which it was looked at, and one more where it is kept; 0: not
    /// looked at yet. A million rows have one.
    known: Vec<u32>,
    looked: usize,
    left: usize,
}

impl Sift {
    /// Begins a frame.
    pub fn begin(&mut self, filter: &Filter) {
        if self.filter != *filter {
            // Who types on asks for more: what was not kept is not kept now either.
            let is_known = filter.narrows(&self.filter);
            let known = std::mem::take(&mut self.known).into_iter();
            let known = known.map(|own| if is_known && own & 1 == 0 { own } else { 0 }).collect();
            *self = Sift { filter: filter.clone(), known, ..Sift::default() };
        }
        (self.looked, self.left) = (0, 0);
    }

    /// Nothing is known any more.
    pub fn forget(&mut self) {
        *self = Sift::default();
    }

    /// Whether a row is kept, as far as that is known.
    pub fn keeps(
        &mut self,
        row: usize,
        written: u64,
        looks: impl FnOnce(&Filter) -> bool,
        spelled: &Spelled,
    ) -> bool {
        if self.known.len() <= row {
            let more = row + 1 - self.known.len();
            snug::make_room(&mut self.known, more);
            self.known.resize(row + 1, 0);
        }
        // No two writes of a row lie so far apart that these digits are the same.
        let (before, own) = (self.known[row], ((written % 0x7fff_ffff) as u32 + 1) << 1);
        match before {
            _ if before & !1 == own => before & 1 == 1,
            _ if self.looked < ROWS => {
                self.looked += 1;
                spelled.one();
                let is_kept = looks(&self.filter);
                self.known[row] = own | u32::from(is_kept);
                is_kept
            }
            _ => {
                self.left += 1;
                before & 1 == 1
            }
        }
    }

    /// So many rows are still to be looked at.
    pub fn left(&self) -> usize {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many rows are kept in a frame, and are still to be looked at; every tenth is one that the filter keeps.
    fn frame(
        sift: &mut Sift,
        rows: usize,
        version: impl Fn(usize) -> u64,
        spelled: &Spelled,
    ) -> (usize, usize) {
        sift.begin(&Filter { words: "ten".to_owned() });
        let kept =
            (0..rows).filter(|row| sift.keeps(*row, version(*row), |_| row % 10 == 0, spelled)).count();
        (kept, sift.left())
    }

    #[test]
    fn rows_are_looked_at_over_several_frames_and_once() {
        const ALL: usize = 2 * ROWS + 100;
        let (mut sift, spelled) = (Sift::default(), Spelled::default());
        let tenth = |rows: usize| rows.div_ceil(10);
        assert_eq!(frame(&mut sift, ALL, |_| 1, &spelled), (tenth(ROWS), ROWS + 100));
        assert_eq!(frame(&mut sift, ALL, |_| 1, &spelled), (tenth(2 * ROWS), 100));
        assert_eq!(frame(&mut sift, ALL, |_| 1, &spelled), (tenth(ALL), 0));
        assert_eq!((frame(&mut sift, ALL, |_| 1, &spelled), spelled.count()), ((tenth(ALL), 0), ALL as u64));
        // Who was written since is looked at again.
        let written = |row: usize| if row < 5 { 2 } else { 1 };
        assert_eq!(frame(&mut sift, ALL, written, &spelled), (tenth(ALL), 0));
        assert_eq!(spelled.count(), ALL as u64 + 5);
        // Who types on asks again of what was kept alone.
        sift.begin(&Filter { words: "tend".to_owned() });
        let before = spelled.count();
        assert_eq!(
            (0..ALL).filter(|row| sift.keeps(*row, written(*row), |_| row % 20 == 0, &spelled)).count(),
            ALL.div_ceil(20)
        );
        assert_eq!(spelled.count() - before, tenth(ALL) as u64);
        // Another filter knows nothing.
        let before = spelled.count();
        sift.begin(&Filter::default());
        assert!(sift.keeps(0, 1, |_| true, &spelled) && spelled.count() == before + 1);
    }
}
