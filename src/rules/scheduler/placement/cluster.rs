//! What the scheduler knows of nodes and of the pods on them: its cache and the snapshot that a cycle works on.
//!
//! Source: pkg/scheduler/framework/types.go (`NodeInfo`), pkg/scheduler/backend/cache/{cache,node_tree,snapshot}.go,
//! 1.36.2. Sums are kept up to date as pods come and go, so that a cycle is cheap integer work per node.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::amounts::Amounts;
use super::fast::FastScores;
use super::node_ports::HostPort;
use super::pod_topology_spread::HOST;
use super::request::{PodRequest, RequestId};
use super::selector::{Labels, label, labels};
use crate::api::{Effect, NodeSpec, Sym, Taint};
use crate::rules::versions::gates::Gates;

/// Number of a node, as the caller counts them.
pub type NodeIx = u32;
/// Number of a pod, as the caller counts them.
pub type PodIx = u32;

/// Pods of one request on one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Group {
    pub request: RequestId,
    /// Without a deletion timestamp.
    pub alive: u32,
    pub deleted: u32,
}

/// A node and what is on it.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
    pub exists: bool,
    pub name: Sym,
    pub labels: Labels,
    pub taints: Vec<Taint>,
    pub unschedulable: bool,
    pub allocatable: Amounts,
    pub allowed_pods: i64,
    /// Names of the images that the kubelet reports.
    pub images: Vec<Sym>,
    pub declared_features: Vec<Sym>,

    pub requested: Amounts,
    pub scored_milli_cpu: i64,
    pub scored_memory: i64,
    pub pod_count: u32,
    pub ports: Vec<HostPort>,
    pub groups: Vec<Group>,
    /// Pods and, in the same places, their requests.
    pub pods: Vec<PodIx>,
    pub pod_requests: Vec<RequestId>,
}

impl NodeInfo {
    /// A node with nothing on it.
    pub fn of(spec: &NodeSpec) -> NodeInfo {
        let mut info = NodeInfo::default();
        info.set(spec);
        info
    }

    fn set(&mut self, spec: &NodeSpec) {
        self.exists = true;
        self.name = spec.name;
        self.labels = labels(&spec.labels);
        self.taints.clone_from(&spec.taints);
        self.unschedulable = spec.unschedulable;
        self.allocatable = Amounts::of_list(&spec.allocatable);
        let pods = spec.allocatable.get("pods").copied().unwrap_or_default();
        self.allowed_pods = i64::try_from(pods / 1_000_000_000).unwrap_or(i64::MAX);
        self.images.clone_from(&spec.images);
        self.declared_features.clone_from(&spec.declared_features);
    }

    pub fn label(&self, key: Sym) -> Option<Sym> {
        label(&self.labels, key)
    }

    /// `AddPodInfo`
    pub fn add(&mut self, pod: PodIx, id: RequestId, request: &PodRequest, deleted: bool) {
        self.requested.add(&request.requests.asked);
        self.scored_milli_cpu = self.scored_milli_cpu.wrapping_add(request.requests.scored_milli_cpu);
        self.scored_memory = self.scored_memory.wrapping_add(request.requests.scored_memory);
        self.pod_count += 1;
        self.ports.extend(&request.ports);
        let group = match self.groups.iter_mut().find(|group| group.request == id) {
            Some(group) => group,
            None => {
                self.groups.push(Group { request: id, alive: 0, deleted: 0 });
                self.groups.last_mut().expect("just pushed")
            }
        };
        *(if deleted { &mut group.deleted } else { &mut group.alive }) += 1;
        self.pods.push(pod);
        self.pod_requests.push(id);
    }

    /// `RemovePod`; nothing if the pod is not here.
    pub fn remove(&mut self, pod: PodIx, request: &PodRequest, deleted: bool) -> bool {
        let Some(at) = self.pods.iter().position(|known| *known == pod) else { return false };
        self.pods.swap_remove(at);
        let id = self.pod_requests.swap_remove(at);
        self.requested.subtract(&request.requests.asked);
        self.scored_milli_cpu = self.scored_milli_cpu.wrapping_sub(request.requests.scored_milli_cpu);
        self.scored_memory = self.scored_memory.wrapping_sub(request.requests.scored_memory);
        self.pod_count -= 1;
        for port in &request.ports {
            if let Some(at) = self.ports.iter().position(|used| used == port) {
                self.ports.swap_remove(at);
            }
        }
        if let Some(at) = self.groups.iter().position(|group| group.request == id) {
            let group = &mut self.groups[at];
            let count = if deleted { &mut group.deleted } else { &mut group.alive };
            *count = count.saturating_sub(1);
            if group.alive + group.deleted == 0 {
                self.groups.swap_remove(at);
            }
        }
        true
    }

    /// The request of a pod that is here.
    pub fn request_of(&self, pod: PodIx) -> Option<RequestId> {
        let at = self.pods.iter().position(|known| *known == pod)?;
        Some(self.pod_requests[at])
    }
}

/// Sizes of images and how many nodes have them.
#[derive(Clone, Debug, Default)]
pub struct ClusterImages(FxHashMap<Sym, (i64, u32)>);

impl ClusterImages {
    pub fn of(&self, image: Sym) -> (i64, u32) {
        self.0.get(&image).copied().unwrap_or_default()
    }
}

/// A pod that waits for room on a node that preemption chose for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nominated {
    pub pod: PodIx,
    pub node: NodeIx,
    pub request: RequestId,
}

/// Everything that a scheduling cycle looks at.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The version's gates and habits.
    pub gates: Gates,
    pub(super) nodes: Vec<NodeInfo>,
    /// Nodes that exist, zone by zone in turn.
    pub(super) order: Vec<NodeIx>,
    pub(super) requests: Vec<Arc<PodRequest>>,
    /// Those of single pods, by what they are most likely to differ in.
    singles: FxHashMap<(Sym, Labels), Vec<RequestId>>,
    pub(super) images: ClusterImages,
    pub(super) nominated: Vec<Nominated>,
    /// Where the next search begins (`nextStartNodeIndex`).
    pub(super) next_start: usize,
    /// Pods on nodes that have pod affinity terms of any kind.
    pub(super) pods_with_affinity: u32,
    /// Those among them whose only wish is to have certain pods on other hosts.
    pods_apart_by_host: u32,
    /// Some pod has had terms about others.
    pub(super) apart: bool,
    /// No two nodes say that they are one host; known once some pod has had such terms.
    hosts_differ: bool,
    /// How often a node was looked at, for a pod or because another one changed.
    pub(super) looks: u64,
    pub(super) soft_taints: bool,
    /// A node says in which zone it is.
    pub(super) zones: bool,
    pub(super) fast: FastScores,
}

impl Cluster {
    /// No node and no pod yet.
    pub fn new(gates: Gates) -> Cluster {
        Cluster {
            gates,
            nodes: Vec::new(),
            order: Vec::new(),
            requests: Vec::new(),
            singles: FxHashMap::default(),
            images: ClusterImages::default(),
            nominated: Vec::new(),
            next_start: 0,
            pods_with_affinity: 0,
            pods_apart_by_host: 0,
            apart: false,
            hosts_differ: false,
            looks: 0,
            soft_taints: false,
            zones: false,
            fast: FastScores::default(),
        }
    }

    /// Keeps a request; the same id serves all pods of its kind.
    pub fn add_request(&mut self, request: impl Into<Arc<PodRequest>>) -> RequestId {
        self.requests.push(request.into());
        self.fast.request_added(&self.requests);
        RequestId(self.requests.len() as u32 - 1)
    }
    /// Keeps the request of a pod that is no longer like its template. Whoever asks for the same shares it, so that labels that change
    /// again and again do not pile up.
    pub fn single_request(&mut self, request: PodRequest) -> RequestId {
        let key = (request.namespace, request.labels.clone());
        let alike = self.singles.get(&key).into_iter().flatten();
        let known = alike.copied().find(|id| *self.requests[id.0 as usize] == request);
        known.unwrap_or_else(|| {
            let id = self.add_request(request);
            self.singles.entry(key).or_default().push(id);
            id
        })
    }
    /// How many requests are kept.
    pub fn requests(&self) -> usize {
        self.requests.len()
    }
    /// A request that was kept.
    pub fn request(&self, id: RequestId) -> &Arc<PodRequest> {
        &self.requests[id.0 as usize]
    }

    /// Many nodes at once.
    pub fn set_nodes<'a>(&mut self, nodes: impl IntoIterator<Item = (NodeIx, &'a NodeSpec)>) {
        for (node, spec) in nodes {
            let ix = node as usize;
            if self.nodes.len() <= ix {
                self.nodes.resize_with(ix + 1, NodeInfo::default);
            }
            if !std::mem::replace(&mut self.nodes[ix].exists, true) {
                self.order.push(node);
            }
            self.nodes[ix].set(spec);
        }
        self.nodes_changed();
    }

    /// A node is there, or is other than it was.
    pub fn set_node(&mut self, node: NodeIx, spec: &NodeSpec) {
        let ix = node as usize;
        if self.nodes.len() <= ix {
            self.nodes.resize_with(ix + 1, NodeInfo::default);
        }
        let info = &mut self.nodes[ix];
        let before = info.exists.then(|| {
            (
                std::mem::take(&mut info.labels),
                std::mem::take(&mut info.taints),
                std::mem::take(&mut info.images),
            )
        });
        info.set(spec);
        let is_soft = |taints: &[Taint]| taints.iter().any(|taint| taint.effect == Effect::PreferNoSchedule);
        match before {
            None => self.order.push(node),
            // A cordon, or a taint: nothing that is known of all nodes together.
            Some((labels, taints, images))
                if labels == info.labels
                    && images == info.images
                    && !is_soft(&taints)
                    && !is_soft(&info.taints) =>
            {
                return self.fast.forget();
            }
            Some(_) => {}
        }
        self.nodes_changed();
    }
    /// A node's object is gone; pods that were bound to it are remembered.
    pub fn remove_node(&mut self, node: NodeIx) {
        if let Some(info) = self.nodes.get_mut(node as usize) {
            info.exists = false;
            self.order.retain(|known| *known != node);
            self.nodes_changed();
        }
    }
    /// What the nodes' images weigh, for scoring.
    pub fn set_image_sizes(&mut self, sizes: impl IntoIterator<Item = (Sym, i64)>) {
        let mut images: FxHashMap<Sym, (i64, u32)> =
            sizes.into_iter().map(|(image, size)| (image, (size, 0))).collect();
        for node in self.order.iter().map(|node| &self.nodes[*node as usize]) {
            for image in &node.images {
                if let Some((_, holders)) = images.get_mut(image) {
                    *holders += 1;
                }
            }
        }
        self.images = ClusterImages(images);
        self.fast.forget();
    }

    fn nodes_changed(&mut self) {
        self.looks += self.order.len() as u64;
        self.order = zone_by_zone(&self.nodes, std::mem::take(&mut self.order));
        let sizes: Vec<(Sym, i64)> = self.images.0.iter().map(|(image, (size, _))| (*image, *size)).collect();
        if !sizes.is_empty() {
            self.set_image_sizes(sizes);
        }
        self.soft_taints = self.order.iter().any(|node| {
            self.nodes[*node as usize].taints.iter().any(|t| t.effect == Effect::PreferNoSchedule)
        });
        let zone = Sym::new(ZONE);
        let zones = self.in_order().any(|(_, node)| node.label(zone).is_some());
        self.zones = zones;
        if self.apart {
            self.hosts_differ = self.do_hosts_differ();
        }
        if self.next_start >= self.order.len() {
            self.next_start = 0;
        }
        self.fast.forget();
    }

    /// A pod is on a node: assumed or bound.
    pub fn add_pod(&mut self, node: NodeIx, pod: PodIx, request: RequestId, deleted: bool) {
        let ix = node as usize;
        if self.nodes.len() <= ix {
            self.nodes.resize_with(ix + 1, NodeInfo::default);
        }
        let facts = Arc::clone(self.request(request));
        if facts.has_pod_affinity() {
            self.begin_apart();
            self.pods_with_affinity += 1;
            self.pods_apart_by_host += u32::from(facts.is_apart_by_host());
        }
        self.nodes[ix].add(pod, request, &facts, deleted);
        self.fast.touch(node, request, i8::from(!deleted));
    }
    /// A pod left its node: it is gone from the API or has ended.
    pub fn remove_pod(&mut self, node: NodeIx, pod: PodIx, deleted: bool) {
        let Some(info) = self.nodes.get_mut(node as usize) else { return };
        let Some(id) = info.request_of(pod) else { return };
        let facts = Arc::clone(&self.requests[id.0 as usize]);
        if info.remove(pod, &facts, deleted) {
            if facts.has_pod_affinity() {
                self.pods_with_affinity -= 1;
                self.pods_apart_by_host -= u32::from(facts.is_apart_by_host());
            }
            self.fast.touch(node, id, -i8::from(!deleted));
        }
    }
    /// A pod on a node got its deletion timestamp: it takes room as before, but does not count for spreading.
    pub fn mark_deleted(&mut self, node: NodeIx, pod: PodIx) {
        let Some(info) = self.nodes.get_mut(node as usize) else { return };
        let Some(id) = info.request_of(pod) else { return };
        if let Some(group) = info.groups.iter_mut().find(|group| group.request == id && group.alive > 0) {
            group.alive -= 1;
            group.deleted += 1;
            self.fast.count(node, id, -1);
        }
    }
    /// From now on pods have terms about others: whom they are meant for matters to what is kept of nodes.
    pub(super) fn begin_apart(&mut self) {
        if !self.apart {
            self.apart = true;
            self.hosts_differ = self.do_hosts_differ();
            self.fast.forget();
        }
    }
    fn do_hosts_differ(&self) -> bool {
        let host = Sym::new(HOST);
        let mut seen = FxHashSet::default();
        self.in_order().filter_map(|(_, node)| node.label(host)).all(|own| seen.insert(own))
    }
    /// Whether all terms about pods, those of this one and of those that are there, are such that a node is judged by the pods
    /// on it alone.
    pub(super) fn is_apart_by_host(&self, pod: &PodRequest) -> bool {
        self.hosts_differ
            && self.pods_with_affinity == self.pods_apart_by_host
            && (!pod.has_pod_affinity() || pod.is_apart_by_host())
    }
    /// How often a node was looked at, for a pod or because another one changed: what the work of scheduling grows with.
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// Whether the node has this pod.
    pub fn holds(&self, node: NodeIx, pod: PodIx) -> bool {
        self.nodes.get(node as usize).is_some_and(|info| info.request_of(pod).is_some())
    }

    /// Puts a pod on the list of those that wait for a node (`AddNominatedPod`), in place of where it waited before.
    pub fn nominate(&mut self, pod: PodIx, node: NodeIx, request: RequestId) {
        self.clear_nomination(pod);
        self.nominated.push(Nominated { pod, node, request });
    }
    /// The pod waits for no node any more.
    pub fn clear_nomination(&mut self, pod: PodIx) {
        self.nominated.retain(|n| n.pod != pod);
    }
    /// Pods that wait for room on a node.
    pub fn nominated(&self) -> &[Nominated] {
        &self.nominated
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }
    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
    /// What is known of a node; None once it is gone.
    pub fn node(&self, node: NodeIx) -> Option<&NodeInfo> {
        self.nodes.get(node as usize).filter(|info| info.exists)
    }
    pub(super) fn in_order(&self) -> impl Iterator<Item = (NodeIx, &NodeInfo)> {
        self.order.iter().map(|node| (*node, &self.nodes[*node as usize]))
    }
}

/// The label of a node that says in which zone it is.
pub const ZONE: &str = "topology.kubernetes.io/zone";

/// `nodeTree.list`: one node of each zone in turn, zones in the order in which they came.
fn zone_by_zone(nodes: &[NodeInfo], mut order: Vec<NodeIx>) -> Vec<NodeIx> {
    let (region, zone) = (Sym::new("topology.kubernetes.io/region"), Sym::new(ZONE));
    let mut zones: Vec<((Sym, Sym), Vec<NodeIx>)> = Vec::new();
    order.sort_unstable();
    for node in order {
        let info = &nodes[node as usize];
        let key = (info.label(region).unwrap_or_default(), info.label(zone).unwrap_or_default());
        match zones.iter_mut().find(|(known, _)| *known == key) {
            Some((_, members)) => members.push(node),
            None => zones.push((key, vec![node])),
        }
    }
    let most = zones.iter().map(|(_, members)| members.len()).max().unwrap_or(0);
    (0..most)
        .flat_map(|turn| zones.iter().filter_map(move |(_, members)| members.get(turn).copied()))
        .collect()
}
