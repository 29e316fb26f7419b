//! Who manages which field: `metadata.managedFields`, and server-side apply, which goes by it.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/util/managedfields (`structuredmerge.go`, `conflict.go`) and
//! sigs.k8s.io/structured-merge-diff/v6 (`merge/update.go`, 1.36.3). The surprises: who applies owns all that he names, also where
//! another owns the same with the same value; what he named before and names no more goes, unless another owns it; a value that
//! somebody else owns and that would change is a conflict; whoever writes otherwise takes what he changes.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};

use super::shape::{Lists, Shape};

/// A set of fields: `f:spec`, `k:{"name":"app"}`, `v:"x"`, each with what stands below it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fields {
    /// The field itself is one of them.
    is_own: bool,
    below: BTreeMap<String, Fields>,
}

/// What only the server writes, of which nobody is the manager.
const OF_THE_SERVER: [&str; 10] = [
    "name",
    "namespace",
    "generateName",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

impl Fields {
    fn leaf() -> Fields {
        Fields { is_own: true, below: BTreeMap::new() }
    }
    fn is_empty(&self) -> bool {
        !self.is_own && self.below.is_empty()
    }
    /// All fields of a value.
    pub fn of(value: &Value, shape: Shape<'_>) -> Fields {
        match value {
            Value::Object(members) if !shape.is_atomic() && !members.is_empty() => {
                let below = members.iter().filter(|(_, value)| shape.has_nulls() || !value.is_null());
                let below =
                    below.map(|(name, value)| (format!("f:{name}"), Fields::of(value, shape.member(name))));
                Fields { is_own: false, below: below.collect() }
            }
            Value::Array(items) if !items.is_empty() => match shape.lists() {
                Lists::Atomic => Fields::leaf(),
                Lists::Set => Fields {
                    is_own: false,
                    below: items.iter().map(|item| (format!("v:{item}"), Fields::leaf())).collect(),
                },
                Lists::Keys(keys) => {
                    let one = |item: &Value| {
                        let own = Fields { is_own: true, ..Fields::of(item, shape.item()) };
                        (format!("k:{}", Shape::key_of(&keys, item)), own)
                    };
                    Fields { is_own: false, below: items.iter().map(one).collect() }
                }
            },
            _ => Fields::leaf(),
        }
    }
    /// All fields of an object that somebody can manage.
    pub fn of_object(object: &Value, shape: Shape<'_>) -> Fields {
        let mut object = object.clone();
        if let Some(members) = object.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "kind" | "apiVersion"));
        }
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|name, _| !OF_THE_SERVER.contains(&name.as_str()) && name != "managedFields");
        }
        if object["metadata"].as_object().is_none_or(Map::is_empty) {
            object.as_object_mut().map(|members| members.shift_remove("metadata"));
        }
        Fields { is_own: false, ..Fields::of(&object, shape) }
    }
    /// As `fieldsV1` has them.
    pub fn read(value: &Value) -> Fields {
        let members = value.as_object();
        let mut fields = Fields { is_own: members.is_none_or(Map::is_empty), below: BTreeMap::new() };
        for (name, below) in members.into_iter().flatten() {
            if name == "." {
                fields.is_own = true;
            } else {
                fields.below.insert(name.clone(), Fields::read(below));
            }
        }
        fields
    }
    /// The same, spelled.
    pub fn spelled(&self) -> Value {
        let mut members = Map::new();
        if self.is_own && !self.below.is_empty() {
            members.insert(".".to_owned(), json!({}));
        }
        for (name, below) in &self.below {
            members.insert(name.clone(), below.spelled());
        }
        Value::Object(members)
    }
    /// With those of another.
    pub fn with(&self, other: &Fields) -> Fields {
        let mut all = self.clone();
        all.is_own |= other.is_own;
        for (name, below) in &other.below {
            let own = all.below.entry(name.clone()).or_default();
            *own = own.with(below);
        }
        all
    }
    /// Without those of another.
    pub fn without(&self, other: &Fields) -> Fields {
        let mut rest = Fields { is_own: self.is_own && !other.is_own, below: BTreeMap::new() };
        for (name, below) in &self.below {
            let own = other.below.get(name).map_or_else(|| below.clone(), |other| below.without(other));
            if !own.is_empty() {
                rest.below.insert(name.clone(), own);
            }
        }
        rest
    }
    /// Those that both have.
    pub fn common(&self, other: &Fields) -> Fields {
        let mut both = Fields { is_own: self.is_own && other.is_own, below: BTreeMap::new() };
        for (name, below) in &self.below {
            if let Some(common) = other.below.get(name).map(|other| below.common(other))
                && !common.is_empty()
            {
                both.below.insert(name.clone(), common);
            }
        }
        both
    }
    /// The paths of all of them: `.spec.containers[name="app"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut all = Vec::new();
        self.collect("", &mut all);
        all
    }
    fn collect(&self, path: &str, to: &mut Vec<String>) {
        if self.is_own && !path.is_empty() {
            to.push(path.to_owned());
        }
        for (name, below) in &self.below {
            below.collect(&format!("{path}{}", step(name)), to);
        }
    }
}

/// A step of a path, as conflicts spell it.
fn step(name: &str) -> String {
    let (kind, rest) = name.split_at(2.min(name.len()));
    match kind {
        "k:" => {
            let key: Value = serde_json::from_str(rest).unwrap_or_default();
            let parts = key.as_object().into_iter().flatten().map(|(name, value)| format!("{name}={value}"));
            format!("[{}]", parts.collect::<Vec<_>>().join(","))
        }
        "v:" => format!("[={rest}]"),
        _ => format!(".{rest}"),
    }
}

/// Who writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manager<'a> {
    /// `kubectl-client-side-apply`
    pub name: &'a str,
    /// `apps/v1`
    pub api_version: String,
    /// Empty: the object itself.
    pub below: &'a str,
    /// The instant, as the API spells it.
    pub time: String,
}

fn entries(object: &Value) -> Vec<Value> {
    object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default()
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap_or_default()
}

impl Manager<'_> {
    fn is(&self, entry: &Value, operation: &str) -> bool {
        text(entry, "manager") == self.name
            && text(entry, "operation") == operation
            && text(entry, "subresource") == self.below
            && text(entry, "apiVersion") == self.api_version
    }
    fn entry(&self, operation: &str, fields: &Fields, time: &str) -> Value {
        let mut entry = json!({
            "manager": self.name, "operation": operation, "apiVersion": self.api_version, "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": fields.spelled(),
        });
        if !self.below.is_empty() {
            entry["subresource"] = self.below.into();
        }
        entry
    }
}

/// Puts entries in the API's order (those that apply first, then by time, then by name), empty ones left out.
fn put(object: &mut Value, mut entries: Vec<Value>) {
    entries.retain(|entry| entry["fieldsV1"].as_object().is_some_and(|fields| !fields.is_empty()));
    entries.sort_by(|a, b| {
        let key = |own: &Value| {
            (text(own, "operation").to_owned(), text(own, "time").to_owned(), text(own, "manager").to_owned())
        };
        key(a).cmp(&key(b))
    });
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    if entries.is_empty() {
        object["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("managedFields"));
    } else {
        object["metadata"]["managedFields"] = entries.into();
    }
}

/// The fields in which two objects differ: those that came or are another value; and those that are gone.
fn changes(before: &Value, after: &Value, shape: Shape<'_>) -> (Fields, Fields) {
    let (old, new) = (Fields::of_object(before, shape), Fields::of_object(after, shape));
    let same = equal_fields(before, after, shape);
    let came = new.without(&old);
    let changed = new.without(&same).common(&old);
    (came.with(&changed), old.without(&new))
}

/// The leaves that have the same value in both.
fn equal_fields(before: &Value, after: &Value, shape: Shape<'_>) -> Fields {
    match (before, after) {
        (Value::Object(old), Value::Object(new))
            if !shape.is_atomic() && !new.is_empty() && !old.is_empty() =>
        {
            let mut fields = Fields::default();
            for (name, value) in new {
                if let Some(had) = old.get(name) {
                    let own = equal_fields(had, value, shape.member(name));
                    if !own.is_empty() {
                        fields.below.insert(format!("f:{name}"), own);
                    }
                }
            }
            fields
        }
        (Value::Array(old), Value::Array(new)) if shape.lists() != Lists::Atomic && !new.is_empty() => {
            let mut fields = Fields::default();
            if let Lists::Keys(keys) = shape.lists() {
                let old = places(&keys, old);
                for item in new {
                    let key = Shape::key_of(&keys, item).to_string();
                    if let Some((_, had)) = old.get(&key) {
                        let own = Fields { is_own: true, ..equal_fields(had, item, shape.item()) };
                        fields.below.insert(format!("k:{key}"), own);
                    }
                }
                return fields;
            }
            let old: FxHashSet<String> = old.iter().map(Value::to_string).collect();
            let both = new.iter().map(Value::to_string).filter(|item| old.contains(item));
            fields.below.extend(both.map(|item| (format!("v:{item}"), Fields::leaf())));
            fields
        }
        _ if before == after => Fields::of(after, shape),
        _ => Fields::default(),
    }
}

/// The items of a list by their keys, each with its place; of several the first one.
fn places<'a>(keys: &[String], items: &'a [Value]) -> FxHashMap<String, (usize, &'a Value)> {
    let mut places = FxHashMap::default();
    for (at, item) in items.iter().enumerate() {
        places.entry(Shape::key_of(keys, item).to_string()).or_insert((at, item));
    }
    places
}

/// An object was written otherwise than by applying: what has changed is the writer's from now on.
pub fn updated(before: Option<&Value>, after: &mut Value, shape: Shape<'_>, by: &Manager<'_>) {
    // Who sends a list of managers that is empty starts anew; what else is sent of them does not count.
    let reset =
        after["metadata"]["managedFields"].as_array().is_some_and(|own| own.iter().all(|e| e == &json!({})));
    let mut all = match before {
        Some(before) if !(reset && after["metadata"].get("managedFields").is_some()) => entries(before),
        _ => Vec::new(),
    };
    let none = json!({});
    let (changed, gone) = changes(before.unwrap_or(&none), after, shape);
    let lost = changed.with(&gone);
    let mut own = None;
    for entry in &mut all {
        let fields = Fields::read(&entry["fieldsV1"]);
        let rest =
            if by.is(entry, "Update") { fields.without(&gone).with(&changed) } else { fields.without(&lost) };
        if by.is(entry, "Update") {
            own = Some(());
            if rest != fields {
                entry["time"] = by.time.as_str().into();
            }
        }
        entry["fieldsV1"] = rest.spelled();
        if rest.is_empty() {
            entry["fieldsV1"] = json!({});
        }
    }
    if own.is_none() && !changed.is_empty() {
        all.push(by.entry("Update", &changed, &by.time));
    }
    put(after, all);
}

/// Fields that others manage, and that would get another value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// As the API names the other: `"kubectl" using apps/v1`.
    pub with: String,
    /// `.spec.replicas`
    pub field: String,
}

fn named(entry: &Value) -> String {
    let mut words = Value::from(text(entry, "manager")).to_string();
    if !text(entry, "subresource").is_empty() {
        words.push_str(&format!(" with subresource {}", Value::from(text(entry, "subresource"))));
    }
    if text(entry, "operation") == "Update" {
        words.push_str(&format!(" using {}", text(entry, "apiVersion")));
    }
    words
}

/// What the API server says of conflicts.
pub fn told(conflicts: &[Conflict]) -> String {
    let mut by: Vec<(&str, Vec<&str>)> = Vec::new();
    for own in conflicts {
        match by.iter_mut().find(|(with, _)| *with == own.with) {
            Some((_, fields)) => fields.push(&own.field),
            None => by.push((&own.with, vec![&own.field])),
        }
    }
    let mut lines = Vec::new();
    for (with, fields) in by {
        match fields[..] {
            [only] => lines.push(format!("conflict with {with}: {only}")),
            _ => {
                lines.push(format!("conflicts with {with}:"));
                lines.extend(fields.iter().map(|field| format!("- {field}")));
            }
        }
    }
    let many = if conflicts.len() == 1 { "conflict" } else { "conflicts" };
    format!("Apply failed with {} {many}: {}", conflicts.len(), lines.join("\n"))
}

/// Server-side apply of a configuration to what is there.
///
/// # Errors
/// Others manage what would change, and nobody forces it.
pub fn apply(
    live: Option<&Value>,
    config: &Value,
    shape: Shape<'_>,
    by: &Manager<'_>,
    is_forced: bool,
) -> Result<Value, Vec<Conflict>> {
    let none = json!({});
    let before = live.unwrap_or(&none);
    let applied = Fields::of_object(config, shape);
    let mut all = entries(before);
    let mut object = merged(before, config, shape);
    let had = all.iter().find(|entry| by.is(entry, "Apply")).map(|own| Fields::read(&own["fieldsV1"]));
    // What was applied before, and is not any more, and is nobody else's.
    if let Some(had) = &had {
        let others = all.iter().filter(|entry| !by.is(entry, "Apply"));
        let others = others.fold(Fields::default(), |sum, own| sum.with(&Fields::read(&own["fieldsV1"])));
        let gone = had.without(&applied).without(&others);
        remove(&mut object, &gone, shape, &applied.with(&others));
    }
    let same = equal_fields(before, &object, shape);
    let taken = applied.without(&same).common(&Fields::of_object(before, shape));
    let mut conflicts = Vec::new();
    for entry in all.iter().filter(|entry| !by.is(entry, "Apply")) {
        let fields = Fields::read(&entry["fieldsV1"]).common(&taken);
        conflicts.extend(fields.paths().into_iter().map(|field| Conflict { with: named(entry), field }));
    }
    if !conflicts.is_empty() && !is_forced {
        return Err(conflicts);
    }
    for entry in all.iter_mut().filter(|entry| !by.is(entry, "Apply")) {
        let rest = Fields::read(&entry["fieldsV1"]).without(&taken);
        entry["fieldsV1"] = if rest.is_empty() { json!({}) } else { rest.spelled() };
    }
    let unchanged = had.as_ref() == Some(&applied)
        && Fields::of_object(before, shape).without(&same).is_empty()
        && Fields::of_object(&object, shape).without(&same).is_empty();
    let time = all.iter().find(|entry| by.is(entry, "Apply")).map(|own| text(own, "time").to_owned());
    let time = time.filter(|_| unchanged).unwrap_or_else(|| by.time.clone());
    all.retain(|entry| !by.is(entry, "Apply"));
    all.push(by.entry("Apply", &applied, &time));
    put(&mut object, all);
    Ok(object)
}

/// A value with what a configuration says laid over it.
fn merged(live: &Value, config: &Value, shape: Shape<'_>) -> Value {
    match (live, config) {
        (Value::Object(had), Value::Object(wanted)) if !shape.is_atomic() => {
            let mut all = had.clone();
            for (name, value) in wanted.iter().filter(|(name, _)| *name != "managedFields") {
                let own = had.get(name).unwrap_or(&Value::Null);
                all.insert(name.clone(), merged(own, value, shape.member(name)));
            }
            Value::Object(all)
        }
        (Value::Array(had), Value::Array(wanted)) => match shape.lists() {
            Lists::Atomic => config.clone(),
            Lists::Set => {
                let known: FxHashSet<String> = had.iter().map(Value::to_string).collect();
                let mut all = had.clone();
                all.extend(wanted.iter().filter(|item| !known.contains(&item.to_string())).cloned());
                Value::Array(all)
            }
            Lists::Keys(keys) => {
                let mut places: FxHashMap<String, usize> =
                    places(&keys, had).into_iter().map(|(key, (at, _))| (key, at)).collect();
                let mut all = had.clone();
                for item in wanted {
                    match places.entry(Shape::key_of(&keys, item).to_string()) {
                        Entry::Occupied(at) => {
                            let own = &mut all[*at.get()];
                            *own = merged(own, item, shape.item());
                        }
                        Entry::Vacant(place) => {
                            place.insert(all.len());
                            all.push(item.clone());
                        }
                    }
                }
                Value::Array(all)
            }
        },
        _ => config.clone(),
    }
}

/// Takes away what nobody manages any more; an item or a map goes whole where nothing below it is somebody's.
fn remove(value: &mut Value, gone: &Fields, shape: Shape<'_>, others: &Fields) {
    let nobody = Fields::default();
    match value {
        Value::Object(members) => {
            for (name, below) in
                gone.below.iter().filter_map(|(name, below)| Some((name.strip_prefix("f:")?, below)))
            {
                let others = others.below.get(&format!("f:{name}")).unwrap_or(&nobody);
                if others.is_empty() {
                    members.shift_remove(name);
                } else if let Some(own) = members.get_mut(name) {
                    remove(own, below, shape.member(name), others);
                }
            }
        }
        Value::Array(items) => match shape.lists() {
            Lists::Keys(keys) => {
                items.retain_mut(|item| {
                    let name = format!("k:{}", Shape::key_of(&keys, item));
                    let Some(below) = gone.below.get(&name) else { return true };
                    match others.below.get(&name).filter(|own| !own.is_empty()) {
                        None => false,
                        Some(others) => {
                            remove(item, below, shape.item(), others);
                            true
                        }
                    }
                });
            }
            _ => items.retain(|item| !gone.below.contains_key(&format!("v:{item}"))),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::api_server::objects::ObjectType;

    fn by(name: &str) -> Manager<'_> {
        let time = "2025-01-01T00:00:00Z".to_owned();
        Manager { name, api_version: "apps/v1".to_owned(), below: "", time }
    }

    fn web(replicas: i32, image: &str) -> Value {
        json!({ "metadata": { "name": "web", "labels": { "app": "web" } }, "spec": { "replicas": replicas,
            "template": { "spec": { "containers": [{ "name": "app", "image": image }] } } } })
    }

    #[test]
    fn what_somebody_else_manages_is_a_conflict_until_it_is_forced() {
        let shape = Shape::Struct(ObjectType::Deployment.fields());
        let mut live = apply(None, &web(3, "a:1"), shape, &by("one"), false).expect("nobody else is there");
        let before = live.clone();
        live["spec"]["replicas"] = json!(5);
        updated(Some(&before), &mut live, shape, &by("kubectl"));
        let conflicts =
            apply(Some(&live), &web(4, "a:1"), shape, &by("one"), false).expect_err("it was scaled");
        assert_eq!(
            told(&conflicts),
            "Apply failed with 1 conflict: conflict with \"kubectl\" using apps/v1: .spec.replicas"
        );
        let forced = apply(Some(&live), &web(4, "a:1"), shape, &by("one"), true).expect("it is forced");
        assert_eq!(forced["spec"]["replicas"], 4);
        assert_eq!(forced["metadata"]["managedFields"].as_array().map(Vec::len), Some(1), "{forced}");
        // The same value may be managed by two.
        apply(Some(&live), &web(5, "a:1"), shape, &by("two"), false).expect("nothing changes");
    }

    #[test]
    fn what_is_applied_no_more_goes_unless_another_manages_it() {
        let shape = Shape::Struct(ObjectType::Deployment.fields());
        let live = apply(None, &web(3, "a:1"), shape, &by("one"), false).expect("nobody else is there");
        let live = apply(
            Some(&live),
            &json!({ "metadata": { "labels": { "app": "web" } } }),
            shape,
            &by("two"),
            false,
        )
        .expect("the same value");
        let mut less = web(3, "a:1");
        less["spec"].as_object_mut().expect("a spec").shift_remove("replicas");
        less["metadata"]["labels"] = json!({});
        less["spec"]["template"]["spec"]["containers"] = json!([{ "name": "side", "image": "b" }]);
        let now = apply(Some(&live), &less, shape, &by("one"), false).expect("nobody minds");
        assert_eq!(now["spec"].get("replicas"), None);
        assert_eq!(now["metadata"]["labels"], json!({ "app": "web" }));
        assert_eq!(now["spec"]["template"]["spec"]["containers"], json!([{ "name": "side", "image": "b" }]));
    }
}
