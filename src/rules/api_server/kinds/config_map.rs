//! ConfigMaps.
//!
//! Source: `ValidateConfigMap` and `ValidateConfigMapUpdate` in pkg/apis/core/validation/validation.go (1.36.2). The
//! surprise: what is too large is refused at a path without a name, `[]`.

use super::{Kind, Object, half};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::api_server::validation::names;
use crate::rules::machinery::base64;

pub static LAW: Kind = Kind {
    name: "ConfigMap",
    key: "configMap",
    resource: "configmaps",
    short: &["cm"],
    schema: &cluster::ConfigMap,
    rereads_metadata: true,
    validate: |new, old, _, errors| {
        if let Some(old) = old {
            frozen(old, new, &["data", "binaryData"], errors);
        }
        contents(new, errors);
    },
    ..Kind::PLAIN
};

/// What a ConfigMap or a Secret may hold (`MaxSecretSize`).
pub const MOST_BYTES: usize = 1024 * 1024;

fn contents(object: &Object, errors: &mut Errors) {
    let (data, binary) = (half(object, "data"), half(object, "binaryData"));
    let mut size = 0;
    for (key, value) in data.entries() {
        errors.invalid_each(&data.path_of_key(key), key, names::config_map_key(key));
        if binary.some(key).is_some() {
            errors.invalid(data.path_of_key(key), key, "duplicate of key present in binaryData");
        }
        size += value.as_str().unwrap_or("").len();
    }
    size += key_names(&binary, errors);
    if size > MOST_BYTES {
        errors.too_long("[]", MOST_BYTES);
    }
}

/// How the keys of bytes are called; how many bytes there are.
pub fn key_names(data: &At, errors: &mut Errors) -> usize {
    let mut size = 0;
    for (key, value) in data.entries() {
        errors.invalid_each(&data.path_of_key(key), key, names::config_map_key(key));
        size += base64::decoded_len(value.as_str().unwrap_or(""));
    }
    size
}

/// What is immutable stays as it is, its immutability included.
pub fn frozen(old: &Object, new: &Object, members: &[&str], errors: &mut Errors) {
    const DETAIL: &str = "field is immutable when `immutable` is set";
    let is_frozen = |object: &Object| half(object, "immutable").bool();
    if !is_frozen(old) {
        return;
    }
    if !is_frozen(new) {
        errors.forbidden("immutable", DETAIL);
    }
    for name in members {
        if half(old, name).value != half(new, name).value {
            errors.forbidden(*name, DETAIL);
        }
    }
}
