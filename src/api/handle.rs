//! Handles: numbers that stand for a place in a list, each list with its own type, so that no place is taken for another.
//!
//! A place becomes a handle in [`new`](ContainerIx::new) alone. It never wraps: how many places a list may have is checked
//! where a scenario is read, by limits that lie far below what a handle can hold.

/// Makes the type of a handle.
macro_rules! handle {
    ($(#[$meta:meta])* $name:ident($number:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $number);

        impl $name {
            /// That of a place in the list.
            pub fn new(place: usize) -> $name {
                let number = <$number>::try_from(place);
                debug_assert!(number.is_ok(), "place {place} has a handle");
                $name(number.unwrap_or(<$number>::MAX))
            }
            pub fn ix(self) -> usize {
                usize::from(self)
            }
            /// Those of a list of so many.
            pub fn all(count: usize) -> impl DoubleEndedIterator<Item = $name> + Clone + use<> {
                // Checked once, for the last of them.
                let count = count.checked_sub(1).map_or(0, |last| u64::from($name::new(last).0) + 1);
                (0..count).map(|place| $name(place as $number))
            }
        }

        impl From<$name> for usize {
            fn from(handle: $name) -> usize {
                handle.0 as usize
            }
        }
    };
}
pub(crate) use handle;

handle! {
    /// Position of a container: init containers first, then main ones, then ephemeral ones.
    ContainerIx(u16)
}

impl ContainerIx {
    pub const FIRST: ContainerIx = ContainerIx(0);
    /// More containers no pod can have.
    pub const MOST: usize = u16::MAX as usize;
}
