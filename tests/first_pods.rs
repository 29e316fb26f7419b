//! Claims with `WaitForFirstConsumer`: their pod is scheduled first, then a volume is made, then the pod is bound.

use std::sync::Arc;

use kubelapse::record::{Change, ObjectChange};
use kubelapse::scenario;
use kubelapse::session::{Script, Session, Walk, expect};
use kubelapse::time::{Span, Time};

const CLASS: &str = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: fast }\nprovisioner: \
                     csi.example.com\nvolumeBindingMode: WaitForFirstConsumer\n---\n";

const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec: { accessModes: \
                     [ReadWriteOnce], storageClassName: fast, resources: { requests: { storage: 1Gi } } }\n---\n";

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: db }\nspec:\n  volumes: [{ name: data, persistentVolumeClaim: { \
                   claimName: data } }]\n  containers: [{ name: app, image: \"shop/db:1\", volumeMounts: [{ name: data, \
                   mountPath: /data }] }]\n";

const SET: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db }\nspec:\n  serviceName: db\n  replicas: 2\n  selector: { \
                   matchLabels: { app: db } }\n  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: \
                   [ReadWriteOnce], storageClassName: fast, resources: { requests: { storage: 1Gi } } } }]\n  template:\n    metadata: { \
                   labels: { app: db } }\n    spec: { containers: [{ name: app, image: \"shop/db:1\", volumeMounts: [{ name: data, \
                   mountPath: /data }] }] }\n";

fn scenario(rest: &str) -> String {
    format!(
        "name = \"first\"\nuntil = \"5m\"\n[[node]]\nname = \"n\"\nimages = [\"shop/db:1\"]\n[[apply]]\nmanifest = \"a.yaml\"\n{rest}"
    )
}

fn plan(manifest: &str, rest: &str) -> Arc<scenario::Plan> {
    let plan = scenario::load("first.toml", &scenario(rest), &|_| Ok(manifest.to_owned()), &[]);
    Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))))
}

/// Reason, component and instant of what events tell of claims.
fn told(manifest: &str, rest: &str) -> (Session, Vec<(String, String, Time)>) {
    let mut session = Session::new(&plan(manifest, rest), 0);
    let mut told = Vec::new();
    while session.step().is_some() {
        for row in session.take_transitions() {
            let Change::Object { object, what: ObjectChange::Event(event) } = row.change else { continue };
            if session.world.directory.objects[object as usize].kind == "persistentvolumeclaim" {
                told.push((event.reason.to_string(), event.component.to_string(), row.time));
            }
        }
    }
    (session, told)
}

#[test]
fn a_pod_is_bound_once_the_volume_is_made_for_its_node() {
    let (session, told) = told(&[CLASS, CLAIM, POD].concat(), "");
    let words: Vec<(&str, &str)> =
        told.iter().map(|(reason, by, _)| (reason.as_str(), by.as_str())).collect();
    let mut sorted = words.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            ("ExternalProvisioning", "persistentvolume-controller"),
            ("Provisioning", "csi.example.com"),
            ("ProvisioningSucceeded", "csi.example.com"),
            ("WaitForFirstConsumer", "persistentvolume-controller"),
        ],
        "{words:?}"
    );
    assert_eq!(words.last(), Some(&("ProvisioningSucceeded", "csi.example.com")));
    let at = |reason: &str| told.iter().find(|(own, ..)| own == reason).expect("it is told").2;
    let made = at("ProvisioningSucceeded");
    assert!(made.since(at("Provisioning")).secs_f64() >= 2.0, "{told:?}");
    // The scheduler looks once a second.
    let scheduled = session.world.records[0].scheduled.expect("it has a node");
    let waited = scheduled.since(session.world.plan.start).secs_f64();
    assert!(scheduled > made && (3.0..3.2).contains(&waited), "made {made:?}, bound {scheduled:?}");
    assert!(session.world.pods[0].status.condition_is_true(kubelapse::api::Sym::READY));
}

#[test]
fn without_a_pod_a_claim_waits() {
    let (session, told) = told(&[CLASS, CLAIM].concat(), "");
    let words: Vec<&str> = told.iter().map(|(reason, ..)| reason.as_str()).collect();
    assert_eq!(words, ["WaitForFirstConsumer"]);
    assert!(session.world.objects.iter().all(|object| !object.bound));
}

/// A pod that fits nowhere gets no volume either.
#[test]
fn no_volume_is_made_for_a_pod_without_a_node() {
    let pod = POD.replace("spec:\n  volumes", "spec:\n  nodeSelector: { disk: ssd }\n  volumes");
    let rest = "[[expect]]\npod = \"db\"\nfrom = \"1s\"\nto = \"1m\"\nevent = \"FailedScheduling\"\nmessage = \"0/1 nodes are \
                available: 1 node(s) didn't match Pod's node affinity/selector\"\n"
        .replace("from = \"1s\"\nto = \"1m\"", "by = \"1m\"");
    let manifest = [CLASS, CLAIM, &pod].concat();
    assert_eq!(expect::check(&plan(&manifest, &rest), 0), []);
    let (_, told) = told(&manifest, "");
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn the_claims_of_a_stateful_set_wait_for_its_pods() {
    let (session, told) = told(&[CLASS, SET].concat(), "");
    let count = |reason: &str| told.iter().filter(|(own, ..)| own == reason).count();
    assert_eq!((count("ProvisioningSucceeded"), count("ExternalProvisioning")), (2, 2), "{told:?}");
    let scheduled = |ix: usize| session.world.records[ix].scheduled.expect("it has a node");
    let created = |ix: usize| session.world.records[ix].created.expect("it was made");
    for ix in 0..2 {
        let waited = scheduled(ix).since(created(ix)).secs_f64();
        assert!((3.0..3.2).contains(&waited), "pod {ix} waited {waited}s");
    }
    assert!(session.world.pods.iter().all(|pod| pod.status.condition_is_true(kubelapse::api::Sym::READY)));
}

/// `kubectl get pvc` and `get pv` after so many milliseconds.
fn tables(manifest: &str, millis: i64) -> (String, String) {
    let (script, loaded) = Script::load("first.toml", &scenario(""), &|_| Ok(manifest.to_owned()), &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    walk.seek_time(walk.plan().start + Span::from_millis(millis));
    let get = |text: &str| walk.get(text).expect("a table");
    (get("pvc"), get("pv"))
}

fn cells(table: &str) -> Vec<Vec<&str>> {
    table.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn claims_and_volumes_have_kubectls_tables() {
    let manifest = [CLASS, CLAIM, POD].concat();
    let (claims, volumes) = tables(&manifest, 1000);
    assert_eq!(
        cells(&claims),
        [
            vec![
                "NAME",
                "STATUS",
                "VOLUME",
                "CAPACITY",
                "ACCESS",
                "MODES",
                "STORAGECLASS",
                "VOLUMEATTRIBUTESCLASS",
                "AGE"
            ],
            vec!["data", "Pending", "fast", "<unset>", "1s"],
        ]
    );
    assert_eq!(volumes, "No resources found\n");
    let (claims, volumes) = tables(&manifest, 60_000);
    let (claims, volumes) = (cells(&claims), cells(&volumes));
    let name = claims[1][2];
    assert!(name.starts_with("pvc-"), "{claims:?}");
    assert_eq!(claims[1], ["data", "Bound", name, "1Gi", "RWO", "fast", "<unset>", "60s"]);
    assert_eq!(
        volumes[1][..8],
        [name, "1Gi", "RWO", "Delete", "Bound", "default/data", "fast", "<unset>"],
        "{volumes:?}"
    );
}

/// A volume of a manifest says who has it, and that somebody had it.
#[test]
fn volumes_of_manifests_are_available_or_bound() {
    let volume = |name: &str, size: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{ name: {name} }}\nspec: {{ accessModes: [ReadWriteMany, \
             ReadWriteOnce], storageClassName: manual, capacity: {{ storage: {size} }}, nfs: {{ server: a, path: /b }} }}\n---\n"
        )
    };
    let claim = CLAIM.replace("fast", "manual");
    let manifest = volume("small", "2Gi") + &volume("large", "9Gi") + &claim + POD;
    let (claims, volumes) = tables(&manifest, 9000);
    let (claims, volumes) = (cells(&claims), cells(&volumes));
    assert_eq!(claims[1], ["data", "Bound", "small", "2Gi", "RWO", "manual", "<unset>", "9s"]);
    assert_eq!(volumes[1][..5], ["large", "9Gi", "RWO,RWX", "Retain", "Available"]);
    assert_eq!(volumes[2][..6], ["small", "2Gi", "RWO,RWX", "Retain", "Bound", "default/data"]);
}
