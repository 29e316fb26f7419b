//! Messages: compact values that are spelled out when someone reads them.
//!
//! Most messages are a scenario's or a rule's fixed words and are interned. The few that name the pod that they are
//! about carry only what differs, so that a million pods do not mean a million stored sentences. A pod's status holds a
//! dozen of them, so a [`Text`] is three words of four bytes; what only events say, with numbers in it, is an
//! [`EventText`].

use std::cmp::Ordering;
use std::fmt;

use super::Sym;
use crate::time::Span;

/// `web`, the replica `web-17` of a template, or `web-x7k2p`, which the API server has made of `generateName: web-`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PodName {
    /// What was given.
    pub base: Sym,
    /// What was put behind it.
    pub suffix: Suffix,
}

/// What stands behind the base of a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Suffix {
    /// Nothing.
    None,
    /// With a dash before it.
    Ordinal(u32),
    /// Five characters, in the place of the dice.
    Generated(Generated),
}

/// Five characters of the alphabet of generated names (`rand.String`, staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go):
/// no vowels, so that no words come out, and nothing that looks like something else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Generated(u32);

impl Generated {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    /// How many there are.
    pub const COUNT: u64 = 27_u64.pow(5);
    /// So much of `generateName` is kept: with the five characters that makes 63 (`maxGeneratedNameLength`,
    /// staging/src/k8s.io/apiserver/pkg/storage/names/generate.go).
    pub const LONGEST_BASE: usize = 58;

    /// That of a number below [`Generated::COUNT`].
    pub fn new(number: u64) -> Generated {
        Generated((number % Generated::COUNT) as u32)
    }
    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }
    /// The five characters.
    pub fn letters(self) -> [u8; 5] {
        let mut rest = self.0;
        [0; 5].map(|_: u8| {
            let letter = Generated::ALPHABET[(rest % 27) as usize];
            rest /= 27;
            letter
        })
    }
}

impl PodName {
    /// A name as it was given.
    pub fn plain(base: Sym) -> PodName {
        PodName { base, suffix: Suffix::None }
    }
    /// A replica's name.
    pub fn ordinal(base: Sym, ordinal: u32) -> PodName {
        PodName { base, suffix: Suffix::Ordinal(ordinal) }
    }
    /// Of `generateName`, cut where it is too long.
    pub fn generated(base: &str, letters: Generated) -> PodName {
        let mut end = base.len().min(Generated::LONGEST_BASE);
        while !base.is_char_boundary(end) {
            end -= 1;
        }
        PodName { base: Sym::new(&base[..end]), suffix: Suffix::Generated(letters) }
    }
}

impl PodName {
    /// Whether this is how it is spelled; nothing is spelled out for it.
    pub fn is(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.base.as_str()) else { return false };
        match self.suffix {
            Suffix::None => rest.is_empty(),
            Suffix::Ordinal(ordinal) => rest.strip_prefix('-').is_some_and(|digits| {
                let is_plain = digits.len() == 1 || !digits.starts_with(['0', '+']);
                is_plain && digits.parse() == Ok(ordinal)
            }),
            Suffix::Generated(letters) => rest.as_bytes() == letters.letters(),
        }
    }
}

impl fmt::Display for PodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        match self.suffix {
            Suffix::None => Ok(()),
            Suffix::Ordinal(ordinal) => write!(f, "-{ordinal}"),
            Suffix::Generated(letters) => {
                letters.letters().iter().try_for_each(|c| write!(f, "{}", *c as char))
            }
        }
    }
}

/// What a message needs to know of its pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodIdent {
    /// `metadata.name`
    pub name: PodName,
    /// `metadata.namespace`
    pub namespace: Sym,
    /// `metadata.uid`
    pub uid: Uid,
}

impl PodIdent {
    /// In the place of the pod's names in a text that names none.
    pub const NOBODY: PodIdent = PodIdent {
        name: PodName { base: Sym::EMPTY, suffix: Suffix::None },
        namespace: Sym::EMPTY,
        uid: Uid::Given(Sym::EMPTY),
    };
}

/// A pod's uid: given, or made from the run's seed and the pod's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Uid {
    /// As somebody gave it.
    Given(Sym),
    /// Two halves, the higher first: 16 bytes that may lie anywhere.
    Made([u64; 2]),
}

impl Uid {
    /// In the order of their spelling, without spelling out what was made: two digits of that are always the same.
    pub fn spelled_order(self, other: Uid) -> Ordering {
        let drawn = |[high, low]: [u64; 2]| [high & !0xf000, low & !(0xf << 60)];
        match (self, other) {
            (Uid::Made(a), Uid::Made(b)) => drawn(a).cmp(&drawn(b)),
            (Uid::Given(a), Uid::Given(b)) => a.as_str().cmp(b.as_str()),
            (a, b) => a.to_string().cmp(&b.to_string()),
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Uid::Given(text) => f.write_str(text),
            Uid::Made(bits) => {
                let hex = format!("{:016x}{:016x}", bits[0], bits[1]);
                write!(f, "{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
            }
        }
    }
}

/// `web_default(0765449e-…)`: pkg/kubelet/util/format/pod.go, `Pod`.
impl fmt::Display for PodIdent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}({})", self.name, self.namespace, self.uid)
    }
}

/// A message; [`Text::show`] spells it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Text {
    /// Fixed words; empty for no message.
    Is(Sym),
    /// `back-off 10s restarting failed container=app pod=web_default(…)`
    CrashBackOff {
        /// The container's name.
        container: Sym,
        /// The whole of the wait.
        delay: Millis,
    },
    /// Event: `Back-off restarting failed container app in pod web_default(…)`
    BackOffRestarting {
        /// The container's name.
        container: Sym,
    },
    /// Event: `Successfully assigned default/web to node`
    Assigned {
        /// The node's name.
        node: Sym,
    },
    /// Event: `Pulling image "x"`
    Pulling {
        /// As the spec names it.
        image: Sym,
    },
    /// Event: `Container image "x" already present on machine`, with `checked` also ` and can be accessed by the pod`
    ImagePresent {
        /// As the spec names it.
        image: Sym,
        /// The kubelet has asked whether the pod may use it (gate KubeletEnsureSecretPulledImages).
        checked: bool,
    },
    /// Event: `Failed to pull image "x": not found`
    PullFailed {
        /// As the spec names it.
        image: Sym,
        /// In the words of the runtime.
        error: Sym,
    },
    /// `Back-off pulling image "x"`, with the last failure also `: ErrImagePull: not found`
    PullBackOff {
        /// As the spec names it.
        image: Sym,
        /// What the last pull failed of.
        after: Sym,
    },
    /// Event: `Marking for deletion Pod default/web`
    MarkingForDeletion,
    /// Event: `Cancelling deletion of Pod default/web`
    CancellingDeletion,
    /// `container has runAsNonRoot and image will run as root (pod: "web_default(…)", container: app)`; where the spec
    /// asks for the user 0: `container's runAsUser breaks non-root policy (pod: …`
    RunAsRoot {
        /// The container's name.
        container: Sym,
        /// Who wants it to.
        by: RootBy,
    },
    /// `Exec lifecycle hook (<command>) for Container "app" in Pod "web_default(…)" failed - error: <e>, message: "<out>"`:
    /// `before` ends with `in Pod "`, `after` begins with `" failed`.
    AroundPod {
        /// Words before it.
        before: Sym,
        /// Words after it.
        after: Sym,
    },
    /// The pod's uid stands between them.
    AroundUid {
        /// Words before it.
        before: Sym,
        /// Words after it.
        after: Sym,
    },
}

/// An interval in whole milliseconds, as messages tell of some; the longest is 49 days.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Millis(u32);

impl From<Span> for Millis {
    fn from(span: Span) -> Millis {
        Millis(u32::try_from((span.micros() / 1000).max(0)).unwrap_or(u32::MAX))
    }
}
impl From<Millis> for Span {
    fn from(millis: Millis) -> Span {
        Span::from_millis(i64::from(millis.0))
    }
}
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span::from(*self).fmt(f)
    }
}

/// What an event says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum EventText {
    /// What a [`Text`] can say.
    Plain(Text),
    /// `Successfully pulled image "x" in 5s (10s including waiting). Image size: 7 bytes.`
    Pulled(PulledImage),
    /// The same at the end of a combined event.
    CombinedPulled(PulledImage),
    /// Of a victim: `Preempted by pod <uid> on node n1`; the uid is that of the named pod.
    PreemptedBy {
        /// Two halves, the higher first.
        uid: [u64; 2],
        /// The node's name.
        node: Sym,
    },
    /// Of a workload, about one of its pods: `Created pod: web-x7k2p`.
    AboutPod {
        /// What stands before the pod's name.
        before: Sym,
        /// The pod's name.
        pod: PodName,
        /// What stands behind it.
        after: Sym,
        /// It is the end of a combined event.
        combined: bool,
    },
}

/// What the event `Pulled` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct PulledImage {
    /// As the spec names it.
    pub image: Sym,
    /// How long the pull took.
    pub took: Millis,
    /// With the wait for its turn.
    pub waited: Millis,
    /// The image's size.
    pub bytes: u64,
}

const COMBINED: &str = "(combined from similar events): ";

impl Text {
    /// No message.
    pub const NONE: Text = Text::Is(Sym::EMPTY);

    /// Whether there is no message.
    pub fn is_empty(self) -> bool {
        self == Text::NONE
    }
    /// The words, as far as they do not depend on a pod.
    pub fn fixed(self) -> Option<Sym> {
        if let Text::Is(words) = self { Some(words) } else { None }
    }
    /// Whether the words are others for another pod.
    pub fn names_its_pod(self) -> bool {
        match self {
            Text::Is(_)
            | Text::Pulling { .. }
            | Text::ImagePresent { .. }
            | Text::PullFailed { .. }
            | Text::PullBackOff { .. } => false,
            Text::CrashBackOff { .. }
            | Text::BackOffRestarting { .. }
            | Text::Assigned { .. }
            | Text::MarkingForDeletion
            | Text::CancellingDeletion
            | Text::RunAsRoot { .. }
            | Text::AroundPod { .. }
            | Text::AroundUid { .. } => true,
        }
    }
    /// The words, about `pod`.
    pub fn show<'a>(&'a self, pod: &'a PodIdent) -> impl fmt::Display + 'a {
        Shown { text: self, pod }
    }
}

impl EventText {
    /// The words, as far as they do not depend on a pod.
    pub fn fixed(self) -> Option<Sym> {
        if let EventText::Plain(text) = self { text.fixed() } else { None }
    }
    /// The message of a combined event about `pod`, this one being the latest
    /// (`EventAggregatorByReasonMessageFunc`).
    #[must_use]
    pub fn combined(self, pod: &PodIdent) -> EventText {
        match self {
            EventText::Pulled(pulled) => EventText::CombinedPulled(pulled),
            EventText::AboutPod { before, pod, after, .. } => {
                EventText::AboutPod { before, pod, after, combined: true }
            }
            other => format!("{COMBINED}{}", other.show(pod)).into(),
        }
    }
    /// The words where they do not depend on a pod of their own, as in events of other objects.
    pub fn alone(&self) -> String {
        match self {
            EventText::Plain(text) => text.fixed().map_or_else(String::new, |words| words.to_string()),
            other => other.show(&PodIdent::NOBODY).to_string(),
        }
    }
    /// The words, about `pod`.
    pub fn show<'a>(&'a self, pod: &'a PodIdent) -> impl fmt::Display + 'a {
        ShownEvent { text: self, pod }
    }
}

impl<T: Into<Text>> From<T> for EventText {
    fn from(text: T) -> EventText {
        EventText::Plain(text.into())
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::NONE
    }
}
impl From<&str> for Text {
    fn from(words: &str) -> Text {
        Text::Is(Sym::new(words))
    }
}
impl From<String> for Text {
    fn from(words: String) -> Text {
        Text::Is(Sym::new(&words))
    }
}
impl From<Sym> for Text {
    fn from(words: Sym) -> Text {
        Text::Is(words)
    }
}

/// `verifyRunAsNonRoot` (pkg/kubelet/kuberuntime/security_context_others.go): why a container that must not run as root might.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RootBy {
    /// The spec names user 0.
    Spec,
    /// The image does, or names none.
    Image,
    /// The image names a user whose number nobody knows.
    Name(Sym),
}

impl fmt::Display for RootBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RootBy::Spec => f.write_str("container's runAsUser breaks non-root policy"),
            RootBy::Image => f.write_str("container has runAsNonRoot and image will run as root"),
            RootBy::Name(user) => write!(
                f,
                "container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root"
            ),
        }
    }
}

struct Shown<'a> {
    text: &'a Text,
    pod: &'a PodIdent,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pod = self.pod;
        match self.text {
            Text::Is(words) => f.write_str(words),
            Text::CrashBackOff { container, delay } => {
                write!(f, "back-off {delay} restarting failed container={container} pod={pod}")
            }
            Text::BackOffRestarting { container } => {
                write!(f, "Back-off restarting failed container {container} in pod {pod}")
            }
            Text::Assigned { node } => {
                write!(f, "Successfully assigned {}/{} to {node}", pod.namespace, pod.name)
            }
            Text::Pulling { image } => write!(f, "Pulling image \"{image}\""),
            Text::ImagePresent { image, checked } => {
                let access = if *checked { " and can be accessed by the pod" } else { "" };
                write!(f, "Container image \"{image}\" already present on machine{access}")
            }
            Text::PullFailed { image, error } => write!(f, "Failed to pull image \"{image}\": {error}"),
            Text::PullBackOff { image, after } if after.is_empty() => {
                write!(f, "Back-off pulling image \"{image}\"")
            }
            Text::PullBackOff { image, after } => write!(f, "Back-off pulling image \"{image}\": {after}"),
            Text::MarkingForDeletion => write!(f, "Marking for deletion Pod {}/{}", pod.namespace, pod.name),
            Text::CancellingDeletion => {
                write!(f, "Cancelling deletion of Pod {}/{}", pod.namespace, pod.name)
            }
            Text::RunAsRoot { container, by } => {
                write!(f, "{by} (pod: \"{pod}\", container: {container})")
            }
            Text::AroundPod { before, after } => write!(f, "{before}{pod}{after}"),
            Text::AroundUid { before, after } => write!(f, "{before}{}{after}", pod.uid),
        }
    }
}

struct ShownEvent<'a> {
    text: &'a EventText,
    pod: &'a PodIdent,
}

impl fmt::Display for ShownEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pulled = |f: &mut fmt::Formatter<'_>, pulled: &PulledImage| {
            let PulledImage { image, took, waited, bytes } = pulled;
            write!(
                f,
                "Successfully pulled image \"{image}\" in {took} ({waited} including waiting). Image size: {bytes} bytes."
            )
        };
        match self.text {
            EventText::Plain(text) => text.show(self.pod).fmt(f),
            EventText::Pulled(image) => pulled(f, image),
            EventText::CombinedPulled(image) => {
                f.write_str(COMBINED)?;
                pulled(f, image)
            }
            EventText::PreemptedBy { uid, node } => {
                write!(f, "Preempted by pod {} on node {node}", Uid::Made(*uid))
            }
            EventText::AboutPod { before, pod, after, combined } => {
                let start = if *combined { COMBINED } else { "" };
                write!(f, "{start}{before}{pod}{after}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_without_being_spelled() {
        let names = [
            PodName::plain(Sym::new("web")),
            PodName::plain(Sym::new("web-1")),
            PodName::ordinal(Sym::new("web"), 1),
            PodName::ordinal(Sym::new("web"), 10),
            PodName::generated("web-", Generated::new(12_345)),
        ];
        let spelled: Vec<String> = names.iter().map(ToString::to_string).collect();
        let others = ["we", "web-", "web-01", "web-+1", "web-1x", "web-10 ", "", "web-11", "web-4294967296"];
        for name in names {
            for text in spelled.iter().map(String::as_str).chain(others) {
                assert_eq!(name.is(text), name.to_string() == text, "{name} and {text}");
            }
        }
    }

    #[test]
    fn made_uids_stand_in_the_order_of_their_spelling() {
        let words = [0, 1, 0x4000, 0xf000, 0x1_0000, 1 << 60, 0xf << 60, 0x0123_4567_89ab_cdef, u64::MAX];
        let all = || words.iter().flat_map(|high| words.iter().map(|low| Uid::Made([*high, *low])));
        for (a, b) in all().flat_map(|a| all().map(move |b| (a, b))) {
            assert_eq!(a.spelled_order(b), a.to_string().cmp(&b.to_string()), "{a} {b}");
        }
    }
}
