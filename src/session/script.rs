//! The texts that a plan is made from: the scenario, its manifests, the overrides. With them a session can be saved
//! without opening a file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::scenario::{self, Diagnostics, Loaded, Loader};

/// What a plan is made from, as texts.
#[derive(Clone, Debug)]
pub struct Script {
    /// How the file is called; its stem is the default name.
    pub file: String,
    /// The scenario's text.
    pub text: String,
    /// `key=value`, as given on the command line.
    pub overrides: Vec<String>,
    /// By their paths as the scenario writes them.
    pub manifests: BTreeMap<String, String>,
    /// Where further ones are read that somebody applies meanwhile.
    pub files: Files,
}

/// Gives the text of a manifest by its path, or says why not; copies share it.
#[derive(Clone)]
pub struct Files(Arc<Reading>);

type Reading = dyn Fn(&str) -> Result<String, String> + Send + Sync;

impl Files {
    /// Files as this reads them.
    pub fn new(read: impl Fn(&str) -> Result<String, String> + Send + Sync + 'static) -> Files {
        Files(Arc::new(read))
    }
}

impl Default for Files {
    /// There are none.
    fn default() -> Files {
        Files::new(scenario::no_files)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Files")
    }
}

impl Script {
    /// Loads a scenario and keeps what it was made from.
    ///
    /// # Errors
    /// Every problem of the file, its manifests and the overrides.
    pub fn load(
        file: &str,
        text: &str,
        loader: Loader<'_>,
        overrides: &[String],
    ) -> Result<(Script, Loaded), Diagnostics> {
        let manifests = RefCell::new(BTreeMap::new());
        let keeping = |path: &str| {
            let manifest = loader(path)?;
            manifests.borrow_mut().insert(path.to_owned(), manifest.clone());
            Ok(manifest)
        };
        let loaded = scenario::load_noting(file, text, &keeping, overrides)?;
        let script = Script {
            file: file.to_owned(),
            text: text.to_owned(),
            overrides: overrides.to_vec(),
            manifests: manifests.into_inner(),
            files: Files::default(),
        };
        Ok((script, loaded))
    }

    /// A manifest for an action: one that the script has is what it was, so that what is saved stays true.
    pub(super) fn manifest(&self, path: &str) -> Result<String, String> {
        self.manifests.get(path).map_or_else(|| (self.files.0)(path), |text| Ok(text.clone()))
    }

    /// One text that says the same without overrides, and has these `[[action]]`s too.
    pub fn merged(&self, actions: &str) -> String {
        let kept =
            |path: &str| self.manifests.get(path).cloned().ok_or_else(|| format!("{path} was not there"));
        scenario::merged(&self.file, &self.text, &kept, &self.overrides, actions)
    }
}
