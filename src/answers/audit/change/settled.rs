//! How a change settles: how long it takes until all is as it shall be, how few serve meanwhile, and whether it comes to that.

use super::{Change, QUESTION, WAITS, state_at_end, variant};
use crate::answers::audit::life::Life;
use crate::answers::audit::rollout::{Rolled, strategy};
use crate::answers::audit::{Advice, Case, Rank, Spread, Told};
use crate::api::workload::WorkloadState;
use crate::api::{Container, ProbeKind};
use crate::rules::api_server::objects::ObjectType;
use crate::time::Span;

pub(super) fn tell(case: &Case<'_>, change: &Change, lives: &[Life], told: &mut Told) {
    if !case.subject.serves() {
        return;
    }
    let rolled: Vec<Rolled> = lives.iter().map(|life| Rolled::of(life, change.at)).collect();
    let (Some(first), Some(life)) = (rolled.first(), lives.first()) else { return };
    if change.before.is_some() && !first.stood {
        let words = first.complaint.clone().unwrap_or_else(|| "it never was".to_owned());
        let words = format!("was not complete after {} before the change: {words}", change.at);
        told.find(&QUESTION, Rank::Note, words);
    }
    let ends = |life: &Life| state_at_end(life) == Some(WorkloadState::Complete);
    if !lives.iter().all(ends) {
        let good = lives.iter().filter(|life| ends(life)).count();
        let level = life.level_at(life.at).map_or(String::new(), |(available, desired)| {
            format!("; {available} of {desired} are available then")
        });
        // What kills its pods is the cause, and not how they are replaced.
        let killed = lives.iter().find(|life| !ends(life)).and_then(Life::killed_by_probe);
        let prober = killed.as_ref().and_then(|said| prober(case, said));
        let said = killed.filter(|_| prober.is_some()).or_else(|| first.complaint.clone());
        let why = said.map_or(String::new(), |words| format!(": {words}"));
        let words = format!(
            "is not complete {WAITS} after the change in {} of {} runs{level}{why}",
            lives.len() - good,
            lives.len()
        );
        let rule = if prober.is_some() { "the probe that kills it" } else { "the update strategy" };
        let field = prober.clone().unwrap_or_else(|| strategy(case));
        told.answer(&QUESTION, "until all is as it shall be", None, &words).by(rule, field.clone());
        let finding = told.find(&QUESTION, Rank::Broken, words);
        finding.field = field;
        if prober.is_none() {
            finding.advice = roomier(case, change);
        }
        return;
    }
    // Where nothing was to be done it was over at once.
    let took = |own: &Rolled| Some(own.took.unwrap_or(Span::ZERO));
    let time = Spread::over(rolled.iter().map(took));
    told.answer(&QUESTION, "until all is as it shall be", time, "")
        .by("the update strategy, the boot, terminationGracePeriodSeconds", strategy(case));
    if change.before.is_none() {
        return;
    }
    let fewest = |own: &Rolled| Some(Span::from_secs(i64::from(own.fewest.min(own.before))));
    let fewest = Spread::over(rolled.iter().map(fewest)).map(Spread::count);
    told.answer(&QUESTION, "fewest available meanwhile", fewest, &format!("{} before", first.before))
        .by("maxUnavailable", strategy(case));
    let without = Spread::over(rolled.iter().map(|own| Some(own.without)));
    if let Some(without) = without.filter(|without| without.high > 0.0 && first.before > 0) {
        let words = format!("nobody serves for {} of the change", without.words());
        told.find(&QUESTION, Rank::Risky, words).field = strategy(case);
    }
    let gives_up = |life: &&Life| {
        let from = life.instant(change.at);
        life.workload_states().any(|(time, state)| time >= from && state == Some(WorkloadState::Failed))
    };
    let failed = lives.iter().filter(gives_up).count();
    if failed > 0 {
        let words = format!(
            "is told as failed on the way in {failed} of {} runs, and complete in the end: its progress deadline is shorter than that",
            lives.len()
        );
        told.find(&QUESTION, Rank::Risky, words).field = case.subject.path("spec.progressDeadlineSeconds");
    }
}

/// The probe that the kubelet's words for a kill name, as a field of the manifest.
fn prober(case: &Case<'_>, said: &str) -> Option<String> {
    let kind = if said.contains("startup") { ProbeKind::Startup } else { ProbeKind::Liveness };
    let is_it =
        |own: &&Container| own.probe(kind).is_some() && said.contains(&format!(" {} failed ", own.name));
    let container = case.containers().iter().find(is_it)?;
    Some(case.subject.pod_path(&format!("containers.{}.{}Probe", container.name, kind.word())))
}

/// An old pod goes first.
fn roomier(case: &Case<'_>, change: &Change) -> Option<Advice> {
    if case.subject.kind != ObjectType::Deployment {
        return None;
    }
    let field = |name: &str, value: &str| format!("{}.rollingUpdate.{name}={value}", strategy(case));
    let set = vec![field("maxSurge", "0"), field("maxUnavailable", "1")];
    let better = case.with(&set)?;
    let life = better.play(&variant(&better, change), 0);
    if state_at_end(&life) != Some(WorkloadState::Complete) {
        return None;
    }
    let took = Rolled::of(&life, change.at).took?;
    Some(Advice::write(set, format!("all is as it shall be {:.1} s after the change then", took.secs_f64())))
}
