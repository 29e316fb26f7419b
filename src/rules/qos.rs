//! The quality-of-service class of a pod.

use super::gates::Gates;
use crate::api::spec::Resources;
use crate::api::{PodSpec, Sym};

/// The class that follows from a pod's requests and limits.
///
/// `ComputePodQOS` in pkg/apis/core/v1/helper/qos/qos.go (v1.36.2): only cpu and memory count, and only amounts above
/// zero. Guaranteed asks that every container limits both and that the sums of requests and limits are equal; a limit
/// does not stand in for a request here, since defaulting has filled requests in. Pod-level resources, where set, decide
/// alone.
pub fn qos_class(spec: &PodSpec, gates: &Gates) -> Sym {
    let (mut requests, mut limits) = (Sums::default(), Sums::default());
    let mut every_limit_is_set = true;
    let pod_level = spec.resources.as_ref().filter(|own| gates.pod_level_resources && sets_something(own));
    match pod_level {
        Some(own) => {
            requests.add(own, |r| &r.requests);
            every_limit_is_set &= limits.add(own, |r| &r.limits);
        }
        None => {
            for container in spec.containers.iter().chain(&spec.init_containers) {
                requests.add(&container.resources, |r| &r.requests);
                every_limit_is_set &= limits.add(&container.resources, |r| &r.limits);
            }
        }
    }
    if requests == Sums::default() && limits == Sums::default() {
        Sym::BEST_EFFORT
    } else if every_limit_is_set && requests == limits {
        Sym::GUARANTEED
    } else {
        Sym::BURSTABLE
    }
}

/// Whether a pod's own resources name anything that pod-level resources support (`IsPodLevelResourcesSet`).
fn sets_something(own: &Resources) -> bool {
    let supported = |name: &String| name == "cpu" || name == "memory" || name.starts_with("hugepages-");
    own.requests.keys().chain(own.limits.keys()).any(supported)
}

/// Sums of cpu and memory; none where no container named one above zero.
#[derive(Default, PartialEq, Eq)]
struct Sums {
    cpu: Option<i128>,
    memory: Option<i128>,
}

impl Sums {
    /// Adds one container's amounts; whether it named both.
    fn add(
        &mut self,
        resources: &Resources,
        list: impl Fn(&Resources) -> &std::collections::BTreeMap<String, String>,
    ) -> bool {
        let add = |name: &str, sum: &mut Option<i128>| {
            let found = list(resources).get(name).and_then(|text| nanos(text)).filter(|n| *n > 0);
            if let Some(found) = found {
                *sum = Some(sum.unwrap_or(0).saturating_add(found));
            }
            found.is_some()
        };
        let cpu = add("cpu", &mut self.cpu);
        let memory = add("memory", &mut self.memory);
        cpu && memory
    }
}

/// An amount in nano-units.
fn nanos(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !".+-".contains(c)).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let scale: i128 = match suffix {
        "n" => 1,
        "u" => 1_000,
        "m" => 1_000_000,
        "" => 1_000_000_000,
        "k" => 1_000_000_000_000,
        "M" => 10i128.pow(15),
        "G" => 10i128.pow(18),
        "T" => 10i128.pow(21),
        "P" => 10i128.pow(24),
        "E" => 10i128.pow(27),
        "Ki" => 1_000_000_000 << 10,
        "Mi" => 1_000_000_000 << 20,
        "Gi" => 1_000_000_000 << 30,
        "Ti" => 1_000_000_000 << 40,
        "Pi" => 1_000_000_000 << 50,
        "Ei" => 1_000_000_000 << 60,
        _ => return None,
    };
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let divisor = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    digits.checked_mul(scale).map(|product| product / divisor)
}
