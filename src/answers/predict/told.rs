//! What the futures have in common, in windows and shares.

use serde::Serialize;

use super::Asked;
use super::course::{Played, Standing};
use super::fit::Fit;
use crate::rules::kubectl::printing;
use crate::rules::versions::gates::Gates;
use crate::scenario::given::{GivenPod, SetUp};
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

/// So many changes of a pod are told.
const TOLD: usize = 5;
/// A way that fewer take is not followed.
const FOLLOWED: f64 = 0.2;

impl Prediction {
    /// Of all futures, in the order of the seeds.
    pub fn of(up: &SetUp, played: &[Played], asked: &Asked) -> Prediction {
        let gates = &up.plan.gates;
        let pods = up.given.pods.iter().enumerate();
        let pods = pods.map(|(ix, pod)| future(ix, pod, played, asked, gates)).collect();
        Prediction {
            now: up.given.now.rfc3339_secs(),
            kubernetes: gates.version.as_str(),
            ahead_seconds: asked.ahead.secs(),
            level: asked.level,
            seeds: played.len() as u64,
            pods,
            assumed: up.assumed.clone(),
            notes: up.given.notes.clone(),
        }
    }
}

/// The futures of a pod that count: those whose present fits to the second where they are enough, or else those that show the
/// same.
pub fn counted(played: &[Played], ix: usize) -> Vec<&[(Time, Standing)]> {
    let enough = (played.len() / 5).clamp(1, 20);
    let of = |least: Fit| -> Vec<&[(Time, Standing)]> {
        let own = played.iter().map(|one| &one.pods[ix]);
        own.filter(|course| course.fit >= least).map(|course| &course.changes[..]).collect()
    };
    let exact = of(Fit::Exact);
    if exact.len() >= enough { exact } else { of(Fit::Alike) }
}

fn future(ix: usize, given: &GivenPod, played: &[Played], asked: &Asked, gates: &Gates) -> PodFuture {
    let pod = &given.pod;
    let shown = printing::columns(&pod.spec, &pod.status, pod.meta.deletion_timestamp.is_some(), gates);
    let courses = counted(played, ix);
    let all = courses.len();
    let stays = courses.iter().filter(|changes| changes.is_empty()).count();
    let mut steps = Vec::new();
    let mut on_the_way = courses;
    for place in 0..TOLD {
        let mut ways: Vec<(Standing, Vec<&[(Time, Standing)]>)> = Vec::new();
        for changes in &on_the_way {
            let Some((_, to)) = changes.get(place) else { continue };
            match ways.iter_mut().find(|(own, _)| own == to) {
                Some((_, own)) => own.push(changes),
                None => ways.push((*to, vec![changes])),
            }
        }
        // The first of those that are equally likely.
        let Some((to, own)) = ways.into_iter().rev().max_by_key(|(_, own)| own.len()) else { break };
        let chance = own.len() as f64 / all.max(1) as f64;
        if place > 0 && chance < FOLLOWED {
            break;
        }
        let times: Vec<Time> = own.iter().map(|changes| changes[place].0).collect();
        let Some((earliest, latest)) = window(times, asked.level) else { break };
        steps.push(Step {
            status: to.status.to_string(),
            ready: format!("{}/{}", to.ready.0, to.ready.1),
            restarts: to.restarts,
            earliest: earliest.rfc3339_secs(),
            latest: latest.rfc3339_secs(),
            chance,
        });
        on_the_way = own;
    }
    PodFuture {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
        status: shown.status.to_string(),
        ready: shown.ready_cell(),
        restarts: shown.restarts as i64,
        presents: all,
        stays: if all == 0 { 0.0 } else { stays as f64 / all as f64 },
        steps,
    }
}

/// Holds such a share of some instants, and leaves out as many at one side as at the other; outward to whole seconds.
pub fn window(mut times: Vec<Time>, level: f64) -> Option<(Time, Time)> {
    times.sort_unstable();
    let last = times.len().checked_sub(1)?;
    let out = ((1.0 - level) / 2.0 * times.len() as f64).floor() as usize;
    let (low, high) = (times[out.min(last)], times[last - out.min(last)]);
    let up = high + Span::from_micros(999_999);
    Some((low.truncate_secs(), up.truncate_secs()))
}
