//! What in a status is each pod's own: instants, identifiers of containers, addresses.
//!
//! A status of the API has them ([`Real`]); a form that many pods share ([`super::form`]) has numbered [`Gap`]s in their
//! places ([`Gaps`]). A rule that is written for both copies them and asks whether two are the same one: more than that
//! cannot be asked of a gap, so a rule that would measure a time does not compile. What a status needs to know of times,
//! such as whether a deadline is over, is measured before and comes to the rule as an answer.
//!
//! ```
//! # use kubelapse::api::{Marks, PodStatus};
//! fn began<M: Marks>(status: &PodStatus<M>, now: M::Instant) -> bool {
//!     status.start_time.is_some_and(|start| now == start)
//! }
//! ```
//! ```compile_fail
//! # use kubelapse::api::{Marks, PodStatus};
//! fn began<M: Marks>(status: &PodStatus<M>, now: M::Instant) -> bool {
//!     status.start_time.is_some_and(|start| now > start)
//! }
//! ```

use std::fmt::Debug;
use std::hash::Hash;

use super::{Condition, ContainerId, ContainerState, ContainerStatus, Ips, PodStatus, Sym, Terminated};
use crate::time::Time;

/// What stands in a status in the place of what is each pod's own.
pub trait Marks: Copy + Eq + Hash + Debug + Default {
    /// A moment in a pod's life.
    type Instant: Instant;
    /// The number that a container's identifier is spelled from.
    type Id: Copy + Eq + Hash + Debug;
    /// An address of a pod or of its node.
    type Address: Address;
}

/// Of a status with such marks. (Written so, a derived trait asks nothing of instants that [`Marks`] does not ask already.)
pub type InstantOf<M> = <M as Marks>::Instant;

/// As far as a rule may know one.
pub trait Instant: Copy + Eq + Hash + Debug {
    /// The beginning of its second, as the API writes it.
    #[must_use]
    fn truncate_secs(self) -> Self;
}

/// As far as a rule may know one.
pub trait Address: Copy + Eq + Hash + Debug {
    /// None of a gap: nothing is learned of pods with several addresses, of which alone this is asked.
    fn is_v6(self) -> Option<bool>;
    /// There is no address.
    fn is_empty(self) -> bool;
}

/// The marks of a pod, as clients see them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Real;

impl Marks for Real {
    type Instant = Time;
    type Id = u64;
    type Address = Sym;
}
impl Instant for Time {
    fn truncate_secs(self) -> Time {
        Time::truncate_secs(self)
    }
}
impl Address for Sym {
    fn is_v6(self) -> Option<bool> {
        Some(self.contains(':'))
    }
    fn is_empty(self) -> bool {
        Sym::is_empty(self)
    }
}

/// Gaps in the places of marks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Gaps;

impl Marks for Gaps {
    type Instant = Gap;
    type Id = Gap;
    type Address = Gap;
}

/// The place of something that each pod has its own of, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Gap {
    pub number: u8,
    /// An instant that is cut to its second.
    pub cut: bool,
}

impl Gap {
    /// In the place of an address that is not there.
    pub const EMPTY: Gap = Gap { number: u8::MAX, cut: true };

    /// Of what lies too far beyond [`super::form::MOST_GAPS`] all have the same: a status with so many is held whole.
    pub fn new(number: usize) -> Gap {
        Gap { number: u8::try_from(number).unwrap_or(u8::MAX), cut: false }
    }
}

impl Instant for Gap {
    fn truncate_secs(self) -> Gap {
        Gap { cut: true, ..self }
    }
}
impl Address for Gap {
    fn is_v6(self) -> Option<bool> {
        None
    }
    fn is_empty(self) -> bool {
        self == Gap::EMPTY
    }
}

/// Puts marks of one kind in the places of those of another.
pub trait Exchange<M: Marks, N: Marks> {
    fn instant(&mut self, instant: M::Instant) -> N::Instant;
    fn id(&mut self, id: M::Id) -> N::Id;
    fn address(&mut self, address: M::Address) -> N::Address;
}

fn instant<M: Marks, N: Marks>(
    instant: Option<M::Instant>,
    by: &mut impl Exchange<M, N>,
) -> Option<N::Instant> {
    instant.map(|instant| by.instant(instant))
}

fn addresses<M: Marks, N: Marks>(addresses: &Ips<M>, by: &mut impl Exchange<M, N>) -> Ips<N> {
    addresses.iter().map(|address| by.address(*address)).collect()
}

impl<M: Marks> ContainerId<M> {
    fn exchanged<N: Marks>(self, by: &mut impl Exchange<M, N>) -> ContainerId<N> {
        match self {
            ContainerId::None => ContainerId::None,
            ContainerId::Given(text) => ContainerId::Given(text),
            ContainerId::Made(id) => ContainerId::Made(by.id(id)),
        }
    }
}

impl<M: Marks> ContainerState<M> {
    fn exchanged<N: Marks>(&self, by: &mut impl Exchange<M, N>) -> ContainerState<N> {
        match *self {
            ContainerState::Unset => ContainerState::Unset,
            ContainerState::Waiting { reason, message } => ContainerState::Waiting { reason, message },
            ContainerState::Running { started_at } => {
                ContainerState::Running { started_at: instant(started_at, by) }
            }
            ContainerState::Terminated(ended) => ContainerState::Terminated(Terminated {
                exit_code: ended.exit_code,
                signal: ended.signal,
                reason: ended.reason,
                message: ended.message,
                started_at: instant(ended.started_at, by),
                finished_at: instant(ended.finished_at, by),
                container_id: ended.container_id.exchanged(by),
            }),
        }
    }
}

impl<M: Marks> ContainerStatus<M> {
    /// The same with other marks.
    pub fn exchanged<N: Marks>(&self, by: &mut impl Exchange<M, N>) -> ContainerStatus<N> {
        ContainerStatus {
            name: self.name,
            state: self.state.exchanged(by),
            last_state: self.last_state.exchanged(by),
            ready: self.ready,
            started: self.started,
            restart_count: self.restart_count,
            image: self.image,
            image_id: self.image_id,
            container_id: self.container_id.exchanged(by),
        }
    }
}

impl<M: Marks> Condition<M> {
    /// The same with other marks.
    pub fn exchanged<N: Marks>(&self, by: &mut impl Exchange<M, N>) -> Condition<N> {
        Condition {
            kind: self.kind,
            status: self.status,
            reason: self.reason,
            message: self.message,
            last_transition: instant(self.last_transition, by),
            last_probe: instant(self.last_probe, by),
            observed_generation: self.observed_generation,
        }
    }
}

impl<M: Marks> PodStatus<M> {
    /// The same status with other marks, those of conditions exchanged last: where others change, the kubelet has news.
    pub fn exchanged<N: Marks>(&self, by: &mut impl Exchange<M, N>) -> PodStatus<N> {
        PodStatus {
            phase: self.phase,
            reason: self.reason,
            message: self.message,
            init: self.init.iter().map(|container| container.exchanged(by)).collect(),
            containers: self.containers.iter().map(|container| container.exchanged(by)).collect(),
            ephemeral: self.ephemeral.iter().map(|container| container.exchanged(by)).collect(),
            start_time: instant(self.start_time, by),
            host_ips: addresses(&self.host_ips, by),
            pod_ips: addresses(&self.pod_ips, by),
            conditions: self.conditions.iter().map(|condition| condition.exchanged(by)).collect(),
            nominated_node: self.nominated_node,
            qos_class: self.qos_class,
            observed_generation: self.observed_generation,
        }
    }
    /// How many marks stand in conditions.
    pub fn marks_of_conditions(&self) -> usize {
        let own = |condition: &Condition<M>| {
            usize::from(condition.last_transition.is_some()) + usize::from(condition.last_probe.is_some())
        };
        self.conditions.iter().map(own).sum()
    }
}
