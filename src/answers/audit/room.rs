//! How much room lets an update through that has none: the least nodes, the least quota.

use std::sync::Arc;

use serde_json::Value;

use super::{Case, rollout};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::scenario::applied::AppliedObject;
use crate::time::Span;

/// So many nodes are added at most.
const NODES: usize = 4;
const HOSTNAME: &str = "kubernetes.io/hostname";

/// The least nodes with which an update is complete, and how long it takes then.
pub(super) fn nodes(case: &Case<'_>) -> Option<(usize, Span)> {
    (1..=NODES).find_map(|more| {
        let mut roomier = case.clone();
        let plan = Arc::make_mut(&mut roomier.plan);
        let like = plan.nodes.last()?.clone();
        for number in 1..=more {
            let mut node = like.clone();
            let name = format!("{}-more-{number}", like.spec.name);
            node.spec.labels.insert(HOSTNAME.to_owned(), name.clone());
            node.spec.name = Sym::new(&name);
            plan.nodes.push(node);
        }
        let count = plan.nodes.len();
        rollout::played(&roomier, 0).took.map(|took| (count, took))
    })
}

/// The least quota with which an update is complete, as `--set` takes it, and how long it takes then.
pub(super) fn quota(case: &Case<'_>) -> Option<(Vec<String>, Span)> {
    let replicas = case.subject.field("/spec/replicas").and_then(Value::as_i64).unwrap_or(1).max(1);
    let found = (replicas + 1..=replicas * 2).find_map(|count| {
        let set = hard(case, |amount| amount * i128::from(count) / i128::from(replicas));
        let took = rollout::played(&case.with(&set).filter(|_| !set.is_empty())?, 0).took?;
        Some((set, took))
    });
    let (mut set, mut took) = found?;
    // What it does not need stays as it is.
    let mut place = 0;
    while place < set.len() && set.len() > 1 {
        let mut fewer = set.clone();
        fewer.remove(place);
        match case.with(&fewer).and_then(|own| rollout::played(&own, 0).took) {
            Some(own) => (set, took) = (fewer, own),
            None => place += 1,
        }
    }
    Some((set, took))
}

/// All limits of its namespace's quotas, changed.
fn hard(case: &Case<'_>, change: impl Fn(i128) -> i128) -> Vec<String> {
    let objects =
        case.plan.applies.iter().flat_map(|apply| apply.objects.iter().map(move |own| (apply, own)));
    let own = objects.filter(|(apply, object)| {
        object.kind == ObjectType::ResourceQuota && object.namespace(apply) == case.subject.namespace.as_str()
    });
    let limits = |object: &AppliedObject| {
        let hard = object.value.pointer("/spec/hard").and_then(Value::as_object).cloned().unwrap_or_default();
        let (kind, name) = (object.kind.key(), object.name().to_owned());
        hard.into_iter().filter_map(move |(key, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some((format!("{kind}.\"{name}\".spec.hard.\"{key}\""), Quantity::parse(&text).ok()?))
        })
    };
    let more = own.flat_map(|(_, object)| limits(object).collect::<Vec<_>>());
    more.map(|(path, amount)| {
        let more = change(amount.nanos()) - amount.nanos();
        format!("{path}=\"{}\"", amount.plus(Quantity::from_nanos(more, Format::DecimalSI)))
    })
    .collect()
}
