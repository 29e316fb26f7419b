//! Worlds that cannot be: a run is stopped where nobody looks, its state is bent, and whoever comes to it next says which
//! invariant ([`crate::api::invariant`]) does not hold. What can be bent without a world is bent where it is kept.

use std::sync::Arc;

use super::Session;
use crate::actors::{api_server, kubelet};
use crate::rules::scheduler::placement::amounts::Amounts;
use crate::scenario;
use crate::time::{Span, Time};
use crate::world::workloads::BudgetId;
use crate::world::{NodeId, PodId};

const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: one, labels: {app: web}}\nspec: {containers: [{name: a, image: x}]}\n---\n\
                        apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 0, selector: \
                        {matchLabels: {app: web}}}\n";

/// A pod that runs on a node with room for it alone, under a budget.
fn running() -> Session {
    let text =
        "until = \"5m\"\n[[node]]\nname = \"node\"\ncapacity.pods = 1\n[[apply]]\nmanifest = \"m.yaml\"\n";
    let plan = scenario::load("one.toml", text, &|_| Ok(MANIFEST.to_owned()), &[]);
    let plan = plan.unwrap_or_else(|told| panic!("{}", told.render(false)));
    let start = plan.start;
    let mut session = Session::new(&Arc::new(plan), 0);
    while session.next_time().is_some_and(|next| next < start + Span::from_secs(60)) {
        session.step();
    }
    assert_eq!(session.world.kubelet(NodeId(0)).map(|kubelet| kubelet.taken.pods.len()), Some(1));
    session
}

/// As its budget is once the pod was let go, but for what somebody changes.
fn paid(left: impl FnOnce(i32) -> i32) {
    let w = &mut running().world;
    let mut budget = w.workloads.budgets[0].object.clone();
    let status = &mut budget.status.disruptions_allowed;
    *status = left(*status);
    api_server::pay(w, BudgetId(0), budget, PodId(0), "one".to_owned());
}

#[test]
fn what_holds_is_let_be() {
    kubelet::intake::has_room(&running().world, NodeId(0), &Amounts::default());
    paid(|allowed| allowed - 1);
    assert!(running().step().is_some_and(|at| at > Time::from_micros(0)));
}

#[test]
#[should_panic(expected = "broken invariant, time never goes back: ")]
fn a_step_before_the_last_one() {
    let mut session = running();
    let next = session.next_time().expect("a kubelet looks again");
    session.world.now = next + Span::from_micros(1);
    session.step();
}

#[test]
#[should_panic(
    expected = "broken invariant, pods have room on their nodes: 2 pods where there is room for 1"
)]
fn a_kubelet_that_took_too_many() {
    let mut session = running();
    let kubelet = session.world.kubelet_mut(NodeId(0)).expect("it runs");
    kubelet.taken.pods.push(PodId(1));
    kubelet::intake::has_room(&session.world, NodeId(0), &Amounts::default());
}

#[test]
#[should_panic(
    expected = "broken invariant, pods have room on their nodes: 7001 bytes of memory are asked for where there are 7000"
)]
fn a_kubelet_that_took_what_is_not_there() {
    let mut session = running();
    let kubelet = session.world.kubelet_mut(NodeId(0)).expect("it runs");
    (kubelet.taken.has.1.memory, kubelet.taken.asked.memory) = (7_000, 7_001);
    // Who asks for none of it is let be.
    kubelet::intake::has_room(&session.world, NodeId(0), &Amounts { milli_cpu: 1, ..Amounts::default() });
    kubelet::intake::has_room(&session.world, NodeId(0), &Amounts { memory: 1, ..Amounts::default() });
}

#[test]
#[should_panic(
    expected = "broken invariant, disruption budgets are kept: 1 of web may go, and 1 once one went"
)]
fn an_eviction_that_cost_nothing() {
    paid(|allowed| allowed);
}
