//! The scheduling queue's rules: how long a pod that failed stays away, and which events may help it.
//!
//! Source: pkg/scheduler/backend/queue/{scheduling_queue,backoff_queue,active_queue}.go, `EventsToRegister` and the
//! queueing hints of pkg/scheduler/framework/plugins/*, pkg/scheduler/framework/events.go, 1.36.2 (and 1.32.13 where a
//! gate decides). The surprises: a pod does not come back by itself before five minutes, only an event that concerns the
//! plugins that refused it brings it back; since 1.33 an idle scheduler does not wait for a back-off to end.

use super::placement::{
    NodeInfo, Plugin, PluginSet, PodRequest, Term, has_room_when_empty, node_affinity, node_name, node_ports,
    taint_toleration,
};
use crate::api::{PodSpec, Sym};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// `podInitialBackoffSeconds`
const INITIAL: Span = Span::from_secs(1);
/// `podMaxBackoffSeconds`
const MAX: Span = Span::from_secs(10);
/// `DefaultPodMaxInUnschedulablePodsDuration`
const MAX_UNSCHEDULABLE: Span = Span::from_secs(300);
/// How often those are looked for.
pub const LEFTOVER_PERIOD: Span = Span::from_secs(30);
/// How often the back-off queue is flushed (`backoffQOrderingWindowDuration`).
const FLUSH_PERIOD: Span = Span::from_secs(1);

/// Whether the cluster's one scheduler looks after a pod: those that name another are left alone, without an event and
/// without a condition (`responsibleForPod`, pkg/scheduler/eventhandlers.go). Objects that were never defaulted count.
pub fn is_responsible_for(spec: &PodSpec) -> bool {
    spec.scheduler_name.is_empty() || spec.scheduler_name == Sym::DEFAULT_SCHEDULER
}

/// `calculateBackoffDuration`: 1, 2, 4, 8, 10, 10 … seconds.
pub fn back_off(failures: u32) -> Span {
    match failures {
        0 => Span::ZERO,
        1..=3 => INITIAL * (1 << (failures - 1)),
        4 => INITIAL * 8,
        _ => MAX,
    }
}

/// When the back-off after a failure at `failed` ends: since 1.33 the beginning of the second in which it ends, so that
/// all pods of that second are in order of priority.
pub fn back_off_until(gates: &Gates, failed: Time, failures: u32) -> Time {
    let until = failed + back_off(failures);
    if gates.pop_from_backoff_q { until.truncate_secs() } else { until }
}

/// `isPodBackingoff`
pub fn is_backing_off(gates: &Gates, until: Time, now: Time) -> bool {
    if gates.pop_from_backoff_q { until >= now.truncate_secs() } else { until > now }
}

/// When the flush comes that moves a pod to the active queue: on whole seconds since 1.33, before it on a grid of its own
/// (`anchor`, when the scheduler began, plus whole seconds).
pub fn flushed_at(gates: &Gates, until: Time, anchor: Time) -> Time {
    if gates.pop_from_backoff_q {
        return until.truncate_secs() + FLUSH_PERIOD;
    }
    grid(anchor, FLUSH_PERIOD, until)
}

/// When a pod that nothing helped is tried again all the same.
pub fn left_over_at(failed: Time, anchor: Time) -> Time {
    grid(anchor, LEFTOVER_PERIOD, failed + MAX_UNSCHEDULABLE + Span::from_micros(1))
}

/// The first instant of a grid that is not before `at`.
fn grid(anchor: Time, period: Span, at: Time) -> Time {
    let steps = (at.since(anchor).micros() + period.micros() - 1).div_euclid(period.micros());
    anchor + period * steps
}

/// What happened in the cluster, as the queue hears of it.
#[derive(Clone, Copy, Debug)]
pub enum ClusterEvent<'a> {
    NodeAdded(&'a NodeInfo),
    NodeUpdated {
        before: &'a NodeInfo,
        after: &'a NodeInfo,
    },
    NodeDeleted(&'a NodeInfo),
    /// A pod was bound.
    PodAdded(&'a PodRequest),
    /// A bound pod's labels changed.
    PodRelabelled {
        before: &'a PodRequest,
        after: &'a PodRequest,
    },
    /// A bound pod counts for more or less than before.
    PodResized {
        before: &'a PodRequest,
        after: &'a PodRequest,
    },
    /// A pod with a node, or one that waited for a node chosen by preemption, is gone or has ended.
    PodDeleted(&'a PodRequest),
    ClaimAdded {
        namespace: Sym,
        name: Sym,
    },
    /// A claim was bound.
    ClaimUpdated {
        namespace: Sym,
        name: Sym,
    },
    /// The waiting pod itself changed: its last scheduling gate went, its labels are others, it tolerates more.
    Updated {
        ungated: bool,
        relabelled: bool,
        tolerates: bool,
        /// It asks for less of cpu or memory.
        shrunk: bool,
    },
}

/// What an update of a waiting pod changed for its scheduling (`PodSchedulingPropertiesChange`, framework/events.go): more
/// tolerations are only counted, since none can be taken away.
pub fn update_of(before: &PodRequest, after: &PodRequest) -> ClusterEvent<'static> {
    ClusterEvent::Updated {
        ungated: before.gated && !after.gated,
        relabelled: before.labels != after.labels,
        tolerates: before.tolerations.len() != after.tolerations.len(),
        shrunk: shrinks(after, before, after),
    }
}

/// `PriorityQueue.Update`: whether a waiting pod's own update brings it back. A gate keeps it away from the queues all the
/// same (`PreEnqueue`); without hints every change of the object counts (`isPodUpdated`).
pub fn update_helps(gates: &Gates, before: &PodRequest, after: &PodRequest, refused_by: PluginSet) -> bool {
    !after.gated && (!gates.queueing_hints || may_help(gates, after, refused_by, &update_of(before, after)))
}

/// `isPodWorthRequeuing`: whether an event may help a pod that these plugins refused.
pub fn may_help(gates: &Gates, pod: &PodRequest, refused_by: PluginSet, event: &ClusterEvent<'_>) -> bool {
    refused_by.is_empty() || refused_by.iter().any(|plugin| hint(gates, plugin, pod, event))
}

/// A plugin's queueing hint; without hints, whether the plugin asked to hear of such events.
fn hint(gates: &Gates, plugin: Plugin, pod: &PodRequest, event: &ClusterEvent<'_>) -> bool {
    use ClusterEvent as E;
    let without_hints = !gates.queueing_hints;
    match plugin {
        Plugin::SchedulingGates => matches!(event, E::Updated { ungated: true, .. }),
        Plugin::NodeUnschedulable => match event {
            E::NodeAdded(node) => without_hints || !node.unschedulable,
            E::NodeUpdated { before, after } => without_hints || before.unschedulable && !after.unschedulable,
            E::Updated { tolerates, .. } => *tolerates && node_name::tolerates_cordons(pod),
            _ => false,
        },
        Plugin::NodeName => matches!(event, E::NodeAdded(_)),
        Plugin::TaintToleration => {
            let kept_away =
                |node: &NodeInfo| taint_toleration::untolerated(&pod.tolerations, &node.taints).is_some();
            match event {
                E::NodeAdded(node) => without_hints || !kept_away(node),
                E::NodeUpdated { before, after } => without_hints || kept_away(before) && !kept_away(after),
                E::Updated { tolerates, .. } => *tolerates,
                _ => false,
            }
        }
        Plugin::NodeAffinity => {
            let matches = |node: &NodeInfo| node_affinity::matches(pod, node);
            match event {
                E::NodeAdded(node) => without_hints || matches(node),
                E::NodeUpdated { before, after } => without_hints || !matches(before) && matches(after),
                _ => false,
            }
        }
        Plugin::NodePorts => match event {
            E::NodeAdded(_) => true,
            E::PodDeleted(other) => without_hints || node_ports::conflict(&pod.ports, &other.ports),
            _ => false,
        },
        Plugin::NodeResourcesFit => match event {
            E::NodeAdded(node) => without_hints || has_room_when_empty(pod, node),
            E::NodeUpdated { before, after } => {
                without_hints || has_room_when_empty(pod, after) && has_more(pod, before, after)
            }
            E::PodDeleted(_) => true,
            E::PodResized { before, after } => shrinks(pod, before, after),
            E::Updated { shrunk, .. } => *shrunk,
            _ => false,
        },
        Plugin::VolumeRestrictions
        | Plugin::VolumeBinding
        | Plugin::VolumeZone
        | Plugin::NodeVolumeLimits => match event {
            E::ClaimAdded { namespace, name } | E::ClaimUpdated { namespace, name } => {
                without_hints || pod.namespace == *namespace && pod.claims.contains(name)
            }
            // Of nodes VolumeBinding has no hint: whatever is new there may be what its volumes ask for.
            E::NodeAdded(_) => plugin == Plugin::VolumeBinding,
            E::NodeUpdated { before, after } => {
                plugin == Plugin::VolumeBinding && (without_hints || before.labels != after.labels)
            }
            _ => false,
        },
        Plugin::PodTopologySpread => without_hints && is_about_others(event) || spread(pod, event),
        Plugin::InterPodAffinity => without_hints && is_about_others(event) || affinity(pod, event, gates),
        Plugin::NodeDeclaredFeatures => match event {
            E::NodeAdded(_) => true,
            E::NodeUpdated { before, after } => before.declared_features != after.declared_features,
            _ => false,
        },
        Plugin::DynamicResources | Plugin::DefaultPreemption => false,
    }
}

fn is_about_others(event: &ClusterEvent<'_>) -> bool {
    use ClusterEvent as E;
    !matches!(event, E::ClaimAdded { .. } | E::ClaimUpdated { .. } | E::Updated { .. } | E::PodResized { .. })
}

/// Whether less is asked of something that the pod asks for (`isSchedulableAfterPodScaleDown`).
fn shrinks(pod: &PodRequest, before: &PodRequest, after: &PodRequest) -> bool {
    let (asked, old, new) = (&pod.requests.asked, &before.requests.asked, &after.requests.asked);
    asked.milli_cpu > 0 && new.milli_cpu < old.milli_cpu || asked.memory > 0 && new.memory < old.memory
}

/// `haveAnyRequestedResourcesIncreased`
fn has_more(pod: &PodRequest, before: &NodeInfo, after: &NodeInfo) -> bool {
    let asked = &pod.requests.asked;
    let (old, new) = (&before.allocatable, &after.allocatable);
    after.allowed_pods > before.allowed_pods
        || asked.milli_cpu > 0 && new.milli_cpu > old.milli_cpu
        || asked.memory > 0 && new.memory > old.memory
        || asked.ephemeral > 0 && new.ephemeral > old.ephemeral
        || asked.scalars.iter().any(|(name, amount)| *amount > 0 && new.scalar(*name) > old.scalar(*name))
}

/// `isSchedulableAfterPodChange` and `isSchedulableAfterNodeChange` of PodTopologySpread.
fn spread(pod: &PodRequest, event: &ClusterEvent<'_>) -> bool {
    use ClusterEvent as E;
    let counts = |other: &PodRequest| {
        other.namespace == pod.namespace && pod.spread.iter().any(|c| c.selector.matches(&other.labels))
    };
    let values =
        |node: &NodeInfo| -> Option<Vec<Sym>> { pod.spread.iter().map(|c| node.label(c.key)).collect() };
    match event {
        E::PodAdded(other) | E::PodDeleted(other) => counts(other),
        E::PodRelabelled { before, after } => counts(before) != counts(after),
        E::NodeAdded(node) | E::NodeDeleted(node) => values(node).is_some(),
        E::NodeUpdated { before, after } => {
            values(before) != values(after)
                || pod.spread.iter().any(|c| c.honor_taints) && before.taints != after.taints
        }
        E::Updated { relabelled, .. } => *relabelled,
        E::PodResized { .. } | E::ClaimAdded { .. } | E::ClaimUpdated { .. } => false,
    }
}

/// `isSchedulableAfterPodChange` and `isSchedulableAfterNodeChange` of InterPodAffinity.
fn affinity(pod: &PodRequest, event: &ClusterEvent<'_>, gates: &Gates) -> bool {
    use ClusterEvent as E;
    let near = |other: &PodRequest| !pod.affinity.is_empty() && pod.affinity.iter().all(|t| t.matches(other));
    // Of several terms: `podMatchesAllAffinityTerms` before 1.37, which no term at all doesn't match.
    let hits = |terms: &[Term], other: &PodRequest| match gates.habits.wakes_by_any_term {
        true => terms.iter().any(|t| t.matches(other)),
        false => !terms.is_empty() && terms.iter().all(|t| t.matches(other)),
    };
    let apart = |other: &PodRequest| hits(&pod.anti_affinity, other);
    let keeps_away = |other: &PodRequest| hits(&other.anti_affinity, pod);
    match event {
        E::PodAdded(other) => near(other),
        E::PodDeleted(other) => apart(other) || keeps_away(other),
        E::PodRelabelled { before, after } => !near(before) && near(after) || apart(before) && !apart(after),
        E::NodeAdded(_) => true,
        E::NodeUpdated { before, after } => {
            let moved = |t: &Term| before.label(t.key) != after.label(t.key);
            pod.affinity.iter().any(|t| moved(t) && after.label(t.key).is_some())
                || pod.anti_affinity.iter().any(|t| moved(t) && before.label(t.key).is_some())
        }
        E::Updated { relabelled, .. } => *relabelled,
        E::NodeDeleted(_) | E::PodResized { .. } | E::ClaimAdded { .. } | E::ClaimUpdated { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scheduler::placement::selector::labels as labels_of;
    use crate::rules::versions::Version;

    #[test]
    fn back_offs_double_up_to_ten_seconds() {
        let seconds: Vec<i64> = (0..7).map(|failures| back_off(failures).secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 10, 10]);
    }

    /// A pod's own update concerns the plugins that asked to hear of that part of it, and no others.
    #[test]
    fn a_pod_comes_back_by_an_update_of_what_kept_it_away() {
        let gates = Gates::default();
        let pod = |text: &str, label: &str| {
            let spec = serde_json::from_str(text).expect("a spec");
            let labels = [("app".to_owned(), label.to_owned())].into();
            PodRequest::new(Sym::new("default"), labels_of(&labels), &spec, &gates)
        };
        let plain = pod("{}", "web");
        let tolerant = pod(r#"{"tolerations": [{"key": "gpu", "operator": "Exists"}]}"#, "web");
        let cordoned =
            r#"{"tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]}"#;
        let gated = pod(r#"{"schedulingGates": [{"name": "example.com/wait"}]}"#, "web");
        let helps = |before: &PodRequest, after: &PodRequest, plugin: Plugin| {
            let mut refused_by = PluginSet::default();
            refused_by.insert(plugin);
            update_helps(&gates, before, after, refused_by)
        };
        assert!(helps(&plain, &tolerant, Plugin::TaintToleration));
        assert!(!helps(&plain, &tolerant, Plugin::NodeUnschedulable));
        assert!(helps(&plain, &pod(cordoned, "web"), Plugin::NodeUnschedulable));
        assert!(!helps(&plain, &tolerant, Plugin::NodeResourcesFit));
        assert!(!helps(&plain, &pod("{}", "db"), Plugin::TaintToleration));
        assert!(helps(&plain, &pod("{}", "db"), Plugin::InterPodAffinity));
        assert!(helps(&plain, &pod("{}", "db"), Plugin::PodTopologySpread));
        assert!(helps(&gated, &plain, Plugin::SchedulingGates));
        assert!(!helps(&plain, &gated, Plugin::TaintToleration));
        let of = |cpu: &str| {
            let size = format!(
                r#"{{"containers": [{{"name": "app", "resources": {{"requests": {{"cpu": "{cpu}"}}}}}}]}}"#
            );
            pod(&size, "web")
        };
        assert!(helps(&of("2"), &of("1"), Plugin::NodeResourcesFit));
        assert!(!helps(&of("1"), &of("2"), Plugin::NodeResourcesFit));
    }

    /// Of several terms of anti-affinity all had to be met by a pod that goes, until 1.37.
    #[test]
    fn a_pod_wakes_by_one_term_or_by_all() {
        let term = |app: &str| {
            format!(r#"{{"topologyKey": "zone", "labelSelector": {{"matchLabels": {{"{app}": "yes"}}}}}}"#)
        };
        let spec = format!(
            r#"{{"affinity": {{"podAntiAffinity": {{"requiredDuringSchedulingIgnoredDuringExecution": [{}, {}]}}}}}}"#,
            term("red"),
            term("blue")
        );
        let wakes = |version: Version, labels: &[&str]| {
            let gates = Gates::of(version);
            let request = |spec: &str, labels: &[&str]| {
                let labels = labels.iter().map(|name| ((*name).to_owned(), "yes".to_owned())).collect();
                let spec = serde_json::from_str(spec).expect("a spec");
                PodRequest::new(Sym::new("default"), labels_of(&labels), &spec, &gates)
            };
            let mut refused_by = PluginSet::default();
            refused_by.insert(Plugin::InterPodAffinity);
            let gone = request("{}", labels);
            may_help(&gates, &request(&spec, &[]), refused_by, &ClusterEvent::PodDeleted(&gone))
        };
        assert_eq!(
            [&["red"][..], &["red", "blue"], &["green"]].map(|labels| wakes(Version::V1_36, labels)),
            [false, true, false]
        );
        assert_eq!(
            [&["red"][..], &["red", "blue"], &["green"]].map(|labels| wakes(Version::V1_37, labels)),
            [true, true, false]
        );
    }

    /// A pod on a node that shrinks helps those who lack what it gives back, and nobody else.
    #[test]
    fn a_pod_that_shrinks_gives_back_what_it_had() {
        let gates = Gates::default();
        let pod = |requests: &str| {
            let spec =
                format!(r#"{{"containers": [{{"name": "app", "resources": {{"requests": {requests}}}}}]}}"#);
            let spec = serde_json::from_str(&spec).expect("a spec");
            PodRequest::new(Sym::new("default"), labels_of(&[].into()), &spec, &gates)
        };
        let (big, small) = (pod(r#"{"cpu": "2"}"#), pod(r#"{"cpu": "1"}"#));
        let helps = |waiting: &PodRequest, before: &PodRequest, after: &PodRequest| {
            let mut refused_by = PluginSet::default();
            refused_by.insert(Plugin::NodeResourcesFit);
            may_help(&gates, waiting, refused_by, &ClusterEvent::PodResized { before, after })
        };
        assert!(helps(&small, &big, &small));
        assert!(!helps(&small, &small, &big));
        assert!(!helps(&pod(r#"{"memory": "1Gi"}"#), &big, &small));
    }

    #[test]
    fn flushes_are_aligned_since_1_33() {
        let failed = Time::from_micros(100_700_000);
        let new = Gates::default();
        let until = back_off_until(&new, failed, 2);
        assert_eq!(until, Time::from_secs(102));
        assert!(is_backing_off(&new, until, Time::from_micros(102_999_999)));
        assert!(!is_backing_off(&new, until, Time::from_secs(103)));
        assert_eq!(flushed_at(&new, until, Time::EPOCH), Time::from_secs(103));

        let old = Gates::of(Version::ALL[0]);
        let until = back_off_until(&old, failed, 2);
        assert_eq!(until, Time::from_micros(102_700_000));
        assert!(!is_backing_off(&old, until, until));
        assert_eq!(flushed_at(&old, until, Time::from_micros(950_000)), Time::from_micros(102_950_000));
        assert_eq!(flushed_at(&old, until, Time::from_micros(700_000)), until);
    }

    #[test]
    fn nobody_is_forgotten_for_more_than_five_minutes_and_a_half() {
        assert_eq!(left_over_at(Time::from_secs(100), Time::from_secs(10)), Time::from_secs(430));
        assert_eq!(left_over_at(Time::from_secs(101), Time::from_secs(10)), Time::from_secs(430));
    }
}
