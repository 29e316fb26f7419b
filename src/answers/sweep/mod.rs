//! A grid of cells, each a scenario with some keys said otherwise, and each played under the same seeds.

pub mod picture;
pub mod play;
pub mod report;
pub mod request;

use crate::scenario::sweep::Knob;

/// So many cells are played at most: more is a slip of the finger, or years of work.
pub const MOST_CELLS: u64 = 10_000_000;
/// So many runs are played at most, cells times seeds.
pub const MOST_RUNS: u64 = 1_000_000_000;

/// What is varied: every combination of all values, or the first of all, then the second of all, and so on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grid {
    knobs: Vec<Knob>,
    pairs: bool,
    cells: u64,
}

impl Grid {
    /// Of keys and their values; without any there is one cell, the scenario as it is.
    ///
    /// # Errors
    /// Says in words what is wrong, before anything is played.
    pub fn new(knobs: Vec<Knob>, pairs: bool) -> Result<Grid, String> {
        for (place, knob) in knobs.iter().enumerate() {
            if knobs[..place].iter().any(|other| other.key == knob.key) {
                return Err(format!("`{}` is varied twice", knob.key));
            }
        }
        let lengths = knobs.iter().map(|knob| knob.values.len() as u128);
        let all = match pairs {
            true => {
                if let [first, others @ ..] = &knobs[..]
                    && let Some(other) = others.iter().find(|other| other.values.len() != first.values.len())
                {
                    return Err(format!(
                        "pairs need as many values of each key: `{}` has {}, `{}` has {}",
                        first.key,
                        first.values.len(),
                        other.key,
                        other.values.len()
                    ));
                }
                lengths.max().unwrap_or(1)
            }
            false => lengths.fold(1u128, u128::saturating_mul),
        };
        match u64::try_from(all) {
            Ok(cells) if cells <= MOST_CELLS => Ok(Grid { knobs, pairs, cells }),
            _ => Err(format!(
                "this grid has {all} cells, and {MOST_CELLS} are played at most: take larger steps, vary fewer keys at once, or \
                 zip them (--pairs)"
            )),
        }
    }
    /// How many cells there are.
    pub fn cells(&self) -> u64 {
        self.cells
    }
    /// The keys that are varied.
    pub fn knobs(&self) -> &[Knob] {
        &self.knobs
    }
    /// Whether their values are zipped.
    pub fn pairs(&self) -> bool {
        self.pairs
    }
    /// By key: the place of its value in a cell. The last key varies fastest.
    pub fn places(&self, cell: u64) -> Vec<usize> {
        if self.pairs {
            return vec![cell as usize; self.knobs.len()];
        }
        let mut rest = cell;
        let mut places = vec![0; self.knobs.len()];
        for (place, knob) in places.iter_mut().zip(&self.knobs).rev() {
            let count = knob.values.len() as u64;
            *place = (rest % count) as usize;
            rest /= count;
        }
        places
    }
    /// By key: its value in a cell.
    pub fn values(&self, cell: u64) -> Vec<&str> {
        let places = self.places(cell);
        self.knobs.iter().zip(places).map(|(knob, place)| knob.values[place].as_str()).collect()
    }
    /// A cell in words: `KEY=VALUE`, as `--set` takes it.
    pub fn overrides(&self, cell: u64) -> Vec<String> {
        let values = self.values(cell);
        self.knobs.iter().zip(values).map(|(knob, value)| format!("{}={value}", knob.key)).collect()
    }
    /// Cells in which each value of each key comes at least once: as many as the longest list, and not all of the grid.
    pub fn samples(&self) -> Vec<u64> {
        if self.pairs {
            return (0..self.cells).collect();
        }
        let mut cells = vec![0];
        let mut weight = 1;
        for knob in self.knobs.iter().rev() {
            let count = knob.values.len() as u64;
            cells.extend((1..count).map(|place| place * weight));
            weight *= count;
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(knobs: &[&str], pairs: bool) -> Result<Grid, String> {
        Grid::new(knobs.iter().map(|text| Knob::parse(text).expect("a knob")).collect(), pairs)
    }

    #[test]
    fn a_grid_has_every_combination_and_pairs_have_one_of_each() {
        let full = grid(&["a=1,2", "b=x,y,z"], false).expect("it is small");
        let cells: Vec<String> = (0..full.cells()).map(|cell| full.values(cell).concat()).collect();
        assert_eq!(cells, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(full.overrides(4), ["a=2", "b=y"]);
        assert_eq!(full.samples(), [0, 1, 2, 3], "x, y, z with 1; then 2");
        let pairs = grid(&["a=1,2,3", "b=x,y,z"], true).expect("as long as each other");
        let cells: Vec<String> = (0..pairs.cells()).map(|cell| pairs.values(cell).concat()).collect();
        assert_eq!(cells, ["1x", "2y", "3z"]);
        let none = grid(&[], false).expect("the scenario as it is");
        assert_eq!((none.cells(), none.overrides(0).len()), (1, 0));
    }

    #[test]
    fn what_can_not_be_played_is_told_before() {
        for (knobs, pairs, part) in [
            (&["a=1..1000", "b=1..1000", "c=1..1000"][..], false, "1000000000 cells"),
            (&["a=1,2", "b=1,2,3"], true, "`a` has 2, `b` has 3"),
            (&["a=1,2", "a=3"], false, "`a` is varied twice"),
        ] {
            let problem = grid(knobs, pairs).expect_err(part);
            assert!(problem.contains(part), "{problem}");
        }
    }
}
