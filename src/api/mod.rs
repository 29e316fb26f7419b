//! Kubernetes' nouns in the compact form that the core works on; no behaviour beyond `Display` and (de)serialising.
//!
//! Names, reasons and every text that a scenario or a rule can spell out are interned ([`Sym`], four bytes);
//! texts that name one pod ([`Text`]) are put together when someone reads them.

pub mod autoscaling;
pub mod claim;
pub mod controller_revision;
pub mod cron_job;
pub mod daemon_set;
pub mod disruption;
pub mod event;
pub(crate) mod form;
pub(crate) mod handle;
pub mod invariant;
pub mod job;
pub(crate) mod marks;
pub mod meta;
pub mod node;
pub mod owner;
pub mod quota;
pub mod runtime;
pub mod sample;
pub mod service;
pub mod spec;
pub mod stateful_set;
pub mod status;
pub mod sym;
pub mod text;
pub mod wire;
pub mod wire_autoscaling;
pub mod wire_controller_revision;
pub mod wire_daemon_set;
pub mod wire_disruption;
pub mod wire_jobs;
pub mod wire_stateful_set;
pub mod wire_workloads;
pub mod workload;

pub use event::{EventType, Note};
pub use form::HeldStatus;
pub use handle::ContainerIx;
pub use marks::{Gaps, Marks, Real};
pub use meta::{IntOrPercent, Labels, Meta};
pub use node::{Effect, NodeSpec, Taint};
pub use owner::OwnerReference;
pub use runtime::{InstanceState, RuntimeContainer, RuntimeSandbox, RuntimeStatus};
pub use spec::{Container, ObjectMeta, PodSpec, Probe, ProbeKind, RestartPolicy};
pub use status::{
    Condition, Conditions, ContainerId, ContainerState, ContainerStatus, ContainerStatuses, ImageId, Ips,
    Phase, PodStatus, Terminated, Tri,
};
pub use sym::Sym;
pub use text::{EventText, Generated, PodIdent, PodName, Suffix, Text};
