//! `kubectl get -o yaml` and `-o json`: objects whole, as the API has them at the cursor.

use serde_json::{Value, json};

use super::get::{Asked, Kind, objects};
use super::{Walk, referred, slices, volumes};
use crate::actors::api_server;
use crate::api::{Sym, wire};
use crate::rules::kubectl::yaml;

/// How whole objects are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whole {
    Yaml,
    Json,
}

impl Walk {
    /// The objects that are asked for; several are a List, as kubectl prints them.
    ///
    /// # Errors
    /// kubectl's words.
    pub(super) fn whole(&self, form: Whole, asked: &Asked<'_>) -> Result<String, String> {
        let mut all: Vec<(String, Value)> =
            asked.kinds.iter().flat_map(|kind| self.whole_of(*kind, asked)).collect();
        if let Some(missing) = asked.names.iter().find(|name| !all.iter().any(|(own, _)| own == *name)) {
            let kind = asked.kinds[0].plural();
            return Err(format!("Error from server (NotFound): {kind} \"{missing}\" not found"));
        }
        let value = match (asked.names.len(), all.len()) {
            (1, 1) => all.remove(0).1,
            _ => json!({
                "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" },
                "items": all.into_iter().map(|(_, value)| value).collect::<Vec<_>>(),
            }),
        };
        Ok(match form {
            Whole::Yaml => yaml::print(&value),
            Whole::Json => serde_json::to_string_pretty(&value).unwrap_or_default() + "\n",
        })
    }

    fn whole_of(&self, kind: Kind, asked: &Asked<'_>) -> Vec<(String, Value)> {
        let w = self.world();
        let named = |(namespace, name, mut value): (Sym, String, Value), group: &str, kind: &str| {
            asked.takes(namespace, &name, None).then(|| {
                value["kind"] = kind.into();
                value["apiVersion"] = group.into();
                value["metadata"]["name"] = name.as_str().into();
                if !namespace.is_empty() {
                    value["metadata"]["namespace"] = namespace.as_str().into();
                }
                (name, value)
            })
        };
        match kind {
            Kind::Pods => {
                let pods = self.asked_pods(asked).into_iter().filter_map(|pod| {
                    let p = &w.pods[pod.ix()];
                    let name = p.ident.name.to_string();
                    let wanted = asked.takes(p.ident.namespace, &name, Some(&p.labels));
                    wanted.then(|| (name, wire::pod_value(&super::objects::object(w, pod))))
                });
                pods.collect()
            }
            Kind::Nodes => {
                let nodes = w.nodes.iter().enumerate().filter(|(_, node)| node.exists);
                let taken = nodes.filter(|(_, node)| asked.takes(Sym::EMPTY, node.spec.name.as_str(), None));
                taken
                    .map(|(ix, node)| (node.spec.name.to_string(), super::served::node_value(w, ix, w.now)))
                    .collect()
            }
            Kind::Applied(kind) => {
                let own = objects(w).filter(|key| api_server::type_of(w, *key).law().name == kind.name());
                own.filter_map(|key| {
                    let meta = w.workloads.meta(key)?;
                    let wanted = asked.takes(meta.namespace, meta.name.as_str(), Some(&meta.labels));
                    wanted.then(|| (meta.name.to_string(), api_server::object(w, key)))
                })
                .collect()
            }
            Kind::Referred(kind) => referred::all(w, kind)
                .filter(|(namespace, name, value)| {
                    asked.takes(*namespace, name, Some(&referred::labels(value)))
                })
                .map(|(_, name, value)| (name.to_string(), value))
                .collect(),
            Kind::Claims => volumes::claims(w)
                .into_iter()
                .filter_map(|(namespace, name, value)| {
                    named((namespace, name.to_string(), value), "v1", "PersistentVolumeClaim")
                })
                .collect(),
            Kind::Volumes => volumes::volumes(w)
                .into_iter()
                .filter_map(|(name, value)| {
                    named((Sym::EMPTY, name.to_string(), value), "v1", "PersistentVolume")
                })
                .collect(),
            Kind::Classes => volumes::classes(w)
                .into_iter()
                .filter_map(|(name, value)| {
                    named((Sym::EMPTY, name.to_string(), value), "storage.k8s.io/v1", "StorageClass")
                })
                .collect(),
            Kind::Slices => slices::all(w)
                .into_iter()
                .filter(|(namespace, name, _)| asked.takes(*namespace, name, None))
                .map(|(_, name, value)| (name, value))
                .collect(),
            // They are told as tables.
            Kind::Endpoints | Kind::Events => Vec::new(),
        }
    }
}
