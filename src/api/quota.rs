//! What bounds the pods of a namespace: LimitRanges and ResourceQuotas (staging/src/k8s.io/api/core/v1/types.go).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::meta::Meta;
use super::wire_workloads::{meta, meta_value};

/// Amounts by the name of what they are of, as they are spelled.
pub type Spelled = BTreeMap<String, String>;

/// `v1` LimitRange.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitRange {
    /// `metadata`
    pub meta: Meta,
    /// `spec` as the API prints it.
    pub spec: Arc<Value>,
}

/// `v1` ResourceQuota.
#[derive(Clone, PartialEq, Debug)]
pub struct ResourceQuota {
    /// `metadata`
    pub meta: Meta,
    /// `spec` as the API prints it.
    pub spec: Arc<Value>,
    /// `status`
    pub status: QuotaStatus,
}

/// What was last calculated of a quota; None: nothing yet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuotaStatus {
    /// What it allows.
    pub hard: Option<Spelled>,
    /// What is used of that.
    pub used: Option<Spelled>,
}

impl ResourceQuota {
    /// `spec.hard`
    pub fn hard(&self) -> Spelled {
        spelled(&self.spec["hard"]).unwrap_or_default()
    }
}

fn spelled(value: &Value) -> Option<Spelled> {
    let all = value.as_object()?.iter();
    Some(all.filter_map(|(name, amount)| Some((name.clone(), amount.as_str()?.to_owned()))).collect())
}

fn spec(value: &Value) -> Arc<Value> {
    let spec = &value["spec"];
    Arc::new(if spec.is_object() { spec.clone() } else { json!({}) })
}

/// Reads a `v1` LimitRange.
pub fn limit_range(value: &Value) -> LimitRange {
    LimitRange { meta: meta(&value["metadata"]), spec: spec(value) }
}

/// Writes a `v1` LimitRange.
pub fn limit_range_value(range: &LimitRange) -> Value {
    json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": meta_value(&range.meta), "spec": *range.spec,
    })
}

/// Reads a `v1` ResourceQuota.
pub fn resource_quota(value: &Value) -> ResourceQuota {
    let status = &value["status"];
    ResourceQuota {
        meta: meta(&value["metadata"]),
        spec: spec(value),
        status: QuotaStatus { hard: spelled(&status["hard"]), used: spelled(&status["used"]) },
    }
}

/// Writes a `v1` ResourceQuota.
pub fn resource_quota_value(quota: &ResourceQuota) -> Value {
    let mut status = Map::new();
    for (name, list) in [("hard", &quota.status.hard), ("used", &quota.status.used)] {
        if let Some(list) = list {
            status.insert(name.to_owned(), json!(list));
        }
    }
    json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta_value(&quota.meta), "spec": *quota.spec,
        "status": status,
    })
}
