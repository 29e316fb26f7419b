//! Images from scenario to events: registries that want a Secret, pulls that wait their turn, pulls that are held back.

#[path = "support/plan.rs"]
mod plan;
mod told;

use plan::plan;

/// What the kubelet tells and what kubectl shows.
fn told(text: &str, seed: u64) -> Vec<String> {
    let others = [" PHASE ", " CONDITION ", " Normal Scheduled "];
    let lines = told::told(text, seed).into_iter();
    lines.filter(|line| !others.iter().any(|words| line.contains(words))).collect()
}

fn count(lines: &[String], words: &str) -> usize {
    lines.iter().filter(|line| line.contains(words)).count()
}

const PRIVATE: &str = r#"
name = "private"
until = "3m"
[[node]]
name = "n1"
[[image]]
ref = "registry.example/shop/web:1.4"
pull = "2s"
secret = "regcred"
[[object]]
kind = "Secret"
name = "regcred"
namespace = "default"
at = "40s"
[[pod]]
name = "web"
  [pod.spec]
  imagePullSecrets = [{ name = "regcred" }]
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  imagePullPolicy = "IfNotPresent"
[[pod]]
name = "thief"
at = "100s"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  imagePullPolicy = "POLICY"
"#;

#[test]
fn a_registry_that_wants_a_secret_gets_it_when_it_is_created() {
    let lines = told(&PRIVATE.replace("POLICY", "Never"), 1);
    let missing = "web Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (regcred); \
                   attempting to pull the image may not succeed.";
    assert!(lines[0..8].iter().any(|line| line.contains(missing)), "{lines:#?}");
    assert!(count(&lines, "no basic auth credentials") > 1, "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("web STATUS Running")), "{lines:#?}");
    let running = lines.iter().position(|line| line.ends_with("web STATUS Running")).expect("it runs");
    assert!(lines[running..].iter().all(|line| !line.contains(missing)), "{lines:#?}");
}

/// From 1.37 on a Secret that is missing is told behind a pull that has failed, and not at each sync (`SyncPod`,
/// pkg/kubelet/kubelet.go).
#[test]
fn a_missing_secret_is_told_where_a_pull_has_failed() {
    let of =
        |version: &str| told(&format!("kubernetes = \"{version}\"{}", PRIVATE.replace("POLICY", "Never")), 1);
    let place =
        |lines: &[String], what: &str| lines.iter().position(|line| line.contains(what)).expect("it is told");
    let (before, now) = (of("1.36"), of("1.37"));
    let missing = "web Warning FailedToRetrieveImagePullSecret";
    assert!(place(&before, missing) < place(&before, "web Normal Pulling"), "{before:#?}");
    assert!(place(&now, missing) > place(&now, "web Warning Failed Failed to pull image"), "{now:#?}");
    assert!(place(&now, missing) < place(&now, "web Normal BackOff"), "{now:#?}");
    let times = |lines: &[String]| lines.iter().filter(|line| line.contains(missing)).count();
    assert!(times(&now) < times(&before), "{now:#?}");
}

#[test]
fn a_pod_without_the_secret_does_not_get_what_another_pulled() {
    let lines = told(&PRIVATE.replace("POLICY", "Never"), 1);
    assert!(lines.iter().any(|line| line.ends_with("thief STATUS ErrImageNeverPull")), "{lines:#?}");
    let lines = told(&PRIVATE.replace("POLICY", "IfNotPresent"), 1);
    assert!(lines.iter().any(|line| line.ends_with("thief STATUS ErrImagePull")), "{lines:#?}");
    // Kubernetes 1.32 does not look who pulled it.
    let lines = told(&format!("kubernetes = \"1.32\"{}", PRIVATE.replace("POLICY", "Never")), 1);
    assert!(lines.iter().any(|line| line.ends_with("thief STATUS Running")), "{lines:#?}");
}

const CROWD: &str = r#"
name = "crowd"
until = "2m"
[[node]]
name = "n1"
  [node.kubelet]
  serializeImagePulls = SERIAL
[[image]]
ref = "registry.example/shop/web:1.4"
pull = "1s"
[[pod]]
name = "web"
replicas = 14
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  imagePullPolicy = "Always"
"#;

#[test]
fn one_puller_pulls_one_after_the_other_and_never_too_fast() {
    let lines = told(&CROWD.replace("SERIAL", "true"), 3);
    assert_eq!(count(&lines, "Successfully pulled"), 14, "{lines:#?}");
    assert_eq!(count(&lines, "pull QPS exceeded"), 0);
    assert!(
        lines.iter().any(|line| line.contains("in 1s (13")),
        "the last one waits for thirteen: {lines:#?}"
    );
}

#[test]
fn pulls_at_once_are_held_back_beyond_the_burst() {
    let mut who = std::collections::BTreeSet::new();
    for seed in 0..10 {
        let lines = told(&CROWD.replace("SERIAL", "false"), seed);
        let held = lines.iter().filter(|line| line.contains("pull QPS exceeded ×1"));
        let held: Vec<&str> = held.filter_map(|line| line.split(' ').nth(1)).collect();
        assert!((2..=4).contains(&held.len()), "{held:?}");
        assert_eq!(count(&lines, "STATUS Running"), 14, "{lines:#?}");
        who.extend(held.iter().map(|name| (*name).to_owned()));
    }
    assert!(who.len() > 4, "it may be any of them: {who:?}");
}

/// Four Normal events a restart: after six restarts the kubelet's recorder has sent its 25 and sends one per five minutes.
#[test]
fn a_crash_loop_runs_out_of_events() {
    let text = r#"
name = "silent"
until = "60m"
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  imagePullPolicy = "Always"
  [pod.behavior.containers.app]
  attempts = [{ runs = "2s", exit = 1 }]
"#;
    let lines = told(text, 5);
    let at = |line: &String| line.split(' ').next().and_then(|secs| secs.parse::<f64>().ok()).unwrap_or(0.0);
    let normal: Vec<f64> = lines.iter().filter(|line| line.contains(" Normal ")).map(at).collect();
    assert_eq!(normal.iter().filter(|secs| **secs < 300.0).count(), 24, "{normal:?}");
    assert!((11..=13).contains(&normal.iter().filter(|secs| **secs >= 300.0).count()), "{normal:?}");
    let last = lines.iter().rfind(|line| line.contains("Normal")).expect("there are events");
    let seen: u32 = last.rsplit_once('×').and_then(|(_, count)| count.parse().ok()).unwrap_or(0);
    assert!(seen > 12, "what was held back is counted: {last}");
}

const CORRECTED: &str = r#"
name = "corrected"
until = "4m"
[[image]]
ref = "registry.example/shop/web:1.5"
error = "not found"
[[image]]
ref = "registry.example/shop/web:1.6"
error = "not found"
[[pod]]
name = "web"
[pod.spec]
  containers = [{ name = "app", image = "registry.example/shop/web:1.5" }]
[[action]]
at = "70s"
setImage = "pod/web"
image = "registry.example/shop/web:1.6"
[[action]]
at = "75s"
setImage = "pod/web"
image = "registry.example/shop/web:1.5"
"#;

/// The back-off is that of an image: another one is pulled at once, and the first one goes on waiting.
#[test]
fn another_image_does_not_wait_for_the_back_off_of_the_first() {
    let lines = told(CORRECTED, 1);
    let pulls = |tag: &str| {
        let words = format!("Failed to pull image \"registry.example/shop/web:{tag}\"");
        let of = lines.iter().filter(|line| line.contains(&words));
        let at = of.filter_map(|line| line.split(' ').next()?.parse::<f64>().ok());
        at.map(|secs| secs as i64).collect::<Vec<i64>>()
    };
    let (first, second) = (pulls("1.5"), pulls("1.6"));
    assert_eq!(second.len(), 1, "{lines:#?}");
    assert!((70..72).contains(&second[0]), "{second:?}");
    assert!(first.iter().all(|at| !(68..79).contains(at)), "{first:?}");
}

const OUTAGE: &str = r#"
name = "outage"
until = "6m"
[[image]]
ref = "registry.example/shop/web:1.4"
pull = "1s"
outages = [{ from = "1m", until = "3m" }]
[[pod]]
name = "early"
[pod.spec]
  containers = [{ name = "app", image = "registry.example/shop/web:1.4" }]
[[pod]]
name = "late"
at = "70s"
[pod.spec]
  containers = [{ name = "app", image = "registry.example/shop/web:1.4", imagePullPolicy = "Always" }]
"#;

/// A registry that is down from an instant on fails the pulls of that time, also of what the node has, and of no other.
#[test]
fn a_registry_goes_down_and_comes_back() {
    let lines = told(OUTAGE, 1);
    let words = "Failed to pull image \"registry.example/shop/web:1.4\": failed to pull and unpack image \
                 \"registry.example/shop/web:1.4\": failed to resolve reference \"registry.example/shop/web:1.4\": \
                 unexpected status from HEAD request to https://registry.example/v2/shop/web/manifests/1.4: 503 Service \
                 Unavailable";
    assert!(count(&lines, words) > 1, "{lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.contains(words) && line.contains(" early ")).count(), 0);
    let runs = lines.iter().find(|line| line.ends_with("late STATUS Running")).expect("it runs in the end");
    let at: f64 = runs.split(' ').next().and_then(|secs| secs.parse().ok()).expect("a second");
    assert!((180.0..330.0).contains(&at), "{runs}");
    let problem = |until: &str| {
        let text = OUTAGE.replace("until = \"3m\"", until);
        kubelapse::scenario::load("images.toml", &text, &kubelapse::scenario::no_files, &[])
            .map(drop)
            .expect_err("it is wrong")
            .short()
    };
    assert!(problem("until = \"30s\"").contains("the outage ends before it begins"));
    assert!(problem("until = \"1h\"").contains("the end of the outage lies beyond the end of the run"));
}

const UNASKED: &str = r#"
name = "unasked"
until = "40s"
[[node]]
name = "good"
[[node]]
name = "bad"
inspectError = "rpc error: code = Unknown desc = the store is damaged"
[[image]]
ref = "registry.example/shop/web:1.4"
pull = "1s"
[[image]]
ref = "redis:7.4"
inspectError = "rpc error: code = Unknown desc = ambiguous list"
[[pod]]
name = "web"
[pod.spec]
  nodeName = "NODE"
  containers = [{ name = "app", image = "IMAGE", imagePullPolicy = "POLICY" }]
"#;

/// A look that fails is neither a pull nor a back-off; it is a matter of the node or of the image, and of the policy.
#[test]
fn a_runtime_that_cannot_look_for_an_image_fails_each_start() {
    let lines = |node: &str, image: &str, policy: &str| {
        told(&UNASKED.replace("NODE", node).replace("IMAGE", image).replace("POLICY", policy), 1)
    };
    let web = "registry.example/shop/web:1.4";
    for policy in ["IfNotPresent", "Never"] {
        let lines = lines("bad", web, policy);
        let words = "web Warning InspectFailed Failed to inspect image \"\": rpc error: code = Unknown desc = the store is \
                     damaged";
        assert!((3..=5).contains(&count(&lines, words)), "{lines:#?}");
        assert!(count(&lines, "web Warning Failed Error: ImageInspectError") >= 3, "{lines:#?}");
        assert_eq!(count(&lines, "STATUS ImageInspectError"), 1, "{lines:#?}");
        assert_eq!(count(&lines, "Pulling") + count(&lines, "BackOff"), 0, "{lines:#?}");
    }
    assert_eq!(count(&lines("bad", web, "Always"), "STATUS Running"), 1);
    assert_eq!(count(&lines("good", web, "IfNotPresent"), "STATUS Running"), 1);
    // A short name is asked for by its full one.
    let short = lines("good", "docker.io/library/redis:7.4", "IfNotPresent");
    assert_eq!(count(&short, "STATUS ImageInspectError"), 1, "{short:#?}");
}

const HOOKS: &str = r#"
name = "hooks"
until = "1m"
[[pod]]
name = "web"
[pod.spec]
  containers = [{ name = "app", image = "registry.example/shop/web:1.4" }]
[pod.behavior.containers.app]
  attempts = [{ KEY = "no CPU" }, { KEY = "no CPU" }, {}]
"#;

/// The kubelet's own hooks: what fails before a container is made counts for nothing, what fails behind that counts.
#[test]
fn a_hook_of_the_kubelets_own_fails_a_start() {
    for (key, hook, reason, restarts) in [
        ("preCreateError", "PreCreateContainer", "PreCreateHookError", 0),
        ("preStartError", "PreStartContainer", "PreStartHookError", 2),
    ] {
        let text = HOOKS.replace("KEY", key);
        let lines = told(&text, 1);
        let words = format!("web Warning Failed Internal {hook} hook failed: no CPU");
        assert_eq!(count(&lines, &words), 2, "{lines:#?}");
        assert!(count(&lines, &format!("STATUS {reason}")) > 0, "{lines:#?}");
        assert_eq!(count(&lines, "Normal Created"), 1, "{lines:#?}");
        assert_eq!(count(&lines, "CrashLoopBackOff"), 0, "{lines:#?}");
        assert!(lines.iter().any(|line| line.ends_with("web STATUS Running")), "{lines:#?}");
        let expect = format!("[[expect]]\nat = \"55s\"\npod = \"web\"\nrestarts = {restarts}\n");
        let plan = plan(&format!("{text}{expect}"));
        let failed = kubelapse::session::expect::check(&plan, 1);
        assert!(failed.is_empty(), "{}", failed[0].seen);
    }
}

#[test]
fn of_what_can_fail_a_start_only_the_first_is_met() {
    let problem = |attempt: &str| {
        let text = HOOKS.replace("KEY = \"no CPU\" }, { KEY = \"no CPU\"", attempt);
        kubelapse::scenario::load("images.toml", &text, &kubelapse::scenario::no_files, &[])
            .map(drop)
            .expect_err("it is wrong")
            .short()
    };
    for (first, later, words) in [
        ("preCreateError", "createError", "what its hook refuses is never created"),
        ("preCreateError", "startError", "what cannot be created is never started"),
        ("createError", "preStartError", "what cannot be created is never started"),
        ("preStartError", "startError", "what its hook refuses is never started"),
    ] {
        let told = problem(&format!("{later} = \"b\", {first} = \"a\""));
        assert!(told.contains(&format!("{words}: {first} and {later} exclude each other")), "{told}");
    }
    let told = problem("preStartError = 3");
    assert!(told.contains("a whole number does not belong here"), "{told}");
}
