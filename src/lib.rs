//! **kubelapse** answers "what will my pod do, and when?": a deterministic discrete-event simulator of the kubelet and
//! of what stands around it.
//!
//! The doors are features, both on by default: `cli` is the program, `tui` its full screen. Without them it is a library
//! that opens no file, reads no clock and needs no thread, so that it runs in a browser, too (`web/`).

pub mod actors;
pub mod api;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compare;
pub mod course;
pub mod draft;
pub mod engine;
pub mod explain;
pub mod record;
pub mod rules;
pub mod scenario;
pub mod session;
pub mod time;
#[cfg(feature = "tui")]
pub mod tui;
pub mod world;
