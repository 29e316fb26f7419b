//! Folders of manifests as one text, so that a [loader](super::Loader) can give them, and the pod templates that are somewhere
//! in an object; reading is [`crate::rules::kubectl::manifest`]'s.

use serde_json::{Map, Value};

/// Stands before each file of a folder that is read as one text.
const FILE_MARK: &str = "# kubelapse: file ";

/// A folder's files as one text, as a [loader](super::Loader) answers where a scenario names a folder of manifests.
pub fn folder<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, own) in files {
        text.push_str(FILE_MARK);
        text.push_str(name);
        text.push('\n');
        text.push_str(own);
        if !own.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

/// The files of a text: itself, or those of the folder that it is.
pub fn files(path: &str, text: &str) -> Vec<(String, String)> {
    let Some(marked) = text.strip_prefix(FILE_MARK) else { return vec![(path.to_owned(), text.to_owned())] };
    let between = format!("\n{FILE_MARK}");
    let parts = marked.split(&between).map(|part| part.split_once('\n').unwrap_or((part, "")));
    parts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// Whether a text that is no manifest may become one, once a program has filled it in.
pub fn is_template(text: &str) -> bool {
    text.contains("{{") && text.contains("}}")
}

/// So many pods of a template are played, whatever it says.
const REPLICAS: u64 = 1_000;

/// The pod templates in an object of whatever kind, each with how many pods are to be of it: as many as `replicas` beside or
/// above it says, else one.
pub fn templates_in(object: &Value) -> Vec<(&Map<String, Value>, u64)> {
    let mut found = Vec::new();
    templates_below(object, 1, 0, &mut found);
    found
}

/// What looks like a pod template: a `spec` with containers.
fn templates_below<'a>(
    value: &'a Value,
    replicas: u64,
    depth: u8,
    found: &mut Vec<(&'a Map<String, Value>, u64)>,
) {
    if depth > 16 {
        return;
    }
    match value {
        Value::Object(map) => {
            let is_template = |map: &Map<String, Value>| {
                map.get("spec").and_then(|spec| spec.get("containers")).is_some_and(Value::is_array)
            };
            let own = map.get("replicas").and_then(Value::as_u64).unwrap_or(replicas).min(REPLICAS);
            if depth > 0 && is_template(map) {
                found.push((map, replicas));
            } else {
                map.values().for_each(|value| templates_below(value, own, depth + 1, found));
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| templates_below(item, replicas, depth + 1, found))
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_files() {
        let whole = folder([("k/a.yaml", "kind: A"), ("k/b.yaml", "kind: B\n")]);
        let told = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(files("k", &whole), [told("k/a.yaml", "kind: A"), told("k/b.yaml", "kind: B\n")]);
        assert_eq!(files("a.yaml", "kind: A"), [told("a.yaml", "kind: A")]);
    }
}
