//! W: DaemonSets: on which nodes, and one sync (`rules::controllers::daemon_set`).

use std::collections::{BTreeMap, BTreeSet};

use kubelapse::api::controller_revision::ControllerRevision;
use kubelapse::api::daemon_set::{DaemonSet, DaemonSetStrategy};
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_controller_revision::controller_revision;
use kubelapse::api::wire_daemon_set::{daemon_set, daemon_set_status_value};
use kubelapse::api::wire_workloads::{labels, template};
use kubelapse::api::workload::PodTemplateSpec;
use kubelapse::api::{PodName, Sym, Taint, Tri};
use kubelapse::rules::controllers::daemon_set::history::{Current, hash_of, history, superfluous};
use kubelapse::rules::controllers::daemon_set::placement::{Fit, Placement, target};
use kubelapse::rules::controllers::daemon_set::status::{Counts, look_again, share, status};
use kubelapse::rules::controllers::daemon_set::template::{REVISION_HASH, is_updated};
use kubelapse::rules::controllers::daemon_set::update::{Sums, Todo, room, standing};
use kubelapse::rules::controllers::daemon_set::{SeenPod, View, on_node::orders};
use kubelapse::rules::controllers::{pod_control, told::Told};
use serde_json::{Value, json};

use super::harness::{Case, check, gates};

#[test]
fn daemon_sets_are_those_of_the_controller() {
    check("W_daemonset", |case| match case.family.as_str() {
        "placement" => placed(case),
        _ => sync(case),
    });
}

/// Each node's name and what becomes of a pod there.
fn fits(nodes: &Value, template: &PodTemplateSpec) -> Vec<(Sym, Fit)> {
    let placement = Placement::of(&template.spec);
    let nodes = nodes.as_array().into_iter().flatten();
    let fit = |node: &Value| {
        let name = Sym::new(node["metadata"]["name"].as_str().expect("a name"));
        let taints = node["spec"]["taints"].as_array().into_iter().flatten();
        let taints: Vec<Taint> =
            taints.map(|one| serde_json::from_value(one.clone()).expect("a taint")).collect();
        let own = labels(&node["metadata"]["labels"]);
        (name, placement.fit(name, &own, &taints))
    };
    nodes.map(fit).collect()
}

fn placed(case: &Case) -> Value {
    let told = |(name, fit): (Sym, Fit)| {
        let answer = json!({ "shouldRun": fit.should_run, "shouldContinueRunning": fit.may_stay });
        (name.as_str().to_owned(), answer)
    };
    fits(&case.input["nodes"], &template(&case.input["template"])).into_iter().map(told).collect()
}

/// The stored revisions: the set's template with the image that is told of each.
fn revisions(case: &Case) -> Vec<ControllerRevision> {
    let list = case.input["revisions"].as_array().into_iter().flatten();
    let revision = |own: &Value| {
        let mut template = case.input["daemonSet"]["spec"]["template"].clone();
        template["spec"]["containers"][0]["image"] = own["image"].clone();
        controller_revision(&json!({
            "metadata": { "name": own["name"], "labels": { REVISION_HASH: own["hash"] } },
            "data": { "spec": { "template": template } },
            "revision": own["revision"],
        }))
    };
    list.map(revision).collect()
}

fn seen(set: &DaemonSet, hash: &str, pod: &Pod) -> SeenPod {
    let ready = pod.status.conditions.iter().find(|own| own.kind == "Ready" && own.status == Tri::True);
    SeenPod {
        name: PodName::plain(Sym::new(&pod.meta.name)),
        phase: pod.status.phase,
        is_deleted: pod.meta.deletion_timestamp.is_some(),
        ready: ready.map(|own| own.last_transition.unwrap_or_default()),
        is_scheduled: !pod.spec.node_name.is_empty(),
        created: pod.created().unwrap_or_default(),
        has_hash: pod.meta.labels.get(REVISION_HASH).is_some_and(|own| own == hash),
        is_updated: is_updated(set, &pod.meta.labels, hash),
    }
}

/// What a sync has done.
#[derive(Default)]
struct Done {
    made: Vec<String>,
    deleted: Vec<String>,
    told: Vec<Told>,
    error: Option<String>,
}

impl Done {
    fn make(&mut self, set: &DaemonSet, node: Sym, hash: &str) {
        self.made.push(format!("{node} {hash}"));
        self.told.push(pod_control::created(format!("{}<new>", pod_control::generate_name(&set.meta.name))));
    }
    fn delete(&mut self, pod: &SeenPod) {
        self.deleted.push(pod.name.to_string());
        self.told.push(pod_control::deleted(pod.name));
    }
}

type Node = (Sym, Option<Fit>, Vec<SeenPod>);

fn sync(case: &Case) -> Value {
    let (gates, now) = (gates(), wire::time(&case.input["now"]).expect("an instant"));
    let set = daemon_set(&case.input["daemonSet"]);
    let view = View { set: &set, now, gates: &gates };
    let known = revisions(case);
    let (hash, mut numbers, old) = revised(case, &set, &known);

    let mut nodes: BTreeMap<&str, (Option<Fit>, Vec<SeenPod>)> = BTreeMap::new();
    for (name, fit) in fits(&case.input["nodes"], &set.spec.template) {
        nodes.insert(name.as_str(), (Some(fit), Vec::new()));
    }
    let pods = case.input["pods"].as_array().into_iter().flatten().map(wire::pod);
    let mut live = BTreeSet::new();
    for pod in pods {
        let Some(node) = target(&pod.spec) else { continue };
        live.extend(pod.meta.labels.get(REVISION_HASH).cloned());
        nodes.entry(Sym::new(node).as_str()).or_default().1.push(seen(&set, &hash, &pod));
    }
    let nodes: Vec<Node> = nodes.into_iter().map(|(name, (fit, pods))| (Sym::new(name), fit, pods)).collect();

    let mut done = Done::default();
    let mut counts = Counts::default();
    for (name, fit, pods) in &nodes {
        counts.add(share(&view, *fit, pods));
        let orders = orders(&view, *name, *fit, pods, &mut None);
        done.told.extend(orders.told);
        if orders.makes {
            done.make(&set, *name, &hash);
        }
        orders.deletes.iter().for_each(|at| done.delete(&pods[*at]));
    }
    let is_rolling = matches!(set.spec.strategy, DaemonSetStrategy::RollingUpdate { .. });
    if is_rolling && done.made.is_empty() && done.deleted.is_empty() {
        update(&view, &nodes, counts.desired, &hash, &mut done);
    }
    if done.error.is_none() {
        for at in superfluous(&set, &old, &live) {
            numbers.remove(old[at].meta.name.as_str());
        }
    }
    let requeue = look_again(&set, &counts).map(|wait| json!({ "seconds": wait.secs() }));
    let mut events: Vec<String> = done
        .told
        .iter()
        .map(|told| format!("{} {} {}", told.kind.as_str(), told.reason, told.message))
        .collect();
    for list in [&mut events, &mut done.deleted, &mut done.made] {
        list.sort();
    }
    json!({
        "createdOn": done.made,
        "deletedPods": done.deleted,
        "events": events,
        "requeue": requeue.into_iter().collect::<Vec<_>>(),
        "revisions": numbers,
        "status": zeros_left_out(
            daemon_set_status_value(&status(&set, &counts, true)), &case.expected["status"]),
        "error": done.error,
    })
}

/// The newest revision's hash, the number of each, and the old ones.
fn revised<'a>(
    case: &Case,
    set: &DaemonSet,
    known: &'a [ControllerRevision],
) -> (String, BTreeMap<String, i64>, Vec<&'a ControllerRevision>) {
    let list: Vec<&ControllerRevision> = known.iter().collect();
    let mut numbers: BTreeMap<String, i64> =
        known.iter().map(|own| (own.meta.name.as_str().to_owned(), own.revision)).collect();
    // Kubernetes' own hash, of which ours is a look-alike: taken from the name of the one that it made.
    let theirs = case.expected["revisions"].as_object().expect("revisions");
    let made = theirs.keys().find(|name| !numbers.contains_key(*name));
    let hash = |_: &PodTemplateSpec, _: Option<i32>| {
        made.and_then(|name| name.strip_prefix("agent-")).unwrap_or("none").to_owned()
    };
    let found = history(set, &list, &hash);
    let current = match found.current {
        Current::New(own) => {
            numbers.insert(own.meta.name.as_str().to_owned(), own.revision);
            hash_of(&own).to_owned()
        }
        Current::Known(at, renumbered) => {
            let name = known[at].meta.name.as_str().to_owned();
            numbers.entry(name).and_modify(|number| *number = renumbered.unwrap_or(*number));
            hash_of(&known[at]).to_owned()
        }
    };
    assert!(found.duplicates.is_empty());
    (current, numbers, found.old.iter().map(|at| &known[*at]).collect())
}

fn update(view: &View<'_>, nodes: &[Node], desired: i32, hash: &str, done: &mut Done) {
    let surges = view.max_surge(desired) > 0;
    let stand = |(_, fit, pods): &Node| standing(view, surges, *fit, pods);
    let standings: Vec<_> = nodes.iter().map(stand).collect();
    let mut sums = Sums::default();
    standings.iter().for_each(|one| sums.add(*one));
    let mut room = room(view, desired, &sums);
    // Whatever is left of the room.
    let take = |room: &mut usize| {
        let is_left = *room > 0;
        *room = room.saturating_sub(1);
        is_left
    };
    for (standing, (name, _, pods)) in standings.iter().zip(nodes) {
        match standing.todo {
            Todo::Fails => done.error = Some(format!("couldn't get node for nodeName \"{name}\"")),
            Todo::Delete(at) => done.delete(&pods[at]),
            Todo::MayDelete(at) if take(&mut room.deletes) => done.delete(&pods[at]),
            Todo::MayLeave(at) if take(&mut room.leaves) => done.delete(&pods[at]),
            Todo::Surge => done.make(view.set, *name, hash),
            Todo::MaySurge if take(&mut room.surges) => done.make(view.set, *name, hash),
            _ => {}
        }
    }
}

/// A number that is 0 may be left out there.
fn zeros_left_out(mut ours: Value, theirs: &Value) -> Value {
    if let Some(members) = ours.as_object_mut() {
        members.retain(|name, value| *value != 0 || theirs.get(name).is_some());
    }
    ours
}
