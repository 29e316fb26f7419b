//! Objects of all kinds on their way into the API: decoded, defaulted, prepared, validated; let in or refused.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update}.go (`BeforeCreate`, `BeforeUpdate`) and
//! staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go (1.36.2). What a kind has of its own is its row
//! ([`ObjectType::law`], [`super::kinds`]). The surprises: the status of a manifest is dropped; an update is decoded and
//! defaulted as a creation is; and what the server has filled in stays where an update leaves it out.

use serde_json::{Map, Value, json};

use super::admission::{self, Rejection, Request};
use super::decode::schema::Struct;
use super::decode::{self, DecodeError, Decoded, StrictError};
use super::kinds;
pub use super::kinds::{Kind, Older};
use super::validation::field::{At, Errors};
use super::validation::{meta, names};
use crate::api::Sym;
use crate::rules::machinery::quote::quote;
use crate::rules::versions::gates::Gates;
use crate::rules::versions::habits::Habits;

/// `metadata`, `spec` and whatever else an object has, as the API prints it.
pub type Object = Map<String, Value>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $file:ident,)*) => {
        /// The kinds that the API server knows here; each has a row of its own.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum ObjectType { $($(#[$doc])* $kind,)* }

        impl ObjectType {
            /// All of them.
            pub const ALL: &[ObjectType] = &[$(ObjectType::$kind,)*];

            /// What the API server knows of the kind.
            pub fn law(self) -> &'static Kind {
                match self { $(ObjectType::$kind => &kinds::$file::LAW,)* }
            }
        }
    };
}

kinds! {
    /// `v1`
    Pod: pod,
    /// `apps/v1`
    Deployment: deployment,
    /// `apps/v1`
    ReplicaSet: replica_set,
    /// `v1`
    ReplicationController: replication_controller,
    /// `v1`
    Service: service,
    /// `apps/v1`
    StatefulSet: stateful_set,
    /// `apps/v1`
    DaemonSet: daemon_set,
    /// `batch/v1`
    Job: job,
    /// `policy/v1`
    PodDisruptionBudget: pod_disruption_budget,
    /// `batch/v1`
    CronJob: cron_job,
    /// `autoscaling/v2`
    HorizontalPodAutoscaler: horizontal_pod_autoscaler,
    /// `v1`
    ConfigMap: config_map,
    /// `v1`
    Secret: secret,
    /// `v1`
    ServiceAccount: service_account,
    /// `v1`
    PersistentVolumeClaim: persistent_volume_claim,
    /// `v1`
    PersistentVolume: persistent_volume,
    /// `storage.k8s.io/v1`
    StorageClass: storage_class,
    /// `scheduling.k8s.io/v1`
    PriorityClass: priority_class,
    /// `node.k8s.io/v1`
    RuntimeClass: runtime_class,
    /// `v1`
    LimitRange: limit_range,
    /// `v1`
    ResourceQuota: resource_quota,
    /// `v1`
    Namespace: namespace,
    /// `v1`
    Node: node,
    /// `apps/v1`
    ControllerRevision: controller_revision,
}

impl ObjectType {
    /// What a manifest says it is.
    ///
    /// # Errors
    /// It does not say, or there is no such kind; the scheme's words.
    pub fn of(manifest: &Value) -> Result<ObjectType, DecodeError> {
        let (group_version, kind) = decode::version_and_kind(manifest)?;
        let found = ObjectType::ALL.iter().find(|ty| ty.law().name == kind && ty.is_served_as(group_version));
        found.copied().ok_or_else(|| decode::unregistered(group_version, kind))
    }
    /// `Deployment`
    pub fn name(self) -> &'static str {
        self.law().name
    }
    /// As the scenario format has it: `replicaSet`.
    pub fn key(self) -> &'static str {
        self.law().key
    }
    /// `deployment`
    pub fn singular(self) -> Sym {
        Sym::new(&self.name().to_lowercase())
    }
    /// As the API's paths have it: `deployments`.
    pub fn plural(self) -> &'static str {
        self.law().resource
    }
    /// `apps/v1`
    pub fn api_version(self) -> String {
        self.versioned(self.law().version)
    }
    fn versioned(self, version: &str) -> String {
        let group = self.law().group;
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
    }
    /// Whether the API server takes objects of the kind that say this `apiVersion`.
    pub fn is_served_as(self, group_version: &str) -> bool {
        self.api_version() == group_version || self.older(group_version).is_some()
    }
    /// The older version that an `apiVersion` names.
    pub fn older(self, group_version: &str) -> Option<&'static Older> {
        self.law().older.as_ref().filter(|older| {
            let own = self.versioned(older.version);
            own == group_version
        })
    }
    /// The kind in the version that an object says it is of.
    pub fn written_in(self, manifest: &Value) -> Written {
        let said = manifest.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        Written { kind: self, version: self.older(said).map_or(self.law().version, |older| older.version) }
    }
    /// `Deployment.apps`, as the API server names the kind in its answers.
    pub fn qualified(self) -> String {
        with_group(self.name(), self.law().group)
    }
    /// `deployments.apps`
    pub fn qualified_resource(self) -> String {
        with_group(self.plural(), self.law().group)
    }
    /// `deployment.apps`
    pub fn resource(self) -> String {
        with_group(&self.singular(), self.law().group)
    }
    /// `deployment.apps/web`, as kubectl names an object in its answers.
    pub fn named(self, name: &str) -> String {
        format!("{}/{name}", self.resource())
    }
    /// Those that a run stores as they are sent.
    pub fn kept() -> impl Iterator<Item = ObjectType> + Clone {
        ObjectType::ALL.iter().copied().filter(|kind| kind.law().is_kept)
    }
    /// One that a run stores, from any spelling that kubectl takes: `deploy`, `deployments`, `Deployment`, `deployment.apps`.
    pub fn parse(word: &str) -> Option<ObjectType> {
        let lower = word.to_lowercase();
        let (resource, group) = lower.split_once('.').unwrap_or((&lower, ""));
        let found = ObjectType::kept().find(|kind| {
            let Kind { name, resource: plural, short, .. } = kind.law();
            name.eq_ignore_ascii_case(resource) || *plural == resource || short.contains(&resource)
        })?;
        let own = found.law().group;
        (group.is_empty() || (!own.is_empty() && (group == own || group.ends_with(&format!(".{own}")))))
            .then_some(found)
    }
    /// Its fields, by which patches are merged.
    pub fn fields(self) -> &'static Struct {
        self.law().schema
    }
    /// Whether `metadata.generation` counts the changes of its spec.
    pub(super) fn counts_generations(self, gates: &Gates) -> bool {
        let law = self.law();
        law.counts_generations && (self != ObjectType::Pod || gates.habits.counts_generations)
    }
}

/// A kind, in one of its versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// Which kind.
    pub kind: ObjectType,
    /// `v1`
    pub version: &'static str,
}

impl From<ObjectType> for Written {
    /// In its newest version.
    fn from(kind: ObjectType) -> Written {
        Written { kind, version: kind.law().version }
    }
}

fn with_group(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

/// kubectl's words for a manifest of a kind that the cluster does not have
/// (staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go, `mapper.infoForData`).
pub fn no_matches(manifest: &Value, file: &str) -> String {
    let text = |at: &str| manifest.pointer(at).and_then(Value::as_str).unwrap_or_default();
    format!(
        "error: resource mapping not found for name: {} namespace: {} from {}: no matches for kind {} in version {}\n\
         ensure CRDs are installed first",
        quote(text("/metadata/name")),
        quote(text("/metadata/namespace")),
        quote(file),
        quote(text("/kind")),
        quote(text("/apiVersion"))
    )
}

/// An object that the API server accepted.
#[derive(Clone, PartialEq, Debug)]
pub struct AdmittedObject {
    /// What it is.
    pub kind: ObjectType,
    /// `metadata` and `spec` as the API prints them.
    pub object: Object,
    /// As the API server sends them beside its answer.
    pub warnings: Vec<String>,
    /// Unknown fields. kubectl asks for strict decoding and is then refused ([`Rejection::Strict`]); others are warned.
    pub strict: Vec<StrictError>,
}

/// Creates an object of any kind (`rest.BeforeCreate`). Admission plugins come before; none of them is about
/// other kinds than pods.
///
/// # Errors
/// The API server refuses it; a kind that it does not have is a [`DecodeError`] of [`ObjectType::of`], which comes first.
pub fn create(manifest: &Value, request: &Request) -> Result<AdmittedObject, Rejection> {
    let gates = &request.gates;
    let (written, Decoded { mut object, strict }) = defaulted(manifest, gates)?;
    let kind = written.kind;
    admission::name_and_place(&mut object, kind, request);
    (kind.law().prepare)(&mut object, None, request);
    let errors = refusals(kind, &object, None, gates);
    if !errors.is_empty() && !strict.is_empty() {
        // Who asks for strictness is refused before anything else is looked at.
        return Err(Rejection::Strict(written, strict));
    }
    if !errors.is_empty() {
        return Err(Rejection::Invalid { kind, name: admission::name_of(&object), errors });
    }
    let warnings = (kind.law().warnings)(&object, None, gates);
    Ok(AdmittedObject { kind, object, warnings, strict })
}

/// An object as admission plugins find it: decoded and defaulted, and not yet looked at any further.
///
/// # Errors
/// It is no object of its kind.
pub fn defaulted(manifest: &Value, gates: &Gates) -> Result<(Written, Decoded), Rejection> {
    let refuse = |error| Rejection::Decode(ObjectType::Pod.into(), error);
    let kind = ObjectType::of(manifest).map_err(refuse)?;
    let written = kind.written_in(manifest);
    let mut decoded =
        decode::object(kind, manifest, gates.version).map_err(|error| Rejection::Decode(written, error))?;
    if !kind.law().keeps_status {
        decoded.object.shift_remove("status");
    }
    (kind.law().defaults)(&mut decoded.object, gates);
    Ok((written, decoded))
}

/// What is refused of an object, its metadata first (`ValidateObjectMeta`, `ValidateObjectMetaUpdate`).
fn refusals(kind: ObjectType, new: &Object, old: Option<&Object>, gates: &Gates) -> Errors {
    static ABSENT: Value = Value::Null;
    fn metadata(object: &Object) -> At<'_> {
        At::new(object.get("metadata").unwrap_or(&ABSENT), "metadata")
    }
    let law = kind.law();
    let mut errors = Errors::default();
    if let Some(old) = old {
        // What is asked of all kinds (`validateCommonFields`), and then by the kind's own function: told once.
        let of_any_kind = |name: &str, _: &Habits| names::path_segment(name);
        meta::validate_named(&metadata(new), law.is_namespaced, of_any_kind, &gates.habits, &mut errors);
        meta::update(&metadata(old), &metadata(new), &gates.habits, &mut errors);
    }
    if old.is_none() || law.rereads_metadata {
        meta::validate_named(&metadata(new), law.is_namespaced, law.names, &gates.habits, &mut errors);
    }
    if law.reads_finalizers {
        meta::finalizer_names(&metadata(new).child("finalizers"), &mut errors);
    }
    (law.validate)(new, old, gates, &mut errors);
    errors
}

/// Refuses an object that names another namespace than the request (`rest.EnsureObjectNamespaceMatchesRequestNamespace`).
/// What lives in no namespace may name any: it is taken away.
///
/// # Errors
/// It does.
pub fn in_namespace(manifest: &Value, namespace: &str) -> Result<(), Rejection> {
    if ObjectType::of(manifest).is_ok_and(|kind| !kind.law().is_namespaced) {
        return Ok(());
    }
    match manifest.pointer("/metadata/namespace").and_then(Value::as_str) {
        None | Some("") => Ok(()),
        Some(own) if own == namespace => Ok(()),
        Some(_) => Err(Rejection::OtherNamespace),
    }
}

/// Replaces `old`, an object as it was admitted, by `new`: what a patch or an edit comes to (`rest.BeforeUpdate`). What
/// the server keeps (uid, times, status) stays; the generation rises with what its kind counts.
///
/// # Errors
/// The change is not allowed.
pub fn update(
    kind: ObjectType,
    old: &Object,
    new: Object,
    request: &Request,
) -> Result<AdmittedObject, Rejection> {
    let gates = &request.gates;
    let said = new.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let older = kind.older(said);
    let written = older.map_or(kind.into(), |older| Written { kind, version: older.version });
    let Decoded { mut object, strict } =
        decode::stored(kind, new, gates.version).map_err(|error| Rejection::Decode(written, error))?;
    if let Some(older) = older {
        (older.renew)(old, &mut object);
    }
    (kind.law().defaults)(&mut object, gates);
    keep_what_is_the_servers(kind, old, &mut object);
    (kind.law().prepare)(&mut object, Some(old), request);
    let errors = refusals(kind, &object, Some(old), gates);
    if !errors.is_empty() {
        return Err(Rejection::Invalid { kind, name: admission::name_of(&object), errors });
    }
    let changed = old.get("spec") != object.get("spec") || annotations_count(kind, old, &object);
    if changed && kind.counts_generations(gates) {
        let generation = old.get("metadata").and_then(|m| m.get("generation")).and_then(Value::as_i64);
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            metadata.insert("generation".to_owned(), json!(generation.unwrap_or(0) + 1));
        }
    }
    let warnings = (kind.law().warnings)(&object, Some(old), gates);
    Ok(AdmittedObject { kind, object, warnings, strict })
}

/// What the API server keeps of an object, and what it warns of: fields that the kind does not have, where nobody asks for
/// strictness.
///
/// # Errors
/// A value has the wrong type.
pub fn kept(kind: ObjectType, object: &Value, gates: &Gates) -> Result<(Object, Vec<String>), Rejection> {
    let Value::Object(object) = object else { return Ok((Object::new(), Vec::new())) };
    let decoded = decode::stored(kind, object.clone(), gates.version);
    let decoded = decoded.map_err(|error| Rejection::Decode(kind.into(), error))?;
    let unknown = decoded.strict.iter().map(ToString::to_string).collect();
    Ok((decoded.object, unknown))
}

/// Fields of an object that its kind does not have; none where it cannot be read at all.
pub fn unknown(kind: ObjectType, object: &Object, gates: &Gates) -> Vec<StrictError> {
    decode::stored(kind, object.clone(), gates.version).map(|own| own.strict).unwrap_or_default()
}

/// `deploymentStrategy.PrepareForUpdate`: a Deployment's controller reads what stands in its annotations.
fn annotations_count(kind: ObjectType, old: &Object, new: &Object) -> bool {
    let of = |object: &Object| object.get("metadata").and_then(|m| m.get("annotations")).cloned();
    kind == ObjectType::Deployment && of(old) != of(new)
}

fn keep_what_is_the_servers(kind: ObjectType, old: &Object, new: &mut Object) {
    new.shift_remove("status");
    if let Some(status) = old.get("status") {
        new.insert("status".to_owned(), status.clone());
    }
    let Some(Value::Object(was)) = old.get("metadata") else { return };
    let Value::Object(is) = new.entry("metadata").or_insert_with(|| json!({})) else { return };
    is.shift_remove("generation");
    if !kind.law().is_namespaced {
        is.shift_remove("namespace");
    }
    for name in ["namespace", "uid", "creationTimestamp", "resourceVersion", "generation"] {
        if let Some(value) = was.get(name)
            && !is.contains_key(name)
        {
            is.insert(name.to_owned(), value.clone());
        }
    }
    // Nobody but the server says when an object is deleted.
    for name in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        is.shift_remove(name);
        if let Some(value) = was.get(name) {
            is.insert(name.to_owned(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    fn request() -> Request<'static> {
        Request { gates: Gates::default(), now: Time::EPOCH, namespace: "default", suffix: "abcde", uid: "u" }
    }

    fn web() -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "app:v1"}]}}}})
    }

    fn changed(old: &Object, change: impl FnOnce(&mut Value)) -> Result<AdmittedObject, Rejection> {
        let mut new = Value::Object(old.clone());
        change(&mut new);
        let Value::Object(new) = new else { panic!("an object") };
        update(ObjectType::Deployment, old, new, &request())
    }

    fn generation(object: &Object) -> Option<i64> {
        object["metadata"]["generation"].as_i64()
    }

    #[test]
    fn kinds_are_found_by_what_kubectl_takes() {
        for kind in ObjectType::kept() {
            for word in
                [kind.name(), &kind.singular(), kind.plural(), &kind.resource(), &kind.qualified_resource()]
            {
                assert_eq!(ObjectType::parse(word), Some(kind), "{word}");
            }
        }
        assert_eq!(ObjectType::parse("deploy"), Some(ObjectType::Deployment));
        assert_eq!(ObjectType::parse("svc"), Some(ObjectType::Service));
        assert_eq!(ObjectType::parse("deployment.v1.apps"), Some(ObjectType::Deployment));
        assert_eq!(ObjectType::parse("deployments.batch"), None);
        assert_eq!(ObjectType::parse("pod"), None);
        assert_eq!(ObjectType::ReplicaSet.key(), "replicaSet");
    }

    #[test]
    fn a_deployments_generation_rises_with_its_spec_and_its_annotations() {
        let old = create(&web(), &request()).expect("admitted").object;
        assert_eq!(generation(&old), Some(1));
        let labelled = changed(&old, |new| new["metadata"]["labels"] = json!({"a": "b"})).expect("admitted");
        assert_eq!(generation(&labelled.object), Some(1));
        let noted =
            changed(&old, |new| new["metadata"]["annotations"] = json!({"a": "b"})).expect("admitted");
        assert_eq!(generation(&noted.object), Some(2));
        let mut with_status = old.clone();
        with_status.insert("status".to_owned(), json!({"replicas": 3}));
        let scaled =
            changed(&with_status, |new| new["spec"]["replicas"] = json!(5)).expect("admitted").object;
        assert_eq!((generation(&scaled), &scaled["status"]), (Some(2), &json!({"replicas": 3})));
    }

    #[test]
    fn refusals_name_the_kind() {
        let mut wrong = web();
        wrong["spec"]["replicas"] = json!(-1);
        wrong["spec"]["minReadySeconds"] = json!(-1);
        let refusal = create(&wrong, &request()).expect_err("refused");
        assert_eq!(
            refusal.kubectl("web.yaml"),
            "The Deployment \"web\" is invalid: \n* spec.replicas: Invalid value: -1: must be greater than or equal to 0\n* \
             spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"
        );
        wrong["spec"]["replicas"] = json!("3");
        let refusal = create(&wrong, &request()).expect_err("refused");
        assert_eq!(
            refusal.kubectl("web.yaml"),
            "Error from server (BadRequest): error when creating \"web.yaml\": Deployment in version \"v1\" cannot be \
             handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of \
             type int32"
        );
        let forbidden = Rejection::Forbidden {
            kind: ObjectType::Deployment,
            name: "web".to_owned(),
            why: "no".to_owned(),
        };
        assert_eq!(
            forbidden.told(None),
            "Error from server (Forbidden): deployments.apps \"web\" is forbidden: no"
        );
        let old = create(&web(), &request()).expect("admitted").object;
        let refusal = changed(&old, |new| {
            new["spec"]["selector"]["matchLabels"]["app"] = json!("api");
            new["spec"]["template"]["metadata"]["labels"]["app"] = json!("api");
        });
        assert_eq!(
            refusal.expect_err("refused").told(None),
            "The Deployment \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"api\"}}: field is \
             immutable"
        );
    }

    #[test]
    fn a_service_keeps_its_address_and_its_node_port() {
        let manifest = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"type": "NodePort", "ports": [{"port": 80}]}});
        let mut old = create(&manifest, &request()).expect("admitted").object;
        assert_eq!(old["metadata"].get("generation"), None);
        old["spec"]["clusterIP"] = json!("10.96.0.5");
        old["spec"]["clusterIPs"] = json!(["10.96.0.5"]);
        old["spec"]["ports"][0]["nodePort"] = json!(30080);
        let Value::Object(new) = manifest else { panic!("an object") };
        let kept = update(ObjectType::Service, &old, new, &request()).expect("admitted").object;
        assert_eq!(kept["spec"], old["spec"]);
    }

    #[test]
    fn what_is_no_kind_here_is_told_as_kubectl_tells_it() {
        let manifest = json!({"apiVersion": "v1", "kind": "Widget", "metadata": {"name": "w"}});
        assert!(ObjectType::of(&manifest).is_err());
        assert_eq!(
            no_matches(&manifest, "w.yaml"),
            "error: resource mapping not found for name: \"w\" namespace: \"\" from \"w.yaml\": no matches for kind \
             \"Widget\" in version \"v1\"\nensure CRDs are installed first"
        );
    }
}
