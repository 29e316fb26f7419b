//! How a namespace goes: what its controller waits for, and what the namespace's conditions say meanwhile.
//!
//! DELETE marks a namespace as Terminating; from then on nothing new is let in. Five seconds later its controller deletes what
//! lives there, looks what is left, and comes again until nothing is; then it takes its finalizer away, and the namespace is gone.
//! Each write of the namespace's status calls it anew after those five seconds, so that the first looks follow each other sooner
//! than the estimates say.
//!
//! | left behind | comes again after |
//! | --- | --- |
//! | pods that are being ended | half of the longest grace period, and a second |
//! | objects that a finalizer holds | 8 s (a finalizer is taken to need 15) |
//! | anything else | an error: 5 ms, doubled each time, up to a minute |
//!
//! Source: pkg/controller/namespace/namespace_controller.go, pkg/controller/namespace/deletion/{namespaced_resources_deleter,
//! status_condition_utils}.go (v1.36.2).

use std::collections::BTreeMap;

use crate::time::{Span, Time};

/// How long it lets a write of the namespace settle (`namespaceDeletionGracePeriod`).
pub const SETTLES: Span = Span::from_secs(5);
/// How many seconds a finalizer is taken to need (`finalizerEstimateSeconds`).
pub const FINALIZER_SECS: i64 = 15;
/// Namespaces that the API server keeps (`immortalNamespaces` of plugin/pkg/admission/namespace/lifecycle).
pub const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// What is left of a namespace after a look, and what was found on the way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Left {
    /// `pods.`, `deployments.apps`: how many of each.
    pub by_resource: BTreeMap<String, usize>,
    /// Which finalizers hold how many of them.
    pub by_finalizer: BTreeMap<String, usize>,
    /// How long it may take until they are gone, in seconds; 0: nobody knows.
    pub estimate_secs: i64,
    /// What should be gone, and is not.
    pub unexpected: Vec<String>,
}

impl Left {
    /// Objects of a resource are there after all of them were deleted (`deleteAllContentForGroupVersionResource`): each with its
    /// finalizers. `grace_secs` is what pods may take.
    pub fn add(&mut self, resource: &str, namespace: &str, finalizers: &[Vec<String>], grace_secs: i64) {
        if finalizers.is_empty() {
            return;
        }
        self.by_resource.insert(resource.to_owned(), finalizers.len());
        for name in finalizers.iter().flatten() {
            *self.by_finalizer.entry(name.clone()).or_insert(0) += 1;
        }
        let is_held = finalizers.iter().any(|own| !own.is_empty());
        let estimate = match (grace_secs, is_held) {
            (0, true) => FINALIZER_SECS,
            (secs, _) => secs,
        };
        if estimate == 0 {
            self.unexpected
                .push(format!("unexpected items still remain in namespace: {namespace} for gvr: {resource}"));
        }
        self.estimate_secs = self.estimate_secs.max(estimate);
    }
    /// Nothing is left.
    pub fn is_empty(&self) -> bool {
        self.by_resource.is_empty()
    }
    /// When the controller comes again, after so many failures in a row; None: it is done (`worker`).
    pub fn again_after(&self, failures: u32) -> Option<Span> {
        if !self.unexpected.is_empty() {
            let doubled = 5_000_i64 << failures.min(14);
            return Some(Span::from_micros(doubled).min(Span::from_secs(60)));
        }
        (!self.is_empty()).then(|| Span::from_secs(self.estimate_secs / 2 + 1))
    }
}

/// A condition of a namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamespaceCondition {
    /// `NamespaceContentRemaining`
    pub kind: &'static str,
    /// Something is as its type says.
    pub status: bool,
    /// In one word.
    pub reason: &'static str,
    /// In a sentence.
    pub message: String,
    /// Since when its status is what it is.
    pub since: Time,
}

/// Type, and what is said where all is well: reason and message.
const WELL: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentRemoved", "All content successfully removed"),
];

/// What the conditions come to after a look; None: they stand there already (`updateConditions`).
pub fn conditions(before: &[NamespaceCondition], left: &Left, now: Time) -> Option<Vec<NamespaceCondition>> {
    let list = |all: &BTreeMap<String, usize>, verb: &str| -> String {
        let words = all.iter().map(|(name, count)| format!("{name} {verb} {count} resource instances"));
        words.collect::<Vec<_>>().join(", ")
    };
    let amiss = |kind: &str| -> Option<(&'static str, String)> {
        Some(match kind {
            "NamespaceDeletionContentFailure" if !left.unexpected.is_empty() => {
                let (count, all) = (left.unexpected.len(), left.unexpected.join(", "));
                let message = format!("Failed to delete all resource types, {count} remaining: {all}");
                ("ContentDeletionFailed", message)
            }
            "NamespaceContentRemaining" if !left.by_resource.is_empty() => {
                let all = list(&left.by_resource, "has");
                ("SomeResourcesRemain", format!("Some resources are remaining: {all}"))
            }
            "NamespaceFinalizersRemaining" if !left.by_finalizer.is_empty() => {
                let all = list(&left.by_finalizer, "in");
                (
                    "SomeFinalizersRemain",
                    format!("Some content in the namespace has finalizers remaining: {all}"),
                )
            }
            _ => return None,
        })
    };
    let after: Vec<NamespaceCondition> = WELL
        .iter()
        .map(|(kind, reason, message)| {
            let (status, (reason, message)) = match amiss(kind) {
                Some(amiss) => (true, amiss),
                None => (false, (*reason, (*message).to_owned())),
            };
            let old = before.iter().find(|old| old.kind == *kind && old.status == status);
            NamespaceCondition { kind, status, reason, message, since: old.map_or(now, |old| old.since) }
        })
        .collect();
    (after != before).then_some(after)
}
