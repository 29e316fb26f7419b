//! Patches: JSON merge, strategic merge, and the three-way merge of `kubectl apply`.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go (`mergeMap`, `mergeSlice`,
//! `CreateThreeWayMergePatch`), the keys of `patchMergeKey` in staging/src/k8s.io/api/core/v1/types.go (1.36.2). The
//! surprises: lists without a key are replaced as a whole (tolerations, args); ports are told apart by their number alone,
//! so that one port under two protocols is merged wrongly; what nobody has written before stays.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};

use crate::rules::api_server::decode::schema::{Struct, Type};

/// A JSON merge patch (RFC 7386): null takes away, objects are merged, all else replaces.
pub fn json_merge(target: &mut Value, patch: &Value) {
    let Some(members) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    if let Some(own) = target.as_object_mut() {
        for (key, value) in members {
            if value.is_null() {
                own.shift_remove(key);
            } else {
                json_merge(own.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

/// How a list is merged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lists {
    /// It is one value.
    Replace,
    /// Its items are told apart by this member.
    By(&'static str),
    /// It is a set of texts.
    Set,
}

/// What Go's tags say of a field that holds a list.
fn lists_of(of: &Struct, field: &str) -> Lists {
    match (of.name, field) {
        ("ObjectMeta", "finalizers") => Lists::Set,
        ("ObjectMeta", "ownerReferences") => Lists::By("uid"),
        (
            "PodSpec",
            "volumes"
            | "initContainers"
            | "containers"
            | "ephemeralContainers"
            | "imagePullSecrets"
            | "schedulingGates"
            | "resourceClaims",
        ) => Lists::By("name"),
        ("PodSpec", "hostAliases") => Lists::By("ip"),
        ("PodSpec", "topologySpreadConstraints") => Lists::By("topologyKey"),
        ("Container" | "EphemeralContainer", "ports") => Lists::By("containerPort"),
        ("Container" | "EphemeralContainer", "env") => Lists::By("name"),
        ("Container" | "EphemeralContainer", "volumeMounts") => Lists::By("mountPath"),
        ("Container" | "EphemeralContainer", "volumeDevices") => Lists::By("devicePath"),
        ("ServiceSpec", "ports") => Lists::By("port"),
        (_, "conditions") => Lists::By("type"),
        _ => Lists::Replace,
    }
}

/// `patchStrategy:"retainKeys"`: of two ways only one may be left, so what a patch does not name goes.
fn retains_keys(of: &Struct, field: &str) -> bool {
    matches!((of.name, field), ("PodSpec", "volumes" | "resourceClaims") | ("DeploymentSpec", "strategy"))
}

/// The struct that a field holds, or holds a list of.
fn inner(of: Option<&'static Struct>, field: &str) -> Option<&'static Struct> {
    let mut ty = &of?.fields.iter().find(|known| known.name == field)?.ty;
    loop {
        match ty {
            Type::Pointer(inner) | Type::List(inner) => ty = inner,
            Type::Struct(found) => return Some(found),
            _ => return None,
        }
    }
}

fn strategy(of: Option<&Struct>, field: &str) -> Lists {
    of.map_or(Lists::Replace, |of| lists_of(of, field))
}

/// A strategic merge patch of an object whose fields are those of `of`.
pub fn strategic_merge(target: &mut Value, patch: &Value, of: &'static Struct) {
    merge_value(target, patch, Some(of));
}

fn merge_value(target: &mut Value, patch: &Value, of: Option<&'static Struct>) {
    let Some(members) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if members.get("$patch").and_then(Value::as_str) == Some("replace") {
        *target = Value::Object(without_directives(members));
        return;
    }
    if !target.is_object() {
        *target = json!({});
    }
    let Some(own) = target.as_object_mut() else { return };
    for (key, value) in members {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(items)), Some(gone)) = (own.get_mut(list), value.as_array()) {
                let gone: FxHashSet<String> = gone.iter().map(Value::to_string).collect();
                items.retain(|item| !gone.contains(&item.to_string()));
            }
        } else if key.starts_with('$') {
            // The order of elements follows the patch; what shall stay is said below.
        } else if value.is_null() || value.get("$patch").and_then(Value::as_str) == Some("delete") {
            own.shift_remove(key);
        } else if let Some(items) = value.as_array() {
            merge_list(
                own.entry(key.clone()).or_insert_with(|| json!([])),
                items,
                strategy(of, key),
                inner(of, key),
            );
        } else {
            merge_value(own.entry(key.clone()).or_insert(Value::Null), value, inner(of, key));
        }
    }
    if let Some(kept) = members.get("$retainKeys").and_then(Value::as_array) {
        own.retain(|key, _| kept.iter().any(|name| name.as_str() == Some(key)));
    }
}

fn without_directives(members: &Map<String, Value>) -> Map<String, Value> {
    members.iter().filter(|(key, _)| !key.starts_with('$')).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn merge_list(target: &mut Value, patch: &[Value], lists: Lists, of: Option<&'static Struct>) {
    let directive = |item: &Value| item.get("$patch").and_then(Value::as_str).map(str::to_owned);
    let replaces = patch.iter().any(|item| directive(item).as_deref() == Some("replace"));
    let (Some(own), false) = (target.as_array_mut(), lists == Lists::Replace || replaces) else {
        let items = patch.iter().filter(|item| directive(item).is_none());
        *target = items.cloned().collect();
        return;
    };
    match lists {
        Lists::By(key) => {
            let mut items: Vec<Option<Value>> = std::mem::take(own).into_iter().map(Some).collect();
            // Where items of a name stand, the first one first.
            let name = |item: &Value| item.get(key).map(Value::to_string);
            let mut places: FxHashMap<Option<String>, VecDeque<usize>> = FxHashMap::default();
            for (at, item) in items.iter().enumerate() {
                places.entry(item.as_ref().and_then(name)).or_default().push_back(at);
            }
            for item in patch {
                let own = places.entry(name(item)).or_default();
                match (directive(item).as_deref(), own.front().copied()) {
                    (Some("delete"), Some(at)) => {
                        own.pop_front();
                        items[at] = None;
                    }
                    (Some("delete"), None) => {}
                    (_, Some(at)) => {
                        if let Some(had) = &mut items[at] {
                            merge_value(had, item, of);
                        }
                    }
                    (_, None) => {
                        own.push_back(items.len());
                        items.push(Some(item.clone()));
                    }
                }
            }
            own.extend(items.into_iter().flatten());
        }
        _ => {
            let mut known: FxHashSet<String> = own.iter().map(Value::to_string).collect();
            own.extend(patch.iter().filter(|item| known.insert(item.to_string())).cloned());
        }
    }
}

/// The three-way merge: `live` with what `new` says, and without what `last` said and `new` does not. It is what the
/// patch of `kubectl apply` makes of the object.
pub fn three_way(live: &Value, last: &Value, new: &Value, of: &'static Struct) -> Value {
    objects(live, last, new, Some(of))
}

fn objects(live: &Value, last: &Value, new: &Value, of: Option<&'static Struct>) -> Value {
    let (Some(had), Some(wanted)) = (live.as_object(), new.as_object()) else { return new.clone() };
    let mut merged = had.clone();
    for key in last.as_object().into_iter().flatten().map(|(key, _)| key) {
        if !wanted.contains_key(key) {
            merged.shift_remove(key);
        }
    }
    for (key, value) in wanted {
        if value.is_null() {
            merged.shift_remove(key);
            continue;
        }
        let before = had.get(key).unwrap_or(&Value::Null);
        let said = last.get(key).unwrap_or(&Value::Null);
        let fields = inner(of, key);
        let mut both = match (before, value) {
            (Value::Array(before), Value::Array(value)) => {
                lists_together(before, said, value, strategy(of, key), fields)
            }
            (before, value) => objects(before, said, value, fields),
        };
        if of.is_some_and(|of| retains_keys(of, key)) {
            keep_only(&mut both, before, value);
        }
        merged.insert(key.clone(), both);
    }
    Value::Object(merged)
}

/// `$retainKeys`, which a patch carries where something changes: what the manifest does not name goes.
fn keep_only(merged: &mut Value, before: &Value, wanted: &Value) {
    match (merged, wanted) {
        (Value::Object(members), Value::Object(wanted)) if Some(&*members) != before.as_object() => {
            members.retain(|key, _| wanted.contains_key(key));
        }
        (Value::Array(items), Value::Array(wanted)) => {
            for item in items {
                let same = |other: &&Value| other.get("name") == item.get("name");
                let had = before.as_array().into_iter().flatten().find(same).cloned();
                if let (Some(wanted), Some(had)) = (wanted.iter().find(same).cloned(), had) {
                    keep_only(item, &had, &wanted);
                }
            }
        }
        _ => {}
    }
}

fn lists_together(
    had: &[Value],
    said: &Value,
    wanted: &[Value],
    lists: Lists,
    of: Option<&'static Struct>,
) -> Value {
    let said = said.as_array().map_or(&[][..], Vec::as_slice);
    if matches!(lists, Lists::Replace) {
        return Value::Array(wanted.to_vec());
    }
    let same = |a: &Value, b: &Value| match lists {
        Lists::By(key) => a.get(key) == b.get(key),
        Lists::Set | Lists::Replace => a == b,
    };
    let find = |list: &[Value], item: &Value| list.iter().position(|other| same(other, item));
    let merged: Vec<(Option<usize>, Value)> = wanted
        .iter()
        .map(|item| match find(had, item) {
            Some(at) => {
                let before = find(said, item).map_or(&Value::Null, |at| &said[at]);
                (Some(at), objects(&had[at], before, item, of))
            }
            None => (None, item.clone()),
        })
        .collect();
    // What is the cluster's alone stays where it stood among the others.
    let mut others =
        had.iter().enumerate().filter(|(_, item)| find(wanted, item).is_none() && find(said, item).is_none());
    let mut next = others.next();
    let mut result = Vec::with_capacity(had.len().max(wanted.len()));
    for (at, item) in merged {
        while let (Some((other, value)), Some(at)) = (next, at)
            && other < at
        {
            result.push(value.clone());
            next = others.next();
        }
        result.push(item);
    }
    result.extend(next.into_iter().chain(others).map(|(_, value)| value.clone()));
    Value::Array(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::api_server::objects::ObjectType;

    fn deployment() -> &'static Struct {
        ObjectType::Deployment.fields()
    }

    fn pods(containers: Value) -> Value {
        json!({"spec": {"template": {"spec": {"containers": containers}}}})
    }

    #[test]
    fn containers_are_merged_by_name_and_lists_without_a_key_replaced() {
        let mut live =
            pods(json!([{"name": "a", "image": "a:1", "args": ["x", "y"]}, {"name": "b", "image": "b:1"}]));
        let patch = pods(
            json!([{"name": "b", "image": "b:2"}, {"name": "a", "args": ["z"]}, {"name": "c", "image": "c"}]),
        );
        strategic_merge(&mut live, &patch, deployment());
        assert_eq!(
            live,
            pods(json!([{"name": "a", "image": "a:1", "args": ["z"]}, {"name": "b", "image": "b:2"},
                {"name": "c", "image": "c"}]))
        );
        let patch = pods(json!([{"name": "a", "$patch": "delete"}]));
        strategic_merge(&mut live, &patch, deployment());
        assert_eq!(live.pointer("/spec/template/spec/containers/0/name"), Some(&json!("b")));
        json_merge(&mut live, &pods(json!([{"name": "d"}])));
        assert_eq!(live, pods(json!([{"name": "d"}])));
    }

    #[test]
    fn what_was_applied_and_is_gone_goes_and_what_others_wrote_stays() {
        let last = json!({"metadata": {"labels": {"a": "1", "b": "2"}},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "old"}, {"name": "app", "image": "1",
                "env": [{"name": "X", "value": "1"}]}]}}}});
        let live = json!({"metadata": {"labels": {"a": "1", "b": "2", "theirs": "x"}, "uid": "u"},
            "spec": {"replicas": 5, "paused": true, "template": {"spec": {"containers": [{"name": "old"},
                {"name": "sidecar"}, {"name": "app", "image": "1", "tty": true, "env": [{"name": "X", "value": "1"},
                {"name": "Y", "value": "theirs"}]}]}}}});
        let new = json!({"metadata": {"labels": {"a": "9"}}, "spec": {"template": {"spec": {"containers": [
            {"name": "app", "image": "2", "env": [{"name": "Z", "value": "3"}]}]}}}});
        assert_eq!(
            three_way(&live, &last, &new, deployment()),
            json!({"metadata": {"labels": {"a": "9", "theirs": "x"}, "uid": "u"},
                "spec": {"paused": true, "template": {"spec": {"containers": [{"name": "sidecar"},
                    {"name": "app", "image": "2", "tty": true, "env": [{"name": "Z", "value": "3"},
                    {"name": "Y", "value": "theirs"}]}]}}}})
        );
    }

    #[test]
    fn of_two_strategies_one_is_left() {
        let live =
            json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}});
        let new = json!({"spec": {"strategy": {"type": "Recreate"}}});
        let applied = three_way(&live, &json!({}), &new, deployment());
        assert_eq!(applied, new);
        let same = json!({"spec": {"strategy": {"type": "RollingUpdate"}}});
        assert_eq!(three_way(&live, &json!({}), &same, deployment()), live);
    }
}
