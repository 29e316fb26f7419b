//! Volumes that are images: each sync asks for them before it starts a container (`getImageVolumes`,
//! `toKubeContainerImageVolumes`, pkg/kubelet/kuberuntime/kuberuntime_manager.go, v1.36.2).
//!
//! Two surprises: they are asked for in each sync, also in one that starts nothing, so that the event that an image is there
//! comes again and again; and one that fails keeps those containers waiting that mount it, with the reason that their own image
//! would have, and no others.

use super::images::{self, Ensured};
use super::{run, start_container};
use crate::api::{Sym, Text};
use crate::time::Span;
use crate::world::kubelet::ImageOf;
use crate::world::{ContainerIx, PodId, Purpose, World};

/// The run turns to the next volume that is an image: how long the first look for it takes. None: there is none any more.
pub fn next(w: &mut World, pod: PodId) -> Option<Span> {
    if !w.gates.image_volume {
        return None;
    }
    let seen = w.worker(pod)?.run.as_ref()?.volumes_seen;
    let volumes = &w.pods[pod.ix()].spec.volumes;
    let found = volumes.iter().skip(usize::from(seen)).position(|volume| volume.image.is_some());
    let at = found.and_then(|found| u16::try_from(found).ok()).map(|found| seen + found)?;
    run::get(w, pod)?.volumes_seen = at;
    let number = w.instant() ^ (u64::from(at) << 48);
    Some(w.pod_span(Purpose::Inspect, pod, number, &w.plan.latency.inspect_image))
}

/// The image of the volume of now is looked for; false: it is being pulled.
pub fn ensure(w: &mut World, pod: PodId) -> bool {
    let Some(at) = run::get(w, pod).map(|run| run.volumes_seen) else { return false };
    match images::ensure(w, pod, ImageOf::Volume(at)) {
        Ensured::Pulls => return false,
        Ensured::Fails(reason, message) => fails(w, pod, at, reason, message),
        Ensured::Present | Ensured::Nowhere => {}
    }
    over(w, pod);
    true
}

/// A volume's pull has ended.
pub fn pulled(w: &mut World, pod: PodId, at: u16, error: Option<Sym>) {
    if let Some(error) = error
        && let Some((reason, message)) = images::fails(w, pod, ImageOf::Volume(at), error)
    {
        fails(w, pod, at, reason, message);
    }
    over(w, pod);
}

fn over(w: &mut World, pod: PodId) {
    if let Some(run) = run::get(w, pod) {
        run.volumes_seen += 1;
    }
}

fn fails(w: &mut World, pod: PodId, at: u16, reason: Sym, message: Text) {
    if let Some(run) = run::get(w, pod) {
        run.imageless.push((at, reason, message));
    }
}

/// Whether the front container cannot start because a volume that it mounts has no image: the last such one says why.
pub fn is_lost(w: &mut World, pod: PodId, ix: ContainerIx) -> bool {
    let Some(run) = run::get(w, pod).filter(|run| !run.imageless.is_empty()) else { return false };
    let lost = run.imageless.clone();
    let p = &w.pods[pod.ix()];
    let mounts = p.container(ix).volume_mounts.iter();
    let places = mounts.filter_map(|mount| p.spec.volumes.iter().position(|own| own.name == mount.name));
    let why = |place: usize| lost.iter().find(|(at, ..)| usize::from(*at) == place).copied();
    let all: Vec<(u16, Sym, Text)> = places.filter_map(why).collect();
    for (_, reason, message) in &all {
        start_container::no_image(w, pod, *reason, *message);
    }
    !all.is_empty()
}
