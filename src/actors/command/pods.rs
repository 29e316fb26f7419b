//! What is asked of the API server about pods, as kubectl's verbs do it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::meant::{pods, relabel, tell_pod};
use crate::actors::api_server::{self, Edit};
use crate::actors::kubectl;
use crate::api::spec::Resources;
use crate::api::{Condition, Container, ContainerIx, Sym};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::apply::{self, LAST_APPLIED};
use crate::rules::kubectl::merge::json_merge;
use crate::scenario::command::Target;
use crate::scenario::plan::TemplateIx;
use crate::world::{PodId, World};

/// `kubectl delete pod`. Without `--force` a `--grace-period=0` is sent as 1, so that nobody deletes at once by mistake
/// (`Complete`, staging/src/k8s.io/kubectl/pkg/cmd/delete/delete.go).
pub fn delete(w: &mut World, target: &Target, grace_secs: Option<i64>, force: bool) {
    let grace = if force { Some(grace_secs.unwrap_or(0)) } else { grace_secs.map(|secs| secs.max(1)) };
    if force && grace == Some(0) {
        w.tell(kubectl::FORCED.to_owned());
    }
    for pod in pods(w, target) {
        let ident = w.pods[pod.ix()].ident;
        let name = ident.name.to_string();
        w.tell(kubectl::deleted(&w.gates, "pod", &name, ident.namespace, grace == Some(0)));
        api_server::delete_pod(w, pod, grace);
    }
}

pub fn evict(w: &mut World, target: &Target, grace_secs: Option<i64>) {
    for pod in pods(w, target) {
        match api_server::evict(w, pod, grace_secs) {
            Ok(()) => tell_pod(w, pod, "evicted"),
            Err(refused) => w.answer(&refused.kubectl()),
        }
    }
}

pub fn set_condition(w: &mut World, target: &Target, condition: Condition) {
    for pod in pods(w, target) {
        api_server::update_status(w, pod, |s, now| api_server::put_condition(s, condition, now));
        tell_pod(w, pod, "patched");
    }
}

pub fn ungate(w: &mut World, target: &Target, gate: Option<Sym>) {
    for pod in pods(w, target) {
        let mut spec = (*w.pods[pod.ix()].spec).clone();
        let before = spec.scheduling_gates.len();
        spec.scheduling_gates.retain(|g| gate.is_some_and(|gate| g.name != gate));
        let changed = spec.scheduling_gates.len() < before;
        tell_pod(w, pod, if changed { "patched" } else { "patched (no change)" });
        let spec = changed.then_some(spec);
        api_server::update(w, pod, Edit { spec, ..Edit::default() });
    }
}

/// `kubectl set image`
pub fn set_image(w: &mut World, target: &Target, container: Sym, image: Sym) {
    let words = ("image updated", "has this image already");
    write(w, target, words, |object| {
        for list in ["/spec/containers", "/spec/initContainers"] {
            let list = object.pointer_mut(list).and_then(Value::as_array_mut);
            let named = list.into_iter().flatten().find(|c| c["name"] == container.as_str());
            if let Some(own) = named {
                own["image"] = json!(image.as_str());
            }
        }
    });
}

/// `kubectl patch`
pub fn patch(w: &mut World, target: &Target, merge: &Value) {
    write(w, target, ("patched", "patched (no change)"), |object| json_merge(object, merge));
}

/// `kubectl apply` of a Pod that is there; `template` is what it would be made of.
pub fn apply(w: &mut World, pod: PodId, template: TemplateIx) {
    let last = w.applied.get(&pod).copied().unwrap_or(w.pods[pod.ix()].template);
    let annotations = |template: TemplateIx| json!(w.templates[template.ix()].annotations);
    let manifest =
        annotations(template)[LAST_APPLIED].as_str().and_then(|text| serde_json::from_str(text).ok());
    let mut live = api_server::pod_object(&w.pods[pod.ix()]);
    live["metadata"]["annotations"] = annotations(last);
    let (namespace, manifest) = (w.pods[pod.ix()].ident.namespace, manifest.unwrap_or(Value::Null));
    let applied = apply::apply(ObjectType::Pod, Some(&live), &manifest, &namespace);
    if let Some(warning) = applied.warning {
        w.tell(warning);
    }
    if applied.answer == "unchanged" {
        return tell_pod(w, pod, applied.answer);
    }
    match api_server::replace_pod(w, pod, &live, applied.object) {
        Ok(()) => {
            w.applied.insert(pod, template);
            tell_pod(w, pod, applied.answer);
        }
        Err(refused) => w.answer(&refused.told(None)),
    }
}

/// The pods' objects are written as they should be from now on. `words` are told when one is let in: for something new, and
/// for the same again.
fn write(w: &mut World, target: &Target, words: (&str, &str), change: impl Fn(&mut Value)) {
    for pod in pods(w, target) {
        match api_server::patch(w, pod, &change) {
            Ok((changed, warnings)) => {
                if let Some(command) = w.under_way() {
                    super::apply::warn(w, command, &warnings);
                }
                tell_pod(w, pod, if changed { words.0 } else { words.1 });
            }
            Err(refused) => w.answer(&refused),
        }
    }
}

pub fn resize(w: &mut World, target: &Target, container: Sym, resources: &Resources) {
    for pod in pods(w, target) {
        match api_server::resize(w, pod, container, resources) {
            Ok(changed) => tell_pod(w, pod, if changed { "patched" } else { "patched (no change)" }),
            Err(refused) => w.answer(&refused),
        }
    }
}

pub fn label(w: &mut World, target: &Target, labels: &BTreeMap<String, Option<String>>) {
    for pod in pods(w, target) {
        for line in kubectl::labelled(&w.pods[pod.ix()].labels, labels) {
            tell_pod(w, pod, &line);
        }
        let mut own = (*w.pods[pod.ix()].labels).clone();
        relabel(&mut own, labels);
        api_server::update(w, pod, Edit { labels: Some(own), ..Edit::default() });
    }
}

/// `kubectl debug`
pub fn debug(w: &mut World, target: &Target, container: Sym, image: Sym) {
    for pod in pods(w, target) {
        if w.pods[pod.ix()].container_count() >= ContainerIx::MOST {
            w.answer("Error from server: etcdserver: request is too large");
            continue;
        }
        tell_pod(w, pod, &format!("has an ephemeral container {container} now"));
        let added = Container { name: container, image, ..Default::default() };
        let mut spec = (*w.pods[pod.ix()].spec).clone();
        spec.ephemeral_containers.push(added);
        api_server::update(w, pod, Edit { spec: Some(spec), ..Edit::default() });
    }
}
