//! Drills: each can be solved by the commands that are told for it, to the full score, and none is well by itself. Scenarios as
//! drills, and drills as numbers.

use std::collections::BTreeSet;
use std::sync::Arc;

use kubelapse::drill::numbers::{Seat, features, menu, places};
use kubelapse::drill::{Drill, Exercise, LEVELS, kinds, kinds_of};
use kubelapse::scenario::{builtin, no_files};
use kubelapse::session::{Progress, Script, Silent};

/// So many seeds of each level.
const SEEDS: u64 = 50;

fn open(seed: u64, level: u8) -> Drill {
    Drill::new(seed, level).unwrap_or_else(|problem| panic!("seed {seed}, level {level}: {problem}"))
}

/// Names the causes and gives the commands that mend it, all at once, then waits.
fn solve(seed: u64, level: u8) -> Result<Vec<&'static str>, String> {
    let mut drill = open(seed, level);
    let causes = drill.causes();
    let told = |drill: &mut Drill, line: &str| format!("{line}\n{}", drill.say(line));
    let mut talk = String::new();
    for (kind, object) in &causes {
        talk += &told(&mut drill, &format!("cause {kind} {object}"));
    }
    for line in drill.mends() {
        talk += &told(&mut drill, &line);
    }
    for _ in 0..60 {
        if drill.is_over() {
            break;
        }
        drill.say("sleep 30s");
    }
    let score = drill.score();
    let kinds = causes.into_iter().map(|(kind, _)| kind).collect();
    if score.points.total == 100 {
        return Ok(kinds);
    }
    let (unmet, tree) = (drill.say("wanted"), drill.observe());
    Err(format!("seed {seed}, level {level}, {kinds:?}: {:?}\n{talk}{unmet}{tree}", score.points))
}

fn all_of_a_level(level: u8) {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for seed in 0..SEEDS {
        match solve(seed, level) {
            Ok(kinds) => seen.extend(kinds),
            Err(problem) => wrong.push(problem),
        }
        let mut left_alone = open(seed, level);
        left_alone.say("sleep 40m");
        if left_alone.is_solved() {
            wrong.push(format!("seed {seed}, level {level}, {:?}: well by itself", left_alone.causes()));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(seen.len() >= 7, "level {level} has seen only {seen:?}");
}

#[test]
fn every_drill_of_level_1_can_be_solved() {
    all_of_a_level(1);
}

#[test]
fn every_drill_of_level_2_can_be_solved() {
    all_of_a_level(2);
}

#[test]
fn every_drill_of_level_3_can_be_solved() {
    all_of_a_level(3);
}

#[test]
fn every_drill_of_level_4_can_be_solved() {
    all_of_a_level(4);
}

#[test]
fn every_drill_of_level_5_can_be_solved() {
    all_of_a_level(5);
}

/// A drill of each kind of fault, and which seed of which level has it.
fn with(kind: &str) -> Drill {
    let all = LEVELS.flat_map(|level| (0..SEEDS).map(move |seed| (seed, level)));
    let mut drills = all.map(|(seed, level)| open(seed, level));
    drills
        .find(|drill| drill.causes().iter().any(|(own, _)| *own == kind))
        .unwrap_or_else(|| panic!("no drill has {kind}"))
}

#[test]
fn the_same_seed_level_and_lines_are_the_same_drill() {
    let lines = ["get pods", "describe pod", "events", "causes", "sleep 1m", "next", "tree", "score"];
    let talk = |seed, level| {
        let mut drill = open(seed, level);
        let brief = drill.brief();
        let told: String = lines.iter().map(|line| drill.say(line)).collect();
        (brief + &told, drill.score())
    };
    assert_eq!(talk(3, 3), talk(3, 3));
    assert_ne!(talk(3, 3).0, talk(4, 3).0);
}

/// Also of seeds that are no number of TOML's.
#[test]
fn every_seed_is_a_drill() {
    for seed in [0, i64::MAX.cast_unsigned(), i64::MAX.cast_unsigned() + 1, u64::MAX] {
        assert_eq!(open(seed, 1).score().seed, seed);
    }
}

#[test]
fn what_is_no_level_is_refused() {
    let told = |level| Drill::new(1, level).err().unwrap_or_default();
    assert_eq!(told(0), "there is no level 0: there are 1 to 5");
    assert_eq!(told(6), "there is no level 6: there are 1 to 5");
}

/// Another way of mending works as well, one that does not mend does not, and a person's own mistakes cost.
#[test]
fn how_it_is_mended_is_the_persons_affair() {
    let mut drill = with("image");
    let (_, object) = drill.causes().into_iter().find(|(kind, _)| *kind == "image").expect("it has one");
    let name = object.trim_start_matches("deployment/").to_owned();
    // Another tag that is not there mends nothing.
    drill.say(&format!("set image {object} app=registry.example/shop/{name}:9.9"));
    drill.say("sleep 5m");
    assert!(!drill.is_solved());
    assert!(drill.say("get pods").contains("ImagePullBackOff"));
    let told = drill.say(&format!("set image {object} app=registry.example/shop/{name}:2.5.0"));
    assert!(told.contains(&format!("deployment.apps/{name} image updated")), "{told}");
    drill.say("sleep 10m");
    assert!(drill.say("wanted").starts_with("All is as it is wanted"), "{}", drill.say("wanted"));
    assert!(drill.is_solved());
    assert!(!drill.is_over(), "its cause has not been named");
    assert!(drill.score().faults.is_empty(), "it is not told before");
    assert_eq!(drill.say(&format!("cause command {object}")), "That is not it.\n");
    assert!(drill.say(&format!("cause image deploy/{name}")).starts_with("Right.\n"));
    assert!(drill.is_over());
    let score = drill.score();
    assert_eq!((score.points.total, score.points.cause, score.wrong), (95, 25, 1));
    assert_eq!(score.faults[0].object, object);
}

#[test]
fn who_scales_it_away_has_not_mended_it_and_loses_what_was_there() {
    let mut drill = with("probe-path");
    let (_, object) = drill.causes().into_iter().find(|(kind, _)| *kind == "probe-path").expect("it has one");
    drill.say(&format!("scale {object} --replicas=0"));
    drill.say("sleep 10m");
    assert!(!drill.is_solved());
    drill.say(&format!("scale {object} --replicas=3"));
    drill.say(&format!("rollout undo {object}"));
    drill.say("sleep 15m");
    assert!(drill.is_solved() || drill.say("wanted").contains(&object), "{}", drill.say("wanted"));
    let score = drill.score();
    assert!(score.lost > 600, "{score:?}");
    assert!(score.points.whole < 30, "{score:?}");
}

#[test]
fn kubectl_is_all_that_one_has() {
    let mut drill = open(1, 1);
    for (line, told) in [
        ("why", "`why` is no command here"),
        ("back", "`back` is no command here"),
        ("do scale deployment/web --replicas=1", "`do` is no command here"),
        ("kill pod/web", "kubectl does no `kill`, and you have nothing else here\n"),
        ("stop node/node-a", "kubectl does no `stop`, and you have nothing else here\n"),
        ("caus", "`caus` is no command here; did you mean `cause`?\n"),
        ("scale deployment/web", "`scale` needs `replicas`; as in `scale deployment/web --replicas=5`\n"),
        ("cause imag deployment/web", "`imag` is no kind of cause; did you mean `image`?\n"),
        ("cause image", "of what? As in `cause image deployment/web`\n"),
        ("sleep long", "`long`: "),
    ] {
        let said = drill.say(line);
        assert!(said.starts_with(told), "{line}: {said}");
    }
    assert_eq!(drill.clock().secs(), 0, "what is not done takes no time");
    drill.say("get pods");
    drill.say("kubectl get nodes -o wide");
    drill.say("sleep 30s");
    assert_eq!(drill.clock().secs(), 40);
    assert!(drill.say("surrender").contains("mended by:"));
    assert!(drill.is_over());
}

/// A class: lines on standard input, the score in a file, also of one that is left early.
#[cfg(feature = "cli")]
#[test]
fn a_class_gets_the_score_as_json() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let json = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("drill.json");
    let held = |lines: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kubelapse"))
            .args(["drill", "--seed", "7", "--level", "1", "--json"])
            .arg(&json)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("it listens");
        let out = child.wait_with_output().expect("it ends");
        assert!(out.status.success());
        let text = std::fs::read_to_string(&json).expect("the score is written");
        let score: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        (String::from_utf8_lossy(&out.stdout).into_owned(), score)
    };
    let drill = open(7, 1);
    let (kind, object) = drill.causes().remove(0);
    let lines = format!("get pods\ncause {kind} {object}\n{}\nsleep 10m\n", drill.mends().join("\n"));
    let (told, score) = held(&lines);
    assert!(told.contains("it is mended") && told.contains("100 of 100 points"), "{told}");
    assert_eq!((&score["solved"], &score["points"]["total"]), (&true.into(), &100.into()), "{score}");
    assert_eq!(score["faults"][0]["kind"], kind);
    assert_eq!((&score["faults"][0]["named"], &score["faults"][0]["mended"]), (&true.into(), &true.into()));
    let (told, score) = held("get pods\nquit\n");
    assert!(told.contains("It goes on with: kubelapse drill --seed 7 --level 1"), "{told}");
    let fault = serde_json::json!([{ "kind": kind, "object": object, "named": false, "mended": false }]);
    assert_eq!((&score["solved"], &score["faults"]), (&false.into(), &fault), "{score}");
}

/// Who has left a drill is told what was wrong, and of each fault whether it is mended; while it goes on nobody is.
#[test]
fn each_fault_is_told_to_be_mended_or_not() {
    for (seed, level) in LEVELS.flat_map(|level| (0..8).map(move |seed| (seed, level))) {
        let mut drill = open(seed, level);
        drill.say("sleep 10m");
        assert!(drill.score().faults.is_empty());
        let left = drill.left().faults;
        let told: Vec<(&str, String)> = drill.causes();
        assert_eq!(told.len(), left.len());
        for (own, (kind, object)) in left.iter().zip(told) {
            assert_eq!((own.kind.as_str(), &own.object), (kind, &object));
            assert!(!own.named && !own.mended, "seed {seed}, level {level}: {own:?}");
        }
        for line in drill.mends() {
            drill.say(&line);
        }
        while !drill.is_solved() {
            drill.say("sleep 30s");
        }
        let left = drill.left().faults;
        assert!(left.iter().all(|own| own.mended && !own.named), "seed {seed}, level {level}: {left:?}");
    }
}

/// What is well for a moment is not mended yet, and one of two faults may be.
#[test]
fn one_of_two_faults_is_mended() {
    let mut drill = open(3, 3);
    let kinds: Vec<&str> = drill.causes().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["paused", "requests"]);
    drill.say("rollout resume deployment/billing");
    drill.say("sleep 1m");
    assert!(drill.left().faults.iter().all(|own| !own.mended), "well, and not for two minutes");
    drill.say("sleep 10m");
    let left: Vec<bool> = drill.left().faults.iter().map(|own| own.mended).collect();
    assert_eq!((left, drill.is_solved()), (vec![true, false], false));
}

/// A ConfigMap that is not there: what is expected of `web` tells of the trouble, once early and once late; `calm` is well.
const MISSING: &str = r#"
name = "shop"
until = "10m"
[[object]]
kind = "ConfigMap"
name = "settings"
missing = true
[[pod]]
name = "web"
spec.containers = [{ name = "app", image = "x", envFrom = [{ configMapRef = { name = "settings" } }] }]
[[pod]]
name = "calm"
spec.containers = [{ name = "app", image = "x" }]
[[expect]]
at = "2m"
pod = "web"
status = "CreateContainerConfigError"
[[expect]]
at = "8m"
pod = "web"
status = "CreateContainerConfigError"
[[expect]]
at = "9m"
pod = "calm"
noEvent = "Killing"
"#;

/// Whoever prepares one may be stopped.
#[test]
fn an_exercise_is_not_prepared_for_nobody() {
    struct Over;
    impl Progress for Over {
        fn stop(&self) -> bool {
            true
        }
    }
    let long = "until = \"2000h\"\n[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n\
                behavior.containers.app.attempts = [{ runs = \"2s\", exit = 1 }]\n";
    let (script, loaded) = Script::load("long.toml", long, &no_files, &[]).expect("it is read");
    assert!(Exercise::new(script, &Arc::new(loaded.plan), &Over).is_none());
}

fn exercise(name: &str, text: &str) -> Exercise {
    let (script, loaded) = Script::load(name, text, &no_files, &[]).expect("it is read");
    Exercise::new(script, &Arc::new(loaded.plan), &Silent).expect("nobody stops it")
}

#[test]
fn a_scenario_is_mended_by_making_its_subjects_well() {
    let exercise = exercise("shop.toml", MISSING);
    assert!(!exercise.is_calm() && !exercise.heals());
    let ends = |lines: &[&str]| {
        let mut drill = exercise.start(7);
        let told: String = lines.iter().map(|line| drill.say(line)).collect();
        assert!(drill.is_over(), "{told}");
        let points = drill.points();
        (drill.is_solved(), points.time > 0, points.whole, points.expected)
    };
    // Left alone it keeps what does not tell of the trouble.
    assert_eq!(ends(&["sleep 20m"]), (false, false, 0, Some(10)));
    let mend = "kubectl create configmap settings";
    assert_eq!(ends(&[mend, "sleep 1m", "sleep 2m"]), (true, true, 30, Some(30)));
    assert_eq!(ends(&["sleep 3m", mend, "sleep 1m", "sleep 2m"]), (true, true, 30, Some(20)));
    // What is gone is not well.
    assert_eq!(ends(&["kubectl delete pod/web", "sleep 20m"]), (false, false, 0, Some(10)));
    // What was well may not be harmed on the way, and what is expected of it is meant as it is written.
    assert_eq!(ends(&["kubectl delete pod/calm", "sleep 20m"]), (false, false, 0, Some(0)));
    assert!(exercise.start(7).say("causes").contains("no cause is to be named"));
}

/// What the story itself scales down or deletes is wanted no more, and what is well in the end heals by itself.
#[test]
fn of_a_scenario_is_wanted_what_stands_at_its_end() {
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  replicas: 3\n  \
                    selector: {matchLabels: {app: shop}}\n  template:\n    metadata: {labels: {app: shop}}\n    \
                    spec: {containers: [{name: app, image: x}]}\n";
    let text = r#"
name = "less"
until = "10m"
[[apply]]
manifest = "shop.yaml"
[[pod]]
name = "gone"
spec.containers = [{ name = "app", image = "x" }]
[[pod]]
name = "web"
spec.restartPolicy = "OnFailure"
spec.containers = [{ name = "app", image = "x" }]
behavior.containers.app.attempts = [{ runs = "30s", exit = 1 }, { runs = "5s" }]
[[action]]
at = "2m"
scale = "deployment/shop"
replicas = 1
[[action]]
at = "2m"
delete = "pod/gone"
"#;
    let loader = |_: &str| Ok(manifest.to_owned());
    let (script, loaded) = Script::load("less.toml", text, &loader, &[]).expect("it is read");
    let exercise = Exercise::new(script, &Arc::new(loaded.plan), &Silent).expect("nobody stops it");
    let told = exercise.start(3).brief();
    assert!(told.contains("deployment/shop with 1 available") && told.contains("pod/web "), "{told}");
    assert!(!told.contains("pod/gone"), "{told}");
    assert!(!exercise.is_calm() && exercise.heals());
}

#[test]
fn a_scenario_starts_with_the_luck_of_its_seed() {
    let exercise = exercise("crash-loop.toml", builtin::find("crash-loop").expect("it is shipped").text);
    let own = exercise.plan().seed;
    let digest = |seed| {
        let mut drill = exercise.start(seed);
        drill.say("sleep 5m");
        (drill.walk().world().digest.to_string(), drill.brief())
    };
    assert_eq!(digest(own), digest(own), "a copy of what was prepared is what is prepared");
    assert_eq!(digest(own + 1), digest(own + 1));
    assert_ne!(digest(own).0, digest(own + 1).0);
}

#[test]
fn a_scenario_in_which_nothing_goes_wrong_is_calm() {
    let text =
        "until = \"5m\"\n[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n";
    let calm = exercise("web.toml", text);
    assert!(calm.is_calm() && calm.heals());
}

#[test]
fn numbers_have_a_shape_and_each_choice_that_means_something_is_understood() {
    let all = places::PODS * features::POD.len()
        + places::OBJECTS * features::OBJECT.len()
        + places::NODES * features::NODE.len()
        + features::CLOCK.len();
    let verbs = menu::verbs();
    let mut chosen = BTreeSet::new();
    // Two of each level, and the first with each kind of fault.
    let all_of = |seeds: u64| LEVELS.flat_map(move |level| (0..seeds).map(move |seed| (seed, level)));
    let has = |(seed, level): (u64, u8), kind| kinds_of(seed, level).is_ok_and(|own| own.contains(&kind));
    let first = kinds().map(|kind| all_of(100).find(|own| has(*own, kind)).expect("it is made"));
    let drills: BTreeSet<(u64, u8)> = all_of(2).chain(first).collect();
    for (seed, level) in drills {
        let drill = open(seed, level);
        let mut seat = Seat::new(&drill);
        let seen = seat.observe(&drill).to_vec();
        assert_eq!(seen.len(), all);
        assert!(seen.iter().all(|number| (0.0..=1.0).contains(number)));
        for (at, means) in seat.mask(&drill).into_iter().enumerate() {
            let (verb, target) = (at / places::TARGETS, at % places::TARGETS);
            let lines = seat.lines(&drill, verb, target);
            if !means {
                assert_eq!(lines, ["sleep 5s"], "{} {target}", verbs[verb]);
                continue;
            }
            // Naming is all alike, and so is waiting.
            if !chosen
                .insert((verb, lines.first().map(|line| line.split('/').next().unwrap_or("").to_owned())))
            {
                continue;
            }
            let mut drill = drill.clone();
            for line in lines {
                let told = drill.say(&line);
                let is_understood = ["is no ", "; as in", "means nothing", "did you mean", "needs"];
                assert!(!is_understood.iter().any(|words| told.contains(words)), "{line}\n{told}");
            }
        }
    }
    let used: BTreeSet<usize> = chosen.iter().map(|(verb, _)| *verb).collect();
    let unused: Vec<&String> =
        (0..verbs.len()).filter(|verb| !used.contains(verb)).map(|verb| &verbs[verb]).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn what_is_wrong_is_told_without_playing() {
    for (seed, level) in LEVELS.flat_map(|level| (0..5).map(move |seed| (seed, level))) {
        let kinds: Vec<&str> = open(seed, level).causes().into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds_of(seed, level), Ok(kinds));
    }
    assert!(kinds_of(0, 9).is_err());
}

/// What is named by its name alone is meant if it can be only one thing; what names nothing costs nothing.
#[test]
fn a_slip_of_the_pen_costs_no_points() {
    let mut drill = open(11, 3);
    let causes = drill.causes();
    let (kind, object) = &causes[0];
    let (of, name) = object.split_once('/').expect("a kind and a name");
    for (said, told) in [
        (format!("cause {kind}"), "of what?"),
        (format!("cause {kind} nothing-here"), "there is no nothing-here here"),
        (format!("cause {kind} deployment/nothing-here"), "there is no deployment/nothing-here here"),
        ("cause".to_owned(), "a kind and an object are to be named"),
        ("cause nosuch deployment/orders".to_owned(), "`nosuch` is no kind of cause"),
    ] {
        let answer = drill.say(&said);
        assert!(answer.starts_with(told), "{said}: {answer}");
    }
    assert_eq!((drill.score().wrong, drill.score().points.cause), (0, 0));
    let which = drill.say(&format!("cause {kind} {name}"));
    assert!(which.starts_with("Right") || which.starts_with(&format!("which {name}: ")), "{which}");
    if !which.starts_with("Right") {
        assert_eq!(drill.say(&format!("cause {kind} {of} {name}")), "Right.\n");
    }
    assert_eq!(drill.score().wrong, 0);
}

/// A Deployment that is paused has no new ReplicaSet until it is resumed: all that it has are old ones.
#[test]
fn what_tells_a_paused_deployment_is_told() {
    let mut drill = open(11, 3);
    let told = drill.say("kubectl describe deployment orders");
    assert!(told.contains("\nNewReplicaSet:   <none>\n"), "{told}");
    let old = told.lines().find(|line| line.starts_with("OldReplicaSets:")).expect("they are told");
    assert_eq!(old.matches("replicas created").count(), 2, "{old}");
    // Its environment, which a cause may lie in.
    for line in [
        "    Environment Variables from:\n      orders-settings  ConfigMap  Optional: false\n",
        "<set to the key 'token' in secret 'orders-token'>  Optional: false\n",
        "Mounts:",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    drill.say("rollout resume deployment/orders");
    let told = drill.say("describe deploy orders");
    assert!(!told.contains("NewReplicaSet:   <none>"), "{told}");
}

/// kubectl's ways of looking, and what is told while a drill goes on.
#[test]
fn one_looks_as_with_kubectl() {
    let mut drill = open(11, 3);
    let pods = drill.say("kubectl get po");
    assert!(pods.starts_with("NAME ") && !pods.contains("NOMINATED"), "{pods}");
    assert!(drill.say("get po -o wide").contains("NOMINATED NODE"));
    assert!(drill.say("get po -A").starts_with("NAMESPACE "));
    let names = drill.say("get pods -l app=stock --no-headers -o name");
    assert!(
        names.lines().count() == 4 && names.lines().all(|line| line.starts_with("pod/stock-")),
        "{names}"
    );
    let history = drill.say("kubectl rollout history deployment/stock");
    assert_eq!(
        history,
        "deployment.apps/stock\nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n"
    );
    let second = drill.say("rollout history deploy stock --revision=2");
    assert!(
        second.starts_with("deployment.apps/stock with revision #2\nPod Template:\n  Labels:\tapp=stock\n"),
        "{second}"
    );
    assert_eq!(
        drill.say("rollout history deploy stock --revision=9"),
        "error: unable to find the specified revision\n"
    );
    assert!(drill.say("logs deployment/stock").starts_with("Found 4 pods, using pod/stock-"));
    assert!(drill.say("top pods").starts_with("error: Metrics API not available"));
    assert!(drill.say("get pods -w").contains("time stands"));
    assert!(
        drill
            .say("set resources deployment/stock --limits=memory=1Gi")
            .starts_with("deployment.apps/stock resource requirements updated")
    );
    let score = drill.say("score");
    assert!(score.starts_with("Not mended yet") && score.contains("40 of 40 for the time"), "{score}");
    drill.tell_within(80);
    assert!(drill.brief().lines().all(|line| line.chars().count() <= 80), "{}", drill.brief());
}
