//! What runs of a draft show at the instants that its expectations name, whatever the seed.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::api::{Sym, Tri};
use crate::record::Figures;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::Plan;
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::plan::PodTemplate;
use crate::scenario::tree::spelled;
use crate::session::Session;
use crate::time::{Span, Time};
use crate::world::{Pod, World};

/// When a draft is looked at, as it is written and in seconds: early, and before the end of its ten minutes.
const INSTANTS: [(&str, i64); 2] = [("1m", 60), ("9m", 540)];
/// An expectation must hold under so many seeds, fewer where there are so many pods that one would wait for it.
const SEEDS: std::ops::RangeInclusive<u64> = 2..=20;
const LIVES: u64 = 20_000;
/// Of so many pods, and of so many workloads, something is expected.
const PODS: usize = 8;

/// Expectations in TOML, and what one should know before the first run.
pub struct Observed {
    pub expectations: String,
    pub notes: Vec<String>,
}

/// What kubectl shows of a pod at an instant.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    phase: String,
    status: String,
    ready: String,
    restarts: i32,
}

impl Seen {
    fn of(pod: &Pod) -> Seen {
        Seen {
            phase: pod.status.phase().to_string(),
            status: pod.shown.status.to_string(),
            ready: format!("{}/{}", pod.shown.ready.0, pod.shown.ready.1),
            restarts: pod.shown.restarts,
        }
    }
}

/// Plays a plan under several seeds and writes down what they agree on, a minute in and before the end.
pub fn observe(plan: &Arc<Plan>) -> Observed {
    let pods: Vec<&PodTemplate> = plan.templates.iter().map(|template| &**template).take(PODS).collect();
    let lives: u64 = plan.templates.iter().map(|template| u64::from(template.replicas)).sum();
    let workloads = workloads(plan);
    let made: u64 = workloads.iter().map(|workload| workload.pods).sum();
    let seeds = (LIVES / (lives + made).max(1)).clamp(*SEEDS.start(), *SEEDS.end());
    // By seed, then by instant.
    let runs: Vec<Vec<Instant>> = (0..seeds).map(|seed| watch(plan, seed, &pods, &workloads)).collect();
    let mut expectations = String::new();
    for (at, (instant, _)) in INSTANTS.iter().enumerate() {
        for (ix, workload) in workloads.iter().enumerate() {
            let all: Vec<Option<Figures>> = runs.iter().map(|run| run[at].workloads[ix]).collect();
            expectations.push_str(&of_workload(instant, workload, &workloads, &all));
        }
        for (ix, pod) in pods.iter().enumerate() {
            let all: Vec<&Option<Seen>> = runs.iter().map(|run| &run[at].pods[ix]).collect();
            let twin = pods.iter().any(|other| other.name == pod.name && other.namespace != pod.namespace);
            expectations.push_str(&expectation(instant, pod, twin, &all));
        }
    }
    Observed { expectations, notes: notes(plan, &pods) }
}

/// The name of a template's first pod.
fn name(template: &PodTemplate) -> String {
    if template.numbered { format!("{}-0", template.name) } else { template.name.to_string() }
}

fn find<'a>(w: &'a World, template: &PodTemplate) -> Option<&'a Pod> {
    let name = name(template);
    w.pods.iter().rev().find(|p| p.ident.namespace == template.namespace && p.ident.name.to_string() == name)
}

fn play_to(session: &mut Session, at: Time) {
    while session.world.queue.peek_time().is_some_and(|next| next <= at) && session.step().is_some() {
        session.world.outbox.clear();
    }
}

/// A workload that the manifest brings.
struct Workload<'a> {
    kind: ObjectType,
    namespace: &'a str,
    name: &'a str,
    /// How many pods it makes.
    pods: u64,
}

fn workloads(plan: &Plan) -> Vec<Workload<'_>> {
    let all =
        plan.applies.iter().flat_map(|apply| apply.objects.iter().map(|object| Workload::of(apply, object)));
    all.filter(|own| own.kind.law().has_pods && !own.name.is_empty()).take(PODS).collect()
}

impl<'a> Workload<'a> {
    fn of(apply: &'a ApplyPlan, object: &'a AppliedObject) -> Workload<'a> {
        Workload {
            kind: object.kind,
            namespace: object.namespace(apply),
            name: object.name(),
            pods: object.value.pointer("/spec/replicas").and_then(serde_json::Value::as_u64).unwrap_or(1),
        }
    }
}

/// What is seen at one instant.
struct Instant {
    pods: Vec<Option<Seen>>,
    workloads: Vec<Option<Figures>>,
}

fn watch(plan: &Arc<Plan>, seed: u64, pods: &[&PodTemplate], workloads: &[Workload<'_>]) -> Vec<Instant> {
    let mut session = Session::new(plan, seed);
    session.world.figures = Some(Vec::new());
    let mut figures: Vec<Option<Figures>> = vec![None; workloads.len()];
    let mut seen = Vec::new();
    for (_, secs) in INSTANTS {
        play_to(&mut session, plan.start + Span::from_secs(secs));
        for row in session.world.figures.replace(Vec::new()).into_iter().flatten() {
            let ident = session.world.directory.objects[row.object as usize];
            let is_it = |own: &Workload<'_>| {
                own.kind.singular() == *ident.kind
                    && own.namespace == &*ident.namespace
                    && own.name == &*ident.name
            };
            if let Some(at) = workloads.iter().position(is_it) {
                figures[at] = row.figures;
            }
        }
        let own = pods.iter().map(|pod| find(&session.world, pod).filter(|p| p.exists).map(Seen::of));
        seen.push(Instant { pods: own.collect(), workloads: figures.clone() });
    }
    seen
}

/// What a workload's status says in all runs.
fn of_workload(at: &str, own: &Workload<'_>, all: &[Workload<'_>], seen: &[Option<Figures>]) -> String {
    let mut text = format!("\n[[expect]]\nat        = \"{at}\"\n{:<9} = \"{}\"\n", own.kind.key(), own.name);
    if all
        .iter()
        .any(|other| (other.kind, other.name) == (own.kind, own.name) && other.namespace != own.namespace)
    {
        let _ = writeln!(text, "namespace = \"{}\"", own.namespace);
    }
    let there: Vec<&Figures> = seen.iter().flatten().collect();
    let Some(first) = there.first().filter(|_| there.len() == seen.len()) else { return String::new() };
    let is_complete = |one: &&Figures| {
        one.desired.is_some()
            && [one.current, one.updated, one.available].iter().all(|own| *own == one.desired)
    };
    let mut said = false;
    if own.kind.law().has_rollouts && there.iter().all(is_complete) {
        said = true;
        text.push_str("rollout   = \"complete\"\n");
    }
    let numbers = |one: &Figures| {
        [
            ("ready", one.ready),
            ("available", one.available),
            ("succeeded", one.succeeded),
            ("failed", one.failed),
        ]
    };
    for (ix, (key, number)) in numbers(first).into_iter().enumerate() {
        if let Some(value) = number.filter(|_| there.iter().all(|one| numbers(one)[ix].1 == number)) {
            said = true;
            let _ = writeln!(text, "{key:<9} = {value}");
        }
    }
    if said { text } else { String::new() }
}

/// What all runs show; nothing where they do not even agree whether the pod is there.
fn expectation(at: &str, pod: &PodTemplate, twin: bool, seen: &[&Option<Seen>]) -> String {
    let mut text = format!("\n[[expect]]\nat       = \"{at}\"\npod      = \"{}\"\n", name(pod));
    if twin {
        let _ = writeln!(text, "namespace = \"{}\"", pod.namespace);
    }
    let there: Vec<&Seen> = seen.iter().filter_map(|seen| seen.as_ref()).collect();
    let Some(first) = there.first().filter(|_| there.len() == seen.len()) else {
        return if there.is_empty() { text + "gone     = true\n" } else { String::new() };
    };
    let mut said = false;
    let mut say = |key: &str, value: &str, agreed: bool| {
        if agreed {
            said = true;
            let _ = writeln!(text, "{key:<8} = {value}");
        }
    };
    let quoted = |word: &str| spelled(word);
    say("phase", &quoted(&first.phase), there.iter().all(|one| one.phase == first.phase));
    say("status", &quoted(&first.status), there.iter().all(|one| one.status == first.status));
    say("ready", &quoted(&first.ready), there.iter().all(|one| one.ready == first.ready));
    say("restarts", &first.restarts.to_string(), there.iter().all(|one| one.restarts == first.restarts));
    if said { text } else { String::new() }
}

/// Pods that find no node: a person wants to know before wondering.
fn notes(plan: &Arc<Plan>, pods: &[&PodTemplate]) -> Vec<String> {
    let mut session = Session::new(plan, plan.seed);
    play_to(&mut session, plan.until);
    let mut notes = Vec::new();
    for template in pods {
        let Some(p) = find(&session.world, template) else { continue };
        let scheduled = p.status.condition(Sym::POD_SCHEDULED);
        if let Some(condition) = scheduled.filter(|condition| condition.status == Tri::False) {
            let why = condition.message.show(&p.ident);
            notes.push(format!("{} finds no node: {why}", name(template)));
        }
    }
    notes
}
