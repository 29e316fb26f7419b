//! What the kubelet says of what it does: the words of events, as `kubectl describe` would show them.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::api::Tri;
use kubelapse::record::Change;
use kubelapse::scenario;
use kubelapse::session;
use plan::plan;

/// The events of a reason, with their second.
fn told(text: &str, reason: &str) -> Vec<(i64, String)> {
    let plan = plan(text);
    let lived = session::live(&plan, 0);
    let rows = lived.transitions.iter();
    rows.filter_map(|row| match &row.change {
        Change::Event(e) if e.reason == reason => {
            let ident = &lived.directory.pods[row.pod? as usize];
            Some((row.time.since(lived.directory.start).secs(), e.message.show(ident).to_string()))
        }
        _ => None,
    })
    .collect()
}

/// A pod with one readiness probe of this handler, whose process answers like this.
fn probed(handler: &str, readiness: &str) -> Vec<(i64, String)> {
    let text = format!(
        "name = \"probed\"\nuntil = \"40s\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\n\
         image = \"web:1\"\nreadinessProbe = {{ {handler}, timeoutSeconds = 2 }}\n[pod.behavior.containers.app]\n\
         attempts = [{{ readiness = [{readiness}] }}]\n"
    );
    told(&text, "Unhealthy")
}

fn last(told: &[(i64, String)]) -> &str {
    told.last().map_or("", |(_, words)| words)
}

#[test]
fn a_failed_probe_has_the_words_of_its_handler() {
    let no = "{ ok = false }";
    let http = probed("httpGet = { path = \"/ready\", port = 8080 }", no);
    assert_eq!(last(&http), "Readiness probe failed: HTTP probe failed with statuscode: 503");
    let tcp = probed("tcpSocket = { port = 6379 }", no);
    assert!(last(&tcp).starts_with("Readiness probe failed: dial tcp 10.244."), "{tcp:?}");
    assert!(last(&tcp).ends_with(":6379: connect: connection refused"), "{tcp:?}");
    let said = probed("exec = { command = [\"check\"] }", "{ ok = false, output = \"no\" }");
    assert_eq!(last(&said), "Readiness probe failed: no");
}

/// A port that its container does not have: an error, and no result, whatever the process would say.
#[test]
fn a_probe_of_an_unknown_port_never_gives_a_result() {
    let text = |version: &str, handler: &str| {
        format!(
            "kubernetes = \"{version}\"\nuntil = \"2m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \
             \"app\"\nimage = \"web:1\"\nports = [{{ name = \"http\", containerPort = 80 }}]\n\
             livenessProbe = {{ {handler}, failureThreshold = 1 }}\nreadinessProbe = {{ {handler} }}\n"
        )
    };
    let http = |port: &str| format!("httpGet = {{ path = \"/\", port = {port} }}");
    let tcp = "tcpSocket = { port = \"htpp\" }";
    for (version, handler, words) in [
        (
            "1.36",
            http("\"htpp\""),
            "probe errored and resulted in unknown state: strconv.Atoi: parsing \"htpp\": invalid syntax",
        ),
        ("1.37", http("\"htpp\""), "probe errored and resulted in unknown state: port \"htpp\" not found"),
        ("1.37", tcp.to_owned(), "probe errored and resulted in unknown state: port \"htpp\" not found"),
    ] {
        let text = text(version, &handler);
        let unhealthy = told(&text, "Unhealthy");
        assert!(unhealthy.iter().any(|(_, said)| *said == format!("Readiness {words}")), "{unhealthy:?}");
        assert!(unhealthy.iter().any(|(_, said)| *said == format!("Liveness {words}")), "{unhealthy:?}");
        assert_eq!(told(&text, "Killing"), []);
        assert!(!session::live(&plan(&text), 0).transitions.iter().any(|row| is_ready(&row.change)));
    }
    let known = text("1.37", &http("\"http\""));
    assert_eq!(told(&known, "Unhealthy"), []);
    assert!(session::live(&plan(&known), 0).transitions.iter().any(|row| is_ready(&row.change)));
}

fn is_ready(change: &Change) -> bool {
    matches!(change, Change::Condition { kind, to, .. } if *kind == "Ready" && *to == Some(Tri::True))
}

/// The attempt that begins before the script changes, and ends after it, is of the old kind.
#[test]
fn a_probe_that_times_out_across_a_change_of_the_script_says_so() {
    let words = "Readiness probe failed: command timed out: \"check\" timed out after 2s";
    let all = probed(
        "exec = { command = [\"check\"] }",
        "{ ok = true, takes = \"3s\" }, { at = \"1s\", ok = true, takes = \"10ms\" }",
    );
    assert_eq!(all.iter().map(|(_, said)| said.as_str()).collect::<Vec<_>>(), [words]);
}

/// The duration that was drawn decides, not what could have been drawn.
#[test]
fn a_probe_of_random_length_times_out_only_where_it_is_too_long() {
    let all = probed(
        "exec = { command = [\"check\"] }, periodSeconds = 1, failureThreshold = 1000",
        "{ ok = false, output = \"no\", takes = { uniform = [\"1s\", \"3s\"] } }",
    );
    let timeouts = all.iter().filter(|(_, said)| said.ends_with("timed out after 2s")).count();
    let answers = all.iter().filter(|(_, said)| said == "Readiness probe failed: no").count();
    assert_eq!(timeouts + answers, all.len());
    assert!(timeouts > 0 && answers > 0, "{all:?}");
}

/// The image runs as root, or the spec asks for root itself.
#[test]
fn a_container_that_may_not_run_as_root_says_who_wants_it_to() {
    let errors = |user: &str, context: &str| {
        let text = format!(
            "name = \"rootless\"\nuntil = \"30s\"\n[[image]]\nref = \"web:1\"\nuser = {user}\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\n\
             image = \"web:1\"\nsecurityContext = {{ {context} }}\n"
        );
        last(&told(&text, "Failed")).to_owned()
    };
    let asked = errors("1000", "runAsNonRoot = true, runAsUser = 0");
    assert!(
        asked.starts_with("Error: container's runAsUser breaks non-root policy (pod: \"web_default("),
        "{asked}"
    );
    assert!(asked.ends_with("\", container: app)"), "{asked}");
    let named = errors("\"app\"", "runAsNonRoot = true");
    assert!(
        named.starts_with(
            "Error: container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: \"web_"
        ),
        "{named}"
    );
    let image = errors("\"root\"", "runAsNonRoot = true");
    assert!(
        image
            .starts_with("Error: container has runAsNonRoot and image will run as root (pod: \"web_default("),
        "{image}"
    );
}

/// A container that misses a key of a ConfigMap starts once somebody adds it.
#[test]
fn a_key_that_is_added_heals_what_missed_it() {
    let text = r#"
name = "healed"
until = "2m"
[[object]]
kind = "ConfigMap"
name = "settings"
keys = ["colour"]
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "web:1"
  env = [{ name = "SIZE", valueFrom = { configMapKeyRef = { name = "settings", key = "size" } } }]
[[action]]
at = "40s"
create = "ConfigMap/settings"
keys = ["size"]
"#;
    let failed = told(text, "Failed");
    assert_eq!(last(&failed), "Error: couldn't find key size in ConfigMap default/settings");
    let started = told(text, "Started");
    assert!(started.iter().all(|(secs, _)| (40..60).contains(secs)) && !started.is_empty(), "{started:?}");
    let problem = |from: &str, to: &str| {
        let loaded = scenario::load_noting("events.toml", &text.replace(from, to), &scenario::no_files, &[]);
        match loaded {
            Ok(loaded) => loaded.warnings.short(),
            Err(problems) => problems.short(),
        }
    };
    assert!(problem("ConfigMap/settings", "HostPath/settings").contains("a HostPath has no `keys`"));
    assert!(problem("keys = [\"colour\"]\n", "").contains("`settings` has any key already"));
}

/// From the action on a probe hangs, and is no answer any more.
#[test]
fn a_probe_that_is_made_slow_times_out() {
    let text = r#"
name = "slow"
until = "60s"
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "web:1"
  livenessProbe = { tcpSocket = { port = 80, host = "10.0.0.9" }, periodSeconds = 5 }
[[action]]
at = "30s"
setProbe = "pod/web"
probe = "liveness"
ok = true
takes = "3s"
"#;
    let all = told(text, "Unhealthy");
    assert!(all.iter().all(|(secs, _)| *secs > 30) && all.len() > 2, "{all:?}");
    assert_eq!(last(&all), "Liveness probe failed: dial tcp 10.0.0.9:80: i/o timeout");
}

/// The scheduler's recorder knows a repetition by the version of the pod and not by its words: as recorded (`golden`,
/// sched-nodeselector-mismatch from 71 s on), the third refusal repeats the words of the second, and only the condition has
/// the new ones.
#[test]
fn a_refusal_of_an_unchanged_pod_repeats_the_event_before_whatever_its_words() {
    let fifteen = include_str!("../scenarios/scheduling/fifteen-nodes.toml");
    let plan = plan(fifteen);
    let lived = session::live(&plan, 0);
    let count = |words: &str| {
        let before = words.split(" Insufficient").next().unwrap_or_default();
        before.rsplit(' ').next().unwrap_or_default().to_owned()
    };
    let (mut events, mut conditions) = (Vec::new(), Vec::new());
    for row in &lived.transitions {
        let Some(ident) = row.pod.map(|pod| &lived.directory.pods[pod as usize]) else { continue };
        let secs = row.time.since(lived.directory.start).secs();
        match &row.change {
            Change::Event(e) if e.reason == "FailedScheduling" => {
                let words = e.message.show(ident).to_string();
                events.push((secs, e.object, e.count, count(&words)));
            }
            Change::Condition { kind, message, .. } if kind == "PodScheduled" && !message.is_empty() => {
                conditions.push((secs, count(&message.show(ident).to_string())));
            }
            _ => {}
        }
    }
    let objects: Vec<u32> = events.iter().map(|(_, object, ..)| *object).collect();
    let told: Vec<(i64, u32, &str)> =
        events.iter().map(|(at, _, count, n)| (*at, *count, n.as_str())).collect();
    // The second time at 70 s the node has lost its cordon and not yet its taint.
    let all = [(20, 1, "2"), (70, 1, "2"), (70, 1, "3"), (82, 1, "3"), (92, 2, "3"), (102, 1, "2")];
    assert_eq!(told, all);
    assert!(
        objects[3] == objects[4] && objects.iter().filter(|o| **o == objects[3]).count() == 2,
        "{objects:?}"
    );
    // A row for each new message, though the status is False all along.
    let all = [(20, "2"), (70, "2"), (70, "3"), (92, "2")].map(|(at, n)| (at, n.to_owned()));
    assert_eq!(conditions, all);
}
