//! What the API server fills into a pod.

use crate::api::spec::{Container, Probe, Resources, Toleration, Volume, VolumeMount};
use crate::api::{Effect, PodSpec, RestartPolicy, Sym};

/// Defaults of a pod and of its containers, and what admission adds: tolerations and the service-account volume.
pub fn default_spec(spec: &mut PodSpec) {
    spec.restart_policy.get_or_insert(RestartPolicy::Always);
    spec.termination_grace_period_seconds.get_or_insert(30);
    if spec.scheduler_name.is_empty() {
        spec.scheduler_name = Sym::new("default-scheduler");
    }
    if spec.service_account_name.is_empty() {
        spec.service_account_name = Sym::new("default");
    }
    for container in
        spec.init_containers.iter_mut().chain(&mut spec.containers).chain(&mut spec.ephemeral_containers)
    {
        default_container(container);
    }
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covered = spec
            .tolerations
            .iter()
            .any(|t| (t.key.is_empty() || t.key == key) && t.effect.is_none_or(|e| e == Effect::NoExecute));
        if !covered {
            spec.tolerations.push(Toleration {
                key: Sym::new(key),
                operator: Sym::new("Exists"),
                effect: Some(Effect::NoExecute),
                toleration_seconds: Some(300),
                ..Toleration::default()
            });
        }
    }
    if spec.automount_service_account_token != Some(false) {
        mount_token(spec);
    }
}

fn default_container(container: &mut Container) {
    if container.image_pull_policy.is_empty() {
        let image = container.image.as_str();
        let last = image.rsplit('/').next().unwrap_or(image);
        let latest = !image.contains('@') && (!last.contains(':') || last.ends_with(":latest"));
        container.image_pull_policy = Sym::new(if latest { "Always" } else { "IfNotPresent" });
    }
    if container.termination_message_path.is_empty() {
        container.termination_message_path = Sym::new("/dev/termination-log");
    }
    if container.termination_message_policy.is_empty() {
        container.termination_message_policy = Sym::new("File");
    }
    for probe in [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe]
        .into_iter()
        .flatten()
    {
        default_probe(probe);
    }
    default_requests(&mut container.resources);
}

fn default_probe(probe: &mut Probe) {
    for (field, default) in [
        (&mut probe.timeout_seconds, 1),
        (&mut probe.period_seconds, 10),
        (&mut probe.success_threshold, 1),
        (&mut probe.failure_threshold, 3),
    ] {
        if *field == 0 {
            *field = default;
        }
    }
}

fn default_requests(resources: &mut Resources) {
    for (name, limit) in &resources.limits {
        resources.requests.entry(name.clone()).or_insert_with(|| limit.clone());
    }
}

fn mount_token(spec: &mut PodSpec) {
    const PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    let name = "kube-api-access".to_owned();
    let mut used = false;
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        if container.volume_mounts.iter().all(|m| m.mount_path != PATH) {
            container.volume_mounts.push(VolumeMount {
                name: name.clone(),
                mount_path: PATH.to_owned(),
                ..VolumeMount::default()
            });
            used = true;
        }
    }
    if used && spec.volumes.iter().all(|v| v.name != name) {
        let mut volume = Volume { name, ..Volume::default() };
        volume.rest.insert("projected".to_owned(), serde_json::json!({ "defaultMode": 420, "sources": [] }));
        spec.volumes.push(volume);
    }
}
