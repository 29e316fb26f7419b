//! What a container needs before it can be made: mounted volumes, ConfigMaps and Secrets in its environment, a user
//! that may run (pkg/kubelet/volumemanager, pkg/volume/util/operationexecutor, `makeEnvironmentVariables` in
//! pkg/kubelet/kubelet_pods.go, pkg/kubelet/kuberuntime/security_context_others.go).
//!
//! Mounting goes on beside the worker, with a back-off of its own; the worker polls for its end every 300 ms.

use super::claims;
use super::contention;
use super::mounts::{
    FIRST_TRY, FIRST_TRY_SPREAD_MICROS, POLL, RETRY_LATE, RETRY_LATE_SPREAD_MICROS, all_mounted, back_off,
};
use crate::actors::events;
use crate::api::{Note, text::RootBy};
use crate::api::{Sym, Text};
use crate::rules::kubelet::volume_plugins;
use crate::rules::machinery::image_name;
use crate::scenario::plan::{ImageUser, ObjectKind};
use crate::time::Span;
use crate::world::worker::Work;
use crate::world::{ContainerIx, Local, PodId, Purpose, SimEvent, World};

pub enum Wait {
    Mounted,
    Until(Span),
    /// Something is missing, or takes its time: it goes on until it is there.
    Failing,
    /// A claim is not there or not bound, or nobody mounts such a volume: the volume manager says so at its next poll.
    Refused,
}

/// Whether the pod's volumes are mounted, or when they will be.
pub fn wait(w: &mut World, pod: PodId) -> Wait {
    let p = w.local(pod);
    let Some(worker) = p.worker else { return Wait::Mounted };
    let first_look = worker.mount_began.is_none();
    if worker.spec.volumes.is_empty() || (worker.mounted && !first_look) {
        return Wait::Mounted;
    }
    if worker.mounted {
        // A kubelet that has started anew finds them mounted, but only the volume manager's loops tell it so: the first look
        // is too early (containers of four recorded pods came 0.3 s later).
        let now = w.now;
        if let Some(worker) = w.worker_mut(pod) {
            worker.mount_began = Some(now);
        }
        return Wait::Until(POLL);
    }
    let (now, node, failures) = (w.now, worker.node, worker.mount_failures);
    let generation = w.machines[node.ix()].incarnation;
    if claims::refused(w, pod).is_some() {
        return Wait::Refused;
    }
    let missing = missing_volume(w, pod).is_some() || failures > 0;
    if first_look {
        claims::begin(w, pod, node, !missing);
    }
    if !missing && !claims::pending(w, pod) {
        let takes = w.pod_span(Purpose::Mount, pod, w.instant(), &w.plan.latency.volumes);
        if first_look {
            contention::pod_starts(w, pod);
        }
        if let Some(worker) = w.worker_mut(pod) {
            worker.mount_began.get_or_insert(now);
            worker.mounted = true;
        }
        return Wait::Until(takes);
    }
    if first_look {
        if let Some(worker) = w.worker_mut(pod) {
            worker.mount_began = Some(now);
        }
        if !missing {
            contention::pod_starts(w, pod);
            return Wait::Failing;
        }
        let late = w.pod_draw(Purpose::MountFirst, pod, w.instant()).below(FIRST_TRY_SPREAD_MICROS) as i64;
        w.after(FIRST_TRY + Span::from_micros(late), SimEvent::Mount { pod, generation });
    }
    Wait::Failing
}

/// A try of the volume manager to mount what is missing.
pub fn mount(w: &mut World, pod: PodId) {
    let p = w.local(pod);
    let Some(worker) = p.worker else { return };
    if worker.work > Work::Sync {
        return;
    }
    let generation = w.machines[worker.node.ix()].incarnation;
    let problem = missing_volume(w, pod);
    let Some(worker) = w.worker_mut(pod) else { return };
    match problem {
        None => {
            claims::others_mounted(w, pod);
            if !claims::pending(w, pod) {
                all_mounted(w, pod);
            }
        }
        Some(words) => {
            let delay = back_off(worker.mount_failures);
            worker.mount_failures += 1;
            events::kubelet(w, pod, Note::warning(Sym::FAILED_MOUNT, words));
            let late =
                w.pod_draw(Purpose::MountRetry, pod, w.instant()).below(RETRY_LATE_SPREAD_MICROS) as i64;
            w.after(delay + RETRY_LATE + Span::from_micros(late), SimEvent::Mount { pod, generation });
        }
    }
}

/// The words of the mount error of the first volume whose source is not there.
fn missing_volume(w: &World, pod: PodId) -> Option<String> {
    let p = &w.pods[pod.ix()];
    let namespace = p.ident.namespace;
    for volume in &p.spec.volumes {
        let words = |cause: String| {
            Some(format!("MountVolume.SetUp failed for volume \"{}\" : {cause}", volume.name))
        };
        if let Some(source) = &volume.config_map
            && source.optional != Some(true)
            && let Some(cause) =
                missing_source(w, ObjectKind::ConfigMap, namespace, &source.name, &source.items)
        {
            return words(cause);
        }
        if let Some(source) = &volume.secret
            && source.optional != Some(true)
            && let Some(cause) =
                missing_source(w, ObjectKind::Secret, namespace, &source.secret_name, &source.items)
        {
            return words(cause);
        }
        if w.gates.habits.git_repos_are_off && volume_plugins::is_repository(volume) {
            return words(volume_plugins::NO_REPOSITORIES.to_owned());
        }
        if let Some(source) = &volume.host_path
            && !w.object_exists(ObjectKind::HostPath, namespace, &source.path)
        {
            let kind = source.kind.as_deref().unwrap_or("");
            let what = match kind {
                "Directory" => "directory",
                "File" => "file",
                "Socket" => "socket file",
                "CharDevice" => "character device",
                "BlockDevice" => "block device",
                _ => continue,
            };
            let path = &source.path;
            return words(if w.gates.habits.says_what_a_host_path_is {
                format!(
                    "hostPath type check failed, {path} is not a {what}, unable to determine its type: path \"{path}\" does \
                     not exist"
                )
            } else {
                format!("hostPath type check failed: {path} is not a {what}")
            });
        }
    }
    None
}

fn missing_source(
    w: &World,
    kind: ObjectKind,
    namespace: Sym,
    name: &str,
    items: &[serde_json::Value],
) -> Option<String> {
    let word = if kind == ObjectKind::ConfigMap { "configmap" } else { "secret" };
    if !w.object_exists(kind, namespace, name) {
        return Some(format!("{word} \"{name}\" not found"));
    }
    let keys = keys_of(w, kind, namespace, name)?;
    items
        .iter()
        .filter_map(|item| item.get("key").and_then(serde_json::Value::as_str))
        .find(|key| !keys.iter().any(|k| k == key))
        .map(|key| {
            format!(
                "references non-existent {} key: {key}",
                if word == "secret" { "secret" } else { "config" }
            )
        })
}

fn keys_of<'a>(w: &'a World, kind: ObjectKind, namespace: Sym, name: &str) -> Option<&'a Vec<String>> {
    let ix = w.find_object(kind, namespace, name)?;
    w.objects[ix].keys.as_ref()
}

/// Why a container cannot be configured (CreateContainerConfigError), if so.
pub fn config_problem(w: &World, pod: PodId, ix: ContainerIx) -> Option<Text> {
    let p = w.local(pod);
    let container = p.container(ix);
    let namespace = p.ident.namespace;
    for source in &container.env_from {
        let refs = [
            (ObjectKind::ConfigMap, "configmap", &source.config_map_ref),
            (ObjectKind::Secret, "secret", &source.secret_ref),
        ];
        for (kind, word, reference) in refs {
            if let Some(reference) = reference
                && reference.optional != Some(true)
                && !w.object_exists(kind, namespace, &reference.name)
            {
                return Some(format!("{word} \"{}\" not found", reference.name).into());
            }
        }
    }
    for variable in &container.env {
        let Some(from) = &variable.value_from else { continue };
        let refs = [
            (ObjectKind::ConfigMap, "configmap", "ConfigMap", &from.config_map_key_ref),
            (ObjectKind::Secret, "secret", "Secret", &from.secret_key_ref),
        ];
        for (kind, word, title, reference) in refs {
            let Some(reference) = reference.as_ref().filter(|r| r.optional != Some(true)) else { continue };
            if !w.object_exists(kind, namespace, &reference.name) {
                return Some(format!("{word} \"{}\" not found", reference.name).into());
            }
            if keys_of(w, kind, namespace, &reference.name).is_some_and(|keys| !keys.contains(&reference.key))
            {
                let words =
                    format!("couldn't find key {} in {title} {namespace}/{}", reference.key, reference.name);
                return Some(words.into());
            }
        }
    }
    runs_as_root(w, p, ix).map(|by| Text::RunAsRoot { container: container.name, by })
}

/// Whether `runAsNonRoot` keeps a container from starting, and if so, who wants it to run as root: its spec or its image.
fn runs_as_root(w: &World, p: Local<'_>, ix: ContainerIx) -> Option<RootBy> {
    let own = p.container(ix).security_context.as_ref();
    let shared = p.spec.security_context.as_ref();
    let non_root = own.and_then(|s| s.run_as_non_root).or(shared.and_then(|s| s.run_as_non_root));
    let user = own.and_then(|s| s.run_as_user).or(shared.and_then(|s| s.run_as_user));
    if non_root != Some(true) {
        return None;
    }
    if let Some(user) = user {
        return (user == 0).then_some(RootBy::Spec);
    }
    let full = Sym::new(&image_name::normal(&p.container(ix).image));
    match w.images.plan(&w.plan, full).user {
        ImageUser::Number(0) => Some(RootBy::Image),
        ImageUser::Number(_) => None,
        ImageUser::Name(name) => Some(RootBy::Name(name)),
    }
}

/// The event's words for a problem that names the pod: `Error: ` stands before them.
pub fn root_event(problem: Text) -> Text {
    match problem {
        Text::RunAsRoot { container, by } => Text::AroundPod {
            before: Sym::new(&format!("Error: {by} (pod: \"")),
            after: Sym::new(&format!("\", container: {container})")),
        },
        other => other,
    }
}

/// The waiting message of a failed postStart hook (pkg/kubelet/lifecycle/handlers.go).
pub fn hook_message(p: Local<'_>, ix: ContainerIx, exit: u8, output: Sym) -> Text {
    let container = p.container(ix);
    let hook = container.lifecycle.as_ref().and_then(|l| l.post_start.as_ref());
    let command = hook.and_then(|h| h.exec.as_ref()).map(|e| e.command.join(" ")).unwrap_or_default();
    let (head, tail) = match hook.and_then(|h| h.http_get.as_ref()) {
        Some(get) => (
            format!("HTTP lifecycle hook ({}) for Container \"{}\" in Pod \"", get.path, container.name),
            format!("\" failed - error: {output}"),
        ),
        None => (
            format!("Exec lifecycle hook ([{command}]) for Container \"{}\" in Pod \"", container.name),
            format!("\" failed - error: command '{command}' exited with {exit}: , message: \"{output}\""),
        ),
    };
    Text::AroundPod { before: Sym::new(&head), after: Sym::new(&tail) }
}
