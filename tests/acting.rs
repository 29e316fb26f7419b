//! What a person does on a walk belongs to the run from there on: it is answered or refused in words, can be taken back,
//! and is saved as a scenario that replays to the same bytes.

#[path = "support/plan.rs"]
mod plan;
#[path = "support/walk.rs"]
mod walk;

mod acting {
    mod refused;
    mod saved;
}

use std::sync::Arc;

use kubelapse::scenario::{self, Plan, builtin};
use kubelapse::session::{self, Breakpoint, Direction, Move, Script, Stop, Walk, kubectl};
use kubelapse::time::Span;
use plan::{plan, plan_beside};
use walk::{bytes, run_out, shipped, walk_beside, walk_of};

/// A little of everything that something can be done to.
const WORKSHOP: &str = r#"
name = "workshop"
until = "4m"
[[node]]
name = "n1"
[[node]]
name = "n2"
[[object]]
kind = "ConfigMap"
name = "settings"
missing = true
[[object]]
kind = "Secret"
name = "regcred"
keys = ["user"]
[[object]]
kind = "PersistentVolumeClaim"
name = "data"
bound = false
[[pod]]
name = "web"
replicas = 3
every = "700ms"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/web:1"
readinessProbe = { httpGet = { path = "/healthz", port = 8080 }, periodSeconds = 5 }
resources = { requests = { cpu = "100m" } }
[pod.behavior.containers.app]
attempts = [{ runs = { uniform = ["20s", "50s"] }, exit = 1 }]
[[pod]]
name = "gated"
[pod.spec]
schedulingGates = [{ name = "example.com/hold" }]
containers = [{ name = "app", image = "registry.example/shop/web:1", envFrom = [{ configMapRef = { name = "settings" } }], readinessProbe = { exec = { command = ["ready"] } } }]
[[pod]]
name = "reads"
[pod.spec]
containers = [{ name = "app", image = "registry.example/shop/web:1", envFrom = [{ configMapRef = { name = "settings" } }] }]
[[apply]]
manifest = "shop.yaml"
at = "5s"
[[action]]
at = "50s"
label = "pod/web-0"
labels = { round = "one" }
"#;

const SHOP: &str = r#"
apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { selector: { app: shop }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 1
  progressDeadlineSeconds: 30
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: app, image: "registry.example/shop/web:1" }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: report }
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec: { restartPolicy: Never, containers: [{ name: app, image: "registry.example/shop/report:1" }] }
"#;

/// What lies beside the workshop's scenario: `more.yaml` is applied by nobody but those who act.
fn beside(path: &str) -> Result<String, String> {
    match path {
        "shop.yaml" => Ok(SHOP.to_owned()),
        "more.yaml" => Ok(SHOP.replace("name: shop }", "name: more }").replace("app: shop", "app: more")),
        _ => Err("no such file".to_owned()),
    }
}

fn workshop(text: &str) -> Walk {
    walk_beside("workshop.toml", text, &[], beside)
}

fn plan_of(text: &str) -> Arc<Plan> {
    plan_beside(text, beside)
}

/// Each verb, and what the first line of the answer to it says.
const DEEDS: [(&str, &str); 44] = [
    ("delete pod/web-0 gracePeriodSeconds=5", "pod \"web-0\" deleted from default namespace"),
    ("delete node/n2", "node \"n2\" deleted"),
    ("evict pod/web-1", "pod/web-1 evicted"),
    ("cordon node/n1", "node/n1 cordoned"),
    ("uncordon n1", "node/n1 already uncordoned"),
    ("drain node/n1 force=true", "node/n1 cordoned"),
    ("taint node/n1 taints=[{ key = \"db\", effect = \"NoExecute\" }]", "node/n1 tainted"),
    ("untaint node/n1 taints=[{ key = \"db\" }]", "error: taint \"db\" not found"),
    ("stop node/n1", "node/n1 goes dark"),
    ("start node/n2", "node/n2 boots"),
    ("restartKubelet node/n1 takes=3s", "node/n1 runs without its kubelet for 3s"),
    ("shutdown node/n1", "node/n1 shuts down"),
    ("pressure node/n1 resource=memory lasts=30s", "node/n1 runs short of memory"),
    ("setCondition pod/web-0 type=example.com/ok", "pod/web-0 patched"),
    ("ungate pod/gated", "pod/gated patched"),
    ("label pod/web-* labels={ tier = \"front\" }", "pod/web-0 labeled"),
    ("create cm settings", "configmap/settings created"),
    ("remove secret/regcred", "secret \"regcred\" deleted from default namespace"),
    ("bind pvc/data", "persistentvolumeclaim/data is bound"),
    ("setImage pod/web-0 image=registry.example/shop/web:2", "pod/web-0 image updated"),
    ("resize pod/web-0 requests={ cpu = \"50m\" }", "pod/web-0 patched"),
    ("patch pod/web-0 merge={ metadata = { annotations = { by = \"me\" } } }", "pod/web-0 patched"),
    ("debug pod/web-0 image=busybox:1", "pod/web-0 has an ephemeral container debugger now"),
    ("kill pod/web-0 signal=TERM", "pod/web-0 loses the process of app by signal 15"),
    ("setProbe pod/web-0", "pod/web-0 has a readiness probe of app that fails from now on"),
    ("apply more.yaml", "service/more created"),
    ("kubectl apply -f shop.yaml", "service/shop unchanged"),
    ("scale deployment/shop replicas=3", "deployment.apps/shop scaled"),
    ("setImage deployment/shop image=registry.example/shop/web:2", "deployment.apps/shop image updated"),
    ("rolloutRestart deployment/shop", "deployment.apps/shop restarted"),
    ("rolloutPause deployment/shop", "deployment.apps/shop paused"),
    ("rolloutResume deployment/shop", "error: deployments.apps \"shop\" is not paused"),
    ("rolloutUndo deployment/shop", "error: no rollout history found for deployment \"shop\""),
    ("rolloutStatus deployment/shop", "deployment \"shop\" successfully rolled out"),
    ("wait deployment/shop for=condition=Available", "deployment.apps/shop condition met"),
    (
        "wait deployment/shop for=condition=Ready timeout=0s",
        "error: timed out waiting for the condition on deployments/shop",
    ),
    ("trigger cronjob/report name=by-hand", "job.batch/by-hand created"),
    ("label deployment/shop labels={ tier = \"front\" }", "deployment.apps/shop labeled"),
    ("patch deployment/shop merge={ spec = { replicas = 2 } }", "deployment.apps/shop patched"),
    ("delete deployment/shop cascade=foreground", "deployment.apps \"shop\" deleted from default namespace"),
    (
        "write Secret/token namespace=default apiVersion=v1 object={\"type\":\"Opaque\"}",
        "secret/token written",
    ),
    ("write Lease/lead namespace=default apiVersion=coordination.k8s.io/v1", "lease/lead deleted"),
    (
        "write Pod/late namespace=default apiVersion=v1 object={\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"x:1\"}]}}",
        "pod/late written",
    ),
    ("delete service/shop", "service \"shop\" deleted from default namespace"),
];

/// What has been played is what the saved file plays.
fn replays(walk: &Walk, what: &str) {
    let plan = plan_of(&walk.saved());
    let lived = session::live(&plan, walk.seed());
    assert_eq!(lived.digest, walk.world().digest.to_string(), "{what}");
    assert_eq!(
        bytes(&walk.history().to_vec(), &walk.world().directory),
        bytes(&lived.transitions, &lived.directory),
        "{what}"
    );
    assert_eq!(lived.answers, walk.answers(), "{what}");
}

#[test]
fn every_verb_is_played_in_the_present_answered_and_saved() {
    for verb in &scenario::format::VERBS {
        assert!(DEEDS.iter().any(|(words, _)| words.split(' ').next() == Some(verb.verb)), "{}", verb.verb);
    }
    let mut end = workshop(WORKSHOP);
    run_out(&mut end);
    for (number, (words, expected)) in (0..).zip(DEEDS) {
        let mut walk = end.clone();
        // In the past of a run that is known to its end; between its steps, and in the midst of an instant.
        match number % 3 {
            0 => walk.seek_time(walk.plan().start + Span::from_millis(9_000 + 37 * number)),
            1 => walk.seek_time(walk.plan().start + Span::from_micros(10_000_001)),
            _ => {
                walk.seek_time(walk.plan().start + Span::from_secs(11));
                walk.go(Direction::Forward, &Move::Event);
            }
        }
        let (before, plan) = (walk.history().to_vec(), Arc::clone(walk.plan()));
        let told = walk.act(words).unwrap_or_else(|problem| panic!("{words}: {problem}"));
        assert_eq!(told.answer.first().map(String::as_str), Some(expected), "{words}: {:?}", told.answer);
        assert_eq!(told.refusals > 0, expected.starts_with("error"), "{words}");
        assert!(Arc::ptr_eq(&plan, walk.plan()), "nothing is read again");
        assert_eq!(
            walk.answers().len(),
            told.refusals,
            "{words}: what is done is no part of what a run tells"
        );
        assert_eq!(walk.world().log.last(), Some(&told), "{words}");
        assert_eq!(
            walk.history().to_vec()[..before.len()],
            before[..],
            "{words}: the past stays what it was"
        );
        let here = walk.position();
        walk.seek(here / 2);
        walk.seek(here + 5);
        run_out(&mut walk);
        replays(&walk, words);
        // The copies from which one goes back know nothing of it, and yet it is played again.
        let digest = walk.world().digest.to_string();
        walk.seek(0);
        run_out(&mut walk);
        assert_eq!(walk.world().digest.to_string(), digest, "{words}");
    }
}

/// What a command prints after its own step is its answer too, however one comes there.
#[test]
fn a_command_that_waits_prints_as_the_run_goes_on() {
    let mut walk = workshop(WORKSHOP);
    let start = walk.plan().start;
    walk.seek_time(start + Span::from_secs(20));
    walk.act("setImage deployment/shop image=registry.example/shop/web:2").expect("it can be done");
    let told = walk.act("kubectl rollout status deployment/shop").expect("it can be asked");
    let unseen = "Waiting for deployment spec update to be observed...";
    assert_eq!((told.answer.as_slice(), told.waits), ([unseen.to_owned()].as_slice(), true));
    let deletes = walk.act("wait deployment/shop for=delete timeout=2m").expect("it can be asked");
    assert!(deletes.waits && deletes.answer.is_empty());
    let never = walk.act("wait deployment/shop for=condition=Available=Unknown").expect("it can be asked");
    assert!(never.waits && never.answer.is_empty());
    let lines = |walk: &Walk, place: usize| {
        let own = &walk.world().log[place];
        (own.answer.clone(), own.waits, own.refusals)
    };
    let mut printed = vec![
        unseen,
        "Waiting for deployment \"shop\" rollout to finish: 0 out of 1 new replicas have been updated...",
        "Waiting for deployment \"shop\" rollout to finish: 1 old replicas are pending termination...",
        "deployment \"shop\" successfully rolled out",
    ];
    walk.seek_time(start + Span::from_secs(45));
    assert_eq!(lines(&walk, 2), (printed.iter().map(|line| (*line).to_owned()).collect(), false, 0));
    assert_eq!(walk.printed().len(), printed.len() - 1);
    assert!(walk.printed()[0].ends_with(printed[1]), "{:?}", walk.printed());
    assert_eq!(lines(&walk, 3), (Vec::new(), true, 0));
    walk.seek_time(start + Span::from_secs(60));
    let over = "error: timed out waiting for the condition on deployments/shop".to_owned();
    assert_eq!(lines(&walk, 4), (vec![over.clone()], false, 1), "30 seconds are kubectl's own");
    assert!(walk.answers().last().is_some_and(|last| last.ends_with(&over)));
    walk.act("delete deployment/shop").expect("it can be done");
    assert_eq!(lines(&walk, 3), (vec!["deployment.apps/shop condition met".to_owned()], false, 0));
    // And back: nothing has been printed yet that comes later.
    walk.seek_time(start + Span::from_secs(20));
    walk.seek(walk.position() + 4);
    printed.truncate(1);
    assert_eq!(lines(&walk, 2).0, printed);
    assert!(walk.printed().is_empty());
    run_out(&mut walk);
    assert_eq!(lines(&walk, 3).0, ["deployment.apps/shop condition met"]);
    replays(&walk, "commands that wait");
    // The one that waited for a deletion that is taken back waits on, until its own time is over.
    walk.undo().expect("it is taken back");
    run_out(&mut walk);
    assert_eq!(lines(&walk, 3), (vec![over], false, 1));
    replays(&walk, "one that waits in vain");
}

/// A rollout that stands still for too long ends the look at it, and one that is deleted.
#[test]
fn the_look_at_a_rollout_ends_with_it() {
    let deadline = "error: deployment \"shop\" exceeded its progress deadline";
    for (then, last) in [
        ("label pod/web-0 labels={ a = \"b\" }", deadline),
        ("delete deployment/shop", "error: object has been deleted"),
    ] {
        let mut walk = workshop(
            &WORKSHOP.replace("[[apply]]", "[[image]]\nref = \"no:1\"\nerror = \"gone\"\n[[apply]]"),
        );
        walk.seek_time(walk.plan().start + Span::from_secs(20));
        walk.act("setImage deployment/shop image=no:1").expect("it can be done");
        walk.act("rolloutStatus deployment/shop timeout=1m").expect("it can be asked");
        walk.seek_time(walk.plan().start + Span::from_secs(40));
        walk.act(then).expect("it can be done");
        run_out(&mut walk);
        let own = &walk.world().log[2];
        assert_eq!(own.answer.last().map(String::as_str), Some(last), "{:?}", own.answer);
        assert_eq!((own.refusals, own.waits), (1, false));
        replays(&walk, then);
    }
    let mut walk = workshop(WORKSHOP);
    walk.seek_time(walk.plan().start + Span::from_secs(20));
    walk.act("scale deployment/shop replicas=40").expect("it can be done");
    walk.act("rolloutStatus deployment/shop timeout=1ms").expect("it can be asked");
    run_out(&mut walk);
    let own = &walk.world().log[2];
    assert_eq!(own.answer.last().map(String::as_str), Some("error: timed out waiting for the condition"));
    replays(&walk, "too late");
}

/// A file that lies beside the scenario is read when somebody applies it, and is kept with what was done.
#[test]
fn what_is_applied_meanwhile_is_kept() {
    let mut walk = workshop(WORKSHOP);
    walk.seek_time(walk.plan().start + Span::from_secs(20));
    let refused = walk.act("apply other.yaml").expect_err("it is not there");
    assert!(refused.contains("`other.yaml` cannot be read") && refused.contains("no such file"), "{refused}");
    assert!(!walk.script().manifests.contains_key("other.yaml"));
    walk.act("apply more.yaml").expect("it can be done");
    assert!(walk.script().manifests["more.yaml"].contains("name: more"));
    run_out(&mut walk);
    let found = |walk: &Walk| {
        walk.world().pods.iter().filter(|pod| pod.ident.name.to_string().starts_with("more-")).count()
    };
    assert_eq!(found(&walk), 1);
    replays(&walk, "applied");
}

#[test]
fn what_is_done_can_be_taken_back() {
    let mut walk = workshop(WORKSHOP);
    let start = walk.plan().start;
    assert!(walk.undo().expect_err("nothing was done").contains("nothing has been done"));
    run_out(&mut walk);
    let untouched = walk.world().digest.to_string();
    walk.seek_time(start + Span::from_secs(20));
    walk.act("delete pod/web-1").expect("it can be done");
    let mut once = walk.clone();
    run_out(&mut once);
    walk.seek_time(start + Span::from_secs(60));
    walk.act("drain node/n1").expect("it can be done");
    let mut drained = walk.clone();
    run_out(&mut drained);
    // Seen from before it is what comes.
    walk.seek_time(start + Span::from_millis(40_500));
    let coming = walk.coming(None);
    assert!(
        coming
            .iter()
            .any(|next| (next.words.component, next.words.text.as_str()) == ("you", "drain node/n1"))
    );
    let stood = (walk.position(), walk.now());
    walk.act("stop node/n2").expect("it can be done");
    assert_eq!(walk.done().len(), 2, "the drain belonged to another future");
    run_out(&mut walk);
    let stopped = walk.undo().expect("it is taken back");
    assert_eq!(stopped.action.words, "stop node/n2");
    assert_eq!(
        stopped.brings_back(start).as_deref(),
        Some("1 later action is back: drain node/n1 (at 1m0s)")
    );
    assert_eq!((walk.position(), walk.now()), stood);
    let mut both = walk.clone();
    run_out(&mut both);
    assert_eq!(both.world().digest, drained.world().digest, "the drain is to come again");
    replays(&both, "both again");
    assert_eq!(walk.undo().expect("it lies ahead").action.words, "drain node/n1");
    let mut again = walk.clone();
    run_out(&mut again);
    assert_eq!(again.world().digest, once.world().digest);
    replays(&again, "one of two");
    walk.seek(3);
    assert_eq!(walk.undo().expect("it lies ahead").action.words, "delete pod/web-1");
    assert_eq!(walk.now(), start + Span::from_secs(20));
    run_out(&mut walk);
    assert_eq!(walk.world().digest.to_string(), untouched);
    assert_eq!(walk.saved(), WORKSHOP);
}

/// Nothing is read or played again, however much there is.
#[test]
fn acting_in_a_fleet_costs_one_step() {
    let text = r#"
name = "fleet"
until = "10m"
[[node]]
name = "node"
count = 40
[[pod]]
name = "load"
replicas = 2000
every = "5ms"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/web:1"
"#;
    let mut walk = walk_of("fleet.toml", text, &[]);
    walk.seek_time(walk.plan().start + Span::from_secs(30));
    assert_eq!(walk.world().pods.len(), 2000);
    let (position, kept, plan) = (walk.position(), walk.checkpoints().steps(), Arc::clone(walk.plan()));
    let told = walk.act("delete pod/load-1999").expect("it can be done");
    assert_eq!(told.answer, ["pod \"load-1999\" deleted from default namespace"]);
    assert_eq!(told.step, position + 1);
    assert_eq!(walk.position(), position + 1);
    assert_eq!(walk.checkpoints().steps(), kept);
    assert!(Arc::ptr_eq(&plan, walk.plan()));
    let problem = walk.act("delete pod/load-2000").expect_err("there is none");
    assert!(problem.contains("there is never a pod `load-2000`"), "{problem}");
}

/// What the scenario does not name is taken to be there, and can be taken away like what it names.
#[test]
fn an_object_that_the_scenario_does_not_name_can_be_removed_and_created_again() {
    const PODS: &str = r#"
name = "undeclared"
until = "5m"
[[pod]]
name = "before"
[[pod.spec.containers]]
name = "app"
image = "shop/web:1"
[[pod.spec.containers.envFrom]]
configMapRef = { name = "settings" }
[[pod]]
name = "after"
at = "10s"
[pod.spec]
containers = [{ name = "app", image = "shop/web:1", envFrom = [{ configMapRef = { name = "settings" } }] }]
[[pod]]
name = "claiming"
at = "10s"
[pod.spec]
containers = [{ name = "app", image = "shop/web:1" }]
volumes = [{ name = "data", persistentVolumeClaim = { claimName = "data" } }]
"#;
    let mut walk = walk_of("undeclared.toml", PODS, &[]);
    let start = walk.plan().start;
    let told = |walk: &mut Walk, words: &str| {
        walk.act(words).unwrap_or_else(|problem| panic!("{words}: {problem}")).answer.join("\n")
    };
    let shown = |walk: &mut Walk, secs: i64| {
        walk.seek_time(start + Span::from_secs(secs));
        let pods = kubectl::pods(walk.world());
        let cells = pods.into_iter().map(|pod| kubectl::cells(walk.world(), pod, walk.now()));
        cells.map(|[name, _, status, ..]| format!("{name} {status}")).collect::<Vec<_>>().join(", ")
    };
    walk.seek_time(start + Span::from_secs(9));
    assert!(told(&mut walk, "create cm/settings").contains("AlreadyExists"));
    assert_eq!(told(&mut walk, "bind pvc/data"), "persistentvolumeclaim/data is bound already");
    let gone = "configmap \"settings\" deleted from default namespace";
    assert_eq!(told(&mut walk, "remove ConfigMap/settings"), gone);
    assert!(told(&mut walk, "remove ConfigMap/settings").contains("NotFound"));
    let gone = "persistentvolumeclaim \"data\" deleted from default namespace";
    assert_eq!(told(&mut walk, "remove pvc/data"), gone);
    let failing = "after CreateContainerConfigError, before Running, claiming Pending";
    assert_eq!(shown(&mut walk, 20), failing);
    assert_eq!(told(&mut walk, "create ConfigMap/settings"), "configmap/settings created");
    assert_eq!(told(&mut walk, "create pvc/data"), "persistentvolumeclaim/data created");
    assert_eq!(shown(&mut walk, 120), "after Running, before Running, claiming Running");
    // And back: an earlier place knows nothing of it.
    assert_eq!(shown(&mut walk, 20), failing);
    run_out(&mut walk);
    replays(&walk, "undeclared");
    while walk.undo().is_ok() {}
    assert_eq!(shown(&mut walk, 20), "after Running, before Running, claiming Running");
}

#[test]
fn acting_at_an_earlier_place_forgets_what_was_done_later() {
    let mut walk = shipped("crash-loop");
    let second = |n| Span::from_secs(n);
    let start = walk.plan().start;
    walk.seek_time(start + second(10));
    walk.act("label pod/orders labels={ step = \"one\" }").expect("it can be done");
    walk.seek_time(start + second(20));
    walk.act("delete pod/orders").expect("it can be done");
    walk.seek_time(start + second(15));
    assert_eq!(walk.done().len(), 2);
    walk.act("label pod/orders labels={ step = \"two\" }").expect("it can be done");
    assert_eq!(
        walk.done().last().and_then(|done| done.drops(start)).as_deref(),
        Some("1 later action is dropped: delete pod/orders (at 20s); `undo` brings it back")
    );
    let words: Vec<&str> = walk.done().iter().map(|done| done.action.words.as_str()).collect();
    assert_eq!(
        words,
        ["label pod/orders labels={ step = \"one\" }", "label pod/orders labels={ step = \"two\" }"]
    );
    run_out(&mut walk);
    assert!(walk.world().pods[0].exists, "the deletion belonged to another future");
}
