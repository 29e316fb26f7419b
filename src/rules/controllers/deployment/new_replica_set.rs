//! The ReplicaSet of the present template: found, brought up to date, or made; and its revision.
//!
//! Source: `getAllReplicaSetsAndSyncRevision`, `getNewReplicaSet`, pkg/controller/deployment/sync.go;
//! `SetNewReplicaSetAnnotations`, `NewRSNewReplicas`, util/deployment_util.go, 1.36.3.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::json;

use super::replica_sets::{annotation, max_surge, number, revision, same_template, wanted};
use super::{API_VERSION, Call, Creation, Error, KIND, Run, Set, Sets, Told, ownership};
use crate::api::spec::LabelSelector;
use crate::api::text::Uid;
use crate::api::workload::{
    Deployment, DeploymentStrategy, PodTemplateSpec, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus,
};
use crate::api::{Meta, Sym, Tri};
use crate::rules::controllers::template_hash::POD_TEMPLATE_HASH;

/// So long the list of former revisions may become, in characters.
const LONGEST_HISTORY: usize = 2000;
/// So long a name may be.
const LONGEST_NAME: usize = 253;

impl<'a> Run<'a> {
    /// The new ReplicaSet, and the old ones. What the cache has decides, also where an earlier step of this sync has
    /// written: so a sync that has to bring the new one up to date does it twice, and the second time is refused.
    pub(super) fn sets(&mut self, may_create: bool) -> Result<Sets<'a>, Error> {
        let template = &self.input.deployment.spec.template;
        let new = self.claimed.iter().position(|set| same_template(&set.spec.template, template));
        let cached = |set: &&'a ReplicaSet| Set { set: Cow::Borrowed(*set), upon: None };
        let old: Vec<Set> = (self.claimed.iter().enumerate())
            .filter(|(at, _)| Some(*at) != new)
            .map(|(_, set)| cached(set))
            .collect();
        // One that is its own sets its revision; so does one that is to be made.
        let next = old.iter().filter_map(|set| revision(set)).fold(0, i64::max).saturating_add(1);
        let new = match new {
            Some(at) => Some(self.found(self.claimed[at], next)),
            None if may_create => Some(self.create(next, &old)?),
            None => None,
        };
        Ok(Sets { new, old })
    }

    fn found(&mut self, set: &'a ReplicaSet, next: i64) -> Set<'a> {
        let mut updated = set.clone();
        let changed = put_annotations(&self.deployment, &mut updated, next);
        let min_ready = self.deployment.spec.min_ready_seconds;
        if changed || updated.spec.min_ready_seconds != min_ready {
            updated.spec.min_ready_seconds = min_ready;
            let step = self.call(Call::Update(updated.clone()), None);
            return Set { set: Cow::Owned(updated), upon: Some(step) };
        }
        let revision = set.meta.annotation(annotation::REVISION).unwrap_or_default().to_owned();
        let mut tells = self.put_revision(&revision);
        if self.has_deadline() && self.progressing().is_none() {
            let message = format!("Found new replica set \"{}\"", set.meta.name);
            self.set_progressing(Tri::True, "FoundNewReplicaSet", &message);
            tells = true;
        }
        if tells {
            self.write_status();
        }
        Set { set: Cow::Owned(updated), upon: None }
    }

    fn create(&mut self, next: i64, old: &[Set<'a>]) -> Result<Set<'a>, Error> {
        let mut set = self.made(next);
        set.spec.replicas = self.new_size(wanted(old), &set);
        let (name, replicas) = (set.meta.name, set.spec.replicas);
        let answer = (self.input.creation)(&set);
        let step = self.call(Call::Create(set.clone()), None);
        let created = match answer {
            Creation::Done => Set { set: Cow::Owned(set), upon: Some(step) },
            Creation::Exists(there) => {
                let is_ours = ownership::holder(&there.meta.owners, self.deployment.meta.uid)
                    == ownership::Holder::Me
                    && same_template(&there.spec.template, &self.deployment.spec.template);
                if !is_ours {
                    let collisions = self.deployment.status.collision_count.unwrap_or(0);
                    self.deployment.status.collision_count = Some(collisions.saturating_add(1));
                    self.write_status();
                    return Err(format!("replicasets.apps \"{name}\" already exists"));
                }
                if self.put_revision(&next.to_string()) {
                    self.write_status();
                }
                return Ok(Set { set: Cow::Borrowed(there), upon: None });
            }
            Creation::NamespaceTerminating(error) => return Err(error),
            Creation::Refused(error) => {
                let message = format!("Failed to create new replica set \"{name}\": {error}");
                if self.has_deadline() {
                    self.set_progressing(Tri::False, REPLICA_SET_CREATE_ERROR, &message);
                    self.write_status();
                }
                self.tell(Told::warning(REPLICA_SET_CREATE_ERROR, message));
                return Err(error);
            }
        };
        if replicas > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            self.tell(Told::normal("ScalingReplicaSet", message));
        }
        let mut tells = self.put_revision(&next.to_string());
        if self.has_deadline() {
            let message = format!("Created new replica set \"{name}\"");
            self.set_progressing(Tri::True, "NewReplicaSetCreated", &message);
            tells = true;
        }
        if tells {
            self.write_status();
        }
        Ok(created)
    }

    /// A ReplicaSet for the present template, still without pods.
    fn made(&self, next: i64) -> ReplicaSet {
        let Deployment { meta, spec, status } = &self.deployment;
        let hash = (self.input.hash)(&spec.template, status.collision_count);
        let template = with_hash(&spec.template, &hash);
        let mut selector = LabelSelector::clone(&spec.selector);
        selector.match_labels.insert(POD_TEMPLATE_HASH.to_owned(), hash.clone());
        let mut set = ReplicaSet {
            meta: Meta {
                name: Sym::new(&name(&meta.name, &hash)),
                namespace: meta.namespace,
                uid: Uid::Given(Sym::EMPTY),
                labels: template.labels.clone(),
                annotations: Arc::default(),
                finalizers: Arc::default(),
                owners: Arc::new(vec![ownership::controller_ref(meta, API_VERSION, KIND)]),
                generation: 0,
                resource_version: 0,
                created: self.input.now,
                deletion: None,
            },
            is_replication_controller: false,
            spec: ReplicaSetSpec {
                replicas: 0,
                min_ready_seconds: spec.min_ready_seconds,
                selector: Arc::new(selector),
                template: Arc::new(template),
            },
            status: ReplicaSetStatus::default(),
        };
        put_annotations(&self.deployment, &mut set, next);
        put_sizes(&self.deployment, &mut set);
        set
    }

    /// How many pods the new ReplicaSet shall have where all together shall have `total` (`NewRSNewReplicas`).
    pub(super) fn new_size(&self, total: i32, set: &ReplicaSet) -> i32 {
        let replicas = self.deployment.spec.replicas;
        let DeploymentStrategy::RollingUpdate { max_surge, .. } = self.deployment.spec.strategy else {
            return replicas;
        };
        let room = replicas.wrapping_add(max_surge.of(replicas, true)).wrapping_sub(total);
        match room {
            room if room <= 0 => set.spec.replicas,
            room => set.spec.replicas + room.min(replicas - set.spec.replicas),
        }
    }

    /// Tells the Deployment its revision; whether that was news (`SetDeploymentRevision`).
    fn put_revision(&mut self, revision: &str) -> bool {
        let news = self.deployment.meta.annotation(annotation::REVISION).unwrap_or_default() != revision;
        if news {
            Arc::make_mut(&mut self.deployment.meta.annotations)
                .insert(annotation::REVISION.to_owned(), revision.to_owned());
        }
        news
    }
}

const REPLICA_SET_CREATE_ERROR: &str = "ReplicaSetCreateError";

/// `<deployment>-<hash>`, the Deployment's name cut so that it fits (`generateReplicaSetName`; before 1.36 it is not
/// cut, and the API refuses such a name).
fn name(deployment: &str, hash: &str) -> String {
    let mut end = deployment.len().min(LONGEST_NAME.saturating_sub(hash.len() + 1));
    while !deployment.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{hash}", &deployment[..end])
}

/// The template with the label that tells its pods from those of others.
fn with_hash(template: &PodTemplateSpec, hash: &str) -> PodTemplateSpec {
    let mut template = template.clone();
    Arc::make_mut(&mut template.labels).insert(POD_TEMPLATE_HASH.to_owned(), hash.to_owned());
    template.value["metadata"]["labels"] = json!(*template.labels);
    template
}

/// The template without it (`SetFromReplicaSetTemplate`).
pub(super) fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    Arc::make_mut(&mut template.labels).remove(POD_TEMPLATE_HASH);
    if let Some(labels) = template.value["metadata"]["labels"].as_object_mut() {
        labels.shift_remove(POD_TEMPLATE_HASH);
    }
    template
}

/// Gives a ReplicaSet its Deployment's annotations and, if its own is lower, the next revision; whether that changed
/// anything (`SetNewReplicaSetAnnotations`).
fn put_annotations(deployment: &Deployment, set: &mut ReplicaSet, next: i64) -> bool {
    let mut changed = false;
    for (key, value) in &*deployment.meta.annotations {
        if !annotation::stays(key) && set.meta.annotations.get(key) != Some(value) {
            Arc::make_mut(&mut set.meta.annotations).insert(key.clone(), value.clone());
            changed = true;
        }
    }
    let former = set.meta.annotation(annotation::REVISION).map(str::to_owned);
    let number = match former.as_deref().unwrap_or_default() {
        "" => 0,
        text => match text.parse::<i64>() {
            Ok(number) => number,
            // What is no number is left alone, and what was copied is written with the next change.
            Err(_) => return false,
        },
    };
    if number >= next {
        return changed;
    }
    let annotations = Arc::make_mut(&mut set.meta.annotations);
    annotations.insert(annotation::REVISION.to_owned(), next.to_string());
    if let Some(former) = former {
        let history = annotations.get(annotation::REVISION_HISTORY).map_or("", String::as_str);
        if let Some(history) = longer_history(history, &former) {
            annotations.insert(annotation::REVISION_HISTORY.to_owned(), history);
        }
    }
    true
}

/// The list with one more; the first ones are dropped where it would become too long.
fn longer_history(history: &str, former: &str) -> Option<String> {
    let mut rest = history;
    if rest.is_empty() || rest.starts_with(',') {
        return Some(former.to_owned());
    }
    while !rest.is_empty() && rest.len() + 1 + former.len() > LONGEST_HISTORY {
        rest = rest.split_once(',').map_or("", |(_, rest)| rest);
    }
    match rest {
        "" => (former.len() <= LONGEST_HISTORY).then(|| former.to_owned()),
        rest => Some(format!("{rest},{former}")),
    }
}

/// Notes on a ReplicaSet for how many replicas it was made (`SetReplicasAnnotations`); whether that was news.
pub(super) fn put_sizes(deployment: &Deployment, set: &mut ReplicaSet) -> bool {
    let desired = deployment.spec.replicas;
    let sizes = [
        (annotation::DESIRED_REPLICAS, desired),
        (annotation::MAX_REPLICAS, desired.wrapping_add(max_surge(deployment))),
    ];
    let mut changed = false;
    for (key, size) in sizes {
        if number(set, key) != Some(size) {
            Arc::make_mut(&mut set.meta.annotations).insert(key.to_owned(), size.to_string());
            changed = true;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire_workloads::template;

    #[test]
    fn a_history_keeps_what_fits() {
        assert_eq!(longer_history("", "1").as_deref(), Some("1"));
        assert_eq!(longer_history("1,3", "5").as_deref(), Some("1,3,5"));
        let long: Vec<String> = (100_000..100_300).map(|number: i32| number.to_string()).collect();
        let history = longer_history(&long.join(","), "7").expect("it fits when the first ones are gone");
        assert!(history.len() <= LONGEST_HISTORY && history.ends_with(",100299,7"), "{}", history.len());
        assert!(history.starts_with("1000"), "whole numbers");
    }

    #[test]
    fn names_fit() {
        assert_eq!(name("web", "5cd7dcc68"), "web-5cd7dcc68");
        assert_eq!(name(&"w".repeat(253), "5cd7dcc68").len(), 253);
    }

    #[test]
    fn the_hash_comes_and_goes() {
        let plain = template(&json!({ "metadata": { "labels": { "app": "web" } }, "spec": {} }));
        let hashed = with_hash(&plain, "x");
        assert_eq!(hashed.value["metadata"]["labels"], json!({ "app": "web", "pod-template-hash": "x" }));
        assert_eq!(without_hash(&hashed), plain);
        let bare = with_hash(&template(&serde_json::Value::Null), "x");
        assert_eq!(bare.value["metadata"]["labels"]["pod-template-hash"], "x");
    }
}
