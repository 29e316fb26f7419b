//! Objects of kinds that nobody plays, and what is kept beside those that are played.

use serde_json::Value;

use super::{next_version, workloads};
use crate::engine::random;
use crate::world::World;
use crate::world::stored::StoredKey;

/// Writes what is stored under a key; None: it is gone.
pub fn store(w: &mut World, key: StoredKey, value: Option<Value>) {
    let version = next_version(w);
    w.stored.put(key, value, version);
}

/// The uid of an object that is stored under this key from now on; of one that takes the place of another it is another.
pub fn uid_of_stored(w: &World, key: &StoredKey) -> String {
    let version = w.resource_version.to_string();
    let entity = random::entity(&["stored", &key.group, &key.kind, &key.namespace, &key.name, &version]);
    workloads::uid_of_next(w, entity).to_string()
}
