//! Plans that are played no farther than is told: an input may be a scenario that has no end, or a hundred thousand pods.

use std::cell::Cell;
use std::sync::Arc;

use kubelapse::record::{Fan, Sink, csv, jsonl};
use kubelapse::scenario::{Plan, builtin};
use kubelapse::session::{self, Progress};
use kubelapse::time::{Span, Time};

/// A scenario with more is loaded, but not played.
const PODS: u64 = 40;
const NODES: usize = 20;
const ACTIONS: usize = 60;
/// So many steps are played, up to a batch of them more: many short lives find more than few long ones.
const STEPS: u64 = 1_000;

/// Small built-in scenarios, of each kind one.
const SMALL: [&str; 16] = [
    "crash-loop",
    "happy-path",
    "graceful-deletion",
    "init-containers",
    "sidecar",
    "unschedulable",
    "image-pull-back-off",
    "probes",
    "restart-rules",
    "drain-budget",
    "deadline-clock",
    "resize-deferred",
    "rollout",
    "rollout-stalls",
    "node-lost",
    "succeeded",
];

/// The scenario that a byte stands for.
pub fn small(byte: u8) -> &'static str {
    let name = SMALL[usize::from(byte) % SMALL.len()];
    builtin::find(name).unwrap_or_else(|| panic!("{name} is not shipped")).text
}

/// Stops a run, and sees to it that time never goes back.
struct Steps(Cell<(Time, u64)>);

impl Progress for Steps {
    fn at(&self, now: Time, step: u64) {
        let (last, _) = self.0.replace((now, step));
        assert!(now >= last, "time goes back: {last:?}, {now:?}");
    }
    fn stop(&self) -> bool {
        self.0.get().1 > STEPS
    }
}

/// Whether a plan is small enough to be played.
pub fn is_small(plan: &Plan) -> bool {
    let pods: u64 = plan.templates.iter().map(|template| u64::from(template.replicas)).sum();
    pods <= PODS && plan.nodes.len() <= NODES && plan.actions.len() <= ACTIONS
}

/// The beginning of a plan: a quarter of an hour of it at most. None: it is too large.
fn cut(mut plan: Plan) -> Option<Arc<Plan>> {
    if !is_small(&plan) {
        return None;
    }
    plan.until = plan.until.min(plan.start + Span::from_secs(900));
    Some(Arc::new(plan))
}

/// Whether it is played to its end in so many steps.
pub fn is_soon_over(plan: Plan) -> bool {
    let Some(plan) = cut(plan) else { return false };
    let steps = Steps(Cell::new((plan.start, 0)));
    let run = session::run(&plan, plan.seed, &mut Fan::<Box<dyn Sink>> { sinks: Vec::new() }, &steps);
    !run.expect("nobody writes").partial
}

/// Plays it, writes it, and reads what was written.
pub fn played(plan: Plan) {
    let Some(plan) = cut(plan) else { return };
    let (mut rows, mut lines, mut pods) = (Vec::new(), Vec::new(), Vec::new());
    let sinks: Vec<Box<dyn Sink + '_>> = vec![
        Box::new(csv::Timeline::new(&mut rows)),
        Box::new(jsonl::Timeline::new(&mut lines)),
        Box::new(csv::Pods::new(&mut pods)),
    ];
    let steps = Steps(Cell::new((plan.start, 0)));
    let run = session::run(&plan, plan.seed, &mut Fan { sinks }, &steps);
    run.expect("memory takes all");
    // What was written is what readers take: as many rows in one form as in the other, and a life of each pod.
    let rows = String::from_utf8(rows).expect("a table is text");
    let lines = String::from_utf8(lines).expect("lines are text");
    let mut count = 0;
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("a line is JSON");
        count += 1;
    }
    let life = kubelapse::compare::life::read_csv(&rows).expect("a timeline can be read");
    assert_eq!(life.len(), count, "as many rows as lines");
    assert!(pods.is_ascii() || String::from_utf8(pods).is_ok(), "a table is text");
}
