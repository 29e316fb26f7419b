//! Manifests as people write them, in the smallest form: what is refused, in which words, and what is warned of. Each
//! stands for a kind of verdict that the real functions gave on public files (1.34.1, and 1.36.3 where it says so).

use kubelapse::rules::api_server::admission::Request;
use kubelapse::rules::api_server::objects::{self, ObjectType};
use kubelapse::rules::api_server::rejection::Rejection;
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::time::Time;
use serde_json::{Value, json};

fn request(version: &str) -> Request<'static> {
    let version = Version::parse(version).expect("a version");
    Request { gates: Gates::of(version), now: Time::EPOCH, namespace: "default", suffix: "abcde", uid: "u" }
}

/// What is warned of what is taken, or each refusal.
fn told(version: &str, manifest: &Value) -> Vec<String> {
    match objects::create(manifest, &request(version)) {
        Ok(admitted) if admitted.strict.is_empty() => {
            admitted.warnings.iter().map(|text| format!("Warning: {text}")).collect()
        }
        Ok(admitted) => vec![Rejection::Strict(admitted.kind.into(), admitted.strict).to_string()],
        Err(rejection) if rejection.errors().is_empty() => vec![rejection.to_string()],
        Err(rejection) => rejection.errors().iter().map(ToString::to_string).collect(),
    }
}

fn pod_of(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shop"}, "spec": spec})
}

fn workload(kind: &str, spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "shop"}, "spec": spec})
}

/// A Deployment of one container, with one place of it changed.
fn deployment(at: &str, value: Value) -> Value {
    let mut whole = workload(
        "Deployment",
        json!({"selector": {"matchLabels": {"app": "shop"}}, "template": {"metadata": {"labels": {"app": "shop"}},
            "spec": {"containers": [{"name": "till", "image": "till:1"}]}}}),
    );
    let (parent, name) = at.rsplit_once('/').expect("a place");
    let parent = whole.pointer_mut(parent).expect("its parent");
    parent[name] = value;
    whole
}

#[test]
fn workloads_that_no_api_server_takes_are_refused_in_its_words() {
    const SELECTS: &str = "`selector` does not match template `labels`";
    let template = json!({"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "till", "image": "till:1"}]}});
    let job = |spec: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "count"}, "spec": spec});
    let cases: Vec<(Value, Vec<String>)> = vec![
        (
            workload("Deployment", json!({"template": template})),
            vec![
                "spec.selector: Required value".to_owned(),
                format!("spec.template.metadata.labels: Invalid value: {{\"app\":\"shop\"}}: {SELECTS}"),
            ],
        ),
        (
            workload("DaemonSet", json!({"template": template})),
            vec![format!("spec.template.metadata.labels: Invalid value: {{\"app\":\"shop\"}}: {SELECTS}")],
        ),
        (
            deployment("/spec/selector", json!({"matchLabels": {"app": "store"}})),
            vec![format!("spec.template.metadata.labels: Invalid value: {{\"app\":\"shop\"}}: {SELECTS}")],
        ),
        (
            deployment("/spec/selector", json!({})),
            vec!["spec.selector: Invalid value: {}: empty selector is invalid for deployment".to_owned()],
        ),
        (
            job(json!({"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}})),
            vec![
                "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"".to_owned(),
            ],
        ),
        (
            job(json!({"template": {"spec": {"restartPolicy": "Always", "containers": [{"name": "c", "image": "i"}]}}})),
            vec![
                "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"".to_owned(),
            ],
        ),
        (
            json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {"jobTemplate": {
                "spec": {"template": {"spec": {"restartPolicy": "OnFailure⏎", "containers": [{"name": "c", "image": "i"}]}}}}}}),
            vec![
                "spec.schedule: Required value".to_owned(),
                "spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: \"OnFailure⏎\": supported values: \
                 \"Always\", \"OnFailure\", \"Never\""
                    .to_owned(),
                "spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: \"OnFailure⏎\": supported values: \
                 \"OnFailure\", \"Never\""
                    .to_owned(),
            ],
        ),
    ];
    for (manifest, expected) in cases {
        assert_eq!(told("1.34", &manifest), expected, "{manifest}");
    }
}

#[test]
fn pods_and_templates_that_lack_something_are_refused() {
    let container = |member: &str, value: Value| {
        let mut own = json!({"name": "till", "image": "till:1"});
        own[member] = value;
        pod_of(json!({"containers": [own]}))
    };
    let cases = [
        (pod_of(json!({})), "spec.containers: Required value"),
        (
            deployment("/spec/template/spec/containers", json!([{"name": "till"}])),
            "spec.template.spec.containers[0].image: Required value",
        ),
        (
            container("volumeMounts", json!([{"name": "files", "mountPath": "/files"}])),
            "spec.containers[0].volumeMounts[0].name: Not found: \"files\"",
        ),
        (container("env", json!([{"value": "x"}])), "spec.containers[0].env[0].name: Required value"),
        (
            container("ports", json!([{"containerPort": 80, "protocol": "tcp"}])),
            "spec.containers[0].ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
        ),
        (
            container("readinessProbe", json!({"httpGet": {"path": "/"}})),
            "spec.containers[0].readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            container("securityContext", json!({"procMount": "Unmasked"})),
            "spec.containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use \
             `Unmasked`",
        ),
        (
            pod_of(json!({"containers": [{"name": "till", "image": "till:1"}],
                "ephemeralContainers": [{"name": "look", "image": "look:1"}]})),
            "spec.ephemeralContainers: Forbidden: cannot be set on create",
        ),
        (
            pod_of(json!({"containers": [{"name": "till", "image": "till:1",
                "securityContext": {"windowsOptions": {"hostProcess": true}}}]})),
            "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
        ),
    ];
    for (manifest, expected) in cases {
        assert_eq!(told("1.34", &manifest), [expected], "{manifest}");
    }
    let amounts = container("resources", json!({"limits": {"mem": "1Gi"}}));
    assert_eq!(
        told("1.34", &amounts)[..2],
        [
            "spec.containers[0].resources.limits[mem]: Invalid value: \"mem\": must be a standard resource type or fully \
             qualified",
            "spec.containers[0].resources.limits[mem]: Invalid value: \"mem\": must be a standard resource for containers",
        ]
    );
    let placed = deployment("/spec/template/spec/nodeSelector", json!({"os": "$NODE_OS"}));
    assert!(
        told("1.34", &placed)[0]
            .starts_with("spec.template.spec.nodeSelector: Invalid value: \"$NODE_OS\": ")
    );
    let owned = deployment(
        "/metadata/ownerReferences",
        json!([{"apiVersion": "v1", "kind": "Shop", "name": "s", "uid": ""}]),
    );
    assert_eq!(
        told("1.34", &owned),
        ["metadata.ownerReferences.uid: Invalid value: \"\": must not be empty"]
    );
}

#[test]
fn unknown_fields_are_refused_before_anything_else() {
    let patch = deployment(
        "/spec/template/spec/containers",
        json!([{"name": "till", "env": [{"name": "A", "$patch": "delete"}]}]),
    );
    assert_eq!(
        told("1.34", &patch),
        [
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \
             \"spec.template.spec.containers[0].env[0].$patch\""
        ]
    );
    let mut outside = deployment("/spec/replicas", json!(1));
    outside["containerPort"] = json!(80);
    assert_eq!(
        told("1.34", &outside),
        [
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \
             \"containerPort\""
        ]
    );
}

#[test]
fn kinds_and_versions_that_nobody_serves_are_none() {
    for (version, kind) in [
        ("apps/v1", "Pod"),
        ("v1", "Deployment"),
        ("apps/v1beta2", "Deployment"),
        ("extensions/v1beta1", "DaemonSet"),
        ("batch/v1beta1", "CronJob"),
        ("policy/v1beta1", "PodDisruptionBudget"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler"),
    ] {
        let manifest = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "shop"}});
        assert!(ObjectType::of(&manifest).is_err(), "{version} {kind}");
        assert_eq!(
            objects::no_matches(&manifest, "shop.yaml").lines().next(),
            Some(&*format!(
                "error: resource mapping not found for name: \"shop\" namespace: \"\" from \"shop.yaml\": no matches for \
                 kind \"{kind}\" in version \"{version}\""
            ))
        );
    }
}

#[test]
fn what_is_taken_is_warned_of() {
    let port = |name: &str, port: u16| json!({"name": name, "containerPort": port});
    let two = json!([{"name": "a", "image": "i", "ports": [port("web", 80)]}, {"name": "b", "image": "i", "ports": [port("web", 81)]}]);
    let cases = [
        (
            deployment("/spec/template/spec/nodeSelector", json!({"node-role.kubernetes.io/master": ""})),
            "spec.template.spec.nodeSelector[node-role.kubernetes.io/master]: use \"node-role.kubernetes.io/control-plane\" \
             instead",
        ),
        (
            deployment(
                "/spec/template/spec/volumes",
                json!([{"name": "v", "flocker": {"datasetName": "d"}}]),
            ),
            "spec.template.spec.volumes[0].flocker: deprecated in v1.22, non-functional in v1.25+",
        ),
        (
            deployment("/spec/template/spec/containers", two.clone()),
            "spec.template.spec.containers[1].ports[0]: duplicate port name \"web\" with \
             spec.template.spec.containers[0].ports[0], services and probes that select ports by name will use \
             spec.template.spec.containers[0].ports[0]",
        ),
        (
            deployment(
                "/spec/template/metadata/annotations",
                json!({"container.apparmor.security.beta.kubernetes.io/till": "runtime/default"}),
            ),
            "spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/till]: deprecated since \
             v1.30; use the \"appArmorProfile\" field instead",
        ),
        (
            deployment("/spec/template/spec/hostAliases", json!([{"ip": "010.0.0.1", "hostnames": ["h"]}])),
            "spec.template.spec.hostAliases[0].ip: non-standard IP address \"010.0.0.1\" will be considered invalid in a \
             future Kubernetes release: use \"10.0.0.1\"",
        ),
        (
            deployment(
                "/spec/template/spec/affinity",
                json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {
                    "matchExpressions": [{"key": "disk", "operator": "In", "values": ["-fast"]}]}}]}}),
            ),
            "spec.template.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.\
             matchExpressions[0].values[0]: -fast is invalid, a valid label must be an empty string or consist of \
             alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
             'MyValue',  or 'my_value',  or '12345', regex used for validation is \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
    ];
    for (manifest, expected) in &cases {
        assert_eq!(told("1.34", manifest), [format!("Warning: {expected}")], "{manifest}");
    }
    // The last four came with 1.33, but for the annotation.
    let before: Vec<usize> = (0..cases.len()).filter(|ix| !told("1.32", &cases[*ix].0).is_empty()).collect();
    assert_eq!(before, [0, 1, 3]);
    let init = json!({"initContainers": [{"name": "a", "image": "i", "ports": [port("x", 80)]}],
        "containers": [{"name": "b", "image": "i", "ports": [port("y", 80)]}]});
    assert_eq!(
        told("1.34", &pod_of(init)),
        [
            "Warning: spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]"
        ]
    );
}

#[test]
fn a_claims_template_takes_the_place_of_a_volume_of_its_name() {
    let set = |mount: &str| {
        workload(
            "StatefulSet",
            json!({"serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": {
                "metadata": {"labels": {"app": "db"}}, "spec": {"volumes": [{"name": "data", "emptyDir": {}}],
                    "containers": [{"name": "db", "image": "db:1", "volumeMounts": [{"name": mount, "mountPath": "/d"}]}]}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}}}}]}),
        )
    };
    assert_eq!(told("1.34", &set("data")), Vec::<String>::new());
    assert_eq!(
        told("1.34", &set("logs")),
        ["spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"logs\""]
    );
    // Before, nobody looked at the pods of a StatefulSet until they were made.
    assert_eq!(told("1.33", &set("logs")), Vec::<String>::new());
    let mut named = set("data");
    named["spec"]["serviceName"] = json!("Db");
    assert_eq!(told("1.32", &named), Vec::<String>::new());
    assert!(told("1.33", &named)[0].starts_with("spec.serviceName: Invalid value: \"Db\": "));
}

#[test]
fn a_job_without_a_name_gets_one() {
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "count-"}, "spec": {
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}});
    let admitted = objects::create(&job, &request("1.34")).expect("admitted").object;
    assert_eq!(admitted["metadata"]["name"], "count-abcde");
    assert_eq!(admitted["spec"]["template"]["metadata"]["labels"]["job-name"], "count-abcde");
}

#[test]
fn other_versions_use_other_words() {
    let scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "shop"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "shop"}, "maxReplicas": 3}});
    assert_eq!(told("1.33", &scaler), Vec::<String>::new());
    assert_eq!(
        told("1.34", &scaler),
        ["spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group"]
    );
    let class = json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "safe"}});
    assert!(told("1.35", &class)[0].starts_with("handler: Invalid value: \"\": "));
    assert_eq!(told("1.36", &class), ["handler: Required value"]);
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"}, "spec": {
        "ports": [{"port": 80}], "externalIPs": ["203.0.113.9"], "trafficDistribution": "PreferClose"}});
    let counts: Vec<usize> =
        ["1.34", "1.35", "1.36"].iter().map(|version| told(version, &service).len()).collect();
    assert_eq!(counts, [0, 1, 2]);
    let changed = |version: &str| {
        let storage = |provisioner: &str| {
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"},
                "provisioner": provisioner})
        };
        let request = request(version);
        let old = objects::create(&storage("a"), &request).expect("admitted").object;
        let Value::Object(new) = storage("b") else { panic!("an object") };
        objects::update(ObjectType::StorageClass, &old, new, &request).expect_err("refused").to_string()
    };
    assert!(changed("1.35").ends_with("provisioner: Forbidden: updates to provisioner are forbidden."));
    assert!(changed("1.36").ends_with("provisioner: Invalid value: \"b\": field is immutable"));
}

/// What 1.37 says otherwise (pkg/apis/core/validation/validation.go, apimachinery/pkg/api/validation/objectmeta.go).
#[test]
fn the_newest_version_names_owners_and_shared_processes_by_their_places() {
    let owner = |reference: Value| {
        let mut pod = pod_of(json!({"containers": [{"name": "till", "image": "till:1"}]}));
        pod["metadata"]["ownerReferences"] = json!([reference]);
        pod
    };
    let nobody = owner(json!({"apiVersion": "v1", "kind": "", "name": "s", "uid": "u"}));
    for (version, words) in [
        ("1.33", "metadata.ownerReferences.kind: Invalid value: \"\": kind must not be empty"),
        ("1.34", "metadata.ownerReferences.kind: Invalid value: \"\": must not be empty"),
        ("1.36", "metadata.ownerReferences.kind: Invalid value: \"\": must not be empty"),
        ("1.37", "metadata.ownerReferences[0].kind: Required value: must not be empty"),
    ] {
        assert_eq!(told(version, &nobody), [words], "{version}");
    }
    let unread = owner(json!({"apiVersion": "a/b/c", "kind": "Shop", "name": "s", "uid": "u"}));
    for (version, words) in [
        ("1.36", "metadata.ownerReferences.apiVersion: Invalid value: \"a/b/c\": version must not be empty"),
        (
            "1.37",
            "metadata.ownerReferences[0].apiVersion: Invalid value: \"a/b/c\": must be <group>/<version> or <version>",
        ),
    ] {
        assert_eq!(told(version, &unread), [words], "{version}");
    }
    let shared = pod_of(json!({"shareProcessNamespace": true, "hostPID": true,
        "securityContext": {"fsGroup": -1}, "containers": [{"name": "till", "image": "till:1"}]}));
    let places = |version: &str| -> Vec<String> {
        let all = told(version, &shared);
        all.iter().map(|error| error.split(':').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(
        places("1.36"),
        ["spec.securityContext.fsGroup", "spec.securityContext.shareProcessNamespace"]
    );
    assert_eq!(places("1.37"), ["spec.securityContext.fsGroup", "spec.shareProcessNamespace"]);
}

/// Fields that 1.37 knows and whose gates are off are taken and dropped; certificates in projected volumes stay.
#[test]
fn the_newest_fields_are_known_and_dropped() {
    let pod = pod_of(json!({
        "evictionResponders": [{"name": "example.com/mover", "priority": 5000}],
        "containers": [{"name": "till", "image": "till:1",
            "readinessProbe": {"httpGet": {"port": 80, "protocol": "HTTP2"}},
            "livenessProbe": {"grpc": {"port": 81, "mode": "TLS"}},
            "volumeMounts": [{"name": "room", "mountPath": "/room", "bindMountOptions": ["noexec"]}]}],
        "volumes": [{"name": "room", "emptyDir": {"mode": 448}},
            {"name": "all", "projected": {"defaultUser": 5, "sources": [
                {"configMap": {"name": "c", "items": [{"key": "k", "path": "p", "user": 7}]}},
                {"podCertificate": {"signerName": "example.com/signer", "keyType": "ED25519",
                    "credentialBundlePath": "bundle.pem"}}]}}],
    }));
    let unknown = told("1.36", &pod).join(" ");
    for field in ["evictionResponders", "protocol", "mode", "bindMountOptions", "defaultUser", "user"] {
        assert!(unknown.contains(field), "{field}: {unknown}");
    }
    let admitted = objects::create(&pod, &request("1.37")).expect("admitted");
    assert!(admitted.strict.is_empty(), "{:?}", admitted.strict);
    let spec = &admitted.object["spec"];
    let container = &spec["containers"][0];
    for (at, field) in [
        (spec, "evictionResponders"),
        (&container["readinessProbe"]["httpGet"], "protocol"),
        (&container["livenessProbe"]["grpc"], "mode"),
        (&container["volumeMounts"][0], "bindMountOptions"),
        (&spec["volumes"][0]["emptyDir"], "mode"),
        (&spec["volumes"][1]["projected"], "defaultUser"),
        (&spec["volumes"][1]["projected"]["sources"][0]["configMap"]["items"][0], "user"),
    ] {
        assert!(at.is_object() && at.get(field).is_none(), "{field}: {at}");
    }
    assert!(spec["volumes"][1]["projected"]["sources"][1].get("podCertificate").is_some());
}

/// Amounts of a pod as a whole (gate PodLevelResourcesFixDefaulting): where each container has a limit, so has the pod.
#[test]
fn a_pod_is_limited_by_its_containers_limits() {
    let small = json!({"cpu": "100m", "memory": "64Mi"});
    let pod = |second: Value| {
        pod_of(json!({"resources": {"requests": {"cpu": "2", "memory": "1Gi"}}, "containers": [
            {"name": "till", "image": "till:1", "resources": {"requests": small, "limits": {"cpu": "1", "memory": "1Gi"}}},
            {"name": "bell", "image": "bell:1", "resources": {"requests": small, "limits": second}}]}))
    };
    let limits = |version: &str, second: Value| {
        let admitted = objects::create(&pod(second), &request(version)).expect("admitted").object;
        admitted["spec"]["resources"].get("limits").cloned()
    };
    let both = json!({"cpu": "500m", "memory": "1Gi"});
    assert_eq!(limits("1.36", both.clone()), None);
    assert_eq!(limits("1.37", both), Some(json!({"cpu": "2", "memory": "2Gi"})));
    assert_eq!(limits("1.37", json!({"memory": "1Gi"})), Some(json!({"memory": "2Gi"})));
}
