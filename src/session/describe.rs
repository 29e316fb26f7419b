//! `kubectl describe pod`, as far as a simulated pod has what it tells
//! (staging/src/k8s.io/kubectl/pkg/describe/describe.go: `describePod`, `describeContainers`, `DescribeProbe`,
//! `DescribeEvents`, v1.36.2). Times are UTC.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::Value;

use super::Walk;
use crate::api::spec::{Container, Probe, Toleration};
use crate::api::{ContainerState, ContainerStatus, ImageId, PodIdent, Sym};
use crate::rules::kubectl::printing::age;
use crate::rules::versions::habits::Habits;
use crate::time::Time;
use crate::world::PodId;

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
        let first = values.first().map_or("<none>", String::as_str);
        self.field(0, name, first);
        for value in values.iter().skip(1) {
            self.put(0, &format!("\t{value}"));
        }
    }
    /// Name and value by name, below a title; nothing for none.
    fn amounts(&mut self, title: &str, amounts: &BTreeMap<String, String>) {
        if !amounts.is_empty() {
            self.put(2, &format!("{title}:"));
            for (name, amount) in amounts {
                self.field(3, name, amount);
            }
        }
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
        let (w, now) = (self.world(), self.now());
        let Some(p) = w.pods.get(pod.ix()) else { return String::new() };
        if !p.exists {
            return format!("Error from server (NotFound): pods \"{}\" not found\n", p.ident.name);
        }
        let (spec, status) = (&p.spec, &p.status.read());
        let mut lines = Lines::new(w.gates.habits);
        lines.field(0, "Name", &p.ident.name.to_string());
        lines.field(0, "Namespace", &p.ident.namespace);
        if let Some(priority) = spec.priority {
            lines.field(0, "Priority", &priority.to_string());
        }
        if !spec.priority_class_name.is_empty() {
            lines.field(0, "Priority Class Name", &spec.priority_class_name);
        }
        if !spec.service_account_name.is_empty() {
            lines.field(0, "Service Account", &spec.service_account_name);
        }
        let node = p.node.map_or_else(
            || "<none>".to_owned(),
            |n| {
                let host = status.host_ips.first().map_or("", |ip| ip.as_str());
                format!("{}/{host}", w.nodes[n.ix()].spec.name)
            },
        );
        lines.field(0, "Node", &node);
        if let Some(start) = status.start_time {
            lines.field(0, "Start Time", &start.rfc1123z());
        }
        lines.several("Labels", &pairs(&p.labels));
        match p.deletion.filter(|_| !status.phase.is_terminal()) {
            Some(deletion) => {
                lines.field(0, "Status", &format!("Terminating (lasts {})", age(Some(deletion.at), now)));
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
        if !status.nominated_node.is_empty() {
            lines.field(0, "NominatedNodeName", &status.nominated_node);
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
                    describe_container(&mut lines, "", &p.ident, container, own);
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
        lines.field(0, "QoS Class", &status.qos_class);
        lines.several("Node-Selectors", &pairs(&spec.node_selector));
        let mut tolerations: Vec<&Toleration> = spec.tolerations.iter().collect();
        tolerations.sort_by_key(|toleration| toleration.key.as_str());
        let tolerations: Vec<String> = tolerations.into_iter().map(toleration).collect();
        lines.several("Tolerations", &tolerations);
        self.events_table(pod, &mut lines);
        lines.aligned()
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

/// `printTolerationsMultilineWithIndent`
fn toleration(toleration: &Toleration) -> String {
    let mut text = toleration.key.to_string();
    if !toleration.value.is_empty() {
        text += &format!("={}", toleration.value);
    }
    if let Some(effect) = toleration.effect {
        text += &format!(":{}", effect.as_str());
    }
    if toleration.operator == "Exists" && toleration.value.is_empty() {
        text += if text.is_empty() { "op=Exists" } else { " op=Exists" };
    }
    if let Some(secs) = toleration.toleration_seconds {
        text += &format!(" for {secs}s");
    }
    text
}

/// Of a template's containers `indent` is one blank more, and there is no status.
pub(super) fn describe_container(
    lines: &mut Lines,
    indent: &str,
    pod: &PodIdent,
    container: &Container,
    status: Option<&ContainerStatus>,
) {
    lines.put(1, &format!("{indent}{}:", container.name));
    if let Some(status) = status {
        lines.field(2, "Container ID", &status.container_id.to_string());
    }
    lines.field(2, "Image", &container.image);
    if let Some(status) = status {
        lines.field(2, "Image ID", &ImageId(status.image_id).to_string());
    }
    let ports = |of: fn(&crate::api::spec::ContainerPort) -> i32| {
        let all: Vec<String> =
            container.ports.iter().map(|port| format!("{}/{}", of(port), port.protocol)).collect();
        if all.is_empty() { "<none>".to_owned() } else { all.join(", ") }
    };
    let plural = if container.ports.len() > 1 { "s" } else { "" };
    lines.field(2, &format!("Port{plural}"), &ports(|port| port.container_port));
    lines.field(2, &format!("Host Port{plural}"), &ports(|port| port.host_port));
    for (title, words) in [("Command", &container.command), ("Args", &container.args)] {
        if !words.is_empty() {
            lines.put(2, &format!("{title}:"));
            for line in words.iter().flat_map(|word| word.lines()) {
                lines.put(3, line);
            }
        }
    }
    if let Some(status) = status {
        describe_state(lines, pod, "State", &status.state);
        if status.last_state.terminated().is_some() {
            describe_state(lines, pod, "Last State", &status.last_state);
        }
        lines.field(2, "Ready", if status.ready { "True" } else { "False" });
        lines.field(2, "Restart Count", &status.restart_count.to_string());
    }
    lines.amounts("Limits", &container.resources.limits);
    lines.amounts("Requests", &container.resources.requests);
    for (title, probe) in [
        ("Liveness", &container.liveness_probe),
        ("Readiness", &container.readiness_probe),
        ("Startup", &container.startup_probe),
    ] {
        if let Some(probe) = probe {
            lines.field(2, title, &describe_probe(probe, &lines.habits));
        }
    }
}

/// `describeStatus`: what a waiting container waits for has a reason here and no message.
fn describe_state(lines: &mut Lines, pod: &PodIdent, title: &str, state: &ContainerState) {
    let reason = |lines: &mut Lines, reason: Sym| {
        if !reason.is_empty() {
            lines.field(3, "Reason", &reason);
        }
    };
    // Of one that nobody knows kubectl prints the first of all.
    let instant = |at: Option<Time>| at.map_or("Mon, 01 Jan 0001 00:00:00 +0000".to_owned(), Time::rfc1123z);
    match state {
        ContainerState::Unset => lines.field(2, title, "Waiting"),
        ContainerState::Waiting { reason: why, .. } => {
            lines.field(2, title, "Waiting");
            reason(lines, *why);
        }
        ContainerState::Running { started_at } => {
            lines.field(2, title, "Running");
            lines.field(3, "Started", &instant(*started_at));
        }
        ContainerState::Terminated(ended) => {
            lines.field(2, title, "Terminated");
            reason(lines, ended.reason);
            if !ended.message.is_empty() {
                lines.field(3, "Message", &ended.message.show(pod).to_string());
            }
            lines.field(3, "Exit Code", &ended.exit_code.to_string());
            if ended.signal > 0 {
                lines.field(3, "Signal", &ended.signal.to_string());
            }
            lines.field(3, "Started", &instant(ended.started_at));
            lines.field(3, "Finished", &instant(ended.finished_at));
        }
    }
}

/// `DescribeProbe`: `http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`
fn describe_probe(probe: &Probe, habits: &Habits) -> String {
    let handler = &probe.handler;
    let port = |port: &Value| port.as_str().map_or_else(|| port.to_string(), str::to_owned);
    let who = if let Some(exec) = &handler.exec {
        format!("exec [{}]", exec.command.join(" "))
    } else if let Some(http) = &handler.http_get {
        let scheme = http.scheme.to_lowercase();
        format!("http-get {scheme}://{}:{}{}", http.host, port(&http.port), http.path)
    } else if let Some(tcp) = &handler.tcp_socket {
        format!("tcp-socket {}:{}", tcp.host, port(&tcp.port))
    } else if let Some(grpc) = &handler.grpc {
        format!("grpc <pod>:{} {}", grpc.port, grpc.service.as_deref().unwrap_or_default())
    } else {
        "unknown".to_owned()
    };
    let (success, failure) = if habits.says_thresholds_in_full {
        ("successThreshold", "failureThreshold")
    } else {
        ("#success", "#failure")
    };
    format!(
        "{who} delay={}s timeout={}s period={}s {success}={} {failure}={}",
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold
    )
}
