//! What a run goes on with: a given cluster, as it stands at an instant.
//!
//! Each pod is put into the world where its play begins ([`crate::scenario::given::past`]) and lived from there to the present by
//! the same kubelets, schedulers and runtimes as ever. So what a kubelet remembers (when its relist comes, until when a worker
//! waits, what a probe has counted) has come about, and needs nobody to make it up; what even that leaves open, such as the part
//! of a second below a printed one, is drawn ([`crate::world::Purpose::Present`]).
//!
//! Not every course leads to the cluster that was printed. Luck by address makes it cheap to look for those that do: a pod or a
//! node whose course went elsewhere gets another throw of its own dice ([`Luck`]), and everybody else's stay as they are. Who
//! looks stands above, in [`crate::answers`].
//!
//! | | |
//! | --- | --- |
//! | [`nodes`] | nodes stand as they were printed: those that are lost have no kubelet |
//! | [`pods`] | a pod on its machine, its kubelet's worker with it |
//! | [`workloads`] | the controllers list what is there, once the present is reached |

mod nodes;
mod pods;
mod workloads;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::random;
use crate::scenario::given::SetUp;
use crate::scenario::given::past::Begin;
use crate::time::{Span, Time};
use crate::world::{NodeId, PodId, World};

use super::kubelet::images;
use super::{api_server, start};
use pods::When;

/// Which throw of the dice counts of each pod and of each node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Luck {
    /// By pod of the input.
    pub pods: Vec<u32>,
    /// By node.
    pub nodes: Vec<u32>,
    /// By pod of the input: whether it stays without a node, refused for a reason that the input does not show.
    pub kept: Vec<bool>,
}

impl Luck {
    /// The first throw of all.
    pub fn first(up: &SetUp) -> Luck {
        let pods = up.players.len();
        Luck { pods: vec![0; pods], nodes: vec![0; up.plan.nodes.len()], kept: vec![false; pods] }
    }
}

/// A world at the present, and which of its pods is which of the input's.
pub struct Present {
    /// The world.
    pub world: World,
    /// By pod of the input.
    pub pods: Vec<PodId>,
}

/// What is done on the way to the present: to a pod; or to a node, on whose disk an image lies from then on, or which pulls one for
/// a pod whose play begins later.
enum Step {
    Image,
    Occupy,
    Release,
    Put,
    Delete,
}

impl Step {
    /// What comes first of what comes in one instant.
    fn rank(&self) -> u8 {
        match self {
            Step::Image => 0,
            Step::Occupy => 1,
            Step::Release => 2,
            Step::Put => 3,
            Step::Delete => 4,
        }
    }
}

/// An image is there so long before a container of it begins.
const CREATES: Span = Span::from_millis(100);

/// Plays a given cluster to its present.
pub fn present(up: &SetUp, seed: u64, luck: &Luck) -> Present {
    let mut w = start::world(&up.plan, seed);
    for (template, count) in &up.templates {
        let many = up.plan.learns_from.is_some_and(|many| *count >= many);
        w.add_template(Arc::clone(template), many);
    }
    throw_nodes(&mut w, luck);
    nodes::stand(&mut w, up);
    let mut agenda = Vec::new();
    let mut whens = Vec::with_capacity(up.players.len());
    for ix in 0..up.players.len() {
        let when = When::of(&w, up, ix, luck.pods[ix]);
        agenda.push((when.begins, ix, Step::Put));
        agenda.extend(when.deleted.map(|at| (at, ix, Step::Delete)));
        whens.push(when);
    }
    let earlier = pods::earlier(up, &whens);
    let began = first_starts(up, &whens);
    agenda.extend(up.images.iter().enumerate().map(|(ix, (node, image, at))| {
        let exact = began.get(&(*node, image.as_str())).filter(|exact| exact.truncate_secs() == *at);
        (*exact.unwrap_or(at) - CREATES, ix, Step::Image)
    }));
    for (node, from, until) in occupied(up, &whens) {
        agenda.extend([(from, node, Step::Occupy), (until, node, Step::Release)]);
    }
    let mut pulls = vec![None; up.plan.nodes.len()];
    agenda.sort_by_key(|(at, ix, step)| (*at, step.rank(), *ix));
    let mut put: Vec<PodId> = vec![PodId::default(); up.players.len()];
    for (at, ix, step) in agenda {
        play_to(&mut w, at);
        match step {
            Step::Image => {
                let (node, image, _) = up.images[ix];
                let image = w.images.full(image);
                if !w.machines[node].images.contains(&image) {
                    w.machines[node].images.push(image);
                }
            }
            Step::Occupy => pulls[ix] = images::occupy(&mut w, NodeId::new(ix)),
            Step::Release => {
                if let Some(pull) = pulls[ix].take() {
                    images::release(&mut w, NodeId::new(ix), pull);
                }
            }
            Step::Put => {
                let own = (luck.pods[ix], luck.kept[ix]);
                put[ix] = pods::put(&mut w, up, ix, &whens[ix], own, earlier[ix]);
            }
            Step::Delete => {
                let grace = up.players[ix].past.asked_to_go.map(|(_, grace)| grace);
                api_server::delete_pod(&mut w, put[ix], grace);
            }
        }
    }
    play_to(&mut w, up.given.now);
    nodes::follow(&mut w, up);
    Present { world: w, pods: put }
}

/// When the first container of an image began on a node, with the part of the second: of those that have not been restarted.
fn first_starts<'a>(up: &'a SetUp, whens: &[When]) -> BTreeMap<(usize, &'a str), Time> {
    let mut first: BTreeMap<(usize, &str), Time> = BTreeMap::new();
    for ((player, when), given) in up.players.iter().zip(whens).zip(&up.given.pods) {
        let Some(node) = player.node else { continue };
        let spec = &given.pod.spec;
        let all = spec.init_containers.iter().chain(&spec.containers).zip(&player.past.containers);
        for ((container, stood), at) in all.zip(when.starts()) {
            if let Some(at) = at.filter(|_| stood.number == 0) {
                let own = first.entry((node, container.image.as_str())).or_insert(at);
                *own = at.min(*own);
            }
        }
    }
    first
}

/// When a node's queue of pulls was somebody's whose play begins with its start, while others waited behind: by node.
fn occupied(up: &SetUp, whens: &[When]) -> Vec<(usize, Time, Time)> {
    let mut waiting: BTreeMap<usize, Time> = BTreeMap::new();
    for (player, when) in up.players.iter().zip(whens) {
        if let (Begin::Bound(_), Some(node)) = (player.past.begin, player.node) {
            let own = waiting.entry(node).or_insert(when.begins);
            *own = when.begins.min(*own);
        }
    }
    let mut found = Vec::new();
    for (node, from) in waiting {
        // Who was bound before the image was there has pulled it, or has waited in the queue for who did.
        let is_pulled = |ix: &usize| {
            let (player, given) = (&up.players[*ix], &up.given.pods[*ix].pod);
            let asked = given.status.start_time.or(given.created());
            let first = player.past.containers.iter().all(|own| own.number == 0);
            let mut images = up.images.iter().filter(|(of, image, _)| {
                *of == node && given.spec.containers.first().is_some_and(|own| own.image == *image)
            });
            first && images.all(|(.., at)| asked.is_some_and(|asked| asked <= *at))
        };
        let of_node = (0..up.players.len()).filter(|ix| up.players[*ix].node == Some(node));
        let starting = of_node.filter(|ix| matches!(up.players[*ix].past.begin, Begin::Start(_)));
        let last = starting.filter(is_pulled).filter_map(|ix| whens[ix].first_start()).max();
        found.extend(last.map(|at| (node, from, at - CREATES)).filter(|(_, from, until)| from < until));
    }
    found
}

/// The controllers of workloads begin to work in the present; nothing of what was before is told.
pub fn set_going(up: &SetUp, present: &mut Present) {
    workloads::list(&mut present.world, up, &present.pods);
    present.world.outbox.clear();
}

/// Plays what comes up to an instant, and stands there.
fn play_to(w: &mut World, at: Time) {
    while w.queue.peek_time().is_some_and(|next| next <= at) {
        let Some((now, _, event)) = w.queue.pop() else { break };
        w.now = now;
        w.step += 1;
        super::play(w, event);
        w.outbox.clear();
    }
    w.now = w.now.max(at);
}

/// The loops of kubelets whose node has got another throw.
fn throw_nodes(w: &mut World, luck: &Luck) {
    let plan = Arc::clone(&w.plan);
    for (ix, throw) in luck.nodes.iter().enumerate().filter(|(_, throw)| **throw > 0) {
        let entity = random::entity(&[&plan.nodes[ix].spec.name]);
        let kubelet = start::kubelet(w, &plan.nodes[ix], entity, u64::from(*throw) << 16);
        if w.machines[ix].kubelet.is_some() {
            w.machines[ix].kubelet = Some(Box::new(kubelet));
        }
    }
}
