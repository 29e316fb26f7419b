//! How long may SIGTERM take, and what does preStop leave of it? The time to exit is made longer and shorter until the pod is just
//! not killed with SIGKILL.

use super::case::Variant;
use super::{Advice, Case, Question, Rank, Spread, Told};
use crate::engine::Distribution;
use crate::scenario::Command;
use crate::scenario::plan::{Exit, OnTerm};
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "stop", asks: "how long may it take to end after SIGTERM?", ask };

const MOST: Span = Span::from_secs(3600);
/// What the kernel kills ends so.
const KILLED: i32 = 137;

fn ask(case: &Case<'_>, told: &mut Told) {
    let Some(spec) = &case.spec else { return };
    if !case.subject.serves() {
        return;
    }
    let grace = spec.grace_secs();
    let field = case.subject.pod_path("terminationGracePeriodSeconds");
    if grace == 0 {
        let words = "terminationGracePeriodSeconds is 0: it is killed without SIGTERM, after 0 s";
        told.find(&QUESTION, Rank::Risky, words.to_owned()).field = field;
        return;
    }
    let pre_stop =
        spec.containers.iter().any(|own| own.lifecycle.as_ref().is_some_and(|own| own.pre_stop.is_some()));
    let limit = limit(case);
    let words = match (limit, pre_stop) {
        (None, true) => "preStop takes all of the grace period",
        (_, true) => "preStop takes its part first",
        (_, false) => "",
    };
    told.answer(&QUESTION, "longest end after SIGTERM", limit, words)
        .by(format!("terminationGracePeriodSeconds: {grace}"), &field);
    let Some(stops) = case.assumed.stops else {
        if limit.is_none() {
            let words = format!("preStop leaves nothing of the {grace} s: it is killed without having ended");
            told.find(&QUESTION, Rank::Broken, words).field = field;
        }
        return;
    };
    let left = limit.map_or(0.0, |limit| limit.low);
    if stops.secs_f64() <= left {
        return;
    }
    let words = format!(
        "is killed {} after SIGTERM; it needs {stops} to end as you say",
        limit.map_or("0 s".to_owned(), |own| own.words())
    );
    let finding = told.find(&QUESTION, Rank::Broken, words);
    finding.field = field.clone();
    let more = stops.secs() + grace - left as i64 + 5;
    let set = vec![format!("{field}={more}")];
    finding.advice = case.with(&set).and_then(|better| {
        let after = self::limit(&better)?;
        (after.low >= stops.secs_f64())
            .then(|| Advice::write(set, format!("it may then take {} to end", after.words())))
    });
}

fn limit(case: &Case<'_>) -> Option<Spread> {
    let deleted = case.settled();
    case.longest(MOST, |stops, seed| {
        let mut attempt = case.attempt();
        attempt.on_term = OnTerm::After { after: Distribution::Constant(stops), exit: Exit::Code(0) };
        let delete = Command::DeletePod { pod: case.one_pod(), grace_secs: None, force: false };
        let until = deleted + stops + Span::from_secs(120);
        let variant = Variant {
            attempts: vec![attempt],
            actions: vec![(deleted, delete)],
            until,
            ..Variant::default()
        };
        let life = case.play(&variant, seed);
        let ends = life.own.iter().filter_map(|pod| life.ends(*pod, life.instant(deleted)));
        !ends.into_iter().any(|(_, code)| code == KILLED)
    })
}
