//! What becomes of an event that a component sends: a new event object, a higher count on an old one, or nothing.
//!
//! Source: `EventCorrelate` and what it calls in staging/src/k8s.io/client-go/tools/record/events_cache.go (v1.36.2), as
//! the kubelet and the controllers use it; the scheduler's recorder is another ([`super::event_series`]). The surprises:
//! the spam filter comes last, so what it holds back still counts, and the next update that passes jumps; it counts
//! Normal events and Warnings apart; and similar events are told apart by their messages alone, so a crash loop whose
//! pulls take a little longer or shorter each time ends in one "combined" event.
//!
//! What a recorder remembers has an end (`maxLruCacheEntries`): the event object that was not heard of for longest is forgotten, and
//! the next of its kind is a new one. Absent on purpose: the cache is one for all objects of a process, here each object has its own of
//! that size, so that what happens to one never makes another's events begin anew; a kubelet with its 110 pods stays far below it.

use smallvec::SmallVec;

use super::throttle::{Rate, TokenBucket};
use crate::api::{EventText, EventType, PodIdent, Sym};
use crate::time::{Span, Time};

/// `defaultSpamBurst` and `defaultSpamQPS`, for each component, object and type of event (`getSpamKey`).
const SPAM: Rate = Rate { burst: 25, refill: Span::from_secs(300) };
/// `defaultAggregateMaxEvents`: from so many different messages on, similar events are combined.
const MAX_SIMILAR: usize = 10;
/// `defaultAggregateIntervalInSeconds`: similar events further apart than this start anew.
const SIMILAR_WITHIN: Span = Span::from_secs(600);

/// `maxLruCacheEntries`: so many event objects about one object a component remembers.
pub const MOST_KNOWN: usize = 4096;

/// So many different events most pods have.
const HANDFUL: usize = 6;

/// An event as a component sends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The reporting component; its host is that of the pod.
    pub component: Sym,
    pub kind: EventType,
    pub reason: Sym,
    pub message: EventText,
    /// `spec.containers{app}` or empty.
    pub field_path: Sym,
}

/// What the API server is told: the event object `object` now has this message, path and count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    pub message: EventText,
    pub field_path: Sym,
    pub count: u32,
    pub object: u32,
}

/// What the components remember of the events about one pod.
///
/// An event is looked for by its reason alone at first, in a list that stands here, and so do the buckets of one component: where
/// pods are many, each entry of `known` that is looked at is another line of memory to wait for.
#[derive(Clone, PartialEq, Debug, Default)]
#[repr(C)]
pub struct Correlator {
    known: Vec<Known>,
    /// Those of `known`, in its order.
    reasons: SmallVec<[Sym; HANDFUL]>,
    spam: SmallVec<[Bucket; 2]>,
}

/// An event object (`eventLog`), or a message of similar events (`aggregateRecord`), or both.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Known {
    component: Sym,
    reason: Sym,
    field_path: Sym,
    message: EventText,
    /// How often; 0 for a message that was only ever seen inside a combined event.
    count: u32,
    object: u32,
    last: Time,
    kind: EventType,
    /// The combined event of its component, type and reason.
    combined: bool,
    /// Its message counts among the similar ones.
    similar: bool,
}

impl Known {
    /// `EventAggregatorByReasonFunc`: the field path is no part of what makes events similar.
    fn is_like(&self, event: &Sent) -> bool {
        self.reason == event.reason && self.component == event.component && self.kind == event.kind
    }
    /// `getEventKey`, of one that is like the event.
    fn is(&self, event: &Sent) -> bool {
        !self.combined && self.field_path == event.field_path && self.message == event.message
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Bucket {
    component: Sym,
    kind: EventType,
    tokens: TokenBucket,
}

impl Correlator {
    /// An event about the pod `ident` is sent at `now`; `next_object` counts the event objects of the run, `pick` draws
    /// one of so many: Go's `PopAny` forgets any message once there are enough.
    pub fn send(
        &mut self,
        event: &Sent,
        ident: &PodIdent,
        now: Time,
        next_object: &mut u32,
        pick: impl FnOnce(usize) -> usize,
    ) -> Option<Written> {
        let own = self.aggregate(event, now, pick);
        let written = self.observe(event, own, ident, now, next_object);
        self.passes(event, now).then_some(written)
    }

    /// The component was restarted: its memory is gone.
    pub fn forget(&mut self, component: Sym) {
        self.keep(|known| known.component != component);
        self.spam.retain(|bucket| bucket.component != component);
        // Pods that are over may be many: they keep no room for what is forgotten.
        self.known.shrink_to_fit();
        self.reasons.shrink_to_fit();
        self.spam.shrink_to_fit();
    }

    /// `EventAggregate`: where the event's own entry is, or None where it goes into the combined one.
    fn aggregate(&mut self, event: &Sent, now: Time, pick: impl FnOnce(usize) -> usize) -> Option<usize> {
        let (mut own, mut last, mut similar) = (None, None, 0);
        for (ix, known) in self.like(event) {
            last = last.max(Some(known.last));
            similar += usize::from(known.similar);
            own = own.or_else(|| known.is(event).then_some(ix));
        }
        if last.is_some_and(|last| now.since(last) > SIMILAR_WITHIN) {
            for known in self.known.iter_mut().filter(|known| known.is_like(event)) {
                known.similar = false;
            }
            self.keep(|known| known.count > 0 || known.similar);
            (own, similar) = (self.like(event).find(|(_, known)| known.is(event)).map(|(ix, _)| ix), 0);
        }
        let mut messages: Vec<EventText> = Vec::new();
        // Most reasons have one message or two: the list is made only where it could matter.
        if similar >= MAX_SIMILAR - 1 {
            for (_, known) in self.like(event).filter(|(_, known)| known.similar) {
                if !messages.contains(&known.message) {
                    messages.push(known.message);
                }
            }
        }
        let is_among = messages.contains(&event.message);
        let entry = |known: &mut Correlator| own.unwrap_or_else(|| known.add(new(event, now)));
        if messages.len() + usize::from(!is_among) < MAX_SIMILAR {
            let own = entry(self);
            self.known[own].similar = true;
            return Some(own);
        }
        if !is_among {
            let own = entry(self);
            self.known[own].similar = true;
            messages.push(event.message);
        }
        let forgotten = messages[pick(messages.len()).min(messages.len() - 1)];
        for known in self.known.iter_mut().filter(|known| known.is_like(event)) {
            if known.message == forgotten {
                known.similar = false;
            }
        }
        self.keep(|known| known.count > 0 || known.similar);
        None
    }

    /// `eventObserve`: the count of the event object, or a new one.
    fn observe(
        &mut self,
        event: &Sent,
        own: Option<usize>,
        ident: &PodIdent,
        now: Time,
        next_object: &mut u32,
    ) -> Written {
        let (known, message) = match own {
            Some(ix) => (&mut self.known[ix], event.message),
            None => {
                let found = self.like(event).find(|(_, known)| known.combined).map(|(ix, _)| ix);
                let ix = found.unwrap_or_else(|| self.add(Known { combined: true, ..new(event, now) }));
                (&mut self.known[ix], event.message.combined(ident))
            }
        };
        let is_new = known.count == 0;
        if is_new {
            *next_object += 1;
            known.object = *next_object;
        }
        known.count += 1;
        known.last = now;
        let written =
            Written { message, field_path: known.field_path, count: known.count, object: known.object };
        if is_new && self.known.len() > MOST_KNOWN {
            self.forget_oldest(event.component);
        }
        written
    }

    /// `Cache.Add` (staging/src/k8s.io/client-go/third_party/forked/golang/groupcache-lru, `RemoveOldest`): of more event objects than
    /// there is room for, that is forgotten which was not heard of for longest.
    fn forget_oldest(&mut self, component: Sym) {
        let its = || {
            self.known.iter().enumerate().filter(|(_, known)| known.component == component && known.count > 0)
        };
        if its().count() <= MOST_KNOWN {
            return;
        }
        let Some((oldest, _)) = its().min_by_key(|(_, known)| known.last) else { return };
        let known = &mut self.known[oldest];
        // As a message among similar ones it may still count.
        (known.count, known.combined) = (0, false);
        if !known.similar {
            self.known.remove(oldest);
            self.reasons.remove(oldest);
        }
    }

    fn add(&mut self, known: Known) -> usize {
        // Pods are many, and most have a handful of events: that is the room that is kept.
        if self.known.len() == self.known.capacity() {
            self.known.reserve_exact(HANDFUL + self.known.len() / 4);
        }
        self.known.push(known);
        self.reasons.push(known.reason);
        self.known.len() - 1
    }

    /// Those that are like an event, with their places.
    fn like<'a>(&'a self, event: &'a Sent) -> impl Iterator<Item = (usize, &'a Known)> {
        let of_reason = self.reasons.iter().enumerate().filter(|(_, reason)| **reason == event.reason);
        of_reason.map(|(ix, _)| (ix, &self.known[ix])).filter(|(_, known)| known.is_like(event))
    }

    /// The others are forgotten.
    fn keep(&mut self, is_kept: impl FnMut(&Known) -> bool) {
        self.known.retain(is_kept);
        if self.reasons.len() > self.known.len() {
            self.reasons.clear();
            self.reasons.extend(self.known.iter().map(|known| known.reason));
        }
    }

    /// `Filter`
    fn passes(&mut self, event: &Sent, now: Time) -> bool {
        let found = self
            .spam
            .iter()
            .position(|bucket| bucket.component == event.component && bucket.kind == event.kind);
        let ix = found.unwrap_or_else(|| {
            let (component, kind) = (event.component, event.kind);
            self.spam.push(Bucket { component, kind, tokens: TokenBucket::full(SPAM, now) });
            self.spam.len() - 1
        });
        self.spam[ix].tokens.take(SPAM, now)
    }
}

fn new(event: &Sent, now: Time) -> Known {
    Known {
        component: event.component,
        reason: event.reason,
        field_path: event.field_path,
        message: event.message,
        count: 0,
        object: 0,
        last: now,
        kind: event.kind,
        combined: false,
        similar: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::text::{PodName, Suffix, Uid};

    const IDENT: PodIdent = PodIdent {
        name: PodName { base: Sym::EMPTY, suffix: Suffix::None },
        namespace: Sym::EMPTY,
        uid: Uid::Made([0, 7]),
    };

    struct Run {
        correlator: Correlator,
        objects: u32,
    }

    impl Run {
        fn new() -> Run {
            Run { correlator: Correlator::default(), objects: 0 }
        }
        fn send(
            &mut self,
            secs: i64,
            kind: EventType,
            message: &str,
            path: &str,
        ) -> Option<(u32, u32, String)> {
            let event = Sent {
                component: Sym::KUBELET,
                kind,
                reason: Sym::PULLED,
                message: message.into(),
                field_path: Sym::new(path),
            };
            // The message that is forgotten is the first one.
            let written =
                self.correlator.send(&event, &IDENT, Time::from_secs(secs), &mut self.objects, |_| 0)?;
            Some((written.object, written.count, written.message.show(&IDENT).to_string()))
        }
        fn pull(&mut self, secs: i64, number: usize) -> Option<(u32, u32, String)> {
            self.send(secs, EventType::Normal, &format!("pulled in {number}s"), "")
        }
    }

    #[test]
    fn the_same_event_is_counted_and_each_container_has_its_own() {
        let mut run = Run::new();
        let said = |object, count| Some((object, count, "x".to_owned()));
        assert_eq!(run.send(0, EventType::Normal, "x", "spec.containers{a}"), said(1, 1));
        assert_eq!(run.send(9, EventType::Normal, "x", "spec.containers{a}"), said(1, 2));
        assert_eq!(run.send(9, EventType::Normal, "x", "spec.containers{b}"), said(2, 1));
        assert_eq!(run.send(9, EventType::Warning, "x", "spec.containers{a}"), said(3, 1));
        run.correlator.forget(Sym::KUBELET);
        assert_eq!(run.send(10, EventType::Normal, "x", "spec.containers{a}"), said(4, 1));
    }

    #[test]
    fn what_the_spam_filter_holds_back_still_counts() {
        let mut run = Run::new();
        let passed = (0..60).filter(|secs| run.send(*secs, EventType::Normal, "x", "").is_some()).count();
        assert_eq!(passed, 25);
        assert!(run.send(60, EventType::Warning, "x", "").is_some(), "warnings have a bucket of their own");
        assert_eq!(run.send(299, EventType::Normal, "x", ""), None);
        assert_eq!(run.send(300, EventType::Normal, "x", "").map(|(_, count, _)| count), Some(62));
    }

    #[test]
    fn ten_similar_events_are_combined() {
        let mut run = Run::new();
        for number in 0..9 {
            assert_eq!(
                run.pull(number as i64, number),
                Some((number as u32 + 1, 1, format!("pulled in {number}s")))
            );
        }
        // The tenth message, and the eleventh; the first message is forgotten, and again among the similar ones.
        let combined = |number| format!("(combined from similar events): pulled in {number}s");
        assert_eq!(run.pull(10, 9), Some((10, 1, combined(9))));
        assert_eq!(run.pull(11, 10), Some((10, 2, combined(10))));
        assert_eq!(run.pull(12, 0), Some((10, 3, combined(0))));
        // One that is still known stays what it was.
        assert_eq!(run.pull(13, 5), Some((6, 2, "pulled in 5s".to_owned())));
    }

    #[test]
    fn similar_events_far_apart_are_not_combined() {
        let mut run = Run::new();
        for number in 0..30 {
            let said = run.pull(number as i64 * 601, number);
            assert_eq!(said, Some((number as u32 + 1, 1, format!("pulled in {number}s"))));
        }
        let mut run = Run::new();
        let last = (0..10).map(|number| run.pull(number as i64 * 600, number)).last();
        assert_eq!(last.flatten().map(|(object, ..)| object), Some(10));
        assert!(run.correlator.known.iter().any(|known| known.combined));
    }

    /// Of a reason whose events lie far apart every message is forgotten that was only seen in the combined event; those
    /// of another type are not touched.
    #[test]
    fn one_reason_is_forgotten_alone() {
        let mut run = Run::new();
        let fail = |run: &mut Run, secs, number: usize| {
            run.send(secs, EventType::Warning, &format!("failed {number}"), "")
        };
        for number in 0..10 {
            run.pull(number as i64, number);
        }
        for number in 0..10 {
            fail(&mut run, 600 + number as i64, number);
        }
        assert_eq!(run.pull(700, 9), Some((21, 1, "pulled in 9s".to_owned())));
        let combined = "(combined from similar events): failed 10".to_owned();
        assert_eq!(fail(&mut run, 701, 10), Some((20, 2, combined)));
    }

    /// Messages too far apart to be combined: the one not heard of for longest begins anew, one that was heard again does not.
    #[test]
    fn what_was_not_heard_of_for_longest_is_forgotten() {
        let mut run = Run::new();
        let apart = |number: usize| number as i64 * 601;
        for number in 0..MOST_KNOWN {
            run.pull(apart(number), number);
        }
        assert_eq!(run.pull(apart(MOST_KNOWN), 0).map(|(object, count, _)| (object, count)), Some((1, 2)));
        for number in MOST_KNOWN..MOST_KNOWN + 1000 {
            run.pull(apart(number + 1), number);
            assert!(run.correlator.known.len() <= MOST_KNOWN, "{}", run.correlator.known.len());
        }
        let later = apart(MOST_KNOWN + 1002);
        assert_eq!(run.pull(later, 0).map(|(object, count, _)| (object, count)), Some((1, 3)));
        let new = MOST_KNOWN as u32 + 1001;
        assert_eq!(run.pull(later + 601, 1).map(|(object, count, _)| (object, count)), Some((new, 1)));
        // Another component has room of its own.
        let other = Sent {
            component: Sym::DEFAULT_SCHEDULER,
            kind: EventType::Normal,
            reason: Sym::PULLED,
            message: "x".into(),
            field_path: Sym::EMPTY,
        };
        assert!(
            run.correlator.send(&other, &IDENT, Time::from_secs(later), &mut run.objects, |_| 0).is_some()
        );
        assert_eq!(run.correlator.known.len(), MOST_KNOWN + 1);
    }

    #[test]
    fn memory_is_bounded() {
        let mut run = Run::new();
        for number in 0..1000 {
            run.pull(number as i64, number);
        }
        assert!(run.correlator.known.len() <= 20, "{}", run.correlator.known.len());
        assert!(size_of::<Known>() <= 64 && size_of::<Correlator>() <= 112);
    }
}
