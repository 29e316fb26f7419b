//! Every route that a served cluster tells of, with every verb and with what nobody should send: it is answered, in the API's own
//! form where it is refused, and the simulation goes on. The routes come from the served discovery, so that a new one is tried without
//! anybody thinking of it.

#![cfg(all(feature = "serve", feature = "html"))]

#[path = "../fuzz/play/served.rs"]
mod served;

use rayon::prelude::*;
use serde_json::{Value, json};
use served::{Asked, Served};

fn value(served: &Served, path: &str) -> Value {
    let (code, body) = served.ask(&Asked::get(path)).expect("a request");
    assert_eq!(code, 200, "{path}");
    serde_json::from_slice(&body).expect("JSON")
}

fn texts(of: &Value, list: &str, key: &str) -> Vec<String> {
    let all = of[list].as_array().into_iter().flatten();
    all.map(|own| own[key].as_str().unwrap_or_default().to_owned()).collect()
}

/// A path for every resource and subresource, of all objects and of one; each with its kind and version.
fn routes(served: &Served) -> Vec<(String, String, String)> {
    let mut versions = vec![("v1".to_owned(), "/api/v1".to_owned())];
    for group in value(served, "/apis")["groups"].as_array().expect("groups") {
        let all = texts(group, "versions", "groupVersion");
        versions.extend(all.into_iter().map(|version| (version.clone(), format!("/apis/{version}"))));
    }
    let mut all = Vec::new();
    for (version, root) in versions {
        for resource in value(served, &root)["resources"].as_array().expect("resources") {
            let name = resource["name"].as_str().expect("a name");
            let kind = resource["kind"].as_str().unwrap_or_default().to_owned();
            let base = if resource["namespaced"] == true {
                format!("{root}/namespaces/default")
            } else {
                root.clone()
            };
            match name.split_once('/') {
                Some((plural, below)) => {
                    all.push((format!("{base}/{plural}/web/{below}"), version.clone(), kind))
                }
                None => {
                    all.push((format!("{base}/{name}"), version.clone(), kind.clone()));
                    all.push((format!("{base}/{name}/web"), version.clone(), kind));
                }
            }
        }
    }
    all
}

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// What nobody means: names, parameters, one after the other behind a path.
const QUERIES: [&str; 24] = [
    "limit=-1",
    "limit=99999999999999999999&continue=x",
    "continue=%00%ff",
    "resourceVersion=-1",
    "resourceVersion=99999999999999999999",
    "resourceVersion=x&resourceVersionMatch=Exact",
    "resourceVersionMatch=Sometimes",
    "watch=perhaps",
    "watch=true&resourceVersion=1&timeoutSeconds=-1",
    "watch=true&timeoutSeconds=99999999999999999999",
    "watch=1&sendInitialEvents=true",
    "labelSelector=((((",
    "labelSelector=a+in+(b,,c),!d,e!%3Df,%3D",
    "labelSelector=%1b%5b31m",
    "fieldSelector=status.phase%3D%3DRunning,metadata.name!%3Dx,%3D",
    "fieldSelector=no.such.field%3D1",
    "dryRun=Some",
    "fieldValidation=Perhaps",
    "fieldManager=%1b",
    "force=perhaps",
    "gracePeriodSeconds=-1&propagationPolicy=Sideways",
    "includeObject=Everything",
    "&&&=&=%",
    "tailLines=-1&sinceSeconds=x&limitBytes=0&container=none&previous=true",
];

const TYPES: [&str; 8] = [
    "application/json",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
    "application/vnd.kubernetes.protobuf",
    "text/plain",
    "",
];

/// Bodies: none, no JSON, JSON of every kind, an object of another kind, one that is odd all over, and one that is deep.
fn bodies(version: &str, kind: &str) -> Vec<Vec<u8>> {
    let deep = format!("{}1{}", "{\"a\":".repeat(3_000), "}".repeat(3_000));
    let odd = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "web", "namespace": "\u{1b}[31m", "labels": 7,
        "annotations": { "a": "\u{202e}" }, "finalizers": "x", "uid": -1, "resourceVersion": "1e9", "creationTimestamp": "yesterday",
        "ownerReferences": [{}], "managedFields": "x" }, "spec": "none", "status": [1], "data": [], "webhooks": {} });
    let huge = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "n".repeat(65_536) } });
    let minimal = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "web" } });
    let other = json!({ "apiVersion": "example.com/v9", "kind": "Other", "metadata": { "name": "web" } });
    let numbers = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "web" }, "spec": { "replicas": 1e300,
        "completions": -1, "parallelism": i64::MAX, "minReadySeconds": i64::MIN, "terminationGracePeriodSeconds": u64::MAX,
        "template": null, "containers": [null], "ports": [{ "port": 0.5 }], "selector": [] } });
    let bare = [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "7",
        "\u{0}",
        "[{\"op\":\"remove\",\"path\":\"\"}]",
        "[{\"op\":\"add\",\"path\":\"/metadata/x/-\"}]",
        "{\"metadata\":null,\"spec\":null}",
        "k8s\u{0}\u{a}\u{7f}",
    ];
    let bare = bare.into_iter().map(|text| text.as_bytes().to_vec());
    let objects =
        [odd, huge, minimal, other, numbers].into_iter().map(|object| object.to_string().into_bytes());
    bare.chain(objects).chain([deep.into_bytes(), vec![0xff, 0xfe, 0x80]]).collect()
}

/// An answer is whole: a body that is JSON, and where it is refused a Status that says why.
fn judge(asked: &Asked<'_>, answer: Option<(u16, Vec<u8>)>, wrong: &mut Vec<String>) -> bool {
    let Some((code, body)) = answer else { return false };
    let mut tell = |what: &str| {
        let body: String = String::from_utf8_lossy(&body).chars().take(300).collect();
        let sent: String = String::from_utf8_lossy(asked.body).chars().take(120).collect();
        wrong.push(format!(
            "{} {} ({}) {sent:?}: {code} {what}: {body}",
            asked.method, asked.path, asked.content_type
        ));
    };
    if !matches!(
        code,
        200 | 201 | 202 | 400 | 403 | 404 | 405 | 406 | 409 | 410 | 413 | 415 | 422 | 429 | 500
    ) {
        tell("is no answer of an API server");
    }
    if code >= 400 && asked.method != "HEAD" {
        match serde_json::from_slice::<Value>(&body) {
            Ok(told)
                if told["kind"] == "Status"
                    && told["message"].as_str().is_some_and(|words| !words.is_empty()) => {}
            Ok(told) if told["kind"] == "Status" => tell("says nothing"),
            _ => tell("is no Status"),
        }
    }
    // What is refused is named shortly, whatever was sent.
    if code >= 400 && body.len() > 40_000 + 10 * asked.body.len() {
        tell("says too much");
    }
    code < 300 && !matches!(asked.method, "GET" | "HEAD")
}

#[test]
fn every_route_is_answered_whatever_is_sent() {
    let served = Served::open();
    let routes = routes(&served);
    served.close();
    assert!(routes.len() > 150, "{} routes", routes.len());
    let wrong: Vec<String> = routes
        .par_iter()
        .flat_map_iter(|(path, version, kind)| {
            let mut wrong = Vec::new();
            let mut served = Served::open();
            let mut count = 0;
            for method in METHODS {
                for query in QUERIES {
                    // Of a request that changes something each of the bodies is sent once, and each parameter with a plain one.
                    let path = format!("{path}?{query}");
                    let asked = Asked { method, ..Asked::get(&path) };
                    count += usize::from(judge(&asked, served.ask(&asked), &mut wrong));
                }
                if matches!(method, "GET" | "HEAD" | "OPTIONS") {
                    continue;
                }
                for body in bodies(version, kind) {
                    for content_type in TYPES {
                        if (content_type.contains("patch")) != (method == "PATCH") && !content_type.is_empty()
                        {
                            continue;
                        }
                        let asked = Asked { method, path, content_type, accept: "", body: &body };
                        count += usize::from(judge(&asked, served.ask(&asked), &mut wrong));
                    }
                }
                // What was taken is lived with, and the next verb begins anew.
                if count > 0 {
                    served.live_on();
                    served.close();
                    served = Served::open();
                    count = 0;
                }
            }
            served.close();
            wrong
        })
        .collect();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}

/// The server's own API, too, by its own description; and paths that are none.
#[test]
fn every_path_of_our_own_is_answered_whatever_is_sent() {
    let served = Served::open();
    let described = value(&served, "/kubelapse/v1/openapi");
    let own: Vec<String> = described["paths"].as_object().expect("paths").keys().cloned().collect();
    assert!(own.len() >= 10, "{own:?}");
    let others = [
        "/",
        "//",
        "/api/",
        "/api//v1/",
        "/apis/x/y/z",
        "/kubelapse",
        "/kubelapse/v1/",
        "/kubelapse/v1/..",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/namespaces/%2F/pods/%00",
        "/openapi/v3/apis/x/y",
        "/openapi/v2?x=%",
        "/version/x",
        "/metrics?x",
        "/healthz/y",
        "/readyz?exclude=%1b",
    ];
    let queries = [
        "",
        "speed=nan",
        "speed=-1",
        "speed=1e400",
        "speed=%1b",
        "at=x",
        "at=-5s",
        "at=9999999999999h",
        "at=1e9s",
        "at=5s&words=why%20pod/none",
        "words=",
        "words=do%20delete%20pod/one",
        "words=%00",
        "words=get%20-o%20x",
    ];
    let bodies = [
        "",
        "\u{1b}[31m",
        "delete",
        "delete pod/none",
        "save x",
        "scale deployment/web replicas=-1",
        "kill pod/one signal=99",
        "{}",
        "\u{0}",
    ];
    let long = "delete pod/".to_owned() + &"n".repeat(65_536);
    let mut wrong = Vec::new();
    for path in own.iter().map(String::as_str).chain(others) {
        for method in METHODS {
            for query in queries {
                let path = format!("{path}?{query}");
                let asked = Asked { method, ..Asked::get(&path) };
                let answer = served.ask(&asked);
                assert!(answer.is_none_or(|(code, _)| code < 500), "{method} {path}");
            }
            for body in bodies.into_iter().chain([long.as_str()]) {
                let asked = Asked { method, body: body.as_bytes(), ..Asked::get(path) };
                // What is no page at all is told as a real server tells it, in plain words.
                if own.iter().any(|own| own == path) {
                    judge(&asked, served.ask(&asked), &mut wrong);
                } else {
                    served.ask(&asked);
                }
            }
        }
    }
    served.live_on();
    served.close();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}
