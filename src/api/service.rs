//! Services and the slices of their endpoints (staging/src/k8s.io/api/core/v1/types.go, discovery/v1/types.go).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Sym;
use super::meta::Meta;
use super::text::Uid;

/// `v1` Service.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    /// `metadata`
    pub meta: Meta,
    /// `spec` as the API prints it.
    pub value: Value,
    /// Labels of the pods behind it; None: somebody else says who they are.
    pub selector: Option<Arc<BTreeMap<String, String>>>,
    /// Which of their ports.
    pub ports: Arc<Vec<ServicePort>>,
    /// Pods count as ready, whatever they are.
    pub publish_not_ready_addresses: bool,
    /// It has no address of its own (`clusterIP: None`).
    pub is_headless: bool,
    /// It is a name for something outside (`type: ExternalName`).
    pub is_external_name: bool,
    /// `IPv4`, `IPv6`
    pub ip_families: Vec<Sym>,
}

/// A port of a Service.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ServicePort {
    /// May be empty where there is one port.
    pub name: Sym,
    /// `TCP`
    pub protocol: Sym,
    /// What clients speak, if that is said.
    pub app_protocol: Option<Sym>,
    /// The port of the Service.
    pub port: i32,
    /// The port of the pods.
    pub target: TargetPort,
}

/// `targetPort` of a Service's port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TargetPort {
    /// This one.
    Number(i32),
    /// The container's port of this name.
    Name(Sym),
}

impl Default for TargetPort {
    fn default() -> TargetPort {
        TargetPort::Number(0)
    }
}

/// `discovery.k8s.io/v1` EndpointSlice.
#[derive(Clone, PartialEq, Debug)]
pub struct EndpointSlice {
    /// `metadata`
    pub meta: Meta,
    /// `IPv4` or `IPv6`
    pub address_type: Sym,
    /// Of all its endpoints; None: it is a placeholder.
    pub ports: Option<Arc<Vec<EndpointPort>>>,
    /// Who is there.
    pub endpoints: Vec<Endpoint>,
}

/// A port of a slice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EndpointPort {
    /// As the Service names it.
    pub name: Sym,
    /// `TCP`
    pub protocol: Sym,
    /// Of the pods.
    pub port: i32,
    /// What clients speak, if that is said.
    pub app_protocol: Option<Sym>,
}

/// A pod behind a Service.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Endpoint {
    /// Its addresses of the slice's family.
    pub addresses: Vec<Sym>,
    /// It takes new connections.
    pub ready: bool,
    /// It answers.
    pub serving: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// Its hostname below the Service's name; empty: none.
    pub hostname: Sym,
    /// Where it runs.
    pub node_name: Sym,
    /// The zone of its node; empty: none.
    pub zone: Sym,
    /// `hints.forZones`: whom it is meant for; empty: for all.
    pub hint_zones: Vec<Sym>,
    /// `hints.forNodes`: likewise.
    pub hint_nodes: Vec<Sym>,
    /// `targetRef`: the pod's name.
    pub pod: Sym,
    /// `targetRef`: its uid.
    pub pod_uid: Option<Uid>,
}
