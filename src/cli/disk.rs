//! The one door for whatever changes a file, so that a test can let every single operation fail and look at what is left.
//!
//! A build with debug assertions, as tests have it, reads `KUBELAPSE_FAULT`: `7:error` lets the seventh operation fail, `7:full`
//! leaves no room from then on, `7:short` lets a write take half of what it was given, `7:kill` ends the program before the
//! operation, `7:torn` in the middle of it. That it came to this is told on stderr. Builds without debug assertions know nothing
//! of it.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// An open file that is written.
pub struct File(fs::File);

impl File {
    /// A new one, which can be written and read.
    ///
    /// # Errors
    /// `AlreadyExists`, and what the disk refuses.
    pub fn create_new(path: &Path) -> io::Result<File> {
        fault::before(Operation::Create)?;
        OpenOptions::new().read(true).write(true).create_new(true).open(path).map(File)
    }
    /// One that is there already.
    ///
    /// # Errors
    /// `NotFound`, and what the disk refuses.
    pub fn open(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(path).map(File)
    }
    pub fn try_clone(&self) -> io::Result<File> {
        self.0.try_clone().map(File)
    }
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        self.0.try_lock()
    }
    pub fn set_len(&self, length: u64) -> io::Result<()> {
        fault::before(Operation::Cut)?;
        self.0.set_len(length)
    }
    pub fn sync_all(&self) -> io::Result<()> {
        fault::before(Operation::Sync)?;
        self.0.sync_all()
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match fault::before(Operation::Write)? {
            Takes::All => self.0.write(bytes),
            Takes::Half => self.0.write(&bytes[..bytes.len().div_ceil(2)]),
            Takes::HalfAndEnds => {
                let _ = self.0.write(&bytes[..bytes.len() / 2]);
                fault::end()
            }
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Read for &File {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(bytes)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// Gives a file another name, over whatever has that.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault::before(Operation::Rename)?;
    fs::rename(from, to)
}

/// Gives a file a second name, which nobody has.
pub fn link(from: &Path, to: &Path) -> io::Result<()> {
    fault::before(Operation::Link)?;
    fs::hard_link(from, to)
}

/// Takes a file away.
pub fn remove(path: &Path) -> io::Result<()> {
    fault::before(Operation::Remove)?;
    fs::remove_file(path)
}

/// Makes a folder, and those on the way to it.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fault::before(Operation::MakeFolder)?;
    fs::create_dir_all(path)
}

/// Takes an empty folder away.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    fault::before(Operation::RemoveFolder)?;
    fs::remove_dir(path)
}

/// Waits until the names in a folder are on the disk.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    fault::before(Operation::SyncFolder)?;
    fs::File::open(path)?.sync_all()
}

/// What changes a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operation {
    Create,
    Write,
    Cut,
    Sync,
    Rename,
    Link,
    Remove,
    MakeFolder,
    RemoveFolder,
    SyncFolder,
}

/// How much a write takes.
#[cfg_attr(not(debug_assertions), expect(dead_code, reason = "nobody asks for faults"))]
enum Takes {
    All,
    Half,
    HalfAndEnds,
}

#[cfg(not(debug_assertions))]
mod fault {
    use super::{Operation, Takes};

    #[inline]
    pub fn before(_: Operation) -> std::io::Result<Takes> {
        Ok(Takes::All)
    }
    pub fn end() -> ! {
        std::process::abort()
    }
}

#[cfg(debug_assertions)]
mod fault {
    use std::io::{self, ErrorKind};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{Operation, Takes};

    /// As a shell tells of a program that was killed.
    const KILLED: i32 = 137;

    /// What was asked for: the operation's number, from 1, and how it fails.
    fn asked() -> Option<&'static (u64, String)> {
        static ASKED: OnceLock<Option<(u64, String)>> = OnceLock::new();
        let read = || {
            let words = std::env::var("KUBELAPSE_FAULT").ok()?;
            let (at, how) = words.split_once(':')?;
            Some((at.parse().ok()?, how.to_owned()))
        };
        ASKED.get_or_init(read).as_ref()
    }

    /// Lets an operation fail when it is its turn.
    pub fn before(operation: Operation) -> io::Result<Takes> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let Some((at, how)) = asked() else { return Ok(Takes::All) };
        let number = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
        let writes = operation == Operation::Write;
        let needs_room =
            writes || matches!(operation, Operation::Create | Operation::Link | Operation::MakeFolder);
        if number < *at || (number > *at && how != "full") {
            return Ok(Takes::All);
        }
        if number == *at {
            super::super::talk(&format!("fault {number}: {operation:?}\n"));
        }
        match how.as_str() {
            "error" => Err(io::Error::other("a fault of the disk")),
            "full" if needs_room => Err(ErrorKind::StorageFull.into()),
            "short" if writes => Ok(Takes::Half),
            "torn" if writes => Ok(Takes::HalfAndEnds),
            "kill" | "torn" => end(),
            _ => Ok(Takes::All),
        }
    }

    /// Nothing is put in order, as when the program is killed.
    pub fn end() -> ! {
        std::process::exit(KILLED)
    }
}
