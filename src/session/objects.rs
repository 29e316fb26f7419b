//! Pods as objects of the API, for those who want them whole.

use std::sync::Arc;

use super::Session;
use crate::api::wire;
use crate::api::{ObjectMeta, Sym};
use crate::record::Written;
use crate::world::{PodId, World};

impl Session {
    /// What the last step wrote of pods, one version of a pod after the other; nothing where it wrote nothing (or nobody
    /// asked for it to be kept).
    pub fn take_written(&mut self) -> Vec<Written> {
        let w = &mut self.world;
        let mut pods = w.touched.as_mut().map(std::mem::take).unwrap_or_default();
        let left = std::mem::take(&mut w.left);
        pods.sort_unstable();
        pods.dedup();
        let (time, step) = (w.now, w.step);
        let version = |pod: PodId| Arc::new(object(w, pod));
        let last: Vec<_> = left.into_iter().map(|pod| (pod.0, Some(version(pod)))).collect();
        let now: Vec<_> =
            pods.into_iter().map(|pod| (pod.0, w.pods[pod.ix()].exists.then(|| version(pod)))).collect();
        let steps = [last, now].into_iter().filter(|pods| !pods.is_empty());
        steps.map(|pods| Written { time, step, pods }).collect()
    }
}

/// A pod as `GET` would return it now, that is right after it was written.
pub(super) fn object(w: &World, pod: PodId) -> wire::Pod {
    let p = &w.pods[pod.ix()];
    let template = &w.templates[p.template.ix()];
    let mut spec = (*p.spec).clone();
    if let Some(node) = p.node {
        spec.node_name = w.nodes[node.ix()].spec.name;
    }
    let mut rest = serde_json::Map::new();
    rest.insert("resourceVersion".into(), w.step.to_string().into());
    if let Some(owners) = p.owners.as_deref() {
        rest.insert("ownerReferences".into(), serde_json::json!(owners));
    }
    wire::Pod {
        meta: ObjectMeta {
            name: p.ident.name.to_string(),
            generate_name: String::new(),
            namespace: p.ident.namespace.to_string(),
            uid: p.ident.uid.to_string(),
            generation: p.generation,
            labels: (*p.labels).clone(),
            annotations: template.annotations.clone(),
            finalizers: p.finalizers.iter().map(Sym::to_string).collect(),
            creation_timestamp: Some(p.created.rfc3339_secs()),
            deletion_timestamp: p.deletion.map(|d| d.at.rfc3339_secs()),
            deletion_grace_period_seconds: p.deletion.map(|d| d.grace_secs),
            rest,
        },
        spec,
        status: p.status.read().into_owned(),
    }
}
