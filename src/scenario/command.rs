//! What people and controllers do: one list for the file's `[[action]]`s and for whoever acts while a run goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::applied::ApplyPlan;
use super::plan::ObjectKind;
use crate::api::spec::Resources;
use crate::api::{Effect, ProbeKind, Sym, Taint, Tri};
use crate::rules::api_server::objects::ObjectType;
use crate::time::{Span, Time};

/// `pod/web`, `pod/web-*`, `pods` of some labels: by name in every namespace unless one is given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Target {
    /// The name, or what names begin with.
    pub name: String,
    /// The name ended in `*`, which is cut off here.
    pub prefix: bool,
    /// None: every namespace.
    pub namespace: Option<String>,
    /// Of pods: those of them that are meant.
    pub among: Option<Box<Among>>,
}

/// Which pods are meant, of all that have a target's name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Among {
    /// `matchLabels`: those that have all of these.
    pub labels: BTreeMap<String, String>,
    /// Only those on this node.
    pub node: Option<String>,
    /// Only the first so many by creation and name, of those that have neither ended nor are being deleted.
    pub limit: Option<u32>,
}

/// `deployment/web`: an object that is no pod and no node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectTarget {
    /// Of which kind.
    pub kind: ObjectType,
    /// Its name.
    pub name: Sym,
    /// None: wherever the scenario knows one of that name.
    pub namespace: Option<Sym>,
}

/// What becomes of an object's dependents.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Cascade {
    /// They are deleted after it.
    #[default]
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay.
    Orphan,
}

impl Cascade {
    /// As kubectl spells them.
    pub const NAMES: [&'static str; 3] = ["background", "foreground", "orphan"];
    /// From kubectl's word.
    pub fn parse(word: &str) -> Option<Cascade> {
        Some(match word {
            "background" => Cascade::Background,
            "foreground" => Cascade::Foreground,
            "orphan" => Cascade::Orphan,
            _ => return None,
        })
    }
}

/// A write of an API client, as it has come out of the API's door.
#[derive(Clone, PartialEq, Debug)]
pub struct Write {
    /// Empty: the core group.
    pub group: String,
    /// `v1`
    pub version: String,
    /// `Lease`
    pub kind: String,
    /// Empty: it lives in none.
    pub namespace: Sym,
    /// `metadata.name`
    pub name: Sym,
    /// Below the object: `resize`, `binding`; empty: the object itself.
    pub below: String,
    /// As it is to be from now on; None: it is gone.
    pub object: Option<serde_json::Value>,
}

/// A write as it is remembered: of a cluster that is served all of them are, as long as it is, and read as a text an object takes a
/// tenth of what it takes taken apart.
#[derive(Clone, PartialEq, Debug)]
pub struct Written {
    /// Without the object.
    head: Write,
    /// The object in JSON; read again it is the same.
    object: Option<Box<str>>,
}

impl Written {
    /// What is remembered of a write.
    pub fn of(write: &Write) -> Written {
        let Write { group, version, kind, namespace, name, below, object } = write;
        let (group, version, kind, below) = (group.clone(), version.clone(), kind.clone(), below.clone());
        let head = Write { group, version, kind, namespace: *namespace, name: *name, below, object: None };
        Written { head, object: object.as_ref().map(|object| object.to_string().into_boxed_str()) }
    }
    /// What is written, and how; without the object.
    pub fn head(&self) -> &Write {
        &self.head
    }
    /// The write as it was.
    pub fn read(&self) -> Write {
        let object = self.object.as_deref().and_then(|text| serde_json::from_str(text).ok());
        debug_assert_eq!(object.is_some(), self.object.is_some(), "what was written down is read again");
        Write { object, ..self.head.clone() }
    }
}

/// A command, and when it is given.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    /// When it is given.
    pub at: Time,
    /// What is done.
    pub command: Command,
    /// What its answer is asked for by.
    pub id: Option<Sym>,
    /// As the file says it, or as it was typed: `delete pod/web`.
    pub words: String,
}

/// Flags of `kubectl drain`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DrainFlags {
    /// Pods of DaemonSets are left alone.
    pub ignore_daemonsets: bool,
    /// Pods without a controller go too.
    pub force: bool,
    /// Pods with an emptyDir go too.
    pub delete_empty_dir_data: bool,
}

/// Everything that can be done; the words for it, and what goes with each, stand in [`VERBS`](super::format::VERBS).
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// `kubectl delete pod`.
    DeletePod {
        /// Whom.
        pod: Target,
        /// `--grace-period`; None: the pod's own.
        grace_secs: Option<i64>,
        /// `--force`: gone at once, without the kubelet's word.
        force: bool,
    },
    /// `kubectl delete node`: the object goes, the machine stays.
    DeleteNode {
        /// Which.
        node: Target,
    },
    /// `kubectl delete namespace`: all that lives there goes, and then the namespace.
    DeleteNamespace {
        /// Which.
        name: Sym,
    },
    /// The eviction subresource, which asks budgets.
    Evict {
        /// Whom.
        pod: Target,
        /// None: the pod's own.
        grace_secs: Option<i64>,
    },
    /// `kubectl cordon`.
    Cordon {
        /// Which.
        node: Target,
    },
    /// `kubectl uncordon`.
    Uncordon {
        /// Which.
        node: Target,
    },
    /// `kubectl drain`: cordons, evicts, and asks again where a budget said no.
    Drain {
        /// Which.
        node: Target,
        /// What it is told to override.
        flags: DrainFlags,
        /// How long it goes on at most; None or 0: for ever.
        timeout: Option<Span>,
    },
    /// `kubectl taint`.
    Taint {
        /// Which.
        node: Target,
        /// To be put; one of the same key and effect is replaced.
        taints: Vec<Taint>,
    },
    /// `kubectl taint` with `-` behind the taint.
    Untaint {
        /// Which.
        node: Target,
        /// By key; without an effect, with any.
        taints: Vec<(Sym, Option<Effect>)>,
    },
    /// The machine loses its power.
    StopNode {
        /// Which.
        node: Target,
    },
    /// The machine comes back, its kubelet begins anew.
    StartNode {
        /// Which.
        node: Target,
    },
    /// The kubelet's process ends and begins again; containers go on.
    RestartKubelet {
        /// Which.
        node: Target,
        /// From its end to its new beginning.
        takes: Span,
    },
    /// Graceful node shutdown.
    Shutdown {
        /// Which.
        node: Target,
    },
    /// Something runs short on the machine, for the eviction manager to see.
    Pressure {
        /// Which.
        node: Target,
        /// As the eviction manager names it: `memory`, `ephemeral-storage`, `pids`.
        resource: Sym,
        /// None: to the end of the run.
        lasts: Option<Span>,
        /// Only the soft threshold is crossed.
        soft: bool,
    },
    /// A condition of a pod is written, as some controller would.
    SetCondition {
        /// Whom.
        pod: Target,
        /// The condition's type.
        kind: Sym,
        /// Its new status.
        status: Tri,
        /// May be empty.
        reason: Sym,
        /// May be empty.
        message: Sym,
    },
    /// Scheduling gates are taken away.
    Ungate {
        /// Whom.
        pod: Target,
        /// None: all of them.
        gate: Option<Sym>,
    },
    /// `kubectl label node`.
    LabelNode {
        /// Which.
        node: Target,
        /// None takes the label away.
        labels: BTreeMap<String, Option<String>>,
    },
    /// `kubectl label pod`.
    LabelPod {
        /// Whom.
        pod: Target,
        /// None takes the label away.
        labels: BTreeMap<String, Option<String>>,
    },
    /// It exists from now on, and has these keys too.
    Create {
        /// Of which kind.
        kind: ObjectKind,
        /// None: wherever the scenario knows one of that name.
        namespace: Option<Sym>,
        /// Its name.
        name: Sym,
        /// Of a ConfigMap or Secret.
        keys: Vec<String>,
    },
    /// `kubectl apply` of a ConfigMap and the like that was applied before.
    Reapply {
        /// Of which kind.
        kind: ObjectKind,
        /// Where.
        namespace: Sym,
        /// Its name.
        name: Sym,
        /// Its keys from now on, of a ConfigMap or Secret.
        keys: Vec<String>,
        /// Keys that the manifest had before, and has no more.
        without: Vec<String>,
        /// The manifest says something else than before.
        differs: bool,
    },
    /// It does not exist any more.
    Remove {
        /// Of which kind.
        kind: ObjectKind,
        /// None: in every namespace.
        namespace: Option<Sym>,
        /// Its name.
        name: Sym,
    },
    /// The PersistentVolume controller binds a claim.
    BindClaim {
        /// None: in every namespace.
        namespace: Option<Sym>,
        /// The claim's name.
        name: Sym,
    },
    /// `kubectl set image`.
    SetImage {
        /// Whom.
        pod: Target,
        /// Which container.
        container: Sym,
        /// Its new image.
        image: Sym,
    },
    /// Other requests and limits, through the subresource; what is not named stays.
    Resize {
        /// Whom.
        pod: Target,
        /// Which container.
        container: Sym,
        /// What is named here replaces what was.
        resources: Resources,
    },
    /// A merge patch.
    Patch {
        /// Whom.
        pod: Target,
        /// RFC 7386.
        merge: serde_json::Value,
    },
    /// `kubectl debug`: an ephemeral container is added.
    Debug {
        /// Whom.
        pod: Target,
        /// The new container's name.
        container: Sym,
        /// The new container's image.
        image: Sym,
    },
    /// A signal to a container's process, from the machine.
    Kill {
        /// Whose.
        pod: Target,
        /// Which container.
        container: Sym,
        /// Its number: 9.
        signal: u8,
    },
    /// The sandbox's own process dies.
    KillSandbox {
        /// Whose.
        pod: Target,
    },
    /// From now on the process that runs answers a probe like this.
    SetProbe {
        /// Whose.
        pod: Target,
        /// Which container.
        container: Sym,
        /// Which probe.
        probe: ProbeKind,
        /// Whether it succeeds.
        ok: bool,
        /// None: `[latency] probe`.
        takes: Option<Span>,
        /// What the probe prints, or the handler answers.
        output: Sym,
    },
    /// `kubectl apply -f`.
    Apply {
        /// What.
        apply: Arc<ApplyPlan>,
    },
    /// `kubectl scale`.
    Scale {
        /// Which.
        object: ObjectTarget,
        /// How many pods there shall be.
        replicas: i32,
    },
    /// `kubectl set image` of a workload.
    SetTemplateImage {
        /// Which.
        object: ObjectTarget,
        /// Which container of its template.
        container: Sym,
        /// Its new image.
        image: Sym,
    },
    /// `kubectl rollout restart`.
    RolloutRestart {
        /// Which.
        object: ObjectTarget,
    },
    /// `kubectl rollout pause`.
    RolloutPause {
        /// Which.
        object: ObjectTarget,
    },
    /// `kubectl rollout resume`.
    RolloutResume {
        /// Which.
        object: ObjectTarget,
    },
    /// `kubectl rollout undo`.
    RolloutUndo {
        /// Which.
        object: ObjectTarget,
        /// None: the one before.
        to_revision: Option<i64>,
    },
    /// `kubectl rollout status`, which waits.
    RolloutStatus {
        /// Which.
        object: ObjectTarget,
        /// None: for ever.
        timeout: Option<Span>,
    },
    /// `kubectl create job --from`.
    Trigger {
        /// Which CronJob.
        object: ObjectTarget,
        /// What its Job is called.
        name: Sym,
    },
    /// `kubectl wait`.
    Wait {
        /// Which.
        object: ObjectTarget,
        /// `condition=Available`, `delete`.
        condition: String,
        /// kubectl's own are 30 seconds.
        timeout: Span,
    },
    /// A merge patch of an object that is no pod.
    PatchObject {
        /// Which.
        object: ObjectTarget,
        /// RFC 7386.
        merge: serde_json::Value,
    },
    /// `kubectl label` of an object that is neither pod nor node.
    LabelObject {
        /// Which.
        object: ObjectTarget,
        /// None takes the label away.
        labels: BTreeMap<String, Option<String>>,
    },
    /// What a client of the API has written.
    Write {
        /// All of it.
        write: Arc<Written>,
    },
    /// `kubectl delete` of an object that is neither pod nor node.
    DeleteObject {
        /// Which.
        object: ObjectTarget,
        /// What becomes of what it has made.
        cascade: Cascade,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_remembered_as_it_was() {
        let object = serde_json::json!({
            "z": [0.1, 1e-7, 123_456_789.123_456_79, 2.225_073_858_507_201e-308, 1e300, -0.0, 1.0],
            "a": { "whole": [u64::MAX, i64::MIN, 0], "text": "\u{0}\u{1f642}\\\"\n\u{2028}", "none": null, "": {} },
        });
        let write = Write {
            group: "example.com".to_owned(),
            version: "v1".to_owned(),
            kind: "Widget".to_owned(),
            namespace: Sym::new("shop"),
            name: Sym::new("one"),
            below: "status".to_owned(),
            object: Some(object),
        };
        let again = Written::of(&write).read();
        assert_eq!(again, write);
        // Members stay in their order.
        assert_eq!(again.object.map(|own| own.to_string()), write.object.as_ref().map(|own| own.to_string()));
        let gone = Write { object: None, ..write };
        assert_eq!(Written::of(&gone).read(), gone);
    }
}
