//! What differs between versions of Kubernetes (pkg/features and what no gate decides).

pub mod gates;
