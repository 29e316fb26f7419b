//! Lists with an entry for each pod.
//!
//! A list that doubles whenever it is full holds up to half of its room for nothing, and a scenario need not say
//! how many pods will come. Of a hundred thousand pods that would be dozens of megabytes; so these lists grow by an eighth.

/// The part by which they grow.
const PART: usize = 8;
/// So many places are made at once at the least.
const LEAST: usize = 64;

/// Adds an entry.
pub fn add<T>(list: &mut Vec<T>, entry: T) {
    make_room(list, 1);
    list.push(entry);
}

/// Makes room for so many entries more.
pub fn make_room<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / PART).max(LEAST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_held_for_nothing() {
        let (mut list, mut grown) = (Vec::new(), 0);
        for entry in 0..100_000_u32 {
            let before = list.capacity();
            add(&mut list, entry);
            grown += usize::from(list.capacity() != before);
            assert!(list.capacity() - list.len() <= LEAST.max(list.len() / PART), "{entry}");
        }
        assert!(grown < 100, "it has grown {grown} times");
        make_room(&mut list, 50_000);
        assert!((150_000..=150_001 + 12_500).contains(&list.capacity()));
    }
}
