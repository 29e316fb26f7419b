//! The minor version of Kubernetes that is simulated, made from the list in [`super`].
//!
//! A macro, so that a version is one line there. It declares the tables' modules too, where `cargo fmt` does not look:
//! `rustfmt src/rules/versions/v1_36.rs` does.

macro_rules! versions {
    (default $default:ident; $($file:ident $version:ident $name:literal,)+) => {
        $(mod $file;)+

        /// The minor version of Kubernetes that is simulated.
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
        )]
        pub enum Version {
            $(#[doc = concat!("Kubernetes ", $name)] #[serde(rename = $name)] $version,)+
        }

        impl Version {
            /// Oldest first.
            pub const ALL: [Version; [$($name),+].len()] = [$(Version::$version),+];
            /// `1.36`, oldest first.
            pub const NAMES: [&'static str; Version::ALL.len()] = [$($name),+];
            /// What a scenario plays that names none.
            pub const DEFAULT: Version = Version::$default;

            /// `1.36`
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Version::$version => $name,)+
                }
            }
            /// Its gates and habits.
            pub const fn table(self) -> &'static Table {
                match self {
                    $(Version::$version => &$file::TABLE,)+
                }
            }
        }
    };
}

use super::Version;
use super::gates::Gates;

impl Version {
    /// The version that is called so.
    pub fn parse(text: &str) -> Option<Version> {
        Version::ALL.into_iter().find(|v| v.as_str() == text)
    }
    /// `1.32 to 1.36`
    pub fn range() -> String {
        let [first, .., last] = Version::NAMES;
        format!("{first} to {last}")
    }
    /// The first version whose defaults are like this.
    pub fn first(is: impl Fn(&Gates) -> bool) -> Option<Version> {
        Version::ALL.into_iter().find(|version| is(&Gates::of(*version)))
    }
    /// The version of this minor number, for tables with a column of versions.
    ///
    /// # Panics
    /// No version has it; in a constant the compiler says so.
    pub const fn of_minor(minor: u8) -> Version {
        let mut ix = 0;
        while ix < Version::ALL.len() {
            let name = Version::NAMES[ix].as_bytes();
            if (name[2] - b'0') * 10 + name[3] - b'0' == minor {
                return Version::ALL[ix];
            }
            ix += 1;
        }
        panic!("no version has this minor number")
    }
}

impl Default for Version {
    fn default() -> Version {
        Version::DEFAULT
    }
}
