//! What was done before, as far as somebody needs it who does one thing more: the objects that can be named by now, and the
//! containers that were brought for debugging.
//!
//! A cluster that is served may take hundreds of thousands of writes. So what they come to is carried on, and of the writes of an
//! object only the newest is kept: what a command costs, and what is remembered for it, grows with the objects and not with all that
//! has happened to them.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::writes;
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::applied::ApplyPlan;
use crate::scenario::command::{Action, Command};
use crate::scenario::plan::Plan;

/// What all that was done before comes to.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// It has begun with what the plan applies.
    begun: bool,
    /// What was taken in, in its order.
    actions: Vec<Arc<Action>>,
    pub(super) applies: Vec<Arc<ApplyPlan>>,
    /// Where in there the newest write of an object stands.
    written: FxHashMap<(ObjectType, Sym, Sym), usize>,
    /// Names of ephemeral containers.
    pub(super) debugs: Vec<String>,
}

impl Earlier {
    /// Takes in what the plan says, and what was done beside it. Mostly that goes on where it was; somebody who went back and does
    /// something else begins anew.
    pub fn follow(&mut self, plan: &Plan, beside: &[Arc<Action>]) {
        let known = self.actions.len();
        let all = || plan.actions.iter().chain(beside);
        let goes_on = self.begun
            && known >= plan.actions.len()
            && known <= plan.actions.len() + beside.len()
            && all().zip(&self.actions).all(|(new, old)| Arc::ptr_eq(new, old));
        if !goes_on {
            *self = Earlier { begun: true, applies: plan.applies.clone(), ..Earlier::default() };
        }
        for action in all().skip(self.actions.len()) {
            self.take_in(action);
        }
    }

    fn take_in(&mut self, action: &Arc<Action>) {
        self.actions.push(Arc::clone(action));
        match &action.command {
            Command::Debug { container, .. } => self.debugs.push(container.as_str().to_owned()),
            Command::Apply { apply } => self.applies.push(Arc::clone(apply)),
            Command::Write { write } => {
                let Some(apply) = writes::as_applied(write.read(), action.at) else { return };
                let key = (apply.objects[0].kind, write.head().namespace, write.head().name);
                match self.written.entry(key) {
                    Entry::Occupied(place) => self.applies[*place.get()] = apply,
                    Entry::Vacant(place) => {
                        place.insert(self.applies.len());
                        self.applies.push(apply);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::command::{Write, Written};
    use crate::scenario::load;
    use crate::time::Time;

    fn write(name: &str, number: u32) -> Arc<Action> {
        let object = serde_json::json!({ "metadata": { "name": name }, "spec": { "replicas": number } });
        let write = Write {
            group: "apps".to_owned(),
            version: "v1".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: Sym::new("default"),
            name: Sym::new(name),
            below: String::new(),
            object: Some(object),
        };
        let command = Command::Write { write: Arc::new(Written::of(&write)) };
        Arc::new(Action { at: Time::EPOCH, command, id: None, words: String::new() })
    }

    /// How many replicas each thing that was written has by now.
    fn replicas(earlier: &Earlier) -> Vec<i64> {
        let objects = earlier.applies.iter().flat_map(|apply| &apply.objects);
        objects.filter_map(|object| object.value.pointer("/spec/replicas")?.as_i64()).collect()
    }

    #[test]
    fn of_what_is_written_often_the_newest_counts() {
        let text = "until = \"1h\"\n[[node]]\nname = \"node\"\n[[apply]]\nmanifest = \"sent.yaml\"\n";
        let sent = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: sent}\nspec:\n  replicas: 5\n  \
                    selector: {matchLabels: {app: sent}}\n  template:\n    metadata: {labels: {app: sent}}\n    \
                    spec: {containers: [{name: app, image: x}]}\n";
        let plan = load("sent.toml", text, &|_: &str| Ok(sent.to_owned()), &[])
            .unwrap_or_else(|e| panic!("{}", e.render(false)));
        let mut earlier = Earlier::default();
        let mut done: Vec<Arc<Action>> = (0..500).map(|number| write("web", number)).collect();
        earlier.follow(&plan, &[]);
        assert_eq!(replicas(&earlier), [5]);
        earlier.follow(&plan, &done[..200]);
        assert_eq!(replicas(&earlier), [5, 199]);
        earlier.follow(&plan, &done);
        assert_eq!(replicas(&earlier), [5, 499]);
        done.push(write("other", 3));
        earlier.follow(&plan, &done);
        assert_eq!(replicas(&earlier), [5, 499, 3]);
        // Somebody went back, and did something else.
        done.truncate(20);
        earlier.follow(&plan, &done);
        assert_eq!(replicas(&earlier), [5, 19]);
        *done.last_mut().expect("twenty") = write("web", 77);
        earlier.follow(&plan, &done);
        assert_eq!(replicas(&earlier), [5, 77]);
    }
}
