//! Limits of local storage: when the eviction manager ends a pod for what it wrote, and what it says.
//!
//! Source: pkg/kubelet/eviction/eviction_manager.go (`localStorageEviction`), kubernetes 0239cd73; what is counted:
//! pkg/kubelet/server/stats/volume_stat_calculator.go, `calcEphemeralStorage` and `IsLocalEphemeralVolume`. The surprise:
//! one container's limit is held against what all containers and emptyDir volumes of the pod use together.

use crate::api::{Container, PodSpec, Sym};
use crate::rules::machinery::quantity::Quantity;
use crate::rules::versions::habits::Habits;

const EPHEMERAL_STORAGE: &str = "ephemeral-storage";

/// What the summary of the stats says of a pod, in bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// emptyDir volumes; None until they were measured first.
    pub volumes: Option<Vec<(Sym, i64)>>,
    /// Running containers: their own filesystems and logs.
    pub containers: Vec<(Sym, i64)>,
}

/// Message of the first limit that is exceeded: of an emptyDir, of the pod, of a container.
pub fn exceeded(spec: &PodSpec, usage: &Usage, habits: &Habits) -> Option<String> {
    empty_dir(spec, usage).or_else(|| pod(spec, usage)).or_else(|| container(spec, usage, habits))
}

/// `emptyDirLimitEviction`: the medium does not matter.
fn empty_dir(spec: &PodSpec, usage: &Usage) -> Option<String> {
    let used = usage.volumes.as_ref()?;
    spec.volumes.iter().find_map(|volume| {
        let limit = Quantity::parse(volume.empty_dir.as_ref()?.get("sizeLimit")?.as_str()?).ok()?;
        let (_, bytes) = used.iter().find(|(name, _)| *name == volume.name.as_str())?;
        (limit.sign() > 0 && *bytes > limit.value())
            .then(|| format!("Usage of EmptyDir volume \"{}\" exceeds the limit \"{limit}\". ", volume.name))
    })
}

/// `podEphemeralStorageLimitEviction`: nothing is known of the pod's storage before its volumes were measured.
fn pod(spec: &PodSpec, usage: &Usage) -> Option<String> {
    let volumes = usage.volumes.as_ref()?;
    let limit = pod_limit(spec, EPHEMERAL_STORAGE)?;
    let on_disk = |name: Sym| {
        let volume = spec.volumes.iter().find(|volume| name == volume.name.as_str());
        let medium = volume.and_then(|v| v.empty_dir.as_ref()).and_then(|v| v.get("medium"));
        medium.is_none_or(|medium| medium == "")
    };
    let volumes = volumes.iter().filter(|(name, _)| on_disk(*name));
    let used: i64 = volumes.chain(&usage.containers).map(|(_, bytes)| bytes).sum();
    (used > limit.value())
        .then(|| format!("Pod ephemeral local storage usage exceeds the total limit of containers {limit}. "))
}

/// `PodLimits`: those that have one, summed up; init containers count by their peak.
pub(super) fn pod_limit(spec: &PodSpec, resource: &str) -> Option<Quantity> {
    let limit = |container: &Container| limit(container, resource);
    let plus = |a: Option<Quantity>, b: Option<Quantity>| a.into_iter().chain(b).reduce(Quantity::plus);
    let most = |a: Option<Quantity>, b: Option<Quantity>| {
        a.into_iter().chain(b).reduce(|a, b| if b.cmp_value(a).is_gt() { b } else { a })
    };
    let mut sum = spec.containers.iter().filter_map(&limit).reduce(Quantity::plus);
    let (mut sidecars, mut peak) = (None, None);
    for container in &spec.init_containers {
        let own = limit(container);
        if container.is_sidecar() {
            sum = plus(sum, own);
            sidecars = plus(sidecars, own);
            peak = most(peak, sidecars);
        } else {
            peak = most(peak, plus(own, sidecars));
        }
    }
    most(sum, peak)
}

fn limit(container: &Container, resource: &str) -> Option<Quantity> {
    Quantity::parse(container.resources.limits.get(resource)?).ok()
}

/// `containerEphemeralStorageLimitEviction`: main containers, and from 1.37 on sidecars.
fn container(spec: &PodSpec, usage: &Usage, habits: &Habits) -> Option<String> {
    let sidecars =
        spec.init_containers.iter().filter(|c| habits.limits_storage_of_sidecars && c.is_sidecar());
    usage.containers.iter().find_map(|(name, bytes)| {
        let container = spec.containers.iter().chain(sidecars.clone()).find(|c| c.name == *name)?;
        let limit = limit(container, EPHEMERAL_STORAGE)?;
        (!limit.is_zero() && *bytes > limit.value())
            .then(|| format!("Container {name} exceeded its local ephemeral storage limit \"{limit}\". "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::versions::{Version, gates::Gates};

    #[test]
    fn a_sidecar_is_held_to_its_limit_from_1_37_on() {
        let spec: PodSpec = serde_json::from_value(serde_json::json!({
            "containers": [{"name": "app"}],
            "initContainers": [{"name": "log", "restartPolicy": "Always",
                "resources": {"limits": {"ephemeral-storage": "1Ki"}}}],
        }))
        .expect("a spec");
        let usage = Usage { volumes: None, containers: vec![(Sym::new("log"), 2048)] };
        let of = |version| exceeded(&spec, &usage, &Gates::of(version).habits);
        assert_eq!(of(Version::V1_36), None);
        let words = "Container log exceeded its local ephemeral storage limit \"1Ki\". ";
        assert_eq!(of(Version::V1_37).as_deref(), Some(words));
    }
}
