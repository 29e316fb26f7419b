//! The namespace controller: of a namespace that is deleted it deletes what lives there, until nothing is left.
//!
//! Where the gate OrderedNamespaceDeletion is on, pods go before everything else, so that what they need (a NetworkPolicy, a
//! Secret) is there as long as they are; their controllers make no others, because nothing new is let in. What is looked at in one
//! go takes no time here: with its own client (400 requests a second) a real one takes some tenths of a second.
//!
//! Source: pkg/controller/namespace/namespace_controller.go (`enqueueNamespace`, `worker`),
//! pkg/controller/namespace/deletion/namespaced_resources_deleter.go (`Delete`, `deleteAllContent`), v1.36.2. What it waits for
//! and says stands in [`namespace`].

use super::api_server::{self, Propagation};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::namespace::{self, Left, SETTLES};
use crate::scenario::plan::ObjectKind;
use crate::scenario::values::OBJECT_KINDS;
use crate::time::Span;
use crate::world::stored::{StoredKey, StoredObject};
use crate::world::{ObjectKey, PodId, SimEvent, World};

/// The controller hears of a write of a namespace that is being deleted: it lets that settle first.
pub fn heard(w: &mut World, name: Sym) {
    come_again(w, name, SETTLES);
}

/// Of several times at which it is to come the queue keeps the first (`insert` of a delaying queue).
fn come_again(w: &mut World, name: Sym, after: Span) {
    let at = w.now + after;
    let Some(own) = w.namespaces.get_mut(name) else { return };
    if own.due.is_none_or(|due| at < due) {
        own.due = Some(at);
        w.at(at, SimEvent::NamespaceSync { namespace: name });
    }
}

/// A look at a namespace (`syncNamespaceFromKey`).
pub fn sync(w: &mut World, name: Sym) {
    let now = w.now;
    let Some(own) = w.namespaces.get_mut(name).filter(|own| !own.is_gone && own.due == Some(now)) else {
        return;
    };
    own.due = None;
    let mut left = Left::default();
    if w.gates.ordered_namespace_deletion {
        delete_pods(w, name, &mut left);
        if left.is_empty() {
            delete_the_rest(w, name, &mut left);
        }
    } else {
        delete_the_rest(w, name, &mut left);
        delete_pods(w, name, &mut left);
    }
    let Some(own) = w.namespaces.get_mut(name) else { return };
    let failures = own.failures;
    own.failures = if left.unexpected.is_empty() { 0 } else { failures + 1 };
    if let Some(conditions) = namespace::conditions(&own.conditions, &left, now) {
        api_server::namespaces::update_status(w, name, |own| own.conditions = conditions);
        heard(w, name);
    }
    match left.again_after(failures) {
        Some(after) => come_again(w, name, after),
        None => api_server::namespaces::finalize(w, name),
    }
}

fn pods_of(w: &World, name: Sym) -> Vec<PodId> {
    let all = (0..w.pods.len()).map(PodId::new);
    all.filter(|pod| w.pods[pod.ix()].exists && w.pods[pod.ix()].ident.namespace == name).collect()
}

fn delete_pods(w: &mut World, name: Sym, left: &mut Left) {
    let pods = pods_of(w, name);
    let lives = |pod: &&PodId| !w.pods[pod.ix()].status.phase().is_terminal();
    let grace = |pod: &PodId| w.pods[pod.ix()].spec.termination_grace_period_seconds.unwrap_or(0);
    let longest = pods.iter().filter(lives).map(grace).max().unwrap_or(0);
    for pod in pods {
        api_server::delete_pod(w, pod, None);
    }
    let own = |pod: &PodId| w.pods[pod.ix()].finalizers.iter().map(ToString::to_string).collect();
    let remaining: Vec<Vec<String>> = pods_of(w, name).iter().map(own).collect();
    left.add("pods.", &name, &remaining, longest);
}

/// Everything but pods: what is played, what pods refer to, what clients have stored.
fn delete_the_rest(w: &mut World, name: Sym, left: &mut Left) {
    let in_it = |w: &World, key: &ObjectKey| {
        w.workloads.exists(*key) && w.workloads.meta(*key).is_some_and(|meta| meta.namespace == name)
    };
    let all = |w: &World| -> Vec<ObjectKey> { w.workloads.all().filter(|key| in_it(w, key)).collect() };
    for key in all(w) {
        // What another one's going has taken along is not there any more.
        if in_it(w, &key) {
            api_server::delete(w, key, Propagation::Background);
        }
    }
    let stored: Vec<StoredKey> =
        w.stored.iter().map(|(key, _)| key).filter(|key| key.namespace == *name).cloned().collect();
    let mut held: Vec<(String, Vec<String>)> = Vec::new();
    for key in stored {
        delete_stored(w, key, &mut held);
    }
    for ix in 0..w.objects.len() {
        let own = &w.objects[ix];
        let (kind, object) = (own.kind, own.name);
        let is_own = own.exists && own.namespace == name;
        // Budgets and claims that are kept went above; one that a finalizer holds stays until that is taken away.
        let is_kept = match kind {
            ObjectKind::PodDisruptionBudget => true,
            ObjectKind::PersistentVolumeClaim => w.workloads.claim_named(name, &object).is_some(),
            _ => w.stored.iter().any(|(key, own)| {
                key.namespace == *name
                    && key.name == *object
                    && is_referred(key, kind)
                    && !finalizers(own).is_empty()
            }),
        };
        if is_own && !is_kept {
            api_server::objects::delete(w, ix);
        }
    }
    for key in all(w) {
        let Some(object) = w.workloads.held(key) else { continue };
        let finalizers = object.meta().finalizers.iter().map(ToString::to_string).collect();
        held.push((full_name(object.object_type()), finalizers));
    }
    held.sort();
    for of_one in held.chunk_by(|one, other| one.0 == other.0) {
        let finalizers: Vec<Vec<String>> = of_one.iter().map(|(_, own)| own.clone()).collect();
        left.add(&of_one[0].0, &name, &finalizers, 0);
    }
}

fn finalizers(own: &StoredObject) -> Vec<String> {
    serde_json::from_value(own.value["metadata"]["finalizers"].clone()).unwrap_or_default()
}

/// Whether a key is one of a kind that pods refer to.
fn is_referred(key: &StoredKey, kind: ObjectKind) -> bool {
    key.group.is_empty() && OBJECT_KINDS.iter().any(|(word, own)| *own == kind && *word == key.kind)
}

/// One that nobody plays: it goes at once, or once its finalizers are taken away. What is kept beside an object that is played
/// goes with that.
fn delete_stored(w: &mut World, key: StoredKey, held: &mut Vec<(String, Vec<String>)>) {
    let known =
        ObjectType::ALL.iter().copied().find(|ty| ty.law().group == key.group && ty.law().name == key.kind);
    let Some(own) = w.stored.get(&key) else { return };
    let finalizers = finalizers(own);
    let is_beside = known.is_some_and(|ty| {
        ty.law().is_kept || matches!(ty, ObjectType::Pod | ObjectType::PersistentVolumeClaim)
    });
    if is_beside {
        return;
    }
    if finalizers.is_empty() {
        return api_server::store(w, key, None);
    }
    if own.value["metadata"]["deletionTimestamp"].is_null() {
        let mut object = (*own.value).clone();
        object["metadata"]["deletionTimestamp"] = w.now.rfc3339_secs().into();
        object["metadata"]["deletionGracePeriodSeconds"] = 0.into();
        api_server::store(w, key.clone(), Some(object));
    }
    let resource = known.map_or_else(|| defined(w, &key), full_name);
    held.push((resource, finalizers));
}

/// `deployments.apps`, `configmaps.`
fn full_name(kind: ObjectType) -> String {
    format!("{}.{}", kind.plural(), kind.law().group)
}

/// The same of a kind that a definition brought; of others it is reckoned.
fn defined(w: &World, key: &StoredKey) -> String {
    let definitions = w.stored.iter().filter(|(own, _)| own.kind == "CustomResourceDefinition");
    let fits = |spec: &serde_json::Value| spec["group"] == key.group && spec["names"]["kind"] == key.kind;
    let found = definitions.map(|(_, own)| &own.value["spec"]).find(|spec| fits(spec));
    let plural = found.and_then(|spec| spec["names"]["plural"].as_str());
    let plural = plural.map_or_else(|| format!("{}s", key.kind.to_lowercase()), str::to_owned);
    format!("{plural}.{}", key.group)
}
