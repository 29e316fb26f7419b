//! ReplicationControllers: ReplicaSets of an older day, whose selector is a map of labels.
//!
//! Source: pkg/registry/core/replicationcontroller/strategy.go, `SetDefaults_ReplicationController` in
//! pkg/apis/core/v1/defaults.go, `ValidateReplicationController` in pkg/apis/core/validation/validation.go (1.36.2). The
//! surprises: the labels of the template stand in for a selector and for labels that are not given; its selector may
//! change.

use serde_json::{Value, json};

use super::workload::{self, spec_of};
use super::{Kind, Object, default, half, nonnegative};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "ReplicationController",
    key: "replicationController",
    group: "",
    resource: "replicationcontrollers",
    short: &["rc"],
    is_kept: true,
    schema: &workloads::ReplicationController,
    defaults,
    validate: |new, _, gates, errors| spec(&half(new, "spec"), gates, errors),
    ..workload::OF_PODS
};

/// `SetDefaults_ReplicationController`
fn defaults(object: &mut Object, _: &Gates) {
    let spec = spec_of(object);
    let labels = spec.get("template").and_then(|template| template.pointer("/metadata/labels")).cloned();
    if let Some(labels) = &labels {
        let empty = |selector: &Value| selector.as_object().is_none_or(serde_json::Map::is_empty);
        if spec.get("selector").is_none_or(empty) {
            spec.insert("selector".to_owned(), labels.clone());
        }
    }
    default(spec, "replicas", json!(1));
    workload::default_template(spec);
    if let Some(labels) = labels
        && let Value::Object(metadata) = object.entry("metadata").or_insert_with(|| json!({}))
    {
        default(metadata, "labels", labels);
    }
}

/// `ValidateReplicationControllerSpec`
fn spec(spec: &At, gates: &Gates, errors: &mut Errors) {
    nonnegative(spec, "minReadySeconds", errors);
    let selector = spec.child("selector");
    if selector.is_empty() {
        errors.required(selector.path.clone(), "");
    }
    nonnegative(spec, "replicas", errors);
    let template = spec.child("template");
    if !template.is_set() {
        errors.required(template.path, "");
        return;
    }
    let labels = template.child("metadata").child("labels");
    let own = |key: &str| labels.value.get(key);
    let matches = selector.entries().iter().all(|(key, value)| own(key) == Some(*value));
    workload::selects(matches, &template, errors);
    workload::kept_template("ReplicationController", &template, gates, errors);
}
