//! W: what `kubectl rollout status` says (`rules::kubectl::rollout_status`).

use kubelapse::rules::kubectl::rollout_status::look;
use serde_json::{Value, json};

use super::harness::{Case, check};

#[test]
fn rollouts_are_told_as_kubectl_tells_them() {
    check("W_rollout_status", answer);
}

fn answer(case: &Case) -> Value {
    let revision = case.input["revision"].as_i64().unwrap_or(0);
    let look = look(&case.input["object"], revision).expect("a kind with rollouts");
    json!({"text": look.text, "done": look.done, "error": look.error})
}
