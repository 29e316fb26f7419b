//! A machine of the cluster: its hardware and disk, its container runtime, and the kubelet that runs on it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::PodId;
use super::kubelet::Kubelet;
use crate::api::Sym;
use crate::scenario::plan::KubeletConfig;
use crate::time::{Span, Time};

/// Namespace and name of a Secret that a pod presents to a registry.
pub type PullSecret = (Sym, Sym);

/// Something outside of the pods takes up a resource of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Shortage {
    pub resource: Sym,
    /// None: until a pod was evicted.
    pub until: Option<Time>,
    /// So much is left that only the soft threshold is crossed.
    pub soft: bool,
}

/// What stays where it is while kubelets come and go, and after the Node object is gone.
#[derive(Clone, Debug)]
pub struct Machine {
    /// As its Node object is called.
    pub name: Sym,
    pub ip: Sym,
    /// Its hardware: exact amounts in nano-units, by resource.
    pub capacity: Arc<BTreeMap<String, i128>>,
    /// From the beginning of one relist to that of the next: a second and what a relist takes here.
    pub relist_period: Span,
    /// It runs: its containers live.
    pub up: bool,
    /// It is told to go off, and waits for the kubelet's inhibitor lock only.
    pub going_off: bool,

    /// What its kubelets are configured with.
    pub config: Arc<KubeletConfig>,
    /// The kubelet's process, while there is one.
    pub kubelet: Option<Box<Kubelet>>,
    /// How many kubelets have ended here.
    pub incarnation: u32,

    /// Pods that were bound to it and are not forgotten.
    pub pods: Vec<PodId>,
    /// What something outside of the pods takes up, whether or not a kubelet looks.
    pub shortages: Vec<Shortage>,
    /// When pods began to start lately: those that start at once get in each other's way.
    pub starts: VecDeque<Time>,
    /// Full names of the images on its disk.
    pub images: Vec<Sym>,
    /// Which of them were pulled with a Secret: with that of this namespace and name.
    pub private_images: Vec<(Sym, PullSecret)>,
    /// How many pulls of an image that can fail began here, by its full name.
    pub failed_pulls: Vec<(Sym, u32)>,
    /// Number of the last request to the image service.
    pub next_pull: u32,
}

impl Machine {
    /// Nothing is left of a pod.
    pub fn forget(&mut self, pod: PodId) {
        if let Some(at) = self.pods.iter().position(|other| *other == pod) {
            self.pods.remove(at);
        }
    }
}
