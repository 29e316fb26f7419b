//! What a kubelet has seen of a pod in the runtime, and its shape: all of it but instants, containers' identifiers and
//! addresses. Pods of one shape stand alike, and it is found once for each look instead of at each question.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::{Learned, MOST};
use crate::api::form::MOST_GAPS;
use crate::api::marks::{Gap, Gaps};
use crate::api::{ContainerId, RuntimeContainer, RuntimeSandbox, RuntimeStatus, Sym};
use crate::scenario::plan::TemplateIx;
use crate::time::Time;

/// The number of a shape, of its [`Learned`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape(u32);

impl Shape {
    pub(super) fn number(self) -> u32 {
        self.0
    }
}

/// What the runtime had of a pod when somebody looked.
#[derive(Clone, PartialEq, Debug)]
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
    /// By shape, which one was seen after it in a pod's life last, counted from one: mostly the next replica goes on alike.
    following: Vec<u32>,
}

impl Shapes {
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    pub fn example(&self, shape: Shape) -> &RuntimeStatus {
        &self.examples[shape.0 as usize]
    }

    /// That of a pod which had another one when somebody looked last. What follows mostly is tried first: it is compared, and
    /// nothing is hashed.
    fn after(&mut self, before: Shape, status: &Arc<RuntimeStatus>) -> Option<Shape> {
        let place = before.0 as usize;
        let usual = self.following.get(place).and_then(|number| number.checked_sub(1));
        if let Some(usual) = usual
            && are_alike(&self.examples[usual as usize], status)
        {
            return Some(Shape(usual));
        }
        let found = self.of(status)?;
        if self.following.len() <= place {
            self.following.resize(self.examples.len().max(place + 1), 0);
        }
        self.following[place] = found.0 + 1;
        Some(found)
    }

    fn of(&mut self, status: &Arc<RuntimeStatus>) -> Option<Shape> {
        let Shapes { examples, numbers, .. } = self;
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
    pub fn see(&mut self, template: TemplateIx, status: &Arc<RuntimeStatus>) -> Seen {
        self.see_again(template, None, status)
    }
    /// Looks once more, where the pod had this shape before.
    pub fn see_again(
        &mut self,
        template: TemplateIx,
        before: Option<Shape>,
        status: &Arc<RuntimeStatus>,
    ) -> Seen {
        let fits = status.ips.len() <= 1
            && status.sandboxes.len() <= MOST_SANDBOXES
            && status.containers.len() <= MOST_INSTANCES;
        let shape = match (fits && self.is_learned(template), before) {
            (false, _) => None,
            (true, None) => self.shapes.of(status),
            (true, Some(before)) => self.shapes.after(before, status),
        };
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

/// The first two places among what a change brings are the instant at which it comes and the address of the node.
pub(super) const NOW: usize = 0;
pub(super) const HOST: usize = 1;
/// What is not in the shape has these places among what a sync brings: the pod's address, those of its sandboxes, and of
/// each instance of a container three instants and the identifier.
const ADDRESS: usize = HOST + 1;
const SANDBOXES: usize = ADDRESS + 1;
const MOST_SANDBOXES: usize = 2;
const INSTANCES: usize = SANDBOXES + MOST_SANDBOXES;
const EACH: usize = 4;
pub(super) const MOST_INSTANCES: usize = (MOST_GAPS - INSTANCES) / EACH;

/// What a change brings itself. It is looked up place by place: of what the runtime has, little is asked for.
#[derive(Clone, Copy)]
pub(super) struct Brought<'a> {
    pub now: Time,
    /// The address of the node.
    pub host: Sym,
    /// What a sync goes by.
    pub runtime: Option<&'a RuntimeStatus>,
}

impl Brought<'_> {
    /// That of a change which looks at nothing else.
    pub fn at(now: Time) -> Brought<'static> {
        Brought { now, host: Sym::EMPTY, runtime: None }
    }
    #[inline]
    pub fn value(&self, place: usize) -> u64 {
        match place {
            NOW => self.now.micros().cast_unsigned(),
            HOST => u64::from(self.host.number()),
            _ => self.runtime.map_or(0, |runtime| brought(runtime, place)),
        }
    }
}

/// What is this pod's own, and not in its shape, by its place among what a sync brings.
#[inline]
fn brought(status: &RuntimeStatus, place: usize) -> u64 {
    let address = |ip: Sym| u64::from(ip.number());
    let instant = |at: Option<Time>| at.map_or(0, |at| at.micros().cast_unsigned());
    if place < INSTANCES {
        let ip = match place.checked_sub(SANDBOXES) {
            None => status.ips.first().copied(),
            Some(sandbox) => status.sandboxes.get(sandbox).map(|sandbox| sandbox.ip),
        };
        return ip.map_or(0, address);
    }
    let Some(container) = status.containers.get((place - INSTANCES) / EACH) else { return 0 };
    match ((place - INSTANCES) % EACH, container.id) {
        (0, _) => instant(container.created_at),
        (1, _) => instant(container.started_at),
        (2, _) => instant(container.finished_at),
        (_, ContainerId::Made(id)) => id,
        _ => 0,
    }
}

/// A pod of this shape with gaps where [`brought`] looks. A container's identifier that stands in the old status as well,
/// where `known` says so by the place of its instance, has that one's gap.
pub(super) fn with_gaps(
    example: &RuntimeStatus,
    known: impl Fn(usize) -> Option<Gap>,
) -> RuntimeStatus<Gaps> {
    let sandbox = |(place, sandbox): (usize, &RuntimeSandbox)| RuntimeSandbox {
        id: sandbox.id,
        attempt: sandbox.attempt,
        ready: sandbox.ready,
        ip: if sandbox.ip.is_empty() { Gap::EMPTY } else { Gap::new(SANDBOXES + place) },
        host_network: sandbox.host_network,
        no_network: sandbox.no_network,
    };
    let container = |(place, container): (usize, &RuntimeContainer)| {
        let gap = |of_these: usize| Gap::new(INSTANCES + place * EACH + of_these);
        RuntimeContainer {
            name: container.name,
            id: match container.id {
                ContainerId::None => ContainerId::None,
                ContainerId::Given(text) => ContainerId::Given(text),
                ContainerId::Made(_) => ContainerId::Made(known(place).unwrap_or(gap(3))),
            },
            state: container.state,
            created_at: container.created_at.map(|_| gap(0)),
            started_at: container.started_at.map(|_| gap(1)),
            finished_at: container.finished_at.map(|_| gap(2)),
            exit_code: container.exit_code,
            restart_count: container.restart_count,
            reason: container.reason,
            message: container.message,
            image: container.image,
            image_ref: container.image_ref,
            active: container.active,
        }
    };
    RuntimeStatus {
        ips: example.ips.iter().map(|_| Gap::new(ADDRESS)).collect(),
        sandboxes: example.sandboxes.iter().enumerate().map(sandbox).collect(),
        containers: example.containers.iter().enumerate().map(container).collect(),
    }
}

/// Whether two pods are the same but for what [`brought`] takes, and have it in the same places.
pub(in crate::world) fn are_alike(a: &RuntimeStatus, b: &RuntimeStatus) -> bool {
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
    // All are named: a new one has to find its place here or in `bring`.
    let RuntimeContainer {
        name,
        id,
        state,
        created_at,
        started_at,
        finished_at,
        exit_code,
        restart_count,
        reason,
        message,
        image,
        image_ref,
        active,
    } = *a;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{InstanceState, Text};

    fn container() -> RuntimeContainer {
        RuntimeContainer {
            name: Sym::READY,
            id: ContainerId::Made(1),
            state: InstanceState::Exited,
            created_at: Some(Time::from_secs(1)),
            started_at: Some(Time::from_secs(2)),
            finished_at: Some(Time::from_secs(3)),
            exit_code: 137,
            restart_count: 2,
            reason: Sym::ERROR,
            message: Text::NONE,
            image: Sym::PULLED,
            image_ref: Sym::PULLING,
            active: true,
        }
    }

    fn shape(
        learned: &mut Learned,
        change: impl Fn(&mut RuntimeContainer, &mut RuntimeSandbox),
    ) -> Option<Shape> {
        let (mut container, ip) = (container(), Sym::KUBELET);
        let id = Sym::FIRST_SANDBOX;
        let mut sandbox =
            RuntimeSandbox { id, attempt: 0, ready: true, ip, host_network: false, no_network: false };
        change(&mut container, &mut sandbox);
        let status = RuntimeStatus {
            ips: [sandbox.ip].into_iter().collect(),
            sandboxes: [sandbox].into_iter().collect(),
            containers: [container].into_iter().collect(),
        };
        learned.see(TemplateIx(0), &Arc::new(status)).shape
    }

    #[test]
    fn a_shape_is_all_but_instants_identifiers_and_addresses() {
        let mut learned = Learned { templates: vec![true], ..Learned::default() };
        let first = shape(&mut learned, |_, _| ());
        let same: [fn(&mut RuntimeContainer, &mut RuntimeSandbox); 5] = [
            |c, _| c.id = ContainerId::Made(2),
            |c, _| c.created_at = Some(Time::from_secs(7)),
            |c, _| c.started_at = Some(Time::from_secs(8)),
            |c, _| c.finished_at = Some(Time::from_secs(9)),
            |_, s| s.ip = Sym::PULLED,
        ];
        let others: [fn(&mut RuntimeContainer, &mut RuntimeSandbox); 19] = [
            |c, _| c.name = Sym::INITIALIZED,
            |c, _| c.id = ContainerId::None,
            |c, _| c.state = InstanceState::Unknown,
            |c, _| c.created_at = None,
            |c, _| c.started_at = None,
            |c, _| c.finished_at = None,
            |c, _| c.exit_code = 1,
            |c, _| c.restart_count = 3,
            |c, _| c.reason = Sym::OOM_KILLED,
            |c, _| c.message = Text::Is(Sym::ERROR),
            |c, _| c.image = Sym::CREATED,
            |c, _| c.image_ref = Sym::CREATED,
            |c, _| c.active = false,
            |_, s| s.id = Sym::CREATED,
            |_, s| s.attempt = 1,
            |_, s| s.ready = false,
            |_, s| s.ip = Sym::EMPTY,
            |_, s| s.host_network = true,
            |_, s| s.no_network = true,
        ];
        assert!(same.into_iter().all(|change| shape(&mut learned, change) == first));
        let mut found = vec![first];
        for change in others {
            let own = shape(&mut learned, change);
            assert!(!found.contains(&own), "{} of {}", found.len(), others.len());
            found.push(own);
        }
    }
}
