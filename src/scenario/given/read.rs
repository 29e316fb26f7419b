//! From what kubectl printed to a state.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::instants::{asked_to_go, newest};
use super::{Beside, Given, GivenPod, Problem};
use crate::api::wire;
use crate::api::{ContainerState, OwnerReference, Sym};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::manifest;
use crate::rules::versions::Version;
use crate::time::{Span, Time};

/// An object in its last version.
struct Last {
    value: Value,
    removed: bool,
    /// The seconds of the line that said so.
    at: Option<f64>,
}

/// What was read so far.
#[derive(Default)]
struct Taken {
    objects: Vec<Last>,
    /// By kind, namespace and name: where it stands among them.
    places: BTreeMap<[String; 3], usize>,
    /// Of a stream: the instant of its newest line in seconds, and where its zero must lie, as far as objects tell it.
    last_line: Option<f64>,
    zero: Option<(f64, f64)>,
    /// Some lines say what became of an object.
    is_stream: bool,
    unseen: usize,
    broken: Vec<String>,
    trouble: Option<String>,
}

/// Reads a text.
///
/// # Errors
/// It is no state of a cluster: all reasons at once.
pub fn read(text: &str, beside: &Beside) -> Result<Given, Vec<Problem>> {
    let (values, trouble) = manifest::printed(text);
    let mut taken = Taken { trouble, ..Taken::default() };
    for value in values {
        taken.take(value, None, 0);
    }
    let mut problems = Vec::new();
    for words in std::mem::take(&mut taken.broken) {
        problems.push(Problem::new(words, "list anew and watch from there: objects may be missing"));
    }
    let zero = zero(&taken, beside);
    let mut given = Given { now: present(&taken, beside, zero, &mut problems), ..Given::default() };
    let Taken { objects, trouble, unseen, is_stream, .. } = taken;
    if let Some(trouble) = trouble {
        given.notes.push(trouble);
    }
    if is_stream && unseen > 0 {
        given.notes.push(format!(
            "{unseen} objects of the stream change without having been listed or added: it does not begin with a list, or has a \
             hole, and others may be missing"
        ));
    }
    let gone = objects.iter().filter(|last| last.removed && last.value["kind"] == "Node");
    given.gone_nodes = gone
        .filter_map(|last| {
            let at = Time::from_micros(((zero? + last.at?) * 1e6) as i64);
            Some((last.value["metadata"]["name"].as_str()?.to_owned(), at))
        })
        .collect();
    let there = || objects.iter().filter(|last| !last.removed).map(|last| &last.value);
    let pulls = failed_pulls(there());
    let mut bare = Vec::new();
    for value in there() {
        keep(&mut given, value, &pulls, &mut problems);
        bare.extend(unseen_by_a_cluster(value));
    }
    problems.extend(manifests(&bare));
    versions(&mut given);
    if problems.is_empty() { Ok(given) } else { Err(problems) }
}

/// Lists in lists end somewhere.
const DEPTH: u8 = 8;

impl Taken {
    /// A value of the text, with what a line of a stream says of it.
    fn take(&mut self, mut value: Value, line: Option<(&str, Option<f64>)>, depth: u8) {
        if depth > DEPTH {
            return;
        }
        let is_line = value["kind"].as_str().is_none_or(str::is_empty) && value["object"].is_object();
        if is_line {
            let object = value["object"].take();
            let (kind, at) = (value["type"].as_str().unwrap_or_default().to_owned(), value["t"].as_f64());
            let at = at.or_else(|| seconds(&value["t"]));
            self.is_stream = true;
            return self.take(object, Some((&kind, at)), depth + 1);
        }
        // A list that says when it was made (`pods.jsonl` of a run) is all that there was then.
        if let Some(at) = seconds(&value["timestamp"]).filter(|_| value["items"].is_array()) {
            self.last_line = Some(at);
            self.objects.iter_mut().for_each(|last| last.removed = true);
        }
        let items = match &mut value {
            Value::Array(items) => Some(std::mem::take(items)),
            Value::Object(members) => match members.get_mut("items") {
                Some(Value::Array(items)) => Some(std::mem::take(items)),
                _ => None,
            },
            _ => None,
        };
        match items {
            Some(items) => {
                // Items of a `PodList` do not say their kind.
                let kind = value["kind"].as_str().and_then(|kind| kind.strip_suffix("List"));
                let kind = kind.unwrap_or_default();
                for mut item in items {
                    if item.is_object() && item["kind"].is_null() {
                        let like = is_like_a_pod(&item) && kind.is_empty();
                        item["kind"] = if like { "Pod".into() } else { kind.into() };
                    }
                    self.take(item, line, depth + 1);
                }
            }
            None if value.is_object() => {
                if value["kind"].is_null() && is_like_a_pod(&value) {
                    value["kind"] = "Pod".into();
                }
                self.object(value, line);
            }
            None => {}
        }
    }

    fn object(&mut self, value: Value, line: Option<(&str, Option<f64>)>) {
        let (kind, at) = line.unwrap_or_default();
        match kind {
            "BOOKMARK" => return,
            "ERROR" => {
                let why = value["message"].as_str().unwrap_or("it does not say why");
                return self.broken.push(format!("the stream was broken off by the API server: {why}"));
            }
            _ => {}
        }
        if let Some(at) = at {
            self.last_line = Some(self.last_line.map_or(at, |last| last.max(at)));
            if kind == "ADDED"
                && let Some(created) = wire::time(&value["metadata"]["creationTimestamp"])
            {
                // It was written within that second, and seen at once.
                let (low, high) = self.zero.unwrap_or((f64::MIN, f64::MAX));
                let secs = created.secs() as f64 - at;
                self.zero = Some((low.max(secs), high.min(secs + 1.0)));
            }
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (meta, kind_of) = (&value["metadata"], text(&value["kind"]));
        let key = [kind_of, text(&meta["namespace"]), text(&meta["name"])];
        let removed = kind == "DELETED";
        match self.places.get(&key) {
            Some(place) => self.objects[*place] = Last { value, removed, at },
            None => {
                self.unseen += usize::from(matches!(kind, "MODIFIED" | "DELETED"));
                self.places.insert(key, self.objects.len());
                self.objects.push(Last { value, removed, at });
            }
        }
    }
}

/// A pod's object whose first lines are missing.
fn is_like_a_pod(value: &Value) -> bool {
    value["spec"]["containers"].is_array() && value["status"].is_object()
}

/// An instant as RFC 3339, in seconds.
fn seconds(value: &Value) -> Option<f64> {
    value.as_str().and_then(Time::parse_rfc3339).map(|at| at.micros() as f64 / 1e6)
}

/// Clocks of machines differ by so much without anybody minding.
const SKEW: Span = Span::from_secs(120);

/// The newest instant that an object tells, and which.
fn told(taken: &Taken) -> Option<(Time, &Last)> {
    let told = taken.objects.iter().filter_map(|last| Some((newest(&last.value)?, last)));
    told.max_by_key(|(at, _)| *at)
}

/// What the seconds of a stream count from, in seconds; None: it is no stream with seconds.
fn zero(taken: &Taken, beside: &Beside) -> Option<f64> {
    let line = taken.last_line?;
    // Beyond a few years of seconds they count from the epoch, as an instant of its own does.
    Some(match (beside.start, taken.zero) {
        _ if line > 1e8 => 0.0,
        (Some(start), _) => start.micros() as f64 / 1e6,
        (None, Some((low, high))) if low <= high => f64::midpoint(low, high),
        (None, Some((low, _))) => low,
        (None, None) => told(taken).map_or(0.0, |(at, _)| at.secs() as f64 + 0.5 - line),
    })
}

/// The instant that the text is of.
fn present(taken: &Taken, beside: &Beside, zero: Option<f64>, problems: &mut Vec<Problem>) -> Time {
    let newest = told(taken);
    let of_stream =
        taken.last_line.zip(zero).map(|(line, zero)| Time::from_micros(((zero + line) * 1e6) as i64));
    let now = beside.now.or(of_stream).or(beside.clock);
    let Some((newest, last)) = newest else {
        if now.is_none() && !taken.objects.is_empty() {
            problems.push(Problem::new(
                "nothing in it tells of an instant, so that nobody knows when it was printed",
                "--now says it, such as --now 2026-04-29T04:33:19Z",
            ));
        }
        return now.unwrap_or_default();
    };
    let Some(now) = now else {
        // An object that is a second old or younger shows nothing of it.
        return newest + Span::from_secs(1);
    };
    let patience = if beside.now.is_some() { Span::from_secs(1) } else { SKEW };
    if newest.since(now) > patience {
        let of = format!(
            "{} {}",
            last.value["kind"].as_str().unwrap_or("an object"),
            last.value["metadata"]["name"].as_str().unwrap_or("without a name")
        );
        problems.push(Problem::new(
            format!(
                "{of} tells of {}, and now is {}: that lies in the future",
                newest.rfc3339_secs(),
                now.rfc3339_secs()
            ),
            "--now says when it was printed; without it the newest instant in a file counts",
        ));
    }
    now.max(newest)
}

/// By namespace and name of a pod: the images whose pulls have failed, and when an event told it last.
type Pulls = BTreeMap<(String, String), Vec<(Sym, Time)>>;

fn failed_pulls<'a>(values: impl Iterator<Item = &'a Value>) -> Pulls {
    let mut pulls = Pulls::new();
    for event in values.filter(|value| value["kind"] == "Event" && value["reason"] == "Failed") {
        let message = event["message"].as_str().unwrap_or_default();
        let image = message.strip_prefix("Failed to pull image \"").and_then(|rest| rest.split('"').next());
        let (Some(image), Some(at)) = (image, newest(event)) else { continue };
        let about = &event["involvedObject"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let own = pulls.entry((text(&about["namespace"]), text(&about["name"]))).or_default();
        match own.iter_mut().find(|(of, _)| *of == image) {
            Some((_, last)) => *last = at.max(*last),
            None => own.push((Sym::new(image), at)),
        }
    }
    pulls
}

/// An object that no cluster has stored, as `kind/name`: each that one has tells when it was created.
fn unseen_by_a_cluster(value: &Value) -> Option<String> {
    let kind = ObjectType::of(value).ok().filter(|kind| kind.law().is_kept)?;
    let meta = &value["metadata"];
    let is_bare = meta["creationTimestamp"].is_null() && meta["uid"].is_null() && value["status"].is_null();
    is_bare.then(|| format!("{}/{}", kind.singular(), meta["name"].as_str().unwrap_or_default()))
}

/// That a text is of manifests is told once.
fn manifests(bare: &[String]) -> Option<Problem> {
    let first = bare.first()?;
    let more = match bare.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Some(Problem::new(
        format!(
            "{first}{more} was not printed by a cluster: it has no creationTimestamp, no uid and no status"
        ),
        "`kubelapse run FILE` plays a manifest from its creation on, `kubelapse audit FILE` tells what it promises; what a \
         cluster has `kubectl get all -o yaml` prints",
    ))
}

/// An object goes to where it belongs.
fn keep(given: &mut Given, value: &Value, pulls: &Pulls, problems: &mut Vec<Problem>) {
    let kind = value["kind"].as_str().unwrap_or_default();
    match kind {
        "Pod" => {
            if let Some(pod) = pod(value, pulls, problems) {
                given.notes.extend(contradictions(&pod));
                given.pods.push(pod);
            }
        }
        "Node" => given.nodes.push(value.clone()),
        "Event" => {}
        _ => {
            // Nobody sends revisions, but a cluster prints them.
            let is_stored = |kind: &ObjectType| kind.law().is_kept || *kind == ObjectType::ControllerRevision;
            let known = ObjectType::of(value).ok().filter(is_stored);
            // What controllers make anew, and what they have made of others.
            let is_made = matches!(kind, "EndpointSlice" | "Endpoints");
            match known.filter(|_| !is_made) {
                Some(known) => given.objects.push((known, value.clone())),
                None if kind == "Status" => {
                    let words = value["message"].as_str().unwrap_or("it does not say why").to_owned();
                    problems.push(Problem::new(format!("kubectl's answer is an error: {words}"), ""));
                }
                None => {
                    let kind = if kind.is_empty() { "object without a kind" } else { kind };
                    *given.left_out.entry(kind.to_owned()).or_default() += 1;
                }
            }
        }
    }
}

fn pod(value: &Value, pulls: &Pulls, problems: &mut Vec<Problem>) -> Option<GivenPod> {
    let mut pod = wire::pod(value);
    if pod.meta.namespace.is_empty() {
        "default".clone_into(&mut pod.meta.namespace);
    }
    let name = pod.meta.name.clone();
    let whole = "`kubectl get pod NAME -o yaml` prints all of it";
    if name.is_empty() {
        problems.push(Problem::new("a pod has no name", whole));
        return None;
    }
    if pod.spec.containers.is_empty() {
        problems.push(Problem::new(format!("pod {name} has no containers in its spec"), whole));
        return None;
    }
    if value["status"]["phase"].as_str().is_none_or(str::is_empty) {
        let hint = "a manifest that no cluster has seen yet is played by `kubelapse run`";
        problems.push(Problem::new(format!("pod {name} has no status"), hint));
        return None;
    }
    let owners: Vec<OwnerReference> =
        serde_json::from_value(value["metadata"]["ownerReferences"].clone()).unwrap_or_default();
    let key = (pod.meta.namespace.clone(), name);
    Some(GivenPod {
        pod: Arc::new(pod),
        owners: Arc::new(owners),
        failed_pulls: pulls.get(&key).cloned().unwrap_or_default(),
    })
}

/// Instants of a pod that cannot be true together: what follows from them is told with that.
fn contradictions(given: &GivenPod) -> Vec<String> {
    let (pod, place) = (&given.pod, given.place());
    let mut found = Vec::new();
    let created = pod.created();
    let meta = serde_json::to_value(&pod.meta).unwrap_or_default();
    if let (Some(created), Some(asked)) = (created, asked_to_go(&meta))
        && asked < created
    {
        found.push(format!("{place} was to be deleted before it was created"));
    }
    let all = pod.status.init.iter().chain(&pod.status.containers);
    for status in all {
        for state in [&status.state, &status.last_state] {
            let ContainerState::Terminated(ended) = state else { continue };
            if let (Some(began), Some(finished)) = (ended.started_at, ended.finished_at)
                && began > finished
            {
                found.push(format!("container {} of {place} ended before it began", status.name));
            }
        }
    }
    found
}

/// Which version the cluster is of, as its nodes tell it.
fn versions(given: &mut Given) {
    let told = given.nodes.iter().filter_map(|node| {
        let text = node["status"]["nodeInfo"]["kubeletVersion"].as_str()?.strip_prefix('v')?;
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        Some((parts.next()??, parts.next()??))
    });
    let Some((major, minor)) = told.max() else { return };
    let own = format!("{major}.{minor}");
    if Version::parse(&own).is_none() {
        given.notes.push(format!(
            "its nodes are of Kubernetes {own}, and what is known is {}: the nearest one counts",
            Version::range()
        ));
    }
    given.version = Some(own);
}
