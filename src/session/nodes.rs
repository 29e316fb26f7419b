//! What kubectl shows of what stands around the pods: `describe node`.
//!
//! Sources: `describeNode`, `describeNodeResource`,
//! `printTaintsMultilineWithIndent` in staging/src/k8s.io/kubectl/pkg/describe/describe.go (v1.36.2).

use std::collections::BTreeMap;

use serde_json::Value;

use super::Walk;
use super::describe::{self, Lines, pairs};
use super::describe_object::text;
use super::served::node_value;
use crate::actors::heartbeats;
use crate::api::{PodSpec, Taint};
use crate::rules::kubectl::printing::age;
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::rules::scheduler::placement::amounts::{self, Side};
use crate::time::Time;
use crate::world::{Node, NodeId, Pod, PodId};

const ROLE: &str = "node-role.kubernetes.io/";

fn roles(node: &Node) -> String {
    let roles: Vec<&str> = node.spec.labels.keys().filter_map(|key| key.strip_prefix(ROLE)).collect();
    if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }
}

impl Walk {
    /// The taints of a node as kubectl spells them.
    pub fn taints(&self, node: NodeId) -> Vec<String> {
        sorted(&self.world().nodes[node.ix()].spec.taints)
    }

    /// `kubectl describe node`, as far as a simulated node has what it tells.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn describe_node(&self, name: &str) -> Result<String, String> {
        let w = self.world();
        let found = w.nodes.iter().position(|n| n.exists && n.spec.name == name);
        let Some(ix) = found else {
            return Err(format!("Error from server (NotFound): nodes \"{name}\" not found"));
        };
        let (node, n) = (NodeId::new(ix), &w.nodes[ix]);
        let own = node_value(w, ix, self.now());
        let [renewed, _] = heartbeats::seen(w, node, self.now());
        let mut lines = Lines::new(w.gates.habits);
        lines.field(0, "Name", &n.spec.name);
        lines.field(0, "Roles", &roles(n));
        lines.several("Labels", &pairs(&n.spec.labels));
        describe::annotations(&mut lines, &BTreeMap::new());
        lines.field(0, "CreationTimestamp", &instant(&own["metadata"]["creationTimestamp"]));
        lines.several("Taints", &sorted(&n.spec.taints));
        lines.field(0, "Unschedulable", &n.spec.unschedulable.to_string());
        lines.put(0, "Lease:");
        lines.field(1, "HolderIdentity", &n.spec.name);
        lines.field(1, "AcquireTime", "<unset>");
        lines.field(1, "RenewTime", &renewed.rfc1123z());
        lines.put(0, "Conditions:");
        lines.put(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
        lines.put(1, "----\t------\t-----------------\t------------------\t------\t-------");
        let status = &own["status"];
        for one in status["conditions"].as_array().into_iter().flatten() {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            let (beat, since) = (instant(&one["lastHeartbeatTime"]), instant(&one["lastTransitionTime"]));
            let (kind, status, reason, message) =
                (text("type"), text("status"), text("reason"), text("message"));
            lines.put(1, &format!("{kind} \t{status} \t{beat} \t{since} \t{reason} \t{message}"));
        }
        lines.put(0, "Addresses:");
        lines.field(1, "InternalIP", &n.ip);
        lines.field(1, "Hostname", &n.spec.name);
        for (title, key) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
            let amounts = status[key].as_object().into_iter().flatten();
            let amounts = amounts.map(|(name, amount)| (name.clone(), text(amount))).collect();
            lines.amounts(0, title, &amounts);
        }
        system_info(&mut lines, &status["nodeInfo"]);
        let runs = |pod: &Pod| pod.node == Some(node) && !pod.status.phase().is_terminal();
        self.resources(n, &super::kubectl::pods_where(w, runs), &mut lines);
        lines.field(0, "Events", "<none>");
        Ok(lines.aligned())
    }

    /// `describeNodeResource`: what pods ask of a node and may take of it, and how much of it that is.
    fn resources(&self, node: &Node, pods: &[PodId], lines: &mut Lines) {
        let w = self.world();
        let level = w.gates.pod_level_resources;
        lines.put(0, &format!("Non-terminated Pods:\t({} in total)", pods.len()));
        lines.put(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
        lines.put(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
        let room = |name: &str| node.spec.allocatable.get(name).copied().unwrap_or(0);
        let mut all = [(), ()].map(|()| Taken::default());
        for pod in pods {
            let p = &w.pods[pod.ix()];
            let own = [Side::Requests, Side::Limits].map(|side| Taken::of(&p.spec, level, side));
            let cells: Vec<String> = ["cpu", "memory"]
                .into_iter()
                .flat_map(|name| own.iter().map(move |taken| taken.part(name, room(name))))
                .collect();
            let old = age(Some(p.created), self.now());
            let (namespace, name) = (p.ident.namespace, p.ident.name);
            lines.put(1, &format!("{namespace}\t{name}\t\t{}\t{old}", cells.join("\t")));
            for (sum, own) in all.iter_mut().zip(own) {
                sum.add(own);
            }
        }
        lines.put(0, "Allocated resources:");
        lines.put(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
        lines.put(1, "Resource\tRequests\tLimits");
        lines.put(1, "--------\t--------\t------");
        let known = ["cpu", "memory", "ephemeral-storage"];
        let others = node.spec.allocatable.keys().map(String::as_str);
        let others: Vec<&str> = others.filter(|name| !known.contains(name) && *name != "pods").collect();
        let (huge, extended): (Vec<&str>, Vec<&str>) =
            others.into_iter().partition(|name| name.starts_with("hugepages-"));
        for name in known.into_iter().chain(huge) {
            let [asked, limit] = [0, 1].map(|side: usize| all[side].part(name, room(name)));
            lines.put(1, &format!("{name}\t{asked}\t{limit}"));
        }
        for name in extended {
            lines.put(1, &format!("{name}\t{}\t{}", all[0].amount(name), all[1].amount(name)));
        }
    }
}

/// Exact amounts by resource, each with the format in which it was said first.
#[derive(Default)]
struct Taken {
    amounts: BTreeMap<String, (i128, Format)>,
}

impl Taken {
    fn of(spec: &PodSpec, pod_level_resources: bool, side: Side) -> Taken {
        let containers = spec.containers.iter().chain(&spec.init_containers);
        let said = |name: &str| {
            let texts = containers.clone().filter_map(|own| side.of(&own.resources).get(name));
            let mut formats = texts.filter_map(|text| Quantity::parse(text).ok()).map(|own| own.format);
            formats.next().unwrap_or(if name == "cpu" { Format::DecimalSI } else { Format::BinarySI })
        };
        let totals = amounts::totals(spec, pod_level_resources, side).into_iter();
        let amounts = totals.map(|(name, nanos)| {
            let format = said(&name);
            (name, (nanos, format))
        });
        Taken { amounts: amounts.collect() }
    }
    fn add(&mut self, other: Taken) {
        for (name, (nanos, format)) in other.amounts {
            let sum = self.amounts.entry(name).or_insert((0, format));
            sum.0 = sum.0.saturating_add(nanos);
        }
    }
    fn amount(&self, name: &str) -> String {
        let (nanos, format) = self.amounts.get(name).copied().unwrap_or_default();
        Quantity::from_nanos(nanos, format).to_string()
    }
    /// `100m (2%)`: whole percents, cut.
    fn part(&self, name: &str, room: i128) -> String {
        let nanos = self.amounts.get(name).map_or(0, |(nanos, _)| *nanos);
        let percent = if room == 0 { 0 } else { nanos.saturating_mul(100) / room };
        format!("{} ({percent}%)", self.amount(name))
    }
}

fn system_info(lines: &mut Lines, info: &Value) {
    lines.put(0, "System Info:");
    for (title, key) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        lines.field(1, title, &text(&info[key]));
    }
}

/// An instant of an object as `describe` tells it.
fn instant(value: &Value) -> String {
    let at = value.as_str().and_then(Time::parse_rfc3339);
    at.map_or_else(|| "<unset>".to_owned(), Time::rfc1123z)
}

/// `key=value:Effect`, by effect and key.
fn sorted(taints: &[Taint]) -> Vec<String> {
    let mut list: Vec<&Taint> = taints.iter().collect();
    list.sort_by_key(|taint| (taint.effect.as_str(), taint.key.as_str()));
    list.iter()
        .map(|taint| match taint.value.as_str() {
            "" => format!("{}:{}", taint.key, taint.effect.as_str()),
            value => format!("{}={value}:{}", taint.key, taint.effect.as_str()),
        })
        .collect()
}
