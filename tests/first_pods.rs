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

/// Disks that lie on nodes, and a class for which nobody makes any.
const LOCAL: &str = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: fast, annotations: { \
                     storageclass.kubernetes.io/is-default-class: \"true\" } }\nprovisioner: \
                     kubernetes.io/no-provisioner\nvolumeBindingMode: WaitForFirstConsumer\n---\n";

fn disk(name: &str, size: &str, node: &str) -> String {
    format!(
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{ name: {name} }}\nspec: {{ accessModes: [ReadWriteOnce], \
         storageClassName: fast, capacity: {{ storage: {size} }}, local: {{ path: /disks/{name} }}, nodeAffinity: {{ required: {{ \
         nodeSelectorTerms: [{{ matchExpressions: [{{ key: kubernetes.io/hostname, operator: In, values: ['{node}'] }}] }}] }} }} \
         }}\n---\n"
    )
}

const THREE: &str = "[[node]]\nname = \"m\"\ncount = 2\nimages = [\"shop/db:1\"]\n";

/// A claim is not bound before its pod has a node, and the pod goes where a disk lies that is large enough.
#[test]
fn a_pod_goes_where_a_volume_lies_that_its_claim_can_have() {
    let manifest = [
        LOCAL,
        &disk("small", "512Mi", "n"),
        &disk("large", "9Gi", "m-0"),
        &disk("right", "2Gi", "m-1"),
        CLAIM,
        POD,
    ]
    .concat();
    let (session, told) = told(&manifest, THREE);
    let reasons: Vec<&str> = told.iter().map(|(reason, ..)| reason.as_str()).collect();
    assert_eq!(reasons, ["WaitForFirstConsumer"], "nobody makes a volume");
    let w = &session.world;
    let node = w.pods[0].node.expect("it has a node");
    let (name, volume) =
        (w.nodes[node.ix()].spec.name, w.objects[0].claim.as_ref().expect("it is known").volume_name);
    let fits = [("m-0", "large"), ("m-1", "right")].contains(&(name.as_str(), volume.as_str()));
    assert!(fits && w.objects[0].bound, "{name} has {volume}");
    assert!(w.pods[0].status.condition_is_true(kubelapse::api::Sym::READY));
    // The binding is looked at once a second.
    let waited = w.records[0].scheduled.expect("it has a node").since(w.plan.start).secs_f64();
    assert!((1.0..1.2).contains(&waited), "{waited}");
}

#[test]
fn where_no_volume_is_within_reach_a_pod_waits_or_one_is_made() {
    let manifest =
        [LOCAL, &disk("small", "512Mi", "n"), &disk("far", "9Gi", "elsewhere"), CLAIM, POD].concat();
    let rest = "[[expect]]\npod = \"db\"\nby = \"1m\"\nevent = \"FailedScheduling\"\nmessage = \"0/1 nodes are available: 1 \
                node(s) didn't find available persistent volumes to bind\"\n[[expect]]\npod = \"db\"\nat = \"4m\"\nstatus = \
                \"Pending\"\n";
    assert_eq!(expect::check(&plan(&manifest, rest), 0), []);
    let made = manifest.replace("kubernetes.io/no-provisioner", "csi.example.com");
    let (session, told) = told(&made, "");
    assert!(told.iter().any(|(reason, ..)| reason == "ProvisioningSucceeded"), "{told:?}");
    assert!(session.world.objects[0].claim.as_ref().is_some_and(|own| own.volume_name.starts_with("pvc-")));
    // Of one that is bound at once, by nobody, nothing comes.
    let never = manifest.replace("WaitForFirstConsumer", "Immediate");
    let rest = "[[expect]]\npod = \"db\"\nby = \"1m\"\nevent = \"FailedScheduling\"\nmessage = \"unbound immediate\"\n";
    let never = never.replace("storage: 1Gi", "storage: 10Gi");
    assert_eq!(expect::check(&plan(&never, rest), 0), []);
}

/// A disk that is brought later brings back the pods that have waited for it.
#[test]
fn a_volume_that_comes_later_is_found_at_once() {
    let manifest = [LOCAL, CLAIM, POD].concat();
    let files = |path: &str| Ok(if path == "b.yaml" { disk("late", "2Gi", "n") } else { manifest.clone() });
    let text = scenario("[[apply]]\nat = \"40s\"\nmanifest = \"b.yaml\"\n");
    let plan = scenario::load("first.toml", &text, &files, &[]);
    let mut session = Session::new(&Arc::new(plan.unwrap_or_else(|told| panic!("{told}"))), 0);
    while session.step().is_some() {}
    let w = &session.world;
    let waited = w.records[0].scheduled.expect("it has a node").since(w.plan.start).secs_f64();
    assert!((41.0..41.2).contains(&waited), "{waited}");
    assert_eq!(w.objects[0].claim.as_ref().expect("it is known").volume_name, "late");
}

/// What the scheduler keeps for one pod no other gets, and a set's pods each have their own.
#[test]
fn no_volume_is_given_twice() {
    let disks = [disk("a", "1Gi", "n"), disk("b", "1Gi", "m-0"), disk("c", "1Gi", "m-1")].concat();
    let second = [CLAIM.replace("name: data", "name: data2"), "---\n".to_owned()].concat()
        + &POD.replace("claimName: data", "claimName: data2").replace("name: db }", "name: db2 }");
    let manifest = [LOCAL, &disks, CLAIM, POD, "---\n", &second].concat();
    for seed in 0..8 {
        let plan = plan(&manifest, THREE);
        let mut session = Session::new(&plan, seed);
        while session.step().is_some() {}
        let w = &session.world;
        let mut given: Vec<&str> = w
            .objects
            .iter()
            .filter_map(|own| own.claim.as_ref().map(|claim| claim.volume_name.as_str()))
            .collect();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 2, "{given:?}");
        assert!(w.objects.iter().all(|own| own.claim.is_none() || own.bound));
    }
    let (session, _) = told(&[LOCAL, &disks, SET].concat(), THREE);
    let w = &session.world;
    let mut given: Vec<&str> = w
        .objects
        .iter()
        .filter_map(|own| own.claim.as_ref().map(|claim| claim.volume_name.as_str()))
        .collect();
    given.sort_unstable();
    given.dedup();
    assert_eq!((given.len(), w.objects.iter().filter(|own| own.bound).count()), (2, 2), "{given:?}");
}

/// `kubectl get sc`, `describe` of a claim, of its volume and of their class.
#[test]
fn claims_volumes_and_classes_are_described() {
    let alone = [LOCAL, &disk("right", "2Gi", "n"), CLAIM].concat();
    let walk = |manifest: &str| {
        let (script, loaded) = Script::load("first.toml", &scenario(""), &|_| Ok(manifest.to_owned()), &[])
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        Walk::new(script, &Arc::new(loaded.plan), 0)
    };
    let (mut waits, mut walk) = (walk(&alone), walk(&(alone.clone() + POD)));
    let describe =
        |walk: &Walk, what: &str| walk.describe_volume(what).expect("a kind").expect("it is there");
    waits.seek_time(waits.plan().start + Span::from_secs(5));
    let waiting = describe(&waits, "pvc data");
    assert!(waiting.contains("Status:        Pending\n") && waiting.contains("Volume:\n"), "{waiting}");
    assert!(
        waiting.contains("Used By:       <none>\n") && waiting.contains("WaitForFirstConsumer"),
        "{waiting}"
    );
    assert!(describe(&waits, "pv/right").contains("Status:            Available\n"));
    walk.seek_time(walk.plan().start + Span::from_secs(60));
    assert_eq!(
        walk.get("sc").expect("a table"),
        "NAME             PROVISIONER                    RECLAIMPOLICY   VOLUMEBINDINGMODE      ALLOWVOLUMEEXPANSION   AGE\n\
         fast (default)   kubernetes.io/no-provisioner   Delete          WaitForFirstConsumer   false                  60s\n"
    );
    assert_eq!(
        describe(&walk, "pvc/data").lines().take(14).collect::<Vec<_>>().join("\n"),
        "Name:          data\nNamespace:     default\nStorageClass:  fast\nStatus:        Bound\nVolume:        right\nLabels:        \
         <none>\nAnnotations:   pv.kubernetes.io/bind-completed: yes\n               pv.kubernetes.io/bound-by-controller: \
         yes\nFinalizers:    [kubernetes.io/pvc-protection]\nCapacity:      2Gi\nAccess Modes:  RWO\nVolumeMode:    \
         Filesystem\nUsed By:       db\nEvents:"
    );
    assert_eq!(
        describe(&walk, "pv right"),
        "Name:              right\nLabels:            <none>\nAnnotations:       pv.kubernetes.io/bound-by-controller: \
         yes\nFinalizers:        [kubernetes.io/pv-protection]\nStorageClass:      fast\nStatus:            Bound\nClaim:             \
         default/data\nReclaim Policy:    Retain\nAccess Modes:      RWO\nVolumeMode:        Filesystem\nCapacity:          \
         2Gi\nNode Affinity:\n  Required Terms:\n    Term 0:        kubernetes.io/hostname in [n]\nMessage:\nSource:\n    \
         Type:  LocalVolume (a persistent volume backed by local storage on a node)\n    Path:  /disks/right\nEvents:    \
         <none>\n"
    );
    assert!(describe(&walk, "sc/fast").contains("IsDefaultClass:"));
    assert_eq!(
        walk.describe_volume("pv/none"),
        Some(Err("Error from server (NotFound): persistentvolumes \"none\" not found".to_owned()))
    );
}
