//! What objects use of a ResourceQuota, and when a new one is too much.
//!
//! Source: `CheckRequest` in staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go, pkg/quota/v1,
//! pkg/quota/v1/evaluator/core/{pods,services}.go and staging/src/k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go (1.36.2).
//! The surprises: whoever counts cpu or memory asks every container for it; an object that exceeds nothing but uses none of
//! what is counted is not looked at; a quota whose status nobody has calculated yet bounds nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::defaults::{Amounts, aggregate, amounts, is_huge_page, is_native_resource, is_pod_level_resource};
use crate::api::Sym;
use crate::api::quota::Spelled;
use crate::rules::machinery::quantity::Quantity;

type Object = Map<String, Value>;

/// A quota as admission knows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Quota<'a> {
    /// `metadata.name`
    pub name: &'a str,
    /// `spec`
    pub spec: &'a Value,
    /// `status.hard`
    pub hard: Amounts,
    /// `status.used`
    pub used: Amounts,
}

/// An object that may be counted.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    /// A pod.
    Pod(CountedPod<'a>),
    /// Any other object.
    Other {
        /// `deployments.apps`
        resource: &'a str,
        /// `spec`
        spec: &'a Value,
    },
}

/// A pod as quotas see it.
#[derive(Clone, Copy, Debug)]
pub struct CountedPod<'a> {
    /// `spec`
    pub spec: &'a Object,
    /// Its class of service.
    pub qos_class: Sym,
    /// It has come to a terminal phase, or its time to stop is over: only the object itself counts (`QuotaV1Pod`).
    pub is_over: bool,
    /// Resources of the pod as a whole count.
    pub pod_level_resources: bool,
}

/// Of these every container has to say something where they are counted (`validationSet`).
const ASKED_OF_ALL: [&str; 6] =
    ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
/// What is counted of pods (`podResources`).
const OF_PODS: [&str; 11] = [
    "count/pods",
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
];
/// Kinds of the oldest group that are counted by their plain name, too (`legacyObjectCountAliases`, and Services).
const BY_PLAIN_NAME: [&str; 5] =
    ["configmaps", "resourcequotas", "replicationcontrollers", "secrets", "services"];

impl Counted<'_> {
    /// Whether a resource is one that objects of this kind use (`MatchingResources`).
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Counted::Pod(_) => {
                OF_PODS.contains(&name)
                    || is_huge_page(name)
                    || name
                        .strip_prefix("requests.")
                        .is_some_and(|own| is_huge_page(own) || !is_native_resource(name))
            }
            Counted::Other { resource, .. } => {
                name.strip_prefix("count/") == Some(resource)
                    || (BY_PLAIN_NAME.contains(resource) && name == *resource)
                    || (*resource == "services" && name.starts_with("services."))
            }
        }
    }
    /// What it uses (`Usage`).
    pub fn usage(&self) -> Amounts {
        match self {
            Counted::Pod(pod) => pod.usage(),
            Counted::Other { resource, spec } => {
                let mut used = Amounts::from([(format!("count/{resource}"), whole(1))]);
                if BY_PLAIN_NAME.contains(resource) {
                    used.insert((*resource).to_owned(), whole(1));
                }
                if *resource == "services" {
                    let ports = spec["ports"].as_array().map_or(0, Vec::len);
                    let is_balanced = spec["type"] == "LoadBalancer";
                    let has_node_ports = spec["type"] == "NodePort"
                        || (is_balanced && spec["allocateLoadBalancerNodePorts"] != false);
                    let node_ports = if has_node_ports { ports } else { 0 };
                    used.insert("services.nodeports".to_owned(), whole(node_ports as i64));
                    used.insert("services.loadbalancers".to_owned(), whole(i64::from(is_balanced)));
                }
                used
            }
        }
    }
    /// Whether all scopes of a quota take it (`getScopeSelectorsFromQuota`, `podMatchesScopeFunc`).
    pub fn is_in_scope(&self, quota: &Value) -> bool {
        let plain = quota["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut scopes = plain.map(|scope| (scope, "Exists", &Value::Null)).chain(
            quota["scopeSelector"]["matchExpressions"].as_array().into_iter().flatten().map(|own| {
                let word = |key: &str| own[key].as_str().unwrap_or_default();
                (word("scopeName"), word("operator"), &own["values"])
            }),
        );
        match self {
            Counted::Pod(pod) => scopes.all(|(scope, operator, values)| pod.is_of(scope, operator, values)),
            Counted::Other { .. } => scopes.next().is_none(),
        }
    }
}

impl CountedPod<'_> {
    fn is_of(&self, scope: &str, operator: &str, values: &Value) -> bool {
        let is_terminating = self.spec.get("activeDeadlineSeconds").and_then(Value::as_i64).is_some();
        let is_best_effort = self.qos_class == Sym::BEST_EFFORT;
        match scope {
            "Terminating" => is_terminating,
            "NotTerminating" => !is_terminating,
            "BestEffort" => is_best_effort,
            "NotBestEffort" => !is_best_effort,
            "PriorityClass" => {
                let class = self.spec.get("priorityClassName").and_then(Value::as_str).unwrap_or_default();
                let listed = values.as_array().into_iter().flatten().any(|value| value == class);
                match operator {
                    "Exists" => !class.is_empty(),
                    "DoesNotExist" => class.is_empty(),
                    "NotIn" => class.is_empty() || !listed,
                    _ => !class.is_empty() && listed,
                }
            }
            "CrossNamespacePodAffinity" => self.looks_abroad(),
            _ => false,
        }
    }
    /// `usesCrossNamespacePodAffinity`
    fn looks_abroad(&self) -> bool {
        let affinity = self.spec.get("affinity").unwrap_or(&Value::Null);
        let is_abroad = |term: &Value| {
            term["namespaces"].as_array().is_some_and(|own| !own.is_empty())
                || term["namespaceSelector"].is_object()
        };
        ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
            let terms = |list: &str| affinity[*kind][list].as_array().into_iter().flatten();
            terms("requiredDuringSchedulingIgnoredDuringExecution").any(is_abroad)
                || terms("preferredDuringSchedulingIgnoredDuringExecution")
                    .any(|weighted| is_abroad(&weighted["podAffinityTerm"]))
        })
    }
    /// Resources of the pod as a whole, where they stand in for those of its containers.
    fn own(&self, list: &str) -> Amounts {
        let own = self.spec.get("resources").filter(|_| self.pod_level_resources);
        let mut own = amounts(own.and_then(|own| own.get(list)));
        own.retain(|name, _| is_pod_level_resource(name));
        own
    }
    /// `PodRequests`, `PodLimits`: with the overhead, which limits nothing that is not limited.
    fn total(&self, list: &str) -> Amounts {
        let mut total = aggregate(self.spec, list);
        total.extend(self.own(list));
        for (name, amount) in amounts(self.spec.get("overhead")) {
            match total.get_mut(&name) {
                Some(sum) => *sum = sum.plus(amount),
                None if list == "requests" => drop(total.insert(name, amount)),
                None => {}
            }
        }
        total
    }
    /// `PodUsageFunc`
    fn usage(&self) -> Amounts {
        let mut used = Amounts::from([("count/pods".to_owned(), whole(1))]);
        if !self.is_over {
            used.insert("pods".to_owned(), whole(1));
            used.extend(of_compute(&self.total("requests"), &self.total("limits")));
        }
        used
    }
    /// `Constraints`: which containers say nothing of what is asked of all.
    fn unsaid(&self, restricted: &BTreeSet<&str>) -> BTreeMap<String, BTreeSet<String>> {
        let mut unsaid: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if !self.own("requests").is_empty() {
            return unsaid;
        }
        for list in ["containers", "initContainers"] {
            for container in self.spec.get(list).and_then(Value::as_array).into_iter().flatten() {
                let of = |list| amounts(container.get("resources").and_then(|own| own.get(list)));
                let said = of_compute(&of("requests"), &of("limits"));
                for name in ASKED_OF_ALL.iter().filter(|name| restricted.contains(**name)) {
                    if !said.contains_key(*name) {
                        let who = container["name"].as_str().unwrap_or_default().to_owned();
                        unsaid.entry((*name).to_owned()).or_default().insert(who);
                    }
                }
            }
        }
        unsaid
    }
}

/// `podComputeUsageHelper`
fn of_compute(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut used = Amounts::new();
    for (name, amount) in requests {
        let is_plain = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || is_huge_page(name);
        if is_plain {
            used.insert(name.clone(), *amount);
        }
        if is_plain || !is_native_resource(name) {
            used.insert(format!("requests.{name}"), *amount);
        }
    }
    for (name, amount) in limits {
        if matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
            used.insert(format!("limits.{name}"), *amount);
        }
    }
    used
}

fn whole(count: i64) -> Quantity {
    Quantity::from_nanos(i128::from(count) * 1_000_000_000, Default::default())
}

/// What the quotas of its namespace come to with a new object: for each that it uses something of, which one and what is used
/// of it then.
///
/// # Errors
/// One of them refuses it; the words of the plugin.
pub fn charge(quotas: &[Quota<'_>], object: &Counted<'_>) -> Result<Vec<(usize, Amounts)>, String> {
    let mut interesting = Vec::new();
    for (ix, quota) in quotas.iter().enumerate() {
        let restricted: BTreeSet<&str> =
            quota.hard.keys().map(String::as_str).filter(|name| object.matches(name)).collect();
        if restricted.is_empty() || !object.is_in_scope(quota.spec) {
            continue;
        }
        if let Counted::Pod(pod) = object {
            let unsaid = pod.unsaid(&restricted);
            if !unsaid.is_empty() {
                let told: Vec<String> = unsaid
                    .iter()
                    .map(|(name, who)| {
                        format!(
                            "{name} for: {}",
                            who.iter().map(String::as_str).collect::<Vec<_>>().join(",")
                        )
                    })
                    .collect();
                return Err(format!("failed quota: {}: must specify {}", quota.name, told.join("; ")));
            }
        }
        if restricted.iter().any(|name| !quota.used.contains_key(*name)) {
            let names: Vec<&str> = restricted.into_iter().collect();
            return Err(format!("status unknown for quota: {}, resources: {}", quota.name, names.join(",")));
        }
        interesting.push(ix);
    }
    let mut usage = object.usage();
    usage.retain(|_, amount| !amount.is_zero());
    let mut charged = Vec::new();
    for ix in interesting {
        let quota = &quotas[ix];
        let requested: Amounts = usage
            .iter()
            .filter(|(name, _)| quota.hard.contains_key(*name))
            .map(|(k, v)| (k.clone(), *v))
            .collect();
        if requested.is_empty() {
            continue;
        }
        let used = sum(&quota.used, &requested);
        let is_exceeded = |name: &String| used[name].cmp_value(quota.hard[name]).is_gt();
        let exceeded: Vec<&String> = requested.keys().filter(|name| is_exceeded(name)).collect();
        if !exceeded.is_empty() {
            let list = |of: &Amounts| {
                let told = |name: &&&String| of.get(**name).map(|amount| format!("{name}={amount}"));
                exceeded.iter().filter_map(|name| told(&name)).collect::<Vec<_>>().join(",")
            };
            return Err(format!(
                "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                quota.name,
                list(&requested),
                list(&quota.used),
                list(&quota.hard)
            ));
        }
        charged.push((ix, used));
    }
    Ok(charged)
}

/// Amounts as an object's status has them.
pub fn to_spelled(amounts: &Amounts) -> Spelled {
    amounts.iter().map(|(name, amount)| (name.clone(), amount.to_string())).collect()
}

/// The amounts of an object's status.
pub fn from_spelled(spelled: &Spelled) -> Amounts {
    let read = |text: &str| Quantity::parse(text).unwrap_or_default();
    spelled.iter().map(|(name, text)| (name.clone(), read(text))).collect()
}

/// `quota.Add`
fn sum(one: &Amounts, other: &Amounts) -> Amounts {
    let mut sum = one.clone();
    for (name, amount) in other {
        let had = sum.get(name).copied();
        sum.insert(name.clone(), had.map_or(*amount, |had| had.plus(*amount)));
    }
    sum
}

/// What all objects of a namespace use of a quota, of each resource that it bounds (`CalculateUsage`).
pub fn recalculated(spec: &Value, objects: &[(Counted<'_>, usize)]) -> Amounts {
    let mut used: Amounts =
        amounts(spec.get("hard")).into_keys().map(|name| (name, Quantity::ZERO)).collect();
    for (object, count) in objects.iter().filter(|(object, _)| object.is_in_scope(spec)) {
        for (name, amount) in object.usage() {
            let Some(sum) = used.get_mut(&name) else { continue };
            for _ in 0..*count {
                *sum = sum.plus(amount);
            }
        }
    }
    used
}
