//! What the API server knows of each kind: a row and a file for each.
//!
//! A row says how the kind is called and what its fields are, and names its law: the defaults, what is prepared
//! (`Strategy.PrepareForCreate`, `PrepareForUpdate`), what is refused at a creation and at an update, and what is warned
//! of. A new kind is a file here, its fields in [`super::decode::workloads`], and a line in [`super::objects`].
//!
//! Source: the strategies in pkg/registry of each kind, named in its file.

pub mod controller_revision;
pub mod daemon_set;
pub mod deployment;
pub mod job;
pub mod persistent_volume_claim;
pub mod pod;
pub mod pod_disruption_budget;
pub mod replica_set;
pub mod replication_controller;
pub mod service;
pub mod stateful_set;
mod workload;

use serde_json::{Map, Value};

use super::admission::Request;
use super::decode::schema::Struct;
use super::validation::field::{At, Errors};
use super::validation::meta;
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

type Object = Map<String, Value>;

/// A kind's row.
pub struct Kind {
    /// `Deployment`
    pub name: &'static str,
    /// As the scenario format has it: `replicaSet`.
    pub key: &'static str,
    /// `apps`; empty for the oldest kinds.
    pub group: &'static str,
    /// `v1`
    pub version: &'static str,
    /// `deployments`
    pub resource: &'static str,
    /// What kubectl takes for it too: `deploy`.
    pub short: &'static [&'static str],
    /// It lives in a namespace.
    pub is_namespaced: bool,
    /// It makes pods of a template, and so has `setImage`.
    pub has_pods: bool,
    /// `kubectl rollout` knows it.
    pub has_rollouts: bool,
    /// A run stores its objects as they are sent, while it goes on; who works on them lives.
    pub is_kept: bool,
    /// `metadata.generation` counts changes of its spec.
    pub(super) counts_generations: bool,
    pub(super) schema: &'static Struct,
    pub(super) defaults: fn(&mut Object, &Gates),
    /// Before validation; of an update, with the object as it was.
    pub(super) prepare: fn(&mut Object, Option<&Object>, &Request),
    pub(super) create: fn(&Object, &Gates) -> Errors,
    pub(super) update: fn(&Object, &Object, &Gates) -> Errors,
    pub(super) warnings: fn(&Object, &Gates) -> Vec<String>,
}

static ABSENT: Value = Value::Null;

/// `metadata` or `spec`, with its path.
fn half<'a>(object: &'a Object, name: &str) -> At<'a> {
    At::new(object.get(name).unwrap_or(&ABSENT), name)
}

/// `ValidateObjectMeta`, with the kind's rule for names.
fn created_meta(object: &Object, name: fn(&str) -> Vec<String>, habits: &Habits, errors: &mut Errors) {
    meta::validate_named(&half(object, "metadata"), name, habits, errors);
}

/// `ValidateObjectMetaUpdate`
fn updated_meta(old: &Object, new: &Object, habits: &Habits, errors: &mut Errors) {
    meta::update(&half(old, "metadata"), &half(new, "metadata"), habits, errors);
}

/// Sets what is absent. (What is zero is absent.)
fn default(object: &mut Object, name: &str, value: Value) {
    if object.get(name).is_none_or(Value::is_null) {
        object.insert(name.to_owned(), value);
    }
}

/// Changes a member that is an object, if it is there.
fn within(object: &mut Object, name: &str, change: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(inner)) = object.get_mut(name) {
        change(inner);
    }
}

/// `ValidateNonnegativeField`
fn nonnegative(of: &At, field: &str, errors: &mut Errors) {
    let value = of.int_of(field);
    if value < 0 {
        errors.invalid(of.path_of(field), value, "must be greater than or equal to 0");
    }
}

/// `ValidateImmutableField`
fn immutable(old: &At, new: &At, errors: &mut Errors) {
    if old.value != new.value {
        errors.invalid(new.path.clone(), new.value.clone(), "field is immutable");
    }
}
