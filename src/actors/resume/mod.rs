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

use std::sync::Arc;

use crate::engine::random;
use crate::scenario::given::SetUp;
use crate::time::{Span, Time};
use crate::world::{PodId, World};

use super::{api_server, start};
use pods::When;

/// Which throw of the dice counts of each pod and of each node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Luck {
    /// By pod of the input.
    pub pods: Vec<u32>,
    /// By node.
    pub nodes: Vec<u32>,
}

impl Luck {
    /// The first throw of all.
    pub fn first(up: &SetUp) -> Luck {
        Luck { pods: vec![0; up.players.len()], nodes: vec![0; up.plan.nodes.len()] }
    }
}

/// A world at the present, and which of its pods is which of the input's.
pub struct Present {
    /// The world.
    pub world: World,
    /// By pod of the input.
    pub pods: Vec<PodId>,
}

/// What is done on the way to the present: to a pod, or to a node, on whose disk an image lies from then on.
enum Step {
    Image,
    Put,
    Delete,
}

impl Step {
    /// What comes first of what comes in one instant.
    fn rank(&self) -> u8 {
        match self {
            Step::Image => 0,
            Step::Put => 1,
            Step::Delete => 2,
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
    agenda.extend(up.images.iter().enumerate().map(|(ix, (.., at))| (*at - CREATES, ix, Step::Image)));
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
            Step::Put => put[ix] = pods::put(&mut w, up, ix, &whens[ix], luck.pods[ix]),
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
