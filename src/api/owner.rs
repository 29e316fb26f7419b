//! Who has made an object: `metadata.ownerReferences` (staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go).

use serde::{Deserialize, Serialize};

use super::Sym;

/// One owner. With `controller` it is the one that manages the object: there is at most one such.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// `apps/v1`
    pub api_version: Sym,
    /// `ReplicaSet`
    pub kind: Sym,
    /// Its name.
    pub name: Sym,
    /// Its uid.
    pub uid: String,
    /// It is the controller among the owners.
    pub controller: bool,
    /// The owner's foreground deletion waits for the object.
    pub block_owner_deletion: bool,
}
