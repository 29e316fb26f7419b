//! The image manager's decisions: whether an image is pulled, what the kubelet tells about it, and how long it waits
//! after a failure.
//!
//! Source: `EnsureImageExists`, `pullImage` and `evalCRIPullErr` in pkg/kubelet/images/image_manager.go,
//! `MustAttemptImagePull` in pkg/kubelet/images/pullmanager/image_pull_manager.go (v1.36.2).

use crate::api::text::PulledImage;
use crate::api::{EventText, Note, Sym, Text};
use crate::rules::machinery::backoff::{Entry, Limits};
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};

/// What the kubelet remembers of the pulls of one image for one pod: the key is (uid, image), so containers of a pod
/// with the same image share it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PullMemory {
    /// The back-off's entry, once a pull has failed.
    pub back_off: Option<Entry>,
    /// None after a pull that worked.
    pub last_failure: Option<PullFailure>,
}

/// What a node has of an image, for one pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// Has to be pulled.
    Absent,
    /// May be used.
    Present,
    /// There, but this kubelet pulled it with a Secret that the pod does not present.
    Withheld,
}

/// `MustAttemptImagePull` under the default policy `NeverVerifyPreloadedImages`: an image that was there before the
/// kubelet, or that anybody may pull, is free; one pulled with Secrets is for pods that present one of them.
pub fn presence<S: PartialEq>(is_there: bool, pulled_with: &[S], presented: &[S], gates: &Gates) -> Presence {
    let is_free = pulled_with.is_empty() || presented.iter().any(|secret| pulled_with.contains(secret));
    match (is_there, is_free || !gates.ensure_secret_pulled_images) {
        (false, _) => Presence::Absent,
        (true, true) => Presence::Present,
        (true, false) => Presence::Withheld,
    }
}

/// Why a pull failed, as the waiting container tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PullFailure {
    /// `ErrImagePull`, `RegistryUnavailable` or `SignatureValidationFailed`.
    pub reason: Sym,
    /// What the waiting container tells.
    pub message: Sym,
}

/// What the kubelet does for a container's image; a note about the container tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The image is on the node: the container is created.
    Present(Note),
    /// The container waits with this reason and message.
    Fails {
        /// Of the waiting container.
        reason: Sym,
        /// Of the waiting container.
        message: Text,
        /// What is told of it.
        event: Note,
    },
    /// The pull is asked for.
    Pulls(Note),
}

/// `EnsureImageExists` up to the point where it blocks.
///
/// `problem` is what [`image_name::problem`](crate::rules::machinery::image_name::problem) says of the name. `presence` is
/// asked only where the policy looks at the node, which `Always` never does; the runtime may answer with an error. The
/// surprises: the events of a back-off are Normal, those of a failed pull are Warnings; a withheld image under policy Never is called absent, so that nobody
/// learns that it is there; and a failed look does not name the image, but the reference that it did not get.
pub fn ensure(
    image: Sym,
    problem: Option<Sym>,
    policy: &str,
    presence: impl FnOnce() -> Result<Presence, Sym>,
    memory: &PullMemory,
    now: Time,
    gates: &Gates,
) -> Verdict {
    if let Some(cause) = problem {
        let message = Text::from(format!(
            "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {cause}"
        ));
        let event = Note::warning(Sym::INSPECT_FAILED, message);
        return Verdict::Fails { reason: Sym::INVALID_IMAGE_NAME, message, event };
    }
    if policy != "Always" {
        let presence = match presence() {
            Ok(presence) => presence,
            Err(error) => {
                let message = Text::from(format!("Failed to inspect image \"\": {error}"));
                let event = Note::warning(Sym::INSPECT_FAILED, message);
                return Verdict::Fails { reason: Sym::IMAGE_INSPECT_ERROR, message, event };
            }
        };
        if presence == Presence::Present {
            let message = Text::ImagePresent { image, checked: gates.ensure_secret_pulled_images };
            return Verdict::Present(Note::normal(Sym::PULLED, message));
        }
        if policy == "Never" {
            let reason = Sym::ERR_IMAGE_NEVER_PULL;
            let message =
                Text::from(format!("Container image \"{image}\" is not present with pull policy of Never"));
            return Verdict::Fails { reason, message, event: Note::warning(reason, message) };
        }
    }
    if Limits::IMAGE.holds_since_update(memory.back_off, now) {
        let event = Note::normal(Sym::BACK_OFF, Text::PullBackOff { image, after: Sym::EMPTY });
        let after = memory.last_failure.map(|f| Sym::new(&format!("{}: {}", f.reason, f.message)));
        let message = Text::PullBackOff { image, after: after.unwrap_or_default() };
        return Verdict::Fails { reason: Sym::IMAGE_PULL_BACK_OFF, message, event };
    }
    Verdict::Pulls(Note::normal(Sym::PULLING, Text::Pulling { image }))
}

/// A pull failed with `error`: how the container waits, and the event. The next pull waits twice as long as this one.
pub fn fails(image: Sym, error: Sym, memory: &mut PullMemory, now: Time) -> (PullFailure, Note) {
    memory.back_off = Some(Limits::IMAGE.next(memory.back_off, now, now));
    let failure = evaluate(image, error);
    memory.last_failure = Some(failure);
    (failure, Note::warning(Sym::FAILED, Text::PullFailed { image, error }))
}

/// A pull worked: it took `took` in the runtime and `waited` with the wait for its turn.
pub fn works(image: Sym, took: Span, waited: Span, bytes: u64) -> Note {
    let pulled = PulledImage { image, took: took.into(), waited: waited.into(), bytes };
    Note::normal(Sym::PULLED, EventText::Pulled(pulled))
}

/// `evalCRIPullErr`: two errors that the runtime names at the beginning of its text have reasons of their own.
fn evaluate(image: Sym, error: Sym) -> PullFailure {
    for (reason, because) in OF_THE_RUNTIME {
        if let Some(rest) = error.strip_prefix(reason.as_str()) {
            let message = Sym::new(&format!("image pull failed for {image} because {because}{rest}"));
            return PullFailure { reason, message };
        }
    }
    PullFailure { reason: Sym::ERR_IMAGE_PULL, message: error }
}

/// The errors that the runtime names, and what the kubelet says of each.
const OF_THE_RUNTIME: [(Sym, &str); 2] = [
    (Sym::REGISTRY_UNAVAILABLE, "the registry is unavailable"),
    (Sym::SIGNATURE_VALIDATION_FAILED, "the signature validation failed"),
];

/// [`evaluate`] backwards: of a printed container that waits for a pull, how the last one failed, and the runtime's error that leads
/// to it. A back-off tells of the failure behind its own words; where it does not, its words are all that is known.
pub fn told(image: Sym, reason: Sym, words: &str) -> (PullFailure, String) {
    let back_off = format!("Back-off pulling image \"{image}\": ");
    let behind = words.strip_prefix(&back_off).and_then(|rest| rest.split_once(": "));
    let (reason, message) = match behind {
        Some((own, message)) => (Sym::new(own), message),
        None if reason == Sym::IMAGE_PULL_BACK_OFF => (Sym::ERR_IMAGE_PULL, words),
        None => (reason, words),
    };
    let failure = PullFailure { reason, message: Sym::new(message) };
    let of_the_runtime = OF_THE_RUNTIME.iter().find(|(own, _)| *own == reason).and_then(|(own, because)| {
        let rest = message.strip_prefix(&format!("image pull failed for {image} because {because}"))?;
        Some(format!("{own}{rest}"))
    });
    (failure, of_the_runtime.unwrap_or_else(|| message.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kubelet has told of a failed pull leads to the same words again.
    #[test]
    fn a_printed_failure_is_read_back() {
        let (image, gates) = (Sym::new("registry.example/a:1"), Gates::default());
        for error in [
            "not found: ErrImagePull: no",
            "RegistryUnavailable: try later",
            "SignatureValidationFailed: no key",
        ] {
            let mut memory = PullMemory::default();
            let (failure, _) = fails(image, Sym::new(error), &mut memory, Time::EPOCH);
            assert_eq!(told(image, failure.reason, &failure.message), (failure, error.to_owned()));
            let now = Time::EPOCH + Span::from_secs(1);
            let held = ensure(image, None, "Always", || Ok(Presence::Absent), &memory, now, &gates);
            let Verdict::Fails { reason, message: Text::PullBackOff { after, .. }, .. } = held else {
                panic!("{held:?}")
            };
            let printed = format!("Back-off pulling image \"{image}\": {after}");
            assert_eq!(told(image, reason, &printed), (failure, error.to_owned()));
        }
        let plain = "Back-off pulling image \"registry.example/a:1\"";
        assert_eq!(told(image, Sym::IMAGE_PULL_BACK_OFF, plain).0.reason, Sym::ERR_IMAGE_PULL);
    }

    #[test]
    fn a_private_image_is_for_those_who_can_pull_it() {
        let gates = Gates::default();
        assert_eq!(presence(false, &["a"], &["a"], &gates), Presence::Absent);
        assert_eq!(presence(true, &[], &["a"], &gates), Presence::Present);
        assert_eq!(presence(true, &["a", "b"], &["b"], &gates), Presence::Present);
        assert_eq!(presence(true, &["a", "b"], &["c"], &gates), Presence::Withheld);
        let before = Gates { ensure_secret_pulled_images: false, ..gates };
        assert_eq!(presence(true, &["a"], &[], &before), Presence::Present);
    }

    #[test]
    fn a_withheld_image_is_pulled_again_or_called_absent() {
        let ensure = |policy| {
            let (memory, gates) = (PullMemory::default(), Gates::default());
            ensure(Sym::new("web:1"), None, policy, || Ok(Presence::Withheld), &memory, Time::EPOCH, &gates)
        };
        assert!(matches!(ensure("IfNotPresent"), Verdict::Pulls(_)));
        assert!(matches!(ensure("Never"), Verdict::Fails { reason: Sym::ERR_IMAGE_NEVER_PULL, .. }));
    }

    #[test]
    fn always_does_not_look_and_so_does_not_fail_to() {
        let ensure = |policy| {
            let (memory, gates) = (PullMemory::default(), Gates::default());
            let broken = || Err(Sym::new("no such snapshot"));
            ensure(Sym::new("web:1"), None, policy, broken, &memory, Time::EPOCH, &gates)
        };
        assert!(matches!(ensure("IfNotPresent"), Verdict::Fails { reason: Sym::IMAGE_INSPECT_ERROR, .. }));
        assert!(matches!(ensure("Never"), Verdict::Fails { reason: Sym::IMAGE_INSPECT_ERROR, .. }));
        assert!(matches!(ensure("Always"), Verdict::Pulls(_)));
    }
}
