//! H: decoding, defaults, preparation and validation of created pods (`rules::api_server::admission`).

use kubelapse::api::{Condition, PodStatus};
use kubelapse::rules::api_server::admission::{Admitted, Rejection, Request, admit};
use kubelapse::rules::api_server::decode::{StrictError, strict_message};
use kubelapse::time::Time;
use serde_json::{Value, json};

use super::harness::{Case, check, gates};

#[test]
fn admission_is_that_of_the_api_server() {
    check("H_admission", answer);
}

fn answer(case: &Case) -> Value {
    let request = Request {
        gates: gates(),
        now: Time::parse_rfc3339("2026-07-01T12:00:00Z").expect("an instant"),
        namespace: "default",
        suffix: "abcde",
        uid: "",
    };
    match admit(&case.input["manifest"], &request) {
        Ok(admitted) => accepted(&admitted),
        Err(Rejection::Decode(_, error)) => json!({"ok": false, "strictDecodeError": error.to_string()}),
        Err(rejection) => refused(&rejection, &strict_errors(&case.input["manifest"], &request)),
    }
}

/// Unknown fields are found although the pod is refused for something else.
fn strict_errors(manifest: &Value, request: &Request) -> Vec<StrictError> {
    kubelapse::rules::api_server::decode::pod(manifest, request.gates.version)
        .map(|decoded| decoded.strict)
        .unwrap_or_default()
}

fn accepted(admitted: &Admitted) -> Value {
    let spec = serde_json::to_value(&admitted.spec).expect("a spec");
    assert_eq!(spec, admitted.object["spec"], "the typed spec loses nothing");
    let metadata = serde_json::to_value(&admitted.metadata).expect("metadata");
    assert_eq!(metadata, admitted.object["metadata"], "the typed metadata loses nothing");
    json!({
        "ok": true,
        "metadata": metadata,
        "spec": spec,
        "status": status(&admitted.status),
        "warnings": admitted.warnings,
        "strictDecodeError": strict_message(&admitted.strict),
    })
}

fn status(status: &PodStatus) -> Value {
    let conditions: Vec<Value> = status.conditions.iter().map(condition).collect();
    json!({"phase": status.phase.to_string(), "qosClass": status.qos_class.as_str(), "conditions": conditions})
}

fn condition(condition: &Condition) -> Value {
    json!({
        "type": condition.kind,
        "status": condition.status.as_str(),
        "lastTransitionTime": condition.last_transition.map(Time::rfc3339_secs),
        "reason": condition.reason,
        "message": condition.message.fixed().map(|text| text.as_str()),
    })
}

fn refused(rejection: &Rejection, strict: &[StrictError]) -> Value {
    let errors: Vec<Value> = rejection
        .errors()
        .iter()
        .map(|error| {
            json!({
                "type": error.kind.as_str(),
                "typeText": error.kind.text(),
                "field": error.field,
                "detail": error.detail,
                "text": error.to_string(),
            })
        })
        .collect();
    json!({
        "ok": false,
        "code": rejection.code(),
        "reason": rejection.reason(),
        "message": rejection.to_string(),
        "errors": errors,
        "strictDecodeError": strict_message(strict),
    })
}
