//! Which of many pods a controller deletes first: the one that is missed least.
//!
//! Source: `ActivePodsWithRanks`, pkg/controller/controller_utils.go; `getPodsRankedByRelatedPodsOnSameNode`,
//! pkg/controller/replicaset/replica_set.go, 1.36.3.

use crate::api::text::Uid;
use crate::api::{Phase, Sym};
use crate::time::Time;

/// What the choice asks of an active pod.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Candidate {
    /// Where it runs; empty: nowhere yet.
    pub node: Sym,
    /// `status.phase`
    pub phase: Phase,
    /// Since when its condition Ready is True; None: it is not.
    pub ready: Option<Time>,
    /// By [`deletion_cost`].
    pub cost: i32,
    /// How many active pods of related ReplicaSets run on its node, itself among them.
    pub rank: i32,
    /// The most restarts that a main container has.
    pub restarts: i32,
    /// The most restarts that a sidecar has.
    pub sidecar_restarts: i32,
    /// `creationTimestamp`, whole seconds.
    pub created: Time,
    /// Decides among those of one age.
    pub uid: Uid,
}

/// The annotation that says how dear a pod is (gate PodDeletionCost).
pub const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// What the annotation [`DELETION_COST`] says; 0 where it says nothing sensible (`getDeletionCostFromPodAnnotations`,
/// pkg/apis/core/v1/helper/helpers.go).
pub fn deletion_cost(annotation: Option<&str>) -> i32 {
    let text = annotation.unwrap_or("0");
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = text == "0" || digits.starts_with(|first: char| ('1'..='9').contains(&first));
    text.parse().ok().filter(|_| is_plain).unwrap_or_default()
}

/// Whether the first pod goes before the second (`ActivePodsWithRanks.Less`).
///
/// Ages are compared on a scale of powers of two, and within one step the uid decides, which is as good as a draw: that
/// makes the order no order in the strict sense, so nothing may sort by it that counts on one.
pub fn goes_before(a: &Candidate, b: &Candidate, now: Time) -> bool {
    if a.node.is_empty() != b.node.is_empty() {
        return a.node.is_empty();
    }
    if stage(a) != stage(b) {
        return stage(a) < stage(b);
    }
    if a.ready.is_some() != b.ready.is_some() {
        return b.ready.is_some();
    }
    if a.cost != b.cost {
        return a.cost < b.cost;
    }
    if a.rank != b.rank {
        return a.rank > b.rank;
    }
    if let (Some(one), Some(other)) = (a.ready, b.ready)
        && one != other
    {
        return is_younger((one, a.uid), (other, b.uid), now);
    }
    if (a.restarts, a.sidecar_restarts) != (b.restarts, b.sidecar_restarts) {
        return (a.restarts, a.sidecar_restarts) > (b.restarts, b.sidecar_restarts);
    }
    a.created != b.created && is_younger((a.created, a.uid), (b.created, b.uid), now)
}

/// Whether the first pod goes before the second where a Job chooses (`ActivePods.Less`, same file): ages are compared as
/// they are, and neither cost nor neighbours count.
pub fn goes_before_of_job(a: &Candidate, b: &Candidate) -> bool {
    let standing = |pod: &Candidate| (!pod.node.is_empty(), stage(pod), pod.ready.is_some());
    if standing(a) != standing(b) {
        return standing(a) < standing(b);
    }
    let restarts = |pod: &Candidate| (pod.restarts, pod.sidecar_restarts);
    if a.ready == b.ready && restarts(a) != restarts(b) {
        return restarts(a) > restarts(b);
    }
    (a.ready, a.created) > (b.ready, b.created)
}

/// How far a pod has come.
fn stage(pod: &Candidate) -> i32 {
    match pod.phase {
        Phase::Running => 2,
        Phase::Unknown => 1,
        _ => 0,
    }
}

/// On the scale of powers of two (`logarithmicRankDiff`), and by uid within a step.
fn is_younger(a: (Time, Uid), b: (Time, Uid), now: Time) -> bool {
    let (one, other) = (age_step(a.0, now), age_step(b.0, now));
    if one != other {
        return one < other;
    }
    a.1.spelled_order(b.1).is_lt()
}

/// The power of two, in nanoseconds, up to which an age has come.
fn age_step(since: Time, now: Time) -> i32 {
    match now.since(since).nanos() {
        age if age > 0 => age.ilog2().cast_signed(),
        _ => -1,
    }
}

/// The `count` pods that go first, in their order, by index. All of them go as they stand (`getPodsToDelete`,
/// pkg/controller/replicaset/replica_set.go).
pub fn first_to_go(pods: &[Candidate], count: usize, now: Time) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pods.len()).collect();
    if count < pods.len() {
        let mut room = Vec::with_capacity(pods.len());
        let sorted = sort(&mut order, &mut room, count, &|a, b| goes_before(&pods[a], &pods[b], now));
        order.truncate(sorted);
    }
    order
}

/// Sorts by merging: the order is not strict, and the library's own sort may refuse such a one. Of each half no more than
/// the `most` wanted ones can come to the front of the whole, so that no more are merged. How many stand in order then.
fn sort(
    items: &mut [usize],
    room: &mut Vec<usize>,
    most: usize,
    before: &impl Fn(usize, usize) -> bool,
) -> usize {
    if items.len() < 2 {
        return items.len().min(most);
    }
    let (first, second) = items.split_at_mut(items.len() / 2);
    let (of_first, of_second) = (sort(first, room, most, before), sort(second, room, most, before));
    let (mut left, mut right) = (&first[..of_first], &second[..of_second]);
    room.clear();
    while room.len() < most {
        let next = match (left.first(), right.first()) {
            (Some(&one), Some(&other)) if before(other, one) => right.split_off_first(),
            (Some(_), _) => left.split_off_first(),
            (None, _) => right.split_off_first(),
        };
        let Some(next) = next else { break };
        room.push(*next);
    }
    items[..room.len()].copy_from_slice(room);
    room.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(uid: &str, age_secs: i64) -> Candidate {
        let created = Time::from_secs(10_000 - age_secs);
        Candidate {
            node: Sym::new("n"),
            phase: Phase::Running,
            ready: Some(created),
            cost: 0,
            rank: 1,
            restarts: 0,
            sidecar_restarts: 0,
            created,
            uid: Uid::Given(Sym::new(uid)),
        }
    }

    #[test]
    fn ages_of_one_step_are_a_draw_by_uid() {
        let now = Time::from_secs(10_000);
        assert!(goes_before(&pod("b", 9), &pod("a", 38), now), "9 s and 38 s are two steps");
        assert!(goes_before(&pod("a", 29), &pod("b", 19), now), "19 s and 29 s are one");
        assert_eq!(age_step(now, now), -1);
    }

    #[test]
    fn all_go_as_they_stand_and_some_by_their_order() {
        let now = Time::from_secs(10_000);
        let pods = [pod("c", 100), pod("b", 9), pod("a", 1)];
        assert_eq!(first_to_go(&pods, 3, now), [0, 1, 2]);
        assert_eq!(first_to_go(&pods, 2, now), [2, 1]);
    }

    #[test]
    fn the_first_few_are_those_of_the_whole_order() {
        let now = Time::from_secs(10_000);
        let age = |at: i64| (at * 7919) % 97;
        let pods: Vec<Candidate> =
            (0..100).map(|at| pod(&format!("{:02}", (at * 31) % 100), age(at))).collect();
        let whole = first_to_go(&pods, 99, now);
        for count in [1, 2, 5, 17, 50] {
            assert_eq!(first_to_go(&pods, count, now), whole[..count], "{count}");
        }
    }

    #[test]
    fn a_cost_is_a_whole_number_without_ornament() {
        for (text, cost) in
            [("7", 7), ("-7", -7), ("0", 0), ("+7", 0), ("07", 0), ("x", 0), ("", 0), ("-0", 0)]
        {
            assert_eq!(deletion_cost(Some(text)), cost, "{text}");
        }
        assert_eq!(deletion_cost(None), 0);
    }
}
