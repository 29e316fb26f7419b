//! A scenario around a manifest, with numbers in it.

use toml_edit::DocumentMut;

use crate::answers::fit::Fitted;
use crate::answers::fit::into::{Written, into};
use crate::draft::{self, Manifest, Refusal};

/// Writes a scenario around a manifest, with numbers in it.
///
/// # Errors
/// In words: what is wrong with the manifest.
pub fn around(name: &str, (path, text): (&str, &str), fitted: &Fitted) -> Result<Written, String> {
    let draft = draft::from_manifest(name, Manifest { path, text }).map_err(|refusal| match refusal {
        Refusal::Words(words) => words,
        Refusal::Problems(problems) => problems.render(false),
    })?;
    // What it expects was seen in runs without these numbers.
    let mut document: DocumentMut =
        draft.text.parse().map_err(|problem: toml_edit::TomlError| problem.to_string())?;
    document.remove("expect");
    let (text, mut notes) = into(&document.to_string(), fitted)?;
    notes.extend(draft.notes);
    Ok((text, notes))
}
