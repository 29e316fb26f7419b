//! ControllerRevisions: what the templates of StatefulSets and DaemonSets once were. Their controllers make them, and nobody
//! sends one as a manifest.
//!
//! Source: pkg/registry/apps/controllerrevision/strategy.go, `ValidateControllerRevisionCreate` and its like in
//! pkg/apis/apps/validation/validation.go (1.36.2).

use super::{Kind, Object, created_meta, half, immutable, nonnegative, updated_meta};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::names;
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "ControllerRevision",
    key: "controllerRevision",
    group: "apps",
    version: "v1",
    resource: "controllerrevisions",
    short: &[],
    is_namespaced: true,
    has_pods: false,
    has_rollouts: false,
    is_kept: false,
    counts_generations: false,
    schema: &workloads::ControllerRevision,
    defaults: |_, _| {},
    prepare: |_, _, _| {},
    create,
    update,
    warnings: |_, _| Vec::new(),
};

fn create(object: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    created_meta(object, names::dns1123_subdomain, &gates.habits, &mut errors);
    revision(object, &mut errors);
    errors
}

fn update(old: &Object, new: &Object, gates: &Gates) -> Errors {
    let mut errors = Errors::default();
    updated_meta(old, new, &gates.habits, &mut errors);
    revision(new, &mut errors);
    immutable(&half(old, "data"), &half(new, "data"), &mut errors);
    errors
}

fn revision(object: &Object, errors: &mut Errors) {
    let own = serde_json::Value::Object(object.clone());
    nonnegative(&At::new(&own, ""), "revision", errors);
}
