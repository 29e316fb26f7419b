//! ReplicaSets.
//!
//! Source: pkg/registry/apps/replicaset/strategy.go, `SetDefaults_ReplicaSet` in pkg/apis/apps/v1/defaults.go,
//! `ValidateReplicaSet` in pkg/apis/apps/validation/validation.go (1.36.2).

use serde_json::json;

use super::workload::{self, spec_of};
use super::{Kind, Object, created_meta, default, half, immutable, nonnegative, updated_meta};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::names;
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "ReplicaSet",
    key: "replicaSet",
    group: "apps",
    version: "v1",
    resource: "replicasets",
    short: &["rs"],
    is_namespaced: true,
    has_pods: true,
    has_rollouts: false,
    is_kept: true,
    counts_generations: true,
    schema: &workloads::ReplicaSet,
    defaults,
    prepare: |object, _, request| workload::drop_disabled(object, &request.gates),
    create,
    update,
    warnings: |object, _| workload::warned(object, true),
};

/// `SetDefaults_ReplicaSet`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    default(spec, "replicas", json!(1));
    workload::default_template(spec);
}

fn create(object: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    created_meta(object, names::dns1123_subdomain, &gates.habits, &mut errors);
    spec(&half(object, "spec"), gates, &mut errors);
    errors
}

fn update(old: &Object, new: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    updated_meta(old, new, &gates.habits, &mut errors);
    spec(&half(new, "spec"), gates, &mut errors);
    immutable(&half(old, "spec").child("selector"), &half(new, "spec").child("selector"), &mut errors);
    errors
}

/// `ValidateReplicaSetSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    nonnegative(spec, "replicas", errors);
    nonnegative(spec, "minReadySeconds", errors);
    let selector = spec.child("selector");
    workload::selector(&selector, "empty selector is invalid for deployment", gates, errors);
    let template = spec.child("template");
    match workload::matches(&selector, &template, gates) {
        None => errors.invalid(selector.path.clone(), selector.value.clone(), "invalid label selector"),
        Some(matches) => {
            workload::selects(matches, &template, errors);
            workload::kept_template("ReplicaSet", &template, gates, errors);
        }
    }
}
