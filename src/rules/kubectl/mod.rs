//! What kubectl shows and reads (pkg/printers, cli-runtime): tables, ages, manifests; what it sends for its verbs, and answers.

pub mod apply;
pub mod columns;
pub mod humanize;
pub mod json_path;
pub mod manifest;
pub mod merge;
pub mod printed;
pub mod printing;
pub mod rollout;
pub mod rollout_status;
mod stored_tables;
pub mod tables;
pub mod terminal;
pub mod yaml;
