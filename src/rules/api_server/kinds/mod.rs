//! What the API server knows of each kind: a row and a file for each.
//!
//! A row says how the kind is called and what its fields are, and names its law: the defaults, what is prepared
//! (`Strategy.PrepareForCreate`, `PrepareForUpdate`), how its objects may be called, what else is refused, and what is
//! warned of. What is not said is as of [`Kind::PLAIN`]. A new kind is a file here, its fields in [`super::decode`], and
//! a line in [`super::objects`].
//!
//! Source: the strategies in pkg/registry of each kind, named in its file.

pub mod config_map;
pub mod controller_revision;
pub mod cron_job;
pub mod daemon_set;
pub mod deployment;
pub mod horizontal_pod_autoscaler;
pub mod job;
pub mod limit_range;
mod metrics;
pub mod namespace;
pub mod node;
mod older_autoscaler;
pub mod persistent_volume;
pub mod persistent_volume_claim;
pub mod pod;
pub mod pod_disruption_budget;
pub mod priority_class;
pub mod replica_set;
pub mod replication_controller;
pub mod resource_quota;
pub mod runtime_class;
pub mod secret;
pub mod service;
pub mod service_account;
pub mod stateful_set;
pub mod storage_class;
mod workload;

use serde_json::{Map, Value};

use super::admission::Request;
use super::decode::schema::Struct;
use super::validation::field::{At, Errors};
use super::validation::names;
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
    /// What a manifest says of its status counts when it is created.
    pub(super) keeps_status: bool,
    pub(super) schema: &'static Struct,
    /// An older version that is still served.
    pub(super) older: Option<Older>,
    pub(super) defaults: fn(&mut Object, &Gates),
    /// Before validation; of an update, with the object as it was.
    pub(super) prepare: fn(&mut Object, Option<&Object>, &Request),
    /// Why a name is none.
    pub(super) names: fn(&str, &Habits) -> Vec<String>,
    /// An update looks at the new metadata as a creation does, too.
    pub(super) rereads_metadata: bool,
    /// A finalizer must be one of the known ones, or have a group.
    pub(super) reads_finalizers: bool,
    /// What is refused besides its metadata; of an update, with the object as it was.
    pub(super) validate: fn(&Object, Option<&Object>, &Gates, &mut Errors),
    /// What is warned of; of an update, with the object as it was.
    pub(super) warnings: fn(&Object, Option<&Object>, &Gates) -> Vec<String>,
}

/// A version of a kind that the API server still takes, and makes the newer one of.
pub struct Older {
    /// `v1`
    pub(super) version: &'static str,
    pub(super) schema: &'static Struct,
    pub(super) convert: fn(&mut Object),
    /// What of an object has a place in it.
    pub(super) revert: fn(&mut Object),
    /// An object that was converted gets back of what it was what had no place in it.
    pub(super) renew: fn(&Object, &mut Object),
}

impl Older {
    /// Its fields, by which patches are merged.
    pub fn fields(&self) -> &'static Struct {
        self.schema
    }
    /// An object as a client of this version gets it.
    pub fn shown(&self, api_version: &str, object: &Value) -> Value {
        let Value::Object(mut members) = object.clone() else { return object.clone() };
        members.insert("apiVersion".to_owned(), api_version.into());
        (self.revert)(&mut members);
        Value::Object(members)
    }
}

impl Kind {
    /// Of the oldest group, in a namespace, named by a subdomain, with nothing to fill in, to refuse, or to warn of.
    const PLAIN: Kind = Kind {
        name: "",
        key: "",
        group: "",
        version: "v1",
        resource: "",
        short: &[],
        is_namespaced: true,
        has_pods: false,
        has_rollouts: false,
        is_kept: false,
        counts_generations: false,
        keeps_status: false,
        schema: &NOTHING,
        older: None,
        defaults: |_, _| {},
        prepare: |_, _, _| {},
        names: |name, _| names::dns1123_subdomain(name),
        rereads_metadata: false,
        reads_finalizers: true,
        validate: |_, _, _, _| {},
        warnings: |_, _, _| Vec::new(),
    };
}

static NOTHING: Struct = Struct { name: "", fields: &[] };

static ABSENT: Value = Value::Null;

/// `metadata` or `spec`, with its path.
fn half<'a>(object: &'a Object, name: &str) -> At<'a> {
    At::new(object.get(name).unwrap_or(&ABSENT), name)
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

/// A value that must be one of a few, if it is said at all.
fn one_of(of: &At, field: &str, supported: &[&str], errors: &mut Errors) {
    if let Some(value) = of.some(field)
        && !supported.contains(&value.str())
    {
        errors.not_supported(value.path.clone(), value.str(), supported);
    }
}

/// `ValidateImmutableField`
fn immutable(old: &At, new: &At, errors: &mut Errors) {
    if old.value != new.value {
        errors.invalid(new.path.clone(), new.value.clone(), "field is immutable");
    }
}
