//! Leases, by which controllers agree on who leads: they live on the clock of the wall and nowhere else.
//!
//! Whoever holds one renews it every few seconds of his own time, however fast or slow simulated time goes, and loses the lead
//! where it is taken from him. So a Lease is no part of the simulation: no step of it and no action that is saved comes of a
//! renewal, and where the clock goes back it stays as it is. A Lease that a scenario writes is the scenario's, as any other object of its.
//! Source of what they are for: client-go/tools/leaderelection/leaderelection.go (1.36.3).

use std::collections::BTreeMap;

use serde_json::Value;

use super::write::uid;
use crate::scenario::command::Write;
use crate::session::served::News;
use crate::world::World;
use crate::world::stored::StoredKey;

/// All of them, by namespace and name.
#[derive(Default)]
pub struct Leases {
    all: BTreeMap<(String, String), Value>,
    /// How many there have been.
    made: u64,
}

impl Leases {
    /// Whether a write is about one of them.
    pub fn take(&self, write: &Write, w: &World) -> bool {
        let key = StoredKey {
            group: write.group.clone(),
            kind: write.kind.clone(),
            namespace: write.namespace.to_string(),
            name: write.name.to_string(),
        };
        (write.group.as_str(), write.kind.as_str()) == ("coordination.k8s.io", "Lease")
            && w.stored.get(&key).is_none()
    }

    /// Writes one, or takes it away; what there is to be told of it.
    pub fn write(&mut self, write: &Write) -> News {
        let key = (write.namespace.to_string(), write.name.to_string());
        let mut object = write.object.clone();
        match &mut object {
            Some(object) => {
                if object["metadata"]["uid"].is_null() {
                    self.made += 1;
                    object["metadata"]["uid"] = uid(&key.1, &key.0, self.made).into();
                }
                self.all.insert(key.clone(), object.clone());
            }
            None => drop(self.all.remove(&key)),
        }
        news(&key, object)
    }

    /// A namespace is gone: those in it go too, as there is to be told.
    pub fn forget(&mut self, namespace: &str, to: &mut Vec<News>) {
        let gone: Vec<(String, String)> = self.all.keys().filter(|key| key.0 == namespace).cloned().collect();
        for key in gone {
            self.all.remove(&key);
            to.push(news(&key, None));
        }
    }

    /// All of them, for whoever begins anew.
    pub fn tell(&self, to: &mut Vec<News>) {
        to.extend(self.all.iter().map(|(key, own)| news(key, Some(own.clone()))));
    }
}

fn news((namespace, name): &(String, String), object: Option<Value>) -> News {
    News {
        group: "coordination.k8s.io".to_owned(),
        kind: "Lease".to_owned(),
        namespace: namespace.clone(),
        name: name.clone(),
        object,
        is_clients: true,
    }
}
