//! What the API server does to an object of a kind on its way in: of the kinds that the rules know, all of it; of those that a client
//! has defined, what their schema says; of others that they have a name, and little more.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use super::super::custom;
use super::super::kinds::{Custom, Resource};
use super::super::status::{Response, bad, failure};
use super::shape::Shape;
use crate::rules::api_server::admission::{Rejection, Request};
use crate::rules::api_server::objects::{self, ObjectType};
use crate::rules::versions::gates::Gates;
use crate::scenario::admission::{self as plugins, Surroundings};
use crate::time::Time;

/// Who decides about the objects of a resource.
#[derive(Clone, Copy)]
pub enum Law<'a> {
    /// The rules know the kind.
    Known(ObjectType),
    /// A client has defined it.
    Custom(&'a Custom),
    /// It is stored as it comes.
    Plain,
}

/// Kinds without rules whose generation counts the changes of what is wanted.
const COUNTED: [&str; 12] = [
    "Ingress",
    "NetworkPolicy",
    "IngressClass",
    "CustomResourceDefinition",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "MutatingAdmissionPolicy",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "DeviceClass",
    "ResourceClaim",
];

/// How a client wants what is no field to be answered (`fieldValidation`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strictness {
    /// It is left out.
    Ignore,
    /// It is left out, and warned of.
    Warn,
    /// The object is refused.
    Strict,
}

/// An object on its way in, after that.
pub struct Let {
    /// As it is stored.
    pub object: Value,
    /// What is warned of.
    pub warnings: Vec<String>,
}

impl<'a> Law<'a> {
    /// Of a resource.
    pub fn of(resource: &'a Resource) -> Law<'a> {
        if let Some(custom) = &resource.custom {
            return Law::Custom(custom);
        }
        let found = ObjectType::ALL
            .iter()
            .copied()
            .find(|ty| ty.law().name == resource.kind && ty.law().group == resource.group);
        found.map_or(Law::Plain, Law::Known)
    }
    /// Whether the simulation plays its objects: others are stored as they come.
    pub fn is_played(self) -> bool {
        match self {
            Law::Known(kind) => {
                kind.law().is_kept
                    || matches!(kind, ObjectType::Pod | ObjectType::PersistentVolumeClaim | ObjectType::Node)
            }
            _ => false,
        }
    }
    /// The shape of its objects.
    pub fn shape(self) -> Shape<'a> {
        match self {
            Law::Known(kind) => Shape::Struct(kind.fields()),
            Law::Custom(custom) => Shape::Schema(&custom.schema),
            Law::Plain => Shape::Free,
        }
    }
}

/// What a request is looked at with.
pub struct Around<'a> {
    /// The version's habits.
    pub gates: &'a Gates,
    /// The instant of the simulation.
    pub now: Time,
    /// Where the object lives.
    pub namespace: &'a str,
    /// How strict the client wants it.
    pub strictness: Strictness,
    /// Of an object that is new.
    pub uid: String,
}

impl Around<'_> {
    fn request(&self) -> Request<'_> {
        Request {
            gates: *self.gates,
            now: self.now,
            namespace: self.namespace,
            suffix: "00000",
            uid: &self.uid,
        }
    }
}

/// Lets an object in that is to be created.
///
/// # Errors
/// It is refused.
pub fn create(resource: &Resource, object: &Value, around: &Around<'_>) -> Result<Let, Response> {
    match Law::of(resource) {
        Law::Known(kind) => {
            let mut told = Vec::new();
            let mut admitted = objects::create(object, &around.request());
            if let Err(Rejection::Strict(_, unknown)) = &admitted
                && around.strictness != Strictness::Strict
            {
                // What is no field does not hide what is wrong with the others.
                told = unknown.iter().map(ToString::to_string).collect();
                let kept = objects::kept(kind, object, around.gates).map_err(|refused| rejected(&refused))?.0;
                admitted = objects::create(&typed(resource, kept), &around.request());
            }
            // Who is refused for something else is warned of a typo all the same.
            let admitted = admitted.map_err(|refused| match around.strictness {
                Strictness::Warn => super::warned(rejected(&refused), &told),
                _ => rejected(&refused),
            })?;
            if !admitted.strict.is_empty() && around.strictness == Strictness::Strict {
                return Err(rejected(&Rejection::Strict(kind.written_in(object), admitted.strict)));
            }
            told.extend(admitted.strict.iter().map(ToString::to_string));
            let mut warnings = if around.strictness == Strictness::Ignore { Vec::new() } else { told };
            warnings.extend(admitted.warnings);
            let mut own = Value::Object(admitted.object);
            if kind == ObjectType::Job {
                // What is stored is defaulted once more when it is read: a Job takes the labels of its template.
                let again =
                    objects::defaulted(&super::super::store::typed(resource, own.clone()), around.gates);
                own = Value::Object(again.map_err(|refused| rejected(&refused))?.1.object);
            }
            if kind == ObjectType::Pod {
                own = plugged(own, around)?;
            }
            if kind == ObjectType::Service {
                addressed(&mut own);
            }
            first_status(kind, &mut own, around.gates);
            Ok(Let { object: own, warnings })
        }
        Law::Custom(custom) => {
            let mut object = object.clone();
            let warnings = in_schema(resource, custom, &mut object, around)?;
            if custom.has_status {
                object.as_object_mut().map(|members| members.shift_remove("status"));
            }
            named(resource, &object)?;
            object["metadata"]["generation"] = 1.into();
            Ok(Let { object, warnings })
        }
        Law::Plain => {
            let mut object = object.clone();
            named(resource, &object)?;
            if resource.kind == "CustomResourceDefinition" {
                refuse(resource, &object, custom::definition(&object))?;
            }
            if COUNTED.contains(&resource.kind) {
                object["metadata"]["generation"] = 1.into();
            }
            match resource.kind {
                "Namespace" => object["status"] = json!({ "phase": "Active" }),
                "Ingress" => object["status"] = json!({ "loadBalancer": {} }),
                _ => {}
            }
            Ok(Let { object, warnings: Vec::new() })
        }
    }
}

/// Lets an object in that is to take the place of another.
///
/// # Errors
/// It is refused.
pub fn update(
    resource: &Resource,
    old: &Value,
    new: &Value,
    around: &Around<'_>,
    is_patch: bool,
) -> Result<Let, Response> {
    match Law::of(resource) {
        Law::Known(kind) => {
            let (Value::Object(before), Value::Object(after)) = (old, new) else {
                return Err(bad("expected an object"));
            };
            let admitted = objects::update(kind, before, after.clone(), &around.request());
            // A typo is told before, or beside, what else is wrong.
            let admitted = admitted.map_err(|refused| {
                let unknown = objects::unknown(kind, after, around.gates);
                match around.strictness {
                    Strictness::Strict if !unknown.is_empty() => {
                        strictly(resource, kind, new, unknown, is_patch)
                    }
                    Strictness::Warn => {
                        let told: Vec<String> = unknown.iter().map(ToString::to_string).collect();
                        super::warned(rejected(&refused), &told)
                    }
                    _ => rejected(&refused),
                }
            })?;
            if !admitted.strict.is_empty() && around.strictness == Strictness::Strict {
                return Err(strictly(resource, kind, new, admitted.strict, is_patch));
            }
            let mut warnings: Vec<String> = Vec::new();
            if around.strictness == Strictness::Warn {
                warnings.extend(admitted.strict.iter().map(ToString::to_string));
            }
            warnings.extend(admitted.warnings);
            Ok(Let { object: Value::Object(admitted.object), warnings })
        }
        Law::Custom(custom) => {
            let mut object = new.clone();
            let warnings = in_schema(resource, custom, &mut object, around)?;
            if custom.has_status {
                keep_status(old, &mut object);
            }
            count(old, &mut object);
            Ok(Let { object, warnings })
        }
        Law::Plain => {
            let mut object = new.clone();
            if resource.below.iter().any(|below| below.name == "status") {
                keep_status(old, &mut object);
            }
            if resource.kind == "CustomResourceDefinition" {
                refuse(resource, &object, custom::definition(&object))?;
            }
            if COUNTED.contains(&resource.kind) {
                count(old, &mut object);
            }
            Ok(Let { object, warnings: Vec::new() })
        }
    }
}

/// The status of a stored object is written, and nothing else of it.
///
/// # Errors
/// It is refused.
pub fn status(resource: &Resource, old: &Value, new: &Value, around: &Around<'_>) -> Result<Let, Response> {
    let mut object = old.clone();
    match new.get("status") {
        Some(status) => object["status"] = status.clone(),
        None => drop(object.as_object_mut().map(|members| members.shift_remove("status"))),
    }
    if let Some(custom) = &resource.custom {
        let warnings = in_schema(resource, custom, &mut object, around)?;
        return Ok(Let { object, warnings });
    }
    Ok(Let { object, warnings: Vec::new() })
}

/// What the admission plugins make of a pod.
fn plugged(pod: Value, around: &Around<'_>) -> Result<Value, Response> {
    let Value::Object(mut pod) = pod else { return Ok(pod) };
    let surroundings = Surroundings { objects: &[], at: around.now, namespace: around.namespace };
    plugins::mutate(&mut pod, &surroundings).map_err(|refused| rejected(&refused))?;
    Ok(Value::Object(pod))
}

/// What a Service gets of addresses, as one that is only tried is told of them: which it would be is decided when it is made.
fn addressed(service: &mut Value) {
    let spec = &mut service["spec"];
    if spec["type"] == "ExternalName" {
        return;
    }
    if spec["clusterIP"].as_str().unwrap_or_default().is_empty() {
        spec["clusterIP"] = "10.96.0.0".into();
    }
    let own = spec["clusterIP"].clone();
    for (name, value) in [
        ("clusterIPs", json!([own])),
        ("ipFamilies", json!(["IPv4"])),
        ("ipFamilyPolicy", json!("SingleStack")),
    ] {
        if spec[name].is_null() {
            spec[name] = value;
        }
    }
}

/// A pod whose ephemeral containers or sizes are written: decoded and defaulted; its own checks come where it is played.
///
/// # Errors
/// It is no pod.
pub fn part_of_pod(old: &Value, new: &Value, around: &Around<'_>) -> Result<Let, Response> {
    let mut pod = new.clone();
    pod["kind"] = "Pod".into();
    pod["apiVersion"] = "v1".into();
    let (_, decoded) = objects::defaulted(&pod, around.gates).map_err(|refused| rejected(&refused))?;
    let mut object = Value::Object(decoded.object);
    object["status"] = old["status"].clone();
    Ok(Let { object, warnings: Vec::new() })
}

/// As the rules want it: with its kind.
fn typed(resource: &Resource, object: Map<String, Value>) -> Value {
    super::super::store::typed(resource, Value::Object(object))
}

fn keep_status(old: &Value, new: &mut Value) {
    match old.get("status") {
        Some(status) => new["status"] = status.clone(),
        None => drop(new.as_object_mut().map(|members| members.shift_remove("status"))),
    }
}

/// The generation rises with what is wanted.
fn count(old: &Value, new: &mut Value) {
    let wanted = |object: &Value| {
        let mut own = custom::body_of(object);
        own.as_object_mut().map(|members| members.shift_remove("status"));
        own
    };
    let before = old["metadata"]["generation"].as_i64().unwrap_or(1);
    new["metadata"]["generation"] = (before + i64::from(wanted(old) != wanted(new))).into();
}

/// The status with which the API server stores a new object, as far as its zeros are told.
fn first_status(kind: ObjectType, object: &mut Value, gates: &Gates) {
    if object.get("status").is_some() {
        return;
    }
    if kind == ObjectType::Namespace {
        object["spec"]["finalizers"] = json!(["kubernetes"]);
        object["status"] = json!({ "phase": "Active" });
        return;
    }
    if kind == ObjectType::Pod {
        let spec = crate::api::wire::pod_spec(&object["spec"]);
        let class = crate::rules::machinery::qos::qos_class(&spec, gates);
        object["status"] = json!({ "phase": "Pending", "qosClass": class.as_str() });
        return;
    }
    if let Ok((own, _)) = objects::kept(kind, &json!({ "status": {} }), gates)
        && let Some(status) = own.get("status")
    {
        object["status"] = status.clone();
    }
}

fn in_schema(
    resource: &Resource,
    custom: &Custom,
    object: &mut Value,
    around: &Around<'_>,
) -> Result<Vec<String>, Response> {
    let mut unknown = Vec::new();
    custom::prune(object, &custom.schema, "", &mut unknown);
    let unknown: Vec<String> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    if around.strictness == Strictness::Strict && !unknown.is_empty() {
        let kind = resource.kind;
        let what = format!(
            "{kind} in version \"{}\" cannot be handled as a {kind}: strict decoding error: {}",
            resource.version,
            unknown.join(", ")
        );
        return Err(bad(&what));
    }
    custom::default(object, &custom.schema);
    let mut causes = Vec::new();
    custom::validate(&custom::body_of(object), &custom.schema, "", &mut causes);
    refuse(resource, object, causes)?;
    Ok(if around.strictness == Strictness::Ignore { Vec::new() } else { unknown })
}

fn named(resource: &Resource, object: &Value) -> Result<(), Response> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut causes = Vec::new();
    if name.is_empty() {
        let words = "Required value: name or generateName is required".to_owned();
        causes.push(("FieldValueRequired", words, "metadata.name".to_owned()));
    } else if !resource.group.starts_with("rbac.") {
        for words in crate::rules::api_server::validation::names::dns1123_subdomain(name) {
            let words = format!("Invalid value: \"{name}\": {words}");
            causes.push(("FieldValueInvalid", words, "metadata.name".to_owned()));
        }
    }
    refuse(resource, object, causes)
}

/// 422, where there is a cause.
pub fn refuse(
    resource: &Resource,
    object: &Value,
    causes: Vec<(&'static str, String, String)>,
) -> Result<(), Response> {
    if causes.is_empty() {
        return Ok(());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Err(invalid(&resource.qualified_kind(), resource.group, resource.kind, name, &causes))
}

/// `Deployment.apps "web" is invalid: …`
pub fn invalid(
    qualified: &str,
    group: &str,
    kind: &str,
    name: &str,
    causes: &[(&str, String, String)],
) -> Response {
    let (mut lines, mut told): (Vec<String>, FxHashSet<String>) = Default::default();
    for (_, message, field) in causes {
        let line = if field.is_empty() { message.clone() } else { format!("{field}: {message}") };
        if told.insert(line.clone()) {
            lines.push(line);
        }
    }
    let told = if lines.len() == 1 { lines.concat() } else { format!("[{}]", lines.join(", ")) };
    let list: Vec<Value> = causes
        .iter()
        .map(|(reason, message, field)| json!({ "reason": reason, "message": message, "field": field }))
        .collect();
    let mut details = json!({ "name": name });
    if !group.is_empty() {
        details["group"] = group.into();
    }
    details["kind"] = kind.into();
    details["causes"] = list.into();
    failure(422, "Invalid", &format!("{qualified} \"{name}\" is invalid: {told}"), &details)
}

/// A patch that brings fields which the kind does not have is invalid, and not only a bad request (`patch.go`).
fn strictly(
    resource: &Resource,
    kind: ObjectType,
    new: &Value,
    unknown: Vec<crate::rules::api_server::decode::StrictError>,
    is_patch: bool,
) -> Response {
    if !is_patch {
        return rejected(&Rejection::Strict(kind.written_in(new), unknown));
    }
    let words = crate::rules::api_server::decode::strict_message(&unknown);
    let message = format!("Invalid value: \"map[...]\": {words}");
    let _ = resource;
    let causes = json!([{ "reason": "FieldValueInvalid", "message": message, "field": "patch" }]);
    failure(422, "Invalid", &format!(" \"\" is invalid: patch: {message}"), &json!({ "causes": causes }))
}

/// A rejection of the rules as a Status.
pub fn rejected(refused: &Rejection) -> Response {
    match refused {
        Rejection::Invalid { kind, name, errors } => {
            let causes: Vec<(&str, String, String)> = errors
                .0
                .iter()
                .map(|error| {
                    let line = error.to_string();
                    let message =
                        line.strip_prefix(&format!("{}: ", error.field)).unwrap_or(&line).to_owned();
                    (error.kind.as_str(), message, error.field.clone())
                })
                .collect();
            invalid(&kind.qualified(), kind.law().group, kind.name(), name, &causes)
        }
        Rejection::Exists { kind, name } | Rejection::Forbidden { kind, name, .. } => {
            let mut details = json!({ "name": name });
            if !kind.law().group.is_empty() {
                details["group"] = kind.law().group.into();
            }
            details["kind"] = kind.plural().into();
            failure(refused.code(), refused.reason(), &refused.to_string(), &details)
        }
        other => bad(&other.to_string()),
    }
}
