//! W: what LimitRanges and ResourceQuotas make of a new pod (`rules::api_server::{limit_ranger, quota}`).

use std::collections::BTreeMap;

use kubelapse::rules::api_server::admission::{Rejection, Request, admit_with, typed};
use kubelapse::rules::api_server::limit_ranger;
use kubelapse::rules::api_server::objects::{self, ObjectType};
use kubelapse::rules::api_server::quota::{Counted, CountedPod, Quota, charge};
use kubelapse::rules::machinery::qos::qos_class;
use kubelapse::rules::machinery::quantity::Quantity;
use kubelapse::time::Time;
use serde_json::{Map, Value, json};

use super::harness::{Case, check, gates};

#[test]
fn quotas_and_limits_refuse_what_the_api_server_refuses() {
    check("W_quota", answer);
}

fn request() -> Request<'static> {
    Request { gates: gates(), now: Time::EPOCH, namespace: "default", suffix: "abcde", uid: "" }
}

fn answer(case: &Case) -> Value {
    let request = request();
    let ranges: Vec<Value> = list(&case.input["limitRanges"]).map(stored).collect();
    let ranges: Vec<&Value> = ranges.iter().collect();
    let mut pod = case.input["pod"].clone();
    (pod["apiVersion"], pod["kind"]) = (json!("v1"), json!("Pod"));
    // What the functions of the two plugins saw was defaulted and not yet validated.
    let mut object = Map::new();
    let _ = admit_with(&pod, &request, |pod| {
        limit_ranger::fill(pod, &ranges);
        object = pod.clone();
        Ok(())
    });
    for range in ranges {
        if let Err(faults) = limit_ranger::check(&object, range) {
            let mut answer = refused("LimitRanger", &limit_ranger::together(&faults));
            if let [_, _, ..] = &faults[..] {
                let mut parts = faults;
                parts.sort_unstable();
                answer["parts"] = json!(parts);
                answer["message"].take();
            }
            return answer;
        }
    }
    let quotas: Vec<Quota<'_>> = list(&case.input["resourceQuotas"])
        .map(|quota| Quota {
            name: quota["metadata"]["name"].as_str().expect("a name"),
            spec: &quota["spec"],
            hard: amounts(&quota["status"]["hard"]),
            used: amounts(&quota["status"]["used"]),
        })
        .collect();
    let counted = CountedPod {
        spec: object["spec"].as_object().expect("a spec"),
        qos_class: qos_class(&typed(&object).expect("a pod").1, &request.gates),
        is_over: false,
        pod_level_resources: true,
    };
    match charge(&quotas, &Counted::Pod(counted)) {
        Ok(charged) => let_in(&object, &quotas, charged),
        Err(why) => refused("ResourceQuota", &why),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// As the two plugins found it: defaulted. Some would not be stored, as their defaults are below their minima, and were never
/// validated for these cases: the plugins do not ask.
fn stored(range: &Value) -> Value {
    let mut range = range.clone();
    (range["apiVersion"], range["kind"]) = (json!("v1"), json!("LimitRange"));
    objects::defaulted(&range, &gates()).expect("a LimitRange").1.object["spec"].clone()
}

fn amounts(value: &Value) -> BTreeMap<String, Quantity> {
    let all = value.as_object().into_iter().flatten();
    all.map(|(name, text)| (name.clone(), Quantity::parse(text.as_str().expect("text")).expect("a quantity")))
        .collect()
}

fn refused(stage: &str, why: &str) -> Value {
    let rejection =
        Rejection::Forbidden { kind: ObjectType::Pod, name: "web".to_owned(), why: why.to_owned() };
    json!({
        "ok": false, "stage": stage, "code": rejection.code(), "reason": rejection.reason(),
        "message": rejection.to_string(),
    })
}

fn let_in(
    pod: &Map<String, Value>,
    quotas: &[Quota<'_>],
    charged: Vec<(usize, BTreeMap<String, Quantity>)>,
) -> Value {
    let spec = &pod["spec"];
    let containers: Vec<Value> = list(&spec["initContainers"])
        .chain(list(&spec["containers"]))
        .map(|own| json!({"name": own["name"], "resources": own["resources"]}))
        .collect();
    let text = |used: &BTreeMap<String, Quantity>| -> Value {
        used.iter().map(|(name, amount)| (name.clone(), amount.to_string())).collect()
    };
    let mut used: serde_json::Map<String, Value> =
        quotas.iter().map(|quota| (quota.name.to_owned(), text(&quota.used))).collect();
    // Where nothing is used the encoding says nothing.
    used.retain(|_, used| used.as_object().is_some_and(|used| !used.is_empty()));
    for (ix, now) in charged {
        used.insert(quotas[ix].name.to_owned(), text(&now));
    }
    json!({
        "ok": true, "containers": containers, "annotations": pod["metadata"].get("annotations"),
        "quotaUsed": used,
    })
}
