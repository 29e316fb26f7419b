//! Pod objects.

use std::sync::Arc;

use crate::actors::{attach_detach, kubelet, pod_gc, scheduler, taint_eviction};
use crate::api::{
    Condition, HeldStatus, PodIdent, PodName, PodSpec, PodStatus, RuntimeStatus, Sym, Tri, text::Uid,
};
use crate::record::{Change, PodRecord};
use crate::scenario::plan::{PodTemplate, TemplateIx};
use crate::time::Time;
use crate::world::learned::{Update, Written};
use crate::world::pod::{ContainerRun, Runtime, Shown};
use crate::world::{Deletion, NodeId, Pod, PodId, Purpose, SimEvent, World};

/// Stores a replica of a template (`PrepareForCreate`, pkg/registry/core/pod/strategy.go): phase Pending, its QoS
/// class, generation 1 where the server counts, and the gated condition.
pub fn create_pod(w: &mut World, template: TemplateIx, ordinal: u32) -> PodId {
    let plan = Arc::clone(&w.plan);
    let t = &plan.templates[template.ix()];
    let id = PodId::new(w.pods.len());
    let name = PodName { base: t.name, ordinal: t.numbered.then_some(ordinal) };
    let entity = crate::engine::random::replica(&t.namespace, &name.base, name.ordinal);
    let uid = Uid::Made(w.draw(Purpose::Uid, entity, 0).two());
    let ident = PodIdent { name, namespace: t.namespace, uid };
    let generation = i64::from(w.gates.version >= crate::rules::gates::Version::V1_33);
    w.name_pod(ident);
    w.records.push(PodRecord { qos_class: t.qos_class, created: Some(w.now), ..PodRecord::default() });
    let nothing = (&w.nothing, &w.no_runtime);
    w.pods.push(new_pod(t, template, ident, entity, generation, w.now, nothing));

    // Pods of one template begin alike and share how they stand, until something becomes of them.
    let mut held = w.newborn[template.ix()].clone();
    if !t.spec.scheduling_gates.is_empty() {
        let mut status = held.read().into_owned();
        status.conditions.push(Condition {
            last_transition: Some(w.now.truncate_secs()),
            observed_generation: if w.gates.observed_generation { generation } else { 0 },
            ..Condition::new(Sym::POD_SCHEDULED, Tri::False)
                .because(Sym::SCHEDULING_GATED, "Scheduling is blocked due to non-empty scheduling gates")
        });
        held = w.learned.hold(template, status);
    }
    let pod = &mut w.pods[id.ix()];
    pod.status = held;
    let before = w.unborn.clone();
    record_changes(w, id, &before);
    if t.spec.node_name.is_empty() {
        scheduler::pod_added(w, id);
    } else if let Some(node) = find_node(w, &t.spec.node_name) {
        assign(w, id, node);
        scheduler::pod_assigned(w, id, node);
        watch(w, id);
    } else {
        pod_gc::orphaned(w, id);
    }
    id
}

fn new_pod(
    t: &PodTemplate,
    template: TemplateIx,
    ident: PodIdent,
    entity: u64,
    generation: i64,
    now: Time,
    (nothing, no_runtime): (&HeldStatus, &Arc<RuntimeStatus>),
) -> Pod {
    let count = t.spec.init_containers.len() + t.spec.containers.len();
    Pod {
        ident,
        entity,
        draws: 0,
        template,
        exists: true,
        spec: Arc::clone(&t.spec),
        behavior: Arc::clone(&t.behavior),
        labels: Arc::clone(&t.labels),
        finalizers: t.finalizers.clone(),
        metadata_changes: 0,
        generation,
        created: now,
        node: None,
        deletion: None,
        evict_at: None,
        evict_generation: 0,
        status: nothing.clone(),
        shown: Shown::default(),
        events: Default::default(),
        resize: None,
        worker: None,
        runtime: Runtime::of(count, no_runtime),
    }
}

pub fn find_node(w: &World, name: &str) -> Option<NodeId> {
    w.nodes.iter().position(|n| n.spec.name == name).map(NodeId::new)
}

/// Sets `spec.nodeName`.
pub fn assign(w: &mut World, pod: PodId, node: NodeId) {
    let p = &mut w.pods[pod.ix()];
    p.node = Some(node);
    w.machines[node.ix()].pods.push(pod);
    let record = &mut w.records[pod.ix()];
    record.node = Some(node.0);
    record.scheduled.get_or_insert(w.now);
    attach_detach::pod_assigned(w, pod);
}

/// Binds a pod: `spec.nodeName` and PodScheduled=True in one write (pkg/registry/core/pod/storage/storage.go).
pub fn bind(w: &mut World, pod: PodId, node: NodeId) {
    assign(w, pod, node);
    let clear = w.gates.clear_nominated_node;
    let bound = w.learned.update(Update::Bind, &w.pods[pod.ix()].status, w.now, |status, now| {
        put_condition(status, Condition::new(Sym::POD_SCHEDULED, Tri::True), now);
        if clear {
            status.nominated_node = Sym::EMPTY;
        }
    });
    updated(w, pod, bound);
    taint_eviction::pod_bound(w, pod);
    watch(w, pod);
}

/// The node's kubelet hears of the pod's change.
pub fn watch(w: &mut World, pod: PodId) {
    if w.pods[pod.ix()].node.is_none() {
        return;
    }
    let delay = w.latency(pod, |latency| &latency.watch);
    w.after(delay, SimEvent::PodSeen { pod });
}

/// Sets or replaces a condition; the transition time moves only with the status.
pub fn put_condition(status: &mut PodStatus, mut condition: Condition, now: Time) {
    let stamp = now.truncate_secs();
    match status.conditions.iter_mut().find(|c| c.kind == condition.kind) {
        Some(old) => {
            condition.last_transition =
                if old.status == condition.status { old.last_transition } else { Some(stamp) };
            *old = condition;
        }
        None => {
            condition.last_transition = Some(stamp);
            status.conditions.push(condition);
        }
    }
}

/// Changes a pod's status and records what became visible.
pub fn update_status(w: &mut World, pod: PodId, change: impl FnOnce(&mut PodStatus, Time)) {
    let now = w.now;
    let p = &mut w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let mut status = p.status.read().into_owned();
    change(&mut status, now);
    let status = w.learned.hold(p.template, status);
    updated(w, pod, status);
}

/// Somebody other than the kubelet has made this of a pod's status.
fn updated(w: &mut World, pod: PodId, status: HeldStatus) {
    let p = &mut w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let before = std::mem::replace(&mut p.status, status);
    let (changed, bound) = (p.status != before, p.node.is_some());
    record_changes(w, pod, &before);
    if changed && !bound {
        scheduler::pod_written(w, pod);
    }
    if changed {
        kubelet::status_manager::want_reconcile(w, pod);
    }
}

/// Replaces a pod's status.
pub fn replace_status(w: &mut World, pod: PodId, status: HeldStatus) {
    let p = &mut w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let before = std::mem::replace(&mut p.status, status);
    record_changes(w, pod, &before);
}

/// A pod's object as a patch sees it: the parts of `metadata` that can be patched, and `spec`.
pub fn object(p: &Pod) -> serde_json::Value {
    let finalizers: Vec<&str> = p.finalizers.iter().map(|f| f.as_str()).collect();
    serde_json::json!({
        "metadata": {
            "name": p.ident.name.to_string(),
            "namespace": p.ident.namespace.as_str(),
            "labels": &*p.labels,
            "finalizers": finalizers,
        },
        "spec": &*p.spec,
    })
}

/// Changes the spec: the generation rises and the kubelet hears of it.
pub fn update_spec(w: &mut World, pod: PodId, change: impl FnOnce(&mut PodSpec)) {
    let counts = w.gates.version >= crate::rules::gates::Version::V1_33;
    let p = &mut w.pods[pod.ix()];
    let mut spec = (*p.spec).clone();
    change(&mut spec);
    let inits_and_mains =
        spec.init_containers.len() + spec.containers.len() + spec.ephemeral_containers.len();
    if p.runtime.containers.len() < inits_and_mains {
        p.runtime.containers.resize(inits_and_mains, ContainerRun::default());
        let mut behavior = (*p.behavior).clone();
        behavior.containers.resize_with(inits_and_mains, crate::actors::default_container_behavior);
        p.behavior = Arc::new(behavior);
    }
    p.spec = Arc::new(spec);
    if counts {
        p.generation += 1;
    }
    w.touch(pod);
    watch(w, pod);
}

/// DELETE on a pod: `BeforeDelete` (apiserver registry/rest/delete.go) and `CheckGracefulDelete`
/// (pkg/registry/core/pod/strategy.go). `grace` is the request's option.
pub fn delete_pod(w: &mut World, pod: PodId, grace: Option<i64>) {
    w.touch(pod);
    let counts = w.gates.version >= crate::rules::gates::Version::V1_33;
    let now = w.now;
    let p = &mut w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let mut secs = grace.or(p.spec.termination_grace_period_seconds).unwrap_or(0);
    if p.node.is_none() || p.status.form().phase.is_terminal() {
        secs = 0;
    }
    if secs < 0 {
        secs = 1;
    }
    match p.deletion {
        Some(old) if secs > 0 => {
            // A second delete may only shorten, counted from the first one.
            if secs >= old.grace_secs {
                return;
            }
            let began = old.at - crate::time::Span::from_secs(old.grace_secs);
            let at = (began + crate::time::Span::from_secs(secs)).max(now);
            let secs = if at <= now { 1 } else { secs };
            p.deletion = Some(Deletion { at, grace_secs: secs });
            watch(w, pod);
        }
        None if secs > 0 => {
            p.deletion = Some(Deletion { at: now + crate::time::Span::from_secs(secs), grace_secs: secs });
            if counts {
                p.generation += 1;
            }
            scheduler::pod_deleting(w, pod);
            let p = &w.pods[pod.ix()];
            let before = p.status.clone();
            record_changes(w, pod, &before);
            watch(w, pod);
        }
        old => {
            // Marked first, even where nothing keeps it: that is what the kubelet takes its grace from.
            p.deletion = Some(Deletion { at: old.map_or(now, |d| d.at.min(now)), grace_secs: 0 });
            if old.is_none() {
                scheduler::pod_deleting(w, pod);
            }
            let p = &w.pods[pod.ix()];
            let (bound, free) = (p.node.is_some(), p.finalizers.is_empty());
            if bound || !free {
                let before = p.status.clone();
                record_changes(w, pod, &before);
            }
            if free {
                remove_pod(w, pod);
            } else {
                watch(w, pod);
            }
        }
    }
}

/// The object leaves storage.
pub fn remove_pod(w: &mut World, pod: PodId) {
    let p = &mut w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    p.exists = false;
    let (node, shown) = (p.node, p.shown);
    w.leave(pod);
    w.records[pod.ix()].removed = Some(w.now);
    w.record(
        Some(pod),
        node,
        Change::Status { from: shown.status, to: Sym::EMPTY, ready: shown.ready, restarts: shown.restarts },
    );
    close_record(w, pod);
    pod_gc::removed(w, pod);
    taint_eviction::pod_gone(w, pod);
    match node {
        Some(_) => watch(w, pod),
        None => scheduler::pod_gone(w, pod),
    }
    scheduler::pod_freed(w, pod);
    attach_detach::pod_changed(w, pod);
}

fn close_record(w: &mut World, pod: PodId) {
    let now = w.now;
    w.pods[pod.ix()].sum_up(&mut w.records[pod.ix()]);
    if w.pods[pod.ix()].status.form().condition_is_true(Sym::READY) {
        ready_changed(&mut w.records[pod.ix()], now, false);
    }
}

/// Adds the time since Ready became True; `PodRecord` keeps the instant in its figure while it lasts.
fn ready_changed(record: &mut PodRecord, now: Time, ready: bool) {
    let offset = now.since(record.created.unwrap_or(now)).micros();
    record.ready_micros += if ready { -offset } else { offset };
}

/// Records every difference between `before` and the pod's status, and the STATUS column that follows from it.
pub fn record_changes(w: &mut World, pod: PodId, before: &HeldStatus) {
    w.touch(pod);
    let now = w.now;
    let World { pods, plan, learned, gates, .. } = w;
    let p = &pods[pod.ix()];
    let (node, was) = (p.node, p.shown);
    let (spec, after, deleted) = (&*p.spec, &p.status, p.deletion.is_some());
    let template = plan.template_of(p.template, &p.spec);
    let told = learned.difference(template, &Written { spec, before, after, deleted, gates });
    let found = &told.difference;
    let record = &mut w.records[pod.ix()];
    if found.runs {
        record.started.get_or_insert(now);
    }
    if found.ends {
        record.finished.get_or_insert(now);
    }
    if found.initialized {
        record.initialized.get_or_insert(now);
    }
    if let Some(is_ready) = found.ready {
        if is_ready {
            record.ready.get_or_insert(now);
        }
        ready_changed(record, now, is_ready);
    }
    for change in &found.rows {
        w.record(Some(pod), node, *change);
    }
    if was != told.shown {
        w.pods[pod.ix()].shown = told.shown;
        let Shown { status, ready, restarts } = told.shown;
        w.record(Some(pod), node, Change::Status { from: was.status, to: status, ready, restarts });
    }
    if found.ends {
        pod_gc::ended(w, pod);
        scheduler::pod_freed(w, pod);
    }
    attach_detach::pod_changed(w, pod);
}
