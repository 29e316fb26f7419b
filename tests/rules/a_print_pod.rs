//! Set A: `printPod` in pkg/printers/internalversion/printers.go.

use kubelapse::api::{Sym, wire};
use kubelapse::rules::kubectl::printing::{age, columns, readiness_gates};
use kubelapse::time::Time;
use serde_json::json;

use super::harness::{check, gates};

#[test]
fn columns_are_kubectls() {
    let gates = gates();
    check("A_print_pod", |case| {
        let now = wire::time(&case.input["now"]).unwrap_or(Time::EPOCH);
        let pod = wire::pod(&case.input["pod"]);
        let shown = columns(&pod.spec, &pod.status, pod.meta.deletion_timestamp.is_some(), &gates);
        let or_none = |text: Sym| if text.is_empty() { "<none>" } else { text.as_str() };
        json!({
            "ready": shown.ready_cell(),
            "status": shown.status.to_string(),
            "restarts": shown.restarts_cell(now),
            "age": age(pod.created(), now),
            "wide": {
                "ip": or_none(pod.status.pod_ips.first().copied().unwrap_or_default()),
                "node": or_none(pod.spec.node_name),
                "nominatedNode": or_none(pod.status.nominated_node),
                "readinessGates": readiness_gates(&pod.spec, &pod.status.conditions)
                    .map_or_else(|| "<none>".to_owned(), |(met, all)| format!("{met}/{all}")),
            },
        })
    });
}
