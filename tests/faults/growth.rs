//! What costs grows as its input does: twice as much of it is twice the work, counted in events and comparisons.

use std::cell::Cell;
use std::sync::Arc;

use kubelapse::compare::fidelity::align;
use kubelapse::compare::life::Life;
use kubelapse::scenario::{self, no_files};
use kubelapse::session::{Judge, Session};

thread_local! {
    static COMPARED: Cell<u64> = const { Cell::new(0) };
}

/// A state that counts how often it is looked at.
#[derive(Clone)]
struct Counted(u32);

impl PartialEq for Counted {
    fn eq(&self, other: &Counted) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0 == other.0
    }
}

fn compared(work: impl FnOnce()) -> u64 {
    COMPARED.set(0);
    work();
    COMPARED.get()
}

/// Twice as much may cost little more than twice.
#[track_caller]
fn grows_as_its_input(what: &str, cost: impl Fn(usize) -> u64, from: usize) {
    let (once, twice) = (cost(from), cost(2 * from));
    assert!(once > 0, "{what}: nothing was counted");
    assert!(twice * 10 <= once * 26, "{what}: {once} for {from}, {twice} for twice as many");
}

/// A run to its end.
fn played(text: String) -> Session {
    let plan = scenario::load("fleet.toml", &text, &no_files, &[]).unwrap_or_else(|told| panic!("{told}"));
    let mut session = Session::new(&Arc::new(plan), 0);
    while session.step().is_some() {
        session.world.outbox.clear();
    }
    session
}

/// Lives of short states that go on, in which every way is open.
#[test]
fn lives_are_aligned() {
    let life = |states: usize, of: fn(usize) -> u32| Life {
        states: (0..states).map(|ix| (ix as i64 * 1000, Counted(of(ix)))).collect(),
        events: Vec::new(),
        end: states as i64 * 1000,
    };
    let cost = |a: fn(usize) -> u32, b: fn(usize) -> u32| {
        move |states: usize| compared(|| drop(align(&life(states, a), &life(states, b), 50_000)))
    };
    grows_as_its_input("the same", cost(|ix| ix as u32, |ix| ix as u32), 20_000);
    grows_as_its_input("nothing the same", cost(|ix| ix as u32, |_| u32::MAX), 20_000);
    grows_as_its_input("always the same", cost(|_| 1, |_| 1), 20_000);
}

/// Two runs of other lengths, of which hardly anything fits: as long as they are wide apart.
#[test]
fn long_lives_are_compared() {
    use kubelapse::compare;
    use kubelapse::rules::versions::gates::Gates;
    let timeline = |states: u32, every: f64| {
        let mut text = "time,namespace,pod,kind,to,ready,restarts\n".to_owned();
        for ix in 0..states {
            let status = if ix % 2 == 0 { "Running" } else { "Error" };
            text.push_str(&format!("{:.6},default,web,status,{status},0/1,{ix}\n", f64::from(ix) * every));
        }
        compare::read(&text, &Gates::default()).expect("a timeline")
    };
    let (a, b) = (timeline(16_000, 10.0), timeline(15_000, 17.0));
    let report = compare::compare(&a, &b, &compare::Tolerance::default());
    assert!(!report.same);
    assert_eq!(report.pods[0].states_in_both, 15_000);
    assert!(report.pods[0].states_only_in_a >= 999, "the last one has just begun");
}

/// Thousands of entries of each kind, with as many problems: what reads them looks at none of the others.
#[test]
fn long_files_are_read() {
    const MANY: usize = 20_000;
    let all = |entry: &dyn Fn(usize) -> String| (0..MANY).map(entry).collect::<String>();
    let pod = crate::POD;
    let unknown = all(&|ix| format!("key{ix} = 1\n"));
    let problems =
        scenario::load("long.toml", &format!("{unknown}{pod}"), &no_files, &[]).expect_err("unknown keys");
    assert_eq!(problems.errors(), MANY);
    assert!(problems.render(false).contains("and 19900 more"));
    assert_eq!(problems.short().lines().count(), MANY);
    let images = all(&|ix| format!("[[image]]\nref = \"shop/image-{ix}:1\"\npull = \"1s\"\n"));
    let loaded =
        scenario::load_noting("long.toml", &format!("{pod}{images}"), &no_files, &[]).expect("images");
    assert_eq!((loaded.plan.images.len(), loaded.warnings.warnings()), (MANY, MANY));
    let objects = all(&|ix| format!("[[object]]\nkind = \"ConfigMap\"\nname = \"c{ix}\"\n"));
    let loaded = scenario::load("long.toml", &format!("{pod}{objects}"), &no_files, &[]).expect("objects");
    assert_eq!(loaded.objects.len(), MANY);
    let expects = all(&|ix| format!("[[expect]]\nat = \"1m\"\npod = \"web\"\nrestarts = {ix}\n"));
    let loaded =
        scenario::load("long.toml", &format!("{pod}{expects}"), &no_files, &[]).expect("expectations");
    assert_eq!(loaded.expects.last().map(|expect| expect.line), Some(4 * MANY));
}

/// Lists of thousands that an API server holds against themselves: nobody looks at all that came before for each that comes, and of pairs
/// no more are told than somebody reads.
#[test]
fn long_lists_are_admitted() {
    use kubelapse::rules::api_server::admission::{Admitted, Rejection, Request, admit};
    use kubelapse::rules::versions::gates::Gates;
    use serde_json::{Value, json};
    const MANY: usize = 20_000;
    let list = |entry: fn(usize) -> Value| (0..MANY).map(entry).collect::<Vec<Value>>();
    let admitted = |spec: Value, container: Value| -> Result<Admitted, Rejection> {
        let mut pod =
            json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" }, "spec": spec });
        pod["spec"]["containers"] = json!([{ "name": "app", "image": "x" }]);
        pod["spec"]["containers"][0]
            .as_object_mut()
            .expect("a map")
            .extend(container.as_object().cloned().unwrap_or_default());
        let now = kubelapse::time::Time::from_micros(0);
        admit(&pod, &Request { gates: Gates::default(), now, namespace: "default", suffix: "abcde", uid: "" })
    };
    let warned =
        |spec: Value, container: Value| admitted(spec, container).expect("it is let in").warnings.len();
    let port = |ix: usize| json!({ "name": format!("p{ix}"), "containerPort": ix + 1 });
    assert_eq!(warned(json!({}), json!({ "ports": list(port) })), 0);
    // Of each two of them something could be said: 200 million times.
    let alike = |_| json!({ "containerPort": 80 });
    assert_eq!(warned(json!({}), json!({ "ports": list(alike) })), 1_000);
    let variable = |ix: usize| json!({ "name": format!("E{ix}"), "value": "x" });
    assert_eq!(warned(json!({}), json!({ "env": list(variable) })), 0);
    let again = |_| json!({ "name": "E", "value": "x" });
    assert_eq!(warned(json!({}), json!({ "env": list(again) })), MANY - 1);
    let volume = |ix: usize| json!({ "name": format!("v{ix}"), "emptyDir": {} });
    let mount = |ix: usize| json!({ "name": format!("v{ix}"), "mountPath": format!("/v{ix}") });
    assert_eq!(warned(json!({ "volumes": list(volume) }), json!({ "volumeMounts": list(mount) })), 0);
    let refused = |spec: Value| match admitted(spec, json!({})) {
        Err(rejection) => rejection.to_string(),
        Ok(_) => panic!("it is let in"),
    };
    let spread = |_| json!({ "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {} });
    let words = refused(json!({ "topologySpreadConstraints": list(spread) }));
    assert_eq!(words.matches("Duplicate value").count(), MANY - 1);
    let gate = |_| json!({ "name": "example.com/gate" });
    assert_eq!(
        refused(json!({ "schedulingGates": list(gate) })).matches("Duplicate value").count(),
        MANY - 1
    );
}

/// Pods that are not to be on one host, ten for each of them: whoever finds none left need not look at all of them again.
#[test]
fn pods_apart_are_placed() {
    let looks = |pods: usize| {
        let term =
            "{ topologyKey = \"kubernetes.io/hostname\", labelSelector = { matchLabels = { app = \"w\" } } }";
        let text = format!(
            "until = \"20m\"\n[[node]]\nname = \"node\"\ncount = {}\n[[pod]]\nname = \"web\"\nlabels = {{ app = \"w\" }}\nreplicas = \
             {pods}\n[pod.spec.affinity.podAntiAffinity]\nrequiredDuringSchedulingIgnoredDuringExecution = [{term}]\n\
             [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n",
            pods / 10
        );
        let session = played(text);
        let bound = session.world.pods.iter().filter(|pod| pod.node.is_some()).count();
        assert_eq!(bound, pods / 10);
        session.world.scheduler.cluster.looks()
    };
    grows_as_its_input("apart", looks, 500);
}

/// Pods that are spread, ten for each node: whoever comes need not count all that are there already.
#[test]
fn pods_spread_are_placed() {
    let looks = |key: &str, pods: usize| {
        let nodes = pods / 10;
        let text = format!(
            "until = \"20m\"\n[[node]]\nname = \"a\"\ncount = {0}\nlabels = {{ \"topology.kubernetes.io/zone\" = \"a\" }}\n[[node]]\nname = \
             \"b\"\ncount = {0}\nlabels = {{ \"topology.kubernetes.io/zone\" = \"b\" }}\n[[pod]]\nname = \"web\"\nlabels = {{ app = \"w\" \
             }}\nreplicas = {pods}\n[pod.spec]\ntopologySpreadConstraints = [{{ maxSkew = 1, topologyKey = \"{key}\", whenUnsatisfiable = \
             \"DoNotSchedule\", labelSelector = {{ matchLabels = {{ app = \"w\" }} }} }}]\n[[pod.spec.containers]]\nname = \
             \"app\"\nimage = \"x\"\n",
            nodes / 2
        );
        let session = played(text);
        assert!(session.world.pods.iter().all(|pod| pod.node.is_some()));
        session.world.scheduler.cluster.looks()
    };
    for key in ["kubernetes.io/hostname", "topology.kubernetes.io/zone"] {
        grows_as_its_input(key, |pods| looks(key, pods), 500);
    }
}

/// Nodes that are cordoned, tainted and given back one after the other: nobody looks at all the others for it.
#[test]
fn nodes_are_cordoned_and_tainted() {
    let looks = |nodes: usize| {
        let each = |ix: usize| {
            let at = 60 + ix;
            format!(
                "[[action]]\nat = \"{at}s\"\ncordon = \"node/node-{ix}\"\n[[action]]\nat = \"{at}s\"\ntaint = \"node/node-{ix}\"\n\
                 taints = [{{ key = \"k\", effect = \"NoSchedule\" }}]\n[[action]]\nat = \"{}s\"\nuncordon = \"node/node-{ix}\"\n",
                at + 600
            )
        };
        let actions: String = (0..nodes).map(each).collect();
        let text =
            format!("until = \"1h\"\n[[node]]\nname = \"node\"\ncount = {nodes}\n{}{actions}", crate::POD);
        played(text).world.scheduler.cluster.looks()
    };
    grows_as_its_input("cordons", looks, 200);
}

/// Expectations that stay open while pods go on failing: each is looked at when its own pod changes.
#[test]
fn open_expectations_are_judged() {
    let looks = |when: &'static str, what: &'static str| {
        move |pods: usize| {
            let expects: String =
                (0..pods).map(|ix| format!("[[expect]]\n{when}\npod = \"web-{ix}\"\n{what}\n")).collect();
            let text = format!(
                "until = \"10m\"\n[[node]]\nname = \"node\"\ncount = {}\n[[pod]]\nname = \"web\"\nreplicas = {pods}\n[[pod.spec.containers]]\n\
                 name = \"app\"\nimage = \"x\"\n[pod.behavior.containers.app]\nattempts = [{{ runs = \"5s\", exit = 1 }}]\n{expects}",
                pods / 50
            );
            let plan =
                scenario::load("fleet.toml", &text, &no_files, &[]).unwrap_or_else(|told| panic!("{told}"));
            let plan = Arc::new(plan);
            let mut judge = Judge::new(&plan);
            let mut session = Session::new(&plan, 0);
            loop {
                let next = session.next_time();
                judge.before(next, &session.world);
                if session.step().is_none() {
                    break;
                }
            }
            judge.looks()
        }
    };
    grows_as_its_input("by", looks("by = \"9m\"", "phase = \"Failed\""), 100);
    let throughout = looks("from = \"1m\"\nto = \"9m\"", "phase = \"Running\"");
    grows_as_its_input("throughout", throughout, 100);
    grows_as_its_input("at", looks("at = \"9m\"", "phase = \"Running\""), 100);
}

/// Labels that many pods change again and again: what the scheduler keeps of them are the kinds of pods that there were.
#[test]
fn relabelled_pods_share_what_is_kept() {
    let text = |pods: usize| {
        let actions: String = (0..50)
            .map(|ix| {
                format!(
                    "[[action]]\nat = \"{}s\"\nlabel = \"pod/*\"\nlabels = {{ a = \"{}\" }}\n",
                    60 + ix,
                    ix % 10
                )
            })
            .collect();
        format!("until = \"10m\"\n{}replicas = {pods}\n{actions}", crate::POD)
    };
    for pods in [20, 40] {
        assert_eq!(played(text(pods)).world.scheduler.cluster.requests(), 11);
    }
}

/// Steps of whole fleets: twice the pods, or twice the time, are twice the events.
#[test]
fn fleets_are_played() {
    let steps = |text: String| played(text).world.step;
    let fleet = |pods: usize, nodes: usize, spec: &str| {
        format!(
            "until = \"20m\"\n[[node]]\nname = \"node\"\ncount = {nodes}\n[[pod]]\nname = \"web\"\nlabels = {{ app = \"w\" }}\nreplicas = \
             {pods}\n{spec}\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n"
        )
    };
    let apart = "[pod.spec.affinity.podAntiAffinity]\nrequiredDuringSchedulingIgnoredDuringExecution = [{ topologyKey = \
                 \"kubernetes.io/hostname\", labelSelector = { matchLabels = { app = \"w\" } } }]";
    for (what, spec, per_node) in [("plain", "", 20), ("apart", apart, 10)] {
        grows_as_its_input(what, |pods| steps(fleet(pods, pods / per_node, spec)), 200);
    }
    let labelled = |times: usize| {
        let actions = |ix| {
            format!("[[action]]\nat = \"{}s\"\nlabel = \"pod/web\"\nlabels = {{ n = \"{ix}\" }}\n", ix + 1)
        };
        format!("until = \"2h\"\n{}{}", crate::POD, (0..times).map(actions).collect::<String>())
    };
    grows_as_its_input("relabels", |times| steps(labelled(times)), 500);
}

/// Documents of manifests, each of its own name: none of them is sent, or waited for, more than once.
#[test]
fn documents_are_sent() {
    let document = |kind: &str, version: &str, number: usize, spec: &str| {
        format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: d-{number}, namespace: s-{number}}}\n{spec}---\n"
        )
    };
    let web = "spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: \
               i}]}}}\n";
    let played = |one: &dyn Fn(usize) -> String, documents: usize| {
        let text: String = (0..documents).map(one).collect();
        let scenario = "until = \"10m\"\n[[node]]\nname = \"n\"\n[[apply]]\nmanifest = \"many.yaml\"\n";
        let plan = scenario::load("many.toml", scenario, &|_| Ok(text.clone()), &[]);
        let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
        let mut session = Session::new(&plan, 0);
        let mut steps = 0;
        while session.step().is_some() {
            steps += 1;
        }
        assert!(session.world.answers.is_empty(), "{:?}", session.world.answers.first());
        steps
    };
    let deployments = |number: usize| document("Deployment", "apps/v1", number, web);
    grows_as_its_input("Deployments", |many| played(&deployments, many), 500);
    let services =
        |number: usize| document("Service", "v1", number, "spec: {ports: [{port: 80}], selector: {a: b}}\n");
    grows_as_its_input("Services", |many| played(&services, many), 500);
    let with_namespaces = |number: usize| {
        format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: s-{number}}}\n---\n")
            + &deployments(number)
    };
    grows_as_its_input("Namespaces", |many| played(&with_namespaces, many), 250);
}

/// Drains of a tenth of the nodes, node after node, of pods behind a budget: twice the nodes are twice the events.
#[test]
fn nodes_are_drained() {
    let steps = |nodes: usize| {
        let manifest = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  replicas: {}\n  selector: {{ matchLabels: {{ app: \
             w }} }}\n  template:\n    metadata: {{ labels: {{ app: w }} }}\n    spec: {{ containers: [{{ name: app, image: x }}] }}\n---\n\
             apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{ name: web }}\nspec: {{ maxUnavailable: 10%, selector: {{ \
             matchLabels: {{ app: w }} }} }}\n",
            4 * nodes
        );
        let text = format!(
            "until = \"2h\"\n[[node]]\nname = \"old\"\ncount = {}\n[[node]]\nname = \"worker\"\ncount = {}\n[[apply]]\nmanifest = \
             \"web.yaml\"\n[[action]]\nat = \"5m\"\ndrain = \"node/old-*\"\n",
            nodes / 10,
            nodes - nodes / 10
        );
        let load = |_: &str| Ok(manifest.clone());
        let plan = scenario::load("drain.toml", &text, &load, &[]).unwrap_or_else(|told| panic!("{told}"));
        let mut session = Session::new(&Arc::new(plan), 0);
        while session.step().is_some() {
            session.world.outbox.clear();
        }
        assert!(session.world.pods.len() > 4 * nodes, "some were evicted");
        session.world.step
    };
    grows_as_its_input("drains", steps, 50);
}
