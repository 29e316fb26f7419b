//! How the members of an object belong together: which lists are one value, which are sets, and by which members the items of others
//! are told apart. By that server-side apply merges, and names the fields that somebody manages.
//!
//! Source: `+listType`, `+listMapKey`, `+structType` and `+mapType` in staging/src/k8s.io/api and
//! apimachinery/pkg/apis/meta/v1/types.go; of custom resources `x-kubernetes-list-type` and the like (1.36.3). The surprise: of a
//! container's ports server-side apply tells two protocols apart, which a strategic merge does not.

use serde_json::Value;

use crate::rules::api_server::decode::schema::{Struct, Type};

/// What is known of the type of a value.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// A field of a built-in kind; with the struct that holds it, and its name there.
    Known(&'static Type, &'static str, &'static str),
    /// A built-in kind itself, or a struct of one.
    Struct(&'static Struct),
    /// A schema of a CustomResourceDefinition.
    Schema(&'a Value),
    /// Nothing: maps are merged, lists are one value.
    Free,
}

impl Shape<'_> {
    /// Whether null is a value: of a built-in kind it stands for nothing.
    pub fn has_nulls(self) -> bool {
        matches!(self, Shape::Schema(_) | Shape::Free)
    }
}

/// How a list is merged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lists {
    /// It is one value.
    Atomic,
    /// Its items are what they are.
    Set,
    /// Its items are told apart by these members.
    Keys(Vec<String>),
}

/// Lists of built-in kinds that are not one value: struct, field, members. No member: a set.
const LISTS: &[(&str, &str, &[&str])] = &[
    ("ObjectMeta", "finalizers", &[]),
    ("ObjectMeta", "ownerReferences", &["uid"]),
    ("PodSpec", "volumes", &["name"]),
    ("PodSpec", "containers", &["name"]),
    ("PodSpec", "initContainers", &["name"]),
    ("PodSpec", "ephemeralContainers", &["name"]),
    ("PodSpec", "imagePullSecrets", &["name"]),
    ("PodSpec", "hostAliases", &["ip"]),
    ("PodSpec", "topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("PodSpec", "schedulingGates", &["name"]),
    ("PodSpec", "resourceClaims", &["name"]),
    ("Container", "ports", &["containerPort", "protocol"]),
    ("Container", "env", &["name"]),
    ("Container", "volumeMounts", &["mountPath"]),
    ("Container", "volumeDevices", &["devicePath"]),
    ("EphemeralContainer", "env", &["name"]),
    ("EphemeralContainer", "volumeMounts", &["mountPath"]),
    ("ServiceSpec", "ports", &["port", "protocol"]),
    ("ServiceAccount", "secrets", &["name"]),
    ("ResourceRequirements", "claims", &["name"]),
];

/// Structs that are one value.
const ATOMIC: &[&str] = &[
    "LabelSelector",
    "ObjectFieldSelector",
    "ConfigMapKeySelector",
    "SecretKeySelector",
    "ResourceFieldSelector",
    "NodeSelector",
    "NodeSelectorTerm",
    "TypedLocalObjectReference",
    "LocalObjectReference",
    "ObjectReference",
    "OwnerReference",
    "CrossVersionObjectReference",
    "TopologySelectorTerm",
];

fn bare(ty: &'static Type) -> &'static Type {
    match ty {
        Type::Pointer(inner) => bare(inner),
        other => other,
    }
}

impl<'a> Shape<'a> {
    /// Of a member.
    pub fn member(&self, name: &str) -> Shape<'a> {
        match self {
            Shape::Struct(own) => of_field(own, name),
            Shape::Known(ty, ..) => match bare(ty) {
                Type::Struct(own) => of_field(own, name),
                Type::Map(_, value) => Shape::Known(value, "", ""),
                _ => Shape::Free,
            },
            Shape::Schema(schema) => {
                let more = schema.get("additionalProperties").filter(|more| more.is_object());
                schema["properties"].get(name).or(more).map_or(Shape::Free, Shape::Schema)
            }
            Shape::Free => Shape::Free,
        }
    }
    /// Of an item.
    pub fn item(&self) -> Shape<'a> {
        match self {
            Shape::Known(ty, ..) => match bare(ty) {
                Type::List(item) => match bare(item) {
                    Type::Struct(own) => Shape::Struct(own),
                    item => Shape::Known(item, "", ""),
                },
                _ => Shape::Free,
            },
            Shape::Schema(schema) => schema.get("items").map_or(Shape::Free, Shape::Schema),
            _ => Shape::Free,
        }
    }
    /// How it is merged, where it is a list.
    pub fn lists(&self) -> Lists {
        let keys = |keys: &[&str]| match keys {
            [] => Lists::Set,
            keys => Lists::Keys(keys.iter().map(|key| (*key).to_owned()).collect()),
        };
        match self {
            Shape::Known(_, _, "conditions") => keys(&["type"]),
            Shape::Known(_, of, field) => LISTS
                .iter()
                .find(|(own, name, _)| own == of && name == field)
                .map_or(Lists::Atomic, |(.., own)| keys(own)),
            Shape::Schema(schema) => match schema["x-kubernetes-list-type"].as_str() {
                Some("set") => Lists::Set,
                Some("map") => {
                    let all = schema["x-kubernetes-list-map-keys"].as_array();
                    let all = all.into_iter().flatten().filter_map(Value::as_str);
                    Lists::Keys(all.map(str::to_owned).collect())
                }
                _ => Lists::Atomic,
            },
            _ => Lists::Atomic,
        }
    }
    /// It is one value, where it is a map or a struct.
    pub fn is_atomic(&self) -> bool {
        match self {
            Shape::Known(ty, of, field) => match bare(ty) {
                Type::Struct(own) => ATOMIC.contains(&own.name),
                Type::Raw => true,
                Type::Map(..) => {
                    matches!((*of, *field), ("PodSpec", "nodeSelector") | ("ServiceSpec", "selector"))
                }
                _ => false,
            },
            Shape::Struct(own) => ATOMIC.contains(&own.name),
            Shape::Schema(schema) => schema["x-kubernetes-map-type"] == "atomic",
            Shape::Free => false,
        }
    }
    /// The members by which an item is told from others, as they stand in the names of fields; what is left out has its default.
    pub fn key_of(keys: &[String], item: &Value) -> Value {
        let mut own = serde_json::Map::new();
        let mut keys: Vec<&String> = keys.iter().collect();
        keys.sort();
        for key in keys {
            match item.get(key) {
                Some(value) => drop(own.insert(key.clone(), value.clone())),
                None if key == "protocol" => drop(own.insert(key.clone(), "TCP".into())),
                None => {}
            }
        }
        Value::Object(own)
    }
}

fn of_field<'a>(of: &'static Struct, name: &str) -> Shape<'a> {
    match of.fields.iter().find(|field| field.name == name) {
        Some(field) => Shape::Known(&field.ty, of.name, field.name),
        None => Shape::Free,
    }
}
