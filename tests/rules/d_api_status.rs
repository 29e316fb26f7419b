//! Set D: `generateAPIPodStatus` in pkg/kubelet/kubelet_pods.go.

use kubelapse::api::{ContainerStatus, Sym, Text, wire};
use kubelapse::rules::kubelet::api_status::{
    ProbeFacts, ProbeResult, ProbeView, StatusSources, generate, past_active_deadline, ran_before_kubelet,
};
use kubelapse::rules::kubelet::container_status::StartFailure;
use kubelapse::rules::kubelet::pod::PodView;
use kubelapse::time::Time;
use serde_json::{Value, json};

use super::harness::{check, gates};
use super::runtime::{runtime_status, sym};

struct Probes<'a> {
    known: &'a Value,
    kubelet_start: Time,
}

impl ProbeView for Probes<'_> {
    fn facts(&self, status: &ContainerStatus) -> ProbeFacts {
        let probe = &self.known[status.name.as_str()];
        let result = |name: &str| match probe[name].as_str()? {
            "success" => Some(ProbeResult::Success),
            "failure" => Some(ProbeResult::Failure),
            _ => Some(ProbeResult::Unknown),
        };
        ProbeFacts {
            startup: result("startup"),
            readiness: result("readiness"),
            startup_worker: probe["startupWorker"] == true,
            readiness_worker: probe["readinessWorker"] == true,
            ran_before: ran_before_kubelet(status.state.running_since(), self.kubelet_start),
        }
    }
}

#[test]
fn status_is_the_kubelets() {
    let gates = gates();
    let host_ips = [Sym::new("192.168.10.5")];
    check("D_api_status", |case| {
        let input = &case.input;
        let pod = wire::pod(&input["pod"]);
        let cached = input["oldStatus"].is_object().then(|| wire::pod_status(&input["oldStatus"]));
        let runtime = runtime_status(&input["runtime"]);
        let resize_conditions = wire::conditions(&input["resizeConditions"]);
        let instant = |name: &str| wire::time(&input[name]).unwrap_or(Time::EPOCH);
        let start = cached.as_ref().unwrap_or(&pod.status).start_time;
        let sources = StatusSources {
            pod: PodView::of(&pod),
            runtime: &runtime,
            cached: cached.as_ref(),
            is_terminal: input["podIsTerminal"] == true,
            past_deadline: past_active_deadline(&pod.spec, start, instant("now")),
            host_ips: &host_ips,
            resize_conditions: &resize_conditions,
            qos_class: kubelapse::rules::machinery::qos::qos_class(&pod.spec, &gates),
            gates: &gates,
        };
        let failure = |container: Sym| {
            let failure = &input["reasonCache"][container.as_str()];
            failure.is_object().then(|| StartFailure {
                reason: sym(&failure["reason"]),
                message: Text::Is(sym(&failure["message"])),
            })
        };
        let mut probes = Probes { known: &input["probes"], kubelet_start: instant("kubeletStart") };
        let status = generate(&sources, failure, &mut probes);
        json!({ "status": wire::pod_status_value(&status, &pod.ident()) })
    });
}
