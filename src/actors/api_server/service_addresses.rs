//! Addresses and node ports of Services: allocated when one is stored that has none.
//!
//! Source: pkg/registry/core/service/storage/alloc.go, pkg/registry/core/service/ipallocator/ipallocator.go and
//! portallocator/allocator.go (1.36.2), with the ranges that kubeadm and the API server have of their own accord. The surprise:
//! who asks for nothing gets something behind the first part of a range, which is left to those who ask for a number.

use serde_json::{Value, json};

use crate::world::{Purpose, World};

/// 10.96.0.0/12, behind its first 256.
const FIRST_ADDRESS: u32 = 0x0a60_0000;
const ADDRESSES: u32 = 1 << 20;
const ASKED_FOR: u32 = 256;
/// 30000 to 32767, behind the first 86.
const FIRST_PORT: u64 = 30_086;
const PORTS: u64 = 32_768 - FIRST_PORT;
/// So often another number is drawn where one is taken.
const TRIES: u64 = 64;

/// Gives a Service what it lacks. `spec` is what is about to be stored.
pub fn allocate(w: &World, entity: u64, spec: &mut Value) {
    if spec["type"] == "ExternalName" {
        return;
    }
    if spec["clusterIP"].as_str().is_none_or(str::is_empty) {
        let draw = |number| {
            let number =
                w.draw(Purpose::ClusterAddress, entity, number).below(u64::from(ADDRESSES - ASKED_FOR));
            let address = FIRST_ADDRESS + ASKED_FOR + number as u32;
            json!(std::net::Ipv4Addr::from_bits(address).to_string())
        };
        spec["clusterIP"] = free(w, draw, |other| other["clusterIP"].clone());
    }
    if spec["clusterIPs"].as_array().is_none_or(Vec::is_empty) {
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
    }
    for (key, usual) in [("ipFamilies", json!(["IPv4"])), ("ipFamilyPolicy", json!("SingleStack"))] {
        if spec[key].is_null() {
            spec[key] = usual;
        }
    }
    let is_balanced = spec["type"] == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != false;
    if spec["type"] == "NodePort" || is_balanced {
        for (ix, port) in (0..).zip(spec["ports"].as_array_mut().into_iter().flatten()) {
            if port["nodePort"].as_u64().is_none_or(|number| number == 0) {
                let draw = |number| {
                    let number = number + ix * TRIES;
                    json!(FIRST_PORT + w.draw(Purpose::NodePort, entity, number).below(PORTS))
                };
                let of = |other: &Value| {
                    let ports = other["ports"].as_array().into_iter().flatten();
                    ports.map(|port| port["nodePort"].clone()).collect()
                };
                port["nodePort"] = free(w, draw, of);
            }
        }
    }
}

/// The first number that no Service has.
fn free(w: &World, draw: impl Fn(u64) -> Value, of: impl Fn(&Value) -> Value) -> Value {
    let is_taken = |value: &Value| {
        let mut others = w.workloads.services.iter().filter(|served| served.exists);
        others.any(|served| match of(&served.object.value) {
            Value::Array(all) => all.contains(value),
            one => one == *value,
        })
    };
    (0..TRIES).map(&draw).find(|value| !is_taken(value)).unwrap_or_else(|| draw(0))
}
