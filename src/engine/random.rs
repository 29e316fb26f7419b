//! Random draws, each at its own address: (seed, purpose, entity, number). What comes out follows from the address alone.

use rand::Rng as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::digest::Mix;
use crate::time::Span;

/// A stable hash of an entity's names (FNV-1a, 64 bits, a zero byte after each part).
pub fn entity(parts: &[&str]) -> u64 {
    parts.iter().fold(FNV_BASIS, |hash, part| spelled(spelled(hash, part.as_bytes()), &[0]))
}

/// [`entity`] of `first` and of a second name, which is given in pieces and need not be spelled out for it.
pub fn pieced(first: &str, pieces: &[&[u8]]) -> u64 {
    spelled(pieces.iter().fold(entity(&[first]), |hash, piece| spelled(hash, piece)), &[0])
}

/// The entity of what another one makes: the how-manieth it is of its maker, whatever it is called.
pub fn made_by(maker: u64, number: u64) -> u64 {
    spelled(spelled(FNV_BASIS ^ maker, b"made"), &number.to_le_bytes())
}

/// A part of an entity, by what it is called ([`entity`] of its name, or a number).
pub fn part(whole: u64, name: u64) -> u64 {
    spelled(whole.rotate_left(1) ^ name, b"part")
}

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn spelled(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Where something stands in an order that is left to luck: each has its own rank, whoever stands beside it. No draw, as
/// nothing is measured by it.
pub fn rank(seed: u64, purpose: u64, entity: u64, number: u64) -> u64 {
    let mut mix = Mix::new();
    [seed, purpose, entity, number].into_iter().for_each(|word| mix.add(word));
    mix.word()
}

/// One place in the run's randomness; a distribution may take several numbers from it.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The draw at an address.
    pub fn new(seed: u64, purpose: u64, entity: u64, number: u64) -> Draw {
        let mut key = [0u8; 32];
        // Word by word, not byte by byte: a copy whose length is only known while it runs is a call.
        for (chunk, word) in key.as_chunks_mut::<8>().0.iter_mut().zip([seed, purpose, entity, number]) {
            *chunk = word.to_le_bytes();
        }
        Draw(ChaCha8Rng::from_seed(key))
    }
    /// 64 even bits, the next of this draw.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
    /// The two first numbers, where a draw is no more than that.
    pub fn two(mut self) -> [u64; 2] {
        [self.bits(), self.bits()]
    }
    /// Uniform in [0, 1) with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
    /// Uniform in 0..n; 0 for n = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }
    /// `span × (1 … 1 + factor)`, as `wait.Jitter` spreads it.
    pub fn jitter(&mut self, span: Span, factor: f64) -> Span {
        span + Span::from_micros((span.micros() as f64 * factor * self.unit()) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_pieces_is_the_spelled_one() {
        assert_eq!(pieced("default", &[b"web", b"-", b"17"]), entity(&["default", "web-17"]));
        assert_eq!(pieced("default", &[b"web"]), entity(&["default", "web"]));
        assert_ne!(made_by(1, 2), made_by(2, 1));
        assert_ne!(entity(&["ab", "c"]), entity(&["a", "bc"]));
    }
}
