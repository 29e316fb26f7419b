//! The controller of DaemonSets: what it hears of sets, pods and nodes, and in which order it asks the API server.
//!
//! Source: the event handlers, `syncDaemonSet`, `updateDaemonSet`, `manage`, `syncNodes` in
//! pkg/controller/daemon/daemon_controller.go, `constructHistory`, `rollingUpdate`, `cleanupHistory` in update.go (v1.36.3). What
//! it decides stands in [`crate::rules::controllers::daemon_set`]. Where the real controller walks through all nodes at each
//! sync, this one looks at those that have changed since ([`Daemons`](crate::world::daemons::Daemons)): the others are what they
//! were.

use std::sync::Arc;

use super::daemons::{self, known, restand};
use super::work::{add, add_at, tell};
use crate::api::Sym;
use crate::api::controller_revision::ControllerRevision;
use crate::api::daemon_set::DaemonSetStrategy;
use crate::rules::controllers::daemon_set::history::{self, Current};
use crate::rules::controllers::daemon_set::template::REVISION_HASH;
use crate::rules::controllers::daemon_set::update::{Todo, room};
use crate::rules::controllers::daemon_set::{BURST, View, on_node, status};
use crate::rules::controllers::template_hash::template_hash;
use crate::rules::machinery::slow_start::SlowStart;
use crate::world::daemons::{DaemonRequest, DaemonScript, DaemonStage};
use crate::world::manager::{Controller, Request, Script};
use crate::world::workloads::{ControllerRevisionId, DaemonSetId, ObjectKey};
use crate::world::{NodeId, PodId, Purpose, World};

/// News has come of a set, of a pod, or that a revision is gone.
pub fn informed(w: &mut World, key: ObjectKey) {
    match key {
        ObjectKey::DaemonSet(set) => {
            known(w, set);
            add(w, Controller::DaemonSet, key);
        }
        ObjectKey::Pod(pod) => daemons::pod_changed(w, pod),
        ObjectKey::ControllerRevision(_) => {
            if let Some(owner @ ObjectKey::DaemonSet(_)) = w.workloads.controller(key)
                && !w.workloads.exists(key)
            {
                add(w, Controller::DaemonSet, owner);
            }
        }
        _ => {}
    }
}

/// A worker takes a set. One that is being deleted is left to the garbage collector, and so is its status.
pub fn look(w: &mut World, set: DaemonSetId) -> Option<(Script, Vec<Request>)> {
    let held = &w.workloads.daemon_sets[set.ix()];
    if !held.exists || held.object.meta.deletion.is_some() {
        return None;
    }
    let generation = held.object.meta.generation;
    known(w, set);
    let claims = daemons::claims(w, set);
    let script = DaemonScript {
        set,
        stage: DaemonStage::Claims,
        generation,
        hash: Sym::EMPTY,
        acts: false,
        makes: Vec::new(),
        batches: SlowStart::new(0),
        refused: false,
        deletes: Vec::new(),
    };
    Some((Script::Daemons(Box::new(script)), asks(set, claims)))
}

fn asks(set: DaemonSetId, requests: Vec<DaemonRequest>) -> Vec<Request> {
    requests.into_iter().map(|request| Request::Daemon(set, request)).collect()
}

/// What follows once all requests of a stage are answered. What goes wrong with revisions ends a sync; what goes wrong with
/// pods does not keep it from writing the status.
pub fn next(w: &mut World, script: &mut DaemonScript, error: &mut Option<String>) -> Vec<Request> {
    loop {
        let failed = error.is_some();
        let requests = match script.stage {
            DaemonStage::Claims | DaemonStage::Revisions if failed => return Vec::new(),
            DaemonStage::Claims => {
                script.stage = DaemonStage::Revisions;
                revisions(w, script)
            }
            DaemonStage::Revisions => {
                settle(w, script);
                if script.acts {
                    script.stage = DaemonStage::Manage;
                    manage(w, script)
                } else {
                    script.stage = DaemonStage::Status;
                    written_status(w, script)
                }
            }
            DaemonStage::Manage | DaemonStage::Update => match go_on(w, script) {
                requests if !requests.is_empty() => requests,
                _ if failed => {
                    script.stage = DaemonStage::Status;
                    written_status(w, script)
                }
                _ if script.stage == DaemonStage::Manage => {
                    script.stage = DaemonStage::Update;
                    update(w, script, error)
                }
                _ => {
                    script.stage = DaemonStage::CleanUp;
                    superfluous(w, script)
                }
            },
            DaemonStage::CleanUp => {
                script.stage = DaemonStage::Status;
                written_status(w, script)
            }
            DaemonStage::Status => return Vec::new(),
        };
        if !requests.is_empty() {
            return asks(script.set, requests);
        }
    }
}

fn sorted(w: &World, ids: &[ControllerRevisionId], set: DaemonSetId) -> history::History {
    let object = &w.workloads.daemon_sets[set.ix()].object;
    let revisions: Vec<&ControllerRevision> =
        ids.iter().map(|id| &w.workloads.controller_revisions[id.ix()].object).collect();
    history::history(object, &revisions, &template_hash)
}

/// The present template's revision is made, or is the newest again; where there are several, one stays.
fn revisions(w: &mut World, script: &DaemonScript) -> Vec<DaemonRequest> {
    let ids = w.workloads.revisions_of(ObjectKey::DaemonSet(script.set));
    let found = sorted(w, &ids, script.set);
    let mut requests = Vec::new();
    if let (Current::Known(at, _), false) = (&found.current, found.duplicates.is_empty()) {
        let kept = history::hash_of(&w.workloads.controller_revisions[ids[*at].ix()].object).to_owned();
        let pods = daemons::pods(w, script.set).into_iter();
        let others = pods.filter(|pod| w.pods[pod.ix()].labels.get(REVISION_HASH) != Some(&kept));
        requests.extend(others.map(DaemonRequest::Relabel));
        requests.extend(found.duplicates.iter().map(|at| DaemonRequest::Forget(ids[*at])));
    }
    match found.current {
        Current::New(_) => requests.push(DaemonRequest::Revise),
        Current::Known(at, Some(number)) => requests.push(DaemonRequest::Renumber(ids[at], number)),
        Current::Known(_, None) => {}
    }
    requests
}

/// The present revision is known: all that is reckoned from it is brought up to date.
fn settle(w: &mut World, script: &mut DaemonScript) {
    let ids = w.workloads.revisions_of(ObjectKey::DaemonSet(script.set));
    if let Current::Known(at, _) = sorted(w, &ids, script.set).current {
        let revision = &w.workloads.controller_revisions[ids[at].ix()].object;
        script.hash = Sym::new(history::hash_of(revision));
    }
    daemons::revised(w, script.set, script.hash);
    script.acts = w.controllers.daemons[script.set.ix()].is_up_to_date(w.now);
}

/// Node by node: pods that are missing, that have ended, that are one too many or do not belong there (`manage`).
fn manage(w: &mut World, script: &mut DaemonScript) -> Vec<DaemonRequest> {
    let set = script.set;
    let key = ObjectKey::DaemonSet(set);
    let nodes = std::mem::take(&mut w.controllers.daemons[set.ix()].restless);
    for node in nodes {
        let World { controllers, workloads, nodes, now, gates, .. } = w;
        let view = View { set: &workloads.daemon_sets[set.ix()].object, now: *now, gates };
        let daemons = &mut controllers.daemons[set.ix()];
        let seat = daemons.seat_mut(node);
        let (seen, name) = (seat.seen(), nodes[node.ix()].spec.name);
        let orders = on_node::orders(&view, name, seat.fit, &seen, &mut seat.failures);
        script.deletes.extend(orders.deletes.iter().map(|at| seat.pods[*at].0));
        if orders.makes {
            script.makes.push(node);
        }
        // What is asked for may be refused or be too much, and what has to wait is due later.
        if orders.makes || orders.waits.is_some() || !orders.deletes.is_empty() {
            daemons.restless.insert(node);
        }
        if let Some(wait) = orders.waits {
            add_at(w, Controller::DaemonSet, key, w.now + wait);
        }
        for told in orders.told {
            tell(w, Controller::DaemonSet, key, told.kind, told.reason, told.message.into());
        }
    }
    begin(w, script)
}

/// Old pods give way to new ones, if nothing else has been done just now (`rollingUpdate`).
fn update(w: &mut World, script: &mut DaemonScript, error: &mut Option<String>) -> Vec<DaemonRequest> {
    let set = script.set;
    let object = &w.workloads.daemon_sets[set.ix()].object;
    let daemons = &w.controllers.daemons[set.ix()];
    let rolls = matches!(object.spec.strategy, DaemonSetStrategy::RollingUpdate { .. });
    if !rolls || !daemons.is_up_to_date(w.now) {
        return Vec::new();
    }
    let view = View { set: object, now: w.now, gates: &w.gates };
    let room = room(&view, daemons.counts.desired, &daemons.sums);
    let pod_of = |node: NodeId, at: usize| daemons.seat(node).map(|seat| seat.pods[at].0);
    let todo = |node: NodeId| daemons.seat(node).map_or(Todo::Nothing, |seat| seat.todo());
    let mut number = w.instant();
    let mut pick = |pool: &[NodeId], count: usize| {
        number += 1;
        chosen(w, set, pool, count, number)
    };
    let may_surge = pick(daemons.may_surge.all(), room.surges);
    let may_go = [pick(daemons.may_delete.all(), room.deletes), pick(daemons.may_leave.all(), room.leaves)];
    let mut makes: Vec<NodeId> = may_surge;
    let mut deletes: Vec<PodId> = Vec::new();
    for node in daemons.due.iter().copied().chain(may_go.into_iter().flatten()) {
        match todo(node) {
            Todo::Delete(at) | Todo::MayDelete(at) | Todo::MayLeave(at) => deletes.extend(pod_of(node, at)),
            Todo::Surge => makes.push(node),
            Todo::Fails => {
                let name = w.nodes[node.ix()].spec.name;
                *error =
                    Some(format!("couldn't get node for nodeName \"{name}\": node \"{name}\" not found"));
                return Vec::new();
            }
            Todo::Nothing | Todo::MaySurge => {}
        }
    }
    (script.makes, script.deletes) = (makes, deletes);
    begin(w, script)
}

/// Some nodes of a pool: the controller walks through a map, whose order is new each time.
fn chosen(w: &World, set: DaemonSetId, pool: &[NodeId], count: usize, number: u64) -> Vec<NodeId> {
    if count == 0 || pool.is_empty() {
        return Vec::new();
    }
    let entity = w.workloads.daemon_sets[set.ix()].entity;
    let mut draw = w.draw(Purpose::NodeOrder, entity, number);
    if count < pool.len() / 2 {
        let mut nodes: Vec<NodeId> = Vec::with_capacity(count);
        while nodes.len() < count {
            let node = pool[draw.below(pool.len() as u64) as usize];
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        return nodes;
    }
    let mut nodes = pool.to_vec();
    shuffle(&mut nodes, &mut draw);
    nodes.truncate(count);
    nodes
}

fn shuffle(nodes: &mut [NodeId], draw: &mut crate::engine::random::Draw) {
    for at in (1..nodes.len()).rev() {
        nodes.swap(at, draw.below(at as u64 + 1) as usize);
    }
}

/// Pods are made, and others deleted: so many, and it waits to see them (`syncNodes`).
fn begin(w: &mut World, script: &mut DaemonScript) -> Vec<DaemonRequest> {
    let entity = w.workloads.daemon_sets[script.set.ix()].entity;
    let mut draw = w.draw(Purpose::NodeOrder, entity, w.instant());
    shuffle(&mut script.makes, &mut draw);
    script.makes.truncate(BURST);
    script.deletes.truncate(BURST);
    script.batches = SlowStart::new(script.makes.len());
    script.refused = false;
    let now = w.now;
    w.controllers.daemons[script.set.ix()].expect(script.makes.len(), script.deletes.len(), now);
    go_on(w, script)
}

/// The next batch of pods that are made, and after the last one all that are deleted.
fn go_on(w: &mut World, script: &mut DaemonScript) -> Vec<DaemonRequest> {
    if std::mem::take(&mut script.refused) {
        w.controllers.daemons[script.set.ix()].seen_made(script.makes.len());
        script.makes.clear();
        script.batches = SlowStart::new(0);
    }
    let batch = script.batches.next().unwrap_or(0);
    if batch > 0 {
        let first = script.makes.len() - batch;
        return script.makes.split_off(first).into_iter().map(DaemonRequest::Make).collect();
    }
    std::mem::take(&mut script.deletes).into_iter().map(DaemonRequest::Delete).collect()
}

/// Old revisions beyond the limit are deleted.
fn superfluous(w: &World, script: &DaemonScript) -> Vec<DaemonRequest> {
    let set = script.set;
    let ids = w.workloads.revisions_of(ObjectKey::DaemonSet(set));
    let object = &w.workloads.daemon_sets[set.ix()].object;
    let old = sorted(w, &ids, set).old;
    if old.len() <= usize::try_from(object.spec.revision_history_limit.unwrap_or(10)).unwrap_or(0) {
        return Vec::new();
    }
    let revisions: Vec<&ControllerRevision> =
        old.iter().map(|at| &w.workloads.controller_revisions[ids[*at].ix()].object).collect();
    let label = |pod: PodId| w.pods[pod.ix()].labels.get(REVISION_HASH).cloned();
    let live = daemons::pods(w, set).into_iter().filter_map(label).collect();
    let dead = history::superfluous(object, &revisions, &live);
    dead.into_iter().map(|at| DaemonRequest::Forget(ids[old[at]])).collect()
}

/// The status is written, if it says something new.
fn written_status(w: &mut World, script: &DaemonScript) -> Vec<DaemonRequest> {
    let set = script.set;
    daemons::ripen(w, set);
    let held = &w.workloads.daemon_sets[set.ix()];
    if !held.exists {
        return Vec::new();
    }
    let counts = w.controllers.daemons[set.ix()].counts;
    let mut new = status::status(&held.object, &counts, script.acts);
    if script.acts {
        // What it has seen is the set as it was when it looked.
        new.observed_generation = script.generation;
    }
    let is_written = status::is_written(&held.object, &new);
    if let Some(wait) = status::look_again(&held.object, &counts) {
        add_at(w, Controller::DaemonSet, ObjectKey::DaemonSet(set), w.now + wait);
    }
    is_written.then(|| DaemonRequest::SetStatus(Arc::new(new))).into_iter().collect()
}

/// A node was listed, or its labels or taints have changed: sets to which that makes a difference are looked at.
pub fn node_seen(w: &mut World, node: NodeId) {
    for set in DaemonSetId::all(w.controllers.daemons.len()) {
        let before = w.controllers.daemons[set.ix()].seat(node).and_then(|seat| seat.fit);
        let fit = daemons::fit(w, set, node);
        let held = &w.workloads.daemon_sets[set.ix()];
        let has_pod = (w.controllers.daemons[set.ix()].seat(node))
            .is_some_and(|seat| seat.pods.iter().any(|(_, pod)| pod.is_scheduled));
        let is_concerned = held.exists
            && match (fit, w.gates.habits.daemon_sets_look_at_a_nodes_pods) {
                (None, _) => false,
                (fit, false) => fit != before,
                (Some(fit), true) if has_pod => !fit.may_stay || held.object.status.number_misscheduled > 0,
                (Some(fit), true) => fit.should_run,
            };
        if fit != before {
            w.controllers.daemons[set.ix()].seat_mut(node).fit = fit;
            restand(w, set, node);
        }
        if is_concerned {
            add(w, Controller::DaemonSet, ObjectKey::DaemonSet(set));
        }
    }
}
