//! Admission as a person meets it: other versions, changes to pods that exist, plugins, recorded objects, odd input.
//!
//! The cases of set H (tests/rules/h_admission.rs) hold what 1.36.2 answers to a creation; here stands what they leave
//! out.

use std::io::Read;

use kubelapse::rules::api_server::admission::{Request, admit, admit_with, update};
use kubelapse::rules::api_server::admission_plugins::{Cluster, PriorityClass, mutate};
use kubelapse::rules::api_server::decode;
use kubelapse::rules::kubectl::manifest;
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::time::Time;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn request(version: Version) -> Request<'static> {
    let now = Time::parse_rfc3339("2026-07-01T12:00:00Z").expect("an instant");
    Request { gates: Gates::of(version), now, namespace: "default", suffix: "abcde", uid: "" }
}

fn pod(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec})
}

/// The refusal in a version, or `ok` and what strict decoding says.
fn answer(version: Version, spec: Value) -> String {
    match admit(&pod(spec), &request(version)) {
        Ok(admitted) if admitted.strict.is_empty() => "ok".to_owned(),
        Ok(admitted) => decode::strict_message(&admitted.strict),
        Err(rejection) => rejection.to_string(),
    }
}

/// Whose restartPolicy it is that lets nothing restart, is said since containers have one of their own, too.
#[test]
fn what_never_restarts_is_not_resized_by_a_restart() {
    for (version, whose) in [(Version::V1_35, ""), (Version::V1_36, "pod "), (Version::V1_37, "pod ")] {
        let policy = json!({"resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]});
        let mut spec = container(policy);
        spec["restartPolicy"] = json!("Never");
        let words = format!(
            "Pod \"web\" is invalid: spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' \
             when {whose}`restartPolicy` is 'Never'"
        );
        assert_eq!(answer(version, spec).trim_end(), words);
    }
}

/// A `resizePolicy` of an init container: none before there were resizes, then any, and since these are resized none that restarts what
/// is to end. Sidecars restart.
#[test]
fn init_containers_have_policies_of_resize() {
    let told = |version: Version, sidecar: bool, restarts: &str| {
        let mut init = json!({
            "name": "prep", "image": "nginx:1.25", "resizePolicy": [{"resourceName": "memory", "restartPolicy": restarts}]
        });
        if sidecar {
            init["restartPolicy"] = json!("Always");
        }
        let mut spec = container(json!({}));
        spec["initContainers"] = json!([init]);
        answer(version, spec)
    };
    for version in [Version::V1_33, Version::V1_34, Version::V1_35, Version::V1_36, Version::V1_37] {
        for sidecar in [false, true] {
            assert_eq!(told(version, sidecar, "NotRequired"), "ok", "{version:?} {sidecar}");
            let restarts = told(version, sidecar, "RestartContainer");
            let is_refused = !sidecar && [Version::V1_36, Version::V1_37].contains(&version);
            assert_eq!(restarts != "ok", is_refused, "{version:?} {sidecar}: {restarts}");
        }
    }
    let refused = told(Version::V1_36, false, "RestartContainer");
    assert!(
        refused.contains("spec.initContainers[0].resizePolicy: Invalid value: \"RestartContainer\""),
        "{refused}"
    );
}

fn container(more: Value) -> Value {
    let mut container = json!({"name": "app", "image": "nginx:1.25"});
    if let (Value::Object(all), Value::Object(more)) = (&mut container, more) {
        all.extend(more);
    }
    json!({"containers": [container]})
}

#[test]
fn restart_policies_of_containers_came_with_1_35() {
    let main = || container(json!({"restartPolicy": "Never"}));
    assert_eq!(
        answer(Version::V1_32, main()),
        "Pod \"web\" is invalid: spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers"
    );
    assert_eq!(answer(Version::V1_35, main()), "ok");
    // In 1.34 the field is known, but its gate is off: it vanishes.
    let admitted = admit(&pod(main()), &request(Version::V1_34)).expect("admitted");
    assert_eq!(admitted.object["spec"]["containers"][0].get("restartPolicy"), None);

    let init = |policy: &str| {
        let mut spec = container(json!({}));
        spec["initContainers"] = json!([{"name": "i", "image": "x", "restartPolicy": policy}]);
        spec
    };
    assert_eq!(answer(Version::V1_32, init("Always")), "ok");
    assert_eq!(
        answer(Version::V1_32, init("Never")),
        "Pod \"web\" is invalid: spec.initContainers[0].restartPolicy: Unsupported value: \"Never\": supported values: \
         \"Always\""
    );
    assert_eq!(answer(Version::V1_36, init("Never")), "ok");
}

#[test]
fn restart_rules_are_unknown_to_1_33_and_restarting_all_to_1_35() {
    let rules = |action: &str| {
        container(json!({
            "restartPolicy": "Never",
            "restartPolicyRules": [{"action": action, "exitCodes": {"operator": "In", "values": [1]}}],
        }))
    };
    let mut spec = rules("Restart");
    spec["containers"][0].as_object_mut().expect("a container").remove("restartPolicy");
    assert_eq!(
        answer(Version::V1_33, spec),
        "strict decoding error: unknown field \"spec.containers[0].restartPolicyRules\""
    );
    assert_eq!(answer(Version::V1_35, rules("Restart")), "ok");
    assert!(answer(Version::V1_35, rules("RestartAllContainers")).ends_with("supported values: \"Restart\""));
    assert_eq!(answer(Version::V1_36, rules("RestartAllContainers")), "ok");
}

#[test]
fn a_sleep_of_zero_came_with_1_34() {
    let sleep = || container(json!({"lifecycle": {"preStop": {"sleep": {"seconds": 0}}}}));
    assert_eq!(
        answer(Version::V1_32, sleep()),
        "Pod \"web\" is invalid: spec.containers[0].lifecycle.preStop.sleep: Invalid value: 0: must be greater than 0 and \
         less than terminationGracePeriodSeconds (30). Enable AllowPodLifecycleSleepActionZeroValue feature gate for \
         zero sleep."
    );
    assert_eq!(answer(Version::V1_34, sleep()), "ok");
}

#[test]
fn generation_came_with_1_33() {
    let generation = |version| {
        let admitted = admit(&pod(container(json!({}))), &request(version)).expect("admitted");
        admitted.metadata.generation
    };
    assert_eq!((generation(Version::V1_32), generation(Version::V1_33)), (0, 1));
}

#[test]
fn a_refusal_reads_as_kubectl_prints_it() {
    let refuse = |spec| admit(&pod(spec), &request(Version::V1_36)).expect_err("refused").kubectl("pod.yaml");
    assert_eq!(
        refuse(json!({"containers": []})),
        "The Pod \"web\" is invalid: spec.containers: Required value"
    );
    assert_eq!(
        refuse(json!({"containers": [{"name": "A B"}]})),
        "The Pod \"web\" is invalid: \n* spec.containers[0].name: Invalid value: \"A B\": a lowercase RFC 1123 label must \
         consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character \
         (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\n* \
         spec.containers[0].image: Required value"
    );
    assert_eq!(
        refuse(json!({"containers": 1})),
        "Error from server (BadRequest): error when creating \"pod.yaml\": Pod in version \"v1\" cannot be handled as a \
         Pod: json: cannot unmarshal number into Go struct field PodSpec.spec.containers of type []v1.Container"
    );
}

// ---- Changes ----

fn existing(spec: Value) -> Map<String, Value> {
    admit(&pod(spec), &request(Version::V1_36)).expect("admitted").object
}

/// The pod after `change` of its spec, or why not.
fn changed(old: &Map<String, Value>, change: impl FnOnce(&mut Value)) -> Result<Map<String, Value>, String> {
    let mut new = old.clone();
    change(new.get_mut("spec").expect("a spec"));
    update(old, new, &Gates::default()).map_err(|rejection| rejection.to_string())
}

#[test]
fn images_deadlines_and_tolerations_may_change() {
    let old = existing(container(json!({})));
    let new = changed(&old, |spec| {
        spec["containers"][0]["image"] = json!("nginx:1.27");
        spec["activeDeadlineSeconds"] = json!(60);
        spec["tolerations"] = json!([{"key": "a", "operator": "Exists", "effect": "NoExecute"}]);
    })
    .expect("allowed");
    assert_eq!(new["metadata"]["generation"], 2);
    let newer = changed(&new, |spec| spec["activeDeadlineSeconds"] = json!(30)).expect("allowed");
    assert_eq!(newer["metadata"]["generation"], 3);
    assert_eq!(
        changed(&newer, |spec| spec["activeDeadlineSeconds"] = json!(31)),
        Err("Pod \"web\" is invalid: spec.activeDeadlineSeconds: Invalid value: 31: must be less than or equal to \
             previous value"
            .to_owned())
    );
    let gone = changed(&newer, |spec| spec["tolerations"] = json!([])).expect_err("refused");
    assert!(
        gone.contains("spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"),
        "{gone}"
    );
}

#[test]
fn labels_and_finalizers_may_change_without_a_new_generation() {
    let old = existing(container(json!({})));
    let mut new = old.clone();
    new["metadata"]["labels"] = json!({"app": "web"});
    new["metadata"]["finalizers"] = json!(["example.com/wait"]);
    let new = update(&old, new, &Gates::default()).expect("allowed");
    assert_eq!(new["metadata"]["generation"], 1);
    let mut bad = new.clone();
    bad["metadata"]["finalizers"] = json!(["wait"]);
    let refusal = update(&new, bad, &Gates::default()).expect_err("refused").to_string();
    assert!(
        refusal.contains("metadata.finalizers[0]: Invalid value: \"wait\": name is neither a standard"),
        "{refusal}"
    );
}

#[test]
fn nothing_else_may_change() {
    let old = existing(container(json!({})));
    let refusal =
        changed(&old, |spec| spec["containers"][0]["command"] = json!(["sh"])).expect_err("refused");
    assert!(
        refusal.starts_with(
            "Pod \"web\" is invalid: spec: Forbidden: pod updates may not change fields other than \
             `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` \
             (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if \
             it was previously negative)\n"
        ),
        "{refusal}"
    );
    assert!(refusal.contains("spec.containers[0].command"), "{refusal}");
    assert_eq!(
        changed(&old, |spec| spec["containers"] = json!([])),
        Err("Pod \"web\" is invalid: [spec.containers: Required value, spec.containers: Forbidden: pod updates may not add \
             or remove containers]"
            .to_owned())
    );
}

#[test]
fn a_gated_pod_may_choose_fewer_nodes() {
    let mut spec = container(json!({}));
    spec["schedulingGates"] = json!([{"name": "a"}, {"name": "b"}]);
    let old = existing(spec);
    let new = changed(&old, |spec| {
        spec["schedulingGates"] = json!([{"name": "a"}]);
        spec["nodeSelector"] = json!({"disk": "ssd"});
    })
    .expect("allowed");
    let more = changed(&new, |spec| spec["schedulingGates"] = json!([{"name": "c"}])).expect_err("refused");
    assert!(more.contains("only deletion is allowed, but found new scheduling gate 'c'"), "{more}");
    let other = changed(&new, |spec| spec["nodeSelector"] = json!({"disk": "hdd"})).expect_err("refused");
    assert!(other.contains("only additions to spec.nodeSelector are allowed"), "{other}");
    let free = changed(&new, |spec| {
        spec.as_object_mut().expect("a spec").remove("schedulingGates");
    })
    .expect("allowed");
    assert!(changed(&free, |spec| spec["nodeSelector"] = json!({"disk": "ssd", "a": "b"})).is_err());
}

// ---- Plugins ----

fn with_plugins(spec: Value, cluster: &Cluster) -> Result<Value, String> {
    admit_with(&pod(spec), &request(Version::V1_36), |object| mutate(object, cluster))
        .map(|admitted| admitted.object["spec"].clone())
        .map_err(|rejection| rejection.to_string())
}

#[test]
fn plugins_add_an_account_a_priority_and_tolerations() {
    let spec = with_plugins(container(json!({})), &Cluster::default()).expect("admitted");
    assert_eq!(spec["serviceAccountName"], "default");
    assert_eq!((&spec["priority"], &spec["preemptionPolicy"]), (&json!(0), &json!("PreemptLowerPriority")));
    assert_eq!(spec["tolerations"][1]["key"], "node.kubernetes.io/unreachable");
    assert_eq!(spec["tolerations"][1]["tolerationSeconds"], 300);
    assert_eq!(spec["volumes"][0]["name"], "kube-api-access-00000");
    assert_eq!(
        spec["containers"][0]["volumeMounts"][0]["mountPath"],
        "/var/run/secrets/kubernetes.io/serviceaccount"
    );

    let mut quiet = container(json!({}));
    quiet["automountServiceAccountToken"] = json!(false);
    quiet["tolerations"] = json!([{"operator": "Exists"}]);
    let spec = with_plugins(quiet, &Cluster::default()).expect("admitted");
    assert_eq!(spec.get("volumes"), None);
    assert_eq!(spec["tolerations"], json!([{"operator": "Exists"}]));
}

#[test]
fn priorities_come_from_classes() {
    let classes = [
        PriorityClass { name: "high", value: 1000, global_default: false, preemption_policy: "Never" },
        PriorityClass {
            name: "usual",
            value: 5,
            global_default: true,
            preemption_policy: "PreemptLowerPriority",
        },
    ];
    let cluster = Cluster { priority_classes: &classes, ..Cluster::default() };
    let of = |class: Option<&str>| {
        let mut spec = container(json!({}));
        if let Some(class) = class {
            spec["priorityClassName"] = json!(class);
        }
        with_plugins(spec, &cluster).map(|spec| (spec["priorityClassName"].clone(), spec["priority"].clone()))
    };
    assert_eq!(of(None), Ok((json!("usual"), json!(5))));
    assert_eq!(of(Some("high")), Ok((json!("high"), json!(1000))));
    assert_eq!(of(Some("system-node-critical")), Ok((json!("system-node-critical"), json!(2_000_001_000))));
    assert_eq!(
        of(Some("low")),
        Err("pods \"web\" is forbidden: no PriorityClass with name low was found".to_owned())
    );
}

// ---- Recorded objects ----

#[test]
fn recorded_pods_decode_to_themselves() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain/pods-list.json.gz");
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("the recording");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("text");
    let documents = manifest::documents(&text).expect("a manifest");
    assert!(documents.len() > 1);
    for document in documents {
        let mut object = document.value;
        // An item of a list may leave out what the list says.
        object["apiVersion"] = json!("v1");
        object["kind"] = json!("Pod");
        let decoded = decode::pod(&object, Version::V1_36).expect("a pod");
        assert_eq!(decoded.strict, []);
        for half in ["metadata", "spec", "status"] {
            assert_eq!(without_nulls(&decoded.object[half]), without_nulls(&object[half]));
        }
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(k, v)| (k.clone(), without_nulls(v)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

// ---- Odd input ----

/// Names that reach deep into the rules, and one that none of them knows.
const NAMES: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "status",
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "containers",
    "initContainers",
    "ephemeralContainers",
    "image",
    "ports",
    "containerPort",
    "hostPort",
    "env",
    "valueFrom",
    "fieldRef",
    "fieldPath",
    "resourceFieldRef",
    "divisor",
    "envFrom",
    "configMapRef",
    "resources",
    "limits",
    "requests",
    "claims",
    "cpu",
    "memory",
    "hugepages-2Mi",
    "example.com/gpu",
    "livenessProbe",
    "httpGet",
    "port",
    "exec",
    "command",
    "sleep",
    "seconds",
    "lifecycle",
    "preStop",
    "restartPolicy",
    "restartPolicyRules",
    "exitCodes",
    "operator",
    "values",
    "volumes",
    "volumeMounts",
    "mountPath",
    "subPath",
    "emptyDir",
    "projected",
    "sources",
    "serviceAccountToken",
    "hostPath",
    "secret",
    "items",
    "key",
    "path",
    "affinity",
    "nodeAffinity",
    "podAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
    "matchExpressions",
    "matchLabelKeys",
    "labelSelector",
    "topologySpreadConstraints",
    "tolerations",
    "tolerationSeconds",
    "effect",
    "schedulingGates",
    "securityContext",
    "sysctls",
    "windowsOptions",
    "runAsUserName",
    "seccompProfile",
    "dnsConfig",
    "searches",
    "hostAliases",
    "ip",
    "activeDeadlineSeconds",
    "terminationGracePeriodSeconds",
    "overhead",
    "os",
    "creationTimestamp",
    "nosuchfield",
    "a.b[0]",
    "",
];
const TEXTS: &[&str] = &[
    "",
    "v1",
    "Pod",
    "web",
    "Always",
    "Never",
    "Exists",
    "In",
    "NoExecute",
    "1",
    "1.5Gi",
    "-1",
    "1e999",
    "99999999999999999999Ei",
    "é\u{200b}\n\"",
    "..",
    "../x",
    "/",
    "a/b/c",
    "metadata.labels['x']",
    "windows",
    "DOMAIN\\user",
    "2026-07-01T12:00:00Z",
    "x:y@sha256:0",
    "[",
    "]",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3i64..4).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        ".{0,70}".prop_map(Value::from),
    ];
    leaf.prop_recursive(7, 160, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..8).prop_map(|members| {
                Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
}

/// A value of the right shape nearly everywhere, so that validation is reached.
fn shaped(ty: &decode::schema::Type, depth: u32) -> BoxedStrategy<Value> {
    use decode::schema::Type;
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Type::Int32 => prop_oneof![-2i32..100, any::<i32>()].prop_map(Value::from).boxed(),
        Type::Int64 => prop_oneof![-2i64..100, any::<i64>()].prop_map(Value::from).boxed(),
        Type::Text(_) => prop::sample::select(TEXTS).prop_map(Value::from).boxed(),
        Type::Bytes => prop::sample::select(&["", "dGV4dA==", "text!"][..]).prop_map(Value::from).boxed(),
        Type::Quantity => prop::sample::select(&["1", "0", "-1", "100m", "1.5Gi", "3Mi", "9E"][..])
            .prop_map(Value::from)
            .boxed(),
        Type::IntOrString => prop_oneof![Just(json!(80)), Just(json!("http")), Just(json!(-1))].boxed(),
        Type::Time => Just(json!("2026-07-01T12:00:00Z")).boxed(),
        Type::Raw => Just(json!({})).boxed(),
        Type::Pointer(inner) => shaped(inner, depth),
        Type::List(item) if depth > 0 => {
            prop::collection::vec(shaped(item, depth - 1), 0..3).prop_map(Value::from).boxed()
        }
        Type::Map(_, value) if depth > 0 => {
            let keys = prop::sample::select(
                &["cpu", "memory", "hugepages-2Mi", "example.com/gpu", "Bad Key", ""][..],
            );
            prop::collection::btree_map(keys, shaped(value, depth - 1), 0..3)
                .prop_map(|map| Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()))
                .boxed()
        }
        Type::List(_) => Just(json!([])).boxed(),
        Type::Map(..) => Just(json!({})).boxed(),
        Type::Struct(_) if depth == 0 => Just(json!({})).boxed(),
        Type::Struct(s) => {
            // A few fields at a time keep the trees small.
            let fields: Vec<_> = s.fields.iter().collect();
            prop::sample::subsequence(fields.clone(), 0..=fields.len().min(6))
                .prop_flat_map(move |chosen| {
                    let values: Vec<_> = chosen.iter().map(|f| shaped(&f.ty, depth - 1)).collect();
                    values.prop_map(move |values| {
                        let members = chosen.iter().zip(values).map(|(f, v)| (f.name.to_owned(), v));
                        Value::Object(members.collect())
                    })
                })
                .boxed()
        }
    }
}

fn try_everything(manifest: &Value) {
    for version in [Version::V1_32, Version::V1_36] {
        let request = request(version);
        let _ = admit(manifest, &request);
        if let Ok(admitted) = admit_with(manifest, &request, |object| mutate(object, &Cluster::default())) {
            let spec = serde_json::to_value(&admitted.spec).expect("JSON");
            assert_eq!(spec, admitted.object["spec"]);
            assert!(update(&admitted.object, admitted.object.clone(), &request.gates).is_ok());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_json_makes_admission_stumble(value in any_json(), spec in any_json()) {
        try_everything(&value);
        try_everything(&pod(spec));
    }

    #[test]
    fn no_shape_makes_validation_stumble(spec in shaped(&decode::schema::Type::Struct(&decode::schema::PodSpec), 6)) {
        let mut spec = spec;
        try_everything(&pod(spec.clone()));
        // The same with a container that is fine, so that more of them get through.
        spec["containers"] = json!([{"name": "app", "image": "nginx"}]);
        try_everything(&pod(spec.clone()));
        let old = existing(container(json!({})));
        let mut new = old.clone();
        new.insert("spec".to_owned(), spec);
        let _ = update(&old, new.clone(), &Gates::default());
        let _ = update(&new, old, &Gates::default());
    }

    #[test]
    fn no_text_makes_reading_stumble(text in "[-\\[\\]{}:,#&*!|>'\"% \\n\\ta-c0-9]{0,120}") {
        if let Ok(documents) = manifest::documents(&text) {
            for document in documents {
                let _ = document.locate("a.b[0].c");
                try_everything(&document.value);
            }
        }
    }
}
