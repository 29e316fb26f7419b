//! ServiceAccounts.
//!
//! Source: pkg/registry/core/serviceaccount/strategy.go, `ValidateServiceAccount` in
//! pkg/apis/core/validation/validation.go (1.36.2). Nothing but its metadata is looked at.

use super::{Kind, half};
use crate::rules::api_server::decode::cluster;

const ENFORCES: &str = "kubernetes.io/enforce-mountable-secrets";

pub static LAW: Kind = Kind {
    name: "ServiceAccount",
    key: "serviceAccount",
    resource: "serviceaccounts",
    short: &["sa"],
    schema: &cluster::ServiceAccount,
    rereads_metadata: true,
    warnings: |object, _| {
        let annotations = half(object, "metadata").child("annotations");
        let Some(enforces) = annotations.some(ENFORCES) else { return Vec::new() };
        if enforces.str() != "true" {
            return Vec::new();
        }
        vec![format!(
            "{}: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets",
            annotations.path_of_key(ENFORCES)
        )]
    },
    ..Kind::PLAIN
};
