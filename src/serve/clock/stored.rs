//! How what has changed comes into the store: made ready before anybody has to wait for it, definitions of kinds before what they
//! define.

use std::sync::RwLock;

use serde_json::Value;

use super::shift;
use crate::serve::store::{Put, Store};
use crate::serve::{custom, kinds};
use crate::session::served::News;
use crate::session::usage::Usage;
use crate::time::{Span, Time};

/// So many definitions of kinds were seen: what they define is served.
fn define(store: &RwLock<Store>) {
    let all = {
        let store = store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(kind) = kinds::of_kind("apiextensions.k8s.io", "CustomResourceDefinition") else { return };
        let going = |own: &Value| !own["metadata"]["deletionTimestamp"].is_null();
        let all = store.all(kind, None).filter(|(_, own)| !going(&own.value));
        all.flat_map(|(_, own)| custom::resources(&own.value)).take(custom::MOST).collect()
    };
    store.write().unwrap_or_else(std::sync::PoisonError::into_inner).define(all);
}

/// Stores what has changed, made ready before anybody has to wait for it; each with its instant.
pub(super) fn store_all(store: &RwLock<Store>, told: Vec<((Time, Span), Vec<News>)>) {
    let is_definition = |own: &News| own.kind == "CustomResourceDefinition";
    if told.iter().any(|(_, all)| all.iter().any(is_definition)) {
        // What is defined has to be known before something of it comes.
        let split = |(at, all): ((Time, Span), Vec<News>)| {
            let (own, others): (Vec<News>, Vec<News>) = all.into_iter().partition(is_definition);
            ((at, own), (at, others))
        };
        let (own, others) = told.into_iter().map(split).unzip();
        store_known(store, own);
        define(store);
        return store_known(store, others);
    }
    store_known(store, told);
}

fn store_known(store: &RwLock<Store>, told: Vec<((Time, Span), Vec<News>)>) {
    let mut changes = Vec::new();
    {
        let store = store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut puts: Vec<((Time, Span), Vec<Put>)> = Vec::new();
        for (at, all) in told {
            let put = |own: News| {
                let News { group, kind, namespace, name, object: value, is_clients } = own;
                let resource = store.of_kind(&group, &kind)?;
                Some(Put { resource, namespace, name, value, is_clients })
            };
            puts.push((at, all.into_iter().filter_map(put).collect()));
        }
        store.prepared(puts, &mut changes);
    }
    let old = store.write().unwrap_or_else(std::sync::PoisonError::into_inner).take(changes);
    drop(old);
}

/// Stores everything there is; nobody can ask for what was before. The newest version.
pub(super) fn begin_with(store: &RwLock<Store>, now: Time, all: Vec<News>) -> u64 {
    store_all(store, vec![((now, shift(now)), all)]);
    let mut store = store.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    store.forget_log();
    store.version()
}

pub(super) fn measured(store: &mut Store, usage: Usage) {
    for (kind, all) in [("PodMetrics", usage.pods), ("NodeMetrics", usage.nodes)] {
        if let Some(resource) = kinds::of_kind("metrics.k8s.io", kind) {
            store.replace(resource, all);
        }
    }
}
