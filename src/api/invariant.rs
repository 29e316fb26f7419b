//! What always holds, in every build: whoever finds it broken ends the run and says which it was, because a world that cannot be has
//! no answers. It is a fault of the program's own (exit code 3), never of what was asked.
//!
//! Each is looked at where it could break, at the write itself, and costs a comparison there; what would cost more is asserted by builds
//! with debug assertions, and asked of whole runs by tests (`tests/laws.rs`, `tests/self_check.rs`).

/// What always holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invariant {
    /// No step is played before the one that came last.
    TimeNeverGoesBack,
    /// No two living pods of a namespace have one name.
    NamesAreUnique,
    /// No two living pods that the simulation has made have one uid.
    UidsAreUnique,
    /// A place in a list has a handle of its own: handles do not wrap.
    PlacesHaveHandles,
    /// An eviction that costs a budget finds a disruption that it still allows.
    BudgetsAreKept,
    /// A kubelet takes no more pods than its node has room for, and none for which it has not what they ask for.
    PodsHaveRoom,
}

impl Invariant {
    /// How it is called where it is told.
    pub fn name(self) -> &'static str {
        match self {
            Invariant::TimeNeverGoesBack => "time never goes back",
            Invariant::NamesAreUnique => "names of living pods are unique",
            Invariant::UidsAreUnique => "uids of living pods are unique",
            Invariant::PlacesHaveHandles => "places have handles",
            Invariant::BudgetsAreKept => "disruption budgets are kept",
            Invariant::PodsHaveRoom => "pods have room on their nodes",
        }
    }

    /// Ends the run where it does not hold.
    ///
    /// # Panics
    /// It does not hold.
    #[inline(always)]
    #[track_caller]
    pub fn holds(self, is_so: bool, seen: impl FnOnce() -> String) {
        if !is_so {
            self.broken(&seen());
        }
    }

    /// # Panics
    /// Always.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn broken(self, seen: &str) -> ! {
        panic!("broken invariant, {}: {seen}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "broken invariant, time never goes back: 1 after 2")]
    fn what_is_broken_is_named() {
        Invariant::TimeNeverGoesBack.holds(true, || unreachable!("nobody has to be told"));
        Invariant::TimeNeverGoesBack.holds(false, || "1 after 2".to_owned());
    }
}
