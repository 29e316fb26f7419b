//! What `[[apply]]` brings to the API server as it is written: workloads and Services.
//!
//! Their objects are not looked into here: the API server defaults, validates and refuses them one by one while a run
//! goes on, as it does with what people send.

use serde_json::Value;

use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::time::Time;

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
    pub kind: ObjectType,
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
