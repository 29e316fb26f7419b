//! The real promtool, and a folder for what it reads.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::{beside, disk};
use super::Refused;
use crate::answers::alerts::promtool::{ASKED, Said, answers};

/// The file of rules in such a folder.
pub const RULES: &str = "rules.yaml";

/// How to come by it.
const HOW: &str =
    "it comes with Prometheus (its release's archive holds it; Debian and Ubuntu: apt install prometheus)";

/// promtool, as the PATH has it.
pub struct Tool;

impl Tool {
    pub fn find() -> Result<Tool, Refused> {
        match Command::new("promtool").arg("--version").output() {
            Ok(_) => Ok(Tool),
            Err(problem) if problem.kind() == ErrorKind::NotFound => {
                Err(Refused::new("there is no promtool on the PATH, which evaluates the rules", HOW))
            }
            Err(problem) => Err(Refused::new(format!("promtool cannot be run: {problem}"), HOW)),
        }
    }

    fn run(arguments: &[&str], scratch: &Scratch) -> Result<Output, Refused> {
        let output = Command::new("promtool").args(arguments).current_dir(&scratch.folder).output();
        output.map_err(|problem| Refused::new(format!("promtool cannot be run: {problem}"), HOW))
    }

    /// Whether the rules can be read; else what is wrong with them, by the name of their file.
    pub fn check(&self, scratch: &Scratch, shown: &str) -> Result<(), Refused> {
        let output = Tool::run(&["check", "rules", RULES], scratch)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let words: Vec<String> = said
            .lines()
            .filter(|line| !line.trim().is_empty() && line.trim() != "FAILED:")
            .map(|line| line.trim_end().replace(RULES, shown))
            .collect();
        if words.is_empty() {
            return Err(Refused::new(
                format!("promtool does not take the rules and says nothing ({})", output.status),
                HOW,
            ));
        }
        Err(Refused::new(
            words.join("\n"),
            "so says promtool; `promtool check rules` of a file that it likes is silent",
        ))
    }

    /// What there is at each evaluation of a unit test.
    pub fn test(&self, scratch: &Scratch, name: &str) -> Result<Said, Refused> {
        let output = Tool::run(&["test", "rules", name], scratch)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() && !said.contains(ASKED) {
            let words = match said.trim() {
                "" => format!("it ended without a word ({})", output.status),
                words => words.to_owned(),
            };
            return Err(Refused::new(format!("promtool: {words}"), ""));
        }
        Ok(answers(&said))
    }
}

/// Tells folders and files of one process apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder that goes away, with what was written there.
///
/// A process that is killed leaves its folder behind. So each one has a file beside it, `….lock`, which is there before the folder, is
/// held by its process and goes after it: a file that nobody holds belongs to a folder that nobody uses, which the next one clears.
pub struct Scratch {
    folder: PathBuf,
    names: Mutex<Vec<String>>,
    /// Held for as long as the folder is in use.
    lock: Option<disk::File>,
}

/// How they are called.
const PREFIX: &str = "kubelapse-";
/// And the files beside them.
const LOCK: &str = "lock";

impl Scratch {
    pub fn new(what: &str) -> Result<Scratch, Refused> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{what}-{}-{number}", std::process::id());
        let temporary = std::env::temp_dir();
        clear(&temporary);
        let folder = temporary.join(name);
        let refused = |problem| Refused::new(format!("{}: {problem}", folder.display()), "");
        let lock = disk::File::create_new(&folder.with_extension(LOCK)).map_err(refused)?;
        // Where the file system knows no locks, nothing is cleared either.
        let _ = lock.try_lock();
        let made = Scratch { folder, names: Mutex::default(), lock: Some(lock) };
        let refused = |problem| Refused::new(format!("{}: {problem}", made.folder.display()), "");
        disk::make_folder(&made.folder).map_err(refused)?;
        Ok(made)
    }

    /// A name that nothing else here has.
    pub fn fresh() -> String {
        format!("test-{}.yaml", NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    pub fn write(&self, name: &str, text: &str) -> Result<(), Refused> {
        if let Ok(mut names) = self.names.lock() {
            names.push(name.to_owned());
        }
        let place = self.folder.join(name);
        beside::replace(&place, text).map_err(|problem| {
            Refused::new(format!("{}: {problem}", place.display()), "the disk may be full")
        })
    }

    pub fn remove(&self, name: &str) {
        let _ = disk::remove(&self.folder.join(name));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for name in self.names.lock().map(|names| names.clone()).unwrap_or_default() {
            self.remove(&name);
        }
        let _ = disk::remove_folder(&self.folder);
        drop(self.lock.take());
        let _ = disk::remove(&self.folder.with_extension(LOCK));
    }
}

/// Takes away what processes have left that were killed. What cannot be taken away stays.
fn clear(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    let is_lock = |path: &PathBuf| {
        path.extension().is_some_and(|own| own == LOCK)
            && path.file_name().is_some_and(|own| own.to_string_lossy().starts_with(PREFIX))
            && fs::symlink_metadata(path).is_ok_and(|own| own.is_file())
    };
    for path in entries.flatten().map(|entry| entry.path()).filter(is_lock) {
        let Ok(lock) = disk::File::open(&path) else { continue };
        if lock.try_lock().is_ok() {
            clear_one(&path.with_extension(""));
            drop(lock);
            let _ = disk::remove(&path);
        }
    }
}

/// A folder that nobody uses. It gets another name first: what another user has laid here can have none, so that no link of
/// theirs leads anywhere else.
fn clear_one(folder: &Path) {
    let own = folder.with_extension("left");
    if disk::rename(folder, &own).is_err() || !fs::symlink_metadata(&own).is_ok_and(|own| own.is_dir()) {
        return;
    }
    for entry in fs::read_dir(&own).into_iter().flatten().flatten() {
        let _ = disk::remove(&entry.path());
    }
    let _ = disk::remove_folder(&own);
}
