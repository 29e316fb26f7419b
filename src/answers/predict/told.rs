//! What the futures have in common, in windows and shares.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Asked;
use super::course::Played;
use super::fit::Fit;
use super::workloads::{self, Workload};
use crate::api::workload::WorkloadState;
use crate::api::{Sym, Tri, wire};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::controllers::cron_schedule::Schedule;
use crate::rules::kubectl::printing::{self, Columns};
use crate::scenario::given::priors::Supposed;
use crate::scenario::given::{GivenPod, SetUp};
use crate::session::futures::follower::WorkloadCourse;
use crate::session::futures::ways::{self, Standing};
use crate::time::{Span, Time};

/// What comes next for a given cluster.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prediction {
    /// The present.
    pub now: String,
    /// Whose habits count.
    pub kubernetes: &'static str,
    /// How far it looks ahead, in seconds.
    pub ahead_seconds: i64,
    /// Which share a window holds.
    pub level: f64,
    /// How many presents were looked for.
    pub seeds: u64,
    /// In the order of the input.
    pub pods: Vec<PodFuture>,
    /// In the order of the input.
    pub workloads: Vec<WorkloadFuture>,
    /// Drains that are under way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drains: Vec<DrainFuture>,
    /// What was assumed of programs.
    pub assumed: Vec<String>,
    /// What is odd about the input.
    pub notes: Vec<String>,
}

/// What comes next for a pod.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodFuture {
    /// Of the pod.
    pub namespace: String,
    /// Of the pod.
    pub name: String,
    /// What kubectl shows now.
    pub status: String,
    /// READY now.
    pub ready: String,
    /// RESTARTS now.
    pub restarts: i64,
    /// How many of the presents show what was printed, to the second or at all; 0: nothing is known of it.
    pub presents: usize,
    /// The share of the futures in which nothing changes for as far as it looks ahead.
    pub stays: f64,
    /// The changes on the way that is the likeliest at each of them.
    pub steps: Vec<Step>,
    /// Where nothing comes of it: what keeps it from a node, in its scheduler's words or by its gates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeps: Option<String>,
    /// On what it stands where nothing is known of a program of its: `boots` (it boots as most do), `runs`
    /// (it ends as most do) or `stops` (it ends after SIGTERM as most do).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supposed: Option<Supposed>,
}

/// A change.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// STATUS then; empty: it is gone.
    pub status: String,
    /// READY then.
    pub ready: String,
    /// RESTARTS then.
    pub restarts: i32,
    /// Not before, RFC 3339.
    pub earliest: String,
    /// By then, RFC 3339.
    pub latest: String,
    /// The share of all futures that come this way.
    pub chance: f64,
}

/// What comes next for a workload.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadFuture {
    /// `deployment`
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it is doing now: `complete`, `progressing`, `failed`, `paused`, `suspended`; None: nobody says it of such a one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What may come, the likeliest first.
    pub events: Vec<Event>,
    /// Why it is not complete for as far as it looks ahead, in most futures; None: it is in some of them, or nothing is seen. Of a
    /// CronJob why no Job of it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never: Option<String>,
}

/// What comes of a drain that is under way.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainFuture {
    /// Of which node.
    pub node: String,
    /// `drained`, where it ends in some futures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Whom disruption budgets keep there for as far as it looks ahead, in most of the other futures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
}

/// Something that comes.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What: `complete`, `failed`, `progressing`, `paused`, `suspended`, `gone`, `next pod`, `next job`.
    pub what: &'static str,
    /// Not before, RFC 3339.
    pub earliest: String,
    /// By then, RFC 3339.
    pub latest: String,
    /// The share of all futures in which it comes.
    pub chance: f64,
}

/// Objects tell whole seconds, and so do windows.
const SECOND: Span = Span::from_secs(1);

impl Prediction {
    /// Of all futures, in the order of the seeds.
    pub fn of(up: &SetUp, played: &[Played], asked: &Asked) -> Prediction {
        let gates = &up.plan.gates;
        let pods = (0..up.given.pods.len()).map(|ix| future(ix, up, played, asked)).collect();
        Prediction {
            now: up.given.now.rfc3339_secs(),
            kubernetes: gates.version.as_str(),
            ahead_seconds: asked.ahead.secs(),
            level: asked.level,
            seeds: played.len() as u64,
            pods,
            workloads: workloads::of(up)
                .iter()
                .enumerate()
                .map(|(ix, own)| of_workload(ix, own, up, played, asked))
                .collect(),
            drains: (0..up.drains.len()).map(|ix| of_drain(ix, up, played, asked)).collect(),
            assumed: up.assumed.clone(),
            notes: up.given.notes.clone(),
        }
    }
}

/// The futures of a pod that count: those whose present fits to the second where they are enough, or else those that show the
/// same; where there are none of these, nothing.
pub fn counted(played: &[Played], ix: usize) -> Vec<&[(Time, Standing)]> {
    let enough = (played.len() / 5).clamp(1, 20);
    let of = |least: Fit| -> Vec<&[(Time, Standing)]> {
        let own = played.iter().map(|one| &one.pods[ix]);
        own.filter(|course| course.fit >= least).map(|course| &course.changes[..]).collect()
    };
    let exact = of(Fit::Exact);
    if exact.len() >= enough { exact } else { of(Fit::Alike) }
}

fn future(ix: usize, up: &SetUp, played: &[Played], asked: &Asked) -> PodFuture {
    let (given, supposed): (&GivenPod, _) = (&up.given.pods[ix], up.players[ix].supposed);
    let pod = &given.pod;
    let shown =
        printing::columns(&pod.spec, &pod.status, pod.meta.deletion_timestamp.is_some(), &up.plan.gates);
    let courses = counted(played, ix);
    let presents = courses.len();
    let courses = if presents > 0 { courses } else { near(played, ix, &shown) };
    let all = courses.len();
    let stays = courses.iter().filter(|changes| changes.is_empty()).count();
    let ways = ways::likeliest(courses, asked.level, SECOND);
    let supposed = supposed.filter(|of| stands_on(*of, shown.ready, &ways));
    let step = |way: ways::Way| Step {
        status: way.to.status.to_string(),
        ready: format!("{}/{}", way.to.ready.0, way.to.ready.1),
        restarts: way.to.restarts,
        earliest: way.earliest.rfc3339_secs(),
        latest: way.latest.rfc3339_secs(),
        chance: way.chance,
    };
    let steps: Vec<Step> = ways.into_iter().map(step).collect();
    PodFuture {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
        status: shown.status.to_string(),
        ready: shown.ready_cell(),
        restarts: shown.restarts,
        presents,
        stays: if all == 0 { 0.0 } else { stays as f64 / all as f64 },
        keeps: keeps(pod).filter(|_| steps.is_empty()),
        supposed,
        steps,
    }
}

/// Whether what is told stands on what is supposed: what has no course does not, and nothing is told of a boot where nobody becomes
/// ready (an image that does not come).
fn stands_on(of: Supposed, mut ready: u32, ways: &[ways::Way]) -> bool {
    let mut rises = |way: &ways::Way| std::mem::replace(&mut ready, way.to.ready.0) < way.to.ready.0;
    match of {
        Supposed::Boots => ways.iter().any(&mut rises),
        Supposed::Runs | Supposed::Stops => !ways.is_empty(),
    }
}

/// What keeps a pod from a node.
fn keeps(pod: &wire::Pod) -> Option<String> {
    let refused = pod.status.condition(Sym::POD_SCHEDULED).filter(|own| own.status == Tri::False)?;
    let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| gate.name.as_str()).collect();
    if refused.reason == Sym::SCHEDULING_GATED && !gates.is_empty() {
        return Some(format!("it is gated until whoever set them takes away {}", gates.join(", ")));
    }
    refused.message.fixed().map(|words| words.to_string()).filter(|words| !words.is_empty())
}

/// Why a CronJob makes no Job for as far as it looks ahead: it is suspended, or its next time lies beyond.
fn no_job(own: &Workload, up: &SetUp, asked: &Asked) -> Option<String> {
    let named = |(kind, value): &&(ObjectType, serde_json::Value)| {
        let meta = &value["metadata"];
        let namespace = meta["namespace"].as_str().unwrap_or("default");
        *kind == own.kind
            && own.name == meta["name"].as_str().unwrap_or_default()
            && own.namespace == namespace
    };
    let (_, value) = up.objects.iter().find(named)?;
    let (spec, zone) = (&value["spec"], value["spec"]["timeZone"].as_str());
    if spec["suspend"] == true {
        return Some("it is suspended".to_owned());
    }
    let active = value["status"]["active"].as_array().and_then(|all| all.first()?["name"].as_str());
    let schedule = spec["schedule"].as_str().unwrap_or_default();
    let beyond = Schedule::of(schedule, zone).ok().and_then(|own| own.next(up.given.now + asked.ahead));
    let first = Schedule::of(schedule, zone).ok().and_then(|own| own.next(up.given.now));
    if let (true, Some(active)) = (beyond != first && spec["concurrencyPolicy"] == "Forbid", active) {
        return Some(format!("job/{active} goes on, and its concurrencyPolicy is Forbid"));
    }
    let of = zone.map_or_else(String::new, |zone| format!(" in {zone}"));
    beyond.map(|next| format!("its next time is {} (`{schedule}`{of})", next.rfc3339_secs()))
}

fn of_workload(ix: usize, own: &Workload, up: &SetUp, played: &[Played], asked: &Asked) -> WorkloadFuture {
    let courses: Vec<&WorkloadCourse> = played.iter().map(|one| &one.workloads[ix]).collect();
    let found = ways::events(&courses, asked.level, SECOND);
    let is_reached = courses.iter().any(|own| own.comes_to(Some(WorkloadState::Complete)).is_some());
    let event = |own: &ways::Event| Event {
        what: own.what,
        earliest: own.earliest.rfc3339_secs(),
        latest: own.latest.rfc3339_secs(),
        chance: own.chance,
    };
    let events = found.iter().map(event).collect();
    let why = ways::keeps(&courses);
    WorkloadFuture {
        kind: own.kind.singular().to_string(),
        namespace: own.namespace.to_string(),
        name: own.name.to_string(),
        // A CronJob that is not suspended does nothing by itself.
        state: courses
            .first()
            .and_then(|course| course.now)
            .filter(|now| own.kind != ObjectType::CronJob || *now != WorkloadState::Progressing)
            .map(|now| now.as_str().to_lowercase()),
        events,
        // A CronJob is never complete.
        never: match own.kind {
            ObjectType::CronJob if courses.iter().all(|own| own.job.is_none()) => no_job(own, up, asked),
            ObjectType::CronJob => None,
            _ => why.filter(|_| !is_reached),
        },
    }
}

fn of_drain(ix: usize, up: &SetUp, played: &[Played], asked: &Asked) -> DrainFuture {
    let courses = || played.iter().filter_map(|one| one.drains.get(ix));
    let times: Vec<Time> = courses().filter_map(|own| own.over).collect();
    let chance = times.len() as f64 / played.len().max(1) as f64;
    let event = ways::window(times, asked.level, SECOND).map(|(earliest, latest)| Event {
        what: "drained",
        earliest: earliest.rfc3339_secs(),
        latest: latest.rfc3339_secs(),
        chance,
    });
    let mut kept: BTreeMap<&Vec<String>, usize> = BTreeMap::new();
    for own in courses().filter(|own| own.over.is_none()) {
        *kept.entry(&own.kept).or_default() += 1;
    }
    let kept = kept.into_iter().max_by_key(|(_, count)| *count).map(|(kept, _)| kept.clone());
    DrainFuture {
        node: up.plan.nodes[up.drains[ix]].spec.name.to_string(),
        event,
        kept: kept.unwrap_or_default(),
    }
}

/// The futures of presents that are near, where none shows what was printed: what they come to from there on.
fn near<'a>(played: &'a [Played], ix: usize, shown: &Columns) -> Vec<&'a [(Time, Standing)]> {
    let is_shown = |to: &Standing| {
        to.status == shown.status.sym()
            && to.ready == (shown.ready, shown.total)
            && i64::from(to.restarts) == shown.restarts
    };
    let after = |changes: &'a [(Time, Standing)]| {
        let at = changes.iter().position(|(_, to)| is_shown(to)).map_or(0, |at| at + 1);
        &changes[at..]
    };
    played.iter().map(|one| after(&one.pods[ix].changes)).collect()
}
