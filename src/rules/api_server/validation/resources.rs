//! Requests, limits, claims.
//!
//! Source: `validateResourceRequirements` and its neighbours in pkg/apis/core/validation/validation.go,
//! pkg/apis/core/helper/helpers.go (1.36.2). The surprise: a request above its limit is reported at `requests`, not at
//! the resource.

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::field::{At, Errors};
use super::names;
use crate::rules::api_server::defaults::{
    aggregate, amounts, is_huge_page, is_native_resource, is_overcommit_allowed, is_pod_level_resource,
};
use crate::rules::machinery::quantity::Quantity;
use crate::rules::machinery::quote::quote;
use crate::rules::versions::habits::Habits;

/// Resources that quotas and limits know by a plain name.
const STANDARD: &[&str] = &[
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
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];
const COUNTED: &[&str] = &[
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Whose resources they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Container,
    Pod,
    /// Whatever can be counted.
    Anything,
}

/// `validateResourceRequirements`
pub fn validate(resources: &At, of: Of, claims: &[&str], habits: &Habits, errors: &mut Errors) {
    let (limits_at, requests_at) = (resources.child("limits"), resources.child("requests"));
    let (limits, requests) = (amounts(Some(limits_at.value)), amounts(Some(requests_at.value)));
    for (name, amount) in &limits {
        let path = limits_at.path_of_key(name);
        resource_name(name, &path, of, habits, errors);
        amount_of(name, *amount, &path, errors);
        huge_page_multiple(name, *amount, &path, errors);
    }
    for (name, amount) in &requests {
        let path = requests_at.path_of_key(name);
        resource_name(name, &path, of, habits, errors);
        amount_of(name, *amount, &path, errors);
        match limits.get(name) {
            Some(limit) if amount.cmp_value(*limit).is_ne() && !is_overcommit_allowed(name) => {
                let detail = format!("must be equal to {name} limit of {limit}");
                errors.invalid(requests_at.path.clone(), amount.to_string(), detail);
            }
            Some(limit) if amount.cmp_value(*limit).is_gt() => {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                errors.invalid(requests_at.path.clone(), amount.to_string(), detail);
            }
            None if !is_overcommit_allowed(name) => {
                errors.required(limits_at.path.clone(), "Limit must be set for non overcommitable resources");
            }
            _ => {}
        }
        huge_page_multiple(name, *amount, &path, errors);
    }
    let mut all = limits.keys().chain(requests.keys());
    if all.clone().any(|name| is_huge_page(name)) && !all.any(|name| name == "cpu" || name == "memory") {
        errors.forbidden(resources.path.clone(), "HugePages require cpu or memory");
    }
    claim_names(&resources.child("claims"), claims, errors);
}

/// `validateContainerResourceName`, `validatePodResourceName`, and `validateResourceName` of anything
pub fn resource_name(name: &str, path: &str, of: Of, habits: &Habits, errors: &mut Errors) {
    let before = errors.len();
    errors.invalid_each(path, name, names::label_key(name, habits));
    let plain = !name.contains('/');
    let standard = STANDARD.contains(&name) || is_huge_page(name) || name.starts_with("requests.hugepages-");
    if errors.len() == before && plain && !standard {
        errors.invalid(path, name, "must be a standard resource type or fully qualified");
    }
    match of {
        Of::Anything => {}
        Of::Pod => {
            if errors.len() == before && !is_pod_level_resource(name) {
                errors.not_supported(path, name, &["cpu", "hugepages-", "memory"]);
            }
        }
        Of::Container if plain => {
            if !["cpu", "memory", "ephemeral-storage"].contains(&name) && !is_huge_page(name) {
                errors.invalid(path, name, "must be a standard resource for containers");
            }
        }
        Of::Container => {
            if !is_native_resource(name) && !is_extended_resource(name) {
                errors.invalid(path, name, "doesn't follow extended resource name standard");
            }
        }
    }
}

/// `IsExtendedResourceName`
fn is_extended_resource(name: &str) -> bool {
    !is_native_resource(name)
        && !name.starts_with("requests.")
        && names::is_label_key(&format!("requests.{name}"))
}

/// `IsStandardQuotaResourceName`
pub fn is_standard_of_quota(name: &str) -> bool {
    let is_huge = is_huge_page(name) || name.starts_with("requests.hugepages-");
    name != "storage" && STANDARD.contains(&name) || is_huge
}

/// `ValidateResourceQuantityValue`
pub fn amount_of(name: &str, amount: Quantity, path: &str, errors: &mut Errors) {
    if amount.sign() < 0 {
        errors.invalid(path, amount.to_string(), "must be greater than or equal to 0");
    }
    let counted = COUNTED.contains(&name) || is_extended_resource(name);
    if counted && amount.milli_value() % 1000 != 0 {
        errors.invalid(path, amount.to_string(), "must be an integer");
    }
}

/// `validateResourceQuantityHugePageValue`
fn huge_page_multiple(name: &str, amount: Quantity, path: &str, errors: &mut Errors) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let divides = Quantity::parse(size).is_ok_and(|size| {
        let (page, amount) = (size.milli_value(), amount.milli_value());
        page > 0 && amount % page == 0
    });
    if !divides {
        let detail = format!("{amount} is not positive integer multiple of {name}");
        errors.invalid(path, amount.to_string(), detail);
    }
}

/// `validateResourceClaimNames`: every claim of a container is one of the pod's, once.
fn claim_names(claims: &At, of_the_pod: &[&str], errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for claim in claims.items() {
        let (name, request) = (claim.text_of("name"), claim.text_of("request"));
        if name.is_empty() {
            errors.required(claim.path, "");
            continue;
        }
        if seen.iter().any(|key| key == name) {
            errors.duplicate(claim.path.clone(), name);
        } else {
            let mut key = name.to_owned();
            if !request.is_empty() {
                errors.invalid_each(&claim.path_of("request"), request, names::dns1123_label(request));
                key = format!("{name}/{request}");
            }
            if seen.contains(&key) {
                errors.duplicate(claim.path.clone(), key.as_str());
            } else if request.is_empty() {
                for _ in seen.iter().filter(|key| key.split_once('/').is_some_and(|(of, _)| of == name)) {
                    errors.duplicate(claim.path.clone(), name);
                }
            }
            seen.push(key);
        }
        if !of_the_pod.contains(&name) {
            let list = if of_the_pod.is_empty() {
                " which is empty".to_owned()
            } else {
                let mut sorted = of_the_pod.to_vec();
                sorted.sort_unstable();
                format!(": {}", sorted.join(", "))
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{list}");
            errors.not_found(claim.path.clone(), name, detail);
        }
    }
}

/// `validatePodResources`
pub fn pod_level(spec: &At, claims: &[&str], habits: &Habits, errors: &mut Errors) {
    let Some(own) = spec.some("resources") else { return };
    if spec.child("os").text_of("name") == "windows" {
        errors.forbidden(own.path, "may not be set for a windows pod");
        return;
    }
    if own.some("claims").is_some() {
        errors.forbidden(own.path_of("claims"), "claims cannot be set for Resources at pod-level");
    }
    validate(&own, Of::Pod, claims, habits, errors);
    let (requests, limits) =
        (amounts(Some(own.child("requests").value)), amounts(Some(own.child("limits").value)));
    let empty = serde_json::Map::new();
    let members = spec.value.as_object().unwrap_or(&empty);
    // What the pod itself does not name is left to its containers.
    for (name, needed) in aggregate(members, "requests") {
        if let Some(granted) = requests.get(&name)
            && needed.cmp_value(*granted).is_gt()
        {
            let detail = format!("must be greater than or equal to aggregate container requests of {needed}");
            errors.invalid(own.child("requests").path_of_key(&name), granted.to_string(), detail);
        }
    }
    for (name, needed) in aggregate(members, "limits").into_iter().filter(|(name, _)| is_huge_page(name)) {
        if let Some(granted) = limits.get(&name)
            && needed.cmp_value(*granted).is_gt()
        {
            let detail = format!("must be greater than or equal to aggregate container limits of {needed}");
            errors.invalid(own.child("limits").path_of_key(&name), granted.to_string(), detail);
        }
    }
    for (i, container) in spec.child("containers").items().enumerate() {
        for (name, limit) in amounts(Some(container.child("resources").child("limits").value)) {
            let Some(of_the_pod) = limits.get(&name) else { continue };
            if limit.cmp_value(*of_the_pod).is_gt() {
                let path = format!("{}.containers[{i}][{name}].limits", own.path);
                let detail = format!("must be less than or equal to pod limits of {of_the_pod}");
                errors.invalid(path, limit.to_string(), detail);
            }
        }
    }
}

/// `validateOverhead`: the rules for limits, on the list itself.
pub fn overhead(spec: &At, habits: &Habits, errors: &mut Errors) {
    let Some(overhead) = spec.some("overhead") else { return };
    let as_limits = serde_json::json!({"limits": overhead.value});
    validate(&At::new(&as_limits, &overhead.path), Of::Container, &[], habits, errors);
}

/// `validatePodResourceClaims`
pub fn pod_claims(claims: &At, errors: &mut Errors) {
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for claim in claims.items() {
        let name = claim.text_of("name");
        if name.is_empty() {
            errors.required(claim.path_of("name"), "");
        } else if seen.contains(&name) {
            errors.duplicate(claim.path_of("name"), name);
        } else {
            errors.invalid_each(&claim.path_of("name"), name, names::dns1123_label(name));
            seen.insert(name);
        }
        let (by_name, by_template) =
            (claim.some("resourceClaimName"), claim.some("resourceClaimTemplateName"));
        // Shown as Go writes its own type, which has no names for JSON.
        let shown = || {
            serde_json::json!({
                "Name": name,
                "ResourceClaimName": claim.child("resourceClaimName").value,
                "ResourceClaimTemplateName": claim.child("resourceClaimTemplateName").value,
            })
        };
        match (&by_name, &by_template) {
            (Some(_), Some(_)) => {
                let detail =
                    "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                errors.invalid(claim.path.clone(), shown(), detail);
            }
            (None, None) => {
                let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                errors.invalid(claim.path.clone(), shown(), detail);
            }
            _ => {}
        }
        for source in [by_name, by_template].into_iter().flatten() {
            errors.invalid_each(&source.path, source.str(), names::dns1123_subdomain(source.str()));
        }
    }
}

/// `validateContainerResourceDivisor`
pub fn divisor(resource: &str, divisor: &Value, path: &str, errors: &mut Errors) {
    const BYTES: &[&str] =
        &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    let text = divisor.as_str().unwrap_or("0");
    if Quantity::parse(text).is_ok_and(Quantity::is_zero) {
        return;
    }
    let what = resource.split_once('.').map_or("", |(_, what)| what);
    let detail = match what {
        "cpu" if !["1m", "1"].contains(&text) => {
            "only divisor's values 1m and 1 are supported with the cpu resource".to_owned()
        }
        _ if BYTES.contains(&text) || what == "cpu" => return,
        "memory" => bytes_only(BYTES, "memory"),
        "ephemeral-storage" => bytes_only(BYTES, "local ephemeral storage"),
        _ if is_huge_page(what) => bytes_only(BYTES, "hugepages"),
        _ => return,
    };
    errors.invalid(path, resource, detail);
}

fn bytes_only(supported: &[&str], what: &str) -> String {
    format!("only divisor's values {} are supported with the {what} resource", supported.join(", "))
}

/// `spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer`
pub fn fractional_bytes(list: &At, name: &str) -> Option<String> {
    let amount = amounts(Some(list.value)).get(name).copied()?;
    (amount.milli_value() % 1000 != 0).then(|| {
        format!(
            "{}: fractional byte value {} is invalid, must be an integer",
            list.path_of_key(name),
            quote(&amount.to_string())
        )
    })
}
