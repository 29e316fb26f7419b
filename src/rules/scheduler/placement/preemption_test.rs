//! Who has to go: what the cases of the real scheduler do not reach.

use std::collections::BTreeMap;

use super::selector::{Selector, labels};
use super::volume_binding::Claim;
use super::{Budget, Candidate, Cluster, Nomination, Outcome, PodFacts, PodRequest, PostFilter, schedule};
use crate::api::spec::LabelSelector;
use crate::api::{NodeSpec, PodSpec, Sym};
use crate::rules::versions::Version;
use crate::rules::versions::gates::Gates;
use crate::time::Time;

#[derive(Default)]
struct Facts {
    starts: BTreeMap<u32, i64>,
    preempted: Vec<u32>,
    budgets: Vec<Budget>,
}

impl PodFacts for Facts {
    fn start_time(&self, pod: u32) -> Time {
        Time::from_secs(self.starts.get(&pod).copied().unwrap_or(100))
    }
    fn is_deleted(&self, pod: u32) -> bool {
        self.preempted.contains(&pod)
    }
    fn is_preempted(&self, pod: u32) -> bool {
        self.preempted.contains(&pod)
    }
    fn budgets(&self) -> &[Budget] {
        &self.budgets
    }
}

/// Nodes of 4 cpus with pods of (node, millicpu, priority, label app); then one of `want` millicpu and priority 100.
fn preempt(
    pods: &[(u32, i64, i32, &str)],
    want: i64,
    nodes: u32,
    facts: &Facts,
    gates: Gates,
) -> (Outcome, Cluster) {
    preempt_again(pods, want, nodes, facts, gates, None)
}

fn preempt_again(
    pods: &[(u32, i64, i32, &str)],
    want: i64,
    nodes: u32,
    facts: &Facts,
    gates: Gates,
    nominated: Option<u32>,
) -> (Outcome, Cluster) {
    let mut cluster = Cluster::new(gates);
    for ix in 0..nodes {
        let mut spec = NodeSpec { name: Sym::new(&format!("n{ix}")), ..NodeSpec::default() };
        spec.allocatable.insert("cpu".into(), 4_000_000_000);
        spec.allocatable.insert("pods".into(), 110_000_000_000);
        cluster.set_node(ix, &spec);
    }
    let request = |cpu: i64, priority: i32, app: &str| {
        let spec: PodSpec = serde_json::from_value(serde_json::json!({
            "containers": [{ "name": "c", "resources": { "requests": { "cpu": format!("{cpu}m") } } }],
            "priority": priority,
        }))
        .expect("a spec");
        let labels = labels(&BTreeMap::from([("app".to_owned(), app.to_owned())]));
        PodRequest::new(Sym::new("default"), labels, &spec, &gates)
    };
    for (ix, (node, cpu, priority, app)) in pods.iter().enumerate() {
        let id = cluster.add_request(request(*cpu, *priority, app));
        cluster.add_pod(*node, ix as u32, id, facts.is_deleted(ix as u32));
    }
    let id = cluster.add_request(request(want, 100, "new"));
    let candidate = Candidate { pod: pods.len() as u32, request: id, nominated };
    let outcome = schedule(&mut cluster, candidate, facts, |_, _| Claim::Bound(None), &mut |_| 0);
    (outcome, cluster)
}

fn found(outcome: Outcome) -> (u32, Vec<u32>) {
    let Outcome::Unschedulable(why) = outcome else { panic!("there was room") };
    // That nobody could be found is what it does not say.
    assert!(!why.message().contains("preemption: 0/"), "{}", why.message());
    match why.post_filter {
        PostFilter::Found { node, victims, .. } => (node, victims),
        other => panic!("no victims: {other:?}"),
    }
}

#[test]
fn only_as_many_as_needed_and_the_least_important() {
    let pods = [(0, 1000, 10, "a"), (0, 1000, 0, "b"), (0, 1000, 5, "c"), (0, 1000, 0, "d")];
    let facts = Facts { starts: BTreeMap::from([(1, 50), (3, 60)]), ..Facts::default() };
    // Of two equals the younger one goes.
    assert_eq!(found(preempt(&pods, 1000, 1, &facts, Gates::default()).0), (0, vec![3]));
    assert_eq!(found(preempt(&pods, 2000, 1, &facts, Gates::default()).0), (0, vec![1, 3]));
    assert_eq!(found(preempt(&pods, 2500, 1, &facts, Gates::default()).0), (0, vec![2, 1, 3]));
}

#[test]
fn the_node_whose_victims_matter_least() {
    let pods =
        [(0, 4000, 10, "a"), (1, 2000, 5, "b"), (1, 2000, 5, "c"), (2, 4000, 5, "d"), (3, 4000, 5, "e")];
    let facts = Facts { starts: BTreeMap::from([(3, 10), (4, 20)]), ..Facts::default() };
    // n0: more important; n1: two victims; n2 and n3: the one whose victim started last.
    assert_eq!(found(preempt(&pods, 3000, 4, &facts, Gates::default()).0), (3, vec![4]));
}

#[test]
fn budgets_are_broken_last() {
    let guarded = LabelSelector {
        match_labels: BTreeMap::from([("app".to_owned(), "b".to_owned())]),
        ..LabelSelector::default()
    };
    let budget = Budget {
        namespace: Sym::new("default"),
        selector: Selector::compile(Some(&guarded)),
        allowed: 0,
        disrupted: Vec::new(),
    };
    let facts = Facts { budgets: vec![budget], ..Facts::default() };
    // On one node: the guarded pod is spared although it is less important.
    let pods = [(0, 2000, 10, "a"), (0, 2000, 0, "b")];
    assert_eq!(found(preempt(&pods, 2000, 1, &facts, Gates::default()).0), (0, vec![0]));
    // Between nodes: the one without a broken budget.
    let pods = [(0, 4000, 0, "b"), (1, 4000, 50, "c")];
    assert_eq!(found(preempt(&pods, 2000, 2, &facts, Gates::default()).0), (1, vec![1]));
}

#[test]
fn a_pod_waits_for_its_victims() {
    let facts = Facts { preempted: vec![0], ..Facts::default() };
    let pods = [(0, 4000, 0, "a")];
    let [.., before, newest] = Version::ALL;
    for (version, claims) in [(before, "no new claims to deallocate, "), (newest, "")] {
        let (outcome, _) = preempt_again(&pods, 2000, 1, &facts, Gates::of(version), Some(0));
        let Outcome::Unschedulable(why) = outcome else { panic!("there was room") };
        assert_eq!(why.nomination(), Nomination::Keep);
        assert_eq!(
            why.message(),
            format!(
                "0/1 nodes are available: 1 Insufficient cpu. {claims}preemption: not eligible due to a \
                 terminating pod on the nominated node."
            )
        );
    }
}

#[test]
fn versions_have_their_own_words() {
    let pods = [(0, 4000, 0, "a")];
    let (outcome, _) = preempt(&pods, 5000, 1, &Facts::default(), Gates::of(Version::ALL[0]));
    let Outcome::Unschedulable(why) = outcome else { panic!("there was room") };
    assert_eq!(
        why.message(),
        "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Insufficient cpu."
    );
    let (outcome, _) = preempt(&[], 5000, 1, &Facts::default(), Gates::of(Version::ALL[0]));
    let Outcome::Unschedulable(why) = outcome else { panic!("there was room") };
    assert_eq!(
        why.message(),
        "0/1 nodes are available: 1 Insufficient cpu. \
         preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    );
}

#[test]
fn the_newest_version_says_where_there_is_room() {
    let [.., newest] = Version::ALL;
    let gates = Gates::of(newest);
    let (outcome, _) = preempt(&[(0, 4000, 0, "a")], 3000, 1, &Facts::default(), gates);
    let Outcome::Unschedulable(why) = outcome else { panic!("there was room") };
    assert_eq!(
        why.message(),
        "0/1 nodes are available: 1 Insufficient cpu. \
         preemption: found a potential placement for pod on node n0, preempting 1 victims"
    );
    let (outcome, _) = preempt(&[], 5000, 1, &Facts::default(), gates);
    let Outcome::Unschedulable(why) = outcome else { panic!("there was room") };
    assert!(!why.message().contains("claims"), "{}", why.message());
}

#[test]
fn a_nominated_pod_holds_its_place() {
    let pods = [(0, 4000, 0, "a")];
    let (outcome, mut cluster) = preempt(&pods, 3000, 1, &Facts::default(), Gates::default());
    let (node, victims) = found(outcome);
    let id = cluster.node(0).and_then(|n| n.request_of(0)).expect("still there");
    let preemptor = super::RequestId(id.0 + 1);
    cluster.nominate(1, node, preemptor);
    cluster.remove_pod(0, victims[0], true);
    // A pod of lower priority finds the room taken; the one that it was made for does not.
    let mut low = Candidate { pod: 7, request: id, nominated: None };
    let outcome = schedule(&mut cluster, low, &Facts::default(), |_, _| Claim::Bound(None), &mut |_| 0);
    assert!(matches!(outcome, Outcome::Unschedulable(_)));
    low = Candidate { pod: 1, request: preemptor, nominated: Some(node) };
    let outcome = schedule(&mut cluster, low, &Facts::default(), |_, _| Claim::Bound(None), &mut |_| 0);
    assert!(matches!(outcome, Outcome::Scheduled { node: 0, feasible: 1 }));
}
