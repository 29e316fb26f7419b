//! A pod of a given cluster is put where it was: its object, what its machine has of it, and what its kubelet knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::actors::api_server::{self, FoundPod};
use crate::actors::kubelet::intake::{self, Known};
use crate::actors::kubelet::prober::{self, Resumed};
use crate::actors::kubelet::{pleg, pod_worker};
use crate::actors::pod_gc::queue as pod_gc;
use crate::actors::watch::{self, News};
use crate::actors::{runtime, scheduler};
use crate::api::{
    ContainerId, ContainerState, InstanceState, ProbeKind, RuntimeContainer, RuntimeSandbox, RuntimeStatus,
    Sym, Terminated, Text,
};
use crate::engine::{Distribution, random};
use crate::rules::kubelet::images::{self, PullMemory};
use crate::rules::kubelet::reasons;
use crate::rules::machinery::backoff::{Entry, Limits};
use crate::scenario::given::past::{Begin, Stood, Was};
use crate::scenario::given::{GivenPod, Player, SetUp};
use crate::scenario::plan::{Attempt, OnTerm};
use crate::time::{Span, Time};
use crate::world::worker::ContainerMemory;
use crate::world::{ContainerIx, NodeId, PodId, Purpose, SimEvent, World, addresses};

/// When all of it was, with the parts of the seconds.
pub struct When {
    /// The pod's play begins.
    pub begins: Time,
    /// It was created.
    created: Time,
    /// Its deletion is asked for.
    pub deleted: Option<Time>,
    /// By container: its newest instance began, and ends.
    containers: SmallVec<[(Option<Time>, Option<Time>); 2]>,
}

/// What goes before an event that a play begins with: whatever was under way is over by then.
const QUIET: Span = Span::from_millis(1_500);

impl When {
    /// When its containers began, in their order.
    pub fn starts(&self) -> impl Iterator<Item = Option<Time>> {
        self.containers.iter().map(|(began, _)| *began)
    }

    /// When the first of its containers began.
    pub fn first_start(&self) -> Option<Time> {
        self.starts().flatten().min()
    }

    /// Draws what the printed seconds leave open.
    pub fn of(w: &World, up: &SetUp, ix: usize, throw: u32) -> When {
        let player = &up.players[ix];
        let (now, past) = (up.given.now, &player.past);
        let part = |which| part_of_second(w, player.entity, throw, which, Span::from_secs(1));
        // Of the second that is not over yet only the part before the present counts.
        let exact = |at: Time, which| {
            let open = now.since(at).min(Span::from_secs(1)).max(Span::from_micros(1));
            at + part_of_second(w, player.entity, throw, which, open)
        };
        let containers: SmallVec<[(Option<Time>, Option<Time>); 2]> = (0..)
            .zip(&past.containers)
            .map(|(ix, own)| {
                let began = own.began().map(|at| exact(at, 8 + 2 * ix));
                let ends = own.ends.and_then(|ended| ended.finished_at).map(|at| exact(at, 9 + 2 * ix));
                // One that began and ended in one second began first.
                let began = match (began, ends) {
                    (Some(began), Some(ends)) => Some(began.min(ends)),
                    _ => began,
                };
                (began, ends)
            })
            .collect();
        let asked = match past.begin {
            Begin::Deletion(at) => Some(at),
            Begin::Silent => past.asked_to_go.map(|(at, _)| at),
            _ => None,
        };
        let deleted = asked.map(|at| exact(at, 1));
        let quiet = |at: Time| at - QUIET;
        let first_end = || containers.iter().filter_map(|(_, ends)| *ends).min();
        let last_start = || containers.iter().filter_map(|(began, _)| *began).max();
        let settled = now - Span::from_millis(4_500) - part(2);
        // One that has been waiting for longer than an attempt takes was refused: it is refused again, once all others are there.
        let refused = now - Span::from_millis(400);
        let begins = match past.begin {
            Begin::Over => now - Span::from_micros(1),
            Begin::Settled => settled.min(now - player.looks_back),
            Begin::Unbound(at) => exact(at, 3).max(refused),
            Begin::Bound(at) => exact(at, 3),
            Begin::End(_) => first_end().map_or(settled, quiet),
            Begin::Start(_) => last_start().unwrap_or(settled),
            Begin::Deletion(_) | Begin::Silent => deleted.map_or(settled, quiet),
        };
        let created = up.given.pods[ix].pod.created().map_or(begins, |at| at + part(0)).min(begins);
        When { begins: begins.max(w.plan.start), created, deleted, containers }
    }
}

/// From the binding of a pod to the first start of a container of it, which takes its number before the image is pulled.
const BEGINS: Span = Span::from_millis(400);

/// By pod: how many starts of those with whom it counts them came before the newest of its own. Who began first in one second is
/// drawn with the parts of the seconds.
pub fn earlier(up: &SetUp, whens: &[When]) -> Vec<u32> {
    let mut groups: BTreeMap<usize, Vec<(usize, Time, u32)>> = BTreeMap::new();
    for (ix, (player, when)) in up.players.iter().zip(whens).enumerate() {
        let Some(group) = player.shares else { continue };
        let newest = when.containers.iter().filter_map(|(began, _)| *began).max();
        let made = player.past.containers.iter().map(starts_of).max().unwrap_or(0);
        let begun = match (newest, player.past.begin) {
            (Some(at), _) => Some((at, made)),
            (None, Begin::Bound(_)) => Some((when.begins + BEGINS, made.max(1))),
            _ => None,
        };
        groups.entry(group).or_default().extend(begun.map(|(at, made)| (ix, at, made)));
    }
    let mut earlier = vec![0; up.players.len()];
    for all in groups.values_mut() {
        all.sort_by_key(|(ix, at, _)| (*at, *ix));
        let total: u32 = all.iter().map(|(.., made)| made).sum();
        let mut later = u32::try_from(all.len()).unwrap_or(0);
        for (ix, _, made) in all.iter() {
            // Of those that began again later all but the newest start came before.
            later -= 1;
            earlier[*ix] = total.saturating_sub(*made).saturating_sub(later);
        }
    }
    earlier
}

/// How many starts there were of a container.
fn starts_of(own: &Stood) -> u32 {
    u32::try_from(if own.was == Was::Absent { own.number } else { own.number + 1 }).unwrap_or(0)
}

/// Puts a pod where its play begins; so many starts that count with its own came before. Of one that is kept from its node no
/// scheduler hears.
pub fn put(
    w: &mut World,
    up: &SetUp,
    ix: usize,
    when: &When,
    (throw, is_kept): (u32, bool),
    earlier: u32,
) -> PodId {
    let (player, given) = (&up.players[ix], &up.given.pods[ix]);
    let node = player.node.map(NodeId::new);
    let own = &given.pod;
    let pod = api_server::found_pod(
        w,
        FoundPod {
            template: player.template,
            name: Sym::new(&own.meta.name),
            uid: Sym::new(&own.meta.uid),
            entity: if throw == 0 { player.entity } else { random::part(player.entity, u64::from(throw)) },
            created: when.created,
            node: node.filter(|_| !matches!(player.past.begin, Begin::Unbound(_))),
            owners: (!given.owners.is_empty()).then(|| Arc::clone(&given.owners)),
            generation: own.meta.generation,
            status: if is_kept { given.pod.status.clone() } else { player.status.clone() },
        },
    );
    starts(w, player, pod, earlier);
    exact_ages(w, up, pod, when);
    match (player.past.begin, node) {
        (Begin::Over, _) => pod_gc::ended(w, pod),
        (Begin::Unbound(_), _) if is_kept => {}
        (Begin::Unbound(_), _) => scheduler::pod_added(w, pod),
        (Begin::Bound(_), _) => watch::tell(w, News::PodCreated { pod }),
        (Begin::Silent, Some(node)) => scheduler::pod_assigned(w, pod, node),
        (_, Some(node)) if up.is_left_alone(player) => scheduler::pod_assigned(w, pod, node),
        (begin, Some(node)) if is_in_the_middle(begin) => in_the_middle(w, up, ix, pod, node, when),
        _ => {}
    }
    pod
}

/// What has lasted for an age by printed seconds has lasted for this one here, where it has begun at an instant: by the printed one what is
/// still to come would be late by the parts of their seconds.
fn exact_ages(w: &mut World, up: &SetUp, pod: PodId, when: &When) {
    let behavior = &mut w.places[pod.ix()].runtime.behavior;
    let is_aged = |of: &Distribution| matches!(of, Distribution::Unknown(own) if own.age > Span::ZERO);
    let is_open = |attempt: &Attempt| {
        attempt.boots.as_ref().is_some_and(|(boots, _)| is_aged(boots))
            || attempt.runs.as_ref().is_some_and(is_aged)
            || matches!(&attempt.on_term, OnTerm::After { after, .. } if is_aged(after))
    };
    if !behavior.containers.iter().any(|own| own.attempts.iter().any(is_open)) {
        return;
    }
    let since = |of: &mut Distribution, at: Option<Time>| {
        if let (Distribution::Unknown(own), Some(at)) = (of, at)
            && own.age > Span::ZERO
        {
            own.age = up.given.now.since(at).max(Span::from_micros(1));
        }
    };
    for (own, (began, _)) in Arc::make_mut(behavior).containers.iter_mut().zip(&when.containers) {
        for attempt in &mut own.attempts {
            if let Some((boots, _)) = &mut attempt.boots {
                since(boots, *began);
            }
            if let Some(runs) = &mut attempt.runs {
                since(runs, *began);
            }
            if let OnTerm::After { after, .. } = &mut attempt.on_term {
                since(after, when.deleted);
            }
        }
    }
}

/// How many starts of its containers there were, and so which attempt of its behaviour each plays.
fn starts(w: &mut World, player: &Player, pod: PodId, earlier: u32) {
    let runs = &mut w.places[pod.ix()].runtime.containers;
    for (run, own) in runs.iter_mut().zip(&player.past.containers) {
        let made = starts_of(own);
        (run.generation, run.tries) = (made, made + earlier);
        run.attempt = (made + earlier).saturating_sub(1);
        run.played = [run.attempt, run.attempt.saturating_sub(1)];
    }
}

/// A pod whose containers have run.
fn in_the_middle(w: &mut World, up: &SetUp, ix: usize, pod: PodId, node: NodeId, when: &When) {
    let (player, given) = (&up.players[ix], &up.given.pods[ix]);
    scheduler::pod_assigned(w, pod, node);
    let starting = match player.past.begin {
        Begin::Start(at) => Some(at),
        _ => None,
    };
    let mut live = sandbox(w, given, pod);
    let mut cache = live.clone();
    let mut memory: SmallVec<[ContainerMemory; 2]> = SmallVec::new();
    for (own, (began, _)) in player.past.containers.iter().zip(&when.containers) {
        let at = ContainerIx::new(memory.len());
        let instances = instances(w, given, pod, at, own, *began);
        cache.containers.extend(instances.iter().skip(usize::from(is_new(own, starting))).copied());
        live.containers.extend(instances);
        memory.push(remembers(w, given, pod, at, own, *began));
    }
    memory.resize(w.pods[pod.ix()].container_count(), ContainerMemory::default());
    let place = &mut w.places[pod.ix()].runtime;
    place.live = Arc::new(live);
    place.sandbox_starts = 1;
    let pulls = pulls(w, up, given, pod, when);
    let known = Known { cache, memory, pulls, has_just_acted: starting.is_some() };
    intake::resume(w, pod, node, known);
    processes(w, up, player, pod, when);
    if starting.is_some() {
        pleg::touched(w, pod);
        if w.gates.pleg_on_demand_relist {
            w.after(RELIST, SimEvent::RelistPod { pod });
        }
        if is_awaited(w, up, ix, pod, when) {
            pod_worker::update_pod(w, pod);
        }
    } else {
        pod_worker::update_pod(w, pod);
    }
    probing(w, up, player, given, pod);
}

/// From a pod's `startTime` to its sandbox, as far as the recorded ones tell: volumes, and what the runtime takes.
const SANDBOX: Span = Span::from_millis(600);

/// Whether the run that has made a pod's first containers is followed by another, which waits for a newer cache: a relist has told
/// meanwhile that the sandbox runs, as long as its images took to come. The first look at the pod is that run's then, and what the
/// relist tells of the containers comes on top.
fn is_awaited(w: &World, up: &SetUp, ix: usize, pod: PodId, when: &When) -> bool {
    let (player, given) = (&up.players[ix], &up.given.pods[ix]);
    let is_first = player.past.containers.iter().all(|own| own.number == 0);
    let (Some(began), Some(since)) = (when.first_start(), given.pod.status.start_time) else { return false };
    let pulled = began.since(since + SANDBOX);
    is_first && part_of_second(w, w.pods[pod.ix()].entity, 0, 5, Span::from_secs(1)) < pulled
}

/// Whether the newest instance of a container has just begun where a play begins with a start.
fn is_new(own: &Stood, starting: Option<Time>) -> bool {
    matches!(own.was, Was::Running(began) if starting.is_some_and(|at| began >= at))
}

/// From a run that has started something to the look that it asks for.
const RELIST: Span = Span::from_millis(3);

/// The pod's sandbox runs, with its address; of one that is not printed it has any.
fn sandbox(w: &mut World, given: &GivenPod, pod: PodId) -> RuntimeStatus {
    let host_network = w.pods[pod.ix()].spec.host_network;
    let shown = given.pod.status.pod_ips.first().copied().filter(|_| !host_network);
    let ip = match shown {
        Some(ip) => ip,
        None if host_network => Sym::EMPTY,
        None => {
            let address = w.addresses.take(w.pods[pod.ix()].entity >> 17);
            w.places[pod.ix()].runtime.address = Some(address);
            addresses::spelled(address)
        }
    };
    let sandbox = RuntimeSandbox {
        id: Sym::FIRST_SANDBOX,
        attempt: 0,
        ready: true,
        ip,
        host_network,
        no_network: false,
    };
    RuntimeStatus {
        ips: [ip].into_iter().filter(|ip| !ip.is_empty()).collect(),
        sandboxes: [sandbox].into_iter().collect(),
        containers: SmallVec::new(),
    }
}

/// The instances of a container that the runtime has, the newest first.
fn instances(
    w: &mut World,
    given: &GivenPod,
    pod: PodId,
    ix: ContainerIx,
    own: &Stood,
    began: Option<Time>,
) -> SmallVec<[RuntimeContainer; 2]> {
    let entity = w.pods[pod.ix()].entity;
    let container = w.pods[pod.ix()].container(ix);
    let (name, image) = (container.name, container.image);
    let all = given.pod.status.init.iter().chain(&given.pod.status.containers);
    let shown = all.into_iter().find(|status| status.name == name);
    let id = |ended: Option<ContainerId>, number: i32| match ended {
        Some(id) if id != ContainerId::None => id,
        _ => ContainerId::Made(
            entity ^ (u64::from(ix.0.swap_bytes()) << 48) ^ (u64::from(number.cast_unsigned()) << 32),
        ),
    };
    let image_ref = shown.map_or(Sym::EMPTY, |shown| shown.image_id);
    let image_ref = if image_ref.is_empty() { w.images.reference(image) } else { image_ref };
    let instance = |number: i32, id, state, started: Option<Time>| RuntimeContainer {
        name,
        id,
        state,
        created_at: started,
        started_at: started,
        finished_at: None,
        exit_code: 0,
        restart_count: number,
        reason: Sym::EMPTY,
        message: Text::NONE,
        image,
        image_ref,
        active: true,
    };
    let over = |number: i32, ended: &Terminated| RuntimeContainer {
        finished_at: ended.finished_at,
        exit_code: ended.exit_code,
        reason: ended.reason,
        message: ended.message,
        ..instance(number, id(Some(ended.container_id), number), InstanceState::Exited, ended.started_at)
    };
    let mut found = SmallVec::new();
    match own.was {
        Was::Absent => {}
        Was::Running(_) => {
            let shown = own.ends.map(|ended| ended.container_id).or(shown.map(|shown| shown.container_id));
            found.push(instance(own.number, id(shown, own.number), InstanceState::Running, began));
        }
        Was::Ended(ended) => found.push(over(own.number, &ended)),
    }
    if let Some(before) = &own.before {
        found.push(over(own.number - 1, before));
    }
    found
}

/// What its kubelet remembers of a container.
fn remembers(
    w: &World,
    given: &GivenPod,
    pod: PodId,
    ix: ContainerIx,
    own: &Stood,
    began: Option<Time>,
) -> ContainerMemory {
    let name = w.pods[pod.ix()].container(ix).name;
    let all = given.pod.status.init.iter().chain(&given.pod.status.containers);
    let shown = all.into_iter().find(|status| status.name == name).map(|status| status.state);
    // What was shown of one that has run since is over.
    let reason = match shown {
        Some(ContainerState::Waiting { reason, message })
            if !matches!(own.was, Was::Running(_)) && !reasons::is_beginning(reason) =>
        {
            Some((reason, message))
        }
        _ => None,
    };
    let entry = own.back_off.zip(began).map(|(value, last_update)| Entry { value, last_update });
    ContainerMemory { backoff: entry, reason, ..ContainerMemory::default() }
}

/// Pulls that have failed. When the last one did an event may tell; else it was at any time of the wait that is under way, and
/// that is as long as the time since the binding allows.
fn pulls(w: &World, up: &SetUp, given: &GivenPod, pod: PodId, when: &When) -> Vec<(Sym, PullMemory)> {
    let mut found: Vec<(Sym, PullMemory)> = Vec::new();
    let all = given.pod.status.init.iter().chain(&given.pod.status.containers);
    for status in all {
        let ContainerState::Waiting { reason, message } = status.state else { continue };
        if !reasons::is_of_a_pull(reason) {
            continue;
        }
        let spec = &given.pod.spec;
        let mut containers = spec.init_containers.iter().chain(&spec.containers);
        let Some(image) = containers.find(|own| own.name == status.name).map(|own| own.image) else {
            continue;
        };
        let known = given.failed_pulls.iter().find(|(of, _)| *of == image).map(|(_, at)| *at);
        let since = given.pod.status.start_time.unwrap_or(when.created);
        let age = up.given.now.since(since);
        let mut spent = Span::ZERO;
        let value = Limits::IMAGE.ladder().take_while(|step| {
            spent += *step;
            spent <= age + *step
        });
        let value = value.last().unwrap_or(Limits::IMAGE.first);
        let any = || {
            let mut draw = w.draw(Purpose::Present, w.pods[pod.ix()].entity, image.content());
            let micros = draw.below(value.micros().cast_unsigned()).cast_signed();
            up.given.now - Span::from_micros(micros)
        };
        let last_update = known.unwrap_or_else(any).min(w.now);
        let words = message.fixed().unwrap_or_default();
        let (failure, _) = images::told(image, reason, &words);
        let back_off = Some(Entry { value, last_update });
        found.push((image, PullMemory { back_off, last_failure: Some(failure) }));
    }
    found
}

/// What the processes are still to do.
fn processes(w: &mut World, up: &SetUp, player: &Player, pod: PodId, when: &When) {
    // What ended in the last moment nobody may have seen yet.
    let unseen = (up.given.now - Span::from_secs(3)).max(w.now);
    for (ix, (own, (began, ends))) in player.past.containers.iter().zip(&when.containers).enumerate() {
        let (ix, Some(began)) = (ContainerIx::new(ix), began) else { continue };
        if !matches!(own.was, Was::Running(_)) {
            continue;
        }
        match (ends, own.ends) {
            (Some(at), Some(ended)) => runtime::ends_at(w, pod, ix, (*at).max(w.now), ended.exit_code),
            _ => runtime::resumed(w, pod, ix, *began, unseen),
        }
        runtime::boots_for(w, pod, ix, unseen.since(*began), own.ready && own.started);
    }
}

/// Probe workers: their ticks count from the pod's first sync with all mounted, or from a look that a status asked for; where
/// neither is known they may stand anywhere in their period.
fn probing(w: &mut World, up: &SetUp, player: &Player, given: &GivenPod, pod: PodId) {
    let starting = match player.past.begin {
        Begin::Start(at) => Some(at),
        _ => None,
    };
    let first = given.pod.status.start_time;
    let worker_began = first.map(|at| {
        let part = part_of_second(w, w.pods[pod.ix()].entity, 0, 4, Span::from_secs(1));
        at + part + w.pod_span(Purpose::Mount, pod, 0, &up.plan.latency.volumes)
    });
    if starting.is_some() {
        prober::add_pod(w, pod);
    }
    let spec = Arc::clone(&w.pods[pod.ix()].spec);
    for (ix, own) in player.past.containers.iter().enumerate() {
        let is_new = is_new(own, starting);
        for kind in ProbeKind::ALL {
            let Some(probe) = spec.container_at(ix).probe(kind) else { continue };
            let period = Span::from_secs(i64::from(probe.period_seconds.max(1)));
            let at = ContainerIx::new(ix);
            let anywhere =
                w.probe_draw(Purpose::Present, pod, at, kind, 0).below(period.micros().cast_unsigned());
            let anywhere = w.now - Span::from_micros(anywhere.cast_signed());
            let anchor = match worker_began {
                Some(began) if kind != ProbeKind::Readiness || is_new => began.min(w.now),
                _ => anywhere,
            };
            let (instance, result) = match (is_new, kind) {
                // The instance before, whose end the worker has seen.
                (true, _) => (own.number - 1, false),
                (false, ProbeKind::Readiness) => (own.number, own.ready),
                (false, ProbeKind::Startup) => (own.number, own.started),
                (false, ProbeKind::Liveness) => (own.number, true),
            };
            prober::resume(w, pod, at, kind, Resumed { anchor, instance, result });
        }
    }
}

/// The part of a second that a printed instant has lost, below a limit.
fn part_of_second(w: &World, entity: u64, throw: u32, which: u64, below: Span) -> Span {
    let mut draw = w.draw(Purpose::Present, entity, u64::from(throw) << 16 | which);
    Span::from_micros(draw.below(below.micros().cast_unsigned()).cast_signed())
}

/// Whether a pod's play begins in the middle of its life.
fn is_in_the_middle(begin: Begin) -> bool {
    matches!(begin, Begin::Settled | Begin::End(_) | Begin::Start(_) | Begin::Deletion(_))
}
