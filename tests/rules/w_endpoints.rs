//! W: the slices of a Service without any (`rules::controllers::endpoint_slice`).

use std::collections::BTreeMap;
use std::sync::Arc;

use kubelapse::api::service::{EndpointSlice, Service};
use kubelapse::api::text::Uid;
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_workloads::{endpoint_slice_value, service};
use kubelapse::api::{Sym, Tri};
use kubelapse::rules::controllers::endpoint_slice::{
    Changed, Changes, Desired, PodSeen, Scope, change, endpoint, families, generate_name, keeps, ports,
    reconcile,
};
use serde_json::{Value, json};

use super::harness::{Case, cases, check};

#[test]
fn endpoints_are_those_of_the_controller() {
    check("W_endpoints", answer);
}

struct World {
    service: Service,
    pods: Vec<Pod>,
    zones: BTreeMap<String, Sym>,
    most: usize,
}

impl World {
    fn of(case: &Case) -> World {
        let zone = |node: &Value| {
            let meta = &node["metadata"];
            let zone = meta["labels"]["topology.kubernetes.io/zone"].as_str().unwrap_or_default();
            (meta["name"].as_str().unwrap_or_default().to_owned(), Sym::new(zone))
        };
        let service = service(&case.input["service"]);
        let list = |name: &str| case.input[name].as_array().cloned().unwrap_or_default();
        let selects = |pod: &Pod| {
            let selector = service.selector.as_ref().expect("a selector");
            selector.iter().all(|(key, value)| pod.meta.labels.get(key) == Some(value))
        };
        let pods = match keeps(&service) {
            true => list("pods").iter().map(wire::pod).filter(selects).collect(),
            false => Vec::new(),
        };
        World {
            pods,
            zones: list("nodes").iter().map(zone).collect(),
            most: case.input["maxEndpointsPerSlice"]
                .as_u64()
                .and_then(|most| usize::try_from(most).ok())
                .expect("most"),
            service,
        }
    }
    fn scope(&self, family: Sym) -> Scope<'_> {
        Scope { service: &self.service, family, most: self.most, trigger: None }
    }
    fn desired(&self, pod: &Pod, family: Sym) -> Result<Option<Desired>, String> {
        let is_ready =
            |pod: &Pod| pod.status.conditions.iter().any(|c| c.kind == "Ready" && c.status == Tri::True);
        let ips: Vec<Sym> = pod.status.pod_ips.iter().copied().collect();
        let seen = PodSeen {
            name: Sym::new(&pod.meta.name),
            uid: Uid::Given(Sym::new(&pod.meta.uid)),
            phase: pod.status.phase,
            ips: &ips,
            is_ready: is_ready(pod),
            is_deleted: pod.meta.deletion_timestamp.is_some(),
            spec: &pod.spec,
            node_name: pod.spec.node_name,
            zone: self.zones.get(pod.spec.node_name.as_str()).copied(),
        };
        let ports = Arc::new(ports(&self.service, &pod.spec));
        Ok(endpoint(&self.service, &seen, family)?.map(|endpoint| Desired { ports, endpoint }))
    }
}

fn answer(case: &Case) -> Value {
    let world = World::of(case);
    let (mut slices, mut errors) = (Vec::new(), Vec::new());
    for family in families(&world.service).into_iter().filter(|_| keeps(&world.service)) {
        let mut all = Vec::new();
        for pod in &world.pods {
            match world.desired(pod, family) {
                Ok(one) => all.extend(one),
                Err(error) => errors.push(error),
            }
        }
        let changes = reconcile(&world.scope(family), &[], all);
        assert!(changes.update.is_empty() && changes.delete.is_empty());
        slices.extend(changes.create);
    }
    let mut told: Vec<Value> = slices.iter().map(|slice| spelled(slice, &world.service)).collect();
    told.sort_by_key(Value::to_string);
    if case.family != "many" {
        let mut told = json!({ "slices": told, "error": errors.first() });
        sort_as(&mut told["slices"], &case.expected["slices"]);
        return told;
    }
    let mut sizes: Vec<usize> = slices.iter().map(|slice| slice.endpoints.len()).collect();
    sizes.sort_unstable();
    let by_address = |endpoint: &Value| {
        (endpoint["addresses"][0].as_str().unwrap_or_default().to_owned(), endpoint.clone())
    };
    let endpoints = told.iter().flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
    let endpoints: BTreeMap<String, Value> = endpoints.map(by_address).collect();
    json!({ "sliceSizes": sizes, "endpoints": endpoints, "error": errors.first() })
}

fn spelled(slice: &EndpointSlice, service: &Service) -> Value {
    let value = endpoint_slice_value(slice);
    let sorted = |name: &str, key: fn(&Value) -> String| {
        let mut list = value[name].as_array().cloned().unwrap_or_default();
        list.sort_by_key(key);
        list
    };
    json!({
        "addressType": value["addressType"],
        "annotations": {},
        "endpoints": sorted("endpoints", |endpoint| endpoint["addresses"][0].to_string()),
        "generateName": generate_name(&service.meta.name),
        "labels": value["metadata"]["labels"],
        "ports": sorted("ports", |port| port["name"].to_string()),
    })
}

/// They are a set: puts ours in the order of theirs, as far as they are the same slices.
fn sort_as(ours: &mut Value, theirs: &Value) {
    let key = |slice: &Value| {
        let first = &slice["endpoints"][0]["addresses"][0];
        (slice["addressType"].to_string(), first.to_string())
    };
    let order: Vec<_> = theirs.as_array().into_iter().flatten().map(key).collect();
    if let Some(ours) = ours.as_array_mut() {
        ours.sort_by_key(|slice| order.iter().position(|other| *other == key(slice)));
    }
}

/// The slices as they are after a change; new ones get names.
fn apply(slices: &[EndpointSlice], changes: Changes, count: &mut usize) -> Vec<EndpointSlice> {
    let mut next: Vec<Option<EndpointSlice>> = slices.iter().cloned().map(Some).collect();
    for (at, slice) in changes.update {
        next[at] = Some(slice);
    }
    for at in changes.delete {
        next[at] = None;
    }
    let mut next: Vec<EndpointSlice> = next.into_iter().flatten().collect();
    for mut slice in changes.create {
        *count += 1;
        slice.meta.name = Sym::new(&format!("slice-{count}"));
        next.push(slice);
    }
    next
}

/// One after the other they come, as they are, and one after the other they go; and each time what the change of one pod
/// makes of the slices is what a look at all of them makes of it.
#[test]
fn one_change_makes_of_slices_what_a_look_at_all_does() {
    for case in cases("W_endpoints") {
        let world = World::of(&case);
        for family in families(&world.service).into_iter().filter(|_| keeps(&world.service)) {
            let scope = world.scope(family);
            let mut count = 0;
            let mut slices = apply(&[], reconcile(&scope, &[], Vec::new()), &mut count);
            assert_eq!(slices.len(), 1, "{}: a placeholder", case.id);
            let all: Vec<Desired> =
                world.pods.iter().filter_map(|pod| world.desired(pod, family).ok().flatten()).collect();
            let mut there: Vec<Desired> = Vec::new();
            let coming = all.iter().map(|one| (one, true));
            let turning = all.iter().map(|one| (one, false));
            for (step, (one, comes)) in coming.chain(turning).enumerate() {
                there.retain(|other| other.endpoint.pod != one.endpoint.pod);
                let mut one = one.clone();
                // Every third one only turns unready; the others go.
                let now = if comes {
                    Some(one)
                } else if step % 3 == 0 {
                    one.endpoint.ready = !one.endpoint.ready;
                    Some(one)
                } else {
                    None
                };
                let pod = all[step % all.len()].endpoint.pod;
                there.extend(now.clone());
                let refs: Vec<&EndpointSlice> = slices.iter().collect();
                let was =
                    slices.iter().position(|slice| slice.endpoints.iter().any(|other| other.pod == pod));
                let small = change(&scope, &refs, vec![Changed { pod, was, now }]);
                let large = reconcile(&scope, &refs, there.clone());
                assert_eq!(small, large, "{}: step {step}", case.id);
                slices = apply(&slices, small, &mut count);
                assert!(slices.iter().all(|slice| slice.endpoints.len() <= world.most), "{}", case.id);
                let stand: usize = slices.iter().map(|slice| slice.endpoints.len()).sum();
                assert_eq!(stand, there.len(), "{}: step {step}", case.id);
            }
        }
    }
}
