//! The doorway between Kubernetes' JSON and the compact types, both ways.
//!
//! Reading never fails: what is absent, of another type or unknown is left out, as if it had not been written; a pod
//! that some other tool printed must not make us stumble. Writing spells what the API server would print: times in
//! whole seconds, empty members left out. A [`PodIdent`] is needed to spell the messages that name their pod.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::text::Uid;
use super::{
    Condition, Container, ContainerId, ContainerState, ContainerStatus, ObjectMeta, Phase, PodIdent, PodName,
    PodSpec, PodStatus, Sym, Terminated, Text, Tri,
};
use crate::time::Time;

/// A pod as an object in the API.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pod {
    pub meta: ObjectMeta,
    pub spec: PodSpec,
    pub status: PodStatus,
}

impl Pod {
    pub fn ident(&self) -> PodIdent {
        PodIdent {
            name: PodName { base: Sym::new(&self.meta.name), ordinal: None },
            namespace: Sym::new(&self.meta.namespace),
            uid: Uid::Given(Sym::new(&self.meta.uid)),
        }
    }
    pub fn created(&self) -> Option<Time> {
        self.meta.creation_timestamp.as_deref().and_then(time_of_text)
    }
    pub fn deletion(&self) -> Option<Time> {
        self.meta.deletion_timestamp.as_deref().and_then(time_of_text)
    }
}

/// Reads a `v1.Pod`.
pub fn pod(value: &Value) -> Pod {
    Pod {
        meta: lenient(&value["metadata"]),
        spec: pod_spec(&value["spec"]),
        status: pod_status(&value["status"]),
    }
}

/// Reads a `v1.PodSpec`; containers one by one, so that a strange one costs only what is strange in it.
pub fn pod_spec(value: &Value) -> PodSpec {
    if let Ok(spec) = PodSpec::deserialize_from(value) {
        return spec;
    }
    const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
    let mut rest = value.clone();
    if let Some(members) = rest.as_object_mut() {
        members.retain(|name, _| !LISTS.contains(&name.as_str()));
    }
    let mut spec: PodSpec = lenient(&rest);
    let list = |name: &str| -> Vec<Container> { items(&value[name]).map(lenient).collect() };
    spec.init_containers = list(LISTS[0]);
    spec.containers = list(LISTS[1]);
    spec.ephemeral_containers = list(LISTS[2]);
    spec
}

trait DeserializeFrom: Sized {
    fn deserialize_from(value: &Value) -> Result<Self, serde_json::Error>;
}
impl<T: DeserializeOwned> DeserializeFrom for T {
    fn deserialize_from(value: &Value) -> Result<T, serde_json::Error> {
        T::deserialize(value)
    }
}

/// The members of `value` that can be read as `T`; every member of `T` has a default.
fn lenient<T: DeserializeOwned + Default>(value: &Value) -> T {
    if let Ok(whole) = T::deserialize_from(value) {
        return whole;
    }
    let Some(members) = value.as_object() else { return T::default() };
    let readable: Map<String, Value> = members
        .iter()
        .filter(|(name, member)| {
            let alone = Map::from_iter([((*name).clone(), (*member).clone())]);
            T::deserialize_from(&Value::Object(alone)).is_ok()
        })
        .map(|(name, member)| (name.clone(), member.clone()))
        .collect();
    T::deserialize_from(&Value::Object(readable)).unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn sym(value: &Value) -> Sym {
    value.as_str().map_or(Sym::EMPTY, Sym::new)
}

fn int32(value: &Value) -> i32 {
    value.as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
}

/// 0001-01-01T00:00:00Z, Go's zero time: as good as none.
const GO_ZERO_SECS: i64 = -62_135_596_800;

fn time_of_text(text: &str) -> Option<Time> {
    Time::parse_rfc3339(text).filter(|time| time.secs() != GO_ZERO_SECS)
}

/// Reads a `metav1.Time`; null and Go's zero time are none.
pub fn time(value: &Value) -> Option<Time> {
    value.as_str().and_then(time_of_text)
}

/// Reads a `v1.PodStatus`.
pub fn pod_status(value: &Value) -> PodStatus {
    let ips = |list: &str, single: &str| -> Vec<Sym> {
        let many: Vec<Sym> =
            items(&value[list]).map(|ip| sym(&ip["ip"])).filter(|ip| !ip.is_empty()).collect();
        match sym(&value[single]) {
            one if many.is_empty() && !one.is_empty() => vec![one],
            _ => many,
        }
    };
    PodStatus {
        phase: Phase::from_sym(sym(&value["phase"])),
        reason: sym(&value["reason"]),
        message: Text::Is(sym(&value["message"])),
        conditions: conditions(&value["conditions"]),
        init: container_statuses(&value["initContainerStatuses"]),
        containers: container_statuses(&value["containerStatuses"]),
        ephemeral: container_statuses(&value["ephemeralContainerStatuses"]),
        start_time: time(&value["startTime"]),
        host_ips: ips("hostIPs", "hostIP"),
        pod_ips: ips("podIPs", "podIP"),
        nominated_node: sym(&value["nominatedNodeName"]),
        qos_class: sym(&value["qosClass"]),
        observed_generation: value["observedGeneration"].as_i64().unwrap_or_default(),
    }
}

pub fn conditions(value: &Value) -> Vec<Condition> {
    items(value).map(condition).collect()
}

/// Reads a `v1.PodCondition`; a status that no component writes counts as Unknown.
pub fn condition(value: &Value) -> Condition {
    Condition {
        kind: sym(&value["type"]),
        status: value["status"].as_str().and_then(Tri::parse).unwrap_or_default(),
        reason: sym(&value["reason"]),
        message: Text::Is(sym(&value["message"])),
        last_transition: time(&value["lastTransitionTime"]),
        last_probe: time(&value["lastProbeTime"]),
        observed_generation: value["observedGeneration"].as_i64().unwrap_or_default(),
    }
}

pub fn container_statuses(value: &Value) -> Vec<ContainerStatus> {
    items(value).map(container_status).collect()
}

/// Reads a `v1.ContainerStatus`.
pub fn container_status(value: &Value) -> ContainerStatus {
    ContainerStatus {
        name: sym(&value["name"]),
        state: container_state(&value["state"]),
        last_state: container_state(&value["lastState"]),
        ready: value["ready"].as_bool().unwrap_or_default(),
        started: value["started"].as_bool(),
        restart_count: int32(&value["restartCount"]),
        image: sym(&value["image"]),
        image_id: sym(&value["imageID"]),
        container_id: container_id(&value["containerID"]),
    }
}

fn container_id(value: &Value) -> ContainerId {
    match sym(value) {
        id if id.is_empty() => ContainerId::None,
        id => ContainerId::Given(id),
    }
}

/// Reads a `v1.ContainerState`.
pub fn container_state(value: &Value) -> ContainerState {
    let present = |name: &str| value.get(name).filter(|member| member.is_object());
    if let Some(running) = present("running") {
        return ContainerState::Running { started_at: time(&running["startedAt"]) };
    }
    if let Some(ended) = present("terminated") {
        return ContainerState::Terminated(Terminated {
            exit_code: int32(&ended["exitCode"]),
            signal: int32(&ended["signal"]),
            reason: sym(&ended["reason"]),
            message: Text::Is(sym(&ended["message"])),
            started_at: time(&ended["startedAt"]),
            finished_at: time(&ended["finishedAt"]),
            container_id: container_id(&ended["containerID"]),
        });
    }
    match present("waiting") {
        Some(waiting) => ContainerState::Waiting {
            reason: sym(&waiting["reason"]),
            message: Text::Is(sym(&waiting["message"])),
        },
        None => ContainerState::Unset,
    }
}
