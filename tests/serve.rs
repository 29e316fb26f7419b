//! A simulated cluster behind HTTP, as a program: who is answered, what a client sees when time goes back, how it ends.
//!
//! Requests go over a socket by hand; where kubectl is installed, it looks too.

#![cfg(all(feature = "serve", unix))]

#[path = "support/clients.rs"]
mod clients;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;
#[path = "support/server.rs"]
mod server;

mod serve {
    mod writes;
}

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use desk::Desk;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use server::{Server, event, serve, serve_beside};

fn version(list: &Value) -> u64 {
    list["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).expect("a version")
}

#[test]
fn a_watch_of_a_future_that_was_undone_ends_with_410_and_versions_only_rise() {
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let before = server.get("/api/v1/namespaces/default/pods");
    assert_eq!(before["items"][0]["metadata"]["name"], "orders");
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}", version(&before));
    let mut watch = server.watch(&path);
    server.ask("POST", "/kubelapse/v1/clock/goto?at=60s", "");
    let told = event(&mut watch).expect("an event");
    assert_eq!(told["type"], "MODIFIED");
    server.ask("POST", "/kubelapse/v1/clock/back", "");
    let mut last = told;
    while let Some(told) = event(&mut watch) {
        last = told;
    }
    assert_eq!((&last["type"], &last["object"]["code"]), (&Value::from("ERROR"), &Value::from(410)));
    assert!(version(&server.get("/api/v1/pods")) > version(&before));
    let mut late = server.watch(&path);
    assert_eq!(event(&mut late).expect("an event")["object"]["reason"], "Expired");
}

#[test]
fn the_clock_goes_on_to_where_something_is_so() {
    let server = serve("crash-loop --speed paused");
    let until = |words: &str| server.ask("POST", &format!("/kubelapse/v1/clock/until?what={words}"), "");
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}", version(&server.get("/api/v1/pods")));
    let mut watch = server.watch(&path);
    let (code, clock) = until("status=CrashLoopBackOff%20pod=orders");
    assert_eq!((code, &clock["lines"]), (200, &Value::Null), "{clock}");
    let of = |pods: &Value| {
        pods["items"][0]["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone()
    };
    assert_eq!(of(&server.get("/api/v1/pods")), "CrashLoopBackOff");
    // Watches see the way there.
    assert_eq!(event(&mut watch).expect("an event")["type"], "MODIFIED");
    let (_, later) = until("restarts%3E=3");
    assert!(later["seconds"].as_f64() > clock["seconds"].as_f64(), "{later}");
    let (code, nowhere) = until("phase=Succeeded");
    let said = nowhere["lines"][0].as_str().expect("what came of it");
    assert_eq!((code, said.starts_with("it does not come to that by ")), (200, true), "{said}");
    let (code, refused) = until("colour=red");
    assert_eq!((code, refused["reason"].as_str()), (400, Some("BadRequest")), "{refused}");
}

#[test]
fn a_lease_lives_on_the_clock_of_the_wall() {
    let server = serve("crash-loop --speed paused");
    let all = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    let lease = |seconds: u32, version: &str| {
        format!(
            r#"{{"metadata":{{"name":"lead","resourceVersion":"{version}"}},
                "spec":{{"holderIdentity":"me","leaseDurationSeconds":15,"renewTime":"2026-01-01T00:00:{seconds:02}.000000Z"}}}}"#
        )
    };
    server.ask("POST", "/kubelapse/v1/clock/goto?at=60s", "");
    let before = server.get("/kubelapse/v1/clock")["step"].clone();
    let (code, mut held) = server.ask("POST", all, &lease(0, ""));
    assert_eq!(code, 201, "{held}");
    let uid = held["metadata"]["uid"].clone();
    assert!(uid.is_string());
    let path = format!("{all}/lead");
    for second in 1..40 {
        let (code, renewed) = server.ask("PUT", &path, &lease(second, &version(&held).to_string()));
        assert_eq!((code, &renewed["metadata"]["uid"]), (200, &uid), "{renewed}");
        held = renewed;
    }
    let (code, _) = server.ask("PUT", &path, &lease(50, "1"));
    assert_eq!(code, 409, "somebody else was faster");
    // No renewal is a step of the simulation, and none is saved.
    assert_eq!(server.get("/kubelapse/v1/clock")["step"], before);
    let saved = server.raw(&format!(
        "GET /kubelapse/v1/scenario HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        server.port
    ));
    assert!(saved.contains("[[pod]]") && !saved.contains("Lease"), "{saved}");
    // Whoever leads goes on leading where the simulation goes back.
    server.ask("POST", "/kubelapse/v1/clock/goto?at=10s", "");
    let told = server.get(&path);
    assert_eq!((&told["metadata"]["uid"], &told["spec"]), (&uid, &held["spec"]));
    let (code, _) = server.ask("DELETE", &path, "");
    assert_eq!((code, server.ask("GET", &path, "").0), (200, 404));
}

#[test]
fn nodes_renew_their_leases_while_their_kubelets_run() {
    let server = serve("node-lost --speed paused");
    let lease = |node: &str| {
        server.get(&format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}"))
    };
    // How long ago it was renewed.
    let age = |lease: &Value| {
        let renewed = lease["spec"]["renewTime"].as_str().expect("an instant");
        let renewed: jiff::Timestamp = renewed.parse().expect("RFC 3339");
        (jiff::Timestamp::now() - renewed).total(jiff::Unit::Second).expect("seconds")
    };
    server.ask("POST", "/kubelapse/v1/clock/goto?at=20s", "");
    let first = lease("node-0");
    assert_eq!(
        (&first["spec"]["holderIdentity"], &first["spec"]["leaseDurationSeconds"]),
        (&"node-0".into(), &40.into())
    );
    assert!((0.0..12.0).contains(&age(&first)), "{first}");
    let owner = server.get("/api/v1/nodes/node-0")["metadata"]["uid"].clone();
    assert_eq!(first["metadata"]["ownerReferences"][0]["uid"], owner);
    let path = "/apis/coordination.k8s.io/v1/leases";
    let seen = version(&server.get(path));
    let mut watch = server.watch(&format!("{path}?watch=true&resourceVersion={seen}"));
    server.ask("POST", "/kubelapse/v1/clock/goto?at=70s", "");
    let told = event(&mut watch).expect("an event");
    assert_eq!((&told["type"], &told["object"]["kind"]), (&"MODIFIED".into(), &"Lease".into()));
    // The one that fell silent at 30 s was heard of at least 40 s ago.
    let [silent, well] = ["node-0", "node-1"].map(|node| age(&lease(node)));
    assert!((40.0..55.0).contains(&silent) && (0.0..12.0).contains(&well), "{silent} {well}");
    // A kubelet that runs posts its node's status every five minutes, whether or not anything has changed.
    server.ask("POST", "/kubelapse/v1/clock/goto?at=9m", "");
    let [silent, well] = ["node-0", "node-1"].map(|node| {
        let node = server.get(&format!("/api/v1/nodes/{node}"));
        let posted =
            node["status"]["conditions"][0]["lastHeartbeatTime"].as_str().expect("an instant").to_owned();
        let posted: jiff::Timestamp = posted.parse().expect("RFC 3339");
        (jiff::Timestamp::now() - posted).total(jiff::Unit::Second).expect("seconds")
    });
    assert!(silent > 500.0 && (0.0..305.0).contains(&well), "{silent} {well}");
    // Where time goes back, so do they.
    server.ask("POST", "/kubelapse/v1/clock/goto?at=20s", "");
    assert!((0.0..12.0).contains(&age(&lease("node-0"))));
}

#[test]
fn a_namespace_has_an_account_that_comes_back() {
    let server = serve("crash-loop --speed paused");
    let path = |namespace: &str| format!("/api/v1/namespaces/{namespace}/serviceaccounts/default");
    let uid = |namespace: &str| server.get(&path(namespace))["metadata"]["uid"].clone();
    let first = uid("default");
    assert!(first.is_string());
    assert_eq!(server.ask("DELETE", &path("default"), "").0, 200);
    assert!(uid("default").is_string() && uid("default") != first, "another one");
    let made = server.ask("POST", "/api/v1/namespaces", r#"{"metadata":{"name":"mine"}}"#);
    assert_eq!(made.0, 201, "{}", made.1);
    // Nobody measures here, and so there is no such group.
    assert_eq!(server.ask("GET", "/apis/metrics.k8s.io/v1beta1/nodes", "").0, 404);
    let certificate = "/api/v1/namespaces/mine/configmaps/kube-root-ca.crt";
    assert!(uid("mine").is_string() && server.get(certificate)["data"]["ca.crt"].is_string());
    let request = "GET /api/v1/namespaces/mine/serviceaccounts HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\
                   Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n\r\n";
    let table = server.raw(&request.replace("{}", &server.port.to_string()));
    assert!(table.contains(r#""cells":["default","0s"]"#), "{table}");
    // Labels of a namespace are not its making.
    let labelled = r#"{"metadata":{"labels":{"team":"a"}}}"#;
    assert_eq!(server.ask("PATCH", "/api/v1/namespaces/mine", labelled).0, 200);
    server.ask("DELETE", "/api/v1/namespaces/mine", "");
    assert!(uid("mine").is_string(), "it is there until its controller comes");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=6s", "");
    assert_eq!(server.ask("GET", &path("mine"), "").0, 404);
}

#[test]
fn what_clients_reckon_by_their_own_clock_is_right() {
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=1h", "");
    let pod = server.get("/api/v1/namespaces/default/pods/orders");
    let created = pod["metadata"]["creationTimestamp"].as_str().expect("an instant");
    let created: jiff::Timestamp = created.parse().expect("RFC 3339");
    let age = jiff::Timestamp::now().as_second() - created.as_second();
    assert!((3590..3630).contains(&age), "{age}");
}

#[test]
fn what_is_asked_for_is_done_by_the_simulation() {
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let (code, node) = server.ask("PATCH", "/api/v1/nodes/node", r#"{"spec":{"unschedulable":true}}"#);
    assert_eq!((code, &node["spec"]["unschedulable"]), (200, &Value::from(true)), "{node}");
    let (code, _) =
        server.ask("PATCH", "/api/v1/nodes/node?dryRun=All", r#"{"spec":{"unschedulable":null}}"#);
    assert_eq!(code, 200);
    assert_eq!(server.get("/api/v1/nodes/node")["spec"]["unschedulable"], true);
    let pod = "/api/v1/namespaces/default/pods/orders";
    let (code, refused) = server.ask("DELETE", pod, r#"{"preconditions":{"uid":"another"}}"#);
    assert_eq!((code, &refused["reason"]), (409, &Value::from("Conflict")));
    let (code, going) = server.ask("DELETE", pod, r#"{"gracePeriodSeconds":7}"#);
    assert_eq!((code, &going["metadata"]["deletionGracePeriodSeconds"]), (200, &Value::from(7)), "{going}");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=60s", "");
    let (code, gone) = server.ask("GET", pod, "");
    assert_eq!((code, &gone["message"]), (404, &Value::from("pods \"orders\" not found")));
    let text = server.raw(&format!(
        "GET /kubelapse/v1/scenario HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        server.port
    ));
    assert!(text.contains("cordon = \"node/node\"") && text.contains("gracePeriodSeconds = 7"), "{text}");
}

#[test]
fn what_may_come_is_told_of_any_instant() {
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let told = |query: &str| {
        let host = format!("localhost:{}", server.port);
        server.raw(&format!(
            "GET /kubelapse/v1/predict{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
    };
    let now = told("?of=pod/orders");
    assert!(now.contains("orders: ") && now.contains("restart 3") && now.contains("futures"), "{now}");
    assert!(now.contains("text/plain"), "{now}");
    // The head has the date.
    let body = |answer: &str| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    assert_eq!(body(&now), body(&told("?of=pod/orders")));
    assert_ne!(body(&told("?at=1s")), body(&now));
    assert!(told("?of=pod/nobody").contains("not found"));
    let described = server.get("/kubelapse/v1/openapi");
    assert_eq!(described["paths"]["/kubelapse/v1/predict"]["get"]["parameters"][0]["name"], "of");
}

#[test]
fn hostile_requests_are_refused_and_the_server_goes_on() {
    let server = serve("crash-loop --speed paused");
    let port = server.port;
    let code = |request: &str| server.raw(request).split(' ').nth(1).unwrap_or("closed").to_owned();
    assert_eq!(code("GET /api HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), "403");
    let foreign = format!(
        "GET /api HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(code(&foreign), "403");
    assert_eq!(code("\0\u{1}\u{2}nothing\r\n\r\n"), "400");
    let long = format!(
        "POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n"
    );
    let large = format!("{long}{}", "x".repeat(4 << 20));
    assert_ne!(code(&large), "200");
    for path in
        ["/api/v1/../../etc/passwd", "/api/v1/namespaces/%2e%2e/pods/%00/log", "/apis/x/y/z/w/v/u", "//"]
    {
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        assert!(["404", "400", "200"].contains(&code(&request).as_str()), "{path}");
    }
    let (code, body) = server.ask("GET", "/api/v1/pods?labelSelector=a%20b", "");
    assert_eq!((code, &body["reason"]), (400, &Value::from("BadRequest")));
    let (code, _) = server.ask("GET", "/api/v1/pods?continue=%25%25", "");
    assert_eq!(code, 400);
    let (code, _) = server.ask("POST", "/kubelapse/v1/do", "delete everything '");
    assert_eq!(code, 422);
    for file in ["/etc/passwd", "../../../../../etc/passwd"] {
        let (code, told) = server.ask("POST", "/kubelapse/v1/do", &format!("apply -f {file}"));
        assert!(code == 422 && !told.to_string().contains("root:"), "{told}");
    }
    server.get("/version");
}

#[test]
fn a_thousand_watches_are_told_and_the_server_ends_cleanly_with_them_open() {
    let mut server = serve("crash-loop --speed paused");
    let mut watches: Vec<_> = (0..1000).map(|_| server.watch("/api/v1/pods?watch=true")).collect();
    server.ask("POST", "/kubelapse/v1/clock/goto?at=20s", "");
    for watch in &mut watches {
        assert_eq!(event(watch).expect("an event")["type"], "ADDED");
    }
    kill(Pid::from_raw(server.child.id().cast_signed()), Signal::SIGTERM).expect("it runs");
    let mut waited = 0;
    let status = loop {
        if let Some(status) = server.child.try_wait().expect("it can be asked") {
            break status;
        }
        waited += 1;
        assert!(waited < 200, "it does not end");
        #[expect(clippy::disallowed_methods, reason = "a program that ends takes a while")]
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(0));
    assert!(!std::path::Path::new(&server.kubeconfig).exists(), "what it wrote for a while goes with it");
}

#[test]
fn kubectl_looks_at_it_as_at_any_cluster() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        return clients::missing("kubectl");
    }
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let kubectl = |line: &str| {
        let mut command = Command::new("kubectl");
        command
            .args(line.split_whitespace())
            .env("KUBECONFIG", &server.kubeconfig)
            .env("HOME", &server.desk.0);
        let done = command.output().expect("it runs");
        String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
    };
    let pods = kubectl("get pods -A -o wide");
    assert!(pods.contains("NAMESPACE   NAME     READY   STATUS") && pods.contains("orders   "), "{pods}");
    assert!(kubectl("get nodes").contains("Ready"));
    let described = kubectl("describe pod orders");
    assert!(described.contains("Exit Code:    1") && described.contains("(x"), "{described}");
    assert!(!described.contains("<invalid>") && !described.contains("<unknown>"), "{described}");
    assert!(kubectl("logs orders").contains("FATAL"));
    assert!(kubectl("get events").contains("BackOff"));
    assert_eq!(kubectl("auth can-i delete pods").trim(), "yes");
    assert!(kubectl("api-resources").contains("deployments"));
    assert!(kubectl("explain pod.spec.restartPolicy").contains("restartPolicy <string>"));
    assert!(kubectl("get pod nope").contains("Error from server (NotFound): pods \"nope\" not found"));
    assert!(kubectl("cordon node").contains("node/node cordoned"));
    assert!(kubectl("delete pod orders --wait=false").contains("pod \"orders\" deleted"));
    assert!(kubectl("get pods").contains("Terminating"));
    assert!(kubectl("exec orders -- ls").contains("no processes to talk to"));
}

#[test]
fn the_python_client_lists_watches_and_reads_logs() {
    let Some(python) = clients::python("kubernetes") else { return };
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let program = "import sys\nfrom kubernetes import client, config, watch\nconfig.load_kube_config(sys.argv[1])\n\
                   v1 = client.CoreV1Api()\npods = v1.list_namespaced_pod('default')\nprint(pods.items[0].metadata.name)\n\
                   print(v1.read_namespaced_pod_log('orders', 'default', previous=True).strip())\n\
                   for event in watch.Watch().stream(v1.list_pod_for_all_namespaces, timeout_seconds=1):\n    \
                   print(event['type'], event['object'].status.phase)\n";
    let done = Command::new(python).args(["-c", program, &server.kubeconfig]).output().expect("it runs");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        told.contains("orders\n") && told.contains("FATAL") && told.contains("ADDED Running"),
        "{done:?}"
    );
}

#[test]
fn what_is_used_is_told_where_the_scenario_says_it() {
    let server = serve("autoscaler-waits --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=2m", "");
    let pods = server.get("/apis/metrics.k8s.io/v1beta1/pods");
    let first = &pods["items"][0];
    assert!(first["containers"][0]["usage"]["cpu"].is_string(), "{pods}");
    let nodes = server.get("/apis/metrics.k8s.io/v1beta1/nodes");
    assert!(nodes["items"][0]["usage"]["memory"].is_string(), "{nodes}");
}

#[test]
fn a_kubeconfig_of_another_cluster_is_never_written_over() {
    let desk = Desk::with("serve-kubeconfig", None);
    let place = desk.0.join("precious");
    for text in ["apiVersion: v1\nkind: Config\ncurrent-context: work\n", ""] {
        std::fs::write(&place, text).expect("a file on the desk");
        let refused =
            desk.command("serve happy-path --port 0 --kubeconfig precious").output().expect("the program");
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("precious: there already"));
        assert_eq!(std::fs::read_to_string(&place).expect("it is there"), text);
    }
}

#[test]
fn what_is_refused_says_so_in_the_words_of_the_api() {
    let server = serve("drain-budget --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=20s", "");
    let (code, status) = server.ask("POST", "/kubelapse/v1/do", "delete pod/nope");
    assert_eq!((code, &status["kind"]), (422, &Value::from("Status")));
    assert!(status["message"].as_str().is_some_and(|words| words.contains("nope")), "{status}");
    let pods = server.get("/api/v1/namespaces/default/pods");
    let name = pods["items"][0]["metadata"]["name"].as_str().expect("a pod");
    let path = format!("/api/v1/namespaces/default/pods/{name}");
    let (code, told) = server.ask("PATCH", &path, "{\"metadata\":{\"annotations\":{\"note\":\"hello\"}}}");
    assert_eq!((code, &told["metadata"]["annotations"]["note"]), (200, &Value::from("hello")), "{told}");
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let name = server.get(budgets)["items"][0]["metadata"]["name"].as_str().expect("a budget").to_owned();
    let (code, said) =
        server.ask("DELETE", &format!("{budgets}/{name}"), "{\"propagationPolicy\":\"Background\"}");
    assert_eq!(code, 200, "{said}");
}

#[test]
fn a_long_way_is_given_up_with_whoever_asked_for_it() {
    let mut server = serve("crash-loop --speed paused");
    let go = |server: &Server| {
        let mut stream = server.open();
        let head = format!("Host: 127.0.0.1:{}\r\nContent-Length: 0", server.port);
        let far = format!("POST /kubelapse/v1/clock/goto?at=80000h HTTP/1.1\r\n{head}\r\n\r\n");
        stream.write_all(far.as_bytes()).expect("it listens");
        stream
    };
    drop(go(&server));
    let at = server.get("/kubelapse/v1/clock")["seconds"].as_f64().expect("seconds");
    assert!(at < 80_000.0 * 3600.0, "{at}");
    let _waits = go(&server);
    kill(Pid::from_raw(server.child.id().cast_signed()), Signal::SIGTERM).expect("it runs");
    let mut waited = 0;
    while server.child.try_wait().expect("it can be asked").is_none() {
        waited += 1;
        assert!(waited < 200, "it does not end");
        #[expect(clippy::disallowed_methods, reason = "a program that ends takes a while")]
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_a_manifest_says_of_config_maps_and_secrets_is_served() {
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {app: web}}\ndata: {greeting: hello}\n\
                    ---\napiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {key: hunter2}\n\
                    ---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: app\n    \
                    image: registry.example/web:1\n    envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: token}}]\n";
    let server = serve_beside("web.yaml --speed paused", &[("web.yaml", manifest)]);
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let map = server.get("/api/v1/namespaces/default/configmaps/settings");
    assert_eq!(
        (&map["data"]["greeting"], &map["metadata"]["labels"]["app"]),
        (&"hello".into(), &"web".into()),
        "{map}"
    );
    let secret = server.get("/api/v1/namespaces/default/secrets/token");
    assert_eq!(
        (&secret["data"]["key"], &secret["type"]),
        (&"aHVudGVyMg==".into(), &"Opaque".into()),
        "{secret}"
    );
    // A Job that a client makes ends, as one of a manifest does.
    let job = r#"{"metadata":{"name":"once"},"spec":{"template":{"spec":{"restartPolicy":"Never",
        "containers":[{"name":"own","image":"registry.example/once:1"}]}}}}"#;
    assert_eq!(server.ask("POST", "/apis/batch/v1/namespaces/default/jobs", job).0, 201);
    server.ask("POST", "/kubelapse/v1/clock/goto?at=2m", "");
    assert_eq!(server.get("/apis/batch/v1/namespaces/default/jobs/once")["status"]["succeeded"], 1);
}
