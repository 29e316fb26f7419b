//! In which window of time the next attempt comes.
//!
//! Facts: a container waits for its back-off counted from the end of its last run (`doBackOff` in
//! pkg/kubelet/kuberuntime/kuberuntime_manager.go), and the kubelet looks again only when the pod is synced (`completeWork`
//! in pkg/kubelet/pod_workers.go). Until 1.34 that is every 10 to 15 s; since 1.35 after the rest of the back-off, at most a
//! minute, times 1 to 1.5. Something else may sync the pod earlier, so a window opens when the back-off ends.

use super::NextAttempt;
use crate::api::{ContainerState, ContainerStatus, Sym, Terminated};
use crate::rules::kubectl::printing::age;
use crate::rules::kubelet::reasons::{self, Next};
use crate::rules::machinery::backoff::Limits;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// The requeue after a failed sync, at its longest: 10 s and half as much again.
const POLL_MAX: Span = Span::from_secs(15);
/// The work queue is looked at once a second.
const TICK: Span = Span::from_secs(1);
/// An exit is noticed by the relist, a second later at most.
const RELIST: Span = Span::from_secs(1);
/// No sync is put off by more than this, before jitter.
const RESYNC: Span = Span::from_secs(60);
/// A back-off that was not asked for so long is forgotten, when the housekeeping comes by.
const FORGOTTEN: Span = Span::from_secs(600);
const HOUSEKEEPING: Span = Span::from_secs(2);

/// The waits between attempts: the first restart at once, then doubling.
fn steps(gates: &Gates) -> impl Iterator<Item = Span> {
    std::iter::once(Span::ZERO).chain(Limits::crash_loop(None, gates).ladder())
}

/// How late after the end of a back-off the kubelet may look.
fn lateness(delay: Span, gates: &Gates) -> Span {
    if gates.habits.requeues_after_back_off {
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
            let began = real(status.last_state.terminated().and_then(|last| last.started_at));
            let wait = Wait { began, ended, delay, is_known: said.is_some(), noticed: Span::ZERO };
            Some(wait.window(now, because, gates))
        }
        ContainerState::Waiting { reason, .. } if reasons::is_of_a_pull(*reason) => {
            let longest = longest_pull_wait(waits_since, now);
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
        ContainerState::Waiting { reason, .. }
            if reasons::waiting(*reason).is_some_and(|own| own.next == Next::EachSync) =>
        {
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
    let began = real(ended.started_at);
    let ran = began.map(|start| finished.since(start));
    let last = status.last_state.terminated();
    let before = last.and_then(|last| last.finished_at);
    let began_before = real(last.and_then(|last| last.started_at));
    let (delay, because) = if ran.is_some_and(|ran| ran > FORGOTTEN) {
        (Span::ZERO, "it ran for more than ten minutes, so its back-off is forgotten".to_owned())
    } else if let (Some(before), Some(started)) = (began_before, began)
        && started.since(before) > FORGOTTEN + HOUSEKEEPING
    {
        let first = steps(gates).nth(1).unwrap_or_default();
        let because = "the run before began more than ten minutes before this one, so back-offs began anew";
        (first, format!("{because}: the wait after this one is {first}"))
    } else if let (Some(before), Some(started)) = (before, began) {
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
    let wait = Wait { began, ended: finished, delay, is_known: true, noticed: RELIST };
    Some(wait.window(now, because, gates))
}

/// The start of a container that did start.
fn real(started: Option<Time>) -> Option<Time> {
    started.filter(|started| *started != Time::EPOCH)
}

/// A back-off of `delay` from the end of a run.
struct Wait {
    began: Option<Time>,
    ended: Time,
    delay: Span,
    /// The object says how long; otherwise it is the longest there is.
    is_known: bool,
    /// How long it may take until the kubelet has noticed the end of the run.
    noticed: Span,
}

impl Wait {
    fn window(&self, now: Time, because: String, gates: &Gates) -> NextAttempt {
        let said = self.is_known.then_some(self.delay);
        let end = self.ended + self.delay;
        let opens = if self.is_known { end } else { self.ended };
        let latest = end + lateness(self.delay, gates) + self.noticed;
        match self.began.map(|began| began + FORGOTTEN) {
            // The back-off is dropped before the wait is over; the next look at the pod starts it.
            Some(dropped) if dropped < opens => {
                let opens = dropped.max(self.ended);
                let looked = opens + HOUSEKEEPING + RESYNC + lateness(RESYNC, gates) + self.noticed;
                let because =
                    format!("{because}; but it is forgotten ten minutes after the start of that run");
                window("start", said, opens, latest.min(looked), now, because)
            }
            _ => window("start", said, opens, latest, now, because),
        }
    }
}

/// `back-off 2m40s restarting failed container=…`
fn stated_delay(message: &str) -> Option<Span> {
    // With a capital until 1.13.
    let rest = message.strip_prefix("back-off ").or_else(|| message.strip_prefix("Back-off "))?;
    let text = rest.split(' ').next()?;
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
fn longest_pull_wait(since: Option<Time>, now: Time) -> Span {
    let Some(since) = since else { return Span::from_secs(300) };
    let mut spent = Span::ZERO;
    let mut longest = Span::from_secs(10);
    for step in Limits::IMAGE.ladder() {
        if spent > now.since(since) {
            break;
        }
        longest = longest.max(step);
        spent += step;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read_from_the_kubelets_message() {
        assert_eq!(stated_delay("back-off 2m40s restarting failed container=a"), Some(Span::from_secs(160)));
        assert_eq!(stated_delay("back-off 5m0s restarting failed"), Some(Span::from_secs(300)));
        assert_eq!(stated_delay("Back-off 40s restarting failed container=a"), Some(Span::from_secs(40)));
        assert_eq!(stated_delay("back-off for a while"), None);
        assert_eq!(stated_delay("Back-off pulling image"), None);
    }

    #[test]
    fn waits_double_to_five_minutes() {
        let waits: Vec<i64> = steps(&Gates::default()).map(Span::secs).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300]);
    }
}
