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
    /// Namespaces among them: one that was deleted is there again with its apply.
    pub namespaces: Vec<Sym>,
    /// What the API server says of what is not sent to it later, and that it refuses: told when it is sent.
    pub refused: Vec<String>,
    /// What it warns of, of the rest of that: told then, too.
    pub warned: Vec<String>,
}

/// Kinds in what is applied that nothing becomes of, by name, with the `apiVersion` where somebody else brought them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeftOut {
    /// Pods do not know of them.
    pub no_effect: Vec<String>,
    /// They say when pods run, and nobody plays them yet.
    pub unplayed: Vec<String>,
    /// Those among all of them that hold pod templates.
    pub with_templates: Vec<String>,
}

impl LeftOut {
    /// What is told of those without an effect: a line, and where there are pod templates another.
    pub fn no_effect_words(&self) -> String {
        let mut words = match &self.no_effect[..] {
            [] => return String::new(),
            kinds => format!("no effect on when pods run: {}\n", kinds.join(", ")),
        };
        if !self.with_templates.is_empty() {
            words.push_str(&format!("{}\n", self.hint()));
        }
        words
    }
    /// The line about those that nobody plays.
    pub fn unplayed_words(&self) -> String {
        match &self.unplayed[..] {
            [] => String::new(),
            kinds => format!("left out, as nobody plays these yet: {}\n", kinds.join(", ")),
        }
    }
    fn hint(&self) -> String {
        let kinds: Vec<String> = self.with_templates.iter().map(|kind| format!("\"{kind}\"")).collect();
        let asked: Vec<String> =
            self.with_templates.iter().map(|kind| format!("--template-of {kind}")).collect();
        format!(
            "{} plays the pod templates in {} (templatesOf = [{}] in [[apply]])",
            asked.join(" "),
            if kinds.len() == 1 { "it" } else { "them" },
            kinds.join(", ")
        )
    }
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
