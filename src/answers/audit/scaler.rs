//! The autoscaler of a workload, and what it makes of a load: none is there in manifests, so one is played that asks for all
//! that it may make, and none.

use serde_json::Value;

use super::Case;
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::AppliedObject;
use crate::scenario::metrics::MetricPlan;
use crate::time::Time;

/// More than any pod may use, in thousandths: cores, and bytes.
const MUCH: [(&str, i64); 2] = [("cpu", 10_000_000), ("memory", 1_000_000_000_000_000)];

/// What scales a workload.
pub(super) struct Scaler {
    /// `horizontalPodAutoscaler.web.spec`, as `--set` takes it.
    pub path: String,
    /// How many pods it makes at least.
    pub least: i64,
    /// And at most.
    pub most: i64,
    /// It looks at something that is not played: of which type that metric is.
    pub unplayed: Option<String>,
}

/// The autoscaler that names a workload in its manifest.
pub(super) fn of(case: &Case<'_>) -> Option<Scaler> {
    let subject = &case.subject;
    let mut found =
        case.plan.applies.iter().flat_map(|apply| apply.objects.iter().map(move |own| (apply, own)));
    let is_its = |object: &AppliedObject| {
        let text = |at: &str| object.value.pointer(at).and_then(Value::as_str);
        object.kind == ObjectType::HorizontalPodAutoscaler
            && text("/spec/scaleTargetRef/kind") == Some(subject.kind.name())
            && text("/spec/scaleTargetRef/name") == Some(subject.name.as_str())
    };
    // The last one counts: it is what a change brings.
    let (_, object) = found
        .rfind(|(apply, object)| is_its(object) && object.namespace(apply) == subject.namespace.as_str())?;
    let number = |at: &str| object.value.pointer(at).and_then(Value::as_i64);
    let metrics = object.value.pointer("/spec/metrics").and_then(Value::as_array);
    let unplayed = metrics.into_iter().flatten().find_map(|metric| {
        let kind = metric["type"].as_str().unwrap_or_default();
        let resource = metric.pointer("/resource/name").and_then(Value::as_str).unwrap_or_default();
        let is_played = kind == "Resource" && MUCH.iter().any(|(name, _)| *name == resource);
        (!is_played).then(|| kind.to_owned())
    });
    let name = object.name();
    let name = if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
    Some(Scaler {
        path: format!("{}.{name}.spec", object.kind.key()),
        least: number("/spec/minReplicas").unwrap_or(1),
        most: number("/spec/maxReplicas")?,
        unplayed,
    })
}

/// Its pods use more than any of them may, or nothing, from each of these instants on.
pub(super) fn load(case: &Case<'_>, points: &[(Time, bool)]) -> MetricPlan {
    let used =
        |much: i64| points.iter().map(|(at, is_much)| (*at, if *is_much { much } else { 0 })).collect();
    let uses = MUCH.iter().map(|(name, much)| (Sym::new(name), used(*much))).collect();
    MetricPlan { of: case.subject.target(), uses }
}
