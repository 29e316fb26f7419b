//! What the APIs of metrics answer about the pods of an autoscaler: what the scenario says that they use (`[[metric]]`), as a
//! metrics server would have measured it.
//!
//! The real one asks all kubelets every 15 seconds, and divides what a container has used since it was asked last by the time
//! between; of a container that is new it takes the time since its start, if that is 10 seconds or more
//! (sigs.k8s.io/metrics-server, pkg/storage/pod.go). What all pods use together is shared out evenly among those that are
//! measured. Without a `[[metric]]` there is no metrics server; there is never an adapter for any other metric.

use crate::api::autoscaling::{HorizontalPodAutoscaler, MetricName, Reference};
use crate::api::{ContainerStatus, Phase, Sym};
use crate::engine::random;
use crate::rules::controllers::horizontal::calculator::Sample;
use crate::rules::controllers::horizontal::metrics::Metrics;
use crate::scenario::plan::MetricPlan;
use crate::time::{Span, Time};
use crate::world::{PodId, Purpose, World};

/// `--metric-resolution`
const RESOLUTION: Span = Span::from_secs(15);
/// A container that is new is measured from so long on.
const FRESH: Span = Span::from_secs(10);

/// What is known of the pods of one autoscaler.
pub struct Usage<'a> {
    plan: Option<&'a MetricPlan>,
    /// By pod: since when each of its containers runs; None: it is not measured.
    measured: Vec<Option<Measured>>,
    names: Vec<String>,
}

#[derive(Clone, Debug)]
struct Measured {
    containers: Vec<Sym>,
    at: Time,
    window: Span,
}

impl<'a> Usage<'a> {
    /// Of these pods, now.
    pub fn new(w: &'a World, own: &HorizontalPodAutoscaler, pods: &[PodId]) -> Usage<'a> {
        let namespace = own.meta.namespace;
        let plan = w.plan.metrics.iter().find(|plan| plan.is_of(own.spec.target, namespace));
        let at = last_scrape(w);
        let measured = |pod: &PodId| plan.and_then(|_| measured(w, *pod, at));
        let name = |pod: &PodId| format!("{namespace}/{}", w.pods[pod.ix()].ident.name);
        Usage { plan, measured: pods.iter().map(measured).collect(), names: pods.iter().map(name).collect() }
    }
}

/// When the kubelets were last asked.
fn last_scrape(w: &World) -> Time {
    let mut draw = w.draw(Purpose::MetricsScrape, random::entity(&["metrics-server"]), 0);
    let phase = draw.below(RESOLUTION.micros().cast_unsigned());
    let since = w.now.since(w.plan.start).micros() - phase.cast_signed();
    w.plan.start
        + Span::from_micros(phase.cast_signed() + since.div_euclid(RESOLUTION.micros()) * RESOLUTION.micros())
}

/// A pod as it was measured then; the youngest of its containers decides.
fn measured(w: &World, pod: PodId, at: Time) -> Option<Measured> {
    let p = &w.pods[pod.ix()];
    if p.deletion.is_some() || p.status.phase() != Phase::Running {
        return None;
    }
    let status = p.status.read();
    let all = status.containers.iter().chain(&status.init);
    let running: Vec<(&ContainerStatus, Time)> =
        all.filter_map(|one| Some((one, one.state.running_since()?))).collect();
    let youngest = running.iter().map(|(_, since)| *since).max()?;
    let age = at.since(youngest);
    (age >= FRESH).then(|| Measured {
        containers: running.iter().map(|(one, _)| one.name).collect(),
        at,
        window: age.min(RESOLUTION),
    })
}

impl Metrics for Usage<'_> {
    fn resource(&self, name: Sym, container: Option<Sym>) -> Result<Vec<Option<Sample>>, String> {
        let Some(plan) = self.plan else {
            return Err(
                "unable to fetch metrics from resource metrics API: the server could not find the requested \
                        resource (get pods.metrics.k8s.io)"
                    .to_owned(),
            );
        };
        let sharers = self.measured.iter().flatten().count() as i64;
        if sharers == 0 {
            return Err("no metrics returned from resource metrics API".to_owned());
        }
        if let Some(container) = container {
            let lacks =
                |own: &Option<Measured>| own.as_ref().is_some_and(|own| !own.containers.contains(&container));
            if let Some(place) = self.measured.iter().position(lacks) {
                return Err(format!(
                    "failed to get container metrics: container {container} not present in metrics for pod {}",
                    self.names[place]
                ));
            }
        }
        let sample = |own: &Measured| {
            // Of cpu it is what was used since; of anything else what is used then.
            let over = if name == "cpu" { own.window } else { Span::from_micros(1) };
            let all = plan.mean(name, own.at, over)?;
            let containers = if container.is_some() { own.containers.len() as i64 } else { 1 };
            Some(Sample { milli: all / sharers / containers, at: own.at, window: own.window })
        };
        Ok(self.measured.iter().map(|own| own.as_ref().and_then(sample)).collect())
    }
    fn pods(&self, _: &MetricName) -> Result<Vec<Option<Sample>>, String> {
        Err(NO_ADAPTER.to_owned())
    }
    fn object(&self, _: &MetricName, _: Reference) -> Result<i64, String> {
        Err(NO_ADAPTER.to_owned())
    }
    fn external(&self, metric: &MetricName) -> Result<i64, String> {
        Err(format!(
            "unable to fetch metrics from external metrics API: the server could not find the requested resource (get \
             {}.external.metrics.k8s.io)",
            metric.name
        ))
    }
}

const NO_ADAPTER: &str = "unable to fetch metrics from custom metrics API: no custom metrics API \
                          (custom.metrics.k8s.io) registered";
