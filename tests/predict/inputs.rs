//! What people hand over instead of what kubectl prints: `predict` and `fit` say of each what is wrong, where, and what is expected,
//! or answer honestly.

use serde_json::{Value, json};

use super::desk::Desk;

/// A pod in its crash loop.
fn pod() -> Value {
    let ended = json!({ "exitCode": 1, "reason": "Error", "containerID": "containerd://5",
        "startedAt": "2026-11-22T13:20:10Z", "finishedAt": "2026-11-22T13:20:30Z" });
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "web", "namespace": "shop", "uid": "u-1", "resourceVersion": "20",
            "creationTimestamp": "2026-11-22T13:00:00Z" },
        "spec": { "nodeName": "node-a", "terminationGracePeriodSeconds": 30,
            "containers": [{ "name": "app", "image": "registry.example/web:1", "resources": {} }] },
        "status": { "phase": "Running", "startTime": "2026-11-22T13:00:00Z",
            "conditions": [
                { "type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": "2026-11-22T13:20:30Z" },
                { "type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-22T13:00:00Z" }],
            "containerStatuses": [{ "name": "app", "ready": false, "started": false, "restartCount": 5,
                "image": "registry.example/web:1", "imageID": "sha256:1", "containerID": "containerd://5",
                "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 2m40s restarting failed container=app" } },
                "lastState": { "terminated": ended } }] },
    })
}

/// The pod with something in the place of a field.
fn with(path: &str, value: Value) -> Value {
    let mut pod = pod();
    *pod.pointer_mut(path).unwrap_or_else(|| panic!("{path} is there")) = value;
    pod
}

fn list(items: &[Value]) -> String {
    serde_json::to_string_pretty(&json!({ "apiVersion": "v1", "kind": "List", "items": items }))
        .expect("JSON")
}

fn utf16(text: &str, is_marked: bool) -> Vec<u8> {
    let mark = if is_marked { "\u{feff}" } else { "" };
    format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn json(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("JSON")
}

/// Lines of a watch.
fn stream(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn node(version: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": "node-a", "uid": "n-1", "creationTimestamp": "2026-11-01T00:00:00Z" },
        "status": { "nodeInfo": { "kubeletVersion": version } } })
}

const RESTARTS: &str = "/status/containerStatuses/0/restartCount";

/// What is said of a text: refused with these words, or taken, with these words beside the answer.
enum Said {
    No(&'static [&'static str]),
    Yes(&'static [&'static str]),
}
use Said::{No, Yes};

#[test]
fn what_is_handed_over_instead_is_told_with_its_place_or_taken() {
    let pretty = serde_json::to_string_pretty(&pod()).expect("JSON");
    let line = |kind: &str, t: Value, pod: &Value| json!({ "type": kind, "t": t, "object": pod });
    let bare = |kind: &str| json!({ "type": kind, "object": pod() });
    let mut later = with(RESTARTS, json!(6));
    later["metadata"]["resourceVersion"] = "21".into();
    let mut other = pod();
    other["metadata"]["uid"] = "u-2".into();
    let mut newer = pod();
    newer["spec"]["fresh"] = json!({ "a": [1] });
    newer["status"]["conditions"]
        .as_array_mut()
        .expect("a list")
        .push(json!({ "type": "Fresh", "status": "Perhaps" }));
    let widget =
        json!({ "apiVersion": "x.example/v9", "kind": "Widget", "metadata": { "name": "w" }, "spec": 7 });
    let event = json!({ "apiVersion": "v1", "kind": "Event", "metadata": { "name": "web.1", "namespace": "shop" },
        "involvedObject": { "kind": "Pod", "name": "web", "namespace": "shop" }, "reason": "BackOff",
        "message": "Back-off", "lastTimestamp": "2026-11-22T13:21:00Z", "count": 3 });
    let two_faults = {
        let mut pod = with(RESTARTS, json!("five"));
        pod["metadata"]["creationTimestamp"] = "yesterday".into();
        pod
    };
    let deployment = json!({ "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "namespace": "shop", "uid": "d-1", "creationTimestamp": "2026-11-22T13:00:00Z" },
        "spec": { "replicas": 3, "selector": { "matchLabels": { "a": "b" } } }, "status": { "replicas": 3 } });
    let described =
        "Name:  web\nNamespace:  shop\nContainers:\n  app:\n    State:  Waiting\n      Reason:  X\n";
    let refused =
        "The connection to the server localhost:8080 was refused - did you specify the right host?\n";
    let found_not = "Error from server (NotFound): pods \"web\" not found\n";
    let events = "LAST SEEN   TYPE      REASON    OBJECT\n2m  Warning  BackOff  pod/web\n";
    let only = json!({ "metadata": pod()["metadata"], "spec": pod()["spec"], "status": pod()["status"] });
    let pods = json!({ "kind": "PodList", "apiVersion": "v1", "items": [only] });
    let mark = json!({ "kind": "Pod", "apiVersion": "v1", "metadata": { "resourceVersion": "99" } });
    let unnumbered = {
        let mut line = bare("ADDED");
        line["object"]["metadata"].as_object_mut().expect("a map").remove("resourceVersion");
        line
    };
    let half = b"{\"type\":\"MODIFIED\",\"obj".to_vec();
    let between =
        [stream(&[bare("ADDED")]), "W1129 12:00:00 words\n".to_owned(), stream(&[bare("MODIFIED")])];
    let turned = [bare("ADDED"), json!({ "type": "MODIFIED", "object": later.clone() }), bare("MODIFIED")];
    let seconds = |kind: &str, t: Value| stream(&[line(kind, t, &pod())]).into_bytes();
    let table: Vec<(&str, Vec<u8>, Said, Said)> = vec![
        // Kubectl's other formats, and what stands around its output.
        (
            "table",
            b"NAME  READY  STATUS\nweb  0/1  CrashLoopBackOff\n".to_vec(),
            No(&["a table for people", "-o yaml"]),
            No(&["a table for people", "-o json"]),
        ),
        ("events-table", events.into(), No(&["a table for people"]), No(&["a table for people"])),
        ("describe", described.into(), No(&["a description for people"]), No(&["a description for people"])),
        (
            "answer",
            br#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods is forbidden","code":403}"#.to_vec(),
            No(&["kubectl's answer is an error: pods is forbidden"]),
            No(&["kubectl's answer is an error: pods is forbidden"]),
        ),
        (
            "drawn",
            br#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[{"cells":["web"]}]}"#.to_vec(),
            No(&["a table for people, as the server draws it"]),
            No(&["a table for people, as the server draws it"]),
        ),
        (
            "no-items",
            br#"{"kind":"PodList","apiVersion":"v1","items":null}"#.to_vec(),
            No(&["items: this is no list"]),
            No(&["items: this is no list"]),
        ),
        (
            "error",
            found_not.into(),
            No(&["an answer of kubectl: Error from server"]),
            No(&["an answer of kubectl"]),
        ),
        ("refused", refused.into(), No(&["an answer of kubectl"]), No(&["an answer of kubectl"])),
        (
            "web",
            b"<html><body>502</body></html>".to_vec(),
            No(&["a page of the web"]),
            No(&["a page of the web"]),
        ),
        (
            "prompt",
            format!("$ kubectl get pod web -o json\n{pretty}").into_bytes(),
            No(&["the command before it"]),
            No(&["the command before it"]),
        ),
        ("empty", Vec::new(), No(&["it is empty"]), No(&["it is empty"])),
        ("nothing", b"---\n---\n".to_vec(), No(&["no object in it"]), No(&["nothing to fit"])),
        ("number", b"42".to_vec(), No(&["no object in it"]), No(&["no kind"])),
        ("bytes", (0..=255).collect(), No(&["no text in UTF-8"]), No(&["no text in UTF-8"])),
        ("utf16", utf16(&pretty, false), No(&["no text in UTF-8"]), No(&["no text in UTF-8"])),
        // As some shells redirect into a file.
        ("utf16-marked", utf16(&pretty, true), Yes(&["shop/web"]), Yes(&["runs"])),
        (
            "events",
            list(std::slice::from_ref(&event)).into_bytes(),
            No(&["no pod in it", "kubectl get"]),
            No(&["nothing to fit", "pods,events"]),
        ),
        (
            "workload-alone",
            list(&[deployment]).into_bytes(),
            No(&["what deployment/web has made is not in the input", "get all"]),
            No(&["nothing to fit"]),
        ),
        ("tab", b"kind: Pod\n\tmetadata: {}\n".to_vec(), No(&["tab:1: "]), No(&["tab:1: "])),
        // The same text in other clothes.
        ("bom", format!("\u{feff}{pretty}").into_bytes(), Yes(&["shop/web"]), Yes(&["runs"])),
        ("crlf", pretty.replace('\n', "\r\n").into_bytes(), Yes(&["shop/web"]), Yes(&["runs"])),
        ("pod-list", json(&pods), Yes(&["shop/web"]), Yes(&["runs"])),
        // Texts that end early, or have something in between.
        (
            "cut",
            pretty.as_bytes()[..pretty.len() / 2].to_vec(),
            No(&["cut:1: the text ends in the middle"]),
            No(&["ends in the middle"]),
        ),
        (
            "cut-stream",
            [stream(&[bare("ADDED")]).into_bytes(), half].concat(),
            Yes(&["line 2: the text ends in the middle", "shop/web"]),
            Yes(&["cut-stream:2: the text ends in the middle"]),
        ),
        (
            "warning",
            between.concat().into_bytes(),
            No(&["warning:2: this is no JSON"]),
            No(&["warning:2: this is no JSON"]),
        ),
        // Fields that no API server prints: all of them, each on its line.
        (
            "two",
            serde_json::to_vec_pretty(&two_faults).expect("JSON"),
            No(&[
                "metadata.creationTimestamp: \"yesterday\" is no instant",
                "restartCount: \"five\" is no whole number from 0",
            ]),
            No(&["creationTimestamp: \"yesterday\"", "restartCount: \"five\""]),
        ),
        (
            "huge",
            json(&with(RESTARTS, json!(1e30))),
            No(&["huge:1: status.containerStatuses[0].restartCount: 1e+30"]),
            No(&["huge:1: status"]),
        ),
        (
            "less",
            json(&with(RESTARTS, json!(-5))),
            No(&["-5 is no whole number from 0 to 1073741823"]),
            No(&["-5 is no whole number"]),
        ),
        ("most", json(&with(RESTARTS, json!(i32::MAX / 2))), Yes(&["1073741823 restarts"]), Yes(&["runs"])),
        (
            "name",
            json(&with("/metadata/name", json!("a\u{0}b"))),
            No(&["is no name of an object"]),
            No(&["is no name of an object"]),
        ),
        (
            "spec",
            json(&with("/spec", json!("x"))),
            No(&["spec: \"x\" is no map of fields"]),
            No(&["spec: \"x\" is no map"]),
        ),
        // Clusters: newer ones, and two of them.
        (
            "newer",
            list(&[newer, node("v1.61.0"), widget]).into_bytes(),
            Yes(&["of Kubernetes 1.61", "Kubernetes 1.37", "shop/web"]),
            Yes(&["v1.61.0"]),
        ),
        (
            "major",
            list(&[pod(), node("v2.1.0")]).into_bytes(),
            Yes(&["of Kubernetes 2.1", "Kubernetes 1.37"]),
            Yes(&["v2.1.0"]),
        ),
        (
            "built",
            list(&[pod(), node("custom-build")]).into_bytes(),
            Yes(&["`custom-build`", "shop/web"]),
            Yes(&["custom-build"]),
        ),
        (
            "two-clusters",
            list(&[pod(), other]).into_bytes(),
            No(&["two-clusters:", "pod/web is there a second time", "two clusters"]),
            No(&["pod shop/web is there twice at the same time", "two clusters"]),
        ),
        // Streams.
        (
            "no-stamp",
            seconds("ADDED", json!("soon")),
            No(&["no-stamp:1: `\"soon\"` is no instant"]),
            No(&["no-stamp:1: `\"soon\"` is no instant"]),
        ),
        (
            "huge-stamp",
            seconds("ADDED", json!(1e300)),
            No(&["`1e+300` is no instant"]),
            No(&["`1e+300` is no instant"]),
        ),
        (
            "no-type",
            seconds("CHANGED", json!(1.0)),
            No(&["no-type:1: `CHANGED` is no type of a watch event", "ADDED"]),
            No(&["no-type:1: `CHANGED`"]),
        ),
        (
            "back",
            stream(&[line("ADDED", json!(50), &pod()), line("MODIFIED", json!(3), &later)]).into_bytes(),
            No(&["back:2: `t` goes back"]),
            No(&["back:2: `t` goes back"]),
        ),
        (
            "future",
            seconds("ADDED", json!("2020-01-01T00:00:00Z")),
            No(&["future:1: Pod web tells of 2026-11-22T13:20:30Z", "lies in the future"]),
            No(&["future:1: a time from the future"]),
        ),
        (
            "older",
            stream(&turned).into_bytes(),
            Yes(&["1 objects come again in an older version", "6 restarts"]),
            Yes(&["runs"]),
        ),
        (
            "bookmark",
            stream(&[json!({ "type": "BOOKMARK", "object": mark }), bare("ADDED")]).into_bytes(),
            Yes(&["shop/web"]),
            Yes(&["runs"]),
        ),
        ("no-versions", stream(&[unnumbered]).into_bytes(), Yes(&["shop/web"]), Yes(&["runs"])),
        (
            "stamped",
            stream(&[json!({ "t": "2026-11-22T13:22:00Z", "object": pod() })]).into_bytes(),
            Yes(&["shop/web"]),
            Yes(&["runs"]),
        ),
    ];
    let desk = Desk::with("predict-inputs", None);
    let mut wrong = Vec::new();
    for (name, bytes, predicted, fitted) in &table {
        std::fs::write(desk.0.join(name), bytes).expect("a file of the test");
        for (line, said) in
            [(format!("predict {name} --seeds 4"), predicted), (format!("fit {name}"), fitted)]
        {
            let output = desk.run(&line);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            let (code, words) = match said {
                No(words) => (2, words),
                Yes(words) => (0, words),
            };
            let missing: Vec<&&str> =
                words.iter().filter(|word| !format!("{out}{err}").contains(**word)).collect();
            if output.status.code() != Some(code) || !missing.is_empty() || code == 2 && !out.is_empty() {
                wrong.push(format!("{line}: {:?}, without {missing:?}:\n{err}{out}", output.status.code()));
            }
            if code == 2 && !err.contains("hint: ") && !err.contains("help: ") {
                wrong.push(format!("{line}: no hint:\n{err}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

/// A field of a long list is told on the line on which it stands.
#[test]
fn a_field_that_cannot_be_is_told_on_its_line() {
    let mut second = with(RESTARTS, json!("five"));
    (second["metadata"]["name"], second["metadata"]["uid"]) = ("api".into(), "u-9".into());
    let text = list(&[pod(), second]);
    let line = 1 + text.lines().position(|line| line.contains("five")).expect("it is there");
    let desk = Desk::with("predict-field", None);
    std::fs::write(desk.0.join("list.json"), &text).expect("a file of the test");
    for verb in ["predict", "fit"] {
        let output = desk.run(&format!("{verb} list.json"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains(&format!("list.json:{line}: status.containerStatuses[0].restartCount: \"five\"")),
            "{said}"
        );
    }
}

/// Paths may be those of another system, and what is not there is told by its name.
#[test]
fn paths_of_another_system_are_names_like_others() {
    let desk = Desk::with("predict-paths", None);
    for verb in ["predict", "fit"] {
        let output = desk.run(&format!("{verb} C:\\dumps\\pods.json"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("C:\\dumps\\pods.json: "), "{said}");
    }
}
