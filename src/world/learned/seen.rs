//! What a kubelet has seen of a pod in the runtime, and its shape: all of it but instants, containers' identifiers and
//! addresses. Pods of one shape stand alike, and it is found once for each look instead of at each question.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::{Learned, MOST};
use crate::api::{ContainerId, RuntimeContainer, RuntimeSandbox, RuntimeStatus};

/// The number of a shape, of its [`Learned`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape(u32);

impl Shape {
    pub(super) fn number(self) -> u32 {
        self.0
    }
}

/// What the runtime had of a pod when somebody looked.
#[derive(Clone, Debug)]
pub struct Seen {
    pub status: Arc<RuntimeStatus>,
    /// None where nothing is learned of it.
    pub shape: Option<Shape>,
}

impl Deref for Seen {
    type Target = RuntimeStatus;
    fn deref(&self) -> &RuntimeStatus {
        &self.status
    }
}

/// The shapes that a run has met, each with one that has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    examples: Vec<Arc<RuntimeStatus>>,
    numbers: HashTable<u32>,
}

impl Shapes {
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    pub fn example(&self, shape: Shape) -> &RuntimeStatus {
        &self.examples[shape.0 as usize]
    }

    fn of(&mut self, status: &Arc<RuntimeStatus>) -> Option<Shape> {
        let Shapes { examples, numbers } = self;
        let own = hash(status);
        if let Some(found) = numbers.find(own, |number| are_alike(&examples[*number as usize], status)) {
            return Some(Shape(*found));
        }
        if examples.len() >= MOST {
            return None;
        }
        let number = examples.len() as u32;
        examples.push(Arc::clone(status));
        numbers.insert_unique(own, number, |number| hash(&examples[*number as usize]));
        Some(Shape(number))
    }
}

impl Learned {
    /// Looks at what the runtime has of a pod of a template.
    pub fn see(&mut self, template: u32, status: &Arc<RuntimeStatus>) -> Seen {
        let shape = if self.is_learned(template) { self.shapes.of(status) } else { None };
        Seen { status: Arc::clone(status), shape }
    }
}

/// Of what mostly tells one shape from the next.
fn hash(status: &RuntimeStatus) -> u64 {
    let mut state = FxHasher::default();
    for container in &status.containers {
        let stands = (container.state as u64) << 32 | u64::from(container.exit_code.cast_unsigned());
        let which =
            u64::from(container.name.number()) << 32 | u64::from(container.restart_count.cast_unsigned());
        state.write_u64(stands);
        state.write_u64(which);
    }
    for sandbox in &status.sandboxes {
        (u64::from(sandbox.attempt) << 1 | u64::from(sandbox.ready)).hash(&mut state);
    }
    state.finish()
}

/// Whether all that is no place ([`RuntimeStatus::places`]) is the same, and all places are there in both.
fn are_alike(a: &RuntimeStatus, b: &RuntimeStatus) -> bool {
    a.ips.len() == b.ips.len()
        && a.sandboxes.len() == b.sandboxes.len()
        && a.containers.len() == b.containers.len()
        && a.containers.iter().zip(&b.containers).all(|(a, b)| are_containers_alike(a, b))
        && a.sandboxes.iter().zip(&b.sandboxes).all(|(a, b)| are_sandboxes_alike(a, b))
}

fn are_sandboxes_alike(a: &RuntimeSandbox, b: &RuntimeSandbox) -> bool {
    let RuntimeSandbox { id, attempt, ready, ip, host_network, no_network } = *a;
    (id, attempt, ready) == (b.id, b.attempt, b.ready)
        && (host_network, no_network) == (b.host_network, b.no_network)
        && ip.is_empty() == b.ip.is_empty()
}

fn are_containers_alike(a: &RuntimeContainer, b: &RuntimeContainer) -> bool {
    let RuntimeContainer { name, id, state, created_at, started_at, finished_at, .. } = *a;
    let RuntimeContainer { exit_code, restart_count, reason, message, image, image_ref, active, .. } = *a;
    let is_same_id = match (id, b.id) {
        (ContainerId::Made(_), ContainerId::Made(_)) => true,
        (a, b) => a == b,
    };
    is_same_id
        && (name, state, exit_code, restart_count) == (b.name, b.state, b.exit_code, b.restart_count)
        && (reason, message, image) == (b.reason, b.message, b.image)
        && (image_ref, active) == (b.image_ref, b.active)
        && created_at.is_some() == b.created_at.is_some()
        && started_at.is_some() == b.started_at.is_some()
        && finished_at.is_some() == b.finished_at.is_some()
}
