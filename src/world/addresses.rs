//! The cluster's pod network: which addresses are in use. No two sandboxes have one at a time; what is given back may be
//! given again.
//!
//! Which address a pod gets says nothing. It is looked for where the pod's own numbers point to, so that another pod beside
//! it mostly does not change it, in a range that is at least twice as large as needed.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use crate::api::Sym;

/// How many addresses are looked at in a small cluster: 10.244.0.2 to 10.244.63.251.
const FEWEST: u32 = 16_000;
/// Addresses of a subnet /24 that pods get: .2 to .251.
const OF_SUBNET: u32 = 250;
const SUBNETS: u32 = 256;
/// The second byte of the first ones. Nodes have 10.0 and 10.1.
const FIRST: u32 = 244;
const RESERVED: u32 = 2;
const BLOCKS: u32 = 256 - RESERVED;
/// All that there are.
const MOST: u32 = BLOCKS * SUBNETS * OF_SUBNET;

#[derive(Clone, Debug, Default)]
pub struct Addresses {
    used: FxHashSet<u32>,
}

impl Addresses {
    /// An address that nobody has, near where `key` points to: its number.
    pub fn take(&mut self, key: u64) -> u32 {
        let mut range = FEWEST;
        while range < MOST && self.used.len() as u64 * 2 >= u64::from(range) {
            range = range.saturating_mul(2).min(MOST);
        }
        let mut number = (key % u64::from(range)) as u32;
        // Half of the range is free, so that this is short; with all given away, the last resort is to share.
        let tries = self.used.len() + 1;
        for _ in 0..tries {
            if self.used.insert(number) {
                break;
            }
            number = (number + 1) % range;
        }
        number
    }
    /// A sandbox is torn down: its address is free.
    pub fn give_back(&mut self, number: u32) {
        self.used.remove(&number);
    }
}

/// Those of a small cluster are spelled out once.
static SPELLED: [OnceLock<Sym>; FEWEST as usize] = [const { OnceLock::new() }; FEWEST as usize];

/// The address of a number.
pub fn spelled(number: u32) -> Sym {
    let address = || {
        let (host, subnet) = (number % OF_SUBNET + 2, number / OF_SUBNET % SUBNETS);
        // Upwards from the first, then from below.
        let block = (number / OF_SUBNET / SUBNETS + FIRST - RESERVED) % BLOCKS + RESERVED;
        Sym::new(&format!("10.{block}.{subnet}.{host}"))
    };
    SPELLED.get(number as usize).map_or_else(address, |known| *known.get_or_init(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_an_address_of_its_own() {
        assert_eq!(spelled(0).as_str(), "10.244.0.2");
        assert_eq!(spelled(FEWEST - 1).as_str(), "10.244.63.251");
        assert_eq!(spelled(12 * 64_000).as_str(), "10.2.0.2", "upwards, then from below");
        let numbers = [0, 1, 249, 250, FEWEST, 63_999, 64_000, 767_999, 768_000, MOST - 1];
        let all: FxHashSet<Sym> = numbers.into_iter().map(spelled).collect();
        assert_eq!(all.len(), numbers.len());
    }

    #[test]
    fn nobody_shares_while_both_have_one() {
        let mut addresses = Addresses::default();
        let mut given = FxHashSet::default();
        for key in 0..40_000u64 {
            assert!(given.insert(addresses.take(key * 7 % 500)), "pod {key}");
        }
        let one = addresses.take(3);
        addresses.give_back(one);
        assert_eq!(addresses.take(3), one, "what is free is given again");
    }
}
