//! What public reports say real clusters did to pods, each with the smallest scenario that shows it and with its neighbours.

#[path = "support/desk.rs"]
mod desk;
#[path = "support/plan.rs"]
mod plan;
#[path = "support/say.rs"]
mod say;

mod field_pods {
    mod evictions;
}

use desk::Desk;
use kubelapse::api::ContainerState;
use kubelapse::record::Change;
use kubelapse::scenario;
use kubelapse::session::{self, Lived, Session};
use plan::plan;

/// A run to its end, with the world that it leaves.
fn ended(text: &str) -> Session {
    ended_by(text, 0)
}

fn ended_by(text: &str, seed: u64) -> Session {
    let mut session = Session::new(&plan(text), seed);
    while session.step().is_some() {}
    session
}

fn live(text: &str) -> Lived {
    session::live(&plan(text), 0)
}

/// What `check` says of a scenario, without colours.
fn told(text: &str) -> String {
    match scenario::load_noting("field.toml", text, &scenario::no_files, &[]) {
        Ok(loaded) => loaded.warnings.render(false),
        Err(problems) => problems.render(false),
    }
}

/// A container at the end of a run: its state and its last state, each as reason and exit code, and its restarts.
type AtEnd = ((String, i32), (String, i32), i32);

fn container(session: &Session, pod: &str, name: &str) -> AtEnd {
    let w = &session.world;
    let p = w.pods.iter().find(|p| p.ident.name.to_string() == pod).expect("the pod");
    let end = |state: &ContainerState| match state {
        ContainerState::Terminated(ended) => (ended.reason.to_string(), ended.exit_code),
        ContainerState::Running { .. } => ("running".to_owned(), 0),
        ContainerState::Waiting { reason, .. } => (reason.to_string(), 0),
        ContainerState::Unset => (String::new(), 0),
    };
    let status = p.status.read();
    let mut all = status.containers.iter().chain(&status.init).chain(&status.ephemeral);
    let own = all.find(|c| c.name == name).expect("the container");
    (end(&own.state), end(&own.last_state), own.restart_count)
}

/// The second of each phase of a pod.
fn phases(lived: &Lived, pod: &str) -> Vec<(i64, String)> {
    rows(lived, pod, |change| match change {
        Change::Phase { to, .. } => Some(to.to_string()),
        _ => None,
    })
}

/// The second and the text of each event of a pod for this reason.
fn events(lived: &Lived, pod: &str, reason: &str) -> Vec<(i64, String)> {
    let ident = lived.directory.pods.iter().find(|ident| ident.name.to_string() == pod).expect("the pod");
    rows(lived, pod, |change| match change {
        Change::Event(event) if event.reason == reason => Some(event.message.show(ident).to_string()),
        _ => None,
    })
}

fn rows(lived: &Lived, pod: &str, pick: impl Fn(&Change) -> Option<String>) -> Vec<(i64, String)> {
    let start = lived.directory.start;
    let of_pod = |ix: u32| lived.directory.pods[ix as usize].name.to_string() == pod;
    let own = lived.transitions.iter().filter(|row| row.pod.is_some_and(of_pod));
    own.filter_map(|row| Some((row.time.since(start).secs(), pick(&row.change)?))).collect()
}

/// The seconds at which a node's condition has turned.
fn turns(lived: &Lived, kind: &str) -> Vec<(i64, String)> {
    let start = lived.directory.start;
    let rows = lived.transitions.iter().filter_map(|row| match row.change {
        Change::Node { kind: own, to: Some(to), .. } if own == kind => {
            Some((row.time.since(start).secs(), format!("{to:?}")))
        }
        _ => None,
    });
    rows.collect()
}

const UNKNOWN: &str = "ContainerStatusUnknown";

/// Two containers of a pod that writes too much: the first ends by itself or at once on SIGTERM, the second as it is told.
fn pair(second: &str, more: &str) -> String {
    format!(
        "until = \"4m\"\n[[pod]]\nname = \"pair\"\n{more}\
         [[pod.spec.containers]]\nname = \"quick\"\nimage = \"x\"\nresources.limits.\"ephemeral-storage\" = \"1Gi\"\n\
         [[pod.spec.containers]]\nname = \"slow\"\nimage = \"x\"\nresources.limits.\"ephemeral-storage\" = \"1Gi\"\n\
         [pod.behavior.containers.quick]\nattempts = [{{ onTerm = {{ after = \"10ms\", exit = 0 }} }}]\n\
         [pod.behavior.containers.slow]\n\
         attempts = [{{ writes = [{{ at = \"60s\", size = \"3Gi\" }}], {second} }}]\n"
    )
}

/// Whoever ends together with its neighbour is seen; so is everybody in a pod that is deleted, whose content is removed
/// only once it is over.
#[test]
fn containers_that_end_together_or_in_a_deleted_pod_are_seen() {
    let ends = |session: &Session| {
        let (quick, slow) = (container(session, "pair", "quick"), container(session, "pair", "slow"));
        (quick.0.0, slow.0.0, quick.2 + slow.2)
    };
    let known = ("Completed".to_owned(), "Error".to_owned(), 0);
    let together = (0..8)
        .filter(|seed| ends(&ended_by(&pair("onTerm = { after = \"20ms\", exit = 1 }", ""), *seed)) == known);
    assert!(together.count() >= 6, "only a relist between the ends and the last look loses them");
    let deleted = pair("onTerm = \"ignore\"", "finalizers = [\"a/b\"]\n")
        .replace("at = \"60s\"", "at = \"200s\"")
        + "[[action]]\nat = \"70s\"\ndelete = \"pod/pair\"\ngracePeriodSeconds = 5\n";
    assert_eq!(ends(&ended(&deleted)), known);
}

/// A pod that its kubelet ends is waited for one and a half times its grace, ten seconds at least (`killPodNow`).
#[test]
fn a_slow_runtime_exceeds_the_grace_period() {
    let text = "until = \"6m\"\n[latency]\nstopSandbox = \"STOP\"\n[[pod]]\nname = \"logs\"\n[pod.spec]\n\
                volumes = [{ name = \"logs\", emptyDir = { sizeLimit = \"30Mi\" } }]\n\
                [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
                [pod.behavior.containers.app]\n\
                attempts = [{ writes = [{ at = \"20s\", size = \"40Mi\", volume = \"logs\" }], onTerm = \"ignore\" }]\n";
    let exceeded = |stop: &str| {
        let lived = live(&text.replace("STOP", stop));
        let evicted = events(&lived, "logs", "Evicted")[0].0;
        let late = events(&lived, "logs", "ExceededGracePeriod");
        late.into_iter().map(|(at, words)| (at - evicted, words)).collect::<Vec<_>>()
    };
    assert_eq!(exceeded("50ms"), []);
    assert_eq!(exceeded("7s"), []);
    let words = "Container runtime did not kill the pod within specified grace period.".to_owned();
    assert_eq!(exceeded("9s"), [(10, words)]);
}

/// An init container that is killed for its memory, by its own limit or the pod's, has failed.
#[test]
fn init_containers_have_limits_too() {
    for (own, whole) in [("100Mi", "1Gi"), ("1Gi", "100Mi")] {
        let limit = |size: &str| format!("resources = {{ limits = {{ memory = \"{size}\" }} }}\n");
        let text = |policy: &str| {
            format!(
                "until = \"2m\"\n[[pod]]\nname = \"p\"\n[pod.spec]\nrestartPolicy = \"{policy}\"\n{}\
                 [[pod.spec.initContainers]]\nname = \"prepare\"\nimage = \"x\"\n{}[[pod.spec.containers]]\nname = \"main\"\nimage = \
                 \"x\"\n[pod.behavior.containers.prepare]\nattempts = [{{ runs = \"20s\", memory = [{{ at = \"3s\", size = \"200Mi\" }}] }}, \
                 {{ runs = \"1s\" }}]\n",
                limit(whole),
                limit(own.min(whole))
            )
        };
        let again = ended(&text("OnFailure"));
        let (state, last, restarts) = container(&again, "p", "prepare");
        assert_eq!((state.0.as_str(), last, restarts), ("Completed", ("OOMKilled".to_owned(), 137), 1));
        let fails = ended(&text("Never"));
        assert_eq!(fails.world.pods[0].shown.status.as_str(), "Init:OOMKilled");
    }
}

/// Settings that mean nothing are named.
#[test]
fn kubelet_keys_without_effect_are_told() {
    let kubelet = |keys: &str| {
        told(&format!(
            "until = \"1m\"\n[kubelet]\n{keys}\n[[pod]]\nname = \"a\"\n[[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n"
        ))
    };
    assert!(kubelet("evictionMaxPodGracePeriod = 60").contains("has no effect without evictionSoft"));
    let alone = kubelet("evictionSoftGracePeriod = { \"memory.available\" = \"1m\" }");
    assert!(alone.contains("there is no soft threshold `memory.available`"), "{alone}");
    let inodes = kubelet("evictionHard = { \"imagefs.inodesFree\" = \"5%\" }");
    assert!(inodes.contains("nothing measures `imagefs.inodesFree` here"), "{inodes}");
    let node = kubelet("allowedUnsafeSysctls = [\"vm.*\"]");
    assert!(node.contains("the sysctls \"vm.*\" are not known to be namespaced"), "{node}");
    assert_eq!(kubelet("allowedUnsafeSysctls = [\"kernel.msg*\", \"net.core.somaxconn\"]"), "");
}

/// What a kubelet refuses at the door; the scheduler has asked for none of it.
#[test]
fn a_kubelet_refuses_kernel_parameters_and_other_operating_systems() {
    let pod = |name: &str, spec: &str| {
        format!(
            "[[pod]]\nname = \"{name}\"\n[pod.spec]\n{spec}\n[[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n"
        )
    };
    let sysctl = |name: &str| format!("securityContext.sysctls = [{{ name = \"{name}\", value = \"1\" }}]");
    let text = "until = \"2m\"\n[kubelet]\nallowedUnsafeSysctls = [\"net.core.*\"]\n".to_owned()
        + &pod("message", &sysctl("kernel.msgmax"))
        + &pod("safe", &sysctl("net.ipv4.tcp_rmem"))
        + &pod("allowed", &sysctl("net.core.somaxconn"))
        + &pod("windows", "os.name = \"windows\"")
        + &pod("linux", "os.name = \"linux\"")
        + &pod("labelled", "")
            .replace("name = \"labelled\"", "name = \"labelled\"\nlabels.\"kubernetes.io/os\" = \"windows\"");
    let session = ended(&text);
    let status = |name: &str| {
        let p = session.world.pods.iter().find(|p| p.ident.name.to_string() == name).expect("the pod");
        let words = p.status.read().message.show(&p.ident).to_string();
        (p.status.phase().as_sym().to_string(), p.status.reason().to_string(), words)
    };
    let refused = |reason: &str, words: &str| {
        ("Failed".to_owned(), reason.to_owned(), format!("Pod was rejected: {words}"))
    };
    let words = "forbidden sysctl: \"kernel.msgmax\" not allowlisted";
    assert_eq!(status("message"), refused("SysctlForbidden", words));
    let words = "Failed to admit pod as the OS field doesn't match node OS";
    assert_eq!(status("windows"), refused("PodOSNotSupported", words));
    let words = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    assert_eq!(status("labelled"), refused("PodOSSelectorNodeLabelDoesNotMatch", words));
    for name in ["safe", "allowed", "linux"] {
        assert_eq!(status(name).0, "Running", "{name}");
    }
}

/// kubernetes#104454, #116676: where a child was killed for memory, the runtime says OOMKilled whatever the process ends
/// with. Of an init container it is a failure even then (`isInitContainerFailed`).
#[test]
fn oomkilled_comes_with_any_code_and_is_a_failure_of_an_init_container() {
    let pod = |policy: &str, exit: u8| {
        format!(
            "until = \"4m\"\n[[pod]]\nname = \"p\"\n[pod.spec]\nrestartPolicy = \"{policy}\"\n\
             [[pod.spec.initContainers]]\nname = \"prepare\"\nimage = \"x\"\n\
             [[pod.spec.containers]]\nname = \"main\"\nimage = \"x\"\n\
             [pod.behavior.containers.prepare]\n\
             attempts = [{{ runs = \"3s\", reason = \"OOMKilled\", exit = {exit} }}, {{ runs = \"1s\" }}]\n"
        )
    };
    for exit in [0, 1] {
        let again = ended(&pod("Always", exit));
        let (state, last, restarts) = container(&again, "p", "prepare");
        assert_eq!(
            (state.0.as_str(), last, restarts),
            ("Completed", ("OOMKilled".to_owned(), i32::from(exit)), 1)
        );
        assert_eq!(container(&again, "p", "main").0.0, "running");
    }
    let hangs = ended(&pod("Never", 0));
    assert_eq!(container(&hangs, "p", "prepare").0, ("OOMKilled".to_owned(), 0));
    assert_eq!(hangs.world.pods[0].shown.status.as_str(), "PodInitializing", "it hangs for good");
    assert_eq!(hangs.world.pods[0].status.phase().as_sym().as_str(), "Pending");
    let fails = ended(&pod("Never", 1));
    assert_eq!(fails.world.pods[0].shown.status.as_str(), "Init:OOMKilled");
    assert_eq!(fails.world.pods[0].status.phase().as_sym().as_str(), "Failed");
    // Where rules go by the code nothing asks for a restart: the pod begins anew, in another sandbox. Before, its container does.
    let anew = |version: &str| {
        let text = format!("kubernetes = \"{version}\"\n{}", pod("OnFailure", 0));
        let changed = events(&live(&text), "p", "SandboxChanged").len();
        let end = ended(&text);
        assert_eq!(container(&end, "p", "main").0.0, "running", "{version}");
        (changed, container(&end, "p", "prepare").2)
    };
    assert_eq!(anew("1.34"), (0, 1));
    assert_eq!(anew("1.36").0, 1);
    // A main container that ends with 0 has succeeded, whatever is said of it.
    let main = pod("Never", 0).replace("containers.prepare]", "containers.main]");
    assert_eq!(ended(&main).world.pods[0].status.phase().as_sym().as_str(), "Succeeded");
}

/// `kubectl delete --grace-period=0` without `--force` sends 1.
#[test]
fn a_grace_of_zero_without_force_is_one_second() {
    let text = |how: &str| {
        format!(
            "until = \"3m\"\n[[pod]]\nname = \"zero\"\n[[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
             [pod.behavior.containers.a]\nattempts = [{{ onTerm = \"ignore\" }}]\n\
             [[action]]\nat = \"30s\"\ndelete = \"pod/zero\"\n{how}\n"
        )
    };
    let gone = |how: &str| {
        let lived = live(&text(how));
        rows(&lived, "zero", |change| match change {
            Change::Status { to, .. } if to.is_empty() => Some(String::new()),
            _ => None,
        })[0]
            .0
    };
    assert!(gone("gracePeriodSeconds = 0") >= 32);
    assert_eq!(gone("gracePeriodSeconds = 0\nforce = true"), 30);
    assert_eq!(gone("force = true"), 30);
    let session = ended(&text("gracePeriodSeconds = 0"));
    assert_eq!(session.world.log[0].answer, ["pod \"zero\" deleted from default namespace"]);
    let evicted = text("gracePeriodSeconds = 0").replace("delete =", "evict =");
    let lived = live(&evicted);
    let over = phases(&lived, "zero");
    assert!(over.last().is_some_and(|(at, _)| *at <= 30), "the subresource takes what it is given: {over:?}");
}

/// kubernetes#63126, #94444: an emptyDir in memory is a filesystem of its size (`calculateEmptyDirMemorySize`), and what is written to
/// it is memory of who writes.
#[test]
fn a_volume_in_memory_is_full_at_its_limit_and_counts_as_memory() {
    let text = |volume: &str, more: &str, size: &str| {
        format!(
            "until = \"4m\"\n[[pod]]\nname = \"p\"\n[pod.spec]\n\
             volumes = [{{ name = \"shm\", emptyDir = {{ medium = \"Memory\"{volume} }} }}]\n\
             [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n{more}\
             [pod.behavior.containers.a]\n\
             attempts = [{{ writes = [{{ at = \"20s\", size = \"{size}\", volume = \"shm\" }}] }}]\n"
        )
    };
    let limited = "resources = { limits = { memory = \"200Mi\" } }\n";
    let full = ended(&text(", sizeLimit = \"100Mi\"", "", "150Mi"));
    assert_eq!(container(&full, "p", "a").0.0, "running", "nobody is evicted");
    assert_eq!(full.world.pods[0].status.phase().as_sym().as_str(), "Running");
    let charged = ended(&text("", limited, "300Mi"));
    let (_, last, restarts) = container(&charged, "p", "a");
    assert_eq!(last, ("OOMKilled".to_owned(), 137));
    assert!(restarts > 2, "and again, and again");
    let room = ended(&text(", sizeLimit = \"100Mi\"", limited, "300Mi"));
    assert_eq!(container(&room, "p", "a").2, 0, "a full volume is below the limit");
    let both = text(", sizeLimit = \"150Mi\"", limited, "150Mi")
        .replace("attempts = [{", "attempts = [{ memory = [{ size = \"100Mi\" }],");
    assert_eq!(container(&ended(&both), "p", "a").1, ("OOMKilled".to_owned(), 137), "both together");
    // What an init container has left counts for the pod, whose limit is the most of what its containers may use.
    let left = "until = \"2m\"\n[[pod]]\nname = \"p\"\n[pod.spec]\n\
                volumes = [{ name = \"shm\", emptyDir = { medium = \"Memory\" } }]\n\
                [[pod.spec.initContainers]]\nname = \"i\"\nimage = \"x\"\nresources.limits.memory = \"200Mi\"\n\
                [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\nresources.limits.memory = \"200Mi\"\n\
                [pod.behavior.containers.i]\n\
                attempts = [{ runs = \"5s\", writes = [{ at = \"1s\", size = \"150Mi\", volume = \"shm\" }] }]\n\
                [pod.behavior.containers.a]\nattempts = [{ memory = [{ at = \"10s\", size = \"SIZE\" }] }]\n";
    assert_eq!(container(&ended(&left.replace("SIZE", "40Mi")), "p", "a").2, 0);
    assert_eq!(container(&ended(&left.replace("SIZE", "60Mi")), "p", "a").1.0, "OOMKilled");
    // On a disk the same is no memory.
    let disk = text("", limited, "300Mi").replace("medium = \"Memory\"", "medium = \"\"");
    assert_eq!(container(&ended(&disk), "p", "a").2, 0);
}

/// What is in memory volumes makes a node short of memory, and no disk.
#[test]
fn volumes_in_memory_count_for_the_eviction_manager() {
    let text = "until = \"3m\"\n[[node]]\nname = \"n\"\ncapacity = { memory = \"1Gi\" }\n[[pod]]\nname = \"p\"\n[pod.spec]\n\
                volumes = [{ name = \"shm\", emptyDir = { medium = \"Memory\" } }]\n\
                [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\nresources.limits.\"ephemeral-storage\" = \"10Mi\"\n\
                [pod.behavior.containers.a]\n\
                attempts = [{ writes = [{ at = \"20s\", size = \"990Mi\", volume = \"shm\" }] }]\n";
    let lived = live(text);
    let evicted = events(&lived, "p", "Evicted");
    assert!(evicted[0].1.starts_with("The node was low on resource: memory. "), "{evicted:?}");
    assert!(evicted[0].1.contains("Container a was using 990Mi, request is 0, "), "{evicted:?}");
}

/// KEP-2837: the memory limit of a pod is one of all its containers, and the kernel ends the worst of them.
#[test]
fn a_pods_own_memory_limit_ends_its_largest_container() {
    let text = |version: &str, more: &str| {
        format!(
            "until = \"2m\"\nkubernetes = \"{version}\"\n[[pod]]\nname = \"shared\"\n[pod.spec]\n\
             resources = {{ requests = {{ memory = \"500Mi\" }}, limits = {{ memory = \"500Mi\" }} }}\n\
             [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n{more}\
             [[pod.spec.containers]]\nname = \"b\"\nimage = \"x\"\n\
             [pod.behavior.containers.a]\nattempts = [{{ memory = [{{ size = \"300Mi\" }}] }}]\n\
             [pod.behavior.containers.b]\n\
             attempts = [{{ memory = [{{ size = \"100Mi\" }}, {{ at = \"30s\", size = \"SIZE\" }}] }}]\n"
        )
    };
    let killed = |text: &str, size: &str| {
        let session = ended(&text.replace("SIZE", size));
        ["a", "b"].map(|name| container(&session, "shared", name).1.0)
    };
    let oom = || "OOMKilled".to_owned();
    assert_eq!(killed(&text("1.36", ""), "400Mi"), [String::new(), oom()]);
    assert_eq!(killed(&text("1.36", ""), "200Mi"), [String::new(), String::new()], "within the limit");
    assert_eq!(killed(&text("1.36", ""), "250Mi"), [oom(), String::new()], "the larger one, whoever grew");
    let older = text("1.33", "");
    assert_eq!(killed(&older, "400Mi"), [String::new(), String::new()], "the field is not read yet");
}

/// From 1.34 on a memory limit below what is used is not applied; the resize stands in error until the use has fallen
/// (`validateMemoryResizeAction`).
#[test]
fn a_memory_limit_below_the_use_waits_for_the_use_to_fall() {
    let text = |uses: &str, more: &str| {
        format!(
            "until = \"5m\"\n[[pod]]\nname = \"below\"\n[[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
             resources = {{ requests = {{ memory = \"200Mi\" }}, limits = {{ memory = \"800Mi\" }} }}\n{more}\
             [pod.behavior.containers.a]\nattempts = [{{ memory = [{uses}] }}]\n\
             [[action]]\nat = \"30s\"\nresize = \"pod/below\"\nlimits = {{ memory = \"300Mi\" }}\n"
        )
    };
    let uses = "{ size = \"500Mi\" }, { at = \"100s\", size = \"100Mi\" }";
    let lived = live(&text(uses, ""));
    let failed = events(&lived, "below", "ResizeError");
    assert_eq!((failed.len(), failed[0].0), (1, 30), "{failed:?}");
    let words = "cannot decrease memory limits: [attempting to set pod memory limit (314572800) below current usage \
                 (524288000), attempting to set container \\\"a\\\" memory limit (314572800) below current usage (524288000)]";
    assert!(failed[0].1.contains(words), "{failed:?}");
    let reasons = rows(&lived, "below", |change| match change {
        Change::Condition { kind, to, reason, .. } if *kind == "PodResizeInProgress" => {
            Some(format!("{} {reason}", to.is_some()))
        }
        _ => None,
    });
    let words: Vec<&str> = reasons.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(words, ["true ", "true Error", "false "], "{reasons:?}");
    let done = events(&lived, "below", "ResizeCompleted");
    assert!(done.len() == 1 && (100..130).contains(&done[0].0), "{done:?}");
    let session = ended(&text(uses, ""));
    assert_eq!(container(&session, "below", "a").2, 0, "nobody is killed for a limit that is not there");
    // One that is above the use is applied at once, and so is one by a restart.
    assert_eq!(events(&live(&text("{ size = \"100Mi\" }", "")), "below", "ResizeError"), []);
    let restarts = "resizePolicy = [{ resourceName = \"memory\", restartPolicy = \"RestartContainer\" }]\n";
    assert_eq!(events(&live(&text("{ size = \"100Mi\" }", restarts)), "below", "ResizeError"), []);
}

/// Images that are volumes are pulled before the containers; one that is not there keeps those waiting that mount it
/// (`getImageVolumes`).
#[test]
fn a_volume_that_is_an_image_is_pulled_first() {
    let text = |version: &str, mounts: &str, error: &str| {
        format!(
            "until = \"3m\"\nkubernetes = \"{version}\"\n[[node]]\nname = \"n\"\nimages = [\"a:1\"]\n\
             [[image]]\nref = \"data:1\"\n{error}\n[[pod]]\nname = \"p\"\n[pod.spec]\n\
             volumes = [{{ name = \"v\", image = {{ reference = \"data:1\", pullPolicy = \"IfNotPresent\" }} }}]\n\
             [[pod.spec.containers]]\nname = \"a\"\nimage = \"a:1\"\n{mounts}"
        )
    };
    let mounts = "volumeMounts = [{ name = \"v\", mountPath = \"/v\" }]\n";
    let missing = text("1.36", mounts, "error = \"not found\"");
    let lived = live(&missing);
    assert!(events(&lived, "p", "Pulling")[0].1.contains("data:1"));
    assert_eq!(events(&lived, "p", "Started"), []);
    let failed: Vec<String> = events(&lived, "p", "Failed").into_iter().map(|(_, words)| words).collect();
    assert!(failed.iter().any(|words| words == "Error: ErrImagePull"), "{failed:?}");
    assert!(failed.iter().any(|words| words == "Error: ImagePullBackOff"), "{failed:?}");
    let end = container(&ended(&missing), "p", "a").0.0;
    assert!(["ErrImagePull", "ImagePullBackOff"].contains(&end.as_str()), "{end}");
    assert!(!told(&missing).contains("no container uses"), "{}", told(&missing));
    // Before 1.35 the gate is off, and nothing is left of such a volume.
    let older = text("1.34", mounts, "error = \"not found\"");
    assert_eq!(container(&ended(&older), "p", "a").0.0, "running");
    let with_gate = "featureGates = { ImageVolume = true }\n".to_owned() + &older;
    assert!(container(&ended(&with_gate), "p", "a").0.0.contains("ImagePull"));
    // Who does not mount it starts.
    assert_eq!(container(&ended(&text("1.36", "", "error = \"not found\"")), "p", "a").0.0, "running");
    // The image's own comes after it, and each sync says again that it is there.
    let lived = live(&text("1.36", mounts, ""));
    let pulled: Vec<String> = events(&lived, "p", "Pulled").into_iter().map(|(_, words)| words).collect();
    assert!(pulled[0].contains("Successfully pulled image \"data:1\""), "{pulled:?}");
    assert!(pulled[1].contains("\"a:1\" already present"), "{pulled:?}");
    assert!(pulled[2..].iter().any(|words| words.contains("\"data:1\" already present")), "{pulled:?}");
    assert!(!pulled[2..].iter().any(|words| words.contains("\"a:1\"")), "{pulled:?}");
}

/// What the processes of debugging containers do is said by name as that of all others, or by a program.
#[test]
fn debugging_containers_do_what_is_said_of_them() {
    let text = "until = \"5m\"\n[[pod]]\nname = \"fine\"\n[[pod.spec.containers]]\nname = \"main\"\nimage = \"x\"\n\
                [pod.behavior.containers.dbg]\nattempts = [{ runs = \"10s\", exit = 3 }]\n\
                [[program]]\nimage = \"tools*\"\nattempts = [{ runs = \"20s\", exit = 4 }]\n\
                [[action]]\nat = \"40s\"\ndebug = \"pod/fine\"\ncontainer = \"dbg\"\nimage = \"y\"\n\
                [[action]]\nat = \"50s\"\ndebug = \"pod/fine\"\ncontainer = \"more\"\nimage = \"tools:1\"\n\
                [[action]]\nat = \"60s\"\ndebug = \"pod/fine\"\ncontainer = \"shell\"\nimage = \"y\"\n";
    assert_eq!(told(text), "");
    let session = ended(text);
    let end = |name: &str| container(&session, "fine", name);
    let ended = |code: i32| ((String::from("Error"), code), (String::new(), 0), 0);
    assert_eq!((end("dbg"), end("more")), (ended(3), ended(4)), "and nobody starts them again");
    assert_eq!(end("shell").0.0, "running");
    assert_eq!(session.world.pods[0].shown.ready, (1, 1), "they do not count");
    let wrong = told(&text.replace("containers.dbg]", "containers.dgb]"));
    assert!(wrong.contains("there is no container `dgb` in this pod"), "{wrong}");
}

/// KEP-2268: pods that are being deleted on a node that is out of service are deleted by force within 20 s.
#[test]
fn pods_of_a_node_out_of_service_are_deleted() {
    let text = "until = \"15m\"\n[[node]]\nname = \"n\"\n[[node]]\nname = \"m\"\n\
                [[pod]]\nname = \"db-0\"\nspec.nodeSelector = { \"kubernetes.io/hostname\" = \"n\" }\n\
                [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
                [[pod]]\nname = \"db-1\"\nspec.nodeSelector = { \"kubernetes.io/hostname\" = \"n\" }\n\
                spec.tolerations = [{ operator = \"Exists\" }]\n\
                [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
                [[action]]\nat = \"30s\"\nstop = \"node/n\"\n\
                [[action]]\nat = \"10m\"\ntaint = \"node/n\"\n\
                taints = [{ key = \"node.kubernetes.io/out-of-service\", value = \"nodeshutdown\", effect = \"NoExecute\" }]\n\
                [[action]]\nat = \"12m\"\ndelete = \"pod/db-1\"\n";
    let lived = live(text);
    let gone = |pod: &str| {
        rows(&lived, pod, |change| match change {
            Change::Status { to, .. } if to.is_empty() => Some(String::new()),
            _ => None,
        })[0]
            .0
    };
    assert!((600..=620).contains(&gone("db-0")), "{}", gone("db-0"));
    assert!((720..=740).contains(&gone("db-1")), "who tolerates the taint goes once it is deleted");
}

/// kubernetes#70312: for a budget that says what may be missing, pods without a controller count for nothing
/// (`getExpectedPodCount`); pods that are not ready go where the budget lets them (`unhealthyPodEvictionPolicy`).
#[test]
fn budgets_know_what_they_may_count_and_who_is_unhealthy() {
    let text = |budget: &str, runs: &str| {
        format!(
            "until = \"3m\"\n[[object]]\nkind = \"PodDisruptionBudget\"\nname = \"p\"\n{budget}\n\
             matchLabels = {{ app = \"web\" }}\n[[pod]]\nname = \"web\"\nreplicas = 3\nlabels = {{ app = \"web\" }}\n\
             [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
             [pod.behavior.containers.a]\nattempts = [{{ {runs} }}]\n\
             [[action]]\nat = \"90s\"\nevict = \"pod/web-0\"\n[[action]]\nat = \"100s\"\nevict = \"pod/web-1\"\n"
        )
    };
    let refused = |text: &str| ended(text).world.answers.len();
    assert_eq!(refused(&text("maxUnavailable = 1", "")), 2);
    assert_eq!(refused(&text("minAvailable = \"50%\"", "")), 2);
    assert_eq!(refused(&text("minAvailable = 2", "")), 1, "a number needs no controller");
    let crashing = "runs = \"1s\", exit = 1";
    assert_eq!(refused(&text("minAvailable = 2", crashing)), 2);
    let always = "minAvailable = 2\nunhealthyPodEvictionPolicy = \"AlwaysAllow\"";
    assert_eq!(refused(&text(always, crashing)), 0);
    let elsewhere = text(always, "").replace("PodDisruptionBudget", "ConfigMap");
    assert!(told(&elsewhere).contains("a ConfigMap has no `unhealthyPodEvictionPolicy`"));
}

/// Both heartbeats count: a node whose lease is renewed rarely lives by its posted status, and one whose status is posted rarely, too,
/// is given up between two heartbeats though its kubelet runs (`tryUpdateNodeHealth`).
#[test]
fn a_node_that_is_heard_of_rarely_is_given_up() {
    let text = |keys: &str| {
        format!(
            "until = \"10m\"\n[kubelet]\nnodeLeaseDurationSeconds = 800\n{keys}\n[[node]]\nname = \"n\"\n[[node]]\nname = \"m\"\n\
             [[pod]]\nname = \"p\"\n[[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n"
        )
    };
    let turned =
        |keys: &str| turns(&live(&text(keys)), "Ready").iter().filter(|(_, to)| to == "Unknown").count();
    assert!(turned("") >= 2, "200 s between renewals, 300 s between posts, 50 s of patience");
    assert_eq!(turned("nodeStatusReportFrequency = \"40s\""), 0);
    assert_eq!(turned("nodeStatusUpdateFrequency = \"20s\""), 0, "which sets the other");
    let back = turns(&live(&text("")), "Ready");
    let lost = back.iter().position(|(_, to)| to == "Unknown").expect("lost");
    let (given_up, again) = (&back[lost], &back[lost + 1..]);
    let again = again.iter().find(|(_, to)| to == "True").expect("back");
    assert!(again.0 - given_up.0 <= 10, "the kubelet sees it at its next look: {back:?}");
}

/// The second of two pods of one name is not made, and two that live at once never have one address.
#[test]
fn names_and_addresses_are_unique_while_in_use() {
    let text = "until = \"2m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
                [[pod]]\nname = \"web\"\nat = \"30s\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"y\"\n\
                [[pod]]\nname = \"many\"\nreplicas = 300\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
                [[node]]\nname = \"n\"\ncount = 4\n";
    let session = ended(text);
    assert_eq!(
        session.world.answers,
        ["30s: Error from server (AlreadyExists): pods \"web\" already exists"]
    );
    let mut ips: Vec<String> = Vec::new();
    for p in session.world.pods.iter().filter(|p| p.exists) {
        ips.extend(p.status.read().pod_ips.iter().map(ToString::to_string));
    }
    let all = ips.len();
    ips.sort();
    ips.dedup();
    assert_eq!((ips.len(), all), (301, 301));
}

/// What the program says of a scenario.
fn said(name: &str, text: &str, command: &[&str], lines: &str) -> String {
    let desk = Desk::with(&format!("field-pods-{name}"), None);
    let file = desk.0.join("field.toml");
    std::fs::write(&file, text).expect("a file of the test");
    let (file, out) = (file.display().to_string(), desk.0.join("out").display().to_string());
    let command: Vec<&str> = command
        .iter()
        .map(|&word| {
            if word == "FILE" {
                &file
            } else if word == "OUT" {
                &out
            } else {
                word
            }
        })
        .collect();
    let said = say::say(&command, lines);
    assert_eq!(said.code, 0, "{}", said.err);
    said.out
}

/// Whoever asks why is told who has removed the container, and `describe` has kubectl's words for a time that nobody knows.
#[test]
fn a_lost_container_is_explained() {
    let text = pair("onTerm = \"ignore\"", "");
    let said = said("lost", &text, &["step", "FILE"], "end\nwhy quick\ndescribe pod pair\n");
    assert!(
        said.contains("removed what was dead of the pod: nobody could say any more how quick ended"),
        "{said}"
    );
    assert!(said.contains("Started:      Mon, 01 Jan 0001 00:00:00 +0000"), "{said}");
}

/// Whom the kernel has ended for others is told so.
#[test]
fn who_is_killed_for_the_pod_is_told_so() {
    let text = "until = \"2m\"\n[[pod]]\nname = \"shared\"\n[pod.spec]\n\
                resources = { requests = { memory = \"500Mi\" }, limits = { memory = \"500Mi\" } }\n\
                [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
                [[pod.spec.containers]]\nname = \"b\"\nimage = \"x\"\n\
                [pod.behavior.containers.a]\nattempts = [{ memory = [{ size = \"300Mi\" }] }]\n\
                [pod.behavior.containers.b]\n\
                attempts = [{ memory = [{ at = \"30s\", size = \"250Mi\" }] }]\n";
    let said = said("killed", text, &["step", "FILE"], "until container=a:terminated\nwhy a\n");
    let why =
        "killed a after 32.3s: b uses more since then, and the containers together more than their pod may";
    assert!(said.contains(why.split("32.3s").last().expect("a part")), "{said}");
}

/// A run says of commands that go on at its end that they do.
#[test]
fn a_drain_without_an_end_is_told() {
    let text = "until = \"5m\"\n[[node]]\nname = \"n\"\n[[object]]\nkind = \"PodDisruptionBudget\"\nname = \"p\"\n\
                minAvailable = 1\nmatchLabels = { app = \"db\" }\n\
                [[pod]]\nname = \"db\"\nlabels = { app = \"db\" }\n[[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
                [[action]]\nat = \"2m\"\ndrain = \"node/n\"\nforce = true\n";
    let told = said("drain", text, &["run", "FILE", "--out", "OUT"], "");
    assert!(told.contains("has not ended: the drain of node n: db may not go"), "{told}");
    let done = text.replace("minAvailable = 1", "minAvailable = 0");
    let told = said("drained", &done, &["run", "FILE", "--out", "OUT"], "");
    assert!(!told.contains("has not ended"), "{told}");
}
