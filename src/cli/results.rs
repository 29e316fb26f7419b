//! The files of a run: each is written beside its place and renamed when all are complete, so that it appears whole or
//! not at all, and an earlier result is there until a new one is. `run.toml` comes last and holds a hash of every other
//! file: whoever finds another hash has found two results mixed.
//!
//! A run that was cut short keeps what it had; where a whole result of an earlier run stands in its place, the partial
//! one goes into a folder of its own, `partial`, until the next whole result.

use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use sha2::{Digest as _, Sha256};

use super::beside::{self, Beside};
use super::disk::{self, File};
use super::manifest::{self, Hashes, Told};
use super::run::PODS;
use crate::record::tables::TABLES;
use crate::record::{FORMATS, csv, jsonl};

/// What a file has taken.
#[derive(Default)]
struct Taken {
    /// Where every write ended: places at which the file may be cut.
    ends: Vec<u64>,
    /// Of all bytes up to the last end; None after one was given up.
    hash: Option<Sha256>,
}

struct Staged {
    name: &'static str,
    beside: Beside,
    taken: Arc<Mutex<Taken>>,
}

/// The files of one run, beside their places until [`Results::keep`]; without it they are removed.
pub struct Results {
    folder: PathBuf,
    files: Vec<Staged>,
}

/// Why a run left no result as it should, and what stands in its place instead.
pub struct Failure {
    pub problem: io::Error,
    pub there: &'static str,
}

/// Where a partial result goes when a whole one stands in its place.
const PARTIAL: &str = "partial";

const UNTOUCHED: &str = "an earlier result there is untouched";
const MIXED: &str =
    "only some of its files are in their place, so that what is there is no result: run it again";
const REPLACED: &str = "the new result is there";

impl From<io::Error> for Failure {
    /// Whatever goes wrong before the first rename.
    fn from(problem: io::Error) -> Failure {
        Failure { problem, there: UNTOUCHED }
    }
}

impl Results {
    /// Opens all files, so that a bad path fails before anything is played.
    pub fn create(folder: &Path, names: &[&'static str]) -> io::Result<Results> {
        if folder.exists() && !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is no folder"));
        }
        disk::make_folder(folder)?;
        beside::clear(folder, &all_names());
        let mut results = Results { folder: folder.to_owned(), files: Vec::new() };
        for name in names.iter().copied().chain([manifest::NAME]) {
            let place = folder.join(name);
            if place.is_dir() {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, format!("{name} is a folder")));
            }
            let taken = Taken { ends: Vec::new(), hash: Some(Sha256::new()) };
            let taken = Arc::new(Mutex::new(taken));
            results.files.push(Staged { name, beside: Beside::create(&place)?, taken });
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
        let file = staged.beside.file.try_clone()?;
        Ok(Out { name: staged.name, file, taken: Arc::clone(&staged.taken), length: 0, failed: false })
    }

    /// Empties a file and writes it in one go.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let staged = self.staged(name)?;
        staged.beside.file.set_len(0)?;
        staged.beside.file.rewind()?;
        staged.beside.file.write_all(bytes).map_err(|e| named(name, &e))?;
        let mut taken = locked(&staged.taken);
        taken.ends = vec![bytes.len() as u64];
        taken.hash = Some(Sha256::new_with_prefix(bytes));
        Ok(())
    }

    /// Hashes of all files but the manifest, as they are now.
    pub fn hashes(&mut self) -> io::Result<Hashes> {
        let files = self.files.iter_mut().filter(|staged| staged.name != manifest::NAME);
        files.map(|staged| Ok((staged.name.to_owned(), manifest::hex(staged.hash()?)))).collect()
    }

    /// After a failed write: cuts every file to the last write that was taken whole, and timelines to the rows that all of
    /// them have; empties those of which a piece is of no use. Says whether rows are left.
    pub fn cut(&mut self) -> bool {
        let mut rows = false;
        for staged in &mut self.files {
            if is_whole(staged.name) {
                let _ = staged.cut_to(0);
                continue;
            }
            let end = staged.end();
            rows |= end > 0;
            let _ = staged.beside.file.set_len(end);
        }
        let _ = self.align();
        rows
    }

    /// A timeline has the same rows in every format, also where the disk was full for one of them before it was for another.
    fn align(&mut self) -> io::Result<()> {
        let mut timelines: Vec<(&mut Staged, u64)> = Vec::new();
        for staged in &mut self.files {
            if let Some(rows) = staged.rows(u64::MAX)? {
                timelines.push((staged, rows.0));
            }
        }
        let fewest = timelines.iter().map(|(_, rows)| *rows).min().unwrap_or(0);
        for (staged, _) in timelines.into_iter().filter(|(_, rows)| *rows > fewest) {
            if let Some((_, end)) = staged.rows(fewest)? {
                staged.cut_to(end)?;
            }
        }
        Ok(())
    }

    /// Gives up the last write of the longest file, to make room for what must be said; false: there is none to spare.
    pub fn make_room(&mut self) -> bool {
        let Some(longest) = self.files.iter_mut().max_by_key(|staged| staged.end()) else { return false };
        let mut taken = locked(&longest.taken);
        if taken.ends.len() < 2 {
            return false;
        }
        taken.ends.pop();
        let end = taken.ends.last().copied().unwrap_or(0);
        drop(taken);
        longest.cut_to(end).is_ok() && self.align().is_ok()
    }

    /// Renames all files into their place, once all are on the disk; answers where that is. What an earlier result had
    /// and this one has not goes away then.
    pub fn keep(mut self, partial: bool) -> Result<PathBuf, Failure> {
        self.sync()?;
        // Whoever replaces the same result meanwhile waits, and whoever reads it: what they find is of one run.
        let _alone = beside::hold(&self.folder, false);
        let mut place = self.folder.clone();
        if partial && self.holds_a_whole_result() {
            place.push(PARTIAL);
            disk::make_folder(&place)?;
        }
        let earlier = Told::of(&place).ok().flatten().unwrap_or_default();
        let mut names = Vec::new();
        for Staged { name, beside, .. } in self.files.drain(..) {
            let there = if names.is_empty() { UNTOUCHED } else { MIXED };
            beside.rename(&place.join(name)).map_err(|e| Failure { problem: named(name, &e), there })?;
            names.push(name);
        }
        // Nothing else goes, whatever a manifest says.
        let ours = all_names().into_iter().filter(|name| earlier.files.contains_key(*name));
        for name in ours.filter(|name| !names.contains(name)) {
            match disk::remove(&place.join(name)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure { problem: named(name, &e), there: REPLACED });
                }
                _ => {}
            }
        }
        // That files have new names is written, too.
        let _ = disk::sync_folder(&place);
        if !partial {
            clear_partial(&place.join(PARTIAL))
                .map_err(|e| Failure { problem: named(PARTIAL, &e), there: REPLACED })?;
        }
        Ok(place)
    }

    /// Waits until all files are on the disk: together, as that takes a disk no longer than one of them.
    fn sync(&self) -> io::Result<()> {
        let sync = |staged: &Staged| staged.beside.file.sync_all().map_err(|e| named(staged.name, &e));
        thread::scope(|scope| {
            let begin = |staged| thread::Builder::new().spawn_scoped(scope, move || sync(staged));
            let begun = self.files.iter().map(begin).collect::<io::Result<Vec<_>>>()?;
            let panicked = |_| io::Error::other("the files could not be synced");
            begun.into_iter().try_for_each(|thread| thread.join().map_err(panicked)?)
        })
    }

    fn holds_a_whole_result(&self) -> bool {
        match Told::of(&self.folder) {
            Ok(Some(told)) => !told.partial,
            Ok(None) => self.files.iter().any(|staged| self.folder.join(staged.name).exists()),
            Err(_) => true,
        }
    }
}

/// A whole result makes an earlier one that was cut short needless: its files go, and its folder if nothing else is there.
fn clear_partial(folder: &Path) -> io::Result<()> {
    // What no manifest of ours names is somebody else's.
    let Some(told) = Told::of(folder).ok().flatten().filter(|told| told.partial) else { return Ok(()) };
    let named = all_names().into_iter().filter(|name| told.files.contains_key(*name));
    for name in named.chain([manifest::NAME]) {
        match disk::remove(&folder.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    // It stays when something else is in it.
    let _ = disk::remove_folder(folder);
    Ok(())
}

/// Whether a piece of a file is of no use.
fn is_whole(name: &str) -> bool {
    let mut files = FORMATS.iter().flat_map(|format| format.files());
    files.any(|format| format.is_whole && format.file == name)
}

/// Every name that a file of a result may have.
fn all_names() -> Vec<&'static str> {
    let written = FORMATS.iter().flat_map(|format| format.files()).chain(TABLES);
    written.map(|format| format.file).chain([PODS, manifest::NAME]).collect()
}

impl Staged {
    fn end(&self) -> u64 {
        locked(&self.taken).ends.last().copied().unwrap_or(0)
    }

    /// So many rows of a timeline, or as many as there are, and where they end; None where it is none.
    fn rows(&mut self, most: u64) -> io::Result<Option<(u64, u64)>> {
        self.beside.file.rewind()?;
        let mut rows = 0;
        if self.name == csv::FORMAT.file {
            let mut reader = ::csv::Reader::from_reader(&self.beside.file);
            // The head is none.
            reader.byte_headers()?;
            let mut record = ::csv::ByteRecord::new();
            let mut at = reader.position().byte();
            while rows < most && reader.read_byte_record(&mut record)? {
                rows += 1;
                at = reader.position().byte();
            }
            return Ok(Some((rows, at)));
        }
        if self.name != jsonl::FORMAT.file {
            return Ok(None);
        }
        let mut reader = BufReader::new(&self.beside.file);
        let (mut line, mut at) = (Vec::new(), 0);
        while rows < most && reader.read_until(b'\n', &mut line)? > 0 {
            rows += 1;
            at += line.len() as u64;
            line.clear();
        }
        Ok(Some((rows, at)))
    }

    /// Gives up what stands behind this place.
    fn cut_to(&mut self, end: u64) -> io::Result<()> {
        let mut taken = locked(&self.taken);
        taken.ends.retain(|own| *own < end);
        taken.ends.push(end);
        taken.hash = None;
        self.beside.file.set_len(end)
    }

    /// Of what stands in the file.
    fn hash(&mut self) -> io::Result<Sha256> {
        if let Some(hash) = &locked(&self.taken).hash {
            return Ok(hash.clone());
        }
        let mut hash = Sha256::new();
        let mut bytes = vec![0; 1 << 16];
        self.beside.file.rewind()?;
        loop {
            match (&self.beside.file).read(&mut bytes)? {
                0 => return Ok(hash),
                count => hash.update(&bytes[..count]),
            }
        }
    }
}

fn named(name: &str, problem: &io::Error) -> io::Error {
    io::Error::new(problem.kind(), format!("{name}: {problem}"))
}

fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes into a file, remembers where each write ended, and hashes what it took.
pub struct Out {
    name: &'static str,
    file: File,
    taken: Arc<Mutex<Taken>>,
    length: u64,
    failed: bool,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Part of a failed write may be in the file: what came after it would stand in the middle of a row.
        if self.failed {
            return Err(io::Error::other(format!("{}: it took no more", self.name)));
        }
        if let Err(problem) = self.file.write_all(bytes) {
            self.failed = true;
            return Err(named(self.name, &problem));
        }
        self.length += bytes.len() as u64;
        let mut taken = locked(&self.taken);
        taken.ends.push(self.length);
        if let Some(hash) = &mut taken.hash {
            hash.update(bytes);
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// After bytes were given up for others, a hash is of what is left.
    #[test]
    fn hashes_are_of_what_is_there() {
        let folder = std::env::temp_dir().join(format!("kubelapse-{}-results", std::process::id()));
        let mut results = Results::create(&folder, &["timeline.csv", PODS]).expect("a folder for the test");
        let mut out = results.writer("timeline.csv").expect("it was opened");
        for row in ["one\n", "two\n", "three\n"] {
            out.write_all(row.as_bytes()).expect("the disk takes it");
        }
        let hash = |text: &str| manifest::hex(Sha256::new_with_prefix(text));
        let hashes = results.hashes().expect("they were taken while writing");
        assert_eq!(hashes["timeline.csv"], hash("one\ntwo\nthree\n"));
        assert_eq!(hashes[PODS], hash(""));
        assert!(results.cut() && results.make_room());
        results.write(PODS, b"web").expect("the disk takes it");
        let hashes = results.hashes().expect("what is left can be read");
        assert_eq!(hashes["timeline.csv"], hash("one\ntwo\n"));
        assert_eq!(hashes[PODS], hash("web"));
        assert!(!hashes.contains_key(manifest::NAME));
        drop(results);
        assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 0, "nothing is left beside");
        fs::remove_dir(&folder).expect("it is empty");
    }

    /// A folder comes into the place of a file while a run is under way: what is told is what is there then.
    #[test]
    fn untouched_is_said_of_what_is_untouched() {
        let folder = std::env::temp_dir().join(format!("kubelapse-{}-untouched", std::process::id()));
        for (place, words) in [("timeline.csv", UNTOUCHED), (PODS, MIXED), (manifest::NAME, MIXED)] {
            let results = Results::create(&folder, &["timeline.csv", PODS]).expect("a folder for the test");
            fs::create_dir(folder.join(place)).expect("a folder in the place of a file");
            let failure = results.keep(false).map(drop).expect_err("a folder is no file");
            assert_eq!(failure.there, words, "{place}: {}", failure.problem);
            fs::remove_dir_all(&folder).expect("it can go");
        }
    }
}
