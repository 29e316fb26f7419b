//! Whether a pod's sandbox can be made at all: a RuntimeClass names a handler that the node's runtime may not have
//! (`createPodSandbox` in pkg/kubelet/kuberuntime/kuberuntime_sandbox.go, `LookupRuntimeHandler` in
//! pkg/kubelet/runtimeclass/runtimeclass_manager.go, containerd's words).

use crate::api::Sym;
use crate::scenario::plan::ObjectKind;
use crate::world::{PodId, World};

/// What containerd has without being told.
const USUAL: &str = "runc";

/// Why there will be no sandbox for a pod of this class on its node; None: nothing is in the way.
pub fn refusal(w: &World, pod: PodId) -> Option<String> {
    let p = &w.pods[pod.ix()];
    let node = p.node?;
    // Nodes have whatever is asked for where nobody says what they have.
    let handlers = w.plan.nodes.get(node.ix())?.runtime_handlers.as_ref()?;
    let class = p.spec.rest.get("runtimeClassName")?.as_str()?;
    let object = w.find_object(ObjectKind::RuntimeClass, Sym::EMPTY, class)?;
    if !w.objects[object].exists {
        return Some(format!("runtimeclass.node.k8s.io \"{class}\" not found"));
    }
    let plan = w.plan.objects.get(object)?;
    let handler = plan.runtime.as_ref()?.get("handler")?.as_str()?;
    if handler == USUAL || handlers.iter().any(|own| *own == handler) {
        return None;
    }
    Some(rpc(&format!("failed to get sandbox runtime: no runtime for \"{handler}\" is configured")))
}

/// An error of the runtime.
pub fn rpc(error: &str) -> String {
    format!("rpc error: code = Unknown desc = {error}")
}
