//! What the API shows of a pod: `v1.PodStatus` and what it is made of.

#![expect(missing_docs, reason = "Kubernetes' own fields, documented there; what is ours says what it is")]

use std::fmt;

use super::marks::{InstantOf, Marks, Real};
use super::{Sym, Text};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Phase {
    #[default]
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
    /// No phase, or one that no component writes: only foreign objects have it.
    Other(Sym),
}

impl Phase {
    /// A phase that nothing leaves.
    pub fn is_terminal(self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Failed)
    }
    pub fn as_sym(self) -> Sym {
        match self {
            Phase::Pending => Sym::PENDING,
            Phase::Running => Sym::RUNNING,
            Phase::Succeeded => Sym::SUCCEEDED,
            Phase::Failed => Sym::FAILED,
            Phase::Unknown => Sym::UNKNOWN,
            Phase::Other(text) => text,
        }
    }
    pub fn from_sym(text: Sym) -> Phase {
        match text {
            Sym::PENDING => Phase::Pending,
            Sym::RUNNING => Phase::Running,
            Sym::SUCCEEDED => Phase::Succeeded,
            Sym::FAILED => Phase::Failed,
            Sym::UNKNOWN => Phase::Unknown,
            other => Phase::Other(other),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.as_sym())
    }
}

/// A condition's status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Tri {
    True,
    False,
    #[default]
    Unknown,
}

impl Tri {
    pub fn as_str(self) -> &'static str {
        match self {
            Tri::True => "True",
            Tri::False => "False",
            Tri::Unknown => "Unknown",
        }
    }
    pub fn parse(text: &str) -> Option<Tri> {
        match text {
            "True" => Some(Tri::True),
            "False" => Some(Tri::False),
            "Unknown" => Some(Tri::Unknown),
            _ => None,
        }
    }
}
impl From<bool> for Tri {
    fn from(value: bool) -> Tri {
        if value { Tri::True } else { Tri::False }
    }
}
impl fmt::Display for Tri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `v1.PodCondition`
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Condition<M: Marks = Real> {
    pub kind: Sym,
    pub status: Tri,
    pub reason: Sym,
    pub message: Text,
    pub last_transition: Option<InstantOf<M>>,
    pub last_probe: Option<InstantOf<M>>,
    /// 0 where the API has none.
    pub observed_generation: i64,
}

impl<M: Marks> Condition<M> {
    pub fn new(kind: Sym, status: impl Into<Tri>) -> Condition<M> {
        Condition { kind, status: status.into(), ..Condition::default() }
    }
    #[must_use]
    pub fn because(mut self, reason: Sym, message: impl Into<Text>) -> Condition<M> {
        self.reason = reason;
        self.message = message.into();
        self
    }
}

/// `v1.ContainerStateTerminated`
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Terminated<M: Marks = Real> {
    pub exit_code: i32,
    pub signal: i32,
    pub reason: Sym,
    pub message: Text,
    pub started_at: Option<InstantOf<M>>,
    pub finished_at: Option<InstantOf<M>>,
    pub container_id: ContainerId<M>,
}

/// `v1.ContainerState`; at most one member of the three is set there, so one of them here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ContainerState<M: Marks = Real> {
    /// `{}`: no member set.
    #[default]
    Unset,
    Waiting {
        reason: Sym,
        message: Text,
    },
    Running {
        started_at: Option<InstantOf<M>>,
    },
    Terminated(Terminated<M>),
}

impl<M: Marks> ContainerState<M> {
    pub fn waiting(reason: Sym) -> ContainerState<M> {
        ContainerState::Waiting { reason, message: Text::NONE }
    }
    pub fn is_waiting(&self) -> bool {
        matches!(self, ContainerState::Waiting { .. })
    }
    pub fn is_running(&self) -> bool {
        matches!(self, ContainerState::Running { .. })
    }
    pub fn terminated(&self) -> Option<&Terminated<M>> {
        if let ContainerState::Terminated(t) = self { Some(t) } else { None }
    }
    pub fn running_since(&self) -> Option<M::Instant> {
        if let ContainerState::Running { started_at } = self { *started_at } else { None }
    }
}

/// A container's runtime identifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ContainerId<M: Marks = Real> {
    #[default]
    None,
    Given(Sym),
    /// Made from the run's seed, the pod, the container and the attempt; spelled as `containerd://<64 hex digits>`.
    Made(M::Id),
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContainerId::None => Ok(()),
            ContainerId::Given(text) => f.write_str(text),
            ContainerId::Made(seed) => {
                f.write_str("containerd://")?;
                write_hex(f, *seed)
            }
        }
    }
}

/// 64 hex digits from a number. splitmix64: spreads the 64 bits over the 256 that people expect to see.
fn write_hex(f: &mut fmt::Formatter<'_>, seed: u64) -> fmt::Result {
    let mut word = seed;
    for _ in 0..4 {
        word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = word;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        write!(f, "{:016x}", z ^ (z >> 31))?;
    }
    Ok(())
}

/// An `imageID` as people read it. A simulated runtime has none: it says `NAME:TAG@sha256`, and the digits that belong
/// there are made from the name when somebody looks.
#[derive(Clone, Copy, Debug)]
pub struct ImageId(pub Sym);

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(name) = self.0.strip_suffix("@sha256") else { return f.write_str(&self.0) };
        // containerd names the repository and the digest, and no tag; of an image by digest, that digest.
        if name.contains('@') {
            return f.write_str(name);
        }
        let path = name.rfind('/').map_or(0, |slash| slash + 1);
        let repository = name[path..].find(':').map_or(name, |tag| &name[..path + tag]);
        write!(f, "{repository}@sha256:")?;
        // FNV-1a
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        write_hex(f, name.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
    }
}

/// `v1.ContainerStatus`
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ContainerStatus<M: Marks = Real> {
    pub name: Sym,
    pub state: ContainerState<M>,
    /// `lastState`
    pub last_state: ContainerState<M>,
    pub ready: bool,
    pub started: Option<bool>,
    pub restart_count: i32,
    pub image: Sym,
    pub image_id: Sym,
    pub container_id: ContainerId<M>,
}

/// Addresses: one, or one of each family.
pub type Ips<M = Real> = smallvec::SmallVec<[<M as Marks>::Address; 2]>;

/// A pod's conditions; those that the kubelet writes of every pod stand in the status itself, so that a new version of a
/// status costs one allocation and not one for each list.
pub type Conditions<M = Real> = smallvec::SmallVec<[Condition<M>; 5]>;

/// The statuses of a list of containers; one stands in the pod's status itself.
pub type ContainerStatuses<M = Real> = smallvec::SmallVec<[ContainerStatus<M>; 1]>;

/// `v1.PodStatus`
#[derive(PartialEq, Eq, Hash, Debug, Default)]
pub struct PodStatus<M: Marks = Real> {
    pub phase: Phase,
    pub reason: Sym,
    pub message: Text,
    pub conditions: Conditions<M>,
    /// `initContainerStatuses`
    pub init: ContainerStatuses<M>,
    /// `containerStatuses`
    pub containers: ContainerStatuses<M>,
    /// `ephemeralContainerStatuses`
    pub ephemeral: Vec<ContainerStatus<M>>,
    pub start_time: Option<InstantOf<M>>,
    pub host_ips: Ips<M>,
    pub pod_ips: Ips<M>,
    pub nominated_node: Sym,
    pub qos_class: Sym,
    pub observed_generation: i64,
}

impl<M: Marks> Clone for PodStatus<M> {
    /// The lists hold plain values: they are copied whole, which a derived copy of such a list does not do.
    fn clone(&self) -> PodStatus<M> {
        PodStatus {
            conditions: Conditions::from_slice(&self.conditions),
            init: ContainerStatuses::from_slice(&self.init),
            containers: ContainerStatuses::from_slice(&self.containers),
            ephemeral: self.ephemeral.clone(),
            host_ips: Ips::<M>::from_slice(&self.host_ips),
            pod_ips: Ips::<M>::from_slice(&self.pod_ips),
            ..*self
        }
    }
}

impl<M: Marks> PodStatus<M> {
    pub fn condition(&self, kind: Sym) -> Option<&Condition<M>> {
        self.conditions.iter().find(|c| c.kind == kind)
    }
    /// As [`PodStatus::condition`], for a condition that stands at that place in another status of the pod, and so
    /// mostly in this one.
    pub fn condition_at(&self, place: usize, kind: Sym) -> Option<&Condition<M>> {
        self.conditions.get(place).filter(|c| c.kind == kind).or_else(|| self.condition(kind))
    }
    pub fn condition_is_true(&self, kind: Sym) -> bool {
        self.condition(kind).is_some_and(|c| c.status == Tri::True)
    }
    /// A container that can be probed: the prober looks at the main ones first.
    pub fn probed(&self, name: Sym) -> Option<&ContainerStatus<M>> {
        self.containers.iter().chain(&self.init).find(|c| c.name == name)
    }
    pub fn probed_mut(&mut self, name: Sym) -> Option<&mut ContainerStatus<M>> {
        self.containers.iter_mut().chain(&mut self.init).find(|c| c.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_id_is_a_repository_and_a_digest() {
        let id = |text: &str| ImageId(Sym::new(text)).to_string();
        let made = id("registry.example:5000/shop/web:1.4@sha256");
        let digits = made.strip_prefix("registry.example:5000/shop/web@sha256:").expect("no tag");
        assert!(digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{made}");
        assert_ne!(made, id("registry.example:5000/shop/web:1.5@sha256"));
        assert!(id("docker.io/library/nginx:latest@sha256").starts_with("docker.io/library/nginx@sha256:"));
        let given = format!("web@sha256:{}", "0a".repeat(32));
        assert_eq!(id(&given), given);
        assert_eq!(id(&format!("{given}@sha256")), given);
        assert_eq!(id(""), "");
    }
}
