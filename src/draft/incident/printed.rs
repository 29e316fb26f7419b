//! What kubectl printed, as it can be played: objects without what a cluster adds to them, programs that do what containers
//! were seen doing, images that cannot be pulled, objects that are missing, and events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::api::Sym;
use crate::rules::kubectl::manifest;
use crate::rules::kubelet::{images, reasons};
use crate::scenario::start_error::START_ERRORS;
use crate::scenario::tree::spelled;
use crate::time::Time;

/// Kinds that are played as they are.
const KINDS: [&str; 15] = [
    "Pod",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Service",
    "ConfigMap",
    "Secret",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
    "ResourceQuota",
    "LimitRange",
];

/// What a program does, and how that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    pub container: String,
    pub image: String,
    /// Its attempts, in TOML.
    pub attempts: String,
    pub why: String,
}

/// An event as it was printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub is_warning: bool,
    pub reason: String,
    /// `Pod/web-1`.
    pub about: String,
    pub message: String,
    pub count: i64,
}

/// All of that.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    pub objects: Vec<Value>,
    /// There is more than pods.
    pub is_applied: bool,
    pub programs: Vec<Program>,
    /// References, and what pulling them says.
    pub images: BTreeMap<String, String>,
    /// Kinds and names.
    pub missing: Vec<(&'static str, String)>,
    /// On which pods ran.
    pub nodes: BTreeSet<String>,
    pub events: Vec<Event>,
    /// The newest instant of the events.
    pub newest: Option<Time>,
    pub notes: Vec<String>,
}

impl Printed {
    /// The workload that has made a pod, as far as their names tell: `the Deployment web`.
    pub fn maker(&self, pod: &str) -> Option<String> {
        let is_of = |object: &&Value| {
            let name = word(object, "/metadata/name");
            let rest = pod.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
            object.pointer("/spec/template").is_some() && !name.is_empty() && rest.is_some()
        };
        let found = self.objects.iter().filter(is_of).max_by_key(|own| word(own, "/metadata/name").len())?;
        Some(format!("the {} {}", word(found, "/kind"), word(found, "/metadata/name")))
    }
}

fn word<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(path).and_then(Value::as_array).into_iter().flatten()
}

/// All objects of a text, lists taken apart.
fn flat(value: Value, into: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.into_iter().for_each(|item| flat(item, into)),
        Value::Object(mut members) if members.get("items").is_some_and(Value::is_array) => {
            flat(members.remove("items").unwrap_or_default(), into);
        }
        Value::Object(_) => into.push(value),
        _ => {}
    }
}

impl Printed {
    pub fn of(text: &str) -> Printed {
        let (values, _) = manifest::printed(text);
        let mut all = Vec::new();
        values.into_iter().for_each(|value| flat(value, &mut all));
        let mut own = Printed::default();
        let uids: Vec<String> = all.iter().map(|object| word(object, "/metadata/uid").to_owned()).collect();
        let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
        for object in &all {
            let kind = word(object, "/kind");
            if kind == "Event" {
                own.events.push(event(object));
                let instants = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime"];
                let seen = instants.iter().filter_map(|path| Time::parse_rfc3339(word(object, path)));
                own.newest = own.newest.max(seen.max());
                continue;
            }
            if kind == "Pod" {
                let node = word(object, "/spec/nodeName");
                own.nodes.extend(Some(node.to_owned()).filter(|node| !node.is_empty()));
                own.watch(object);
            }
            // What its owner makes anew is not made twice.
            let mut owners = list(object, "/metadata/ownerReferences").map(|owner| word(owner, "/uid"));
            if owners.any(|uid| !uid.is_empty() && uids.iter().any(|known| known == uid)) {
                continue;
            }
            match KINDS.contains(&kind) {
                true => own.objects.push(clean(object)),
                false => *left_out.entry(kind.to_owned()).or_default() += 1,
            }
        }
        own.is_applied = own.objects.iter().any(|object| word(object, "/kind") != "Pod");
        for event in &own.events {
            missing_in(&event.message, &mut own.missing);
        }
        own.missing.sort_unstable();
        own.missing.dedup();
        for (kind, count) in left_out {
            let kind = if kind.is_empty() { "objects without a kind".to_owned() } else { kind };
            own.notes.push(format!("left out: {count} {kind}"));
        }
        own
    }

    /// What a pod's containers were seen doing.
    fn watch(&mut self, pod: &Value) {
        for (specs, statuses, is_init) in [
            ("/spec/initContainers", "/status/initContainerStatuses", true),
            ("/spec/containers", "/status/containerStatuses", false),
        ] {
            for status in list(pod, statuses) {
                let name = word(status, "/name");
                let Some(spec) = list(pod, specs).find(|spec| word(spec, "/name") == name) else { continue };
                self.container(word(pod, "/metadata/name"), spec, status, is_init);
            }
        }
    }

    fn container(&mut self, pod: &str, spec: &Value, status: &Value, is_init: bool) {
        let (reason, message) =
            (word(status, "/state/waiting/reason"), word(status, "/state/waiting/message"));
        let image = word(spec, "/image").to_owned();
        let mut attempts = None;
        match reason {
            reason if reasons::is_of_a_pull(Sym::new(reason)) => {
                let (_, told) = images::told(Sym::new(&image), Sym::new(reason), message);
                let is_told = !told.is_empty() && !told.starts_with("Back-off");
                let known = self.images.entry(image.clone()).or_default();
                if is_told || known.is_empty() {
                    *known = if is_told { told } else { "not found".to_owned() };
                }
            }
            "CreateContainerConfigError" => missing_in(message, &mut self.missing),
            reason => {
                let error = START_ERRORS.iter().find(|error| error.reason == reason);
                attempts = error.map(|error| format!("{{ {} = {} }}", error.key, spelled(message)));
            }
        }
        let ended = [status.pointer("/state/terminated"), status.pointer("/lastState/terminated")];
        let ended = ended.into_iter().flatten().find(|ended| {
            let code = ended.pointer("/exitCode").and_then(Value::as_i64).unwrap_or(0);
            // An init container that has ended well is not to be told of; a main one may be what is wrong.
            code != 0 || word(ended, "/reason") == "OOMKilled" || (!is_init && reason == "CrashLoopBackOff")
        });
        let is_up = status.pointer("/state/running").is_some();
        let is_ready = status.pointer("/ready").and_then(Value::as_bool) == Some(true);
        if attempts.is_none()
            && let Some(ended) = ended.filter(|_| !(is_up && is_ready))
        {
            attempts = Some(end(ended));
        }
        let has = |probe: &str| spec.pointer(probe).is_some_and(Value::is_object);
        if attempts.is_none() && is_up && !is_ready && !is_init {
            let started = status.pointer("/started").and_then(Value::as_bool) == Some(true);
            let probe = if !started && has("/startupProbe") { Some("startup") } else { None };
            let probe = probe.or(has("/readinessProbe").then_some("readiness"));
            attempts = probe.map(|probe| format!("{{ {probe} = [{{ ok = false }}] }}"));
        }
        let container = word(spec, "/name").to_owned();
        let is_new = |own: &Program| own.container != container || own.image != image;
        if let Some(attempts) = attempts.filter(|_| self.programs.iter().all(is_new)) {
            let why = format!("{container} of {pod} was seen");
            self.programs.push(Program { container, image, attempts, why });
        }
    }
}

/// A run that has ended, as an attempt.
fn end(ended: &Value) -> String {
    let instant = |path: &str| Time::parse_rfc3339(word(ended, path));
    let seconds = match (instant("/startedAt"), instant("/finishedAt")) {
        (Some(from), Some(to)) => to.since(from).micros() / 1_000_000,
        _ => 1,
    };
    let code = ended.pointer("/exitCode").and_then(Value::as_i64).unwrap_or(1);
    let runs = if seconds > 0 { format!("{seconds}s") } else { "500ms".to_owned() };
    let reason = match word(ended, "/reason") {
        "OOMKilled" => ", reason = \"OOMKilled\"",
        _ => "",
    };
    format!("{{ runs = \"{runs}\", exit = {code}{reason} }}")
}

/// ConfigMaps and Secrets that a message says are not there.
fn missing_in(message: &str, into: &mut Vec<(&'static str, String)>) {
    for (word, kind) in [("configmap \"", "ConfigMap"), ("secret \"", "Secret")] {
        if let Some((_, rest)) = message.split_once(word)
            && let Some((name, after)) = rest.split_once('"')
            && after.trim_start().starts_with("not found")
        {
            into.push((kind, name.to_owned()));
        }
    }
}

fn event(object: &Value) -> Event {
    let about = format!("{}/{}", word(object, "/involvedObject/kind"), word(object, "/involvedObject/name"));
    let first = |paths: [&str; 2]| paths.into_iter().find_map(|path| object.pointer(path)?.as_i64());
    Event {
        is_warning: word(object, "/type") == "Warning",
        reason: word(object, "/reason").to_owned(),
        about,
        message: word(object, "/message").to_owned(),
        count: first(["/series/count", "/count"]).unwrap_or(1),
    }
}

/// An object as somebody might have written it: without what the API server, controllers, the scheduler and kubelets add.
fn clean(object: &Value) -> Value {
    let mut meta = Map::new();
    for key in ["name", "namespace", "labels"] {
        if let Some(value) = object.pointer(&format!("/metadata/{key}")) {
            meta.insert(key.to_owned(), value.clone());
        }
    }
    let kind = word(object, "/kind");
    if let Some(labels) = meta.get_mut("labels").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !made_by_a_controller(key));
    }
    let mut clean = json!({ "apiVersion": word(object, "/apiVersion"), "kind": kind, "metadata": meta });
    for key in ["spec", "data", "stringData", "type"] {
        if let Some(value) = object.get(key) {
            clean[key] = value.clone();
        }
    }
    let Some(spec) = clean.get_mut("spec").and_then(Value::as_object_mut) else { return clean };
    match kind {
        "Pod" => clean_pod(spec),
        "Job" => {
            spec.remove("selector");
            clean_template(spec.get_mut("template"));
        }
        "CronJob" => {
            clean_template(spec.get_mut("jobTemplate").and_then(|own| own.pointer_mut("/spec/template")))
        }
        "Service" => {
            for key in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
                spec.remove(key);
            }
        }
        _ => clean_template(spec.get_mut("template")),
    }
    clean
}

fn made_by_a_controller(label: &str) -> bool {
    const OWN: [&str; 8] = [
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "statefulset.kubernetes.io/pod-name",
    ];
    OWN.contains(&label)
}

fn clean_template(template: Option<&mut Value>) {
    let Some(template) = template else { return };
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !made_by_a_controller(key));
    }
    if let Some(meta) = template.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("creationTimestamp");
    }
}

/// What the scheduler and admission have written into a pod's spec.
fn clean_pod(spec: &mut Map<String, Value>) {
    for key in [
        "nodeName",
        "serviceAccount",
        "serviceAccountName",
        "priority",
        "preemptionPolicy",
        "ephemeralContainers",
    ] {
        spec.remove(key);
    }
    const TOKEN: &str = "kube-api-access";
    let is_token = |item: &Value| word(item, "/name").starts_with(TOKEN);
    if let Some(volumes) = spec.get_mut("volumes").and_then(Value::as_array_mut) {
        volumes.retain(|volume| !is_token(volume));
    }
    for containers in ["containers", "initContainers"] {
        for container in spec.get_mut(containers).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(mounts) = container.get_mut("volumeMounts").and_then(Value::as_array_mut) {
                mounts.retain(|mount| !is_token(mount));
            }
        }
    }
    let by_default = |toleration: &Value| {
        let key = word(toleration, "/key");
        matches!(key, "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable")
            && toleration.pointer("/tolerationSeconds").and_then(Value::as_i64) == Some(300)
    };
    if let Some(tolerations) = spec.get_mut("tolerations").and_then(Value::as_array_mut) {
        tolerations.retain(|toleration| !by_default(toleration));
    }
    let says_nothing = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    spec.retain(|key, value| {
        !(matches!(key.as_str(), "volumes" | "tolerations" | "securityContext") && says_nothing(value))
    });
    for container in spec.get_mut("containers").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(container) = container.as_object_mut() {
            container.retain(|key, value| {
                !(matches!(key.as_str(), "volumeMounts" | "resources") && says_nothing(value))
            });
        }
    }
}
