//! `kubectl describe` of workloads and Services, as far as simulated ones have what it tells
//! (staging/src/k8s.io/kubectl/pkg/describe/describe.go: `describeDeployment`, `describeReplicaSet`, `describeStatefulSet`,
//! `describeService`, `describeDaemonSet`, `describePodDisruptionBudget`, `DescribePodTemplate`, v1.36.2). Times are UTC.

use serde_json::Value;

use super::describe::{self, Lines, pairs};
use super::describe_spec::{self, Whose};
use super::get::{addresses, shortened};
use super::kubectl::SeenEvent;
use super::{Walk, describe_autoscaler, describe_bounds, describe_jobs};
use crate::actors::api_server;
use crate::api::service::Service;
use crate::api::workload::{DeploymentStrategy, PodTemplateSpec, WorkloadCondition};
use crate::api::{Meta, Phase};
use crate::record::{Change, ObjectChange};
use crate::rules::controllers::deployment::same_template;
use crate::rules::kubectl::tables;
use crate::world::held::Held;
use crate::world::workloads::{ControllerRevisionId, DaemonSetId, DeploymentId, ObjectKey, StatefulSetId};
use crate::world::{ReplicaSetId, World};

impl Walk {
    /// `kubectl describe` of an object that is no pod.
    pub fn describe_object(&self, key: ObjectKey) -> String {
        let w = self.world();
        let mut lines = Lines::new(w.gates.habits);
        match key {
            ObjectKey::Pod(pod) => return self.describe(pod),
            key if !w.workloads.exists(key) => {
                return format!("Error from server (NotFound): {} not found\n", super::tree::name(w, key));
            }
            ObjectKey::Deployment(id) => deployment(w, id, &mut lines),
            ObjectKey::ReplicaSet(set) => replicas(w, set, &mut lines),
            ObjectKey::StatefulSet(set) => stateful_set(w, set, &mut lines),
            ObjectKey::Service(id) => service(w, &w.workloads.services[id.ix()], &mut lines),
            ObjectKey::Job(id) => describe_jobs::job(w, id, &mut lines),
            ObjectKey::CronJob(id) => describe_jobs::cron_job(w, id, &mut lines),
            ObjectKey::PersistentVolumeClaim(_) => {}
            ObjectKey::PodDisruptionBudget(_) => budget(&api_server::object(w, key), &mut lines),
            ObjectKey::LimitRange(id) => {
                describe_bounds::limits(&w.workloads.limit_ranges[id.ix()].object, &mut lines);
                return lines.aligned();
            }
            ObjectKey::ResourceQuota(id) => {
                describe_bounds::quota(&w.workloads.resource_quotas[id.ix()].object, &mut lines);
                return lines.aligned();
            }
            ObjectKey::HorizontalPodAutoscaler(id) => {
                describe_autoscaler::autoscaler(&w.workloads.autoscalers[id.ix()].object, &mut lines);
            }
            ObjectKey::DaemonSet(set) => daemon_set(w, set, &mut lines),
            ObjectKey::ControllerRevision(id) => revision(w, id, &mut lines),
        }
        self.object_events_table(key, &mut lines);
        lines.aligned()
    }

    /// The events about an object that is no pod that have been told so far, the latest last.
    pub fn object_events(&self, key: ObjectKey) -> Vec<SeenEvent> {
        let mut list: Vec<SeenEvent> = Vec::new();
        let Some(row) = self.world().workloads.row(key) else { return list };
        for row in self.rows_of_object(row) {
            let Change::Object { what: ObjectChange::Event(event), .. } = row.change else { continue };
            match list.iter_mut().find(|seen| seen.event.object == event.object) {
                Some(seen) => *seen = SeenEvent { event, first: seen.first, last: row.time },
                None => list.push(SeenEvent { event, first: row.time, last: row.time }),
            }
        }
        list.sort_by_key(|seen| seen.last);
        list
    }

    pub(super) fn object_events_table(&self, key: ObjectKey, lines: &mut Lines) {
        let events = self.object_events(key);
        if events.is_empty() {
            lines.field(0, "Events", "<none>");
            return;
        }
        lines.put(0, "Events:");
        lines.put(1, "Type\tReason\tAge\tFrom\tMessage");
        lines.put(1, "----\t------\t----\t----\t-------");
        for seen in &events {
            let e = &seen.event;
            let (kind, when) = (e.kind.as_str(), self.event_age(seen));
            lines.put(1, &format!("{kind}\t{}\t{when}\t{}\t{}", e.reason, e.component, e.message.alone()));
        }
    }
}

fn deployment(w: &World, id: DeploymentId, lines: &mut Lines) {
    let own = &w.workloads.deployments[id.ix()].object;
    let (spec, status) = (&own.spec, &own.status);
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.field(0, "CreationTimestamp", &own.meta.created.rfc1123z());
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    lines.field(0, "Selector", &selector(w, ObjectKey::Deployment(id)));
    lines.field(
        0,
        "Replicas",
        &format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            spec.replicas,
            status.updated_replicas,
            status.replicas,
            status.available_replicas,
            status.unavailable_replicas
        ),
    );
    let value = api_server::object(w, ObjectKey::Deployment(id));
    lines.field(0, "StrategyType", text(&value["spec"]["strategy"]["type"]).as_str());
    lines.field(0, "MinReadySeconds", &spec.min_ready_seconds.to_string());
    if matches!(spec.strategy, DeploymentStrategy::RollingUpdate { .. }) {
        let rolling = &value["spec"]["strategy"]["rollingUpdate"];
        let (missing, more) = (text(&rolling["maxUnavailable"]), text(&rolling["maxSurge"]));
        lines.field(0, "RollingUpdateStrategy", &format!("{missing} max unavailable, {more} max surge"));
    }
    template(lines, &spec.template);
    conditions(lines, &status.conditions);
    let (new, old) = sets(w, id);
    if new.is_none() && old.is_empty() {
        return;
    }
    let told = |set: &ReplicaSetId| {
        let own = &w.workloads.replica_sets[set.ix()].object;
        format!("{} ({}/{} replicas created)", own.meta.name, own.status.replicas, own.spec.replicas)
    };
    let none = || "<none>".to_owned();
    let old: Vec<String> = old.iter().map(told).collect();
    lines.field(0, "OldReplicaSets", &if old.is_empty() { none() } else { old.join(", ") });
    lines.field(0, "NewReplicaSet", &new.as_ref().map_or_else(none, told));
}

/// Of a Deployment's ReplicaSets the new one, and all others by name. New is the one whose template is the Deployment's, but for
/// the hash; the oldest of several. There is none while nobody has made it: of a paused Deployment until it is resumed
/// (`GetAllReplicaSetsInChunks`, `findNewReplicaSet`, staging/src/k8s.io/kubectl/pkg/util/deployment/deployment.go, v1.36.2).
pub(super) fn sets(w: &World, id: DeploymentId) -> (Option<ReplicaSetId>, Vec<ReplicaSetId>) {
    let template = &w.workloads.deployments[id.ix()].object.spec.template;
    let of = |set: &ReplicaSetId| &w.workloads.replica_sets[set.ix()].object;
    let mut all = w.workloads.sets_of(ObjectKey::Deployment(id)).to_vec();
    all.sort_by_key(|set| of(set).meta.name.as_str());
    let same = all.iter().copied().filter(|set| same_template(&of(set).spec.template, template));
    let new = same.min_by_key(|set| (of(set).meta.created, of(set).meta.name.as_str()));
    let old = all.into_iter().filter(|set| Some(*set) != new).collect();
    (new, old)
}

fn replicas(w: &World, set: ReplicaSetId, lines: &mut Lines) {
    let held = &w.workloads.replica_sets[set.ix()];
    let own = &held.object;
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.field(0, "Selector", &selector(w, ObjectKey::ReplicaSet(set)));
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    if let Some(owner) = own.meta.controller() {
        lines.field(0, "Controlled By", &format!("{}/{}", owner.kind, owner.name));
    }
    lines.field(0, "Replicas", &format!("{} current / {} desired", own.status.replicas, own.spec.replicas));
    pods_status(w, ObjectKey::ReplicaSet(set), lines);
    template(lines, &own.spec.template);
    conditions(lines, &own.status.conditions);
}

/// `describeStatefulSet`
fn stateful_set(w: &World, set: StatefulSetId, lines: &mut Lines) {
    let own = &w.workloads.stateful_sets[set.ix()].object;
    let value = api_server::object(w, ObjectKey::StatefulSet(set));
    let spec = &value["spec"];
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.field(0, "CreationTimestamp", &own.meta.created.rfc1123z());
    lines.field(0, "Selector", &pairs(&own.spec.selector.match_labels).join(","));
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    let replicas = format!("{} desired | {} total", own.spec.replicas, own.status.replicas);
    lines.field(0, "Replicas", &replicas);
    lines.field(0, "Update Strategy", &text(&spec["updateStrategy"]["type"]));
    let rolling = &spec["updateStrategy"]["rollingUpdate"];
    for (title, key) in [("Partition", "partition"), ("MaxUnavailable", "maxUnavailable")] {
        if !rolling[key].is_null() {
            lines.field(1, title, &text(&rolling[key]));
        }
    }
    pods_status(w, ObjectKey::StatefulSet(set), lines);
    template(lines, &own.spec.template);
    let claims = spec["volumeClaimTemplates"].as_array().map_or(&[][..], Vec::as_slice);
    if claims.is_empty() {
        lines.field(0, "Volume Claims", "<none>");
        return;
    }
    lines.put(0, "Volume Claims:");
    for claim in claims {
        let modes = claim["spec"]["accessModes"].as_array().into_iter().flatten();
        let modes: Vec<String> = modes.map(text).collect();
        lines.field(1, "Name", &text(&claim["metadata"]["name"]));
        lines.field(1, "StorageClass", &text(&claim["spec"]["storageClassName"]));
        lines.field(1, "Capacity", &text(&claim["spec"]["resources"]["requests"]["storage"]));
        lines.field(1, "Access Modes", &format!("[{}]", modes.join(" ")));
    }
}

/// How many pods of an object are in which phase.
fn pods_status(w: &World, controller: ObjectKey, lines: &mut Lines) {
    let pods = w.pods.iter().filter(|p| p.exists && p.controller == Some(controller));
    let mut counts = [0; 4];
    for p in pods.filter(|p| p.deletion.is_none()) {
        match p.status.phase() {
            Phase::Running => counts[0] += 1,
            Phase::Pending => counts[1] += 1,
            Phase::Succeeded => counts[2] += 1,
            Phase::Failed => counts[3] += 1,
            Phase::Unknown | Phase::Other(_) => {}
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    lines.field(
        0,
        "Pods Status",
        &format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed"),
    );
}

/// `describeDaemonSet`
fn daemon_set(w: &World, set: DaemonSetId, lines: &mut Lines) {
    let own = &w.workloads.daemon_sets[set.ix()].object;
    let (key, status) = (ObjectKey::DaemonSet(set), &own.status);
    let shown = crate::rules::kubectl::tables::row(&api_server::object(w, key), w.now).unwrap_or_default();
    let cell = |header| shown.iter().find(|cell| cell.header == header).map_or("", |cell| cell.text.as_str());
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.field(0, "Selector", cell("SELECTOR"));
    lines.field(0, "Node-Selector", cell("NODE SELECTOR"));
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    for (title, number) in [
        ("Desired Number of Nodes Scheduled", status.desired_number_scheduled),
        ("Current Number of Nodes Scheduled", status.current_number_scheduled),
        ("Number of Nodes Scheduled with Up-to-date Pods", status.updated_number_scheduled),
        ("Number of Nodes Scheduled with Available Pods", status.number_available),
        ("Number of Nodes Misscheduled", status.number_misscheduled),
    ] {
        lines.put(0, &format!("{title}: {number}"));
    }
    pods_status(w, key, lines);
    template(lines, &own.spec.template);
}

fn revision(w: &World, id: ControllerRevisionId, lines: &mut Lines) {
    let own = &w.workloads.controller_revisions[id.ix()].object;
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    lines.field(0, "Revision", &own.revision.to_string());
}

fn service(w: &World, served: &Held<Service>, lines: &mut Lines) {
    let own = &served.object;
    let spec = &own.value;
    lines.field(0, "Name", &own.meta.name);
    lines.field(0, "Namespace", &own.meta.namespace);
    lines.several("Labels", &pairs(&own.meta.labels));
    annotations(lines, &own.meta);
    let selector: Vec<String> = own.selector.as_deref().map(pairs).unwrap_or_default();
    lines.field(0, "Selector", &if selector.is_empty() { "<none>".to_owned() } else { selector.join(",") });
    for (title, key) in [("Type", "type"), ("IP Family Policy", "ipFamilyPolicy"), ("IP", "clusterIP")] {
        if !spec[key].is_null() {
            lines.field(0, title, &text(&spec[key]));
        }
    }
    let all = shortened(&addresses(w, served));
    for port in spec["ports"].as_array().into_iter().flatten() {
        let name = port["name"].as_str().unwrap_or("<unset>");
        let protocol = text(&port["protocol"]);
        lines.field(0, "Port", &format!("{name}\t{}/{protocol}", text(&port["port"])));
        lines.field(0, "TargetPort", &format!("{}/{protocol}", text(&port["targetPort"])));
        lines.field(0, "Endpoints", if all == "<none>" { "" } else { &all });
    }
    if !spec["sessionAffinity"].is_null() {
        lines.field(0, "Session Affinity", &text(&spec["sessionAffinity"]));
    }
}

/// `describePodDisruptionBudget`
fn budget(own: &Value, lines: &mut Lines) {
    let (spec, status) = (&own["spec"], &own["status"]);
    lines.field(0, "Name", &text(&own["metadata"]["name"]));
    lines.field(0, "Namespace", &text(&own["metadata"]["namespace"]));
    for (title, key) in [("Min available", "minAvailable"), ("Max unavailable", "maxUnavailable")] {
        if !spec[key].is_null() {
            lines.field(0, title, &text(&spec[key]));
        }
    }
    let selector = &spec["selector"];
    let unset = || "<unset>".to_owned();
    let selector = if selector.is_null() { unset() } else { tables::selector_text(selector) };
    lines.field(0, "Selector", &selector);
    lines.put(0, "Status:");
    let numbers = [
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ];
    for (title, key) in numbers {
        lines.field(2, title, &text(&status[key]));
    }
}

pub(super) fn annotations(lines: &mut Lines, meta: &Meta) {
    describe::annotations(lines, &meta.annotations);
}

/// As `kubectl get -o wide` has it.
pub(super) fn selector(w: &World, key: ObjectKey) -> String {
    let cells = tables::row(&api_server::object(w, key), w.now).unwrap_or_default();
    cells.into_iter().find(|cell| cell.header == "SELECTOR").map(|cell| cell.text).unwrap_or_default()
}

/// `DescribePodTemplate`
pub(super) fn template(lines: &mut Lines, own: &PodTemplateSpec) {
    let spec = &own.spec;
    lines.put(0, "Pod Template:");
    lines.several_at(1, "Labels", &pairs(&own.labels));
    let annotations: Vec<String> =
        own.annotations.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    if !annotations.is_empty() {
        lines.several_at(1, "Annotations", &annotations);
    }
    if !spec.service_account_name.is_empty() {
        lines.field(1, "Service Account", &spec.service_account_name);
    }
    for (title, list) in [("Init Containers", &spec.init_containers), ("Containers", &spec.containers)] {
        if !list.is_empty() {
            lines.put(1, &format!("{title}:"));
            for container in list {
                describe_spec::container(lines, Whose::Template, container, None);
            }
        }
    }
    describe_spec::volumes(lines, 1, &spec.volumes);
    describe_spec::spread(lines, 1, &spec.topology_spread_constraints);
    if !spec.priority_class_name.is_empty() {
        lines.field(1, "Priority Class Name", &spec.priority_class_name);
    }
    lines.several_at(1, "Node-Selectors", &pairs(&spec.node_selector));
    describe_spec::tolerations(lines, 1, &spec.tolerations);
}

fn conditions(lines: &mut Lines, all: &[WorkloadCondition]) {
    if all.is_empty() {
        return;
    }
    lines.put(0, "Conditions:");
    lines.put(1, "Type\tStatus\tReason");
    lines.put(1, "----\t------\t------");
    for one in all {
        lines.put(1, &format!("{}\t{}\t{}", one.kind, one.status.as_str(), one.reason));
    }
}

/// A text or a number, without quotes.
pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}
