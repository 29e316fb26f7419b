//! What an object says that no API server prints: a count that is a word, an instant that is none, a name with a line break.
//!
//! An API server decodes into typed fields (staging/src/k8s.io/api/core/v1/types.go, 1.36.2): what it prints has their types and
//! ranges whatever its version; fields and kinds that are new stand beside them, and are no fault. So what is found here was
//! changed by somebody or something on the way, and no answer stands on it. Only what is read is looked at.

use serde_json::Value;

use crate::api::wire;
use crate::time::{Span, Time};

/// A field that cannot be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsound {
    /// Where: `status.containerStatuses[0].restartCount`.
    pub path: String,
    /// What stands there, and what was expected.
    pub words: String,
}

/// Whether a field's value can be, and what it should have been.
#[derive(Clone, Copy)]
enum Is {
    Map,
    List,
    Flag,
    /// Words without control characters.
    Name,
    Instant,
    /// A whole number from one to another.
    Number(i64, i64),
}

use Is::{Flag, Instant, List, Map, Name, Number};

/// Half of what its type holds: with a restart every ten seconds that takes three hundred years.
const COUNT: Is = Number(0, (i32::MAX / 2) as i64);
const CODE: Is = Number(i32::MIN as i64, i32::MAX as i64);
const SECONDS: Is = Number(0, i64::MAX);

/// What is read of each object; `[]` stands for each item of a list, `*` for either member.
const ALL: &[(&str, Is)] = &[
    ("metadata", Map),
    ("metadata.name", Name),
    ("metadata.namespace", Name),
    ("metadata.creationTimestamp", Instant),
    ("metadata.deletionTimestamp", Instant),
    ("metadata.deletionGracePeriodSeconds", SECONDS),
    ("metadata.ownerReferences", List),
];
/// What is read of each object of Kubernetes' own; another's may have any shape.
const OWN: &[(&str, Is)] = &[
    ("spec", Map),
    ("status", Map),
    ("status.conditions", List),
    ("status.conditions[].lastTransitionTime", Instant),
];
const GROUPS: [&str; 6] = ["v1", "apps/v1", "batch/v1", "policy/v1", "autoscaling/v1", "autoscaling/v2"];
const POD: &[(&str, Is)] = &[
    ("spec.terminationGracePeriodSeconds", SECONDS),
    ("spec.containers", List),
    ("spec.initContainers", List),
    ("status.startTime", Instant),
];
const LISTS: [&str; 3] = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
const CONTAINER: &[(&str, Is)] = &[
    ("restartCount", COUNT),
    ("ready", Flag),
    ("started", Flag),
    ("state", Map),
    ("lastState", Map),
    ("*.running.startedAt", Instant),
    ("*.terminated.startedAt", Instant),
    ("*.terminated.finishedAt", Instant),
    ("*.terminated.exitCode", CODE),
];
const EVENT: &[(&str, Is)] = &[
    ("lastTimestamp", Instant),
    ("firstTimestamp", Instant),
    ("eventTime", Instant),
    ("count", COUNT),
    ("series.lastObservedTime", Instant),
];

/// What stands in the place of objects, in words: why a server gave none, or how it draws them for people.
pub fn answer(object: &Value) -> Option<String> {
    match object["kind"].as_str()? {
        "Status" => {
            let why = object["message"].as_str().unwrap_or("it does not say why");
            Some(format!("kubectl's answer is an error: {why}"))
        }
        "Table" => Some("a table for people, as the server draws it, in place of objects".to_owned()),
        _ => None,
    }
}

/// What an object says that cannot be.
pub fn unsound(object: &Value) -> Vec<Unsound> {
    let mut found = Vec::new();
    if answer(object).is_some() {
        return found;
    }
    let kind = object["kind"].as_str().unwrap_or_default();
    if kind.ends_with("List") && object.get("items").is_some_and(|items| !items.is_array()) {
        found.push(Unsound { path: "items".to_owned(), words: "this is no list".to_owned() });
    }
    if kind == "Pod" && object["metadata"].is_null() {
        found
            .push(Unsound { path: "metadata".to_owned(), words: "there is none, and so no name".to_owned() });
    }
    let mut look = |value: &Value, before: &str, rules: &[(&str, Is)]| {
        for (path, is) in rules {
            walk(value, path, before.to_owned(), *is, &mut found);
        }
    };
    look(object, "", ALL);
    if kind == "Pod" || object["apiVersion"].as_str().is_some_and(|own| GROUPS.contains(&own)) {
        look(object, "", OWN);
    }
    match kind {
        "Pod" => {
            look(object, "", POD);
            for list in LISTS {
                let all = &object["status"][list];
                if !all.is_null() && !all.is_array() {
                    look(object, "", &[(&*format!("status.{list}"), List)]);
                }
                for (ix, own) in all.as_array().into_iter().flatten().enumerate() {
                    look(own, &format!("status.{list}[{ix}]."), CONTAINER);
                }
            }
        }
        "Event" => look(object, "", EVENT),
        _ => {}
    }
    found
}

/// Follows a path; what is not there can be.
fn walk(value: &Value, path: &str, before: String, is: Is, found: &mut Vec<Unsound>) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    if step == "*" {
        for member in ["state", "lastState"] {
            walk(&value[member], rest.unwrap_or_default(), format!("{before}{member}."), is, found);
        }
        return;
    }
    let (name, each) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
    let (member, place) = (&value[name], format!("{before}{name}"));
    match rest {
        Some(rest) if each => {
            for (ix, item) in member.as_array().into_iter().flatten().enumerate() {
                walk(item, rest, format!("{place}[{ix}]."), is, found);
            }
        }
        Some(rest) => walk(member, rest, format!("{place}."), is, found),
        None => {
            if let Some(expected) = is.wrong(member) {
                let shown: String = member.to_string().chars().take(60).collect();
                found.push(Unsound { path: place, words: format!("{shown} is {expected}") });
            }
        }
    }
}

impl Is {
    /// What a value is not, in words; None: it can be.
    fn wrong(self, value: &Value) -> Option<String> {
        let well = match self {
            _ if value.is_null() => true,
            Map => value.is_object(),
            List => value.is_array(),
            Flag => value.is_boolean(),
            Name => value
                .as_str()
                .is_some_and(|own| !own.chars().any(|own| own.is_control() || own.is_whitespace())),
            // Go's zero time is spelled out in some old objects.
            Instant => value.as_str().is_some_and(|own| Time::parse_rfc3339(own).is_some()),
            Number(least, most) => value.as_i64().is_some_and(|own| (least..=most).contains(&own)),
        };
        let expected = || match self {
            Map => "no map of fields".to_owned(),
            List => "no list".to_owned(),
            Flag => "neither true nor false".to_owned(),
            Name => "no name of an object".to_owned(),
            Instant => "no instant such as 2026-04-29T04:33:19Z".to_owned(),
            Number(i64::MIN..=-1, _) => "no exit code".to_owned(),
            Number(least, most) => format!("no whole number from {least} to {most}"),
        };
        (!well).then(expected)
    }
}

/// Whether two objects of one name, with uids of their own, were there at the same time: one cluster has no two of these, and so
/// they are of two. `newest` tells the newest instant that an object brings along.
pub fn is_other(one: &Value, other: &Value, newest: &dyn Fn(&Value) -> Option<Time>) -> bool {
    let uid = |object: &Value| object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let (of_one, of_other) = (uid(one), uid(other));
    if of_one.is_empty() || of_other.is_empty() || of_one == of_other {
        return false;
    }
    let lived =
        |object: &Value| Some((wire::time(&object["metadata"]["creationTimestamp"])?, newest(object)?));
    let (Some(one), Some(other)) = (lived(one), lived(other)) else { return false };
    // Instants are whole seconds.
    const CUT: Span = Span::from_secs(1);
    one.0 + CUT < other.1 && other.0 + CUT < one.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(object: &Value) -> Vec<String> {
        unsound(object).into_iter().map(|own| own.path).collect()
    }

    #[test]
    fn what_no_api_server_prints_is_named() {
        let pod = |status: Value| {
            json!({ "kind": "Pod", "metadata": { "name": "web", "creationTimestamp": "yesterday" },
            "spec": { "containers": [] }, "status": status })
        };
        let status = json!({ "startTime": 5, "new": { "a": 1 }, "conditions": [{ "lastTransitionTime": "soon" }],
            "containerStatuses": [
                { "restartCount": -1, "ready": "yes", "state": { "running": { "startedAt": "9" } } },
                { "restartCount": 1e30, "lastState": { "terminated": { "exitCode": "x" } } },
                { "restartCount": 2, "state": { "terminated": { "exitCode": -1, "finishedAt": null } } },
            ] });
        assert_eq!(
            paths(&pod(status)),
            [
                "metadata.creationTimestamp",
                "status.conditions[0].lastTransitionTime",
                "status.startTime",
                "status.containerStatuses[0].restartCount",
                "status.containerStatuses[0].ready",
                "status.containerStatuses[0].state.running.startedAt",
                "status.containerStatuses[1].restartCount",
                "status.containerStatuses[1].lastState.terminated.exitCode",
            ]
        );
        assert_eq!(paths(&json!({ "kind": "Pod", "metadata": null, "spec": "x" })), ["metadata", "spec"]);
        assert_eq!(paths(&json!({ "kind": "Pod", "metadata": { "name": "a\nb" } })), ["metadata.name"]);
        let config = json!({ "kind": "ConfigMap", "metadata": { "name": "a", "creationTimestamp": null }, "data": {} });
        assert_eq!(paths(&config), Vec::<String>::new());
    }

    #[test]
    fn two_of_one_name_at_one_time_are_of_two_clusters() {
        let newest = |own: &Value| wire::time(&own["status"]["startTime"]);
        let pod = |uid: &str, created: &str, newest: &str| {
            json!({ "metadata": { "uid": uid, "creationTimestamp": format!("2026-11-22T13:{created}Z") },
                "status": { "startTime": format!("2026-11-22T13:{newest}Z") } })
        };
        let one = pod("a", "00:00", "10:00");
        assert!(is_other(&one, &pod("b", "05:00", "20:00"), &newest));
        assert!(!is_other(&one, &pod("a", "05:00", "20:00"), &newest));
        assert!(
            !is_other(&one, &pod("b", "10:00", "20:00"), &newest),
            "made anew in the second in which the other went"
        );
    }
}
