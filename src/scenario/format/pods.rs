//! Pods, and what only a simulator needs to know of them: what their processes do, start by start.

use super::{Kind, Shape, key, must};
use crate::scenario::limits;

/// `[[pod]]`.
pub static POD: Shape = Shape {
    name: "pod",
    doc: "A pod, or several alike",
    id: "name",
    keys: &[
        key("name", Kind::Text, "", "Its name; with replicas above 1: NAME-0, NAME-1, …"),
        key("manifest", Kind::Text, "", "A file with one or more Pods, YAML or JSON, relative to this one"),
        key("namespace", Kind::Text, "default", "Its namespace"),
        key("labels", Kind::Map(&Kind::Text), "", "Labels, over those of the manifest"),
        key("annotations", Kind::Map(&Kind::Text), "", "Annotations, over those of the manifest"),
        key("finalizers", Kind::List(&Kind::Text), "", "Finalizers"),
        key("at", Kind::Instant, "0s", "Instant of creation"),
        key("replicas", Kind::Integer(1, limits::PODS as i64), "1", "How many"),
        key("every", Kind::Distribution, "0s", "Gap between the replicas' creations"),
        key("spec", Kind::PodSpec, "", "PodSpec by its Kubernetes names, over that of the manifest"),
        key("behavior", Kind::Table(&BEHAVIOR), "", "What its processes do"),
    ],
};

pub static BEHAVIOR: Shape = Shape {
    name: "behavior",
    doc: "What only a simulator needs to know of a pod",
    id: "",
    keys: &[
        key("sandbox", Kind::Table(&SANDBOX), "", "How its sandbox comes up"),
        key(
            "containers",
            Kind::Map(&Kind::Table(&CONTAINER)),
            "",
            "By the container's name; init containers and sidecars too",
        ),
    ],
};

pub static SANDBOX: Shape = Shape {
    name: "sandbox",
    doc: "How a pod's sandbox comes up",
    id: "",
    keys: &[
        key("takes", Kind::Distribution, "latency.sandbox", "How long RunPodSandbox takes"),
        key(
            "failures",
            Kind::Integer(0, u32::MAX as i64),
            "always, with an error",
            "How many times it fails",
        ),
        key("error", Kind::Text, "", "The runtime's message"),
    ],
};

pub static CONTAINER: Shape = Shape {
    name: "container",
    doc: "What a container's process does",
    id: "",
    keys: &[
        key(
            "attempts",
            Kind::List(&Kind::Table(&ATTEMPT)),
            "[{}]",
            "Start by start; the last one repeats for ever",
        ),
        key(
            "execsRunOn",
            Kind::Bool,
            "true",
            "An exec probe runs to its end though the kubelet gives it up as the pod ends (1.35, 1.36); false: it fails",
        ),
    ],
};

pub static ATTEMPT: Shape = Shape {
    name: "attempt",
    doc: "One start of a container",
    id: "",
    keys: &[
        key("runs", Kind::Runs, "forever; 1s for init containers", "How long the process runs"),
        key("exit", Kind::Exit, "0", "Its exit code"),
        key("reason", Kind::Text, "Completed or Error", "The terminated reason that the runtime reports"),
        key(
            "preCreateError",
            Kind::Text,
            "",
            "The kubelet's own hook before CreateContainer fails with this message",
        ),
        key("createError", Kind::Text, "", "CreateContainer fails with this message"),
        key(
            "preStartError",
            Kind::Text,
            "",
            "The kubelet's own hook before StartContainer fails with this message",
        ),
        key("startError", Kind::Text, "", "StartContainer fails with this message"),
        key("onTerm", Kind::OnTerm, "{ after = \"0s\", exit = 143 }", "What SIGTERM does"),
        key(
            "startup",
            Kind::List(&Kind::Table(&PROBE)),
            "ok at once",
            "Results of the startup probe over time",
        ),
        key(
            "readiness",
            Kind::List(&Kind::Table(&PROBE)),
            "ok at once",
            "Results of the readiness probe over time",
        ),
        key(
            "liveness",
            Kind::List(&Kind::Table(&PROBE)),
            "ok at once",
            "Results of the liveness probe over time",
        ),
        key(
            "postStart",
            Kind::Table(&HOOK),
            "instant, exit 0",
            "How the hook goes that the manifest declares",
        ),
        key("preStop", Kind::Table(&HOOK), "instant, exit 0", "How the hook goes that the manifest declares"),
        key("writes", Kind::List(&Kind::Table(&WRITE)), "nothing", "Disk space that it takes up over time"),
        key(
            "memory",
            Kind::List(&Kind::Table(&MEMORY)),
            "not said",
            "Memory that it uses over time: above the container's limit it is OOMKilled, and evictions go by it",
        ),
        key(
            "log",
            Kind::List(&Kind::Text),
            "",
            "Lines that the process writes: evenly over a run that ends by itself, the last one with its end; at the start \
             of one that runs forever",
        ),
        key(
            "termLog",
            Kind::List(&Kind::Text),
            "",
            "Lines that it writes once SIGTERM has come: evenly over its stop, the first one at once, the last one with its end",
        ),
        key("message", Kind::Text, "", "Its termination message"),
    ],
};

pub static WRITE: Shape = Shape {
    name: "write",
    doc: "From an instant since the container's start on, so much disk space is taken up in one place",
    id: "",
    keys: &[
        key("at", Kind::Duration, "0s", "Since the container's start"),
        must("size", Kind::Quantity, "How much is taken up from then on"),
        key(
            "volume",
            Kind::Text,
            "the container's own filesystem and logs",
            "The emptyDir volume that takes it",
        ),
    ],
};

pub static MEMORY: Shape = Shape {
    name: "memoryUse",
    doc: "From an instant since the container's start on, so much memory is used",
    id: "",
    keys: &[
        key("at", Kind::Duration, "0s", "Since the container's start"),
        must("size", Kind::Quantity, "Its working set from then on"),
    ],
};

pub static PROBE: Shape = Shape {
    name: "probeResult",
    doc: "From an instant since the container's start on, a probe answers like this",
    id: "",
    keys: &[
        key("at", Kind::Duration, "0s", "Since the container's start"),
        key("ok", Kind::Bool, "true", "The answer"),
        key("failureRate", Kind::Chance, "", "In place of ok: the chance of a failure"),
        key("takes", Kind::Distribution, "latency.probe", "How long one probe runs"),
        key("output", Kind::Text, "", "Its text"),
    ],
};

pub static HOOK: Shape = Shape {
    name: "hook",
    doc: "How a lifecycle hook goes",
    id: "",
    keys: &[
        key("takes", Kind::Distribution, "0s", "How long it runs"),
        key("exit", Kind::Integer(0, 255), "0", "Its exit code"),
        key("output", Kind::Text, "", "Its text"),
    ],
};
