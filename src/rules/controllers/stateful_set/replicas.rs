//! Pods that a set shall have are made, those beyond are deleted.
//!
//! Source: `updateStatefulSet`, `processReplica`, `processCondemned`, `runForAll` in
//! pkg/controller/statefulset/stateful_set_control.go; `CreateStatefulPod`, `UpdateStatefulPod` in
//! stateful_pod_control.go, 1.36.3.

use super::claims::{self, PodOwner};
use super::identity::{claim_name, pod_name};
use super::status::is_running_and_ready;
use super::{Call, Chain, Plan, SeenPod};
use crate::api::stateful_set::UpdateStrategy;
use crate::api::text::Uid;
use crate::api::{Phase, Sym};
use crate::rules::machinery::slow_start::SlowStart;

/// A place in the set: the pod that is there, or the revision that one is going to be made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot<'a> {
    Pod(&'a SeenPod),
    Hole(Sym),
}

impl Slot<'_> {
    pub(super) fn revision(self) -> Sym {
        match self {
            Slot::Pod(pod) => pod.revision,
            Slot::Hole(revision) => revision,
        }
    }
    pub(super) fn is_deleted(self) -> bool {
        matches!(self, Slot::Pod(pod) if pod.is_deleted)
    }
}

/// Whether what comes after a pod has to wait for it.
type Waits = bool;

impl<'a> Plan<'a> {
    /// Everything but the revisions and the status; how many pods are deleted for an update.
    pub(super) fn play(&mut self) -> i32 {
        let set = self.input.set;
        let slots = self.slots();
        let condemned = self.condemned();
        let unready = self.first_unavailable(&slots, &condemned);
        if set.meta.deletion.is_some() {
            return 0;
        }
        if self.for_all(slots.len(), |plan, at| plan.replica(slots[at], plan.ordinal(at))) {
            return 0;
        }
        if self.for_all(condemned.len(), |plan, at| (plan.own_claims(condemned[at]), false)) {
            return 0;
        }
        if self.for_all(condemned.len(), |plan, at| plan.condemn(condemned[at], unready)) {
            return 0;
        }
        self.update(&slots)
    }

    fn ordinal(&self, at: usize) -> i32 {
        let at = i32::try_from(at).unwrap_or(i32::MAX);
        self.input.set.spec.first_ordinal().saturating_add(at)
    }

    pub(super) fn is_condemned(&self, ordinal: i32) -> bool {
        let spec = &self.input.set.spec;
        !(spec.first_ordinal()..spec.first_ordinal().saturating_add(spec.replicas)).contains(&ordinal)
    }

    /// By their numbers.
    fn slots(&self) -> Vec<Slot<'a>> {
        let wanted = usize::try_from(self.input.set.spec.replicas).unwrap_or_default();
        let hole = |at| Slot::Hole(self.revision_of(self.ordinal(at)));
        let mut slots: Vec<Slot<'a>> = (0..wanted).map(hole).collect();
        for pod in self.input.pods {
            let at = pod.ordinal.checked_sub(self.input.set.spec.first_ordinal());
            if let Some(slot) = at.and_then(|at| usize::try_from(at).ok()).and_then(|at| slots.get_mut(at)) {
                *slot = Slot::Pod(pod);
            }
        }
        slots
    }

    /// What a pod of this number is made of (`newVersionedStatefulSetPod`).
    fn revision_of(&self, ordinal: i32) -> Sym {
        let set = self.input.set;
        let keeps = match set.spec.update_strategy {
            UpdateStrategy::OnDelete => 0,
            UpdateStrategy::RollingUpdate(Some(rolling)) => rolling.partition,
            UpdateStrategy::RollingUpdate(None) => set.status.current_replicas,
        };
        let is_rolling = set.spec.update_strategy != UpdateStrategy::OnDelete;
        let is_old = is_rolling && ordinal < set.spec.first_ordinal().saturating_add(keeps);
        if is_old { self.current } else { self.newest }
    }

    /// The highest number first.
    fn condemned(&self) -> Vec<&'a SeenPod> {
        let pods = self.input.pods.iter();
        let mut condemned: Vec<&SeenPod> = pods.filter(|pod| self.is_condemned(pod.ordinal)).collect();
        condemned.sort_by_key(|pod| std::cmp::Reverse(pod.ordinal));
        condemned
    }

    /// The condemned pod that is the lowest one that is not available; None where one of those that stay is so.
    fn first_unavailable(&self, slots: &[Slot<'a>], condemned: &[&'a SeenPod]) -> Option<Sym> {
        if slots.iter().any(|slot| self.is_unavailable(*slot)) {
            return None;
        }
        let mut lowest_first = condemned.iter().rev();
        lowest_first.find(|pod| self.is_unavailable(Slot::Pod(pod))).map(|pod| pod.name)
    }

    /// `isUnavailable`; before 1.34 `isHealthy` was asked.
    pub(super) fn is_unavailable(&self, slot: Slot<'_>) -> bool {
        let Slot::Pod(pod) = slot else { return true };
        let is_well = match self.input.gates.habits.stateful_updates_await_availability {
            true => self.is_available(pod),
            false => is_running_and_ready(pod),
        };
        pod.is_deleted || !is_well
    }

    /// One after the other until something has to be waited for, or by slow start; whether the sync ends there.
    fn for_all(&mut self, count: usize, calls: impl Fn(&Self, usize) -> (Chain, Waits)) -> bool {
        if self.is_monotonic {
            for at in 0..count {
                let (chain, waits) = calls(self, at);
                self.go(vec![chain]);
                if waits || self.has_failed {
                    return true;
                }
            }
            return false;
        }
        let mut begun = 0;
        for batch in SlowStart::new(count) {
            let chains = (begun..begun + batch).map(|at| calls(self, at).0).collect();
            self.go(chains);
            if self.has_failed {
                return true;
            }
            begun += batch;
        }
        false
    }

    pub(super) fn go(&mut self, mut batch: Vec<Chain>) {
        batch.retain(|chain| !chain.is_empty());
        self.has_failed |= batch.iter().flatten().any(|call| matches!(call, Call::Fail(..)));
        if !batch.is_empty() {
            self.batches.push(batch);
        }
    }

    /// `processReplica`
    fn replica(&self, slot: Slot<'_>, ordinal: i32) -> (Chain, Waits) {
        let pod = match slot {
            Slot::Hole(revision) => return self.make(ordinal, revision),
            Slot::Pod(pod) => pod,
        };
        if pod.phase.is_terminal() {
            let chain = if pod.is_deleted { Vec::new() } else { vec![Call::DeletePod(pod.name)] };
            return (chain, true);
        }
        let mut chain = Vec::new();
        if pod.phase == Phase::Pending {
            chain = self.claims_of(ordinal, false);
            if chain.iter().all(|call| !matches!(call, Call::Fail(..))) {
                chain.extend(self.own_claims(pod));
            }
        }
        let is_done = !pod.is_deleted && is_running_and_ready(pod) && self.is_available(pod);
        if self.is_monotonic && !is_done {
            return (chain, true);
        }
        let ownership = self.own_claims(pod);
        if pod.keeps_identity && ownership.is_empty() {
            return (chain, false);
        }
        if !pod.keeps_identity {
            chain.extend(self.claims_of(ordinal, false));
        }
        chain.extend(ownership);
        chain.push(Call::UpdatePod(pod.name));
        (chain, false)
    }

    /// A pod and its claims are made.
    fn make(&self, ordinal: i32, revision: Sym) -> (Chain, Waits) {
        let owner = self.owner(Sym::new(&pod_name(self.name(), ordinal)), Uid::Given(Sym::EMPTY), ordinal);
        let retention = self.input.set.spec.retention;
        let is_stale =
            self.known_claims(ordinal).any(|(_, seen)| claims::is_stale(retention, seen.owners, &owner));
        if is_stale {
            return (Vec::new(), true);
        }
        let mut chain = self.claims_of(ordinal, true);
        chain.push(Call::CreatePod(ordinal, revision));
        chain.extend(self.own(ordinal, &owner));
        (chain, self.is_monotonic)
    }

    fn name(&self) -> &'a str {
        self.input.set.meta.name.as_str()
    }

    fn owner(&self, name: Sym, uid: Uid, ordinal: i32) -> PodOwner {
        PodOwner { name, uid, is_condemned: self.is_condemned(ordinal) }
    }

    /// The claims of a number that are there.
    fn known_claims(&self, ordinal: i32) -> impl Iterator<Item = (String, super::SeenClaim<'a>)> {
        let names = self
            .input
            .set
            .spec
            .claims
            .iter()
            .map(move |claim| claim_name(claim.name.as_str(), self.name(), ordinal));
        names.filter_map(|name| {
            let seen = (self.input.claim)(&name)?;
            Some((name, seen))
        })
    }

    /// Claims that are missing are made (`createPersistentVolumeClaims`); one that is going is no claim to have.
    fn claims_of(&self, ordinal: i32, for_new_pod: bool) -> Chain {
        let mut chain = Vec::new();
        let mut going = Vec::new();
        for (at, claim) in self.input.set.spec.claims.iter().enumerate() {
            let name = claim_name(claim.name.as_str(), self.name(), ordinal);
            match (self.input.claim)(&name) {
                None => chain.push(Call::CreateClaim(ordinal, at)),
                Some(seen) if seen.is_deleted => going.push(format!("pvc {name} is being deleted")),
                Some(_) => {}
            }
        }
        if !going.is_empty() {
            let error = match going.len() {
                1 => going.remove(0),
                _ => format!("[{}]", going.join(", ")),
            };
            chain.push(Call::Fail(error, for_new_pod.then_some(ordinal)));
        }
        chain
    }

    /// Claims get the owners that they shall have (`UpdatePodClaimForRetentionPolicy`).
    fn own_claims(&self, pod: &SeenPod) -> Chain {
        self.own(pod.ordinal, &self.owner(pod.name, pod.uid, pod.ordinal))
    }

    fn own(&self, ordinal: i32, owner: &PodOwner) -> Chain {
        let owned = self.known_claims(ordinal).filter_map(|(name, seen)| {
            let owners = claims::owners(self.input.set, seen.owners, owner)?;
            Some(Call::OwnClaim(Sym::new(&name), owners))
        });
        owned.collect()
    }

    /// `processCondemned`
    fn condemn(&self, pod: &SeenPod, first_unavailable: Option<Sym>) -> (Chain, Waits) {
        if pod.is_deleted {
            return (Vec::new(), true);
        }
        let is_well = is_running_and_ready(pod) && self.is_available(pod);
        if self.is_monotonic && !is_well && first_unavailable != Some(pod.name) {
            return (Vec::new(), true);
        }
        (vec![Call::DeletePod(pod.name)], true)
    }
}
