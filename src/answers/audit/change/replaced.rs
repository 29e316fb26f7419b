//! Which pods a change replaces, which it leaves as they are though what they read has changed, and what it leaves behind.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{Change, QUESTION, there, variant};
use crate::answers::audit::case::Variant;
use crate::answers::audit::life::Life;
use crate::answers::audit::{Advice, Case, Rank, Spread, Told};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::assumed::referred;
use crate::scenario::command::{Cascade, Command};
use crate::time::Span;

/// Which pods are there before and not afterwards; where none is, what they should have learned of.
pub(super) fn tell(case: &Case<'_>, change: &Change, lives: &[Life], told: &mut Told) {
    let gone = |life: &Life| {
        let before = there(life, life.instant(change.at));
        let is_gone = |pod: &&u32| life.records[**pod as usize].removed.is_some();
        (before.iter().filter(is_gone).count(), before.len())
    };
    let count = |number: usize| Some(Span::from_secs(number as i64));
    let replaced = Spread::over(lives.iter().map(|life| count(gone(life).0))).map(Spread::count);
    let before = lives.iter().map(|life| gone(life).1).max().unwrap_or(0);
    let template =
        |own: &Option<Arc<Value>>| own.as_ref().and_then(|own| own.pointer("/spec/template")).cloned();
    let is_same = template(&change.before) == template(&change.after);
    let rule = match is_same {
        true => "the pod template, which stays as it is; how many there shall be",
        false => "the pod template, which changes; the update strategy",
    };
    if before > 0 {
        let what = format!("of {before} pods are stopped");
        told.answer(&QUESTION, &what, replaced, "").by(rule, case.subject.path("spec.template"));
        // Their controller takes one that stops for gone, and is complete before.
        if let Some(last) = Spread::over(lives.iter().map(|life| last_gone(life, change.at))) {
            told.answer(&QUESTION, "until the last of them is gone", Some(last), "")
                .by("the time after SIGTERM, terminationGracePeriodSeconds", grace(case));
        }
    }
    if is_same && replaced.is_some_and(|replaced| replaced.high < 1.0) && before > 0 && case.subject.serves()
    {
        unread(case, change, before, told);
    }
    endpoints(case, change, lives, told);
}

/// How long after a change the last pod is gone that was there before; None: all stay.
fn last_gone(life: &Life, at: Span) -> Option<Span> {
    let from = life.instant(at);
    let removed = there(life, from).into_iter().filter_map(|pod| life.records[pod as usize].removed);
    removed.max().map(|last| last.since(from))
}

/// The field of the time that a pod is given to stop.
fn grace(case: &Case<'_>) -> String {
    case.subject.pod_path("terminationGracePeriodSeconds")
}

/// ConfigMaps and Secrets that are changed beside it, and that its pods have read.
fn unread(case: &Case<'_>, change: &Change, pods: usize, told: &mut Told) {
    let Some(spec) = case.subject.field("/spec/template/spec").and_then(Value::as_object) else { return };
    let mut read = BTreeSet::new();
    referred(spec, &mut |kind, name| {
        read.insert((kind.to_owned(), name.to_owned()));
    });
    let edited = case.plan.actions.iter().filter_map(|action| match &action.command {
        Command::Reapply { kind, namespace, name, differs: true, .. }
            if *namespace == case.subject.namespace =>
        {
            Some((format!("{kind:?}"), name.to_string()))
        }
        _ => None,
    });
    let edited: BTreeSet<String> =
        edited.filter(|own| read.contains(own)).map(|(kind, name)| format!("{kind} {name}")).collect();
    if edited.is_empty() {
        return;
    }
    let names = edited.into_iter().collect::<Vec<_>>().join(" and ");
    let words = format!(
        "0 of its {pods} pods restart though {names} changes: what they read at their start (variables, a subPath) stays what it was"
    );
    let finding = told.find(&QUESTION, Rank::Risky, words);
    finding.field = case.subject.path("spec.template.metadata.annotations");
    finding.advice = restarted(case, change);
}

/// `kubectl rollout restart` after it.
fn restarted(case: &Case<'_>, change: &Change) -> Option<Advice> {
    let at = change.at + Span::from_secs(60);
    let restart = Command::RolloutRestart { object: case.subject.target() };
    let life = case.play(&Variant { actions: vec![(at, restart)], ..variant(case, change) }, 0);
    let before = there(&life, life.instant(at));
    let gone: Option<Vec<_>> = before.iter().map(|pod| life.records[*pod as usize].removed).collect();
    let last = gone?.into_iter().max()?.since(life.instant(at));
    let command = format!("kubectl rollout restart {}", case.subject.words());
    let better = format!("all {} pods are new {:.1} s later", before.len(), last.secs_f64());
    Some(Advice::run(&[command], better))
}

/// Services that have no endpoint left.
fn endpoints(case: &Case<'_>, change: &Change, lives: &[Life], told: &mut Told) {
    let Some(life) = lives.first() else { return };
    let labels =
        change.before.as_ref().and_then(|own| own.pointer("/spec/template/metadata/labels")).cloned();
    let from = life.instant(change.at);
    for (object, ident) in (0..).zip(&life.w.directory.objects) {
        if ident.kind != ObjectType::Service.singular() || ident.namespace != case.subject.namespace {
            continue;
        }
        let rows = || life.endpoints(object);
        let before = rows().take_while(|(time, _)| *time < from).last().and_then(|(_, ready)| ready);
        let after = rows().last().and_then(|(_, ready)| ready);
        let (Some(before @ 1..), None | Some(0)) = (before, after) else { continue };
        if !selects(case, ident.name.as_str(), labels.as_ref()) {
            continue;
        }
        let words = format!(
            "service/{} has 0 ready endpoints 1 h after it, and had {before}: its selector finds no pod that is ready",
            ident.name
        );
        told.find(&QUESTION, Rank::Broken, words).field =
            format!("{}.{}.spec.selector", ObjectType::Service.key(), ident.name);
    }
}

/// Whether a Service selected those labels, as one of the manifests has it.
fn selects(case: &Case<'_>, service: &str, labels: Option<&Value>) -> bool {
    let objects = case.plan.applies.iter().flat_map(|apply| &apply.objects);
    let mut own = objects.filter(|object| object.kind == ObjectType::Service && object.name() == service);
    own.any(|object| {
        let selector = object.value.pointer("/spec/selector").and_then(Value::as_object);
        selector.is_some_and(|selector| {
            !selector.is_empty()
                && selector.iter().all(|(key, value)| labels.and_then(|own| own.get(key)) == Some(value))
        })
    })
}

/// What stands in the old manifests alone.
pub(super) fn left(case: &Case<'_>, change: &Change, life: &Life, told: &mut Told) {
    let pods = there(life, life.at).len();
    let words = format!(
        "stands in the old manifests alone, and applying deletes nothing: {pods} of its pods run on 1 h later"
    );
    let at = change.at + Span::from_secs(60);
    let delete = Command::DeleteObject { object: case.subject.target(), cascade: Cascade::Background };
    let after = case.play(&Variant { actions: vec![(at, delete)], ..variant(case, change) }, 0);
    let rest = there(&after, after.at).len();
    let rank = if pods > 0 { Rank::Risky } else { Rank::Note };
    let finding = told.find(&QUESTION, rank, words);
    if rest < pods {
        let command = format!("kubectl delete {}", case.subject.kind.named(&case.subject.name));
        finding.advice = Some(Advice::run(&[command], format!("{rest} of its pods run on")));
    }
}
