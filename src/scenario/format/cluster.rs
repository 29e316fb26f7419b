//! What stands around the pods: delays, the settings of kubelets and controllers, nodes with their taints.

use super::{Kind, Shape, key, must};
use crate::scenario::limits;

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

pub static LATENCY: Shape = Shape {
    name: "latency",
    doc: "Delays of the parts, as a small healthy cluster shows them",
    id: "",
    keys: &[
        key("schedule", Kind::Distribution, "2ms", "One scheduling attempt"),
        key("bind", Kind::Distribution, "4ms", "The binding's way to the API server"),
        key("watch", Kind::Distribution, "2ms", "API server to a watching component"),
        key("statusUpdate", Kind::Distribution, "20ms", "One status patch"),
        key("sandbox", Kind::Distribution, "300ms", "RunPodSandbox with its network"),
        key("volumes", Kind::Distribution, "300ms", "Mount and attach"),
        key("create", Kind::Distribution, "30ms", "CreateContainer"),
        key("start", Kind::Distribution, "50ms", "StartContainer"),
        key("stop", Kind::Distribution, "0s", "From a process's exit to the runtime reporting it"),
        key(
            "stopSandbox",
            Kind::Distribution,
            "50ms",
            "StopPodSandbox; a pod that its kubelet ends may need longer with it than the kubelet waits",
        ),
        key("probe", Kind::Distribution, "10ms", "One probe's round trip"),
        key("inspectImage", Kind::Distribution, "12ms", "A look whether an image is on the node"),
    ],
};

pub static KUBELET: Shape = Shape {
    name: "kubelet",
    doc: "KubeletConfiguration by its own names",
    id: "",
    keys: &[
        key("syncFrequency", Kind::Period(true), "1m", "Longest time between two syncs of a pod"),
        key("serializeImagePulls", Kind::Bool, "true", "One image after the other"),
        key(
            "maxParallelImagePulls",
            Kind::Integer(1, u32::MAX as i64),
            "no limit",
            "Needs serializeImagePulls = false",
        ),
        key("registryPullQPS", Kind::Integer(0, i32::MAX as i64), "5", "Pulls per second; 0: no limit"),
        key("registryBurst", Kind::Integer(0, i32::MAX as i64), "10", "Pulls at once above the rate"),
        key("crashLoopBackOff", Kind::Table(&CRASH_LOOP), "", "Limits of the crash-loop back-off"),
        key(
            "maxPods",
            Kind::Integer(0, i32::MAX as i64),
            "110",
            "Room for pods where the capacity does not say",
        ),
        key(
            "nodeStatusUpdateFrequency",
            Kind::Period(true),
            "10s",
            "How often the node's status is computed",
        ),
        key("nodeStatusReportFrequency", Kind::Period(true), "5m", "How often an unchanged status is posted"),
        key(
            "nodeLeaseDurationSeconds",
            Kind::Integer(1, 1_000_000),
            "40",
            "The node lease; renewed four times as often",
        ),
        key("shutdownGracePeriod", Kind::Duration, "0s", "Time for all pods when the node shuts down"),
        key("shutdownGracePeriodCriticalPods", Kind::Duration, "0s", "Part of it kept for critical pods"),
        key(
            "evictionHard",
            Kind::Map(&Kind::Threshold),
            "memory.available = \"100Mi\", nodefs.available = \"10%\", nodefs.inodesFree = \"5%\", \
             imagefs.available = \"15%\", imagefs.inodesFree = \"5%\"",
            "Thresholds of eviction; written ones replace all defaults",
        ),
        key("evictionSoft", Kind::Map(&Kind::Threshold), "", "Thresholds with a grace period"),
        key(
            "evictionSoftGracePeriod",
            Kind::Map(&Kind::Duration),
            "",
            "Grace periods of the soft thresholds",
        ),
        key(
            "evictionMaxPodGracePeriod",
            Kind::Integer(0, i32::MAX as i64),
            "0",
            "Longest grace of a soft eviction, seconds",
        ),
        key(
            "evictionPressureTransitionPeriod",
            Kind::Period(true),
            "5m",
            "How long a pressure condition stays after the last sight",
        ),
        key(
            "mergeDefaultEvictionSettings",
            Kind::Bool,
            "false",
            "Defaults fill what evictionHard leaves out",
        ),
        key(
            "volumeStatsAggPeriod",
            Kind::Duration,
            "1m",
            "How often a pod's volumes are measured, put off by up to as much again; 0s: never",
        ),
        key(
            "allowedUnsafeSysctls",
            Kind::List(&Kind::Text),
            "",
            "Kernel parameters that pods may set beside the safe ones; `*` at the end for all that begin so",
        ),
        key("kubeReserved", Kind::Map(&Kind::Quantity), "", "Kept for Kubernetes' daemons"),
        key("systemReserved", Kind::Map(&Kind::Quantity), "", "Kept for the system's daemons"),
    ],
};

pub static CRASH_LOOP: Shape = Shape {
    name: "crashLoopBackOff",
    doc: "Limits of the crash-loop back-off",
    id: "",
    keys: &[key(
        "maxContainerRestartPeriod",
        Kind::Duration,
        "5m",
        "Longest back-off, 1s to 300s (needs the gate KubeletCrashLoopBackOffMax)",
    )],
};

pub static CONTROLLERS: Shape = Shape {
    name: "controllers",
    doc: "Settings of the controller manager",
    id: "",
    keys: &[
        key("nodeMonitorPeriod", Kind::Period(false), "5s", "How often the nodes are looked at"),
        key("nodeMonitorGracePeriod", Kind::Duration, "50s", "How long a node may be silent"),
        key("podGCPeriod", Kind::Period(false), "20s", "How often dead pods are collected"),
        key(
            "terminatedPodGCThreshold",
            Kind::Integer(0, i32::MAX as i64),
            "12500",
            "How many terminated pods may stay",
        ),
        key(
            "legacyUnknownPhase",
            Kind::Bool,
            "false",
            "A lost node's pods get phase Unknown, as Kubernetes once did",
        ),
    ],
};

pub static NODE: Shape = Shape {
    name: "node",
    doc: "A node, or several alike",
    id: "name",
    keys: &[
        must("name", Kind::Text, "Its name; with a count above 1: NAME-0, NAME-1, …"),
        key("count", Kind::Integer(1, limits::NODES as i64), "1", "How many"),
        key("labels", Kind::Map(&Kind::Text), "kubernetes.io/hostname, os and arch", "Labels"),
        key("taints", Kind::List(&Kind::Table(&TAINT)), "", "Taints"),
        key(
            "capacity",
            Kind::Map(&Kind::Quantity),
            "cpu = \"16\", memory = \"64Gi\", pods = 110, ephemeral-storage = \"100Gi\"",
            "What it has, by resource",
        ),
        key(
            "allocatable",
            Kind::Map(&Kind::Quantity),
            "the capacity without what is reserved",
            "What pods may use",
        ),
        key(
            "devicePlugins",
            Kind::Map(&Kind::Duration),
            "",
            "Extended resources that device plugins bring: how long after the kubelet's start each has registered",
        ),
        key(
            "runtimeHandlers",
            Kind::List(&Kind::Text),
            "whatever a RuntimeClass names",
            "Handlers that its container runtime is configured for, beside runc",
        ),
        key("unschedulable", Kind::Bool, "false", "Cordoned from the start"),
        key("images", Kind::List(&Kind::Text), "", "Images that are there already"),
        key(
            "inspectError",
            Kind::Text,
            "",
            "What its runtime answers when the kubelet asks whether an image is there (not by policy Always)",
        ),
        key("kubelet", Kind::Table(&KUBELET), "", "KubeletConfiguration of this node"),
        key("at", Kind::Instant, "0s", "When it joins: the machine is off until then"),
        key(
            "kubeletUptime",
            Kind::Distribution,
            "1 day",
            "How long before the start its kubelet had started, and those of all nodes of this table with it: first probes \
             of pods that it finds then, and of longer periods, are spread over a period",
        ),
    ],
};

pub static TAINT: Shape = Shape {
    name: "taint",
    doc: "A taint",
    id: "key",
    keys: &[
        must("key", Kind::Text, "Its key"),
        key("value", Kind::Text, "", "Its value"),
        must("effect", Kind::Word(EFFECTS), "What it does"),
    ],
};

/// In `untaint`, where the effect may be left out.
pub static TAINT_REF: Shape = Shape {
    name: "taintReference",
    doc: "A taint, by key and effect",
    id: "key",
    keys: &[
        must("key", Kind::Text, "Its key"),
        key("value", Kind::Text, "", "Its value (not compared)"),
        key("effect", Kind::Word(EFFECTS), "any", "What it does"),
    ],
};
