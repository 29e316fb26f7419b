//! `kubectl describe pod`, as far as a simulated pod has what it tells
//! (staging/src/k8s.io/kubectl/pkg/describe/describe.go: `describePod`, `DescribeEvents`, v1.36.2). Times are UTC.
//! What its spec says is described as a template's is ([`super::describe_spec`]).

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::Value;

use super::describe_spec::{self, Whose};
use super::{Walk, objects};
use crate::api::ObjectMeta;
use crate::rules::kubectl::apply::LAST_APPLIED;
use crate::rules::kubectl::printing::age;
use crate::rules::versions::habits::Habits;
use crate::world::{Pod, PodId};

/// Lines with a tab between name and value; kubectl aligns them so.
pub(super) struct Lines {
    text: String,
    /// kubectl is taken to be of the cluster's version.
    habits: Habits,
}

impl Lines {
    pub(super) fn new(habits: Habits) -> Lines {
        Lines { text: String::new(), habits }
    }
    pub(super) fn put(&mut self, level: usize, line: &str) {
        self.text += &"  ".repeat(level);
        self.text += line;
        self.text.push('\n');
    }
    pub(super) fn field(&mut self, level: usize, name: &str, value: &str) {
        self.put(level, &format!("{name}:\t{value}"));
    }
    /// A value a line, the name before the first (`printLabelsMultiline`).
    pub(super) fn several(&mut self, name: &str, values: &[String]) {
        self.several_at(0, name, values);
    }
    /// The same further in.
    pub(super) fn several_at(&mut self, level: usize, name: &str, values: &[String]) {
        let first = values.first().map_or("<none>", String::as_str);
        self.field(level, name, first);
        for value in values.iter().skip(1) {
            self.put(level, &format!("\t{value}"));
        }
    }
    /// Name and value by name, below a title; nothing for none.
    pub(super) fn amounts(&mut self, level: usize, title: &str, amounts: &BTreeMap<String, String>) {
        if !amounts.is_empty() {
            self.put(level, &format!("{title}:"));
            for (name, amount) in amounts {
                self.field(level + 1, name, amount);
            }
        }
    }
    /// kubectl's habits.
    pub(super) fn habits(&self) -> &Habits {
        &self.habits
    }
    /// Without a table's columns.
    pub(super) fn unaligned(self) -> String {
        self.text
    }
    pub(super) fn aligned(self) -> String {
        let mut out = tabwriter::TabWriter::new(Vec::new()).minwidth(0).padding(2);
        let _ = out.write_all(self.text.as_bytes());
        let text = String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default();
        text.lines().fold(String::new(), |all, line| all + line.trim_end() + "\n")
    }
}

impl Walk {
    /// `kubectl describe pod`
    pub fn describe(&self, pod: PodId) -> String {
        let w = self.world();
        let Some(p) = w.pods.get(pod.ix()) else { return String::new() };
        if !p.exists {
            return format!("Error from server (NotFound): pods \"{}\" not found\n", p.ident.name);
        }
        let (spec, status) = (&p.spec, &p.status.read());
        let meta = objects::object(w, pod).meta;
        let mut lines = Lines::new(w.gates.habits);
        self.pod_itself(p, &meta, &mut lines);
        self.pod_status(p, &mut lines);
        if let Some(resources) = &spec.resources {
            lines.put(0, "Resources:");
            lines.amounts(1, "Limits", &resources.limits);
            lines.amounts(1, "Requests", &resources.requests);
        }
        for (title, list, statuses) in [
            ("Init Containers", &spec.init_containers, &status.init[..]),
            ("Containers", &spec.containers, &status.containers[..]),
            ("Ephemeral Containers", &spec.ephemeral_containers, &status.ephemeral[..]),
        ] {
            if !list.is_empty() {
                lines.put(0, &format!("{title}:"));
                for container in list {
                    let own = statuses.iter().find(|status| status.name == container.name);
                    describe_spec::container(
                        &mut lines,
                        Whose::Pod { meta: &meta, ident: &p.ident },
                        container,
                        own,
                    );
                }
            }
        }
        if !spec.readiness_gates.is_empty() {
            lines.put(0, "Readiness Gates:");
            lines.put(1, "Type\tStatus");
            for gate in &spec.readiness_gates {
                let met = status.condition(gate.condition_type).map_or("<none>", |c| c.status.as_str());
                lines.put(1, &format!("{}\t{met}", gate.condition_type));
            }
        }
        if !status.conditions.is_empty() {
            lines.put(0, "Conditions:");
            lines.put(1, "Type\tStatus");
            for condition in &status.conditions {
                lines.put(1, &format!("{}\t{}", condition.kind, condition.status));
            }
        }
        describe_spec::volumes(&mut lines, 0, &spec.volumes);
        lines.field(0, "QoS Class", &status.qos_class);
        lines.several("Node-Selectors", &pairs(&spec.node_selector));
        describe_spec::tolerations(&mut lines, 0, &spec.tolerations);
        describe_spec::spread(&mut lines, 0, &spec.topology_spread_constraints);
        self.events_table(pod, &mut lines);
        lines.aligned()
    }

    /// Who it is, and where.
    fn pod_itself(&self, p: &Pod, meta: &ObjectMeta, lines: &mut Lines) {
        let (spec, status) = (&p.spec, &p.status.read());
        lines.field(0, "Name", &meta.name);
        lines.field(0, "Namespace", &meta.namespace);
        if let Some(priority) = spec.priority {
            lines.field(0, "Priority", &priority.to_string());
        }
        if !spec.priority_class_name.is_empty() {
            lines.field(0, "Priority Class Name", &spec.priority_class_name);
        }
        if let Some(class) = spec.rest.get("runtimeClassName").and_then(Value::as_str) {
            lines.field(0, "Runtime Class Name", class);
        }
        if !spec.service_account_name.is_empty() {
            lines.field(0, "Service Account", &spec.service_account_name);
        }
        let node = p.node.map_or_else(
            || "<none>".to_owned(),
            |n| {
                let host = status.host_ips.first().map_or("", |ip| ip.as_str());
                format!("{}/{host}", self.world().nodes[n.ix()].spec.name)
            },
        );
        lines.field(0, "Node", &node);
        if let Some(start) = status.start_time {
            lines.field(0, "Start Time", &start.rfc1123z());
        }
        lines.several("Labels", &pairs(&meta.labels));
        annotations(lines, &meta.annotations);
    }

    /// How it is, which addresses it has, and who has made it.
    fn pod_status(&self, p: &Pod, lines: &mut Lines) {
        let status = &p.status.read();
        match p.deletion.filter(|_| !status.phase.is_terminal()) {
            Some(deletion) => {
                let lasts = age(Some(deletion.at), self.now());
                lines.field(0, "Status", &format!("Terminating (lasts {lasts})"));
                lines.field(0, "Termination Grace Period", &format!("{}s", deletion.grace_secs));
            }
            None => lines.field(0, "Status", &status.phase.as_sym()),
        }
        if !status.reason.is_empty() {
            lines.field(0, "Reason", &status.reason);
        }
        if !status.message.is_empty() {
            lines.field(0, "Message", &status.message.show(&p.ident).to_string());
        }
        lines.field(0, "IP", status.pod_ips.first().map_or("", |ip| ip.as_str()));
        if status.pod_ips.is_empty() {
            lines.field(0, "IPs", "<none>");
        } else {
            lines.put(0, "IPs:");
            for ip in &status.pod_ips {
                lines.field(1, "IP", ip);
            }
        }
        let owners = p.owners.as_deref().into_iter().flatten();
        if let Some(owner) = owners.into_iter().find(|owner| owner.controller) {
            lines.field(0, "Controlled By", &format!("{}/{}", owner.kind, owner.name));
        }
        if !status.nominated_node.is_empty() {
            lines.field(0, "NominatedNodeName", &status.nominated_node);
        }
    }

    /// `DescribeEvents`: since 1.35 the message begins with what the event is about.
    fn events_table(&self, pod: PodId, lines: &mut Lines) {
        let events = self.events(pod);
        let Some(p) = self.world().pods.get(pod.ix()) else { return };
        if events.is_empty() {
            lines.field(0, "Events", "<none>");
            return;
        }
        let prefixed = self.world().gates.habits.says_what_events_are_about;
        lines.put(0, "Events:");
        lines.put(1, "Type\tReason\tAge\tFrom\tMessage");
        lines.put(1, "----\t------\t----\t----\t-------");
        for seen in &events {
            let e = &seen.event;
            let kind = e.kind.as_str();
            let about = match e.field_path {
                path if prefixed && !path.is_empty() => format!("{path}: "),
                _ => String::new(),
            };
            let message = e.message.show(&p.ident);
            let when = self.event_age(seen);
            lines.put(1, &format!("{kind}\t{}\t{when}\t{}\t{about}{message}", e.reason, e.component));
        }
    }
}

pub(super) fn pairs(map: &BTreeMap<String, String>) -> Vec<String> {
    map.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

/// `printAnnotationsMultiline`: without what kubectl keeps there for itself.
pub(super) fn annotations(lines: &mut Lines, all: &BTreeMap<String, String>) {
    let told = |(key, value): (&String, &String)| (key != LAST_APPLIED).then(|| format!("{key}: {value}"));
    let all: Vec<String> = all.iter().filter_map(told).collect();
    lines.several("Annotations", &all);
}
