//! The resources that are served: one line each, from which discovery, paths, OpenAPI and storage follow.
//!
//! Source: `/api` and `/apis` of kube-apiserver 1.36.3 and of metrics.k8s.io, in the server's own order. Kinds that the simulator does
//! not play are served all the same: a client that lists Ingresses gets none, and not an error.

use std::sync::{Arc, LazyLock};

/// Place of a resource: in [`RESOURCES`], or behind them among those that clients have defined ([`super::store::Store::resource`]).
pub type ResourceIx = usize;

/// A resource of one group and version.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Empty: the core group.
    pub group: &'static str,
    /// `v1`
    pub version: &'static str,
    /// `pods`
    pub plural: &'static str,
    /// `Pod`
    pub kind: &'static str,
    /// Its objects live in namespaces.
    pub is_namespaced: bool,
    /// What can be asked of it.
    pub verbs: Vec<&'static str>,
    /// `po`
    pub short: Vec<&'static str>,
    /// `all`
    pub categories: Vec<&'static str>,
    /// What stands below an object of it.
    pub below: Vec<Subresource>,
    /// What a client has said of it, of one that a CustomResourceDefinition defines.
    pub custom: Option<Arc<Custom>>,
}

/// What a version of a CustomResourceDefinition says beside names.
#[derive(Clone, Debug, Default)]
pub struct Custom {
    /// In the singular.
    pub singular: String,
    /// `openAPIV3Schema`
    pub schema: serde_json::Value,
    /// `additionalPrinterColumns`
    pub columns: Vec<serde_json::Value>,
    /// `subresources.scale`
    pub scale: serde_json::Value,
    /// `subresources.status` is there.
    pub has_status: bool,
}

/// A subresource.
#[derive(Clone, Debug)]
pub struct Subresource {
    /// `scale`
    pub name: &'static str,
    /// Group, version and kind of what it answers with; empty group and version: the resource's own.
    pub kind: (&'static str, &'static str, &'static str),
    /// What can be asked of it.
    pub verbs: Vec<&'static str>,
}

/// Every verb that there is.
pub const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A line: group/version, plural, kind, scope, verbs (`*`: all; `-`: all but deletecollection), short names, categories,
/// subresources. A dot: none.
const TABLE: &str = "\
v1 bindings Binding N create . . .
v1 componentstatuses ComponentStatus C get,list cs . .
v1 configmaps ConfigMap N * cm . .
v1 endpoints Endpoints N * ep . .
v1 events Event N * ev . .
v1 limitranges LimitRange N * limits . .
v1 namespaces Namespace C - ns . finalize=update;status
v1 nodes Node C * no . proxy:NodeProxyOptions=create,delete,get,patch,update;status
v1 persistentvolumeclaims PersistentVolumeClaim N * pvc . status
v1 persistentvolumes PersistentVolume C * pv . status
v1 pods Pod N * po all attach:PodAttachOptions=create,get;binding:Binding=create;ephemeralcontainers;eviction:policy/v1/Eviction=create;exec:PodExecOptions=create,get;log=get;portforward:PodPortForwardOptions=create,get;proxy:PodProxyOptions=create,delete,get,patch,update;resize;status
v1 podtemplates PodTemplate N * . . .
v1 replicationcontrollers ReplicationController N * rc all scale:autoscaling/v1/Scale;status
v1 resourcequotas ResourceQuota N * quota . status
v1 secrets Secret N * . . .
v1 serviceaccounts ServiceAccount N * sa . token:authentication.k8s.io/v1/TokenRequest=create
v1 services Service N * svc all proxy:ServiceProxyOptions=create,delete,get,patch,update;status
apiregistration.k8s.io/v1 apiservices APIService C * . api-extensions status
apps/v1 controllerrevisions ControllerRevision N * . . .
apps/v1 daemonsets DaemonSet N * ds all status
apps/v1 deployments Deployment N * deploy all scale:autoscaling/v1/Scale;status
apps/v1 replicasets ReplicaSet N * rs all scale:autoscaling/v1/Scale;status
apps/v1 statefulsets StatefulSet N * sts all scale:autoscaling/v1/Scale;status
events.k8s.io/v1 events Event N * ev . .
authentication.k8s.io/v1 selfsubjectreviews SelfSubjectReview C create . . .
authentication.k8s.io/v1 tokenreviews TokenReview C create . . .
authorization.k8s.io/v1 localsubjectaccessreviews LocalSubjectAccessReview N create . . .
authorization.k8s.io/v1 selfsubjectaccessreviews SelfSubjectAccessReview C create . . .
authorization.k8s.io/v1 selfsubjectrulesreviews SelfSubjectRulesReview C create . . .
authorization.k8s.io/v1 subjectaccessreviews SubjectAccessReview C create . . .
autoscaling/v2 horizontalpodautoscalers HorizontalPodAutoscaler N * hpa all status
autoscaling/v1 horizontalpodautoscalers HorizontalPodAutoscaler N * hpa all status
batch/v1 cronjobs CronJob N * cj all status
batch/v1 jobs Job N * . all status
certificates.k8s.io/v1 certificatesigningrequests CertificateSigningRequest C * csr . approval;status
networking.k8s.io/v1 ingressclasses IngressClass C * . . .
networking.k8s.io/v1 ingresses Ingress N * ing . status
networking.k8s.io/v1 ipaddresses IPAddress C * ip . .
networking.k8s.io/v1 networkpolicies NetworkPolicy N * netpol . .
networking.k8s.io/v1 servicecidrs ServiceCIDR C * . . status
policy/v1 poddisruptionbudgets PodDisruptionBudget N * pdb . status
rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding C * . . .
rbac.authorization.k8s.io/v1 clusterroles ClusterRole C * . . .
rbac.authorization.k8s.io/v1 rolebindings RoleBinding N * . . .
rbac.authorization.k8s.io/v1 roles Role N * . . .
storage.k8s.io/v1 csidrivers CSIDriver C * . . .
storage.k8s.io/v1 csinodes CSINode C * . . .
storage.k8s.io/v1 csistoragecapacities CSIStorageCapacity N * . . .
storage.k8s.io/v1 storageclasses StorageClass C * sc . .
storage.k8s.io/v1 volumeattachments VolumeAttachment C * . . status
storage.k8s.io/v1 volumeattributesclasses VolumeAttributesClass C * vac . .
admissionregistration.k8s.io/v1 mutatingadmissionpolicies MutatingAdmissionPolicy C * . api-extensions .
admissionregistration.k8s.io/v1 mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C * . api-extensions .
admissionregistration.k8s.io/v1 mutatingwebhookconfigurations MutatingWebhookConfiguration C * . api-extensions .
admissionregistration.k8s.io/v1 validatingadmissionpolicies ValidatingAdmissionPolicy C * . api-extensions status
admissionregistration.k8s.io/v1 validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C * . api-extensions .
admissionregistration.k8s.io/v1 validatingwebhookconfigurations ValidatingWebhookConfiguration C * . api-extensions .
apiextensions.k8s.io/v1 customresourcedefinitions CustomResourceDefinition C * crd,crds api-extensions status
scheduling.k8s.io/v1 priorityclasses PriorityClass C * pc . .
coordination.k8s.io/v1 leases Lease N * . . .
node.k8s.io/v1 runtimeclasses RuntimeClass C * . . .
discovery.k8s.io/v1 endpointslices EndpointSlice N * . . .
resource.k8s.io/v1 deviceclasses DeviceClass C * . . .
resource.k8s.io/v1 resourceclaims ResourceClaim N * . . status
resource.k8s.io/v1 resourceclaimtemplates ResourceClaimTemplate N * . . .
resource.k8s.io/v1 resourceslices ResourceSlice C * . . .
flowcontrol.apiserver.k8s.io/v1 flowschemas FlowSchema C * . . status
flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations PriorityLevelConfiguration C * . . status
metrics.k8s.io/v1beta1 nodes NodeMetrics C get,list . . .
metrics.k8s.io/v1beta1 pods PodMetrics N get,list . . .
";

/// All of them, in the order of discovery.
pub static RESOURCES: LazyLock<Vec<Arc<Resource>>> =
    LazyLock::new(|| TABLE.lines().map(|line| Arc::new(read(line))).collect());

fn list(word: &'static str) -> Vec<&'static str> {
    if word == "." { Vec::new() } else { word.split(',').collect() }
}

fn read(line: &'static str) -> Resource {
    let words: Vec<&'static str> = line.split(' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or(".");
    let (group, version) = word(0).split_once('/').unwrap_or(("", word(0)));
    let below = |part: &'static str| {
        let (head, verbs) = part.split_once('=').unwrap_or((part, "get,patch,update"));
        let (name, kind) = head.split_once(':').unwrap_or((head, word(2)));
        let mut of = kind.rsplitn(3, '/');
        let kind = of.next().unwrap_or_default();
        let version = of.next().unwrap_or_default();
        Subresource { name, kind: (of.next().unwrap_or_default(), version, kind), verbs: list(verbs) }
    };
    Resource {
        group,
        version,
        plural: word(1),
        kind: word(2),
        is_namespaced: word(3) == "N",
        verbs: match word(4) {
            "*" => ALL.to_vec(),
            "-" => ALL.iter().copied().filter(|verb| *verb != "deletecollection").collect(),
            verbs => list(verbs),
        },
        short: list(word(5)),
        categories: list(word(6)),
        below: if word(7) == "." { Vec::new() } else { word(7).split(';').map(below).collect() },
        custom: None,
    }
}

impl Resource {
    /// `apps/v1`
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
    /// `deployments.apps`, as answers name it.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
    /// Whether it takes this verb.
    pub fn takes(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }
    /// In lower case; metrics have none.
    pub fn singular(&self) -> String {
        match &self.custom {
            Some(custom) => custom.singular.clone(),
            None if self.group == "metrics.k8s.io" => String::new(),
            None => self.kind.to_lowercase(),
        }
    }
    /// `Deployment.apps`, as refusals of values name the kind.
    pub fn qualified_kind(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }
}

/// A resource by its group, version and plural.
pub fn find(group: &str, version: &str, plural: &str) -> Option<ResourceIx> {
    RESOURCES.iter().position(|r| r.group == group && r.version == version && r.plural == plural)
}

/// The one of a kind, in its first version.
pub fn of_kind(group: &str, kind: &str) -> Option<ResourceIx> {
    RESOURCES.iter().position(|r| r.group == group && r.kind == kind)
}

/// Where the objects of a resource are stored: some are served in two versions, events in two groups.
pub fn stored_as(resource: ResourceIx) -> ResourceIx {
    let Some(own) = RESOURCES.get(resource) else { return resource };
    let first = match (own.group, own.plural) {
        ("events.k8s.io", "events") => find("", "v1", "events"),
        ("autoscaling", "horizontalpodautoscalers") => find("autoscaling", "v2", own.plural),
        _ => None,
    };
    first.unwrap_or(resource)
}
