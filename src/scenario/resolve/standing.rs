//! How the API server has the kinds that manifests name: served, in another version, or not at all.
//!
//! Source: the groups and versions that 1.32 to 1.37 serve (pkg/controlplane/instance.go), and the deprecation guide. The
//! surprise: what has no effect on pods is asked for as well, since an old Ingress is refused like an old Deployment.

use crate::rules::api_server::objects::ObjectType;
use crate::scenario::plan::ObjectKind;
use crate::scenario::values::OBJECT_KINDS;

/// Kinds that are played without being stored, or are only looked at.
const BESIDE: [&str; 4] = ["Pod", "Namespace", "PersistentVolume", "StorageClass"];

/// Groups of the API server's own, in which kinds are looked up.
const GROUPS: [&str; 13] = [
    "",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "extensions",
];

/// Kinds beside those of [`ObjectType`] that once had other versions, with the one that is served.
const SERVED: [(&str, &str); 14] = [
    ("APIService", "apiregistration.k8s.io/v1"),
    ("ClusterRole", "rbac.authorization.k8s.io/v1"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1"),
    ("CSIDriver", "storage.k8s.io/v1"),
    ("CSINode", "storage.k8s.io/v1"),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1"),
    ("Endpoints", "v1"),
    ("Ingress", "networking.k8s.io/v1"),
    ("IngressClass", "networking.k8s.io/v1"),
    ("NetworkPolicy", "networking.k8s.io/v1"),
    // None of its versions is left.
    ("PodSecurityPolicy", ""),
    ("PodTemplate", "v1"),
    ("Role", "rbac.authorization.k8s.io/v1"),
    ("RoleBinding", "rbac.authorization.k8s.io/v1"),
];

/// Groups whose objects say whether, and where, pods run: devices, webhooks and policies.
const FELT_BY_PODS: [&str; 2] = ["resource.k8s.io", "admissionregistration.k8s.io"];

/// How the API server has a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// In this version.
    Served,
    /// In other versions: no longer, or not in this one.
    OtherVersion,
    /// Not at all, or brought by somebody else, or not looked at.
    Foreign,
}

impl Standing {
    pub fn of(kind: &str, api_version: &str) -> Standing {
        let mut own = ObjectType::ALL.iter().filter(|of| of.name() == kind).peekable();
        let listed = SERVED.iter().find(|(name, _)| *name == kind);
        let is_known = own.peek().is_some() || listed.is_some();
        let is_served =
            own.any(|of| of.is_served_as(api_version)) || listed.is_some_and(|(_, one)| *one == api_version);
        match is_served {
            true => Standing::Served,
            false if is_known && GROUPS.contains(&group(api_version)) => Standing::OtherVersion,
            false => Standing::Foreign,
        }
    }
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Pods know of such objects, and nobody plays them.
fn is_unplayed(kind: &str) -> bool {
    let is_known = ObjectType::ALL.iter().any(|of| of.name() == kind);
    let is_kept = ObjectType::kept().any(|of| of.name() == kind);
    is_known && !is_kept && object_kind(kind).is_none() && !BESIDE.contains(&kind)
}

/// The same of one in its version.
pub fn is_left_out(kind: &str, api_version: &str) -> bool {
    FELT_BY_PODS.contains(&group(api_version)) || is_unplayed(kind)
}

/// Kinds of the API that an `[[object]]` makes too.
pub fn object_kind(kind: &str) -> Option<ObjectKind> {
    let found = OBJECT_KINDS.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
    found.filter(|kind| *kind != ObjectKind::HostPath)
}
