//! Secrets.
//!
//! Source: pkg/registry/core/secret/strategy.go, pkg/api/secret/warnings.go, `SetDefaults_Secret` and
//! `Convert_v1_Secret_To_core_Secret` in pkg/apis/core/v1, `ValidateSecret` and `ValidateSecretUpdate` in
//! pkg/apis/core/validation/validation.go (1.36.2). The surprise: what is written as `stringData` is never seen again, it
//! becomes `data`. Left out: whether a key belongs to its certificate.

use serde_json::{Value, json};

use super::config_map::{self, MOST_BYTES};
use super::{Kind, Object, default, half, immutable};
use crate::rules::api_server::decode::cluster;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::machinery::base64;
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "Secret",
    key: "secret",
    resource: "secrets",
    schema: &cluster::Secret,
    defaults,
    rereads_metadata: true,
    validate: |new, old, _, errors| {
        if let Some(old) = old {
            immutable(&half(old, "type"), &half(new, "type"), errors);
            config_map::frozen(old, new, &["data"], errors);
        }
        contents(new, errors);
    },
    warnings: |object, _| warnings(object),
    ..Kind::PLAIN
};

fn defaults(object: &mut Object, _: &Gates) {
    if let Some(Value::Object(plain)) = object.shift_remove("stringData") {
        default(object, "data", json!({}));
        if let Some(Value::Object(data)) = object.get_mut("data") {
            for (key, value) in plain {
                data.insert(key, Value::String(base64::encode(value.as_str().unwrap_or("").as_bytes())));
            }
        }
    }
    default(object, "type", json!("Opaque"));
}

fn contents(object: &Object, errors: &mut Errors) {
    let data = half(object, "data");
    if config_map::key_names(&data, errors) > MOST_BYTES {
        errors.too_long("data", MOST_BYTES);
    }
    let has = |key: &str| data.some(key).is_some();
    let required = |keys: &[&str], errors: &mut Errors| {
        for key in keys.iter().filter(|key| !has(key)) {
            errors.required(data.path_of_key(key), "");
        }
    };
    match half(object, "type").str() {
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            let annotations = half(object, "metadata").child("annotations");
            if annotations.text_of(ACCOUNT).is_empty() {
                errors.required(annotations.path_of_key(ACCOUNT), "");
            }
        }
        "kubernetes.io/dockercfg" => docker(&data, ".dockercfg", errors),
        "kubernetes.io/dockerconfigjson" => docker(&data, ".dockerconfigjson", errors),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            required(&["username", "password"], errors);
        }
        "kubernetes.io/ssh-auth" if data.text_of("ssh-privatekey").is_empty() => {
            errors.required(data.path_of_key("ssh-privatekey"), "");
        }
        "kubernetes.io/tls" => required(&["tls.crt", "tls.key"], errors),
        _ => {}
    }
}

/// Credentials of registries are JSON.
fn docker(data: &At, key: &str, errors: &mut Errors) {
    let Some(value) = data.some(key) else {
        errors.required(data.path_of_key(key), "");
        return;
    };
    let bytes = base64::decode(value.str());
    if let Err(why) = serde_json::from_slice::<Value>(&bytes) {
        errors.invalid(data.path_of_key(key), "<secret contents redacted>", as_go_says(&bytes, &why));
    }
}

/// Of what is no JSON, in encoding/json's words for the two ways that people meet: nothing, and something else.
fn as_go_says(bytes: &[u8], why: &serde_json::Error) -> String {
    if why.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let text = String::from_utf8_lossy(bytes);
    let first = text.trim_start().chars().next().unwrap_or_default();
    match first {
        '{' => "invalid character after object key".to_owned(),
        '\'' => "invalid character '\\'' looking for beginning of value".to_owned(),
        _ => format!("invalid character '{first}' looking for beginning of value"),
    }
}

/// `warningsForSecret`: what is no pair of PEM blocks.
fn warnings(object: &Object) -> Vec<String> {
    let data = half(object, "data");
    if half(object, "type").str() != "kubernetes.io/tls" {
        return Vec::new();
    }
    let has_block = |key: &str| {
        let bytes = base64::decode(data.text_of(key));
        String::from_utf8_lossy(&bytes).contains("-----BEGIN ")
    };
    for (key, what) in [("tls.crt", "certificate"), ("tls.key", "key")] {
        if !has_block(key) {
            return vec![format!("tls: failed to find any PEM data in {what} input")];
        }
    }
    Vec::new()
}
