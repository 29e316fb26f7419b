//! Pod objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::workloads::{forget_dependents, own_anew};
use super::{limits, namespaces, next_version};
use crate::actors::watch::{self, News};
use crate::api::{
    Condition, Generated, HeldStatus, OwnerReference, PodIdent, PodName, PodSpec, PodStatus, Suffix, Sym,
    Tri, text::Uid,
};
use crate::engine::digest::Mix;
use crate::engine::random;
use crate::record::{Change, PodRecord};
use crate::rules::api_server::admission::Rejection;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::plan::{PodTemplate, TemplateIx};
use crate::scenario::programs::{self, Belongs};
use crate::time::{Span, Time};
use crate::world::learned::{Update, Written};
use crate::world::names::Named;
use crate::world::pod::Shown;
use crate::world::runtime::ContainerRun;
use crate::world::{Deletion, NodeId, ObjectKey, Place, Pod, PodId, Purpose, Runtime, World, template_of};

/// What is asked for with a POST of a pod.
pub struct NewPod {
    /// What it is made of.
    pub template: TemplateIx,
    /// How it is called.
    pub name: Name,
    /// Key of the pod's random streams: of one that somebody makes, [`random::made_by`].
    pub entity: u64,
    /// `metadata.ownerReferences`
    pub owners: Option<Arc<Vec<OwnerReference>>>,
    /// The one of them that manages it.
    pub controller: Option<ObjectKey>,
    /// Its own spec, where it is not the template's.
    pub spec: Option<Arc<PodSpec>>,
}

/// `metadata.name`, or `metadata.generateName`.
pub enum Name {
    /// This is its name.
    Given(PodName),
    /// `generateName`: five characters are put behind it.
    Generate(Sym),
}

impl Name {
    /// As far as it is known before it is given.
    fn told(&self) -> String {
        match self {
            Name::Given(name) => name.to_string(),
            Name::Generate(base) => base.to_string(),
        }
    }
}

impl NewPod {
    /// A replica of a template of the scenario.
    pub fn replica(t: &PodTemplate, template: TemplateIx, ordinal: u32) -> NewPod {
        let mut digits = itoa::Buffer::new();
        let (name, suffix): (_, [&[u8]; 2]) = if t.numbered {
            (PodName::ordinal(t.name, ordinal), [b"-", digits.format(ordinal).as_bytes()])
        } else {
            (PodName::plain(t.name), [b"", b""])
        };
        let entity = random::pieced(&t.namespace, &[t.name.as_bytes(), suffix[0], suffix[1]]);
        NewPod { template, name: Name::Given(name), entity, owners: None, controller: None, spec: None }
    }
}

/// So often another name is generated where the one that came out is taken (`maxNameGenerationCreateAttempts`,
/// staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go).
const NAME_TRIES: u64 = 8;

/// POST of a pod (`PrepareForCreate`, pkg/registry/core/pod/strategy.go): phase Pending, its QoS class, generation 1 where
/// the server counts, and the gated condition.
///
/// # Errors
/// A pod of that name is there, or LimitRanges or quotas of its namespace refuse it.
pub fn create_pod(w: &mut World, new: NewPod) -> Result<PodId, Rejection> {
    let NewPod { mut template, name, entity, owners, controller, mut spec } = new;
    let namespace = w.templates[template.ix()].namespace;
    if w.namespaces.newest > 0 {
        namespaces::lets_in(w, namespace, ObjectType::Pod, &name.told())?;
    }
    let (name, key) = free_name(w, namespace, name, entity)
        .map_err(|name| Rejection::Exists { kind: ObjectType::Pod, name: name.to_string() })?;
    if !(w.workloads.limit_ranges.is_empty() && w.workloads.resource_quotas.is_empty()) {
        let name = name.to_string();
        let limited = limits::within_limits(w, template, &name)?;
        if limited != template {
            let filled = Arc::clone(&w.templates[limited.ix()].spec);
            spec = spec.map(|own| limits::with_resources(&own, &filled));
        }
        template = limited;
        limits::charge_pod(w, template, &name)?;
    }
    let t = Arc::clone(&w.templates[template.ix()]);
    let id = PodId::new(w.pods.len());
    let uid = Uid::Made(w.draw(Purpose::Uid, entity, 0).two());
    let ident = PodIdent { name, namespace: t.namespace, uid };
    let generation = i64::from(counts_generations(w));
    let owner = controller.and_then(|own| w.workloads.row(w.workloads.topmost(own)));
    w.name_pod(ident, owner);
    w.tell_inits(id, &t.spec);
    w.records.add(PodRecord { qos_class: t.qos_class, created: Some(w.now), ..PodRecord::default() });
    let count = t.spec.init_containers.len() + t.spec.containers.len();
    let runtime = Runtime::of(count, &t.behavior, &w.no_runtime);
    w.places.add(Place { runtime, worker: None, rest: None });

    // Pods of one template begin alike and share how they stand, until something becomes of them.
    let mut held = w.at_creation[template.ix()].clone();
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
    let resource_version = next_version(w);
    w.pods.add(Pod {
        ident,
        entity,
        template,
        exists: true,
        spec: spec.unwrap_or_else(|| Arc::clone(&t.spec)),
        labels: Arc::clone(&t.labels),
        finalizers: Arc::clone(&t.finalizers),
        owners,
        controller,
        metadata_changes: 0,
        generation,
        resource_version,
        created: w.now,
        node: None,
        deletion: None,
        status: held,
        shown: Shown::default(),
    });
    let World { names, pods, .. } = w;
    let is_its = |other: PodId| is_called(&pods[other.ix()].ident, ident.namespace, ident.name);
    names.insert(id, ident.namespace, Named { key, uid }, is_its, |other| named(&pods[other.ix()]));
    let before = w.before_creation.clone();
    record_changes(w, id, &before);
    if let Some(node) = w.find_node(&t.spec.node_name) {
        assign(w, id, node);
    }
    if let Some(controller) = controller {
        w.workloads.dependents.entry(controller).or_default().push(ObjectKey::Pod(id));
    }
    watch::tell(w, News::PodCreated { pod: id });
    Ok(id)
}

/// Whether the server counts generations of pods.
fn counts_generations(w: &World) -> bool {
    w.gates.habits.counts_generations
}

/// The name that a pod gets, if it is free; else the one that is taken.
fn free_name(w: &World, namespace: Sym, name: Name, entity: u64) -> Result<(PodName, u64), PodName> {
    let keyed = |name: PodName| {
        let key = name_key(namespace, name);
        if pod_under(w, namespace, name, key).is_some() { Err(name) } else { Ok((name, key)) }
    };
    let base = match name {
        Name::Given(name) => return keyed(name),
        Name::Generate(base) => base,
    };
    let generated = |number| {
        let number = w.draw(Purpose::Name, entity, number).below(Generated::COUNT);
        PodName::generated(&base, Generated::new(number))
    };
    let mut tries = (0..NAME_TRIES).map(generated).map(keyed);
    tries.find(Result::is_ok).unwrap_or_else(|| Err(generated(NAME_TRIES - 1)))
}

/// The living pod of a name, and of its key.
fn pod_under(w: &World, namespace: Sym, name: PodName, key: u64) -> Option<PodId> {
    w.names.find(key, |pod| is_called(&w.pods[pod.ix()].ident, namespace, name))
}

/// The living pod of a name.
pub fn find_pod(w: &World, namespace: Sym, name: Sym) -> Option<PodId> {
    let name = PodName::plain(name);
    pod_under(w, namespace, name, name_key(namespace, name))
}

/// The key under which a name is found; equal for equal spelling.
fn name_key(namespace: Sym, PodName { base, suffix }: PodName) -> u64 {
    let spelled = match suffix {
        Suffix::None => base.content(),
        Suffix::Ordinal(ordinal) => {
            base.content_with(&[b"-", itoa::Buffer::new().format(ordinal).as_bytes()])
        }
        Suffix::Generated(letters) => base.content_with(&[&letters.letters()]),
    };
    // Stirred: a table looks at single bits of it.
    let mut mix = Mix::new();
    mix.add(spelled);
    mix.add(namespace.content());
    mix.word()
}

/// What a pod is found by.
pub(super) fn named(p: &Pod) -> Named {
    Named { key: name_key(p.ident.namespace, p.ident.name), uid: p.ident.uid }
}

/// Whether a pod is called so, however its name is put together.
pub(super) fn is_called(ident: &PodIdent, namespace: Sym, name: PodName) -> bool {
    let same = ident.name == name || ident.name.to_string() == name.to_string();
    ident.namespace == namespace && same
}

/// A write of a pod's object has a new version.
fn written(w: &mut World, pod: PodId) {
    let version = next_version(w);
    w.pods.write(pod.ix()).resource_version = version;
}

/// Sets `spec.nodeName`.
pub(super) fn assign(w: &mut World, pod: PodId, node: NodeId) {
    w.pods.write(pod.ix()).node = Some(node);
    w.machines[node.ix()].pods.push(pod);
    let record = &mut w.records[pod.ix()];
    record.node = Some(node.0);
    record.scheduled.get_or_insert(w.now);
}

/// Binds a pod: `spec.nodeName` and PodScheduled=True in one write (pkg/registry/core/pod/storage/storage.go).
pub fn bind(w: &mut World, pod: PodId, node: NodeId) {
    assign(w, pod, node);
    let bound = w.learned.update(Update::Bind, &w.pods[pod.ix()].status, w.now, &w.gates);
    let before = std::mem::replace(&mut w.pods.write(pod.ix()).status, bound);
    written(w, pod);
    record_changes(w, pod, &before);
    watch::tell(w, News::PodBound { pod });
}

/// Changes a pod's status and records what became visible.
pub fn update_status(w: &mut World, pod: PodId, change: impl FnOnce(&mut PodStatus, Time)) {
    let now = w.now;
    let p = &w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let mut status = p.status.read().into_owned();
    change(&mut status, now);
    let status = w.learned.hold(p.template, status);
    put_status(w, pod, status, false);
}

/// The pod's kubelet writes its status.
pub fn replace_status(w: &mut World, pod: PodId, status: HeldStatus) {
    if w.pods[pod.ix()].exists {
        put_status(w, pod, status, true);
    }
}

fn put_status(w: &mut World, pod: PodId, status: HeldStatus, by_kubelet: bool) {
    let version = next_version(w);
    if !by_kubelet {
        // A kubelet that holds nothing but what is there held that.
        w.wake(pod);
    }
    let p = w.pods.write(pod.ix());
    let before = std::mem::replace(&mut p.status, status);
    // A kubelet writes only what differs.
    let changed = by_kubelet || p.status != before;
    if changed {
        p.resource_version = version;
    }
    let ended = record_changes(w, pod, &before);
    watch::tell(w, News::PodStatus { pod, by_kubelet, changed, ended });
}

/// PATCH of a pod's owners.
pub fn own_pod(w: &mut World, pod: PodId, change: impl FnOnce(&mut Vec<OwnerReference>)) {
    own_and_hold_pod(w, pod, |owners, _| change(owners));
}

/// PATCH of a pod's owners and finalizers; one that waits to be deleted goes with its last finalizer.
pub fn own_and_hold_pod(
    w: &mut World,
    pod: PodId,
    change: impl FnOnce(&mut Vec<OwnerReference>, &mut Vec<Sym>),
) {
    let p = &w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let before = p.owners.as_deref().cloned().unwrap_or_default();
    let (mut owners, mut finalizers) = (before.clone(), p.finalizers.to_vec());
    change(&mut owners, &mut finalizers);
    let holds = finalizers != **p.finalizers;
    if owners == before && !holds {
        return;
    }
    w.touch(pod);
    let controller = owners.iter().find(|owner| owner.controller);
    let controller = controller.and_then(|owner| w.workloads.by_uid.get(&owner.uid).copied());
    own_anew(w, ObjectKey::Pod(pod), &before, &owners);
    let top =
        |w: &World, key: Option<ObjectKey>| key.and_then(|key| w.workloads.row(w.workloads.topmost(key)));
    let p = w.pods.write(pod.ix());
    p.owners = (!owners.is_empty()).then(|| Arc::new(owners));
    if holds {
        p.finalizers = Arc::new(finalizers);
    }
    let goes = holds && is_let_go(p);
    let (node, was) = (p.node, std::mem::replace(&mut p.controller, controller));
    written(w, pod);
    let (from, to) = (top(w, was), top(w, controller));
    if from != to {
        w.record(Some(pod), node, Change::Owner { from, to });
    }
    watch::tell(w, News::PodUpdated { pod, relabelled: false, respecified: false, metadata: false });
    if goes {
        remove_pod(w, pod);
    }
}

/// Whether nothing keeps a pod any more that waits to be deleted.
fn is_let_go(p: &Pod) -> bool {
    p.finalizers.is_empty() && p.deletion.is_some_and(|deletion| deletion.grace_secs == 0)
}

/// A pod's object as a patch sees it: the parts of `metadata` that can be patched, and `spec`.
pub fn object(p: &Pod) -> serde_json::Value {
    let finalizers: Vec<&str> = p.finalizers.iter().map(|f| f.as_str()).collect();
    let mut object = serde_json::json!({
        "metadata": {
            "name": p.ident.name.to_string(),
            "namespace": p.ident.namespace.as_str(),
            "labels": &*p.labels,
            "finalizers": finalizers,
        },
        "spec": &*p.spec,
    });
    if let Some(deletion) = p.deletion {
        object["metadata"]["deletionTimestamp"] = deletion.at.rfc3339_secs().into();
    }
    object
}

/// What one request changes of a pod's object beside its status; None: as it was.
#[derive(Default)]
pub struct Edit {
    /// In the place of all that it had.
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations are not kept, but a change of them is one.
    pub annotations: bool,
    /// In the place of all that it had.
    pub finalizers: Option<Vec<Sym>>,
    /// In the place of what it had; not checked here.
    pub spec: Option<PodSpec>,
}

/// PUT or PATCH of a pod that was let in: with another spec the generation rises, and what changes nothing is no write.
/// A pod that waits to be deleted goes with its last finalizer.
pub fn update(w: &mut World, pod: PodId, edit: Edit) {
    let counts = counts_generations(w);
    let Edit { labels, annotations, finalizers, spec } = edit;
    let (relabelled, respecified) = (labels.is_some(), spec.is_some());
    let metadata = relabelled || annotations;
    if !w.pods[pod.ix()].exists || !(metadata || respecified || finalizers.is_some()) {
        return;
    }
    w.touch(pod);
    let p = w.pods.write(pod.ix());
    if let Some(labels) = labels {
        p.labels = Arc::new(labels);
    }
    p.metadata_changes += u32::from(metadata);
    if let Some(spec) = spec {
        p.spec = Arc::new(spec);
        p.generation += i64::from(counts);
    }
    if let Some(finalizers) = finalizers {
        p.finalizers = Arc::new(finalizers);
    }
    let goes = is_let_go(p);
    written(w, pod);
    add_containers(w, pod);
    watch::tell(w, News::PodUpdated { pod, relabelled, respecified, metadata });
    if goes {
        remove_pod(w, pod);
    }
}

/// Containers that a spec has got later: they do what the pod's behaviour says of their names, or a program; else they run until
/// they are told to stop.
fn add_containers(w: &mut World, pod: PodId) {
    let (p, runtime) = (&w.pods[pod.ix()], &mut w.places[pod.ix()].runtime);
    let count = p.container_count();
    if runtime.containers.len() >= count {
        return;
    }
    let mut runs = std::mem::take(&mut runtime.containers).into_vec();
    runs.resize(count, ContainerRun::default());
    runtime.containers = runs.into_boxed_slice();
    let mut behavior = (*runtime.behavior).clone();
    for ix in behavior.containers.len()..count {
        let container = p.spec.container_at(ix);
        let own = behavior.added.iter().find(|(name, _)| *name == container.name);
        let unsaid = || programs::of_container(&w.plan.programs, container, false, &Belongs::default());
        let own = own.map_or_else(unsaid, |(_, own)| own.clone());
        behavior.containers.push(own);
    }
    runtime.behavior = Arc::new(behavior);
}

/// DELETE on a pod: `BeforeDelete` (apiserver registry/rest/delete.go) and `CheckGracefulDelete`
/// (pkg/registry/core/pod/strategy.go). `grace` is the request's option.
pub fn delete_pod(w: &mut World, pod: PodId, grace: Option<i64>) {
    w.touch(pod);
    let (now, counts) = (w.now, counts_generations(w));
    let p = &w.pods[pod.ix()];
    if !p.exists {
        return;
    }
    let mut secs = grace.or(p.spec.termination_grace_period_seconds).unwrap_or(0);
    // One that names a node that is not there counts as bound to it.
    let unbound = p.node.is_none() && p.spec.node_name.is_empty();
    if unbound || p.status.phase().is_terminal() {
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
            let began = old.at - Span::from_secs(old.grace_secs);
            let at = (began + Span::from_secs(secs)).max(now);
            let secs = if at <= now { 1 } else { secs };
            mark(w, pod, Deletion { at, grace_secs: secs });
            watch::tell(w, News::PodDeleting { pod, first: false, stays: true });
        }
        None if secs > 0 => {
            w.pods.write(pod.ix()).generation += i64::from(counts);
            mark(w, pod, Deletion { at: now + Span::from_secs(secs), grace_secs: secs });
            show_deletion(w, pod);
            watch::tell(w, News::PodDeleting { pod, first: true, stays: true });
        }
        old => {
            // Marked first, even where nothing keeps it: that is what the kubelet takes its grace from.
            mark(w, pod, Deletion { at: old.map_or(now, |d| d.at.min(now)), grace_secs: 0 });
            let p = &w.pods[pod.ix()];
            let (bound, free) = (p.node.is_some(), p.finalizers.is_empty());
            if bound || !free {
                show_deletion(w, pod);
            }
            watch::tell(w, News::PodDeleting { pod, first: old.is_none(), stays: !free });
            if free {
                remove_pod(w, pod);
            }
        }
    }
}

fn mark(w: &mut World, pod: PodId, deletion: Deletion) {
    w.pods.write(pod.ix()).deletion = Some(deletion);
    written(w, pod);
}

/// STATUS says that a pod is being deleted.
fn show_deletion(w: &mut World, pod: PodId) {
    let before = w.pods[pod.ix()].status.clone();
    record_changes(w, pod, &before);
}

/// The object leaves storage.
fn remove_pod(w: &mut World, pod: PodId) {
    if !w.pods[pod.ix()].exists {
        return;
    }
    let p = w.pods.write(pod.ix());
    p.exists = false;
    let (node, shown, own) = (p.node, p.shown, named(p));
    written(w, pod);
    w.names.remove(own, pod);
    w.leave(pod);
    w.records[pod.ix()].removed = Some(w.now);
    w.record(
        Some(pod),
        node,
        Change::Status { from: shown.status, to: Sym::EMPTY, ready: shown.ready, restarts: shown.restarts },
    );
    close_record(w, pod);
    if let Some(controller) = w.pods[pod.ix()].controller {
        forget_dependents(w, controller);
    }
    watch::tell(w, News::PodGone { pod });
}

/// Nobody asks for the status of a pod any more that is gone.
pub fn let_go(w: &mut World, pod: PodId) {
    w.pods.write(pod.ix()).status = w.nothing.clone();
}

fn close_record(w: &mut World, pod: PodId) {
    let now = w.now;
    w.pods[pod.ix()].sum_up(&mut w.records[pod.ix()]);
    if w.pods[pod.ix()].status.condition_is_true(Sym::READY) {
        ready_changed(&mut w.records[pod.ix()], now, false);
    }
}

/// Adds the time since Ready became True; `PodRecord` keeps the instant in its figure while it lasts.
fn ready_changed(record: &mut PodRecord, now: Time, ready: bool) {
    let offset = now.since(record.created.unwrap_or(now)).micros();
    record.ready_micros += if ready { -offset } else { offset };
}

/// Records every difference between `before` and the pod's status, and the STATUS column that follows from it; says whether
/// the pod has ended.
pub(super) fn record_changes(w: &mut World, pod: PodId, before: &HeldStatus) -> bool {
    w.touch(pod);
    let now = w.now;
    let World { pods, templates, learned, gates, .. } = w;
    let p = &pods[pod.ix()];
    let (node, was) = (p.node, p.shown);
    let (spec, after, deleted) = (&*p.spec, &p.status, p.deletion.is_some());
    let template = template_of(templates, p.template, &p.spec);
    let report = learned.report(template, &Written { spec, before, after, deleted, gates });
    let found = &report.difference;
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
    w.record_together(pod, node, &found.rows, report.digest);
    if was != report.shown {
        w.pods.write(pod.ix()).shown = report.shown;
        let Shown { status, ready, restarts } = report.shown;
        w.record(Some(pod), node, Change::Status { from: was.status, to: status, ready, restarts });
    }
    found.ends
}
