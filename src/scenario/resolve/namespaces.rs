//! Namespaces that manifests make: who is sent before his namespace is refused, as on a cluster.
//!
//! Namespaces that no manifest makes are taken to be there.
//!
//! Source: `Lifecycle.Admit` in staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go (v1.36.3);
//! `kubectl apply` sends objects in the order of the files, and sorts nothing. The surprise: what is unknown in an object is
//! told first, what is invalid is not looked at.

use std::collections::BTreeMap;

use super::Context;
use super::applies::Sent;
use super::documents::Document;
use super::noted::refused;
use crate::rules::api_server::objects::{self, ObjectType};
use crate::rules::machinery::quote::quote;
use crate::time::Time;

/// Namespaces that are there from the beginning.
const FIRST: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// When each is made: at which instant, as the how-manieth document.
pub struct Namespaces(BTreeMap<String, (Time, usize)>);

impl Namespaces {
    pub fn of(all: &[(Sent, Vec<Document>)]) -> Namespaces {
        let mut made: BTreeMap<String, (Time, usize)> = BTreeMap::new();
        let documents =
            all.iter().flat_map(|(sent, own)| own.iter().map(|document| (sent.plan.at, document)));
        for (number, (at, document)) in documents.enumerate() {
            let is_one = ObjectType::of(&document.written.value) == Ok(ObjectType::Namespace);
            let name = document.field("/metadata/name");
            if is_one && !FIRST.contains(&name) {
                let first = made.entry(name.to_owned()).or_insert((at, number));
                *first = (*first).min((at, number));
            }
        }
        Namespaces(made)
    }

    /// Whether a document, the how-manieth of all, is sent before its namespace is made; it is refused then.
    pub fn comes_too_early(
        &self,
        document: &Document,
        sent: &mut Sent,
        number: usize,
        cx: &mut Context<'_>,
    ) -> bool {
        let Ok(kind) = ObjectType::of(&document.written.value) else { return false };
        let namespace = match document.field("/metadata/namespace") {
            _ if !kind.law().is_namespaced => return false,
            "" => sent.plan.namespace.as_str(),
            own => own,
        };
        let comes = self.0.get(namespace);
        if comes.is_none_or(|comes| *comes < (sent.plan.at, number)) {
            return false;
        }
        let decoded = objects::defaulted(&document.written.value, &cx.gates);
        if decoded.is_ok_and(|(_, decoded)| decoded.strict.is_empty()) {
            let words = format!(
                "Error from server (NotFound): error when creating {}: namespaces {} not found",
                quote(&document.file),
                quote(namespace)
            );
            cx.report(refused(document.place(), &words));
            sent.plan.refused.push(words);
            return true;
        }
        false
    }
}
