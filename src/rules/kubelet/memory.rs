//! Memory of pods: the limit of a pod's control group, how large a volume in memory is, and whom the kernel ends where
//! several containers are above a limit together.
//!
//! Source: `ResourceConfigForPod` in pkg/kubelet/cm/helpers_linux.go, `calculateEmptyDirMemorySize` in
//! pkg/volume/emptydir/empty_dir.go, `GetContainerOOMScoreAdjust` in pkg/kubelet/qos/policy.go (v1.36.2); `oom_badness` in
//! mm/oom_kill.c of Linux. The surprises: a volume in memory is as large as the pod may ever use, unless its sizeLimit is less,
//! and then it is full and nobody is evicted; what is written to it is memory of whoever has written it.

use std::cmp::Reverse;

use super::local_storage::pod_limit;
use crate::api::spec::{Resources, Volume};
use crate::api::{Container, PodSpec, Sym};
use crate::rules::machinery::quantity::Quantity;

const MEMORY: &str = "memory";
/// `guaranteedOOMScoreAdj` and `besteffortOOMScoreAdj`
const GUARANTEED: i64 = -997;
const BEST_EFFORT: i64 = 1000;

/// Whether a volume is a filesystem in memory.
pub fn is_in_memory(volume: &Volume) -> bool {
    volume.empty_dir.as_ref().and_then(|own| own.get("medium")).is_some_and(|medium| medium == "Memory")
}

fn bytes(list: &std::collections::BTreeMap<String, String>) -> Option<i64> {
    list.get(MEMORY).and_then(|text| Quantity::parse(text).ok()).map(|amount| amount.value())
}

/// The memory limit of these sizes; None: there is none, or it is 0.
pub fn limit(resources: &Resources) -> Option<i64> {
    bytes(&resources.limits).filter(|bytes| *bytes > 0)
}

/// The memory limit that a pod names for itself.
pub fn own_limit(spec: &PodSpec, pod_level_resources: bool) -> Option<i64> {
    spec.resources.as_ref().filter(|_| pod_level_resources).and_then(limit)
}

/// The memory limit of a pod's control group: its own, or the sum of its containers' where each of them has one.
pub fn group_limit(spec: &PodSpec, pod_level_resources: bool) -> Option<i64> {
    own_limit(spec, pod_level_resources).or_else(|| {
        let mut all = spec.init_containers.iter().chain(&spec.containers);
        let sum = all.all(|container| limit(&container.resources).is_some()).then(|| pod_limit(spec, MEMORY));
        sum.flatten().map(|sum| sum.value())
    })
}

/// How much fits into a volume in memory on a node that leaves so much to its pods.
pub fn size_of_volume(spec: &PodSpec, volume: &Volume, for_pods: i64, pod_level_resources: bool) -> i64 {
    let written = volume.empty_dir.as_ref().and_then(|own| own.get("sizeLimit"));
    let written = written.and_then(|size| size.as_str()).and_then(|text| Quantity::parse(text).ok());
    let limits = [group_limit(spec, pod_level_resources), written.map(|size| size.value())];
    limits.into_iter().flatten().filter(|bytes| *bytes > 0).fold(for_pods, i64::min)
}

/// By how much the kernel is told to prefer a container's processes, in thousandths of the memory at hand, or to spare them.
pub fn oom_score_adjust(
    spec: &PodSpec,
    container: &Container,
    qos_class: Sym,
    capacity: i64,
    pod_level_resources: bool,
) -> i64 {
    if qos_class == Sym::GUARANTEED {
        return GUARANTEED;
    }
    if qos_class == Sym::BEST_EFFORT || capacity <= 0 {
        return BEST_EFFORT;
    }
    let requested = |container: &Container| bytes(&container.resources.requests).unwrap_or(0);
    let of_pod = spec.resources.as_ref().filter(|_| pod_level_resources).and_then(|own| bytes(&own.requests));
    // What the pod asks for beyond its containers is shared among them.
    let count = spec.containers.len().max(1) as i64;
    let rest =
        of_pod.map_or(0, |all| (all - spec.containers.iter().map(requested).sum::<i64>()).max(0) / count);
    let share = i128::from(requested(container).saturating_add(rest)) * 1000 / i128::from(capacity);
    match 1000 - i64::try_from(share).unwrap_or(i64::MAX) {
        adjust if adjust < 1000 + GUARANTEED => 1000 + GUARANTEED,
        BEST_EFFORT => BEST_EFFORT - 1,
        adjust => adjust,
    }
}

/// Whom the kernel ends, of those that use so much within a limit and are preferred by so much: the first of the worst.
pub fn victim<T: Copy>(limit: i64, all: impl Iterator<Item = (T, i64, i64)>) -> Option<T> {
    let badness = |(_, used, adjust): &(T, i64, i64)| {
        i128::from(*used) + i128::from(*adjust) * i128::from(limit) / 1000
    };
    all.min_by_key(|own| Reverse(badness(own))).map(|(who, ..)| who)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MI: i64 = 1 << 20;

    fn spec(json: &str) -> PodSpec {
        serde_json::from_str(json).expect("a spec")
    }

    fn shm(limit: &str, volume: &str) -> i64 {
        let json = format!(
            r#"{{ "volumes": [{{ "name": "shm", "emptyDir": {{ "medium": "Memory" {volume} }} }}],
                  "containers": [{{ "name": "a", "resources": {limit} }}] }}"#
        );
        let spec = spec(&json);
        assert!(is_in_memory(&spec.volumes[0]));
        size_of_volume(&spec, &spec.volumes[0], 1000 * MI, true) / MI
    }

    #[test]
    fn a_volume_in_memory_is_as_large_as_the_least_of_three() {
        let (none, some) = ("{}", r#"{ "limits": { "memory": "200Mi" } }"#);
        assert_eq!(shm(none, ""), 1000, "what the node leaves to its pods");
        assert_eq!(shm(some, ""), 200, "what the pod may use");
        assert_eq!(shm(some, r#", "sizeLimit": "100Mi""#), 100);
        assert_eq!(shm(some, r#", "sizeLimit": "300Mi""#), 200);
        assert_eq!(shm(none, r#", "sizeLimit": "0""#), 1000, "0 is no limit");
    }

    #[test]
    fn a_pod_has_a_limit_if_each_container_has_one_or_it_says_so() {
        let two = r#"{ "containers": [{ "name": "a", "resources": { "limits": { "memory": "1Mi" } } },
                                      { "name": "b", "resources": { "limits": { "memory": "2Mi" } } }] }"#;
        assert_eq!(group_limit(&spec(two), true), Some(3 * MI));
        let one = two.replace(r#"{ "limits": { "memory": "2Mi" } }"#, "{}");
        assert_eq!(group_limit(&spec(&one), true), None);
        let own = one.replacen('{', r#"{ "resources": { "limits": { "memory": "9Mi" } }, "#, 1);
        assert_eq!(group_limit(&spec(&own), true), Some(9 * MI));
        assert_eq!(group_limit(&spec(&own), false), None, "without the gate nobody reads it");
    }

    #[test]
    fn who_asked_for_more_is_spared_and_who_uses_more_is_not() {
        let two = spec(
            r#"{ "containers": [{ "name": "a", "resources": { "requests": { "memory": "500Mi" } } }, { "name": "b" }] }"#,
        );
        let adjust = |ix: usize, class| oom_score_adjust(&two, &two.containers[ix], class, 1000 * MI, true);
        assert_eq!((adjust(0, Sym::BURSTABLE), adjust(1, Sym::BURSTABLE)), (500, 999));
        assert_eq!((adjust(0, Sym::GUARANTEED), adjust(0, Sym::BEST_EFFORT)), (-997, 1000));
        assert_eq!(victim(500, [("a", 300, 999), ("b", 201, 999)].into_iter()), Some("a"));
        assert_eq!(victim(500, [("a", 300, 500), ("b", 201, 999)].into_iter()), Some("b"));
        assert_eq!(
            victim(500, [("a", 250, 999), ("b", 250, 999)].into_iter()),
            Some("a"),
            "the first of equals"
        );
    }
}
