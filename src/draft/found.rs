//! What a manifest holds: Pods, and workloads with a template of one.

use serde_json::{Map, Value};

use super::Manifest;
use crate::rules::kubectl::manifest::Document;

/// A kind with a pod template: where that stands, and which field says how many pods it makes.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub kind: &'static str,
    template: &'static str,
    replicas: Option<&'static str>,
}

const fn workload(kind: &'static str, replicas: Option<&'static str>) -> Workload {
    Workload { kind, template: "/spec/template", replicas }
}

/// The kinds beside Pod that a draft can be made from.
pub const WORKLOADS: [Workload; 7] = [
    workload("Deployment", Some("/spec/replicas")),
    workload("ReplicaSet", Some("/spec/replicas")),
    workload("ReplicationController", Some("/spec/replicas")),
    workload("StatefulSet", Some("/spec/replicas")),
    workload("DaemonSet", None),
    workload("Job", Some("/spec/parallelism")),
    Workload { kind: "CronJob", template: "/spec/jobTemplate/spec/template", replicas: None },
];

/// A workload's pods.
#[derive(Clone, Debug)]
pub struct Templated {
    pub kind: &'static str,
    pub name: String,
    pub replicas: u64,
    /// `kubectl scale` knows it.
    pub is_scaled: bool,
    pub namespace: String,
    pub spec: Map<String, Value>,
}

/// The pods of a manifest.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Pods, which the scenario takes from the manifest itself.
    pub pods: Vec<Value>,
    pub templated: Vec<Templated>,
    /// What else there is: kind, namespace, name.
    pub others: Vec<(String, String, String)>,
}

impl Found {
    /// Whether the manifest brings an object itself.
    pub fn brings(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.others.iter().any(|(of, within, named)| of == kind && within == namespace && named == name)
    }
    /// It holds more than Pods: all of it is sent to the API server as it is written.
    pub fn is_applied(&self) -> bool {
        !self.templated.is_empty() || !self.others.is_empty()
    }
    /// The specs of all of them, each with its namespace.
    pub fn specs(&self) -> Vec<(&str, &Map<String, Value>)> {
        let pods = self.pods.iter().filter_map(|pod| {
            let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default");
            Some((namespace, pod.get("spec")?.as_object()?))
        });
        let templated = self.templated.iter().map(|own| (own.namespace.as_str(), &own.spec));
        pods.chain(templated).collect()
    }
}

impl Templated {
    /// What it runs is meant to end.
    pub fn ends(&self) -> bool {
        matches!(self.kind, "Job" | "CronJob")
    }
    /// As commands and expectations name it: `deployment/web`.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.kind.to_lowercase(), self.name)
    }
}

/// Takes a manifest apart.
///
/// # Errors
/// Says in words why there is no pod in it.
pub fn found(of: Manifest<'_>, objects: Vec<Document>) -> Result<Found, String> {
    let kind_of = |object: &Value| object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found = Found::default();
    let mut others: Vec<String> = Vec::new();
    for object in objects.into_iter().map(|document| document.value) {
        let kind = &*kind_of(&object);
        if kind == "Pod" {
            found.pods.push(object);
        } else if let Some(workload) = WORKLOADS.iter().find(|workload| workload.kind == kind) {
            found.templated.push(workload.pods(&object, of.path)?);
        } else {
            let word = |field: &str| object.pointer(field).and_then(Value::as_str).unwrap_or_default();
            let namespace = Some(word("/metadata/namespace")).filter(|own| !own.is_empty());
            let namespace = namespace.unwrap_or("default").to_owned();
            found.others.push((kind.to_owned(), namespace, word("/metadata/name").to_owned()));
            let kind = if kind.is_empty() { "a document without a kind" } else { kind };
            others.push(kind.to_owned());
        }
    }
    if found.pods.is_empty() && found.templated.is_empty() {
        others.dedup();
        let holds = if others.is_empty() { String::new() } else { format!(", only {}", others.join(", ")) };
        let kinds: Vec<&str> = WORKLOADS.iter().map(|workload| workload.kind).collect();
        return Err(format!(
            "`{}` holds no pod{holds}; kinds that work: Pod, List, {}",
            of.path,
            kinds.join(", ")
        ));
    }
    Ok(found)
}

impl Workload {
    fn pods(&self, object: &Value, path: &str) -> Result<Templated, String> {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let template = object.pointer(self.template);
        let Some(spec) = template.and_then(|template| template.get("spec")).and_then(Value::as_object) else {
            let field = self.template[1..].replace('/', ".");
            return Err(format!("the {} `{name}` of `{path}` has no {field}.spec", self.kind));
        };
        let replicas = self.replicas.and_then(|field| object.pointer(field)).and_then(Value::as_u64);
        let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
        Ok(Templated {
            kind: self.kind,
            name: name.to_owned(),
            replicas: replicas.unwrap_or(1).max(1),
            is_scaled: self.replicas == Some("/spec/replicas"),
            namespace: namespace.filter(|own| !own.is_empty()).unwrap_or("default").to_owned(),
            spec: spec.clone(),
        })
    }
}
