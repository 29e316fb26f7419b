//! What differs between versions of Kubernetes: one table for each.
//!
//! A version is a value of [`Version`] and a [`Table`] in a file of its own, `v1_36.rs`: which gates it is the first to know
//! (`new`), and how its gates and habits differ from the version before it, which it names (`BEFORE`). A *gate* is
//! Kubernetes' own ([`gates`], pkg/features), a *habit* is what changed with a version and what no gate of that list decides
//! ([`habits`]). Everybody else asks a gate or a habit by name, and nobody compares versions. Two other tables are kept by
//! field instead, each row with the version that brought it: the API's ([`super::api_server::decode::schema`]) and,
//! as recorded lives, the tests'.
//!
//! To add a version: its table, and its line in the list below. The format's `kubernetes`, `--kubernetes`, the schema
//! (`scenarios/schema.json` is printed anew) and the tests over all versions read the list. What is new about it beyond
//! known gates and habits is a line in `gates.rs` or `habits.rs`, false before, and the code that asks it.

pub mod gates;
pub mod habits;
#[macro_use]
mod version;

use gates::{Gate, Gates};

/// What one version of Kubernetes is.
#[derive(Debug)]
pub struct Table {
    /// Gates that it is the first to know.
    pub new: &'static [Gate],
    /// Which gates are on where nobody says otherwise, and the habits; written as a difference from the version before.
    pub gates: Gates,
}

// The one list, oldest first: a version's file, value and name. `default` is what a scenario plays that names none.
versions! {
    default V1_37;
    v1_32 V1_32 "1.32",
    v1_33 V1_33 "1.33",
    v1_34 V1_34 "1.34",
    v1_35 V1_35 "1.35",
    v1_36 V1_36 "1.36",
    v1_37 V1_37 "1.37",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_new_once() {
        for gate in Gate::ALL {
            let news = Version::ALL.into_iter().flat_map(|version| version.table().new);
            assert_eq!(news.filter(|new| *new == gate).count(), 1, "{}", gate.name());
        }
    }

    #[test]
    fn no_gate_is_on_before_it_is_known() {
        for version in Version::ALL {
            for (name, on) in Gates::of(version).list() {
                let gate = Gate::named(name).expect("a gate of the list");
                assert!(!on || gate.since() <= version, "{name} in {}", version.as_str());
            }
        }
    }

    #[test]
    fn versions_stand_in_their_order_and_are_read_by_name() {
        let minor =
            |version: &Version| version.as_str().strip_prefix("1.").and_then(|n| n.parse::<u32>().ok());
        assert!(Version::ALL.iter().all(|version| minor(version).is_some()));
        assert!(Version::ALL.is_sorted_by_key(minor));
        assert!(Version::ALL.into_iter().all(|version| Version::parse(version.as_str()) == Some(version)));
        assert_eq!(Version::parse("1.3"), None);
    }
}
