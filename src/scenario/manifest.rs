//! Folders of manifests as one text, so that a [loader](super::Loader) can give them; reading is
//! [`crate::rules::kubectl::manifest`]'s.

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
