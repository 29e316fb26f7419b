//! ChaCha with 8 rounds, one block at a time: mostly a draw is the first number of its block, and generators that are made for
//! long streams compute four blocks to begin with. The numbers are those of such a generator (a test holds them together).
//!
//! Source: D. J. Bernstein, "ChaCha, a variant of Salsa20" (2008): the constants stand in the first row, the key in the second
//! and the third, the number of the block in the fourth.

use wide::u32x4;

/// "expand 32-byte k"
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
/// Eight rounds, of the columns and of the diagonals in turn.
const DOUBLE_ROUNDS: usize = 4;

/// The block of this number under this key.
pub fn block(key: [u64; 4], number: u64) -> [u64; 8] {
    let first = [u32x4::new(CONSTANTS), row(key[0], key[1]), row(key[2], key[3]), row(number, 0)];
    let mut rows = first;
    for _ in 0..DOUBLE_ROUNDS {
        quarter_rounds(&mut rows);
        // The diagonals become columns, and are put back.
        let [a, b, c, d] = rows;
        rows = [a, turned::<1>(b), turned::<2>(c), turned::<3>(d)];
        quarter_rounds(&mut rows);
        let [a, b, c, d] = rows;
        rows = [a, turned::<3>(b), turned::<2>(c), turned::<1>(d)];
    }
    let mut words = [0; 8];
    for (words, (row, first)) in words.chunks_exact_mut(2).zip(rows.into_iter().zip(first)) {
        let [w, x, y, z] = (row + first).to_array();
        words.copy_from_slice(&[u64::from(w) | u64::from(x) << 32, u64::from(y) | u64::from(z) << 32]);
    }
    words
}

fn row(low: u64, high: u64) -> u32x4 {
    u32x4::new([low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32])
}

/// The quarter rounds of all four columns.
fn quarter_rounds([a, b, c, d]: &mut [u32x4; 4]) {
    let rotated = |word: u32x4, by: i32| (word << by) | (word >> (32 - by));
    *a += *b;
    *d = rotated(*d ^ *a, 16);
    *c += *d;
    *b = rotated(*b ^ *c, 12);
    *a += *b;
    *d = rotated(*d ^ *a, 8);
    *c += *d;
    *b = rotated(*b ^ *c, 7);
}

/// A row's words, `BY` places to the left.
fn turned<const BY: usize>(row: u32x4) -> u32x4 {
    let words = row.to_array();
    u32x4::new([words[BY % 4], words[(BY + 1) % 4], words[(BY + 2) % 4], words[(BY + 3) % 4]])
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    use super::*;

    #[test]
    fn the_blocks_are_those_of_the_generator() {
        for start in 0..64_u64 {
            let key = [start, start.wrapping_mul(0x9e37_79b9_7f4a_7c15), u64::MAX - start, start << 40];
            let mut seed = [0; 32];
            for (bytes, word) in seed.chunks_exact_mut(8).zip(key) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
            let mut generator = ChaCha8Rng::from_seed(seed);
            for number in 0..9 {
                assert_eq!(
                    block(key, number),
                    std::array::from_fn(|_| generator.next_u64()),
                    "block {number}"
                );
            }
        }
    }
}
