//! EndpointSlices: who stands behind a Service, on which ports, and in which slice.
//!
//! A Service may have ten thousand pods, and of each change few are concerned. So there are two ways to the same
//! slices: [`reconcile`] compares all endpoints with all slices, [`change`] is told which pods have changed and where
//! they stood, and touches nothing else. Which endpoint a pod is ([`endpoint`]) and on which ports ([`ports`]) are
//! questions of their own.
//!
//! Left out: zone hints by the annotation `service.kubernetes.io/topology-mode`.
//!
//! Source: staging/src/k8s.io/endpointslice/reconciler.go, utils.go, util/controller_utils.go,
//! trafficdist/trafficdist.go, 1.36.3.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::ownership::{controller_ref, is_uid};
use crate::api::service::{Endpoint, EndpointPort, EndpointSlice, Service, TargetPort};
use crate::api::text::Uid;
use crate::api::{Container, Labels, Meta, Phase, PodSpec, RestartPolicy, Sym};
use crate::time::Time;

/// So many endpoints a slice holds where nobody says otherwise (`--max-endpoints-per-slice`).
pub const MOST_PER_SLICE: usize = 100;
/// The label by which a slice names its Service.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const CONTROLLER: &str = "endpointslice-controller.k8s.io";
const HEADLESS: &str = "service.kubernetes.io/headless";
/// The annotation that says when what a slice tells of came about.
const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// What a Service asks of a pod that its selector matches.
#[derive(Clone, Copy, Debug)]
pub struct PodSeen<'a> {
    /// `metadata.name`
    pub name: Sym,
    /// `metadata.uid`
    pub uid: Uid,
    /// `status.phase`
    pub phase: Phase,
    /// `status.podIPs`
    pub ips: &'a [Sym],
    /// Its condition Ready is True.
    pub is_ready: bool,
    /// It has a deletionTimestamp.
    pub is_deleted: bool,
    /// `spec`
    pub spec: &'a PodSpec,
    /// Where it runs (`spec.nodeName`).
    pub node_name: Sym,
    /// The zone of its node, empty if that has none; None: there is no such node.
    pub zone: Option<Sym>,
}

/// Whether the controller keeps slices of this Service (`syncService`,
/// pkg/controller/endpointslice/endpointslice_controller.go).
pub fn keeps(service: &Service) -> bool {
    service.selector.is_some() && !service.is_external_name
}

/// The kinds of addresses for which a Service has slices (`getAddressTypesForService`); a slice of another kind is
/// deleted.
pub fn families(service: &Service) -> Vec<Sym> {
    let (v4, v6) = (Sym::new("IPv4"), Sym::new("IPv6"));
    let mut families: Vec<Sym> = Vec::new();
    for family in service.ip_families.iter().filter(|family| **family == v4 || **family == v6) {
        if !families.contains(family) {
            families.push(*family);
        }
    }
    if !families.is_empty() {
        return families;
    }
    match service.value["clusterIP"].as_str() {
        Some(ip) if !service.is_headless && !ip.is_empty() => vec![if ip.contains(':') { v6 } else { v4 }],
        _ => vec![v4, v6],
    }
}

/// Whether a pod stands behind a Service at all, ready or not (`ShouldPodBeInEndpoints`).
pub fn is_behind(phase: Phase, ips: &[Sym]) -> bool {
    !phase.is_terminal() && !ips.is_empty()
}

/// The endpoint that a pod is, for one kind of addresses (`podToEndpoint`, `ShouldPodBeInEndpoints`, `ReconcileHints`);
/// None: it is not there.
///
/// # Errors
/// Its node does not exist: it is left out, and the Service looked at again, unless it publishes whatever there is.
pub fn endpoint(service: &Service, pod: &PodSeen, family: Sym) -> Result<Option<Endpoint>, String> {
    if !is_behind(pod.phase, pod.ips) {
        return Ok(None);
    }
    if pod.zone.is_none() && !service.publish_not_ready_addresses {
        let Service { meta, .. } = service;
        let (namespace, name) = (meta.namespace, meta.name);
        let node = pod.node_name;
        return Err(format!(
            "skipping Pod {} for Service {namespace}/{name}: Node {node} Not Found",
            pod.name
        ));
    }
    let is_wanted = |ip: &&Sym| ip.contains(':') == (family == "IPv6");
    let addresses: Vec<Sym> = pod.ips.iter().filter(is_wanted).copied().collect();
    if addresses.is_empty() {
        return Ok(None);
    }
    let text = |name: &str| pod.spec.rest.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let mut endpoint = Endpoint {
        addresses,
        ready: service.publish_not_ready_addresses || (pod.is_ready && !pod.is_deleted),
        serving: pod.is_ready,
        terminating: pod.is_deleted,
        hostname: match text("subdomain") == service.meta.name.as_str() {
            true => Sym::new(text("hostname")),
            false => Sym::EMPTY,
        },
        node_name: pod.node_name,
        zone: pod.zone.unwrap_or_default(),
        hint_zones: Vec::new(),
        hint_nodes: Vec::new(),
        pod: pod.name,
        pod_uid: Some(pod.uid),
    };
    if endpoint.ready {
        hint(service, &mut endpoint);
    }
    Ok(Some(endpoint))
}

/// Ready, serving and terminating, as an endpoint says it (`podToEndpoint`).
pub fn conditions(service: &Service, is_ready: bool, is_deleted: bool) -> (bool, bool, bool) {
    let ready = service.publish_not_ready_addresses || (is_ready && !is_deleted);
    (ready, is_ready, is_deleted)
}

/// `spec.trafficDistribution`: clients near a ready endpoint are sent to it.
fn hint(service: &Service, endpoint: &mut Endpoint) {
    let some = |sym: Sym| if sym.is_empty() { Vec::new() } else { vec![sym] };
    match service.value["trafficDistribution"].as_str() {
        Some("PreferClose" | "PreferSameZone") => endpoint.hint_zones = some(endpoint.zone),
        Some("PreferSameNode") => {
            endpoint.hint_zones = some(endpoint.zone);
            endpoint.hint_nodes = some(endpoint.node_name);
        }
        _ => {}
    }
}

/// The ports that a pod has for a Service (`getEndpointPorts`, `FindPort`). One that it does not have by name is left
/// out.
pub fn ports(service: &Service, spec: &PodSpec) -> Vec<EndpointPort> {
    let is_sidecar = |container: &&Container| container.restart_policy == Some(RestartPolicy::Always);
    let named = |name: Sym, protocol: Sym| {
        let containers = spec.containers.iter().chain(spec.init_containers.iter().filter(is_sidecar));
        let mut ports = containers.flat_map(|container| &container.ports);
        let of = |sym: Sym| if sym.is_empty() { Sym::new("TCP") } else { sym };
        ports.find(|port| port.name == name.as_str() && of(port.protocol) == protocol)
    };
    let mut found = Vec::with_capacity(service.ports.len());
    for port in service.ports.iter() {
        let number = match port.target {
            TargetPort::Number(number) => Some(number),
            TargetPort::Name(name) => named(name, port.protocol).map(|port| port.container_port),
        };
        if let Some(number) = number {
            found.push(EndpointPort {
                name: port.name,
                protocol: port.protocol,
                port: number,
                app_protocol: port.app_protocol,
            });
        }
    }
    found
}

/// An endpoint, and the ports by which it is reached: those of its slice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Desired {
    /// The pod's [`ports`]; shared by those that have the same.
    pub ports: Arc<Vec<EndpointPort>>,
    /// The pod's [`endpoint`].
    pub endpoint: Endpoint,
}

/// Whose slices, and which of them.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The Service.
    pub service: &'a Service,
    /// Of [`families`].
    pub family: Sym,
    /// See [`MOST_PER_SLICE`].
    pub most: usize,
    /// When what is being told came about, if that is known.
    pub trigger: Option<Time>,
}

/// What becomes of a Service's slices; they are made first, then updated, then deleted (`finalize`).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changes {
    /// Slices without a name: [`generate_name`] begins it.
    pub create: Vec<EndpointSlice>,
    /// By index. Without a resourceVersion: whatever it is.
    pub update: Vec<(usize, EndpointSlice)>,
    /// By index.
    pub delete: Vec<usize>,
}

/// A pod that has changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Its name.
    pub pod: Sym,
    /// In which of the slices it stands.
    pub was: Option<usize>,
    /// What it is now; None: it is no longer there.
    pub now: Option<Desired>,
}

/// What a Service's slices of one kind of addresses become, where these are all its endpoints
/// (`reconcileByAddressType`, `reconcileByPortMapping`).
pub fn reconcile(scope: &Scope, slices: &[&EndpointSlice], desired: Vec<Desired>) -> Changes {
    let mut plan = Plan::new(scope, slices);
    // By identity, as `EndpointSet` has it: pod and addresses.
    let mut wanted: BTreeMap<Identity, (usize, Desired)> = BTreeMap::new();
    for (order, one) in desired.into_iter().enumerate() {
        wanted.insert(identity(&one.endpoint), (order, one));
    }
    for (at, slice) in slices.iter().enumerate() {
        let mut kept = Vec::with_capacity(slice.endpoints.len());
        for endpoint in &slice.endpoints {
            let key = identity(endpoint);
            let stays = wanted.get(&key).is_some_and(|(_, one)| plan.is_of_ports(at, &one.ports));
            if stays && let Some((_, one)) = wanted.remove(&key) {
                kept.push(one.endpoint);
            }
        }
        if kept != slice.endpoints {
            plan.rewrite(at, kept);
        }
    }
    let mut arriving: Vec<(usize, Desired)> = wanted.into_values().collect();
    arriving.sort_unstable_by_key(|(order, _)| *order);
    for (_, one) in arriving {
        plan.arrive(one);
    }
    plan.settle()
}

/// What they become where these pods have changed, and no others; the same as [`reconcile`] would make of all.
pub fn change(scope: &Scope, slices: &[&EndpointSlice], changed: Vec<Changed>) -> Changes {
    let mut plan = Plan::new(scope, slices);
    let mut touched: BTreeMap<usize, Vec<Endpoint>> = BTreeMap::new();
    for Changed { pod, was, now } in changed {
        let place = was.and_then(|at| {
            let endpoints = touched.entry(at).or_insert_with(|| slices[at].endpoints.clone());
            let index = endpoints.iter().position(|endpoint| endpoint.pod == pod)?;
            Some((at, endpoints, index))
        });
        match (place, now) {
            (Some((at, endpoints, index)), Some(one))
                if endpoints[index].addresses == one.endpoint.addresses
                    && plan.is_of_ports(at, &one.ports) =>
            {
                endpoints[index] = one.endpoint;
            }
            (place, now) => {
                if let Some((_, endpoints, index)) = place {
                    endpoints.remove(index);
                }
                if let Some(one) = now {
                    plan.arrive(one);
                }
            }
        }
    }
    for (at, endpoints) in touched {
        if endpoints != slices[at].endpoints {
            plan.rewrite(at, endpoints);
        }
    }
    plan.settle()
}

/// Pod and addresses.
type Identity = (&'static str, Vec<&'static str>);

fn identity(endpoint: &Endpoint) -> Identity {
    let mut addresses: Vec<&str> = endpoint.addresses.iter().map(|address| address.as_str()).collect();
    addresses.sort_unstable();
    (endpoint.pod.as_str(), addresses)
}

/// `generateName` of a Service's slices (`getEndpointSlicePrefix`).
pub fn generate_name(service: &str) -> String {
    super::pod_control::generate_name(service)
}

/// Slices and endpoints of one set of ports.
struct Group {
    ports: Arc<Vec<EndpointPort>>,
    /// Its ports in the order that tells sets of them apart (`NewPortMapKey`).
    key: Vec<EndpointPort>,
    slices: Vec<usize>,
    arriving: VecDeque<Endpoint>,
}

/// A change of slices that is being thought out.
struct Plan<'a> {
    scope: &'a Scope<'a>,
    slices: &'a [&'a EndpointSlice],
    groups: Vec<Group>,
    /// The group of each slice; None: it is not this Service's.
    group_of: Vec<Option<usize>>,
    /// Slices of which an endpoint has left or changed.
    rewritten: BTreeMap<usize, Vec<Endpoint>>,
    labels: Labels,
}

impl<'a> Plan<'a> {
    fn new(scope: &'a Scope, slices: &'a [&'a EndpointSlice]) -> Plan<'a> {
        let labels = labels(scope.service);
        let mut plan = Plan {
            scope,
            slices,
            groups: Vec::new(),
            group_of: Vec::new(),
            rewritten: BTreeMap::new(),
            labels,
        };
        for (at, slice) in slices.iter().enumerate() {
            let group = is_owned(slice, scope.service).then(|| {
                let group = plan.group(&slice.ports.clone().unwrap_or_default());
                plan.groups[group].slices.push(at);
                group
            });
            plan.group_of.push(group);
        }
        plan
    }

    fn find(&self, ports: &Arc<Vec<EndpointPort>>) -> Option<usize> {
        let shared = self.groups.iter().position(|group| Arc::ptr_eq(&group.ports, ports));
        shared.or_else(|| {
            let key = key(ports);
            self.groups.iter().position(|group| group.key == key)
        })
    }
    fn group(&mut self, ports: &Arc<Vec<EndpointPort>>) -> usize {
        self.find(ports).unwrap_or_else(|| {
            let key = key(ports);
            let (slices, arriving) = (Vec::new(), VecDeque::new());
            self.groups.push(Group { ports: ports.clone(), key, slices, arriving });
            self.groups.len() - 1
        })
    }
    fn is_of_ports(&self, slice: usize, ports: &Arc<Vec<EndpointPort>>) -> bool {
        self.group_of[slice].is_some_and(|group| self.find(ports) == Some(group))
    }
    fn rewrite(&mut self, slice: usize, endpoints: Vec<Endpoint>) {
        self.rewritten.insert(slice, endpoints);
    }
    fn arrive(&mut self, one: Desired) {
        let group = self.group(&one.ports);
        self.groups[group].arriving.push_back(one.endpoint);
    }

    fn settle(mut self) -> Changes {
        let mut changes = Changes::default();
        let strangers = self.group_of.iter().enumerate().filter(|(_, group)| group.is_none());
        changes.delete.extend(strangers.map(|(at, _)| at));
        for group in std::mem::take(&mut self.groups) {
            self.settle_group(group, &mut changes);
        }
        if self.slices.len() == changes.delete.len() && changes.create.is_empty() {
            let placeholder = self.slice(&Arc::default(), Vec::new());
            match changes.delete[..] {
                [only] if self.is_placeholder(self.slices[only]) => changes.delete.clear(),
                _ => changes.create.push(placeholder),
            }
        }
        self.reuse(&mut changes);
        changes
    }

    /// `reconcileByPortMapping`
    fn settle_group(&mut self, group: Group, changes: &mut Changes) {
        let Group { ports, slices, mut arriving, .. } = group;
        let is_empty = |at: &usize| {
            self.rewritten
                .get(at)
                .map_or(self.slices[*at].endpoints.is_empty(), |endpoints| endpoints.is_empty())
        };
        if arriving.is_empty() && slices.iter().all(is_empty) {
            changes.delete.extend(slices);
            return;
        }
        let mut unchanged: Vec<usize> = Vec::new();
        let mut updates: Vec<(usize, Vec<Endpoint>)> = Vec::new();
        for at in slices {
            match self.rewritten.remove(&at) {
                Some(endpoints) if endpoints.is_empty() => changes.delete.push(at),
                Some(endpoints) => updates.push((at, endpoints)),
                None if self.slices[at].meta.labels != self.labels => {
                    updates.push((at, self.slices[at].endpoints.clone()));
                }
                None => unchanged.push(at),
            }
        }
        // Those that change anyway are filled up, the fullest first.
        updates.sort_by_key(|(_, endpoints)| std::cmp::Reverse(endpoints.len()));
        let most = self.scope.most.max(1);
        let fill = |endpoints: &mut Vec<Endpoint>, arriving: &mut VecDeque<Endpoint>| {
            let room = most.saturating_sub(endpoints.len()).min(arriving.len());
            endpoints.extend(arriving.drain(..room));
        };
        for (_, endpoints) in &mut updates {
            fill(endpoints, &mut arriving);
        }
        // What is left goes into one slice that has room for all of it, or into new ones.
        while !arriving.is_empty() {
            let count = |at: usize| self.slices[at].endpoints.len();
            let fits = |at: &usize| arriving.len() < most && count(*at) + arriving.len() <= most;
            // The first of those that come closest to being full; one that would stay empty is none.
            let nearest =
                unchanged.iter().copied().filter(fits).max_by_key(|at| (count(*at), std::cmp::Reverse(*at)));
            match nearest {
                Some(at) => {
                    unchanged.retain(|other| *other != at);
                    let mut endpoints = self.slices[at].endpoints.clone();
                    fill(&mut endpoints, &mut arriving);
                    updates.push((at, endpoints));
                }
                None => {
                    let mut endpoints = Vec::new();
                    fill(&mut endpoints, &mut arriving);
                    changes.create.push(self.slice(&ports, endpoints));
                }
            }
        }
        updates.sort_by_key(|(at, _)| *at);
        for (at, endpoints) in updates {
            let old = self.slices[at];
            let mut meta = Meta { labels: self.labels.clone(), ..old.meta.clone() };
            self.put_trigger(&mut meta);
            changes.update.push((at, EndpointSlice { meta, endpoints, ..old.clone() }));
        }
    }

    /// A slice to be made takes the place of one to be deleted (`finalize`).
    fn reuse(&self, changes: &mut Changes) {
        let mut left = Vec::new();
        for at in std::mem::take(&mut changes.delete) {
            let old = self.slices[at];
            match changes.create.pop_if(|_| is_owned(old, self.scope.service)) {
                Some(mut slice) => {
                    // What the old one says of itself stays, whatever its version.
                    slice.meta = Meta {
                        labels: slice.meta.labels,
                        annotations: slice.meta.annotations,
                        owners: slice.meta.owners,
                        resource_version: 0,
                        ..old.meta.clone()
                    };
                    changes.update.push((at, slice));
                }
                None => left.push(at),
            }
        }
        changes.delete = left;
        if self.scope.service.meta.deletion.is_some() {
            changes.create.clear();
        }
    }

    /// `newEndpointSlice`
    fn slice(&self, ports: &Arc<Vec<EndpointPort>>, endpoints: Vec<Endpoint>) -> EndpointSlice {
        let service = &self.scope.service.meta;
        let mut meta = Meta {
            name: Sym::EMPTY,
            namespace: service.namespace,
            uid: Uid::Given(Sym::EMPTY),
            labels: self.labels.clone(),
            annotations: Arc::default(),
            finalizers: Arc::default(),
            owners: Arc::new(vec![controller_ref(service, "v1", "Service")]),
            generation: 0,
            resource_version: 0,
            created: Time::default(),
            deletion: None,
        };
        self.put_trigger(&mut meta);
        let ports = Some(ports.clone()).filter(|ports| !ports.is_empty());
        EndpointSlice { meta, address_type: self.scope.family, ports, endpoints }
    }

    /// `placeholderSliceCompare`
    fn is_placeholder(&self, slice: &EndpointSlice) -> bool {
        slice.endpoints.is_empty()
            && slice.ports.as_ref().is_none_or(|ports| ports.is_empty())
            && slice.meta.labels == self.labels
            && is_owned(slice, self.scope.service)
    }

    /// `addTriggerTimeAnnotation`
    fn put_trigger(&self, meta: &mut Meta) {
        match self.scope.trigger {
            Some(time) => {
                let annotations = Arc::make_mut(&mut meta.annotations);
                annotations.insert(TRIGGER_TIME.to_owned(), nanos(time));
            }
            None if meta.annotations.contains_key(TRIGGER_TIME) => {
                Arc::make_mut(&mut meta.annotations).remove(TRIGGER_TIME);
            }
            None => {}
        }
    }
}

/// RFC 3339 with what there is below the second, as Go's `RFC3339Nano` prints it.
fn nanos(time: Time) -> String {
    let text = time.rfc3339_micros();
    match text.strip_suffix('Z').and_then(|text| text.split_once('.')) {
        None => text,
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => format!("{whole}Z"),
            fraction => format!("{whole}.{fraction}Z"),
        },
    }
}

fn key(ports: &[EndpointPort]) -> Vec<EndpointPort> {
    let mut key = ports.to_vec();
    key.sort_by(|a, b| {
        let of = |port: &EndpointPort| (port.name.as_str(), port.protocol.as_str(), port.port);
        of(a).cmp(&of(b))
    });
    key
}

/// `ownedBy`
fn is_owned(slice: &EndpointSlice, service: &Service) -> bool {
    let is_it = |kind: Sym, group_version: Sym, uid: &str| {
        kind == "Service" && group_version == "v1" && is_uid(service.meta.uid, uid)
    };
    slice.meta.owners.iter().any(|owner| is_it(owner.kind, owner.api_version, &owner.uid))
}

/// The labels of a Service's slices: its own, and those that say whose they are (`setEndpointSliceLabels`).
fn labels(service: &Service) -> Labels {
    let mut labels = service.meta.labels.clone();
    let own = Arc::make_mut(&mut labels);
    own.remove(HEADLESS);
    let has_address = service.value["clusterIP"].as_str().is_some_and(|ip| !ip.is_empty() && ip != "None");
    if !has_address {
        own.insert(HEADLESS.to_owned(), String::new());
    }
    own.insert(SERVICE_NAME.to_owned(), service.meta.name.to_string());
    own.insert(MANAGED_BY.to_owned(), CONTROLLER.to_owned());
    labels
}
