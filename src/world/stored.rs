//! What clients have written that nobody in the simulation plays: objects of other kinds, whole; and of the objects that are
//! played what the simulation does not keep of them: who manages which field, a pod's annotations, the values of a ConfigMap.
//!
//! A clone shares everything until one of the two is written to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// Which object: in the order in which they are told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StoredKey {
    /// Empty: the core group.
    pub group: String,
    /// `Lease`
    pub kind: String,
    /// Empty: it lives in none.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
}

/// What is stored of one.
#[derive(Clone, Debug)]
pub struct StoredObject {
    /// All of it, or what is kept beside an object that is played.
    pub value: Arc<Value>,
    /// Of its last write.
    pub written: u64,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct StoredObjects {
    all: Arc<BTreeMap<StoredKey, StoredObject>>,
    /// Of the newest write; 0: there was none.
    pub newest: u64,
}

impl StoredObjects {
    /// One of them.
    pub fn get(&self, key: &StoredKey) -> Option<&StoredObject> {
        self.all.get(key)
    }
    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&StoredKey, &StoredObject)> {
        self.all.iter()
    }
    /// Writes one; None: it is gone.
    pub fn put(&mut self, key: StoredKey, value: Option<Value>, written: u64) {
        let all = Arc::make_mut(&mut self.all);
        match value {
            Some(value) => drop(all.insert(key, StoredObject { value: Arc::new(value), written })),
            None => drop(all.remove(&key)),
        }
        self.newest = written;
    }
}
