//! From what pods use to how many there should be (`ReplicaCalculator`).
//!
//! | a pod | counts as |
//! | --- | --- |
//! | is being deleted, or has failed | not there |
//! | Pending | unready |
//! | without a sample | missing |
//! | cpu alone: not Ready in its first five minutes, or measured before it was, or never Ready at all | unready |
//!
//! The pods that are measured say in which direction it goes; the missing and the unready ones are then counted against it.
//! The surprises: the answer is a multiple of the pods that were measured, and not of `spec.replicas`; shares are whole
//! percents, cut; and a tolerance of a tenth is one where the binary fractions meet.
//!
//! Source: pkg/controller/podautoscaler/replica_calculator.go, metrics/utilization.go (v1.36.3).

use crate::api::autoscaling::Behavior;
use crate::api::{Phase, PodSpec, Sym, Tri};
use crate::rules::machinery::quantity::Quantity;
use crate::rules::scheduler::placement::amounts;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// `--horizontal-pod-autoscaler-tolerance`
const TOLERANCE: f64 = 0.1;
/// `--horizontal-pod-autoscaler-cpu-initialization-period`
const CPU_INITIALIZATION: Span = Span::from_secs(300);
/// `--horizontal-pod-autoscaler-initial-readiness-delay`
const INITIAL_READINESS_DELAY: Span = Span::from_secs(30);

/// A pod that the target selects.
#[derive(Clone, Copy, Debug)]
pub struct SeenPod<'a> {
    /// Its name.
    pub name: &'a str,
    /// `status.phase`
    pub phase: Phase,
    /// It is being deleted.
    pub is_going: bool,
    /// `status.startTime`
    pub started: Option<Time>,
    /// Its condition Ready, and since when it is as it is.
    pub ready: Option<(Tri, Time)>,
    /// Its containers, which ask for what they use.
    pub spec: &'a PodSpec,
}

/// What was measured of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    /// In thousandths.
    pub milli: i64,
    /// At the end of the window.
    pub at: Time,
    /// Over so long.
    pub window: Span,
}

/// How far from its target a metric may be.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Tolerances {
    down: f64,
    up: f64,
    /// Before there were two of them, it was the distance that was measured.
    by_distance: bool,
}

impl Tolerances {
    /// `tolerancesForHpa`
    fn of(behavior: Option<&Behavior>, gates: &Gates) -> Tolerances {
        let own = |tolerance: Option<Sym>| {
            let told = tolerance.filter(|_| gates.habits.keeps_scaling_tolerance);
            told.and_then(|told| Quantity::parse(&told).ok()).map_or(TOLERANCE, approximate)
        };
        Tolerances {
            down: own(behavior.and_then(|behavior| behavior.down.tolerance)),
            up: own(behavior.and_then(|behavior| behavior.up.tolerance)),
            by_distance: !gates.habits.bounds_scaling_tolerance,
        }
    }
    fn hold(self, ratio: f64) -> bool {
        match self.by_distance {
            true => (1.0 - ratio).abs() <= self.up,
            false => (1.0 - self.down) <= ratio && ratio <= (1.0 + self.up),
        }
    }
}

/// `AsApproximateFloat64` of an amount in its canonical form.
fn approximate(amount: Quantity) -> f64 {
    let nanos = amount.nanos();
    match () {
        () if nanos % 1_000_000_000 == 0 => (nanos / 1_000_000_000) as f64,
        () if nanos % 1_000_000 == 0 => (nanos / 1_000_000) as f64 * 1e-3,
        () if nanos % 1000 == 0 => (nanos / 1000) as f64 * 1e-6,
        () => nanos as f64 * 1e-9,
    }
}

/// What it takes to answer for all metrics of an autoscaler.
#[derive(Clone, Copy, Debug)]
pub struct Calculator<'a> {
    pods: &'a [SeenPod<'a>],
    /// `spec.replicas` of the target.
    current: i32,
    tolerances: Tolerances,
    counts_pod_level: bool,
    now: Time,
}

/// How many pods there should be, and what the metric comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// How many pods there should be.
    pub replicas: i32,
    /// What pods use of their requests, in percent, where that was asked.
    pub utilization: Option<i32>,
    /// The metric itself: of a pod, or in all; in thousandths.
    pub milli: i64,
}

/// How the pods stand to a metric; each list holds places among the pods.
struct Groups {
    counted: usize,
    unready: Vec<usize>,
    missing: Vec<usize>,
}

impl<'a> Calculator<'a> {
    /// For the pods of a target that wants so many.
    pub fn new(
        pods: &'a [SeenPod<'a>],
        current: i32,
        behavior: Option<&Behavior>,
        now: Time,
        gates: &Gates,
    ) -> Calculator<'a> {
        let tolerances = Tolerances::of(behavior, gates);
        Calculator { pods, current, tolerances, counts_pod_level: gates.pod_level_resources, now }
    }

    /// `GetResourceReplicas`: a share of what the pods ask for. What was measured stands by pod.
    ///
    /// # Errors
    /// Nothing was measured that counts, or a container asks for nothing.
    pub fn by_share(
        &self,
        measured: &[Option<Sample>],
        resource: Sym,
        container: Option<Sym>,
        target: i32,
    ) -> Result<Proposal, String> {
        let (groups, mut uses) = self.uses(measured, resource)?;
        let requests = self.requests(resource, container)?;
        let (ratio, utilization, milli) = share(&uses, &requests, target)?;
        let answer = |replicas| Ok(Proposal { replicas, utilization: Some(utilization), milli });
        if let Some(replicas) = self.at_once(&groups, ratio) {
            return answer(replicas);
        }
        let fallback = i64::from(target.max(100));
        let of_missing = |pod: usize| requests[pod].wrapping_mul(fallback) / 100;
        if ratio < 1.0 {
            fill(&mut uses, &groups.missing, of_missing);
        } else if ratio > 1.0 {
            fill(&mut uses, &groups.missing, |_| 0);
            fill(&mut uses, &groups.unready, |_| 0);
        }
        let (again, ..) = share(&uses, &requests, target)?;
        answer(self.against(ratio, again, &uses))
    }

    /// `calcPlainMetricReplicas`: an amount for each pod; of which resource, where it is one.
    ///
    /// # Errors
    /// Nothing was measured that counts.
    pub fn by_amount(
        &self,
        measured: &[Option<Sample>],
        resource: Sym,
        target: i64,
    ) -> Result<Proposal, String> {
        let (groups, mut uses) = self.uses(measured, resource)?;
        let (ratio, milli) = average(&uses, target);
        let answer = |replicas| Ok(Proposal { replicas, utilization: None, milli });
        if let Some(replicas) = self.at_once(&groups, ratio) {
            return answer(replicas);
        }
        let of_missing = if ratio < 1.0 { target } else { 0 };
        fill(&mut uses, &groups.missing, |_| of_missing);
        if ratio > 1.0 {
            fill(&mut uses, &groups.unready, |_| 0);
        }
        let (again, _) = average(&uses, target);
        answer(self.against(ratio, again, &uses))
    }

    /// `GetObjectMetricReplicas`, `GetExternalMetricReplicas`: one amount for all, by the pods that are ready.
    ///
    /// # Errors
    /// There is no pod.
    pub fn by_value(&self, usage: i64, target: i64) -> Result<Proposal, String> {
        let ratio = usage as f64 / target as f64;
        let replicas = if self.current == 0 {
            ratio.ceil() as i32
        } else if self.tolerances.hold(ratio) {
            self.current
        } else {
            if self.pods.is_empty() {
                return Err(format!("unable to calculate ready pods: {NO_PODS}"));
            }
            let is_ready = |pod: &&SeenPod| {
                pod.phase == Phase::Running && pod.ready.is_some_and(|(ready, _)| ready == Tri::True)
            };
            let ready = self.pods.iter().filter(is_ready).count();
            (ratio * ready as f64).ceil() as i32
        };
        Ok(Proposal { replicas, utilization: None, milli: usage })
    }

    /// `GetObjectPerPodMetricReplicas`, `GetExternalPerPodMetricReplicas`: one amount for all, shared out among the pods that
    /// the target counts.
    pub fn by_value_per_pod(&self, usage: i64, counted: i32, target: i64) -> Proposal {
        let ratio = usage as f64 / (target as f64 * f64::from(counted));
        let replicas = match self.tolerances.hold(ratio) {
            true => counted,
            false => (usage as f64 / target as f64).ceil() as i32,
        };
        let milli = (usage as f64 / f64::from(counted)).ceil() as i64;
        Proposal { replicas, utilization: None, milli }
    }

    /// What the pods that count use.
    fn uses(&self, measured: &[Option<Sample>], resource: Sym) -> Result<(Groups, Vec<Option<i64>>), String> {
        if self.pods.is_empty() {
            return Err(NO_PODS.to_owned());
        }
        let mut groups = Groups { counted: 0, unready: Vec::new(), missing: Vec::new() };
        let mut uses = vec![None; self.pods.len()];
        for (place, pod) in self.pods.iter().enumerate() {
            if pod.is_going || pod.phase == Phase::Failed {
                continue;
            }
            let sample = measured.get(place).copied().flatten();
            match sample {
                _ if pod.phase == Phase::Pending => groups.unready.push(place),
                None => groups.missing.push(place),
                Some(sample) if resource == "cpu" && self.is_unready(pod, sample) => {
                    groups.unready.push(place);
                }
                Some(sample) => {
                    groups.counted += 1;
                    uses[place] = Some(sample.milli);
                }
            }
        }
        match groups.counted {
            0 => Err("did not receive metrics for targeted pods (pods might be unready)".to_owned()),
            _ => Ok((groups, uses)),
        }
    }

    /// Of cpu alone: what a pod uses to start does not count.
    fn is_unready(&self, pod: &SeenPod, sample: Sample) -> bool {
        let (Some((ready, since)), Some(started)) = (pod.ready, pod.started) else { return true };
        if started + CPU_INITIALIZATION > self.now {
            return ready == Tri::False || sample.at < since + sample.window;
        }
        ready == Tri::False && started + INITIAL_READINESS_DELAY > since
    }

    /// `calculateRequests`: what each pod asks for, those that do not count included.
    fn requests(&self, resource: Sym, container: Option<Sym>) -> Result<Vec<i64>, String> {
        self.pods.iter().map(|pod| self.request(pod, resource, container)).collect()
    }

    fn request(&self, pod: &SeenPod, resource: Sym, container: Option<Sym>) -> Result<i64, String> {
        let own = pod.spec.resources.as_ref().filter(|own| !own.requests.is_empty());
        if self.counts_pod_level && container.is_none() && own.is_some() {
            let asked = amounts::requests(pod.spec, true).asked;
            let milli = match resource.as_str() {
                "cpu" => asked.milli_cpu,
                "memory" => asked.memory.saturating_mul(1000),
                _ => 0,
            };
            let missing = || format!("missing pod-level request for {resource} in Pod {}", pod.name);
            return if milli > 0 { Ok(milli) } else { Err(missing()) };
        }
        let sidecars = pod.spec.init_containers.iter().filter(|one| one.is_sidecar());
        let all = pod.spec.containers.iter().chain(sidecars);
        let mut sum = 0i64;
        for one in all.filter(|one| container.is_none_or(|name| name == one.name)) {
            let asked = one.resources.requests.get(resource.as_str());
            let Some(amount) = asked.and_then(|text| Quantity::parse(text).ok()) else {
                return Err(format!(
                    "missing request for {resource} in container {} of Pod {}",
                    one.name, pod.name
                ));
            };
            sum = sum.wrapping_add(amount.milli_value());
        }
        Ok(sum)
    }

    /// The answer where nobody is counted against it.
    fn at_once(&self, groups: &Groups, ratio: f64) -> Option<i32> {
        let goes_up_with_unready = !groups.unready.is_empty() && ratio > 1.0;
        if goes_up_with_unready || !groups.missing.is_empty() {
            return None;
        }
        Some(match self.tolerances.hold(ratio) {
            true => self.current,
            false => (ratio * groups.counted as f64).ceil() as i32,
        })
    }

    /// The answer with all that was counted against it: it never goes the other way.
    fn against(&self, ratio: f64, again: f64, uses: &[Option<i64>]) -> i32 {
        let turns = (ratio < 1.0 && again > 1.0) || (ratio > 1.0 && again < 1.0);
        if turns || self.tolerances.hold(again) {
            return self.current;
        }
        let replicas = (again * uses.iter().flatten().count() as f64).ceil() as i32;
        let is_beyond = (again < 1.0 && replicas > self.current) || (again > 1.0 && replicas < self.current);
        if is_beyond { self.current } else { replicas }
    }
}

const NO_PODS: &str = "no pods returned by selector while calculating replica count";

fn fill(uses: &mut [Option<i64>], pods: &[usize], with: impl Fn(usize) -> i64) {
    for pod in pods {
        uses[*pod] = Some(with(*pod));
    }
}

/// `GetResourceUtilizationRatio`: the ratio to the target, the share in percent, and what a pod uses.
fn share(uses: &[Option<i64>], requests: &[i64], target: i32) -> Result<(f64, i32, i64), String> {
    let (mut used, mut asked, mut pods) = (0i64, 0i64, 0i64);
    for (milli, request) in uses.iter().zip(requests) {
        let Some(milli) = milli else { continue };
        used = used.wrapping_add(*milli);
        asked = asked.wrapping_add(*request);
        pods += 1;
    }
    if asked == 0 {
        return Err("no metrics returned matched known pods".to_owned());
    }
    let utilization = (used.wrapping_mul(100) / asked) as i32;
    Ok((f64::from(utilization) / f64::from(target), utilization, used / pods))
}

/// `GetMetricUsageRatio`: the ratio to the target, and what a pod has.
fn average(uses: &[Option<i64>], target: i64) -> (f64, i64) {
    let pods = uses.iter().flatten().count().max(1) as i64;
    let average = uses.iter().flatten().fold(0i64, |sum, milli| sum.wrapping_add(*milli)) / pods;
    (average as f64 / target as f64, average)
}
