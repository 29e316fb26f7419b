//! A pod as the API server has it. What its machine has of it is a [`Runtime`](super::Runtime), what its kubelet holds a
//! [`Worker`](super::worker::Worker).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ContainerIx, NodeId, ObjectKey};
use crate::api::form::ask;
use crate::api::handle::handle;
use crate::api::{Container, ContainerStatus, HeldStatus, Marks, OwnerReference, PodIdent, PodSpec, Sym};
use crate::record::PodRecord;
use crate::rules::kubectl::printing::Columns;
use crate::rules::kubelet::container_status::ContainerList;
use crate::scenario::plan::TemplateIx;
use crate::time::Time;

handle! {
    /// Place of a pod among all that a run has had.
    PodId(u32)
}

/// `metadata.deletionTimestamp` and `deletionGracePeriodSeconds`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    pub at: Time,
    pub grace_secs: i64,
}

/// A pod's object, and by which numbers a run knows it. Its fields stand in memory as they stand here, what most steps ask for in the
/// first 64 bytes: pods lie side by side in a list, and what is asked for of one is mostly far from any cache.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Pod {
    /// Shared with the kubelet's cache while both hold the same.
    pub status: HeldStatus,
    /// Key of the pod's random streams: made of its namespace and name.
    pub entity: u64,
    /// Of its last write.
    pub resource_version: u64,
    /// Of its template until somebody changes it.
    pub spec: Arc<PodSpec>,
    /// What it was made of.
    pub template: TemplateIx,
    /// The object is in the API.
    pub exists: bool,
    /// Where it is bound to.
    pub node: Option<NodeId>,
    /// `metadata.generation`: counts changes of the spec.
    pub generation: i64,

    /// Once it is being deleted.
    pub deletion: Option<Deletion>,
    /// The STATUS column and what stands beside it, as last recorded.
    pub shown: Shown,
    /// `metadata.creationTimestamp`, uncut.
    pub created: Time,
    /// Name, namespace and uid.
    pub ident: PodIdent,
    /// `metadata.labels`
    pub labels: Arc<BTreeMap<String, String>>,
    /// `metadata.finalizers`
    pub finalizers: Arc<Vec<Sym>>,
    /// `metadata.ownerReferences`; None where nobody has made it.
    pub owners: Option<Arc<Vec<OwnerReference>>>,
    /// The one of them that manages it, if a run knows it.
    pub controller: Option<ObjectKey>,
    /// How often labels or annotations were changed: the kubelet syncs a pod for that too.
    pub metadata_changes: u32,
}

/// What kubectl prints of the pod, as last recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    pub status: Sym,
    pub ready: (u32, u32),
    pub restarts: i32,
}

impl Shown {
    pub fn of<L>(columns: &Columns<L>) -> Shown {
        Shown {
            status: columns.status.sym(),
            ready: (columns.ready, columns.total),
            restarts: columns.restarts as i32,
        }
    }
}

/// The exit code that a pod's line in `pods.csv` shows: the last one that is not 0, if any container ended so.
fn last_exit_code<M: Marks>(containers: &[ContainerStatus<M>]) -> Option<i32> {
    let last = |c: &ContainerStatus<M>| {
        c.state.terminated().or(c.last_state.terminated()).map(|ended| ended.exit_code)
    };
    containers.iter().filter_map(last).max_by_key(|code| *code != 0)
}

impl Pod {
    /// Init, main and ephemeral ones.
    pub fn container_count(&self) -> usize {
        self.spec.init_containers.len() + self.spec.containers.len() + self.spec.ephemeral_containers.len()
    }
    /// All of them, init containers first.
    pub fn container_ixs(&self) -> impl DoubleEndedIterator<Item = ContainerIx> + Clone + use<> {
        ContainerIx::all(self.container_count())
    }
    /// As the spec has it.
    pub fn container(&self, ix: ContainerIx) -> &Container {
        self.spec.container_at(usize::from(ix))
    }
    /// Whether it is an init container, a sidecar included.
    pub fn is_init(&self, ix: ContainerIx) -> bool {
        usize::from(ix) < self.spec.init_containers.len()
    }
    /// Whether it is an init container that goes on.
    pub fn is_sidecar(&self, ix: ContainerIx) -> bool {
        self.is_init(ix) && self.container(ix).is_sidecar()
    }
    /// The container of this name.
    pub fn find(&self, name: Sym) -> Option<ContainerIx> {
        self.container_ixs().find(|ix| self.container(*ix).name == name)
    }
    /// Writes down how the pod stands.
    pub fn sum_up(&self, record: &mut PodRecord) {
        record.phase = self.status.phase().as_sym();
        record.status = self.shown.status;
        record.reason = self.status.reason();
        record.restarts = self.shown.restarts;
        record.exit_code = ask!(self.status, |status| last_exit_code(&status.containers));
    }
    /// How events name a container: `spec.containers{app}`. Events themselves take it from
    /// [`super::World::field_paths`].
    pub fn field_path(&self, ix: ContainerIx) -> Sym {
        Sym::new(&format!("spec.{}{{{}}}", self.list_of(ix).field(), self.container(ix).name))
    }
    /// The list of the spec that a container stands in.
    pub fn list_of(&self, ix: ContainerIx) -> ContainerList {
        let (inits, mains) = (self.spec.init_containers.len(), self.spec.containers.len());
        match usize::from(ix) {
            i if i < inits => ContainerList::Init,
            i if i < inits + mains => ContainerList::Main,
            _ => ContainerList::Ephemeral,
        }
    }
}
