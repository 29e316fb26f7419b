//! What `[[apply]]` brings to the API server as it is written: workloads and Services.
//!
//! Their objects are not looked into here: the API server defaults, validates and refuses them one by one while a run
//! goes on, as it does with what people send.

use serde_json::Value;

use crate::api::Sym;
use crate::time::Time;

/// Kinds of objects that are applied as they are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AppliedKind {
    /// `apps/v1`
    Deployment,
    /// `apps/v1`
    ReplicaSet,
    /// `v1`
    ReplicationController,
    /// `v1`
    Service,
}

/// What a kind is called, and what can be done to it.
#[derive(Clone, Copy, Debug)]
struct Names {
    kind: AppliedKind,
    /// `Deployment`
    name: &'static str,
    /// As the scenario format has it: `deployment`.
    key: &'static str,
    /// `apps/v1`
    api_version: &'static str,
    /// `deployments`
    plural: &'static str,
    /// What kubectl takes too.
    short: &'static [&'static str],
    /// It has pods, and so `scale` and `setImage`.
    has_pods: bool,
    /// `kubectl rollout` knows it.
    has_rollouts: bool,
}

/// The one list of kinds that are known.
const KINDS: [Names; 4] = [
    Names {
        kind: AppliedKind::Deployment,
        name: "Deployment",
        key: "deployment",
        api_version: "apps/v1",
        plural: "deployments",
        short: &["deploy"],
        has_pods: true,
        has_rollouts: true,
    },
    Names {
        kind: AppliedKind::ReplicaSet,
        name: "ReplicaSet",
        key: "replicaSet",
        api_version: "apps/v1",
        plural: "replicasets",
        short: &["rs"],
        has_pods: true,
        has_rollouts: false,
    },
    Names {
        kind: AppliedKind::ReplicationController,
        name: "ReplicationController",
        key: "replicationController",
        api_version: "v1",
        plural: "replicationcontrollers",
        short: &["rc"],
        has_pods: true,
        has_rollouts: false,
    },
    Names {
        kind: AppliedKind::Service,
        name: "Service",
        key: "service",
        api_version: "v1",
        plural: "services",
        short: &["svc"],
        has_pods: false,
        has_rollouts: false,
    },
];

impl AppliedKind {
    /// All of them, in the order of their list.
    pub const ALL: [AppliedKind; KINDS.len()] = {
        let mut all = [AppliedKind::Deployment; KINDS.len()];
        let mut ix = 0;
        while ix < KINDS.len() {
            all[ix] = KINDS[ix].kind;
            ix += 1;
        }
        all
    };

    fn names(self) -> &'static Names {
        KINDS.iter().find(|names| names.kind == self).unwrap_or(&KINDS[0])
    }
    /// As `kind:` has it: `Deployment`.
    pub fn name(self) -> &'static str {
        self.names().name
    }
    /// As the scenario format has it: `replicaSet`.
    pub fn key(self) -> &'static str {
        self.names().key
    }
    /// `apps/v1`
    pub fn api_version(self) -> &'static str {
        self.names().api_version
    }
    /// `apps`; empty: the core's.
    pub fn group(self) -> &'static str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }
    /// As the API's paths and errors have it: `deployments`.
    pub fn plural(self) -> &'static str {
        self.names().plural
    }
    /// As kubectl's answers have it: `deployment`; of other groups than the core `deployment.apps`.
    pub fn resource(self) -> String {
        let singular = self.singular();
        match self.api_version().split_once('/') {
            Some((group, _)) => format!("{singular}.{group}"),
            None => singular,
        }
    }
    /// `deployment`
    pub fn singular(self) -> String {
        self.name().to_lowercase()
    }
    /// It has pods, and so `scale` and `setImage`.
    pub fn has_pods(self) -> bool {
        self.names().has_pods
    }
    /// `kubectl rollout` knows it.
    pub fn has_rollouts(self) -> bool {
        self.names().has_rollouts
    }
    /// From `kind:` of a manifest.
    pub fn of_manifest(kind: &str) -> Option<AppliedKind> {
        KINDS.iter().find(|names| names.name == kind).map(|names| names.kind)
    }
    /// From any spelling that kubectl takes: `deploy`, `deployments`, `Deployment`, `deployment.apps`.
    pub fn parse(word: &str) -> Option<AppliedKind> {
        let lower = word.to_lowercase();
        let (resource, group) = lower.split_once('.').unwrap_or((&lower, ""));
        let of = KINDS.iter().find(|names| {
            names.name.eq_ignore_ascii_case(resource)
                || names.plural == resource
                || names.short.contains(&resource)
        })?;
        let own = of.kind.group();
        (group.is_empty() || (!own.is_empty() && group.split('.').next_back() == Some(own)))
            .then_some(of.kind)
    }
}

/// One `[[apply]]`, or the action of that name: `kubectl apply -f`.
#[derive(Clone, PartialEq, Debug)]
pub struct ApplyPlan {
    /// When it is sent.
    pub at: Time,
    /// What its answer is asked for by.
    pub id: Option<Sym>,
    /// Of objects that name none.
    pub namespace: Sym,
    /// In the order of the files and their documents.
    pub objects: Vec<AppliedObject>,
    /// What the API server says of Pods that it refuses: told when they are sent.
    pub refused: Vec<String>,
}

/// A document of a manifest, as it is written.
#[derive(Clone, PartialEq, Debug)]
pub struct AppliedObject {
    /// Of which kind.
    pub kind: AppliedKind,
    /// All of it.
    pub value: Value,
    /// The manifest's name, as the scenario writes it.
    pub file: Sym,
    /// The line of that file in which the document begins, from 1.
    pub line: usize,
}

impl AppliedObject {
    /// Its name; empty where it is to be generated.
    pub fn name(&self) -> &str {
        self.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }
    /// Its own namespace, or else that of its `[[apply]]`.
    pub fn namespace<'a>(&'a self, apply: &'a ApplyPlan) -> &'a str {
        let own = self.value.pointer("/metadata/namespace").and_then(Value::as_str);
        own.filter(|own| !own.is_empty()).unwrap_or(&apply.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_what_kubectl_takes() {
        for kind in AppliedKind::ALL {
            for word in [kind.name(), &kind.singular(), kind.plural(), &kind.resource()] {
                assert_eq!(AppliedKind::parse(word), Some(kind), "{word}");
            }
        }
        assert_eq!(AppliedKind::parse("deploy"), Some(AppliedKind::Deployment));
        assert_eq!(AppliedKind::parse("svc"), Some(AppliedKind::Service));
        assert_eq!(AppliedKind::parse("deployment.v1.apps"), Some(AppliedKind::Deployment));
        assert_eq!(AppliedKind::parse("deployments.batch"), None);
        assert_eq!(AppliedKind::parse("pod"), None);
    }
}
