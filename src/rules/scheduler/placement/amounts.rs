//! Resources as the scheduler counts them: `framework.Resource`.
//!
//! They are Go's int64 there, which wrap where a sum is larger than any: so do these, here and where they are held against each
//! other, in builds that look for overflows too.
//!
//! Source: pkg/scheduler/framework/types.go (`Resource`, `NewResource`), pkg/scheduler/util/pod_resources.go,
//! staging/src/k8s.io/component-helpers/resource/helpers.go (`PodRequests`), 1.36.2.

use std::collections::BTreeMap;

use crate::api::spec::Resources;
use crate::api::{Container, PodSpec, Sym};
use crate::rules::machinery::quantity::Quantity;

/// What a container without a request counts for when nodes are scored (`DefaultMilliCPURequest`).
const DEFAULT_MILLI_CPU: i64 = 100;
/// `DefaultMemoryRequest`
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;
const MILLI: i128 = 1_000_000;
const NANO: i128 = 1_000_000_000;

/// Amounts: cpu in thousandths, the rest in whole units.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Amounts {
    /// CPU, in thousandths of a core.
    pub milli_cpu: i64,
    /// In bytes.
    pub memory: i64,
    /// Ephemeral storage, in bytes.
    pub ephemeral: i64,
    /// Extended resources, huge pages and their like, by name.
    pub scalars: Vec<(Sym, i64)>,
}

impl Amounts {
    /// Amounts of exact quantities in nano-units, each rounded up; resources that the scheduler does not count are
    /// left out.
    pub fn of<'a>(list: impl IntoIterator<Item = (&'a str, i128)>) -> Amounts {
        let mut amounts = Amounts::default();
        for (name, nanos) in list {
            match name {
                "cpu" => amounts.milli_cpu = rounded(nanos, MILLI),
                "memory" => amounts.memory = rounded(nanos, NANO),
                "ephemeral-storage" => amounts.ephemeral = rounded(nanos, NANO),
                _ if is_scalar(name) => amounts.scalars.push((Sym::new(name), rounded(nanos, NANO))),
                _ => {}
            }
        }
        amounts
    }
    /// Of a list of exact amounts in nano-units, by resource.
    pub fn of_list(list: &BTreeMap<String, i128>) -> Amounts {
        Amounts::of(list.iter().map(|(name, nanos)| (name.as_str(), *nanos)))
    }
    /// Of one of the other resources; 0 if it is not there.
    pub fn scalar(&self, name: Sym) -> i64 {
        self.scalars.iter().find(|(known, _)| *known == name).map_or(0, |(_, amount)| *amount)
    }
    /// Adds each resource.
    pub fn add(&mut self, other: &Amounts) {
        self.change(other, 1);
    }
    /// Takes each resource away; may go below 0.
    pub fn subtract(&mut self, other: &Amounts) {
        self.change(other, -1);
    }
    fn change(&mut self, other: &Amounts, sign: i64) {
        let changed = |sum: i64, by: i64| sum.wrapping_add(sign.wrapping_mul(by));
        self.milli_cpu = changed(self.milli_cpu, other.milli_cpu);
        self.memory = changed(self.memory, other.memory);
        self.ephemeral = changed(self.ephemeral, other.ephemeral);
        for (name, amount) in &other.scalars {
            match self.scalars.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum = changed(*sum, *amount),
                None => self.scalars.push((*name, changed(0, *amount))),
            }
        }
    }
    /// Of each resource the larger amount.
    pub fn or_more(&mut self, other: &Amounts) {
        self.milli_cpu = self.milli_cpu.max(other.milli_cpu);
        self.memory = self.memory.max(other.memory);
        self.ephemeral = self.ephemeral.max(other.ephemeral);
        for (name, amount) in &other.scalars {
            match self.scalars.iter_mut().find(|(known, _)| known == name) {
                Some((_, own)) => *own = (*own).max(*amount),
                None => self.scalars.push((*name, *amount)),
            }
        }
    }
    /// Whether nothing at all is asked for.
    pub fn is_none(&self) -> bool {
        self.milli_cpu == 0 && self.memory == 0 && self.ephemeral == 0 && self.scalars.is_empty()
    }
}

fn rounded(nanos: i128, unit: i128) -> i64 {
    let whole = nanos.div_euclid(unit) + i128::from(nanos.rem_euclid(unit) != 0);
    i64::try_from(whole).unwrap_or(i64::MAX)
}

/// `IsScalarResourceName` (pkg/scheduler/util): extended resources, huge pages, attachable volumes and names of
/// Kubernetes' own domain.
fn is_scalar(name: &str) -> bool {
    is_extended(name)
        || is_of_kubernetes(name)
        || name.starts_with("hugepages-")
        || name.starts_with("attachable-volumes-")
}

/// `IsExtendedResourceName` (pkg/apis/core/v1/helper/helpers.go): of a domain that is not Kubernetes' own.
pub fn is_extended(name: &str) -> bool {
    name.contains('/') && !is_of_kubernetes(name) && !name.starts_with("requests.")
}

fn is_of_kubernetes(name: &str) -> bool {
    name.contains("kubernetes.io/")
}

/// Nano-units by resource name.
type Exact = BTreeMap<String, i128>;

fn exact(list: &BTreeMap<String, String>) -> Exact {
    list.iter().map(|(name, text)| (name.clone(), nanos(text))).collect()
}

fn nanos(text: &str) -> i128 {
    Quantity::parse(text).unwrap_or_default().nanos()
}

fn add(sum: &mut Exact, more: &Exact) {
    for (name, amount) in more {
        let entry = sum.entry(name.clone()).or_default();
        *entry = entry.saturating_add(*amount);
    }
}

fn max(most: &mut Exact, other: &Exact) {
    for (name, amount) in other {
        let entry = most.entry(name.clone()).or_insert(*amount);
        *entry = (*entry).max(*amount);
    }
}

/// What a pod takes of a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Requests {
    /// What is asked for.
    pub asked: Amounts,
    /// Cpu and memory with a default for each container that asks for none: what scores count.
    pub scored_milli_cpu: i64,
    /// In bytes.
    pub scored_memory: i64,
}

impl Requests {
    /// Of each resource the larger amount.
    pub fn or_more(&mut self, other: &Requests) {
        self.asked.or_more(&other.asked);
        self.scored_milli_cpu = self.scored_milli_cpu.max(other.scored_milli_cpu);
        self.scored_memory = self.scored_memory.max(other.scored_memory);
    }
}

/// `PodRequests`: the sum over containers and sidecars, or the peak of the init containers with the sidecars that run
/// beside them, whichever is more; then pod-level requests, which replace what they name; then the overhead.
pub fn requests(spec: &PodSpec, pod_level_resources: bool) -> Requests {
    let asked = effective(spec, pod_level_resources, Side::Requests, exact_of);
    let scored = effective(spec, pod_level_resources, Side::Requests, |container| {
        let mut requests = exact_of(container);
        requests.entry("cpu".to_owned()).or_insert(i128::from(DEFAULT_MILLI_CPU) * MILLI);
        requests.entry("memory".to_owned()).or_insert(i128::from(DEFAULT_MEMORY) * NANO);
        requests
    });
    let asked = Amounts::of_list(&asked);
    let scored = Amounts::of_list(&scored);
    Requests { asked, scored_milli_cpu: scored.milli_cpu, scored_memory: scored.memory }
}

/// Of the two lists of a container's resources the one that counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// What is asked for.
    Requests,
    /// What may be taken at most.
    Limits,
}

impl Side {
    /// The list itself.
    pub fn of(self, resources: &Resources) -> &BTreeMap<String, String> {
        match self {
            Side::Requests => &resources.requests,
            Side::Limits => &resources.limits,
        }
    }
}

/// `PodRequests` or `PodLimits`, exactly: nano-units by resource. The overhead counts towards limits only where there is one.
pub fn totals(spec: &PodSpec, pod_level_resources: bool, side: Side) -> BTreeMap<String, i128> {
    effective(spec, pod_level_resources, side, |container| exact(side.of(&container.resources)))
}

fn exact_of(container: &Container) -> Exact {
    exact(&container.resources.requests)
}

fn effective(
    spec: &PodSpec,
    pod_level_resources: bool,
    side: Side,
    of: impl Fn(&Container) -> Exact,
) -> Exact {
    let mut sum = Exact::new();
    for container in &spec.containers {
        add(&mut sum, &of(container));
    }
    let (mut sidecars, mut peak) = (Exact::new(), Exact::new());
    for container in &spec.init_containers {
        let requests = of(container);
        if container.is_sidecar() {
            add(&mut sum, &requests);
            add(&mut sidecars, &requests);
            max(&mut peak, &sidecars);
        } else {
            let mut together = requests;
            add(&mut together, &sidecars);
            max(&mut peak, &together);
        }
    }
    max(&mut sum, &peak);
    if let Some(own) = spec.resources.as_ref().filter(|_| pod_level_resources) {
        for (name, amount) in exact(side.of(own)) {
            if matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-") {
                sum.insert(name, amount);
            }
        }
    }
    for (name, text) in &spec.overhead {
        if side == Side::Limits && !sum.contains_key(name) {
            continue;
        }
        let entry = sum.entry(name.clone()).or_default();
        *entry = entry.saturating_add(nanos(text));
    }
    sum
}
