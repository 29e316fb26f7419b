//! The instants in an object: it was printed then or later.

use serde_json::Value;

use crate::api::wire;
use crate::time::{Span, Time};

/// The newest instant that an object tells. Its deletion lies ahead by its grace period (`BeforeDelete`,
/// staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go), so that counts from where it was asked for.
pub fn newest(value: &Value) -> Option<Time> {
    let meta = &value["metadata"];
    let own = [wire::time(&meta["creationTimestamp"]), asked_to_go(meta)].into_iter().flatten().max();
    let of_event = ["lastTimestamp", "eventTime"].into_iter().filter_map(|key| wire::time(&value[key])).max();
    let series = wire::time(&value["series"]["lastObservedTime"]);
    [own, of_event, series, within(&value["status"], 0)].into_iter().flatten().max()
}

/// When the deletion of an object was asked for.
pub fn asked_to_go(meta: &Value) -> Option<Time> {
    let grace = meta["deletionGracePeriodSeconds"].as_i64().unwrap_or(0).clamp(0, 1 << 40);
    wire::time(&meta["deletionTimestamp"]).map(|at| at - Span::from_secs(grace))
}

/// No status is deeper than that.
const DEPTH: u8 = 12;

/// The newest instant below a member of a status.
fn within(value: &Value, depth: u8) -> Option<Time> {
    if depth > DEPTH {
        return None;
    }
    match value {
        Value::Object(members) => {
            let each = members.iter().filter_map(|(key, member)| match member {
                Value::String(_) if is_instant(key) => wire::time(member),
                Value::Object(_) | Value::Array(_) => within(member, depth + 1),
                _ => None,
            });
            each.max()
        }
        Value::Array(items) => items.iter().filter_map(|item| within(item, depth + 1)).max(),
        _ => None,
    }
}

/// Members that hold instants: `startTime`, `lastTransitionTime`, `finishedAt`.
fn is_instant(key: &str) -> bool {
    key.ends_with("Time") || key.ends_with("At") || key.ends_with("Timestamp")
}
