//! TOML (and manifests) in, a checked and immutable [`plan::Plan`] out.

pub mod plan;
