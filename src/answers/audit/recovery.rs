//! After a bad change: how few serve until somebody notices, which command heals it, and how soon?
//!
//! Somebody notices after a quarter of an hour, and tries the cheapest command first. What it does is played: an undo alone
//! does not move a StatefulSet whose first bad pod is never ready.

use std::sync::Arc;

use serde_json::json;

use super::case::{NEXT, Variant, point, probed};
use super::life::Life;
use super::rollout::{state, strategy};
use super::{Advice, Case, Question, Rank, Spread, Told};
use crate::api::workload::WorkloadState;
use crate::api::{ProbeKind, Sym};
use crate::engine::Distribution;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::{AppliedObject, ApplyPlan};
use crate::scenario::command::{Cascade, Command, ObjectTarget, Target};
use crate::scenario::plan::{Attempt, Exit};
use crate::time::{Span, Time};

pub(super) const QUESTION: Question = Question {
    name: "recovery",
    asks: "after a bad image, a crash, one that is never ready, a full quota: what heals it, how soon?",
    ask,
};

/// After so long somebody notices.
const NOTICED: Span = Span::from_secs(900);
/// What is not healed after so long is not.
const WAITS: Span = Span::from_secs(1800);
/// The quota of the change that fills it.
const QUOTA: &str = "just-what-is-there";

/// What is bad about a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bad {
    Image,
    Crash,
    NeverReady,
    Quota,
}

impl Bad {
    const ALL: [Bad; 4] = [Bad::Image, Bad::Crash, Bad::NeverReady, Bad::Quota];

    fn words(self) -> &'static str {
        match self {
            Bad::Image => "an image that cannot be pulled",
            Bad::Crash => "a program that crashes after 1 s",
            Bad::NeverReady => "a program that is never ready",
            Bad::Quota => "an update under a quota of pods that is full",
        }
    }

    /// The run in which it happens, to which commands can be added.
    fn variant(self, case: &Case<'_>) -> Variant {
        let at = case.settled();
        let own = case.attempt();
        let container = case.containers().first().map_or(Sym::EMPTY, |own| own.name);
        let (object, image) = (case.subject.target(), Sym::new(NEXT));
        let update = (at, Command::SetTemplateImage { object, container, image });
        let mut variant = Variant {
            attempts: vec![own.clone()],
            actions: vec![update],
            until: at + NOTICED + WAITS,
            ..Variant::default()
        };
        match self {
            Bad::Image => variant.next_is_lost = true,
            Bad::Crash => {
                let runs = Some(Distribution::Constant(Span::from_secs(1)));
                variant.next = Some(Attempt { runs, exit: Exit::Code(1), ..own });
            }
            Bad::NeverReady => {
                variant.next = Some(Attempt { readiness: vec![point(Span::ZERO, false)], ..own });
            }
            Bad::Quota => {
                let before = at - Span::from_secs(10);
                variant.actions.insert(0, (before, full(case, before)));
            }
        }
        variant
    }
}

/// A quota of as many pods as are there.
fn full(case: &Case<'_>, at: Span) -> Command {
    let quiet = Variant { attempts: vec![case.attempt()], until: at, ..Variant::default() };
    let life = case.play(&quiet, 0);
    let is_there = |pod: &usize| {
        life.records[*pod].removed.is_none()
            && life.w.directory.pods[*pod].namespace == case.subject.namespace
    };
    let pods = (0..life.records.len()).filter(is_there).count();
    let value = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": QUOTA },
        "spec": { "hard": { "pods": pods.to_string() } },
    });
    let object = AppliedObject { kind: ObjectType::ResourceQuota, value, file: Sym::new(QUOTA), line: 1 };
    let apply = ApplyPlan {
        at: case.plan.start + at,
        id: None,
        namespace: case.subject.namespace,
        objects: vec![object],
        namespaces: Vec::new(),
        refused: Vec::new(),
        warned: Vec::new(),
    };
    Command::Apply { apply: Arc::new(apply) }
}

/// What somebody does, in words and as it is played, one after the other.
type Way = Vec<(String, Command)>;

/// From the cheapest on. What an undo does not move is deleted, or stopped and started.
fn ways(case: &Case<'_>, bad: Bad, sick: &Life, noticed: Time) -> Vec<Way> {
    let subject = &case.subject;
    let words = subject.words();
    let undo = || {
        let command = Command::RolloutUndo { object: subject.target(), to_revision: None };
        (format!("kubectl rollout undo {words}"), command)
    };
    let delete = |pod: &u32| {
        let ident = &sick.w.directory.pods[*pod as usize];
        let (name, namespace) = (ident.name.to_string(), Some(subject.namespace.to_string()));
        let pod = Target { name: name.clone(), namespace, ..Target::default() };
        (format!("kubectl delete pod {name}"), Command::DeletePod { pod, grace_secs: None, force: false })
    };
    let is_sick = |pod: &&u32| {
        let record = &sick.records[**pod as usize];
        record.created.is_some_and(|at| at < noticed)
            && record.removed.is_none_or(|at| at > noticed)
            && !sick.is_ready(**pod, noticed)
    };
    let sick_pods: Vec<u32> = sick.own.iter().filter(is_sick).copied().collect();
    let mut all = vec![vec![undo()]];
    if bad == Bad::Quota {
        let object = ObjectTarget {
            kind: ObjectType::ResourceQuota,
            name: Sym::new(QUOTA),
            namespace: Some(subject.namespace),
        };
        let delete = Command::DeleteObject { object, cascade: Cascade::Background };
        all.push(vec![(format!("kubectl delete resourcequota {QUOTA}"), delete)]);
    }
    if !sick_pods.is_empty() {
        all.push([undo()].into_iter().chain(sick_pods.iter().map(delete)).collect());
    }
    let replicas = subject.field("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(1);
    if subject.kind != ObjectType::DaemonSet {
        let scale = |count: i64| {
            let replicas = i32::try_from(count).unwrap_or(1);
            let command = Command::Scale { object: subject.target(), replicas };
            (format!("kubectl scale {words} --replicas={count}"), command)
        };
        all.push(vec![undo(), scale(0), scale(replicas)]);
    }
    all
}

/// How it went.
struct Healed {
    /// None: it is not complete after half an hour.
    took: Option<Span>,
    available: i32,
    desired: i32,
}

fn healed(case: &Case<'_>, bad: Bad, way: &Way, seed: u64) -> Healed {
    let mut variant = bad.variant(case);
    let noticed = case.settled() + NOTICED;
    // One command after the other, as somebody types them; what is scaled down is let go first.
    let mut at = noticed;
    for (words, command) in way {
        if words.starts_with("kubectl scale") {
            at += Span::from_secs(60);
        }
        variant.actions.push((at, command.clone()));
        at += Span::from_secs(1);
    }
    let life = case.play(&variant, seed);
    let from = life.instant(noticed);
    let (available, desired) = life.level_at(life.at).unwrap_or_default();
    let is_well = state(&life, life.at) == Some(WorkloadState::Complete) && available >= desired;
    let done = life.workload_states().filter(|(_, state)| *state == Some(WorkloadState::Complete)).last();
    let took = done.map(|(at, _)| if at > from { at.since(from) } else { Span::ZERO });
    Healed { took: took.filter(|_| is_well), available, desired }
}

fn ask(case: &Case<'_>, told: &mut Told) {
    let kinds = [ObjectType::Deployment, ObjectType::StatefulSet, ObjectType::DaemonSet];
    if !kinds.contains(&case.subject.kind) || case.spec.is_none() {
        return;
    }
    for bad in Bad::ALL {
        // Without a probe nobody learns that it is not ready.
        if bad == Bad::NeverReady && probed(case.containers(), ProbeKind::Readiness).is_none() {
            continue;
        }
        let sick = case.play(&bad.variant(case), 0);
        let from = sick.instant(case.settled());
        let stood = state(&sick, from) == Some(WorkloadState::Complete);
        let is_well = state(&sick, sick.at) == Some(WorkloadState::Complete);
        if !stood || sick.level_at(from).is_none_or(|(available, _)| available < 1) {
            return;
        }
        if is_well && bad == Bad::Quota {
            continue;
        }
        serve(case, bad, told);
        heal(case, bad, &sick, told);
    }
}

/// How few are available until somebody notices.
fn fewest(case: &Case<'_>, bad: Bad) -> Option<Spread> {
    let lives = case.lives(&until_noticed(case, bad));
    let figures = lives.iter().map(|life| Some(Span::from_secs(i64::from(lowest(case, life)?))));
    Spread::over(figures).map(Spread::count)
}

fn until_noticed(case: &Case<'_>, bad: Bad) -> Variant {
    Variant { until: case.settled() + NOTICED, ..bad.variant(case) }
}

/// The fewest available in one run, from the change on.
fn lowest(case: &Case<'_>, life: &Life) -> Option<i32> {
    let from = life.instant(case.settled());
    let later = life.levels().filter(|(time, ..)| *time >= from).map(|(_, available, _)| available);
    later.chain(life.level_at(from).map(|(available, _)| available)).min()
}

fn serve(case: &Case<'_>, bad: Bad, told: &mut Told) {
    let Some(fewest) = self::fewest(case, bad) else { return };
    let what = format!("fewest available with {}", bad.words());
    told.answer(&QUESTION, &what, Some(fewest), "until somebody heals it")
        .by("the update strategy, minReadySeconds", strategy(case));
    if fewest.low >= 1.0 {
        return;
    }
    let words = format!("{} pods are available after {}", fewest.words(), bad.words());
    let is_alone = case.subject.field("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(1) == 1;
    let finding = told.find(&QUESTION, Rank::Risky, words);
    finding.field = strategy(case);
    let mut ways = vec![vec![format!("{}=30", case.subject.path("spec.minReadySeconds"))]];
    // Whose disk only one may write to is not told to run two.
    if case.subject.kind == ObjectType::Deployment && case.disk_of_one().is_none() {
        let field = |name: &str, value: &str| format!("{}.{name}={value}", strategy(case));
        let recreates = case.subject.field("/spec/strategy/type").is_some_and(|own| own == "Recreate");
        let mut set = if recreates { vec![field("type", "RollingUpdate")] } else { Vec::new() };
        set.extend([field("rollingUpdate.maxSurge", "1"), field("rollingUpdate.maxUnavailable", "0")]);
        ways.push(set.clone());
        set.extend(ways[0].clone());
        ways.push(set);
    }
    finding.advice = ways.into_iter().find_map(|set| {
        let better = case.with(&set)?;
        // One run tells of what is no help.
        if lowest(&better, &better.play(&until_noticed(&better, bad), 0))? < 1 {
            return None;
        }
        let after = self::fewest(&better, bad)?;
        let better = format!("{} are available then", after.words());
        (after.low > fewest.high).then(|| Advice::write(set, better))
    });
    // Of one alone nobody expects that it serves meanwhile, unless it could.
    if is_alone && finding.advice.is_none() {
        finding.rank = Rank::Note;
    }
}

fn heal(case: &Case<'_>, bad: Bad, sick: &Life, told: &mut Told) {
    let noticed = sick.instant(case.settled() + NOTICED);
    let ways = ways(case, bad, sick, noticed);
    let spoken = |way: &Way| way.iter().map(|(words, _)| words.clone()).collect::<Vec<String>>();
    let played: Vec<Healed> = ways.iter().map(|way| healed(case, bad, way, 0)).collect();
    let best = played.iter().position(|own| own.took.is_some());
    let what = format!("healed after {}", bad.words());
    let (Some(first), Some(cheapest)) = (played.first(), ways.first()) else { return };
    let rule = match case.subject.kind {
        ObjectType::StatefulSet => "OrderedReady waits at the first pod that is not ready",
        _ => "the update strategy, back-offs of 10 s to 5 min",
    };
    let took = |best: usize, seed: u64| {
        let names_pods = ways[best].iter().any(|(_, command)| matches!(command, Command::DeletePod { .. }));
        if !names_pods {
            return healed(case, bad, &ways[best], seed).took;
        }
        // Which pods are sick is a matter of luck.
        let until = case.settled() + NOTICED + Span::from_secs(1);
        let sick = case.play(&Variant { until, ..bad.variant(case) }, seed);
        let own = self::ways(case, bad, &sick, noticed);
        healed(case, bad, own.get(best)?, seed).took
    };
    let figure = best.and_then(|best| case.over_seeds(|seed| took(best, seed)));
    let words =
        best.map_or("by nothing that was played".to_owned(), |best| spoken(&ways[best]).join(", then "));
    told.answer(&QUESTION, &what, figure, &words).by(rule, strategy(case));
    if best == Some(0) {
        return;
    }
    let words = format!(
        "{} does not heal {}: 30 min later {} of {} are available, and it is not complete",
        spoken(cheapest).join(", then "),
        bad.words(),
        first.available,
        first.desired
    );
    let rank = if best.is_some() { Rank::Risky } else { Rank::Broken };
    let finding = told.find(&QUESTION, rank, words);
    finding.field = strategy(case);
    finding.advice = best.zip(figure).map(|(best, figure)| {
        Advice::run(&spoken(&ways[best]), format!("all is well {} later", figure.words()))
    });
}
