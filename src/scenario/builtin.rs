//! The scenarios that are built into the binary, so that `kubelapse run crash-loop` works anywhere.

/// A shipped scenario.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its file's stem: what `kubelapse run` calls it.
    pub name: &'static str,
    /// Its chapter.
    pub topic: Topic,
    /// The whole file.
    pub text: &'static str,
}

/// What a scenario is about, from the simple to the hard: the chapters of `kubelapse list` and of the course.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Topic {
    /// Phases and what they hide.
    Basics,
    /// Names, registries, pulls.
    Images,
    /// ConfigMaps, Secrets, volumes.
    Configuration,
    /// Init containers and sidecars.
    Init,
    /// Exit codes, back-offs, memory.
    Crashes,
    /// Startup, readiness, liveness.
    Probes,
    /// Deletion, grace, hooks.
    Termination,
    /// Room, taints, affinity, preemption.
    Scheduling,
    /// Nodes that are lost, drained or short of something.
    Nodes,
    /// Deployments and what they make.
    Workloads,
    /// StatefulSets and DaemonSets.
    Sets,
    /// Budgets, drains, spread, nodes that are lost with what runs on them.
    Drains,
    /// Jobs and CronJobs.
    Jobs,
    /// Many pods.
    Scale,
}

macro_rules! shipped {
    ($($topic:ident $folder:literal: $($name:literal)*;)*) => {
        /// All of them, topic by topic, in the order in which one learns them.
        pub static ALL: &[Builtin] = &[$($(Builtin {
            name: $name,
            topic: Topic::$topic,
            text: include_str!(concat!("../../scenarios/", $folder, $name, ".toml")),
        },)*)*];
    };
}

shipped! {
    Basics "":
        "happy-path"
        "nginx-test"
        "succeeded"
        "failed"
        "crash-loop"
        "image-pull-back-off"
        "init-containers"
        "sidecar"
        "probes"
        "unschedulable"
        "graceful-deletion"
        "node-lost"
        "node-lost-unknown"
    ;
    Images "images/":
        "tag-typo"
        "invalid-name"
        "never-pull"
        "one-bad-of-three"
        "slow-pull-queue"
        "second-image-slow"
        "pull-rate-limit"
        "pull-secret-missing"
        "wrong-architecture"
        "set-image-heals"
        "latest-at-every-start"
        "signature-policy"
        "inspect-fails"
        "pull-qps-exceeded"
        "image-disk-full"
    ;
    Configuration "configuration/":
        "missing-config-key"
        "run-as-non-root"
        "bad-entrypoint"
        "shell-127"
        "mount-missing-secret"
        "sandbox-failing"
        "sandbox-changed"
        "create-error"
        "kubelet-hook"
        "fsgroup-slow"
        "multi-attach"
    ;
    Init "init/":
        "init-crash"
        "init-image-missing"
        "init-chain"
        "init-never"
        "init-hang"
        "init-oom"
        "sidecar-keeps-job"
        "sidecar-port-conflict"
        "sidecar-not-started"
    ;
    Crashes "crashes/":
        "exit-zero"
        "restart-policy"
        "name-order"
        "oom-loop"
        "segfault"
        "killed-not-oom"
        "read-only-root"
        "missing-env"
        "post-start-fails"
        "back-off-reset"
        "ages"
        "slow-leak"
        "herd"
        "slow-crash"
        "restart-rules"
        "restart-all-containers"
        "resize-restarts"
    ;
    Probes "probes/":
        "readiness-fails"
        "liveness-wrong-path"
        "liveness-too-eager"
        "startup-budget"
        "probe-timeout"
        "readiness-flaps"
        "liveness-shared-dependency"
        "readiness-gate"
        "probe-grace"
        "liveness-never"
    ;
    Termination "termination/":
        "gone-at-once"
        "requests-dropped"
        "sigterm-ignored"
        "prestop-past-grace"
        "finalizer-held"
        "grace-shortened"
        "force-deletion"
        "delete-during-pull"
        "never-started"
        "sidecars-last"
        "deadline-clock"
    ;
    Scheduling "scheduling/":
        "too-much-cpu"
        "too-much-memory"
        "affinity-no-match"
        "taint-not-tolerated"
        "fifteen-nodes"
        "too-many-pods"
        "host-port-taken"
        "anti-affinity-last-one"
        "spread-skew"
        "scheduling-gated"
        "scheduler-missing"
        "rejected-by-kubelet"
        "preempted"
        "claim-unbound"
        "volume-zone"
        "device-plugin-late"
    ;
    Nodes "nodes/":
        "container-killed"
        "node-flaps"
        "status-writes"
        "no-execute-taint"
        "drain-budget"
        "resize-deferred"
        "memory-pressure"
        "node-deleted"
        "node-reboot"
        "kubelet-restart"
        "node-shutdown"
        "best-effort-first"
        "ephemeral-limit"
    ;
    Workloads "workloads/":
        "rollout"
        "rollout-stalls"
        "a-quarter"
        "slow-version"
        "third-version"
        "pause"
        "first-second"
        "scaled-to-one"
        "config-edit"
        "fewer-pods"
        "three-apart"
        "one-big-pod"
        "one-disk"
        "all-healthy"
        "nothing-there"
        "limit-range"
        "new-selector"
        "stray-pod"
        "by-hand"
        "dead-pod"
        "evicted-twice"
        "autoscaler-waits"
        "same-manifest"
    ;
    Sets "workloads/":
        "set-start"
        "set-order"
        "set-undo"
        "disk-zone"
        "agent-update"
        "edge-update"
        "moved-out"
        "full-disk-agent"
    ;
    Drains "workloads/":
        "budget-update"
        "drain-one"
        "drain-refused"
        "drain-error"
        "even-spread"
        "node-dark"
    ;
    Jobs "workloads/":
        "job-retries"
        "job-image"
        "job-exit-code"
        "job-indexes"
        "job-drain"
        "job-again"
        "job-ttl"
        "cron-overlap"
        "cron-resume"
        "cron-deadline"
        "cron-clock"
    ;
    Scale "scale/":
        "fleet-1k"
        "fleet-100k"
        "fleet-1m"
        "crash-loop-10k"
        "healthy-1k"
    ;
}

macro_rules! manifests {
    ($($folder:literal: $($name:literal)*;)*) => {
        /// Manifests that shipped scenarios apply: they stand beside them, and no two have one name.
        pub static MANIFESTS: &[(&str, &str)] =
            &[$($(($name, include_str!(concat!("../../scenarios/", $folder, $name)))),*),*];
    };
}

manifests! {
    "workloads/": "rollout.yaml" "rollout-stalls.yaml" "a-quarter.yaml" "slow-version.yaml" "third-version.yaml"
        "pause.yaml" "first-second.yaml" "scaled-to-one.yaml" "config-edit-2.yaml" "config-edit.yaml"
        "fewer-pods.yaml" "three-apart.yaml" "one-big-pod.yaml" "one-disk.yaml" "all-healthy-quota.yaml"
        "all-healthy.yaml" "nothing-there-defaults.yaml" "nothing-there.yaml" "nothing-there-quota.yaml"
        "limit-range.yaml" "new-selector-2.yaml" "new-selector.yaml" "stray-pod-set.yaml" "stray-pod.yaml"
        "by-hand.yaml" "dead-pod.yaml" "evicted-twice.yaml" "autoscaler-waits.yaml" "same-manifest.yaml"
        "set-start.yaml" "set-order.yaml" "set-undo.yaml" "disk-zone.yaml" "agent-update.yaml" "edge-update.yaml"
        "moved-out-2.yaml" "moved-out.yaml" "full-disk-agent.yaml" "budget-update.yaml" "drain-one.yaml"
        "drain-refused.yaml" "drain-error.yaml" "even-spread.yaml" "node-dark.yaml" "job-retries.yaml"
        "job-image.yaml" "job-exit-code.yaml" "job-indexes.yaml" "job-drain.yaml" "job-again-2.yaml" "job-again.yaml"
        "job-ttl.yaml" "cron-overlap.yaml" "cron-resume.yaml" "cron-deadline.yaml" "cron-clock.yaml";
}

/// A manifest that a shipped scenario applies: what loads one.
///
/// # Errors
/// None of them has that name.
pub fn manifest(path: &str) -> Result<String, String> {
    let found = MANIFESTS.iter().find(|(name, _)| *name == path);
    found
        .map(|(_, text)| (*text).to_owned())
        .ok_or_else(|| "a built-in scenario has no files beside it".to_owned())
}

impl Topic {
    /// Where its scenarios stand below `scenarios/`; the basics stand in `scenarios/` itself.
    pub fn folder(self) -> &'static str {
        match self {
            Topic::Basics => "",
            Topic::Images => "images",
            Topic::Configuration => "configuration",
            Topic::Init => "init",
            Topic::Crashes => "crashes",
            Topic::Probes => "probes",
            Topic::Termination => "termination",
            Topic::Scheduling => "scheduling",
            Topic::Nodes => "nodes",
            Topic::Workloads | Topic::Sets | Topic::Drains | Topic::Jobs => "workloads",
            Topic::Scale => "scale",
        }
    }

    /// The heading in a table of contents.
    pub fn title(self) -> &'static str {
        match self {
            Topic::Basics => "Basics: the phases, and what kubectl makes of them",
            Topic::Images => "Images: pulls that fail, wait or never happen",
            Topic::Configuration => "Configuration, volumes and sandboxes",
            Topic::Init => "Init containers and sidecars",
            Topic::Crashes => "Crashes, restarts and back-off",
            Topic::Probes => "Probes and readiness",
            Topic::Termination => "Termination",
            Topic::Scheduling => "Scheduling and admission",
            Topic::Nodes => "Nodes: pressure, shutdown and loss",
            Topic::Workloads => "Workloads: rollouts, and what stops them",
            Topic::Sets => "StatefulSets and DaemonSets",
            Topic::Drains => "Budgets, drains and lost nodes",
            Topic::Jobs => "Jobs and CronJobs",
            Topic::Scale => "Scale: fleets and long lives",
        }
    }
}

/// All but those that are there for their size.
pub fn small() -> impl Iterator<Item = &'static Builtin> {
    ALL.iter().filter(|shipped| shipped.topic != Topic::Scale)
}

/// A shipped scenario by its name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|b| b.name == name)
}

/// What a table of contents says of a lesson.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonHead {
    /// Its title.
    pub title: String,
    /// What one is told first.
    pub story: String,
    /// How many questions it asks.
    pub questions: u32,
}

impl Builtin {
    /// What one is about to see: the comment at the head of the file.
    pub fn about(&self) -> String {
        let head = self.text.lines().take_while(|l| l.starts_with('#'));
        // `#:` is for editors.
        let comment: Vec<&str> =
            head.filter(|l| !l.starts_with("#:")).map(|l| l.trim_start_matches('#').trim()).collect();
        comment.join(" ")
    }

    fn table(&self) -> toml::Table {
        self.text.parse().unwrap_or_default()
    }

    /// Its one line in a table of contents.
    pub fn description(&self) -> String {
        self.table().get("description").and_then(|d| d.as_str()).unwrap_or_default().to_owned()
    }

    /// Of its lesson, if it has one that asks something.
    pub fn lesson(&self) -> Option<LessonHead> {
        let table = self.table();
        let lesson = table.get("lesson")?.as_table()?;
        let text = |key: &str| lesson.get(key).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        let questions = lesson.get("question")?.as_array()?.len();
        Some(LessonHead {
            title: text("title"),
            story: text("story"),
            questions: u32::try_from(questions).ok()?,
        })
    }

    /// Changes with its text, and with the manifests that it names.
    pub fn digest(&self) -> String {
        let named = MANIFESTS.iter().filter(|(name, _)| self.text.contains(&format!("\"{name}\"")));
        let texts = [self.text].into_iter().chain(named.map(|(_, text)| *text));
        super::resolve::digest(&texts.map(str::to_owned).collect::<Vec<_>>())
    }
}
