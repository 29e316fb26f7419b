//! kubectl's words for what it has had done (staging/src/k8s.io/kubectl/pkg/cmd).

use std::collections::BTreeMap;

use crate::api::Sym;
use crate::rules::versions::gates::Gates;
use crate::scenario::plan::ObjectKind;

/// Of a pod that is deleted by force.
pub const FORCED: &str = "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
     terminated. The resource may continue to run on the cluster indefinitely.";

/// To a pattern that fits nothing.
pub const NOTHING: &str = "No resources found";

/// A kind as kubectl names one object of it, and as the API server names its resource.
fn names(kind: ObjectKind) -> (&'static str, &'static str) {
    match kind {
        ObjectKind::ConfigMap => ("configmap", "configmaps"),
        ObjectKind::Secret => ("secret", "secrets"),
        ObjectKind::PersistentVolumeClaim => ("persistentvolumeclaim", "persistentvolumeclaims"),
        ObjectKind::ServiceAccount => ("serviceaccount", "serviceaccounts"),
        ObjectKind::PriorityClass => ("priorityclass.scheduling.k8s.io", "priorityclasses.scheduling.k8s.io"),
        ObjectKind::RuntimeClass => ("runtimeclass.node.k8s.io", "runtimeclasses.node.k8s.io"),
        ObjectKind::PodDisruptionBudget => ("poddisruptionbudget.policy", "poddisruptionbudgets.policy"),
        // No object of the API: nobody but the nodes knows of it.
        ObjectKind::HostPath => ("path", "paths"),
    }
}

/// `configmap/settings created`
pub fn done(kind: ObjectKind, name: Sym, what: &str) -> String {
    format!("{}/{name} {what}", names(kind).0)
}

pub fn not_found(kind: ObjectKind, name: Sym) -> String {
    format!("Error from server (NotFound): {} \"{name}\" not found", names(kind).1)
}

pub fn exists_already(kind: ObjectKind, name: Sym) -> String {
    format!("Error from server (AlreadyExists): {} \"{name}\" already exists", names(kind).1)
}

pub fn object_deleted(gates: &Gates, kind: ObjectKind, name: Sym, namespace: Sym) -> String {
    deleted(gates, names(kind).0, name.as_str(), namespace, false)
}

/// `pod "web" deleted from default namespace`; without the namespace before 1.34, and for what stands in none (`PrintObj`,
/// delete.go).
pub fn deleted(gates: &Gates, kind: &str, name: &str, namespace: Sym, forced: bool) -> String {
    let force = if forced { "force " } else { "" };
    if namespace.is_empty() || !gates.habits.says_namespace_of_deleted {
        format!("{kind} \"{name}\" {force}deleted")
    } else {
        format!("{kind} \"{name}\" {force}deleted from {namespace} namespace")
    }
}

/// What `kubectl label` says of an object that has these labels before (`updateDataChangeMsg`, label.go); a line for each
/// label that it does not find, then one for the object.
pub fn labelled(own: &BTreeMap<String, String>, change: &BTreeMap<String, Option<String>>) -> Vec<String> {
    let lost = change.iter().filter(|(key, value)| value.is_none() && !own.contains_key(*key));
    let mut lines: Vec<String> = lost.map(|(key, _)| format!("label \"{key}\" not found.")).collect();
    let changes = change.iter().any(|(key, value)| own.get(key) != value.as_ref());
    let only_less = change.values().all(Option::is_none);
    let word = match (changes, only_less) {
        (false, _) => "not labeled",
        (true, true) => "unlabeled",
        (true, false) => "labeled",
    };
    lines.push(word.to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::versions::Version;

    #[test]
    fn labels_are_told_as_kubectl_tells_them() {
        let own = BTreeMap::from([("app".to_owned(), "web".to_owned())]);
        let told = |key: &str, value: Option<&str>| {
            labelled(&own, &BTreeMap::from([(key.to_owned(), value.map(str::to_owned))]))
        };
        assert_eq!(told("tier", Some("front")), ["labeled"]);
        assert_eq!(told("app", Some("shop")), ["labeled"]);
        assert_eq!(told("app", Some("web")), ["not labeled"]);
        assert_eq!(told("app", None), ["unlabeled"]);
        assert_eq!(told("tier", None), ["label \"tier\" not found.", "not labeled"]);
    }

    #[test]
    fn later_versions_tell_the_namespace() {
        let told = |version, kind, namespace: &str| {
            object_deleted(&Gates::of(version), kind, "x".into(), namespace.into())
        };
        assert_eq!(told(Version::ALL[0], ObjectKind::Secret, "shop"), "secret \"x\" deleted");
        assert_eq!(
            told(Version::DEFAULT, ObjectKind::Secret, "shop"),
            "secret \"x\" deleted from shop namespace"
        );
        assert_eq!(
            told(Version::DEFAULT, ObjectKind::PriorityClass, ""),
            "priorityclass.scheduling.k8s.io \"x\" deleted"
        );
    }
}
