//! The subresource `resize` of a pod: `kubectl patch pod web --subresource resize`
//! (`ResizeREST`, pkg/registry/core/pod/storage/storage.go; plugin/pkg/admission/podresize/admission.go).
//!
//! Before 1.33 the gate InPlacePodVerticalScaling is off, and then the API server has no such resource. What it lets in
//! is desired from now on; whether the node has room is the kubelet's business ([`crate::actors::kubelet::allocation`]).

use std::sync::Arc;

use serde_json::{Value, json};

use super::pods::{self, Edit};
use crate::api::spec::Resources;
use crate::api::{Sym, wire};
use crate::rules::api_server::admission::Rejection;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::validation;
use crate::rules::kubelet::resize;
use crate::rules::scheduler::placement::amounts::{self, Amounts};
use crate::world::runtime::Resize;
use crate::world::{PodId, World};

/// Writes other requests and limits of a container; what is not named stays. Says whether that was something new.
///
/// # Errors
/// kubectl's words where it is not let in.
pub fn resize(w: &mut World, pod: PodId, container: Sym, change: &Resources) -> Result<bool, String> {
    if !w.gates.in_place_resize {
        return Err(
            "Error from server (NotFound): the server could not find the requested resource".to_owned()
        );
    }
    let p = &w.pods[pod.ix()];
    let old = pods::object(p);
    let mut new = old.clone();
    for list in ["/spec/containers", "/spec/initContainers"] {
        let list = new.pointer_mut(list).and_then(Value::as_array_mut);
        if let Some(own) = list.into_iter().flatten().find(|c| c["name"] == container.as_str()) {
            for (list, amounts) in [("requests", &change.requests), ("limits", &change.limits)] {
                for (name, amount) in amounts {
                    own["resources"][list][name] = json!(amount);
                }
            }
        }
    }
    if old["spec"] == new["spec"] {
        return Ok(false);
    }
    let name = p.ident.name.to_string();
    if let (Some(before), Some(after)) = (old.as_object(), new.as_object()) {
        let errors = validation::resize::validate(before, after, &w.gates);
        if !errors.is_empty() {
            return Err(format!("The {}", Rejection::Invalid { kind: ObjectType::Pod, name, errors }));
        }
    }
    let spec = wire::pod_spec(&new["spec"]);
    if let Some(node) = p.node
        && w.gates.habits.admits_resizes
    {
        let asked = amounts::requests(&spec, w.gates.pod_level_resources).asked;
        let has = Amounts::of_list(&w.nodes[node.ix()].spec.allocatable);
        if let Some(why) = resize::beyond_allocatable(&asked, &has) {
            return Err(format!(
                "Error from server (Forbidden): {}",
                Rejection::Forbidden { kind: ObjectType::Pod, name, why }
            ));
        }
    }
    let p = w.local_mut(pod);
    // A kubelet that has not taken the pod yet takes it as it is then; for one that has ended nothing is set aside.
    let taken = (p.worker.is_some() || p.status.start_time().is_some()) && !p.status.phase().is_terminal();
    if taken && p.runtime.resize.is_none() {
        p.runtime.resize = Some(Box::new(Resize::of(&p.pod.spec)));
    }
    pods::update(w, pod, Edit { spec: Some(spec), ..Edit::default() });
    Ok(true)
}

impl Resize {
    /// Of a pod that has run as its spec says until now.
    fn of(spec: &Arc<crate::api::PodSpec>) -> Resize {
        let sizes = resize::sizes(spec);
        Resize {
            seen: Arc::clone(spec),
            allocated: sizes.clone(),
            actual: sizes,
            pending: None,
            in_progress: None,
            watched: false,
        }
    }
}
