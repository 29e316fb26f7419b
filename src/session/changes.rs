//! What kubectl works out from the object as it stands before it sends a patch: strategic patches, whose lists are merged by
//! name, and `kubectl set resources`, `set env` and `set selector`.
//!
//! kubectl (or the API server) reads the object, changes it, and what differs is the patch. Here it becomes a merge patch with
//! the whole of each changed list, so that what is saved says by itself what was done.
//!
//! Source: staging/src/k8s.io/kubectl/pkg/cmd/set/set_resources.go (`Run`: every container unless `-c` names some, limits and
//! requests that are not named stay), set_env.go (`RunEnv`: `KEY=VALUE`, and `KEY-` takes away), set_selector.go
//! (`RunSelector`: the whole selector is replaced) of 1.36.

use serde_json::{Map, Value, json};

use super::spoken::{Spoken, merge_toml, noun, plain, quoted};
use super::{Walk, get, kubectl, objects};
use crate::actors::api_server;
use crate::api::wire;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::apply::{PatchType, patch};
use crate::rules::kubectl::merge::json_merge;

/// A change that depends on how the object stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A strategic merge patch.
    Strategic(Value),
    /// Of these containers of a template, or of all: this is merged into each.
    Containers {
        /// None: all of them.
        named: Option<String>,
        /// A merge patch of a container.
        merge: Value,
        /// Variables by name; null takes one away.
        env: Map<String, Value>,
    },
    /// The labels that a Service selects by, in place of the old ones.
    Selector(Map<String, Value>),
}

/// `kubectl set` without its first word; None: another of its verbs.
pub fn set(words: &[String]) -> Option<Result<Spoken, String>> {
    let (verb, rest) = words.split_first()?;
    let example = match verb.as_str() {
        "resources" => "set resources deployment/web -c app --limits=memory=256Mi",
        "env" => "set env deployment/web LEVEL=debug OLD-",
        "selector" => "set selector service/web app=web",
        _ => return None,
    };
    Some(read(verb, rest).map_err(|problem| format!("{problem}; as in `{example}`")))
}

fn read(verb: &str, words: &[String]) -> Result<Spoken, String> {
    let (mut kind, mut target) = (None, None);
    let (mut named, mut namespace) = (None, None);
    let (mut resources, mut env, mut labels) = (Map::new(), Map::new(), Map::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (flag, own) = word.split_once('=').map_or((word.as_str(), None), |(flag, own)| (flag, Some(own)));
        let mut value = || {
            let value = own.map(str::to_owned).or_else(|| words.next().cloned());
            value.map(|value| plain(&value).to_owned()).ok_or_else(|| format!("`{flag}` of what?"))
        };
        match flag {
            "-c" | "--containers" => named = Some(value()?).filter(|name| name != "*"),
            "-n" | "--namespace" => namespace = Some(value()?),
            "--limits" | "--requests" if verb == "resources" => {
                resources.insert(flag[2..].to_owned(), Value::Object(amounts(&value()?)?));
            }
            "--overwrite" => {}
            _ if flag.starts_with('-') => return Err(format!("`{flag}` means nothing to `set {verb}`")),
            _ if target.is_none() => match (word.split_once('/'), &kind) {
                (Some((kind, name)), _) => target = Some(format!("{}/{name}", noun(kind))),
                (None, None) => kind = Some(noun(word)),
                (None, Some(kind)) => target = Some(format!("{kind}/{word}")),
            },
            _ if verb == "selector" => labels.append(&mut amounts(word)?),
            _ if verb == "env" => drop(match (own, word.strip_suffix('-')) {
                (Some(value), _) => env.insert(flag.to_owned(), plain(value).into()),
                (None, Some(name)) => env.insert(name.to_owned(), Value::Null),
                (None, None) => return Err(format!("`{word}` is neither KEY=VALUE nor KEY-")),
            }),
            _ => return Err(format!("`{word}` means nothing to `set {verb}`")),
        }
    }
    let target = target.ok_or_else(|| format!("`set {verb}` of what?"))?;
    let change = match verb {
        "selector" if labels.is_empty() => return Err("which labels?".to_owned()),
        "selector" => Change::Selector(labels),
        "env" if env.is_empty() => return Err("which variables?".to_owned()),
        "resources" if resources.is_empty() => return Err("which limits or requests?".to_owned()),
        _ => {
            let merge = if resources.is_empty() { json!({}) } else { json!({ "resources": resources }) };
            Change::Containers { named, merge, env }
        }
    };
    let keys = namespace.map(|namespace| ("namespace", quoted(&namespace))).into_iter().collect();
    Ok(Spoken { verb: "patch", target, keys, change: Some(change) })
}

/// `cpu=200m,memory=512Mi`
fn amounts(text: &str) -> Result<Map<String, Value>, String> {
    let part = |part: &str| match part.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), Value::from(plain(value)))),
        _ => Err(format!("`{part}` is not KEY=VALUE")),
    };
    text.split(',').map(part).collect()
}

impl Walk {
    /// The words with all that they mean of the object as it stands.
    ///
    /// # Errors
    /// kubectl's words where there is no such object, or nothing in it that could be changed so.
    pub(super) fn said(&self, mut spoken: Spoken) -> Result<Spoken, String> {
        if let Some(change) = spoken.change.take() {
            let (kind, live) = self.stands(&spoken)?;
            let changed = changed(kind, &live, &change)?;
            spoken.keys.push(("merge", merge_toml(&difference(&live, &changed))));
        }
        Ok(spoken)
    }

    /// The object that is meant, whole.
    fn stands(&self, spoken: &Spoken) -> Result<(ObjectType, Value), String> {
        let w = self.world();
        let (kind, name) = spoken.target.split_once('/').unwrap_or(("pod", &spoken.target));
        if kind == "pod" {
            let pod = kubectl::find(w, name)?;
            return Ok((ObjectType::Pod, wire::pod_value(&objects::object(w, pod))));
        }
        let namespace = spoken.keys.iter().find(|(key, _)| *key == "namespace").map(|(_, value)| value);
        let kind = ObjectType::parse(kind).ok_or_else(|| format!("a {kind} is not patched here"))?;
        let is_it = |key: &crate::world::workloads::ObjectKey| {
            api_server::type_of(w, *key) == kind
                && w.workloads.meta(*key).is_some_and(|meta| {
                    meta.name == name && namespace.is_none_or(|own| *own == quoted(&meta.namespace))
                })
        };
        let found = get::objects(w).find(is_it);
        let found = found.ok_or_else(|| {
            format!("Error from server (NotFound): {} \"{name}\" not found", kind.law().resource)
        })?;
        Ok((kind, api_server::object(w, found)))
    }
}

fn changed(kind: ObjectType, live: &Value, change: &Change) -> Result<Value, String> {
    let mut object = live.clone();
    match change {
        Change::Strategic(strategic) => return Ok(patch(kind, live, strategic, PatchType::Strategic).0),
        Change::Selector(labels) => {
            if kind != ObjectType::Service {
                return Err(format!("a {} has no selector that could be set", kind.name()));
            }
            object["spec"]["selector"] = Value::Object(labels.clone());
        }
        Change::Containers { named, merge, env } => {
            let paths = [
                "/spec/template/spec/containers",
                "/spec/jobTemplate/spec/template/spec/containers",
                "/spec/containers",
            ];
            let path = paths.into_iter().find(|path| live.pointer(path).is_some());
            let list = path.and_then(|path| object.pointer_mut(path)).and_then(Value::as_array_mut);
            let list = list.ok_or_else(|| format!("a {} has no containers", kind.name()))?;
            let known: Vec<String> = list.iter().map(|own| own["name"].to_string()).collect();
            let mut any = false;
            for container in list {
                if named.as_deref().is_none_or(|name| container["name"] == name) {
                    json_merge(container, merge);
                    set_env(container, env);
                    any = true;
                }
            }
            if !any {
                let name = named.as_deref().unwrap_or_default();
                return Err(format!("unable to find container named {name}; there is {}", known.join(", ")));
            }
        }
    }
    Ok(object)
}

fn set_env(container: &mut Value, env: &Map<String, Value>) {
    if env.is_empty() {
        return;
    }
    let mut list = container["env"].as_array().cloned().unwrap_or_default();
    for (name, value) in env {
        let at = list.iter().position(|own| own["name"] == **name);
        match (at, value.is_null()) {
            (Some(at), true) => drop(list.remove(at)),
            (None, true) => {}
            (Some(at), false) => list[at] = json!({ "name": name, "value": value }),
            (None, false) => list.push(json!({ "name": name, "value": value })),
        }
    }
    container["env"] = Value::Array(list);
}

/// The merge patch (RFC 7386) that makes one value of another.
fn difference(from: &Value, to: &Value) -> Value {
    let (Some(old), Some(new)) = (from.as_object(), to.as_object()) else { return to.clone() };
    let mut patch = Map::new();
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in new {
        match old.get(key) {
            Some(own) if own == value => {}
            Some(own) => drop(patch.insert(key.clone(), difference(own, value))),
            None => drop(patch.insert(key.clone(), value.clone())),
        }
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_makes_one_of_the_other() {
        for (from, to) in [
            (json!({ "a": 1, "b": { "c": 2, "d": 3 } }), json!({ "b": { "c": 4 }, "e": [1] })),
            (json!({ "a": [1, 2] }), json!({ "a": [2] })),
            (json!({}), json!({})),
        ] {
            let mut made = from.clone();
            json_merge(&mut made, &difference(&from, &to));
            assert_eq!(made, to);
        }
    }

    #[test]
    fn a_container_gets_what_is_set_and_keeps_the_rest() {
        let live = json!({ "spec": { "template": { "spec": { "containers": [
            { "name": "app", "image": "a", "env": [{ "name": "OLD", "value": "1" }],
              "resources": { "limits": { "memory": "1Gi", "cpu": "1" } } },
            { "name": "side", "image": "b" } ] } } } });
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let of = |text: &str| {
            let spoken = set(&words(text)).expect("a verb of `set`").expect("it can be read");
            let change = spoken.change.expect("a change");
            changed(ObjectType::Deployment, &live, &change).map(|new| difference(&live, &new))
        };
        let limits = of("resources deployment/web -c app --limits=memory=2Gi").expect("it is there");
        let first = &limits["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(first["resources"], json!({ "limits": { "memory": "2Gi", "cpu": "1" } }));
        let env = of("env deploy web LEVEL=debug OLD-").expect("they are there");
        let all = &env["spec"]["template"]["spec"]["containers"];
        assert_eq!(all[0]["env"], json!([{ "name": "LEVEL", "value": "debug" }]));
        assert_eq!(all[1]["env"], json!([{ "name": "LEVEL", "value": "debug" }]));
        let missing = of("resources deployment/web -c web --limits cpu=1").expect_err("there is none");
        assert!(missing.starts_with("unable to find container named web"), "{missing}");
        let told = set(&words("selector service/web")).expect("a verb").expect_err("no labels");
        assert_eq!(told, "which labels?; as in `set selector service/web app=web`");
    }
}
