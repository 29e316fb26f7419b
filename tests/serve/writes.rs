//! What clients write to a served cluster: it is stored, saved and taken back, or refused in the words of the API.

use crate::*;

#[test]
fn what_clients_write_is_stored_saved_and_taken_back() {
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let secrets = "/api/v1/namespaces/default/secrets";
    let secret = r#"{"metadata":{"name":"token"},"data":{"key":"aHVudGVyMg=="}}"#;
    let (code, made) = server.ask("POST", secrets, secret);
    assert_eq!((code, &made["type"]), (201, &Value::from("Opaque")), "{made}");
    assert_eq!(server.ask("POST", secrets, secret).0, 409);
    let place = format!("{secrets}/token");
    assert_eq!(server.get(&place)["data"]["key"], "aHVudGVyMg==");
    let (code, changed) =
        server.ask("PATCH", &place, r#"{"metadata":{"labels":{"a":"b"}},"data":{"key":null}}"#);
    assert_eq!((code, &changed["metadata"]["labels"]["a"]), (200, &Value::from("b")), "{changed}");
    assert_eq!(changed.get("data").and_then(|data| data.get("key")), None);
    // Who wrote an older version hears of it.
    assert_eq!(server.ask("PUT", &place, &made.to_string()).0, 409);
    let text = server.raw(&format!(
        "GET /kubelapse/v1/scenario HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        server.port
    ));
    assert!(text.contains("write = \"Secret/token\"") && !text.contains("aHVudGVyMg"), "{text}");
    // A Deployment that is written is played.
    let web = r#"{"metadata":{"name":"web"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{
        "metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"app","image":"registry.example/web:1"}]}}}}"#;
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    let (code, made) = server.ask("POST", &format!("{deployments}?dryRun=All"), web);
    assert_eq!((code, &made["spec"]["strategy"]["type"]), (201, &Value::from("RollingUpdate")));
    assert_eq!(server.ask("POST", deployments, web).0, 201);
    server.ask("POST", "/kubelapse/v1/clock/goto?at=90s", "");
    assert_eq!(server.get(&format!("{deployments}/web"))["status"]["availableReplicas"], 2);
    let (code, refused) = server.ask("PATCH", &format!("{deployments}/web"), r#"{"spec":{"replicas":-1}}"#);
    assert_eq!((code, &refused["details"]["causes"][0]["field"]), (422, &Value::from("spec.replicas")));
    let strict = format!("{deployments}?fieldValidation=Strict");
    let (code, refused) =
        server.ask("POST", &strict, &web.replace("\"web\"}", "\"x\"}").replace("replicas", "replica"));
    assert!(code == 400 && refused["message"].to_string().contains("unknown field"), "{refused}");
    // Back before all of that, it has not been written.
    server.ask("POST", "/kubelapse/v1/clock/goto?at=20s", "");
    assert_eq!(server.ask("GET", &place, "").0, 404);
    assert_eq!(server.ask("GET", &format!("{deployments}/web"), "").0, 404);
}

#[test]
fn kinds_that_a_client_defines_are_served_and_owners_take_their_own_with_them() {
    let server = serve("crash-loop --speed paused");
    let definition = r#"{"metadata":{"name":"shops.lapse.example"},"spec":{"group":"lapse.example","scope":"Namespaced",
        "names":{"plural":"shops","kind":"Shop"},"versions":[{"name":"v1","served":true,"storage":true,
        "subresources":{"status":{}},"schema":{"openAPIV3Schema":{"type":"object","properties":{
        "spec":{"type":"object","properties":{"size":{"type":"integer","minimum":0}}},
        "status":{"type":"object","properties":{"ready":{"type":"integer"}}}}}}}]}}"#;
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let (code, told) = server.ask("POST", definitions, definition);
    assert_eq!(
        (code, &told["status"]["conditions"][1]["type"]),
        (201, &Value::from("Established")),
        "{told}"
    );
    let shops = "/apis/lapse.example/v1/namespaces/default/shops";
    let (code, shop) = server.ask("POST", shops, r#"{"metadata":{"name":"a"},"spec":{"size":1,"other":2}}"#);
    assert_eq!((code, &shop["spec"]), (201, &serde_json::json!({ "size": 1 })), "{shop}");
    let (code, refused) = server.ask("POST", shops, r#"{"metadata":{"name":"b"},"spec":{"size":-1}}"#);
    assert_eq!(
        (code, &refused["details"]["causes"][0]["field"]),
        (422, &Value::from("spec.size")),
        "{refused}"
    );
    let (code, told) =
        server.ask("PATCH", &format!("{shops}/a/status"), r#"{"status":{"ready":1},"spec":{"size":9}}"#);
    assert_eq!(
        (code, &told["status"]["ready"], &told["spec"]["size"]),
        (200, &1.into(), &1.into()),
        "{told}"
    );
    let owned = format!(
        r#"{{"metadata":{{"name":"of-a","ownerReferences":[{{"apiVersion":"lapse.example/v1","kind":"Shop","name":"a","uid":{}}}]}}}}"#,
        shop["metadata"]["uid"]
    );
    let maps = "/api/v1/namespaces/default/configmaps";
    assert_eq!(server.ask("POST", maps, &owned).0, 201);
    assert_eq!(server.ask("DELETE", &format!("{shops}/a"), "").0, 200);
    assert_eq!(server.ask("GET", &format!("{maps}/of-a"), "").0, 404);
    assert_eq!(server.ask("DELETE", &format!("{definitions}/shops.lapse.example"), "").0, 200);
    assert_eq!(server.ask("GET", shops, "").0, 404);
}

#[test]
fn hostile_bodies_are_refused_in_bounded_memory() {
    let server = serve("crash-loop --speed paused");
    let maps = "/api/v1/namespaces/default/configmaps";
    assert_eq!(server.ask("POST", maps, &"[".repeat(500_000)).0, 400);
    assert_eq!(server.ask("POST", maps, "{\"metadata\":{\"name\":\"x\"}}").0, 201);
    // Each copy doubles what there is.
    let copies: Vec<String> = (0..60)
        .map(|ix| format!("{{\"op\":\"copy\",\"from\":\"/data\",\"path\":\"/data/k{ix}\"}}"))
        .collect();
    let patch =
        format!("[{{\"op\":\"add\",\"path\":\"/data\",\"value\":{{\"a\":\"b\"}}}},{}]", copies.join(","));
    let send = |kind: &str, method: &str, path: &str, body: &str| {
        let text = server.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.port,
            body.len()
        ));
        text.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(send("application/json-patch+json", "PATCH", &format!("{maps}/x"), &patch), "413");
    assert_eq!(send("application/vnd.kubernetes.protobuf", "POST", maps, "k8s\0\u{a}\u{7f}nothing"), "400");
    let laughs = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                  d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
                  g: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
    assert_eq!(send("application/yaml", "POST", maps, laughs), "400");
    // What is no object changes none.
    let pod = "/api/v1/namespaces/default/pods/orders";
    for kind in ["strategic-merge-patch", "merge-patch", "json-patch"] {
        for body in ["\"x\"", "7", "null", "[7]"] {
            let code = send(&format!("application/{kind}+json"), "PATCH", pod, body);
            assert!(code.starts_with('4'), "{kind} {body}: {code}");
        }
    }
    assert_eq!(send("application/strategic-merge-patch+json", "PATCH", pod, "[]"), "400");
    // More pods than are played, and a surge beyond all numbers.
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    let deployment = |name: &str, replicas: u32, surge: u32| {
        format!(
            "{{\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{\"replicas\":{replicas},\"strategy\":{{\"rollingUpdate\":\
             {{\"maxSurge\":{surge}}}}},\"selector\":{{\"matchLabels\":{{\"a\":\"b\"}}}},\"template\":{{\"metadata\":\
             {{\"labels\":{{\"a\":\"b\"}}}},\"spec\":{{\"containers\":[{{\"name\":\"app\",\"image\":\"x\"}}]}}}}}}}}"
        )
    };
    assert_eq!(server.ask("POST", deployments, &deployment("many", 2_147_483_647, 1)).0, 403);
    assert_eq!(server.ask("POST", deployments, &deployment("surging", 2, 2_147_483_647)).0, 201);
    assert_eq!(server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "").0, 200);
    server.get("/version");
}

/// etcd takes no request of more than 1.5 MiB: who patches an object to be larger is refused, and the object stays as it was.
#[test]
fn an_object_that_would_be_too_large_is_refused() {
    let server = serve("crash-loop --speed paused");
    let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
    assert_eq!(server.ask("POST", roles, r#"{"metadata":{"name":"grows"},"rules":[]}"#).0, 201);
    let place = format!("{roles}/grows");
    let more =
        |name: &str| format!(r#"{{"metadata":{{"annotations":{{"{name}":"{}"}}}}}}"#, "x".repeat(2_000_000));
    assert_eq!(server.ask("PATCH", &place, &more("a")).0, 200);
    let (code, told) = server.ask("PATCH", &place, &more("b"));
    assert_eq!((code, &told["message"]), (500, &"etcdserver: request is too large".into()));
    assert!(server.get(&place)["metadata"]["annotations"].get("b").is_none());
}

/// A typo is told, whatever else is wrong: before it with `Strict`, beside it else (`fieldValidation`).
#[test]
fn a_typo_beside_another_mistake_is_told() {
    let server = serve("crash-loop --speed paused");
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    let web = r#"{"metadata":{"name":"web"},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},"template":{
        "metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"app","image":"registry.example/web:1"}]}}}}"#;
    let wrong = web.replace("\"replicas\":1", "\"replicas\":-1,\"replica\":2");
    let told = |method: &str, path: &str, body: &str| {
        server.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.port,
            body.len()
        ))
    };
    let one = format!("{deployments}/web");
    for (method, path) in [("POST", deployments), ("PUT", one.as_str())] {
        let answer = told(method, path, &wrong);
        assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("spec.replicas"), "{answer}");
        assert!(answer.to_lowercase().contains("\nwarning: 299 - \"unknown field"), "{answer}");
        let answer = told(method, &format!("{path}?fieldValidation=Strict"), &wrong);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("strict decoding error"), "{answer}");
        assert_eq!(server.ask("POST", deployments, web).0, if method == "POST" { 201 } else { 409 });
    }
}

/// What is deleted is gone, whoever made it and however.
#[test]
fn a_budget_that_a_client_made_can_be_deleted() {
    let server = serve("crash-loop --speed paused");
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let budget =
        r#"{"metadata":{"name":"web"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"web"}}}}"#;
    for _ in 0..2 {
        assert_eq!(server.ask("POST", budgets, budget).0, 201);
        let mut watch = server.watch(&format!("{budgets}?watch=true"));
        assert_eq!(event(&mut watch).expect("an event")["type"], "ADDED");
        assert_eq!(server.ask("DELETE", &format!("{budgets}/web"), "").0, 200);
        assert_eq!(event(&mut watch).expect("an event")["type"], "DELETED");
        assert_eq!(server.ask("GET", &format!("{budgets}/web"), "").0, 404);
    }
}

#[test]
fn a_claim_gets_the_volume_that_a_client_made() {
    let server = serve("crash-loop --speed paused");
    let volumes = "/api/v1/persistentvolumes";
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    let claim = |class: &str, name: &str| {
        format!(
            r#"{{"metadata":{{"name":"{name}","annotations":{{"note":"kept"}}}},"spec":{{"storageClassName":"{class}",
                "accessModes":["ReadWriteOnce"],"resources":{{"requests":{{"storage":"1Gi"}}}}}}}}"#
        )
    };
    let volume = |name: &str, size: &str| {
        format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"capacity":{{"storage":"{size}"}},"accessModes":["ReadWriteOnce"],
                "storageClassName":"disks","hostPath":{{"path":"/d"}}}}}}"#
        )
    };
    // The first volume is too small, so that the claim waits.
    assert_eq!(server.ask("POST", volumes, &volume("small", "1Mi")).0, 201);
    assert_eq!(server.ask("POST", claims, &claim("disks", "data")).0, 201);
    server.ask("POST", "/kubelapse/v1/clock/goto?at=1m", "");
    assert_eq!(server.get(&format!("{claims}/data"))["status"]["phase"], "Pending");
    let (code, made) = server.ask("POST", volumes, &volume("large", "2Gi"));
    assert_eq!((code, &made["status"]["phase"]), (201, &Value::from("Available")), "{made}");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=2m", "");
    let bound = server.get(&format!("{claims}/data"));
    assert_eq!(
        (&bound["status"]["phase"], &bound["spec"]["volumeName"]),
        (&"Bound".into(), &"large".into()),
        "{bound}"
    );
    let told = server.get(&format!("{volumes}/large"));
    assert_eq!(
        (&told["status"]["phase"], &told["spec"]["claimRef"]["name"]),
        (&"Bound".into(), &"data".into())
    );
    assert_eq!(told["metadata"]["uid"], made["metadata"]["uid"]);
    // The claim can be changed, and keeps what protects it.
    let patch = r#"{"metadata":{"labels":{"a":"b"}}}"#;
    let (code, changed) = server.ask("PATCH", &format!("{claims}/data"), patch);
    assert_eq!((code, &changed["metadata"]["labels"]["a"]), (200, &"b".into()), "{changed}");
    assert_eq!(changed["metadata"]["annotations"]["note"], "kept");
    assert_eq!(changed["metadata"]["finalizers"][0], "kubernetes.io/pvc-protection");
    assert_eq!(changed["spec"]["volumeMode"], "Filesystem");
    let (code, _) =
        server.ask("PATCH", &format!("{claims}/data"), r#"{"spec":{"accessModes":["ReadWriteMany"]}}"#);
    assert_eq!(code, 422);
    // A class of a client's provisions.
    let class = r#"{"metadata":{"name":"fast"},"provisioner":"csi.example"}"#;
    assert_eq!(server.ask("POST", "/apis/storage.k8s.io/v1/storageclasses", class).0, 201);
    assert_eq!(server.ask("POST", claims, &claim("fast", "cache")).0, 201);
    server.ask("POST", "/kubelapse/v1/clock/goto?at=3m", "");
    assert_eq!(server.get(&format!("{claims}/cache"))["status"]["phase"], "Bound");
    // What is deleted is no volume for anybody.
    assert_eq!(server.ask("DELETE", &format!("{volumes}/small"), "").0, 200);
    assert_eq!(server.ask("GET", &format!("{volumes}/small"), "").0, 404);
    let names = server.get(volumes)["items"].as_array().map_or(0, Vec::len);
    assert_eq!(names, 2, "that of `data`, and the one that was made for `cache`");
}

#[test]
fn a_nodes_annotations_are_written_and_saved_and_the_saved_run_ends() {
    let server = serve("crash-loop --speed paused");
    server.ask("POST", "/kubelapse/v1/clock/goto?at=30s", "");
    let patch = r#"{"metadata":{"annotations":{"note":"hello"}}}"#;
    let (code, node) = server.ask("PATCH", "/api/v1/nodes/node", patch);
    assert_eq!((code, &node["metadata"]["annotations"]["note"]), (200, &"hello".into()), "{node}");
    let (code, node) =
        server.ask("PATCH", "/api/v1/nodes/node", r#"{"metadata":{"annotations":{"note":null}}}"#);
    assert_eq!(
        (code, node["metadata"].get("annotations").and_then(|own| own.get("note"))),
        (200, None),
        "{node}"
    );
    assert_eq!(server.ask("PATCH", "/api/v1/nodes/node", r#"{"spec":{"podCIDR":"10.0.0.0/24"}}"#).0, 405);
    let saved = server.raw(&format!(
        "GET /kubelapse/v1/scenario HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        server.port
    ));
    let text = saved.split_once("\r\n\r\n").expect("a body").1;
    assert!(text.contains("write = \"Node/node\"") && !text.contains("87600h"), "{text}");
    std::fs::write(server.desk.0.join("saved.toml"), text).expect("a file");
    let played = server.desk.run("run saved.toml");
    assert!(played.status.success(), "{played:?}");
}

/// `Patch.Apply` of a path that is not there is answered as a `test` that fails (`applyJSPatch`, handlers/patch.go).
#[test]
fn a_json_patch_of_what_is_not_there_cannot_be_processed() {
    let server = serve("crash-loop --speed paused");
    let body = r#"[{"op":"replace","path":"/metadata/nothing/here","value":1}]"#;
    let text = server.raw(&format!(
        "PATCH /api/v1/namespaces/default/pods/orders HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
         Content-Type: application/json-patch+json\r\nContent-Length: {}\r\n\r\n{body}",
        server.port,
        body.len()
    ));
    assert!(text.starts_with("HTTP/1.1 422") && text.contains("\"reason\":\"Invalid\""), "{text}");
}
