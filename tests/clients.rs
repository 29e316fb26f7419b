//! kubectl and others against a simulated cluster: what they asked of a real API server, and what that answered, is asked of ours
//! before the same state.
//!
//! `tests/clients` holds recordings of clients that read (kube-apiserver 1.36.3). Of each the state before is loaded, the requests are
//! asked in their order, and answers are compared: codes, reasons, texts, tables, objects. What is not compared: versions of
//! lists and tags of documents, managed fields, OpenAPI, bodies that the recordings leave out. The state before is that of
//! one namespace: an answer with an object, or a version of one, that was not among it (other namespaces, what the cluster has
//! of its own, what changed while the command ran) cannot be given from it, and is counted by itself. What is not equal
//! though it could be stands in [`NOT_EQUAL`] with its reason.

#![cfg(feature = "serve")]

#[path = "support/recordings.rs"]
mod recordings;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use flate2::read::GzDecoder;
use kubelapse::rules::kubectl::columns::columns;
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::serve::answer::logs::Line;
use kubelapse::serve::answer::{Answer, answer};
use kubelapse::serve::kinds;
use kubelapse::serve::path::Request;
use kubelapse::serve::status::Response;
use kubelapse::serve::store::Store;
use kubelapse::time::{Span, Time};
use recordings::{Asked, difference, judge, kind, lines, load, plain, recordings, strip, writes};
use serde_json::{Value, json};

/// Requests that are answered otherwise: a part of the recording's name, a part of the path, and why.
const NOT_EQUAL: &[(&str, &str, &str)] = &[
    ("deploy-116-exec", "/exec", "there are no processes to talk to: 405 that says so"),
    ("readyz-verbose", "/readyz", "these are checks of parts that a simulation has not"),
    ("discovery-017-get-raw", "/?", "there are fewer paths, and some of our own"),
    (
        "deploy-113-top-pod-nope",
        "/metrics.k8s.io",
        "the metrics server of the recordings was a small one and left `details` out",
    ),
    (
        "op-005-get-shops",
        "/apis/lapse.example",
        "the definition of this kind is not among what was recorded before",
    ),
    (
        "op-006-explain-shop",
        "/openapi/v3/apis/lapse.example",
        "the definition of this kind is not among what was recorded before",
    ),
];

/// Objects of an answer, each with its version; metrics have neither.
fn told(body: &Value, to: &mut Vec<(String, String)>) {
    let one = |metadata: &Value| {
        let text = |name: &str| metadata[name].as_str().unwrap_or_default().to_owned();
        (text("uid"), text("resourceVersion"))
    };
    if let Some(rows) = body["rows"].as_array() {
        to.extend(rows.iter().map(|row| one(&row["object"]["metadata"])));
    } else if let Some(items) = body["items"].as_array() {
        to.extend(items.iter().map(|item| one(&item["metadata"])));
    } else if body["metadata"]["uid"].is_string() {
        to.push(one(&body["metadata"]));
    }
}

/// Whether an answer tells of something that is not in the state before.
fn is_beyond(store: &Store, request: &Request, wanted: &Value) -> bool {
    if request.path.starts_with("/openapi") || ["APIGroupList", "APIGroup"].contains(&kind(&wanted["body"])) {
        return false;
    }
    let mut all = Vec::new();
    told(&wanted["body"], &mut all);
    let is_first = request.query("resourceVersion").is_empty() || request.query("resourceVersion") == "0";
    if is_first {
        for event in wanted["events"].as_array().into_iter().flatten() {
            if event["event"]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true" {
                break;
            }
            told(&event["event"]["object"], &mut all);
            if !request.is("sendInitialEvents") {
                break;
            }
        }
    }
    if wanted["code"] == 200 && request.path.ends_with("/log") {
        let pod = request.path.rsplit('/').nth(1).unwrap_or_default();
        let pods = kinds::of_kind("", "Pod").expect("they are served");
        return store.all(pods, None).all(|(_, own)| own.name != pod);
    }
    // Items of discovery are none of these.
    if kind(&wanted["body"]) == "APIGroupDiscoveryList" {
        return false;
    }
    let stored = |(uid, version): &(String, String)| {
        let all = 0..kinds::RESOURCES.len();
        all.into_iter().any(|resource| {
            let is_it =
                |own: &Value| own["uid"] == uid.as_str() && own["resourceVersion"] == version.as_str();
            store.all(resource, None).any(|(_, own)| is_it(&own.value["metadata"]))
        })
    };
    // A scale has the version of its object.
    !all.iter().all(stored)
}

/// Asks all requests of a recording.
fn replay(file: &Path, all: &mut Vec<Asked>) {
    let lines = lines(file);
    // Those stand in `tests/writing.rs`.
    if writes(&lines) {
        return;
    }
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let client = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    let started = lines[0]["recording"]["startedAt"].as_str().and_then(Time::parse_rfc3339).expect("a start");
    let mut store = Store::default();
    // Other parts of the cluster, which were written later.
    let rest = json!({ "metadata": { "name": "rest", "resourceVersion": (1_u64 << 40).to_string() } });
    store.load(kinds::of_kind("resource.k8s.io", "DeviceClass").expect("it is served"), rest);
    if let Some(before) = lines.get(1) {
        load(&mut store, before);
    }
    let gates = Gates::of(Version::parse("1.36").expect("it is simulated"));
    for line in lines.iter().filter(|line| line["request"].is_object()) {
        let (asked, wanted) = (&line["request"], &line["response"]);
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        let header = |name: &str| asked["headers"][name].as_str().unwrap_or_default().to_owned();
        let mut request = Request::of(text("method"), text("path"), text("query"));
        request.accept = header("Accept");
        request.impersonates = header("Impersonate-User");
        request.body = asked["body"].to_string().into_bytes();
        if wanted["code"] == 304 {
            // The client has what this server would say: tags are its own.
            if let Answer::Whole(response) = answer(&store, &gates, &request) {
                let tag = response.headers.iter().find(|(name, _)| *name == "ETag");
                request.if_none_match = tag.map(|(_, tag)| tag.clone()).unwrap_or_default();
            }
        }
        let at = (wanted["t"].as_f64().unwrap_or(0.0) * 1e6) as i64;
        // The recording's start is cut to its second: ages are those of one second or the next.
        let tries: Vec<Option<String>> = (-1..=8)
            .map(|more| {
                store.clock = (started + Span::from_micros(at + more * 200_000), Span::ZERO);
                compare(answer(&store, &gates, &request), &request, wanted, &store)
            })
            .collect();
        let problem = if tries.iter().any(Option::is_none) { None } else { tries[0].clone() };
        let path = format!("{} {}?{}", request.method, request.path, text("query"));
        let is_beyond = problem.is_some() && is_beyond(&store, &request, wanted);
        all.push(Asked { recording: format!("{client}/{name}"), path, problem, is_beyond });
    }
}

/// What is different; None: nothing.
fn compare(given: Answer, request: &Request, wanted: &Value, store: &Store) -> Option<String> {
    let code = wanted["code"].as_u64().unwrap_or(0);
    match given {
        Answer::Whole(response) => {
            let is_document = request.path.starts_with("/openapi");
            whole(&response, code, if is_document { &Value::Null } else { &wanted["body"] })
        }
        Answer::Watch(_, first) => {
            if code != 200 {
                return Some(format!("200 and not {code}"));
            }
            let first: Vec<Value> = String::from_utf8_lossy(&first)
                .lines()
                .map(|line| serde_json::from_str(line).expect("an event is JSON"))
                .collect();
            watched(&first, wanted, request)
        }
        Answer::Logs(of) => {
            if code != 200 {
                return Some(format!("200 and not {code}"));
            }
            // The kubelet of the recordings wrote five lines, a second apart.
            let written: Vec<Line> = (1..=5)
                .map(|n| (store.clock.0, format!("line {n} of {}/{}", of.pod, of.container)))
                .collect();
            let given = String::from_utf8_lossy(&of.text(&written, store.clock)).into_owned();
            // What is followed comes in pieces; the first is what was there.
            let wanted = match wanted["events"][0]["text"].as_str() {
                Some(first) => first.to_owned(),
                None => wanted["body"].as_str().unwrap_or_default().to_owned(),
            };
            let plain = |text: &str| -> Vec<String> {
                text.lines()
                    .map(|line| line.find("line ").map_or(line, |at| &line[at..]).to_owned())
                    .collect()
            };
            (plain(&given) != plain(&wanted)).then(|| format!("{given:?} and not {wanted:?}"))
        }
        Answer::Do(deed) => Some(format!("{deed:?}")),
    }
}

fn whole(response: &Response, code: u64, wanted: &Value) -> Option<String> {
    if u64::from(response.code) != code {
        let body = String::from_utf8_lossy(&response.body).chars().take(200).collect::<String>();
        return Some(format!("{} and not {code}: {body}", response.code));
    }
    if wanted.is_null() || wanted.get("$omitted").is_some() {
        return None;
    }
    match serde_json::from_slice::<Value>(&response.body) {
        Ok(given) => difference(&plain(&given), &plain(wanted), ""),
        Err(_) => {
            let given = String::from_utf8_lossy(&response.body).into_owned();
            (wanted.as_str() != Some(&given)).then(|| format!("{given:?} and not {wanted}"))
        }
    }
}

/// Events up to the end of what was there already; what came later happened on the real cluster.
fn watched(first: &[Value], wanted: &Value, request: &Request) -> Option<String> {
    let events = wanted["events"].as_array().cloned().unwrap_or_default();
    let events: Vec<Value> = events.into_iter().map(|own| own["event"].clone()).collect();
    let is_end =
        |own: &Value| own["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true";
    if request.is("sendInitialEvents") {
        if !first.last().is_some_and(is_end) {
            return Some("it does not end with a bookmark".to_owned());
        }
        // Some clients have gone before the end was told.
        let end = events.iter().position(is_end).map_or(events.len(), |at| at + 1);
        let by_name = |events: &[Value]| -> BTreeMap<String, Value> {
            events.iter().filter(|own| own["type"] == "ADDED").map(|own| (uid(own), plain(own))).collect()
        };
        return difference(&json!(by_name(first)), &json!(by_name(&events[..end])), "");
    }
    let there: Vec<Value> = events.into_iter().take(first.len()).collect();
    let sorted = |events: &[Value]| -> BTreeMap<String, Value> {
        events.iter().map(|own| (uid(own), plain(own))).collect()
    };
    difference(&json!(sorted(first)), &json!(sorted(&there)), "")
}

fn uid(event: &Value) -> String {
    let own = &event["object"];
    let row = &own["rows"][0]["object"];
    let metadata = if row.is_null() { &own["metadata"] } else { &row["metadata"] };
    metadata["uid"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn clients_that_read_are_answered_as_by_a_real_server() {
    let mut all = Vec::new();
    for file in recordings() {
        replay(&file, &mut all);
    }
    judge(&all, NOT_EQUAL);
}

#[test]
fn tables_have_the_columns_of_a_real_server() {
    let text = fs::read_to_string("tests/clients/tables.json").expect("it is there");
    let tables: BTreeMap<String, Vec<Value>> = serde_json::from_str(&text).expect("JSON");
    for (name, wanted) in tables {
        let (resource, below) = name.split_once('/').unwrap_or((&name, ""));
        let found = kinds::RESOURCES.iter().find(|own| own.qualified() == resource);
        let Some(found) = found else { continue };
        let kind = if below == "scale" { "Scale" } else { found.kind };
        let own: Vec<Value> = columns(kind).iter().map(|column| column.definition(kind)).collect();
        let without = |list: &[Value]| -> Vec<Value> {
            let mut list = json!(list);
            strip(&mut list);
            list.as_array().cloned().unwrap_or_default()
        };
        assert_eq!(without(&own), without(&wanted), "{name}");
    }
}

/// Samples by family; labels in their order by name.
fn samples(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut families: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // The state is that of one namespace, and of the nodes.
    let is_own = |line: &&str| line.contains("namespace=\"ksm\"") || line.starts_with("kube_node_");
    for line in text.lines().filter(is_own) {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        let (family, labels) = name.split_once('{').unwrap_or((name, "}"));
        let mut labels: Vec<&str> =
            labels.trim_end_matches('}').split("\",").map(|own| own.trim_end_matches('"')).collect();
        labels.sort_unstable();
        let value: f64 = value.parse().expect("a number");
        families.entry(family.to_owned()).or_default().insert(format!("{labels:?} {value}"));
    }
    families
}

#[test]
fn metrics_are_those_of_kube_state_metrics() {
    let mut store = Store::default();
    for line in lines(Path::new("tests/clients/objects/kube-state-metrics-ksm.jsonl.gz")) {
        let object = &line["object"];
        let version = object["apiVersion"].as_str().unwrap_or_default();
        let group = version.split_once('/').map_or("", |(group, _)| group);
        if let Some(resource) = kinds::of_kind(group, kind(object)) {
            store.load(kinds::stored_as(resource), object.clone());
        }
    }
    let gates = Gates::of(Version::parse("1.36").expect("it is simulated"));
    let Answer::Whole(response) = answer(&store, &gates, &Request::of("GET", "/metrics", "")) else {
        panic!("a text")
    };
    let given = samples(&String::from_utf8_lossy(&response.body));
    let mut wanted = String::new();
    let file = File::open("tests/clients/ksm.metrics.txt.gz").expect("it is there");
    std::io::Read::read_to_string(&mut GzDecoder::new(file), &mut wanted).expect("text");
    let wanted = samples(&wanted);
    let mut problems = String::new();
    for (family, own) in &given {
        let real = wanted.get(family).cloned().unwrap_or_default();
        let differs: Vec<&String> = own.symmetric_difference(&real).collect();
        if !differs.is_empty() {
            problems += &format!("{family}: {} of {}: {}\n", differs.len(), real.len(), differs[0]);
        }
    }
    assert!(problems.is_empty(), "{} families\n{problems}", given.len());
}
