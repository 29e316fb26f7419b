//! Set C: pkg/kubelet/status/generate.go.

use kubelapse::api::{Phase, wire};
use kubelapse::rules::kubelet::conditions;
use kubelapse::rules::kubelet::pod::{PodView, Statuses};
use serde_json::json;

use super::harness::{check, gates};
use super::runtime::{runtime_status, sym};

#[test]
fn conditions_are_the_kubelets() {
    let gates = gates();
    check("C_conditions", |case| {
        let input = &case.input;
        let pod = wire::pod(&input["pod"]);
        let ident = pod.ident();
        let old = wire::pod_status(&input["oldStatus"]);
        let statuses = wire::container_statuses(&input["containerStatuses"]);
        let statuses = input["containerStatuses"].is_array().then(|| Statuses::new(&statuses, &[]));
        let runtime = runtime_status(&input["runtime"]);
        let phase = Phase::from_sym(sym(&input["phase"]));
        let view = PodView::of(&pod);
        let containers_ready = conditions::containers_ready(&view, &old, statuses, phase, &gates);
        let seen = wire::conditions(&input["conditions"]);
        let ready = conditions::ready(&view, &old, &containers_ready, &seen, &gates);
        let initialized = conditions::initialized(&view, &old, statuses, phase, &gates);
        let sandbox = conditions::ready_to_start_containers(&view, &old, &runtime, &gates);
        let restarting = conditions::all_containers_restarting(&view, &old, &runtime, phase);
        json!({
            "containersReady": wire::condition_value(&containers_ready, &ident),
            "ready": wire::condition_value(&ready, &ident),
            "initialized": wire::condition_value(&initialized, &ident),
            "podReadyToStartContainers": wire::condition_value(&sandbox, &ident),
            "allContainersRestarting": wire::condition_value(&restarting, &ident),
        })
    });
}
