//! Scenarios by their names: built-in ones, files, folders of files.

use std::fs;
use std::path::{Path, PathBuf};

use super::talk;
use crate::scenario::builtin::{self, Builtin};
use crate::scenario::{self, Plan};

/// A scenario's text and where its manifests are.
#[derive(Clone)]
pub struct Source {
    pub label: String,
    pub text: String,
    pub folder: Option<PathBuf>,
}

impl Source {
    pub fn of(shipped: &Builtin) -> Source {
        Source { label: format!("{}.toml", shipped.name), text: shipped.text.to_owned(), folder: None }
    }

    /// The text of a manifest beside the scenario.
    pub fn manifest(&self, path: &str) -> Result<String, String> {
        match &self.folder {
            Some(folder) => text_of(&folder.join(path), path).map_err(|e| e.to_string()),
            None => builtin::manifest(path),
        }
    }
}

/// A manifest's text; of a folder, that of all manifests in it, as `kubectl apply -f` takes them.
fn text_of(file: &Path, path: &str) -> std::io::Result<String> {
    if !file.is_dir() {
        return fs::read_to_string(file);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(file)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        if is_manifest && file.join(&name).is_file() {
            files.push(name);
        }
    }
    files.sort();
    let mut texts = Vec::new();
    for name in files {
        texts.push((format!("{}/{name}", path.trim_end_matches('/')), fs::read_to_string(file.join(&name))?));
    }
    Ok(scenario::folder(texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))))
}

/// The scenarios that a word names: a file, a folder of files, or a built-in one.
pub fn sources(word: &str) -> Result<Vec<Source>, String> {
    let path = Path::new(word);
    if path.is_dir() {
        let mut files = Vec::new();
        find(path, &mut files).map_err(|e| format!("{word}: {e}"))?;
        files.sort();
        if files.is_empty() {
            return Err(format!("{word}: no scenario (*.toml) in this folder or below"));
        }
        return files.iter().map(|file| read(file)).collect();
    }
    if path.is_file() {
        return Ok(vec![read(path)?]);
    }
    match builtin::find(word) {
        Some(found) => Ok(vec![Source::of(found)]),
        None => {
            let names: Vec<&str> = builtin::ALL.iter().map(|b| b.name).collect();
            let near = scenario::diagnostic::nearest(word, &names);
            let hint = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
            Err(format!(
                "`{word}` is neither a file, a folder nor a built-in scenario{hint} (`kubelapse list` lists them)"
            ))
        }
    }
}

/// All scenarios in a folder and below it; what begins with a dot is left alone, and so is a link to a folder (it may lead
/// back).
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Source, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(Source { label: path.display().to_string(), text, folder: path.parent().map(Path::to_path_buf) })
}

/// Its plan; warnings are talked about.
///
/// # Errors
/// Every problem of the scenario.
pub fn load(source: &Source, overrides: &[String]) -> Result<Plan, scenario::Diagnostics> {
    let loaded =
        scenario::load_noting(&source.label, &source.text, &|path| source.manifest(path), overrides)?;
    if loaded.warnings.warnings() > 0 {
        talk(&loaded.warnings.render(true));
    }
    Ok(loaded.plan)
}
