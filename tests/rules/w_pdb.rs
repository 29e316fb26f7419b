//! W: PodDisruptionBudgets: one sync, and what the eviction subresource answers
//! (`rules::controllers::disruption`, `rules::api_server::eviction`).

use std::collections::BTreeMap;

use kubelapse::api::disruption::PodDisruptionBudget;
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_disruption::{pod_disruption_budget, pod_disruption_budget_status_value};
use kubelapse::api::wire_workloads::meta;
use kubelapse::api::{EventType, Tri};
use kubelapse::rules::api_server::eviction::{self, Evicted};
use kubelapse::rules::controllers::disruption::{self, LetGo, Scale, Selected, expected_scale, look};
use kubelapse::rules::controllers::ownership::selects;
use kubelapse::time::Time;
use serde_json::{Map, Value, json};

use super::harness::{Case, check, gates};

#[test]
fn budgets_are_those_of_the_controller_and_the_api_server() {
    check("W_pdb", |case| match case.family.as_str() {
        "status" => status(case),
        _ => evict(case),
    });
}

fn now(case: &Case) -> Time {
    wire::time(&case.input["now"]).expect("an instant")
}

fn list<'a>(case: &'a Case, name: &str) -> impl Iterator<Item = &'a Value> {
    case.input[name].as_array().into_iter().flatten()
}

fn is_ready(pod: &Pod) -> bool {
    pod.status.conditions.iter().any(|one| one.kind == "Ready" && one.status == Tri::True)
}

fn is_selected(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    budget.spec.selector.as_ref().is_some_and(|selector| selects(selector, &pod.meta.labels))
}

/// The scale of a pod's controller: a Deployment's for a ReplicaSet `web-1` of `web`.
fn scale(case: &Case, kind: &str, name: &str) -> (String, Scale) {
    let known = &case.input["controllers"];
    let of = |key: &str| known[key].as_i64().and_then(|wanted| i32::try_from(wanted).ok());
    let key = format!("{}/{name}", kind.to_lowercase());
    let deployment = name.rsplit_once('-').map(|(base, _)| format!("deployment/{base}"));
    match kind {
        "DaemonSet" => (key, Scale::NoneOf("daemonsets.apps")),
        "Job" => (key, Scale::NoneOf("jobs.batch")),
        "ReplicaSet" if of(&key).is_some() => match deployment.filter(|key| of(key).is_some()) {
            Some(deployment) => (deployment.clone(), Scale::Of(of(&deployment).unwrap_or_default())),
            None => (key.clone(), Scale::Of(of(&key).unwrap_or_default())),
        },
        _ => (key.clone(), of(&key).map_or(Scale::Gone, Scale::Of)),
    }
}

fn status(case: &Case) -> Value {
    let (now, budget) = (now(case), pod_disruption_budget(&case.input["pdb"]));
    let own: Vec<(Pod, &Value)> = list(case, "pods")
        .map(|value| (wire::pod(value), value))
        .filter(|(pod, _)| is_selected(&budget, pod))
        .collect();
    let going = |pod: &Pod| pod.meta.deletion_timestamp.is_some();
    let controlled = |value: &Value| meta(&value["metadata"]).controller().cloned();
    let selected = Selected {
        pods: own.len() as i32,
        healthy: own.iter().filter(|(pod, _)| is_ready(pod) && !going(pod)).count() as i32,
        any_is_unmanaged: own.iter().any(|(_, value)| controlled(value).is_none()),
    };
    let scales = || {
        expected_scale(own.iter().filter_map(|(pod, value)| {
            let by = controlled(value)?;
            let (key, scale) = scale(case, by.kind.as_str(), by.name.as_str());
            Some((pod.meta.name.clone(), key, scale))
        }))
    };
    let let_go = |name: &str| {
        let (pod, _) = own.iter().find(|(pod, _)| pod.meta.name == name)?;
        Some(LetGo { ready: is_ready(pod), is_going: going(pod) })
    };
    let seen = look(&budget, selected, scales, let_go, now);
    let mut events: Vec<String> = seen.events.iter().map(told).collect();
    let namespace = budget.meta.namespace;
    events.extend(seen.not_deleted.iter().map(|_| told(&disruption::not_deleted(namespace))));
    events.sort_unstable();
    json!({
        "events": events,
        "updated": seen.status.is_some(),
        "status": pod_disruption_budget_status_value(seen.status.as_ref().unwrap_or(&budget.status)),
    })
}

fn told(told: &kubelapse::rules::controllers::told::Told) -> String {
    let kind = if told.kind == EventType::Normal { "Normal" } else { "Warning" };
    format!("{kind} {} {}", told.reason, told.message)
}

fn evict(case: &Case) -> Value {
    let (now, pod) = (now(case), wire::pod(&case.input["pod"]));
    let budgets: Vec<PodDisruptionBudget> = list(case, "pdbs").map(pod_disruption_budget).collect();
    let matching: Vec<&PodDisruptionBudget> =
        budgets.iter().filter(|budget| is_selected(budget, &pod)).collect();
    let evicted = Evicted {
        name: pod.meta.name.clone(),
        phase: pod.status.phase,
        is_going: pod.meta.deletion_timestamp.is_some(),
        ready: is_ready(&pod),
    };
    let is_dry = case.input["dryRun"] == true;
    let answer = eviction::may_go(&evicted, &matching, now, &gates());
    let mut after: BTreeMap<&str, &PodDisruptionBudget> =
        budgets.iter().map(|budget| (budget.meta.name.as_str(), budget)).collect();
    let written = answer.as_ref().ok().and_then(Option::as_ref).filter(|_| !is_dry);
    after.extend(written.map(|budget| (budget.meta.name.as_str(), budget)));
    let after: Map<String, Value> = after
        .into_iter()
        .map(|(name, budget)| {
            let status = pod_disruption_budget_status_value(&budget.status);
            let told = |key: &str| status[key].clone();
            let shown = json!({
                "conditions": told("conditions"),
                "disruptedPods": told("disruptedPods"),
                "disruptionsAllowed": told("disruptionsAllowed"),
            });
            (name.to_owned(), shown)
        })
        .collect();
    let goes = answer.is_ok();
    let marked = "DisruptionTarget=True EvictionByEvictionAPI Eviction API: evicting";
    let refused = answer.err();
    json!({
        "code": refused.as_ref().map_or(201, |refused| refused.code),
        "reason": refused.as_ref().map(|refused| refused.reason),
        "message": refused.as_ref().map(|refused| refused.message.as_str()),
        "details": refused.as_ref().map(details),
        "podDeleted": goes,
        "podCondition": if goes && !is_dry { vec![marked] } else { Vec::new() },
        "pdbsAfter": after,
    })
}

fn details(refused: &eviction::Refused) -> Value {
    match (&refused.cause, refused.code) {
        (Some(cause), _) => {
            let causes = json!([{ "message": cause, "reason": "DisruptionBudget" }]);
            match refused.retry_after_seconds {
                0 => json!({ "causes": causes }),
                secs => json!({ "causes": causes, "retryAfterSeconds": secs }),
            }
        }
        (None, 403) => json!({ "group": "policy", "kind": "poddisruptionbudget", "name": "pdb-0" }),
        (None, _) => Value::Null,
    }
}
