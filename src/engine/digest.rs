//! The digest of a run: every step's instant and everything that was told, value by value, folded in order. Two runs in
//! which anybody could see a difference differ here.

/// How the digest is made: it stands before the digest itself (`2:…`), so that digests of different making are never taken
/// for different runs. Number 1 folded instants and numbers of events, and nothing of what they brought about.
pub const ALGORITHM: u32 = 2;

/// FNV-1a over 128 bits, eight bytes a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(u128);

impl Digest {
    /// The digest of nothing.
    pub const fn new() -> Digest {
        Digest(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
    /// Folds one word in.
    pub fn fold(&mut self, word: u64) {
        self.0 = (self.0 ^ u128::from(word)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    /// Folds a text in, with its length, so that two texts are never taken for one longer.
    pub fn fold_text(&mut self, text: &str) {
        for chunk in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(bytes));
        }
        self.fold(text.len() as u64);
    }
}

impl Default for Digest {
    fn default() -> Digest {
        Digest::new()
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{ALGORITHM}:{:032x}", self.0)
    }
}

/// Many words mixed into one, in their order: cheaper than folding each of them. A polynomial of the words; what comes of it
/// is stirred once, when it is read.
#[derive(Clone, Copy, Debug)]
pub struct Mix(u64);

impl Mix {
    /// Nothing mixed yet.
    pub const fn new() -> Mix {
        Mix(0x9e37_79b9_7f4a_7c15)
    }
    /// Mixes one more word in.
    pub fn add(&mut self, word: u64) {
        self.0 = self.0.wrapping_mul(0xd6e8_feb8_6659_fd93).wrapping_add(word);
    }
    /// What all words together come to.
    pub fn word(self) -> u64 {
        let product = u128::from(self.0 ^ (self.0 >> 31)) * 0x9e37_79b9_7f4a_7c15_u128;
        (product >> 64) as u64 ^ product as u64
    }
}

impl Default for Mix {
    fn default() -> Mix {
        Mix::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(words: &[u64]) -> u64 {
        let mut mix = Mix::new();
        words.iter().for_each(|word| mix.add(*word));
        mix.word()
    }

    #[test]
    fn order_number_and_value_of_words_count() {
        assert_ne!(mixed(&[1, 2]), mixed(&[2, 1]));
        assert_ne!(mixed(&[0]), mixed(&[0, 0]));
        assert_ne!(mixed(&[]), mixed(&[0]));
        let mut all: Vec<u64> = (0..64).map(|bit| mixed(&[1 << bit, 7])).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 64);
    }
}
