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

use super::{Condition, ContainerId, ContainerState, ContainerStatus, PodStatus, Sym};
use crate::time::Time;

/// What fills the gaps of a form, in their order.
pub type Values = SmallVec<[u64; 16]>;

/// A place in a status that each pod fills in its own way.
pub enum Place<'a> {
    Instant(&'a mut Time),
    Container(&'a mut u64),
    Address(&'a mut Sym),
}

/// Where gaps stand on the clock: in a year that no run comes to. Half a second after the full one, so that one that was
/// cut to its second can be told from one that was not.
const GAPS: i64 = 4_000_000_000_000;
const HALF: i64 = 500_000;

/// A gap, as it stands in the place of what fills it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    pub number: u8,
    /// An instant that is cut to its second.
    pub cut: bool,
}

impl Gap {
    /// Of what lies too far beyond [`MOST_GAPS`] all have the same: a status with so many is held whole.
    pub fn new(number: usize) -> Gap {
        Gap { number: u8::try_from(number).unwrap_or(u8::MAX), cut: false }
    }
    pub fn instant(self) -> Time {
        let part = if self.cut { 0 } else { HALF };
        Time::from_micros((GAPS + i64::from(self.number)) * 1_000_000 + part)
    }
    pub fn address(self) -> Sym {
        Sym::numbered(u32::from(self.number) + 1)
    }
    pub fn container(self) -> u64 {
        u64::from(self.number)
    }
    fn at(instant: Time) -> Option<Gap> {
        let number = u8::try_from(instant.secs() - GAPS).ok()?;
        match instant.micros().rem_euclid(1_000_000) {
            0 => Some(Gap { number, cut: true }),
            HALF => Some(Gap { number, cut: false }),
            _ => None,
        }
    }
}

impl Place<'_> {
    /// Takes the value out and leaves a gap.
    pub fn take(&mut self, gap: Gap) -> u64 {
        match self {
            Place::Instant(at) => std::mem::replace(*at, gap.instant()).micros().cast_unsigned(),
            Place::Container(id) => std::mem::replace(*id, gap.container()),
            Place::Address(ip) => u64::from(std::mem::replace(*ip, gap.address()).number()),
        }
    }
    /// The gap that stands here.
    pub fn gap(&self) -> Option<Gap> {
        match self {
            Place::Instant(at) => Gap::at(**at),
            Place::Container(id) => u8::try_from(**id).ok().map(|number| Gap { number, cut: false }),
            Place::Address(ip) => ip
                .number()
                .checked_sub(1)
                .and_then(|n| u8::try_from(n).ok())
                .map(|n| Gap::new(usize::from(n))),
        }
    }
    fn fill(self, values: &[u64]) {
        let Some(value) = self.gap().and_then(|gap| values.get(usize::from(gap.number)).copied()) else {
            return;
        };
        match self {
            Place::Instant(at) => *at = Time::from_micros(value.cast_signed()),
            Place::Container(id) => *id = value,
            Place::Address(ip) => *ip = Sym::numbered(value as u32),
        }
    }
}

fn instant(time: &mut Option<Time>, visit: &mut impl FnMut(Place<'_>)) {
    if let Some(time) = time {
        visit(Place::Instant(time));
    }
}

fn container_id(id: &mut ContainerId, visit: &mut impl FnMut(Place<'_>)) {
    if let ContainerId::Made(id) = id {
        visit(Place::Container(id));
    }
}

impl ContainerState {
    fn places(&mut self, visit: &mut impl FnMut(Place<'_>)) {
        match self {
            ContainerState::Running { started_at } => instant(started_at, visit),
            ContainerState::Terminated(ended) => {
                instant(&mut ended.started_at, visit);
                instant(&mut ended.finished_at, visit);
                container_id(&mut ended.container_id, visit);
            }
            ContainerState::Waiting { .. } | ContainerState::Unset => {}
        }
    }
}

impl ContainerStatus {
    fn places(&mut self, visit: &mut impl FnMut(Place<'_>)) {
        self.state.places(visit);
        self.last_state.places(visit);
        container_id(&mut self.container_id, visit);
    }
}

impl Condition {
    fn places(&mut self, visit: &mut impl FnMut(Place<'_>)) {
        instant(&mut self.last_transition, visit);
        instant(&mut self.last_probe, visit);
    }
}

impl PodStatus {
    /// Every place, those of conditions last.
    pub fn places(&mut self, visit: &mut impl FnMut(Place<'_>)) {
        self.firm_places(visit);
        self.conditions.iter_mut().for_each(|condition| condition.places(visit));
    }
    /// The places outside conditions: where they change, the kubelet has news.
    fn firm_places(&mut self, visit: &mut impl FnMut(Place<'_>)) {
        for container in self.init.iter_mut().chain(&mut self.containers).chain(&mut self.ephemeral) {
            container.places(visit);
        }
        instant(&mut self.start_time, visit);
        self.host_ips.iter_mut().chain(&mut self.pod_ips).for_each(|ip| visit(Place::Address(ip)));
    }
}

/// A status with gaps.
#[derive(Debug)]
pub struct Form {
    /// Of its [`Forms`].
    pub number: u32,
    /// See [`renumbered`].
    pub status: PodStatus,
    /// So many of them stand outside conditions.
    pub firm: usize,
    /// Those that are identifiers of containers.
    pub containers: SmallVec<[u8; 6]>,
}

/// A form is found by what stands in it.
#[derive(Clone, Debug)]
struct ByStatus(Arc<Form>);

impl Borrow<PodStatus> for ByStatus {
    fn borrow(&self) -> &PodStatus {
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
    /// The form of a status with gaps that [`renumbered`] has numbered; None if there are too many forms.
    pub fn of(&mut self, status: &PodStatus) -> Option<Arc<Form>> {
        if let Some(found) = self.0.get(status) {
            return Some(Arc::clone(&found.0));
        }
        if self.0.len() >= MOST {
            return None;
        }
        let (mut firm, mut containers, mut status) = (0, SmallVec::new(), status.clone());
        status.firm_places(&mut |place| {
            let Some(Gap { number, .. }) = place.gap() else { return };
            firm = firm.max(usize::from(number) + 1);
            if matches!(place, Place::Container(_)) && !containers.contains(&number) {
                containers.push(number);
            }
        });
        let form = Arc::new(Form { number: self.0.len() as u32, status, firm, containers });
        self.0.insert(ByStatus(Arc::clone(&form)));
        Some(form)
    }

    /// Holds a status by its form, if its instants are whole seconds, as the API server stores them.
    pub fn hold(&mut self, mut status: PodStatus) -> HeldStatus {
        let (mut count, mut is_cut) = (0, true);
        status.places(&mut |place| {
            count += 1;
            is_cut &= !matches!(place, Place::Instant(at) if *at != at.truncate_secs());
        });
        if count > MOST_GAPS || !is_cut {
            return HeldStatus::from(status);
        }
        let values = Values::from_vec(renumbered(&mut status, |place, gap| place.take(gap)));
        if let Some(form) = self.of(&status) {
            return HeldStatus::Filled(Arc::new(Filled { form, values }));
        }
        status.places(&mut |place| place.fill(&values));
        HeldStatus::from(status)
    }
}

/// Numbers the gaps of a status in the order of its places, one number for all places of one and the same container, and
/// returns what `take` takes out of them.
pub fn renumbered<T: PartialEq>(status: &mut PodStatus, take: impl Fn(&mut Place<'_>, Gap) -> T) -> Vec<T> {
    let (mut taken, mut containers) = (Vec::<T>::new(), SmallVec::<[usize; 6]>::new());
    status.places(&mut |mut place| {
        let number = taken.len();
        let value = take(&mut place, Gap::new(number));
        if matches!(place, Place::Container(_)) {
            if let Some(known) = containers.iter().find(|known| taken[**known] == value) {
                place.take(Gap::new(*known));
                return;
            }
            containers.push(number);
        }
        taken.push(value);
    });
    taken
}

/// What can be told apart by the number of a [`Gap`].
pub const MOST_GAPS: usize = 64;

#[derive(Debug)]
pub struct Filled {
    pub form: Arc<Form>,
    pub values: Values,
}

/// A pod's status, shared by those who hold the same.
#[derive(Clone, Debug)]
pub enum HeldStatus {
    Whole(Arc<PodStatus>),
    Filled(Arc<Filled>),
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
            (HeldStatus::Filled(a), HeldStatus::Filled(b)) if Arc::ptr_eq(&a.form, &b.form) => {
                a.values == b.values
            }
            (HeldStatus::Whole(a), HeldStatus::Whole(b)) => a == b,
            _ => !are_plainly_others(self.form(), other.form()) && self.read() == other.read(),
        }
    }
}
impl Eq for HeldStatus {}

/// Whether two statuses differ in what never fills a gap and mostly differs first.
fn are_plainly_others(a: &PodStatus, b: &PodStatus) -> bool {
    let stands = |status: &PodStatus, ix: usize| status.conditions.get(ix).map(|c| (c.kind, c.status));
    a.phase != b.phase
        || (0..a.conditions.len().max(b.conditions.len())).any(|ix| stands(a, ix) != stands(b, ix))
}

impl HeldStatus {
    /// The status without what is each pod's own: instants, containers' identifiers and addresses that stand in it mean
    /// nothing. All else is as it should be, and reading it costs nothing.
    pub fn form(&self) -> &PodStatus {
        match self {
            HeldStatus::Whole(status) => status,
            HeldStatus::Filled(filled) => &filled.form.status,
        }
    }
    /// All of it.
    pub fn read(&self) -> Cow<'_, PodStatus> {
        match self {
            HeldStatus::Whole(status) => Cow::Borrowed(status),
            HeldStatus::Filled(filled) => {
                let mut status = filled.form.status.clone();
                status.places(&mut |place| place.fill(&filled.values));
                Cow::Owned(status)
            }
        }
    }
    fn filled<T: Copy>(&self, part: &T, fill: impl FnOnce(&mut T, &[u64])) -> T {
        let mut part = *part;
        if let HeldStatus::Filled(filled) = self {
            fill(&mut part, &filled.values);
        }
        part
    }
    pub fn start_time(&self) -> Option<Time> {
        self.filled(&self.form().start_time, |time, values| instant(time, &mut |place| place.fill(values)))
    }
    /// Since when a container runs whose status stands in [`HeldStatus::form`].
    pub fn running_since(&self, found: &ContainerStatus) -> Option<Time> {
        let ContainerState::Running { started_at } = &found.state else { return None };
        self.filled(started_at, |time, values| instant(time, &mut |place| place.fill(values)))
    }
    /// All of one condition.
    pub fn condition(&self, kind: Sym) -> Option<Condition> {
        let found = self.form().condition(kind)?;
        Some(self.filled(found, |condition, values| condition.places(&mut |place| place.fill(values))))
    }
    /// All of one container's status, which stands in [`HeldStatus::form`].
    pub fn container(&self, found: &ContainerStatus) -> ContainerStatus {
        self.filled(found, |container, values| container.places(&mut |place| place.fill(values)))
    }
}
