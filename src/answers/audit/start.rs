//! How long may it take to start before it is killed, and what happens then?
//!
//! A boot during which all probes fail is made longer and shorter until it is just not killed.

use super::case::{booting, probed};
use super::{Advice, Case, Question, Rank, Told};
use crate::answers::audit::case::Variant;
use crate::api::{Container, Probe, ProbeKind};
use crate::rules::api_server::objects::ObjectType;
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "start", asks: "how long may it take to start before it is killed?", ask };

/// A boot is never asked for that is longer.
const MOST: Span = Span::from_secs(3600);

fn ask(case: &Case<'_>, told: &mut Told) {
    if case.spec.is_none() {
        return makes_none(case, told);
    }
    if let Some(hindered) = &case.hindered {
        let words =
            format!("0 of its first {} pods begin to run within 2 min: {}", hindered.pods, hindered.why);
        told.find(&QUESTION, Rank::Broken, words).field = case.subject.pod_path("containers");
        return;
    }
    if !case.subject.serves() {
        return;
    }
    let has_probe = |kind| probed(case.containers(), kind).is_some();
    if !has_probe(ProbeKind::Startup) && !has_probe(ProbeKind::Liveness) {
        let words = "no startup or liveness probe kills it, however long it takes";
        told.answer(&QUESTION, "longest start", None, words);
        return;
    }
    let Some(limit) = limit(case) else {
        told.answer(&QUESTION, "longest start", None, "none of its probes kills it within an hour");
        return;
    };
    let beyond = Span::from_micros((limit.high * 1e6) as i64) + Span::from_secs(20);
    let said = life(case, beyond, 0).unwrap_or_default();
    let kind = if said.contains("startup") { ProbeKind::Startup } else { ProbeKind::Liveness };
    let Some(container) = probed(case.containers(), kind) else { return };
    let field = case.subject.pod_path(&format!("containers.{}.{}Probe", container.name, kind.word()));
    let answer = told.answer(&QUESTION, "longest start", Some(limit), &format!("then: {said}"));
    answer.by(format!("{} probe: initialDelaySeconds, periodSeconds, failureThreshold", kind.word()), &field);
    let Some(boots) = case.assumed.boots else {
        if limit.high < 30.0 {
            let words = format!(
                "restarts for ever if it takes longer than {} to start; say how long it takes (--assume boots=20s)",
                limit.words()
            );
            told.find(&QUESTION, Rank::Note, words).field = field;
        }
        return;
    };
    let takes = boots.secs_f64();
    let said = if case.is_boot_of_scenario { "as the scenario says" } else { "as you say" };
    let rank = match takes {
        takes if takes > limit.low => Rank::Broken,
        takes if takes * 1.5 > limit.low => Rank::Risky,
        _ => return,
    };
    let words = match rank {
        Rank::Broken => format!(
            "restarts for ever if it takes longer than {} to start; it takes {boots} {said} (all else is told as if it started at once)",
            limit.words()
        ),
        _ => format!(
            "starts in {boots} {said}, and is killed after {}: little is left for a busy node",
            limit.words()
        ),
    };
    let finding = told.find(&QUESTION, rank, words);
    finding.field = field;
    finding.advice = advice(case, container, kind, boots, limit.low);
}

/// A workload that has made no pod: by whose words. A CronJob's time may not have come yet.
fn makes_none(case: &Case<'_>, told: &mut Told) {
    let life = case.play(&Variant { until: Span::from_secs(60), ..Variant::default() }, 0);
    if case.subject.kind == ObjectType::CronJob {
        if let Some(words) = life.refusal(&case.subject, Span::ZERO) {
            told.find(&QUESTION, Rank::Broken, format!("is refused, and makes 0 Jobs: {words}"));
        }
        return;
    }
    let said = life
        .w
        .answers
        .last()
        .map(|line| line.split_once(": ").map_or(&line[..], |(_, words)| words).to_owned());
    if let Some(words) = life.complaint().or(said) {
        told.find(&QUESTION, Rank::Broken, format!("has made 0 pods after 1 min: {words}"));
    }
}

/// The longest boot that is not killed.
fn limit(case: &Case<'_>) -> Option<super::Spread> {
    case.longest(MOST, |boots, seed| life(case, boots, seed).is_none())
}

/// What kills it when it boots for so long.
fn life(case: &Case<'_>, boots: Span, seed: u64) -> Option<String> {
    let attempts = vec![booting(case.attempt(), boots)];
    let variant = Variant { attempts, until: boots + Span::from_secs(30), ..Variant::default() };
    case.play(&variant, seed).killed_by_probe()
}

/// A startup probe that waits for twice as long as it takes.
fn advice(
    case: &Case<'_>,
    container: &Container,
    kind: ProbeKind,
    boots: Span,
    before: f64,
) -> Option<Advice> {
    let probe: &Probe = container.probe(kind)?;
    let period = probe.period_seconds.max(1);
    let threshold = (boots * 2).secs() / i64::from(period) + 2;
    let path =
        |field: &str| case.subject.pod_path(&format!("containers.{}.startupProbe{field}", container.name));
    let set = match kind {
        ProbeKind::Startup => vec![format!("{}={threshold}", path(".failureThreshold"))],
        _ => {
            let handler = serde_json::to_value(&probe.handler).ok()?;
            let mut set: Vec<String> = handler
                .as_object()?
                .iter()
                .map(|(name, value)| format!("{}={}", path(&format!(".{name}")), inline(value)))
                .collect();
            set.push(format!("{}={period}", path(".periodSeconds")));
            set.push(format!("{}={threshold}", path(".failureThreshold")));
            set
        }
    };
    let after = limit(&case.with(&set)?)?;
    (after.low > before && after.low > boots.secs_f64())
        .then(|| Advice::write(set, format!("it may then take {} to start", after.words())))
}

/// A value in TOML, on one line.
fn inline(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, value)| format!("{key} = {}", inline(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
