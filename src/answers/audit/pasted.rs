//! What is advised, as the lines of a manifest: what `--set` takes as a path (`deployment.web.spec.minReadySeconds=30`) stands here
//! below the keys that lead to it, so that it can be read beside the manifest, pasted at that place, and given to `kubectl patch
//! --patch-file`.
//!
//! A path names an entry of a list by its name (`containers.app`), a manifest by a member `name`: the lists of which that is so are
//! those that a strategic merge patch merges by name (`patchMergeKey=name` of PodSpec, k8s.io/api/core/v1/types.go), which is why a
//! patch of these lines changes what they say and leaves the rest.

use serde_json::{Map, Value, json};

use crate::rules::kubectl::yaml;

/// Lists of a pod's spec whose entries have names.
const NAMED: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// One object and the lines for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pasted {
    /// The object's key among the tables, and its name: `deployment`, `web`.
    pub object: (String, String),
    /// From `spec:` on, with a line break at the end.
    pub lines: String,
}

/// The lines of what is set, an entry for each object in the order in which they are named. Empty where one of them is no path with
/// a value.
pub fn lines(set: &[String]) -> Vec<Pasted> {
    let mut objects: Vec<((String, String), Value)> = Vec::new();
    for own in set {
        let Some((object, value)) = read(own) else { return Vec::new() };
        match objects.iter_mut().find(|(known, _)| *known == object) {
            Some((_, known)) => merge(known, value),
            None => objects.push((object, value)),
        }
    }
    let lines = |value: &Value| yaml::print(&listed(value, false));
    objects.into_iter().map(|(object, value)| Pasted { lines: lines(&value), object }).collect()
}

/// `deployment.web.spec.x=1`: whose it is, and the tables from there on.
fn read(set: &str) -> Option<((String, String), Value)> {
    let table: toml::Table = toml::from_str(set).ok()?;
    let (kind, named) = table.into_iter().next()?;
    let toml::Value::Table(named) = named else { return None };
    let (name, value) = named.into_iter().next()?;
    Some(((kind, name), serde_json::to_value(value).ok()?))
}

fn merge(known: &mut Value, more: Value) {
    match (known, more) {
        (Value::Object(known), Value::Object(more)) => {
            for (key, value) in more {
                match known.get_mut(&key) {
                    Some(own) => merge(own, value),
                    None => drop(known.insert(key, value)),
                }
            }
        }
        (known, more) => *known = more,
    }
}

/// The same with lists where a path has names. `is_list`: these are the entries of one.
fn listed(value: &Value, is_list: bool) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    if is_list {
        let entry = |(name, own): (&String, &Value)| {
            let mut entry = Map::new();
            entry.insert("name".to_owned(), json!(name));
            if let Value::Object(own) = listed(own, false) {
                entry.extend(own);
            }
            Value::Object(entry)
        };
        return Value::Array(map.iter().map(entry).collect());
    }
    map.iter().map(|(key, own)| (key.clone(), listed(own, NAMED.contains(&key.as_str())))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_the_lines_of_a_manifest() {
        let pod = "deployment.\"web.a\".spec.template.spec.containers.app";
        let set = [
            format!("{pod}.startupProbe.httpGet={{ path = \"/healthz\", port = 80 }}"),
            format!("{pod}.startupProbe.failureThreshold=10"),
            "podDisruptionBudget.web.spec.minAvailable=\"50%\"".to_owned(),
        ];
        let told = lines(&set);
        let object = |own: &Pasted| format!("{} {}", own.object.0, own.object.1);
        assert_eq!(
            told.iter().map(object).collect::<Vec<_>>(),
            ["deployment web.a", "podDisruptionBudget web"]
        );
        let wanted = "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        startupProbe:\n          \
                      failureThreshold: 10\n          httpGet:\n            path: /healthz\n            port: 80\n";
        assert_eq!(told[0].lines, wanted);
        assert_eq!(told[1].lines, "spec:\n  minAvailable: 50%\n");
    }

    #[test]
    fn what_is_no_path_has_no_lines() {
        assert!(lines(&["leave it out".to_owned()]).is_empty());
        assert!(lines(&[]).is_empty());
    }
}
