//! HorizontalPodAutoscalers: one look at a workload and its pods, and how many of them there should be.
//!
//! | | |
//! | --- | --- |
//! | [`calculator`] | from what pods use to how many there should be |
//! | [`metrics`] | what each metric proposes, and its words |
//! | [`pace`] | not back and forth, not too fast, within the bounds |
//!
//! The surprises: a target that is beyond the bounds is put there at once, and nobody looks at a metric; the first thing that is
//! remembered is the number of pods that were there, so nothing goes within the first five minutes; of several metrics
//! the one that asks for most counts, and one that is not known keeps pods from going, not from coming.
//!
//! Source: `reconcileAutoscaler`, `computeReplicasForMetrics`, `setStatus`, `setCondition` in
//! pkg/controller/podautoscaler/horizontal.go (v1.36.3).

pub mod calculator;
pub mod metrics;
pub mod pace;

use serde_json::{Value, json};

use self::calculator::{Calculator, SeenPod};
use self::metrics::{Asked, Metrics, Unknown};
use self::pace::{Bounds, Limit, Memory, Steadied};
use super::told::Told;
use crate::api::autoscaling::{AutoscalerStatus, HorizontalPodAutoscaler};
use crate::api::workload::WorkloadCondition;
use crate::api::{Sym, Tri};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// `--horizontal-pod-autoscaler-sync-period`
pub const PERIOD: Span = Span::from_secs(15);

const ABLE: &str = "AbleToScale";
const ACTIVE: &str = "ScalingActive";
const LIMITED: &str = "ScalingLimited";

/// What the scale of a target says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scale {
    /// How many pods it wants.
    pub wanted: i32,
    /// How many it counts.
    pub counted: i32,
    /// Which pods are its own; empty: it does not say.
    pub selector: String,
}

/// What the controller sees when it looks at an autoscaler.
pub struct Seen<'a, M> {
    /// The scale of its target, or why nobody knows it.
    pub scale: Result<Scale, String>,
    /// The pods that the target selects.
    pub pods: &'a [SeenPod<'a>],
    /// All autoscalers whose targets select one of them, with their namespaces.
    pub rivals: &'a [String],
    /// What is measured.
    pub metrics: &'a M,
    /// The clock.
    pub now: Time,
}

/// What one look comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Look {
    /// What is to be written, where it is not what stands there; without a change of scale it is complete.
    pub status: AutoscalerStatus,
    /// What is told, in order.
    pub events: Vec<Told>,
    /// What is told after the status is written.
    pub last: Option<Told>,
    /// The number of pods is to be another.
    pub rescale: Option<Rescale>,
    /// What the sync fails with. Nobody tries again because of it: the next look comes anyway.
    pub error: Option<String>,
}

/// A change of a target's scale.
#[derive(Clone, PartialEq, Debug)]
pub struct Rescale {
    /// How many pods there were.
    pub from: i32,
    /// How many there shall be.
    pub to: i32,
    /// Why.
    pub reason: String,
    metrics: Vec<Value>,
}

/// A look at an autoscaler (`reconcileAutoscaler`, as far as it writes nothing).
pub fn look<M: Metrics>(
    autoscaler: &HorizontalPodAutoscaler,
    memory: &mut Memory,
    seen: Seen<'_, M>,
    gates: &Gates,
) -> Look {
    let spec = &autoscaler.spec;
    let status = autoscaler.status.clone();
    let mut look = Look { status, events: Vec::new(), last: None, rescale: None, error: None };
    let scale = match &seen.scale {
        Ok(scale) => scale,
        Err(why) => {
            look.events.push(Told::warning("FailedGetScale", why.clone()));
            let message = format!("the HPA controller was unable to get the target's current scale: {why}");
            look.condition(ABLE, Tri::False, "FailedGetScale", &message, seen.now);
            look.error =
                Some(format!("failed to query scale subresource for {}: {why}", reference(autoscaler)));
            return look;
        }
    };
    let got = "the HPA controller was able to get the target's current scale";
    look.condition(ABLE, Tri::True, "SucceededGetScale", got, seen.now);
    let current = scale.wanted;
    memory.begin(current, seen.now);
    let beyond = |to: i32, bound: &str| {
        let reason = format!("Current number of replicas {bound}");
        Rescale { from: current, to, reason, metrics: Vec::new() }
    };
    if current == 0 && spec.min != 0 {
        let message = "scaling is disabled since the replica count of the target is zero";
        look.condition(ACTIVE, Tri::False, "ScalingDisabled", message, seen.now);
        look.stay(current, Vec::new());
    } else if current > spec.max {
        look.rescale = Some(beyond(spec.max, "above Spec.MaxReplicas"));
    } else if current < spec.min {
        look.rescale = Some(beyond(spec.min, "below Spec.MinReplicas"));
    } else {
        look.by_metrics(autoscaler, memory, scale, &seen, gates);
    }
    look
}

/// `Deployment/default/web`
fn reference(autoscaler: &HorizontalPodAutoscaler) -> String {
    let target = autoscaler.spec.target;
    format!("{}/{}/{}", target.kind, autoscaler.meta.namespace, target.name)
}

/// What the metrics ask for.
struct Sum {
    /// How many pods; None: nothing is done.
    replicas: Option<i32>,
    /// The metric that asks for most.
    name: String,
    statuses: Vec<Value>,
    error: Option<String>,
}

impl Look {
    fn by_metrics<M: Metrics>(
        &mut self,
        autoscaler: &HorizontalPodAutoscaler,
        memory: &mut Memory,
        scale: &Scale,
        seen: &Seen<'_, M>,
        gates: &Gates,
    ) {
        let (spec, current) = (&autoscaler.spec, scale.wanted);
        let sum = self.sum_up(autoscaler, scale, seen, gates);
        let Some(asked) = sum.replicas else {
            let why = sum.error.unwrap_or_default();
            (self.status.current, self.status.metrics) = (current, sum.statuses);
            self.error = Some(format!(
                "failed to compute desired number of replicas based on listed metrics for {}: {why}",
                reference(autoscaler)
            ));
            self.last = Some(Told::warning("FailedComputeMetricsReplicas", why));
            return;
        };
        self.error = sum.error;
        let reason = match () {
            () if asked > current => format!("{} above target", sum.name),
            () if asked < current => "All metrics below target".to_owned(),
            () => String::new(),
        };
        let behavior = spec.behavior.as_ref();
        let bounds = Bounds { min: spec.min, max: spec.max, current, behavior };
        let paced = memory.pace(asked.max(0), &bounds, seen.now);
        let (reason_of_pace, message) = match paced.steadied {
            None => ("ReadyForNewScale", "recommended size matches current size"),
            Some(Steadied::Up) => (
                "ScaleUpStabilized",
                "recent recommendations were lower than current one, applying the lowest recent recommendation",
            ),
            Some(Steadied::Down) => (
                "ScaleDownStabilized",
                "recent recommendations were higher than current one, applying the highest recent recommendation",
            ),
        };
        self.condition(ABLE, Tri::True, reason_of_pace, message, seen.now);
        let (limit, message) = words(paced.limit);
        let is_limited = if paced.is_limited { Tri::True } else { Tri::False };
        self.condition(LIMITED, is_limited, limit, message, seen.now);
        if paced.replicas == current {
            self.stay(current, sum.statuses);
        } else {
            let (from, to) = (current, paced.replicas);
            self.rescale = Some(Rescale { from, to, reason, metrics: sum.statuses });
        }
    }

    /// `computeReplicasForMetrics`
    fn sum_up<M: Metrics>(
        &mut self,
        autoscaler: &HorizontalPodAutoscaler,
        scale: &Scale,
        seen: &Seen<'_, M>,
        gates: &Gates,
    ) -> Sum {
        let none = |error: String, statuses| Sum {
            replicas: None,
            name: String::new(),
            statuses,
            error: Some(error),
        };
        if let Err(why) = self.selected(scale, seen) {
            return none(why, Vec::new());
        }
        let spec = &autoscaler.spec;
        let calculator = Calculator::new(seen.pods, scale.wanted, spec.behavior.as_ref(), seen.now, gates);
        let asked = Asked { calculator, counted: scale.counted, namespace: autoscaler.meta.namespace };
        let (mut replicas, mut name, mut statuses) = (0, String::new(), Vec::new());
        let mut unknown: Option<Unknown> = None;
        let mut invalid = 0;
        for metric in &spec.metrics {
            match metrics::propose(&asked, metric, seen.metrics) {
                Ok(proposed) => {
                    if replicas == 0 || proposed.replicas > replicas {
                        (replicas, name) = (proposed.replicas, proposed.name);
                    }
                    statuses.push(proposed.status);
                }
                Err(why) => {
                    self.events.push(Told::warning(why.reason, why.why.clone()));
                    // What is not known has a place among the statuses.
                    statuses.push(json!({ "type": "" }));
                    invalid += 1;
                    unknown.get_or_insert(why);
                }
            }
        }
        let error = unknown.as_ref().map(|first| {
            let all = spec.metrics.len();
            format!("invalid metrics ({invalid} invalid out of {all}), first error is: {}", first.error)
        });
        if let Some(first) = unknown
            && (invalid >= spec.metrics.len() || replicas < scale.wanted)
        {
            let message = format!("the HPA was unable to compute the replica count: {}", first.why);
            self.condition(ACTIVE, Tri::False, first.reason, &message, seen.now);
            return none(error.unwrap_or_default(), statuses);
        }
        let message = format!("the HPA was able to successfully calculate a replica count from {name}");
        self.condition(ACTIVE, Tri::True, "ValidMetricFound", &message, seen.now);
        Sum { replicas: Some(replicas), name, statuses, error }
    }

    /// `validateAndParseSelector`
    fn selected<M>(&mut self, scale: &Scale, seen: &Seen<'_, M>) -> Result<(), String> {
        let (told, reason, why, message) = if scale.selector.is_empty() {
            let why = "selector is required".to_owned();
            let message = "the HPA target's scale is missing a selector".to_owned();
            ("SelectorRequired", "InvalidSelector", why, message)
        } else if seen.rivals.len() > 1 {
            let all = seen.rivals.join(" ");
            let why = format!("pods by selector {} are controlled by multiple HPAs: [{all}]", scale.selector);
            ("AmbiguousSelector", "AmbiguousSelector", why.clone(), why)
        } else {
            return Ok(());
        };
        self.events.push(Told::warning(told, why.clone()));
        self.condition(ACTIVE, Tri::False, reason, &message, seen.now);
        Err(why)
    }

    /// Nothing is done (`setStatus`).
    fn stay(&mut self, current: i32, metrics: Vec<Value>) {
        (self.status.current, self.status.desired, self.status.metrics) = (current, current, metrics);
    }

    /// What became of the change of scale: done, or why not; the status is complete from then on.
    pub fn settle(
        &mut self,
        autoscaler: &HorizontalPodAutoscaler,
        memory: &mut Memory,
        outcome: Result<(), String>,
        now: Time,
    ) {
        let Some(Rescale { from, to, reason, metrics }) = self.rescale.clone() else { return };
        self.status.current = from;
        self.status.metrics = metrics;
        match outcome {
            Ok(()) => {
                let message = format!("the HPA controller was able to update the target scale to {to}");
                self.condition(ABLE, Tri::True, "SucceededRescale", &message, now);
                let told = format!("New size: {to}; reason: {reason}");
                self.events.push(Told::normal("SuccessfulRescale", told));
                memory.scaled(autoscaler.spec.behavior.as_ref(), from, to, now);
                self.status.desired = to;
                self.status.last_scale = Some(now.truncate_secs());
            }
            Err(why) => {
                let told = format!("New size: {to}; reason: {reason}; error: {why}");
                self.events.push(Told::warning("FailedRescale", told));
                let message = format!("the HPA controller was unable to update the target scale: {why}");
                self.condition(ABLE, Tri::False, "FailedUpdateScale", &message, now);
                self.error = Some(format!("failed to rescale {}: {why}", reference(autoscaler)));
            }
        }
    }

    /// `setCondition`: it keeps its place, and its time while its status stays.
    fn condition(&mut self, kind: &str, status: Tri, reason: &str, message: &str, now: Time) {
        let all = &mut self.status.conditions;
        let place = all.iter().position(|one| one.kind == kind);
        let same = place.filter(|place| all[*place].status == status);
        let last_transition = same.map_or(Some(now.truncate_secs()), |place| all[place].last_transition);
        let condition = WorkloadCondition {
            kind: Sym::new(kind),
            status,
            reason: Sym::new(reason),
            message: Sym::new(message),
            last_update: None,
            last_transition,
        };
        match place {
            Some(place) => all[place] = condition,
            None => all.push(condition),
        }
    }
}

fn words(limit: Limit) -> (&'static str, &'static str) {
    match limit {
        Limit::WithinRange => ("DesiredWithinRange", "the desired count is within the acceptable range"),
        Limit::TooFew => {
            ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
        }
        Limit::TooMany => {
            ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
        }
        Limit::Up => {
            ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
        }
        Limit::Down => {
            ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
        }
    }
}
