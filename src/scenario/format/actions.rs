//! What people and controllers do to the pods and nodes: one verb at an instant.

use super::{BIG, Kind, Shape, key, must};
use crate::scenario::command::Cascade;
use crate::scenario::limits;
use crate::scenario::values::Nouns;

/// `[[action]]`.
pub static ACTION: Shape = Shape {
    name: "action",
    doc: "One verb at an instant",
    id: "",
    keys: &[
        must("at", Kind::Instant, "When"),
        key("delete", Kind::Target(Nouns::Anything), "", "kubectl delete"),
        key(
            "evict",
            Kind::Target(Nouns::Pod),
            "",
            "The eviction subresource, which heeds disruption budgets",
        ),
        key("cordon", Kind::Target(Nouns::Node), "", "kubectl cordon"),
        key("uncordon", Kind::Target(Nouns::Node), "", "kubectl uncordon"),
        key("drain", Kind::Target(Nouns::Node), "", "kubectl drain"),
        key("taint", Kind::Target(Nouns::Node), "", "kubectl taint"),
        key("untaint", Kind::Target(Nouns::Node), "", "kubectl taint with a `-`"),
        key("stop", Kind::Target(Nouns::Node), "", "The node goes dark"),
        key("start", Kind::Target(Nouns::Node), "", "The node comes back"),
        key("restartKubelet", Kind::Target(Nouns::Node), "", "Its kubelet restarts; containers run on"),
        key("shutdown", Kind::Target(Nouns::Node), "", "Graceful node shutdown"),
        key("pressure", Kind::Target(Nouns::Node), "", "A resource of the node runs short"),
        key("setCondition", Kind::Target(Nouns::Pod), "", "A controller sets a condition (readiness gates)"),
        key("ungate", Kind::Target(Nouns::Pod), "", "A scheduling gate is removed"),
        key("label", Kind::Target(Nouns::PodNodeOrApplied), "", "kubectl label"),
        key("create", Kind::Target(Nouns::Object), "", "An object comes into being"),
        key("remove", Kind::Target(Nouns::Object), "", "An object goes away"),
        key("bind", Kind::Target(Nouns::Object), "", "A PersistentVolumeClaim is bound"),
        key("setImage", Kind::Target(Nouns::PodOrWorkload), "", "kubectl set image"),
        key("resize", Kind::Target(Nouns::Pod), "", "kubectl patch --subresource resize"),
        key("patch", Kind::Target(Nouns::PodOrApplied), "", "kubectl patch --type merge"),
        key("debug", Kind::Target(Nouns::Pod), "", "kubectl debug: an ephemeral container"),
        key("kill", Kind::Target(Nouns::Pod), "", "A process dies from outside"),
        key(
            "setProbe",
            Kind::Target(Nouns::Pod),
            "",
            "From now on the running process answers a probe like this",
        ),
        key("apply", Kind::Texts, "", "kubectl apply -f: manifests, as in [[apply]]"),
        key("scale", Kind::Target(Nouns::Workload), "", "kubectl scale"),
        key("rolloutRestart", Kind::Target(Nouns::Rolled), "", "kubectl rollout restart"),
        key("rolloutPause", Kind::Target(Nouns::Rolled), "", "kubectl rollout pause"),
        key("rolloutResume", Kind::Target(Nouns::Rolled), "", "kubectl rollout resume"),
        key("rolloutUndo", Kind::Target(Nouns::Rolled), "", "kubectl rollout undo"),
        key("rolloutStatus", Kind::Target(Nouns::Rolled), "", "kubectl rollout status, which waits"),
        key("trigger", Kind::Target(Nouns::CronJob), "", "kubectl create job --from"),
        key("wait", Kind::Target(Nouns::Applied), "", "kubectl wait"),
        key("write", Kind::Text, "", "KIND/NAME: a client of the API writes an object as it is, of any kind"),
        key("id", Kind::Text, "", "A name by which its answer can be expected"),
        key(
            "namespace",
            Kind::Text,
            "any",
            "Of the target, where its name is not unique; with apply: of objects that name none",
        ),
        key("matchLabels", Kind::Map(&Kind::Text), "", "Of `pods`: those that have these labels"),
        key("node", Kind::Text, "any", "Of `pods`: those on this node"),
        key(
            "limit",
            Kind::Integer(1, limits::PODS as i64),
            "all",
            "Of `pods`: the first so many by creation and name, of those that have neither ended nor are being deleted",
        ),
        key("replicas", Kind::Integer(0, limits::PODS as i64), "", "With scale"),
        key("toRevision", Kind::Integer(0, BIG), "the one before", "With rolloutUndo"),
        key(
            "cascade",
            Kind::Word(&Cascade::NAMES),
            "background",
            "With delete: what becomes of its dependents",
        ),
        key("name", Kind::Text, "", "With trigger: what the Job is called"),
        key("for", Kind::Text, "", "With wait: condition=Available, delete"),
        key("timeout", Kind::Duration, "30s; for ever", "With wait; with rolloutStatus and drain"),
        key(
            "gracePeriodSeconds",
            Kind::Integer(0, BIG),
            "the pod's own",
            "With delete, evict; kubectl sends 1 for a delete with 0 and without force",
        ),
        key("force", Kind::Bool, "false", "With delete; with drain: pods without a controller go too"),
        key("ignoreDaemonsets", Kind::Bool, "false", "With drain: pods of DaemonSets stay"),
        key("deleteEmptydirData", Kind::Bool, "false", "With drain: pods with an emptyDir go too"),
        key("taints", Kind::List(&Kind::Table(&super::cluster::TAINT_REF)), "", "With taint, untaint"),
        key(
            "takes",
            Kind::Duration,
            "5s; latency.probe",
            "With restartKubelet: how long it is down; with setProbe: how long one probe runs",
        ),
        key("resource", Kind::Word(&["memory", "disk", "pid"]), "memory", "With pressure"),
        key("lasts", Kind::Duration, "to the end", "With pressure"),
        key(
            "soft",
            Kind::Bool,
            "false",
            "With pressure: the node's soft threshold is crossed, and not the hard one",
        ),
        key("type", Kind::Text, "", "With setCondition"),
        key("status", Kind::Truth, "True", "With setCondition"),
        key("reason", Kind::Text, "", "With setCondition"),
        key("message", Kind::Text, "", "With setCondition"),
        key("gate", Kind::Text, "all", "With ungate"),
        key("labels", Kind::Map(&Kind::Text), "", "With label; a `-` at a key's end removes the label"),
        key("container", Kind::Text, "the only one", "With setImage, resize, debug, kill, setProbe"),
        key("image", Kind::Text, "", "With setImage, debug"),
        key("requests", Kind::Table(&SIZE), "as they are", "With resize"),
        key("limits", Kind::Table(&SIZE), "as they are", "With resize"),
        key(
            "keys",
            Kind::List(&Kind::Text),
            "",
            "With create: keys of a ConfigMap or Secret, added to those that it has",
        ),
        key("merge", Kind::Patch, "", "With patch: a merge patch; one with nulls as a text in JSON"),
        key("signal", Kind::Signal, "SIGKILL", "With kill"),
        key(
            "sandbox",
            Kind::Bool,
            "false",
            "With kill: the sandbox's own process, in place of a container's",
        ),
        key("probe", Kind::Word(&["startup", "readiness", "liveness"]), "readiness", "With setProbe"),
        key("ok", Kind::Bool, "false", "With setProbe: whether it succeeds"),
        key("output", Kind::Text, "", "With setProbe: its text"),
        key("apiVersion", Kind::Text, "", "With write: of the object, such as apps/v1"),
        key("object", Kind::Text, "it is gone", "With write: the object, in JSON"),
        key("subresource", Kind::Text, "", "With write: what below the object was written, such as resize"),
    ],
};

pub static SIZE: Shape = Shape {
    name: "size",
    doc: "What can be changed while a container runs",
    id: "",
    keys: &[key("cpu", Kind::Quantity, "", "Cores"), key("memory", Kind::Quantity, "", "Bytes")],
};

/// A verb and the keys that go with it, the required ones first, and how all of it is typed.
#[derive(Debug)]
pub struct VerbKeys {
    /// The key that says what is done, whose value is the target.
    pub verb: &'static str,
    /// Keys that it cannot do without.
    pub needs: &'static [&'static str],
    /// Keys that it may have.
    pub takes: &'static [&'static str],
    /// How it is typed.
    pub example: &'static str,
}

const fn verb(
    verb: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
    example: &'static str,
) -> VerbKeys {
    VerbKeys { verb, needs, takes, example }
}

/// Keys that say which pods are meant.
pub const AMONG: [&str; 3] = ["matchLabels", "node", "limit"];

/// Everything that an action can do.
pub static VERBS: [VerbKeys; 34] = [
    verb(
        "delete",
        &[],
        &["namespace", "gracePeriodSeconds", "force", "cascade", "matchLabels", "node", "limit"],
        "delete pod/web gracePeriodSeconds=5",
    ),
    verb("evict", &[], &["namespace", "gracePeriodSeconds", "matchLabels", "node", "limit"], "evict pod/web"),
    verb("cordon", &[], &[], "cordon node/node-0"),
    verb("uncordon", &[], &[], "uncordon node/node-0"),
    verb(
        "drain",
        &[],
        &["ignoreDaemonsets", "force", "deleteEmptydirData", "timeout"],
        "drain node/node-0 ignoreDaemonsets=true",
    ),
    verb("taint", &["taints"], &[], "taint node/node-0 team=shop:NoSchedule"),
    verb("untaint", &["taints"], &[], "taint node/node-0 team:NoSchedule-"),
    verb("stop", &[], &[], "stop node/node-0"),
    verb("start", &[], &[], "start node/node-0"),
    verb("restartKubelet", &[], &["takes"], "restartKubelet node/node-0 takes=5s"),
    verb("shutdown", &[], &[], "shutdown node/node-0"),
    verb("pressure", &[], &["resource", "lasts", "soft"], "pressure node/node-0 resource=memory"),
    verb(
        "setCondition",
        &["type"],
        &["namespace", "status", "reason", "message", "matchLabels", "node", "limit"],
        "setCondition pod/web type=example.com/ok status=True",
    ),
    verb("ungate", &[], &["namespace", "gate"], "ungate pod/web gate=example.com/hold"),
    verb(
        "label",
        &["labels"],
        &["namespace", "matchLabels", "node", "limit"],
        "label pod/web tier=front old-",
    ),
    verb("create", &[], &["namespace", "keys"], "create ConfigMap/settings"),
    verb("remove", &[], &["namespace"], "delete ConfigMap/settings"),
    verb("bind", &[], &["namespace"], "bind PersistentVolumeClaim/data"),
    verb(
        "setImage",
        &["image"],
        &["namespace", "container"],
        "set image pod/web app=registry.example/shop/web:2",
    ),
    verb(
        "resize",
        &[],
        &["namespace", "container", "requests", "limits"],
        "resize pod/web requests={ cpu = \"500m\" }",
    ),
    verb(
        "patch",
        &["merge"],
        &["namespace", "matchLabels", "node", "limit"],
        "patch pod/web -p '{\"spec\":{\"activeDeadlineSeconds\":60}}'",
    ),
    verb("debug", &["image"], &["namespace", "container"], "debug pod/web image=busybox"),
    verb(
        "kill",
        &[],
        &["namespace", "container", "signal", "sandbox", "matchLabels", "node", "limit"],
        "kill pod/web container=app signal=TERM",
    ),
    verb(
        "setProbe",
        &[],
        &["namespace", "container", "probe", "ok", "takes", "output", "matchLabels", "node", "limit"],
        "setProbe pod/web probe=readiness ok=false",
    ),
    verb("apply", &[], &["namespace"], "apply -f web.yaml"),
    verb("scale", &["replicas"], &["namespace"], "scale deployment/web --replicas=5"),
    verb("rolloutRestart", &[], &["namespace"], "rollout restart deployment/web"),
    verb("rolloutPause", &[], &["namespace"], "rollout pause deployment/web"),
    verb("rolloutResume", &[], &["namespace"], "rollout resume deployment/web"),
    verb("rolloutUndo", &[], &["namespace", "toRevision"], "rollout undo deployment/web --to-revision=1"),
    verb("rolloutStatus", &[], &["namespace", "timeout"], "rollout status deployment/web"),
    verb("trigger", &["name"], &["namespace"], "create job by-hand --from=cronjob/report"),
    verb(
        "write",
        &["apiVersion"],
        &["namespace", "object", "subresource"],
        "write Secret/token apiVersion=v1 object={\"type\":\"Opaque\"}",
    ),
    verb("wait", &["for"], &["namespace", "timeout"], "wait deployment/web --for=condition=Available"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_and_its_keys_stand_in_the_table_of_actions() {
        for verb in &VERBS {
            for name in [&[verb.verb], verb.needs, verb.takes].concat() {
                assert!(ACTION.key(name).is_some(), "{name}");
            }
        }
        for key in ACTION.keys {
            let used = matches!(key.name, "at" | "id")
                || VERBS.iter().any(|v| {
                    v.verb == key.name || v.needs.contains(&key.name) || v.takes.contains(&key.name)
                });
            assert!(used, "{}", key.name);
        }
    }
}
