//! Who says how many there are: an apply that names replicas takes them back from whoever has scaled meanwhile.

use serde_json::Value;

use super::{Change, QUESTION, variant};
use crate::answers::audit::case::Variant;
use crate::answers::audit::life::Life;
use crate::answers::audit::{Advice, Case, Rank, Spread, Told, scaler};
use crate::time::Span;

/// How a change went while the autoscaler had made all that it may.
struct Reset {
    /// Available before.
    before: i32,
    /// The fewest that there shall be afterwards.
    least: i32,
    /// Until as many are available again.
    back: Option<Span>,
}

pub(super) fn tell(case: &Case<'_>, change: &Change, told: &mut Told) {
    let replicas = |own: &Option<std::sync::Arc<Value>>| {
        own.as_ref().and_then(|own| own.pointer("/spec/replicas")).and_then(Value::as_i64)
    };
    let (old, new) = (replicas(&change.before), replicas(&change.after));
    let field = case.subject.path("spec.replicas");
    let Some(scaler) = scaler::of(case) else {
        if let (Some(old), None) = (old, new)
            && case.subject.field("/spec/selector").is_some()
            && old != 1
        {
            let words =
                format!("no longer says how many there are: {old} become 1, as where nobody ever said");
            told.find(&QUESTION, Rank::Risky, words).field = field;
        }
        return;
    };
    let Some(reset) = played(case, change, 0) else { return };
    if reset.least >= reset.before {
        let figure = Spread::over([Some(Span::ZERO)].into_iter()).map(Spread::count);
        let what = "pods taken back from its autoscaler";
        told.answer(&QUESTION, what, figure, &format!("{} before and after", reset.before))
            .by("spec.replicas, which the manifest leaves to it", &field);
        return;
    }
    let back = case.over_seeds(|seed| played(case, change, seed)?.back);
    let again =
        back.map_or(String::new(), |back| format!(", and all are available again after {}", back.words()));
    let words = format!(
        "sets replicas back from {} (its autoscaler's, of at most {}) to {}{again}",
        reset.before, scaler.most, reset.least
    );
    told.answer(&QUESTION, "what the autoscaler had made is back after", back, &words)
        .by("spec.replicas; the autoscaler looks each 15 s", &field);
    let finding = told.find(&QUESTION, Rank::Risky, words);
    finding.field = field;
    finding.advice = left_out(case, change, &reset);
}

/// Neither manifest says how many there are.
fn left_out(case: &Case<'_>, change: &Change, reset: &Reset) -> Option<Advice> {
    let both = played(&case.without_replicas(true), change, 0)?;
    if both.least < both.before || both.before < reset.before {
        return None;
    }
    let once = played(&case.without_replicas(false), change, 0);
    let once = once.filter(|once| {
        once.least < once.before
            && change.before.as_ref().is_some_and(|own| own.pointer("/spec/replicas").is_some())
    });
    let dip = once.map_or(String::new(), |once| {
        format!("; the apply that first leaves it out goes to {} once", once.least)
    });
    let better = format!("{} stay {}{dip}", both.before, both.before);
    Some(Advice::other("leave spec.replicas out of the manifest", better))
}

fn played(case: &Case<'_>, change: &Change, seed: u64) -> Option<Reset> {
    let metrics = vec![scaler::load(case, &[(case.plan.start, true)])];
    let life: Life = case.play(&Variant { metrics, ..variant(case, change) }, seed);
    let from = life.instant(change.at);
    let (before, _) = life.level_at(from)?;
    let soon = from + Span::from_secs(600);
    let later = || life.levels().filter(move |(time, ..)| *time >= from);
    let least = later().take_while(|(time, ..)| *time < soon).map(|(_, _, desired)| desired).min();
    let fallen = later().find(|(_, _, desired)| *desired < before).map(|(time, ..)| time);
    let back = fallen.and_then(|fallen| {
        let mut again = later().filter(|(time, ..)| *time > fallen);
        again
            .find(|(_, available, desired)| *desired >= before && *available >= before)
            .map(|(time, ..)| time.since(from))
    });
    Some(Reset { before, least: least.unwrap_or(before), back })
}
