//! Manifests: JSON or YAML, one or several documents, a `List` or single objects.

use serde_json::Value;

/// The objects of a manifest, lists taken apart.
///
/// # Errors
/// Says in words why the text is no manifest.
pub fn objects(text: &str) -> Result<Vec<Value>, String> {
    let documents = if text.trim_start().starts_with(['{', '[']) {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => vec![value],
            Err(json) => yaml(text).map_err(|_| json.to_string())?,
        }
    } else {
        yaml(text)?
    };
    let mut objects = Vec::new();
    for document in documents {
        flatten(document, &mut objects, 0);
    }
    Ok(objects)
}

fn yaml(text: &str) -> Result<Vec<Value>, String> {
    serde_saphyr::from_multiple::<Value>(text).map_err(|e| e.to_string())
}

fn flatten(value: Value, out: &mut Vec<Value>, depth: u8) {
    match value {
        Value::Null => {}
        Value::Array(items) if depth < 4 => items.into_iter().for_each(|item| flatten(item, out, depth + 1)),
        Value::Object(mut map)
            if map.get("kind").and_then(Value::as_str).is_some_and(|k| k.ends_with("List"))
                && map.get("items").is_some_and(Value::is_array) =>
        {
            if let Some(Value::Array(items)) = map.remove("items") {
                items.into_iter().for_each(|item| flatten(item, out, depth + 1));
            }
        }
        other => out.push(other),
    }
}

/// Where a key stands in a manifest, if it stands there only once.
pub fn only_key(text: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let mut found = None;
    for (at, _) in text.match_indices(name).filter(|_| !name.is_empty()) {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].trim_start_matches(['"', '\'']).trim_start();
        let whole = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-');
        if whole && after.starts_with(':') {
            if found.is_some() {
                return None;
            }
            found = Some(at..at + name.len());
        }
    }
    found
}
