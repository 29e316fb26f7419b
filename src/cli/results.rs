//! The files of a run: each is written beside its place and renamed when it is complete, so that it appears whole or
//! not at all, and an earlier result is there until a new one is.
//!
//! A run that was cut short keeps what it had; where a whole result of an earlier run stands in its place, the partial
//! one goes into a folder of its own, `partial`.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The manifest's name; it is renamed last, so that a folder with a new manifest has all new files.
pub const MANIFEST: &str = "run.toml";

/// Where every write to a file ended: places at which it may be cut.
type Ends = Arc<Mutex<Vec<u64>>>;

struct Staged {
    name: &'static str,
    beside: PathBuf,
    file: File,
    ends: Ends,
}

/// The files of one run, beside their places until [`Results::keep`]; without it they are removed.
pub struct Results {
    folder: PathBuf,
    files: Vec<Staged>,
}

impl Results {
    /// Opens all files, so that a bad path fails before anything is played.
    pub fn create(folder: &Path, names: &[&'static str]) -> io::Result<Results> {
        if folder.exists() && !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is no folder"));
        }
        fs::create_dir_all(folder)?;
        let mut results = Results { folder: folder.to_owned(), files: Vec::new() };
        for name in names.iter().copied().chain([MANIFEST]) {
            if folder.join(name).is_dir() {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, format!("{name} is a folder")));
            }
            let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
            let file = File::create(&beside)?;
            results.files.push(Staged { name, beside, file, ends: Ends::default() });
        }
        Ok(results)
    }

    fn staged(&mut self, name: &str) -> io::Result<&mut Staged> {
        let found = self.files.iter_mut().find(|staged| staged.name == name);
        found.ok_or_else(|| io::Error::other(format!("{name} was not opened")))
    }

    /// A writer into one of the files.
    pub fn writer(&mut self, name: &str) -> io::Result<Out> {
        let staged = self.staged(name)?;
        let file = staged.file.try_clone()?;
        Ok(Out { name: staged.name, file, ends: Arc::clone(&staged.ends), length: 0 })
    }

    /// Empties a file and writes it in one go.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let staged = self.staged(name)?;
        staged.file.set_len(0)?;
        staged.file.rewind()?;
        staged.file.write_all(bytes).map_err(|e| named(name, &e))
    }

    /// After a failed write: cuts every file to the last write that was taken whole. Says whether rows are left.
    pub fn cut(&mut self) -> bool {
        let mut rows = false;
        for staged in &mut self.files {
            let end = locked(&staged.ends).last().copied().unwrap_or(0);
            rows |= end > 0;
            let _ = staged.file.set_len(end);
        }
        rows
    }

    /// Gives up the last write of the longest file, to make room for what must be said; false: there is none to spare.
    pub fn make_room(&mut self) -> bool {
        let length = |staged: &Staged| locked(&staged.ends).last().copied().unwrap_or(0);
        let Some(longest) = self.files.iter_mut().max_by_key(|staged| length(staged)) else { return false };
        let mut ends = locked(&longest.ends);
        if ends.len() < 2 {
            return false;
        }
        ends.pop();
        longest.file.set_len(ends.last().copied().unwrap_or(0)).is_ok()
    }

    /// Renames all files into their place; answers where that is.
    pub fn keep(mut self, partial: bool) -> io::Result<PathBuf> {
        let mut place = self.folder.clone();
        if partial && self.holds_a_whole_result() {
            place.push("partial");
            fs::create_dir_all(&place)?;
        }
        while !self.files.is_empty() {
            let staged = &self.files[0];
            fs::rename(&staged.beside, place.join(staged.name)).map_err(|e| named(staged.name, &e))?;
            self.files.remove(0);
        }
        Ok(place)
    }

    fn holds_a_whole_result(&self) -> bool {
        match fs::read_to_string(self.folder.join(MANIFEST)) {
            Ok(text) => toml::from_str::<toml::Table>(&text).map_or(true, |manifest| {
                manifest.get("partial").and_then(toml::Value::as_bool) != Some(true)
            }),
            Err(_) => self.files.iter().any(|staged| self.folder.join(staged.name).exists()),
        }
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        for staged in &self.files {
            let _ = fs::remove_file(&staged.beside);
        }
    }
}

fn named(name: &str, problem: &io::Error) -> io::Error {
    io::Error::new(problem.kind(), format!("{name}: {problem}"))
}

fn locked(ends: &Ends) -> std::sync::MutexGuard<'_, Vec<u64>> {
    ends.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes into a file and remembers where each write ended.
pub struct Out {
    name: &'static str,
    file: File,
    ends: Ends,
    length: u64,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes).map_err(|e| named(self.name, &e))?;
        self.length += bytes.len() as u64;
        locked(&self.ends).push(self.length);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
