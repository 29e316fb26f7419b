//! What `kubectl get` finds: objects as the API has them at the cursor; and how they are printed whole (`-o yaml`, `json`,
//! `name`, `jsonpath`, `custom-columns`).

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::asked::{Asked, Kind, Out};
use super::get::objects;
use super::served::node_value;
use super::{Walk, namespaces, referred, slices, volumes};
use crate::actors::api_server;
use crate::api::{Sym, wire};
use crate::rules::kubectl::json_path::Template;
use crate::rules::kubectl::tables::{self, Cell};
use crate::rules::kubectl::yaml;

/// An object that is asked for.
pub(super) struct Found {
    pub(super) namespace: Sym,
    pub(super) name: String,
    /// As the API prints it; of a pod only where it is asked for.
    pub(super) value: Value,
    /// Its row, where that is not made from the value.
    pub(super) cells: Option<Vec<Cell>>,
}

impl Walk {
    /// Those of a kind by namespace and name (events by the instant at which they were last seen), or as they are to be sorted.
    pub(super) fn found(&self, kind: Kind, asked: &Asked) -> Vec<Found> {
        let mut found = self.of_kind(kind, asked);
        if let Some(fields) = asked.fields_of(kind) {
            found.retain(|own| fields.takes(&own.value));
        }
        if kind != Kind::Events {
            found.sort_by(|a, b| (a.namespace.as_str(), &a.name).cmp(&(b.namespace.as_str(), &b.name)));
        }
        if let Some(path) = &asked.sort_by {
            found.sort_by(|a, b| in_order(path.first(&a.value), path.first(&b.value)));
        }
        found
    }

    fn of_kind(&self, kind: Kind, asked: &Asked) -> Vec<Found> {
        let w = self.world();
        let plain =
            |namespace: Sym, name: String, value: Value| Found { namespace, name, value, cells: None };
        let typed = |(namespace, name, mut value): (Sym, Sym, Value), version: &str, kind: &str| {
            value["kind"] = kind.into();
            value["apiVersion"] = version.into();
            value["metadata"]["name"] = name.as_str().into();
            if !namespace.is_empty() {
                value["metadata"]["namespace"] = namespace.as_str().into();
            }
            let labels = referred::labels(&value);
            asked
                .takes(namespace, name.as_str(), Some(&labels))
                .then(|| plain(namespace, name.to_string(), value))
        };
        let nowhere = |all: Vec<(Sym, Value)>| all.into_iter().map(|(name, value)| (Sym::EMPTY, name, value));
        match kind {
            Kind::Pods => self.found_pods(asked),
            Kind::Events => self.found_events(asked),
            Kind::Endpoints => self.found_endpoints(asked),
            Kind::Nodes => {
                let nodes = w.nodes.iter().enumerate().filter(|(_, node)| node.exists);
                let named = nodes.map(|(ix, node)| (Sym::EMPTY, node.spec.name, ix));
                named
                    .filter_map(|(namespace, name, ix)| {
                        typed((namespace, name, node_value(w, ix, self.now())), "v1", "Node")
                    })
                    .collect()
            }
            Kind::Applied(kind) => {
                let own = objects(w).filter(|key| api_server::type_of(w, *key).law().name == kind.name());
                own.filter_map(|key| {
                    let meta = w.workloads.meta(key)?;
                    let wanted = asked.takes(meta.namespace, meta.name.as_str(), Some(&meta.labels));
                    wanted.then(|| plain(meta.namespace, meta.name.to_string(), api_server::object(w, key)))
                })
                .collect()
            }
            Kind::Referred(kind) => referred::all(w, kind)
                .filter(|(namespace, name, value)| {
                    asked.takes(*namespace, name, Some(&referred::labels(value)))
                })
                .map(|(namespace, name, value)| plain(namespace, name.to_string(), value))
                .collect(),
            Kind::Namespaces => {
                let all = nowhere(namespaces::all(w));
                all.filter_map(|own| typed(own, "v1", "Namespace")).collect()
            }
            Kind::Claims => {
                let all = volumes::claims(w).into_iter();
                all.filter_map(|own| typed(own, "v1", "PersistentVolumeClaim")).collect()
            }
            Kind::Volumes => {
                let all = nowhere(volumes::volumes(w));
                all.filter_map(|own| typed(own, "v1", "PersistentVolume")).collect()
            }
            Kind::Classes => {
                let all = nowhere(volumes::classes(w));
                all.filter_map(|own| typed(own, "storage.k8s.io/v1", "StorageClass")).collect()
            }
            Kind::Slices => slices::all(w)
                .into_iter()
                .filter(|(namespace, name, value)| {
                    asked.takes(*namespace, name, Some(&referred::labels(value)))
                })
                .map(|(namespace, name, value)| plain(namespace, name, value))
                .collect(),
        }
    }

    fn found_pods(&self, asked: &Asked) -> Vec<Found> {
        let w = self.world();
        let pods = self.asked_pods(asked).into_iter().filter_map(|pod| {
            let p = &w.pods[pod.ix()];
            let (namespace, name) = (p.ident.namespace, p.ident.name.to_string());
            asked.takes(namespace, &name, Some(&p.labels)).then(|| {
                let whole = || wire::pod_value(&super::objects::object(w, pod));
                let value = if asked.needs_whole() { whole() } else { Value::Null };
                let is_table = matches!(asked.out, Out::Table { .. });
                Found { namespace, name, value, cells: is_table.then(|| self.pod_cells(pod)) }
            })
        });
        pods.collect()
    }
}

/// Numbers by size, texts by letters; what is not there comes first.
fn in_order(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let text =
        |value: Option<&Value>| value.map(|own| own.as_str().map_or_else(|| own.to_string(), str::to_owned));
    match (a.and_then(Value::as_f64), b.and_then(Value::as_f64)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => text(a).cmp(&text(b)),
    }
}

/// Objects whole: one that is named as it is, others as a List.
pub(super) fn printed(asked: &Asked, of_kinds: Vec<(Kind, Vec<Found>)>) -> String {
    if asked.out == Out::Name {
        let names = of_kinds.iter().flat_map(|(kind, all)| {
            let kind = kind.resource();
            all.iter().map(move |own| format!("{kind}/{}\n", own.name))
        });
        return names.collect();
    }
    // Endpoints are told as tables alone.
    let all = of_kinds.into_iter().filter(|(kind, _)| *kind != Kind::Endpoints).flat_map(|(_, all)| all);
    let mut all: Vec<Value> = all.map(|own| own.value).collect();
    if let Out::Columns(columns) = &asked.out {
        return in_columns(columns, &all, asked.has_headers);
    }
    let value = match (asked.names.len(), all.len()) {
        (1, 1) => all.remove(0),
        _ => json!({
            "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" }, "items": all,
        }),
    };
    match &asked.out {
        Out::Yaml => yaml::print(&value),
        Out::JsonPath(template) => {
            let text = template.print(&value);
            // kubectl ends no line that the template does not end.
            if text.ends_with('\n') { text } else { text + "\n" }
        }
        _ => serde_json::to_string_pretty(&value).unwrap_or_default() + "\n",
    }
}

fn in_columns(columns: &[(String, Template)], all: &[Value], has_headers: bool) -> String {
    let head = columns.iter().map(|(header, _)| header.clone()).collect();
    let row = |value: &Value| -> Vec<String> {
        let cells = columns.iter().map(|(_, path)| path.print(value));
        cells.map(|text| if text.is_empty() { "<none>".to_owned() } else { text }).collect()
    };
    let rows: Vec<Vec<String>> = has_headers.then_some(head).into_iter().chain(all.iter().map(row)).collect();
    tables::lines(&rows).iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}
