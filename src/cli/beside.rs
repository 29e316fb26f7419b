//! A file beside its place: written under a name that nobody else uses, and renamed into its place when it is complete.
//!
//! Whoever writes one holds a lock on it, which ends with the process. So a file of this kind whose lock can be had
//! belongs to nobody: its writer was killed, and the next one clears it away.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::disk::{self, File};

/// So often another name is tried.
const ATTEMPTS: u64 = 100;

/// Such a file; without [`Beside::rename`] it is removed.
pub struct Beside {
    path: PathBuf,
    pub file: File,
    renamed: bool,
}

impl Beside {
    /// A new, empty file beside a place; it can be written and read.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn create(place: &Path) -> io::Result<Beside> {
        let moment = moment();
        for attempt in 0..ATTEMPTS {
            let path = place.with_file_name(hidden(&name_of(place), moment.wrapping_add(attempt)));
            let file = match File::create_new(&path) {
                Ok(file) => file,
                Err(problem) if problem.kind() == ErrorKind::AlreadyExists => continue,
                Err(problem) => return Err(problem),
            };
            // Between the two lines somebody may have cleared it away. Where there are no locks, nobody clears.
            let taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !path.exists();
            if !taken {
                return Ok(Beside { path, file, renamed: false });
            }
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, "no name is free for the file while it is written"))
    }

    /// Puts it into its place where nothing is.
    ///
    /// # Errors
    /// `AlreadyExists`, and what the disk refuses; then the place is as it was.
    fn place_new(self, place: &Path) -> io::Result<()> {
        match disk::link(&self.path, place) {
            // Where there are no links, nobody can be kept from coming in between.
            Err(problem) if problem.kind() != ErrorKind::AlreadyExists && !place.exists() => {
                self.rename(place)
            }
            linked => linked,
        }
    }

    /// Puts it into its place, over whatever was there.
    ///
    /// # Errors
    /// What the disk refuses; then the place is as it was.
    pub fn rename(mut self, place: &Path) -> io::Result<()> {
        disk::rename(&self.path, place)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = disk::remove(&self.path);
        }
    }
}

/// Writes a text in place of whatever was there, with the folders on the way.
///
/// # Errors
/// What the disk refuses; what was there before is then untouched.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    written(path, text)?.rename(path)
}

/// Writes a text to a place where nothing is, with the folders on the way; it appears whole or not at all.
///
/// # Errors
/// `AlreadyExists` where something is, and what the disk refuses.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    written(path, text)?.place_new(path)
}

/// Whether a place holds this text already, word by word. Then there is nothing to write, and what killed writers left beside it goes.
pub fn is_there(path: &Path, text: &str) -> bool {
    let same = fs::read_to_string(path).is_ok_and(|there| there == text);
    if same {
        clear(folder_of(path), &[&name_of(path)]);
    }
    same
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A text beside its place, on the disk.
fn written(path: &Path, text: &str) -> io::Result<Beside> {
    let folder = folder_of(path);
    disk::make_folder(folder)?;
    clear(folder, &[&name_of(path)]);
    let mut beside = Beside::create(path)?;
    beside.file.write_all(text.as_bytes())?;
    beside.file.sync_all()?;
    Ok(beside)
}

/// Holds a folder until what is answered goes: alone, or together with others that only read. Nobody waits where there are no
/// such locks.
pub fn hold(folder: &Path, reads: bool) -> Option<fs::File> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let held = fs::File::open(folder).ok()?;
    let locked = if reads { held.lock_shared() } else { held.lock() };
    locked.is_ok().then_some(held)
}

/// Removes what killed writers left beside files of these names.
pub fn clear(folder: &Path, names: &[&str]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let hidden = entry.file_name();
        if !hidden.to_str().and_then(place_of).is_some_and(|name| names.contains(&name)) {
            continue;
        }
        // The lock is held until it is gone, so that nobody takes it for their own meanwhile.
        if let Ok(file) = OpenOptions::new().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = disk::remove(&entry.path());
        }
    }
}

fn name_of(place: &Path) -> String {
    place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Processes of one number meet where containers share a folder: the moment tells them apart.
fn hidden(name: &str, moment: u64) -> String {
    format!(".{name}.{}-{moment:x}.new", std::process::id())
}

/// The name of the place that such a file stands beside.
fn place_of(hidden: &str) -> Option<&str> {
    let (name, writer) = hidden.strip_prefix('.')?.strip_suffix(".new")?.rsplit_once('.')?;
    let (process, moment) = writer.split_once('-')?;
    let is_ours = process.parse::<u32>().is_ok() && u64::from_str_radix(moment, 16).is_ok();
    is_ours.then_some(name)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a door: it tells files apart that are never kept by this name"
)]
fn moment() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::{hidden, place_of};

    #[test]
    fn hidden_names_lead_back_to_their_place() {
        assert_eq!(place_of(&hidden("timeline.csv", 0xbeef)), Some("timeline.csv"));
        for other in [".timeline.csv.12.new", "timeline.csv", ".a.1-zz.new", ".a.x-1.new", ".new", ".1-1.new"]
        {
            assert_eq!(place_of(other), None, "{other}");
        }
    }
}
