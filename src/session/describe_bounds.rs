//! `kubectl describe` of what bounds the pods of a namespace
//! (staging/src/k8s.io/kubectl/pkg/describe/describe.go: `describeQuota`, `describeLimitRangeSpec`, v1.36.2).

use std::collections::BTreeSet;

use serde_json::Value;

use super::describe::Lines;
use crate::api::Meta;
use crate::api::quota::{LimitRange, ResourceQuota};

fn head(meta: &Meta, lines: &mut Lines) {
    lines.field(0, "Name", &meta.name);
    lines.field(0, "Namespace", &meta.namespace);
}

/// What a quota allows, and what is used of that.
pub(super) fn quota(quota: &ResourceQuota, lines: &mut Lines) {
    head(&quota.meta, lines);
    let mut scopes: Vec<&str> =
        quota.spec["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !scopes.is_empty() {
        scopes.sort_unstable();
        lines.field(0, "Scopes", &scopes.join(", "));
    }
    lines.put(0, "Resource\tUsed\tHard");
    lines.put(0, "--------\t----\t----");
    let used = |name: &String| {
        let used = quota.status.used.as_ref().and_then(|used| used.get(name));
        used.map_or("0", String::as_str).to_owned()
    };
    for (name, hard) in quota.status.hard.iter().flatten() {
        lines.put(0, &format!("{name}\t{}\t{hard}", used(name)));
    }
}

/// The bounds of each resource.
pub(super) fn limits(range: &LimitRange, lines: &mut Lines) {
    const LISTS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    head(&range.meta, lines);
    lines.put(0, "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio");
    lines.put(0, "----\t--------\t---\t---\t---------------\t-------------\t-----------------------");
    for item in range.spec["limits"].as_array().into_iter().flatten() {
        let named = LISTS.iter().flat_map(|list| item[*list].as_object().into_iter().flatten());
        let names: BTreeSet<&str> = named.map(|(name, _)| name.as_str()).collect();
        for name in names {
            let amounts = LISTS.map(|list| item[list][name].as_str().unwrap_or("-"));
            let ty = item["type"].as_str().unwrap_or_default();
            lines.put(0, &format!("{ty}\t{name}\t{}", amounts.join("\t")));
        }
    }
}
