//! From what kubectl printed to a state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::instants::{asked_to_go, newest};
use super::{Beside, Given, GivenPod, Problem};
use crate::api::wire;
use crate::api::{ContainerState, OwnerReference, Sym};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::manifest;
use crate::rules::kubectl::printed::{self, Trouble, Unsound};
use crate::rules::versions::Version;
use crate::time::{Span, Time};

/// An object in its last version.
struct Last {
    value: Value,
    removed: bool,
    /// The seconds of the line that said so.
    at: Option<f64>,
    /// The line on which it begins.
    line: usize,
}

/// What stands around an object.
#[derive(Clone)]
struct Around {
    /// What a line of a stream says of it: `ADDED`.
    kind: String,
    /// The seconds of that line.
    at: Option<f64>,
    /// The line on which its value begins, and which value of the text that is.
    line: usize,
    value: usize,
    /// The way to it from there.
    path: String,
}

impl Around {
    fn below(&self, step: &str) -> Around {
        Around { path: format!("{}{step}", self.path), ..self.clone() }
    }
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
    /// Of kinds whose watch tells anew what is there: what it has told of so far.
    relists: BTreeMap<String, BTreeSet<usize>>,
    /// How many objects a watch that began anew did not tell of any more.
    missed: usize,
    holes: usize,
    /// What is wrong with lines and objects.
    problems: Vec<Problem>,
    /// Fields that cannot be, each with where its object stands.
    unsound: Vec<(Around, Unsound)>,
    /// Something in it is an object.
    has_objects: bool,
    /// How many objects came in an older version than before.
    older: usize,
    /// Seconds have gone back already.
    goes_back: bool,
}

/// Reads a text.
///
/// # Errors
/// It is no state of a cluster: all reasons at once.
pub fn read(text: &str, beside: &Beside) -> Result<Given, Vec<Problem>> {
    let mut taken = Taken::default();
    let mut count = 0;
    let troubles = printed::values(
        text,
        &mut |line, value| {
            let around = Around { kind: String::new(), at: None, line, value: count, path: String::new() };
            taken.take(value, &around, 0);
            count += 1;
        },
        &|_| (),
    );
    for kind in taken.relists.keys().cloned().collect::<Vec<_>>() {
        taken.relisted(&kind);
    }
    if !taken.has_objects {
        return Err(no_objects(text, troubles));
    }
    let mut problems = std::mem::take(&mut taken.problems);
    let is_whole = troubles.is_empty();
    let mut notes = Vec::new();
    for trouble in troubles {
        match trouble.is_end {
            true => notes.push(format!("line {}: {}", trouble.line, trouble.words)),
            false => problems.push(Problem::new(trouble.words, WHOLE).at(trouble.line)),
        }
    }
    problems.extend(unsound(std::mem::take(&mut taken.unsound), text, is_whole));
    let zero = zero(&taken, beside);
    let present = present(&taken, beside, zero, &mut problems);
    let mut given = Given { now: present.unwrap_or_default(), notes, ..Given::default() };
    let Taken { objects, unseen, is_stream, holes, missed, older, .. } = taken;
    if holes > 0 {
        given.notes.push(format!(
            "the stream has a hole: a watch of it begins anew, and {missed} objects that were there before are gone since"
        ));
    }
    if older > 0 {
        given.notes.push(format!("{older} objects come again in an older version: the newest counts"));
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
    let there = || objects.iter().filter(|last| !last.removed);
    let pulls = failed_pulls(there().map(|last| &last.value));
    let mut bare = Vec::new();
    for Last { value, line, .. } in there() {
        let told = problems.len();
        keep(&mut given, value, &pulls, &mut problems);
        problems[told..].iter_mut().for_each(|problem| problem.line = *line);
        bare.extend(unseen_by_a_cluster(value).map(|own| (own, *line)));
    }
    problems.extend(manifests(&bare));
    // Whatever else is wrong with it is the reason, and of what is none of a cluster's nobody asks when.
    let is_something = !(given.pods.is_empty() && given.nodes.is_empty() && given.objects.is_empty());
    if present.is_none() && is_something && problems.is_empty() {
        problems.push(Problem::new(
            "nothing in it tells of an instant, so that nobody knows when it was printed",
            "--now says it, such as --now 2026-04-29T04:33:19Z",
        ));
    }
    versions(&mut given);
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() { Ok(given) } else { Err(few(problems)) }
}

/// So many problems are told of one text.
const TOLD: usize = 20;

fn few(mut problems: Vec<Problem>) -> Vec<Problem> {
    let more = problems.len().saturating_sub(TOLD);
    if more > 0 {
        problems.truncate(TOLD);
        problems.push(Problem::new(format!("and {more} more"), ""));
    }
    problems
}

/// What an object is to look like.
const WHOLE: &str = "each object stands whole, as `kubectl get … -o json` or `-o yaml` prints it";

/// What a text is of which nothing is an object.
fn no_objects(text: &str, troubles: Vec<Trouble>) -> Vec<Problem> {
    if let Some(is) = printed::instead(text) {
        return vec![Problem::new(format!("there is no object in it{is}"), NEXT)];
    }
    let mut problems: Vec<Problem> =
        troubles.into_iter().map(|own| Problem::new(own.words, WHOLE).at(own.line)).collect();
    if problems.is_empty() {
        problems.push(Problem::new("there is no object in it", NEXT));
    }
    few(problems)
}

/// How what is read comes about.
const NEXT: &str = "kubectl get pod NAME -o yaml | kubelapse predict -";

/// Fields that no API server prints; where they stand is looked up for those that are told.
fn unsound(all: Vec<(Around, Unsound)>, text: &str, is_whole: bool) -> Vec<Problem> {
    let problem = |(ix, (around, own)): (usize, (Around, Unsound))| {
        let path = format!("{}{}", around.path, own.path);
        let line = (is_whole && ix < TOLD).then(|| manifest::line_of(text, around.value, &path)).flatten();
        let hint = "no API server prints that: something has changed it since";
        Problem::new(format!("{}: {}", own.path, own.words), hint).at(line.unwrap_or(around.line))
    };
    all.into_iter().enumerate().map(problem).collect()
}

/// Lists in lists end somewhere.
const DEPTH: u8 = 8;

impl Taken {
    /// A value of the text, with what stands around it.
    fn take(&mut self, mut value: Value, around: &Around, depth: u8) {
        if depth > DEPTH {
            return;
        }
        let is_line = value["kind"].as_str().is_none_or(str::is_empty) && value["object"].is_object();
        if is_line {
            let object = value["object"].take();
            let kind = value["type"].as_str().unwrap_or_default().to_owned();
            const KINDS: [&str; 7] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", "LISTED", ""];
            if !KINDS.contains(&kind.as_str()) {
                let hint = "the types are ADDED, MODIFIED, DELETED, BOOKMARK, ERROR";
                self.wrong(around, format!("`{kind}` is no type of a watch event"), hint);
            }
            let at = self.stamp(&value["t"], around);
            self.is_stream = true;
            return self.take(object, &Around { kind, at, ..around.below("object.") }, depth + 1);
        }
        // A list that says when it was made (`pods.jsonl` of a run) is all that there was then.
        if value["items"].is_array()
            && let Some(at) = self.stamp(&value["timestamp"], around)
        {
            self.last_line = Some(at);
            self.objects.iter_mut().for_each(|last| last.removed = true);
        }
        let name = if value.is_array() { "" } else { "items" };
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
                self.has_objects |= value["kind"].is_string();
                // Items of a `PodList` do not say their kind.
                let kind = value["kind"].as_str().and_then(|kind| kind.strip_suffix("List"));
                let kind = kind.unwrap_or_default();
                for (ix, mut item) in items.into_iter().enumerate() {
                    if item.is_object() && item["kind"].is_null() {
                        let like = is_like_a_pod(&item) && kind.is_empty();
                        item["kind"] = if like { "Pod".into() } else { kind.into() };
                    }
                    self.take(item, &around.below(&format!("{name}[{ix}].")), depth + 1);
                }
            }
            None if value.is_object() => {
                if value["kind"].is_null() && is_like_a_pod(&value) {
                    value["kind"] = "Pod".into();
                }
                self.object(value, around);
            }
            None => {}
        }
    }

    fn wrong(&mut self, around: &Around, words: impl Into<String>, hint: &str) {
        self.problems.push(Problem::new(words, hint).at(around.line));
    }

    /// The instant that stands beside an object or a list, in seconds.
    fn stamp(&mut self, value: &Value, around: &Around) -> Option<f64> {
        /// So many seconds are 30,000 years.
        const MOST: f64 = 1e12;
        if value.is_null() {
            return None;
        }
        let seconds = value.as_f64().filter(|own| own.is_finite() && own.abs() < MOST);
        let found = seconds.or_else(|| seconds_of(value));
        if found.is_none() {
            let hint = "seconds since the begin, or RFC 3339: 2025-04-29T04:33:19.250Z";
            self.wrong(around, format!("`{value}` is no instant"), hint);
        }
        // Instants order what several files tell; seconds of one recording only grow.
        let goes_back = seconds.is_some_and(|own| self.last_line.is_some_and(|last| own < last - BACK));
        if goes_back && !self.goes_back {
            self.goes_back = true;
            let words = "`t` goes back here: two recordings stand in one file";
            self.wrong(around, words, "give each a file of its own");
        }
        found
    }

    fn object(&mut self, value: Value, around: &Around) {
        let (kind, at, line) = (around.kind.as_str(), around.at, around.line);
        match kind {
            "BOOKMARK" => return,
            "ERROR" => {
                self.has_objects = true;
                let why = value["message"].as_str().unwrap_or("it does not say why");
                let words = format!("the stream was broken off by the API server: {why}");
                return self.wrong(around, words, "list anew and watch from there: objects may be missing");
            }
            _ => {}
        }
        self.has_objects |= value["kind"].is_string();
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
        self.unsound.extend(printed::unsound(&value).into_iter().map(|own| (around.clone(), own)));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (meta, kind_of) = (&value["metadata"], text(&value["kind"]));
        let key = [kind_of, text(&meta["namespace"]), text(&meta["name"])];
        let removed = kind == "DELETED";
        let known = self.places.get(&key).copied();
        self.watched(kind, &key[0], known, &value);
        let last = Last { value, removed, at, line };
        match known {
            Some(place) if is_older(&last.value, &self.objects[place]) => self.older += 1,
            Some(place) => {
                let before = &self.objects[place];
                if !before.removed && printed::is_other(&before.value, &last.value, &newest) {
                    let (kind, name) = (key[0].to_lowercase(), &key[2]);
                    let words = format!(
                        "{kind}/{name} is there a second time, with another uid and at the same time as that of line {}: these are \
                         two clusters",
                        before.line
                    );
                    self.wrong(around, words, "predict each cluster by itself");
                }
                self.objects[place] = last;
            }
            None => {
                self.unseen += usize::from(matches!(kind, "MODIFIED" | "DELETED"));
                self.places.insert(key, self.objects.len());
                self.objects.push(last);
            }
        }
    }
}

/// Seconds of lines that came at the same time may differ by so much.
const BACK: f64 = 2.0;

/// Whether an object is an older version of one that is known: numbers of versions grow.
fn is_older(value: &Value, known: &Last) -> bool {
    let of = |value: &Value, key: &str| value["metadata"][key].as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| of(value, "resourceVersion").parse::<u64>().ok();
    let is_same = of(value, "uid") == of(&known.value, "uid") && !of(value, "uid").is_empty();
    let numbers = number(value).zip(number(&known.value));
    is_same && numbers.is_some_and(|(own, known)| own < known)
}

impl Taken {
    /// A watch that was broken off and begins anew tells all that is there as added, and of what has gone meanwhile nothing.
    fn watched(&mut self, line: &str, kind: &str, known: Option<usize>, value: &Value) {
        match line {
            "ADDED" => {
                let is_there = known.map(|place| &self.objects[place]).filter(|last| !last.removed);
                let again =
                    is_there.is_some_and(|last| last.value["metadata"]["uid"] == value["metadata"]["uid"]);
                if again && !self.relists.contains_key(kind) {
                    self.relists.insert(kind.to_owned(), BTreeSet::new());
                    self.holes += 1;
                }
                if let Some(told) = self.relists.get_mut(kind) {
                    told.insert(known.unwrap_or(self.objects.len()));
                }
            }
            "MODIFIED" | "DELETED" => self.relisted(kind),
            _ => {}
        }
    }

    /// It has told all that is there: what it did not tell of is gone.
    fn relisted(&mut self, kind: &str) {
        let Some(told) = self.relists.remove(kind) else { return };
        for (place, last) in self.objects.iter_mut().enumerate() {
            if last.value["kind"] == kind && !last.removed && !told.contains(&place) {
                last.removed = true;
                self.missed += 1;
            }
        }
    }
}

/// A pod's object whose first lines are missing.
fn is_like_a_pod(value: &Value) -> bool {
    value["spec"]["containers"].is_array() && value["status"].is_object()
}

/// An instant as RFC 3339, in seconds.
fn seconds_of(value: &Value) -> Option<f64> {
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

/// The instant that the text is of; None: nothing tells it.
fn present(taken: &Taken, beside: &Beside, zero: Option<f64>, problems: &mut Vec<Problem>) -> Option<Time> {
    let newest = told(taken);
    let of_stream =
        taken.last_line.zip(zero).map(|(line, zero)| Time::from_micros(((zero + line) * 1e6) as i64));
    let now = beside.now.or(of_stream).or(beside.clock);
    let Some((newest, last)) = newest else {
        return now;
    };
    let Some(now) = now else {
        // An object that is a second old or younger shows nothing of it.
        return Some(newest + Span::from_secs(1));
    };
    let patience = if beside.now.is_some() { Span::from_secs(1) } else { SKEW };
    if newest.since(now) > patience {
        let of = format!(
            "{} {}",
            last.value["kind"].as_str().unwrap_or("an object"),
            last.value["metadata"]["name"].as_str().unwrap_or("without a name")
        );
        problems.push(
            Problem::new(
                format!(
                    "{of} tells of {}, and now is {}: that lies in the future",
                    newest.rfc3339_secs(),
                    now.rfc3339_secs()
                ),
                "--now says when it was printed; without it the newest instant in a file counts",
            )
            .at(last.line),
        );
    }
    Some(now.max(newest))
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
fn manifests(bare: &[(String, usize)]) -> Option<Problem> {
    let (first, line) = bare.first()?;
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
    ).at(*line))
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
                None if printed::answer(value).is_some() => {
                    let hint = "objects come as `kubectl get … -o json` or `-o yaml` prints them";
                    problems.extend(printed::answer(value).map(|words| Problem::new(words, hint)));
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
    let said = given.nodes.iter().filter_map(|node| node["status"]["nodeInfo"]["kubeletVersion"].as_str());
    let parsed = |text: &str| {
        let mut parts = text.strip_prefix('v')?.split('.').map(|part| part.parse::<u32>().ok());
        Some((parts.next()??, parts.next()??))
    };
    let newest = said.clone().filter_map(parsed).max();
    let strange: BTreeSet<String> =
        said.filter(|text| parsed(text).is_none()).map(|text| format!("`{text}`")).collect();
    if !strange.is_empty() {
        let names = strange.into_iter().collect::<Vec<_>>().join(", ");
        given.notes.push(format!(
            "nodes whose kubelet is of {names}: which version of Kubernetes that is nobody says"
        ));
    }
    let Some((major, minor)) = newest else { return };
    let own = format!("{major}.{minor}");
    if Version::parse(&own).is_none() {
        given.notes.push(format!(
            "its nodes are of Kubernetes {own}, and what is known is {}: the nearest one counts",
            Version::range()
        ));
    }
    given.version = Some(own);
}
