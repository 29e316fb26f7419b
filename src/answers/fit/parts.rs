//! From a cluster's events to the times of its parts: pulls, and what stands in `[latency]`.
//!
//! A kubelet says itself how long a pull took, cut to a millisecond (`Successfully pulled image "…" in 803ms (1.5s including
//! waiting). Image size: … bytes.`; pkg/kubelet/images/image_manager.go). All else is seen only where somebody stamped the
//! events: the time from one to the next is that of what lies between.

use std::collections::BTreeMap;

use super::kernel::Observation;
use crate::observed::{Event, History, Watched};
use crate::time::GoDuration;

/// What was seen of an image.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Image {
    /// How long pulls took, waiting in the queue left out.
    pub pulls: Vec<Observation>,
    /// Its size in bytes, as the kubelet told it.
    pub size: Option<u64>,
    /// Pulls that failed, by what was said.
    pub failed: BTreeMap<String, u64>,
    /// How long these took, where no other pull was under way on their node.
    pub fail_takes: Vec<Observation>,
    /// How pulls went by node, as far as pods tell where they are.
    pub nodes: BTreeMap<String, OnNode>,
}

/// How pulls of an image went on a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OnNode {
    /// So many failed before one worked, or all.
    pub failed: u64,
    /// One has worked.
    pub worked: bool,
}

/// Delays of parts that can be seen, by their key in `[latency]`.
pub type Delays = BTreeMap<&'static str, Vec<Observation>>;

/// How far the stamp of an event may be off, by all that it passes through, in microseconds.
const OFF: i64 = 2_000;
const MILLI: i64 = 1_000;

/// By reference.
pub fn images(history: &History) -> BTreeMap<String, Image> {
    let mut images: BTreeMap<String, Image> = BTreeMap::new();
    let mut events: Vec<&Event> = history.events.iter().collect();
    events.sort_by_key(|event| event.stamp.or(event.at));
    // A series of events is told again with its new count.
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for event in &events {
        let node = || history.pods.get(&event.about).and_then(|watched| watched.pod.node());
        match event.reason.as_str() {
            "Pulled" => {
                let Some((image, took, size)) = pulled(&event.message) else { continue };
                let own = images.entry(image).or_default();
                own.pulls.push(Observation { least: took, width: MILLI, ..Observation::default() });
                own.size = size.or(own.size);
                if let Some(node) = node() {
                    own.nodes.entry(node.to_string()).or_default().worked = true;
                }
            }
            "Failed" => {
                let Some((image, said)) = failed(&event.message) else { continue };
                let before = counts.insert(&event.uid, event.count).unwrap_or(0);
                let new = event.count.saturating_sub(before);
                let own = images.entry(image).or_default();
                *own.failed.entry(said).or_default() += new;
                let of_node = node().map(|node| own.nodes.entry(node.to_string()).or_default());
                if let Some(of_node) = of_node.filter(|own| !own.worked) {
                    of_node.failed += new;
                }
            }
            _ => {}
        }
    }
    for (image, took) in failing(history, &events) {
        images.entry(image).or_default().fail_takes.push(took);
    }
    images
}

/// How long pulls took that failed: from the event `Pulling` to `Failed`, both stamped. Pulls wait for each other behind that
/// event, so those count that had their node for themselves.
fn failing(history: &History, events: &[&Event]) -> Vec<(String, Observation)> {
    let mut under_way: BTreeMap<&'static str, Vec<(&str, &str, i64, bool)>> = BTreeMap::new();
    let mut found = Vec::new();
    for event in events.iter().filter(|_| history.is_stamped) {
        let node = history.pods.get(&event.about).and_then(|watched| watched.pod.node());
        let (Some(node), Some(stamp)) = (node, event.stamp) else { continue };
        let own = under_way.entry(node.as_str()).or_default();
        let is_it = |(about, container, ..): &(&str, &str, i64, bool)| {
            *about == event.about.as_str() && *container == event.container.as_str()
        };
        match event.reason.as_str() {
            "Pulling" => {
                own.retain(|one| !is_it(one));
                own.iter_mut().for_each(|(.., alone)| *alone = false);
                let alone = own.is_empty();
                own.push((&event.about, &event.container, stamp, alone));
            }
            "Pulled" | "Failed" => {
                let Some(at) = own.iter().position(is_it) else { continue };
                let (.., began, alone) = own.remove(at);
                if let Some((image, _)) = failed(&event.message).filter(|_| alone) {
                    found.push((image, about(stamp - began, 0)));
                }
            }
            _ => {}
        }
    }
    found
}

/// The image, how long it took in microseconds, and its size.
fn pulled(message: &str) -> Option<(String, i64, Option<u64>)> {
    let rest = message.strip_prefix("Successfully pulled image \"")?;
    let (image, rest) = rest.split_once("\" in ")?;
    let (took, rest) = rest.split_once(' ').unwrap_or((rest.trim_end_matches('.'), ""));
    let took = GoDuration::parse(took).ok()?.0 / 1_000;
    let size = rest.split_once("Image size: ").and_then(|(_, rest)| rest.split_once(' ')?.0.parse().ok());
    Some((image.to_owned(), took, size))
}

fn failed(message: &str) -> Option<(String, String)> {
    let (image, said) = message.strip_prefix("Failed to pull image \"")?.split_once("\": ")?;
    Some((image.to_owned(), said.to_owned()))
}

/// What the simulator takes for the parts that lie beside the one that is seen, in microseconds (`[latency]`'s defaults).
const WATCH: i64 = 2_000;
const BIND: i64 = 4_000;
const VOLUMES: i64 = 300_000;
const INSPECT_IMAGE: i64 = 12_000;

/// Delays that stamped events show.
pub fn delays(history: &History) -> Delays {
    let mut delays = Delays::new();
    if !history.is_stamped {
        return delays;
    }
    let mut by_pod: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in history.events.iter().filter(|event| event.stamp.is_some()) {
        by_pod.entry(&event.about).or_default().push(event);
    }
    for (uid, mut events) in by_pod {
        events.sort_by_key(|event| event.stamp);
        starts(&events, &mut delays);
        if let Some(watched) = history.pods.get(uid) {
            beginning(watched, &events, &mut delays);
        }
    }
    delays
}

/// What comes later after a start belongs to another sync, which something else has made: a relist looks once a second. In
/// microseconds.
const SAME_SYNC: i64 = 500_000;

/// About so long, less what stands beside it.
fn about(micros: i64, less: i64) -> Observation {
    Observation { least: (micros - less - OFF).max(0), width: 2 * OFF, ..Observation::default() }
}

/// Between the events of one start: Pulled, Created, Started; and from there to the next container of the same sync whose image is
/// there already, of which a look at the image is all that lies between (`SyncPod` starts one after the other,
/// pkg/kubelet/kuberuntime/kuberuntime_manager.go; `EnsureImageExists`, pkg/kubelet/images/image_manager.go, 1.36.2).
fn starts(events: &[&Event], delays: &mut Delays) {
    let mut before: BTreeMap<&str, (&str, i64)> = BTreeMap::new();
    let mut started: Option<(&str, i64)> = None;
    for event in events {
        let Some(stamp) = event.stamp else { continue };
        let is_there = event.reason == "Pulled" && event.message.contains("already present on machine");
        if let Some((_, at)) =
            started.take().filter(|(container, _)| is_there && *container != event.container)
            && stamp - at < SAME_SYNC
        {
            delays.entry("inspectImage").or_default().push(about(stamp - at, 0));
        }
        if event.reason == "Started" {
            started = Some((&event.container, stamp));
        }
        let last = before.insert(&event.container, (&event.reason, stamp));
        let Some((reason, at)) = last else { continue };
        let key = match (reason, event.reason.as_str()) {
            ("Pulled", "Created") => "create",
            ("Created", "Started") => "start",
            _ => continue,
        };
        delays.entry(key).or_default().push(about(stamp - at, 0));
    }
}

/// From a pod's creation to its node, and from there to its first image.
fn beginning(watched: &Watched, events: &[&Event], delays: &mut Delays) {
    let is_held = |reason: &str| {
        ["FailedScheduling", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"].contains(&reason)
    };
    let versions = &watched.pod.versions;
    let created =
        versions.first().filter(|version| version.node.is_empty()).and_then(|version| version.stamp);
    let bound = versions.iter().find(|version| !version.node.is_empty()).and_then(|version| version.stamp);
    let (Some(created), Some(bound)) = (created, bound) else { return };
    if events.iter().any(|event| is_held(&event.reason)) {
        return;
    }
    delays.entry("schedule").or_default().push(about(bound - created, WATCH + BIND));
    let pulls = events.iter().find(|event| event.reason == "Pulling" || event.reason == "Pulled");
    if let Some(stamp) = pulls.and_then(|event| event.stamp).filter(|stamp| *stamp > bound) {
        delays.entry("sandbox").or_default().push(about(stamp - bound, WATCH + VOLUMES + INSPECT_IMAGE));
    }
}

/// Delays that are not seen, and why.
pub const UNSEEN: [(&str, &str); 8] = [
    (
        "bind, watch",
        "lie within the time from creation to the node; all but their defaults counts as `schedule`",
    ),
    ("volumes", "lies within the time from the node to the image; all but its default counts as `sandbox`"),
    ("statusUpdate", "no object tells when the kubelet began to write"),
    ("stop", "no object tells when the process ended but by the runtime's own second"),
    ("stopSandbox", "no object tells of the sandbox's end"),
    ("probe", "no object tells when a probe began"),
    ("schedule, sandbox, create, start, inspectImage", "need stamped pods and events (--record)"),
    ("pull", "needs events of pulls (`kubectl get events -A -w -o json --output-watch-events`)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_is_read_in_the_kubelets_words() {
        let words = "Successfully pulled image \"web:1\" in 1m2.5s (1m3s including waiting). Image size: 12345678 bytes.";
        assert_eq!(pulled(words), Some(("web:1".to_owned(), 62_500_000, Some(12_345_678))));
        let words = "Successfully pulled image \"web:1\" in 803ms";
        assert_eq!(pulled(words), Some(("web:1".to_owned(), 803_000, None)));
        assert_eq!(pulled("Container image \"web:1\" already present on machine"), None);
        let words = "Failed to pull image \"web:1\": manifest unknown";
        assert_eq!(failed(words), Some(("web:1".to_owned(), "manifest unknown".to_owned())));
    }
}
