//! EndpointSlices as they would be read: spelled out of what a run keeps of them ([`crate::world::endpoints`]).

use serde_json::{Value, json};

use crate::api::{Generated, Sym};
use crate::record::ObjectRow;
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

/// The same by the Service's place in the directory and the slice's number, with all that an exporter tells of them.
pub(super) fn by_service(w: &World) -> Vec<(ObjectRow, u32, Value)> {
    let mut found = Vec::new();
    for served in w.workloads.services.iter().filter(|served| served.exists) {
        let Some(slices) = &served.beside else { continue };
        for slice in 0..slices.filled.len() as u32 {
            let name = name(w, served, slice);
            let mut value = value(w, served, slices, slice, &name);
            value["metadata"]["namespace"] = served.object.meta.namespace.as_str().into();
            value["endpoints"] = endpoints(w, slices, slice);
            found.push((served.row, slice, value));
        }
    }
    found
}

/// The slices of one Service as objects of the API, with their names.
pub(super) fn of_service(w: &World, served: &Held<Service>) -> Vec<(String, Value)> {
    let Some(slices) = served.beside.as_ref().filter(|_| served.exists) else { return Vec::new() };
    let meta = &served.object.meta;
    let spelled = |slice: u32| {
        let name = name(w, served, slice);
        let mut value = value(w, served, slices, slice, &name);
        value["apiVersion"] = "discovery.k8s.io/v1".into();
        let metadata = &mut value["metadata"];
        metadata["namespace"] = meta.namespace.as_str().into();
        metadata["generateName"] = rule::generate_name(meta.name.as_str()).into();
        metadata["uid"] = format!("{:08x}-0000-4000-8000-{slice:012x}", served.row).into();
        metadata["labels"] = json!({
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": meta.name.as_str(),
        });
        metadata["ownerReferences"] = json!([{
            "apiVersion": "v1", "kind": "Service", "name": meta.name.as_str(), "uid": meta.uid.to_string(),
            "controller": true, "blockOwnerDeletion": true,
        }]);
        value["endpoints"] = endpoints(w, slices, slice);
        (name, value)
    };
    (0..slices.filled.len() as u32).map(spelled).collect()
}

/// `v1` Endpoints of a Service, from its slices.
pub(super) fn as_endpoints<'a>(served: &Held<Service>, slices: impl Iterator<Item = &'a Value>) -> Value {
    let meta = &served.object.meta;
    let mut ready = Vec::new();
    let mut others = Vec::new();
    let mut ports = Value::Null;
    for slice in slices {
        if ports.is_null() && slice["ports"].as_array().is_some_and(|ports| !ports.is_empty()) {
            ports = slice["ports"].clone();
        }
        for own in slice["endpoints"].as_array().into_iter().flatten() {
            let address = json!({
                "ip": own["addresses"][0], "nodeName": own["nodeName"], "targetRef": own["targetRef"],
            });
            if own["conditions"]["ready"] == true { &mut ready } else { &mut others }.push(address);
        }
    }
    let mut object = json!({
        "kind": "Endpoints", "apiVersion": "v1",
        "metadata": {
            "name": meta.name.as_str(), "namespace": meta.namespace.as_str(),
            "uid": format!("{:08x}-0000-4000-8001-000000000000", served.row),
            "creationTimestamp": meta.created.rfc3339_secs(),
        },
    });
    if !ready.is_empty() || !others.is_empty() {
        let mut subset = json!({});
        if !ready.is_empty() {
            subset["addresses"] = ready.into();
        }
        if !others.is_empty() {
            subset["notReadyAddresses"] = others.into();
        }
        subset["ports"] = ports;
        object["subsets"] = json!([subset]);
    }
    object
}

/// Who stands in a slice, and as what.
fn endpoints(w: &World, slices: &Slices, slice: u32) -> Value {
    let mut endpoints = Vec::new();
    for (pod, (_, standing)) in slices.pods.iter().filter(|(_, (of, _))| *of == slice) {
        let p = &w.pods[pod.ix()];
        let Some(ip) = p.status.ip() else { continue };
        let node = p.node.map(|node| &w.nodes[node.ix()].spec);
        let zone = node.and_then(|node| node.labels.get("topology.kubernetes.io/zone"));
        endpoints.push(json!({
            "addresses": [ip.as_str()],
            "conditions": {
                "ready": standing.ready, "serving": standing.serving, "terminating": standing.terminating,
            },
            "nodeName": node.map_or("", |node| node.name.as_str()),
            "zone": zone.map_or("", String::as_str),
            "targetRef": {
                "kind": "Pod", "name": p.ident.name.to_string(), "namespace": p.ident.namespace.as_str(),
            },
        }));
    }
    endpoints.into()
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
        ports.iter().map(|port| json!({ "name": port.name.as_str(), "port": port.port, "protocol": port.protocol.as_str() })).collect();
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
