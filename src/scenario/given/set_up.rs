//! A given cluster as a run begins with it: a plan without anything to come, what its pods are made of, and where the play of each
//! begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::nodes::{self, NodeState};
use super::past::{Begin, Past, Stood, Was, past};
use super::priors::{Supposed, suppose};
use super::siblings::{self, Siblings};
use super::{Given, GivenPod, autoscalers, doing, drains, families};
use crate::api::{ContainerState, PodSpec, PodStatus, ProbeKind, Sym};
use crate::engine::{Distribution, random};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubelet::{images, reasons};
use crate::rules::machinery::qos::qos_class;
use crate::scenario::plan::{
    Attempt, AttemptsOf, Behavior, ContainerBehavior, Exit, ImagePlan, NodePlan, OnTerm, Plan, PodTemplate,
    ProgramPlan, TemplateIx,
};
use crate::scenario::programs::{self, Belongs};
use crate::time::{Span, Time};

/// What somebody says of programs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Said {
    /// Of which workload or pod (`web`, `deployment/web`); None: of all.
    pub of: Option<String>,
    /// How long they run; None within: for ever.
    pub runs: Option<Option<Span>>,
    /// With which code they end by themselves.
    pub exits: Option<u8>,
    /// How long they boot.
    pub boots: Option<Span>,
    /// How long they take to end after SIGTERM.
    pub stops: Option<Span>,
}

/// A pod that is put into a run.
#[derive(Clone, Debug)]
pub struct Player {
    /// Where its play begins.
    pub past: Past,
    /// Its status there.
    pub status: PodStatus,
    /// What it is made of.
    pub template: TemplateIx,
    /// The place of its node.
    pub node: Option<usize>,
    /// Key of its luck.
    pub entity: u64,
    /// With whom it counts the starts of its programs: those of the same number; None: alone.
    pub shares: Option<usize>,
    /// How long before the present something may have begun that is still being counted: probes that fail one after the other.
    pub looks_back: Span,
    /// What is supposed of its programs, of which nothing is known.
    pub supposed: Option<Supposed>,
    /// Nothing comes of it by itself: all of its containers run on, and no probe of them fails.
    pub is_still: bool,
}

/// A given cluster as a run begins with it.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// As it was printed.
    pub given: Given,
    /// Nodes, images, programs, latencies; it begins before the first of the pods.
    pub plan: Arc<Plan>,
    /// What pods are made of; each with how many there are.
    pub templates: Vec<(Arc<PodTemplate>, u32)>,
    /// One for each pod, in the order of the input.
    pub players: Vec<Player>,
    /// How the plan's nodes stand.
    pub nodes: Vec<NodeState>,
    /// Nodes that somebody drains.
    pub drains: Vec<usize>,
    /// By node: images that are there since an instant at the latest, as containers of them have begun then.
    pub images: Vec<(usize, Sym, Time)>,
    /// Workloads, Services and the like, owners before what they own.
    pub objects: Vec<(ObjectType, Value)>,
    /// What was assumed, in words.
    pub assumed: Vec<String>,
}

/// A run begins so long before the first pod is played.
const BEFORE: Span = Span::from_secs(2);
/// How long before the present a pod of which nothing is under way begins.
const SETTLED: Span = Span::from_secs(6);

impl SetUp {
    /// Says so where nothing of a cluster can be played on, with what is odd about it.
    pub fn idle(&self) -> Option<String> {
        let is_idle = self.players.is_empty() && self.objects.is_empty() && self.drains.is_empty();
        let notes = self.given.notes.iter().map(|note| format!("; {note}"));
        is_idle.then(|| "nothing in it can be played on".to_owned() + &notes.collect::<String>())
    }
    /// Whether a pod is put there as an object alone: of so many that stand still nobody need play the kubelet's part.
    pub fn is_left_alone(&self, player: &Player) -> bool {
        /// So few are played whatever they do.
        const FEW: usize = 300;
        player.is_still && self.players.len() > FEW
    }

    /// A given cluster around what a plan says beside: its programs, images, latencies and settings. What the plan would do is
    /// left out.
    pub fn new(mut given: Given, base: &Plan, said: &[Said]) -> SetUp {
        let mut assumed = Vec::new();
        let tops: Vec<Option<(String, String)>> = given.pods.iter().map(|pod| topmost(&given, pod)).collect();
        let nodes = nodes::nodes(&given, base);
        let (states, words) = nodes::states(&given, &nodes);
        assumed.extend(words);
        let places: BTreeMap<&str, usize> =
            nodes.iter().enumerate().map(|(ix, node)| (node.spec.name.as_str(), ix)).collect();
        let (mut templates, mut known) = (Vec::new(), BTreeMap::new());
        let (mut players, mut begins) = (Vec::new(), given.now - BEFORE);
        let (mut learned, siblings) = (Vec::new(), Siblings::new(&given, &tops));
        for (pod, top) in given.pods.iter().zip(&tops) {
            let node = places.get(pod.pod.spec.node_name.as_str()).copied();
            let is_silent = node.is_some_and(|node| states[node].is_silent());
            let past = past(pod, given.now, &base.gates, is_silent);
            let (mut behavior, told) = doing::behavior(&base.programs, pod, &belongs(pod, top.as_ref()));
            let goes_on = !matches!(past.begin, Begin::Over | Begin::Silent);
            let told_by_others =
                siblings_tell(&siblings, &mut behavior, base, (pod, top.as_ref()), given.now);
            assumed.extend(told_by_others.into_iter().filter(|_| goes_on));
            let supposed =
                suppose(&mut behavior, &base.programs, pod, &belongs(pod, top.as_ref()), given.now);
            let own = said.iter().filter(|said| said.is_of(pod, top.as_ref()));
            own.for_each(|said| said.apply(&mut behavior, &pod.pod.spec));
            let supposed = if goes_on { left_open(supposed, said, (pod, top.as_ref())) } else { Vec::new() };
            let whose = top.as_ref().map_or_else(|| pod.place(), |(kind, name)| format!("{kind}/{name}"));
            assumed.extend(supposed.iter().map(|(_, words)| format!("{whose}: {words}")));
            if goes_on {
                assumed.extend(told.into_iter().map(|words| format!("{}: {words}", pod.place())));
                assumed.extend(outlasted(pod, &past, &behavior, given.now));
            }
            learn(&mut learned, pod, top.as_ref(), &behavior, &siblings);
            let (template, key) = template(pod, behavior, base);
            let ix = *known.entry(key).or_insert_with(|| {
                templates.push((Arc::new(template), 0));
                templates.len() - 1
            });
            templates[ix].1 += 1;
            let looks_back = looks_back(&templates[ix].0);
            begins = begins.min(began(&past, given.now, looks_back) - BEFORE);
            let is_still = pod.pod.spec.active_deadline_seconds.is_none()
                && is_still(&past, &templates[ix].0.behavior, base, given.now);
            players.push(Player {
                status: past.status(pod),
                past,
                template: TemplateIx::new(ix),
                node,
                entity: random::entity(&[&pod.pod.meta.namespace, &pod.pod.meta.name]),
                is_still,
                looks_back,
                shares: None,
                supposed: supposed.into_iter().map(|(of, _)| of).min(),
            });
        }
        share(&given, &templates, &mut players);
        let start = begins.truncate_secs();
        drop(places);
        let mut plan = bare(base, nodes, start);
        plan.images.extend(failing_images(&given, &plan.images, &plan.image_default));
        let drained = drains::under_way(&given, &plan.nodes);
        plan.actions = drained.iter().map(|own| own.goes_on(&plan.nodes, given.now)).collect();
        assumed.extend(drained.iter().map(|own| own.words(&plan.nodes)));
        assumed.extend(drains::unseen(&given, &plan.nodes, &drained));
        assumed.extend(autoscalers::told(&given));
        plan.programs.splice(0..0, said.iter().filter_map(|said| said.program(&given)));
        plan.programs.extend(learned);
        plan.programs.extend(other_images(&given, &tops, &siblings));
        let (objects, notes) = families::whole(&given);
        given.notes.extend(notes);
        assumed.sort();
        assumed.dedup();
        let (images, drains) = (images(&given, &players), drained.iter().map(|own| own.node).collect());
        let (plan, nodes) = (Arc::new(plan), states);
        SetUp { given, plan, templates, players, nodes, drains, images, objects, assumed }
    }
}

/// What is supposed of a pod of which nobody says it.
fn left_open(
    supposed: Vec<(Supposed, String)>,
    said: &[Said],
    (pod, top): (&GivenPod, Option<&(String, String)>),
) -> Vec<(Supposed, String)> {
    let is_said = |of: Supposed| {
        said.iter().filter(|own| own.is_of(pod, top)).any(|own| match of {
            Supposed::Boots => own.boots.is_some(),
            Supposed::Runs => own.runs.is_some(),
            Supposed::Stops => own.stops.is_some(),
        })
    };
    supposed.into_iter().filter(|(of, _)| !is_said(*of)).collect()
}

/// What the others of its workload tell of the main containers of a pod of which no program says anything.
fn siblings_tell(
    siblings: &Siblings,
    behavior: &mut Behavior,
    base: &Plan,
    (pod, top): (&GivenPod, Option<&(String, String)>),
    now: Time,
) -> Vec<String> {
    let Some(top) = top else { return Vec::new() };
    let (spec, belongs) = (&pod.pod.spec, belongs(pod, Some(top)));
    let own = behavior.containers.iter_mut().skip(spec.init_containers.len());
    let open = spec
        .containers
        .iter()
        .zip(own)
        .filter(|(container, _)| !programs::is_described(&base.programs, container, &belongs));
    let told = open.flat_map(|(container, own)| {
        let attempts = own.attempts.iter_mut();
        attempts.flat_map(|attempt| siblings.tell(attempt, top, (pod, container), now)).collect::<Vec<_>>()
    });
    told.collect()
}

/// Pods that are made with an image that nobody has yet boot as those of the workload's others do.
fn other_images(given: &Given, tops: &[Option<(String, String)>], siblings: &Siblings) -> Vec<ProgramPlan> {
    let mut found: Vec<ProgramPlan> = Vec::new();
    for (pod, top) in given.pods.iter().zip(tops) {
        let Some(top) = top else { continue };
        let Some(kind) = ObjectType::parse(&top.0) else { continue };
        for container in &pod.pod.spec.containers {
            let (workload, name) = (Some((kind, Sym::new(&top.1))), Some(container.name));
            if found.iter().any(|known| known.workload == workload && known.container == name) {
                continue;
            }
            if let Some((boots, _)) = siblings.boots(top, container) {
                let unsaid =
                    ContainerBehavior { attempts: vec![Attempt::default()], ..ContainerBehavior::default() };
                found.push(ProgramPlan {
                    workload,
                    container: name,
                    boots: Some(boots.clone()),
                    ..program(&unsaid)
                });
            }
        }
    }
    found
}

/// Around other nodes and from another instant on what a plan says of programs, images, latencies and settings, without what it
/// would do. Kubelets keep the start that they had.
fn bare(base: &Plan, nodes: Vec<NodePlan>, start: Time) -> Plan {
    let mut plan = Plan {
        name: "given".to_owned(),
        start,
        until: Time::FAR,
        until_settled: false,
        nodes,
        templates: Vec::new(),
        applies: Vec::new(),
        actions: Vec::new(),
        expects: Vec::new(),
        alerts: Vec::new(),
        lesson: None,
        ..base.clone()
    };
    for uptime in plan.nodes.iter_mut().filter_map(|node| node.kubelet_uptime.as_mut()) {
        uptime.how_long = shifted(&uptime.how_long, start.since(base.start));
    }
    plan
}

/// Containers that have run for longer than their program says, in words: this run goes on.
fn outlasted(pod: &GivenPod, past: &Past, behavior: &Behavior, now: Time) -> Vec<String> {
    let spec = &pod.pod.spec;
    let names = spec.init_containers.iter().chain(&spec.containers).map(|own| own.name);
    let all = names.zip(&past.containers).zip(&behavior.containers);
    let told = all.filter_map(|((name, own), doing)| {
        let Was::Running(since) = own.was else { return None };
        let number = usize::try_from(own.number).ok()?;
        let attempt = doing.attempts.get(number).or(doing.attempts.last())?;
        let (age, runs) = (now.since(since) - Span::from_secs(1), attempt.runs.as_ref()?);
        let is_over = own.ends.is_none() && age > Span::ZERO && !runs.may_exceed(age);
        let age = now.since(since).secs();
        is_over.then(|| {
            format!(
                "{}: {name} has run for {age} s, longer than is said of its program: it runs on",
                pod.place()
            )
        })
    });
    told.collect()
}

/// Says who counts starts together: pods of workloads whose programs do.
fn share(given: &Given, templates: &[(Arc<PodTemplate>, u32)], players: &mut [Player]) {
    let mut groups: BTreeMap<(String, Option<u32>, Option<usize>), usize> = BTreeMap::new();
    for (pod, player) in given.pods.iter().zip(players) {
        let all = &templates[player.template.ix()].0.behavior.containers;
        let Some(of) = all.iter().map(|own| own.attempts_of).find(|of| *of != AttemptsOf::Container) else {
            continue;
        };
        let Some(owner) = pod.controller() else { continue };
        let index = index_of(pod).filter(|_| of == AttemptsOf::Index);
        let node = player.node.filter(|_| of == AttemptsOf::Node);
        let next = groups.len();
        player.shares = Some(*groups.entry((owner.uid.clone(), index, node)).or_insert(next));
    }
}

/// Whether nothing comes of a pod by itself.
fn is_still(past: &Past, behavior: &Behavior, base: &Plan, now: Time) -> bool {
    let well = |(own, doing): (&Stood, &ContainerBehavior)| match own.was {
        Was::Running(since) => {
            let (number, age) = (u32::try_from(own.number).unwrap_or(0), now.since(since));
            // Of starts that count with others nobody knows which of them this one was.
            let goes_on = match doing.attempts_of {
                AttemptsOf::Container => runs_on(doing.attempt(number), age),
                _ => doing.attempts.iter().all(|attempt| runs_on(attempt, age)),
            };
            own.ready && own.started && goes_on
        }
        Was::Ended(ended) => ended.exit_code == 0 && own.ready,
        Was::Absent => false,
    };
    past.begin == Begin::Settled
        && past.containers.iter().zip(&behavior.containers).all(well)
        && !base.latency.probe.may_exceed(Span::from_secs(1))
}

/// Whether an instance that has been ready and running for a while stays so: what its script had for its probes is over, and it
/// has booted.
fn runs_on(attempt: &Attempt, age: Span) -> bool {
    let answers = |kind: &ProbeKind| {
        let last = attempt.answers(*kind).last();
        last.is_none_or(|last| last.at <= age && last.failure_rate == 0.0 && last.takes.is_none())
    };
    attempt.runs.is_none()
        && attempt.memory.is_empty()
        && attempt.writes.is_empty()
        && ProbeKind::ALL.iter().all(answers)
}

/// Since when images have been on nodes, at the latest.
fn images(given: &Given, players: &[Player]) -> Vec<(usize, Sym, Time)> {
    let mut first: BTreeMap<(usize, &str), (Sym, Time)> = BTreeMap::new();
    for (pod, player) in given.pods.iter().zip(players) {
        let Some(node) = player.node else { continue };
        let spec = &pod.pod.spec;
        let all = spec.init_containers.iter().chain(&spec.containers).zip(&player.past.containers);
        for (container, stood) in all {
            let earliest = stood.before.and_then(|before| before.started_at).or(stood.began());
            let Some(at) = earliest else { continue };
            let own = first.entry((node, container.image.as_str())).or_insert((container.image, at));
            own.1 = own.1.min(at);
        }
    }
    first.into_iter().map(|((node, _), (image, at))| (node, image, at)).collect()
}

/// In which second a pod's play begins, or before.
fn began(past: &Past, now: Time, looks_back: Span) -> Time {
    match past.begin {
        Begin::Over | Begin::Unbound(_) => now - Span::from_secs(1),
        Begin::Settled => now - SETTLED.max(looks_back),
        Begin::Silent => past.asked_to_go.map_or(now, |(at, _)| at) - SETTLED,
        Begin::Bound(at) | Begin::Start(at) => at,
        Begin::End(at) | Begin::Deletion(at) => at - SETTLED,
    }
}

/// How long before the present something may have begun that is still being counted in a pod of which nothing has happened of late.
fn looks_back(template: &PodTemplate) -> Span {
    let may_fail = |ix: usize, kind: ProbeKind| {
        let own = template.behavior.containers.get(ix);
        own.is_some_and(|own| {
            own.attempts.iter().any(|one| !one.answers(kind).is_empty() || one.boots.is_some())
        })
    };
    let spec = &template.spec;
    let all = spec.init_containers.iter().chain(&spec.containers).enumerate();
    let longest = all.flat_map(|(ix, container)| {
        let own = ProbeKind::ALL.map(|kind| container.probe(kind).filter(|_| may_fail(ix, kind)));
        own.into_iter().flatten().map(|probe| {
            Span::from_secs(
                i64::from(probe.period_seconds.max(1)) * i64::from(probe.failure_threshold.max(1) + 1),
            )
        })
    });
    longest.max().unwrap_or(Span::ZERO).min(Span::from_secs(600))
}

/// The same distribution, longer or shorter by a span. What a kubelet has been there for may be less than nothing: it starts after
/// the plan.
fn shifted(of: &Distribution, by: Span) -> Distribution {
    let moved = |span: Span| span + by;
    match of {
        Distribution::Constant(span) => Distribution::Constant(moved(*span)),
        Distribution::Uniform(low, high) => Distribution::Uniform(moved(*low), moved(*high)),
        Distribution::Empirical(all) => {
            Distribution::Empirical(all.iter().map(|span| moved(*span)).collect())
        }
        other => other.clone(),
    }
}

/// Kind and name of the topmost controller of a pod, as far as the input tells.
fn topmost(given: &Given, pod: &GivenPod) -> Option<(String, String)> {
    let mut owner = pod.controller()?.clone();
    for _ in 0..4 {
        let is_it = |value: &Value| value["metadata"]["uid"].as_str() == Some(owner.uid.as_str());
        let above = given.objects.iter().find(|(_, value)| is_it(value)).and_then(|(_, value)| {
            let owners = value["metadata"]["ownerReferences"].as_array()?;
            let owner = owners.iter().find(|owner| owner["controller"] == true)?;
            serde_json::from_value(owner.clone()).ok()
        });
        match above {
            Some(above) => owner = above,
            None => break,
        }
    }
    Some((owner.kind.to_lowercase(), owner.name.to_string()))
}

/// A pod's ordinal or completion index, as its labels tell it.
fn index_of(pod: &GivenPod) -> Option<u32> {
    const LABELS: [&str; 2] = ["apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-completion-index"];
    LABELS.iter().find_map(|label| pod.pod.meta.labels.get(*label)?.parse().ok())
}

fn belongs<'a>(pod: &GivenPod, top: Option<&'a (String, String)>) -> Belongs<'a> {
    let owner = top.map(|(kind, name)| (kind.as_str(), name.as_str()));
    Belongs { owner, revision: None, index: index_of(pod) }
}

impl Said {
    /// Whether it is said of a pod.
    fn is_of(&self, pod: &GivenPod, top: Option<&(String, String)>) -> bool {
        let Some(of) = &self.of else { return true };
        pod.pod.meta.name == *of
            || top.is_some_and(|(kind, name)| name == of || format!("{kind}/{name}") == *of)
    }
    fn of_attempt(&self, container: &mut ContainerBehavior) {
        for attempt in &mut container.attempts {
            if let Some(runs) = self.runs {
                attempt.runs = runs.map(Distribution::Constant);
            }
            if let Some(code) = self.exits {
                (attempt.exit, attempt.reason) = (Exit::Code(code), Sym::EMPTY);
            }
            if let Some(boots) = self.boots {
                attempt.boots = None;
                attempt.booted_after(boots, [true, true, false]);
            }
            if let Some(stops) = self.stops {
                attempt.on_term = OnTerm::After { after: Distribution::Constant(stops), exit: Exit::Code(0) };
            }
        }
    }
    /// Main containers do so.
    fn apply(&self, behavior: &mut Behavior, spec: &PodSpec) {
        let inits = spec.init_containers.len();
        behavior.containers.iter_mut().skip(inits).for_each(|own| self.of_attempt(own));
    }
    /// What pods do that are still to be made.
    fn program(&self, given: &Given) -> Option<ProgramPlan> {
        let mut own = ContainerBehavior::default();
        self.of_attempt(&mut own);
        let workload = match &self.of {
            None => None,
            Some(of) => {
                let named = |(kind, value): &&(ObjectType, Value)| {
                    let name = value["metadata"]["name"].as_str().unwrap_or_default();
                    name == of || format!("{}/{name}", kind.singular()) == *of
                };
                let (kind, value) = given.objects.iter().find(named)?;
                Some((*kind, Sym::new(value["metadata"]["name"].as_str()?)))
            }
        };
        Some(ProgramPlan { workload, ..program(&own) })
    }
}

/// A program that fits all.
fn program(own: &ContainerBehavior) -> ProgramPlan {
    ProgramPlan {
        image: None,
        container: None,
        workload: None,
        revision: None,
        index: None,
        command: None,
        boots: None,
        serves: None,
        serving: Arc::new(own.attempts.clone()),
        finishing: Arc::new(vec![programs::unsaid(true)]),
        attempts_of: AttemptsOf::Container,
        execs_run_on: false,
    }
}

/// Pods that are still to be made do what those of their workload have done; one that was seen to end says more than one that was
/// not.
fn learn(
    learned: &mut Vec<ProgramPlan>,
    pod: &GivenPod,
    top: Option<&(String, String)>,
    behavior: &Behavior,
    others: &Siblings,
) {
    let Some(top) = top else { return };
    let Some(kind) = ObjectType::parse(&top.0) else { return };
    let name = &top.1;
    let spec = &pod.pod.spec;
    for (container, own) in
        spec.containers.iter().zip(behavior.containers.iter().skip(spec.init_containers.len()))
    {
        let (workload, image) = (Some((kind, Sym::new(name))), Some(container.image.to_string()));
        let known = learned.iter_mut().find(|known| {
            known.workload == workload && known.container == Some(container.name) && known.image == image
        });
        let mut own = own.clone();
        if let Some((boots, _)) = others.boots(top, container) {
            let boot = own.attempts.iter_mut().filter(|attempt| !doing::is_never_ready(attempt));
            boot.for_each(|attempt| siblings::boot(attempt, container, boots));
        }
        let new = ProgramPlan { workload, image, container: Some(container.name), ..program(&own) };
        let ends = |program: &ProgramPlan| program.serving.iter().any(|attempt| attempt.runs.is_some());
        match known {
            Some(known) if !ends(known) && ends(&new) => *known = new,
            Some(_) => {}
            None => learned.push(new),
        }
    }
}

/// What a pod is made of, and by what those are found that are made of the same. Which node it is on is the pod's own.
fn template(given: &GivenPod, behavior: Behavior, base: &Plan) -> (PodTemplate, String) {
    let pod = &*given.pod;
    let mut spec = pod.spec.clone();
    spec.node_name = Sym::EMPTY;
    let token = |name: &str| name.starts_with("kube-api-access-");
    for volume in spec.volumes.iter_mut().filter(|volume| token(&volume.name)) {
        "kube-api-access-00000".clone_into(&mut volume.name);
    }
    let finalizers: Vec<Sym> = pod.meta.finalizers.iter().map(|name| Sym::new(name)).collect();
    let key = format!(
        "{} {:?} {:?} {:?} {:?} {:?} {behavior:?}",
        pod.meta.namespace,
        given.controller().map(|owner| owner.uid.as_str()),
        pod.meta.labels,
        pod.meta.annotations,
        finalizers,
        serde_json::to_string(&spec).unwrap_or_default(),
    );
    let base_name = if pod.meta.generate_name.is_empty() { &pod.meta.name } else { &pod.meta.generate_name };
    let template = PodTemplate {
        name: Sym::new(base_name),
        numbered: false,
        namespace: Sym::new(&pod.meta.namespace),
        labels: Arc::new(pod.meta.labels.clone()),
        annotations: pod.meta.annotations.clone(),
        finalizers: Arc::new(finalizers),
        qos_class: qos_class(&spec, &base.gates),
        spec: Arc::new(spec),
        at: Time::EPOCH,
        replicas: 0,
        every: Distribution::Constant(Span::ZERO),
        behavior: Arc::new(behavior),
    };
    (template, key)
}

/// Images that could not be pulled, and of which the plan says nothing: it goes on so.
fn failing_images(given: &Given, known: &[ImagePlan], usual: &ImagePlan) -> Vec<ImagePlan> {
    let mut found: Vec<ImagePlan> = Vec::new();
    for pod in &given.pods {
        let spec = &pod.pod.spec;
        let containers = spec.init_containers.iter().chain(&spec.containers);
        for container in containers {
            let all = pod.pod.status.init.iter().chain(&pod.pod.status.containers);
            let own = all.into_iter().find(|own| own.name == container.name);
            let Some(ContainerState::Waiting { reason, message }) = own.map(|own| own.state) else {
                continue;
            };
            let is_there = |image: &ImagePlan| image.reference == container.image;
            if !reasons::is_of_a_pull(reason) || known.iter().chain(&found).any(is_there) {
                continue;
            }
            let words = message.fixed().unwrap_or_default();
            let (_, error) = images::told(container.image, reason, &words);
            found.push(ImagePlan {
                reference: container.image,
                error: Some(Sym::new(&error)),
                ..usual.clone()
            });
        }
    }
    found
}
