//! What is asked for below pods and accounts: a pod gets its node, an account a token.

use serde_json::{Value, json};

use super::{Asked, Outcome, body, law, uid};
use crate::serve::answer::stored;
use crate::serve::path::Objects;
use crate::serve::status::{Response, failure, not_found};
use crate::serve::verbs::Then;
use crate::time::Span;

/// `POST …/binding`: a pod gets its node from whoever asks.
///
/// # Errors
/// The answer, where nothing is to be done.
pub fn bind(asked: &Asked<'_>) -> Outcome {
    let body = body::read(asked.request)?.value;
    let name = match asked.own.name.as_deref() {
        Some(name) => name.to_owned(),
        None => body["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
    };
    let pods = crate::serve::kinds::of_kind("", "Pod").unwrap_or_default();
    let resource = asked.store.resource(pods);
    let Some(pod) = asked.store.get(pods, asked.namespace(), &name) else {
        return Err(not_found(resource, &name));
    };
    let node = body["target"]["name"].as_str().unwrap_or_default();
    if node.is_empty() {
        let causes = [("FieldValueRequired", "Required value".to_owned(), "target.name".to_owned())];
        return Err(law::invalid("Binding", "", "Binding", &name, &causes));
    }
    if let Some(had) = pod.value["spec"]["nodeName"].as_str().filter(|had| !had.is_empty()) {
        let what = format!("pod {name} is already assigned to node \"{had}\"");
        return Err(conflict_of("pods/binding", &name, &what));
    }
    let mut object = pod.value.clone();
    object["spec"]["nodeName"] = node.into();
    if asked.is_dry() {
        return Err(Response::json(201, &crate::serve::status::success(&Value::Null)));
    }
    let own = Objects {
        resource: pods,
        namespace: asked.own.namespace.clone(),
        name: Some(name.clone()),
        below: "binding".to_owned(),
    };
    let of = Asked { own: &own, resource, ..*asked };
    let mut deed = of.deed(&name, of.write(&name, Some(object)), Value::Null, 201, Vec::new());
    deed.then = Then::Created;
    Ok(deed)
}

fn conflict_of(what: &str, name: &str, words: &str) -> Response {
    let message = format!("Operation cannot be fulfilled on {what} \"{name}\": {words}");
    failure(409, "Conflict", &message, &json!({ "name": name, "kind": what }))
}

/// `POST …/token`: a token that means nothing here.
///
/// # Errors
/// Always: the answer.
pub fn token(asked: &Asked<'_>) -> Outcome {
    let name = asked.own.name.clone().unwrap_or_default();
    let Some(account) = stored(asked.store, asked.own) else { return Err(not_found(asked.resource, &name)) };
    let body = body::read(asked.request)?.value;
    let (now, shift) = asked.store.clock;
    let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600).clamp(600, 1 << 32);
    let audiences = match body["spec"]["audiences"].as_array() {
        Some(own) if !own.is_empty() => Value::from(own.clone()),
        _ => json!(["https://kubernetes.default.svc"]),
    };
    let wall = now + shift;
    Err(Response::json(
        201,
        &json!({
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": name, "namespace": asked.namespace(), "uid": account.value["metadata"]["uid"],
                "creationTimestamp": wall.rfc3339_secs(),
            },
            "spec": {
                "audiences": audiences, "expirationSeconds": seconds,
                "boundObjectRef": body["spec"]["boundObjectRef"],
            },
            "status": {
                "token": format!("simulated.{}.token", uid(&name, asked.namespace(), asked.store.version())),
                "expirationTimestamp": (wall + Span::from_secs(seconds)).rfc3339_secs(),
            },
        }),
    ))
}
