//! ControllerRevisions, which controllers write for themselves: nothing is filled in, and nothing of theirs is refused here.
//!
//! Source: pkg/registry/apps/controllerrevision/strategy.go (1.36.3).

use super::{Kind, created_meta, updated_meta};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::Errors;
use crate::rules::api_server::validation::names;

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
