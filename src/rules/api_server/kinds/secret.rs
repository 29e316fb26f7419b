//! Secrets.
//!
//! Source: pkg/registry/core/secret/strategy.go, pkg/api/secret/warnings.go, `SetDefaults_Secret` and
//! `Convert_v1_Secret_To_core_Secret` in pkg/apis/core/v1, `ValidateSecret` and `ValidateSecretUpdate` in
//! pkg/apis/core/validation/validation.go (1.36.2). The surprise: what is written as `stringData` is never seen again, it
//! becomes `data`. Left out: whether a key belongs to its certificate.

use serde_json::{Value, json};

use super::config_map::{self, MOST_BYTES};
use super::{Kind, Object, default, half, immutable};
use crate::rules::api_server::decode::{cluster, kind_of};
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
    warnings: |object, _, _| warnings(object),
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
    const HIDDEN: &str = "<secret contents redacted>";
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(_) | Value::Null) => {}
        Ok(other) => {
            let what = kind_of(&other);
            let detail =
                format!("json: cannot unmarshal {what} into Go value of type map[string]interface {{}}");
            errors.invalid(data.path_of_key(key), HIDDEN, detail);
        }
        Err(why) => errors.invalid(data.path_of_key(key), HIDDEN, as_go_says(&bytes, &why)),
    }
}

/// Of what is no JSON, in encoding/json's words for what people meet most: nothing, something else, and a letter in the
/// wrong place.
fn as_go_says(bytes: &[u8], why: &serde_json::Error) -> String {
    if why.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().nth(why.line().saturating_sub(1)).unwrap_or_default();
    let letter = line.chars().nth(why.column().saturating_sub(1)).unwrap_or_default();
    let shown = if letter == '\'' { "\\'".to_owned() } else { letter.to_string() };
    let place = match why.to_string() {
        said if said.starts_with("key must be a string") => "looking for beginning of object key string",
        said if said.starts_with("trailing comma") => "looking for beginning of object key string",
        said if said.starts_with("trailing characters") => "after top-level value",
        said if said.starts_with("expected `:`") => "after object key",
        said if said.starts_with("expected `,`") => "after object key:value pair",
        _ => "looking for beginning of value",
    };
    format!("invalid character '{shown}' {place}")
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
