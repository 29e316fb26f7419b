//! Resize in place: who gets room and when, what is restarted, and what each version says of it.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::compare::{laws, life};
use kubelapse::record::Change;
use kubelapse::rules::kubelet::resize::{sizes, with_sizes};
use kubelapse::rules::scheduler::placement::amounts;
use kubelapse::scenario;
use kubelapse::session::{self, Session};
use kubelapse::world::{Local, NodeId, PodId, World};
use plan::plan;
use proptest::prelude::*;

/// What is said about resizes: `30.002 web ResizeDeferred`, `30.022 web PodResizePending Deferred`, `gone`; restarts too.
struct Told {
    lines: Vec<(f64, String)>,
    answers: Vec<String>,
}

fn told(text: &str) -> Told {
    let plan = plan(text);
    let mut session = Session::new(&plan, 0);
    while session.step().is_some() {}
    let mut lines = Vec::new();
    for row in session.take_transitions() {
        let Some(ident) = row.pod.map(|pod| session.world.directory.pods[pod as usize]) else { continue };
        let words = match row.change {
            Change::Event(event) if event.reason.starts_with("Resize") => event.reason.to_string(),
            Change::Event(event) if event.reason == "Killing" => event.message.show(&ident).to_string(),
            Change::Condition { kind, to, reason, .. } if kind.starts_with("PodResize") => {
                format!("{kind} {}", if to.is_none() { "gone" } else { reason.as_str() })
            }
            Change::Container { name, restarts, .. } if restarts > 0 => format!("{name} restarts {restarts}"),
            Change::Status { to, .. } => format!("STATUS {to}"),
            _ => continue,
        };
        let at = row.time.since(plan.start).secs_f64();
        lines.push((at, format!("{} {}", ident.name, words.trim_end())));
    }
    Told { lines, answers: session.world.answers.clone() }
}

impl Told {
    /// The instants at which something is said.
    fn at(&self, words: &str) -> Vec<f64> {
        self.lines.iter().filter(|(_, line)| line == words).map(|(at, _)| *at).collect()
    }
    #[track_caller]
    fn once(&self, words: &str) -> f64 {
        match self.at(words)[..] {
            [at] => at,
            _ => panic!("{words:?} is not said once: {:#?}", self.lines),
        }
    }
    /// What is said of a pod's resizes, in order.
    fn of(&self, pod: &str) -> Vec<&str> {
        let own = self.lines.iter().filter_map(|(_, line)| line.strip_prefix(pod)?.strip_prefix(' '));
        own.filter(|line| line.contains("esize")).collect()
    }
}

/// A node of 4 CPU with two pods of one container each.
fn two(version: &str, more: &str) -> String {
    format!(
        r#"
kubernetes = "{version}"
until = "10m"
[[node]]
name = "n1"
capacity = {{ cpu = "4", memory = "8Gi" }}
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/web:1"
  resources = {{ requests = {{ cpu = "1", memory = "1Gi" }}, limits = {{ memory = "1Gi" }} }}
[[pod]]
name = "other"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/other:1"
  resources = {{ requests = {{ cpu = "2", memory = "1Gi" }}, limits = {{ memory = "1Gi" }} }}
{more}"#
    )
}

fn resize(at: &str, pod: &str, cpu: &str) -> String {
    format!("[[action]]\nat = \"{at}\"\nresize = \"pod/{pod}\"\nrequests = {{ cpu = \"{cpu}\" }}\n")
}

#[test]
fn what_fits_is_in_effect_at_once_and_nothing_is_restarted() {
    let told = told(&two("1.36", &resize("30s", "web", "2")));
    assert_eq!(
        told.of("web"),
        ["ResizeStarted", "PodResizeInProgress", "ResizeCompleted", "PodResizeInProgress gone"]
    );
    let (began, over) = (told.once("web ResizeStarted"), told.once("web ResizeCompleted"));
    assert!(over - began < 0.1, "{began} {over}");
    assert!(told.at("web app restarts 1").is_empty());
}

/// Before 1.36 no sync asks for a relist of its own: the next regular one tells that the size is there.
#[test]
fn without_a_relist_on_demand_the_end_is_seen_within_a_second() {
    let told = told(&two("1.35", &resize("30s", "web", "2")));
    let (began, over) = (told.once("web ResizeStarted"), told.once("web ResizeCompleted"));
    assert!(over - began < 1.1, "{began} {over}");
}

#[test]
fn what_does_not_fit_waits_for_a_pod_to_leave() {
    let delete = "[[action]]\nat = \"2m\"\ndelete = \"pod/other\"\n";
    let told = told(&two("1.36", &(resize("30s", "web", "3") + delete)));
    assert_eq!(
        told.of("web"),
        [
            "ResizeDeferred",
            "PodResizePending Deferred",
            "ResizeStarted",
            "ResizeCompleted",
            "PodResizePending gone",
            "PodResizeInProgress",
            "PodResizeInProgress gone"
        ]
    );
    // Its containers have ended; the object is still there.
    let began = told.once("web ResizeStarted");
    assert!((120.0..121.0).contains(&began) && began < told.once("other STATUS"), "{began}");
}

#[test]
fn who_asks_for_less_makes_room_for_those_who_wait() {
    let actions = resize("30s", "web", "3") + &resize("1m", "other", "500m");
    let told = told(&two("1.36", &actions));
    let (shrunk, grown) = (told.once("other ResizeStarted"), told.once("web ResizeStarted"));
    assert_eq!(shrunk, grown);
    assert!(told.once("web ResizeDeferred") < shrunk);
}

#[test]
fn a_resize_that_is_taken_back_leaves_no_trace() {
    let actions = resize("30s", "web", "3") + &resize("1m", "web", "1");
    let told = told(&two("1.36", &actions));
    assert_eq!(told.of("web"), ["ResizeDeferred", "PodResizePending Deferred", "PodResizePending gone"]);
}

/// `retryDelay`, counted from the last try.
#[test]
fn what_waits_is_tried_every_three_minutes() {
    let plan = plan(&two("1.36", &resize("30s", "web", "3")));
    let mut session = Session::new(&plan, 0);
    let mut tries = Vec::new();
    while session.step().is_some() {
        let kubelet = session.world.kubelet(NodeId(0)).expect("it runs");
        let next = kubelet.resize_retry.map(|at| at.since(plan.start).micros() / 1000);
        tries.extend(next.filter(|at| !tries.contains(at)));
    }
    assert_eq!(tries, [210_002, 390_002, 570_002, 750_002]);
}

/// The checkpoint outlives the kubelet; until it has heard of all pods it tries nothing.
#[test]
fn a_kubelet_that_restarts_remembers_what_waits() {
    let restart = "[[action]]\nat = \"1m\"\nrestartKubelet = \"node/n1\"\ntakes = \"10s\"\n\
                   [[action]]\nat = \"1m2s\"\ndelete = \"pod/other\"\nforce = true\n";
    let told = told(&two("1.36", &(resize("30s", "web", "3") + restart)));
    let began = told.once("web ResizeStarted");
    assert!((101.0..101.5).contains(&began), "{began}");
    assert!(told.at("web STATUS OutOfcpu").is_empty());
}

#[test]
fn a_pod_is_restarted_with_what_it_was_given_and_not_rejected_for_what_it_wants() {
    let restart = "[[action]]\nat = \"1m\"\nrestartKubelet = \"node/n1\"\n";
    let told = told(&two("1.36", &(resize("30s", "web", "3") + restart)));
    assert_eq!(told.of("web"), ["ResizeDeferred", "PodResizePending Deferred"]);
    assert!(told.at("web STATUS OutOfcpu").is_empty() && told.at("other STATUS OutOfcpu").is_empty());
}

const POLICY: &str = r#"
until = "5m"
[[pod]]
name = "web"
  [[pod.spec.initContainers]]
  name = "proxy"
  image = "registry.example/proxy:1"
  restartPolicy = "Always"
  resources = { requests = { cpu = "100m", memory = "64Mi" } }
  resizePolicy = [{ resourceName = "cpu", restartPolicy = "RestartContainer" }]
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/web:1"
  resources = { requests = { cpu = "1", memory = "1Gi" }, limits = { memory = "1Gi" } }
  resizePolicy = [{ resourceName = "memory", restartPolicy = "RestartContainer" }]
  [[pod.spec.containers]]
  name = "log"
  image = "registry.example/log:1"
"#;

#[test]
fn the_policy_says_which_container_is_restarted() {
    let action = |at: &str, container: &str, size: &str| {
        format!("[[action]]\nat = \"{at}\"\nresize = \"pod/web\"\ncontainer = \"{container}\"\n{size}\n")
    };
    let cpu = action("30s", "app", "requests = { cpu = \"2\" }");
    let memory = action("1m", "app", "limits = { memory = \"2Gi\" }");
    let sidecar = action("2m", "proxy", "requests = { cpu = \"200m\" }");
    let told = told(&format!("{POLICY}{cpu}{memory}{sidecar}"));
    // The kubelet holds back the last ResizeCompleted: it has sent 25 events about the pod.
    assert_eq!(told.at("web PodResizeInProgress gone").len(), 3, "{:#?}", told.lines);
    let killed = told.once("web Container app resize requires restart");
    assert!((60.0..60.1).contains(&killed), "{killed}");
    let killed = told.once("web Container proxy resize requires restart");
    assert!((120.0..120.1).contains(&killed), "{killed}");
    told.once("web app restarts 1");
    assert!(!told.at("web proxy restarts 1").is_empty(), "{:#?}", told.lines);
    assert!(told.at("web log restarts 1").is_empty());
}

/// The scheduler counts the most of what a pod has and wants, and hears of it when that becomes less.
#[test]
fn nobody_is_sent_to_the_room_that_a_resize_waits_for() {
    let late = r#"
[[pod]]
name = "late"
at = "1m"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/web:1"
  resources = { requests = { cpu = "500m" } }
"#;
    let told =
        told(&two("1.36", &format!("{late}{}{}", resize("30s", "web", "3"), resize("2m", "web", "1500m"))));
    let runs = told.once("late STATUS Running");
    assert!((120.0..130.0).contains(&runs), "{runs}");
}

#[test]
fn what_no_node_could_hold_is_refused_or_infeasible() {
    let told_36 = told(&two("1.36", &resize("30s", "web", "6")));
    assert!(told_36.of("web").is_empty());
    assert_eq!(
        told_36.answers,
        [
            "30s: Error from server (Forbidden): pods \"web\" is forbidden: node didn't have enough allocatable \
          resources: cpu, requested: 6000, allocatable: 4000"
        ]
    );
    let told_35 = told(&two("1.35", &resize("30s", "web", "6")));
    assert_eq!(told_35.of("web"), ["ResizeInfeasible", "PodResizePending Infeasible"]);
    // 1.33 had no events of it yet.
    let told_33 = told(&two("1.33", &resize("30s", "web", "6")));
    assert_eq!(told_33.of("web"), ["PodResizePending Infeasible"]);
}

#[test]
fn what_the_api_server_refuses_changes_nothing() {
    let told_32 = told(&two("1.32", &resize("30s", "web", "2")));
    assert!(told_32.of("web").is_empty());
    assert_eq!(
        told_32.answers,
        ["30s: Error from server (NotFound): the server could not find the requested resource"]
    );
    let memory = "[[action]]\nat = \"30s\"\nresize = \"pod/web\"\nrequests = { memory = \"2Gi\" }\n";
    let told_36 = told(&two("1.36", memory));
    assert!(told_36.of("web").is_empty());
    assert_eq!(
        told_36.answers,
        [
            "30s: The Pod \"web\" is invalid: spec.containers[0].resources.requests: Invalid value: \"2Gi\": must be \
          less than or equal to memory limit of 1Gi"
        ]
    );
}

/// An init container that is to end is resized since 1.36, while it runs and without a restart; before that it is refused.
#[test]
fn init_containers_are_resized_since_1_36() {
    let text = |version: &str| {
        format!(
            r#"
kubernetes = "{version}"
until = "5m"
[[node]]
name = "n1"
[[pod]]
name = "web"
  [[pod.spec.initContainers]]
  name = "prep"
  image = "registry.example/web:1"
  resources = {{ requests = {{ cpu = "500m" }} }}
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/web:1"
  resources = {{ requests = {{ cpu = "500m" }} }}
  [pod.behavior.containers.prep]
  attempts = [{{ runs = "1m", exit = 0 }}]
[[action]]
at = "30s"
resize = "pod/web"
container = "prep"
requests = {{ cpu = "700m" }}
"#
        )
    };
    for version in ["1.33", "1.34", "1.35"] {
        let told = told(&text(version));
        assert_eq!(told.of("web"), [""; 0], "{version}");
        let refused = "30s: The Pod \"web\" is invalid: spec.initContainers[0].resources: Forbidden: resources for non-sidecar init \
                       containers are immutable";
        assert_eq!(told.answers, [refused], "{version}");
    }
    for version in ["1.36", "1.37"] {
        let told = told(&text(version));
        assert!(told.answers.is_empty(), "{version}: {:?}", told.answers);
        assert!((30.0..32.0).contains(&told.once("web ResizeCompleted")), "{version}: {:?}", told.lines);
        assert!(!told.lines.iter().any(|(_, line)| line.contains("prep restarts")), "{:?}", told.lines);
    }
}

/// What is wrong with a file is told when it is loaded; what the API server will refuse is a warning, since it can be
/// what somebody wants to show.
#[test]
fn files_are_told_what_will_not_work() {
    let load = |action: &str| {
        let text = two("1.36", action);
        match scenario::load_noting("resize.toml", &text, &scenario::no_files, &[]) {
            Ok(loaded) => loaded.warnings.short(),
            Err(problems) => problems.short(),
        }
    };
    let cases = [
        ("", "`resize` needs `requests` or `limits`"),
        ("requests = { cpu = \"many\" }", "`many` is no quantity"),
        ("requests = { gpu = 1 }", "unknown key `gpu`"),
        ("container = \"ap\"\nrequests = { cpu = 2 }", "there is no container `ap` in this pod"),
        ("requests = { memory = \"2Gi\" }", "the API server will refuse this resize"),
        ("limits = { cpu = 1 }", "Pod QOS Class may not change as a result of resizing"),
    ];
    for (keys, words) in cases {
        let told = load(&format!("[[action]]\nat = \"30s\"\nresize = \"pod/web\"\n{keys}\n"));
        assert!(told.contains(words), "{keys}: {told}");
    }
    assert_eq!(load(&resize("30s", "web", "2")), "");
}

/// What the kubelets have given their pods, in thousandths of a core.
fn given(w: &World) -> i64 {
    let pods = (0..w.pods.len()).map(|ix| w.local(PodId::new(ix)));
    let active =
        |p: &Local<'_>| p.exists && p.worker.is_some_and(|worker| !worker.containers_gone && !worker.removed);
    let asked = |p: Local<'_>| {
        let spec = match p.runtime.resize.as_deref() {
            Some(own) => with_sizes(&own.seen, &own.allocated),
            None => (*p.spec).clone(),
        };
        amounts::requests(&spec, true).asked.milli_cpu
    };
    pods.filter(active).map(asked).sum()
}

/// Three pods of a core each on a node of four, and what is done to them.
fn busy() -> impl Strategy<Value = String> {
    let size = prop_oneof![Just("500m"), Just("1"), Just("1500m"), Just("2"), Just("3")];
    let pod = 0u32..3;
    let action = prop_oneof![
        6 => (0u32..200, pod.clone(), size).prop_map(|(at, pod, cpu)| {
            format!("[[action]]\nat = \"{at}s\"\nresize = \"pod/web-{pod}\"\nrequests = {{ cpu = \"{cpu}\" }}\n")
        }),
        1 => (0u32..200, pod.clone()).prop_map(|(at, pod)| {
            format!("[[action]]\nat = \"{at}s\"\ndelete = \"pod/web-{pod}\"\n")
        }),
        1 => (0u32..200, pod).prop_map(|(at, pod)| {
            format!("[[action]]\nat = \"{at}s\"\nkill = \"pod/web-{pod}\"\n")
        }),
        1 => (0u32..200).prop_map(|at| format!("[[action]]\nat = \"{at}s\"\nrestartKubelet = \"node/n1\"\n")),
    ];
    let version = prop_oneof![Just("1.33"), Just("1.34"), Just("1.35"), Just("1.36")];
    let policy = prop_oneof![Just("NotRequired"), Just("RestartContainer")];
    (version, policy, prop::collection::vec(action, 1..12)).prop_map(|(version, policy, actions)| {
        format!(
            r#"
kubernetes = "{version}"
until = "10m"
[[node]]
name = "n1"
capacity = {{ cpu = "4", memory = "8Gi" }}
[[pod]]
name = "web"
replicas = 3
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/web:1"
  resources = {{ requests = {{ cpu = "1" }} }}
  resizePolicy = [{{ resourceName = "cpu", restartPolicy = "{policy}" }}]
{}"#,
            actions.concat()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// However pods grow, shrink, die and come back: a node never gives more than it has, what is given is put into effect,
    /// and what is asked for and not given waits.
    #[test]
    fn a_node_never_gives_more_than_it_has(text in busy()) {
        let plan = plan(&text);
        let mut session = Session::new(&plan, 7);
        while session.step().is_some() {
            prop_assert!(given(&session.world) <= 4000, "at {}", session.world.now.since(plan.start));
        }
        for (p, place) in session.world.pods.iter().zip(session.world.places.iter()).filter(|(p, _)| p.exists) {
            let Some(own) = place.runtime.resize.as_deref() else { continue };
            prop_assert!(own.in_progress.is_none());
            prop_assert_eq!(own.pending.is_some(), sizes(&p.spec) != own.allocated);
            let published = p.status.condition(kubelapse::api::Sym::POD_RESIZE_PENDING).is_some();
            prop_assert_eq!(own.pending.is_some(), published);
            prop_assert_eq!(&own.actual, &own.allocated);
        }
        let lived = session::live(&plan, 7);
        let broken = laws::breaches(&life::rows_of(&lived.directory, &lived.transitions));
        prop_assert!(broken.is_empty(), "{broken:?}");
    }
}
