//! NodePorts: host ports that are free.
//!
//! Source: pkg/scheduler/framework/plugins/nodeports/node_ports.go, pkg/scheduler/util/utils.go (`GetHostPorts`),
//! staging/src/k8s.io/kube-scheduler/framework/types.go (`HostPortInfo`), 1.36.2.

use super::{NodeInfo, Plugin, PodRequest, Reason, Rejection};
use crate::api::{PodSpec, Sym};

/// A port of the host that a pod takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostPort {
    /// Empty: every address.
    ip: Sym,
    protocol: Sym,
    port: i32,
}

const EVERY_ADDRESS: &str = "0.0.0.0";

/// The host ports of the main containers and the sidecars.
pub fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecars = spec.init_containers.iter().filter(|c| c.is_sidecar());
    let ports = spec.containers.iter().chain(sidecars).flat_map(|container| &container.ports);
    ports
        .filter(|port| port.host_port > 0)
        .map(|port| HostPort {
            ip: if port.host_ip == EVERY_ADDRESS { Sym::EMPTY } else { Sym::new(&port.host_ip) },
            protocol: if port.protocol == "TCP" { Sym::EMPTY } else { port.protocol },
            port: port.host_port,
        })
        .collect()
}

impl HostPort {
    /// One of the two on every address, or both on one.
    fn conflicts(self, other: HostPort) -> bool {
        let same = self.port == other.port && self.protocol == other.protocol;
        same && (self.ip.is_empty() || other.ip.is_empty() || self.ip == other.ip)
    }
}

/// Whether two pods could not stand on one node.
pub fn conflict(ports: &[HostPort], others: &[HostPort]) -> bool {
    ports.iter().any(|port| others.iter().any(|other| port.conflicts(*other)))
}

pub fn filter(pod: &PodRequest, node: &NodeInfo, reasons: &mut Vec<Reason>) -> Result<(), Rejection> {
    if conflict(&pod.ports, &node.ports) {
        reasons.push(Reason::Ports);
        return Err(Rejection { plugin: Plugin::NodePorts, unresolvable: false });
    }
    Ok(())
}
