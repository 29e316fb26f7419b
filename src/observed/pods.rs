//! One pod's versions, as far as they tell when something happened.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::wire;
use crate::api::{Container, ContainerState, ContainerStatus, Sym, Terminated, Tri};
use crate::time::Time;

/// What a container of a pod is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// It ends before the others begin.
    Init,
    /// It runs beside them.
    Sidecar,
    /// One that the pod is for.
    Main,
}

/// A container that has ended; seconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// `startedAt`
    pub started: Option<i64>,
    /// `finishedAt`
    pub finished: Option<i64>,
    /// `exitCode`
    pub code: i32,
    /// `reason`
    pub reason: Sym,
}

impl Ended {
    fn of(own: &Terminated) -> Ended {
        let secs = |at: Option<Time>| at.map(Time::secs).filter(|secs| *secs > 0);
        Ended {
            started: secs(own.started_at),
            finished: secs(own.finished_at),
            code: own.exit_code,
            reason: own.reason,
        }
    }
}

/// What state a container was in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Was {
    /// Not running, not ended.
    Waiting,
    /// Since a second after the Unix epoch.
    Running(Option<i64>),
    /// It has ended.
    Ended(Ended),
}

/// A container in one version of its pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContainerSeen {
    /// How it was.
    pub was: Was,
    /// How it ended before.
    pub last: Option<Ended>,
    /// How often it had been restarted.
    pub restarts: i32,
    /// Its startup probe, if it has one, had succeeded.
    pub started: bool,
    /// It counted as ready.
    pub ready: bool,
}

impl ContainerSeen {
    fn of(own: &ContainerStatus) -> ContainerSeen {
        let ended = |state: &ContainerState| state.terminated().map(Ended::of);
        let was = match (&own.state, ended(&own.state)) {
            (_, Some(ended)) => Was::Ended(ended),
            (ContainerState::Running { started_at }, _) => {
                Was::Running(started_at.map(Time::secs).filter(|secs| *secs > 0))
            }
            _ => Was::Waiting,
        };
        ContainerSeen {
            was,
            last: ended(&own.last_state),
            restarts: own.restart_count,
            started: own.started.unwrap_or(false),
            ready: own.ready,
        }
    }
}

/// One version of a pod.
#[derive(Clone, PartialEq, Debug)]
pub struct Version {
    /// `metadata.resourceVersion`, where it is a number.
    pub order: Option<u64>,
    /// Where it stands in its text.
    pub line: usize,
    /// When it came, in microseconds since the Unix epoch.
    pub stamp: Option<i64>,
    /// Before it something may have been missed.
    pub after_hole: bool,
    /// It is the pod's last.
    pub is_last: bool,
    /// Its node; empty: it has none.
    pub node: Sym,
    /// When its deletion was asked for (a second), and its grace period.
    pub deletion: Option<(i64, i64)>,
    /// Since when `Ready` is True.
    pub ready_since: Option<i64>,
    /// Somebody else ended its containers: an eviction, a deadline.
    pub was_ended: bool,
    /// In the order of [`Pod::containers`].
    pub containers: Vec<Option<ContainerSeen>>,
}

/// A pod, and all that was seen of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who made it: kind, name, uid.
    pub owner: Option<(String, String, String)>,
    /// `pod-template-hash`, which a ReplicaSet's name ends with.
    pub template_hash: Option<String>,
    /// Its ordinal or completion index.
    pub index: Option<u32>,
    /// Its containers, init containers first.
    pub containers: Vec<(Role, Container)>,
    /// The second of its creation.
    pub created: Option<i64>,
    /// The newest instant that a version of it brings along, in microseconds since the Unix epoch.
    pub newest: Option<i64>,
    /// Its versions, oldest first.
    pub versions: Vec<Version>,
}

/// Labels that tell which of its workload's pods one is.
const INDEX: [&str; 2] = ["apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-completion-index"];

impl Pod {
    pub(super) fn new(object: &Value) -> Pod {
        let pod = wire::pod(object);
        let init = pod.spec.init_containers.iter().map(|own| match own.is_sidecar() {
            true => (Role::Sidecar, own.clone()),
            false => (Role::Init, own.clone()),
        });
        let containers = init.chain(pod.spec.containers.iter().map(|own| (Role::Main, own.clone())));
        let namespace = match pod.meta.namespace.is_empty() {
            true => "default".to_owned(),
            false => pod.meta.namespace.clone(),
        };
        Pod {
            namespace,
            name: pod.meta.name.clone(),
            owner: super::history::controller(object),
            index: INDEX.iter().find_map(|label| pod.meta.labels.get(*label)?.parse().ok()),
            template_hash: pod.meta.labels.get("pod-template-hash").cloned(),
            containers: containers.collect(),
            created: pod.created().map(Time::secs),
            newest: None,
            versions: Vec::new(),
        }
    }

    /// The node that it was bound to.
    pub fn node(&self) -> Option<Sym> {
        self.versions.iter().map(|own| own.node).find(|node| !node.is_empty())
    }

    /// One more version; only what it needs is read, as a stream has many.
    pub(super) fn version(&self, object: &Value) -> Version {
        let (meta, status) = (&object["metadata"], wire::pod_status(&object["status"]));
        let grace = meta["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
        let all: BTreeMap<&str, &ContainerStatus> = (status.init.iter().chain(&status.containers))
            .map(|container| (container.name.as_str(), container))
            .collect();
        let of = |container: &Container| all.get(container.name.as_str()).map(|own| ContainerSeen::of(own));
        let ready = status.condition(Sym::READY).filter(|ready| ready.status == Tri::True);
        Version {
            order: order(object),
            line: 0,
            stamp: None,
            after_hole: false,
            is_last: false,
            node: object["spec"]["nodeName"].as_str().map_or(Sym::EMPTY, Sym::new),
            deletion: wire::time(&meta["deletionTimestamp"]).map(|at| (at.secs() - grace, grace)),
            ready_since: ready.and_then(|ready| ready.last_transition).map(Time::secs),
            was_ended: !status.reason.is_empty(),
            containers: self.containers.iter().map(|(_, container)| of(container)).collect(),
        }
    }

    /// In the order of their writes; what came twice counts once, at the earlier of its instants.
    pub(super) fn settle(&mut self) {
        // Of versions without a number nobody knows the order but who printed them.
        if self.versions.iter().all(|own| own.order.is_some()) {
            self.versions.sort_by_key(|own| own.order);
        }
        self.versions.dedup_by(|later, kept| {
            let same = later.order.is_some() && later.order == kept.order;
            if same {
                kept.stamp = match (kept.stamp, later.stamp) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                kept.after_hole &= later.after_hole;
                kept.is_last |= later.is_last;
            }
            same
        });
    }
}

/// The number of an object's version, where it is one.
pub(super) fn order(object: &Value) -> Option<u64> {
    object["metadata"]["resourceVersion"].as_str().and_then(|own| own.parse().ok())
}
