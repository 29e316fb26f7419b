//! ReplicaSets.
//!
//! Source: pkg/registry/apps/replicaset/strategy.go, `SetDefaults_ReplicaSet` in pkg/apis/apps/v1/defaults.go,
//! `ValidateReplicaSet` in pkg/apis/apps/validation/validation.go (1.36.2).

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, Object, default, half, nonnegative};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "ReplicaSet",
    key: "replicaSet",
    resource: "replicasets",
    short: &["rs"],
    is_kept: true,
    schema: &workloads::ReplicaSet,
    defaults,
    validate,
    ..workload::OF_PODS
};

/// `SetDefaults_ReplicaSet`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "replicas", json!(1));
    workload::default_template(spec);
}

fn validate(new: &Object, old: Option<&Object>, gates: &Gates, errors: &mut Errors) {
    spec(&half(new, "spec"), gates, errors);
    workload::selector_stays(old, new, errors);
}

/// `ValidateReplicaSetSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    nonnegative(spec, "replicas", errors);
    nonnegative(spec, "minReadySeconds", errors);
    workload::selected_template(spec, gates, errors);
}
