//! The kept scores give the answers of the long way, draw for draw.

use proptest::prelude::*;

use super::cycle::the_long_way;
use super::request::RequestId;
use super::selector::Selector;
use super::volume_binding::Claim;
use super::{Budget, Candidate, Cluster, Outcome, PodFacts, PodRequest, schedule};
use crate::api::spec::LabelSelector;
use crate::api::{NodeSpec, PodSpec, Sym};
use crate::rules::versions::Version;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

struct Nobody;
impl PodFacts for Nobody {
    fn start_time(&self, _: u32) -> Time {
        Time::EPOCH
    }
    fn is_deleted(&self, _: u32) -> bool {
        false
    }
    fn is_preempted(&self, _: u32) -> bool {
        false
    }
    fn budgets(&self) -> &[Budget] {
        &[]
    }
}

const NANO: i128 = 1_000_000_000;

fn node(number: usize, kind: u8, zones: bool) -> NodeSpec {
    let cpu = i128::from(kind % 4 + 1) * 2;
    let mut spec = NodeSpec { name: Sym::new(&format!("n{number}")), ..NodeSpec::default() };
    if zones {
        spec.labels.insert("topology.kubernetes.io/zone".into(), format!("z{}", kind % 3));
    }
    // Not every node says which host it is.
    if kind % 13 != 12 {
        spec.labels.insert("kubernetes.io/hostname".into(), format!("n{number}"));
    }
    spec.labels.insert("disk".into(), if kind.is_multiple_of(2) { "ssd" } else { "hdd" }.into());
    spec.unschedulable = kind % 11 == 10;
    for (name, amount) in [("cpu", cpu), ("memory", cpu << 30), ("pods", 6)] {
        spec.allocatable.insert(name.into(), amount * NANO);
    }
    spec
}

fn template(kind: u8) -> PodSpec {
    let resources = match kind % 4 {
        0 => serde_json::json!({}),
        1 => serde_json::json!({ "requests": { "cpu": "500m" } }),
        2 => serde_json::json!({ "requests": { "cpu": "1", "memory": "3Gi" } }),
        _ => serde_json::json!({ "requests": { "memory": "700Mi" } }),
    };
    let selector = if kind >= 4 { serde_json::json!({ "disk": "ssd" }) } else { serde_json::json!({}) };
    serde_json::from_value(serde_json::json!({
        "containers": [{ "name": "c", "image": "x", "resources": resources }],
        "nodeSelector": selector,
    }))
    .expect("a spec")
}

/// Spread over hosts, zones or disks, of which there may be too few; with their likes, or with half of all others.
fn constraints(kind: u8, app: &str) -> serde_json::Value {
    let one = |key: &str, skew: u8, selector: serde_json::Value, more: serde_json::Value| {
        let mut constraint = serde_json::json!({
            "maxSkew": skew,
            "topologyKey": key,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": { "matchLabels": selector },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            constraint[key] = value.clone();
        }
        constraint
    };
    let (own, front) = (serde_json::json!({ "app": app }), serde_json::json!({ "tier": "front" }));
    let none = || serde_json::json!({});
    let (host, zone) = ("kubernetes.io/hostname", "topology.kubernetes.io/zone");
    match kind % 8 {
        0 => serde_json::json!([one(host, 1, own, none())]),
        1 => serde_json::json!([one(host, 2, front, serde_json::json!({ "nodeAffinityPolicy": "Ignore" }))]),
        2 => serde_json::json!([one("disk", 1, own.clone(), none()), one(host, 2, own, none())]),
        3 => serde_json::json!([one("disk", 3, front, serde_json::json!({ "minDomains": 3 }))]),
        4 => serde_json::json!([one(zone, 1, own, serde_json::json!({ "minDomains": 2 }))]),
        5 => serde_json::json!([one(host, 1, own, serde_json::json!({ "nodeTaintsPolicy": "Honor" }))]),
        6 => serde_json::json!([one("disk", 1, own, none())]),
        _ => serde_json::json!([one(host, 1, front, none())]),
    }
}

/// A pod of its kind: some belong to a workload, by whose selector they are spread.
fn request(kind: u8, gates: &Gates) -> PodRequest {
    let (app, tier) = (format!("app{}", kind / 8), if kind.is_multiple_of(2) { "front" } else { "back" });
    let own = [("app", app.as_str()), ("tier", tier)].map(|(key, value)| (Sym::new(key), Sym::new(value)));
    let mut spec = template(kind % 8);
    if kind >= 32 {
        spec.topology_spread_constraints =
            serde_json::from_value(constraints(kind, &app)).expect("constraints");
        spec.priority = (kind == 39).then_some(7);
    } else if kind / 8 >= 3 {
        // Apart from its likes, or from half of all others; one in a while from those of a disk.
        let selector = if kind.is_multiple_of(3) {
            serde_json::json!({ "app": app })
        } else {
            serde_json::json!({ "tier": "front" })
        };
        let key = if kind == 31 { "disk" } else { "kubernetes.io/hostname" };
        let affinity = serde_json::json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
            { "topologyKey": key, "labelSelector": { "matchLabels": selector } }
        ] } });
        spec.affinity = serde_json::from_value(affinity).expect("an affinity");
        spec.priority = (kind == 30).then_some(7);
    }
    let request = PodRequest::new(Sym::new("default"), own.to_vec(), &spec, gates);
    let selector = match kind / 8 {
        0 | 3 | 4 => return request,
        1 => serde_json::json!({ "matchLabels": { "app": app } }),
        _ => serde_json::json!({ "matchLabels": { "tier": tier } }),
    };
    let selector: LabelSelector = serde_json::from_value(selector).expect("a selector");
    request.selected_by(&Selector::compile(Some(&selector)))
}

/// One step of a cluster's life.
#[derive(Clone, Debug)]
enum Step {
    Arrive(u8, u64),
    /// A pod that names its node.
    Assigned(u8, usize),
    Leave(usize),
    MarkDeleted(usize),
    Cordon(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..24, any::<u64>()).prop_map(|(kind, dice)| Step::Arrive(kind, dice)),
        2 => (24u8..32, any::<u64>()).prop_map(|(kind, dice)| Step::Arrive(kind, dice)),
        3 => (32u8..40, any::<u64>()).prop_map(|(kind, dice)| Step::Arrive(kind, dice)),
        2 => (0u8..40, any::<usize>()).prop_map(|(kind, node)| Step::Assigned(kind, node)),
        2 => any::<usize>().prop_map(Step::Leave),
        1 => any::<usize>().prop_map(Step::MarkDeleted),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(node, value)| Step::Cordon(node, value)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn kept_scores_change_no_answer(
        kinds in prop::collection::vec(any::<u8>(), 1..160),
        steps in prop::collection::vec(step(), 1..160),
        old in any::<bool>(),
        zones in prop::bool::weighted(0.2),
    ) {
        let gates = Gates::of(if old { Version::ALL[0] } else { Version::DEFAULT });
        let mut cluster = Cluster::new(gates);
        let mut specs: Vec<NodeSpec> = kinds.iter().enumerate().map(|(ix, kind)| node(ix, *kind, zones)).collect();
        for (ix, spec) in specs.iter().enumerate() {
            cluster.set_node(ix as u32, spec);
        }
        // As in a run, a request is added when the first pod of its kind comes.
        let mut requests: [Option<RequestId>; 40] = [None; 40];
        let mut placed: Vec<(u32, u32, bool)> = Vec::new();
        for (pod, step) in steps.into_iter().enumerate() {
            match step {
                Step::Arrive(kind, dice) => {
                    let request = requests[usize::from(kind)]
                        .get_or_insert_with(|| cluster.add_request(request(kind, &gates)));
                    let candidate = Candidate { pod: pod as u32, request: *request, nominated: None };
                    let draw = |n: u64| dice % n;
                    let mut twin = cluster.clone();
                    let slow = the_long_way(&mut twin, candidate, &Nobody, |_, _| Claim::Bound(None), &mut { draw });
                    let fast = schedule(&mut cluster, candidate, &Nobody, |_, _| Claim::Bound(None), &mut { draw });
                    prop_assert_eq!(cluster.next_start, twin.next_start);
                    match (slow, fast) {
                        (
                            Outcome::Scheduled { node, feasible },
                            Outcome::Scheduled { node: other, feasible: others },
                        ) => {
                            prop_assert_eq!((node, feasible), (other, others));
                            cluster.add_pod(node, pod as u32, candidate.request, false);
                            placed.push((node, pod as u32, false));
                        }
                        (Outcome::Unschedulable(slow), Outcome::Unschedulable(fast)) => {
                            prop_assert_eq!(slow.message(), fast.message());
                        }
                        (slow, fast) => prop_assert!(false, "{:?} against {:?}", slow, fast),
                    }
                }
                Step::Assigned(kind, which) => {
                    let request = *requests[usize::from(kind)]
                        .get_or_insert_with(|| cluster.add_request(request(kind, &gates)));
                    let node = (which % specs.len()) as u32;
                    cluster.add_pod(node, pod as u32, request, false);
                    placed.push((node, pod as u32, false));
                }
                Step::Leave(which) if !placed.is_empty() => {
                    let (node, pod, deleted) = placed.swap_remove(which % placed.len());
                    cluster.remove_pod(node, pod, deleted);
                }
                Step::MarkDeleted(which) if !placed.is_empty() => {
                    let at = which % placed.len();
                    let (node, pod, deleted) = &mut placed[at];
                    if !std::mem::replace(deleted, true) {
                        cluster.mark_deleted(*node, *pod);
                    }
                }
                Step::Leave(_) | Step::MarkDeleted(_) => {}
                Step::Cordon(which, value) => {
                    let ix = which % specs.len();
                    specs[ix].unschedulable = value;
                    cluster.set_node(ix as u32, &specs[ix]);
                }
            }
        }
    }
}
