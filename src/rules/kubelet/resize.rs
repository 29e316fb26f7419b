//! Resize of a running pod in place: what an admitted size asks of a container, in which order pods that wait for room are
//! tried, what the conditions and events say.
//!
//! Source: `computePodResizeAction` in pkg/kubelet/kuberuntime/kuberuntime_manager.go, `sortPendingResizes` in
//! pkg/kubelet/allocation/allocation_manager.go, `updatedPodResizeCondition` in pkg/kubelet/status/status_manager.go,
//! pkg/kubelet/events/resize.go, plugin/pkg/admission/podresize/admission.go, `determineContainerReqs` in
//! staging/src/k8s.io/component-helpers/resource/helpers.go (1.36).
//!
//! A size lives in three places: what is desired (the spec), what the kubelet has set aside (allocated), and what the
//! running instance has (actual). The surprises: a container that is not running needs no resize, since its next start
//! takes what is allocated; the policy that asks for a restart is that of the resource that changes, and of no other; a
//! condition's transition time moves with its reason.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::memory;
use crate::api::spec::Resources;
use crate::api::{Condition, Container, InstanceState, PodSpec, RuntimeStatus, Sym, Text};
use crate::rules::machinery::quantity::Quantity;
use crate::rules::scheduler::placement::amounts::Amounts;
use crate::time::Time;

/// Requests and limits by container position: init containers first, then main ones.
pub type Sizes = Vec<Resources>;

/// The sizes that a spec asks for.
pub fn sizes(spec: &PodSpec) -> Sizes {
    spec.init_containers.iter().chain(&spec.containers).map(|container| container.resources.clone()).collect()
}

/// The spec with other sizes (`UpdatePodFromAllocation`).
#[must_use]
pub fn with_sizes(spec: &PodSpec, sizes: &[Resources]) -> PodSpec {
    let mut own = spec.clone();
    let containers = own.init_containers.iter_mut().chain(&mut own.containers);
    for (container, size) in containers.zip(sizes) {
        container.resources = size.clone();
    }
    own
}

/// Whether a change of a resource restarts the container (`resizePolicy`; NotRequired where nothing is said).
pub fn restarts(container: &Container, resource: &str) -> bool {
    let policies = container.rest.get("resizePolicy").and_then(serde_json::Value::as_array);
    policies
        .into_iter()
        .flatten()
        .find(|policy| policy["resourceName"] == resource)
        .is_some_and(|policy| policy["restartPolicy"] == "RestartContainer")
}

/// What a running container needs so that it gets its size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It has its size.
    Keep,
    /// The runtime changes it while it runs (`UpdateContainerResources`).
    Update,
    /// It gets it with a new instance.
    Restart,
}

/// Shares below this are one and the same (`MinShares`), and so are limits below that (`MinMilliCPULimit`).
const MIN_MILLI_CPU: i64 = 2;
const MIN_MILLI_CPU_LIMIT: i64 = 10;

/// `computePodResizeAction` for a running container whose instance has `actual`.
pub fn action(container: &Container, actual: &Resources) -> Action {
    let wanted = &container.resources;
    let floor = |least: i64, amount: i64| if amount <= least { 0 } else { amount };
    let cpu = |list: &BTreeMap<String, String>, least: i64| floor(least, amount(list, "cpu").milli_value());
    let memory = |list: &BTreeMap<String, String>| amount(list, "memory").value();
    let cpu_changes = cpu(&wanted.requests, MIN_MILLI_CPU) != cpu(&actual.requests, MIN_MILLI_CPU)
        || cpu(&wanted.limits, MIN_MILLI_CPU_LIMIT) != cpu(&actual.limits, MIN_MILLI_CPU_LIMIT);
    let memory_changes = memory(&wanted.requests) != memory(&actual.requests)
        || memory(&wanted.limits) != memory(&actual.limits);
    match (cpu_changes, memory_changes) {
        (false, false) => Action::Keep,
        (cpu, memory) if cpu && restarts(container, "cpu") || memory && restarts(container, "memory") => {
            Action::Restart
        }
        _ => Action::Update,
    }
}

/// Whether some running container has another size than the spec that the kubelet works with gives it
/// (`IsPodResizeInProgress`).
pub fn is_in_progress(spec: &PodSpec, runtime: &RuntimeStatus, actual: &[Resources]) -> bool {
    let containers = spec.init_containers.iter().chain(&spec.containers);
    containers.zip(actual).any(|(container, actual)| {
        runtime.newest(container.name).is_some_and(|newest| newest.state == InstanceState::Running)
            && action(container, actual) != Action::Keep
    })
}

fn amount(list: &BTreeMap<String, String>, name: &str) -> Quantity {
    list.get(name).and_then(|text| Quantity::parse(text).ok()).unwrap_or_default()
}

/// Why running containers do not get their new sizes: a memory limit would shrink below what is used, the pod's or a container's
/// (`validateMemoryResizeAction`, since 1.34). `used` is what a container uses, by its place, as far as that is known. One such limit
/// holds up all that is to change.
pub fn below_use(
    spec: &PodSpec,
    actual: &[Resources],
    pod_level_resources: bool,
    used: impl Fn(usize) -> Option<i64>,
) -> Option<String> {
    let containers = || spec.init_containers.iter().chain(&spec.containers).zip(actual).enumerate();
    let shrinks = |new: Option<i64>, old: Option<i64>| new.filter(|new| old.is_some_and(|old| *new < old));
    let limits = containers().map(|(ix, (container, actual))| {
        (ix, container.name, shrinks(memory::limit(&container.resources), memory::limit(actual)))
    });
    let limits: Vec<_> = limits.collect();
    if limits.iter().all(|(.., limit)| limit.is_none()) {
        return None;
    }
    let group = |spec: &PodSpec| memory::group_limit(spec, pod_level_resources);
    let of_pod = shrinks(group(spec), group(&with_sizes(spec, actual)));
    let all = containers().filter_map(|(ix, _)| used(ix)).reduce(i64::saturating_add);
    let mut why = Vec::new();
    if let (Some(limit), Some(all)) = (of_pod, all.filter(|all| of_pod.is_some_and(|limit| *all >= limit))) {
        why.push(format!("attempting to set pod memory limit ({limit}) below current usage ({all})"));
    }
    for (ix, name, limit) in limits {
        let Some(limit) = limit else { continue };
        if let Some(used) = used(ix).filter(|used| *used >= limit) {
            why.push(format!(
                "attempting to set container \"{name}\" memory limit ({limit}) below current usage ({used})"
            ));
        }
    }
    match &why[..] {
        [] => None,
        [one] => Some(format!("cannot decrease memory limits: {one}")),
        all => Some(format!("cannot decrease memory limits: [{}]", all.join(", "))),
    }
}

/// Where a pod stands among those whose resize waits (`sortPendingResizes`): those that ask for no more than they have
/// first, then by priority, then Guaranteed before Burstable, then by how long they have waited.
pub fn turn(
    grows: bool,
    priority: Option<i32>,
    qos_class: Sym,
    pending: Option<&Condition>,
) -> impl Ord + use<> {
    let since = pending.and_then(|condition| condition.last_transition);
    (grows, Reverse(priority.unwrap_or(0)), qos_class != Sym::GUARANTEED, since.is_none(), since)
}

/// A condition about a resize, in place of the one that was there: its transition is one of the reason.
pub fn condition(
    before: Option<&Condition>,
    kind: Sym,
    reason: Sym,
    message: Text,
    generation: i64,
    now: Time,
) -> Condition {
    let mut condition = Condition::new(kind, true).because(reason, message);
    condition.observed_generation = generation;
    condition.last_probe = Some(now);
    condition.last_transition = match before {
        Some(before) if before.reason == reason => before.last_transition,
        _ => Some(now),
    };
    condition
}

/// Whether a condition says something else than the one before: only then an event tells of it.
pub fn says_more(before: Option<&Condition>, after: &Condition) -> bool {
    before.is_none_or(|before| {
        before.reason != after.reason
            || before.message != after.message
            || before.observed_generation != after.observed_generation
    })
}

/// Why a node could never hold a size, in the words of the API server since 1.36 (`validateNodeAllocatable`).
pub fn beyond_allocatable(asked: &Amounts, has: &Amounts) -> Option<String> {
    let line = |name: &str, asked: i64, has: i64| {
        (asked > has).then(|| format!("{name}, requested: {asked}, allocatable: {has}"))
    };
    let lines = [line("cpu", asked.milli_cpu, has.milli_cpu), line("memory", asked.memory, has.memory)];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    (!lines.is_empty())
        .then(|| format!("node didn't have enough allocatable resources: {}", lines.join("; ")))
}

/// The same in the words of a kubelet before 1.36 (`canResizePod`): memory first, and one resource only.
pub fn beyond_capacity(asked: &Amounts, has: &Amounts) -> Option<String> {
    let (name, asked, has) = if asked.memory > has.memory {
        ("memory", asked.memory, has.memory)
    } else if asked.milli_cpu > has.milli_cpu {
        ("cpu", asked.milli_cpu, has.milli_cpu)
    } else {
        return None;
    };
    Some(format!("Node didn't have enough capacity: {name}, requested: {asked}, capacity: {has}"))
}

/// The specs of which the scheduler counts the largest total for a pod on a node: desired, allocated and actual. Up to 1.36
/// that is one, with the largest of each container's amounts. What its kubelet found infeasible does not count. There is
/// at least one.
#[must_use]
pub fn counted(
    spec: &PodSpec,
    allocated: &[Resources],
    actual: &[Resources],
    infeasible: bool,
    by_totals: bool,
) -> Vec<PodSpec> {
    let given = with_sizes(spec, allocated);
    if by_totals {
        let desired = (!infeasible).then(|| spec.clone());
        return [given, with_sizes(spec, actual)].into_iter().chain(desired).collect();
    }
    let mut most = if infeasible { given } else { spec.clone() };
    let containers = most.init_containers.iter_mut().chain(&mut most.containers);
    for (container, (allocated, actual)) in containers.zip(allocated.iter().zip(actual)) {
        let requests = &mut container.resources.requests;
        for (name, text) in allocated.requests.iter().chain(&actual.requests) {
            let more = amount(requests, name).cmp_value(Quantity::parse(text).unwrap_or_default()).is_lt();
            if more || !requests.contains_key(name) {
                requests.insert(name.clone(), text.clone());
            }
        }
    }
    vec![most]
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    init_containers: Vec<Allocation<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    containers: Vec<Allocation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    error: &'a str,
}

#[derive(Serialize)]
struct Allocation<'a> {
    name: Sym,
    resources: &'a Resources,
}

/// The message of an event about a resize: what happened, and the sizes of all containers.
pub fn words(what: &str, spec: &PodSpec, generation: Option<i64>, error: &str) -> String {
    fn of(list: &[Container]) -> Vec<Allocation<'_>> {
        list.iter().map(|c| Allocation { name: c.name, resources: &c.resources }).collect()
    }
    let summary = Summary {
        init_containers: of(&spec.init_containers),
        containers: of(&spec.containers),
        generation,
        error,
    };
    match serde_json::to_string(&summary) {
        Ok(json) => format!("{what}: {json}"),
        Err(_) => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scheduler::placement::amounts;

    fn resources(json: &str) -> Resources {
        serde_json::from_str(json).expect("resources")
    }

    fn container(size: &str, policy: &str) -> Container {
        serde_json::from_str(&format!(r#"{{"name": "app", "resources": {size}, "resizePolicy": {policy}}}"#))
            .expect("a container")
    }

    const SMALL: &str = r#"{"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}"#;
    const MORE_CPU: &str = r#"{"requests": {"cpu": "1", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}"#;
    const MORE_MEMORY: &str =
        r#"{"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}"#;

    #[test]
    fn the_policy_of_the_resource_that_changes_decides() {
        let policy = r#"[{"resourceName": "cpu", "restartPolicy": "NotRequired"},
                         {"resourceName": "memory", "restartPolicy": "RestartContainer"}]"#;
        let actual = resources(SMALL);
        assert_eq!(action(&container(SMALL, policy), &actual), Action::Keep);
        assert_eq!(action(&container(MORE_CPU, policy), &actual), Action::Update);
        assert_eq!(action(&container(MORE_MEMORY, policy), &actual), Action::Restart);
        assert_eq!(action(&container(MORE_MEMORY, "[]"), &actual), Action::Update);
    }

    #[test]
    fn shares_below_the_least_are_no_change() {
        let one = r#"{"requests": {"cpu": "1m"}, "limits": {"cpu": "4m"}}"#;
        let two = r#"{"requests": {"cpu": "2m"}, "limits": {"cpu": "10m"}}"#;
        assert_eq!(action(&container(two, "[]"), &resources(one)), Action::Keep);
        let three = r#"{"requests": {"cpu": "3m"}, "limits": {"cpu": "10m"}}"#;
        assert_eq!(action(&container(three, "[]"), &resources(one)), Action::Update);
    }

    #[test]
    fn who_shrinks_goes_first_then_priority_class_and_age_decide() {
        let at = |secs: i64| Condition {
            last_transition: Some(Time::from_secs(secs)),
            ..Condition::new(Sym::POD_RESIZE_PENDING, true)
        };
        let (early, late) = (at(10), at(20));
        let order = [
            turn(false, None, Sym::BURSTABLE, None),
            turn(true, Some(1000), Sym::BURSTABLE, Some(&late)),
            turn(true, None, Sym::GUARANTEED, Some(&late)),
            turn(true, Some(0), Sym::BURSTABLE, Some(&early)),
            turn(true, None, Sym::BURSTABLE, Some(&late)),
            turn(true, None, Sym::BURSTABLE, None),
        ];
        assert!(order.is_sorted());
    }

    #[test]
    fn a_new_reason_is_a_transition_and_a_new_message_is_not() {
        let of = |before: Option<&Condition>, reason: &str, message: &str, secs: i64| {
            let now = Time::from_secs(secs);
            condition(before, Sym::POD_RESIZE_PENDING, Sym::new(reason), message.into(), 2, now)
        };
        let first = of(None, "Deferred", "used: 3000", 10);
        let second = of(Some(&first), "Deferred", "used: 2000", 20);
        assert_eq!(second.last_transition, Some(Time::from_secs(10)));
        assert_eq!(second.last_probe, Some(Time::from_secs(20)));
        assert!(says_more(Some(&first), &second));
        assert!(!says_more(Some(&second), &of(Some(&second), "Deferred", "used: 2000", 30)));
        assert_eq!(of(Some(&second), "Infeasible", "", 30).last_transition, Some(Time::from_secs(30)));
    }

    #[test]
    fn the_scheduler_counts_the_most_of_all_three() {
        let spec = |app: &str, log: &str| -> PodSpec {
            let json = format!(
                r#"{{"containers": [{{"name": "app", "resources": {{"requests": {{"cpu": "{app}"}}}}}},
                                    {{"name": "log", "resources": {{"requests": {{"cpu": "{log}"}}}}}}]}}"#
            );
            serde_json::from_str(&json).expect("a spec")
        };
        let (small, big) = (spec("500m", "1"), spec("2", "500m"));
        let most = |desired: &PodSpec, allocated: &PodSpec, actual: &PodSpec, infeasible, by_totals| {
            let specs = counted(desired, &sizes(allocated), &sizes(actual), infeasible, by_totals);
            specs.iter().map(|spec| amounts::requests(spec, true).asked.milli_cpu).max()
        };
        // Container by container, and pod by pod.
        for (by_totals, both) in [(false, 3000), (true, 2500)] {
            assert_eq!(most(&big, &small, &small, false, by_totals), Some(both));
            assert_eq!(most(&big, &small, &small, true, by_totals), Some(1500));
            assert_eq!(most(&small, &small, &big, false, by_totals), Some(both));
            assert_eq!(most(&small, &small, &big, true, by_totals), Some(both));
        }
    }

    #[test]
    fn events_carry_the_sizes_as_json() {
        let spec: PodSpec = serde_json::from_str(
            r#"{"containers": [{"name": "app", "resources": {"requests": {"memory": "500Mi", "cpu": "500m"}}}]}"#,
        )
        .expect("a spec");
        assert_eq!(
            words("Pod resize Deferred", &spec, Some(2), "no room"),
            "Pod resize Deferred: {\"containers\":[{\"name\":\"app\",\"resources\":{\"requests\":{\"cpu\":\"500m\",\
             \"memory\":\"500Mi\"}}}],\"generation\":2,\"error\":\"no room\"}"
        );
    }

    #[test]
    fn what_no_node_could_hold_is_told_in_the_words_of_the_version() {
        let of = |milli_cpu: i64, memory: i64| Amounts { milli_cpu, memory, ..Amounts::default() };
        let (asked, has) = (of(8000, 100), of(4000, 50));
        assert_eq!(
            beyond_allocatable(&asked, &has).as_deref(),
            Some(
                "node didn't have enough allocatable resources: cpu, requested: 8000, allocatable: 4000; \
                 memory, requested: 100, allocatable: 50"
            )
        );
        assert_eq!(
            beyond_capacity(&asked, &has).as_deref(),
            Some("Node didn't have enough capacity: memory, requested: 100, capacity: 50")
        );
        assert_eq!(beyond_allocatable(&has, &has), None);
        assert_eq!(beyond_capacity(&has, &has), None);
    }
}
