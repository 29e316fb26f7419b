//! The files of a sweep, or of a part of one: written beside their places and renamed when all are complete, the list of them
//! with their hashes last. An earlier result is untouched until then.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::cli::beside::{self, Beside};
use crate::cli::disk;
use crate::cli::manifest::hex;

struct Staged {
    name: &'static str,
    beside: Beside,
    hash: Sha256,
}

/// Files that are being written.
pub struct Files {
    folder: PathBuf,
    staged: Vec<Staged>,
    /// Those of an earlier result that go when this one is there.
    without: Vec<&'static str>,
}

impl Files {
    /// Opens all of them, so that a bad path fails before anything is played. The last one is the list.
    pub fn create(folder: &Path, names: &[&'static str]) -> io::Result<Files> {
        if folder.exists() && !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is no folder"));
        }
        disk::make_folder(folder)?;
        beside::clear(folder, names);
        let open = |name: &&'static str| {
            let place = folder.join(name);
            if place.is_dir() {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, format!("{name} is a folder")));
            }
            Ok(Staged { name, beside: Beside::create(&place)?, hash: Sha256::new() })
        };
        let staged = names.iter().map(open).collect::<io::Result<_>>()?;
        Ok(Files { folder: folder.to_owned(), staged, without: Vec::new() })
    }

    /// Adds to one of them.
    pub fn write(&mut self, name: &str, text: &str) -> io::Result<()> {
        let Some(staged) = self.staged.iter_mut().find(|staged| staged.name == name) else { return Ok(()) };
        staged.hash.update(text);
        let written = staged.beside.file.write_all(text.as_bytes());
        written.map_err(|problem| io::Error::new(problem.kind(), format!("{name}: {problem}")))
    }

    /// One that there is no use for.
    pub fn leave_out(&mut self, name: &'static str) {
        self.staged.retain(|staged| staged.name != name);
        self.without.push(name);
    }

    /// Puts all into their places. The list, the last one, holds what it is told and the hashes of the others.
    pub fn keep(mut self, told: Map<String, Value>) -> io::Result<()> {
        let Some((list, others)) = self.staged.split_last() else { return Ok(()) };
        let hash = |staged: &Staged| (staged.name.to_owned(), json!(hex(staged.hash.clone())));
        let mut told = told;
        told.insert("files".to_owned(), Value::Object(others.iter().map(hash).collect()));
        let name = list.name;
        self.write(name, &format!("{:#}\n", Value::Object(told)))?;
        self.staged.iter().try_for_each(|staged| staged.beside.file.sync_all())?;
        let _alone = beside::hold(&self.folder, false);
        // What is in between is no result: its list goes first.
        let _ = disk::remove(&self.folder.join(name));
        for name in self.without {
            let _ = disk::remove(&self.folder.join(name));
        }
        for Staged { name, beside, .. } in self.staged {
            beside.rename(&self.folder.join(name))?;
        }
        let _ = disk::sync_folder(&self.folder);
        Ok(())
    }
}
