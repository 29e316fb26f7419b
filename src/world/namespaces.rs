//! Namespaces that are being deleted, or that are gone. Of the others nothing is to be known: one that something lives in is there.

use super::World;
use crate::api::Sym;
use crate::rules::controllers::namespace::NamespaceCondition;
use crate::time::Time;

/// Namespaces that are there from the beginning.
pub const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// One that somebody has deleted.
#[derive(Clone, Debug)]
pub struct Going {
    /// Which.
    pub name: Sym,
    /// `metadata.deletionTimestamp`
    pub deleted: Time,
    /// Of its newest write.
    pub written: u64,
    /// What its controller says of it.
    pub conditions: Vec<NamespaceCondition>,
    /// How many event objects there had been when it was deleted: no new one is let in.
    pub event_objects: u32,
    /// It has left the API.
    pub is_gone: bool,
    /// When its controller looks at it next.
    pub due: Option<Time>,
    /// How often it failed in a row.
    pub failures: u32,
}

/// All of them, in the order in which they were deleted: few, and mostly none.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    all: Vec<Going>,
    /// Those of which there is one again, and since when.
    again: Vec<(Sym, Time)>,
    /// Of the newest write; 0: there was none.
    pub newest: u64,
}

impl Namespaces {
    /// One that was deleted, whether it is gone or not.
    pub fn get(&self, name: Sym) -> Option<&Going> {
        self.all.iter().find(|own| own.name == name)
    }
    /// The same, to be written to.
    pub fn get_mut(&mut self, name: Sym) -> Option<&mut Going> {
        self.all.iter_mut().find(|own| own.name == name)
    }
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Going> {
        self.all.iter()
    }
    /// Somebody deletes one.
    pub fn begin(&mut self, going: Going) {
        self.newest = going.written;
        self.all.push(going);
    }
    /// There is one of that name again.
    pub fn made_again(&mut self, name: Sym, now: Time) {
        self.forget(name);
        self.again.retain(|(own, _)| *own != name);
        self.again.push((name, now));
    }
    /// Since when there is one again; None: it is the one that was there first.
    pub fn again_since(&self, name: Sym) -> Option<Time> {
        self.again.iter().find(|(own, _)| *own == name).map(|(_, since)| *since)
    }
    /// Nothing is known any more of the one that was deleted.
    pub fn forget(&mut self, name: Sym) {
        self.all.retain(|own| own.name != name);
    }
    /// It is being deleted, and still there.
    #[inline]
    pub fn is_terminating(&self, name: Sym) -> bool {
        !self.all.is_empty() && self.get(name).is_some_and(|own| !own.is_gone)
    }
    /// Whether an event about something in a namespace is let in: of one that is deleted those alone that are there already.
    #[inline]
    pub fn takes_event(&self, name: Sym, object: u32) -> bool {
        self.all.is_empty() || self.get(name).is_none_or(|own| !own.is_gone && object <= own.event_objects)
    }
}

impl World {
    /// Whether anything was ever in a namespace: then there is one of that name.
    pub fn knows_namespace(&self, name: Sym) -> bool {
        let written = |(key, _): (&super::stored::StoredKey, _)| {
            key.namespace == *name || (key.group.is_empty() && key.kind == "Namespace" && key.name == *name)
        };
        NAMESPACES.contains(&name.as_str())
            || self.pods.iter().any(|pod| pod.ident.namespace == name)
            || self.objects.iter().any(|own| own.namespace == name)
            || self
                .workloads
                .all()
                .any(|key| self.workloads.meta(key).is_some_and(|meta| meta.namespace == name))
            || self.stored.iter().any(written)
            || self.templates.iter().any(|template| template.namespace == name)
    }
}
