//! Pods, whose law has rooms of its own ([`super::super::admission`], [`super::super::validation`]).
//!
//! Source: pkg/registry/core/pod/strategy.go (1.36.2).

use super::Kind;
use crate::rules::api_server::decode::schema;
use crate::rules::api_server::{admission, defaults, validation};

pub static LAW: Kind = Kind {
    name: "Pod",
    key: "pod",
    resource: "pods",
    short: &["po"],
    counts_generations: true,
    schema: &schema::Pod,
    defaults: defaults::pod,
    prepare: |object, old, request| match old {
        None => admission::prepare(object, &request.gates),
        Some(_) => admission::drop_disabled(object, &request.gates),
    },
    rereads_metadata: true,
    validate: |new, old, gates, errors| match old {
        None => validation::created(new, gates, errors),
        Some(old) => validation::update::changed(old, new, gates, errors),
    },
    // Nobody is told of a pod that changes: programs change pods.
    warnings: |object, old, gates| match old {
        None => validation::warnings::create(object, gates),
        Some(_) => Vec::new(),
    },
    ..Kind::PLAIN
};
