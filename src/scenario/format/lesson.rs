//! What must be true at an instant, and what a scenario teaches.

use super::{Kind, Shape, key, must};
use crate::scenario::expected::{Answer, Rollout};

const PHASES: &[&str] = &["Pending", "Running", "Succeeded", "Failed", "Unknown"];

pub static EXPECT: Shape = Shape {
    name: "expect",
    doc: "What must be true of something, at an instant, until one or from one to another",
    id: "",
    keys: &[
        key("at", Kind::Instant, "", "When: then"),
        key("by", Kind::Instant, "", "When: at some instant until then"),
        key("after", Kind::Instant, "0s", "With by: not before that"),
        key("from", Kind::Instant, "0s", "With to: from then on"),
        key("to", Kind::Instant, "the end of the run", "With from: all the time until then"),
        key("pod", Kind::Text, "", "The pod's name; with a `*`: all pods that are named so"),
        key("deployment", Kind::Text, "", "A Deployment's name"),
        key("replicaSet", Kind::Text, "", "A ReplicaSet's name"),
        key("replicationController", Kind::Text, "", "A ReplicationController's name"),
        key("daemonSet", Kind::Text, "", "A DaemonSet's name"),
        key("statefulSet", Kind::Text, "", "A StatefulSet's name"),
        key("job", Kind::Text, "", "A Job's name"),
        key("cronJob", Kind::Text, "", "A CronJob's name"),
        key("service", Kind::Text, "", "A Service's name"),
        key("horizontalPodAutoscaler", Kind::Text, "", "A HorizontalPodAutoscaler's name"),
        key("podDisruptionBudget", Kind::Text, "", "A PodDisruptionBudget's name"),
        key("resourceQuota", Kind::Text, "", "A ResourceQuota's name"),
        key("limitRange", Kind::Text, "", "A LimitRange's name"),
        key("action", Kind::Text, "", "The `id` of an [[action]] or [[apply]] whose answer is meant"),
        key("alert", Kind::Text, "", "An alert that fires by then, or never; judged where there is promtool"),
        key("rules", Kind::Text, "", "With alert: the file of its rule, beside the scenario's"),
        key("fires", Kind::Bool, "true", "With alert: whether it ever does"),
        key("namespace", Kind::Text, "any", "Its namespace, where the name is not unique"),
        key("where", Kind::Table(&AMONG), "all", "Of pods by glob: which of them"),
        key("phase", Kind::Word(PHASES), "", "status.phase"),
        key("status", Kind::Text, "", "The STATUS column"),
        key("ready", Kind::Ready, "", "The READY column; of a workload: how many pods are ready"),
        key("restarts", Kind::Amount, "", "The RESTARTS column"),
        key("node", Kind::Text, "", "The NODE column"),
        key("rollout", Kind::Word(&Rollout::NAMES), "", "How a workload's rollout stands"),
        key(
            "desired",
            Kind::Amount,
            "",
            "How many pods a workload wants; of an autoscaler status.desiredReplicas, of a budget status.expectedPods",
        ),
        key(
            "replicas",
            Kind::Amount,
            "",
            "A workload's status.replicas; of an autoscaler status.currentReplicas",
        ),
        key("updated", Kind::Amount, "", "How many pods of a workload are of its newest template"),
        key("available", Kind::Amount, "", "How many pods of a workload are available"),
        key("unavailable", Kind::Amount, "", "How many pods of a workload are missing"),
        key("active", Kind::Amount, "", "How many pods of a Job, or Jobs of a CronJob, are active"),
        key("succeeded", Kind::Amount, "", "A Job's status.succeeded"),
        key("failed", Kind::Amount, "", "A Job's status.failed"),
        key("readyEndpoints", Kind::Amount, "", "How many endpoints of a Service are ready"),
        key("servingEndpoints", Kind::Amount, "", "How many endpoints of a Service answer"),
        key("terminatingEndpoints", Kind::Amount, "", "How many endpoints of a Service are being deleted"),
        key(
            "conditions",
            Kind::Map(&Kind::Condition),
            "",
            "Conditions by type: True, True/Reason; none: it is not there",
        ),
        key("event", Kind::Text, "", "An event of this reason was seen by then"),
        key("message", Kind::Text, "any", "With event, action: what its message contains"),
        key(
            "count",
            Kind::Amount,
            "any",
            "How many pods are named so; with event: how often it is counted, as in (x3 over 2m)",
        ),
        key("noEvent", Kind::Text, "", "No event of this reason was seen by then"),
        key("answer", Kind::Word(&Answer::NAMES), "", "How an action stands"),
        key("gone", Kind::Bool, "", "It does not exist any more"),
    ],
};

pub static AMONG: Shape = Shape {
    name: "where",
    doc: "Which pods are meant, of all that are named so",
    id: "",
    keys: &[
        key("status", Kind::Text, "any", "The STATUS column"),
        key("ready", Kind::Text, "any", "The READY column"),
        key("image", Kind::Text, "any", "Of one of its containers; a `*` stands for anything"),
        key(
            "revision",
            Kind::Integer(1, u32::MAX as i64),
            "any",
            "Of its workload's so manieth template, from 1",
        ),
        key("node", Kind::Text, "any", "The NODE column"),
    ],
};

pub static LESSON: Shape = Shape {
    name: "lesson",
    doc: "What this scenario teaches",
    id: "",
    keys: &[
        must("title", Kind::Text, "Its title"),
        key("story", Kind::Text, "", "What has happened so far"),
        key("clue", Kind::Text, "", "What tells this failure from those that look like it"),
        key("tempting", Kind::Text, "", "The diagnosis that suggests itself and is wrong, and why"),
        key("explanation", Kind::Text, "", "The mechanism behind it, told at the end"),
        key("question", Kind::List(&Kind::Table(&QUESTION)), "", "Questions"),
    ],
};

pub static QUESTION: Shape = Shape {
    name: "question",
    doc: "A question at an instant",
    id: "",
    keys: &[
        must("at", Kind::Instant, "When it is asked"),
        must("ask", Kind::Text, "The question"),
        must("choices", Kind::List(&Kind::Text), "Answers to choose from"),
        must("answer", Kind::Integer(0, 1000), "Index of the right one, from 0"),
        key("explain", Kind::Text, "", "Why it is right"),
        key("hint", Kind::Text, "", "A hint"),
    ],
};
