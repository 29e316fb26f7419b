//! The image manager's pulls: what is on the node, and the node's queue of pulls (pkg/kubelet/images/puller.go). Whether
//! and when a pod's image is pulled is [`crate::rules::kubelet::images`]' to say.

use crate::actors::events;
use crate::api::{Note, Sym, Text};
use crate::engine::distribution::Distribution;
use crate::rules::kubelet::images::{self, Presence, PullMemory, Verdict};
use crate::rules::machinery::throttle::{Rate, TokenBucket};
use crate::scenario::plan::{KubeletConfig, ObjectKind, Outage};
use crate::time::{Span, Time};
use crate::world::kubelet::{ImageOf, Pull};
use crate::world::luck::Before;
use crate::world::machine::PullSecret;
use crate::world::{ContainerIx, NodeId, PodId, Purpose, Signal, SimEvent, World};

/// What comes of asking for an image.
pub enum Ensured {
    Present,
    /// With this reason and message.
    Fails(Sym, Text),
    /// The run waits for the image service: [`Signal::Pulled`] tells it.
    Pulls,
    /// The pod has no kubelet that could ask.
    Nowhere,
}

/// The image and its pull policy.
fn wanted(w: &World, pod: PodId, of: ImageOf) -> Option<(Sym, Sym)> {
    let spec = &w.pods[pod.ix()].spec;
    match of {
        ImageOf::Container(ix) => {
            let container = w.pods[pod.ix()].container(ix);
            Some((container.image, container.image_pull_policy))
        }
        ImageOf::Volume(at) => {
            let image = spec.volumes.get(usize::from(at))?.image.as_ref()?;
            Some((image.reference, image.pull_policy))
        }
    }
}

/// `EnsureImageExists` up to the point where it blocks.
pub fn ensure(w: &mut World, pod: PodId, of: ImageOf) -> Ensured {
    let p = &w.pods[pod.ix()];
    let (Some(node), Some((image, policy))) = (p.node, wanted(w, pod, of)) else { return Ensured::Nowhere };
    let (full_name, problem) = (w.images.full(image), w.images.problem(image));
    let p = w.local(pod);
    let known = p.worker.into_iter().flat_map(|worker| &worker.pulls);
    let memory = known.into_iter().find(|(name, _)| *name == image).map(|(_, memory)| *memory);
    let memory = memory.unwrap_or_default();
    let presence = || look(w, node, pod, full_name);
    match images::ensure(image, problem, &policy, presence, &memory, w.now, &w.gates) {
        Verdict::Present(event) => {
            tell(w, pod, of, event);
            Ensured::Present
        }
        Verdict::Fails { reason, message, event } => {
            tell(w, pod, of, event);
            Ensured::Fails(reason, message)
        }
        Verdict::Pulls(event) => {
            tell(w, pod, of, event);
            let now = w.now;
            let n = &mut w.machines[node.ix()];
            let Some(kubelet) = n.kubelet.as_deref_mut() else { return Ensured::Nowhere };
            n.next_pull += 1;
            kubelet.pull_queue.push_back(Pull {
                id: n.next_pull,
                pod,
                of,
                image,
                full_name,
                asked: now,
                began: now,
                error: None,
                secret: None,
            });
            begin_pulls(w, node);
            Ensured::Pulls
        }
    }
}

/// What is told of a container's image is told of the container, all else of the pod.
fn tell(w: &mut World, pod: PodId, of: ImageOf, event: Note) {
    let event = match of {
        ImageOf::Container(ix) => event.of(ix),
        ImageOf::Volume(_) => event,
    };
    events::kubelet(w, pod, event);
}

/// `registryPullQPS` and `registryBurst`; no rate where pulls are not throttled (`throttleImagePulling`, puller.go).
fn pull_rate(config: &KubeletConfig) -> Option<Rate> {
    let per_pull = 1_000_000 / i64::from(config.registry_pull_qps).max(1);
    (config.registry_pull_qps > 0)
        .then(|| Rate { burst: config.registry_burst, refill: Span::from_micros(per_pull) })
}

/// The throttle of a kubelet that has just started.
pub fn full_throttle(config: &KubeletConfig, now: Time) -> TokenBucket {
    TokenBucket::full(pull_rate(config).unwrap_or(Rate { burst: 0, refill: Span::ZERO }), now)
}

fn begin_pulls(w: &mut World, node: NodeId) {
    loop {
        let n = &mut w.machines[node.ix()];
        let Some(kubelet) = n.kubelet.as_deref_mut() else { return };
        let room = match (n.config.serialize_image_pulls, n.config.max_parallel_image_pulls) {
            (true, _) => kubelet.pulls.is_empty(),
            (false, Some(limit)) => kubelet.pulls.len() < limit as usize,
            (false, None) => true,
        };
        if !room {
            return;
        }
        let Some(mut pull) = kubelet.pull_queue.pop_front() else { return };
        // The throttle stands between the queue and the runtime: a pull that waited for its turn has cost no token yet.
        if pull_rate(&n.config).is_some_and(|rate| !kubelet.pull_throttle.take(rate, w.now)) {
            ended(w, pull, Some(Sym::new("pull QPS exceeded")));
            continue;
        }
        pull.began = w.now;
        pull.secret = opening_secret(w, pull.pod, pull.full_name);
        pull.error = error_of(w, node, &pull);
        if let Some(kubelet) = w.kubelet_mut(node) {
            kubelet.pulls.push(pull);
        }
        let takes = duration(w, node, pull);
        w.after(takes, SimEvent::Pulled { node, pull: pull.id });
    }
}

/// With which error the pull that begins now will end, if it will: it counts among those that fail.
fn error_of(w: &mut World, node: NodeId, pull: &Pull) -> Option<Sym> {
    let plan = w.images.plan(&w.plan, pull.full_name);
    let is_on = |outage: &&Outage| outage.from <= w.now && outage.until.is_none_or(|until| w.now < until);
    if let Some(outage) = plan.outages.iter().find(is_on) {
        return Some(outage.error.unwrap_or_else(|| unavailable(pull.full_name)));
    }
    if plan.secret.is_some() && pull.secret.is_none() {
        return Some(plan.error.unwrap_or_else(|| access_denied(pull.full_name)));
    }
    let error = plan.error?;
    if plan.secret.is_some() && plan.failures.is_none() {
        return None;
    }
    let failed = &mut w.machines[node.ix()].failed_pulls;
    let ix = failed.iter().position(|(name, _)| *name == pull.full_name).unwrap_or_else(|| {
        failed.push((pull.full_name, 0));
        failed.len() - 1
    });
    let count = &mut failed[ix].1;
    let fails = plan.failures.is_none_or(|limit| *count < limit);
    *count = count.saturating_add(1);
    fails.then_some(error)
}

/// What containerd says where a registry wants to know who asks.
fn access_denied(full_name: Sym) -> Sym {
    Sym::new(&format!(
        "failed to pull and unpack image \"{full_name}\": failed to resolve reference \"{full_name}\": pull access denied, \
         repository does not exist or may require authorization: authorization failed: no basic auth credentials"
    ))
}

/// What containerd says where a registry answers that it cannot.
fn unavailable(full_name: Sym) -> Sym {
    let (host, rest) = full_name.split_once('/').unwrap_or(("", &full_name));
    let host = if host == "docker.io" { "registry-1.docker.io" } else { host };
    let (path, reference) =
        rest.split_once('@').or_else(|| rest.rsplit_once(':')).unwrap_or((rest, "latest"));
    Sym::new(&format!(
        "failed to pull and unpack image \"{full_name}\": failed to resolve reference \"{full_name}\": unexpected status \
         from HEAD request to https://{host}/v2/{path}/manifests/{reference}: 503 Service Unavailable"
    ))
}

/// The Secret that opens the image's registry, if the pod presents it.
fn opening_secret(w: &World, pod: PodId, full_name: Sym) -> Option<PullSecret> {
    let wanted = w.images.plan(&w.plan, full_name).secret?;
    presented(w, pod).find(|(_, name)| *name == wanted)
}

/// The Secrets that the pod presents: those of its imagePullSecrets that exist.
fn presented(w: &World, pod: PodId) -> impl Iterator<Item = PullSecret> + '_ {
    let p = &w.pods[pod.ix()];
    let namespace = p.ident.namespace;
    let names = p.spec.image_pull_secrets.iter().filter(|secret| !secret.name.is_empty());
    names
        .filter(move |secret| w.object_exists(ObjectKind::Secret, namespace, &secret.name))
        .map(move |secret| (namespace, Sym::new(&secret.name)))
}

/// `getPullSecretsForPod` (pkg/kubelet/kubelet_pods.go): which Secrets were not found is told, and the sync goes on.
pub fn look_for_secrets(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    if p.spec.image_pull_secrets.is_empty() {
        return;
    }
    let namespace = p.ident.namespace;
    let names = p.spec.image_pull_secrets.iter().map(|secret| secret.name.as_str());
    let missing: Vec<&str> = names
        .filter(|name| !name.is_empty() && !w.object_exists(ObjectKind::Secret, namespace, name))
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
            missing.join(", ")
        );
        events::kubelet(w, pod, Note::warning(Sym::FAILED_TO_RETRIEVE_IMAGE_PULL_SECRET, message));
    }
}

/// What the runtime answers when it is asked for an image.
fn look(w: &World, node: NodeId, pod: PodId, full_name: Sym) -> Result<Presence, Sym> {
    let error = w.plan.nodes[node.ix()].inspect_error.or(w.images.plan(&w.plan, full_name).inspect_error);
    error.map_or_else(|| Ok(presence(w, node, pod, full_name)), Err)
}

/// What the node has of an image for a pod.
fn presence(w: &World, node: NodeId, pod: PodId, full_name: Sym) -> Presence {
    let n = &w.machines[node.ix()];
    let is_there = n.images.contains(&full_name);
    if n.private_images.is_empty() {
        return images::presence::<PullSecret>(is_there, &[], &[], &w.gates);
    }
    let with: Vec<PullSecret> =
        n.private_images.iter().filter(|(name, _)| *name == full_name).map(|(_, secret)| *secret).collect();
    let presented: Vec<PullSecret> = presented(w, pod).collect();
    images::presence(is_there, &with, &presented, &w.gates)
}

fn duration(w: &mut World, node: NodeId, pull: Pull) -> Span {
    let lasts = takes(w, node, pull);
    match pull.of {
        ImageOf::Container(container) => {
            let pulls = &mut w.places[pull.pod.ix()].runtime.containers[container.ix()].pulls;
            *pulls += 1;
            let number = u64::from(*pulls - 1);
            w.container_span(Purpose::Pull, pull.pod, container, number, &lasts)
        }
        ImageOf::Volume(at) => {
            let number = w.instant() ^ (u64::from(at) << 48);
            w.pod_span(Purpose::Pull, pull.pod, number, &lasts)
        }
    }
}

/// What a pull takes that begins now.
fn takes(w: &World, node: NodeId, pull: Pull) -> Distribution {
    let plan = w.images.plan(&w.plan, pull.full_name);
    let takes = if pull.error.is_some() {
        &plan.fail_takes
    } else if w.machines[node.ix()].images.contains(&pull.full_name) {
        &plan.pull_present
    } else {
        &plan.pull
    };
    takes.clone()
}

/// When a pull that is under way ends, by another throw; that of an image volume stays.
pub fn pulled_anew(w: &mut World, node: NodeId, id: u32, at: Time, before: Before) -> Time {
    let pulls = w.kubelet(node).into_iter().flat_map(|kubelet| &kubelet.pulls);
    let Some(pull) = pulls.into_iter().find(|pull| pull.id == id).copied() else { return at };
    let ImageOf::Container(container) = pull.of else { return at };
    let begun = w.places[pull.pod.ix()].runtime.containers[container.ix()].pulls;
    let (number, lasts) = (u64::from(begun.saturating_sub(1)), takes(w, node, pull));
    let lasts =
        |w: &World, throw: u64| w.container_span(Purpose::Pull, pull.pod, container, number | throw, &lasts);
    before.anew(w, (pull.began, at), lasts)
}

/// A pull has ended; the next one in the queue begins.
pub fn pulled(w: &mut World, node: NodeId, id: u32) {
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    let Some(at) = kubelet.pulls.iter().position(|p| p.id == id) else { return };
    let pull = kubelet.pulls.remove(at);
    if let Some(error) = pull.error {
        begin_pulls(w, node);
        ended(w, pull, Some(error));
        return;
    }
    let n = &mut w.machines[node.ix()];
    if !n.images.contains(&pull.full_name) {
        n.images.push(pull.full_name);
    }
    if let Some(secret) = pull.secret
        && !n.private_images.contains(&(pull.full_name, secret))
    {
        n.private_images.push((pull.full_name, secret));
    }
    // The next one may be of the same image, whose layers are there now.
    begin_pulls(w, node);
    let bytes = w.images.plan(&w.plan, pull.full_name).size_bytes;
    let event = images::works(pull.image, w.now.since(pull.began), w.now.since(pull.asked), bytes);
    tell(w, pull.pod, pull.of, event);
    ended(w, pull, None);
}

/// The node's queue of pulls stands: somebody else's image is being pulled, who waits for it elsewhere. None where pulls go side
/// by side.
pub fn occupy(w: &mut World, node: NodeId) -> Option<u32> {
    let now = w.now;
    let n = &mut w.machines[node.ix()];
    let kubelet = n.kubelet.as_deref_mut().filter(|_| n.config.serialize_image_pulls)?;
    n.next_pull += 1;
    kubelet.pulls.push(Pull {
        id: n.next_pull,
        pod: PodId::default(),
        of: ImageOf::Container(ContainerIx::new(0)),
        image: Sym::EMPTY,
        full_name: Sym::EMPTY,
        asked: now,
        began: now,
        error: None,
        secret: None,
    });
    Some(n.next_pull)
}

/// That pull is over; the next one in the queue begins.
pub fn release(w: &mut World, node: NodeId, pull: u32) {
    let Some(kubelet) = w.kubelet_mut(node) else { return };
    kubelet.pulls.retain(|own| own.id != pull);
    begin_pulls(w, node);
}

/// Who waits for a pull hears that it has ended.
fn ended(w: &mut World, Pull { pod, of, .. }: Pull, error: Option<Sym>) {
    w.signal(Signal::Pulled { pod, of, error });
}

/// What the pod remembers of a pull that has failed, and tells of it: reason and message.
pub fn fails(w: &mut World, pod: PodId, of: ImageOf, error: Sym) -> Option<(Sym, Text)> {
    let now = w.now;
    let (image, _) = wanted(w, pod, of)?;
    let p = w.local_mut(pod);
    let pulls = &mut p.worker?.pulls;
    let known = pulls.iter().position(|(name, _)| *name == image).unwrap_or_else(|| {
        pulls.push((image, PullMemory::default()));
        pulls.len() - 1
    });
    let (failure, event) = images::fails(image, error, &mut pulls[known].1, now);
    tell(w, pod, of, event);
    Some((failure.reason, failure.message.into()))
}
