//! Scaling: what becomes of the sizes of the ReplicaSets when a Deployment's own has changed; during a rollout each
//! gets its share.
//!
//! Source: `scale`, `scaleReplicaSet`, `isScalingEvent`, pkg/controller/deployment/sync.go; `GetReplicaSetProportion`,
//! `FindActiveOrLatest`, `IsSaturated`, util/deployment_util.go, 1.36.3.

use std::borrow::Cow;

use super::new_replica_set::put_sizes;
use super::replica_sets::{annotation, by_age, is_active, max_surge, number, wanted};
use super::{Call, Error, Run, Set, Sets, Told};
use crate::api::workload::{Deployment, DeploymentStrategy};

impl<'a> Run<'a> {
    /// Whether the Deployment's size has changed since its ReplicaSets were scaled (`isScalingEvent`).
    pub(super) fn is_scaling(&mut self) -> Result<bool, Error> {
        let sets = self.sets(false)?;
        let replicas = self.deployment.spec.replicas;
        let mut active = sets.all().filter(|set| is_active(set));
        Ok(active
            .any(|set| number(set, annotation::DESIRED_REPLICAS).is_some_and(|was: i32| was != replicas)))
    }

    /// Follows a change of size, or keeps a paused Deployment (`sync`): no new ReplicaSet, no rollout.
    pub(super) fn scale_only(&mut self) -> Result<(), Error> {
        let mut sets = self.sets(false)?;
        // `FindActiveOrLatest` leaves them so.
        sets.old.reverse();
        self.scale(&sets);
        if self.deployment.spec.paused && self.rollback_to().is_none() {
            self.clean_up(&sets.old);
        }
        self.settle_status(&sets);
        Ok(())
    }

    /// `scale`
    fn scale(&mut self, sets: &Sets<'a>) {
        let replicas = self.deployment.spec.replicas;
        let active: Vec<Set> = sets.all().filter(|set| is_active(set)).cloned().collect();
        if active.len() <= 1 {
            // The only active one; else the newest.
            if let Some(set) = active.first().or(sets.new.as_ref()).or(sets.old.first()) {
                self.scale_to(set, replicas);
            }
            return;
        }
        if sets.new.as_ref().is_some_and(|new| is_saturated(&self.deployment, new)) {
            for set in sets.old.iter().filter(|set| is_active(set)) {
                self.scale_to(set, 0);
            }
        } else if matches!(self.deployment.spec.strategy, DeploymentStrategy::RollingUpdate { .. }) {
            self.share_out(active);
        }
    }

    /// Each grows or shrinks as the whole does; what rounding leaves goes to the largest.
    fn share_out(&mut self, mut sets: Vec<Set<'a>>) {
        let replicas = self.deployment.spec.replicas;
        let allowed = if replicas > 0 { replicas.wrapping_add(max_surge(&self.deployment)) } else { 0 };
        let more = allowed - wanted(&sets);
        let larger = |a: &Set, b: &Set| b.spec.replicas.cmp(&a.spec.replicas);
        match more {
            0 => {}
            more if more > 0 => sets.sort_by(|a, b| larger(a, b).then_with(|| by_age(b, a))),
            _ => sets.sort_by(|a, b| larger(a, b).then_with(|| by_age(a, b))),
        }
        let mut given = 0;
        let mut sizes = Vec::with_capacity(sets.len());
        for set in &sets {
            let part = proportion(set, &self.deployment, more, given);
            given += part;
            sizes.push(set.spec.replicas + part);
        }
        if let Some(largest) = sizes.first_mut()
            && more != 0
        {
            *largest = (*largest + more - given).max(0);
        }
        for (set, size) in sets.iter().zip(sizes) {
            self.write_size(set, size);
        }
    }

    /// Scales a ReplicaSet where its size is another (`scaleReplicaSetAndRecordEvent`); as it is then.
    pub(super) fn scale_to(&mut self, set: &Set<'a>, size: i32) -> Option<Set<'a>> {
        if set.spec.replicas == size { None } else { self.write_size(set, size) }
    }

    /// Writes a ReplicaSet's size, and the Deployment's beside it (`scaleReplicaSet`).
    fn write_size(&mut self, set: &Set<'a>, size: i32) -> Option<Set<'a>> {
        let mut scaled = set.set.clone().into_owned();
        let was = std::mem::replace(&mut scaled.spec.replicas, size);
        if !put_sizes(&self.deployment, &mut scaled) && was == size {
            return None;
        }
        let step = self.call(Call::Update(scaled.clone()), set.upon);
        if was != size {
            let direction = if was < size { "up" } else { "down" };
            let message = format!("Scaled {direction} replica set {} from {was} to {size}", set.meta.name);
            self.tell(Told::normal("ScalingReplicaSet", message));
        }
        Some(Set { set: Cow::Owned(scaled), upon: Some(step) })
    }
}

/// The new ReplicaSet has all pods that are wanted, and they are available (`IsSaturated`).
fn is_saturated(deployment: &Deployment, new: &Set) -> bool {
    let replicas = deployment.spec.replicas;
    new.spec.replicas == replicas
        && number(new, annotation::DESIRED_REPLICAS) == Some(replicas)
        && new.status.available_replicas == replicas
}

/// By how much a ReplicaSet changes where `more` are to come (or to go, if negative) and `given` have come already
/// (`GetReplicaSetProportion`).
fn proportion(set: &Set, deployment: &Deployment, more: i32, given: i32) -> i32 {
    if set.spec.replicas == 0 || more == 0 || more == given {
        return 0;
    }
    let fraction = fraction(set, deployment);
    if more > 0 { fraction.min(more - given) } else { fraction.max(more - given) }
}

/// How much a ReplicaSet would change in proportion (`getReplicaSetFraction`), rounded half away from zero.
fn fraction(set: &Set, deployment: &Deployment) -> i32 {
    let (size, replicas) = (i64::from(set.spec.replicas), deployment.spec.replicas);
    if replicas == 0 {
        return -set.spec.replicas;
    }
    let before = match number(set, annotation::MAX_REPLICAS) {
        Some(before) if before != 0 => before,
        _ => i64::from(deployment.status.replicas),
    };
    if before == 0 {
        return 0;
    }
    let whole = size * i64::from(replicas.wrapping_add(max_surge(deployment)));
    // Half of the divisor more, and what is cut off is what rounding would take.
    let rounded = (2 * whole.abs() + before.abs()) / (2 * before.abs()) * whole.signum() * before.signum();
    i32::try_from(rounded - size).unwrap_or_default()
}
