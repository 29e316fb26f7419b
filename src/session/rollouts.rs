//! `kubectl rollout history`: the revisions of a workload's template, or one of them whole.
//!
//! Source: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/history.go (`DeploymentHistoryViewer`, `printHistory`,
//! `printTemplate`), pkg/cmd/rollout/rollout_history.go, v1.36.2. The surprises: a Deployment's revisions are its ReplicaSets, so
//! that one that was cleaned away is no more in the history, and a revision that was rolled back to has a new number.

use std::sync::Arc;

use super::describe::Lines;
use super::describe_object::{sets, template};
use super::{Walk, get};
use crate::actors::api_server;
use crate::api::wire_workloads;
use crate::api::workload::PodTemplateSpec;
use crate::world::World;
use crate::world::workloads::ObjectKey;

/// Where the reason for a change is kept.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// One revision: its number, why it came, and its template.
struct Revision {
    number: i64,
    cause: String,
    template: PodTemplateSpec,
}

impl Walk {
    /// What follows `rollout`: `history deployment/web --revision=2`.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn rollout_history(&self, words: &str) -> Result<String, String> {
        let (mut of, mut wanted) = (Vec::new(), None);
        let mut words = words.split_whitespace().skip(1);
        while let Some(word) = words.next() {
            let (flag, joined) = word.split_once('=').map_or((word, None), |(flag, own)| (flag, Some(own)));
            match flag {
                "--revision" => {
                    let value = joined.or_else(|| words.next()).unwrap_or_default();
                    let number = value.parse::<i64>().ok().filter(|number| *number >= 0);
                    wanted = Some(
                        number.ok_or("error: revision must be a positive integer: ".to_owned() + value)?,
                    );
                }
                "-n" | "--namespace" => drop(joined.or_else(|| words.next())),
                _ if flag.starts_with('-') => return Err(format!("error: unknown flag: {flag}")),
                _ => of.push(word),
            }
        }
        let named = of.join("/");
        let w = self.world();
        let key = match get::find_object(w, &named) {
            Some(found) => found?,
            None => {
                return Err("error: required resource not specified: as in `rollout history deployment/web`"
                    .to_owned());
            }
        };
        let kind = api_server::type_of(w, key);
        let Some(mut all) = revisions(w, key) else {
            return Err(format!("error: no history viewer has been implemented for \"{}\"", kind.name()));
        };
        all.sort_by_key(|own| own.number);
        let name = kind.named(w.workloads.meta(key).map_or("", |meta| meta.name.as_str()));
        let wanted = wanted.filter(|number| *number > 0);
        let Some(number) = wanted else { return Ok(history(w, &name, &all)) };
        let found = all.into_iter().find(|own| own.number == number);
        let mut own = found.ok_or("error: unable to find the specified revision")?;
        if !own.cause.is_empty() {
            Arc::make_mut(&mut own.template.annotations).insert(CHANGE_CAUSE.to_owned(), own.cause);
        }
        let mut lines = Lines::new(w.gates.habits);
        lines.put(0, &format!("{name} with revision #{number}"));
        template(&mut lines, &own.template);
        // Nobody aligns it there.
        Ok(lines.unaligned())
    }
}

fn history(w: &World, name: &str, all: &[Revision]) -> String {
    if all.is_empty() {
        return format!("{name}\nNo rollout history found.\n");
    }
    let mut lines = Lines::new(w.gates.habits);
    lines.put(0, "REVISION\tCHANGE-CAUSE");
    for own in all {
        let cause = if own.cause.is_empty() { "<none>" } else { &own.cause };
        lines.put(0, &format!("{}\t{cause}", own.number));
    }
    format!("{name}\n{}", lines.aligned())
}

/// None: its kind has none.
fn revisions(w: &World, key: ObjectKey) -> Option<Vec<Revision>> {
    match key {
        ObjectKey::Deployment(id) => {
            let (new, old) = sets(w, id);
            let all = old.into_iter().chain(new).map(|set| {
                let held = &w.workloads.replica_sets[set.ix()];
                let own = &held.object;
                Revision {
                    number: held.figures.and_then(|figures| figures.revision).unwrap_or(0),
                    cause: own.meta.annotation(CHANGE_CAUSE).unwrap_or_default().to_owned(),
                    template: (*own.spec.template).clone(),
                }
            });
            Some(all.collect())
        }
        ObjectKey::StatefulSet(_) | ObjectKey::DaemonSet(_) => {
            let all = w.workloads.revisions_of(key).into_iter().map(|id| {
                let own = &w.workloads.controller_revisions[id.ix()].object;
                let value = api_server::object(w, ObjectKey::ControllerRevision(id));
                Revision {
                    number: own.revision,
                    cause: own.meta.annotation(CHANGE_CAUSE).unwrap_or_default().to_owned(),
                    template: wire_workloads::template(&value["data"]["spec"]["template"]),
                }
            });
            Some(all.collect())
        }
        _ => None,
    }
}
