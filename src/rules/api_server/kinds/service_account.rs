//! ServiceAccounts.
//!
//! Source: pkg/registry/core/serviceaccount/strategy.go, `ValidateServiceAccount` in
//! pkg/apis/core/validation/validation.go (1.36.2). Nothing but its metadata is looked at.

use super::{Kind, Object, half};
use crate::rules::api_server::decode::cluster;

const ENFORCES: &str = "kubernetes.io/enforce-mountable-secrets";

pub static LAW: Kind = Kind {
    name: "ServiceAccount",
    key: "serviceAccount",
    resource: "serviceaccounts",
    short: &["sa"],
    schema: &cluster::ServiceAccount,
    rereads_metadata: true,
    warnings: |object, old, _| {
        let is_said =
            |object: &Object| half(object, "metadata").child("annotations").some(ENFORCES).is_some();
        if !is_said(object) || old.is_some_and(is_said) {
            return Vec::new();
        }
        let path = half(object, "metadata").child("annotations").path_of_key(ENFORCES);
        vec![format!(
            "{path}: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
        )]
    },
    ..Kind::PLAIN
};
