//! Rows as the server prints them: columns, cells, and the object that belongs to each row.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go (`asTable`, `asPartialObjectMetadata`, 1.36.3). A row of
//! a pod is made of what was found out about the pod once; only ages are told anew.

use serde_json::{Value, json};

use super::super::custom;
use super::super::kinds::Resource;
use super::super::stamps::Stamped;
use super::super::store::{Object, PodRow};
use super::Form;
use crate::api::wire;
use crate::rules::kubectl::columns::{Column, columns};
use crate::rules::kubectl::printing::{self, age, readiness_gates};
use crate::rules::kubectl::tables;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// What stands beside the cells of a row (`includeObject`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Include {
    /// Nothing.
    None,
    /// `PartialObjectMetadata`
    Metadata,
    /// The object.
    Object,
}

/// The columns of a built-in kind, defined.
pub fn of_kind(kind: &str) -> Value {
    columns(kind).iter().map(|column| column.definition(kind)).collect()
}

/// The columns of a resource, defined.
pub fn columns_of(resource: &Resource) -> Value {
    match &resource.custom {
        Some(own) => custom::columns(own),
        None => of_kind(resource.kind),
    }
}

/// The head of a table, up to its rows.
pub fn head(out: &mut Vec<u8>, columns: &Value, metadata: &Value, with_columns: bool) {
    out.extend_from_slice(b"{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":");
    out.extend_from_slice(metadata.to_string().as_bytes());
    out.extend_from_slice(b",\"columnDefinitions\":");
    if with_columns {
        out.extend_from_slice(columns.to_string().as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
    out.extend_from_slice(b",\"rows\":[");
}

/// One row.
pub fn row(out: &mut Vec<u8>, object: &Object, form: &Form<'_>, include: Include) {
    // What a client has written lives on the clock of the wall.
    let (now, shift) = match object.is_clients {
        true => (form.clock.0 + form.clock.1, Span::ZERO),
        false => form.clock,
    };
    let cells: Vec<Value> = match (&form.of.custom, form.of.kind) {
        (Some(own), _) => custom::cells(own, &object.value, now),
        (None, "Pod") if form.of.group.is_empty() => pod(object, form.gates, now),
        (None, kind) => of(&object.value, now, &columns(kind), shift),
    };
    out.extend_from_slice(b"{\"cells\":");
    out.extend_from_slice(Value::from(cells).to_string().as_bytes());
    match include {
        Include::None => out.extend_from_slice(b",\"object\":null}"),
        Include::Metadata => {
            out.extend_from_slice(b",\"object\":");
            match form.of.plural {
                "daemonsets" => daemon(out, object, form),
                _ => form.partial(out, object),
            }
            out.push(b'}');
        }
        Include::Object => {
            out.extend_from_slice(b",\"object\":");
            form.object(out, object, true);
            out.push(b'}');
        }
    }
}

/// Metadata of a DaemonSet in a row are those of the server's own form, which has a field for what v1 has as an annotation.
fn daemon(out: &mut Vec<u8>, object: &Object, form: &Form<'_>) {
    let mut metadata = object.value["metadata"].clone();
    if let Some(annotations) = metadata["annotations"].as_object_mut() {
        annotations.shift_remove("deprecated.daemonset.template.generation");
        if annotations.is_empty() {
            metadata.as_object_mut().map(|members| members.shift_remove("annotations"));
        }
    }
    let kind = "\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",";
    out.extend_from_slice(format!("{{{kind}").as_bytes());
    Stamped::of(&json!({ "metadata": metadata })).write(out, form.clock.1);
}

/// The cells of an object that is no pod.
pub fn of(object: &Value, now: Time, own: &[Column], shift: Span) -> Vec<Value> {
    match tables::row(object, now) {
        Some(cells) => own.iter().zip(cells).map(|(column, cell)| column.cell(&cell.text)).collect(),
        None => {
            let metadata = &object["metadata"];
            let created = metadata["creationTimestamp"].as_str().and_then(Time::parse_rfc3339);
            let created = created.map_or(Value::Null, |at| (at + shift).rfc3339_secs().into());
            vec![metadata["name"].clone(), created]
        }
    }
}

fn pod(object: &Object, gates: &Gates, now: Time) -> Vec<Value> {
    let row = object.row.get_or_init(|| pod_row(&object.value, gates));
    let mut cells = vec![
        Value::from(object.name.as_str()),
        row.columns.ready_cell().into(),
        row.columns.status.to_string().into(),
        row.columns.restarts_cell(now).into(),
        age(row.created, now).into(),
    ];
    cells.extend(row.wide.iter().map(|text| Value::from(text.as_str())));
    cells
}

fn pod_row(value: &Value, gates: &Gates) -> PodRow {
    let pod = wire::pod(value);
    let columns = printing::columns(&pod.spec, &pod.status, pod.deletion().is_some(), gates);
    let none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
    let gates = readiness_gates(&pod.spec, &pod.status.conditions);
    let ip = pod.status.pod_ips.first().map(ToString::to_string).unwrap_or_default();
    let wide = [
        none(&ip),
        none(&pod.spec.node_name),
        none(&pod.status.nominated_node),
        gates.map_or_else(|| none(""), |(met, of)| format!("{met}/{of}")),
    ];
    PodRow { columns, created: pod.created(), wide }
}
