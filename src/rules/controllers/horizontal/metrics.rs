//! What one metric of an autoscaler proposes, with its words: how it is called, what it comes to, why it is not known.
//!
//! Source: `computeReplicasForMetric` and the functions `computeStatusFor…Metric` in
//! pkg/controller/podautoscaler/horizontal.go (v1.36.3). The surprise: a share of what another object says, for each pod, is
//! called an external metric, and its status does not say which object it is about.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::calculator::{Calculator, Proposal, Sample};
use crate::api::Sym;
use crate::api::autoscaling::{Metric, MetricName, Reference, Source, TargetKind};
use crate::rules::machinery::quantity::{Format, Quantity};

/// What the APIs of metrics answer; what was measured of pods stands by pod, in the order of those that were seen.
pub trait Metrics {
    /// What pods use of a resource, or one container of each (`GetResourceMetric`).
    ///
    /// # Errors
    /// Nobody knows.
    fn resource(&self, name: Sym, container: Option<Sym>) -> Result<Vec<Option<Sample>>, String>;
    /// What pods say of themselves (`GetRawMetric`).
    ///
    /// # Errors
    /// Nobody knows.
    fn pods(&self, metric: &MetricName) -> Result<Vec<Option<Sample>>, String>;
    /// What an object says of itself, in thousandths (`GetObjectMetric`).
    ///
    /// # Errors
    /// Nobody knows.
    fn object(&self, metric: &MetricName, of: Reference) -> Result<i64, String>;
    /// What something outside says, in thousandths, summed up (`GetExternalMetric`).
    ///
    /// # Errors
    /// Nobody knows.
    fn external(&self, metric: &MetricName) -> Result<i64, String>;
}

/// What a metric proposes.
pub struct Proposed {
    /// How many pods.
    pub replicas: i32,
    /// How it is called.
    pub name: String,
    /// Its `MetricStatus`.
    pub status: Value,
}

/// Why a metric proposes nothing.
pub struct Unknown {
    /// The reason of the event and of the condition.
    pub reason: &'static str,
    /// What went wrong.
    pub why: String,
    /// The same as the sync tells it.
    pub error: String,
}

/// What is the same for all metrics of an autoscaler.
pub struct Asked<'a> {
    /// Its pods.
    pub calculator: Calculator<'a>,
    /// How many pods its target counts.
    pub counted: i32,
    /// Where all of it is.
    pub namespace: Sym,
}

/// What one metric proposes (`computeReplicasForMetric`).
pub fn propose(asked: &Asked, metric: &Metric, metrics: &impl Metrics) -> Result<Proposed, Unknown> {
    match &metric.source {
        Source::Resource { name, container } => of_resource(asked, metric, (*name, *container), metrics)
            .map_err(|why| match container {
                None => {
                    let error = format!("failed to get {name} resource metric value: {why}");
                    Unknown { reason: "FailedGetResourceMetric", why, error }
                }
                Some(container) => {
                    let error = format!("failed to get {container} container metric value: {why}");
                    Unknown { reason: "FailedGetContainerResourceMetric", why, error }
                }
            }),
        Source::Pods(own) => of_pods(asked, metric, own, metrics).map_err(|why| {
            let error = format!("failed to get pods metric value: {why}");
            Unknown { reason: "FailedGetPodsMetric", why, error }
        }),
        Source::Object { of, metric: own } => {
            of_object(asked, metric, (own, *of), metrics).map_err(|(why, told)| {
                let error = format!("failed to get object metric value: {told}");
                Unknown { reason: "FailedGetObjectMetric", why, error }
            })
        }
        Source::External(own) => of_external(asked, metric, own, metrics).map_err(|(why, told)| {
            let error = format!("failed to get {} external metric value: {told}", own.name);
            Unknown { reason: "FailedGetExternalMetric", why, error }
        }),
    }
}

fn milli(amount: Option<Sym>) -> Option<i64> {
    Some(Quantity::parse(&amount?).ok()?.milli_value())
}

fn spelled(milli: i64) -> String {
    Quantity::from_nanos(i128::from(milli) * 1_000_000, Format::DecimalSI).to_string()
}

/// `computeStatusForResourceMetricGeneric`
fn of_resource(
    asked: &Asked,
    metric: &Metric,
    (name, container): (Sym, Option<Sym>),
    metrics: &impl Metrics,
) -> Result<Proposed, String> {
    let calculator = &asked.calculator;
    let measured = || {
        metrics
            .resource(name, container)
            .map_err(|why| format!("unable to get metrics for resource {name}: {why}"))
    };
    let (proposal, called) = if let Some(target) = milli(metric.average) {
        let proposal = measured().and_then(|measured| calculator.by_amount(&measured, name, target));
        let proposal = proposal.map_err(|why| format!("failed to get {name} usage: {why}"))?;
        (proposal, format!("{name} resource"))
    } else if let Some(target) = metric.utilization {
        let proposal =
            measured().and_then(|measured| calculator.by_share(&measured, name, container, target));
        let proposal = proposal.map_err(|why| format!("failed to get {name} utilization: {why}"))?;
        let of = if container.is_some() { "container resource" } else { "resource" };
        (proposal, format!("{name} {of} utilization (percentage of request)"))
    } else {
        let why = "invalid resource metric source: neither an average utilization target nor an average value (usage) \
                   target was set";
        return Err(why.to_owned());
    };
    let mut current = Map::new();
    if let Some(percent) = proposal.utilization {
        current.insert("averageUtilization".into(), percent.into());
    }
    current.insert("averageValue".into(), spelled(proposal.milli).into());
    let status = match container {
        None => json!({ "type": "Resource", "resource": { "name": name.as_str(), "current": current } }),
        Some(container) => json!({ "type": "ContainerResource", "containerResource":
            { "name": name.as_str(), "container": container.as_str(), "current": current } }),
    };
    Ok(Proposed { replicas: proposal.replicas, name: called, status })
}

/// `computeStatusForPodsMetric`
fn of_pods(
    asked: &Asked,
    metric: &Metric,
    own: &MetricName,
    metrics: &impl Metrics,
) -> Result<Proposed, String> {
    let measured = metrics.pods(own).map_err(|why| format!("unable to get metric {}: {why}", own.name))?;
    let target = milli(metric.average).unwrap_or_default();
    let proposal = asked.calculator.by_amount(&measured, Sym::EMPTY, target)?;
    let status = json!({ "type": "Pods",
        "pods": { "metric": own.value, "current": { "averageValue": spelled(proposal.milli) } } });
    Ok(Proposed { replicas: proposal.replicas, name: format!("pods metric {}", own.name), status })
}

/// `computeStatusForObjectMetric`; what goes wrong is told in one way of the metric, and in another of the sync.
fn of_object(
    asked: &Asked,
    metric: &Metric,
    (own, of): (&MetricName, Reference),
    metrics: &impl Metrics,
) -> Result<Proposed, (String, String)> {
    let name = own.name;
    let usage = || {
        metrics.object(own, of).map_err(|why| {
            format!("unable to get metric {name}: {} on {} {}/{why}", of.kind, asked.namespace, of.name)
        })
    };
    let plain = |why: String| (why.clone(), why);
    match (metric.kind, milli(metric.value), milli(metric.average)) {
        (TargetKind::Value, Some(target), _) => {
            let proposal =
                usage().and_then(|usage| asked.calculator.by_value(usage, target)).map_err(plain)?;
            let status = json!({ "type": "Object", "object": { "metric": own.value,
                "current": { "value": spelled(proposal.milli) }, "describedObject": described(of) } });
            let called = format!("{} metric {name}", of.kind);
            Ok(Proposed { replicas: proposal.replicas, name: called, status })
        }
        (TargetKind::AverageValue, _, Some(target)) => {
            let told = |why: String| (why.clone(), format!("failed to get {name} object metric: {why}"));
            let usage = usage().map_err(told)?;
            let Proposal { replicas, milli, .. } =
                asked.calculator.by_value_per_pod(usage, asked.counted, target);
            let status = json!({ "type": "Object", "object": { "metric": own.value,
                "current": { "averageValue": spelled(milli) }, "describedObject": { "kind": "", "name": "" } } });
            Ok(Proposed { replicas, name: called_external(own), status })
        }
        _ => Err(plain(
            "invalid object metric source: neither a value target nor an average value target was set"
                .to_owned(),
        )),
    }
}

fn described(of: Reference) -> Value {
    let mut members = Map::new();
    members.insert("kind".into(), of.kind.as_str().into());
    members.insert("name".into(), of.name.as_str().into());
    if !of.version.is_empty() {
        members.insert("apiVersion".into(), of.version.as_str().into());
    }
    members.into()
}

/// `computeStatusForExternalMetric`
fn of_external(
    asked: &Asked,
    metric: &Metric,
    own: &MetricName,
    metrics: &impl Metrics,
) -> Result<Proposed, (String, String)> {
    let name = own.name;
    let usage = || {
        metrics.external(own).map_err(|why| {
            format!("unable to get external metric {}/{name}/{}: {why}", asked.namespace, go_selector(own))
        })
    };
    let (proposal, part) = if let Some(target) = milli(metric.average) {
        let told = |why: String| (why.clone(), format!("failed to get {name} external metric: {why}"));
        let usage = usage().map_err(told)?;
        (asked.calculator.by_value_per_pod(usage, asked.counted, target), "averageValue")
    } else if let Some(target) = milli(metric.value) {
        let told = |why: String| (why.clone(), format!("failed to get external metric {name}: {why}"));
        let proposal = usage().and_then(|usage| asked.calculator.by_value(usage, target)).map_err(told)?;
        (proposal, "value")
    } else {
        let why =
            "invalid external metric source: neither a value target nor an average value target was set";
        return Err((why.to_owned(), why.to_owned()));
    };
    let status = json!({ "type": "External",
        "external": { "metric": own.value, "current": { part: spelled(proposal.milli) } } });
    Ok(Proposed { replicas: proposal.replicas, name: called_external(own), status })
}

fn called_external(own: &MetricName) -> String {
    format!("external metric {}({})", own.name, go_selector(own))
}

/// A metric's selector as Go prints it (`%+v`).
fn go_selector(own: &MetricName) -> String {
    let selector = &own.value["selector"];
    if selector.is_null() {
        return "nil".to_owned();
    }
    let mut labels = String::new();
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        let _ = write!(labels, "{key}: {},", value.as_str().unwrap_or_default());
    }
    let mut expressions = String::new();
    for one in selector["matchExpressions"].as_array().into_iter().flatten() {
        let text = |name: &str| one[name].as_str().unwrap_or_default();
        let values: Vec<&str> =
            one["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let _ = write!(
            expressions,
            "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
            text("key"),
            text("operator"),
            values.join(" ")
        );
    }
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{\
         {expressions}}},}}"
    )
}
