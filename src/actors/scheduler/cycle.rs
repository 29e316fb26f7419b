//! One attempt to place a pod, and what follows from it: the binding, or the words why not, the nomination and the
//! victims (pkg/scheduler/schedule_one.go: `ScheduleOne`, `handleSchedulingFailure`; framework/preemption/preemption.go).

use std::cell::OnceCell;
use std::sync::Arc;

use super::claims::{self, unbound_claims, waits_for_pod};
use super::queue::{self, happened, wake};
use crate::actors::api_server;
use crate::api::{Condition, EventText, EventType, Sym, Text, Tri, text::Uid};
use crate::record::Event;
use crate::rules::machinery::event_series::{self, Write};
use crate::rules::scheduler::placement::volume_binding::Claim;
use crate::rules::scheduler::placement::{
    Budget, Candidate, Nomination, Outcome, PodFacts, PostFilter, Unschedulable, schedule as place,
};
use crate::rules::scheduler::queueing::ClusterEvent;
use crate::scenario::plan::ObjectKind;
use crate::time::Time;
use crate::world::scheduling::Told;
use crate::world::{NodeId, PodId, Purpose, SimEvent, World};

/// What preemption asks about pods.
struct Facts<'a> {
    w: &'a World,
    /// Made when somebody asks: most attempts need none.
    budgets: OnceCell<Vec<Budget>>,
}

impl PodFacts for Facts<'_> {
    fn start_time(&self, pod: u32) -> Time {
        self.w.pods[pod as usize].status.start_time().unwrap_or(self.w.now)
    }
    fn is_deleted(&self, pod: u32) -> bool {
        self.w.pods[pod as usize].deletion.is_some()
    }
    fn is_preempted(&self, pod: u32) -> bool {
        let target = self.w.pods[pod as usize].status.condition(Sym::DISRUPTION_TARGET);
        target.is_some_and(|c| c.reason == Sym::PREEMPTION_BY_SCHEDULER)
    }
    fn budgets(&self) -> &[Budget] {
        self.budgets.get_or_init(|| budgets(self.w))
    }
}

/// The end of a cycle: its pod gets a node or waits on.
pub fn schedule(w: &mut World) {
    let Some(pod) = w.scheduler.trying.take() else { return };
    let exists = w.pods[pod.ix()].exists;
    if let Some(entry) = w.scheduler.waiting.get(&pod).filter(|_| exists) {
        let candidate = Candidate { pod: pod.0, request: entry.request, nominated: entry.nominated };
        match attempt(w, candidate) {
            Outcome::Scheduled { node, .. } => assume(w, pod, candidate, node),
            Outcome::Unschedulable(why) => refused(w, pod, &why),
        }
    }
    wake(w);
}

/// The budgets as preemption asks for them (`filterPodsWithPDBViolation`).
fn budgets(w: &World) -> Vec<Budget> {
    let all = w.workloads.budgets.iter().filter(|held| held.exists);
    all.map(|held| Budget {
        namespace: held.object.meta.namespace,
        allowed: held.object.status.disruptions_allowed,
        selector: held.beside.selector.clone(),
        disrupted: held.beside.let_go.values().map(|pod| pod.0).collect(),
    })
    .collect()
}

fn attempt(w: &mut World, candidate: Candidate) -> Outcome {
    let mut cluster = std::mem::replace(
        &mut w.scheduler.cluster,
        crate::rules::scheduler::placement::Cluster::new(w.gates),
    );
    let facts = Facts { w, budgets: OnceCell::new() };
    let mut ties = None;
    let own = || w.pod_draw(Purpose::Placement, PodId(candidate.pod), w.instant());
    let mut draw = |of: u64| ties.get_or_insert_with(own).below(of);
    let outcome =
        place(&mut cluster, candidate, &facts, |namespace, name| claim(w, namespace, name), &mut draw);
    w.scheduler.cluster = cluster;
    outcome
}

/// A claim as the scheduler sees it; one that the scenario does not name is bound.
fn claim(w: &World, namespace: Sym, name: Sym) -> Claim<'_> {
    let Some(ix) = w.find_object(ObjectKind::PersistentVolumeClaim, namespace, &name) else {
        return Claim::Bound(None);
    };
    let object = &w.objects[ix];
    match (object.exists, object.bound) {
        (false, _) => Claim::Missing,
        (true, false) if waits_for_pod(object) => Claim::Delayed(claims::delayed(w, ix)),
        (true, false) => Claim::Unbound,
        (true, true) => Claim::Bound(object.claim.as_ref().and_then(|claim| claim.node_affinity.as_deref())),
    }
}

/// Before its binding a pod's claims are: they get the volumes that are kept for them or are told its node, and are looked
/// at each second until they are bound (`BindPodVolumes`, pkg/scheduler/framework/plugins/volumebinding/binder.go). Whether it has to wait.
fn waits_for_volumes(w: &mut World, pod: PodId, node: NodeId) -> bool {
    if w.pods[pod.ix()].spec.volumes.is_empty() {
        return false;
    }
    let unbound = unbound_claims(w, pod);
    for object in &unbound {
        if w.volumes.selected.contains_key(object) {
            continue;
        }
        match w.volumes.assumed.remove(object) {
            Some(volume) => api_server::objects::give_volume(w, *object, volume, node),
            None => api_server::objects::select_node(w, *object, node),
        }
    }
    if !unbound.is_empty() {
        let now = w.now;
        w.scheduler.binding.entry(pod).or_insert((node, now));
    }
    !unbound.is_empty()
}

/// The pod counts as on the node from now on; the binding goes its own way.
fn assume(w: &mut World, pod: PodId, candidate: Candidate, node: u32) {
    w.scheduler.waiting.remove(&pod);
    w.scheduler.cluster.clear_nomination(pod.0);
    w.scheduler.cluster.add_pod(node, pod.0, candidate.request, false);
    claims::reserve(w, pod, NodeId(node));
    let takes = w.pod_span(Purpose::Bind, pod, w.instant(), &w.plan.latency.bind);
    w.after(takes, SimEvent::Bind { pod, node: NodeId(node) });
}

/// The binding is written.
pub fn bind(w: &mut World, pod: PodId, node: NodeId) {
    let ix = node.0;
    if !w.pods[pod.ix()].exists || w.pods[pod.ix()].node.is_some() {
        w.scheduler.cluster.remove_pod(ix, pod.0, false);
        claims::let_go(w, pod);
        return;
    }
    if waits_for_volumes(w, pod, node) {
        return;
    }
    api_server::bind(w, pod, node);
    let message = Text::Assigned { node: w.nodes[node.ix()].spec.name };
    tell(w, pod, Sym::SCHEDULED, message);
    if !w.scheduler.refused.is_empty()
        && let Some(request) = w.scheduler.cluster.node(ix).and_then(|info| info.request_of(pod.0))
    {
        let facts = Arc::clone(w.scheduler.cluster.request(request));
        happened(w, &ClusterEvent::PodAdded(&facts));
    }
}

/// `handleSchedulingFailure`: event, queue, condition and nomination; victims are told one after another.
fn refused(w: &mut World, pod: PodId, why: &Unschedulable) {
    let message = Text::from(why.message());
    queue::refuse(w, pod, why.plugins);
    failed_scheduling(w, pod, message);
    let nominated = match why.nomination() {
        Nomination::Keep => w.scheduler.waiting.get(&pod).and_then(|entry| entry.nominated),
        Nomination::Clear => None,
        Nomination::To(node) => Some(node),
    };
    let Some(entry) = w.scheduler.waiting.get_mut(&pod) else { return };
    entry.nominated = nominated;
    let request = entry.request;
    match nominated {
        Some(node) => w.scheduler.cluster.nominate(pod.0, node, request),
        None => w.scheduler.cluster.clear_nomination(pod.0),
    }
    let name = nominated.map_or(Sym::EMPTY, |node| w.nodes[node as usize].spec.name);
    let gates = w.gates;
    let generation = w.pods[pod.ix()].generation;
    let mut condition = Condition::new(Sym::POD_SCHEDULED, Tri::False).because(Sym::UNSCHEDULABLE, message);
    condition.observed_generation = if gates.observed_generation { generation } else { 0 };
    api_server::update_status(w, pod, |status, now| {
        api_server::put_condition(status, condition, now);
        status.nominated_node = name;
    });
    if let PostFilter::Found { node, victims, .. } = &why.post_filter {
        let latency = w.plan.latency.bind.clone();
        let mut at = w.now;
        for victim in victims {
            w.at(at, SimEvent::Preempt { pod, victim: PodId(*victim), node: NodeId(*node) });
            at += w.pod_span(Purpose::Preempt, PodId(*victim), w.instant(), &latency);
        }
    }
}

/// A victim is marked, deleted with its own grace, and told why.
pub fn preempt(w: &mut World, pod: PodId, victim: PodId, node: NodeId) {
    let v = &w.pods[victim.ix()];
    if !v.exists || v.deletion.is_some() {
        return;
    }
    let condition = Condition::new(Sym::DISRUPTION_TARGET, Tri::True).because(
        Sym::PREEMPTION_BY_SCHEDULER,
        "default-scheduler: preempting to accommodate a higher priority pod",
    );
    api_server::update_status(w, victim, |status, now| api_server::put_condition(status, condition, now));
    api_server::delete_pod(w, victim, None);
    let uid = match w.pods[pod.ix()].ident.uid {
        Uid::Made(uid) => uid,
        Uid::Given(_) => [0; 2],
    };
    let message = EventText::PreemptedBy { uid, node: w.nodes[node.ix()].spec.name };
    tell(w, victim, Sym::PREEMPTED, message);
}

fn tell(w: &mut World, pod: PodId, reason: Sym, message: impl Into<EventText>) {
    w.event_objects += 1;
    let event = Event {
        component: Sym::DEFAULT_SCHEDULER,
        kind: EventType::Normal,
        reason,
        message: message.into(),
        field_path: Sym::EMPTY,
        count: 1,
        object: w.event_objects,
    };
    w.record_event(pod, event);
}

/// FailedScheduling: repetitions about one version of the pod become a series.
fn failed_scheduling(w: &mut World, pod: PodId, note: Text) {
    let (now, anchor) = (w.now, w.plan.start);
    let Some(entry) = w.scheduler.waiting.get_mut(&pod) else { return };
    let version = entry.version;
    let at = entry.told.iter().position(|told| told.version == version).unwrap_or_else(|| {
        // Versions do not come back: of older ones only a count that is still to be written matters.
        entry.told.retain(|told| told.series.is_some_and(|series| series.count > series.written));
        entry.told.push(Told { version, note, series: None, event_object: 0 });
        entry.told.len() - 1
    });
    let told = &mut entry.told[at];
    match event_series::occurs(&mut told.series, now, anchor) {
        Write::New => {
            w.event_objects += 1;
            told.event_object = w.event_objects;
            told.note = note;
        }
        Write::Second => {}
        Write::Nothing => {
            let written = told.series.as_ref().and_then(|series| event_series::next_write(series, anchor));
            if let Some(at) = written {
                w.at(at, SimEvent::SeriesWrite { pod });
            }
            return;
        }
    }
    let told = *told;
    record_series(w, pod, told);
}

/// A round of the recorder writes how far the series of a pod have come.
pub fn write_series(w: &mut World, pod: PodId) {
    let Some(entry) = w.scheduler.waiting.get_mut(&pod) else { return };
    let mut behind = Vec::new();
    for told in &mut entry.told {
        if let Some(series) = told.series.as_mut().filter(|series| series.count > series.written) {
            series.written = series.count;
            behind.push(*told);
        }
    }
    for told in behind {
        record_series(w, pod, told);
    }
}

fn record_series(w: &mut World, pod: PodId, told: Told) {
    let event = Event {
        component: Sym::DEFAULT_SCHEDULER,
        kind: EventType::Warning,
        reason: Sym::FAILED_SCHEDULING,
        message: told.note.into(),
        field_path: Sym::EMPTY,
        count: told.series.map_or(1, |series| series.written),
        object: told.event_object,
    };
    w.record_event(pod, event);
}
