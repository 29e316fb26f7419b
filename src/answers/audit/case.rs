//! A workload that is asked about, and how it is played otherwise than its scenario says.

use std::sync::Arc;

use super::change::{self, Change};
use super::life::Life;
use crate::answers::statistics::quantile;
use crate::api::{Container, PodSpec, ProbeKind, Sym};
use crate::engine::Distribution;
use crate::record::{ObjectRow, PodRow};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::command::{Among, ObjectTarget, Target};
use crate::scenario::metrics::MetricPlan;
use crate::scenario::plan::{Attempt, AttemptsOf, Exit, ImagePlan, OnTerm, Outage, ProbePoint, ProgramPlan};
use crate::scenario::programs::{self, Belongs};
use crate::scenario::{Action, Command, Plan};
use crate::session::{Session, closed_records};
use crate::time::Span;
use crate::world::World;

/// A scenario's plan with these values said otherwise (as `--set` takes them); None where that is no scenario.
pub type Load<'a> = &'a (dyn Fn(&[String]) -> Option<Plan> + Sync);

/// What lives are played with.
#[derive(Clone, Copy)]
pub struct Lent<'a> {
    /// Other values of the scenario.
    pub load: Load<'a>,
    /// Whether somebody wants it to stop: lives end where they are then, and what is found is worth nothing.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// So often a life asks whether to stop.
const ASK: u32 = 4096;

/// The image of an update.
pub(super) const NEXT: &str = "registry.example/next:2";

/// Seeds under which figures are played.
const SEEDS: std::ops::Range<u64> = 0..9;

/// Kinds that make pods.
const WORKLOADS: [ObjectType; 6] = [
    ObjectType::Deployment,
    ObjectType::StatefulSet,
    ObjectType::DaemonSet,
    ObjectType::ReplicaSet,
    ObjectType::Job,
    ObjectType::CronJob,
];

/// An object of a plan that is asked about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its kind.
    pub kind: ObjectType,
    /// Its namespace.
    pub namespace: Sym,
    /// Its name.
    pub name: Sym,
    /// The manifest that it stands in.
    pub file: Sym,
    /// The line of its document, from 1.
    pub line: usize,
    /// All of its manifest.
    pub(super) value: Arc<serde_json::Value>,
}

impl Subject {
    /// An object that is applied.
    pub(super) fn of(apply: &ApplyPlan, object: &AppliedObject) -> Subject {
        Subject {
            kind: object.kind,
            namespace: Sym::new(object.namespace(apply)),
            name: Sym::new(object.name()),
            file: object.file,
            line: object.line,
            value: Arc::new(object.value.clone()),
        }
    }
    /// Whether both are one object, whatever its manifests say.
    pub(super) fn is(&self, other: &Subject) -> bool {
        (self.kind, self.namespace, self.name) == (other.kind, other.namespace, other.name)
    }
    /// Whether it makes pods.
    pub fn is_workload(&self) -> bool {
        WORKLOADS.contains(&self.kind)
    }
    /// `deployment/web`
    pub fn words(&self) -> String {
        format!("{}/{}", self.kind.singular(), self.name)
    }
    /// A field of its manifest, as `--set` takes it.
    pub fn path(&self, field: &str) -> String {
        let name = if self.name.contains('.') { format!("\"{}\"", self.name) } else { self.name.to_string() };
        format!("{}.{name}.{field}", self.kind.key())
    }
    /// A field of its pods' spec, as `--set` takes it.
    pub fn pod_path(&self, field: &str) -> String {
        let template = match self.kind {
            ObjectType::CronJob => "spec.jobTemplate.spec.template.spec",
            _ => "spec.template.spec",
        };
        self.path(&format!("{template}.{field}"))
    }
    /// A number or text of its manifest.
    pub fn field(&self, pointer: &str) -> Option<&serde_json::Value> {
        self.value.pointer(pointer)
    }
    /// As actions name it.
    pub fn target(&self) -> ObjectTarget {
        ObjectTarget { kind: self.kind, name: self.name, namespace: Some(self.namespace) }
    }
    /// Whether its pods serve until somebody stops them.
    pub fn serves(&self) -> bool {
        !matches!(self.kind, ObjectType::Job | ObjectType::CronJob)
    }
}

/// The workloads of a plan, in the order of its manifests.
pub fn subjects(plan: &Plan) -> Vec<Subject> {
    let mut found: Vec<Subject> = Vec::new();
    for (apply, object) in
        plan.applies.iter().flat_map(|apply| apply.objects.iter().map(move |own| (apply, own)))
    {
        let subject = Subject::of(apply, object);
        if subject.is_workload() && !subject.name.is_empty() && !found.iter().any(|own| own.is(&subject)) {
            found.push(subject);
        }
    }
    found
}

/// What is known of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Assumed {
    /// How long it takes to start.
    pub boots: Option<Span>,
    /// How long it takes to end after SIGTERM.
    pub stops: Option<Span>,
    /// How long it runs, of Jobs.
    pub runs: Option<Span>,
}

/// A figure over seeds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spread {
    /// The 5 % quantile of those that came, in seconds or as a number.
    pub low: f64,
    /// Their 95 % quantile.
    pub high: f64,
    /// It is a number, not a time.
    pub is_count: bool,
}

impl Spread {
    /// Of figures of several runs; None where one of them did not come.
    pub(super) fn over(figures: impl Iterator<Item = Option<Span>>) -> Option<Spread> {
        Spread::of(figures.map(|figure| figure.map(Span::micros)).collect::<Option<_>>()?)
    }
    /// Of figures in microseconds, where all of them came.
    pub(super) fn of(mut figures: Vec<i64>) -> Option<Spread> {
        figures.sort_unstable();
        let at = |share| quantile(&figures, share).map(|figure| figure / 1e6);
        Some(Spread { low: at(0.05)?, high: at(0.95)?, is_count: false })
    }
    /// The same of numbers.
    pub fn count(mut self) -> Spread {
        self.is_count = true;
        self
    }
    /// `31.2 to 34.9 s`
    pub fn words(&self) -> String {
        let one = |value: f64| match (self.is_count, value) {
            (true, value) => format!("{value:.0}"),
            (false, value) if value >= 3600.0 => format!("{:.1} h", value / 3600.0),
            (false, value) if value >= 120.0 => format!("{:.1} min", value / 60.0),
            (false, value) => format!("{value:.1} s"),
        };
        let (low, high) = (one(self.low), one(self.high));
        if low == high { low } else { format!("{low} to {high}") }
    }
}

/// What is otherwise in a run than the scenario says.
#[derive(Clone, Default)]
pub(super) struct Variant {
    /// What all containers of the workload's pods do, start by start.
    pub attempts: Vec<Attempt>,
    /// Containers beside the first one run until somebody stops them.
    pub first_alone: bool,
    /// What is done, each so long after the start.
    pub actions: Vec<(Span, Command)>,
    /// No image can be pulled from one to the other.
    pub outage: Option<(Span, Span)>,
    /// What the first container does in pods that an update to [`NEXT`] makes; None: the same.
    pub next: Option<Attempt>,
    /// The image of an update to [`NEXT`] cannot be pulled.
    pub next_is_lost: bool,
    /// What its pods use, as an autoscaler sees it.
    pub metrics: Vec<MetricPlan>,
    /// How long it is played.
    pub until: Span,
}

/// A workload in its plan.
#[derive(Clone)]
pub struct Case<'a> {
    /// As the scenario has it, without what is done and expected there.
    pub(super) plan: Arc<Plan>,
    /// Which.
    pub subject: Subject,
    /// What is known of its program.
    pub assumed: Assumed,
    /// How long it boots says the scenario, and nobody else.
    pub(super) is_boot_of_scenario: bool,
    lent: Lent<'a>,
    /// What becomes of it, where its manifests are applied over others.
    pub(super) change: Option<Change>,
    /// What the pods are made of, defaulted; None: it makes none.
    pub(super) spec: Option<Arc<PodSpec>>,
    /// It boots for longer than its probes wait: whatever else is asked is asked of one that boots at once.
    never_starts: bool,
    /// None of its first pods begins to run, and why: whatever else is asked says nothing of it.
    pub(super) hindered: Option<Hindered>,
}

/// A workload none of whose first pods begins to run.
#[derive(Clone, Debug)]
pub(super) struct Hindered {
    pub pods: usize,
    pub why: String,
}

impl<'a> Case<'a> {
    /// A workload of a plan.
    pub fn new(plan: &Plan, subject: Subject, assumed: Assumed, lent: Lent<'a>) -> Case<'a> {
        let mut plan = plan.clone();
        plan.actions.clear();
        plan.expects.clear();
        plan.until_settled = false;
        let plan = Arc::new(plan);
        let (change, spec, never_starts, hindered) = (None, None, false, None);
        let is_boot_of_scenario = false;
        let mut case =
            Case { plan, subject, assumed, is_boot_of_scenario, lent, change, spec, never_starts, hindered };
        let until = if case.subject.serves() { Span::from_secs(60) } else { Span::from_secs(2 * 86_400) };
        if let Some((spec, made)) = case.first_spec(until) {
            case.spec = Some(spec);
            case.hear_the_scenario();
            case.hindered = case.hindrance(made);
            case.never_starts = case.subject.serves() && case.is_killed();
        }
        case
    }

    /// An object of a plan whose second `[[apply]]` changes what its first one brought.
    pub fn of_change(plan: &Plan, change: Change, assumed: Assumed, lent: Lent<'a>) -> Case<'a> {
        let mut plan = plan.clone();
        // What the second apply says of ConfigMaps and the like is done to them then.
        plan.actions.retain(|action| matches!(action.command, Command::Reapply { .. }));
        plan.expects.clear();
        plan.until_settled = false;
        let since = if change.before.is_some() { Span::ZERO } else { change.at };
        let subject = change.subject.clone();
        let (plan, change) = (Arc::new(plan), Some(change));
        let (spec, never_starts, hindered) = (None, false, None);
        let is_boot_of_scenario = false;
        let mut case =
            Case { plan, subject, assumed, is_boot_of_scenario, lent, change, spec, never_starts, hindered };
        case.spec = case.first_spec(since + Span::from_secs(60)).map(|(spec, _)| spec);
        case.hear_the_scenario();
        case
    }

    /// What nobody has said of its program the scenario may say (`[[program]]`): the longest of its containers'.
    fn hear_the_scenario(&mut self) {
        let kind = self.subject.kind.singular();
        let owner = Some((kind.as_str(), self.subject.name.as_str()));
        let belongs = Belongs { owner, ..Belongs::default() };
        let containers = self.containers().iter();
        let own: Vec<&ProgramPlan> =
            containers.filter_map(|own| programs::of(&self.plan.programs, own, &belongs)).collect();
        let longest = |of: &dyn Fn(&ProgramPlan) -> Option<Span>| own.iter().filter_map(|own| of(own)).max();
        let boots = longest(&|own| own.boots.as_ref().map(Distribution::p95));
        let stops = longest(&|own| match &own.serving.first()?.on_term {
            OnTerm::After { after, .. } => Some(after.p95()).filter(|after| *after > Span::ZERO),
            _ => None,
        });
        let runs = longest(&|own| own.serving.first()?.runs.as_ref().map(Distribution::p95));
        self.is_boot_of_scenario = self.assumed.boots.is_none() && boots.is_some();
        let serves = self.subject.serves();
        let said = &mut self.assumed;
        said.boots = said.boots.or(boots);
        said.stops = said.stops.or(stops);
        said.runs = said.runs.or(runs.filter(|_| !serves));
    }

    /// The spec of its first pod, and how long after the start that was made.
    fn first_spec(&self, until: Span) -> Option<(Arc<PodSpec>, Span)> {
        let mut plan = Plan::clone(&self.plan);
        plan.until = plan.start + until;
        let mut session = Session::new(&Arc::new(plan), 0);
        let mut looked = 0;
        while let Some(at) = session.step() {
            session.world.outbox.clear();
            let w = &session.world;
            for pod in looked..w.directory.pods.len() {
                if w.directory.owners[pod].is_some_and(|owner| self.is_own(w, owner)) {
                    return Some((Arc::clone(&w.pods[pod].spec), at.since(w.plan.start)));
                }
            }
            looked = w.directory.pods.len();
        }
        None
    }

    /// Whether and why none of its first pods begins to run within two minutes.
    fn hindrance(&self, made: Span) -> Option<Hindered> {
        let until = made + Span::from_secs(120);
        let life = self.play(&Variant { attempts: vec![self.attempt()], until, ..Variant::default() }, 0);
        let own = || life.own.iter().map(|pod| &life.records[*pod as usize]);
        let first = own().next()?;
        if own().any(|record| record.started.is_some()) {
            return None;
        }
        let why = life.complaint().unwrap_or_else(|| first.status.to_string());
        Some(Hindered { pods: life.own.len(), why })
    }

    /// Whether its probes kill it while it boots.
    fn is_killed(&self) -> bool {
        let variant = Variant {
            attempts: vec![booting(self.attempt(), self.boots())],
            until: self.boots() + Span::from_secs(60),
            ..Variant::default()
        };
        self.play(&variant, 0).killed_by_probe().is_some()
    }

    fn is_own(&self, w: &World, object: ObjectRow) -> bool {
        let ident = &w.directory.objects[object as usize];
        ident.kind == self.subject.kind.singular()
            && ident.name == self.subject.name
            && ident.namespace == self.subject.namespace
    }

    /// The same with some fields said otherwise.
    pub(super) fn with(&self, set: &[String]) -> Option<Case<'a>> {
        let plan = (self.lent.load)(set)?;
        if self.change.is_some() {
            let change = change::changes(&plan).into_iter().find(|own| own.subject.is(&self.subject))?;
            return Some(Case::of_change(&plan, change, self.assumed, self.lent));
        }
        let subject = subjects(&plan).into_iter().find(|own| own.is(&self.subject))?;
        Some(Case::new(&plan, subject, self.assumed, self.lent))
    }

    /// A workload of another plan, of whose program as much is known.
    pub(super) fn of_plan(&self, plan: &Plan, subject: Subject) -> Case<'a> {
        Case::new(plan, subject, self.assumed, self.lent)
    }

    /// The same where its manifest leaves open how many there are: also in what was applied first, or afterwards alone.
    pub(super) fn without_replicas(&self, everywhere: bool) -> Case<'a> {
        let mut case = self.clone();
        let plan = Arc::make_mut(&mut case.plan);
        let last = plan.applies.iter().map(|apply| apply.at).max();
        for apply in plan.applies.iter_mut().filter(|apply| everywhere || Some(apply.at) == last) {
            let apply = Arc::make_mut(apply);
            let is_its = |own: &ApplyPlan, at: usize| Subject::of(own, &own.objects[at]).is(&self.subject);
            for place in (0..apply.objects.len()).filter(|at| is_its(apply, *at)).collect::<Vec<_>>() {
                let spec =
                    apply.objects[place].value.pointer_mut("/spec").and_then(|own| own.as_object_mut());
                spec.map(|spec| spec.remove("replicas"));
            }
        }
        case
    }

    /// The claim on which the only pod of a Deployment writes: two that run at once would both write there. (A StatefulSet's pods have
    /// claims of their own, and of several replicas somebody has thought.)
    pub(super) fn disk_of_one(&self) -> Option<String> {
        let replicas = self.subject.field("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(1);
        if self.subject.kind != ObjectType::Deployment || replicas != 1 {
            return None;
        }
        let mut volumes = self.spec.iter().flat_map(|spec| &spec.volumes);
        let claim =
            volumes.find_map(|own| own.persistent_volume_claim.as_ref().filter(|own| !own.read_only))?;
        Some(claim.claim_name.clone())
    }

    /// The containers that run side by side.
    pub(super) fn containers(&self) -> &[Container] {
        self.spec.as_ref().map_or(&[], |spec| &spec.containers)
    }

    /// When all of it stands, whatever it takes to boot.
    pub(super) fn settled(&self) -> Span {
        let replicas = self.subject.field("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(1);
        // A StatefulSet's pods boot one after the other.
        let boots = if self.subject.kind == ObjectType::StatefulSet { replicas.clamp(3, 100) } else { 3 };
        Span::from_secs(120) + self.boots() * boots
    }
    /// How long it boots, as far as somebody says it.
    pub(super) fn boots(&self) -> Span {
        if self.never_starts { Span::ZERO } else { self.assumed.boots.unwrap_or(Span::from_secs(10)) }
    }
    /// The same where nobody says it: at once.
    pub(super) fn boots_or_not(&self) -> Span {
        if self.never_starts { Span::ZERO } else { self.assumed.boots.unwrap_or(Span::ZERO) }
    }

    /// A program that is as it is assumed.
    pub(super) fn attempt(&self) -> Attempt {
        let stops = self.assumed.stops.unwrap_or(Span::from_secs(1));
        let runs = self.assumed.runs.unwrap_or(Span::from_secs(10));
        let runs = (!self.subject.serves()).then_some(Distribution::Constant(runs));
        let on_term = OnTerm::After { after: Distribution::Constant(stops), exit: Exit::Code(0) };
        let mut attempt = Attempt { runs, on_term, ..Attempt::default() };
        attempt.pre_stop.takes = Distribution::Constant(self.pre_stop());
        booting(attempt, self.boots_or_not())
    }

    /// How long a preStop command sleeps, where it says so. What the kubelet sleeps itself it counts itself.
    fn pre_stop(&self) -> Span {
        let command = |container: &Container| {
            let exec = container.lifecycle.as_ref()?.pre_stop.as_ref()?.exec.as_ref()?;
            slept(&exec.command.join(" "))
        };
        self.containers().iter().filter_map(command).max().unwrap_or(Span::ZERO)
    }

    /// Pods of the workload, the first by creation.
    pub(super) fn one_pod(&self) -> Target {
        let pointer = "/spec/template/metadata/labels";
        let labels = self.subject.field(pointer).and_then(serde_json::Value::as_object);
        let text =
            |(key, value): (&String, &serde_json::Value)| Some((key.clone(), value.as_str()?.to_owned()));
        let labels = labels.into_iter().flatten().filter_map(text).collect();
        Target {
            name: format!("{}-", self.subject.name),
            prefix: true,
            namespace: Some(self.subject.namespace.to_string()),
            among: Some(Box::new(Among { labels, node: None, limit: Some(1) })),
        }
    }

    /// The plan as it is otherwise.
    pub(super) fn changed(&self, variant: &Variant) -> Arc<Plan> {
        let mut plan = Plan::clone(&self.plan);
        plan.until = plan.start + variant.until;
        if !variant.attempts.is_empty() {
            plan.programs.insert(0, self.program(&variant.attempts, None));
            for container in self.beside(variant.first_alone) {
                let serves =
                    ProgramPlan { container: Some(container), ..self.program(&[Attempt::default()], None) };
                plan.programs.insert(0, serves);
            }
        }
        if let Some(next) = &variant.next {
            plan.programs.insert(0, self.program(std::slice::from_ref(next), Some(NEXT)));
        }
        if variant.next_is_lost {
            let outages = vec![Outage { from: plan.start, until: None, error: None }];
            plan.images.push(ImagePlan { reference: Sym::new(NEXT), outages, ..plan.image_default.clone() });
        }
        for (after, command) in &variant.actions {
            let at = plan.start + *after;
            let action = Action { at, command: command.clone(), id: None, words: String::new() };
            plan.actions.push(Arc::new(action));
        }
        if let Some((from, until)) = variant.outage {
            let outage = Outage { from: plan.start + from, until: Some(plan.start + until), error: None };
            plan.images.iter_mut().for_each(|image| image.outages.push(outage));
            plan.image_default.outages.push(outage);
        }
        plan.metrics.splice(0..0, variant.metrics.iter().cloned());
        Arc::new(plan)
    }

    /// Containers that run beside the program of a Job: its sidecars, and where it is said all but the first one.
    fn beside(&self, first_alone: bool) -> Vec<Sym> {
        let Some(spec) = self.spec.as_ref().filter(|_| !self.subject.serves()) else { return Vec::new() };
        let sidecars = spec.init_containers.iter().filter(|own| own.is_sidecar());
        let others = spec.containers.iter().skip(if first_alone { 1 } else { usize::MAX });
        sidecars.chain(others).map(|own| own.name).collect()
    }

    /// What the containers of its pods do; of those with one image, if that is said.
    fn program(&self, attempts: &[Attempt], image: Option<&str>) -> ProgramPlan {
        let finishing =
            Attempt { runs: Some(Distribution::Constant(Span::from_secs(1))), ..Attempt::default() };
        ProgramPlan {
            image: image.map(str::to_owned),
            container: None,
            workload: Some((self.subject.kind, self.subject.name)),
            revision: None,
            index: None,
            command: None,
            boots: None,
            serves: None,
            serving: Arc::new(attempts.to_vec()),
            finishing: Arc::new(vec![finishing]),
            attempts_of: AttemptsOf::Container,
            execs_run_on: false,
        }
    }

    /// Plays it.
    pub(super) fn play(&self, variant: &Variant, seed: u64) -> Life {
        self.live(&self.changed(variant), seed)
    }

    fn live(&self, plan: &Arc<Plan>, seed: u64) -> Life {
        let mut session = Session::new(plan, seed);
        session.world.figures = Some(Vec::new());
        let mut played = 0u32;
        while !(played.is_multiple_of(ASK) && (self.lent.stop)()) && session.step().is_some() {
            played = played.wrapping_add(1);
        }
        let w = session.world;
        let objects = w.directory.objects.len() as ObjectRow;
        // One that was deleted and made anew is another object of the same name.
        let object = (0..objects).rev().find(|object| self.is_own(&w, *object));
        let is_its = |owner: &Option<ObjectRow>| owner.is_some_and(|owner| self.is_own(&w, owner));
        let owners = w.directory.owners.iter().enumerate();
        let own = owners.filter(|(_, owner)| is_its(owner)).map(|(pod, _)| pod as PodRow);
        let own = own.collect();
        let records = closed_records(&w, plan.until);
        Life { at: plan.until, w, object, own, records }
    }

    /// Those under which figures are played.
    pub(super) fn seeds(&self) -> impl Iterator<Item = u64> {
        SEEDS
    }
    /// Plays it under each seed.
    pub(super) fn lives(&self, variant: &Variant) -> Vec<Life> {
        let plan = self.changed(variant);
        SEEDS.map(|seed| self.live(&plan, seed)).collect()
    }

    /// A figure in microseconds under each seed; None where it did not come under one of them.
    pub(super) fn over_seeds(&self, figure: impl Fn(u64) -> Option<Span>) -> Option<Spread> {
        Spread::over(SEEDS.map(figure))
    }
    /// The longest time under which something holds, under each seed; None where it holds for ever, or never.
    pub(super) fn longest(&self, most: Span, holds: impl Fn(Span, u64) -> bool) -> Option<Spread> {
        self.over_seeds(|seed| longest(most, |span| holds(span, seed)))
    }
}

/// Found by halving, to a tenth of a second.
fn longest(most: Span, holds: impl Fn(Span) -> bool) -> Option<Span> {
    const FINE: i64 = 100_000;
    if !holds(Span::ZERO) {
        return None;
    }
    let (mut good, mut bad) = (Span::ZERO, Span::from_secs(4));
    while holds(bad) {
        good = bad;
        if bad >= most {
            return None;
        }
        bad = (bad * 2).min(most);
    }
    while bad.micros() - good.micros() > FINE {
        let middle = Span::from_micros(good.micros() + (bad.micros() - good.micros()) / 2);
        if holds(middle) { good = middle } else { bad = middle }
    }
    Some(good)
}

/// `sleep 15`, also in a shell.
fn slept(command: &str) -> Option<Span> {
    let (_, behind) = command.split_once("sleep ")?;
    let number: String = behind.trim_start().chars().take_while(char::is_ascii_digit).collect();
    number.parse().ok().map(Span::from_secs)
}

/// A program whose probes fail, all of them, until it has booted.
pub(super) fn booting(mut attempt: Attempt, boots: Span) -> Attempt {
    if boots > Span::ZERO {
        let points = || vec![point(Span::ZERO, false), point(boots, true)];
        (attempt.startup, attempt.readiness, attempt.liveness) = (points(), points(), points());
    }
    attempt
}

/// From then on probes answer so.
pub(super) fn point(at: Span, ok: bool) -> ProbePoint {
    ProbePoint { at, failure_rate: if ok { 0.0 } else { 1.0 }, takes: None, output: Sym::EMPTY }
}

/// The first container with a probe of this kind.
pub(super) fn probed(containers: &[Container], kind: ProbeKind) -> Option<&Container> {
    containers.iter().find(|container| container.probe(kind).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_time_is_found_by_halving() {
        let limit = Span::from_millis(31_240);
        let found = longest(Span::from_secs(3600), |span| span <= limit).expect("there is one");
        assert!(found <= limit && limit.micros() - found.micros() <= 100_000, "{found:?}");
        assert_eq!(longest(Span::from_secs(60), |_| true), None, "for ever");
        assert_eq!(longest(Span::from_secs(60), |_| false), None, "never");
    }

    #[test]
    fn a_command_that_sleeps_says_for_how_long() {
        for (command, secs) in
            [("sleep 15", Some(15)), ("sh -c sleep 5 && x", Some(5)), ("nginx -s quit", None)]
        {
            assert_eq!(slept(command), secs.map(Span::from_secs), "{command}");
        }
    }
}
