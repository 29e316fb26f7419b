//! The one player of commands: the scenario's `[[action]]`s and what somebody does while a run goes on.
//!
//! Each command is answered with what kubectl prints, or in a plain sentence where kubectl has no such verb. What is not
//! done is refused in the API server's words ([`World::answer`]) and is part of what the run tells; what is done is told
//! ([`World::tell`]) to whoever commanded it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::api_server::Edit;
use super::{api_server, kubectl};
use crate::api::{Condition, ProbeKind, Sym, Taint, Text};
use crate::engine::Distribution;
use crate::scenario::command::{Command, Target};
use crate::scenario::plan::{ObjectKind, ProbePoint};
use crate::time::Span;
use crate::world::{ApiObject, NodeId, PodId, SimEvent, World};

/// Plays an action: the scenario's, or one that is commanded now.
pub fn play(w: &mut World, index: u32) {
    let Some(action) = w.action(index).cloned() else { return };
    w.commanded(Arc::clone(&action));
    obey(w, &action.command);
}

fn obey(w: &mut World, command: &Command) {
    match command {
        Command::DeletePod { pod, grace_secs, force } => {
            let grace = if *force { Some(grace_secs.unwrap_or(0)) } else { *grace_secs };
            if *force && grace == Some(0) {
                w.tell(kubectl::FORCED.to_owned());
            }
            for pod in pods(w, pod) {
                let ident = w.pods[pod.ix()].ident;
                let name = ident.name.to_string();
                w.tell(kubectl::deleted(&w.gates, "pod", &name, ident.namespace, grace == Some(0)));
                api_server::delete_pod(w, pod, grace);
            }
        }
        Command::Evict { pod, grace_secs } => {
            for pod in pods(w, pod) {
                match api_server::evict(w, pod, *grace_secs) {
                    Ok(()) => tell_pod(w, pod, "evicted"),
                    Err(words) => w.answer(&words),
                }
            }
        }
        Command::Cordon { node } => set_unschedulable(w, node, true),
        Command::Uncordon { node } => set_unschedulable(w, node, false),
        Command::SetCondition { pod, kind, status, reason, message } => {
            for pod in pods(w, pod) {
                let condition = Condition::new(*kind, *status).because(*reason, Text::Is(*message));
                api_server::update_status(w, pod, |s, now| api_server::put_condition(s, condition, now));
                tell_pod(w, pod, "patched");
            }
        }
        Command::Ungate { pod, gate } => {
            for pod in pods(w, pod) {
                let mut spec = (*w.pods[pod.ix()].spec).clone();
                let before = spec.scheduling_gates.len();
                spec.scheduling_gates.retain(|g| gate.is_some_and(|gate| g.name != gate));
                let changed = spec.scheduling_gates.len() < before;
                tell_pod(w, pod, if changed { "patched" } else { "patched (no change)" });
                let spec = changed.then_some(spec);
                api_server::update(w, pod, Edit { spec, ..Edit::default() });
            }
        }
        Command::SetImage { pod, container, image } => {
            for pod in pods(w, pod) {
                set_image(w, pod, *container, *image);
            }
        }
        Command::Patch { pod, merge } => {
            for pod in pods(w, pod) {
                patch(w, pod, merge);
            }
        }
        Command::Resize { pod, container, resources } => {
            for pod in pods(w, pod) {
                match api_server::resize(w, pod, *container, resources) {
                    Ok(changed) => tell_pod(w, pod, if changed { "patched" } else { "patched (no change)" }),
                    Err(refused) => w.answer(&refused),
                }
            }
        }
        Command::Create { kind, namespace, name, keys } => {
            let found = objects(w, *kind, *namespace, *name);
            // What the scenario does not name is taken to be there.
            if found.is_empty() {
                w.answer(&kubectl::exists_already(*kind, *name));
            }
            for object in found {
                let own = &w.objects[object];
                let adds = own.keys.as_ref().is_some_and(|known| keys.iter().any(|key| !known.contains(key)));
                match (own.exists, adds) {
                    (true, false) => {
                        w.answer(&kubectl::exists_already(*kind, *name));
                        continue;
                    }
                    (true, true) => w.tell(kubectl::done(*kind, *name, "configured")),
                    (false, _) => w.tell(kubectl::done(*kind, *name, "created")),
                }
                api_server::objects::create(w, object, keys);
            }
        }
        Command::Remove { kind, namespace, name } => {
            let mut found = objects(w, *kind, *namespace, *name);
            // What is only taken to be there has to be known before it can go away.
            if found.is_empty() {
                found.push(taken_to_exist(w, *kind, *namespace, *name));
            }
            if !found.iter().any(|object| w.objects[*object].exists) {
                w.answer(&kubectl::not_found(*kind, *name));
            }
            for object in found {
                if w.objects[object].exists {
                    let namespace = w.objects[object].namespace;
                    w.tell(kubectl::object_deleted(&w.gates, *kind, *name, namespace));
                    api_server::objects::delete(w, object);
                }
            }
        }
        Command::BindClaim { namespace, name } => {
            let found = objects(w, ObjectKind::PersistentVolumeClaim, *namespace, *name);
            // What the scenario does not name is taken to be bound.
            if found.is_empty() {
                w.tell(format!("persistentvolumeclaim/{name} is bound already"));
            }
            for object in found {
                let already = if w.objects[object].bound { " already" } else { "" };
                w.tell(format!("persistentvolumeclaim/{name} is bound{already}"));
                api_server::objects::bind_claim(w, object);
            }
        }
        Command::RestartKubelet { node, takes } => {
            for node in machines(w, node) {
                super::kubelet::process::restart(w, node, *takes);
                tell_node(w, node, &format!("runs without its kubelet for {takes}"));
            }
        }
        Command::SetProbe { pod, container, probe, ok, takes, output } => {
            let takes = takes.map(Distribution::Constant);
            let failure_rate = if *ok { 0.0 } else { 1.0 };
            let point = ProbePoint { at: Span::ZERO, failure_rate, takes, output: *output };
            for pod in pods(w, pod) {
                if !has_probe(w, pod, *container, *probe) {
                    let name = w.pods[pod.ix()].ident.name;
                    w.answer(&format!("container {container} of pod {name} has no {}Probe", probe.word()));
                    continue;
                }
                tell_probe(w, pod, *container, *probe, *ok);
                set_probe(w, pod, *container, *probe, point.clone());
            }
        }
        Command::Kill { pod, container, signal } => {
            for pod in pods(w, pod) {
                if !runs(w, pod, *container) {
                    let name = w.pods[pod.ix()].ident.name;
                    w.answer(&format!("container {container} of pod {name} does not run"));
                    continue;
                }
                tell_pod(w, pod, &format!("loses the process of {container} by signal {signal}"));
                if let Some(ix) = w.pods[pod.ix()].find(*container) {
                    super::runtime::end(w, pod, ix, 128 + i32::from(*signal), Sym::ERROR);
                }
            }
        }
        Command::KillSandbox { pod } => {
            for pod in pods(w, pod) {
                let p = w.local(pod);
                if !is_on(w, pod) || !p.runtime.live.sandboxes.iter().any(|sandbox| sandbox.ready) {
                    w.answer(&format!("no sandbox of pod {} runs", p.ident.name));
                    continue;
                }
                tell_pod(w, pod, "loses its sandbox");
                super::runtime::sandbox_dies(w, pod);
            }
        }
        Command::StopNode { node } => {
            for node in machines(w, node) {
                let what = if w.machines[node.ix()].up { "goes dark" } else { "is dark already" };
                tell_node(w, node, what);
                super::machine::off(w, node);
            }
        }
        Command::StartNode { node } => {
            for node in machines(w, node) {
                tell_node(w, node, "boots");
                super::machine::on(w, node);
            }
        }
        Command::DeleteNode { node } => {
            for node in nodes(w, node) {
                let name = w.nodes[node.ix()].spec.name;
                w.tell(kubectl::deleted(&w.gates, "node", name.as_str(), Sym::EMPTY, false));
                api_server::nodes::delete(w, node);
            }
        }
        Command::Taint { node, taints } => {
            for node in nodes(w, node) {
                // As with --overwrite.
                let same = |old: &Taint| taints.iter().any(|t| t.key == old.key && t.effect == old.effect);
                let is_new = !w.nodes[node.ix()].spec.taints.iter().any(same);
                tell_node(w, node, if is_new { "tainted" } else { "modified" });
                api_server::nodes::update(w, node, |n, _| {
                    let list = &mut n.spec.taints;
                    list.retain(|old| !taints.iter().any(|t| t.key == old.key && t.effect == old.effect));
                    list.extend(taints.iter().copied());
                });
            }
        }
        Command::Untaint { node, taints } => {
            let goes = |old: &Taint| {
                taints.iter().any(|(key, effect)| *key == old.key && effect.is_none_or(|e| e == old.effect))
            };
            for node in nodes(w, node) {
                if !w.nodes[node.ix()].spec.taints.iter().any(goes) {
                    for (key, effect) in taints {
                        let effect =
                            effect.map_or_else(String::new, |effect| format!(":{}", effect.as_str()));
                        w.answer(&format!("error: taint \"{key}{effect}\" not found"));
                    }
                    continue;
                }
                tell_node(w, node, "untainted");
                api_server::nodes::update(w, node, |n, _| n.spec.taints.retain(|old| !goes(old)));
            }
        }
        Command::Drain { node } => {
            set_unschedulable(w, node, true);
            for node in nodes(w, node) {
                let mut is_empty = true;
                for pod in w.machines[node.ix()].pods.clone() {
                    if w.pods[pod.ix()].exists && w.pods[pod.ix()].node == Some(node) {
                        is_empty = false;
                        drain(w, pod);
                    }
                }
                if is_empty {
                    tell_node(w, node, "drained");
                }
            }
        }
        Command::LabelNode { node, labels } => {
            for node in nodes(w, node) {
                for line in kubectl::labelled(&w.nodes[node.ix()].spec.labels, labels) {
                    tell_node(w, node, &line);
                }
                api_server::nodes::update(w, node, |n, _| relabel(&mut n.spec.labels, labels));
            }
        }
        Command::LabelPod { pod, labels } => {
            for pod in pods(w, pod) {
                for line in kubectl::labelled(&w.pods[pod.ix()].labels, labels) {
                    tell_pod(w, pod, &line);
                }
                let mut own = (*w.pods[pod.ix()].labels).clone();
                relabel(&mut own, labels);
                api_server::update(w, pod, Edit { labels: Some(own), ..Edit::default() });
            }
        }
        Command::Debug { pod, container, image } => {
            for pod in pods(w, pod) {
                if w.pods[pod.ix()].container_count() >= crate::api::ContainerIx::MOST {
                    w.answer("Error from server: etcdserver: request is too large");
                    continue;
                }
                tell_pod(w, pod, &format!("has an ephemeral container {container} now"));
                let added = crate::api::Container { name: *container, image: *image, ..Default::default() };
                let mut spec = (*w.pods[pod.ix()].spec).clone();
                spec.ephemeral_containers.push(added);
                api_server::update(w, pod, Edit { spec: Some(spec), ..Edit::default() });
            }
        }
        Command::Shutdown { node } => {
            for node in machines(w, node) {
                tell_node(w, node, "shuts down");
                super::kubelet::shutdown::begin(w, node);
            }
        }
        Command::Pressure { node, resource, lasts } => {
            for node in machines(w, node) {
                tell_node(w, node, &format!("runs short of {resource}"));
                super::kubelet::eviction::begin(w, node, *resource, *lasts);
            }
        }
    }
}

/// Tells what was done to a pod.
fn tell_pod(w: &mut World, pod: PodId, what: &str) {
    let name = w.pods[pod.ix()].ident.name;
    w.tell(format!("pod/{name} {what}"));
}

/// Tells what was done to a node.
fn tell_node(w: &mut World, node: NodeId, what: &str) {
    let name = w.nodes[node.ix()].spec.name;
    w.tell(format!("node/{name} {what}"));
}

/// Whether a pod's machine is there and on.
fn is_on(w: &World, pod: PodId) -> bool {
    w.pods[pod.ix()].node.is_some_and(|node| w.machines[node.ix()].up)
}

/// Whether a container's process runs.
fn runs(w: &World, pod: PodId, container: Sym) -> bool {
    let newest = w.local(pod).runtime.live.newest(container);
    is_on(w, pod) && newest.is_some_and(|c| c.state == crate::api::InstanceState::Running)
}

/// Whether a container's spec has a probe that could be answered.
fn has_probe(w: &World, pod: PodId, container: Sym, probe: ProbeKind) -> bool {
    let p = &w.pods[pod.ix()];
    p.find(container).is_some_and(|ix| p.container(ix).probe(probe).is_some())
}

/// Says which process answers a probe otherwise from now on.
fn tell_probe(w: &mut World, pod: PodId, container: Sym, probe: ProbeKind, ok: bool) {
    let p = w.local(pod);
    let run = p.find(container).and_then(|ix| p.runtime.containers.get(usize::from(ix)));
    let newest = p.runtime.live.newest(container);
    let ended = newest.is_some_and(|c| c.state == crate::api::InstanceState::Exited);
    let (probe, how) = (probe.word(), if ok { "succeeds" } else { "fails" });
    if runs(w, pod, container) {
        tell_pod(w, pod, &format!("has a {probe} probe of {container} that {how} from now on"));
    } else if run.is_some_and(|run| run.attempt == run.tries || !ended) {
        tell_pod(w, pod, &format!("will have a {probe} probe of {container} that {how} when it starts"));
    } else {
        w.answer(&format!("container {container} of pod {} does not run", p.ident.name));
    }
}

/// The process that runs (or the next one) answers a probe otherwise from now on; later ones as the scenario says.
fn set_probe(w: &mut World, pod: PodId, container: Sym, probe: ProbeKind, answer: ProbePoint) {
    let now = w.now;
    let p = w.local_mut(pod);
    let Some(ix) = p.find(container).map(usize::from) else { return };
    let Some(attempt) = p.runtime.containers.get(ix).map(|run| run.attempt as usize) else { return };
    let running = p.runtime.live.newest(container).filter(|c| c.state == crate::api::InstanceState::Running);
    let since = running.and_then(|c| c.started_at).map_or(Span::ZERO, |started| now.since(started));
    let Some(own) = Arc::make_mut(&mut p.runtime.behavior).containers.get_mut(ix) else { return };
    // The attempts from here on become explicit, so that only this one changes.
    let later = own.attempt(attempt as u32 + 1).clone();
    while own.attempts.len() <= attempt {
        own.attempts.push(later.clone());
    }
    if own.attempts.len() == attempt + 1 {
        own.attempts.push(later);
    }
    let attempt = &mut own.attempts[attempt];
    let points = match probe {
        ProbeKind::Startup => &mut attempt.startup,
        ProbeKind::Readiness => &mut attempt.readiness,
        ProbeKind::Liveness => &mut attempt.liveness,
    };
    points.retain(|point| point.at < since);
    points.push(ProbePoint { at: since, ..answer });
    super::kubelet::prober::container_changed(w, pod);
}

/// The places of the objects of a name.
fn objects(w: &World, kind: ObjectKind, namespace: Option<Sym>, name: Sym) -> Vec<usize> {
    let fits = |object: &usize| {
        let own = &w.objects[*object];
        own.kind == kind && own.name == name && namespace.is_none_or(|n| n == own.namespace)
    };
    (0..w.objects.len()).filter(fits).collect()
}

/// The place of an object that the scenario does not name: as pods take it to be, there and with any key.
fn taken_to_exist(w: &mut World, kind: ObjectKind, namespace: Option<Sym>, name: Sym) -> usize {
    let namespace = match kind {
        ObjectKind::PriorityClass | ObjectKind::HostPath => Sym::EMPTY,
        _ => namespace.unwrap_or_else(|| Sym::new("default")),
    };
    let object = ApiObject { kind, namespace, name, exists: true, bound: true, keys: None };
    api_server::objects::known(w, object);
    w.objects.len() - 1
}

/// How often `kubectl drain` asks again for a pod that its budget keeps.
const DRAIN_RETRY: Span = Span::from_secs(5);

/// `kubectl drain` evicts a pod; it asks again until the budget lets the pod go (staging/src/k8s.io/kubectl/pkg/drain).
pub fn drain(w: &mut World, pod: PodId) {
    let p = &w.pods[pod.ix()];
    if !p.exists || p.deletion.is_some() {
        return;
    }
    let (name, namespace) = (p.ident.name, p.ident.namespace);
    w.tell(format!("evicting pod {namespace}/{name}"));
    if let Err(words) = api_server::evict(w, pod, None) {
        let message = words.split_once("): ").map_or(words.as_str(), |(_, message)| message);
        w.tell(format!(
            "error when evicting pods/\"{name}\" -n \"{namespace}\" (will retry after 5s): {message}"
        ));
        w.after(DRAIN_RETRY, SimEvent::DrainRetry { pod });
    }
}

fn set_unschedulable(w: &mut World, target: &Target, value: bool) {
    for node in nodes(w, target) {
        let already = if w.nodes[node.ix()].spec.unschedulable == value { "already " } else { "" };
        tell_node(w, node, &format!("{already}{}", if value { "cordoned" } else { "uncordoned" }));
        api_server::nodes::update(w, node, |n, _| n.spec.unschedulable = value);
    }
}

/// `kubectl label`: a value is set, or without one taken away.
fn relabel(own: &mut BTreeMap<String, String>, labels: &BTreeMap<String, Option<String>>) {
    for (key, value) in labels {
        match value {
            Some(value) => own.insert(key.clone(), value.clone()),
            None => own.remove(key),
        };
    }
}

/// `kubectl set image`
fn set_image(w: &mut World, pod: PodId, container: Sym, image: Sym) {
    let words = ("image updated", "has this image already");
    write(w, pod, words, |object| {
        for list in ["/spec/containers", "/spec/initContainers"] {
            let list = object.pointer_mut(list).and_then(Value::as_array_mut);
            let named = list.into_iter().flatten().find(|c| c["name"] == container.as_str());
            if let Some(own) = named {
                own["image"] = json!(image.as_str());
            }
        }
    });
}

/// `kubectl patch`
fn patch(w: &mut World, pod: PodId, merge: &Value) {
    write(w, pod, ("patched", "patched (no change)"), |object| api_server::merge_into(object, merge));
}

/// A pod's object is written as it should be from now on. `words` are told when it is let in: for something new, and for the
/// same again.
fn write(w: &mut World, pod: PodId, words: (&str, &str), change: impl FnOnce(&mut Value)) {
    match api_server::patch(w, pod, change) {
        Ok(true) => tell_pod(w, pod, words.0),
        Ok(false) => tell_pod(w, pod, words.1),
        Err(refused) => w.answer(&refused),
    }
}

/// The pods that a target names, oldest first; kubectl's answer if there are none.
fn pods(w: &mut World, target: &Target) -> Vec<PodId> {
    let found: Vec<PodId> = PodId::all(w.pods.len())
        .filter(|pod| {
            let p = &w.pods[pod.ix()];
            let name = p.ident.name.to_string();
            p.exists
                && target.namespace.as_deref().is_none_or(|n| p.ident.namespace == n)
                && if target.prefix { name.starts_with(&target.name) } else { name == target.name }
        })
        .collect();
    match (found.is_empty(), target.prefix) {
        (true, true) => w.tell(kubectl::NOTHING.to_owned()),
        (true, false) => {
            w.answer(&format!("Error from server (NotFound): pods \"{}\" not found", target.name))
        }
        (false, _) => {}
    }
    found
}

/// The nodes that a target names, by their objects in the API.
fn nodes(w: &mut World, target: &Target) -> Vec<NodeId> {
    let found = named(w, target).filter(|node| w.nodes[node.ix()].exists).collect();
    told_if_none(w, target, found)
}

/// The machines that a target names: what is done to one needs no object of its node.
fn machines(w: &mut World, target: &Target) -> Vec<NodeId> {
    let found = named(w, target).collect();
    told_if_none(w, target, found)
}

fn named<'a>(w: &'a World, target: &'a Target) -> impl Iterator<Item = NodeId> + 'a {
    NodeId::all(w.machines.len()).filter(|node| {
        let name = w.machines[node.ix()].name;
        if target.prefix { name.starts_with(&target.name) } else { name == *target.name }
    })
}

fn told_if_none(w: &mut World, target: &Target, found: Vec<NodeId>) -> Vec<NodeId> {
    match (found.is_empty(), target.prefix) {
        (true, true) => w.tell(kubectl::NOTHING.to_owned()),
        (true, false) => {
            w.answer(&format!("Error from server (NotFound): nodes \"{}\" not found", target.name))
        }
        (false, _) => {}
    }
    found
}
