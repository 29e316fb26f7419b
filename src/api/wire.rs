//! The doorway between Kubernetes' JSON and the compact types, both ways.
//!
//! Reading never fails: what is absent, of another type or unknown is left out, as if it had not been written; a pod
//! that some other tool printed must not make us stumble. Writing spells what the API server would print: times in
//! whole seconds, empty members left out. A [`PodIdent`] is needed to spell the messages that name their pod.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::text::Uid;
use super::{
    Condition, Conditions, Container, ContainerId, ContainerState, ContainerStatus, ContainerStatuses,
    ImageId, ObjectMeta, Phase, PodIdent, PodName, PodSpec, PodStatus, Sym, Terminated, Text, Tri,
};
use crate::time::Time;

/// A pod as an object in the API.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pod {
    /// `metadata`
    pub meta: ObjectMeta,
    /// `spec`
    pub spec: PodSpec,
    /// `status`
    pub status: PodStatus,
}

impl Pod {
    /// Its name, namespace and uid, for messages.
    pub fn ident(&self) -> PodIdent {
        PodIdent {
            name: PodName::plain(Sym::new(&self.meta.name)),
            namespace: Sym::new(&self.meta.namespace),
            uid: Uid::Given(Sym::new(&self.meta.uid)),
        }
    }
    /// `metadata.creationTimestamp`, if it can be read.
    pub fn created(&self) -> Option<Time> {
        self.meta.creation_timestamp.as_deref().and_then(time_of_text)
    }
    /// `metadata.deletionTimestamp`, if it is there and can be read.
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
pub(super) fn lenient<T: DeserializeOwned + Default>(value: &Value) -> T {
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

/// The objects of a list.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten().filter(|item| item.is_object())
}

pub(super) fn sym(value: &Value) -> Sym {
    value.as_str().map_or(Sym::EMPTY, Sym::new)
}

pub(super) fn int32(value: &Value) -> i32 {
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
        ephemeral: container_statuses(&value["ephemeralContainerStatuses"]).into_vec(),
        start_time: time(&value["startTime"]),
        host_ips: ips("hostIPs", "hostIP").into(),
        pod_ips: ips("podIPs", "podIP").into(),
        nominated_node: sym(&value["nominatedNodeName"]),
        qos_class: sym(&value["qosClass"]),
        observed_generation: value["observedGeneration"].as_i64().unwrap_or_default(),
    }
}

/// Reads a list of `v1.PodCondition`.
pub fn conditions(value: &Value) -> Conditions {
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

/// Reads a list of `v1.ContainerStatus`.
pub fn container_statuses(value: &Value) -> ContainerStatuses {
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

/// Writes a `v1.PodCondition`.
pub fn condition_value(condition: &Condition, pod: &PodIdent) -> Value {
    let mut members = Map::new();
    members.insert("type".into(), condition.kind.as_str().into());
    put_int(&mut members, "observedGeneration", condition.observed_generation);
    members.insert("status".into(), condition.status.as_str().into());
    put_time(&mut members, "lastProbeTime", condition.last_probe);
    put_time(&mut members, "lastTransitionTime", condition.last_transition);
    put_sym(&mut members, "reason", condition.reason);
    put_text(&mut members, "message", condition.message, pod);
    Value::Object(members)
}

pub(super) fn put_sym(members: &mut Map<String, Value>, name: &str, text: Sym) {
    if !text.is_empty() {
        members.insert(name.into(), text.as_str().into());
    }
}

fn put_text(members: &mut Map<String, Value>, name: &str, text: Text, pod: &PodIdent) {
    match text.fixed() {
        Some(words) => put_sym(members, name, words),
        None => {
            members.insert(name.into(), text.show(pod).to_string().into());
        }
    }
}

pub(super) fn put_int(members: &mut Map<String, Value>, name: &str, number: i64) {
    if number != 0 {
        members.insert(name.into(), number.into());
    }
}

pub(super) fn put_time(members: &mut Map<String, Value>, name: &str, time: Option<Time>) {
    if let Some(time) = time {
        members.insert(name.into(), time.rfc3339_secs().into());
    }
}

/// Writes a `v1.ContainerState`; `{}` where nothing is set.
pub fn container_state_value(state: &ContainerState, pod: &PodIdent) -> Value {
    let mut members = Map::new();
    let mut inner = Map::new();
    match state {
        ContainerState::Unset => return Value::Object(members),
        ContainerState::Waiting { reason, message } => {
            put_sym(&mut inner, "reason", *reason);
            put_text(&mut inner, "message", *message, pod);
            members.insert("waiting".into(), inner.into());
        }
        ContainerState::Running { started_at } => {
            put_time(&mut inner, "startedAt", *started_at);
            members.insert("running".into(), inner.into());
        }
        ContainerState::Terminated(ended) => {
            inner.insert("exitCode".into(), ended.exit_code.into());
            put_int(&mut inner, "signal", i64::from(ended.signal));
            put_sym(&mut inner, "reason", ended.reason);
            put_text(&mut inner, "message", ended.message, pod);
            put_time(&mut inner, "startedAt", ended.started_at);
            put_time(&mut inner, "finishedAt", ended.finished_at);
            put_id(&mut inner, ended.container_id);
            members.insert("terminated".into(), inner.into());
        }
    }
    Value::Object(members)
}

fn put_id(members: &mut Map<String, Value>, id: ContainerId) {
    if id != ContainerId::None {
        members.insert("containerID".into(), id.to_string().into());
    }
}

/// Writes a `v1.ContainerStatus`.
pub fn container_status_value(status: &ContainerStatus, pod: &PodIdent) -> Value {
    let mut members = Map::new();
    members.insert("name".into(), status.name.as_str().into());
    members.insert("state".into(), container_state_value(&status.state, pod));
    members.insert("lastState".into(), container_state_value(&status.last_state, pod));
    members.insert("ready".into(), status.ready.into());
    members.insert("restartCount".into(), status.restart_count.into());
    members.insert("image".into(), status.image.as_str().into());
    members.insert("imageID".into(), ImageId(status.image_id).to_string().into());
    put_id(&mut members, status.container_id);
    if let Some(started) = status.started {
        members.insert("started".into(), started.into());
    }
    Value::Object(members)
}

/// Writes a `v1.PodStatus`.
pub fn pod_status_value(status: &PodStatus, pod: &PodIdent) -> Value {
    let mut members = Map::new();
    put_int(&mut members, "observedGeneration", status.observed_generation);
    put_sym(&mut members, "phase", status.phase.as_sym());
    let mut put_list = |name: &str, list: Vec<Value>| {
        if !list.is_empty() {
            members.insert(name.into(), list.into());
        }
    };
    put_list("conditions", status.conditions.iter().map(|c| condition_value(c, pod)).collect());
    let statuses = |list: &[ContainerStatus]| list.iter().map(|c| container_status_value(c, pod)).collect();
    put_list("initContainerStatuses", statuses(&status.init));
    put_list("containerStatuses", statuses(&status.containers));
    put_list("ephemeralContainerStatuses", statuses(&status.ephemeral));
    let ips = |list: &[Sym]| list.iter().map(|ip| serde_json::json!({ "ip": ip })).collect();
    put_list("hostIPs", ips(&status.host_ips));
    put_list("podIPs", ips(&status.pod_ips));
    put_text(&mut members, "message", status.message, pod);
    put_sym(&mut members, "reason", status.reason);
    put_sym(&mut members, "hostIP", status.host_ips.first().copied().unwrap_or_default());
    put_sym(&mut members, "podIP", status.pod_ips.first().copied().unwrap_or_default());
    put_sym(&mut members, "nominatedNodeName", status.nominated_node);
    put_time(&mut members, "startTime", status.start_time);
    put_sym(&mut members, "qosClass", status.qos_class);
    Value::Object(members)
}

/// Writes a `v1.Pod`, as clients get it: a condition's times are there also where they are null.
pub fn pod_value(pod: &Pod) -> Value {
    let member = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
    let mut status = pod_status_value(&pod.status, &pod.ident());
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        let Some(members) = condition.as_object_mut() else { continue };
        let after = std::mem::take(members).into_iter().partition(|(name, _)| {
            matches!(
                name.as_str(),
                "type" | "observedGeneration" | "status" | "lastProbeTime" | "lastTransitionTime"
            )
        });
        let (head, tail): (Map<String, Value>, Map<String, Value>) = after;
        members.extend(head);
        for time in ["lastProbeTime", "lastTransitionTime"] {
            members.entry(time).or_insert(Value::Null);
        }
        members.extend(tail);
    }
    serde_json::json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": member(serde_json::to_value(&pod.meta)),
        "spec": member(serde_json::to_value(&pod.spec)),
        "status": status,
    })
}
