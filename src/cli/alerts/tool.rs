//! The real promtool, and a folder for what it reads.

use std::io::ErrorKind;
use std::path::PathBuf;
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
            return Err(Refused::new(format!("promtool: {}", said.trim()), ""));
        }
        Ok(answers(&said))
    }
}

/// Tells folders and files of one process apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder that goes away, with what was written there.
pub struct Scratch {
    folder: PathBuf,
    names: Mutex<Vec<String>>,
}

impl Scratch {
    pub fn new(what: &str) -> Result<Scratch, Refused> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("kubelapse-{what}-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        disk::make_folder(&folder)
            .map_err(|problem| Refused::new(format!("{}: {problem}", folder.display()), ""))?;
        Ok(Scratch { folder, names: Mutex::default() })
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
    }
}
