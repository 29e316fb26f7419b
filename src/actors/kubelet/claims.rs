//! Volumes of claims: they are mounted once the controller has attached them, and their files get the pod's group first
//! (pkg/kubelet/volumemanager/reconciler/reconciler_common.go: `waitForVolumeAttach`, `mountAttachedVolumes`;
//! pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go: `getPVCExtractPV`;
//! `GenerateVerifyControllerAttachedVolumeFunc`, pkg/volume/util/operationexecutor/operation_generator.go).
//!
//! Nothing of this is told in events while it goes well or waits. The kubelet does not even look whether a volume is
//! attached before its node's status, written every ten seconds, counts it among those in use; then it looks with a
//! back-off of its own, so that a volume that took a minute to come may lie there for half a minute more.

use super::mounts::{self, RETRY_LATE_SPREAD_MICROS};
use crate::actors::{attach_detach, events};
use crate::api::{Note, Sym};
use crate::rules::kubelet::{volume_ownership as ownership, volume_plugins};
use crate::scenario::plan::ObjectKind;
use crate::time::{Span, Time, next_on_grid};
use crate::world::volumes::{ClaimIx, ClaimMount, ClaimMounts, MountStage, VolumeIx};
use crate::world::worker::Work;
use crate::world::{ApiObject, NodeId, PodId, Purpose, SimEvent, World};

/// From a pod's last look at its volumes to the devices' end on the node: two rounds of the reconciler.
const UNMOUNT_DEVICE: Span = Span::from_millis(200);

/// Why the volume manager cannot take in the pod's volumes, in the words of its error: a claim is not there or not bound,
/// or no plugin is for a volume.
pub fn refused(w: &World, pod: PodId) -> Option<String> {
    let p = &w.pods[pod.ix()];
    let namespace = p.ident.namespace;
    let mut names = Vec::new();
    let mut errors = Vec::new();
    for volume in &p.spec.volumes {
        let Some(claim) = volume.persistent_volume_claim.as_ref().map(|claim| &claim.claim_name) else {
            if let Some(why) = volume_plugins::no_plugin(volume) {
                names.push(volume.name.as_str());
                errors.push(why);
            }
            continue;
        };
        let Some(ix) = w.find_object(ObjectKind::PersistentVolumeClaim, namespace, claim) else { continue };
        let cause = match &w.objects[ix] {
            object if !object.exists => {
                format!("failed to fetch PVC from API server: persistentvolumeclaims \"{claim}\" not found")
            }
            object if !object.bound => "PVC is not bound".to_owned(),
            ApiObject { claim: Some(own), .. } if own.has_no_plugin => {
                names.push(volume.name.as_str());
                errors.push(volume_plugins::not_matched(&own.volume_name));
                continue;
            }
            _ => continue,
        };
        names.push(volume.name.as_str());
        errors.push(format!("error processing PVC {namespace}/{claim}: {cause}"));
    }
    if names.is_empty() {
        return None;
    }
    names.sort_unstable();
    errors.sort_unstable();
    let (names, errors) = (names.join(" "), errors.join("; "));
    Some(format!(
        "Unable to attach or mount volumes: unmounted volumes=[{names}], unattached volumes=[], \
         failed to process volumes=[{names}]: {errors}"
    ))
}

/// The kubelet sees the pod for the first time: its claims are on their way from now on.
pub fn begin(w: &mut World, pod: PodId, node: NodeId, others: bool) {
    let volumes = w.volumes_of(pod).into_iter().filter(|volume| takes_time(w, pod, *volume));
    let stage = |volume: VolumeIx| match w.is_attachable(volume) {
        true if !w.volumes.list[usize::from(volume)].reported_in_use.contains(&node) => MountStage::NotInUse,
        true => MountStage::NotAttached { looks: 0 },
        false => MountStage::Mounting,
    };
    let claims: Vec<ClaimMount> = volumes.map(|volume| ClaimMount { volume, stage: stage(volume) }).collect();
    if claims.is_empty() {
        return;
    }
    let stages: Vec<MountStage> = claims.iter().map(|claim| claim.stage).collect();
    if let Some(worker) = w.worker_mut(pod) {
        worker.claims = Some(Box::new(ClaimMounts { others, claims }));
    }
    for (at, stage) in stages.into_iter().enumerate() {
        match stage {
            MountStage::NotInUse => want_status(w, node, w.now + mounts::FIRST_TRY),
            MountStage::Mounting => mount(w, pod, at),
            _ => look_after(w, pod, at, mounts::FIRST_TRY),
        }
    }
}

/// Whether there is more to a claim than `[latency] volumes`.
fn takes_time(w: &World, pod: PodId, volume: VolumeIx) -> bool {
    w.is_attachable(volume)
        || w.claim_plan(volume).is_some_and(|claim| claim.mount.is_some())
        || fs_group_change(w, pod, volume).is_some()
}

/// How far the pod's claims are.
fn mounts_of(w: &World, pod: PodId) -> Option<&ClaimMounts> {
    w.worker(pod)?.claims.as_deref()
}

/// Whether something of the pod's claims is not mounted yet.
pub fn pending(w: &World, pod: PodId) -> bool {
    mounts_of(w, pod)
        .is_some_and(|mounts| mounts.claims.iter().any(|claim| claim.stage != MountStage::Mounted))
}

/// All volumes but those of claims are mounted.
pub fn others_mounted(w: &mut World, pod: PodId) {
    if let Some(mounts) = w.worker_mut(pod).and_then(|worker| worker.claims.as_deref_mut()) {
        mounts.others = true;
    }
}

fn look_after(w: &mut World, pod: PodId, at: usize, delay: Span) {
    let late = w
        .claim_draw(Purpose::ClaimRetry, pod, name_at(w, pod, at), w.instant())
        .below(RETRY_LATE_SPREAD_MICROS) as i64;
    queue(w, pod, at, delay + Span::from_micros(late));
}

fn queue(w: &mut World, pod: PodId, at: usize, delay: Span) {
    let Some(node) = w.worker(pod).map(|worker| worker.node) else { return };
    let generation = w.machines[node.ix()].incarnation;
    w.after(delay, SimEvent::ClaimMount { pod, claim: ClaimIx::new(at), generation });
}

fn set_stage(w: &mut World, pod: PodId, at: usize, stage: MountStage) {
    let mounts = w.worker_mut(pod).and_then(|worker| worker.claims.as_deref_mut());
    if let Some(claim) = mounts.and_then(|mounts| mounts.claims.get_mut(at)) {
        claim.stage = stage;
    }
}

/// A claim of a pod goes on.
pub fn go_on(w: &mut World, pod: PodId, claim: ClaimIx) {
    let at = claim.ix();
    let Some(worker) = w.worker_mut(pod) else { return };
    if worker.work != Work::Sync {
        worker.claims = None;
        return;
    }
    let node = worker.node;
    let Some(claim) = mounts_of(w, pod).and_then(|mounts| mounts.claims.get(at)).copied() else { return };
    match claim.stage {
        MountStage::NotInUse | MountStage::Mounted => {}
        MountStage::NotAttached { looks } => {
            if w.volumes.list[usize::from(claim.volume)].is_attached(node) {
                mount(w, pod, at);
            } else {
                set_stage(w, pod, at, MountStage::NotAttached { looks: looks + 1 });
                look_after(w, pod, at, mounts::back_off(looks) + mounts::RETRY_LATE);
            }
        }
        MountStage::Mounting => mounted(w, pod, at),
        MountStage::Ownership { began, takes } => {
            if w.now >= began + takes {
                done(w, pod, at);
            } else {
                tell_progress(w, pod, at, began, takes);
            }
        }
    }
}

/// The volume is at hand: it is mounted.
fn mount(w: &mut World, pod: PodId, at: usize) {
    let Some(volume) = volume_at(w, pod, at) else { return };
    let own = w.claim_plan(volume).and_then(|claim| claim.mount.clone());
    let takes = match own {
        Some(latency) => attach_detach::sample(w, volume, &latency),
        None => {
            let (name, number) = (name_at(w, pod, at), w.instant());
            w.plan.latency.volumes.sample_by(|| w.claim_draw(Purpose::ClaimMount, pod, name, number))
        }
    };
    set_stage(w, pod, at, MountStage::Mounting);
    queue(w, pod, at, takes);
}

fn volume_at(w: &World, pod: PodId, at: usize) -> Option<VolumeIx> {
    mounts_of(w, pod)?.claims.get(at).map(|claim| claim.volume)
}

/// The name of the claim.
fn name_at(w: &World, pod: PodId, at: usize) -> Sym {
    let object = volume_at(w, pod, at).map(|volume| w.volumes.list[usize::from(volume)].object);
    object.map_or(Sym::EMPTY, |object| w.objects[object].name)
}

/// The group that the volume's files get first, if they do.
fn fs_group_change(w: &World, pod: PodId, volume: VolumeIx) -> Option<i64> {
    let claim = w.claim_plan(volume)?;
    let context = w.pods[pod.ix()].spec.security_context.as_ref()?;
    let group = context.rest.get("fsGroup").and_then(serde_json::Value::as_i64);
    let policy = context.rest.get("fsGroupChangePolicy").and_then(serde_json::Value::as_str);
    let root = w.volumes.list[usize::from(volume)].group;
    group.filter(|_| ownership::changes(group, policy, &claim.access_modes, root))
}

/// The file system is mounted; its files may get another group.
fn mounted(w: &mut World, pod: PodId, at: usize) {
    let Some(volume) = volume_at(w, pod, at) else { return };
    let change = w.claim_plan(volume).map(|claim| claim.fs_group_change.clone());
    let (Some(_), Some(change)) = (fs_group_change(w, pod, volume), change) else {
        done(w, pod, at);
        return;
    };
    let takes = attach_detach::sample(w, volume, &change);
    set_stage(w, pod, at, MountStage::Ownership { began: w.now, takes });
    queue(w, pod, at, takes.min(ownership::FIRST_REPORT));
}

/// A change of many files' group says how far it is.
fn tell_progress(w: &mut World, pod: PodId, at: usize, began: Time, takes: Span) {
    let Some(volume) = volume_at(w, pod, at) else { return };
    let Some((name, files)) = w.claim_plan(volume).map(|claim| (claim.volume_name, claim.files)) else {
        return;
    };
    let elapsed = w.now.since(began);
    if ownership::is_told(&w.gates) {
        let words = if elapsed <= ownership::FIRST_REPORT {
            ownership::first_words(name)
        } else {
            ownership::progress_words(name, ownership::processed(files, elapsed, takes))
        };
        events::kubelet(w, pod, Note::warning(Sym::VOLUME_PERMISSION_CHANGE, words));
    }
    queue(w, pod, at, ownership::REPORT_PERIOD.min(takes - elapsed));
}

/// One of the pod's claims is mounted; with the last of all its volumes the pod is.
fn done(w: &mut World, pod: PodId, at: usize) {
    if let Some(volume) = volume_at(w, pod, at)
        && let Some(group) = fs_group_change(w, pod, volume)
    {
        w.volumes.list[usize::from(volume)].group = Some(group);
    }
    set_stage(w, pod, at, MountStage::Mounted);
    if !pending(w, pod) && mounts_of(w, pod).is_some_and(|mounts| mounts.others) {
        mounts::all_mounted(w, pod);
    }
}

/// The pod's volumes are unmounted: once the devices are too, the node's status says so.
pub fn unmounted(w: &mut World, pod: PodId, node: NodeId) {
    if let Some(worker) = w.worker_mut(pod) {
        worker.claims = None;
    }
    if w.volumes_of(pod).into_iter().any(|volume| w.is_attachable(volume)) {
        want_status(w, node, w.now + UNMOUNT_DEVICE);
    }
}

/// The kubelet is up again and writes its node's status.
pub fn kubelet_started(w: &mut World, node: NodeId) {
    if !w.volumes.list.is_empty() {
        let generation = w.machines[node.ix()].incarnation;
        w.after(Span::ZERO, SimEvent::NodeStatus { node, generation });
    }
}

/// Asks for the node status that is written at or after an instant (`syncNodeStatus`, every `nodeStatusUpdateFrequency`).
fn want_status(w: &mut World, node: NodeId, at: Time) {
    let n = &w.machines[node.ix()];
    let (period, generation) = (n.config.node_status_update_frequency, n.incarnation);
    let anchor = crate::actors::heartbeats::status_anchor(w, node, period);
    let at = next_on_grid(anchor, period, at);
    w.at(at, SimEvent::NodeStatus { node, generation });
}

/// The node's status is written: `volumesInUse` is what the kubelet's pods need or still hold.
pub fn write_status(w: &mut World, node: NodeId) {
    for volume in VolumeIx::all(w.volumes.list.len()) {
        let held = w.volumes.list[usize::from(volume)].users.iter().any(|pod| holds(w, *pod, node));
        let reported = &mut w.volumes.list[usize::from(volume)].reported_in_use;
        reported.retain(|other| *other != node);
        if held {
            reported.push(node);
            look(w, volume, node);
        }
    }
    attach_detach::node_changed(w);
}

/// Whether the kubelet of a node has taken in the pod's volumes and not let go of them.
fn holds(w: &World, pod: PodId, node: NodeId) -> bool {
    let worker = w.worker(pod);
    worker.is_some_and(|worker| {
        worker.node == node
            && worker.work != Work::Finished
            && (worker.mounted || worker.mount_began.is_some())
    })
}

/// A volume counts as in use: pods that wait for it may look whether it is attached.
fn look(w: &mut World, volume: VolumeIx, node: NodeId) {
    let waits = |claim: &ClaimMount| claim.volume == volume && claim.stage == MountStage::NotInUse;
    let Some(kubelet) = w.kubelet(node) else { return };
    let of_pod = |pod: &PodId| Some((*pod, mounts_of(w, *pod)?.claims.iter().position(waits)?));
    let mut waiting: Vec<(PodId, usize)> = kubelet.taken.pods.iter().filter_map(of_pod).collect();
    waiting.sort_unstable();
    for (pod, at) in waiting {
        set_stage(w, pod, at, MountStage::NotAttached { looks: 0 });
        look_after(w, pod, at, mounts::RETRY_LATE);
    }
}
