//! What several texts tell together: pods with their versions, events, owners.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::pods::{self, Pod, Version};
use super::read::{How, Problem, Seen, TOLD, values};
use crate::api::wire;
use crate::rules::versions::Version as Kubernetes;
use crate::time::Time;

/// An event about a pod, as often as it came.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Its own uid; it keeps that when it is told again.
    pub uid: String,
    /// The uid of the pod.
    pub about: String,
    /// The container, where it is about one.
    pub container: String,
    /// Its reason: `Pulled`.
    pub reason: String,
    /// What it says.
    pub message: String,
    /// When it was told last: an instant with microseconds, or a second; in microseconds since the Unix epoch.
    pub at: Option<i64>,
    /// `at` is cut to its second.
    pub is_second: bool,
    /// When it came.
    pub stamp: Option<i64>,
    /// How often it had been told.
    pub count: u64,
}

/// Who made something: its kind, its name, and who made that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// `ReplicaSet`
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Kind, name and uid of its own controller.
    pub owner: Option<(String, String, String)>,
}

/// A pod with the time in which it was watched.
#[derive(Clone, PartialEq, Debug)]
pub struct Watched {
    /// All that was seen of it.
    pub pod: Pod,
    /// When watching began, in microseconds since the Unix epoch.
    pub since: i64,
    /// Until when it is known to be as its last version says, if that is not its end.
    pub until: i64,
}

/// What texts tell together.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {
    /// By uid.
    pub pods: BTreeMap<String, Watched>,
    /// In the order in which they came, text by text.
    pub events: Vec<Event>,
    /// By uid.
    pub owners: BTreeMap<String, Owner>,
    /// Objects that nobody else made and that are neither pods, nodes nor events: the last version of each, by uid.
    pub objects: BTreeMap<String, Value>,
    /// Versions of the nodes' kubelets.
    pub kubelets: BTreeSet<String>,
    /// Somebody stamped what came.
    pub is_stamped: bool,
    /// How many versions of objects there were.
    pub versions: usize,
    /// So many restarts happened between two versions, unseen.
    pub missed: u64,
    /// Uid and count of each event.
    told: BTreeSet<(String, u64)>,
}

/// How far the clocks of a cluster may be ahead, in microseconds.
const AHEAD: i64 = 2_000_000;
/// A stream whose begin nobody names, and a text without instants, show it only by far.
const FAR_AHEAD: i64 = 60_000_000;
/// Of so many points of time each is held against each.
const MOST_POINTS: usize = 200;
/// Pairs that lie less far apart, in microseconds, say nothing: instants are whole seconds.
const FAR_APART: i64 = 20_000_000;
/// Fewer pairs may be chance.
const LEAST_PAIRS: usize = 6;
/// Clocks that run so much faster than each other are two.
const OTHER_SPEED: f64 = 1.5;

impl History {
    /// Takes in one more text. `now` is when it was read; `at` is told how many bytes are done.
    pub fn take(&mut self, text: &str, now: Time, at: &dyn Fn(u64)) -> Vec<Problem> {
        let mut file = File::default();
        let mut problems = values(text, &mut |seen| file.take(&seen), at);
        problems.append(&mut file.problems);
        file.settle(now, &mut problems);
        self.merge(file);
        problems.sort();
        problems
    }

    fn merge(&mut self, file: File) {
        let since = file.begin.unwrap_or_default();
        let until = file.end.unwrap_or_default();
        for (uid, own) in file.pods {
            let known = self.pods.entry(uid).or_insert_with(|| Watched {
                pod: Pod { versions: Vec::new(), ..own.clone() },
                since,
                until,
            });
            known.pod.newest = known.pod.newest.max(own.newest);
            known.since = known.since.min(since);
            known.until = known.until.max(until);
            known.pod.versions.extend(own.versions);
            known.pod.settle();
        }
        for event in file.events {
            // What stands in several texts, or in one list after the other, was told once.
            if self.told.insert((event.uid.clone(), event.count)) {
                self.events.push(event);
            }
        }
        self.owners.extend(file.owners);
        self.objects.extend(file.objects);
        self.kubelets.extend(file.kubelets);
        self.is_stamped |= file.is_stamped;
        self.versions += file.versions;
        self.missed += file.missed;
    }

    /// Pods of one name that were there at the same time: no cluster has these, so that two are mixed; in words.
    pub fn mixed(&self) -> Vec<String> {
        /// Instants are whole seconds, in microseconds.
        const CUT: i64 = 1_000_000;
        let mut by_name: BTreeMap<(&str, &str), Vec<(i64, i64, &str)>> = BTreeMap::new();
        for (uid, Watched { pod, .. }) in &self.pods {
            let (Some(created), Some(newest)) = (pod.created, pod.newest) else { continue };
            let lived = (created * 1_000_000, newest, uid.as_str());
            by_name.entry((&pod.namespace, &pod.name)).or_default().push(lived);
        }
        let mut told = Vec::new();
        for ((namespace, name), mut all) in by_name {
            all.sort_unstable();
            let twice = all.windows(2).find(|two| two[1].0 + CUT < two[0].1);
            if let Some([one, other]) = twice {
                told.push(format!(
                    "pod {namespace}/{name} is there twice at the same time, with the uids {} and {}: these are two clusters",
                    one.2, other.2
                ));
            }
        }
        told
    }

    /// The workload that a pod belongs to, at the top: `Deployment`, `web`.
    pub fn workload(&self, pod: &Pod) -> Option<(String, String)> {
        let (mut kind, mut name, mut uid) = pod.owner.clone()?;
        for _ in 0..4 {
            match self.owners.get(&uid).and_then(|own| own.owner.clone()) {
                Some(above) => (kind, name, uid) = above,
                None => break,
            }
        }
        // The names of what stands between are made of those above (`pod-template-hash`; the minute of a CronJob's run).
        let hash = pod.template_hash.as_deref().map(|hash| format!("-{hash}"));
        let stem = hash.and_then(|hash| name.strip_suffix(&*hash));
        if let Some(stem) = stem.filter(|_| kind == "ReplicaSet") {
            return Some(("Deployment".to_owned(), stem.to_owned()));
        }
        let minute = |tail: &str| tail.len() >= 8 && tail.bytes().all(|byte| byte.is_ascii_digit());
        let run = name.rsplit_once('-').filter(|(_, tail)| kind == "Job" && minute(tail));
        if let Some((stem, _)) = run.filter(|_| !self.owners.contains_key(&uid)) {
            return Some(("CronJob".to_owned(), stem.to_owned()));
        }
        Some((kind, name))
    }
}

/// One text, while it is read.
#[derive(Default)]
struct File {
    pods: BTreeMap<String, Pod>,
    events: Vec<Event>,
    owners: BTreeMap<String, Owner>,
    objects: BTreeMap<String, Value>,
    kubelets: BTreeSet<String>,
    problems: Vec<Problem>,
    versions: usize,
    missed: u64,
    is_stamped: bool,
    is_relative: bool,
    begin: Option<i64>,
    end: Option<i64>,
    /// The line, the stamp and the newest instant of each version, and whether it had just changed.
    instants: Vec<(usize, Option<i64>, i64, bool)>,
    last_stamp: Option<i64>,
    goes_back: Option<usize>,
    /// Only what was there has been told so far.
    is_begin: Begins,
    /// The watch tells anew what is there.
    relists: Option<BTreeSet<String>>,
    list: Option<(usize, BTreeSet<String>)>,
}

/// Whether a text is still at what was there before.
struct Begins(bool);

impl Default for Begins {
    fn default() -> Begins {
        Begins(true)
    }
}

impl File {
    fn take(&mut self, seen: &Seen) {
        self.versions += 1;
        let newest = newest(&seen.object);
        self.pass(seen, newest);
        let uid = uid(&seen.object);
        match seen.object["kind"].as_str().unwrap_or_default() {
            "Pod" => self.pod(seen, uid),
            "Event" if seen.how != How::Deleted => self.event(seen),
            "Event" => {}
            "Node" => {
                let kubelet = seen.object.pointer("/status/nodeInfo/kubeletVersion").and_then(Value::as_str);
                self.kubelets.extend(kubelet.map(str::to_owned));
            }
            kind => self.other(kind, uid, &seen.object),
        }
    }

    /// Time goes on.
    fn pass(&mut self, seen: &Seen, newest: Option<i64>) {
        if let Some(stamp) = seen.stamp {
            self.is_stamped = true;
            self.is_relative |= seen.is_relative;
            let goes_back = self.last_stamp.is_some_and(|last| stamp < last - AHEAD);
            if goes_back && seen.is_relative && self.goes_back.is_none() {
                self.goes_back = Some(seen.line);
            }
            self.last_stamp = Some(self.last_stamp.map_or(stamp, |last| last.max(stamp)));
        }
        let changed = matches!(seen.how, How::Modified | How::Deleted);
        self.is_begin.0 &= match seen.list {
            Some(list) => list == 0,
            None => !changed,
        };
        let came = seen.stamp.or(newest);
        if self.is_begin.0 || self.begin.is_none() {
            self.begin = match (seen.stamp, self.begin) {
                (Some(stamp), begin) => Some(begin.map_or(stamp, |own| own.min(stamp))),
                (None, begin) => begin.max(newest),
            };
        }
        self.end = self.end.max(came);
        if let Some(newest) = newest {
            self.instants.push((seen.line, seen.stamp, newest, changed));
        }
        if changed {
            self.relisted();
        }
        if let Some(list) = seen.list
            && self.list.as_ref().is_none_or(|(own, _)| *own != list)
        {
            let before = self.list.replace((list, BTreeSet::new()));
            self.left(before.map(|(_, there)| there));
        }
    }

    /// The watch has told anew what is there: what it did not tell of is gone.
    fn relisted(&mut self) {
        if let Some(there) = self.relists.take() {
            let gone: BTreeSet<String> =
                self.pods.keys().filter(|uid| !there.contains(*uid)).cloned().collect();
            self.leave(&gone);
        }
    }

    /// A list is followed by another: what the new one lacks is found when the one after that begins.
    fn left(&mut self, before: Option<BTreeSet<String>>) {
        let Some(there) = before.filter(|there| !there.is_empty()) else { return };
        let gone: BTreeSet<String> = self.pods.keys().filter(|uid| !there.contains(*uid)).cloned().collect();
        self.leave(&gone);
    }

    fn leave(&mut self, gone: &BTreeSet<String>) {
        for uid in gone {
            if let Some(last) = self.pods.get_mut(uid).and_then(|pod| pod.versions.last_mut()) {
                last.is_last = true;
            }
        }
    }

    fn pod(&mut self, seen: &Seen, uid: String) {
        if let Some((_, there)) = &mut self.list {
            there.insert(uid.clone());
        }
        let known = self.pods.get(&uid).and_then(|pod| pod.versions.last());
        let again = seen.how == How::Added && known.is_some_and(|last| !last.is_last);
        if again && self.relists.is_none() && !self.is_begin.0 {
            let since =
                known.and_then(|last| last.stamp).zip(seen.stamp).map(|(last, now)| (now - last) / 1_000_000);
            let since =
                since.filter(|secs| *secs > 0).map_or(String::new(), |secs| format!(" of up to {secs} s"));
            let words =
                format!("the stream has a hole{since}: here the watch begins anew and tells what is there");
            let hint = "what happened meanwhile is not seen; what was under way counts until there";
            self.problems.push(Problem::warning(seen.line, words, hint));
            self.relists = Some(BTreeSet::new());
        }
        if let Some(there) = &mut self.relists {
            there.insert(uid.clone());
        }
        if known.is_some_and(|last| last.order.is_some() && last.order == pods::order(&seen.object)) {
            if seen.how == How::Deleted {
                self.leave(&BTreeSet::from([uid]));
            }
            return;
        }
        let relists = self.relists.is_some();
        if !self.pods.contains_key(&uid) && controller(&seen.object).is_none() {
            self.objects.insert(uid.clone(), seen.object.clone());
        }
        let pod = self.pods.entry(uid).or_insert_with(|| Pod::new(&seen.object));
        pod.newest = pod.newest.max(newest(&seen.object));
        let version = Version {
            line: seen.line,
            stamp: seen.stamp,
            after_hole: relists && again,
            is_last: seen.how == How::Deleted,
            ..pod.version(&seen.object)
        };
        if let Some(before) = pod.versions.last() {
            let jumped = before.containers.iter().zip(&version.containers).map(|(before, own)| {
                let (Some(before), Some(own)) = (before, own) else { return 0 };
                u64::try_from(own.restarts - before.restarts - 1).unwrap_or(0)
            });
            self.missed += jumped.sum::<u64>();
        }
        pod.versions.push(version);
    }

    fn event(&mut self, seen: &Seen) {
        let object = &seen.object;
        let about = ["involvedObject", "regarding"].iter().find_map(|key| object.get(*key));
        let Some(about) = about.filter(|about| about["kind"] == "Pod") else { return };
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let path = about["fieldPath"].as_str().unwrap_or_default();
        let container = path.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}')).unwrap_or_default();
        let series = &object["series"];
        let exact = [&series["lastObservedTime"], &object["eventTime"]].into_iter().find_map(wire::time);
        let second = ["lastTimestamp", "deprecatedLastTimestamp", "firstTimestamp"];
        let second = second.iter().find_map(|key| wire::time(&object[*key]));
        let counts = [&series["count"], &object["count"], &object["deprecatedCount"]];
        self.events.push(Event {
            uid: uid(object),
            about: word(&about["uid"]),
            container: container.to_owned(),
            reason: word(&object["reason"]),
            message: ["message", "note"]
                .iter()
                .find_map(|key| object.get(*key))
                .map(word)
                .unwrap_or_default(),
            at: exact.or(second).map(Time::micros),
            is_second: exact.is_none(),
            stamp: seen.stamp,
            count: counts.into_iter().find_map(Value::as_u64).unwrap_or(1),
        });
    }

    fn other(&mut self, kind: &str, uid: String, object: &Value) {
        let owner = controller(object);
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if owner.is_none() {
            self.objects.insert(uid.clone(), object.clone());
        }
        self.owners.insert(uid, Owner { kind: kind.to_owned(), name, owner });
    }

    /// What only the whole text tells: when it began, and what of it cannot be.
    fn settle(&mut self, now: Time, problems: &mut Vec<Problem>) {
        self.relisted();
        if let Some(line) = self.goes_back {
            let words = "`t` goes back here: two recordings stand in one file";
            problems.push(Problem::wrong(line, words, "give each a file of its own"));
        }
        if self.missed > 0 {
            let words = format!(
                "{} restarts are not seen: between two versions the count rose by more than one",
                self.missed
            );
            problems.push(Problem::warning(
                0,
                words,
                "a watch (-w) shows each; lists taken now and then do not",
            ));
        }
        self.strange_kubelets(problems);
        if let Some(told) = self.other_speed() {
            problems.push(told);
            self.unstamp();
        }
        let anchor = if self.is_relative { self.anchor() } else { 0 };
        self.future(anchor, now, problems);
        if self.is_relative {
            for version in self.pods.values_mut().flat_map(|pod| &mut pod.versions) {
                version.stamp = version.stamp.map(|stamp| stamp + anchor);
            }
            for event in &mut self.events {
                event.stamp = event.stamp.map(|stamp| stamp + anchor);
            }
            // Both ends may come from a line without a stamp, which has the cluster's clock already.
            let stamped = |own: Option<i64>| own.map(|own| if own < FIRST { own + anchor } else { own });
            (self.begin, self.end) = (stamped(self.begin), stamped(self.end));
        }
        self.pods.values_mut().for_each(Pod::settle);
    }

    /// Stamps of a clock that is not the cluster's: one of a simulated cluster, say, that plays faster than it is stamped. Objects
    /// that have just changed bring instants that pass as fast as the stamps do; of all pairs that lie far enough apart the one in
    /// the middle counts, as some objects change without an instant of their own.
    fn other_speed(&self) -> Option<Problem> {
        let changed = self.instants.iter().filter(|(.., changed)| *changed);
        let mut newest = i64::MIN;
        let mut points: Vec<(i64, i64)> = Vec::new();
        for (stamp, own) in changed.filter_map(|(_, stamp, own, _)| Some(((*stamp)?, *own))) {
            if own > newest {
                newest = own;
                points.push((stamp, own));
            }
        }
        let step = points.len().div_ceil(MOST_POINTS).max(1);
        let points: Vec<(i64, i64)> = points.into_iter().step_by(step).collect();
        let mut ratios: Vec<f64> = Vec::new();
        for (at, early) in points.iter().enumerate() {
            for late in &points[at + 1..] {
                let (stamps, own) = (late.0 - early.0, late.1 - early.1);
                if stamps > 0 && stamps.max(own) >= FAR_APART {
                    ratios.push(own as f64 / stamps as f64);
                }
            }
        }
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios.get(ratios.len() / 2).filter(|_| ratios.len() >= LEAST_PAIRS)?;
        if (1.0 / OTHER_SPEED..=OTHER_SPEED).contains(ratio) {
            return None;
        }
        let words = format!(
            "in one second of the stamps {ratio:.1} s pass in the objects: who stamped has another clock than the cluster, and only \
             that is read"
        );
        let hint = "a watch is stamped while it comes, and a simulated cluster is recorded at `--speed 1`";
        Some(Problem::warning(0, words, hint))
    }

    /// What came is as if nobody had stamped it.
    fn unstamp(&mut self) {
        self.pods.values_mut().flat_map(|pod| &mut pod.versions).for_each(|version| version.stamp = None);
        self.events.iter_mut().for_each(|event| event.stamp = None);
        self.instants.iter_mut().for_each(|(_, stamp, ..)| *stamp = None);
        (self.is_stamped, self.is_relative) = (false, false);
        let newest = self.instants.iter().map(|(_, _, newest, changed)| (*newest, *changed));
        self.end = newest.clone().map(|(newest, _)| newest).max();
        let begin = newest.clone().take_while(|(_, changed)| !changed).map(|(newest, _)| newest).max();
        self.begin = begin.or(newest.map(|(newest, _)| newest).next());
    }

    /// When somebody began to count: no object came before the instants that it brings, and the newest came right after them.
    fn anchor(&self) -> i64 {
        let begins = self
            .instants
            .iter()
            .filter_map(|(_, stamp, newest, changed)| Some((newest - (*stamp)?, *changed)));
        let mut live: Vec<i64> =
            begins.clone().filter(|(_, changed)| *changed).map(|(begin, _)| begin).collect();
        live.sort_unstable();
        // One that is far beyond nearly all others is no clock.
        let most = live.get(live.len().saturating_sub(1) * 9 / 10).map_or(i64::MAX, |own| own + FAR_AHEAD);
        begins.map(|(begin, _)| begin).filter(|begin| *begin <= most).max().unwrap_or_default()
    }

    fn future(&self, anchor: i64, now: Time, problems: &mut Vec<Problem>) {
        let mut ahead = Vec::new();
        for (line, stamp, newest, _) in &self.instants {
            let (came, allowed) = match stamp {
                Some(stamp) => (stamp + anchor, if self.is_relative { FAR_AHEAD } else { AHEAD }),
                None => (now.micros(), FAR_AHEAD),
            };
            if *newest > came.saturating_add(allowed) {
                ahead.push((*line, came, *newest, stamp.is_some()));
            }
        }
        for (line, came, newest, is_stamped) in ahead.iter().take(TOLD) {
            let newest_words = Time::from_micros(*newest).rfc3339_secs();
            let by = (newest - came) / 1_000_000;
            let (than, hint) = match is_stamped {
                true => (
                    "it came",
                    "the clocks of the cluster and of who stamped differ; without `t` only the cluster's is read",
                ),
                false => ("now", "this machine's clock is behind, or the cluster's is ahead"),
            };
            let words = format!("a time from the future: {newest_words} is {by} s later than {than}");
            problems.push(Problem::wrong(*line, words, hint));
        }
        if ahead.len() > TOLD {
            let words = format!("{} more times from the future", ahead.len() - TOLD);
            problems.push(Problem::wrong(ahead[TOLD].0, words, ""));
        }
    }

    fn strange_kubelets(&self, problems: &mut Vec<Problem>) {
        for kubelet in &self.kubelets {
            let minor = kubelet.trim_start_matches('v').splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
            if Kubernetes::parse(&minor).is_none() {
                let words = format!(
                    "a node runs Kubernetes {kubelet}; what is known are {}, and what a later one tells beyond that is left out",
                    Kubernetes::range()
                );
                problems.push(Problem::warning(
                    0,
                    words,
                    "the numbers are those of the objects all the same",
                ));
            }
        }
    }
}

/// An instant after the Unix epoch that no count of seconds since a begin reaches (2001).
const FIRST: i64 = 1_000_000_000_000_000;

fn uid(object: &Value) -> String {
    let meta = &object["metadata"];
    let word = |key: &str| meta[key].as_str().unwrap_or_default();
    match word("uid") {
        "" => {
            format!("{}/{}/{}", object["kind"].as_str().unwrap_or_default(), word("namespace"), word("name"))
        }
        uid => uid.to_owned(),
    }
}

/// Kind, name and uid of an object's controller.
pub(super) fn controller(object: &Value) -> Option<(String, String, String)> {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().find(|owner| owner["controller"] == true).map(|owner| {
        let word = |key: &str| owner[key].as_str().unwrap_or_default().to_owned();
        (word("kind"), word("name"), word("uid"))
    })
}

/// The newest instant that an object brings along and that cannot be but past; in microseconds since the Unix epoch.
pub fn newest(object: &Value) -> Option<i64> {
    let (meta, status) = (&object["metadata"], &object["status"]);
    let mut times = vec![&meta["creationTimestamp"], &status["startTime"]];
    times.extend(["eventTime", "firstTimestamp", "lastTimestamp"].iter().map(|key| &object[*key]));
    times.push(&object["series"]["lastObservedTime"]);
    let list = |value: &'static str| status[value].as_array().into_iter().flatten();
    times.extend(list("conditions").map(|condition| &condition["lastTransitionTime"]));
    for container in list("containerStatuses").chain(list("initContainerStatuses")) {
        for state in [&container["state"], &container["lastState"]] {
            times.push(&state["running"]["startedAt"]);
            times.push(&state["terminated"]["startedAt"]);
            times.push(&state["terminated"]["finishedAt"]);
        }
    }
    times.into_iter().filter_map(wire::time).map(Time::micros).max()
}
