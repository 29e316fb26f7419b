//! What stands around a pod on its node and in its cluster: devices whose plugin is late, disks that fill up, sandboxes that
//! die, schedulers that nobody runs.

#[path = "support/plan.rs"]
mod plan;
mod told;

use told::told;

/// The lines about a pod, without its name: `12.8 Warning Failed …`.
fn of(lines: &[String], pod: &str) -> Vec<(f64, String)> {
    let parts = lines.iter().filter_map(|line| {
        let (at, rest) = line.split_once(' ')?;
        let (name, rest) = rest.split_once(' ')?;
        Some((at.parse().ok()?, name, rest.to_owned()))
    });
    parts.filter(|(_, name, _)| *name == pod).map(|(at, _, rest)| (at, rest)).collect()
}

/// When something was told first.
#[track_caller]
fn when(lines: &[(f64, String)], words: &str) -> f64 {
    match lines.iter().find(|(_, line)| line.contains(words)) {
        Some((at, _)) => *at,
        None => panic!("nobody says {words:?}: {lines:#?}"),
    }
}

fn says(lines: &[(f64, String)], words: &str) -> bool {
    lines.iter().any(|(_, line)| line.contains(words))
}

const GPU: &str = r#"
name = "gpu"
until = "10m"
[[node]]
name = "n1"
capacity = { "nvidia.com/gpu" = 1 }
devicePlugins = { "nvidia.com/gpu" = "25s" }
[[pod]]
name = "first"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/ml/llm:1.0"
  resources = { limits = { "nvidia.com/gpu" = 1 } }
[[pod]]
name = "plain"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/ml/llm:1.0"
"#;

const NEXT: &str = r#"
[[pod]]
name = "next"
at = "2m35s"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/ml/llm:1.0"
  resources = { limits = { "nvidia.com/gpu" = 1 } }
"#;

const REBOOT: &str = r#"
[[action]]
at = "2m"
stop = "node/n1"
[[action]]
at = "2m30s"
start = "node/n1"
"#;

/// `devicesToAllocate`: the kubelet is given its pods before the plugin is back, and after a reboot nothing runs.
#[test]
fn after_a_reboot_a_pod_whose_device_plugin_is_late_is_rejected_for_good() {
    for seed in 0..5 {
        let lines = told(&format!("{GPU}{NEXT}{REBOOT}"), seed);
        let first = of(&lines, "first");
        let rejected =
            when(&first, "Warning UnexpectedAdmissionError Allocate failed due to no healthy devices");
        assert!((151.1..151.3).contains(&rejected), "{rejected}");
        assert!(says(
            &first,
            "Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, \
             which is unexpected ×1"
        ));
        assert_eq!(when(&first, "STATUS UnexpectedAdmissionError"), rejected);
        assert_eq!(first.last().map(|(at, _)| *at), Some(rejected), "nobody tries again");
        // Who needs no device starts in a new sandbox.
        let plain = of(&lines, "plain");
        assert!(says(&plain, "SandboxChanged") && !says(&plain, "PHASE Failed"), "{plain:#?}");
        // The scheduler hears of the device at the node status's next round after 25 s: 30 s after the start.
        let next = of(&lines, "next");
        assert!(says(&next, "Insufficient nvidia.com/gpu"), "{next:#?}");
        let scheduled = when(&next, "Normal Scheduled");
        assert!((181.2..181.3).contains(&scheduled), "{scheduled}");
        assert!(says(&next, "PHASE Running"));
    }
}

/// The same without a reboot: `isContainerAlreadyRunning`.
#[test]
fn a_container_that_runs_on_while_its_kubelet_restarts_keeps_its_device() {
    let restart = "[[action]]\nat = \"2m30s\"\nrestartKubelet = \"node/n1\"\n";
    let lines = told(&format!("{GPU}{NEXT}{restart}"), 0);
    let first = of(&lines, "first");
    assert!(!says(&first, "UnexpectedAdmissionError") && !says(&first, "PHASE Failed"), "{first:#?}");
    // The device is taken, whatever the node says of it.
    assert!(!says(&of(&lines, "next"), "Normal Scheduled"));
}

/// kubernetes issues 124345 and 138446.
#[test]
fn an_init_container_that_is_done_with_its_device_fails_the_pod_at_a_restart_of_the_kubelet() {
    let with_init = GPU.replace(
        "name = \"plain\"\n",
        "name = \"checked\"\n  [[pod.spec.initContainers]]\n  name = \"check\"\n  image = \"registry.example/ml/llm:1.0\"\n  \
         resources = { limits = { \"nvidia.com/gpu\" = 1 } }\n",
    );
    let with_init = with_init.replace("\"nvidia.com/gpu\" = 1 }\ndevice", "\"nvidia.com/gpu\" = 2 }\ndevice");
    let restart = "[[action]]\nat = \"2m30s\"\nrestartKubelet = \"node/n1\"\n";
    let lines = told(&format!("{with_init}{restart}"), 0);
    assert!(says(&of(&lines, "checked"), "Warning UnexpectedAdmissionError"), "{lines:#?}");
    assert!(!says(&of(&lines, "first"), "UnexpectedAdmissionError"));
}

#[test]
fn a_pod_that_goes_round_the_scheduler_finds_the_devices_taken() {
    let bound = NEXT.replace("at = \"2m35s\"\n", "at = \"1m\"\n[pod.spec]\nnodeName = \"n1\"\n");
    let lines = told(&format!("{GPU}{bound}"), 0);
    assert!(says(
        &of(&lines, "next"),
        "Warning UnexpectedAdmissionError Allocate failed due to requested number of devices unavailable for \
         nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected"
    ));
}

/// A pod with a volume, a limit and writes.
fn disk(volumes: &str, limits: &str, writes: &str) -> String {
    format!(
        r#"
name = "disk"
until = "10m"
[[node]]
name = "n1"
images = ["registry.example/shop/cache:1.0"]
[[pod]]
name = "cache"
  [pod.spec]
  volumes = [{volumes}]
    [[pod.spec.containers]]
    name = "app"
    image = "registry.example/shop/cache:1.0"
    resources = {{ limits = {{ {limits} }} }}
  [pod.behavior.containers.app]
  attempts = [{{ writes = [{writes}] }}]
"#
    )
}

#[test]
fn an_empty_dir_over_its_limit_ends_its_pod_once_the_kubelet_has_measured_it() {
    let (mut instants, mut lost) = (Vec::new(), 0);
    for seed in 0..20 {
        let volumes = r#"{ name = "scratch", emptyDir = { sizeLimit = "1024Mi" } }"#;
        let writes = r#"{ at = "20s", size = "1Gi", volume = "scratch" },
                        { at = "200s", size = "1025Mi", volume = "scratch" }"#;
        let lines = of(&told(&disk(volumes, "", writes), seed), "cache");
        let evicted = when(
            &lines,
            "Warning Evicted Usage of EmptyDir volume \"scratch\" exceeds the limit \"1Gi\".  ×1",
        );
        // Measured one to two minutes apart; the manager's rounds are ten seconds apart.
        assert!((200.0..331.0).contains(&evicted) && evicted % 10.0 == 0.0, "{evicted}");
        assert!(says(&lines, "Normal Killing Stopping container app"));
        assert!(when(&lines, "PHASE Failed") < evicted + 3.0);
        // A limit of the pod's own is no disruption.
        assert!(!says(&lines, "DisruptionTarget"));
        // kubectl shows the container's end, not the reason Evicted; an end that a relist has seen while the sandbox was still
        // being stopped is lost.
        let shown = ["STATUS Error", "STATUS ContainerStatusUnknown"].map(|status| says(&lines, status));
        assert!(shown[0] || shown[1], "{lines:#?}");
        lost += usize::from(!shown[0]);
        instants.push(evicted);
    }
    instants.sort_by(f64::total_cmp);
    assert!(instants[19] - instants[0] > 40.0, "{instants:?}");
    assert!(lost < 6, "{lost}");
}

#[test]
fn a_container_over_its_limit_is_seen_within_twenty_seconds() {
    for seed in 0..20 {
        let lines = of(
            &told(&disk("", r#""ephemeral-storage" = "1Gi""#, r#"{ at = "20s", size = "2Gi" }"#), seed),
            "cache",
        );
        let evicted = when(&lines, "Warning Evicted ");
        assert!((20.0..41.0).contains(&evicted), "{evicted}");
        // Which limit is named depends on whether the pod's volumes (its token is one) have been measured by then.
        assert!(
            says(&lines, "Container app exceeded its local ephemeral storage limit \"1Gi\".  ×1")
                || says(
                    &lines,
                    "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.  ×1"
                ),
            "{lines:#?}"
        );
    }
}

#[test]
fn what_is_in_memory_does_not_count_as_the_pods_storage() {
    let limits = r#""ephemeral-storage" = "1Gi""#;
    let writes = r#"{ size = "700Mi" }, { size = "700Mi", volume = "scratch" }"#;
    let on_disk = disk(r#"{ name = "scratch", emptyDir = {} }"#, limits, writes);
    let lines = of(&told(&on_disk, 0), "cache");
    assert!(says(&lines, "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "));
    let in_memory = disk(r#"{ name = "scratch", emptyDir = { medium = "Memory" } }"#, limits, writes);
    assert!(!says(&of(&told(&in_memory, 0), "cache"), "Evicted"));
}

#[test]
fn volumes_that_are_never_measured_have_no_limit() {
    let volumes = r#"{ name = "scratch", emptyDir = { sizeLimit = "1Gi" } }"#;
    let text = disk(volumes, "", r#"{ size = "9Gi", volume = "scratch" }"#);
    assert!(says(&of(&told(&text, 0), "cache"), "Evicted"));
    let blind = format!("{text}[kubelet]\nvolumeStatsAggPeriod = \"0s\"\n");
    assert!(!says(&of(&told(&blind, 0), "cache"), "Evicted"));
}

#[test]
fn what_a_container_wrote_into_itself_goes_with_it_and_what_is_in_a_volume_stays() {
    let volumes = r#"{ name = "scratch", emptyDir = { sizeLimit = "1Gi" } }"#;
    let limits = r#""ephemeral-storage" = "4Gi""#;
    let attempts = |place: &str, limits: &str| {
        let text = disk(volumes, limits, "");
        let crash = format!(
            "attempts = [{{ runs = \"30ms\", exit = 1, writes = [{{ size = \"5Gi\"{place} }}] }}, {{}}]"
        );
        of(&told(&text.replace("attempts = [{ writes = [] }]", &crash), 0), "cache")
    };
    assert!(!says(&attempts("", limits), "Evicted"));
    assert!(says(&attempts(", volume = \"scratch\"", ""), "Evicted"));
}

#[test]
fn a_kubelet_that_restarts_measures_anew() {
    let volumes = r#"{ name = "scratch", emptyDir = { sizeLimit = "1Gi" } }"#;
    let text = disk(volumes, "", r#"{ at = "1m58s", size = "2Gi", volume = "scratch" }"#);
    let text = format!("{text}[[action]]\nat = \"2m\"\nrestartKubelet = \"node/n1\"\n");
    let evicted = when(&of(&told(&text, 0), "cache"), "Evicted");
    // 6.2 s to be back, a minute to the first look at volumes.
    assert!((186.0..187.0).contains(&evicted), "{evicted}");
}

const SANDBOX: &str = r#"
name = "sandbox"
until = "5m"
[[node]]
name = "n1"
images = ["registry.example/shop/web:1.4"]
[[pod]]
name = "web"
  [[pod.spec.initContainers]]
  name = "migrate"
  image = "registry.example/shop/web:1.4"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  [pod.behavior.containers.app]
  attempts = [{ onTerm = { after = "2s", exit = 0 } }]
[[action]]
at = "1m"
kill = "pod/web"
sandbox = true
"#;

/// `PodSandboxChanged`, `computePodActions`: everything is stopped with its grace and starts anew, init containers first.
#[test]
fn a_sandbox_that_dies_takes_its_pod_through_a_new_start() {
    for seed in 0..5 {
        let lines = of(&told(SANDBOX, seed), "web");
        let changed =
            when(&lines, "Normal SandboxChanged Pod sandbox changed, it will be killed and re-created. ×1");
        assert!((60.0..61.2).contains(&changed), "the next relist tells: {changed}");
        let after: Vec<_> = lines.iter().filter(|(at, _)| *at >= changed).cloned().collect();
        assert_eq!(when(&after, "Normal Killing Stopping container app"), changed);
        assert!(says(&after, "CONDITION PodReadyToStartContainers False"));
        // It takes its two seconds; then the init container is created.
        let created = when(&after, "Normal Created");
        assert!((changed + 2.0..changed + 3.0).contains(&created), "{created}");
        assert_eq!(after.iter().filter(|(_, line)| line.contains("Normal Created")).count(), 2);
        assert!(!says(&lines, "BackOff"));
        assert_eq!(lines.last().map(|(_, line)| line.as_str()), Some("STATUS Running"));
    }
}

/// With a process namespace of its own the sandbox's process is nobody's parent.
#[test]
fn containers_that_share_the_sandboxes_process_namespace_die_with_it() {
    let shared = SANDBOX.replace(
        "name = \"web\"\n",
        "name = \"web\"\n[pod.spec]\nshareProcessNamespace = true\nrestartPolicy = \"Never\"\n",
    );
    let lines = of(&told(&shared, 0), "web");
    assert!(!says(&lines, "Killing"), "there is nothing left to kill: {lines:#?}");
    assert!(says(&lines, "PHASE Failed"));
    let alone = shared.replace("shareProcessNamespace = true\n", "");
    let lines = of(&told(&alone, 0), "web");
    assert!(says(&lines, "Killing") && says(&lines, "PHASE Succeeded"), "{lines:#?}");
}

/// `responsibleForPod`: not a word, and not a condition.
#[test]
fn a_pod_of_a_scheduler_that_nobody_runs_waits_without_a_word() {
    let pod = |name: &str, spec: &str| {
        format!(
            "[[pod]]\nname = \"{name}\"\n[pod.spec]\n{spec}\n\
             containers = [{{ name = \"app\", image = \"registry.example/shop/web:1.4\" }}]\n"
        )
    };
    let elsewhere = "schedulerName = \"batch-scheduler\"";
    let text = [
        "until = \"1h\"\n".to_owned(),
        pod("default", ""),
        pod("named", "schedulerName = \"default-scheduler\""),
        pod("other", elsewhere),
    ]
    .concat();
    let lines = told(&text, 0);
    assert_eq!(
        of(&lines, "other").iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>(),
        ["PHASE Pending", "STATUS Pending"]
    );
    for pod in ["default", "named"] {
        assert!(says(&of(&lines, pod), "PHASE Running"));
    }
    // A pod that comes with its node needs no scheduler.
    let bound = text.replace(elsewhere, &format!("{elsewhere}\nnodeName = \"node\""));
    assert!(says(&of(&told(&bound, 0), "other"), "PHASE Running"));
}
