//! EndpointSlices as they would be read: spelled out of what a run keeps of them ([`crate::world::endpoints`]).

use serde_json::{Value, json};

use crate::api::{Generated, Sym};
use crate::rules::controllers::endpoint_slice as rule;
use crate::world::held::Held;
use crate::world::{Purpose, World};
use crate::{api::service::Service, world::endpoints::Slices};

/// All slices of all Services, as the API prints what tables show of them; those of one Service in the order of their making.
pub(super) fn all(w: &World) -> Vec<(Sym, String, Value)> {
    let mut found = Vec::new();
    for served in w.workloads.services.iter().filter(|served| served.exists) {
        let Some(slices) = &served.beside else { continue };
        for slice in 0..slices.filled.len() as u32 {
            let name = name(w, served, slice);
            let value = value(w, served, slices, slice, &name);
            found.push((served.object.meta.namespace, name, value));
        }
    }
    found
}

fn name(w: &World, served: &Held<Service>, slice: u32) -> String {
    let number = w.draw(Purpose::Name, served.entity, u64::from(slice)).below(Generated::COUNT);
    let letters = Generated::new(number).letters();
    let base = rule::generate_name(served.object.meta.name.as_str());
    format!("{base}{}", String::from_utf8_lossy(&letters))
}

fn value(w: &World, served: &Held<Service>, slices: &Slices, slice: u32, name: &str) -> Value {
    let service = &served.object;
    let mut ports = Vec::new();
    let mut endpoints = Vec::new();
    for (pod, _) in slices.pods.iter().filter(|(_, (of, _))| *of == slice) {
        let p = &w.pods[pod.ix()];
        if let Some(ip) = p.status.ip() {
            endpoints.push(json!({ "addresses": [ip.as_str()] }));
        }
        if ports.is_empty() {
            ports = rule::ports(service, &p.spec);
        }
    }
    let ports: Vec<Value> =
        ports.iter().map(|port| json!({ "name": port.name.as_str(), "port": port.port })).collect();
    let families = rule::families(service);
    let family = families.first().map_or("IPv4", |family| family.as_str());
    json!({
        "kind": "EndpointSlice",
        "metadata": { "name": name, "creationTimestamp": service.meta.created.rfc3339_secs() },
        "addressType": family,
        "ports": ports,
        "endpoints": endpoints,
    })
}
