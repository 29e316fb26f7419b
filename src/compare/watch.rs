//! What `kubectl get pods -w -o json --output-watch-events` printed, read as lives.
//!
//! The stream has every version of every pod, but not when it came: the time of a version is the newest instant that it
//! brings along (a transition, a container's start or end, a deletion, the writes that `--show-managed-fields` lists),
//! which Kubernetes cuts to whole seconds. A version that brings none (a container that goes from Error to
//! CrashLoopBackOff) came then or later.
//!
//! A stream of `kubectl get events -w -o json --output-watch-events` may stand in the same text. So may the lists of
//! `pods.jsonl`, which carry their time and from which a pod that has gone is missing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::life::{SeenEvent, State, mask};
use super::side::{Known, Lived, Side};
use crate::api::wire::{self, Pod};
use crate::api::{ContainerState, ContainerStatus, EventType};
use crate::rules::kubectl::printing;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

type Name = (String, String);

#[derive(Default)]
struct Stream {
    pods: BTreeMap<Name, Watched>,
    /// By uid: an event object is written again when it happens again.
    events: BTreeMap<String, (Name, SeenEvent)>,
    objects: usize,
}

/// One pod, as far as the stream has been read.
struct Watched {
    uid: String,
    created: Time,
    /// Every instant of the version before.
    instants: Vec<Option<Time>>,
    now: Time,
    gone: bool,
    lived: Lived,
}

/// Reads a stream; what it says after a break is lost, and told.
pub fn read(text: &str, gates: &Gates) -> Side {
    let mut stream = Stream::default();
    let mut trouble = None;
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(value) => stream.take(&value, gates),
            Err(error) if error.is_eof() => {
                trouble = Some("it ends in the middle of an object, which is left out".to_owned());
            }
            Err(error) => trouble = Some(error.to_string()),
        }
    }
    let mut side = Side { trouble, has_events: !stream.events.is_empty(), ..Side::default() };
    for (name, watched) in stream.pods {
        side.pods.insert(name, watched.lived);
    }
    for ((name, uid), event) in by_age(stream.events) {
        if let Some(lived) = side.pods.get_mut(&name) {
            lived.life.events.push(event);
        } else {
            side.strangers.insert(format!("{}/{} ({uid})", name.0, name.1));
        }
    }
    let end = side.pods.values().filter_map(|l| l.life.states.last()).map(|(at, _)| *at).max().unwrap_or(0);
    side.pods.values_mut().for_each(|lived| lived.life.end = end);
    side
}

type Events = BTreeMap<String, (Name, SeenEvent)>;

fn by_age(events: Events) -> impl Iterator<Item = ((Name, String), SeenEvent)> {
    events.into_iter().map(|(uid, (name, event))| ((name, uid), event))
}

impl Stream {
    fn take(&mut self, value: &Value, gates: &Gates) {
        if value["object"].is_object() {
            return self.object(&value["object"], value["type"] == "DELETED", None, gates);
        }
        let Some(items) = value["items"].as_array() else {
            return self.object(value, false, None, gates);
        };
        let at = value["timestamp"].as_str().and_then(Time::parse_rfc3339);
        for item in items {
            self.object(item, false, at, gates);
        }
        if let Some(at) = at {
            let has = |name: &Name| {
                items.iter().any(|item| {
                    item["metadata"]["name"] == *name.1 && item["metadata"]["namespace"] == *name.0
                })
            };
            for (_, watched) in self.pods.iter_mut().filter(|(name, _)| !has(name)) {
                watched.leave(at, Known::Exact);
            }
        }
    }

    fn object(&mut self, object: &Value, deleted: bool, at: Option<Time>, gates: &Gates) {
        self.objects += 1;
        match object["kind"].as_str() {
            Some("Pod") => self.pod(object, deleted, at, gates),
            Some("Event") if !deleted => self.event(object),
            _ => {}
        }
    }

    fn pod(&mut self, object: &Value, deleted: bool, at: Option<Time>, gates: &Gates) {
        let pod = wire::pod(object);
        let name = (pod.meta.namespace.clone(), pod.meta.name.clone());
        let instants = instants(&pod, object);
        let created = pod.created().unwrap_or_default();
        let fresh = Watched {
            uid: pod.meta.uid.clone(),
            created: at.unwrap_or(created),
            instants: Vec::new(),
            now: created,
            gone: false,
            lived: Lived::default(),
        };
        let watched = self.pods.entry(name).or_insert(fresh);
        if watched.uid != pod.meta.uid && !watched.gone {
            // Another pod of that name: the end of the first was not seen.
            watched.leave(watched.now, Known::Not);
        }
        watched.uid.clone_from(&pod.meta.uid);
        watched.gone = false;
        let known = match at {
            Some(at) => {
                watched.now = at;
                Known::Exact
            }
            None => watched.pass(&instants),
        };
        watched.instants = instants;
        let state = state_of(&pod, gates);
        watched.show(state, known);
        if deleted {
            watched.leave(watched.now, Known::Not);
        }
    }

    fn event(&mut self, object: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let about = &object["involvedObject"];
        if about["kind"] != "Pod" {
            return;
        }
        let component = match text(&object["reportingComponent"]) {
            none if none.is_empty() => text(&object["source"]["component"]),
            component => component,
        };
        let count = object["series"]["count"].as_u64().or(object["count"].as_u64()).unwrap_or(1);
        let event = SeenEvent {
            component,
            kind: if object["type"] == "Warning" { EventType::Warning } else { EventType::Normal },
            reason: text(&object["reason"]),
            message: mask(&text(&object["message"])),
            count: u32::try_from(count).unwrap_or(u32::MAX),
        };
        let name = (text(&about["namespace"]), text(&about["name"]));
        self.events.insert(text(&object["metadata"]["uid"]), (name, event));
    }
}

impl Watched {
    /// Time goes on to the newest instant that this version brings along.
    fn pass(&mut self, instants: &[Option<Time>]) -> Known {
        // What only moved (a container's end, from its state to its last state) is no news.
        let often =
            |list: &[Option<Time>], at: &Option<Time>| list.iter().filter(|other| *other == at).count();
        let news = instants.iter().filter(|at| often(instants, at) > often(&self.instants, at));
        match news.filter_map(|at| *at).max() {
            Some(at) if at >= self.now.truncate_secs() => {
                self.now = self.now.max(at);
                Known::Second
            }
            _ => Known::Not,
        }
    }
    fn show(&mut self, state: State, known: Known) {
        let at = self.now.since(self.created).micros();
        let states = &mut self.lived.life.states;
        if states.last().is_none_or(|(_, last)| *last != state) {
            states.push((at, state));
            self.lived.known.push(known);
        }
    }
    fn leave(&mut self, at: Time, known: Known) {
        if self.gone {
            return;
        }
        self.gone = true;
        self.now = self.now.max(at);
        if let Some((_, last)) = self.lived.life.states.last() {
            let gone = State { status: String::new(), ..last.clone() };
            self.show(gone, known);
        }
    }
}

/// Every instant that a pod's object brings along, always in the same order for objects of one shape.
fn instants(pod: &Pod, object: &Value) -> Vec<Option<Time>> {
    let grace = Span::from_secs(pod.meta.deletion_grace_period_seconds.unwrap_or(0));
    let mut list = vec![pod.created(), pod.deletion().map(|at| at - grace), pod.status.start_time];
    list.extend(pod.status.conditions.iter().map(|c| c.last_transition));
    let status = &pod.status;
    for container in status.init.iter().chain(&status.containers).chain(&status.ephemeral) {
        list.extend(ends(container));
    }
    for write in object["metadata"]["managedFields"].as_array().into_iter().flatten() {
        list.push(wire::time(&write["time"]));
    }
    list
}

fn ends(container: &ContainerStatus) -> [Option<Time>; 4] {
    let of = |state: &ContainerState| match state {
        ContainerState::Running { started_at } => [*started_at, None],
        ContainerState::Terminated(ended) => [ended.started_at, ended.finished_at],
        _ => [None, None],
    };
    let ([a, b], [c, d]) = (of(&container.state), of(&container.last_state));
    [a, b, c, d]
}

/// What a client sees of a pod.
pub fn state_of(pod: &Pod, gates: &Gates) -> State {
    let columns = printing::columns(&pod.spec, &pod.status, pod.deletion().is_some(), gates);
    let status = &pod.status;
    let condition =
        |c: &crate::api::Condition| (c.kind.to_string(), (c.status.to_string(), c.reason.to_string()));
    State {
        phase: status.phase.to_string(),
        status: columns.status.to_string(),
        ready: columns.ready_cell(),
        restarts: columns.restarts.to_string(),
        conditions: status.conditions.iter().map(condition).collect(),
        containers: status
            .init
            .iter()
            .chain(&status.containers)
            .chain(&status.ephemeral)
            .map(|c| (c.name.to_string(), container(&c.state)))
            .collect(),
    }
}

fn container(state: &ContainerState) -> (String, String, String) {
    match state {
        ContainerState::Unset => Default::default(),
        ContainerState::Waiting { reason, .. } => ("waiting".to_owned(), reason.to_string(), String::new()),
        ContainerState::Running { .. } => ("running".to_owned(), String::new(), String::new()),
        ContainerState::Terminated(ended) => {
            ("terminated".to_owned(), ended.reason.to_string(), ended.exit_code.to_string())
        }
    }
}
