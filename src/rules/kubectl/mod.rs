//! What kubectl shows and reads (pkg/printers, cli-runtime): tables, ages, manifests.

pub mod humanize;
pub mod manifest;
pub mod printing;
