//! Paths through the course: for whom, and which lessons in which order.
//!
//! A path is a choice, not another course: what is done on one is done on all. A name that is no built-in lesson fails a test.

/// A path.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// What `--path` calls it.
    pub name: &'static str,
    /// For whom it is.
    pub about: &'static str,
    /// Headings, and the lessons below them.
    pub chapters: &'static [(&'static str, &'static [&'static str])],
}

impl Path {
    /// The names of its lessons, in their order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.chapters.iter().flat_map(|(_, names)| names.iter().copied())
    }
}

/// A path by its name.
pub fn find(name: &str) -> Option<&'static Path> {
    ALL.iter().find(|path| path.name == name)
}

/// All paths.
pub static ALL: &[Path] = &[
    Path {
        name: "new",
        about: "new to Kubernetes",
        chapters: &[
            (
                "What a pod is, and what kubectl says of it",
                &["happy-path", "nginx-test", "succeeded", "failed", "graceful-deletion"],
            ),
            (
                "It does not start",
                &[
                    "image-pull-back-off",
                    "tag-typo",
                    "missing-config-key",
                    "bad-entrypoint",
                    "unschedulable",
                    "too-much-cpu",
                ],
            ),
            (
                "It does not stay",
                &["crash-loop", "exit-zero", "restart-policy", "oom-loop", "init-containers", "sidecar"],
            ),
            (
                "It runs, and is of no use",
                &["probes", "readiness-fails", "liveness-wrong-path", "first-second"],
            ),
            (
                "Many of them",
                &[
                    "rollout",
                    "rollout-stalls",
                    "a-quarter",
                    "config-edit",
                    "fewer-pods",
                    "stray-pod",
                    "scaled-to-one",
                ],
            ),
            ("Other ways to run", &["set-start", "set-order", "job-retries", "job-image", "cron-overlap"]),
            ("The ground below", &["node-lost", "node-dark", "drain-refused"]),
        ],
    },
    Path {
        name: "on-call",
        about: "whoever is woken at night: what hangs, what crashes, what a message means",
        chapters: &[
            (
                "The rollout hangs",
                &[
                    "rollout-stalls",
                    "slow-version",
                    "third-version",
                    "three-apart",
                    "one-big-pod",
                    "one-disk",
                    "all-healthy",
                    "nothing-there",
                    "set-undo",
                    "agent-update",
                    "dead-pod",
                ],
            ),
            (
                "It crashes, and why",
                &[
                    "crash-loop",
                    "oom-loop",
                    "killed-not-oom",
                    "back-off-reset",
                    "missing-env",
                    "slow-leak",
                    "herd",
                ],
            ),
            (
                "It waits",
                &[
                    "pull-rate-limit",
                    "pull-secret-missing",
                    "mount-missing-secret",
                    "multi-attach",
                    "claim-unbound",
                    "init-hang",
                    "finalizer-held",
                ],
            ),
            (
                "It answers, sometimes",
                &[
                    "readiness-flaps",
                    "liveness-too-eager",
                    "liveness-shared-dependency",
                    "requests-dropped",
                    "sigterm-ignored",
                    "autoscaler-waits",
                ],
            ),
            (
                "A node is in trouble",
                &[
                    "node-flaps",
                    "node-dark",
                    "memory-pressure",
                    "full-disk-agent",
                    "evicted-twice",
                    "drain-one",
                ],
            ),
            (
                "It did not run last night",
                &["job-image", "job-drain", "job-ttl", "cron-overlap", "cron-resume", "cron-clock"],
            ),
        ],
    },
    Path {
        name: "platform",
        about: "whoever keeps the cluster: nodes, drains, quotas, defaults, what teams will meet",
        chapters: &[
            (
                "Drains and budgets",
                &[
                    "drain-refused",
                    "drain-one",
                    "drain-error",
                    "drain-budget",
                    "budget-update",
                    "job-drain",
                    "disk-zone",
                    "even-spread",
                ],
            ),
            (
                "Something on each node",
                &[
                    "agent-update",
                    "edge-update",
                    "moved-out",
                    "full-disk-agent",
                    "host-port-taken",
                    "device-plugin-late",
                ],
            ),
            (
                "Rules for namespaces",
                &["nothing-there", "limit-range", "all-healthy", "run-as-non-root", "scheduling-gated"],
            ),
            (
                "Who gets the room",
                &[
                    "preempted",
                    "best-effort-first",
                    "ephemeral-limit",
                    "fifteen-nodes",
                    "spread-skew",
                    "volume-zone",
                ],
            ),
            (
                "Nodes come and go",
                &[
                    "node-reboot",
                    "node-shutdown",
                    "kubelet-restart",
                    "node-deleted",
                    "no-execute-taint",
                    "node-dark",
                    "status-writes",
                ],
            ),
            (
                "Registries and images",
                &["pull-qps-exceeded", "slow-pull-queue", "image-disk-full", "signature-policy"],
            ),
            (
                "What the teams will ask",
                &[
                    "new-selector",
                    "same-manifest",
                    "config-edit",
                    "job-again",
                    "cron-deadline",
                    "autoscaler-waits",
                ],
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::course::{Course, Progress};

    #[test]
    fn every_step_of_a_path_is_a_lesson_and_comes_once() {
        let course = Course::new(Progress::default());
        for path in ALL {
            let unknown: Vec<&str> = path.names().filter(|name| course.find(name).is_none()).collect();
            assert!(unknown.is_empty(), "{}: {unknown:?}", path.name);
            let once: BTreeSet<&str> = path.names().collect();
            assert_eq!(once.len(), path.names().count(), "{}", path.name);
            assert_eq!(Course::along(path, Progress::default()).lessons.len(), once.len());
            assert!(find(path.name).is_some_and(|found| found.name == path.name));
        }
        assert!(find("nowhere").is_none());
        assert!(course.contents().contains("platform  0 of "), "{}", course.contents());
    }
}
