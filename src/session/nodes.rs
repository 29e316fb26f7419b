//! What kubectl shows of what stands around the pods: `get nodes`, `describe node`.
//!
//! Sources: `printNode` in pkg/printers/internalversion/printers.go; `describeNode`,
//! `printTaintsMultilineWithIndent` in staging/src/k8s.io/kubectl/pkg/describe/describe.go (v1.36.2).

use super::Walk;
use super::describe::{Lines, pairs};
use super::kubectl::table;
use crate::actors::node_lifecycle::KUBELET_AGE;
use crate::api::{Taint, Tri};
use crate::rules::kubectl::printing::age;
use crate::time::Time;
use crate::world::node::NodeCondition;
use crate::world::{Node, NodeConditionKind, NodeId, Pod, World};

const ROLE: &str = "node-role.kubernetes.io/";

fn roles(node: &Node) -> String {
    let roles: Vec<&str> = node.spec.labels.keys().filter_map(|key| key.strip_prefix(ROLE)).collect();
    if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }
}

/// `kubectl get nodes`. A node whose Ready is Unknown shows as one that is not ready.
pub fn get_nodes(w: &World, now: Time) -> String {
    let mut nodes: Vec<&Node> = w.nodes.iter().filter(|n| n.exists).collect();
    nodes.sort_by_key(|n| n.spec.name.as_str());
    if nodes.is_empty() {
        return "No resources found\n".to_owned();
    }
    let mut rows = vec![["NAME", "STATUS", "ROLES", "AGE", "VERSION"].map(str::to_owned).to_vec()];
    rows.extend(nodes.into_iter().map(|n| {
        let ready = if n.ready() == Tri::True { "Ready" } else { "NotReady" };
        let cordoned = if n.spec.unschedulable { ",SchedulingDisabled" } else { "" };
        vec![
            n.spec.name.to_string(),
            format!("{ready}{cordoned}"),
            roles(n),
            age(Some(w.plan.start - KUBELET_AGE), now),
            format!("v{}", w.gates.version.as_str()),
        ]
    }));
    table(&rows)
}

impl Walk {
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
        let mut lines = Lines::new(w.gates.habits);
        lines.field(0, "Name", &n.spec.name);
        lines.field(0, "Roles", &roles(n));
        lines.several("Labels", &pairs(&n.spec.labels));
        lines.several("Taints", &sorted(&n.spec.taints));
        lines.field(0, "Unschedulable", &n.spec.unschedulable.to_string());
        lines.put(0, "Conditions:");
        lines.put(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        lines.put(1, "----\t------\t------------------\t------\t-------");
        for kind in NodeConditionKind::ALL {
            let NodeCondition { status, reason, message, since } = n.condition(kind);
            let (kind, since) = (kind.as_str(), since.rfc1123z());
            lines.put(1, &format!("{kind}\t{status}\t{since}\t{reason}\t{message}"));
        }
        lines.put(0, "Addresses:");
        lines.field(1, "InternalIP", &n.ip);
        lines.field(1, "Hostname", &n.spec.name);
        let runs = |pod: &Pod| pod.node == Some(node) && !pod.status.phase().is_terminal();
        let running = super::kubectl::pods_where(w, runs);
        lines.put(0, &format!("Non-terminated Pods:\t({} in total)", running.len()));
        lines.put(1, "Namespace\tName\tAge");
        lines.put(1, "---------\t----\t---");
        for pod in running {
            let p = &w.pods[pod.ix()];
            let old = age(Some(p.created), self.now());
            lines.put(1, &format!("{}\t{}\t{old}", p.ident.namespace, p.ident.name));
        }
        Ok(lines.aligned())
    }
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
