//! **kubelapse** answers "what will my pod do, and when?": a deterministic discrete-event simulator of the kubelet and
//! of what stands around it.

pub mod actors;
pub mod api;
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
pub mod tui;
pub mod world;
