//! What autoscalers of a given cluster do: nothing, as nobody knows what their metrics will be. What they scale keeps its replicas, and
//! that is told, with what an autoscaler itself says of its bounds (`ScalingLimited`, pkg/controller/podautoscaler/horizontal.go,
//! v1.36.3).

use serde_json::Value;

use super::Given;
use crate::rules::api_server::objects::ObjectType;

/// That what is scaled keeps its replicas, in words.
pub fn told(given: &Given) -> Vec<String> {
    let own = given.objects.iter().filter(|(kind, _)| *kind == ObjectType::HorizontalPodAutoscaler);
    own.map(|(_, value)| words(value)).collect()
}

fn words(value: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (spec, status) = (&value["spec"], &value["status"]);
    let target = &spec["scaleTargetRef"];
    let (least, most) =
        (spec["minReplicas"].as_i64().unwrap_or(1), spec["maxReplicas"].as_i64().unwrap_or(0));
    let keeps = match status["currentReplicas"].as_i64() {
        Some(1) => "its one replica".to_owned(),
        Some(count) => format!("its {count} replicas"),
        None => "its replicas".to_owned(),
    };
    let limited = status["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|own| own["type"] == "ScalingLimited" && own["status"] == "True");
    let bound = match limited.map(|own| text(&own["reason"])).as_deref() {
        Some("TooManyReplicas") => "; it wants more than its maximum",
        Some("TooFewReplicas") => "; it wants fewer than its minimum",
        _ => "",
    };
    format!(
        "horizontalpodautoscaler/{}: nobody knows what its metrics will be: {}/{} keeps {keeps} ({least} to {most}{bound})",
        text(&value["metadata"]["name"]),
        text(&target["kind"]).to_lowercase(),
        text(&target["name"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_scaled_keeps_its_replicas_and_who_is_at_a_bound_is_told() {
        let own = |conditions: Value| {
            words(&json!({
                "metadata": { "name": "web" },
                "spec": { "scaleTargetRef": { "kind": "Deployment", "name": "web" }, "minReplicas": 2, "maxReplicas": 9 },
                "status": { "currentReplicas": 9, "conditions": conditions },
            }))
        };
        let most = json!([{ "type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas" }]);
        assert_eq!(
            own(most),
            "horizontalpodautoscaler/web: nobody knows what its metrics will be: deployment/web keeps its 9 replicas (2 to 9; it \
             wants more than its maximum)"
        );
        let well = json!([{ "type": "ScalingLimited", "status": "False", "reason": "DesiredWithinRange" }]);
        assert!(own(well).ends_with("keeps its 9 replicas (2 to 9)"));
    }
}
