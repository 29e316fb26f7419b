//! One crash, and five in a row: how long is a pod gone?

use super::case::Variant;
use super::{Case, Question, Told};
use crate::engine::Distribution;
use crate::scenario::plan::{Attempt, Exit};
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "crash", asks: "after one crash, and five in a row, when is it back?", ask };

fn ask(case: &Case<'_>, told: &mut Told) {
    if !case.subject.serves() || case.spec.is_none() {
        return;
    }
    for (count, what) in [(1, "one crash to Ready again"), (5, "the first of five crashes to Ready for good")]
    {
        // It crashes soon after it could have become ready, so that no back-off is forgotten.
        let runs = case.boots_or_not() + Span::from_secs(20);
        let crash =
            Attempt { runs: Some(Distribution::Constant(runs)), exit: Exit::Code(1), ..case.attempt() };
        let mut attempts = vec![crash; count];
        attempts.push(case.attempt());
        let until = (runs + Span::from_secs(320)) * (count as i64 + 1);
        let variant = Variant { attempts, until, ..Variant::default() };
        let figure = case.over_seeds(|seed| {
            let life = case.play(&variant, seed);
            let pod = *life.own.first()?;
            let (crashed, _) = life.ends(pod, life.instant(Span::ZERO))?;
            let mut last = life.turns(pod, true, crashed)?;
            while let Some(down) = life.turns(pod, false, last) {
                last = life.turns(pod, true, down)?;
            }
            Some(last.since(crashed))
        });
        told.answer(&QUESTION, what, figure, "").by("CrashLoopBackOff: 0, 10, 20, 40 s, … up to 5 min", "");
    }
}
