//! Handles: numbers that stand for a place in a list, each list with its own type, so that no place is taken for another.
//!
//! A place becomes a handle in [`new`](ContainerIx::new) alone. It never wraps: how many places a list may have is checked
//! where a scenario is read, by limits that lie far below what a handle can hold.

use super::invariant::Invariant;

/// Makes the type of a handle.
macro_rules! handle {
    ($(#[$meta:meta])* $name:ident($number:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $number);

        impl $name {
            /// That of a place in the list.
            pub fn new(place: usize) -> $name {
                match <$number>::try_from(place) {
                    Ok(number) => $name(number),
                    Err(_) => $crate::api::handle::none_for(place),
                }
            }
            /// The place in the list.
            pub fn ix(self) -> usize {
                usize::from(self)
            }
            /// Those of a list of so many.
            pub fn all(count: usize) -> $crate::api::handle::All<$name> {
                // Checked once, for the last of them.
                let end = count.checked_sub(1).map_or(0, |last| $name::new(last).ix() + 1);
                $crate::api::handle::All::new(end)
            }
        }

        impl $crate::api::handle::Handle for $name {
            #[inline(always)]
            fn at(place: usize) -> $name {
                $name(place as $number)
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

/// There are more places than anybody may have.
#[cold]
#[inline(never)]
pub(crate) fn none_for(place: usize) -> ! {
    Invariant::PlacesHaveHandles.broken(&format!("place {place}"))
}

/// What a handle is made of, for [`All`]: its place is known to fit.
pub trait Handle: Copy {
    fn at(place: usize) -> Self;
}

/// The handles of a list, in order. Loops over a pod's containers are where every pod passes, so that these are plain counts.
#[derive(Clone, Debug)]
pub struct All<H> {
    next: usize,
    end: usize,
    handles: std::marker::PhantomData<H>,
}

impl<H> All<H> {
    #[inline(always)]
    pub(crate) fn new(end: usize) -> All<H> {
        All { next: 0, end, handles: std::marker::PhantomData }
    }
}

impl<H: Handle> Iterator for All<H> {
    type Item = H;
    #[inline(always)]
    fn next(&mut self) -> Option<H> {
        let place = self.next;
        (place < self.end).then(|| {
            self.next += 1;
            H::at(place)
        })
    }
    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}

impl<H: Handle> DoubleEndedIterator for All<H> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<H> {
        (self.next < self.end).then(|| {
            self.end -= 1;
            H::at(self.end)
        })
    }
}

handle! {
    /// Position of a container: init containers first, then main ones, then ephemeral ones.
    ContainerIx(u16)
}

impl ContainerIx {
    /// That of the first container.
    pub const FIRST: ContainerIx = ContainerIx(0);
    /// More containers no pod can have.
    pub const MOST: usize = u16::MAX as usize;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "broken invariant, places have handles: place 65536")]
    fn a_handle_never_wraps() {
        assert_eq!(ContainerIx::new(ContainerIx::MOST).ix(), ContainerIx::MOST);
        assert_eq!(ContainerIx::all(ContainerIx::MOST + 1).count(), ContainerIx::MOST + 1);
        ContainerIx::new(ContainerIx::MOST + 1);
    }
}
