//! What a fuzz target does with its bytes: each of these is one input of the program, played in bounded time and memory, with what
//! must hold of whatever comes.
//!
//! | player | what its bytes are |
//! | --- | --- |
//! | [`scenario`] | a scenario's TOML |
//! | [`manifest`] | manifests, as `run`, `check` and `new --from` take them |
//! | [`overrides`] | a built-in scenario (by the first byte) and lines of `--set` |
//! | [`explain`] | what kubectl printed, for `explain` and `predict` |
//! | [`compare`] | two timelines, or what a watch printed |
//! | [`step`] | a built-in scenario and lines that somebody types |
//! | [`request`], [`protobuf`], [`patch`] | requests to a served cluster; bodies of typed clients; patches of each kind |
//! | [`page`] | what a page asks of the WebAssembly module |
//!
//! The same players replay the kept corpus in the usual tests. An input that would play for long is not played to its end
//! ([`bounded`]): that a run ends is not what is asked here.

#![allow(dead_code, reason = "each target takes one of them")]

mod bounded;
mod clients;
mod pages;
pub mod served;
mod texts;
mod walks;

pub use clients::{patch, protobuf, request};
pub use pages::page;
pub use texts::{compare, explain, manifest, overrides, scenario};
pub use walks::step;

/// A player.
pub type Player = fn(&[u8]);

/// All of them, by the names of their targets and of the folders of their corpora.
pub const ALL: [(&str, Player); 10] = [
    ("scenario", scenario),
    ("manifest", manifest),
    ("overrides", overrides),
    ("explain", explain),
    ("compare", compare),
    ("step", step),
    ("request", request),
    ("protobuf", protobuf),
    ("patch", patch),
    ("page", page),
];
