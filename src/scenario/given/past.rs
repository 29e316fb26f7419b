//! From which instant on a pod can be played so that it stands as it is printed.
//!
//! A kubelet remembers more of a pod than its object tells: where its relists lie in their second, until when its worker waits,
//! how long a back-off is. All of that follows from what happened last. So a pod is not put into the present but into the instant
//! before its last event (a container's end, a start, a deletion), where little is unknown, and is played from there; what it
//! remembers then has come about as on a cluster, and a course that does not lead to what is printed is none that was taken.
//!
//! What an object tells of a container: its state, the instance before (`lastState`), how often it was restarted. The back-off of
//! an instance was raised at its start (`doBackOff`, pkg/kubelet/kuberuntime/kuberuntime_manager.go): it stands in the message of
//! CrashLoopBackOff, or follows from the wait before that start, or from the number of restarts.

use smallvec::SmallVec;

use super::GivenPod;
use crate::api::{
    Condition, ContainerId, ContainerState, ContainerStatus, ContainerStatuses, Phase, PodSpec, PodStatus,
    Sym, Terminated, Text, Tri,
};
use crate::rules::machinery::backoff::Limits;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// Where a pod's play begins, and how it stood there. Instants are whole seconds, as printed.
#[derive(Clone, Debug)]
pub struct Past {
    /// Where it begins.
    pub begin: Begin,
    /// By container index, ephemeral containers left out.
    pub containers: SmallVec<[Stood; 2]>,
    /// When its deletion was asked for, and with which grace.
    pub asked_to_go: Option<(Time, i64)>,
}

/// Where a pod's play begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begin {
    /// It is over: nothing of it is played.
    Over,
    /// Its kubelet is silent: it stands as it is printed, and goes only by what others do.
    Silent,
    /// It has no node, and was created in this second.
    Unbound(Time),
    /// No container has begun yet: from its binding on.
    Bound(Time),
    /// Nothing has happened of late: from shortly before the present.
    Settled,
    /// Just before a container ends, in this second.
    End(Time),
    /// When a container has just been started, in this second.
    Start(Time),
    /// Just before its deletion is asked for, in this second.
    Deletion(Time),
}

/// How a container stood where the play begins.
#[derive(Clone, Copy, Debug)]
pub struct Stood {
    /// What its newest instance did.
    pub was: Was,
    /// The number of that instance: how often the container had been restarted.
    pub number: i32,
    /// The instance before it.
    pub before: Option<Terminated>,
    /// How that instance ends before the present.
    pub ends: Option<Terminated>,
    /// The back-off that was raised when it started.
    pub back_off: Option<Span>,
    /// It is shown as ready, or has been for as long as it runs.
    pub ready: bool,
    /// Its startup probe has succeeded, or there is none.
    pub started: bool,
}

/// What the newest instance of a container did.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Was {
    /// There was none.
    Absent,
    /// It had run since then.
    Running(Time),
    /// It was over.
    Ended(Terminated),
}

impl Stood {
    /// When its newest instance began.
    pub fn began(&self) -> Option<Time> {
        match self.was {
            Was::Absent => None,
            Was::Running(since) => Some(since),
            Was::Ended(ended) => real(ended.started_at),
        }
    }
}

/// A run that is shorter than this is played from its start.
const SHORT: Span = Span::from_secs(5);
/// So long after a start what comes of it is still under way.
const FRESH: Span = Span::from_secs(20);
/// A container that is not ready yet is played from its start if that was not longer ago.
const BOOTS: Span = Span::from_secs(1800);
/// No wait for a restart is longer, with all that may come on top of five minutes.
const WAITS: Span = Span::from_secs(900);

/// The start of a container that did start.
fn real(started: Option<Time>) -> Option<Time> {
    started.filter(|started| *started != Time::EPOCH)
}

/// Says where the play of a pod begins; `is_silent`: nothing is heard of its kubelet.
pub fn past(given: &GivenPod, now: Time, gates: &Gates, is_silent: bool) -> Past {
    let pod = &*given.pod;
    let asked_to_go = pod.deletion().map(|at| {
        let grace = pod.meta.deletion_grace_period_seconds.unwrap_or(0).clamp(0, 1 << 40);
        (at - Span::from_secs(grace), grace)
    });
    let begin = match is_silent && !pod.status.phase.is_terminal() {
        true => Begin::Silent,
        false => begin(given, asked_to_go.map(|(at, _)| at), now),
    };
    let from = match begin {
        Begin::End(at) | Begin::Start(at) | Begin::Deletion(at) => Some(at),
        _ => None,
    };
    let containers = statuses(&pod.spec, &pod.status).map(|status| match status {
        Some(status) => stood(status, from, matches!(begin, Begin::Start(_)), gates),
        None => absent(0),
    });
    Past { begin, containers: containers.collect(), asked_to_go }
}

/// The status of each init and main container, in the spec's order.
fn statuses<'a>(
    spec: &'a PodSpec,
    status: &'a PodStatus,
) -> impl Iterator<Item = Option<&'a ContainerStatus>> {
    let of = |all: &'a [ContainerStatus], name: Sym| all.iter().find(|own| own.name == name);
    let inits = spec.init_containers.iter().map(move |own| of(&status.init, own.name));
    inits.chain(spec.containers.iter().map(move |own| of(&status.containers, own.name)))
}

fn begin(given: &GivenPod, asked_to_go: Option<Time>, now: Time) -> Begin {
    let pod = &*given.pod;
    let created = pod.created().unwrap_or(now);
    if pod.status.phase.is_terminal() {
        // One that has ended because it is being deleted is still to go.
        let all = || statuses(&pod.spec, &pod.status).flatten().filter_map(newest);
        let goes = asked_to_go.filter(|at| all().any(|ended| ended >= *at));
        return goes.map_or(Begin::Over, Begin::Deletion);
    }
    if pod.spec.node_name.is_empty() {
        return Begin::Unbound(created);
    }
    if let Some(at) = asked_to_go {
        return Begin::Deletion(at);
    }
    let all = || statuses(&pod.spec, &pod.status).flatten();
    if all().all(|status| newest(status).is_none()) {
        let scheduled = pod.status.condition(Sym::POD_SCHEDULED).filter(|own| own.status == Tri::True);
        let bound = scheduled.and_then(|own| own.last_transition).or(pod.status.start_time);
        let bound = bound.unwrap_or(created).max(created);
        return if now.since(bound) <= WAITS { Begin::Bound(bound) } else { Begin::Settled };
    }
    let last = all().filter_map(|status| Some((newest(status)?, status))).max_by_key(|(at, _)| *at);
    let Some((at, status)) = last else { return Begin::Settled };
    let ended = ended(status);
    match ended {
        Some(_) if now.since(at) > WAITS => Begin::Settled,
        Some(ended) => match real(ended.started_at).filter(|began| at.since(*began) < SHORT) {
            Some(began) => Begin::Start(began),
            None => Begin::End(at),
        },
        None => {
            let all_well =
                all().all(|own| !own.state.is_running() || own.ready && own.started != Some(false));
            let since = now.since(at);
            let is_fresh = since <= FRESH || !all_well && since <= BOOTS;
            if is_fresh { Begin::Start(at) } else { Begin::Settled }
        }
    }
}

/// How the newest instance ended, if it has.
fn ended(status: &ContainerStatus) -> Option<&Terminated> {
    match &status.state {
        ContainerState::Terminated(ended) => Some(ended),
        ContainerState::Running { .. } => None,
        ContainerState::Waiting { .. } | ContainerState::Unset => status.last_state.terminated(),
    }
}

/// The newest instant of a container's life.
fn newest(status: &ContainerStatus) -> Option<Time> {
    match ended(status) {
        Some(ended) => ended.finished_at,
        None => status.state.running_since(),
    }
}

fn absent(number: i32) -> Stood {
    Stood { was: Was::Absent, number, before: None, ends: None, back_off: None, ready: false, started: false }
}

/// How a container stood in the second from which on it is played (None: now); `starting`: those that began then have just.
fn stood(status: &ContainerStatus, from: Option<Time>, starting: bool, gates: &Gates) -> Stood {
    let number = status.restart_count.max(0);
    let running = status.state.running_since().map(Was::Running);
    let over = ended(status).copied();
    let Some(was) = running.or(over.map(Was::Ended)) else { return absent(number) };
    let back_off = back_off(status, number, gates);
    let before = match status.state {
        ContainerState::Running { .. } | ContainerState::Terminated(_) => {
            status.last_state.terminated().copied()
        }
        _ => None,
    };
    let own = Stood {
        was,
        number,
        before: before.filter(|_| number > 0),
        ends: None,
        back_off,
        ready: status.ready,
        started: status.started != Some(false),
    };
    // One that has ended since then ran, if it had begun before.
    let is_later =
        |ended: &Terminated| from.is_some_and(|from| ended.finished_at.is_some_and(|at| at >= from));
    match (was, from) {
        (Was::Ended(ended), Some(from)) if is_later(&ended) => {
            let began = real(ended.started_at).unwrap_or(from);
            let just = starting && began >= from;
            Stood { was: Was::Running(began), ends: Some(ended), ready: !just, started: true, ..own }
        }
        _ => own,
    }
}

/// The back-off that was raised when the newest instance started.
fn back_off(status: &ContainerStatus, number: i32, gates: &Gates) -> Option<Span> {
    if let ContainerState::Waiting { reason: Sym::CRASH_LOOP_BACK_OFF, message } = &status.state
        && let Some(said) = message.fixed().and_then(|words| stated_delay(&words))
    {
        return Some(said);
    }
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    let limits = Limits::crash_loop(None, gates);
    let began = match &status.state {
        ContainerState::Running { started_at } => *started_at,
        ContainerState::Terminated(ended) => real(ended.started_at),
        _ => None,
    };
    let last = status.last_state.terminated();
    let before = last.and_then(|last| last.finished_at);
    let ran = last.and_then(|last| Some(last.finished_at?.since(real(last.started_at)?)));
    // One that the kubelet has killed itself waits from the end of the one before, which may be long ago: the wait before this
    // start tells nothing then, but the entry was raised all the same.
    let tells =
        |waited: Span| waited >= limits.first || place == 0 || ran.is_some_and(|ran| ran > limits.expiry);
    match (began, before) {
        (Some(began), Some(before)) if tells(began.since(before) + Span::from_secs(1)) => {
            let waited = began.since(before) + Span::from_secs(1);
            let next = limits.ladder().take_while(|step| *step <= waited).last().map(|step| step * 2);
            Some(next.unwrap_or(limits.first).min(limits.max))
        }
        _ => limits.ladder().nth(place).or_else(|| limits.ladder().last()),
    }
}

/// `back-off 2m40s restarting failed container=…`
fn stated_delay(message: &str) -> Option<Span> {
    // With a capital until 1.13.
    let rest = message.strip_prefix("back-off ").or_else(|| message.strip_prefix("Back-off "))?;
    let delay = crate::time::GoDuration::parse(rest.split(' ').next()?).ok()?;
    Some(Span::from_micros(delay.0 / 1000)).filter(|delay| *delay > Span::ZERO)
}

impl Past {
    /// The pod's status as it was where the play begins: what came later is taken back.
    pub fn status(&self, given: &GivenPod) -> PodStatus {
        let pod = &*given.pod;
        let mut status = pod.status.clone();
        let from = match self.begin {
            Begin::Bound(at) => return unborn(&status, at),
            Begin::Unbound(_) => {
                return PodStatus { qos_class: status.qos_class, ..PodStatus::default() };
            }
            Begin::Over | Begin::Settled | Begin::Silent => return status,
            Begin::End(at) | Begin::Start(at) | Begin::Deletion(at) => at,
        };
        if status.phase.is_terminal() {
            status.phase = Phase::Running;
        }
        let since = status.start_time.or(pod.created());
        for condition in &mut status.conditions {
            if condition.last_transition.is_some_and(|at| at >= from) {
                turn_back(condition, since);
            }
        }
        let starts = matches!(self.begin, Begin::Start(_));
        let inits = pod.spec.init_containers.iter().map(|own| own.name);
        let names: Vec<Sym> = inits.chain(pod.spec.containers.iter().map(|own| own.name)).collect();
        for (name, stood) in names.into_iter().zip(&self.containers) {
            let all: &mut ContainerStatuses = match status.init.iter().any(|own| own.name == name) {
                true => &mut status.init,
                false => &mut status.containers,
            };
            let Some(own) = all.iter_mut().find(|own| own.name == name) else { continue };
            let Was::Running(began) = stood.was else { continue };
            if starts && began >= from {
                before_start(own, stood);
            } else {
                own.state = ContainerState::Running { started_at: Some(began) };
                own.last_state = stood.before.map_or(ContainerState::Unset, ContainerState::Terminated);
                (own.ready, own.started) = (stood.ready, Some(stood.started));
            }
        }
        if starts && status.containers.iter().all(|own| own.state.is_waiting() && own.restart_count == 0) {
            status.phase = Phase::Pending;
        }
        status
    }
}

/// A container whose newest instance has just been made, as its status has it: nobody has looked yet.
fn before_start(own: &mut ContainerStatus, stood: &Stood) {
    (own.ready, own.started) = (false, Some(false));
    match stood.before {
        Some(before) => {
            own.restart_count = stood.number - 1;
            let reason = Sym::CRASH_LOOP_BACK_OFF;
            // The first restart comes at once, without a wait.
            own.state = match stood.number > 1 {
                true => ContainerState::Waiting { reason, message: Text::NONE },
                false => ContainerState::Terminated(before),
            };
            own.last_state = match stood.number > 1 {
                true => ContainerState::Terminated(before),
                false => ContainerState::Unset,
            };
            own.container_id = before.container_id;
        }
        None => {
            own.restart_count = (stood.number - 1).max(0);
            own.state = ContainerState::waiting(Sym::CONTAINER_CREATING);
            own.last_state = ContainerState::Unset;
            // Without an instance a probe worker has nothing to look at: what it is shown first is its first value.
            (own.container_id, own.image_id) = (ContainerId::None, Sym::EMPTY);
        }
    }
}

/// A condition as it was before its last transition.
fn turn_back(condition: &mut Condition, since: Option<Time>) {
    condition.status = match condition.status {
        Tri::True => Tri::False,
        Tri::False | Tri::Unknown => Tri::True,
    };
    condition.last_transition = since;
    (condition.reason, condition.message) = (Sym::EMPTY, Text::NONE);
}

/// Of a pod that was just bound.
fn unborn(status: &PodStatus, at: Time) -> PodStatus {
    let scheduled = status.condition(Sym::POD_SCHEDULED).copied();
    let scheduled = scheduled.unwrap_or_else(|| Condition {
        last_transition: Some(at),
        ..Condition::new(Sym::POD_SCHEDULED, Tri::True)
    });
    PodStatus {
        qos_class: status.qos_class,
        conditions: [scheduled].into_iter().collect(),
        ..PodStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire;
    use crate::time::Time;
    use serde_json::json;
    use std::sync::Arc;

    fn at(secs: i64) -> String {
        Time::from_secs(1_800_000_000 + secs).rfc3339_secs()
    }

    fn given(containers: serde_json::Value) -> GivenPod {
        let pod = wire::pod(&json!({
            "metadata": { "name": "web", "namespace": "default", "creationTimestamp": at(0) },
            "spec": { "nodeName": "node", "containers": [{ "name": "app", "image": "web:1" }] },
            "status": { "phase": "Running", "startTime": at(1), "containerStatuses": containers },
        }));
        GivenPod { pod: Arc::new(pod), owners: Arc::default(), failed_pulls: Vec::new() }
    }

    fn now(secs: i64) -> Time {
        Time::from_secs(1_800_000_000 + secs)
    }

    #[test]
    fn a_crash_loop_begins_before_its_last_end() {
        let given = given(json!([{
            "name": "app", "restartCount": 4, "ready": false,
            "state": { "waiting": { "reason": "CrashLoopBackOff",
                "message": "back-off 1m20s restarting failed container=app" } },
            "lastState": { "terminated": { "exitCode": 1, "startedAt": at(100), "finishedAt": at(130) } },
        }]));
        let past = past(&given, now(150), &Gates::default(), false);
        assert_eq!(past.begin, Begin::End(now(130)));
        let app = &past.containers[0];
        assert_eq!((app.was, app.number), (Was::Running(now(100)), 4));
        assert_eq!(app.back_off, Some(Span::from_secs(80)));
        let status = past.status(&given);
        assert!(status.containers[0].state.is_running() && status.containers[0].ready);
    }

    /// A wait of 40 s and what comes on top is no wait of 80 s: the next one is.
    #[test]
    fn the_wait_before_a_start_tells_the_next() {
        for (number, gap, next) in
            [(1, 1, 10), (1, 0, 10), (2, 16, 20), (4, 58, 80), (9, 301, 300), (4, 0, 80)]
        {
            let given = given(json!([{
                "name": "app", "restartCount": number, "ready": true, "started": true,
                "state": { "running": { "startedAt": at(1000 + gap) } },
                "lastState": { "terminated": { "exitCode": 1, "startedAt": at(900), "finishedAt": at(1000) } },
            }]));
            let past = past(&given, now(5000), &Gates::default(), false);
            assert_eq!(past.begin, Begin::Settled);
            assert_eq!(past.containers[0].back_off, Some(Span::from_secs(next)), "{number}, {gap}");
        }
    }

    #[test]
    fn what_ran_for_a_moment_is_played_from_its_start() {
        let ended = json!({ "terminated": { "exitCode": 1, "startedAt": at(50), "finishedAt": at(51) } });
        let given = given(json!([{ "name": "app", "restartCount": 0, "ready": false, "state": ended }]));
        let past = past(&given, now(52), &Gates::default(), false);
        assert_eq!(past.begin, Begin::Start(now(50)));
        assert!(past.containers[0].ends.is_some());
        assert!(past.status(&given).containers[0].state.is_waiting());
    }
}
