//! What the controllers that make pods from a template say about it: ReplicaSets, DaemonSets, Jobs. The events stand on
//! the owner, not on the pod.
//!
//! Source: `RealPodControl`, pkg/controller/controller_utils.go, 1.36.3.

use std::fmt;

use super::told::Told;

/// A pod was made (`createPods`).
pub fn created(pod: impl fmt::Display) -> Told {
    Told::normal("SuccessfulCreate", format!("Created pod: {pod}"))
}

/// A pod could not be made. Where the namespace is being deleted, nobody is told (`createPods`).
pub fn create_failed(error: impl fmt::Display) -> Told {
    Told::warning("FailedCreate", format!("Error creating: {error}"))
}

/// A pod was deleted (`DeletePod`).
pub fn deleted(pod: impl fmt::Display) -> Told {
    Told::normal("SuccessfulDelete", format!("Deleted pod: {pod}"))
}

/// `generateName` of an owner's pods: with a dash, where that leaves a valid prefix (`getPodsPrefix`).
pub fn generate_name(owner: &str) -> String {
    const LONGEST: usize = 253;
    if owner.len() < LONGEST { format!("{owner}-") } else { owner.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kubernetes_own() {
        assert_eq!(created("web-1").message, "Created pod: web-1");
        assert_eq!(create_failed("no").message, "Error creating: no");
        assert_eq!(deleted("web-1").message, "Deleted pod: web-1");
        assert_eq!(generate_name("web"), "web-");
        assert_eq!(generate_name(&"w".repeat(253)).len(), 253);
    }
}
