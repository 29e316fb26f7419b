//! What kubelets say of themselves again and again, as a client that looks sees it: the Lease of each node in `kube-node-lease`,
//! and the `lastHeartbeatTime` of the node's conditions.
//!
//! Neither is a step of a run: when it was last is computed ([`heartbeats`]), so whoever serves asks as often as it wants to tell.
//! Sources: `SetNodeOwnerFunc`, pkg/kubelet/util/nodelease.go; `newLease`, component-helpers/apimachinery/lease/controller.go;
//! `ReadyCondition`, pkg/kubelet/nodestatus/setters.go (v1.36.2).

use serde_json::{Value, json};

use super::Walk;
use super::served::{self, News, uid};
use crate::actors::heartbeats;
use crate::actors::node_lifecycle::KUBELET_AGE;
use crate::time::Time;
use crate::world::{NodeId, World};

/// Where Leases of nodes are.
const NAMESPACE: &str = "kube-node-lease";

/// What was told of each node: when its Lease was renewed, and when its status was posted; None: it is not there.
#[derive(Default)]
pub struct Heartbeats {
    told: Vec<[Option<Time>; 2]>,
}

impl Heartbeats {
    /// What is to be told of them now, which may be later than the last step.
    pub fn follow(&mut self, walk: &Walk, to: &mut Vec<News>) {
        let (w, now) = (walk.world(), walk.now());
        self.told.resize(w.nodes.len(), [None; 2]);
        for (ix, node) in w.nodes.iter().enumerate() {
            let [renewed, posted] = match node.exists {
                true => heartbeats::seen(w, NodeId::new(ix), now).map(Some),
                false => [None; 2],
            };
            let before = std::mem::replace(&mut self.told[ix], [renewed, posted]);
            if before[0] != renewed {
                to.push(News {
                    group: "coordination.k8s.io".to_owned(),
                    kind: "Lease".to_owned(),
                    namespace: NAMESPACE.to_owned(),
                    name: node.spec.name.to_string(),
                    object: renewed.map(|renewed| lease(w, ix, renewed)),
                    is_clients: false,
                });
            }
            // That it is there or gone is told elsewhere.
            if before[1] != posted && before[1].is_some() && posted.is_some() {
                to.push(served::node(w, ix, now));
            }
        }
    }
}

fn lease(w: &World, ix: usize, renewed: Time) -> Value {
    let name = w.nodes[ix].spec.name.as_str();
    let lasts = w.machines[ix].config.node_lease_duration;
    json!({
        "kind": "Lease", "apiVersion": "coordination.k8s.io/v1",
        "metadata": {
            "name": name, "namespace": NAMESPACE, "uid": uid(5, ix as u64),
            "creationTimestamp": (w.plan.start - KUBELET_AGE).rfc3339_secs(),
            "ownerReferences": [{ "apiVersion": "v1", "kind": "Node", "name": name, "uid": uid(4, ix as u64) }],
        },
        "spec": {
            "holderIdentity": name,
            "leaseDurationSeconds": lasts.micros() / 1_000_000,
            "renewTime": renewed.rfc3339_micros(),
        },
    })
}
