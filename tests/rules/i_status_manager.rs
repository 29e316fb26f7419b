//! Set I: pkg/kubelet/status/status_manager.go.

use kubelapse::api::wire;
use kubelapse::rules::kubelet::pod::PodView;
use kubelapse::rules::kubelet::status_manager::{Cached, has_initialized, merge, set, terminate};
use kubelapse::time::Time;
use serde_json::{Value, json};

use super::harness::{check, gates};

#[test]
fn status_manager_is_the_kubelets() {
    let gates = gates();
    check("I_status_manager", |case| {
        let input = &case.input;
        let pod = wire::pod(&input["pod"]);
        let ident = pod.ident();
        let view = PodView::of(&pod);
        let could_run = input["couldHaveRunningContainers"] == true;
        let mut cached: Option<Cached> = None;
        let mut answers = Vec::new();
        // They happen in the order of their times; a few lines list them otherwise.
        let mut ops: Vec<&Value> = input["ops"].as_array().into_iter().flatten().collect();
        ops.sort_by_key(|op| wire::time(&op["at"]));
        for op in ops {
            let now = wire::time(&op["at"]).unwrap_or(Time::EPOCH);
            let changed = if op["op"] == "terminate" {
                // The recording counts every terminate, also one that was refused and left the cache alone.
                terminate(&mut cached, &view, has_initialized(view.spec, view.status), now, &gates);
                true
            } else {
                set(&mut cached, &view, wire::pod_status(&op["status"]), now, &gates)
            };
            let status = cached
                .as_ref()
                .map_or_else(|| std::sync::Arc::new(wire::pod_status(&Value::Null)), |c| c.status.clone());
            let merged = merge(&pod.status, &status, pod.meta.generation, could_run, now, &gates);
            answers.push(json!({
                "changed": changed,
                "cached": wire::pod_status_value(&status, &ident),
                "merged": wire::pod_status_value(&merged, &ident),
            }));
        }
        Value::Array(answers)
    });
}
