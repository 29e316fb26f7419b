//! What is expected of workloads, of Services and of what somebody is told.

use super::{AndAlso as _, Difference, Row, Seen, common};
use crate::api::controller_revision::ControllerRevision;
use crate::api::workload::WorkloadState;
use crate::record::Event;
use crate::rules::controllers::daemon_set::template::REVISION_HASH;
use crate::scenario::command::ObjectTarget;
use crate::scenario::expected::{
    Amount, Answer, AnswerExpect, ExpectedEvent, Rollout, ServiceExpect, WorkloadExpect,
};
use crate::world::{ObjectKey, Pod, World};

/// What of a workload is not as it was expected; `named` are all that were ever named so.
pub fn workload(expect: &WorkloadExpect, named: &[u32], seen: &Seen, w: &World) -> Option<Difference> {
    let asked = Asked {
        object: &expect.object,
        event: expect.event.as_ref(),
        no_event: expect.no_event.as_deref(),
        gone: expect.gone,
        of_object: !expect.conditions.is_empty()
            || expect.rollout.is_some()
            || amounts(expect).iter().any(|(_, amount)| amount.is_some()),
    };
    asked.difference(named, seen, w, |key| of_workload(expect, key, w))
}

/// What of a Service is not as it was expected.
pub fn service(expect: &ServiceExpect, named: &[u32], seen: &Seen, w: &World) -> Option<Difference> {
    let asked = Asked {
        object: &expect.object,
        event: expect.event.as_ref(),
        no_event: expect.no_event.as_deref(),
        gone: expect.gone,
        of_object: [expect.ready, expect.serving, expect.terminating].iter().any(Option::is_some),
    };
    asked.difference(named, seen, w, |key| {
        let ObjectKey::Service(id) = key else { return None };
        let slices = w.workloads.services[id.ix()].beside.as_ref();
        let [ready, serving, terminating] = slices.map_or([0; 3], |slices| slices.counts);
        common::number("ready endpoints", expect.ready, ready)
            .and_also(|| common::number("serving endpoints", expect.serving, serving))
            .and_also(|| common::number("terminating endpoints", expect.terminating, terminating))
    })
}

/// What is asked of every object.
struct Asked<'a> {
    object: &'a ObjectTarget,
    event: Option<&'a ExpectedEvent>,
    no_event: Option<&'a str>,
    gone: Option<bool>,
    /// Something is asked for which it has to be there.
    of_object: bool,
}

impl Asked<'_> {
    /// Of several that follow each other the last one is meant. `of_object` looks at one that is there.
    fn difference(
        &self,
        named: &[u32],
        seen: &Seen,
        w: &World,
        of_object: impl FnOnce(ObjectKey) -> Option<Difference>,
    ) -> Option<Difference> {
        let what = format!("the {}", self.object.kind.name());
        let Some(row) = named.last().copied() else {
            let is_as_expected = self.gone == Some(true) || (self.no_event.is_some() && !self.needs_one());
            return (!is_as_expected).then(|| Difference::new(what, "there", "none of that name yet"));
        };
        let ident = w.directory.objects[row as usize];
        let key = w.workloads.find(ident.kind, ident.namespace, ident.name);
        let key = key.filter(|key| w.workloads.row(*key) == Some(row));
        let is_there = self.gone.map(|gone| !gone).or(self.of_object.then_some(true));
        let events = seen.of(Row::Object(row)).map_or(&[][..], |own| &own.events);
        let message = |event: &Event| event.message.alone().to_string();
        let difference = is_there
            .and_then(|expected| common::there(&what, expected, key.is_some()))
            .or_else(|| of_object(key?))
            .and_also(|| common::events(self.event, self.no_event, events, &message))?;
        Some(Difference { of: Some(Row::Object(row)), ..difference })
    }
    /// It cannot hold of what never was.
    fn needs_one(&self) -> bool {
        self.of_object || self.event.is_some() || self.gone == Some(false)
    }
}

/// What is expected of a workload's numbers.
fn amounts(expect: &WorkloadExpect) -> [(&'static str, Option<Amount>); 9] {
    [
        ("desired", expect.desired),
        ("replicas", expect.replicas),
        ("updated", expect.updated),
        ("ready", expect.ready),
        ("available", expect.available),
        ("unavailable", expect.unavailable),
        ("active", expect.active),
        ("succeeded", expect.succeeded),
        ("failed", expect.failed),
    ]
}

fn of_workload(expect: &WorkloadExpect, key: ObjectKey, w: &World) -> Option<Difference> {
    let held = w.workloads.held(key)?;
    let (figures, own) = (held.figures()?, held.conditions());
    let rollout = match held.rollout() {
        WorkloadState::Complete => Rollout::Complete,
        WorkloadState::Failed => Rollout::Failed,
        _ => Rollout::Progressing,
    };
    let condition = |kind| own.iter().find(|one| one.kind == kind).map(|one| (one.status, one.reason));
    let seen = [
        figures.desired,
        figures.current,
        figures.updated,
        figures.ready,
        figures.available,
        figures.unavailable,
        figures.active,
        figures.succeeded,
        figures.failed,
    ];
    let numbers =
        amounts(expect).into_iter().zip(seen).map(|((what, expected), seen)| (what, expected, seen));
    let of_rollout = expect
        .rollout
        .and_then(|expected| Difference::between("the rollout", expected.as_str(), rollout.as_str()));
    of_rollout
        .and_also(|| {
            let each = numbers.clone().filter_map(|(what, expected, seen)| match seen {
                Some(seen) => common::number(what, expected, seen),
                None => Some(Difference::new(what, expected?.to_string(), "no such number of this kind")),
            });
            each.fold(None, |all, one| all.and_also(|| Some(one)))
        })
        .and_also(|| common::conditions(&expect.conditions, condition))
}

/// What somebody is told, where it is not as it was expected.
pub fn answer(expect: &AnswerExpect, w: &World) -> Option<Difference> {
    let told = w.log.iter().rev().find(|own| own.action.id == Some(expect.action));
    let seen = match told {
        None => Answer::Waiting,
        Some(own) if own.waits => Answer::Waiting,
        Some(own) if own.refusals > 0 => Answer::Refused,
        Some(_) => Answer::Done,
    };
    let words = match told {
        None => "nothing: it has not begun".to_owned(),
        Some(own) if own.answer.is_empty() => "nothing".to_owned(),
        Some(own) => own.answer.join("; "),
    };
    if let Some(expected) = expect.answer
        && expected != seen
    {
        return Some(Difference::new("the answer", expected.as_str(), format!("{}: {words}", seen.as_str())));
    }
    let part = expect.message.as_ref()?;
    let is_told = told.is_some_and(|own| own.answer.join("\n").contains(part.as_str()));
    (!is_told).then(|| Difference::new("the words", format!("\"{part}\""), words))
}

/// From which of its workload's templates a pod was made, from 1, as its ReplicaSet or its ControllerRevision says now; None:
/// nothing that has several templates has made it.
pub fn revision(p: &Pod, w: &World) -> Option<u32> {
    let maker = p.controller?;
    let number = match maker {
        // Of a StatefulSet pods name the revision, of a DaemonSet its hash.
        ObjectKey::StatefulSet(_) | ObjectKey::DaemonSet(_) => {
            let label = p.labels.get(REVISION_HASH)?;
            let all = w.workloads.revisions_of(maker).into_iter();
            let mut all = all.map(|id| &w.workloads.controller_revisions[id.ix()].object);
            let is_it = |own: &&ControllerRevision| {
                own.meta.name == label.as_str() || own.meta.labels.get(REVISION_HASH) == Some(label)
            };
            all.find(is_it)?.revision
        }
        maker => w.workloads.held(maker)?.figures()?.revision?,
    };
    u32::try_from(number).ok()
}
