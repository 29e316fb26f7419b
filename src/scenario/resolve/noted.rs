//! What is noted of manifests on the way: what the API server will say of their objects, and what is left out.
//!
//! An object that lives while a run goes on is judged again when it is sent; here is only foreseen, of a new one, that it
//! will be refused. What does not live (ConfigMaps, claims, classes) is judged here for good, new or changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::Context;
use super::documents::Document;
use super::standing::is_left_out;
use crate::rules::api_server::admission::{Rejection, Request};
use crate::rules::api_server::objects::{self, Object, ObjectType};
use crate::rules::kubectl::apply;
use crate::scenario::applied::{ApplyPlan, LeftOut};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::manifest::templates_in;
use crate::scenario::tree::Loc;

/// Whether the API server takes an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Taken,
    Refused,
}

/// Kind, namespace and name of an object.
type Place = [String; 3];

#[derive(Default)]
pub struct Noted {
    left_out: BTreeMap<String, Left>,
    /// Kinds among them that hold pod templates.
    templates: BTreeSet<String>,
    /// Objects that were sent, as they were let in; of those that live only that they were.
    sent: BTreeMap<Place, Option<Object>>,
}

/// A kind that nothing becomes of: where the first of it stands, and whether pods know of it.
struct Left {
    loc: Loc,
    is_felt: bool,
}

impl Noted {
    pub fn note(&mut self, document: &Document, cx: &mut Context<'_>, kind: &str, version: &str) {
        let is_felt = is_left_out(kind, version) && !is_brought(version);
        // Nobody knows what it would have made.
        cx.unsettled |= is_felt;
        let name = if is_brought(version) { format!("{kind} ({version})") } else { kind.to_owned() };
        self.left_out.entry(name).or_insert(Left { loc: document.place(), is_felt });
        if !templates_in(&document.written.value).is_empty() {
            self.templates.insert(document.field("/kind").to_owned());
        }
    }

    /// What the API server says of an object of a kind that it knows.
    pub fn judge(
        &mut self,
        kind: ObjectType,
        document: &Document,
        plan: &mut ApplyPlan,
        is_action: bool,
        cx: &mut Context<'_>,
    ) -> Verdict {
        let (law, object) = (kind.law(), &document.written.value);
        let namespace = match document.field("/metadata/namespace") {
            _ if !law.is_namespaced => "",
            "" => plan.namespace.as_str(),
            own => own,
        };
        let place = [law.name, namespace, document.field("/metadata/name")].map(str::to_owned);
        let known = self.sent.get(&place);
        if law.is_kept && (known.is_some() || is_action) {
            // Of a change nobody knows yet to what.
            self.sent.entry(place).or_default();
            return Verdict::Taken;
        }
        let request = Request { gates: cx.gates, now: plan.at, namespace, suffix: "00000", uid: "" };
        let old = known.and_then(Option::as_ref);
        let said = ask(kind, old, object, &request).map_err(|rejection| rejection.kubectl(&document.file));
        match said {
            Ok((object, warnings)) => {
                if !law.is_kept {
                    plan.warned.extend(warnings);
                }
                self.sent.insert(place, Some(object).filter(|_| !law.is_kept));
                Verdict::Taken
            }
            Err(words) => {
                cx.report(refused(document.place(), &words));
                if !law.is_kept {
                    plan.refused.push(words);
                }
                self.sent.entry(place).or_default();
                Verdict::Refused
            }
        }
    }

    /// Hands on what was left out; what pods know of is a warning as well.
    pub fn tell(self, cx: &mut Context<'_>) {
        let of = |is_felt: bool| {
            let own = self.left_out.iter().filter(move |(_, left)| left.is_felt == is_felt);
            own.map(|(kind, _)| kind.clone()).collect()
        };
        let (no_effect, unplayed) = (of(false), of(true));
        let with_templates = self.templates.iter().cloned().collect();
        cx.left_out = LeftOut { no_effect, unplayed, with_templates };
        let felt = self.left_out.values().filter(|left| left.is_felt).map(|left| left.loc);
        if let Some(loc) = felt.min() {
            let title = cx.left_out.unplayed_words();
            cx.report(Diagnostic::new(Code::NoEffect, loc, title.trim_end()).label("left out"));
        }
    }
}

/// Whether somebody brings the kind to the cluster.
fn is_brought(version: &str) -> bool {
    version.contains('.') && !version.contains(".k8s.io/")
}

/// What the API server answers to an apply of an object, new or in place of an old one; strictly, as kubectl asks.
fn ask(
    kind: ObjectType,
    old: Option<&Object>,
    object: &Json,
    request: &Request<'_>,
) -> Result<(Object, Vec<String>), Rejection> {
    objects::in_namespace(object, request.namespace)?;
    let live = old.map(|old| Json::Object(old.clone()));
    let new = apply::apply(kind, live.as_ref(), object, request.namespace).object;
    let admitted = match (old, new) {
        (Some(old), Json::Object(new)) => objects::update(kind, old, new, request)?,
        (_, new) => objects::create(&new, request)?,
    };
    match admitted.strict.is_empty() {
        true => Ok((admitted.object, admitted.warnings)),
        false => Err(Rejection::Strict(kind.written_in(object), admitted.strict)),
    }
}

/// How such a warning begins; the rest is what kubectl prints.
pub const REFUSAL: &str = "the API server will refuse this: ";

/// A warning of what the API server will refuse.
pub fn refused(loc: Loc, words: &str) -> Diagnostic {
    Diagnostic::new(Code::Refused, loc, format!("{REFUSAL}{words}"))
        .hint("the rest is played, and the run's summary has the answer")
}
