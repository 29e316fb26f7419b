//! PersistentVolumeClaims that controllers make of a template: what is wrong with them was refused with the template.
//!
//! Source: pkg/registry/core/persistentvolumeclaim/strategy.go, `SetDefaults_PersistentVolumeClaimSpec` in
//! pkg/apis/core/v1/defaults.go (1.36.3).

use serde_json::json;

use super::workload::spec_of;
use super::{Kind, created_meta, default, updated_meta};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::Errors;
use crate::rules::api_server::validation::names;

pub static LAW: Kind = Kind {
    name: "PersistentVolumeClaim",
    key: "persistentVolumeClaim",
    group: "",
    version: "v1",
    resource: "persistentvolumeclaims",
    short: &["pvc"],
    is_namespaced: true,
    has_pods: false,
    has_rollouts: false,
    is_kept: false,
    counts_generations: false,
    schema: &workloads::PersistentVolumeClaim,
    defaults: |object, _| default(spec_of(object), "volumeMode", json!("Filesystem")),
    prepare: |_, _, _| {},
    create: |object, gates| {
        let mut errors = Errors::default();
        created_meta(object, names::dns1123_subdomain, &gates.habits, &mut errors);
        errors
    },
    update: |old, new, gates| {
        let mut errors = Errors::default();
        updated_meta(old, new, &gates.habits, &mut errors);
        errors
    },
    warnings: |_, _| Vec::new(),
};
