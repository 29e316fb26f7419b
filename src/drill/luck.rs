//! What a drill leaves to chance: one stream of draws from its level and seed.

use crate::engine::random::Draw;

/// Draws of a drill, one after the other.
pub struct Luck(Draw);

/// Draws of drills are none of a run's: their purpose is their own.
const PURPOSE: u64 = 0x6472_696c_6c00;

impl Luck {
    /// That of a drill.
    pub fn new(seed: u64, level: u8) -> Luck {
        Luck(Draw::new(seed, PURPOSE, u64::from(level), 0))
    }
    /// Uniform in 0..n.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0.below(n)
    }
    /// One of a list; the list is not empty.
    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at as u64 + 1) as usize);
        }
    }
}
