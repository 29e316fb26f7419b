//! Manifests: JSON or YAML, one or several documents, a `List` or single objects.

use serde_json::Value;

/// The objects of a manifest, lists taken apart.
///
/// # Errors
/// Says in words why the text is no manifest.
pub fn objects(text: &str) -> Result<Vec<Value>, String> {
    Ok(documents(text)?.into_iter().map(|(_, object)| object).collect())
}

/// The same, each with the line in which its document begins, from 1.
///
/// # Errors
/// Says in words why the text is no manifest.
pub fn documents(text: &str) -> Result<Vec<(usize, Value)>, String> {
    let documents = if text.trim_start().starts_with(['{', '[']) {
        match json(text) {
            Ok(documents) => documents,
            Err(json) => yaml(text).map_err(|_| json)?,
        }
    } else {
        yaml(text)?
    };
    let mut all = Vec::new();
    for (line, document) in documents {
        let mut objects = Vec::new();
        flatten(document, &mut objects, 0);
        all.extend(objects.into_iter().map(|object| (line, object)));
    }
    Ok(all)
}

/// One value after the other.
fn json(text: &str) -> Result<Vec<(usize, Value)>, String> {
    let mut documents = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let from = values.byte_offset();
        let blank = text[from..].len() - text[from..].trim_start().len();
        let line = text[..from + blank].matches('\n').count() + 1;
        match values.next() {
            None => return Ok(documents),
            Some(value) => documents.push((line, value.map_err(|e| e.to_string())?)),
        }
    }
}

fn yaml(text: &str) -> Result<Vec<(usize, Value)>, String> {
    let values = serde_saphyr::from_multiple::<Value>(text).map_err(|e| e.to_string())?;
    let values = values.into_iter().filter(|value| !value.is_null());
    let lines = document_lines(text).into_iter().map(Some).chain(std::iter::repeat(None));
    Ok(values.zip(lines).map(|(value, line)| (line.unwrap_or(1), value)).collect())
}

/// The first line of each document that says something.
fn document_lines(text: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut open = false;
    for (line, text) in (1..).zip(text.lines()) {
        let rest = text.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        open &= rest.is_none();
        let said = rest.unwrap_or(text).trim();
        if !open && !said.is_empty() && !said.starts_with(['#', '%']) && said != "..." {
            lines.push(line);
            open = true;
        }
    }
    lines
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, String)> {
        let documents = documents(text).expect("it is read");
        documents
            .into_iter()
            .map(|(line, value)| (line, value["kind"].as_str().unwrap_or("").to_owned()))
            .collect()
    }

    #[test]
    fn documents_know_their_lines() {
        let told =
            |list: &[(usize, &str)]| list.iter().map(|(l, k)| (*l, (*k).to_owned())).collect::<Vec<_>>();
        assert_eq!(lines("# about\nkind: A\n---\n\nkind: B\n"), told(&[(2, "A"), (5, "B")]));
        assert_eq!(lines("---\n# nothing\n---\nkind: A\n---\n"), told(&[(4, "A")]));
        assert_eq!(
            lines("--- # first\nkind: A\ntext: |\n  ---\n---\nkind: B\n"),
            told(&[(2, "A"), (6, "B")])
        );
        assert_eq!(lines("kind: List\nitems:\n- kind: A\n- kind: B\n"), told(&[(1, "A"), (1, "B")]));
        assert_eq!(lines("\n{\"kind\":\"A\"}\n\n{\"kind\":\"B\"}"), told(&[(2, "A"), (4, "B")]));
    }

    #[test]
    fn a_folder_is_its_files() {
        let whole = folder([("k/a.yaml", "kind: A"), ("k/b.yaml", "kind: B\n")]);
        let told = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(files("k", &whole), [told("k/a.yaml", "kind: A"), told("k/b.yaml", "kind: B\n")]);
        assert_eq!(files("a.yaml", "kind: A"), [told("a.yaml", "kind: A")]);
    }
}
