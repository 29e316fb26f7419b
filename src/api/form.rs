//! A pod's status as a run holds it.
//!
//! A hundred thousand replicas pass through a few dozen statuses that differ in nothing but instants, identifiers of
//! containers and addresses. What they share is a [`Form`], a status with numbered gaps in those places; a replica's own
//! status is its form and a dozen numbers that fill the gaps. A status that nobody shares is held whole.

use std::borrow::{Borrow, Cow};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::marks::{Exchange, Gap, Gaps, Marks, Real};
use super::{Condition, ContainerState, ContainerStatus, Phase, PodStatus, Sym};
use crate::time::Time;

/// What fills the gaps of a form, in their order.
pub type Values = SmallVec<[u64; 16]>;

/// The most gaps of a form: the places of those that are alike in something are the bits of one number.
pub const MOST_GAPS: usize = 64;

/// A status with gaps.
#[derive(Debug)]
pub struct Form {
    /// Of its [`Forms`].
    pub number: u32,
    /// Its gaps are numbered as [`Numbering`] does.
    pub status: PodStatus<Gaps>,
    /// So many gaps stand outside conditions; they come first.
    pub firm: usize,
    /// The gaps of containers' identifiers.
    pub ids: SmallVec<[u8; 6]>,
}

/// A form is found by what stands in it.
#[derive(Clone, Debug)]
struct ByStatus(Arc<Form>);

impl Borrow<PodStatus<Gaps>> for ByStatus {
    fn borrow(&self) -> &PodStatus<Gaps> {
        &self.0.status
    }
}
impl Hash for ByStatus {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.status.hash(state);
    }
}
impl PartialEq for ByStatus {
    fn eq(&self, other: &ByStatus) -> bool {
        self.0.status == other.0.status
    }
}
impl Eq for ByStatus {}

/// The forms that a run has met: two statuses of one form have the same one, not just equal ones.
#[derive(Clone, Debug, Default)]
pub struct Forms(FxHashSet<ByStatus>);

/// With more forms than this it is not replicas that a run plays.
const MOST: usize = 1 << 15;

impl Forms {
    /// The form of a status, and what stood where its gaps are; None if it has too many of them, or if there are too many forms.
    pub fn of<M: Marks, T>(&mut self, status: &PodStatus<M>) -> Option<(Arc<Form>, SmallVec<[T; 16]>)>
    where
        T: Copy + PartialEq,
        Numbering<T>: Exchange<M, Gaps>,
    {
        let mut numbering = Numbering { taken: SmallVec::new(), ids: SmallVec::new() };
        let status = status.exchanged(&mut numbering);
        let Numbering { taken, ids } = numbering;
        if taken.len() > MOST_GAPS {
            return None;
        }
        if let Some(found) = self.0.get(&status) {
            return Some((Arc::clone(&found.0), taken));
        }
        if self.0.len() >= MOST {
            return None;
        }
        let firm = taken.len() - status.marks_of_conditions();
        let form = Arc::new(Form { number: self.0.len() as u32, status, firm, ids });
        self.0.insert(ByStatus(Arc::clone(&form)));
        Some((form, taken))
    }

    /// Holds a status by its form, if its instants are whole seconds, as the API server stores them.
    pub fn hold(&mut self, status: PodStatus) -> HeldStatus {
        if !is_cut(&status) {
            return HeldStatus::from(status);
        }
        match self.of(&status) {
            Some((form, values)) => HeldStatus::from(Arc::new(Filled { form, values })),
            None => HeldStatus::from(status),
        }
    }
}

/// Whether all instants of a status are whole seconds.
fn is_cut(status: &PodStatus) -> bool {
    let whole = |at: Option<Time>| at.is_none_or(|at| at == at.truncate_secs());
    let state = |state: &ContainerState| match state {
        ContainerState::Running { started_at } => whole(*started_at),
        ContainerState::Terminated(ended) => whole(ended.started_at) && whole(ended.finished_at),
        ContainerState::Waiting { .. } | ContainerState::Unset => true,
    };
    whole(status.start_time)
        && status.conditions.iter().all(|c| whole(c.last_transition) && whole(c.last_probe))
        && [&status.init[..], &status.containers, &status.ephemeral]
            .into_iter()
            .flatten()
            .all(|c| state(&c.state) && state(&c.last_state))
}

/// Takes out what stands in a status and leaves gaps, numbered in the order of their places, one number for all places of
/// one and the same container.
#[derive(Debug)]
pub struct Numbering<T> {
    taken: SmallVec<[T; 16]>,
    ids: SmallVec<[u8; 6]>,
}

impl<T: Copy + PartialEq> Numbering<T> {
    fn next(&mut self, own: T) -> Gap {
        self.taken.push(own);
        Gap::new(self.taken.len() - 1)
    }
    fn same(&mut self, own: T) -> Gap {
        let known = self.ids.iter().find(|number| self.taken[usize::from(**number)] == own);
        if let Some(number) = known {
            return Gap::new(usize::from(*number));
        }
        let gap = self.next(own);
        self.ids.push(gap.number);
        gap
    }
}

impl Exchange<Real, Gaps> for Numbering<u64> {
    fn instant(&mut self, instant: Time) -> Gap {
        self.next(instant.micros().cast_unsigned())
    }
    fn id(&mut self, id: u64) -> Gap {
        self.same(id)
    }
    fn address(&mut self, address: Sym) -> Gap {
        self.next(u64::from(address.number()))
    }
}

impl Exchange<Gaps, Gaps> for Numbering<Gap> {
    fn instant(&mut self, instant: Gap) -> Gap {
        self.next(instant)
    }
    fn id(&mut self, id: Gap) -> Gap {
        self.same(id)
    }
    fn address(&mut self, address: Gap) -> Gap {
        self.next(address)
    }
}

/// Fills gaps.
struct Filling<'a>(&'a [u64]);

impl Filling<'_> {
    fn value(&self, gap: Gap) -> u64 {
        self.0[usize::from(gap.number)]
    }
}

impl Exchange<Gaps, Real> for Filling<'_> {
    fn instant(&mut self, instant: Gap) -> Time {
        Time::from_micros(self.value(instant).cast_signed())
    }
    fn id(&mut self, id: Gap) -> u64 {
        self.value(id)
    }
    fn address(&mut self, address: Gap) -> Sym {
        Sym::numbered(self.value(address) as u32)
    }
}

#[derive(Debug)]
pub struct Filled {
    pub form: Arc<Form>,
    pub values: Values,
}

/// A pod's status, shared by those who hold the same.
#[derive(Clone, Debug)]
pub enum HeldStatus {
    /// Its own.
    Whole(Arc<PodStatus>),
    /// A form that others share, and what fills its gaps; beside it the phase, which most ask for who look no further, so that
    /// neither of the two need be fetched for it.
    Filled(Arc<Filled>, Phase),
}

/// Asks of a status, or of a container's, what is the same for all that share its form: the answer is compiled for whole
/// ones and for forms, and so cannot tell what is each pod's own.
macro_rules! ask {
    ($held:expr, |$status:ident| $answer:expr) => {
        match $held.parts() {
            $crate::api::form::Parts::Whole($status) => $answer,
            $crate::api::form::Parts::Form($status, _) => $answer,
        }
    };
}
pub(crate) use ask;

/// What is held: something whole, or its form and what fills it.
#[derive(Clone, Copy, Debug)]
pub enum Parts<'a, W, F> {
    Whole(&'a W),
    Form(&'a F, &'a [u64]),
}

impl From<Arc<Filled>> for HeldStatus {
    fn from(filled: Arc<Filled>) -> HeldStatus {
        let phase = filled.form.status.phase;
        HeldStatus::Filled(filled, phase)
    }
}

impl From<PodStatus> for HeldStatus {
    fn from(status: PodStatus) -> HeldStatus {
        HeldStatus::Whole(Arc::new(status))
    }
}

impl Default for HeldStatus {
    fn default() -> HeldStatus {
        HeldStatus::from(PodStatus::default())
    }
}

impl PartialEq for HeldStatus {
    fn eq(&self, other: &HeldStatus) -> bool {
        match (self, other) {
            (HeldStatus::Filled(a, _), HeldStatus::Filled(b, _)) if Arc::ptr_eq(&a.form, &b.form) => {
                a.values == b.values
            }
            (HeldStatus::Whole(a), HeldStatus::Whole(b)) => a == b,
            _ => !ask!(self, |a| ask!(other, |b| are_plainly_others(a, b))) && self.read() == other.read(),
        }
    }
}
impl Eq for HeldStatus {}

/// Whether two statuses differ in what never fills a gap and mostly differs first.
fn are_plainly_others<M: Marks, N: Marks>(a: &PodStatus<M>, b: &PodStatus<N>) -> bool {
    a.phase != b.phase
        || a.conditions.len() != b.conditions.len()
        || a.conditions.iter().zip(&b.conditions).any(|(a, b)| (a.kind, a.status) != (b.kind, b.status))
}

impl HeldStatus {
    pub(crate) fn parts(&self) -> Parts<'_, PodStatus, PodStatus<Gaps>> {
        match self {
            HeldStatus::Whole(status) => Parts::Whole(status),
            HeldStatus::Filled(filled, _) => Parts::Form(&filled.form.status, &filled.values),
        }
    }
    /// All of it.
    pub fn read(&self) -> Cow<'_, PodStatus> {
        match self.parts() {
            Parts::Whole(status) => Cow::Borrowed(status),
            Parts::Form(status, values) => Cow::Owned(status.exchanged(&mut Filling(values))),
        }
    }
    /// `status.phase`
    pub fn phase(&self) -> Phase {
        match self {
            HeldStatus::Whole(status) => status.phase,
            HeldStatus::Filled(_, phase) => *phase,
        }
    }
    /// `status.reason`
    pub fn reason(&self) -> Sym {
        ask!(self, |status| status.reason)
    }
    /// `status.qosClass`
    pub fn qos_class(&self) -> Sym {
        ask!(self, |status| status.qos_class)
    }
    /// `status.nominatedNodeName`
    pub fn nominated_node(&self) -> Sym {
        ask!(self, |status| status.nominated_node)
    }
    /// Whether the condition of this type is there and True.
    pub fn condition_is_true(&self, kind: Sym) -> bool {
        ask!(self, |status| status.condition_is_true(kind))
    }
    /// `status.startTime`
    pub fn start_time(&self) -> Option<Time> {
        match self.parts() {
            Parts::Whole(status) => status.start_time,
            Parts::Form(status, values) => status.start_time.map(|gap| Filling(values).instant(gap)),
        }
    }
    /// The first of `status.podIPs`.
    pub fn ip(&self) -> Option<Sym> {
        match self.parts() {
            Parts::Whole(status) => status.pod_ips.first().copied(),
            Parts::Form(status, values) => status.pod_ips.first().map(|gap| Filling(values).address(*gap)),
        }
    }
    /// All of one condition.
    pub fn condition(&self, kind: Sym) -> Option<Condition> {
        match self.parts() {
            Parts::Whole(status) => status.condition(kind).copied(),
            Parts::Form(status, values) => {
                status.condition(kind).map(|found| found.exchanged(&mut Filling(values)))
            }
        }
    }
    /// A container that can be probed: the prober looks at the main ones first.
    pub fn probed(&self, name: Sym) -> Option<HeldContainer<'_>> {
        Some(HeldContainer(match self.parts() {
            Parts::Whole(status) => Parts::Whole(status.probed(name)?),
            Parts::Form(status, values) => Parts::Form(status.probed(name)?, values),
        }))
    }
}

/// A container's status in a pod's.
#[derive(Clone, Copy, Debug)]
pub struct HeldContainer<'a>(Parts<'a, ContainerStatus, ContainerStatus<Gaps>>);

impl<'a> HeldContainer<'a> {
    pub(crate) fn parts(self) -> Parts<'a, ContainerStatus, ContainerStatus<Gaps>> {
        self.0
    }
    /// All of it.
    pub fn read(self) -> ContainerStatus {
        match self.0 {
            Parts::Whole(status) => *status,
            Parts::Form(status, values) => status.exchanged(&mut Filling(values)),
        }
    }
    /// Since when it runs.
    pub fn running_since(self) -> Option<Time> {
        match self.0 {
            Parts::Whole(status) => status.state.running_since(),
            Parts::Form(status, values) => {
                status.state.running_since().map(|gap| Filling(values).instant(gap))
            }
        }
    }
}
