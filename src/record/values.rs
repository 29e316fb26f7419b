//! The values of a transition as words, for the run's digest: whatever a reader of the timeline could tell apart gives
//! other words. Texts count by what they say, not by the number that they have in this process; what names its pod
//! ([`Text`]) counts by its parts, as the pod's own names are folded once, when it is created.

use super::{Change, Event, FiguresRow, NodeRow, ObjectChange, ObjectIdent, PodRow, Ready};
use crate::api::text::{Millis, RootBy, Suffix, Uid};
use crate::api::{EventText, PodIdent, PodName, Sym, Text, Tri};
use crate::time::Span;

/// What a row is about.
pub fn subject(pod: Option<PodRow>, node: Option<NodeRow>) -> u64 {
    // Neither number comes near a half of a word.
    about(pod) << 32 | about(node)
}

/// A number, or that there is none.
fn about(number: Option<u32>) -> u64 {
    number.map_or(0, |number| u64::from(number) + 1)
}

fn tri(value: Option<Tri>) -> u64 {
    match value {
        None => 0,
        Some(Tri::True) => 1,
        Some(Tri::False) => 2,
        Some(Tri::Unknown) => 3,
    }
}

/// Small numbers side by side in one word.
fn packed(parts: [u64; 4]) -> u64 {
    parts.iter().fold(0, |word, part| word << 16 ^ part)
}

impl Change {
    /// The words of what has changed, whatever it is about.
    pub fn values(&self, to: &mut impl FnMut(u64)) {
        match self {
            Change::Phase { from, to: after } => {
                to(1);
                to(from.content());
                to(after.content());
            }
            Change::Condition { kind, from, to: after, reason, message } => {
                to(packed([2, tri(*from), tri(*after), 0]));
                to(kind.content());
                to(reason.content());
                text(message, to);
            }
            Change::Container { name, from, to: after, ready, restarts, reason, message, exit_code } => {
                to(packed([3, u64::from(*ready), u64::from(exit_code.is_some()), 0]));
                to(u64::from(restarts.cast_unsigned()) << 32
                    | u64::from(exit_code.unwrap_or(0).cast_unsigned()));
                to(name.content());
                to(from.content());
                to(after.content());
                to(reason.content());
                text(message, to);
            }
            Change::Status { from, to: after, ready, restarts } => {
                to(packed([4, u64::from(ready.0), u64::from(ready.1), 0]));
                to(u64::from(restarts.cast_unsigned()));
                to(from.content());
                to(after.content());
            }
            Change::Event(event) => event.values(to),
            Change::Owner { from, to: after } => {
                to(packed([7, 0, 0, 0]));
                to(about(*from) << 32 | about(*after));
            }
            Change::Object { object, what } => {
                to(packed([8, 0, 0, 0]) ^ u64::from(*object));
                what.values(to);
            }
            Change::Node { kind, from, to: after, reason, message } => {
                to(packed([6, tri(*from), tri(*after), 0]));
                to(kind.content());
                to(reason.content());
                to(message.content());
            }
        }
    }
}

impl ObjectChange {
    fn values(&self, to: &mut impl FnMut(u64)) {
        match self {
            ObjectChange::Workload { from, to: after, ready } => {
                let state = |state: &Option<_>| state.map_or(0, |state| state as u64 + 1);
                let (form, ready, of) = match *ready {
                    Ready::Number(ready) => (0, ready, 0),
                    Ready::Of(ready, of) => (1, ready, of),
                    Ready::OneOf(ready, of) => (2, ready, of),
                    Ready::Nothing => (3, 0, 0),
                };
                to(packed([1, state(from), state(after), form]));
                to(u64::from(ready.cast_unsigned()) << 32 | u64::from(of.cast_unsigned()));
            }
            ObjectChange::Condition { kind, from, to: after, reason, message } => {
                to(packed([2, tri(*from), tri(*after), 0]));
                to(kind.content());
                to(reason.content());
                to(message.content());
            }
            ObjectChange::Event(event) => event.values(to),
            ObjectChange::Endpoints { from, to: after, serving, terminating } => {
                to(packed([3, 0, 0, 0]));
                to(about(*from) << 32 | about(*after));
                to(u64::from(*serving) << 32 | u64::from(*terminating));
            }
        }
    }
}

impl FiguresRow {
    /// The words of what a workload has come to.
    pub fn values(&self, to: &mut impl FnMut(u64)) {
        to(packed([9, u64::from(self.figures.is_some()), 0, 0]) ^ u64::from(self.object));
        let Some(f) = self.figures else { return };
        to(f.revision.unwrap_or(0).cast_unsigned());
        let counts = [
            f.desired,
            f.current,
            f.updated,
            f.ready,
            f.available,
            f.unavailable,
            f.active,
            f.succeeded,
            f.failed,
        ];
        for count in counts {
            to(about(count.map(i32::cast_unsigned)));
        }
        to(f.conditions.content());
    }
}

/// The words of an object's names, for its creation.
pub fn of_object(ident: &ObjectIdent, to: &mut impl FnMut(u64)) {
    to(ident.kind.content());
    to(ident.namespace.content());
    to(ident.name.content());
}

impl Event {
    fn values(&self, to: &mut impl FnMut(u64)) {
        let Event { component, kind, reason, message, field_path, count, object } = self;
        to(packed([5, *kind as u64, 0, 0]));
        to(u64::from(*count) << 32 | u64::from(*object));
        to(component.content());
        to(reason.content());
        to(field_path.content());
        event_text(message, to);
    }
}

fn text(text: &Text, to: &mut impl FnMut(u64)) {
    let none = Sym::EMPTY;
    let (kind, first, second, number) = match *text {
        // By far the most.
        Text::Is(words) => return to(words.content()),
        Text::CrashBackOff { container, delay } => (1, container, none, millis(delay)),
        Text::BackOffRestarting { container } => (2, container, none, 0),
        Text::Assigned { node } => (3, node, none, 0),
        Text::Pulling { image } => (4, image, none, 0),
        Text::ImagePresent { image, checked } => (5, image, none, u64::from(checked)),
        Text::PullFailed { image, error } => (6, image, error, 0),
        Text::PullBackOff { image, after } => (7, image, after, 0),
        Text::MarkingForDeletion => (8, none, none, 0),
        Text::CancellingDeletion => (9, none, none, 0),
        Text::RunAsRoot { container, by } => match by {
            RootBy::Image => (10, container, none, 0),
            RootBy::Spec => (10, container, none, 1),
            RootBy::Name(user) => (10, container, user, 2),
        },
        Text::AroundPod { before, after } => (11, before, after, 0),
        Text::AroundUid { before, after } => (12, before, after, 0),
    };
    to(kind << 56 | number);
    to(first.content());
    to(second.content());
}

fn millis(millis: Millis) -> u64 {
    Span::from(millis).micros().cast_unsigned() / 1000
}

fn event_text(said: &EventText, to: &mut impl FnMut(u64)) {
    let (kind, pulled) = match said {
        EventText::Plain(plain) => return text(plain, to),
        EventText::PreemptedBy { uid, node } => {
            to(13 << 56);
            uid.iter().for_each(|half| to(*half));
            return to(node.content());
        }
        EventText::AboutPod { before, pod, after, combined } => {
            to(16 << 56 | u64::from(*combined));
            to(before.content());
            pod_name(pod, to);
            return to(after.content());
        }
        EventText::Pulled(pulled) => (14, pulled),
        EventText::CombinedPulled(pulled) => (15, pulled),
    };
    to(kind << 56);
    to(pulled.image.content());
    to(millis(pulled.took) << 32 | millis(pulled.waited));
    to(pulled.bytes);
}

/// The words of a pod's names, for its creation.
pub fn of_pod(ident: &PodIdent, to: &mut impl FnMut(u64)) {
    let PodIdent { name, namespace, uid } = ident;
    to(namespace.content());
    pod_name(name, to);
    match uid {
        Uid::Given(text) => to(text.content()),
        Uid::Made(halves) => halves.iter().for_each(|half| to(*half)),
    }
}

fn pod_name(PodName { base, suffix }: &PodName, to: &mut impl FnMut(u64)) {
    to(base.content());
    match suffix {
        Suffix::None => to(0),
        Suffix::Ordinal(ordinal) => to(about(Some(*ordinal))),
        Suffix::Generated(letters) => {
            to(letters.letters().iter().fold(1, |word, c| word << 8 | u64::from(*c)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EventType;

    fn words(change: Change) -> Vec<u64> {
        let mut words = Vec::new();
        change.values(&mut |word| words.push(word));
        words
    }

    /// Each value of a row alone makes other words.
    #[test]
    fn every_value_counts() {
        let name = Sym::new("app");
        let container = |restarts, exit_code, message| Change::Container {
            name,
            from: Sym::RUNNING_STATE,
            to: Sym::TERMINATED_STATE,
            ready: false,
            restarts,
            reason: Sym::ERROR,
            message,
            exit_code,
        };
        let back_off = |secs| Text::CrashBackOff { container: name, delay: Span::from_secs(secs).into() };
        let event = |count, object, message: EventText| {
            Change::Event(Event {
                component: Sym::KUBELET,
                kind: EventType::Normal,
                reason: Sym::PULLED,
                message,
                field_path: Sym::EMPTY,
                count,
                object,
            })
        };
        let condition = |from, message| Change::Condition {
            kind: Sym::READY,
            from,
            to: Some(Tri::True),
            reason: Sym::EMPTY,
            message,
        };
        let all = [
            container(0, None, Text::NONE),
            container(0, Some(0), Text::NONE),
            container(0, Some(1), Text::NONE),
            container(1, Some(1), Text::NONE),
            container(1, Some(1), "quite another".into()),
            container(1, Some(1), back_off(10)),
            container(1, Some(1), back_off(20)),
            event(1, 1, Text::Pulling { image: name }.into()),
            event(2, 1, Text::Pulling { image: name }.into()),
            event(1, 2, Text::Pulling { image: name }.into()),
            event(1, 1, Text::ImagePresent { image: name, checked: false }.into()),
            event(1, 1, Text::ImagePresent { image: name, checked: true }.into()),
            condition(None, Text::NONE),
            condition(Some(Tri::Unknown), Text::NONE),
            condition(Some(Tri::False), Text::NONE),
            Change::Phase { from: Sym::PENDING, to: Sym::RUNNING },
            Change::Phase { from: Sym::PENDING, to: Sym::FAILED },
            Change::Status { from: Sym::PENDING, to: Sym::RUNNING, ready: (0, 1), restarts: 0 },
            Change::Status { from: Sym::PENDING, to: Sym::RUNNING, ready: (1, 0), restarts: 0 },
            Change::Status { from: Sym::PENDING, to: Sym::RUNNING, ready: (0, 1), restarts: 1 },
        ]
        .map(words);
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "row {at} has the words of another");
        }
    }
}
