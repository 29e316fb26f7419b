//! How the rules look at a pod: borrowed parts, so that a rule can be asked a million times without a copy.

use crate::api::wire::Pod;
use crate::api::{ContainerStatus, Marks, ObjectMeta, PodSpec, PodStatus, Real, Sym};

/// A pod as the API server has it.
#[derive(Clone, Copy, Debug)]
pub struct PodView<'a, M: Marks = Real> {
    /// Its spec, with the sizes that the kubelet has granted.
    pub spec: &'a PodSpec,
    /// The status that stands for what is known already: the cache's, or the API's.
    pub status: &'a PodStatus<M>,
    /// `metadata.generation`; 0 where the API server does not count.
    pub generation: i64,
    /// `metadata.deletionTimestamp` is set.
    pub deleted: bool,
    /// Does not come from the API server ([`is_static`]).
    pub is_static: bool,
}

impl<'a> PodView<'a> {
    /// The view of an object as the API gives it.
    pub fn of(pod: &'a Pod) -> PodView<'a> {
        PodView {
            spec: &pod.spec,
            status: &pod.status,
            generation: pod.meta.generation,
            deleted: pod.meta.deletion_timestamp.is_some(),
            is_static: is_static(&pod.meta),
        }
    }
}

/// The annotation that says where the kubelet has a pod from; `api` and no annotation mean the API server.
pub const CONFIG_SOURCE: &str = "kubernetes.io/config.source";

/// Whether a pod comes from a file or an address on its node (`IsStaticPod`, pkg/kubelet/types/pod_update.go).
pub fn is_static(meta: &ObjectMeta) -> bool {
    meta.annotations.get(CONFIG_SOURCE).is_some_and(|source| source != "api")
}

/// Two lists of container statuses, searched one after the other: phases read main containers first, conditions init
/// containers first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Statuses<'a, M: Marks = Real> {
    /// Looked at first.
    pub first: &'a [ContainerStatus<M>],
    /// Looked at where the first has nothing.
    pub then: &'a [ContainerStatus<M>],
}

impl<'a, M: Marks> Statuses<'a, M> {
    /// Two lists as one.
    pub fn new(first: &'a [ContainerStatus<M>], then: &'a [ContainerStatus<M>]) -> Statuses<'a, M> {
        Statuses { first, then }
    }
    /// All of them, the first list before the second.
    pub fn iter(self) -> impl Iterator<Item = &'a ContainerStatus<M>> {
        self.first.iter().chain(self.then)
    }
    /// The first status of that name (`GetContainerStatus`, pkg/api/v1/pod/util.go).
    pub fn find(self, name: Sym) -> Option<&'a ContainerStatus<M>> {
        self.iter().find(|status| status.name == name)
    }
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.first.is_empty() && self.then.is_empty()
    }
}
