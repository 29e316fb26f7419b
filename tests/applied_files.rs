//! Manifests of workloads in a scenario: what is read of them, what is said against them, and what programs, verbs and
//! expectations say of what they make.

use std::collections::BTreeMap;
use std::sync::Arc;

use kubelapse::record::Change;
use kubelapse::rules::api_server::objects::ObjectType;
use kubelapse::scenario::applied::ApplyPlan;
use kubelapse::scenario::command::{Cascade, Command};
use kubelapse::scenario::expected::{Amount, Expected, When};
use kubelapse::scenario::plan::{AttemptsOf, ObjectKind};
use kubelapse::scenario::programs::{Belongs, behavior};
use kubelapse::scenario::{self, Diagnostics, Loaded};
use kubelapse::session::{self, expect};
use kubelapse::time::Span;

const WEB: &str = r#"# The shop
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      initContainers: [{ name: setup, image: "shop/setup:1" }]
      containers: [{ name: app, image: "shop/web:1", readinessProbe: { tcpSocket: { port: 80 } } }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: front }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { b: "1" }
binaryData: { a: "" }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
---
apiVersion: v1
kind: Pod
metadata: { name: hand }
spec: { containers: [{ name: app, image: "shop/web:1", readinessProbe: { tcpSocket: { port: 80 } } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: Wrong }
spec: { containers: [{ name: app, image: "shop/web:1" }] }
"#;

/// A document that is no YAML, a kind that nobody plays, a key that stands twice, a version that is no longer served.
const MIXED: &str = "kind: [
---
apiVersion: v1
kind: Node
metadata: { name: elsewhere }
spec: { unschedulable: true }
---
apiVersion: v1
kind: Pod
metadata: { name: good }
spec:
  containers:
  - name: app
    image: web:1
    image: web:2
---
apiVersion: extensions/v1beta1
kind: Deployment
metadata: { name: old }
---
metadata: { name: nothing }
";

const ROLLOUT: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: "shop/web:1" }] }
"#;

fn load_with(text: &str, sets: &[&str]) -> Result<Loaded, Diagnostics> {
    let files = BTreeMap::from([
        ("web.yaml", WEB),
        ("mixed.yaml", MIXED),
        ("rollout.yaml", ROLLOUT),
        ("bad.yaml", "kind: ["),
    ]);
    let loader =
        |path: &str| files.get(path).map(|t| (*t).to_owned()).ok_or_else(|| "no such file".to_owned());
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    scenario::load_noting("shop.toml", text, &loader, &sets)
}

fn load(text: &str) -> Loaded {
    load_with(text, &[]).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn refused(text: &str) -> String {
    load_with(text, &[]).expect_err("it is refused").short()
}

const APPLY: &str = "[[apply]]\nmanifest = \"web.yaml\"\nnamespace = \"shop\"\nat = \"5s\"\nid = \"first\"\n";

#[test]
fn documents_become_what_they_are_here() {
    let Loaded { plan, warnings } = load(APPLY);
    let [apply] = plan.applies.as_slice() else { panic!("one apply") };
    assert_eq!(apply.at, plan.start + Span::from_secs(5));
    assert_eq!(apply.id.map(|id| id.to_string()), Some("first".to_owned()));
    let told: Vec<(ObjectType, &str, &str, usize)> =
        apply.objects.iter().map(|o| (o.kind, o.name(), o.namespace(apply), o.line)).collect();
    assert_eq!(told, [(ObjectType::Deployment, "web", "shop", 2), (ObjectType::Service, "web", "front", 14)]);
    assert_eq!(apply.objects[0].value["spec"]["replicas"], 3, "as written");
    let settings = &plan.objects[0];
    assert_eq!((settings.kind, settings.namespace.as_str()), (ObjectKind::ConfigMap, "shop"));
    assert_eq!(settings.keys, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(settings.at, Some(apply.at));
    let [hand] = plan.templates.as_slice() else { panic!("one pod") };
    assert_eq!((hand.name.as_str(), hand.namespace.as_str(), hand.at), ("hand", "shop", apply.at));
    assert_eq!(apply.refused.len(), 1);
    assert!(
        apply.refused[0].starts_with("The Pod \"Wrong\" is invalid: metadata.name"),
        "{}",
        apply.refused[0]
    );
    assert_eq!(plan.left_out.no_effect, ["Ingress"]);
    let warnings = warnings.short();
    assert!(warnings.contains("the API server will refuse this: The Pod \"Wrong\" is invalid"), "{warnings}");
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
}

const STACK: &str = r#"
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: "shop/web:1" }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 0 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
"#;

/// kubectl asks and sends object by object; what is refused in between leaves the next one alone.
#[test]
fn objects_of_a_file_are_sent_one_after_the_other() {
    let loader = |_: &str| Ok(STACK.to_owned());
    let text = "until = \"5s\"\n[[apply]]\nmanifest = \"stack.yaml\"\nat = \"1s\"\n";
    let plan = Arc::new(scenario::load("shop.toml", text, &loader, &[]).expect("it is read"));
    let mut gaps = Vec::new();
    for seed in 0..20 {
        let mut session = session::Session::new(&plan, seed);
        let mut answered = Vec::new();
        while session.step().is_some() {
            let world = &session.world;
            let Some(own) = world.log.first() else { continue };
            if answered.len() < own.answer.len() {
                answered.push(world.now.since(plan.start).micros());
                assert_eq!(answered.len(), own.answer.len(), "one at a time");
                assert_eq!(own.waits, answered.len() < 3);
            }
        }
        let own = &session.world.log[0];
        assert_eq!(own.answer[0], "replicaset.apps/web created");
        assert!(own.answer[1].starts_with("The Service \"web\" is invalid: "), "{:?}", own.answer);
        assert_eq!((own.answer[2].as_str(), own.refusals), ("service/web created", 1));
        assert_eq!(answered[0], 1_000_000, "the first one at once");
        gaps.extend(answered.windows(2).map(|pair| pair[1] - pair[0]));
    }
    gaps.sort_unstable();
    assert!(gaps[0] > 1_000 && gaps[39] < 250_000, "{gaps:?}");
    assert!((8_000..25_000).contains(&gaps[20]), "{gaps:?}");
}

/// A run begins together with kubectl, which asks before it sends.
#[test]
fn the_first_object_of_a_run_takes_its_requests() {
    let loader = |_: &str| Ok(STACK.to_owned());
    let text = "until = \"5s\"\n[[apply]]\nmanifest = \"stack.yaml\"\nat = \"0s\"\n";
    let plan = Arc::new(scenario::load("shop.toml", text, &loader, &[]).expect("it is read"));
    let first = |seed| {
        let lived = session::live(&plan, seed);
        let row = lived.transitions.iter().find(|row| matches!(row.change, Change::Object { .. }));
        row.expect("a ReplicaSet").time.since(plan.start).micros()
    };
    let mut all: Vec<i64> = (0..100).map(first).collect();
    all.sort_unstable();
    // Recorded: 5.2 ms at least, 9.5 in the median, 36 at the 95th percentile.
    assert!(all[0] >= 5_000 && all[99] < 400_000, "{all:?}");
    assert!((7_500..12_500).contains(&all[50]) && (20_000..70_000).contains(&all[95]), "{all:?}");
}

/// What is expected from the run's begin on is looked at when the object is there; one that never comes is missed.
#[test]
fn expectations_wait_for_what_is_on_its_way() {
    let missed = |stack: &str| {
        let text = "until = \"5s\"\n[[apply]]\nmanifest = \"stack.yaml\"\nat = \"0s\"\n\
                    [[expect]]\nreplicaSet = \"web\"\nfrom = \"0s\"\nto = \"3s\"\ndesired = 1\n\
                    [[expect]]\nservice = \"web\"\nfrom = \"0s\"\nto = \"3s\"\nreadyEndpoints = { max = 1 }\n";
        let loader = |_: &str| Ok(stack.to_owned());
        let plan = Arc::new(scenario::load("shop.toml", text, &loader, &[]).expect("it is read"));
        expect::check(&plan, 0).into_iter().map(|failure| (failure.index, failure.seen)).collect::<Vec<_>>()
    };
    assert_eq!(missed(STACK), []);
    let (refused, _) = STACK.rsplit_once("---").expect("three objects");
    let missed = missed(refused);
    assert!(
        matches!(&missed[..], [(1, seen)] if seen.starts_with("none of that name yet (at ")),
        "{missed:?}"
    );
}

#[test]
fn what_cannot_be_read_or_is_not_played_is_told() {
    for (text, problem) in [
        (
            "[[apply]]\nmanifest = \"none.yaml\"",
            "shop.toml:2:12: error[E0201]: `none.yaml` cannot be read; no such file",
        ),
        (
            "[[apply]]\nmanifest = [\"web.yaml\", \"bad.yaml\"]",
            "shop.toml:2:25: error[E0201]: `bad.yaml` is no manifest",
        ),
        (
            "[[apply]]\nmanifest = 5",
            "error[E0003]: a whole number does not belong here; expected a string, or a list of strings",
        ),
        ("[[apply]]\nat = \"0s\"", "error[E0005]: `manifest` is missing in this `apply`"),
    ] {
        let told = refused(text);
        assert!(told.contains(problem), "{told}");
    }
}

#[test]
fn a_document_that_is_wrong_spoils_only_itself() {
    let problem = "`mixed.yaml` is no manifest; line 1, column 7: ";
    let told = refused("[[apply]]\nmanifest = \"mixed.yaml\"");
    assert!(told.contains(problem), "{told}");
    let Loaded { plan, warnings } = load("[[apply]]\nmanifest = \"mixed.yaml\"\ncontinueOnError = true");
    let warnings = warnings.short();
    for part in [
        "mixed.yaml:1:7: warning[W0002]: a document that is no manifest",
        "mixed.yaml:5:13: warning[W0001]: the node `elsewhere` is not among the scenario's",
        "mixed.yaml:15:5: warning[W0001]: the key `spec.containers[0].image` stands twice; this one counts",
        "no matches for kind \"Deployment\" in version \"extensions/v1beta1\"",
        "a document of `mixed.yaml` has no kind",
    ] {
        assert!(warnings.contains(part), "{part}:\n{warnings}");
    }
    assert_eq!(plan.templates.len(), 1);
    assert_eq!(plan.templates[0].spec.containers[0].image, "web:2");
    let refused = &plan.applies[0].refused;
    let told =
        ["error: error parsing mixed.yaml: ", "error: resource mapping not found", "error: unable to decode"];
    assert_eq!(refused.len(), told.len(), "{refused:#?}");
    for (words, told) in refused.iter().zip(told) {
        assert!(words.starts_with(told), "{words}");
    }
}

#[test]
fn pod_templates_of_kinds_that_nobody_plays_are_played_where_it_is_asked_for() {
    let apply = "[[apply]]\nmanifest = \"rollout.yaml\"\n";
    let Loaded { plan, warnings } = load(apply);
    assert_eq!(warnings.warnings(), 0);
    assert_eq!(
        plan.left_out.no_effect_words(),
        "no effect on when pods run: Rollout (argoproj.io/v1alpha1)\n--template-of Rollout plays the pod templates in it \
         (templatesOf = [\"Rollout\"] in [[apply]])\n"
    );
    assert!(plan.templates.is_empty());
    let plan = load(&format!("{apply}templatesOf = [\"Rollout\"]")).plan;
    let names: Vec<&str> = plan.templates.iter().map(|template| template.name.as_str()).collect();
    assert_eq!(names, ["web-0", "web-1"]);
    assert!(plan.templates.iter().all(|template| template.namespace == "shop"));
}

#[test]
fn fields_are_changed_by_the_file_and_by_set() {
    let text = format!("{APPLY}[deployment.web]\nspec.replicas = 7\n");
    assert_eq!(load(&text).plan.applies[0].objects[0].value["spec"]["replicas"], 7);
    let sets = [
        "deployment.web.spec.replicas=5",
        "deployment.web.spec.template.spec.containers.app.image=shop/web:2",
    ];
    let loaded = load_with(APPLY, &sets).expect("it is read");
    let web = &loaded.plan.applies[0].objects[0].value;
    assert_eq!(web["spec"]["replicas"], 5);
    let container = &web["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&container["image"], &container["name"]), (&"shop/web:2".into(), &"app".into()));
    assert!(container["readinessProbe"].is_object(), "the rest stays");
    let told = load_with(APPLY, &["deployment.wep.spec.replicas=5"]).expect_err("it is refused").short();
    assert!(told.contains("no [[apply]] has a Deployment `wep`; did you mean `web`?"), "{told}");
}

#[test]
fn of_each_container_the_first_program_counts_that_fits() {
    let text = format!(
        "{APPLY}[[program]]\nimage = \"shop/web:*\"\nworkload = \"deployment/web\"\nrevision = 2\nindex = 3\n\
         attempts = [{{ runs = \"1s\", exit = 1 }}]\nattemptsOf = \"workload\"\n\
         [[program]]\ncontainer = \"app\"\nboots = \"20s\"\n[[program]]\nimage = \"shop/setup:1\"\n"
    );
    let plan = load(&text).plan;
    let spec = &plan.templates[0].spec;
    let of = |belongs: &Belongs<'_>| behavior(&plan.programs, spec, belongs).containers.remove(0);
    let web = Belongs { owner: Some(("deployment", "web")), revision: Some(2), index: Some(3) };
    assert_eq!(of(&web).attempts_of, AttemptsOf::Workload);
    assert!(of(&web).attempts[0].runs.is_some());
    for other in [
        Belongs { revision: Some(1), ..web },
        Belongs { index: None, ..web },
        Belongs { owner: Some(("replicaset", "web")), ..web },
    ] {
        let booting = &of(&other).attempts[0];
        assert!(booting.runs.is_none() && booting.startup.is_empty());
        let answers: Vec<(Span, f64)> = booting.readiness.iter().map(|p| (p.at, p.failure_rate)).collect();
        assert_eq!(answers, [(Span::ZERO, 1.0), (Span::from_secs(20), 0.0)]);
    }
    // A bare pod of the apply has it too.
    assert_eq!(plan.templates[0].behavior.containers[0].attempts[0].readiness.len(), 2);
    for (text, problem) in [
        ("image = \"shop/wep:*\"", "warning[W0001]: no container uses an image like `shop/wep:*`"),
        ("container = \"ap\"", "error[E0102]: there is no container `ap`; did you mean `app`?"),
        ("workload = \"deployment/wep\"", "error[E0101]: no [[apply]] has a Deployment `wep`"),
        ("workload = \"job/web\"", "error[E0101]: no [[apply]] has a Job `web`"),
        ("workload = \"node/web\"", "error[E0004]: `node/web` is no workload"),
        ("attemptsOf = \"pod\"", "error[E0004]: `pod` is not known here"),
    ] {
        let text = format!("{APPLY}[[program]]\n{text}\n");
        let told = match load_with(&text, &[]) {
            Ok(loaded) => loaded.warnings.short(),
            Err(problems) => problems.short(),
        };
        assert!(told.contains(problem), "{told}");
    }
}

#[test]
fn verbs_of_workloads_are_commands() {
    let actions = [
        "scale = \"deployment/web\"\nreplicas = 5",
        "setImage = \"deploy/web\"\ncontainer = \"app\"\nimage = \"shop/web:2\"",
        "rolloutUndo = \"deployment/web\"\ntoRevision = 1",
        "delete = \"deployment/web\"\ncascade = \"orphan\"",
        "delete = \"pods\"\nmatchLabels = { app = \"web\" }\nnode = \"node\"\nlimit = 1\nid = \"one\"",
        "kill = \"pod/web-5cd7dcc68-abcde\"\ncontainer = \"app\"",
        "apply = \"web.yaml\"\nnamespace = \"shop\"",
        "delete = \"ConfigMap/settings\"",
        "rolloutStatus = \"deployment/web\"\ntimeout = \"1m\"",
        "wait = \"deployment/web\"\nfor = \"condition=Available\"",
        "patch = \"service/web\"\nmerge = { metadata = { labels = { a = \"b\" } } }",
        "label = \"service/web\"\nlabels = { a = \"b\" }",
        "rolloutRestart = \"deployment/web\"",
        "rolloutPause = \"deployment/web\"",
        "rolloutResume = \"deployment/web\"",
    ];
    let mut text = APPLY.to_owned();
    for action in actions {
        text.push_str(&format!("[[action]]\nat = \"9s\"\n{action}\n"));
    }
    let plan = load(&text).plan;
    let commands: Vec<&Command> = plan.actions.iter().map(|a| &a.command).collect();
    assert!(matches!(commands[0], Command::Scale { replicas: 5, object } if object.name == "web"));
    assert!(matches!(commands[1], Command::SetTemplateImage { container, .. } if *container == "app"));
    assert!(matches!(commands[2], Command::RolloutUndo { to_revision: Some(1), .. }));
    assert!(matches!(commands[3], Command::DeleteObject { cascade: Cascade::Orphan, .. }));
    let Command::DeletePod { pod, .. } = commands[4] else { panic!("pods") };
    let among = pod.among.as_deref().expect("by labels");
    assert_eq!(
        (among.labels["app"].as_str(), among.node.as_deref(), among.limit),
        ("web", Some("node"), Some(1))
    );
    assert_eq!(plan.actions[4].id.map(|id| id.to_string()), Some("one".to_owned()));
    assert!(matches!(commands[5], Command::Kill { .. }));
    assert!(matches!(commands[6], Command::Apply { apply } if of(apply) == 2));
    assert!(matches!(commands[7], Command::Remove { .. }));
    assert!(matches!(commands[8], Command::RolloutStatus { timeout: Some(_), .. }));
    assert!(matches!(commands[9], Command::Wait { condition, .. } if condition == "condition=Available"));
    assert!(matches!(commands[10], Command::PatchObject { .. }));
    assert!(matches!(commands[11], Command::LabelObject { .. }));
    for (action, problem) in [
        ("scale = \"service/web\"\nreplicas = 1", "`service/…` cannot stand here"),
        (
            "scale = \"deployment/wep\"\nreplicas = 1",
            "there is never a Deployment `wep`; did you mean `web`?",
        ),
        ("scale = \"deployment/web\"", "`scale` needs `replicas`"),
        ("rolloutPause = \"replicaSet/web\"", "`replicaSet/…` cannot stand here"),
        ("delete = \"pods\"", "this does not say which pods"),
        ("delete = \"deployment/web\"\nlimit = 1", "`limit` chooses among pods"),
        ("delete = \"deploymnt/web\"", "did you mean `deployment/web`?"),
        ("wait = \"deployment/web\"\nfor = \"ever\"", "`ever` cannot be waited for"),
        ("setImage = \"deployment/web\"\nimage = \"x\"", "`container` is missing: this workload has several"),
    ] {
        let told = refused(&format!("{APPLY}[[action]]\nat = \"9s\"\n{action}\n"));
        assert!(told.contains(problem), "{told}");
    }
}

fn of(apply: &ApplyPlan) -> usize {
    apply.objects.len()
}

#[test]
fn expectations_are_read() {
    let text = format!(
        "{APPLY}[[expect]]\ndeployment = \"web\"\nby = \"90s\"\nafter = \"10s\"\nrollout = \"complete\"\nready = 3\n\
         unavailable = {{ max = 1 }}\nconditions = {{ Progressing = \"True/NewReplicaSetAvailable\", X = \"none\" }}\n\
         [[expect]]\nservice = \"web\"\nfrom = \"1m\"\nto = \"2m\"\nreadyEndpoints = {{ min = 2 }}\n\
         [[expect]]\naction = \"first\"\nat = \"9s\"\nanswer = \"done\"\nmessage = \"created\"\n\
         [[expect]]\npod = \"web-*\"\nat = \"1m\"\ncount = 3\nwhere = {{ status = \"Running\", revision = 1 }}\n"
    );
    let plan = load(&text).plan;
    let at = |secs| plan.start + Span::from_secs(secs);
    assert_eq!(plan.expects[0].when, When::By { after: at(10), by: at(90) });
    let Expected::Workload(web) = &plan.expects[0].what else { panic!("a workload") };
    assert_eq!(web.unavailable, Some(Amount { min: 0, max: 1 }));
    assert_eq!(web.conditions["Progressing"].to_string(), "True/NewReplicaSetAvailable");
    assert_eq!(plan.expects[1].when, When::Throughout { from: at(60), to: at(120) });
    let told: Vec<String> = plan.expects.iter().map(|expect| expect::describe(expect, plan.start)).collect();
    assert_eq!(
        told,
        [
            "deployment/web after 10s and by 1m30s: rollout complete, ready 3, unavailable 1 or fewer, \
             Progressing True/NewReplicaSetAvailable, X none",
            "service/web from 1m0s to 2m0s: ready endpoints 2 or more",
            "action first at 9s: answer done, message \"created\"",
            "web-* at 1m0s: of those with STATUS Running and revision 1, count 3",
        ]
    );
    for (entry, problem) in [
        ("deployment = \"web\"\nready = 3", "this `expect` does not say when"),
        ("at = \"1s\"\nready = \"1/1\"", "this `expect` does not say of whom"),
        ("deployment = \"web\"\nat = \"1s\"\nby = \"2s\"\nready = 3", "`at` and `by` are two times"),
        (
            "deployment = \"web\"\nat = \"1s\"\nready = \"1/1\"",
            "of a workload `ready` is the number of its ready pods",
        ),
        (
            "deployment = \"web\"\nat = \"1s\"\nphase = \"Running\"",
            "`phase` cannot be expected of a `deployment`",
        ),
        (
            "service = \"web\"\nat = \"1s\"\nreadyEndpoints = { min = 3, max = 2 }",
            "no number is in this range",
        ),
        ("action = \"frist\"\nat = \"1s\"\nanswer = \"done\"", "has the id `frist`; did you mean `first`?"),
        ("pod = \"web-*\"\nat = \"1s\"\nready = 1", "cannot stand in the READY column"),
        ("pod = \"hand\"\nat = \"1s\"\ncount = 1", "`count` is that of an event, or of the pods of a glob"),
        ("deployment = \"web\"\nfrom = \"2s\"\nto = \"1s\"\nready = 1", "this time ends before it begins"),
    ] {
        let told = refused(&format!("{APPLY}[[expect]]\n{entry}\n"));
        assert!(told.contains(problem), "{told}");
    }
}

/// One pod that is Ready from about 4 s on and ends at about 24 s, and another one that is deleted.
const LIVES: &str = r#"
[[pod]]
name = "web"
replicas = 2
[pod.spec]
restartPolicy = "Never"
containers = [{ name = "app", image = "x", readinessProbe = { tcpSocket = { port = 80 }, periodSeconds = 1 } }]
[pod.behavior.containers.app]
attempts = [{ runs = "20s", onTerm = { after = "2s" }, readiness = [{ at = "0s", ok = false }, { at = "3s" }] }]
[[action]]
at = "10s"
delete = "pods"
matchLabels = { }
node = "node"
limit = 1
"#;

fn failures(entry: &str) -> Vec<String> {
    let plan = Arc::new(load(&format!("{LIVES}[[expect]]\n{entry}\n")).plan);
    expect::check(&plan, 1)
        .into_iter()
        .map(|f| format!("{}: {}, not {}", f.what, f.seen, f.expected))
        .collect()
}

#[test]
fn pods_are_looked_at_over_a_time_and_by_glob() {
    for holds in [
        "pod = \"web-*\"\nby = \"30s\"\nready = \"1/1\"",
        "pod = \"web-1\"\nfrom = \"9s\"\nto = \"20s\"\nready = \"1/1\"",
        "pod = \"web-1\"\nby = \"1m\"\nafter = \"15s\"\nready = \"0/1\"",
        "pod = \"web-*\"\nat = \"9s\"\ncount = 2\nready = \"1/1\"",
        "pod = \"web-*\"\nat = \"1m\"\ncount = 1\nstatus = \"Completed\"",
        "pod = \"web-*\"\nat = \"11s\"\nwhere = { status = \"Terminating\", image = \"x*\" }\ncount = 1",
        "pod = \"web-*\"\nat = \"9s\"\ncount = { min = 1, max = 2 }\nnoEvent = \"Killing\"",
        "pod = \"web-0\"\nby = \"1m\"\ngone = true",
        "pod = \"web-*\"\nat = \"20s\"\nconditions = { Ready = \"True\" }\nwhere = { ready = \"1/1\" }",
    ] {
        assert_eq!(failures(holds), Vec::<String>::new(), "{holds}");
    }
    for (entry, told) in [
        ("pod = \"web-*\"\nby = \"2s\"\nready = \"1/1\"", "READY of web-0: 0/1, not 1/1"),
        ("pod = \"web-1\"\nfrom = \"9s\"\nto = \"40s\"\nready = \"1/1\"", "READY: 0/1 (at 2"),
        ("pod = \"web-1\"\nby = \"1m\"\nafter = \"40s\"\nready = \"1/1\"", "READY: 0/1, not 1/1"),
        ("pod = \"web-*\"\nat = \"9s\"\ncount = 3", "the number of pods: 2 (web-0, web-1), not 3"),
        (
            "pod = \"web-*\"\nat = \"9s\"\nwhere = { status = \"Pending\" }\nready = \"0/1\"",
            "the pods: none of such a name",
        ),
    ] {
        let failures = failures(entry);
        assert!(failures.len() == 1 && failures[0].starts_with(told), "{entry}: {failures:?}");
    }
}

#[test]
fn a_node_joins_and_a_young_kubelet_spreads_its_first_probes() {
    let text = "[[node]]\nname = \"late\"\nat = \"20s\"\n[[pod]]\nname = \"web\"\n\
         [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
         [[expect]]\npod = \"web\"\nat = \"19s\"\nnode = \"<none>\"\nstatus = \"Pending\"\n\
         [[expect]]\npod = \"web\"\nby = \"30s\"\nafter = \"20s\"\nstatus = \"Running\"\nnode = \"late\"\n";
    assert_eq!(expect::check(&Arc::new(load(text).plan), 0), []);
    let ready = |uptime: &str, seed| {
        let text = format!(
            "[[node]]\nname = \"n\"\nkubeletUptime = \"{uptime}\"\n[[pod]]\nname = \"web\"\n\
             [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\nlivenessProbe = {{ tcpSocket = {{ port = 80 }}, \
             periodSeconds = 60, failureThreshold = 1 }}\n[pod.behavior.containers.app]\n\
             attempts = [{{ liveness = [{{ at = \"0s\", ok = false }}] }}]\n\
             [[expect]]\npod = \"web\"\nby = \"50s\"\nevent = \"Unhealthy\"\n"
        );
        expect::check(&Arc::new(load(&text).plan), seed).is_empty()
    };
    assert!(
        (0..8).all(|seed| !ready("10m", seed)),
        "a first look right away finds nothing started, the next is a minute later"
    );
    assert!((0..8).any(|seed| ready("2s", seed)), "somewhere in the first minute");
}

/// Once its deadline is over a pod counts as Failed, and its probe workers end; a container without one is ready while it runs.
#[test]
fn a_pod_beyond_its_deadline_is_probed_no_more() {
    let text = "[[node]]\nname = \"n\"\n[[pod]]\nname = \"web\"\n[pod.spec]\nactiveDeadlineSeconds = 10\n\
         [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\nreadinessProbe = { tcpSocket = { port = 80 }, periodSeconds = 1 }\n\
         [pod.behavior.containers.app]\nattempts = [{ readiness = [{ at = \"0s\", ok = false }, { at = \"30s\", ok = true }], \
         onTerm = { after = \"8s\", exit = 0 } }]\n\
         [[expect]]\npod = \"web\"\nfrom = \"5s\"\nto = \"9s\"\nready = \"0/1\"\n\
         [[expect]]\npod = \"web\"\nby = \"16s\"\nafter = \"9s\"\nready = \"1/1\"\nconditions = { Ready = \"False/PodFailed\" }\n";
    assert_eq!(expect::check(&Arc::new(load(text).plan), 0), []);
}

/// What does not live is judged when the file is read: new, and changed by a later apply, which is merged as kubectl does.
#[test]
fn what_does_not_live_keeps_the_api_servers_law_too() {
    let files = BTreeMap::from([
        (
            "old.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {a: b}\n---\napiVersion: \
             scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 10\n---\napiVersion: v1\nkind: \
             PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: \
             {storage: 1Gi}}}\n",
        ),
        (
            "new.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {a: c}\n---\napiVersion: \
             scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 11\n---\napiVersion: v1\nkind: \
             PersistentVolumeClaim\nmetadata: {name: data, labels: {a: b}}\nspec: {accessModes: [ReadWriteOnce], resources: \
             {requests: {storage: 1Gi}}}\n---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: old}\nspec: {capacity: \
             {storage: 1Gi}, accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Recycle, nfs: {server: s, path: /}}\n",
        ),
    ]);
    let loader =
        |path: &str| files.get(path).map(|t| (*t).to_owned()).ok_or_else(|| "no such file".to_owned());
    let text = "[[apply]]\nmanifest = \"old.yaml\"\n[[apply]]\nmanifest = \"new.yaml\"\nat = \"1m\"\n";
    let loaded = scenario::load_noting("shop.toml", text, &loader, &[]).expect("it is read");
    let [old, new] = loaded.plan.applies.as_slice() else { panic!("two applies") };
    assert_eq!(old.refused, Vec::<String>::new());
    let told = [
        "The ConfigMap \"fixed\" is invalid: data: Forbidden: field is immutable when `immutable` is set",
        "The PriorityClass \"high\" is invalid: value: Forbidden: may not be changed in an update.",
    ];
    assert_eq!(new.refused, told);
    assert_eq!(new.warned.len(), 1, "{:?}", new.warned);
    assert!(
        new.warned[0]
            .starts_with("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated.")
    );
}
