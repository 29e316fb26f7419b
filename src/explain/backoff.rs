//! In which window of time the next attempt comes.
//!
//! Facts: a container waits for its back-off counted from the end of its last run (`doBackOff` in
//! pkg/kubelet/kuberuntime/kuberuntime_manager.go), and the kubelet looks again only when the pod is synced (`completeWork`
//! in pkg/kubelet/pod_workers.go). Until 1.34 that is every 10 to 15 s; since 1.35 after the rest of the back-off, at most a
//! minute, times 1 to 1.5. Something else may sync the pod earlier, so a window opens when the back-off ends.

use super::NextAttempt;
use crate::api::{ContainerState, ContainerStatus, Sym, Terminated};
use crate::rules::gates::{Gates, Version};
use crate::rules::printing::age;
use crate::time::{Span, Time};

/// The requeue after a failed sync, at its longest: 10 s and half as much again.
const POLL_MAX: Span = Span::from_secs(15);
/// The work queue is looked at once a second.
const TICK: Span = Span::from_secs(1);
/// An exit is noticed by the relist, a second later at most.
const RELIST: Span = Span::from_secs(1);
/// No sync is put off by more than this, before jitter.
const RESYNC: Span = Span::from_secs(60);
/// A back-off that was not asked for so long is forgotten.
const FORGOTTEN: Span = Span::from_secs(600);

/// The waits between attempts: the first restart at once, then doubling.
fn steps(gates: &Gates) -> impl Iterator<Item = Span> {
    let (initial, max) = if gates.reduced_crash_loop && !gates.crash_loop_max {
        (Span::from_secs(1), Span::from_secs(60))
    } else if gates.reduced_crash_loop {
        (Span::from_secs(1), Span::from_secs(300))
    } else {
        (Span::from_secs(10), Span::from_secs(300))
    };
    let doubling =
        std::iter::successors(Some(initial), move |step| (*step < max).then(|| (*step * 2).min(max)));
    std::iter::once(Span::ZERO).chain(doubling)
}

/// How late after the end of a back-off the kubelet may look.
fn lateness(delay: Span, gates: &Gates) -> Span {
    if gates.version >= Version::V1_35 {
        // A look with `rest` to go comes back after 1 to 1.5 times that, but no more than a minute ahead.
        Span::from_micros(delay.min(RESYNC).micros() / 2) + TICK
    } else {
        POLL_MAX + TICK
    }
}

fn window(
    of: &'static str,
    back_off: Option<Span>,
    earliest: Time,
    latest: Time,
    now: Time,
    because: String,
) -> NextAttempt {
    let from_now = |at: Time| age(Some(now), at.max(now));
    let relative = if latest < now {
        format!("was due {} ago: the object is older than that", age(Some(latest), now))
    } else if earliest <= now {
        format!("within {}", from_now(latest))
    } else {
        format!("in {} to {}", from_now(earliest), from_now(latest))
    };
    NextAttempt {
        of,
        back_off: back_off.map(|span| span.to_string()),
        earliest: earliest.rfc3339_secs(),
        latest: latest.rfc3339_secs(),
        relative,
        because,
    }
}

/// The next attempt for a container that waits, or that ended and will be started again.
pub fn next_attempt(
    status: &ContainerStatus,
    starts_again: bool,
    waits_since: Option<Time>,
    now: Time,
    gates: &Gates,
) -> Option<NextAttempt> {
    match &status.state {
        ContainerState::Waiting { reason: Sym::CRASH_LOOP_BACK_OFF, message } => {
            let ended = status.last_state.terminated()?.finished_at?;
            let said = message.fixed().and_then(|words| stated_delay(&words));
            let delay = said.unwrap_or(Span::from_secs(300));
            let because = match said {
                Some(delay) => {
                    format!("back-off of {delay} from the end of the last run, {}", ended.rfc3339_secs())
                }
                None => "the object does not say how long; no back-off is longer than 5m0s".to_owned(),
            };
            let end = ended + delay;
            let opens = if said.is_some() { end } else { ended };
            Some(window("start", said, opens, end + lateness(delay, gates), now, because))
        }
        ContainerState::Waiting { reason: Sym::IMAGE_PULL_BACK_OFF | Sym::ERR_IMAGE_PULL, .. } => {
            let longest = longest_pull_wait(waits_since, now, gates);
            let because = match waits_since {
                Some(since) => format!(
                    "waits between pulls double from 10s to 5m0s; the kubelet began at {}, so none can be longer than \
                     {longest} yet; the object does not say when the last pull failed",
                    since.rfc3339_secs()
                ),
                None => {
                    "waits between pulls double from 10s to 5m0s; the object does not say where it stands"
                        .into()
                }
            };
            Some(window("pull", None, now, now + longest + POLL_MAX + TICK, now, because))
        }
        ContainerState::Waiting { reason, .. } if retries_steadily(*reason) => {
            let because =
                "such failures are tried again every 10 to 15 seconds, without growing waits".to_owned();
            Some(window("start", None, now, now + POLL_MAX + TICK, now, because))
        }
        ContainerState::Terminated(ended) if starts_again => after_exit(status, ended, now, gates),
        _ => None,
    }
}

/// The wait that is due after an exit that no back-off was shown for yet.
fn after_exit(status: &ContainerStatus, ended: &Terminated, now: Time, gates: &Gates) -> Option<NextAttempt> {
    let finished = ended.finished_at?;
    let ran = ended.started_at.filter(|start| *start != Time::EPOCH).map(|start| finished.since(start));
    let before = status.last_state.terminated().and_then(|last| last.finished_at);
    let (delay, because) = if ran.is_some_and(|ran| ran > FORGOTTEN) {
        (Span::ZERO, "it ran for more than ten minutes, so its back-off is forgotten".to_owned())
    } else if let (Some(before), Some(started)) = (before, ended.started_at.filter(|s| *s != Time::EPOCH)) {
        // The wait before this run was some step of the ladder; the next step is due. Times in an object are whole seconds.
        let waited = started.since(before) + Span::from_secs(1);
        let taken = steps(gates).take_while(|step| *step <= waited).count();
        let next = steps(gates).nth(taken).or_else(|| steps(gates).last())?;
        (
            next,
            format!(
                "the run before ended {} before this one began, so the wait after this one is {next}, \
                 unless the kubelet was restarted since",
                started.since(before)
            ),
        )
    } else {
        let place = usize::try_from(status.restart_count).unwrap_or(0);
        let next = steps(gates).nth(place).or_else(|| steps(gates).last())?;
        (next, format!("after {} restarts the wait is {next}", status.restart_count))
    };
    let end = finished + delay;
    let latest = end + lateness(delay, gates) + RELIST;
    Some(window("start", Some(delay), end, latest, now, because))
}

/// `back-off 2m40s restarting failed container=…`
fn stated_delay(message: &str) -> Option<Span> {
    let text = message.strip_prefix("back-off ")?.split(' ').next()?;
    let (mut total, mut number) = (Span::ZERO, 0i64);
    for letter in text.chars() {
        match letter {
            '0'..='9' => number = number.checked_mul(10)?.checked_add(i64::from(letter as u8 - b'0'))?,
            'h' | 'm' | 's' => {
                let unit = match letter {
                    'h' => 3600,
                    'm' => 60,
                    _ => 1,
                };
                total += Span::from_secs(number.checked_mul(unit)?);
                number = 0;
            }
            _ => return None,
        }
    }
    (number == 0 && total > Span::ZERO).then_some(total)
}

/// The longest wait between pulls that can be in force: each failed pull doubles it, and there was only so much time.
fn longest_pull_wait(since: Option<Time>, now: Time, gates: &Gates) -> Span {
    let plain = Gates { reduced_crash_loop: false, ..*gates };
    let Some(since) = since else { return Span::from_secs(300) };
    let mut spent = Span::ZERO;
    let mut longest = Span::from_secs(10);
    for step in steps(&plain) {
        if spent > now.since(since) {
            break;
        }
        longest = longest.max(step);
        spent += step;
    }
    longest
}

/// Failures that the kubelet meets again at every sync.
fn retries_steadily(reason: Sym) -> bool {
    matches!(
        reason,
        Sym::CREATE_CONTAINER_CONFIG_ERROR
            | Sym::CREATE_CONTAINER_ERROR
            | Sym::PRE_CREATE_HOOK_ERROR
            | Sym::PRE_START_HOOK_ERROR
            | Sym::INVALID_IMAGE_NAME
            | Sym::ERR_IMAGE_NEVER_PULL
            | Sym::IMAGE_INSPECT_ERROR
            | Sym::REGISTRY_UNAVAILABLE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read_from_the_kubelets_message() {
        assert_eq!(stated_delay("back-off 2m40s restarting failed container=a"), Some(Span::from_secs(160)));
        assert_eq!(stated_delay("back-off 5m0s restarting failed"), Some(Span::from_secs(300)));
        assert_eq!(stated_delay("back-off for a while"), None);
        assert_eq!(stated_delay("Back-off pulling image"), None);
    }

    #[test]
    fn waits_double_to_five_minutes() {
        let waits: Vec<i64> = steps(&Gates::default()).map(Span::secs).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300]);
    }
}
