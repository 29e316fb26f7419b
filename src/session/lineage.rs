//! What every component knew of one pod, step by step.
//!
//! Nobody writes this down while a run is played: the run is played again and the pod is looked at after each step. So the
//! plain run pays nothing, and no actor has to remember to tell.

use std::sync::Arc;

use super::Walk;
use super::kept::Scout;
use crate::api::{PodStatus, ProbeKind, RuntimeContainer, Sym, Text};
use crate::time::Time;
use crate::world::worker::{KillStage, Work};
use crate::world::{ContainerIx, Local, NodeId, PodId, World};

/// A value at the steps at which it changed.
#[derive(Clone, Debug)]
pub struct Track<T> {
    changes: Vec<(u64, T)>,
}

impl<T> Default for Track<T> {
    fn default() -> Track<T> {
        Track { changes: Vec::new() }
    }
}

impl<T> Track<T> {
    fn note(&mut self, step: u64, same: impl FnOnce(&T) -> bool, value: impl FnOnce() -> T) {
        if !self.changes.last().is_some_and(|(_, last)| same(last)) {
            self.changes.push((step, value()));
        }
    }
    fn until(&self, step: u64) -> &[(u64, T)] {
        &self.changes[..self.changes.partition_point(|(at, _)| *at <= step)]
    }
    /// The value after this step, and since when.
    pub fn at(&self, step: u64) -> Option<(u64, &T)> {
        self.until(step).last().map(|(at, value)| (*at, value))
    }
    /// The last time, at this step or before, that the value came to be so; it may have changed since.
    pub fn last(&self, step: u64, so: impl Fn(&T) -> bool) -> Option<(u64, &T)> {
        let list = self.until(step);
        let end = list.iter().rposition(|(_, value)| so(value))?;
        let begin = list[..end].iter().rposition(|(_, value)| !so(value)).map_or(0, |before| before + 1);
        Some((list[begin].0, &list[begin].1))
    }
}

/// What is known of one container.
#[derive(Clone, Debug, Default)]
pub struct ContainerTracks {
    /// The newest instance as the runtime has it.
    pub live: Track<Option<RuntimeContainer>>,
    /// The newest instance as the kubelet's last relist saw it.
    pub seen: Track<Option<RuntimeContainer>>,
    /// Why its last start failed, as the kubelet remembers it.
    pub start_failure: Track<Option<(Sym, Text)>>,
    /// Stored results, by [`ProbeKind::ix`].
    pub probes: [Track<Option<bool>>; ProbeKind::ALL.len()],
    pub kill: Track<Option<KillStage>>,
}

#[derive(Clone)]
pub struct Lineage {
    pub pod: PodId,
    /// The step up to which it has been looked at.
    known: u64,
    /// Who looks; None: nobody has set out yet.
    pub(super) scout: Option<Scout>,
    /// As the API server has it.
    pub published: Track<Arc<PodStatus>>,
    /// As the kubelet computed it last.
    pub computed: Track<Option<Arc<PodStatus>>>,
    pub containers: Vec<ContainerTracks>,
    pub sandbox_ready: Track<bool>,
    pub deletion: Track<Option<Time>>,
    pub deletion_seen: Track<bool>,
    pub node: Track<Option<NodeId>>,
    pub known_to_kubelet: Track<bool>,
    pub work: Track<Option<Work>>,
    pub exists: Track<bool>,
    pub mounted: Track<bool>,
}

impl Lineage {
    /// From a step of the run on after which there was no such pod yet.
    pub fn new(pod: PodId, step: u64) -> Lineage {
        Lineage {
            pod,
            known: step,
            scout: None,
            published: Track::default(),
            computed: Track::default(),
            containers: Vec::new(),
            sandbox_ready: Track::default(),
            deletion: Track::default(),
            deletion_seen: Track::default(),
            node: Track::default(),
            known_to_kubelet: Track::default(),
            work: Track::default(),
            exists: Track::default(),
            mounted: Track::default(),
        }
    }

    /// Of a chain that does not come to a pod.
    pub fn of_nobody() -> Lineage {
        Lineage::new(PodId(0), 0)
    }

    /// Whether who looks may come to stand right after this step, while the walk stands after step `here`.
    pub fn may_stand_at(&self, step: u64, here: u64) -> bool {
        let is_there =
            || self.scout.as_ref().is_some_and(|scout| scout.is_from(here) && scout.step() == step);
        self.known < step || is_there()
    }

    fn look(&mut self, w: &World) {
        let step = w.step;
        let Some(p) = w.find_local(self.pod) else { return };
        let worker = p.worker;
        self.exists.note(step, |was| *was == p.exists, || p.exists);
        self.node.note(step, |was| *was == p.node, || p.node);
        let deleted = p.deletion.map(|d| d.at);
        self.deletion.note(step, |was| *was == deleted, || deleted);
        self.published.note(step, |was| **was == *p.status.read(), || Arc::new(p.status.read().into_owned()));
        let computed = p.computed().map(|status| status.read());
        self.computed.note(
            step,
            |was| was.as_deref() == computed.as_deref(),
            || computed.as_deref().map(|status| Arc::new(status.clone())),
        );
        self.known_to_kubelet.note(step, |was| *was == worker.is_some(), || worker.is_some());
        let seen = worker.is_some_and(|worker| worker.deletion.is_some());
        self.deletion_seen.note(step, |was| *was == seen, || seen);
        let work = worker.map(|worker| worker.work);
        self.work.note(step, |was| *was == work, || work);
        let mounted = worker.is_some_and(|worker| worker.mounted);
        self.mounted.note(step, |was| *was == mounted, || mounted);
        // Put together once: of a pod that is over it is in pieces.
        let live = p.live();
        let seen = if p.rest.is_some() { Some(&*live) } else { worker.map(|worker| &*worker.cache.status) };
        let ready = live.sandboxes.iter().any(|sandbox| sandbox.ready);
        self.sandbox_ready.note(step, |was| *was == ready, || ready);
        if self.containers.len() < p.container_count() {
            self.containers.resize_with(p.container_count(), ContainerTracks::default);
        }
        for ix in p.container_ixs() {
            let name = p.container(ix).name;
            let seen = seen.and_then(|seen| seen.newest(name));
            look_at(&mut self.containers[ix.ix()], step, p, ix, [live.newest(name), seen]);
        }
    }
}

impl Walk {
    /// Looks on at a pod until after this step, but by no more than so many steps; whether that is known.
    pub(super) fn follow(&mut self, lineage: &mut Lineage, step: u64, most: usize) -> bool {
        if lineage.known >= step {
            return true;
        }
        // One that has set out from elsewhere is called back, and another one comes to where it was.
        let here = lineage.scout.take().filter(|scout| scout.is_from(self.position()));
        let mut scout = here.unwrap_or_else(|| {
            let mut scout = match lineage.known == self.position() {
                true => Scout::here(&mut self.session),
                false => {
                    self.checkpoints.make_room(&mut self.session, lineage.known);
                    self.checkpoints.scout(&self.session, lineage.known)
                }
            };
            scout.looks_alone();
            scout
        });
        scout.enter(&mut self.session);
        let (session, mut is_over) = (&mut self.session, false);
        for _ in 0..most {
            is_over = session.world.step >= step || session.play().is_none();
            if is_over {
                break;
            }
            let w = &mut session.world;
            w.outbox.clear();
            w.asides.iter_mut().for_each(Vec::clear);
            w.figures.iter_mut().for_each(Vec::clear);
            if w.step > lineage.known {
                lineage.known = w.step;
                lineage.look(w);
            }
        }
        scout.leave(&mut self.session);
        lineage.scout = Some(scout);
        is_over || lineage.known >= step
    }
}

/// `live` and `seen`: its newest instance as the runtime has it, and as the kubelet has seen it.
fn look_at(
    tracks: &mut ContainerTracks,
    step: u64,
    p: Local<'_>,
    ix: ContainerIx,
    [live, seen]: [Option<&RuntimeContainer>; 2],
) {
    tracks.live.note(step, |was| was.as_ref() == live, || live.copied());
    tracks.seen.note(step, |was| was.as_ref() == seen, || seen.copied());
    let memory = p.memory(ix);
    let reason = memory.and_then(|memory| memory.reason);
    tracks.start_failure.note(step, |was| *was == reason, || reason);
    for (track, kind) in tracks.probes.iter_mut().zip(ProbeKind::ALL) {
        let prober = memory.and_then(|memory| memory.probers.get(kind));
        let result = prober.and_then(|prober| prober.result);
        track.note(step, |was| *was == result, || result);
    }
    let stage = memory.and_then(|memory| memory.kill.as_deref()).map(|kill| kill.stage);
    tracks.kill.note(step, |was| *was == stage, || stage);
}
