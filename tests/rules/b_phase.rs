//! Set B: `getPhase` in pkg/kubelet/kubelet_pods.go.

use kubelapse::api::wire;
use kubelapse::rules::kubelet::phase::{PhaseFacts, phase};
use kubelapse::rules::kubelet::pod::{Statuses, is_static};
use serde_json::json;

use super::harness::{check, gates};

#[test]
fn phase_is_the_kubelets() {
    let gates = gates();
    check("B_phase", |case| {
        let pod = wire::pod(&case.input["pod"]);
        let statuses = wire::container_statuses(&case.input["containerStatuses"]);
        let facts = PhaseFacts {
            is_terminal: case.input["podIsTerminal"] == true,
            has_initialized: case.input["podHasInitialized"] == true,
            is_static: is_static(&pod.meta),
        };
        json!({ "phase": phase(&pod.spec, Statuses::new(&statuses, &[]), facts, &gates).to_string() })
    });
}
