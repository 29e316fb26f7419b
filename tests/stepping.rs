//! A walk is the run: back and forth any number of times gives the bytes of a straight run, on every shipped scenario;
//! what is done on the way is saved as a scenario that replays to the same bytes.

use std::sync::Arc;

use kubelapse::record::Transition;
use kubelapse::scenario::{self, builtin};
use kubelapse::session::{self, Breakpoint, Direction, Move, Script, Stop, Walk, kubectl};
use kubelapse::time::Span;

fn walk_of(file: &str, text: &str, overrides: &[String]) -> Walk {
    let none = |path: &str| Err(format!("{path}: there are no files here"));
    let (script, loaded) = Script::load(file, text, &none, overrides)
        .unwrap_or_else(|problems| panic!("{file}: {}", problems.render(false)));
    let plan = Arc::new(loaded.plan);
    let seed = plan.seed;
    Walk::new(script, &plan, seed)
}

/// A shipped scenario without its lesson, whose questions would stop the walk.
fn shipped(name: &str) -> Walk {
    let found = builtin::find(name).expect("it is shipped");
    let text = found.text.split("\n[lesson]").next().unwrap_or_default();
    walk_of(&format!("{name}.toml"), text, &[])
}

/// To the end, past every question of a lesson.
fn run_out(walk: &mut Walk) {
    while walk.go(Direction::Forward, &Move::End) == Stop::Question {}
}

/// The bytes that a run writes.
fn bytes(rows: &[Transition], directory: &kubelapse::record::Directory) -> String {
    use kubelapse::record::Sink as _;
    let mut out = Vec::new();
    let mut timeline = kubelapse::record::csv::Timeline::new(&mut out);
    timeline.begin(directory).expect("memory can be written to");
    timeline.batch(directory, rows).expect("memory can be written to");
    drop(timeline);
    String::from_utf8(out).expect("a timeline is text")
}

#[test]
fn back_and_forth_gives_the_bytes_of_a_straight_run() {
    for scenario in builtin::small() {
        let mut walk = shipped(scenario.name);
        let straight = session::live(walk.plan(), walk.seed());
        // A fixed sequence of hops, different for every scenario: far, near, to an instant, by rows, by steps.
        let mut hop = kubelapse::engine::random::entity(&[scenario.name]);
        let length = walk.plan().until.since(walk.plan().start).micros();
        for _ in 0..60 {
            hop = hop.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = (hop >> 33) as i64;
            let direction = if pick % 5 < 2 { Direction::Back } else { Direction::Forward };
            match pick / 5 % 6 {
                0 => walk.seek(pick as u64 % (straight.steps + 1)),
                1 => walk.seek_time(walk.plan().start + Span::from_micros(pick * 7919 % length)),
                2 => drop(walk.go(direction, &Move::Event)),
                3 => drop(walk.go(direction, &Move::Failure)),
                4 => drop(walk.go(Direction::Back, &Move::Change)),
                _ => drop(walk.go(direction, &Move::Change)),
            }
            let here = walk.position() as usize;
            let expected = straight.transitions.iter().filter(|row| row.step as usize <= here).count();
            assert_eq!(walk.history(), &straight.transitions[..expected], "{}", scenario.name);
        }
        run_out(&mut walk);
        assert_eq!(walk.world().digest.to_string(), straight.digest, "{} differs", scenario.name);
        assert_eq!(walk.position(), straight.steps);
        assert_eq!(
            bytes(walk.history(), &walk.world().directory),
            bytes(&straight.transitions, &straight.directory),
            "{} writes other bytes",
            scenario.name
        );
    }
}

#[test]
fn every_step_names_an_earlier_step_or_the_scenario_as_its_cause() {
    let mut walk = shipped("crash-loop");
    run_out(&mut walk);
    for step in 1..=walk.position() {
        let cause = walk.cause(step);
        assert!(cause < step, "step {step} is caused by {cause}");
        if cause > 0 {
            let queued_before = walk.step_record(cause - 1).map_or(0, |record| record.queued_to);
            let played = walk.step_record(step).expect("it was played");
            let cause = walk.step_record(cause).expect("it was played");
            assert!(queued_before <= played.sequence && played.sequence < cause.queued_to);
            assert!(cause.at <= played.at);
        }
    }
    assert_eq!(walk.cause(1), 0);
}

#[test]
fn moves_stop_where_they_are_told_in_both_directions() {
    let mut walk = shipped("crash-loop");
    let until = |text: &str| Move::Until(Breakpoint::parse(text).expect("a breakpoint"));
    let crash_loop = until("status=CrashLoopBackOff pod=orders");
    assert_eq!(walk.go(Direction::Forward, &crash_loop), Stop::There);
    assert_eq!(walk.world().pods[0].shown.status, *"CrashLoopBackOff");
    let first = walk.position();
    assert_eq!(walk.go(Direction::Forward, &until("restarts>=3")), Stop::There);
    assert_eq!(walk.world().pods[0].shown.restarts, 3);
    assert_eq!(walk.go(Direction::Back, &until("restarts>=3")), Stop::NotFound);
    assert_eq!(walk.position(), 0);
    assert_eq!(walk.go(Direction::Forward, &until("restarts>=3")), Stop::There);
    while walk.go(Direction::Back, &crash_loop) == Stop::There && walk.position() != first {
        assert!(walk.position() > first);
    }
    assert_eq!(walk.position(), first);
    assert_eq!(walk.go(Direction::Forward, &until("event=BackOff")), Stop::There);
    assert_eq!(walk.go(Direction::Forward, &until("condition=Ready:True")), Stop::There);
    assert_eq!(walk.go(Direction::Forward, &until("phase=Failed")), Stop::NotFound);
    assert!(walk.at_end());
    assert_eq!(walk.now(), walk.plan().until);
}

#[test]
fn breakpoints_that_cannot_be_read_say_what_could() {
    for (text, hint) in [
        ("", "status=CrashLoopBackOff"),
        ("staus=Running", "did you mean `status"),
        ("restarts>=many", "number"),
        ("condition=Ready:Maybe", "True, False or Unknown"),
        ("phase=CrashLoopBackOff", "is no phase"),
        ("status>=3", "only restarts"),
    ] {
        let problem = Breakpoint::parse(text).expect_err("it is none");
        assert!(problem.contains(hint), "{text}: {problem}");
    }
}

#[test]
fn what_is_done_is_saved_as_a_scenario_that_replays_to_the_same_bytes() {
    for (name, at, words) in [
        ("crash-loop", 20, "delete pod/orders"),
        ("crash-loop", 3, "kubectl delete pod orders --grace-period=0 --force"),
        ("happy-path", 4, "kill pod/web container=app signal=TERM"),
        ("node-lost", 200, "start node/node-0"),
    ] {
        let mut walk = shipped(name);
        walk.seek_time(walk.plan().start + Span::from_secs(at));
        let before = walk.history().to_vec();
        let target = walk.world().pods.first().map(|p| p.ident.name.to_string()).unwrap_or_default();
        let words = words.replace("pod/web", &format!("pod/{target}"));
        let container = walk.world().pods[0].spec.containers[0].name;
        let words = words.replace("container=app", &format!("container={container}"));
        walk.act(&words).unwrap_or_else(|problem| panic!("{name}: {words}: {problem}"));
        assert_eq!(&walk.history()[..before.len()], &before[..], "{name}: the past stays what it was");
        // Away from it and back again: it is part of the run.
        let here = walk.position();
        walk.seek(here / 2);
        walk.seek(here);
        run_out(&mut walk);
        let saved = walk.saved();
        let none = |path: &str| Err(path.to_owned());
        let plan = scenario::load("saved.toml", &saved, &none, &[])
            .unwrap_or_else(|problems| panic!("{name}: {}", problems.render(false)));
        let lived = session::live(&Arc::new(plan), walk.seed());
        assert_eq!(
            bytes(walk.history(), &walk.world().directory),
            bytes(&lived.transitions, &lived.directory),
            "{name}: {words}"
        );
        assert_eq!(lived.digest, walk.world().digest.to_string());
    }
}

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
[[action]]
at = "50s"
label = "pod/web-0"
labels = { round = "one" }
"#;

/// Each verb, and what the first line of the answer to it says.
const DEEDS: [(&str, &str); 25] = [
    ("delete pod/web-0 gracePeriodSeconds=5", "pod \"web-0\" deleted from default namespace"),
    ("delete node/n2", "node \"n2\" deleted"),
    ("evict pod/web-1", "pod/web-1 evicted"),
    ("cordon node/n1", "node/n1 cordoned"),
    ("uncordon n1", "node/n1 already uncordoned"),
    ("drain node/n1", "node/n1 cordoned"),
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
];

/// What has been played is what the saved file plays.
fn replays(walk: &Walk, what: &str) {
    let none = |path: &str| Err(path.to_owned());
    let plan = scenario::load("saved.toml", &walk.saved(), &none, &[])
        .unwrap_or_else(|problems| panic!("{what}: {}", problems.render(false)));
    let lived = session::live(&Arc::new(plan), walk.seed());
    assert_eq!(lived.digest, walk.world().digest.to_string(), "{what}");
    assert_eq!(
        bytes(walk.history(), &walk.world().directory),
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
    let mut end = walk_of("workshop.toml", WORKSHOP, &[]);
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
        assert_eq!(&walk.history()[..before.len()], &before[..], "{words}: the past stays what it was");
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

#[test]
fn what_is_done_can_be_taken_back() {
    let mut walk = walk_of("workshop.toml", WORKSHOP, &[]);
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

/// A saved file is gone on with: at the microsecond at which it has an action of its own, that one comes first.
#[test]
fn a_saved_file_is_gone_on_with_at_the_same_instant() {
    let mut walk = walk_of("workshop.toml", WORKSHOP, &[]);
    walk.seek_time(walk.plan().start + Span::from_secs(30));
    walk.act("label pod/web-0 labels={ who = \"first\" }").expect("it can be done");
    let mut next = walk_of("workshop.toml", &walk.saved(), &[]);
    next.seek_time(next.plan().start + Span::from_secs(30));
    next.act("label pod/web-0 labels={ who = \"second\" }").expect("it can be done");
    assert_eq!(next.world().pods[0].labels["who"], "second");
    next.act("label pod/web-0 labels={ who = \"third\" }").expect("it can be done");
    run_out(&mut next);
    replays(&next, "three at once");
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

/// Words, never silence.
#[test]
fn what_is_not_there_or_does_not_run_is_answered() {
    let mut walk = walk_of("workshop.toml", WORKSHOP, &[]);
    let start = walk.plan().start;
    let mut told = |secs: i64, words: &str| {
        walk.seek_time(start + Span::from_secs(secs));
        let told = walk.act(words).unwrap_or_else(|problem| panic!("{words}: {problem}"));
        assert_eq!(told.refusals, told.answer.len(), "{words}");
        assert!(walk.answers().last().is_some_and(|last| last.ends_with(&told.answer[0])), "{words}");
        told.answer.join("\n")
    };
    assert_eq!(
        told(20, "remove cm/settings"),
        "Error from server (NotFound): configmaps \"settings\" not found"
    );
    assert_eq!(
        told(20, "create secret/regcred"),
        "Error from server (AlreadyExists): secrets \"regcred\" already exists"
    );
    assert_eq!(
        told(20, "create cm/nobody"),
        "Error from server (AlreadyExists): configmaps \"nobody\" already exists"
    );
    assert_eq!(told(20, "kill pod/gated"), "container app of pod gated does not run");
    assert_eq!(told(20, "kill pod/gated sandbox=true"), "no sandbox of pod gated runs");
    assert_eq!(told(1, "delete pod/web-2"), "Error from server (NotFound): pods \"web-2\" not found");
    walk.seek_time(start);
    let crashed = Move::Until(Breakpoint::parse("container=app:terminated pod=web-0").expect("a breakpoint"));
    assert_eq!(walk.go(Direction::Forward, &crashed), Stop::There);
    let told = walk.act("setProbe pod/web-0 ok=true").expect("it can be asked");
    assert_eq!(told.answer, ["container app of pod web-0 does not run"]);
    let told = walk.act("delete pod/gone-*").expect_err("no pod is ever called so");
    assert!(told.contains("there is never a pod `gone-`"), "{told}");
    walk.seek_time(start + Span::from_millis(600));
    let told = walk.act("setProbe pod/gated ok=true").expect("it can be done");
    assert_eq!(told.answer, ["pod/gated will have a readiness probe of app that succeeds when it starts"]);
}

#[test]
fn the_largest_seed_and_a_list_of_actions_on_one_line_are_saved() {
    let text = WORKSHOP.split("[[action]]").next().unwrap_or_default();
    let text = text.replacen("until", "action = [{ at = \"9s\", cordon = \"node/n1\" }]\nuntil", 1);
    let none = |path: &str| Err(path.to_owned());
    let (script, loaded) = Script::load("workshop.toml", &text, &none, &[]).expect("it is read");
    for seed in [0, u64::MAX] {
        let mut walk = Walk::new(script.clone(), &Arc::new(loaded.plan.clone()), seed);
        walk.seek_time(walk.plan().start + Span::from_secs(30));
        walk.act("uncordon node/n1").expect("it can be done");
        run_out(&mut walk);
        replays(&walk, &format!("seed {seed}"));
        let saved = scenario::load("saved.toml", &walk.saved(), &none, &[]).expect("it is read");
        assert_eq!((saved.seed, saved.actions.len()), (seed, 2));
    }
    for (seed, told) in [
        ("-1", "-1 is out of range"),
        ("\"18446744073709551616\"", "expected 18446744073709551615 at most"),
        ("\"seven\"", "a string does not belong here"),
        ("1.5", "expected a whole number from 0 up"),
    ] {
        let problems = scenario::load("seed.toml", &format!("seed = {seed}"), &none, &[]).expect_err(seed);
        assert!(problems.render(false).contains(told), "{seed}: {}", problems.render(false));
    }
}

#[test]
fn overrides_and_another_seed_are_saved_too() {
    let found = builtin::find("crash-loop").expect("it is shipped");
    let none = |path: &str| Err(path.to_owned());
    let overrides = ["pod.orders.behavior.containers.app.attempts=[{ runs = \"4s\", exit = 3 }]".to_owned()];
    let (script, loaded) =
        Script::load("crash-loop.toml", found.text, &none, &overrides).expect("it is read");
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 77);
    walk.seek_time(walk.plan().start + Span::from_secs(30));
    walk.act("label pod/orders labels={ team = \"shop\" }").expect("it can be done");
    run_out(&mut walk);
    let plan = scenario::load("saved.toml", &walk.saved(), &none, &[])
        .unwrap_or_else(|problems| panic!("{}\n{}", problems.render(false), walk.saved()));
    assert_eq!(plan.seed, 77);
    let lived = session::live(&Arc::new(plan), 77);
    assert_eq!(lived.digest, walk.world().digest.to_string());
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

#[test]
fn what_cannot_be_done_is_refused_in_words_and_changes_nothing() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(10));
    let (position, saved) = (walk.position(), walk.saved());
    for (words, hint) in [
        ("", "what is to be done"),
        ("delet pod/orders", "did you mean `delete`"),
        ("delete", "what?"),
        ("delete pod/order", "did you mean `orders`"),
        ("delete pod/orders gracePeriodSeconds=soon", "cannot be read"),
        ("delete pod/orders signal=9", "takes no `signal`"),
        ("create settings", "of what kind"),
        ("patch pod/orders merge={", "not closed"),
    ] {
        let problem = walk.act(words).expect_err("it cannot be done");
        assert!(problem.contains(hint), "{words}: {problem}");
        assert_eq!((walk.position(), walk.saved()), (position, saved.clone()));
    }
    run_out(&mut walk);
    assert!(walk.act("delete pod/orders").expect_err("too late").contains("ends at"));
}

/// What the API server refuses comes back as kubectl prints it, and the pod stays as it was.
#[test]
fn a_patch_is_let_in_or_refused_as_the_api_server_does_it() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(10));
    walk.act("patch pod/orders merge={ spec = { restartPolicy = \"Never\", activeDeadlineSeconds = 0 } }")
        .expect("it can be asked");
    let [refused] = walk.answers() else { panic!("{:?}", walk.answers()) };
    assert!(refused.contains(": The Pod \"orders\" is invalid: "), "{refused}");
    assert!(refused.contains("spec: Forbidden: pod updates may not change fields other than"), "{refused}");
    assert_eq!(walk.world().pods[0].spec.restart_policy, Some(kubelapse::api::RestartPolicy::Always));
    walk.act("patch pod/orders merge={ metadata = { labels = { app = \"null\", tier = \"web\" }, finalizers = [\"example.com/keep\"] }, spec = { activeDeadlineSeconds = 300 } }")
        .expect("it can be done");
    assert_eq!(walk.answers().len(), 1, "{:?}", walk.answers());
    walk.act("setImage pod/orders container=app image=\"registry.example/shop/orders:2.4 \"")
        .expect("it can be asked");
    assert!(walk.answers()[1].contains("spec.containers[0].image: Invalid value"), "{:?}", walk.answers());
    walk.act("setImage pod/orders container=app image=registry.example/shop/orders:2.4")
        .expect("it can be done");
    assert_eq!(walk.answers().len(), 2, "{:?}", walk.answers());
    assert_eq!(walk.world().pods[0].spec.containers[0].image, "registry.example/shop/orders:2.4");
    run_out(&mut walk);
    let pod = &walk.world().pods[0];
    assert_eq!(pod.labels["tier"], "web");
    assert_eq!(pod.finalizers.len(), 1);
    assert_eq!(pod.status.form().phase, kubelapse::api::Phase::Failed);
    assert_eq!(pod.status.form().reason.as_str(), "DeadlineExceeded");
}

#[test]
fn every_change_of_every_shipped_scenario_is_explained_down_to_the_scenario() {
    for scenario in builtin::small() {
        let mut walk = shipped(scenario.name);
        walk.seek_time(walk.plan().start + Span::from_secs(400));
        let mut rows: Vec<Transition> = walk.history().to_vec();
        rows.sort_by_key(|row| row.pod);
        for row in &rows {
            let why = walk.why(row);
            let say = || why.render(walk.plan().start);
            let last = why.links.last().unwrap_or_else(|| panic!("{}: no cause: {}", scenario.name, say()));
            assert_eq!(last.component, "scenario", "{}: {}", scenario.name, say());
            assert!(why.links.iter().all(|link| link.at <= row.time), "{}: {}", scenario.name, say());
            // Every cause lies before its effect.
            let ordered = why.links.windows(2).all(|pair| pair[0].at >= pair[1].at);
            assert!(ordered, "{}: {}", scenario.name, say());
        }
    }
}

#[test]
fn a_crash_loop_is_explained_in_words_that_teach() {
    let mut walk = shipped("crash-loop");
    let crash_loop = Breakpoint::parse("status=CrashLoopBackOff").expect("a breakpoint");
    walk.go(Direction::Forward, &Move::Until(crash_loop));
    let row = walk.last_change(None).expect("there is one");
    let why = walk.why(&row);
    insta::assert_snapshot!(why.render(walk.plan().start));
}

#[test]
fn what_a_person_did_stands_at_the_end_of_its_chain() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(30));
    walk.act("delete pod/orders").expect("it can be done");
    let row = walk.last_change(None).expect("there is one");
    let why = walk.why(&row);
    let last = why.links.last().expect("there is one");
    assert_eq!((last.component.as_str(), last.text.as_str()), ("you", "delete pod/orders"));
}

#[test]
fn what_comes_does_come() {
    for scenario in builtin::small() {
        let mut walk = shipped(scenario.name);
        walk.seek_time(walk.plan().start + Span::from_secs(12));
        let coming = walk.coming(None);
        for next in coming {
            walk.seek_time(next.at);
            let played = walk.step_record(walk.position()).is_some_and(|record| record.at == next.at);
            assert!(played, "{}: {} does not come", scenario.name, next.words.text);
        }
    }
}

/// As kubectl is asked for it, it is the same action, and is saved as such.
#[test]
fn what_is_typed_as_for_kubectl_is_played_and_saved() {
    let mut walk = walk_of("workshop.toml", WORKSHOP, &[]);
    walk.seek_time(walk.plan().start + Span::from_secs(20));
    for (words, answer) in [
        ("kubectl set image pod/web-0 app=registry.example/shop/web:3", "pod/web-0 image updated"),
        ("label pod web-0 app=x tier=front", "pod/web-0 labeled"),
        ("label pods web-0 tier-", "pod/web-0 unlabeled"),
        ("taint node n1 a=b:NoSchedule", "node/n1 tainted"),
        ("taint nodes n1 a=b:NoSchedule-", "node/n1 untainted"),
        ("patch pod/web-0 -p '{\"metadata\":{\"annotations\":{\"by\":\"me\"}}}'", "pod/web-0 patched"),
        ("delete configmap other", "configmap \"other\" deleted from default namespace"),
    ] {
        let told = walk.act(words).unwrap_or_else(|problem| panic!("{words}: {problem}"));
        assert_eq!(told.answer, [answer], "{words}");
    }
    run_out(&mut walk);
    replays(&walk, "as for kubectl");
}

#[test]
fn a_probe_that_the_container_has_not_cannot_fail() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(5));
    let told = walk.act("setProbe pod/orders probe=liveness").expect("it can be asked");
    assert_eq!((told.refusals, told.answer.len()), (1, 1));
    assert_eq!(told.answer, ["container app of pod orders has no livenessProbe"]);
}

#[test]
fn a_probe_can_be_made_to_fail_and_to_succeed_again() {
    let mut walk = shipped("probes");
    let start = walk.plan().start;
    let until = |text: &str| Move::Until(Breakpoint::parse(text).expect("a breakpoint"));
    assert_eq!(walk.go(Direction::Forward, &until("ready=1/1")), Stop::There);
    walk.act("setProbe pod/catalog output=\"made to fail\"").expect("it can be done");
    let told = walk.now();
    assert_eq!(walk.go(Direction::Forward, &until("condition=Ready:False")), Stop::There);
    assert!(walk.now().since(told) < Span::from_secs(40), "{:?}", walk.now().since(start));
    walk.act("setProbe catalog ok=true").expect("it can be done");
    assert_eq!(walk.go(Direction::Forward, &until("condition=Ready:True")), Stop::There);
    assert!(walk.now().since(told) < Span::from_secs(60), "{:?}", walk.now().since(start));
    run_out(&mut walk);
    let plan = scenario::load("saved.toml", &walk.saved(), &|p| Err(p.to_owned()), &[]).expect("it is read");
    assert_eq!(session::live(&Arc::new(plan), walk.seed()).digest, walk.world().digest.to_string());
}

const CROWDED: &str = r#"
name = "crowded"
until = "3m"
[[node]]
name = "n1"
capacity = { cpu = "1", memory = "4Gi", pods = 10 }
[[object]]
kind = "Secret"
name = "regcred"
missing = true
[[object]]
kind = "PriorityClass"
name = "high"
value = 1000
[[image]]
ref = "registry.example/shop/private:1"
secret = "regcred"
[[pod]]
name = "first"
  [pod.spec]
  containers = [{ name = "app", image = "web:1", resources = { requests = { cpu = "600m" } } }]
  [pod.behavior.containers.app]
  attempts = [{ onTerm = { after = "20s", exit = 0 } }]
[[pod]]
name = "refused"
at = "5s"
  [pod.spec]
  nodeName = "n1"
  containers = [{ name = "app", image = "web:1", resources = { requests = { cpu = "2" } } }]
[[pod]]
name = "private"
at = "5s"
  [pod.spec]
  imagePullSecrets = [{ name = "regcred" }]
  containers = [{ name = "app", image = "registry.example/shop/private:1" }]
[[pod]]
name = "vip"
at = "30s"
  [pod.spec]
  priorityClassName = "high"
  containers = [{ name = "app", image = "web:1", resources = { requests = { cpu = "600m" } } }]
"#;

/// Who refused a pod and by which sum, whom a preemptor waits for, which Secret a registry misses.
#[test]
fn why_names_who_refused_and_what_is_waited_for() {
    let mut walk = walk_of("crowded.toml", CROWDED, &[]);
    let start = walk.plan().start;
    walk.seek_time(start + Span::from_secs(35));
    let mut why = |pod: &str, what: &str| {
        let found = kubectl::find(walk.world(), pod).expect("it exists");
        walk.selected = Some(found);
        let row = walk.change_called(what).expect("it changed");
        walk.why(&row).render(start)
    };
    let refused = why("refused", "status");
    let sum = "OutOfcpu: Node didn't have enough resource: cpu, requested: 2000, used: 600, capacity: 1000 (in \
               thousandths of a core)";
    assert!(refused.contains("kubelet: admission  refused the pod, ") && refused.contains(sum), "{refused}");
    assert!(refused.contains("spec.nodeName names the node"), "{refused}");
    let private = why("private", "status");
    assert!(
        private.contains("wants the Secret regcred, which does not exist in the namespace default"),
        "{private}"
    );
    let vip = why("vip", "PodScheduled");
    assert!(vip.contains("nominated n1 and preempts first of lower priority there"), "{vip}");
    assert!(vip.contains("found no node: 0/1 nodes are available: 1 Insufficient cpu."), "{vip}");
    let found = kubectl::find(walk.world(), "vip").expect("it exists");
    let coming = walk.coming(Some(found));
    assert!(
        coming.iter().any(|next| next.words.text == "app of first ends because of SIGTERM"),
        "{coming:?}"
    );
}

/// To ask at the instant of a lesson's question is to hear that question again.
#[test]
fn an_open_question_of_a_lesson_is_repeated_and_not_replaced() {
    let text = format!(
        "{CROWDED}[lesson]\ntitle = \"Crowded\"\n[[lesson.question]]\nat = \"10s\"\nask = \"What now?\"\n\
         choices = [\"this\", \"that\"]\nanswer = 1\n"
    );
    let mut walk = walk_of("crowded.toml", &text, &[]);
    assert_eq!(walk.go(Direction::Forward, &Move::End), Stop::Question);
    for _ in 0..2 {
        assert!(walk.ask());
        assert_eq!(walk.quiz.pending().map(|asked| asked.ask.as_str()), Some("What now?"));
    }
    assert_eq!(walk.quiz.asked.len(), 1);
    walk.quiz.answer(1);
    assert_eq!(walk.quiz.score(), (1, 1));
}

/// The kernel's kill and the eviction manager's find their reason in what a container uses.
#[test]
fn why_names_memory_where_memory_was_the_cause() {
    let text = r#"
name = "memory"
until = "5m"
[[node]]
name = "n1"
capacity = { cpu = "4", memory = "2Gi" }
[[pod]]
name = "limited"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/web:1"
resources = { limits = { memory = "64Mi" } }
[pod.behavior.containers.app]
attempts = [{ memory = [{ at = "30s", size = "65Mi" }] }, {}]
[[pod]]
name = "unlimited"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/web:1"
[pod.behavior.containers.app]
attempts = [{ memory = [{ at = "90s", size = "2000Mi" }] }]
"#;
    let mut walk = walk_of("memory.toml", text, &[]);
    let start = walk.plan().start;
    let mut why = |secs: i64, pod: &str, what: &str| {
        walk.seek_time(start + Span::from_secs(secs));
        let found = kubectl::find(walk.world(), pod).expect("it exists");
        walk.selected = Some(found);
        let row = walk.change_called(what).expect("it changed");
        walk.why(&row).render(start)
    };
    let killed = why(60, "limited", "app");
    assert!(killed.contains("exit code 137") && killed.contains("with memory as it says"), "{killed}");
    let evicted = why(130, "unlimited", "event");
    assert!(
        evicted.contains("eviction manager") && evicted.contains("app uses more memory since then"),
        "{evicted}"
    );
}
