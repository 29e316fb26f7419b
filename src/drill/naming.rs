//! Causes as a person names them: a kind, and the object that it is in.

use std::collections::BTreeSet;

use super::{Drill, Fault, faults};
use crate::scenario::diagnostic::nearest;
use crate::session::kubectl;

impl Drill {
    pub(super) fn named(&mut self, rest: &str) -> String {
        let (kind, object) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let object = object.trim();
        if kind.is_empty() {
            return "a kind and an object are to be named, as in `cause image deployment/web`; `causes` lists the kinds\n".to_owned();
        }
        let known: Vec<&str> = faults::kinds().map(|(kind, _)| kind).collect();
        if !known.contains(&kind) {
            let near = nearest(kind, &known)
                .map_or("`causes` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
            return format!("`{kind}` is no kind of cause; {near}\n");
        }
        let object = match self.object_meant(object) {
            Ok(object) => object,
            Err(problem) => {
                let joint = if problem.ends_with('?') { " As" } else { "; as" };
                return format!("{problem}{joint} in `cause {kind} deployment/web`\n");
            }
        };
        let is_it = |fault: &&mut Fault| {
            fault.planted.kind == kind
                && fault.planted.objects.iter().any(|own| faults::same_object(own, &object))
        };
        match self.faults.iter_mut().find(is_it) {
            Some(fault) if fault.named => "You have named that.\n".to_owned(),
            Some(fault) => {
                fault.named = true;
                "Right.\n".to_owned()
            }
            None => {
                self.wrong += 1;
                "That is not it.\n".to_owned()
            }
        }
    }

    /// The object that is meant by `deployment/web`, `deployment web`, or by a name that only one thing has.
    fn object_meant(&self, words: &str) -> Result<String, String> {
        // What somebody has removed may be the cause.
        let causes = self.faults.iter().flat_map(|fault| fault.planted.objects.iter().cloned());
        let known: BTreeSet<String> = self.nameable().into_iter().chain(causes).collect();
        let of = |object: &String| {
            faults::same_object(object, &words.split_whitespace().collect::<Vec<_>>().join("/"))
        };
        let called = |object: &&String| object.split_once('/').is_some_and(|(_, name)| name == words);
        if words.is_empty() {
            return Err("of what?".to_owned());
        }
        if let Some(found) = known.iter().find(|object| of(object)) {
            return Ok(found.clone());
        }
        let found: Vec<&String> = known.iter().filter(called).collect();
        match found[..] {
            [only] => Ok(only.clone()),
            [] => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let near =
                    nearest(words, &known).map_or_else(String::new, |near| format!(", did you mean {near}?"));
                Err(format!("there is no {words} here{near}"))
            }
            _ => {
                let all: Vec<&str> = found.iter().map(|own| own.as_str()).collect();
                Err(format!("which {words}: {}?", all.join(" or ")))
            }
        }
    }

    /// All that there is and that may be named.
    pub(super) fn nameable(&self) -> BTreeSet<String> {
        let w = self.line.walk.world();
        let pods = kubectl::pods(w).into_iter().map(|pod| format!("pod/{}", w.pods[pod.ix()].ident.name));
        let referred = ["configmaps", "secrets", "pvc"].into_iter().flat_map(|kind| {
            let names = self.line.walk.get(&format!("{kind} -o name")).unwrap_or_default();
            names.lines().map(str::to_owned).collect::<Vec<_>>()
        });
        self.objects().into_iter().chain(pods).chain(referred).collect()
    }
}

/// The kinds that there are, each with what it means.
pub(super) fn causes() -> String {
    let width = faults::kinds().map(|(kind, _)| kind.len()).max().unwrap_or(0);
    let lines = faults::kinds().map(|(kind, title)| format!("{kind:<width$}  {title}\n"));
    lines.collect::<String>()
        + "`cause KIND OBJECT` names one: cause image deployment/web. A wrong one costs points.\n"
}
