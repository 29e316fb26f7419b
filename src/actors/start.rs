//! What a run begins with: nodes, objects, arrivals and actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::api_server::{self, NewPod};
use super::command;
use super::controllers::claims;
use super::kubelet::process::REGISTERS;
use super::node_lifecycle;
use crate::api::{NodeSpec, Sym};
use crate::engine::{Distribution, random};
use crate::record::Directory;
use crate::rules::kubectl::apply::LAST_APPLIED;
use crate::rules::scheduler::placement::Cluster;
use crate::scenario::plan::{NodePlan, ObjectPlan, Plan, TemplateIx};
use crate::time::{Span, Time};
use crate::world::kubelet::{Anchors, Kubelet};
use crate::world::node::NodeCondition;
use crate::world::world_parts::{Common, empty};
use crate::world::{ApiObject, Machine, NodeId, Purpose, SimEvent, World};

/// What a relist takes. The relists of 92 recorded kubelets that had a machine's time for themselves came by 1.6 to 8 ms a relist
/// later, half of them by 3 ms or less; those of 18 that shared theirs with many others by 5 to 14.
const RELIST_TAKES: Distribution =
    Distribution::LogNormal { median: Span::from_millis(3), p95: Span::from_millis(9) };

/// From one relist to the next: the second that the kubelet waits, and what listing takes.
fn relist_period(mut draw: random::Draw) -> Span {
    Span::from_secs(1) + RELIST_TAKES.sample(&mut draw)
}

/// The address of a node, in the usual private range; pods have theirs from 10.244 on.
fn address(ix: usize) -> Sym {
    Sym::new(&format!("10.{}.{}.{}", ix / 62_500, ix / 250 % 250, ix % 250 + 2))
}

/// The kubelet of a node, which has run for a while when a scenario begins. `luck` is another throw of the same dice.
pub fn kubelet(w: &World, node: &NodePlan, entity: u64, luck: u64) -> Kubelet {
    let start = w.plan.start;
    let throttle = super::kubelet::images::full_throttle(&node.kubelet, start);
    let part = |purpose, of: i64| Span::from_micros(w.draw(purpose, entity, luck).below(of as u64) as i64);
    let (since, anchors) = match &node.kubelet_uptime {
        // Its loops have not drifted apart yet, from each other and from those of kubelets that started with it.
        Some(uptime) => {
            let together = random::entity(&[&uptime.together]);
            let since = start - uptime.how_long.sample(&mut w.draw(Purpose::KubeletUptime, together, luck));
            let began = since + part(Purpose::RelistPhase, STARTED_TOGETHER.micros());
            (since, Anchors { relist: began, tick: began, reconcile: began })
        }
        None => {
            let phase = |purpose| start + part(purpose, 1_000_000) - Span::from_secs(1);
            let anchors = Anchors {
                relist: phase(Purpose::RelistPhase),
                tick: phase(Purpose::TickPhase),
                reconcile: start + (part(Purpose::ReconcilePhase, 1_000_000) - Span::from_secs(1)) * 10,
            };
            (start - node_lifecycle::KUBELET_AGE, anchors)
        }
    };
    Kubelet::new(0, since, Time::EPOCH, anchors, throttle)
}

/// How far apart kubelets begin that are started at once. Of recorded pairs the relists lie within a tenth of a second.
const STARTED_TOGETHER: Span = Span::from_millis(60);

/// What stands at the start of all runs of a plan, whatever their luck: worked out once for many of them.
#[derive(Clone)]
pub struct Beginning {
    nodes: Arc<[FirstNode]>,
    places_of_nodes: Arc<FxHashMap<Sym, NodeId>>,
    conditions: [NodeCondition; 4],
    picture: Cluster,
}

/// A node before anything happens.
struct FirstNode {
    spec: Arc<NodeSpec>,
    capacity: Arc<BTreeMap<String, i128>>,
    ip: Sym,
}

impl Beginning {
    pub fn of(plan: &Plan) -> Beginning {
        let nodes = plan.nodes.iter().enumerate().map(|(ix, node)| FirstNode {
            spec: Arc::new(node_lifecycle::node_spec(plan, ix)),
            capacity: Arc::new(node.spec.capacity.clone()),
            ip: address(ix),
        });
        let nodes: Arc<[FirstNode]> = nodes.collect();
        let places = plan.nodes.iter().enumerate().map(|(ix, node)| (node.spec.name, NodeId::new(ix)));
        // Those that join later are listed when their kubelets register them.
        let there = NodeId::all(nodes.len()).zip(&plan.nodes).filter(|(_, node)| node.joins.is_none());
        let there = there.map(|(id, _)| (id, &*nodes[id.ix()].spec));
        Beginning {
            places_of_nodes: Arc::new(places.collect()),
            conditions: node_lifecycle::healthy(plan.start - node_lifecycle::KUBELET_AGE),
            picture: super::scheduler::first_picture(plan, there),
            nodes,
        }
    }
}

/// A world at the scenario's start, with everything that the scenario announces in its queue.
pub fn world(plan: &Arc<Plan>, seed: u64) -> World {
    world_with(plan, seed, Common::new(plan), Beginning::of(plan))
}

/// The same of one of many worlds of a plan, which takes over what they have in common.
pub fn world_with(plan: &Arc<Plan>, seed: u64, common: Common, beginning: Beginning) -> World {
    let Beginning { nodes, places_of_nodes, conditions, picture } = beginning;
    let mut w = empty(plan, seed, common);
    // Room for all at once, or for the first million: growing would hold them twice.
    let pods = plan.templates.iter().map(|template| template.replicas as usize).sum::<usize>().min(1 << 20);
    w.pods.expect(pods);
    w.places.expect(pods);
    w.records.expect(pods);
    w.nodes.expect(nodes.len());
    w.machines.reserve_exact(nodes.len());
    w.directory = Directory {
        nodes: plan.nodes.iter().map(|n| n.spec.name).collect(),
        start: plan.start,
        scenario: plan.name.as_str().into(),
        description: plan.description.as_str().into(),
        ..Directory::default()
    };
    for name in &w.directory.nodes {
        w.digest.fold(name.content());
    }
    w.places_of_nodes = places_of_nodes;
    for (node, first) in plan.nodes.iter().zip(&*nodes) {
        let entity = crate::engine::random::entity(&[&node.spec.name]);
        let kubelet = kubelet(&w, node, entity, 0);
        let ip = first.ip;
        let images = node.spec.images.iter().map(|image| w.images.full(*image)).collect();
        w.machines.push(Machine {
            name: node.spec.name,
            ip,
            capacity: Arc::clone(&first.capacity),
            relist_period: relist_period(w.draw(Purpose::RelistPeriod, entity, 0)),
            up: true,
            going_off: false,
            config: Arc::clone(&node.kubelet),
            kubelet: node.joins.is_none().then(|| Box::new(kubelet)),
            incarnation: 0,
            pods: Vec::new(),
            shortages: Vec::new(),
            starts: Default::default(),
            images,
            private_images: Vec::new(),
            failed_pulls: Vec::new(),
            next_pull: 0,
        });
        let spec = Arc::clone(&first.spec);
        match node.joins {
            None => {
                api_server::nodes::found(&mut w, spec, ip, conditions);
            }
            // Its kubelet registers it when it starts.
            Some(at) => {
                let node = api_server::nodes::awaited(&mut w, spec, ip, conditions);
                w.at(at + REGISTERS, SimEvent::KubeletStart { node, generation: 0 });
            }
        }
    }
    for node in NodeId::all(w.nodes.len()) {
        node_lifecycle::watch_heartbeats(&mut w, node);
    }
    super::attach_detach::node_changed(&mut w);
    super::scheduler::start(&mut w, picture);
    for (index, object) in (0..).zip(&plan.objects) {
        know(&mut w, index, object, plan.start);
    }
    for (ix, template) in plan.templates.iter().enumerate() {
        w.at(template.at, SimEvent::CreatePod { template: TemplateIx::new(ix), ordinal: 0 });
    }
    for (index, apply) in (0..).zip(&plan.applies) {
        w.at(apply.at, SimEvent::Apply { index });
    }
    for (index, action) in (0..).zip(&plan.actions) {
        w.at(action.at, SimEvent::Action { index });
    }
    w
}

/// A replica is created, and the next one is queued. Of a manifest that is applied the pod may be there already.
pub fn create_pod(w: &mut World, template: TemplateIx, ordinal: u32) {
    let t = Arc::clone(&w.templates[template.ix()]);
    let is_applied = t.annotations.contains_key(LAST_APPLIED);
    let there = is_applied.then(|| api_server::find_pod(w, t.namespace, t.name)).flatten();
    if let Some(pod) = there {
        command::apply_pod(w, pod, template);
    } else if let Err(refused) = api_server::create_pod(w, NewPod::replica(&t, template, ordinal)) {
        w.answer(&refused.told(None));
    }
    if ordinal + 1 < t.replicas {
        let entity = crate::engine::random::entity(&[&t.namespace, &t.name]);
        let mut draw = w.draw(Purpose::Arrival, entity, u64::from(ordinal));
        let gap = t.every.sample(&mut draw);
        w.after(gap, SimEvent::CreatePod { template, ordinal: ordinal + 1 });
    }
}

/// An object of the scenario that pods refer to: it is there, or will be.
fn know(w: &mut World, index: u32, object: &ObjectPlan, start: Time) {
    let bound_at = object.claim.as_ref().and_then(|claim| claim.bound_at);
    let known = ApiObject {
        kind: object.kind,
        namespace: object.namespace,
        name: object.name,
        exists: object.at.is_some_and(|at| at <= start),
        bound: bound_at.is_some_and(|at| at <= start),
        claim: object.claim.clone().map(Arc::new),
        keys: object.keys.clone(),
    };
    let is_there = known.exists;
    api_server::objects::known(w, known);
    if is_there {
        claims::came(w, index as usize);
    }
    if let Some(at) = object.at.filter(|at| *at > start) {
        w.at(at, SimEvent::CreateObject { index });
    }
    if let Some(at) = bound_at.filter(|at| *at > start) {
        w.at(at, SimEvent::BindClaim { index });
    }
}
