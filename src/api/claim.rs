//! PersistentVolumeClaims as the API has them (staging/src/k8s.io/api/core/v1/types.go), as far as those care who make and
//! delete them; whether one is bound stands where pods look for it ([`crate::world::ApiObject`]).

use serde_json::{Value, json};

use super::meta::Meta;
use super::wire_workloads::{meta, meta_value};

/// `v1` PersistentVolumeClaim.
#[derive(Clone, PartialEq, Debug)]
pub struct PersistentVolumeClaim {
    /// `metadata`
    pub meta: Meta,
    /// `spec` as the API prints it.
    pub spec: Value,
}

/// Reads a `v1` PersistentVolumeClaim.
pub fn claim(value: &Value) -> PersistentVolumeClaim {
    PersistentVolumeClaim { meta: meta(&value["metadata"]), spec: value["spec"].clone() }
}

/// Writes a `v1` PersistentVolumeClaim.
pub fn claim_value(claim: &PersistentVolumeClaim) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta_value(&claim.meta),
        "spec": claim.spec,
    })
}
