//! Interned text: four bytes, equal exactly when the texts are equal.
//!
//! Known reasons and condition types are constants, so that rules can `match` on them. The table only grows;
//! what enters it is finite (names in a scenario, texts of rules), never one text per pod or per instant.
//! The number behind a symbol depends on the order of interning and must never reach a result: there is no `Ord`;
//! sort by [`Sym::as_str`].

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, RwLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An interned text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sym(u32);

#[derive(Clone, Copy)]
struct Entry {
    text: &'static str,
    /// [`content`] of the text.
    content: u64,
}

struct Interner {
    ids: FxHashMap<&'static str, u32>,
    count: u32,
}

/// Chunks double in size and never move, so that a reader needs no lock.
static CHUNKS: [OnceLock<Box<[OnceLock<Entry>]>>; 24] = [const { OnceLock::new() }; 24];
static INTERNER: OnceLock<RwLock<Interner>> = OnceLock::new();
const FIRST_CHUNK: u32 = 1024;

fn place(id: u32) -> (usize, usize, usize) {
    let chunk = ((id / FIRST_CHUNK) + 1).ilog2();
    let first = FIRST_CHUNK * ((1 << chunk) - 1);
    (chunk as usize, (id - first) as usize, (FIRST_CHUNK << chunk) as usize)
}

fn put(id: u32, text: &'static str) {
    let (chunk, slot, size) = place(id);
    let cells = CHUNKS[chunk].get_or_init(|| (0..size).map(|_| OnceLock::new()).collect());
    let content = content(text);
    let _ = cells[slot].set(Entry { text, content });
    if let Some(quick) = CONTENTS.get(id as usize) {
        quick.store(content, Ordering::Relaxed);
    }
}

/// The contents of the first symbols, which are those of most rows; 0: not known here.
static CONTENTS: [AtomicU64; 4096] = [const { AtomicU64::new(0) }; 4096];

/// What a text says as a number, the same in every process and on every machine (FNV-1a, 64 bits).
const fn content(text: &str) -> u64 {
    content_after(0xcbf2_9ce4_8422_2325, text.as_bytes())
}

const fn content_after(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

fn interner() -> &'static RwLock<Interner> {
    INTERNER.get_or_init(|| {
        let mut ids = FxHashMap::default();
        for (id, text) in KNOWN.iter().enumerate() {
            put(id as u32, text);
            let before = ids.insert(*text, id as u32);
            assert!(before.is_none(), "a known symbol stands twice: {text}");
        }
        RwLock::new(Interner { ids, count: KNOWN.len() as u32 })
    })
}

impl Sym {
    /// The symbol of `text`.
    pub fn new(text: &str) -> Sym {
        let table = interner();
        if let Some(id) = table.read().expect("no writer panics").ids.get(text) {
            return Sym(*id);
        }
        let mut table = table.write().expect("no writer panics");
        if let Some(id) = table.ids.get(text) {
            return Sym(*id);
        }
        let id = table.count;
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        put(id, text);
        table.ids.insert(text, id);
        table.count += 1;
        Sym(id)
    }

    fn entry(self) -> Entry {
        let (chunk, slot, _) = place(self.0);
        match CHUNKS[chunk].get().and_then(|cells| cells[slot].get()) {
            Some(entry) => *entry,
            // A constant read before anything was interned.
            None => Entry { text: KNOWN[self.0 as usize], content: content(KNOWN[self.0 as usize]) },
        }
    }

    /// The text.
    pub fn as_str(self) -> &'static str {
        self.entry().text
    }

    /// What the text says as a number, the same in every process and on every machine: for digests.
    #[inline]
    pub fn content(self) -> u64 {
        match CONTENTS.get(self.0 as usize).map(|quick| quick.load(Ordering::Relaxed)) {
            Some(content) if content != 0 => content,
            _ => self.entry().content,
        }
    }

    /// The content of the text with these pieces behind it, which need not be a symbol.
    pub fn content_with(self, pieces: &[&[u8]]) -> u64 {
        pieces.iter().fold(self.content(), |hash, piece| content_after(hash, piece))
    }

    /// The number behind the symbol, for those who keep it among other numbers; it means nothing outside this process.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
    pub(crate) const fn numbered(number: u32) -> Sym {
        Sym(number)
    }

    /// Whether it is the empty text.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Default for Sym {
    fn default() -> Sym {
        Sym::EMPTY
    }
}
impl Deref for Sym {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}
impl From<&str> for Sym {
    fn from(text: &str) -> Sym {
        Sym::new(text)
    }
}
impl From<String> for Sym {
    fn from(text: String) -> Sym {
        Sym::new(&text)
    }
}
impl PartialEq<str> for Sym {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Sym {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
impl fmt::Display for Sym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Debug for Sym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
impl Serialize for Sym {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Sym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sym, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Sym;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Sym, E> {
                Ok(Sym::new(text))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

macro_rules! known {
    ($($name:ident = $text:literal,)*) => {
        const KNOWN: &[&str] = &[$($text,)*];
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "an index for each constant")]
        enum Index { $($name,)* }
        /// Symbols that rules name.
        #[allow(missing_docs, reason = "the text says it")]
        impl Sym { $(pub const $name: Sym = Sym(Index::$name as u32);)* }
        impl Sym {
            /// The words that rules name: conditions, reasons, what kubectl shows.
            pub fn known() -> &'static [&'static str] {
                KNOWN
            }
        }
    };
}

known! {
    EMPTY = "",
    // Condition types.
    POD_SCHEDULED = "PodScheduled",
    READY = "Ready",
    INITIALIZED = "Initialized",
    CONTAINERS_READY = "ContainersReady",
    POD_READY_TO_START_CONTAINERS = "PodReadyToStartContainers",
    POD_RESIZE_PENDING = "PodResizePending",
    POD_RESIZE_IN_PROGRESS = "PodResizeInProgress",
    ALL_CONTAINERS_RESTARTING = "AllContainersRestarting",
    DISRUPTION_TARGET = "DisruptionTarget",
    // Container reasons.
    CONTAINER_CREATING = "ContainerCreating",
    POD_INITIALIZING = "PodInitializing",
    COMPLETED = "Completed",
    ERROR = "Error",
    OOM_KILLED = "OOMKilled",
    START_ERROR = "StartError",
    CONTAINER_STATUS_UNKNOWN = "ContainerStatusUnknown",
    RESTARTING_ALL_CONTAINERS = "RestartingAllContainers",
    CRASH_LOOP_BACK_OFF = "CrashLoopBackOff",
    ERR_IMAGE_PULL = "ErrImagePull",
    IMAGE_PULL_BACK_OFF = "ImagePullBackOff",
    ERR_IMAGE_NEVER_PULL = "ErrImageNeverPull",
    INVALID_IMAGE_NAME = "InvalidImageName",
    IMAGE_INSPECT_ERROR = "ImageInspectError",
    REGISTRY_UNAVAILABLE = "RegistryUnavailable",
    SIGNATURE_VALIDATION_FAILED = "SignatureValidationFailed",
    CREATE_CONTAINER_CONFIG_ERROR = "CreateContainerConfigError",
    CREATE_CONTAINER_ERROR = "CreateContainerError",
    PRE_CREATE_HOOK_ERROR = "PreCreateHookError",
    PRE_START_HOOK_ERROR = "PreStartHookError",
    POST_START_HOOK_ERROR = "PostStartHookError",
    RUN_CONTAINER_ERROR = "RunContainerError",
    // Condition reasons.
    UNSCHEDULABLE = "Unschedulable",
    SCHEDULING_GATED = "SchedulingGated",
    CONTAINERS_NOT_READY = "ContainersNotReady",
    CONTAINERS_NOT_INITIALIZED = "ContainersNotInitialized",
    READINESS_GATES_NOT_READY = "ReadinessGatesNotReady",
    UNKNOWN_CONTAINER_STATUSES = "UnknownContainerStatuses",
    POD_COMPLETED = "PodCompleted",
    POD_SANDBOX_NOT_READY = "PodSandboxNotReady",
    POD_FAILED = "PodFailed",
    RESTART_ALL_CONTAINERS_STARTED = "RestartAllContainersStarted",
    DEFERRED = "Deferred",
    INFEASIBLE = "Infeasible",
    TERMINATION_BY_KUBELET = "TerminationByKubelet",
    EVICTION_BY_EVICTION_API = "EvictionByEvictionAPI",
    PREEMPTION_BY_SCHEDULER = "PreemptionByScheduler",
    DELETION_BY_TAINT_MANAGER = "DeletionByTaintManager",
    DELETION_BY_POD_GC = "DeletionByPodGC",
    // Pod reasons and STATUS values.
    DEADLINE_EXCEEDED = "DeadlineExceeded",
    EVICTED = "Evicted",
    TERMINATED = "Terminated",
    NODE_LOST = "NodeLost",
    NODE_SHUTDOWN = "NodeShutdown",
    TERMINATING = "Terminating",
    NOT_READY = "NotReady",
    PENDING = "Pending",
    RUNNING = "Running",
    SUCCEEDED = "Succeeded",
    FAILED = "Failed",
    UNKNOWN = "Unknown",
    // Event reasons.
    SCHEDULED = "Scheduled",
    FAILED_SCHEDULING = "FailedScheduling",
    PREEMPTED = "Preempted",
    PULLING = "Pulling",
    PULLED = "Pulled",
    BACK_OFF = "BackOff",
    INSPECT_FAILED = "InspectFailed",
    CREATED = "Created",
    STARTED = "Started",
    KILLING = "Killing",
    UNHEALTHY = "Unhealthy",
    FAILED_POST_START_HOOK = "FailedPostStartHook",
    FAILED_PRE_STOP_HOOK = "FailedPreStopHook",
    SANDBOX_CHANGED = "SandboxChanged",
    FAILED_CREATE_POD_SANDBOX = "FailedCreatePodSandBox",
    FAILED_MOUNT = "FailedMount",
    FAILED_ATTACH_VOLUME = "FailedAttachVolume",
    SUCCESSFUL_ATTACH_VOLUME = "SuccessfulAttachVolume",
    VOLUME_PERMISSION_CHANGE = "VolumePermissionChangeInProgress",
    FAILED_TO_RETRIEVE_IMAGE_PULL_SECRET = "FailedToRetrieveImagePullSecret",
    TAINT_MANAGER_EVICTION = "TaintManagerEviction",
    NODE_NOT_READY = "NodeNotReady",
    INIT_0_OF_1 = "Init:0/1",
    // Event messages.
    CONTAINER_CREATED = "Container created",
    CONTAINER_STARTED = "Container started",
    // Quality-of-service classes.
    GUARANTEED = "Guaranteed",
    BURSTABLE = "Burstable",
    BEST_EFFORT = "BestEffort",
    // Restart rules.
    IN = "In",
    NOT_IN = "NotIn",
    RESTART = "Restart",
    RESTART_ALL_CONTAINERS = "RestartAllContainers",
    // Messages that rules compare or write often.
    NO_SANDBOX = "no pod sandbox exists",
    MANY_SANDBOXES = "multiple pod sandboxes are ready and need to be reconciled",
    SANDBOX_NOT_READY = "pod sandbox is not ready",
    SANDBOX_OF_OTHER_NETWORK = "network namespace mode changed and sandbox needs to be recreated",
    SANDBOX_WITHOUT_ADDRESS = "pod sandbox has no IP address",
    EXITED_WITH_RESTART_RULE = "container exited with restart policy rule",
    LOST_AT_TERMINATION = "The container could not be located when the pod was terminated",
    LOST_AT_DELETION = "The container could not be located when the pod was deleted.  The container used to be Running",
    REMOVED_FOR_RESTART = "The container is removed because RestartAllContainers in place",
    INIT_TAKEN_AS_DONE = "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally",
    DEADLINE_EXCEEDED_MESSAGE = "Pod was active on the node longer than the specified deadline",
    // Reporting components.
    KUBELET = "kubelet",
    DEFAULT_SCHEDULER = "default-scheduler",
    NODE_CONTROLLER = "node-controller",
    ATTACH_DETACH = "attachdetach-controller",
    TAINT_EVICTION_CONTROLLER = "taint-eviction-controller",
    // Resources.
    CPU = "cpu",
    MEMORY = "memory",
    PIDS = "pids",
    EPHEMERAL_STORAGE = "ephemeral-storage",
    // A container's states, as timelines name them.
    WAITING = "waiting",
    RUNNING_STATE = "running",
    TERMINATED_STATE = "terminated",
    // Identifiers that the runtime gives.
    FIRST_SANDBOX = "sandbox-0",
    // Node condition reasons.
    KUBELET_NOT_READY = "KubeletNotReady",
    NODE_STATUS_UNKNOWN = "NodeStatusUnknown",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_symbol_and_constants_are_interned() {
        assert_eq!(Sym::new("Completed"), Sym::COMPLETED);
        assert_eq!(Sym::COMPLETED.as_str(), "Completed");
        let many: Vec<Sym> = (0..5000).map(|i| Sym::new(&format!("text-{i}"))).collect();
        for (i, symbol) in many.iter().enumerate() {
            assert_eq!(symbol.as_str(), format!("text-{i}"));
        }
    }
}
