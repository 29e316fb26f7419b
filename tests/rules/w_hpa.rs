//! W: HorizontalPodAutoscalers: the replica calculator, and lives of syncs every 15 s (`rules::controllers::horizontal`).

use std::collections::BTreeSet;

use kubelapse::api::autoscaling::{Behavior, MetricName, Reference, Rules, Select};
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_autoscaling::horizontal_pod_autoscaler;
use kubelapse::api::{EventType, Phase, PodSpec, Sym, Tri};
use kubelapse::rules::controllers::horizontal::calculator::{Calculator, Sample, SeenPod};
use kubelapse::rules::controllers::horizontal::metrics::Metrics;
use kubelapse::rules::controllers::horizontal::pace::Memory;
use kubelapse::rules::controllers::horizontal::{Scale, Seen, look};
use kubelapse::time::{Span, Time};
use serde_json::{Map, Value, json};

use super::harness::{Case, check, gates};

#[test]
fn autoscalers_are_those_of_the_controller() {
    check("W_hpa", |case| match case.family.as_str() {
        "calc" | "calcValue" => calculated(case),
        _ => life(case),
    });
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn seen(pod: &Pod) -> SeenPod<'_> {
    let ready = pod.status.conditions.iter().find(|one| one.kind == "Ready");
    SeenPod {
        name: &pod.meta.name,
        phase: pod.status.phase,
        is_going: pod.meta.deletion_timestamp.is_some(),
        started: pod.status.start_time,
        ready: ready.map(|one| (one.status, one.last_transition.unwrap_or(Time::EPOCH))),
        spec: &pod.spec,
    }
}

/// Rules of which the tolerance alone counts.
fn rules(tolerance: &Value) -> Rules {
    let tolerance = Some(Sym::new(&tolerance.to_string()));
    Rules { window_seconds: None, select: Select::Max, policies: Vec::new(), tolerance }
}

fn calculated(case: &Case) -> Value {
    let input = &case.input;
    let now = wire::time(&input["now"]).expect("an instant");
    let behavior =
        Behavior { up: rules(&input["tolerance"]["up"]), down: rules(&input["tolerance"]["down"]) };
    assert_eq!(input["cpuInitializationPeriodSeconds"], 300, "{}", case.id);
    let pods: Vec<Pod> = items(&input["pods"]).map(wire::pod).collect();
    let pods: Vec<SeenPod> = pods.iter().map(seen).collect();
    let measured: Vec<Option<Sample>> = pods
        .iter()
        .map(|pod| {
            let own = input["metrics"].get(pod.name)?;
            Some(Sample {
                milli: own["milliValue"].as_i64()?,
                at: wire::time(&own["timestamp"])?,
                window: Span::from_secs(own["windowSeconds"].as_i64()?),
            })
        })
        .collect();
    let current = input["currentReplicas"].as_i64().expect("a number") as i32;
    let calculator = Calculator::new(&pods, current, Some(&behavior), now, &gates());
    let resource = Sym::new(input["resource"].as_str().expect("a name"));
    let is_share = case.family == "calc";
    let answer = match is_share {
        true => {
            let target = input["targetUtilization"].as_i64().expect("a number") as i32;
            calculator.by_share(&measured, resource, None, target)
        }
        false => {
            let target = input["targetAverageMilliValue"].as_i64().expect("a number");
            calculator.by_amount(&measured, resource, target)
        }
    };
    let mut told = Map::new();
    told.insert("replicas".into(), answer.as_ref().map_or(0, |own| own.replicas).into());
    told.insert("averageMilliValue".into(), answer.as_ref().map_or(0, |own| own.milli).into());
    if is_share {
        let utilization = answer.as_ref().map_or(0, |own| own.utilization.unwrap_or(0));
        told.insert("utilization".into(), utilization.into());
    }
    if let Err(why) = answer {
        told.insert("error".into(), why.into());
    }
    told.into()
}

/// What a step of a life says of the use of cpu.
struct Told<'a> {
    step: &'a Value,
    now: Time,
}

impl Metrics for Told<'_> {
    fn resource(&self, name: Sym, container: Option<Sym>) -> Result<Vec<Option<Sample>>, String> {
        assert_eq!((name.as_str(), container), ("cpu", None));
        if let Some(why) = self.step["metricsError"].as_str() {
            return Err(why.to_owned());
        }
        let sample = |pod: &Value| {
            let milli = pod["milliCPU"].as_i64()?;
            Some(Sample { milli, at: self.now, window: Span::from_secs(15) })
        };
        Ok(items(&self.step["pods"]).map(sample).collect())
    }
    fn pods(&self, metric: &MetricName) -> Result<Vec<Option<Sample>>, String> {
        panic!("no case asks for {}", metric.name)
    }
    fn object(&self, metric: &MetricName, _: Reference) -> Result<i64, String> {
        panic!("no case asks for {}", metric.name)
    }
    fn external(&self, metric: &MetricName) -> Result<i64, String> {
        panic!("no case asks for {}", metric.name)
    }
}

fn life(case: &Case) -> Value {
    let input = &case.input;
    let mut own = horizontal_pod_autoscaler(&input["hpa"]);
    let begin = Time::from_secs(1_700_000_000);
    let asked = format!("{}m", input["podRequestMilliCPU"]);
    let spec = json!({ "containers": [{ "name": "app", "resources": { "requests": { "cpu": asked } } }] });
    let spec: PodSpec = wire::pod_spec(&spec);
    let mut memory = Memory::default();
    let mut before = BTreeSet::new();
    let mut steps = Vec::new();
    for step in items(&input["steps"]) {
        let int = |value: &Value| value.as_i64().expect("a number");
        let at = |value: &Value| Time::from_secs(begin.secs() + int(value));
        let now = at(&step["at"]);
        let pods: Vec<SeenPod> = items(&step["pods"])
            .map(|pod| SeenPod {
                name: pod["name"].as_str().expect("a name"),
                phase: Phase::Running,
                is_going: false,
                started: Some(at(&pod["startedAt"])),
                ready: Some((if pod["ready"] == true { Tri::True } else { Tri::False }, at(&pod["since"]))),
                spec: &spec,
            })
            .collect();
        let replicas = int(&step["replicas"]) as i32;
        let scale = Scale { wanted: replicas, counted: replicas, selector: "app=web".to_owned() };
        let metrics = Told { step, now };
        let rivals = ["default/web".to_owned()];
        let seen = Seen { scale: Ok(scale), pods: &pods, rivals: &rivals, metrics: &metrics, now };
        let mut look = look(&own, &mut memory, seen, &gates());
        look.settle(&own, &mut memory, Ok(()), now);
        own.status = look.status.clone();
        let conditions: BTreeSet<String> = own
            .status
            .conditions
            .iter()
            .map(|one| format!("{}={} {}: {}", one.kind, one.status.as_str(), one.reason, one.message))
            .collect();
        let is_news = conditions != before;
        let events = look.events.iter().chain(&look.last).map(|event| {
            let kind = if event.kind == EventType::Normal { "Normal" } else { "Warning" };
            format!("{kind} {} {}", event.reason, event.message)
        });
        steps.push(json!({
            "desiredReplicas": own.status.desired,
            "rescaled": look.rescale.is_some(),
            "scaledTo": look.rescale.as_ref().map(|rescale| rescale.to),
            "conditions": if is_news { json!(conditions) } else { Value::Null },
            "events": events.collect::<Vec<_>>(),
            "error": look.error,
            "currentUtilization": own.status.metrics.first()
                .map(|metric| metric["resource"]["current"]["averageUtilization"].clone()),
        }));
        before = conditions;
    }
    json!({ "steps": steps })
}
