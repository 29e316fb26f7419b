//! The quality-of-service class of a pod.

use std::collections::BTreeMap;

use super::quantity::Quantity;
use crate::api::spec::Resources;
use crate::api::{PodSpec, Sym};
use crate::rules::versions::gates::Gates;

/// The class that follows from a pod's requests and limits.
///
/// `ComputePodQOS` in pkg/apis/core/v1/helper/qos/qos.go (v1.36.2): only cpu and memory count, and only amounts above
/// zero. Guaranteed asks that every container limits both and that the sums of requests and limits are equal; a limit
/// does not stand in for a request here, since defaulting has filled requests in. Pod-level resources, where the pod has
/// any, decide alone.
pub fn qos_class(spec: &PodSpec, gates: &Gates) -> Sym {
    let (mut requests, mut limits) = (Sums::default(), Sums::default());
    let mut every_limit_is_set = true;
    let mut add = |resources: &Resources| {
        requests.add(&resources.requests);
        every_limit_is_set &= limits.add(&resources.limits);
    };
    let own = spec.resources.as_ref().filter(|_| gates.pod_level_resources);
    let is_empty = |own: &&Resources| own.requests.is_empty() && own.limits.is_empty();
    match own.filter(|own| !(gates.empty_pod_level_counts_not && is_empty(own))) {
        Some(own) => add(own),
        None => spec.containers.iter().chain(&spec.init_containers).for_each(|c| add(&c.resources)),
    }
    if requests == Sums::default() && limits == Sums::default() {
        Sym::BEST_EFFORT
    } else if every_limit_is_set && requests == limits {
        Sym::GUARANTEED
    } else {
        Sym::BURSTABLE
    }
}

/// Sums of cpu and memory in nano-units; zero where nobody named one above zero.
#[derive(Default, PartialEq, Eq)]
struct Sums {
    cpu: i128,
    memory: i128,
}

impl Sums {
    /// Adds one container's amounts; whether it named both.
    fn add(&mut self, list: &BTreeMap<String, String>) -> bool {
        let amount = |name: &str| {
            let quantity = list.get(name).and_then(|text| Quantity::parse(text).ok()).unwrap_or_default();
            quantity.nanos().max(0)
        };
        let (cpu, memory) = (amount("cpu"), amount("memory"));
        self.cpu = self.cpu.saturating_add(cpu);
        self.memory = self.memory.saturating_add(memory);
        cpu > 0 && memory > 0
    }
}
