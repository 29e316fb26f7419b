//! What a manifest holds: Pods, and workloads with a template of one.

use serde_json::{Map, Value, json};

use super::Manifest;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::manifest::Document;
use crate::scenario::can_be_applied;

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
    pub metadata: Map<String, Value>,
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
    /// It holds workloads, and all of it can be applied as it is written.
    pub is_applied: bool,
}

impl Found {
    /// Whether the manifest brings an object itself.
    pub fn brings(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.others.iter().any(|(of, within, named)| of == kind && within == namespace && named == name)
    }
    /// The specs of all of them, each with its namespace.
    pub fn specs(&self) -> Vec<(&str, &Map<String, Value>)> {
        let pods = self.pods.iter().filter_map(|pod| {
            let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default");
            Some((namespace, pod.get("spec")?.as_object()?))
        });
        let templated = self.templated.iter().map(|own| (own.namespace(), &own.spec));
        pods.chain(templated).collect()
    }
}

impl Templated {
    pub fn namespace(&self) -> &str {
        self.metadata.get("namespace").and_then(Value::as_str).unwrap_or("default")
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
    let is_played = |kind: &str| ObjectType::kept().any(|of| of.name() == kind && of.law().has_pods);
    let has_workloads = objects.iter().any(|document| is_played(&kind_of(&document.value)));
    let is_applied =
        has_workloads && objects.iter().all(|document| can_be_applied(&kind_of(&document.value)));
    let mut found = Found { is_applied, ..Found::default() };
    let mut others: Vec<String> = Vec::new();
    for object in objects.into_iter().map(|document| document.value) {
        let kind = &*kind_of(&object);
        if kind == "Pod" {
            found.pods.push(object);
        } else if let Some(workload) = WORKLOADS.iter().find(|workload| workload.kind == kind) {
            found.templated.push(workload.pods(&object, of.path, is_applied)?);
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
    /// Of what is applied the controller makes the claims.
    fn pods(&self, object: &Value, path: &str, is_applied: bool) -> Result<Templated, String> {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let template = object.pointer(self.template);
        let Some(spec) = template.and_then(|template| template.get("spec")).and_then(Value::as_object) else {
            let field = self.template[1..].replace('/', ".");
            return Err(format!("the {} `{name}` of `{path}` has no {field}.spec", self.kind));
        };
        let mut spec = spec.clone();
        let mut metadata = template
            .and_then(|template| template.get("metadata"))
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if let Some(namespace) = object.pointer("/metadata/namespace") {
            metadata.insert("namespace".to_owned(), namespace.clone());
        }
        let replicas = self.replicas.and_then(|field| object.pointer(field)).and_then(Value::as_u64);
        let claims = object.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
        let claims = claims.filter(|_| !is_applied);
        claim(&mut spec, name, claims.map_or(&[], Vec::as_slice));
        Ok(Templated {
            kind: self.kind,
            name: name.to_owned(),
            replicas: replicas.unwrap_or(1).max(1),
            is_scaled: self.replicas == Some("/spec/replicas"),
            metadata,
            spec,
        })
    }
}

/// A StatefulSet makes a claim for each of its templates and gives it to its pods as a volume.
fn claim(spec: &mut Map<String, Value>, name: &str, templates: &[Value]) {
    for template in templates {
        let Some(volume) = template.pointer("/metadata/name").and_then(Value::as_str) else { continue };
        let claimed =
            json!({ "name": volume, "persistentVolumeClaim": { "claimName": format!("{volume}-{name}-0") } });
        if let Value::Array(volumes) = spec.entry("volumes").or_insert_with(|| json!([])) {
            volumes.push(claimed);
        }
    }
}
