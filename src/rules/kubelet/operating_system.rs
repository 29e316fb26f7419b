//! A pod of another operating system than the node's.
//!
//! Source: `rejectPodAdmissionBasedOnOSSelector`, `rejectPodAdmissionBasedOnOSField` in pkg/kubelet/lifecycle/predicate.go
//! (v1.36.2). Two surprises: the scheduler does not read `spec.os`, so that a pod of Windows comes to a node of Linux unless
//! a node selector keeps it away; and the first check is about a *label* of the pod, which nothing else asks for.

use std::collections::BTreeMap;

use crate::api::{PodSpec, Sym};

/// The label by which nodes tell their operating system, and which a pod may have, too.
const OS_LABEL: &str = "kubernetes.io/os";

/// What a node runs: its kubelet writes the label itself.
pub fn of_node(labels: &BTreeMap<String, String>) -> &str {
    labels.get(OS_LABEL).map_or("linux", String::as_str)
}

/// Reason and message of a kubelet that refuses a pod for its operating system.
pub fn refused(spec: &PodSpec, labels: &BTreeMap<String, String>, node: &str) -> Option<(Sym, &'static str)> {
    if labels.get(OS_LABEL).is_some_and(|own| own != node) {
        return Some((
            Sym::new("PodOSSelectorNodeLabelDoesNotMatch"),
            "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
        ));
    }
    let own = spec.rest.get("os").and_then(|os| os["name"].as_str());
    own.is_some_and(|own| own != node)
        .then(|| (Sym::new("PodOSNotSupported"), "Failed to admit pod as the OS field doesn't match node OS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_and_the_pods_own_label_must_be_the_nodes() {
        let check = |spec: &str, label: Option<&str>, node: &str| {
            let labels = label.map(|os| (OS_LABEL.to_owned(), os.to_owned())).into_iter().collect();
            refused(&serde_json::from_str(spec).unwrap(), &labels, node).map(|(reason, _)| reason.to_string())
        };
        let windows = r#"{ "os": { "name": "windows" } }"#;
        assert_eq!(check("{}", None, "linux"), None);
        assert_eq!(check(windows, None, "linux").as_deref(), Some("PodOSNotSupported"));
        assert_eq!(check(windows, None, "windows"), None);
        assert_eq!(check(r#"{ "os": { "name": "linux" } }"#, Some("linux"), "linux"), None);
        let label = "PodOSSelectorNodeLabelDoesNotMatch";
        assert_eq!(check(windows, Some("windows"), "linux").as_deref(), Some(label), "the label first");
        assert_eq!(of_node(&BTreeMap::new()), "linux");
    }
}
