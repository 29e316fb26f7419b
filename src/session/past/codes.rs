//! Numbers as few bits: a code for each field, learned from what has been written in it.
//!
//! What a stretch says is some nine numbers a step, each small or near another one; as bytes it would be half as much again. A number
//! is a token, followed by the bits that the token leaves open: below 16 the token is the number, above it tells the place of the
//! highest bit and the two bits behind it. Tokens are spelled by a prefix code of their field (Huffman's, canonical), in which
//! each has a place, whether it has been met or not. A code is learned anew when a volume begins and the past has
//! grown by a quarter of the last power of two; whoever reads a stretch reads it by the codes of its volume, and any other stretch need not be known for that.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, LazyLock};

/// What a number is of: each has a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    /// How many events a step queued, and how many rows it wrote, if few.
    Queued,
    /// How many rows it wrote beyond few.
    Rows,
    /// How long after the step before it was.
    After,
    /// How long ago its event was queued, by its number.
    Sequence,
    /// The shape of its event.
    Event,
    /// Which pod the event is about, beside the last one that was told.
    EventPod,
    /// Which node it is about.
    EventNode,
    /// Another number of the event.
    EventNumber,
    /// Which pod a row is about.
    RowPod,
    /// Which node, beside the last one that was told.
    RowNode,
    /// The shape of its change.
    Change,
    /// A number of the change.
    ChangeNumber,
    /// How many rows ago the last one about the same was.
    Before,
}

const FIELDS: usize = Field::Before as usize + 1;
const TOKENS: usize = 256;
/// Below this a token is the number itself.
const PLAIN: u64 = 16;
/// No code is longer, in bits.
const LONGEST: u32 = 15;
/// Codes up to this length are read by a table.
const QUICK: u32 = 8;

/// The token of a number, and how many of its lowest bits it leaves open.
fn token(number: u64) -> (usize, u32) {
    if number < PLAIN {
        return (number as usize, 0);
    }
    let open = number.ilog2() - 2;
    // The highest bit and the two behind it are 4 to 7.
    ((u64::from(open - 2) * 4 + 12 + (number >> open)) as usize, open)
}

/// The number of a token, without the bits that it leaves open, and how many these are.
fn number(token: usize) -> (u64, u32) {
    if (token as u64) < PLAIN {
        return (token as u64, 0);
    }
    let open = (token - 16) as u32 / 4 + 2;
    (((token as u64 - 16) % 4 + 4) << open, open)
}

/// How often each token has come in each field; empty before the first one.
#[derive(Clone, Default)]
pub(super) struct Counts(Vec<[u32; TOKENS]>);

impl Counts {
    /// What came long ago counts less than what came since.
    fn fade(&mut self) {
        self.0.iter_mut().flatten().for_each(|count| *count /= 2);
    }
}

/// The code of a field.
struct Code {
    /// By token: its bits, and how many.
    bits: [(u16, u8); TOKENS],
    /// By the first [`QUICK`] bits: the token that they begin with, and how long its code is, unless it is longer.
    quick: [(u8, u8); 1 << QUICK],
    /// By length: the first code that is longer, in the topmost bits of sixteen, and how many tokens have codes up to it.
    ends: [(u32, usize); LONGEST as usize + 1],
    /// Tokens by their codes.
    tokens: [u8; TOKENS],
}

impl Code {
    /// By these counts.
    fn of(counts: &[u32; TOKENS]) -> Code {
        let lengths = lengths(counts);
        let mut tokens: [u8; TOKENS] = std::array::from_fn(|token| token as u8);
        tokens.sort_by_key(|token| lengths[usize::from(*token)]);
        let mut code = Code {
            bits: [(0, 0); TOKENS],
            quick: [(0, 0); 1 << QUICK],
            ends: [(0, 0); LONGEST as usize + 1],
            tokens,
        };
        // The next code, in the topmost bits of sixteen.
        let mut next = 0_u32;
        let mut told = 0;
        for length in 1..=LONGEST {
            while let Some(token) = tokens.get(told).filter(|token| lengths[usize::from(**token)] == length) {
                let token = usize::from(*token);
                code.bits[token] = ((next >> (16 - length)) as u16, length as u8);
                if length <= QUICK {
                    let first = (next >> (16 - QUICK)) as usize;
                    code.quick[first..first + (1 << (QUICK - length))].fill((token as u8, length as u8));
                }
                next += 1 << (16 - length);
                told += 1;
            }
            code.ends[length as usize] = (next, told);
        }
        code
    }
    /// The token whose code stands at the beginning of these sixteen bits, and how long it is.
    #[inline]
    fn token(&self, bits: u32) -> (usize, u32) {
        let (token, length) = self.quick[(bits >> (16 - QUICK)) as usize];
        if length > 0 {
            return (usize::from(token), u32::from(length));
        }
        let length =
            (QUICK + 1..LONGEST).find(|length| bits < self.ends[*length as usize].0).unwrap_or(LONGEST);
        let (end, told) = self.ends[length as usize];
        let back = (end.saturating_sub(bits + 1) >> (16 - length)) as usize + 1;
        (usize::from(self.tokens[told.saturating_sub(back)]), length)
    }
}

/// How long the code of each token is, by how often they have come; one that has never come has one, too.
fn lengths(counts: &[u32; TOKENS]) -> [u32; TOKENS] {
    let mut counts = counts.map(|count| u64::from(count) * 64 + 1);
    loop {
        // Of each node the one above it; tokens come first.
        let mut above = [0_u16; 2 * TOKENS - 1];
        let mut heap: BinaryHeap<Reverse<(u64, usize)>> =
            counts.iter().enumerate().map(|(token, count)| Reverse((*count, token))).collect();
        for node in TOKENS..2 * TOKENS - 1 {
            let mut sum = 0;
            for _ in 0..2 {
                if let Some(Reverse((count, least))) = heap.pop() {
                    above[least] = node as u16;
                    sum += count;
                }
            }
            heap.push(Reverse((sum, node)));
        }
        let mut depth = [0_u32; 2 * TOKENS - 1];
        for node in (0..2 * TOKENS - 2).rev() {
            depth[node] = depth[usize::from(above[node])] + 1;
        }
        let lengths: [u32; TOKENS] = std::array::from_fn(|token| depth[token]);
        if lengths.iter().all(|length| *length <= LONGEST) {
            return lengths;
        }
        counts = counts.map(|count| count / 2 + 1);
    }
}

/// A code for each field.
pub(super) struct Codes(Vec<Code>);

impl Codes {
    /// Those of a past that has told nothing yet.
    pub(super) fn flat() -> Arc<Codes> {
        static FLAT: LazyLock<Arc<Codes>> = LazyLock::new(|| Arc::new(Codes::of(&Counts::default())));
        FLAT.clone()
    }
    fn of(counts: &Counts) -> Codes {
        const NONE: &[u32; TOKENS] = &[0; TOKENS];
        Codes((0..FIELDS).map(|field| Code::of(counts.0.get(field).unwrap_or(NONE))).collect())
    }
    /// Those by which what has come so far would have been the shortest.
    pub(super) fn learned(counts: &mut Counts) -> Arc<Codes> {
        let codes = Codes::of(counts);
        counts.fade();
        Arc::new(codes)
    }
}

/// Writes numbers, the first bit of each byte first.
pub(super) struct Writer<'a> {
    codes: &'a Codes,
    counts: &'a mut Counts,
    to: &'a mut Vec<u8>,
    /// What is not a whole byte yet, in the lowest bits.
    bits: u64,
    count: u32,
}

impl<'a> Writer<'a> {
    /// Writes by these codes behind what stands there; what comes is counted.
    pub(super) fn new(codes: &'a Codes, counts: &'a mut Counts, to: &'a mut Vec<u8>) -> Writer<'a> {
        counts.0.resize(FIELDS, [0; TOKENS]);
        Writer { codes, counts, to, bits: 0, count: 0 }
    }
    pub(super) fn put(&mut self, field: Field, number: u64) {
        let (token, open) = token(number);
        let count = &mut self.counts.0[field as usize][token];
        *count = count.saturating_add(1);
        let (bits, length) = self.codes.0[field as usize].bits[token];
        self.add(u64::from(bits), u32::from(length));
        if open > 32 {
            self.add(number >> 32 & ((1 << (open - 32)) - 1), open - 32);
        }
        let low = open.min(32);
        self.add(number & ((1 << low) - 1), low);
    }
    /// Adds at most 32 bits.
    fn add(&mut self, bits: u64, count: u32) {
        self.bits = self.bits << count | bits;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.to.push((self.bits >> self.count) as u8);
        }
    }
    /// What is no whole byte becomes one.
    pub(super) fn end(mut self) {
        if self.count > 0 {
            self.add(0, 8 - self.count);
        }
    }
}

/// Reads numbers.
pub(super) struct Reader<'a> {
    codes: &'a Codes,
    from: &'a [u8],
    /// The next bits, the first one topmost.
    bits: u64,
    count: u32,
}

impl<'a> Reader<'a> {
    /// From the beginning of these bytes.
    pub(super) fn new(codes: &'a Codes, from: &'a [u8]) -> Reader<'a> {
        Reader { codes, from, bits: 0, count: 0 }
    }
    #[inline]
    pub(super) fn number(&mut self, field: Field) -> u64 {
        self.fill();
        let (token, length) = self.codes.0[field as usize].token((self.bits >> 48) as u32);
        self.take(length);
        let (number, open) = number(token);
        if open == 0 {
            return number;
        }
        let high = if open > 32 { self.open(open - 32) << 32 } else { 0 };
        number | high | self.open(open.min(32))
    }
    /// At least 48 bits stand ready; behind the end all are 0.
    #[inline]
    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match self.from.split_first() {
                Some((first, rest)) => {
                    self.from = rest;
                    *first
                }
                None => 0,
            };
            self.bits |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }
    #[inline]
    fn take(&mut self, count: u32) {
        self.bits <<= count;
        self.count -= count;
    }
    /// From 1 to 32 bits as they are.
    #[inline]
    fn open(&mut self, count: u32) -> u64 {
        self.fill();
        let open = self.bits >> (64 - count);
        self.take(count);
        open
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// Each number has a token, and tokens are told apart.
    #[test]
    fn a_token_and_its_open_bits_are_the_number() {
        let near = (0..64).flat_map(|bit| {
            let one = 1_u64 << bit;
            [one - 1, one, one + 1, one | one >> 1, one | one >> 2]
        });
        for own in near.chain(0..5_000).chain([u64::MAX, u64::MAX - 1]) {
            let (token, open) = token(own);
            let (high, also) = number(token);
            assert_eq!((high | own & ((1_u64 << open) - 1), also), (own, open), "{own}");
            assert!(token < TOKENS, "{own}");
        }
    }

    /// Codes that are learned from anything are read again, and what comes often is short.
    #[test]
    fn what_was_written_is_read() {
        for seed in 0..60 {
            let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let wide = dice.random_range(1..64);
            let mut counts = Counts::default();
            let mut codes = Codes::flat();
            let mut sizes = Vec::new();
            for _ in 0..4 {
                let numbers: Vec<(Field, u64)> = (0..2_000)
                    .map(|_| match dice.random_range(0..5) {
                        0 => (Field::After, dice.random::<u64>() >> dice.random_range(0..wide)),
                        1 => (Field::Sequence, dice.random()),
                        _ => (Field::Event, u64::from(dice.random_bool(0.05))),
                    })
                    .collect();
                let mut bytes = vec![7];
                let mut writer = Writer::new(&codes, &mut counts, &mut bytes);
                numbers.iter().for_each(|(field, number)| writer.put(*field, *number));
                writer.end();
                let mut reader = Reader::new(&codes, &bytes[1..]);
                for (field, number) in &numbers {
                    assert_eq!(reader.number(*field), *number, "seed {seed}, {field:?}");
                }
                sizes.push(bytes.len());
                codes = Codes::learned(&mut counts);
            }
            assert!(sizes[3] < sizes[0] * 19 / 20, "seed {seed}: {sizes:?}");
        }
    }

    /// Counts that grow as Fibonacci's numbers would make codes as long as there are tokens.
    #[test]
    fn no_code_is_longer_than_may_be() {
        let (mut one, mut two) = (1_u32, 1_u32);
        let counts = std::array::from_fn(|_| {
            (one, two) = (two, one.saturating_add(two));
            one
        });
        for counts in
            [counts, [0; TOKENS], std::array::from_fn(|token| if token == 9 { u32::MAX } else { 0 })]
        {
            let lengths = lengths(&counts);
            let all: u32 = lengths.iter().map(|length| 1 << (LONGEST - length)).sum();
            assert_eq!(all, 1 << LONGEST, "each sequence of bits begins with a code");
            assert!(lengths.iter().max() <= Some(&LONGEST));
        }
    }

    /// Bytes that nobody wrote say something, and behind them stands the same again and again.
    #[test]
    fn any_bytes_are_read() {
        let codes = Codes::flat();
        for seed in 0..50 {
            let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let bytes: Vec<u8> = (0..40).map(|_| dice.random()).collect();
            let mut reader = Reader::new(&codes, &bytes);
            let read: Vec<u64> = (0..100).map(|_| reader.number(Field::Before)).collect();
            assert!(read[..20].iter().any(|number| *number != read[99]), "seed {seed}: {read:?}");
            assert!(read[41..].iter().all(|number| *number == read[99]), "seed {seed}: {read:?}");
        }
    }
}
