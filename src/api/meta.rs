//! `metadata` of an object that is no pod (staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go), and what specs of
//! workloads are made of.
//!
//! Pods come by the million and have a form of their own; of Deployments, ReplicaSets and Services there are few, so these
//! nouns are plain values, and what several hold (labels, templates) is shared.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::text::Uid;
use super::{OwnerReference, Sym};
use crate::time::Time;

/// Labels or annotations; copies share them.
pub type Labels = Arc<BTreeMap<String, String>>;

/// `metadata`
#[derive(Clone, PartialEq, Debug)]
pub struct Meta {
    /// Its name; a generated one is complete.
    pub name: Sym,
    /// Empty for kinds that have none.
    pub namespace: Sym,
    /// Given, or drawn.
    pub uid: Uid,
    /// `labels`
    pub labels: Labels,
    /// `annotations`
    pub annotations: Labels,
    /// Who has to let go before it leaves the API.
    pub finalizers: Arc<Vec<Sym>>,
    /// Who has made it.
    pub owners: Arc<Vec<OwnerReference>>,
    /// Counts changes of what is wanted.
    pub generation: i64,
    /// Of its last write.
    pub resource_version: u64,
    /// `creationTimestamp`, uncut: whoever reckons with it cuts it to the second.
    pub created: Time,
    /// `deletionTimestamp`: it waits for its finalizers.
    pub deletion: Option<Time>,
}

impl Meta {
    /// The owner that manages it.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owners.iter().find(|owner| owner.controller)
    }
    /// An annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
    }
}

/// `3` or `"25%"` (staging/src/k8s.io/apimachinery/pkg/util/intstr/intstr.go).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntOrPercent {
    /// So many.
    Int(i32),
    /// So many of a hundred.
    Percent(i32),
}

impl IntOrPercent {
    /// Of `total`, rounded up or down (`GetScaledValueFromIntOrPercent`).
    pub fn of(self, total: i32, up: bool) -> i32 {
        match self {
            IntOrPercent::Int(count) => count,
            IntOrPercent::Percent(percent) => {
                let hundredfold = i64::from(percent) * i64::from(total);
                let whole = if up { (hundredfold + 99).div_euclid(100) } else { hundredfold.div_euclid(100) };
                i32::try_from(whole).unwrap_or(i32::MAX)
            }
        }
    }
}
