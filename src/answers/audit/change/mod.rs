//! A change of manifests: what is applied stands, then the new manifests are applied over it, in one run.
//!
//! What the API server refuses stays as it was; what is taken may start pods anew, or none; what stands in the old manifests
//! alone stays, as nothing prunes it.

mod limits;
mod replaced;
mod scaled;
mod settled;

use std::sync::Arc;

use serde_json::Value;

use super::case::{Subject, Variant};
use super::life::Life;
use super::{Advice, Case, Question, Rank, Told};
use crate::api::workload::WorkloadState;
use crate::scenario::Plan;
use crate::scenario::applied::ApplyPlan;
use crate::scenario::command::{Cascade, Command};
use crate::time::{Span, Time};

pub(super) const QUESTION: Question = Question {
    name: "change",
    asks: "what does applying these over those of --against refuse, restart, reset and leave behind?",
    ask,
};

/// What is not over after so long hangs.
const WAITS: Span = Span::from_secs(3600);

/// What becomes of one object when manifests are applied over others.
#[derive(Clone, Debug)]
pub struct Change {
    /// The object, as it is afterwards; of one that stands in the old manifests alone, as it was.
    pub subject: Subject,
    /// As the old manifests have it.
    pub before: Option<Arc<Value>>,
    /// As the new ones have it.
    pub after: Option<Arc<Value>>,
    /// How long after the start the new ones are applied.
    pub at: Span,
}

/// All objects of a plan whose second `[[apply]]` changes what its first one brought, in the order of the new manifests.
pub fn changes(plan: &Plan) -> Vec<Change> {
    let Some(at) = plan.applies.iter().map(|apply| apply.at).max() else { return Vec::new() };
    let of = |is_new: bool| {
        let those = plan.applies.iter().filter(move |apply| (apply.at == at) == is_new);
        those.flat_map(|apply| apply.objects.iter().map(move |own| Subject::of(apply, own)))
    };
    let old: Vec<Subject> = of(false).collect();
    let mut all: Vec<Change> = Vec::new();
    for own in of(true) {
        let before = old.iter().find(|old| old.is(&own)).map(|old| Arc::clone(&old.value));
        let after = Some(Arc::clone(&own.value));
        if !all.iter().any(|known| known.subject.is(&own)) {
            all.push(Change { subject: own, before, after, at: at.since(plan.start) });
        }
    }
    for own in old {
        if !all.iter().any(|known| known.subject.is(&own)) {
            let before = Some(Arc::clone(&own.value));
            all.push(Change { subject: own, before, after: None, at: at.since(plan.start) });
        }
    }
    all
}

fn ask(case: &Case<'_>, told: &mut Told) {
    let Some(change) = &case.change else { return };
    let lives = case.lives(&variant(case, change));
    let Some(first) = lives.first() else { return };
    if !case.subject.is_workload() {
        if let Some(words) = first.refusal(&case.subject, change.at) {
            let words = format!("is refused, and stays as it was (1 of 1 answers): {words}");
            told.find(&QUESTION, Rank::Broken, words);
        }
        return;
    }
    match (&change.before, &change.after) {
        (_, None) => replaced::left(case, change, first, told),
        (None, Some(_)) => settled::tell(case, change, &lives, told),
        (Some(_), Some(_)) => {
            let Some(words) = first.refusal(&case.subject, change.at) else {
                replaced::tell(case, change, &lives, told);
                settled::tell(case, change, &lives, told);
                limits::tell(case, change, told);
                scaled::tell(case, change, told);
                return;
            };
            let there = there(first, first.instant(change.at)).len();
            let stays = match case.subject.serves() {
                true => format!("0 of its {there} pods are replaced"),
                false => "1 of 1 applies".to_owned(),
            };
            let words = format!("is refused, and stays as it was ({stays}): {words}");
            told.find(&QUESTION, Rank::Broken, words).advice = anew(case, change);
        }
    }
}

/// The run of a change.
fn variant(case: &Case<'_>, change: &Change) -> Variant {
    Variant { attempts: vec![case.attempt()], until: change.at + WAITS, ..Variant::default() }
}

/// Its pods that are there at an instant and have not ended.
fn there(life: &Life, at: Time) -> Vec<u32> {
    let is_there = |pod: &u32| {
        let record = &life.records[*pod as usize];
        record.created.is_some_and(|created| created < at)
            && record.removed.is_none_or(|removed| removed > at)
            && record.finished.is_none_or(|finished| finished > at)
    };
    life.own.iter().copied().filter(is_there).collect()
}

/// What cannot be changed is made anew: its pods stay if that works, and else go.
fn anew(case: &Case<'_>, change: &Change) -> Option<Advice> {
    let apply = case.plan.applies.iter().find(|apply| apply.at.since(case.plan.start) == change.at)?;
    let own =
        |object: &&crate::scenario::applied::AppliedObject| Subject::of(apply, object).is(&case.subject);
    let objects = apply.objects.iter().filter(own).cloned().collect();
    let ways = [(Cascade::Orphan, " --cascade=orphan"), (Cascade::Background, "")];
    // What ran to its end is not taken over by anybody.
    let ways = ways.into_iter().skip(usize::from(!case.subject.serves()));
    let played = ways.filter_map(|(cascade, flag)| {
        let at = change.at + Span::from_secs(60);
        let again = at + Span::from_secs(120);
        let (refused, warned) = (Vec::new(), Vec::new());
        let plan = ApplyPlan {
            at: case.plan.start + again,
            id: None,
            namespace: apply.namespace,
            objects: Vec::clone(&objects),
            namespaces: Vec::new(),
            refused,
            warned,
        };
        let delete = Command::DeleteObject { object: case.subject.target(), cascade };
        let mut variant = variant(case, change);
        variant.actions = vec![(at, delete), (again, Command::Apply { apply: Arc::new(plan) })];
        variant.until = again + WAITS;
        let life = case.play(&variant, 0);
        let from = life.instant(again);
        if life.refusal(&case.subject, again).is_some()
            || state_at_end(&life) != Some(WorkloadState::Complete)
        {
            return None;
        }
        let stays = there(&life, from).len();
        // Those that nobody takes over run on for ever.
        let beyond = life.level_at(life.at).map_or(0, |(_, desired)| usize::try_from(desired).unwrap_or(0));
        if case.subject.serves() && there(&life, life.at).len() > beyond {
            return None;
        }
        let done = life.workload_states().filter(|(time, _)| *time >= from);
        let done = done.filter(|(_, state)| *state == Some(WorkloadState::Complete)).map(|(time, _)| time);
        let took = done.last()?.since(from);
        let named = case.subject.kind.named(&case.subject.name);
        let better = format!(
            "it is there {:.1} s after the second apply, with {stays} pods that run on meanwhile",
            took.secs_f64()
        );
        let commands =
            [format!("kubectl delete{flag} {named}"), format!("kubectl apply -f {}", case.subject.file)];
        Some((stays, Advice::run(&commands, better)))
    });
    // Where both serve, the one that leaves pods alone.
    played
        .fold(None, |best: Option<(usize, Advice)>, own| match best {
            Some(best) if best.0 >= own.0 => Some(best),
            _ => Some(own),
        })
        .map(|(_, advice)| advice)
}

fn state_at_end(life: &Life) -> Option<WorkloadState> {
    life.workload_states().last().and_then(|(_, state)| state)
}
