//! The image manager: presence, pull policy, back-off, and the node's queue of pulls
//! (pkg/kubelet/images/image_manager.go, puller.go).

use super::sync;
use crate::actors::events;
use crate::api::{Sym, Text};
use crate::rules::backoff::Limits;
use crate::time::Span;
use crate::world::node::{Pull, StoredImage};
use crate::world::{ContainerIx, NodeId, PodId, Purpose, SimEvent, World};

const ONE_PULL: i64 = 1_000_000;

/// `EnsureImageExists` up to the point where it blocks.
pub fn ensure(w: &mut World, pod: PodId, ix: ContainerIx) {
    let p = &w.pods[pod.ix()];
    let container = p.container(ix);
    let (image, policy) = (container.image, container.image_pull_policy);
    let Some(node) = p.node else { return };
    if let Some(cause) = crate::rules::image_name::problem(&image) {
        let problem = format!(
            "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {cause}"
        );
        events::kubelet(w, pod, true, Sym::INSPECT_FAILED, problem.clone(), Some(ix));
        sync::start_fails(w, pod, Sym::INVALID_IMAGE_NAME, problem, Some("Error: InvalidImageName".into()));
        return;
    }
    let present = policy != "Always" && has(w, node, image);
    if policy == "Never" && !present {
        let problem = format!("Container image \"{image}\" is not present with pull policy of Never");
        events::kubelet(w, pod, true, Sym::ERR_IMAGE_NEVER_PULL, problem.clone(), Some(ix));
        sync::start_fails(
            w,
            pod,
            Sym::ERR_IMAGE_NEVER_PULL,
            problem,
            Some("Error: ErrImageNeverPull".into()),
        );
        return;
    }
    if present {
        let mut words = format!("Container image \"{image}\" already present on machine");
        if w.gates.ensure_secret_pulled_images {
            words.push_str(" and can be accessed by the pod");
        }
        events::kubelet(w, pod, false, Sym::PULLED, words, Some(ix));
        sync::image_is_present(w, pod);
        return;
    }
    let now = w.now;
    let holder = backoff_holder(w, pod, ix);
    let entry = w.pods[pod.ix()].runtime.containers[usize::from(holder)].pull_backoff;
    if Limits::IMAGE.holds_since_update(entry, now) {
        let words = format!("Back-off pulling image \"{image}\"");
        events::kubelet(w, pod, false, Sym::BACK_OFF, words.clone(), Some(ix));
        let cause = last_pull_error(w, node, image);
        let message = match cause {
            Some(cause) => format!("{words}: ErrImagePull: {cause}"),
            None => words,
        };
        sync::start_fails(w, pod, Sym::IMAGE_PULL_BACK_OFF, message, Some("Error: ImagePullBackOff".into()));
        return;
    }
    events::kubelet(w, pod, false, Sym::PULLING, format!("Pulling image \"{image}\""), Some(ix));
    if !take_token(w, node) {
        fail(w, pod, ix, Sym::new("pull QPS exceeded"));
        return;
    }
    sync::wait_for_pull(w, pod);
    let n = &mut w.nodes[node.ix()];
    n.next_pull += 1;
    let pull = Pull { id: n.next_pull, pod, container: ix, image, asked: now, began: now };
    n.pull_queue.push_back(pull);
    begin_pulls(w, node);
}

fn has(w: &World, node: NodeId, image: Sym) -> bool {
    let wanted = crate::rules::image_name::normal(&image);
    w.nodes[node.ix()]
        .images
        .iter()
        .any(|i| i.image == image || crate::rules::image_name::normal(&i.image) == wanted)
}

/// The back-off of a pull belongs to (pod, image): the first container with that image keeps it.
fn backoff_holder(w: &World, pod: PodId, ix: ContainerIx) -> ContainerIx {
    let p = &w.pods[pod.ix()];
    let image = p.container(ix).image;
    (0..p.container_count() as u8).find(|other| p.container(*other).image == image).unwrap_or(ix)
}

fn last_pull_error(w: &World, node: NodeId, image: Sym) -> Option<Sym> {
    let _ = node;
    w.plan.images.iter().find(|i| same(i.reference, image)).and_then(|i| i.error)
}

fn same(a: Sym, b: Sym) -> bool {
    a == b || crate::rules::image_name::normal(&a) == crate::rules::image_name::normal(&b)
}

/// `registryPullQPS` and `registryBurst`: a token bucket that never waits.
fn take_token(w: &mut World, node: NodeId) -> bool {
    let now = w.now;
    let n = &mut w.nodes[node.ix()];
    if n.config.registry_pull_qps == 0 {
        return true;
    }
    let gained = now.since(n.pull_tokens_at).micros() * i64::from(n.config.registry_pull_qps);
    n.pull_tokens = (n.pull_tokens + gained).min(i64::from(n.config.registry_burst) * ONE_PULL);
    n.pull_tokens_at = now;
    if n.pull_tokens < ONE_PULL {
        return false;
    }
    n.pull_tokens -= ONE_PULL;
    true
}

fn begin_pulls(w: &mut World, node: NodeId) {
    loop {
        let n = &mut w.nodes[node.ix()];
        let room = match (n.config.serialize_image_pulls, n.config.max_parallel_image_pulls) {
            (true, _) => n.pulls.is_empty(),
            (false, Some(limit)) => n.pulls.len() < limit as usize,
            (false, None) => true,
        };
        if !room {
            return;
        }
        let Some(mut pull) = n.pull_queue.pop_front() else { return };
        pull.began = w.now;
        n.pulls.push(pull);
        let takes = duration(w, node, pull);
        w.after(takes, SimEvent::Pulled { node, pull: pull.id });
    }
}

fn fails(w: &World, node: NodeId, image: Sym) -> Option<Sym> {
    let plan = w.plan.images.iter().find(|i| same(i.reference, image))?;
    let error = plan.error?;
    let failed = w.nodes[node.ix()].failed_pulls.iter().find(|(i, _)| *i == image).map_or(0, |(_, n)| *n);
    plan.failures.is_none_or(|limit| failed < limit).then_some(error)
}

fn duration(w: &mut World, node: NodeId, pull: Pull) -> Span {
    let plan = std::sync::Arc::clone(&w.plan);
    match plan.images.iter().find(|i| same(i.reference, pull.image)) {
        Some(image) if fails(w, node, pull.image).is_some() => {
            w.pod_span(Purpose::Pull, pull.pod, &image.fail_takes)
        }
        Some(image) => w.pod_span(Purpose::Pull, pull.pod, &image.pull),
        None => DEFAULT_PULL,
    }
}

/// An image that the scenario does not describe: a small one from a near registry.
const DEFAULT_PULL: Span = Span::from_secs(2);
const DEFAULT_SIZE_BYTES: u64 = 50 * 1024 * 1024;

/// A pull has ended; the next one in the queue begins.
pub fn pulled(w: &mut World, node: NodeId, id: u32) {
    let n = &mut w.nodes[node.ix()];
    let Some(at) = n.pulls.iter().position(|p| p.id == id) else { return };
    let pull = n.pulls.remove(at);
    let error = fails(w, node, pull.image);
    begin_pulls(w, node);
    if let Some(error) = error {
        let n = &mut w.nodes[node.ix()];
        match n.failed_pulls.iter_mut().find(|(i, _)| *i == pull.image) {
            Some((_, count)) => *count += 1,
            None => n.failed_pulls.push((pull.image, 1)),
        }
        fail(w, pull.pod, pull.container, error);
        return;
    }
    if !has(w, node, pull.image) {
        w.nodes[node.ix()].images.push(StoredImage { image: pull.image, pulled: true });
    }
    let bytes = w
        .plan
        .images
        .iter()
        .find(|i| same(i.reference, pull.image))
        .map_or(DEFAULT_SIZE_BYTES, |i| i.size_bytes);
    let whole_millis = |span: Span| Span::from_millis(span.micros() / 1000);
    let message = Text::PulledImage {
        image: pull.image,
        took: whole_millis(w.now.since(pull.began)),
        waited: whole_millis(w.now.since(pull.asked)),
        bytes,
    };
    events::kubelet(w, pull.pod, false, Sym::PULLED, message, Some(pull.container));
    sync::image_is_present(w, pull.pod);
}

fn fail(w: &mut World, pod: PodId, ix: ContainerIx, error: Sym) {
    let now = w.now;
    let image = w.pods[pod.ix()].container(ix).image;
    events::kubelet(
        w,
        pod,
        true,
        Sym::FAILED,
        format!("Failed to pull image \"{image}\": {error}"),
        Some(ix),
    );
    let holder = backoff_holder(w, pod, ix);
    let entry = &mut w.pods[pod.ix()].runtime.containers[usize::from(holder)].pull_backoff;
    *entry = Some(Limits::IMAGE.next(*entry, now, now));
    let reason = Sym::ERR_IMAGE_PULL;
    sync::start_fails(w, pod, reason, error, Some("Error: ErrImagePull".into()));
}
